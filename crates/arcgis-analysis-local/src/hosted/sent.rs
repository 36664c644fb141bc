//! Items that clients make: files at once or in parts, changes of them, and services that are published.

use super::{File, Hosted, Item, Target, now};
use crate::disk::{Change, Kind};
use arcgis_analysis_types::FeatureCollection;
use axum::body::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, MutexGuard, PoisonError};

/// How long parts wait for the others, in milliseconds.
const LIFE: u64 = 24 * 60 * 60 * 1000;
/// Where the parameters are with which a service was published.
const PARAMETERS: &str = "info/publishParameters.json";
/// How many items wait for parts at once; beyond it, the one that waits longest waits no more.
const MOST_PARTIAL: usize = 100;

/// The parts of files that are not whole yet, by the IDs of their items. They go with the service.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The items, with the moment at which each began to wait.
    waiting: Vec<(String, u64)>,
    parts: HashMap<String, BTreeMap<u32, Bytes>>,
}

impl Parts {
    fn bytes(&self) -> usize {
        let parts = self.parts.values().flat_map(BTreeMap::values);
        parts.map(Bytes::len).sum()
    }

    fn forget(&mut self, item: &str) -> Option<BTreeMap<u32, Bytes>> {
        self.waiting.retain(|(other, _)| other != item);
        self.parts.remove(item)
    }

    /// Takes the parts of an item away, which goes on waiting.
    fn take(&mut self, item: &str) -> BTreeMap<u32, Bytes> {
        let parts = self.parts.get_mut(item);
        parts.map(std::mem::take).unwrap_or_default()
    }

    fn put_back(&mut self, item: &str, parts: BTreeMap<u32, Bytes>) {
        if let Some(own) = self.parts.get_mut(item) {
            own.extend(parts);
        }
    }

    /// Forgets what has waited for too long.
    fn sweep(&mut self) {
        let now = now();
        let parts = &mut self.parts;
        self.waiting.retain(|(item, since)| {
            let waits = now.saturating_sub(*since) < LIFE;
            if !waits {
                parts.remove(item);
            }
            waits
        });
    }
}

impl Hosted {
    /// Makes an item of a file, which may follow in parts.
    ///
    /// # Errors
    /// When there is no room for it, the owner has no such folder, or it cannot be written.
    pub(crate) fn add(&self, owner: &str, file: File, in_parts: bool) -> Result<Arc<Item>, String> {
        self.make_room(file.data.len())?;
        let mut filling = self.file(owner, file)?;
        self.disk.write(std::mem::take(&mut filling.changes))?;
        let item = Arc::clone(&filling.item);
        filling.show();
        if in_parts {
            let mut parts = self.parts();
            if parts.waiting.len() == MOST_PARTIAL {
                let (oldest, _) = parts.waiting[0].clone();
                parts.forget(&oldest);
            }
            parts.waiting.push((item.id.clone(), now()));
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
        self.make_room(part.len())?;
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
        // Its bytes are counted once: as parts until here, and then as the file.
        let waited = self.parts().take(id);
        let changed = self.change(id, |item| {
            item.data = Some(whole.into());
            Ok(())
        });
        let mut parts = self.parts();
        match changed {
            Ok(_) => drop(parts.forget(id)),
            Err(problem) => {
                parts.put_back(id, waited);
                return Err(problem);
            }
        }
        Ok(())
    }

    /// Hosts layers that were read from an item, a file or a text; with what parameters is kept for who overwrites them.
    ///
    /// # Errors
    /// When the target cannot take them, or they cannot be written.
    pub(crate) fn publish(
        &self,
        target: &Target,
        owner: &str,
        layers: Vec<FeatureCollection>,
        source: Option<&str>,
        params: String,
    ) -> Result<Arc<Item>, String> {
        let mut filling = self.fill(target, owner, layers)?;
        let mut item = Item::clone(&filling.item);
        item.source = source.map(str::to_owned);
        let mut changes = std::mem::take(&mut filling.changes);
        let key = format!("{}/{PARAMETERS}", item.id);
        changes.push(Change::put(Kind::Paper, &key, params.clone().into()));
        item.papers.insert(PARAMETERS.to_owned(), params.into());
        // Of two records of one item in a transaction the later one stays.
        changes.push(item.record()?);
        self.disk.write(changes)?;
        filling.item = Arc::new(item);
        let item = Arc::clone(&filling.item);
        filling.show();
        Ok(item)
    }

    /// Makes sure that there is room for so many bytes more.
    pub(super) fn make_room(&self, more: usize) -> Result<(), String> {
        let items = self.items();
        let files: usize = items.iter().map(|item| item.bytes()).sum();
        let held = files + self.parts().bytes();
        match held.saturating_add(more) <= self.limits.bytes {
            true => Ok(()),
            false => Err(format!(
                "There is no room for the file: the items hold {held} bytes of {}; delete some, or start the service with room for more.",
                self.limits.bytes
            )),
        }
    }

    /// Forgets the parts of files that have waited for too long for the others.
    pub(crate) fn sweep(&self) {
        self.parts().sweep();
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn waits_not(id: &str) -> String {
    format!("The item {id} waits for no parts; add it with `multipart` first.")
}
