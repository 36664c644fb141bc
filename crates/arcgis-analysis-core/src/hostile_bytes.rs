//! Everything that reads what came from elsewhere, on documents that were tampered with and on noise: it always ends,
//! never panics, and gives nothing away.
#![allow(clippy::unwrap_used)]

use crate::address::{JobUrl, PortalUrl, ServiceUrl};
use crate::discovery::PortalInfo;
use crate::envelope::{self, Body, Bounds};
use crate::job::{History, Polling};
use crate::ledger::fold;
use crate::redact::{excerpt, redact};
use arcgis_analysis_types::JobInfo;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;

/// Documents of every kind that servers send.
const DOCUMENTS: [&str; 12] = [
    r#"{"jobId":"j1","jobStatus":"esriJobExecuting","messages":[{"type":"esriJobMessageTypeInformative","description":"{\"messageCode\":\"AO_1\",\"message\":\"${n} of ${m}\",\"params\":{\"n\":\"3\",\"m\":4}}"}],"progress":{"type":"default","message":"at work","percent":40}}"#,
    r#"{"jobId":"j1","jobStatus":"esriJobSucceeded","results":{"a":{"paramUrl":"results/a"},"b":{"paramUrl":"results/b"}},"inputs":{},"messages":[]}"#,
    r#"{"error":{"code":498,"message":"Invalid token.","details":["one","two"],"messageCode":"GWM_0003"}}"#,
    r#"{"status":"failed","statusMessage":"{\"messageCode\":\"RA_1\",\"message\":\"No ${x}\",\"params\":{\"x\":\"raster\"}}"}"#,
    r#"{"error":"invalid_grant","error_description":"expired","code":"400"}"#,
    r#"{"token":"abcdefghijklmnopqrstuvwxyz","expires":1600000000000,"ssl":true}"#,
    r#"{"user":{"username":"ada"},"helperServices":{"analysis":{"url":"https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer"},"geometry":"https://x.org/GPServer"}}"#,
    r#"{"paramName":"a","dataType":"GPString","value":{"layerDefinition":{"geometryType":"esriGeometryPoint"},"featureSet":{"features":[{"geometry":{"x":1,"y":2},"attributes":{"n":1}}]}}}"#,
    r#"{"results":[{"paramName":"a","value":7}],"messages":[{"type":"esriJobMessageTypeWarning","description":"x"}]}"#,
    "<!DOCTYPE html><html><body>Sign in &amp; token=SECRET-of-ada</body></html>",
    "\u{feff}{\"success\":false,\"message\":\"password: SECRET-of-ada\"}",
    "[[[[[[[[]]]]]]]]",
];

/// How a document is tampered with: bytes changed, cut out, doubled, put in.
#[derive(Debug, Clone)]
enum Harm {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<prop::sample::Index>;
    let odd = vec![
        "\"",
        "\\",
        "{",
        "[",
        "}",
        "]",
        ",",
        ":",
        "null",
        "-",
        "1e999",
        "99999999999999999999",
        "\u{0}",
        "\\u0000",
        "\\ud800",
        "${",
        "}${",
        "é",
        "/../",
        "%2e",
        "@",
        "?",
        "#",
        "[0,0,0,0]",
        "{\"a\":{}}",
        "NaN",
        "\r\n",
    ];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        (at(), 1_usize..40).prop_map(|(at, length)| Harm::Cut(at, length)),
        (at(), 1_usize..40).prop_map(|(at, length)| Harm::Double(at, length)),
        (at(), prop::sample::select(odd)).prop_map(|(at, text)| Harm::Insert(at, text)),
    ]
}

fn harmed(document: &[u8], harms: Vec<Harm>) -> Vec<u8> {
    let mut bytes = document.to_vec();
    for harm in harms {
        let place = |at: prop::sample::Index, bytes: &Vec<u8>| at.index(bytes.len() + 1);
        match harm {
            Harm::Set(at, byte) => {
                let at = place(at, &bytes);
                if let Some(old) = bytes.get_mut(at) {
                    *old = byte;
                }
            }
            Harm::Cut(at, length) => {
                let at = place(at, &bytes);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Harm::Double(at, length) => {
                let at = place(at, &bytes);
                let part = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            Harm::Insert(at, text) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, text.bytes());
            }
        }
    }
    bytes
}

/// Mostly documents that were good once, and some noise.
fn bytes(documents: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let good = prop::sample::select(documents);
    prop_oneof![
        6 => (good, prop::collection::vec(harm(), 0..6))
            .prop_map(|(document, harms)| harmed(document.as_bytes(), harms)),
        1 => prop::collection::vec(any::<u8>(), 0..300),
        1 => "[\\[\\]{}:,\"\\\\a0-9eE.+ -]{0,80}".prop_map(String::into_bytes),
    ]
}

