//! How to travel.

use serde_json::{Map, Value};

/// How to travel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TravelMode {
    /// As the crow flies.
    StraightLine,
    /// A travel mode of the portal's routing services, as they describe it.
    Mode(Map<String, Value>),
}
