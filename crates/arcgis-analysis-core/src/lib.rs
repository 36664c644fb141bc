//! Authentication, discovery and the job life cycle of the ArcGIS analysis services.
//!
//! [`Portal`] is where everything begins: it signs in, finds the services, and runs tasks, which are the generated
//! types of the service crates. This crate names no task itself.
//!
//! # What it promises
//!
//! - A submit is sent once. It is repeated only when no job can have been made by it; where that cannot be known,
//!   [`ErrorKind::SubmitOutcomeUnknown`] says so.
//! - With a limit of credits ([`Portal::with_max_credits`]), nothing is submitted that may cost more, or whose cost
//!   cannot be told.
//! - A failed observation is not a failed job: [`ErrorKind::NotObserved`] and [`ErrorKind::TimeLimit`] carry the
//!   job's URL, by which [`Portal::resume`] picks it up.
//! - A token travels in a header, never in a URL. The portal's goes to the portal; a server that belongs to the portal
//!   gets one that the portal makes for it, and any other server gets none. Redirects are not followed, but for files of items, which may lie elsewhere. No error, log
//!   line or `Debug` form shows a secret.
//! - A token is renewed before it ends and when a server refuses it, once for all who wait, so that a job may outlive
//!   its token by days. Nothing begins with a token that was refused to something else while a new one is made; but where
//!   that is long in coming, nobody but those who were refused waits longer than a few seconds for it.
//! - Processes that share a kept sign-in ([`SignInStore`]) do not undo each other: what one renewed the others take over,
//!   and what was signed out is not brought back.
//! - Every request, wait and answer has a limit ([`Limits`], [`Polling`]).
//!
//! # Retries
//!
//! A request that failed for a passing reason and does no harm when repeated is repeated up to three times, after 0.5, 1
//! and 2 seconds or what `Retry-After` asks for. A job that cannot be observed is looked at again after 1, 2, 4 and at
//! most 30 seconds. Both draw on a budget that all requests to one host share, so that an outage of a host that runs
//! thousands of jobs is not made longer by those who ask whether it is over: a retry takes one token from a bucket that
//! holds [`Limits::retry_reserve`]; every answer puts in a part of one ([`Limits::retry_percent`]), and a minute
//! [`Limits::retries_per_minute`]. A retry that is answered puts in two, so the rate doubles with each round trip once the
//! host is back. A retry without a token waits for one. First attempts need none, but at most [`Limits::in_flight`]
//! requests to one host are under way at once; the others wait in order.
//!
//! A host that answers one request with status 429 or 503 and `Retry-After` is asked nothing until then by anything that
//! shares the [`Portal`], submits included, but for at most [`Limits::longest_retry_after`].
//!
//! # Observing
//!
//! Each request is a [`tracing`] span; what happens is told as events, in the span of their request where they have one.
//! The names of spans, events and fields are stable. No value is or holds a secret.
//!
//! | name | level | what happened | fields |
//! | --- | --- | --- | --- |
//! | `request` (span) | debug | a request is made | `id` counts the requests of the process from 1; `attempt` counts those of one call from 1; `operation`; `host`; `path` |
//! | `request.answered` | debug | a whole answer came | `status`; `bytes` after decompression; `elapsed_ms` |
//! | `request.failed` | debug | none came | `kind`, as in [`transport::TransportErrorKind`]; `error`; `elapsed_ms` |
//! | `request.retry` | debug | the request will be made again | `operation`; `attempt`, the next; `pause_ms`; `reason` |
//! | `request.renewed` | debug | it is made again with a fresh token | `operation` |
//! | `job.submitted` | info | the service accepted a job | `task`; `job`, its ID; `url` |
//! | `server.without_token` | debug | a server that says nothing of itself gets no token | `server`; `error` |
//! | `sign_in.not_read` | warn | what is kept of a sign-in could not be read, so it is renewed as it was | `problem` |
//! | `sign_in.not_kept` | warn | a renewed sign-in could not be kept where the one before is | `problem` |
//! | `sign_in.not_revoked` | warn | a sign-in that was renewed while somebody signed out could not be revoked | `error` |
//! | `ledger.failed` | error | what happened to a job could not be written down | `job`, its name in the ledger, or nothing; `event`; `error` |
//! | `job.unobserved` | warn | a look at a job failed | `job`; `failed`, how many looks did in a row; `reason`; `next` |
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
//!
//! # Without HTTP
//!
//! The feature `http`, on by default, has everything that asks a server. Without it what is left compiles for
//! `wasm32-unknown-unknown` too, like the types and the service crates, for programs that bring an HTTP of their own:
//! how often to look at a job ([`Polling`], [`History`]), by what it is found again ([`JobRef`], [`JobToken`]), the
//! [`Limits`] and the errors. The gate checks it, where the target is installed, by
//!
//! ```text
//! cargo check --target wasm32-unknown-unknown --no-default-features -p arcgis-analysis-types \
//!     -p arcgis-analysis-spatial -p arcgis-analysis-raster -p arcgis-analysis-geoanalytics \
//!     -p arcgis-analysis-network -p arcgis-analysis-elevation -p arcgis-analysis-core
//! ```

// What both halves share has callers in the other half alone.
#![cfg_attr(not(feature = "http"), allow(dead_code))]

mod address;
#[cfg(feature = "http")]
mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
mod discovery;
#[cfg(feature = "http")]
mod download;
mod envelope;
mod error;
#[cfg(feature = "http")]
mod execute;
#[cfg(feature = "http")]
mod failure;
#[cfg(all(test, feature = "http"))]
mod hostile_bytes;
#[cfg(feature = "http")]
mod hosts;
#[cfg(feature = "http")]
mod items;
mod job;
#[cfg(feature = "http")]
mod layers;
#[cfg(feature = "http")]
mod ledger;
mod limits;
#[cfg(feature = "http")]
mod portal;
#[cfg(feature = "http")]
mod private_file;
mod redact;
#[cfg(feature = "http")]
mod session;
#[cfg(feature = "http")]
pub mod transport;

pub use address::is_same_portal;
#[cfg(feature = "keyring")]
pub use auth::KeyringStore;
#[cfg(feature = "http")]
pub use auth::{
    ClientCredentials, Credentials, FileStore, Forgotten, Login, PasswordCredentials, Remembered,
    SignIn, SignInProblem, SignInStore, TokenBinding, store,
};
#[cfg(feature = "http")]
pub use download::ItemFile;
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "http")]
pub use execute::Executed;
pub use job::{History, JobRef, JobToken, Polling};
#[cfg(feature = "http")]
pub use job::{Job, JobUpdate, RawJob, Updates};
#[cfg(feature = "http")]
pub use layers::Layers;
#[cfg(feature = "http")]
pub use ledger::{Ledger, LedgerJob, LedgerState};
pub use limits::Limits;
#[cfg(feature = "http")]
pub use portal::{CreditEstimate, Portal, PortalBuilder};

/// Re-exported for callers who hold secrets of their own.
pub use secrecy::SecretString;
