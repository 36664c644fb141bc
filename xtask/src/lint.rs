//! What a spec may not say, although its shape allows it.
//!
//! Each rule is a function over one task or service; each finding has a code, and each code a fixture.

mod choices;
mod docs;
mod examples;
mod files;
mod groups;
mod names;
mod objects;
mod params;
mod results;
mod rules;
mod values;

use crate::diagnostic::{Code, Finding};
use crate::load::{Read, Service};
use crate::source::{Document, escape};
use crate::spec;

pub(crate) use docs::TODO;
pub(crate) use names::{is_reserved_field, is_reserved_type};
pub use params::RESERVED_FLAGS;

/// Lints what could be read.
#[must_use]
pub fn lint(services: &[Service]) -> Vec<Finding> {
    let mut findings = Vec::new();
    files::crates(services, &mut findings);
    for service in services {
        if let Some(read) = &service.service {
            service_rules(read, &mut findings);
        }
        for task in &service.tasks {
            let task = Task::new(service, task);
            for rule in TASK_RULES {
                rule(&task, &mut findings);
            }
        }
        if service.complete {
            choices::unused_sets(service, &mut findings);
            objects::unused(service, &mut findings);
        }
    }
    findings
}

type TaskRule = fn(&Task<'_>, &mut Vec<Finding>);

const TASK_RULES: &[TaskRule] = &[
    files::task,
    names::task,
    params::task,
    choices::task,
    objects::task,
    groups::task,
    rules::task,
    results::task,
    docs::task,
    examples::task,
];

fn service_rules(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    files::service(service, findings);
    names::service(service, findings);
    choices::service(service, findings);
    objects::service(service, findings);
    docs::service(service, findings);
}

/// A task under scrutiny.
struct Task<'a> {
    /// The service, where it could be read.
    service: Option<&'a spec::Service>,
    document: &'a Document,
    spec: &'a spec::Task,
}

impl<'a> Task<'a> {
    fn new(service: &'a Service, task: &'a Read<spec::Task>) -> Self {
        let service = service.service.as_ref().map(|s| &s.spec);
        Self {
            service,
            document: &task.document,
            spec: &task.spec,
        }
    }

    /// The parameters and the members of objects, with their pointers.
    fn all_params(&self) -> Vec<(String, &'a spec::Parameter)> {
        let params = self
            .spec
            .parameters
            .iter()
            .enumerate()
            .map(|(i, p)| (format!("/parameters/{i}"), p));
        let members = self.spec.objects.iter().flat_map(|(name, object)| {
            let at = format!("/objects/{}/members", escape(name));
            object
                .members
                .iter()
                .enumerate()
                .map(move |(i, m)| (format!("{at}/{i}"), m))
        });
        params.chain(members).collect()
    }

    fn param(&self, name: &str) -> Option<&'a spec::Parameter> {
        self.spec.parameters.iter().find(|p| p.name == name)
    }

    /// An object that parameters hold: the task's own, or else the service's.
    fn object(&self, name: &str) -> Option<&'a spec::Object> {
        let shared = || self.service?.objects.get(name);
        self.spec.objects.get(name).or_else(shared)
    }

    fn param_names(&self) -> Vec<&'a str> {
        self.spec
            .parameters
            .iter()
            .map(|p| p.name.as_str())
            .collect()
    }

    /// A finding at a value.
    fn at(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        at(self.document, code, pointer, message)
    }

    /// A finding at the key of a value.
    fn at_key(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        Finding::at(
            code,
            &self.document.file.path,
            message,
            self.document.key_span(pointer),
        )
    }

    /// The words that a parameter may have, where that is known.
    fn words(&self, param: &'a spec::Parameter) -> Option<&'a [spec::Choice]> {
        match &param.choice_set {
            Some(set) => self.service?.choices.get(set).map(|s| s.values.as_slice()),
            None => Some(&param.choices),
        }
    }
}

fn at(document: &Document, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
    Finding::at(code, &document.file.path, message, document.span(pointer))
}
