//! Why a request to the portal or a service was not answered as asked.

use crate::envelope::Refusal;
use crate::redact::redact;
use crate::session::Server;
use crate::transport::{TransportError, TransportErrorKind};
use crate::{Error, ErrorKind};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a server's words become in a sentence, in characters.
const LONGEST_CLAUSE: usize = 2_000;

/// What happened instead of an answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// How long the server asked to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// The HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
    /// The beginning of the answer, redacted.
    pub(crate) excerpt: Option<String>,
    /// The server that a token was refused by or is missing for, where that is not the portal.
    pub(crate) server: Option<Arc<Server>>,
}

#[derive(Debug)]
pub(crate) enum Cause {
    /// No answer came, or it was too large.
    Transport(TransportError),
    /// The server refused in words.
    Refused(Refusal),
    /// An HTTP status that says no, without words of ArcGIS's.
    Status,
    /// A redirect, which is never followed; to this origin, where it names one.
    Redirect(Option<String>),
    /// An answer that cannot be read; says what it looks like.
    Unreadable(String),
    /// An answer that is too deep, too long or has too many of something; says which.
    Excess(String),
    /// No token could be had.
    Token(Error),
}

impl Failure {
    pub(crate) fn new(cause: Cause) -> Self {
        Self {
            cause,
            retry_after: None,
            status: None,
            excerpt: None,
            server: None,
        }
    }

    /// Whether no byte of the request reached the server.
    pub(crate) fn is_not_sent(&self) -> bool {
        match &self.cause {
            Cause::Transport(error) => {
                matches!(
                    error.kind(),
                    TransportErrorKind::NotSent | TransportErrorKind::Untrusted
                )
            }
            Cause::Token(_) => true,
            _ => false,
        }
    }

    /// Whether the same request may well succeed a little later.
    pub(crate) fn is_passing(&self) -> bool {
        match &self.cause {
            Cause::Transport(error) => !matches!(
                error.kind(),
                TransportErrorKind::TooLarge | TransportErrorKind::Untrusted
            ),
            Cause::Refused(refusal) => matches!(refusal.code, Some(408 | 429 | 500..)),
            Cause::Status => matches!(self.status, Some(408 | 429 | 500..)),
            Cause::Unreadable(_) => true,
            Cause::Redirect(_) | Cause::Excess(_) => false,
            Cause::Token(error) => error.is_transient() || error.kind() == ErrorKind::Protocol,
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match &self.cause {
            Cause::Transport(error) if error.kind() == TransportErrorKind::TooLarge => {
                ErrorKind::TooLarge
            }
            Cause::Transport(_) => ErrorKind::Transport,
            Cause::Refused(refusal) => refusal.kind(),
            Cause::Status => match self.status {
                Some(401) => ErrorKind::Authentication,
                Some(403) => ErrorKind::Permission,
                Some(404 | 410) => ErrorKind::NotFound,
                Some(413) => ErrorKind::TooLarge,
                Some(429) => ErrorKind::Busy,
                Some(503) if self.retry_after.is_some() => ErrorKind::Busy,
                Some(500..) => ErrorKind::Server,
                _ => ErrorKind::Refused,
            },
            Cause::Redirect(_) | Cause::Unreadable(_) => ErrorKind::Protocol,
            Cause::Excess(_) => ErrorKind::TooLarge,
            Cause::Token(error) => error.kind(),
        }
    }

    /// What happened, as a clause for the end of a sentence.
    pub(crate) fn clause(&self, secrets: &[SecretString]) -> String {
        let clause = match &self.cause {
            Cause::Transport(error) => error.to_string(),
            Cause::Refused(refusal) => format!("the server says: {}", refusal.clause()),
            Cause::Status => match self.retry_after {
                Some(wait) => format!(
                    "the server answered with HTTP status {} and asks to wait {wait:?}",
                    self.number()
                ),
                None => format!("the server answered with HTTP status {}", self.number()),
            },
            Cause::Redirect(Some(origin)) => format!(
                "the server redirects to {origin}, which is not followed; use the address that the server now has"
            ),
            Cause::Redirect(None) => "the server redirects, which is not followed".to_owned(),
            Cause::Unreadable(what) | Cause::Excess(what) => {
                format!("the server answered with {what}")
            }
            Cause::Token(error) => error.to_string(),
        };
        // Cut only after that, so that no half of a secret survives at the end.
        let clause = redact(&clause, secrets);
        match clause.char_indices().nth(LONGEST_CLAUSE) {
            Some((end, _)) => format!("{}...", &clause[..end]),
            None => clause,
        }
    }

    /// The error of a call that began with the words `doing`, such as "reading the portal's description".
    pub(crate) fn into_error(self, doing: &str, secrets: &[SecretString]) -> Error {
        if let Cause::Token(error) = self.cause {
            return error;
        }
        let error = Error::new(
            self.kind(),
            format!("{doing} failed: {}", self.clause(secrets)),
        );
        self.complete(error)
    }

    /// Adds what is known to an error that was made for this failure.
    pub(crate) fn complete(self, mut error: Error) -> Error {
        if let Some(status) = self.status {
            error = error.with_http_status(status);
        }
        if let Some(excerpt) = self.excerpt {
            error = error.with_excerpt(excerpt);
        }
        match self.cause {
            Cause::Transport(source) => error.with_source(source),
            Cause::Token(source) => error
                .with_codes(source.code(), source.message_code().map(str::to_owned))
                .with_source(source),
            Cause::Refused(refusal) => error.with_codes(refusal.code, refusal.message_code),
            _ => error,
        }
    }

    fn number(&self) -> u16 {
        self.status.unwrap_or_default()
    }
}
