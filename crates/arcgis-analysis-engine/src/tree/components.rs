//! The nearest place of another component, while components grow.

use super::{Tree, squared};

/// What is known of the places in the tree's order while components grow.
pub(crate) struct Components {
    /// The component of each place.
    of: Vec<u32>,
    core: Vec<f64>,
    /// The component of all places of a node, if it is one, and their least core distance.
    nodes: Vec<(Option<u32>, f64)>,
}

/// A way between two places, as the caller counts them, the lesser first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    pub(crate) length: f64,
    pub(crate) ends: (u32, u32),
}

impl Edge {
    pub(crate) fn new(length: f64, a: u32, b: u32) -> Self {
        Self {
            length,
            ends: (a.min(b), a.max(b)),
        }
    }

    /// The order of edges: by length, those of the same by their ends.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.length
            .total_cmp(&other.length)
            .then(self.ends.cmp(&other.ends))
    }
}

impl Tree {
    /// What the search for other components needs to know; `component` and `core` are by the caller's numbers.
    pub(crate) fn components(&self, component: &[u32], core: &[f64]) -> Components {
        let of: Vec<u32> = self.ids.iter().map(|id| component[*id as usize]).collect();
        let core: Vec<f64> = self.ids.iter().map(|id| core[*id as usize]).collect();
        let mut nodes = vec![(None, f64::INFINITY); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            nodes[index] = match node.second {
                Some(second) => {
                    let (a, b): ((Option<u32>, f64), (Option<u32>, f64)) =
                        (nodes[index + 1], nodes[index + second as usize]);
                    (
                        a.0.filter(|component| b.0 == Some(*component)),
                        a.1.min(b.1),
                    )
                }
                None => {
                    let places = node.first as usize..node.last as usize;
                    let same = of[places.clone()].iter().all(|c| *c == of[places.start]);
                    let least = core[places.clone()]
                        .iter()
                        .copied()
                        .fold(f64::MAX, f64::min);
                    (same.then_some(of[places.start]), least)
                }
            };
        }
        Components { of, core, nodes }
    }

    /// The least way from a place to one of another component, by distances that are no shorter than `floor` and than
    /// either place's core distance.
    pub(crate) fn way_out(&self, id: usize, components: &Components, floor: f64) -> Option<Edge> {
        let at = self.at[id] as usize;
        let (place, own) = (self.places[at], components.of[at]);
        let core = components.core[at].max(floor);
        let bound = |index: usize| {
            let (component, least) = components.nodes[index];
            (component != Some(own))
                .then(|| self.nodes[index].squared(place).sqrt().max(core).max(least))
        };
        let mut best: Option<Edge> = None;
        let mut open = vec![(bound(0)?, 0_usize)];
        while let Some((least, index)) = open.pop() {
            if best.is_some_and(|best| least > best.length) {
                continue;
            }
            let node = &self.nodes[index];
            let Some(second) = node.second else {
                for other in node.first as usize..node.last as usize {
                    if components.of[other] == own {
                        continue;
                    }
                    let apart = squared(place, self.places[other]).sqrt();
                    let length = apart.max(core).max(components.core[other]);
                    let edge = Edge::new(length, id as u32, self.ids[other]);
                    if best.is_none_or(|best| edge.order(&best).is_lt()) {
                        best = Some(edge);
                    }
                }
                continue;
            };
            let mut halves = [index + 1, index + second as usize].map(|half| (bound(half), half));
            if halves[0].0 < halves[1].0 {
                halves.swap(0, 1);
            }
            open.extend(
                halves
                    .into_iter()
                    .filter_map(|(bound, half)| Some((bound?, half))),
            );
        }
        best
    }
}
