//! What a job returns.

use super::FeatureCollection;
use super::geojson::Kind;
use super::message::Message;
use crate::DecodeError;
use crate::param::describe;
use serde_json::{Map, Value, json};

/// A value that can be a task's result.
///
/// # Examples
///
/// See [`LayerOutput`].
pub trait FromResult: Sized {
    /// Reads a result; `None` where the service returned an empty value.
    ///
    /// # Errors
    /// When the value has another shape than documented.
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError>;
}

pub(super) fn shape(name: &str, problem: impl Into<String>) -> DecodeError {
    DecodeError::Shape {
        name: name.to_owned(),
        problem: problem.into(),
    }
}

/// The object or list that a text holds: some hosts return JSON as text.
pub(super) fn unpacked(value: Value) -> Value {
    match &value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    }
}

/// Whether a service returned nothing: `""`, `null` or `{}`.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether a text is the URL of a layer rather than any text.
fn is_url(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

impl FromResult for Value {
    fn from_result(_: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        Ok(match value {
            Self::Null => None,
            Self::String(text) if text.is_empty() => None,
            other => Some(other),
        })
    }
}

/// A layer or a table that a job returned.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FromResult, LayerOutput};
/// use serde_json::json;
///
/// let value = json!({ "url": "https://example.com/arcgis/rest/services/Buffers/FeatureServer/0" });
/// assert!(matches!(LayerOutput::from_result("bufferLayer", value)?, Some(LayerOutput::Hosted(_))));
/// assert_eq!(LayerOutput::from_result("bufferLayer", "".into())?, None);
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LayerOutput {
    /// A hosted layer, because the call set an output name.
    Hosted(HostedLayer),
    /// The features themselves.
    Features(Box<FeatureCollection>),
    /// JSON of another shape.
    Other(Value),
}

impl LayerOutput {
    /// The features, where the job returned them.
    #[must_use]
    pub fn features(&self) -> Option<&FeatureCollection> {
        match self {
            Self::Features(collection) => Some(collection),
            Self::Hosted(_) | Self::Other(_) => None,
        }
    }

    /// The features, where the job returned them, without copying them.
    #[must_use]
    pub fn into_features(self) -> Option<FeatureCollection> {
        match self {
            Self::Features(collection) => Some(*collection),
            Self::Hosted(_) | Self::Other(_) => None,
        }
    }

    /// The hosted layer, where the job wrote one.
    #[must_use]
    pub fn hosted(&self) -> Option<&HostedLayer> {
        match self {
            Self::Hosted(layer) => Some(layer),
            Self::Features(_) | Self::Other(_) => None,
        }
    }

    /// The value as a service returns it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Hosted(layer) => layer.to_json(),
            Self::Features(collection) => super::json(collection),
            Self::Other(value) => value.clone(),
        }
    }
}

impl FromResult for LayerOutput {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        let value = unpacked(value);
        if is_nothing(&value) {
            return Ok(None);
        }
        let members = match value {
            Value::Object(members) => members,
            Value::String(url) if is_url(&url) => {
                return Ok(Some(Self::Hosted(HostedLayer {
                    url: Some(url),
                    item_id: None,
                })));
            }
            list @ Value::Array(_) => return Ok(Some(Self::Other(list))),
            other => {
                let problem = format!(
                    "a layer must be features, a hosted layer or nothing, not {}",
                    describe(&other)
                );
                return Err(shape(name, problem));
            }
        };
        if let Some(kind) = Kind::of(None, |name| {
            members.get(name).is_some_and(|member| !member.is_null())
        }) {
            let exceeded = members.get("exceededTransferLimit") == Some(&Value::Bool(true));
            let features = FeatureCollection::from_value(members.into(), kind)
                .map_err(|error| shape(name, error.to_string()))?;
            let set = &features.feature_set;
            if (exceeded || set.exceeded_transfer_limit) && set.features.is_empty() {
                return Err(DecodeError::TransferLimit {
                    name: name.to_owned(),
                });
            }
            return Ok(Some(Self::Features(Box::new(features))));
        }
        let layer = HostedLayer::of(&members);
        Ok(match layer {
            Some(layer) => Some(Self::Hosted(layer)),
            None if members.get("empty") == Some(&Value::Bool(true)) => None,
            None => Some(Self::Other(members.into())),
        })
    }
}

