//! Checks parameters against their descriptions: each by itself, then the rules between them.

use crate::GeometryKind;
use crate::error::{ParameterError, ParameterErrorKind as Kind};
use crate::meta::{Condition, ParamMeta, Rule, RuleMeta, TaskMeta};
use crate::param::{Scalar, Visitor};
use serde_json::Value;

/// Checks the parameters of a task.
pub(crate) fn task(meta: &'static TaskMeta, params: &Visitor<'_>) -> Result<(), ParameterError> {
    values(meta.name, meta.params, params)?;
    let check = Check { meta, params };
    meta.rules.iter().try_for_each(|rule| check.rule(rule))
}

/// Checks each parameter by itself.
pub(crate) fn values(
    owner: &str,
    members: &[ParamMeta],
    params: &Visitor<'_>,
) -> Result<(), ParameterError> {
    for (name, value) in params.params() {
        let refuse =
            |kind, problem: String| Err(ParameterError::new(kind, owner, [*name], problem));
        value
            .validate()
            .map_err(|problem| problem.of_param(owner, name))?;
        let Some(meta) = members.iter().find(|m| m.name == *name) else {
            continue;
        };
        let facts = value.facts();
        if let Some(geometry) = facts.geometry
            && !meta.geometry.is_empty()
            && !meta.geometry.contains(&geometry)
        {
            let problem = format!(
                "takes {} features, not {geometry} features",
                one_of(meta.geometry)
            );
            return refuse(Kind::Geometry, problem);
        }
        if let Some(range) = meta.range {
            for number in facts.numbers {
                if range
                    .min
                    .is_some_and(|min| number < min || range.exclusive_min && number == min)
                {
                    let bound = if range.exclusive_min {
                        "greater than"
                    } else {
                        "at least"
                    };
                    return refuse(
                        Kind::OutOfRange,
                        format!(
                            "must be {bound} {}, not {number}",
                            range.min.unwrap_or_default()
                        ),
                    );
                }
                if let Some(max) = range.max.filter(|max| number > *max) {
                    return refuse(
                        Kind::OutOfRange,
                        format!("must be at most {max}, not {number}"),
                    );
                }
            }
        }
    }
    Ok(())
}

struct Check<'a> {
    meta: &'static TaskMeta,
    params: &'a Visitor<'a>,
}

