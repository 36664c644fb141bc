//! What goes wrong while the cost of a call is asked: nothing is submitted whose cost is not known.

use super::{DONE, End, Row, at, end, error, html, once};
use serde_json::{Value, json};

const PATH: &str = "EstimateCredits/execute";
const NONE: End = end(2, "no-estimate");

/// A scenario with a limit of one credit, which the call keeps to.
fn row(name: &'static str, fault: Value, end: End, submits: usize, words: &'static str) -> Row {
    Row {
        more: &["--max-credits", "1"],
        ..super::row(name, fault, end, submits, words)
    }
}

fn estimate(value: Value) -> Value {
    let results =
        json!([{ "paramName": "creditEstimate", "dataType": "GPString", "value": value }]);
    at(
        PATH,
        json!({ "body": { "results": results, "messages": [] } }),
    )
}

pub(super) fn estimating() -> Vec<Row> {
    let none = "no number of credits";
    let busy = json!({ "status": 503 });
    let words = error(400, "Failed to compute cost.");
    let described = |what: Value| at("Estimate/GPServer", what);
    let kind = |kind: &str| json!({ "body": { "executionType": kind } });
    let elsewhere =
        json!({ "status": 307, "headers": { "Location": "https://example.com/execute" } });
    vec![
        row(
            "estimate: as it is",
            at(PATH, json!({ "delayMs": 1 })),
            DONE,
            1,
            "",
        ),
        row("estimate: busy once", once(PATH, busy.clone()), DONE, 1, ""),
        row(
            "estimate: cut off once",
            once(PATH, json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "estimate: token expires",
            once(PATH, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "estimate: busy for ever",
            at(PATH, busy),
            NONE,
            0,
            "HTTP status 503",
        ),
        row(
            "estimate: never answered",
            at(PATH, json!({ "drop": "connection" })),
            NONE,
            0,
            "cannot be told",
        ),
        row(
            "estimate: broken off",
            at(PATH, json!({ "drop": "body" })),
            NONE,
            0,
            "cannot be told",
        ),
        row("estimate: a page", at(PATH, html()), NONE, 0, "HTML"),
        row(
            "estimate: elsewhere",
            at(PATH, elsewhere),
            NONE,
            0,
            "redirects to https://example.com",
        ),
        row(
            "estimate: refused",
            at(PATH, words),
            NONE,
            0,
            "Failed to compute cost",
        ),
        row(
            "estimate: NaN",
            estimate("{\"cost\": NaN}".into()),
            NONE,
            0,
            none,
        ),
        row(
            "estimate: less than nothing",
            estimate(json!({ "cost": -1 })),
            NONE,
            0,
            none,
        ),
        row(
            "estimate: a text",
            estimate(json!({ "cost": "0.5" })),
            NONE,
            0,
            none,
        ),
        row(
            "estimate: infinite",
            estimate("{\"maximumCost\": 1e999}".into()),
            NONE,
            0,
            none,
        ),
        row(
            "estimate: a service that says nothing of itself",
            described(json!({ "drop": "connection" })),
            DONE,
            1,
            "",
        ),
        row(
            "estimate: a service that is asked in a way nobody knows",
            described(kind("esriExecutionTypeOdd")),
            DONE,
            1,
            "",
        ),
        row(
            "estimate: a service that says it has jobs, and has none",
            described(kind("esriExecutionTypeAsynchronous")),
            NONE,
            0,
            "cannot be told",
        ),
        row("estimate: empty", estimate("".into()), NONE, 0, none),
        row(
            "estimate: just the limit",
            estimate(json!({ "maximumCost": 1 })),
            DONE,
            1,
            "",
        ),
        row(
            "estimate: over the limit",
            estimate(json!({ "cost": 0.5, "maximumCost": 1.0000001 })),
            end(2, "credit-limit"),
            0,
            "it may cost 1.0000001 credits, and no more than 1 are allowed",
        ),
    ]
}
