//! Exclusive groups and rules between parameters as JSON Schemas.
//!
//! A schema must never refuse what the task takes. So a rule whose condition JSON Schema cannot decide, such as one
//! on the geometry of features, has no schema: the task's own check, or the service, applies it.

use crate::types::meta::{Condition, GroupMeta, ParamType, Rule, RuleMeta, TaskMeta, VariantMeta};
use crate::{params, words};
use serde_json::{Value, json};

/// The schema of a group: exactly one of its variants or, where it may be left out, none.
pub(super) fn group(meta: &TaskMeta, group: &GroupMeta) -> Value {
    let mut choices: Vec<_> = group
        .variants
        .iter()
        .map(|chosen| variant(meta, group, chosen))
        .collect();
    if !group.required {
        let none = absent(group.variants.iter().flat_map(|v| v.params));
        choices.push(json!({ "title": "None of them", "not": none }));
    }
    json!({ "description": format!("{} {}", group.doc, words::group(group)), "oneOf": choices })
}

/// The schema of one variant: its required members, and none of the other variants' members.
fn variant(meta: &TaskMeta, group: &GroupMeta, chosen: &VariantMeta) -> Value {
    let is_required = |name: &&&str| meta.param(name).is_some_and(|param| param.required);
    let required: Vec<_> = chosen.params.iter().filter(is_required).collect();
    let others: Vec<_> = group
        .variants
        .iter()
        .filter(|other| other.name != chosen.name)
        .flat_map(|other| other.params)
        .filter(|name| !chosen.params.contains(name))
        .collect();
    let mut schema = json!({ "title": chosen.name, "description": chosen.doc });
    if required.is_empty() {
        schema["anyOf"] = any_given(chosen.params)["anyOf"].take();
    } else {
        schema["required"] = json!(required);
    }
    if !others.is_empty() {
        schema["not"] = absent(others);
    }
    schema
}

/// The schema of a rule, if JSON Schema can express it.
pub(super) fn rule(meta: &TaskMeta, rule: &RuleMeta) -> Option<Value> {
    let mut schema = match rule.rule {
        // `b` only when the condition holds: if `b` is given, the condition holds.
        Rule::OnlyWhen(names) => {
            json!({ "if": any_departs(meta, names), "then": condition(meta, rule.when?)? })
        }
        _ => {
            let demand = demand(meta, rule.rule)?;
            match rule.when {
                Some(when) => json!({ "if": condition(meta, when)?, "then": demand }),
                None => demand,
            }
        }
    };
    schema["description"] = words::rule(rule).into();
    Some(schema)
}

fn demand(meta: &TaskMeta, rule: Rule) -> Option<Value> {
    Some(match rule {
        Rule::Requires(names) => json!({ "required": names }),
        Rule::Forbids(names) => json!({ "not": any_departs(meta, names) }),
        Rule::AtLeastOneOf(names) => any_given(names),
        Rule::AtMostOneOf(names) => {
            let pairs = names.iter().enumerate().flat_map(|(i, a)| {
                names
                    .iter()
                    .skip(i + 1)
                    .map(move |b| json!({ "required": [a, b] }))
            });
            json!({ "not": { "anyOf": pairs.collect::<Vec<_>>() } })
        }
        // Features that travel with the call are objects, which `minItems` does not concern.
        Rule::MinItems(name, count) => json!({ "properties": { name: { "minItems": count } } }),
        _ => return None,
    })
}

/// A schema that accepts exactly the calls for which a condition holds, if there is one.
fn condition(meta: &TaskMeta, condition: Condition) -> Option<Value> {
    let is_list = |name: &str| {
        meta.param(name)
            .is_some_and(|param| params::is_list(&param.ty))
    };
    Some(match condition {
        Condition::Present(name) => given(&name),
        Condition::Absent(name) => json!({ "not": given(&name) }),
        Condition::Equals(name, text) => equals(meta, name, text)?,
        Condition::ItemsAtLeast(_, 0) => json!(true),
        Condition::ItemsAtLeast(name, count) if is_list(name) => {
            json!({ "required": [name], "properties": { name: { "minItems": count } } })
        }
        Condition::ItemsAtMost(name, count) if is_list(name) => {
            json!({ "properties": { name: { "maxItems": count } } })
        }
        Condition::All(parts) => json!({ "allOf": conditions(meta, parts)? }),
        Condition::Any(parts) => json!({ "anyOf": conditions(meta, parts)? }),
        _ => return None,
    })
}

fn conditions(meta: &TaskMeta, parts: &[Condition]) -> Option<Vec<Value>> {
    parts.iter().map(|part| condition(meta, *part)).collect()
}

/// The parameter, or its default where it is absent, equals a value.
fn equals(meta: &TaskMeta, name: &str, text: &str) -> Option<Value> {
    let param = meta.param(name)?;
    let mut wanted: Value = serde_json::from_str(text).ok()?;
    if let (ParamType::Choice(choices), Some(word)) = (&param.ty, wanted.as_str()) {
        // In the spelling of the choices, the only one that the schema accepts.
        let choice = choices
            .iter()
            .find(|choice| choice.value.eq_ignore_ascii_case(word))?;
        wanted = choice.value.into();
    }
    let default: Option<Value> = param
        .default
        .and_then(|text| serde_json::from_str(text).ok());
    let by_default = match (default.as_ref().and_then(Value::as_str), wanted.as_str()) {
        (Some(default), Some(wanted)) => default.eq_ignore_ascii_case(wanted),
        _ => default.as_ref() == Some(&wanted),
    };
    let equal = json!({ "properties": { name: { "const": wanted } } });
    Some(if by_default {
        equal
    } else {
        json!({ "required": [name], "properties": equal["properties"] })
    })
}

fn given(name: &&str) -> Value {
    json!({ "required": [name] })
}

/// Any of the parameters is given.
fn any_given(names: &[&str]) -> Value {
    json!({ "anyOf": names.iter().map(given).collect::<Vec<_>>() })
}

/// Any of the parameters is given and says something else than its default.
fn any_departs(meta: &TaskMeta, names: &[&str]) -> Value {
    let departs = |name: &&str| {
        let mut schema = given(name);
        if let Some(default) = meta.param(name).and_then(|param| param.default)
            && let Ok(default) = serde_json::from_str::<Value>(default)
        {
            schema["properties"] = json!({ *name: { "not": { "const": default } } });
        }
        schema
    };
    json!({ "anyOf": names.iter().map(departs).collect::<Vec<_>>() })
}

/// What must not hold for all of the parameters to be absent.
fn absent<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Value {
    json!({ "anyOf": names.into_iter().map(given).collect::<Vec<_>>() })
}
