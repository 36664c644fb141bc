//! Types and lengths of time as SQL writes them.

use super::{DAY, Kind, Scalar};
use sqlparser::ast::{CharacterLength, DataType, DateTimeField, ExactNumberInfo};

/// The kind of values that a type stands for, and its size; none if it is not supported.
pub(super) fn target(written: &DataType) -> Option<(Kind, Option<u64>)> {
    let scale = |info: &ExactNumberInfo| match info {
        ExactNumberInfo::None => None,
        ExactNumberInfo::Precision(_) => Some(0),
        ExactNumberInfo::PrecisionAndScale(_, scale) => Some(u64::try_from(*scale).unwrap_or(0)),
    };
    let length = |length: &Option<CharacterLength>| match length {
        Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
        _ => None,
    };
    Some(match written {
        DataType::Char(size)
        | DataType::Character(size)
        | DataType::Varchar(size)
        | DataType::Nvarchar(size)
        | DataType::CharVarying(size)
        | DataType::CharacterVarying(size) => (Kind::Text, length(size)),
        DataType::String(size) => (Kind::Text, *size),
        DataType::Text => (Kind::Text, None),
        DataType::SmallInt(_) | DataType::Int(_) | DataType::Integer(_) | DataType::BigInt(_) => {
            (Kind::Integer, None)
        }
        DataType::Decimal(info) | DataType::Dec(info) | DataType::Numeric(info) => {
            (Kind::Float, scale(info))
        }
        DataType::Float(_) | DataType::Real | DataType::Double(_) | DataType::DoublePrecision => {
            (Kind::Float, None)
        }
        DataType::Date => (Kind::Day, None),
        DataType::Datetime(_) | DataType::Timestamp(..) => (Kind::Instant, None),
        _ => return None,
    })
}

/// The place of a unit of time from the year on.
pub(super) fn span_unit(field: &DateTimeField) -> Option<usize> {
    Some(match field {
        DateTimeField::Year | DateTimeField::Years => 0,
        DateTimeField::Month | DateTimeField::Months => 1,
        DateTimeField::Day | DateTimeField::Days => 2,
        DateTimeField::Hour | DateTimeField::Hours => 3,
        DateTimeField::Minute | DateTimeField::Minutes => 4,
        DateTimeField::Second | DateTimeField::Seconds => 5,
        _ => return None,
    })
}

/// A length of time in units from `first` to `last`: `3`, `3 12:30:00`, `1-6`.
pub(super) fn interval(text: &str, first: usize, last: usize) -> Option<Scalar> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let parts: Vec<&str> = text.split([' ', ':', '-']).collect();
    // Months and days do not mix: how long a month is depends on where it begins.
    if last < first || parts.len() != last - first + 1 || first < 2 && last >= 2 {
        return None;
    }
    const UNITS: [i64; 4] = [DAY, 3_600_000, 60_000, 1000];
    let (mut months, mut millis) = (0_i64, 0_i64);
    for (unit, part) in (first..).zip(parts) {
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return None;
        }
        if unit < 2 {
            let count: i64 = part.parse().ok()?;
            months = months.checked_add(count.checked_mul([12, 1][unit])?)?;
        } else {
            let length = part.parse::<f64>().ok()? * UNITS[unit - 2] as f64;
            if length > 9e15 {
                return None;
            }
            millis = millis.checked_add(length.round() as i64)?;
        }
    }
    // No calendar is longer, and sums stay far from overflow.
    (months.abs() <= 240_000 && millis <= 9_000_000_000_000_000)
        .then_some(Scalar::Span(sign * months, sign * millis))
}
