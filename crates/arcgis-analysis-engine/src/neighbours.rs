//! Which of many positions are near each other.
//!
//! Distances are straight: in the plane of projected data, through the Earth's ellipsoid for geographic and Web Mercator
//! data.

use crate::overlay::Position;
use crate::proximity::{Ground, Place};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use rustc_hash::FxHashMap;

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
        let tree = tree(places.iter().copied().enumerate());
        Self {
            ground,
            positions,
            places,
            tree,
        }
    }

    /// The positions within `metres` of one of them, itself included, in order.
    pub(crate) fn within(&self, index: usize, metres: f64) -> Vec<usize> {
        let mut near: Vec<usize> = self.near(index, metres).collect();
        near.sort_unstable();
        near
    }

    /// How many others are within `metres` of a position, counted no further than to `most`.
    pub(crate) fn count(&self, index: usize, metres: f64, most: usize) -> usize {
        self.near(index, metres)
            .filter(|other| *other != index)
            .take(most)
            .count()
    }

    /// Those within `metres` of a position, itself included, in no order.
    fn near(&self, index: usize, metres: f64) -> impl Iterator<Item = usize> {
        let around = metres * metres * (1.0 + 1e-12) + 1e-9;
        let near = self.tree.locate_within_distance(self.places[index], around);
        near.map(|near| near.data)
            .filter(move |other| self.distance(index, *other) <= metres)
    }

    /// The distance of two of the positions in metres.
    fn distance(&self, a: usize, b: usize) -> f64 {
        // In a plane coordinates are compared before they become metres, so that a cell is as far as it is large.
        if self.ground.is_plane() {
            self.ground.distance(self.positions[a], self.positions[b])
        } else {
            straight(self.places[a], self.places[b])
        }
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

    /// The distance in metres of each position from the nearest that is elsewhere; none where all are in one place.
    pub(crate) fn apart(&self) -> Option<Vec<f64>> {
        let mut numbers: FxHashMap<[u64; 3], usize> = FxHashMap::default();
        let mut firsts = Vec::new();
        let group = |(index, place): (usize, &Place)| {
            // 0 and -0 are the same.
            *numbers
                .entry(place.map(|c| (c + 0.0).to_bits()))
                .or_insert_with(|| {
                    firsts.push(index);
                    firsts.len() - 1
                })
        };
        let groups: Vec<usize> = self.places.iter().enumerate().map(group).collect();
        if firsts.len() < 2 {
            return None;
        }
        let own: RTree<GeomWithData<Place, usize>>;
        let tree = if firsts.len() == self.places.len() {
            &self.tree
        } else {
            own = tree(firsts.iter().map(|first| (*first, self.places[*first])));
            &own
        };
        let nearest = |first: &usize| {
            let mut near = tree.nearest_neighbor_iter(&self.places[*first]);
            let other = near.find(|near| near.data != *first);
            other.map_or(0.0, |other| self.distance(*first, other.data))
        };
        let nearest: Vec<f64> = firsts.par_iter().map(nearest).collect();
        Some(groups.into_iter().map(|group| nearest[group]).collect())
    }

    /// The root of the mean square of the distances from the mean place, in metres.
    pub(crate) fn standard_distance(&self) -> f64 {
        let count = self.places.len() as f64;
        let mean = [0, 1, 2].map(|i| self.places.iter().map(|place| place[i]).sum::<f64>() / count);
        let squares = self
            .places
            .iter()
            .map(|place| straight(*place, mean).powi(2));
        (squares.sum::<f64>() / count).sqrt()
    }
}

fn tree(places: impl Iterator<Item = (usize, Place)>) -> RTree<GeomWithData<Place, usize>> {
    let indexed = places.map(|(index, place)| GeomWithData::new(place, index));
    RTree::bulk_load(indexed.collect())
}

fn straight(a: Place, b: Place) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}
