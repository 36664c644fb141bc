//! The values that travel.

mod attribute_value;
mod attributes;
mod context;
mod date_time;
mod distance;
mod feature_input;
mod features;
mod features_json;
mod geographic_ids;
mod geojson;
mod geometry;
mod geometry_json;
mod gp_input;
mod infer;
mod job;
mod linear_unit;
mod location_expressions;
mod message;
mod object;
mod output;
mod output_item;
mod output_name;
mod raster;
mod raster_context;
mod result;
mod rings;
mod spatial_reference;
mod summary_field;
mod travel_mode;
mod validate;

pub use attribute_value::{AttributeValue, AttributeView};
pub use attributes::Attributes;
pub use context::Context;
pub use date_time::DateTime;
pub use distance::{ArealUnit, Distance, LengthUnits, TimeUnit};
pub use feature_input::{FeatureInput, FeatureLayer, ServiceToken};
pub use features::{Feature, FeatureCollection, FeatureSet, Field, FieldType, LayerDefinition};
pub use geojson::GeoJsonError;
pub use geometry::{
    Extent, Geometry, GeometryKind, GeometryType, Multipoint, Point, Polygon, Polyline, Position,
};
pub use gp_input::{DataFile, FeatureSetInput, ValueTable};
pub use job::{JobInfo, JobMessage, JobProgress, JobStatus, MessageType};
pub use linear_unit::{LinearUnit, LinearUnits};
pub use location_expressions::{
    LocationExpression, LocationExpressions, LocationOperator, LocationRelation,
};
#[doc(hidden)]
pub use output::__object_from_result;
pub use output::{FileOutput, ItemOutput, RasterOutput};
pub use output_item::{DatasetName, ItemOutputName, RasterOutputName};
pub use output_name::OutputName;
pub use raster::{ImageCollectionInput, RasterInput, RasterOrFeatureInput, RasterSource};
pub use raster_context::{CellSize, GeoAnalyticsContext, RasterContext};
pub use result::{FromResult, HostedLayer, LayerOutput, ProcessInfo, ProcessMessage};
pub use rings::PolygonPart;
pub use spatial_reference::SpatialReference;
pub use summary_field::{SummaryField, SummaryStatistic};
pub use travel_mode::TravelMode;

/// The JSON of a value whose serialisation cannot fail: it has no map with keys other than text.
pub(crate) fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}
