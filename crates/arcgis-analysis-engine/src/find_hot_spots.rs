//! Find Hot Spots: where high or low values cluster.
//!
//! # Method
//!
//! Values are those of `analysisField`, or the numbers of points in polygons or in the cells of a grid; `dividedByField`
//! divides them. Getis and Ord's Gi* compares the sum of the values within the band around each feature, its own
//! included, with what all values let expect; weights are 1. Distances are those between points, or the centroids of
//! polygons and the middles of cells: geodesic on the WGS 84 ellipsoid for geographic and Web Mercator data, planar
//! otherwise. `Gi_Bin` is the confidence after correction for the false discovery rate (Benjamini and Hochberg). The
//! module `statistic` has the formulas, the module `scale` how cell size and band are chosen when they are not given.
//!
//! - Without `analysisField` points are counted. Without a choice of areas the cells are squares; those without a point are
//!   left out, unless `boundingPolygonLayer` says where points could have occurred: then all cells that meet it are
//!   analysed, and points outside of it are not counted. Cells are those of the module `bins`.
//! - `dividedByField` is a field of `analysisLayer`, or of the polygons in which points are counted.
//!
//! Results have `SOURCE_ID`, the object ID of the analysed feature, except for cells; the value that was analysed, under
//! the field's name or as `Join_Count`; and `GiZScore`, `GiPValue`, `Gi_Bin` and `NNeighbors`.
//!
//! # Known differences from the service
//!
//! - Esri describes how it chooses cell size and band, but not to the last step; results with a chosen cell size or band
//!   agree in kind, not in figures. Where ArcGIS begins its cells is not documented.
//! - Esri measures geographic data by chords of a sphere; here distances are geodesics.
//! - ArcGIS refuses fewer than 30 features; here there is a warning. `esriPopulation` needs Esri's data and is refused.

mod count;
mod scale;
mod statistic;

use crate::layer::Layer;
use crate::measure::centroid;
use crate::neighbours::Neighbours;
use crate::overlay::Position;
use crate::prepared::{Prepared, Solid, grid_for};
use crate::proximity::Ground;
use crate::spatial_reference::Reference;
use crate::statistics::{is_numeric, no_such_field};
use crate::table::{Table, geometry, value};
use crate::tasks::{Computed, Output, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_hot_spots::FindHotSpots;
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryKind, GeometryType, ParameterError,
    ParameterErrorKind, Task,
};
use rayon::prelude::*;
use scale::Chosen;
use serde_json::{Value, json};

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
    they are chosen as Esri describes, which is not to the last step. Distances are geodesic for geographic and Web \
    Mercator data. esriPopulation needs Esri's data.";

const TASK: &str = "FindHotSpots";
/// The field that holds the number of points.
const COUNT: &str = "Join_Count";
const SOURCE: &str = "SOURCE_ID";
const FIELDS: [&str; 4] = ["GiZScore", "GiPValue", "Gi_Bin", "NNeighbors"];

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
///     feature.attributes.insert("level".to_owned(), (if i < 30 { i % 3 } else { 20 + i % 3 }).into());
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

/// What is analysed: a value at a place.
struct Spot {
    solid: Solid,
    place: Position,
    value: f64,
    source: Option<Value>,
}

/// What is analysed, where, and under what name.
struct Spots {
    spots: Vec<Spot>,
    reference: Reference,
    field: String,
    field_type: FieldType,
    geometry_type: GeometryType,
}

/// Messages for the job and for `processInfo`.
struct Log<'a> {
    control: &'a Control,
    messages: Vec<Value>,
}

