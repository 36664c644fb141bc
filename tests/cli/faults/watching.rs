//! What may go wrong while watching a job.

use super::*;

pub(super) fn watching() -> Vec<Row> {
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
    let several = |name, faults| Row {
        faults,
        ..row(name, Value::Null, DONE, 1, "")
    };
    let types = [
        "Informative",
        "Warning",
        "Error",
        "ProcessDefinition",
        "ProcessStart",
        "ProcessStop",
        "Empty",
        "Abort",
        "Odd",
    ];
    let talk = types
        .map(|kind| json!({ "type": format!("esriJobMessageType{kind}"), "description": kind }));
    let talk = json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting", "messages": talk } });
    let progress = |progress: Value| json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting", "progress": progress } });
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
        several(
            "poll: every state before the end, one after another",
            [
                "esriJobNew",
                "esriJobSubmitting",
                "esriJobSubmitted",
                "esriJobWaiting",
                "esriJobExecuting",
                "esriJobCancelling",
                "expectedFailure",
            ]
            .map(|word| once(path, state(word)))
            .to_vec(),
        ),
        several(
            "poll: messages of every type, and of none",
            vec![once(path, talk)],
        ),
        several(
            "poll: progress of every kind",
            vec![
                once(
                    path,
                    progress(json!({ "type": "default", "message": "Working" })),
                ),
                once(
                    path,
                    progress(json!({ "type": "step", "message": "", "percent": 40 })),
                ),
                once(path, progress(json!({ "type": "step", "percent": "half" }))),
                once(path, progress(json!({ "type": "step", "percent": 1e9 }))),
                once(path, progress(json!([]))),
            ],
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
            "poll: a token that is expired in the shape of a server's administration, once",
            once(
                path,
                json!({ "body": { "status": "error", "messages": ["Token Expired."], "code": 498 } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "poll: token missing for good",
            at(path, error(499, "Token Required")),
            end(3, "authentication"),
            1,
            "Token Required",
        ),
        row(
            "poll: an error of words alone, for good",
            at(path, json!({ "body": { "error": "The job is gone." } })),
            end(5, "refused"),
            1,
            "The job is gone",
        ),
        row(
            "poll: redirected elsewhere",
            at(
                path,
                json!({ "status": 302, "headers": { "Location": "https://evil.example/job" } }),
            ),
            end(5, "protocol"),
            1,
            "redirects to https://evil.example",
        ),
        row(
            "poll: no job's state",
            at(
                path,
                json!({ "body": { "jobId": "{jobId}", "jobStatus": 7 }, "count": 1 }),
            ),
            DONE,
            1,
            "",
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
            end(5, "not-found"),
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
