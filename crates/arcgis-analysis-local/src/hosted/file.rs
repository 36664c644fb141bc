//! Files as items of the portal.

use super::{Filling, Hosted, Item, new_id};
use axum::body::Bytes;
use std::sync::Arc;

/// A file that becomes an item, and how it is told of.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    /// The title for people.
    pub(crate) title: String,
    /// The name to save it by.
    pub(crate) name: String,
    /// The portal's word for what it is.
    pub(crate) item_type: String,
    /// The media type of its bytes.
    pub(crate) media_type: String,
    /// What it holds.
    pub(crate) data: Bytes,
    /// What it is, in words.
    pub(crate) description: String,
    /// What it is, in a sentence.
    pub(crate) snippet: String,
    /// Words to find it by.
    pub(crate) tags: Vec<String>,
    /// The folder's ID.
    pub(crate) folder: Option<String>,
    /// Words by which programs sort it.
    pub(crate) type_keywords: Vec<String>,
    /// What programs note on it.
    pub(crate) properties: serde_json::Value,
    /// Files beside it, by their paths.
    pub(crate) papers: std::collections::BTreeMap<String, Bytes>,
}

impl Hosted {
    /// Gets a file ready to be written as an item of its own.
    ///
    /// # Errors
    /// When the owner has no such folder.
    pub(crate) fn file(&self, owner: &str, file: File) -> Result<Filling, String> {
        let mut item = Item::new(new_id()?, owner, &file.name);
        item.title = file.title;
        item.item_type = file.item_type;
        item.media_type = file.media_type;
        item.description = file.description;
        item.snippet = file.snippet;
        item.tags = file.tags;
        item.folder = file.folder;
        item.type_keywords = file.type_keywords;
        item.properties = file.properties;
        item.papers = file.papers;
        item.data = Some(file.data);
        let changes = match self.disk.is_lasting() {
            true => super::changes(&Item::new(item.id.clone(), owner, ""), &item)?,
            false => Vec::new(),
        };
        let item = Arc::new(item);
        let mut shelf = self.write();
        self.count(&shelf)?;
        if let Some(folder) = &item.folder {
            shelf.find_folder(owner, folder)?;
        }
        let claim = self.claim(&mut shelf, std::slice::from_ref(&item))?;
        Ok(Filling {
            item,
            changes,
            claim,
        })
    }
}

/// The tags in a text, parted by commas.
pub(crate) fn tags(text: &str) -> Vec<String> {
    let tags = text.split(',').map(str::trim);
    tags.filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}
