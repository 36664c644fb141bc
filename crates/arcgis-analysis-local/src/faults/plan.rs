//! What goes wrong, where and how often.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a [`LocalService`](crate::LocalService) does wrong on purpose, so that a client can be tried on it.
///
/// A plan is JSON: a list of faults. A request is met by the first fault that fits its method and path and has not
/// been used up. A `path` fits by its last segments, in any letter case, and `*` stands for any one segment:
/// `submitJob`, `jobs/*`, `jobs/*/results/*`, `portals/self`.
///
/// | key | what it does | default |
/// | --- | --- | --- |
/// | `path`, `method` | which requests | any |
/// | `skip`, `count` | after how many, and how many | 0, all |
/// | `when` | `before` the request has an effect, which it then never has if an answer is given or the connection is dropped; or `after` | `before` |
/// | `delayMs` | waits so long | 0 |
/// | `status`, `headers`, `body`, `hex` | answers this; `body` is text or JSON, in which `{jobId}` stands for the job that is asked about, `hex` bytes | the true answer |
/// | `drop` | `connection`: closes it without an answer; `body`: half-way through the answer | nothing |
/// | `drip` | `{"bytes", "everyMs"}`: sends the answer in pieces | at once |
/// | `expireTokens` | makes all tokens invalid first | no |
///
/// # Examples
///
/// A submit that arrives but whose answer is lost, and a portal that is busy twice:
///
/// ```
/// use arcgis_analysis_local::{FaultPlan, LocalService};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = FaultPlan::from_json(r#"{"faults": [
///     {"path": "submitJob", "when": "after", "drop": "connection", "count": 1},
///     {"path": "portals/self", "status": 503, "headers": {"Retry-After": "1"}, "count": 2}
/// ]}"#)?;
/// let service = LocalService::builder().faults(plan.clone()).start().await?;
/// assert!(plan.seen().is_empty());
/// # service.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FaultPlan {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    faults: Vec<Planned>,
    seen: VecDeque<Seen>,
}

/// How many requests are remembered; beyond it the oldest is forgotten.
const MOST_SEEN: usize = 100_000;

#[derive(Debug)]
struct Planned {
    fault: Fault,
    met: usize,
}

/// A request that a service with a fault plan was asked.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::FaultPlan;
///
/// /// How many submits had an effect.
/// fn submits(plan: &FaultPlan) -> usize {
///     plan.seen().iter().filter(|seen| seen.path.ends_with("/submitJob") && seen.effective).count()
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// Whether the service was left to act on it, with a token that still served.
    pub effective: bool,
}

/// The query may hold a token, so only its length is shown.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &format_args!("{} bytes", self.query.len()))
            .field("effective", &self.effective)
            .finish()
    }
}

/// Why a text is no fault plan.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::FaultPlan;
///
/// let error = FaultPlan::from_json(r#"{"faults": [{"pth": "submitJob"}]}"#).unwrap_err();
/// assert!(error.to_string().contains("unknown field `pth`"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("the fault plan cannot be read: {0}")]
pub struct FaultPlanError(String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    faults: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    path: Option<String>,
    method: Option<String>,
    #[serde(default)]
    skip: usize,
    count: Option<usize>,
    #[serde(default)]
    when: When,
    #[serde(default)]
    delay_ms: u64,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    hex: Option<String>,
    drop: Option<Drop>,
    drip: Option<Drip>,
    #[serde(default)]
    expire_tokens: bool,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum When {
    #[default]
    Before,
    After,
}

/// What is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Drop {
    Connection,
    Body,
}

/// How an answer trickles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Drip {
    pub(super) bytes: usize,
    pub(super) every_ms: u64,
}

/// One fault.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    path: Vec<String>,
    method: Option<String>,
    skip: usize,
    count: usize,
    pub(super) when: When,
    pub(super) delay_ms: u64,
    pub(super) answer: Option<Answer>,
    pub(super) drop: Option<Drop>,
    pub(super) drip: Option<Drip>,
    pub(super) expire_tokens: bool,
}

