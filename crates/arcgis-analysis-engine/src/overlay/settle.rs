//! Gives vertices their last bits back only where areas stay valid.
//!
//! A vertex that was given is up to half a step away from the grid on which the sweep worked. Where a border runs
//! within a step of another vertex, as it does along an edge that two sweeps cut at different places, those last bits
//! can carry the one over the other. There the vertices stay on the grid, where the sweep found the area valid.

use super::{Grid, Position, Region, coord, edges};
use robust::orient2d;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use rustc_hash::FxHashSet;

/// Edges that are compared from west to east, for which a tree costs more than it saves.
const FEW: usize = 512;

type Edge = (Position, Position);

impl Grid {
    /// Rounds the vertices whose last bits make borders cross.
    pub(super) fn settle(self, mut region: Region) -> Region {
        if !self.keeps {
            return region;
        }
        while let Some(wrong) = self.misplaced(&region) {
            for vertex in region.iter_mut().flatten().flatten() {
                if wrong.contains(&vertex.map(f64::to_bits)) {
                    *vertex = self.rounded(*vertex);
                }
            }
        }
        region
    }

    pub(super) fn rounded(self, position: Position) -> Position {
        self.to_position(self.to_int(position))
    }

    /// The vertices off the grid that belong to edges which cross or touch, by their bits.
    fn misplaced(self, region: &Region) -> Option<FxHashSet<[u64; 2]>> {
        let is_off = |vertex: &Position| self.rounded(*vertex) != *vertex;
        if !region.iter().flatten().flatten().any(is_off) {
            return None;
        }
        let all = region.iter().flatten().flat_map(|ring| edges(ring));
        let mut all: Vec<Edge> = all.collect();
        let mut wrong = FxHashSet::default();
        let mut compare = |edge: &Edge, other: &Edge| {
            if self.conflict(edge, other) {
                let ends = [edge.0, edge.1, other.0, other.1];
                let off = ends.iter().filter(|vertex| is_off(vertex));
                wrong.extend(off.map(|vertex| vertex.map(f64::to_bits)));
            }
        };
        if all.len() <= FEW {
            let reach = |(a, b): &Edge, axis: usize| (a[axis].min(b[axis]), a[axis].max(b[axis]));
            all.sort_unstable_by(|a, b| reach(a, 0).0.total_cmp(&reach(b, 0).0));
            for (place, edge) in all.iter().enumerate() {
                let (east, (south, north)) = (reach(edge, 0).1, reach(edge, 1));
                let near = all[place + 1..].iter();
                for other in near.take_while(|other| reach(other, 0).0 <= east) {
                    let (bottom, top) = reach(other, 1);
                    if bottom <= north && top >= south {
                        compare(edge, other);
                    }
                }
            }
        } else {
            let bounds = |(a, b): &Edge| AABB::from_corners(*a, *b);
            let boxes = all
                .iter()
                .enumerate()
                .map(|(index, edge)| GeomWithData::new(Rectangle::from_aabb(bounds(edge)), index));
            let tree = RTree::bulk_load(boxes.collect());
            for (index, edge) in all.iter().enumerate() {
                let near = tree.locate_in_envelope_intersecting(&bounds(edge));
                // Of two edges the later is compared with the other.
                for near in near.filter(|near| near.data < index) {
                    compare(edge, &all[near.data]);
                }
            }
        }
        (!wrong.is_empty()).then_some(wrong)
    }

    /// Whether two edges have more in common than an end, or have changed sides since they were on the grid.
    fn conflict(self, &(a, b): &Edge, &(c, d): &Edge) -> bool {
        for (hub, far, other) in [(a, b, other_end(a, c, d)), (b, a, other_end(b, c, d))] {
            let Some(other) = other else { continue };
            if far == other {
                return false;
            }
            let ahead = (far[0] - hub[0]) * (other[0] - hub[0])
                + (far[1] - hub[1]) * (other[1] - hub[1])
                > 0.0;
            let [hub_on, far_on, other_on] = [hub, far, other].map(|p| self.rounded(p));
            return ahead && turn(hub, far, other) != turn(hub_on, far_on, other_on);
        }
        crate::point_in_polygon::edges_meet(a, b, c, d)
    }
}

/// The end of an edge that begins or ends at `hub`.
fn other_end(hub: Position, c: Position, d: Position) -> Option<Position> {
    match hub {
        _ if hub == c => Some(d),
        _ if hub == d => Some(c),
        _ => None,
    }
}

fn turn(a: Position, b: Position, c: Position) -> i8 {
    let side = orient2d(coord(a), coord(b), coord(c));
    i8::from(side > 0.0) - i8::from(side < 0.0)
}
