//! The hosted feature services: what jobs write when they are given an output name.
//!
//! They are held in memory, and with `--data` on disk too. Each is an item of the portal with layers.

mod folder;
mod item;
mod layer;

pub(crate) use folder::Folder;
pub(crate) use item::{Item, now};
pub(crate) use layer::Layer;

use crate::disk::{Change, Disk, Kind, Loaded};
use crate::secret;
use arcgis_analysis_types::FeatureCollection;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The hosted feature services.
#[derive(Debug)]
pub(crate) struct Hosted {
    shelf: RwLock<Shelf>,
    disk: Disk,
}

#[derive(Debug, Default)]
struct Shelf {
    items: BTreeMap<String, Arc<Item>>,
    folders: BTreeMap<String, Folder>,
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
        for (id, bytes) in loaded.of(Kind::Item) {
            let mut item: Item =
                serde_json::from_slice(bytes).map_err(|e| format!("item {id}: {e}"))?;
            let own = layers.remove(id.as_str()).unwrap_or_default();
            item.layers = own.into_values().collect();
            shelf.items.insert(id.clone(), Arc::new(item));
        }
        Ok(Self {
            shelf: RwLock::new(shelf),
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

    /// Every folder.
    pub(crate) fn folders(&self) -> Vec<Folder> {
        self.read().folders.values().cloned().collect()
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When there is one of that title, or it cannot be written.
    pub(crate) fn create_folder(&self, title: &str) -> Result<Folder, String> {
        let folder = Folder {
            id: new_id()?,
            title: title.to_owned(),
        };
        {
            let mut shelf = self.write();
            if shelf.folders.values().any(|other| other.title == title) {
                return Err(format!("There is a folder named {title:?} already."));
            }
            shelf.folders.insert(folder.id.clone(), folder.clone());
        }
        let record = serde_json::to_vec(&folder).map_err(|e| e.to_string())?;
        self.disk
            .write(vec![Change::put(Kind::Folder, &folder.id, record)])?;
        Ok(folder)
    }

    /// Deletes a folder with what is in it; `false` where there is none.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn delete_folder(&self, id: &str) -> Result<bool, String> {
        let inside: Vec<_> = {
            let mut shelf = self.write();
            if shelf.folders.remove(id).is_none() {
                return Ok(false);
            }
            let items = shelf.items.values();
            items
                .filter(|item| item.folder.as_deref() == Some(id))
                .map(|item| item.id.clone())
                .collect()
        };
        for item in inside {
            self.delete(&item)?;
        }
        self.disk.write(vec![Change::remove(Kind::Folder, id)])?;
        Ok(true)
    }

    /// Makes a service without layers.
    ///
    /// # Errors
    /// When the name is taken or no name, there is no such folder, or it cannot be written.
    pub(crate) fn create(
        &self,
        owner: &str,
        name: &str,
        folder: Option<&str>,
        description: &str,
    ) -> Result<Arc<Item>, String> {
        if !is_name(name) {
            return Err(format!(
                "{name:?} is no name for a service; use letters, digits and underscores."
            ));
        }
        let mut item = Item::new(new_id()?, owner, name);
        item.folder = folder.map(str::to_owned);
        item.description = description.to_owned();
        let item = Arc::new(item);
        {
            // Looked up and taken at once, so that of two jobs only one has the name.
            let mut shelf = self.write();
            if shelf.items.values().any(|other| other.is_named(name)) {
                return Err(format!(
                    "There is a service named {name:?} already; choose another name, or overwrite it."
                ));
            }
            if let Some(folder) = folder
                && !shelf.folders.contains_key(folder)
            {
                return Err(format!("There is no folder {folder}."));
            }
            shelf.items.insert(item.id.clone(), Arc::clone(&item));
        }
        if let Err(problem) = self.disk.write(vec![item.record()?]) {
            self.write().items.remove(&item.id);
            return Err(problem);
        }
        Ok(item)
    }

    /// Writes layers, numbered from 0 in this order, and returns their item.
    ///
    /// # Errors
    /// When the target cannot take them, or they cannot be written.
    pub(crate) fn fill(
        &self,
        target: &Target,
        owner: &str,
        layers: Vec<FeatureCollection>,
    ) -> Result<Arc<Item>, String> {
        let (item, is_new) = match target {
            Target::New { name, folder } => {
                (self.create(owner, name, folder.as_deref(), "")?, true)
            }
            Target::Existing {
                item: id,
                overwrite,
            } => {
                let item = self
                    .item(id)
                    .ok_or_else(|| format!("there is no item {id}."))?;
                if !item.layers.is_empty() && !overwrite {
                    return Err(format!(
                        "the service {:?} has layers already; set `overwrite` to replace them.",
                        item.name
                    ));
                }
                (item, false)
            }
        };
        let outcome = self.put_layers(&item, layers);
        if outcome.is_err() && is_new {
            // Best effort: what could not be filled should not stay.
            let _ = self.delete(&item.id);
        }
        outcome
    }

    fn put_layers(&self, item: &Item, layers: Vec<FeatureCollection>) -> Result<Arc<Item>, String> {
        let mut changes = Vec::new();
        for old in item.layers.iter().skip(layers.len()) {
            changes.push(Change::remove(Kind::Layer, &layer_key(&item.id, old.id)));
        }
        let mut filled = item.clone();
        filled.touch();
        filled.layers = Vec::new();
        for (number, features) in (0..).zip(layers) {
            let layer = Layer::new(number, features);
            if self.disk.is_lasting() {
                let record = serde_json::to_vec(&layer.features).map_err(|e| e.to_string())?;
                changes.push(Change::put(
                    Kind::Layer,
                    &layer_key(&item.id, number),
                    record,
                ));
            }
            filled.layers.push(Arc::new(layer));
        }
        changes.push(filled.record()?);
        self.disk.write(changes)?;
        let filled = Arc::new(filled);
        self.write()
            .items
            .insert(filled.id.clone(), Arc::clone(&filled));
        Ok(filled)
    }

    /// Deletes an item with its layers; `false` where there is none.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn delete(&self, id: &str) -> Result<bool, String> {
        let Some(item) = self.write().items.remove(id) else {
            return Ok(false);
        };
        let mut changes = vec![Change::remove(Kind::Item, id)];
        for layer in &item.layers {
            changes.push(Change::remove(Kind::Layer, &layer_key(id, layer.id)));
        }
        self.disk.write(changes)?;
        Ok(true)
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

fn layer_key(item: &str, layer: u32) -> String {
    format!("{item}/{layer}")
}

fn new_id() -> Result<String, String> {
    let bytes = secret::random::<16>();
    bytes
        .map(|bytes| secret::hex(&bytes))
        .map_err(|error| format!("The operating system gave no random number: {error}."))
}
