//! Changes of hosted features: what they answer, what is there afterwards, and what is refused.

use super::{Client, error};
use crate::LocalService;
use crate::tests::lasting::with;
use serde_json::{Value, json};

const LAYER: &str = "/arcgis/rest/services/Hosted/Towns/FeatureServer/0";

/// Hosts three towns: the first at 0°, the others a degree and two degrees further east.
pub(super) async fn host(client: &Client) {
    let town = |n: i32| {
        json!({
            "geometry": { "x": n, "y": 50 },
            "attributes": { "NAME": format!("t{n}"), "POP": 100 * n, "SHARE": 0.5, "SEEN": 1_600_000_000_000_i64 },
        })
    };
    let field = |name: &str, kind: &str| json!({ "name": name, "alias": name, "type": format!("esriFieldType{kind}") });
    let mut name = field("NAME", "String");
    name["length"] = 5.into();
    let towns = json!({
        "layerDefinition": {
            "geometryType": "esriGeometryPoint",
            "fields": [name, field("POP", "Integer"), field("SHARE", "Double"), field("SEEN", "Date")],
        },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": [town(0), town(1), town(2)],
        },
    });
    // The one task that leaves attributes and points as they are.
    let output = json!({ "serviceProperties": { "name": "Towns" } }).to_string();
    let form = [
        ("inputLayer", towns.to_string()),
        ("outputName", output),
        ("pointLocation", "false".to_owned()),
    ];
    let form = form.each_ref().map(|(name, text)| (*name, text.as_str()));
    let job = client.submit("FindCentroids", &form).await;
    client.job_ended(&job, "esriJobSucceeded").await;
}

async fn edit(client: &Client, operation: &str, form: &[(&str, &str)]) -> Value {
    client.post(&format!("{LAYER}/{operation}"), form).await
}

/// The attributes and the points, by number.
pub(super) async fn all(client: &Client) -> Vec<(i64, Value, Value)> {
    let query = format!("{LAYER}/query?where=1%3D1&outFields=*&orderByFields=OBJECTID");
    let answer = client.get(&query).await;
    let features = answer["features"].as_array().unwrap().iter();
    features
        .map(|feature| {
            let attributes = feature["attributes"].clone();
            let number = attributes["OBJECTID"].as_i64().unwrap();
            (number, attributes, feature["geometry"].clone())
        })
        .collect()
}

async fn numbers(client: &Client) -> Vec<i64> {
    all(client)
        .await
        .into_iter()
        .map(|(number, ..)| number)
        .collect()
}

/// The codes of the refusals in a list of results, 0 for what was done.
fn codes(results: &Value) -> Vec<u64> {
    let results = results.as_array().unwrap_or_else(|| panic!("{results}"));
    results
        .iter()
        .map(|result| {
            let code = result["error"]["code"].as_u64().unwrap_or(0);
            assert_eq!(result["success"], code == 0, "{result}");
            assert_eq!(
                result["error"]["description"].is_string(),
                code != 0,
                "{result}"
            );
            code
        })
        .collect()
}

