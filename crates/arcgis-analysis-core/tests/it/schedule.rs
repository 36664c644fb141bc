//! What the default schedule costs beside the best that can be had, computed exactly.

#[path = "../../benches/polling/optimum.rs"]
mod optimum;

use arcgis_analysis_core::{History, Polling};
use optimum::{Expected, Lengths, Prices};
use std::time::Duration;

/// The mix of jobs for which the default is made.
const MIX: Lengths = Lengths {
    median: 45.0,
    spread: 1.6,
    longest: 4.0 * 3600.0,
};

fn looks(first: f64, mut next: impl FnMut(f64) -> f64) -> Vec<f64> {
    let mut looks = vec![first];
    let mut age = first;
    while age < MIX.longest {
        age = next(age);
        looks.push(age);
    }
    looks
}

/// What is expected of the crate's schedule at this pace, with its jitter.
fn ours(pace: f64) -> Expected {
    const DRAWS: u32 = 200;
    let mut polling = Polling::default();
    polling.pace = pace;
    let mut chance = fastrand::Rng::with_seed(7);
    let mut sum = Expected {
        requests: 0.0,
        delay: 0.0,
        relative: 0.0,
    };
    for _ in 0..DRAWS {
        let expected = MIX.expected(looks(polling.first_look.as_secs_f64(), |age| {
            let gap = polling
                .gap(Duration::from_secs_f64(age), None)
                .as_secs_f64();
            age + gap * (1.0 + polling.jitter * (2.0 * chance.f64() - 1.0))
        }));
        sum.requests += expected.requests;
        sum.delay += expected.delay;
        sum.relative += expected.relative;
    }
    let draws = f64::from(DRAWS);
    Expected {
        requests: sum.requests / draws,
        delay: sum.delay / draws,
        relative: sum.relative / draws,
    }
}

/// The pace at which the crate makes so many requests.
fn ours_with(requests: f64) -> Expected {
    let (mut low, mut high) = (0.01_f64, 100.0_f64);
    for _ in 0..30 {
        let pace = (low * high).sqrt();
        match ours(pace).requests > requests {
            true => low = pace,
            false => high = pace,
        }
    }
    ours(high)
}

fn fixed(gap: f64) -> Expected {
    MIX.expected(looks(gap, |age| age + gap))
}

fn doubling(longest: f64) -> Expected {
    let mut gap = 1.0;
    MIX.expected(looks(gap, |age| {
        gap = f64::min(2.0 * gap, longest);
        age + gap
    }))
}

/// Against numbers that come without any of this: `scipy.integrate.quad` over `scipy.stats.lognorm`, see
/// `tests/reference/polling.py`.
#[test]
fn what_is_expected_is_what_the_integrals_say() {
    let text = include_str!("../../../../tests/reference/polling.json");
    let reference: arcgis_analysis_types::serde_json::Value =
        arcgis_analysis_types::serde_json::from_str(text).unwrap();
    let number = |name: &str, figure: &str| reference[name][figure].as_f64().unwrap();
    let root = MIX.expected(looks(0.5, |age| age + 0.47 * age.sqrt()));
    let (price, best) = (number("optimum", "price"), "optimum");
    let prices = Prices {
        request: price,
        relative: 0.0,
    };
    let optimum = MIX.expected(MIX.best(prices));
    for (name, ours, tolerance) in [
        ("every 5 s", fixed(5.0), 1e-6),
        ("root", root, 1e-6),
        // The grid's best is no better than the best of all, and no worse by more than a thousandth.
        (best, optimum, 5e-3),
    ] {
        for (figure, ours) in [
            ("requests", ours.requests),
            ("delay", ours.delay),
            ("relative", ours.relative),
        ] {
            let theirs = number(name, figure);
            assert!(
                (ours / theirs - 1.0).abs() < tolerance,
                "{name}, {figure}: {ours}, {theirs}"
            );
        }
    }
    let (ours, theirs) = (optimum.cost(prices), number(best, "cost"));
    assert!(
        ours >= theirs * (1.0 - 1e-9) && ours < theirs * 1.001,
        "{ours}, {theirs}"
    );
}

