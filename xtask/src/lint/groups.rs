//! Groups of parameters that exclude each other.

use super::Task;
use crate::diagnostic::{Code, Finding};
use crate::near;
use std::collections::BTreeMap;

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let names = task.param_names();
    let mut members: BTreeMap<&str, String> = BTreeMap::new();
    for (g, group) in task.spec.groups.iter().enumerate() {
        if group.variants.len() < 2 {
            let message = format!("the group `{}` needs two variants at least", group.name);
            let finding = task.at_key(
                Code::GroupTooSmall,
                &format!("/groups/{g}/variants"),
                message,
            );
            findings.push(finding.help(
                "parameters that exclude nothing belong to no group; a rule may tie them together",
            ));
        }
        for (v, variant) in group.variants.iter().enumerate() {
            let at = format!("/groups/{g}/variants/{v}/parameters");
            for (p, name) in variant.parameters.iter().enumerate() {
                let pointer = format!("{at}/{p}");
                if !names.contains(&name.as_str()) {
                    findings.push(unknown(task, Code::GroupUnknownParameter, &pointer, name));
                }
                if let Some(first) = members.insert(name, pointer.clone()) {
                    let message = format!("`{name}` belongs to a variant already");
                    let finding = task.at(Code::GroupParameterTwice, &pointer, message);
                    let finding = finding.label(task.document.span(&first), "first here");
                    findings.push(finding.help("a parameter that fits several variants belongs to none; a rule may restrict it"));
                }
            }
            let known = variant.parameters.iter().all(|n| task.param(n).is_some());
            let required = variant
                .parameters
                .iter()
                .any(|n| task.param(n).is_some_and(|p| p.required));
            if known && !required {
                let message = format!(
                    "nothing shows that the variant `{}` is chosen",
                    variant.name
                );
                let finding = task.at(Code::GroupOptional, &at, message);
                findings.push(finding.help("make one of its parameters required: that means, whenever the variant is chosen"));
            }
        }
    }
}

/// A name that no parameter has.
pub(super) fn unknown(task: &Task<'_>, code: Code, pointer: &str, name: &str) -> Finding {
    let names = task.param_names();
    let help = match near::nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the parameters are {}", near::quoted(&names)),
    };
    task.at(code, pointer, format!("the task has no parameter `{name}`"))
        .help(help)
}
