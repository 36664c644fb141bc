//! The WGS 84 ellipsoid as a surface to buffer on.

use super::space::{Course, Space};
use crate::chart::{Chart, Winding};
use crate::geodesic::{direct, east_of, inverse, metres_per_degree};
use crate::overlay::{Position, Ring};

/// The longest edge that may stand for a curve on a chart, in metres.
const LONGEST_EDGE: f64 = 500e3;
/// The most degrees of longitude that such an edge may span: around a pole it would otherwise be unclear which
/// way it goes.
const WIDEST_EDGE: f64 = 60.0;
/// Degrees of longitude between the vertices of an edge that is followed as drawn.
const DRAWN_STEP: f64 = 0.25;
/// The length in metres below which nothing is refined.
const SHORTEST_EDGE: f64 = 0.001;

/// The ellipsoid, drawn on a chart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ellipsoid {
    /// The chart of the features.
    pub(crate) from: Chart,
    /// The chart of the buffers.
    pub(crate) chart: Chart,
}

impl Space for Ellipsoid {
    fn travel(&self, from: Position, azimuth: f64, length: f64) -> (Position, f64) {
        direct(from, azimuth, length)
    }

    fn course(&self, from: Position, to: Position) -> Course {
        let (length, start, end) = inverse(from, to);
        Course { length, start, end }
    }

    /// Measures how far the middle lies from the straight edge on the chart, on the ground.
    fn is_fair(&self, from: Position, middle: Position, to: Position, tolerance: f64) -> bool {
        let (lon_metres, lat_metres) = metres_per_degree(middle[1]);
        // On the ground seen from the middle; the chart is straight in its own y, not in latitude.
        let [from_y, middle_y, to_y] = [from, middle, to].map(|p| self.chart.plot(p)[1]);
        let y_metres = lat_metres * self.degrees_per_y(middle_y);
        let a = [
            -east_of(from[0], middle[0]) * lon_metres,
            (from_y - middle_y) * y_metres,
        ];
        let b = [
            east_of(middle[0], to[0]) * lon_metres,
            (to_y - middle_y) * y_metres,
        ];
        let edge = [b[0] - a[0], b[1] - a[1]];
        let length = edge[0].hypot(edge[1]);
        if length < SHORTEST_EDGE {
            return true;
        }
        if length > LONGEST_EDGE || east_of(from[0], to[0]).abs() > WIDEST_EDGE {
            return false;
        }
        let off = (edge[0] * a[1] - edge[1] * a[0]).abs() / length;
        off <= tolerance
    }

    /// Edges become geodesics. One that spans half of the Earth's longitudes or more would then take another way
    /// than it is drawn, so it is followed as drawn.
    fn survey(&self, path: &[Position]) -> Vec<Position> {
        let mut out: Vec<Position> = Vec::with_capacity(path.len());
        let mut before: Option<Position> = None;
        for here in path.iter().map(|p| self.from.degrees(*p)) {
            if let Some([lon, lat]) = before {
                let (east, north) = (here[0] - lon, here[1] - lat);
                if east.abs() >= 180.0 {
                    let steps = (east.abs() / DRAWN_STEP).ceil();
                    out.extend((1..steps as u32).map(|i| {
                        let t = f64::from(i) / steps;
                        [wrapped(lon + t * east), lat + t * north]
                    }));
                }
            }
            out.push([wrapped(here[0]), here[1]]);
            before = Some(here);
        }
        out
    }

    fn draw(&self, ring: &[Position], winding: Winding) -> Vec<Ring> {
        self.chart.draw(ring, winding)
    }

    fn draw_flat(&self, ring: &[Position]) -> Vec<Ring> {
        let mut rings = self.from.draw_flat(ring);
        if self.from != self.chart {
            for vertex in rings.iter_mut().flatten() {
                *vertex = self.chart.plot(self.from.degrees(*vertex));
            }
        }
        rings
    }

    fn draw_path(&self, path: &[Position]) -> Vec<Vec<Position>> {
        self.chart.draw_path(path)
    }
}

/// A longitude, brought between -180 and 180 if it is not there already.
fn wrapped(lon: f64) -> f64 {
    if lon.abs() <= 180.0 {
        lon
    } else {
        east_of(0.0, lon)
    }
}

impl Ellipsoid {
    /// How many degrees of latitude one unit of the chart's y is, about here.
    fn degrees_per_y(self, y: f64) -> f64 {
        match self.chart {
            Chart::Degrees => 1.0,
            Chart::WebMercator => {
                let unit = 1.0;
                let lat = |y| self.chart.degrees([0.0, y])[1];
                (lat(y + unit) - lat(y - unit)) / (2.0 * unit)
            }
        }
    }
}
