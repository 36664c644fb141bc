//! One request with everything that belongs to it: the token, its renewal, the reading of the answer, the trace.

mod file;
mod places;
mod renewal;
mod retry;
mod tokens;

use crate::address::PortalUrl;
use crate::auth::{Lease, SignIn, SignInStore, Tokens};
use crate::envelope::{self, Body, Bounds};
use crate::failure::{Cause, Failure};
use crate::hosts::{Hosts, NoTurn};
use crate::redact::{excerpt, redact};
use crate::transport::{Method, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::{Credentials, Error, ErrorKind, History, Ledger, Limits, Polling, Result};
use arcgis_analysis_types::Form;
use arcgis_analysis_types::meta::TaskMeta;
pub(crate) use file::Fetched;
use places::Place;
pub(crate) use places::Server;
use retry::{PAUSES, retry_after};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};
use tokens::first_token;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tracing::Instrument;
use url::{Origin, Url};

/// Everything that requests to one portal and its services share.
#[derive(Debug)]
pub(crate) struct Session {
    /// Itself, for the tasks that make tokens.
    me: Weak<Session>,
    pub(crate) portal: PortalUrl,
    pub(crate) limits: Limits,
    pub(crate) polling: Polling,
    pub(crate) ledger: Option<Ledger>,
    /// How long earlier jobs took, by service and task, as the ledger said when it was first asked.
    histories: Mutex<HashMap<(&'static str, &'static str), Told>>,
    transport: Arc<dyn Transport>,
    hosts: Hosts,
    credentials: Credentials,
    /// The portal's tokens.
    tokens: Tokens,
    /// The sign-in as it is now, where there is one.
    sign_in: Mutex<Option<SignIn>>,
    /// Where it is kept.
    store: OnceLock<Arc<dyn SignInStore>>,
    /// The servers to which requests with tokens go, beside the portal.
    servers: RwLock<Vec<Arc<Server>>>,
}

/// What the ledger told of a task, once it was asked.
type Told = Arc<OnceCell<Option<History>>>;

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
    /// A file.
    File,
}

/// How an answer is read.
type Read<T> = fn(&Session, Response, &Call) -> Result<T, Failure>;

/// An answer that is a JSON document and no error.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) document: Value,
    pub(crate) retry_after: Option<Duration>,
    /// The server's own time, where it told it.
    pub(crate) date: Option<SystemTime>,
    /// How many bytes the answer had, decompressed.
    pub(crate) bytes: usize,
}

