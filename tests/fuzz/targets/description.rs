//! What a geoprocessing service says of itself and of its tasks, of which specs are made.

use super::support::{json, parts};
use xtask::import::{self, Description, Existing};

/// The parts are pages of a service and its tasks.
///
/// An import is refused in sentences, or makes specs in which nothing is wrong; and imported once more, nothing has changed.
pub fn description(data: &[u8]) {
    let mut description = Description::default();
    for part in parts(data) {
        match json(part) {
            Some(document) => description.parse("page.json", &document),
            None => return,
        }
    }
    match import::run("tools", &Existing::default(), &description) {
        Err(refusals) => {
            assert!(refusals.iter().all(|refusal| !refusal.is_empty()) && !refusals.is_empty())
        }
        Ok(imported) => {
            let mut findings = xtask::check(&imported.files);
            // A text of the service that has the mark of what is still to be written is found, and rightly.
            let is_marked =
                |part: &[u8]| json(part).is_some_and(|p| p.to_string().contains("TODO"));
            if parts(data).into_iter().any(is_marked) {
                findings.retain(|finding| !finding.message.contains("still to be written"));
            }
            assert!(findings.is_empty(), "{findings:?}");
            let existing = Existing {
                files: imported.files,
            };
            let again = import::run("tools", &existing, &description).unwrap();
            // A page may be of a task that the service's own page does not list, which is said once there is a spec of it.
            let report = again.report.text();
            let mut lines = report.lines();
            assert_eq!(lines.next(), Some("Nothing changed."));
            assert!(
                lines.all(|line| line.contains("the service does not list the task")),
                "{report}"
            );
            assert_eq!(again.files, existing.files);
        }
    }
}
