//! The life of a job, whatever its task.

use super::updates::{Updates, Watch};
use super::{History, JobToken, ending, results};
use crate::address::JobUrl;
use crate::failure::{Cause, Failure};
use crate::ledger::Event;
use crate::redact::{excerpt, on_one_line, redact, redact_told};
use crate::session::Session;
use crate::{Error, ErrorKind, ItemFile, Result, download};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{ItemOutput, JobInfo, JobStatus, Outputs};
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A job on the server, with its task's types erased.
///
/// It is a handle: cloning it copies no job, and dropping it stops none.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Portal, RawJob, Result};
/// use arcgis_analysis_types::{Outputs, TaskEntry, serde_json::Value};
///
/// async fn run(portal: &Portal, task: &TaskEntry, parameters: Value) -> Result<Outputs> {
///     let job: RawJob = portal.submit_entry(task, parameters).await?;
///     eprintln!("running as {}", job.url());
///     job.wait(None).await?;
///     job.outputs().await
/// }
/// ```
#[derive(Clone)]
#[must_use = "dropping a job leaves it running on the server"]
pub struct RawJob {
    shared: Arc<Shared>,
}

struct Shared {
    session: Arc<Session>,
    meta: &'static TaskMeta,
    url: JobUrl,
    id: String,
    /// When the job was submitted or, for a resumed one, picked up.
    born: Instant,
    /// The job as it was first seen at its end.
    end: OnceLock<JobInfo>,
    /// The name by which the ledger knows the job.
    entry: Option<String>,
    /// The state that was last seen, and the job's age then.
    last: Mutex<Option<(JobStatus, Duration)>>,
}

