//! Brings specs in line with what a geoprocessing service says of itself.
//!
//! [`read`] fetches descriptions from a URL, a folder or files; [`Description::parse`] takes them apart and
//! refuses what no spec can hold; [`run`] merges them into specs that people wrote, or drafts new ones. What a
//! description says stays data on the whole way: it is cleaned, quoted and compared, never run.
//!
//! # Examples
//!
//! ```
//! use xtask::import::{Description, Existing, run};
//! use serde_json::json;
//!
//! let mut description = Description::default();
//! description.parse("count.json", &json!({
//!     "name": "Count Things",
//!     "displayName": "Count things",
//!     "executionType": "esriExecutionTypeSynchronous",
//!     "parameters": [{
//!         "name": "Input_Features", "dataType": "GPFeatureRecordSetLayer", "displayName": "Input features",
//!         "direction": "esriGPParameterDirectionInput", "parameterType": "esriGPParameterTypeRequired"
//!     }, {
//!         "name": "Count", "dataType": "GPLong", "displayName": "Count",
//!         "direction": "esriGPParameterDirectionOutput", "parameterType": "esriGPParameterTypeDerived"
//!     }]
//! }));
//! let imported = run("my-tools", &Existing::default(), &description)?;
//! assert!(imported.files.iter().any(|file| file.path == "my-tools/count-things.json"));
//! # Ok::<(), Vec<String>>(())
//! ```

mod clean;
mod described;
mod description;
mod draft;
mod gp;
mod layout;
mod merge;
mod name;
mod overlay;
mod source;
mod toolbox;

pub use description::{Description, Direction, Need, Parameter, ServiceDescription, Task};
pub use gp::GpType;
pub use overlay::{Correction, Overlay, Overlays, lint};
pub use source::read;
pub use toolbox::{MANIFEST, ROOT, crate_files, way};

use crate::diff::{self, Report};
use crate::fileset::FileSet;
use crate::load;
use crate::source::SourceFile;
use crate::spec;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The file of a service's overlays, from the service's folder.
pub const OVERLAYS: &str = "import/overlays.json";

/// The file of what a service said of its tasks when they were imported last, from the service's folder.
pub const DESCRIBED: &str = "import/described.json";

/// Whether a file belongs to imports, and is no spec.
#[must_use]
pub fn is_import(path: &str) -> bool {
    path.ends_with(&format!("/{OVERLAYS}")) || path.ends_with(&format!("/{DESCRIBED}"))
}

/// What there is of a service before an import.
///
/// # Examples
///
/// ```
/// assert!(xtask::import::Existing::default().files.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// Its specs and what belongs to its imports, with paths from the folder of the specs.
    pub files: Vec<SourceFile>,
}

/// What an import gives.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone)]
pub struct Imported {
    /// The specs of the service as they are to be, with paths from the folder of the specs.
    pub files: Vec<SourceFile>,
    /// What changed.
    pub report: Report,
}

