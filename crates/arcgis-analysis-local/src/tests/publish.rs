//! What is published from files and texts: services, and features that are not kept.

use super::content::{add_towns, user};
use super::{Client, error};
use crate::LocalService;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

pub(super) async fn publish(
    service: &LocalService,
    client: &Client,
    fields: &[(&str, &str)],
) -> Value {
    client
        .post(&format!("{}/publish", user(service)), fields)
        .await
}

/// The features of a layer of a service, in the order of their numbers.
async fn features(client: &Client, name: &str, layer: u32) -> Vec<Value> {
    let query = format!(
        "/arcgis/rest/services/Hosted/{name}/FeatureServer/{layer}/query?where=1%3D1&outFields=*&orderByFields=OBJECTID"
    );
    let answer = client.get(&query).await;
    answer["features"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .clone()
}

#[tokio::test]
async fn a_table_is_analyzed_and_published() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = add_towns(&service, &client).await;
    let form = [("itemid", id.as_str()), ("filetype", "csv")];
    let analyzed = client
        .post("/sharing/rest/content/features/analyze", &form)
        .await;
    let mut params = analyzed["publishParameters"].clone();
    assert_eq!(
        (
            &params["locationType"],
            &params["latitudeFieldName"],
            &params["longitudeFieldName"],
            &params["name"]
        ),
        (
            &json!("coordinates"),
            &json!("lat"),
            &json!("lon"),
            &json!("towns")
        ),
    );
    assert_eq!(analyzed["records"][0]["name"], "Basel");
    params["name"] = "Towns".into();
    for field in params["layerInfo"]["fields"].as_array_mut().unwrap() {
        if field["name"] == "zip" {
            field["type"] = "esriFieldTypeString".into();
        }
    }
    let text = params.to_string();
    let fields = [
        ("itemID", id.as_str()),
        ("filetype", "csv"),
        ("publishParameters", &text),
    ];
    let answer = publish(&service, &client, &fields).await;
    let made = &answer["services"][0];
    assert_eq!(made["type"], "Feature Service", "{answer}");
    let item = format!(
        "{}/items/{}/status",
        user(&service),
        made["serviceItemId"].as_str().unwrap()
    );
    let status = client
        .post(&item, &[("jobid", made["jobId"].as_str().unwrap())])
        .await;
    assert_eq!(
        (&status["status"], &status["itemId"]),
        (&json!("completed"), &made["serviceItemId"])
    );
    let found = features(&client, "Towns", 0).await;
    assert_eq!(found[0]["geometry"], json!({ "x": 7.59, "y": 47.56 }));
    assert_eq!(
        (
            &found[0]["attributes"]["zip"],
            &found[1]["attributes"]["pop"]
        ),
        (&json!("4051"), &json!(134_591))
    );
    assert_eq!(found[2]["geometry"], Value::Null);

    let related = async |id: &str, direction: &str| {
        let form = [
            ("relationshipTypes", "Service2Data"),
            ("direction", direction),
        ];
        let answer = client
            .post(
                &format!("/sharing/rest/content/items/{id}/relatedItems"),
                &form,
            )
            .await;
        answer["relatedItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        related(made["serviceItemId"].as_str().unwrap(), "forward").await,
        [json!(id)]
    );
    assert_eq!(
        related(&id, "reverse").await,
        [made["serviceItemId"].clone()]
    );

    // The name is taken, unless it is to be replaced: here by rows without a place.
    let taken = publish(&service, &client, &fields).await;
    assert!(
        error(&taken).1.contains("There is a service named"),
        "{taken}"
    );
    params["locationType"] = "none".into();
    let text = params.to_string();
    let again = [
        fields[0],
        fields[1],
        ("publishParameters", &text),
        ("overwrite", "true"),
    ];
    let answer = publish(&service, &client, &again).await;
    assert_eq!(
        answer["services"][0]["serviceItemId"],
        made["serviceItemId"]
    );
    let described = client
        .get("/arcgis/rest/services/Hosted/Towns/FeatureServer/0")
        .await;
    assert_eq!(
        (&described["type"], &described["geometryType"]),
        (&json!("Table"), &Value::Null)
    );
}

#[tokio::test]
async fn other_columns_and_other_references_are_taken_as_told() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let params = json!({
        "name": "Far", "locationType": "coordinates", "latitudeFieldName": "NORTH", "longitudeFieldName": "east",
        "targetSR": { "wkid": 102_100 },
    });
    let text = params.to_string();
    let csv = "id,east,north\n1,180,0\n2,,\n";
    let fields = [
        ("text", csv),
        ("filetype", "csv"),
        ("publishParameters", text.as_str()),
    ];
    publish(&service, &client, &fields).await;
    let found = features(&client, "Far", 0).await;
    // Half the circumference of the sphere whose radius is the half axis of WGS 84: pi times 6378137 m.
    let x = found[0]["geometry"]["x"].as_f64().unwrap();
    assert!((x - 20_037_508.342_789_244).abs() < 1e-6, "{x}");
    assert_eq!(found[1]["geometry"], Value::Null);
    let generated = client
        .post("/sharing/rest/content/features/generate", &fields)
        .await;
    let layer = &generated["featureCollection"]["layers"][0];
    assert_eq!(
        layer["layerDefinition"]["geometryType"],
        "esriGeometryPoint"
    );
    assert_eq!(layer["featureSet"]["features"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_feature_collection_has_several_layers() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let layer: Value = serde_json::from_str(&super::cities()).unwrap();
    let text = json!({ "layers": [layer, layer] }).to_string();
    let fields = [
        ("title", "Two"),
        ("type", "Feature Collection"),
        ("text", text.as_str()),
    ];
    let added = client
        .post(&format!("{}/addItem", user(&service)), &fields)
        .await;
    let id = added["id"].as_str().unwrap();
    assert_eq!(
        client
            .get(&format!("/sharing/rest/content/items/{id}/data"))
            .await["layers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let fields = [
        ("itemid", id),
        ("filetype", "featureCollection"),
        ("publishParameters", r#"{"name":"Two"}"#),
    ];
    publish(&service, &client, &fields).await;
    for layer in 0..2 {
        let names: Vec<_> = features(&client, "Two", layer)
            .await
            .iter()
            .map(|f| f["attributes"]["NAME"].clone())
            .collect();
        assert_eq!(names, [json!("Oslo"), json!("Bergen")]);
    }
}

/// As GDAL wrote it; GeoPandas tells what is in it (tests/reference/engine_shapefiles.py).
#[tokio::test]
async fn a_shapefile_is_published_and_outlives_the_service() {
    let all = include_str!("../../../../tests/reference/engine_shapefiles.json");
    let all: Value = serde_json::from_str(all).unwrap();
    let archive = all["gdal"]["archive"].as_str().unwrap();
    let archive = BASE64_STANDARD.decode(archive).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let service = super::lasting::with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let mut body = Vec::new();
    for (name, text) in [("f", "json"), ("type", "Shapefile"), ("title", "Areas")] {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend(part.into_bytes());
    }
    body.extend(
        b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"areas.zip\"\r\n\r\n",
    );
    body.extend(archive);
    body.extend(b"\r\n--edge--\r\n");
    let path = format!("{}/addItem", user(&service));
    let (_, _, answer) = client
        .raw("POST", &path, "multipart/form-data; boundary=edge", body)
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let params =
        r#"{"name":"Areas","targetSR":{"wkid":102100},"layerInfo":{"capabilities":"Query"}}"#;
    let fields = [
        ("itemid", answer["id"].as_str().unwrap()),
        ("filetype", "shapefile"),
        ("publishParameters", params),
    ];
    let answer = publish(&service, &client, &fields).await;
    assert_eq!(answer["services"][0]["type"], "Feature Service", "{answer}");
    service.shutdown().await;
    let service = super::lasting::with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let found = features(&client, "Areas", 0).await;
    let names: Vec<_> = found.iter().map(|f| &f["attributes"]["NAME"]).collect();
    assert_eq!(names, [&json!("Zürich"), &json!("Łódź"), &Value::Null]);
    assert_eq!(
        found[0]["attributes"]["BIG"],
        json!(9_007_199_254_740_991_f64)
    );
    assert_eq!(found[0]["geometry"]["rings"].as_array().unwrap().len(), 4);
    assert_eq!(found[2]["geometry"], Value::Null);
    let described = client
        .get("/arcgis/rest/services/Hosted/Areas/FeatureServer/0")
        .await;
    assert_eq!(
        (
            &described["name"],
            &described["geometryType"],
            &described["extent"]["spatialReference"]["wkid"]
        ),
        (
            &json!("places"),
            &json!("esriGeometryPolygon"),
            &json!(102_100)
        )
    );
}
