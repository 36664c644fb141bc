//! Changes of items: of features of their layers, and of all else that they hold.

use super::layer::Rows;
use super::{Edited, Edits, Hosted, Item, Layer};
use crate::disk::{Change, Kind};
use axum::body::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// How the features of a layer are changed.
enum Step {
    Rows(Rows),
    Whole(Arc<Layer>),
}

impl Hosted {
    /// Changes features of layers of an item, each layer by its number, in one transaction; with `all_or_nothing`, none if
    /// one of the changes cannot be made.
    ///
    /// # Errors
    /// When there is no such item or layer, a job writes it, or it cannot be written; then all is as it was.
    pub(crate) fn edit(
        &self,
        id: &str,
        edits: &[(u32, Edits)],
        all_or_nothing: bool,
    ) -> Result<Vec<Edited>, String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (item, claim) = self.claimed(id)?;
        let mut after = Item::clone(&item);
        // Nothing but those whom they are shown may hold on to the layers once they are changed.
        after.layers.clear();
        let (mut all, mut planned, mut changed) = (Vec::new(), BTreeMap::new(), false);
        for (number, edits) in edits {
            let layer = item.layer(*number);
            let layer = layer.ok_or_else(|| format!("{} has no layer {number}.", item.name))?;
            let next = after.next.get(number).copied();
            let mut edited = layer.edited(next.unwrap_or_else(|| layer.next()), edits);
            let rows = edited.rows.take();
            changed |= rows.is_some();
            let rows = rows.unwrap_or_default();
            if planned.insert(*number, rows).is_some() {
                return Err(format!(
                    "The changes name layer {number} twice; put those of a layer together."
                ));
            }
            after.next.insert(*number, edited.next);
            all.push(edited);
        }
        if all_or_nothing && all.iter().any(Edited::is_refused) {
            all.iter_mut().for_each(Edited::roll_back);
            return Ok(all);
        }
        if !changed {
            return Ok(all);
        }
        // A feature that comes and goes at once leaves its number behind, which no other gets.
        planned.retain(|_, rows| !rows.is_empty());
        after.touch();
        let noted = self.disk.is_lasting();
        let mut changes = vec![after.record()?];
        let mut steps = Vec::new();
        for (number, rows) in planned {
            let Some(layer) = item
                .layer(number)
                .filter(|layer| noted && layer.is_due(&rows))
            else {
                if noted {
                    changes.extend(rows.changes(id, number)?);
                }
                steps.push((number, Step::Rows(rows)));
                continue;
            };
            let mut whole = layer.applied(&rows, true);
            changes.extend(whole.forget_rows(id));
            changes.push(whole.record(id)?);
            steps.push((number, Step::Whole(Arc::new(whole))));
        }
        drop(item);
        self.disk.write(changes)?;
        claim.change(id, |item| {
            (item.next, item.modified) = (after.next, after.modified);
            for (number, step) in steps {
                let own = item.layers.iter_mut().find(|layer| layer.id == number);
                let Some(own) = own else {
                    continue;
                };
                match (step, Arc::get_mut(own)) {
                    (Step::Whole(whole), _) => *own = whole,
                    (Step::Rows(rows), Some(own)) => own.apply(&rows, noted),
                    // Somebody reads it at this moment.
                    (Step::Rows(rows), None) => *own = Arc::new(own.applied(&rows, noted)),
                }
            }
        });
        Ok(all)
    }

    /// Changes an item, its layers or its files, in one transaction.
    ///
    /// # Errors
    /// When there is no such item, it is being written, `change` refuses, there is no room, or it cannot be written; then all
    /// is as it was.
    pub(crate) fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Item) -> Result<(), String>,
    ) -> Result<Arc<Item>, String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (item, claim) = self.claimed(id)?;
        let mut after = Item::clone(&item);
        change(&mut after)?;
        after.touch();
        if after.bytes() > item.bytes() {
            self.make_room(after.bytes() - item.bytes())?;
        }
        let changes = match self.disk.is_lasting() {
            true => changes(&item, &after)?,
            false => Vec::new(),
        };
        self.disk.write(changes)?;
        Ok(claim.show(Arc::new(after)))
    }
}

/// What an item's change writes.
pub(super) fn changes(before: &Item, after: &Item) -> Result<Vec<Change>, String> {
    let id = &after.id;
    let mut changes = Vec::new();
    for old in &before.layers {
        if !after.layers.iter().any(|layer| Arc::ptr_eq(layer, old)) {
            changes.extend(old.removal(id));
        }
    }
    for new in &after.layers {
        if !before.layers.iter().any(|layer| Arc::ptr_eq(layer, new)) {
            changes.push(new.record(id)?);
        }
    }
    let is_same = |a: &Bytes, b: &Bytes| (a.as_ptr(), a.len()) == (b.as_ptr(), b.len());
    if let Some(data) = &after.data
        && !before.data.as_ref().is_some_and(|old| is_same(old, data))
    {
        changes.push(Change::put(Kind::Data, id, data.to_vec()));
    }
    for path in before.papers.keys() {
        if !after.papers.contains_key(path) {
            changes.push(Change::remove(Kind::Paper, &format!("{id}/{path}")));
        }
    }
    for (path, paper) in &after.papers {
        if !before
            .papers
            .get(path)
            .is_some_and(|old| is_same(old, paper))
        {
            let key = format!("{id}/{path}");
            changes.push(Change::put(Kind::Paper, &key, paper.to_vec()));
        }
    }
    changes.push(after.record()?);
    Ok(changes)
}
