//! What a server may write on the wire, at each phase of a job, once and for ever: every cell of the matrix has one end.
//!
//! The faults are those that a server which speaks HTTP by a library cannot make, and those that break an answer off.
//!
//! Alone in its process, which it keeps busy.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "it/server.rs"]
mod server;
#[allow(dead_code)]
#[path = "it/support.rs"]
mod support;

use arcgis_analysis_core::transport::HttpTransport;
use arcgis_analysis_core::{Credentials, Error, ErrorKind, Limits, Polling, Portal};
use arcgis_analysis_types::serde_json::json;
use arcgis_analysis_types::{FromResult, ItemOutput};

use server::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const LAYER: &str = "https://example.com/FeatureServer/0";
const ITEM: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "PLANTED-T0KEN-0123456789";

/// What the client is about when the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Discovery,
    Submit,
    Poll,
    Result,
    Item,
    File,
    Cancel,
}

use Phase::{Cancel, Discovery, File, Item, Poll, Result as Fetch, Submit};

const PHASES: [Phase; 7] = [Discovery, Submit, Poll, Fetch, Item, File, Cancel];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The connection is closed without a byte.
    Closed,
    /// It is closed half-way through the body.
    Cut,
    /// It is closed within a chunk of the body.
    CutChunk,
    /// The answer stops half-way, and the connection stays open.
    Stall,
    /// Nothing is ever answered.
    Silence,
    /// The body is longer than its head says; what is left over looks like another answer.
    TooShortALength,
    /// It is shorter.
    TooLongALength,
    /// Two lengths that differ.
    TwoLengths,
    /// Compressed data that break off.
    CutGzip,
    /// HTTP status 500.
    Broken,
    /// HTTP status 503, with the wish to be asked a second later.
    Busy,
    /// A page for people, with HTTP status 200.
    Page,
    /// An answer about something else.
    Other,
    /// Two answers that are none before the one that is.
    Interim,
    /// The same length twice.
    LengthTwice,
    /// Two media types, the first of a page.
    TwoTypes,
    /// Chunks, and a length that is not theirs.
    LengthAndChunks,
}

use Fault::*;

const FAULTS: [Fault; 17] = [
    Closed,
    Cut,
    CutChunk,
    Stall,
    Silence,
    TooShortALength,
    TooLongALength,
    TwoLengths,
    CutGzip,
    Broken,
    Busy,
    Page,
    Other,
    Interim,
    LengthTwice,
    TwoTypes,
    LengthAndChunks,
];

/// How a cell ends: in this error, or well.
fn end(phase: Phase, fault: Fault, for_ever: bool) -> Option<ErrorKind> {
    let kind = match fault {
        // The answer is whole, whatever stands around it.
        Interim | LengthTwice | TwoTypes | LengthAndChunks => return None,
        // A server that has nothing to say is asked how the job is.
        Other if phase == Cancel => return None,
        Closed | Cut | CutChunk | Stall | Silence | TooLongALength | TwoLengths | CutGzip => {
            ErrorKind::Transport
        }
        Broken => ErrorKind::Server,
        Busy => ErrorKind::Busy,
        TooShortALength | Page | Other => ErrorKind::Protocol,
    };
    match (phase, fault) {
        (Submit, Busy) => for_ever.then_some(kind),
        // Half of an ID is an ID nowhere: the JSON breaks off.
        (Submit, _) => Some(ErrorKind::SubmitOutcomeUnknown),
        (Poll, _) => for_ever.then_some(ErrorKind::NotObserved),
        // A file may be anything, so it is not asked for again; nor is a description that is whole.
        (File, Page) | (Item, Other) => Some(kind),
        _ => for_ever.then_some(kind),
    }
}

/// What fits no phase: a job is not told by its submit, a file and a portal not by themselves, and half a file is a file.
fn is_none(phase: Phase, fault: Fault) -> bool {
    match fault {
        Other => !matches!(phase, Poll | Item | Cancel),
        TooShortALength => phase == File,
        _ => false,
    }
}

