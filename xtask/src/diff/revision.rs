//! Specs from a folder, or from a revision of the repository.

use crate::load;
use crate::source::SourceFile;
use crate::spec;
use std::path::Path;
use std::process::Command;

/// Reads specs: from a folder that holds services, a workspace, or a git revision of the workspace at `root`.
///
/// # Errors
/// Says in one sentence what could not be read.
pub fn read(root: &Path, place: &str) -> Result<Vec<SourceFile>, String> {
    let path = Path::new(place);
    if path.is_dir() {
        let inner = path.join(spec::FOLDER);
        let folder = if inner.is_dir() {
            inner
        } else {
            path.to_path_buf()
        };
        return load::folder(&folder).map_err(|error| error.to_string());
    }
    revision(root, place)
}

fn revision(root: &Path, revision: &str) -> Result<Vec<SourceFile>, String> {
    if revision.starts_with('-') {
        return Err(format!(
            "`{revision}` is neither a folder nor a git revision"
        ));
    }
    let commit = git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{revision}^{{commit}}"),
        ],
    )
    .map_err(|_| format!("`{revision}` is neither a folder nor a git revision"))?;
    let commit = commit.trim();
    let names = git(
        root,
        &[
            "ls-tree",
            "-r",
            "--name-only",
            "-z",
            commit,
            "--",
            &format!("{}/", spec::FOLDER),
        ],
    )?;
    let mut files = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let Some(path) = name
            .strip_prefix(spec::FOLDER)
            .and_then(|n| n.strip_prefix('/'))
        else {
            continue;
        };
        if load::is_spec(path) {
            let text = git(root, &["show", &format!("{commit}:{name}")])?;
            files.push(SourceFile::new(path, text));
        }
    }
    Ok(files)
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git says: {}", said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| "git printed what is not UTF-8".to_owned())
}
