//! Queries whose answers other programs computed: DuckDB, NumPy and Shapely, by tests/reference/local_queries.py.

use super::{Client, error};
use crate::LocalService;
use crate::hosted::Target;
use serde_json::{Value, json};

fn figures() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/local_queries.json"
    ))
    .unwrap()
}

/// Hosts features of a geometry type, or rows, under a name.
async fn hosted(kind: Option<&str>, fields: Value, features: Vec<Value>) -> (LocalService, Client) {
    let service = LocalService::start().await.unwrap();
    let collection = json!({
        "layerDefinition": { "geometryType": kind, "fields": fields },
        "featureSet": { "geometryType": kind, "spatialReference": { "wkid": 102100 }, "features": features },
    });
    let target = Target::New {
        name: "Asked".to_owned(),
        folder: None,
    };
    let collection = serde_json::from_value(collection).unwrap();
    let hosted = &service.app.hosted;
    hosted
        .fill(&target, service.username(), vec![collection])
        .unwrap()
        .show();
    let client = Client::signed_in(&service).await;
    (service, client)
}

async fn rows() -> (LocalService, Client) {
    let field =
        |name: &str, kind: &str| json!({ "name": name, "type": format!("esriFieldType{kind}") });
    let fields = json!([
        field("ID", "Integer"),
        field("KIND", "String"),
        field("WHOLE", "Integer"),
        field("REAL", "Double"),
        field("SEEN", "Date"),
    ]);
    let rows = figures()["rows"].as_array().unwrap().clone();
    let rows = rows.into_iter().map(|row| json!({ "attributes": row }));
    hosted(None, fields, rows.collect()).await
}

async fn lines() -> (LocalService, Client) {
    let lines = figures()["lines"].as_array().unwrap().clone();
    let lines = lines
        .iter()
        .map(|line| json!({ "geometry": { "paths": [line] }, "attributes": {} }));
    hosted(Some("esriGeometryPolyline"), json!([]), lines.collect()).await
}

/// Esri's outer rings run clockwise, those of the figures the other way.
fn rings(shape: &Value) -> Value {
    let part = |part: &Value| {
        let rings = part.as_array().unwrap().iter();
        rings
            .map(|ring| Value::from_iter(ring.as_array().unwrap().iter().rev().cloned()))
            .collect::<Vec<_>>()
    };
    let coordinates = &shape["coordinates"];
    match shape["type"].as_str().unwrap() {
        "Polygon" => part(coordinates).into(),
        _ => Value::from_iter(coordinates.as_array().unwrap().iter().flat_map(part)),
    }
}

async fn polygons() -> (LocalService, Client) {
    let shapes = figures()["polygons"].as_array().unwrap().clone();
    let shapes = shapes
        .iter()
        .map(|shape| json!({ "geometry": { "rings": rings(shape) }, "attributes": {} }));
    hosted(Some("esriGeometryPolygon"), json!([]), shapes.collect()).await
}

async fn ask(client: &Client, form: &[(&str, &str)]) -> Value {
    let path = "/arcgis/rest/services/Hosted/Asked/FeatureServer/0/query";
    client.post(path, form).await
}

fn assert_near(what: &str, ours: &Value, theirs: &Value, tolerance: f64) {
    let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    assert!(
        (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0),
        "{what}: {ours}, not {theirs}"
    );
}

