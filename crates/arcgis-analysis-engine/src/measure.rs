//! How large, how long and how wide geometries are on the ground.
//!
//! Areas and lengths are those of what is drawn on the chart, on the WGS 84 ellipsoid: edges are straight in longitude and
//! latitude or in Web Mercator, so that the parts of a feature sum up to the whole, wherever it was cut. They are
//! integrated along each edge by Gauss and Legendre's rule with three places, in steps of at most 2 degrees, which leaves
//! a relative error of 1e-10. Areas are the integral of Snyder's authalic height ("Map projections: a working manual",
//! USGS 1987, equation 3-12). In other projections both are those of the plane.
//!
//! Widths are rough: enough to tell slivers from shapes.

use crate::bins::authalic;
use crate::geodesic::{A, metres_per_degree};
use crate::overlay::{Position, Region, doubled_area, drop_slivers, edges};
use crate::spatial_reference::{Coordinates, MERCATOR_HALF_WIDTH, mercator_to_degrees};
use crate::statistics::Sum;

/// What is narrower than this, in metres, is rounding: it is ArcGIS's own tolerance for coordinates.
pub(crate) const TOLERANCE: f64 = 0.001;

impl Coordinates {
    /// Metres per unit of x and y at a position.
    fn metres_per_unit(self, at: Position) -> (f64, f64) {
        match self {
            Self::Plane(metres) => (metres, metres),
            Self::Degrees => metres_per_degree(at[1]),
            Self::WebMercator => {
                let degrees_per_unit = 180.0 / MERCATOR_HALF_WIDTH;
                let lat = mercator_to_degrees(at)[1];
                let (lon_metres, lat_metres) = metres_per_degree(lat);
                // The projection is that of a sphere, so that it stretches north as the cosine tells.
                let north = lat_metres * lat.to_radians().cos();
                (lon_metres * degrees_per_unit, north * degrees_per_unit)
            }
        }
    }

    /// The area in square metres.
    pub(crate) fn area(self, region: &Region) -> f64 {
        let mut sum = Sum::default();
        for ring in region.iter().flatten() {
            sum.add(self.ring_area(ring));
        }
        sum.total()
    }

    fn ring_area(self, ring: &[Position]) -> f64 {
        let degrees_per_x = match self {
            Self::Plane(unit) => return doubled_area(ring) / 2.0 * unit * unit,
            Self::Degrees => 1.0,
            Self::WebMercator => 180.0 / MERCATOR_HALF_WIDTH,
        };
        let latitude = |y| {
            if self == Self::WebMercator {
                mercator_to_degrees([0.0, y])[1]
            } else {
                y
            }
        };
        let Some(origin) = ring
            .first()
            .map(|p| authalic(latitude(p[1]).to_radians().sin()))
        else {
            return 0.0;
        };
        let mut sum = Sum::default();
        for (a, b) in edges(ring) {
            for (from, to) in self.steps(a, b) {
                // The height above that of the first vertex, which leaves small rings their last figures.
                let height = along(from, to, |[_, y]| {
                    authalic(latitude(y).to_radians().sin()) - origin
                });
                sum.add((to[0] - from[0]) * height);
            }
        }
        // Counterclockwise rings go east along their southern side.
        -sum.total() * degrees_per_x.to_radians() * A * A / 2.0
    }

    /// The length in metres.
    pub(crate) fn length(self, path: &[Position]) -> f64 {
        let mut sum = Sum::default();
        for edge in path.windows(2) {
            if let Self::Plane(unit) = self {
                sum.add((edge[0][0] - edge[1][0]).hypot(edge[0][1] - edge[1][1]) * unit);
                continue;
            }
            for (from, to) in self.steps(edge[0], edge[1]) {
                let speed = |at: Position| {
                    let (x_metres, y_metres) = self.metres_per_unit(at);
                    ((to[0] - from[0]) * x_metres).hypot((to[1] - from[1]) * y_metres)
                };
                sum.add(along(from, to, speed));
            }
        }
        sum.total()
    }

    /// An edge in steps short enough for the rule.
    fn steps(self, a: Position, b: Position) -> impl Iterator<Item = (Position, Position)> {
        let step = if self == Self::WebMercator {
            MERCATOR_HALF_WIDTH / 90.0
        } else {
            2.0
        };
        let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        let count = (dy.abs() / step).ceil().max(1.0);
        let at = move |i: f64| {
            if i == count {
                b
            } else {
                [a[0] + dx * (i / count), a[1] + dy * (i / count)]
            }
        };
        (0..count as u32).map(move |i| (at(f64::from(i)), at(f64::from(i) + 1.0)))
    }

    /// A short length in metres, in the unit of the coordinates; in degrees and Web Mercator that of the equator.
    pub(crate) fn units(self, metres: f64) -> f64 {
        match self {
            Self::Plane(unit) => metres / unit,
            Self::Degrees => metres / metres_per_degree(0.0).0,
            Self::WebMercator => metres,
        }
    }

