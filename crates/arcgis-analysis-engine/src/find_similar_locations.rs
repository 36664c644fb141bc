//! Find Similar Locations: which places resemble reference places most.
//!
//! # Method
//!
//! The values of each field are standardised: less their mean, over their standard deviation, both those of references and
//! candidates together. References are one profile, the mean of their values. `simindex` of a candidate is the sum of the
//! squares of its differences from that profile, 0 for one that is the same; `simrank` counts from 1 for the most similar,
//! candidates that are equally similar keeping their order. These are the steps that the page "How Similarity Search works"
//! of ArcGIS Pro's tool reference gives for attribute values, and the help of Map Viewer Classic says that several references
//! are averaged and belong to the result.
//!
//! Results have the references first, with 0 for both, then as many candidates as `numberOfResults` asks for; the fields of
//! `searchLayer`, in which references have the values of their fields of the same name or of the same pair; and
//! `SOURCE_ID`, the object ID of the place in its own layer. References of another kind of geometry than the candidates are left
//! out of the result, but not of the analysis. With `inputQuery` the references are the features of `inputLayer` that meet it;
//! where `searchLayer` is the same layer, the others are the candidates.
//!
//! # Known differences from the service
//!
//! - The names `simrank` and `simindex` are those of the desktop tool in small letters; those of the task are not documented.
//! - Which features the service standardises over is not documented for it: that page says over all values, but not whether
//!   their standard deviation is that of a population, as it is here, or of a sample, which would make every index smaller by
//!   the factor (n - 1) / n and change no rank.

use crate::layer::{Layer, SHAPES};
use crate::spots::Log;
use crate::spots::statistic::moments;
use crate::statistics::{Sum, is_numeric, no_such_field};
use crate::table::{Table, drawn, renamed, value};
use crate::tasks::{Computed, Output, Support};
use crate::where_clause::WhereClause;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::find_similar_locations::{FindSimilarLocations, SimilarityCriteria};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryKind, GeometryType, ParameterError,
    ParameterErrorKind, Task,
};
use serde_json::Value;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindSimilarLocations::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let similar = find_similar_locations(&FindSimilarLocations::from_json(params)?, control)?;
        Ok(vec![
            ("similarResultLayer", similar.features.into()),
            ("processInfo", Output::ProcessInfo(similar.process_info)),
        ])
    },
};

const FIDELITY: &str = "Ranks are by the documented sum of squared differences of standardised values; over which features the \
    service standardises is not documented for it.";

const TASK: &str = "FindSimilarLocations";
const SOURCE: &str = "SOURCE_ID";
const RANK: &str = "simrank";
const INDEX: &str = "simindex";

/// What Find Similar Locations gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_similar_locations};
/// use arcgis_analysis_spatial::find_similar_locations::{FindSimilarLocations, SimilarityCriteria};
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// let towns = |incomes: &[i64]| {
///     let features = incomes.iter().map(|income| {
///         let mut town = Feature::new(Point::new(13.0, 52.0), Default::default());
///         town.attributes.insert("income", *income);
///         town
///     });
///     FeatureCollection::new(SpatialReference::WGS84, features.collect())
/// };
/// let task = FindSimilarLocations::new(
///     towns(&[30, 34]),
///     towns(&[20, 31, 50]),
///     SimilarityCriteria::same_fields(["income"]),
/// );
/// let similar = find_similar_locations(&task, &Control::new())?;
/// let features = similar.features.features();
/// assert_eq!((&features[2].attributes["income"], &features[2].attributes["simrank"]), (&31.into(), &1.into()));
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SimilarLocations {
    /// The references and the candidates, ranked: the result `similarResultLayer`.
    pub features: FeatureCollection,
    /// How the analysis went, message by message as the service writes them: the result `processInfo`.
    pub process_info: Vec<Value>,
}

/// A place with all values that are compared.
struct Place {
    index: usize,
    values: Vec<f64>,
}

