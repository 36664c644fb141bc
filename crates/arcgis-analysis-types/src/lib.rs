//! The wire vocabulary of the ArcGIS analysis services.
//!
//! This crate knows what travels: parameters, features, geometries, job states and results, and how each is
//! spelled in ArcGIS's JSON. It does no I/O. Tasks themselves are generated into the service crates, and
//! `arcgis-analysis-core` carries them to a portal.

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
