use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Job, Polling};
use arcgis_analysis_types::serde_json::json;
use arcgis_analysis_types::{JobStatus, LayerOutput, MessageType, TaskEntry};
use std::time::Duration;
use tokio::time::Instant;

const LAYER: &str = "https://services.arcgis.com/o/arcgis/rest/services/Cities/FeatureServer/0";

async fn submitted(replay: &Replay) -> Job<MeasureThings> {
    portal(replay)
        .await
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap()
}

/// How waiting ends when the job is seen in these states.
async fn end(states: impl IntoIterator<Item = Answer>) -> (arcgis_analysis_core::Error, Replay) {
    let replay = accepting().on(Method::Get, "/jobs/j1", states);
    let error = submitted(&replay).await.wait(None).await.unwrap_err();
    assert_eq!(error.job_url(), Some(JOB));
    (error, replay)
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_from_parameters_to_results() {
    let replay = accepting()
        .on(
            Method::Get,
            "/jobs/j1",
            [
                state("esriJobWaiting"),
                state("esriJobExecuting"),
                succeeded(&["measuredLayer", "remarks"]),
            ],
        )
        .on(
            Method::Get,
            "/jobs/j1/results/measuredLayer",
            [hosted("measuredLayer")],
        )
        .on(
            Method::Get,
            "/jobs/j1/results/remarks",
            [Answer::json(
                &json!({ "paramName": "remarks", "value": [1] }),
            )],
        );
    let mut task = MeasureThings::new(LAYER);
    task.note = Some("a & b=c, é".to_owned());

    let results = portal(&replay).await.run(&task).await.unwrap();

    let LayerOutput::Hosted(layer) = results.measured_layer else {
        panic!("not hosted")
    };
    assert_eq!(layer.item_id.as_deref(), Some("i1"));
    assert_eq!(results.remarks, Some(json!([1])));
    let submit = &asked(&replay, "/submitJob")[0];
    assert_eq!(
        submit.path(),
        "/arcgis/rest/services/tasks/GPServer/MeasureThings/submitJob"
    );
    assert_eq!(submit.field("f").as_deref(), Some("json"));
    assert_eq!(submit.field("note").as_deref(), Some("a & b=c, é"));
    assert_eq!(
        submit.field("inputLayer"),
        Some(json!({ "url": LAYER }).to_string())
    );
    assert_eq!(submit.field("moreLayers"), None);
    assert!(submit.request().fresh_connection());
    // One look for each state, and none more for the results.
    assert_eq!(asked(&replay, "/jobs/j1").len(), 3);
    assert!(
        asked(&replay, "/jobs/j1")
            .iter()
            .all(|poll| !poll.request().fresh_connection())
    );
}

#[tokio::test(start_paused = true)]
async fn each_end_has_its_own_kind_and_the_jobs_own_words() {
    let coded =
        r#"{"messageCode":"AO_100012","message":"No ${what}.","params":{"what":"features"}}"#;
    for (status, kind, sentence) in [
        (
            "esriJobFailed",
            ErrorKind::JobFailed,
            "MeasureThings failed: No features (AO_100012). Out of luck",
        ),
        (
            "esriJobCancelled",
            ErrorKind::JobCancelled,
            "MeasureThings was cancelled: No features (AO_100012). Out of luck",
        ),
        (
            "esriJobTimedOut",
            ErrorKind::JobTimedOut,
            "MeasureThings ran into the server's time limit: No features (AO_100012). Out of luck",
        ),
        (
            "esriJobDeleted",
            ErrorKind::JobDeleted,
            "MeasureThings was deleted from the server: No features (AO_100012). Out of luck",
        ),
        (
            "esriJobDeleting",
            ErrorKind::JobDeleted,
            "MeasureThings was deleted from the server: No features (AO_100012). Out of luck",
        ),
    ] {
        let (error, replay) = end([
            state("esriJobExecuting"),
            ended(status, &[coded, "Out of luck."]),
        ])
        .await;
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, sentence));
        assert_eq!(error.message_code(), Some("AO_100012"));
        assert_eq!(error.messages().len(), 2);
        assert!(!error.job_may_run());
        assert_eq!(asked(&replay, "/submitJob").len(), 1);
    }
    let (error, _) = end([ended("esriJobFailed", &["MeasureThings: too large."])]).await;
    assert_eq!(error.to_string(), "MeasureThings failed: too large");
    let (error, _) = end([state("esriJobFailed")]).await;
    assert_eq!(
        error.to_string(),
        "MeasureThings failed, and the service gave no reason"
    );
}

