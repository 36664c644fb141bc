//! Boolean operations on polygons, on an integer grid that floating-point numbers represent exactly.
//!
//! The sweep is that of [`i_overlay`], run directly on 64-bit integers. Coordinates are rounded to a grid of
//! 2^-52 of the extent, so every vertex that comes out is a floating-point number as it stands: nothing is
//! rounded a second time, and what the sweep found to be valid stays valid. Vertices that were there before
//! come back bit for bit, so that borders which features share stay shared; the module `settle` says which few do not.
//!
//! Rings are open lists of vertices: the last is not the first again. Within this crate outer rings run
//! counterclockwise and holes clockwise.

pub(crate) mod lines;
mod settle;
mod simple;
pub(crate) mod snap;
mod thin;
mod unite;

use crate::{Control, EngineError};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;
use rstar::AABB;
use rustc_hash::FxHashMap;

/// A position in a plane: x and y.
pub(crate) type Position = [f64; 2];
/// A closed ring, its first vertex not repeated at its end.
pub(crate) type Ring = Vec<Position>;
/// An outer ring, then its holes.
pub(crate) type Part = Vec<Ring>;
/// An area: parts whose interiors do not overlap.
pub(crate) type Region = Vec<Part>;

/// The integer grid on which areas are combined.
///
/// Areas that are to share borders must be combined on the same grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    scale: f64,
    /// Whether vertices come back bit for bit, or as the grid has them.
    keeps: bool,
}

impl Grid {
    /// The grid for coordinates of at most this magnitude.
    pub(crate) fn covering(magnitude: f64) -> Self {
        let bits = magnitude
            .max(f64::MIN_POSITIVE)
            .log2()
            .ceil()
            .clamp(-500.0, 500.0);
        Self {
            scale: (52.0 - bits).exp2(),
            keeps: true,
        }
    }

    /// The same grid for vertices that were computed, not given: they may come back rounded to it.
    pub(crate) fn for_computed(self) -> Self {
        Self {
            keeps: false,
            ..self
        }
    }

    /// The grid for these positions and what lies within `margin` of them.
    pub(crate) fn for_positions<'a>(
        positions: impl Iterator<Item = &'a Position>,
        margin: f64,
    ) -> Self {
        let reach = positions
            .flatten()
            .fold(0.0_f64, |most, c| most.max(c.abs()));
        Self::covering(reach + margin)
    }

    pub(crate) fn to_int(self, position: Position) -> IntPoint<i64> {
        // Half up, then cut off: `round` is a call of a function on processors without an instruction for it.
        let [x, y] = position.map(|c| {
            let steps = c * self.scale;
            (steps + 0.5_f64.copysign(steps)) as i64
        });
        IntPoint::new(x, y)
    }

    pub(crate) fn to_position(self, point: IntPoint<i64>) -> Position {
        [point.x as f64 / self.scale, point.y as f64 / self.scale]
    }

    /// Repairs an area whose rings may cross, repeat vertices, or run either way round.
    ///
    /// What an odd number of rings surrounds is inside.
    pub(crate) fn repair(self, rings: &[Ring]) -> Region {
        let simple = match rings {
            [ring] => self.simple(ring),
            _ => None,
        };
        let sweep = || self.sweep(rings, &[], OverlayRule::Subject, FillRule::EvenOdd);
        self.settle(simple.unwrap_or_else(sweep))
    }

    /// The union of pieces that may overlap.
    ///
    /// A piece is a set of rings that winds around each point once or not at all: a simple counterclockwise
    /// ring, or a valid region's rings.
    pub(crate) fn union(self, pieces: Vec<Vec<Ring>>) -> Region {
        // Nobody can cancel it.
        self.united(pieces, &Control::new()).unwrap_or_default()
    }

    /// The union of pieces that may be so many that one would like to stop; see [`union`](Self::union).
    pub(crate) fn united(
        self,
        pieces: Vec<Vec<Ring>>,
        control: &Control,
    ) -> Result<Region, EngineError> {
        Ok(self.settle(self.unite(pieces, control)?))
    }

    /// What lies in the first area and not in the second.
    pub(crate) fn difference(self, area: &Region, minus: &Region) -> Region {
        if minus.is_empty() {
            return area.clone();
        }
        self.combine(area, minus, OverlayRule::Difference)
    }

    /// What lies in both areas.
    ///
    /// It lies within the bounds of both; of borders only what comes near these is swept.
    pub(crate) fn intersection(self, area: &Region, other: &Region) -> Region {
        let [bounds, other_bounds] =
            [area, other].map(|region| AABB::from_points(region.iter().flatten().flatten()));
        let [area, other] = [(area, other_bounds), (other, bounds)].map(|(region, bounds)| {
            let rings = region.iter().flatten();
            rings
                .map(|ring| shortened(ring, &bounds))
                .collect::<Vec<_>>()
        });
        self.settle(self.sweep(&area, &other, OverlayRule::Intersect, FillRule::NonZero))
    }

    fn combine(self, area: &Region, other: &Region, rule: OverlayRule) -> Region {
        let (area, other) = (area.concat(), other.concat());
        self.settle(self.sweep(&area, &other, rule, FillRule::NonZero))
    }

    fn sweep(self, subject: &[Ring], clip: &[Ring], rule: OverlayRule, fill: FillRule) -> Region {
        let vertices = subject.iter().chain(clip).map(Vec::len).sum();
        let mut options = IntOverlayOptions::ogc();
        // Vertices on straight borders are kept: a neighbour has them too.
        options.preserve_input_collinear = true;
        options.preserve_output_collinear = true;
        let mut overlay = Overlay::<i64>::new_custom(vertices, options, Solver::default());
        let off = if self.keeps { vertices } else { 0 };
        let mut originals = FxHashMap::with_capacity_and_hasher(off, Default::default());
        for (rings, role) in [(subject, ShapeType::Subject), (clip, ShapeType::Clip)] {
            for ring in rings {
                let points = ring.iter().map(|position| {
                    let point = self.to_int(*position);
                    if self.keeps && self.to_position(point) != *position {
                        originals.entry((point.x, point.y)).or_insert(*position);
                    }
                    point
                });
                overlay.add_path_iter(points, role);
            }
        }
        let restore = |point: IntPoint<i64>| {
            let original = originals.get(&(point.x, point.y)).copied();
            original.unwrap_or_else(|| self.to_position(point))
        };
        overlay
            .overlay(rule, fill)
            .into_iter()
            .map(|part| {
                part.into_iter()
                    .map(|ring| ring.into_iter().map(restore).collect())
                    .collect()
            })
            .collect()
    }
}

