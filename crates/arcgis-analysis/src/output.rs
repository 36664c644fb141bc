//! Writes a layer that a job returned, or a file that it made, to a file, whole or not at all.

mod map;

use crate::types::{FeatureCollection, GeoJsonError};
use serde_json::Value;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The format of a file.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::output::Format;
///
/// assert_eq!(Format::of("buffers.geojson".as_ref())?, Format::GeoJson);
/// assert_eq!(Format::of("buffers.esri.json".as_ref())?, Format::EsriJson);
/// assert!(Format::of("buffers.shp".as_ref()).is_err());
/// # Ok::<(), arcgis_analysis::output::OutputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// GeoJSON, in longitude and latitude: `.geojson` and `.json`.
    GeoJson,
    /// An Esri feature set, in the layer's own spatial reference: `.esri.json`.
    EsriJson,
    /// A page with a map and the features' attributes, which any browser shows without a network: `.html`.
    Html,
    /// Whatever a file that a job made is in.
    AsIs,
}

impl Format {
    /// The format of a file by its extension, in any letter case.
    ///
    /// # Errors
    /// When features cannot be written in the format that the extension stands for.
    pub fn of(path: &Path) -> Result<Self, OutputError> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        if name.ends_with(".esri.json") {
            Ok(Self::EsriJson)
        } else if name.ends_with(".geojson") || name.ends_with(".json") {
            Ok(Self::GeoJson)
        } else if name.ends_with(".html") || name.ends_with(".htm") {
            Ok(Self::Html)
        } else {
            Err(OutputError::Format {
                path: path.to_owned(),
            })
        }
    }

    /// The format's name in lower case, as `--json` reports it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::EsriJson => "esri-json",
            Self::Html => "html",
            Self::AsIs => "as-is",
        }
    }
}

/// A file to which features, or those of a file that a job made, will be written.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::FeatureCollection;
/// use arcgis_analysis::output::Target;
///
/// let folder = tempfile::tempdir()?;
/// // Before the analysis: the format is known, and the folder can be written to.
/// let target = Target::prepare(&folder.path().join("cities.geojson"))?;
///
/// let cities = FeatureCollection::from_geojson(r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#)?;
/// target.write(&cities)?;
/// assert!(std::fs::read_to_string(target.path())?.contains("[7.6,47.5]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
    format: Format,
}

impl Target {
    /// Settles the format, and makes sure that a file can be made in the folder.
    ///
    /// A file that is there already stays as it is until the new one is complete.
    ///
    /// # Errors
    /// When the extension stands for no format, or the folder is missing or cannot be written to.
    pub fn prepare(path: &Path) -> Result<Self, OutputError> {
        Self::of(path, Format::of(path)?)
    }

    /// The same for a file that a job made, which is in the format that the task was asked for, whatever the extension.
    ///
    /// # Errors
    /// When the folder is missing or cannot be written to.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis::output::Target;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let target = Target::prepare_as_is(&folder.path().join("trees.zip"))?;
    /// target.write_bytes(b"PK")?;
    /// assert_eq!(std::fs::read(target.path())?, b"PK");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prepare_as_is(path: &Path) -> Result<Self, OutputError> {
        Self::of(path, Format::AsIs)
    }

    fn of(path: &Path, format: Format) -> Result<Self, OutputError> {
        if path.is_dir() {
            return Err(OutputError::Folder {
                path: path.to_owned(),
            });
        }
        // A link is followed, so that the file behind it is replaced and not the link.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let target = Self { path, format };
        target.temporary()?;
        Ok(target)
    }

    /// Where the file will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In which format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Writes the features beside the file, and then puts them in its place.
    ///
    /// # Errors
    /// When the features cannot be written in the format, or the disk refuses them. The file is then as it was.
    pub fn write(&self, features: &FeatureCollection) -> Result<(), OutputError> {
        let content = match self.format {
            Format::GeoJson => Content::Json(features.to_geojson().map_err(OutputError::GeoJson)?),
            Format::EsriJson => Content::Json(esri_json(features)),
            Format::Html => {
                let title = self.path.file_stem().unwrap_or_default().to_string_lossy();
                Content::Text(map::page(features, &title).map_err(OutputError::GeoJson)?)
            }
            Format::AsIs => {
                return Err(OutputError::Format {
                    path: self.path.clone(),
                });
            }
        };
        self.put(&content)
    }

    /// Writes the bytes of a file that a job made beside the file, and then puts them in its place.
    ///
    /// # Errors
    /// When the disk refuses them. The file is then as it was.
    pub fn write_bytes(&self, bytes: &[u8]) -> Result<(), OutputError> {
        self.put(&Content::Bytes(bytes))
    }

    fn put(&self, content: &Content) -> Result<(), OutputError> {
        let mut file = self.temporary()?;
        fill(&mut file, content).map_err(|error| self.unwritable(error))?;
        file.persist(&self.path)
            .map_err(|error| self.unwritable(error.error))?;
        Ok(())
    }

    /// A file in the same folder, since a file moves whole only within a file system.
    fn temporary(&self) -> Result<tempfile::NamedTempFile, OutputError> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(OutputError::NoFolder {
                path: self.path.clone(),
                folder: folder.to_owned(),
            });
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".arcgis-analysis-").suffix(".part");
        #[cfg(unix)]
        {
            // As any new file: the process's mask decides, not the privacy of temporary files.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder
            .tempfile_in(folder)
            .map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, source: std::io::Error) -> OutputError {
        OutputError::Unwritable {
            path: self.path.clone(),
            source,
        }
    }
}

