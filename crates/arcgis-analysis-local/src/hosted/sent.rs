//! Items that clients make: files at once or in parts, changes of them, and services that are published.

use super::{File, Hosted, Item, Target};
use crate::disk::{Change, Kind};
use arcgis_analysis_types::FeatureCollection;
use axum::body::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, MutexGuard, PoisonError};

/// How many bytes all files of items hold together, with the parts of those that are not whole yet.
const MOST_BYTES: usize = 1024 * 1024 * 1024;
/// How many items wait for parts at once; beyond it, the one that waits longest waits no more.
const MOST_PARTIAL: usize = 100;

/// The parts of files that are not whole yet, by the IDs of their items. They go with the service.
#[derive(Debug, Default)]
pub(super) struct Parts {
    waiting: Vec<String>,
    parts: HashMap<String, BTreeMap<u32, Bytes>>,
}

impl Parts {
    fn bytes(&self) -> usize {
        let parts = self.parts.values().flat_map(BTreeMap::values);
        parts.map(Bytes::len).sum()
    }

    fn forget(&mut self, item: &str) -> Option<BTreeMap<u32, Bytes>> {
        self.waiting.retain(|other| other != item);
        self.parts.remove(item)
    }
}

impl Hosted {
    /// Makes an item of a file, which may follow in parts.
    ///
    /// # Errors
    /// When there is no room for it, the owner has no such folder, or it cannot be written.
    pub(crate) fn add(&self, owner: &str, file: File, in_parts: bool) -> Result<Arc<Item>, String> {
        self.make_room(file.data.len(), 0)?;
        let mut filling = self.file(owner, file)?;
        self.disk.write(std::mem::take(&mut filling.changes))?;
        let item = Arc::clone(&filling.item);
        filling.show();
        if in_parts {
            let mut parts = self.parts();
            if parts.waiting.len() == MOST_PARTIAL {
                let oldest = parts.waiting[0].clone();
                parts.forget(&oldest);
            }
            parts.waiting.push(item.id.clone());
            parts.parts.insert(item.id.clone(), BTreeMap::new());
        }
        Ok(item)
    }

    /// Whether the file of an item is not whole yet.
    pub(crate) fn is_partial(&self, id: &str) -> bool {
        self.parts().parts.contains_key(id)
    }

    /// Keeps a part of the file of an item; another one of that number is forgotten.
    ///
    /// # Errors
    /// When the item waits for no parts, or there is no room for it.
    pub(crate) fn add_part(&self, id: &str, number: u32, part: Bytes) -> Result<(), String> {
        self.make_room(part.len(), 0)?;
        let mut parts = self.parts();
        let own = parts.parts.get_mut(id);
        own.ok_or_else(|| waits_not(id))?.insert(number, part);
        Ok(())
    }

    /// Puts the parts of an item's file together.
    ///
    /// # Errors
    /// When it waits for no parts, one is missing, or it cannot be written; then the parts stay.
    pub(crate) fn commit(&self, id: &str) -> Result<(), String> {
        let whole = {
            let parts = self.parts();
            let own = parts.parts.get(id).ok_or_else(|| waits_not(id))?;
            let numbers = own.keys().copied();
            if own.is_empty() || !numbers.eq((1_u32..).take(own.len())) {
                return Err(format!(
                    "The parts of the item {id} are not numbered from 1 without a gap; send the missing ones."
                ));
            }
            own.values()
                .map(|part| &part[..])
                .collect::<Vec<_>>()
                .concat()
        };
        self.replace(id, Some(whole.into()), |_| {})?;
        self.parts().forget(id);
        Ok(())
    }

    /// Changes an item and, where another is given, its file.
    ///
    /// # Errors
    /// When there is no such item, it is being written, there is no room, or it cannot be written; then all is as it was.
    pub(crate) fn update(
        &self,
        id: &str,
        data: Option<Bytes>,
        change: impl FnOnce(&mut Item),
    ) -> Result<(), String> {
        if let Some(data) = &data {
            let before = self.item(id).and_then(|item| item.data.clone());
            self.make_room(data.len(), before.map_or(0, |data| data.len()))?;
        }
        self.replace(id, data, change)
    }

    fn replace(
        &self,
        id: &str,
        data: Option<Bytes>,
        change: impl FnOnce(&mut Item),
    ) -> Result<(), String> {
        let (item, claim) = self.claimed(id)?;
        let mut after = Item::clone(&item);
        change(&mut after);
        after.touch();
        let mut changes = vec![after.record()?];
        if let Some(data) = data {
            if self.disk.is_lasting() {
                changes.push(Change::put(Kind::Data, id, data.to_vec()));
            }
            after.data = Some(data);
        }
        self.disk.write(changes)?;
        claim.show(Arc::new(after));
        Ok(())
    }

    /// Hosts layers that were read from an item, a file or a text.
    ///
    /// # Errors
    /// When the target cannot take them, or they cannot be written.
    pub(crate) fn publish(
        &self,
        target: &Target,
        owner: &str,
        layers: Vec<FeatureCollection>,
        source: Option<&str>,
    ) -> Result<Arc<Item>, String> {
        let mut filling = self.fill(target, owner, layers)?;
        let mut item = Item::clone(&filling.item);
        item.source = source.map(str::to_owned);
        let mut changes = std::mem::take(&mut filling.changes);
        // Of two records of one item in a transaction the later one stays.
        changes.push(item.record()?);
        self.disk.write(changes)?;
        filling.item = Arc::new(item);
        let item = Arc::clone(&filling.item);
        filling.show();
        Ok(item)
    }

    /// Makes sure that there is room for so many bytes more, once others are gone.
    fn make_room(&self, more: usize, less: usize) -> Result<(), String> {
        let items = self.items();
        let files = items.iter().filter_map(|item| item.data.as_ref());
        let files: usize = files.map(Bytes::len).sum();
        let held = (files + self.parts().bytes()).saturating_sub(less);
        match held.saturating_add(more) <= MOST_BYTES {
            true => Ok(()),
            false => Err(format!(
                "There is no room for the file: the items hold {held} bytes of {MOST_BYTES}; delete some."
            )),
        }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn waits_not(id: &str) -> String {
    format!("The item {id} waits for no parts; add it with `multipart` first.")
}
