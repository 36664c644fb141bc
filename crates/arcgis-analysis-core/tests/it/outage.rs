//! Many jobs on one host: how much it is asked at once, and what it is asked while it is down.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Recorded, Replay};
use arcgis_analysis_core::{Limits, Polling};
use arcgis_analysis_types::Task;
use arcgis_analysis_types::serde_json::json;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

const JOBS: usize = 1_000;

/// When the host goes down, when it is back, and when the jobs end, in seconds.
const DOWN: f64 = 300.0;
const BACK: f64 = 420.0;
const END: f64 = 480.0;

/// Watches many jobs through an outage, and returns what the host was asked.
async fn through_an_outage(limits: Limits) -> Vec<Recorded> {
    let replay = replay().timed(Method::Get, "", |now| {
        let state = if now < END {
            "esriJobExecuting"
        } else {
            "esriJobFailed"
        };
        let answer = match (DOWN..BACK).contains(&now) {
            true => Answer::status(503),
            false => Answer::json(&json!({ "jobId": "j1", "jobStatus": state })),
        };
        answer.after(Duration::from_millis(50))
    });
    watch(&replay, limits, JOBS).await;
    let polls = replay.requests().into_iter();
    polls
        .filter(|request| request.path().contains("/jobs/"))
        .collect()
}

async fn watch(replay: &Replay, limits: Limits, jobs: usize) {
    let mut polling = Polling::default();
    polling.seed = Some(7);
    let builder = builder(replay).limits(limits).polling(polling);
    let portal = builder.connect().await.unwrap();
    let mut all = JoinSet::new();
    for number in 0..jobs {
        // All have one name, each of its own service, because the replay knows no names.
        let service = SERVICE.replace("/tasks/", &format!("/tasks{number}/"));
        let url = format!("{service}/{}/jobs/j1", MeasureThings::META.name);
        let job = portal.resume::<MeasureThings>(&url).unwrap();
        all.spawn(async move { job.wait(None).await.unwrap_err().kind() });
    }
    while let Some(kind) = all.join_next().await {
        assert_eq!(kind.unwrap(), arcgis_analysis_core::ErrorKind::JobFailed);
    }
}

/// How many requests there were per second, from one second to another.
fn rate(requests: &[Recorded], from: f64, to: f64) -> f64 {
    let count = within(requests, from, to).count();
    count as f64 / (to - from)
}

fn within(requests: &[Recorded], from: f64, to: f64) -> impl Iterator<Item = &Recorded> {
    let at = move |request: &&Recorded| (from..to).contains(&request.at().as_secs_f64());
    requests.iter().filter(at)
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_made_longer_and_its_end_is_soon_noticed() {
    let asked = through_an_outage(Limits::default()).await;
    let healthy = rate(&asked, DOWN - 30.0, DOWN);
    let down = rate(&asked, DOWN + 30.0, BACK);
    println!("{JOBS} jobs: {healthy:.1} requests a second before, {down:.1} during the outage");
    assert!(healthy > 100.0, "{healthy} a second");
    assert!(down <= 0.1 * healthy, "{down} of {healthy} a second");
    assert!(down > 1.0, "somebody still looks: {down} a second");
    let seen: HashSet<_> = within(&asked, BACK, BACK + 10.0)
        .map(Recorded::path)
        .collect();
    println!("{} jobs seen within 10 s of its end", seen.len());
    assert!(
        seen.len() >= JOBS * 95 / 100,
        "{} jobs seen within 10 s",
        seen.len()
    );
    // Not all at once either: no tenth of a second has more than three times the usual.
    let busiest = (0..100)
        .map(|i| BACK + f64::from(i) / 10.0)
        .map(|from| within(&asked, from, from + 0.1).count());
    let slots = Limits::default().in_flight * 2;
    assert!(
        busiest.max().unwrap() <= slots + 1,
        "as many as the slots let through"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_the_same_outage_is_asked_three_times_as_much() {
    let mut limits = Limits::default();
    (limits.retry_reserve, limits.retries_per_minute) = (1_000_000, 60_000_000);
    let asked = through_an_outage(limits).await;
    let healthy = rate(&asked, DOWN - 30.0, DOWN);
    let down = rate(&asked, DOWN + 30.0, BACK);
    println!("without a budget: {healthy:.1} before, {down:.1} during the outage");
    assert!(down >= 0.2 * healthy, "{down} of {healthy} a second");
}

#[tokio::test(start_paused = true)]
async fn no_host_is_asked_more_at_once_than_allowed() {
    let replay = replay().timed(Method::Get, "", |now| {
        let state = if now < 30.0 {
            "esriJobExecuting"
        } else {
            "esriJobFailed"
        };
        let answer = Answer::json(&json!({ "jobId": "j1", "jobStatus": state }));
        answer.after(Duration::from_millis(1_000))
    });
    let mut limits = Limits::default();
    limits.in_flight = 4;
    watch(&replay, limits, 50).await;
    let asked = asked(&replay, "/jobs/j1");
    let times: Vec<_> = asked.iter().map(Recorded::at).collect();
    assert!(times.len() > 120, "{}", times.len());
    for (number, at) in times.iter().enumerate() {
        let under_way = times[..=number].iter().rev();
        let under_way =
            under_way.take_while(|earlier| **earlier + Duration::from_millis(999) > *at);
        assert!(under_way.count() <= 4, "at {at:?}");
    }
}
