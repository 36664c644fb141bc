//! What the targets share: a server that says what the input says, and what holds of every error and every request.

use arcgis_analysis::transport::{
    Exchange, Request, Response, Transport, TransportError, TransportErrorKind,
};
use arcgis_analysis::{Error, find_task, types::TaskEntry};
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// What a caller may hold, and then nobody but the portal may ever see. A client that was not given one of these cannot know
/// it from any other word. They are as long as real ones: a short password is left where a result may have it as a word.
pub(crate) const PASSWORD: &str = "PASSW0RD-of-ada-1815";
pub(crate) const TOKEN: &str = "T0KEN-of-ada-1815";
pub(crate) const CLIENT_SECRET: &str = "CLIENT-S3CRET-of-ada-1815";
pub(crate) const REFRESH_TOKEN: &str = "REFRESH-of-ada-1815";
pub(crate) const SECRETS: [&str; 4] = [PASSWORD, TOKEN, CLIENT_SECRET, REFRESH_TOKEN];

/// The parts of an input, which are divided by lines of three dashes.
pub(crate) fn parts(data: &[u8]) -> Vec<&[u8]> {
    const LINE: &[u8] = b"\n---\n";
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(LINE.len()).position(|window| window == LINE) {
        parts.push(&rest[..at]);
        rest = &rest[at + LINE.len()..];
    }
    parts.push(rest);
    parts
}

pub(crate) fn text(part: &[u8]) -> String {
    String::from_utf8_lossy(part).into_owned()
}

pub(crate) fn json(part: &[u8]) -> Option<Value> {
    serde_json::from_slice(part).ok()
}

/// The task of this name, or buffers where there is none.
pub(crate) fn task(name: &[u8]) -> &'static TaskEntry {
    find_task(text(name).trim(), None)
        .or_else(|_| find_task("CreateBuffers", None))
        .unwrap()
}

/// What a server says to one request.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    Broken(TransportErrorKind),
}

impl Told {
    /// A part that begins with three digits begins with a line of a status and, if there is more, a header; `001` to
    /// `005` are broken exchanges. Any other part is a body with status 200.
    pub(crate) fn read(part: &[u8]) -> Self {
        use TransportErrorKind::{Interrupted, NotSent, Stalled, TimedOut, TooLarge};
        let digits = part.get(..3).filter(|d| d.iter().all(u8::is_ascii_digit));
        let Some(digits) = digits else {
            return Self::Answer {
                status: 200,
                headers: Vec::new(),
                body: part.to_vec(),
            };
        };
        let status = digits
            .iter()
            .fold(0, |sum, digit| 10 * sum + u16::from(digit - b'0'));
        let end = part.iter().position(|byte| *byte == b'\n');
        let (line, body) = part.split_at(end.unwrap_or(part.len()));
        let line = text(&line[3..]);
        let header = line.split_once(':');
        let header = header.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        match status {
            1 => Self::Broken(NotSent),
            2 => Self::Broken(TimedOut),
            3 => Self::Broken(Interrupted),
            4 => Self::Broken(TooLarge),
            5 => Self::Broken(Stalled),
            _ => Self::Answer {
                status,
                headers: header.into_iter().collect(),
                body: body.get(1..).unwrap_or_default().to_vec(),
            },
        }
    }

    pub(crate) fn json(document: &Value) -> Self {
        Self::Answer {
            status: 200,
            headers: Vec::new(),
            body: document.to_string().into_bytes(),
        }
    }
}

/// A request, and what was said to it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) told: Told,
}

impl Asked {
    pub(crate) fn url(&self) -> Url {
        Url::parse(self.request.url()).unwrap()
    }

    /// Whether a secret is what the request proves with who asks.
    fn shows(&self, secret: &str) -> bool {
        let bearer = format!("Bearer {secret}");
        let body = self.request.body().unwrap_or_default();
        let names = ["token", "password", "client_secret", "refresh_token"];
        self.request.headers().any(|(_, value)| value == bearer)
            || url::form_urlencoded::parse(body)
                .any(|(name, value)| names.contains(&name.as_ref()) && value == secret)
    }

    fn holds(&self, secret: &str) -> bool {
        let in_header = self
            .request
            .headers()
            .any(|(_, value)| value.contains(secret));
        let body = self.request.body().unwrap_or_default();
        // As a form has it: of letters, digits and dashes alone, a secret is written as it is.
        in_header || text(body).contains(secret)
    }
}

/// A server of every host, which answers certain paths always alike, and everything else by the parts of the input, in
/// order, the last one for ever. It is told what its client was given.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    given: Vec<&'static str>,
    fixed: Vec<(&'static str, Told)>,
    told: Mutex<VecDeque<Told>>,
    asked: Mutex<Vec<Asked>>,
}

