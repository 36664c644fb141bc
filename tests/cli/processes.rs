//! Several processes on one ledger, some of them killed, also while one of them replaces the file by a shorter one: the
//! ledger opens each time, every job that was submitted is found, and none was submitted twice.

use crate::support::{Cli, Ran, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::Value;
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
const PROCESSES: u64 = 8;
const ROUNDS: usize = 8;
/// Beyond this the file is replaced, unless it could not become much shorter the last time.
const LARGE: usize = 8 << 20;

struct Scene {
    folder: tempfile::TempDir,
    portal: String,
    plan: FaultPlan,
    /// How many commands were begun that submit.
    begun: AtomicUsize,
    /// The URLs that commands printed, or told as those of jobs that run on.
    told: Mutex<Vec<String>>,
}

impl Scene {
    fn command(&self, args: &[&str]) -> Cli {
        let folder = self.folder.path().to_str().unwrap();
        cli(args)
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "pw")
            .env("ARCGIS_ANALYSIS_STATE", folder)
    }

    fn submit(&self, name: &str) -> Cli {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let task = [
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
            "--json",
        ];
        self.command(&[&[name], &task[..], &["--portal", &self.portal]].concat())
    }

    fn jobs(&self) -> Vec<Value> {
        let jobs = self.command(&["jobs", "--json"]).run().succeeded().json();
        jobs.as_array().unwrap().clone()
    }

    /// How many jobs were really made.
    fn made(&self) -> usize {
        let seen = self.plan.seen();
        let submits = seen
            .iter()
            .filter(|seen| seen.path.ends_with("/submitJob") && seen.effective);
        submits.count()
    }

    /// Makes the file large by saying what it says already many times over, as a writer would, under the lock.
    fn inflate(&self) {
        let (log, lock) = (
            self.folder.path().join("ledger.log"),
            self.folder.path().join("ledger.lock"),
        );
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .open(lock)
            .unwrap();
        lock.lock().unwrap();
        let text = fs::read_to_string(&log).unwrap();
        let line = text
            .split_inclusive('\n')
            .rfind(|line| line.contains("submitted"));
        let line = line.filter(|line| line.ends_with('\n')).unwrap();
        let more = line.repeat(LARGE.saturating_sub(text.len()) / line.len() + 2);
        let mut log = OpenOptions::new().append(true).open(log).unwrap();
        log.write_all(b"\n").unwrap();
        log.write_all(more.as_bytes()).unwrap();
    }

    fn size(&self) -> usize {
        let log = self.folder.path().join("ledger.log");
        usize::try_from(fs::metadata(log).unwrap().len()).unwrap()
    }

    /// What a command that submits and was not killed says of its job.
    fn heard(&self, ran: &Ran) {
        let url = match ran.code {
            Some(0) => ran.json()["jobUrl"].as_str().unwrap().to_owned(),
            // The lock may be held for too long where compactions queue up; then nothing was submitted.
            _ => {
                let error = ran.error();
                assert_eq!(error["kind"], "ledger", "{ran:?}");
                assert!(
                    error["message"]
                        .as_str()
                        .unwrap()
                        .contains("nothing was submitted")
                );
                return;
            }
        };
        self.told.lock().unwrap().push(url);
    }

    /// Holds what the ledger says against what the server and the commands say.
    fn check(&self) -> Vec<Value> {
        let jobs = self.jobs();
        let urls: Vec<&str> = jobs
            .iter()
            .filter_map(|job| job["jobUrl"].as_str())
            .collect();
        let different: HashSet<&str> = urls.iter().copied().collect();
        assert_eq!(urls.len(), different.len(), "no job is known twice");
        for told in self.told.lock().unwrap().iter() {
            assert!(different.contains(told.as_str()), "{told} is lost");
        }
        let unknown = jobs.iter().filter(|job| job["status"] == "unknown").count();
        let made = self.made();
        assert!(
            urls.len() <= made && made <= urls.len() + unknown,
            "{made} jobs made, {} known, {unknown} flagged",
            urls.len()
        );
        let begun = self.begun.load(Ordering::SeqCst);
        assert!(
            made <= begun && jobs.len() <= begun,
            "{made} jobs of {begun} commands"
        );
        jobs
    }
}

