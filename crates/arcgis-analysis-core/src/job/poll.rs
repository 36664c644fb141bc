//! When to look at a job next, and when to stop.
//!
//! Pure: time comes in as the job's age, what was seen comes in as a word, and what to do goes out. The driver in
//! [`updates`](super::updates) sleeps and asks; here nothing does.

use super::pace::{History, Polling};
use arcgis_analysis_types::JobStatus;
use std::time::Duration;

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
    /// What is known of how long such a job takes.
    expected: Option<History>,
    /// What the job itself says of how far it is, as the length that follows from it.
    announced: Option<History>,
    chance: fastrand::Rng,
}

impl Poller {
    /// Begins to watch a job of this age for at most this long, and says when to look first.
    pub(crate) fn new(
        polling: Polling,
        age: Duration,
        limit: Option<Duration>,
        expected: Option<History>,
    ) -> (Self, Step) {
        let deadline = limit.map(|limit| age.saturating_add(limit));
        // Many jobs that were submitted at once are not all looked at at once.
        let chance = polling
            .seed
            .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let mut poller = Self {
            polling,
            deadline,
            trouble: None,
            refusals: 0,
            expected,
            announced: None,
            chance,
        };
        let step = poller.first(age);
        (poller, step)
    }

    /// Takes into account how long earlier jobs took, before the first look at a job that had this age when the watch
    /// began; says when to look first.
    pub(crate) fn expect(&mut self, age: Duration, expected: History) -> Step {
        self.expected = Some(expected);
        self.first(age)
    }

    fn first(&mut self, age: Duration) -> Step {
        let first = match &self.expected {
            // A job that is picked up is looked at at once.
            Some(_) if age.is_zero() => self.gap(age),
            _ => self.polling.first_look,
        };
        let first = age.max(first);
        Step::Look(first.min(self.deadline.unwrap_or(first)))
    }

    /// How many looks failed since the last that did not.
    pub(crate) fn failed(&self) -> u32 {
        self.trouble.map_or(0, |(_, failed)| failed)
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
                self.gap(age)
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
                let gap = TROUBLE_GAP
                    .saturating_mul(1 << (*failed - 1).min(16))
                    .min(LONGEST_TROUBLE_GAP);
                self.strewn(gap)
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

    /// Takes note of how far the job says it is, in percent.
    pub(crate) fn progress(&mut self, age: Duration, percent: Option<f64>) {
        self.announced = percent.and_then(|percent| History::announced(age, percent));
    }

    fn gap(&mut self, age: Duration) -> Duration {
        let gap = match (&self.announced, &self.expected) {
            // What a job says of itself is no promise, so it moves the gap within bounds only.
            (Some(announced), _) => {
                let plain = self.polling.gap(age, None);
                let gap = self.polling.gap(age, Some(announced));
                gap.clamp(plain / 2, plain.saturating_mul(4))
                    .min(self.polling.longest_gap)
            }
            (None, expected) => self.polling.gap(age, expected.as_ref()),
        };
        self.strewn(gap)
    }

    /// The gap a little longer or shorter, as chance has it.
    fn strewn(&mut self, gap: Duration) -> Duration {
        let jitter = self.polling.jitter;
        // Not a number is no jitter either.
        let jitter = if jitter > 0.0 { jitter.min(1.0) } else { 0.0 };
        let seconds = gap.as_secs_f64() * (1.0 + jitter * (2.0 * self.chance.f64() - 1.0));
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
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
