//! Taking a job on.

use super::params::Fields;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::jobs::Job;
use crate::secret;
use arcgis_analysis_types::TaskEntry;
use arcgis_analysis_types::meta::Execution;
use serde_json::{Value, json};

/// Starts a job with the parameters of the request.
///
/// As on the real service, the parameters are looked at by the job itself: wrong ones make it fail.
///
/// # Errors
/// When nobody is signed in, or the task does not run as a job.
pub(crate) fn submit(
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
    let id = secret::random::<16>()
        .map(|bytes| format!("j{}", secret::hex(&bytes)))
        .map_err(|error| {
            Fault::internal(format!(
                "The operating system gave no random number: {error}."
            ))
        })?;
    let fields = Fields::of(entry.meta, std::mem::take(&mut call.params).into_fields());
    let reply = json!({ "jobId": id, "jobStatus": "esriJobSubmitted" });
    app.jobs.submit(Job::new(id, owner, entry, fields));
    Ok(reply)
}
