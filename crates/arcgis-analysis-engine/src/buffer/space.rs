//! What a buffer needs to know of the surface it lies on.
//!
//! Buffers are built from courses and travels alone, so the same construction serves the plane and the
//! ellipsoid. Azimuths are degrees clockwise from north, lengths are metres on the ellipsoid and units of the
//! spatial reference in a plane.

use crate::chart::Winding;
use crate::overlay::{Position, Ring};

/// The straightest way from one position to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    /// How far it is.
    pub(crate) length: f64,
    /// In which direction it leaves.
    pub(crate) start: f64,
    /// In which direction it arrives.
    pub(crate) end: f64,
}

/// A surface on which to travel, and the chart on which areas on it are drawn.
///
/// Positions are easting and northing in a plane, longitude (-180 to 180) and latitude on the ellipsoid.
pub(crate) trait Space: Sync {
    /// Where one gets from a position by an azimuth and a length, and the azimuth on arrival.
    fn travel(&self, from: Position, azimuth: f64, length: f64) -> (Position, f64);

    /// The course between two positions.
    fn course(&self, from: Position, to: Position) -> Course;

    /// Whether the straight edge between two positions on the chart is a fair stand-in for the curve between
    /// them, whose middle is given.
    fn is_fair(&self, from: Position, middle: Position, to: Position, tolerance: f64) -> bool;

    /// The positions on the surface of a path on the chart, with more between them where a straight edge on the
    /// chart is not to become a course.
    fn survey(&self, path: &[Position]) -> Vec<Position>;

    /// Draws a ring, whose interior lies to the left, on the chart.
    fn draw(&self, ring: &[Position], winding: Winding) -> Vec<Ring>;

    /// Draws a ring as it stands on the chart, which it may leave at one side to return at the other.
    fn draw_flat(&self, ring: &[Position]) -> Vec<Ring>;

    /// Draws a path on the chart, in pieces where the chart is cut.
    fn draw_path(&self, path: &[Position]) -> Vec<Vec<Position>>;
}

/// The most halvings of a curve: 2^-30 of any curve on Earth is shorter than a centimetre.
const DEPTH: u32 = 30;

/// Appends the positions of a curve after its start `(t0, p0)`, to and with its end `(t1, p1)`, as close together as the
/// chart needs them.
pub(crate) fn trace<S: Space>(
    space: &S,
    curve: &impl Fn(f64) -> Position,
    (t0, p0): (f64, Position),
    (t1, p1): (f64, Position),
    tolerance: f64,
    out: &mut Vec<Position>,
) {
    trace_within(space, curve, (t0, p0), (t1, p1), tolerance, DEPTH, out);
    out.push(p1);
}

fn trace_within<S: Space>(
    space: &S,
    curve: &impl Fn(f64) -> Position,
    (t0, p0): (f64, Position),
    (t1, p1): (f64, Position),
    tolerance: f64,
    depth: u32,
    out: &mut Vec<Position>,
) {
    let t = f64::midpoint(t0, t1);
    let middle = curve(t);
    if depth == 0 || space.is_fair(p0, middle, p1, tolerance) {
        return;
    }
    trace_within(
        space,
        curve,
        (t0, p0),
        (t, middle),
        tolerance,
        depth - 1,
        out,
    );
    out.push(middle);
    trace_within(
        space,
        curve,
        (t, middle),
        (t1, p1),
        tolerance,
        depth - 1,
        out,
    );
}

/// A plane in which straight lines are straight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane;

impl Space for Plane {
    fn travel(&self, from: Position, azimuth: f64, length: f64) -> (Position, f64) {
        let (sine, cosine) = sine_cosine(azimuth);
        (
            [from[0] + length * sine, from[1] + length * cosine],
            azimuth,
        )
    }

    fn course(&self, from: Position, to: Position) -> Course {
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let azimuth = dx.atan2(dy).to_degrees();
        Course {
            length: dx.hypot(dy),
            start: azimuth,
            end: azimuth,
        }
    }

    fn is_fair(&self, _: Position, _: Position, _: Position, _: f64) -> bool {
        true
    }

    fn survey(&self, path: &[Position]) -> Vec<Position> {
        path.to_vec()
    }

    fn draw(&self, ring: &[Position], _: Winding) -> Vec<Ring> {
        vec![ring.to_vec()]
    }

    fn draw_flat(&self, ring: &[Position]) -> Vec<Ring> {
        vec![ring.to_vec()]
    }

    fn draw_path(&self, path: &[Position]) -> Vec<Vec<Position>> {
        vec![path.to_vec()]
    }
}

/// Sine and cosine of degrees, exact at right angles, so that buffers of straight streets have straight sides.
fn sine_cosine(degrees: f64) -> (f64, f64) {
    let quarters = (degrees / 90.0).round();
    let (sine, cosine) = (degrees - quarters * 90.0).to_radians().sin_cos();
    match quarters.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_angles_are_exact() {
        for (azimuth, there) in [
            (0.0, [0.0, 2.0]),
            (90.0, [2.0, 0.0]),
            (180.0, [0.0, -2.0]),
            (-90.0, [-2.0, 0.0]),
            (450.0, [2.0, 0.0]),
        ] {
            assert_eq!(Plane.travel([0.0, 0.0], azimuth, 2.0).0, there);
        }
    }

    #[test]
    fn a_course_leads_where_it_says() {
        for to in [[3.0, 4.0], [-5.0, 1.0], [0.5, -7.0]] {
            let course = Plane.course([1.0, 1.0], to);
            let (there, _) = Plane.travel([1.0, 1.0], course.start, course.length);
            assert!((there[0] - to[0]).abs() < 1e-14 && (there[1] - to[1]).abs() < 1e-14);
        }
    }
}
