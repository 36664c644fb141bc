//! Thins out pieces before they are united: what lies deep within another piece cannot be seen in the union.
//!
//! # Method
//!
//! Consecutive vertices of a convex piece that all lie within another convex piece are replaced by the chord from the first
//! to the last: what the chord cuts off lies within the other, since it is convex, so the union stays the same. Pieces are
//! thinned one after the other, each against the others as they then are, so that no two rely on each other for the same
//! place. Whether a vertex lies within a piece is told by an ellipse inscribed in it and by the chords it has been given,
//! which is quick, and on the safe side.

use super::{Position, Ring, coord, edges};
use robust::orient2d;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

/// How much of an inscribed ellipse is trusted, rounding considered.
const TRUSTED: f64 = 1.0 - 1e-9;
/// Vertices of a run that is worth a chord.
const RUN: usize = 3;

/// A place within a convex ring: an ellipse with upright axes, less what chords have cut off.
struct Core {
    centre: Position,
    /// The half axes.
    half: [f64; 2],
    /// Each with the core on its left.
    chords: Vec<(Position, Position)>,
}

impl Core {
    /// That of a ring, where it is convex and runs counterclockwise.
    fn of(ring: &Ring, margin: f64) -> Option<Self> {
        if !is_convex(ring) {
            return None;
        }
        let bounds = AABB::from_points(ring);
        let [low, high] = [bounds.lower(), bounds.upper()];
        let half = [0, 1].map(|axis| (high[axis] - low[axis]) / 2.0);
        let centre = [0, 1].map(|axis| low[axis].midpoint(high[axis]));
        let scaled = |p: Position| [0, 1].map(|axis| (p[axis] - centre[axis]) / half[axis]);
        let reach = edges(ring)
            .map(|(a, b)| {
                let ([ax, ay], [bx, by]) = (scaled(a), scaled(b));
                (ax * by - bx * ay) / ((bx - ax).powi(2) + (by - ay).powi(2)).sqrt()
            })
            .fold(f64::INFINITY, f64::min);
        let half = half.map(|half| half * reach * TRUSTED - margin);
        let is_sound = half.iter().all(|half| half.is_finite() && *half > 0.0);
        is_sound.then_some(Self {
            centre,
            half,
            chords: Vec::new(),
        })
    }

    fn holds(&self, p: Position, margin: f64) -> bool {
        let [x, y] = [0, 1].map(|axis| (p[axis] - self.centre[axis]) / self.half[axis]);
        x * x + y * y < 1.0
            && self.chords.iter().all(|(a, b)| {
                let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
                dx * (p[1] - a[1]) - dy * (p[0] - a[0]) > margin * (dx.abs() + dy.abs())
            })
    }
}

/// Thins rings, those that others cover whole to nothing; `margin` is what rounding may move a vertex by.
///
/// The union of the rings stays what it was. Rings that are not convex stay as they are.
pub(super) fn thin(rings: &mut [&mut Ring], margin: f64) {
    let mut cores: Vec<Option<Core>> = rings.iter().map(|ring| Core::of(ring, margin)).collect();
    let boxes = rings
        .iter()
        .enumerate()
        .filter(|(index, _)| cores[*index].is_some());
    let boxes = boxes.map(|(index, ring)| {
        GeomWithData::new(Rectangle::from_aabb(AABB::from_points(ring.iter())), index)
    });
    let tree = RTree::bulk_load(boxes.collect());
    for (index, ring) in rings.iter_mut().enumerate() {
        let Some(mut core) = cores[index].take() else {
            continue;
        };
        let around = Rectangle::from_aabb(AABB::from_points(ring.iter())).envelope();
        let near = tree.locate_in_envelope_intersecting(&around);
        let mut near: Vec<usize> = near.map(|near| near.data).collect();
        near.sort_unstable();
        for other in near.iter().filter_map(|near| cores[*near].as_ref()) {
            let covered: Vec<bool> = ring.iter().map(|p| other.holds(*p, margin)).collect();
            match covered.iter().position(|covered| !covered) {
                Some(start) => shorten(ring, &covered, start, &mut core.chords),
                None => ring.clear(),
            }
        }
        if !ring.is_empty() {
            cores[index] = Some(core);
        }
    }
}

/// Replaces the runs of covered vertices by chords; the vertex at `start` is not covered.
fn shorten(
    ring: &mut Ring,
    covered: &[bool],
    start: usize,
    chords: &mut Vec<(Position, Position)>,
) {
    let count = ring.len();
    let mut kept = Vec::with_capacity(count);
    let mut run = 0;
    for step in 0..=count {
        let index = (start + step) % count;
        if covered[index] {
            run += 1;
        } else {
            // The run that ends here, its last vertex just before this one.
            let first = step - run;
            let of = |step: usize| ring[(start + step) % count];
            if run >= RUN {
                kept.extend([of(first), of(step - 1)]);
                chords.push((of(first), of(step - 1)));
            } else {
                kept.extend((first..step).map(of));
            }
            run = 0;
            if step < count {
                kept.push(ring[index]);
            }
        }
    }
    *ring = kept;
}

/// Whether a ring turns left at every vertex, and once around.
pub(super) fn is_convex(ring: &Ring) -> bool {
    let count = ring.len();
    let turns_left = |index: usize| {
        let [a, b, c] = [0, 1, 2].map(|step| coord(ring[(index + step) % count]));
        orient2d(a, b, c) >= 0.0
    };
    let goes_right = |(a, b): (Position, Position)| b[0] > a[0] || b[0] == a[0] && b[1] > a[1];
    let right: Vec<bool> = edges(ring).map(goes_right).collect();
    let changes = (0..count)
        .filter(|i| right[*i] != right[(i + 1) % count])
        .count();
    count >= 3 && changes == 2 && (0..count).all(turns_left)
}
