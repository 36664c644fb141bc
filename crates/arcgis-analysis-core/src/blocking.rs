//! The same without `async`, for programs that have no runtime of their own (feature `blocking`).
//!
//! [`Portal`], [`Job`], [`RawJob`] and [`Updates`] are those of the crate, by the same names, and a call returns when
//! it has come to its end. A portal brings a runtime with it, which works on the thread that calls, while it calls.
//! All of it may be shared between threads; a job goes on on the server whatever becomes of them.
//!
//! On a thread of an async runtime a blocking call would hold up that runtime, and often wait for itself. It never
//! panics there: it sends nothing and ends in [`ErrorKind::InsideRuntime`]. That holds for threads of `spawn_blocking`
//! too, which cannot be told from the others; call from `std::thread::spawn` there, or use the async
//! [`Portal`](crate::Portal).
//!
//! # Examples
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/task.rs"));
//! use arcgis_analysis_core::blocking::Portal;
//! use arcgis_analysis_core::transport::{Answer, Method::{Get, Post}, Replay};
//! use arcgis_analysis_core::{Polling, Result};
//! use arcgis_analysis_types::serde_json::json;
//! use std::time::Duration;
//!
//! # fn main() -> Result<()> {
//! let service = "https://analysis.example.com/rest/services/tasks/GPServer";
//! let layer = "https://example.com/rest/services/Measured/FeatureServer/0";
//! // Prepared answers instead of a network.
//! let replay = Replay::new()
//!     .on(Get, "/portals/self", [Answer::json(&json!({ "helperServices": { "analysis": { "url": service } } }))])
//!     .on(Post, "/MeasureThings/submitJob", [Answer::json(&json!({ "jobId": "j1" }))])
//!     .on(Get, "/jobs/j1", [Answer::json(&json!({
//!         "jobId": "j1",
//!         "jobStatus": "esriJobSucceeded",
//!         "results": { "measuredLayer": { "paramUrl": "results/measuredLayer" } },
//!     }))])
//!     .on(Get, "/results/measuredLayer", [Answer::json(&json!({ "value": { "url": layer } }))]);
//! let mut polling = Polling::default();
//! polling.first_look = Duration::from_millis(10);
//!
//! let builder = arcgis_analysis_core::Portal::builder("https://www.arcgis.com").transport(replay).polling(polling);
//! let portal = Portal::connect_with(builder)?;
//! let task = MeasureThings::new("https://example.com/rest/services/Things/FeatureServer/0");
//! let job = portal.submit(&task)?;
//! for update in job.updates() {
//!     println!("{}", update?.status);
//! }
//! let results = job.join()?;
//! assert!(matches!(results.measured_layer, LayerOutput::Hosted(layer) if layer.url.is_some()));
//! # Ok(())
//! # }
//! ```

mod job;
mod runtime;

pub use job::{Job, RawJob, Updates};

use crate::{Credentials, CreditEstimate, Executed, ItemFile, JobRef, PortalBuilder, Result};
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{ItemOutput, Task, TaskEntry};
use runtime::Runtime;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

#[cfg(doc)]
use crate::ErrorKind;

/// [`Portal`](crate::Portal) without `async`. Cloning it is cheap, and the clones share token and connections.
///
/// Every call but those that ask nothing of the portal may end in [`ErrorKind::InsideRuntime`], besides what is said
/// of the method of the same name there.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::blocking::Portal;
/// use arcgis_analysis_core::{Credentials, Result};
/// use arcgis_analysis_types::Task;
///
/// fn run<T: Task>(task: &T) -> Result<T::Results> {
///     let portal = Portal::connect("https://www.arcgis.com", Credentials::from_env()?)?;
///     portal.run(task)
/// }
/// ```
#[derive(Clone)]
pub struct Portal {
    portal: crate::Portal,
    runtime: Arc<Runtime>,
}

impl Portal {
    /// As [`Portal::connect`](crate::Portal::connect).
    ///
    /// # Errors
    /// As there.
    pub fn connect(url: &str, credentials: Credentials) -> Result<Self> {
        Self::connect_with(crate::Portal::builder(url).credentials(credentials))
    }

    /// Connects with settings of one's own, as [`PortalBuilder::connect`] does.
    ///
    /// # Errors
    /// As there.
    pub fn connect_with(builder: PortalBuilder) -> Result<Self> {
        let runtime = Arc::new(Runtime::new()?);
        let portal = runtime.block_on(builder.connect())?;
        Ok(Self { portal, runtime })
    }

    /// The portal with `async`. What it begins goes on only in a runtime, such as within
    /// [`block_on`](Self::block_on).
    #[must_use]
    pub fn as_async(&self) -> &crate::Portal {
        &self.portal
    }

