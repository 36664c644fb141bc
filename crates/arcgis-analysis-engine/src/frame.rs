//! The rectangle around positions, wherever the antimeridian is.

use crate::chart::Chart;
use crate::overlay::Position;
use crate::spatial_reference::Coordinates;

/// A rectangle that may run on beyond the eastern edge of the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    /// From where x is counted for a turn around the Earth.
    pub(crate) west: f64,
    pub(crate) corners: [Position; 2],
}

impl Frame {
    /// The rectangle around positions.
    ///
    /// What lies on both sides of the antimeridian is seen from 0°, where that leaves it nearer together.
    pub(crate) fn around(
        coordinates: Coordinates,
        positions: impl Iterator<Item = Position>,
    ) -> Option<Self> {
        let chart = Chart::of(coordinates);
        let half = chart.map_or(f64::INFINITY, Chart::half_width);
        let wests = [-half, 0.0];
        let mut frames: Option<[[Position; 2]; 2]> = None;
        for position in positions {
            let seen = |west| chart.map_or(position, |chart| chart.eastwards(west, position));
            let here = wests.map(seen);
            let frames = frames.get_or_insert(here.map(|here| [here; 2]));
            for ([low, high], here) in frames.iter_mut().zip(here) {
                for axis in 0..2 {
                    low[axis] = low[axis].min(here[axis]);
                    high[axis] = high[axis].max(here[axis]);
                }
            }
        }
        let [plain, turned] = frames?;
        let width = |[low, high]: [Position; 2]| high[0] - low[0];
        // On one side of Greenwich rounding alone would tell. What reaches around most of the Earth lies nowhere nearer
        // together.
        let is_turned = plain[0][0] < 0.0
            && plain[1][0] > 0.0
            && width(turned) < width(plain)
            && width(turned) <= 1.5 * half;
        let at = usize::from(is_turned);
        Some(Self {
            west: wests[at],
            corners: [plain, turned][at],
        })
    }

    /// A rectangle as it was given, of a turn around the Earth at most.
    pub(crate) fn given(coordinates: Coordinates, [mut low, mut high]: [Position; 2]) -> Self {
        let Some(chart) = Chart::of(coordinates) else {
            let west = f64::NEG_INFINITY;
            let corners = [low, high];
            return Self { west, corners };
        };
        let half = chart.half_width();
        if high[0] - low[0] >= 2.0 * half {
            (low[0], high[0]) = (-half, half);
        }
        let wrapped = chart.wrap(low);
        high[0] += wrapped[0] - low[0];
        low = wrapped;
        let west = if high[0] <= half {
            -half
        } else {
            f64::midpoint(low[0], high[0]) - half
        };
        let corners = [low, high];
        Self { west, corners }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_over_the_antimeridian_lies_together() {
        let frame = |xs: &[f64]| {
            let positions = xs.iter().map(|x| [*x, 1.0]);
            Frame::around(Coordinates::Degrees, positions)
                .map(|frame| (frame.west, frame.corners.map(|corner| corner[0])))
        };
        assert_eq!(frame(&[10.0, 175.0, 180.0]), Some((-180.0, [10.0, 180.0])));
        assert_eq!(frame(&[175.0, -170.0, 200.0]), Some((0.0, [175.0, 200.0])));
        assert_eq!(frame(&[-180.0, 180.0, 179.0]), Some((0.0, [179.0, 180.0])));
        assert_eq!(frame(&[-185.0, -1.0, 1.0]), Some((-180.0, [-1.0, 175.0])));
        // All around the Earth, but for half a degree at Greenwich.
        let around = [-180.0, -90.0, -0.5, 0.0, 90.0, 180.0];
        assert_eq!(frame(&around), Some((-180.0, [-180.0, 180.0])));
        assert_eq!(frame(&[-70.1, -50.3]), Some((-180.0, [-70.1, -50.3])));
        assert_eq!(frame(&[]), None);
    }

    #[test]
    fn a_given_rectangle_begins_on_the_chart() {
        let frame = |xs: [f64; 2]| {
            let frame = Frame::given(Coordinates::Degrees, xs.map(|x| [x, 1.0]));
            (frame.west, frame.corners.map(|corner| corner[0]))
        };
        assert_eq!(frame([10.0, 180.0]), (-180.0, [10.0, 180.0]));
        assert_eq!(frame([-190.0, -170.0]), (0.0, [170.0, 190.0]));
        assert_eq!(frame([-10.0, 190.0]), (-90.0, [-10.0, 190.0]));
        assert_eq!(frame([-200.0, 300.0]), (-180.0, [-180.0, 180.0]));
    }
}
