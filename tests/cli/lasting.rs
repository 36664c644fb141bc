//! A service that is killed in the middle of its work, and clients that are not: what was acknowledged is not lost.
//!
//! The full load is 10,000 jobs of 200 clients:
//!
//! ```text
//! ARCGIS_ANALYSIS_LOAD=10000 cargo test --release -p arcgis-analysis-cli --test cli lasting::
//! ```

mod kills;

use crate::support::cli;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread::sleep;
use std::time::{Duration, Instant};
use ureq::Agent;

const CLIENTS: usize = 200;
const JOBS: usize = 600;
const TASK: &str = "/arcgis/rest/services/tasks/GPServer/CreateBuffers";
const POINT: &str = r#"{"layerDefinition":{"geometryType":"esriGeometryPoint","fields":[]},"featureSet":{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326},"features":[{"geometry":{"x":7.6,"y":47.5},"attributes":{}}]}}"#;

/// Starts the service on a data folder, on a port that it had before or on a free one.
fn serve(folder: &Path, port: &str) -> (Child, String) {
    let folder = folder.to_str().unwrap();
    let mut child = cli(&["serve", "--json", "--data", folder, "--port", port])
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "correct horse")
        .start();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    (child, line["portal"].as_str().unwrap().to_owned())
}

/// A client that signs in again when its token is of a service that is gone.
struct Client<'a> {
    agent: Agent,
    portal: &'a str,
    token: RwLock<String>,
}

impl<'a> Client<'a> {
    fn new(portal: &'a str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(30)));
        Self {
            agent: config.http_status_as_error(false).build().into(),
            portal,
            token: RwLock::new(String::new()),
        }
    }

    fn sign_in(&self) -> Option<()> {
        let url = format!("{}/sharing/rest/generateToken", self.portal);
        let form = [
            ("username", "ann"),
            ("password", "correct horse"),
            ("f", "json"),
        ];
        let answer: Value = self.post(&url, &form, "")?;
        *self.token.write().unwrap() = answer["token"].as_str()?.to_owned();
        Some(())
    }

    fn post(&self, url: &str, form: &[(&str, &str)], token: &str) -> Option<Value> {
        let bearer = format!("Bearer {token}");
        let mut request = self.agent.post(url);
        if !token.is_empty() {
            request = request.header("X-Esri-Authorization", &bearer);
        }
        let text = request
            .send_form(form.iter().copied())
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The answer of the service, however often it must be asked; `None` only where the connection broke off.
    fn ask(&self, path: &str, form: &[(&str, &str)]) -> Option<Value> {
        let url = format!("{}{path}", self.portal);
        loop {
            let token = self.token.read().unwrap().clone();
            let answer = self.post(&url, form, &token)?;
            match answer["error"]["code"].as_u64() {
                Some(498 | 499) => self.sign_in()?,
                _ => return Some(answer),
            }
        }
    }

    /// Asks until the service is there.
    fn insist(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let begun = Instant::now();
        loop {
            if let Some(answer) = self.ask(path, form) {
                return answer;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the service did not come back"
            );
            sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn no_acknowledged_job_is_lost_when_the_service_is_killed() {
    let jobs = std::env::var("ARCGIS_ANALYSIS_LOAD").ok();
    let jobs = jobs.map_or(JOBS, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (child, portal) = serve(folder.path(), "0");
    let port = portal.rsplit(':').next().unwrap().to_owned();
    let child = Mutex::new(child);
    let (taken, acknowledged) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (succeeded, interrupted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let client = Client::new(&portal);
                while taken.fetch_add(1, Ordering::SeqCst) < jobs {
                    let form = [("inputLayer", POINT), ("distances", "[5]"), ("f", "json")];
                    // A submit whose answer broke off was not acknowledged, and is made anew.
                    let job = client.insist(&format!("{TASK}/submitJob"), &form);
                    let id = job["jobId"]
                        .as_str()
                        .unwrap_or_else(|| panic!("not taken: {job}"));
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                    let path = format!("{TASK}/jobs/{id}");
                    let ended = loop {
                        let job = client.insist(&path, &[("f", "json")]);
                        match job["jobStatus"]
                            .as_str()
                            .unwrap_or_else(|| panic!("lost: {job}"))
                        {
                            "esriJobSucceeded" | "esriJobFailed" => break job,
                            _ => sleep(Duration::from_millis(20)),
                        }
                    };
                    if ended["jobStatus"] == "esriJobSucceeded" {
                        let result =
                            client.insist(&format!("{path}/results/bufferLayer"), &[("f", "json")]);
                        let rings =
                            &result["value"]["featureSet"]["features"][0]["geometry"]["rings"];
                        assert!(rings.is_array(), "{result}");
                        succeeded.fetch_add(1, Ordering::SeqCst);
                    } else {
                        let messages = ended["messages"].to_string();
                        assert!(
                            messages.contains("stopped while the job was executing"),
                            "{ended}"
                        );
                        interrupted.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        // In the middle of it all, without a word.
        while acknowledged.load(Ordering::SeqCst) < jobs / 2 {
            assert!(begun.elapsed() < Duration::from_secs(3000), "too slow");
            sleep(Duration::from_millis(5));
        }
        let mut child = child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        *child = serve(folder.path(), &port).0;
    });
    let elapsed = begun.elapsed();
    let mut child = child.into_inner().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (succeeded, interrupted) = (succeeded.into_inner(), interrupted.into_inner());
    println!(
        "{jobs} jobs of {CLIENTS} clients in {elapsed:.1?}: {succeeded} succeeded, {interrupted} were interrupted by the kill"
    );
    assert_eq!(succeeded + interrupted, jobs);
    // Only what was executing at that moment: one job a core.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    assert!(interrupted <= cores, "{interrupted}");
}
