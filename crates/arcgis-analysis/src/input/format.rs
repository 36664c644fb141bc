//! Which format a file is in.

use std::path::Path;

/// The formats that can be read, as a person is told.
pub(super) const READABLE: &str = if cfg!(feature = "geoparquet") {
    "GeoJSON, Esri JSON, CSV, FlatGeobuf and GeoParquet"
} else {
    "GeoJSON, Esri JSON, CSV and FlatGeobuf"
};

/// How many bytes a file may have.
pub(super) const LARGEST_FILE: u64 = 1 << 30;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// GeoJSON or Esri JSON, or what is to be told that it is neither.
    Json,
    /// Rows of text.
    Csv,
    /// FlatGeobuf.
    FlatGeobuf,
    /// Parquet, where it can be read.
    #[cfg(feature = "geoparquet")]
    GeoParquet,
    /// What people have features in, too, but cannot be read here.
    Other(&'static str),
}

impl Format {
    #[cfg(feature = "geoparquet")]
    const PARQUET: Self = Self::GeoParquet;
    #[cfg(not(feature = "geoparquet"))]
    const PARQUET: Self = Self::Other("GeoParquet, which is read with the feature `geoparquet`");

    /// Tells the format by how the file begins, or else by its extension, in any letter case.
    pub(super) fn of(path: &Path, bytes: &[u8]) -> Self {
        Self::by_content(bytes).unwrap_or_else(|| Self::by_extension(path))
    }

    fn by_content(bytes: &[u8]) -> Option<Self> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Some(match bytes {
            [b'f', b'g', b'b', ..=3, b'f', b'g', b'b', ..] => Self::FlatGeobuf,
            [b'f', b'g', b'b', _, b'f', b'g', b'b', ..] => {
                Self::Other("FlatGeobuf of a version later than 3")
            }
            [b'P', b'A', b'R', b'1', ..] => Self::PARQUET,
            [b'P', b'K', 3, 4, ..] => Self::Other("an archive"),
            _ if bytes.starts_with(b"SQLite format 3\0") => Self::Other("a GeoPackage"),
            _ if text.trim_ascii_start().starts_with(b"{") => Self::Json,
            _ if text.trim_ascii_start().starts_with(b"<") => Self::Other("XML"),
            _ => return None,
        })
    }

    fn by_extension(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Self::Csv,
            // Cut off before the bytes that would tell, which is then said.
            "fgb" => Self::FlatGeobuf,
            "shp" | "shx" | "dbf" | "zip" => Self::Other("a shapefile or an archive"),
            "gpkg" => Self::Other("a GeoPackage"),
            "xls" | "xlsx" => Self::Other("a spreadsheet"),
            "kml" | "kmz" => Self::Other("KML"),
            "gml" | "gpx" => Self::Other("XML"),
            "parquet" | "geoparquet" => Self::PARQUET,
            "topojson" => Self::Other("TopoJSON"),
            _ => Self::Json,
        }
    }
}
