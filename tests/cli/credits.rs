//! What a task costs, and the limit beyond which nothing is submitted.

use crate::support::{Cli, cli};
use arcgis_analysis_local::{FaultPlan, LocalService, Persona};
use serde_json::{Value, json};
use std::path::Path;

async fn service(persona: Persona) -> LocalService {
    let service = LocalService::builder().username("ann").password("pw");
    service.persona(persona).start().await.unwrap()
}

/// A call with two features, which cost a thousandth of a credit each.
fn command(folder: &Path, command: &str, place: &[&str], more: &[&str]) -> Cli {
    let feature = |x: f64| json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Point", "coordinates": [x, 47.5] } });
    let layer = json!({ "type": "FeatureCollection", "features": [feature(7.6), feature(8.5)] })
        .to_string();
    let task = [
        "CreateBuffers",
        "--input-layer",
        &layer,
        "--distances",
        "5",
        "--json",
    ];
    cli(&[&[command], &task[..], place, more].concat())
        .env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap())
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
}

fn jobs(folder: &Path) -> Value {
    let jobs = cli(&["jobs", "--json"]).env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap());
    jobs.run().succeeded().json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_made_up_to_its_limit_and_no_further() {
    let service = service(Persona::Online).await;
    let folder = tempfile::tempdir().unwrap();
    let place = ["--portal", service.portal_url()];
    let estimate = command(folder.path(), "estimate", &place, &[]);
    let told = estimate.run().succeeded().json();
    let expected = json!({
        "task": "CreateBuffers", "service": "spatial-analysis", "cost": 0.002, "maximum": 0.002, "note": null,
    });
    assert_eq!(told, expected);
    for (name, limit) in [("run", "0.0019"), ("submit", "0")] {
        let ran = command(folder.path(), name, &place, &["--max-credits", limit]).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        let error = ran.error();
        assert_eq!(error["kind"], "credit-limit");
        assert_eq!(
            error["message"],
            format!(
                "CreateBuffers was not submitted: it may cost 0.002 credits, and no more than {limit} are allowed"
            )
        );
        assert_eq!(jobs(folder.path()), json!([]), "nothing was sent");
    }
    let run = command(folder.path(), "run", &place, &["--max-credits", "0.002"]);
    assert_eq!(run.run().succeeded().json()["status"], "esriJobSucceeded");
    assert_eq!(jobs(folder.path()).as_array().unwrap().len(), 1);
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_estimate_a_limit_refuses() {
    let service = service(Persona::Local).await;
    let folder = tempfile::tempdir().unwrap();
    for place in [&["--portal", service.portal_url()][..], &["--local"]] {
        let ran = command(folder.path(), "run", place, &["--max-credits", "1000"]).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        let error = ran.error();
        assert_eq!(error["kind"], "no-estimate");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`creditEstimation`"), "{message}");
        let ran = command(folder.path(), "estimate", place, &[]).run();
        assert_eq!(
            (ran.code, &ran.error()["kind"]),
            (Some(3), &json!("not-offered"))
        );
    }
    assert_eq!(jobs(folder.path()), json!([]));
    service.shutdown().await;
}

#[test]
fn a_limit_that_is_no_number_of_credits_is_refused() {
    for limit in ["-1", "many", "NaN", "inf"] {
        let limit = format!("--max-credits={limit}");
        let args = [
            "run",
            "CreateBuffers",
            "--input-layer",
            r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#,
            "--local",
            &limit,
        ];
        let ran = cli(&args).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.stderr
                .contains("must be a number of credits, 0 or more"),
            "{ran:?}"
        );
    }
}

