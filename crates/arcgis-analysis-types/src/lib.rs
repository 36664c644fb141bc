//! The wire vocabulary of the ArcGIS analysis services.
//!
//! This crate knows what travels: parameters, features, geometries, job states and results, and how each is
//! spelled in ArcGIS's JSON. It does no I/O. Tasks themselves are generated into the service crates, and
//! `arcgis-analysis-core` carries them to a portal.
//!
//! - [`FeatureInput`] is what a task takes as features, [`LayerOutput`] what a job returns; [`FeatureCollection`] holds
//!   features themselves, and reads and writes Esri JSON and GeoJSON.
//! - [`Task`] checks and encodes parameters by what [`meta`] knows of them, and [`TaskResults`] decodes results.
//! - [`ParameterError`] says in one sentence why a call was refused before anything was sent, [`DecodeError`] why a result
//!   could not be read.
//! - [`JobInfo`] is a job as the server describes it.
//!
//! # Examples
//!
//! ```
//! use arcgis_analysis_types::{FeatureCollection, FeatureInput, Param};
//!
//! let cities = FeatureCollection::from_geojson(
//!     r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [7.6, 95]}, "properties": {"NAME": "Basel"}}"#,
//! )?;
//! let problem = FeatureInput::from(cities).validate().unwrap_err();
//! assert_eq!(
//!     problem.to_string(),
//!     "has a problem in feature 1: the latitude 95 is out of range; is it swapped with the longitude?"
//! );
//! # Ok::<(), arcgis_analysis_types::GeoJsonError>(())
//! ```

mod check;
mod choice;
mod error;
mod form;
pub mod meta;
mod param;
mod task;
mod value;

pub use choice::{Choice, UnknownChoice};
pub use error::{DecodeError, ParameterError, ParameterErrorKind, Problem};
pub use form::Form;
pub use meta::TaskMeta;
#[doc(hidden)]
pub use param::{__choice_from_json, __choice_validate};
pub use param::{Facts, Object, Param, Reader, Scalar, Visitor};
pub use task::{Outputs, Task, TaskEntry, TaskResults};
pub use value::*;

/// Re-exported for generated code and for callers who build JSON values.
pub use serde_json;