impl Check<'_> {
    fn rule(&self, rule: &RuleMeta) -> Result<(), ParameterError> {
        let applies = rule.when.map_or(Some(true), |when| self.holds(when));
        let when = rule
            .when
            .map(|when| format!(" when {}", words(when)))
            .unwrap_or_default();
        let refuse = |names: &[&str], problem: String| {
            let help = if rule.help.is_empty() {
                String::new()
            } else {
                format!("; {}", rule.help)
            };
            Err(ParameterError::new(
                Kind::Rule,
                self.meta.name,
                names.iter().copied(),
                problem + &help,
            ))
        };
        if let Rule::OnlyWhen(names) = rule.rule {
            return match names.iter().find(|name| self.present(name)) {
                Some(name) if applies == Some(false) => {
                    let condition = rule.when.map(words).unwrap_or_default();
                    refuse(&[name], format!("may be given only when {condition}"))
                }
                _ => Ok(()),
            };
        }
        if applies != Some(true) {
            return Ok(());
        }
        match rule.rule {
            Rule::OnlyWhen(_) => Ok(()),
            Rule::Requires(names) => match names.iter().find(|name| !self.present(name)) {
                Some(name) => refuse(&[name], format!("is required{when}")),
                None => Ok(()),
            },
            Rule::Forbids(names) => match names.iter().find(|name| self.present(name)) {
                Some(name) => refuse(&[name], format!("may not be given{when}")),
                None => Ok(()),
            },
            Rule::AtLeastOneOf(names) if !names.iter().any(|name| self.present(name)) => refuse(
                names,
                format!("are all missing; give at least one of them{when}"),
            ),
            Rule::AtMostOneOf(names) => {
                let given: Vec<_> = names
                    .iter()
                    .copied()
                    .filter(|name| self.present(name))
                    .collect();
                match given.len() {
                    0 | 1 => Ok(()),
                    _ => refuse(
                        &given,
                        format!("exclude each other{when}; give only one of them"),
                    ),
                }
            }
            Rule::Geometry(name, allowed) => match self.geometry(name) {
                Some(actual) if !allowed.contains(&actual) => refuse(
                    &[name],
                    format!(
                        "takes {} features, not {actual} features{when}",
                        one_of(allowed)
                    ),
                ),
                _ => Ok(()),
            },
            Rule::MinItems(name, min) => match self.items(name) {
                Some(items) if items < min && self.present(name) => refuse(
                    &[name],
                    format!("needs at least {min} items, not {items}{when}"),
                ),
                _ => Ok(()),
            },
            Rule::LessThan(name, other) => match (self.number(name), self.number(other)) {
                (Some(a), Some(b)) if a >= b => refuse(
                    &[name],
                    format!("must be less than `{other}`, which is {b}, not {a}"),
                ),
                _ => Ok(()),
            },
            Rule::AtLeastOneOf(_) => Ok(()),
        }
    }

    /// Whether a condition holds; `None` when that cannot be told before the service has looked.
    fn holds(&self, condition: Condition) -> Option<bool> {
        match condition {
            Condition::Present(name) => Some(self.present(name)),
            Condition::Absent(name) => Some(!self.present(name)),
            Condition::Equals(name, text) => self.equals(name, text),
            Condition::Geometry(name, kinds) => {
                self.geometry(name).map(|kind| kinds.contains(&kind))
            }
            Condition::ItemsAtLeast(name, count) => self.items(name).map(|items| items >= count),
            Condition::ItemsAtMost(name, count) => self.items(name).map(|items| items <= count),
            Condition::All(all) => decide(all.iter().map(|c| self.holds(*c)), false),
            Condition::Any(any) => decide(any.iter().map(|c| self.holds(*c)), true),
        }
    }

    fn present(&self, name: &str) -> bool {
        self.params.get(name).is_some()
    }

    fn geometry(&self, name: &str) -> Option<GeometryKind> {
        self.params.get(name)?.facts().geometry
    }

    /// An absent list has no items; a layer behind a URL has an unknown number.
    fn items(&self, name: &str) -> Option<usize> {
        self.params
            .get(name)
            .map_or(Some(0), |value| value.facts().items)
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.params.get(name) {
            Some(value) => match value.facts().scalar? {
                Scalar::Number(number) => Some(number),
                _ => None,
            },
            None => self.default(name)?.as_f64(),
        }
    }

    fn equals(&self, name: &str, text: &str) -> Option<bool> {
        let wanted: Value = serde_json::from_str(text).ok()?;
        let Some(value) = self.params.get(name) else {
            return Some(
                self.default(name)
                    .is_some_and(|default| same(&default, &wanted)),
            );
        };
        Some(match value.facts().scalar? {
            Scalar::Boolean(value) => wanted == Value::Bool(value),
            Scalar::Number(value) => wanted.as_f64() == Some(value),
            Scalar::Text(value) => wanted
                .as_str()
                .is_some_and(|w| w.eq_ignore_ascii_case(value)),
        })
    }

    fn default(&self, name: &str) -> Option<Value> {
        let default = self.meta.params.iter().find(|p| p.name == name)?.default?;
        serde_json::from_str(default).ok()
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a == b,
    }
}

/// Decides a chain of and (`settles` = false) or or (`settles` = true) in three-valued logic.
fn decide(parts: impl Iterator<Item = Option<bool>>, settles: bool) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(value) if value == settles => return Some(settles),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!settles)
}

fn one_of(kinds: &[GeometryKind]) -> String {
    kinds
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}

/// A condition in words.
fn words(condition: Condition) -> String {
    let join = |parts: &[Condition], joint: &str| {
        parts
            .iter()
            .map(|c| words(*c))
            .collect::<Vec<_>>()
            .join(joint)
    };
    match condition {
        Condition::Present(name) => format!("`{name}` is given"),
        Condition::Absent(name) => format!("`{name}` is not given"),
        Condition::Equals(name, text) => format!("`{name}` is {text}"),
        Condition::Geometry(name, kinds) => format!("`{name}` has {} features", one_of(kinds)),
        Condition::ItemsAtLeast(name, count) => format!("`{name}` has {count} or more items"),
        Condition::ItemsAtMost(name, 1) => format!("`{name}` has a single item"),
        Condition::ItemsAtMost(name, count) => format!("`{name}` has at most {count} items"),
        Condition::All(parts) => join(parts, " and "),
        Condition::Any(parts) => join(parts, " or "),
    }
}
