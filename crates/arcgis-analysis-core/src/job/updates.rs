//! Watching a job until it ends.

use super::ending;
use super::poll::{Poller, Seen, Step};
use super::raw::RawJob;
use crate::failure::{Cause, Failure};
use crate::limits::FOR_EVER;
use crate::transport::{TransportError, TransportErrorKind};
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::{JobInfo, JobMessage, JobProgress, JobStatus};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// What changed at a job since the last update.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::JobUpdate;
///
/// fn line(update: &JobUpdate) -> String {
///     match update.progress.as_ref().and_then(|p| p.percent) {
///         Some(percent) => format!("{:?}, {percent} %", update.status),
///         None => format!("{:?}, {} new messages", update.status, update.messages.len()),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JobUpdate {
    /// The job's state; while it cannot be observed, the last one known.
    pub status: JobStatus,
    /// The messages that were not in an earlier update.
    pub messages: Vec<JobMessage>,
    /// How far the job is, while it runs and says so.
    pub progress: Option<JobProgress>,
    /// Why the job cannot be observed at the moment. It is tried again.
    pub trouble: Option<String>,
}

/// The updates of a job, made by [`RawJob::updates`] and [`Job::updates`](crate::Job::updates).
///
/// Dropping it stops the watching, not the job.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{RawJob, Result};
///
/// async fn show(job: &RawJob) -> Result<()> {
///     let mut updates = job.updates();
///     while let Some(update) = updates.next().await {
///         for message in update?.messages {
///             eprintln!("{}", message.text());
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "updates do nothing until `next` is awaited"]
pub struct Updates {
    watch: Watch,
    shown: Option<(JobStatus, Option<JobProgress>)>,
    messages: usize,
    ended: bool,
}

impl Updates {
    pub(super) fn new(job: RawJob) -> Self {
        let limit = job.session().polling.time_limit;
        Self {
            watch: Watch::new(job, limit),
            shown: None,
            messages: 0,
            ended: false,
        }
    }

