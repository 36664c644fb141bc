//! Tells answers from refusals.
//!
//! ArcGIS reports most errors with HTTP status 200 and in a dozen shapes. What an answer is, is decided by the
//! shape of the parsed JSON, never by words found somewhere in the text.

mod bounds;

pub(crate) use bounds::Bounds;

use crate::ErrorKind;
use arcgis_analysis_types::{JobMessage, MessageType};
use serde_json::{Map, Value};

/// What a body turned out to be.
#[derive(Debug)]
pub(crate) enum Body {
    /// A JSON document that is not an error.
    Json(Value),
    /// A well-formed error of ArcGIS's.
    Refusal(Refusal),
    /// Neither; says what it looks like.
    Unreadable(String),
    /// A document that is too deep or too long; says which.
    Excess(String),
}

/// An error that the server reported in words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The server's code, or else the HTTP status where that is one of an error.
    pub(crate) code: Option<i64>,
    pub(crate) message_code: Option<String>,
    /// What the server said, as one or several sentences; may be empty.
    pub(crate) text: String,
}

pub(crate) fn read(status: u16, body: &[u8], bounds: Bounds) -> Body {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let first = body.iter().find(|b| !b.is_ascii_whitespace());
    if let (Some(b'{' | b'['), Some(excess)) = (first, bounds.exceeded_by(body)) {
        return Body::Excess(excess);
    }
    match serde_json::from_slice(body) {
        Ok(document) => match refusal(status, &document) {
            Some(refusal) => Body::Refusal(refusal),
            None => Body::Json(document),
        },
        Err(error) => Body::Unreadable(match first {
            None => "an empty answer".to_owned(),
            Some(b'<') => "an HTML or XML page".to_owned(),
            Some(_) if error.is_eof() => "JSON that breaks off".to_owned(),
            Some(_) => format!("something that is not valid JSON ({error})"),
        }),
    }
}

impl Refusal {
    /// Whether a fresh token may help: the token is missing, invalid or expired.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self.code, Some(401 | 498 | 499))
            || (self.code == Some(400) && self.is_text("Invalid token"))
            // With another code, 403 say, it means that a token is good but not good enough.
            || (self.code.is_none() && self.message_code.as_deref() == Some("GWM_0003"))
    }

    /// Whether a gateway speaks that does not know what became of the request.
    pub(crate) fn is_gateway(&self) -> bool {
        matches!(self.code, Some(502 | 504))
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self.code {
            _ if self.is_token() => ErrorKind::Authentication,
            Some(403) => ErrorKind::Permission,
            Some(404 | 410) => ErrorKind::NotFound,
            Some(413) => ErrorKind::TooLarge,
            Some(429) => ErrorKind::Busy,
            Some(500..) => ErrorKind::Server,
            _ => ErrorKind::Refused,
        }
    }

    /// What the server said and its codes, as a clause.
    pub(crate) fn clause(&self) -> String {
        let text = if self.text.is_empty() {
            "it gave no reason"
        } else {
            &self.text
        };
        let text = text.trim_end_matches('.');
        match (&self.message_code, self.code) {
            (Some(code), _) if !text.contains(code.as_str()) => format!("{text} ({code})"),
            (None, Some(code)) => format!("{text} (code {code})"),
            _ => text.to_owned(),
        }
    }

    fn is_text(&self, words: &str) -> bool {
        self.text
            .split(". ")
            .any(|part| part.trim_end_matches('.').eq_ignore_ascii_case(words))
    }
}

fn refusal(status: u16, document: &Value) -> Option<Refusal> {
    let all = document.as_object()?;
    if all.contains_key("jobStatus") {
        // A job may tell of errors and is still a job.
        return None;
    }
    let failed = |key: &str| {
        let word = all.get(key).and_then(Value::as_str).unwrap_or_default();
        ["error", "failed", "failure"]
            .iter()
            .any(|w| word.eq_ignore_ascii_case(w))
    };
    let mut found = match all.get("error") {
        Some(Value::Object(error)) => described(error),
        Some(Value::String(word)) => {
            let mut found = described(all);
            // `error` is a word for machines where a description stands beside it, and the message where none does.
            if found.text.is_empty() {
                found.text = word.clone();
            } else if found.message_code.is_none() {
                found.message_code = Some(word.clone());
            }
            found
        }
        _ if failed("status") || all.get("success") == Some(&Value::Bool(false)) => described(all),
        _ if !all.contains_key("jobId") && all.get("message").is_some_and(Value::is_string) => {
            Some(described(all)).filter(|found| found.code.is_some_and(|code| code >= 400))?
        }
        _ => return None,
    };
    if found.code.is_none() {
        found.code = Some(status).filter(|s| *s >= 400).map(i64::from);
    }
    Some(found)
}

