//! The values that travel.

mod context;
mod date_time;
mod feature_input;
mod features;
mod geojson;
mod geometry;
mod job;
mod linear_unit;
mod output_name;
mod result;
mod spatial_reference;
mod summary_field;
mod travel_mode;

pub use context::Context;
pub use date_time::DateTime;
pub use feature_input::{FeatureInput, FeatureLayer, ServiceToken};
pub use features::{Attributes, Feature, FeatureCollection, FeatureSet, Field, FieldType, LayerDefinition};
pub use geojson::GeoJsonError;
pub use geometry::{
    Extent, Geometry, GeometryKind, GeometryType, Multipoint, Point, Polygon, Polyline, Position,
};
pub use job::{JobInfo, JobMessage, JobProgress, JobStatus, MessageType};
pub use linear_unit::{LinearUnit, LinearUnits};
pub use output_name::OutputName;
pub use result::{FromResult, HostedLayer, LayerOutput, ProcessInfo, ProcessMessage};
pub use spatial_reference::SpatialReference;
pub use summary_field::{SummaryField, SummaryStatistic};
pub use travel_mode::TravelMode;
