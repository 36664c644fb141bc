//! The statistics behind hot spots and outliers: Getis and Ord's Gi*, the false discovery rate, and Moran's I.

use crate::statistics::Sum;
use rayon::prelude::*;

/// How high or low the values around a feature are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    /// In standard deviations.
    pub(crate) z: f64,
    /// How probable so great a score would be by chance, on either side.
    pub(crate) p: f64,
}

/// The mean and the standard deviation of a population.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let mut sum = Sum::default();
    values.iter().for_each(|value| sum.add(*value));
    let mean = sum.total() / values.len() as f64;
    let mut squares = Sum::default();
    values
        .iter()
        .for_each(|value| squares.add((value - mean).powi(2)));
    (mean, (squares.total() / values.len() as f64).sqrt())
}

/// Gi* of one of `n` features whose neighbours, itself among them, weigh 1: how many these are and the sum of their values'
/// deviations from the mean (Ord and Getis, "Local spatial autocorrelation statistics", Geographical Analysis 27, 1995,
/// equation 14). Where all features are neighbours nothing stands out.
pub(crate) fn gi_star(n: usize, deviation: f64, neighbours: usize, sum: f64) -> Score {
    let (n, w) = (n as f64, neighbours as f64);
    let spread = deviation * ((n * w - w * w) / (n - 1.0)).sqrt();
    let z = if spread > 0.0 { sum / spread } else { 0.0 };
    Score { z, p: two_sided(z) }
}

fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The greatest probability that still counts at a rate of false discoveries (Benjamini and Hochberg 1995); none where no
/// probability does.
pub(crate) fn discoveries(probabilities: impl Iterator<Item = f64>, rate: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = probabilities.collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let passes = |(rank, p): &(usize, &f64)| **p <= (rank + 1) as f64 / n * rate;
    sorted
        .iter()
        .enumerate()
        .rev()
        .find(passes)
        .map(|(_, p)| *p)
}

/// The confidence of each score, corrected for the false discovery rate: 3, 2 and 1 for 99, 95 and 90 percent, with a
/// minus where the score is negative, 0 below.
pub(crate) fn levels(scores: &[Score]) -> Vec<i8> {
    let limits =
        [0.01, 0.05, 0.1].map(|rate| discoveries(scores.iter().map(|score| score.p), rate));
    let level = |score: &Score| {
        let level = limits
            .iter()
            .position(|limit| limit.is_some_and(|limit| score.p <= limit));
        let size = level.map_or(0, |level| 3 - level as i8);
        if score.z < 0.0 { -size } else { size }
    };
    scores.iter().map(level).collect()
}

/// The z-score of Moran's I with weights that sum up to 1 for each feature, under randomisation (Cliff and Ord 1981).
///
/// Features without neighbours have no weights. `counts` are the numbers of their neighbours, `neighbours` tells who they
/// are, both without the feature itself; none is kept.
pub(crate) fn moran(
    values: &[f64],
    counts: &[usize],
    neighbours: impl Fn(usize) -> Vec<usize> + Sync,
) -> Option<f64> {
    let n = values.len() as f64;
    let (mean, deviation) = moments(values);
    if n < 4.0 || deviation == 0.0 {
        return None;
    }
    // Neighbourhood is mutual, so that of each pair both have weights for each other.
    let weight = |of: usize| 1.0 / counts[of] as f64;
    let terms = |i: usize| {
        let (mut s1, mut cross, mut column) = (Sum::default(), Sum::default(), Sum::default());
        for j in neighbours(i) {
            s1.add((weight(i) + weight(j)).powi(2) / 2.0);
            cross.add(weight(i) * (values[i] - mean) * (values[j] - mean));
            column.add(weight(j));
        }
        let s2 = (column.total() + f64::from(u8::from(counts[i] > 0))).powi(2);
        [s1.total(), s2, cross.total()]
    };
    let terms: Vec<[f64; 3]> = (0..values.len()).into_par_iter().map(terms).collect();
    let s0 = counts.iter().filter(|count| **count > 0).count() as f64;
    if s0 == 0.0 {
        return None;
    }
    let [s1, s2, cross] = [0, 1, 2].map(|term| {
        let mut sum = Sum::default();
        terms.iter().for_each(|terms| sum.add(terms[term]));
        sum.total()
    });
    let mut fourth = Sum::default();
    values
        .iter()
        .for_each(|value| fourth.add(((value - mean) / deviation).powi(4)));
    let kurtosis = fourth.total() / n;
    let index = cross / (s0 * deviation * deviation);
    let expected = -1.0 / (n - 1.0);
    let a = n * ((n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0 * s0);
    let b = kurtosis * ((n * n - n) * s1 - 2.0 * n * s2 + 6.0 * s0 * s0);
    let variance = (a - b) / ((n - 1.0) * (n - 2.0) * (n - 3.0) * s0 * s0) - expected * expected;
    (variance > 0.0).then(|| (index - expected) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(z: f64) -> Score {
        Score { z, p: two_sided(z) }
    }

    /// scipy 1.x: 2 * norm.sf(z).
    #[test]
    fn probabilities_are_those_of_the_normal_distribution() {
        for (z, p) in [
            (0.0, 1.0),
            (1.959_963_984_540_054, 0.05),
            (-2.575_829_303_548_901, 0.01),
            (8.0, 1.244_192_114_854_357e-15),
        ] {
            assert!((score(z).p / p - 1.0).abs() < 1e-12, "{z} {}", score(z).p);
        }
    }

    /// The example of Benjamini and Hochberg (1995), section 3.2: of 15 tests the first 4 are discoveries at 5 percent.
    #[test]
    fn false_discoveries_are_limited() {
        let probabilities = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let scores = probabilities.map(|p| Score { z: -1.0, p });
        let bins = levels(&scores);
        assert_eq!(bins.iter().filter(|bin| **bin <= -2).count(), 4);
        assert_eq!(bins[14], 0);
    }
}
