//! Rules between parameters.

use super::canonical;
use super::geometry;
use crate::ir;
use crate::spec;

/// The rules of a task: those that it states, and the least numbers of items of its parameters.
pub(super) fn lower(task: &spec::Task) -> Vec<ir::Rule> {
    let minima = task
        .parameters
        .iter()
        .filter_map(|p| Some((p.name.clone(), p.min_items?)));
    let minima = minima.map(|(name, count)| ir::Rule {
        kind: ir::RuleKind::MinItems(name, count),
        when: None,
        help: String::new(),
        message_code: None,
    });
    minima
        .chain(task.rules.iter().map(|r| rule(r, task)))
        .collect()
}

fn rule(rule: &spec::Rule, task: &spec::Task) -> ir::Rule {
    let names = rule.parameters.clone();
    let first = || names.first().cloned().unwrap_or_default();
    let kind = match rule.kind {
        spec::RuleKind::Requires => ir::RuleKind::Requires(names),
        spec::RuleKind::Forbids => ir::RuleKind::Forbids(names),
        spec::RuleKind::AtLeastOneOf => ir::RuleKind::AtLeastOneOf(names),
        spec::RuleKind::AtMostOneOf => ir::RuleKind::AtMostOneOf(names),
        spec::RuleKind::OnlyWhen => ir::RuleKind::OnlyWhen(names),
        spec::RuleKind::Geometry => ir::RuleKind::Geometry(
            first(),
            rule.geometry.iter().map(|g| geometry(*g)).collect(),
        ),
        spec::RuleKind::MinItems => ir::RuleKind::MinItems(first(), rule.count.unwrap_or_default()),
        spec::RuleKind::LessThan => {
            ir::RuleKind::LessThan(first(), rule.than.clone().unwrap_or_default())
        }
    };
    ir::Rule {
        kind,
        when: rule.when.as_ref().map(|c| condition(c, task)),
        help: rule.help.clone().unwrap_or_default(),
        message_code: rule.message_code.clone(),
    }
}

fn condition(from: &spec::Condition, task: &spec::Task) -> ir::Condition {
    let all = |parts: &[spec::Condition]| parts.iter().map(|c| condition(c, task)).collect();
    if let Some(parts) = &from.all {
        return ir::Condition::All(all(parts));
    }
    if let Some(parts) = &from.any {
        return ir::Condition::Any(all(parts));
    }
    let name = from.parameter.clone().unwrap_or_default();
    if let Some(value) = &from.equals {
        let ty = task
            .parameters
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.ty);
        let value = ty.map_or_else(|| value.clone(), |ty| canonical::value(ty, value));
        return ir::Condition::Equals(name, value.to_string());
    }
    if let Some(kinds) = &from.geometry {
        return ir::Condition::Geometry(name, kinds.iter().map(|g| geometry(*g)).collect());
    }
    match (from.min_items, from.max_items, from.present) {
        (Some(count), _, _) => ir::Condition::ItemsAtLeast(name, count),
        (_, Some(count), _) => ir::Condition::ItemsAtMost(name, count),
        (_, _, Some(false)) => ir::Condition::Absent(name),
        _ => ir::Condition::Present(name),
    }
}
