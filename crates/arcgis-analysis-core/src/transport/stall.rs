//! Whether a body still comes fast enough.

use super::{TransportError, TransportErrorKind as Kind};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A body may fall behind its slowest rate by what comes in the grace: the grace is what it has in hand when it begins,
/// each byte buys the time that it may take, and nobody has more in hand than the grace. So silence ends after the
/// grace whenever it begins, and so does a trickle, if a little later.
#[derive(Debug)]
pub(super) struct Stall {
    grace: Duration,
    /// In bytes per second; no body is too slow where it is 0.
    slowest: u32,
    until: Instant,
}

impl Stall {
    /// Begins to watch a body.
    pub(super) fn new(grace: Duration, slowest: u32) -> Self {
        let now = Instant::now();
        Self {
            grace,
            slowest,
            until: now.checked_add(grace).unwrap_or(now),
        }
    }

    /// Waits for what comes next of the body, as long as that may take.
    pub(super) async fn watch<T>(
        &self,
        next: impl Future<Output = T>,
    ) -> Result<T, TransportError> {
        if self.slowest == 0 {
            return Ok(next.await);
        }
        // What is there already is taken, so that a busy machine does not blame the server.
        timeout_at(self.until, next).await.map_err(|_| {
            let problem = format!(
                "the answer came more slowly than {} bytes a second for {:?}",
                self.slowest, self.grace
            );
            TransportError::new(Kind::Stalled, problem)
        })
    }

    /// Takes note of so many bytes.
    pub(super) fn received(&mut self, bytes: usize) {
        if self.slowest > 0 {
            let bought = Duration::from_secs_f64(bytes as f64 / f64::from(self.slowest));
            let full = Self::new(self.grace, self.slowest).until;
            self.until = self.until.checked_add(bought).unwrap_or(full).min(full);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    const GRACE: Duration = Duration::from_secs(20);

    fn stall(slowest: u32) -> Stall {
        Stall::new(GRACE, slowest)
    }

    /// After how many seconds a body is given up of which so many bytes come each so many seconds, if within the day.
    async fn given_up(stall: &mut Stall, bytes: usize, every: f64) -> Option<f64> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(86_400) {
            let next = stall.watch(sleep(Duration::from_secs_f64(every))).await;
            if let Err(error) = next {
                assert_eq!(error.kind(), Kind::Stalled);
                return Some(began.elapsed().as_secs_f64());
            }
            stall.received(bytes);
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn what_trickles_is_given_up_after_the_grace_and_what_flows_never() {
        // One byte a second, one in ten seconds, none; each within a twentieth of the grace.
        for (bytes, every) in [(1, 1.0), (1, 10.0), (0, 1e6), (40, 1.0)] {
            let seconds = given_up(&mut stall(1_000), bytes, every).await;
            let seconds = seconds.unwrap_or(f64::MAX);
            assert!(
                (19.99..=21.0).contains(&seconds),
                "{bytes}/{every}: {seconds}"
            );
        }
        // Just fast enough, in small and in large pieces.
        for (bytes, every) in [(1_000, 1.0), (100, 0.1), (19_500, 19.4)] {
            assert_eq!(given_up(&mut stall(1_000), bytes, every).await, None);
        }
        // A tenth too slow: what it lacks adds up.
        let seconds = given_up(&mut stall(1_000), 900, 1.0).await;
        assert!(
            seconds.is_some_and(|seconds| (190.0..=202.0).contains(&seconds)),
            "{seconds:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_saved_up() {
        let mut stall = stall(1_000);
        stall.received(1 << 30);
        assert_eq!(given_up(&mut stall, 0, 1e6).await, Some(20.0));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_slowest_rate_a_body_may_take_as_long_as_the_request() {
        assert_eq!(given_up(&mut stall(0), 1, 3_600.0).await, None);
    }
}
