//! Find Hot Spots: where high or low values cluster.
//!
//! # Method
//!
//! Values are those of `analysisField`, or the numbers of points in polygons or in the cells of a grid; `dividedByField`
//! divides them. Getis and Ord's Gi* compares the sum of the values within the band around each feature, its own
//! included, with what all values let expect; weights are 1. Distances are those between points, or the centroids of
//! polygons and the middles of cells. They are straight: in the plane of projected data, and through the Earth's ellipsoid
//! for geographic and Web Mercator data, the chordal distances that the page "Optimized Hot Spot Analysis" of ArcGIS Pro's
//! tool reference and the page "Find Hot Spots (Map Viewer)" of ArcGIS Online's help name. `Gi_Bin` is the confidence of 99,
//! 95 or 90 percent, 3, 2 or 1, with the sign of the score, after correction for the false discovery rate (Benjamini and
//! Hochberg), which the page "How Optimized Hot Spot Analysis works" says is always made; `GiPValue` is not corrected. The
//! module `spots::statistic` has the formulas, `spots::scale` how cell size and band are chosen when they are not given.
//!
//! - Without `analysisField` points are counted. Without a choice of areas the cells are squares; those without a point are
//!   left out, unless `boundingPolygonLayer` says where points could have occurred: then all cells that meet it are
//!   analysed, and points outside of it are not counted. Cells are those of the module `bins`.
//! - `dividedByField` is a field of `analysisLayer`, or of the polygons in which points are counted.
//!
//! Results have `SOURCE_ID`, the object ID of the analysed feature, an integer as in layers that the task has made,
//! except for cells; the value that was analysed, under the field's name or as the integer `Join_Count`, as the page "Find Hot
//! Spots" of the ArcGIS REST API has it; and `GiZScore`, `GiPValue`, `Gi_Bin` and `NNeighbors`. Each message of `processInfo`
//! has the four parts of that page, `messageCode`, `message`, `params` and `style`. The one code that it gives, `SS_84464` with
//! `NumNeighs` and `DistanceInfo`, tells of a band by the distances of neighbours; the others are this engine's own.
//!
//! # Known differences from the service
//!
//! - Esri describes how it chooses cell size and band, but not at which distances it looks for a peak, nor how it weighs
//!   features there; results with a chosen band agree in kind, not in figures. Where ArcGIS begins its cells is not documented.
//! - The desktop tool refuses fewer than 30 features or cells, and fewer than 60 points that are to be counted in cells
//!   without bounds; the page of the ArcGIS REST API says that results of fewer than 30 are not reliable, and so does a
//!   warning here. `esriPopulation` needs Esri's data and is refused.

use crate::spots::statistic::{Score, gi_star, levels};
use crate::spots::{Areas, Log, Request, scene, shape};
use crate::statistics::Sum;
use crate::tasks::{Computed, Output, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::find_hot_spots::{FindHotSpots, PointAggregation};
use arcgis_analysis_types::{Choice, FeatureCollection, FieldType, Task};
use rayon::prelude::*;
use serde_json::Value;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindHotSpots::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let spots = find_hot_spots(&FindHotSpots::from_json(params)?, control)?;
        Ok(vec![
            ("hotSpotsResultLayer", spots.features.into()),
            ("processInfo", Output::ProcessInfo(spots.process_info)),
        ])
    },
};

const FIDELITY: &str = "Gi* and its probabilities are exact where cell size and distance band are given; where they are not, \
    they are chosen as Esri describes, which for the band is not to the last step. Distances are straight through the Earth for \
    geographic and Web Mercator data. esriPopulation needs Esri's data.";

const TASK: &str = "FindHotSpots";
const FIELDS: [(&str, FieldType); 4] = [
    ("GiZScore", FieldType::Double),
    ("GiPValue", FieldType::Double),
    ("Gi_Bin", FieldType::Integer),
    ("NNeighbors", FieldType::Integer),
];

/// What Find Hot Spots gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_hot_spots};
/// use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
/// use arcgis_analysis_spatial::find_hot_spots::FindHotSpots;
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// // A row of 40 measurements a kilometre apart, high in the east.
/// let features = (0..40).map(|i| {
///     let mut feature = Feature::new(Point::new(f64::from(i) * 1000.0, 0.0), Default::default());
///     feature.attributes.insert("level", if i < 30 { i % 3 } else { 20 + i % 3 });
///     feature
/// });
/// let layer = FeatureCollection::new(SpatialReference::wkid(32633), features.collect());
/// let task = FindHotSpots::new(layer)
///     .analysis_field("level")
///     .distance_band(2.0)
///     .distance_band_units(PatternAnalysisUnits::Kilometers);
/// let spots = find_hot_spots(&task, &Control::new())?;
/// assert_eq!(spots.features.feature_set.features[37].attributes["Gi_Bin"], 3);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HotSpots {
    /// The features with their scores: the result `hotSpotsResultLayer`.
    pub features: FeatureCollection,
    /// How the analysis went, message by message as the service writes them: the result `processInfo`.
    pub process_info: Vec<Value>,
}

/// Computes a Find Hot Spots task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or does not fit, when the features do not travel
/// with the call, have other geometries or need a change of spatial reference that is not computed here, when all values
/// are the same, when there would be more than a million cells, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`HotSpots`].
pub fn find_hot_spots(task: &FindHotSpots, control: &Control) -> Result<HotSpots, EngineError> {
    task.check()?;
    let areas = match &task.aggregation {
        Some(PointAggregation::Polygons(input)) => Areas::Polygons(input),
        Some(PointAggregation::Grid {
            shape_type,
            cell_size,
            cell_size_units,
        }) => Areas::Cells {
            shape: shape(TASK, Some(shape_type.as_str()))?,
            size: *cell_size,
            units: cell_size_units.as_ref(),
        },
        _ => Areas::Cells {
            shape: shape(TASK, None)?,
            size: None,
            units: None,
        },
    };
    let request = Request {
        task: TASK,
        layer: &task.analysis_layer,
        field: task.analysis_field.as_deref(),
        divided_by: task.divided_by_field.as_deref(),
        bounds: task.bounding_polygon_layer.as_ref(),
        areas,
        band: task.distance_band,
        band_units: task.distance_band_units.as_ref(),
        context: task.context.as_ref(),
    };
    let mut log = Log::new(control);
    let scene = scene(&request, &mut log)?;
    control.progress(6, 10);
    let (mean, deviation) = scene.moments;
    let deviations: Vec<f64> = scene.values.iter().map(|value| value - mean).collect();
    let sums = scene.neighbours.sums(&deviations, scene.band, control)?;
    let score = |(near, sum): &(usize, Sum)| gi_star(sums.len(), deviation, *near, sum.total());
    let scores: Vec<Score> = sums.par_iter().map(score).collect();
    let bins = levels(&scores);
    log.say(
        "ENGINE_HOT_SPOTS",
        "${hot} features belong to hot spots and ${cold} to cold spots, by a confidence of at least 90 percent after correction for false discoveries.",
        &[
            ("hot", bins.iter().filter(|bin| **bin > 0).count().to_string()),
            ("cold", bins.iter().filter(|bin| **bin < 0).count().to_string()),
        ],
    );

    let found = |index: usize| {
        let (score, (near, _)) = (scores[index], sums[index]);
        [
            score.z.into(),
            score.p.into(),
            bins[index].into(),
            near.into(),
        ]
    };
    let features = scene.finish("hotSpotsResultLayer", request.context, &FIELDS, found)?;
    control.progress(1, 1);
    Ok(HotSpots {
        features,
        process_info: log.messages,
    })
}
