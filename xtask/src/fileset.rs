//! The generated files as a value, and what is done with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs, io};

/// Texts by path from the root of the workspace, with `/`.
///
/// # Examples
///
/// ```
/// use xtask::fileset::{FileSet, State};
///
/// let mut wanted = FileSet::default();
/// wanted.insert("a.rs", "new\n");
/// let mut found = FileSet::default();
/// found.insert("a.rs", "old\n");
/// let drift = wanted.drift(&found);
/// assert_eq!(drift[0].state, State::Stale);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    files: BTreeMap<String, File>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    text: String,
    from: Option<String>,
}

/// A generated file that is not as it would be generated now.
///
/// # Examples
///
/// ```
/// use xtask::fileset::{Drift, State};
///
/// let drift = Drift { path: "a.rs".into(), from: Some("a.json".into()), state: State::Missing };
/// assert_eq!(drift.to_string(), "missing  a.rs  (from a.json)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The file.
    pub path: String,
    /// What it is generated from.
    pub from: Option<String>,
    /// What is wrong with it.
    pub state: State,
}

/// What is wrong with a generated file.
///
/// # Examples
///
/// ```
/// assert_eq!(xtask::fileset::State::Orphan.to_string(), "orphan");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its text differs.
    Stale,
    /// It is not there.
    Missing,
    /// Nothing generates it any more.
    Orphan,
}

impl FileSet {
    /// Adds a file.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(
            path.into(),
            File {
                text: text.into(),
                from: None,
            },
        );
    }

    /// Adds a file that is generated from another.
    pub fn insert_from(&mut self, path: impl Into<String>, text: impl Into<String>, from: &str) {
        self.files.insert(
            path.into(),
            File {
                text: text.into(),
                from: Some(from.to_owned()),
            },
        );
    }

    /// The files without those of some paths.
    #[must_use]
    pub fn without(mut self, drop: impl Fn(&str) -> bool) -> Self {
        self.files.retain(|path, _| !drop(path));
        self
    }

    /// Adds the files of another set.
    pub fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
    }

    /// The files, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, file)| (path.as_str(), file.text.as_str()))
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(|file| file.text.as_str())
    }

    /// How the files that are there differ from these. What ends their lines does not matter.
    #[must_use]
    pub fn drift(&self, found: &Self) -> Vec<Drift> {
        let mut drift = Vec::new();
        for (path, file) in &self.files {
            let state = match found.get(path) {
                None => State::Missing,
                Some(text) if normal(text) != normal(&file.text) => State::Stale,
                Some(_) => continue,
            };
            drift.push(Drift {
                path: path.clone(),
                from: file.from.clone(),
                state,
            });
        }
        let orphans = found
            .files
            .keys()
            .filter(|path| !self.files.contains_key(*path));
        drift.extend(orphans.map(|path| Drift {
            path: path.clone(),
            from: None,
            state: State::Orphan,
        }));
        drift.sort_by(|a, b| a.path.cmp(&b.path));
        drift
    }

    /// The folders of crates that these files would be written to, but that have no `Cargo.toml`.
    #[must_use]
    pub fn folders_without_manifest(&self, root: &Path) -> Vec<String> {
        let crates = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix("crates/")?.split('/').next());
        let mut folders: Vec<_> = crates.map(|name| format!("crates/{name}")).collect();
        folders.dedup();
        folders.retain(|folder| !root.join(folder).join("Cargo.toml").is_file());
        folders
    }

    /// The generated files that are there: those of every crate, and the schemas.
    ///
    /// # Errors
    /// When a folder or file cannot be read, with its path.
    pub fn found(root: &Path) -> io::Result<Self> {
        let mut found = Self::default();
        for crate_dir in entries(&root.join("crates"))? {
            found.tree(root, &crate_dir.join("src/generated"))?;
            found.file(root, &crate_dir.join("API.txt"))?;
        }
        found.tree(root, &root.join(crate::spec::FOLDER).join("schema"))?;
        found.file(root, &root.join(crate::task_index::PATH))?;
        Ok(found)
    }

    /// The generated files of one crate that are there, with paths from its folder.
    ///
    /// # Errors
    /// As [`found`](Self::found).
    pub fn found_in(folder: &Path) -> io::Result<Self> {
        let mut found = Self::default();
        found.tree(folder, &folder.join("src/generated"))?;
        found.file(folder, &folder.join("API.txt"))?;
        Ok(found)
    }

    fn tree(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        for entry in entries(folder)? {
            if entry.is_dir() {
                self.tree(root, &entry)?;
            } else {
                self.file(root, &entry)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, root: &Path, file: &Path) -> io::Result<()> {
        match fs::read(file) {
            Ok(bytes) => {
                let path = file.strip_prefix(root).unwrap_or(file);
                let path: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                self.insert(path.join("/"), String::from_utf8_lossy(&bytes));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(within(file, &error)),
        }
    }

    /// Brings the files under a root up to date: writes what is stale or missing, removes orphans, leaves the rest.
    ///
    /// # Errors
    /// When a file cannot be written or removed, with its path.
    pub fn write(&self, root: &Path, drift: &[Drift]) -> io::Result<()> {
        for Drift { path, .. } in drift {
            let file = root.join(path);
            match self.get(path) {
                Some(text) => replace(&file, text),
                None => fs::remove_file(&file),
            }
            .map_err(|error| within(&file, &error))?;
        }
        Ok(())
    }

    /// The differences as a unified diff, from what is there to what would be generated.
    #[must_use]
    pub fn diff(&self, found: &Self, drift: &[Drift]) -> String {
        drift
            .iter()
            .map(|Drift { path, .. }| {
                let (old, new) = (
                    normal(found.get(path).unwrap_or("")),
                    normal(self.get(path).unwrap_or("")),
                );
                let diff = similar::TextDiff::from_lines(&old, &new);
                diff.unified_diff()
                    .header(&format!("a/{path}"), &format!("b/{path}"))
                    .to_string()
            })
            .collect()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7}  {}", self.state.to_string(), self.path)?;
        match &self.from {
            Some(from) => write!(f, "  (from {from})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
        })
    }
}

fn normal(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The entries of a folder, none where it is not there.
fn entries(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths = Vec::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                paths.push(entry.map_err(|error| within(folder, &error))?.path());
            }
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) => {}
        Err(error) => return Err(within(folder, &error)),
    }
    Ok(paths)
}

/// Replaces a file in one step: a reader sees the old text or the new one, never a part.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let draft = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // The draft may not even exist; the first error is the one to report.
        let _ = fs::remove_file(&draft);
    }
    written
}

fn within(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
