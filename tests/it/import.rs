//! Descriptions of services become specs, and what changed is told.

use crate::specs;
use std::fs;
use std::path::Path;
use std::process::Command;
use xtask::diff::{self, Class, Report};
use xtask::import::{Description, Existing, Imported};
use xtask::source::SourceFile;
use xtask::{import, load};

/// Descriptions of different ages and shapes, written by hand after the documented format.
const TOOLBOXES: &[&str] = &[
    "sync-10.0",
    "jobs-10.9",
    "analysis-11.2",
    "typed-11.4",
    "hostile",
];

/// The folder of a toolbox from the root of the workspace, so that what is said of it is the same everywhere.
fn description(toolbox: &str) -> Description {
    let folder = specs::fixtures("import").join(toolbox);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the fixture can be read")
        .map(|entry| entry.expect("as can its entries").path())
        .collect();
    files.sort();
    let mut description = Description::default();
    for file in files {
        let name = file
            .file_name()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&file).expect("the fixture is text");
        description.parse(&name, &serde_json::from_str(&text).expect("and JSON"));
    }
    description
}

fn service(toolbox: &str) -> String {
    format!(
        "tools-{}",
        toolbox.split('-').next().expect("a split has a first part")
    )
}

fn imported(toolbox: &str, existing: &Existing) -> Imported {
    import::run(&service(toolbox), existing, &description(toolbox))
        .unwrap_or_else(|refusals| panic!("{}", refusals.join("\n")))
}

#[test]
fn a_toolbox_becomes_specs_in_which_nothing_is_wrong() {
    for toolbox in TOOLBOXES {
        let imported = imported(toolbox, &Existing::default());
        let findings = xtask::check(&imported.files);
        assert!(
            findings.is_empty(),
            "{}",
            specs::rendered(&findings, &imported.files)
        );
        let mut text = imported.report.text();
        for file in &imported.files {
            text += &format!("\n# {}\n\n{}", file.path, file.text);
        }
        insta::assert_snapshot!(format!("toolbox__{toolbox}"), text);
    }
}

#[test]
fn what_was_imported_is_imported_again_without_a_change() {
    for toolbox in TOOLBOXES {
        let first = imported(toolbox, &Existing::default());
        let existing = Existing { files: first.files };
        let again = imported(toolbox, &existing);
        assert_eq!(again.report.text(), "Nothing changed.\n");
        assert_eq!(again.files, existing.files);
    }
}

/// The crates of all toolboxes compile, and the examples in their documentation hold: names with blanks, digits, quotes
/// and keywords, types that nobody knows, and words that would be code.
#[test]
fn the_crate_of_a_toolbox_compiles_and_its_examples_hold() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("toolboxes");
    let _ = fs::remove_dir_all(&folder);
    let types = specs::root().join("crates/arcgis-analysis-types");
    let mut members = Vec::new();
    for toolbox in TOOLBOXES {
        let service = service(toolbox);
        let imported = imported(toolbox, &Existing::default());
        let files = import::crate_files(&imported.files, &service, &types)
            .unwrap_or_else(|findings| panic!("{}", specs::rendered(&findings, &imported.files)));
        for (path, text) in files.iter() {
            // One workspace for all, so that they share what they are built on.
            let text = text.replace("[workspace]\n", "");
            write(&folder.join(&service).join(path), &text);
        }
        members.push(format!("{service:?}"));
    }
    write(
        &folder.join("Cargo.toml"),
        &format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
            members.join(", ")
        ),
    );
    let lock = fs::read_to_string(specs::root().join("Cargo.lock"))
        .expect("the workspace has a lock file");
    write(&folder.join("Cargo.lock"), &lock);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("toolboxes-target");
    let output = Command::new(env!("CARGO"))
        .args([
            "test",
            "--quiet",
            "--offline",
            "--workspace",
            "--target-dir",
        ])
        .arg(target)
        .current_dir(&folder)
        .env("RUSTFLAGS", "-D warnings")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("cargo can be started");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("test result: ok. 1 passed"),
        "each task has an example: {said}"
    );
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a file has a folder"))
        .expect("the temporary folder can be written");
    fs::write(file, text).expect("as can its files");
}

/// Every task of every service, described by the local service, says what its spec says.
#[test]
fn what_the_local_service_says_of_its_tasks_is_what_the_specs_say() {
    let runtime = tokio::runtime::Runtime::new().expect("there is a runtime");
    let service = runtime
        .block_on(arcgis_analysis_local::LocalService::start())
        .expect("the local service starts");
    let existing = Existing {
        files: load::files(&specs::root()).expect("the specs can be read"),
    };
    let mut described = 0;
    for url in service_urls(service.portal_url()) {
        let description = import::read(std::slice::from_ref(&url));
        assert!(
            description.refusals().is_empty(),
            "{:?}",
            description.refusals()
        );
        described += description.tasks().len();
        let id =
            import::service_of(&existing, &description).expect("the tasks are those of a service");
        let imported = import::run(&id, &existing, &description).expect("nothing is refused");
        assert_eq!(imported.report.text(), "Nothing changed.\n", "{url}");
    }
    let tasks = existing
        .files
        .iter()
        .filter(|file| load::is_spec(&file.path) && file.name() != "service.json");
    assert_eq!(described, tasks.count());
}

