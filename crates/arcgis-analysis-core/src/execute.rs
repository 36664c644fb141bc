//! Calls without a job: one request, which answers with the results.

use crate::address::ServiceUrl;
use crate::redact::{hide, redact_told};
use crate::session::Session;
use crate::{Error, ErrorKind, Result, envelope, job};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{Form, JobInfo, JobMessage, Outputs};
use serde_json::{Value, json};

/// What a task that runs without a job answered.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Executed;
///
/// fn say(answer: &Executed) {
///     for message in &answer.messages {
///         println!("{}", message.text());
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Executed {
    /// The results, by name.
    pub outputs: Outputs,
    /// What the task said while it ran.
    pub messages: Vec<JobMessage>,
}

/// Calls a task and reads its answer.
pub(crate) async fn execute(
    session: &Session,
    service: &ServiceUrl,
    meta: &'static TaskMeta,
    form: &Form,
) -> Result<Executed> {
    let doing = format!("calling {}", meta.name);
    let document = job::execute(session, service, meta, form).await;
    // What refuses here is the task itself: there is no job that could fail in its place.
    let mut document = document.map_err(|error| match error.kind() {
        ErrorKind::Refused => error.amended(ErrorKind::JobFailed, |sentence| sentence),
        _ => error,
    })?;
    let secrets = session.secrets();
    hide(&mut document, &secrets);
    let mut answer = read(meta, document)
        .map_err(|(problem, document)| session.unexpected(&doing, problem, &document))?;
    for message in &mut answer.messages {
        redact_told(message, &secrets);
    }
    let most = session.limits.max_features;
    for (name, value) in answer.outputs.iter() {
        if envelope::features(value) > most {
            let sentence =
                format!("{doing} failed: the result `{name}` has more than {most} features");
            return Err(Error::new(ErrorKind::TooLarge, sentence));
        }
    }
    Ok(answer)
}

/// Takes an answer apart: `{"results": [{"paramName", "value"}], "messages": [...]}`.
pub(crate) fn read(
    meta: &TaskMeta,
    document: Value,
) -> std::result::Result<Executed, (&'static str, Value)> {
    let Some(results) = document.get("results").and_then(Value::as_array) else {
        return Err(("the server answered without results", document));
    };
    let mut outputs = Outputs::default();
    for result in results {
        let Some(name) = result.get("paramName").and_then(Value::as_str) else {
            return Err((
                "the server answered with a result that has no name",
                document,
            ));
        };
        // The spelling of the description, where the server's differs in letter case.
        let name = meta.result(name).map_or(name, |known| known.name);
        let value = result.get("value").cloned().unwrap_or_default();
        outputs.push(name, value);
    }
    let messages = document.get("messages").cloned().unwrap_or(Value::Null);
    // Messages are read as those of a job are, which is one that nobody sees.
    let job = json!({ "jobId": "none", "jobStatus": "esriJobSucceeded", "messages": messages });
    match JobInfo::from_json(job) {
        Ok(info) => Ok(Executed {
            outputs,
            messages: info.messages,
        }),
        Err(_) => Err((
            "the server answered with messages that cannot be read",
            document,
        )),
    }
}

/// The refusal to submit what runs without a job.
pub(crate) fn without_job(meta: &TaskMeta) -> Error {
    let sentence = format!(
        "{} runs without a job; call it by `run` instead of `submit`",
        meta.name
    );
    Error::new(ErrorKind::Unsupported, sentence)
}
