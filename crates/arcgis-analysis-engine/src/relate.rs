//! How geometries lie to each other.
//!
//! Points in areas are located by exact predicates. Points on lines and on each other are told by their distance, since hardly
//! any place on a slanted edge is a number; callers say up to which, and those that compare layers say a millimetre.
//! Everything else is told by the intersection matrix (DE-9IM) of the crate `geo`. Edges are straight in the common reference.
//! The antimeridian is a meridian like any other (`seam`): what lies at one edge of the chart meets what lies at the other.

mod points;

use crate::chart::Chart;
use crate::overlay::{Position, Region};
use crate::point_in_polygon::{Side, Slabs, locate};
use crate::prepared::Solid;
use crate::seam::{View, reaches};
use crate::spatial_reference::Coordinates;
use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::{
    Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
    PreparedGeometry, Relate,
};
use points::{by_sides, points_to_points, side_of_paths};
use std::borrow::Cow;

/// Points that are compared each with each, or with each edge: an index would cost more than it saves.
const FEW: usize = 16;

/// How one geometry lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They are the same set of places.
    Identical,
    /// They share a place.
    Intersects,
    /// The first holds all of the second, which may touch its border.
    Contains,
    /// The first holds all of the second, which does not touch its border.
    CompletelyContains,
    /// The second holds all of the first, which may touch its border.
    Within,
    /// The second holds all of the first, which does not touch its border.
    CompletelyWithin,
    /// They share places of their borders, and none within.
    Touches,
    /// Their insides meet in less than the greater of them, and neither holds the other.
    Crosses,
    /// They are of one dimension, share a part of it, and neither holds the other.
    Overlaps,
}

impl Relation {
    /// The relation of the second geometry to the first.
    fn turned(self) -> Self {
        match self {
            Self::Contains => Self::Within,
            Self::CompletelyContains => Self::CompletelyWithin,
            Self::Within => Self::Contains,
            Self::CompletelyWithin => Self::CompletelyContains,
            other => other,
        }
    }
}

/// A geometry that is compared with many.
pub(crate) struct Compared<'a> {
    solid: Cow<'a, Solid>,
    chart: Option<Chart>,
    /// Whether it comes to an edge of the chart, once that was asked for.
    is_at_edge: Option<bool>,
    /// The same as it hangs together over the antimeridian, once it was compared there.
    together: Option<Box<(View, Compared<'static>)>>,
    geometry: Option<PreparedGeometry<'static, Geometry>>,
    /// Of an area, once it was compared with more than a few points.
    slabs: Option<Slabs>,
    asked: usize,
    /// How far points may be from a line or a point, in the unit of the coordinates, and still lie on it.
    same: f64,
}

impl<'a> Compared<'a> {
    /// A geometry in these coordinates, in which the others are, too.
    pub(crate) fn new(coordinates: Coordinates, solid: &'a Solid) -> Self {
        Self::of(Cow::Borrowed(solid), Chart::of(coordinates))
    }

    fn of(solid: Cow<'a, Solid>, chart: Option<Chart>) -> Self {
        Self {
            solid,
            chart,
            is_at_edge: None,
            together: None,
            geometry: None,
            slabs: None,
            asked: 0,
            same: 0.0,
        }
    }

    /// Regards points up to so far from a line or a point as on it.
    pub(crate) fn up_to(mut self, same: f64) -> Self {
        self.same = same;
        self
    }

    /// Whether the geometry lies so to another.
    pub(crate) fn is(&mut self, relation: Relation, other: &Solid) -> bool {
        if let Some(chart) = self.chart {
            let is_at_edge = self.is_at_edge;
            let is_at_edge = is_at_edge.unwrap_or_else(|| reaches(chart, &self.solid, self.same));
            self.is_at_edge = Some(is_at_edge);
            if is_at_edge && reaches(chart, other, self.same) {
                return self.is_together(chart, relation, other);
            }
        }
        self.is_on_chart(relation, other)
    }

