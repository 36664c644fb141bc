//! Layers of other servers as inputs: which are read, how, and which are not.

use super::{Client, error};
use crate::{LocalService, StartError};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Points in rows of a hundred, a degree apart in the whole; `n` counts them.
fn points(from: usize, count: usize) -> String {
    let point = |n: usize| {
        let (x, y) = ((n % 100) as f64 / 100.0, (n / 100) as f64 / 100.0);
        json!({ "geometry": { "x": x, "y": y }, "attributes": { "n": n } })
    };
    json!({
        "layerDefinition": {
            "geometryType": "esriGeometryPoint",
            "fields": [{ "name": "n", "type": "esriFieldTypeInteger" }],
        },
        "featureSet": {
            "spatialReference": { "wkid": 4326 },
            "features": (from..from + count).map(point).collect::<Vec<_>>(),
        },
    })
    .to_string()
}

/// The URL of a hosted layer of 5,000 points, and a token for it.
async fn hosting() -> (LocalService, String, String) {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let output = json!({ "serviceProperties": { "name": "Points" } }).to_string();
    let form = [
        ("inputLayer", &points(0, 2500)),
        ("mergeLayer", &points(2500, 2500)),
        ("outputName", &output),
    ];
    let job = client
        .submit(
            "MergeLayers",
            &form.map(|(name, text)| (name, text.as_str())),
        )
        .await;
    client.job_ended(&job, "esriJobSucceeded").await;
    let result = client.get(&format!("{job}/results/mergedLayer")).await;
    let url = result["value"]["url"].as_str().unwrap().to_owned();
    let form = [
        ("username", service.username()),
        ("password", service.password()),
        ("f", "json"),
    ];
    let answer = client.post("/sharing/rest/generateToken", &form).await;
    let token = answer["token"].as_str().unwrap().to_owned();
    (service, url, token)
}

/// A service that may read layers of these, and its user.
async fn reaching(hosts: &[SocketAddr]) -> (LocalService, Client) {
    let builder = hosts.iter().fold(LocalService::builder(), |builder, host| {
        builder.allow_host(host.to_string())
    });
    let service = builder.start().await.unwrap();
    let client = Client::signed_in(&service).await;
    (service, client)
}

/// What a job says in the end, as one text.
async fn said(client: &Client, job: &str, status: &str) -> String {
    client.job_ended(job, status).await["messages"].to_string()
}

