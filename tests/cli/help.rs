//! What the command says of itself and of tasks, at 80 columns.

use crate::support::cli;

fn text(args: &[&str]) -> String {
    let text = cli(args).run().succeeded().stdout;
    // Examples are to be copied, so a word in them is never broken.
    let prose = text.split("\nEXAMPLES\n").next().unwrap();
    // So is a usage, which names the task.
    for line in prose.lines().filter(|line| !line.starts_with("Usage: ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    text
}

#[test]
fn of_the_command() {
    insta::assert_snapshot!(text(&["--help"]));
}

#[test]
fn of_running() {
    insta::assert_snapshot!(text(&["run", "--help"]));
}

#[test]
fn of_running_a_task() {
    insta::assert_snapshot!(text(&["run", "create-buffers", "--help"]));
}

#[test]
fn of_signing_in() {
    insta::assert_snapshot!(text(&["login", "--help"]));
}

#[test]
fn of_serving() {
    insta::assert_snapshot!(text(&["serve", "--help"]));
}

#[test]
fn a_list_of_tasks() {
    insta::assert_snapshot!(text(&["tasks", "--service", "spatial-analysis"]));
}

#[test]
fn a_description_of_a_task() {
    insta::assert_snapshot!(text(&["describe", "AggregatePoints"]));
}

#[test]
fn every_task_can_be_described_and_has_a_schema() {
    let tasks = cli(&["tasks", "--json"]).run().succeeded().json();
    for task in tasks.as_array().unwrap() {
        let name = task["name"].as_str().unwrap();
        let service = ["--service", task["service"].as_str().unwrap()];
        assert!(text(&[&["describe", name], &service[..]].concat()).starts_with(name));
        let schema = cli(&[&["schema", task["id"].as_str().unwrap()], &service[..]].concat())
            .run()
            .succeeded()
            .json();
        let parameters: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(task["parameters"], serde_json::json!(parameters), "{name}");
        let help = text(&[&["run", name, "--help"], &service[..]].concat());
        assert!(help.contains("--params <FILE>"));
    }
}

#[test]
fn completions_know_the_flags() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            cli(&["completions", shell])
                .run()
                .succeeded()
                .stdout
                .contains("password-stdin"),
            "{shell}"
        );
    }
}

#[test]
fn the_version_is_the_crates() {
    let version = cli(&["--version"]).run().succeeded().stdout;
    assert_eq!(
        version,
        format!("arcgis-analysis {}\n", env!("CARGO_PKG_VERSION"))
    );
}
