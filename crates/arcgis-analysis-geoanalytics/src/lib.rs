//! Typed tasks of the ArcGIS GeoAnalytics service.
//!
//! Each task is a struct with its required parameters in `new` and a setter for every other; what a call may not
//! combine does not compile, and [`Task::check`](arcgis_analysis_types::Task::check) finds the rest before anything
//! is sent. Tasks know nothing of transport: `arcgis-analysis` runs them.
//!
//! Everything here is generated from `task-specs/geoanalytics` by `cargo xtask codegen`.

#[rustfmt::skip]
mod generated;

pub use generated::*;
