//! The jobs of this machine's user, on disk: what was meant to be submitted, what was, and what became of it.
//!
//! A file of lines, each a record with its checksum, to which is only ever appended. What a crash leaves half written
//! is one line that is skipped; what happened before it is safe. A lock on a file beside it orders the writers of all
//! processes; readers need none. When the file has grown large, it is replaced by one that holds the same jobs in fewer records.

mod file;
mod record;
mod writer;

#[cfg(test)]
pub(crate) use record::fold;

pub(crate) use record::Event;

use crate::job::History;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::JobStatus;
use arcgis_analysis_types::meta::TaskMeta;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use writer::Writer;

/// How many ended jobs are remembered, and how many old ones of which no end is known.
const REMEMBERED: (usize, usize) = (1_000, 10_000);

/// How many earlier jobs of a task say how long the next one takes.
const TELLING: usize = 20;

/// A record of jobs that outlives the program: by it a job is found again after a crash, and nothing is submitted
/// twice by mistake.
///
/// Before a submit leaves, its intent is written and brought to the disk; the job's URL follows as soon as it is
/// known, then its states, and whether its results were taken. It holds no credentials and no parameters. It is kept
/// small: of the jobs that ended, the last 1,000 are remembered.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Credentials, Ledger, Portal, Result};
///
/// async fn connect() -> Result<Portal> {
///     let ledger = Ledger::open("state/arcgis-analysis")?;
///     Portal::builder("https://www.arcgis.com")
///         .credentials(Credentials::from_env()?)
///         .ledger(ledger)
///         .connect()
///         .await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Ledger {
    writer: Arc<Writer>,
}

/// A job as the ledger knows it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Ledger, LedgerState, Result};
///
/// /// The jobs that may run, or have run, without anybody knowing.
/// fn doubtful(ledger: &Ledger) -> Result<Vec<String>> {
///     let jobs = ledger.jobs()?.into_iter();
///     Ok(jobs.filter(|job| job.state == LedgerState::Unknown).map(|job| job.id).collect())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LedgerJob {
    /// The name by which the ledger knows it.
    pub id: String,
    /// The task's name on the wire.
    pub task: String,
    /// The service's name, for example `spatial-analysis`.
    pub service: String,
    /// The portal's URL.
    pub portal: String,
    /// The user who submitted it, where one was signed in.
    pub username: Option<String>,
    /// When it was meant to be submitted.
    pub intended: SystemTime,
    /// The job's URL, once it is known.
    pub url: Option<String>,
    /// What became of it.
    pub state: LedgerState,
    /// Why it was not submitted, or why that is not known.
    pub reason: Option<String>,
    /// How long it took, where it was watched closely enough to say.
    pub length: Option<Duration>,
    /// Whether its results were fetched.
    pub taken: bool,
}

/// What became of a job, as far as the ledger knows.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::LedgerState;
///
/// assert_eq!(LedgerState::Unknown.as_str(), "unknown");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerState {
    /// Whether it was submitted is not known: no answer arrived, or the program was stopped before one did. It may run
    /// and cost credits.
    Unknown,
    /// No job was made.
    NotSubmitted,
    /// It was submitted, and was last seen in this state.
    Submitted(JobStatus),
}

impl LedgerState {
    /// The state in one word: that of the job as the server calls it, or `unknown` or `not-submitted`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown => "unknown",
            Self::NotSubmitted => "not-submitted",
            Self::Submitted(status) => status.as_str(),
        }
    }
}

impl LedgerJob {
    /// Whether nothing more will come of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.state {
            LedgerState::Unknown => false,
            LedgerState::NotSubmitted => true,
            LedgerState::Submitted(status) => status.is_terminal(),
        }
    }

    /// All that is known as one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "task": self.task,
            "service": self.service,
            "portal": self.portal,
            "username": self.username,
            "intended": record::millis(self.intended),
            "jobUrl": self.url,
            "status": self.state.as_str(),
            "taken": self.taken,
        });
        if let Some(reason) = &self.reason {
            json["reason"] = reason.as_str().into();
        }
        if let Some(length) = self.length {
            json["seconds"] = length.as_secs_f64().into();
        }
        json
    }
}

