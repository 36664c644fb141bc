//! Which of many positions are near each other.
//!
//! Distances are straight: in the plane of projected data, through the Earth's ellipsoid for geographic and Web Mercator
//! data.

use crate::overlay::Position;
use crate::proximity::{Ground, Place};
use crate::statistics::Sum;
use crate::tree::{Band, Tree, squared};
use crate::{Control, EngineError};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Positions that are found by their distance from each other.
#[derive(Debug)]
pub(crate) struct Neighbours {
    ground: Ground,
    positions: Vec<Position>,
    tree: Tree,
    /// By how much the distance of two places may differ from that of their positions, in metres, relative errors aside.
    slack: f64,
}

impl Neighbours {
    pub(crate) fn new(ground: Ground, positions: Vec<Position>) -> Self {
        let places: Vec<Place> = positions.iter().map(|p| ground.place(*p)).collect();
        let reach = places.iter().flatten().fold(0.0_f64, |r, c| r.max(c.abs()));
        Self {
            ground,
            positions,
            tree: Tree::new(&places),
            slack: reach * 4.0 * f64::EPSILON,
        }
    }

    /// The positions within `metres` of one of them, itself included, in order.
    pub(crate) fn within(&self, index: usize, metres: f64) -> Vec<usize> {
        let band = self.band(metres);
        let mut near = Vec::new();
        self.tree.any_within(index, band.most, |other, apart| {
            if apart <= band.sure || (band.is_near)(index, other) {
                near.push(other);
            }
            false
        });
        near.sort_unstable();
        near
    }

    /// How many others are within `metres` of a position, counted no further than to `most`.
    pub(crate) fn count(&self, index: usize, metres: f64, most: usize) -> usize {
        let band = self.band(metres);
        let mut count = 0;
        self.tree.any_within(index, band.most, |other, apart| {
            let is_near = apart <= band.sure || (band.is_near)(index, other);
            count += usize::from(is_near && other != index);
            count >= most
        });
        count
    }

    /// For each position how many are within `metres`, itself included, and the sum of their numbers.
    pub(crate) fn sums(
        &self,
        numbers: &[f64],
        metres: f64,
        control: &Control,
    ) -> Result<Vec<(usize, Sum)>, EngineError> {
        self.tree.sums(numbers, &self.band(metres), control)
    }

    /// What tells those within `metres` by their places, and by their positions where places do not tell for sure.
    fn band(&self, metres: f64) -> Band<impl Fn(usize, usize) -> bool + Sync> {
        let slack = metres * 1e-12 + self.slack;
        Band {
            sure: (metres - slack).powi(2).copysign(metres - slack),
            most: (metres + slack).powi(2),
            is_near: move |a, b| self.distance(a, b) <= metres,
        }
    }

    /// The distance of two of the positions in metres.
    fn distance(&self, a: usize, b: usize) -> f64 {
        // In a plane coordinates are compared before they become metres, so that a cell is as far as it is large.
        if self.ground.is_plane() {
            self.ground.distance(self.positions[a], self.positions[b])
        } else {
            straight(self.tree.place(a), self.tree.place(b))
        }
    }

    /// The distance in metres of the `count`th nearest of the others, or of the farthest if there are fewer.
    pub(crate) fn reach(&self, index: usize, count: usize) -> f64 {
        let nearest = self.tree.nearest(index, count, |other| other != index);
        let distances = nearest.iter().map(|other| self.distance(index, *other));
        distances.fold(0.0, f64::max)
    }

    /// The distance in metres of each position from the nearest that is elsewhere; none where all are in one place.
    pub(crate) fn apart(&self) -> Option<Vec<f64>> {
        let mut numbers: FxHashMap<[u64; 3], usize> = FxHashMap::default();
        let mut firsts = Vec::new();
        let places = (0..self.tree.len()).map(|index| self.tree.place(index));
        let group = |(index, place): (usize, Place)| {
            // 0 and -0 are the same.
            *numbers
                .entry(place.map(|c| (c + 0.0).to_bits()))
                .or_insert_with(|| {
                    firsts.push(index);
                    firsts.len() - 1
                })
        };
        let groups: Vec<usize> = places.enumerate().map(group).collect();
        if firsts.len() < 2 {
            return None;
        }
        let own: Tree;
        let tree = if firsts.len() == self.tree.len() {
            &self.tree
        } else {
            let places = firsts.iter().map(|first| self.tree.place(*first));
            own = Tree::new(&places.collect::<Vec<_>>());
            &own
        };
        let nearest = |number: usize| {
            let near = tree.nearest(number, 1, |other| other != number);
            let distance = |other: &usize| self.distance(firsts[number], firsts[*other]);
            near.first().map_or(0.0, distance)
        };
        let nearest: Vec<f64> = (0..firsts.len()).into_par_iter().map(nearest).collect();
        Some(groups.into_iter().map(|group| nearest[group]).collect())
    }

    /// The root of the mean square of the distances from the mean place, in metres.
    pub(crate) fn standard_distance(&self) -> f64 {
        let places = || (0..self.tree.len()).map(|index| self.tree.place(index));
        let count = self.tree.len() as f64;
        let mean = [0, 1, 2].map(|i| places().map(|place| place[i]).sum::<f64>() / count);
        let squares = places().map(|place| squared(place, mean));
        (squares.sum::<f64>() / count).sqrt()
    }
}

fn straight(a: Place, b: Place) -> f64 {
    squared(a, b).sqrt()
}
