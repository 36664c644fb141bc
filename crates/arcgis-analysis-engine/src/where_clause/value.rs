//! Values: of constants, attributes and results.

use super::node::Kind;
use arcgis_analysis_types::{AttributeValue, AttributeView, DateTime};
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use std::cmp::Ordering;

pub(super) const DAY: i64 = 86_400_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Truth(bool),
    Integer(i64),
    /// Finite.
    Float(f64),
    Text(String),
    /// Milliseconds since 1970 at the day's midnight.
    Day(i64),
    /// Milliseconds since 1970.
    Instant(i64),
    /// Whole months, then milliseconds.
    Span(i64, i64),
}

impl Scalar {
    /// A number; null if it is none or endless.
    pub(super) fn float(number: f64) -> Self {
        if number.is_finite() {
            Self::Float(number)
        } else {
            Self::Null
        }
    }

    pub(super) fn truth(truth: Option<bool>) -> Self {
        truth.map_or(Self::Null, Self::Truth)
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Truth(_) => Kind::Truth,
            Self::Integer(_) => Kind::Integer,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Day(_) => Kind::Day,
            Self::Instant(_) => Kind::Instant,
            Self::Span(..) => Kind::Span,
        }
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// A number without its fraction.
    pub(super) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Float(number) => whole(*number),
            _ => None,
        }
    }

    pub(super) fn millis(&self) -> Option<i64> {
        match self {
            Self::Day(millis) | Self::Instant(millis) => Some(*millis),
            _ => None,
        }
    }

    /// The value of a field's attribute.
    pub(super) fn of_attribute(value: Option<&AttributeValue>, kind: Kind) -> Self {
        let Some(value) = value else {
            return Self::Null;
        };
        match (kind, value.view()) {
            (_, AttributeView::Null) => Self::Null,
            (Kind::Integer, AttributeView::Integer(whole)) => Self::Integer(whole),
            (Kind::Integer | Kind::Float, AttributeView::Text(text)) => number_of(text),
            (Kind::Integer | Kind::Float, _) => value.as_f64().map_or(Self::Null, Self::float),
            (Kind::Day | Kind::Instant, AttributeView::Text(text)) => {
                date_of(text).unwrap_or(Self::Null)
            }
            (Kind::Day | Kind::Instant, _) => {
                let millis = value.as_i64().or_else(|| whole(value.as_f64()?));
                millis.map_or(Self::Null, Self::Instant)
            }
            (Kind::Text, AttributeView::Text(text)) => Self::Text(text.to_owned()),
            (Kind::Text, _) => Self::Text(value.to_string()),
            _ => Self::Null,
        }
        .at(kind)
    }

    /// An instant as its day, or a day as its midnight, where that is what is asked for.
    pub(super) fn at(self, kind: Kind) -> Self {
        match (self, kind) {
            (Self::Instant(millis), Kind::Day) => Self::Day(millis.div_euclid(DAY) * DAY),
            (Self::Day(millis), Kind::Instant) => Self::Instant(millis),
            (Self::Integer(number), Kind::Float) => Self::Float(number as f64),
            (other, _) => other,
        }
    }

    /// Compares values of one kind, or numbers; null with nothing.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Truth(a), Self::Truth(b)) => Some(a.cmp(b)),
            _ => match (self.millis(), other.millis()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => self.as_f64()?.partial_cmp(&other.as_f64()?),
            },
        }
    }

    pub(super) fn to_attribute(&self) -> AttributeValue {
        match self {
            Self::Null | Self::Span(..) => AttributeValue::NULL,
            Self::Truth(truth) => (*truth).into(),
            Self::Integer(number) | Self::Day(number) | Self::Instant(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.into(),
        }
    }

    /// As it is written: numbers as short as they can be, dates as in clauses.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Integer(number) => Some(number.to_string()),
            Self::Float(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Day(millis) => Some(civil(*millis)?.date().to_string()),
            Self::Instant(millis) => {
                Some(civil(*millis)?.strftime("%Y-%m-%d %H:%M:%S").to_string())
            }
            _ => None,
        }
    }
}

fn whole(number: f64) -> Option<i64> {
    let whole = number.trunc();
    (whole.abs() < 9.2e18).then_some(whole as i64)
}

/// The number that a text is, or null.
pub(super) fn number_of(text: &str) -> Scalar {
    let text = text.trim();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<i64>() {
        Ok(number) => Scalar::Integer(number),
        Err(_) if plain => text.parse::<f64>().map_or(Scalar::Null, Scalar::float),
        Err(_) => Scalar::Null,
    }
}

/// The day or instant that a text is: `2024-05-01`, `2024-05-01 08:30:00`, or ISO 8601 with a zone.
pub(super) fn date_of(text: &str) -> Option<Scalar> {
    let text = text.trim();
    let is_day = !text.contains(':');
    // A bare hour would be read as a time.
    if is_day && text.contains(['T', 't', ' ']) {
        return None;
    }
    let millis = text.parse::<DateTime>().ok()?.epoch_millis;
    Some(if is_day {
        Scalar::Day(millis)
    } else {
        Scalar::Instant(millis)
    })
}

/// The calendar's date and time of an instant, in UTC.
pub(super) fn civil(millis: i64) -> Option<civil::DateTime> {
    let timestamp = Timestamp::from_millisecond(millis).ok()?;
    Some(TimeZone::UTC.to_datetime(timestamp))
}

/// An instant some months on: on the same day of the month, or the last one if there is no such day.
pub(super) fn months_on(millis: i64, months: i64) -> Option<i64> {
    let span = Span::new().try_months(months).ok()?;
    let moved = civil(millis)?.checked_add(span).ok()?;
    let timestamp = TimeZone::UTC.to_timestamp(moved).ok()?;
    Some(timestamp.as_millisecond())
}
