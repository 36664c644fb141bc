//! The antimeridian as the meridian that it is: a place on it lies at both edges of the chart.
//!
//! Geometries that both come to an edge are compared where they hang together: with what lies west of a meridian that
//! neither meets moved by a turn, or else, where both together surround the Earth, on a chart that ends at Greenwich.

use crate::chart::Chart;
use crate::frame::vacant;
use crate::overlay::{Grid, Position, Region};
use crate::prepared::Solid;

/// Where geometries are seen from: a meridian that none of them meets, if there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct View {
    chart: Chart,
    west: Option<f64>,
}

/// Whether a geometry comes to an edge of the chart, or so near to it.
pub(crate) fn reaches(chart: Chart, solid: &Solid, near: f64) -> bool {
    let edge = chart.half_width() - near;
    solid.positions().any(|position| position[0].abs() >= edge)
}

impl View {
    /// One that suits two geometries.
    pub(crate) fn of(chart: Chart, a: &Solid, b: &Solid) -> Self {
        let west = vacant(chart, a.boxes().chain(b.boxes()));
        Self { chart, west }
    }

    /// Whether it suits another geometry, too.
    pub(crate) fn suits(self, solid: &Solid) -> bool {
        self.west.is_some_and(|west| {
            let mut boxes = solid.boxes();
            boxes.all(|[low, high]| high[0] < west || low[0] > west)
        })
    }

    /// A geometry in one, where the edges of the chart would part it.
    pub(crate) fn see(self, solid: &Solid) -> Solid {
        let chart = self.chart;
        let Some(west) = self.west else {
            return match solid {
                Solid::Points(points) => Solid::Points(
                    points
                        .iter()
                        .map(|[x, y]| {
                            [
                                if *x > 0.0 {
                                    x - chart.half_width()
                                } else {
                                    x + chart.half_width()
                                },
                                *y,
                            ]
                        })
                        .collect(),
                ),
                Solid::Paths(paths) => {
                    let paths = paths.iter().flat_map(|path| chart.draw_turned_path(path));
                    Solid::Paths(paths.filter(|path| path.len() > 1).collect())
                }
                Solid::Area(region) => {
                    let pieces = region.iter().flat_map(|part| {
                        let rings = part.iter().flat_map(|ring| chart.draw_turned(ring));
                        chart.grid().repair(&rings.collect::<Vec<_>>())
                    });
                    Solid::Area(joined(chart, pieces.collect()))
                }
                Solid::Nothing => Solid::Nothing,
            };
        };
        let turn = 2.0 * chart.half_width();
        let moved = |positions: &[Position]| -> Vec<Position> {
            let is_west = positions.first().is_some_and(|p| p[0] < west);
            let by = if is_west { turn } else { 0.0 };
            positions.iter().map(|[x, y]| [x + by, *y]).collect()
        };
        match solid {
            Solid::Points(points) => {
                Solid::Points(points.iter().flat_map(|p| moved(&[*p])).collect())
            }
            Solid::Paths(paths) => Solid::Paths(paths.iter().map(|path| moved(path)).collect()),
            Solid::Area(region) => {
                let parts = region
                    .iter()
                    .map(|part| part.iter().map(|ring| moved(ring)).collect());
                Solid::Area(joined(chart, parts.collect()))
            }
            Solid::Nothing => Solid::Nothing,
        }
    }
}

/// Parts that may meet, as one area.
fn joined(chart: Chart, parts: Region) -> Region {
    if parts.len() < 2 {
        return parts;
    }
    Grid::covering(3.0 * chart.half_width()).union(parts)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn square([west, east]: [f64; 2]) -> Vec<Vec<Position>> {
        vec![vec![[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0]]]
    }

    #[test]
    fn what_the_edges_part_hangs_together() {
        let cut = Solid::Area(vec![square([170.0, 180.0]), square([-180.0, -175.0])]);
        let point = Solid::Points(vec![[-180.0, 0.5]]);
        let view = View::of(Chart::Degrees, &cut, &point);
        let Solid::Area(seen) = view.see(&cut) else {
            panic!("no area")
        };
        let xs = seen.iter().flatten().flatten().map(|p| p[0]);
        let bounds = xs.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        assert_eq!((seen.len(), bounds), (1, (170.0, 185.0)));
        assert_eq!(view.see(&point), Solid::Points(vec![[180.0, 0.5]]));
        assert!(view.suits(&point) && !view.suits(&Solid::Area(vec![square([-180.0, 180.0])])));
    }

    #[test]
    fn what_surrounds_the_earth_is_cut_at_greenwich() {
        let belt = Solid::Area(vec![square([-180.0, 180.0])]);
        let point = Solid::Points(vec![[180.0, 0.5]]);
        let view = View::of(Chart::Degrees, &belt, &point);
        assert!(!view.suits(&point));
        let Solid::Area(seen) = view.see(&belt) else {
            panic!("no area")
        };
        assert_eq!(seen.len(), 1);
        assert_eq!(
            crate::relate::side(&seen, [0.0, 0.5]),
            crate::point_in_polygon::Side::Inside
        );
        assert_eq!(view.see(&point), Solid::Points(vec![[0.0, 0.5]]));
    }
}
