//! A host that asks to be left alone: everybody heeds it, whoever was told, and nobody for longer than allowed.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Recorded, Replay};
use arcgis_analysis_core::{Error, ErrorKind, Limits, Polling, Portal};
use arcgis_analysis_types::Task;
use arcgis_analysis_types::serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;

const JOBS: usize = 200;

/// When the host asks one of those who ask it for silence, in seconds.
const TOLD: f64 = 100.0;

async fn portal_of(replay: &Replay, limits: Limits) -> Portal {
    let mut polling = Polling::default();
    polling.seed = Some(7);
    let builder = builder(replay).limits(limits).polling(polling);
    builder.connect().await.unwrap()
}

/// Watches many jobs on one host, of which the first that looks after so many seconds gets this answer.
async fn told_once(answer: Answer, limits: Limits) -> Vec<Recorded> {
    let mut told = Some(answer);
    let replay = replay().timed(Method::Get, "", move |now| {
        if now >= TOLD
            && let Some(answer) = told.take()
        {
            return answer;
        }
        let ended = now >= TOLD + 90.0;
        let state = ["esriJobExecuting", "esriJobFailed"][usize::from(ended)];
        let answer = Answer::json(&json!({ "jobId": "j1", "jobStatus": state }));
        answer.after(Duration::from_millis(50))
    });
    let portal = portal_of(&replay, limits).await;
    let mut all = JoinSet::new();
    for number in 0..JOBS {
        let service = SERVICE.replace("/tasks/", &format!("/tasks{number}/"));
        let url = format!("{service}/{}/jobs/j1", MeasureThings::META.name);
        let job = portal.resume::<MeasureThings>(&url).unwrap();
        all.spawn(async move { job.wait(None).await.unwrap_err().kind() });
    }
    while let Some(kind) = all.join_next().await {
        // One was told to wait for longer than a job may be out of sight.
        assert!(matches!(
            kind.unwrap(),
            ErrorKind::JobFailed | ErrorKind::NotObserved
        ));
    }
    replay.requests()
}

/// The times of the requests from one second to another, both counted from the wish.
fn between(requests: &[Recorded], from: f64, to: f64) -> usize {
    let at = requests.iter().map(|request| request.at().as_secs_f64());
    let told = at.clone().find(|at| *at >= TOLD).unwrap();
    at.filter(|at| (told + from..told + to).contains(at))
        .count()
}

#[tokio::test(start_paused = true)]
async fn what_one_job_is_told_all_heed() {
    for status in [429, 503] {
        let words = format!(r#"{{"error":{{"code":{status},"message":"Busy."}}}}"#);
        for answer in [Answer::status(status), Answer::text(200, &words)] {
            let asked = told_once(answer.header("Retry-After", "30"), Limits::default()).await;
            assert!(between(&asked, -30.0, 0.0) > 200, "they were busy before");
            assert_eq!(between(&asked, 0.001, 29.999), 0, "HTTP status {status}");
            assert!(between(&asked, 30.0, 40.0) > 100, "they go on after it");
            // Not all at once: a round trip is 50 ms.
            assert!(between(&asked, 30.0, 30.04) <= Limits::default().in_flight);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_silent_for_longer_than_allowed() {
    let busy = || Answer::status(503).header("Retry-After", "86400");
    let asked = told_once(busy(), Limits::default()).await;
    assert_eq!(between(&asked, 0.001, 59.999), 0);
    assert!(between(&asked, 60.0, 70.0) > 100);
    let mut limits = Limits::default();
    limits.longest_retry_after = Duration::from_secs(5);
    let asked = told_once(busy(), limits).await;
    assert_eq!(between(&asked, 0.001, 4.999), 0);
    assert!(between(&asked, 5.0, 15.0) > 100);
}

#[tokio::test(start_paused = true)]
async fn other_answers_ask_for_no_silence() {
    // A job that says when to look again speaks for itself only; and so does a fault without a wish.
    let running = json!({ "jobId": "j1", "jobStatus": "esriJobExecuting" });
    for answer in [
        Answer::json(&running).header("Retry-After", "30"),
        Answer::status(500).header("Retry-After", "30"),
        Answer::status(503),
    ] {
        let asked = told_once(answer, Limits::default()).await;
        assert!(between(&asked, 0.001, 29.999) > 200);
    }
}

/// Submits while the host of the service is silent, and says after how many seconds the submit went out.
async fn submitted(limits: Limits) -> Result<f64, Error> {
    let wish = Answer::status(429).header("Retry-After", "40");
    let replay = accepting().on(Method::Get, "/jobs/j0", [wish]);
    let portal = portal_of(&replay, limits).await;
    let job = JOB.replace("/j1", "/j0");
    let told = portal.resume::<MeasureThings>(&job).unwrap();
    let task = MeasureThings::new("https://example.com/FeatureServer/0");
    let submit = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        portal.submit(&task).await
    };
    let (looked, submitted) = tokio::join!(told.status(), submit);
    assert!(looked.is_err());
    let _job = submitted?;
    let told = asked(&replay, "/jobs/j0")[0].at();
    Ok((asked(&replay, "/submitJob")[0].at() - told).as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn a_submit_waits_too_and_says_so_where_it_may_not() {
    let mut limits = Limits::default();
    limits.retry_for = Duration::from_secs(50);
    let seconds = submitted(limits.clone()).await.unwrap();
    assert!((40.0..41.0).contains(&seconds), "{seconds}");
    limits.retry_for = Duration::from_secs(30);
    let error = submitted(limits).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("429"), "{error}");
}
