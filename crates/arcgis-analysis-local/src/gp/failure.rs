//! How a job says that it failed.

use arcgis_analysis_types::meta::TaskMeta;
use serde_json::json;

/// The description of the error message of a failed job.
///
/// Where the service has a code for the task, the description is itself JSON text, which clients look into.
pub(crate) fn description(meta: &TaskMeta, sentence: &str) -> String {
    match meta.failure_code {
        Some(code) => json!({ "messageCode": code, "message": sentence, "params": {} }).to_string(),
        None => sentence.to_owned(),
    }
}
