//! What answers that are bombs cost in memory. Alone in its process, because the allocator counts for all threads.
//!
//! `cargo test -p arcgis-analysis-core --test memory -- --nocapture` prints the figures.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "it/support.rs"]
mod support;

use arcgis_analysis_core::transport::HttpTransport;
use arcgis_analysis_core::{Credentials, ErrorKind, Limits, Polling, Portal};
use arcgis_analysis_types::serde_json::json;
use flate2::Compression;
use flate2::write::GzEncoder;
use peak_alloc::PeakAlloc;
use std::io::Write;
use std::time::Duration;
use support::MeasureThings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What no bomb may cost.
const ALLOWED: usize = 16 << 20;

/// What a result may have.
const RESULT: usize = 64 << 20;

/// An answer that is small on the wire and large in memory, or has no end.
struct Bomb {
    name: &'static str,
    head: String,
    /// What follows the head, and how often.
    body: Vec<u8>,
    times: usize,
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A megabyte that becomes a gigabyte: `begin`, and `again` over and over.
fn compressed(name: &'static str, begin: &str, again: &str) -> Bomb {
    let part = gzip(again.repeat((10 << 20) / again.len()).as_bytes());
    let mut body = gzip(begin.as_bytes());
    while body.len() < 1 << 20 {
        body.extend_from_slice(&part);
    }
    let head = format!("Content-Encoding: gzip\r\nContent-Length: {}", body.len());
    Bomb {
        name,
        head,
        body,
        times: 1,
    }
}

fn bombs() -> Vec<Bomb> {
    let plain = |name, head: &str, body: Vec<u8>, times| Bomb {
        name,
        head: head.to_owned(),
        body,
        times,
    };
    let block = vec![b' '; 1 << 16];
    let chunk = [b"10000\r\n".as_slice(), &block, b"\r\n"].concat();
    let inner = compressed("", "", " ").body;
    let twice = gzip(&inner);
    vec![
        compressed("gzip of blanks", "", " "),
        compressed(
            "gzip of a list of zeros",
            "{\"jobId\":\"j1\",\"value\":[0",
            ",0",
        ),
        compressed("gzip of a list of lists", "{\"value\":[[]", ",[]"),
        compressed("gzip of brackets", "", "["),
        compressed("gzip of names", "{\"value\":{\"\":0", ",\"a\":0"),
        compressed(
            "gzip of JSON within a text",
            "{\"error\":{\"message\":\"[0",
            ",0",
        ),
        plain(
            "gzip of gzip",
            &format!("Content-Encoding: gzip\r\nContent-Length: {}", twice.len()),
            twice,
            1,
        ),
        plain(
            "10 GB announced",
            "Content-Length: 10000000000",
            block.clone(),
            4_000,
        ),
        plain(
            "chunks without end",
            "Transfer-Encoding: chunked",
            chunk,
            4_000,
        ),
        plain("a body without end", "Connection: close", block, 4_000),
        plain(
            "headers without end",
            "X-Begin: 1",
            format!("\r\nX-More: {}", "x".repeat(900)).into_bytes(),
            4_000,
        ),
        plain(
            "a header without end",
            &format!("X-Long: {}\r\nContent-Length: 2", "x".repeat(300_000)),
            b"{}".to_vec(),
            1,
        ),
    ]
}

/// A portal and service in one that answers requests of one path with a bomb.
async fn serve(listener: TcpListener, bomb: &'static Bomb, at: &'static str) {
    let service = format!("http://{}/GPServer", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(stream, bomb, at, service.clone()));
    }
}

async fn answer(mut stream: TcpStream, bomb: &Bomb, at: &str, service: String) {
    let mut request = vec![0; 16 << 10];
    loop {
        // The requests of this test are small, and come in one piece.
        let Ok(length @ 1..) = stream.read(&mut request).await else {
            return;
        };
        let line = String::from_utf8_lossy(&request[..length]);
        let path = line.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
        if path.contains(at) {
            let end = if bomb.name.starts_with("headers") {
                ""
            } else {
                "\r\n\r\n"
            };
            let head = format!("HTTP/1.1 200 OK\r\n{}{end}", bomb.head);
            let _ = stream.write_all(head.as_bytes()).await;
            for _ in 0..bomb.times {
                if stream.write_all(&bomb.body).await.is_err() {
                    return;
                }
            }
            return;
        }
        let document = if path.ends_with("/generateToken") {
            json!({ "token": "0123456789" })
        } else if path.ends_with("/portals/self") {
            json!({ "helperServices": { "analysis": { "url": service } } })
        } else {
            json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded", "results": { "measuredLayer": { "paramUrl": "x" } } })
        };
        let body = document.to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Runs a task against a bomb, and returns what it ended in and what it cost.
async fn meet(bomb: &'static Bomb, at: &'static str) -> (ErrorKind, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, bomb, at));
    let (mut limits, mut polling) = (Limits::default(), Polling::default());
    limits.retry_for = Duration::ZERO;
    (polling.first_look, polling.trouble_budget) = (Duration::ZERO, Duration::ZERO);
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let builder = Portal::builder(url)
        .credentials(Credentials::password("ada", "pw"))
        .transport(HttpTransport::new(Duration::from_secs(5)))
        .limits(limits)
        .polling(polling);
    let outcome = match builder.connect().await {
        Ok(portal) => portal
            .run(&MeasureThings::new("https://x.org/FeatureServer/0"))
            .await
            .map(|_| ()),
        Err(error) => Err(error),
    };
    let cost = MEMORY.peak_usage().saturating_sub(before);
    server.abort();
    (outcome.unwrap_err().kind(), cost)
}

#[tokio::test]
async fn no_bomb_costs_more_than_sixteen_megabytes() {
    let bombs: &'static [Bomb] = Box::leak(bombs().into_boxed_slice());
    let mut most = 0;
    for bomb in bombs {
        for at in [
            "/generateToken",
            "/portals/self",
            "/submitJob",
            "/jobs/",
            "/results/",
        ] {
            let (kind, cost) = meet(bomb, at).await;
            println!(
                "{:<28} {at:<16} {:6.2} MB  {kind:?}",
                bomb.name,
                cost as f64 / f64::from(1 << 20)
            );
            let expected: &[ErrorKind] = match at {
                "/submitJob" => &[ErrorKind::SubmitOutcomeUnknown],
                "/jobs/" => &[ErrorKind::NotObserved],
                _ => &[
                    ErrorKind::TooLarge,
                    ErrorKind::Protocol,
                    ErrorKind::Transport,
                ],
            };
            assert!(expected.contains(&kind), "{} {at}: {kind:?}", bomb.name);
            // What was really sent and is within the limit of a result is no bomb; it is held once.
            let sent = bomb.body.len() * bomb.times > RESULT && at == "/results/";
            let allowed = if sent { RESULT + (3 << 20) } else { ALLOWED };
            assert!(cost <= allowed, "{} {at}: {cost} bytes", bomb.name);
            most = most.max(if sent { 0 } else { cost });
        }
    }
    // What is measured is real: the smallest bomb that is read at all costs something.
    assert!(most > 1 << 20, "{most}");
    assert_eq!(Limits::default().max_result_body, RESULT);
}
