//! The fault matrix: what the command does when the server misbehaves, each scenario on a local service with a fault
//! plan. Every row says how the command ends, how often a job was really submitted, and which of the server's words
//! reach the user; and nothing that the command leaves behind, nor any URL that the server saw, holds a secret.

mod cancelling;
mod discovering;
mod estimating;
mod fetching;
mod secrets;
mod signing_in;
mod submitting;
mod watching;

use crate::support::{Ran, cli};
use arcgis_analysis_local::{FaultPlan, LocalService, Persona, Seen};
use serde_json::{Value, json};
use std::sync::Mutex;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
/// Parameters for those who read them from stdin.
const NULLS: &str = r#"{"units": null, "dissolveType": null, "context": null}"#;
const PASSWORD: &str = "pl4nted-pa55word";
const CLIENT_SECRET: &str = "pl4nted-cl1ent-s3cret";

/// What the command signs in with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Secret {
    Password,
    Client,
    Token,
    ApiKey,
}

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

/// What the command does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Does {
    Run,
    /// Stops a job that was submitted before.
    Stop,
    /// Has a file made, and downloads it.
    Extract,
}

struct Row {
    name: &'static str,
    does: Does,
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
        does: Does::Run,
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

/// What a scenario left behind.
struct Left {
    ran: Ran,
    seen: Vec<Seen>,
    ledger: String,
    /// The names of the files beside the ledger.
    files: Vec<String>,
    /// The file that was asked for.
    out: Option<String>,
}

/// Plays a scenario with one kind of credentials.
async fn play(row: &Row, secret: Secret) -> Left {
    let plan = FaultPlan::from_json(&json!({ "faults": row.faults }).to_string()).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password(PASSWORD)
        .application("planted", CLIENT_SECRET)
        .faults(plan.clone());
    let service = match row.more.contains(&"--max-credits") {
        true => service.persona(Persona::Online),
        false => service,
    };
    let service = service.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let buffers = ["CreateBuffers", "--input-layer", POINT, "--distances", "5"];
    let extract = [
        "ExtractData",
        "--input-layers",
        POINT,
        "--out",
        out.to_str().unwrap(),
    ];
    let args = match row.does {
        Does::Run => [&["run"], &buffers[..]],
        Does::Stop => [&["submit"], &buffers[..]],
        Does::Extract => [&["run"], &extract[..]],
    };
    let args = [&args.concat()[..], &["--json", "-vv", "--portal"]].concat();
    let token = match secret {
        Secret::Token | Secret::ApiKey => secrets::token(service.address()),
        Secret::Password | Secret::Client => String::new(),
    };
    let run = async |args: &[&str]| {
        let command = cli(args)
            .env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap())
            .stdin(NULLS);
        let command = match secret {
            Secret::Password => command
                .env("ARCGIS_USERNAME", "ann")
                .env("ARCGIS_PASSWORD", PASSWORD),
            Secret::Client => command
                .env("ARCGIS_CLIENT_ID", "planted")
                .env("ARCGIS_CLIENT_SECRET", CLIENT_SECRET),
            Secret::Token => command.env("ARCGIS_TOKEN", &token),
            Secret::ApiKey => command.env("ARCGIS_API_KEY", &token),
        };
        tokio::task::spawn_blocking(|| command.run()).await.unwrap()
    };
    let before = plan.seen().len();
    let ran = match row.does {
        Does::Run | Does::Extract => {
            run(&[&args[..], &[service.portal_url()], row.more].concat()).await
        }
        Does::Stop => {
            let submitted = run(&[&args[..], &[service.portal_url()]].concat()).await;
            let job = submitted.json()["jobUrl"].as_str().unwrap().to_owned();
            run(&[&["cancel", &job, "--json", "-vv"], row.more].concat()).await
        }
    };
    service.shutdown().await;
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().to_str().unwrap().to_owned());
    Left {
        files: files.filter(|name| !name.starts_with("ledger.")).collect(),
        out: std::fs::read_to_string(&out).ok(),
        ran,
        seen: plan.seen().split_off(before),
        ledger: std::fs::read_to_string(folder.path().join("ledger.log")).unwrap_or_default(),
    }
}