/// What is answered in place of the truth.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Fault {
    fn fits(&self, method: &str, path: &str) -> bool {
        let segments: Vec<_> = path.split('/').filter(|s| !s.is_empty()).collect();
        let last = segments.iter().rev().zip(self.path.iter().rev());
        segments.len() >= self.path.len()
            && last.clone().count() == self.path.len()
            && last
                .into_iter()
                .all(|(one, wanted)| wanted == "*" || wanted.eq_ignore_ascii_case(one))
            && self
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }

    /// The same fault, whose answer names the job that the request is about.
    fn of_job(&self, path: &str) -> Self {
        let mut fault = self.clone();
        let mut segments = path
            .split('/')
            .skip_while(|s| !s.eq_ignore_ascii_case("jobs"));
        let id = segments.nth(1).unwrap_or_default();
        if let Some(answer) = &mut fault.answer
            && let Ok(text) = std::str::from_utf8(&answer.body)
        {
            answer.body = text.replace("{jobId}", id).into_bytes();
        }
        fault
    }

    /// Whether the request has its effect all the same.
    pub(super) fn passes(&self) -> bool {
        self.when == When::After || (self.answer.is_none() && self.drop != Some(Drop::Connection))
    }
}

impl FaultPlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn from_json(text: &str) -> Result<Self, FaultPlanError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| FaultPlanError(error.to_string()))?;
        let faults: Result<Vec<_>, _> = document.faults.into_iter().map(read).collect();
        let state = State {
            faults: faults?,
            seen: VecDeque::new(),
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(state)),
        })
    }

    /// What was asked so far, in order; of more than 100,000 requests, the last.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen.iter().cloned().collect()
    }

    /// The fault that meets a request, if one does.
    pub(super) fn next(&self, request: &Request) -> Option<Fault> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let mut state = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for planned in &mut state.faults {
            if !planned.fault.fits(method, path) {
                continue;
            }
            let met = planned.met;
            planned.met += 1;
            if met >= planned.fault.skip && met - planned.fault.skip < planned.fault.count {
                found = Some(planned.fault.of_job(path));
                break;
            }
        }
        if state.seen.len() == MOST_SEEN {
            state.seen.pop_front();
        }
        state.seen.push_back(Seen {
            method: method.to_owned(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            effective: found
                .as_ref()
                .is_none_or(|fault| fault.passes() && !fault.expire_tokens),
        });
        found
    }
}

fn read(written: Written) -> Result<Planned, FaultPlanError> {
    let refuse = |problem: String| Err(FaultPlanError(problem));
    let path = written.path.unwrap_or_default();
    let body = match (written.body, written.hex) {
        (Some(_), Some(_)) => {
            return refuse(format!(
                "the fault of `{path}` has both `body` and `hex`; leave one out"
            ));
        }
        (None, Some(hex)) => match unhex(&hex) {
            Some(bytes) => Some(bytes),
            None => {
                return refuse(format!(
                    "the `hex` of `{path}` is not pairs of hexadecimal digits"
                ));
            }
        },
        (Some(Value::String(text)), None) => Some(text.into_bytes()),
        (Some(json), None) => Some(json.to_string().into_bytes()),
        (None, None) => None,
    };
    if let Some(status) = written.status.filter(|status| !(200..600).contains(status)) {
        return refuse(format!(
            "the status {status} of `{path}` is none of HTTP's, which are 200 to 599"
        ));
    }
    for (name, value) in &written.headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err()
        {
            return refuse(format!(
                "the header `{name}` of `{path}` has a name or a value that cannot travel"
            ));
        }
    }
    let answers = body.is_some() || written.status.is_some() || !written.headers.is_empty();
    let answer = answers.then(|| Answer {
        status: written.status.unwrap_or(200),
        headers: written.headers,
        body: body.unwrap_or_default(),
    });
    let segments = path.split('/').filter(|s| !s.is_empty());
    Ok(Planned {
        met: 0,
        fault: Fault {
            path: segments.map(str::to_owned).collect(),
            method: written.method,
            skip: written.skip,
            count: written.count.unwrap_or(usize::MAX),
            when: written.when,
            delay_ms: written.delay_ms,
            answer,
            drop: written.drop,
            drip: written.drip,
            expire_tokens: written.expire_tokens,
        },
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2 && !pair.starts_with('+'))?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
