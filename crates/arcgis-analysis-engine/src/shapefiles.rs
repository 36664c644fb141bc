//! Shapefiles that come in an archive, read as layers.
//!
//! An archive may hold several shapefiles, in folders too; each becomes a layer. Of a shapefile the files `.shp` and `.dbf`
//! are needed; `.shx`, `.prj` and `.cpg` are honoured where they are there. Without `.prj` coordinates that can be degrees
//! are taken for longitudes and latitudes on WGS 84. Texts without `.cpg` and without a code page in the table are UTF-8
//! where they can be, or else Windows-1252.
//!
//! Whole numbers of up to 11 signs are integers where all fit, numbers else doubles, as ArcGIS shows those columns; dates
//! are midnights in UTC; logical values, for which ArcGIS has no column, become 0 and 1. Heights stay, measures do not.

mod archive;
mod shapes;
mod table;

use crate::spatial_reference::of_prj;
use arcgis_analysis_types::{
    Attributes, Feature, FeatureCollection, FeatureSet, Geometry, LayerDefinition, SpatialReference,
};
use archive::Parts;

/// Why an archive of shapefiles was not read.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{ShapefileError, read_shapefiles};
///
/// assert!(matches!(read_shapefiles(b"no archive"), Err(ShapefileError::Archive { .. })));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapefileError {
    /// The archive itself cannot be read.
    #[error("the archive {problem}; send the files of a shapefile in a zip archive")]
    Archive {
        /// What is wrong with it, as a clause that follows its name.
        problem: String,
    },
    /// A file that is needed is not in the archive.
    #[error("the archive holds no {file}; put the files .shp, .shx, .dbf and .prj into it")]
    Missing {
        /// The file.
        file: String,
    },
    /// A file cannot be read, or holds what is not read.
    #[error("{file} {problem}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it, as a clause that follows its name.
        problem: String,
    },
}

impl ShapefileError {
    fn archive(problem: impl Into<String>) -> Self {
        Self::Archive {
            problem: problem.into(),
        }
    }

    fn file(file: &str, problem: impl Into<String>) -> Self {
        Self::File {
            file: file.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Reads the shapefiles of a zip archive, in the order of their names.
///
/// # Errors
/// When the archive cannot be read or holds no shapefile, a file is missing or broken, or something in it is not read:
/// multipatches, memos, a code page or a spatial reference that is not known.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, extract_data, read_shapefiles};
/// use arcgis_analysis_spatial::extract_data::{DataFormat, ExtractData};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let trees = FeatureCollection::from_geojson(
///     r#"{ "type": "Feature", "properties": { "HEIGHT": 12.5 }, "geometry": { "type": "Point", "coordinates": [7.6, 47.5] } }"#,
/// )?;
/// let task = ExtractData::new([trees]).data_format(DataFormat::Shapefile);
/// let archive = extract_data(&task, &Control::new())?;
/// let layers = read_shapefiles(&archive.bytes)?;
/// assert_eq!(layers[0].features()[0].attributes["HEIGHT"], 12.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_shapefiles(archive: &[u8]) -> Result<Vec<FeatureCollection>, ShapefileError> {
    let shapefiles = archive::shapefiles(archive)?;
    shapefiles.iter().map(layer).collect()
}

fn layer(parts: &Parts) -> Result<FeatureCollection, ShapefileError> {
    let table = table::read(parts)?;
    let (geometry_type, mut shapes) = shapes::read(parts)?;
    if shapes.len() != table.rows.len() {
        return Err(ShapefileError::file(
            &parts.file("dbf"),
            format!(
                "has {} records, and {} has {}; pack the files of one shapefile together",
                table.rows.len(),
                parts.file("shp"),
                shapes.len()
            ),
        ));
    }
    let reference = match geometry_type {
        Some(_) => Some(reference(parts, &shapes)?),
        None => None,
    };
    let rows = table.rows.into_iter().zip(shapes.drain(..));
    // A record that was deleted keeps its shape until the shapefile is written anew.
    let features = rows.filter_map(|(attributes, geometry): (Option<Attributes>, _)| {
        attributes.map(|attributes| Feature {
            geometry,
            attributes,
        })
    });
    Ok(FeatureCollection {
        layer_definition: LayerDefinition {
            name: Some(parts.name.clone()),
            geometry_type,
            fields: table.fields,
            ..LayerDefinition::default()
        },
        feature_set: FeatureSet {
            geometry_type,
            spatial_reference: reference,
            features: features.collect(),
            ..FeatureSet::default()
        },
        filter: None,
    })
}

fn reference(
    parts: &Parts,
    shapes: &[Option<Geometry>],
) -> Result<SpatialReference, ShapefileError> {
    if let Some(prj) = &parts.prj {
        let text = String::from_utf8_lossy(prj);
        return of_prj(text.trim_start_matches('\u{feff}').trim()).ok_or_else(|| {
            ShapefileError::file(
                &parts.file("prj"),
                "has a spatial reference whose unit is not known here; use longitudes and latitudes in degrees, or a plane with its UNIT",
            )
        });
    }
    let mut positions = shapes.iter().flatten().flat_map(Geometry::positions);
    match positions.all(|position| position.x.abs() <= 180.0 && position.y.abs() <= 90.0) {
        true => Ok(SpatialReference::WGS84),
        false => Err(ShapefileError::Missing {
            file: format!(
                "{}, without which its coordinates, which are no degrees, have no place",
                parts.file("prj")
            ),
        }),
    }
}
