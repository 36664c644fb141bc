//! Layers on prepared answers: pages, IDs in their place, and servers that do it wrong.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Recorded, Replay};
use arcgis_analysis_core::{Error, ErrorKind, Layers, Limits};
use arcgis_analysis_types::serde_json::{Value, json};
use arcgis_analysis_types::{
    FeatureCollection, FeatureLayer, FieldType, GeometryType, ServiceToken, SpatialReference,
};

const LAYER: &str = "https://gis.example.org/server/rest/services/Trees/FeatureServer/3";
const PATH: &str = "/server/rest/services/Trees/FeatureServer/3";

fn description(pages: bool, most: usize) -> Value {
    json!({
        "id": 3,
        "name": "Trees",
        "type": "Feature Layer",
        "geometryType": "esriGeometryPoint",
        "hasZ": true,
        "objectIdField": "FID",
        "fields": [
            { "name": "FID", "type": "esriFieldTypeOID" },
            { "name": "Shape", "type": "esriFieldTypeGeometry" },
            { "name": "planted", "type": "esriFieldTypeDate" },
        ],
        "drawingInfo": { "renderer": {} },
        "maxRecordCount": most,
        "advancedQueryCapabilities": { "supportsPagination": pages },
    })
}

/// A page with these features, and whether there are more.
fn page(ids: &[i64], more: bool) -> Answer {
    let tree = |id: &i64| json!({ "attributes": { "FID": id, "planted": id * 1000 }, "geometry": { "x": 500_000 + id, "y": 200_000, "z": 7 } });
    let features: Vec<_> = ids.iter().map(tree).collect();
    Answer::json(&json!({
        "objectIdFieldName": "FID",
        "geometryType": "esriGeometryPoint",
        "spatialReference": { "wkid": 27700 },
        "fields": [{ "name": "FID", "type": "esriFieldTypeOID" }, { "name": "planted", "type": "esriFieldTypeDate" }],
        "features": features,
        "exceededTransferLimit": more,
    }))
}

fn count(count: usize) -> Answer {
    Answer::json(&json!({ "count": count }))
}

fn server(described: &Value, answers: impl IntoIterator<Item = Answer>) -> Replay {
    Replay::new()
        .on(Method::Get, PATH, [Answer::json(described)])
        .on(Method::Post, &format!("{PATH}/query"), answers)
}

async fn read(replay: &Replay) -> Result<FeatureCollection, Error> {
    Layers::new()
        .transport(replay.clone())
        .read(&FeatureLayer::new(LAYER))
        .await
}

fn ids(read: &FeatureCollection) -> Vec<i64> {
    let ids = read
        .features()
        .iter()
        .map(|f| f.attributes["FID"].as_i64().unwrap());
    ids.collect()
}

