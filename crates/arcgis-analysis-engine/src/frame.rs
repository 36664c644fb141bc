//! The rectangle around what lies somewhere, wherever the antimeridian is.

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
    /// The rectangle around things that have these rectangles, from the middle of the widest stretch of longitudes that
    /// holds none of them.
    ///
    /// That is where the chart ends unless another is wider, and wider than a quarter of the way around the Earth: what
    /// surrounds most of it stays as the chart has it.
    pub(crate) fn around(
        coordinates: Coordinates,
        boxes: impl Iterator<Item = [Position; 2]>,
    ) -> Option<Self> {
        let chart = Chart::of(coordinates);
        let mut taken = chart.map(Taken::of);
        let mut bounds: Option<[Position; 2]> = None;
        for box_ in boxes {
            if let Some(taken) = &mut taken {
                taken.add(box_[0][0], box_[1][0]);
            }
            let [low, high] = bounds.get_or_insert(box_);
            for axis in 0..2 {
                low[axis] = low[axis].min(box_[0][axis]);
                high[axis] = high[axis].max(box_[1][axis]);
            }
        }
        let [mut low, mut high] = bounds?;
        let Some((chart, taken)) = chart.zip(taken) else {
            let west = f64::NEG_INFINITY;
            let corners = [low, high];
            return Some(Self { west, corners });
        };
        let half = chart.half_width();
        let ends = taken.ends()?;
        let at_edge = ends[0] + 2.0 * half - ends[1];
        let gap = taken.gap();
        let gap = gap.filter(|[from, to]| to - from > at_edge.max(half / 2.0));
        let west = gap.map_or(-half, |[from, to]| f64::midpoint(from, to));
        [low[0], high[0]] = match gap {
            Some([from, to]) => [to, from + 2.0 * half],
            None => ends,
        };
        let corners = [low, high];
        Some(Self { west, corners })
    }

    /// The rectangle around positions.
    pub(crate) fn around_places(
        coordinates: Coordinates,
        positions: impl Iterator<Item = Position>,
    ) -> Option<Self> {
        Self::around(coordinates, positions.map(|position| [position; 2]))
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

/// The middle of the widest stretch of longitudes that none of these rectangles meets, but for that at the antimeridian; none
/// where there is hardly any.
pub(crate) fn vacant(chart: Chart, boxes: impl Iterator<Item = [Position; 2]>) -> Option<f64> {
    let mut taken = Taken::of(chart);
    boxes.for_each(|[low, high]| taken.add(low[0], high[0]));
    let [from, to] = taken.gap()?;
    (to > from).then(|| f64::midpoint(from, to))
}

/// The sectors of the Earth in which longitudes are counted: enough to tell a wide gap, whose ends are told exactly.
const SECTORS: usize = 72;

/// Which longitudes are taken: in each sector, the first and the last.
struct Taken {
    half: f64,
    chart: Chart,
    sectors: [Option<[f64; 2]>; SECTORS],
}

impl Taken {
    fn of(chart: Chart) -> Self {
        Self {
            half: chart.half_width(),
            chart,
            sectors: [None; SECTORS],
        }
    }

    /// Takes the longitudes from west to east, which may lie beyond the chart.
    fn add(&mut self, west: f64, east: f64) {
        let half = self.half;
        if east - west >= 2.0 * half {
            return self.add_on_chart(-half, half);
        }
        let first = self.chart.wrap([west, 0.0])[0];
        let last = if first == west {
            east
        } else {
            first + (east - west)
        };
        if last > half {
            self.add_on_chart(first, half);
            self.add_on_chart(-half, last - 2.0 * half);
        } else {
            self.add_on_chart(first, last);
        }
    }

    fn add_on_chart(&mut self, west: f64, east: f64) {
        let width = 2.0 * self.half / SECTORS as f64;
        let sector = |x: f64| (((x + self.half) / width) as usize).min(SECTORS - 1);
        let (first, last) = (sector(west), sector(east));
        for index in first..=last {
            // A sector within is full.
            let start = index as f64 * width - self.half;
            let from = if index == first { west } else { start };
            let to = if index == last { east } else { start + width };
            let [low, high] = self.sectors[index].get_or_insert([from, to]);
            *low = low.min(from);
            *high = high.max(to);
        }
    }

    /// The first and the last longitude of all.
    fn ends(&self) -> Option<[f64; 2]> {
        let mut taken = self.sectors.iter().flatten();
        let [first, mut last] = *taken.next()?;
        taken.for_each(|[_, high]| last = *high);
        Some([first, last])
    }

    /// The widest stretch between them that nothing takes.
    fn gap(&self) -> Option<[f64; 2]> {
        let taken: Vec<&[f64; 2]> = self.sectors.iter().flatten().collect();
        let gaps = taken.windows(2).map(|pair| [pair[0][1], pair[1][0]]);
        gaps.reduce(|widest, gap| {
            let is_wider = gap[1] - gap[0] > widest[1] - widest[0];
            if is_wider { gap } else { widest }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(xs: &[f64]) -> Option<(f64, [f64; 2])> {
        let positions = xs.iter().map(|x| [*x, 1.0]);
        Frame::around_places(Coordinates::Degrees, positions)
            .map(|frame| (frame.west, frame.corners.map(|corner| corner[0])))
    }

    #[test]
    fn what_lies_over_the_antimeridian_lies_together() {
        assert_eq!(frame(&[10.0, 175.0, 180.0]), Some((-180.0, [10.0, 180.0])));
        assert_eq!(frame(&[175.0, -170.0, 200.0]), Some((7.5, [175.0, 200.0])));
        assert_eq!(frame(&[-180.0, 180.0, 179.0]), Some((-0.5, [179.0, 180.0])));
        assert_eq!(frame(&[-185.0, -1.0, 1.0]), Some((-180.0, [-1.0, 175.0])));
        // All around the Earth, but for a quarter.
        let around = [-180.0, -90.0, -0.5, 0.0, 90.0, 180.0];
        assert_eq!(frame(&around), Some((-180.0, [-180.0, 180.0])));
        assert_eq!(frame(&[-70.1, -50.3]), Some((-180.0, [-70.1, -50.3])));
        assert_eq!(frame(&[]), None);
    }

    /// Fiji and Europe: the widest gap is the Americas and the Atlantic, not the antimeridian and not Greenwich.
    #[test]
    fn the_widest_gap_is_where_a_frame_begins() {
        let places = [-9.1, 2.3, 24.9, 77.2, 139.7, 178.4, -179.9, -171.8];
        assert_eq!(frame(&places), Some((-90.45, [-9.1, 188.2])));
        let moved = |by: f64| frame(&places.map(|x| x + by)).map(|(_, [west, east])| east - west);
        for by in -36..=36 {
            let width = moved(10.0 * f64::from(by));
            assert!(
                width.is_some_and(|width| (width - 197.3).abs() < 1e-9),
                "{by}"
            );
        }
    }

    /// An edge through Greenwich leaves no gap there, whatever its ends are.
    #[test]
    fn edges_and_areas_take_what_lies_between_their_ends() {
        let boxes = [
            [[-180.0, 0.0], [-160.0, 1.0]],
            [[-100.0, 0.0], [180.0, 1.0]],
        ];
        let frame = Frame::around(Coordinates::Degrees, boxes.into_iter());
        let xs = frame.map(|frame| frame.corners.map(|corner| corner[0]));
        assert_eq!(xs, Some([-180.0, 180.0]), "60 degrees are no quarter");
        let boxes = [[[-180.0, 0.0], [-160.0, 1.0]], [[-60.0, 0.0], [180.0, 1.0]]];
        let frame = Frame::around(Coordinates::Degrees, boxes.into_iter());
        let xs = frame.map(|frame| frame.corners.map(|corner| corner[0]));
        assert_eq!(xs, Some([-60.0, 200.0]));
        assert_eq!(vacant(Chart::Degrees, boxes.into_iter()), Some(-110.0));
        let all = [[[-180.0, 0.0], [180.0, 1.0]]];
        assert_eq!(vacant(Chart::Degrees, all.into_iter()), None);
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
