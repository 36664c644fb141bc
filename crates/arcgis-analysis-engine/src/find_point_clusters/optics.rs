//! OPTICS: M. Ankerst, M. M. Breunig, H.-P. Kriegel and J. Sander, "OPTICS: ordering points to identify the clustering
//! structure", SIGMOD 1999, section 4.3, with E. Schubert and M. Gertz, "Improving the cluster structure extracted from
//! OPTICS plots", LWDA 2018. Like other implementations it takes definitions 9 and 11 of the former in their evident sense.

use super::{Found, Near};
use crate::{Control, EngineError};
use arcgis_analysis_types::{AttributeValue, FieldType};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Points in the order in which they are reached.
struct Plot {
    order: Vec<usize>,
    /// By their place in the order: from how far, infinity where from nowhere, and from which place in the order.
    reach: Vec<f64>,
    from: Vec<Option<usize>>,
}

pub(super) fn find(
    near: &Near,
    least: usize,
    metres: f64,
    xi: f64,
    control: &Control,
) -> Result<Found, EngineError> {
    let plot = order(near, least, metres, control)?;
    let count = plot.order.len();
    let mut clusters = vec![None; count];
    for (number, (first, last)) in innermost(count, valleys(&plot, least, xi)).enumerate() {
        for at in first..=last {
            clusters[plot.order[at]] = Some(number);
        }
    }
    let (mut orders, mut reaches) = (
        vec![AttributeValue::NULL; count],
        vec![AttributeValue::NULL; count],
    );
    for (at, id) in plot.order.iter().enumerate() {
        orders[*id] = (at + 1).into();
        if plot.reach[at].is_finite() {
            reaches[*id] = plot.reach[at].into();
        }
    }
    Ok(Found {
        clusters,
        fields: vec![
            ("REACHORDER", FieldType::Integer, orders),
            ("REACHDIST", FieldType::Double, reaches),
        ],
    })
}

fn order(near: &Near, least: usize, metres: f64, control: &Control) -> Result<Plot, EngineError> {
    let count = near.tree.len();
    let core = (0..count).into_par_iter().map(|id| {
        control.check()?;
        let mut squares = Vec::new();
        near.visit(id, metres, |_, square| squares.push(square));
        if squares.len() < least {
            return Ok(f64::INFINITY);
        }
        let (_, square, _) = squares.select_nth_unstable_by(least - 1, f64::total_cmp);
        Ok(square.sqrt())
    });
    let core = core.collect::<Result<Vec<f64>, EngineError>>()?;
    let mut reach = vec![f64::INFINITY; count];
    let mut from = vec![None; count];
    let mut done = vec![false; count];
    let mut order = Vec::with_capacity(count);
    // Distances are not negative, so that their bits have their order; the lesser number goes first.
    let mut open: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut unseen = 0;
    while order.len() < count {
        let next = loop {
            match open.pop() {
                Some(Reverse((bits, id))) if !done[id] && reach[id].to_bits() == bits => break id,
                Some(_) => {}
                None => {
                    while done[unseen] {
                        unseen += 1;
                    }
                    break unseen;
                }
            }
        };
        control.check()?;
        done[next] = true;
        order.push(next);
        if core[next].is_finite() {
            near.visit(next, metres, |other, square| {
                let distance = square.sqrt().max(core[next]);
                if !done[other] && distance < reach[other] {
                    reach[other] = distance;
                    from[other] = Some(order.len() - 1);
                    open.push(Reverse((distance.to_bits(), other)));
                }
            });
        }
        control.progress(2 + 6 * order.len() / count, 10);
    }
    Ok(Plot {
        reach: order.iter().map(|id| reach[*id]).collect(),
        from: order.iter().map(|id| from[*id]).collect(),
        order,
    })
}

/// A steep way down into a valley, and the greatest distance between its end and where one is.
struct Descent {
    first: usize,
    last: usize,
    between: f64,
}

