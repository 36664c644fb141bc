//! Files and folders.

use super::{Task, at};
use crate::diagnostic::{Code, Finding};
use crate::load::{Read, Service};
use crate::lower::names;
use crate::{schema, spec};
use std::collections::BTreeMap;

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    schema_path(task.document, task.spec.schema.as_deref(), false, findings);
    let file = format!("{}.json", names::kebab(&names::task(task.spec)));
    if task.document.file.name() != file {
        let message = format!(
            "the file of the task `{}` must be called `{file}`",
            task.spec.name
        );
        findings.push(
            task.at(Code::FileName, "/name", message)
                .help("rename the file, or correct the name"),
        );
    }
}

pub(super) fn service(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    schema_path(
        &service.document,
        service.spec.schema.as_deref(),
        true,
        findings,
    );
}

fn schema_path(
    document: &crate::source::Document,
    path: Option<&str>,
    is_service: bool,
    findings: &mut Vec<Finding>,
) {
    let right = schema::reference(is_service);
    if path.is_some_and(|path| path != right) {
        let finding = at(
            document,
            Code::SchemaPath,
            "/$schema",
            "`$schema` does not lead to the schema of this file",
        );
        findings.push(finding.help(format!(
            "write `{right}`, so that editors can complete and check the file"
        )));
    }
}

/// Two services cannot share a crate: each would be drift of the other.
pub(super) fn crates(services: &[Service], findings: &mut Vec<Finding>) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for service in services {
        let Some(read) = &service.service else {
            continue;
        };
        if let Some(first) = taken.insert(&read.spec.crate_name, &service.folder) {
            let message = format!(
                "the crate `{}` is already generated from `{first}`",
                read.spec.crate_name
            );
            let finding = at(&read.document, Code::CrateTaken, "/crate", message);
            findings.push(finding.help("give each service a crate of its own"));
        }
    }
}