#[tokio::test(start_paused = true)]
async fn states_and_messages_that_nobody_knows_are_no_end() {
    let odd = json!({ "jobId": "j1", "jobStatus": "esriJobPaused",
        "messages": [{ "type": "esriJobMessageTypeProcessStart", "description": "x" }, { "type": "new", "description": "y" }] });
    let states = [
        Answer::json(&odd),
        state("esriJobCancelling"),
        succeeded(&["measuredLayer"]),
    ];
    let replay = accepting().on(Method::Get, "/jobs/j1", states);
    let info = submitted(&replay).await.wait(None).await.unwrap();
    assert_eq!(info.status, JobStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_poll_may_fail_in_any_passing_way() {
    let login = "<html><body>Sign in</body></html>";
    let failures = || {
        [
            Answer::status(503).header("Retry-After", "7"),
            Answer::text(200, login),
            Answer::text(200, ""),
            Answer::text(200, r#"{"jobId":"j1","jobSta"#),
            Answer::text(200, r#"{"odd":1}"#),
            Answer::text(500, r#"{"error":{"code":500,"message":"Oops"}}"#),
            Answer::text(200, r#"{"error":{"code":504,"message":"Timed out"}}"#),
            Answer::json(&json!({ "jobId": "j2", "jobStatus": "esriJobFailed" })),
            Answer::broken(TransportErrorKind::Interrupted),
            Answer::broken(TransportErrorKind::NotSent),
            Answer::broken(TransportErrorKind::TimedOut),
            state("esriJobExecuting").after(Duration::from_secs(3_600)),
        ]
    };
    for (number, failure) in failures().into_iter().enumerate() {
        for before in [vec![], vec![state("esriJobExecuting")]] {
            let states = before
                .into_iter()
                .chain([failure.clone(), succeeded(&["measuredLayer"])]);
            let replay = accepting().on(Method::Get, "/jobs/j1", states);
            let info = submitted(&replay).await.wait(None).await;
            assert_eq!(
                info.unwrap().status,
                JobStatus::Succeeded,
                "failure {number}"
            );
        }
    }
    let states = failures()
        .into_iter()
        .chain([succeeded(&["measuredLayer"])]);
    let replay = accepting().on(Method::Get, "/jobs/j1", states);
    assert!(
        submitted(&replay).await.wait(None).await.is_ok(),
        "all of them in a row"
    );
    // The 503 asked for seven seconds.
    let polls = asked(&replay, "/jobs/j1");
    assert!(polls[1].at() - polls[0].at() >= Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_observed_is_no_failed_job() {
    for failure in [
        Answer::status(502),
        Answer::text(200, "<html>"),
        Answer::broken(TransportErrorKind::NotSent),
        state("esriJobExecuting").after(Duration::from_secs(3_600)),
    ] {
        let began = Instant::now();
        let (error, replay) = end([state("esriJobExecuting"), failure.forever()]).await;
        assert_eq!(error.kind(), ErrorKind::NotObserved, "{error}");
        assert!(error.job_may_run());
        assert!(error.to_string().contains(JOB), "{error}");
        // Ten minutes of trouble, one request's time limit before they began, and the first looks.
        let took = began.elapsed();
        assert!((600..=663).contains(&took.as_secs()), "{took:?}");
        assert_eq!(asked(&replay, "/submitJob").len(), 1);
        assert!(asked(&replay, "/jobs/j1").len() < 40);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_show_the_job_ends_the_wait_after_three_looks() {
    for (answer, kind) in [
        (
            Answer::text(404, r#"{"error":{"code":404,"message":"Job not found"}}"#),
            ErrorKind::NotFound,
        ),
        (Answer::text(404, "<html>"), ErrorKind::NotFound),
        (
            Answer::text(200, r#"{"error":{"code":400,"message":"Invalid job id"}}"#),
            ErrorKind::Refused,
        ),
        (
            Answer::text(200, r#"{"error":{"code":403,"message":"No"}}"#),
            ErrorKind::Permission,
        ),
        (
            Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#),
            ErrorKind::Authentication,
        ),
        (
            Answer::status(302).header("Location", "https://login.example.org/?next=x"),
            ErrorKind::Protocol,
        ),
    ] {
        let (error, replay) = end([answer.forever()]).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.job_may_run());
        assert_eq!(asked(&replay, "/jobs/j1").len(), 3, "{error}");
    }
    let (error, _) = end([Answer::status(302)
        .header("Location", "https://login.example.org/?next=x")
        .forever()])
    .await;
    assert!(
        error
            .to_string()
            .contains("redirects to https://login.example.org,"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_ever_may_say_so() {
    let mut polling = Polling::default();
    polling.trouble_budget = Duration::MAX;
    polling.longest_gap = Duration::MAX;
    polling.time_limit = Some(Duration::MAX);
    for pace in [1.0, f64::INFINITY] {
        polling.pace = pace;
        let states = [
            Answer::status(502),
            state("esriJobExecuting"),
            state("esriJobSucceeded"),
        ];
        let replay = accepting().on(Method::Get, "/jobs/j1", states);
        let portal = builder(&replay).polling(polling.clone()).connect().await;
        let job = portal.unwrap().submit(&MeasureThings::new(LAYER)).await;
        let waited = job.unwrap().wait(Some(Duration::MAX)).await.unwrap();
        assert_eq!(waited.status, JobStatus::Succeeded);
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_that_a_server_says_back_is_passed_on() {
    const TOKEN: &str = "T0KEN-of-ada";
    let chatty = json!({ "jobId": "j1", "jobStatus": format!("is {TOKEN}"),
        "progress": { "type": "default", "message": format!("with {TOKEN}"), "percent": 5 },
        "messages": [{ "type": format!("of {TOKEN}"), "description": format!("by {TOKEN}") }] });
    let states = [Answer::json(&chatty), state("esriJobSucceeded")];
    let replay = accepting().on(Method::Get, "/jobs/j1", states);
    let job = submitted(&replay).await;
    let mut updates = job.updates();
    let mut told = String::new();
    while let Some(update) = updates.next().await {
        told += &format!("{:?}", update.unwrap());
    }
    assert!(
        told.contains("[redacted]") && !told.contains(TOKEN),
        "{told}"
    );

    // It is no job's ID either, and neither is one that fills the ledger.
    for id in [format!("j{TOKEN}"), "j".repeat(300)] {
        let replay = crate::support::replay().on(
            Method::Post,
            "/MeasureThings/submitJob",
            [Answer::json(&json!({ "jobId": id }))],
        );
        let error = portal(&replay)
            .await
            .submit(&MeasureThings::new(LAYER))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SubmitOutcomeUnknown);
        assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_is_kept_and_the_job_left_alone() {
    for states in [
        vec![state("esriJobExecuting").forever()],
        vec![
            state("esriJobExecuting")
                .header("Retry-After", "3600")
                .forever(),
        ],
        vec![
            state("esriJobExecuting"),
            state("esriJobExecuting")
                .after(Duration::from_secs(50))
                .forever(),
        ],
        vec![state("esriJobExecuting"), Answer::status(502).forever()],
    ] {
        let replay = accepting().on(Method::Get, "/jobs/j1", states);
        let job = submitted(&replay).await;
        let began = Instant::now();
        let error = job.wait(Some(Duration::from_secs(30))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimeLimit);
        assert_eq!(error.job_url(), Some(JOB));
        assert!(error.to_string().contains("time limit of 30 s"), "{error}");
        assert!(
            (30_000..=31_000).contains(&began.elapsed().as_millis()),
            "{:?}",
            began.elapsed()
        );
        assert!(asked(&replay, "/cancel").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_portals_time_limit_holds_where_no_other_is_given() {
    let replay = accepting().on(
        Method::Get,
        "/jobs/j1",
        [state("esriJobExecuting").forever()],
    );
    let mut polling = Polling::default();
    polling.time_limit = Some(Duration::from_secs(12));
    let portal = builder(&replay).polling(polling).connect().await.unwrap();
    let began = Instant::now();
    let error = portal.run(&MeasureThings::new(LAYER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimeLimit);
    assert_eq!(began.elapsed().as_secs(), 12);
}

#[tokio::test(start_paused = true)]
async fn updates_tell_what_changed_and_nothing_twice() {
    let message =
        |text: &str| json!({ "type": "esriJobMessageTypeInformative", "description": text });
    let job = |status: &str, messages: &[&str], percent: Option<u32>| {
        let messages: Vec<_> = messages.iter().map(|m| message(m)).collect();
        let mut job = json!({ "jobId": "j1", "jobStatus": status, "messages": messages });
        if let Some(percent) = percent {
            job["progress"] = json!({ "type": "step", "message": "Buffering", "percent": percent });
        }
        Answer::json(&job)
    };
    let states = [
        job("esriJobSubmitted", &[], None),
        job("esriJobSubmitted", &[], None),
        job("esriJobExecuting", &["one"], Some(10)),
        job("esriJobExecuting", &["one"], Some(10)),
        job("esriJobExecuting", &["one", "two", "three"], Some(10)),
        // Messages may be left out for once.
        job("esriJobExecuting", &[], Some(40)),
        Answer::status(503),
        Answer::status(503),
        job("esriJobSucceeded", &["one", "two", "three", "four"], None),
    ];
    let replay = accepting().on(Method::Get, "/jobs/j1", states);
    let job = submitted(&replay).await;
    let mut updates = job.updates();
    let mut seen = Vec::new();
    while let Some(update) = updates.next().await {
        let update = update.unwrap();
        assert!(
            update
                .messages
                .iter()
                .all(|m| m.message_type == MessageType::Informative)
        );
        seen.push((
            update.status.as_str().to_owned(),
            update
                .messages
                .iter()
                .map(|m| m.description.clone())
                .collect::<Vec<_>>()
                .join(" "),
            update.progress.and_then(|p| p.percent),
            update.trouble.is_some(),
        ));
    }
    let line = |status: &str, messages: &str, percent: Option<f64>, trouble| {
        (status.to_owned(), messages.to_owned(), percent, trouble)
    };
    assert_eq!(
        seen,
        [
            line("esriJobSubmitted", "", None, false),
            line("esriJobExecuting", "one", Some(10.0), false),
            line("esriJobExecuting", "two three", Some(10.0), false),
            line("esriJobExecuting", "", Some(40.0), false),
            line("esriJobExecuting", "", Some(40.0), true),
            line("esriJobSucceeded", "four", None, false),
        ]
    );
    assert!(updates.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn updates_end_with_a_failed_job_without_an_error() {
    let replay = accepting().on(Method::Get, "/jobs/j1", [ended("esriJobFailed", &["No."])]);
    let job = submitted(&replay).await;
    let mut updates = job.updates();
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!(
        (update.status, update.messages.len()),
        (JobStatus::Failed, 1)
    );
    assert!(updates.next().await.is_none());
    // What was seen is not asked for again.
    assert_eq!(
        job.wait(None).await.unwrap_err().kind(),
        ErrorKind::JobFailed
    );
    assert_eq!(asked(&replay, "/jobs/j1").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn updates_may_be_interrupted_at_any_time() {
    let replay = accepting().on(
        Method::Get,
        "/jobs/j1",
        [state("esriJobExecuting"), succeeded(&["measuredLayer"])],
    );
    let job = submitted(&replay).await;
    let mut updates = job.updates();
    let mut seen = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(7), updates.next()).await {
            Err(_) => {}
            Ok(Some(update)) => seen.push(update.unwrap().status),
            Ok(None) => break,
        }
    }
    assert_eq!(seen, [JobStatus::Executing, JobStatus::Succeeded]);
    assert_eq!(asked(&replay, "/jobs/j1").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_cancelled() {
    let cancelling = json!({ "jobId": "j1", "jobStatus": "esriJobCancelling", "messages": [] });
    let replay = accepting()
        .on(
            Method::Post,
            "/jobs/j1/cancel",
            [
                Answer::status(503),
                Answer::json(&cancelling),
                Answer::json(&json!({ "success": true })),
            ],
        )
        .on(
            Method::Get,
            "/jobs/j1",
            [
                state("esriJobCancelling"),
                state("esriJobCancelling"),
                state("esriJobCancelled"),
            ],
        );
    let job = submitted(&replay).await;
    assert_eq!(job.cancel().await.unwrap(), JobStatus::Cancelling);
    assert_eq!(
        job.cancel().await.unwrap(),
        JobStatus::Cancelling,
        "acknowledged without a state"
    );
    assert_eq!(
        job.wait(None).await.unwrap_err().kind(),
        ErrorKind::JobCancelled
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_is_resumed_by_its_url() {
    let replay = replay()
        .on(
            Method::Get,
            "/jobs/j1",
            [succeeded(&["measuredLayer"]).forever()],
        )
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer").forever()],
        );
    let portal = portal(&replay).await;
    let pasted = format!("{JOB}?f=json&token=stale");
    let job = portal.resume::<MeasureThings>(&pasted).unwrap();
    assert_eq!((job.id(), job.url()), ("j1", JOB));
    assert!(job.await.is_ok());
    let raw = portal
        .resume_entry(&TaskEntry::of::<MeasureThings>(), &pasted)
        .unwrap();
    assert_eq!(raw.outputs().await.unwrap().iter().count(), 1);
    assert_eq!(raw.status().await.unwrap().status, JobStatus::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_job_elsewhere_is_not_resumed() {
    let portal = portal(&replay()).await;
    for url in [
        "j1".to_owned(),
        JOB.replace("analysis.arcgis.com", "analysis.arcgis.com.example.org"),
        JOB.replace("analysis.arcgis.com", "analysis.arcgis.com:8443"),
        JOB.replace("analysis.arcgis.com", "token@analysis.arcgis.com"),
        JOB.replace("MeasureThings", "CreateBuffers"),
    ] {
        let error = portal.resume::<MeasureThings>(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_leaves_the_job_alone() {
    let replay = accepting().on(
        Method::Get,
        "/jobs/j1",
        [state("esriJobExecuting").forever()],
    );
    let job = submitted(&replay).await;
    assert!(
        tokio::time::timeout(Duration::from_secs(60), job.clone().into_future())
            .await
            .is_err()
    );
    assert!(asked(&replay, "/cancel").is_empty());
    assert_eq!(job.status().await.unwrap().status, JobStatus::Executing);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_jobs_wait_in_one_process() {
    let replay = crate::support::replay().on(
        Method::Get,
        "/jobs/j1",
        [succeeded(&["measuredLayer"])
            .after(Duration::from_secs(1))
            .forever()],
    );
    let portal = portal(&replay).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let job = portal.resume::<MeasureThings>(JOB).unwrap();
        waiting.spawn(async move { job.wait(None).await });
    }
    while let Some(end) = waiting.join_next().await {
        assert!(end.unwrap().is_ok());
    }
    assert_eq!(asked(&replay, "/jobs/j1").len(), 10_000);
}
