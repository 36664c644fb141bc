//! Which tasks are computed, and the door to them that knows no types.

use crate::{Control, DataFile, EngineError};
use arcgis_analysis_types::{FeatureCollection, TaskMeta};
use serde::Serialize;
use serde_json::Value;

/// How faithfully a task is computed here.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Support, support};
/// use arcgis_analysis_spatial::TASKS;
///
/// for entry in TASKS {
///     if let Support::Unavailable(reason) = support(entry.meta) {
///         println!("{}: {reason}", entry.meta.name);
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// By the same definition as the service; only rounding differs.
    Exact,
    /// Nearly so; the text says what differs.
    Approximate(&'static str),
    /// Not at all; the text says what is missing.
    Unavailable(&'static str),
}

/// A result of a task.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::Output;
/// use arcgis_analysis_types::FeatureCollection;
///
/// let output = Output::from(FeatureCollection::default());
/// assert!(matches!(output, Output::Features(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Output {
    /// A layer or a table.
    Features(Box<FeatureCollection>),
    /// Messages about the analysis, as the service writes them.
    ProcessInfo(Vec<Value>),
    /// A file to download.
    File(Box<DataFile>),
}

impl From<FeatureCollection> for Output {
    fn from(features: FeatureCollection) -> Self {
        Self::Features(Box::new(features))
    }
}

impl From<DataFile> for Output {
    fn from(file: DataFile) -> Self {
        Self::File(Box::new(file))
    }
}

/// What a task computed, by result name.
pub(crate) type Results = Vec<(&'static str, Output)>;

/// A task that is computed here.
pub(crate) struct Computed {
    pub(crate) meta: &'static TaskMeta,
    pub(crate) support: Support,
    /// From parameters as one flat JSON object to results by their wire names.
    pub(crate) run: fn(Value, &Control) -> Result<Results, EngineError>,
}

const NOT_YET: &str = "this version of the engine has no implementation of the task";

/// The tasks that are computed here, each defined beside its method.
static COMPUTED: &[Computed] = &[
    crate::aggregate_points::COMPUTED,
    crate::calculate_composite_index::COMPUTED,
    crate::calculate_density::COMPUTED,
    crate::create_buffers::COMPUTED,
    crate::derive_new_locations::COMPUTED,
    crate::dissolve_boundaries::COMPUTED,
    crate::extract_data::COMPUTED,
    crate::field_calculator::COMPUTED,
    crate::find_centroids::COMPUTED,
    crate::find_existing_locations::COMPUTED,
    crate::find_hot_spots::COMPUTED,
    crate::find_nearest::COMPUTED,
    crate::find_outliers::COMPUTED,
    crate::find_point_clusters::COMPUTED,
    crate::generate_tessellations::COMPUTED,
    crate::find_similar_locations::COMPUTED,
    crate::interpolate_points::COMPUTED,
    crate::join_features::COMPUTED,
    crate::merge_layers::COMPUTED,
    crate::overlay_layers::COMPUTED,
    crate::summarize_center_and_dispersion::COMPUTED,
    crate::summarize_nearby::COMPUTED,
    crate::summarize_within::COMPUTED,
];

fn find(meta: &TaskMeta) -> Option<&'static Computed> {
    let service = |computed: &Computed| computed.meta.service.id == meta.service.id;
    COMPUTED
        .iter()
        .find(|computed| computed.meta.name == meta.name && service(computed))
}

/// Why a task is not computed here.
fn missing(meta: &TaskMeta) -> &'static str {
    meta.needs.unwrap_or(NOT_YET)
}

/// How faithfully a task is computed here.
#[must_use]
pub fn support(meta: &TaskMeta) -> Support {
    match find(meta) {
        Some(computed) => computed.support,
        None => Support::Unavailable(missing(meta)),
    }
}

/// Computes a task whose parameters are one flat JSON object with the wire's names.
///
/// Gives the results by their wire names; one that does not apply is left out.
///
/// # Errors
/// When the task is not computed here, when the parameters cannot be read or break a rule, when the features cannot be
/// analysed, and when the analysis was cancelled.
pub fn run(
    meta: &'static TaskMeta,
    params: Value,
    control: &Control,
) -> Result<Results, EngineError> {
    match find(meta) {
        Some(computed) => (computed.run)(params, control),
        None => Err(EngineError::Unavailable {
            task: meta.name.to_owned(),
            reason: missing(meta).to_owned(),
        }),
    }
}
