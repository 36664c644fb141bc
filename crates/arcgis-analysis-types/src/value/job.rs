//! The state of a job.

#[cfg(test)]
mod tests;

use super::message::Message;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::fmt;

/// The state of a job on the server.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::JobStatus;
///
/// let status = JobStatus::from_wire("esriJobExecuting");
/// assert_eq!(status, JobStatus::Executing);
/// assert!(!status.is_terminal());
/// assert_eq!(JobStatus::from_wire("esriJobPaused").as_str(), "esriJobPaused");
/// ```
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

impl JobStatus {
    const KNOWN: [Self; 11] = [
        Self::New,
        Self::Waiting,
        Self::Submitted,
        Self::Executing,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelling,
        Self::Cancelled,
        Self::Deleting,
        Self::Deleted,
    ];

    /// Reads a state as it is spelled on the wire; keeps what it does not know.
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        let known = Self::KNOWN
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }

    /// The state as it is spelled on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::New => "esriJobNew",
            Self::Waiting => "esriJobWaiting",
            Self::Submitted => "esriJobSubmitted",
            Self::Executing => "esriJobExecuting",
            Self::Succeeded => "esriJobSucceeded",
            Self::Failed => "esriJobFailed",
            Self::TimedOut => "esriJobTimedOut",
            Self::Cancelling => "esriJobCancelling",
            Self::Cancelled => "esriJobCancelled",
            Self::Deleting => "esriJobDeleting",
            Self::Deleted => "esriJobDeleted",
            Self::Unknown(word) => word,
        }
    }

    /// Whether the job has come to its end. A state that is not known is no end.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::TimedOut | Self::Deleted
        )
    }
}

/// How serious a message is, or which step of a job it marks.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::MessageType;
///
/// assert_eq!(MessageType::from_wire("esriJobMessageTypeWarning"), MessageType::Warning);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageType {
    /// For information.
    Informative,
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// What the job is about to do.
    ProcessDefinition,
    /// A step begins.
    ProcessStart,
    /// A step ends.
    ProcessStop,
    /// An empty line.
    Empty,
    /// The job was broken off.
    Abort,
    /// A type that this version of the crate does not know.
    Unknown(String),
}

impl MessageType {
    const KNOWN: [Self; 8] = [
        Self::Informative,
        Self::Warning,
        Self::Error,
        Self::ProcessDefinition,
        Self::ProcessStart,
        Self::ProcessStop,
        Self::Empty,
        Self::Abort,
    ];

    /// Reads a type as it is spelled on the wire; keeps what it does not know.
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        let known = Self::KNOWN
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }

    /// The type as it is spelled on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Informative => "esriJobMessageTypeInformative",
            Self::Warning => "esriJobMessageTypeWarning",
            Self::Error => "esriJobMessageTypeError",
            Self::ProcessDefinition => "esriJobMessageTypeProcessDefinition",
            Self::ProcessStart => "esriJobMessageTypeProcessStart",
            Self::ProcessStop => "esriJobMessageTypeProcessStop",
            Self::Empty => "esriJobMessageTypeEmpty",
            Self::Abort => "esriJobMessageTypeAbort",
            Self::Unknown(word) => word,
        }
    }
}

/// Gives a type that is one word on the wire its display and its serde.
macro_rules! wire_word {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(|word| Self::from_wire(&word))
            }
        }
    };
}

wire_word!(JobStatus);
wire_word!(MessageType);

/// A message that a job wrote.
///
/// The analysis services often write JSON into the description; [`JobMessage::text`] and
/// [`JobMessage::message_code`] unpack it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{JobMessage, MessageType};
///
/// let message = JobMessage {
///     message_type: MessageType::Error,
///     description: r#"{"messageCode": "AO_1", "message": "${n} too many.", "params": {"n": "3"}}"#.to_owned(),
/// };
/// assert_eq!(message.text(), "3 too many.");
/// assert_eq!(message.message_code().as_deref(), Some("AO_1"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobMessage {
    /// How serious it is.
    #[serde(rename = "type")]
    pub message_type: MessageType,
    /// The text as it came.
    pub description: String,
}

