//! The generated files are those that the specs give, and a difference is told by name.

use crate::specs;
use xtask::fileset::{Drift, FileSet, State};
use xtask::load;
use xtask::source::SourceFile;

fn real_specs() -> Vec<SourceFile> {
    load::files(&specs::root()).expect("the specs can be read")
}

fn generate(files: &[SourceFile]) -> FileSet {
    xtask::generate(files)
        .unwrap_or_else(|findings| panic!("{}", specs::rendered(&findings, files)))
}

fn found() -> FileSet {
    FileSet::found(&specs::root()).expect("the generated files can be read")
}

fn lines(drift: &[Drift]) -> Vec<String> {
    drift.iter().map(ToString::to_string).collect()
}

#[test]
fn generated_files_are_up_to_date() {
    let drift = generate(&real_specs()).drift(&found());
    assert!(
        drift.is_empty(),
        "run `cargo xtask codegen`:\n{}",
        lines(&drift).join("\n")
    );
}

#[test]
fn the_order_of_the_specs_changes_no_byte() {
    let specs = real_specs();
    let expected = generate(&specs);
    let mut reversed = specs.clone();
    reversed.reverse();
    assert!(expected == generate(&reversed));
    let mut rotated = specs;
    rotated.rotate_left(3);
    assert!(expected == generate(&rotated));
}

#[test]
fn an_edit_of_a_spec_is_seen() {
    let mut specs = real_specs();
    for spec in &mut specs {
        if spec.path.ends_with("create-buffers.json") {
            spec.text = spec
                .text
                .replace("\"default\": \"Disks\"", "\"default\": \"Rings\"");
        }
    }
    let drift = generate(&specs).drift(&found());
    assert_eq!(
        lines(&drift),
        [
            "stale    crates/arcgis-analysis-spatial/src/generated/create_buffers.rs  \
             (from task-specs/spatial-analysis/create-buffers.json)"
        ]
    );
}

#[test]
fn an_edit_of_any_spec_is_seen_even_if_it_says_the_same() {
    let specs = real_specs();
    // One in so many: each generation takes a while.
    for edited in specs.iter().step_by(specs.len().div_ceil(12)) {
        let text = format!("{}\n", edited.text);
        let files: Vec<_> = specs
            .iter()
            .map(|file| {
                if file == edited {
                    SourceFile::new(&file.path, &text)
                } else {
                    file.clone()
                }
            })
            .collect();
        let drift = generate(&files).drift(&found());
        let from = format!("task-specs/{}", edited.path);
        assert!(!drift.is_empty(), "{} was edited", edited.path);
        assert!(
            drift.iter().all(|d| d.from.as_deref() == Some(&from)),
            "{}",
            lines(&drift).join("\n")
        );
    }
}

#[test]
fn an_edit_of_any_generated_file_is_seen() {
    let wanted = generate(&real_specs());
    for (path, text) in wanted.iter() {
        let mut found = found();
        found.insert(path, text.replacen("the", "The", 1) + "// edited\n");
        let drift = wanted.drift(&found);
        assert_eq!(drift.len(), 1, "{path} was edited");
        assert_eq!(
            (drift[0].path.as_str(), drift[0].state),
            (path, State::Stale)
        );
    }
}

#[test]
fn missing_files_and_orphans_are_seen() {
    let wanted = generate(&real_specs());
    let mut found = FileSet::default();
    for (path, text) in wanted
        .iter()
        .filter(|(path, _)| *path != "crates/arcgis-analysis-spatial/src/generated/choices.rs")
    {
        found.insert(path, text);
    }
    found.insert(
        "crates/arcgis-analysis-spatial/src/generated/no_such_task.rs",
        "",
    );
    found.insert("crates/arcgis-analysis-gone/API.txt", "");
    assert_eq!(
        lines(&wanted.drift(&found)),
        [
            "orphan   crates/arcgis-analysis-gone/API.txt",
            "missing  crates/arcgis-analysis-spatial/src/generated/choices.rs  \
             (from task-specs/spatial-analysis/service.json)",
            "orphan   crates/arcgis-analysis-spatial/src/generated/no_such_task.rs",
        ]
    );
}

#[test]
fn line_ends_are_no_drift() {
    let specs = real_specs();
    let mut found = FileSet::default();
    for (path, text) in generate(&specs).iter() {
        found.insert(path, text.replace('\n', "\r\n"));
    }
    let specs: Vec<_> = specs
        .iter()
        .map(|file| SourceFile::new(&file.path, file.text.replace('\n', "\r\n")))
        .collect();
    assert_eq!(lines(&generate(&specs).drift(&found)), Vec::<String>::new());
}

#[test]
fn writing_mends_the_drift_and_touches_nothing_else() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("drift");
    let _ = std::fs::remove_dir_all(&folder);
    let wanted = generate(&real_specs());
    let found = FileSet::found(&folder).expect("an absent folder has no files");
    wanted
        .write(&folder, &wanted.drift(&found))
        .expect("the files can be written");

    let generated = folder.join("crates/arcgis-analysis-spatial/src/generated");
    let modified = |file: &str| {
        std::fs::metadata(generated.join(file))
            .and_then(|m| m.modified())
            .expect("it is there")
    };
    let before = modified("registry.rs");
    std::fs::write(generated.join("orphan.rs"), "").expect("the folder can be written");
    std::fs::write(generated.join("choices.rs"), "// edited\n").expect("as can its files");
    let found = FileSet::found(&folder).expect("the files can be read");
    let drift = wanted.drift(&found);
    assert_eq!(
        drift.iter().map(|d| d.state).collect::<Vec<_>>(),
        [State::Stale, State::Orphan]
    );
    wanted
        .write(&folder, &drift)
        .expect("the files can be written");

    let found = FileSet::found(&folder).expect("the files can be read");
    assert!(wanted.drift(&found).is_empty());
    assert!(!generated.join("orphan.rs").exists());
    assert_eq!(modified("registry.rs"), before);
}

/// The registry takes every example of every spec as a caller would give it, and names what is wrong with it otherwise.
#[test]
fn every_example_is_a_valid_call() {
    for entry in arcgis_analysis_spatial::TASKS {
        for example in entry.meta.examples {
            let params = arcgis_analysis_types::serde_json::from_str(example.params)
                .expect("an example is JSON");
            if let Err(error) = entry.encode(params) {
                panic!(
                    "the example \"{}\" of {}: {error}",
                    example.doc, entry.meta.name
                );
            }
        }
    }
}
