//! DBSCAN: M. Ester, H.-P. Kriegel, J. Sander and X. Xu, "A density-based algorithm for discovering clusters in large spatial
//! databases with noise", KDD 1996.
//!
//! Places are taken in blocks, as the cells of a grid are by A. Gunawan, "A faster algorithm for DBSCAN", master's thesis,
//! Eindhoven 2013, and J. Gan and Y. Tao, "DBSCAN revisited", SIGMOD 2015: where all places of a block are within the
//! distance of each other, they are core if there are enough of them, and of two such blocks one pair of core points that
//! are near each other joins all. Blocks are nodes of the tree, not cells, so that they suit a plane, the Earth and any
//! density. Nothing is kept of a place but whether it is core and which set it is in, whatever the number of those near it.

use super::{Found, Near};
use crate::tree::Block;
use crate::{Control, EngineError};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) fn find(
    near: &Near,
    least: usize,
    metres: f64,
    control: &Control,
) -> Result<Found, EngineError> {
    let search = Search {
        near,
        least,
        metres,
        square: metres * metres,
        // Places that are near each other in space may be apart in time, so that blocks tell nothing of them.
        blocks: match near.times {
            None => near.tree.blocks(metres * metres),
            Some(_) => Vec::new(),
        },
        control,
    };
    let core = search.core()?;
    control.progress(4, 10);
    let sets = Sets::new(core.len());
    search.join(&core, &sets)?;
    control.progress(7, 10);
    // The first core point of each set, by the set's root.
    let ids = near.tree.ids();
    let mut first = vec![u32::MAX; ids.len()];
    for (at, id) in ids.iter().enumerate().filter(|(at, _)| core[*at]) {
        let root = sets.of(at as u32) as usize;
        first[root] = first[root].min(*id);
    }
    let earliest = search.earliest(&core, |at| first[sets.of(at as u32) as usize])?;
    let mut clusters = vec![None; ids.len()];
    for (id, cluster) in ids.iter().zip(earliest) {
        clusters[*id as usize] = (cluster != u32::MAX).then_some(cluster as usize);
    }
    Ok(Found {
        clusters,
        fields: Vec::new(),
    })
}

/// What is looked for; places are told by their places in the tree's order.
struct Search<'a> {
    near: &'a Near,
    least: usize,
    metres: f64,
    square: f64,
    blocks: Vec<Block>,
    control: &'a Control,
}