#[tokio::test]
async fn features_are_added_changed_and_deleted_and_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    assert_eq!(numbers(&client).await, [1, 2, 3]);
    let adds = json!([
        // In metres, as the reference of the geometry says: one degree of longitude is 111319.49079327358 m there.
        { "geometry": { "x": 333_958.472_379_820_7, "y": 0, "spatialReference": { "wkid": 102_100 } },
          "attributes": { "name": "t3", "pop": 300.0, "OBJECTID": 1, "unknown": true } },
        { "attributes": {} },
    ]);
    let answer = edit(
        &client,
        "addFeatures",
        &[("features", &adds.to_string()), ("f", "json")],
    )
    .await;
    assert_eq!(codes(&answer["addResults"]), [0, 0]);
    assert_eq!(answer["addResults"][0]["objectId"], 4);
    let update =
        json!({ "attributes": { "objectid": 2, "POP": null }, "geometry": { "x": 9, "y": 9 } });
    let answer = edit(
        &client,
        "updateFeatures",
        &[("features", &update.to_string())],
    )
    .await;
    assert_eq!(answer["updateResults"][0]["objectId"], 2);
    let answer = edit(&client, "deleteFeatures", &[("objectIds", "5,1")]).await;
    assert_eq!(codes(&answer["deleteResults"]), [0, 0]);
    let expected = [
        (
            2,
            json!({ "OBJECTID": 2, "NAME": "t1", "POP": null, "SHARE": 0.5, "SEEN": 1_600_000_000_000_i64 }),
            json!({ "x": 9, "y": 9 }),
        ),
        (
            3,
            json!({ "OBJECTID": 3, "NAME": "t2", "POP": 200, "SHARE": 0.5, "SEEN": 1_600_000_000_000_i64 }),
            json!({ "x": 2, "y": 50 }),
        ),
        (
            4,
            json!({ "OBJECTID": 4, "NAME": "t3", "POP": 300, "SHARE": null, "SEEN": null }),
            json!({ "x": 3, "y": 0 }),
        ),
    ];
    let check = async |client: &Client| {
        let found = all(client).await;
        assert_eq!(found.len(), 3, "{found:?}");
        for ((number, attributes, geometry), (own, wanted, place)) in found.iter().zip(&expected) {
            assert_eq!(number, own);
            for (name, value) in wanted.as_object().unwrap() {
                assert_eq!(&attributes[name], value, "{own} {name}");
            }
            for axis in ["x", "y"] {
                let off = geometry[axis].as_f64().unwrap() - place[axis].as_f64().unwrap();
                assert!(off.abs() < 1e-9, "{own} {axis}: {off}");
            }
        }
    };
    check(&client).await;
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    check(&client).await;
    // A number is not given twice, though the feature that had it is gone.
    let answer = edit(
        &client,
        "addFeatures",
        &[("features", r#"[{"attributes":{}}]"#)],
    )
    .await;
    assert_eq!(answer["addResults"][0]["objectId"], 6);
    // What is inferred from features outlives them.
    let answer = edit(
        &client,
        "deleteFeatures",
        &[("where", "1=1"), ("returnDeleteResults", "false")],
    )
    .await;
    assert_eq!(answer, json!({ "success": true }));
    assert!(numbers(&client).await.is_empty());
    let described = client.get(LAYER).await;
    assert_eq!(described["geometryType"], "esriGeometryPoint");
    let adds = r#"[{"geometry":{"x":1,"y":1},"attributes":{"NAME":"new"}}]"#;
    let answer = edit(
        &client,
        "applyEdits",
        &[("adds", adds), ("returnEditMoment", "true")],
    )
    .await;
    assert_eq!(answer["addResults"][0]["objectId"], 7);
    assert!(answer["editMoment"].as_u64().unwrap() > 1_600_000_000_000);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_one_by_one_or_all_at_once() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let attributes = [
        (json!({ "NAME": "longer" }), 1016),
        (json!({ "NAME": ["x"] }), 1016),
        (json!({ "POP": 1.5 }), 1016),
        (json!({ "POP": 2_147_483_648_i64 }), 1016),
        (json!({ "SHARE": "half" }), 1016),
        (json!({ "SEEN": "yesterday" }), 1016),
        (json!({ "NAME": "fits" }), 0),
    ];
    let mut adds: Vec<Value> = attributes
        .iter()
        .map(|(a, _)| json!({ "attributes": a }))
        .collect();
    let mut wanted: Vec<u64> = attributes.iter().map(|(_, code)| *code).collect();
    for (geometry, code) in [
        (json!({ "rings": [[[0, 0], [0, 1], [1, 1], [0, 0]]] }), 1015),
        (json!({ "x": 1 }), 1015),
        (
            json!({ "x": 1, "y": 1, "spatialReference": { "wkid": 999_999 } }),
            1015,
        ),
        (Value::Null, 0),
    ] {
        adds.push(json!({ "geometry": geometry, "attributes": {} }));
        wanted.push(code);
    }
    adds.push(json!("no feature"));
    wanted.push(1000);
    let adds = Value::from(adds).to_string();
    let updates = r#"[{"attributes":{"OBJECTID":1,"POP":7}},{"attributes":{"OBJECTID":99}},{"attributes":{"POP":1}}]"#;
    let form = [
        ("adds", adds.as_str()),
        ("updates", updates),
        ("deletes", "[2, 2, 98]"),
    ];

    let answer = edit(&client, "applyEdits", &form).await;
    let rolled_back = |codes: &[u64]| {
        codes
            .iter()
            .map(|code| if *code == 0 { 1003 } else { *code })
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&answer["addResults"]), rolled_back(&wanted));
    assert_eq!(codes(&answer["updateResults"]), [1003, 1011, 1000]);
    assert_eq!(codes(&answer["deleteResults"]), [1003, 1011, 1011]);
    assert_eq!(numbers(&client).await, [1, 2, 3]);
    assert_eq!(all(&client).await[0].1["POP"], 0);

    let form = [&form[..], &[("rollbackOnFailure", "false")]].concat();
    let answer = edit(&client, "applyEdits", &form).await;
    assert_eq!(codes(&answer["addResults"]), wanted);
    assert_eq!(codes(&answer["updateResults"]), [0, 1011, 1000]);
    assert_eq!(codes(&answer["deleteResults"]), [0, 1011, 1011]);
    assert_eq!(numbers(&client).await, [1, 3, 4, 5]);
    assert_eq!(all(&client).await[0].1["POP"], 7);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_with_a_sentence() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let add = ("features", r#"[{"attributes":{}}]"#);
    for (operation, form, said) in [
        ("addFeatures", vec![], "'features' must be specified"),
        ("addFeatures", vec![("features", "[")], "not valid JSON"),
        ("addFeatures", vec![("features", "7")], "a list of features"),
        (
            "addFeatures",
            vec![add, ("useGlobalIds", "true")],
            "no global IDs",
        ),
        (
            "addFeatures",
            vec![add, ("gdbVersion", "v")],
            "`gdbVersion` is not offered",
        ),
        (
            "addFeatures",
            vec![add, ("rollbackOnFailure", "perhaps")],
            "must be true or false",
        ),
        ("deleteFeatures", vec![], "Say which features"),
        (
            "deleteFeatures",
            vec![("where", "NOPE = 1")],
            "`where` cannot be used",
        ),
        (
            "deleteFeatures",
            vec![("objectIds", "one")],
            "whole numbers",
        ),
        (
            "applyEdits",
            vec![("attachments", r#"{"adds":[{}]}"#)],
            "have none",
        ),
        (
            "applyEdits",
            vec![("adds", "[]"), ("async", "true")],
            "`async` is not offered",
        ),
    ] {
        let answer = edit(&client, operation, &form).await;
        let (code, message) = error(&answer);
        assert!(
            code == 400 && message.contains(said),
            "{operation} {form:?}: {answer}"
        );
    }
    assert_eq!(numbers(&client).await, [1, 2, 3]);
    let by_get = client
        .send(
            hyper::Method::GET,
            &format!("{LAYER}/deleteFeatures?where=1%3D1"),
            None,
        )
        .await;
    assert!(by_get.1.contains("405"), "{by_get:?}");
    let nobody = Client::anonymous(&service);
    let answer = edit(&nobody, "deleteFeatures", &[("where", "1=1")]).await;
    assert_eq!(error(&answer).0, 499);
    let missing = client
        .post(
            &LAYER.replace("/0", "/1/deleteFeatures"),
            &[("where", "1=1")],
        )
        .await;
    assert_eq!(error(&missing).0, 404);
    assert_eq!(numbers(&client).await, [1, 2, 3]);
}

#[tokio::test]
async fn features_are_deleted_by_clause_and_by_place_and_layers_at_once() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let answer = edit(&client, "deleteFeatures", &[("where", "POP >= 200")]).await;
    assert_eq!(answer["deleteResults"][0]["objectId"], 3);
    let place = [
        ("geometry", "-1,49,0.5,51"),
        ("geometryType", "esriGeometryEnvelope"),
        ("inSR", "4326"),
    ];
    let answer = edit(&client, "deleteFeatures", &place).await;
    assert_eq!(answer["deleteResults"][0]["objectId"], 1);
    assert_eq!(numbers(&client).await, [2]);

    let service_url = LAYER.trim_end_matches("/0");
    let apply = async |edits: Value| {
        let form = [("edits", edits.to_string()), ("f", "json".to_owned())];
        let form = form.each_ref().map(|(name, text)| (*name, text.as_str()));
        client
            .post(&format!("{service_url}/applyEdits"), &form)
            .await
    };
    let answer =
        apply(json!([{ "id": 0, "adds": [{ "attributes": { "NAME": "x" } }], "deletes": [2] }]))
            .await;
    assert_eq!(
        (&answer[0]["id"], codes(&answer[0]["addResults"])),
        (&json!(0), vec![0])
    );
    assert_eq!(numbers(&client).await, [4]);
    assert_eq!(
        error(&apply(json!([{ "id": 7, "deletes": [4] }])).await).0,
        400
    );
    assert_eq!(error(&apply(json!({ "id": 0 })).await).0, 400);
    assert_eq!(numbers(&client).await, [4]);
}

/// Of many clients at once, each is answered by what is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_lost_among_many() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        let client = client.clone();
        clients.push(tokio::spawn(async move {
            let mut own = Vec::new();
            for _ in 0..10 {
                let answer = edit(
                    &client,
                    "addFeatures",
                    &[("features", r#"[{"attributes":{}}]"#)],
                )
                .await;
                own.push(
                    answer["addResults"][0]["objectId"]
                        .as_i64()
                        .unwrap_or_else(|| panic!("{answer}")),
                );
            }
            own
        }));
    }
    let mut given = vec![1, 2, 3];
    for client in clients {
        given.extend(client.await.unwrap());
    }
    given.sort_unstable();
    assert_eq!(given, (1..=83).collect::<Vec<_>>());
    assert_eq!(numbers(&client).await, given);
}

/// As Esri's Python client sends them.
#[tokio::test]
async fn changes_come_in_parts_too() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    host(&client).await;
    let part = |name: &str, text: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body = part("f", "json") + &part("deletes", "1,2") + "--edge--\r\n";
    let send = async |body: String| {
        let parts = "multipart/form-data; boundary=edge";
        let path = format!("{LAYER}/applyEdits");
        let (status, _, answer) = client.raw("POST", &path, parts, body).await.unwrap();
        (status, serde_json::from_slice::<Value>(&answer).unwrap())
    };
    let (_, answer) = send(body.clone()).await;
    assert_eq!(codes(&answer["deleteResults"]), [0, 0]);
    assert_eq!(numbers(&client).await, [3]);
    // Cut off in the middle, it is no request.
    let (status, answer) = send(body.replace("--edge--\r\n", "--ed")).await;
    assert_eq!(status, hyper::StatusCode::BAD_REQUEST);
    assert_eq!(error(&answer).0, 400);
}
