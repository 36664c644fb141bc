//! Servers that do anything at all.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, TransportErrorKind};
use arcgis_analysis_core::{Credentials, ErrorKind, Ledger, Polling};
use arcgis_analysis_types::serde_json::json;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// An answer to any request, good, bad or none.
#[derive(Debug, Clone)]
struct Told {
    answer: Answer,
    delay: Duration,
    /// Whether it proves that a submit made no job and may be sent again.
    refused: bool,
    /// Whether it names the job beyond doubt, where it answers a submit.
    named: bool,
}

/// How long a submit, and a look at a job, may take.
const SUBMIT: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_secs(60);

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
        4 => words.prop_map(|word| (json!({ "jobId": "j1", "jobStatus": word }).to_string(), None, true)),
        1 => Just((done.to_string(), None, true)),
        1 => Just((result.to_string(), None, false)),
        3 => prop::sample::select(vec![400, 401, 403, 404, 429, 498, 499, 500, 504])
            .prop_map(|code| (json!({ "error": { "code": code, "message": "No" } }).to_string(), Some(code), false)),
        1 => "\\PC{0,40}".prop_map(|text| (text, None, false)),
        1 => prop::sample::select(odd).prop_map(|text| (text.to_owned(), None, false)),
    ];
    let status = prop_oneof![6 => Just(200_u16), 1 => 201_u16..600];
    let retry_after = prop::option::weighted(0.1, 0_u32..4_000);
    let answered = (status, body, retry_after).prop_map(|(status, body, retry_after)| {
        let (body, code, is_job) = body;
        let answer = Answer::text(status, &body);
        let answer = match retry_after {
            Some(seconds) => answer.header("Retry-After", &seconds.to_string()),
            None => answer,
        };
        let said = code.unwrap_or(status);
        let refused =
            matches!(said, 401 | 429 | 498 | 499) || (said == 503 && retry_after.is_some());
        (answer, refused, is_job && (200..300).contains(&status))
    });
    use TransportErrorKind::{Interrupted, NotSent, TimedOut, TooLarge};
    let broken = prop::sample::select(vec![NotSent, TimedOut, Interrupted, TooLarge])
        .prop_map(|kind| (Answer::broken(kind), kind == NotSent, false));
    let delay = prop_oneof![5 => 0_u64..3, 1 => 0_u64..200];
    (prop_oneof![5 => answered, 1 => broken], delay).prop_map(
        |((answer, refused, named), delay)| {
            let delay = Duration::from_secs(delay);
            // What comes later does not count.
            let in_time = delay <= SUBMIT;
            Told {
                answer: answer.after(delay),
                delay,
                refused: refused && in_time,
                named: named && in_time,
            }
        },
    )
}

fn some(told: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec(self::told(), told)
}

fn answers(told: Vec<Told>) -> impl Iterator<Item = Answer> {
    told.into_iter().map(|told| told.answer)
}

fn paused() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap()
}

