//! What becomes of jobs that do not end while somebody waits.

use crate::fake_portal::{Fate, start};
use crate::support::{Cli, Ran, cli};

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;

fn run(portal: &str, more: &[&str]) -> Cli {
    let args = [
        "run",
        "CreateBuffers",
        "--input-layer",
        POINT,
        "--distances",
        "5",
        "--portal",
        portal,
        "--json",
    ];
    cli(&[&args[..], more].concat())
}

#[test]
fn the_clients_own_time_limit_is_7_and_names_the_job() {
    let portal = start(Fate::Endless);
    let ran = run(&portal, &["--timeout", "1s"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), ""), "{ran:?}");
    let error = ran.error();
    assert_eq!(error["kind"], "time-limit");
    assert!(
        error["jobUrl"]
            .as_str()
            .unwrap()
            .ends_with("/CreateBuffers/jobs/j1"),
        "{error}"
    );
}

#[test]
fn a_submit_whose_answer_is_lost_is_6() {
    let portal = start(Fate::Lost);
    let ran = run(&portal, &[]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(6), ""), "{ran:?}");
    assert_eq!(ran.error()["kind"], "submit-outcome-unknown");
}

#[test]
fn a_portal_that_does_not_answer_is_1() {
    let ran = run("http://127.0.0.1:9", &[]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    assert_eq!(ran.error()["kind"], "transport");
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_130_and_leaves_the_job() {
    let portal = start(Fate::Endless);
    let child = run(&portal, &[]).start();
    // Long enough for the submit on a busy machine; the job itself never ends.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ran = Ran::of(child);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{ran:?}");
    let error = ran.error();
    assert_eq!(error["kind"], "interrupted");
    assert!(
        error["jobUrl"]
            .as_str()
            .unwrap()
            .ends_with("/CreateBuffers/jobs/j1"),
        "{error}"
    );
}