/// The local service cannot tell what analyses of rasters cost, and a plan can say it in its place.
#[tokio::test(flavor = "multi_thread")]
async fn the_cost_of_rasters_comes_from_a_job() {
    let task = r#"{"inputPointOrLineFeatures": "https://example.com/FeatureServer/0", "outputName": "Density"}"#;
    let job = json!({
        "jobId": "{jobId}", "jobStatus": "esriJobSucceeded", "results": { "outCost": { "paramUrl": "results/outCost" } },
    });
    let cost =
        json!({ "paramName": "outCost", "dataType": "GPString", "value": { "credits": 12.5 } });
    let faults = json!({ "faults": [
        { "path": "EstimateRasterAnalysisCost/jobs/*/results/outCost", "body": cost },
        { "path": "EstimateRasterAnalysisCost/jobs/*", "body": job },
    ] });
    for (plan, expected) in [
        (faults, Ok(12.5)),
        (json!({ "faults": [] }), Err((4, "job-failed"))),
    ] {
        let plan = FaultPlan::from_json(&plan.to_string()).unwrap();
        let service = LocalService::builder().username("ann").password("pw");
        let service = service.persona(Persona::Online).faults(plan.clone());
        let service = service.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let args = |name, more: &[&str]| {
            let place = [
                "--service",
                "raster-analysis",
                "--portal",
                service.portal_url(),
                "--json",
            ];
            cli(&[
                &[name, "CalculateDensity", "--params", "-"],
                &place[..],
                more,
            ]
            .concat())
            .env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap())
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "pw")
            .stdin(task)
        };
        let told = args("estimate", &[]).run();
        let submitted = args("submit", &["--max-credits", "12"]).run();
        match expected {
            Ok(credits) => {
                assert_eq!(told.succeeded().json()["maximum"], json!(credits));
                assert_eq!(submitted.error()["kind"], "credit-limit", "{submitted:?}");
            }
            Err((code, kind)) => {
                assert_eq!(
                    (told.code, &told.error()["kind"]),
                    (Some(code), &json!(kind))
                );
                let message = submitted.error()["message"].as_str().unwrap().to_owned();
                assert!(message.contains("the rates of ArcGIS Online"), "{message}");
                assert_eq!(submitted.error()["kind"], "no-estimate");
            }
        }
        assert_eq!(submitted.code, Some(2));
        assert_eq!(
            jobs(folder.path()),
            json!([]),
            "the ledger is for what costs"
        );
        let seen = plan.seen();
        assert!(
            seen.iter()
                .all(|seen| !seen.path.contains("CalculateDensity")),
            "{seen:?}"
        );
        service.shutdown().await;
    }
}

/// A question costs nothing, so it is asked again, and one that was never answered left no job that might cost something.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_about_rasters_is_asked_for_again() {
    let task = r#"{"inputPointOrLineFeatures": "https://example.com/FeatureServer/0", "outputName": "Density"}"#;
    let path = "EstimateRasterAnalysisCost/submitJob";
    let lost = json!({ "path": path, "drop": "connection", "when": "after" });
    let once = json!({ "path": path, "drop": "connection", "when": "after", "count": 1 });
    let job = json!({
        "jobId": "{jobId}", "jobStatus": "esriJobSucceeded", "results": { "outCost": { "paramUrl": "results/outCost" } },
    });
    let cost =
        json!({ "paramName": "outCost", "dataType": "GPString", "value": { "credits": 12.5 } });
    for (fault, ends) in [(once, (0, "", 2)), (lost, (1, "transport", 4))] {
        let plan = json!({ "faults": [
            fault,
            { "path": "EstimateRasterAnalysisCost/jobs/*/results/outCost", "body": cost },
            { "path": "EstimateRasterAnalysisCost/jobs/*", "body": job },
        ] });
        let plan = FaultPlan::from_json(&plan.to_string()).unwrap();
        let service = LocalService::builder().username("ann").password("pw");
        let service = service.persona(Persona::Online).faults(plan.clone());
        let service = service.start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let args = [
            "estimate",
            "CalculateDensity",
            "--params",
            "-",
            "--service",
            "raster-analysis",
            "--json",
            "--portal",
        ];
        let ran = cli(&[&args[..], &[service.portal_url()]].concat())
            .env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap())
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "pw")
            .stdin(task);
        let ran = tokio::task::spawn_blocking(|| ran.run()).await.unwrap();
        let seen = plan.seen();
        let asked = seen.iter().filter(|seen| seen.path.ends_with(path)).count();
        let kind = match ran.code {
            Some(0) => Value::from(""),
            _ => ran.error()["kind"].clone(),
        };
        assert_eq!(
            (ran.code, kind, asked),
            (Some(ends.0), ends.1.into(), ends.2),
            "{ran:?}"
        );
        assert!(!ran.stderr.contains("twice"), "{ran:?}");
        service.shutdown().await;
    }
}
