//! The JSON Schemas of the spec format, derived from its Rust types.

use crate::fileset::FileSet;
use crate::{import, spec};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

/// The schema of a task's spec.
#[must_use]
pub fn task() -> Value {
    of::<spec::Task>(
        "Task",
        "A task of an analysis service: the source of its generated module.",
    )
}

/// The schema of `service.json`.
#[must_use]
pub fn service() -> Value {
    of::<spec::Service>(
        "Service",
        "A service: a folder of specs, which becomes one crate.",
    )
}

/// The schema of a service's overlays.
#[must_use]
pub fn overlays() -> Value {
    of::<import::Overlays>(
        "Overlays",
        "Corrections to what a service says of its tasks, applied before it is imported.",
    )
}

/// The path by which a spec refers to its schema.
#[must_use]
pub fn reference(is_service: bool) -> &'static str {
    if is_service {
        "../schema/service.schema.json"
    } else {
        "../schema/task.schema.json"
    }
}

/// The files of the schemas.
#[must_use]
pub fn files() -> FileSet {
    let mut files = FileSet::default();
    for (name, schema) in [
        ("task", task()),
        ("service", service()),
        ("overlays", overlays()),
    ] {
        let path = format!("{}/schema/{name}.schema.json", spec::FOLDER);
        files.insert(path, format!("{schema:#}\n"));
    }
    files
}

fn of<T: JsonSchema>(title: &str, about: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(Strict);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut head = Map::new();
    for (key, value) in [
        ("$schema", None),
        ("title", Some(title)),
        ("description", Some(about)),
    ] {
        let value = value.map(Value::from).or_else(|| schema.get(key).cloned());
        head.insert(key.to_owned(), value.unwrap_or_default());
    }
    for (key, value) in schema.as_object().into_iter().flatten() {
        head.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(head)
}

/// Absent is absent: a spec has no nulls, and needs no defaults spelled out.
#[derive(Debug, Clone)]
struct Strict;

impl Transform for Strict {
    fn transform(&mut self, schema: &mut Schema) {
        let null = serde_json::json!({ "type": "null" });
        let Some(members) = schema.as_object_mut() else {
            return;
        };
        members.retain(|key, _| key != "default" && key != "format");
        for key in ["type", "anyOf"] {
            let Some(Value::Array(variants)) = members.get_mut(key) else {
                continue;
            };
            variants.retain(|variant| variant != "null" && *variant != null);
        }
        if let Some(Value::Array(types)) = members.get_mut("type")
            && let [only] = types.as_slice()
        {
            members["type"] = only.clone();
        }
        if let Some(Value::Array(variants)) = members.get("anyOf")
            && let [Value::Object(only)] = variants.as_slice()
        {
            let only = only.clone();
            members.retain(|key, _| key != "anyOf");
            members.extend(only);
        }
        transform_subschemas(self, schema);
    }
}
