//! What happens, as it happens: with `--events`, one JSON object a line on stdout. Scripts depend on the names.
//!
//! | `event` | when | further members |
//! | --- | --- | --- |
//! | `submitted` | the service took the job | `task`, `id` (in the ledger, or null), `jobId`, `jobUrl`, `token` |
//! | `status` | the job is in another state | `status`, such as `esriJobExecuting` |
//! | `message` | the job said something | `type`, `message`, and `messageCode` where there is one |
//! | `progress` | the job said how far it is | `percent`, `message`, each of which may be null |
//! | `trouble` | the job cannot be observed at the moment; it is tried again | `message` |
//! | `results` | the results have been fetched, and written where that was asked for | `results`, their names |
//! | `ended` | the command ends: always the last line, and the only one of its kind | `exitCode`, and `result` or `error` |
//!
//! `result` is the document that `--json` prints, `error` what it puts under `error` on stderr. There may come more
//! events and more members; who reads them passes over what it does not know.

use crate::failure::Failure;
use crate::print;
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::{JobUpdate, RawJob, report};
use clap::ArgMatches;
use serde_json::{Value, json};
use std::cell::RefCell;

/// In which form a command says what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// JSON objects, one a line, as things happen.
    Events,
}

impl Voice {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let has = |flag| matches.try_get_one::<bool>(flag).ok().flatten() == Some(&true);
        match (has("events"), has("json")) {
            (true, _) => Self::Events,
            (false, true) => Self::Json,
            (false, false) => Self::Text,
        }
    }
}

/// The events of a job, of which each is told once.
#[derive(Debug, Default)]
pub(crate) struct Events {
    status: RefCell<Option<String>>,
    progress: RefCell<Option<Value>>,
}

impl Events {
    /// Tells what changed at the job.
    pub(crate) fn show(&self, update: &JobUpdate) {
        let status = update.status.as_str();
        if self.status.borrow().as_deref() != Some(status) {
            self.status.replace(Some(status.to_owned()));
            tell("status", json!({ "status": status }));
        }
        if let Value::Array(messages) = report::messages(&update.messages) {
            for message in messages {
                tell("message", message);
            }
        }
        if let Some(progress) = &update.progress {
            let now = json!({ "percent": progress.percent, "message": progress.message });
            if self.progress.borrow().as_ref() != Some(&now) {
                self.progress.replace(Some(now.clone()));
                tell("progress", now);
            }
        }
        if let Some(trouble) = &update.trouble {
            tell("trouble", json!({ "message": trouble }));
        }
    }
}

/// What is known of a job that was just submitted.
pub(crate) fn job(job: &RawJob) -> Value {
    json!({
        "id": job.ledger_id(),
        "jobId": job.id(),
        "jobUrl": job.url(),
        "token": job.token(),
    })
}

/// Tells that the service took a job.
pub(crate) fn submitted(task: &TaskEntry, submitted: &RawJob) {
    let mut members = json!({ "task": task.meta.name });
    if let (Value::Object(all), Value::Object(more)) = (&mut members, job(submitted)) {
        all.extend(more);
    }
    tell("submitted", members);
}

/// Tells which results there are.
pub(crate) fn results<'a>(names: impl Iterator<Item = &'a str>) {
    tell("results", json!({ "results": names.collect::<Vec<_>>() }));
}

/// Tells the end of the command, and what came out of it.
///
/// # Errors
/// When stdout cannot be written to.
pub(crate) fn ended(result: Value) -> Result<(), Failure> {
    line("ended", json!({ "exitCode": 0, "result": result }))
}

/// Tells the end of the command by a failure.
pub(crate) fn failed(code: u8, error: &Value) {
    tell("ended", json!({ "exitCode": code, "error": error }));
}

/// Tells one of several events. Should stdout be broken, the last of them says so.
fn tell(event: &str, members: Value) {
    let _ = line(event, members);
}

fn line(event: &str, members: Value) -> Result<(), Failure> {
    let mut object = json!({ "event": event });
    if let (Value::Object(all), Value::Object(members)) = (&mut object, members) {
        all.extend(members);
    }
    print::document(&object)
}