    /// The same where both come to an edge of the chart.
    fn is_together(&mut self, chart: Chart, relation: Relation, other: &Solid) -> bool {
        let mut together = self.together.take();
        together = together.filter(|together| together.0.suits(other));
        let together = self.together.insert(together.unwrap_or_else(|| {
            let view = View::of(chart, &self.solid, other);
            let seen = Compared::of(Cow::Owned(view.see(&self.solid)), None);
            Box::new((view, seen.up_to(self.same)))
        }));
        let other = together.0.see(other);
        together.1.is_on_chart(relation, &other)
    }

    fn is_on_chart(&mut self, relation: Relation, other: &Solid) -> bool {
        match (&*self.solid, other) {
            (Solid::Nothing, _) | (_, Solid::Nothing) => false,
            (Solid::Points(points), Solid::Area(area)) => {
                let slabs = (points.len() > FEW).then(|| Slabs::new(&area.concat()));
                let side = sides(area, slabs.as_ref());
                by_sides(points.iter().map(|p| side(*p)), relation)
            }
            (Solid::Area(area), Solid::Points(points)) => {
                self.asked += points.len();
                if self.asked > FEW && self.slabs.is_none() {
                    self.slabs = Some(Slabs::new(&area.concat()));
                }
                let side = sides(area, self.slabs.as_ref());
                by_sides(points.iter().map(|p| side(*p)), relation.turned())
            }
            (Solid::Points(points), Solid::Paths(paths)) => {
                let sides = points.iter().map(|p| side_of_paths(paths, *p, self.same));
                by_sides(sides, relation)
            }
            (Solid::Paths(paths), Solid::Points(points)) => {
                let sides = points.iter().map(|p| side_of_paths(paths, *p, self.same));
                by_sides(sides, relation.turned())
            }
            (Solid::Points(a), Solid::Points(b)) => points_to_points(a, b, relation, self.same),
            (solid, other) => {
                let own = self
                    .geometry
                    .get_or_insert_with(|| PreparedGeometry::from(geometry(solid)));
                let matrix = own.relate(&geometry(other));
                let meets = |a, b| matrix.get(a, b) != Dimensions::Empty;
                match relation {
                    Relation::Identical => matrix.is_equal_topo(),
                    Relation::Intersects => matrix.is_intersects(),
                    Relation::Contains => matrix.is_covers(),
                    Relation::Within => matrix.is_coveredby(),
                    Relation::CompletelyContains => {
                        matrix.is_covers()
                            && !meets(CoordPos::OnBoundary, CoordPos::Inside)
                            && !meets(CoordPos::OnBoundary, CoordPos::OnBoundary)
                    }
                    Relation::CompletelyWithin => {
                        matrix.is_coveredby()
                            && !meets(CoordPos::Inside, CoordPos::OnBoundary)
                            && !meets(CoordPos::OnBoundary, CoordPos::OnBoundary)
                    }
                    Relation::Touches => matrix.is_touches(),
                    Relation::Crosses => matrix.is_crosses(),
                    Relation::Overlaps => matrix.is_overlaps(),
                }
            }
        }
    }
}

/// Where a place lies to an area.
pub(crate) fn side(area: &Region, place: Position) -> Side {
    let mut border = false;
    for part in area {
        match locate(part, place) {
            Side::Inside => return Side::Inside,
            Side::Border => border = true,
            Side::Outside => {}
        }
    }
    if border { Side::Border } else { Side::Outside }
}

/// Where places lie to an area, told by its slabs if it has them.
fn sides(area: &Region, slabs: Option<&Slabs>) -> impl Fn(Position) -> Side {
    move |place| match slabs {
        Some(slabs) => slabs.locate(place),
        None => side(area, place),
    }
}