impl RawJob {
    pub(crate) fn new(
        session: Arc<Session>,
        meta: &'static TaskMeta,
        url: JobUrl,
        id: String,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                session,
                meta,
                url,
                id,
                born: Instant::now(),
                end: OnceLock::new(),
                entry: None,
                last: Mutex::default(),
            }),
        }
    }

    /// The same job as the ledger knows it, of this age.
    pub(crate) fn known_as(mut self, entry: Option<String>, age: Option<Duration>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.entry = entry;
            let born = age.and_then(|age| shared.born.checked_sub(age));
            shared.born = born.unwrap_or(shared.born);
        }
        self
    }

    /// The job's ID, which is unique within its task only.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// The job's URL, by which it can be resumed. It holds no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared.url.as_str()
    }

    /// By what the job is found again, here or elsewhere, with [`Portal::resume`](crate::Portal::resume). It holds no
    /// secret.
    #[must_use]
    pub fn token(&self) -> JobToken {
        let Shared {
            session,
            meta,
            url,
            id,
            ..
        } = &*self.shared;
        JobToken::new(&session.portal, url, meta.name, id)
    }

    /// The name by which the ledger knows the job; `None` without a ledger.
    #[must_use]
    pub fn ledger_id(&self) -> Option<&str> {
        self.shared.entry.as_deref()
    }

    /// What is known about the job's task.
    #[must_use]
    pub fn task(&self) -> &'static TaskMeta {
        self.shared.meta
    }

    /// Asks once for the job's state and messages.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses; never because of the state itself.
    pub async fn status(&self) -> Result<JobInfo> {
        let call = self.session().get("status", self.shared.url.url().clone());
        let doing = || format!("looking at the job {}", self.url());
        let reply = self
            .session()
            .call_again(&call)
            .await
            .map_err(|failure| self.error(&doing(), failure))?;
        let info = self
            .read(reply.document)
            .map_err(|failure| self.error(&doing(), failure))?;
        self.keep(&info).await;
        Ok(info)
    }

    /// The job's updates from its beginning, for at most the portal's
    /// [`time_limit`](crate::Polling::time_limit).
    pub fn updates(&self) -> Updates {
        Updates::new(self.clone())
    }

    /// Waits for the job to succeed, for at most `limit` or else the portal's
    /// [`time_limit`](crate::Polling::time_limit), and returns its last state with all its messages.
    ///
    /// Dropping the future stops the waiting, not the job.
    ///
    /// # Errors
    /// [`ErrorKind::JobFailed`], [`ErrorKind::JobCancelled`], [`ErrorKind::JobTimedOut`] or
    /// [`ErrorKind::JobDeleted`] with the job's messages; [`ErrorKind::TimeLimit`] or [`ErrorKind::NotObserved`]
    /// while the job may still run.
    pub async fn wait(&self, limit: Option<Duration>) -> Result<JobInfo> {
        if let Some(info) = self.end() {
            return ending::judge(self, info.clone());
        }
        let limit = limit.or(self.session().polling.time_limit);
        let info = Watch::new(self.clone(), limit).end().await?;
        ending::judge(self, info)
    }

    /// Fetches the results of a job that succeeded.
    ///
    /// # Errors
    /// As [`wait`](Self::wait) for a job that ended without success, [`ErrorKind::Results`] for one that has not
    /// ended or whose result is refused.
    pub async fn outputs(&self) -> Result<Outputs> {
        results::fetch(self).await
    }

    /// Downloads the file of an item that the job returned, as [`Portal::item_file`](crate::Portal::item_file) does.
    ///
    /// # Errors
    /// As there.
    pub async fn item_file(&self, item: &ItemOutput) -> Result<ItemFile> {
        let file = download::item_file(self.session(), item).await;
        file.map_err(|error| error.with_job_url(self.url()))
    }

    /// Asks the server to stop the job, and returns the state that the server then reports. A job takes some
    /// seconds to notice, and some never do: [`wait`](Self::wait) tells.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn cancel(&self) -> Result<JobStatus> {
        let url = self.child(&["cancel"])?;
        let call = self.session().post("cancel", url, &[]);
        let doing = format!("cancelling the job {}", self.url());
        let reply = self
            .session()
            .call_again(&call)
            .await
            .map_err(|failure| self.error(&doing, failure))?;
        match self.read(reply.document) {
            Ok(info) => Ok(info.status),
            // Some servers acknowledge without a state.
            Err(_) => Ok(self.status().await?.status),
        }
    }

    /// How long earlier jobs of the task took, where that is known.
    pub(super) async fn history(&self) -> Option<History> {
        self.session().history(self.task()).await
    }

    /// Asks the server to stop the job and waits, for at most `patience`, until it has ended; returns how it ended,
    /// which may be in success.
    ///
    /// # Errors
    /// [`ErrorKind::CancelNotHonoured`] when the job still runs by then; whatever [`cancel`](Self::cancel) and
    /// [`wait`](Self::wait) end in otherwise, except the job's own end.
    pub async fn stop(&self, patience: Duration) -> Result<JobInfo> {
        self.cancel().await?;
        if let Some(info) = self.end() {
            return Ok(info.clone());
        }
        Watch::new(self.clone(), Some(patience)).end().await.map_err(|error| {
            if error.kind() != ErrorKind::TimeLimit {
                return error;
            }
            error.amended(ErrorKind::CancelNotHonoured, |_| {
                format!(
                    "the job was asked to stop but still runs after {}; tools that never look for a request to stop \
                     run on to their end, see {}",
                    ending::span(patience),
                    self.url()
                )
            })
        })
    }

    pub(super) fn session(&self) -> &Session {
        &self.shared.session
    }

    /// The job at its end, where that has been seen.
    pub(super) fn end(&self) -> Option<&JobInfo> {
        self.shared.end.get()
    }

    /// Takes note of the job's state, which is written down whether or not anybody waits for that.
    pub(super) fn keep(&self, info: &JobInfo) -> impl Future<Output = ()> + use<> {
        let ended = super::poll::is_end(&info.status);
        if ended {
            self.shared.end.get_or_init(|| info.clone());
        }
        let age = self.age();
        let last = &self.shared.last;
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace((info.status.clone(), age));
        let event = match &before {
            Some((status, _)) if *status == info.status => None,
            before => {
                // Between two looks far apart the job ended nobody knows when.
                let before = before.as_ref().map_or(Duration::ZERO, |(_, age)| *age);
                let close = ended && age - before.min(age) <= (age / 4).max(Duration::from_secs(1));
                let length = close.then(|| (before.min(age) + age) / 2);
                Some(Event::State(&info.status, length))
            }
        };
        // In the order in which the states were seen.
        let noted = event.map(|event| self.note(&event));
        async {
            if let Some(noted) = noted {
                noted.await;
            }
        }
    }

    /// Writes down in the ledger what happened to the job, whether or not anybody waits for it.
    pub(super) fn note(&self, event: &Event<'_>) -> impl Future<Output = ()> + use<> {
        let noted = match (&self.session().ledger, &self.shared.entry) {
            (Some(ledger), Some(entry)) => Some(ledger.note(entry, event)),
            _ => None,
        };
        async {
            if let Some(noted) = noted {
                noted.await;
            }
        }
    }

    pub(super) fn born(&self) -> Instant {
        self.shared.born
    }

    pub(super) fn age(&self) -> Duration {
        self.shared.born.elapsed()
    }

    pub(super) fn child(&self, resource: &[&str]) -> Result<url::Url> {
        self.shared
            .url
            .child(resource)
            .map_err(|problem| Error::new(ErrorKind::Protocol, problem))
    }

    /// Looks once, without repetition: the state machine decides on that. After so many looks that failed, the budget
    /// of retries has a say.
    pub(super) async fn observe(
        &self,
        failed: u32,
    ) -> Result<(JobInfo, Option<Duration>), Failure> {
        let call = self.session().get("status", self.shared.url.url().clone());
        if failed > 0 {
            self.session().may_retry(&call.url).await;
        }
        let reply = self.session().attempt(&call, failed + 1).await?;
        let info = self.read(reply.document)?;
        Ok((info, reply.retry_after))
    }

    pub(super) fn error(&self, doing: &str, failure: Failure) -> Error {
        self.session()
            .error(doing, failure)
            .with_job_url(self.url())
    }

    /// Reads a job's state.
    fn read(&self, document: Value) -> Result<JobInfo, Failure> {
        let failure = |cause, document: &Value| Failure {
            excerpt: Some(excerpt(
                document.to_string().as_bytes(),
                &self.session().secrets(),
            )),
            ..Failure::new(cause)
        };
        let mut info = JobInfo::from_json(document.clone()).map_err(|problem| {
            let what = format!("something that is not a job ({problem})");
            failure(Cause::Unreadable(what), &document)
        })?;
        // A mixed-up cache or gateway must not end the wait for this job with the state of another.
        if !info.job_id.is_empty() && info.job_id != self.shared.id {
            let what = format!("another job, `{}`", info.job_id);
            return Err(failure(Cause::Unreadable(what), &document));
        }
        let most = self.session().limits.max_messages;
        if info.messages.len() > most {
            let what = format!("a job of more than {most} messages");
            return Err(failure(Cause::Excess(what), &document));
        }
        let secrets = self.session().secrets();
        for message in &mut info.messages {
            redact_told(message, &secrets);
        }
        if let Some(progress) = &mut info.progress {
            let told = progress.message.take();
            progress.message = told.map(|text| redact(&on_one_line(text), &secrets));
        }
        // The words that are known are no secrets, whatever somebody chose for a password.
        if let JobStatus::Unknown(word) = &mut info.status {
            *word = redact(word, &secrets);
        }
        Ok(info)
    }
}

impl fmt::Debug for RawJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawJob")
            .field("task", &self.task().name)
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
