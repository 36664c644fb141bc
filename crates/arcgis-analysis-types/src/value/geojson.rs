//! GeoJSON in and out.

/// Why a text is not GeoJSON that can be analysed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct GeoJsonError(pub(crate) String);