/// The valleys of a plot by their first and last places, those within others first.
fn valleys(plot: &Plot, least: usize, xi: f64) -> Vec<(usize, usize)> {
    let count = plot.order.len();
    // Beyond the end the plot rises without bound.
    let height = |at: usize| plot.reach.get(at).copied().unwrap_or(f64::INFINITY);
    let left = 1.0 - xi;
    let ratio = |at: usize| height(at) / height(at + 1);
    let steep_up = |at: usize| ratio(at) <= left;
    let steep_down = |at: usize| ratio(at) >= 1.0 / left;
    let mut descents: Vec<Descent> = Vec::new();
    let mut found = Vec::new();
    let (mut at, mut between) = (0, 0.0_f64);
    for steep in 0..count {
        if steep < at || !(steep_up(steep) || steep_down(steep)) {
            continue;
        }
        between = (at..=steep).map(height).fold(between, f64::max);
        if between.is_infinite() {
            descents.clear();
        }
        descents.retain(|descent| between <= height(descent.first) * left);
        for descent in &mut descents {
            descent.between = descent.between.max(between);
        }
        if steep_down(steep) {
            let last = slope(steep, count, least, steep_down, |at| ratio(at) < 1.0);
            descents.push(Descent {
                first: steep,
                last,
                between: 0.0,
            });
            at = last + 1;
        } else {
            let last = slope(steep, count, least, steep_up, |at| ratio(at) > 1.0);
            at = last + 1;
            let ascent = (steep, last);
            let valley = |descent: &Descent| valley(plot, height, descent, ascent, left, least);
            found.extend(descents.iter().rev().filter_map(valley));
        }
        between = height(at);
    }
    found
}

/// The last steep place of a slope: it may be interrupted by fewer than so many that are not steep, but never turns.
fn slope(
    first: usize,
    count: usize,
    least: usize,
    steep: impl Fn(usize) -> bool,
    turns: impl Fn(usize) -> bool,
) -> usize {
    let (mut last, mut flat) = (first, 0);
    for at in first..count {
        if steep(at) {
            (last, flat) = (at, 0);
        } else if turns(at) {
            break;
        } else {
            flat += 1;
            if flat > least {
                break;
            }
        }
    }
    last
}

/// The valley between a way down and a way up, if there is one.
fn valley(
    plot: &Plot,
    height: impl Fn(usize) -> f64,
    descent: &Descent,
    (up, last): (usize, usize),
    left: f64,
    least: usize,
) -> Option<(usize, usize)> {
    let (mut first, mut last) = (descent.first, last);
    let end = height(last + 1);
    if end * left < descent.between {
        return None;
    }
    // Both rims are to be of about the same height.
    let top = height(descent.first);
    if top * left >= end {
        while first < descent.last && height(first + 1) > end {
            first += 1;
        }
    } else if end * left >= top {
        while last > up && height(last - 1) > top {
            last -= 1;
        }
    }
    let (first, last) = corrected(plot, first, last)?;
    let fits = last - first + 1 >= least && first <= descent.last && last >= up;
    fits.then_some((first, last))
}

/// Takes from a valley's end what was not reached from within it.
fn corrected(plot: &Plot, first: usize, mut last: usize) -> Option<(usize, usize)> {
    while first < last {
        let within = |from: usize| (first..last).contains(&from);
        if plot.reach[first] > plot.reach[last] || plot.from[last].is_some_and(within) {
            return Some((first, last));
        }
        last -= 1;
    }
    None
}

/// The valleys that hold no part of an earlier one.
fn innermost(count: usize, valleys: Vec<(usize, usize)>) -> impl Iterator<Item = (usize, usize)> {
    let mut taken = vec![false; count];
    valleys.into_iter().filter(move |(first, last)| {
        let free = !taken[*first..=*last].contains(&true);
        if free {
            taken[*first..=*last].fill(true);
        }
        free
    })
}
