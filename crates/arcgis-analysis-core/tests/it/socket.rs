//! The real transport, on real sockets and the real clock.

use crate::server::*;
use crate::support::*;
use arcgis_analysis_core::transport::HttpTransport;
use arcgis_analysis_core::{Credentials, Error, ErrorKind, Limits, Portal};
use arcgis_analysis_types::serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LAYER: &str = "https://example.com/FeatureServer/0";

/// A portal and service in one, which treats submits as told.
async fn service(submit: impl Fn() -> Deed + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!(
        "http://{}/rest/services/T/GPServer",
        listener.local_addr().unwrap()
    );
    let portal = json!({ "helperServices": { "analysis": { "url": root } } }).to_string();
    Server::on(listener, move |line| match line {
        _ if line.contains("/portals/self") => ok(&portal),
        _ if line.contains("/submitJob") => submit(),
        _ if line.contains("/results/") => {
            ok(r#"{"value":{"url":"https://x.org/FeatureServer/0"}}"#)
        }
        _ => ok(
            r#"{"jobId":"j1","jobStatus":"esriJobSucceeded","results":{"measuredLayer":{"paramUrl":"x"}}}"#,
        ),
    })
}

async fn connect(url: &str) -> Result<Portal, Error> {
    let mut limits = Limits::default();
    (limits.submit, limits.max_control_body) = (Duration::from_millis(500), 100_000);
    let transport = HttpTransport::new(Duration::from_secs(2));
    Portal::builder(url)
        .credentials(Credentials::token("T0KEN"))
        .transport(transport)
        .limits(limits)
        .connect()
        .await
}

#[tokio::test]
async fn every_submit_goes_out_on_a_connection_of_its_own() {
    let server = service(|| ok(r#"{"jobId":"j1"}"#)).await;
    let portal = connect(&server.url).await.unwrap();
    for _ in 0..3 {
        assert!(portal.run(&MeasureThings::new(LAYER)).await.is_ok());
    }
    let connections = |path: &str| {
        server
            .seen(path)
            .iter()
            .map(|seen| seen.connection)
            .collect::<Vec<_>>()
    };
    let submits = connections("/submitJob");
    assert_eq!(submits.len(), 3);
    let others = [connections("/portals/self"), connections("/jobs/j1")].concat();
    assert_eq!(others.len(), 7);
    assert!(
        others.iter().all(|c| *c == others[0]),
        "everything else shares one: {others:?}"
    );
    assert!(
        submits[0] < submits[1] && submits[1] < submits[2] && !submits.contains(&others[0]),
        "{submits:?}"
    );
    let head = server.seen("/submitJob")[0].head.to_ascii_lowercase();
    for line in [
        "post /rest/services/t/gpserver/measurethings/submitjob http/1.1",
        "x-esri-authorization: bearer t0ken",
    ] {
        assert!(head.contains(line), "{head}");
    }
    assert!(
        !server
            .seen("")
            .iter()
            .any(|seen| seen.head.lines().next().unwrap().contains("T0KEN"))
    );
}

#[tokio::test]
async fn a_submit_that_finds_nobody_waits_for_the_server_to_come_back() {
    let server = service(|| ok("{}")).await;
    let portal = connect(&server.url).await.unwrap();
    // The service is now at an address where nobody listens, until later.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let elsewhere = json!({ "helperServices": { "analysis": { "url": format!("http://{address}/GPServer") } } });
    let moved = Server::start(move |_| ok(&elsewhere.to_string())).await;
    let portal_elsewhere = connect(&moved.url).await.unwrap();
    let later = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(700)).await;
        Server::on(TcpListener::bind(address).await.unwrap(), |_| {
            ok(r#"{"jobId":"j1"}"#)
        })
    });
    let job = portal_elsewhere
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap();
    assert_eq!(job.id(), "j1");
    assert_eq!(later.await.unwrap().seen("/submitJob").len(), 1);
    assert_eq!(portal.url(), server.url);
}

#[tokio::test]
async fn an_exchange_that_breaks_after_the_request_is_not_repeated() {
    for (cut, words) in [
        ("", "the connection broke"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jobId\":",
            "the connection broke",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"job",
            "the connection broke",
        ),
        ("HTTP/1.1 nonsense\r\n\r\n", "the connection broke"),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            "the connection broke",
        ),
    ] {
        let server = service(move || Deed::Cut(cut.to_owned())).await;
        let error = connect(&server.url)
            .await
            .unwrap()
            .submit(&MeasureThings::new(LAYER))
            .await
            .unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::SubmitOutcomeUnknown,
            "{cut:?}: {error}"
        );
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(server.seen("/submitJob").len(), 1);
    }
}