#[test]
fn by_default_jobs_are_watched_within_what_is_promised() {
    let default = ours(Polling::default().pace);
    assert!(default.requests <= 40.0, "{default:?}");
    assert!(default.relative <= 0.05, "{default:?}");
    // At the default's own price: that at which the best schedule makes as many requests.
    let (request, best) = MIX.best_with(default.requests);
    assert!((best.requests / default.requests - 1.0).abs() < 1e-3);
    let prices = Prices {
        request,
        relative: 0.0,
    };
    let ratio = default.cost(prices) / best.cost(prices);
    println!("{default:?} costs {ratio:.3} of {best:?} at {request:.4}");
    assert!(ratio <= 1.15, "{ratio}");
    // And its delay, beside that of the best schedule with as few requests that keeps its relative delay too.
    let least = MIX.least_delay(default.requests, default.relative);
    let ratio = default.delay / least;
    println!("its delay is {ratio:.3} of the least that is possible");
    assert!(ratio <= 1.15, "{ratio}");
}

/// Nobody keeps all of it in the strictest reading: whoever makes at most 40 requests at 5 % mean relative delay is later
/// by more than 15 % than one who makes as many requests and cares for no relative delay.
#[test]
fn the_delay_that_a_small_relative_delay_costs_is_not_to_be_had_for_less() {
    let least = MIX.least_delay(40.0, 0.05);
    let (_, careless) = MIX.best_with(40.0);
    assert!(least > 1.15 * careless.delay, "{least}, {careless:?}");
    assert!(careless.relative > 0.1, "{careless:?}");
}

/// Each job has twenty predecessors: its task takes about as long each time, with a spread of a quarter.
#[test]
fn with_the_history_of_its_task_a_job_costs_a_quarter_of_the_requests() {
    const JOBS: usize = 6_000;
    let mut chance = fastrand::Rng::with_seed(11);
    let mut length = |median: f64, spread: f64| {
        // After Box and Muller.
        let (one, two) = (1.0 - chance.f64(), chance.f64());
        let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos();
        (median * (spread * normal).exp()).min(MIX.longest)
    };
    let polling = Polling::default();
    let (mut requests, mut relative) = (0, 0.0);
    for _ in 0..JOBS {
        let median = length(MIX.median, MIX.spread);
        let before: Vec<_> = (0..20)
            .map(|_| Duration::from_secs_f64(length(median, 0.25)))
            .collect();
        let (history, length) = (History::of(before), length(median, 0.25));
        let mut age = Duration::ZERO;
        while age.as_secs_f64() < length {
            age += polling.gap(age, history.as_ref());
            requests += 1;
        }
        relative += age.as_secs_f64() / length - 1.0;
    }
    let (requests, relative) = (requests as f64 / JOBS as f64, relative / JOBS as f64);
    println!("{requests:.2} requests, {relative:.4} mean relative delay");
    assert!(
        requests <= 10.0 && relative <= 0.03,
        "{requests}, {relative}"
    );
}

/// At the same number of requests.
#[test]
fn other_clients_schedules_are_worse() {
    for (name, theirs) in [
        ("every second", fixed(1.0)),
        ("every 2 s", fixed(2.0)),
        ("every 5 s", fixed(5.0)),
        ("doubling to 30 s", doubling(30.0)),
        ("doubling to 60 s", doubling(60.0)),
        ("every 30 s", fixed(30.0)),
    ] {
        let ours = ours_with(theirs.requests);
        println!("{name}: {theirs:?}, ours {ours:?}");
        assert!(
            ours.relative < theirs.relative,
            "{name}: {theirs:?}, ours {ours:?}"
        );
    }
}
