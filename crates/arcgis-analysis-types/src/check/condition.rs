//! Conditions, in three-valued logic: what lies behind a URL is not known before the service looks.

use super::{counted, kinds_in_words};
use crate::meta::{Condition, TaskMeta};
use crate::param::{Facts, Scalar, Visitor};
use serde_json::Value;

/// What is known of a call.
pub(super) struct Known<'a> {
    pub(super) meta: &'static TaskMeta,
    pub(super) params: &'a Visitor<'a>,
}

impl Known<'_> {
    /// Whether a condition holds; `None` when that cannot be told before the service has looked.
    pub(super) fn holds(&self, condition: Condition) -> Option<bool> {
        match condition {
            Condition::Present(name) => Some(self.is_present(name)),
            Condition::Absent(name) => Some(!self.is_present(name)),
            Condition::Equals(name, text) => self.equals(name, text),
            Condition::Geometry(name, kinds) => {
                let facts = self.facts(name)?;
                let known = facts
                    .geometries
                    .iter()
                    .map(|kind| kind.map(|kind| kinds.contains(&kind)));
                if facts.geometries.is_empty() {
                    None
                } else {
                    decide(known, false)
                }
            }
            Condition::ItemsAtLeast(name, count) => self.items(name).map(|items| items >= count),
            Condition::ItemsAtMost(name, count) => self.items(name).map(|items| items <= count),
            Condition::All(all) => decide(all.iter().map(|c| self.holds(*c)), false),
            Condition::Any(any) => decide(any.iter().map(|c| self.holds(*c)), true),
        }
    }

    pub(super) fn is_present(&self, name: &str) -> bool {
        self.params.get(name).is_some()
    }

    /// Whether the parameter says more than its absence would: clients often send every parameter, and a value
    /// that is the default anyway asks for nothing.
    pub(super) fn departs(&self, name: &str) -> bool {
        let default = self.default(name);
        self.facts(name)
            .is_some_and(|facts| match (facts.scalar, default) {
                (Some(scalar), Some(default)) => !same(&scalar, &default),
                _ => true,
            })
    }

    pub(super) fn facts(&self, name: &str) -> Option<Facts<'_>> {
        self.params.get(name).map(|value| value.facts())
    }

    /// The number, or else the default.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.facts(name) {
            Some(facts) => match facts.scalar? {
                Scalar::Number(number) => Some(number),
                Scalar::Boolean(_) | Scalar::Text(_) => None,
            },
            None => self.default(name)?.as_f64(),
        }
    }

    /// An absent list has no items; a layer behind a URL has an unknown number.
    fn items(&self, name: &str) -> Option<usize> {
        self.facts(name).map_or(Some(0), |facts| facts.items)
    }

    fn equals(&self, name: &str, text: &str) -> Option<bool> {
        let wanted: Value = serde_json::from_str(text).ok()?;
        match self.facts(name) {
            Some(facts) => facts.scalar.map(|scalar| same(&scalar, &wanted)),
            None => {
                let default = self.default(name);
                // Without value and default, the parameter equals nothing.
                Some(
                    default
                        .as_ref()
                        .and_then(scalar)
                        .is_some_and(|scalar| same(&scalar, &wanted)),
                )
            }
        }
    }

    fn default(&self, name: &str) -> Option<Value> {
        let default = self.meta.params.iter().find(|p| p.name == name)?.default?;
        serde_json::from_str(default).ok()
    }
}

fn scalar(value: &Value) -> Option<Scalar<'_>> {
    match value {
        Value::Bool(value) => Some(Scalar::Boolean(*value)),
        Value::Number(number) => number.as_f64().map(Scalar::Number),
        Value::String(text) => Some(Scalar::Text(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Words compare in any letter case, as the services compare them.
fn same(actual: &Scalar<'_>, wanted: &Value) -> bool {
    match (actual, scalar(wanted)) {
        (Scalar::Text(a), Some(Scalar::Text(b))) => a.eq_ignore_ascii_case(b),
        (a, Some(b)) => *a == b,
        (_, None) => false,
    }
}

/// Decides a chain of and (`settles` = false) or of or (`settles` = true).
fn decide(parts: impl Iterator<Item = Option<bool>>, settles: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part {
            Some(value) if value == settles => return Some(settles),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!settles)
}

/// A condition in words.
pub(super) fn words(condition: Condition) -> String {
    match condition {
        Condition::Present(name) => format!("`{name}` is given"),
        Condition::Absent(name) => format!("`{name}` is not given"),
        Condition::Equals(name, text) => format!("`{name}` is {text}"),
        Condition::Geometry(name, kinds) => format!("`{name}` has {}", kinds_in_words(kinds)),
        Condition::ItemsAtLeast(name, count) => format!("`{name}` has at least {}", counted(count)),
        Condition::ItemsAtMost(name, 0) => format!("`{name}` has no items"),
        Condition::ItemsAtMost(name, count) => format!("`{name}` has at most {}", counted(count)),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
    }
}

fn joined(parts: &[Condition], joint: &str) -> String {
    let part = |part: &Condition| match part {
        // A chain within a chain would read as one.
        Condition::All(inner) | Condition::Any(inner) if inner.len() > 1 && parts.len() > 1 => {
            format!("({})", words(*part))
        }
        _ => words(*part),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(joint)
}
