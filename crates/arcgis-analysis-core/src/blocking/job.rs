//! Jobs without `async`.

use super::runtime::Runtime;
use crate::{ItemFile, JobToken, JobUpdate, Result};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{ItemOutput, JobInfo, JobStatus, Outputs, Task};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// [`Job`](crate::Job) without `async`.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Result;
/// use arcgis_analysis_core::blocking::{Job, Portal};
/// use arcgis_analysis_types::Task;
///
/// fn run<T: Task>(portal: &Portal, task: &T) -> Result<T::Results> {
///     let job: Job<T> = portal.submit(task)?;
///     eprintln!("running as {}", job.url());
///     job.join()
/// }
/// ```
#[must_use = "joining a job waits for it; dropping one leaves it running on the server"]
pub struct Job<T> {
    job: crate::Job<T>,
    runtime: Arc<Runtime>,
}

impl<T: Task> Job<T> {
    pub(super) fn new(job: crate::Job<T>, runtime: &Arc<Runtime>) -> Self {
        Self {
            job,
            runtime: Arc::clone(runtime),
        }
    }

    /// The same job with its types erased.
    pub fn raw(&self) -> RawJob {
        RawJob::new(self.job.raw().clone(), &self.runtime)
    }

    /// As [`RawJob::id`](crate::RawJob::id).
    #[must_use]
    pub fn id(&self) -> &str {
        self.job.id()
    }

    /// As [`RawJob::url`](crate::RawJob::url).
    #[must_use]
    pub fn url(&self) -> &str {
        self.job.url()
    }

    /// As [`RawJob::token`](crate::RawJob::token).
    #[must_use]
    pub fn token(&self) -> JobToken {
        self.job.token()
    }

    /// As [`RawJob::status`](crate::RawJob::status).
    ///
    /// # Errors
    /// As there.
    pub fn status(&self) -> Result<JobInfo> {
        self.runtime.block_on(self.job.status())
    }

    /// As [`RawJob::updates`](crate::RawJob::updates), one by one.
    pub fn updates(&self) -> Updates {
        Updates::new(self.job.updates(), &self.runtime)
    }

    /// As [`RawJob::wait`](crate::RawJob::wait).
    ///
    /// # Errors
    /// As there.
    pub fn wait(&self, limit: Option<Duration>) -> Result<JobInfo> {
        self.runtime.block_on(self.job.wait(limit))
    }

    /// As [`RawJob::cancel`](crate::RawJob::cancel).
    ///
    /// # Errors
    /// As there.
    pub fn cancel(&self) -> Result<JobStatus> {
        self.runtime.block_on(self.job.cancel())
    }

    /// As [`RawJob::stop`](crate::RawJob::stop).
    ///
    /// # Errors
    /// As there.
    pub fn stop(&self, patience: Duration) -> Result<JobInfo> {
        self.runtime.block_on(self.job.stop(patience))
    }

    /// As [`Job::results`](crate::Job::results).
    ///
    /// # Errors
    /// As there.
    pub fn results(&self) -> Result<T::Results> {
        self.runtime.block_on(self.job.results())
    }

    /// Waits for the job's end and gives the task's results, as awaiting a [`Job`](crate::Job) does.
    ///
    /// # Errors
    /// As [`wait`](Self::wait) and [`results`](Self::results).
    pub fn join(self) -> Result<T::Results> {
        let Self { job, runtime } = self;
        runtime.block_on(job.into_future())
    }
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        Self {
            job: self.job.clone(),
            runtime: Arc::clone(&self.runtime),
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.job, f)
    }
}

/// [`RawJob`](crate::RawJob) without `async`.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Result;
/// use arcgis_analysis_core::blocking::{Portal, RawJob};
/// use arcgis_analysis_types::{Outputs, TaskEntry, serde_json::Value};
///
/// fn run(portal: &Portal, task: &TaskEntry, parameters: Value) -> Result<Outputs> {
///     let job: RawJob = portal.submit_entry(task, parameters)?;
///     job.wait(None)?;
///     job.outputs()
/// }
/// ```
#[derive(Clone)]
#[must_use = "dropping a job leaves it running on the server"]
pub struct RawJob {
    job: crate::RawJob,
    runtime: Arc<Runtime>,
}

