//! The crate of a toolbox that is not one of the workspace's services.

use crate::diagnostic::Finding;
use crate::emit;
use crate::fileset::FileSet;
use crate::source::SourceFile;
use crate::spec;
use std::path::{Component, Path, PathBuf};

/// How a crate of its own is regenerated, as its headers say it.
const COMMAND: &str = "cargo xtask codegen --specs DIR --crate DIR";

/// The files of the crate of a service of its own: what is generated of its specs, and the shell around it. Paths are from
/// the crate's folder.
///
/// `types` is where the crate `arcgis-analysis-types` is, from that folder or from the root.
///
/// # Errors
/// What is wrong with the specs.
pub fn crate_files(
    specs: &[SourceFile],
    service: &str,
    types: &Path,
) -> Result<FileSet, Vec<Finding>> {
    let specs: Vec<_> = specs
        .iter()
        .filter(|file| file.path.starts_with(&format!("{service}/")))
        .cloned()
        .collect();
    let generated = crate::generate(&specs)?;
    let crates = super::crates(&specs);
    let name = crates.get(service).map_or(service, String::as_str);
    let mut files = FileSet::default();
    for (path, text) in generated.iter() {
        if let Some(path) = path.strip_prefix(&format!("crates/{name}/")) {
            let text = text.replacen(emit::COMMAND, COMMAND, 1).replacen(
                &format!("{}/{service}/", spec::FOLDER),
                &format!("{service}/"),
                1,
            );
            files.insert(path, text);
        }
    }
    files.insert(MANIFEST, manifest(name, types));
    files.insert(ROOT, root(service));
    Ok(files)
}

/// The manifest of the crate: written once, then its owner's.
pub const MANIFEST: &str = "Cargo.toml";

/// The root module of the crate: written once, then its owner's.
pub const ROOT: &str = "src/lib.rs";

fn manifest(name: &str, types: &Path) -> String {
    let parts: Vec<_> = types.iter().map(|part| part.to_string_lossy()).collect();
    let types = parts.join("/").replace("//", "/");
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
arcgis-analysis-types = {{ path = {types:?} }}

# A workspace of its own, wherever the folder is.
[workspace]
"#
    )
}

fn root(service: &str) -> String {
    format!(
        "//! The tasks of the service `{service}`, generated from its specs.\n\n#![forbid(unsafe_code)]\n\n#[rustfmt::skip]\nmod generated;\n\npub use generated::*;\n"
    )
}

/// The way from one folder to another, both absolute; the other itself where they share no folder but the root.
#[must_use]
pub fn way(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let named = |path: &Path| {
        let names = path.components().take(shared);
        names.filter(|c| matches!(c, Component::Normal(_))).count()
    };
    if named(to) == 0 {
        return to.to_path_buf();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_beside_the_workspace_names_it_by_the_way_there() {
        let types = Path::new("/home/ann/arcgis/crates/types");
        assert_eq!(
            way(Path::new("/home/ann/tools"), types),
            Path::new("../arcgis/crates/types")
        );
        assert_eq!(way(Path::new("/tmp/tools"), types), types);
    }
}
