//! When to look at a job next, and when to stop.
//!
//! Pure: time comes in as the job's age, what was seen comes in as a word, and what to do goes out. The driver in
//! [`updates`](super::updates) sleeps and asks; here nothing does.

use arcgis_analysis_types::JobStatus;
use std::time::Duration;

/// How a job is observed.
///
/// The gap between two looks grows with the square root of the job's age, which finds the end of short jobs
/// quickly and costs long jobs few requests: with the default pace of 0.5 the gap is half a second after one
/// second, five seconds after 100 seconds and 30 seconds after an hour.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Polling;
/// use std::time::Duration;
///
/// // A quarter of the requests, four times the delay.
/// let mut patient = Polling::default();
/// patient.pace = 2.0;
/// patient.time_limit = Some(Duration::from_secs(30 * 60));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Polling {
    /// The job's age at the first look. Default: 0.5 seconds.
    pub first_look: Duration,
    /// The gap between two looks in seconds, at a job's age of one second. Default: 0.5.
    pub pace: f64,
    /// The longest gap, whatever the job's age. Default: 1 minute.
    pub longest_gap: Duration,
    /// How long a job may be unobservable before [`NotObserved`](crate::ErrorKind::NotObserved). Default: 10
    /// minutes.
    pub trouble_budget: Duration,
    /// How long to wait for a job's end before [`TimeLimit`](crate::ErrorKind::TimeLimit). Default: for ever.
    pub time_limit: Option<Duration>,
    /// How long a succeeded job may take to list its results. Default: 5 seconds.
    pub results_grace: Duration,
}

impl Default for Polling {
    fn default() -> Self {
        Self {
            first_look: Duration::from_millis(500),
            pace: 0.5,
            longest_gap: Duration::from_secs(60),
            trouble_budget: Duration::from_secs(600),
            time_limit: None,
            results_grace: Duration::from_secs(5),
        }
    }
}

/// The shortest gap between two looks.
const SHORTEST_GAP: Duration = Duration::from_millis(100);

/// The first gap after a look that failed; it doubles with each further one.
const TROUBLE_GAP: Duration = Duration::from_secs(1);

/// The longest gap between looks that fail.
const LONGEST_TROUBLE_GAP: Duration = Duration::from_secs(30);

/// The longest silence that a server may ask for while it shows the job.
const LONGEST_SILENCE: Duration = Duration::from_secs(3600);

/// How many refusals in a row are believed. A job may be unknown to one of several servers for a moment.
const REFUSALS: u32 = 3;

/// What a look at the job showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Seen<'a> {
    /// The job.
    Job(&'a JobStatus),
    /// Nothing, for a reason that may pass.
    Trouble,
    /// A refusal, such as that there is no such job.
    Refusal,
    /// A refusal that no repetition can mend.
    LastWord,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// Look at the job when it has this age.
    Look(Duration),
    /// Do nothing until the job has this age; then the time limit has passed.
    Expire(Duration),
    /// The job has ended.
    Ended,
    /// The server refuses to show the job.
    Refused,
    /// The job could not be observed within the budget.
    NotObserved,
    /// The time limit passed.
    TimeLimit,
}

/// Decides when to look at one job.
#[derive(Debug, Clone)]
pub(crate) struct Poller {
    polling: Polling,
    deadline: Option<Duration>,
    /// The job's age when the present trouble began, and how many looks failed since.
    trouble: Option<(Duration, u32)>,
    refusals: u32,
}

impl Poller {
    /// Begins to watch a job of this age for at most this long, and says when to look first.
    pub(crate) fn new(polling: Polling, age: Duration, limit: Option<Duration>) -> (Self, Step) {
        let deadline = limit.map(|limit| age.saturating_add(limit));
        let poller = Self {
            polling,
            deadline,
            trouble: None,
            refusals: 0,
        };
        let first = age.max(poller.polling.first_look);
        let step = Step::Look(first.min(deadline.unwrap_or(first)));
        (poller, step)
    }

    /// The age at which a look under way has to be given up; call [`seen`](Self::seen) then.
    pub(crate) fn stop(&self) -> Option<Duration> {
        [self.deadline, self.trouble_end()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What to do after a look that ended when the job had this age; `retry_after` is how long the server asked
    /// to be left alone.
    pub(crate) fn seen(
        &mut self,
        age: Duration,
        seen: Seen<'_>,
        retry_after: Option<Duration>,
    ) -> Step {
        let mut silence = retry_after.unwrap_or_default();
        let gap = match seen {
            Seen::Job(status) if is_end(status) => return Step::Ended,
            Seen::LastWord => return Step::Refused,
            Seen::Job(_) => {
                (self.trouble, self.refusals) = (None, 0);
                silence = silence.min(LONGEST_SILENCE);
                let gap = self.polling.pace * age.as_secs_f64().sqrt();
                Duration::try_from_secs_f64(gap)
                    .unwrap_or(Duration::MAX)
                    .min(self.polling.longest_gap)
                    .max(SHORTEST_GAP)
            }
            Seen::Trouble | Seen::Refusal => {
                self.refusals = if seen == Seen::Refusal {
                    self.refusals + 1
                } else {
                    0
                };
                if self.refusals >= REFUSALS {
                    return Step::Refused;
                }
                let (_, failed) = self.trouble.get_or_insert((age, 0));
                *failed += 1;
                TROUBLE_GAP
                    .saturating_mul(1 << (*failed - 1).min(16))
                    .min(LONGEST_TROUBLE_GAP)
            }
        };
        if self.deadline.is_some_and(|deadline| age >= deadline) {
            return Step::TimeLimit;
        }
        // A server that asks for more silence than the budget has ends the observation now, not after the silence.
        let asked = age.saturating_add(silence);
        if self
            .trouble_end()
            .is_some_and(|end| age >= end || asked > end)
        {
            return Step::NotObserved;
        }
        if let Some(deadline) = self.deadline.filter(|deadline| asked > *deadline) {
            return Step::Expire(deadline);
        }
        // One last look at the very end, so that a job that ends just then is not missed.
        let next = age.saturating_add(gap).max(asked);
        Step::Look(self.stop().map_or(next, |stop| next.min(stop)))
    }

    fn trouble_end(&self) -> Option<Duration> {
        self.trouble
            .map(|(began, _)| began.saturating_add(self.polling.trouble_budget))
    }
}

/// Whether nothing more will come of a job in this state.
pub(crate) fn is_end(status: &JobStatus) -> bool {
    status.is_terminal() || matches!(status, JobStatus::Deleting)
}

#[cfg(test)]
mod tests;
