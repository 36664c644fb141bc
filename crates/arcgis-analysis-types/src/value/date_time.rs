//! An instant.

use crate::param::{expected, whole};
use crate::{Facts, Param, ParameterErrorKind, Problem};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

/// An instant, in milliseconds since 1970-01-01T00:00:00 UTC on the wire.
///
/// From JSON and from text it is also read in ISO 8601; without a zone, the time is UTC. What is finer than a
/// millisecond is dropped.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{DateTime, Param};
///
/// let departure: DateTime = "2024-05-01T08:30:00+02:00".parse()?;
/// assert_eq!(departure.to_string(), "2024-05-01T06:30:00Z");
/// assert_eq!(departure.to_json(), 1_714_545_000_000_i64);
/// # Ok::<(), arcgis_analysis_types::Problem>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// Milliseconds since 1970-01-01T00:00:00 UTC.
    pub epoch_millis: i64,
}

impl DateTime {
    /// The instant so many milliseconds after 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn from_epoch_millis(epoch_millis: i64) -> Self {
        Self { epoch_millis }
    }

    fn timestamp(self) -> Result<Timestamp, Problem> {
        Timestamp::from_millisecond(self.epoch_millis).map_err(|_| {
            let text = format!(
                "lies outside the years -9999 to 9999: {} ms since 1970",
                self.epoch_millis
            );
            Problem::new(ParameterErrorKind::OutOfRange, text)
        })
    }
}

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        // Rounds towards the past, so that no instant moves past a midnight it did not reach.
        Self {
            epoch_millis: timestamp.as_nanosecond().div_euclid(1_000_000) as i64,
        }
    }
}

impl From<SystemTime> for DateTime {
    /// Saturates at the ends of what milliseconds can count.
    fn from(time: SystemTime) -> Self {
        let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        let epoch_millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        };
        Self { epoch_millis }
    }
}

impl FromStr for DateTime {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let zoned = text.parse::<Timestamp>();
        let timestamp = zoned.or_else(|_| {
            // Without a zone; a bare date is its midnight.
            text.parse::<civil::DateTime>()
                .and_then(|civil| TimeZone::UTC.to_timestamp(civil))
        });
        timestamp
            .map(Self::from)
            .map_err(|_| expected(SHAPE, &text.into()))
    }
}

const SHAPE: &str = "a date such as \"2024-05-01T08:30:00Z\" or milliseconds since 1970";

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.timestamp() {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{} ms since 1970", self.epoch_millis),
        }
    }
}

impl Param for DateTime {
    fn to_json(&self) -> Value {
        self.epoch_millis.into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        match &value {
            Value::String(text) => text.parse(),
            Value::Number(_) => whole(&value)
                .map(Self::from_epoch_millis)
                .ok_or_else(|| expected(SHAPE, &value)),
            _ => Err(expected(SHAPE, &value)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts::number(self.epoch_millis as f64)
    }

    fn validate(&self) -> Result<(), Problem> {
        self.timestamp().map(|_| ())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    /// 2024-02-29T12:34:56Z, as `date -u -d 2024-02-29T12:34:56Z +%s` of GNU coreutils has it.
    const LEAP_DAY: i64 = 1_709_210_096_000;

    #[test]
    fn reads_every_form() {
        for value in [
            json!(LEAP_DAY),
            json!(LEAP_DAY as f64),
            json!("2024-02-29T12:34:56Z"),
            json!("2024-02-29T12:34:56"),
            json!("2024-02-29 12:34:56"),
            json!(" 2024-02-29T14:34:56+02:00 "),
            json!("2024-02-29T12:34:56.0009Z"),
        ] {
            assert_eq!(
                DateTime::from_json(value.clone()),
                Ok(DateTime::from_epoch_millis(LEAP_DAY)),
                "{value}"
            );
        }
        assert_eq!(
            DateTime::from_json(json!("1970-01-02")),
            Ok(DateTime::from_epoch_millis(86_400_000))
        );
        // The last millisecond before the epoch, in which its instant lies.
        assert_eq!(
            "1969-12-31T23:59:59.9995Z".parse(),
            Ok(DateTime::from_epoch_millis(-1))
        );
    }

    #[test]
    fn shows_itself_in_iso_8601() {
        assert_eq!(
            DateTime::from_epoch_millis(LEAP_DAY).to_string(),
            "2024-02-29T12:34:56Z"
        );
        assert_eq!(
            DateTime::from_epoch_millis(1).to_string(),
            "1970-01-01T00:00:00.001Z"
        );
        assert_eq!(
            DateTime::from_epoch_millis(i64::MAX).to_string(),
            "9223372036854775807 ms since 1970"
        );
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for (value, what) in [
            (json!("2024-02-30"), "the text \"2024-02-30\""),
            (json!("noon"), "the text \"noon\""),
            (json!(1.5), "the number 1.5"),
            (json!({}), "an object"),
        ] {
            let problem = DateTime::from_json(value).unwrap_err();
            assert_eq!(
                problem.to_string(),
                format!(
                    "must be a date such as \"2024-05-01T08:30:00Z\" or milliseconds since 1970, not {what}"
                )
            );
        }
        assert_eq!(
            DateTime::from_epoch_millis(i64::MIN)
                .validate()
                .unwrap_err()
                .to_string(),
            "lies outside the years -9999 to 9999: -9223372036854775808 ms since 1970"
        );
    }

    #[test]
    fn takes_the_system_clock() {
        let after = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1500);
        assert_eq!(DateTime::from(after), DateTime::from_epoch_millis(1500));
        let before = SystemTime::UNIX_EPOCH - std::time::Duration::from_millis(1500);
        assert_eq!(DateTime::from(before), DateTime::from_epoch_millis(-1500));
    }
}
