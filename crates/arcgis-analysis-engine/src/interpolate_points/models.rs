//! Local models, and how their predictions are joined.
//!
//! Points are halved across the longer side of their box until each part is small enough for one model, which then takes in
//! the points nearest to its middle. What is predicted at a place is the mixture of what the models near it predict, by
//! exp(-d^2 / s^2), where d is the distance from a model's middle and s^2 the mean square of its points': weights that have
//! no step anywhere.

use super::kriging::{Kriging, Prediction};
use crate::proximity::Place;
use crate::{Control, EngineError};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How points are divided among models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Division {
    /// The most points of a model.
    pub(super) most: usize,
    /// How many models a point has a part in, on average.
    pub(super) overlap: f64,
}

/// The points of a model.
#[derive(Debug)]
struct Subset {
    members: Vec<usize>,
    middle: Place,
    /// The mean square of the members' distances from the middle.
    spread: f64,
}

/// Weights less than this part of a place's greatest count as none.
const NEGLIGIBLE: f64 = 1e-3;

/// What is expected at places, from values at places that all differ, and how many models tell it; variances only from the
/// place number `with_errors` on.
pub(super) fn predict(
    (places, values): (&[Place], &[f64]),
    at: &[Place],
    division: Division,
    with_errors: usize,
    control: &Control,
) -> Result<(Vec<Prediction>, usize), EngineError> {
    let subsets = subsets(places, division);
    let weights = at.par_iter().map(|place| {
        control.check()?;
        Ok(weights(&subsets, *place))
    });
    let weights = weights.collect::<Result<Vec<_>, EngineError>>()?;
    let mut parts: Vec<Vec<(usize, f64)>> = vec![Vec::new(); subsets.len()];
    for (place, weights) in weights.into_iter().enumerate() {
        for (subset, weight) in weights {
            parts[subset].push((place, weight));
        }
    }
    let done = AtomicUsize::new(0);
    let told = subsets.par_iter().zip(&parts).map(|(subset, part)| {
        control.check()?;
        let own = subset.members.iter();
        let own: (Vec<Place>, Vec<f64>) = own.map(|i| (places[*i], values[*i])).unzip();
        let model = Kriging::new(own.0, &own.1);
        let told = part.par_iter().map(|(place, _)| {
            control.check()?;
            Ok(model.predict(at[*place], *place >= with_errors))
        });
        let told = told.collect::<Result<Vec<Prediction>, EngineError>>();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        control.progress(done * 8, subsets.len() * 10);
        told
    });
    let told = told.collect::<Result<Vec<_>, EngineError>>()?;
    let mut mixtures = vec![Mixture::default(); at.len()];
    for (part, told) in parts.iter().zip(told) {
        for ((place, weight), told) in part.iter().zip(told) {
            mixtures[*place].add(*weight, told);
        }
    }
    let predictions = mixtures.into_iter().map(Mixture::moments).collect();
    Ok((predictions, subsets.len()))
}

fn subsets(places: &[Place], division: Division) -> Vec<Subset> {
    let all: Vec<usize> = (0..places.len()).collect();
    if places.len() <= division.most {
        return vec![Subset::new(all, places)];
    }
    let size = division.most as f64 / division.overlap;
    let count = (places.len() as f64 / size).ceil() as usize;
    let mut parts = Vec::new();
    halve(all, count, places, &mut parts);
    let indexed = places.iter().enumerate();
    let indexed = indexed.map(|(index, place)| GeomWithData::new(*place, index));
    let tree = RTree::bulk_load(indexed.collect());
    let grown = parts.into_par_iter().map(|mut members| {
        let middle = middle(&members.iter().map(|i| places[*i]).collect::<Vec<_>>());
        members.sort_unstable();
        let near = tree.nearest_neighbor_iter(&middle).map(|near| near.data);
        let near = near.filter(|index| members.binary_search(index).is_err());
        let near: Vec<usize> = near.take(division.most - members.len()).collect();
        members.extend(near);
        members.sort_unstable();
        Subset::new(members, places)
    });
    grown.collect()
}

/// Divides points into so many parts of nearly the same size.
fn halve(mut members: Vec<usize>, count: usize, places: &[Place], parts: &mut Vec<Vec<usize>>) {
    if count < 2 {
        parts.push(members);
        return;
    }
    let width = |axis: usize| {
        let coordinates = || members.iter().map(|i| places[*i][axis]);
        coordinates().fold(f64::MIN, f64::max) - coordinates().fold(f64::MAX, f64::min)
    };
    let widths = [0, 1, 2].map(width);
    let axis = (1..3).fold(0, |best, axis| {
        if widths[axis] > widths[best] {
            axis
        } else {
            best
        }
    });
    members.sort_by(|a, b| places[*a][axis].total_cmp(&places[*b][axis]));
    let low = count / 2;
    let high = members.split_off(members.len() * low / count);
    halve(members, low, places, parts);
    halve(high, count - low, places, parts);
}

impl Subset {
    fn new(members: Vec<usize>, places: &[Place]) -> Self {
        let own: Vec<Place> = members.iter().map(|i| places[*i]).collect();
        let middle = middle(&own);
        Self {
            members,
            middle,
            spread: mean_square(&own, middle),
        }
    }
}

/// The models that tell what is expected at a place, with their weights.
fn weights(subsets: &[Subset], place: Place) -> Vec<(usize, f64)> {
    let far = |subset: &Subset| squared(subset.middle, place) / subset.spread;
    let nearest = subsets.iter().map(far).fold(f64::MAX, f64::min);
    let cut = nearest - NEGLIGIBLE.ln();
    let near = subsets.iter().map(far).enumerate();
    near.filter(|(_, far)| *far < cut)
        .map(|(index, far)| (index, (nearest - far).exp() - NEGLIGIBLE))
        .collect()
}

/// A mixture of predictions, as it grows.
#[derive(Debug, Clone, Copy, Default)]
struct Mixture {
    weight: f64,
    mean: f64,
    /// Weighted sums of the variances, and of the squares of the means' deviations from the mean of all.
    within: f64,
    between: f64,
}

impl Mixture {
    fn add(&mut self, weight: f64, part: Prediction) {
        self.weight += weight;
        let off = part.mean - self.mean;
        self.mean += off * weight / self.weight;
        self.within += weight * part.variance;
        self.between += weight * off * (part.mean - self.mean);
    }

    fn moments(self) -> Prediction {
        Prediction {
            mean: self.mean,
            variance: (self.within + self.between) / self.weight,
        }
    }
}

/// The mean of places.
pub(super) fn middle(places: &[Place]) -> Place {
    let count = places.len() as f64;
    [0, 1, 2].map(|axis| places.iter().map(|place| place[axis]).sum::<f64>() / count)
}

/// The mean square of distances from a place.
pub(super) fn mean_square(places: &[Place], from: Place) -> f64 {
    let squares = places.iter().map(|place| squared(*place, from));
    squares.sum::<f64>() / places.len() as f64
}

pub(super) fn squared(a: Place, b: Place) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum()
}
