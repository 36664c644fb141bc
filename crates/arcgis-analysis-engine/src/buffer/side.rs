//! The part of a line's buffer that lies on one side of it.
//!
//! The two-sided buffer is cut along the line. A piece that touches only the wanted side of the line belongs to
//! the buffer, one that touches only the other does not. A piece that touches both, as around the end of a hook
//! that bends back on its own buffer, is reduced to the strips of the wanted side.

use super::Buffer;
use super::space::Space;
use super::strip::Sides;
use crate::overlay::{Position, Region};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::string::slice::IntSlice;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// How far, in steps of the grid, cutting may move an edge of the line.
const NEAR: f64 = 64.0;
/// How far the line is drawn out beyond its ends, in parts of the distance, so that it surely cuts the border there.
const BEYOND: f64 = 1e-6;

/// An edge of the line, in its direction.
type Edge = GeomWithData<Rectangle<[f64; 2]>, ([f64; 2], [f64; 2])>;

impl<S: Space> Buffer<'_, S> {
    /// The part of `full`, the two-sided buffer of a path, that lies on one side; `near` is the union of the strips of
    /// that side.
    pub(super) fn on_side(
        &self,
        path: &[Position],
        full: &Region,
        near: &Region,
        side: Sides,
    ) -> Region {
        let lines: Vec<Vec<IntPoint<i64>>> = self
            .space
            .draw_path(&self.drawn_out(path))
            .into_iter()
            .map(|line| line.into_iter().map(|p| self.grid.to_int(p)).collect())
            .collect();
        let rings: Vec<Vec<IntPoint<i64>>> = full
            .iter()
            .flatten()
            .map(|ring| ring.iter().map(|p| self.grid.to_int(*p)).collect())
            .collect();
        let faces = rings.slice_by_paths(&lines, FillRule::NonZero);
        let edges = RTree::bulk_load(
            lines
                .iter()
                .flat_map(|line| line.windows(2))
                .map(edge)
                .collect(),
        );

        let mut whole: Region = Vec::new();
        let mut mixed: Region = Vec::new();
        for face in faces {
            let (mut left, mut right) = (0.0, 0.0);
            for ring in &face {
                let next = ring.iter().skip(1).chain(ring.first());
                for (a, b) in ring.iter().zip(next) {
                    let along = along_line(&edges, float(*a), float(*b));
                    left += along.max(0.0);
                    right -= along.min(0.0);
                }
            }
            let (wanted, other) = if side == Sides::Left {
                (left, right)
            } else {
                (right, left)
            };
            let part = face
                .into_iter()
                .map(|ring| ring.into_iter().map(|p| self.grid.to_position(p)).collect())
                .collect();
            if wanted > 0.0 && other == 0.0 {
                whole.push(part);
            } else if wanted > 0.0 || other == 0.0 {
                // A face that touches neither side is one that the edge of the chart cuts off from the line.
                mixed.push(part);
            }
        }
        if !mixed.is_empty() {
            whole.extend(self.grid.intersection(&mixed, near));
        }
        self.grid.for_computed().union(whole)
    }

    /// The path with its edges as courses, drawn out a little beyond its ends.
    fn drawn_out(&self, path: &[Position]) -> Vec<Position> {
        let mut line = self.outline(path);
        line.extend(path.last());
        line.dedup();
        if self.is_closed(path) || line.len() < 2 {
            return line;
        }
        let beyond = self.distance * BEYOND;
        let start = self.space.course(line[1], line[0]);
        let end = self
            .space
            .course(line[line.len() - 2], line[line.len() - 1]);
        let before = self.space.travel(line[0], start.end, beyond).0;
        let after = self.space.travel(line[line.len() - 1], end.end, beyond).0;
        line.insert(0, before);
        line.push(after);
        line
    }
}

fn float(point: IntPoint<i64>) -> [f64; 2] {
    [point.x as f64, point.y as f64]
}

fn edge(ends: &[IntPoint<i64>]) -> Edge {
    let (a, b) = (float(ends[0]), float(ends[1]));
    Edge::new(Rectangle::from_corners(a, b), (a, b))
}

/// The length of a face's edge if it runs along the line, negative if against it, zero if elsewhere.
fn along_line(edges: &RTree<Edge>, a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
    let around = AABB::from_corners(middle.map(|c| c - NEAR), middle.map(|c| c + NEAR));
    let nearest = edges
        .locate_in_envelope_intersecting(&around)
        .map(|edge| edge.data)
        .filter(|(from, to)| [a, b].iter().all(|p| distance(*p, *from, *to) <= NEAR))
        .min_by(|x, y| distance(middle, x.0, x.1).total_cmp(&distance(middle, y.0, y.1)));
    nearest.map_or(0.0, |(from, to)| {
        let dot = (to[0] - from[0]) * dx + (to[1] - from[1]) * dy;
        dx.hypot(dy).copysign(dot)
    })
}

/// The distance of a point from an edge.
fn distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p[0] - a[0] - t * dx).hypot(p[1] - a[1] - t * dy)
}
