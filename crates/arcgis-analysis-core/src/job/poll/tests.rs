#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

const RUNNING: Seen<'_> = Seen::Job(&JobStatus::Executing);

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A pace at which figures can be checked by head, without chance.
fn steady() -> Polling {
    Polling {
        pace: 0.5,
        jitter: 0.0,
        ..Polling::default()
    }
}

fn poller(limit: Option<f64>) -> Poller {
    Poller::new(steady(), Duration::ZERO, limit.map(secs), None).0
}

/// The ages at which a job that runs for so long is looked at.
fn looks(polling: Polling, length: f64) -> Vec<f64> {
    let (mut poller, mut step) = Poller::new(polling, Duration::ZERO, None, None);
    let mut ages = Vec::new();
    while let Step::Look(age) = step {
        ages.push(age.as_secs_f64());
        let done = age >= secs(length);
        step = poller.seen(
            age,
            if done {
                Seen::Job(&JobStatus::Succeeded)
            } else {
                RUNNING
            },
            None,
        );
    }
    assert_eq!(step, Step::Ended);
    ages
}

#[test]
fn the_gap_grows_with_the_square_root_of_the_age() {
    let ages = looks(steady(), 14_400.0);
    assert_eq!(ages[0], 0.5);
    for pair in ages.windows(2) {
        let due = (0.5 * pair[0].sqrt()).clamp(0.1, 60.0);
        assert!((pair[1] - pair[0] - due).abs() < 1e-6, "{pair:?}");
    }
    // Integrating dt / (pace * sqrt(t)) gives 2 * sqrt(t) / pace looks.
    for length in [45.0, 600.0, 14_400.0_f64] {
        let expected = 2.0 * length.sqrt() / 0.5;
        let counted = looks(steady(), length).len() as f64;
        assert!(
            (counted / expected - 1.0).abs() < 0.1,
            "{length}: {counted} looks, not {expected}"
        );
    }
}

#[test]
fn odd_settings_are_tamed() {
    for pace in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        let polling = Polling {
            pace,
            longest_gap: secs(5.0),
            ..steady()
        };
        let ages = looks(polling, 20.0);
        assert!(ages.len() <= 202, "{pace}: {} looks", ages.len());
    }
    let polling = Polling {
        longest_gap: Duration::ZERO,
        ..steady()
    };
    assert!(looks(polling, 20.0).len() <= 202);
}

#[test]
fn every_end_ends_and_everything_else_goes_on() {
    use JobStatus as S;
    for status in [
        S::Succeeded,
        S::Failed,
        S::Cancelled,
        S::TimedOut,
        S::Deleted,
        S::Deleting,
    ] {
        assert_eq!(
            poller(None).seen(secs(3.0), Seen::Job(&status), None),
            Step::Ended,
            "{status:?}"
        );
    }
    let unknown = S::from_wire("esriJobPaused");
    for status in [
        S::New,
        S::Waiting,
        S::Submitted,
        S::Executing,
        S::Cancelling,
        unknown,
    ] {
        let step = poller(None).seen(secs(4.0), Seen::Job(&status), None);
        assert_eq!(step, Step::Look(secs(5.0)), "{status:?}");
    }
}

#[test]
fn retry_after_is_obeyed() {
    let mut poller = poller(Some(100.0));
    assert_eq!(
        poller.seen(secs(4.0), RUNNING, Some(secs(30.0))),
        Step::Look(secs(34.0))
    );
    assert_eq!(
        poller.seen(secs(34.0), Seen::Trouble, Some(secs(20.0))),
        Step::Look(secs(54.0))
    );
    // Beyond the limit there is nothing left to look for.
    assert_eq!(
        poller.seen(secs(54.0), RUNNING, Some(secs(60.0))),
        Step::Expire(secs(100.0))
    );
    // Nobody is silenced for ever.
    let mut poller = self::poller(None);
    assert_eq!(
        poller.seen(secs(4.0), RUNNING, Some(secs(4e9))),
        Step::Look(secs(3604.0))
    );
    // A server that asks for more than the trouble budget is not waited for.
    let mut poller = self::poller(None);
    assert_eq!(
        poller.seen(secs(4.0), Seen::Trouble, Some(secs(601.0))),
        Step::NotObserved
    );
}

