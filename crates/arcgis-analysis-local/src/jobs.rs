//! The jobs: kept in a store, run a few at a time.

pub(crate) mod backend;
mod compute;
mod inputs;
mod job;
mod outputs;
pub(crate) mod record;
mod settled;
mod store;

pub(crate) use job::{Content, Job, Outcome, Output};
pub(crate) use store::Retention;

use crate::disk::{Change, Disk, Loaded};
use crate::gp::failure;
use crate::hosted::{Filling, Hosted};
use crate::hosts::Own;
use crate::reach::Reach;
use arcgis_analysis_types::{JobStatus, MessageType};
use backend::Backend;
use job::State;
use record::Found;
use std::sync::Arc;
use store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The jobs of this service.
#[derive(Debug)]
pub(crate) struct Jobs {
    store: Store,
    workers: Arc<Semaphore>,
    surroundings: Surroundings,
}

/// What jobs work with.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// What computes.
    pub(crate) backend: Arc<dyn Backend>,
    /// Where layers are read from and written to.
    pub(crate) hosted: Arc<Hosted>,
    /// Where the service itself is.
    pub(crate) own: Own,
    /// The layers of other servers that may be read.
    pub(crate) reach: Reach,
    /// What outlives the service.
    pub(crate) disk: Disk,
}

impl Jobs {
    /// No jobs yet; at most `workers` will run at once.
    pub(crate) fn new(surroundings: Surroundings, workers: usize, retention: Retention) -> Self {
        Self {
            store: Store::new(retention),
            workers: Arc::new(Semaphore::new(workers)),
            surroundings,
        }
    }

    /// Takes up the jobs that are on disk: those that waited are to run.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub(crate) fn restore(self: &Arc<Self>, loaded: &Loaded) -> Result<(), String> {
        for found in record::restore(loaded)? {
            match found {
                Found::Ended(job) => {
                    let job = Arc::new(job);
                    self.store.insert(Arc::clone(&job));
                    self.retire(&job);
                }
                Found::Waiting(job) => self.start(Arc::new(job)),
            }
        }
        Ok(())
    }

    /// What computes.
    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.surroundings.backend
    }

    /// The job of this ID.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.store.get(id)
    }

    /// Takes a job on, to run when its turn comes.
    ///
    /// # Errors
    /// When it cannot be written to disk, and so might be lost.
    pub(crate) async fn submit(self: &Arc<Self>, job: Job) -> Result<(), String> {
        let jobs = Arc::clone(self);
        // A client that hangs up drops the request, but what is being written would be there at the next start.
        let taken = tokio::spawn(async move {
            let disk = &jobs.surroundings.disk;
            if disk.is_lasting() {
                disk.written(record::submission(&job)?).await?;
            }
            jobs.start(Arc::new(job));
            Ok(())
        });
        taken
            .await
            .unwrap_or_else(|error| Err(format!("The job was not taken on: {error}.")))
    }

    fn start(self: &Arc<Self>, job: Arc<Job>) {
        self.store.insert(Arc::clone(&job));
        let jobs = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = jobs.run(&job).await;
            jobs.conclude(&job, outcome, record::ended).await;
            jobs.retire(&job);
        });
    }

    /// Ends a job. Its end and what the portal gets from it are on disk, both or neither, before anybody sees them.
    async fn conclude(
        &self,
        job: &Job,
        mut outcome: Outcome,
        record: impl FnOnce(&Job, &State) -> Vec<Change>,
    ) {
        let disk = &self.surroundings.disk;
        let ending = job.settle(&outcome);
        let mut changes = match disk.is_lasting() {
            true => record(job, &ending),
            false => Vec::new(),
        };
        // Those of a job that was cancelled, or broke off, are given up.
        let mut fillings = job.release();
        if ending.status != JobStatus::Succeeded {
            fillings.clear();
        }
        for filling in &mut fillings {
            changes.append(&mut filling.changes);
        }
        let what = fillings.first().map(|filling| filling.item.noun());
        match (disk.written(changes).await, what) {
            (Ok(()), _) => fillings.into_iter().for_each(Filling::show),
            (Err(problem), Some(what)) => {
                let meta = job.entry.meta;
                let sentence = format!("{}: the {what} was not written: {problem}", meta.name);
                outcome = Outcome::Failed(failure::description(meta, &sentence));
            }
            (Err(problem), None) => {
                let warning = format!("The end of the job was not written to disk: {problem}.");
                job.say(MessageType::Warning, warning);
            }
        }
        job.end(outcome);
    }

    /// Counts a job among those that have ended, and forgets the oldest beyond what is kept.
    fn retire(&self, job: &Job) {
        for dropped in self.store.ended(job) {
            self.surroundings.disk.note(record::removal(&dropped));
        }
    }

    /// Runs a task without keeping a job.
    pub(crate) async fn execute(self: &Arc<Self>, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        let outcome = self.run(&job).await;
        self.conclude(&job, outcome, |_, _| Vec::new()).await;
        job
    }

    /// Asks a job to stop. That is on disk when this returns, so that a job which only waited does not run after the next
    /// start.
    pub(crate) async fn cancel(&self, job: &Job) {
        let disk = &self.surroundings.disk;
        if !job.cancel() || !disk.is_lasting() {
            return;
        }
        if let Err(problem) = disk.written(record::underway(job)).await {
            let warning = format!("The request to stop was not written to disk: {problem}.");
            job.say(MessageType::Warning, warning);
        }
    }

    /// Asks every job to stop.
    pub(crate) fn cancel_all(&self) {
        for job in self.store.all() {
            job.cancel();
        }
    }

    async fn run(self: &Arc<Self>, job: &Arc<Job>) -> Outcome {
        let never_ran = || Outcome::Failed("The job was stopped before it ran.".to_owned());
        let Some(_turn) = self.turn(job).await else {
            return never_ran();
        };
        if !job.begin() {
            return never_ran();
        }
        self.surroundings.disk.note(record::underway(job));
        match self.attempt(job).await {
            Ok(results) => Outcome::Succeeded(results),
            Err(sentence) => Outcome::Failed(failure::description(job.entry.meta, &sentence)),
        }
    }

    async fn attempt(self: &Arc<Self>, job: &Arc<Job>) -> Result<Vec<Output>, String> {
        let (jobs, read) = (Arc::clone(self), Arc::clone(job));
        let mut prepared = aside(move || compute::prepare(&jobs.surroundings, &read)).await?;
        let (meta, reach) = (job.entry.meta, &self.surroundings.reach);
        tokio::select! {
            fetched = inputs::fetch(meta, &mut prepared.params, reach, job) => fetched?,
            () = job.cancelled() => return Err("the job was cancelled".to_owned()),
        }
        let (jobs, computed) = (Arc::clone(self), Arc::clone(job));
        aside(move || compute::compute(&jobs.surroundings, &computed, prepared)).await
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

/// Works on a thread where that keeps no request waiting.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| {
        Err(
            "the computation broke off because of a defect in the local service; please report it"
                .to_owned(),
        )
    })
}
