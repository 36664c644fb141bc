//! What each lint finds, as a person sees it: a spec with one mistake per code.

use crate::specs;
use std::collections::BTreeSet;
use std::fs;
use xtask::diagnostic::Code;
use xtask::source::SourceFile;
use xtask::{load, new_task};

/// The specs of a fixture. A fixture without `service.json` gets the common one, unless that is its mistake; a fixture
/// with folders has several services.
fn fixture(name: &str) -> Vec<SourceFile> {
    let all = specs::fixtures("lint");
    let folder = all.join(name);
    let mut services = specs::folders(&folder);
    services.retain(|service| service != "import");
    if !services.is_empty() {
        return services
            .iter()
            .flat_map(|service| specs::read(&folder.join(service), service))
            .collect();
    }
    let mut files = specs::read(&folder, "fixture");
    if name != "file.no-service" && files.iter().all(|file| file.name() != "service.json") {
        files.extend(specs::read(&all, "fixture"));
    }
    files
}

/// The folder of a code's fixture.
fn folder(code: Code) -> String {
    code.as_str().replace("::", ".")
}

#[test]
fn every_code_has_a_fixture_that_shows_it_and_nothing_else() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let files = fixture(&folder(*code));
        let findings = xtask::check(&files);
        let shown = specs::rendered(&findings, &files);
        if findings.is_empty() || findings.iter().any(|f| f.code != *code) {
            wrong.push(format!("# {code}\n\n{shown}"));
        } else {
            insta::assert_snapshot!(folder(*code), shown);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_belongs_to_a_code() {
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| folder(*code)).collect();
    let folders: BTreeSet<_> = specs::folders(&specs::fixtures("lint"))
        .into_iter()
        .filter(|f| f != "several")
        .collect();
    assert_eq!(folders, codes);
}

#[test]
fn every_finding_says_what_to_do() {
    for code in Code::ALL {
        for finding in xtask::check(&fixture(&folder(*code))) {
            assert!(finding.help.is_some(), "{code}: {}", finding.message);
            assert!(
                !finding.message.ends_with('.'),
                "{code}: {}",
                finding.message
            );
        }
    }
}

/// One run shows the mistakes of all files: the shape of one, the syntax of another, what the third says.
#[test]
fn all_mistakes_of_all_files_are_shown_in_one_run() {
    let files = fixture("several");
    insta::assert_snapshot!("several", specs::rendered(&xtask::check(&files), &files));
}

#[test]
fn the_specs_are_in_order() {
    let files = load::files(&specs::root()).expect("the specs can be read");
    let findings = xtask::check(&files);
    assert!(
        findings.is_empty(),
        "{}",
        specs::rendered(&findings, &files)
    );
}

/// The spec that the documentation annotates is a good one.
#[test]
fn the_annotated_spec_is_in_order() {
    let page = fs::read_to_string(specs::root().join("task-specs/README.md"))
        .expect("the page can be read");
    let annotated = page
        .split("```jsonc\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("it has a spec");
    let spec: Vec<_> = annotated
        .lines()
        .map(|line| line.split(" // ").next().unwrap_or(line))
        .collect();
    let service = fs::read_to_string(specs::fixtures("lint").join("service.json"))
        .expect("the service can be read");
    let choices = r#""choices": { "DistanceUnits": { "doc": "Units.", "values": [
        { "value": "Meters", "doc": "Metres." }, { "value": "Kilometers", "doc": "Kilometres." }] } }"#;
    let service = service
        .trim_end()
        .trim_end_matches('}')
        .trim_end()
        .to_owned()
        + ",\n"
        + choices
        + "}";
    let files = [
        SourceFile::new("fixture/aggregate-points.json", spec.join("\n")),
        SourceFile::new("fixture/service.json", service),
    ];
    let findings = xtask::check(&files);
    assert!(
        findings.is_empty(),
        "{}",
        specs::rendered(&findings, &files)
    );
}

/// A lint tells when two parameters would share a flag, so it must know which flags are taken.
#[test]
fn the_reserved_flags_are_those_of_the_command_line() {
    assert_eq!(
        xtask::lint::RESERVED_FLAGS,
        arcgis_analysis::params::RESERVED_FLAGS
    );
}

/// Only the marked places of a new spec are left to do.
#[test]
fn a_new_spec_is_in_order_but_for_its_marks() {
    let mut files = vec![SourceFile::new(
        "fixture/merge-things.json",
        new_task::skeleton("MergeThings"),
    )];
    files.extend(specs::read(&specs::fixtures("lint"), "fixture"));
    let findings = xtask::check(&files);
    assert!(!findings.is_empty());
    assert!(
        findings.iter().all(|f| f.code == Code::Todo),
        "{}",
        specs::rendered(&findings, &files)
    );
    files[0].text = files[0].text.replace("TODO: ", "");
    let left = xtask::check(&files);
    let codes: BTreeSet<_> = left.iter().map(|f| f.code.as_str()).collect();
    assert!(codes.is_empty(), "{}", specs::rendered(&left, &files));
}
