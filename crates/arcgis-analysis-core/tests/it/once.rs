//! Many submits to a service of which three in ten answers are lost or broken.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Ledger};
use arcgis_analysis_types::serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What goes wrong with a submit, and whether the job is made all the same.
fn faults() -> Vec<(bool, Answer)> {
    let error = |code: i64| Answer::json(&json!({ "error": { "code": code, "message": "Odd." } }));
    vec![
        (true, Answer::broken(TransportErrorKind::Interrupted)),
        (true, Answer::broken(TransportErrorKind::TimedOut)),
        (true, Answer::broken(TransportErrorKind::TooLarge)),
        (true, Answer::status(500)),
        (true, Answer::status(502)),
        (true, Answer::status(503)),
        (true, Answer::status(504)),
        (true, Answer::status(408)),
        (true, error(504)),
        (true, Answer::text(200, "<html>Sign in</html>")),
        (true, Answer::text(200, "")),
        (true, Answer::text(200, r#"{"jobId":"j"#)),
        (
            true,
            Answer::json(&json!({ "jobStatus": "esriJobSubmitted" })),
        ),
        (false, Answer::broken(TransportErrorKind::Interrupted)),
        (false, Answer::broken(TransportErrorKind::NotSent)),
        (false, Answer::status(429)),
        (false, Answer::status(503).header("Retry-After", "2")),
        (false, error(400)),
    ]
}

/// `SUBMITS=100000 cargo test --release -p arcgis-analysis-core --test it once` asks for more of them.
#[tokio::test(start_paused = true)]
async fn a_thousand_submits_to_a_bad_service_make_no_job_twice_and_lose_none() {
    let submits: usize = std::env::var("SUBMITS").map_or(1_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    // Which submit is under way, and how many jobs each has made.
    let server = Arc::new(Mutex::new((0, HashMap::<usize, usize>::new(), 0)));
    let (shared, faults) = (server.clone(), faults());
    assert!(faults.len() >= 14);
    let mut chance = fastrand::Rng::with_seed(4);
    let replay = replay().timed(Method::Post, "/submitJob", move |_| {
        let mut server = shared.lock().unwrap();
        let number = server.0;
        let fault = (chance.f64() < 0.3).then(|| &faults[chance.usize(..faults.len())]);
        if fault.is_none_or(|(made, _)| *made) {
            *server.1.entry(number).or_default() += 1;
        }
        match fault {
            Some((_, answer)) => {
                server.2 += 1;
                answer.clone()
            }
            None => Answer::json(&json!({ "jobId": format!("j{number}") })),
        }
    });
    let portal = builder(&replay)
        .ledger(ledger.clone())
        .connect()
        .await
        .unwrap();
    let task = MeasureThings::new("https://example.com/FeatureServer/0");
    let (mut known, mut unknown, mut refused) = (HashMap::new(), 0, 0);
    for number in 0..submits {
        server.lock().unwrap().0 = number;
        let outcome = portal.submit(&task).await;
        let made = server
            .lock()
            .unwrap()
            .1
            .get(&number)
            .copied()
            .unwrap_or_default();
        assert!(made <= 1, "submit {number} made {made} jobs");
        match outcome {
            Ok(job) => {
                assert_eq!((job.id(), made), (format!("j{number}").as_str(), 1));
                let entry = job.raw().ledger_id().unwrap().to_owned();
                known.insert(entry, job.url().to_owned());
            }
            Err(error) if error.kind() == ErrorKind::SubmitOutcomeUnknown => unknown += 1,
            Err(error) => {
                assert_eq!(made, 0, "{error}");
                refused += 1;
            }
        }
    }
    let (faulty, made) = {
        let server = server.lock().unwrap();
        (server.2, server.1.len())
    };
    assert!(faulty > submits / 5, "{faulty} faults");
    let jobs = ledger.jobs().unwrap();
    let count = |state: &str| {
        let jobs = jobs.iter().filter(|job| job.state.as_str() == state);
        jobs.count()
    };
    // However many there are, the ledger forgets nothing that may run, and the latest thousand of those that do not.
    let found: HashMap<String, String> = jobs
        .iter()
        .filter_map(|job| Some((job.id.clone(), job.url.clone()?)))
        .collect();
    assert_eq!(found.len(), known.len());
    assert!(found == known, "each job is found at its URL");
    let flagged = count("unknown");
    assert_eq!(
        flagged, unknown,
        "every doubtful submit is flagged, and no other"
    );
    let forgotten = refused - count("not-submitted");
    assert!(forgotten == 0 || count("not-submitted") >= 1_000);
    assert_eq!(jobs.len() + forgotten, submits);
    assert!(
        known.len() <= made && made <= known.len() + flagged,
        "{made} jobs, {} known, {flagged} flagged",
        known.len()
    );
    println!(
        "{submits} submits, {faulty} faults: {made} jobs made, none twice; {} known, {unknown} flagged, {refused} refused",
        known.len()
    );
}
