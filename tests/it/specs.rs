//! Where specs are, for the tests that read them.

use std::fs;
use std::path::{Path, PathBuf};
use xtask::diagnostic::{Finding, render};
use xtask::source::SourceFile;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_path_buf()
}

/// The folder of a kind of fixtures.
pub(crate) fn fixtures(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(kind)
}

/// The names of the folders in a folder, sorted.
pub(crate) fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("as can its entries"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The spec files in a folder, and what belongs to their imports, as if they were those of the service `service`.
pub(crate) fn read(folder: &Path, service: &str) -> Vec<SourceFile> {
    let mut files = json_files(folder, service);
    let import = folder.join("import");
    if import.is_dir() {
        files.extend(json_files(&import, &format!("{service}/import")));
    }
    files
}

fn json_files(folder: &Path, under: &str) -> Vec<SourceFile> {
    let entries = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("as can its entries"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy();
            SourceFile::new(
                format!("{under}/{name}"),
                fs::read_to_string(&path).expect("the file can be read"),
            )
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Findings as a person would see them, for the message of a failing test.
pub(crate) fn rendered(findings: &[Finding], files: &[SourceFile]) -> String {
    render(findings, files, false)
}
