//! Find Outliers: where values are like those around them, and where they are not.
//!
//! # Method
//!
//! What is analysed, and how far neighbourhoods reach, is found as for Find Hot Spots. Anselin's local Moran's I multiplies
//! the deviation of a feature's value from the mean with the mean deviation of its neighbours, which do not include the
//! feature itself, over the variance of the other values. Neighbours are those within the band; their weights are the same
//! and sum up to 1. `LMiZScore` is by expectation and variance under randomisation.
//!
//! `LMiPValue` comes from conditional permutations, 199, 499 or 999 by `permutations`, and 499 where that is not given: the
//! feature keeps its value, its neighbours are drawn from all others, and the probability is the share of draws that are at
//! least as high or at least as low as what is observed, whichever is less, the observation counted in: with 199, 499 and
//! 999 permutations it is a multiple of the 0.005, 0.002 and 0.001 that Esri's documentation of its Python client names. Draws
//! begin with the number of the property `randomGenerator` of `context`, such as "13 MERSENNE_TWISTER" there, or with 0, so that
//! the same call gives the same result. `COType` is HH, LL, HL or LH at 95 percent confidence after correction for the false
//! discovery rate (Benjamini and Hochberg), and empty elsewhere, which the service's layers show as not significant.
//!
//! Results have `SOURCE_ID`, the object ID of the analysed feature, except for cells; the value that was analysed, under
//! the field's name or as `Join_Count`; and `LMiIndex`, `LMiZScore`, `LMiPValue`, `COType` and `NNeighbors`.
//!
//! # Known differences from the service
//!
//! - What is said of cell size, band and distances in Find Hot Spots holds here as well.
//! - Permutations are random: the service's probabilities differ by the noise of its own draws. The numbers come from another
//!   generator than Mersenne Twister here, so that one seed gives other draws than there. What number of permutations the
//!   service assumes is not documented for it; 499 is that of the desktop tool Optimized Outlier Analysis.
//! - ArcGIS refuses fewer than 30 features; here there is a warning. `esriPopulation` needs Esri's data and is refused.

mod local_moran;

use crate::refusal::unknown_word;
use crate::spots::statistic::discoveries;
use crate::spots::{Areas, Log, Request, scene, shape};
use crate::tasks::{Computed, Output, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::find_outliers::{FindOutliers, Permutations};
use arcgis_analysis_types::{
    Choice, Context, FeatureCollection, FieldType, ParameterError, ParameterErrorKind, Task,
};
use local_moran::{Deviations, Local};
use rayon::prelude::*;
use serde_json::Value;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindOutliers::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let outliers = find_outliers(&FindOutliers::from_json(params)?, control)?;
        Ok(vec![
            ("outliersResultLayer", outliers.features.into()),
            ("processInfo", Output::ProcessInfo(outliers.process_info)),
        ])
    },
};

const FIDELITY: &str = "Local Moran's I is exact where cell size and distance band are given; where they are not, they are \
    chosen as Esri describes, which for the band is not to the last step. Probabilities come from random permutations with a \
    fixed seed and agree with the service's up to their noise. esriPopulation needs Esri's data.";

const TASK: &str = "FindOutliers";
const FIELDS: [(&str, FieldType); 5] = [
    ("LMiIndex", FieldType::Double),
    ("LMiZScore", FieldType::Double),
    ("LMiPValue", FieldType::Double),
    ("COType", FieldType::String),
    ("NNeighbors", FieldType::Integer),
];
/// The property of the context that names a generator of random numbers and its seed.
const GENERATOR: &str = "randomGenerator";
/// The rate of false discoveries: 95 percent confidence.
const RATE: f64 = 0.05;

/// What Find Outliers gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_outliers};
/// use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
/// use arcgis_analysis_spatial::find_outliers::{FindOutliers, Permutations};
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// // A row of 60 measurements a kilometre apart, high in the east but for one.
/// let features = (0..60).map(|i| {
///     let mut feature = Feature::new(Point::new(f64::from(i) * 1000.0, 0.0), Default::default());
///     let level = if i < 40 || i == 50 { i % 3 } else { 20 + i % 3 };
///     feature.attributes.insert("level", level);
///     feature
/// });
/// let layer = FeatureCollection::new(SpatialReference::wkid(32633), features.collect());
/// let task = FindOutliers::new(layer)
///     .analysis_field("level")
///     .distance_band(4.0)
///     .distance_band_units(PatternAnalysisUnits::Kilometers)
///     .permutations(Permutations::Precision);
/// let outliers = find_outliers(&task, &Control::new())?;
/// let types = |i: usize| &outliers.features.feature_set.features[i].attributes["COType"];
/// assert_eq!([types(50), types(55)], ["LH", "HH"]);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outliers {
    /// The features with their scores: the result `outliersResultLayer`.
    pub features: FeatureCollection,
    /// How the analysis went, message by message as the service writes them: the result `processInfo`.
    pub process_info: Vec<Value>,
}

