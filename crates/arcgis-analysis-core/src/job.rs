//! The life of a job, from the submit to the results.

mod ending;
mod pace;
mod poll;
mod raw;
mod results;
mod submit;
mod token;
mod typed;
mod updates;

pub use pace::{History, Polling};
pub use raw::RawJob;
pub(crate) use submit::{execute, submit};
pub use token::{JobRef, JobToken};
pub use typed::Job;
pub use updates::{JobUpdate, Updates};