impl Server {
    pub(crate) fn new<'a>(
        given: &[&'static str],
        fixed: impl IntoIterator<Item = (&'static str, Value)>,
        parts: impl IntoIterator<Item = &'a &'a [u8]>,
    ) -> Self {
        let fixed = fixed.into_iter();
        Self(Arc::new(Inner {
            given: given.to_vec(),
            fixed: fixed.map(|(end, json)| (end, Told::json(&json))).collect(),
            told: Mutex::new(parts.into_iter().map(|part| Told::read(part)).collect()),
            asked: Mutex::default(),
        }))
    }

    fn answer(&self, request: &Request) -> Told {
        let path = Url::parse(request.url()).unwrap();
        let fixed = self.0.fixed.iter();
        let mut fixed = fixed.filter(|(end, _)| path.path().ends_with(end));
        if let Some((_, told)) = fixed.next() {
            return told.clone();
        }
        let mut told = self.0.told.lock().unwrap();
        match told.len() {
            0 => Told::Broken(TransportErrorKind::NotSent),
            1 => told[0].clone(),
            _ => told.pop_front().unwrap(),
        }
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }

    /// The secrets of the client: those that it was given, and those that it got for them, which it has if it shows them to
    /// somebody.
    fn held(&self) -> Vec<&'static str> {
        let asked = self.0.asked.lock().unwrap();
        let held = SECRETS.into_iter().filter(|secret| {
            self.0.given.contains(secret) || asked.iter().any(|asked| asked.shows(secret))
        });
        held.collect()
    }

    /// An error is one line for people, and shows no secret of the client in whatever way it is looked at.
    pub(crate) fn check_error(&self, error: &Error) {
        check_error(&self.held(), error);
    }

    /// A text for people is one line, and shows no secret of the client.
    pub(crate) fn line(&self, text: &str) {
        line(text);
        self.hidden(text);
    }

    /// A text shows no secret of the client.
    pub(crate) fn hidden(&self, text: &str) {
        hidden(&self.held(), text);
    }

    /// What was asked is well-formed and encrypted, no URL holds a secret of the client, and those went only to where
    /// `may` says.
    pub(crate) fn check(&self, may: impl Fn(&str, &Url) -> bool) {
        let (asked, held) = (self.asked(), self.held());
        // Whatever is said, nobody asks without end.
        assert!(asked.len() <= 2_000, "{} requests", asked.len());
        for asked in asked {
            let url = asked.url();
            assert_eq!(url.scheme(), "https", "{url}");
            assert!(
                url.username().is_empty() && url.password().is_none(),
                "{url}"
            );
            for secret in &held {
                assert!(!url.as_str().contains(secret), "a secret is in {url}");
                assert!(
                    !asked.holds(secret) || may(secret, &url),
                    "a secret went to {url}"
                );
            }
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Transport for Server {
    fn send(&self, request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let told = self.answer(&request);
            let asked = Asked {
                request: request.clone(),
                told: told.clone(),
            };
            self.0.asked.lock().unwrap().push(asked);
            match told {
                Told::Broken(kind) => Err(TransportError::new(kind, "the exchange broke")),
                Told::Answer { body, .. } if body.len() > request.max_body() => {
                    let error = TransportErrorKind::TooLarge;
                    Err(TransportError::new(error, "it is too large").with_beginning(&body))
                }
                Told::Answer {
                    status,
                    headers,
                    body,
                } => Ok(Response::new(status, headers, body)),
            }
        })
    }
}

/// Runs to the end in virtual time, which must come within a day.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let day = Duration::from_secs(24 * 60 * 60);
    runtime
        .unwrap()
        .block_on(async { tokio::time::timeout(day, work).await.unwrap() })
}

/// An error is one line for people, and shows none of the secrets in whatever way it is looked at.
pub(crate) fn check_error(secrets: &[&str], error: &Error) {
    line(&error.to_string());
    let mut looks = vec![error.to_string(), format!("{error:?}")];
    looks.extend(error.excerpt().map(str::to_owned));
    looks.extend(error.job_url().map(str::to_owned));
    looks.extend(error.message_code().map(str::to_owned));
    for message in error.messages() {
        looks.extend([message.text(), format!("{message:?}")]);
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        looks.extend([error.to_string(), format!("{error:?}")]);
        source = error.source();
    }
    for look in looks {
        hidden(secrets, &look);
    }
}

/// A text for people is one line, with nothing in it that moves a terminal's cursor.
pub(crate) fn line(text: &str) {
    assert!(!text.trim().is_empty());
    assert!(!text.contains(char::is_control), "{text:?}");
}

/// A text shows none of the secrets.
fn hidden(secrets: &[&str], text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "{text:?} shows a secret");
    }
}
