//! The files of an archive, parted into shapefiles.

use super::ShapefileError;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// How many bytes the files of an archive have at most once they are unpacked.
const MOST: u64 = 1 << 30;

/// The files of one shapefile.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What the files are called, without folder and extension.
    pub(super) name: String,
    pub(super) shp: Vec<u8>,
    pub(super) shx: Option<Vec<u8>>,
    pub(super) dbf: Vec<u8>,
    pub(super) prj: Option<Vec<u8>>,
    pub(super) cpg: Option<Vec<u8>>,
}

impl Parts {
    /// The name of one of the files.
    pub(super) fn file(&self, extension: &str) -> String {
        format!("{}.{extension}", self.name)
    }
}

/// The shapefiles of an archive, in the order of their names.
pub(super) fn shapefiles(bytes: &[u8]) -> Result<Vec<Parts>, ShapefileError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| ShapefileError::archive(format!("cannot be read: {error}")))?;
    let mut stems: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    let mut left = MOST;
    for index in 0..archive.len() {
        let mut file = archive
            .by_index(index)
            .map_err(|error| ShapefileError::archive(format!("cannot be read: {error}")))?;
        let name = String::from_utf8_lossy(file.name_raw()).replace('\\', "/");
        // What macOS adds to archives are no files of the user's.
        if name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(is_hidden) {
            continue;
        }
        let Some((stem, extension)) = name.rsplit_once('.') else {
            continue;
        };
        let extension = extension.to_ascii_lowercase();
        if !["shp", "shx", "dbf", "prj", "cpg"].contains(&extension.as_str()) {
            continue;
        }
        let mut content = Vec::new();
        // The size that the archive tells of a file is not to be trusted.
        (&mut file)
            .take(left + 1)
            .read_to_end(&mut content)
            .map_err(|error| ShapefileError::file(&name, format!("cannot be unpacked: {error}")))?;
        left = left.checked_sub(content.len() as u64).ok_or_else(|| {
            ShapefileError::archive(format!(
                "holds more than {MOST} bytes, the most that are unpacked"
            ))
        })?;
        stems
            .entry(stem.to_owned())
            .or_default()
            .insert(extension, content);
    }
    stems.retain(|_, files| files.contains_key("shp"));
    if stems.is_empty() {
        return Err(ShapefileError::Missing {
            file: "shapefile".to_owned(),
        });
    }
    let shapefiles = stems.into_iter().map(|(stem, mut files)| {
        let name = stem.rsplit('/').next().unwrap_or(&stem).to_owned();
        let dbf = files.remove("dbf");
        Ok(Parts {
            dbf: dbf.ok_or_else(|| ShapefileError::Missing {
                file: format!("{name}.dbf"),
            })?,
            shp: files.remove("shp").unwrap_or_default(),
            shx: files.remove("shx"),
            prj: files.remove("prj"),
            cpg: files.remove("cpg"),
            name,
        })
    });
    shapefiles.collect()
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}
