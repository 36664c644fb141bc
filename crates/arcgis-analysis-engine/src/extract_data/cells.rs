//! Values as texts.

use arcgis_analysis_types::{AttributeValue, AttributeView, Field, FieldType};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// A value as text; nothing where it is null.
pub(super) fn text(value: &AttributeValue, field: &Field) -> Option<String> {
    match value.view() {
        AttributeView::Null => None,
        AttributeView::Text(text) => Some(text.to_owned()),
        AttributeView::Integer(millis) if field.field_type == FieldType::Date => {
            let instant = Timestamp::from_millisecond(millis).ok();
            Some(instant.map_or_else(|| value.to_string(), |instant| instant.to_string()))
        }
        _ => Some(value.to_string()),
    }
}

/// The day of an instant in UTC, and whether it is told in full by it.
pub(super) fn day(millis: i64) -> Option<(civil::Date, bool)> {
    let instant = Timestamp::from_millisecond(millis).ok()?;
    let moment = TimeZone::UTC.to_datetime(instant);
    Some((moment.date(), moment.time() == civil::Time::midnight()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn values_are_told_as_they_are() {
        let told = |value: Value, field_type| text(&value.into(), &Field::new("f", field_type));
        assert_eq!(told(Value::Null, FieldType::String), None);
        assert_eq!(
            told(json!("a\n\"b\""), FieldType::String).as_deref(),
            Some("a\n\"b\"")
        );
        assert_eq!(told(json!(0.1), FieldType::Double).as_deref(), Some("0.1"));
        // date -u -d @1706702400.5 +%FT%T.%3N
        let instant = json!(1_706_702_400_500_i64);
        assert_eq!(
            told(instant.clone(), FieldType::Date).as_deref(),
            Some("2024-01-31T12:00:00.5Z")
        );
        assert_eq!(
            told(instant, FieldType::BigInteger).as_deref(),
            Some("1706702400500")
        );
        assert_eq!(
            told(json!(-1), FieldType::Date).as_deref(),
            Some("1969-12-31T23:59:59.999Z")
        );
    }
}
