use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Job, Ledger, LedgerJob, Portal, Result};
use arcgis_analysis_types::serde_json::json;
use std::fs::File;
use std::sync::{Arc, Mutex};
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

/// Holds the lock, as another process might that was stopped.
fn locked(ledger: &Ledger) -> File {
    let path = ledger.folder().join("ledger.lock");
    let file = File::options().read(true).write(true).open(path).unwrap();
    file.try_lock().unwrap();
    file
}

/// On one thread, in real time: if a write held up that thread, nobody would let go of the lock.
#[tokio::test]
async fn who_waits_for_the_lock_holds_up_nobody_else() {
    let (_folder, ledger) = ledger();
    let replay = accepting();
    let portal = connect(&replay, &ledger).await;
    let held = locked(&ledger);
    let meanwhile = async {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(
            asked(&replay, "/submitJob").len(),
            0,
            "not before the intent is written"
        );
        drop(held);
    };
    let task = MeasureThings::new(LAYER);
    let (job, ()) = tokio::join!(portal.submit(&task), meanwhile);
    assert_eq!(only(&ledger).url.as_deref(), Some(job.unwrap().url()));
}

#[tokio::test]
async fn the_intent_is_on_the_disk_before_the_submit_leaves() {
    let (_folder, ledger) = ledger();
    let read = Arc::new(Mutex::new(String::new()));
    let (path, shared) = (ledger.folder().join("ledger.log"), read.clone());
    let replay = replay().timed(Method::Post, "/submitJob", move |_| {
        *shared.lock().unwrap() = std::fs::read_to_string(&path).unwrap();
        Answer::json(&json!({ "jobId": "j1" }))
    });
    let portal = connect(&replay, &ledger).await;
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    let read = read.lock().unwrap();
    let name = job.raw().ledger_id().unwrap();
    assert!(read.contains("intent") && read.contains(name), "{read}");
    assert!(!read.contains(JOB));
}

#[tokio::test]
async fn a_submit_that_is_given_up_when_its_answer_is_there_loses_no_job() {
    let (_folder, ledger) = ledger();
    // The lock is taken just when the answer comes, so that the job's URL has to wait.
    let held = Arc::new(Mutex::new(None));
    let (shared, book) = (held.clone(), ledger.clone());
    let replay = replay().timed(Method::Post, "/submitJob", move |_| {
        *shared.lock().unwrap() = Some(locked(&book));
        Answer::json(&json!({ "jobId": "j1" }))
    });
    let portal = connect(&replay, &ledger).await;
    let task = MeasureThings::new(LAYER);
    {
        let mut submit = std::pin::pin!(portal.submit(&task));
        while held.lock().unwrap().is_none() {
            let soon = tokio::time::timeout(Duration::from_millis(5), &mut submit);
            assert!(soon.await.is_err(), "it waits for the ledger");
        }
        // Until the client has read the answer, on a machine that is busy too.
        let later = tokio::time::timeout(Duration::from_millis(500), &mut submit);
        assert!(later.await.is_err(), "it waits for the ledger");
    }
    assert_eq!(only(&ledger).state.as_str(), "unknown");
    held.lock().unwrap().take();
    ledger.settled().await;
    assert_eq!(only(&ledger).url.as_deref(), Some(JOB));
}

/// The states of a running job are written in passing: the time limit holds while nothing can be written.
#[tokio::test]
async fn a_watch_keeps_its_time_limit_while_the_ledger_is_locked() {
    let (_folder, ledger) = ledger();
    let replay = accepting().on(
        Method::Get,
        "/jobs/j1",
        [state("esriJobExecuting").forever()],
    );
    let portal = connect(&replay, &ledger).await;
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    let held = locked(&ledger);
    let began = std::time::Instant::now();
    let error = job
        .wait(Some(Duration::from_millis(700)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimeLimit);
    // A write gives up after ten seconds.
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_the_ledger_could_not_take_note_of_is_known_by_its_url() {
    let (_folder, ledger) = ledger();
    let log = ledger.folder().join("ledger.log");
    let replay = replay().timed(Method::Post, "/submitJob", move |_| {
        std::fs::remove_file(&log).unwrap();
        std::fs::create_dir(&log).unwrap();
        Answer::json(&json!({ "jobId": "j1" }))
    });
    let portal = connect(&replay, &ledger).await;
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    assert_eq!((job.url(), job.raw().ledger_id()), (JOB, None));
}
