//! Lines against areas, and lines against lines.
//!
//! Whether edges meet is decided by exact predicates; where they cross is computed along the first. Vertices of lines
//! stay bit for bit, and lines keep their direction.

use super::{Position, Region, coord};
use crate::cover::Cover;
use crate::point_in_polygon::{Side, locate};
use robust::orient2d;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

type Edge = (Position, Position);

/// Edges that are found by place.
#[derive(Debug)]
pub(crate) struct Edges {
    tree: RTree<GeomWithData<Rectangle<Position>, Edge>>,
}

/// What an edge has in common with others: parts of it, and single places, by their part of its length.
#[derive(Debug, Default)]
struct Marks {
    places: Vec<(f64, Position)>,
    shared: Vec<(f64, f64)>,
}

impl Edges {
    /// The edges of lines.
    pub(crate) fn new(lines: &[Vec<Position>]) -> Self {
        let edges = lines.iter().flat_map(|line| line.windows(2));
        let tree = RTree::bulk_load(
            edges
                .map(|edge| {
                    let (a, b) = (edge[0], edge[1]);
                    GeomWithData::new(Rectangle::from_corners(a, b), (a, b))
                })
                .collect(),
        );
        Self { tree }
    }

    /// The edges whose bounds come within `margin` of a position.
    pub(crate) fn around(&self, at: Position, margin: f64) -> impl Iterator<Item = Edge> + '_ {
        let around = AABB::from_corners(at.map(|c| c - margin), at.map(|c| c + margin));
        self.tree
            .locate_in_envelope_intersecting(&around)
            .map(|edge| edge.data)
    }

    fn marks(&self, a: Position, b: Position) -> Marks {
        let mut marks = Marks::default();
        let around = Rectangle::from_corners(a, b).envelope();
        for near in self.tree.locate_in_envelope_intersecting(&around) {
            marks.meet((a, b), near.data);
        }
        marks.places.sort_by(|p, q| {
            p.0.total_cmp(&q.0)
                .then_with(|| p.1.partial_cmp(&q.1).unwrap_or(std::cmp::Ordering::Equal))
        });
        marks.places.dedup_by(|p, q| p.1 == q.1);
        marks
    }
}

