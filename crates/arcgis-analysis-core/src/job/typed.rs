//! A job that knows its task.

use super::raw::RawJob;
use super::token::JobToken;
use super::updates::Updates;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::{JobInfo, JobStatus, Task, TaskResults};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

/// A job of the task `T` on the server.
///
/// Awaiting it waits for its end and gives the task's results. Dropping it, or the future made from it, leaves it
/// running; it can be picked up again by [`Portal::resume`](crate::Portal::resume).
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Job, Portal, Result};
/// use arcgis_analysis_types::Task;
///
/// async fn run<T: Task>(portal: &Portal, task: &T) -> Result<T::Results> {
///     let job: Job<T> = portal.submit(task).await?;
///     eprintln!("running as {}", job.url());
///     job.await
/// }
/// ```
#[must_use = "awaiting a job waits for it; dropping one leaves it running on the server"]
pub struct Job<T> {
    raw: RawJob,
    task: PhantomData<fn() -> T>,
}

impl<T: Task> Job<T> {
    pub(crate) fn new(raw: RawJob) -> Self {
        Self {
            raw,
            task: PhantomData,
        }
    }

    /// The same job with its types erased.
    pub fn raw(&self) -> &RawJob {
        &self.raw
    }

    /// As [`RawJob::id`].
    #[must_use]
    pub fn id(&self) -> &str {
        self.raw.id()
    }

    /// As [`RawJob::url`].
    #[must_use]
    pub fn url(&self) -> &str {
        self.raw.url()
    }

    /// As [`RawJob::token`].
    #[must_use]
    pub fn token(&self) -> JobToken {
        self.raw.token()
    }

    /// As [`RawJob::status`].
    ///
    /// # Errors
    /// As [`RawJob::status`].
    pub async fn status(&self) -> Result<JobInfo> {
        self.raw.status().await
    }

    /// As [`RawJob::updates`].
    pub fn updates(&self) -> Updates {
        self.raw.updates()
    }

    /// As [`RawJob::wait`].
    ///
    /// # Errors
    /// As [`RawJob::wait`].
    pub async fn wait(&self, limit: Option<Duration>) -> Result<JobInfo> {
        self.raw.wait(limit).await
    }

    /// As [`RawJob::cancel`].
    ///
    /// # Errors
    /// As [`RawJob::cancel`].
    pub async fn cancel(&self) -> Result<JobStatus> {
        self.raw.cancel().await
    }

    /// As [`RawJob::stop`].
    ///
    /// # Errors
    /// As [`RawJob::stop`].
    pub async fn stop(&self, patience: Duration) -> Result<JobInfo> {
        self.raw.stop(patience).await
    }

    /// Fetches and reads the results of a job that succeeded.
    ///
    /// # Errors
    /// As [`RawJob::outputs`], and [`ErrorKind::Results`] when a result is missing or has another shape than
    /// documented.
    pub async fn results(&self) -> Result<T::Results> {
        let mut outputs = self.raw.outputs().await?;
        T::Results::decode(&mut outputs).map_err(|error| {
            let sentence = format!("{} succeeded, but {error}", self.raw.task().name);
            Error::new(ErrorKind::Results, sentence)
                .with_job_url(self.url())
                .with_source(error)
        })
    }
}

impl<T: Task> IntoFuture for Job<T> {
    type Output = Result<T::Results>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.wait(None).await?;
            self.results().await
        })
    }
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
            task: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.raw).finish()
    }
}