/// A hosted layer. The service names its URL, its item, or both.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::HostedLayer;
///
/// let layer = HostedLayer { url: None, item_id: Some("0123456789abcdef0123456789abcdef".to_owned()) };
/// assert_eq!(layer.to_json().to_string(), r#"{"itemId":"0123456789abcdef0123456789abcdef"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedLayer {
    /// The layer's URL.
    pub url: Option<String>,
    /// The ID of the portal item.
    pub item_id: Option<String>,
}

impl HostedLayer {
    fn of(members: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| {
            let found = members
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            found
                .1
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let layer = Self {
            url: text("url"),
            item_id: text("itemId"),
        };
        (layer.url.is_some() || layer.item_id.is_some()).then_some(layer)
    }

    /// The value as a service returns it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = json!({});
        if let Some(url) = &self.url {
            value["url"] = url.as_str().into();
        }
        if let Some(item_id) = &self.item_id {
            value["itemId"] = item_id.as_str().into();
        }
        value
    }
}

/// Messages about an analysis.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FromResult, ProcessInfo};
/// use serde_json::json;
///
/// let value = json!([r#"{"messageCode": "SS_1", "message": "${n} valid features.", "params": {"n": "12"}}"#]);
/// let info = ProcessInfo::from_result("processInfo", value)?.unwrap_or_default();
/// assert_eq!(info.messages[0].text, "12 valid features.");
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessInfo {
    /// The messages, in order.
    pub messages: Vec<ProcessMessage>,
}

/// One message about an analysis.
///
/// # Examples
///
/// See [`ProcessInfo`].
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessMessage {
    /// The message's code, for example `SS_84428`.
    pub code: Option<String>,
    /// The message in words, its parameters filled in.
    pub text: String,
    /// The parameters that were filled in.
    pub params: Map<String, Value>,
}