impl Search<'_> {
    /// Which places are core points.
    fn core(&self) -> Result<Vec<bool>, EngineError> {
        let tree = &self.near.tree;
        if self.near.times.is_some() {
            return self.each(|at| {
                let mut count = 0;
                self.visit(at, |_| count += 1);
                count >= self.least
            });
        }
        self.each_block(|block, near, core| {
            let members = tree.members(block);
            let own = if block.tight { members.len() } else { 0 };
            if own >= self.least {
                core.extend(members.map(|_| true));
                return;
            }
            let is_core = |at: usize| {
                let mut count = own;
                for other in near.iter().filter(|other| !block.tight || **other != block) {
                    tree.seek(at, *other, self.square, |_| {
                        count += 1;
                        count >= self.least
                    });
                    if count >= self.least {
                        return true;
                    }
                }
                count >= self.least
            };
            core.extend(members.map(is_core));
        })
    }

    /// Joins core points that are near each other.
    fn join(&self, core: &[bool], sets: &Sets) -> Result<(), EngineError> {
        let tree = &self.near.tree;
        if self.near.times.is_some() {
            self.each(|at| {
                if core[at] {
                    // Of two core points one tells of the other.
                    self.visit(at, |other| {
                        if other < at && core[other] {
                            sets.join(at as u32, other as u32);
                        }
                    });
                }
            })?;
            return Ok(());
        }
        self.each_block(|block, near, _: &mut Vec<()>| {
            let own = || tree.members(block).filter(|at| core[*at]);
            let Some(any) = own().next() else { return };
            if block.tight {
                own().for_each(|at| sets.join(any as u32, at as u32));
            }
            // Of two blocks the later tells of the other; a block that is not tight tells of itself, too.
            for other in near {
                let ordered = other.cmp(&block);
                if ordered.is_gt() || ordered.is_eq() && block.tight {
                    continue;
                }
                if block.tight && other.tight {
                    let theirs = tree.members(*other).find(|at| core[*at]);
                    let joined =
                        theirs.is_none_or(|theirs| sets.of(theirs as u32) == sets.of(any as u32));
                    if !joined
                        && let Some([a, b]) = tree.meeting([block, *other], self.square, core)
                    {
                        sets.join(a as u32, b as u32);
                    }
                    continue;
                }
                // The places of the one, each by itself, and of the other one if it is tight.
                let (from, to) = if block.tight {
                    (*other, block)
                } else {
                    (block, *other)
                };
                for at in tree.members(from).filter(|at| core[*at]) {
                    tree.seek(at, to, self.square, |near| {
                        if core[near] {
                            sets.join(at as u32, near as u32);
                        }
                        core[near] && to.tight
                    });
                }
            }
        })?;
        Ok(())
    }

    /// For each place the least of what `of` tells of the core points near it; of a core point, of itself.
    fn earliest(
        &self,
        core: &[bool],
        of: impl Fn(usize) -> u32 + Sync,
    ) -> Result<Vec<u32>, EngineError> {
        let tree = &self.near.tree;
        if self.near.times.is_some() {
            return self.each(|at| {
                if core[at] {
                    return of(at);
                }
                let mut least = u32::MAX;
                self.visit(at, |other| {
                    if core[other] {
                        least = least.min(of(other));
                    }
                });
                least
            });
        }
        self.each_block(|block, near, found| {
            found.extend(tree.members(block).map(|at| {
                if core[at] {
                    return of(at);
                }
                let mut least = u32::MAX;
                for other in near {
                    tree.seek(at, *other, self.square, |near| {
                        if core[near] {
                            least = least.min(of(near));
                        }
                        // All core points of a tight block are in one cluster.
                        core[near] && other.tight
                    });
                }
                least
            }));
        })
    }

    /// What is found of each place.
    fn each<T: Send>(&self, find: impl Fn(usize) -> T + Sync) -> Result<Vec<T>, EngineError> {
        (0..self.near.tree.len())
            .into_par_iter()
            .map(|at| {
                self.control.check()?;
                Ok(find(at))
            })
            .collect()
    }

    /// What is found of the places, block by block; `find` is told of each block and those near it.
    fn each_block<T: Send>(
        &self,
        find: impl Fn(Block, &[Block], &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>, EngineError> {
        let batches = self.blocks.par_chunks(BATCH).map(|batch| {
            let (mut near, mut found) = (Vec::new(), Vec::new());
            for block in batch {
                self.control.check()?;
                self.near.tree.around(*block, self.square, &mut near);
                find(*block, &near, &mut found);
            }
            Ok(found)
        });
        let batches = batches.collect::<Result<Vec<Vec<T>>, EngineError>>()?;
        Ok(batches.into_iter().flatten().collect())
    }

    /// Visits the places near one of them in space and time.
    fn visit(&self, at: usize, mut visit: impl FnMut(usize)) {
        let tree = &self.near.tree;
        let id = tree.ids()[at] as usize;
        self.near
            .visit(id, self.metres, |other, _| visit(tree.at(other)));
    }
}

/// Blocks that one thread takes at a time.
const BATCH: usize = 256;

/// The sets of a partition, joined by many threads at once (R. J. Anderson and H. Woll, "Wait-free parallel algorithms for
/// the union-find problem", STOC 1991).
///
/// A set's root is its least member, so that the sets do not depend on the order in which they were joined.
struct Sets(Vec<AtomicU32>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count as u32).map(AtomicU32::new).collect())
    }

    fn above(&self, member: u32) -> u32 {
        self.0[member as usize].load(Ordering::Relaxed)
    }

    fn of(&self, mut member: u32) -> u32 {
        loop {
            let above = self.above(member);
            if above == member {
                return member;
            }
            let next = self.above(above);
            // Whatever another thread has put there meanwhile lies above as well.
            self.0[member as usize].fetch_min(next, Ordering::Relaxed);
            member = next;
        }
    }

    fn join(&self, a: u32, b: u32) {
        let (mut a, mut b) = (self.of(a), self.of(b));
        while a != b {
            let (lesser, greater) = (a.min(b), a.max(b));
            let set = self.0[greater as usize].compare_exchange(
                greater,
                lesser,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if set.is_ok() {
                return;
            }
            (a, b) = (self.of(lesser), self.of(greater));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::proximity::Place;
    use crate::tree::{Tree, squared};
    use proptest::prelude::*;

    /// Each point of a cluster with the number of the cluster's first core point, by the definition alone.
    fn by_definition(
        places: &[Place],
        apart: impl Fn(usize, usize) -> bool,
        least: usize,
        metres: f64,
    ) -> Vec<Option<usize>> {
        let count = places.len();
        let near =
            |a: usize, b: usize| squared(places[a], places[b]) <= metres * metres && !apart(a, b);
        let core: Vec<bool> = (0..count)
            .map(|a| (0..count).filter(|b| near(a, *b)).count() >= least)
            .collect();
        let mut clusters = vec![None; count];
        for seed in 0..count {
            if !core[seed] || clusters[seed].is_some() {
                continue;
            }
            let mut open = vec![seed];
            clusters[seed] = Some(seed);
            while let Some(a) = open.pop() {
                for b in (0..count).filter(|b| near(a, *b)) {
                    if clusters[b].is_none() {
                        clusters[b] = Some(seed);
                        if core[b] {
                            open.push(b);
                        }
                    }
                }
            }
        }
        clusters
    }

    /// A heap of duplicates, or of places near each other, or a row.
    fn heap() -> impl Strategy<Value = Vec<Place>> {
        let at = || [0..40i32, 0..40, 0..3].prop_map(|at| at.map(f64::from));
        let offsets = |span: f64, most: usize| {
            prop::collection::vec([0.0..span, 0.0..span, 0.0..span], 1..most)
        };
        let moved = |(at, offsets): (Place, Vec<Place>)| {
            let places = offsets.iter().map(|off| [0, 1, 2].map(|i| at[i] + off[i]));
            places.collect::<Vec<_>>()
        };
        prop_oneof![
            (at(), 1..60usize).prop_map(|(at, count)| vec![at; count]),
            (at(), offsets(3.0, 80)).prop_map(moved),
            (at(), offsets(30.0, 30)).prop_map(moved),
            (at(), 1..40usize).prop_map(|([x, y, z], count)| {
                (0..count).map(|i| [x + i as f64, y, z]).collect()
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn blocks_find_what_the_definition_says(
            heaps in prop::collection::vec(heap(), 1..8),
            least in 1..25usize,
            metres in prop_oneof![Just(0.0), Just(1.0), Just(2.0), 0.3..12.0f64, Just(100.0)],
            interval in prop_oneof![Just(None), (1..20u32).prop_map(Some)],
        ) {
            let places = heaps.concat();
            let times = |interval| {
                let times: Vec<f64> = (0..places.len()).map(|i| (i * 7 % 31) as f64).collect();
                (times, f64::from(interval))
            };
            let near = Near { tree: Tree::new(&places), times: interval.map(times) };
            let apart = |a: usize, b: usize| near
                .times
                .as_ref()
                .is_some_and(|(times, interval)| (times[a] - times[b]).abs() > *interval);
            let found = find(&near, least, metres, &Control::new()).unwrap();
            prop_assert_eq!(found.clusters, by_definition(&places, apart, least, metres));
        }
    }
}