impl Session {
    pub(crate) fn new(
        portal: PortalUrl,
        credentials: Credentials,
        transport: Arc<dyn Transport>,
        limits: Limits,
        polling: Polling,
        ledger: Option<Ledger>,
    ) -> Arc<Self> {
        let sign_in = match &credentials {
            Credentials::SignIn(sign_in) => Some(sign_in.clone()),
            _ => None,
        };
        let first = sign_in.as_ref().and_then(first_token);
        let tokens = Tokens::new(credentials.secrets(), first);
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            portal,
            limits,
            polling,
            ledger,
            histories: Mutex::default(),
            transport,
            hosts: Hosts::default(),
            credentials,
            tokens,
            sign_in: Mutex::new(sign_in),
            store: OnceLock::new(),
            servers: RwLock::default(),
        })
    }

    /// How bytes are exchanged.
    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport)
    }

    /// How long earlier jobs of the task took, where a ledger knows.
    pub(crate) async fn history(&self, task: &'static TaskMeta) -> Option<History> {
        let ledger = self.ledger.clone()?;
        let known = {
            let histories = self.histories.lock();
            let mut histories = histories.unwrap_or_else(PoisonError::into_inner);
            Arc::clone(histories.entry((task.service.id, task.name)).or_default())
        };
        let read = async || {
            let read = spawn_blocking(move || ledger.history(task)).await;
            // A ledger that cannot be read is no reason to watch no job.
            read.ok().and_then(Result::ok).flatten()
        };
        *known.get_or_init(read).await
    }

    /// The error of an answer that is JSON but not what the call `doing` expects.
    pub(crate) fn unexpected(&self, doing: &str, problem: &str, document: &Value) -> Error {
        Error::new(ErrorKind::Protocol, format!("{doing} failed: {problem}"))
            .with_excerpt(excerpt(document.to_string().as_bytes(), &self.secrets()))
    }

    /// Whether it is the name with which the caller signs in.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        match &self.credentials {
            Credentials::Password(password) => password.username == name,
            Credentials::SignIn(sign_in) => sign_in.username.as_deref() == Some(name),
            _ => false,
        }
    }

    pub(crate) fn token_expires(&self) -> Option<SystemTime> {
        self.tokens.expires()
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let mut all = self.tokens.secrets();
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        all.extend(servers.iter().flat_map(|server| server.secrets()));
        all
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

    /// Makes a request with the token of the place it goes to, and once more with a fresh one if the server refuses
    /// the token: such a refusal proves that the request had no effect. Of the attempts at a call the first has the
    /// number one.
    pub(crate) async fn attempt(&self, call: &Call, number: u32) -> Result<Reply, Failure> {
        self.attempt_as(call, number, Self::read).await
    }

    async fn attempt_as<T>(&self, call: &Call, number: u32, read: Read<T>) -> Result<T, Failure> {
        let no_token = |error| Failure::new(Cause::Token(error));
        let place = self.place(&call.url);
        let mut lease = self.lease(&place).await.map_err(no_token)?;
        // After one that another process got, which may have ended too, another one may be had.
        let mut renewals = 2;
        loop {
            let refused = match self.exchange(call, number, Some(&lease), read).await {
                Err(failure) if wants_token(&failure) => Failure {
                    server: place.server(),
                    ..failure
                },
                outcome => return outcome,
            };
            if renewals == 0 {
                return Err(refused);
            }
            let Some(fresh) = self.renew(&place, &lease).await.map_err(no_token)? else {
                return Err(refused);
            };
            tracing::debug!(operation = call.operation, "request.renewed");
            renewals = if fresh.taken_over { renewals - 1 } else { 0 };
            lease = fresh;
        }
    }

    /// Makes a request that does no harm when repeated, and repeats it when it fails for a passing reason.
    pub(crate) async fn call_again(&self, call: &Call) -> Result<Reply, Failure> {
        self.call_again_as(call, Self::read).await
    }

    /// The same for an answer that is read otherwise.
    pub(crate) async fn call_again_as<T>(&self, call: &Call, read: Read<T>) -> Result<T, Failure> {
        let mut attempts = self.attempts(&PAUSES);
        loop {
            let failure = match self.attempt_as(call, attempts.number, read).await {
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
        let advice = wants_token(&failure).then(|| self.advice(failure.server.as_deref()));
        let error = failure.into_error(doing, &self.secrets());
        match advice {
            Some(advice) => error.amended(ErrorKind::Authentication, |sentence| {
                format!("{sentence}; {advice}")
            }),
            None => error,
        }
    }

    async fn exchange<T>(
        &self,
        call: &Call,
        attempt: u32,
        lease: Option<&Lease>,
        read: Read<T>,
    ) -> Result<T, Failure> {
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
            let longest = self.limits.retry_for;
            let slot = match host.slot(longest, call.timeout).await {
                Ok(slot) => slot,
                Err(reason) => return Err(no_turn(reason)),
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
                Ok(response) => read(self, response, call),
                Err(mut error) => Err(Failure {
                    excerpt: error
                        .take_beginning()
                        .map(|body| excerpt(&body, &self.secrets())),
                    ..Failure::new(Cause::Transport(error))
                }),
            };
            if let Err(failure) = &outcome {
                self.heed(&host, failure);
            }
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
        let accept = match call.expects {
            Expects::File => "*/*",
            _ => "application/json",
        };
        let mut headers = vec![("Accept", accept.to_owned())];
        if call.form.is_some() {
            headers.push((
                "Content-Type",
                "application/x-www-form-urlencoded".to_owned(),
            ));
        }
        if !matches!(self.place(&call.url), Place::Elsewhere) {
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
            stall_grace: self.limits.stall_grace,
            slowest_body: self.limits.slowest_body,
            max_header: self.limits.max_header,
            max_body: match call.expects {
                Expects::Little => self.limits.max_control_body,
                Expects::Result => self.limits.max_result_body,
                Expects::File => self.limits.max_file_body,
            },
            max_expansion: match call.expects {
                Expects::Little => usize::MAX,
                Expects::Result | Expects::File => self.limits.max_expansion,
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
            server: None,
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
                Expects::Little | Expects::File => self.limits.max_control_values,
                Expects::Result => self.limits.max_result_values,
            },
        };
        match envelope::read(status, response.body(), bounds) {
            Body::Excess(what) => Err(failure(Cause::Excess(what))),
            Body::Refusal(mut refusal) => {
                // The words are redacted with the sentence that they become a part of; the code stands by itself.
                let code = refusal.message_code.take();
                refusal.message_code = code.map(|code| redact(&code, &self.secrets()));
                Err(failure(Cause::Refused(refusal)))
            }
            _ if !(200..300).contains(&status) => Err(failure(Cause::Status)),
            Body::Unreadable(what) => Err(failure(Cause::Unreadable(what))),
            Body::Json(document) => Ok(Reply {
                document,
                retry_after,
                date: retry::date(&response),
                bytes: response.body().len(),
            }),
        }
    }
}

/// The failure of a request that had no turn.
fn no_turn(reason: NoTurn) -> Failure {
    match reason {
        NoTurn::Crowded => {
            let problem = "no turn came within the time allowed, because too many requests to the host are under way";
            Failure::new(Cause::Transport(TransportError::new(
                TransportErrorKind::NotSent,
                problem,
            )))
        }
        NoTurn::Silent(silence) => Failure {
            retry_after: Some(silence.until - Instant::now()),
            status: Some(silence.status),
            ..Failure::new(Cause::Status)
        },
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

#[cfg(test)]
mod tests;
