//! Bayesian kriging with power semivariograms.
//!
//! The semivariogram is b (nu + (h / H)^a) at the distance h > 0, H being the root of the mean square of the distances from
//! the middle. For each power a, one orthonormal basis makes the generalised covariances of all contrasts of the data (their
//! combinations whose weights sum up to 0) diagonal, whatever nu is: then the restricted likelihood (Patterson and Thompson,
//! Biometrika 58, 1971) costs as many steps as there are data, and b is integrated out in closed form under the prior 1 / b
//! (Handcock and Stein, "A Bayesian analysis of kriging", Technometrics 35, 1993). What is predicted is the mean of the
//! ordinary kriging predictions over all powers and nuggets, each by its probability.

use super::models::{mean_square, middle, squared};
use crate::proximity::Place;
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Powers from 0.25 to 1.75, which are those that the desktop tool allows, in eighths: then (h / H)^a is a whole power of the
/// eighth root of h / H, and all of them cost one root and a product each.
const EIGHTHS: std::ops::RangeInclusive<i32> = 2..=14;
/// Natural logarithms of nuggets, in units of the semivariogram without nugget at the distance H.
const NUGGETS: std::ops::RangeInclusive<i32> = -12..=6;
/// What is less probable than the most probable by this factor takes no part.
const NEGLIGIBLE: f64 = 1e-6;
/// Eigenvalues are known to this part of the greatest.
const ROUNDING: f64 = 1e-12;
/// More than the search for eigenvalues ever takes.
const MOST_STEPS: usize = 100_000;

/// What is expected at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prediction {
    pub(super) mean: f64,
    /// Of a new measurement, about the mean.
    pub(super) variance: f64,
}

/// A local model.
#[derive(Debug)]
pub(super) struct Kriging {
    places: Vec<Place>,
    /// H.
    unit: f64,
    /// The mean of the values.
    mean: f64,
    powers: Vec<Power>,
}

/// All semivariograms of one power.
#[derive(Debug)]
struct Power {
    eighths: i32,
    /// From (h / H)^a to the diagonal basis.
    basis: DMatrix<f64>,
    /// The values in the diagonal basis.
    values: DVector<f64>,
    /// The means of (h / H)^a from the data to all of them, in the diagonal basis.
    means: DVector<f64>,
    /// The mean of (h / H)^a among the data.
    mean: f64,
    nuggets: Vec<Nugget>,
    /// Weighted by these, (h / H)^a of a place's distances from the data sum up to what is predicted, but for `offset`.
    weights: DVector<f64>,
    offset: f64,
}

/// One semivariogram.
#[derive(Debug)]
struct Nugget {
    /// The logarithm of its likelihood, then its probability.
    probability: f64,
    /// In units of b.
    nugget: f64,
    /// The expectation of b.
    scale: f64,
    /// The variances of the contrasts in the diagonal basis, in units of b.
    variances: DVector<f64>,
}

impl Kriging {
    /// The model of at least 4 values, at places that differ.
    pub(super) fn new(places: Vec<Place>, values: &[f64]) -> Self {
        let count = places.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let unit = mean_square(&places, middle(&places)).sqrt();
        let mut kriging = Self {
            places,
            unit,
            mean,
            powers: Vec::new(),
        };
        let values = DVector::from_iterator(count, values.iter().map(|value| value - mean));
        if values.amax() <= 4.0 * f64::EPSILON * mean.abs() {
            return kriging;
        }
        let contrasts = helmert(count);
        let values = contrasts.tr_mul(&values);
        let roots = DMatrix::from_fn(count, count, |i, j| {
            kriging.root(kriging.places[i], kriging.places[j])
        });
        kriging.powers = EIGHTHS
            .filter_map(|eighths| power(eighths, &roots, &contrasts, &values))
            .collect();
        let nuggets = || kriging.powers.iter().flat_map(|power| &power.nuggets);
        let most = nuggets().fold(f64::NEG_INFINITY, |most, n| most.max(n.probability));
        for power in &mut kriging.powers {
            for nugget in &mut power.nuggets {
                nugget.probability = (nugget.probability - most).exp();
            }
            power.nuggets.retain(|n| n.probability > NEGLIGIBLE);
        }
        kriging.powers.retain(|power| !power.nuggets.is_empty());
        let nuggets = kriging.powers.iter().flat_map(|power| &power.nuggets);
        let total: f64 = nuggets.map(|nugget| nugget.probability).sum();
        for power in &mut kriging.powers {
            for nugget in &mut power.nuggets {
                nugget.probability /= total;
            }
            power.weigh();
        }
        kriging
    }

