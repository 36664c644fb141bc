//! The plane on which bins are laid out: that of the data, or Lambert's cylindrical equal-area projection.

use crate::chart::Chart;
use crate::frame::Frame;
use crate::overlay::{Position, Ring, doubled_area, edges};
use crate::spatial_reference::Coordinates;

/// The semi-major axis of WGS 84 in metres.
const A: f64 = 6_378_137.0;
/// The eccentricity of WGS 84.
const E: f64 = 0.081_819_190_842_621_49;
/// The greatest latitude of a standard parallel: nearer to a pole the projection has no width left.
const HIGHEST_PARALLEL: f64 = 80.0;

/// The plane on which bins are laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BinPlane {
    /// That of the data.
    Own,
    /// The equal-area projection, which begins in the west at a longitude.
    EqualArea { chart: Chart, scale: f64, west: f64 },
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
    pub(super) fn eastern(self, [x, y]: Position) -> Position {
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
    pub(super) fn pieces(self, ring: Ring) -> Vec<Ring> {
        let mut pieces = match self {
            Self::Own => return vec![ring],
            Self::EqualArea { chart, .. } => chart.draw_flat(&ring),
        };
        pieces.retain(|piece| doubled_area(piece) != 0.0);
        pieces
    }

    /// The point at a place of the plane, or of its edge; over the antimeridian its x goes on.
    pub(super) fn point(self, [x, y]: Position) -> Position {
        let Self::EqualArea { chart, scale, west } = self else {
            return [x, y];
        };
        let part = (x / half_width(scale)).clamp(west / 180.0, west / 180.0 + 2.0);
        let degrees = [part * 180.0, latitude(y / half_height(scale))];
        chart.plot(degrees)
    }
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
mod tests {
    use super::*;

    #[test]
    fn latitude_is_the_inverse_of_area() {
        for lat in [-90.0, -89.999, -45.0, 0.0, 1e-9, 60.0, 89.9] {
            let there = latitude(authalic(f64::to_radians(lat).sin()) / authalic(1.0));
            assert!((there - lat).abs() < 1e-9, "{lat} became {there}");
        }
    }
}
