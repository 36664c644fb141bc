//! What cargo-fuzz runs, each a function of any bytes, and every one a law: see the README beside.
//!
//! They go through the public API alone, as a server or a file does. The same functions run in the workspace's own tests, on
//! the seeds and on what becomes of those when they are cut off or changed.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod addresses;
mod clauses;
mod costs;
mod description;
mod features;
mod files;
mod item_file;
mod job;
mod layers;
mod ledger;
mod local;
mod parameters;
mod results;
mod sign_in;
mod support;

pub use addresses::address;
pub use clauses::clause;
pub use costs::estimate;
pub use description::description;
pub use features::features;
pub use files::{csv, flatgeobuf, geoparquet};
pub use item_file::item_file;
pub use job::{job, job_document};
pub use layers::layer;
pub use ledger::ledger;
pub use local::{query, request};
pub use parameters::parameters;
pub use results::{report, result};
pub use sign_in::{kept_sign_in, sign_in};

/// A target's name, and what it does with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 20] = [
    ("address", address),
    ("clause", clause),
    ("csv", csv),
    ("description", description),
    ("estimate", estimate),
    ("features", features),
    ("flatgeobuf", flatgeobuf),
    ("geoparquet", geoparquet),
    ("item_file", item_file),
    ("job", job),
    ("job_document", job_document),
    ("kept_sign_in", kept_sign_in),
    ("layer", layer),
    ("ledger", ledger),
    ("parameters", parameters),
    ("query", query),
    ("report", report),
    ("request", request),
    ("result", result),
    ("sign_in", sign_in),
];
