//! When one host may be asked, and how much at once: its silence, the turns of requests, and the budget of retries.

use crate::Limits;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout};
use url::{Origin, Url};

/// What a retry earns that is answered: itself and one more, so that a server that is back is soon asked as before.
const RETRY_ANSWERED: f64 = 2.0;

/// What counts as a whole token: ten tenths do not quite add up to one.
const WHOLE: f64 = 1.0 - 1e-6;

/// The hosts that requests went to.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<Origin, Arc<Host>>>);

/// What requests to one host share.
#[derive(Debug)]
pub(crate) struct Host {
    slots: Semaphore,
    silence: Mutex<Option<Silence>>,
    pub(crate) budget: Budget,
}

/// A host's wish to be left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Silence {
    pub(crate) until: Instant,
    /// The status with which it was uttered.
    pub(crate) status: u16,
}

/// Why a request has no turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NoTurn {
    /// Too many others are under way.
    Crowded,
    /// The host wants to be left alone.
    Silent(Silence),
}

/// A bucket of tokens, of which each retry takes one.
#[derive(Debug)]
pub(crate) struct Budget {
    reserve: f64,
    share: f64,
    per_second: f64,
    purse: Mutex<Purse>,
    /// Whoever holds it is the next to get a token; the others wait in order.
    first: tokio::sync::Mutex<()>,
    earned: Notify,
}

#[derive(Debug)]
struct Purse {
    tokens: f64,
    counted: Instant,
}

impl Hosts {
    pub(crate) fn of(&self, url: &Url, limits: &Limits) -> Arc<Host> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(url.origin()).or_insert_with(|| {
            Arc::new(Host {
                slots: Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS)),
                silence: Mutex::default(),
                budget: Budget::new(limits),
            })
        });
        host.clone()
    }
}

