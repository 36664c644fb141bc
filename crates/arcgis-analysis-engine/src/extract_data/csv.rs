//! Comma-separated values.

use super::archive::{Names, zip};
use super::cells::text;
use super::{Extract, unwritten};
use crate::prepared::Solid;
use crate::table::value;
use crate::{Control, DataFile, EngineError};
use arcgis_analysis_types::GeometryType;
use csv::{Terminator, WriterBuilder};

const FORMAT: &str = "CSV";

/// Writes one file, or an archive of several.
pub(super) fn write(
    stem: &str,
    extracts: &[Extract],
    control: &Control,
) -> Result<DataFile, EngineError> {
    if extracts.iter().any(is_drawn) {
        control.warn(
            "A CSV file has no place for lines, areas and multipoints; their attributes are written without a geometry.",
        );
    }
    if let [only] = extracts {
        return Ok(DataFile {
            name: format!("{stem}.csv"),
            media_type: "text/csv",
            item_type: "CSV",
            bytes: table(only, control)?,
        });
    }
    let files = extracts
        .iter()
        .map(|extract| Ok((format!("{}.csv", extract.name), table(extract, control)?)))
        .collect::<Result<Vec<_>, EngineError>>()?;
    Ok(DataFile {
        name: format!("{stem}.zip"),
        media_type: "application/zip",
        item_type: "CSV Collection",
        bytes: zip(FORMAT, &files)?,
    })
}

fn is_drawn(extract: &Extract) -> bool {
    !matches!(extract.geometry_type, None | Some(GeometryType::Point))
}

fn table(extract: &Extract, control: &Control) -> Result<Vec<u8>, EngineError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let mut names = Names::default();
    for field in &extract.fields {
        names.add(&field.name, usize::MAX);
    }
    let coordinates = match extract.geometry_type {
        Some(GeometryType::Point) => ["x", "y"].map(|name| names.add(name, usize::MAX)).to_vec(),
        _ => Vec::new(),
    };
    let header = extract.fields.iter().map(|field| &field.name);
    let outcome = writer.write_record(header.chain(&coordinates));
    outcome.map_err(|error| unwritten(FORMAT, error))?;
    for row in &extract.rows {
        control.check()?;
        let attributes = extract
            .fields
            .iter()
            .map(|field| text(value(row.attributes, &field.name), field).unwrap_or_default());
        let place = match &row.solid {
            Solid::Points(points) => points.first(),
            _ => None,
        };
        let place = coordinates
            .iter()
            .enumerate()
            .map(|(axis, _)| place.map_or_else(String::new, |position| position[axis].to_string()));
        let outcome = writer.write_record(attributes.chain(place));
        outcome.map_err(|error| unwritten(FORMAT, error))?;
    }
    writer
        .into_inner()
        .map_err(|error| unwritten(FORMAT, error))
}
