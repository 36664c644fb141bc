//! How many requests the end of a job costs, and how late it is seen: the schedule of this crate beside those of other
//! clients and beside the best that can be had, in a simulation with a fixed seed.
//!
//! `cargo bench -p arcgis-analysis-core --bench polling` prints the table and fails where a promise does not hold.
//!
//! Jobs are log-normal in length: median 45 s, standard deviation of the logarithm 1.6, at most 4 h. A request is worth
//! so many seconds of delay (`worth`), and the cost of a schedule is the mean of `requests * worth + delay`. The default is
//! measured at its own price, that at which the best schedule makes as many requests. The test `schedule` computes the
//! same without chance, and says what no schedule can do.

#![allow(missing_docs, clippy::panic)]

mod optimum;

use arcgis_analysis_core::{History, Polling};
use optimum::{Lengths, Prices};
use std::time::Duration;

const JOBS: usize = 60_000;
const MEDIAN: f64 = 45.0;
const SPREAD: f64 = 1.6;
const LONGEST: f64 = 4.0 * 3600.0;
const WORTHS: [f64; 5] = [0.02, 0.07, 0.2, 0.5, 1.0];

/// What watching many jobs came to.
struct Outcome {
    requests: f64,
    delay: f64,
    relative: f64,
    /// The relative delay that one job in a hundred exceeds.
    worst: f64,
}

impl Outcome {
    fn cost(&self, worth: f64) -> f64 {
        self.requests * worth + self.delay
    }
}

/// Watches a job of this length; `next` says after a look at which age the next one is.
fn watch(length: f64, first: f64, mut next: impl FnMut(f64) -> f64) -> (f64, f64) {
    let (mut age, mut requests) = (first, 1.0);
    while age < length {
        age = next(age);
        requests += 1.0;
    }
    (requests, age - length)
}

fn simulate(lengths: &[f64], mut watch: impl FnMut(usize, f64) -> (f64, f64)) -> Outcome {
    let seen: Vec<_> = lengths
        .iter()
        .enumerate()
        .map(|(number, length)| (*length, watch(number, *length)))
        .collect();
    let mean = |value: &dyn Fn(f64, f64, f64) -> f64| {
        let sum: f64 = seen
            .iter()
            .map(|(length, (n, d))| value(*length, *n, *d))
            .sum();
        sum / seen.len() as f64
    };
    let mut relative: Vec<f64> = seen
        .iter()
        .map(|(length, (_, delay))| delay / length)
        .collect();
    relative.sort_by(f64::total_cmp);
    Outcome {
        requests: mean(&|_, requests, _| requests),
        delay: mean(&|_, _, delay| delay),
        relative: mean(&|length, _, delay| delay / length),
        worst: relative[relative.len() * 99 / 100],
    }
}

