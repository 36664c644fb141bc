//! Parameters, one by one.

use super::Task;
use super::values::{self, Mismatch};
use crate::diagnostic::{Code, Finding};
use crate::lower::names;
use crate::spec::{Parameter, ParameterType};
use std::collections::BTreeMap;

/// The flags that the command line keeps for itself; a parameter of such a name gets `param-` before it.
pub const RESERVED_FLAGS: &[&str] = &[
    "cancel-on-interrupt",
    "events",
    "help",
    "json",
    "local",
    "max-credits",
    "out",
    "params",
    "password-stdin",
    "portal",
    "result",
    "service",
    "timeout",
    "username",
    "verbose",
    "version",
];

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    duplicates(task, "/parameters", &task.spec.parameters, findings);
    flags(task, findings);
    for (at, param) in task.all_params() {
        default(task, &at, param, findings);
        range(task, &at, param, findings);
        if !param.geometry.is_empty() && !is_features(param.ty) {
            let message = format!("`{}` takes no features, so it has no geometry", param.name);
            let finding = task.at_key(
                Code::GeometryWithoutFeatures,
                &format!("{at}/geometry"),
                message,
            );
            findings.push(finding.help("remove `geometry`, or make the type `featureInput`"));
        }
        min_items(task, &at, param, findings);
    }
}

/// Reports wire names that are there twice.
pub(super) fn duplicates(
    task: &Task<'_>,
    at: &str,
    params: &[Parameter],
    findings: &mut Vec<Finding>,
) {
    for (i, param) in params.iter().enumerate() {
        let first = params[..i]
            .iter()
            .position(|p| p.name.eq_ignore_ascii_case(&param.name));
        if let Some(first) = first {
            let message = format!(
                "`{}` is there already; the wire does not tell letter cases apart",
                param.name
            );
            let finding = task.at(Code::DuplicateParameter, &format!("{at}/{i}/name"), message);
            let finding = finding.label(
                task.document.span(&format!("{at}/{first}/name")),
                "first here",
            );
            findings.push(finding.help("remove one of them, or correct its name"));
        }
    }
}

fn flags(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let mut flags: BTreeMap<String, usize> = BTreeMap::new();
    let own = names::flags(&task.spec.parameters);
    for (i, (param, flag)) in task.spec.parameters.iter().zip(own).enumerate() {
        let flag = if RESERVED_FLAGS.contains(&flag.as_str()) {
            format!("param-{flag}")
        } else {
            flag
        };
        let Some(first) = flags.insert(flag.clone(), i) else {
            continue;
        };
        if task.spec.parameters[first]
            .name
            .eq_ignore_ascii_case(&param.name)
        {
            continue;
        }
        let message = format!(
            "`{}` would be the second parameter with the flag `--{flag}`",
            param.name
        );
        let finding = task.at(
            Code::FlagCollision,
            &format!("/parameters/{i}/name"),
            message,
        );
        let finding = finding.label(
            task.document.span(&format!("/parameters/{first}/name")),
            "the first",
        );
        findings.push(
            finding.help("flags are the wire names in kebab case; check how the names are spelled, or give one a name by `rust`"),
        );
    }
}

