//! Prepared answers instead of a network.

use super::stall::Stall;
use super::{
    Exchange, Method, Request, Response, Transport, TransportError, TransportErrorKind as Kind,
};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A transport that gives prepared answers and remembers what it was asked.
///
/// It touches no socket, so tests on it run in virtual time: under tokio's paused clock hours pass in milliseconds.
/// A request for which nothing is prepared fails, and says so.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::{Answer, Method, Replay};
/// use arcgis_analysis_core::Portal;
/// use arcgis_analysis_types::serde_json::json;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
/// # runtime.block_on(async {
/// let replay = Replay::new().on(
///     Method::Get,
///     "/portals/self",
///     [Answer::status(503), Answer::json(&json!({ "user": { "username": "ada" } }))],
/// );
/// let portal = Portal::builder("https://www.arcgis.com").transport(replay.clone()).connect().await?;
/// assert_eq!(portal.username(), Some("ada"));
/// assert_eq!(replay.requests().len(), 2);
/// # Ok::<(), arcgis_analysis_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Replay {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    began: Option<Instant>,
    routes: Vec<Route>,
    requests: Vec<Recorded>,
}

#[derive(Debug)]
struct Route {
    method: Method,
    path: String,
    answers: Answers,
}

enum Answers {
    InOrder(VecDeque<Answer>),
    ByTime(Box<dyn FnMut(f64) -> Answer + Send>),
}

impl Answers {
    fn next(&mut self, at: Duration) -> Option<Answer> {
        match self {
            Self::InOrder(answers) => match answers.front() {
                Some(answer) if answer.forever => Some(answer.clone()),
                _ => answers.pop_front(),
            },
            Self::ByTime(answer) => Some(answer(at.as_secs_f64())),
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InOrder(answers) => f.debug_list().entries(answers).finish(),
            Self::ByTime(_) => f.write_str("by time"),
        }
    }
}

impl Replay {
    /// A transport without answers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Prepares answers, in order, to requests of this method whose path ends with `path`.
    ///
    /// Where several such preparations fit a request, the first that has answers left gives one.
    #[must_use]
    pub fn on(self, method: Method, path: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = answers.into_iter().collect();
        self.with(method, path, Answers::InOrder(answers))
    }

    /// Prepares what to answer to all such requests by the seconds since the first request of any kind.
    #[must_use]
    pub fn timed(
        self,
        method: Method,
        path: &str,
        answer: impl FnMut(f64) -> Answer + Send + 'static,
    ) -> Self {
        self.with(method, path, Answers::ByTime(Box::new(answer)))
    }

    fn with(self, method: Method, path: &str, answers: Answers) -> Self {
        self.lock().routes.push(Route {
            method,
            path: path.to_owned(),
            answers,
        });
        self
    }

    /// What was asked so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let mut state = self.lock();
        let now = Instant::now();
        let began = *state.began.get_or_insert(now);
        state.requests.push(Recorded {
            request: request.clone(),
            at: now - began,
        });
        state
            .routes
            .iter_mut()
            .filter(|route| {
                route.method == request.method && request.url.path().ends_with(&route.path)
            })
            .find_map(|route| route.answers.next(now - began))
    }
}

impl Transport for Replay {
    fn send(&self, request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let Some(answer) = self.answer(&request) else {
                let line = format!("{} {}", request.method.as_str(), request.url.path());
                return Err(TransportError::new(
                    Kind::NotSent,
                    format!("no answer is prepared for {line}"),
                ));
            };
            let late =
                TransportError::new(Kind::TimedOut, "no complete answer within the time allowed");
            let Ok(arrived) = timeout(request.timeout, answer.arrive(&request)).await else {
                return Err(late);
            };
            arrived?;
            match answer.outcome {
                Ok(response)
                    if response.body().len() > request.max_body
                        || response.header_size() > request.max_header =>
                {
                    let error = TransportError::new(Kind::TooLarge, "the answer is too large");
                    Err(error.with_beginning(response.body()))
                }
                outcome => outcome,
            }
        })
    }
}

/// A prepared answer of a [`Replay`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::{Answer, TransportErrorKind};
/// use arcgis_analysis_types::serde_json::json;
/// use std::time::Duration;
///
/// let slow = Answer::json(&json!({ "jobId": "j1" })).after(Duration::from_secs(20));
/// let busy = Answer::status(503).header("Retry-After", "5");
/// let slow_drip = Answer::json(&json!({ "jobId": "j1" })).dripping(1, Duration::from_secs(10));
/// let login_page = Answer::text(200, "<html>Sign in</html>").forever();
/// let cut = Answer::broken(TransportErrorKind::Interrupted);
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    outcome: Result<Response, TransportError>,
    delay: Duration,
    /// How many bytes of the body come at once, and the pause before each such piece.
    drip: Option<(usize, Duration)>,
    forever: bool,
}

impl Answer {
    /// A JSON document with HTTP status 200.
    #[must_use]
    pub fn json(document: &serde_json::Value) -> Self {
        Self::text(200, &document.to_string())
    }

    /// An empty body with this HTTP status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::text(status, "")
    }

    /// This body with this HTTP status.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        Self::of(Ok(Response::new(status, [], body.as_bytes().to_vec())))
    }

    /// No answer, but this failure.
    #[must_use]
    pub fn broken(kind: Kind) -> Self {
        Self::of(Err(TransportError::new(
            kind,
            format!("prepared failure ({kind:?})"),
        )))
    }

    /// The same with a header; nothing where there is no answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.outcome {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same after a delay. A delay beyond the request's time limit becomes a time-out.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same in pieces of so many bytes, with a pause before each. A body that comes more slowly than the request allows
    /// becomes an error, as does one that takes too long.
    #[must_use]
    pub fn dripping(mut self, bytes: usize, pause: Duration) -> Self {
        self.drip = Some((bytes.max(1), pause));
        self
    }

    /// The same to every further request.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.forever = true;
        self
    }

    fn of(outcome: Result<Response, TransportError>) -> Self {
        Self {
            outcome,
            delay: Duration::ZERO,
            drip: None,
            forever: false,
        }
    }

    /// Lets the time pass in which the answer comes.
    async fn arrive(&self, request: &Request) -> Result<(), TransportError> {
        sleep(self.delay).await;
        if let (Some((piece, pause)), Ok(response)) = (self.drip, &self.outcome) {
            let mut stall = Stall::new(request.stall_grace, request.slowest_body);
            for piece in response.body().chunks(piece) {
                stall.watch(sleep(pause)).await?;
                stall.received(piece.len());
            }
        }
        Ok(())
    }
}

/// A request that a [`Replay`] was asked.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::Recorded;
///
/// fn carried_a_token(request: &Recorded) -> bool {
///     request.header("X-Esri-Authorization").is_some()
/// }
/// ```
#[derive(Clone)]
pub struct Recorded {
    request: Request,
    at: Duration,
}

impl Recorded {
    /// The request's path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.request.url.path()
    }

    /// The whole request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// When it was asked, counted from the first request.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.at
    }

    /// The value of a header, by name in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request
            .headers()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The value of a field of the posted form.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let body = self.request.body()?;
        url::form_urlencoded::parse(body)
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("request", &self.request)
            .field("at", &self.at)
            .finish()
    }
}
