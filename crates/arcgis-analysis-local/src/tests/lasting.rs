//! What outlives the service, on a data folder that a second service opens.

use super::{Client, GP, cities, error};
use crate::disk::{Disk, Loaded};
use crate::gp::params::Fields;
use crate::hosted::{Hosted, Target};
use crate::jobs::{Job, Outcome, record};
use crate::{LocalService, LocalServiceBuilder, StartError};
use arcgis_analysis_types::{FeatureCollection, JobStatus};
use serde_json::{Value, json};
use std::future::{Future, poll_fn};
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

pub(super) fn with(folder: &Path) -> LocalServiceBuilder {
    LocalService::builder().data(folder).username("ann")
}

/// A job of CreateBuffers.
fn job(id: &str, owner: &str, form: &[(&str, &str)]) -> Job {
    let mut entries = arcgis_analysis_spatial::TASKS.iter();
    let entry = entries
        .find(|entry| entry.meta.name == "CreateBuffers")
        .unwrap();
    let form = form
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Job::new(
        id.to_owned(),
        owner.to_owned(),
        entry,
        Fields::of(entry.meta, form),
    )
}

async fn submit(client: &Client, more: &[(&str, &str)]) -> String {
    let cities = cities();
    let mut form = vec![
        ("inputLayer", cities.as_str()),
        ("distances", "[10]"),
        ("units", "Kilometers"),
    ];
    form.extend(more);
    client.submit("CreateBuffers", &form).await
}

#[tokio::test]
async fn jobs_results_and_layers_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let plain = submit(&client, &[("odd", "1")]).await;
    let hosted = submit(
        &client,
        &[("outputName", r#"{"serviceProperties":{"name":"Rings"}}"#)],
    )
    .await;
    let failed = client
        .submit("CreateBuffers", &[("distances", "[1]")])
        .await;
    for job in [&plain, &hosted] {
        client.job_ended(job, "esriJobSucceeded").await;
    }
    client.job_ended(&failed, "esriJobFailed").await;
    let content = format!("/sharing/rest/content/users/{}", service.username());
    client
        .post(&format!("{content}/createFolder"), &[("title", "Trials")])
        .await;
    let seen = async |client: &Client| {
        let query = "/arcgis/rest/services/Hosted/Rings/FeatureServer/0/query?outFields=*";
        let paths = [
            plain.clone(),
            format!("{plain}/results/bufferLayer"),
            format!("{plain}/inputs"),
            hosted.clone(),
            failed.clone(),
            query.to_owned(),
            "/arcgis/rest/services/Hosted/Rings/FeatureServer/0".to_owned(),
        ];
        let mut seen = Vec::new();
        for path in paths {
            let answer = client.get(&path).await;
            assert_eq!(answer.get("error"), None, "{path}: {answer}");
            seen.push(answer);
        }
        let folders = client.get(&content).await["folders"].clone();
        seen.push(folders);
        seen
    };
    let before = seen(&client).await;
    service.shutdown().await;

    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    assert_eq!(seen(&client).await, before);
    let result = client.get(&format!("{hosted}/results/bufferLayer")).await;
    let url = result["value"]["url"].as_str().unwrap();
    assert!(
        url.starts_with(service.portal_url()),
        "the URL is of the service as it is called now: {url}"
    );

    let id = result["value"]["itemId"].as_str().unwrap();
    client
        .post(&format!("{content}/items/{id}/delete"), &[])
        .await;
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let gone = client
        .get("/arcgis/rest/services/Hosted/Rings/FeatureServer/0")
        .await;
    assert_eq!(error(&gone).0, 404);
}

#[tokio::test]
async fn a_folder_serves_one_service_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let refused = with(folder.path()).start().await.unwrap_err();
    assert!(matches!(refused, StartError::Data { .. }), "{refused}");
    service.shutdown().await;
    with(folder.path()).start().await.unwrap().shutdown().await;
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(
        with(&file).start().await,
        Err(StartError::Data { .. })
    ));
}

/// What is forgotten in memory is forgotten on disk, too.
#[tokio::test]
async fn jobs_beyond_what_is_kept_are_gone_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let few = || with(folder.path()).workers(1).keep_jobs(2, usize::MAX);
    let service = few().start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let mut jobs = Vec::new();
    for _ in 0..4 {
        let job = submit(&client, &[]).await;
        client.job_ended(&job, "esriJobSucceeded").await;
        jobs.push(job);
    }
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let mut kept = Vec::new();
    for job in &jobs {
        kept.push(client.get(job).await.get("error").is_none());
    }
    assert_eq!(kept, [false, false, true, true]);
}

