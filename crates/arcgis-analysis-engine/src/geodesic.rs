//! Geodesics on the WGS 84 ellipsoid.
//!
//! Direct and inverse problem after C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87 (2013),
//! by the crate `geographiclib-rs`; errors are nanometres. Data on another datum are treated as if on WGS 84:
//! the ellipsoids of common datums differ by less than 2 parts in 100,000, and so do lengths.

use crate::overlay::Position;
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use std::sync::LazyLock;

/// The semi-major axis in metres.
pub(crate) const A: f64 = 6_378_137.0;
/// The flattening.
const F: f64 = 1.0 / 298.257_223_563;

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Where one gets from a longitude and latitude by an azimuth in degrees and a length in metres, and the
/// azimuth on arrival.
pub(crate) fn direct(from: Position, azimuth: f64, length: f64) -> (Position, f64) {
    let (lat, lon, azimuth): (f64, f64, f64) = WGS84.direct(from[1], from[0], azimuth, length);
    ([lon, lat], azimuth)
}

/// The length in metres of the shortest way, the azimuth in degrees at its start and that at its end.
pub(crate) fn inverse(from: Position, to: Position) -> (f64, f64, f64) {
    let (length, start, end, _arc): (f64, f64, f64, f64) =
        WGS84.inverse(from[1], from[0], to[1], to[0]);
    (length, start, end)
}

/// The place of a geodesic that is nearest to another place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Foot {
    pub(crate) distance: f64,
    pub(crate) on: On,
}

/// Where on a geodesic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum On {
    Start,
    End,
    /// At a longitude and latitude between them.
    Between(Position),
}

/// Beyond this length in metres, and within this distance of a quarter of the way around the Earth, an edge is looked at in
/// parts: along shorter and nearer ones the distance has a single least.
const LONG: f64 = 5e6;
const QUARTER: std::ops::Range<f64> = 9.7e6..10.3e6;
const PARTS: u32 = 16;
/// The foot is found to this length in metres, so that the distance is right to the square of it over twice the distance.
const FOUND: f64 = 1e-5;

/// The place on the geodesic from `a` to `b` that is nearest to `p`.
///
/// The distance falls along the geodesic by the cosine of the angle between its direction and that to `p`, so that the foot
/// is where this changes its sign. It is sought there by the right-angled triangle of the sphere, and by halves where that
/// leads astray, as it does near the quarter of the way around the Earth, at which all places of an edge are about as far.
pub(crate) fn nearest_on(a: Position, b: Position, p: Position) -> Foot {
    let ends = [(On::Start, a), (On::End, b)].map(|(on, end)| Foot {
        distance: inverse(end, p).0,
        on,
    });
    let [start, end] = ends;
    let mut best = if end.distance < start.distance {
        end
    } else {
        start
    };
    let (length, azimuth, _) = inverse(a, b);
    if length == 0.0 {
        return best;
    }
    let look = |along: f64| {
        let (here, bearing) = direct(a, azimuth, along);
        let (distance, to_p, _) = inverse(here, p);
        (here, distance, (to_p - bearing).to_radians().cos())
    };
    let is_plain = length < LONG && !ends.iter().any(|end| QUARTER.contains(&end.distance));
    let parts = if is_plain { 1 } else { PARTS };
    let mark = |part: u32| length * f64::from(part) / f64::from(parts);
    let mut nears = look(0.0).2 > 0.0;
    for part in 0..parts {
        let nears_still = look(mark(part + 1)).2 > 0.0;
        if nears && !nears_still {
            let (place, distance) = foot(mark(part), mark(part + 1), look);
            if distance < best.distance {
                let on = On::Between(place);
                best = Foot { distance, on };
            }
        }
        nears = nears_still;
    }
    best
}

/// The place between two, where one nears something at the first and leaves it at the second, at which it is nearest.
fn foot(
    mut near: f64,
    mut far: f64,
    look: impl Fn(f64) -> (Position, f64, f64),
) -> (Position, f64) {
    let (mut along, mut moved) = (near, far - near);
    loop {
        let (place, distance, cosine) = look(along);
        let arc = distance / A;
        let step = A * (arc.sin() * cosine).atan2(arc.cos());
        if step.abs() < FOUND || far - near < FOUND {
            return (place, distance);
        }
        if cosine > 0.0 {
            near = along;
        } else {
            far = along;
        }
        let mut next = along + step;
        // Every step is at most half of the last, or halves what is left.
        if next <= near || next >= far || step.abs() > moved / 2.0 {
            next = f64::midpoint(near, far);
        }
        moved = (next - along).abs();
        along = next;
    }
}

/// The difference of two longitudes, between -180 and 180.
pub(crate) fn east_of(from: f64, to: f64) -> f64 {
    let east = (to - from) % 360.0;
    match east {
        _ if east > 180.0 => east - 360.0,
        _ if east < -180.0 => east + 360.0,
        _ => east,
    }
}

/// Metres per degree of longitude and of latitude at a latitude.
pub(crate) fn metres_per_degree(lat: f64) -> (f64, f64) {
    let (sine, cosine) = lat.to_radians().sin_cos();
    let e2 = F * (2.0 - F);
    let w = (1.0 - e2 * sine * sine).sqrt();
    let prime_vertical = A / w;
    let meridian = A * (1.0 - e2) / (w * w * w);
    (
        (prime_vertical * cosine).to_radians(),
        meridian.to_radians(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_differ_by_the_shorter_way() {
        assert_eq!(east_of(179.0, -179.0), 2.0);
        assert_eq!(east_of(-179.0, 179.0), -2.0);
        assert_eq!(east_of(-170.0, 10.0), 180.0);
        assert_eq!(east_of(10.0, 10.0), 0.0);
    }

    #[test]
    fn degrees_have_the_length_of_short_geodesics() {
        for lat in [0.0, 30.0, -64.0, 78.0, 89.0] {
            let (lon_metres, lat_metres) = metres_per_degree(lat);
            let (east, ..) = inverse([10.0, lat], [10.001, lat]);
            let (north, ..) = inverse([10.0, lat - 0.000_5], [10.0, lat + 0.000_5]);
            assert!((east / (lon_metres * 0.001) - 1.0).abs() < 1e-8, "{lat}");
            assert!((north / (lat_metres * 0.001) - 1.0).abs() < 1e-8, "{lat}");
        }
    }
}
