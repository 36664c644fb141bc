//! What can go wrong between the call and the results.

#[cfg(feature = "http")]
use crate::SignInProblem;
use crate::redact::on_one_line;
use arcgis_analysis_types::{JobMessage, ParameterError};
use std::fmt;
use std::sync::Arc;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not give what it was asked for.
///
/// [`kind`](Self::kind) is what to match on. The text is one sentence for people; it never holds a password, a
/// token or the query of a URL. What is known beyond the sentence is kept: the job's URL and messages, the
/// server's own codes, and the beginning of an answer that made no sense.
///
/// # Troubleshooting
///
/// | kind | what happened | what to do |
/// | --- | --- | --- |
/// | [`Parameter`](ErrorKind::Parameter) | the task was refused on this side | mend the parameter that is named |
/// | [`Configuration`](ErrorKind::Configuration) | the portal's URL, a job's URL or the credentials are unusable | mend the setting that is named |
/// | [`Authentication`](ErrorKind::Authentication) | password or token refused, or missing | sign in again |
/// | [`Permission`](ErrorKind::Permission) | signed in, but not allowed | ask for the privilege |
/// | [`NotOffered`](ErrorKind::NotOffered) | the portal has no such service for this user | look for the licence that is named |
/// | [`CreditLimit`](ErrorKind::CreditLimit) | the call would cost more than the caller allows; nothing was submitted | raise the limit, or analyse less |
/// | [`NoEstimate`](ErrorKind::NoEstimate) | what the call costs cannot be told, as it must where a limit was set; nothing was submitted | read why, or take the limit away |
/// | [`Refused`](ErrorKind::Refused) | the service refused the request; no job was made | read the service's words |
/// | [`Busy`](ErrorKind::Busy), [`Server`](ErrorKind::Server), [`Transport`](ErrorKind::Transport) | no job was made, or nothing was lost | try again later |
/// | [`SubmitOutcomeUnknown`](ErrorKind::SubmitOutcomeUnknown) | a job may run, and cost credits | look before you submit again |
/// | [`NotObserved`](ErrorKind::NotObserved), [`TimeLimit`](ErrorKind::TimeLimit), [`CancelNotHonoured`](ErrorKind::CancelNotHonoured) | the job may still run | resume it by [`job_url`](Error::job_url) |
/// | [`JobFailed`](ErrorKind::JobFailed), [`JobCancelled`](ErrorKind::JobCancelled), [`JobTimedOut`](ErrorKind::JobTimedOut), [`JobDeleted`](ErrorKind::JobDeleted) | the job ended without results | read [`messages`](Error::messages) |
/// | [`InsideRuntime`](ErrorKind::InsideRuntime) | a blocking call was made where it would hold up an async runtime | use the async form, or a thread of its own |
/// | [`Ledger`](ErrorKind::Ledger) | the ledger's file cannot be used | mend what the sentence names; nothing was submitted |
/// | [`Store`](ErrorKind::Store) | the place where sign-ins are kept cannot be used | mend what the sentence names, or sign in again |
/// | [`Results`](ErrorKind::Results) | the job succeeded, a result cannot be read | fetch the results again by the job's URL |
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Error, ErrorKind};
///
/// fn advice(error: &Error) -> String {
///     match error.kind() {
///         ErrorKind::Authentication => "sign in again".to_owned(),
///         _ if error.job_may_run() => format!("look at {}", error.job_url().unwrap_or("the portal's jobs")),
///         _ => error.to_string(),
///     }
/// }
/// # let refused = arcgis_analysis_core::Portal::builder("www.arcgis.com").connect();
/// # let error = tokio::runtime::Builder::new_current_thread().build()?.block_on(refused).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Configuration);
/// assert_eq!(advice(&error), "the portal URL has no scheme; write it as https://<host>");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    sentence: String,
    job_url: Option<String>,
    messages: Vec<JobMessage>,
    code: Option<i64>,
    message_code: Option<String>,
    http_status: Option<u16>,
    excerpt: Option<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`Error`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::ErrorKind;
