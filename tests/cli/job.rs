//! A job in steps: submitted, listed, looked at, fetched, stopped.

use crate::fake_portal::{Fate, start};
use crate::support::{Cli, cli};
use arcgis_analysis_local::{FaultPlan, LocalService};
use serde_json::Value;
use std::path::Path;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

/// The command with a ledger in this folder.
fn command(folder: &Path, args: &[&str]) -> Cli {
    cli(args).env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap())
}

fn submit(folder: &Path, portal: &str) -> Cli {
    let task = [
        "submit",
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--units",
        "Kilometers",
    ];
    command(
        folder,
        &[&task[..], &["--portal", portal, "--json"]].concat(),
    )
}

/// A local service whose user the command may sign in as.
async fn service() -> LocalService {
    seen_by(&FaultPlan::from_json(r#"{"faults": []}"#).unwrap()).await
}

/// The same with a plan, which sees every request.
async fn seen_by(plan: &FaultPlan) -> LocalService {
    LocalService::builder()
        .username("ann")
        .password("pw")
        .faults(plan.clone())
        .start()
        .await
        .unwrap()
}

fn signed_in(cli: Cli) -> Cli {
    cli.env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_job_is_downloaded_later_by_another_process() {
    let service = service().await;
    let folder = tempfile::tempdir().unwrap();
    let portal = service.portal_url();
    let task = [
        "submit",
        "ExtractData",
        "--input-layers",
        POINT,
        "--data-format",
        "kml",
    ];
    let submit = command(
        folder.path(),
        &[&task[..], &["--portal", portal, "--json"]].concat(),
    );
    let submitted = signed_in(submit).run().succeeded().json();
    let id = submitted["id"].as_str().unwrap();
    let out = folder.path().join("places.kmz");
    let args = ["results", id, "--out", out.to_str().unwrap(), "--json"];
    let results = signed_in(command(folder.path(), &args))
        .run()
        .succeeded()
        .json();
    let result = &results["results"]["contentID"];
    assert_eq!(result["file"], out.to_str().unwrap());
    assert_eq!(std::fs::read(&out).unwrap()[..2], *b"PK");
    // Without a file the result is the item.
    let results = signed_in(command(folder.path(), &["results", id, "--json"]))
        .run()
        .succeeded()
        .json();
    let url = results["results"]["contentID"]["url"].as_str().unwrap();
    assert!(
        url.starts_with(portal) && url.ends_with(result["itemId"].as_str().unwrap()),
        "{url}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_picked_up_by_its_name_or_its_url_in_other_processes() {
    let service = service().await;
    let folder = tempfile::tempdir().unwrap();
    let submitted = signed_in(submit(folder.path(), service.portal_url()))
        .run()
        .succeeded()
        .json();
    let (id, url) = (
        submitted["id"].as_str().unwrap(),
        submitted["jobUrl"].as_str().unwrap(),
    );

    let jobs = command(folder.path(), &["jobs", "--json"])
        .run()
        .succeeded()
        .json();
    assert_eq!(
        (&jobs[0]["id"], &jobs[0]["jobUrl"]),
        (&submitted["id"], &submitted["jobUrl"])
    );
    assert_eq!(
        (&jobs[0]["task"], &jobs[0]["status"]),
        (&"CreateBuffers".into(), &"esriJobSubmitted".into())
    );

    // The portal is that of the ledger, no flag names it.
    let waited = signed_in(command(folder.path(), &["wait", &id[..6], "--json"]))
        .run()
        .succeeded()
        .json();
    assert_eq!(waited["status"], "esriJobSucceeded");
    let out = folder.path().join("buffers.geojson");
    let out = out.to_str().unwrap();
    let results = signed_in(command(
        folder.path(),
        &["results", id, "--out", out, "--json"],
    ))
    .run()
    .succeeded()
    .json();
    assert_eq!(results["results"]["bufferLayer"]["featureCount"], 1);
    let status = signed_in(command(folder.path(), &["status", id]))
        .run()
        .succeeded();
    assert_eq!(status.stdout, "succeeded\n");
    let jobs = command(folder.path(), &["jobs", "--json"])
        .run()
        .succeeded()
        .json();
    assert_eq!(
        (&jobs[0]["status"], &jobs[0]["taken"]),
        (&"esriJobSucceeded".into(), &true.into())
    );
    let shown = command(folder.path(), &["jobs"]).run().succeeded().stdout;
    assert!(
        shown.starts_with(id) && shown.contains("succeeded, results taken") && shown.contains(url),
        "{shown}"
    );

    // Another machine knows the job by its URL alone, in whatever form it is pasted.
    let elsewhere = tempfile::tempdir().unwrap();
    for pasted in [
        url.to_owned(),
        format!("{url}/"),
        format!("<{url}/results/bufferLayer?f=html&token=abc>"),
        format!("\"{url}?f=pjson#top\""),
    ] {
        let args = [
            "messages",
            &pasted,
            "--portal",
            service.portal_url(),
            "--json",
        ];
        let messages = signed_in(command(elsewhere.path(), &args))
            .run()
            .succeeded()
            .json();
        assert!(
            messages.as_array().is_some_and(|list| !list.is_empty()),
            "{pasted}"
        );
    }
    // The token says which portal it is, too. Anybody may have written it, so that it takes a word of the user's own to
    // sign in there.
    let token = submitted["token"].to_string();
    assert!(!token.contains("pw"), "{token}");
    let results = signed_in(command(elsewhere.path(), &["results", &token, "--json"])).env(
        "ARCGIS_PORTAL",
        &format!("{}/sharing/rest", service.portal_url()),
    );
    let results = results.run().succeeded().json();
    assert_eq!(results["jobUrl"], url);
    service.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_go_to_the_portal_that_the_user_named_and_to_no_other() {
    let plan = FaultPlan::from_json(r#"{"faults": []}"#).unwrap();
    let (ours, other) = (service().await, seen_by(&plan).await);
    let folder = tempfile::tempdir().unwrap();
    let submitted = signed_in(submit(folder.path(), other.portal_url()))
        .run()
        .succeeded()
        .json();
    let token = submitted["token"].to_string();
    let id = submitted["id"].as_str().unwrap();
    let before = plan.seen().len();

    // A token of a job, with and without a portal in the environment; a job of the ledger beside another portal.
    let elsewhere = tempfile::tempdir().unwrap();
    let told = command(elsewhere.path(), &["status", &token, "--json"]);
    let beside = command(elsewhere.path(), &["status", &token, "--json"])
        .env("ARCGIS_PORTAL", ours.portal_url());
    let known =
        command(folder.path(), &["status", id, "--json"]).env("ARCGIS_PORTAL", ours.portal_url());
    for refused in [told, beside, known] {
        let ran = signed_in(refused).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let message = ran.error()["message"].as_str().unwrap().to_owned();
        let remedy = format!("add --portal {}", other.portal_url());
        assert!(message.contains(&remedy), "{message}");
    }
    assert_eq!(plan.seen().len(), before, "nothing was asked");

    let named = ["status", &token, "--json", "--portal", other.portal_url()];
    let status = signed_in(command(elsewhere.path(), &named))
        .run()
        .succeeded();
    assert_eq!(status.json()["jobUrl"], submitted["jobUrl"]);
    ours.shutdown().await;
    other.shutdown().await;
}

#[test]
fn a_running_job_is_stopped_or_says_that_it_does_not_listen() {
    let portal = start(Fate::Endless);
    let folder = tempfile::tempdir().unwrap();
    let submitted = submit(folder.path(), &portal).run().succeeded().json();
    let id = submitted["id"].as_str().unwrap();
    let ran = command(folder.path(), &["cancel", id, "--timeout", "1s", "--json"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), ""), "{ran:?}");
    let error = ran.error();
    assert_eq!(error["kind"], "cancel-not-honoured");
    assert_eq!(error["jobUrl"], submitted["jobUrl"]);
    let ran = command(folder.path(), &["wait", id, "--timeout", "1s", "--json"]).run();
    assert_eq!(
        (ran.code, &ran.error()["kind"]),
        (Some(7), &Value::from("time-limit"))
    );
}

#[test]
fn a_submit_without_an_answer_stays_in_the_ledger_as_doubtful() {
    let portal = start(Fate::Lost);
    let folder = tempfile::tempdir().unwrap();
    let ran = submit(folder.path(), &portal).run();
    assert_eq!(
        (ran.code, &ran.error()["kind"]),
        (Some(6), &Value::from("submit-outcome-unknown"))
    );
    let jobs = command(folder.path(), &["jobs", "--json"])
        .run()
        .succeeded()
        .json();
    assert_eq!(
        (&jobs[0]["status"], &jobs[0]["jobUrl"]),
        (&"unknown".into(), &Value::Null)
    );
    let ran = command(
        folder.path(),
        &["status", jobs[0]["id"].as_str().unwrap(), "--json"],
    )
    .run();
    assert_eq!(
        (ran.code, &ran.error()["kind"]),
        (Some(6), &Value::from("submit-outcome-unknown"))
    );
    let shown = command(folder.path(), &["jobs"]).run().succeeded().stdout;
    assert!(shown.contains("may have been submitted"), "{shown}");
}

#[test]
fn a_job_that_nobody_knows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, problem) in [
        (
            "nobody",
            "the ledger has no job `nobody`; `arcgis-analysis jobs` lists",
        ),
        (
            "https://example.com/x",
            "the job URL does not have the form https://",
        ),
        (
            "https://example.com/GPServer/Bake/jobs/j1",
            "there is no task `Bake`",
        ),
    ] {
        let ran = command(
            folder.path(),
            &["status", name, "--portal", "http://127.0.0.1:9"],
        )
        .run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(problem), "{ran:?}");
    }
    let empty = command(folder.path(), &["jobs"]).run().succeeded();
    assert_eq!(empty.stdout, "The ledger has no jobs.\n");
}

#[test]
fn tasks_without_jobs_are_run_and_not_submitted() {
    let args = [
        "submit",
        "GetTravelModes",
        "--portal",
        "http://127.0.0.1:9",
        "--json",
    ];
    let folder = tempfile::tempdir().unwrap();
    let ran = command(folder.path(), &args).run();
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(
        ran.error()["message"],
        "GetTravelModes has no jobs to submit; run it instead"
    );
}
