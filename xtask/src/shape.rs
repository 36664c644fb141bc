//! Holds a spec's JSON against its schema, so that every slip is found in one run, with its place.
//!
//! The schema is the one that is derived from the Rust types, so this knows nothing of the format. It covers what
//! those schemas use, no more.

use crate::diagnostic::{Code, Finding};
use crate::near;
use crate::source::{Document, escape};
use serde_json::{Map, Value};

/// What is wrong with the shape of a document.
#[must_use]
pub fn check(document: &Document, schema: &Value) -> Vec<Finding> {
    let mut shape = Shape {
        document,
        root: schema,
        findings: Vec::new(),
    };
    shape.value(&document.value, schema, "", "the file");
    shape.findings
}

struct Shape<'a> {
    document: &'a Document,
    root: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Shape<'a> {
    fn value(&mut self, value: &Value, schema: &'a Value, at: &str, what: &str) {
        if value.is_null() {
            self.report(
                Code::WrongType,
                at,
                format!("{what} is null, which says nothing"),
                "leave the key out",
            );
            return;
        }
        let about = self.description(schema);
        let (schema, name) = self.resolve(schema);
        if let Some(words) = words(schema) {
            self.word(value, &words, name, at, what);
            return;
        }
        let Some(ty) = schema.get("type").and_then(Value::as_str) else {
            return;
        };
        if !is(value, ty, schema) {
            let wanted = match ty {
                "string" => "a text",
                "boolean" => "true or false",
                "integer" => "a whole number",
                "number" => "a number",
                "array" => "a list",
                _ => "an object",
            };
            let message = format!("{what} must be {wanted}, not {}", describe(value));
            let about = about.map(|about| format!("{what}: {about}"));
            let help = about.unwrap_or_else(|| "correct the value".to_owned());
            self.report(Code::WrongType, at, message, &help);
            return;
        }
        match value {
            Value::Object(members) => self.object(members, schema, at, what),
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else {
                    return;
                };
                for (i, item) in items.iter().enumerate() {
                    self.value(
                        item,
                        schema,
                        &format!("{at}/{i}"),
                        &format!("item {} of {what}", i + 1),
                    );
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, members: &Map<String, Value>, schema: &'a Value, at: &str, what: &str) {
        let none = Map::new();
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let others = schema.get("additionalProperties");
        for (key, value) in members {
            let pointer = format!("{at}/{}", escape(key));
            let schema = properties
                .get(key)
                .and_then(|_| schema["properties"].get(key));
            match (schema, others) {
                (Some(schema), _) => self.value(value, schema, &pointer, &format!("`{key}`")),
                (None, Some(Value::Bool(false))) => {
                    self.unknown_key(key, properties, &pointer, what)
                }
                (None, Some(schema)) => self.value(value, schema, &pointer, &format!("`{key}`")),
                (None, None) => {}
            }
        }
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for key in required
            .filter_map(Value::as_str)
            .filter(|key| !members.contains_key(*key))
        {
            let doc = properties.get(key).and_then(|p| self.description(p));
            let help = doc.map_or_else(
                || format!("add `{key}`"),
                |doc| format!("add `{key}`: {doc}"),
            );
            let message = format!("{what} lacks `{key}`");
            let span = self.document.span(at);
            // The opening brace is enough: the whole object may be long.
            let finding = Finding::at(
                Code::MissingKey,
                &self.document.file.path,
                message,
                span.start..span.start + 1,
            );
            self.findings.push(finding.help(help));
        }
    }

    fn unknown_key(
        &mut self,
        key: &str,
        properties: &Map<String, Value>,
        pointer: &str,
        what: &str,
    ) {
        let known: Vec<_> = properties.keys().map(String::as_str).collect();
        let help = match near::nearest(key, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are {}", near::quoted(&known)),
        };
        let message = format!("{what} has no key `{key}`");
        let span = self.document.key_span(pointer);
        self.findings.push(
            Finding::at(Code::UnknownKey, &self.document.file.path, message, span).help(help),
        );
    }

    fn word(&mut self, value: &Value, words: &[&str], name: Option<&str>, at: &str, what: &str) {
        let Some(word) = value.as_str() else {
            let message = format!("{what} must be a text, not {}", describe(value));
            self.report(
                Code::WrongType,
                at,
                message,
                &format!("one of {}", near::quoted(words)),
            );
            return;
        };
        if words.contains(&word) {
            return;
        }
        let kind = name.map_or_else(|| what.to_owned(), spaced);
        let help = match near::nearest(word, words) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", near::quoted(words)),
        };
        self.report(
            Code::UnknownWord,
            at,
            format!("`{word}` is no {kind}"),
            &help,
        );
    }

    fn report(&mut self, code: Code, at: &str, message: impl Into<String>, help: &str) {
        let finding = Finding::at(
            code,
            &self.document.file.path,
            message,
            self.document.span(at),
        );
        self.findings.push(finding.help(help));
    }

    /// The schema behind a reference, and its name.
    fn resolve(&self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return (schema, None);
        };
        let name = reference.rsplit('/').next();
        let target = name.and_then(|name| self.root.get("$defs")?.get(name));
        (target.unwrap_or(schema), name)
    }

    fn description(&self, schema: &'a Value) -> Option<&'a str> {
        let own = schema.get("description").and_then(Value::as_str);
        own.or_else(|| {
            self.resolve(schema)
                .0
                .get("description")
                .and_then(Value::as_str)
        })
    }
}

/// The words of an enumeration, with or without a description each.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let variants = schema.get("oneOf")?.as_array()?;
    Some(
        variants
            .iter()
            .filter_map(|v| v.get("const")?.as_str())
            .collect(),
    )
}

fn is(value: &Value, ty: &str, schema: &Value) -> bool {
    match ty {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() && (schema.get("minimum").is_none() || value.is_u64()),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

/// A JSON value in words.
#[must_use]
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("the text {text:?}"),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// `ParameterType` as `parameter type`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(c.to_lowercase());
    }
    out
}
