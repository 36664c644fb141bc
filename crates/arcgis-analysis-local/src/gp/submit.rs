//! Taking a job on, and running a task without one.

use super::params::Fields;
use super::results;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::jobs::Job;
use crate::secret;
use arcgis_analysis_types::TaskEntry;
use arcgis_analysis_types::meta::Execution;
use axum::body::Bytes;
use serde_json::{Value, json};

/// Starts a job with the parameters of the request.
///
/// As on the real service, the parameters are looked at by the job itself: wrong ones make it fail.
///
/// # Errors
/// When nobody is signed in, or the task does not run as a job.
pub(crate) async fn submit(
    app: &App,
    call: &mut Call,
    entry: &'static TaskEntry,
) -> Result<Value, Fault> {
    let owner = call.require_user()?.to_owned();
    if entry.meta.execution == Execution::Synchronous {
        return Err(Fault::bad_request(format!(
            "{} does not run as a job; call execute.",
            entry.meta.name
        )));
    }
    let job = job(call, owner, entry)?;
    let reply = json!({ "jobId": job.id, "jobStatus": "esriJobSubmitted" });
    app.jobs.submit(job).await.map_err(Fault::internal)?;
    Ok(reply)
}

fn job(call: &mut Call, owner: String, entry: &'static TaskEntry) -> Result<Job, Fault> {
    let id = secret::random::<16>()
        .map(|bytes| format!("j{}", secret::hex(&bytes)))
        .map_err(Fault::no_randomness)?;
    let fields = Fields::of(entry.meta, std::mem::take(&mut call.params).into_fields());
    Ok(Job::new(id, owner, entry, fields))
}

/// Runs a task with the parameters of the request, and answers with its results.
///
/// # Errors
/// When nobody is signed in, the task runs as a job, or it fails.
pub(crate) async fn execute(
    app: &App,
    call: &mut Call,
    entry: &'static TaskEntry,
) -> Result<Bytes, Fault> {
    let owner = call.require_user()?.to_owned();
    if entry.meta.execution != Execution::Synchronous {
        return Err(Fault::bad_request(format!(
            "{} runs as a job; call submitJob.",
            entry.meta.name
        )));
    }
    let job = app.jobs.execute(job(call, owner, entry)?).await;
    results::executed(&job, &call.base)
}
