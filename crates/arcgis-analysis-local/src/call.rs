//! A request, read: its parameters, who sent it, and in which form the answer is wanted.

use crate::app::App;
use crate::error::Fault;
use crate::tokens::Bearer;
use axum::Form;
use axum::RequestExt;
use axum::body::{Bytes, HttpBody};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, REFERER,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;

/// The largest body that is read without asking who sends it, in bytes: 64 KiB.
pub(crate) const SMALL_BODY: usize = 64 * 1024;

/// The connection that a request came over, noted when it was accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The address that it came from.
    pub(crate) address: IpAddr,
    /// Whether it is encrypted.
    pub(crate) secure: bool,
}

/// The root of the URLs that an answer shows: scheme, host and port that the client itself used.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    secure: bool,
    /// The host and port.
    pub(crate) authority: Authority,
}

impl Base {
    /// The root for a request that came over a connection to a host.
    pub(crate) fn new(peer: Option<&Peer>, authority: Authority) -> Self {
        Self {
            secure: peer.is_some_and(|peer| peer.secure),
            authority,
        }
    }

    /// The URL of a path, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority)
    }
}

/// A request, read.
pub(crate) struct Call {
    /// The parameters.
    pub(crate) params: Params,
    /// The root of the service's URLs.
    pub(crate) base: Base,
    /// The address that the request came from.
    pub(crate) address: IpAddr,
    referer: Option<String>,
    username: Option<String>,
    format: Format,
}

impl Call {
    /// Who is signed in.
    pub(crate) fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// When nobody is.
    pub(crate) fn require_user(&self) -> Result<&str, Fault> {
        self.username().ok_or_else(Fault::token_required)
    }

    /// Who presents the tokens of this request.
    pub(crate) fn bearer(&self) -> Bearer<'_> {
        Bearer {
            referer: self.referer.as_deref(),
            address: self.address,
        }
    }

    /// Answers with JSON, or with the refusal.
    pub(crate) fn answer(&self, outcome: Result<Value, Fault>) -> Response {
        self.format.write(outcome)
    }

    /// Answers with bytes of a type, or with the refusal.
    pub(crate) fn answer_bytes(&self, content_type: &'static str, bytes: Bytes) -> Response {
        let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")];
        (StatusCode::OK, headers, bytes).into_response()
    }

    /// Answers with a file to save. No browser is to show it as a page of this service.
    pub(crate) fn answer_file(&self, name: &str, media_type: &str, bytes: Bytes) -> Response {
        let mut response = (StatusCode::OK, [(CACHE_CONTROL, "no-store")], bytes).into_response();
        let media_type = HeaderValue::from_str(media_type)
            .ok()
            .filter(|value| !value.is_empty())
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, media_type);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(value) = Some(name)
            .filter(|name| !name.is_empty())
            .and_then(|name| HeaderValue::from_str(&attachment(name)).ok())
        {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        response
    }

    /// Answers with JSON that has been written already, or with the refusal.
    pub(crate) fn answer_text(&self, outcome: Result<Bytes, Fault>) -> Response {
        match (outcome, self.format) {
            (Ok(text), Format::Compact) => json(StatusCode::OK, text),
            (Ok(text), Format::Indented) => {
                let parsed = serde_json::from_slice(&text);
                self.answer(parsed.map_err(|error| Fault::internal(error.to_string())))
            }
            (Err(fault), _) => self.answer(Err(fault)),
        }
    }
}

impl Call {
    async fn read(request: Request, app: Option<&App>) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let address = request
            .extensions()
            .get()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer: &Peer| peer.address);
        let base = request
            .extensions()
            .get::<Base>()
            .cloned()
            .ok_or_else(|| refuse(Fault::wrong_host()))?;
        // Only queries of layers have formats of their own.
        let is_query = request.uri().path().ends_with("/query");
        let bearer = Bearer {
            referer: headers.get(REFERER).and_then(|value| value.to_str().ok()),
            address,
        };
        let _place = match app.filter(|_| is_large(&headers)) {
            None => None,
            Some(app) => match header_token(&headers) {
                None => app.strangers.acquire().await.ok(),
                Some(text) if app.tokens.user(text, bearer).is_some() => None,
                Some(_) => {
                    // Read past, so that the client gets to the refusal, but not kept.
                    let mut body = request.into_limited_body();
                    while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                    }
                    return Err(refuse(Fault::invalid_token()));
                }
            },
        };
        let params = Params::read(request).await.map_err(refuse)?;
        let f = params.get("f");
        let has_own = is_query
            && f.is_some_and(|f| FEATURE_FORMATS.contains(&f.to_ascii_lowercase().as_str()));
        let format = Format::of(f.filter(|_| !has_own)).map_err(refuse)?;
        let referer = headers
            .get(REFERER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let username = match app.zip(token(&headers, &params)) {
            Some((app, text)) => {
                let user = app.tokens.user(
                    text,
                    Bearer {
                        referer: referer.as_deref(),
                        address,
                    },
                );
                Some(user.ok_or_else(|| format.write(Err(Fault::invalid_token())))?)
            }
            None => None,
        };
        Ok(Self {
            params,
            base,
            address,
            referer,
            username,
            format,
        })
    }
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        Self::read(request, Some(app)).await
    }
}

/// A request whose token does not matter, as it asks for a new one.
pub(crate) struct Unsigned(pub(crate) Call);

impl FromRequest<Arc<App>> for Unsigned {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Response> {
        Call::read(request, None).await.map(Self)
    }
}

/// The token that a request carries, wherever clients put it.
fn token<'a>(headers: &'a HeaderMap, params: &'a Params) -> Option<&'a str> {
    header_token(headers).or_else(|| params.get("token"))
}

