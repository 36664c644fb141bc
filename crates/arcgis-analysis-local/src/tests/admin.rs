//! Definitions of services and layers that a client changes, values that it calculates, and features that it appends.

use super::edit::{all, host};
use super::{Client, error};
use crate::LocalService;
use crate::tests::lasting::with;
use serde_json::{Value, json};

const SERVICE: &str = "/arcgis/rest/services/Hosted/Towns/FeatureServer";
const ADMIN: &str = "/arcgis/rest/admin/services/Hosted/Towns/FeatureServer";

/// Defines something of a service or, with a number, of a layer.
async fn define(client: &Client, below: &str, operation: &str, definition: &Value) -> Value {
    let text = definition.to_string();
    let path = format!("{ADMIN}{below}/{operation}");
    client.post(&path, &[(operation, text.as_str())]).await
}

async fn layer(client: &Client, form: &str, fields: &[(&str, &str)]) -> Value {
    client.post(&format!("{SERVICE}/0/{form}"), fields).await
}

#[tokio::test]
async fn layers_and_fields_come_and_go_and_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let roads = json!({
        "name": "Roads", "geometryType": "esriGeometryPolyline", "objectIdField": "FID",
        "extent": { "xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": { "wkid": 102_100 } },
        "fields": [
            { "name": "FID", "type": "esriFieldTypeOID" },
            { "name": "LANES", "type": "esriFieldTypeInteger", "defaultValue": 2 },
        ],
        "hasAttachments": false, "relationships": [],
    });
    let notes =
        json!({ "name": "Notes", "fields": [{ "name": "TEXT", "type": "esriFieldTypeString" }] });
    let added = json!({ "layers": [roads], "tables": [notes] });
    let answer = define(&client, "", "addToDefinition", &added).await;
    assert_eq!(
        answer,
        json!({ "success": true, "layers": [{ "id": 1, "name": "Roads" }], "tables": [{ "id": 2, "name": "Notes" }] })
    );
    let form = [(
        "features",
        r#"[{"attributes":{},"geometry":{"paths":[[[0,0],[5,5]]],"spatialReference":{"wkid":102100}}}]"#,
    )];
    let answer = client
        .post(&format!("{SERVICE}/1/addFeatures"), &form)
        .await;
    assert_eq!(answer["addResults"][0]["success"], true, "{answer}");

    let more = json!({ "fields": [
        { "name": "NOTE", "type": "esriFieldTypeString", "alias": "A note", "length": 9 },
        { "name": "RANK", "type": "esriFieldTypeSmallInteger", "domain": { "type": "range", "name": "r", "range": [1, 9] } },
    ] });
    let answer = define(&client, "/0", "addToDefinition", &more).await;
    assert_eq!(answer["success"], true, "{answer}");
    let renamed = json!({
        "name": "Villages", "description": "small", "minScale": 5000,
        "fields": [{ "name": "pop", "alias": "People", "type": "esriFieldTypeInteger" }],
    });
    let answer = define(&client, "/0", "updateDefinition", &renamed).await;
    assert_eq!(answer, json!({ "success": true }));
    let gone = json!({ "fields": [{ "name": "share" }] });
    let answer = define(&client, "/0", "deleteFromDefinition", &gone).await;
    assert_eq!(answer, json!({ "success": true }));
    service.shutdown().await;

    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let described = client.get(&format!("{SERVICE}/0")).await;
    let names: Vec<_> = described["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["name"])
        .collect();
    assert!(
        ["NAME", "POP", "NOTE", "RANK"]
            .iter()
            .all(|name| names.contains(&&json!(name))),
        "{names:?}"
    );
    assert!(!names.contains(&&json!("SHARE")));
    assert_eq!(
        (
            &described["name"],
            &described["description"],
            &described["minScale"]
        ),
        (&json!("Villages"), &json!("small"), &json!(5000))
    );
    let of = |name: &str| {
        described["fields"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(of("POP")["alias"], "People");
    assert_eq!(
        (&of("NOTE")["length"], &of("RANK")["domain"]["range"]),
        (&json!(9), &json!([1, 9]))
    );
    for (_, attributes, _) in all(&client).await {
        assert_eq!(
            (&attributes["NOTE"], attributes.get("SHARE")),
            (&Value::Null, None)
        );
    }
    let found = client.get(&format!("{SERVICE}/1/query?outFields=*")).await;
    assert_eq!(
        found["features"][0]["attributes"],
        json!({ "FID": 1, "LANES": 2 })
    );
    assert_eq!(found["spatialReference"]["wkid"], 102_100);
    let whole = client.get(ADMIN).await;
    assert_eq!(
        whole["layers"][1]["fields"][1]["name"], "LANES",
        "layers are told in full"
    );
    assert_eq!(whole["tables"][0]["name"], "Notes");

    // What a client was told it may send back.
    let answer = define(&client, "/1", "updateDefinition", &whole["layers"][1]).await;
    assert_eq!(answer, json!({ "success": true }));
    let gone = json!({ "layers": [{ "id": "1" }], "tables": [{ "id": 2 }] });
    let answer = define(&client, "", "deleteFromDefinition", &gone).await;
    assert_eq!(answer, json!({ "success": true }));
    assert_eq!(error(&client.get(&format!("{SERVICE}/1")).await).0, 404);
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let root = client.get(SERVICE).await;
    assert_eq!(
        (root["layers"].as_array().unwrap().len(), &root["tables"]),
        (1, &json!([]))
    );
}

#[tokio::test]
async fn definitions_that_are_not_kept_are_refused() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let field = |name: &str, kind: &str| json!({ "fields": [{ "name": name, "type": kind }] });
    for (below, operation, definition, said) in [
        (
            "/0",
            "addToDefinition",
            field("pop", "esriFieldTypeInteger"),
            "has a field \"pop\" already",
        ),
        (
            "/0",
            "addToDefinition",
            field("x", "esriFieldTypeOID"),
            "would number the features",
        ),
        (
            "/0",
            "addToDefinition",
            field("x", "esriFieldTypeBlob"),
            "does not keep",
        ),
        (
            "/0",
            "addToDefinition",
            field("", "esriFieldTypeInteger"),
            "no name for a field",
        ),
        (
            "/0",
            "addToDefinition",
            json!({ "indexes": [{ "name": "i" }] }),
            "\"indexes\" cannot be set",
        ),
        ("/0", "addToDefinition", json!([]), "no object"),
        (
            "/0",
            "updateDefinition",
            json!({ "hasAttachments": true }),
            "\"hasAttachments\" cannot be set",
        ),
        (
            "/0",
            "updateDefinition",
            field("POP", "esriFieldTypeString"),
            "cannot be changed",
        ),
        (
            "/0",
            "updateDefinition",
            json!({ "fields": [{ "name": "NAME", "length": 2 }] }),
            "shorter",
        ),
        (
            "/0",
            "deleteFromDefinition",
            json!({ "fields": [{ "name": "OBJECTID" }] }),
            "numbers the features",
        ),
        (
            "/0",
            "deleteFromDefinition",
            json!({ "fields": [{ "name": "nope" }] }),
            "no field \"nope\"",
        ),
        (
            "",
            "addToDefinition",
            json!({ "layers": [{ "name": "a", "hasZ": true }] }),
            "\"hasZ\" is not offered",
        ),
        (
            "",
            "addToDefinition",
            json!({ "layers": [{}] }),
            "must have a name",
        ),
        (
            "",
            "addToDefinition",
            json!({ "layers": [{ "name": "a", "geometryType": "esriGeometryCube" }] }),
            "geometry type",
        ),
        (
            "",
            "updateDefinition",
            json!({ "capabilities": "Query,Sync" }),
            "names \"Sync\"",
        ),
        (
            "",
            "updateDefinition",
            json!({ "syncEnabled": true }),
            "\"syncEnabled\" cannot be set",
        ),
        (
            "",
            "deleteFromDefinition",
            json!({ "layers": [{ "id": 7 }] }),
            "has no layer 7",
        ),
    ] {
        let answer = define(&client, below, operation, &definition).await;
        let (code, message) = error(&answer);
        assert!(
            code == 400 && message.contains(said),
            "{operation} {definition}: {answer}"
        );
    }
    let answer = layer(&client, "queryRelatedRecords", &[]).await;
    assert!(error(&answer).1.contains("no relationships"), "{answer}");
    let answer = client.post(&format!("{SERVICE}/createReplica"), &[]).await;
    assert!(
        error(&answer)
            .1
            .contains("\"createReplica\" is not offered"),
        "{answer}"
    );
    let nobody = Client::anonymous(&service);
    let answer = define(&nobody, "/0", "updateDefinition", &json!({ "name": "x" })).await;
    assert_eq!(error(&answer).0, 499);
    assert_eq!(all(&client).await.len(), 3);
}

#[tokio::test]
async fn capabilities_are_what_may_be_done() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let set = async |words: &str| {
        define(
            &client,
            "",
            "updateDefinition",
            &json!({ "capabilities": words }),
        )
        .await
    };
    assert_eq!(set("Query,Update").await["success"], true);
    assert_eq!(client.get(SERVICE).await["capabilities"], "Query,Update");
    let adds = [("features", r#"[{"attributes":{}}]"#)];
    let answer = layer(&client, "addFeatures", &adds).await;
    assert!(error(&answer).1.contains("add Create"), "{answer}");
    let updates = [("features", r#"[{"attributes":{"OBJECTID":1,"POP":5}}]"#)];
    let answer = layer(&client, "updateFeatures", &updates).await;
    assert_eq!(answer["updateResults"][0]["success"], true);
    set("Query,Editing").await;
    assert_eq!(
        layer(&client, "addFeatures", &adds).await["addResults"][0]["success"],
        true
    );
    set("Query").await;
    let form = [
        ("where", "1=1"),
        ("calcExpression", r#"{"field":"POP","value":1}"#),
    ];
    assert!(
        error(&layer(&client, "calculate", &form).await)
            .1
            .contains("add Update")
    );
}

#[tokio::test]
async fn values_are_calculated_for_all_or_none() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let calculate = async |clause: &str, expression: Value| {
        let text = expression.to_string();
        layer(
            &client,
            "calculate",
            &[("where", clause), ("calcExpression", &text)],
        )
        .await
    };
    let answer = calculate(
        "POP >= 100",
        json!([{ "field": "pop", "sqlExpression": "POP * 2 + 1" }, { "field": "NAME", "value": "big" }]),
    )
    .await;
    assert_eq!(answer, json!({ "success": true, "updatedFeatureCount": 2 }));
    let told: Vec<_> = all(&client)
        .await
        .into_iter()
        .map(|(_, a, _)| (a["NAME"].clone(), a["POP"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("t0"), json!(0)),
            (json!("big"), json!(201)),
            (json!("big"), json!(401))
        ]
    );
    for (clause, expression, said) in [
        (
            "1=1",
            json!([{ "field": "NAME", "value": "longer than five" }]),
            "longer than 5",
        ),
        (
            "1=1",
            json!([{ "field": "OBJECTID", "value": 1 }]),
            "which is fixed",
        ),
        ("1=1", json!([{ "field": "NOPE", "value": 1 }]), "NOPE"),
        (
            "1=1",
            json!([{ "field": "POP", "sqlExpression": "POP +" }]),
            "cannot be used",
        ),
        ("1=1", json!([{ "field": "POP" }]), "must be a list"),
        (
            "NOPE = 1",
            json!([{ "field": "POP", "value": 1 }]),
            "`where` cannot be used",
        ),
    ] {
        let answer = calculate(clause, expression).await;
        assert!(error(&answer).1.contains(said), "{answer}");
    }
    let valid = async |sql: &str| {
        layer(&client, "validateSQL", &[("sql", sql)]).await["isValidSQL"].clone()
    };
    assert_eq!(
        (valid("POP > 1").await, valid("POP >").await),
        (json!(true), json!(false))
    );
}

#[tokio::test]
async fn all_features_go_and_their_numbers_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let answer = layer(&client, "truncate", &[("async", "true")]).await;
    let url = answer["statusURL"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(service.portal_url()).unwrap();
    assert_eq!(
        client.get(&format!("{path}/status")).await["status"],
        "Completed"
    );
    let stranger = Client::anonymous(&service);
    assert_eq!(error(&stranger.get(path).await).0, 499);
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    assert_eq!(
        client
            .get(&format!("{SERVICE}/0/query?returnCountOnly=true"))
            .await["count"],
        0
    );
    let answer = layer(
        &client,
        "addFeatures",
        &[("features", r#"[{"attributes":{"NAME":"new"}}]"#)],
    )
    .await;
    assert_eq!(answer["addResults"][0]["objectId"], 4, "{answer}");
}

#[tokio::test]
async fn features_are_appended_and_those_that_are_there_updated() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let town = |name: &str, people: i32, x: f64| json!({ "geometry": { "x": x, "y": 0 }, "attributes": { "CITY": name, "pop": people, "other": 1 } });
    let edits = |towns: Value| {
        let fields = json!([
            { "name": "CITY", "type": "esriFieldTypeString" }, { "name": "pop", "type": "esriFieldTypeInteger" },
            { "name": "other", "type": "esriFieldTypeInteger" },
        ]);
        json!({ "layers": [{
            "layerDefinition": { "geometryType": "esriGeometryPoint", "fields": fields },
            "featureSet": { "geometryType": "esriGeometryPoint", "spatialReference": { "wkid": 102_100 }, "features": towns },
        }] })
        .to_string()
    };
    let mapping = ("fieldMappings", r#"[{"name":"NAME","sourceName":"CITY"}]"#);
    // One degree of longitude is 111319.49079327358 m on the equator of Web Mercator.
    let sent = edits(json!([town("t9", 9, 111_319.490_793_273_58)]));
    let answer = layer(&client, "append", &[("edits", &sent), mapping]).await;
    let path = answer["statusUrl"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let path = path.strip_prefix(service.portal_url()).unwrap();
    let status = client.get(path).await;
    assert_eq!(
        (&status["status"], &status["recordCount"]),
        (&json!("Completed"), &json!(1))
    );
    let (number, attributes, place) = all(&client).await.pop().unwrap();
    assert_eq!(
        (number, &attributes["NAME"], &attributes["POP"]),
        (4, &json!("t9"), &json!(9))
    );
    assert!((place["x"].as_f64().unwrap() - 1.0).abs() < 1e-9);

    let sent = edits(json!([town("t9", 10, 0.0), town("t8", 8, 0.0)]));
    let upsert = [
        ("edits", sent.as_str()),
        mapping,
        ("upsert", "true"),
        ("upsertMatchingField", "name"),
    ];
    let form = [&upsert[..], &[("updateGeometry", "false")]].concat();
    let answer = layer(&client, "append", &form).await;
    assert!(answer["statusUrl"].is_string(), "{answer}");
    let found = all(&client).await;
    let told: Vec<_> = found
        .iter()
        .skip(3)
        .map(|(n, a, _)| (*n, a["NAME"].clone(), a["POP"].clone()))
        .collect();
    assert_eq!(
        told,
        [(4, json!("t9"), json!(10)), (5, json!("t8"), json!(8))]
    );
    assert_eq!(found[3].2, place, "the place stays");

    // Nothing of it, as one does not fit.
    let sent = edits(json!([
        town("t7", 7, 0.0),
        town("longer than five", 6, 0.0)
    ]));
    let answer = layer(&client, "append", &[("edits", &sent), mapping]).await;
    assert!(
        error(&answer).1.contains("Nothing was appended"),
        "{answer}"
    );
    let twice = edits(json!([town("a", 1, 0.0), town("a", 2, 0.0)]));
    let form = [&[("edits", twice.as_str())], &upsert[1..]].concat();
    let answer = layer(&client, "append", &form).await;
    assert!(
        error(&answer).1.contains("two features of the value"),
        "{answer}"
    );
    for (form, said) in [
        (vec![], "one of `edits` and `appendItemId`"),
        (vec![("appendUploadId", "x")], "not offered"),
        (
            vec![("appendItemId", "0123456789abcdef0123456789abcdef")],
            "does not exist",
        ),
        (
            vec![("edits", sent.as_str()), ("useGlobalIds", "true")],
            "not offered",
        ),
        (
            vec![("edits", sent.as_str()), ("fieldMappings", "{")],
            "list of JSON",
        ),
        (
            vec![("edits", sent.as_str()), ("appendFields", r#"["nope"]"#)],
            "nope",
        ),
    ] {
        let answer = layer(&client, "append", &form).await;
        assert!(error(&answer).1.contains(said), "{form:?}: {answer}");
    }
    assert_eq!(all(&client).await.len(), 5);
}
