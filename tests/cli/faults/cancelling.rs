//! What may go wrong while a job is stopped, which was submitted before.

use super::*;

pub(super) fn cancelling() -> Vec<Row> {
    let path = "jobs/*/cancel";
    let stopping = |name, fault: Value, then: &str, end, words| Row {
        does: Does::Stop,
        more: &["--timeout", "1s"],
        faults: vec![fault, at("jobs/*", state(then))],
        ..row(name, Value::Null, end, 1, words)
    };
    let stopped = |name, fault| stopping(name, fault, "esriJobCancelled", DONE, "");
    let unstopped = |name, what: Value, end, words| {
        stopping(name, at(path, what), "esriJobExecuting", end, words)
    };
    vec![
        stopped("cancel: 503 once", once(path, json!({ "status": 503 }))),
        stopped(
            "cancel: answer lost once",
            once(path, json!({ "drop": "connection", "when": "after" })),
        ),
        stopped(
            "cancel: answer cut once",
            once(path, json!({ "drop": "body" })),
        ),
        stopped(
            "cancel: token refused once",
            once(path, error(498, "Invalid token.")),
        ),
        stopped(
            "cancel: tokens expired",
            once(path, json!({ "expireTokens": true })),
        ),
        stopped(
            "cancel: heard without a word",
            at(path, json!({ "body": {} })),
        ),
        stopped(
            "cancel: answered for another job, once",
            once(
                path,
                json!({ "body": { "jobId": "j2", "jobStatus": "esriJobSucceeded" } }),
            ),
        ),
        stopped(
            "cancel: busy once, and says until when",
            once(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "1" } }),
            ),
        ),
        stopped(
            "cancel: gzip that breaks off, once",
            once(
                path,
                json!({ "headers": { "Content-Encoding": "gzip" }, "hex": "1f8b0800000000000003abae05" }),
            ),
        ),
        stopping(
            "cancel: too late",
            at(
                path,
                json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobCancelling" } }),
            ),
            "esriJobSucceeded",
            DONE,
            "",
        ),
        unstopped(
            "cancel: heard, and the job runs on",
            json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobCancelling" } }),
            end(7, "cancel-not-honoured"),
            "still runs after 1 s",
        ),
        unstopped(
            "cancel: refused",
            error(400, "The job cannot be stopped."),
            end(5, "refused"),
            "The job cannot be stopped",
        ),
        unstopped(
            "cancel: forbidden",
            error(403, "Not yours."),
            end(3, "permission"),
            "Not yours",
        ),
        unstopped(
            "cancel: no such job",
            json!({ "status": 404 }),
            end(5, "not-found"),
            "HTTP status 404",
        ),
        unstopped(
            "cancel: broken for good",
            json!({ "status": 500 }),
            end(5, "server"),
            "HTTP status 500",
        ),
        unstopped(
            "cancel: pages for good",
            html(),
            end(5, "protocol"),
            "an HTML or XML page",
        ),
        unstopped(
            "cancel: redirected elsewhere",
            json!({ "status": 307, "headers": { "Location": "https://evil.example/cancel" } }),
            end(5, "protocol"),
            "redirects to https://evil.example",
        ),
    ]
}
