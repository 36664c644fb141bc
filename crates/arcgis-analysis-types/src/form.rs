//! What is posted to a task.

use serde_json::Value;

/// The parameters of one call, in order, as the form fields that are posted.
///
/// Text travels as it is, everything else as JSON text. Absent parameters have no field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    fields: Vec<(String, Value)>,
}

impl Form {
    /// Adds a field.
    pub fn push(&mut self, name: impl Into<String>, value: Value) {
        self.fields.push((name.into(), value));
    }

    /// The text of a field, as it is posted.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.value(name).map(text)
    }

    /// The value of a field, before it becomes text.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The value of a field, to be replaced.
    #[must_use]
    pub fn value_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.fields
            .iter_mut()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
    }

    /// The fields' names and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), text(v)))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