/// A request is dropped when its client hangs up, here while the submit waits for the disk: the job is there all the same.
#[tokio::test]
async fn a_job_whose_client_hangs_up_is_no_phantom() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let job = job(
        "j1",
        "ann",
        &[("distances", "[10]"), ("inputLayer", &cities())],
    );
    // Polled once and dropped. A time limit of zero would not do: timers count whole milliseconds, and a fast disk is
    // done before one has passed.
    let mut submit = Box::pin(service.app.jobs.submit(job));
    let waits = poll_fn(|context| Poll::Ready(submit.as_mut().poll(context).is_pending())).await;
    assert!(waits, "the disk was waited for");
    drop(submit);
    let client = Client::signed_in(&service).await;
    for _ in 0..1000 {
        if service.app.jobs.get("j1").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client
        .job_ended(&format!("{GP}/CreateBuffers/jobs/j1"), "esriJobSucceeded")
        .await;
}

/// A job that was asked to stop while it waited does not run after all because the service was killed.
#[tokio::test]
async fn a_cancelled_job_does_not_run_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let cities = cities();
    let waits = job(
        "j1",
        "ann",
        &[("distances", "[10]"), ("inputLayer", &cities)],
    );
    let (disk, _) = Disk::open(folder.path()).unwrap();
    disk.written(record::submission(&waits).unwrap())
        .await
        .unwrap();
    waits.wait();
    assert!(waits.cancel() && !waits.cancel());
    disk.written(record::underway(&waits)).await.unwrap();
    disk.close().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let job = client.get(&format!("{GP}/CreateBuffers/jobs/j1")).await;
    assert_eq!(job["jobStatus"], "esriJobCancelled", "{job}");
}

/// What is being written to disk as the end is the end, whatever is asked for meanwhile.
#[test]
fn an_end_that_is_decided_is_not_taken_back() {
    let job = job("j1", "ann", &[]);
    assert!(job.begin());
    let ending = job.settle(&Outcome::Succeeded(Vec::new()));
    job.cancel();
    assert!(!job.is_cancelled() && !job.control.is_cancelled());
    job.end(Outcome::Succeeded(Vec::new()));
    assert_eq!(job.status(), JobStatus::Succeeded);
    assert_eq!(ending.status, JobStatus::Succeeded);
}

/// A job that waits for its turn is read again as it was sent, though its features speak of tokens.
#[tokio::test]
async fn features_that_speak_of_tokens_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let cities = cities().replace("Oslo", "https://h/i.jpg?token=1");
    let fields = [("inputLayer", cities.as_str()), ("distances", "[10]")];
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    drop(loaded);
    let waits = record::submission(&job("j1", "ann", &fields)).unwrap();
    disk.written(waits).await.unwrap();
    disk.close().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = format!("{GP}/CreateBuffers/jobs/j1");
    client.job_ended(&path, "esriJobSucceeded").await;
    let result = client.get(&format!("{path}/results/bufferLayer")).await;
    assert!(result.to_string().contains("i.jpg?token=1"), "{result}");
}

/// The layer and the end of its job are on disk both or neither, so that a job that was interrupted can be submitted
/// again with the same name.
#[tokio::test]
async fn a_hosted_layer_comes_with_the_end_of_its_job() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    let target = Target::New {
        name: "Rings".to_owned(),
        folder: None,
    };
    let layers = || vec![FeatureCollection::default()];
    let filling = hosted.fill(&target, "ann", layers()).unwrap();
    // Nobody sees it, and nobody else has the name.
    assert!(hosted.service("Rings").is_none() && hosted.items().is_empty());
    assert!(hosted.fill(&target, "ann", layers()).is_err());
    assert!(hosted.create("ann", "RINGS", None, "").is_err());
    // As after a kill, or where the job was cancelled.
    drop(filling);
    disk.close().await;
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    assert!(hosted.items().is_empty());
    let mut filling = hosted.fill(&target, "ann", layers()).unwrap();
    disk.written(std::mem::take(&mut filling.changes))
        .await
        .unwrap();
    filling.show();
    assert_eq!(hosted.service("Rings").unwrap().layers.len(), 1);
    disk.close().await;
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    assert_eq!(hosted.service("Rings").unwrap().layers.len(), 1);
    disk.close().await;
}

/// What the disk refuses is not there, and what it would not let go stays.
#[tokio::test]
async fn memory_and_disk_agree_when_the_disk_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Arc::new(Hosted::new(disk.clone(), &loaded).unwrap());
    let aside = Arc::clone(&hosted);
    let (trials, item) = tokio::task::spawn_blocking(move || {
        let trials = aside.create_folder("ann", "Trials").unwrap();
        let item = aside.create("ann", "Rings", Some(&trials.id), "").unwrap();
        (trials, item)
    })
    .await
    .unwrap();
    disk.close().await;
    let aside = Arc::clone(&hosted);
    let (id, inside) = (item.id.clone(), trials.id.clone());
    tokio::task::spawn_blocking(move || {
        assert!(aside.create_folder("ann", "More").is_err());
        assert!(aside.create("ann", "Squares", None, "").is_err());
        assert!(aside.delete(&id).is_err());
        assert!(aside.delete_folder(&inside).is_err());
    })
    .await
    .unwrap();
    let folders = hosted.folders("ann").into_iter().map(|folder| folder.id);
    assert_eq!(folders.collect::<Vec<_>>(), [trials.id]);
    let items = hosted.items().into_iter().map(|item| item.id.clone());
    assert_eq!(items.collect::<Vec<_>>(), [item.id.as_str()]);
}

