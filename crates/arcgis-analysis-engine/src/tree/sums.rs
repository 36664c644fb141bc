//! What the places within a distance of each place sum up to.

use super::{Node, Tree, gap, span, squared};
use crate::statistics::Sum;
use crate::{Control, EngineError};
use rayon::prelude::*;

/// The neighbourhood of each place.
pub(crate) struct Band<F> {
    /// The square of a distance within which places are neighbours for sure; negative where there is none.
    pub(crate) sure: f64,
    /// The square of one within which all neighbours are.
    pub(crate) most: f64,
    /// Whether two places in between, by the caller's numbers, are neighbours.
    pub(crate) is_near: F,
}

/// Leaves that one thread takes at a time.
const BATCH: usize = 64;

impl Tree {
    /// For each place, in the caller's order, how many places are near, itself included, and the sum of their numbers.
    ///
    /// All places of a node may be told to be near at once, so that a wide band costs little more than its rim. The order
    /// in which numbers are added depends on the places alone.
    pub(crate) fn sums<F: Fn(usize, usize) -> bool + Sync>(
        &self,
        numbers: &[f64],
        band: &Band<F>,
        control: &Control,
    ) -> Result<Vec<(usize, Sum)>, EngineError> {
        let numbers: Vec<f64> = self.ids.iter().map(|id| numbers[*id as usize]).collect();
        let mut totals = vec![Sum::default(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            let mut total = Sum::default();
            match node.second {
                Some(second) => {
                    total.join(totals[index + 1]);
                    total.join(totals[index + second as usize]);
                }
                None => node.members().for_each(|at| total.add(numbers[at])),
            }
            totals[index] = total;
        }
        let leaves: Vec<&Node> = self.nodes.iter().filter(|n| n.second.is_none()).collect();
        let batches = leaves.par_chunks(BATCH).map(|leaves| {
            let (mut rim, mut found) = (Vec::new(), Vec::new());
            for leaf in leaves {
                control.check()?;
                rim.clear();
                let mut inner = (0, Sum::default());
                self.part(0, leaf, [band.sure, band.most], &mut rim, &mut |index| {
                    inner.0 += self.nodes[index].members().len();
                    inner.1.join(totals[index]);
                });
                for at in leaf.members() {
                    let place = self.places[at];
                    let (mut count, mut sum) = inner;
                    for node in &rim {
                        if node.squared(place) > band.most {
                            continue;
                        }
                        for other in node.members() {
                            let apart = squared(place, self.places[other]);
                            let is_near = apart <= band.sure
                                || apart <= band.most
                                    && (band.is_near)(
                                        self.ids[at] as usize,
                                        self.ids[other] as usize,
                                    );
                            if is_near {
                                count += 1;
                                sum.add(numbers[other]);
                            }
                        }
                    }
                    found.push((count, sum));
                }
            }
            Ok(found)
        });
        let batches = batches.collect::<Result<Vec<Vec<(usize, Sum)>>, EngineError>>()?;
        let mut sums = vec![(0, Sum::default()); self.len()];
        for (id, found) in self.ids.iter().zip(batches.into_iter().flatten()) {
            sums[*id as usize] = found;
        }
        Ok(sums)
    }

    /// Parts the nodes below one into those that lie whole within the sure distance of every place of a leaf, which are
    /// told, and the leaves of which some places may be near.
    fn part<'a>(
        &'a self,
        index: usize,
        leaf: &Node,
        [sure, most]: [f64; 2],
        rim: &mut Vec<&'a Node>,
        inner: &mut impl FnMut(usize),
    ) {
        let node = &self.nodes[index];
        if gap(leaf.bounds(), node.bounds()) > most {
            return;
        }
        if span(leaf.bounds(), node.bounds()) <= sure {
            inner(index);
            return;
        }
        match node.second {
            Some(second) => {
                for half in [1, second as usize] {
                    self.part(index + half, leaf, [sure, most], rim, inner);
                }
            }
            None => rim.push(node),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::proximity::Place;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
        /// Whole numbers, so that every order of addition gives the same.
        #[test]
        fn sums_are_those_of_the_places_within_the_distance(
            places in prop::collection::vec([0..30i32, 0..30, 0..3], 1..400),
            metres in prop_oneof![Just(0.0), Just(1.0), Just(5.0), 0.3..40.0f64],
            odd in any::<bool>(),
        ) {
            let places: Vec<Place> = places.iter().map(|place| place.map(f64::from)).collect();
            let numbers: Vec<f64> = (0..places.len()).map(|id| (id * 37 % 101) as f64 - 50.0).collect();
            let near = |a: usize, b: usize| {
                // On the very distance it may be up to the caller.
                let apart = squared(places[a], places[b]);
                apart < metres * metres || apart == metres * metres && (odd || (a + b).is_multiple_of(2))
            };
            let square = metres * metres;
            let band = Band { sure: square * (1.0 - 1e-9) - 1e-9, most: square, is_near: near };
            let sums = Tree::new(&places).sums(&numbers, &band, &Control::new()).unwrap();
            for (a, (count, sum)) in sums.into_iter().enumerate() {
                let all: Vec<usize> = (0..places.len()).filter(|b| near(a, *b)).collect();
                let total: f64 = all.iter().map(|b| numbers[*b]).sum();
                prop_assert_eq!((count, sum.total()), (all.len(), total));
            }
        }
    }
}
