//! One request with everything that belongs to it: the token, its renewal, the reading of the answer, the trace.

mod retry;

use crate::address::PortalUrl;
use crate::auth::{Lease, Token, Tokens, is_token};
use crate::envelope::{self, Body, Bounds};
use crate::failure::{Cause, Failure};
use crate::hosts::Hosts;
use crate::redact::excerpt;
use crate::transport::{Method, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::{Credentials, Error, ErrorKind, History, Ledger, Limits, Polling, Result};
use arcgis_analysis_types::Form;
use arcgis_analysis_types::meta::TaskMeta;
use retry::{PAUSES, retry_after};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;
use tracing::Instrument;
use url::{Origin, Url};

/// How long a token is asked to live, in minutes. Portals shorten it to what they allow.
const TOKEN_MINUTES: &str = "120";

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(60);

/// Everything that requests to one portal and its services share.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) portal: PortalUrl,
    pub(crate) limits: Limits,
    pub(crate) polling: Polling,
    pub(crate) ledger: Option<Ledger>,
    /// How long earlier jobs took, by service and task, as the ledger said when it was first asked.
    histories: Mutex<HashMap<(&'static str, &'static str), Option<History>>>,
    transport: Arc<dyn Transport>,
    hosts: Hosts,
    tokens: Tokens,
    /// The origins that the token belongs to.
    trusted: RwLock<Vec<Origin>>,
}

/// A request to make.
#[derive(Debug)]
pub(crate) struct Call {
    /// What is done, in one word for the trace.
    pub(crate) operation: &'static str,
    pub(crate) url: Url,
    /// The form to post; `None` to get.
    pub(crate) form: Option<Vec<u8>>,
    pub(crate) fresh_connection: bool,
    pub(crate) timeout: Duration,
    pub(crate) expects: Expects,
}

/// How much an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// Little: a state, a token, a description.
    Little,
    /// A result.
    Result,
}

/// An answer that is a JSON document and no error.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) document: Value,
    pub(crate) retry_after: Option<Duration>,
}

impl Session {
    pub(crate) fn new(
        portal: PortalUrl,
        credentials: Credentials,
        transport: Arc<dyn Transport>,
        limits: Limits,
        polling: Polling,
        ledger: Option<Ledger>,
    ) -> Self {
        let trusted = RwLock::new(vec![portal.origin()]);
        Self {
            portal,
            limits,
            polling,
            ledger,
            histories: Mutex::default(),
            transport,
            hosts: Hosts::default(),
            tokens: Tokens::new(credentials),
            trusted,
        }
    }

    /// How long earlier jobs of the task took, where a ledger knows.
    pub(crate) fn history(&self, task: &'static TaskMeta) -> Option<History> {
        let ledger = self.ledger.as_ref()?;
        let mut histories = self
            .histories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // A ledger that cannot be read is no reason to watch no job.
        *histories
            .entry((task.service.id, task.name))
            .or_insert_with(|| ledger.history(task).ok().flatten())
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        self.tokens.credentials()
    }

    /// The error of an answer that is JSON but not what the call `doing` expects.
    pub(crate) fn unexpected(&self, doing: &str, problem: &str, document: &Value) -> Error {
        Error::new(ErrorKind::Protocol, format!("{doing} failed: {problem}"))
            .with_excerpt(excerpt(document.to_string().as_bytes(), &self.secrets()))
    }