    /// Does work with the portal for which there is no blocking form, on the portal's runtime.
    ///
    /// # Errors
    /// What the work ends in.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::blocking::Portal;
    /// use arcgis_analysis_core::Result;
    /// use arcgis_analysis_types::Task;
    ///
    /// /// Submits a task twice over, at the same time.
    /// fn both<T: Task>(portal: &Portal, one: &T, other: &T) -> Result<()> {
    ///     portal.block_on(async {
    ///         let portal = portal.as_async();
    ///         let (one, other) = (portal.submit(one).await?, portal.submit(other).await?);
    ///         println!("{} {}", one.url(), other.url());
    ///         Ok(())
    ///     })
    /// }
    /// ```
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(work)
    }

    /// As [`Portal::url`](crate::Portal::url).
    #[must_use]
    pub fn url(&self) -> &str {
        self.portal.url()
    }

    /// As [`Portal::username`](crate::Portal::username).
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.portal.username()
    }

    /// As [`Portal::token_expires`](crate::Portal::token_expires).
    ///
    /// # Errors
    /// Only as every blocking call.
    pub fn token_expires(&self) -> Result<Option<SystemTime>> {
        self.block_on(async { Ok(self.portal.token_expires().await) })
    }

    /// As [`Portal::service_url`](crate::Portal::service_url).
    ///
    /// # Errors
    /// As there.
    pub fn service_url(&self, task: &TaskMeta) -> Result<String> {
        self.portal.service_url(task)
    }

    /// As [`Portal::run`](crate::Portal::run).
    ///
    /// # Errors
    /// As there.
    pub fn run<T: Task>(&self, task: &T) -> Result<T::Results> {
        self.block_on(self.portal.run(task))
    }

    /// As [`Portal::execute_entry`](crate::Portal::execute_entry).
    ///
    /// # Errors
    /// As there.
    pub fn execute_entry(&self, task: &TaskEntry, parameters: Value) -> Result<Executed> {
        self.block_on(self.portal.execute_entry(task, parameters))
    }

    /// As [`Portal::submit`](crate::Portal::submit).
    ///
    /// # Errors
    /// As there.
    pub fn submit<T: Task>(&self, task: &T) -> Result<Job<T>> {
        let job = self.block_on(self.portal.submit(task))?;
        Ok(Job::new(job, &self.runtime))
    }

    /// As [`Portal::submit_entry`](crate::Portal::submit_entry).
    ///
    /// # Errors
    /// As there.
    pub fn submit_entry(&self, task: &TaskEntry, parameters: Value) -> Result<RawJob> {
        let job = self.block_on(self.portal.submit_entry(task, parameters))?;
        Ok(RawJob::new(job, &self.runtime))
    }

    /// As [`Portal::item_file`](crate::Portal::item_file).
    ///
    /// # Errors
    /// As there.
    pub fn item_file(&self, item: &ItemOutput) -> Result<ItemFile> {
        self.block_on(self.portal.item_file(item))
    }

    /// As [`Portal::estimate`](crate::Portal::estimate).
    ///
    /// # Errors
    /// As there.
    pub fn estimate<T: Task>(&self, task: &T) -> Result<CreditEstimate> {
        self.block_on(self.portal.estimate(task))
    }

    /// As [`Portal::estimate_entry`](crate::Portal::estimate_entry).
    ///
    /// # Errors
    /// As there.
    pub fn estimate_entry(&self, task: &TaskEntry, parameters: Value) -> Result<CreditEstimate> {
        self.block_on(self.portal.estimate_entry(task, parameters))
    }

    /// As [`Portal::with_max_credits`](crate::Portal::with_max_credits).
    #[must_use]
    pub fn with_max_credits(&self, credits: f64) -> Self {
        Self {
            portal: self.portal.with_max_credits(credits),
            runtime: Arc::clone(&self.runtime),
        }
    }

    /// As [`Portal::resume`](crate::Portal::resume).
    ///
    /// # Errors
    /// As there.
    pub fn resume<T: Task>(&self, job: impl Into<JobRef>) -> Result<Job<T>> {
        Ok(Job::new(self.portal.resume(job)?, &self.runtime))
    }

    /// As [`Portal::resume_entry`](crate::Portal::resume_entry).
    ///
    /// # Errors
    /// As there.
    pub fn resume_entry(&self, task: &TaskEntry, job: impl Into<JobRef>) -> Result<RawJob> {
        Ok(RawJob::new(
            self.portal.resume_entry(task, job)?,
            &self.runtime,
        ))
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.portal, f)
    }
}