/// Numbers that look like chance and are the same each time, after Marsaglia.
fn chance(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn worker(scene: &Scene, seed: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ (seed + 1);
    for round in 0..ROUNDS {
        let name = if chance(&mut state).is_multiple_of(2) {
            "run"
        } else {
            "submit"
        };
        let mut child = scene.submit(name).start();
        if chance(&mut state).is_multiple_of(2) {
            std::thread::sleep(Duration::from_millis(chance(&mut state) % 1_200));
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            scene.heard(&Ran::of(child));
        }
        let jobs = scene.jobs();
        // Others look at what this one submitted, while they all write.
        let running = jobs.iter().rev().find(|job| job["jobUrl"].is_string());
        if let Some(job) = running {
            let ran = scene.command(&["wait", job["id"].as_str().unwrap()]).run();
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
        // Now and then one makes the file large while the others write.
        if seed.is_multiple_of(2)
            && round as u64 == 2 + seed / 2
            && !scene.told.lock().unwrap().is_empty()
        {
            scene.inflate();
        }
    }
}

async fn scene() -> (LocalService, Scene) {
    // Each step takes a while, so that a kill may fall into any of them.
    let plan = r#"{"faults": [
        {"path": "portals/self", "delayMs": 20},
        {"path": "submitJob", "delayMs": 40, "when": "after"}
    ]}"#;
    let plan = FaultPlan::from_json(plan).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password("pw")
        .faults(plan.clone());
    let service = service.start().await.unwrap();
    let scene = Scene {
        folder: tempfile::tempdir().unwrap(),
        portal: service.portal_url().to_owned(),
        plan,
        begun: AtomicUsize::new(0),
        told: Mutex::default(),
    };
    (service, scene)
}

/// Lets the service work while the test blocks.
async fn blocking(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_on_one_ledger_lose_no_job_and_submit_none_twice() {
    let (service, scene) = scene().await;
    blocking(move || {
        scene.heard(&scene.submit("submit").run());
        std::thread::scope(|scope| {
            for seed in 0..PROCESSES {
                let scene = &scene;
                scope.spawn(move || worker(scene, seed));
            }
        });
        // A request that was under way when its process was killed may still arrive.
        std::thread::sleep(Duration::from_millis(300));
        // One more writer, so that what was made large last is made shorter.
        scene.heard(&scene.submit("submit").run());
        let jobs = scene.check();
        assert!(scene.size() < LARGE, "{}", scene.size());
        for job in jobs.iter().filter(|job| job["jobUrl"].is_string()) {
            let id = job["id"].as_str().unwrap();
            let ran = scene.command(&["results", id, "--json"]).run();
            assert_eq!(ran.succeeded().json()["jobUrl"], job["jobUrl"]);
        }
    })
    .await;
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_ledger_is_made_shorter_no_job_is_lost() {
    let (service, scene) = scene().await;
    blocking(move || {
        for _ in 0..3 {
            scene.heard(&scene.submit("submit").run());
        }
        let fresh = scene.folder.path().join("ledger.new");
        let mut caught = 0;
        for round in 0..12_u64 {
            scene.inflate();
            // What an earlier kill left half written.
            let left = File::open(&fresh).map(drop).is_ok();
            let mut child = scene.submit("submit").start();
            let began = Instant::now();
            // From the first byte of the shorter file on, or a little later.
            while !left && !fresh.exists() && child.try_wait().unwrap().is_none() {
                assert!(began.elapsed() < Duration::from_secs(60));
                std::thread::yield_now();
            }
            if left {
                // Its name tells nothing now, so the moment is one of chance.
                std::thread::sleep(Duration::from_millis(100 + 60 * round));
            }
            std::thread::sleep(Duration::from_micros(400 * round));
            caught += usize::from(child.try_wait().unwrap().is_none());
            child.kill().unwrap();
            child.wait().unwrap();
            std::thread::sleep(Duration::from_millis(100));
            scene.check();
            let ran = scene.submit("submit").run();
            scene.heard(&ran);
            assert!(scene.size() < LARGE, "whoever comes next makes it shorter");
        }
        assert!(caught > 0, "no process was killed before its end");
        scene.check();
    })
    .await;
    service.shutdown().await;
}
