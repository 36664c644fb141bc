//! The execution context.

use super::{Extent, SpatialReference};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The execution context of a call.
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
