//! Servers that do anything at all.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, TransportErrorKind};
use arcgis_analysis_core::{Credentials, ErrorKind, Ledger};
use arcgis_analysis_types::serde_json::json;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::Instant;

/// An answer to any request, good, bad or none.
#[derive(Debug, Clone)]
struct Told {
    answer: Answer,
    /// Whether it proves that a submit made no job and may be sent again.
    refused: bool,
}

fn told() -> impl Strategy<Value = Told> {
    let words = prop::sample::select(vec![
        "esriJobSubmitted",
        "esriJobWaiting",
        "esriJobExecuting",
        "esriJobExecuting",
        "esriJobCancelling",
        "esriJobOdd",
        "esriJobSucceeded",
        "esriJobFailed",
        "esriJobTimedOut",
        "esriJobDeleted",
    ]);
    let done = json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded",
        "results": { "measuredLayer": { "paramUrl": "/x" } } });
    let result = json!({ "paramName": "measuredLayer", "value": { "url": "https://x.org/FeatureServer/0" } });
    let odd = vec![
        "",
        "<html>",
        "{\"jobId\":",
        "null",
        "[]",
        "{}",
        "{\"jobId\":\"..\"}",
        "{\"token\":\"another\"}",
    ];
    let body = prop_oneof![
        4 => words.prop_map(|word| (json!({ "jobId": "j1", "jobStatus": word }).to_string(), None)),
        1 => Just((done.to_string(), None)),
        1 => Just((result.to_string(), None)),
        3 => prop::sample::select(vec![400, 401, 403, 404, 429, 498, 499, 500, 504])
            .prop_map(|code| (json!({ "error": { "code": code, "message": "No" } }).to_string(), Some(code))),
        1 => "\\PC{0,40}".prop_map(|text| (text, None)),
        1 => prop::sample::select(odd).prop_map(|text| (text.to_owned(), None)),
    ];
    let status = prop_oneof![6 => Just(200_u16), 1 => 201_u16..600];
    let retry_after = prop::option::weighted(0.1, 0_u32..4_000);
    let answered = (status, body, retry_after).prop_map(|(status, (body, code), retry_after)| {
        let answer = Answer::text(status, &body);
        let answer = match retry_after {
            Some(seconds) => answer.header("Retry-After", &seconds.to_string()),
            None => answer,
        };
        let said = code.unwrap_or(status);
        Told {
            answer,
            refused: matches!(said, 401 | 429 | 498 | 499)
                || (said == 503 && retry_after.is_some()),
        }
    });
    use TransportErrorKind::{Interrupted, NotSent, TimedOut, TooLarge};
    let broken =
        prop::sample::select(vec![NotSent, TimedOut, Interrupted, TooLarge]).prop_map(|kind| {
            Told {
                answer: Answer::broken(kind),
                refused: kind == NotSent,
            }
        });
    let delay = prop_oneof![5 => 0_u64..3, 1 => 0_u64..200];
    (prop_oneof![5 => answered, 1 => broken], delay).prop_map(|(told, seconds)| Told {
        answer: told.answer.after(Duration::from_secs(seconds)),
        // A submit may take 180 seconds; what comes later does not count.
        refused: told.refused && seconds <= 180,
    })
}

fn some(told: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec(self::told(), told)
}

fn answers(told: Vec<Told>) -> impl Iterator<Item = Answer> {
    told.into_iter().map(|told| told.answer)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_run_ends_in_time_submits_once_and_loses_no_job(
        tokens in some(0..3),
        submits in some(0..5),
        states in some(0..40),
        results in some(0..5),
        cancels in some(0..4),
        last in told(),
    ) {
        let refusals: Vec<bool> = submits.iter().map(|told| told.refused).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let token = Answer::json(&json!({ "token": "good" }));
        let replay = replay()
            .on(Method::Post, "/generateToken", [token.clone()].into_iter().chain(answers(tokens)).chain([token.forever()]))
            .on(Method::Post, "/submitJob", answers(submits).chain([Answer::json(&json!({ "jobId": "j1" }))]))
            .on(Method::Get, "/jobs/j1", answers(states).chain([last.answer.forever()]))
            .on(Method::Get, "/results/measuredLayer", answers(results).chain([hosted("measuredLayer").forever()]));
        let replay = replay.on(Method::Post, "/jobs/j1/cancel", answers(cancels).chain([state("esriJobCancelling").forever()]));
        let limit = Duration::from_secs(1_800);
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let (waited, error) = runtime.block_on(async {
            let builder = builder(&replay).credentials(Credentials::password("ada", "pw")).ledger(ledger.clone());
            let portal = builder.connect().await.unwrap();
            let job = match portal.submit(&MeasureThings::new("https://example.com/FeatureServer/0")).await {
                Err(error) => return (None, Some(error)),
                Ok(job) => job,
            };
            let began = Instant::now();
            let error = job.wait(Some(limit)).await.err();
            let waited = began.elapsed();
            let error = match error {
                None => job.results().await.err(),
                error => error,
            };
            let (began, patience) = (Instant::now(), Duration::from_secs(60));
            let _ = job.stop(patience).await;
            // Four attempts of a minute and the pauses between them, the wait, and a look of a minute.
            assert!(began.elapsed() <= Duration::from_secs(15 * 60), "{:?}", began.elapsed());
            (Some(waited), error)
        });
        let submits = asked(&replay, "/submitJob").len();
        for (number, refused) in refusals.iter().enumerate().take(submits.saturating_sub(1)) {
            prop_assert!(refused, "submit {number} may have made a job and was sent again");
        }
        match waited {
            // Beyond the limit lies at most the last look.
            Some(waited) => prop_assert!(waited <= limit + Duration::from_secs(1), "{waited:?}"),
            None => prop_assert!(asked(&replay, "/jobs/j1").is_empty()),
        }
        let doubtful = error.as_ref().is_some_and(|error| error.kind() == ErrorKind::SubmitOutcomeUnknown);
        if let Some(error) = error {
            prop_assert_eq!(error.job_url().is_some(), waited.is_some(), "{}", error);
            prop_assert!(waited.is_none() || error.kind() != ErrorKind::SubmitOutcomeUnknown);
            prop_assert!(!error.to_string().is_empty());
        }
        // The ledger knows the job, or that there may be one.
        let jobs = ledger.jobs().unwrap();
        prop_assert_eq!(jobs.len(), 1);
        prop_assert_eq!(jobs[0].url.as_deref(), waited.map(|_| JOB));
        prop_assert_eq!(jobs[0].state.as_str() == "unknown", doubtful);
        // Whoever picks it up submits nothing.
        if let Some(url) = &jobs[0].url {
            let picked_up = runtime.block_on(async {
                let portal = portal(&replay).await;
                let job = portal.resume::<MeasureThings>(url.as_str()).unwrap();
                let _ = job.wait(Some(Duration::from_secs(60))).await;
                job.url().to_owned()
            });
            prop_assert_eq!(picked_up, JOB);
            prop_assert_eq!(asked(&replay, "/submitJob").len(), submits);
        }
    }
}
