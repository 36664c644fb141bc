//! Square and hexagonal bins.
//!
//! In a projected spatial reference bins are laid out in its plane, from its origin. Longitudes and latitudes, and Web
//! Mercator, which stretches, are first brought to Lambert's cylindrical equal-area projection of the WGS 84
//! ellipsoid (Snyder, "Map projections: a working manual", USGS 1987, equations 10-13 to 10-20), with its standard
//! parallel in the middle of the points. There bins have their true area everywhere and their true shape along that
//! parallel; they follow longitudes and latitudes, and are cut at the poles and at the antimeridian. Where what is to be
//! binned lies on both sides of the antimeridian the projection ends in the middle of the widest gap of longitudes
//! instead (`frame`), and bins go on over the antimeridian.
//!
//! A point belongs to exactly one bin; on a border it is the one to the north or east. Hexagons lie on a flat side; their
//! size is the distance between the flat sides.

mod plane;

use crate::EngineError;
use crate::frame::Frame;
use crate::overlay::{Position, Region, Ring, edges};
use crate::spatial_reference::Coordinates;
use crate::units::metres;
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_types::{ParameterError, ParameterErrorKind};
pub(crate) use plane::{BinPlane, authalic};

/// More bins than this are refused: they would fill the memory long before they help anyone.
pub(crate) const MOST_BINS: f64 = 1e6;

/// The shape of bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinShape {
    Square,
    Hexagon,
}

/// A bin: its column, then its row.
pub(crate) type Bin = (i64, i64);

/// Bins over a plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bins {
    shape: BinShape,
    /// In the plane's unit.
    size: f64,
    plane: BinPlane,
    /// Where the corners of a surface are counted from.
    origin: Position,
}

impl Bins {
    /// Bins of a size in metres for what lies in a frame.
    pub(crate) fn new(
        shape: BinShape,
        metres: f64,
        coordinates: Coordinates,
        frame: Option<Frame>,
    ) -> Self {
        let (plane, unit) = BinPlane::over(coordinates, frame);
        Self {
            shape,
            size: metres / unit,
            plane,
            origin: [0.0; 2],
        }
    }

    /// The size in the plane's unit.
    pub(crate) fn size(&self) -> f64 {
        self.size
    }

    /// Square bins whose corners are counted from a place of the plane, instead of from its origin.
    pub(crate) fn counted_from(mut self, origin: Position) -> Self {
        self.origin = origin;
        self
    }

    /// The same bins where what lies on them begins elsewhere.
    pub(crate) fn seen_in(mut self, frame: Frame) -> Self {
        if let BinPlane::EqualArea { chart, west, .. } = &mut self.plane {
            *west = frame.west / chart.half_width() * 180.0;
        }
        self
    }

    /// Bins as a call asks for them; `task` is its name.
    pub(crate) fn read(
        task: &str,
        (bin_type, size, unit): (&BinType, f64, &DistanceUnits),
        coordinates: Coordinates,
        frame: Option<Frame>,
    ) -> Result<Self, EngineError> {
        let refuse = |param: &str, kind, problem: &str| {
            Err(EngineError::from(ParameterError::new(
                kind,
                task,
                [param],
                problem,
            )))
        };
        let shape = match bin_type {
            BinType::Square => BinShape::Square,
            BinType::Hexagon => BinShape::Hexagon,
            _ => {
                return refuse(
                    "binType",
                    ParameterErrorKind::NotAChoice,
                    "must be Square or Hexagon",
                );
            }
        };
        let metres = size * metres(task, "binSizeUnit", unit)?;
        if !(metres.is_finite() && metres > 0.0) {
            return refuse(
                "binSize",
                ParameterErrorKind::OutOfRange,
                "must be a number greater than 0",
            );
        }
        let bins = Self::new(shape, metres, coordinates, frame);
        // With smaller ones, whole numbers could not count those of the farthest coordinates.
        if bins.size < 1e-6 {
            let problem = "is so small that the bins cannot be counted; give a micrometre at least";
            return refuse("binSize", ParameterErrorKind::OutOfRange, problem);
        }
        Ok(bins)
    }

    /// The bin of a point.
    pub(crate) fn of(&self, point: Position) -> Bin {
        self.at(self.plane.eastern(self.plane.lay(point)))
    }

    /// Where a point lies among square bins, counted in bins: their corners are at whole numbers.
    pub(crate) fn lattice(&self, point: Position) -> Position {
        let place = self.plane.lay(point);
        [0, 1].map(|i| (place[i] - self.origin[i]) / self.size)
    }

