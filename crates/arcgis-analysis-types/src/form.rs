//! What is posted to a task.

use serde_json::Value;
use std::fmt;

/// The parameters of one call, in order, as the form fields that are posted.
///
/// Text travels as it is, everything else as JSON text. Absent parameters have no field.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Form;
/// use serde_json::json;
///
/// let mut form = Form::default();
/// form.push("units", json!("Miles"));
/// form.push("distances", json!([20.0, 35.0]));
/// assert_eq!(form.get("units").as_deref(), Some("Miles"));
/// assert_eq!(form.get("distances").as_deref(), Some("[20.0,35.0]"));
/// ```
#[derive(Clone, Default, PartialEq)]
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

    /// The fields' names and values, before they become text, in order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// The fields' names and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, String)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), text(v)))
    }
}

/// A list as the text in which its items are parted; everything else, and every list without a separator, as it is.
pub(crate) fn joined(value: Value, separator: Option<char>) -> Value {
    match (separator, value) {
        (Some(separator), Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(text).collect();
            items.join(&separator.to_string()).into()
        }
        (_, value) => value,
    }
}

/// The list that such a text is; everything else as it is.
pub(crate) fn parted(value: Value, separator: char) -> Value {
    let Value::String(text) = value else {
        return value;
    };
    let items = text
        .split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items.map(Value::from).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl fmt::Debug for Form {
    /// Shows the fields without the tokens in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.fields
                    .iter()
                    .map(|(name, value)| (name, Redacted(value))),
            )
            .finish()
    }
}

/// A value that hides every member whose name says that it is a token.
struct Redacted<'a>(&'a Value);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(members) => {
                let mut map = f.debug_map();
                for (name, value) in members {
                    if name.to_ascii_lowercase().contains("token") {
                        map.entry(name, &format_args!(".."));
                    } else {
                        map.entry(name, &Redacted(value));
                    }
                }
                map.finish()
            }
            Value::Array(items) => f.debug_list().entries(items.iter().map(Redacted)).finish(),
            other => fmt::Display::fmt(other, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_travels_as_it_is_and_everything_else_as_json() {
        let mut form = Form::default();
        form.push("text", json!("a \"b\""));
        form.push("flag", json!(true));
        form.push("list", json!([1, 0.1]));
        let fields: Vec<_> = form.iter().collect();
        let expected = [("text", "a \"b\""), ("flag", "true"), ("list", "[1,0.1]")];
        assert_eq!(fields, expected.map(|(name, text)| (name, text.to_owned())));
        assert_eq!(form.get("absent"), None);
    }

    #[test]
    fn debug_hides_tokens_at_any_depth() {
        let mut form = Form::default();
        form.push(
            "layers",
            json!([{ "url": "https://example.com/0", "serviceToken": "planted" }, { "n": 1 }]),
        );
        assert_eq!(
            format!("{form:?}"),
            r#"{"layers": [{"url": "https://example.com/0", "serviceToken": ..}, {"n": 1}]}"#
        );
    }
}
