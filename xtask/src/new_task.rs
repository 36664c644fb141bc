//! The skeleton of a new task's spec.

use crate::lint::TODO;
use crate::lower::names;
use crate::spec;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Writes the skeleton of a spec and returns its path.
///
/// What is still to be written is marked, and the marks are what the lints find in it.
///
/// # Errors
/// When there is no such service, the name is no task's name, the file is there already, or it cannot be written.
pub fn write(root: &Path, service: &str, name: &str) -> io::Result<PathBuf> {
    let folder = root.join(spec::FOLDER).join(service);
    if !folder.join(spec::SERVICE_FILE).is_file() {
        let message = format!(
            "there is no service `{service}`; the services are {}",
            services(root).join(", ")
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    if names::pascal(name) != name || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        let message = format!(
            "`{name}` is no name of a task; write it as on the wire, for example `{}`",
            names::pascal(name)
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let path = folder.join(format!("{}.json", names::kebab(name)));
    let mut file = fs::File::create_new(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::new(
            error.kind(),
            format!(
                "`{}` is there already",
                path.strip_prefix(root).unwrap_or(&path).display()
            ),
        ),
        kind => io::Error::new(kind, format!("{}: {error}", path.display())),
    })?;
    io::Write::write_all(&mut file, skeleton(name).as_bytes())?;
    Ok(path)
}

fn services(root: &Path) -> Vec<String> {
    let folders = fs::read_dir(root.join(spec::FOLDER))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let services = folders.filter(|folder| folder.join(spec::SERVICE_FILE).is_file());
    let mut names: Vec<_> = services
        .filter_map(|folder| {
            folder
                .file_name()
                .map(|n| format!("`{}`", n.to_string_lossy()))
        })
        .collect();
    names.sort();
    names
}

/// The text of a new task's spec.
///
/// # Examples
///
/// ```
/// assert!(xtask::new_task::skeleton("MergeLayers").contains("\"name\": \"MergeLayers\""));
/// ```
#[must_use]
pub fn skeleton(name: &str) -> String {
    format!(
        r#"{{
  "$schema": "../schema/task.schema.json",
  "name": "{name}",
  "category": "{TODO}: the group under which ArcGIS lists the task",
  "summary": "{TODO}: What the task does, in one sentence.",
  "description": ["{TODO}: What else a user must know, in own words."],
  "source": "{TODO}: the title of the documentation page, where it stands",
  "confidence": {{ "level": "low", "unconfirmed": ["{TODO}: What the sources leave open."] }},
  "parameters": [
    {{
      "name": "inputLayer", "type": "featureInput", "required": true, "geometry": ["point", "line", "polygon"],
      "doc": "{TODO}: The features to analyse."
    }},
    {{ "name": "outputName", "type": "outputName", "doc": "The hosted layer to create; without it the features themselves are returned." }},
    {{ "name": "context", "type": "context", "doc": "The extent to which the analysis is limited, and the spatial reference of the result." }}
  ],
  "results": [
    {{ "name": "outputLayer", "type": "featureLayer", "always": true, "doc": "{TODO}: What the layer holds." }}
  ],
  "examples": [
    {{
      "doc": "{TODO}: What this call does.",
      "parameters": {{
        "inputLayer": {{ "url": "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0" }}
      }}
    }}
  ]
}}
"#
    )
}