/// A ring that winds around each place within bounds as often as the given one, with fewer vertices.
///
/// Where vertices that follow each other all lie beyond the same side of the bounds, the first and the last are kept: the
/// edge between them lies beyond that side as well.
fn shortened(ring: &Ring, bounds: &AABB<Position>) -> Ring {
    let (lower, upper) = (bounds.lower(), bounds.upper());
    let beyond = |[x, y]: &Position| {
        let sides = [*x < lower[0], *y < lower[1], *x > upper[0], *y > upper[1]];
        sides
            .into_iter()
            .fold(0_u8, |bits, is_beyond| bits << 1 | u8::from(is_beyond))
    };
    let mut kept = Ring::with_capacity(ring.len());
    // Nothing precedes the first, so it is kept: the last is compared with it.
    let mut before = 0;
    for (here, after) in edges(ring) {
        let sides = beyond(&here);
        if before & sides & beyond(&after) == 0 {
            kept.push(here);
            before = sides;
        }
    }
    kept
}

/// Twice the signed area of a ring: positive where it runs counterclockwise.
pub(crate) fn doubled_area(ring: &[Position]) -> f64 {
    let Some(&origin) = ring.first() else {
        return 0.0;
    };
    let local = |p: &Position| [p[0] - origin[0], p[1] - origin[1]];
    edges(ring)
        .map(|(a, b)| {
            let ([ax, ay], [bx, by]) = (local(&a), local(&b));
            ax * by - bx * ay
        })
        .sum()
}

/// The edges of a ring, the closing one included.
pub(crate) fn edges(ring: &[Position]) -> impl Iterator<Item = (Position, Position)> {
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter().copied().zip(next.copied())
}

/// Removes vertices that lie on the straight line between their neighbours.
///
/// Only for areas that share no border with others, such as buffers: shared vertices would be lost.
pub(crate) fn straighten(region: &mut Region) {
    for ring in region.iter_mut().flatten() {
        let count = ring.len();
        if count < 4 {
            continue;
        }
        let mut kept: Ring = Vec::with_capacity(count);
        for i in 0..count {
            let before = kept.last().copied().unwrap_or(ring[count - 1]);
            let (here, after) = (ring[i], ring[(i + 1) % count]);
            let turn = robust::orient2d(coord(before), coord(here), coord(after));
            if turn != 0.0 {
                kept.push(here);
            }
        }
        if kept.len() >= 3 {
            *ring = kept;
        }
    }
}

/// A position as the robust predicates take it.
pub(crate) fn coord([x, y]: Position) -> robust::Coord<f64> {
    robust::Coord { x, y }
}