impl Ledger {
    /// Opens the ledger in this folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Ledger`] when the folder cannot be made or written to.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let ledger = Self {
            writer: Arc::new(Writer::new(folder.into())),
        };
        file::prepare(ledger.folder()).map_err(|error| ledger.broken("opened", error))?;
        Ok(ledger)
    }

    /// The folder in which it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.writer.folder
    }

    /// The jobs, oldest first.
    ///
    /// # Errors
    /// [`ErrorKind::Ledger`] when the file cannot be read.
    pub fn jobs(&self) -> Result<Vec<LedgerJob>> {
        let text = file::read(self.folder()).map_err(|error| self.broken("read", error))?;
        Ok(record::fold(&text))
    }

    /// The job of this name or URL. The beginning of a name will do where no other job's begins with it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such job or several, [`ErrorKind::Ledger`] when the file cannot be
    /// read.
    pub fn job(&self, name: &str) -> Result<LedgerJob> {
        let refuse =
            |problem: &str| Error::new(ErrorKind::NotFound, format!("the ledger has {problem}"));
        let mut jobs = self.jobs()?;
        let at =
            |jobs: &[LedgerJob], fits: &dyn Fn(&LedgerJob) -> bool| jobs.iter().rposition(fits);
        let whole =
            |job: &LedgerJob| job.id.eq_ignore_ascii_case(name) || job.url.as_deref() == Some(name);
        if let Some(at) = at(&jobs, &whole) {
            return Ok(jobs.swap_remove(at));
        }
        let begins = |job: &LedgerJob| {
            job.id
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        match jobs.iter().filter(|job| begins(job)).count() {
            1 if !name.is_empty() => at(&jobs, &begins)
                .map(|at| jobs.swap_remove(at))
                .ok_or_else(|| refuse("no such job")),
            0 => Err(refuse(&format!("no job `{name}`"))),
            many => Err(refuse(&format!(
                "{many} jobs whose names begin with `{name}`; give more of it"
            ))),
        }
    }

    /// How long earlier jobs of the task took that succeeded.
    ///
    /// # Errors
    /// [`ErrorKind::Ledger`] when the file cannot be read.
    pub fn history(&self, task: &TaskMeta) -> Result<Option<History>> {
        let jobs = self.jobs()?;
        let lengths = jobs
            .iter()
            .rev()
            .filter(|job| job.task == task.name && job.service == task.service.id)
            .filter(|job| job.state == LedgerState::Submitted(JobStatus::Succeeded))
            .filter_map(|job| job.length);
        Ok(History::of(lengths.take(TELLING)))
    }

    /// Waits until everything that happened to jobs so far is written down, or could not be.
    ///
    /// Who drops what a submit or a wait has returned need not do so; but a program that gives up on them midway and is
    /// about to end may otherwise end before the last lines are written.
    pub async fn settled(&self) {
        let _ = self.writer.settle().await;
    }

    /// Writes down that a job is about to be submitted, brings that to the disk, and gives the job its name.
    pub(crate) async fn intend(
        &self,
        task: &TaskMeta,
        portal: &str,
        username: Option<&str>,
    ) -> Result<String> {
        let id = record::name();
        let event = Event::Intent {
            task: task.name,
            service: task.service.id,
            portal,
            username,
        };
        let written = self.writer.write(&id, &event).await;
        let written = written.unwrap_or_else(|_| Err(io::Error::other("its writer was stopped")));
        written.map_err(|error| {
            let error = self.broken("written", error);
            error.amended(ErrorKind::Ledger, |sentence| {
                format!("{sentence}; nothing was submitted, because it could not be found again")
            })
        })?;
        Ok(id)
    }

    /// Writes down what happened to a job, whether or not anybody waits for it, and says whether it could. That it could
    /// not stops nothing: the caller knows the job.
    pub(crate) fn note(&self, id: &str, event: &Event<'_>) -> impl Future<Output = bool> + use<> {
        let written = self.writer.write(id, event);
        async { matches!(written.await, Ok(Ok(()))) }
    }

    fn broken(&self, what: &str, error: io::Error) -> Error {
        let sentence = format!(
            "the ledger in {} cannot be {what} ({error})",
            self.folder().display()
        );
        Error::new(ErrorKind::Ledger, sentence).with_source(error)
    }
}

#[cfg(test)]
mod tests;
