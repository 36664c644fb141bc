//! Which of many positions are near each other on the ground.

use crate::overlay::Position;
use crate::proximity::{Ground, Place};
use rstar::RTree;
use rstar::primitives::GeomWithData;

/// The least radius of curvature of the ellipsoid in metres: no sphere bends a way more.
const TIGHTEST: f64 = 6_335_439.0;

/// Positions that are found by their distance from each other.
#[derive(Debug)]
pub(crate) struct Neighbours {
    ground: Ground,
    positions: Vec<Position>,
    places: Vec<Place>,
    tree: RTree<GeomWithData<Place, usize>>,
}

impl Neighbours {
    pub(crate) fn new(ground: Ground, positions: Vec<Position>) -> Self {
        let places: Vec<Place> = positions.iter().map(|p| ground.place(*p)).collect();
        let indexed = places
            .iter()
            .enumerate()
            .map(|(index, place)| GeomWithData::new(*place, index));
        let tree = RTree::bulk_load(indexed.collect());
        Self {
            ground,
            positions,
            places,
            tree,
        }
    }

    /// The positions within `metres` of one of them, itself included, in order.
    pub(crate) fn within(&self, index: usize, metres: f64) -> Vec<usize> {
        let near = self
            .tree
            .locate_within_distance(self.places[index], metres * metres * (1.0 + 1e-12) + 1e-9);
        let near = near
            .map(|near| near.data)
            .filter(|other| self.is_within(index, *other, metres));
        let mut near: Vec<usize> = near.collect();
        near.sort_unstable();
        near
    }

    /// The straight distance through the Earth settles most pairs.
    fn is_within(&self, a: usize, b: usize, metres: f64) -> bool {
        let chord = self.chord(a, b);
        let longest = if chord < TIGHTEST {
            2.0 * TIGHTEST * (chord / (2.0 * TIGHTEST)).asin()
        } else {
            f64::MAX
        };
        longest <= metres * (1.0 - 1e-9) || self.distance(a, b) <= metres
    }

    fn chord(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (self.places[a], self.places[b]);
        (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
    }

    /// The distance of two of the positions in metres.
    pub(crate) fn distance(&self, a: usize, b: usize) -> f64 {
        self.ground.distance(self.positions[a], self.positions[b])
    }

    /// The distance in metres of the `count`th nearest of the others, or of the farthest if there are fewer.
    pub(crate) fn reach(&self, index: usize, count: usize) -> f64 {
        let mut nearest = self
            .tree
            .nearest_neighbor_iter(&self.places[index])
            .map(|near| near.data)
            .filter(|other| *other != index);
        let nearest = nearest
            .by_ref()
            .take(count)
            .map(|other| self.distance(index, other));
        nearest.fold(0.0, f64::max)
    }

    /// The root of the mean square of the distances from the mean place, in metres.
    pub(crate) fn standard_distance(&self) -> f64 {
        let count = self.places.len() as f64;
        let mean = [0, 1, 2].map(|i| self.places.iter().map(|place| place[i]).sum::<f64>() / count);
        let squares = self
            .places
            .iter()
            .map(|place| (0..3).map(|i| (place[i] - mean[i]).powi(2)).sum::<f64>());
        (squares.sum::<f64>() / count).sqrt()
    }
}