/// The token that stands in a header.
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let bearer = |name: &str| {
        let (scheme, token) = headers.get(name)?.to_str().ok()?.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
    };
    bearer("x-esri-authorization").or_else(|| bearer(AUTHORIZATION.as_str()))
}

/// Whether the body is larger than what is read for everybody at any time.
fn is_large(headers: &HeaderMap) -> bool {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    length.map_or_else(
        || headers.contains_key(TRANSFER_ENCODING),
        |length| length > SMALL_BODY,
    )
}

/// The parameters of a request: first those of the body, then those of the query.
#[derive(Debug, Default)]
pub(crate) struct Params {
    body: Vec<(String, String)>,
    query: Vec<(String, String)>,
    files: Vec<Upload>,
}

/// A file that came with a request.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// The name of the field.
    field: String,
    /// The name of the file, without folders.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) bytes: Bytes,
}

impl Params {
    async fn read(request: Request) -> Result<Self, Fault> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
            .map_err(|_| Fault::bad_request("The query of the URL cannot be read."))?
            .0;
        // Some clients post nothing at all, and then name no type for it.
        if request.method() != Method::POST || !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(Self {
                query,
                ..Self::default()
            });
        }
        if is_multipart(request.headers()) {
            let (body, files) = parts(request).await?;
            return Ok(Self { body, query, files });
        }
        let Form(body) = Form::<Vec<(String, String)>>::from_request(request, &())
            .await
            .map_err(|rejection| Fault::body(rejection.into_response().status()))?;
        Ok(Self {
            body,
            query,
            files: Vec::new(),
        })
    }

    /// A parameter's text, by its name in any letter case; an empty text counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        find(&self.body, name).or_else(|| find(&self.query, name))
    }

    /// A parameter's text if it came in the body.
    pub(crate) fn in_body(&self, name: &str) -> Option<&str> {
        find(&self.body, name)
    }

    /// A parameter's text if it came in the query.
    pub(crate) fn in_query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// The same parameters with some others in their places; an empty text takes one away.
    pub(crate) fn with(&self, others: &[(&str, &str)]) -> Self {
        let is_other = |name: &str| {
            others
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let kept = self.body.iter().chain(&self.query);
        let kept = kept.filter(|(name, _)| !is_other(name)).cloned();
        let others = others
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            body: kept.chain(others).collect(),
            query: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The file that came as this field.
    pub(crate) fn file(&self, field: &str) -> Option<&Upload> {
        let mut files = self.files.iter();
        files.find(|file| file.field.eq_ignore_ascii_case(field))
    }

    /// The number of a part of a file, which clients send under one of these names.
    pub(crate) fn part_number(&self, names: &[&str]) -> Result<u32, Fault> {
        let text = names.iter().find_map(|name| self.get(name));
        let number = text.and_then(|text| text.parse().ok());
        let number = number.filter(|number| (1..=10_000).contains(number));
        number.ok_or_else(|| {
            let name = names.first().unwrap_or(&"");
            Fault::bad_request(format!("'{name}' must be a whole number from 1 to 10000."))
        })
    }

    /// Whether a parameter was sent, and be it empty.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        let mut all = self.body.iter().chain(&self.query);
        all.any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Every parameter, to keep.
    pub(crate) fn into_fields(self) -> impl Iterator<Item = (String, String)> {
        self.body.into_iter().chain(self.query)
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|t| t.to_str().ok());
    content_type.is_some_and(|t| {
        let essence = t.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("multipart/form-data")
    })
}

/// The fields and the files of a body in parts.
async fn parts(request: Request) -> Result<(Vec<(String, String)>, Vec<Upload>), Fault> {
    let unread = |error: MultipartError| Fault::body(error.status());
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| Fault::body(rejection.into_response().status()))?;
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(unread)? {
        let field = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(name) => files.push(Upload {
                field,
                name: bare(&name).to_owned(),
                bytes: part.bytes().await.map_err(unread)?,
            }),
            None => fields.push((field, part.text().await.map_err(unread)?)),
        }
    }
    Ok((fields, files))
}

/// The name of a file without the folders that some clients put before it.
fn bare(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(n, v)| n.eq_ignore_ascii_case(name) && !v.is_empty())
        .map(|(_, v)| v.as_str())
}

/// The formats of features beside JSON.
const FEATURE_FORMATS: [&str; 2] = ["geojson", "pbf"];

/// How the answer is written.
#[derive(Debug, Clone, Copy, Default)]
enum Format {
    #[default]
    Compact,
    Indented,
}

impl Format {
    fn of(f: Option<&str>) -> Result<Self, Fault> {
        match f.unwrap_or("json") {
            f if ["json", "html"]
                .iter()
                .any(|known| f.eq_ignore_ascii_case(known)) =>
            {
                Ok(Self::Compact)
            }
            f if f.eq_ignore_ascii_case("pjson") => Ok(Self::Indented),
            other => Err(Fault::bad_request(format!(
                "The output format {other:?} is not offered; ask for f=json or f=pjson."
            ))),
        }
    }

    fn write(self, outcome: Result<Value, Fault>) -> Response {
        let (status, value) = match outcome {
            Ok(value) => (StatusCode::OK, value),
            Err(fault) => (fault.http_status(), fault.to_json()),
        };
        let text = match self {
            Self::Compact => value.to_string(),
            Self::Indented => format!("{value:#}"),
        };
        json(status, text.into())
    }
}

/// Answers may hold tokens and results that change, so no cache may keep them.
fn json(status: StatusCode, text: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

/// A file to save by a name: in letters that any client reads, and as it is (RFC 6266).
fn attachment(name: &str) -> String {
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let whole = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// Answers for a path or method that no resource takes.
pub(crate) fn refuse(fault: Fault) -> Response {
    Format::Compact.write(Err(fault))
}
