//! The execution context.

use super::{Extent, SpatialReference};
use crate::param::expected;
use crate::{Param, ParameterErrorKind, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The execution context of a call: what part of the data is used, and in which spatial reference results come.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Context, Param, SpatialReference};
///
/// let context = Context { out_sr: Some(SpatialReference::WGS84), ..Context::default() };
/// assert_eq!(context.to_json().to_string(), r#"{"outSR":{"wkid":4326}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// Only features that intersect this rectangle are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<Extent>,
    /// The spatial reference of the results.
    #[serde(default, rename = "outSR", skip_serializing_if = "Option::is_none")]
    pub out_sr: Option<SpatialReference>,
    /// The spatial reference in which the analysis is computed.
    #[serde(default, rename = "processSR", skip_serializing_if = "Option::is_none")]
    pub process_sr: Option<SpatialReference>,
    /// Every other property, as the service takes it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Param for Context {
    fn to_json(&self) -> Value {
        super::json(self)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        if !value.is_object() {
            return Err(expected(
                "an object such as {\"outSR\": {\"wkid\": 4326}}",
                &value,
            ));
        }
        serde_json::from_value(value).map_err(|error| {
            Problem::new(
                ParameterErrorKind::WrongType,
                format!("cannot be read: {error}"),
            )
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        match &self.extent {
            Some(extent) => extent.validate(),
            None => Ok(()),
        }
    }
}
