//! What happens, as it happens: the lines that scripts read.

use crate::fake_portal::{Fate, start};
use crate::support::{Cli, Ran, cli};
use arcgis_analysis_local::LocalService;
use serde_json::{Value, json};
use std::path::Path;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

fn command(folder: &Path, name: &str, more: &[&str]) -> Cli {
    let task = [
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--events",
    ];
    cli(&[&[name], &task[..], more].concat()).env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap())
}

fn signed_in(cli: Cli) -> Cli {
    cli.env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
}

/// The lines, of which the last and no other is `ended`.
#[track_caller]
fn events(ran: &Ran) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    let events: Vec<Value> = ran.stdout.lines().map(line).collect();
    let ended = events.iter().position(|event| event["event"] == "ended");
    assert_eq!(ended, Some(events.len() - 1), "{ran:?}");
    assert_eq!(
        events[events.len() - 1]["exitCode"],
        json!(ran.code),
        "{ran:?}"
    );
    events
}

fn names(events: &[Value]) -> Vec<&str> {
    let mut names: Vec<_> = events
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect();
    names.dedup();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_from_the_submit_to_its_results() {
    let service = LocalService::builder().username("ann").password("pw");
    let service = service.start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = ["--portal", service.portal_url()];

    let ran = signed_in(command(folder.path(), "run", &place))
        .run()
        .succeeded();
    let told = events(&ran);
    let order = names(&told);
    assert_eq!((order[0], order[1]), ("submitted", "status"), "{order:?}");
    assert_eq!(order[order.len() - 2..], ["results", "ended"], "{order:?}");
    assert!(order.contains(&"message"), "{order:?}");
    let of = |name: &str| {
        told.iter()
            .filter(|event| event["event"] == name)
            .collect::<Vec<_>>()
    };
    let submitted = of("submitted")[0];
    assert_eq!(submitted["task"], "CreateBuffers");
    assert_eq!(submitted["token"]["portal"], service.portal_url());
    assert_eq!(of("status").last().unwrap()["status"], "esriJobSucceeded");
    assert!(
        of("message")
            .iter()
            .all(|m| m["type"].is_string() && m["message"].is_string())
    );
    assert_eq!(of("results")[0]["results"], json!(["bufferLayer"]));
    let result = &of("ended")[0]["result"];
    assert_eq!(result["jobUrl"], submitted["jobUrl"]);
    assert!(result["results"]["bufferLayer"]["featureSet"]["features"].is_array());

    // In steps: the submit ends with the job, the wait with its state.
    let ran = signed_in(command(folder.path(), "submit", &place))
        .run()
        .succeeded();
    let told = events(&ran);
    assert_eq!(names(&told), ["submitted", "ended"]);
    let (job, result) = (&told[0], &told[1]["result"]);
    for member in ["id", "jobId", "jobUrl", "token"] {
        assert_eq!(job[member], result[member]);
    }
    for (step, last) in [("wait", "status"), ("results", "results")] {
        let args = [step, job["id"].as_str().unwrap(), "--events"];
        let step = cli(&args).env("ARCGIS_ANALYSIS_STATE", folder.path().to_str().unwrap());
        let step = signed_in(step);
        let told = events(&step.run().succeeded());
        let ended = &told[told.len() - 1]["result"];
        assert_eq!(ended["status"], "esriJobSucceeded");
        assert!(names(&told).contains(&last), "{told:?}");
    }
    service.shutdown().await;
}

#[test]
fn on_this_machine_too() {
    let folder = tempfile::tempdir().unwrap();
    let ran = command(folder.path(), "run", &["--local"])
        .run()
        .succeeded();
    let told = events(&ran);
    assert_eq!(told[0]["id"], Value::Null, "no ledger keeps it");
    assert_eq!(names(&told).last(), Some(&"ended"));
}

#[test]
fn errors_end_the_lines_too() {
    let folder = tempfile::tempdir().unwrap();
    for (more, code, kind) in [
        (&["--local", "--distance", "5"][..], 2, "usage"),
        (&["--local", "--units", "Parsecs"], 2, "parameter"),
        (&["--local", "--field", "F"], 2, "parameter"),
        (&["--portal", "http://127.0.0.1:9"], 1, "transport"),
        (&["--local", "--json"], 2, "usage"),
    ] {
        let ran = command(folder.path(), "run", more).run();
        assert_eq!(ran.code, Some(code), "{ran:?}");
        let told = events(&ran);
        let error = &told[told.len() - 1]["error"];
        assert_eq!(error["kind"], kind, "{ran:?}");
        assert_eq!(*error, ran.error(), "the same as on stderr");
    }
    let args = [
        "run",
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--field",
        "F",
        "--local",
        "--events",
    ];
    let ran = cli(&args).run();
    let told = events(&ran);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let status = told.iter().rev().find(|event| event["event"] == "status");
    assert_eq!(status.unwrap()["status"], "esriJobFailed");
    let error = &told[told.len() - 1]["error"];
    assert_eq!(
        (&error["kind"], &error["jobUrl"]),
        (&json!("job-failed"), &told[0]["jobUrl"])
    );
}

#[test]
fn the_clients_own_time_limit_names_the_job() {
    let portal = start(Fate::Endless);
    let folder = tempfile::tempdir().unwrap();
    let more = ["--portal", &portal, "--timeout", "1s"];
    let ran = command(folder.path(), "run", &more).run();
    let told = events(&ran);
    assert_eq!(names(&told), ["submitted", "status", "ended"]);
    let error = &told[2]["error"];
    assert_eq!((ran.code, &error["kind"]), (Some(7), &json!("time-limit")));
    assert_eq!(error["jobUrl"], told[0]["jobUrl"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_detaches_and_says_where_the_job_is() {
    use std::io::{BufRead, BufReader, Read};
    let portal = start(Fate::Endless);
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path(), "run", &["--portal", &portal]).start();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut submitted = String::new();
    // The line is there as soon as the job is, and not only when the command ends.
    stdout.read_line(&mut submitted).unwrap();
    let submitted: Value = serde_json::from_str(&submitted).unwrap();
    assert_eq!(submitted["event"], "submitted");
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let ended: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&ended["event"], &ended["exitCode"]),
        (&json!("ended"), &json!(130))
    );
    assert_eq!(ended["error"]["kind"], "interrupted");
    assert_eq!(ended["error"]["jobUrl"], submitted["jobUrl"]);
}
