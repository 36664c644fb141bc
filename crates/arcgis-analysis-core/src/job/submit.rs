//! The submit of a job, and the execution of a task without one: either may cost credits and has no idempotency
//! key, so it is sent again only when it provably had no effect.

use super::raw::RawJob;
use crate::address::ServiceUrl;
use crate::failure::{Cause, Failure};
use crate::ledger::Event;
use crate::redact::excerpt;
use crate::session::{Call, Expects, Reply, Session};
use crate::{Error, ErrorKind, Ledger, Result, SecretString};
use arcgis_analysis_types::Form;
use arcgis_analysis_types::meta::{Execution, TaskMeta};
use secrecy::ExposeSecret;
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

/// The longest ID of a job that is believed: it goes into URLs and into the ledger.
const LONGEST_ID: usize = 256;

/// What a request that must not happen twice came to when it brought no answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// No job was made, for a reason that may pass.
    NotNow,
    /// No job was made.
    No,
    /// A job may have been made.
    Unknown,
}

/// Submits a job, which the ledger is told of, where there is one.
pub(crate) async fn submit(
    session: &Arc<Session>,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    form: &Form,
    username: Option<&str>,
    ledger: Option<&Ledger>,
) -> Result<RawJob> {
    let url = address(service, meta, "submitJob")?;
    let call = session.post_form("submit", url, form);
    let doing = format!("submitting {}", meta.name);
    let portal = session.portal.as_str();
    let entry = match ledger {
        Some(ledger) => Some(ledger.intend(meta, portal, username).await?),
        None => None,
    };
    let job = match send_once(session, meta, &doing, call).await {
        // Nothing was refused, so a job may well have been made.
        Ok(reply) => accepted(session, service, meta, reply)
            .map_err(|failure| unknown(session, meta, failure)),
        Err(error) => Err(error),
    };
    let entry = match (ledger, entry) {
        (Some(ledger), Some(entry)) => told(ledger, entry, &job).await,
        _ => None,
    };
    job.map(|job| job.known_as(entry, None))
}

/// Tells the ledger what became of a submit; gives the job's name back, unless the ledger would not find it by that.
///
/// Nothing lies between the answer and this, so whoever stops waiting now loses no job.
async fn told(ledger: &Ledger, entry: String, job: &Result<RawJob>) -> Option<String> {
    let reason = job.as_ref().err().map(Error::to_string);
    let reason = reason.unwrap_or_default();
    let event = match job {
        Ok(job) => Event::Submitted(job.url()),
        Err(error) if error.kind() == ErrorKind::SubmitOutcomeUnknown => Event::Unknown(&reason),
        Err(_) => Event::NotSubmitted(&reason),
    };
    let written = ledger.note(&entry, &event).await;
    written.then_some(entry)
}

/// Submits a job that costs nothing and that nobody wants back but for its results: when an answer is lost, it is
/// submitted again. Errors begin with the words `doing`.
pub(crate) async fn submit_free(
    session: &Arc<Session>,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    form: &Form,
    doing: &str,
) -> Result<RawJob> {
    let url = address(service, meta, "submitJob")?;
    let call = session.post_form("estimate", url, form);
    let job = match session.call_again(&call).await {
        Ok(reply) => accepted(session, service, meta, reply),
        Err(failure) => Err(failure),
    };
    job.map_err(|failure| session.error(doing, failure))
}

/// Runs a task that has no jobs, and returns what the service answered.
pub(crate) async fn execute(
    session: &Session,
    service: &ServiceUrl,
    meta: &TaskMeta,
    form: &Form,
) -> Result<Value> {
    let url = address(service, meta, "execute")?;
    let call = Call {
        timeout: session.limits.results,
        expects: Expects::Result,
        ..session.post_form("execute", url, form)
    };
    let doing = format!("calling {}", meta.name);
    let reply = send_once(session, meta, &doing, call).await?;
    Ok(reply.document)
}

fn address(service: &ServiceUrl, meta: &TaskMeta, resource: &str) -> Result<url::Url> {
    service.task(meta.name, resource).map_err(|problem| {
        Error::new(
            ErrorKind::Protocol,
            format!("{} has no usable address: {problem}", meta.name),
        )
    })
}

/// Sends what must not happen twice, on a connection of its own.
async fn send_once(session: &Session, meta: &TaskMeta, doing: &str, call: Call) -> Result<Reply> {
    let call = Call {
        fresh_connection: true,
        ..call
    };
    let mut attempts = session.attempts(&PAUSES);
    loop {
        let failure = match session.attempt(&call, attempts.number).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        match outcome(&failure) {
            Outcome::Unknown => return Err(unknown(session, meta, failure)),
            Outcome::No => return Err(session.error(doing, failure)),
            Outcome::NotNow if session.again(&call, &mut attempts, &failure).await => {}
            Outcome::NotNow => return Err(session.error(doing, failure)),
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
        Cause::Refused(_) => Outcome::No,
        // These two say that the request is to be made elsewhere; the others may follow what was done (RFC 9110, 15.4).
        Cause::Redirect(_) if matches!(failure.status, Some(307 | 308)) => Outcome::No,
        Cause::Redirect(_) => Outcome::Unknown,
        Cause::Status => match failure.status {
            Some(429) => Outcome::NotNow,
            Some(503) if failure.retry_after.is_some() => Outcome::NotNow,
            Some(408) => Outcome::Unknown,
            Some(400..500) => Outcome::No,
            _ => Outcome::Unknown,
        },
        Cause::Transport(_) | Cause::Unreadable(_) | Cause::Excess(_) | Cause::Token(_) => {
            Outcome::Unknown
        }
    }
}

fn unknown(session: &Session, meta: &TaskMeta, failure: Failure) -> Error {
    let (was, second, look) = match meta.execution {
        Execution::Synchronous => ("was run", "a second run", "it may have been charged"),
        _ => (
            "was submitted",
            "a second job",
            "look for a job or a result before you do",
        ),
    };
    let sentence = format!(
        "whether {} {was} is not known: {}; it was not sent again, because {second} would cost twice: {look}",
        meta.name,
        failure.clause(&session.secrets())
    );
    failure.complete(Error::new(ErrorKind::SubmitOutcomeUnknown, sentence))
}

/// The job that an answer names; the error is that it names none.
fn accepted(
    session: &Arc<Session>,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    reply: Reply,
) -> Result<RawJob, Failure> {
    let unusable = |problem: String| {
        let excerpt = excerpt(reply.document.to_string().as_bytes(), &session.secrets());
        Failure {
            excerpt: Some(excerpt),
            ..Failure::new(Cause::Unreadable(problem))
        }
    };
    let Some(id) = reply.document.get("jobId").and_then(Value::as_str) else {
        return Err(unusable("something without a job's ID".to_owned()));
    };
    let told = |secret: &SecretString| id.contains(secret.expose_secret());
    if id.len() > LONGEST_ID || session.secrets().iter().any(told) {
        return Err(unusable("a job's ID that is none".to_owned()));
    }
    let url = service
        .job(meta.name, id)
        .map_err(|problem| unusable(format!("a job's ID that is none ({problem})")))?;
    tracing::info!(
        task = meta.name,
        job = id,
        url = url.as_str(),
        "job.submitted"
    );
    Ok(RawJob::new(session.clone(), meta, url, id.to_owned()))
}