fn default(task: &Task<'_>, at: &str, param: &Parameter, findings: &mut Vec<Finding>) {
    let Some(value) = &param.default else { return };
    let pointer = format!("{at}/default");
    if param.required {
        let message = format!(
            "`{}` is required, so its default can never apply",
            param.name
        );
        let finding = task.at_key(Code::RequiredDefault, &pointer, message);
        let finding = finding.label(
            task.document.key_span(&format!("{at}/required")),
            "required here",
        );
        findings.push(finding.help("remove `default`, or make the parameter optional"));
        return;
    }
    for Mismatch {
        at: within,
        message,
        choice,
    } in values::check(task, param, value)
    {
        let pointer = format!("{pointer}{within}");
        if !choice {
            let finding = task.at(
                Code::DefaultType,
                &pointer,
                format!("the default of `{}` {message}", param.name),
            );
            findings
                .push(finding.help("write the default as a JSON value of the parameter's type"));
            continue;
        }
        let message = format!("the default of `{}` {message}", param.name);
        let mut finding = task.at(Code::DefaultNotAChoice, &pointer, message);
        let choices = format!("{at}/choices");
        if task.document.has(&choices) {
            finding = finding.label(task.document.key_span(&choices), "the choices");
        }
        findings.push(finding.help("add the word to the choices, or change the default"));
    }
    if let (Some(range), Some(number)) = (&param.range, value.as_f64()) {
        let low = range.min.is_some_and(|min| number < min)
            || range.exclusive_min.is_some_and(|min| number <= min);
        if low || range.max.is_some_and(|max| number > max) {
            let message = format!("the default of `{}` is out of its range", param.name);
            let finding = task.at(Code::DefaultOutOfRange, &pointer, message);
            let finding = finding.label(task.document.span(&format!("{at}/range")), "the range");
            findings.push(finding.help("change the default or the range"));
        }
    }
}

fn range(task: &Task<'_>, at: &str, param: &Parameter, findings: &mut Vec<Finding>) {
    let Some(range) = &param.range else { return };
    let pointer = format!("{at}/range");
    if !matches!(
        param.ty,
        ParameterType::Number
            | ParameterType::NumberList
            | ParameterType::Integer
            | ParameterType::IntegerList
    ) {
        let message = format!("`{}` is no number, so it has no range", param.name);
        let finding = task.at_key(Code::RangeWithoutNumber, &pointer, message);
        findings.push(
            finding.help("remove `range`, or make the type `number`, `numberList` or `integer`"),
        );
        return;
    }
    let problem = match (range.min, range.exclusive_min, range.max) {
        (Some(_), Some(_), _) => "has two least values; give `min` or `exclusiveMin`",
        (None, None, None) => "holds every number; give `min`, `exclusiveMin` or `max`",
        (Some(min), _, Some(max)) if min > max => "holds no number: `min` is greater than `max`",
        (_, Some(min), Some(max)) if min >= max => {
            "holds no number: `exclusiveMin` is not less than `max`"
        }
        _ => return,
    };
    let finding = task.at(
        Code::EmptyRange,
        &pointer,
        format!("the range of `{}` {problem}", param.name),
    );
    findings.push(finding.help("correct the bounds, or remove the range"));
}

fn min_items(task: &Task<'_>, at: &str, param: &Parameter, findings: &mut Vec<Finding>) {
    let Some(count) = param.min_items else { return };
    let (problem, help) = if !is_list(param.ty) {
        (
            "is no list, so it has no items",
            "remove `minItems`, or make the type a list",
        )
    } else if count < 2 {
        (
            "has one item at least in any case: an empty list is refused",
            "remove `minItems`",
        )
    } else {
        return;
    };
    let message = format!("`{}` {problem}", param.name);
    findings.push(
        task.at_key(Code::MinItems, &format!("{at}/minItems"), message)
            .help(help),
    );
}

/// Whether a parameter takes features.
pub(super) fn is_features(ty: ParameterType) -> bool {
    matches!(
        ty,
        ParameterType::FeatureInput
            | ParameterType::FeatureInputList
            | ParameterType::FeatureSet
            | ParameterType::RasterOrFeatureInput
    )
}

/// Whether a parameter is a list.
pub(super) fn is_list(ty: ParameterType) -> bool {
    matches!(
        ty,
        ParameterType::TextList
            | ParameterType::IntegerList
            | ParameterType::RasterInputList
            | ParameterType::FieldNameList
            | ParameterType::SummaryFields
            | ParameterType::NumberList
            | ParameterType::ChoiceList
            | ParameterType::FeatureInputList
            | ParameterType::ObjectList
    )
}
