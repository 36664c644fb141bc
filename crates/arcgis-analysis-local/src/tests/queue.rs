//! Jobs that wait, stop and break, on a backend that does as it is told.

use super::{Client, error};
use crate::LocalService;
use crate::gp::params::Fields;
use crate::jobs::Job;
use crate::jobs::backend::{Backend, Computed};
use arcgis_analysis_engine::{Control, EngineError, Support};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{FeatureCollection, TaskEntry};
use serde_json::Value;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Computes what `distances` says: `[0]` panics, `[1]` waits for a signal, `[2]` runs until it is cancelled.
#[derive(Debug)]
struct Puppet(Mutex<Receiver<()>>);

impl Backend for Puppet {
    fn support(&self, _: &TaskMeta) -> Support {
        Support::Exact
    }

    fn run(
        &self,
        _: &'static TaskMeta,
        params: Value,
        control: &Control,
    ) -> Result<Computed, EngineError> {
        match params["distances"][0].as_i64() {
            Some(1) => self.0.lock().unwrap().recv().unwrap(),
            Some(2) => {
                while !control.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                return Err(EngineError::Cancelled);
            }
            _ => panic!("as told"),
        }
        Ok(vec![("bufferLayer", FeatureCollection::default().into())])
    }
}

/// A service with one worker, and what lets its jobs end.
async fn puppet() -> (LocalService, Sender<()>) {
    let (go, wait) = channel();
    let builder = LocalService::builder().workers(1).keep_jobs(2, usize::MAX);
    (
        builder
            .start_with(Arc::new(Puppet(Mutex::new(wait))))
            .await
            .unwrap(),
        go,
    )
}

async fn submit(client: &Client, distances: &str) -> String {
    client
        .submit(
            "CreateBuffers",
            &[("inputLayer", "{}"), ("distances", distances)],
        )
        .await
}

fn buffers() -> &'static TaskEntry {
    arcgis_analysis_spatial::TASKS
        .iter()
        .find(|entry| entry.meta.name == "CreateBuffers")
        .unwrap()
}

#[tokio::test]
async fn jobs_wait_for_their_turn() {
    let (service, go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let first = submit(&client, "[1]").await;
    let job = client.job_ended(&first, "esriJobExecuting").await;
    assert_eq!(job["progress"]["type"], "default");
    assert_eq!(job.get("results"), None);
    let second = submit(&client, "[1]").await;
    let job = client.job_ended(&second, "esriJobWaiting").await;
    assert_eq!(job.get("progress"), None);
    let early = client.get(&format!("{second}/results/bufferLayer")).await;
    assert_eq!(error(&early).0, 400);

    go.send(()).unwrap();
    client.job_ended(&first, "esriJobSucceeded").await;
    client.job_ended(&second, "esriJobExecuting").await;
    go.send(()).unwrap();
    client.job_ended(&second, "esriJobSucceeded").await;
}

#[tokio::test]
async fn a_running_job_is_stopped() {
    let (service, _go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let path = submit(&client, "[2]").await;
    client.job_ended(&path, "esriJobExecuting").await;
    let answer = client
        .post(&format!("{path}/cancel"), &[("f", "json")])
        .await;
    assert!(path.ends_with(answer["jobId"].as_str().unwrap()));
    let status = answer["jobStatus"].as_str().unwrap();
    assert!(
        ["esriJobCancelling", "esriJobCancelled"].contains(&status),
        "{status}"
    );
    assert!(answer["messages"].is_array());
    let job = client.job_ended(&path, "esriJobCancelled").await;
    assert_eq!(job.get("results"), None);
    let again = client.get(&format!("{path}/cancel")).await;
    assert_eq!(again["jobStatus"], "esriJobCancelled");
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_without_its_turn() {
    let (service, go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let first = submit(&client, "[1]").await;
    client.job_ended(&first, "esriJobExecuting").await;
    let second = submit(&client, "[1]").await;
    client.job_ended(&second, "esriJobWaiting").await;
    client.get(&format!("{second}/cancel")).await;
    client.job_ended(&second, "esriJobCancelled").await;
    assert_eq!(client.get(&first).await["jobStatus"], "esriJobExecuting");
    go.send(()).unwrap();
    client.job_ended(&first, "esriJobSucceeded").await;
}

/// What a job had reached when it was asked to stop is not shown as its result.
#[tokio::test]
async fn a_job_that_ends_while_it_is_being_cancelled_is_cancelled() {
    let (service, go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let path = submit(&client, "[1]").await;
    client.job_ended(&path, "esriJobExecuting").await;
    let answer = client.get(&format!("{path}/cancel")).await;
    assert_eq!(answer["jobStatus"], "esriJobCancelling");
    go.send(()).unwrap();
    client.job_ended(&path, "esriJobCancelled").await;
}

#[tokio::test]
async fn a_panic_fails_its_job_and_no_other() {
    let (service, go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let broken = submit(&client, "[0]").await;
    let job = client.job_ended(&broken, "esriJobFailed").await;
    let messages = job["messages"].to_string();
    assert!(
        messages.contains("defect in the local service") && messages.contains("AO_100012"),
        "{messages}"
    );
    let next = submit(&client, "[1]").await;
    go.send(()).unwrap();
    client.job_ended(&next, "esriJobSucceeded").await;
}

#[tokio::test]
async fn the_oldest_jobs_that_have_ended_are_forgotten() {
    let (service, go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let mut paths = Vec::new();
    for _ in 0..3 {
        go.send(()).unwrap();
        let path = submit(&client, "[1]").await;
        client.job_ended(&path, "esriJobSucceeded").await;
        paths.push(path);
    }
    // A job shows its end a moment before it is counted.
    let mut oldest = client.get(&paths[0]).await;
    for _ in 0..200 {
        if oldest.get("error").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        oldest = client.get(&paths[0]).await;
    }
    assert_eq!(error(&oldest).0, 404);
    for path in &paths[1..] {
        assert_eq!(client.get(path).await["jobStatus"], "esriJobSucceeded");
    }
}

#[tokio::test]
async fn a_job_belongs_to_its_user() {
    let (service, _go) = puppet().await;
    let client = Client::signed_in(&service).await;
    let fields = Fields::of(
        buffers().meta,
        [("distances".to_owned(), "[2]".to_owned())].into_iter(),
    );
    let job = Job::new("j1".to_owned(), "bob".to_owned(), buffers(), fields);
    service.app.jobs.submit(job).await.unwrap();
    let path = format!("{}/CreateBuffers/jobs/j1", super::GP);
    for part in [
        "",
        "/results",
        "/results/bufferLayer",
        "/inputs",
        "/inputs/distances",
        "/messages",
        "/cancel",
    ] {
        assert_eq!(
            error(&client.get(&format!("{path}{part}")).await).0,
            403,
            "{part}"
        );
    }
    let job = service.app.jobs.get("j1").unwrap();
    assert!(!job.is_cancelled());
    job.cancel();
}
