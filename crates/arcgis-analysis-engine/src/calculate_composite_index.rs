//! Calculate Composite Index: several variables in one number.
//!
//! # Method
//!
//! The steps are those of the page "How Calculate Composite Index works" of ArcGIS Pro's tool reference: variables are scaled, then reversed where
//! that is asked for, then combined by their weights; the index is reversed, then scaled.
//!
//! - `Scaled` values are (x - least) / (greatest - least). `Percentile` values are ranks scaled to run from 0 to 1: the share
//!   of the other features whose value is less. `Raw` values are left as they are.
//! - A reversed value is least + greatest - x of the scaled variable: 1 - x where it runs from 0 to 1.
//! - `mean` is the sum of weight times value over the sum of weights, `geomean` the root of that degree of the product
//!   of values to the power of their weights. `sumFlagsPercentile` sums the weights of the variables whose percentile is
//!   at least 0.9, "greater than or equal to the 90th percentile" as Esri's documentation of its Python client says of the task;
//!   the desktop tool's preset asks for more than 0.9.
//! - The index is reversed like a variable. `outputIndexMinMax` stretches it onto that range.
//!
//! Features that lack one of the values are left out. The result has the input's attributes and, added, `INDEX_`, the name in
//! layers that the task has made, `Index_Raw` (before it is reversed and stretched), `Index_Percentile` (as of variables)
//! and `Index_Rank`, 1 being the highest and equals sharing theirs.
//!
//! # Known differences from the service
//!
//! - Which rank equals share, whether flags count by their weights, how a mean takes its weights, and the names of the added
//!   fields but the index itself are not documented for the task.
//! - ArcGIS adds the scaled variables, charts and a report; these are not made here. What it writes in `processInfo` is not
//!   documented: here the ranges of the variables and of the index.

use crate::layer::Layer;
use crate::refusal::{numeric_field, unknown_word};
use crate::spots::Log;
use crate::table::{Table, drawn, renamed, value};
use crate::tasks::{Computed, Output, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::calculate_composite_index::{CalculateCompositeIndex, IndexMethod};
use arcgis_analysis_types::{
    AttributeValue, FeatureCollection, FieldType, GeometryKind, ParameterError, ParameterErrorKind,
    Task,
};
use serde_json::Value;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: CalculateCompositeIndex::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let task = CalculateCompositeIndex::from_json(params)?;
        let found = calculate_composite_index(&task, control)?;
        Ok(vec![
            ("indexResultLayer", found.features.into()),
            ("processInfo", Output::ProcessInfo(found.process_info)),
        ])
    },
};

const FIDELITY: &str = "By the steps that ArcGIS documents for the task and its desktop tool. Which rank equals share, how a mean \
    and flags take their weights and the names of fields beside the index are not documented; scaled variables are not added.";

const TASK: &str = "CalculateCompositeIndex";
/// A percentile of this or more raises a flag.
const FLAG: f64 = 0.9;

/// How variables are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scaling {
    MinMax,
    Percentile,
    Raw,
}

/// How scaled variables are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combination {
    Mean,
    GeometricMean,
    Flags,
}

/// A variable with its values by feature.
struct Variable {
    field: String,
    weight: f64,
    reverse: bool,
    values: Vec<f64>,
}

/// What Calculate Composite Index gives back.
///
/// # Examples
///
/// See [`calculate_composite_index`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CompositeIndex {
    /// The features with their index: the result `indexResultLayer`.
    pub features: FeatureCollection,
    /// How the analysis went, message by message as the service writes them: the result `processInfo`.
    pub process_info: Vec<Value>,
}

