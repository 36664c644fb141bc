//! The attributes of a shapefile: a dBase table.

use super::archive::{Names, cut};
use super::cells::{day, text};
use super::shapefile::FORMAT;
use super::{Extract, INPUTS, Row, unwritten};
use crate::statistics::is_numeric;
use crate::table::value;
use crate::{Control, EngineError};
use arcgis_analysis_types::{AttributeValue, Field, FieldType};
use dbase::{Date, FieldName, FieldValue, TableWriterBuilder};
use std::io::{Cursor, Write};

/// How many bytes the name of a field has at most.
const NAME: usize = 10;
/// How many bytes a text has at most.
const TEXT: usize = 254;
/// How many signs a number has at most, and how many where there is none.
const NUMBER: usize = 31;
/// How many fields a table has at most.
const FIELDS: usize = 255;
/// A file holds at most 2 GB.
const MOST: usize = i32::MAX as usize;
/// The greatest whole number that a double tells from its neighbours.
const WHOLE: u64 = 1 << 53;
/// Where the date of the last change stands in the header, and that it is always: 1 January 1980.
const CHANGED: (std::ops::Range<usize>, [u8; 3]) = (1..4, [80, 1, 1]);

/// How the values of a field are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Text { width: usize },
    Number { width: usize, decimals: usize },
    Date,
}

/// What became of values that do not fit.
#[derive(Default)]
struct Lost {
    texts: usize,
    numbers: usize,
    times: usize,
}

/// The file `.dbf` of features.
pub(super) fn write(
    extract: &Extract,
    rows: &[&Row],
    control: &Control,
) -> Result<Vec<u8>, EngineError> {
    if extract.fields.len() > FIELDS {
        let problem = format!(
            "has a layer of {} fields, and a shapefile has at most {FIELDS}; ask for `CSV` or `KML`",
            extract.fields.len()
        );
        return Err(EngineError::input(INPUTS, problem));
    }
    let columns: Vec<Column> = extract
        .fields
        .iter()
        .map(|field| column(field, rows))
        .collect();
    let width: usize = columns.iter().map(|column| column.width()).sum();
    if width * rows.len() > MOST {
        return Err(EngineError::input(
            INPUTS,
            "has more attributes than the 2 GB of a shapefile hold; ask for `CSV` or `KML`, or a smaller `extent`",
        ));
    }
    let mut builder = TableWriterBuilder::with_encoding(dbase::Unicode);
    for (name, column) in names(extract, control).iter().zip(&columns) {
        let name = FieldName::try_from(name.as_str()).map_err(|error| unwritten(FORMAT, error))?;
        // Each width is at most 255.
        builder = match *column {
            Column::Text { width } => builder.add_character_field(name, width as u8),
            Column::Number { width, decimals } => {
                builder.add_numeric_field(name, width as u8, decimals as u8)
            }
            Column::Date => builder.add_date_field(name),
        };
    }
    if columns.is_empty() {
        // A table has at least one field.
        let name = FieldName::try_from("FID").map_err(|error| unwritten(FORMAT, error))?;
        builder = builder.add_numeric_field(name, 10, 0);
    }
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = builder.build_with_dest(&mut bytes);
    let mut lost = Lost::default();
    for (number, row) in rows.iter().enumerate() {
        control.check()?;
        let cells = extract.fields.iter().zip(&columns);
        let mut cells: Vec<FieldValue> = cells
            .map(|(field, column)| {
                column.cell(value(row.attributes, &field.name), field, &mut lost)
            })
            .collect();
        if cells.is_empty() {
            cells.push(FieldValue::Numeric(Some(number as f64)));
        }
        writer
            .write_record(&Cells(cells))
            .map_err(|error| unwritten(FORMAT, error))?;
    }
    writer
        .finalize()
        .map_err(|error| unwritten(FORMAT, error))?;
    drop(writer);
    lost.tell(&extract.name, control);
    let mut bytes = bytes.into_inner();
    if let Some(place) = bytes.get_mut(CHANGED.0) {
        place.copy_from_slice(&CHANGED.1);
    }
    Ok(bytes)
}

struct Cells(Vec<FieldValue>);

impl dbase::WritableRecord for Cells {
    fn write_using<W: Write>(
        &self,
        writer: &mut dbase::FieldWriter<'_, W>,
    ) -> Result<(), dbase::FieldError> {
        self.0
            .iter()
            .try_for_each(|cell| writer.write_next_field_value(cell))
    }
}

