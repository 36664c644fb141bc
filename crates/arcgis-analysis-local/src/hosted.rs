//! The portal's items: the feature services that jobs write when they are given an output name and clients change, and
//! files.
//!
//! They are held in memory, and with `--data` on disk too.

mod edit;
mod file;
mod folder;
mod item;
mod layer;
mod sent;

pub(crate) use edit::{Edit, Edited, Edits, fitting};
pub(crate) use file::{File, tags};
pub(crate) use folder::Folder;
pub(crate) use item::{Item, SERVICE, now};
pub(crate) use layer::Layer;

use crate::disk::{Change, Disk, Kind, Loaded};
use crate::secret;
use arcgis_analysis_types::FeatureCollection;
use axum::body::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The portal's items.
#[derive(Debug)]
pub(crate) struct Hosted {
    shelf: Arc<RwLock<Shelf>>,
    /// Changes of features wait for each other.
    turn: Mutex<()>,
    /// Files that come in parts.
    parts: Mutex<sent::Parts>,
    disk: Disk,
}

#[derive(Debug, Default)]
struct Shelf {
    items: BTreeMap<String, Arc<Item>>,
    folders: BTreeMap<String, Folder>,
    /// The items that are being written, those among them that are not there yet.
    busy: Vec<Arc<Item>>,
}

impl Shelf {
    /// Makes sure that the owner has a folder.
    fn find_folder(&self, owner: &str, id: &str) -> Result<(), String> {
        let folder = self.folders.get(id).filter(|own| own.owner == owner);
        folder
            .map(|_| ())
            .ok_or_else(|| format!("There is no folder {id}."))
    }
}

/// The right to write items, until it is dropped.
#[derive(Debug)]
struct Claim {
    shelf: Arc<RwLock<Shelf>>,
    items: Vec<String>,
}

impl Claim {
    /// Shows an item as it is on disk now.
    fn show(self, item: Arc<Item>) -> Arc<Item> {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        shelf.items.insert(item.id.clone(), Arc::clone(&item));
        item
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        shelf.busy.retain(|item| !self.items.contains(&item.id));
    }
}

/// Layers or a file that are ready to be written: on disk together with the end of their job, and shown after that.
#[derive(Debug)]
pub(crate) struct Filling {
    /// The item as it will be.
    pub(crate) item: Arc<Item>,
    /// What is to be written.
    pub(crate) changes: Vec<Change>,
    claim: Claim,
}

impl Filling {
    /// Shows what is written, once it is on disk.
    pub(crate) fn show(self) {
        self.claim.show(self.item);
    }
}

/// Where a job's layers go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// Into a new service, in a folder or at the root.
    New {
        /// The service's name.
        name: String,
        /// The folder's ID.
        folder: Option<String>,
    },
    /// Into a service that exists, by its item.
    Existing {
        /// The item's ID.
        item: String,
        /// Whether layers that it has are replaced.
        overwrite: bool,
    },
}

