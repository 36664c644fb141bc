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
