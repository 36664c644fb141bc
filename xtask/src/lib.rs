//! Maintainer tasks: task specs become the service crates.
//!
//! The way from a spec to code has five steps, each a function on values: [`load`](load::load) reads the files,
//! [`lint`](lint::lint) says what is wrong with them, [`lower`](lower::lower) decides every name and text,
//! [`emit`](emit::emit) writes them as code, and a [`FileSet`] is compared with what is there, or written.
//! Nothing here depends on another crate of the workspace, so a bad generation cannot break its own repair.

pub mod api_listing;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod fileset;
pub mod import;
pub mod ir;
pub mod lint;
pub mod load;
pub mod lower;
pub mod near;
pub mod new_task;
pub mod pretty;
pub mod schema;
pub mod shape;
pub mod source;
pub mod spec;
pub mod task_index;

use diagnostic::Finding;
use fileset::FileSet;
use source::SourceFile;

/// Everything that is wrong with spec files, by file and place.
///
/// # Examples
///
/// ```
/// use xtask::source::SourceFile;
///
/// let files = [SourceFile::new("spatial-analysis/service.json", "{ \"title\": Spatial }")];
/// let findings = xtask::check(&files);
/// assert_eq!(findings[0].code.as_str(), "json::syntax");
/// ```
#[must_use]
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let (services, mut findings) = load::load(files);
    findings.extend(import::lint(files));
    sorted(findings, lint::lint(&services))
}

/// The generated files of spec files, whatever their order.
///
/// # Examples
///
/// ```
/// let schemas = xtask::generate(&[]).expect("nothing is wrong with no specs");
/// assert!(schemas.get("task-specs/schema/task.schema.json").is_some());
/// ```
///
/// # Errors
/// Everything that is wrong with the specs; then nothing is generated.
pub fn generate(files: &[SourceFile]) -> Result<FileSet, Vec<Finding>> {
    let (services, findings) = load::load(files);
    let findings = sorted(findings, lint::lint(&services));
    if !findings.is_empty() {
        return Err(findings);
    }
    let services: Vec<_> = services.iter().filter_map(lower::lower).collect();
    let mut set = schema::files();
    // Services are independent of each other, and the larger ones take most of the time.
    let emitted = std::thread::scope(|scope| {
        let threads: Vec<_> = services
            .iter()
            .map(|service| scope.spawn(|| emit::emit(service)))
            .collect();
        let sets = threads.into_iter().map(|thread| thread.join());
        sets.collect::<Result<Vec<_>, _>>()
    });
    // A thread ends otherwise only by a panic, which is passed on.
    for files in emitted.unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
        set.extend(files);
    }
    set.insert(task_index::PATH, task_index::page(&services));
    Ok(set)
}

fn sorted(mut findings: Vec<Finding>, more: Vec<Finding>) -> Vec<Finding> {
    findings.extend(more);
    findings.sort_by(|a, b| {
        let place = |f: &Finding| f.labels.first().map(|l| l.range.start);
        (&a.path, place(a), a.code).cmp(&(&b.path, place(b), b.code))
    });
    findings.dedup();
    findings
}
