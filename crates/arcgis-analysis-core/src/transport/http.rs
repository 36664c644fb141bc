//! Real HTTP, through reqwest. No other module knows of reqwest.

use super::body::Incoming;
use super::stall::Stall;
use super::{
    Exchange, Method, Request, Response, Transport, TransportError, TransportErrorKind as Kind,
};
use crate::address::is_loopback;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// HTTP/1.1 with TLS, verified against the machine's own certificates.
///
/// Redirects are never followed and requests never repeated. Clients are made when they are first needed; those
/// for plain HTTP, which is for loopback only, load no certificates and use no proxy. Proxies are taken from the
/// environment (`HTTPS_PROXY`, `NO_PROXY`) or the system.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::transport::HttpTransport;
/// use arcgis_analysis_core::{Portal, Result};
/// use std::time::Duration;
///
/// # async fn connect() -> Result<()> {
/// let transport = HttpTransport::new(Duration::from_secs(3));
/// let portal = Portal::builder("https://www.arcgis.com").transport(transport).connect().await?;
/// # Ok(())
/// # }
/// ```
pub struct HttpTransport {
    connect_timeout: Duration,
    /// By purpose: encrypted or not, on a fresh connection or a pooled one.
    clients: [[OnceLock<reqwest::Client>; 2]; 2],
    tls: OnceLock<ClientConfig>,
}

impl HttpTransport {
    /// A transport that waits so long for a connection, which includes the name look-up and the TLS handshake.
    #[must_use]
    pub fn new(connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            clients: Default::default(),
            tls: OnceLock::new(),
        }
    }

    fn client(&self, encrypted: bool, fresh: bool) -> Result<&reqwest::Client, TransportError> {
        let slot = &self.clients[usize::from(encrypted)][usize::from(fresh)];
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("arcgis-analysis/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .tls_backend_preconfigured(if encrypted { self.tls()? } else { no_tls()? });
        if fresh {
            builder = builder.pool_max_idle_per_host(0);
        }
        if !encrypted {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| not_sent("the HTTP client cannot be made", &error))?;
        Ok(slot.get_or_init(|| client))
    }

    fn tls(&self) -> Result<ClientConfig, TransportError> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let problem = "the machine's certificates cannot be loaded (on Linux, install ca-certificates or set SSL_CERT_FILE)";
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| not_sent(problem, &error))?
                .with_platform_verifier()
                .map_err(|error| not_sent(problem, &error))?
                .with_no_client_auth();
        Ok(self.tls.get_or_init(|| config).clone())
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let encrypted = request.url.scheme() == "https";
        if !encrypted && !is_loopback(&request.url) {
            return Err(TransportError::new(
                Kind::NotSent,
                "requests without encryption stay on this machine",
            ));
        }
        let client = self.client(encrypted, request.fresh_connection)?;
        let headers = headers(&request)?;
        let (max_header, max_body) = (request.max_header, request.max_body);
        let (stall_grace, slowest_body) = (request.stall_grace, request.slowest_body);
        let mut builder = match request.method {
            Method::Get => client.get(request.url),
            Method::Post => client.post(request.url),
        };
        builder = builder.headers(headers).timeout(request.timeout);
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let mut response = builder.send().await.map_err(broken)?;
        let encoding = response.headers().get(CONTENT_ENCODING);
        let gzip = encoding.is_some_and(|name| matches!(name.as_bytes(), b"gzip" | b"x-gzip"));
        let announced = response.content_length().unwrap_or_default();
        let mut body = Incoming::new(gzip, max_body, request.max_expansion);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let head = Response::new(response.status().as_u16(), headers, Vec::new());
        if head.header_size() > max_header {
            let problem = format!("the answer's headers are larger than {max_header} bytes");
            return Err(TransportError::new(Kind::TooLarge, problem));
        }
        let mut stall = Stall::new(stall_grace, slowest_body);
        while let Some(piece) = stall.watch(response.chunk()).await?.map_err(broken)? {
            stall.received(piece.len());
            body.push(&piece)?;
            if announced > max_body as u64 {
                // It was worth a first look, which says what was sent.
                return Err(body.too_large());
            }
        }
        Ok(Response {
            body: body.finish()?,
            ..head
        })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> Exchange<'_> {
        Box::pin(self.exchange(request))
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

/// What a client for plain HTTP trusts: nobody.
fn no_tls() -> Result<ClientConfig, TransportError> {
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| not_sent("the HTTP client cannot be made", &error))?;
    Ok(config
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

fn headers(request: &Request) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::new();
    // Decompressed here and not by the client, so that a body is measured while it grows.
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in &request.headers {
        let invalid = || {
            TransportError::new(
                Kind::NotSent,
                format!("the header `{name}` has a value that cannot travel"),
            )
        };
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        map.insert(
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?,
            value,
        );
    }
    Ok(map)
}

fn broken(error: reqwest::Error) -> TransportError {
    // reqwest calls an error one of connecting only if the connection was never handed a request.
    let connecting = error.is_connect() || error.is_builder();
    let certificate = certificate_error(&error);
    let (kind, sentence) = match (connecting, error.is_timeout()) {
        (true, _) if certificate.is_some() => {
            (Kind::Untrusted, "the server's certificate is not trusted")
        }
        (true, true) => (Kind::NotSent, "no connection within the time allowed"),
        (true, false) => (Kind::NotSent, "no connection"),
        (false, true) => (Kind::TimedOut, "no complete answer within the time allowed"),
        (false, false) => (Kind::Interrupted, "the connection broke"),
    };
    // The innermost cause says most. The outermost would show the URL.
    match certificate.or_else(|| deepest(&error)) {
        Some(cause) if !error.is_timeout() => {
            TransportError::new(kind, format!("{sentence} ({cause})"))
        }
        _ => TransportError::new(kind, sentence),
    }
}

/// What is wrong with the server's certificate, if that is why there is no connection.
fn certificate_error(error: &dyn std::error::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
            return Some(problem.to_string());
        }
        // An I/O error passes over the error that it wraps when it is asked for its source.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn deepest(error: &dyn std::error::Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Some(cause.to_string())
}

fn not_sent(problem: &str, error: &dyn std::error::Error) -> TransportError {
    TransportError::new(Kind::NotSent, format!("{problem}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(url: &str, header: &str) -> String {
        let request = Request {
            method: Method::Get,
            url: url.parse().unwrap_or_else(|_| unreachable!("{url}")),
            headers: vec![("Referer", header.to_owned())],
            body: None,
            fresh_connection: false,
            timeout: Duration::from_millis(200),
            stall_grace: Duration::from_millis(200),
            slowest_body: 1,
            max_header: 1_000,
            max_body: 1_000,
            max_expansion: 100,
        };
        let outcome = HttpTransport::new(Duration::from_millis(100))
            .send(request)
            .await;
        let error = outcome.map_or_else(|error| error, |_| unreachable!("nobody answers"));
        assert_eq!(error.kind(), Kind::NotSent);
        error.to_string()
    }

    #[tokio::test]
    async fn plain_http_stays_on_this_machine() {
        assert!(
            refusal("http://192.0.2.1/", "x")
                .await
                .contains("without encryption")
        );
    }

    #[tokio::test]
    async fn a_header_cannot_be_split() {
        let refusal = refusal("http://127.0.0.1:9/", "x\r\nX-Admin: 1").await;
        assert!(refusal.contains("cannot travel"), "{refusal}");
        assert!(!refusal.contains("X-Admin"), "{refusal}");
    }
}
