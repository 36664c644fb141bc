//! Anselin's local Moran's I ("Local indicators of spatial association - LISA", Geographical Analysis 27, 1995) with weights
//! that sum up to 1, and its probability by conditional permutation.
//!
//! One shuffle of all values serves every feature: with the feature's own value taken out, its first k are k of the others
//! in a random order. Sums over the first values of a shuffle then give each feature's draw in constant time, so that the
//! cost does not depend on how many neighbours there are.

use crate::statistics::Sum;
use crate::{Control, EngineError};
use rayon::prelude::*;

/// The deviations of values from their mean, with what the statistic needs of them.
pub(super) struct Deviations {
    deviations: Vec<f64>,
    squares: f64,
    /// The fourth moment over the square of the second.
    kurtosis: f64,
}

/// The statistic of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Local {
    pub(super) index: f64,
    /// In standard deviations from what is expected.
    pub(super) z: f64,
    pub(super) neighbours: usize,
    /// Of the neighbours' deviations.
    sum: f64,
}

impl Deviations {
    pub(super) fn new(values: &[f64], mean: f64) -> Self {
        let deviations: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let power = |exponent| {
            let mut sum = Sum::default();
            deviations.iter().for_each(|d| sum.add(d.powi(exponent)));
            sum.total()
        };
        let squares = power(2);
        let kurtosis = values.len() as f64 * power(4) / (squares * squares);
        Self {
            deviations,
            squares,
            kurtosis,
        }
    }

    pub(super) fn of(&self, feature: usize) -> f64 {
        self.deviations[feature]
    }

    /// The statistic of a feature with these neighbours, itself not among them.
    pub(super) fn local(&self, feature: usize, neighbours: &[usize]) -> Local {
        let n = self.deviations.len() as f64;
        let k = neighbours.len() as f64;
        let mut sum = Sum::default();
        neighbours.iter().for_each(|i| sum.add(self.deviations[*i]));
        let sum = sum.total();
        let own = self.deviations[feature];
        // The variance leaves the feature out; where all others are the same there is none to compare with.
        let variance = (self.squares - own * own) / (n - 1.0);
        if neighbours.is_empty() || variance <= self.squares * 1e-14 {
            return Local {
                index: 0.0,
                z: 0.0,
                neighbours: neighbours.len(),
                sum,
            };
        }
        let index = own / variance * sum / k;
        // Anselin's equations 13 to 15: of k weights 1 / k the squares sum up to 1 / k, the products of two to 1 - 1 / k.
        let expected = -1.0 / (n - 1.0);
        let square = (n - self.kurtosis) / (k * (n - 1.0))
            + (2.0 * self.kurtosis - n) * (1.0 - 1.0 / k) / ((n - 1.0) * (n - 2.0));
        let spread = square - expected * expected;
        let z = if n > 2.0 && spread > 0.0 {
            (index - expected) / spread.sqrt()
        } else {
            0.0
        };
        Local {
            index,
            z,
            neighbours: neighbours.len(),
            sum,
        }
    }

    /// How probable so extreme statistics are when neighbours are drawn from all other features so many times, from a seed.
    pub(super) fn probabilities(
        &self,
        locals: &[Local],
        (permutations, seed): (u32, u64),
        control: &Control,
    ) -> Result<Vec<f64>, EngineError> {
        let count = self.deviations.len();
        // Sums in another order differ in their last digits; equal draws must count as equal.
        let noise = 1e-12 * self.deviations.iter().map(|d| d.abs()).sum::<f64>();
        let zero = || Ok(vec![[0_u32; 2]; count]);
        let tallies = (0..permutations)
            .into_par_iter()
            .fold(
                zero,
                |tally: Result<Vec<[u32; 2]>, EngineError>, permutation| {
                    let mut tally = tally?;
                    control.check()?;
                    // Far from a multiple of the generator's own step, so that no two seeds share a draw.
                    let seed = seed.wrapping_mul(0xd1b5_4a32_d192_ed03);
                    let seed = seed.wrapping_add(u64::from(permutation));
                    let shuffle = Shuffle::new(&self.deviations, seed);
                    for (feature, local) in locals.iter().enumerate() {
                        let drawn =
                            shuffle.sum(feature, local.neighbours, self.deviations[feature]);
                        let above = drawn - local.sum;
                        tally[feature][0] += u32::from(above >= -noise);
                        tally[feature][1] += u32::from(above <= noise);
                    }
                    Ok(tally)
                },
            )
            .reduce(zero, |a, b| {
                let (mut a, b) = (a?, b?);
                for (a, b) in a.iter_mut().zip(b) {
                    *a = [a[0] + b[0], a[1] + b[1]];
                }
                Ok(a)
            })?;
        let probability = |(local, [above, below]): (&Local, [u32; 2])| {
            // Without neighbours, of the mean itself, or where nothing else varies, a value tells nothing.
            if local.index == 0.0 {
                return 1.0;
            }
            f64::from(above.min(below) + 1) / f64::from(permutations + 1)
        };
        Ok(locals.iter().zip(tallies).map(probability).collect())
    }
}

/// Values in a random order.
struct Shuffle {
    /// Where each value went.
    at: Vec<u32>,
    /// The sums of the first values.
    sums: Vec<f64>,
}

impl Shuffle {
    /// Fisher and Yates's shuffle; a seed gives one order.
    fn new(values: &[f64], seed: u64) -> Self {
        let mut random = SplitMix(seed);
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last as u64 + 1) as usize);
        }
        let mut at = vec![0; values.len()];
        let mut sums = Vec::with_capacity(values.len() + 1);
        let mut sum = Sum::default();
        sums.push(0.0);
        for (place, from) in order.iter().enumerate() {
            at[*from as usize] = place as u32;
            sum.add(values[*from as usize]);
            sums.push(sum.total());
        }
        Self { at, sums }
    }

    /// The sum of the first `count` values but a feature's own.
    fn sum(&self, feature: usize, count: usize, own: f64) -> f64 {
        if (self.at[feature] as usize) < count {
            self.sums[count + 1] - own
        } else {
            self.sums[count]
        }
    }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number below `bound`; the bias of 2^-40 is beyond what permutations can show.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the published reference implementation for the seed 1234567.
    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn draws_are_uniform_and_leave_the_feature_out() {
        let values = [1.0, 10.0, 100.0, 1000.0];
        let mut seen = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            let sum = Shuffle::new(&values, seed).sum(1, 2, 10.0);
            *seen.entry(sum as u64).or_insert(0) += 1;
        }
        assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [101, 1001, 1100]);
        // Each of the three pairs 2000 times, within five standard deviations.
        assert!(
            seen.values().all(|count| (1817..=2183).contains(count)),
            "{seen:?}"
        );
    }
}
