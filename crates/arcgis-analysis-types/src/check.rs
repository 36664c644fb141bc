//! Checks parameters against their descriptions: each by itself, then the rules between them.

mod condition;
#[cfg(test)]
mod tests;

use crate::GeometryKind;
use crate::error::{ParameterError, ParameterErrorKind as Kind, Problem};
use crate::meta::{ParamMeta, RangeMeta, Rule, RuleMeta, TaskMeta};
use crate::param::{Facts, Scalar, Visitor, listed};
use condition::{Known, words};

/// Checks the parameters of a task.
pub(crate) fn task(meta: &'static TaskMeta, params: &Visitor<'_>) -> Result<(), ParameterError> {
    values(meta.name, meta.params, params)?;
    let known = Known { meta, params };
    meta.rules.iter().try_for_each(|rule| obey(&known, rule))
}

/// Checks each parameter by itself.
pub(crate) fn values(
    owner: &str,
    members: &[ParamMeta],
    params: &Visitor<'_>,
) -> Result<(), ParameterError> {
    for (name, value) in params.params() {
        let meta = members.iter().find(|m| m.name == *name);
        if meta.is_some_and(|meta| is_empty_by_default(meta, &value.facts())) {
            continue;
        }
        let checked = value.validate().and_then(|()| match meta {
            Some(meta) => restrictions(meta, &value.facts()),
            None => Ok(()),
        });
        checked.map_err(|problem| problem.of_param(owner, name))?;
    }
    Ok(())
}

/// Whether a text is empty where emptiness is what the service assumes, and so means something.
fn is_empty_by_default(meta: &ParamMeta, facts: &Facts<'_>) -> bool {
    meta.default == Some(r#""""#) && facts.scalar == Some(Scalar::Text(""))
}

/// Checks what the parameter's description says of geometries and numbers.
fn restrictions(meta: &ParamMeta, facts: &Facts<'_>) -> Result<(), Problem> {
    if !meta.geometry.is_empty() {
        geometry(facts, meta.geometry, "")?;
    }
    match meta.range {
        Some(range) => facts
            .numbers
            .iter()
            .try_for_each(|number| in_range(*number, range)),
        None => Ok(()),
    }
}

/// Refuses features of a geometry that is not among the allowed ones. What is not known is left to the service.
fn geometry(facts: &Facts<'_>, allowed: &[GeometryKind], when: &str) -> Result<(), Problem> {
    let mut kinds = facts
        .geometries
        .iter()
        .enumerate()
        .filter_map(|(i, kind)| Some((i, (*kind)?)));
    let Some((index, actual)) = kinds.find(|(_, kind)| !allowed.contains(kind)) else {
        return Ok(());
    };
    let text = format!(
        "takes {}, not {}{when}",
        kinds_in_words(allowed),
        kinds_in_words(&[actual])
    );
    let problem = Problem::new(Kind::Geometry, text);
    // A list is told by its number of items: a single collection has one geometry but any number of features.
    Err(if facts.is_list {
        problem.of_item(index)
    } else {
        problem
    })
}

fn in_range(number: f64, range: RangeMeta) -> Result<(), Problem> {
    let refuse = |bound: &str, limit: f64| {
        Err(Problem::new(
            Kind::OutOfRange,
            format!("must be {bound} {limit}, not {number}"),
        ))
    };
    match (range.min, range.max) {
        (Some(min), _) if range.exclusive_min && number <= min => refuse("greater than", min),
        (Some(min), _) if number < min => refuse("at least", min),
        (_, Some(max)) if number > max => refuse("at most", max),
        _ => Ok(()),
    }
}

/// Checks a rule between parameters. A rule whose condition cannot be decided here is left to the service.
fn obey(known: &Known<'_>, rule: &RuleMeta) -> Result<(), ParameterError> {
    let applies = rule.when.map(|when| known.holds(when));
    let when = rule
        .when
        .map(|when| format!(" when {}", words(when)))
        .unwrap_or_default();
    let help = if rule.help.is_empty() {
        String::new()
    } else {
        format!("; {}", rule.help)
    };
    let refuse = |names: &[&str], text: String| {
        Err(ParameterError::new(
            Kind::Rule,
            known.meta.name,
            names.iter().copied(),
            text + &help,
        ))
    };
    let present = |name: &&&str| known.is_present(name);
    let departs = |name: &&&str| known.departs(name);
    // This rule is about the case in which its condition does not hold, every other one about the case in which it does.
    if let Rule::OnlyWhen(names) = rule.rule {
        return match (names.iter().find(departs), applies) {
            (Some(name), Some(Some(false))) => refuse(&[name], format!("may be given only{when}")),
            _ => Ok(()),
        };
    }
    if !matches!(applies, None | Some(Some(true))) {
        return Ok(());
    }
    match rule.rule {
        Rule::OnlyWhen(_) => Ok(()),
        Rule::Requires(names) => match names.iter().find(|name| !known.is_present(name)) {
            Some(name) => refuse(&[name], format!("is required{when}")),
            None => Ok(()),
        },
        Rule::Forbids(names) => match names.iter().find(departs) {
            Some(name) => refuse(&[name], format!("may not be given{when}")),
            None => Ok(()),
        },
        Rule::AtLeastOneOf(names) => match names.iter().find(present) {
            Some(_) => Ok(()),
            None => refuse(
                names,
                format!(
                    "are {} missing; give at least one of them{when}",
                    both_or_all(names.len())
                ),
            ),
        },
        Rule::AtMostOneOf(names) => {
            let given: Vec<_> = names.iter().filter(present).copied().collect();
            match given.len() {
                0 | 1 => Ok(()),
                _ => refuse(
                    &given,
                    format!("exclude each other{when}; give only one of them"),
                ),
            }
        }
        Rule::Geometry(name, allowed) => match known
            .facts(name)
            .map(|facts| geometry(&facts, allowed, &when))
        {
            Some(Err(problem)) => refuse(&[name], problem.to_string()),
            _ => Ok(()),
        },
        Rule::MinItems(name, least) => match known.facts(name).and_then(|facts| facts.items) {
            Some(items) if items < least => refuse(
                &[name],
                format!("needs at least {}, not {items}{when}", counted(least)),
            ),
            _ => Ok(()),
        },
        Rule::LessThan(name, other) if known.is_present(name) || known.is_present(other) => {
            match (known.number(name), known.number(other)) {
                (Some(a), Some(b)) if a >= b => {
                    let default = if known.is_present(other) {
                        ""
                    } else {
                        " by default"
                    };
                    refuse(
                        &[name],
                        format!(
                            "must be less than `{other}`, which is {b}{default}, not {a}{when}"
                        ),
                    )
                }
                _ => Ok(()),
            }
        }
        Rule::LessThan(..) => Ok(()),
    }
}

pub(crate) fn both_or_all(count: usize) -> &'static str {
    if count == 2 { "both" } else { "all" }
}

fn counted(items: usize) -> String {
    if items == 1 {
        "1 item".to_owned()
    } else {
        format!("{items} items")
    }
}

/// Geometries in words: `point or line features`.
fn kinds_in_words(kinds: &[GeometryKind]) -> String {
    let features = kinds.iter().filter(|kind| **kind != GeometryKind::Table);
    let mut parts: Vec<_> = features.map(ToString::to_string).collect();
    if let Some(last) = parts.last_mut() {
        last.push_str(" features");
    }
    if kinds.contains(&GeometryKind::Table) {
        parts.push("rows without geometry".to_owned());
    }
    listed(&parts, "or")
}
