//! Which tasks are computed, and the door to them that knows no types.

use crate::{
    Control, EngineError, aggregate_points, create_buffers, dissolve_boundaries, find_hot_spots,
    join_features, overlay_layers, summarize_within,
};
use arcgis_analysis_spatial::aggregate_points::AggregatePoints;
use arcgis_analysis_spatial::create_buffers::CreateBuffers;
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_spatial::find_hot_spots::FindHotSpots;
use arcgis_analysis_spatial::join_features::JoinFeatures;
use arcgis_analysis_spatial::overlay_layers::OverlayLayers;
use arcgis_analysis_spatial::summarize_within::SummarizeWithin;
use arcgis_analysis_types::{FeatureCollection, Task, TaskMeta};
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
}

impl From<FeatureCollection> for Output {
    fn from(features: FeatureCollection) -> Self {
        Self::Features(Box::new(features))
    }
}

type Results = Vec<(&'static str, Output)>;

/// A task that is computed here.
struct Computed {
    meta: &'static TaskMeta,
    support: Support,
    run: fn(Value, &Control) -> Result<Results, EngineError>,
}

const BUFFERS: &str = "Geodesic on the WGS 84 ellipsoid for geographic and Web Mercator data, planar otherwise; \
    outlines keep to the distance within 0.01 percent of it. Their vertices are not those that ArcGIS would set, and \
    distances that are not greater than zero are refused.";
const AGGREGATE: &str = "Counts and statistics are exact. Bins begin elsewhere than ArcGIS's, and for geographic and \
    Web Mercator data lie on an equal-area projection; which value is named among equally frequent ones is not \
    documented by ArcGIS.";
const DISSOLVE: &str = "Borders must meet exactly: ArcGIS also closes gaps of up to a millimetre. Means and standard \
    deviations are not weighted by area.";
const OVERLAY: &str = "Without a tolerance borders meet exactly or not at all; ArcGIS's own tolerance is not documented. \
    Features of one layer that overlap are not cut at each other's borders, and in a union the attributes of the layer that \
    a piece does not lie in are null.";
const WITHIN: &str = "Counts, lengths and areas are exact on the WGS 84 ellipsoid for geographic and Web Mercator data, with \
    edges as they are drawn, and planar otherwise. Means and deviations of lines and polygons are weighted as ArcGIS \
    documents it; sums are not apportioned. Bins begin elsewhere than ArcGIS's.";
const JOIN: &str = "Matches and statistics are exact, distances on the WGS 84 ellipsoid for geographic and Web Mercator data and \
    planar otherwise. Whether ArcGIS regards letter case is not documented; here it matters.";
const HOT_SPOTS: &str = "Gi* and its probabilities are exact where cell size and distance band are given; where they are not, \
    they are chosen as Esri describes, which is not to the last step. Distances are geodesic for geographic and Web \
    Mercator data. esriPopulation needs Esri's data.";
const NOT_YET: &str = "this version of the engine has no implementation of the task";

/// The tasks that are computed here.
static COMPUTED: [Computed; 7] = [
    Computed {
        meta: CreateBuffers::META,
        support: Support::Approximate(BUFFERS),
        run: |params, control| {
            let buffers = create_buffers(&CreateBuffers::from_json(params)?, control)?;
            Ok(vec![("bufferLayer", buffers.into())])
        },
    },
    Computed {
        meta: AggregatePoints::META,
        support: Support::Approximate(AGGREGATE),
        run: |params, control| {
            let aggregated = aggregate_points(&AggregatePoints::from_json(params)?, control)?;
            let groups = aggregated
                .groups
                .map(|groups| ("groupSummary", groups.into()));
            Ok([("aggregatedLayer", aggregated.areas.into())]
                .into_iter()
                .chain(groups)
                .collect())
        },
    },
    Computed {
        meta: DissolveBoundaries::META,
        support: Support::Approximate(DISSOLVE),
        run: |params, control| {
            let dissolved = dissolve_boundaries(&DissolveBoundaries::from_json(params)?, control)?;
            Ok(vec![("dissolvedLayer", dissolved.into())])
        },
    },
    Computed {
        meta: OverlayLayers::META,
        support: Support::Approximate(OVERLAY),
        run: |params, control| {
            let pieces = overlay_layers(&OverlayLayers::from_json(params)?, control)?;
            Ok(vec![("outputLayer", pieces.into())])
        },
    },
    Computed {
        meta: SummarizeWithin::META,
        support: Support::Approximate(WITHIN),
        run: |params, control| {
            let summed = summarize_within(&SummarizeWithin::from_json(params)?, control)?;
            let groups = summed
                .groups
                .map(|groups| ("groupBySummary", groups.into()));
            Ok([("resultLayer", summed.areas.into())]
                .into_iter()
                .chain(groups)
                .collect())
        },
    },
    Computed {
        meta: JoinFeatures::META,
        support: Support::Approximate(JOIN),
        run: |params, control| {
            let joined = join_features(&JoinFeatures::from_json(params)?, control)?;
            Ok(vec![("outputLayer", joined.into())])
        },
    },
    Computed {
        meta: FindHotSpots::META,
        support: Support::Approximate(HOT_SPOTS),
        run: |params, control| {
            let spots = find_hot_spots(&FindHotSpots::from_json(params)?, control)?;
            Ok(vec![
                ("hotSpotsResultLayer", spots.features.into()),
                ("processInfo", Output::ProcessInfo(spots.process_info)),
            ])
        },
    },
];

fn find(meta: &TaskMeta) -> Option<&'static Computed> {
    let service = |computed: &Computed| computed.meta.service.id == meta.service.id;
    COMPUTED
        .iter()
        .find(|computed| computed.meta.name == meta.name && service(computed))
}

/// How faithfully a task is computed here.
#[must_use]
pub fn support(meta: &TaskMeta) -> Support {
    find(meta).map_or(Support::Unavailable(NOT_YET), |computed| computed.support)
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
            reason: NOT_YET.to_owned(),
        }),
    }
}
