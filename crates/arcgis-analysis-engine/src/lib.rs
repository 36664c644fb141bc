//! Spatial analyses computed on this machine: typed parameters in, feature collections out.
//!
//! The engine computes tasks of the ArcGIS spatial analysis service that need none of Esri's data. It does no I/O:
//! features travel with the call, and results come back as feature collections. [`support`] tells which tasks it
//! computes and how faithfully; [`run`] takes parameters as JSON, and each task has a typed door, such as
//! [`create_buffers`].
//!
//! ```
//! use arcgis_analysis_engine::{Control, Support, run, support};
//! use arcgis_analysis_spatial::create_buffers::CreateBuffers;
//! use arcgis_analysis_types::{Task, serde_json::json};
//!
//! assert!(matches!(support(CreateBuffers::META), Support::Approximate(_)));
//! let params = json!({
//!     "inputLayer": {
//!         "layerDefinition": {"geometryType": "esriGeometryPoint"},
//!         "featureSet": {
//!             "spatialReference": {"wkid": 4326},
//!             "features": [{"geometry": {"x": 13.4, "y": 52.5}, "attributes": {}}]
//!         }
//!     },
//!     "distances": [5],
//!     "units": "Kilometers"
//! });
//! let results = run(CreateBuffers::META, params, &Control::new())?;
//! assert_eq!(results[0].0, "bufferLayer");
//! # Ok::<(), arcgis_analysis_engine::EngineError>(())
//! ```
//!
//! The same input gives the same result, whatever the number of processors.

mod aggregate_points;
mod bins;
mod bounds;
mod buffer;
mod calculate_composite_index;
mod calculate_density;
mod chart;
mod classes;
mod contours;
mod control;
mod cover;
mod create_buffers;
mod derive_new_locations;
mod dissolve_boundaries;
mod error;
mod extract_data;
mod field_calculator;
mod field_types;
mod file;
mod find_centroids;
mod find_existing_locations;
mod find_hot_spots;
mod find_nearest;
mod find_outliers;
mod find_point_clusters;
mod find_similar_locations;
mod frame;
mod generate_tessellations;
mod geodesic;
mod group;
mod grouped;
mod interpolate_points;
mod join_features;
mod layer;
mod located;
mod locations;
mod measure;
mod merge_layers;
mod neighbours;
mod overlay;
mod overlay_layers;
mod point_in_polygon;
mod prepared;
mod project;
mod proximity;
mod refusal;
mod relate;
mod seam;
mod shapefiles;
mod spatial_reference;
mod spots;
mod statistics;
mod summarize_center_and_dispersion;
mod summarize_nearby;
mod summarize_within;
mod table;
mod tasks;
mod tree;
mod units;
mod where_clause;

pub use aggregate_points::{AggregatedPoints, aggregate_points};
pub use calculate_composite_index::{CompositeIndex, calculate_composite_index};
pub use calculate_density::calculate_density;
pub use control::{Control, Severity};
pub use create_buffers::create_buffers;
pub use derive_new_locations::derive_new_locations;
pub use dissolve_boundaries::dissolve_boundaries;
pub use error::EngineError;
pub use extract_data::extract_data;
pub use field_calculator::field_calculator;
pub use file::DataFile;
pub use find_centroids::find_centroids;
pub use find_existing_locations::find_existing_locations;
pub use find_hot_spots::{HotSpots, find_hot_spots};
pub use find_nearest::{Nearest, find_nearest};
pub use find_outliers::{Outliers, find_outliers};
pub use find_point_clusters::find_point_clusters;
pub use find_similar_locations::{SimilarLocations, find_similar_locations};
pub use generate_tessellations::generate_tessellations;
pub use interpolate_points::{InterpolatedPoints, interpolate_points};
pub use join_features::join_features;
pub use located::{LocatedFeatures, ReferenceChange, SpatialRelation};
pub use merge_layers::merge_layers;
pub use overlay_layers::overlay_layers;
pub use project::project;
pub use shapefiles::{ShapefileError, read_shapefiles};
pub use summarize_center_and_dispersion::{CenterAndDispersion, summarize_center_and_dispersion};
pub use summarize_nearby::{SummarizedNearby, summarize_nearby};
pub use summarize_within::{SummarizedWithin, summarize_within};
pub use tasks::{Output, Support, run, support};
pub use where_clause::{ClauseError, Expression, WhereClause};