/// Computes a Find Outliers task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or does not fit, when `randomGenerator` of the context
/// begins with no whole number, when the features do not travel with the call, have other geometries or need a change of spatial reference that is not computed here, when all values
/// are the same, when there would be more than a million cells, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`Outliers`].
pub fn find_outliers(task: &FindOutliers, control: &Control) -> Result<Outliers, EngineError> {
    task.check()?;
    let permutations = match &task.permutations {
        Some(Permutations::Speed) => 199,
        None | Some(Permutations::Balance) => 499,
        Some(Permutations::Precision) => 999,
        Some(other) => return Err(unknown_word(TASK, "permutations", other)),
    };
    let areas = match &task.aggregation_polygon_layer {
        Some(input) => Areas::Polygons(input),
        None => Areas::Cells {
            shape: shape(TASK, task.shape_type.as_ref().map(Choice::as_str))?,
            size: task.cell_size,
            units: task.cell_size_units.as_ref(),
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
    control.progress(5, 10);
    let deviations = Deviations::new(&scene.values, scene.moments.0);
    let locals = (0..scene.values.len()).into_par_iter().map(|index| {
        control.check()?;
        let mut near = scene.neighbours.within(index, scene.band);
        near.retain(|other| *other != index);
        Ok(deviations.local(index, &near))
    });
    let locals = locals.collect::<Result<Vec<Local>, EngineError>>()?;
    let alone = locals.iter().filter(|local| local.neighbours == 0).count();
    if alone > 0 {
        control.warn(&format!(
            "{alone} features have no neighbours within the distance band, so they are neither clusters nor outliers."
        ));
    }
    control.progress(7, 10);
    let draws = (permutations, seed(task.context.as_ref())?);
    let probabilities = deviations.probabilities(&locals, draws, control)?;
    let limit = discoveries(probabilities.iter().copied(), RATE);
    let types: Vec<&str> = locals
        .iter()
        .zip(&probabilities)
        .enumerate()
        .map(|(index, (local, p))| {
            let significant = limit.is_some_and(|limit| *p <= limit);
            match (significant, deviations.of(index) > 0.0, local.index > 0.0) {
                (false, ..) => "",
                (true, true, true) => "HH",
                (true, false, true) => "LL",
                (true, true, false) => "HL",
                (true, false, false) => "LH",
            }
        })
        .collect();
    let count = |kinds: [&str; 2]| {
        let found = types.iter().filter(|found| kinds.contains(*found));
        found.count().to_string()
    };
    log.say(
        "ENGINE_OUTLIERS",
        "${clusters} features belong to clusters and ${outliers} are outliers, by ${permutations} permutations and a confidence of 95 percent after correction for false discoveries.",
        &[
            ("clusters", count(["HH", "LL"])),
            ("outliers", count(["HL", "LH"])),
            ("permutations", permutations.to_string()),
        ],
    );
    let found = |index: usize| {
        let local = &locals[index];
        [
            local.index.into(),
            local.z.into(),
            probabilities[index].into(),
            types[index].into(),
            local.neighbours.into(),
        ]
    };
    let features = scene.finish("outliersResultLayer", request.context, &FIELDS, found)?;
    control.progress(1, 1);
    Ok(Outliers {
        features,
        process_info: log.messages,
    })
}

/// The number that random draws begin with: that of `randomGenerator`, for example "13 MERSENNE_TWISTER".
fn seed(context: Option<&Context>) -> Result<u64, EngineError> {
    let given = context.and_then(|context| context.other.get(GENERATOR));
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(0);
    };
    let text = given
        .as_str()
        .map_or_else(|| given.to_string(), str::to_owned);
    let number = text.split_whitespace().next().map(str::parse);
    number.and_then(Result::ok).ok_or_else(|| {
        let problem = format!(
            "has `{GENERATOR}` {given}, which begins with no whole number; give a seed such as \"13 MERSENNE_TWISTER\""
        );
        ParameterError::new(ParameterErrorKind::WrongType, TASK, ["context"], problem).into()
    })
}