/// The services that a portal names, each by the root of its GPServer.
fn service_urls(portal: &str) -> Vec<String> {
    let mut page = ureq::get(format!("{portal}/arcgis/rest/services?f=json"))
        .call()
        .expect("the directory is there");
    let page: serde_json::Value =
        serde_json::from_str(&page.body_mut().read_to_string().expect("it is text"))
            .expect("and JSON");
    let services = page["services"].as_array().expect("it lists services");
    services
        .iter()
        .map(|service| {
            format!(
                "{portal}/arcgis/rest/services/{}/GPServer",
                service["name"].as_str().expect("each has a name")
            )
        })
        .collect()
}

#[test]
fn what_cannot_be_imported_is_refused_with_every_reason() {
    let parameter = |name: &str| serde_json::json!({ "name": name, "dataType": "GPString", "direction": "esriGPParameterDirectionInput", "parameterType": "esriGPParameterTypeOptional" });
    let task = |name: &str, parameters: Vec<serde_json::Value>| serde_json::json!({ "name": name, "parameters": parameters });
    let mut description = Description::default();
    for (source, document) in [
        ("no-name.json", serde_json::json!({ "parameters": [] })),
        ("bidirectional.json", task("Safe\u{202e}evil", vec![])),
        ("newline.json", task("Two\nlines", vec![])),
        ("path.json", task("../../etc", vec![])),
        ("long.json", task(&"x".repeat(129), vec![])),
        (
            "twice.json",
            task("Twice", vec![parameter("a"), parameter("A")]),
        ),
        (
            "no-type.json",
            task("NoType", vec![serde_json::json!({ "name": "a" })]),
        ),
        (
            "unseen.json",
            task("Unseen", vec![parameter("zero\u{200b}width")]),
        ),
        ("many.json", task("Many", vec![parameter("a"); 5_001])),
        (
            "error.json",
            serde_json::json!({ "error": { "code": 499, "message": "Token Required" } }),
        ),
        ("other.json", serde_json::json!({ "layers": [] })),
    ] {
        description.parse(source, &document);
    }
    let refusals = import::run("tools", &Existing::default(), &description)
        .expect_err("nothing of this is fit");
    insta::assert_snapshot!("refusals", refusals.join("\n"));
}

#[test]
fn a_description_of_ten_megabytes_is_cut_to_what_can_be_read() {
    let mut description = Description::default();
    let words = "<p>It is said that \u{202e} `this` goes on. </p>".repeat(260_000);
    assert!(words.len() > 10_000_000);
    description.parse(
        "long.json",
        &serde_json::json!({ "name": "Long", "description": words, "parameters": [] }),
    );
    let imported = import::run("tools", &Existing::default(), &description).expect("it is fit");
    assert!(imported.files.iter().all(|file| file.text.len() < 10_000));
    assert!(
        imported
            .files
            .iter()
            .all(|file| !file.text.contains('\u{202e}'))
    );
}

/// A spec and what became of it: every kind of change that a report can hold.
#[test]
fn every_class_of_change_is_told() {
    let read = |age: &str| {
        let folder = specs::fixtures("diff").join(age);
        specs::folders(&folder)
            .iter()
            .flat_map(|service| specs::read(&folder.join(service), service))
            .collect::<Vec<SourceFile>>()
    };
    let (old, new) = (read("old"), read("new"));
    for files in [&old, &new] {
        let findings = xtask::check(files);
        assert!(findings.is_empty(), "{}", specs::rendered(&findings, files));
    }
    let report = Report::new(diff::compare(&old, &new).expect("both are JSON"))
        .with_crates(import::crates(&new));
    insta::assert_snapshot!("report", report.text());
    insta::assert_snapshot!("report_json", format!("{:#}", report.json()));
    let back = Report::new(diff::compare(&new, &old).expect("both are JSON"));
    insta::assert_snapshot!("report_backwards", back.text());
    assert_eq!(
        Report::new(diff::compare(&old, &old).expect("it is JSON")).class(),
        None
    );
}

/// Of each class one, alone.
#[test]
fn the_gravest_change_decides() {
    let of = |from: &str, to: &str| {
        let specs = specs::fixtures("diff").join("old/fixture");
        let old = specs::read(&specs, "fixture");
        let mut new = old.clone();
        for file in &mut new {
            file.text = file.text.replace(from, to);
        }
        assert_ne!(old, new, "{from} is there");
        Report::new(diff::compare(&old, &new).expect("both are JSON")).class()
    };
    assert_eq!(
        of("The size of a thing.", "How big a thing is."),
        Some(Class::Docs)
    );
    assert_eq!(
        of(
            r#"{ "value": "Square", "doc": "Squares." }"#,
            r#"{ "value": "Square", "doc": "Squares." }, { "value": "Hexagon", "doc": "Hexagons." }"#
        ),
        Some(Class::Additive)
    );
    assert_eq!(
        of(r#""type": "number""#, r#""type": "integer""#),
        Some(Class::Breaking)
    );
}
