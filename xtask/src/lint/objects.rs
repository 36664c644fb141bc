//! Objects that parameters hold.

use super::{Task, params};
use crate::diagnostic::{Code, Finding};
use crate::near;
use crate::source::escape;
use crate::spec::ParameterType;
use std::collections::BTreeSet;

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let objects = &task.spec.objects;
    let mut used = BTreeSet::new();
    for (at, param) in task.all_params() {
        let holds = matches!(param.ty, ParameterType::Object | ParameterType::ObjectList);
        match (&param.object, holds) {
            (Some(name), true) => {
                used.insert(name.as_str());
                if !objects.contains_key(name) {
                    let known: Vec<_> = objects.keys().map(String::as_str).collect();
                    let help = near::nearest(name, &known).map_or_else(
                        || "describe it under `objects`".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let message = format!("the spec has no object `{name}`");
                    findings.push(
                        task.at(Code::UnknownObject, &format!("{at}/object"), message)
                            .help(help),
                    );
                }
            }
            (Some(_), false) => {
                let message = format!("`{}` holds no object", param.name);
                let finding = task.at_key(Code::ObjectReference, &format!("{at}/object"), message);
                findings.push(
                    finding.help("make the type `object` or `objectList`, or remove `object`"),
                );
            }
            (None, true) => {
                let message = format!("`{}` does not say which object it holds", param.name);
                let finding = task.at_key(Code::ObjectReference, &format!("{at}/type"), message);
                findings.push(finding.help("name one of the spec's `objects` in `object`"));
            }
            (None, false) => {}
        }
    }
    for (name, object) in objects {
        let at = format!("/objects/{}", escape(name));
        params::duplicates(task, &format!("{at}/members"), &object.members, findings);
        if !used.contains(name.as_str()) {
            let message = format!("no parameter holds the object `{name}`");
            let finding = task.at_key(Code::UnusedObject, &at, message);
            findings.push(finding.help("remove it, or name it in a parameter's `object`"));
        }
        if object.members.is_empty() {
            let message = format!("the object `{name}` has no members");
            let finding = task.at(Code::EmptyObject, &format!("{at}/members"), message);
            findings.push(finding.help("list its members, or make the parameter's type `json`"));
        }
        if reaches(task, name, name, &mut BTreeSet::new()) {
            let message = format!("the object `{name}` holds itself");
            let finding = task.at_key(Code::RecursiveObject, &at, message);
            findings.push(finding.help("make one of the members' types `json`"));
        }
    }
}

/// Whether an object leads to another.
fn reaches(task: &Task<'_>, from: &str, to: &str, seen: &mut BTreeSet<String>) -> bool {
    let members = task
        .spec
        .objects
        .get(from)
        .into_iter()
        .flat_map(|o| &o.members);
    let held: Vec<_> = members.filter_map(|m| m.object.as_deref()).collect();
    held.into_iter()
        .any(|name| name == to || seen.insert(name.to_owned()) && reaches(task, name, to, seen))
}
