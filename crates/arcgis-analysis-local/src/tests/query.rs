//! Queries of a hosted layer whose answers are plain to see: a grid of points, numbered row by row.

use super::{Client, error};
use crate::LocalService;
use crate::hosted::Target;
use arcgis_analysis_types::FeatureCollection;
use serde_json::{Value, json};

const QUERY: &str = "/arcgis/rest/services/Hosted/Grid/FeatureServer/0/query";

/// Hosts `width` times `height` points at whole degrees from (0, 0), row by row from the south.
///
/// `ROW` and `COLUMN` are theirs, `KIND` is `even` or `odd` by the column, and `SIZE` is ten times the row, missing in
/// the first.
pub(super) async fn grid(width: i32, height: i32) -> (LocalService, Client) {
    let service = LocalService::start().await.unwrap();
    let feature = |row: i32, column: i32| {
        json!({
            "geometry": { "x": column, "y": row },
            "attributes": {
                "OBJECTID": row * width + column + 1,
                "ROW": row,
                "COLUMN": column,
                "KIND": if column % 2 == 0 { "even" } else { "odd" },
                "SIZE": (row > 0).then_some(f64::from(row) * 10.0),
            },
        })
    };
    let cells = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
    let features: Vec<_> = cells.map(|(row, column)| feature(row, column)).collect();
    let field = |name: &str, kind: &str| json!({ "name": name, "type": format!("esriFieldType{kind}"), "alias": name });
    let fields = json!([
        field("OBJECTID", "OID"),
        field("ROW", "Integer"),
        field("COLUMN", "SmallInteger"),
        field("KIND", "String"),
        field("SIZE", "Double"),
    ]);
    let collection = json!({
        "layerDefinition": { "name": "points", "geometryType": "esriGeometryPoint", "objectIdField": "OBJECTID", "fields": fields },
        "featureSet": { "geometryType": "esriGeometryPoint", "spatialReference": { "wkid": 4326 }, "features": features },
    });
    let collection: FeatureCollection = serde_json::from_value(collection).unwrap();
    let target = Target::New {
        name: "Grid".to_owned(),
        folder: None,
    };
    service
        .app
        .hosted
        .fill(&target, service.username(), vec![collection])
        .unwrap()
        .show();
    let client = Client::signed_in(&service).await;
    (service, client)
}

async fn ask(client: &Client, form: &[(&str, &str)]) -> Value {
    let mut form = form.to_vec();
    form.push(("f", "json"));
    let answer = client.post(QUERY, &form).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form)
        .finish();
    assert_eq!(
        client.get(&format!("{QUERY}?{query}")).await,
        answer,
        "GET and POST differ"
    );
    answer
}

/// The numbers of the features that a query finds.
async fn ids(client: &Client, form: &[(&str, &str)]) -> Vec<i64> {
    let mut form = form.to_vec();
    form.push(("returnIdsOnly", "true"));
    let answer = ask(client, &form).await;
    assert_eq!(answer["objectIdFieldName"], "OBJECTID", "{answer}");
    serde_json::from_value(answer["objectIds"].clone()).unwrap()
}

fn told(answer: &Value, field: &str) -> Vec<Value> {
    let features = answer["features"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    features
        .iter()
        .map(|feature| feature["attributes"][field].clone())
        .collect()
}

#[tokio::test]
async fn features_come_with_the_fields_that_are_asked_for() {
    let (_service, client) = grid(3, 2).await;
    let answer = ask(&client, &[("where", "1=1"), ("outFields", "row, kind")]).await;
    assert_eq!(
        answer["features"][4],
        json!({ "geometry": { "x": 1.0, "y": 1.0 }, "attributes": { "ROW": 1, "KIND": "odd" } })
    );
    assert_eq!(answer["geometryType"], "esriGeometryPoint");
    assert_eq!(answer["spatialReference"]["wkid"], 4326);
    assert_eq!(answer.get("exceededTransferLimit"), None);
    let names: Vec<_> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["name"])
        .collect();
    assert_eq!(names, ["ROW", "KIND"]);
    let all = ask(&client, &[("outFields", "*"), ("returnGeometry", "false")]).await;
    assert_eq!(
        all["features"][0],
        json!({ "attributes": { "OBJECTID": 1, "ROW": 0, "COLUMN": 0, "KIND": "even", "SIZE": null } })
    );
    assert_eq!(all.get("geometryType"), None);
    let bare = ask(&client, &[("where", "1=1")]).await;
    assert_eq!(bare["features"][1]["attributes"], json!({ "OBJECTID": 2 }));
    let refused = ask(&client, &[("outFields", "NAME")]).await;
    assert!(
        error(&refused)
            .1
            .contains("OBJECTID, ROW, COLUMN, KIND, SIZE"),
        "{refused}"
    );
}

