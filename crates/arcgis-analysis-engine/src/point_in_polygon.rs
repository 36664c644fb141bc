//! Where points lie in polygons, decided by predicates that no rounding misleads.
//!
//! The side of an edge is told by Shewchuk's adaptive predicates (crate `robust`); a point is inside where a ray
//! from it crosses the rings an odd number of times, whichever way they run.

use crate::overlay::{Position, Ring, coord, edges};
use robust::orient2d;

/// Where a point lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Inside,
    /// On an edge or a vertex.
    Border,
    Outside,
}

/// Where a point lies in the area that rings surround.
pub(crate) fn locate(rings: &[Ring], point: Position) -> Side {
    side(rings.iter().flat_map(|ring| edges(ring)), point)
}

/// The edges of an area, by level slabs, for many points.
#[derive(Debug)]
pub(crate) struct Slabs {
    /// The least and the greatest coordinates; none if there is no edge.
    lower: Position,
    upper: Position,
    /// How many slabs there are to a unit of height.
    density: f64,
    /// Where the edges of each slab begin, and where those of the last end.
    starts: Vec<usize>,
    edges: Vec<(Position, Position)>,
}

impl Slabs {
    /// Slabs as high as the mean edge, so that there are not many more entries than edges.
    pub(crate) fn new(rings: &[Ring]) -> Self {
        let all: Vec<_> = rings.iter().flat_map(|ring| edges(ring)).collect();
        let (mut lower, mut upper) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut climbed = 0.0;
        for (a, b) in &all {
            for axis in 0..2 {
                lower[axis] = lower[axis].min(a[axis]);
                upper[axis] = upper[axis].max(a[axis]);
            }
            climbed += (a[1] - b[1]).abs();
        }
        let (height, mean) = (upper[1] - lower[1], climbed / all.len().max(1) as f64);
        let count = (height / mean).clamp(1.0, all.len().max(1) as f64);
        let count = if count.is_finite() { count as usize } else { 1 };
        let mut slabs = Self {
            lower,
            upper,
            density: count as f64 / height,
            starts: vec![0; count + 1],
            edges: Vec::new(),
        };
        let mut entries: Vec<(usize, usize)> = Vec::with_capacity(2 * all.len());
        for (index, (a, b)) in all.iter().enumerate() {
            let (first, last) = (slabs.slab(a[1].min(b[1])), slabs.slab(a[1].max(b[1])));
            entries.extend((first..=last).map(|slab| (slab, index)));
        }
        entries.sort_unstable();
        for (slab, _) in &entries {
            slabs.starts[slab + 1] += 1;
        }
        for slab in 0..count {
            slabs.starts[slab + 1] += slabs.starts[slab];
        }
        slabs.edges = entries.into_iter().map(|(_, index)| all[index]).collect();
        slabs
    }

    /// Grows with `y`, so that the slabs of an edge's ends and of all between them are told by the same rounding.
    fn slab(&self, y: f64) -> usize {
        // A number that is not finite or below 0 becomes 0.
        (((y - self.lower[1]) * self.density) as usize).min(self.starts.len() - 2)
    }

    /// Where a point lies.
    pub(crate) fn locate(&self, point: Position) -> Side {
        if (0..2).any(|axis| point[axis] < self.lower[axis] || point[axis] > self.upper[axis]) {
            return Side::Outside;
        }
        let slab = self.slab(point[1]);
        let near = &self.edges[self.starts[slab]..self.starts[slab + 1]];
        side(near.iter().copied(), point)
    }
}

/// Where a point lies, told by the edges whose heights are about the point's.
fn side(edges: impl Iterator<Item = (Position, Position)>, point: Position) -> Side {
    let mut inside = false;
    for (a, b) in edges {
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        if point[1] < low[1] || point[1] > high[1] || point[0] > a[0].max(b[0]) {
            continue;
        }
        if low[1] == high[1] {
            // A level edge: the ray runs along it or misses it.
            if point[0] >= a[0].min(b[0]) {
                return Side::Border;
            }
            continue;
        }
        let side = orient2d(coord(low), coord(high), coord(point));
        if side == 0.0 {
            return Side::Border;
        }
        // The upper end does not count, so a vertex on the ray is met once.
        if side > 0.0 && point[1] < high[1] {
            inside = !inside;
        }
    }
    if inside { Side::Inside } else { Side::Outside }
}

