//! The types of columns, by their values.

use crate::input::shape::field;
use crate::types::{DateTime, Field, FieldType};
use serde_json::{Number, Value};

/// What the values of a column can be.
#[derive(Debug, Clone)]
pub(super) struct Column {
    has_values: bool,
    integer: bool,
    /// Whether an integer needs more than 32 bits.
    wide: bool,
    number: bool,
    /// Whether all are numbers whose decimal mark is a comma, where one may be.
    comma_number: bool,
    date: bool,
    longest: usize,
}

impl Column {
    /// A column of which anything can still be true.
    pub(super) fn new(comma_is_mark: bool) -> Self {
        Self {
            has_values: false,
            integer: true,
            wide: false,
            number: true,
            comma_number: comma_is_mark,
            date: true,
            longest: 0,
        }
    }

    /// Takes note of a value.
    pub(super) fn show(&mut self, text: &str) {
        self.longest = self.longest.max(text.chars().count());
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.has_values = true;
        if self.integer {
            match integer(text) {
                Some(value) => self.wide |= i32::try_from(value).is_err(),
                None => self.integer = false,
            }
        }
        self.number &= number(text, '.').is_some();
        self.comma_number = self.comma_number && number(text, ',').is_some();
        self.date = self.date && date(text).is_some();
    }

    /// The narrowest type that holds every value.
    fn field_type(&self) -> FieldType {
        if !self.has_values {
            FieldType::String
        } else if self.integer {
            match self.wide {
                true => FieldType::BigInteger,
                false => FieldType::Integer,
            }
        } else if self.number || self.comma_number {
            FieldType::Double
        } else if self.date {
            FieldType::Date
        } else {
            FieldType::String
        }
    }

    /// The field of the column.
    pub(super) fn field(&self, name: &str) -> Field {
        field(name, self.field_type(), self.longest)
    }

    /// A value of the column.
    pub(super) fn value(&self, text: &str) -> Value {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Value::Null;
        }
        let value = match self.field_type() {
            FieldType::Integer | FieldType::BigInteger => integer(trimmed).map(Value::from),
            FieldType::Double => {
                let mark = if self.number { '.' } else { ',' };
                number(trimmed, mark).map(Value::Number)
            }
            FieldType::Date => date(trimmed).map(|date| date.epoch_millis.into()),
            _ => None,
        };
        value.unwrap_or_else(|| text.into())
    }
}

/// A whole number of 64 bits. What begins with a zero or a plus sign is a name made of digits.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
    (is_plain && (digits == "0" || !digits.starts_with('0')))
        .then(|| text.parse().ok())
        .flatten()
}

/// A decimal number, such as 12, -0.5, .5 or 1e-3.
fn number(text: &str, mark: char) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once(mark).unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_name = whole.len() > 1 && whole.starts_with('0');
    if is_name || !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    // Digits alone are a number only as far as a number holds them all.
    if fraction.is_empty() && exponent.is_none() && whole.len() > 19 {
        return None;
    }
    let exponent_digits = exponent.map(|text| text.trim_start_matches(['-', '+']));
    if exponent_digits.is_some_and(|text| text.is_empty() || !digits(text)) {
        return None;
    }
    let number = match mark {
        '.' => text.parse(),
        mark => text.replace(mark, ".").parse(),
    };
    Number::from_f64(number.ok()?)
}

/// A date in ISO 8601, with or without a time.
fn date(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    let is_date = bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-';
    is_date.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(comma: bool, values: &[&str]) -> (FieldType, Vec<Value>) {
        let mut column = Column::new(comma);
        values.iter().for_each(|value| column.show(value));
        let values = values.iter().map(|value| column.value(value)).collect();
        (column.field_type(), values)
    }

    #[test]
    fn has_the_narrowest_type_of_all_its_values() {
        use FieldType::{BigInteger, Date, Double, Integer, String as Text};
        for (values, expected, read) in [
            (
                &["1", "-2147483648", ""][..],
                Integer,
                json!([1, -2_147_483_648_i64, null]),
            ),
            (
                &["1", "2147483648"],
                BigInteger,
                json!([1, 2_147_483_648_i64]),
            ),
            (
                &["1", "1.5", ".5", "1e3", "-0.25"],
                Double,
                json!([1.0, 1.5, 0.5, 1000.0, -0.25]),
            ),
            (
                &["2024-02-29", " 1970-01-01T00:00:01.5Z"],
                Date,
                json!([1_709_164_800_000_i64, 1500]),
            ),
            (
                &["2024-02-30", "2024-02-29"],
                Text,
                json!(["2024-02-30", "2024-02-29"]),
            ),
            (
                &["2024-02-29", "20240229"],
                Text,
                json!(["2024-02-29", "20240229"]),
            ),
            (&["01067", "80331"], Text, json!(["01067", "80331"])),
            (&["0", "0.5"], Double, json!([0.0, 0.5])),
            (&["+49", "49"], Text, json!(["+49", "49"])),
            (&["1", "n/a"], Text, json!(["1", "n/a"])),
            (&["NaN", "inf", "1"], Text, json!(["NaN", "inf", "1"])),
            (&["1e999", "1"], Text, json!(["1e999", "1"])),
            (
                &["12345678901234567890", "1"],
                Text,
                json!(["12345678901234567890", "1"]),
            ),
            (&["1,5", "2"], Text, json!(["1,5", "2"])),
            (&["", "  "], Text, json!([null, null])),
            (&[" a "], Text, json!([" a "])),
        ] {
            assert_eq!(
                column(false, values),
                (expected, read.as_array().unwrap().clone()),
                "{values:?}"
            );
        }
    }

    #[test]
    fn takes_a_comma_for_the_decimal_mark_of_a_whole_column_or_not_at_all() {
        assert_eq!(
            column(true, &["1,5", "2"]),
            (FieldType::Double, vec![json!(1.5), json!(2.0)])
        );
        assert_eq!(column(true, &["1.5", "2"]).0, FieldType::Double);
        assert_eq!(column(true, &["1,5", "2.5"]).0, FieldType::String);
        assert_eq!(column(true, &["1.234,5"]).0, FieldType::String);
    }
}
