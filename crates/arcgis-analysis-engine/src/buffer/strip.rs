//! The pieces of which buffers are made: strips beside edges, sectors at bends and ends, disks.
//!
//! Every vertex of an outline lies at the buffer's distance, exact to rounding, from the feature. Pieces that meet
//! share the vertices of the border between them bit for bit, so that their union has no gaps.

use super::space::{Space, trace};
use crate::overlay::Position;

/// Vertices of a full circle. A polygon of 360 vertices on a circle lacks 5 parts in 100,000 of its area, and its
/// edges run within 4 parts in 100,000 of the radius.
const CIRCLE: f64 = 360.0;

/// Edges longer than this, in metres, are looked at in two uneven parts first: an edge that lies symmetrically
/// across the equator bends one way and then the other, and its middle alone looks straight.
const UNEVEN: f64 = 1000.0;
/// Where the first of the two parts ends.
const FIRST: f64 = 0.42;

/// Which sides of a path are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sides {
    Both,
    Left,
    Right,
}

/// Makes the pieces of a buffer of one distance.
#[derive(Debug)]
pub(crate) struct Pieces<'a, S> {
    pub(crate) space: &'a S,
    /// The distance, in metres or the plane's units.
    pub(crate) distance: f64,
    /// How far an edge may stray from the curve it stands for, in the same unit.
    pub(crate) tolerance: f64,
}

/// A place on a path, with the ends of the perpendicular through it.
#[derive(Debug, Clone, Copy)]
struct Station {
    at: f64,
    position: Position,
    azimuth: f64,
    left: Position,
    right: Position,
}

/// The direction to the left of an azimuth.
fn left_of(azimuth: f64) -> f64 {
    azimuth - 90.0
}

/// The direction to the right of an azimuth.
fn right_of(azimuth: f64) -> f64 {
    azimuth + 90.0
}

