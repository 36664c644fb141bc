//! What may go wrong while signing in.

use super::*;

pub(super) fn signing_in() -> Vec<Row> {
    let token = "generateToken";
    let twice = json!({ "path": token, "status": 503, "count": 2 });
    vec![
        row("token: busy twice", twice, DONE, 1, ""),
        row(
            "token: connection dropped once",
            once(token, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "token: answer cut once",
            once(token, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row(
            "token: answer drips",
            at(token, json!({ "drip": { "bytes": 16, "everyMs": 5 } })),
            DONE,
            1,
            "",
        ),
        row(
            "token: password refused",
            at(
                token,
                json!({ "body": { "error": { "code": 400, "message": "Unable to generate token.",
                "details": ["Invalid username or password."] } } }),
            ),
            end(3, "authentication"),
            0,
            "Invalid username or password",
        ),
        row(
            "token: a page instead",
            at(token, html()),
            end(1, "protocol"),
            0,
            "an HTML or XML page",
        ),
        row(
            "token: none in the answer",
            at(token, json!({ "body": {} })),
            end(1, "protocol"),
            0,
            "without a token",
        ),
        row(
            "token: one with a line's end",
            at(token, json!({ "body": { "token": "a\nb" } })),
            end(1, "protocol"),
            0,
            "without a token",
        ),
        row(
            "token: redirected elsewhere",
            at(
                token,
                json!({ "status": 307, "headers": { "Location": "https://evil.example/x" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to https://evil.example",
        ),
        row(
            "token: forbidden",
            at(token, error(403, "Login is disabled.")),
            end(3, "permission"),
            0,
            "Login is disabled",
        ),
    ]
}