/// What a file will hold.
enum Content<'a> {
    Json(Value),
    Text(String),
    Bytes(&'a [u8]),
}

fn fill(file: &mut tempfile::NamedTempFile, content: &Content) -> std::io::Result<()> {
    let mut writer = BufWriter::new(file.as_file_mut());
    match content {
        Content::Json(value) => {
            serde_json::to_writer(&mut writer, value)?;
            writer.write_all(b"\n")?;
        }
        Content::Text(text) => writer.write_all(text.as_bytes())?,
        Content::Bytes(bytes) => writer.write_all(bytes)?,
    }
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()
}

/// The features as a feature set that describes its fields, which GIS software opens.
fn esri_json(features: &FeatureCollection) -> Value {
    let mut set = features.feature_set.clone();
    set.geometry_type = features.geometry_type();
    set.spatial_reference = features.spatial_reference().cloned();
    set.fields = features.fields().to_vec();
    set.object_id_field = features.object_id_field().map(str::to_owned);
    // A set has only text for keys, the one thing that serialisation could trip over.
    serde_json::to_value(set).unwrap_or_default()
}

/// Why features were not written.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::output::{Format, OutputError};
///
/// let error = Format::of("buffers.shp".as_ref()).unwrap_err();
/// assert!(matches!(error, OutputError::Format { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The extension stands for no format that can be written.
    #[error(
        "features cannot be written to `{}`; end the name in .geojson, .json (GeoJSON), .esri.json or .html (a map)",
        path.display()
    )]
    Format {
        /// The path that was given.
        path: PathBuf,
    },
    /// The path is that of a folder.
    #[error("`{}` is a folder; give the name of a file in it", path.display())]
    Folder {
        /// The path that was given.
        path: PathBuf,
    },
    /// The file's folder does not exist.
    #[error("`{}` cannot be written, because there is no folder `{}`; make it first", path.display(), folder.display())]
    NoFolder {
        /// The path that was given.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// The file cannot be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Unwritable {
        /// The path that was given.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The features have no place in GeoJSON.
    #[error(
        "the features cannot be brought to longitude and latitude: {0}; write them to a file that ends in .esri.json"
    )]
    GeoJson(GeoJsonError),
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn cities() -> FeatureCollection {
        FeatureCollection::from_geojson(
            r#"{"type": "Feature", "properties": {"NAME": "Basel"}, "geometry": {"type": "Point", "coordinates": [7.6, 47.5]}}"#,
        )
        .unwrap()
    }

    fn read(path: &Path) -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn writes_both_formats_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let geojson = folder.path().join("cities.JSON");
        Target::prepare(&geojson).unwrap().write(&cities()).unwrap();
        assert_eq!(read(&geojson)["features"][0]["properties"]["NAME"], "Basel");

        let esri = folder.path().join("cities.esri.json");
        Target::prepare(&esri).unwrap().write(&cities()).unwrap();
        let set = read(&esri);
        assert_eq!(set["geometryType"], "esriGeometryPoint");
        assert_eq!(set["spatialReference"]["wkid"], 4326);
        assert_eq!(set["features"][0]["geometry"]["x"], 7.6);
        assert!(
            set["fields"]
                .as_array()
                .unwrap()
                .iter()
                .any(|field| field["name"] == "NAME")
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn refuses_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let prepare = |name: &str| Target::prepare(&folder.path().join(name)).unwrap_err();
        assert!(matches!(prepare("cities"), OutputError::Format { .. }));
        assert!(matches!(prepare("cities.shp"), OutputError::Format { .. }));
        assert!(matches!(
            prepare("none/cities.json"),
            OutputError::NoFolder { .. }
        ));
        std::fs::create_dir(folder.path().join("full.json")).unwrap();
        assert!(matches!(prepare("full.json"), OutputError::Folder { .. }));
    }

    #[test]
    fn a_file_that_a_job_made_is_written_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trees.shp.zip");
        let target = Target::prepare_as_is(&path).unwrap();
        assert!(matches!(
            target.write(&cities()).unwrap_err(),
            OutputError::Format { .. }
        ));
        assert!(!path.exists());
        target.write_bytes(&[0, 255, 10]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [0, 255, 10]);
        assert_eq!(target.format().name(), "as-is");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = folder.path().join("none/trees.zip");
        assert!(matches!(
            Target::prepare_as_is(&nowhere).unwrap_err(),
            OutputError::NoFolder { .. }
        ));
    }

    #[test]
    fn a_complete_file_stays_when_writing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cities.geojson");
        let target = Target::prepare(&path).unwrap();
        target.write(&cities()).unwrap();
        let before = read(&path);

        // GeoJSON has no place for coordinates in an unknown spatial reference.
        let mut odd = cities();
        odd.feature_set.spatial_reference = Some(crate::SpatialReference::wkid(2056));
        assert!(matches!(
            target.write(&odd).unwrap_err(),
            OutputError::GeoJson(_)
        ));
        assert_eq!(read(&path), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn replaces_the_file_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (
            folder.path().join("a.geojson"),
            folder.path().join("b.geojson"),
        );
        std::fs::write(&file, "{}").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Target::prepare(&link).unwrap().write(&cities()).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(read(&file)["type"], "FeatureCollection");
    }
}
