//! The life of a job, from the submit to the results.

#[cfg(feature = "http")]
mod ending;
mod pace;
mod poll;
#[cfg(feature = "http")]
mod raw;
#[cfg(feature = "http")]
mod results;
#[cfg(feature = "http")]
mod submit;
mod token;
#[cfg(feature = "http")]
mod typed;
#[cfg(feature = "http")]
mod updates;

pub use pace::{History, Polling};
#[cfg(feature = "http")]
pub use raw::RawJob;
#[cfg(feature = "http")]
pub(crate) use submit::{execute, submit, submit_free};
pub use token::{JobRef, JobToken};
#[cfg(feature = "http")]
pub use typed::Job;
#[cfg(feature = "http")]
pub use updates::{JobUpdate, Updates};
