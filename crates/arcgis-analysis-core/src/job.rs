//! The life of a job, from the submit to the results.

mod ending;
mod poll;
mod raw;
mod results;
mod submit;
mod typed;
mod updates;

pub use poll::Polling;
pub use raw::RawJob;
pub(crate) use submit::{deliver, submit};
pub use typed::Job;
pub use updates::{JobUpdate, Updates};
