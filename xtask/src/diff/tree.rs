//! Specs as JSON, by service and task.

use crate::load;
use crate::source::SourceFile;
use crate::spec;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A service: its file, and its tasks by wire name.
#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) file: Value,
    pub(super) tasks: BTreeMap<String, Value>,
}

/// The services by their folders.
///
/// # Errors
/// Names the file that is no JSON object, or a task without a name.
pub(super) fn services(files: &[SourceFile]) -> Result<BTreeMap<String, Service>, String> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for file in files.iter().filter(|file| load::is_spec(&file.path)) {
        let value: Value = serde_json::from_str(&file.text)
            .map_err(|error| format!("{}: this is not valid JSON: {error}", file.path))?;
        let service = services.entry(file.folder().to_owned()).or_default();
        if file.name() == spec::SERVICE_FILE {
            service.file = value;
            continue;
        }
        let Some(name) = value.get("name").and_then(Value::as_str) else {
            return Err(format!("{}: the task has no `name`", file.path));
        };
        service.tasks.insert(name.to_owned(), value);
    }
    Ok(services)
}

/// The objects in a list under a key.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The text under a key; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// Whether the value under a key is true.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The object under a key; empty where there is none.
pub(super) fn object<'a>(value: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    value.get(key).and_then(Value::as_object)
}
