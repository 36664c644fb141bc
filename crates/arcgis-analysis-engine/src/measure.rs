//! How wide areas are on the ground, roughly: enough to tell slivers from shapes.

use crate::geodesic::metres_per_degree;
use crate::overlay::{Position, Region, doubled_area, drop_slivers, edges};
use crate::spatial_reference::{Coordinates, MERCATOR_HALF_WIDTH, mercator_to_degrees};

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
                let (lon_metres, _) = metres_per_degree(lat);
                (lon_metres * degrees_per_unit, lon_metres * degrees_per_unit)
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