#[tokio::test]
async fn features_are_selected_by_clause_number_and_place() {
    let (_service, client) = grid(4, 3).await;
    let at =
        |text: &'static str| vec![("geometry", text), ("geometryType", "esriGeometryEnvelope")];
    for (form, wanted) in [
        (vec![("where", "1=1")], (1..=12).collect::<Vec<i64>>()),
        (vec![("where", "ROW = 2 AND KIND = 'odd'")], vec![10, 12]),
        (vec![("where", "SIZE IS NULL")], vec![1, 2, 3, 4]),
        (vec![("where", "1=0")], vec![]),
        (vec![("objectIds", "12, 3,99,3")], vec![3, 12]),
        (
            vec![("objectIds", "[5,6]"), ("where", "COLUMN = 1")],
            vec![6],
        ),
        (at("0.5,0.5,2,9"), vec![6, 7, 10, 11]),
        (
            at(r#"{"xmin":2,"ymin":2,"xmax":9,"ymax":9,"spatialReference":{"wkid":4326}}"#),
            vec![11, 12],
        ),
        (
            vec![("geometry", "2,1"), ("geometryType", "esriGeometryPoint")],
            vec![7],
        ),
        (
            vec![
                ("geometry", r#"{"rings":[[[0,0],[0,2],[2,2],[2,0],[0,0]]]}"#),
                ("geometryType", "esriGeometryPolygon"),
                ("spatialRel", "esriSpatialRelTouches"),
            ],
            vec![1, 2, 3, 5, 7, 9, 10, 11],
        ),
        (
            vec![
                ("geometry", r#"{"paths":[[[0,0],[3,0]]]}"#),
                ("geometryType", "esriGeometryPolyline"),
                ("spatialRel", "esriSpatialRelContains"),
            ],
            vec![1, 2, 3, 4],
        ),
        // One degree of longitude at the equator is 111,319.49 m in Web Mercator.
        (
            vec![
                ("geometry", "100000,-1,120000,1"),
                ("geometryType", "esriGeometryEnvelope"),
                ("inSR", "102100"),
            ],
            vec![2],
        ),
    ] {
        assert_eq!(ids(&client, &form).await, wanted, "{form:?}");
        let mut form = form.clone();
        form.push(("returnCountOnly", "true"));
        assert_eq!(
            ask(&client, &form).await,
            json!({ "count": wanted.len() }),
            "{form:?}"
        );
    }
    for (form, said) in [
        (vec![("where", "NAME = 1")], "`where` cannot be used"),
        (vec![("where", "ROW =")], "`where` cannot be used"),
        (vec![("objectIds", "a")], "`objectIds`"),
        (vec![("geometry", "1,2,3")], "`geometry`"),
        (
            vec![("geometry", "1,2"), ("geometryType", "esriGeometryBall")],
            "`geometryType`",
        ),
        (
            vec![
                ("geometry", "0,0,1,1"),
                ("spatialRel", "esriSpatialRelNear"),
            ],
            "`spatialRel`",
        ),
        (
            vec![("geometry", "0,0,1,1"), ("distance", "5")],
            "`distance`",
        ),
        (vec![("returnGeometry", "perhaps")], "`returnGeometry`"),
        // The datum of NAD 27 needs a grid.
        (vec![("outSR", "26715")], "26715"),
        (vec![("resultType", "all")], "`resultType`"),
    ] {
        let refused = ask(&client, &form).await;
        assert!(
            error(&refused).0 == 400 && error(&refused).1.contains(said),
            "{form:?}: {refused}"
        );
    }
}

#[tokio::test]
async fn features_are_told_in_a_projection() {
    let (_service, client) = grid(3, 3).await;
    let form = [("where", "1=1"), ("outSR", "32631")];
    let told = ask(&client, &form).await;
    assert_eq!(told["spatialReference"]["wkid"], 32_631);
    // pyproj 3.7.2: Transformer.from_crs(4326, 32631, always_xy=True).transform(2, 1)
    let (x, y) = (388_736.187_721_095_75, 110_547.105_700_448_94);
    let near = |value: &Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 1e-3;
    let features = told["features"].as_array().unwrap();
    let mut places = features.iter().map(|feature| &feature["geometry"]);
    assert!(
        places.any(|place| near(&place["x"], x) && near(&place["y"], y)),
        "{told}"
    );
    // And of (0, 0): no place of the rectangle is farther west or south.
    let form = [
        ("where", "1=1"),
        ("outSR", "32631"),
        ("returnExtentOnly", "true"),
    ];
    let extent = &ask(&client, &form).await["extent"];
    assert!(
        near(&extent["ymin"], 0.0) && near(&extent["xmin"], 166_021.443_080_540_57),
        "{extent}"
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let (_service, client) = grid(60, 40).await;
    let first = ask(&client, &[("where", "1=1"), ("outFields", "OBJECTID")]).await;
    assert_eq!(
        (
            told(&first, "OBJECTID").len(),
            &first["exceededTransferLimit"]
        ),
        (2000, &json!(true))
    );
    let rest = ask(
        &client,
        &[
            ("where", "1=1"),
            ("resultOffset", "2000"),
            ("resultRecordCount", "5000"),
        ],
    )
    .await;
    assert_eq!(
        (
            told(&rest, "OBJECTID").len(),
            rest.get("exceededTransferLimit")
        ),
        (400, None)
    );
    assert_eq!(told(&rest, "OBJECTID")[0], 2001);
    // Tiles of maps may hold more, and a part of too much may be declined.
    let tile = ask(&client, &[("resultType", "tile")]).await;
    assert_eq!(told(&tile, "OBJECTID").len(), 2400);
    let twice = ask(&client, &[("maxRecordCountFactor", "2")]).await;
    assert_eq!(told(&twice, "OBJECTID").len(), 2400);
    let none = ask(&client, &[("returnExceededLimitFeatures", "false")]).await;
    assert_eq!(
        (
            told(&none, "OBJECTID").len(),
            &none["exceededTransferLimit"]
        ),
        (0, &json!(true))
    );
    let page = [
        ("orderByFields", "COLUMN DESC, ROW"),
        ("resultOffset", "1"),
        ("resultRecordCount", "2"),
        ("outFields", "ROW,COLUMN"),
    ];
    let page = ask(&client, &page).await;
    assert_eq!(
        (told(&page, "ROW"), told(&page, "COLUMN")),
        (vec![json!(1), json!(2)], vec![json!(59), json!(59)])
    );
    assert_eq!(page["exceededTransferLimit"], true);
    assert_eq!(ids(&client, &[("where", "1=1")]).await.len(), 2400);
    // Esri's Python client asks for 200 numbers at a time and trusts that all come.
    let asked: Vec<i64> = (1..=2400).step_by(12).collect();
    let text: Vec<_> = asked.iter().map(i64::to_string).collect();
    let answer = client
        .post(QUERY, &[("objectIds", &text.join(",")), ("f", "json")])
        .await;
    assert_eq!(
        told(&answer, "OBJECTID"),
        asked.iter().map(|n| json!(n)).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn rectangles_are_in_the_reference_that_is_asked_for() {
    let (_service, client) = grid(4, 3).await;
    let answer = ask(
        &client,
        &[
            ("where", "COLUMN > 0"),
            ("returnExtentOnly", "true"),
            ("returnCountOnly", "true"),
        ],
    )
    .await;
    assert_eq!(
        answer,
        json!({ "extent": { "xmin": 1.0, "ymin": 0.0, "xmax": 3.0, "ymax": 2.0, "spatialReference": { "wkid": 4326 } }, "count": 9 })
    );
    let answer = ask(
        &client,
        &[
            ("returnExtentOnly", "true"),
            ("outSR", r#"{"wkid":102100}"#),
        ],
    )
    .await;
    assert!(
        (answer["extent"]["xmax"].as_f64().unwrap() - 333_958.472).abs() < 0.001,
        "{answer}"
    );
    let nothing = ask(
        &client,
        &[("where", "ROW > 9"), ("returnExtentOnly", "true")],
    )
    .await;
    assert_eq!(nothing["extent"]["xmin"], "NaN");
    let moved = ask(
        &client,
        &[
            ("objectIds", "2"),
            ("outSR", "3857"),
            ("geometryPrecision", "1"),
        ],
    )
    .await;
    assert_eq!(moved["features"][0]["geometry"]["x"], 111_319.5);
    assert_eq!(moved["spatialReference"]["wkid"], 3857);
}

/// `SIZE` is null in the first row, 10 in the second, 20 in the third: by hand, the variance of 10, 10, 20, 20 with
/// n - 1 is 100 / 3.
#[tokio::test]
async fn statistics_are_of_groups_and_leave_nulls_out() {
    let (_service, client) = grid(4, 3).await;
    let statistics = json!([
        { "statisticType": "count", "onStatisticField": "SIZE", "outStatisticFieldName": "n" },
        { "statisticType": "SUM", "onStatisticField": "size", "outStatisticFieldName": "total" },
        { "statisticType": "avg", "onStatisticField": "SIZE" },
        { "statisticType": "min", "onStatisticField": "COLUMN", "outStatisticFieldName": "least" },
        { "statisticType": "max", "onStatisticField": "KIND", "outStatisticFieldName": "last" },
        { "statisticType": "var", "onStatisticField": "SIZE", "outStatisticFieldName": "var" },
        { "statisticType": "stddev", "onStatisticField": "SIZE", "outStatisticFieldName": "dev" },
    ])
    .to_string();
    let all = ask(
        &client,
        &[("where", "COLUMN < 2"), ("outStatistics", &statistics)],
    )
    .await;
    let row = &all["features"][0]["attributes"];
    assert_eq!(
        (
            &row["n"],
            &row["total"],
            &row["avg_SIZE"],
            &row["least"],
            &row["last"]
        ),
        (
            &json!(4),
            &json!(60.0),
            &json!(15.0),
            &json!(0),
            &json!("odd")
        )
    );
    let near = |name: &str, wanted: f64| (row[name].as_f64().unwrap() - wanted).abs() < 1e-12;
    assert!(
        near("var", 100.0 / 3.0) && near("dev", (100.0_f64 / 3.0).sqrt()),
        "{row}"
    );

    let grouped = [
        ("outStatistics", statistics.as_str()),
        ("groupByFieldsForStatistics", "ROW"),
        ("orderByFields", "total DESC"),
    ];
    let grouped = ask(&client, &grouped).await;
    assert_eq!(told(&grouped, "ROW"), [json!(2), json!(1), json!(0)]);
    assert_eq!(
        told(&grouped, "total"),
        [json!(80.0), json!(40.0), Value::Null]
    );
    assert_eq!(told(&grouped, "n"), [json!(4), json!(4), json!(0)]);
    let types: Vec<_> = grouped["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types[..3],
        [
            "esriFieldTypeInteger",
            "esriFieldTypeInteger",
            "esriFieldTypeDouble"
        ]
    );

    let distinct = [
        ("returnDistinctValues", "true"),
        ("outFields", "KIND,ROW"),
        ("where", "ROW < 2"),
    ];
    let distinct = ask(&client, &distinct).await;
    assert_eq!(
        distinct["features"],
        json!([
            { "attributes": { "KIND": "even", "ROW": 0 } },
            { "attributes": { "KIND": "even", "ROW": 1 } },
            { "attributes": { "KIND": "odd", "ROW": 0 } },
            { "attributes": { "KIND": "odd", "ROW": 1 } },
        ])
    );
    for (text, said) in [
        (
            r#"[{"statisticType":"median","onStatisticField":"ROW"}]"#,
            "median",
        ),
        (
            r#"[{"statisticType":"sum","onStatisticField":"KIND"}]"#,
            "which is a text",
        ),
        (
            r#"[{"statisticType":"sum","onStatisticField":"NONE"}]"#,
            "NONE",
        ),
        ("[]", "empty"),
    ] {
        let refused = ask(&client, &[("outStatistics", text)]).await;
        assert!(error(&refused).1.contains(said), "{refused}");
    }
}

#[tokio::test]
async fn geojson_is_in_degrees_and_tells_of_more() {
    let (_service, client) = grid(4, 3).await;
    let path = format!(
        "{QUERY}?where=1%3D1&outFields=KIND,OBJECTID&resultRecordCount=1&outSR=102100&f=geojson"
    );
    let answer = client.get(&path).await;
    assert_eq!(
        answer["features"],
        json!([{
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [0.0, 0.0] },
            "id": 1,
            "properties": { "KIND": "even", "OBJECTID": 1 },
        }])
    );
    assert_eq!(
        (&answer["type"], &answer["exceededTransferLimit"]),
        (&json!("FeatureCollection"), &json!(true))
    );
}

#[tokio::test]
async fn layers_of_a_service_are_asked_together() {
    let (_service, client) = grid(4, 3).await;
    let path = "/arcgis/rest/services/Hosted/Grid/FeatureServer/query";
    for defs in [
        r#"{"0":"ROW = 1 AND COLUMN > 1"}"#,
        r#"[{"layerId":0,"where":"ROW = 1 AND COLUMN > 1","outFields":"OBJECTID"}]"#,
        "0:ROW = 1 AND COLUMN > 1",
    ] {
        let answer = client.post(path, &[("layerDefs", defs)]).await;
        let layer = &answer["layers"][0];
        assert_eq!(
            (&layer["id"], told(layer, "OBJECTID")),
            (&json!(0), vec![json!(7), json!(8)]),
            "{defs}"
        );
    }
    let counted = client
        .post(
            path,
            &[("layerDefs", r#"{"0":"1=1"}"#), ("returnCountOnly", "true")],
        )
        .await;
    assert_eq!(counted, json!({ "layers": [{ "id": 0, "count": 12 }] }));
    for (defs, said) in [
        ("", "'layerDefs'"),
        ("{\"7\":\"1=1\"}", "no layer"),
        ("[1]", "layerId"),
        ("{\"0\":\"NONE = 1\"}", "NONE"),
    ] {
        let refused = client.post(path, &[("layerDefs", defs)]).await;
        assert!(error(&refused).1.contains(said), "{refused}");
    }
}
