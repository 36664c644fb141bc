//! Buffers: the area within a distance of points, lines and polygons.
//!
//! # Method
//!
//! A buffer is the union of simple pieces: a disk around each point, a strip beside each edge, a sector on the
//! outer side of each bend and around each end, and a polygon's own area. In a plane the pieces have straight
//! sides. On the ellipsoid their sides are geodesics and curves of equal geodesic distance, found by Karney's
//! direct and inverse solutions, so that each vertex of an outline lies at the distance on the ellipsoid itself
//! and no projection comes between. Vertices are added until the straight edges on the chart (longitude and
//! latitude, or Web Mercator) stray from the true curve by less than a ten-thousandth of the distance.
//!
//! Edges of lines and polygons on the ellipsoid are geodesics. A polygon's buffer also holds the polygon as it
//! is drawn on the chart, so that it always contains its feature.

pub(crate) mod ellipsoid;
mod side;
pub(crate) mod space;
mod strip;

use crate::chart::Winding;
use crate::overlay::{Grid, Position, Region, Ring};
use space::Space;
use strip::{Pieces, Sides};

/// How far an edge of an outline may stray from the true outline, in parts of the distance.
const TOLERANCE: f64 = 1e-4;
/// What counts as no length, in metres or units of a plane.
const NO_LENGTH: f64 = 1e-9;

/// Which buffer of a line is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineStyle {
    /// Both sides, with half disks around the ends.
    Round,
    /// Both sides, cut straight at the ends.
    Flat,
    /// The left side, cut straight at the ends.
    Left,
    /// The right side, cut straight at the ends.
    Right,
}

/// Buffers on a surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer<'a, S> {
    pub(crate) space: &'a S,
    pub(crate) grid: Grid,
    /// The distance, in metres or the plane's units.
    pub(crate) distance: f64,
    /// The least deviation that matters, in the same unit; a millimetre.
    pub(crate) least: f64,
    /// Whether a disk covers more than half of the surface.
    pub(crate) wraps: bool,
}

