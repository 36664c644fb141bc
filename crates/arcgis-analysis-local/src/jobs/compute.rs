//! What a job does when its turn has come, before and after the layers of other servers are read.

use super::job::{Job, Output};
use super::outputs::Destination;
use super::{Surroundings, inputs, outputs, settled};
use crate::gp::description::fidelity;
use crate::hosted::Target;
use arcgis_analysis_engine::{Control, EngineError, Severity, Support};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{ItemOutputName, MessageType};
use serde_json::Value;
use std::sync::Arc;

/// A job whose parameters are read, and whose layers on this service are in them.
pub(super) struct Prepared {
    /// The parameters.
    pub(super) params: Value,
    target: Option<Target>,
    card: ItemOutputName,
}

/// Reads the job's parameters, or says why it cannot be computed.
///
/// # Errors
/// A sentence.
pub(super) fn prepare(with: &Surroundings, job: &Job) -> Result<Prepared, String> {
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
    if let Support::Unavailable(why) = with.backend.support(meta) {
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
    let card = outputs::card(meta, &params)?;
    if inputs::resolve(meta, &mut params, with, &job.owner)? {
        // Nobody is asked for a job that would fail anyway.
        job.entry
            .encode(params.clone())
            .map_err(|error| error.to_string())?;
    }
    Ok(Prepared {
        params,
        target,
        card,
    })
}

/// Computes the job's results, or says why there are none.
///
/// # Errors
/// A sentence.
pub(super) fn compute(
    with: &Surroundings,
    job: &Arc<Job>,
    prepared: Prepared,
) -> Result<Vec<Output>, String> {
    let meta = job.entry.meta;
    let (word, note) = fidelity(with.backend.support(meta));
    job.say(
        MessageType::Informative,
        format!("Fidelity: {word}. {note}").trim_end(),
    );
    let computed = with
        .backend
        .run(meta, prepared.params, &control(job))
        .map_err(|error| sentence(meta, &error))?;
    let destination = Destination {
        hosted: &with.hosted,
        owner: &job.owner,
        target: prepared.target,
        card: prepared.card,
    };
    let (results, fillings) = outputs::write(meta, computed, &destination)?;
    job.hold(fillings);
    Ok(results)
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
