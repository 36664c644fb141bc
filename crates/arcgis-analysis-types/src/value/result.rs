//! What a job returns.

use super::FeatureCollection;
use super::geojson::Kind;
use super::message::Message;
use crate::DecodeError;
use crate::param::describe;
use serde_json::{Map, Value, json};

/// A value that can be a task's result.
pub trait FromResult: Sized {
    /// Reads a result; `None` where the service returned an empty value.
    ///
    /// # Errors
    /// When the value has another shape than documented.
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError>;
}

fn shape(name: &str, problem: impl Into<String>) -> DecodeError {
    DecodeError::Shape {
        name: name.to_owned(),
        problem: problem.into(),
    }
}

/// The object or list that a text holds: some hosts return JSON as text.
fn unpacked(value: Value) -> Value {
    match &value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    }
}

/// Whether a service returned nothing: `""`, `null` or `{}`.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
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
            other => return Ok(Some(Self::Other(other))),
        };
        if let Some(kind) = Kind::of(None, |name| {
            members.get(name).is_some_and(|member| !member.is_null())
        }) {
            let features = FeatureCollection::from_value(members.into(), kind)
                .map_err(|error| shape(name, error.to_string()))?;
            let set = &features.feature_set;
            if set.exceeded_transfer_limit && set.features.is_empty() {
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
