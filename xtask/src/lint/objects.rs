//! Objects that parameters hold.

use super::{Task, params};
use crate::diagnostic::{Code, Finding};
use crate::load::{Read, Service};
use crate::near;
use crate::source::escape;
use crate::spec::{self, ParameterType, TaskResultType};
use std::collections::BTreeSet;

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let objects = &task.spec.objects;
    let mut used = BTreeSet::new();
    for (at, param) in task.all_params() {
        let holds = matches!(param.ty, ParameterType::Object | ParameterType::ObjectList);
        match (&param.object, holds) {
            (Some(name), true) => {
                used.insert(name.as_str());
                if task.object(name).is_none() {
                    let shared = task.service.iter().flat_map(|s| s.objects.keys());
                    let known: Vec<_> = objects.keys().chain(shared).map(String::as_str).collect();
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
    for (i, result) in task.spec.results.iter().enumerate() {
        let at = format!("/results/{i}");
        let holds = result.ty == TaskResultType::Object;
        match &result.object {
            Some(name) if holds => {
                used.insert(name.as_str());
                if task.object(name).is_none() {
                    let message = format!("the spec has no object `{name}`");
                    let finding = task.at(Code::UnknownObject, &format!("{at}/object"), message);
                    findings.push(finding.help("describe it under `objects`"));
                }
            }
            Some(_) => {
                let message = format!("`{}` is no object", result.name);
                let finding = task.at_key(Code::ObjectReference, &format!("{at}/object"), message);
                findings.push(finding.help("make the type `object`, or remove `object`"));
            }
            None if holds => {
                let message = format!("`{}` does not say which object it is", result.name);
                let finding = task.at_key(Code::ObjectReference, &format!("{at}/type"), message);
                findings.push(finding.help("name one of the spec's `objects` in `object`"));
            }
            None => {}
        }
    }
    for (name, object) in objects {
        let at = format!("/objects/{}", escape(name));
        params::duplicates(task, &format!("{at}/members"), &object.members, findings);
        // An object may be held by another.
        let within = objects.values().flat_map(|o| &o.members);
        let held = within.filter_map(|m| m.object.as_ref()).any(|n| n == name);
        if !used.contains(name.as_str()) && !held {
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

/// The objects that tasks share.
pub(super) fn service(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    for (name, object) in &service.spec.objects {
        if object.members.is_empty() {
            let at = format!("/objects/{}/members", escape(name));
            let message = format!("the object `{name}` has no members");
            let finding = super::at(&service.document, Code::EmptyObject, &at, message);
            findings.push(finding.help("list its members, or make the parameter's type `json`"));
        }
    }
}

/// A shared object that no task uses is a slip, or was left behind.
pub(super) fn unused(service: &Service, findings: &mut Vec<Finding>) {
    let Some(read) = &service.service else { return };
    let shared = read.spec.objects.values().flat_map(|o| &o.members);
    let tasks = service.tasks.iter().map(|t| &t.spec);
    let params = tasks.clone().flat_map(|t| {
        t.parameters
            .iter()
            .chain(t.objects.values().flat_map(|o| &o.members))
    });
    let results = tasks.flat_map(|t| &t.results);
    let held = params.chain(shared).filter_map(|p| p.object.as_deref());
    let used: BTreeSet<_> = held
        .chain(results.filter_map(|r| r.object.as_deref()))
        .collect();
    for name in read
        .spec
        .objects
        .keys()
        .filter(|n| !used.contains(n.as_str()))
    {
        let range = read
            .document
            .key_span(&format!("/objects/{}", escape(name)));
        let message = format!("no task of the service uses the object `{name}`");
        let finding = Finding::at(Code::UnusedObject, &read.document.file.path, message, range);
        findings.push(finding.help("remove it, or name it in a parameter's `object`"));
    }
}

/// Whether an object leads to another.
fn reaches(task: &Task<'_>, from: &str, to: &str, seen: &mut BTreeSet<String>) -> bool {
    let members = task.object(from).into_iter().flat_map(|o| &o.members);
    let held: Vec<_> = members.filter_map(|m| m.object.as_deref()).collect();
    held.into_iter()
        .any(|name| name == to || seen.insert(name.to_owned()) && reaches(task, name, to, seen))
}
