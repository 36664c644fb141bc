//! Moves vertices onto the geometries of another layer that are within a tolerance of them.

use super::lines::Edges;
use super::{Grid, Position};
use crate::prepared::{Prepared, Solid};
use rstar::RTree;

/// What vertices are moved to.
#[derive(Debug)]
pub(crate) struct Target {
    edges: Edges,
    vertices: RTree<Position>,
    tolerance: f64,
}

impl Target {
    /// The vertices and edges of a layer.
    pub(crate) fn new(layer: &Prepared, tolerance: f64) -> Self {
        let lines: Vec<_> = layer.solids.iter().flat_map(Solid::lines).collect();
        let vertices = layer.solids.iter().flat_map(Solid::positions).copied();
        Self {
            edges: Edges::new(&lines),
            vertices: RTree::bulk_load(vertices.collect()),
            tolerance,
        }
    }

    /// A geometry with its vertices moved to the nearest vertex or else edge within the tolerance, and with the
    /// vertices that lie within the tolerance of its edges set into them.
    pub(crate) fn snap(&self, solid: &Solid, grid: Grid) -> Solid {
        match solid {
            Solid::Points(points) => Solid::Points(points.iter().map(|p| self.place(*p)).collect()),
            Solid::Paths(paths) => {
                let paths = paths.iter().map(|path| self.line(path));
                let paths: Vec<_> = paths.filter(|path| path.len() > 1).collect();
                if paths.is_empty() {
                    Solid::Nothing
                } else {
                    Solid::Paths(paths)
                }
            }
            Solid::Area(_) => {
                let rings: Vec<_> = solid
                    .lines()
                    .iter()
                    .map(|ring| {
                        let mut ring = self.line(ring);
                        ring.pop();
                        ring
                    })
                    .collect();
                let region = grid.repair(&rings);
                if region.is_empty() {
                    Solid::Nothing
                } else {
                    Solid::Area(region)
                }
            }
            Solid::Nothing => Solid::Nothing,
        }
    }

    fn place(&self, from: Position) -> Position {
        let within = self.tolerance * self.tolerance;
        if let Some(vertex) = self.vertices.nearest_neighbor(&from)
            && squared(*vertex, from) <= within
        {
            return *vertex;
        }
        let feet = self
            .edges
            .around(from, self.tolerance)
            .map(|(a, b)| foot(a, b, from).1);
        feet.filter(|foot| squared(*foot, from) <= within)
            .min_by(|p, q| squared(*p, from).total_cmp(&squared(*q, from)))
            .unwrap_or(from)
    }

    fn line(&self, line: &[Position]) -> Vec<Position> {
        let mut out: Vec<Position> = Vec::with_capacity(line.len());
        let moved: Vec<Position> = line.iter().map(|p| self.place(*p)).collect();
        for edge in moved.windows(2) {
            let (a, b) = (edge[0], edge[1]);
            out.push(a);
            let around = rstar::AABB::from_corners(
                [0, 1].map(|i| a[i].min(b[i]) - self.tolerance),
                [0, 1].map(|i| a[i].max(b[i]) + self.tolerance),
            );
            let mut between: Vec<(f64, Position)> = self
                .vertices
                .locate_in_envelope(&around)
                .map(|vertex| (foot(a, b, *vertex), *vertex))
                .filter(|((t, foot), vertex)| {
                    *t > 0.0
                        && *t < 1.0
                        && squared(*foot, *vertex) <= self.tolerance * self.tolerance
                })
                .map(|((t, _), vertex)| (t, vertex))
                .collect();
            between.sort_by(|p, q| {
                p.0.total_cmp(&q.0)
                    .then(p.1[0].total_cmp(&q.1[0]))
                    .then(p.1[1].total_cmp(&q.1[1]))
            });
            out.extend(between.into_iter().map(|(_, vertex)| vertex));
        }
        out.extend(moved.last());
        out.dedup();
        out
    }
}

/// The position on an edge that is nearest to another, and how far along the edge it is.
pub(crate) fn foot(a: Position, b: Position, p: Position) -> (f64, Position) {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let length = dx * dx + dy * dy;
    if length == 0.0 {
        return (0.0, a);
    }
    let t = (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length).clamp(0.0, 1.0);
    (t, [a[0] + t * dx, a[1] + t * dy])
}

pub(crate) fn squared(a: Position, b: Position) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}
