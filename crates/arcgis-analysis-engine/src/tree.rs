//! A k-d tree of places: what is within a distance and what it sums up to, how far so many are, and which place of another
//! component is nearest.

mod components;
mod sums;

pub(crate) use components::Edge;
pub(crate) use sums::Band;

use crate::proximity::Place;
use crate::{Control, EngineError};
use rayon::prelude::*;
use std::collections::BinaryHeap;
use std::ops::Range;

/// The places of a leaf, at most.
const LEAF: usize = 12;
/// The places whose halves one thread builds.
const ALONE: usize = 1 << 14;

/// A place, and its number as the caller counts.
type Member = (Place, u32);

/// Places in a tree.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In the tree's order.
    places: Vec<Place>,
    /// The number of each of these as the caller counts.
    ids: Vec<u32>,
    /// Where each of the caller's is.
    at: Vec<u32>,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    lower: Place,
    upper: Place,
    first: u32,
    last: u32,
    /// How many nodes further the one of its second half is; that of the first is the next. Leaves have none.
    second: Option<u32>,
}

/// Places that a node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block {
    node: usize,
    /// Whether all of them are within the distance of each other.
    pub(crate) tight: bool,
}

impl Tree {
    pub(crate) fn new(places: &[Place]) -> Self {
        let mut members: Vec<Member> = places.iter().copied().zip(0..).collect();
        let mut nodes = Vec::new();
        if !members.is_empty() {
            split(&mut members, 0, &mut nodes);
        }
        let mut at = vec![0; places.len()];
        for ((_, id), place) in members.iter().zip(0..) {
            at[*id as usize] = place;
        }
        Self {
            places: members.iter().map(|(place, _)| *place).collect(),
            ids: members.iter().map(|(_, id)| *id).collect(),
            at,
            nodes,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn place(&self, id: usize) -> Place {
        self.places[self.at[id] as usize]
    }

    /// Where the place of a number of the caller's is in the tree's order.
    pub(crate) fn at(&self, id: usize) -> usize {
        self.at[id] as usize
    }

    /// The caller's numbers in the tree's order, in which what is near is seldom far.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Visits the places within a distance of one of them, itself included, with the squares of their distances.
    pub(crate) fn within(&self, id: usize, metres: f64, mut visit: impl FnMut(usize, f64)) {
        let visit = |other: usize, apart: f64| {
            visit(other, apart);
            false
        };
        self.any_within(id, metres * metres, visit);
    }

    /// Visits the places within a distance, whose square this is, of one of them, itself included, with the squares of
    /// their distances, until one suffices; whether one did.
    pub(crate) fn any_within(
        &self,
        id: usize,
        square: f64,
        mut suffices: impl FnMut(usize, f64) -> bool,
    ) -> bool {
        let place = self.place(id);
        let mut open = vec![0_usize];
        while let Some(index) = open.pop() {
            let node = &self.nodes[index];
            if node.squared(place) > square {
                continue;
            }
            match node.second {
                Some(second) => open.extend([index + second as usize, index + 1]),
                None => {
                    for other in node.members() {
                        let apart = squared(place, self.places[other]);
                        if apart <= square && suffices(self.ids[other] as usize, apart) {
                            return true;
                        }
                    }
                }
            }
        }
        false
    }

    /// Blocks of places, each in one of them: the largest that lie together within a distance, whose square this is, and
    /// what is left in leaves.
    pub(crate) fn blocks(&self, square: f64) -> Vec<Block> {
        let mut blocks = Vec::new();
        if !self.nodes.is_empty() {
            self.descend(0, square, &mut |_| true, &mut |block| blocks.push(block));
        }
        blocks
    }

    /// The blocks that come within the distance of one of them, itself included, in the tree's order.
    pub(crate) fn around(&self, block: Block, square: f64, near: &mut Vec<Block>) {
        near.clear();
        let bounds = self.nodes[block.node].bounds();
        let mut comes_near = |node: &Node| gap(bounds, node.bounds()) <= square;
        self.descend(0, square, &mut comes_near, &mut |block| near.push(block));
    }

    fn descend(
        &self,
        index: usize,
        square: f64,
        wanted: &mut impl FnMut(&Node) -> bool,
        visit: &mut impl FnMut(Block),
    ) {
        let node = &self.nodes[index];
        if !wanted(node) {
            return;
        }
        let tight = span(node.bounds(), node.bounds()) <= square;
        match node.second {
            Some(second) if !tight => {
                self.descend(index + 1, square, wanted, visit);
                self.descend(index + second as usize, square, wanted, visit);
            }
            _ => visit(Block { node: index, tight }),
        }
    }

    /// The places of a block, told as in `seek`.
    pub(crate) fn members(&self, block: Block) -> Range<usize> {
        self.nodes[block.node].members()
    }

    /// Visits the places of a block that are within a distance of a place until one suffices; all of them are told by
    /// their places in the tree's order.
    pub(crate) fn seek(
        &self,
        at: usize,
        block: Block,
        square: f64,
        mut suffices: impl FnMut(usize) -> bool,
    ) {
        self.seek_below(self.places[at], block.node, square, &mut suffices);
    }

    fn seek_below(
        &self,
        place: Place,
        index: usize,
        square: f64,
        suffices: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let node = &self.nodes[index];
        if node.squared(place) > square {
            return false;
        }
        match node.second {
            Some(second) => [1, second as usize]
                .into_iter()
                .any(|half| self.seek_below(place, index + half, square, suffices)),
            None => node
                .members()
                .any(|other| squared(place, self.places[other]) <= square && suffices(other)),
        }
    }

    /// Two of the chosen places of two blocks that are within a distance of each other, if there are any.
    pub(crate) fn meeting(
        &self,
        blocks: [Block; 2],
        square: f64,
        chosen: &[bool],
    ) -> Option<[usize; 2]> {
        self.meeting_below(blocks.map(|block| block.node), square, chosen)
    }

    fn meeting_below(&self, pair: [usize; 2], square: f64, chosen: &[bool]) -> Option<[usize; 2]> {
        let [a, b] = pair.map(|index| &self.nodes[index]);
        if gap(a.bounds(), b.bounds()) > square {
            return None;
        }
        let divisible = |node: &Node| node.second.map_or(0, |_| node.members().len());
        let larger = usize::from(divisible(b) > divisible(a));
        let Some(second) = [a, b][larger].second else {
            let members = |node: &Node| node.members().filter(|at| chosen[*at]);
            let near =
                |at: usize, other: usize| squared(self.places[at], self.places[other]) <= square;
            return members(a)
                .find_map(|at| Some([at, members(b).find(|other| near(at, *other))?]));
        };
        [1, second as usize].into_iter().find_map(|half| {
            let mut halves = pair;
            halves[larger] += half;
            self.meeting_below(halves, square, chosen)
        })
    }

    /// The distance of each place from its `count`th nearest, itself the first; of the farthest where there are fewer.
    pub(crate) fn reaches(&self, count: usize, control: &Control) -> Result<Vec<f64>, EngineError> {
        (0..self.len())
            .into_par_iter()
            .map(|id| {
                control.check()?;
                Ok(self.reach(id, count))
            })
            .collect()
    }

    fn reach(&self, id: usize, count: usize) -> f64 {
        let place = self.place(id);
        let count = count.min(self.len());
        let mut nearest: BinaryHeap<Ordered> = BinaryHeap::with_capacity(count + 1);
        let mut open = vec![(0.0, 0_usize)];
        while let Some((bound, index)) = open.pop() {
            let full = nearest.len() == count;
            if full && nearest.peek().is_some_and(|farthest| bound >= farthest.0) {
                continue;
            }
            let node = &self.nodes[index];
            let Some(second) = node.second else {
                for other in node.first as usize..node.last as usize {
                    nearest.push(Ordered(squared(place, self.places[other])));
                    if nearest.len() > count {
                        nearest.pop();
                    }
                }
                continue;
            };
            let mut halves = [index + 1, index + second as usize]
                .map(|half| (self.nodes[half].squared(place), half));
            if halves[0].0 < halves[1].0 {
                halves.swap(0, 1);
            }
            open.extend(halves);
        }
        nearest.peek().map_or(0.0, |farthest| farthest.0.sqrt())
    }

    /// The so many nearest of the wanted places to one of them, in no order; all are told by the caller's numbers.
    pub(crate) fn nearest(
        &self,
        id: usize,
        count: usize,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let place = self.place(id);
        let mut nearest: BinaryHeap<(Ordered, u32)> = BinaryHeap::with_capacity(count + 1);
        let mut open = vec![(0.0, 0_usize)];
        while let Some((bound, index)) = open.pop() {
            let full = nearest.len() == count;
            if full && nearest.peek().is_some_and(|farthest| bound > farthest.0.0) {
                continue;
            }
            let node = &self.nodes[index];
            let Some(second) = node.second else {
                let members = node.members();
                for other in members.filter(|other| wanted(self.ids[*other] as usize)) {
                    let apart = squared(place, self.places[other]);
                    nearest.push((Ordered(apart), self.ids[other]));
                    if nearest.len() > count {
                        nearest.pop();
                    }
                }
                continue;
            };
            let mut halves = [1, second as usize]
                .map(|half| (self.nodes[index + half].squared(place), index + half));
            if halves[0].0 < halves[1].0 {
                halves.swap(0, 1);
            }
            open.extend(halves);
        }
        nearest.into_iter().map(|(_, id)| id as usize).collect()
    }
}

impl Node {
    /// The square of the distance of a place from the node's box.
    fn squared(&self, place: Place) -> f64 {
        gap((place, place), (self.lower, self.upper))
    }

    fn bounds(&self) -> (Place, Place) {
        (self.lower, self.upper)
    }

    /// Its places, by their places in the tree's order.
    fn members(&self) -> Range<usize> {
        self.first as usize..self.last as usize
    }
}

/// The square of the distance of two boxes; rounding makes it no greater than that of any two places in them.
fn gap((lower, upper): (Place, Place), (other_lower, other_upper): (Place, Place)) -> f64 {
    (0..3)
        .map(|i| {
            let off = (lower[i] - other_upper[i])
                .max(other_lower[i] - upper[i])
                .max(0.0);
            off * off
        })
        .sum()
}

/// The square of the greatest distance in two boxes, no less than that of any two places in them.
fn span((lower, upper): (Place, Place), (other_lower, other_upper): (Place, Place)) -> f64 {
    (0..3)
        .map(|i| {
            let off = (upper[i] - other_lower[i]).max(other_upper[i] - lower[i]);
            off * off
        })
        .sum()
}

/// Builds the node of some members, halved along the longest side of their box, with those below it.
fn split(members: &mut [Member], first: usize, nodes: &mut Vec<Node>) {
    let (mut lower, mut upper) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for (place, _) in members.iter() {
        for i in 0..3 {
            lower[i] = lower[i].min(place[i]);
            upper[i] = upper[i].max(place[i]);
        }
    }
    let index = nodes.len();
    nodes.push(Node {
        lower,
        upper,
        first: first as u32,
        last: (first + members.len()) as u32,
        second: None,
    });
    if members.len() <= LEAF {
        return;
    }
    let side = |i: &usize| upper[*i] - lower[*i];
    let axis = (0..3)
        .max_by(|a, b| side(a).total_cmp(&side(b)))
        .unwrap_or(0);
    let half = members.len() / 2;
    members.select_nth_unstable_by(half, |(p, a), (q, b)| {
        p[axis].total_cmp(&q[axis]).then(a.cmp(b))
    });
    let is_large = members.len() > ALONE;
    let (left, right) = members.split_at_mut(half);
    if is_large {
        // Nodes count from their own places, so that those of a half may be built apart.
        let ((), others) = rayon::join(
            || split(left, first, nodes),
            || {
                let mut others = Vec::new();
                split(right, first + half, &mut others);
                others
            },
        );
        nodes[index].second = Some((nodes.len() - index) as u32);
        nodes.extend(others);
    } else {
        split(left, first, nodes);
        nodes[index].second = Some((nodes.len() - index) as u32);
        split(right, first + half, nodes);
    }
}

/// The square of the distance of two places.
pub(crate) fn squared(a: Place, b: Place) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum()
}

/// A number that has an order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
