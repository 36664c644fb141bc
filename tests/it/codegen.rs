//! What the generator makes of each feature of the format: a small spec each, and the code that comes of it.

use crate::specs;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use xtask::fileset::FileSet;

fn generate(fixture: &str) -> FileSet {
    let files = specs::read(&specs::fixtures("codegen").join(fixture), "fixture");
    xtask::generate(&files)
        .unwrap_or_else(|findings| panic!("{}", specs::rendered(&findings, &files)))
}

/// The generated sources of a fixture, by file name.
fn sources(set: &FileSet) -> BTreeMap<&str, &str> {
    let sources = set
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix(GENERATED)?, text)));
    sources.collect()
}

const GENERATED: &str = "crates/arcgis-analysis-fixture/src/generated/";

/// Files that hold a crate together: they are the same for every feature, so one fixture shows them.
const SHELL: &[&str] = &["mod.rs", "registry.rs"];

macro_rules! fixtures {
    ($($name:ident = $folder:literal,)+) => {
        /// The folders of the fixtures that have a test.
        const TESTED: &[&str] = &[$($folder),+];

        $(
            #[test]
            fn $name() {
                let set = generate($folder);
                for (file, text) in sources(&set).into_iter().filter(|(file, _)| !SHELL.contains(file)) {
                    insta::assert_snapshot!(format!("{}__{}", $folder, file.trim_end_matches(".rs")), text);
                }
            }
        )+
    };
}

fixtures! {
    scalars = "scalars",
    lists = "lists",
    choices = "choices",
    shared_choices = "shared-choices",
    required_group = "required-group",
    optional_group = "optional-group",
    objects = "objects",
    rules = "rules",
    results = "results",
    values = "values",
    nothing_required = "nothing-required",
    many_required = "many-required",
    names = "names",
    documentation = "documentation",
    rasters = "rasters",
    geoprocessing = "geoprocessing",
    encodings = "encodings",
    shared_objects = "shared-objects",
    nothing_at_all = "nothing-at-all",
}

#[test]
fn every_fixture_has_a_test() {
    let mut tested = TESTED.to_vec();
    tested.sort_unstable();
    assert_eq!(specs::folders(&specs::fixtures("codegen")), tested);
}

#[test]
fn shell_of_a_crate() {
    let set = generate("shared-choices");
    let sources = sources(&set);
    insta::assert_snapshot!("shell__mod", sources["mod.rs"]);
    insta::assert_snapshot!("shell__registry", sources["registry.rs"]);
}

#[test]
fn listing_of_the_public_items() {
    let mut listing = String::new();
    for fixture in ["shared-choices", "required-group", "objects"] {
        let set = generate(fixture);
        let text = set
            .get("crates/arcgis-analysis-fixture/API.txt")
            .expect("each crate has a listing");
        listing += &format!("# {fixture}\n\n{text}\n");
    }
    insta::assert_snapshot!("api", listing);
}

/// Every fixture's code compiles, and its examples run: they are taken out of the documentation and become functions
/// of a small program that needs nothing but the vocabulary.
#[test]
fn generated_code_compiles_and_its_examples_hold() {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codegen-fixtures");
    let sources_folder = program.join("src");
    let _ = fs::remove_dir_all(&sources_folder);
    let mut main = String::from("#![allow(dead_code, unused_imports)]\n\n");
    let mut calls = String::new();
    for fixture in TESTED {
        let set = generate(fixture);
        let module = fixture.replace('-', "_");
        for (file, text) in sources(&set) {
            write(&sources_folder.join(&module).join(file), text);
            if let Some(example) = example(text) {
                let name = format!("{module}_{}", file.trim_end_matches(".rs"));
                let example =
                    example.replace("arcgis_analysis_fixture", &format!("crate::{module}"));
                main += &format!(
                    "fn {name}() -> Result<(), Box<dyn std::error::Error>> {{\n{example}}}\n\n"
                );
                calls += &format!("    {name}().expect({name:?});\n");
            }
        }
        main += &format!("mod {module};\n\n");
    }
    assert!(
        calls.lines().count() >= TESTED.len(),
        "each fixture has an example"
    );
    write(
        &sources_folder.join("main.rs"),
        &format!("{main}fn main() {{\n{calls}}}\n"),
    );
    let types = specs::root().join("crates/arcgis-analysis-types");
    let manifest = format!(
        "[package]\nname = \"codegen-fixtures\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\narcgis-analysis-types = {{ path = {:?} }}\n",
        types.display().to_string()
    );
    write(&program.join("Cargo.toml"), &manifest);
    // The versions are those of the workspace, which are there already.
    let lock = fs::read_to_string(specs::root().join("Cargo.lock"))
        .expect("the workspace has a lock file");
    write(&program.join("Cargo.lock"), &lock);

    let target = program.join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--offline", "--target-dir"])
        .arg(target)
        .current_dir(&program);
    let output = cargo.output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Writes a file and the folders that lead to it.
fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a file has a folder"))
        .expect("the temporary folder can be written");
    fs::write(file, text).expect("as can its files");
}

/// The example in the documentation of a task.
fn example(text: &str) -> Option<String> {
    let lines = text
        .lines()
        .skip_while(|line| *line != "/// ```")
        .skip(1)
        .take_while(|line| *line != "/// ```");
    let code: String = lines
        .map(|line| line.strip_prefix("///").unwrap_or(line))
        .map(|line| format!("{}\n", line.strip_prefix(" # ").unwrap_or(line)))
        .collect();
    (!code.is_empty()).then_some(code)
}