/// Removes rings that are narrower than `width` on average, `width_of` telling how wide one is.
///
/// Such a ring is what rounding leaves between borders that nearly coincide, not a shape that was meant.
pub(crate) fn drop_slivers(region: &mut Region, width: f64, width_of: impl Fn(&[Position]) -> f64) {
    region.retain_mut(|part| {
        let mut rings = std::mem::take(part).into_iter();
        let Some(outer) = rings.next().filter(|ring| width_of(ring) >= width) else {
            return false;
        };
        part.push(outer);
        part.extend(rings.filter(|ring| width_of(ring) >= width));
        true
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Ring {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    fn area(region: &Region) -> f64 {
        region
            .iter()
            .flatten()
            .map(|ring| doubled_area(ring) / 2.0)
            .sum()
    }

    #[test]
    fn winding_does_not_matter_to_a_repair() {
        let grid = Grid::covering(16.0);
        let mut hole = square(1.0, 1.0, 2.0);
        for _ in 0..2 {
            let region = grid.repair(&[square(0.0, 0.0, 4.0), hole.clone()]);
            assert_eq!(area(&region), 12.0);
            assert_eq!(region.len(), 1);
            hole.reverse();
        }
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let grid = Grid::covering(16.0);
        let region = grid.repair(&[vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]]);
        assert_eq!(region.len(), 2);
        assert_eq!(area(&region), 2.0);
    }

    #[test]
    fn what_lies_beyond_bounds_is_shortened_and_encloses_the_same_within() {
        // A spiral of two arms around the bounds, and bounds in which it lies whole or not at all.
        let arm = |radius: f64| {
            move |i: i32| {
                let (sine, cosine) = (f64::from(i) * 0.3).sin_cos();
                let radius = radius + f64::from(i) * 0.1;
                [radius * cosine, radius * sine]
            }
        };
        let ring: Ring = (0..70)
            .map(arm(1.0))
            .chain((0..70).rev().map(arm(1.5)))
            .collect();
        for (lower, upper) in [
            ([-1.2, -1.2], [1.2, 1.2]),
            ([2.0, -1.0], [4.0, 3.0]),
            ([-20.0, -20.0], [20.0, 20.0]),
            ([30.0, 30.0], [31.0, 31.0]),
        ] {
            let short = [shortened(&ring, &AABB::from_corners(lower, upper))];
            assert!(short[0].len() < ring.len() || lower[0] < -10.0);
            for (x, y) in (0..=20).flat_map(|x| (0..=20).map(move |y| (x, y))) {
                let at = |axis: usize, part: i32| {
                    lower[axis] + f64::from(part) / 20.0 * (upper[axis] - lower[axis])
                };
                let place = [at(0, x), at(1, y)];
                let locate = crate::point_in_polygon::locate;
                let whole = locate(std::slice::from_ref(&ring), place);
                assert_eq!(locate(&short, place), whole, "{place:?}");
            }
        }
    }

    #[test]
    fn vertices_come_back_bit_for_bit() {
        let grid = Grid::covering(1e7);
        let ring = vec![
            [0.1, 0.2],
            [1_234_567.891, 0.3],
            [1e6 / 3.0, 7_654_321.987_654_321],
        ];
        let region = grid.union(vec![vec![ring.clone()], vec![square(2e6, 2e6, 0.7)]]);
        for vertex in &ring {
            assert!(
                region.iter().flatten().flatten().any(|v| v == vertex),
                "{vertex:?} was lost"
            );
        }
    }

    #[test]
    fn a_union_of_many_pieces_equals_the_union_of_all() {
        let grid = Grid::covering(64.0);
        let pieces: Vec<Vec<Ring>> = (0..400)
            .map(|i| vec![square(f64::from(i % 20), f64::from(i / 20), 1.5)])
            .collect();
        let region = grid.union(pieces);
        assert_eq!(region.len(), 1);
        assert_eq!(area(&region), 20.5 * 20.5);
    }

    #[test]
    fn slivers_go_and_holes_stay() {
        let mut region = vec![
            vec![
                square(0.0, 0.0, 4.0),
                square(1.0, 1.0, 1.0),
                vec![[3.0, 1.0], [3.0, 2.0], [3.000_1, 1.0]],
            ],
            vec![vec![[9.0, 0.0], [9.000_1, 0.0], [9.0, 5.0]]],
        ];
        drop_slivers(&mut region, 0.01, |ring| {
            let perimeter: f64 = edges(ring)
                .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
                .sum();
            doubled_area(ring).abs() / perimeter
        });
        assert_eq!(region.len(), 1);
        assert_eq!(region[0].len(), 2);
    }
}
