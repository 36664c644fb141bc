//! Examples.

use super::{Task, groups, values};
use crate::diagnostic::{Code, Finding};
use crate::source::escape;
use crate::spec::Example;

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let Some(_) = task.spec.examples.first() else {
        let message = format!("the task `{}` has no example", task.spec.name);
        let finding = Finding::at(
            Code::NoExample,
            &task.document.file.path,
            message,
            task.document.span("/name"),
        );
        findings.push(finding.help(
            "add `examples`: the first becomes the example in the documentation, and a test",
        ));
        return;
    };
    for (i, example) in task.spec.examples.iter().enumerate() {
        let at = format!("/examples/{i}/parameters");
        parameters(task, &at, example, findings);
        exclusive(task, &at, example, findings);
    }
}

fn parameters(task: &Task<'_>, at: &str, example: &Example, findings: &mut Vec<Finding>) {
    for (name, value) in &example.parameters {
        let pointer = format!("{at}/{}", escape(name));
        let Some(param) = task.param(name) else {
            let mut finding = groups::unknown(task, Code::ExampleUnknown, &pointer, name);
            finding.labels[0].range = task.document.key_span(&pointer);
            findings.push(finding);
            continue;
        };
        for mismatch in values::check(task, param, value) {
            let message = format!("`{name}` {}", mismatch.message);
            let finding = task.at(
                Code::ExampleType,
                &format!("{pointer}{}", mismatch.at),
                message,
            );
            findings.push(finding.help("give a value that the service would take"));
        }
    }
    let grouped: Vec<_> = task
        .spec
        .groups
        .iter()
        .flat_map(|g| &g.variants)
        .flat_map(|v| &v.parameters)
        .collect();
    for param in task
        .spec
        .parameters
        .iter()
        .filter(|p| p.required && !grouped.contains(&&p.name))
    {
        if !example.parameters.contains_key(&param.name) {
            missing(task, at, &param.name, findings);
        }
    }
}

fn exclusive(task: &Task<'_>, at: &str, example: &Example, findings: &mut Vec<Finding>) {
    let given = |name: &String| example.parameters.contains_key(name);
    for group in &task.spec.groups {
        let chosen: Vec<_> = group
            .variants
            .iter()
            .filter(|v| v.parameters.iter().any(given))
            .collect();
        match chosen.as_slice() {
            [] if group.required => {
                let message = format!(
                    "the example gives none of the parameters of `{}`",
                    group.name
                );
                let finding = task.at_key(Code::ExampleGroup, at, message);
                findings.push(finding.help("give those of one variant"));
            }
            [] => {}
            [variant] => {
                for name in variant.parameters.iter().filter(|name| !given(name)) {
                    if task.param(name).is_some_and(|p| p.required) {
                        missing(task, at, name, findings);
                    }
                }
            }
            [first, second, ..] => {
                let place = |variant: &crate::spec::Variant| {
                    let name = variant.parameters.iter().find(|name| given(name));
                    name.map(|name| task.document.key_span(&format!("{at}/{}", escape(name))))
                        .unwrap_or_default()
                };
                let message = format!(
                    "`{}` and `{}` of the group `{}` exclude each other",
                    first.name, second.name, group.name
                );
                let finding = Finding::at(
                    Code::ExampleGroup,
                    &task.document.file.path,
                    message,
                    place(second),
                );
                let finding = finding.label(place(first), "the other");
                findings.push(finding.help("give the parameters of one variant only"));
            }
        }
    }
}

fn missing(task: &Task<'_>, at: &str, name: &str, findings: &mut Vec<Finding>) {
    let message = format!("the example lacks the required parameter `{name}`");
    let finding = task.at_key(Code::ExampleMissing, at, message);
    findings.push(finding.help(format!("add `{name}`")));
}
