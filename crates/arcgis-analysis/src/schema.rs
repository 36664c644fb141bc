//! JSON Schemas of tasks' parameters, made at run time from the tasks' descriptions.

mod rule;
mod value;

use crate::types::meta::{Confidence, Execution, ResultMeta, TaskMeta};
use crate::{params, words};
use serde_json::{Map, Value, json};

/// The JSON Schema (2020-12) of a task's parameters as one flat JSON object with the wire's names.
///
/// It states types, choices, ranges, defaults, exclusive groups and every rule that JSON Schema can express, in the
/// spelling of the wire: the task itself also takes choices in another letter case. What depends on the data, such
/// as the geometry of a layer, only the task's check and the service can decide. `x-arcgis` holds what JSON Schema
/// has no word for: the task's service, its results, credits and rules in words.
///
/// # Examples
///
/// ```
/// let task = arcgis_analysis::find_task("CreateBuffers", None)?;
/// let schema = arcgis_analysis::schema(task.meta);
/// assert_eq!(schema["required"], serde_json::json!(["inputLayer"]));
/// assert_eq!(schema["properties"]["distances"]["items"]["type"], "number");
/// assert_eq!(schema["x-arcgis"]["service"], "spatial-analysis");
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn schema(meta: &TaskMeta) -> Value {
    let mut schema = object([
        (
            "$schema",
            json!("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title", json!(meta.name)),
        ("description", json!(description(meta))),
    ]);
    let mut shared = value::Shared::default();
    schema.extend(value::members(meta.params, &grouped(meta), &mut shared));
    let mut demands: Vec<_> = meta
        .groups
        .iter()
        .map(|group| rule::group(meta, group))
        .collect();
    demands.extend(meta.rules.iter().filter_map(|rule| rule::rule(meta, rule)));
    if !demands.is_empty() {
        schema.insert("allOf".to_owned(), demands.into());
    }
    let examples: Vec<Value> = meta
        .examples
        .iter()
        .filter_map(|example| serde_json::from_str(example.params).ok())
        .collect();
    if !examples.is_empty() {
        schema.insert("examples".to_owned(), examples.into());
    }
    if let Some(definitions) = shared.definitions() {
        schema.insert("$defs".to_owned(), definitions);
    }
    schema.insert("x-arcgis".to_owned(), about(meta));
    Value::Object(schema)
}

/// The parameters that belong to a group, and so are never required by themselves.
fn grouped(meta: &TaskMeta) -> Vec<&'static str> {
    let variants = meta.groups.iter().flat_map(|group| group.variants);
    variants
        .flat_map(|variant| variant.params.iter().copied())
        .collect()
}

fn description(meta: &TaskMeta) -> String {
    let paragraphs = std::iter::once(&meta.summary).chain(meta.description);
    paragraphs.copied().collect::<Vec<_>>().join("\n\n")
}

/// What JSON Schema has no word for.
fn about(meta: &TaskMeta) -> Value {
    let rules = meta
        .groups
        .iter()
        .map(words::group)
        .chain(meta.rules.iter().map(words::rule));
    let flags = meta
        .params
        .iter()
        .map(|p| (p.name.to_owned(), format!("--{}", params::flag(p)).into()));
    let mut about = object([
        ("task", json!(meta.name)),
        ("service", json!(meta.service.id)),
        ("helperService", json!(meta.service.helper_service)),
        ("execution", json!(execution(meta.execution))),
        ("category", json!(meta.category)),
        ("source", json!(meta.source)),
        ("confidence", json!(confidence(meta.confidence))),
        ("rules", rules.collect::<Vec<_>>().into()),
        ("flags", Value::Object(flags.collect())),
        ("results", meta.results.iter().map(result).collect()),
    ]);
    for (name, value) in [
        ("credits", meta.credits),
        ("since", meta.since),
        ("until", meta.until),
    ] {
        if let Some(value) = value {
            about.insert(name.to_owned(), value.into());
        }
    }
    if !meta.unconfirmed.is_empty() {
        about.insert("unconfirmed".to_owned(), json!(meta.unconfirmed));
    }
    Value::Object(about)
}

fn result(result: &ResultMeta) -> Value {
    let mut about = object([
        ("name", json!(result.name)),
        ("type", json!(words::result_type(result.ty))),
        ("description", json!(result.doc)),
        ("always", json!(result.always)),
    ]);
    if !result.when.is_empty() {
        about.insert("when".to_owned(), result.when.into());
    }
    if !result.fields.is_empty() {
        let fields = result
            .fields
            .iter()
            .map(|f| json!({ "name": f.name, "description": f.doc }));
        about.insert("fields".to_owned(), fields.collect());
    }
    Value::Object(about)
}

fn execution(execution: Execution) -> &'static str {
    match execution {
        Execution::Synchronous => "synchronous",
        _ => "asynchronous",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        _ => "low",
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(all(test, feature = "spatial"))]
mod tests;
