//! The local portal as a program, and clients that connect to it.

use crate::support::{Cli, Ran, cli};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

/// A portal that ends with the test.
struct Served {
    child: Child,
    line: Value,
}

impl Served {
    fn start(serve: Cli) -> Self {
        let mut child = serve.start();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            line: serde_json::from_str(&line).unwrap(),
        }
    }

    fn portal(&self) -> &str {
        self.line["portal"].as_str().unwrap()
    }

    /// Runs a task on it.
    fn run(&self, args: &[&str]) -> Cli {
        let place = ["--portal", self.portal(), "--json"];
        cli(&[&["run"], args, &place].concat())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() -> Served {
    let serve = cli(&["serve", "--json"])
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "correct horse");
    Served::start(serve)
}

#[test]
fn says_where_it_is_and_takes_a_job() {
    let served = serve();
    assert_eq!(served.line["pid"], served.child.id());
    assert_eq!(served.line["username"], "ann");
    assert_eq!(
        served.line.get("password"),
        None,
        "what was given is not repeated"
    );
    let args = [
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--username",
        "ann",
        "--password-stdin",
    ];
    let document = served
        .run(&args)
        .stdin("correct horse\n")
        .run()
        .succeeded()
        .json();
    assert!(
        document["jobUrl"]
            .as_str()
            .unwrap()
            .starts_with(served.portal())
    );
}

#[test]
fn a_random_password_is_told_once() {
    let served = Served::start(cli(&["serve", "--json"]));
    let password = served.line["password"].as_str().unwrap();
    let args = ["CreateBuffers", "--input-layer", POINT, "--distances", "5"];
    let run = || {
        served
            .run(&args)
            .env("ARCGIS_USERNAME", served.line["username"].as_str().unwrap())
    };
    run().env("ARCGIS_PASSWORD", password).run().succeeded();
    let again = Served::start(cli(&["serve", "--json"]));
    assert_ne!(again.line["password"], password);
}

#[test]
fn a_wrong_password_is_3() {
    let served = serve();
    let run = served.run(&["CreateBuffers", "--input-layer", POINT, "--distances", "5"]);
    let ran = run
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "wrong horse")
        .run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
    assert_eq!(ran.error()["kind"], "authentication");
    assert!(!ran.stderr.contains("wrong horse"), "{ran:?}");
}

#[test]
fn a_failed_job_is_4_with_the_services_message() {
    let served = serve();
    let args = ["PlanRoutes", "--params", "-"];
    let layer = format!(
        "{}/arcgis/rest/services/Stops/FeatureServer/0",
        served.portal()
    );
    let params = serde_json::json!({
        "stopsLayer": { "url": layer },
        "startLayer": { "url": layer },
        "returnToStart": true,
        "routeCount": 1,
        "maxStopsPerRoute": 10,
        "routeStartTime": "2024-05-01T08:30:00Z",
        "travelMode": { "name": "Driving Time", "impedanceAttributeName": "TravelTime" },
    });
    let run = served
        .run(&args)
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "correct horse");
    let ran = run.stdin(&params.to_string()).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{ran:?}");
    let error = ran.error();
    assert_eq!(error["kind"], "job-failed");
    assert!(
        error["jobUrl"]
            .as_str()
            .unwrap()
            .contains("/PlanRoutes/jobs/"),
        "{error}"
    );
    let said = error["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["message"].as_str().unwrap());
    let said: Vec<_> = said
        .filter(|text| text.contains("PlanRoutes") || text.contains("not"))
        .collect();
    assert!(!said.is_empty(), "{error}");
    let told = error["message"].as_str().unwrap();
    assert!(
        said.iter()
            .any(|text| told.contains(text.trim_end_matches('.'))),
        "{error}"
    );
}

#[test]
fn a_port_that_is_taken_is_told() {
    let served = serve();
    let port = served.portal().rsplit(':').next().unwrap();
    let ran = cli(&["serve", "--port", port]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    assert!(
        ran.stderr
            .contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{ran:?}"
    );
}

#[cfg(unix)]
#[test]
fn stops_when_it_is_asked_to() {
    for signal in ["-INT", "-TERM"] {
        let mut served = serve();
        let pid = served.child.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(served.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn people_are_told_how_to_connect() {
    let mut child = cli(&["serve"]).stdin("").start();
    let mut lines = Vec::new();
    let reader = BufReader::new(child.stdout.take().unwrap());
    for line in reader.lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.contains("Ctrl-C")) {
            break;
        }
    }
    child.kill().unwrap();
    let ran = Ran::of(child);
    assert_eq!(ran.stderr, "");
    let text = lines.join("\n");
    for part in [
        "A local portal listens at http://127.0.0.1:",
        "export ARCGIS_PORTAL=http://127.0.0.1:",
        "ARCGIS_PASSWORD=",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn registers_the_application_of_the_environment() {
    let app = |cli: Cli, secret: &str| {
        cli.env("ARCGIS_CLIENT_ID", "app")
            .env("ARCGIS_CLIENT_SECRET", secret)
    };
    let served = Served::start(app(cli(&["serve", "--json"]), "s3cret"));
    let args = ["CreateBuffers", "--input-layer", POINT, "--distances", "5"];
    app(served.run(&args), "s3cret").run().succeeded();
    assert_eq!(app(served.run(&args), "other").run().code, Some(3));
}

#[test]
fn the_limits_of_flags_hold() {
    let limits = [
        "serve",
        "--json",
        "--largest-request",
        "1KiB",
        "--keep-jobs",
        "1",
    ];
    let served = Served::start(
        cli(&limits)
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "correct horse"),
    );
    let run = |layer: &str| {
        served
            .run(&["CreateBuffers", "--input-layer", layer, "--distances", "5"])
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "correct horse")
            .run()
    };
    let first = run(POINT).succeeded().json();
    let second = run(POINT).succeeded().json();
    let status = |job: &Value| {
        cli(&["status", job["jobUrl"].as_str().unwrap(), "--json"])
            .env("ARCGIS_PORTAL", served.portal())
            .env("ARCGIS_USERNAME", "ann")
            .env("ARCGIS_PASSWORD", "correct horse")
            .run()
    };
    status(&second).succeeded();
    let forgotten = status(&first);
    assert_eq!(forgotten.error()["kind"], "not-found", "{forgotten:?}");

    let name = "x".repeat(2000);
    let large = format!(
        r#"{{"type": "Feature", "properties": {{"NAME": "{name}"}}, "geometry": {POINT}}}"#
    );
    let refused = run(&large);
    assert!(
        refused.stderr.contains("larger than this service accepts"),
        "{refused:?}"
    );
}

#[test]
fn limits_that_are_none_are_refused() {
    for (flag, value, says) in [
        ("--workers", "0", "whole number"),
        ("--most-connections", "many", "whole number"),
        ("--keep-job-bytes", "1MB", "such as `500MiB`"),
        ("--largest-request", "0", "more than none"),
    ] {
        let ran = cli(&["serve", flag, value]).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.stderr.contains(flag) && ran.stderr.contains(says),
            "{ran:?}"
        );
    }
}
