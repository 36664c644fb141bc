//! DBSCAN: M. Ester, H.-P. Kriegel, J. Sander and X. Xu, "A density-based algorithm for discovering clusters in large spatial
//! databases with noise", KDD 1996.

use super::{Found, Near, Sets};
use crate::{Control, EngineError};
use rayon::prelude::*;

/// Points whose surroundings are looked up before they are joined, which bounds the memory.
const BATCH: usize = 1 << 14;

pub(super) fn find(
    near: &Near,
    least: usize,
    metres: f64,
    control: &Control,
) -> Result<Found, EngineError> {
    let ids = near.tree.ids();
    let counted = ids.par_iter().map(|id| {
        control.check()?;
        let mut count = 0;
        near.visit(*id as usize, metres, |_, _| count += 1);
        Ok((*id, count >= least))
    });
    let mut core = vec![false; ids.len()];
    for (id, is_core) in counted.collect::<Result<Vec<_>, EngineError>>()? {
        core[id as usize] = is_core;
    }
    let mut sets = Sets::new(ids.len());
    // Of each border point, the core points near it.
    let mut borders: Vec<(usize, Vec<u32>)> = Vec::new();
    for (done, batch) in ids.chunks(BATCH).enumerate() {
        let around = batch.par_iter().map(|id| {
            control.check()?;
            let id = *id as usize;
            let mut others = Vec::new();
            near.visit(id, metres, |other, _| {
                // Of two core points one tells of the other.
                if core[other] && (!core[id] || other < id) {
                    others.push(other as u32);
                }
            });
            Ok((id, others))
        });
        for (id, others) in around.collect::<Result<Vec<_>, EngineError>>()? {
            if core[id] {
                others
                    .iter()
                    .for_each(|other| sets.join(id, *other as usize));
            } else if !others.is_empty() {
                borders.push((id, others));
            }
        }
        control.progress(1 + 7 * done * BATCH / ids.len(), 10);
    }
    // A cluster's root is its first core point, so the earliest cluster has the least root.
    let mut clusters: Vec<Option<usize>> = (0..ids.len())
        .map(|id| core[id].then(|| sets.of(id)))
        .collect();
    for (id, others) in borders {
        clusters[id] = others.iter().map(|other| sets.of(*other as usize)).min();
    }
    Ok(Found {
        clusters,
        fields: Vec::new(),
    })
}
