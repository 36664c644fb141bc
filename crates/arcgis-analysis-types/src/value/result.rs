//! What a job returns.

use super::FeatureCollection;
use crate::DecodeError;
use serde_json::Value;

/// A value that can be a task's result.
pub trait FromResult: Sized {
    /// Reads a result; `None` where the service returned an empty value.
    ///
    /// # Errors
    /// When the value has another shape than documented.
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError>;
}

/// A layer or a table that a job returned.
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

/// A hosted layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedLayer {
    /// The layer's URL.
    pub url: Option<String>,
    /// The ID of the portal item.
    pub item_id: Option<String>,
}

/// Messages about an analysis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessInfo {
    /// The messages, in order.
    pub messages: Vec<ProcessMessage>,
}

/// One message about an analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessMessage {
    /// The message's code, for example `SS_84428`.
    pub code: Option<String>,
    /// The message in words, its parameters filled in.
    pub text: String,
    /// The parameters that were filled in.
    pub params: serde_json::Map<String, Value>,
}
