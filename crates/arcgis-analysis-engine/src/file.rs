//! Files that an analysis gives back.

use serde::Serialize;
use std::fmt;

/// A file that an analysis made.
///
/// As JSON it is told of without its bytes.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::DataFile;
///
/// let file = DataFile {
///     name: "trees.csv".to_owned(),
///     media_type: "text/csv",
///     item_type: "CSV",
///     bytes: b"height\r\n12.5\r\n".to_vec(),
/// };
/// assert_eq!(format!("{file:?}"), r#"DataFile { name: "trees.csv", size: 14, .. }"#);
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataFile {
    /// The name to save it by.
    pub name: String,
    /// The media type of its bytes.
    pub media_type: &'static str,
    /// The portal's word for an item of that kind.
    pub item_type: &'static str,
    /// What it holds.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataFile")
            .field("name", &self.name)
            .field("size", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