impl<S: Space> Buffer<'_, S> {
    fn pieces(&self) -> Pieces<'_, S> {
        Pieces {
            space: self.space,
            distance: self.distance,
            tolerance: (self.distance * TOLERANCE).max(self.least),
        }
    }

    /// The area within the distance of points.
    pub(crate) fn points(&self, points: &[Position]) -> Region {
        let pieces = self.pieces();
        let winding = if self.wraps {
            Winding::Wrapping
        } else {
            Winding::Piece
        };
        let disk = |point: &Position| {
            // Each by itself: together they would be a path.
            let place = self.space.survey(std::slice::from_ref(point));
            place
                .into_iter()
                .flat_map(|place| self.space.draw(&pieces.disk(place), winding))
                .collect()
        };
        let disks = points.iter().map(disk).collect();
        self.grid.for_computed().union(disks)
    }

    /// The area within the distance of paths.
    pub(crate) fn line(&self, paths: &[Vec<Position>], style: LineStyle) -> Region {
        let regions: Vec<Region> = paths
            .iter()
            .map(|path| self.path(&self.space.survey(path), style))
            .collect();
        match <[Region; 1]>::try_from(regions) {
            Ok([region]) => region,
            Err(regions) => self
                .grid
                .union(regions.into_iter().map(|r| r.concat()).collect()),
        }
    }

    /// The area within the distance of a polygon, which is a valid area on the chart.
    pub(crate) fn polygon(&self, polygon: &Region) -> Region {
        let pieces = self.pieces();
        let mut all: Vec<Vec<Ring>> = Vec::new();
        for part in polygon {
            all.push(
                part.iter()
                    .flat_map(|ring| self.space.draw_flat(ring))
                    .collect(),
            );
            let mut body = Vec::new();
            for ring in part {
                let mut path = ring.clone();
                path.extend(ring.first());
                let surveyed = self.space.survey(&path);
                body.extend(self.space.draw(&self.outline(&surveyed), Winding::Kept));
                // The interior lies to the left of outer rings and of holes alike.
                all.extend(self.edges(&pieces, &surveyed, Sides::Right));
            }
            all.push(body);
        }
        self.grid.for_computed().union(all)
    }

    /// A closed path with its edges as courses, its first position not repeated.
    fn outline(&self, path: &[Position]) -> Vec<Position> {
        let pieces = self.pieces();
        let mut out = Vec::with_capacity(path.len());
        for edge in path.windows(2) {
            out.push(edge[0]);
            if self.space.course(edge[0], edge[1]).length > NO_LENGTH {
                let along = pieces.along(edge[0], edge[1]);
                out.extend(&along[1..along.len() - 1]);
            }
        }
        out
    }

    /// The area within the distance of one path on the surface.
    fn path(&self, path: &[Position], style: LineStyle) -> Region {
        let pieces = self.pieces();
        let sides = match style {
            LineStyle::Round | LineStyle::Flat => Sides::Both,
            LineStyle::Left => Sides::Left,
            LineStyle::Right => Sides::Right,
        };
        let mut all = self.edges(&pieces, path, Sides::Both);
        if all.is_empty() {
            // A path without length is a point; cut straight, nothing is left of it.
            return match (path.first(), style) {
                (Some(point), LineStyle::Round) => self
                    .grid
                    .union(vec![self.space.draw(&pieces.disk(*point), Winding::Piece)]),
                _ => Region::new(),
            };
        }
        if style == LineStyle::Round && !self.is_closed(path) {
            all.extend(self.caps(&pieces, path));
        }
        let full = self.grid.for_computed().union(all);
        if sides == Sides::Both {
            return full;
        }
        let near = self
            .grid
            .for_computed()
            .union(self.edges(&pieces, path, sides));
        self.on_side(path, &full, &near, sides)
    }

    fn is_closed(&self, path: &[Position]) -> bool {
        path.len() > 2 && self.space.course(path[0], path[path.len() - 1]).length <= NO_LENGTH
    }

    /// The strips and joints of a path; a closed one has a joint where it closes, too.
    fn edges(&self, pieces: &Pieces<'_, S>, path: &[Position], sides: Sides) -> Vec<Vec<Ring>> {
        let mut all = Vec::new();
        let mut draw = |ring: Vec<Position>| all.push(self.space.draw(&ring, Winding::Piece));
        let mut first = None;
        let mut arrived: Option<(Position, f64)> = None;
        for &there in path {
            let Some((here, arrive)) = arrived else {
                arrived = Some((there, f64::NAN));
                continue;
            };
            let course = self.space.course(here, there);
            if course.length <= NO_LENGTH {
                continue;
            }
            draw(pieces.strip(here, there, sides));
            match first {
                None => first = Some((here, course.start)),
                Some(_) => {
                    if let Some(joint) = pieces.joint(here, arrive, course.start, sides) {
                        draw(joint);
                    }
                }
            }
            arrived = Some((there, course.end));
        }
        if let (Some((start, leave)), Some((end, arrive))) = (first, arrived)
            && path.len() > 2
            && self.space.course(end, start).length <= NO_LENGTH
            && let Some(joint) = pieces.joint(start, arrive, leave, sides)
        {
            draw(joint);
        }
        all
    }

    /// The half disks around the ends of a path.
    fn caps(&self, pieces: &Pieces<'_, S>, path: &[Position]) -> Vec<Vec<Ring>> {
        let mut edges = path.windows(2).filter_map(|edge| {
            let course = self.space.course(edge[0], edge[1]);
            (course.length > NO_LENGTH).then_some((edge[0], edge[1], course))
        });
        let Some(first) = edges.next() else {
            return Vec::new();
        };
        let last = edges.next_back().unwrap_or(first);
        [
            pieces.cap_start(first.0, first.2.start),
            pieces.cap_end(last.1, last.2.end),
        ]
        .iter()
        .map(|cap| self.space.draw(cap, Winding::Piece))
        .collect()
    }
}
