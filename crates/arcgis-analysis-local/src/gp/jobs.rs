//! What a job says of itself.

use super::params::Fields;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::jobs::Job;
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{JobMessage, JobStatus, TaskEntry};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The job that a request asks for.
///
/// # Errors
/// When nobody is signed in, the task has no such job, or it is somebody else's.
pub(crate) fn find(
    app: &App,
    call: &Call,
    entry: &'static TaskEntry,
    id: &str,
) -> Result<Arc<Job>, Fault> {
    let user = call.require_user()?;
    let job = app
        .jobs
        .get(id)
        .filter(|job| is_same(job.entry.meta, entry.meta))
        .ok_or_else(|| Fault::not_found(format!("{} has no job {id}.", entry.meta.name)))?;
    if job.owner == user {
        Ok(job)
    } else {
        Err(Fault::forbidden())
    }
}

fn is_same(one: &TaskMeta, other: &TaskMeta) -> bool {
    one.name == other.name && one.service.id == other.service.id
}

/// The job's state, with its messages unless the request declines them.
pub(crate) fn describe(job: &Job, call: &Call) -> Value {
    let with_messages = !call
        .params
        .get("returnMessages")
        .is_some_and(|text| text.eq_ignore_ascii_case("false"));
    job.look(|state| {
        let mut json = json!({ "jobId": job.id, "jobStatus": state.status.as_str() });
        if state.status == JobStatus::Executing {
            json["progress"] = match state.percent {
                Some(percent) => {
                    json!({ "type": "step", "message": "Computing...", "percent": percent })
                }
                None => json!({ "type": "default", "message": "Computing..." }),
            };
        }
        if state.status == JobStatus::Succeeded {
            json["results"] = links(
                "results",
                job.entry.meta.results.iter().map(|result| result.name),
            );
        }
        if state.status.is_terminal() {
            json["inputs"] = inputs(&job.fields);
        }
        if with_messages {
            json["messages"] = messages(&state.messages);
        }
        json
    })
}

/// The job's messages alone.
pub(crate) fn say(job: &Job) -> Value {
    job.look(|state| json!({ "jobId": job.id, "messages": messages(&state.messages) }))
}

/// How far a job is that was asked to stop.
pub(crate) fn cancelled(job: &Job) -> Value {
    job.look(|state| {
        json!({
            "jobId": job.id,
            "jobStatus": state.status.as_str(),
            "messages": messages(&state.messages),
        })
    })
}

fn inputs(fields: &Fields) -> Value {
    links("inputs", fields.iter().map(|(param, _)| param.name))
}

/// Where each value is, relative to the job's URL.
fn links<'a>(kind: &str, names: impl Iterator<Item = &'a str>) -> Value {
    let links: Map<_, _> = names
        .map(|name| {
            (
                name.to_owned(),
                json!({ "paramUrl": format!("{kind}/{name}") }),
            )
        })
        .collect();
    links.into()
}

fn messages(messages: &[JobMessage]) -> Value {
    messages
        .iter()
        .map(|message| json!({ "type": message.message_type.as_str(), "description": message.description }))
        .collect()
}
