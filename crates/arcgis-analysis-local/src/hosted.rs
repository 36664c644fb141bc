//! The portal's items: the feature services that jobs write when they are given an output name and clients change, and
//! files.
//!
//! They are held in memory, and with `--data` on disk too.

mod change;
mod edit;
mod file;
mod folder;
mod item;
mod layer;
mod sent;

use change::changes;
pub(crate) use edit::{Edit, Edited, Edits, fitting};
pub(crate) use file::{File, tags};
pub(crate) use folder::Folder;
pub(crate) use item::{Access, Item, SERVICE, now};
pub(crate) use layer::Layer;

use crate::disk::{Change, Disk, Kind, Loaded};
use crate::secret;
use arcgis_analysis_types::FeatureCollection;
use axum::body::Bytes;
use layer::Rows;
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
    limits: Limits,
}

/// How much is held at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many items.
    pub(crate) items: usize,
    /// How many bytes all files of items hold together, with the parts of those that are not whole yet.
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items: 10_000,
            bytes: 1 << 30,
        }
    }
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
    /// Changes an item in its place, as it is on disk now. What nobody else looks at is not copied for that.
    fn change(self, id: &str, change: impl FnOnce(&mut Item)) {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        shelf.busy.retain(|item| !self.items.contains(&item.id));
        if let Some(item) = shelf.items.get_mut(id) {
            change(Arc::make_mut(item));
        }
    }

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
        let mut rows: BTreeMap<&str, Rows> = BTreeMap::new();
        for (key, bytes) in loaded.of(Kind::Row) {
            let unread = || format!("feature {key} cannot be read");
            let (layer, number) = key.rsplit_once('/').ok_or_else(unread)?;
            let number = number.parse().map_err(|_| unread())?;
            let rows = rows.entry(layer).or_default();
            rows.read(number, bytes).map_err(|_| unread())?;
        }
        let mut papers: BTreeMap<&str, BTreeMap<String, Bytes>> = BTreeMap::new();
        for (key, bytes) in loaded.of(Kind::Paper) {
            if let Some((item, path)) = key.split_once('/') {
                let own = papers.entry(item).or_default();
                own.insert(path.to_owned(), Bytes::copy_from_slice(bytes));
            }
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
            let mut layer = Layer::new(number, features);
            if let Some(rows) = rows.get(key.as_str()) {
                layer.apply(rows, true);
            }
            let layer = Arc::new(layer);
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
            item.papers = papers.remove(id.as_str()).unwrap_or_default();
            shelf.items.insert(id.clone(), Arc::new(item));
        }
        Ok(Self {
            shelf: Arc::new(RwLock::new(shelf)),
            turn: Mutex::default(),
            parts: Mutex::default(),
            disk,
            limits: Limits::default(),
        })
    }

    /// The same with other limits.
    pub(crate) fn with(self, limits: Limits) -> Self {
        Self { limits, ..self }
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
            if let Some(item) = inside.iter().find(|item| item.protected) {
                return Err(is_protected(item));
            }
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
        self.count(&shelf)?;
        let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
        Ok((item, claim))
    }

    /// Makes sure that there is room for one more item.
    fn count(&self, shelf: &Shelf) -> Result<(), String> {
        let held = shelf.items.keys();
        let new = shelf.busy.iter().map(|item| &item.id);
        let all = held.len() + new.filter(|id| !shelf.items.contains_key(*id)).count();
        match all < self.limits.items {
            true => Ok(()),
            false => Err(format!(
                "There are {all} items, as many as this service keeps; delete some, or start it with room for more."
            )),
        }
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
        for old in &item.layers {
            changes.extend(old.removal(&item.id));
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
            if item.protected {
                return Err(is_protected(&item));
            }
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
    for path in item.papers.keys() {
        changes.push(Change::remove(Kind::Paper, &format!("{}/{path}", item.id)));
    }
    changes.extend(item.layers.iter().flat_map(|layer| layer.removal(&item.id)));
    changes
}

fn is_protected(item: &Item) -> String {
    format!(
        "{:?} is protected from being deleted; take the protection away first.",
        item.title
    )
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
