//! Rules between parameters.

use super::groups::unknown;
use super::params::{is_features, is_list};
use super::{Task, values};
use crate::diagnostic::{Code, Finding};
use crate::spec::{Condition, ParameterType, Rule, RuleKind};

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    for (i, rule) in task.spec.rules.iter().enumerate() {
        let at = format!("/rules/{i}");
        for (p, name) in rule.parameters.iter().enumerate() {
            if task.param(name).is_none() {
                findings.push(unknown(
                    task,
                    Code::RuleUnknownParameter,
                    &format!("{at}/parameters/{p}"),
                    name,
                ));
            }
        }
        if rule.kind == RuleKind::OnlyWhen && rule.when.is_none() {
            let finding = task.at(
                Code::OnlyWhenWithoutWhen,
                &format!("{at}/rule"),
                "`onlyWhen` needs a condition",
            );
            findings.push(finding.help("say in `when` when the parameters may be given"));
        }
        keys(task, &at, rule, findings);
        types(task, &at, rule, findings);
        pointless(task, &at, rule, findings);
        if let Some(when) = &rule.when {
            condition(task, &format!("{at}/when"), when, findings);
        }
    }
}

/// Each kind of rule has keys of its own.
fn keys(task: &Task<'_>, at: &str, rule: &Rule, findings: &mut Vec<Finding>) {
    let keys = [
        ("geometry", RuleKind::Geometry, !rule.geometry.is_empty()),
        ("count", RuleKind::MinItems, rule.count.is_some()),
        ("than", RuleKind::LessThan, rule.than.is_some()),
    ];
    for (key, kind, given) in keys {
        if rule.kind == kind && !given {
            let finding = task.at(
                Code::RuleKeys,
                &format!("{at}/rule"),
                format!("this rule needs `{key}`"),
            );
            findings.push(finding.help(format!("add `{key}`")));
        } else if rule.kind != kind && given {
            let finding = task.at_key(
                Code::RuleKeys,
                &format!("{at}/{key}"),
                format!("this rule has no use for `{key}`"),
            );
            findings.push(finding.help("remove it, or choose another rule"));
        }
    }
    let single = matches!(
        rule.kind,
        RuleKind::Geometry | RuleKind::MinItems | RuleKind::LessThan
    );
    if single && rule.parameters.len() != 1 || rule.parameters.is_empty() {
        let number = if single {
            "exactly one parameter"
        } else {
            "a parameter"
        };
        let finding = task.at(
            Code::RuleKeys,
            &format!("{at}/parameters"),
            format!("this rule needs {number}"),
        );
        findings.push(finding.help("write a rule for each of several parameters"));
    }
}

/// A rule can only ask what its parameters can answer.
fn types(task: &Task<'_>, at: &str, rule: &Rule, findings: &mut Vec<Finding>) {
    let mut report = |pointer: String, name: &str, problem: &str| {
        let finding = task.at(Code::RuleType, &pointer, format!("`{name}` {problem}"));
        findings.push(finding.help("correct the parameter's name or its type"));
    };
    for (p, name) in rule.parameters.iter().enumerate() {
        let Some(param) = task.param(name) else {
            continue;
        };
        let pointer = format!("{at}/parameters/{p}");
        match rule.kind {
            RuleKind::Geometry if !is_features(param.ty) => {
                report(pointer, name, "takes no features")
            }
            RuleKind::MinItems if !is_list(param.ty) => report(pointer, name, "is no list"),
            RuleKind::LessThan if !is_number(param.ty) => report(pointer, name, "is no number"),
            _ => {}
        }
    }
    if let Some(than) = rule
        .than
        .as_ref()
        .filter(|_| rule.kind == RuleKind::LessThan)
    {
        let pointer = format!("{at}/than");
        match task.param(than) {
            None => findings.push(unknown(task, Code::RuleUnknownParameter, &pointer, than)),
            Some(param) if !is_number(param.ty) => report(pointer, than, "is no number"),
            Some(_) => {}
        }
    }
}

