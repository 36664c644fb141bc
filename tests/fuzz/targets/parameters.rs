//! Parameters of tasks as JSON, as files and forms bring them.

use super::support::{parts, task, text};
use arcgis_analysis::params::Params;
use serde_json::{Map, Value};

/// The first part is a task, the second a JSON object of its parameters.
///
/// What is accepted becomes a form that says the same again once it is taken for parameters; what is refused names the
/// task. Nothing here reads a file, unless the text names one.
pub fn parameters(data: &[u8]) {
    let parts = parts(data);
    let task = task(parts[0]);
    let text = text(parts.get(1).copied().unwrap_or_default());
    // A text in place of features is taken for the name of a file.
    let params = match serde_json::from_str::<Value>(&text) {
        Ok(params) => params,
        Err(_) => {
            let error = Params::from_json_text(task.meta, &text).unwrap_err();
            return assert!(error.to_string().starts_with(task.meta.name), "{error}");
        }
    };
    match task.encode(params) {
        Err(error) => assert!(error.to_string().starts_with(task.meta.name), "{error}"),
        Ok(form) => {
            let values = form.values();
            let again: Map<String, Value> = values
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect();
            match task.encode(Value::Object(again)) {
                Ok(again) => assert_eq!(again, form),
                Err(error) => panic!("{error}"),
            }
        }
    }
}
