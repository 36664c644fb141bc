//! Square and hexagonal bins.
//!
//! In a projected spatial reference bins are laid out in its plane, from its origin. Longitudes and latitudes, and Web
//! Mercator, which stretches, are first brought to Lambert's cylindrical equal-area projection of the WGS 84
//! ellipsoid (Snyder, "Map projections: a working manual", USGS 1987, equations 10-13 to 10-20), with its standard
//! parallel in the middle of the points. There bins have their true area everywhere and their true shape along that
//! parallel; they follow longitudes and latitudes, and are cut at the poles and at the antimeridian. Where the points lie on
//! both sides of the antimeridian the projection ends at Greenwich instead, and bins go on over the antimeridian.
//!
//! A point belongs to exactly one bin; on a border it is the one to the north or east. Hexagons lie on a flat side; their
//! size is the distance between the flat sides.

use crate::EngineError;
use crate::chart::Chart;
use crate::frame::Frame;
use crate::overlay::{Position, Region, Ring, doubled_area, edges};
use crate::spatial_reference::Coordinates;
use crate::units::metres;
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_types::{ParameterError, ParameterErrorKind};

/// The semi-major axis of WGS 84 in metres.
const A: f64 = 6_378_137.0;
/// The eccentricity of WGS 84.
const E: f64 = 0.081_819_190_842_621_49;
/// The greatest latitude of a standard parallel: nearer to a pole the projection has no width left.
const HIGHEST_PARALLEL: f64 = 80.0;

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
}

/// The plane on which bins are laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BinPlane {
    /// That of the data.
    Own,
    /// The equal-area projection, which begins in the west at a longitude.
    EqualArea { chart: Chart, scale: f64, west: f64 },
}