impl FromResult for ProcessInfo {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        let value = unpacked(value);
        if is_nothing(&value) {
            return Ok(None);
        }
        let messages = match value {
            Value::Array(messages) => messages,
            message @ (Value::Object(_) | Value::String(_)) => vec![message],
            other => {
                return Err(shape(
                    name,
                    format!("messages must be a list, not {}", describe(&other)),
                ));
            }
        };
        let messages = messages
            .into_iter()
            .filter(|message| !is_nothing(message))
            .map(Message::of);
        let messages =
            messages.map(|Message { code, text, params }| ProcessMessage { code, text, params });
        Ok(Some(Self {
            messages: messages.collect(),
        }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn layer(value: Value) -> Option<LayerOutput> {
        LayerOutput::from_result("out", value).unwrap()
    }

    #[test]
    fn nothing_is_none() {
        for value in [
            json!(""),
            json!(" "),
            json!(null),
            json!({}),
            json!({ "empty": true }),
        ] {
            assert_eq!(layer(value.clone()), None, "{value}");
        }
        assert_eq!(Value::from_result("out", json!("")), Ok(None));
        assert_eq!(Value::from_result("out", json!(null)), Ok(None));
        assert_eq!(Value::from_result("out", json!({})), Ok(Some(json!({}))));
        assert_eq!(ProcessInfo::from_result("out", json!("")), Ok(None));
    }

    #[test]
    fn a_hosted_layer_has_a_url_an_item_or_both() {
        let hosted = |url: Option<&str>, item: Option<&str>| {
            Some(LayerOutput::Hosted(HostedLayer {
                url: url.map(str::to_owned),
                item_id: item.map(str::to_owned),
            }))
        };
        assert_eq!(
            layer(json!({ "url": "u", "itemId": "i", "layerInfo": {} })),
            hosted(Some("u"), Some("i"))
        );
        assert_eq!(
            layer(json!({ "url": "u", "itemId": "" })),
            hosted(Some("u"), None)
        );
        assert_eq!(layer(json!({ "itemID": "i" })), hosted(None, Some("i")));
        assert_eq!(layer(r#"{"url": "u"}"#.into()), hosted(Some("u"), None));
        let json = json!({ "url": "u", "itemId": "i" });
        assert_eq!(layer(json.clone()).unwrap().to_json(), json);
    }

    #[test]
    fn a_layer_is_no_number_no_word_and_no_truth() {
        for (value, what) in [
            (json!(7), "not the number 7"),
            (json!(true), "not the truth value true"),
            (json!("done"), "not the text \"done\""),
        ] {
            let error = LayerOutput::from_result("out", value).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert!(error.to_string().contains("`out`"), "{error}");
        }
        let url = "https://example.com/FeatureServer/0";
        let layer = layer(url.into()).unwrap();
        assert_eq!(layer.hosted().unwrap().url.as_deref(), Some(url));
    }

    #[test]
    fn features_come_in_three_shapes() {
        let set = json!({ "features": [{ "geometry": { "x": 1.0, "y": 2.0 }, "attributes": { "n": 1 } }] });
        let collection = json!({ "layerDefinition": { "geometryType": "esriGeometryPoint" }, "featureSet": set });
        for value in [
            set.clone(),
            json!({ "featureSet": set }),
            collection.clone(),
            collection.to_string().into(),
        ] {
            let output = layer(value).unwrap();
            assert_eq!(output.features().unwrap().features().len(), 1);
            assert_eq!(
                (output.hosted(), output.clone().into_features().as_ref()),
                (None, output.features())
            );
        }
        let empty =
            layer(json!({ "layerDefinition": {}, "featureSet": { "features": [] } })).unwrap();
        assert!(empty.features().unwrap().features().is_empty());
    }

    #[test]
    fn features_that_were_held_back_are_no_empty_result() {
        let limit = DecodeError::TransferLimit {
            name: "out".to_owned(),
        };
        let held_back = json!({ "features": [], "exceededTransferLimit": true });
        for value in [
            held_back.clone(),
            json!({ "layerDefinition": {}, "featureSet": held_back }),
            json!({ "featureSet": { "features": [] }, "exceededTransferLimit": true }),
        ] {
            assert_eq!(LayerOutput::from_result("out", value), Err(limit.clone()));
        }
        let some = json!({ "features": [{}], "exceededTransferLimit": true });
        assert!(
            layer(some)
                .unwrap()
                .features()
                .unwrap()
                .feature_set
                .exceeded_transfer_limit
        );
    }

    #[test]
    fn other_shapes_are_kept() {
        for value in [json!({ "mapImage": { "href": "x" } }), json!([1])] {
            assert_eq!(
                layer(value.clone()),
                Some(LayerOutput::Other(value.clone()))
            );
            assert_eq!(layer(value.clone()).unwrap().to_json(), value);
        }
    }

    #[test]
    fn says_which_feature_cannot_be_read() {
        let error =
            LayerOutput::from_result("out", json!({ "features": [{ "geometry": { "y": 1 } }] }))
                .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result `out` cannot be read: feature 1: a point has `y` but no `x`"
        );
    }

    #[test]
    fn process_info_comes_in_every_wrapping() {
        let message = json!({ "messageCode": "SS_1", "message": "${n} found.", "params": { "n": "2" }, "style": "<b>" });
        let expected = ProcessMessage {
            code: Some("SS_1".to_owned()),
            text: "2 found.".to_owned(),
            params: message["params"].as_object().unwrap().clone(),
        };
        let expected = Ok(Some(ProcessInfo {
            messages: vec![expected],
        }));
        for value in [
            json!([message.to_string()]),
            json!([message]),
            message.clone(),
            json!(message.to_string()),
            json!(json!([message.to_string()]).to_string()),
            json!([message, "", null]),
        ] {
            assert_eq!(ProcessInfo::from_result("info", value), expected);
        }
        let plain = ProcessInfo::from_result("info", json!("done"))
            .unwrap()
            .unwrap();
        assert_eq!(plain.messages[0].text, "done");
        let error = ProcessInfo::from_result("info", json!(7)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result `info` cannot be read: messages must be a list, not the number 7"
        );
    }
}