/// A number of the standard normal distribution, after Box and Muller.
fn normal(chance: &mut fastrand::Rng) -> f64 {
    let (one, two) = (1.0 - chance.f64(), chance.f64());
    (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos()
}

fn length(chance: &mut fastrand::Rng, median: f64, spread: f64) -> f64 {
    (median * (spread * normal(chance)).exp()).min(LONGEST)
}

/// The gap of this crate, with its jitter.
fn ours(polling: &Polling, history: Option<&History>, chance: &mut fastrand::Rng, age: f64) -> f64 {
    let gap = polling
        .gap(Duration::from_secs_f64(age), history)
        .as_secs_f64();
    age + gap * (1.0 + polling.jitter * (2.0 * chance.f64() - 1.0))
}

fn row(name: &str, outcome: &Outcome, optima: &[f64]) {
    let ratios: String = WORTHS
        .iter()
        .zip(optima)
        .map(|(worth, best)| format!(" {:>6.2}", outcome.cost(*worth) / best))
        .collect();
    println!(
        "{name:<34} {:>8.1} {:>8.2} {:>8.1} {:>8.0}  {ratios}",
        outcome.requests,
        outcome.delay,
        100.0 * outcome.relative,
        100.0 * outcome.worst
    );
}

fn main() {
    let mut chance = fastrand::Rng::with_seed(20_261_126);
    let lengths: Vec<f64> = (0..JOBS)
        .map(|_| length(&mut chance, MEDIAN, SPREAD))
        .collect();
    let mix = Lengths {
        median: MEDIAN,
        spread: SPREAD,
        longest: LONGEST,
    };
    let optima: Vec<f64> = WORTHS
        .iter()
        .map(|worth| {
            let prices = Prices {
                request: *worth,
                relative: 0.0,
            };
            mix.expected(mix.best(prices)).cost(prices)
        })
        .collect();
    let worths: String = WORTHS.iter().map(|worth| format!(" {worth:>6}")).collect();
    println!("{JOBS} jobs, log-normal, median {MEDIAN} s, spread {SPREAD}, at most 4 h\n");
    println!(
        "{:<34} {:>8} {:>8} {:>8} {:>8}   cost by the optimum, a request worth so many s",
        "schedule", "requests", "delay s", "rel. %", "p99 %"
    );
    println!("{:<69} {worths}", "");

    let fixed = |gap: f64| simulate(&lengths, |_, length| watch(length, gap, |age| age + gap));
    let doubling = |longest: f64| {
        simulate(&lengths, |_, length| {
            let mut gap = 1.0;
            watch(length, gap, |age| {
                gap = f64::min(2.0 * gap, longest);
                age + gap
            })
        })
    };
    let peers = [
        (
            "every 0.1 s after 0.5 s (R)",
            simulate(&lengths, |_, length| watch(length, 0.5, |age| age + 0.1)),
        ),
        ("every second (Python, newer)", fixed(1.0)),
        ("every 2 s (arcgis-rest-js)", fixed(2.0)),
        ("every 5 s (Python, older)", fixed(5.0)),
        ("1 s doubling to 30 s (arcgis crate)", doubling(30.0)),
        ("1 s doubling to 60 s (gax)", doubling(60.0)),
        ("every 30 s (azure)", fixed(30.0)),
    ];
    for (name, outcome) in &peers {
        row(name, outcome, &optima);
    }

    let plain = |polling: &Polling| {
        let mut chance = fastrand::Rng::with_seed(1);
        let first = polling.first_look.as_secs_f64();
        simulate(&lengths, |_, length| {
            watch(length, first, |age| ours(polling, None, &mut chance, age))
        })
    };
    let polling = Polling::default();
    let default = plain(&polling);
    row("this crate, default", &default, &optima);
    for pace in [0.35, 1.0, 1.5, 2.0] {
        let mut polling = Polling::default();
        polling.pace = pace;
        row(
            &format!("this crate, pace {pace}"),
            &plain(&polling),
            &optima,
        );
    }

    // Each job has predecessors: its task takes about as long each time, with a spread of 0.25.
    let mut chance = fastrand::Rng::with_seed(2);
    let tasks: Vec<(f64, History)> = (0..JOBS)
        .map(|_| {
            let median = length(&mut chance, MEDIAN, SPREAD);
            let before: Vec<_> = (0..20)
                .map(|_| Duration::from_secs_f64(length(&mut chance, median, 0.25)))
                .collect();
            let Some(history) = History::of(before) else {
                panic!("twenty lengths are a history")
            };
            (length(&mut chance, median, 0.25), history)
        })
        .collect();
    let lengths: Vec<f64> = tasks.iter().map(|(length, _)| *length).collect();
    let known = simulate(&lengths, |number, length| {
        let history = Some(&tasks[number].1);
        let first = ours(&polling, history, &mut chance, 0.0);
        watch(length, first, |age| {
            ours(&polling, history, &mut chance, age)
        })
    });
    row("this crate, history of 20 jobs", &known, &optima);

    let (price, best) = mix.best_with(default.requests);
    let ratio = default.cost(price) / (best.delay + price * best.requests);
    let least = mix.least_delay(default.requests, default.relative);
    println!();
    let mut kept = true;
    for (promise, figure, bound) in [
        ("requests by default", default.requests, 40.0),
        (
            "mean relative delay by default, %",
            100.0 * default.relative,
            5.0,
        ),
        ("cost by the optimum, at its own price", ratio, 1.15),
        (
            "delay by the least, as close and as cheap",
            default.delay / least,
            1.15,
        ),
        ("requests with history", known.requests, 10.0),
        (
            "mean relative delay with history, %",
            100.0 * known.relative,
            3.0,
        ),
    ] {
        let verdict = if figure <= bound { "kept" } else { "BROKEN" };
        kept &= figure <= bound;
        println!("{promise:<41} {figure:>6.2}, at most {bound:<6} {verdict}");
    }
    assert!(kept, "a promise of `Polling` does not hold");
}
