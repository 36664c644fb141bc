//! The attributes of FlatGeobuf: of each value the number of its column, and its bytes.

use super::geometry::Budget;
use crate::types::{AttributeValue, Attributes, DateTime, FieldType};
use ::flatgeobuf::{Column, ColumnType as Type};

/// The type of a column's field.
///
/// # Errors
/// When no field holds such values.
pub(super) fn field_type(column: &Column<'_>) -> Result<FieldType, String> {
    Ok(match column.type_() {
        Type::Byte | Type::UByte | Type::Bool | Type::Short => FieldType::SmallInteger,
        Type::UShort | Type::Int => FieldType::Integer,
        Type::UInt | Type::Long | Type::ULong => FieldType::BigInteger,
        Type::Float => FieldType::Single,
        Type::Double => FieldType::Double,
        Type::String | Type::Json => FieldType::String,
        Type::DateTime => FieldType::Date,
        other => {
            return Err(format!(
                "its column `{}` is of the type {}, which no field of a layer has; leave the column out",
                column.name(),
                other.variant_name().unwrap_or("unknown")
            ));
        }
    })
}

/// The attributes of a feature: each column has one, null where the bytes have none.
///
/// # Errors
/// A clause that begins with a verb.
pub(super) fn attributes(
    bytes: &[u8],
    columns: &[Column<'_>],
    longest: &mut [usize],
    budget: &mut Budget,
) -> Result<Attributes, String> {
    budget.values(columns.len())?;
    let nulls = columns
        .iter()
        .map(|column| (column.name(), AttributeValue::NULL));
    let mut attributes: Attributes = nulls.collect();
    let mut rest = Bytes(bytes);
    while !rest.0.is_empty() {
        let cut_off = || "has attributes that break off".to_owned();
        let i = usize::from(u16::from_le_bytes(rest.take().ok_or_else(cut_off)?));
        let Some(column) = columns.get(i) else {
            return Err(format!("has a value for column {i}, which is not there"));
        };
        let value = rest.value(column.type_()).ok_or_else(cut_off)?;
        let value = value.map_err(|problem| format!("has in `{}` {problem}", column.name()))?;
        if let Some(text) = value.as_str() {
            longest[i] = longest[i].max(text.chars().count());
        }
        attributes.insert(column.name(), value);
    }
    Ok(attributes)
}

/// What is left of the bytes.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn text(&mut self) -> Option<Result<&'a str, String>> {
        let length = usize::try_from(u32::from_le_bytes(self.take()?)).ok()?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(std::str::from_utf8(taken).map_err(|_| "a text that is not in UTF-8".to_owned()))
    }

    /// The value at the beginning; `None` where the bytes end within it.
    fn value(&mut self, ty: Type) -> Option<Result<AttributeValue, String>> {
        Some(Ok(match ty {
            Type::Byte => i8::from_le_bytes(self.take()?).into(),
            Type::UByte => u8::from_le_bytes(self.take()?).into(),
            Type::Bool => i32::from(u8::from_le_bytes(self.take()?) != 0).into(),
            Type::Short => i16::from_le_bytes(self.take()?).into(),
            Type::UShort => u16::from_le_bytes(self.take()?).into(),
            Type::Int => i32::from_le_bytes(self.take()?).into(),
            Type::UInt => u32::from_le_bytes(self.take()?).into(),
            Type::Long => i64::from_le_bytes(self.take()?).into(),
            Type::ULong => match i64::try_from(u64::from_le_bytes(self.take()?)) {
                Ok(number) => number.into(),
                Err(_) => return Some(Err("a number that needs more than 63 bits".to_owned())),
            },
            // What is no number is null.
            Type::Float => f64::from(f32::from_le_bytes(self.take()?)).into(),
            Type::Double => f64::from_le_bytes(self.take()?).into(),
            Type::DateTime => return self.text().map(|text| text.and_then(instant)),
            _ => return self.text().map(|text| text.map(AttributeValue::from)),
        }))
    }
}

fn instant(text: &str) -> Result<AttributeValue, String> {
    let instant = text.parse::<DateTime>();
    instant
        .map(|instant| instant.epoch_millis.into())
        .map_err(|_| format!("{text:?}, which is no date in ISO 8601"))
}