/// Runs a scenario, and says what of it is not as it should be.
async fn check(row: &Row) -> Vec<String> {
    let left = play(row, Secret::Password).await;
    let (ran, seen) = (&left.ran, &left.seen);
    let submits = seen
        .iter()
        .filter(|seen| seen.path.ends_with("/submitJob") && !seen.path.contains("/Estimate"))
        .filter(|seen| seen.effective)
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
        expect(url.contains("/jobs/"), format!("the job's URL is {url:?}"));
    }
    // The file is there whole or not at all, and nothing of it beside it.
    let whole = "OBJECTID,x,y\r\n1,7.6,47.5\r\n";
    let due = (row.does == Does::Extract && row.end.code == 0).then_some(whole);
    expect(
        left.out.as_deref() == due,
        format!("the file holds {:?}", left.out),
    );
    expect(
        left.files.len() == usize::from(due.is_some()),
        format!("left behind: {:?}", left.files),
    );
    for leak in secrets::leaks(&left) {
        expect(false, leak);
    }
    wrong
}

fn rows() -> Vec<Row> {
    let all = [
        signing_in::signing_in(),
        discovering::discovering(),
        estimating::estimating(),
        submitting::submitting(),
        watching::watching(),
        fetching::fetching(),
        fetching::downloading(),
        cancelling::cancelling(),
    ];
    all.into_iter().flatten().collect()
}

/// Works on all of them at once, because most of the time is waiting, and collects what is wrong.
fn all_at_once<T: Sync>(items: &[T], work: impl AsyncFn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let queue = Mutex::new(items.iter());
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
                    let Some(item) = next else { break };
                    let found = runtime.block_on(work(item));
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn every_fault_ends_as_it_should() {
    let rows = rows();
    let names: std::collections::HashSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
    assert!(rows.len() >= 60, "{} scenarios", rows.len());
    let wrong = all_at_once(&rows, check);
    assert!(
        wrong.is_empty(),
        "{} of {} scenarios:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

/// A server may be anybody's, and its words are printed on a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_server_do_not_steer_a_terminal() {
    const CLEAR: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}Mind the gap.\r";
    let coded = json!({ "messageCode": "AO_1", "message": CLEAR }).to_string();
    let said =
        |kind: &str| json!({ "type": format!("esriJobMessageType{kind}"), "description": coded });
    let ended = |status: &str| {
        json!({ "body": { "jobId": "{jobId}", "jobStatus": status,
        "messages": [said("Warning"), said("Error")] } })
    };
    for (fault, code, words) in [
        (at("submitJob", error(400, CLEAR)), 1, "Mind the gap"),
        (
            at("portals/self", json!({ "status": 500, "body": CLEAR })),
            1,
            "HTTP status 500",
        ),
        (at("jobs/*", ended("esriJobFailed")), 4, "Mind the gap"),
        (at("jobs/*", ended(CLEAR)), 7, "still runs"),
    ] {
        let plan = FaultPlan::from_json(&json!({ "faults": [fault] }).to_string()).unwrap();
        let service = LocalService::builder()
            .username("ann")
            .password(PASSWORD)
            .faults(plan);
        let service = service.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let command = cli(&[
            "run",
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
            "--timeout",
            "2s",
            "--portal",
            service.portal_url(),
        ])
        .env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap())
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", PASSWORD);
        let ran = tokio::task::spawn_blocking(|| command.run()).await.unwrap();
        assert_eq!(ran.code, Some(code), "{ran:?}");
        let steering = ran.stderr.find(|c: char| c.is_control() && c != '\n');
        assert_eq!(steering, None, "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}
