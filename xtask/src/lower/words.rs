//! Sentences about parameters, with their Rust names.

use super::names;
use crate::ir;
use crate::spec;
use std::collections::BTreeMap;

/// How each parameter is called in the documentation of Rust code.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// The names of a task's parameters.
    pub(super) fn of(task: &spec::Task) -> Self {
        let mut names = Self::of_members(&task.parameters);
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

    /// The names of an object's members.
    pub(super) fn of_members(members: &[spec::Parameter]) -> Self {
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
                format!(
                    "{} takes {} features{when}.",
                    self.get(name),
                    geometries(kinds)
                )
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
            ir::Condition::Equals(name, text) => {
                format!("{} is `{}`", self.get(name), text.trim_matches('"'))
            }
            ir::Condition::Geometry(name, kinds) => {
                format!("{} has {} features", self.get(name), geometries(kinds))
            }
            ir::Condition::ItemsAtLeast(name, count) => {
                format!("{} has {count} or more items", self.get(name))
            }
            ir::Condition::ItemsAtMost(name, 1) => format!("{} has a single item", self.get(name)),
            ir::Condition::ItemsAtMost(name, count) => {
                format!("{} has at most {count} items", self.get(name))
            }
            ir::Condition::All(parts) => join(parts.iter().map(|c| self.nested(c)), "and"),
            ir::Condition::Any(parts) => join(parts.iter().map(|c| self.nested(c)), "or"),
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

/// `point, line or polygon`.
pub(super) fn geometries(kinds: &[&str]) -> String {
    join(kinds.iter().map(|k| k.to_lowercase()), "or")
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
