//! Answers that are too large, too deep or too many of something: errors that say which and keep an excerpt.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method};
use arcgis_analysis_core::{Error, ErrorKind, Limits};
use arcgis_analysis_types::serde_json::{Value, json};
use std::time::Duration;

const TOKEN: &str = "T0KEN-of-ada";

fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.max_control_body, limits.max_result_body) = (3_000, 4_000);
    (limits.max_control_values, limits.max_result_values) = (60, 1_200);
    (limits.max_header, limits.max_depth) = (300, 10);
    (limits.max_messages, limits.max_features) = (5, 20);
    limits
}

/// Runs a job whose state and whose result are answered like this.
async fn run(state: Answer, result: Answer) -> Result<MeasureThingsResults, Error> {
    let replay = accepting()
        .on(Method::Get, "/jobs/j1", [state.forever()])
        .on(Method::Get, "/results/measuredLayer", [result.forever()]);
    let portal = builder(&replay).limits(limits()).connect().await.unwrap();
    portal
        .run(&MeasureThings::new("https://example.com/FeatureServer/0"))
        .await
}

fn job(messages: &Value) -> Answer {
    Answer::json(
        &json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded", "messages": messages,
        "results": { "measuredLayer": { "paramUrl": "results/measuredLayer" } } }),
    )
}

fn messages(count: usize, text: &str) -> Value {
    vec![json!({ "type": "esriJobMessageTypeInformative", "description": text }); count].into()
}

fn features(count: usize) -> Answer {
    let features = vec![json!({ "attributes": { "a": 1 } }); count];
    Answer::json(
        &json!({ "value": { "fields": [{ "name": "a", "type": "esriFieldTypeInteger" }], "features": features } }),
    )
}

fn nested(levels: usize) -> Answer {
    let text = format!("{{\"token\":\"{TOKEN}\",\"x\":{}", "[".repeat(levels));
    Answer::text(200, &text)
}

#[tokio::test(start_paused = true)]
async fn what_fits_is_taken() {
    let results = run(job(&messages(5, "x")), features(20)).await.unwrap();
    let layer = results.measured_layer.into_features().unwrap();
    assert_eq!(layer.feature_set.features.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_an_error_that_says_which_and_keeps_an_excerpt() {
    let long = format!("Bearer {TOKEN} {}", "x".repeat(4_000));
    let state = |state: Answer| (state, features(1));
    let result = |result: Answer| (job(&json!([])), result);
    for ((state, result), words) in [
        (
            state(job(&messages(6, TOKEN))),
            "a job of more than 5 messages",
        ),
        (state(job(&json!([long]))), "the answer is too large"),
        (
            state(job(&vec![json!(0); 60].into())),
            "JSON of more than 60 values",
        ),
        // What a text holds may be taken apart later.
        (
            state(job(&messages(1, &",".repeat(60)))),
            "JSON of more than 60 values",
        ),
        (
            state(nested(10)),
            "JSON that is nested deeper than 10 levels",
        ),
        (result(features(21)), "has more than 20 features"),
        (
            result(Answer::json(&json!({ "value": long }))),
            "the answer is too large",
        ),
        (
            result(Answer::json(&json!({ "value": vec![TOKEN.len(); 1_200] }))),
            "JSON of more than 1200 values",
        ),
        (
            result(nested(10)),
            "JSON that is nested deeper than 10 levels",
        ),
        (
            result(features(1).header("X-Padding", &"x".repeat(300))),
            "the answer is too large",
        ),
    ] {
        let error = run(state, result).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(error.job_url(), Some(JOB), "{words}");
        assert!(words.contains("features") || error.excerpt().is_some_and(|text| !text.is_empty()));
        let shown = format!("{error} {error:?} {:?}", error.excerpt());
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn json_of_a_hundred_thousand_levels_is_an_error_wherever_it_comes() {
    let deep = || Answer::text(200, &format!("{{\"x\":{}", "[".repeat(100_000))).forever();
    let task = MeasureThings::new("https://example.com/FeatureServer/0");
    // At the portal.
    let replay =
        arcgis_analysis_core::transport::Replay::new().on(Method::Get, "/portals/self", [deep()]);
    let error = builder(&replay).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    // In answer to the submit, which may have made a job.
    let replay = replay_with(Method::Post, "/submitJob", deep());
    let error = portal(&replay).await.submit(&task).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SubmitOutcomeUnknown, "{error}");
    // As state and as result.
    for (state, result) in [(deep(), features(1)), (job(&json!([])), deep())] {
        let replay = accepting()
            .on(Method::Get, "/jobs/j1", [state.forever()])
            .on(Method::Get, "/results/measuredLayer", [result]);
        let error = portal(&replay).await.run(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(
            error.to_string().contains("nested deeper than 100 levels"),
            "{error}"
        );
    }
}

fn replay_with(
    method: Method,
    path: &str,
    answer: Answer,
) -> arcgis_analysis_core::transport::Replay {
    replay().on(method, path, [answer])
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_begun_again_for_longer_than_allowed() {
    let began = tokio::time::Instant::now();
    let busy = Answer::status(503).header("Retry-After", "50");
    let replay = accepting()
        .on(Method::Get, "/jobs/j1", [succeeded(&["measuredLayer"])])
        .on(Method::Get, "/results/measuredLayer", [busy.forever()]);
    let mut limits = Limits::default();
    limits.retry_for = Duration::from_secs(120);
    let portal = builder(&replay).limits(limits).connect().await.unwrap();
    let task = MeasureThings::new("https://example.com/FeatureServer/0");
    let error = portal.run(&task).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    // Three pauses of 50 seconds would fit the number of attempts, not the time.
    assert_eq!(asked(&replay, "/results/measuredLayer").len(), 3);
    assert!(
        began.elapsed() < Duration::from_secs(122),
        "{:?}",
        began.elapsed()
    );
}