    /// Waits for the next change: another state, new messages, progress or trouble. `None` after the job's end,
    /// whatever it was, and after an error.
    ///
    /// May be dropped and called again without missing anything.
    ///
    /// # Errors
    /// [`ErrorKind::NotObserved`], [`ErrorKind::TimeLimit`], or the server's refusal to show the job.
    pub async fn next(&mut self) -> Option<Result<JobUpdate>> {
        while !self.ended {
            let update = match self.watch.look().await {
                Ok(Look::Job(info)) => {
                    self.ended = super::poll::is_end(&info.status);
                    self.changes(*info)
                }
                Ok(Look::Trouble(trouble)) => {
                    let (status, progress) =
                        self.shown.clone().unwrap_or((JobStatus::Submitted, None));
                    Some(JobUpdate {
                        status,
                        messages: Vec::new(),
                        progress,
                        trouble: Some(trouble),
                    })
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            if let Some(update) = update {
                return Some(Ok(update));
            }
        }
        None
    }

    fn changes(&mut self, info: JobInfo) -> Option<JobUpdate> {
        // Messages are only ever appended; an answer without them means that they were left out.
        let messages = info
            .messages
            .get(self.messages..)
            .unwrap_or_default()
            .to_vec();
        self.messages += messages.len();
        let now = (info.status, info.progress);
        if messages.is_empty() && self.shown.as_ref() == Some(&now) {
            return None;
        }
        let (status, progress) = self.shown.insert(now).clone();
        Some(JobUpdate {
            status,
            messages,
            progress,
            trouble: None,
        })
    }
}

/// Drives the state machine: sleeps, looks, and turns its verdicts into errors.
#[derive(Debug)]
pub(super) struct Watch {
    job: RawJob,
    /// The job's age when the watch began.
    began: Duration,
    /// Whether the ledger was asked about such jobs.
    informed: bool,
    poller: Poller,
    step: Step,
    limit: Option<Duration>,
    last_failure: Option<Failure>,
}

/// What a look gave.
pub(super) enum Look {
    Job(Box<JobInfo>),
    /// The first of a series of looks that failed.
    Trouble(String),
}

impl Watch {
    pub(super) fn new(job: RawJob, limit: Option<Duration>) -> Self {
        let polling = job.session().polling.clone();
        let began = job.age();
        let (poller, step) = Poller::new(polling, began, limit, None);
        Self {
            job,
            began,
            informed: false,
            poller,
            step,
            limit,
            last_failure: None,
        }
    }

    /// When the job has this age. Who never wants to give up may say so with any length of time.
    fn moment(&self, age: Duration) -> Instant {
        self.job.born() + age.min(FOR_EVER)
    }

    /// Waits for the job's end and returns its last state, whatever it is.
    pub(super) async fn end(&mut self) -> Result<JobInfo> {
        loop {
            if let Look::Job(info) = self.look().await?
                && super::poll::is_end(&info.status)
            {
                return Ok(*info);
            }
        }
    }

    /// Waits until it is time, and looks at the job. Cancel safe: state changes only after a look has ended.
    pub(super) async fn look(&mut self) -> Result<Look> {
        if !self.informed {
            if let Some(history) = self.job.history().await {
                self.step = self.poller.expect(self.began, history);
            }
            self.informed = true;
        }
        loop {
            let at = match self.step {
                Step::Look(at) => at,
                Step::Expire(at) => {
                    sleep_until(self.moment(at)).await;
                    return Err(self.time_limit());
                }
                Step::Ended => self.job.age(),
                Step::Refused => return Err(self.refused()),
                Step::NotObserved => return Err(self.not_observed()),
                Step::TimeLimit => return Err(self.time_limit()),
            };
            sleep_until(self.moment(at)).await;
            let look = self.job.observe(self.poller.failed());
            let looked = match self.poller.stop() {
                // At the very moment of the stop a look is still worth a second.
                Some(stop) => {
                    let stop = self.moment(stop.max(at.saturating_add(LAST_LOOK)));
                    timeout_at(stop, look)
                        .await
                        // While others used up the budget of retries, the reason is still the earlier one.
                        .unwrap_or_else(|_| Err(self.last_failure.take().unwrap_or_else(too_slow)))
                }
                None => look.await,
            };
            let age = self.job.age();
            let failure = match looked {
                Ok((info, retry_after)) => {
                    let percent = info.progress.as_ref().and_then(|progress| progress.percent);
                    self.poller.progress(age, percent);
                    self.step = self.poller.seen(age, Seen::Job(&info.status), retry_after);
                    self.last_failure = None;
                    let noted = self.job.keep(&info);
                    // What goes on is written down in passing, the end before anybody is told of it.
                    if super::poll::is_end(&info.status) {
                        noted.await;
                    }
                    return Ok(Look::Job(Box::new(info)));
                }
                Err(failure) => failure,
            };
            let seen = match &failure.cause {
                Cause::Token(error) if error.kind() == ErrorKind::Authentication => Seen::LastWord,
                _ if failure.is_passing() => Seen::Trouble,
                _ => Seen::Refusal,
            };
            self.step = self.poller.seen(age, seen, failure.retry_after);
            let clause = failure.clause(&self.job.session().secrets());
            tracing::warn!(
                job = self.job.id(),
                failed = self.poller.failed(),
                reason = %clause,
                next = ?self.step,
                "job.unobserved"
            );
            if self.last_failure.replace(failure).is_none() && matches!(self.step, Step::Look(_)) {
                return Ok(Look::Trouble(clause));
            }
        }
    }

    fn time_limit(&self) -> Error {
        let limit = ending::span(self.limit.unwrap_or_default());
        let state = match &self.last_failure {
            None => "it still runs".to_owned(),
            Some(failure) => format!(
                "it cannot be observed ({})",
                failure.clause(&self.job.session().secrets())
            ),
        };
        let sentence = format!(
            "the job did not end within the time limit of {limit}; {state}, look again at {}",
            self.job.url()
        );
        Error::new(ErrorKind::TimeLimit, sentence).with_job_url(self.job.url())
    }

    fn not_observed(&mut self) -> Error {
        let failure = self.last_failure.take().unwrap_or_else(too_slow);
        let sentence = format!(
            "the job cannot be observed: {}; it may still run, look again at {}",
            failure.clause(&self.job.session().secrets()),
            self.job.url()
        );
        failure
            .complete(Error::new(ErrorKind::NotObserved, sentence))
            .with_job_url(self.job.url())
    }

    fn refused(&mut self) -> Error {
        let failure = self.last_failure.take().unwrap_or_else(too_slow);
        let doing = format!("looking at the job {}", self.job.url());
        self.job
            .session()
            .error(&doing, failure)
            .with_job_url(self.job.url())
    }
}

/// How long the last look may take beyond the end of a budget.
const LAST_LOOK: Duration = Duration::from_secs(1);

fn too_slow() -> Failure {
    let problem = "no complete answer within the time allowed";
    Failure::new(Cause::Transport(TransportError::new(
        TransportErrorKind::TimedOut,
        problem,
    )))
}