/// What the queries asked for by this field.
fn asked_for(replay: &Replay, name: &str) -> Vec<Option<String>> {
    let queries = asked(replay, "/query");
    queries
        .iter()
        .map(|query: &Recorded| query.field(name))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn reads_all_pages_in_the_order_of_the_ids() {
    let answers = [
        count(5),
        page(&[1, 2], true),
        page(&[4, 7], true),
        page(&[9], false),
    ];
    let replay = server(&description(true, 2), answers);
    let layer = FeatureLayer::new(format!("{LAYER}/")).filter("planted > date '2020-01-01'");
    let trees = Layers::new()
        .transport(replay.clone())
        .read(&layer)
        .await
        .unwrap();
    assert_eq!(ids(&trees), [1, 2, 4, 7, 9]);
    assert_eq!(
        trees.spatial_reference(),
        Some(&SpatialReference::wkid(27700))
    );
    assert_eq!(trees.geometry_type(), Some(GeometryType::Point));
    assert_eq!(trees.object_id_field(), Some("FID"));
    // The fields that came, not those that no attribute has.
    let types: Vec<_> = trees
        .fields()
        .iter()
        .map(|field| &field.field_type)
        .collect();
    assert_eq!(types, [&FieldType::Oid, &FieldType::Date]);
    let position = trees.features()[4]
        .geometry
        .as_ref()
        .unwrap()
        .positions()
        .next()
        .unwrap();
    assert_eq!((position.x, position.z()), (500_009.0, Some(7.0)));

    let some = |texts: [&str; 3]| {
        [None]
            .into_iter()
            .chain(texts.map(|t| Some(t.to_owned())))
            .collect::<Vec<_>>()
    };
    assert_eq!(asked_for(&replay, "resultOffset"), some(["0", "2", "4"]));
    assert_eq!(
        asked_for(&replay, "resultRecordCount"),
        some(["2", "2", "2"])
    );
    assert_eq!(
        asked_for(&replay, "orderByFields"),
        some(["FID", "FID", "FID"])
    );
    assert_eq!(
        asked_for(&replay, "returnZ"),
        some(["true", "true", "true"])
    );
    for query in asked(&replay, "/query") {
        assert_eq!(
            query.field("where").as_deref(),
            Some("planted > date '2020-01-01'")
        );
        assert_eq!(query.field("outSR"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_by_ids_where_the_server_has_no_pages() {
    let answers = [
        count(3),
        Answer::json(&json!({ "objectIdFieldName": "FID", "objectIds": [9, 1, 4] })),
        page(&[1, 4], false),
        page(&[9], false),
    ];
    let replay = server(&description(false, 2), answers);
    assert_eq!(ids(&read(&replay).await.unwrap()), [1, 4, 9]);
    assert_eq!(
        asked_for(&replay, "objectIds")[2..],
        [Some("1,4".to_owned()), Some("9".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_without_features_has_its_fields_and_type() {
    for pages in [true, false] {
        let none = Answer::json(&json!({ "objectIdFieldName": "FID", "objectIds": null }));
        let trees = read(&server(&description(pages, 2), [count(0), none]))
            .await
            .unwrap();
        assert_eq!((trees.features().len(), trees.fields().len()), (0, 3));
        assert_eq!(trees.geometry_type(), Some(GeometryType::Point));
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_changes_meanwhile_is_not_half_a_layer() {
    let all = |ids: Value| Answer::json(&json!({ "objectIds": ids }));
    for (pages, answers) in [
        // Features are taken away: the pages end early.
        (
            true,
            vec![
                count(4),
                page(&[1, 2], true),
                page(&[4], false),
                page(&[], false),
            ],
        ),
        // One is added before: another is sent twice.
        (
            true,
            vec![count(4), page(&[1, 2], true), page(&[2, 4], false)],
        ),
        // One is added behind.
        (true, vec![count(2), page(&[1, 2], true)]),
        // A page is sent twice, left out, or sent for another.
        (
            true,
            vec![count(4), page(&[1, 2], true), page(&[1, 2], true)],
        ),
        (true, vec![count(4), page(&[3, 4], false), page(&[], false)]),
        (
            false,
            vec![
                count(3),
                all(json!([1, 2, 3])),
                page(&[1, 2], false),
                page(&[4], false),
            ],
        ),
        (
            false,
            vec![count(2), all(json!([1, 2])), page(&[2, 2], false)],
        ),
        (false, vec![count(3), all(json!([1, 2]))]),
        (false, vec![count(2), all(json!([1, 2])), page(&[1], false)]),
    ] {
        let error = read(&server(&description(pages, 2), answers))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        let said = error.to_string();
        assert!(
            said.starts_with(&format!(
                "reading the layer {LAYER} failed: it changed while it was read"
            )),
            "{said}"
        );
    }
}

/// A server that heeds no order sends every feature all the same.
#[tokio::test(start_paused = true)]
async fn features_are_in_the_order_of_their_ids_however_they_come() {
    let all = Answer::json(&json!({ "objectIds": [4, 3, 2, 1] }));
    for (pages, first) in [(true, vec![count(4)]), (false, vec![count(4), all])] {
        let pages_of_it = match pages {
            true => [page(&[4, 2], true), page(&[3, 1], false)],
            false => [page(&[2, 1], false), page(&[4, 3], false)],
        };
        let answers = first.into_iter().chain(pages_of_it);
        let trees = read(&server(&description(pages, 2), answers)).await;
        assert_eq!(ids(&trees.unwrap()), [1, 2, 3, 4]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_layer_is_said_to_be_none() {
    let queryable = description(true, 2);
    let html = Answer::text(200, "<html><body>Sign in to the intranet</body></html>").forever();
    let no_id = json!({ "attributes": { "planted": 1 } });
    for (described, answers, words) in [
        (
            json!({ "name": "Trees", "type": "Group Layer" }),
            vec![],
            "it has no features with object IDs",
        ),
        (json!([1]), vec![], "something that is no layer"),
        (queryable.clone(), vec![html], "the server answered with"),
        (
            queryable.clone(),
            vec![Answer::json(&json!({ "features": [] }))],
            "without the number of features",
        ),
        (
            queryable.clone(),
            vec![count(2), page(&[], true)],
            "holds features back (`exceededTransferLimit`)",
        ),
        (
            queryable.clone(),
            vec![count(1), Answer::json(&json!({ "features": [no_id] }))],
            "features without their object IDs",
        ),
        (
            queryable.clone(),
            vec![
                count(1),
                Answer::json(&json!({ "features": [{ "geometry": { "x": "far" } }] })),
            ],
            "cannot be read",
        ),
        (
            queryable.clone(),
            vec![Answer::json(
                &json!({ "error": { "code": 400, "message": "'where' parameter is invalid" } }),
            )],
            "the server says: 'where' parameter is invalid",
        ),
        (
            queryable,
            vec![Answer::status(302).header("Location", "http://10.0.0.1/secret")],
            "the server redirects to http://10.0.0.1, which is not followed",
        ),
    ] {
        let replay = server(&described, answers);
        let said = read(&replay).await.unwrap_err().to_string();
        assert!(
            said.starts_with(&format!("reading the layer {LAYER} failed: ")),
            "{said}"
        );
        assert!(said.contains(words), "{said}");
        assert!(
            replay
                .requests()
                .iter()
                .all(|r| r.request().url().starts_with(LAYER))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_url_of_a_layer_is_asked() {
    for url in [
        "ftp://gis.example.org/FeatureServer/0",
        "https://gis.example.org/server/rest/services/Trees/FeatureServer",
        "https://gis.example.org/latest/meta-data/0",
        "https://user:word@gis.example.org/FeatureServer/0",
        "https://gis.example.org/FeatureServer/0?token=T0KEN",
        "/FeatureServer/0",
    ] {
        let replay = Replay::new();
        let reading = Layers::new().transport(replay.clone());
        let error = reading.read(&FeatureLayer::new(url)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        assert!(!error.to_string().contains("T0KEN"), "{error}");
        assert!(replay.requests().is_empty(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_to_the_layer_s_server_and_shows_nowhere() {
    let answers = || [count(1), page(&[1], false)];
    let mut layer = FeatureLayer::new(LAYER);
    for token in [None, Some("T0KEN")] {
        layer.service_token = token.map(ServiceToken::new);
        let replay = server(&description(true, 2), answers());
        Layers::new()
            .transport(replay.clone())
            .read(&layer)
            .await
            .unwrap();
        assert_eq!(replay.requests().len(), 3);
        for request in replay.requests() {
            assert!(request.request().url().starts_with(LAYER));
            assert!(!request.request().url().contains("T0KEN"));
            assert_eq!(
                request.header("X-Esri-Authorization"),
                token.map(|t| format!("Bearer {t}")).as_deref()
            );
        }
        let wanted = json!({ "error": { "code": 499, "message": "Token Required for T0KEN" } });
        let replay = server(&description(true, 2), [Answer::json(&wanted).forever()]);
        let error = Layers::new()
            .transport(replay)
            .read(&layer)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        let (said, shown) = (error.to_string(), format!("{error:?}"));
        let advice = match token {
            None => "give a token for it as the layer's `serviceToken`",
            Some(_) => "may have ended, or is not for this server",
        };
        assert!(said.contains(advice), "{said}");
        assert!(
            token.is_none() || !shown.contains("T0KEN") && !said.contains("T0KEN"),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_reads_with_its_own_token_where_the_server_is_its_own() {
    let hosted = "https://services.arcgis.com/o/arcgis/rest/services/M/FeatureServer/0";
    let path = "/o/arcgis/rest/services/M/FeatureServer/0";
    let replay = replay()
        .on(
            Method::Get,
            path,
            [Answer::json(&description(true, 2)).forever()],
        )
        .on(
            Method::Post,
            &format!("{path}/query"),
            [count(1), page(&[1], false), count(1), page(&[1], false)],
        );
    let portal = portal(&replay).await;
    for (token, bearer) in [
        (None, "Bearer T0KEN-of-ada"),
        (Some("0THER"), "Bearer 0THER"),
    ] {
        let mut layer = FeatureLayer::new(hosted);
        layer.service_token = token.map(ServiceToken::new);
        assert_eq!(portal.read_layer(&layer).await.unwrap().features().len(), 1);
        let last = replay.requests().pop().unwrap();
        assert_eq!(last.header("X-Esri-Authorization"), Some(bearer));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_asked_for_in_parts_or_refused() {
    let mut limits = Limits::default();
    limits.max_features = 4;
    let reading = |replay: &Replay, limits: &Limits| {
        Layers::new()
            .limits(limits.clone())
            .transport(replay.clone())
    };
    let layer = FeatureLayer::new(LAYER);

    let replay = server(&description(true, 2), [count(5)]);
    let error = reading(&replay, &limits).read(&layer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error.to_string().ends_with(
            "it has 5 features, and no more than 4 are read; select fewer with its `filter`"
        ),
        "{error}"
    );

    // Each feature has eight values, and a page twelve or so of its own.
    let full = |ids: &[i64]| page(ids, true);
    let answers = [
        count(4),
        full(&[1, 2, 3, 4]),
        full(&[1, 2]),
        page(&[3, 4], false),
    ];
    limits.max_result_values = 40;
    let replay = server(&description(true, 4), answers);
    let trees = reading(&replay, &limits).read(&layer).await.unwrap();
    assert_eq!(ids(&trees), [1, 2, 3, 4]);
    let sizes: Vec<_> = asked_for(&replay, "resultRecordCount")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(sizes, ["4", "2", "2"]);

    limits.max_layer_body = 500;
    let replay = server(
        &description(true, 2),
        [count(4), full(&[1, 2]), page(&[3, 4], false)],
    );
    let error = reading(&replay, &limits).read(&layer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(
        error
            .to_string()
            .contains("more than 500 bytes of features"),
        "{error}"
    );
}
