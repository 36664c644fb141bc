use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{Error, ErrorKind, RawJob, Result};
use arcgis_analysis_types::TaskEntry;
use arcgis_analysis_types::serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

async fn submit(answers: impl IntoIterator<Item = Answer>) -> (Result<RawJob>, Replay) {
    let replay = replay().on(Method::Post, "/submitJob", answers);
    let parameters = json!({ "inputLayer": { "url": "https://example.com/FeatureServer/0" } });
    let job = portal(&replay)
        .await
        .submit_entry(&TaskEntry::of::<MeasureThings>(), parameters)
        .await;
    (job, replay)
}

async fn refused(answer: Answer) -> Error {
    let (job, replay) = submit([answer, Answer::json(&json!({ "jobId": "second" }))]).await;
    assert_eq!(asked(&replay, "/submitJob").len(), 1, "never sent again");
    job.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_may_have_made_a_job_is_not_sent_again() {
    for answer in [
        Answer::broken(TransportErrorKind::Interrupted),
        Answer::broken(TransportErrorKind::TimedOut),
        Answer::broken(TransportErrorKind::TooLarge),
        Answer::json(&json!({ "jobId": "j1" })).after(Duration::from_secs(3_600)),
        Answer::status(500),
        Answer::text(502, "<html>Bad gateway</html>"),
        Answer::status(503),
        Answer::status(504),
        Answer::status(408),
        Answer::text(503, r#"{"message":"Service Unavailable"}"#),
        Answer::text(200, "<html>Sign in</html>"),
        Answer::text(200, ""),
        Answer::text(200, r#"{"jobId":"j1","jobStatus":"esriJobSub"#),
        Answer::text(
            200,
            r#"{"error":{"code":504,"message":"Your request has timed out."}}"#,
        ),
        Answer::text(504, r#"{"error":{"message":"Timed out"}}"#),
    ] {
        let shown = format!("{answer:?}");
        let error = refused(answer).await;
        assert_eq!(
            error.kind(),
            ErrorKind::SubmitOutcomeUnknown,
            "{shown}: {error}"
        );
        assert!(error.job_may_run() && !error.is_transient());
    }
    let error = refused(Answer::text(502, "<html>\n<p>Bad gateway</p>")).await;
    assert_eq!(
        (error.http_status(), error.excerpt()),
        (Some(502), Some("<html> <p>Bad gateway</p>"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_in_words_made_no_job() {
    for (answer, kind) in [
        (
            Answer::text(200, r#"{"error":{"code":400,"message":"Bad input"}}"#),
            ErrorKind::Refused,
        ),
        (
            Answer::text(200, r#"{"error":"job failed to get submitted"}"#),
            ErrorKind::Refused,
        ),
        (
            Answer::text(400, r#"{"error":{"code":400,"message":"Bad input"}}"#),
            ErrorKind::Refused,
        ),
        (
            Answer::text(200, r#"{"error":{"code":403,"message":"No privilege"}}"#),
            ErrorKind::Permission,
        ),
        (
            Answer::text(200, r#"{"error":{"code":404,"message":"No task"}}"#),
            ErrorKind::NotFound,
        ),
        (
            Answer::text(200, r#"{"error":{"code":500,"message":"Broken"}}"#),
            ErrorKind::Server,
        ),
        (
            Answer::text(
                500,
                r#"{"status":"error","messages":["Broken"],"code":500}"#,
            ),
            ErrorKind::Server,
        ),
        (
            Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#),
            ErrorKind::Authentication,
        ),
        (Answer::status(404), ErrorKind::NotFound),
        (Answer::status(413), ErrorKind::TooLarge),
        (
            Answer::status(307).header("Location", "https://example.org/submitJob"),
            ErrorKind::Protocol,
        ),
    ] {
        let error = refused(answer).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.job_may_run());
    }
    let error = refused(Answer::text(
        200,
        r#"{"error":{"code":400,"messageCode":"AO_1","message":"Bad.","details":["x"]}}"#,
    ))
    .await;
    assert_eq!(
        error.to_string(),
        "submitting MeasureThings failed: the server says: Bad. x (AO_1)"
    );
    assert_eq!(
        (error.code(), error.message_code()),
        (Some(400), Some("AO_1"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_surely_did_not_arrive_is_sent_again() {
    let not_sent = Answer::broken(TransportErrorKind::NotSent);
    let accepted = Answer::json(&json!({ "jobId": "j1" }));
    let (job, replay) = submit([not_sent.clone(), not_sent.clone(), accepted]).await;
    assert_eq!(job.unwrap().url(), JOB);
    assert_eq!(asked(&replay, "/submitJob").len(), 3);

    let began = Instant::now();
    let (job, replay) = submit([not_sent.forever()]).await;
    let error = job.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_transient() && !error.job_may_run());
    assert_eq!(asked(&replay, "/submitJob").len(), 5);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_given_the_time_it_asks_for() {
    let accepted = Answer::json(&json!({ "jobId": "j1" }));
    let answers = [
        Answer::status(503).header("Retry-After", "20"),
        Answer::status(429),
        Answer::text(200, r#"{"error":{"code":429,"message":"Slow down"}}"#)
            .header("Retry-After", "9"),
        accepted,
    ];
    let (job, replay) = submit(answers).await;
    assert!(job.is_ok());
    let at: Vec<u64> = asked(&replay, "/submitJob")
        .iter()
        .map(|request| request.at().as_secs())
        .collect();
    assert_eq!(at, [0, 20, 21, 30]);

    // A minute at a time is waited for, and more is not begun.
    for (retry_after, submits) in [("5", 5), ("60", 5), ("61", 1), ("4000000000", 1)] {
        let (job, replay) = submit([Answer::status(503)
            .header("Retry-After", retry_after)
            .forever()])
        .await;
        let error = job.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.is_transient());
        assert_eq!(asked(&replay, "/submitJob").len(), submits, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_jobs_id_is_shown() {
    for body in [
        r#"{"jobStatus":"esriJobSubmitted"}"#,
        r#"{"jobId":7}"#,
        r#"{"jobId":""}"#,
        r#"{"jobId":".."}"#,
        "[1]",
    ] {
        let error = refused(Answer::text(200, body)).await;
        assert_eq!(
            (error.kind(), error.excerpt()),
            (ErrorKind::SubmitOutcomeUnknown, Some(body)),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_odd_id_stays_one_segment() {
    let odd = "../../../admin?x=1#y%2e";
    let replay = replay()
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": odd }))],
        )
        .on(
            Method::Get,
            "",
            [Answer::json(
                &json!({ "jobId": odd, "jobStatus": "esriJobExecuting" }),
            )],
        );
    let job = portal(&replay)
        .await
        .submit(&MeasureThings::new("https://example.com/FeatureServer/0"))
        .await
        .unwrap();
    job.status().await.unwrap();
    let url = format!("{SERVICE}/MeasureThings/jobs/..%2F..%2F..%2Fadmin%3Fx%3D1%23y%252e");
    assert_eq!(job.url(), url);
    assert_eq!(
        replay.requests().last().unwrap().request().url(),
        format!("{url}?f=json")
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_parameters_are_refused_before_anything_is_sent() {
    let replay = replay();
    let portal = portal(&replay).await;
    let before = replay.requests().len();
    for parameters in [
        json!({}),
        json!({ "inputLayr": 1 }),
        json!({ "inputLayer": 7 }),
        json!([]),
    ] {
        let error = portal
            .submit_entry(&TaskEntry::of::<MeasureThings>(), parameters)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parameter);
        assert_eq!(error.parameter().unwrap().task(), "MeasureThings");
    }
    assert_eq!(replay.requests().len(), before);
}