///
/// /// The exit code of a program that runs analyses.
/// fn exit_code(kind: ErrorKind) -> u8 {
///     match kind {
///         ErrorKind::Parameter | ErrorKind::Configuration => 2,
///         ErrorKind::Authentication | ErrorKind::Permission => 3,
///         ErrorKind::JobFailed | ErrorKind::JobCancelled | ErrorKind::JobTimedOut => 4,
///         _ => 1,
///     }
/// }
/// assert_eq!(exit_code(ErrorKind::JobFailed), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter was refused before anything was submitted.
    Parameter,
    /// The portal's URL, a job's URL, the credentials or another setting is unusable.
    Configuration,
    /// The user name, password or token was refused, or is missing.
    Authentication,
    /// The user may not do this.
    Permission,
    /// The portal does not offer the service to this user.
    NotOffered,
    /// This version of the crate cannot call the task.
    Unsupported,
    /// What was asked for does not exist, or not any more.
    NotFound,
    /// The server refused the request. If it was a submit, no job was made.
    Refused,
    /// The server asked to be left alone for longer than the call may wait. If it was a submit, no job was made.
    Busy,
    /// The server reported a fault of its own. If it was a submit, no job was made.
    Server,
    /// The server could not be reached, or the exchange with it broke. If it was a submit, nothing was sent.
    Transport,
    /// The server's answer makes no sense.
    Protocol,
    /// The server's answer is larger than the limit, or the request larger than the server's.
    TooLarge,
    /// The call would cost more credits than the caller allows. Nothing was submitted.
    CreditLimit,
    /// What the call costs cannot be estimated, as it has to be where the caller set a limit of credits. Nothing was
    /// submitted.
    NoEstimate,
    /// The submit may or may not have made a job, which may cost credits. It was not repeated.
    SubmitOutcomeUnknown,
    /// The job failed.
    JobFailed,
    /// The job was cancelled.
    JobCancelled,
    /// The job ran into the server's time limit.
    JobTimedOut,
    /// The job was deleted from the server.
    JobDeleted,
    /// The job could not be observed for too long. It may still run.
    NotObserved,
    /// The caller's own time limit passed. The job still runs.
    TimeLimit,
    /// The job was asked to stop and still runs.
    CancelNotHonoured,
    /// The job succeeded, but a result is missing or cannot be read.
    Results,
    /// A blocking call was made on a thread of an async runtime, which it would hold up. Nothing was sent.
    InsideRuntime,
    /// The ledger cannot be read or written. If it was a submit, nothing was sent.
    Ledger,
    /// The place where sign-ins are kept cannot be used.
    Store,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            // It may hold words of a server.
            sentence: on_one_line(sentence.into()),
            job_url: None,
            messages: Vec::new(),
            code: None,
            message_code: None,
            http_status: None,
            excerpt: None,
            source: None,
        }))
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The URL of the job, by which it can be resumed; `None` where no job is known.
    #[must_use]
    pub fn job_url(&self) -> Option<&str> {
        self.0.job_url.as_deref()
    }

    /// The messages that the job wrote, as far as they are known.
    #[must_use]
    pub fn messages(&self) -> &[JobMessage] {
        &self.0.messages
    }

    /// The server's own code, for example 498, even where it came with HTTP status 200.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.0.code
    }

    /// The server's own message code, for example `AO_100012`.
    #[must_use]
    pub fn message_code(&self) -> Option<&str> {
        self.0.message_code.as_deref()
    }

    /// The HTTP status of the answer, where there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The beginning of an answer that made no sense, with secrets taken out.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// The refused parameters, where [`kind`](Self::kind) is [`ErrorKind::Parameter`].
    #[must_use]
    pub fn parameter(&self) -> Option<&ParameterError> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// Why signing in in a browser came to nothing, where that is what happened.
    #[must_use]
    #[cfg(feature = "http")]
    pub fn sign_in_problem(&self) -> Option<&SignInProblem> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// Whether a job may run, or have run, in spite of the error.
    #[must_use]
    pub fn job_may_run(&self) -> bool {
        use ErrorKind as K;
        match self.kind() {
            K::SubmitOutcomeUnknown | K::NotObserved | K::TimeLimit | K::CancelNotHonoured => true,
            K::JobFailed | K::JobCancelled | K::JobTimedOut | K::JobDeleted | K::Results => false,
            _ => self.0.job_url.is_some(),
        }
    }

    /// Whether the same call may succeed later without a change: nothing was wrong with the request, and it made
    /// no job.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Busy | ErrorKind::Server | ErrorKind::Transport
        )
    }

    /// The same with another kind and sentence.
    pub(crate) fn amended(
        mut self,
        kind: ErrorKind,
        sentence: impl FnOnce(String) -> String,
    ) -> Self {
        self.0.kind = kind;
        self.0.sentence = on_one_line(sentence(self.0.sentence));
        self
    }

    pub(crate) fn with_job_url(mut self, url: &str) -> Self {
        self.0.job_url = Some(url.to_owned());
        self
    }

    pub(crate) fn with_messages(mut self, messages: Vec<JobMessage>) -> Self {
        self.0.messages = messages;
        self
    }

    pub(crate) fn with_codes(mut self, code: Option<i64>, message_code: Option<String>) -> Self {
        self.0.code = code;
        self.0.message_code = message_code;
        self
    }

    pub(crate) fn with_http_status(mut self, status: u16) -> Self {
        self.0.http_status = Some(status);
        self
    }

    pub(crate) fn with_excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.0.excerpt = Some(excerpt.into());
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.sentence)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut all = f.debug_struct("Error");
        all.field("kind", &inner.kind)
            .field("sentence", &inner.sentence);
        for (name, text) in [
            ("job_url", &inner.job_url),
            ("message_code", &inner.message_code),
            ("excerpt", &inner.excerpt),
        ] {
            if let Some(text) = text {
                all.field(name, text);
            }
        }
        if let Some(code) = inner.code {
            all.field("code", &code);
        }
        if let Some(status) = inner.http_status {
            all.field("http_status", &status);
        }
        if !inner.messages.is_empty() {
            all.field("messages", &inner.messages);
        }
        all.finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

impl From<ParameterError> for Error {
    fn from(error: ParameterError) -> Self {
        Self::new(ErrorKind::Parameter, error.to_string()).with_source(error)
    }
}
