//! The name of the hosted layer that a call creates.

/// The hosted layer that a call creates or overwrites.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputName {
    /// A new hosted layer of this name, which must be free.
    New {
        /// The name of the service.
        name: String,
        /// The folder to put the item into.
        folder_id: Option<String>,
    },
    /// The contents of an existing hosted layer are replaced.
    Overwrite {
        /// The item's ID.
        item_id: String,
    },
}
