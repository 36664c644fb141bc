//! CSV: points from columns of coordinates, geometries from well-known text, or a table.

mod column;
mod place;

use super::shape::distinct;
use crate::types::{Attributes, Feature, FeatureCollection, FeatureSet, SpatialReference};
use ::csv::{Error, ErrorKind, Reader, ReaderBuilder, StringRecord};
use column::Column;
use place::Place;

/// What may divide the values of a row, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a header and rows.
///
/// # Errors
/// A clause that names row and line.
pub(super) fn read(text: &str) -> Result<FeatureCollection, String> {
    let delimiter = delimiter(text);
    let mut reader = reader(text, delimiter);
    let header = reader
        .headers()
        .map_err(|error| refusal(&error, 0, delimiter))?;
    let names = names(header);
    distinct(names.iter().map(String::as_str))?;
    let place = Place::of(&names)?;

    // Twice over the text: a column has the type that suits all of its values.
    let mut columns = vec![Column::new(delimiter != b','); names.len()];
    each_row(reader, text, delimiter, |row| {
        for (column, value) in columns.iter_mut().zip(row) {
            column.show(value);
        }
        Ok(())
    })?;
    let is_attribute = |i: &usize| place != Place::Wkt(*i);
    let attributes: Vec<usize> = (0..names.len()).filter(is_attribute).collect();

    let mut features = Vec::new();
    each_row(self::reader(text, delimiter), text, delimiter, |row| {
        let value = |i: usize| row.get(i).unwrap_or_default();
        let mut values = Attributes::with_capacity(attributes.len());
        for i in &attributes {
            values.insert(&names[*i], columns[*i].value(value(*i)));
        }
        features.push(Feature {
            geometry: place.geometry(value, &names, delimiter != b',')?,
            attributes: values,
        });
        Ok(())
    })?;
    let fields = attributes.iter().map(|i| columns[*i].field(&names[*i]));
    Ok(FeatureSet {
        geometry_type: place.geometry_type(),
        spatial_reference: (place != Place::Nowhere).then_some(SpatialReference::WGS84),
        fields: fields.collect(),
        features,
        ..FeatureSet::default()
    }
    .into())
}

fn reader(text: &str, delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// What the first row has most of, outside quotes.
fn delimiter(text: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                if let Some(i) = DELIMITERS.iter().position(|delimiter| *delimiter == byte) {
                    counts[i] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let first = counts.iter().position(|count| *count == most);
    DELIMITERS[first.unwrap_or_default()]
}

/// The names of the columns; one without a name, such as that of an index, is called by its number.
fn names(header: &StringRecord) -> Vec<String> {
    let name = |(i, name): (usize, &str)| match name.trim() {
        "" => format!("field_{}", i + 1),
        name => name.to_owned(),
    };
    header.iter().enumerate().map(name).collect()
}

/// Looks at each row after the header.
fn each_row(
    mut reader: Reader<&[u8]>,
    text: &str,
    delimiter: u8,
    mut look: impl FnMut(&StringRecord) -> Result<(), String>,
) -> Result<(), String> {
    let (mut row, mut number) = (StringRecord::new(), 0);
    let mut last = reader.position().clone();
    while reader
        .read_record(&mut row)
        .map_err(|error| refusal(&error, number + 1, delimiter))?
    {
        number += 1;
        if let Some(position) = row.position() {
            last = position.clone();
        }
        let line = last.line();
        look(&row).map_err(|problem| format!("row {number}, on line {line}, {problem}"))?;
    }
    let rest = usize::try_from(last.byte()).ok();
    let rest = rest.and_then(|start| text.get(start..)).unwrap_or_default();
    if is_cut_off(rest, delimiter) {
        return Err(format!(
            "a quotation mark that opens in row {number}, on line {}, is not closed; is the file complete?",
            last.line()
        ));
    }
    Ok(())
}

/// Whether the last row ends within quotes, which swallow whatever rows follow.
fn is_cut_off(row: &str, delimiter: u8) -> bool {
    let opens = |(i, byte): (usize, &u8)| {
        *byte == b'"'
            && (i == 0 || {
                let before = row.as_bytes()[i - 1];
                before == delimiter || before == b'\n' || before == b'\r'
            })
    };
    row.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
        && row.as_bytes().iter().enumerate().any(opens)
}

fn refusal(error: &Error, row: usize, delimiter: u8) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let line = pos.as_ref().map_or(0, ::csv::Position::line);
            format!(
                "row {row}, on line {line}, has {len} values where the header has {expected_len} columns; a value that contains {:?} must stand in quotes",
                char::from(delimiter)
            )
        }
        _ => format!("row {row} cannot be read: {error}"),
    }
}
