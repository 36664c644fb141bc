//! What a job does when its turn has come.

use super::backend::Backend;
use super::job::{Job, Outcome, Output};
use crate::gp::description::fidelity;
use crate::gp::{failure, results};
use arcgis_analysis_engine::{Control, EngineError, Severity, Support};
use arcgis_analysis_types::MessageType;
use arcgis_analysis_types::meta::{ParamType, TaskMeta};
use serde_json::Value;
use std::sync::Arc;

/// Computes the job's results, or says why there are none.
pub(crate) fn compute(backend: &dyn Backend, job: &Arc<Job>) -> Outcome {
    match attempt(backend, job) {
        Ok(results) => Outcome::Succeeded(results),
        Err(sentence) => Outcome::Failed(failure::description(job.entry.meta, &sentence)),
    }
}

fn attempt(backend: &dyn Backend, job: &Arc<Job>) -> Result<Vec<Output>, String> {
    let meta = job.entry.meta;
    for name in job.fields.ignored() {
        let warning = format!(
            "`{name}` is not a parameter of {} and was ignored.",
            meta.name
        );
        job.say(MessageType::Warning, warning);
    }
    let params = job
        .fields
        .to_json(meta)
        .map_err(|error| error.to_string())?;
    let support = backend.support(meta);
    if let Support::Unavailable(why) = support {
        job.entry
            .encode(params)
            .map_err(|error| error.to_string())?;
        let why = why.trim_end_matches('.');
        return Err(format!(
            "{} is not computed by the local service: {why}. Run it against a portal.",
            meta.name
        ));
    }
    if let Some(problem) = beyond_this_service(meta, &params) {
        job.entry
            .encode(params)
            .map_err(|error| error.to_string())?;
        return Err(problem);
    }
    let (word, note) = fidelity(support);
    job.say(
        MessageType::Informative,
        format!("Fidelity: {word}. {note}").trim_end(),
    );
    let computed = backend
        .run(meta, params, &control(job))
        .map_err(|error| sentence(meta, &error))?;
    results::write(meta, &computed).map_err(|error| {
        format!(
            "{}: the results cannot be written as JSON: {error}",
            meta.name
        )
    })
}

/// Has the job told of what the computation says.
fn control(job: &Arc<Job>) -> Control {
    let (teller, gauge) = (Arc::clone(job), Arc::clone(job));
    job.control
        .clone()
        .on_progress(move |percent| gauge.advance(percent))
        .on_message(move |severity, text| {
            let message_type = match severity {
                Severity::Informative => MessageType::Informative,
                Severity::Warning => MessageType::Warning,
            };
            teller.say(message_type, text);
        })
}

/// The error as a sentence that begins with the task's name.
fn sentence(meta: &TaskMeta, error: &EngineError) -> String {
    match error {
        EngineError::Parameter(error) => error.to_string(),
        error => format!("{}: {error}", meta.name),
    }
}

/// What the task allows but this service does not offer.
fn beyond_this_service(meta: &TaskMeta, params: &Value) -> Option<String> {
    meta.params.iter().find_map(|param| {
        let value = params.get(param.name)?;
        let problem = match (param.ty, value) {
            (ParamType::OutputName, _) => {
                "asks for a hosted layer, which the local service does not offer; leave it out to get the features themselves"
            }
            (ParamType::FeatureInput, layer) if is_elsewhere(layer) => TAKES_FEATURES,
            (ParamType::FeatureInputList, Value::Array(layers)) if layers.iter().any(is_elsewhere) => {
                TAKES_FEATURES
            }
            _ => return None,
        };
        Some(format!("{}: `{}` {problem}", meta.name, param.name))
    })
}

const TAKES_FEATURES: &str = "refers to a layer elsewhere, which the local service does not read; send the features themselves, as {\"layerDefinition\", \"featureSet\"}";

/// Whether the features do not travel with the call: a URL, an item ID, or an object that holds either.
fn is_elsewhere(layer: &Value) -> bool {
    let has = |name| layer.get(name).is_some();
    layer.is_string() || (has("url") || has("itemId")) && !has("featureSet") && !has("features")
}
