//! The fault matrix: what the command does when the server misbehaves, each scenario on a local service with a fault
//! plan. Every row says how the command ends, how often a job was really submitted, and which of the server's words
//! reach the user; and nothing that the command leaves behind, nor any URL that the server saw, holds a secret.

use crate::support::{Ran, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
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

fn signing_in() -> Vec<Row> {
    let token = "generateToken";
    let twice = json!({ "path": token, "status": 503, "count": 2 });
    vec![
        row("token: busy twice", twice, DONE, 1, ""),
        row(
            "token: connection dropped once",
            once(token, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "token: answer cut once",
            once(token, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row(
            "token: answer drips",
            at(token, json!({ "drip": { "bytes": 16, "everyMs": 5 } })),
            DONE,
            1,
            "",
        ),
        row(
            "token: password refused",
            at(
                token,
                json!({ "body": { "error": { "code": 400, "message": "Unable to generate token.",
                "details": ["Invalid username or password."] } } }),
            ),
            end(3, "authentication"),
            0,
            "Invalid username or password",
        ),
        row(
            "token: a page instead",
            at(token, html()),
            end(1, "protocol"),
            0,
            "an HTML or XML page",
        ),
        row(
            "token: none in the answer",
            at(token, json!({ "body": {} })),
            end(1, "protocol"),
            0,
            "without a token",
        ),
        row(
            "token: one with a line's end",
            at(token, json!({ "body": { "token": "a\nb" } })),
            end(1, "protocol"),
            0,
            "without a token",
        ),
        row(
            "token: redirected elsewhere",
            at(
                token,
                json!({ "status": 307, "headers": { "Location": "https://evil.example/x" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to https://evil.example",
        ),
        row(
            "token: forbidden",
            at(token, error(403, "Login is disabled.")),
            end(3, "permission"),
            0,
            "Login is disabled",
        ),
    ]
}

fn discovering() -> Vec<Row> {
    let path = "portals/self";
    let busy = json!({ "status": 503, "headers": { "Retry-After": "1" } });
    let deep = json!({ "body": "[".repeat(100_000) });
    let large = json!({ "body": " ".repeat(5 << 20) });
    let elsewhere = json!({ "body": { "helperServices": { "analysis": { "url": "ftp://example.com/GPServer" } } } });
    vec![
        row("portal: busy once", once(path, busy), DONE, 1, ""),
        row(
            "portal: token refused once",
            once(path, error(498, "Invalid token.")),
            DONE,
            1,
            "",
        ),
        row(
            "portal: token missing, once",
            once(path, error(499, "Token Required")),
            DONE,
            1,
            "",
        ),
        row(
            "portal: answer cut once",
            once(path, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row(
            "portal: connection dropped once",
            once(path, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "portal: broken for good",
            at(path, json!({ "status": 500 })),
            end(1, "server"),
            0,
            "HTTP status 500",
        ),
        row(
            "portal: forbidden",
            at(path, error(403, "Not for you.")),
            end(3, "permission"),
            0,
            "Not for you",
        ),
        row(
            "portal: token refused for good",
            at(path, error(498, "Invalid token.")),
            end(3, "authentication"),
            0,
            "Invalid token",
        ),
        row(
            "portal: no services",
            at(path, json!({ "body": { "helperServices": {} } })),
            end(3, "not-offered"),
            0,
            "does not offer the service",
        ),
        row(
            "portal: a service at no address",
            at(path, elsewhere),
            end(1, "protocol"),
            0,
            "neither https nor http",
        ),
        row(
            "portal: a page instead",
            at(path, html()),
            end(1, "protocol"),
            0,
            "an HTML or XML page",
        ),
        row(
            "portal: invalid UTF-8",
            at(path, json!({ "hex": "7b2261223a22ff227d" })),
            end(1, "protocol"),
            0,
            "not valid JSON",
        ),
        row(
            "portal: 100,000 deep",
            at(path, deep),
            end(1, "protocol"),
            0,
            "not valid JSON",
        ),
        row(
            "portal: 5 MiB of nothing",
            at(path, large),
            end(1, "too-large"),
            0,
            "larger than",
        ),
        row(
            "portal: nothing",
            at(path, json!({ "status": 200 })),
            end(1, "protocol"),
            0,
            "an empty answer",
        ),
        row(
            "portal: a list",
            at(path, json!({ "body": [] })),
            end(1, "protocol"),
            0,
            "no portal",
        ),
        row(
            "portal: redirected to another port",
            at(
                path,
                json!({ "status": 302, "headers": { "Location": "http://127.0.0.1:9/sharing" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to http://127.0.0.1:9",
        ),
    ]
}

fn submitting() -> Vec<Row> {
    let path = "submitJob";
    let after = |mut what: Value| {
        what["when"] = "after".into();
        what
    };
    let unknown =
        |name, what: Value, submits, words| row(name, at(path, what), UNKNOWN, submits, words);
    let refused = |name, what: Value, words| row(name, at(path, what), end(1, "refused"), 0, words);
    let coded = json!({ "messageCode": "RA_120306", "message": "No ${what}.", "params": { "what": "raster" } });
    vec![
        // What may have made a job: never sent again.
        unknown(
            "submit: dropped before it arrived",
            json!({ "drop": "connection" }),
            0,
            "was not sent again",
        ),
        unknown(
            "submit: answer lost",
            json!({ "drop": "connection", "when": "after" }),
            1,
            "was not sent again",
        ),
        unknown(
            "submit: answer cut",
            after(json!({ "drop": "body" })),
            1,
            "was not sent again",
        ),
        unknown(
            "submit: 500 after it arrived",
            after(json!({ "status": 500 })),
            1,
            "HTTP status 500",
        ),
        unknown(
            "submit: 502",
            json!({ "status": 502, "body": "<html>Bad gateway</html>" }),
            0,
            "HTTP status 502",
        ),
        unknown(
            "submit: 503 without Retry-After",
            json!({ "status": 503 }),
            0,
            "HTTP status 503",
        ),
        unknown(
            "submit: 504 after it arrived",
            after(json!({ "status": 504 })),
            1,
            "HTTP status 504",
        ),
        unknown(
            "submit: 408",
            json!({ "status": 408 }),
            0,
            "HTTP status 408",
        ),
        unknown(
            "submit: a page after it arrived",
            after(html()),
            1,
            "an HTML or XML page",
        ),
        unknown(
            "submit: nothing",
            json!({ "status": 200 }),
            0,
            "an empty answer",
        ),
        unknown(
            "submit: JSON breaks off",
            after(json!({ "body": "{\"jobId\": \"j" })),
            1,
            "JSON that breaks off",
        ),
        unknown(
            "submit: no job's ID",
            json!({ "body": { "jobStatus": "esriJobSubmitted" } }),
            0,
            "without a job's ID",
        ),
        unknown(
            "submit: a number for an ID",
            json!({ "body": { "jobId": 7 } }),
            0,
            "without a job's ID",
        ),
        unknown(
            "submit: an ID that climbs",
            json!({ "body": { "jobId": ".." } }),
            0,
            "ID that is none",
        ),
        unknown(
            "submit: a gateway's words",
            error(504, "Your request has timed out."),
            0,
            "Your request has timed out",
        ),
        // What surely made none: sent again where that may help.
        row(
            "submit: busy once, and says until when",
            once(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "1" } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests, once",
            once(path, json!({ "status": 429 })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests, in JSON",
            once(path, error(429, "Slow down.")),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests for good",
            at(path, json!({ "status": 429 })),
            end(1, "busy"),
            0,
            "HTTP status 429",
        ),
        row(
            "submit: silence of an hour",
            at(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "3600" } }),
            ),
            end(1, "busy"),
            0,
            "asks to wait",
        ),
        row(
            "submit: token refused once",
            once(path, error(498, "Invalid token.")),
            DONE,
            1,
            "",
        ),
        row(
            "submit: token expired, the admin shape",
            once(
                path,
                json!({ "body": { "status": "error", "messages": ["Token Expired."], "code": 498 } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "submit: tokens expired",
            once(path, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: 401 once",
            once(path, json!({ "status": 401 })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: token refused for good",
            at(path, error(498, "Invalid token.")),
            end(3, "authentication"),
            0,
            "Invalid token",
        ),
        row(
            "submit: token missing for good",
            at(
                path,
                json!({ "body": { "error": { "code": 499, "messageCode": "GWM_0003", "message": "Token Required" } } }),
            ),
            end(3, "authentication"),
            0,
            "GWM_0003",
        ),
        row(
            "submit: forbidden",
            at(path, error(403, "You lack a privilege.")),
            end(3, "permission"),
            0,
            "You lack a privilege",
        ),
        row(
            "submit: answer drips",
            at(path, json!({ "drip": { "bytes": 1, "everyMs": 2 } })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: slow",
            at(path, json!({ "delayMs": 700, "when": "after" })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too large for the server",
            at(path, json!({ "status": 413 })),
            end(1, "too-large"),
            0,
            "HTTP status 413",
        ),
        row(
            "submit: no such task",
            at(path, json!({ "status": 404 })),
            end(1, "not-found"),
            0,
            "HTTP status 404",
        ),
        row(
            "submit: redirected elsewhere",
            at(
                path,
                json!({ "status": 307, "headers": { "Location": "https://evil.example/submitJob" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to https://evil.example",
        ),
        // Every shape of a refusal.
        refused(
            "submit: an error of words alone",
            json!({ "body": { "error": "job failed to get submitted... failed to compute cost" } }),
            "failed to compute cost",
        ),
        refused(
            "submit: an error with details",
            json!({ "body": { "error": { "code": 400, "message": "Bad.", "details": ["'distances' is missing."] } } }),
            "'distances' is missing",
        ),
        refused(
            "submit: details that are a text",
            json!({ "body": { "error": { "code": 400, "message": "Bad.", "details": "No distances." } } }),
            "No distances",
        ),
        refused(
            "submit: no success",
            json!({ "body": { "success": false, "message": "Not today." } }),
            "Not today",
        ),
        refused(
            "submit: no credits",
            json!({ "body": { "code": 402, "message": "Not enough credits." } }),
            "Not enough credits",
        ),
        refused(
            "submit: OAuth's shape",
            json!({ "body": { "error": { "code": 400, "error": "invalid_request", "error_description": "The client is unknown." } } }),
            "The client is unknown",
        ),
        refused(
            "submit: JSON within the message",
            json!({ "body": { "status": "failed", "statusMessage": coded.to_string() } }),
            "No raster",
        ),
        refused(
            "submit: a message code",
            json!({ "body": { "error": { "code": 400, "messageCode": "AO_100242", "message": "Out of credits." } } }),
            "AO_100242",
        ),
    ]
}

fn watching() -> Vec<Row> {
    let path = "jobs/*";
    let ended = |name, status: &str, kind, words| {
        row(name, at(path, state(status)), end(4, kind), 1, words)
    };
    let coded =
        r#"{"messageCode":"AO_100012","message":"No ${what} found.","params":{"what":"features"}}"#;
    let failed = json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobFailed", "messages": [{ "type": "esriJobMessageTypeError", "description": coded }] } });
    let start = json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting", "messages": [{ "type": "esriJobMessageTypeProcessStart", "description": "Go" }] } });
    let endless = |name, what: Value, end, words| Row {
        more: &["--timeout", "1s"],
        ..row(name, at(path, what), end, 1, words)
    };
    vec![
        row(
            "poll: 503 once",
            once(path, json!({ "status": 503 })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: 500 once",
            once(path, json!({ "status": 500 })),
            DONE,
            1,
            "",
        ),
        row("poll: a page once", once(path, html()), DONE, 1, ""),
        row(
            "poll: JSON breaks off, once",
            once(path, json!({ "body": "{\"jobStatus\"" })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: connection dropped once",
            once(path, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: answer cut once",
            once(path, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: unknown job, once",
            once(path, json!({ "status": 404 })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: another job's state, once",
            once(
                path,
                json!({ "body": { "jobId": "other", "jobStatus": "esriJobFailed" } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "poll: a state that nobody knows, once",
            once(path, state("esriJobPaused")),
            DONE,
            1,
            "",
        ),
        row(
            "poll: a message type of its own",
            once(path, start),
            DONE,
            1,
            "",
        ),
        row(
            "poll: token refused once",
            once(path, error(498, "Invalid token.")),
            DONE,
            1,
            "",
        ),
        row(
            "poll: tokens expired",
            once(path, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "poll: told to wait a second",
            once(
                path,
                json!({ "status": 429, "headers": { "Retry-After": "1" } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "poll: token refused for good",
            at(path, error(498, "Invalid token.")),
            end(3, "authentication"),
            1,
            "Invalid token",
        ),
        row(
            "poll: forbidden for good",
            at(path, error(403, "Not yours.")),
            end(3, "permission"),
            1,
            "Not yours",
        ),
        row(
            "poll: unknown job for good",
            at(path, json!({ "status": 404 })),
            end(1, "not-found"),
            1,
            "HTTP status 404",
        ),
        row(
            "poll: silence of an hour",
            at(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "3600" } }),
            ),
            end(5, "not-observed"),
            1,
            "cannot be observed",
        ),
        endless(
            "poll: out of order for good",
            json!({ "status": 503 }),
            end(7, "time-limit"),
            "cannot be observed",
        ),
        endless(
            "poll: pages for good",
            html(),
            end(7, "time-limit"),
            "an HTML or XML page",
        ),
        endless(
            "poll: never ends",
            state("esriJobExecuting"),
            end(7, "time-limit"),
            "still runs",
        ),
        endless(
            "poll: hangs",
            json!({ "delayMs": 60_000 }),
            end(7, "time-limit"),
            "within the time allowed",
        ),
        ended(
            "poll: deleted",
            "esriJobDeleted",
            "job-deleted",
            "was deleted from the server",
        ),
        ended(
            "poll: being deleted",
            "esriJobDeleting",
            "job-deleted",
            "was deleted from the server",
        ),
        ended(
            "poll: timed out",
            "esriJobTimedOut",
            "job-timed-out",
            "ran into the server's time limit",
        ),
        ended(
            "poll: cancelled",
            "esriJobCancelled",
            "job-cancelled",
            "was cancelled",
        ),
        ended(
            "poll: failed without a word",
            "esriJobFailed",
            "job-failed",
            "gave no reason",
        ),
        row(
            "poll: failed, and says why in JSON",
            at(path, failed),
            end(4, "job-failed"),
            1,
            "No features found (AO_100012)",
        ),
    ]
}

fn fetching() -> Vec<Row> {
    let path = "jobs/*/results/*";
    let done = |results: Value| json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobSucceeded", "results": results } });
    let evil = |url: &str| done(json!({ "bufferLayer": { "paramUrl": url } }));
    let slow = at(
        "jobs/*",
        json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting" }, "count": 1 }),
    );
    let lead = |name, fault: Value| Row {
        faults: vec![slow.clone(), fault],
        ..row(name, Value::Null, DONE, 1, "")
    };
    let value = |value: Value| json!({ "body": { "paramName": "bufferLayer", "dataType": "GPString", "value": value } });
    vec![
        row(
            "result: 503 once",
            once(path, json!({ "status": 503 })),
            DONE,
            1,
            "",
        ),
        row(
            "result: cut once",
            once(path, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row("result: a page once", once(path, html()), DONE, 1, ""),
        row(
            "result: tokens expired",
            once(path, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "result: drips",
            at(path, json!({ "drip": { "bytes": 4096, "everyMs": 1 } })),
            DONE,
            1,
            "",
        ),
        lead(
            "result: listed later than success",
            once("jobs/*", done(json!({}))),
        ),
        lead(
            "result: an absolute paramUrl",
            at("jobs/*", evil("http://127.0.0.1:9/evil")),
        ),
        lead(
            "result: a paramUrl that climbs",
            at("jobs/*", evil("../../../../admin/steal")),
        ),
        row(
            "result: refused",
            at(path, error(400, "The result is gone.")),
            end(1, "results"),
            1,
            "The result is gone",
        ),
        row(
            "result: no value",
            at(path, json!({ "body": { "paramNam": "x" } })),
            end(1, "results"),
            1,
            "without a value",
        ),
        row(
            "result: pages for good",
            at(path, html()),
            end(1, "protocol"),
            1,
            "an HTML or XML page",
        ),
        row(
            "result: more than the server gives",
            at(
                path,
                value(
                    json!({ "exceededTransferLimit": true, "features": [], "geometryType": "esriGeometryPolygon" }),
                ),
            ),
            end(1, "results"),
            1,
            "exceeds the service's transfer limit",
        ),
    ]
}

/// Runs a scenario, and says what of it is not as it should be.
async fn check(row: &Row) -> Vec<String> {
    let plan = FaultPlan::from_json(&json!({ "faults": row.faults }).to_string()).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password(PASSWORD)
        .faults(plan.clone());
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
        signing_in(),
        discovering(),
        submitting(),
        watching(),
        fetching(),
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