fn geometry(solid: &Solid) -> Geometry {
    let line = |path: &Vec<Position>| LineString::from_iter(path.iter().copied());
    match solid {
        Solid::Points(points) => {
            MultiPoint::from_iter(points.iter().map(|[x, y]| Point::new(*x, *y))).into()
        }
        Solid::Paths(paths) => MultiLineString::from_iter(paths.iter().map(line)).into(),
        Solid::Area(region) => {
            let polygons = region.iter().map(|part| {
                let mut rings = part.iter().map(line);
                let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
                Polygon::new(outer, rings.collect())
            });
            MultiPolygon::from_iter(polygons).into()
        }
        Solid::Nothing => MultiPoint::new(Vec::new()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANE: Coordinates = Coordinates::Plane(1.0);

    fn square(x: f64, side: f64) -> Solid {
        Solid::Area(vec![vec![vec![
            [x, 0.0],
            [x + side, 0.0],
            [x + side, side],
            [x, side],
        ]]])
    }

    /// By the definitions of DE-9IM, where neither holds the other.
    #[test]
    fn borders_that_meet_touch_and_insides_that_meet_cross_or_overlap() {
        use Relation::{Crosses, Overlaps, Touches};
        let big = square(0.0, 4.0);
        let path = |list: &[Position]| Solid::Paths(vec![list.to_vec()]);
        for (other, wanted) in [
            (square(4.0, 1.0), Some(Touches)),
            (square(2.0, 4.0), Some(Overlaps)),
            (square(0.0, 4.0), None),
            (square(9.0, 1.0), None),
            (path(&[[4.0, 0.0], [9.0, 0.0]]), Some(Touches)),
            (path(&[[1.0, 1.0], [2.0, 9.0]]), Some(Crosses)),
            (path(&[[1.0, 1.0], [2.0, 2.0]]), None),
            (Solid::Points(vec![[4.0, 4.0]]), Some(Touches)),
            (Solid::Points(vec![[4.0, 4.0], [9.0, 9.0]]), Some(Touches)),
            (Solid::Points(vec![[1.0, 1.0], [9.0, 9.0]]), Some(Crosses)),
            (Solid::Points(vec![[1.0, 1.0], [4.0, 4.0]]), None),
        ] {
            for relation in [Touches, Crosses, Overlaps] {
                let is = wanted == Some(relation);
                let told = Compared::new(PLANE, &big).is(relation, &other);
                assert_eq!(told, is, "{relation:?} {other:?}");
                let told = Compared::new(PLANE, &other).is(relation, &big);
                assert_eq!(told, is, "turned {relation:?} {other:?}");
            }
        }
        // A set of points too many to be compared each with each.
        let grid = |first: usize| {
            let place = |i: usize| [0.25 + (i % 15) as f64 / 4.0, (i / 15) as f64 / 8.0];
            Solid::Points((first..first + 200).map(place).collect())
        };
        for (other, relation, is) in [
            (&big, Relation::Within, true),
            (&big, Relation::CompletelyWithin, false),
            (&big, Relation::Touches, false),
            (&square(1.0, 0.5), Crosses, true),
            (&square(9.0, 1.0), Relation::Intersects, false),
            (&grid(0), Relation::Identical, true),
            (&grid(100), Overlaps, true),
            (&grid(300), Relation::Intersects, false),
            (&grid(0), Overlaps, false),
            (&Solid::Points(vec![[0.25, -0.0]]), Relation::Contains, true),
        ] {
            let points = grid(0);
            let told = [
                Compared::new(PLANE, &points).is(relation, other),
                Compared::new(PLANE, other).is(relation.turned(), &points),
            ];
            assert_eq!(told, [is; 2], "{relation:?} {other:?}");
        }
        let (a, b) = (
            Solid::Points(vec![[0.0, 0.0], [1.0, 0.0]]),
            Solid::Points(vec![[1.0, 0.0], [2.0, 0.0]]),
        );
        assert!(
            Compared::new(PLANE, &a).is(Overlaps, &b) && !Compared::new(PLANE, &a).is(Overlaps, &a)
        );
    }

    /// By the definitions, the ends of a line being its border.
    #[test]
    fn points_lie_on_lines_and_on_each_other_up_to_what_is_said() {
        use Relation::{CompletelyWithin, Crosses, Intersects, Touches, Within};
        let line = Solid::Paths(vec![vec![[0.0, 0.0], [3.0, 1.0], [6.0, 0.0]]]);
        // A third of 1 is no number, so the second place is a hair off the line; the third is half a millimetre off.
        let third = 1.0 / 3.0;
        for (places, exact, near) in [
            (
                vec![[0.0, 0.0]],
                vec![Intersects, Within, Touches],
                vec![Intersects, Within, Touches],
            ),
            (
                vec![[1.0, third]],
                vec![],
                vec![Intersects, Within, CompletelyWithin],
            ),
            (
                vec![[3.0, 1.000_5]],
                vec![],
                vec![Intersects, Within, CompletelyWithin],
            ),
            (vec![[3.0, 1.002]], vec![], vec![]),
            (
                vec![[3.0, 1.0], [9.0, 9.0]],
                vec![Intersects, Crosses],
                vec![Intersects, Crosses],
            ),
        ] {
            let places = Solid::Points(places);
            for (same, wanted) in [(0.0, exact), (0.001, near)] {
                for relation in [Intersects, Within, CompletelyWithin, Touches, Crosses] {
                    let is = wanted.contains(&relation);
                    let told = Compared::new(PLANE, &places)
                        .up_to(same)
                        .is(relation, &line);
                    // Whether a third is on the line is decided by its last bit.
                    assert!(told == is || same == 0.0, "{relation:?} {places:?} {same}");
                    let turned = Compared::new(PLANE, &line)
                        .up_to(same)
                        .is(relation.turned(), &places);
                    assert_eq!(told, turned, "turned {relation:?} {places:?} {same}");
                }
            }
        }
        let (a, b) = (
            Solid::Points(vec![[1.0, 1.0]]),
            Solid::Points(vec![[1.0, 1.000_5]]),
        );
        assert!(!Compared::new(PLANE, &a).is(Relation::Identical, &b));
        assert!(
            Compared::new(PLANE, &a)
                .up_to(0.001)
                .is(Relation::Identical, &b)
        );
        // The ends of a closed line are none.
        let ring = Solid::Paths(vec![vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]);
        let corner = Solid::Points(vec![[0.0, 0.0]]);
        assert!(Compared::new(PLANE, &corner).is(CompletelyWithin, &ring));
    }

    /// By the definitions, over squares, lines and points that touch borders or do not.
    #[test]
    fn relations_tell_borders_from_insides() {
        use Relation::{
            CompletelyContains, CompletelyWithin, Contains, Identical, Intersects, Within,
        };
        let big = square(0.0, 4.0);
        let path = |list: &[Position]| Solid::Paths(vec![list.to_vec()]);
        for (other, wanted) in [
            (square(0.0, 1.0), vec![Intersects, Contains]),
            (
                Solid::Area(vec![vec![vec![[1.0, 1.0], [2.0, 1.0], [2.0, 2.0]]]]),
                vec![Intersects, Contains, CompletelyContains],
            ),
            (
                square(0.0, 4.0),
                vec![Identical, Intersects, Contains, Within],
            ),
            (square(4.0, 1.0), vec![Intersects]),
            (square(5.0, 1.0), vec![]),
            (square(-1.0, 9.0), vec![Intersects, Within]),
            (path(&[[0.0, 0.0], [4.0, 0.0]]), vec![Intersects, Contains]),
            (
                path(&[[1.0, 1.0], [2.0, 3.0]]),
                vec![Intersects, Contains, CompletelyContains],
            ),
            (path(&[[1.0, 1.0], [2.0, 9.0]]), vec![Intersects]),
            (Solid::Points(vec![[4.0, 4.0]]), vec![Intersects, Contains]),
            (
                Solid::Points(vec![[3.0, 3.0]]),
                vec![Intersects, Contains, CompletelyContains],
            ),
            (
                Solid::Points(vec![[3.0, 3.0], [9.0, 9.0]]),
                vec![Intersects],
            ),
            (Solid::Nothing, vec![]),
        ] {
            for relation in [
                Identical,
                Intersects,
                Contains,
                CompletelyContains,
                Within,
                CompletelyWithin,
            ] {
                let is = wanted.contains(&relation);
                assert_eq!(
                    Compared::new(PLANE, &big).is(relation, &other),
                    is,
                    "{relation:?} {other:?}"
                );
                assert_eq!(
                    Compared::new(PLANE, &other).is(relation.turned(), &big),
                    is,
                    "turned {relation:?} {other:?}"
                );
            }
        }
    }
}
