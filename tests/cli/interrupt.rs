//! Signals: Ctrl-C and SIGTERM end the program at once and leave the job, or stop it where that was asked for.
#![cfg(unix)]

use crate::support::{Ran, chance, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::{Value, json};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

/// A local service on which things take as long as the plan says, and what it was asked.
struct Scene {
    service: LocalService,
    plan: FaultPlan,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn with(faults: Value) -> Self {
        let plan = FaultPlan::from_json(&json!({ "faults": faults }).to_string()).unwrap();
        let service = LocalService::builder()
            .username("ann")
            .password("pw")
            .faults(plan.clone());
        Self {
            service: service.start().await.unwrap(),
            plan,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> crate::support::Cli {
        cli(args)
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "pw")
            .env(
                "ARCGIS_ANALYSIS_STATE",
                self.folder.path().to_str().unwrap(),
            )
    }

    /// Runs a task.
    fn run(&self, more: &[&str]) -> Child {
        let url = self.service.portal_url();
        let task = [
            "run",
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
            "--json",
            "--portal",
            url,
        ];
        self.command(&[&task[..], more].concat()).start()
    }

    /// Runs a task, and waits until the service was asked for something whose path holds `wanted`.
    async fn run_until(&self, wanted: &str, more: &[&str]) -> Child {
        let child = self.run(more);
        self.asked(wanted, 1).await;
        child
    }

    /// Waits until the service was asked so often.
    async fn asked(&self, wanted: &str, times: usize) {
        let began = Instant::now();
        while self.times(wanted) < times {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{:?}",
                self.plan.seen()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn times(&self, wanted: &str) -> usize {
        let seen = self.plan.seen();
        seen.iter()
            .filter(|seen| seen.path.contains(wanted))
            .count()
    }

    fn jobs(&self) -> Value {
        self.command(&["jobs", "--json"]).run().succeeded().json()
    }
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// Waits for the end without keeping the service from working.
async fn ended(child: Child) -> Ran {
    tokio::task::spawn_blocking(|| Ran::of(child))
        .await
        .unwrap()
}

/// The error of a command that was interrupted.
#[track_caller]
fn interrupted(ran: &Ran) -> Value {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{ran:?}");
    let error = ran.error();
    assert_eq!(error["kind"], "interrupted");
    error
}

fn running() -> Value {
    json!({ "path": "jobs/*", "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting" } })
}

fn cancel(status: &str) -> Value {
    json!({ "path": "jobs/*/cancel", "body": { "jobId": "{jobId}", "jobStatus": status } })
}

#[tokio::test(flavor = "multi_thread")]
async fn either_signal_leaves_the_job_and_says_how_to_pick_it_up() {
    for name in ["-INT", "-TERM"] {
        let scene = Scene::with(json!([running()])).await;
        let child = scene.run_until("/jobs/", &[]).await;
        signal(&child, name);
        let error = interrupted(&ended(child).await);
        let message = error["message"].as_str().unwrap();
        let job = &scene.jobs()[0];
        assert_eq!(job["jobUrl"], error["jobUrl"]);
        assert!(
            message.contains("the job goes on at") && message.contains(job["id"].as_str().unwrap()),
            "{message}"
        );
        assert_eq!(scene.times("/cancel"), 0);
        scene.service.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_signal_stops_the_job_where_that_was_asked_for() {
    for name in ["-INT", "-TERM"] {
        // It runs for some looks more, so that the signal comes while it does, and has stopped then.
        let mut some = running();
        some["count"] = 6.into();
        let mut stopped = running();
        stopped["body"]["jobStatus"] = "esriJobCancelled".into();
        let faults = json!([cancel("esriJobCancelling"), some, stopped]);
        let scene = Scene::with(faults).await;
        let child = scene.run_until("/jobs/", &["--cancel-on-interrupt"]).await;
        signal(&child, name);
        let error = interrupted(&ended(child).await);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("the job ended as esriJobCancelled"),
            "{message}"
        );
        assert_eq!(scene.times("/cancel"), 1);
        scene.service.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_wait_for_a_job_that_does_not_stop() {
    let scene = Scene::with(json!([cancel("esriJobCancelling"), running()])).await;
    let child = scene.run_until("/jobs/", &["--cancel-on-interrupt"]).await;
    signal(&child, "-INT");
    scene.asked("/cancel", 1).await;
    let (began, looks) = (Instant::now(), scene.times("/jobs/"));
    // It looks whether the job has stopped, and would do so for a minute.
    scene.asked("/jobs/", looks + 2).await;
    signal(&child, "-INT");
    let error = interrupted(&ended(child).await);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("interrupted again") && message.contains("arcgis-analysis status"),
        "{message}"
    );
    assert_eq!(error["jobUrl"], scene.jobs()[0]["jobUrl"]);
    scene.service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_and_during_the_submit_a_signal_says_what_is_known() {
    let slow = |path: &str| json!([{ "path": path, "delayMs": 120_000 }]);
    let scene = Scene::with(slow("portals/self")).await;
    let child = scene
        .run_until("/portals/self", &["--cancel-on-interrupt"])
        .await;
    signal(&child, "-TERM");
    let error = interrupted(&ended(child).await);
    assert_eq!(
        error["message"],
        "interrupted before anything was submitted"
    );
    assert_eq!((scene.times("/submitJob"), &scene.jobs()), (0, &json!([])));

    let scene = Scene::with(slow("submitJob")).await;
    let child = scene
        .run_until("/submitJob", &["--cancel-on-interrupt"])
        .await;
    signal(&child, "-INT");
    let error = interrupted(&ended(child).await);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("whether it runs is not known"),
        "{message}"
    );
    assert_eq!(scene.times("/submitJob"), 1);
    assert_eq!(scene.jobs()[0]["status"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_heard_while_another_process_holds_the_ledger() {
    let scene = Scene::with(json!([])).await;
    assert_eq!(scene.jobs(), json!([]));
    let lock = scene.folder.path().join("ledger.lock");
    let lock = std::fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    // It has asked the portal, and would wait ten seconds for the lock; none of them passes unheard.
    let child = scene.run_until("/portals/self", &[]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    signal(&child, "-INT");
    let error = interrupted(&ended(child).await);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("interrupted "), "{message}");
    assert_eq!(scene.times("/submitJob"), 0);
    drop(lock);
    scene.service.shutdown().await;
}

/// A signal at any moment, in either way: the job is found again or stopped, and where nobody knows of one there is none.
#[tokio::test(flavor = "multi_thread")]
async fn signals_at_sixty_moments_lose_no_job() {
    let slow = |path: &str, when: &str| json!({ "path": path, "delayMs": 40, "when": when });
    let mut state = 0x2545_f491_4f6c_dd1d;
    let mut ends = std::collections::BTreeMap::new();
    for stops in [false, true] {
        // The job runs on for ever, or ends by itself if it is not stopped.
        let mut running = running();
        running["delayMs"] = 20.into();
        let looks = if stops {
            slow("jobs/*", "before")
        } else {
            running
        };
        let faults = [
            slow("portals/self", "before"),
            slow("submitJob", "after"),
            looks,
        ];
        let scene = Scene::with(json!(faults)).await;
        for round in 0..30 {
            let known = scene.jobs().as_array().unwrap().len();
            let sent = scene.times("/submitJob");
            let more = ["--cancel-on-interrupt"];
            let child = scene.run(if stops { &more } else { &[] });
            tokio::time::sleep(Duration::from_millis(chance(&mut state) % 500)).await;
            let name = ["-INT", "-TERM"][round % 2];
            signal(&child, name);
            let ran = ended(child).await;
            // A request that was under way may still arrive.
            tokio::time::sleep(Duration::from_millis(60)).await;
            let (sent, jobs) = (scene.times("/submitJob") - sent, scene.jobs());
            let new = jobs.as_array().unwrap().len() - known;
            assert!(
                sent <= new && new <= 1,
                "round {round}: {sent} sent, {new} known: {ran:?}"
            );
            let what = match ran.code {
                // It ended by itself, or before it listened.
                Some(0) => "done",
                None => "killed",
                _ => {
                    let error = interrupted(&ran);
                    let message = error["message"].as_str().unwrap();
                    let job = jobs
                        .as_array()
                        .unwrap()
                        .iter()
                        .find(|job| job["jobUrl"] == error["jobUrl"]);
                    if message.contains("before anything was submitted") {
                        assert_eq!((sent, new), (0, 0), "round {round}: {ran:?}");
                        "before"
                    } else if message.contains("whether it runs is not known") {
                        assert!(error["jobUrl"].is_null());
                        "during"
                    } else {
                        assert!(job.is_some(), "round {round}: {message}: {jobs}");
                        "after"
                    }
                }
            };
            *ends.entry(what).or_insert(0) += 1;
        }
        for job in scene.jobs().as_array().unwrap() {
            assert!(
                job["jobUrl"].is_string() || job["status"] == "unknown",
                "{job}"
            );
        }
        scene.service.shutdown().await;
    }
    assert!(
        ends.contains_key("before") && ends.contains_key("after"),
        "{ends:?}"
    );
}