#[test]
fn trouble_is_borne_for_its_budget_and_forgotten_when_it_passes() {
    let mut poller = poller(None);
    let mut gaps = Vec::new();
    let (mut age, mut step) = (secs(100.0), Step::Look(secs(100.0)));
    while let Step::Look(next) = step {
        gaps.push((next - age).as_secs());
        age = next;
        step = poller.seen(age, Seen::Trouble, None);
    }
    assert_eq!(step, Step::NotObserved);
    assert_eq!(age, secs(700.0));
    assert_eq!(gaps[1..8], [1, 2, 4, 8, 16, 30, 30]);

    let mut poller = self::poller(None);
    for round in 0..50 {
        let age = secs(100.0 + f64::from(round) * 400.0);
        assert!(matches!(
            poller.seen(age, Seen::Trouble, None),
            Step::Look(_)
        ));
        assert!(matches!(
            poller.seen(age + secs(300.0), RUNNING, None),
            Step::Look(_)
        ));
    }
}

#[test]
fn a_refusal_is_believed_the_third_time() {
    let mut poller = poller(None);
    assert!(matches!(
        poller.seen(secs(1.0), Seen::Refusal, None),
        Step::Look(_)
    ));
    assert!(matches!(
        poller.seen(secs(2.0), Seen::Refusal, None),
        Step::Look(_)
    ));
    assert!(matches!(
        poller.seen(secs(3.0), RUNNING, None),
        Step::Look(_)
    ));
    for (age, step) in [
        (4.0, Step::Look(secs(5.0))),
        (5.0, Step::Look(secs(7.0))),
        (7.0, Step::Refused),
    ] {
        assert_eq!(poller.seen(secs(age), Seen::Refusal, None), step);
    }
    assert_eq!(
        self::poller(None).seen(secs(1.0), Seen::LastWord, None),
        Step::Refused
    );
}

#[test]
fn the_time_limit_has_a_last_look() {
    let (mut poller, step) = Poller::new(steady(), secs(50.0), Some(secs(5.0)), None);
    assert_eq!(
        step,
        Step::Look(secs(50.0)),
        "a job that is picked up is looked at at once"
    );
    assert_eq!(poller.stop(), Some(secs(55.0)));
    assert_eq!(
        poller.seen(secs(54.0), RUNNING, None),
        Step::Look(secs(55.0))
    );
    assert_eq!(poller.seen(secs(55.0), RUNNING, None), Step::TimeLimit);
    // An end that shows at the last look counts.
    assert_eq!(
        poller.seen(secs(55.1), Seen::Job(&JobStatus::Succeeded), None),
        Step::Ended
    );
    let (_, step) = Poller::new(steady(), Duration::ZERO, Some(Duration::ZERO), None);
    assert_eq!(step, Step::Look(Duration::ZERO));
}

#[test]
fn chance_moves_a_gap_by_its_part_and_is_the_same_from_the_same_seed() {
    let gaps = |seed| {
        let polling = Polling {
            jitter: 0.1,
            seed: Some(seed),
            ..steady()
        };
        let mut poller = Poller::new(polling, Duration::ZERO, None, None).0;
        let gap = |_| match poller.seen(secs(100.0), RUNNING, None) {
            Step::Look(at) => at.as_secs_f64() - 100.0,
            other => panic!("{other:?}"),
        };
        (0..500).map(gap).collect::<Vec<_>>()
    };
    let one = gaps(1);
    assert!(one.iter().all(|gap| (4.5..=5.5).contains(gap)));
    assert!(one.iter().any(|gap| *gap < 4.7) && one.iter().any(|gap| *gap > 5.3));
    let mean = one.iter().sum::<f64>() / 500.0;
    assert!((mean - 5.0).abs() < 0.05, "{mean}");
    assert_eq!(one, gaps(1));
    assert_ne!(one, gaps(2));
}

#[test]
fn looks_gather_where_such_jobs_used_to_end() {
    let history = History::of([290, 300, 310, 305, 295].map(Duration::from_secs));
    let (mut poller, mut step) = Poller::new(steady(), Duration::ZERO, None, history);
    let mut ages = Vec::new();
    while let Step::Look(age) = step {
        ages.push(age.as_secs_f64());
        let end = Seen::Job(&JobStatus::Succeeded);
        step = poller.seen(age, if age >= secs(600.0) { end } else { RUNNING }, None);
    }
    let within = |from: f64, to: f64| ages.iter().filter(|age| (from..to).contains(*age)).count();
    assert!(within(0.0, 150.0) < within(250.0, 400.0), "{ages:?}");
    assert!(ages.len() < looks(steady(), 600.0).len() / 2, "{ages:?}");
    // A job that is picked up is looked at at once, whatever is expected of it.
    assert_eq!(
        Poller::new(steady(), secs(10.0), None, history).1,
        Step::Look(secs(10.0))
    );
}

