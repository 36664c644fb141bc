//! How large cells and how far neighbourhoods are when a call does not say.
//!
//! After the page "How Optimized Hot Spot Analysis works" of ArcGIS Pro's tool reference, in so far as it tells:
//!
//! - Of the mean and the median distance of a point from its nearest, over all different positions but outliers, cells are
//!   as large as the greater times its ratio to the less, or twice the greater if the ratio is less than 2.
//! - The band is where Moran's I, at ten distances, first peaks: they begin where each feature has a neighbour and step
//!   by the mean distance of the nearest, outliers aside. Only peaks at 90 percent confidence count, and none is looked
//!   for once a feature has 500 neighbours. The nearest is the nearest elsewhere: features in one place are none of each
//!   other's.
//! - Without a peak the band is the mean distance at which a feature has a twentieth of all others as neighbours, but no
//!   fewer than 3 and no more than 30, and no longer than one standard distance; 30 neighbours where the search was
//!   broken off.
//!
//! Outliers are farther from their nearest than the mean by more than three standard deviations.

use super::statistic::{moments, moran};
use crate::neighbours::Neighbours;
use crate::overlay::Position;
use crate::proximity::Ground;
use crate::{Control, EngineError};
use rayon::prelude::*;
use std::collections::HashSet;

/// Distances at which Moran's I is computed.
const STEPS: usize = 10;
/// A feature with so many neighbours ends the search for a peak.
const CROWD: usize = 500;
/// A z-score of 90 percent confidence.
const SIGNIFICANT: f64 = 1.645;

/// How a band was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Chosen {
    /// By the peak of Moran's I.
    Peak,
    /// By the mean distance of so many neighbours.
    Neighbours(usize),
    /// By the standard distance.
    StandardDistance,
}

/// The distances of positions from the nearest elsewhere, outliers left out, in metres; none where all are in one place.
fn nearest(neighbours: &Neighbours) -> Option<Vec<f64>> {
    let all = neighbours.apart()?;
    let (mean, deviation) = moments(&all);
    let kept: Vec<f64> = all
        .iter()
        .copied()
        .filter(|distance| *distance <= mean + 3.0 * deviation)
        .collect();
    Some(if kept.is_empty() { all } else { kept })
}

/// The size of cells in metres; none where all points lie in one position.
pub(crate) fn cell_size(ground: Ground, points: &[Position]) -> Option<f64> {
    let mut seen = HashSet::new();
    let unique: Vec<Position> = points
        .iter()
        .copied()
        .filter(|p| seen.insert(p.map(|c| (c + 0.0).to_bits())))
        .collect();
    let mut distances = nearest(&Neighbours::new(ground, unique))?;
    distances.sort_by(f64::total_cmp);
    let middle = distances.len() / 2;
    let median = if distances.len().is_multiple_of(2) {
        f64::midpoint(distances[middle - 1], distances[middle])
    } else {
        distances[middle]
    };
    let mean = moments(&distances).0;
    let (less, greater) = (mean.min(median), mean.max(median));
    Some(greater * (greater / less).max(2.0))
}

/// The band in metres, and how it was chosen.
pub(crate) fn band(
    neighbours: &Neighbours,
    values: &[f64],
    control: &Control,
) -> Result<(f64, Chosen), EngineError> {
    let count = values.len();
    let distances = nearest(neighbours).unwrap_or_else(|| vec![0.0]);
    let (start, step) = (
        distances.iter().copied().fold(0.0, f64::max),
        moments(&distances).0,
    );
    let mut scores: Vec<f64> = Vec::new();
    let mut crowded = false;
    for index in 0..STEPS {
        let metres = start + step * index as f64;
        // Only counted at first, and no further than to a crowd: all neighbours of all features may be too many to hold.
        let counts = (0..count).into_par_iter().map(|index| {
            control.check()?;
            Ok(neighbours.count(index, metres, CROWD))
        });
        let counts = counts.collect::<Result<Vec<usize>, EngineError>>()?;
        crowded = counts.iter().any(|count| *count >= CROWD);
        if crowded || step == 0.0 {
            break;
        }
        let near = |index: usize| {
            let mut near = neighbours.within(index, metres);
            near.retain(|other| *other != index);
            near
        };
        scores.push(moran(values, &counts, near).unwrap_or(0.0));
        if let [.., before, peak, after] = scores[..]
            && peak > before
            && peak > after
            && peak >= SIGNIFICANT
        {
            return Ok((start + step * (index - 1) as f64, Chosen::Peak));
        }
    }
    let wanted = if crowded {
        30
    } else {
        ((0.05 * count as f64).round() as usize).clamp(3, 30)
    };
    let wanted = wanted.min(count.saturating_sub(1)).max(1);
    let reaches: Vec<f64> = (0..count)
        .into_par_iter()
        .map(|index| neighbours.reach(index, wanted))
        .collect();
    let mean = moments(&reaches).0;
    let standard = neighbours.standard_distance();
    Ok(if mean > standard {
        (standard, Chosen::StandardDistance)
    } else {
        (mean, Chosen::Neighbours(wanted))
    })
}
