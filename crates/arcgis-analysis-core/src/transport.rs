//! The exchange of bytes with a server, behind a trait small enough to replay.

mod body;
mod http;
mod replay;
mod stall;

pub use http::HttpTransport;
pub use replay::{Answer, Recorded, Replay};

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use url::Url;

/// Carries one request to a server and brings the answer back.
///
/// An implementation sends each request at most once, follows no redirect, and says honestly whether anything may
/// have reached the server: on [`TransportErrorKind::NotSent`] rests the promise that nothing is submitted twice.
///
/// # Examples
///
/// A transport that is never reachable:
///
/// ```
/// use arcgis_analysis_core::transport::{Exchange, Request, Transport, TransportError, TransportErrorKind};
///
/// #[derive(Debug)]
/// struct Unreachable;
///
/// impl Transport for Unreachable {
///     fn send(&self, _request: Request) -> Exchange<'_> {
///         Box::pin(async { Err(TransportError::new(TransportErrorKind::NotSent, "there is no network")) })
///     }
/// }
/// # use arcgis_analysis_core::{ErrorKind, Portal};
/// # let connecting = Portal::builder("https://www.arcgis.com").transport(Unreachable).connect();
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
/// # assert_eq!(runtime.block_on(connecting).unwrap_err().kind(), ErrorKind::Transport);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends the request and reads the whole answer, within the request's own time and size limits.
    fn send(&self, request: Request) -> Exchange<'_>;
}

/// An exchange under way.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::{Answer, Exchange};
/// use arcgis_analysis_core::transport::Response;
///
/// let ready: Exchange<'static> = Box::pin(async { Ok(Response::new(204, [], Vec::new())) });
/// ```
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// The method of a request.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::Method;
///
/// assert_eq!(Method::Post.as_str(), "POST");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST of a form.
    Post,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request to a server.
///
/// Its `Debug` form shows neither the values of headers nor the body, which may hold secrets.
///
/// # Examples
///
/// Requests are made by [`Portal`](crate::Portal); a transport reads them:
///
/// ```
/// use arcgis_analysis_core::transport::Request;
///
/// fn request_line(request: &Request) -> String {
///     format!("{} {}", request.method().as_str(), request.url())
/// }
/// ```
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) fresh_connection: bool,
    pub(crate) timeout: Duration,
    pub(crate) stall_grace: Duration,
    pub(crate) slowest_body: u32,
    pub(crate) max_header: usize,
    pub(crate) max_body: usize,
    pub(crate) max_expansion: usize,
}

impl Request {
    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The URL, which never holds a secret of the caller's. That of a file to which a portal sends may be good for whoever has
    /// it, for as long as the portal says.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The headers to send, by name and value. Some values are secrets.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// The body of a POST, a URL-encoded form. It may hold secrets.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// Whether the request must go out on a connection that carried nothing before, because it must not be sent
    /// twice: on a reused connection nobody knows whether the server had already closed it.
    #[must_use]
    pub fn fresh_connection(&self) -> bool {
        self.fresh_connection
    }

    /// How long the whole exchange may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long the answer's body may stall: it may fall behind [`slowest_body`](Self::slowest_body) by what comes in
    /// this time.
    #[must_use]
    pub fn stall_grace(&self) -> Duration {
        self.stall_grace
    }

    /// How many bytes of the answer's body are to come in a second, before decompression; 0 where that does not matter.
    #[must_use]
    pub fn slowest_body(&self) -> u32 {
        self.slowest_body
    }

    /// How many bytes the answer's headers may have together, with the `: ` and the line end of each.
    #[must_use]
    pub fn max_header(&self) -> usize {
        self.max_header
    }

    /// How many bytes the answer's body may have after decompression.
    #[must_use]
    pub fn max_body(&self) -> usize {
        self.max_body
    }

    /// How many times longer a large body may become by decompression.
    #[must_use]
    pub fn max_expansion(&self) -> usize {
        self.max_expansion
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// A server's answer.
///
/// Its `Debug` form shows neither headers nor body, which may hold secrets.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::Response;
///
/// let response = Response::new(503, [("Retry-After".to_owned(), "5".to_owned())], b"busy".to_vec());
/// assert_eq!(response.header("retry-after"), Some("5"));
/// assert_eq!(format!("{response:?}"), "Response { status: 503, body_bytes: 4, .. }");
/// ```
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// An answer of this HTTP status, with these headers and this decompressed body.
    pub fn new(
        status: u16,
        headers: impl IntoIterator<Item = (String, String)>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            status,
            headers: headers.into_iter().collect(),
            body,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name, in any letter case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// How many bytes the headers have together, with the `: ` and the line end of each.
    #[must_use]
    pub fn header_size(&self) -> usize {
        let sizes = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 4);
        sizes.sum()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why an exchange brought no answer.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::{TransportError, TransportErrorKind};
///
/// let error = TransportError::new(TransportErrorKind::NotSent, "the connection was refused");
/// assert_eq!(error.to_string(), "the connection was refused");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    detail: String,
    /// What was read of the answer. It may hold secrets.
    beginning: Vec<u8>,
}

/// How many bytes of an answer are kept for an excerpt.
const BEGINNING: usize = 16 << 10;

/// The kinds of [`TransportError`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::TransportErrorKind;
///
/// /// Whether even a request that must not be sent twice may be sent again.
/// fn may_repeat(kind: TransportErrorKind) -> bool {
///     kind == TransportErrorKind::NotSent
/// }
/// assert!(!may_repeat(TransportErrorKind::TimedOut));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// Certainly no byte of the request reached the server, because no connection came about.
    NotSent,
    /// Certainly no byte of the request was sent, because the server could not prove who it is.
    Untrusted,
    /// The time was up; the request may have reached the server.
    TimedOut,
    /// The answer came too slowly; the request has reached the server.
    Stalled,
    /// The connection broke; the request may have reached the server.
    Interrupted,
    /// The answer is larger than allowed.
    TooLarge,
}

impl TransportError {
    /// An error with a clause that says what happened, without any secret or URL.
    pub fn new(kind: TransportErrorKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            beginning: Vec::new(),
        }
    }

    /// The same with what was read of the answer, of which the error that the caller gets keeps a redacted excerpt.
    #[must_use]
    pub fn with_beginning(mut self, body: &[u8]) -> Self {
        self.beginning = body[..body.len().min(BEGINNING)].to_vec();
        self
    }

    /// Takes out what was read of the answer.
    pub(crate) fn take_beginning(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.beginning)).filter(|beginning| !beginning.is_empty())
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for TransportError {}