/// Computes a Find Similar Locations task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or holds no numbers, when the features do not travel
/// with the call or need a change of spatial reference that is not computed here, when there is no reference or are fewer
/// than two candidates, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`SimilarLocations`].
pub fn find_similar_locations(
    task: &FindSimilarLocations,
    control: &Control,
) -> Result<SimilarLocations, EngineError> {
    task.check()?;
    let mut references = Layer::read(&task.input_layer, "inputLayer")?;
    let mut candidates = Layer::read(&task.search_layer, "searchLayer")?;
    let context = references.settled(task.context.as_ref());
    let context = context.as_ref();
    for layer in [&mut references, &mut candidates] {
        layer.expect(&SHAPES)?;
        layer.limit(context)?;
    }
    let query = task.input_query.as_deref().map(str::trim);
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        let clause = WhereClause::parse(query, &references.fields).map_err(|error| {
            let problem = format!("is the clause `{query}`, which cannot be used: {error}");
            refuse("inputQuery", ParameterErrorKind::WrongType, problem)
        })?;
        references
            .features
            .retain(|feature| clause.matches(feature.attributes));
        if task.input_layer == task.search_layer {
            candidates
                .features
                .retain(|feature| !clause.matches(feature.attributes));
        }
    }
    let (param, pairs): (_, Vec<(&str, &str)>) = match &task.criteria {
        SimilarityCriteria::FieldPairs(pairs) => (
            "criteriaFields",
            pairs
                .iter()
                .map(|pair| (pair.reference_field.as_str(), pair.candidate_field.as_str()))
                .collect(),
        ),
        SimilarityCriteria::SameFields(names) => (
            "analysisFields",
            names
                .iter()
                .map(|name| (name.as_str(), name.as_str()))
                .collect(),
        ),
        _ => ("analysisFields", Vec::new()),
    };
    let mut fields = Vec::with_capacity(pairs.len());
    for (reference, candidate) in pairs {
        fields.push((
            numeric(&references, param, reference)?,
            numeric(&candidates, param, candidate)?,
        ));
    }
    if fields.is_empty() {
        let problem = "names no field; give at least one by which places are compared";
        return Err(refuse(param, ParameterErrorKind::Rule, problem));
    }
    let of_references = places(&references, fields.iter().map(|pair| &pair.0), control);
    let of_candidates = places(&candidates, fields.iter().map(|pair| &pair.1), control);
    if of_references.is_empty() {
        let problem = "has no feature with a value in every field, so there is nothing to resemble";
        return Err(EngineError::input("inputLayer", problem));
    }
    if of_candidates.len() < 2 {
        let problem = format!(
            "has {} features with a value in every field; give at least two to choose from",
            of_candidates.len()
        );
        return Err(EngineError::input("searchLayer", problem));
    }
    control.progress(1, 4);

    let mut log = Log::new(control);
    let mut indices: Vec<Sum> = Vec::new();
    indices.resize_with(of_candidates.len(), Sum::default);
    for (at, (_, name)) in fields.iter().enumerate() {
        control.check()?;
        let of = |places: &[Place]| {
            places
                .iter()
                .map(|place| place.values[at])
                .collect::<Vec<_>>()
        };
        let (own, others) = (of(&of_references), of(&of_candidates));
        let (_, deviation) = moments(&[&own[..], &others[..]].concat());
        let profile = moments(&own).0;
        log.say(
            "ENGINE_PROFILE",
            "The reference value of ${field} is ${value}; all values deviate by ${deviation}.",
            &[
                ("field", name.clone()),
                ("value", profile.to_string()),
                ("deviation", deviation.to_string()),
            ],
        );
        if deviation == 0.0 {
            control.warn(&format!(
                "All values of {name} are the same, so that it tells no place from another."
            ));
            continue;
        }
        for (index, value) in indices.iter_mut().zip(others) {
            index.add(((value - profile) / deviation).powi(2));
        }
    }
    let mut ranked: Vec<(&Place, f64)> = of_candidates
        .iter()
        .zip(indices.iter().map(Sum::total))
        .collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let wanted = match usize::try_from(task.number_of_results.unwrap_or(0)) {
        Ok(0) | Err(_) => ranked.len(),
        Ok(wanted) => wanted,
    };
    control.progress(2, 4);

    let out = candidates.out_reference(context)?;
    let mut table = Table::new(&[SOURCE, RANK, INDEX]);
    let carried: Vec<(String, String)> = candidates
        .fields
        .iter()
        .filter(|field| candidates.object_id_field.as_ref() != Some(&field.name))
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    table.add(SOURCE, FieldType::Oid);
    table.add(RANK, FieldType::Integer);
    table.add(INDEX, FieldType::Double);
    // Where a reference has the value of a candidate's field.
    let mirrored: Vec<(String, String)> = carried
        .iter()
        .filter_map(|(name, here)| {
            let pair = fields.iter().find(|pair| pair.1 == *name);
            let own = match pair {
                Some(pair) => pair.0.clone(),
                None => references.field(name)?.name.clone(),
            };
            Some((own, here.clone()))
        })
        .collect();
    let types = [geometry_type(&references), geometry_type(&candidates)];
    if types[0] == types[1] {
        let rows = of_references.iter().map(|place| (place, 0, 0.0));
        write(
            &mut table,
            (&references, &mirrored),
            types[1],
            &out,
            rows,
            control,
        )?;
    } else {
        control.warn("The references have other geometries than the candidates, so the result leaves them out.");
    }
    let rows = ranked.into_iter().take(wanted).enumerate();
    let rows = rows.map(|(rank, (place, index))| (place, rank + 1, index));
    write(
        &mut table,
        (&candidates, &carried),
        types[1],
        &out,
        rows,
        control,
    )?;
    control.progress(1, 1);
    Ok(SimilarLocations {
        features: table.finish_as("similarResultLayer", Some((types[1], &out)))?,
        process_info: log.messages,
    })
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: impl Into<String>) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem.into()).into()
}