impl Log<'_> {
    /// Says something; `${name}` in the text stands for a parameter.
    fn say(&mut self, text: &str, params: &[(&str, String)]) {
        let filled = params.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        self.control.inform(&filled);
        let params: serde_json::Map<String, Value> = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        self.messages.push(json!(
            json!({"message": text, "params": params}).to_string()
        ));
    }
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
    let context = task.context.as_ref();
    let mut layer = Layer::read(&task.analysis_layer, "analysisLayer")?;
    layer.expect(&[GeometryKind::Point, GeometryKind::Polygon])?;
    layer.limit(context)?;
    let mut log = Log {
        control,
        messages: Vec::new(),
    };
    let analysed = match &task.analysis_field {
        Some(name) => with_values(task, &layer, name, &mut log)?,
        None => count::with_counts(task, layer, &mut log)?,
    };
    control.progress(3, 10);
    let Spots {
        spots,
        reference,
        field,
        field_type,
        geometry_type,
    } = analysed;
    let values: Vec<f64> = spots.iter().map(|spot| spot.value).collect();
    let moments = statistic::moments(&values);
    let same = values.iter().all(|value| *value == values[0]);
    if values.len() < 2 || same {
        let problem = format!(
            "gives {} features to analyse{}; hot spots need values that differ",
            values.len(),
            if values.len() > 1 {
                ", whose values are all the same"
            } else {
                ""
            }
        );
        return Err(EngineError::input("analysisLayer", problem));
    }
    if values.len() < 30 {
        control.warn("Results from fewer than 30 features are not reliable.");
    }
    let [least, most] =
        [f64::min, f64::max].map(|extreme| values.iter().copied().fold(values[0], extreme));
    log.say(
        "${n} features were analysed. Their values reach from ${least} to ${most}, with a mean of ${mean} and a standard deviation of ${deviation}.",
        &[
            ("n", values.len().to_string()),
            ("least", rounded(least)),
            ("most", rounded(most)),
            ("mean", rounded(moments.0)),
            ("deviation", rounded(moments.1)),
        ],
    );

    let neighbours = Neighbours::new(
        Ground::new(reference.coordinates),
        spots.iter().map(|spot| spot.place).collect(),
    );
    let band = match task.distance_band {
        Some(band) => {
            let band = band * metres("distanceBandUnits", task.distance_band_units.as_ref())?;
            log.say(
                "The given distance band is ${band} metres.",
                &[("band", rounded(band))],
            );
            band
        }
        None => {
            let (band, chosen) = scale::band(&neighbours, &values, control)?;
            let text = match chosen {
                Chosen::Peak => {
                    "The distance band is ${band} metres, where clustering is most intense."
                        .to_owned()
                }
                Chosen::Neighbours(count) => {
                    format!(
                        "The distance band is ${{band}} metres, the mean distance of {count} neighbours."
                    )
                }
                Chosen::StandardDistance => {
                    "The distance band is ${band} metres, the standard distance of the features."
                        .to_owned()
                }
            };
            log.say(&text, &[("band", rounded(band))]);
            band
        }
    };
    control.progress(6, 10);
    let scored = (0..spots.len()).into_par_iter().map(|index| {
        control.check()?;
        let near = neighbours.within(index, band);
        Ok((statistic::gi_star(&values, moments, &near), near.len()))
    });
    let scored = scored.collect::<Result<Vec<_>, EngineError>>()?;
    let (scores, counts): (Vec<_>, Vec<_>) = scored.into_iter().unzip();
    let bins = statistic::bins(&scores);
    log.say(
        "${hot} features belong to hot spots and ${cold} to cold spots, by a confidence of at least 90 percent after correction for false discoveries.",
        &[
            ("hot", bins.iter().filter(|bin| **bin > 0).count().to_string()),
            ("cold", bins.iter().filter(|bin| **bin < 0).count().to_string()),
        ],
    );

    let out = match context.and_then(|context| context.out_sr.as_ref()) {
        Some(written) => Reference::read(written, "context")?,
        None => reference.clone(),
    };
    let to_out = reference.change_to(&out, "context")?;
    let has_source = spots.iter().any(|spot| spot.source.is_some());
    let mut table = Table::new(&[]);
    if has_source {
        table.add(SOURCE, FieldType::BigInteger);
    }
    table.add(&field, field_type);
    for (name, field_type) in FIELDS.into_iter().zip([
        FieldType::Double,
        FieldType::Double,
        FieldType::Integer,
        FieldType::Integer,
    ]) {
        table.add(name, field_type);
    }
    for (((mut spot, score), bin), count) in spots.into_iter().zip(scores).zip(bins).zip(counts) {
        spot.solid.change(to_out);
        let mut row = Attributes::new();
        if let Some(source) = spot.source {
            row.insert(SOURCE.to_owned(), source);
        }
        let value = if field == COUNT && spot.value.fract() == 0.0 {
            json!(spot.value as i64)
        } else {
            json!(spot.value)
        };
        row.insert(field.clone(), value);
        let figures = [json!(score.z), json!(score.p), json!(bin), json!(count)];
        row.extend(FIELDS.map(str::to_owned).into_iter().zip(figures));
        table.push(geometry(&spot.solid, geometry_type), row);
    }
    control.progress(1, 1);
    Ok(HotSpots {
        features: table.finish_as("hotSpotsResultLayer", Some((geometry_type, &out))),
        process_info: log.messages,
    })
}

