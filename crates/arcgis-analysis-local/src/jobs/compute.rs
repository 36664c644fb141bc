//! What a job does when its turn has come.

use super::job::{Job, Outcome, Output};
use super::{Surroundings, inputs, outputs, settled};
use crate::gp::description::fidelity;
use crate::gp::failure;
use arcgis_analysis_engine::{Control, EngineError, Severity, Support};
use arcgis_analysis_types::MessageType;
use arcgis_analysis_types::meta::TaskMeta;
use std::sync::Arc;

/// Computes the job's results, or says why there are none.
pub(crate) fn compute(with: &Surroundings, job: &Arc<Job>) -> Outcome {
    match attempt(with, job) {
        Ok(results) => Outcome::Succeeded(results),
        Err(sentence) => Outcome::Failed(failure::description(job.entry.meta, &sentence)),
    }
}

fn attempt(with: &Surroundings, job: &Arc<Job>) -> Result<Vec<Output>, String> {
    let meta = job.entry.meta;
    for name in job.fields.ignored() {
        let warning = format!(
            "`{name}` is not a parameter of {} and was ignored.",
            meta.name
        );
        job.say(MessageType::Warning, warning);
    }
    let mut params = job
        .fields
        .to_json(meta)
        .map_err(|error| error.to_string())?;
    let support = with.backend.support(meta);
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
    for name in settled::leave_out_begun(meta, &mut params) {
        let warning = format!(
            "`{name}` was left out: it belongs to an alternative that was not given in full."
        );
        job.say(MessageType::Warning, warning);
    }
    if let Some(name) = settled::leave_out_size(meta, &mut params) {
        let warning = format!("`{name}` was left out: it is 1, and bins of H3 have resolutions.");
        job.say(MessageType::Warning, warning);
    }
    let target = outputs::target(meta, &mut params)?;
    inputs::resolve(meta, &mut params, &with.hosted, &with.own)?;
    let (word, note) = fidelity(support);
    job.say(
        MessageType::Informative,
        format!("Fidelity: {word}. {note}").trim_end(),
    );
    let computed = with
        .backend
        .run(meta, params, &control(job))
        .map_err(|error| sentence(meta, &error))?;
    let hosting = target
        .as_ref()
        .map(|target| (&*with.hosted, target, job.owner.as_str()));
    outputs::write(meta, computed, hosting)
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
