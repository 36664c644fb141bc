//! What is known about a result.

use super::ObjectMeta;

/// A result of a task.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct ResultMeta {
    /// The name on the wire.
    pub name: &'static str,
    /// The type.
    pub ty: ResultType,
    /// The object that it is, where the type is that.
    pub object: Option<&'static ObjectMeta>,
    /// What the result holds.
    pub doc: &'static str,
    /// When the result comes, as a clause that follows "only when"; empty where it always comes.
    pub when: &'static str,
    /// Whether it always comes.
    pub always: bool,
    /// The fields that are known to be in it.
    pub fields: &'static [FieldMeta],
}

/// The type of a result.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResultType {
    /// A layer of features.
    FeatureLayer,
    /// A table.
    Table,
    /// Messages about the analysis.
    ProcessInfo,
    /// A raster: an image service, an item or a file in a data store.
    RasterLayer,
    /// An item of the portal.
    Item,
    /// Items of the portal.
    ItemList,
    /// A file to download.
    File,
    /// Files to download.
    FileList,
    /// Text.
    Text,
    /// A list of texts.
    TextList,
    /// True or false.
    Boolean,
    /// A double.
    Number,
    /// A 64-bit integer.
    Integer,
    /// An instant.
    DateTime,
    /// An object with members of its own.
    Object,
    /// JSON of another shape.
    Json,
}

/// A field that is known to be in a result.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct FieldMeta {
    /// The field's name, or its pattern with `<...>` for what depends on the call.
    pub name: &'static str,
    /// What it holds.
    pub doc: &'static str,
}
