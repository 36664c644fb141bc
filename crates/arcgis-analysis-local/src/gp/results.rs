//! What a job gave, and what it was given.

use super::description::{RESULT_TYPE, data_type};
use super::params;
use crate::call::Base;
use crate::content;
use crate::error::Fault;
use crate::jobs::backend::Computed;
use crate::jobs::{Content, Job, Output};
use arcgis_analysis_types::meta::{ParamMeta, ParamType, TaskMeta};
use axum::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

/// A parameter's or a result's value, as it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, T> {
    param_name: &'a str,
    data_type: &'a str,
    value: T,
}

/// Writes every result of a task; one that was not computed is an empty text, as clients expect all to be there.
///
/// # Errors
/// When a result cannot be written as JSON.
pub(crate) fn write(
    meta: &TaskMeta,
    computed: &Computed,
) -> Result<Vec<Output>, serde_json::Error> {
    meta.results
        .iter()
        .map(|result| {
            let found = computed.iter().find(|(name, _)| *name == result.name);
            let body = match found {
                Some((_, value)) => body(result.name, RESULT_TYPE, value)?,
                None => body(result.name, RESULT_TYPE, "")?,
            };
            Ok(Output {
                name: result.name,
                content: Content::Text(body),
            })
        })
        .collect()
}

/// One result, by its name in any letter case.
///
/// # Errors
/// When the job has not succeeded, or its task has no such result.
pub(crate) fn one(job: &Job, name: &str, base: &Base) -> Result<Bytes, Fault> {
    let meta = job.entry.meta;
    meta.result(name)
        .ok_or_else(|| Fault::not_found(format!("{} has no result {name:?}.", meta.name)))?;
    let mut results = finished(job)?.into_iter();
    results
        .find(|output| output.name.eq_ignore_ascii_case(name))
        .map(|output| sent(&output, base))
        .ok_or_else(|| Fault::not_found(format!("The job has no result {name:?}.")))?
}

/// All results, in a list.
///
/// # Errors
/// When the job has not succeeded.
pub(crate) fn all(job: &Job, base: &Base) -> Result<Bytes, Fault> {
    listed(&finished(job)?, base)
}

fn listed(outputs: &[Output], base: &Base) -> Result<Bytes, Fault> {
    let bodies = outputs.iter().map(|output| sent(output, base));
    let bodies: Vec<_> = bodies.collect::<Result<_, _>>()?;
    Ok(list(bodies.iter()))
}

/// A result as it is sent to a client that calls the service so.
fn sent(output: &Output, base: &Base) -> Result<Bytes, Fault> {
    let (item, path) = match &output.content {
        Content::Text(text) => return Ok(text.clone()),
        Content::Layer { item, path, layer } => (item, format!("{path}/{layer}")),
        Content::Item(item) => (item, content::path(item)),
    };
    let value = json!({ "itemId": item, "url": base.url(&path) });
    body(output.name, RESULT_TYPE, value).map_err(|error| Fault::internal(error.to_string()))
}

/// The answer of a task that ran without a job: its results and what it said.
///
/// # Errors
/// When it failed.
pub(crate) fn executed(job: &Job, base: &Base) -> Result<Bytes, Fault> {
    let messages = job.look(|state| state.messages.clone());
    let Some(results) = job.results() else {
        let said = messages.last().map(|message| message.text());
        return Err(Fault::bad_request(
            said.unwrap_or_else(|| "The task failed.".to_owned()),
        ));
    };
    let messages: Vec<_> = messages
        .iter()
        .map(|message| json!({ "type": message.message_type.as_str(), "description": message.description }))
        .collect();
    let mut text = b"{\"results\":".to_vec();
    text.extend_from_slice(&listed(&results, base)?);
    text.extend_from_slice(b",\"messages\":");
    text.extend_from_slice(Value::from(messages).to_string().as_bytes());
    text.push(b'}');
    Ok(text.into())
}

/// One parameter as it was submitted, by its name in any letter case; an empty text if it was not.
///
/// # Errors
/// When the task has no such parameter.
pub(crate) fn input(job: &Job, name: &str) -> Result<Bytes, Fault> {
    let meta = job.entry.meta;
    let param = meta
        .param(name)
        .ok_or_else(|| Fault::not_found(format!("{} has no parameter {name:?}.", meta.name)))?;
    submitted(param, job.fields.get(name).unwrap_or_default())
}

/// All parameters that were submitted, in a list.
///
/// # Errors
/// When one cannot be written as JSON.
pub(crate) fn inputs(job: &Job) -> Result<Bytes, Fault> {
    let bodies: Vec<_> = job
        .fields
        .iter()
        .map(|(param, text)| submitted(param, text))
        .collect::<Result<_, _>>()?;
    Ok(list(bodies.iter()))
}

fn finished(job: &Job) -> Result<Vec<Output>, Fault> {
    job.results().ok_or_else(|| {
        let status = job.status();
        Fault::bad_request(format!(
            "The job is {}; it has results once it is esriJobSucceeded.",
            status.as_str()
        ))
    })
}

fn submitted(param: &ParamMeta, text: &str) -> Result<Bytes, Fault> {
    let mut value = params::value(param.ty, text).unwrap_or_else(|_| text.into());
    match (param.ty, &mut value) {
        (ParamType::FeatureInput, layer) => forget_token(layer),
        (ParamType::FeatureInputList, Value::Array(layers)) => {
            layers.iter_mut().for_each(forget_token)
        }
        _ => {}
    }
    body(param.name, data_type(param.ty), value).map_err(|error| Fault::internal(error.to_string()))
}

/// A token that was given for reading a layer is for that only.
fn forget_token(layer: &mut Value) {
    if let Value::Object(members) = layer {
        members.retain(|name, _| !name.eq_ignore_ascii_case("serviceToken"));
    }
}

fn body(name: &str, data_type: &str, value: impl Serialize) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(&Body {
        param_name: name,
        data_type,
        value,
    })
    .map(Bytes::from)
}

fn list<'a>(bodies: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut text = vec![b'['];
    for (i, body) in bodies.enumerate() {
        if i > 0 {
            text.push(b',');
        }
        text.extend_from_slice(body);
    }
    text.push(b']');
    text.into()
}
