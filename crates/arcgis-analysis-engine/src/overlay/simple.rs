//! Rings that a sweep would give back as they are, found at less cost.

use super::{Grid, Position, Region, Ring, coord, doubled_area, edges};
use crate::point_in_polygon::edges_meet;
use robust::orient2d;

/// Pairs of edges that are compared for each edge, on average; where there are more a sweep costs less.
const PAIRS: usize = 64;

impl Grid {
    /// The area within a ring, if no two of its edges have more in common than a vertex that follows the one and precedes
    /// the other; otherwise nothing is told.
    ///
    /// Where it begins depends on its places alone.
    pub(super) fn simple(self, ring: &Ring) -> Option<Region> {
        let on_grid: Ring = ring.iter().map(|vertex| self.rounded(*vertex)).collect();
        if !is_simple(&on_grid) {
            return None;
        }
        let is_before = |a: &usize, b: &usize| {
            let ([ax, ay], [bx, by]) = (on_grid[*a], on_grid[*b]);
            ax.total_cmp(&bx).then(ay.total_cmp(&by))
        };
        let start = (0..ring.len()).min_by(is_before)?;
        let mut out = if self.keeps { ring.clone() } else { on_grid };
        out.rotate_left(start);
        if doubled_area(&out) < 0.0 {
            out[1..].reverse();
        }
        // A sweep tells this one second.
        out.rotate_right(1);
        Some(vec![vec![out]])
    }
}

fn is_simple(ring: &Ring) -> bool {
    let count = ring.len();
    if count < 3 {
        return false;
    }
    let all: Vec<(Position, Position)> = edges(ring).collect();
    let reach = |edge: usize, axis: usize| {
        let (a, b) = all[edge];
        (a[axis].min(b[axis]), a[axis].max(b[axis]))
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by(|a, b| reach(*a, 0).0.total_cmp(&reach(*b, 0).0));
    let mut left = PAIRS * count;
    for (place, edge) in order.iter().copied().enumerate() {
        let (east, (south, north)) = (reach(edge, 0).1, reach(edge, 1));
        for other in order[place + 1..].iter().copied() {
            if reach(other, 0).0 > east {
                break;
            }
            if left == 0 {
                return false;
            }
            left -= 1;
            let (bottom, top) = reach(other, 1);
            if bottom > north || top < south {
                continue;
            }
            let ((a, b), (c, d)) = (all[edge], all[other]);
            let clash = match () {
                () if (edge + 1) % count == other => folds(a, b, d),
                () if (other + 1) % count == edge => folds(c, d, b),
                () => edges_meet(a, b, c, d),
            };
            if clash {
                return false;
            }
        }
    }
    true
}

/// Whether the way from `a` by `b` to `c` goes back on itself, or does not go on.
fn folds(a: Position, b: Position, c: Position) -> bool {
    let ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
    orient2d(coord(a), coord(b), coord(c)) == 0.0 && ahead <= 0.0
}

#[cfg(test)]
mod tests {
    use super::super::OverlayRule;
    use super::*;
    use i_overlay::core::fill_rule::FillRule;
    use proptest::prelude::*;

    /// Rings that begin with their leftmost vertex.
    fn turned(mut region: Region) -> Region {
        for ring in region.iter_mut().flatten() {
            let first = (0..ring.len()).min_by(|a, b| {
                let ([ax, ay], [bx, by]) = (ring[*a], ring[*b]);
                ax.total_cmp(&bx).then(ay.total_cmp(&by))
            });
            ring.rotate_left(first.unwrap_or(0));
        }
        region
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
        /// Stars around the origin, with vertices on straight edges, either way round; some with places of a coarse grid,
        /// which touch or cross themselves.
        #[test]
        fn what_is_simple_is_what_a_sweep_makes_of_it(
            radii in prop::collection::vec(1.0..9.0f64, 3..60),
            between in 0..3usize,
            coarse in any::<bool>(),
            reversed in any::<bool>(),
        ) {
            let count = radii.len() as f64;
            let corners: Ring = radii
                .iter()
                .enumerate()
                .map(|(index, radius)| {
                    let (sine, cosine) = (std::f64::consts::TAU * index as f64 / count).sin_cos();
                    let place = [radius * cosine, radius * sine];
                    if coarse { place.map(f64::round) } else { place }
                })
                .collect();
            let mut ring: Ring = edges(&corners)
                .flat_map(|(a, b)| {
                    let parts = between + 1;
                    (0..parts).map(move |i| {
                        let part = i as f64 / parts as f64;
                        [0, 1].map(|axis| a[axis] + part * (b[axis] - a[axis]))
                    })
                })
                .collect();
            if reversed {
                ring.reverse();
            }
            let grid = Grid::covering(16.0);
            let swept = grid.sweep(&[ring.clone()], &[], OverlayRule::Subject, FillRule::EvenOdd);
            if let Some(simple) = grid.simple(&ring) {
                prop_assert_eq!(turned(simple), turned(swept));
            } else {
                prop_assert!(coarse || between > 0, "{ring:?}");
            }
        }
    }

    #[test]
    fn rings_that_touch_themselves_are_not_simple() {
        let grid = Grid::covering(16.0);
        let square = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
        let same = grid.simple(&square).map(turned);
        assert_eq!(same, Some(vec![vec![square]]));
        for ring in [
            vec![[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]],
            vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 0.0], [0.0, 4.0]],
            vec![[0.0, 0.0], [4.0, 0.0], [6.0, 0.0], [4.0, 0.0], [4.0, 4.0]],
            vec![[0.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 4.0]],
            vec![[0.0, 0.0], [4.0, 0.0], [2.0, 0.0]],
            vec![[0.0, 0.0], [4.0, 0.0]],
        ] {
            assert_eq!(grid.simple(&ring), None, "{ring:?}");
        }
    }
}
