//! The fault matrix: what the command does when the server misbehaves, each scenario on a local service with a fault
//! plan. Every row says how the command ends, how often a job was really submitted, and which of the server's words
//! reach the user; and nothing that the command leaves behind, nor any URL that the server saw, holds a secret.

mod discovering;
mod estimating;
mod fetching;
mod signing_in;
mod submitting;
mod watching;

use crate::support::{Ran, cli};
use arcgis_analysis_local::{FaultPlan, LocalService, Persona};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
const PASSWORD: &str = "pl4nted-pa55word";

/// How a run ends.
#[derive(Debug, Clone, Copy)]
struct End {
    code: i32,
    /// The word for the error; empty where there is none.
    kind: &'static str,
}

const DONE: End = End { code: 0, kind: "" };
const UNKNOWN: End = End {
    code: 6,
    kind: "submit-outcome-unknown",
};

const fn end(code: i32, kind: &'static str) -> End {
    End { code, kind }
}

struct Row {
    name: &'static str,
    faults: Vec<Value>,
    more: &'static [&'static str],
    end: End,
    /// How many submits had an effect.
    submits: usize,
    /// What the error says, among other things.
    words: &'static str,
}

/// A fault at a path: the keys of `what`, and the path.
fn at(path: &str, what: Value) -> Value {
    let mut fault = what;
    fault["path"] = path.into();
    fault
}

fn once(path: &str, what: Value) -> Value {
    let mut fault = at(path, what);
    fault["count"] = 1.into();
    fault
}

fn row(name: &'static str, fault: Value, end: End, submits: usize, words: &'static str) -> Row {
    Row {
        name,
        faults: vec![fault],
        more: &[],
        end,
        submits,
        words,
    }
}

fn html() -> Value {
    json!({ "status": 200, "headers": { "Content-Type": "text/html" }, "body": "<!DOCTYPE html><html>Sign in</html>" })
}

fn error(code: i64, message: &str) -> Value {
    json!({ "body": { "error": { "code": code, "message": message, "details": [] } } })
}

fn state(status: &str) -> Value {
    json!({ "body": { "jobId": "{jobId}", "jobStatus": status } })
}

/// Runs a scenario, and says what of it is not as it should be.
async fn check(row: &Row) -> Vec<String> {
    let plan = FaultPlan::from_json(&json!({ "faults": row.faults }).to_string()).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password(PASSWORD)
        .faults(plan.clone());
    let service = match row.more.contains(&"--max-credits") {
        true => service.persona(Persona::Online),
        false => service,
    };
    let service = service.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "run",
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--json",
        "-vv",
        "--portal",
    ];
    let args = [&args[..], &[service.portal_url()], row.more].concat();
    let command = cli(&args)
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", PASSWORD)
        .env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap());
    let ran = tokio::task::spawn_blocking(|| command.run()).await.unwrap();
    service.shutdown().await;

    let seen = plan.seen();
    let submits = seen
        .iter()
        .filter(|seen| seen.path.ends_with("/submitJob") && seen.effective)
        .count();
    let told: Value = ran
        .stderr
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    let (kind, message) = (
        &told["error"]["kind"],
        told["error"]["message"].as_str().unwrap_or_default(),
    );
    let mut wrong = Vec::new();
    let mut expect = |is: bool, what: String| {
        if !is {
            wrong.push(format!("{}: {what}", row.name));
        }
    };
    expect(
        ran.code == Some(row.end.code),
        format!("exit {:?}, not {}: {message}", ran.code, row.end.code),
    );
    expect(
        kind.as_str().unwrap_or_default() == row.end.kind,
        format!("{kind}, not {}: {message}", row.end.kind),
    );
    expect(submits == row.submits, format!("{submits} submits"));
    expect(
        message.contains(row.words),
        format!("no {:?} in {message:?}", row.words),
    );
    expect(
        (row.end.code == 0) != ran.stdout.is_empty(),
        format!("stdout {:?}", ran.stdout),
    );
    if row.submits == 1 && row.end.code != 6 && row.end.code != 0 {
        let url = told["error"]["jobUrl"].as_str().unwrap_or_default();
        expect(
            url.contains("/CreateBuffers/jobs/"),
            format!("the job's URL is {url:?}"),
        );
    }
    for leak in leaks(&ran, folder.path()) {
        expect(false, leak);
    }
    let bare = |seen: &arcgis_analysis_local::Seen| {
        !seen.query.to_lowercase().contains("token=")
            && !seen.query.contains(PASSWORD)
            && !seen.path.contains("..")
    };
    expect(
        seen.iter().all(bare),
        format!("a URL holds a secret or climbs: {seen:?}"),
    );
    wrong
}

/// Where the password, or a token of the local service (64 hexadecimal digits), is left behind.
fn leaks(ran: &Ran, state: &Path) -> Vec<String> {
    let ledger = std::fs::read_to_string(state.join("ledger.log")).unwrap_or_default();
    let texts = [
        ("stdout", &ran.stdout),
        ("stderr", &ran.stderr),
        ("the ledger", &ledger),
    ];
    let holds = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_hexdigit());
        text.contains(PASSWORD) || words.into_iter().any(|word| word.len() == 64)
    };
    let found = texts.iter().filter(|(_, text)| holds(text));
    found
        .map(|(place, _)| format!("a secret is in {place}"))
        .collect()
}

#[test]
fn every_fault_ends_as_it_should() {
    let all = [
        signing_in::signing_in(),
        discovering::discovering(),
        estimating::estimating(),
        submitting::submitting(),
        watching::watching(),
        fetching::fetching(),
    ];
    let rows: Vec<Row> = all.into_iter().flatten().collect();
    let names: std::collections::HashSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
    assert!(rows.len() >= 60, "{} scenarios", rows.len());
    let queue = Mutex::new(rows.iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .unwrap();
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(row) = next else { break };
                    let found = runtime.block_on(check(row));
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {} scenarios:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}