impl RawJob {
    pub(super) fn new(job: crate::RawJob, runtime: &Arc<Runtime>) -> Self {
        Self {
            job,
            runtime: Arc::clone(runtime),
        }
    }

    /// As [`RawJob::id`](crate::RawJob::id).
    #[must_use]
    pub fn id(&self) -> &str {
        self.job.id()
    }

    /// As [`RawJob::url`](crate::RawJob::url).
    #[must_use]
    pub fn url(&self) -> &str {
        self.job.url()
    }

    /// As [`RawJob::token`](crate::RawJob::token).
    #[must_use]
    pub fn token(&self) -> JobToken {
        self.job.token()
    }

    /// As [`RawJob::ledger_id`](crate::RawJob::ledger_id).
    #[must_use]
    pub fn ledger_id(&self) -> Option<&str> {
        self.job.ledger_id()
    }

    /// As [`RawJob::task`](crate::RawJob::task).
    #[must_use]
    pub fn task(&self) -> &'static TaskMeta {
        self.job.task()
    }

    /// As [`RawJob::status`](crate::RawJob::status).
    ///
    /// # Errors
    /// As there.
    pub fn status(&self) -> Result<JobInfo> {
        self.runtime.block_on(self.job.status())
    }

    /// As [`RawJob::updates`](crate::RawJob::updates), one by one.
    pub fn updates(&self) -> Updates {
        Updates::new(self.job.updates(), &self.runtime)
    }

    /// As [`RawJob::wait`](crate::RawJob::wait).
    ///
    /// # Errors
    /// As there.
    pub fn wait(&self, limit: Option<Duration>) -> Result<JobInfo> {
        self.runtime.block_on(self.job.wait(limit))
    }

    /// As [`RawJob::outputs`](crate::RawJob::outputs).
    ///
    /// # Errors
    /// As there.
    pub fn outputs(&self) -> Result<Outputs> {
        self.runtime.block_on(self.job.outputs())
    }

    /// As [`RawJob::item_file`](crate::RawJob::item_file).
    ///
    /// # Errors
    /// As there.
    pub fn item_file(&self, item: &ItemOutput) -> Result<ItemFile> {
        self.runtime.block_on(self.job.item_file(item))
    }

    /// As [`RawJob::cancel`](crate::RawJob::cancel).
    ///
    /// # Errors
    /// As there.
    pub fn cancel(&self) -> Result<JobStatus> {
        self.runtime.block_on(self.job.cancel())
    }

    /// As [`RawJob::stop`](crate::RawJob::stop).
    ///
    /// # Errors
    /// As there.
    pub fn stop(&self, patience: Duration) -> Result<JobInfo> {
        self.runtime.block_on(self.job.stop(patience))
    }
}

impl fmt::Debug for RawJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.job, f)
    }
}

/// [`Updates`](crate::Updates) without `async`: each is waited for when it is asked for.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Result;
/// use arcgis_analysis_core::blocking::RawJob;
///
/// fn show(job: &RawJob) -> Result<()> {
///     for update in job.updates() {
///         for message in update?.messages {
///             eprintln!("{}", message.text());
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "updates do nothing until they are asked for"]
pub struct Updates {
    updates: crate::Updates,
    runtime: Arc<Runtime>,
    ended: bool,
}

impl Updates {
    fn new(updates: crate::Updates, runtime: &Arc<Runtime>) -> Self {
        Self {
            updates,
            runtime: Arc::clone(runtime),
            ended: false,
        }
    }
}

impl Iterator for Updates {
    type Item = Result<JobUpdate>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.updates.next();
        let update = self.runtime.block_on(async { next.await.transpose() });
        let update = update.transpose();
        self.ended = !matches!(update, Some(Ok(_)));
        update
    }
}

impl std::iter::FusedIterator for Updates {}