#[tokio::test]
async fn percentiles_are_those_of_duckdb() {
    let (_service, client) = rows().await;
    for figure in figures()["percentiles"].as_array().unwrap() {
        let statistic = |kind: &str| {
            json!({
                "statisticType": format!("percentile_{kind}"),
                "statisticParameters": { "value": figure["share"], "orderBy": figure["order"] },
                "onStatisticField": figure["field"],
                "outStatisticFieldName": kind,
            })
        };
        let asked = json!([statistic("CONT"), statistic("DISC")]).to_string();
        let answer = ask(&client, &[("outStatistics", &asked)]).await;
        let row = &answer["features"][0]["attributes"];
        // Dates are whole milliseconds.
        let tolerance = if figure["field"] == "SEEN" {
            1e-12
        } else {
            1e-14
        };
        assert_near(
            &figure.to_string(),
            &row["CONT"],
            &figure["CONT"],
            tolerance,
        );
        assert_near(&figure.to_string(), &row["DISC"], &figure["DISC"], 0.0);
    }
    for (parameters, said) in [
        (json!({ "value": 1.5 }), "from 0 to 1"),
        (json!({ "value": "half" }), "from 0 to 1"),
        (json!({ "value": 0.5, "orderBy": "up" }), "ASC and DESC"),
        (Value::Null, "statisticParameters"),
    ] {
        let asked = json!([{ "statisticType": "percentile_cont", "statisticParameters": parameters, "onStatisticField": "REAL" }]);
        let refused = ask(&client, &[("outStatistics", &asked.to_string())]).await;
        assert!(error(&refused).1.contains(said), "{refused}");
    }
}

#[tokio::test]
async fn groups_are_picked_as_by_duckdb() {
    let (_service, client) = rows().await;
    let statistics =
        r#"[{"statisticType":"sum","onStatisticField":"WHOLE","outStatisticFieldName":"total"}]"#;
    let form = |having| {
        [
            ("outStatistics", statistics),
            ("groupByFieldsForStatistics", "KIND"),
            ("having", having),
        ]
    };
    let figures = figures();
    for case in figures["having"].as_array().unwrap() {
        let having = case[0].as_str().unwrap();
        let answer = ask(&client, &form(having)).await;
        let told = answer["features"]
            .as_array()
            .unwrap_or_else(|| panic!("{having}: {answer}"));
        let told = told.iter().map(|row| row["attributes"]["KIND"].clone());
        assert_eq!(Value::from_iter(told), case[1], "{having}");
        let counted = [&form(having)[..], &[("returnCountOnly", "true")]].concat();
        let count = case[1].as_array().unwrap().len();
        assert_eq!(
            ask(&client, &counted).await,
            json!({ "count": count }),
            "{having}"
        );
    }
    for (having, said) in [
        ("SUM(NONE) > 1", "NONE"),
        ("SUM(KIND) > 1", "which is a text"),
        ("SUM(WHOLE) >", "`having` cannot be used"),
        ("WHOLE > 1", "WHOLE"),
    ] {
        let refused = ask(&client, &form(having)).await;
        assert!(error(&refused).1.contains(said), "{refused}");
    }
    let refused = ask(&client, &[("having", "COUNT(*) > 1")]).await;
    assert!(error(&refused).1.contains("outStatistics"), "{refused}");
    // KIND has four values and null.
    let distinct = [
        ("returnDistinctValues", "true"),
        ("outFields", "KIND"),
        ("returnCountOnly", "true"),
    ];
    assert_eq!(ask(&client, &distinct).await, json!({ "count": 5 }));
}

#[tokio::test]
async fn lines_lose_the_vertices_that_they_lose_by_shapely() {
    let (_service, client) = lines().await;
    for case in figures()["simplified"].as_array().unwrap() {
        let offset = case[0].to_string();
        let answer = ask(
            &client,
            &[("where", "1=1"), ("maxAllowableOffset", &offset)],
        )
        .await;
        for (feature, line) in answer["features"]
            .as_array()
            .unwrap()
            .iter()
            .zip(case[1].as_array().unwrap())
        {
            assert_eq!(feature["geometry"]["paths"], json!([line]), "{offset}");
        }
    }
    let whole = ask(&client, &[("where", "1=1"), ("maxAllowableOffset", "0")]).await;
    assert_eq!(
        whole["features"][5]["geometry"]["paths"],
        json!([figures()["lines"][5]])
    );
    let refused = ask(&client, &[("maxAllowableOffset", "-1")]).await;
    assert!(
        error(&refused).1.contains("`maxAllowableOffset`"),
        "{refused}"
    );
}