/// Records as a ledger has them, with their checksums, so that tampering is not found out by those alone.
fn records() -> impl Strategy<Value = Vec<u8>> {
    const RECORDS: &[&str] = &[
        r#"{"at":1600000000000,"job":"abc","event":"intent","task":"T","service":"s","portal":"https://p","username":"ada"}"#,
        r#"{"at":1600000000001,"job":"abc","event":"submitted","url":"https://p/GPServer/T/jobs/j1"}"#,
        r#"{"at":1600000000002,"job":"abc","event":"state","status":"esriJobSucceeded","seconds":1.5}"#,
        r#"{"at":1600000000003,"job":"abc","event":"taken"}"#,
        r#"{"at":18446744073709551615,"job":"abc","event":"state","status":"","seconds":-1e300}"#,
    ];
    let line = (bytes(RECORDS), prop::bool::weighted(0.9)).prop_map(|(json, sound)| {
        let sum = crc32fast::hash(&json) ^ u32::from(!sound);
        [format!("{sum:08x} ").as_bytes(), &json, b"\n"].concat()
    });
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// Addresses as people paste them and servers name them.
fn address() -> impl Strategy<Value = String> {
    const ADDRESSES: &[&str] = &[
        "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer/T/jobs/j1?f=json&token=abc",
        "<http://localhost:6080/rest/services/T/GPServer/T/jobs/j1/results/a>",
        "www.example.org/GPServer/T/jobs/j1",
        "https://user:pw@[::1]:443/portal/home/index.html#x",
    ];
    bytes(ADDRESSES).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn answers_are_read_or_refused(body in bytes(&DOCUMENTS), status in 100_u16..700) {
        let secret = SecretString::from("SECRET-of-ada");
        let bounds = Bounds { depth: 100, values: 500 };
        match envelope::read(status, &body, bounds) {
            Body::Refusal(refusal) => {
                prop_assert!(!refusal.clause().is_empty());
                let _ = (refusal.kind(), refusal.is_token(), refusal.is_gateway());
            }
            Body::Json(document) => {
                let _ = envelope::features(&document);
                if let Some(portal) = PortalInfo::read(&document) {
                    let url = PortalUrl::parse("https://www.arcgis.com").unwrap();
                    if let Ok(service) = portal.service(&url, "s", "analysis", "a licence", &[]) {
                        prop_assert!(service.as_str().starts_with("https://"), "{}", service.as_str());
                    }
                }
                if let Ok(job) = JobInfo::from_json(document) {
                    for message in &job.messages {
                        let _ = (message.text(), message.message_code(), message.params());
                    }
                    prop_assert_eq!(JobInfo::from_json(job.to_json()), Ok(job));
                }
            }
            Body::Unreadable(what) | Body::Excess(what) => prop_assert!(!what.is_empty()),
        }
        let shown = excerpt(&body, std::slice::from_ref(&secret));
        let fit = shown.chars().count() <= 303 && !shown.contains(char::is_control);
        prop_assert!(fit);
        prop_assert!(!shown.contains("SECRET-of-ada"));
        let text = String::from_utf8_lossy(&body);
        prop_assert!(!redact(&text, &[secret]).contains("SECRET-of-ada"));
    }

    #[test]
    fn a_ledger_is_read_whatever_it_holds(records in records(), noise in prop::collection::vec(any::<u8>(), 0..60)) {
        let jobs = fold(&[records.as_slice(), &noise].concat());
        prop_assert!(jobs.len() <= 8);
        for job in &jobs {
            let _ = job.to_json();
        }
        let history = History::of(jobs.iter().filter_map(|job| job.length));
        let _ = Polling::default().gap(Duration::from_secs(60), history.as_ref());
    }

    #[test]
    fn an_address_is_read_as_what_it_is_or_refused(text in address()) {
        if let Ok((job, task, id)) = JobUrl::parse(&text) {
            prop_assert!(job.url().query().is_none() && job.url().fragment().is_none());
            prop_assert!(job.url().username().is_empty() && job.url().password().is_none());
            prop_assert_eq!(JobUrl::parse(job.as_str()), Ok((job.clone(), task, id)));
            prop_assert_eq!(job.child(&["results", &text]).map(|url| url.origin()), Ok(job.origin()));
        }
        let local = PortalUrl::parse("http://localhost:7443").unwrap();
        let remote = PortalUrl::parse("https://www.arcgis.com").unwrap();
        for portal in [&local, &remote] {
            if let Ok(service) = ServiceUrl::from_portal(portal, &text) {
                let again = ServiceUrl::from_portal(portal, service.as_str());
                prop_assert_eq!(again, Ok(service.clone()));
                prop_assert!(!service.as_str().contains(['?', '#']));
            }
        }
        if let Ok(portal) = PortalUrl::parse(&text) {
            prop_assert_eq!(portal.rest(&["self"]).map(|url| url.origin()), Ok(portal.origin()));
        }
    }

    #[test]
    fn what_is_hidden_stays_hidden_wherever_a_text_is_cut(
        before in "\\PC{0,40}",
        name in prop::sample::select(vec!["token", "password", "client_secret", "api_key", "Bearer"]),
        joint in prop::sample::select(vec!["=", "\":\"", " = ", ":"]),
        after in "\\PC{0,40}",
    ) {
        let text = format!("{before}{name}{joint}s3cr3t-s3cr3t-s3cr3t-s3cr3t&{after}");
        let hidden = redact(&text, &[]);
        prop_assert!(before.ends_with("s3cr3t") || !hidden.contains("s3cr3t-s3cr3t-s3cr3t-s3cr3t"), "{hidden}");
        let _ = serde_json::from_str::<Value>(&hidden);
    }
}
