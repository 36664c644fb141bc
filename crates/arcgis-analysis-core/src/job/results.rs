//! Fetching what a job returned.

use super::ending;
use super::raw::RawJob;
use crate::envelope;
use crate::ledger::Event;
use crate::redact::hide;
use crate::session::{Call, Expects};
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::{JobInfo, Outputs};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a job is looked at that succeeded but does not list its results yet.
const LAG: Duration = Duration::from_millis(500);

/// Fetches every result that the task is known to have and the job lists.
pub(super) async fn fetch(job: &RawJob) -> Result<Outputs> {
    let mut outputs = Outputs::default();
    if job.task().results.is_empty() {
        return Ok(outputs);
    }
    let listed = listed(job).await?;
    for result in job.task().results {
        let Some(listed) = listed
            .iter()
            .find(|name| name.eq_ignore_ascii_case(result.name))
        else {
            continue;
        };
        // The server's own spelling of the name; the relative URL that stands beside it is not followed.
        let url = job.child(&["results", listed])?;
        let limits = &job.session().limits;
        let call = Call {
            timeout: limits.results,
            expects: Expects::Result,
            ..job.session().get("result", with_data(url))
        };
        let doing = format!(
            "fetching the result `{}` of the job {}",
            result.name,
            job.url()
        );
        let reply = job
            .session()
            .call_again(&call)
            .await
            .map_err(|failure| unfetched(job, &doing, failure))?;
        match reply.document {
            Value::Object(mut all) if all.contains_key("value") => {
                let mut value = all.remove("value").unwrap_or_default();
                hide(&mut value, &job.session().secrets());
                if envelope::features(&value) > limits.max_features {
                    let most = limits.max_features;
                    let sentence = format!("{doing} failed: it has more than {most} features");
                    let error = Error::new(ErrorKind::TooLarge, sentence);
                    return Err(error.with_job_url(job.url()));
                }
                outputs.push(result.name, value);
            }
            // Without a value the result was not produced.
            Value::Object(all) if all.contains_key("paramName") => {
                outputs.push(result.name, Value::Null)
            }
            document => {
                let error = job.session().unexpected(
                    &doing,
                    "the server answered without a value",
                    &document,
                );
                return Err(error
                    .amended(ErrorKind::Results, |sentence| sentence)
                    .with_job_url(job.url()));
            }
        }
    }
    job.note(&Event::Taken).await;
    Ok(outputs)
}

/// Services that also draw their results answer with a picture unless they are asked for data.
fn with_data(mut url: url::Url) -> url::Url {
    url.query_pairs_mut().append_pair("returnType", "data");
    url
}

/// The names of the results, which may come a little later than the job's success.
async fn listed(job: &RawJob) -> Result<Vec<String>> {
    let began = Instant::now();
    let mut seen = job.end().cloned();
    loop {
        let info = match seen.take() {
            Some(info) => info,
            None => job.status().await?,
        };
        let names = names(&ending::judge(job, info)?);
        let lists = |name: &str| names.iter().any(|listed| listed.eq_ignore_ascii_case(name));
        let complete = job
            .task()
            .results
            .iter()
            .all(|result| !result.always || lists(result.name));
        if complete || began.elapsed() >= job.session().polling.results_grace {
            return Ok(names);
        }
        sleep(LAG).await;
    }
}

fn names(info: &JobInfo) -> Vec<String> {
    info.results.iter().map(|(name, _)| name.clone()).collect()
}

fn unfetched(job: &RawJob, doing: &str, failure: crate::failure::Failure) -> Error {
    let error = job.error(doing, failure);
    match error.kind() {
        ErrorKind::Refused | ErrorKind::NotFound => {
            error.amended(ErrorKind::Results, |sentence| sentence)
        }
        _ => error,
    }
}