impl<S: Space> Pieces<'_, S> {
    /// The disk around a position.
    pub(crate) fn disk(&self, centre: Position) -> Vec<Position> {
        let mut ring = self.arc(centre, 360.0, 360.0, 0.0);
        ring.pop();
        ring
    }

    /// A sector around a position, counterclockwise from one azimuth by `sweep` degrees to another.
    pub(crate) fn sector(&self, centre: Position, from: f64, sweep: f64, to: f64) -> Vec<Position> {
        let mut ring = vec![centre];
        let arc = self.arc(centre, from, sweep, to);
        let (first, last) = (arc[0], arc[arc.len() - 1]);
        self.spoke(centre, from, first, &mut ring);
        ring.extend_from_slice(&arc[1..]);
        let mut back = Vec::new();
        self.spoke(centre, to, last, &mut back);
        back.pop();
        ring.extend(back.into_iter().rev());
        ring
    }

    /// The strip beside an edge, on one side or both, and the positions along its middle.
    pub(crate) fn strip(&self, from: Position, to: Position, sides: Sides) -> Vec<Position> {
        let stations = self.stations(from, to);
        let Some((first, last)) = stations.first().zip(stations.last()) else {
            return Vec::new();
        };
        let mut ring = Vec::with_capacity(2 * stations.len() + 2);
        match sides {
            Sides::Left => ring.extend(stations.iter().map(|s| s.position)),
            Sides::Both | Sides::Right => {
                ring.extend(stations.iter().map(|s| s.right));
                self.spoke_back(last, right_of(last.azimuth), last.right, &mut ring);
                ring.push(last.position);
            }
        }
        match sides {
            Sides::Right => ring.extend(stations.iter().rev().skip(1).map(|s| s.position)),
            Sides::Both | Sides::Left => {
                self.spoke(last.position, left_of(last.azimuth), last.left, &mut ring);
                ring.extend(stations.iter().rev().skip(1).map(|s| s.left));
                self.spoke_back(first, left_of(first.azimuth), first.left, &mut ring);
            }
        }
        match sides {
            Sides::Left => {}
            Sides::Right => {
                self.spoke(
                    first.position,
                    right_of(first.azimuth),
                    first.right,
                    &mut ring,
                );
                ring.pop();
            }
            Sides::Both => {
                ring.push(first.position);
                self.spoke(
                    first.position,
                    right_of(first.azimuth),
                    first.right,
                    &mut ring,
                );
                ring.pop();
            }
        }
        ring
    }

    /// The sector that fills the outer side of a bend, if there is a bend and its outer side is wanted.
    pub(crate) fn joint(
        &self,
        at: Position,
        arrive: f64,
        leave: f64,
        sides: Sides,
    ) -> Option<Vec<Position>> {
        let turn = crate::geodesic::east_of(arrive, leave);
        if turn > 0.0 && sides != Sides::Right {
            return Some(self.sector(at, left_of(leave), turn, left_of(arrive)));
        }
        if turn < 0.0 && sides != Sides::Left {
            return Some(self.sector(at, right_of(arrive), -turn, right_of(leave)));
        }
        None
    }

    /// The half disk before the start of a path.
    pub(crate) fn cap_start(&self, at: Position, leave: f64) -> Vec<Position> {
        self.sector(at, left_of(leave), 180.0, right_of(leave))
    }

    /// The half disk beyond the end of a path.
    pub(crate) fn cap_end(&self, at: Position, arrive: f64) -> Vec<Position> {
        self.sector(at, right_of(arrive), 180.0, left_of(arrive))
    }

    /// The positions along an edge, ends included, as close together as the chart needs them.
    pub(crate) fn along(&self, from: Position, to: Position) -> Vec<Position> {
        self.stations(from, to)
            .into_iter()
            .map(|station| station.position)
            .collect()
    }

    /// The end of the perpendicular at a distance from a position.
    fn reach(&self, from: Position, azimuth: f64) -> Position {
        self.space.travel(from, azimuth, self.distance).0
    }

    /// The arc from one azimuth counterclockwise to another, ends included.
    fn arc(&self, centre: Position, from: f64, sweep: f64, to: f64) -> Vec<Position> {
        let steps = (sweep * CIRCLE / 360.0).ceil().max(1.0) as usize;
        let azimuth = |t: f64| if t >= 1.0 { to } else { from - t * sweep };
        let curve = |t: f64| self.reach(centre, azimuth(t));
        let mut out = vec![curve(0.0)];
        for step in 0..steps {
            let [t0, t1] = [step, step + 1].map(|s| s as f64 / steps as f64);
            let start = out[out.len() - 1];
            trace(
                self.space,
                &curve,
                (t0, start),
                (t1, curve(t1)),
                self.tolerance,
                &mut out,
            );
        }
        out
    }

    /// Appends the way from a position out to the end of its perpendicular, without the start, with the end.
    fn spoke(&self, centre: Position, azimuth: f64, end: Position, out: &mut Vec<Position>) {
        let curve = |t: f64| self.space.travel(centre, azimuth, t * self.distance).0;
        let mut start = (0.0, centre);
        if self.distance > UNEVEN {
            let mark = (FIRST, curve(FIRST));
            trace(self.space, &curve, start, mark, self.tolerance, out);
            start = mark;
        }
        trace(self.space, &curve, start, (1.0, end), self.tolerance, out);
    }

    /// Appends what lies between the end of a perpendicular and its station, without both.
    fn spoke_back(&self, station: &Station, azimuth: f64, end: Position, out: &mut Vec<Position>) {
        let mut way = Vec::new();
        self.spoke(station.position, azimuth, end, &mut way);
        way.pop();
        out.extend(way.into_iter().rev());
    }

    /// The stations along an edge, as close together as its middle and both borders of its strip need them.
    fn stations(&self, from: Position, to: Position) -> Vec<Station> {
        let course = self.space.course(from, to);
        let station = |at: f64| {
            let (position, azimuth) = match at {
                0.0 => (from, course.start),
                1.0 => (to, course.end),
                _ => self.space.travel(from, course.start, at * course.length),
            };
            let (left, right) = (left_of(azimuth), right_of(azimuth));
            Station {
                at,
                position,
                azimuth,
                left: self.reach(position, left),
                right: self.reach(position, right),
            }
        };
        let mut stations = vec![station(0.0)];
        let marks: &[f64] = if course.length > UNEVEN {
            &[FIRST, 1.0]
        } else {
            &[1.0]
        };
        for mark in marks {
            let start = stations[stations.len() - 1];
            self.stations_within(&station, start, station(*mark), 30, &mut stations);
        }
        stations
    }

    fn stations_within(
        &self,
        station: &impl Fn(f64) -> Station,
        start: Station,
        end: Station,
        depth: u32,
        out: &mut Vec<Station>,
    ) {
        let middle = station(f64::midpoint(start.at, end.at));
        let fair = |of: fn(&Station) -> Position| {
            self.space
                .is_fair(of(&start), of(&middle), of(&end), self.tolerance)
        };
        if depth > 0 && !(fair(|s| s.position) && fair(|s| s.left) && fair(|s| s.right)) {
            self.stations_within(station, start, middle, depth - 1, out);
            self.stations_within(station, middle, end, depth - 1, out);
        } else {
            out.push(end);
        }
    }
}
