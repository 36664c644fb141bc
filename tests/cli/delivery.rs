//! Files of results: there whole or not at all, whoever is killed while they are written, and however many write them.

use crate::support::{Cli, Ran, chance, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Many features, so that their file is not written in one go.
fn layer() -> String {
    let feature = |number: usize| {
        let point = json!({ "type": "Point", "coordinates": [number as f64 / 100.0, 47.5] });
        json!({ "type": "Feature", "properties": { "NAME": format!("place {number}") }, "geometry": point })
    };
    let features: Vec<Value> = (0..400).map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

async fn service(plan: &FaultPlan) -> LocalService {
    let service = LocalService::builder()
        .username("ann")
        .password("pw")
        .faults(plan.clone());
    service.start().await.unwrap()
}

fn command(folder: &Path, args: &[&str]) -> Cli {
    cli(args)
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
        .env(
            "ARCGIS_ANALYSIS_STATE",
            folder.join("state").to_str().unwrap(),
        )
}

/// Submits a job, and returns its name.
fn submit(folder: &Path, portal: &str) -> String {
    let parameters = folder.join("layer.geojson");
    fs::write(&parameters, layer()).unwrap();
    let args = [
        "submit",
        "CreateBuffers",
        "--input-layer",
        parameters.to_str().unwrap(),
        "--distances",
        "5",
        "--json",
        "--portal",
        portal,
    ];
    let submitted = command(folder, &args).run().succeeded().json();
    submitted["id"].as_str().unwrap().to_owned()
}

fn submits(plan: &FaultPlan) -> usize {
    let seen = plan.seen();
    seen.iter()
        .filter(|seen| seen.path.ends_with("/submitJob"))
        .count()
}

/// Lets the service work while the test blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_forty_moments_a_command_leaves_the_whole_file_or_the_one_before() {
    // The result comes slowly, so that a kill falls into its download, too.
    let plan = FaultPlan::from_json(
        r#"{"faults": [{"path": "jobs/*/results/*", "drip": {"bytes": 20000, "everyMs": 5}}]}"#,
    );
    let plan = plan.unwrap();
    let service = service(&plan).await;
    let portal = service.portal_url().to_owned();
    blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let id = submit(folder.path(), &portal);
        let fetch = |name: &str| {
            let out = folder.path().join("out").join(name);
            command(
                folder.path(),
                &["results", &id, "--out", out.to_str().unwrap()],
            )
        };
        fs::create_dir(folder.path().join("out")).unwrap();
        let began = std::time::Instant::now();
        fetch("whole.geojson").run().succeeded();
        let takes = began.elapsed();
        let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).ok();
        let whole = read("whole.geojson").unwrap();
        let (mut state, mut killed) = (0x51ed_270b_91f5_3c1d, 0);
        for round in 0..40 {
            // Every other time a file of before is there.
            let before = (round % 2 == 0).then(|| "before".to_owned());
            let name = format!("{round}.geojson");
            if let Some(text) = &before {
                fs::write(folder.path().join("out").join(&name), text).unwrap();
            }
            let mut child = fetch(&name).start();
            let moment = Duration::from_micros(chance(&mut state) % takes.as_micros() as u64);
            std::thread::sleep(moment);
            child.kill().unwrap();
            killed += usize::from(!child.wait().unwrap().success());
            let after = read(&name);
            let left = after.as_ref().map(String::len);
            assert!(
                after == before || after.as_ref() == Some(&whole),
                "round {round}: {left:?} bytes"
            );
        }
        assert!(killed > 0, "every command was done before it was killed");
        // What a kill left is hidden, and of a name that nobody takes for a result.
        for file in fs::read_dir(folder.path().join("out")).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let hidden = name.starts_with(".arcgis-analysis-") && name.ends_with(".part");
            assert!(hidden || name.ends_with(".geojson"), "{name}");
        }
        // The job is not lost, and nothing was submitted again.
        fetch("last.geojson").run().succeeded();
        assert_eq!(read("last.geojson").unwrap(), whole);
    })
    .await;
    assert_eq!(submits(&plan), 1);
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_resume_one_job_at_once_do_not_disturb_each_other() {
    let running = r#"{"faults": [{"path": "jobs/*", "count": 6, "body": {"jobId": "{jobId}", "jobStatus": "esriJobExecuting"}}]}"#;
    let plan = FaultPlan::from_json(running).unwrap();
    let service = service(&plan).await;
    let portal = service.portal_url().to_owned();
    blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let id = submit(folder.path(), &portal);
        let out = folder.path().join("out.geojson");
        let fetch = || {
            let args = ["results", &id, "--out", out.to_str().unwrap(), "--json"];
            command(folder.path(), &args).start()
        };
        let children = [fetch(), fetch(), fetch(), fetch()];
        let reports = children.map(|child| Ran::of(child).succeeded().json());
        for report in &reports {
            assert_eq!(report, &reports[0]);
            assert_eq!(report["status"], "esriJobSucceeded");
        }
        let text: Value = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
        assert_eq!(text["features"].as_array().unwrap().len(), 400);
        // The ledger knows one job, which has ended.
        let jobs = command(folder.path(), &["jobs", "--json"])
            .run()
            .succeeded()
            .json();
        let [job] = &jobs.as_array().unwrap()[..] else {
            panic!("{jobs}")
        };
        assert_eq!(
            (job["id"].as_str(), &job["jobUrl"]),
            (Some(id.as_str()), &reports[0]["jobUrl"])
        );
        assert_ne!(job["status"], "unknown");
    })
    .await;
    assert_eq!(submits(&plan), 1);
    service.shutdown().await;
}
