//! Bodies that come too slowly: given up after the grace, and asked for again where that does no harm.

use crate::server::*;
use crate::support::*;
use arcgis_analysis_core::transport::{Answer, HttpTransport, Method, Replay};
use arcgis_analysis_core::{Credentials, Error, ErrorKind, Limits, Portal};
use std::time::Duration;
use tokio::time::Instant;

const TASK: &str = "https://example.com/FeatureServer/0";

/// One byte in ten seconds.
fn drips(answer: Answer) -> Answer {
    answer.dripping(1, Duration::from_secs(10))
}

async fn run(replay: &Replay) -> Result<MeasureThingsResults, Error> {
    let portal = portal(replay).await;
    portal.run(&MeasureThings::new(TASK)).await
}

fn state_of_success() -> Answer {
    succeeded(&["measuredLayer"])
}

#[tokio::test(start_paused = true)]
async fn a_read_that_stalls_is_made_again() {
    let began = Instant::now();
    let replay = accepting()
        .on(
            Method::Get,
            "/jobs/j1",
            [drips(state_of_success()), state_of_success()],
        )
        .on(
            Method::Get,
            "/results/measuredLayer",
            [drips(hosted("measuredLayer")), hosted("measuredLayer")],
        );
    run(&replay).await.unwrap();
    assert_eq!(asked(&replay, "/jobs/j1").len(), 2);
    assert_eq!(asked(&replay, "/results/measuredLayer").len(), 2);
    // Two graces of 20 seconds and a few pauses, not the minute and the ten minutes that the whole may take.
    let took = began.elapsed().as_secs_f64();
    assert!((40.0..=46.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_always_stalls_ends_in_words() {
    let replay = accepting()
        .on(Method::Get, "/jobs/j1", [state_of_success()])
        .on(
            Method::Get,
            "/results/measuredLayer",
            [drips(hosted("measuredLayer")).forever()],
        );
    let error = run(&replay).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let words = "more slowly than 1000 bytes a second for 20s";
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.job_url(), Some(JOB));
    assert_eq!(asked(&replay, "/results/measuredLayer").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_submit_whose_answer_stalls_is_not_sent_again() {
    let accepted = Answer::text(200, r#"{"jobId": "j1", "jobStatus": "esriJobSubmitted"}"#);
    let replay = replay().on(Method::Post, "/submitJob", [drips(accepted).forever()]);
    let error = run(&replay).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SubmitOutcomeUnknown, "{error}");
    assert_eq!(asked(&replay, "/submitJob").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_large_answer_that_keeps_coming_has_its_time() {
    // 300 kB at 2 kB a second: two and a half minutes.
    let padded = Answer::text(
        200,
        &format!(
            r#"{{"paramName":"measuredLayer","value":{{"url":"https://x.org/FeatureServer/0"}},"x":"{}"}}"#,
            "x".repeat(300_000)
        ),
    );
    let slow = padded.dripping(2_000, Duration::from_secs(1));
    let replay = accepting()
        .on(Method::Get, "/jobs/j1", [state_of_success()])
        .on(Method::Get, "/results/measuredLayer", [slow.clone()]);
    run(&replay).await.unwrap();
    // The rate is the caller's to set.
    let replay = accepting()
        .on(Method::Get, "/jobs/j1", [state_of_success()])
        .on(Method::Get, "/results/measuredLayer", [slow.forever()]);
    let mut limits = Limits::default();
    limits.slowest_body = 4_000;
    let portal = builder(&replay).limits(limits).connect().await.unwrap();
    let error = portal.run(&MeasureThings::new(TASK)).await.unwrap_err();
    assert!(error.to_string().contains("4000 bytes a second"), "{error}");
}

/// On a real socket: what never stops coming, but too slowly, is given up long before the request's own time is over.
#[tokio::test]
async fn a_trickle_on_a_socket_is_given_up() {
    let server = Server::start(|_| Deed::Trickle {
        head: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_owned(),
        every: Duration::from_millis(20),
    })
    .await;
    let mut limits = Limits::default();
    (limits.stall_grace, limits.slowest_body) = (Duration::from_millis(200), 1_000_000);
    limits.request = Duration::from_secs(3_600);
    limits.retry_for = Duration::ZERO;
    let error = Portal::builder(&server.url)
        .credentials(Credentials::token("T0KEN"))
        .transport(HttpTransport::new(Duration::from_secs(5)))
        .limits(limits)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    let words = "more slowly than 1000000 bytes a second for 200ms";
    assert!(error.to_string().contains(words), "{error}");
}
