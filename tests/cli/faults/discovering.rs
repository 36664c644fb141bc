//! What may go wrong while finding the service.

use super::*;

pub(super) fn discovering() -> Vec<Row> {
    let path = "portals/self";
    let busy = json!({ "status": 503, "headers": { "Retry-After": "1" } });
    let deep = json!({ "body": "[".repeat(100_000) });
    let large = json!({ "body": " ".repeat(5 << 20) });
    let elsewhere = json!({ "body": { "helperServices": { "analysis": { "url": "ftp://example.com/GPServer" } } } });
    vec![
        row("portal: busy once", once(path, busy), DONE, 1, ""),
        row(
            "portal: token refused once",
            once(path, error(498, "Invalid token.")),
            DONE,
            1,
            "",
        ),
        row(
            "portal: token missing, once",
            once(path, error(499, "Token Required")),
            DONE,
            1,
            "",
        ),
        row(
            "portal: answer cut once",
            once(path, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row(
            "portal: connection dropped once",
            once(path, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "portal: broken for good",
            at(path, json!({ "status": 500 })),
            end(1, "server"),
            0,
            "HTTP status 500",
        ),
        row(
            "portal: forbidden",
            at(path, error(403, "Not for you.")),
            end(3, "permission"),
            0,
            "Not for you",
        ),
        row(
            "portal: token refused for good",
            at(path, error(498, "Invalid token.")),
            end(3, "authentication"),
            0,
            "Invalid token",
        ),
        row(
            "portal: no services",
            at(path, json!({ "body": { "helperServices": {} } })),
            end(3, "not-offered"),
            0,
            "does not offer the service",
        ),
        row(
            "portal: a service at no address",
            at(path, elsewhere),
            end(1, "protocol"),
            0,
            "neither https nor http",
        ),
        row(
            "portal: a page instead",
            at(path, html()),
            end(1, "protocol"),
            0,
            "an HTML or XML page",
        ),
        row(
            "portal: invalid UTF-8",
            at(path, json!({ "hex": "7b2261223a22ff227d" })),
            end(1, "protocol"),
            0,
            "not valid JSON",
        ),
        row(
            "portal: 100,000 deep",
            at(path, deep),
            end(1, "too-large"),
            0,
            "nested deeper than 100 levels",
        ),
        row(
            "portal: 5 MiB of nothing",
            at(path, large),
            end(1, "too-large"),
            0,
            "larger than",
        ),
        row(
            "portal: nothing",
            at(path, json!({ "status": 200 })),
            end(1, "protocol"),
            0,
            "an empty answer",
        ),
        row(
            "portal: a list",
            at(path, json!({ "body": [] })),
            end(1, "protocol"),
            0,
            "no portal",
        ),
        row(
            "portal: redirected to another port",
            at(
                path,
                json!({ "status": 302, "headers": { "Location": "http://127.0.0.1:9/sharing" } }),
            ),
            end(1, "protocol"),
            0,
            "redirects to http://127.0.0.1:9",
        ),
    ]
}
