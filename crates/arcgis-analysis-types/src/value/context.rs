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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_and_writes_every_member() {
        let json = json!({
            "extent": { "xmin": 5.5, "ymin": 45.5, "xmax": 10.5, "ymax": 48.0, "spatialReference": { "wkid": 4326 } },
            "outSR": { "wkid": 2056 },
            "processSR": { "wkid": 102100, "latestWkid": 3857 },
            "cellSize": 5,
        });
        let context = Context::from_json(json.clone()).unwrap();
        assert_eq!(context.out_sr, Some(SpatialReference::wkid(2056)));
        assert_eq!(context.other["cellSize"], 5);
        assert_eq!(context.to_json(), json);
    }

    #[test]
    fn takes_a_bare_id_for_a_spatial_reference() {
        let context = Context::from_json(json!({ "outSR": 4326, "processSR": null })).unwrap();
        assert_eq!(
            context,
            Context {
                out_sr: Some(SpatialReference::WGS84),
                ..Context::default()
            }
        );
    }

    #[test]
    fn refuses_what_cannot_be_read() {
        let said = |json: Value| Context::from_json(json).unwrap_err().to_string();
        assert_eq!(
            said(json!("4326")),
            "must be an object such as {\"outSR\": {\"wkid\": 4326}}, not the text \"4326\""
        );
        assert_eq!(
            said(json!({ "extent": { "xmin": 1 } })),
            "cannot be read: missing field `ymin`"
        );
        let extent = |xmin: f64, xmax: f64| Context {
            extent: Some(Extent {
                xmin,
                ymin: 0.0,
                xmax,
                ymax: 1.0,
                spatial_reference: None,
            }),
            ..Context::default()
        };
        extent(1.0, 1.0).validate().unwrap();
        assert_eq!(
            extent(2.0, 1.0).validate().unwrap_err().to_string(),
            "has an `extent` whose least x or y is greater than its greatest; swap them"
        );
        assert_eq!(
            extent(f64::NAN, 1.0).validate().unwrap_err().to_string(),
            "has an `extent` with a number that is not finite"
        );
    }
}