/// The answer with this body, spoilt.
fn spoilt(fault: Fault, body: &str) -> Deed {
    let (length, half) = (body.len(), &body[..body.len() / 2]);
    let ok = |head: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}");
    let chunk = |body: &str| format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    match fault {
        Closed => Deed::Cut(String::new()),
        Cut => Deed::Cut(ok(&format!("Content-Length: {length}\r\n"), half)),
        CutChunk => Deed::Cut(ok(
            "Transfer-Encoding: chunked\r\n",
            &format!("{length:x}\r\n{half}"),
        )),
        Stall => Deed::Stall(ok(&format!("Content-Length: {length}\r\n"), half).into_bytes()),
        Silence => Deed::Stall(Vec::new()),
        TooShortALength => Deed::Answer(
            ok(&format!("Content-Length: {}\r\n", half.len()), half)
                + &ok("Content-Length: 18\r\n", r#"{"jobId":"stolen"}"#),
        ),
        TooLongALength => Deed::Cut(ok(&format!("Content-Length: {}\r\n", length + 9), body)),
        TwoLengths => Deed::Cut(ok(
            &format!(
                "Content-Length: {length}\r\nContent-Length: {}\r\n",
                length - 1
            ),
            body,
        )),
        CutGzip => {
            // The head of a gzip member, and the first bytes of what it holds.
            let head = ok("Content-Encoding: gzip\r\nContent-Length: 12\r\n", "");
            let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae];
            Deed::Bytes([head.as_bytes(), &gzip].concat())
        }
        Broken => Deed::Answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned()),
        Busy => Deed::Answer(
            "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".to_owned(),
        ),
        Page => {
            let page = "<!DOCTYPE html><html>Sign in</html>";
            let head = format!(
                "Content-Type: text/html\r\nContent-Length: {}\r\n",
                page.len()
            );
            Deed::Answer(ok(&head, page))
        }
        Other => {
            let other = format!(
                r#"{{"jobId":"j2","jobStatus":"esriJobFailed","id":"{}"}}"#,
                "f".repeat(32)
            );
            crate::server::ok(&other)
        }
        Interim => Deed::Answer(
            "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                .to_owned()
                + &ok(&format!("Content-Length: {length}\r\n"), body),
        ),
        LengthTwice => {
            let head = format!("Content-Length: {length}\r\n").repeat(2);
            Deed::Answer(ok(&head, body))
        }
        TwoTypes => {
            let types = "Content-Type: text/html\r\nContent-Type: application/json\r\n";
            Deed::Answer(ok(&format!("{types}Content-Length: {length}\r\n"), body))
        }
        LengthAndChunks => {
            let head = "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n";
            Deed::Answer(ok(head, &chunk(body)))
        }
    }
}

