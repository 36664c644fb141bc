//! Quantities in space, and how much of them there is around a place.

use crate::chart::Chart;
use crate::geodesic::{direct, inverse};
use crate::overlay::Position;
use crate::prepared::Solid;
use crate::proximity::{Ground, Place};
use crate::spatial_reference::Coordinates;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::f64::consts::{LN_2, PI};

/// Segments are cut to this length in metres, so that a straight way through the Earth is near its surface.
const LONGEST: f64 = 20_000.0;

/// A point, or a segment, with its quantity: that of the point, or that of each metre of the segment.
#[derive(Debug, Clone, Copy)]
struct Piece {
    ends: [Place; 2],
    length: f64,
    quantity: f64,
}

/// The pieces of a layer.
#[derive(Debug)]
pub(super) struct Quantities {
    ground: Ground,
    pieces: RTree<GeomWithData<Rectangle<Place>, usize>>,
    list: Vec<Piece>,
    /// For the default radius: the middle of each piece, and its part of the feature's quantity.
    middles: Vec<(Place, f64)>,
}

impl Quantities {
    /// From geometries and the quantity of each; those of 0 take no part.
    pub(super) fn new(coordinates: Coordinates, solids: &[Solid], weights: &[f64]) -> Self {
        let ground = Ground::new(coordinates);
        let (mut list, mut middles) = (Vec::new(), Vec::new());
        for (solid, weight) in solids.iter().zip(weights).filter(|(_, w)| **w > 0.0) {
            match solid {
                Solid::Points(points) => {
                    for point in points {
                        let place = ground.place(*point);
                        list.push(Piece {
                            ends: [place; 2],
                            length: 0.0,
                            quantity: *weight,
                        });
                        middles.push((place, *weight));
                    }
                }
                Solid::Paths(paths) => {
                    let first = list.len();
                    for edge in paths.iter().flat_map(|path| path.windows(2)) {
                        cut(coordinates, ground, [edge[0], edge[1]], *weight, &mut list);
                    }
                    let own = &list[first..];
                    let length: f64 = own.iter().map(|piece| piece.length).sum();
                    middles.extend(own.iter().map(|piece| {
                        let [a, b] = piece.ends;
                        let middle = [0, 1, 2].map(|i| f64::midpoint(a[i], b[i]));
                        (middle, weight * piece.length / length)
                    }));
                }
                _ => {}
            }
        }
        let boxes = list.iter().enumerate().map(|(index, piece)| {
            let bounds = AABB::from_corners(piece.ends[0], piece.ends[1]);
            GeomWithData::new(Rectangle::from_aabb(bounds), index)
        });
        let pieces = RTree::bulk_load(boxes.collect());
        Self {
            ground,
            pieces,
            list,
            middles,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The radius that suits, in metres; none where all lies in one place.
    pub(super) fn default_radius(&self) -> Option<f64> {
        let total: f64 = self.middles.iter().map(|(_, weight)| weight).sum();
        let centre = [0, 1, 2].map(|i| {
            self.middles
                .iter()
                .map(|(place, weight)| place[i] * weight)
                .sum::<f64>()
                / total
        });
        let mut distances: Vec<(f64, f64)> = self
            .middles
            .iter()
            .map(|(place, weight)| (squared(*place, centre).sqrt(), *weight))
            .collect();
        distances.sort_by(|a, b| a.0.total_cmp(&b.0));
        let squares = distances
            .iter()
            .map(|(distance, weight)| distance * distance * weight);
        let standard = (squares.sum::<f64>() / total).sqrt();
        let median = weighted_median(&distances, total);
        let radius = 0.9 * standard.min((1.0 / LN_2).sqrt() * median) * total.powf(-0.2);
        (radius > 0.0).then_some(radius)
    }

    /// The density at a position per square metre.
    pub(super) fn density(&self, position: Position, radius: f64) -> f64 {
        let place = self.ground.place(position);
        let around = AABB::from_corners(place.map(|c| c - radius), place.map(|c| c + radius));
        let near = self.pieces.locate_in_envelope_intersecting(&around);
        let spread = near.map(|near| spread(&self.list[near.data], place, radius));
        spread.sum()
    }
}

/// Of values in rising order with their weights, which sum up to `total`: where two parts are of the same weight, the middle
/// between them, as of values each of which is there as often as its weight says.
fn weighted_median(values: &[(f64, f64)], total: f64) -> f64 {
    let mut passed = 0.0;
    let mut beyond = values.iter().skip_while(|(_, weight)| {
        passed += weight;
        passed < total / 2.0
    });
    match (beyond.next(), beyond.next()) {
        (Some((low, _)), Some((high, _))) if passed == total / 2.0 => f64::midpoint(*low, *high),
        (Some((value, _)), _) => *value,
        (None, _) => 0.0,
    }
}

/// What a piece spreads to a place, per square metre.
fn spread(piece: &Piece, place: Place, radius: f64) -> f64 {
    let peak = 3.0 / (PI * radius * radius);
    let [a, b] = piece.ends;
    if piece.length == 0.0 {
        let off = 1.0 - squared(a, place) / (radius * radius);
        return if off > 0.0 {
            piece.quantity * peak * off * off
        } else {
            0.0
        };
    }
    // Along the segment from the foot of the perpendicular, whose square is `height`.
    let foot = (0..3)
        .map(|i| (place[i] - a[i]) * (b[i] - a[i]))
        .sum::<f64>()
        / piece.length;
    let height = (squared(a, place) - foot * foot).max(0.0);
    let level = 1.0 - height / (radius * radius);
    if level <= 0.0 {
        return 0.0;
    }
    let reach = radius * level.sqrt();
    let [from, to] = [-foot, piece.length - foot].map(|s| s.clamp(-reach, reach));
    // The integral of (level - s^2 / r^2)^2.
    let integral = |s: f64| {
        let t = s * s / (radius * radius);
        s * (level * level - level * t * (2.0 / 3.0) + t * t / 5.0)
    };
    piece.quantity * peak * (integral(to) - integral(from))
}

/// The pieces of an edge that is straight in its coordinates.
fn cut(
    coordinates: Coordinates,
    ground: Ground,
    [a, b]: [Position; 2],
    quantity: f64,
    list: &mut Vec<Piece>,
) {
    let parts = match coordinates {
        Coordinates::Plane(_) => 1.0,
        _ => (coordinates.length(&[a, b]) / LONGEST).ceil().max(1.0),
    };
    let at = |part: f64| ground.place([0, 1].map(|i| a[i] + (b[i] - a[i]) * (part / parts)));
    for part in 0..parts as u64 {
        let ends = [at(part as f64), at(part as f64 + 1.0)];
        let length = squared(ends[0], ends[1]).sqrt();
        if length > 0.0 {
            list.push(Piece {
                ends,
                length,
                quantity,
            });
        }
    }
}

/// Positions between which lies all that is within a radius, in metres, of one.
pub(super) fn around(coordinates: Coordinates, place: Position, radius: f64) -> Vec<Position> {
    let Some(chart) = Chart::of(coordinates) else {
        let reach = coordinates.units(radius);
        return [-reach, reach]
            .map(|reach| place.map(|c| c + reach))
            .to_vec();
    };
    let degrees = chart.degrees(place);
    // A circle's easternmost place lies a little nearer to the pole than its middle; the chord is shorter than the way.
    let reach = (1.1 * radius).min(2e7);
    let circle = (0..8).map(|step| direct(degrees, f64::from(step) * 45.0, reach).0);
    // Around a pole there are all longitudes.
    let poles = [-90.0, 90.0]
        .into_iter()
        .filter(|pole| inverse(degrees, [0.0, *pole]).0 <= reach);
    let ends = poles.flat_map(|pole| (-3..=3).map(move |step| [60.0 * f64::from(step), pole]));
    circle.chain(ends).map(|place| chart.plot(place)).collect()
}

fn squared(a: Place, b: Place) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum()
}