impl JobMessage {
    /// A message.
    #[must_use]
    pub fn new(message_type: MessageType, description: impl Into<String>) -> Self {
        Self {
            message_type,
            description: description.into(),
        }
    }

    /// The message in words, its parameters filled in.
    #[must_use]
    pub fn text(&self) -> String {
        self.unpack().text
    }

    /// The message's code, for example `AO_100012`, where it has one.
    #[must_use]
    pub fn message_code(&self) -> Option<String> {
        self.unpack().code
    }

    /// The parameters of the message, where it has any.
    #[must_use]
    pub fn params(&self) -> Map<String, Value> {
        self.unpack().params
    }

    fn unpack(&self) -> Message {
        Message::of(self.description.as_str().into())
    }
}

/// How far a job is.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::JobProgress;
///
/// let progress = JobProgress { message: Some("Buffering".to_owned()), percent: Some(40.0) };
/// assert_eq!(serde_json::to_string(&progress)?, r#"{"message":"Buffering","percent":40.0}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct JobProgress {
    /// What the job is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How much of it is done, from 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
}

/// A job as the server describes it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{JobInfo, JobStatus};
/// use serde_json::json;
///
/// let job = JobInfo::from_json(json!({ "jobId": "j1", "jobStatus": "esriJobSubmitted" }))?;
/// assert_eq!((job.job_id.as_str(), job.status), ("j1", JobStatus::Submitted));
/// # Ok::<(), String>(())
/// ```
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

impl JobInfo {
    /// Reads a job as the server describes it. Everything but `jobId` and `jobStatus` may be missing.
    ///
    /// # Errors
    /// Says which of the two is missing. What else has another shape than expected is passed over: it must not
    /// keep a caller from learning that a job is done.
    pub fn from_json(value: Value) -> Result<Self, String> {
        let Value::Object(mut members) = value else {
            return Err("the job is no JSON object".to_owned());
        };
        let text = |name: &str| match members.get(name).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(format!("the job has no text in its member `{name}`")),
        };
        let job_id = text("jobId")?;
        let status = JobStatus::from_wire(&text("jobStatus")?);
        let messages = match members.shift_remove("messages") {
            Some(Value::Array(messages)) => messages.into_iter().map(message).collect(),
            _ => Vec::new(),
        };
        let progress = members
            .get("progress")
            .and_then(Value::as_object)
            .map(|progress| JobProgress {
                message: progress
                    .get("message")
                    .and_then(Value::as_str)
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned),
                percent: progress.get("percent").and_then(Value::as_f64),
            });
        let results = match members.shift_remove("results") {
            Some(Value::Object(results)) => results.into_iter().collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            job_id,
            status,
            messages,
            progress,
            results,
        })
    }

    /// The job as a server describes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = json!({
            "jobId": self.job_id,
            "jobStatus": self.status,
            "messages": self.messages,
        });
        if let Some(progress) = &self.progress {
            value["progress"] = super::json(progress);
        }
        if !self.results.is_empty() {
            value["results"] = self.results.iter().cloned().collect::<Map<_, _>>().into();
        }
        value
    }
}

/// A message of any shape: an object with type and description as a rule, a bare text from some hosts.
fn message(value: Value) -> JobMessage {
    let kind = |word: Option<&Value>| match word.and_then(Value::as_str) {
        Some(word) => MessageType::from_wire(word),
        None => MessageType::Informative,
    };
    match value {
        Value::Object(mut members) => {
            let message_type = kind(members.get("type"));
            let description = match members.shift_remove("description") {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            JobMessage {
                message_type,
                description,
            }
        }
        Value::String(description) => JobMessage {
            message_type: kind(None),
            description,
        },
        other => JobMessage {
            message_type: kind(None),
            description: other.to_string(),
        },
    }
}