#[test]
fn what_a_job_says_of_itself_moves_the_gap_within_bounds() {
    let gap = |percent| {
        let mut poller = poller(None);
        poller.progress(secs(100.0), percent);
        match poller.seen(secs(100.0), RUNNING, None) {
            Step::Look(at) => at.as_secs_f64() - 100.0,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(gap(None), 5.0);
    assert!(gap(Some(6.0)) > 10.0, "much is left to do");
    assert!(gap(Some(99.0)) < gap(Some(50.0)), "nearly done");
    for percent in [-1.0, 0.0, 100.0, 1e9, f64::NAN, f64::INFINITY] {
        assert_eq!(gap(Some(percent)), 5.0, "{percent} says nothing");
    }
    for percent in 5..100 {
        assert!((2.5..=20.0).contains(&gap(Some(percent.into()))));
    }
}

/// What a server does at one look: what is seen, how long the look takes, what silence it asks for.
fn server() -> impl Strategy<Value = Vec<(u8, f64, Option<u32>)>> {
    let look = (
        0_u8..100,
        0.0..90.0_f64,
        prop::option::weighted(0.2, 0_u32..2_000),
    );
    prop::collection::vec(look, 1..60)
}

proptest! {
    #[test]
    fn it_always_ends_within_its_budgets(
        server in server(),
        limit in prop::option::of(0_u32..100_000),
        budget in 0_u32..2_000,
        pace in 0.0..5.0_f64,
        born in 0_u32..1_000,
        jitter in 0.0..1.0_f64,
        lengths in prop::collection::vec(0_u32..100_000, 0..6),
        percent in prop::option::of(-10.0..110.0_f64),
    ) {
        let expected = History::of(lengths.into_iter().map(|s| secs(s.into())));
        let (limit, budget) = (limit.map(|s| secs(s.into())), secs(budget.into()));
        let polling = Polling { pace, trouble_budget: budget, jitter, seed: Some(1), ..steady() };
        let start = secs(born.into());
        let (mut poller, mut step) = Poller::new(polling, start, limit, expected);
        let deadline = limit.map(|limit| start + limit);
        let (mut age, mut trouble_since, mut silence) = (start, None, Duration::ZERO);
        // Without a limit the job runs until the script is over.
        let mut script = server.iter().chain(server.iter().cycle().take(if limit.is_some() { 100_000 } else { 500 }));
        loop {
            let at = match step {
                Step::Look(at) => at,
                Step::Expire(at) => {
                    prop_assert_eq!(Some(at), deadline);
                    break;
                }
                Step::Ended | Step::Refused => break,
                Step::TimeLimit => {
                    prop_assert!(deadline.is_some_and(|deadline| age >= deadline));
                    break;
                }
                Step::NotObserved => {
                    prop_assert!(trouble_since.is_some());
                    break;
                }
            };
            prop_assert!(at >= age.max(silence), "never back in time, never before the server allows");
            prop_assert!(deadline.is_none_or(|deadline| at <= deadline.max(start)));
            prop_assert!(trouble_since.is_none_or(|since| at <= since + budget), "trouble within its budget");
            age = at;
            let Some((what, takes, asks)) = script.next() else { break };
            let mut seen = match what {
                0..60 => RUNNING,
                60..90 => Seen::Trouble,
                90..99 => Seen::Refusal,
                _ => Seen::Job(&JobStatus::Succeeded),
            };
            age += secs(*takes);
            if let Some(stop) = poller.stop().filter(|stop| *stop < age) {
                // The driver gives up a look that takes too long.
                (age, seen) = (stop.max(at), Seen::Trouble);
            }
            let asks = asks.map(|s| secs(s.into()));
            match seen {
                Seen::Job(_) => trouble_since = None,
                _ => trouble_since = trouble_since.or(Some(age)),
            }
            silence = age + asks.unwrap_or_default();
            poller.progress(age, percent);
            step = poller.seen(age, seen, asks);
        }
    }
}
