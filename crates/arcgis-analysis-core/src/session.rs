//! One request with everything that belongs to it: the token, its renewal, the reading of the answer, the trace.

use crate::address::PortalUrl;
use crate::auth::{Lease, Token, Tokens, is_token};
use crate::envelope::{self, Body};
use crate::failure::{Cause, Failure};
use crate::redact::excerpt;
use crate::transport::{Method, Request, Response, Transport};
use crate::{Credentials, Error, ErrorKind, History, Ledger, Limits, Polling, Result};
use arcgis_analysis_types::Form;
use arcgis_analysis_types::meta::TaskMeta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};
use tracing::Instrument;
use url::{Origin, Url};

/// The pauses before a request that does no harm when repeated is repeated.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// The longest that a server may make a request wait by `Retry-After` before it is repeated.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

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
    pub(crate) max_body: usize,
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
            max_body: self.limits.max_control_body,
        }
    }

    /// Makes a request with the token, and once more with a fresh one if the server refuses the token: such a
    /// refusal proves that the request had no effect.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, Failure> {
        let make = || self.make_token();
        let lease = self
            .tokens
            .lease(make)
            .await
            .map_err(|error| Failure::new(Cause::Token(error)))?;
        let refused = match self.exchange(call, Some(&lease)).await {
            Err(failure) if wants_token(&failure) => failure,
            outcome => return outcome,
        };
        match self.tokens.renew(&lease, make).await {
            Ok(Some(lease)) => {
                tracing::debug!(
                    operation = call.operation,
                    "request.repeated with a fresh token"
                );
                self.exchange(call, Some(&lease)).await
            }
            Ok(None) => Err(refused),
            Err(error) => Err(Failure::new(Cause::Token(error))),
        }
    }

    /// Makes a request that does no harm when repeated, and repeats it when it fails for a passing reason.
    pub(crate) async fn call_again(&self, call: &Call) -> Result<Reply, Failure> {
        let mut pauses = PAUSES.iter();
        loop {
            let failure = match self.call(call).await {
                Err(failure)
                    if failure.is_passing() && !matches!(failure.cause, Cause::Token(_)) =>
                {
                    failure
                }
                outcome => return outcome,
            };
            match pause(pauses.next(), &failure) {
                Some(pause) => self.rest(call, pause).await,
                None => return Err(failure),
            }
        }
    }

    pub(crate) async fn rest(&self, call: &Call, pause: Duration) {
        tracing::debug!(operation = call.operation, ?pause, "request.retry");
        sleep(pause).await;
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
        let mut pauses = PAUSES.iter();
        let reply = loop {
            match self.exchange(&call, None).await {
                Ok(reply) => break reply,
                Err(failure) => {
                    match pause(pauses.next(), &failure).filter(|_| failure.is_passing()) {
                        Some(pause) => self.rest(&call, pause).await,
                        None => return Err(self.not_signed_in(&doing, failure)),
                    }
                }
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

    async fn exchange(&self, call: &Call, lease: Option<&Lease>) -> Result<Reply, Failure> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let span = tracing::debug_span!(
            "request",
            id = NEXT.fetch_add(1, Ordering::Relaxed),
            operation = call.operation,
            host = call.url.host_str(),
            path = call.url.path(),
        );
        async {
            let began = Instant::now();
            let outcome = self.transport.send(self.request(call, lease)).await;
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
            self.read(
                outcome.map_err(|error| Failure::new(Cause::Transport(error)))?,
                call,
            )
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
            max_body: call.max_body,
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
        match envelope::read(status, response.body()) {
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

/// Whether the server wants a token, or another one.
fn wants_token(failure: &Failure) -> bool {
    match &failure.cause {
        Cause::Refused(refusal) => refusal.is_token(),
        Cause::Status => matches!(failure.status, Some(401 | 498 | 499)),
        _ => false,
    }
}

/// How long to wait before a request is repeated; `None` where it is not to be.
pub(crate) fn pause(planned: Option<&Duration>, failure: &Failure) -> Option<Duration> {
    let pause = failure.retry_after.unwrap_or_default().max(*planned?);
    Some(pause).filter(|pause| *pause <= LONGEST_RETRY_AFTER)
}

/// How long the server asks to be left alone, in seconds or until a date.
fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let text = response.header("Retry-After")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    // The server's own clock, where it tells it: ours may be wrong.
    let now = response
        .header("Date")
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