/// Whatever the offset, outlines stay outlines: closed, of three corners or more.
#[tokio::test]
async fn outlines_keep_three_corners() {
    let (_service, client) = polygons().await;
    let answer = ask(&client, &[("where", "1=1"), ("maxAllowableOffset", "1000")]).await;
    for feature in answer["features"].as_array().unwrap() {
        for ring in feature["geometry"]["rings"].as_array().unwrap() {
            let ring = ring.as_array().unwrap();
            assert!(
                (4..=5).contains(&ring.len()) && ring[0] == ring[ring.len() - 1],
                "{ring:?}"
            );
        }
    }
}

#[tokio::test]
async fn centres_are_those_of_shapely() {
    let (_service, client) = polygons().await;
    for geometry in ["true", "false"] {
        let form = [
            ("where", "1=1"),
            ("returnCentroid", "true"),
            ("returnGeometry", geometry),
        ];
        let answer = ask(&client, &form).await;
        for (feature, centre) in answer["features"]
            .as_array()
            .unwrap()
            .iter()
            .zip(figures()["centres"].as_array().unwrap())
        {
            assert_near("x", &feature["centroid"]["x"], &centre[0], 1e-9);
            assert_near("y", &feature["centroid"]["y"], &centre[1], 1e-9);
            assert_eq!(feature.get("geometry").is_some(), geometry == "true");
        }
    }
}

#[tokio::test]
async fn coordinates_are_brought_onto_the_grid_as_by_numpy() {
    let (_service, client) = lines().await;
    let grid = &figures()["grid"];
    let (step, corner) = (&grid["step"], &grid["corner"]);
    let extent = json!({ "xmin": corner[0], "ymin": -60, "xmax": 60, "ymax": corner[1] });
    let parameters = |mode: &str| {
        json!({ "mode": mode, "originPosition": "upperLeft", "tolerance": step, "extent": extent })
            .to_string()
    };
    for mode in ["edit", "view"] {
        let answer = ask(&client, &[("quantizationParameters", &parameters(mode))]).await;
        assert_eq!(
            answer["transform"],
            json!({ "originPosition": "upperLeft", "scale": [step, step], "translate": corner })
        );
        for (feature, places) in answer["features"]
            .as_array()
            .unwrap()
            .iter()
            .zip(grid["places"].as_array().unwrap())
        {
            let mut at = [0, 0];
            let mut told: Vec<Value> = Vec::new();
            for difference in feature["geometry"]["paths"][0].as_array().unwrap() {
                at = [0, 1].map(|i| at[i] + difference[i].as_i64().unwrap());
                told.push(json!(at));
            }
            let mut places = places.as_array().unwrap().clone();
            if mode == "view" {
                places.dedup();
            }
            assert_eq!(told, places, "{mode}");
        }
    }
    // Without a tolerance 10,000 steps make up the greater side of what the layer holds.
    let answer = ask(&client, &[("quantizationParameters", "{}")]).await;
    let all = ask(&client, &[("returnExtentOnly", "true")]).await;
    let side = |low: &str, high: &str| {
        all["extent"][high].as_f64().unwrap() - all["extent"][low].as_f64().unwrap()
    };
    let widest = side("xmin", "xmax").max(side("ymin", "ymax"));
    assert_near(
        "step",
        &answer["transform"]["scale"][0],
        &json!(widest / 10_000.0),
        1e-12,
    );
    for (parameters, said) in [
        (r#"{"tolerance":0}"#, "above 0"),
        (r#"{"mode":"sharp"}"#, "view and edit"),
        (r#"{"originPosition":"centre"}"#, "upperLeft"),
        ("[", "cannot be read"),
    ] {
        let refused = ask(&client, &[("quantizationParameters", parameters)]).await;
        assert!(error(&refused).1.contains(said), "{refused}");
    }
    let geojson = [("quantizationParameters", "{}"), ("f", "geojson")];
    assert!(error(&ask(&client, &geojson).await).1.contains("GeoJSON"));
}
