use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Job, Ledger, LedgerJob, Portal, Result};
use arcgis_analysis_types::serde_json::json;
use std::time::Duration;

const LAYER: &str = "https://example.com/FeatureServer/0";

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    (folder, ledger)
}

async fn connect(replay: &Replay, ledger: &Ledger) -> Portal {
    builder(replay)
        .ledger(ledger.clone())
        .connect()
        .await
        .unwrap()
}

async fn submit(answer: Answer, ledger: &Ledger) -> Result<Job<MeasureThings>> {
    let replay = replay().on(Method::Post, "/submitJob", [answer]);
    connect(&replay, ledger)
        .await
        .submit(&MeasureThings::new(LAYER))
        .await
}

fn only(ledger: &Ledger) -> LedgerJob {
    let mut jobs = ledger.jobs().unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_job_is_written_down_from_the_intent_to_its_results() {
    let (_folder, ledger) = ledger();
    let replay = accepting()
        .on(
            Method::Get,
            "/jobs/j1",
            [state("esriJobExecuting"), succeeded(&["measuredLayer"])],
        )
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer")],
        );
    let portal = connect(&replay, &ledger).await;
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    let submitted = only(&ledger);
    assert_eq!(job.raw().ledger_id(), Some(submitted.id.as_str()));
    assert_eq!(
        (submitted.url.as_deref(), submitted.state.as_str()),
        (Some(JOB), "esriJobSubmitted")
    );
    assert_eq!(
        (
            submitted.task.as_str(),
            submitted.portal.as_str(),
            submitted.username.as_deref()
        ),
        ("MeasureThings", PORTAL, Some("ada"))
    );
    job.await.unwrap();
    let ended = only(&ledger);
    assert_eq!(
        (ended.state.as_str(), ended.taken),
        ("esriJobSucceeded", true)
    );
    assert!(
        ended.length.unwrap() > Duration::from_millis(500),
        "seen running at half a second"
    );
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_submit_is_told_apart() {
    for (answer, state) in [
        (Answer::broken(TransportErrorKind::Interrupted), "unknown"),
        (
            Answer::json(&json!({ "jobStatus": "esriJobSubmitted" })),
            "unknown",
        ),
        (
            Answer::json(&json!({ "error": { "code": 400, "message": "No." } })),
            "not-submitted",
        ),
        (Answer::text(404, ""), "not-submitted"),
    ] {
        let (_folder, ledger) = ledger();
        let error = submit(answer, &ledger).await.unwrap_err();
        let job = only(&ledger);
        assert_eq!(job.state.as_str(), state);
        assert_eq!(job.reason.as_deref(), Some(error.to_string().as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_is_cut_short_leaves_its_intent() {
    let (_folder, ledger) = ledger();
    let answer = Answer::json(&json!({ "jobId": "j1" })).after(Duration::from_secs(60));
    let cut = tokio::time::timeout(Duration::from_secs(1), submit(answer, &ledger)).await;
    assert!(cut.is_err());
    let job = only(&ledger);
    assert_eq!(
        (job.state.as_str(), job.url, job.reason),
        ("unknown", None, None)
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_ledger_that_can_be_written_nothing_is_submitted() {
    let (folder, ledger) = ledger();
    std::fs::create_dir(folder.path().join("ledger.log")).unwrap();
    let replay = accepting();
    let portal = connect(&replay, &ledger).await;
    let error = portal.submit(&MeasureThings::new(LAYER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ledger);
    assert!(
        error.to_string().contains("nothing was submitted"),
        "{error}"
    );
    assert_eq!(asked(&replay, "/submitJob").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_job_is_the_one_of_the_ledger() {
    let (_folder, ledger) = ledger();
    let job = submit(Answer::json(&json!({ "jobId": "j1" })), &ledger)
        .await
        .unwrap();
    drop(job);
    let replay = replay().on(Method::Get, "/jobs/j1", [ended("esriJobFailed", &["No."])]);
    let portal = connect(&replay, &ledger).await;
    let job = portal
        .resume::<MeasureThings>(&format!("{JOB}?f=json&token=x"))
        .unwrap();
    assert_eq!(job.raw().ledger_id(), Some(only(&ledger).id.as_str()));
    let error = job.wait(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert_eq!(only(&ledger).state.as_str(), "esriJobFailed");
}

#[tokio::test(start_paused = true)]
async fn the_next_job_of_a_task_is_watched_by_what_the_ledger_knows() {
    let (_folder, ledger) = ledger();
    let mut counts = Vec::new();
    for _ in 0..6 {
        // Each portal is a program of its own: what is known of a task is read once. Every job takes 100 seconds.
        let (running, done) = (state("esriJobExecuting"), succeeded(&["measuredLayer"]));
        let looked = move |at: f64| {
            if at < 100.0 {
                running.clone()
            } else {
                done.clone()
            }
        };
        let replay = accepting().timed(Method::Get, "/jobs/j1", looked).on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer")],
        );
        let portal = connect(&replay, &ledger).await;
        portal.run(&MeasureThings::new(LAYER)).await.unwrap();
        counts.push(asked(&replay, "/jobs/j1").len());
    }
    // Two square roots of the age by the pace are 42.
    assert!(
        counts[..3].iter().all(|count| (36..49).contains(count)),
        "{counts:?}"
    );
    assert!(counts[3..].iter().all(|count| *count <= 15), "{counts:?}");
    assert_eq!(ledger.jobs().unwrap().len(), 6);
}