/// Computes a Calculate Composite Index task.
///
/// # Errors
/// When a variable's field is not there, holds no numbers, or has but one value where it must be scaled, when a weight is
/// not greater than zero, when a geometric mean meets a negative value, when the range of the index is not one item with
/// its least value first, when the features do not travel with the call or need a change of spatial reference that is not
/// computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, calculate_composite_index};
/// use arcgis_analysis_spatial::calculate_composite_index::{CalculateCompositeIndex, IndexVariable};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let districts = r#"{"type": "FeatureCollection", "features": [
///     {"type": "Feature", "properties": {"jobless": 4, "income": 30}, "geometry": {"type": "Point", "coordinates": [0, 0]}},
///     {"type": "Feature", "properties": {"jobless": 8, "income": 20}, "geometry": {"type": "Point", "coordinates": [1, 0]}}]}"#;
/// let variables = vec![IndexVariable::new("jobless"), IndexVariable::new("income").reverse_variable(true)];
/// let task = CalculateCompositeIndex::new(FeatureCollection::from_geojson(districts)?, variables);
/// let found = calculate_composite_index(&task, &Control::new())?;
/// assert_eq!(found.features.features()[1].attributes["INDEX_"], 1.0);
/// // A message for each variable, and one for the index.
/// assert_eq!(found.process_info.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn calculate_composite_index(
    task: &CalculateCompositeIndex,
    control: &Control,
) -> Result<CompositeIndex, EngineError> {
    task.check()?;
    control.check()?;
    let mut layer = Layer::read(&task.input_layer, "inputLayer")?;
    if layer.kind != GeometryKind::Table {
        layer.limit(task.context.as_ref())?;
    }
    let out = match layer.kind {
        GeometryKind::Table => layer.reference.clone(),
        _ => layer.out_reference(task.context.as_ref())?,
    };
    let change = layer.reference.change_to(&out, "context")?;
    let range = range(task)?;
    let (scaling, combination) = method(task)?;
    let (taken, variables) = variables(task, &layer, control)?;
    let scaled = variables
        .iter()
        .map(|variable| scale(variable, scaling))
        .collect::<Result<Vec<_>, _>>()?;
    control.check()?;
    let raw = combine(&variables, &scaled, combination)?;
    let mut index = raw.clone();
    if task.output_index_reverse.unwrap_or(false) {
        reverse(&mut index);
    }
    if let Some((least, greatest)) = range {
        stretch(&mut index, least, greatest, control);
    }
    let (percentiles, ranks) = (percentiles(&index), ranks(&index));
    let mut log = Log::new(control);
    for variable in &variables {
        log.range(
            "ENGINE_INDEX_VARIABLE",
            "The values of ${name} reach from ${least} to ${greatest}; it weighs ${weight}.",
            &variable.values,
            &[
                ("name", variable.field.clone()),
                ("weight", variable.weight.to_string()),
            ],
        );
    }
    log.range(
        "ENGINE_INDEX",
        "The index of ${count} features reaches from ${least} to ${greatest}.",
        &index,
        &[("count", index.len().to_string())],
    );

    let added = ["INDEX_", "Index_Raw", "Index_Percentile", "Index_Rank"];
    let mut table = Table::new(&added);
    let names: Vec<_> = layer
        .fields
        .iter()
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    for (name, is_rank) in added.into_iter().zip([false, false, false, true]) {
        table.add(
            name,
            if is_rank {
                FieldType::Integer
            } else {
                FieldType::Double
            },
        );
    }
    let geometry_type = layer.geometry_type();
    for (at, feature) in taken.into_iter().enumerate() {
        let feature = &layer.features[feature];
        let mut row = renamed(feature.attributes, &names);
        let values: [AttributeValue; 4] = [
            index[at].into(),
            raw[at].into(),
            percentiles[at].into(),
            ranks[at].into(),
        ];
        row.extend(added.into_iter().zip(values));
        let geometry = geometry_type.and_then(|wanted| drawn(&feature.shape, change, wanted));
        table.push(geometry, row);
    }
    control.progress(1, 1);
    let shape = geometry_type.map(|geometry_type| (geometry_type, &out));
    Ok(CompositeIndex {
        features: table.finish_as("indexResultLayer", shape)?,
        process_info: log.messages,
    })
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem).into()
}

fn method(task: &CalculateCompositeIndex) -> Result<(Scaling, Combination), EngineError> {
    use Combination::{Flags, GeometricMean, Mean};
    use Scaling::{MinMax, Percentile, Raw};
    Ok(match &task.index_method {
        None | Some(IndexMethod::MeanScaled) => (MinMax, Mean),
        Some(IndexMethod::MeanPercentile) => (Percentile, Mean),
        Some(IndexMethod::MeanRaw) => (Raw, Mean),
        Some(IndexMethod::GeomeanScaled) => (MinMax, GeometricMean),
        Some(IndexMethod::GeomeanPercentile) => (Percentile, GeometricMean),
        Some(IndexMethod::GeomeanRaw) => (Raw, GeometricMean),
        Some(IndexMethod::SumFlagsPercentile) => (Percentile, Flags),
        Some(other) => return Err(unknown_word(TASK, "indexMethod", other)),
    })
}

fn range(task: &CalculateCompositeIndex) -> Result<Option<(f64, f64)>, EngineError> {
    match task.output_index_min_max.as_deref() {
        None | Some([]) => Ok(None),
        Some([range])
            if range.min < range.max && range.min.is_finite() && range.max.is_finite() =>
        {
            Ok(Some((range.min, range.max)))
        }
        Some(_) => Err(refuse(
            "outputIndexMinMax",
            ParameterErrorKind::OutOfRange,
            "must be a list of one range whose min is less than its max".to_owned(),
        )),
    }
}

