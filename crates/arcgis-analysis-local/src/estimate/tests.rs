#![allow(clippy::unwrap_used)]

use super::rate::{Counted, Rate, rates};
use super::*;

fn layer(features: usize) -> Value {
    let feature = json!({ "geometry": { "x": 7.6, "y": 47.5 }, "attributes": { "NAME": "a" } });
    json!({
        "layerDefinition": { "geometryType": "esriGeometryPoint", "fields": [] },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": vec![feature; features],
        },
    })
}

fn cost(task: &str, parameters: Value) -> Result<Cost, String> {
    estimate(task, &parameters.to_string())
}

const DRIVING: &str = r#"{"name":"Driving Time","type":"AUTOMOBILE"}"#;

/// The examples of Esri's page "Geoprocessing tools that use credits": 50 features by 4 variables cost 2 credits, 20
/// points by 5 variables within a drive time 11, what is near 10 features within a drive time 5.
#[test]
fn the_documented_examples_cost_what_the_documentation_says() {
    let enrich = |features: usize, variables: usize| {
        json!({
            "inputLayer": layer(features),
            "analysisVariables": (0..variables).map(|i| format!("C.V{i}")).collect::<Vec<_>>(),
            "bufferType": "StraightLine", "distance": 1.0, "units": "Miles",
        })
    };
    assert_eq!(cost("EnrichLayer", enrich(50, 4)), Ok(Cost::Exact(2.0)));
    let mut driven = enrich(20, 5);
    driven["bufferType"] = serde_json::from_str(DRIVING).unwrap();
    driven["distance"] = json!(20.0);
    driven["units"] = json!("Minutes");
    assert_eq!(cost("EnrichLayer", driven), Ok(Cost::Exact(11.0)));
    let mut nearby = json!({
        "sumNearbyLayer": layer(10), "summaryLayer": layer(3), "distances": [10.0], "units": "Minutes",
        "nearType": DRIVING,
    });
    assert_eq!(
        cost("SummarizeNearby", nearby.clone()),
        Ok(Cost::Exact(5.0))
    );
    // In a straight line it is a thousandth of a credit for each feature.
    nearby["nearType"] = json!("StraightLine");
    nearby["units"] = json!("Miles");
    assert_eq!(cost("SummarizeNearby", nearby), Ok(Cost::Exact(0.013)));
}

#[test]
fn every_statement_of_the_specs_is_understood() {
    let mut stated = 0;
    for entry in catalogue::service("tasks").unwrap().tasks {
        if let Some(statement) = entry.meta.credits.filter(|statement| *statement != "none") {
            let priced = |words: &str| statement.matches(words).count();
            let prices = priced("credit per ") + priced("credits per ");
            assert_eq!(
                rates(statement).len(),
                prices,
                "{}: {statement}",
                entry.meta.name
            );
            stated += 1;
        }
    }
    assert!(stated >= 28, "{stated}");
    let rate = |credits, unit, of| Rate { credits, unit, of };
    assert_eq!(
        rates("10 credits per 1,000 attributes, and 0.5 credits per area along the streets"),
        [
            rate(10.0, 1000.0, Counted::Attributes),
            rate(0.5, 1.0, Counted::Areas)
        ]
    );
}

#[test]
fn features_are_counted_in_every_layer_but_barriers() {
    let nearest = json!({
        "analysisLayer": layer(1500), "nearLayer": layer(500), "measurementType": "StraightLine",
    });
    assert_eq!(cost("FindNearest", nearest.clone()), Ok(Cost::Exact(2.0)));
    let merge = json!({ "inputLayer": layer(1), "mergeLayer": layer(2) });
    assert_eq!(cost("mergelayers", merge), Ok(Cost::Exact(0.003)));
    // Unset parameters may come as empty texts, and objects as their text.
    let buffers = json!({ "inputLayer": layer(4).to_string(), "distances": "[5]", "field": "", "units": null });
    assert_eq!(cost("CreateBuffers", buffers), Ok(Cost::Exact(0.004)));
    let mut filtered = layer(1000);
    filtered["filter"] = json!("NAME = 'a'");
    let buffers = json!({ "inputLayer": filtered, "distances": [5] });
    assert_eq!(cost("CreateBuffers", buffers), Ok(Cost::AtMost(1.0)));
    let hot = |by: &str| json!({ "analysisLayer": layer(1000), "analysisField": "NAME", "dividedByField": by });
    assert_eq!(
        cost("FindHotSpots", hot("Households")),
        Ok(Cost::Exact(1.0))
    );
    assert_eq!(
        cost("FindHotSpots", hot("esriPopulation")),
        Ok(Cost::Exact(11.0))
    );
    let areas = json!({ "inputLayer": layer(2) });
    assert_eq!(
        cost("CreateDriveTimeAreas", areas),
        Ok(Cost::Exact(3.0)),
        "two times the default of 5, 10 and 15"
    );
    let viewshed = json!({ "inputLayer": layer(7) });
    assert_eq!(cost("CreateViewshed", viewshed), Ok(Cost::Exact(0.0)));
}

#[test]
fn what_cannot_be_told_is_said() {
    let elsewhere =
        json!({ "inputLayer": { "url": "https://example.com/FeatureServer/0" }, "distances": [5] });
    let nearest = json!({
        "analysisLayer": layer(1), "nearLayer": layer(1),
        "measurementType": serde_json::from_str::<Value>(DRIVING).unwrap(),
    });
    let collected = json!({ "inputLayer": layer(1), "dataCollections": ["KeyGlobalFacts"], "bufferType": "StraightLine", "distance": 1.0, "units": "Miles" });
    for (task, parameters, sentence) in [
        ("Bake", json!({}), "There is no task \"Bake\""),
        (
            "CreateBuffers",
            elsewhere,
            "the layer elsewhere to which `inputLayer` refers",
        ),
        (
            "CreateBuffers",
            json!({ "distances": [5] }),
            "CreateBuffers: `inputLayer`",
        ),
        (
            "FindNearest",
            nearest,
            "What FindNearest costs along the streets is not known.",
        ),
        (
            "EnrichLayer",
            collected,
            "costs with collections of data is not known",
        ),
        (
            "CreateRouteLayers",
            json!({ "routeData": { "itemId": "a" }, "deleteRouteData": false, "outputName": { "itemProperties": { "title": "r" } } }),
            "costs at all is not known",
        ),
    ] {
        let told = cost(task, parameters).unwrap_err();
        assert!(told.contains(sentence), "{task}: {told}");
    }
    assert!(
        estimate("CreateBuffers", "[1]")
            .unwrap_err()
            .contains("not a JSON object")
    );
}
