//! What the service bears, and how it ends.

use super::{Client, GP, cities, error};
use crate::{LocalService, StartError};
use hyper::{Method, StatusCode};
use std::io::{Read, Write};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let service = LocalService::builder()
        .largest_request(1000)
        .start()
        .await
        .unwrap();
    let client = Client::signed_in(&service).await;
    let path = format!("{GP}/CreateBuffers/submitJob");
    let large = "x".repeat(2000);
    let (status, text) = client
        .send(Method::POST, &path, Some(&[("inputLayer", &large)]))
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(error(&serde_json::from_str(&text).unwrap()).0, 413);
    let small = client.post(&path, &[("inputLayer", "{}")]).await;
    assert_eq!(small["jobStatus"], "esriJobSubmitted");
}

/// What anybody may send is small.
#[tokio::test]
async fn nobody_signs_in_with_a_large_body() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let large = "x".repeat(70_000);
    for path in [
        "/sharing/rest/oauth2/authorize",
        "/sharing/rest/oauth2/signin",
        "/sharing/rest/oauth2/token",
        "/sharing/rest/generateToken",
        "/portal/sharing/oauth2/signin",
    ] {
        let (status, _) = client
            .send(Method::POST, path, Some(&[("state", &large)]))
            .await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    for (length, status) in [(2048, StatusCode::OK), (2049, StatusCode::BAD_REQUEST)] {
        let state = "x".repeat(length);
        let form = [
            ("client_id", "app"),
            ("response_type", "code"),
            ("redirect_uri", "http://127.0.0.1:5000/"),
            ("state", state.as_str()),
        ];
        let (answered, _) = client
            .send(Method::POST, "/sharing/rest/oauth2/authorize", Some(&form))
            .await;
        assert_eq!(answered, status, "{length}");
    }
}

/// However many strangers send large bodies, few are held at once, and they keep nobody waiting who is signed in.
#[tokio::test]
async fn few_large_bodies_of_strangers_are_read_at_once() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = format!("{GP}/CreateBuffers/submitJob");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100000\r\n\r\nf="
    );
    let mut strangers = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(service.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        strangers.push(stream);
    }
    for _ in 0..1000 {
        if service.app.strangers.available_permits() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(service.app.strangers.available_permits(), 0);
    let large = "x".repeat(100_000);
    let form = [("inputLayer", large.as_str())];
    let fifth = Client::anonymous(&service);
    let waiting = {
        let (path, large) = (path.clone(), large.clone());
        tokio::spawn(async move { fifth.post(&path, &[("inputLayer", &large)]).await })
    };
    let job = client.post(&path, &form).await;
    assert_eq!(job["jobStatus"], "esriJobSubmitted");
    let forged = client.header("x-esri-authorization", "Bearer 00");
    assert_eq!(error(&forged.post(&path, &form).await).0, 498);
    assert!(!waiting.is_finished());
    drop(strangers);
    assert_eq!(error(&waiting.await.unwrap()).0, 499);
}

#[tokio::test]
async fn parameters_of_another_type_are_refused() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service).header("content-type", "application/json");
    let (status, text) = client.send(Method::POST, "/sharing/rest/info", None).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = serde_json::from_str(&text).unwrap();
    assert_eq!(
        error(&answer),
        (
            415,
            "Send the parameters as application/x-www-form-urlencoded or multipart/form-data."
        )
    );
}

/// Some clients post without a body and without a content type.
#[tokio::test]
async fn a_post_without_a_body_is_read() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let (status, text) = client
        .send(Method::POST, "/sharing/rest/info?f=json", None)
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("tokenServicesUrl"), "{text}");
}

#[tokio::test]
async fn a_connection_beyond_the_most_waits_for_a_place() {
    let service = LocalService::builder()
        .most_connections(1)
        .start()
        .await
        .unwrap();
    let client = Client::anonymous(&service);
    let silent = TcpStream::connect(service.address()).await.unwrap();
    // Long enough for the silent connection to have been accepted.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let waiting = tokio::spawn(async move { client.get("/sharing/rest/info").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    drop(silent);
    assert!(waiting.await.unwrap().get("authInfo").is_some());
}

/// A client that breaks off in the middle of a head or of a body holds nothing for long.
#[tokio::test]
async fn a_client_that_falls_silent_is_let_go() {
    let soon = Duration::from_millis(100);
    let service = LocalService::builder()
        .patience(soon, soon)
        .start()
        .await
        .unwrap();
    let head = "POST /sharing/rest/info HTTP/1.1\r\nHost: localhost\r\n";
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nf=j";
    for (sent, answered) in [
        (head.to_owned(), ""),
        (format!("{head}{form}"), "could not be read to its end"),
    ] {
        let stream = TcpStream::connect(service.address()).await.unwrap();
        let mut stream = stream.into_std().unwrap();
        let answer = tokio::task::spawn_blocking(move || {
            stream.set_nonblocking(false).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            stream.write_all(sent.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await.unwrap();
        assert!(answer.contains(answered), "{answer}");
    }
}

#[tokio::test]
async fn nothing_listens_after_shutdown_or_drop() {
    let service = LocalService::start().await.unwrap();
    let address = service.address();
    service.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());

    let service = LocalService::start().await.unwrap();
    let address = service.address();
    drop(service);
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{address} still listens");
}

#[tokio::test]
async fn shutdown_cancels_the_jobs() {
    let service = LocalService::builder().workers(1).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let cities = cities();
    let form = [("inputLayer", cities.as_str()), ("distances", "[1]")];
    let mut jobs = Vec::new();
    for _ in 0..20 {
        let path = client.submit("CreateBuffers", &form).await;
        jobs.push(
            service
                .app
                .jobs
                .get(path.rsplit('/').next().unwrap())
                .unwrap(),
        );
    }
    service.shutdown().await;
    for job in jobs {
        for _ in 0..1000 {
            if job.status().is_terminal() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(job.status().is_terminal(), "{:?}", job.status());
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let service = LocalService::start().await.unwrap();
    let refused = LocalService::builder()
        .port(service.address().port())
        .start()
        .await;
    let Err(StartError::Listen { address, .. }) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(*address, service.address().to_string());
    let nowhere = LocalService::builder()
        .host("no.such.host.invalid")
        .start()
        .await;
    assert!(matches!(nowhere, Err(StartError::Listen { .. })));
}

#[tokio::test]
async fn the_url_is_one_that_can_be_called() {
    for (host, begins) in [
        ("localhost", "http://localhost:"),
        ("0.0.0.0", "http://127.0.0.1:"),
    ] {
        let service = LocalService::builder().host(host).start().await.unwrap();
        assert!(
            service.portal_url().starts_with(begins),
            "{}",
            service.portal_url()
        );
        assert_ne!(service.address().port(), 0);
    }
}