/// A server that notes what is sent to it, and answers always the same or never.
struct Stub {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    async fn start(answer: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = vec![0; 16 * 1024];
                let read = stream.read(&mut head).await.unwrap_or_default();
                let text = String::from_utf8_lossy(&head[..read]).into_owned();
                noted.lock().unwrap().push(text);
                if let Some(answer) = &answer {
                    let _ = stream.write_all(answer.as_bytes()).await;
                } else {
                    open.push(stream);
                }
            }
        });
        Self { address, seen }
    }

    fn layer(&self) -> String {
        format!(
            "http://{}/arcgis/rest/services/X/FeatureServer/0",
            self.address
        )
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn a_layer_of_an_allowed_host_is_read_page_by_page() {
    let (there, url, token) = hosting().await;
    let (_here, client) = reaching(&[there.address()]).await;
    let layer = json!({ "url": url, "serviceToken": token });
    let form = [
        ("pointLayer", layer.to_string()),
        ("binType", "Square".to_owned()),
        ("binSize", "20".to_owned()),
        ("binSizeUnit", "Kilometers".to_owned()),
    ];
    let form = form.each_ref().map(|(name, text)| (*name, text.as_str()));
    let job = client.submit("AggregatePoints", &form).await;
    let told = said(&client, &job, "esriJobSucceeded").await;
    assert!(
        told.contains(&format!(
            "`pointLayer`: 5000 features were read from {url}."
        )),
        "{told}"
    );
    assert!(!told.contains(&token));
    let result = client.get(&format!("{job}/results/aggregatedLayer")).await;
    let bins = result["value"]["featureSet"]["features"]
        .as_array()
        .unwrap();
    let counts = bins
        .iter()
        .map(|bin| bin["attributes"]["Point_Count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), 5000);
    let inputs = client.get(&format!("{job}/inputs/pointLayer")).await;
    assert!(!inputs.to_string().contains(&token), "{inputs}");
}

#[tokio::test]
async fn the_filter_goes_to_the_server_and_its_refusal_comes_back() {
    let (there, url, token) = hosting().await;
    let (_here, client) = reaching(&[there.address()]).await;
    for (filter, ends, expected) in [
        (
            "n BETWEEN 1990 AND 2009",
            "esriJobSucceeded",
            "20 features were read",
        ),
        ("height > 3", "esriJobFailed", "height"),
    ] {
        let layer = json!({ "url": url, "serviceToken": token, "filter": filter }).to_string();
        let form = [("inputLayer", layer.as_str()), ("distances", "[1]")];
        let job = client.submit("CreateBuffers", &form).await;
        let told = said(&client, &job, ends).await;
        assert!(told.contains(expected), "{told}");
        if ends == "esriJobSucceeded" {
            let result = client.get(&format!("{job}/results/bufferLayer")).await;
            let buffers = result["value"]["featureSet"]["features"]
                .as_array()
                .unwrap();
            assert_eq!(buffers.len(), 20);
        }
    }
}

#[tokio::test]
async fn without_a_token_the_job_says_that_one_is_wanted() {
    let (there, url, _) = hosting().await;
    let (_here, client) = reaching(&[there.address()]).await;
    let form = [("inputLayer", url.as_str()), ("distances", "[1]")];
    let job = client.submit("CreateBuffers", &form).await;
    let told = said(&client, &job, "esriJobFailed").await;
    assert!(
        told.contains("give a token for it as the layer's `serviceToken`"),
        "{told}"
    );
}

#[tokio::test]
async fn nobody_else_is_asked() {
    let stub = Stub::start(answer("200 OK", "", "{}")).await;
    let (there, ..) = hosting().await;
    let (_here, client) = reaching(&[there.address()]).await;
    let by_name = stub.layer().replace("127.0.0.1", "localhost");
    for url in [stub.layer(), by_name] {
        let form = [("inputLayer", url.as_str()), ("distances", "[1]")];
        let job = client.submit("CreateBuffers", &form).await;
        let told = said(&client, &job, "esriJobFailed").await;
        let port = stub.address.port();
        assert!(told.contains("--allow-host "), "{told}");
        assert!(
            told.contains(&format!(":{port}`, or send the features themselves")),
            "{told}"
        );
    }
    assert_eq!(stub.seen(), [""; 0]);
}

/// An allowed server cannot have another one asked.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let secret = Stub::start(answer("200 OK", "", "{\"secret\": true}")).await;
    let location = format!("Location: {}\r\n", secret.layer());
    let stub = Stub::start(answer("302 Found", &location, "")).await;
    let (_here, client) = reaching(&[stub.address]).await;
    let form = [("inputLayer", &*stub.layer()), ("distances", "[1]")];
    let job = client.submit("CreateBuffers", &form).await;
    let told = said(&client, &job, "esriJobFailed").await;
    assert!(told.contains("which is not followed"), "{told}");
    assert_eq!((stub.seen().len(), secret.seen().len()), (1, 0));
}

#[tokio::test]
async fn a_token_goes_to_its_own_server_only() {
    let (there, url, token) = hosting().await;
    let refusal = json!({ "error": { "code": 400, "message": "No such layer" } }).to_string();
    let stub = Stub::start(answer("200 OK", "", &refusal)).await;
    let (_here, client) = reaching(&[there.address(), stub.address]).await;
    let with_token = json!({ "url": url, "serviceToken": token }).to_string();
    let form = [
        ("inputLayer", with_token.as_str()),
        ("mergeLayer", &*stub.layer()),
    ];
    let job = client.submit("MergeLayers", &form).await;
    let told = said(&client, &job, "esriJobFailed").await;
    assert!(
        told.contains("5000 features were read") && told.contains("No such layer"),
        "{told}"
    );
    let seen = stub.seen();
    assert_eq!(seen.len(), 1);
    assert!(
        !seen[0].contains(&token) && !seen[0].to_ascii_lowercase().contains("authorization"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_job_that_waits_for_a_server_is_cancelled_at_once() {
    let stub = Stub::start(None).await;
    let (_here, client) = reaching(&[stub.address]).await;
    let form = [("inputLayer", &*stub.layer()), ("distances", "[1]")];
    let job = client.submit("CreateBuffers", &form).await;
    while stub.seen().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    client
        .post(&format!("{job}/cancel"), &[("f", "json")])
        .await;
    client.job_ended(&job, "esriJobCancelled").await;
    let results = client.get(&format!("{job}/results")).await;
    assert_eq!(error(&results).0, 400);
}

/// A task that is not computed asks nobody for what it would need.
#[tokio::test]
async fn nothing_is_read_for_a_job_that_fails_anyway() {
    let stub = Stub::start(answer("200 OK", "", "{}")).await;
    let (_here, client) = reaching(&[stub.address]).await;
    let form = [
        ("inputLayer", &*stub.layer()),
        ("distances", "[1]"),
        ("outputName", "{}"),
    ];
    let job = client.submit("CreateBuffers", &form).await;
    said(&client, &job, "esriJobFailed").await;
    let form = [
        ("inputLayer", &*stub.layer()),
        ("distances", "[1]"),
        ("units", "Leagues"),
    ];
    let job = client.submit("CreateBuffers", &form).await;
    said(&client, &job, "esriJobFailed").await;
    assert_eq!(stub.seen(), [""; 0]);
}

#[tokio::test]
async fn what_is_allowed_must_be_a_host() {
    let refused = LocalService::builder()
        .allow_host("https://gis.example.org")
        .start()
        .await;
    let Err(StartError::Host { host, .. }) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(host, "https://gis.example.org");
    let said = refused.unwrap_err().to_string();
    assert_eq!(
        said,
        "the host \"https://gis.example.org\" cannot be allowed: it must be a host such as gis.example.org or gis.example.org:6443"
    );
}