/// An item is deleted before a job fills it or after, never between.
#[tokio::test]
async fn an_item_is_not_deleted_while_a_job_fills_it() {
    let hosted = Hosted::new(Disk::none(), &Loaded::default()).unwrap();
    let trials = hosted.create_folder("ann", "Trials").unwrap();
    let item = hosted.create("ann", "Rings", Some(&trials.id), "").unwrap();
    let target = Target::Existing {
        item: item.id.clone(),
        overwrite: false,
    };
    let layers = || vec![FeatureCollection::default()];
    let filling = hosted.fill(&target, "ann", layers()).unwrap();
    assert!(hosted.fill(&target, "ann", layers()).is_err());
    assert!(hosted.delete(&item.id).is_err());
    assert!(hosted.delete_folder(&trials.id).is_err());
    filling.show();
    assert!(
        hosted.fill(&target, "ann", layers()).is_err(),
        "it has layers now"
    );
    assert_eq!(hosted.delete_folder(&trials.id), Ok(true));
    assert!(hosted.items().is_empty() && hosted.folders("ann").is_empty());
}

/// What one user left in the folder is not for the next: neither by HTTP nor by way of a job.
#[tokio::test]
async fn another_owner_s_content_is_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let content = "/sharing/rest/content/users";
    let made = client
        .post(
            &format!("{content}/ann/createFolder"),
            &[("title", "Trials")],
        )
        .await;
    let inside = made["folder"]["id"].as_str().unwrap().to_owned();
    let output = json!({ "serviceProperties": { "name": "Rings" }, "itemProperties": { "folderId": inside } });
    let hosted = submit(&client, &[("outputName", &output.to_string())]).await;
    client.job_ended(&hosted, "esriJobSucceeded").await;
    let result = client.get(&format!("{hosted}/results/bufferLayer")).await;
    let id = result["value"]["itemId"].as_str().unwrap().to_owned();
    service.shutdown().await;

    let service = with(folder.path()).username("bob").start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let url = "/arcgis/rest/services/Hosted/Rings/FeatureServer/0";
    for path in [url, &format!("{url}/query")] {
        assert_eq!(error(&client.get(path).await).0, 403, "{path}");
    }
    for path in [
        format!("/sharing/rest/content/items/{id}"),
        format!("{content}/bob/items/{id}/delete"),
        format!("{content}/bob/{inside}"),
        format!("{content}/bob/{inside}/delete"),
    ] {
        assert_eq!(error(&client.post(&path, &[]).await).0, 400, "{path}");
    }
    assert_eq!(
        client.get(&format!("{content}/bob")).await["folders"],
        json!([])
    );
    let layer = format!("{}{url}", service.portal_url());
    for input in [layer, json!({ "itemId": id }).to_string()] {
        let form = [("inputLayer", input.as_str()), ("distances", "[1]")];
        let job = client.submit("CreateBuffers", &form).await;
        let job = client.job_ended(&job, "esriJobFailed").await;
        let messages = job["messages"].to_string();
        assert!(messages.contains("which is not there"), "{messages}");
    }
    for (properties, said) in [
        (
            json!({ "itemId": id, "overwrite": true }),
            "there is no item",
        ),
        (json!({ "folderId": inside }), "There is no folder"),
    ] {
        let output =
            json!({ "serviceProperties": { "name": "Other" }, "itemProperties": properties });
        let job = submit(&client, &[("outputName", &output.to_string())]).await;
        let job = client.job_ended(&job, "esriJobFailed").await;
        let messages = job["messages"].to_string();
        assert!(messages.contains(said), "{messages}");
    }
    assert_eq!(service.app.hosted.item(&id).unwrap().owner, "ann");
}

/// Inputs and results are nobody else's on the machine.
#[cfg(unix)]
#[tokio::test]
async fn the_data_are_for_their_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("data");
    let service = with(&folder).start().await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("arcgis-analysis.redb")), 0o600);
    service.shutdown().await;
}

/// Nothing in the folder holds the token of a layer, the password, or the token of the user.
#[tokio::test]
async fn no_secret_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path())
        .password("pass-hush-word")
        .start()
        .await
        .unwrap();
    let client = Client::signed_in(&service).await;
    let inputs = [
        json!({ "url": "https://h.example/FeatureServer/0", "serviceToken": "tok-hush-en" }),
        json!("https://h.example/FeatureServer/0?token=tok-hush-en"),
    ];
    for input in inputs {
        let text = match &input {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let job = client
            .submit(
                "CreateBuffers",
                &[("inputLayer", &text), ("distances", "[1]")],
            )
            .await;
        client.job_ended(&job, "esriJobFailed").await;
    }
    service.shutdown().await;
    let mut read = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        read += bytes.len();
        assert!(!bytes.windows(4).any(|window| window == b"hush"));
    }
    assert!(read > 1000, "{read}");
}