#[tokio::test]
async fn silence_has_an_end() {
    let server = service(|| Deed::Silence).await;
    let portal = connect(&server.url).await.unwrap();
    let began = Instant::now();
    let error = portal.submit(&MeasureThings::new(LAYER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SubmitOutcomeUnknown);
    assert!(
        error
            .to_string()
            .contains("no complete answer within the time allowed"),
        "{error}"
    );
    assert!(
        (400..5_000).contains(&began.elapsed().as_millis()),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(server.seen("/submitJob").len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Server::start(|_| ok(r#"{"jobId":"stolen"}"#)).await;
    // The last two ask for the same request elsewhere; the others may come after it was done.
    for (status, kind) in [
        ("301 Moved", ErrorKind::SubmitOutcomeUnknown),
        ("302 Found", ErrorKind::SubmitOutcomeUnknown),
        ("303 See Other", ErrorKind::SubmitOutcomeUnknown),
        ("307 Temporary Redirect", ErrorKind::Protocol),
        ("308 Permanent Redirect", ErrorKind::Protocol),
    ] {
        let location = format!("{}/submitJob?x=1", other.url);
        let redirect =
            format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let server = service(move || Deed::Answer(redirect.clone())).await;
        let error = connect(&server.url)
            .await
            .unwrap()
            .submit(&MeasureThings::new(LAYER))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(
            error
                .to_string()
                .contains(&format!("redirects to {},", other.url)),
            "{error}"
        );
    }
    assert!(other.seen("").is_empty());
}

#[tokio::test]
async fn a_body_is_limited_after_decompression() {
    // A million blanks: Python's gzip.compress(b" " * 1_000_000, 9, mtime=0).
    let bomb = [
        &[
            31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 129, 0, 0, 0, 0, 195, 32, 149, 249, 83, 30,
            228, 85, 1,
        ][..],
        &[0; 968],
        &[175, 6, 215, 8, 38, 203, 64, 66, 15, 0],
    ]
    .concat();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                bomb.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&bomb).await.unwrap();
        }
    });
    let error = connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");

    let server = Server::start(|_| ok(&format!("{{\"x\":\"{}\"}}", "x".repeat(200_000)))).await;
    assert_eq!(
        connect(&server.url).await.unwrap_err().kind(),
        ErrorKind::TooLarge
    );
}

#[tokio::test]
async fn what_does_not_connect_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    // A port where nobody listens, and one where nobody speaks TLS.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unencrypted = plain.local_addr().unwrap();
    let greeted = tokio::spawn(async move {
        let mut first = [0; 1];
        loop {
            let (mut stream, _) = plain.accept().await.unwrap();
            stream.read_exact(&mut first).await.unwrap();
            assert_eq!(first[0], 0x16, "a TLS handshake and nothing else");
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let (nobody, stranger) = (
        format!("http://{address}"),
        format!("https://{unencrypted}"),
    );
    for outcome in [tokio::join!(connect(&nobody), connect(&stranger))]
        .into_iter()
        .flat_map(|(a, b)| [a, b])
    {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(error.to_string().contains("no connection"), "{error}");
    }
    assert!(!greeted.is_finished(), "no assertion failed");
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::Pkcs8(
        certified.signing_key.serialize_der().into(),
    );
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let accepted = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.is_ok()
    });
    let began = Instant::now();
    let error = connect(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(
        error
            .to_string()
            .contains("the server's certificate is not trusted"),
        "{error}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "trying again would not help"
    );
    assert!(
        !accepted.await.unwrap(),
        "the handshake failed, so no request was sent"
    );
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    // It takes connections and answers no handshake.
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        while open.len() < 4 {
            open.push(listener.accept().await.unwrap());
        }
        open
    });
    let transport = HttpTransport::new(Duration::from_millis(200));
    let connecting = Portal::builder(url).transport(transport).connect();
    let (error, open) = tokio::join!(connecting, silent);
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(
        error
            .to_string()
            .ends_with("no connection within the time allowed"),
        "{error}"
    );
    assert_eq!(open.unwrap().len(), 4);
}
