//! HDBSCAN: R. J. G. B. Campello, D. Moulavi and J. Sander, "Density-based clustering based on hierarchical density
//! estimates", PAKDD 2013.
//!
//! The spanning tree of mutual reachability grows by Borůvka's method: in each round every component takes the least way
//! out of it. Ways of the same length are ordered by their ends, so that the tree does not depend on the search.

use super::condensed::Condensed;
use super::{Found, Sets};
use crate::measure::TOLERANCE;
use crate::tree::{Edge, Tree};
use crate::{Control, EngineError};
use arcgis_analysis_types::{AttributeValue, FieldType};
use rayon::prelude::*;

pub(super) fn find(tree: &Tree, least: usize, control: &Control) -> Result<Found, EngineError> {
    let count = tree.len();
    let condensed = if count >= least {
        let core = tree.reaches(least, control)?;
        control.progress(3, 10);
        let edges = spanning_tree(tree, &core, control)?;
        control.progress(8, 10);
        Condensed::new(count, &edges, least)
    } else {
        Condensed::nothing(count)
    };
    let chosen = condensed.chosen();
    let clusters = condensed.clusters(&chosen);
    let exemplars = condensed.exemplars(&clusters);
    let number = |value: f64| AttributeValue::from(value);
    let stability = clusters.iter().map(|cluster| match cluster {
        Some(cluster) => condensed.stability(*cluster).into(),
        None => AttributeValue::NULL,
    });
    let fields = vec![
        (
            "PROB",
            FieldType::Double,
            condensed
                .probabilities(&clusters)
                .into_iter()
                .map(number)
                .collect(),
        ),
        (
            "OUTLIER",
            FieldType::Double,
            condensed.outliers().into_iter().map(number).collect(),
        ),
        (
            "EXEMPLAR",
            FieldType::Integer,
            exemplars
                .into_iter()
                .map(|is| i32::from(is).into())
                .collect(),
        ),
        ("STABILITY", FieldType::Double, stability.collect()),
    ];
    Ok(Found { clusters, fields })
}

/// The edges of the least spanning tree, by length.
///
/// Components only grow, so that a point's least way out stays the least for as long as it leads out.
fn spanning_tree(tree: &Tree, core: &[f64], control: &Control) -> Result<Vec<Edge>, EngineError> {
    let count = tree.len();
    let mut sets = Sets::new(count);
    let mut edges: Vec<Edge> = Vec::with_capacity(count.saturating_sub(1));
    let mut ways: Vec<Option<Edge>> = vec![None; count];
    while edges.len() + 1 < count {
        let component: Vec<u32> = (0..count).map(|id| sets.of(id) as u32).collect();
        let components = tree.components(&component, core);
        let leads_out = |way: &Edge| {
            let (a, b) = (way.ends.0 as usize, way.ends.1 as usize);
            component[a] != component[b]
        };
        let found = tree.ids().par_iter().zip(&ways).map(|(id, known)| {
            control.check()?;
            let known = known.filter(leads_out);
            Ok(known.or_else(|| tree.way_out(*id as usize, &components, TOLERANCE)))
        });
        ways = found.collect::<Result<_, EngineError>>()?;
        let mut best: Vec<Option<Edge>> = vec![None; count];
        for (id, way) in tree.ids().iter().zip(&ways) {
            let Some(way) = *way else { continue };
            let best = &mut best[component[*id as usize] as usize];
            if best.is_none_or(|best| way.order(&best).is_lt()) {
                *best = Some(way);
            }
        }
        for way in best.into_iter().flatten() {
            let (a, b) = (way.ends.0 as usize, way.ends.1 as usize);
            // Two components may have chosen the same way.
            if sets.of(a) != sets.of(b) {
                sets.join(a, b);
                edges.push(way);
            }
        }
    }
    edges.sort_by(Edge::order);
    Ok(edges)
}