impl Bins {
    /// Bins of a size in metres for points.
    pub(crate) fn new<'a>(
        shape: BinShape,
        metres: f64,
        coordinates: Coordinates,
        points: impl Iterator<Item = &'a Position>,
    ) -> Self {
        let frame = Frame::around(coordinates, points.copied());
        let (plane, unit) = BinPlane::over(coordinates, frame);
        Self {
            shape,
            size: metres / unit,
            plane,
        }
    }

    /// The same bins where what lies on them begins elsewhere.
    pub(crate) fn seen_in(mut self, frame: Frame) -> Self {
        if let BinPlane::EqualArea { chart, west, .. } = &mut self.plane {
            *west = frame.west / chart.half_width() * 180.0;
        }
        self
    }

    /// Bins as a call asks for them; `task` is its name.
    pub(crate) fn read<'a>(
        task: &str,
        (bin_type, size, unit): (&BinType, f64, &DistanceUnits),
        coordinates: Coordinates,
        points: impl Iterator<Item = &'a Position>,
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
        let bins = Self::new(shape, metres, coordinates, points);
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
        self.plane.lay(point).map(|c| c / self.size)
    }

    /// The point at a place among square bins, counted in bins; what lies beyond the Earth is brought to its edge. Over the
    /// antimeridian its x goes on.
    pub(crate) fn corner(&self, place: Position) -> Position {
        self.plane.point(place.map(|c| c * self.size))
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

impl BinPlane {
    /// The plane for what lies in a frame, and the length of its unit in metres.
    pub(crate) fn over(coordinates: Coordinates, frame: Option<Frame>) -> (Self, f64) {
        let chart = match (coordinates, Chart::of(coordinates)) {
            (Coordinates::Plane(unit), _) => return (Self::Own, unit),
            (_, chart) => chart.unwrap_or(Chart::Degrees),
        };
        let (west, middle) = frame.map_or((-180.0, 0.0), |frame| {
            let [south, north] = frame.corners.map(|corner| chart.degrees(corner)[1]);
            let west = frame.west / chart.half_width() * 180.0;
            (west, f64::midpoint(south, north))
        });
        let parallel = middle
            .clamp(-HIGHEST_PARALLEL, HIGHEST_PARALLEL)
            .to_radians();
        let scale = parallel.cos() / (1.0 - (E * parallel.sin()).powi(2)).sqrt();
        (Self::EqualArea { chart, scale, west }, 1.0)
    }

    /// From the data's own coordinates to the plane.
    pub(crate) fn lay(self, point: Position) -> Position {
        match self {
            Self::Own => point,
            Self::EqualArea { chart, scale, west } => {
                let [lon, lat] = Chart::Degrees.eastwards(west, chart.degrees(point));
                [
                    lon / 180.0 * half_width(scale),
                    authalic(lat.to_radians().sin()) * A / (2.0 * scale),
                ]
            }
        }
    }

    /// A place in the plane; one on its eastern edge as it lies on its western.
    fn eastern(self, [x, y]: Position) -> Position {
        match self {
            Self::EqualArea { scale, west, .. } => {
                let [first, last] = [west, west + 360.0].map(|lon| lon / 180.0 * half_width(scale));
                [if x >= last { first } else { x }, y]
            }
            Self::Own => [x, y],
        }
    }

    /// A ring in the data's own coordinates, cut where the Earth and the chart end.
    pub(crate) fn lift(self, ring: Ring) -> Vec<Ring> {
        let Self::EqualArea { scale, west, .. } = self else {
            return vec![ring];
        };
        let [first, last] = [west, west + 360.0].map(|lon| lon / 180.0 * half_width(scale));
        let top = half_height(scale);
        let ring = [
            (0, first, 1.0),
            (0, last, -1.0),
            (1, -top, 1.0),
            (1, top, -1.0),
        ]
        .into_iter()
        .fold(ring, |ring, (axis, bound, inner)| {
            clip(&ring, axis, bound, inner)
        });
        self.pieces(ring.into_iter().map(|place| self.point(place)).collect())
    }

    /// A ring of points in pieces within the chart, those that have an area.
    fn pieces(self, ring: Ring) -> Vec<Ring> {
        let mut pieces = match self {
            Self::Own => return vec![ring],
            Self::EqualArea { chart, .. } => chart.draw_flat(&ring),
        };
        pieces.retain(|piece| doubled_area(piece) != 0.0);
        pieces
    }

    /// The point at a place of the plane, or of its edge; over the antimeridian its x goes on.
    fn point(self, [x, y]: Position) -> Position {
        let Self::EqualArea { chart, scale, west } = self else {
            return [x, y];
        };
        let part = (x / half_width(scale)).clamp(west / 180.0, west / 180.0 + 2.0);
        let degrees = [part * 180.0, latitude(y / half_height(scale))];
        chart.plot(degrees)
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

fn half_height(scale: f64) -> f64 {
    authalic(1.0) * A / (2.0 * scale)
}

fn half_width(scale: f64) -> f64 {
    A * scale * std::f64::consts::PI
}

/// Snyder's q of the sine of a latitude: twice the area from the equator, by longitude, over the square of the axis.
pub(crate) fn authalic(sine: f64) -> f64 {
    let es = E * sine;
    (1.0 - E * E) * (sine / (1.0 - es * es) + es.atanh() / E)
}

/// The latitude in degrees at which this part of the area from the equator to the pole is reached.
fn latitude(part: f64) -> f64 {
    if part.abs() >= 1.0 {
        return 90f64.copysign(part);
    }
    // Newton's method on the sine, which unlike the latitude is well behaved at the poles.
    let wanted = part * authalic(1.0);
    let mut sine = part;
    for _ in 0..8 {
        let slope = 2.0 * (1.0 - E * E) / (1.0 - (E * sine).powi(2)).powi(2);
        sine = (sine - (authalic(sine) - wanted) / slope).clamp(-1.0, 1.0);
    }
    sine.asin().to_degrees()
}

/// The part of a convex ring on the inner side of a bound, where an axis runs on or back (Sutherland and Hodgman).
fn clip(ring: &[Position], axis: usize, bound: f64, inner: f64) -> Ring {
    let inside = |p: Position| inner * (p[axis] - bound) >= 0.0;
    let mut out = Ring::with_capacity(ring.len() + 2);
    for (a, b) in edges(ring) {
        if inside(a) != inside(b) {
            let t = (bound - a[axis]) / (b[axis] - a[axis]);
            let mut on = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
            on[axis] = bound;
            out.push(on);
        }
        if inside(b) {
            out.push(b);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
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
            [[13.4, 52.5]].iter(),
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
                let bins = Bins::new(shape, 20e3, coordinates, places.iter());
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
    fn latitude_is_the_inverse_of_area() {
        for lat in [-90.0, -89.999, -45.0, 0.0, 1e-9, 60.0, 89.9] {
            let there = latitude(authalic(f64::to_radians(lat).sin()) / authalic(1.0));
            assert!((there - lat).abs() < 1e-9, "{lat} became {there}");
        }
    }

    #[test]
    fn neighbouring_hexagons_share_corners() {
        let bins = Bins::new(BinShape::Hexagon, 1.7, Coordinates::Plane(1.0), [].iter());
        let [a, b] = [(3, 5), (4, 6)].map(|bin| bins.region(bin).concat().concat());
        assert_eq!(a.iter().filter(|corner| b.contains(corner)).count(), 2);
    }

    #[test]
    fn a_border_belongs_to_the_north_and_the_east() {
        let bins = Bins::new(BinShape::Square, 2.0, Coordinates::Plane(1.0), [].iter());
        assert_eq!(bins.of([4.0, 2.0]), (2, 1));
        assert_eq!(
            bins.cover([[0.5, 0.5], [3.0, 1.9]].iter()),
            [(0, 0), (1, 0)]
        );
    }
}
