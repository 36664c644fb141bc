//! What may go wrong while submitting.

use super::*;

pub(super) fn submitting() -> Vec<Row> {
    let path = "submitJob";
    let after = |mut what: Value| {
        what["when"] = "after".into();
        what
    };
    let unknown =
        |name, what: Value, submits, words| row(name, at(path, what), UNKNOWN, submits, words);
    let refused = |name, what: Value, words| row(name, at(path, what), end(1, "refused"), 0, words);
    let coded = json!({ "messageCode": "RA_120306", "message": "No ${what}.", "params": { "what": "raster" } });
    vec![
        // What may have made a job: never sent again.
        unknown(
            "submit: dropped before it arrived",
            json!({ "drop": "connection" }),
            0,
            "was not sent again",
        ),
        unknown(
            "submit: answer lost",
            json!({ "drop": "connection", "when": "after" }),
            1,
            "was not sent again",
        ),
        unknown(
            "submit: answer cut",
            after(json!({ "drop": "body" })),
            1,
            "was not sent again",
        ),
        unknown(
            "submit: 500 after it arrived",
            after(json!({ "status": 500 })),
            1,
            "HTTP status 500",
        ),
        unknown(
            "submit: 502",
            json!({ "status": 502, "body": "<html>Bad gateway</html>" }),
            0,
            "HTTP status 502",
        ),
        unknown(
            "submit: 503 without Retry-After",
            json!({ "status": 503 }),
            0,
            "HTTP status 503",
        ),
        unknown(
            "submit: 502 after it arrived",
            after(json!({ "status": 502 })),
            1,
            "HTTP status 502",
        ),
        unknown(
            "submit: 503 after it arrived",
            after(json!({ "status": 503 })),
            1,
            "HTTP status 503",
        ),
        unknown(
            "submit: gzip that breaks off, after it arrived",
            after(
                json!({ "headers": { "Content-Encoding": "gzip" }, "hex": "1f8b0800000000000003abae05" }),
            ),
            1,
            "was not sent again",
        ),
        unknown(
            "submit: invalid UTF-8",
            json!({ "hex": "7b226a6f624964223a22ff227d" }),
            0,
            "not valid JSON",
        ),
        unknown(
            "submit: redirected after it arrived",
            after(json!({ "status": 302, "headers": { "Location": "https://evil.example/done" } })),
            1,
            "redirects to https://evil.example",
        ),
        unknown(
            "submit: a list",
            json!({ "body": [] }),
            0,
            "without a job's ID",
        ),
        unknown(
            "submit: 504 after it arrived",
            after(json!({ "status": 504 })),
            1,
            "HTTP status 504",
        ),
        unknown(
            "submit: 408",
            json!({ "status": 408 }),
            0,
            "HTTP status 408",
        ),
        unknown(
            "submit: a page after it arrived",
            after(html()),
            1,
            "an HTML or XML page",
        ),
        unknown(
            "submit: nothing",
            json!({ "status": 200 }),
            0,
            "an empty answer",
        ),
        unknown(
            "submit: JSON breaks off",
            after(json!({ "body": "{\"jobId\": \"j" })),
            1,
            "JSON that breaks off",
        ),
        unknown(
            "submit: no job's ID",
            json!({ "body": { "jobStatus": "esriJobSubmitted" } }),
            0,
            "without a job's ID",
        ),
        unknown(
            "submit: a number for an ID",
            json!({ "body": { "jobId": 7 } }),
            0,
            "without a job's ID",
        ),
        unknown(
            "submit: an ID that climbs",
            json!({ "body": { "jobId": ".." } }),
            0,
            "ID that is none",
        ),
        unknown(
            "submit: a gateway's words",
            error(504, "Your request has timed out."),
            0,
            "Your request has timed out",
        ),
        // What surely made none: sent again where that may help.
        Row {
            more: &["--params", "-"],
            faults: Vec::new(),
            ..row(
                "submit: parameters that are null are none",
                Value::Null,
                DONE,
                1,
                "",
            )
        },
        row(
            "submit: busy once, and says until when",
            once(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "1" } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests, once",
            once(path, json!({ "status": 429 })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests, in JSON",
            once(path, error(429, "Slow down.")),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too many requests for good",
            at(path, json!({ "status": 429 })),
            end(1, "busy"),
            0,
            "HTTP status 429",
        ),
        row(
            "submit: silence of an hour",
            at(
                path,
                json!({ "status": 503, "headers": { "Retry-After": "3600" } }),
            ),
            end(1, "busy"),
            0,
            "asks to wait",
        ),
        row(
            "submit: token refused once",
            once(path, error(498, "Invalid token.")),
            DONE,
            1,
            "",
        ),
        row(
            "submit: token expired, the admin shape",
            once(
                path,
                json!({ "body": { "status": "error", "messages": ["Token Expired."], "code": 498 } }),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "submit: tokens expired",
            once(path, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: 401 once",
            once(path, json!({ "status": 401 })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: token refused for good",
            at(path, error(498, "Invalid token.")),
            end(3, "authentication"),
            0,
            "Invalid token",
        ),
        row(
            "submit: token missing for good",
            at(
                path,
                json!({ "body": { "error": { "code": 499, "messageCode": "GWM_0003", "message": "Token Required" } } }),
            ),
            end(3, "authentication"),
            0,
            "GWM_0003",
        ),
        row(
            "submit: forbidden",
            at(path, error(403, "You lack a privilege.")),
            end(3, "permission"),
            0,
            "You lack a privilege",
        ),
        row(
            "submit: answer drips",
            at(path, json!({ "drip": { "bytes": 1, "everyMs": 2 } })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: slow",
            at(path, json!({ "delayMs": 700, "when": "after" })),
            DONE,
            1,
            "",
        ),
        row(
            "submit: too large for the server",
            at(path, json!({ "status": 413 })),
            end(1, "too-large"),
            0,
            "HTTP status 413",
        ),
        row(
            "submit: no such task",
            at(path, json!({ "status": 404 })),
            end(1, "not-found"),
            0,
            "HTTP status 404",
        ),
        row(
            "submit: redirected elsewhere",
            at(
                path,
                json!({ "status": 307, "headers": { "Location": "https://evil.example/submitJob" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to https://evil.example",
        ),
        row(
            "submit: sent to look at another page, as after something was done",
            at(
                path,
                json!({ "status": 303, "headers": { "Location": "https://evil.example/done" } }),
            ),
            end(6, "submit-outcome-unknown"),
            0,
            "redirects to https://evil.example",
        ),
        // Every shape of a refusal.
        refused(
            "submit: an error of words alone",
            json!({ "body": { "error": "job failed to get submitted... failed to compute cost" } }),
            "failed to compute cost",
        ),
        row(
            "submit: a token that is not good enough, in the words of a missing one",
            at(
                path,
                json!({ "body": { "error": { "code": 403, "messageCode": "GWM_0003", "message": "You do not have permissions to access this resource." } } }),
            ),
            end(3, "permission"),
            0,
            "You do not have permissions",
        ),
        refused(
            "submit: an error with details",
            json!({ "body": { "error": { "code": 400, "message": "Bad.", "details": ["'distances' is missing."] } } }),
            "'distances' is missing",
        ),
        refused(
            "submit: details that are null",
            json!({ "body": { "error": { "code": 400, "message": "Bad.", "details": null } } }),
            "Bad",
        ),
        refused(
            "submit: a word and its description",
            json!({ "body": { "error": "invalid_request", "error_description": "The layer is private." } }),
            "The layer is private",
        ),
        refused(
            "submit: an HTTP code, and an error in words",
            json!({ "status": 400, "body": { "error": { "code": 400, "message": "Invalid parameter." } } }),
            "Invalid parameter",
        ),
        row(
            "submit: an invalid token by the code of a bad request, once",
            once(path, error(400, "Invalid token")),
            DONE,
            1,
            "",
        ),
        row(
            "submit: a good token that is not good enough",
            at(path, error(403, "Token is valid but access is denied.")),
            end(3, "permission"),
            0,
            "access is denied",
        ),
        refused(
            "submit: details that are a text",
            json!({ "body": { "error": { "code": 400, "message": "Bad.", "details": "No distances." } } }),
            "No distances",
        ),
        refused(
            "submit: no success",
            json!({ "body": { "success": false, "message": "Not today." } }),
            "Not today",
        ),
        refused(
            "submit: no credits",
            json!({ "body": { "code": 402, "message": "Not enough credits." } }),
            "Not enough credits",
        ),
        refused(
            "submit: OAuth's shape",
            json!({ "body": { "error": { "code": 400, "error": "invalid_request", "error_description": "The client is unknown." } } }),
            "The client is unknown",
        ),
        refused(
            "submit: JSON within the message",
            json!({ "body": { "status": "failed", "statusMessage": coded.to_string() } }),
            "No raster",
        ),
        refused(
            "submit: a message code",
            json!({ "body": { "error": { "code": 400, "messageCode": "AO_100242", "message": "Out of credits." } } }),
            "AO_100242",
        ),
    ]
}
