//! The jobs: kept in a store, run a few at a time.

pub(crate) mod backend;
mod compute;
mod job;
mod store;

pub(crate) use job::{Job, Output};
pub(crate) use store::Retention;

use crate::gp::failure;
use backend::Backend;
use job::Outcome;
use std::sync::Arc;
use store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The jobs of this service.
#[derive(Debug)]
pub(crate) struct Jobs {
    store: Store,
    workers: Arc<Semaphore>,
    backend: Arc<dyn Backend>,
}

impl Jobs {
    /// No jobs yet; at most `workers` will run at once.
    pub(crate) fn new(backend: Arc<dyn Backend>, workers: usize, retention: Retention) -> Self {
        Self {
            store: Store::new(retention),
            workers: Arc::new(Semaphore::new(workers)),
            backend,
        }
    }

    /// What computes.
    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    /// The job of this ID.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.store.get(id)
    }

    /// Takes a job on, to run when its turn comes.
    pub(crate) fn submit(self: &Arc<Self>, job: Job) {
        let job = Arc::new(job);
        self.store.insert(Arc::clone(&job));
        let jobs = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = jobs.run(&job).await;
            job.end(outcome);
            jobs.store.ended(&job);
        });
    }

    /// Runs a task without keeping a job.
    pub(crate) async fn execute(self: &Arc<Self>, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        let outcome = self.run(&job).await;
        job.end(outcome);
        job
    }

    /// Asks every job to stop.
    pub(crate) fn cancel_all(&self) {
        for job in self.store.all() {
            job.cancel();
        }
    }

    async fn run(&self, job: &Arc<Job>) -> Outcome {
        let never_ran = || Outcome::Failed("The job was stopped before it ran.".to_owned());
        let Some(_turn) = self.turn(job).await else {
            return never_ran();
        };
        if !job.begin() {
            return never_ran();
        }
        let (backend, computed) = (Arc::clone(&self.backend), Arc::clone(job));
        match tokio::task::spawn_blocking(move || compute::compute(&*backend, &computed)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Failed(failure::description(
                job.entry.meta,
                "the computation broke off because of a defect in the local service; please report it",
            )),
        }
    }

    /// Waits for a worker; `None` when the job is cancelled first.
    async fn turn(&self, job: &Job) -> Option<OwnedSemaphorePermit> {
        if let Ok(turn) = Arc::clone(&self.workers).try_acquire_owned() {
            return Some(turn);
        }
        job.wait();
        tokio::select! {
            turn = Arc::clone(&self.workers).acquire_owned() => turn.ok(),
            () = job.cancelled() => None,
        }
    }
}