/// The names that the fields have in a table.
fn names(extract: &Extract, control: &Control) -> Vec<String> {
    let mut names = Names::default();
    let mut renamed = Vec::new();
    let made = extract.fields.iter().map(|field| {
        let keep = |c: char| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        };
        let plain: String = field.name.chars().map(keep).collect();
        let name = names.add(if plain.is_empty() { "FIELD" } else { &plain }, NAME);
        if name != field.name {
            renamed.push(format!("`{}` is `{name}`", field.name));
        }
        name
    });
    let made = made.collect();
    if !renamed.is_empty() {
        control.warn(&format!(
            "Fields have other names in the shapefile of `{}`, of at most {NAME} letters: {}.",
            extract.name,
            renamed.join(", ")
        ));
    }
    made
}

/// The narrowest column that holds the values of a field.
fn column(field: &Field, rows: &[&Row]) -> Column {
    let values = || {
        let values = rows.iter().map(|row| value(row.attributes, &field.name));
        values.filter(|value| !value.is_null())
    };
    let are_numbers = || values().all(|value| value.is_number());
    let is_exact = |value: &AttributeValue| match (value.as_i64(), value.as_u64()) {
        (Some(number), _) => number.unsigned_abs() <= WHOLE,
        (None, Some(_)) => false,
        _ => true,
    };
    if field.field_type == FieldType::Date && are_numbers() {
        return Column::Date;
    }
    let is_number = is_numeric(field) || field.field_type == FieldType::Oid;
    if is_number && are_numbers() && values().all(is_exact) {
        return numbers(field, values().filter_map(AttributeValue::as_f64));
    }
    let longest = values()
        .filter_map(|value| text(value, field))
        .map(|text| text.len())
        .max();
    let declared = field.length.map_or(0, |length| length as usize);
    let width = longest.unwrap_or(0).max(declared);
    Column::Text {
        width: width.clamp(1, TEXT),
    }
}

fn numbers(field: &Field, values: impl Iterator<Item = f64>) -> Column {
    // Room for every value of the type, and for what this layer holds.
    let (mut whole, mut decimals) = match field.field_type {
        FieldType::SmallInteger => (6, 0),
        FieldType::Integer => (11, 0),
        FieldType::Single | FieldType::Double => (9, 1),
        _ => (18, 0),
    };
    for value in values {
        let text = value.to_string();
        let (before, after) = text.split_once('.').unwrap_or((&text, ""));
        // What is too long for any column is written nowhere.
        if before.len() <= NUMBER {
            whole = whole.max(before.len());
            decimals = decimals.max(after.len());
        }
    }
    decimals = decimals.min((NUMBER - whole).saturating_sub(1));
    let point = usize::from(decimals > 0);
    Column::Number {
        width: whole + point + decimals,
        decimals,
    }
}

impl Column {
    fn width(self) -> usize {
        match self {
            Self::Text { width } | Self::Number { width, .. } => width,
            Self::Date => 8,
        }
    }

    fn cell(self, value: &AttributeValue, field: &Field, lost: &mut Lost) -> FieldValue {
        match self {
            Self::Text { width } => {
                let text = text(value, field).map(|text| {
                    let kept = cut(&text, width).to_owned();
                    lost.texts += usize::from(kept.len() < text.len());
                    kept
                });
                FieldValue::Character(text)
            }
            Self::Number { width, decimals } => {
                let given = value.as_f64();
                let number = given.filter(|number| format!("{number:.decimals$}").len() <= width);
                let is_kept =
                    number.map(|number| format!("{number:.decimals$}").parse()) == given.map(Ok);
                lost.numbers += usize::from(!is_kept);
                FieldValue::Numeric(number)
            }
            Self::Date => {
                let instant = value
                    .as_i64()
                    .or_else(|| value.as_f64().map(|millis| millis as i64));
                let Some(millis) = instant else {
                    return FieldValue::Date(None);
                };
                let day = day(millis);
                lost.times += usize::from(!day.is_some_and(|(_, is_whole)| is_whole));
                let date = day.and_then(|(day, _)| {
                    let year = u32::try_from(day.year()).ok()?;
                    let [month, day] =
                        [day.month(), day.day()].map(|part| u32::from(part.unsigned_abs()));
                    Date::new(day, month, year).ok()
                });
                FieldValue::Date(date)
            }
        }
    }
}

impl Lost {
    fn tell(&self, name: &str, control: &Control) {
        for (count, what) in [
            (self.texts, format!("texts were cut off at {TEXT} bytes")),
            (
                self.numbers,
                format!("numbers were rounded or left out, as a column has {NUMBER} signs"),
            ),
            (self.times, "dates lost their time of day".to_owned()),
        ] {
            if count > 0 {
                control.warn(&format!("In the shapefile of `{name}`, {count} {what}."));
            }
        }
    }
}