/// The features that have all values, and the variables with these.
fn variables(
    task: &CalculateCompositeIndex,
    layer: &Layer,
    control: &Control,
) -> Result<(Vec<usize>, Vec<Variable>), EngineError> {
    let mut variables = Vec::new();
    for wanted in &task.input_variables {
        let param = "inputVariables";
        let field = numeric_field(TASK, param, &wanted.field, layer)?;
        let weight = wanted.weight.unwrap_or(1.0);
        if !(weight > 0.0 && weight.is_finite()) {
            let problem = format!(
                "gives `{}` the weight {weight}; give a number greater than 0",
                field.name
            );
            return Err(refuse(param, ParameterErrorKind::OutOfRange, problem));
        }
        variables.push(Variable {
            field: field.name.clone(),
            weight,
            reverse: wanted.reverse_variable.unwrap_or(false),
            values: Vec::with_capacity(layer.features.len()),
        });
    }
    let mut taken = Vec::new();
    for (index, feature) in layer.features.iter().enumerate() {
        let values = variables.iter().map(|variable| {
            value(feature.attributes, &variable.field)
                .as_f64()
                .filter(|number| number.is_finite())
        });
        let Some(values) = values.collect::<Option<Vec<f64>>>() else {
            continue;
        };
        taken.push(index);
        for (variable, number) in variables.iter_mut().zip(values) {
            variable.values.push(number);
        }
    }
    let without = layer.features.len() - taken.len();
    if without > 0 {
        control.warn(&format!(
            "{without} features were left out: they lack a value of a variable."
        ));
    }
    Ok((taken, variables))
}

fn extremes(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::MAX, f64::MIN), |(least, most), x| {
            (least.min(*x), most.max(*x))
        })
}

fn reverse(values: &mut [f64]) {
    let (least, greatest) = extremes(values);
    values.iter_mut().for_each(|x| *x = least + greatest - *x);
}

fn scale(variable: &Variable, scaling: Scaling) -> Result<Vec<f64>, EngineError> {
    let (least, greatest) = extremes(&variable.values);
    if scaling != Scaling::Raw && least == greatest {
        let problem = format!(
            "names the field `{}`, which has but the one value {least} and cannot be scaled; leave it out, or use a \
             method of raw values",
            variable.field
        );
        return Err(refuse(
            "inputVariables",
            ParameterErrorKind::OutOfRange,
            problem,
        ));
    }
    let mut values = match scaling {
        Scaling::Raw => variable.values.clone(),
        Scaling::Percentile => percentiles(&variable.values),
        // Halves do not overflow where the values themselves nearly do.
        Scaling::MinMax => variable
            .values
            .iter()
            .map(|x| (x / 2.0 - least / 2.0) / (greatest / 2.0 - least / 2.0))
            .collect(),
    };
    if variable.reverse {
        match scaling {
            Scaling::Raw => reverse(&mut values),
            // Equals share the lower percentile, so that the greatest may be below 1.
            _ => values.iter_mut().for_each(|x| *x = 1.0 - *x),
        }
    }
    Ok(values)
}

/// The share of the others that are less; of a single value 0.
fn percentiles(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let others = (values.len().max(2) - 1) as f64;
    let less = |x: &f64| sorted.partition_point(|other| other < x) as f64;
    values.iter().map(|x| less(x) / others).collect()
}

/// How many are greater, and one.
fn ranks(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let greater = |x: &f64| values.len() - sorted.partition_point(|other| other <= x);
    values.iter().map(|x| greater(x) + 1).collect()
}

fn combine(
    variables: &[Variable],
    scaled: &[Vec<f64>],
    combination: Combination,
) -> Result<Vec<f64>, EngineError> {
    let weights: f64 = variables.iter().map(|variable| variable.weight).sum();
    let count = scaled.first().map_or(0, Vec::len);
    if combination == Combination::GeometricMean {
        for (variable, values) in variables.iter().zip(scaled) {
            if values.iter().any(|x| *x < 0.0) {
                let problem = format!(
                    "names the field `{}`, which has negative values, and a geometric mean takes none; use another \
                     method",
                    variable.field
                );
                return Err(refuse(
                    "inputVariables",
                    ParameterErrorKind::OutOfRange,
                    problem,
                ));
            }
        }
    }
    let at = |feature: usize| {
        let pairs = variables
            .iter()
            .zip(scaled)
            .map(|(variable, values)| (variable.weight, values[feature]));
        match combination {
            Combination::Mean => pairs.map(|(weight, x)| weight / weights * x).sum(),
            // The logarithm of 0 is minus infinity, and its power 0.
            Combination::GeometricMean => libm::exp(
                pairs
                    .map(|(weight, x)| weight / weights * libm::log(x))
                    .sum(),
            ),
            Combination::Flags => pairs
                .filter(|(_, x)| *x >= FLAG)
                .map(|(weight, _)| weight)
                .sum(),
        }
    };
    Ok((0..count).map(at).collect())
}

fn stretch(index: &mut [f64], least: f64, greatest: f64, control: &Control) {
    let (from, to) = extremes(index);
    if from == to {
        control.warn(
            "The index is the same everywhere and cannot be stretched onto the range; it is its least value.",
        );
    }
    for x in index {
        let part = if from == to {
            0.0
        } else {
            (*x - from) / (to - from)
        };
        *x = least + part * (greatest - least);
    }
}
