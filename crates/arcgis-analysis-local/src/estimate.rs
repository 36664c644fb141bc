//! What analyses would cost on ArcGIS Online, for clients that ask before they spend.
//!
//! Nothing costs anything here. The figures follow what each task's spec states, `1 credit per 1,000 features` for
//! example, counted on the features that travel with the call. Which inputs of a task the real service counts is not
//! documented: here it is every layer that the call gives, but barriers. Analyses of rasters are charged by their
//! pixels, which nobody here can count: the task `EstimateRasterAnalysisCost` fails and says so.

mod rate;

use crate::call::Call;
use crate::catalogue;
use crate::error::Fault;
use crate::gp::params::Fields;
use crate::sharing::SERVER_VERSION;
use arcgis_analysis_types::meta::TaskMeta;
use serde_json::{Map, Value, json};

/// The path of the service, which is offered to clients that take this portal for ArcGIS Online.
pub(crate) const PATH: &str = "/arcgis/rest/services/Estimate/GPServer";

const TASK: &str = "EstimateCredits";

/// An estimate, in credits.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cost {
    /// So many.
    Exact(f64),
    /// So many at most.
    AtMost(f64),
}

/// The service.
pub(crate) fn service() -> Value {
    json!({
        "currentVersion": SERVER_VERSION,
        "serviceDescription": "Credit estimation",
        "tasks": [TASK],
        "executionType": "esriExecutionTypeSynchronous",
        "resultMapServerName": "",
        "maximumRecords": 0,
        "capabilities": "",
    })
}

/// The service's one task.
pub(crate) fn task(call: &Call) -> Value {
    let param = |name: &str, about: &str, direction: &str| {
        json!({
            "name": name,
            "dataType": "GPString",
            "displayName": name,
            "description": about,
            "direction": format!("esriGPParameterDirection{direction}"),
            "defaultValue": "",
            "parameterType": "esriGPParameterTypeRequired",
            "category": "",
        })
    };
    json!({
        "name": TASK,
        "displayName": TASK,
        "description": "Tells how many credits a feature analysis would cost on ArcGIS Online.",
        "category": "",
        "helpUrl": call.base.url(&format!("{PATH}/{TASK}?f=pjson")),
        "executionType": "esriExecutionTypeSynchronous",
        "parameters": [
            param("taskName", "The name of the task.", "Input"),
            param("taskParameters", "Its parameters, as a JSON object.", "Input"),
            param("creditEstimate", "The cost, or the most that it can be.", "Output"),
        ],
    })
}

/// Estimates the call of a task.
///
/// # Errors
/// When nobody is signed in, there is no such task, its parameters are wrong, or what it costs cannot be told.
pub(crate) fn execute(call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let needed = |name| {
        call.params
            .get(name)
            .ok_or_else(|| Fault::bad_request(format!("'{name}' must be specified.")))
    };
    let cost = estimate(needed("taskName")?, needed("taskParameters")?);
    let value = match cost.map_err(Fault::bad_request)? {
        Cost::Exact(credits) => json!({ "cost": credits, "maximumCost": credits }),
        Cost::AtMost(credits) => json!({ "maximumCost": credits }),
    };
    Ok(json!({
        "results": [{
            "paramName": "creditEstimate",
            "dataType": "GPString",
            "value": value.to_string(),
        }],
        "messages": [],
    }))
}

/// What a call costs; the error is a sentence.
fn estimate(name: &str, parameters: &str) -> Result<Cost, String> {
    let tasks = catalogue::service("tasks").ok_or("There is no analysis service.")?;
    let entry = tasks
        .task(name)
        .ok_or_else(|| format!("There is no task {name:?} among those of feature analysis."))?;
    let parameters: Map<String, Value> = serde_json::from_str(parameters)
        .map_err(|error| format!("'taskParameters' is not a JSON object: {error}."))?;
    // Some clients send objects in the object, others their text, and what is not set as an empty text.
    let texts = parameters.into_iter().map(|(name, value)| match value {
        Value::Null => (name, String::new()),
        Value::String(text) => (name, text),
        value => (name, value.to_string()),
    });
    let meta: &'static TaskMeta = entry.meta;
    let fields = Fields::of(meta, texts);
    let parameters = fields.to_json(meta).map_err(|error| error.to_string())?;
    entry
        .encode(parameters.clone())
        .map_err(|error| error.to_string())?;
    rate::cost(meta, &parameters)
}

#[cfg(test)]
mod tests;
