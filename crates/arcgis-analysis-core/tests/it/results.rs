use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Limits, Result};
use arcgis_analysis_types::serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

async fn results(replay: &Replay) -> Result<MeasureThingsResults> {
    portal(replay)
        .await
        .resume::<MeasureThings>(JOB)
        .unwrap()
        .results()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_results_url_is_rebuilt_and_never_followed() {
    let listed = json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded", "results": {
        "MEASUREDLAYER": { "paramUrl": "https://example.org/steal" },
        "remarks": { "paramUrl": "../../../../../admin/secrets" },
        "../../admin": { "paramUrl": "results/x" } } });
    let replay = replay()
        .on(Method::Get, "/jobs/j1", [Answer::json(&listed)])
        .on(
            Method::Get,
            "/MeasureThings/jobs/j1/results/MEASUREDLAYER",
            [hosted("measuredLayer")],
        )
        .on(
            Method::Get,
            "/MeasureThings/jobs/j1/results/remarks",
            [Answer::json(&json!({ "paramName": "remarks" }))],
        );
    let found = results(&replay).await.unwrap();
    assert_eq!(found.remarks, None);
    for request in replay.requests() {
        let url = request.request().url();
        assert!(url.starts_with(PORTAL) || url.starts_with(JOB), "{url}");
    }
    let asked = asked(&replay, "/results/MEASUREDLAYER");
    assert!(
        asked[0]
            .request()
            .url()
            .ends_with("?returnType=data&f=json")
    );
}

#[tokio::test(start_paused = true)]
async fn results_may_lag_behind_success() {
    let bare = state("esriJobSucceeded");
    let replay = replay()
        .on(
            Method::Get,
            "/jobs/j1",
            [
                bare.clone(),
                succeeded(&["remarks"]),
                bare,
                succeeded(&["measuredLayer"]),
            ],
        )
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer")],
        );
    let began = Instant::now();
    assert!(results(&replay).await.is_ok());
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn results_that_never_come_are_an_error_that_names_them() {
    let replay = replay().on(
        Method::Get,
        "/jobs/j1",
        [state("esriJobSucceeded").forever()],
    );
    let began = Instant::now();
    let error = results(&replay).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.job_url()),
        (ErrorKind::Results, Some(JOB))
    );
    assert!(error.to_string().contains("`measuredLayer`"), "{error}");
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_task_without_results_gives_none() {
    let replay = accepting().on(Method::Get, "/jobs/j1", [state("esriJobSucceeded")]);
    assert_eq!(
        portal(&replay).await.run(&ForgetThings).await.unwrap(),
        ForgetThings
    );
    assert_eq!(asked(&replay, "/jobs/j1").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_result_is_fetched_again_when_that_may_help() {
    let replay = replay()
        .on(Method::Get, "/jobs/j1", [succeeded(&["measuredLayer"])])
        .on(
            Method::Get,
            "/results/measuredLayer",
            [
                Answer::status(502),
                Answer::text(200, "<html>"),
                Answer::broken(TransportErrorKind::Interrupted),
                hosted("m"),
            ],
        );
    assert!(results(&replay).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_refused_is_an_error_with_the_jobs_url() {
    for (answer, kind) in [
        (
            Answer::text(200, r#"{"error":{"code":400,"message":"No such result"}}"#),
            ErrorKind::Results,
        ),
        (Answer::status(404), ErrorKind::Results),
        (Answer::text(200, r#"{"odd":true}"#), ErrorKind::Results),
        (
            Answer::text(200, r#"{"error":{"code":403,"message":"No"}}"#),
            ErrorKind::Permission,
        ),
        (Answer::status(500).forever(), ErrorKind::Server),
        (
            Answer::text(200, r#"{"paramName":"measuredLayer","value":""}"#),
            ErrorKind::Results,
        ),
        (
            Answer::text(
                200,
                r#"{"value":{"geometryType":"esriGeometryPoint","features":[],"exceededTransferLimit":true}}"#,
            ),
            ErrorKind::Results,
        ),
    ] {
        let replay = replay()
            .on(Method::Get, "/jobs/j1", [succeeded(&["measuredLayer"])])
            .on(Method::Get, "/results/measuredLayer", [answer]);
        let error = results(&replay).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.job_url()),
            (kind, Some(JOB)),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_has_not_succeeded_has_no_results() {
    for (status, kind) in [
        ("esriJobExecuting", ErrorKind::Results),
        ("esriJobFailed", ErrorKind::JobFailed),
    ] {
        let replay = replay().on(Method::Get, "/jobs/j1", [state(status)]);
        assert_eq!(results(&replay).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_are_limited() {
    let large = json!({ "paramName": "m", "value": { "url": "x".repeat(100_000) } });
    let replay = replay()
        .on(Method::Get, "/jobs/j1", [succeeded(&["measuredLayer"])])
        .on(
            Method::Get,
            "/results/measuredLayer",
            [Answer::json(&large).forever()],
        );
    let mut limits = Limits::default();
    limits.max_result_body = 10_000;
    let portal = builder(&replay).limits(limits).connect().await.unwrap();
    let error = portal
        .resume::<MeasureThings>(JOB)
        .unwrap()
        .results()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(asked(&replay, "/results/measuredLayer").len(), 1);
}