/// Whether two edges have a point in common.
pub(crate) fn edges_meet(a: Position, b: Position, c: Position, d: Position) -> bool {
    let side = |p, q, r| {
        let turn = orient2d(coord(p), coord(q), coord(r));
        i8::from(turn > 0.0) - i8::from(turn < 0.0)
    };
    let overlap = |i: usize| a[i].min(b[i]) <= c[i].max(d[i]) && c[i].min(d[i]) <= a[i].max(b[i]);
    overlap(0)
        && overlap(1)
        && side(a, b, c) * side(a, b, d) <= 0
        && side(c, d, a) * side(c, d, b) <= 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RINGS: [[Position; 4]; 2] = [
        [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]],
        [[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]],
    ];

    #[test]
    fn inside_border_and_hole() {
        let rings = RINGS.map(|ring| ring.to_vec());
        for (point, side) in [
            ([0.5, 0.5], Side::Inside),
            ([0.5, 1.0], Side::Inside),
            ([0.5, 3.0], Side::Inside),
            ([2.0, 2.0], Side::Outside),
            ([3.0, 2.0], Side::Border),
            ([1.0, 1.0], Side::Border),
            ([0.0, 0.0], Side::Border),
            ([4.0, 4.0], Side::Border),
            ([2.0, 4.0], Side::Border),
            ([-1.0, 4.0], Side::Outside),
            ([5.0, 0.0], Side::Outside),
            ([-1.0, 2.0], Side::Outside),
        ] {
            assert_eq!(locate(&rings, point), side, "{point:?}");
        }
    }

    #[test]
    fn slabs_hide_no_edge() {
        // A comb: long edges, short ones, level ones; and nothing, and a ring without height.
        let comb: Ring = (0..40)
            .map(|i| [f64::from(i), if i % 2 == 0 { 0.0 } else { f64::from(i) }])
            .chain([[40.0, 50.0], [0.0, 50.0]])
            .collect();
        for rings in [
            vec![comb],
            RINGS.map(|ring| ring.to_vec()).to_vec(),
            vec![],
            vec![vec![[0.0, 1.0], [3.0, 1.0]]],
        ] {
            let slabs = Slabs::new(&rings);
            for x in -2..90 {
                for y in -2..110 {
                    let place = [f64::from(x) / 2.0, f64::from(y) / 2.0];
                    assert_eq!(slabs.locate(place), locate(&rings, place), "{place:?}");
                }
            }
        }
    }

    #[test]
    fn a_point_on_a_slanted_edge_is_on_the_border() {
        // 0.1 + 0.2 rounds up; the edge from (0, 0) to (1, 1) passes exactly through what that is.
        let triangle = [vec![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]];
        assert_eq!(locate(&triangle, [0.1 + 0.2, 0.1 + 0.2]), Side::Border);
        assert_eq!(locate(&triangle, [0.1 + 0.2, 0.3]), Side::Outside);
        assert_eq!(locate(&triangle, [0.3, 0.1 + 0.2]), Side::Inside);
    }

    #[test]
    fn edges_meet_at_ends_and_in_line() {
        assert!(edges_meet([0.0, 0.0], [2.0, 2.0], [0.0, 2.0], [2.0, 0.0]));
        assert!(edges_meet([0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 5.0]));
        assert!(edges_meet([0.0, 0.0], [2.0, 0.0], [1.0, 0.0], [3.0, 0.0]));
        assert!(!edges_meet([0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]));
        assert!(!edges_meet([0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [3.0, 1.0]));
    }
}
