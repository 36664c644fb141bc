//! What outlives the service, on a data folder that a second service opens.

use super::{Client, cities, error};
use crate::{LocalService, LocalServiceBuilder, StartError};
use serde_json::{Value, json};
use std::path::Path;

fn with(folder: &Path) -> LocalServiceBuilder {
    LocalService::builder().data(folder).username("ann")
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