const LAYER: &str = "https://example.com/FeatureServer/0";

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
        limit in prop::sample::select(vec![0_u64, 1, 30, 1_800, 86_400]),
        // After so many seconds whoever runs the task has had enough.
        patience in prop::option::weighted(0.3, 0_u64..1_000),
    ) {
        let limit = Duration::from_secs(limit);
        let plan = submits.clone();
        let runtime = paused();
        let token = Answer::json(&json!({ "token": "good" }));
        let replay = replay()
            .on(Method::Post, "/generateToken", [token.clone()].into_iter().chain(answers(tokens)).chain([token.forever()]))
            .on(Method::Post, "/submitJob", answers(submits).chain([Answer::json(&json!({ "jobId": "j1" }))]))
            .on(Method::Get, "/jobs/j1", answers(states).chain([last.answer.forever()]))
            .on(Method::Get, "/results/measuredLayer", answers(results).chain([hosted("measuredLayer").forever()]));
        let replay = replay.on(Method::Post, "/jobs/j1/cancel", answers(cancels).chain([state("esriJobCancelling").forever()]));
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let run = async {
            let began = Instant::now();
            let builder = builder(&replay).credentials(Credentials::password("ada", "pw")).ledger(ledger.clone());
            let portal = builder.connect().await.unwrap();
            let submitted = portal.submit(&MeasureThings::new(LAYER)).await;
            // Attempts begin for five minutes. Each waits for a token, four times a minute and what lies between, for the
            // answer, and once more for both where the token was refused.
            let attempt = 2 * (SUBMIT + 5 * LOOK);
            assert!(began.elapsed() <= Duration::from_secs(300) + attempt, "{:?}", began.elapsed());
            let job = match submitted {
                Err(error) => return (None, Some(error)),
                Ok(job) => job,
            };
            let began = Instant::now();
            let error = job.wait(Some(limit)).await.err();
            let waited = began.elapsed();
            let began = Instant::now();
            let error = match error {
                None => job.results().await.err(),
                error => error,
            };
            // Each of two calls - the job, which may list its results late, and the result - is begun for five minutes.
            assert!(began.elapsed() <= Duration::from_secs(2 * (300 + 600 + 300)), "{:?}", began.elapsed());
            let (began, patience) = (Instant::now(), Duration::from_secs(60));
            let _ = job.stop(patience).await;
            // Four attempts of a minute and the pauses between them, the wait, and a look of a minute.
            assert!(began.elapsed() <= Duration::from_secs(15 * 60), "{:?}", began.elapsed());
            (Some(waited), error)
        };
        let outcome = runtime.block_on(async {
            let outcome = match patience {
                Some(seconds) => timeout(Duration::from_secs(seconds), run).await.ok(),
                None => Some(run.await),
            };
            ledger.settled().await;
            outcome
        });
        // Never two submits: each but the last was surely in vain.
        let submits = asked(&replay, "/submitJob");
        for (number, told) in plan.iter().enumerate().take(submits.len().saturating_sub(1)) {
            prop_assert!(told.refused, "submit {number} may have made a job and was sent again");
        }
        // The ledger knows the job, or that there may be one.
        let jobs = ledger.jobs().unwrap();
        prop_assert!(jobs.len() <= 1 && jobs.len() >= submits.len().min(1));
        // Never a lost job: what the server named is in the ledger, even where somebody stopped waiting just then.
        let named = submits.last().is_some_and(|submit| match plan.get(submits.len() - 1) {
            Some(told) => {
                let arrived = submit.at() + told.delay;
                told.named && patience.is_none_or(|seconds| arrived < Duration::from_secs(seconds))
            }
            None => true,
        });
        let url = jobs.first().and_then(|job| job.url.clone());
        prop_assert!(url.is_some() || !named, "{:?}", jobs);
        if let Some((waited, error)) = &outcome {
            prop_assert_eq!(jobs.len(), 1);
            prop_assert_eq!(url.as_deref(), waited.map(|_| JOB));
            match waited {
                // Beyond the limit lies at most the last look.
                Some(waited) => prop_assert!(*waited <= limit + Duration::from_secs(1), "{waited:?}"),
                None => prop_assert!(asked(&replay, "/jobs/j1").is_empty()),
            }
            let doubtful = error.as_ref().is_some_and(|error| error.kind() == ErrorKind::SubmitOutcomeUnknown);
            if let Some(error) = error {
                prop_assert_eq!(error.job_url().is_some(), waited.is_some(), "{}", error);
                prop_assert!(waited.is_none() || error.kind() != ErrorKind::SubmitOutcomeUnknown);
                prop_assert!(!error.to_string().is_empty());
            }
            prop_assert_eq!(jobs[0].state.as_str() == "unknown", doubtful);
        }
        // Whoever picks it up submits nothing.
        if let Some(url) = url {
            let picked_up = runtime.block_on(async {
                let portal = portal(&replay).await;
                let job = portal.resume::<MeasureThings>(url.as_str()).unwrap();
                let _ = job.wait(Some(Duration::from_secs(60))).await;
                job.url().to_owned()
            });
            prop_assert_eq!(picked_up, JOB);
            prop_assert_eq!(asked(&replay, "/submitJob").len(), submits.len());
        }
    }

    /// Who sets no time limit is told all the same that nobody answers any more.
    #[test]
    fn a_server_that_is_gone_is_not_waited_for_beyond_the_budget(
        states in some(0..20),
        gone in prop_oneof![
            prop::sample::select(vec![500_u16, 502, 503, 504, 408]).prop_map(Answer::status),
            Just(Answer::text(200, "<html>")),
            Just(Answer::broken(TransportErrorKind::Interrupted)),
            Just(Answer::broken(TransportErrorKind::NotSent)),
            Just(Answer::json(&json!({ "jobId": "j1" })).after(LOOK * 2)),
        ],
        budget in 0_u64..2_000,
    ) {
        let runtime = paused();
        let count = states.len();
        let replay = accepting().on(Method::Get, "/jobs/j1", answers(states).chain([gone.forever()]));
        let mut polling = Polling::default();
        polling.trouble_budget = Duration::from_secs(budget);
        let (ended, error) = runtime.block_on(async {
            let began = Instant::now();
            let portal = builder(&replay).polling(polling).connect().await.unwrap();
            let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
            let error = job.wait(None).await.err();
            (began.elapsed(), error)
        });
        if let Some(error) = &error {
            prop_assert_eq!(error.job_url(), Some(JOB), "{}", error);
        }
        let looks = asked(&replay, "/jobs/j1");
        if let Some(first) = looks.get(count) {
            // The first look in vain may take its minute before the budget begins, and the last one a second.
            let most = LOOK + Duration::from_secs(budget + 1);
            prop_assert!(ended - first.at() <= most, "{:?} after {:?}", ended, first.at());
        }
    }
}
