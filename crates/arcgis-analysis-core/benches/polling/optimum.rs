//! What watching jobs costs at least, computed rather than drawn by chance: lengths are log-normal with a greatest length,
//! a schedule is the ages at which a job is looked at, and what it costs on average follows from three integrals.
//!
//! The best schedule comes from dynamic programming over a grid of ages, even in their square root: at its finest the
//! grid is far narrower than any gap between two looks that a good schedule has.

use std::f64::consts::SQRT_2;

/// How long jobs take: log-normal, but no longer than the longest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) median: f64,
    /// The standard deviation of the logarithm.
    pub(crate) spread: f64,
    pub(crate) longest: f64,
}

/// What is expected of a schedule, on average over the jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) requests: f64,
    /// How late a job's end is seen, in seconds.
    pub(crate) delay: f64,
    /// The same by the job's length.
    pub(crate) relative: f64,
}

/// What a request, and a relative delay of one, are worth in seconds of delay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prices {
    pub(crate) request: f64,
    pub(crate) relative: f64,
}

impl Expected {
    /// What a schedule costs at these prices, in seconds of delay.
    pub(crate) fn cost(&self, prices: Prices) -> f64 {
        self.delay + self.requests * prices.request + self.relative * prices.relative
    }
}

/// Of the jobs that end up to an age: their part, and the integrals of their length and of one by their length.
#[derive(Debug, Clone, Copy)]
struct Ended {
    part: f64,
    length: f64,
    inverse: f64,
}

/// The ages between which the best schedule is looked for, as steps of their square root.
const STEP: f64 = 0.01;

impl Lengths {
    fn ended(&self, age: f64) -> Ended {
        let (middle, square) = (self.median.ln(), self.spread * self.spread);
        let below = |z: f64| libm::erfc(-z / SQRT_2) / 2.0;
        let z = (age.clamp(1e-12, self.longest).ln() - middle) / self.spread;
        let mut ended = Ended {
            part: below(z),
            length: (middle + square / 2.0).exp() * below(z - self.spread),
            inverse: (square / 2.0 - middle).exp() * below(z + self.spread),
        };
        if age >= self.longest {
            // All that would take longer end here.
            let left = 1.0 - ended.part;
            ended.length += left * self.longest;
            ended.inverse += left / self.longest;
            ended.part = 1.0;
        }
        ended
    }

    /// What is expected of looks at these ages, the last of which finds every job ended.
    pub(crate) fn expected(&self, looks: impl IntoIterator<Item = f64>) -> Expected {
        let mut before = self.ended(0.0);
        let (mut requests, mut seen, mut relative) = (0.0, 0.0, 0.0);
        for look in looks {
            requests += 1.0 - before.part;
            let now = self.ended(look);
            seen += look * (now.part - before.part);
            relative += look * (now.inverse - before.inverse);
            before = now;
            if look >= self.longest {
                break;
            }
        }
        Expected {
            requests,
            delay: seen - before.length,
            relative: relative - before.part,
        }
    }

    /// The schedule that costs least at these prices.
    pub(crate) fn best(&self, prices: Prices) -> Vec<f64> {
        let cells = (self.longest.sqrt() / STEP).ceil() as usize;
        let age = |cell: usize| match cell == cells {
            true => self.longest,
            false => (cell as f64 * STEP).powi(2),
        };
        let grid: Vec<(f64, Ended)> = (0..=cells)
            .map(|cell| (age(cell), self.ended(age(cell))))
            .collect();
        let mut least = vec![0.0; cells + 1];
        let mut next = vec![cells; cells + 1];
        for now in (0..cells).rev() {
            let from = grid[now].1;
            // The later one looks, the later is the next look: so far, and no farther, it has to be looked for.
            let farthest = next[now + 1];
            (least[now], next[now]) = (now + 1..=farthest)
                .map(|then| {
                    let (age, to) = grid[then];
                    let delay = age * (to.part - from.part) - (to.length - from.length);
                    let relative = age * (to.inverse - from.inverse) - (to.part - from.part);
                    let cost = delay + prices.relative * relative + least[then];
                    (cost + (1.0 - from.part) * prices.request, then)
                })
                .fold((f64::INFINITY, cells), |least, cost| {
                    if cost.0 < least.0 { cost } else { least }
                });
        }
        let mut looks = Vec::new();
        let mut at = 0;
        while at < cells {
            at = next[at];
            looks.push(grid[at].0);
        }
        looks
    }

    /// The best schedule that makes so many requests, with what a request is worth to whoever chooses it.
    pub(crate) fn best_with(&self, requests: f64) -> (f64, Expected) {
        // By bisection of the logarithm.
        let (mut low, mut high) = (1e-4_f64, 10.0_f64);
        for _ in 0..18 {
            let request = (low * high).sqrt();
            let prices = Prices {
                request,
                relative: 0.0,
            };
            match self.expected(self.best(prices)).requests > requests {
                true => low = request,
                false => high = request,
            }
        }
        let prices = Prices {
            request: high,
            relative: 0.0,
        };
        (high, self.expected(self.best(prices)))
    }

    /// A delay below which no schedule comes that makes at most so many requests and keeps to this relative delay: at any
    /// prices no schedule costs less than the best one.
    pub(crate) fn least_delay(&self, requests: f64, relative: f64) -> f64 {
        let mut least = 0.0_f64;
        for request in [0.08, 0.09] {
            for worth in [25.0, 30.0, 35.0] {
                let prices = Prices {
                    request,
                    relative: worth,
                };
                let best = self.expected(self.best(prices)).cost(prices);
                least = least.max(best - requests * request - relative * worth);
            }
        }
        least
    }
}
