//! The report of changes, for people and for programs.

use super::{Change, Class, Item};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The changes between two sets of specs, ready to be told.
///
/// # Examples
///
/// ```
/// use xtask::diff::Report;
///
/// let report = Report::new(Vec::new());
/// assert_eq!(report.text(), "Nothing changed.\n");
/// assert_eq!(report.json()["changes"], serde_json::json!([]));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Report {
    changes: Vec<Change>,
    crates: BTreeMap<String, String>,
    notes: Vec<String>,
}

impl Report {
    /// A report of changes.
    #[must_use]
    pub fn new(changes: Vec<Change>) -> Self {
        Self {
            changes,
            ..Self::default()
        }
    }

    /// The report with the crate of each service, by the service's folder.
    #[must_use]
    pub fn with_crates(mut self, crates: BTreeMap<String, String>) -> Self {
        self.crates = crates;
        self
    }

    /// The report with what else a maintainer should know, a sentence each.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// The changes.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The gravest class; `None` where nothing changed.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.changes.iter().map(|change| change.class).max()
    }

    /// The gravest class of each service, by its folder.
    fn verdicts(&self) -> BTreeMap<&str, Class> {
        let mut verdicts = BTreeMap::new();
        for change in &self.changes {
            let verdict = verdicts
                .entry(change.service.as_str())
                .or_insert(change.class);
            *verdict = change.class.max(*verdict);
        }
        verdicts
    }

    /// The crate of a service; its folder where that is not known.
    fn crate_of<'a>(&'a self, service: &'a str) -> &'a str {
        self.crates.get(service).map_or(service, String::as_str)
    }

    /// The report for a person: by service and task, the gravest changes first.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (service, verdict) in self.verdicts() {
            let _ = writeln!(
                out,
                "{service}: {verdict}; `{}` needs a new {} version",
                self.crate_of(service),
                verdict.semver()
            );
            let of_service: Vec<_> = self
                .changes
                .iter()
                .filter(|c| c.service == service)
                .collect();
            let mut tasks: Vec<Option<&str>> =
                of_service.iter().map(|c| c.task.as_deref()).collect();
            tasks.sort_unstable();
            tasks.dedup();
            for task in tasks {
                let mut indent = "  ";
                let mut of_task: Vec<_> = of_service
                    .iter()
                    .filter(|c| c.task.as_deref() == task)
                    .collect();
                of_task.sort_by_key(|c| std::cmp::Reverse(c.class));
                if let Some(task) = task.filter(|_| of_task.iter().any(|c| c.item != Item::Task)) {
                    let _ = writeln!(out, "  {task}");
                    indent = "    ";
                }
                for change in of_task {
                    let _ = writeln!(
                        out,
                        "{indent}{:<9} {}",
                        change.class.to_string(),
                        change.sentence()
                    );
                }
            }
        }
        if self.changes.is_empty() {
            out.push_str("Nothing changed.\n");
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        out
    }

    /// The report for a program.
    #[must_use]
    pub fn json(&self) -> Value {
        let crates: Vec<_> = self
            .verdicts()
            .into_iter()
            .map(|(service, class)| {
                json!({ "service": service, "crate": self.crate_of(service), "class": class, "semver": class.semver() })
            })
            .collect();
        json!({ "class": self.class(), "crates": crates, "changes": self.changes, "notes": self.notes })
    }
}
