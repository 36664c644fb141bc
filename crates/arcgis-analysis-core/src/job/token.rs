//! By what a job is found again: a token of its own making, or its URL as people paste it.

use crate::address::{JobUrl, PortalUrl, ServiceUrl};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// By what a job is found again in another process or on another machine: where it is, and what it is of.
///
/// It holds no credential: who resumes the job signs in anew. As JSON, which [`Display`](fmt::Display) and serde write
/// and [`FromStr`] and serde read, it is an object of four texts.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::JobToken;
///
/// let text = r#"{"portal":"https://www.arcgis.com","service":"https://analysis.arcgis.com/rest/services/tasks/GPServer","task":"CreateBuffers","jobId":"j1"}"#;
/// let token: JobToken = text.parse()?;
/// assert_eq!(token.job_url(), "https://analysis.arcgis.com/rest/services/tasks/GPServer/CreateBuffers/jobs/j1");
/// assert_eq!(token.to_string(), text);
/// # Ok::<(), arcgis_analysis_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct JobToken {
    parts: Parts,
    url: String,
}

/// The members, as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    portal: String,
    service: String,
    task: String,
    job_id: String,
}

impl JobToken {
    /// The token of a job of this task.
    pub(crate) fn new(portal: &PortalUrl, job: &JobUrl, task: &str, id: &str) -> Self {
        let url = job.as_str().to_owned();
        // The URL was made of the service's, the task's name, `jobs` and the ID.
        let service = url.rsplitn(4, '/').last().unwrap_or_default().to_owned();
        let parts = Parts {
            portal: portal.as_str().to_owned(),
            service,
            task: task.to_owned(),
            job_id: id.to_owned(),
        };
        Self { parts, url }
    }

    /// The root URL of the portal that the job belongs to.
    #[must_use]
    pub fn portal(&self) -> &str {
        &self.parts.portal
    }

    /// The URL of the service that runs the job.
    #[must_use]
    pub fn service_url(&self) -> &str {
        &self.parts.service
    }

    /// The name of the job's task.
    #[must_use]
    pub fn task(&self) -> &str {
        &self.parts.task
    }

    /// The job's ID.
    #[must_use]
    pub fn job_id(&self) -> &str {
        &self.parts.job_id
    }

    /// The job's URL.
    #[must_use]
    pub fn job_url(&self) -> &str {
        &self.url
    }
}

impl TryFrom<Parts> for JobToken {
    type Error = Error;

    /// Reads every address anew, so that none with a password in it, or another path than it should have, is a token.
    fn try_from(parts: Parts) -> Result<Self> {
        let refuse = |what: &str, problem: String| {
            let sentence = format!("the job token cannot be used: the URL of its {what} {problem}");
            Error::new(ErrorKind::Configuration, sentence)
        };
        let portal =
            PortalUrl::parse(&parts.portal).map_err(|problem| refuse("portal", problem))?;
        let service = ServiceUrl::from_portal(&portal, &parts.service)
            .map_err(|problem| refuse("service", problem))?;
        let job = service
            .job(&parts.task, &parts.job_id)
            .map_err(|problem| refuse("job", format!("cannot be made: {problem}")))?;
        // What would not be read as the URL of a job is not resumed either.
        JobUrl::parse(job.as_str()).map_err(|problem| refuse("job", problem))?;
        Ok(Self::new(&portal, &job, &parts.task, &parts.job_id))
    }
}

impl From<JobToken> for Parts {
    fn from(token: JobToken) -> Self {
        token.parts
    }
}

impl fmt::Display for JobToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(&self.parts).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FromStr for JobToken {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Parts = serde_json::from_str(text).map_err(|error| {
            let sentence = format!(
                "the job token cannot be read: {error}; it is a JSON object of `portal`, `service`, `task` and `jobId`"
            );
            Error::new(ErrorKind::Configuration, sentence)
        })?;
        Self::try_from(parts)
    }
}

/// What names a job: its [token](JobToken), the token's text, or the job's URL in whatever form it is pasted.
///
/// Anything that [`Portal::resume`](crate::Portal::resume) takes becomes one by itself. A URL may have a query, a
/// resource of the job behind it, quotes or brackets around it, no scheme, or a sentence around it; a token in its
/// query is dropped.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::JobRef;
///
/// let job = JobRef::from("see <https://example.com/rest/services/tasks/GPServer/CreateBuffers/jobs/j1?f=html>, please");
/// assert_eq!(job.task()?, "CreateBuffers");
/// assert_eq!(job.url()?, "https://example.com/rest/services/tasks/GPServer/CreateBuffers/jobs/j1");
/// assert!(job.token().is_none());
/// # Ok::<(), arcgis_analysis_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct JobRef(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Token(JobToken),
    Url {
        url: JobUrl,
        task: String,
        id: String,
    },
    Unusable(Error),
}

impl JobRef {
    /// The token, where it is one.
    #[must_use]
    pub fn token(&self) -> Option<&JobToken> {
        match &self.0 {
            Kind::Token(token) => Some(token),
            _ => None,
        }
    }

    /// The job's URL.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where it names no job.
    pub fn url(&self) -> Result<&str> {
        match &self.0 {
            Kind::Token(token) => Ok(token.job_url()),
            Kind::Url { url, .. } => Ok(url.as_str()),
            Kind::Unusable(error) => Err(error.clone()),
        }
    }

    /// The name of the job's task.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] where it names no job.
    pub fn task(&self) -> Result<&str> {
        match &self.0 {
            Kind::Token(token) => Ok(token.task()),
            Kind::Url { task, .. } => Ok(task),
            Kind::Unusable(error) => Err(error.clone()),
        }
    }

    /// The job's address, the name of its task and its ID.
    pub(crate) fn into_parts(self) -> Result<(JobUrl, String, String)> {
        match self.0 {
            Kind::Url { url, task, id } => Ok((url, task, id)),
            Kind::Token(token) => JobUrl::parse(token.job_url()).map_err(refused),
            Kind::Unusable(error) => Err(error),
        }
    }

    fn read(text: &str) -> Kind {
        let text = text.trim();
        if text.starts_with('{') {
            // What a program has printed of a job names the job by a member.
            let printed: Option<Value> = serde_json::from_str(text).ok();
            let url = printed.as_ref().and_then(|all| all.get("jobUrl")?.as_str());
            return match url {
                Some(url) => Self::at(url),
                None => text.parse().map_or_else(Kind::Unusable, Kind::Token),
            };
        }
        Self::at(text)
    }

    fn at(url: &str) -> Kind {
        match JobUrl::parse(url) {
            Ok((url, task, id)) => Kind::Url { url, task, id },
            Err(problem) => Kind::Unusable(refused(problem)),
        }
    }
}

fn refused(problem: String) -> Error {
    Error::new(ErrorKind::Configuration, format!("the job URL {problem}"))
}

impl From<&str> for JobRef {
    fn from(text: &str) -> Self {
        Self(Self::read(text))
    }
}

impl From<&String> for JobRef {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for JobRef {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<JobToken> for JobRef {
    fn from(token: JobToken) -> Self {
        Self(Kind::Token(token))
    }
}

impl From<&JobToken> for JobRef {
    fn from(token: &JobToken) -> Self {
        Self::from(token.clone())
    }
}
