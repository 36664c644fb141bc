//! A task, a portal and a service to test with.

#[path = "task.rs"]
mod task;

pub(crate) use task::*;

use arcgis_analysis_core::transport::{Answer, Method, Recorded, Replay};
use arcgis_analysis_core::{Credentials, Portal, PortalBuilder};
use arcgis_analysis_types::serde_json::{Value, json};

pub(crate) const PORTAL: &str = "https://www.arcgis.com";
pub(crate) const SERVICE: &str = "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer";
pub(crate) const JOB: &str =
    "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer/MeasureThings/jobs/j1";

/// A portal that offers the analysis service.
pub(crate) fn replay() -> Replay {
    let portal = json!({ "user": { "username": "ada" }, "helperServices": { "analysis": { "url": SERVICE } } });
    Replay::new().on(
        Method::Get,
        "/sharing/rest/portals/self",
        [Answer::json(&portal).forever()],
    )
}

/// A portal whose service accepts the job `j1` once.
pub(crate) fn accepting() -> Replay {
    let accepted = json!({ "jobId": "j1", "jobStatus": "esriJobSubmitted" });
    replay().on(
        Method::Post,
        "/MeasureThings/submitJob",
        [Answer::json(&accepted)],
    )
}

pub(crate) fn builder(replay: &Replay) -> PortalBuilder {
    Portal::builder(PORTAL)
        .credentials(Credentials::token("T0KEN-of-ada"))
        .transport(replay.clone())
}

pub(crate) async fn portal(replay: &Replay) -> Portal {
    builder(replay).connect().await.unwrap()
}

/// The job `j1` in this state.
pub(crate) fn state(status: &str) -> Answer {
    Answer::json(&json!({ "jobId": "j1", "jobStatus": status, "messages": [] }))
}

/// The job `j1` in this state, with error messages.
pub(crate) fn ended(status: &str, messages: &[&str]) -> Answer {
    let messages: Vec<Value> = messages
        .iter()
        .map(|m| json!({ "type": "esriJobMessageTypeError", "description": m }))
        .collect();
    Answer::json(&json!({ "jobId": "j1", "jobStatus": status, "messages": messages }))
}

/// The job `j1`, succeeded, with its results.
pub(crate) fn succeeded(results: &[&str]) -> Answer {
    let results: Value = results
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({ "paramUrl": format!("results/{name}") }),
            )
        })
        .collect();
    Answer::json(
        &json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded", "messages": [], "results": results }),
    )
}

/// A result that is a hosted layer.
pub(crate) fn hosted(name: &str) -> Answer {
    let value = json!({ "url": "https://services.arcgis.com/o/arcgis/rest/services/M/FeatureServer/0", "itemId": "i1" });
    Answer::json(&json!({ "paramName": name, "dataType": "GPString", "value": value }))
}

/// The requests whose path ends with `path`.
pub(crate) fn asked(replay: &Replay, path: &str) -> Vec<Recorded> {
    replay
        .requests()
        .into_iter()
        .filter(|request| request.path().ends_with(path))
        .collect()
}
