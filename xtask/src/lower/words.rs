//! Sentences about parameters, with their Rust names.

use super::names;
use crate::ir;
use crate::spec;
use std::collections::BTreeMap;

/// How each parameter and result is called in the documentation of Rust code.
#[derive(Debug, Default, Clone)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of a task's parameters and results.
    pub(super) fn of(task: &spec::Task) -> Self {
        let results = task.results.iter();
        let mut names: BTreeMap<_, _> = results
            .map(|r| (r.name.clone(), format!("`{}`", names::result(r))))
            .collect();
        names.extend(Self::of_members(&task.parameters).0);
        let mut names = Self(names);
        for group in &task.groups {
            for variant in &group.variants {
                let path = format!("`{}::{}`", group.ty, variant.name);
                for name in &variant.parameters {
                    let words = match (variant.parameters.len(), names.0.get(name)) {
                        (1, _) | (_, None) => path.clone(),
                        (_, Some(field)) => format!("{field} of {path}"),
                    };
                    names.0.insert(name.clone(), words);
                }
            }
        }
        names
    }

    /// The names of an object's members, and behind them those of the task's parameters.
    pub(super) fn within(&self, members: &[spec::Parameter]) -> Self {
        let mut names = self.0.clone();
        names.extend(Self::of_members(members).0);
        Self(names)
    }

    fn of_members(members: &[spec::Parameter]) -> Self {
        Self(
            members
                .iter()
                .map(|p| (p.name.clone(), format!("`{}`", names::param(p))))
                .collect(),
        )
    }

    /// A parameter's name in backticks.
    pub(super) fn get(&self, wire: &str) -> String {
        self.0
            .get(wire)
            .cloned()
            .unwrap_or_else(|| format!("`{wire}`"))
    }

    /// A text in which parameters stand in backticks, with their Rust names instead.
    pub(super) fn in_rust(&self, text: &str) -> String {
        let parts = text
            .split('`')
            .enumerate()
            .map(|(i, part)| match (i % 2, self.0.get(part)) {
                (1, Some(name)) => name.clone(),
                (1, None) => format!("`{part}`"),
                _ => part.to_owned(),
            });
        parts.collect()
    }

    /// A rule in one sentence.
    pub(super) fn rule(&self, rule: &ir::Rule) -> String {
        let when = rule
            .when
            .as_ref()
            .map(|c| format!(" when {}", self.condition(c)))
            .unwrap_or_default();
        let subject = |names: &[String]| {
            let verb = if names.len() == 1 { "is" } else { "are" };
            (join(names.iter().map(|n| self.get(n)), "and"), verb)
        };
        match &rule.kind {
            ir::RuleKind::Requires(names) => {
                let (subject, verb) = subject(names);
                format!("{subject} {verb} required{when}.")
            }
            ir::RuleKind::Forbids(names) => format!("{} may not be given{when}.", subject(names).0),
            ir::RuleKind::AtLeastOneOf(names) => {
                format!("At least one of {} must be given{when}.", subject(names).0)
            }
            ir::RuleKind::AtMostOneOf(names) => {
                format!("At most one of {} may be given{when}.", subject(names).0)
            }
            ir::RuleKind::OnlyWhen(names) => {
                let condition = rule
                    .when
                    .as_ref()
                    .map(|c| self.condition(c))
                    .unwrap_or_default();
                format!("{} may be given only when {condition}.", subject(names).0)
            }
            ir::RuleKind::Geometry(name, kinds) => {
                format!("{} takes {}{when}.", self.get(name), geometries(kinds))
            }
            ir::RuleKind::MinItems(name, count) => {
                format!("{} needs at least {count} items{when}.", self.get(name))
            }
            ir::RuleKind::LessThan(name, other) => {
                format!(
                    "{} must be less than {}{when}.",
                    self.get(name),
                    self.get(other)
                )
            }
        }
    }

    fn condition(&self, condition: &ir::Condition) -> String {
        match condition {
            ir::Condition::Present(name) => format!("{} is given", self.get(name)),
            ir::Condition::Absent(name) => format!("{} is not given", self.get(name)),
            ir::Condition::Equals(name, text) => format!("{} is {}", self.get(name), plain(text)),
            ir::Condition::Geometry(name, kinds) => match kinds.as_slice() {
                ["Table"] => format!("{} is a table", self.get(name)),
                kinds => format!("{} has {}", self.get(name), geometries(kinds)),
            },
            ir::Condition::ItemsAtLeast(name, count) => {
                format!("{} has {count} or more items", self.get(name))
            }
            ir::Condition::ItemsAtMost(name, 1) => format!("{} has a single item", self.get(name)),
            ir::Condition::ItemsAtMost(name, count) => {
                format!("{} has at most {count} items", self.get(name))
            }
            ir::Condition::All(parts) => join(parts.iter().map(|c| self.nested(c)), "and"),
            ir::Condition::Any(parts) => match one_of(parts) {
                Some((name, values)) => format!("{} is {}", self.get(name), join(values, "or")),
                None => join(parts.iter().map(|c| self.nested(c)), "or"),
            },
        }
    }

    fn nested(&self, condition: &ir::Condition) -> String {
        match condition {
            ir::Condition::All(_) | ir::Condition::Any(_) => {
                format!("({})", self.condition(condition))
            }
            _ => self.condition(condition),
        }
    }
}

/// The parameter and the values of conditions that all ask what one parameter equals.
fn one_of(parts: &[ir::Condition]) -> Option<(&str, Vec<String>)> {
    let equals = parts.iter().map(|part| match part {
        ir::Condition::Equals(name, text) => Some((name.as_str(), plain(text))),
        _ => None,
    });
    let (names, values): (Vec<_>, Vec<_>) = equals.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let name = names.first().copied()?;
    names.iter().all(|n| *n == name).then_some((name, values))
}

/// A value without quotes, in backticks.
fn plain(json: &str) -> String {
    format!("`{}`", json.trim_matches('"'))
}

/// `point, line or polygon features`, `point features or tables`.
pub(super) fn geometries(kinds: &[&str]) -> String {
    let (tables, features): (Vec<&str>, Vec<&str>) = kinds.iter().partition(|k| **k == "Table");
    let features = join(features.iter().map(|k| k.to_lowercase()), "or");
    match (features.is_empty(), tables.is_empty()) {
        (true, _) => "tables".to_owned(),
        (false, true) => format!("{features} features"),
        (false, false) => format!("{features} features or tables"),
    }
}

/// `a, b and c`.
pub(super) fn join(parts: impl IntoIterator<Item = String>, joint: &str) -> String {
    let mut parts: Vec<_> = parts.into_iter().collect();
    match parts.pop() {
        Some(last) if !parts.is_empty() => format!("{} {joint} {last}", parts.join(", ")),
        Some(last) => last,
        None => String::new(),
    }
}
