//! Where jobs are kept: in memory; of those that have ended only so many.

use super::job::Job;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Something that takes up memory.
pub(crate) trait Weight {
    /// How many bytes it holds.
    fn weight(&self) -> usize;
}

/// How much is kept of jobs that have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// How many jobs.
    pub(crate) jobs: usize,
    /// How many bytes of parameters and results.
    pub(crate) bytes: usize,
}

/// The jobs of this service, in memory.
#[derive(Debug)]
pub(crate) struct Store {
    kept: Mutex<Kept>,
    retention: Retention,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<String, Arc<Job>>,
    /// The jobs that have ended, oldest first, with their weights.
    ended: VecDeque<(String, usize)>,
    ended_bytes: usize,
}

impl Store {
    /// No jobs yet.
    pub(crate) fn new(retention: Retention) -> Self {
        Self {
            kept: Mutex::default(),
            retention,
        }
    }

    /// Keeps a job.
    pub(crate) fn insert(&self, job: Arc<Job>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.insert(job.id.clone(), job);
    }

    /// The job of this ID.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Job>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.get(id).cloned()
    }

    /// Every job.
    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.values().cloned().collect()
    }

    /// Counts a job among those that have ended, and drops the oldest of these beyond what is kept.
    ///
    /// The job itself stays, however large, so that its results can be fetched.
    /// Returns those that were dropped.
    pub(crate) fn ended(&self, job: &Job) -> Vec<Arc<Job>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = job.weight();
        kept.ended.push_back((job.id.clone(), weight));
        kept.ended_bytes += weight;
        let mut dropped = Vec::new();
        while kept.ended.len() > 1
            && (kept.ended.len() > self.retention.jobs || kept.ended_bytes > self.retention.bytes)
        {
            if let Some((id, weight)) = kept.ended.pop_front() {
                dropped.extend(kept.by_id.remove(&id));
                kept.ended_bytes -= weight;
            }
        }
        dropped
    }
}