    /// The eighth root of the distance of two places, in units of H.
    fn root(&self, a: Place, b: Place) -> f64 {
        (squared(a, b).sqrt() / self.unit).sqrt().sqrt().sqrt()
    }

    /// What is expected at a place; its variance only if `errors` are asked for.
    pub(super) fn predict(&self, place: Place, errors: bool) -> Prediction {
        let roots = self.places.iter().map(|own| self.root(place, *own));
        let roots = DVector::from_iterator(self.places.len(), roots);
        let (mut eighths, mut raised) = (1, roots.clone());
        let (mut mean, mut square) = (0.0, 0.0);
        for power in &self.powers {
            while eighths < power.eighths {
                raised.component_mul_assign(&roots);
                eighths += 1;
            }
            mean += power.offset + power.weights.dot(&raised);
            if errors {
                square += power.second_moment(&raised);
            }
        }
        Prediction {
            mean: self.mean + mean,
            variance: (square - mean * mean).max(0.0),
        }
    }
}

/// The semivariograms of a power, by the contrasts of the values; `roots` are those of the distances.
fn power(
    eighths: i32,
    roots: &DMatrix<f64>,
    contrasts: &DMatrix<f64>,
    values: &DVector<f64>,
) -> Option<Power> {
    let raised = roots.map(|root| root.powi(eighths));
    let covariances = -contrasts.tr_mul(&(&raised * contrasts));
    let eigen = SymmetricEigen::try_new(covariances, f64::EPSILON, MOST_STEPS)?;
    let least = eigen.eigenvalues.max() * ROUNDING;
    let rotated = eigen.eigenvectors.tr_mul(values);
    let freedom = values.len() as f64;
    let nuggets = NUGGETS.map(|log| {
        let nugget = f64::from(log).exp();
        let variances = eigen.eigenvalues.map(|value| value.max(least) + nugget);
        let logs: f64 = variances.iter().map(|variance| variance.ln()).sum();
        let squares: f64 = rotated.zip_fold(&variances, 0.0, |sum, y, v| sum + y * y / v);
        Nugget {
            probability: -0.5 * logs - 0.5 * freedom * squares.ln(),
            nugget,
            scale: squares / (freedom - 2.0),
            variances,
        }
    });
    let basis = eigen.eigenvectors.tr_mul(&contrasts.transpose());
    let means = raised.column_mean();
    Some(Power {
        eighths,
        means: &basis * &means,
        basis,
        values: rotated.clone(),
        mean: means.mean(),
        nuggets: nuggets.collect(),
        weights: DVector::zeros(roots.nrows()),
        offset: 0.0,
    })
}

impl Power {
    /// Finds its part in the mean of all predictions.
    fn weigh(&mut self) {
        let mut shares = DVector::zeros(self.values.len());
        for nugget in &self.nuggets {
            shares += self.values.component_div(&nugget.variances) * nugget.probability;
        }
        self.weights = -self.basis.tr_mul(&shares);
        self.offset = self.means.dot(&shares);
    }

    /// Its part in the mean square of a new measurement at a place, whose (h / H)^a are given.
    fn second_moment(&self, raised: &DVector<f64>) -> f64 {
        let count = raised.len() as f64;
        let apart = 2.0 * raised.mean() - self.mean;
        let covariances = &self.means - &self.basis * raised;
        let moments = self.nuggets.iter().map(|nugget| {
            let (mut predicted, mut explained) = (0.0, 0.0);
            for ((c, y), v) in covariances.iter().zip(&self.values).zip(&nugget.variances) {
                let weight = c / v;
                predicted += weight * y;
                explained += weight * c;
            }
            let unit = nugget.nugget * (1.0 + 1.0 / count) + apart - explained;
            nugget.probability * (nugget.scale * unit + predicted * predicted)
        });
        moments.sum()
    }
}

/// An orthonormal basis of the contrasts of so many data (Helmert's), by columns.
fn helmert(count: usize) -> DMatrix<f64> {
    DMatrix::from_fn(count, count - 1, |row, column| {
        let j = (column + 1) as f64;
        match row {
            _ if row <= column => 1.0 / (j * (j + 1.0)).sqrt(),
            _ if row == column + 1 => -(j / (j + 1.0)).sqrt(),
            _ => 0.0,
        }
    })
}
