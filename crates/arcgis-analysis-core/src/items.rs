//! Portal items as feature inputs: the analysis services take layers, so items become layers before the submit.

use crate::failure::{Cause, Failure};
use crate::redact::redact;
use crate::session::Session;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::meta::{ParamMeta, TaskMeta};
use arcgis_analysis_types::{Form, ParameterError, ParameterErrorKind};
use serde_json::{Value, json};

/// Replaces every portal item among the feature parameters by the layer that it stands for.
///
/// # Errors
/// [`ErrorKind::Parameter`] when there is no such item or it has no layers.
pub(crate) async fn resolve(session: &Session, task: &TaskMeta, form: &mut Form) -> Result<()> {
    for param in task.params {
        if let Some(value) = form.value_mut(param.name) {
            let inputs = param.feature_inputs(value).into_iter();
            for item in inputs.filter(|input| is_item(input)) {
                *item = layer(session, task, param, item).await?;
            }
        }
    }
    Ok(())
}

fn is_item(value: &Value) -> bool {
    value.get("itemId").is_some_and(Value::is_string) && value.get("url").is_none()
}

async fn layer(
    session: &Session,
    task: &TaskMeta,
    param: &ParamMeta,
    input: &Value,
) -> Result<Value> {
    let id = input
        .get("itemId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let number = input
        .get("layer")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let refuse = |problem: &str| {
        let kind = ParameterErrorKind::Features;
        Error::from(ParameterError::new(
            kind,
            task.name,
            [param.name],
            format!("names the item `{id}`, {problem}"),
        ))
    };
    let url = session
        .portal
        .rest(&["content", "items", id])
        .map_err(|_| refuse("which cannot be an item's ID"))?;
    let doing = format!("reading the item `{id}`");
    let item = match session.call_again(&session.get("item", url)).await {
        Ok(reply) => reply.document,
        Err(failure) if is_missing(&failure) => {
            let problem = format!(
                "which the portal does not find or does not show to you: {}",
                failure.clause(&session.secrets())
            );
            return Err(failure.complete(refuse(&problem)));
        }
        Err(failure) => return Err(session.error(&doing, failure)),
    };
    let ty = item
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("item of unknown type");
    let url = item
        .get("url")
        .and_then(Value::as_str)
        .map(|url| url.trim().trim_end_matches('/'));
    let url = url.filter(|url| is_layered(url));
    let Some(url) = url else {
        return Err(refuse(&format!(
            "which is a {} and has no layers; give a feature layer or its URL",
            redact(ty, &session.secrets())
        )));
    };
    // Some items stand for one layer, and their URL already ends with its number.
    match url
        .rsplit('/')
        .next()
        .and_then(|last| last.parse::<u64>().ok())
    {
        None => Ok(json!({ "url": format!("{url}/{number}") })),
        Some(only) if number == 0 || number == only => Ok(json!({ "url": url })),
        Some(only) => Err(refuse(&format!(
            "which has no layer {number}, only layer {only}"
        ))),
    }
}

/// Whether the portal says that there is no such item, which it does with code 400.
fn is_missing(failure: &Failure) -> bool {
    match &failure.cause {
        Cause::Refused(refusal) => {
            refusal.message_code.as_deref() == Some("CONT_0001")
                || matches!(refusal.kind(), ErrorKind::Refused | ErrorKind::NotFound)
        }
        _ => failure.kind() == ErrorKind::NotFound,
    }
}

/// Whether a URL is one of a service that has layers.
fn is_layered(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && !url.contains(['?', '#'])
        && url
            .split('/')
            .any(|s| s.eq_ignore_ascii_case("FeatureServer") || s.eq_ignore_ascii_case("MapServer"))
}
