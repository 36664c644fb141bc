//! Folders of the user's content.

use serde::{Deserialize, Serialize};

/// A folder of the user's content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Folder {
    /// The folder's ID.
    pub(crate) id: String,
    /// Whose it is.
    #[serde(default)]
    pub(crate) owner: String,
    /// Its title.
    pub(crate) title: String,
}
