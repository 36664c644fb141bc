//! How to travel.

use crate::param::expected;
use crate::{Facts, Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value};

/// How to travel: as the crow flies, or by a travel mode of the portal's routing services.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, TravelMode};
/// use serde_json::json;
///
/// assert_eq!(TravelMode::StraightLine.to_json(), "StraightLine");
/// let walking = TravelMode::from_json(json!({ "name": "Walking Time", "impedanceAttributeName": "WalkTime" }))?;
/// assert_eq!(walking.name(), Some("Walking Time"));
/// # Ok::<(), arcgis_analysis_types::Problem>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TravelMode {
    /// As the crow flies.
    StraightLine,
    /// A travel mode of the portal's routing services, as they describe it.
    Mode(Map<String, Value>),
}

const STRAIGHT_LINE: &str = "StraightLine";

impl TravelMode {
    /// The name of the travel mode, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::StraightLine => Some(STRAIGHT_LINE),
            Self::Mode(mode) => mode.get("name").and_then(Value::as_str),
        }
    }
}

impl From<Map<String, Value>> for TravelMode {
    fn from(mode: Map<String, Value>) -> Self {
        Self::Mode(mode)
    }
}

impl Param for TravelMode {
    fn to_json(&self) -> Value {
        match self {
            Self::StraightLine => STRAIGHT_LINE.into(),
            Self::Mode(mode) => mode.clone().into(),
        }
    }

    /// Reads also the text of an object, which is how the routing utilities hand travel modes out.
    fn from_json(value: Value) -> Result<Self, Problem> {
        let shape = "\"StraightLine\" or a travel mode object of the portal's routing services";
        match value {
            Value::Object(mode) => Ok(Self::Mode(mode)),
            Value::String(text) if text.trim().eq_ignore_ascii_case(STRAIGHT_LINE) => {
                Ok(Self::StraightLine)
            }
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(mode)) => Ok(Self::Mode(mode)),
                _ => Err(expected(shape, &Value::String(text))),
            },
            other => Err(expected(shape, &other)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        // A nameless mode is still known not to be a straight line.
        Facts::text(self.name().unwrap_or_default())
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Mode(mode) if mode.is_empty() => Err(Problem::new(
                ParameterErrorKind::WrongType,
                "is an empty object; give a travel mode as the portal's routing services describe it",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Scalar;
    use serde_json::json;

    #[test]
    fn reads_words_objects_and_their_text() {
        assert_eq!(
            TravelMode::from_json(json!(" straightline ")),
            Ok(TravelMode::StraightLine)
        );
        let json =
            json!({ "name": "Walking", "type": "WALK", "impedanceAttributeName": "WalkTime" });
        let mode = TravelMode::from_json(json.clone()).unwrap();
        assert_eq!(mode, TravelMode::from(json.as_object().unwrap().clone()));
        assert_eq!(
            TravelMode::from_json(json.to_string().into()),
            Ok(mode.clone())
        );
        assert_eq!(mode.to_json(), json);
        assert_eq!(mode.facts().scalar, Some(Scalar::Text("Walking")));
    }

    #[test]
    fn refuses_what_is_no_travel_mode() {
        let shape = "\"StraightLine\" or a travel mode object of the portal's routing services";
        for (value, what) in [
            (json!("Driving"), "the text \"Driving\""),
            (json!("[1]"), "the text \"[1]\""),
            (json!(1), "the number 1"),
        ] {
            let problem = TravelMode::from_json(value).unwrap_err();
            assert_eq!(problem.to_string(), format!("must be {shape}, not {what}"));
        }
        assert_eq!(
            TravelMode::Mode(Map::new())
                .validate()
                .unwrap_err()
                .to_string(),
            "is an empty object; give a travel mode as the portal's routing services describe it"
        );
    }
}