/// How many features a result has, in whichever place results have them.
pub(crate) fn features(value: &Value) -> usize {
    let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("features", Value::Array(list)) => list.len(),
        ("featureSet", set) => features(set),
        _ => 0,
    };
    match value {
        Value::Object(all) => all.iter().map(member).sum(),
        Value::Array(list) => list.iter().map(features).sum(),
        _ => 0,
    }
}

/// Reads the members that the shapes share.
fn described(error: &Map<String, Value>) -> Refusal {
    let mut sentences: Vec<String> = Vec::new();
    let mut message_code = text(error.get("messageCode"));
    for key in [
        "message",
        "statusMessage",
        "error_description",
        "messages",
        "details",
    ] {
        let lines = match error.get(key) {
            Some(Value::Array(lines)) => lines.iter().filter_map(|line| text(Some(line))).collect(),
            line => text(line).into_iter().collect::<Vec<_>>(),
        };
        for line in lines {
            // Some tools put JSON with a code and parameters into the text.
            let line = JobMessage {
                message_type: MessageType::Error,
                description: line,
            };
            if message_code.is_none() {
                message_code = line.message_code();
            }
            let line = line.text().trim().to_owned();
            if !line.is_empty() && !sentences.iter().any(|s| same(s, &line)) {
                sentences.push(line);
            }
        }
    }
    // OAuth names its errors with a word beside the description.
    if sentences.is_empty() {
        sentences.extend(text(error.get("error")));
    }
    let text = sentences
        .iter()
        .map(|s| s.trim_end_matches('.'))
        .collect::<Vec<_>>()
        .join(". ");
    Refusal {
        code: number(error.get("code")),
        message_code,
        text,
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('.')
        .eq_ignore_ascii_case(other.trim_end_matches('.'))
}

fn text(value: Option<&Value>) -> Option<String> {
    value?
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(digits) => digits.trim().parse().ok(),
        number => number.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use ErrorKind as K;

    fn read(status: u16, body: &[u8]) -> Body {
        let bounds = Bounds {
            depth: 100,
            values: 1_000,
        };
        super::read(status, body, bounds)
    }

    /// The shapes that ArcGIS's services, portals, gateways and sign-in are known to use.
    #[test]
    fn every_known_shape_of_error_is_understood() {
        for (status, body, kind, clause) in [
            (
                200,
                r#"{"error":{"code":400,"message":"Bad input.","details":["Field x"]}}"#,
                K::Refused,
                "Bad input. Field x (code 400)",
            ),
            (
                200,
                r#"{"error":{"code":400,"message":"Bad input.","details":"Field x."}}"#,
                K::Refused,
                "Bad input. Field x (code 400)",
            ),
            (
                200,
                r#"{"error":{"code":400,"message":"Bad input.","details":null}}"#,
                K::Refused,
                "Bad input (code 400)",
            ),
            (
                200,
                r#"{"error":{"code":400,"message":"Same","details":["Same."]}}"#,
                K::Refused,
                "Same (code 400)",
            ),
            (
                200,
                r#"{"error":{"code":403,"messageCode":"GWM_0001","message":"No."}}"#,
                K::Permission,
                "No (GWM_0001)",
            ),
            (
                200,
                r#"{"error":{"code":500,"message":"","details":[]}}"#,
                K::Server,
                "it gave no reason (code 500)",
            ),
            (
                200,
                r#"{"error":{"code":"498","message":"Invalid token."}}"#,
                K::Authentication,
                "Invalid token (code 498)",
            ),
            (
                200,
                r#"{"error":{"code":499,"message":"Token Required","details":["Token Required"],"messageCode":"GWM_0003"}}"#,
                K::Authentication,
                "Token Required (GWM_0003)",
            ),
            (
                200,
                r#"{"error":{"code":400,"message":"Invalid token."}}"#,
                K::Authentication,
                "Invalid token (code 400)",
            ),
            (
                200,
                r#"{"error":{"code":403,"message":"Token is valid but access is denied."}}"#,
                K::Permission,
                "Token is valid but access is denied (code 403)",
            ),
            (
                200,
                r#"{"status":"error","messages":["Token Expired."],"code":498}"#,
                K::Authentication,
                "Token Expired (code 498)",
            ),
            (
                200,
                r#"{"error":"job failed to get submitted"}"#,
                K::Refused,
                "job failed to get submitted",
            ),
            (
                400,
                r#"{"error":"invalid_request","error_description":"No client"}"#,
                K::Refused,
                "No client (invalid_request)",
            ),
            (
                200,
                r#"{"error":{"code":498,"error":"invalid_request","error_description":"refresh_token expired"}}"#,
                K::Authentication,
                "refresh_token expired (code 498)",
            ),
            (
                200,
                r#"{"error":{"error":"invalid_grant"}}"#,
                K::Refused,
                "invalid_grant",
            ),
            (
                200,
                r#"{"code":402,"message":"No credits"}"#,
                K::Refused,
                "No credits (code 402)",
            ),
            (
                200,
                r#"{"code":500,"message":"Down","status":"failure"}"#,
                K::Server,
                "Down (code 500)",
            ),
            (
                200,
                r#"{"status":"failed","statusMessage":"{\"messageCode\":\"RA_120306\",\"message\":\"No ${x}\",\"params\":{\"x\":\"raster\"}}"}"#,
                K::Refused,
                "No raster (RA_120306)",
            ),
            (200, r#"{"success":false,"message":"No"}"#, K::Refused, "No"),
            (
                404,
                r#"{"error":{"message":"Gone away"}}"#,
                K::NotFound,
                "Gone away (code 404)",
            ),
            (
                401,
                r#"{"error":{}}"#,
                K::Authentication,
                "it gave no reason (code 401)",
            ),
        ] {
            let Body::Refusal(refusal) = read(status, body.as_bytes()) else {
                panic!("not a refusal: {body}")
            };
            assert_eq!(
                (refusal.kind(), refusal.clause().as_str()),
                (kind, clause),
                "{body}"
            );
        }
    }

    #[test]
    fn answers_are_not_taken_for_errors() {
        for body in [
            r#"{"jobId":"j1","jobStatus":"esriJobFailed","error":{"code":400,"message":"x"}}"#,
            r#"{"jobId":"j1","message":"submitted","code":500}"#,
            r#"{"paramName":"x","dataType":"GPString","value":{"error":{"code":498}}}"#,
            r#"{"status":"success","code":0}"#,
            r#"{"code":200,"message":"OK"}"#,
            r#"{"success":true}"#,
            r#"{"error":null}"#,
            r#"[{"error":"x"}]"#,
            r#""Invalid token""#,
            "\u{feff}{}",
        ] {
            assert!(
                matches!(read(200, body.as_bytes()), Body::Json(_)),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_not_json_is_named() {
        for (body, named) in [
            (&b""[..], "an empty answer"),
            (b" \r\n ", "an empty answer"),
            (b"\n<!DOCTYPE html><html>", "an HTML or XML page"),
            (br#"{"jobId":"j"#, "JSON that breaks off"),
            (b"{\"a\":\"\xff\"}", "something that is not valid JSON"),
            (b"Service unavailable", "something that is not valid JSON"),
        ] {
            let Body::Unreadable(what) = read(200, body) else {
                panic!("readable: {body:?}")
            };
            assert!(what.starts_with(named), "{what}");
        }
        let (deep, long) = ("[".repeat(100_000), format!("[{}]", "0,".repeat(1_000)));
        for body in [deep, long] {
            assert!(matches!(read(200, body.as_bytes()), Body::Excess(_)));
        }
    }

    #[test]
    fn features_are_counted_wherever_results_have_them() {
        for (text, count) in [
            (r#"{"features":[{},{}]}"#, 2),
            (
                r#"{"layerDefinition":{},"featureSet":{"features":[{}]}}"#,
                1,
            ),
            (
                r#"[{"features":[{}]},{"featureSet":{"features":[{},{}]}}]"#,
                3,
            ),
            (r#"{"url":"x","features":7}"#, 0),
            ("7", 0),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(features(&value), count, "{text}");
        }
    }
}