/// Merges descriptions into the specs of a service.
///
/// # Errors
/// Everything for which the import is refused, a sentence each; then nothing changes.
pub fn run(
    service: &str,
    existing: &Existing,
    description: &Description,
) -> Result<Imported, Vec<String>> {
    let mut refusals = description.refusals().to_vec();
    if description.tasks().is_empty() && refusals.is_empty() {
        refusals.push("the sources describe no task; give the URL of a GPServer, or its saved `?f=json` pages".to_owned());
    }
    let mut tasks = description.tasks().to_vec();
    let overlays = text_at(&existing.files, &format!("{service}/{OVERLAYS}"));
    if !overlays.is_empty() {
        match serde_json::from_str::<Overlays>(&overlays) {
            Ok(overlays) => refusals.extend(overlay::apply(&overlays.overlays, &mut tasks)),
            Err(error) => refusals.push(format!(
                "{service}/{OVERLAYS}: {error}; `cargo xtask lint` says more"
            )),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut files = existing.files.clone();
    let mut notes = Vec::new();
    let service_path = format!("{service}/{}", spec::SERVICE_FILE);
    if !files.iter().any(|file| file.path == service_path) {
        let text = draft::service(service, description.service());
        files.push(SourceFile::new(&service_path, text));
    }
    for task in &tasks {
        let found = files.iter().position(|file| {
            file.folder() == service
                && file.path != service_path
                && name_of(&file.text).is_some_and(|name| name.eq_ignore_ascii_case(&task.name))
        });
        match found {
            Some(i) => {
                let mut service_text = text_at(&files, &service_path);
                let merged = merge::merge(&files[i].text, &mut service_text, task)
                    .map_err(|error| vec![format!("{}: {error}", files[i].path)])?;
                files[i].text = merged.text;
                notes.extend(
                    merged
                        .notes
                        .into_iter()
                        .map(|note| format!("{}: {note}", task.name)),
                );
                if let Some(file) = files.iter_mut().find(|file| file.path == service_path) {
                    file.text = service_text;
                }
            }
            None => {
                let file = draft::task(task, description.service());
                files.push(SourceFile::new(
                    format!("{service}/{}", file.name),
                    file.text,
                ));
            }
        }
    }
    if let Some(told) = description.service() {
        for name in existing
            .files
            .iter()
            .filter(|f| f.folder() == service && f.path != service_path)
            .filter_map(|f| name_of(&f.text))
        {
            if !told
                .tasks
                .iter()
                .any(|task| task.eq_ignore_ascii_case(&name))
            {
                notes.push(format!("{name}: the service does not list the task; its spec is kept, delete the file if the task is gone for good"));
            }
        }
    }
    let path = format!("{service}/{DESCRIBED}");
    let before = text_at(&files, &path);
    files.retain(|file| file.path != path);
    files.push(SourceFile::new(
        &path,
        described::write(&before, description),
    ));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut changes = diff::compare(&existing.files, &files).map_err(|error| vec![error])?;
    changes.extend(described::reworded(service, &before, description));
    let report = Report::new(changes)
        .with_crates(crates(&files))
        .with_notes(notes);
    Ok(Imported { files, report })
}

impl Imported {
    /// Writes what changed below the folder of the specs.
    ///
    /// # Errors
    /// When a file cannot be written, with its path.
    pub fn write(&self, specs: &Path, existing: &Existing) -> io::Result<()> {
        let set = |files: &[SourceFile]| {
            let mut set = FileSet::default();
            for file in files {
                set.insert(&file.path, &file.text);
            }
            set
        };
        let (wanted, found) = (set(&self.files), set(&existing.files));
        wanted.write(specs, &wanted.drift(&found))
    }
}

/// The service that has the most of the described tasks, by its folder.
#[must_use]
pub fn service_of(existing: &Existing, description: &Description) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in existing
        .files
        .iter()
        .filter(|file| load::is_spec(&file.path))
    {
        let name = name_of(&file.text).unwrap_or_default();
        if description
            .tasks()
            .iter()
            .any(|task| task.name.eq_ignore_ascii_case(&name))
        {
            *counts.entry(file.folder()).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(most.0.to_owned())
}

fn text_at(files: &[SourceFile], path: &str) -> String {
    files
        .iter()
        .find(|file| file.path == path)
        .map(|file| file.text.clone())
        .unwrap_or_default()
}

fn name_of(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.get("name")?.as_str().map(str::to_owned)
}

/// The crate of each service, by the service's folder.
#[must_use]
pub fn crates(files: &[SourceFile]) -> BTreeMap<String, String> {
    let services = files
        .iter()
        .filter(|file| file.name() == spec::SERVICE_FILE);
    services
        .filter_map(|file| {
            let value: Value = serde_json::from_str(&file.text).ok()?;
            Some((
                file.folder().to_owned(),
                value.get("crate")?.as_str()?.to_owned(),
            ))
        })
        .collect()
}
