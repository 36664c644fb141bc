//! Authentication, discovery and the job life cycle of the ArcGIS analysis services.
//!
//! [`Portal`] is where everything begins: it signs in, finds the services, and runs tasks, which are the generated
//! types of the service crates. This crate names no task itself.
//!
//! # What it promises
//!
//! - A submit is sent once. It is repeated only when no job can have been made by it; where that cannot be known,
//!   [`ErrorKind::SubmitOutcomeUnknown`] says so.
//! - A failed observation is not a failed job: [`ErrorKind::NotObserved`] and [`ErrorKind::TimeLimit`] carry the
//!   job's URL, by which [`Portal::resume`] picks it up.
//! - A token travels in a header, never in a URL, and only to the portal and to the services that the portal
//!   names. Redirects are not followed. No error, log line or `Debug` form shows a secret.
//! - Every request, wait and answer has a limit ([`Limits`], [`Polling`]).
//!
//! # Observing
//!
//! Each request is a [`tracing`] span `request` with an `id`, the `operation`, the `host` and the `path`; events
//! are `request.answered`, `request.failed`, `request.retry`, `job.submitted` and `job.unobserved`.
//!
//! # Testing
//!
//! HTTP sits behind [`transport::Transport`]. With [`transport::Replay`] a whole life of a job runs in virtual
//! time:
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/task.rs"));
//! use arcgis_analysis_core::transport::{Answer, Method::{Get, Post}, Replay};
//! use arcgis_analysis_core::{Portal, Result};
//! use arcgis_analysis_types::serde_json::json;
//!
//! # fn main() -> Result<()> {
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
//! # runtime.block_on(async {
//! let service = "https://analysis.example.com/rest/services/tasks/GPServer";
//! let layer = "https://example.com/rest/services/Measured/FeatureServer/0";
//! let replay = Replay::new()
//!     .on(Get, "/portals/self", [Answer::json(&json!({ "helperServices": { "analysis": { "url": service } } }))])
//!     .on(Post, "/MeasureThings/submitJob", [Answer::json(&json!({ "jobId": "j1" }))])
//!     .on(Get, "/jobs/j1", [
//!         Answer::json(&json!({ "jobId": "j1", "jobStatus": "esriJobExecuting" })),
//!         Answer::status(503),
//!         Answer::json(&json!({
//!             "jobId": "j1",
//!             "jobStatus": "esriJobSucceeded",
//!             "results": { "measuredLayer": { "paramUrl": "results/measuredLayer" } },
//!         })),
//!     ])
//!     .on(Get, "/results/measuredLayer", [Answer::json(&json!({ "value": { "url": layer } }))]);
//! let portal = Portal::builder("https://www.arcgis.com").transport(replay.clone()).connect().await?;
//! let results = portal.run(&MeasureThings::new("https://example.com/rest/services/Things/FeatureServer/0")).await?;
//! assert!(matches!(results.measured_layer, LayerOutput::Hosted(layer) if layer.url.is_some()));
//! assert_eq!(replay.requests().len(), 6);
//! # Ok(())
//! # })
//! # }
//! ```

mod address;
mod auth;
mod discovery;
mod envelope;
mod error;
mod execute;
mod failure;
mod items;
mod job;
mod ledger;
mod limits;
mod portal;
mod redact;
mod session;
pub mod transport;

pub use auth::Credentials;
pub use error::{Error, ErrorKind, Result};
pub use execute::Executed;
pub use job::{History, Job, JobUpdate, Polling, RawJob, Updates};
pub use ledger::{Ledger, LedgerJob, LedgerState};
pub use limits::Limits;
pub use portal::{Portal, PortalBuilder};

/// Re-exported for callers who hold secrets of their own.
pub use secrecy::SecretString;
