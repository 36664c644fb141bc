//! A portal item: a hosted feature service, or a file.

use super::Layer;
use crate::disk::{Change, Kind};
use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The portal's word for items of hosted feature services.
pub(crate) const SERVICE: &str = "Feature Service";

/// Who may see an item, and query its service; only its owner changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Access {
    /// Its owner.
    #[default]
    Private,
    /// Whoever is signed in.
    Org,
    /// Everybody.
    Public,
}

impl Access {
    /// The portal's word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Org => "org",
            Self::Public => "public",
        }
    }
}

/// A portal item: a hosted feature service, or a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    /// The item's ID: 32 hexadecimal digits.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) owner: String,
    /// The title for people.
    pub(crate) title: String,
    /// The name of the service, in its URL, or that of the file.
    pub(crate) name: String,
    /// The folder that it lies in.
    pub(crate) folder: Option<String>,
    /// What it is, in words.
    pub(crate) description: String,
    /// What it is, in a sentence.
    #[serde(default)]
    pub(crate) snippet: String,
    /// Words to find it by.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The portal's word for what it is.
    #[serde(default = "service")]
    pub(crate) item_type: String,
    /// Words by which programs sort it, beside those of its type.
    #[serde(default)]
    pub(crate) type_keywords: Vec<String>,
    /// What programs note on it, as it came.
    #[serde(default)]
    pub(crate) properties: Value,
    /// Who may see it.
    #[serde(default)]
    pub(crate) access: Access,
    /// Whether it is kept from being deleted.
    #[serde(default)]
    pub(crate) protected: bool,
    /// What is told of its service otherwise than by itself.
    #[serde(default)]
    pub(crate) definition: Map<String, Value>,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub(crate) modified: u64,
    /// The number of the next feature that is added to a layer, where some were added: none is given twice.
    #[serde(default)]
    pub(super) next: BTreeMap<u32, i64>,
    /// The item that it was published from.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// The media type of the file.
    #[serde(default)]
    pub(crate) media_type: String,
    /// What the file holds; nothing of a service.
    #[serde(skip)]
    pub(crate) data: Option<Bytes>,
    /// Files beside it, such as its thumbnail, by their paths.
    #[serde(skip)]
    pub(crate) papers: BTreeMap<String, Bytes>,
    /// The layers and tables, by their numbers.
    #[serde(skip)]
    pub(crate) layers: Vec<Arc<Layer>>,
}

fn service() -> String {
    SERVICE.to_owned()
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
            snippet: String::new(),
            tags: Vec::new(),
            item_type: service(),
            type_keywords: Vec::new(),
            properties: Value::Null,
            access: Access::Private,
            protected: false,
            definition: Map::new(),
            created: now,
            modified: now,
            next: BTreeMap::new(),
            source: None,
            media_type: String::new(),
            data: None,
            papers: BTreeMap::new(),
            layers: Vec::new(),
        }
    }

    /// Whether it is a hosted feature service.
    pub(crate) fn is_service(&self) -> bool {
        self.item_type == SERVICE
    }

    /// Whether somebody, or nobody who is signed in, may see it.
    pub(crate) fn is_seen_by(&self, user: Option<&str>) -> bool {
        match self.access {
            Access::Public => true,
            Access::Org => user.is_some(),
            Access::Private => user == Some(&self.owner),
        }
    }

    /// Whether its service allows changes of a kind: Create, Update or Delete.
    pub(crate) fn allows(&self, kind: &str) -> bool {
        let Some(words) = self.definition.get("capabilities").and_then(Value::as_str) else {
            return true;
        };
        let has = |word: &str| {
            let mut own = words.split(',');
            own.any(|own| own.trim().eq_ignore_ascii_case(word))
        };
        // Editing alone stands for all three.
        has(kind) || (has("Editing") && !["Create", "Update", "Delete"].into_iter().any(has))
    }

    /// How many bytes its files hold.
    pub(crate) fn bytes(&self) -> usize {
        let data = self.data.as_ref().map_or(0, Bytes::len);
        data + self.papers.values().map(Bytes::len).sum::<usize>()
    }

    /// What the portal gets with it.
    pub(crate) fn noun(&self) -> &'static str {
        match self.is_service() {
            true => "hosted layer",
            false => "file",
        }
    }

    /// Whether it is a service of this name, in any letter case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.is_service() && self.name.to_lowercase() == name.to_lowercase()
    }

    /// The path of its service.
    pub(crate) fn path(&self) -> String {
        format!("/arcgis/rest/services/Hosted/{}/FeatureServer", self.name)
    }

    /// The layer of this number.
    pub(crate) fn layer(&self, number: u32) -> Option<&Arc<Layer>> {
        self.layers.iter().find(|layer| layer.id == number)
    }

    /// Remembers which numbers a layer gave to features, which it is not to give again.
    pub(crate) fn remember(&mut self, layer: &Layer) {
        let next = layer.next();
        let own = self.next.entry(layer.id).or_insert(next);
        *own = next.max(*own);
    }

    /// Forgets them, as the layer goes.
    pub(crate) fn forget(&mut self, layer: u32) {
        self.next.remove(&layer);
    }

    /// Notes that it was changed now.
    pub(crate) fn touch(&mut self) {
        self.modified = now();
    }

    /// What is kept of it on disk beside what it holds.
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
