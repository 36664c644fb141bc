#![allow(clippy::unwrap_used)]

use super::*;
use axum::body::Body;
use serde_json::json;

fn plan(faults: Value) -> FaultPlan {
    FaultPlan::from_json(&json!({ "faults": faults }).to_string()).unwrap()
}

/// The one fault of a plan, as it strikes.
fn only(fault: Value) -> Fault {
    let plan = plan(json!([fault]));
    next(&plan, "POST", "/any").unwrap()
}

fn next(plan: &FaultPlan, method: &str, path: &str) -> Option<Fault> {
    let request = Request::builder().method(method).uri(path);
    plan.next(&request.body(Body::empty()).unwrap())
}

fn meets(fault: Value, method: &str, path: &str) -> bool {
    next(&plan(json!([fault])), method, path).is_some()
}

#[test]
fn every_key_does_what_it_says() {
    let bare = only(json!({}));
    assert_eq!(
        (bare.when, bare.delay_ms, bare.drop, bare.drip),
        (When::Before, 0, None, None)
    );
    assert!(bare.answer.is_none() && !bare.expire_tokens && bare.passes());
    assert_eq!(only(json!({ "when": "before" })).when, When::Before);
    assert_eq!(only(json!({ "when": "after" })).when, When::After);
    assert_eq!(only(json!({ "delayMs": 1500 })).delay_ms, 1500);
    assert_eq!(
        only(json!({ "drop": "connection" })).drop,
        Some(Drop::Connection)
    );
    assert_eq!(only(json!({ "drop": "body" })).drop, Some(Drop::Body));
    let drip = only(json!({ "drip": { "bytes": 3, "everyMs": 20 } })).drip;
    assert_eq!(
        drip,
        Some(Drip {
            bytes: 3,
            every_ms: 20
        })
    );
    assert!(only(json!({ "expireTokens": true })).expire_tokens);

    let answer = |fault: Value| only(fault).answer.unwrap();
    let given = answer(json!({ "status": 503, "headers": { "Retry-After": "5" } }));
    assert_eq!((given.status, given.body.as_slice()), (503, b"".as_slice()));
    assert_eq!(given.headers["Retry-After"], "5");
    assert_eq!(answer(json!({ "headers": { "X": "y" } })).status, 200);
    assert_eq!(answer(json!({ "body": "<html>" })).body, b"<html>");
    assert_eq!(answer(json!({ "body": "" })).body, b"");
    assert_eq!(
        answer(json!({ "body": { "a": [1] } })).body,
        br#"{"a":[1]}"#
    );
    assert_eq!(answer(json!({ "body": 7 })).body, b"7");
    assert_eq!(answer(json!({ "hex": "00fFa0" })).body, [0, 255, 160]);
    assert_eq!(answer(json!({ "hex": "" })).body, b"");
}

