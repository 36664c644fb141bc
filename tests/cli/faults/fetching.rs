//! What may go wrong while fetching results.

use super::*;

pub(super) fn fetching() -> Vec<Row> {
    let path = "jobs/*/results/*";
    let done = |results: Value| json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobSucceeded", "results": results } });
    let evil = |url: &str| done(json!({ "bufferLayer": { "paramUrl": url } }));
    let slow = at(
        "jobs/*",
        json!({ "body": { "jobId": "{jobId}", "jobStatus": "esriJobExecuting" }, "count": 1 }),
    );
    let lead = |name, fault: Value| Row {
        faults: vec![slow.clone(), fault],
        ..row(name, Value::Null, DONE, 1, "")
    };
    let value = |value: Value| json!({ "body": { "paramName": "bufferLayer", "dataType": "GPString", "value": value } });
    vec![
        row(
            "result: 503 once",
            once(path, json!({ "status": 503 })),
            DONE,
            1,
            "",
        ),
        row(
            "result: cut once",
            once(path, json!({ "drop": "body" })),
            DONE,
            1,
            "",
        ),
        row("result: a page once", once(path, html()), DONE, 1, ""),
        row(
            "result: tokens expired",
            once(path, json!({ "expireTokens": true })),
            DONE,
            1,
            "",
        ),
        row(
            "result: drips",
            at(path, json!({ "drip": { "bytes": 4096, "everyMs": 1 } })),
            DONE,
            1,
            "",
        ),
        lead(
            "result: listed later than success",
            once("jobs/*", done(json!({}))),
        ),
        lead(
            "result: an absolute paramUrl",
            at("jobs/*", evil("http://127.0.0.1:9/evil")),
        ),
        lead(
            "result: a paramUrl that climbs",
            at("jobs/*", evil("../../../../admin/steal")),
        ),
        // The job succeeded, and that is told: with no results rather than without end.
        lead("result: never listed", at("jobs/*", done(json!({})))),
        row("result: null", at(path, value(Value::Null)), DONE, 1, ""),
        row(
            "result: an empty text",
            at(path, value("".into())),
            DONE,
            1,
            "",
        ),
        row(
            "result: an empty object",
            at(path, value(json!({}))),
            DONE,
            1,
            "",
        ),
        row(
            "result: a hosted layer",
            at(
                path,
                value(
                    json!({ "itemId": "i1", "url": "https://example.com/rest/services/B/FeatureServer/0" }),
                ),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "result: a picture of it",
            at(
                path,
                value(
                    json!({ "mapImage": { "href": "https://example.com/x.png", "width": 400, "height": 300 } }),
                ),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "result: curves for rings",
            at(
                path,
                value(
                    json!({ "layerDefinition": { "geometryType": "esriGeometryPolygon" }, "featureSet": {
                    "geometryType": "esriGeometryPolygon", "features": [{ "attributes": {}, "geometry": {
                        "curveRings": [[[0, 0], { "c": [[3, 3], [1, 4]] }, [0, 0]]] } }] } }),
                ),
            ),
            DONE,
            1,
            "",
        ),
        row(
            "result: gzip that breaks off",
            at(
                path,
                json!({ "headers": { "Content-Encoding": "gzip" }, "hex": "1f8b0800000000000003abae05" }),
            ),
            end(1, "transport"),
            1,
            "",
        ),
        row(
            "result: gone",
            at(path, json!({ "status": 404 })),
            end(1, "results"),
            1,
            "HTTP status 404",
        ),
        row(
            "result: redirected elsewhere",
            at(
                path,
                json!({ "status": 302, "headers": { "Location": "https://evil.example/result" } }),
            ),
            end(1, "protocol"),
            1,
            "redirects to https://evil.example",
        ),
        row(
            "result: refused",
            at(path, error(400, "The result is gone.")),
            end(1, "results"),
            1,
            "The result is gone",
        ),
        row(
            "result: no value",
            at(path, json!({ "body": { "paramNam": "x" } })),
            end(1, "results"),
            1,
            "without a value",
        ),
        row(
            "result: a number for a layer",
            at(path, value(json!(7))),
            end(1, "results"),
            1,
            "`bufferLayer`",
        ),
        row(
            "result: a word for a layer",
            at(path, value(json!("done"))),
            end(1, "results"),
            1,
            "a layer must be features, a hosted layer or nothing",
        ),
        row(
            "result: deeper than any document",
            at(
                path,
                json!({ "body": format!("{{\"value\":{}", "[".repeat(100_000)) }),
            ),
            end(1, "too-large"),
            1,
            "nested deeper than 100 levels",
        ),
        row(
            "result: headers without end",
            at(
                path,
                json!({ "headers": { "X-Padding": "x".repeat(100_000) } }),
            ),
            end(1, "too-large"),
            1,
            "the answer's headers are larger than 65536 bytes",
        ),
        row(
            "result: pages for good",
            at(path, html()),
            end(1, "protocol"),
            1,
            "an HTML or XML page",
        ),
        row(
            "result: more than the server gives",
            at(
                path,
                value(
                    json!({ "exceededTransferLimit": true, "features": [], "geometryType": "esriGeometryPolygon" }),
                ),
            ),
            end(1, "results"),
            1,
            "exceeds the service's transfer limit",
        ),
    ]
}

/// What may go wrong while the file that a task made is downloaded.
pub(super) fn downloading() -> Vec<Row> {
    let (item, data) = ("content/items/*", "content/items/*/data");
    let gzip =
        json!({ "headers": { "Content-Encoding": "gzip" }, "hex": "1f8b0800000000000003abae05" });
    let busy = json!({ "status": 503, "headers": { "Retry-After": "1" } });
    let file = |name, fault: Value, end, words| Row {
        does: Does::Extract,
        ..row(name, fault, end, 1, words)
    };
    let passes = |name, fault: Value| file(name, fault, DONE, "");
    vec![
        Row {
            faults: Vec::new(),
            ..passes("file: no fault", Value::Null)
        },
        passes(
            "file: description: 500 once",
            once(item, json!({ "status": 500 })),
        ),
        passes(
            "file: description: cut once",
            once(item, json!({ "drop": "body" })),
        ),
        passes("file: description: a page once", once(item, html())),
        passes(
            "file: description: tokens expired",
            once(item, json!({ "expireTokens": true })),
        ),
        passes(
            "file: lost once",
            once(data, json!({ "drop": "connection" })),
        ),
        passes("file: cut once", once(data, json!({ "drop": "body" }))),
        passes("file: gzip that breaks off, once", once(data, gzip.clone())),
        passes("file: 500 once", once(data, json!({ "status": 500 }))),
        passes("file: busy once, and says until when", once(data, busy)),
        passes(
            "file: tokens expired",
            once(data, json!({ "expireTokens": true })),
        ),
        passes(
            "file: drips",
            at(data, json!({ "drip": { "bytes": 1, "everyMs": 2 } })),
        ),
        file(
            "file: cut for good",
            at(data, json!({ "drop": "body" })),
            end(1, "transport"),
            "the connection broke",
        ),
        file(
            "file: gzip that breaks off",
            at(data, gzip),
            end(1, "transport"),
            "",
        ),
        file(
            "file: broken for good",
            at(data, json!({ "status": 500 })),
            end(1, "server"),
            "HTTP status 500",
        ),
        file(
            "file: a page",
            at(data, html()),
            end(1, "protocol"),
            "an HTML page came in place of the file",
        ),
        file(
            "file: refused",
            at(data, error(403, "Not yours.")),
            end(3, "permission"),
            "Not yours",
        ),
        file(
            "file: empty",
            at(data, json!({ "status": 200 })),
            end(1, "results"),
            "holds no file",
        ),
        file(
            "file: gone",
            at(data, json!({ "status": 404 })),
            end(1, "not-found"),
            "HTTP status 404",
        ),
        file(
            "file: description: another item",
            at(
                item,
                json!({ "body": { "id": "f".repeat(32), "type": "CSV", "name": "other.csv" } }),
            ),
            end(1, "protocol"),
            "another item",
        ),
        file(
            "file: kept where nothing is encrypted",
            at(
                data,
                json!({ "status": 302, "headers": { "Location": "http://evil.example/file" } }),
            ),
            end(1, "protocol"),
            "redirects to http://evil.example",
        ),
    ]
}
