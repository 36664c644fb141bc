//! Jobs on disk: what was submitted, how far it is, and the results.

use super::job::{Content, Job, Outcome, Output, State};
use crate::catalogue;
use crate::disk::{Change, Kind, Loaded};
use crate::gp::failure;
use crate::gp::params::Fields;
use crate::hosted::now;
use arcgis_analysis_types::{JobMessage, JobStatus, TaskEntry};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What was submitted.
#[derive(Serialize, Deserialize)]
struct Submission {
    owner: String,
    service: String,
    task: String,
    fields: Vec<(String, String)>,
    ignored: Vec<String>,
    submitted: u64,
}

/// How far a job is. A job that only waits has none.
#[derive(Serialize, Deserialize)]
struct Progress {
    status: JobStatus,
    messages: Vec<JobMessage>,
    at: u64,
}

/// A job as it is found at the start.
pub(super) enum Found {
    /// It ended; these are the oldest first.
    Ended(Job),
    /// It is to run; these are the oldest first.
    Waiting(Job),
}

/// The record of a job that has just been submitted. Tokens for layers are left out.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn submission(job: &Job) -> Result<Vec<Change>, String> {
    let record = Submission {
        owner: job.owner.clone(),
        service: job.entry.meta.service.id.to_owned(),
        task: job.entry.meta.name.to_owned(),
        fields: job.fields.without_secrets(),
        ignored: job.fields.ignored().to_vec(),
        submitted: job.submitted,
    };
    let record = serde_json::to_vec(&record).map_err(|error| error.to_string())?;
    Ok(vec![Change::put(Kind::Job, &job.id, record)])
}

/// The record of a job whose turn has come, or that was asked to stop.
pub(crate) fn underway(job: &Job) -> Vec<Change> {
    let state = job.look(Clone::clone);
    progress(&job.id, &state).into_iter().collect()
}

/// The records of a job that ends so.
pub(super) fn ended(job: &Job, state: &State) -> Vec<Change> {
    let mut changes: Vec<_> = progress(&job.id, state).into_iter().collect();
    for output in state.results() {
        let mut record = vec![match &output.content {
            Content::Text(_) => b'T',
            Content::Layer { .. } => b'L',
            Content::Item(_) => b'I',
        }];
        match &output.content {
            Content::Text(text) => record.extend_from_slice(text),
            Content::Layer { item, path, layer } => {
                record.extend(serde_json::to_vec(&(item, path, layer)).unwrap_or_default());
            }
            Content::Item(item) => record.extend_from_slice(item.as_bytes()),
        }
        changes.push(Change::put(
            Kind::Result,
            &result_key(&job.id, output.name),
            record,
        ));
    }
    changes
}

/// What removes a job.
pub(super) fn removal(job: &Job) -> Vec<Change> {
    let results = job.entry.meta.results.iter();
    let results =
        results.map(|result| Change::remove(Kind::Result, &result_key(&job.id, result.name)));
    [
        Change::remove(Kind::Job, &job.id),
        Change::remove(Kind::State, &job.id),
    ]
    .into_iter()
    .chain(results)
    .collect()
}

/// The jobs of a data folder. One that was executing when the service stopped has failed, or is cancelled if that was asked
/// for.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn restore(loaded: &Loaded) -> Result<Vec<Found>, String> {
    let states: HashMap<&str, &[u8]> = by_key(loaded, Kind::State);
    let mut results: HashMap<&str, Vec<(&str, &[u8])>> = HashMap::new();
    for (key, record) in loaded.of(Kind::Result) {
        if let Some((job, name)) = key.split_once('/') {
            results.entry(job).or_default().push((name, record));
        }
    }
    let mut found: Vec<(bool, u64, Found)> = Vec::new();
    for (id, record) in loaded.of(Kind::Job) {
        let unread = |error: serde_json::Error| format!("job {id}: {error}");
        let submission: Submission = serde_json::from_slice(record).map_err(unread)?;
        // A task that this version has no more.
        let Some(entry) = entry(&submission) else {
            continue;
        };
        let fields = Fields::restored(entry.meta, submission.fields, submission.ignored);
        let mut job = Job::new(id.clone(), submission.owner, entry, fields);
        job.submitted = submission.submitted;
        let Some(record) = states.get(id.as_str()) else {
            found.push((true, submission.submitted, Found::Waiting(job)));
            continue;
        };
        let progress: Progress = serde_json::from_slice(record).map_err(unread)?;
        let own = results.remove(id.as_str()).unwrap_or_default();
        let outputs = own
            .into_iter()
            .filter_map(|(name, record)| output(entry, name, record));
        let is_over = progress.status.is_terminal();
        job.restore(progress.status, progress.messages, outputs.collect());
        if !is_over {
            job.end(Outcome::Failed(failure::description(
                entry.meta,
                "the local service stopped while the job was executing; submit it again",
            )));
        }
        found.push((false, progress.at, Found::Ended(job)));
    }
    found.sort_by_key(|(waits, at, _)| (*waits, *at));
    Ok(found.into_iter().map(|(_, _, found)| found).collect())
}

fn by_key(loaded: &Loaded, kind: Kind) -> HashMap<&str, &[u8]> {
    let records = loaded.of(kind).iter();
    records
        .map(|(key, record)| (key.as_str(), record.as_slice()))
        .collect()
}

fn entry(submission: &Submission) -> Option<&'static TaskEntry> {
    let mut entries = catalogue::services()
        .iter()
        .flat_map(|service| service.tasks);
    entries.find(|entry| {
        entry.meta.service.id == submission.service && entry.meta.name == submission.task
    })
}

fn output(entry: &TaskEntry, name: &str, record: &[u8]) -> Option<Output> {
    let name = entry.meta.result(name)?.name;
    let content = match record.split_first()? {
        (b'T', text) => Content::Text(text.to_vec().into()),
        (b'I', item) => Content::Item(String::from_utf8(item.to_vec()).ok()?),
        (_, place) => {
            let (item, path, layer) = serde_json::from_slice(place).ok()?;
            Content::Layer { item, path, layer }
        }
    };
    Some(Output { name, content })
}

fn progress(id: &str, state: &State) -> Option<Change> {
    let record = Progress {
        status: state.status.clone(),
        messages: state.messages.clone(),
        at: now(),
    };
    // Words and texts can always be written as JSON.
    let record = serde_json::to_vec(&record).ok()?;
    Some(Change::put(Kind::State, id, record))
}

fn result_key(job: &str, name: &str) -> String {
    format!("{job}/{name}")
}