    pub(crate) async fn token_expires(&self) -> Option<SystemTime> {
        self.tokens.expires().await
    }

    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        self.tokens.secrets()
    }

    /// Lets the token go to one more origin, which the portal named as that of a service.
    pub(crate) fn trust(&self, origin: Origin) {
        let mut trusted = self.trusted.write().unwrap_or_else(PoisonError::into_inner);
        if !trusted.contains(&origin) {
            trusted.push(origin);
        }
    }

    fn trusts(&self, url: &Url) -> bool {
        self.trusted
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&url.origin())
    }

    /// A small request that gets a JSON document.
    pub(crate) fn get(&self, operation: &'static str, mut url: Url) -> Call {
        url.query_pairs_mut().append_pair("f", "json");
        self.small(operation, url)
    }

    /// A small request that posts fields.
    pub(crate) fn post(&self, operation: &'static str, url: Url, fields: &[(&str, &str)]) -> Call {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("f", "json").extend_pairs(fields);
        Call {
            form: Some(form.finish().into_bytes()),
            ..self.small(operation, url)
        }
    }

    /// A request that posts a task's parameters.
    pub(crate) fn post_form(&self, operation: &'static str, url: Url, form: &Form) -> Call {
        let fields: Vec<(&str, String)> = form.iter().collect();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Call {
            timeout: self.limits.submit,
            ..self.post(operation, url, &fields)
        }
    }

    fn small(&self, operation: &'static str, url: Url) -> Call {
        Call {
            operation,
            url,
            form: None,
            fresh_connection: false,
            timeout: self.limits.request,
            expects: Expects::Little,
        }
    }

    /// Makes a request with the token, and once more with a fresh one if the server refuses the token: such a
    /// refusal proves that the request had no effect. Of the attempts at a call the first has the number one.
    pub(crate) async fn attempt(&self, call: &Call, number: u32) -> Result<Reply, Failure> {
        let make = || self.make_token();
        let lease = self
            .tokens
            .lease(make)
            .await
            .map_err(|error| Failure::new(Cause::Token(error)))?;
        let refused = match self.exchange(call, number, Some(&lease)).await {
            Err(failure) if wants_token(&failure) => failure,
            outcome => return outcome,
        };
        match self.tokens.renew(&lease, make).await {
            Ok(Some(lease)) => {
                tracing::debug!(operation = call.operation, "request.renewed");
                self.exchange(call, number, Some(&lease)).await
            }
            Ok(None) => Err(refused),
            Err(error) => Err(Failure::new(Cause::Token(error))),
        }
    }

    /// Makes a request that does no harm when repeated, and repeats it when it fails for a passing reason.
    pub(crate) async fn call_again(&self, call: &Call) -> Result<Reply, Failure> {
        let mut attempts = self.attempts(&PAUSES);
        loop {
            let failure = match self.attempt(call, attempts.number).await {
                Err(failure)
                    if failure.is_passing() && !matches!(failure.cause, Cause::Token(_)) =>
                {
                    failure
                }
                outcome => return outcome,
            };
            if !self.again(call, &mut attempts, &failure).await {
                return Err(failure);
            }
        }
    }

    /// The error of a call that began with the words `doing`.
    pub(crate) fn error(&self, doing: &str, failure: Failure) -> Error {
        let wants_token = wants_token(&failure);
        let error = failure.into_error(doing, &self.secrets());
        if !wants_token {
            return error;
        }
        let advice = match self.credentials() {
            Credentials::Anonymous => "sign in with a user name and password or a token",
            Credentials::Password { .. } => "the portal made a token that the server does not take",
            Credentials::Token(_) => {
                "the token is invalid or expired, or belongs to another portal or referer; make a new one"
            }
        };
        error.amended(ErrorKind::Authentication, |sentence| {
            format!("{sentence}; {advice}")
        })
    }

    async fn make_token(&self) -> Result<Token> {
        let Credentials::Password { username, password } = self.credentials() else {
            return Err(Error::new(
                ErrorKind::Authentication,
                "there is no password to make a token with",
            ));
        };
        let url = self
            .portal
            .rest(&["generateToken"])
            .map_err(|error| Error::new(ErrorKind::Configuration, error))?;
        let referer = self.portal.referer();
        let call = self.post(
            "generateToken",
            url,
            &[
                ("username", username),
                ("password", password.expose_secret()),
                ("client", "referer"),
                ("referer", &referer),
                ("expiration", TOKEN_MINUTES),
            ],
        );
        let doing = format!("signing in to {} as `{username}`", self.portal.as_str());
        let mut attempts = self.attempts(&PAUSES);
        let reply = loop {
            match self.exchange(&call, attempts.number, None).await {
                Ok(reply) => break reply,
                Err(failure)
                    if failure.is_passing() && self.again(&call, &mut attempts, &failure).await => {
                }
                Err(failure) => return Err(self.not_signed_in(&doing, failure)),
            }
        };
        let token = reply
            .document
            .get("token")
            .and_then(Value::as_str)
            .filter(|token| is_token(token));
        // Without an excerpt: the answer may hold a token in a place where none is expected.
        let token = token.ok_or_else(|| {
            Error::new(
                ErrorKind::Protocol,
                format!("{doing} failed: the portal answered without a token"),
            )
        })?;
        let expires = reply
            .document
            .get("expires")
            .and_then(Value::as_u64)
            .map(Duration::from_millis);
        let expires = expires.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(at));
        // A clock that is wrong by hours makes lives of any length; then the server's refusal tells when to renew.
        let life = expires.and_then(|at| at.duration_since(SystemTime::now()).ok());
        let life = life.filter(|life| *life > EARLY * 2);
        Ok(Token {
            secret: token.into(),
            expires,
            fresh_until: life.and_then(|life| Instant::now().checked_add(life - EARLY)),
        })
    }

    fn not_signed_in(&self, doing: &str, mut failure: Failure) -> Error {
        failure.excerpt = None;
        let refused =
            matches!(&failure.cause, Cause::Refused(r) if matches!(r.kind(), ErrorKind::Refused));
        let error = failure.into_error(doing, &self.secrets());
        // The portal refuses a wrong password with code 400, as it does a malformed request.
        if refused {
            error.amended(ErrorKind::Authentication, |sentence| sentence)
        } else {
            error
        }
    }

    async fn exchange(
        &self,
        call: &Call,
        attempt: u32,
        lease: Option<&Lease>,
    ) -> Result<Reply, Failure> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let span = tracing::debug_span!(
            "request",
            id = NEXT.fetch_add(1, Ordering::Relaxed),
            attempt,
            operation = call.operation,
            host = call.url.host_str(),
            path = call.url.path(),
        );
        async {
            let host = self.hosts.of(&call.url, &self.limits);
            let Some(slot) = host.slot(call.timeout).await else {
                return Err(no_turn());
            };
            let began = Instant::now();
            let outcome = self.transport.send(self.request(call, lease)).await;
            drop(slot);
            let elapsed_ms = began.elapsed().as_millis() as u64;
            match &outcome {
                Ok(response) => tracing::debug!(
                    status = response.status(),
                    bytes = response.body().len(),
                    elapsed_ms,
                    "request.answered"
                ),
                Err(error) => {
                    tracing::debug!(kind = ?error.kind(), %error, elapsed_ms, "request.failed")
                }
            }
            let outcome = match outcome {
                Ok(response) => self.read(response, call),
                Err(mut error) => Err(Failure {
                    excerpt: error
                        .take_beginning()
                        .map(|body| excerpt(&body, &self.secrets())),
                    ..Failure::new(Cause::Transport(error))
                }),
            };
            // Whatever a server says for good, it is there.
            if outcome
                .as_ref()
                .err()
                .is_none_or(|failure| !failure.is_passing())
            {
                host.budget.earn(attempt > 1);
            }
            outcome
        }
        .instrument(span)
        .await
    }

    fn request(&self, call: &Call, lease: Option<&Lease>) -> Request {
        let mut headers = vec![("Accept", "application/json".to_owned())];
        if call.form.is_some() {
            headers.push((
                "Content-Type",
                "application/x-www-form-urlencoded".to_owned(),
            ));
        }
        if self.trusts(&call.url) {
            // Tokens are bound to the referer they were made for, so it goes wherever they go.
            headers.push(("Referer", self.portal.referer()));
            if let Some(token) = lease.and_then(|lease| lease.token.as_ref()) {
                headers.push((
                    "X-Esri-Authorization",
                    format!("Bearer {}", token.expose_secret()),
                ));
            }
        }
        Request {
            method: if call.form.is_some() {
                Method::Post
            } else {
                Method::Get
            },
            url: call.url.clone(),
            headers,
            body: call.form.clone(),
            fresh_connection: call.fresh_connection,
            timeout: call.timeout,
            max_header: self.limits.max_header,
            max_body: match call.expects {
                Expects::Little => self.limits.max_control_body,
                Expects::Result => self.limits.max_result_body,
            },
            max_expansion: match call.expects {
                Expects::Little => usize::MAX,
                Expects::Result => self.limits.max_expansion,
            },
        }
    }

    fn read(&self, response: Response, call: &Call) -> Result<Reply, Failure> {
        let status = response.status();
        let retry_after = retry_after(&response, SystemTime::now());
        let excerpt = || excerpt(response.body(), &self.secrets());
        let failure = |cause| Failure {
            cause,
            retry_after,
            status: Some(status),
            excerpt: Some(excerpt()),
        };
        if (300..400).contains(&status) {
            let target = response
                .header("Location")
                .and_then(|to| call.url.join(to).ok());
            let origin = target.map(|url| url.origin()).filter(Origin::is_tuple);
            return Err(failure(Cause::Redirect(
                origin.map(|origin| origin.ascii_serialization()),
            )));
        }
        let bounds = Bounds {
            depth: self.limits.max_depth,
            values: match call.expects {
                Expects::Little => self.limits.max_control_values,
                Expects::Result => self.limits.max_result_values,
            },
        };
        match envelope::read(status, response.body(), bounds) {
            Body::Excess(what) => Err(failure(Cause::Excess(what))),
            Body::Refusal(refusal) => Err(failure(Cause::Refused(refusal))),
            _ if !(200..300).contains(&status) => Err(failure(Cause::Status)),
            Body::Unreadable(what) => Err(failure(Cause::Unreadable(what))),
            Body::Json(document) => Ok(Reply {
                document,
                retry_after,
            }),
        }
    }
}

/// The failure of a request that others left no room for.
fn no_turn() -> Failure {
    let problem =
        "no turn came within the time allowed, because too many requests to the host are under way";
    Failure::new(Cause::Transport(TransportError::new(
        TransportErrorKind::NotSent,
        problem,
    )))
}

/// Whether the server wants a token, or another one.
fn wants_token(failure: &Failure) -> bool {
    match &failure.cause {
        Cause::Refused(refusal) => refusal.is_token(),
        Cause::Status => matches!(failure.status, Some(401 | 498 | 499)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
