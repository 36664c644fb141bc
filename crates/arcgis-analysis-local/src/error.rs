//! What goes wrong with a request, in the form in which ArcGIS says it.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// A refusal of a request.
///
/// ArcGIS sends its errors with HTTP status 200. Another status is used only for what never reached a resource.
#[derive(Debug)]
pub(crate) struct Fault {
    code: u16,
    message: String,
    details: Vec<String>,
    message_code: Option<&'static str>,
    /// The word by which OAuth names the error.
    word: Option<&'static str>,
    status: StatusCode,
}

impl Fault {
    fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            message_code: None,
            word: None,
            status: StatusCode::OK,
        }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The request itself is wrong.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// No token for these credentials.
    pub(crate) fn no_token(detail: impl Into<String>) -> Self {
        Self::new(400, "Unable to generate token.").detail(detail)
    }

    /// No token by OAuth, which names the reason with a word and a description.
    pub(crate) fn oauth(word: &'static str, description: impl Into<String>) -> Self {
        Self {
            word: Some(word),
            ..Self::new(400, description)
        }
    }

    /// The same with another code.
    pub(crate) fn code(mut self, code: u16) -> Self {
        self.code = code;
        self
    }

    /// What is asked for belongs to somebody else.
    pub(crate) fn forbidden() -> Self {
        Self::new(
            403,
            "You do not have permissions to access this resource or perform this operation.",
        )
    }

    /// There is nothing of that name.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    /// There is no such file, which is told by the HTTP status too.
    pub(crate) fn absent(message: impl Into<String>) -> Self {
        Self::bad_request(message).status(StatusCode::BAD_REQUEST)
    }

    /// The operation is one of ArcGIS's that is not offered here.
    pub(crate) fn not_offered(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        Self::bad_request(format!(
            "The operation {name:?} is not offered by the local service."
        ))
    }

    /// There is no resource at that path.
    pub(crate) fn no_resource(path: &str) -> Self {
        Self::not_found(format!("There is no resource at {path}.")).status(StatusCode::NOT_FOUND)
    }

    /// The resource does not answer that method.
    pub(crate) fn method(detail: impl Into<String>) -> Self {
        Self::new(405, "This method is not allowed here.").detail(detail)
    }

    /// The token is wrong, too old, or bound to somebody else.
    pub(crate) fn invalid_token() -> Self {
        Self::new(498, "Invalid token.")
    }

    /// A token is needed and none came.
    pub(crate) fn token_required() -> Self {
        let fault = Self::new(499, "Token Required").detail("Token Required");
        Self {
            message_code: Some("GWM_0003"),
            ..fault
        }
    }

    /// The request was sent to a host name that is not this service's.
    pub(crate) fn wrong_host() -> Self {
        Self::new(421, "This host name is not one of this service's.")
            .detail("Call the service by the address that it was started with.")
            .status(StatusCode::MISDIRECTED_REQUEST)
    }

    /// The body is too long, broken off, or of a type that is not read.
    pub(crate) fn body(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "The request is larger than this service accepts.",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                "Send the parameters as application/x-www-form-urlencoded or multipart/form-data."
            }
            _ => "The request's body could not be read to its end.",
        };
        Self::new(status.as_u16(), message).status(status)
    }

    /// The service itself failed.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, message)
    }

    /// The operating system has no randomness to give.
    pub(crate) fn no_randomness(error: getrandom::Error) -> Self {
        Self::internal(format!(
            "The operating system gave no random number: {error}."
        ))
    }

    /// The HTTP status to answer with.
    pub(crate) fn http_status(&self) -> StatusCode {
        self.status
    }

    /// The error as ArcGIS writes it.
    pub(crate) fn to_json(&self) -> Value {
        let mut error =
            json!({ "code": self.code, "message": self.message, "details": self.details });
        if let Some(code) = self.message_code {
            error["messageCode"] = code.into();
        }
        if let Some(word) = self.word {
            error["error"] = word.into();
            error["error_description"] = self.message.as_str().into();
        }
        json!({ "error": error })
    }
}