/// A portal and service in one, where the fault strikes in the phase so often.
async fn service(phase: Phase, fault: Fault, times: usize) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let root = format!("http://{address}/rest/services/T/GPServer");
    let portal = json!({ "helperServices": { "analysis": { "url": root } } }).to_string();
    let struck = AtomicUsize::new(0);
    Server::on(listener, move |line| {
        let (at, body) = if line.contains("/portals/self") {
            (Discovery, portal.as_str())
        } else if line.contains("/submitJob") {
            (Submit, r#"{"jobId":"j1","jobStatus":"esriJobSubmitted"}"#)
        } else if line.contains("/results/") {
            (
                Fetch,
                r#"{"value":{"url":"https://x.org/FeatureServer/0"}}"#,
            )
        } else if line.contains("/data") {
            (File, "PK of a file")
        } else if line.contains("/items/") {
            (Item, r#"{"type":"Shapefile","name":"trees.zip"}"#)
        } else if line.contains("/cancel") {
            (Cancel, r#"{"jobId":"j1","jobStatus":"esriJobCancelled"}"#)
        } else {
            (
                Poll,
                r#"{"jobId":"j1","jobStatus":"esriJobSucceeded","results":{"measuredLayer":{"paramUrl":"x"}}}"#,
            )
        };
        match at == phase && struck.fetch_add(1, Ordering::SeqCst) < times {
            true => spoilt(fault, body),
            false => ok(body),
        }
    })
}

/// Does everything that the phase needs, and the phase itself; the URL of the job is to be known from then on.
async fn play(server: &Server, phase: Phase) -> Result<(), Error> {
    let mut limits = Limits::default();
    // Long enough for a machine that has much else to do.
    limits.request = Duration::from_secs(5);
    (limits.submit, limits.results) = (limits.request, limits.request);
    let mut polling = Polling::default();
    polling.trouble_budget = Duration::from_secs(6);
    let portal = Portal::builder(&server.url)
        .credentials(Credentials::token(TOKEN))
        .transport(HttpTransport::new(Duration::from_secs(5)))
        .limits(limits)
        .polling(polling)
        .connect()
        .await?;
    if matches!(phase, Item | File) {
        let item = ItemOutput::from_result("file", json!({ "itemId": ITEM }));
        let file = portal.item_file(&item.unwrap().unwrap()).await?;
        assert_eq!(file.bytes, b"PK of a file");
        return Ok(());
    }
    let job = portal.submit(&MeasureThings::new(LAYER)).await?;
    assert!(job.url().ends_with("/jobs/j1"), "{}", job.url());
    let ended = match phase {
        Cancel => job.cancel().await.map(|_| ()),
        _ => job.await.map(|_| ()),
    };
    if let Err(error) = &ended {
        assert!(
            error.job_url().is_some_and(|url| url.ends_with("/jobs/j1")),
            "{phase:?}: {error}"
        );
    }
    ended
}

/// What of a cell is not as it should be.
async fn check(phase: Phase, fault: Fault, for_ever: bool) -> Option<String> {
    let server = service(phase, fault, if for_ever { usize::MAX } else { 1 }).await;
    let ended = tokio::time::timeout(Duration::from_secs(300), play(&server, phase)).await;
    let Ok(ended) = ended else {
        return Some("it never ends".to_owned());
    };
    let expected = end(phase, fault, for_ever);
    if ended.as_ref().err().map(Error::kind) != expected {
        return Some(format!("{ended:?}, not {expected:?}"));
    }
    // A job is submitted once, but where the server says that it was not, and waits to be asked again.
    let submits = server.seen("/submitJob").len();
    let expected = match (phase, fault) {
        (Discovery | Item | File, _) if phase != Discovery || for_ever && ended.is_err() => 0,
        (Submit, Busy) if for_ever => 5,
        (Submit, Busy) => 2,
        _ => 1,
    };
    if submits != expected {
        return Some(format!("{submits} submits, not {expected}"));
    }
    let urls: Vec<String> = server
        .seen("")
        .iter()
        .map(|seen| seen.head.lines().next().unwrap().to_owned())
        .collect();
    let said = format!("{ended:?} {urls:?}");
    said.contains("PLANTED")
        .then(|| format!("a token is shown: {said}"))
}

#[tokio::test]
async fn every_cell_of_the_wire_matrix_ends_as_it_should() {
    let mut cells = JoinSet::new();
    for (phase, fault) in PHASES
        .iter()
        .flat_map(|phase| FAULTS.map(|fault| (*phase, fault)))
    {
        for for_ever in [false, true].into_iter().filter(|_| !is_none(phase, fault)) {
            cells.spawn(async move {
                let wrong = check(phase, fault, for_ever).await;
                wrong.map(|wrong| format!("{phase:?}, {fault:?}, for ever: {for_ever}: {wrong}"))
            });
        }
    }
    let number = cells.len();
    assert_eq!(number, 2 * (7 * 17 - 4 - 1), "cells");
    let wrong: Vec<String> = cells.join_all().await.into_iter().flatten().collect();
    assert!(
        wrong.is_empty(),
        "{} of {number} cells:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