impl Hosted {
    /// What was hosted when the service stopped.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub(crate) fn new(disk: Disk, loaded: &Loaded) -> Result<Self, String> {
        let mut shelf = Shelf::default();
        for (id, bytes) in loaded.of(Kind::Folder) {
            let folder = serde_json::from_slice(bytes).map_err(|e| format!("folder {id}: {e}"))?;
            shelf.folders.insert(id.clone(), folder);
        }
        let mut layers: BTreeMap<&str, BTreeMap<u32, Arc<Layer>>> = BTreeMap::new();
        for (key, bytes) in loaded.of(Kind::Layer) {
            let parsed = key.split_once('/').and_then(|(item, number)| {
                let features: FeatureCollection = serde_json::from_slice(bytes).ok()?;
                Some((item, number.parse::<u32>().ok()?, features))
            });
            let Some((item, number, features)) = parsed else {
                return Err(format!("layer {key} cannot be read"));
            };
            let layer = Arc::new(Layer::new(number, features));
            layers.entry(item).or_default().insert(number, layer);
        }
        let data = loaded.of(Kind::Data).iter();
        let mut data: BTreeMap<&str, &[u8]> = data
            .map(|(id, bytes)| (id.as_str(), bytes.as_slice()))
            .collect();
        for (id, bytes) in loaded.of(Kind::Item) {
            let mut item: Item =
                serde_json::from_slice(bytes).map_err(|e| format!("item {id}: {e}"))?;
            let own = layers.remove(id.as_str()).unwrap_or_default();
            item.layers = own.into_values().collect();
            item.data = data.remove(id.as_str()).map(Bytes::copy_from_slice);
            shelf.items.insert(id.clone(), Arc::new(item));
        }
        Ok(Self {
            shelf: Arc::new(RwLock::new(shelf)),
            turn: Mutex::default(),
            parts: Mutex::default(),
            disk,
        })
    }

    /// The item of this ID.
    pub(crate) fn item(&self, id: &str) -> Option<Arc<Item>> {
        self.read().items.get(id).cloned()
    }

    /// The item whose service has this name, in any letter case.
    pub(crate) fn service(&self, name: &str) -> Option<Arc<Item>> {
        let shelf = self.read();
        let mut items = shelf.items.values();
        items.find(|item| item.is_named(name)).cloned()
    }

    /// Every item, the one that was made first first.
    pub(crate) fn items(&self) -> Vec<Arc<Item>> {
        let mut items: Vec<_> = self.read().items.values().cloned().collect();
        items.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        items
    }

    /// The folders of an owner.
    pub(crate) fn folders(&self, owner: &str) -> Vec<Folder> {
        let shelf = self.read();
        let folders = shelf.folders.values();
        folders
            .filter(|folder| folder.owner == owner)
            .cloned()
            .collect()
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When the owner has one of that title, or it cannot be written.
    pub(crate) fn create_folder(&self, owner: &str, title: &str) -> Result<Folder, String> {
        let folder = Folder {
            id: new_id()?,
            owner: owner.to_owned(),
            title: title.to_owned(),
        };
        let record = serde_json::to_vec(&folder).map_err(|e| e.to_string())?;
        {
            let mut shelf = self.write();
            let mut others = shelf.folders.values();
            if others.any(|other| other.owner == owner && other.title == title) {
                return Err(format!("There is a folder named {title:?} already."));
            }
            shelf.folders.insert(folder.id.clone(), folder.clone());
        }
        let change = Change::put(Kind::Folder, &folder.id, record);
        if let Err(problem) = self.disk.write(vec![change]) {
            self.write().folders.remove(&folder.id);
            return Err(problem);
        }
        Ok(folder)
    }

    /// Deletes a folder with what is in it; `false` where there is none.
    ///
    /// # Errors
    /// When something in it is being written, or that cannot be written; then all is as it was.
    pub(crate) fn delete_folder(&self, id: &str) -> Result<bool, String> {
        let (folder, inside, claim) = {
            let mut shelf = self.write();
            let inside: Vec<_> = shelf
                .items
                .values()
                .chain(&shelf.busy)
                .filter(|item| item.folder.as_deref() == Some(id))
                .cloned()
                .collect();
            let claim = self.claim(&mut shelf, &inside)?;
            // It is gone at once, so that nothing is put into it meanwhile.
            (shelf.folders.remove(id), inside, claim)
        };
        let Some(folder) = folder else {
            return Ok(false);
        };
        let mut changes = vec![Change::remove(Kind::Folder, id)];
        changes.extend(inside.iter().flat_map(|item| removal(item)));
        let written = self.disk.write(changes);
        {
            let mut shelf = self.write();
            match &written {
                Ok(()) => inside.iter().for_each(|item| {
                    shelf.items.remove(&item.id);
                }),
                Err(_) => {
                    shelf.folders.insert(folder.id.clone(), folder);
                }
            }
        }
        drop(claim);
        written.map(|()| true)
    }

    /// Makes a service without layers.
    ///
    /// # Errors
    /// When the name is taken or no name, the owner has no such folder, or it cannot be written.
    pub(crate) fn create(
        &self,
        owner: &str,
        name: &str,
        folder: Option<&str>,
        description: &str,
    ) -> Result<Arc<Item>, String> {
        let (item, claim) = self.begin(owner, name, folder, description)?;
        self.disk.write(vec![item.record()?])?;
        Ok(claim.show(item))
    }

    /// An item that is being made: it has its name, and nobody sees it yet.
    fn begin(
        &self,
        owner: &str,
        name: &str,
        folder: Option<&str>,
        description: &str,
    ) -> Result<(Arc<Item>, Claim), String> {
        if !is_name(name) {
            return Err(format!(
                "{name:?} is no name for a service; use letters, digits and underscores."
            ));
        }
        let mut item = Item::new(new_id()?, owner, name);
        item.folder = folder.map(str::to_owned);
        item.description = description.to_owned();
        let item = Arc::new(item);
        // Looked up and taken at once, so that of two jobs only one has the name.
        let mut shelf = self.write();
        let mut others = shelf.items.values().chain(&shelf.busy);
        if others.any(|other| other.is_named(name)) {
            return Err(format!(
                "There is a service named {name:?} already; choose another name, or overwrite it."
            ));
        }
        if let Some(folder) = folder {
            shelf.find_folder(owner, folder)?;
        }
        let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
        Ok((item, claim))
    }

    /// Gets layers ready to be written, numbered from 0 in this order.
    ///
    /// # Errors
    /// When the target cannot take them.
    pub(crate) fn fill(
        &self,
        target: &Target,
        owner: &str,
        layers: Vec<FeatureCollection>,
    ) -> Result<Filling, String> {
        let (item, claim) = match target {
            Target::New { name, folder } => self.begin(owner, name, folder.as_deref(), "")?,
            Target::Existing {
                item: id,
                overwrite,
            } => {
                let mut shelf = self.write();
                let item = shelf.items.get(id).filter(|item| item.owner == owner);
                let item = item
                    .cloned()
                    .ok_or_else(|| format!("there is no item {id}."))?;
                if !item.is_service() {
                    return Err(format!(
                        "the item {id} is of the type {:?}, which holds no layers.",
                        item.item_type
                    ));
                }
                if !item.layers.is_empty() && !overwrite {
                    return Err(format!(
                        "the service {:?} has layers already; set `overwrite` to replace them.",
                        item.name
                    ));
                }
                let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
                (item, claim)
            }
        };
        let mut changes = Vec::new();
        for old in item.layers.iter().skip(layers.len()) {
            changes.push(Change::remove(Kind::Layer, &layer_key(&item.id, old.id)));
        }
        let mut filled = Item::clone(&item);
        filled.touch();
        filled.layers = Vec::new();
        filled.next.clear();
        for (number, features) in (0..).zip(layers) {
            let layer = Layer::new(number, features);
            if self.disk.is_lasting() {
                changes.push(layer.record(&item.id)?);
            }
            filled.layers.push(Arc::new(layer));
        }
        changes.push(filled.record()?);
        Ok(Filling {
            item: Arc::new(filled),
            changes,
            claim,
        })
    }

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
        let mut all = Vec::new();
        for (number, edits) in edits {
            let at = after.layers.iter().position(|layer| layer.id == *number);
            let at = at.ok_or_else(|| format!("{} has no layer {number}.", item.name))?;
            let layer = &after.layers[at];
            let next = after.next.get(number).copied();
            let mut edited = layer.edited(next.unwrap_or_else(|| layer.next()), edits);
            if let Some(features) = edited.features.take() {
                let layer = layer.with(features);
                after.layers[at] = Arc::new(layer);
                after.next.insert(*number, edited.next);
            }
            all.push(edited);
        }
        if all_or_nothing && all.iter().any(Edited::is_refused) {
            all.iter_mut().for_each(Edited::roll_back);
            return Ok(all);
        }
        let mut changes = Vec::new();
        for (layer, before) in after.layers.iter().zip(&item.layers) {
            if !Arc::ptr_eq(layer, before) {
                changes.push(layer.record(&item.id)?);
            }
        }
        if !changes.is_empty() {
            after.touch();
            changes.push(after.record()?);
            self.disk.write(changes)?;
            claim.show(Arc::new(after));
        }
        Ok(all)
    }

    /// Deletes an item with what it holds; `false` where there is none.
    ///
    /// # Errors
    /// When it is being written, or that cannot be written; then it stays.
    pub(crate) fn delete(&self, id: &str) -> Result<bool, String> {
        let (item, claim) = {
            let mut shelf = self.write();
            let Some(item) = shelf.items.get(id).cloned() else {
                return Ok(false);
            };
            let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
            (item, claim)
        };
        self.disk.write(removal(&item))?;
        self.write().items.remove(id);
        drop(claim);
        Ok(true)
    }

    /// An item as it is, which nobody else may write meanwhile.
    fn claimed(&self, id: &str) -> Result<(Arc<Item>, Claim), String> {
        let mut shelf = self.write();
        let item = shelf.items.get(id).cloned();
        let item = item.ok_or_else(|| format!("There is no item {id}."))?;
        let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
        Ok((item, claim))
    }

    /// Notes that items are being written, which nobody else may write meanwhile.
    fn claim(&self, shelf: &mut Shelf, items: &[Arc<Item>]) -> Result<Claim, String> {
        let is_busy = |item: &&Arc<Item>| shelf.busy.iter().any(|other| other.id == item.id);
        if let Some(item) = items.iter().find(is_busy) {
            return Err(format!(
                "{:?} is being written at this moment; try again.",
                item.name
            ));
        }
        shelf.busy.extend(items.iter().cloned());
        Ok(Claim {
            shelf: Arc::clone(&self.shelf),
            items: items.iter().map(|item| item.id.clone()).collect(),
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a text can be the name of a service.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// What removes an item with what it holds.
fn removal(item: &Item) -> Vec<Change> {
    let mut changes = vec![Change::remove(Kind::Item, &item.id)];
    if item.data.is_some() {
        changes.push(Change::remove(Kind::Data, &item.id));
    }
    for layer in &item.layers {
        changes.push(Change::remove(Kind::Layer, &layer_key(&item.id, layer.id)));
    }
    changes
}

fn layer_key(item: &str, layer: u32) -> String {
    format!("{item}/{layer}")
}

fn new_id() -> Result<String, String> {
    let bytes = secret::random::<16>();
    bytes
        .map(|bytes| secret::hex(&bytes))
        .map_err(|error| format!("The operating system gave no random number: {error}."))
}
