//! http and https on one port, as a client meets them that is not our own.

use super::{Client, GP};
use crate::{LocalService, StartError};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client that trusts a certificate and no other.
fn trusting(pem: &str) -> Agent {
    let certificate = Certificate::from_pem(pem.as_bytes()).unwrap();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[certificate]))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

async fn get(agent: &Agent, url: String) -> Result<Value, ureq::Error> {
    let agent = agent.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let text = agent.get(&url).call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text).unwrap())
    });
    asked.await.unwrap()
}

#[tokio::test]
async fn one_port_answers_both_and_each_in_its_own_urls() {
    let service = LocalService::start().await.unwrap();
    let agent = trusting(service.certificate());
    let port = service.address().port();
    for host in ["127.0.0.1", "localhost"] {
        for scheme in ["http", "https"] {
            let root = format!("{scheme}://{host}:{port}");
            let portal = get(&agent, format!("{root}/sharing/rest/portals/self?f=json"));
            let portal = portal.await.unwrap();
            assert_eq!(
                portal["helperServices"]["analysis"]["url"],
                format!("{root}{GP}")
            );
            let info = get(&agent, format!("{root}/sharing/rest/info?f=json")).await;
            assert_eq!(info.unwrap()["owningSystemUrl"], root);
        }
    }
}

#[tokio::test]
async fn a_certificate_of_another_service_is_not_this_one() {
    let (service, other) = (
        LocalService::start().await.unwrap(),
        LocalService::start().await.unwrap(),
    );
    assert_ne!(service.certificate(), other.certificate());
    let url = format!("https://{}/sharing/rest", service.address());
    assert!(
        get(&trusting(other.certificate()), url.clone())
            .await
            .is_err()
    );
    // A client that turned away leaves the service as it was.
    assert!(get(&trusting(service.certificate()), url).await.is_ok());
}

#[tokio::test]
async fn a_certificate_may_be_brought() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let service = LocalService::builder()
        .certificate(&cert, &key)
        .start()
        .await
        .unwrap();
    let url = format!(
        "https://localhost:{}/sharing/rest",
        service.address().port()
    );
    assert!(get(&trusting(&made.cert.pem()), url).await.is_ok());

    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    for (cert, key, blamed) in [
        (&cert, &key, "k.pem"),
        (&key, &key, "k.pem"),
        (&cert, &cert, "c.pem"),
    ] {
        let refused = LocalService::builder().certificate(cert, key).start().await;
        let error = refused.unwrap_err();
        assert!(matches!(error, StartError::Certificate { .. }), "{error}");
        assert!(error.to_string().contains(blamed), "{error}");
    }
    let missing = folder.path().join("none.pem");
    let error = LocalService::builder()
        .certificate(&missing, &key)
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("none.pem"), "{error}");
}

#[tokio::test]
async fn a_client_that_says_nothing_holds_nobody_up() {
    let service = LocalService::start().await.unwrap();
    let silent = TcpStream::connect(service.address()).await.unwrap();
    Client::anonymous(&service).get("/sharing/rest").await;
    let begun = Instant::now();
    service.shutdown().await;
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    drop(silent);
}