fn rounded(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: impl Into<String>) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem.into()).into()
}

fn metres(param: &str, units: Option<&PatternAnalysisUnits>) -> Result<f64, EngineError> {
    Ok(match units {
        None | Some(PatternAnalysisUnits::Meters) => 1.0,
        Some(PatternAnalysisUnits::Miles) => 1609.344,
        Some(PatternAnalysisUnits::Feet) => 0.3048,
        Some(PatternAnalysisUnits::Kilometers) => 1000.0,
        Some(other) => {
            let problem = format!("names the unit `{other}`, whose length is not known here");
            return Err(refuse(param, ParameterErrorKind::NotAChoice, problem));
        }
    })
}

fn numeric(layer: &Layer, param: &str, name: &str) -> Result<String, EngineError> {
    let Some(field) = layer.field(name) else {
        return Err(refuse(
            param,
            ParameterErrorKind::NotAChoice,
            no_such_field(name, layer),
        ));
    };
    if !is_numeric(field) {
        let problem = format!(
            "names the field `{}`, which holds no numbers; give a numeric field",
            field.name
        );
        return Err(refuse(param, ParameterErrorKind::WrongType, problem));
    }
    Ok(field.name.clone())
}

/// The field to divide by, if there is one; `layer` has it.
fn divisor(task: &FindHotSpots, layer: &Layer) -> Result<Option<String>, EngineError> {
    let Some(name) = &task.divided_by_field else {
        return Ok(None);
    };
    if name.eq_ignore_ascii_case("esriPopulation") {
        let problem =
            "asks for esriPopulation, which only Esri's service knows; give a field of your own";
        return Err(refuse(
            "dividedByField",
            ParameterErrorKind::NotAChoice,
            problem,
        ));
    }
    numeric(layer, "dividedByField", name).map(Some)
}

/// A value, divided if it is to be.
fn quotient(number: Option<f64>, attributes: &Attributes, divisor: Option<&String>) -> Option<f64> {
    let number = number?;
    let quotient = match divisor {
        Some(field) => number / value(attributes, field).as_f64()?,
        None => number,
    };
    quotient.is_finite().then_some(quotient)
}

/// Features with the values of a field.
fn with_values(
    task: &FindHotSpots,
    layer: &Layer,
    name: &str,
    log: &mut Log<'_>,
) -> Result<Spots, EngineError> {
    let field = numeric(layer, "analysisField", name)?;
    let divisor = divisor(task, layer)?;
    let grid = grid_for(&[layer], &layer.reference)?;
    let solids = Prepared::new(layer, &layer.reference, grid, log.control)?.solids;
    let total = solids.len();
    let spots: Vec<Spot> = solids
        .into_iter()
        .enumerate()
        .filter_map(|(index, solid)| {
            let attributes = &layer.features[index].attributes;
            let number = quotient(
                value(attributes, &field).as_f64(),
                attributes,
                divisor.as_ref(),
            )?;
            let place = centre(&solid)?;
            Some(Spot {
                solid,
                place,
                value: number,
                source: Some(layer.object_id(index)),
            })
        })
        .collect();
    left_out(total - spots.len(), log.control);
    let geometry_type = match layer.kind {
        GeometryKind::Polygon => GeometryType::Polygon,
        _ if spots.iter().any(|spot| spot.solid.positions().count() > 1) => {
            GeometryType::Multipoint
        }
        _ => GeometryType::Point,
    };
    Ok(Spots {
        spots,
        reference: layer.reference.clone(),
        field,
        field_type: FieldType::Double,
        geometry_type,
    })
}

fn left_out(count: usize, control: &Control) {
    if count > 0 {
        control.warn(&format!(
            "{count} features were left out: they have no geometry, no value, or nothing to divide it by."
        ));
    }
}

/// Where a geometry is seen: the centroid of an area, the mean of points.
fn centre(solid: &Solid) -> Option<Position> {
    match solid {
        Solid::Points(points) => {
            let count = points.len() as f64;
            Some([0, 1].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / count))
        }
        Solid::Area(region) => centroid(region),
        _ => None,
    }
}