#[test]
fn every_mistake_gives_a_sentence() {
    for (text, words) in [
        ("", "EOF while parsing"),
        ("nonsense", "expected"),
        ("[]", "expected struct"),
        ("{}", "missing field `faults`"),
        (r#"{"fault": []}"#, "unknown field `fault`"),
        (r#"{"faults": [], "more": 1}"#, "unknown field `more`"),
        (r#"{"faults": {}}"#, "expected a sequence"),
        (r#"{"faults": [7]}"#, "expected struct"),
        (r#"{"faults": [{"pth": "x"}]}"#, "unknown field `pth`"),
        (r#"{"faults": [{"path": 7}]}"#, "expected a string"),
        (r#"{"faults": [{"method": []}]}"#, "expected a string"),
        (r#"{"faults": [{"skip": -1}]}"#, "expected usize"),
        (r#"{"faults": [{"count": "two"}]}"#, "expected usize"),
        (
            r#"{"faults": [{"when": "never"}]}"#,
            "expected `before` or `after`",
        ),
        (r#"{"faults": [{"delayMs": 0.5}]}"#, "expected u64"),
        (
            r#"{"faults": [{"delay_ms": 5}]}"#,
            "unknown field `delay_ms`",
        ),
        (r#"{"faults": [{"status": "busy"}]}"#, "expected u16"),
        (
            r#"{"faults": [{"path": "a/b", "status": 199}]}"#,
            "the status 199 of `a/b`",
        ),
        (r#"{"faults": [{"status": 600}]}"#, "which are 200 to 599"),
        (r#"{"faults": [{"status": 70000}]}"#, "expected u16"),
        (r#"{"faults": [{"headers": ["X"]}]}"#, "expected a map"),
        (
            r#"{"faults": [{"headers": {"X": 1}}]}"#,
            "expected a string",
        ),
        (
            r#"{"faults": [{"path": "x", "headers": {"a b": "c"}}]}"#,
            "the header `a b` of `x`",
        ),
        (
            r#"{"faults": [{"headers": {"A": "b\r\nC: d"}}]}"#,
            "the header `A`",
        ),
        (
            r#"{"faults": [{"path": "x", "body": "a", "hex": "00"}]}"#,
            "the fault of `x` has both",
        ),
        (
            r#"{"faults": [{"path": "x", "hex": "0"}]}"#,
            "the `hex` of `x` is not pairs",
        ),
        (
            r#"{"faults": [{"hex": "0g"}]}"#,
            "not pairs of hexadecimal digits",
        ),
        (
            r#"{"faults": [{"hex": "+1"}]}"#,
            "not pairs of hexadecimal digits",
        ),
        (
            r#"{"faults": [{"drop": "all"}]}"#,
            "expected `connection` or `body`",
        ),
        (r#"{"faults": [{"drip": 5}]}"#, "expected struct"),
        (
            r#"{"faults": [{"drip": {"bytes": 5}}]}"#,
            "missing field `everyMs`",
        ),
        (
            r#"{"faults": [{"drip": {"bytes": 5, "everyMs": 1, "x": 1}}]}"#,
            "unknown field `x`",
        ),
        (
            r#"{"faults": [{"expireTokens": "yes"}]}"#,
            "expected a boolean",
        ),
    ] {
        let error = FaultPlan::from_json(text)
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("the fault plan cannot be read: "),
            "{text}: {error}"
        );
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn a_path_fits_by_its_last_segments() {
    for (wanted, path, fits) in [
        ("submitJob", "/GPServer/CreateBuffers/submitJob", true),
        ("SUBMITJOB", "/GPServer/CreateBuffers/submitJob", true),
        ("submitJob", "/GPServer/CreateBuffers/submitJob/", true),
        ("submitJob", "/GPServer/CreateBuffers/submitJobs", false),
        ("Job", "/GPServer/CreateBuffers/submitJob", false),
        ("portals/self", "/sharing/rest/portals/self?f=json", true),
        ("/portals/self/", "/sharing/rest/portals/self", true),
        ("portals/self", "/sharing/rest/self", false),
        ("jobs/*", "/GPServer/T/jobs/j1", true),
        ("jobs/*", "/GPServer/T/jobs", false),
        ("jobs/*", "/GPServer/T/jobs/j1/results/out", false),
        ("jobs/*/results/*", "/GPServer/T/jobs/j1/results/out", true),
        ("*", "/", false),
        ("*", "/x", true),
        ("a/b/c", "/b/c", false),
        ("", "/", true),
    ] {
        assert_eq!(
            meets(json!({ "path": wanted }), "GET", path),
            fits,
            "{wanted} {path}"
        );
    }
    assert!(meets(json!({ "method": "post" }), "POST", "/x"));
    assert!(!meets(json!({ "method": "POST" }), "GET", "/x"));
    assert!(meets(json!({ "method": "GET", "path": "x" }), "GET", "/x"));
}

#[test]
fn the_first_fault_that_fits_and_is_not_used_up_strikes() {
    let plan = plan(json!([
        { "path": "x", "skip": 1, "count": 2, "status": 501 },
        { "path": "x", "count": 1, "status": 502 },
        { "path": "y", "count": 0, "status": 503 },
    ]));
    let status = |path: &str| next(&plan, "GET", path).map(|fault| fault.answer.unwrap().status);
    let all: Vec<_> = (0..5).map(|_| status("/x")).collect();
    // The second fault has its turn while the first is skipped.
    assert_eq!(all, [Some(502), Some(501), Some(501), None, None]);
    assert_eq!(status("/y"), None);
}

#[test]
fn an_answer_names_the_job_that_is_asked_about() {
    let plan = plan(json!([{ "body": { "jobId": "{jobId}" } }, { "hex": "ff" }]));
    for (path, body) in [
        ("/GPServer/T/jobs/j7", r#"{"jobId":"j7"}"#),
        ("/GPServer/T/Jobs/j8/results/out", r#"{"jobId":"j8"}"#),
        ("/GPServer/T/submitJob", r#"{"jobId":""}"#),
    ] {
        let answer = next(&plan, "GET", path).unwrap().answer.unwrap();
        assert_eq!(answer.body, body.as_bytes(), "{path}");
    }
    assert_eq!(
        only(json!({ "hex": "ff7b" })).answer.unwrap().body,
        [0xff, 0x7b]
    );
}

#[test]
fn what_was_asked_is_remembered_with_whether_it_took_effect() {
    for (fault, effective) in [
        (json!({ "delayMs": 1 }), true),
        (json!({ "drop": "body" }), true),
        (json!({ "drop": "connection" }), false),
        (json!({ "drop": "connection", "when": "after" }), true),
        (json!({ "status": 500 }), false),
        (json!({ "status": 500, "when": "after" }), true),
        (json!({ "expireTokens": true }), false),
    ] {
        let plan = plan(json!([fault]));
        next(&plan, "POST", "/GPServer/T/submitJob?a=b");
        let seen = plan.seen().pop().unwrap();
        assert_eq!(seen.effective, effective, "{fault}");
        assert_eq!(
            (
                seen.method.as_str(),
                seen.path.as_str(),
                seen.query.as_str()
            ),
            ("POST", "/GPServer/T/submitJob", "a=b")
        );
    }
    let plan = plan(json!([]));
    assert!(next(&plan, "GET", "/x").is_none());
    assert!(plan.seen()[0].effective);
}

/// A token that a client sends in the URL is in no log that shows the plan.
#[test]
fn debug_shows_no_query() {
    let plan = plan(json!([]));
    next(&plan, "GET", "/sharing/rest?token=hush");
    assert_eq!(plan.seen()[0].query, "token=hush");
    let shown = format!("{plan:?} {:?}", plan.seen());
    assert!(
        shown.contains("/sharing/rest") && !shown.contains("hush"),
        "{shown}"
    );
}

#[test]
fn of_very_many_requests_the_last_are_remembered() {
    let plan = plan(json!([]));
    next(&plan, "GET", "/first");
    for _ in 0..MOST_SEEN {
        next(&plan, "GET", "/later");
    }
    let seen = plan.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (MOST_SEEN, "/later"));
}
