//! Shapefiles, packed in an archive.

use super::archive::zip;
use super::{Extract, Row, shapes, table};
use crate::prepared::Solid;
use crate::spatial_reference::{Coordinates, Reference};
use crate::{Control, DataFile, EngineError};

pub(super) const FORMAT: &str = "a shapefile";

const WGS84: &str = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],\
    PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
/// What follows the geographic reference in that of Web Mercator.
const MERCATOR: &str = "PROJECTION[\"Mercator_Auxiliary_Sphere\"],PARAMETER[\"False_Easting\",0.0],\
    PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",0.0],PARAMETER[\"Standard_Parallel_1\",0.0],\
    PARAMETER[\"Auxiliary_Sphere_Type\",0.0],UNIT[\"Meter\",1.0]]";

/// Writes the files of each layer into one archive.
pub(super) fn write(
    stem: &str,
    extracts: &[Extract],
    control: &Control,
) -> Result<DataFile, EngineError> {
    let mut files = Vec::new();
    for extract in extracts {
        let mut add = |extension: &str, bytes: Vec<u8>| {
            files.push((format!("{}.{extension}", extract.name), bytes));
        };
        let mut rows: Vec<&Row> = extract.rows.iter().collect();
        if let Some(geometry_type) = extract.geometry_type {
            rows.retain(|row| row.solid != Solid::Nothing);
            let left_out = extract.rows.len() - rows.len();
            if left_out > 0 {
                control.warn(&format!(
                    "{left_out} features of `{}` without a geometry were left out; ask for `CSV` or `KML` to have them.",
                    extract.name
                ));
            }
            let (shp, shx) = shapes::write(&rows, geometry_type, control)?;
            add("shp", shp);
            add("shx", shx);
            match prj(&extract.reference) {
                Some(text) => add("prj", text.into_bytes()),
                None => control.warn(&format!(
                    "The shapefile of `{}` does not say its spatial reference, which is {}.",
                    extract.name,
                    extract.reference.name()
                )),
            }
        }
        add("dbf", table::write(extract, &rows, control)?);
        add("cpg", b"UTF-8".to_vec());
    }
    Ok(DataFile {
        name: format!("{stem}.zip"),
        media_type: "application/zip",
        item_type: "Shapefile",
        bytes: zip(FORMAT, &files)?,
    })
}

/// The text of a reference, where it is known.
fn prj(reference: &Reference) -> Option<String> {
    if reference.coordinates == Coordinates::WebMercator {
        return Some(format!(
            "PROJCS[\"WGS_1984_Web_Mercator_Auxiliary_Sphere\",{WGS84},{MERCATOR}"
        ));
    }
    match reference.written.id() {
        Some(4326) => Some(WGS84.to_owned()),
        _ => reference.written.wkt.clone(),
    }
}
