//! How closely a job is watched: the settings, and the gap between two looks that follows from them.
//!
//! If a request is worth `c` seconds of delay and jobs of the age `t` end at the rate `h(t)`, the looks should come at
//! the rate `sqrt(h / 2c)`. Of a job of which nothing is known the rate of ending falls about as `1 / t`, and so the
//! gap grows as the square root of the age. Where earlier jobs of the same task are known, their lengths say more.

use std::time::Duration;

/// How a job is observed.
///
/// The gap between two looks grows with the square root of the job's age, which finds the end of short jobs quickly
/// and costs long jobs few requests: with the default pace the gap is half a second after one second, five seconds
/// after 100 seconds and half a minute after an hour. Where the ledger knows how long earlier jobs of the same task
/// took, looks are spent around that time instead. `cargo bench -p arcgis-analysis-core --bench polling` prints what
/// that costs and gains, beside other clients' schedules.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Polling;
/// use std::time::Duration;
///
/// // A quarter of the requests, four times the delay.
/// let mut patient = Polling::default();
/// patient.pace = 4.0 * patient.pace;
/// patient.time_limit = Some(Duration::from_secs(30 * 60));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Polling {
    /// The job's age at the first look, where nothing is known of such jobs. Default: 0.5 seconds.
    pub first_look: Duration,
    /// The gap between two looks in seconds, at a job's age of one second: the one number that trades requests for
    /// delay. Default: 0.47.
    pub pace: f64,
    /// The longest gap, whatever the job's age. Default: 1 minute.
    pub longest_gap: Duration,
    /// By which part of itself a gap is made longer or shorter by chance, from 0 to 1, so that many jobs are not looked
    /// at in step. Default: 0.1.
    pub jitter: f64,
    /// What chance begins with. Default: something else each time.
    pub seed: Option<u64>,
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
            pace: 0.47,
            longest_gap: Duration::from_secs(60),
            jitter: 0.1,
            seed: None,
            trouble_budget: Duration::from_secs(600),
            time_limit: None,
            results_grace: Duration::from_secs(5),
        }
    }
}

/// The shortest gap between two looks.
const SHORTEST_GAP: Duration = Duration::from_millis(100);

/// What part of the expected length a request is worth in delay, per square of the pace, where the length is known: so
/// many looks find the end of a short job and of a long one at the same relative delay.
const WORTH: f64 = 0.0135;

/// How much longer than usual a gap may be where the length of such jobs is known.
const KNOWN_GAPS: u32 = 10;

impl Polling {
    /// The gap after a look at a job of this age.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::{History, Polling};
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// let plain = Polling::default().gap(minute, None);
    /// assert!((plain.as_secs_f64() - 0.47 * 60_f64.sqrt()).abs() < 1e-6);
    /// // A job of a task that takes an hour is left alone for longer.
    /// let hours = History::of([3500.0, 3600.0, 3700.0].map(Duration::from_secs_f64));
    /// assert!(Polling::default().gap(minute, hours.as_ref()) > 4 * plain);
    /// ```
    #[must_use]
    pub fn gap(&self, age: Duration, history: Option<&History>) -> Duration {
        let seconds = match history {
            None => self.pace * age.as_secs_f64().sqrt(),
            Some(history) => history.gap(age.as_secs_f64(), self.pace),
        };
        let longest = match history {
            None => self.longest_gap,
            Some(_) => self.longest_gap.saturating_mul(KNOWN_GAPS),
        };
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(Duration::MAX)
            .min(longest)
            .max(SHORTEST_GAP)
    }
}

/// How long earlier jobs of a task took.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::History;
/// use std::time::Duration;
///
/// assert!(History::of([]).is_none(), "of nothing, nothing follows");
/// let history = History::of([40, 50, 44, 46].map(Duration::from_secs)).unwrap();
/// assert!((44..=46).contains(&history.median().as_secs()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    /// The logarithm of the median length in seconds.
    middle: f64,
    /// The standard deviation of the logarithm.
    spread: f64,
}

/// How many jobs are needed to say how long the next one may take.
const FEWEST: usize = 3;

/// The spread that is assumed where few lengths are known, and how many lengths it counts for.
const USUAL: (f64, f64) = (0.4, 2.0);

/// The spread of jobs that keep to no habit, and which part of all jobs does so.
const STRAY: (f64, f64) = (1.2, 0.03);

impl History {
    /// What the lengths of earlier jobs say; `None` where they are too few.
    pub fn of(lengths: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let logs: Vec<f64> = lengths
            .into_iter()
            .map(|length| length.as_secs_f64().max(0.05).ln())
            .collect();
        if logs.len() < FEWEST {
            return None;
        }
        let count = logs.len() as f64;
        let middle = logs.iter().sum::<f64>() / count;
        let squares: f64 = logs.iter().map(|log| (log - middle).powi(2)).sum();
        let (usual, weight) = USUAL;
        let variance = (squares + weight * usual * usual) / (count - 1.0 + weight);
        // The middle itself is uncertain too.
        let spread = (variance * (1.0 + 1.0 / count)).sqrt();
        Some(Self { middle, spread })
    }

    /// What a job of this age that has done so many percent of its work says of its length.
    pub(crate) fn announced(age: Duration, percent: f64) -> Option<Self> {
        let told = (5.0..100.0).contains(&percent) && !age.is_zero();
        told.then(|| Self {
            middle: (age.as_secs_f64() * 100.0 / percent).ln(),
            spread: 0.5,
        })
    }

    /// The length that half of the jobs exceed.
    #[must_use]
    pub fn median(&self) -> Duration {
        Duration::try_from_secs_f64(self.middle.exp()).unwrap_or(Duration::MAX)
    }

    /// The gap, in seconds, over which the rate of looks adds up to one.
    fn gap(&self, age: f64, pace: f64) -> f64 {
        const STEP: f64 = 0.02;
        let worth = WORTH * pace.max(1e-3).powi(2) * self.middle.exp();
        let scale = (0.5 / worth).sqrt();
        let begin = age.max(0.05).ln();
        let (mut at, mut looks) = (begin, 0.0);
        // Ten steps of e are more than anybody waits.
        while at < begin + 10.0 {
            let seconds = (at + STEP / 2.0).exp();
            let more = (self.ending(seconds)).sqrt() * scale * seconds * STEP;
            if looks + more >= 1.0 {
                at += STEP * (1.0 - looks) / more;
                break;
            }
            looks += more;
            at += STEP;
        }
        at.exp() - age
    }

    /// The rate per second at which jobs end that have come to this age.
    fn ending(&self, seconds: f64) -> f64 {
        let (stray, part) = STRAY;
        let off = seconds.ln() - self.middle;
        let (mut ending, mut left) = (0.0, 0.0);
        for (spread, part) in [(self.spread, 1.0 - part), (self.spread.max(stray), part)] {
            let z = off / spread;
            ending +=
                part * (-z * z / 2.0).exp() / (spread * seconds * std::f64::consts::TAU.sqrt());
            left += part * libm::erfc(z / std::f64::consts::SQRT_2) / 2.0;
        }
        // So far beyond all habit the stray jobs end about as any do.
        if left > 1e-12 {
            ending / left
        } else {
            0.5 / seconds
        }
    }
}
