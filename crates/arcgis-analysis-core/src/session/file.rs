//! Answers that are files.

use super::{Call, Session};
use crate::address::is_loopback;
use crate::envelope::{self, Body, Bounds};
use crate::failure::{Cause, Failure};
use crate::redact::url_holds;
use crate::transport::Response;
use url::Url;

/// What came where a file was asked for.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The file.
    File {
        media_type: Option<String>,
        bytes: Vec<u8>,
    },
    /// It lies there.
    Elsewhere(Url),
}

impl Session {
    /// Tells a file from the place where it lies and from a refusal.
    pub(crate) fn read_file(&self, response: Response, call: &Call) -> Result<Fetched, Failure> {
        // A URL is written into the logs of whoever it passes, so none that holds a secret is asked for.
        let elsewhere =
            elsewhere(&response, call).filter(|url| !url_holds(url.as_str(), &self.secrets()));
        if let Some(url) = elsewhere {
            return Ok(Fetched::Elsewhere(url));
        }
        let refused = |response| match self.read(response, call) {
            Err(failure) => failure,
            Ok(_) => Failure::new(Cause::Status),
        };
        if !(200..300).contains(&response.status()) || self.is_refusal(&response) {
            return Err(refused(response));
        }
        Ok(Fetched::File {
            media_type: response.header("Content-Type").map(str::to_owned),
            bytes: response.into_body(),
        })
    }

    /// Whether the server says in ArcGIS's way that it sends no file. A file may be JSON too, but none of a refusal's size
    /// and form.
    fn is_refusal(&self, response: &Response) -> bool {
        let bounds = Bounds {
            depth: self.limits.max_depth,
            values: self.limits.max_control_values,
        };
        response.body().len() <= self.limits.max_control_body
            && matches!(
                envelope::read(response.status(), response.body(), bounds),
                Body::Refusal(_)
            )
    }
}

/// Where a redirect leads, unless what was encrypted would not be any more.
fn elsewhere(response: &Response, call: &Call) -> Option<Url> {
    if !(300..400).contains(&response.status()) {
        return None;
    }
    let url = call.url.join(response.header("Location")?).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_safe = url.scheme() == "https" || call.url.scheme() == "http" && is_loopback(&url);
    (is_plain && is_safe).then_some(url)
}
