//! The command is killed at random moments: the ledger opens each time, and every submit is found in it.

use crate::support::{chance, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
const WORKERS: u64 = 8;
const ROUNDS: usize = 25;

fn command(folder: &Path, args: &[&str]) -> crate::support::Cli {
    cli(args)
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
        .env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap())
}

fn jobs(folder: &Path) -> Vec<Value> {
    let jobs = command(folder, &["jobs", "--json"])
        .run()
        .succeeded()
        .json();
    jobs.as_array().unwrap().clone()
}

fn submits(plan: &FaultPlan) -> usize {
    let seen = plan.seen();
    let submits = seen.iter().filter(|seen| seen.path.ends_with("/submitJob"));
    submits.count()
}

async fn worker(seed: u64) {
    // Each step takes a while, so that a kill may fall into any of them.
    let plan = r#"{"faults": [
        {"path": "portals/self", "delayMs": 40},
        {"path": "submitJob", "delayMs": 40, "when": "after"},
        {"path": "jobs/*", "delayMs": 20}
    ]}"#;
    let plan = FaultPlan::from_json(plan).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password("pw")
        .faults(plan.clone());
    let service = service.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ (seed + 1);
    for round in 0..ROUNDS {
        let before = (submits(&plan), jobs(folder.path()).len());
        let task = [
            "run",
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
            "--portal",
            service.portal_url(),
        ];
        let mut child = command(folder.path(), &task).start();
        tokio::time::sleep(Duration::from_millis(chance(&mut state) % 800)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // A request that was under way may still arrive.
        tokio::time::sleep(Duration::from_millis(60)).await;
        let after = (submits(&plan), jobs(folder.path()).len());
        let (sent, known) = (after.0 - before.0, after.1 - before.1);
        assert!(
            sent <= known && known <= 1,
            "worker {seed}, round {round}: {sent} submits, {known} in the ledger"
        );
    }
    let jobs = jobs(folder.path());
    let urls: std::collections::HashSet<_> = jobs
        .iter()
        .filter_map(|job| job["jobUrl"].as_str())
        .collect();
    let doubtful = jobs.iter().filter(|job| job["status"] == "unknown").count();
    assert_eq!(
        urls.len() + doubtful,
        jobs.len(),
        "each job has a URL of its own or is flagged: {jobs:?}"
    );
    assert!(submits(&plan) <= jobs.len());
    assert!(!urls.is_empty(), "some rounds came as far as a job");
    for job in jobs.iter().filter(|job| job["jobUrl"].is_string()).take(2) {
        command(folder.path(), &["results", job["id"].as_str().unwrap()])
            .run()
            .succeeded();
    }
    service.shutdown().await;
}

#[test]
fn killed_at_two_hundred_moments_no_job_is_lost_and_none_is_submitted_twice() {
    std::thread::scope(|scope| {
        for seed in 0..WORKERS {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build();
                runtime.unwrap().block_on(worker(seed));
            });
        }
    });
}
