//! The attributes of a shapefile.

use super::ShapefileError;
use super::archive::Parts;
use arcgis_analysis_types::{AttributeValue, Attributes, Field, FieldType};
use dbase::encoding::{DynEncoding, EncodingRs};
use dbase::{FieldInfo, FieldIterator, FieldValue, ReadableRecord, ReaderBuilder, TrimOption};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use jiff::civil;
use std::io::{Cursor, Read, Seek};

/// How many signs a whole number has at most, that is no double.
const INTEGER: u8 = 11;
/// The length of the header and of the description of a field, and the end of these.
const HEADER: usize = 32;
const END: u8 = 0x0d;
/// From when dates are counted.
const EPOCH: civil::Date = civil::Date::constant(1970, 1, 1);

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) fields: Vec<Field>,
    /// Nothing in the place of a record that is deleted.
    pub(super) rows: Vec<Option<Attributes>>,
}

/// Reads the table of a shapefile.
pub(super) fn read(parts: &Parts) -> Result<Table, ShapefileError> {
    let file = parts.file("dbf");
    let unread = |problem: String| ShapefileError::file(&file, problem);
    let broken = |error: dbase::Error| unread(format!("cannot be read: {error}"));
    let mut bytes = parts.dbf.clone();
    let (first, columns) = header(&mut bytes).map_err(unread)?;
    let mut builder = ReaderBuilder::new();
    let options = dbase::ReadingOptions::default().character_trim(TrimOption::End);
    builder = builder.with_options(options);
    if let Some(encoding) = encoding(parts, bytes.get(first..).unwrap_or_default())? {
        builder = builder.with_encoding(DynEncoding::from(EncodingRs::from(encoding)));
    }
    let mut reader = builder.build(Cursor::new(&bytes[..])).map_err(broken)?;
    let infos = reader.fields().to_vec();
    let memo = infos
        .iter()
        .find(|info| info.field_type() == dbase::FieldType::Memo);
    if let Some(memo) = memo {
        return Err(unread(format!(
            "has the memo {:?}, a text in a file of its own that is not read; write it as a text",
            memo.name()
        )));
    }
    let size = 1 + infos
        .iter()
        .map(|info| usize::from(info.length()))
        .sum::<usize>();
    let count = reader.header().num_records as usize;
    let kept = (0..count).map(|record| bytes.get(first + record * size) != Some(&b'*'));
    let kept: Vec<bool> = kept.collect();
    let records = reader
        .iter_records_as::<Cells>()
        .collect::<Result<Vec<_>, _>>()
        .map_err(broken)?;
    let fields = fields(&infos, &columns, &records);
    let mut records = records.into_iter();
    let rows = kept.into_iter().map(|kept| {
        let cells = if kept { records.next() } else { None };
        cells.map(|Cells(cells)| {
            let cells = fields.iter().zip(cells);
            cells
                .map(|(field, cell)| (field.name.clone(), value(cell, &field.field_type)))
                .collect()
        })
    });
    let rows = rows.collect();
    Ok(Table { fields, rows })
}

/// What the header tells of a column.
#[derive(Debug, Clone, Copy)]
struct Column {
    /// The letter of its type.
    kind: u8,
    decimals: u8,
}

/// Checks the header, and says where the first record begins, and what it tells of each column.
///
/// Two types are changed into others that are written alike: the reader takes floats in single precision, and refuses the
/// zeros that programs write where there is no date.
fn header(bytes: &mut [u8]) -> Result<(usize, Vec<Column>), String> {
    let first = bytes
        .get(8..10)
        .map(|length| u16::from_le_bytes([length[0], length[1]]));
    let first = first.map_or(0, usize::from);
    if first <= HEADER || first > bytes.len() {
        return Err("is no dBase table, or cut off".to_owned());
    }
    let mut columns = Vec::new();
    for described in bytes[HEADER..first].chunks_exact_mut(HEADER) {
        let (kind, decimals) = (described[11], described[17]);
        if described[0] == END {
            break;
        }
        described[11] = match kind {
            b'F' => b'N',
            b'D' => b'C',
            _ => kind,
        };
        columns.push(Column { kind, decimals });
    }
    Ok((first, columns))
}

/// The encoding of texts; none where the header names it.
fn encoding(parts: &Parts, records: &[u8]) -> Result<Option<&'static Encoding>, ShapefileError> {
    if records.is_ascii() {
        return Ok(Some(UTF_8));
    }
    let Some(cpg) = &parts.cpg else {
        let is_named = parts.dbf.get(29).is_some_and(|mark| *mark != 0);
        let fits = std::str::from_utf8(records).is_ok();
        return Ok((!is_named).then_some(if fits { UTF_8 } else { WINDOWS_1252 }));
    };
    let text = String::from_utf8_lossy(cpg);
    let text = text.trim_start_matches('\u{feff}').trim();
    named(text).map(Some).ok_or_else(|| {
        ShapefileError::file(
            &parts.file("cpg"),
            format!("names the encoding {text:?}, which is not read; write the shapefile in UTF-8"),
        )
    })
}

