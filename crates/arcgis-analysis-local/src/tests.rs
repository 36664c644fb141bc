//! The service as a client meets it: over HTTP, on a port of its own.
#![allow(clippy::unwrap_used, clippy::panic)]

mod admin;
mod client;
mod content;
mod description;
mod edit;
mod estimate;
mod failures;
mod files;
mod hosted;
mod hostile;
mod items;
mod jobs;
mod lasting;
mod limits;
mod oauth;
mod pbf;
mod portal;
mod publish;
mod query;
mod queue;
mod reach;
mod rows;
mod secure;
mod shapes;
mod sign_in;

use client::Client;
use serde_json::{Value, json};

/// The path of the analysis service.
const GP: &str = "/arcgis/rest/services/tasks/GPServer";

/// Two cities as a client sends them, with the text of the JSON.
fn cities() -> String {
    let city = |name: &str, x: f64, y: f64| json!({ "geometry": { "x": x, "y": y }, "attributes": { "NAME": name } });
    json!({
        "layerDefinition": {
            "geometryType": "esriGeometryPoint",
            "fields": [{ "name": "NAME", "type": "esriFieldTypeString", "alias": "Name", "length": 40 }],
        },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": [city("Oslo", 10.75, 59.91), city("Bergen", 5.32, 60.39)],
        },
    })
    .to_string()
}

/// The error of an answer.
fn error(answer: &Value) -> (u64, &str) {
    let error = &answer["error"];
    (
        error["code"].as_u64().unwrap(),
        error["message"].as_str().unwrap(),
    )
}