    /// The point at a place among square bins, counted in bins; what lies beyond the Earth is brought to its edge. Over the
    /// antimeridian its x goes on.
    pub(crate) fn corner(&self, place: Position) -> Position {
        self.plane
            .point([0, 1].map(|i| self.origin[i] + place[i] * self.size))
    }

    /// A ring of such points in pieces within the chart.
    pub(crate) fn pieces(&self, ring: Ring) -> Vec<Ring> {
        self.plane.pieces(ring)
    }

    /// Such a point within the chart.
    pub(crate) fn on_chart(&self, point: Position) -> Position {
        match self.plane {
            BinPlane::Own => point,
            BinPlane::EqualArea { chart, .. } => chart.wrap(point),
        }
    }

    /// How many bins the rectangle around points meets; of hexagons some more.
    pub(crate) fn count<'a>(&self, points: impl Iterator<Item = &'a Position>) -> f64 {
        self.span(points).map_or(0.0, |(first, last, _)| {
            ((last.0 - first.0 + 1) as f64) * ((last.1 - first.1 + 1) as f64)
        })
    }

    /// The bins that the rectangle around points meets, by column, then by row.
    pub(crate) fn cover<'a>(&self, points: impl Iterator<Item = &'a Position>) -> Vec<Bin> {
        let Some((first, last, [low, high])) = self.span(points) else {
            return Vec::new();
        };
        let bins =
            (first.0..=last.0).flat_map(|column| (first.1..=last.1).map(move |row| (column, row)));
        if self.shape == BinShape::Square {
            return bins.collect();
        }
        // A border belongs to the north and the east: by a hair those bins have a part of a wider rectangle, and others
        // no more than half of that.
        let hair = 1e-9 * self.size;
        let rectangle = [low, high.map(|c| c + hair)];
        bins.filter(|bin| overlap(&self.corners(*bin), rectangle) > 0.6 * hair)
            .collect()
    }

    /// The first and the last column and row that the rectangle around points may meet, and this rectangle in the plane.
    fn span<'a>(
        &self,
        points: impl Iterator<Item = &'a Position>,
    ) -> Option<(Bin, Bin, [Position; 2])> {
        let laid = points.map(|point| self.plane.lay(*point));
        let [low, high] = laid.fold(None, |box_: Option<[Position; 2]>, place| {
            let [low, high] = box_.unwrap_or([place; 2]);
            Some([
                [low[0].min(place[0]), low[1].min(place[1])],
                [high[0].max(place[0]), high[1].max(place[1])],
            ])
        })?;
        let [first, last] = [low, high].map(|corner| self.at(corner));
        Some(match self.shape {
            BinShape::Square => (first, last, [low, high]),
            // From column to column hexagons rise and fall by half of their height.
            BinShape::Hexagon => (
                (first.0 - 1, first.1 - 1),
                (last.0 + 1, last.1 + 1),
                [low, high],
            ),
        })
    }

    /// A bin in the data's own coordinates, in pieces where its chart ends; nothing where it lies beyond the Earth.
    pub(crate) fn region(&self, bin: Bin) -> Region {
        let pieces = self.plane.lift(self.corners(bin)).into_iter();
        pieces.map(|piece| vec![piece]).collect()
    }

    /// The corners of a bin in the plane, counterclockwise.
    fn corners(&self, (column, row): Bin) -> Ring {
        match self.shape {
            BinShape::Square => [(0, 0), (1, 0), (1, 1), (0, 1)]
                .map(|(x, y)| {
                    [
                        (column + x) as f64 * self.size,
                        (row + y) as f64 * self.size,
                    ]
                })
                .to_vec(),
            BinShape::Hexagon => {
                // Corners lie on a lattice of half sides and half heights, so neighbours share theirs bit for bit.
                let (half_side, half_height) = (self.size / 3f64.sqrt() / 2.0, self.size / 2.0);
                let (x, y) = (3 * column, 2 * row + column.rem_euclid(2));
                [(-1, -1), (1, -1), (2, 0), (1, 1), (-1, 1), (-2, 0)]
                    .map(|(dx, dy)| [(x + dx) as f64 * half_side, (y + dy) as f64 * half_height])
                    .to_vec()
            }
        }
    }

    /// The bin at a place of the plane.
    fn at(&self, [x, y]: Position) -> Bin {
        match self.shape {
            BinShape::Square => (
                (x / self.size).floor() as i64,
                (y / self.size).floor() as i64,
            ),
            BinShape::Hexagon => {
                let (width, height) = (self.size * 3f64.sqrt() / 2.0, self.size);
                let column = (x / width).floor() as i64;
                // The hexagon of a place is the one whose centre is nearest.
                let near = [column + 1, column].map(|column| {
                    let offset = 0.5 * column.rem_euclid(2) as f64;
                    let row = (y / height - offset + 0.5).floor();
                    let (dx, dy) = (x - column as f64 * width, y - (row + offset) * height);
                    (dx * dx + dy * dy, (column, row as i64))
                });
                if near[0].0 <= near[1].0 {
                    near[0].1
                } else {
                    near[1].1
                }
            }
        }
    }
}