/// The encoding of a name, which programs write in many ways: `UTF-8`, `65001`, `ANSI 1252`, `CP1252`, `ISO 88591`, `88592`.
fn named(text: &str) -> Option<&'static Encoding> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let number = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let label = match number {
        "65001" => "utf-8".to_owned(),
        "932" => "shift_jis".to_owned(),
        "936" => "gbk".to_owned(),
        "949" => "euc-kr".to_owned(),
        "950" => "big5".to_owned(),
        "866" => "ibm866".to_owned(),
        "874" | "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258" => {
            format!("windows-{number}")
        }
        _ => match number.strip_prefix("8859") {
            Some(part) => format!("iso-8859-{part}"),
            None => text.to_owned(),
        },
    };
    Encoding::for_label(label.as_bytes())
}

/// The values of a record, in the order of its fields.
struct Cells(Vec<FieldValue>);

impl ReadableRecord for Cells {
    fn read_using<S: Read + Seek, M: Read + Seek>(
        fields: &mut FieldIterator<S, M>,
    ) -> Result<Self, dbase::FieldError> {
        let cells = fields.map(|cell| cell.map(|cell| cell.value));
        cells.collect::<Result<Vec<_>, _>>().map(Self)
    }
}

/// The fields, of which no two have the same name in any letter case.
fn fields(infos: &[FieldInfo], columns: &[Column], records: &[Cells]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::with_capacity(infos.len());
    for (column, info) in infos.iter().enumerate() {
        let own = info.name().trim();
        let own = if own.is_empty() { "FIELD" } else { own };
        let is_taken = |name: &str| {
            let mut others = fields.iter();
            others.any(|other| other.name.eq_ignore_ascii_case(name))
        };
        let numbered = (1..).map(|number| format!("{own}_{number}"));
        let mut names = std::iter::once(own.to_owned()).chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        let told = columns.get(column);
        let field_type = match info.field_type() {
            _ if told.is_some_and(|told| told.kind == b'D') => FieldType::Date,
            dbase::FieldType::DateTime => FieldType::Date,
            dbase::FieldType::Logical => FieldType::SmallInteger,
            dbase::FieldType::Integer => FieldType::Integer,
            dbase::FieldType::Character | dbase::FieldType::Memo => FieldType::String,
            dbase::FieldType::Numeric
                if told.is_some_and(|told| told.decimals == 0)
                    && info.length() <= INTEGER
                    && records.iter().all(|record| is_integer(record, column)) =>
            {
                FieldType::Integer
            }
            _ => FieldType::Double,
        };
        let length = (field_type == FieldType::String).then(|| info.length().into());
        fields.push(Field {
            length,
            ..Field::new(name, field_type)
        });
    }
    fields
}

fn is_integer(Cells(cells): &Cells, column: usize) -> bool {
    match cells.get(column) {
        Some(FieldValue::Numeric(Some(number))) => {
            number.fract() == 0.0 && i32::try_from(*number as i64).is_ok()
        }
        _ => true,
    }
}

fn value(cell: FieldValue, field_type: &FieldType) -> AttributeValue {
    let number = |number: f64| match field_type {
        FieldType::Integer => AttributeValue::from(number as i64),
        _ => number.into(),
    };
    match cell {
        FieldValue::Character(Some(text)) if *field_type == FieldType::Date => date(&text).into(),
        FieldValue::Character(text) => text.into(),
        FieldValue::Numeric(value) => value.map_or(AttributeValue::NULL, number),
        FieldValue::Logical(value) => value.map(i64::from).into(),
        FieldValue::Float(value) => {
            value.map_or(AttributeValue::NULL, |value| number(value.into()))
        }
        FieldValue::Integer(value) => value.into(),
        FieldValue::Currency(value) | FieldValue::Double(value) => number(value),
        FieldValue::DateTime(moment) => {
            let (date, time) = (moment.date(), moment.time());
            let seconds = (time.hours() * 60 + time.minutes()) * 60 + time.seconds();
            day(date.year(), date.month(), date.day())
                .map(|midnight| midnight + 1000 * i64::from(seconds))
                .into()
        }
        FieldValue::Memo(text) => text.into(),
        FieldValue::Date(_) => AttributeValue::NULL,
    }
}

/// The midnight of a date of eight digits; none where they are no date.
fn date(text: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse().ok();
    day(part(0..4)?, part(4..6)?, part(6..8)?)
}

/// The midnight of a day in UTC, in milliseconds since 1970.
fn day(year: u32, month: u32, day: u32) -> Option<i64> {
    let date = civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    Some(1000 * date.ok()?.duration_since(EPOCH).as_secs())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn encodings_are_known_by_many_names() {
        for (text, name) in [
            ("UTF-8", "UTF-8"),
            ("utf8", "UTF-8"),
            ("65001", "UTF-8"),
            ("ANSI 1252", "windows-1252"),
            ("CP1251", "windows-1251"),
            // The web's standard reads Latin 1 as its superset.
            ("ISO 88591", "windows-1252"),
            ("ISO-8859-2", "ISO-8859-2"),
            ("88595", "ISO-8859-5"),
            ("932", "Shift_JIS"),
            ("Big5", "Big5"),
        ] {
            assert_eq!(
                named(text).map(|encoding| encoding.name()),
                Some(name),
                "{text}"
            );
        }
        assert_eq!(named("OEM 437"), None);
        assert_eq!(named(""), None);
    }
}
