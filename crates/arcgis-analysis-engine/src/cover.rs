//! Areas in which many places are looked up.

use crate::chart::Chart;
use crate::overlay::{Position, Region};
use crate::point_in_polygon::{Side, Slabs};
use crate::prepared::Solid;
use crate::spatial_reference::Coordinates;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Areas, told by their places in a list.
#[derive(Debug)]
pub(crate) struct Cover {
    tree: RTree<GeomWithData<Rectangle<Position>, usize>>,
    slabs: Vec<Slabs>,
    chart: Option<Chart>,
}

impl Cover {
    pub(crate) fn new<'a>(areas: impl IntoIterator<Item = &'a Region>) -> Self {
        let (mut boxes, mut slabs) = (Vec::new(), Vec::new());
        for area in areas {
            let rings = area.concat();
            if rings.iter().any(|ring| !ring.is_empty()) {
                let bounds = AABB::from_points(rings.iter().flatten());
                boxes.push(GeomWithData::new(Rectangle::from_aabb(bounds), slabs.len()));
            }
            slabs.push(Slabs::new(&rings));
        }
        Self {
            tree: RTree::bulk_load(boxes),
            slabs,
            chart: None,
        }
    }

    /// The areas among geometries; those that are none hold nothing.
    ///
    /// A place on the antimeridian lies in or on those that come to it from either side.
    pub(crate) fn of(solids: &[Solid], coordinates: Coordinates) -> Self {
        let nothing = Region::new();
        let areas = solids.iter().map(|solid| match solid {
            Solid::Area(region) => region,
            _ => &nothing,
        });
        Self {
            chart: Chart::of(coordinates),
            ..Self::new(areas)
        }
    }

    /// The areas in or on which a place lies, in no order.
    pub(crate) fn sides(&self, place: Position) -> impl Iterator<Item = (usize, Side)> {
        let twin = self.chart.and_then(|chart| chart.twin(place));
        let there = twin.into_iter().flat_map(|twin| self.at(twin));
        let there =
            there.filter(move |(index, _)| self.slabs[*index].locate(place) == Side::Outside);
        self.at(place).chain(there)
    }

    fn at(&self, place: Position) -> impl Iterator<Item = (usize, Side)> {
        let near = self
            .tree
            .locate_in_envelope_intersecting(&AABB::from_point(place));
        near.map(move |near| (near.data, self.slabs[near.data].locate(place)))
            .filter(|(_, side)| *side != Side::Outside)
    }

    /// Whether a place lies in or on any of the areas.
    pub(crate) fn holds(&self, place: Position) -> bool {
        self.sides(place).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_all_areas_that_have_them() {
        let square = |x: f64, side: f64| {
            vec![vec![vec![
                [x, 0.0],
                [x + side, 0.0],
                [x + side, side],
                [x, side],
            ]]]
        };
        let solids = [
            Solid::Area(square(0.0, 4.0)),
            Solid::Nothing,
            Solid::Area(square(4.0, 2.0)),
            Solid::Area(square(3.0, 9.0)),
        ];
        let cover = Cover::of(&solids, Coordinates::Plane(1.0));
        for (place, wanted) in [
            ([1.0, 1.0], vec![(0, Side::Inside)]),
            (
                [4.0, 1.0],
                vec![(0, Side::Border), (2, Side::Border), (3, Side::Inside)],
            ),
            ([3.0, 5.0], vec![(3, Side::Border)]),
            ([-1.0, 1.0], vec![]),
        ] {
            let mut found: Vec<_> = cover.sides(place).collect();
            found.sort_by_key(|(index, _)| *index);
            assert_eq!(found, wanted, "{place:?}");
            assert_eq!(cover.holds(place), !wanted.is_empty());
        }
        assert!(!Cover::of(&[], Coordinates::Degrees).holds([0.0, 0.0]));
    }
}
