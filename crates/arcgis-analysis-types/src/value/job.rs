//! The state of a job.

use serde_json::Value;

/// The state of a job on the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobStatus {
    /// Created.
    New,
    /// Waiting for resources.
    Waiting,
    /// Submitted.
    Submitted,
    /// Running.
    Executing,
    /// Done.
    Succeeded,
    /// Failed.
    Failed,
    /// Ended by the server's own time limit.
    TimedOut,
    /// Asked to stop.
    Cancelling,
    /// Stopped.
    Cancelled,
    /// Being deleted.
    Deleting,
    /// Deleted.
    Deleted,
    /// A state that this version of the crate does not know.
    Unknown(String),
}

/// A message that a job wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct JobMessage {
    /// How serious it is.
    pub message_type: MessageType,
    /// The text as it came.
    pub description: String,
}

/// How serious a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageType {
    /// For information.
    Informative,
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// A type that this version of the crate does not know.
    Unknown(String),
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
pub struct JobProgress {
    /// What the job is doing.
    pub message: Option<String>,
    /// How much of it is done, from 0 to 100.
    pub percent: Option<f64>,
}

/// A job as the server describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobInfo {
    /// The job's ID.
    pub job_id: String,
    /// The state.
    pub status: JobStatus,
    /// The messages; empty where they were not asked for.
    pub messages: Vec<JobMessage>,
    /// The progress, while the job runs.
    pub progress: Option<JobProgress>,
    /// The names of the results that can be fetched, with the relative URLs that the server gave.
    pub results: Vec<(String, Value)>,
}