/// A rule that nothing can break, or nothing can keep.
fn pointless(task: &Task<'_>, at: &str, rule: &Rule, findings: &mut Vec<Finding>) {
    let mut report = |pointer: String, message: String| {
        findings.push(
            task.at(Code::RulePointless, &pointer, message)
                .help("correct the rule, or remove it"),
        );
    };
    let many = matches!(rule.kind, RuleKind::AtLeastOneOf | RuleKind::AtMostOneOf);
    if many && rule.parameters.len() == 1 {
        report(
            format!("{at}/parameters"),
            "a choice among one parameter is none".to_owned(),
        );
    }
    if rule.kind == RuleKind::MinItems && rule.count.is_some_and(|count| count < 2) {
        report(
            format!("{at}/count"),
            "a list has one item at least in any case: an empty list is refused".to_owned(),
        );
    }
    if rule.kind == RuleKind::LessThan
        && rule
            .than
            .as_ref()
            .is_some_and(|than| rule.parameters.contains(than))
    {
        report(
            format!("{at}/than"),
            "nothing is less than itself".to_owned(),
        );
    }
    for (p, name) in rule.parameters.iter().enumerate() {
        if rule.parameters[..p].contains(name) {
            report(
                format!("{at}/parameters/{p}"),
                format!("`{name}` is named twice"),
            );
        }
    }
    let always = |name: &str| {
        let grouped = task.spec.groups.iter().any(|g| {
            g.variants
                .iter()
                .any(|v| v.parameters.iter().any(|p| p == name))
        });
        !grouped && task.param(name).is_some_and(|p| p.required)
    };
    for (p, name) in rule
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, name)| always(name))
    {
        let problem = match rule.kind {
            RuleKind::Requires | RuleKind::AtLeastOneOf => "is required in any case",
            RuleKind::Forbids | RuleKind::AtMostOneOf | RuleKind::OnlyWhen => {
                "is required, so it cannot be left out"
            }
            RuleKind::Geometry | RuleKind::MinItems | RuleKind::LessThan => continue,
        };
        report(
            format!("{at}/parameters/{p}"),
            format!("`{name}` {problem}"),
        );
    }
}

fn condition(task: &Task<'_>, at: &str, when: &Condition, findings: &mut Vec<Finding>) {
    let questions = [
        ("present", when.present.is_some()),
        ("equals", when.equals.is_some()),
        ("geometry", when.geometry.is_some()),
        ("minItems", when.min_items.is_some()),
        ("maxItems", when.max_items.is_some()),
    ];
    let asked = questions.iter().filter(|(_, given)| *given).count();
    let lists = usize::from(when.all.is_some()) + usize::from(when.any.is_some());
    let shape = match (when.parameter.is_some(), asked, lists) {
        (true, 1, 0) | (false, 0, 1) => None,
        (true, 0, 0) => Some("asks nothing about its parameter"),
        (false, 0, 0) => Some("is empty"),
        (false, _, 0) => Some("does not say which parameter it asks about"),
        _ => Some("asks several things at once"),
    };
    if let Some(problem) = shape {
        let finding = task.at(
            Code::ConditionShape,
            at,
            format!("this condition {problem}"),
        );
        let help = "name a `parameter` and one of `present`, `equals`, `geometry`, `minItems`, `maxItems`; join conditions by `all` or `any`";
        findings.push(finding.help(help));
        return;
    }
    for (key, parts) in [("all", &when.all), ("any", &when.any)] {
        let Some(parts) = parts else { continue };
        if parts.is_empty() {
            let finding = task.at(
                Code::ConditionShape,
                &format!("{at}/{key}"),
                "this condition joins nothing",
            );
            findings.push(finding.help("list the conditions that it joins"));
        }
        for (i, part) in parts.iter().enumerate() {
            condition(task, &format!("{at}/{key}/{i}"), part, findings);
        }
    }
    if let Some(name) = &when.parameter {
        question(task, at, name, when, findings);
    }
}

fn question(task: &Task<'_>, at: &str, name: &str, when: &Condition, findings: &mut Vec<Finding>) {
    let pointer = format!("{at}/parameter");
    let Some(param) = task.param(name) else {
        findings.push(unknown(
            task,
            Code::ConditionUnknownParameter,
            &pointer,
            name,
        ));
        return;
    };
    let mut report = |pointer: &str, message: String| {
        let finding = task.at(Code::RuleType, pointer, message);
        findings.push(finding.help("correct the question, the parameter's name or its type"));
    };
    if when.geometry.is_some() && !is_features(param.ty) {
        report(&pointer, format!("`{name}` takes no features"));
    }
    if (when.min_items.is_some() || when.max_items.is_some())
        && !is_list(param.ty)
        && !is_features(param.ty)
    {
        report(&pointer, format!("`{name}` is neither a list nor features"));
    }
    let Some(value) = &when.equals else { return };
    let pointer = format!("{at}/equals");
    let scalar = matches!(
        param.ty,
        ParameterType::Text
            | ParameterType::FieldName
            | ParameterType::Number
            | ParameterType::Integer
            | ParameterType::Boolean
            | ParameterType::Choice
            // Its word for a straight line, or the name of a mode.
            | ParameterType::TravelMode
    );
    if !scalar {
        report(
            &pointer,
            format!("`{name}` is no text, number, truth value or choice to compare with"),
        );
    } else if let Some(mismatch) = values::check(task, param, value).first() {
        report(
            &pointer,
            format!("`{name}` can never equal this: it {}", mismatch.message),
        );
    }
}

fn is_number(ty: ParameterType) -> bool {
    matches!(ty, ParameterType::Number | ParameterType::Integer)
}