fn numeric(layer: &Layer, param: &str, name: &str) -> Result<String, EngineError> {
    let Some(field) = layer.field(name) else {
        let problem = no_such_field(name, layer);
        return Err(refuse(param, ParameterErrorKind::NotAChoice, problem));
    };
    if !is_numeric(field) {
        let problem = format!(
            "names the field `{}` of `{}`, which holds no numbers; give a numeric field",
            field.name, layer.param
        );
        return Err(refuse(param, ParameterErrorKind::WrongType, problem));
    }
    Ok(field.name.clone())
}

/// The features that have a value in every field.
fn places<'a>(
    layer: &Layer,
    fields: impl Iterator<Item = &'a String> + Clone,
    control: &Control,
) -> Vec<Place> {
    let features = layer.features.iter().enumerate();
    let places: Vec<Place> = features
        .filter_map(|(index, feature)| {
            let values = fields
                .clone()
                .map(|field| value(feature.attributes, field).as_f64());
            let values = values.collect::<Option<Vec<f64>>>()?;
            Some(Place { index, values })
        })
        .collect();
    if places.len() < layer.features.len() {
        control.warn(&format!(
            "{} features of {} were left out, as they do not have a value in every field.",
            layer.features.len() - places.len(),
            layer.param
        ));
    }
    places
}

fn geometry_type(layer: &Layer) -> GeometryType {
    let many = |feature: &crate::layer::Record| feature.shape.positions().count() > 1;
    match layer.kind {
        GeometryKind::Polygon => GeometryType::Polygon,
        GeometryKind::Line => GeometryType::Polyline,
        _ if layer.features.iter().any(many) => GeometryType::Multipoint,
        _ => GeometryType::Point,
    }
}

/// Adds places with their ranks and indices.
fn write<'a>(
    table: &mut Table,
    (layer, names): (&Layer, &[(String, String)]),
    geometry_type: GeometryType,
    out: &crate::spatial_reference::Reference,
    rows: impl Iterator<Item = (&'a Place, usize, f64)>,
    control: &Control,
) -> Result<(), EngineError> {
    let to_out = layer.reference.change_to(out, layer.param)?;
    for (place, rank, index) in rows {
        control.check()?;
        let mut row: Attributes = renamed(layer.features[place.index].attributes, names);
        row.insert(SOURCE, layer.object_id(place.index));
        row.insert(RANK, rank);
        row.insert(INDEX, index);
        let shape = &layer.features[place.index].shape;
        table.push(drawn(shape, to_out, geometry_type), row);
    }
    Ok(())
}
