//! The submit: it may cost credits and has no idempotency key, so it is sent again only when it provably made no
//! job.

use super::raw::RawJob;
use crate::address::ServiceUrl;
use crate::failure::{Cause, Failure};
use crate::session::{Call, Reply, Session, pause};
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::Form;
use arcgis_analysis_types::meta::TaskMeta;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The pauses before a submit that surely made no job is sent again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What a submit came to when it did not come to a job.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// No job was made, for a reason that may pass.
    NotNow,
    /// No job was made.
    No,
    /// A job may have been made.
    Unknown,
}

/// Submits a job.
pub(crate) async fn submit(
    session: &Arc<Session>,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    form: &Form,
) -> Result<RawJob> {
    let doing = format!("submitting {}", meta.name);
    let limits = (session.limits.submit, session.limits.max_control_body);
    let reply = deliver(session, service, meta, "submitJob", limits, form, &doing).await?;
    accepted(session, service, meta, &doing, reply)
}

/// Posts parameters to a task, and posts them again only where the first surely had no effect.
pub(crate) async fn deliver(
    session: &Session,
    service: &ServiceUrl,
    meta: &TaskMeta,
    operation: &'static str,
    (timeout, max_body): (Duration, usize),
    form: &Form,
    doing: &str,
) -> Result<Reply> {
    let address = |problem| {
        Error::new(
            ErrorKind::Protocol,
            format!("{} has no usable address: {problem}", meta.name),
        )
    };
    let url = service.task(meta.name, operation).map_err(address)?;
    let fields: Vec<(&str, String)> = form.iter().collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let call = Call {
        fresh_connection: true,
        timeout,
        max_body,
        ..session.post(
            if operation == "execute" {
                "execute"
            } else {
                "submit"
            },
            url,
            &fields,
        )
    };
    let mut pauses = PAUSES.iter();
    loop {
        let failure = match session.call(&call).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        match outcome(&failure) {
            Outcome::Unknown => return Err(unknown(session, meta, failure)),
            Outcome::No => return Err(session.error(doing, failure)),
            Outcome::NotNow => match pause(pauses.next(), &failure) {
                Some(pause) => session.rest(&call, pause).await,
                None => return Err(session.error(doing, failure)),
            },
        }
    }
}

/// Judges what a failed submit may have done on the server.
fn outcome(failure: &Failure) -> Outcome {
    if failure.is_not_sent() {
        // A token that could not be made was tried often enough already.
        let again = failure.is_passing() && !matches!(failure.cause, Cause::Token(_));
        return if again { Outcome::NotNow } else { Outcome::No };
    }
    match &failure.cause {
        // Only a gateway words its errors without knowing what became of the request.
        Cause::Refused(refusal) if refusal.is_gateway() => Outcome::Unknown,
        Cause::Refused(refusal) if refusal.code == Some(429) => Outcome::NotNow,
        Cause::Refused(refusal) if refusal.code == Some(503) && failure.retry_after.is_some() => {
            Outcome::NotNow
        }
        Cause::Refused(_) | Cause::Redirect(_) => Outcome::No,
        Cause::Status => match failure.status {
            Some(429) => Outcome::NotNow,
            Some(503) if failure.retry_after.is_some() => Outcome::NotNow,
            Some(408) => Outcome::Unknown,
            Some(400..500) => Outcome::No,
            _ => Outcome::Unknown,
        },
        Cause::Transport(_) | Cause::Unreadable(_) | Cause::Token(_) => Outcome::Unknown,
    }
}

fn unknown(session: &Session, meta: &TaskMeta, failure: Failure) -> Error {
    let sentence = format!(
        "whether {} was submitted is not known: {}; it was not sent again, because a second job would cost twice: look \
         for a job or a result before you do",
        meta.name,
        failure.clause(&session.secrets())
    );
    failure.complete(Error::new(ErrorKind::SubmitOutcomeUnknown, sentence))
}

fn accepted(
    session: &Arc<Session>,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    doing: &str,
    reply: Reply,
) -> Result<RawJob> {
    let Some(id) = reply.document.get("jobId").and_then(Value::as_str) else {
        return Err(session.unexpected(
            doing,
            "the server answered without a job's ID",
            &reply.document,
        ));
    };
    let url = service.job(meta.name, id).map_err(|problem| {
        session.unexpected(
            doing,
            &format!("the server gave a job's ID that is none ({problem})"),
            &reply.document,
        )
    })?;
    tracing::info!(
        task = meta.name,
        job = id,
        url = url.as_str(),
        "job.submitted"
    );
    Ok(RawJob::new(session.clone(), meta, url, id.to_owned()))
}