/// How far a convex ring and a rectangle reach into each other along the line on which that is least (theorem of
/// separating axes); less than 0 where they are apart.
pub(crate) fn overlap(ring: &[Position], [low, high]: [Position; 2]) -> f64 {
    let rectangle = [low, [high[0], low[1]], high, [low[0], high[1]]];
    let span = |corners: &[Position], [x, y]: Position| {
        corners
            .iter()
            .map(|p| p[0] * x + p[1] * y)
            .fold((f64::MAX, f64::MIN), |(a, b), d| (a.min(d), b.max(d)))
    };
    let normals = edges(ring).map(|(a, b)| {
        let [x, y] = [b[0] - a[0], b[1] - a[1]];
        let length = x.hypot(y);
        [y / length, -x / length]
    });
    [[1.0, 0.0], [0.0, 1.0]]
        .into_iter()
        .chain(normals)
        .map(|axis| {
            let ((a, b), (c, d)) = (span(ring, axis), span(&rectangle, axis));
            b.min(d) - a.max(c)
        })
        .fold(f64::MAX, f64::min)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::overlay::doubled_area;
    use crate::point_in_polygon::{Side, locate};
    use crate::spatial_reference::degrees_to_mercator;

    const PLACES: [Position; 5] = [
        [13.4, 52.5],
        [-71.1, 42.4],
        [179.99, -16.5],
        [-0.1, -0.1],
        [24.9, 88.0],
    ];

    #[test]
    fn the_projection_is_that_of_proj() {
        // pyproj 3.7.2: Proj("+proj=cea +ellps=WGS84 +lat_ts=52.5")(13.4, 50)
        let bins = Bins::new(
            BinShape::Square,
            1e3,
            Coordinates::Degrees,
            Frame::around_places(Coordinates::Degrees, [[13.4, 52.5]].into_iter()),
        );
        let [x, y] = bins.plane.lay([13.4, 50.0]);
        assert!(
            (x - PROJ[0]).abs() < 1e-6 && (y - PROJ[1]).abs() < 1e-6,
            "{x} {y}"
        );
    }

    const PROJ: Position = [909_997.127_858_911, 7_976_394.488_559_824];

    #[test]
    fn places_lie_in_their_bins() {
        for shape in [BinShape::Square, BinShape::Hexagon] {
            for coordinates in [
                Coordinates::Degrees,
                Coordinates::WebMercator,
                Coordinates::Plane(0.3048),
            ] {
                let places = PLACES.map(|p| match coordinates {
                    Coordinates::Degrees => p,
                    Coordinates::WebMercator => degrees_to_mercator(p),
                    Coordinates::Plane(_) => [p[0] * 1e4, p[1] * 1e5],
                });
                let frame = Frame::around_places(coordinates, places.into_iter());
                let bins = Bins::new(shape, 20e3, coordinates, frame);
                for place in places {
                    let rings = bins.region(bins.of(place)).concat();
                    assert!(rings.iter().all(|ring| doubled_area(ring) > 0.0));
                    assert_ne!(
                        locate(&rings, place),
                        Side::Outside,
                        "{shape:?} {coordinates:?} {place:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn neighbouring_hexagons_share_corners() {
        let bins = Bins::new(BinShape::Hexagon, 1.7, Coordinates::Plane(1.0), None);
        let [a, b] = [(3, 5), (4, 6)].map(|bin| bins.region(bin).concat().concat());
        assert_eq!(a.iter().filter(|corner| b.contains(corner)).count(), 2);
    }

    #[test]
    fn a_border_belongs_to_the_north_and_the_east() {
        let bins = Bins::new(BinShape::Square, 2.0, Coordinates::Plane(1.0), None);
        assert_eq!(bins.of([4.0, 2.0]), (2, 1));
        assert_eq!(
            bins.cover([[0.5, 0.5], [3.0, 1.9]].iter()),
            [(0, 0), (1, 0)]
        );
    }
}
