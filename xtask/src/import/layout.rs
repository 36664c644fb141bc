//! How a spec is laid out: what fits on a line stands on one.

use serde_json::Value;
use std::fmt::Write as _;

/// The width of a line.
const WIDTH: usize = 140;

/// A JSON document as people write specs: each member or item of the root from a line of its own, what is short within on one.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) => {
            out.push_str("{\n");
            let last = members.len().saturating_sub(1);
            for (i, (key, member)) in members.iter().enumerate() {
                let comma = if i == last { "" } else { "," };
                let key = Value::from(key.as_str());
                let text = lines(member, 1, key.to_string().len() + 3);
                let _ = writeln!(out, "  {key}: {text}{comma}");
            }
            out.push_str("}\n");
        }
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| format!("  {}", lines(item, 1, 1)))
                .collect();
            let _ = writeln!(out, "[\n{}\n]", items.join(",\n"));
        }
        scalar => {
            let _ = writeln!(out, "{scalar}");
        }
    }
    out
}

/// A value at a depth, behind so many characters of its line.
fn lines(value: &Value, depth: usize, before: usize) -> String {
    let short = inline(value);
    if depth * 2 + before + short.len() < WIDTH {
        return short;
    }
    let indent = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|item| format!("{indent}{}", lines(item, depth + 1, 1)))
                .collect();
            format!("[\n{}\n{end}]", items.join(",\n"))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, member)| {
                    let key = Value::from(key.as_str()).to_string();
                    let text = lines(member, depth + 1, key.len() + 3);
                    format!("{indent}{key}: {text}")
                })
                .collect();
            format!("{{\n{}\n{end}}}", members.join(",\n"))
        }
        scalar => scalar.to_string(),
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, member)| format!("{}: {}", Value::from(key.as_str()), inline(member)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
