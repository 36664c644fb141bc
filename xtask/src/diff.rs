//! What changed between two sets of specs, and what it means for those who call the tasks.
//!
//! [`compare`](compare::compare) finds the changes, [`Report`] says them to a person or a program. The comparison
//! works on the JSON of the specs, so it also reads specs of another age of the format.
//!
//! # Examples
//!
//! ```
//! use xtask::diff::{Class, Report};
//! use xtask::source::SourceFile;
//!
//! let service = |text: &str| vec![
//!     SourceFile::new("tools/service.json", r#"{ "title": "Tools", "crate": "tools" }"#),
//!     SourceFile::new("tools/count.json", text),
//! ];
//! let old = service(r#"{ "name": "Count", "parameters": [{ "name": "size", "type": "number", "doc": "It." }], "results": [] }"#);
//! let new = service(r#"{ "name": "Count", "parameters": [], "results": [] }"#);
//! let report = Report::new(xtask::diff::compare(&old, &new)?);
//! assert_eq!(report.class(), Some(Class::Breaking));
//! assert!(report.text().contains("parameter `size` is gone"));
//! # Ok::<(), String>(())
//! ```

mod change;
mod compare;
mod param;
mod report;
mod revision;
mod tree;

pub use change::{Change, Class, Item, Kind};
pub use compare::compare;
pub(crate) use param::{renamed, same_value};
pub use report::Report;
pub use revision::read;