impl Host {
    /// Waits until the host may be asked: out its silence for at most so long, and then, in order, for a turn for at most
    /// as long as one has patience.
    pub(crate) async fn slot(
        &self,
        longest_silence: Duration,
        patience: Duration,
    ) -> Result<SemaphorePermit<'_>, NoTurn> {
        let began = Instant::now();
        loop {
            while let Some(silence) = self.silence() {
                if silence.until - began > longest_silence {
                    return Err(NoTurn::Silent(silence));
                }
                sleep_until(silence.until).await;
            }
            let slot = timeout(patience, self.slots.acquire()).await;
            // They are never closed.
            let slot = slot.ok().and_then(Result::ok).ok_or(NoTurn::Crowded)?;
            // Whoever waited for a turn may have waited for the answer that asks for silence.
            if self.silence().is_none() {
                return Ok(slot);
            }
        }
    }

    /// Leaves the host alone until then.
    pub(crate) fn hush(&self, wish: Silence) {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        if silence.is_none_or(|earlier| earlier.until < wish.until) {
            *silence = Some(wish);
        }
    }

    fn silence(&self) -> Option<Silence> {
        let silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        silence.filter(|silence| silence.until > Instant::now())
    }
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        // Less than one whole token would let no retry through, ever.
        let reserve = f64::from(limits.retry_reserve.max(1));
        Self {
            reserve,
            share: f64::from(limits.retry_percent) / 100.0,
            per_second: f64::from(limits.retries_per_minute) / 60.0,
            purse: Mutex::new(Purse {
                tokens: reserve,
                counted: Instant::now(),
            }),
            first: tokio::sync::Mutex::default(),
            earned: Notify::new(),
        }
    }

    /// Waits, in order, until a retry may be made.
    pub(crate) async fn spend(&self) {
        let _first = self.first.lock().await;
        while let Some(wait) = self.take() {
            let _ = timeout(wait, self.earned.notified()).await;
        }
    }

    /// Takes note of an answer: to a retry, or to a request that was made for the first time.
    pub(crate) fn earn(&self, retry: bool) {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        let earned = if retry { RETRY_ANSWERED } else { self.share };
        purse.tokens = (purse.tokens + earned).min(self.reserve);
        if purse.tokens >= WHOLE {
            self.earned.notify_one();
        }
    }

    /// Takes a token, or else says when there may be one.
    fn take(&self) -> Option<Duration> {
        let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = now - purse.counted;
        purse.counted = now;
        purse.tokens = (purse.tokens + since.as_secs_f64() * self.per_second).min(self.reserve);
        if purse.tokens >= WHOLE {
            purse.tokens -= 1.0;
            return None;
        }
        let wait = (1.0 - purse.tokens) / self.per_second;
        // The timer counts in milliseconds; a wait of none would spin. Without any such tokens answers alone help.
        let wait = Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX);
        Some(wait.max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(reserve: u32, percent: u32, per_minute: u32) -> Budget {
        Budget::new(&Limits {
            retry_reserve: reserve,
            retry_percent: percent,
            retries_per_minute: per_minute,
            ..Limits::default()
        })
    }

    /// How many retries are let through within so many seconds, of as many as want to.
    async fn spent(budget: &Budget, seconds: u64) -> usize {
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut count = 0;
        while tokio::time::timeout_at(until, budget.spend()).await.is_ok() {
            count += 1;
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_let_through_at_once_while_the_reserve_lasts_and_then_at_a_steady_rate() {
        let budget = budget(20, 10, 120);
        assert_eq!(spent(&budget, 0).await, 20);
        let later = spent(&budget, 60).await;
        assert!((118..=121).contains(&later), "{later}");
    }

    #[tokio::test(start_paused = true)]
    async fn answers_earn_their_part_and_answered_retries_more_than_themselves() {
        let budget = budget(20, 10, 0);
        assert_eq!(spent(&budget, 1_000).await, 20);
        (0..100).for_each(|_| budget.earn(false));
        assert_eq!(spent(&budget, 1_000).await, 10);
        budget.earn(true);
        assert_eq!(spent(&budget, 1_000).await, 2);
        // Nobody saves more than the reserve.
        (0..10_000).for_each(|_| budget.earn(true));
        assert_eq!(spent(&budget, 1_000).await, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_woken_by_what_is_earned() {
        let budget = Arc::new(budget(1, 100, 0));
        budget.spend().await;
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.spend().await }
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(!waiting.is_finished());
        budget.earn(false);
        assert!(waiting.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_requests_are_under_way_as_are_allowed() {
        let limits = Limits {
            in_flight: 2,
            ..Limits::default()
        };
        let (hosts, second) = (Hosts::default(), Duration::from_secs(1));
        let url = |text: &str| Url::parse(text).unwrap_or_else(|_| unreachable!("{text}"));
        let one = hosts.of(&url("https://one.example/x"), &limits);
        let same = hosts.of(&url("https://ONE.example:443/y"), &limits);
        let (a, b) = (
            one.slot(second, second).await,
            same.slot(second, second).await,
        );
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(one.slot(second, second).await.err(), Some(NoTurn::Crowded));
        let other = hosts.of(&url("https://one.example:8443/x"), &limits);
        assert!(other.slot(second, second).await.is_ok());
        drop(a);
        assert!(same.slot(second, second).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_wants_silence_has_it_from_everybody() {
        let limits = Limits {
            in_flight: 1,
            ..Limits::default()
        };
        let (hosts, second) = (Hosts::default(), Duration::from_secs(1));
        let url = Url::parse("https://one.example/x").unwrap_or_else(|_| unreachable!());
        let host = hosts.of(&url, &limits);
        let began = Instant::now();
        let wish = |seconds: u64| Silence {
            until: began + second * u32::try_from(seconds).unwrap_or_default(),
            status: 503,
        };
        // Somebody waits for a turn while another gets the answer that asks for silence.
        let slot = host.slot(60 * second, second).await.ok();
        let waiting = host.slot(60 * second, second);
        tokio::pin!(waiting);
        assert!(timeout(second / 2, &mut waiting).await.is_err());
        host.hush(wish(30));
        drop(slot);
        assert!(waiting.await.is_ok());
        assert_eq!(began.elapsed(), 30 * second);
        // A shorter wish takes nothing from a longer one; and nobody waits for longer than allowed.
        host.hush(wish(100));
        host.hush(wish(40));
        let refused = host.slot(60 * second, second).await.err();
        assert_eq!(refused, Some(NoTurn::Silent(wish(100))));
        assert_eq!(began.elapsed(), 30 * second);
        assert!(host.slot(70 * second, second).await.is_ok());
        assert_eq!(began.elapsed(), 100 * second);
    }
}
