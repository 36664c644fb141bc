//! Values as the typed parameters write them: `20` of a double is `20.0`.

use crate::ir;
use crate::spec::ParameterType;
use serde_json::{Map, Value};

/// A value of a type that has no objects.
pub(super) fn value(ty: ParameterType, value: &Value) -> Value {
    match ty {
        ParameterType::Number => double(value),
        ParameterType::NumberList => match value {
            Value::Array(items) => items.iter().map(double).collect(),
            other => other.clone(),
        },
        _ => value.clone(),
    }
}

/// A value of any type.
pub(super) fn typed(ty: &ir::Type, value: &Value, task: &ir::Task) -> Value {
    match (ty, value) {
        (ir::Type::Number, value) => double(value),
        (ir::Type::NumberList, Value::Array(items)) => items.iter().map(double).collect(),
        (
            ir::Type::LinearUnit | ir::Type::Value("Distance" | "ArealUnit" | "TimeUnit"),
            Value::Object(unit),
        ) => {
            let member = |(key, value): (&String, &Value)| match key.as_str() {
                "distance" | "area" | "duration" => (key.clone(), double(value)),
                _ => (key.clone(), value.clone()),
            };
            Value::Object(unit.iter().map(member).collect())
        }
        (ir::Type::Value("FeatureSetInput"), Value::Object(set)) => {
            let member = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("features", Value::Array(features)) => {
                    (key.clone(), features.iter().map(feature).collect())
                }
                _ => (key.clone(), value.clone()),
            };
            Value::Object(set.iter().map(member).collect())
        }
        (ir::Type::Value("RasterContext" | "GeoAnalyticsContext"), Value::Object(context)) => {
            let known = CONTEXT.iter().filter_map(|key| context.get_key_value(*key));
            let others = context
                .iter()
                .filter(|(key, _)| !CONTEXT.contains(&key.as_str()));
            let member = |(key, value): (&String, &Value)| match key.as_str() {
                "extent" | "cellSize" => (key.clone(), measures(value)),
                _ => (key.clone(), value.clone()),
            };
            Value::Object(known.chain(others).map(member).collect())
        }
        (ir::Type::Value("Extent"), extent) => measures(extent),
        (ir::Type::ObjectList(name), Value::Array(items)) => items
            .iter()
            .map(|item| typed(&ir::Type::Object(name.clone()), item, task))
            .collect(),
        (ir::Type::Object(name), Value::Object(given)) => {
            let members = task.object(name).into_iter().flat_map(|o| &o.members);
            let member =
                |m: &ir::Param| Some((m.wire.clone(), typed(&m.ty, given.get(&m.wire)?, task)));
            Value::Object(members.filter_map(member).collect())
        }
        (_, value) => value.clone(),
    }
}

/// A feature as it is written: its geometry first, with doubles for coordinates.
fn feature(feature: &Value) -> Value {
    let mut written = Map::new();
    if let Some(Value::Object(geometry)) = feature.get("geometry") {
        let member = |(key, value): (&String, &Value)| match key.as_str() {
            "spatialReference" => (key.clone(), value.clone()),
            _ => (key.clone(), doubles(value)),
        };
        written.insert("geometry".to_owned(), geometry.iter().map(member).collect());
    }
    if let Some(attributes) = feature.get("attributes") {
        written.insert("attributes".to_owned(), attributes.clone());
    }
    Value::Object(written)
}

/// The members of a context in the order in which they are written.
const CONTEXT: &[&str] = &[
    "extent",
    "outSR",
    "processSR",
    "snapRaster",
    "mask",
    "cellSize",
    "resamplingMethod",
    "parallelProcessingFactor",
    "processorType",
    "dataStore",
    "defaultAggregationStyles",
];

/// A number, or the numbers of an envelope or a distance, as doubles; spatial references stay as they are.
fn measures(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), double(value)))
            .collect(),
        other => double(other),
    }
}

fn doubles(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(doubles).collect(),
        other => double(other),
    }
}

fn double(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), Value::from)
}

/// A parameter as a form's field: a list with a separator is joined.
pub(super) fn encoded(param: &ir::Param, value: &Value) -> String {
    match (param.separator, value) {
        (Some(separator), Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(text).collect();
            items.join(&separator.to_string())
        }
        _ => text(value),
    }
}

/// A value as a form's field.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
