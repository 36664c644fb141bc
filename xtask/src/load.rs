//! Reads the specs.

use crate::diagnostic::{Code, Finding};
use crate::source::{Document, SourceFile};
use crate::{import, schema, shape, spec};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// A service and its tasks, as far as they could be read.
///
/// # Examples
///
/// ```
/// use xtask::source::SourceFile;
///
/// let files = [SourceFile::new("spatial-analysis/create-buffers.json", "[")];
/// let (services, findings) = xtask::load::load(&files);
/// assert!(!services[0].complete);
/// assert_eq!(findings.len(), 2, "the file is no JSON, and there is no service.json");
/// ```
#[derive(Debug, Clone)]
pub struct Service {
    /// The folder.
    pub folder: String,
    /// `service.json`, where it could be read.
    pub service: Option<Read<spec::Service>>,
    /// The tasks that could be read, by file name.
    pub tasks: Vec<Read<spec::Task>>,
    /// Whether every file of the folder could be read.
    pub complete: bool,
}

/// A spec with its text.
///
/// # Examples
///
/// ```
/// use xtask::load::Read;
/// use xtask::source::{Document, SourceFile};
///
/// let document = Document::parse(SourceFile::new("a/b.json", "7")).expect("this is JSON");
/// let read = Read { spec: 7, document };
/// assert_eq!(read.document.value, read.spec);
/// ```
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// Where it was read.
    pub document: Document,
    /// What it says.
    pub spec: T,
}

/// The spec files under a root, in the order of their paths: `<service>/<file>.json`.
///
/// # Errors
/// When a folder or file cannot be read, with its path.
pub fn files(root: &Path) -> io::Result<Vec<SourceFile>> {
    folder(&root.join(spec::FOLDER))
}

/// Whether a path from the folder of the specs is that of a spec.
#[must_use]
pub fn is_spec(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    matches!(parts.as_slice(), [service, file] if *service != "schema" && file.ends_with(".json"))
}

/// The spec files in a folder of services, and what belongs to their imports, in the order of their paths.
///
/// # Errors
/// When a folder or file cannot be read, with its path.
pub fn folder(folder: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for service in entries(folder)? {
        if !service.is_dir() || name(&service) == "schema" {
            continue;
        }
        for file in entries(&service)? {
            if file.extension().is_some_and(|e| e == "json") {
                let path = format!("{}/{}", name(&service), name(&file));
                files.push(SourceFile::new(path, text(&file)?));
            }
        }
        for path in [import::OVERLAYS, import::DESCRIBED] {
            let file = service.join(path);
            if file.is_file() {
                let path = format!("{}/{path}", name(&service));
                files.push(SourceFile::new(path, text(&file)?));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn text(file: &Path) -> io::Result<String> {
    fs::read_to_string(file).map_err(|e| within(file, &e))
}

fn entries(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| within(folder, &e))?;
    entries
        .map(|entry| entry.map(|e| e.path()).map_err(|e| within(folder, &e)))
        .collect()
}

fn within(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Reads spec files, in any order; what cannot be read becomes findings.
#[must_use]
pub fn load(files: &[SourceFile]) -> (Vec<Service>, Vec<Finding>) {
    let (task_schema, service_schema) = (schema::task(), schema::service());
    let mut folders: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| !import::is_import(&file.path)) {
        folders.entry(file.folder()).or_default().push(file);
    }
    let mut findings = Vec::new();
    let mut services = Vec::new();
    for (folder, mut files) in folders {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut service = Service {
            folder: folder.to_owned(),
            service: None,
            tasks: Vec::new(),
            complete: true,
        };
        for file in &files {
            let read = if file.name() == spec::SERVICE_FILE {
                read(file, &service_schema).map(|read| service.service = Some(read))
            } else {
                read(file, &task_schema).map(|read| service.tasks.push(read))
            };
            if let Err(found) = read {
                service.complete = false;
                findings.extend(found);
            }
        }
        if files.iter().all(|f| f.name() != spec::SERVICE_FILE) {
            service.complete = false;
            let path = files.first().map_or(folder, |f| f.path.as_str());
            let message = format!("the folder `{folder}` has no `{}`", spec::SERVICE_FILE);
            let help =
                "add it: it names the service, its crate and the choices that its tasks share";
            findings.push(Finding::at(Code::NoService, path, message, 0..1).help(help));
        }
        services.push(service);
    }
    (services, findings)
}

fn read<T: DeserializeOwned>(file: &SourceFile, schema: &Value) -> Result<Read<T>, Vec<Finding>> {
    let document = Document::parse(file.clone())?;
    let findings = shape::check(&document, schema);
    if !findings.is_empty() {
        return Err(findings);
    }
    match serde_json::from_value(document.value.clone()) {
        Ok(spec) => Ok(Read { document, spec }),
        // The schema and the types come from one source, so this is what the schema cannot say.
        Err(error) => Err(vec![Finding::at(
            Code::WrongType,
            &file.path,
            error.to_string(),
            0..1,
        )]),
    }
}
