//! A portal item that stands for a hosted feature service.

use super::Layer;
use crate::disk::{Change, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A portal item that stands for a hosted feature service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    /// The item's ID: 32 hexadecimal digits.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) owner: String,
    /// The title for people.
    pub(crate) title: String,
    /// The name of the service, in its URL.
    pub(crate) name: String,
    /// The folder that it lies in.
    pub(crate) folder: Option<String>,
    /// What it is, in words.
    pub(crate) description: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub(crate) modified: u64,
    /// The number of the next feature that is added to a layer, where some were added: none is given twice.
    #[serde(default)]
    pub(super) next: BTreeMap<u32, i64>,
    /// The layers and tables, by their numbers.
    #[serde(skip)]
    pub(crate) layers: Vec<Arc<Layer>>,
}

impl Item {
    /// An item whose service has no layers yet.
    pub(crate) fn new(id: String, owner: &str, name: &str) -> Self {
        let now = now();
        Self {
            id,
            owner: owner.to_owned(),
            title: name.to_owned(),
            name: name.to_owned(),
            folder: None,
            description: String::new(),
            created: now,
            modified: now,
            next: BTreeMap::new(),
            layers: Vec::new(),
        }
    }

    /// Whether its service has this name, in any letter case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    /// The path of its service.
    pub(crate) fn path(&self) -> String {
        format!("/arcgis/rest/services/Hosted/{}/FeatureServer", self.name)
    }

    /// The layer of this number.
    pub(crate) fn layer(&self, number: u32) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == number)
    }

    /// Notes that it was changed now.
    pub(crate) fn touch(&mut self) {
        self.modified = now();
    }

    /// What is kept of it on disk beside the layers.
    pub(super) fn record(&self) -> Result<Change, String> {
        let record = serde_json::to_vec(self).map_err(|e| e.to_string())?;
        Ok(Change::put(Kind::Item, &self.id, record))
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