impl Marks {
    /// Notes what the edge has in common with another.
    fn meet(&mut self, (a, b): Edge, (c, d): Edge) {
        let side = |p, q, r| orient2d(coord(p), coord(q), coord(r));
        let (at_c, at_d) = (side(a, b, c), side(a, b, d));
        if at_c == 0.0 && at_d == 0.0 {
            let (tc, td) = (part(a, b, c), part(a, b, d));
            let ((t0, p0), (t1, p1)) = if tc <= td {
                ((tc, c), (td, d))
            } else {
                ((td, d), (tc, c))
            };
            let ((t0, p0), (t1, p1)) = (
                if t0 <= 0.0 { (0.0, a) } else { (t0, p0) },
                if t1 >= 1.0 { (1.0, b) } else { (t1, p1) },
            );
            if t0 < t1 {
                self.shared.push((t0, t1));
            }
            if t0 <= t1 {
                self.places.push((t0, p0));
                self.places.push((t1, p1));
            }
            return;
        }
        if at_c * at_d > 0.0 {
            return;
        }
        let (at_a, at_b) = (side(c, d, a), side(c, d, b));
        if at_a * at_b > 0.0 {
            return;
        }
        let place = match () {
            () if at_a == 0.0 => (0.0, a),
            () if at_b == 0.0 => (1.0, b),
            () if at_c == 0.0 => (part(a, b, c), c),
            () if at_d == 0.0 => (part(a, b, d), d),
            () => {
                let t = (at_a / (at_a - at_b)).clamp(0.0, 1.0);
                (t, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
            }
        };
        self.places.push(place);
    }

    fn is_shared(&self, t: f64) -> bool {
        self.shared.iter().any(|(t0, t1)| *t0 < t && t < *t1)
    }

    /// The edge in pieces between the places: for each its ends, and whether it is shared.
    fn pieces(&self, a: Position, b: Position) -> Vec<(Position, Position, bool)> {
        let inner = self
            .places
            .iter()
            .copied()
            .filter(|(_, p)| *p != a && *p != b);
        let marks: Vec<_> = std::iter::once((0.0, a))
            .chain(inner)
            .chain([(1.0, b)])
            .collect();
        marks
            .windows(2)
            .map(|pair| {
                let shared = self.is_shared(f64::midpoint(pair[0].0, pair[1].0));
                (pair[0].1, pair[1].1, shared)
            })
            .collect()
    }
}

/// How far along an edge a position on its line lies, as a part of its length.
fn part(a: Position, b: Position, p: Position) -> f64 {
    let axis = usize::from((b[1] - a[1]).abs() > (b[0] - a[0]).abs());
    (p[axis] - a[axis]) / (b[axis] - a[axis])
}

/// The parts of lines that lie in any of some areas or on their borders; or else those that do not.
pub(crate) fn clip(lines: &[Vec<Position>], areas: &[&Region], inside: bool) -> Vec<Vec<Position>> {
    let rings = areas.iter().flat_map(|area| area.iter().flatten());
    let closed: Vec<Vec<Position>> = rings
        .map(|ring| ring.iter().chain(ring.first()).copied().collect())
        .collect();
    let edges = Edges::new(&closed);
    let cover = Cover::new(areas.iter().copied());
    keep(lines, &edges, |a, b, shared| {
        let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        (shared || cover.holds(middle)) == inside
    })
}

/// The parts of lines that lie in a convex area, or on those of its borders from which it lies to the east, or, of level
/// ones, to the north. So each part of a line lies in one of the areas that fill a plane, borders that two of them share
/// included.
pub(crate) fn clip_half_open(lines: &[Vec<Position>], ring: &[Position]) -> Vec<Vec<Position>> {
    let closed: Vec<Position> = ring.iter().chain(ring.first()).copied().collect();
    let edges = Edges::new(&[closed]);
    let rings = [ring.to_vec()];
    // On which side of a border the area lies is told by what lies farthest from it.
    let owns = |a: Position, b: Position| {
        let (low, high) = if (a[1], a[0]) <= (b[1], b[0]) {
            (a, b)
        } else {
            (b, a)
        };
        let off = |p: &Position| orient2d(coord(low), coord(high), coord(*p));
        let farthest = ring
            .iter()
            .map(off)
            .max_by(|p, q| p.abs().total_cmp(&q.abs()));
        let side = farthest.unwrap_or_default();
        if low[1] == high[1] {
            side > 0.0
        } else {
            side < 0.0
        }
    };
    keep(lines, &edges, |a, b, shared| {
        let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        match locate(&rings, middle) {
            _ if shared => owns(a, b),
            Side::Border => owns(a, b),
            side => side == Side::Inside,
        }
    })
}

/// The parts of lines that run along others; or else those that do not.
pub(crate) fn along(lines: &[Vec<Position>], others: &Edges, along: bool) -> Vec<Vec<Position>> {
    keep(lines, others, |_, _, shared| shared == along)
}

/// The places where lines meet others without running along them.
pub(crate) fn meetings(lines: &[Vec<Position>], others: &Edges) -> Vec<Position> {
    let runs = along(lines, others, true);
    let on_runs: std::collections::HashSet<[u64; 2]> =
        runs.iter().flatten().map(|p| p.map(f64::to_bits)).collect();
    let edges = lines.iter().flat_map(|line| line.windows(2));
    let mut places: Vec<Position> = edges
        .flat_map(|edge| others.marks(edge[0], edge[1]).places)
        .map(|(_, place)| place)
        .filter(|place| !on_runs.contains(&place.map(f64::to_bits)))
        .collect();
    places.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    places.dedup();
    places
}

fn keep(
    lines: &[Vec<Position>],
    edges: &Edges,
    wanted: impl Fn(Position, Position, bool) -> bool,
) -> Vec<Vec<Position>> {
    let mut out: Vec<Vec<Position>> = Vec::new();
    for line in lines {
        let mut run: Vec<Position> = Vec::new();
        let first_of_line = out.len();
        for edge in line.windows(2) {
            for (a, b, shared) in edges.marks(edge[0], edge[1]).pieces(edge[0], edge[1]) {
                if wanted(a, b, shared) {
                    if run.is_empty() {
                        run.push(a);
                    }
                    run.push(b);
                } else if !run.is_empty() {
                    out.push(std::mem::take(&mut run));
                }
            }
        }
        if !run.is_empty() {
            out.push(run);
        }
        // A closed line is joined where it closes.
        if line.first() == line.last()
            && out.len() > first_of_line + 1
            && out[out.len() - 1].last() == out[first_of_line].first()
            && let Some(mut last) = out.pop()
        {
            last.extend(out[first_of_line].iter().skip(1));
            out[first_of_line] = last;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Region {
        vec![vec![vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]]]
    }

    #[test]
    fn a_line_is_cut_at_the_border_and_keeps_its_direction() {
        let line = vec![vec![[5.0, 1.0], [2.0, 1.0], [2.0, 9.0]]];
        assert_eq!(
            clip(&line, &[&square()], true),
            [[[4.0, 1.0], [2.0, 1.0], [2.0, 4.0]]]
        );
        assert_eq!(
            clip(&line, &[&square()], false),
            [[[5.0, 1.0], [4.0, 1.0]], [[2.0, 4.0], [2.0, 9.0]]]
        );
    }

    #[test]
    fn the_border_belongs_to_the_area() {
        let line = vec![vec![[-1.0, 0.0], [1.0, 0.0], [6.0, 0.0]]];
        assert_eq!(
            clip(&line, &[&square()], true),
            [[[0.0, 0.0], [1.0, 0.0], [4.0, 0.0]]]
        );
    }

    /// A square and its neighbours: a line along what they share lies in that to the north or east of it.
    #[test]
    fn a_border_that_two_areas_share_belongs_to_one() {
        let square = |x: f64, y: f64| [[x, y], [x + 4.0, y], [x + 4.0, y + 4.0], [x, y + 4.0]];
        let lines = vec![
            vec![[4.0, -1.0], [4.0, 3.0]],
            vec![[5.0, 4.0], [1.0, 4.0]],
            vec![[0.0, 0.0], [4.0, 4.0]],
        ];
        assert_eq!(
            clip_half_open(&lines, &square(0.0, 0.0)),
            [[[0.0, 0.0], [4.0, 4.0]]]
        );
        assert_eq!(
            clip_half_open(&lines, &square(4.0, 0.0)),
            [[[4.0, 0.0], [4.0, 3.0]]]
        );
        assert_eq!(
            clip_half_open(&lines, &square(0.0, 4.0)),
            [[[4.0, 4.0], [1.0, 4.0]]]
        );
        assert_eq!(
            clip_half_open(&lines, &square(4.0, 4.0)),
            [[[5.0, 4.0], [4.0, 4.0]]]
        );
        assert_eq!(
            clip_half_open(&lines, &square(4.0, -4.0)),
            [[[4.0, -1.0], [4.0, 0.0]]]
        );
    }

    #[test]
    fn lines_meet_in_places_or_run_along() {
        let others = Edges::new(&[vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]]);
        let lines = vec![vec![[1.0, 0.0], [3.0, 0.0], [3.0, 2.0], [5.0, 2.0]]];
        assert_eq!(along(&lines, &others, true), [[[1.0, 0.0], [3.0, 0.0]]]);
        assert_eq!(meetings(&lines, &others), [[4.0, 2.0]]);
        assert_eq!(
            along(&lines, &others, false),
            [[[3.0, 0.0], [3.0, 2.0], [4.0, 2.0], [5.0, 2.0]]]
        );
    }
}