    /// The mean width of a ring in metres: its area over half of its length.
    pub(crate) fn width(self, ring: &[Position]) -> f64 {
        let Some(first) = ring.first() else {
            return 0.0;
        };
        let y = ring.iter().map(|p| p[1]).sum::<f64>() / ring.len() as f64;
        let (x_metres, y_metres) = self.metres_per_unit([first[0], y]);
        let length: f64 = edges(ring)
            .map(|(a, b)| ((a[0] - b[0]) * x_metres).hypot((a[1] - b[1]) * y_metres))
            .sum();
        if length > 0.0 {
            doubled_area(ring).abs() * x_metres * y_metres / length
        } else {
            0.0
        }
    }

    /// Removes rings narrower than `width` metres.
    pub(crate) fn drop_slivers(self, region: &mut Region, width: f64) {
        drop_slivers(region, width, |ring| self.width(ring));
    }
}

/// The centroid of an area in its plane.
pub(crate) fn centroid(region: &Region) -> Option<Position> {
    let origin = *region.iter().flatten().flatten().next()?;
    let (mut area, mut moment) = (0.0, [0.0, 0.0]);
    for ring in region.iter().flatten() {
        area += doubled_area(ring);
        for (a, b) in edges(ring) {
            let ([ax, ay], [bx, by]) = (
                [a[0] - origin[0], a[1] - origin[1]],
                [b[0] - origin[0], b[1] - origin[1]],
            );
            let cross = ax * by - bx * ay;
            moment[0] += (ax + bx) * cross;
            moment[1] += (ay + by) * cross;
        }
    }
    (area > 0.0).then(|| [0, 1].map(|i| origin[i] + moment[i] / (3.0 * area)))
}

/// The mean of a quantity along an edge, by Gauss and Legendre's rule with three places.
fn along(from: Position, to: Position, quantity: impl Fn(Position) -> f64) -> f64 {
    let at = |t: f64| {
        quantity([
            from[0] + t * (to[0] - from[0]),
            from[1] + t * (to[1] - from[1]),
        ])
    };
    let off = 0.15_f64.sqrt();
    (5.0 * at(0.5 - off) + 8.0 * at(0.5) + 5.0 * at(0.5 + off)) / 18.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shapely 2.2.0 and pyproj 3.7.2: Geod(ellps="WGS84").geometry_area_perimeter of the shape with a vertex every 0.001
    /// degrees.
    #[test]
    fn areas_and_lengths_are_those_of_the_ellipsoid() {
        let ring = vec![[10.0, 50.0], [14.0, 51.0], [13.0, 55.0], [9.5, 54.0]];
        let closed: Vec<Position> = ring.iter().chain(ring.first()).copied().collect();
        let mercator = |list: &[Position]| {
            list.iter()
                .map(|p| crate::spatial_reference::degrees_to_mercator(*p))
                .collect::<Vec<_>>()
        };
        let near = |actual: f64, expected: f64| {
            assert!(
                (actual / expected - 1.0).abs() < 1e-9,
                "{actual} {expected}"
            )
        };
        near(
            Coordinates::Degrees.area(&vec![vec![ring.clone()]]),
            119_099_786_244.655_44,
        );
        near(
            Coordinates::Degrees.length(&closed),
            1_453_992.954_170_276_2,
        );
        near(
            Coordinates::WebMercator.area(&vec![vec![mercator(&ring)]]),
            119_212_539_936.217_62,
        );
        near(
            Coordinates::WebMercator.length(&mercator(&closed)),
            1_453_957.998_195_915_5,
        );
        // The whole Earth: 510065621.724 square kilometres.
        let all = vec![
            [-180.0, -90.0],
            [180.0, -90.0],
            [180.0, 90.0],
            [-180.0, 90.0],
        ];
        near(
            Coordinates::Degrees.area(&vec![vec![all]]),
            510_065_621_724_088.44,
        );
        assert_eq!(
            Coordinates::Plane(0.5).length(&[[0.0, 0.0], [3.0, 4.0]]),
            2.5
        );
    }

    #[test]
    fn a_strip_is_as_wide_as_it_is() {
        // A degree long at 60° north, where a degree of longitude is half as long as one of latitude.
        let strip = [
            [10.0, 60.0],
            [11.0, 60.0],
            [11.0, 60.000_01],
            [10.0, 60.000_01],
        ];
        let width = Coordinates::Degrees.width(&strip);
        assert!((width - 1.114).abs() < 0.001, "{width}");
        let strip = strip.map(crate::spatial_reference::degrees_to_mercator);
        let width = Coordinates::WebMercator.width(&strip);
        assert!((width - 1.114).abs() < 0.005, "{width}");
        assert_eq!(
            Coordinates::Plane(0.5).width(&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]),
            0.5
        );
    }
}
