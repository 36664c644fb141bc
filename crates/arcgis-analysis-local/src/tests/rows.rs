//! Features that are changed one by one: what is on disk after each change is what is told of it.

use super::lasting::with;
use super::{Client, error};
use crate::LocalService;
use crate::disk::Disk;
use crate::hosted::{Edits, Hosted, Target};
use arcgis_analysis_types::{Attributes, Feature, FeatureCollection, Point, SpatialReference};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// A service of one layer of so many points.
fn grid(hosted: &Hosted, count: i64) -> String {
    let features = (0..count).map(|n| {
        let attributes: Attributes =
            serde_json::from_value(json!({ "N": n, "NAME": format!("n{n}") })).unwrap();
        Feature::new(Point::new(n as f64 / 1000.0, 1.0), attributes)
    });
    let mut layer = FeatureCollection::new(SpatialReference::WGS84, features.collect());
    layer.layer_definition.fields = serde_json::from_value(json!([
        { "name": "N", "type": "esriFieldTypeInteger" }, { "name": "NAME", "type": "esriFieldTypeString", "length": 20 },
    ]))
    .unwrap();
    let target = Target::New {
        name: "Grid".to_owned(),
        folder: None,
    };
    let item = hosted
        .publish(&target, "ann", vec![layer], None, "{}".to_owned())
        .unwrap();
    item.id.clone()
}

fn open(folder: &Path) -> (Disk, Hosted) {
    let (disk, loaded) = Disk::open(folder).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    (disk, hosted)
}

/// The features of the layer, as JSON.
fn told(hosted: &Hosted) -> Value {
    let item = hosted.service("Grid").unwrap();
    let layer = item.layer(0).unwrap();
    json!([layer.features, layer.full_extent(), layer.fields()])
}

/// The folder as it would be found after a kill at this moment.
fn killed(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

/// More changes than are kept beside the layer, so that it is written anew among them: after a kill behind any of them, what
/// was answered is there.
#[test]
fn every_change_that_is_answered_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (_disk, hosted) = open(folder.path());
    let id = grid(&hosted, 1500);
    for round in 0..12_i64 {
        let base = round * 100;
        let edits = Edits {
            adds: (0..40).map(|n| json!({ "attributes": { "N": base + n }, "geometry": { "x": 5, "y": n } })).collect(),
            updates: (1..=100).map(|n| json!({ "attributes": { "OBJECTID": base + n, "NAME": format!("r{round}") } })).collect(),
            deletes: (1..=30).map(|n| base + n).collect(),
        };
        let edited = hosted.edit(&id, &[(0, edits)], false).unwrap();
        assert!(edited[0].adds.iter().all(|edit| edit.refusal.is_none()));
        let copy = killed(folder.path());
        let (_, found) = open(copy.path());
        assert_eq!(told(&found), told(&hosted), "round {round}");
    }
    let item = hosted.service("Grid").unwrap();
    let layer = item.layer(0).unwrap();
    // 1500 and 12 times 40 more and 30 less.
    assert_eq!(layer.features.features().len(), 1500 + 12 * (40 - 30));
    // Numbers go on, and find their features.
    assert_eq!(
        layer.number(layer.features.features().len() - 1),
        Some(1500 + 12 * 40)
    );
    for (place, feature) in layer.features.features().iter().enumerate() {
        let number = feature.attributes["OBJECTID"].as_i64().unwrap();
        assert_eq!(
            (layer.number(place), layer.place(number)),
            (Some(number), Some(place))
        );
    }
    // Gone, it leaves no feature behind for whoever takes its place.
    assert_eq!(hosted.delete(&id), Ok(true));
    let copy = killed(folder.path());
    let (_, loaded) = Disk::open(copy.path()).unwrap();
    for kind in [
        crate::disk::Kind::Row,
        crate::disk::Kind::Layer,
        crate::disk::Kind::Paper,
    ] {
        assert!(loaded.of(kind).is_empty(), "{kind:?}");
    }
}

/// Whoever reads a layer while it is changed goes on reading what was there.
#[test]
fn a_reader_keeps_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (_disk, hosted) = open(folder.path());
    let id = grid(&hosted, 10);
    let before = hosted.service("Grid").unwrap();
    let layer = before.layer(0).unwrap().clone();
    let edits = Edits {
        updates: vec![json!({ "attributes": { "OBJECTID": 3, "NAME": "new" } })],
        deletes: vec![1],
        ..Edits::default()
    };
    hosted.edit(&id, &[(0, edits)], true).unwrap();
    assert_eq!(layer.features.features().len(), 10);
    assert_eq!(layer.features.features()[2].attributes["NAME"], "n2");
    let after = hosted.service("Grid").unwrap();
    let after = after.layer(0).unwrap();
    assert_eq!(after.features.features().len(), 9);
    assert_eq!(after.features.features()[1].attributes["NAME"], "new");
}

/// A number that was given is not given again, though its feature came and went in one request.
#[test]
fn a_number_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (_disk, hosted) = open(folder.path());
        let id = grid(&hosted, 2);
        let add = || json!({ "attributes": {} });
        let edits = Edits {
            adds: vec![add(), add()],
            deletes: vec![3, 4],
            ..Edits::default()
        };
        let edited = hosted.edit(&id, &[(0, edits)], true).unwrap();
        assert_eq!(edited[0].adds[1].number, Some(4));
        let twice = hosted.edit(&id, &[(0, Edits::default()), (0, Edits::default())], true);
        assert!(twice.unwrap_err().contains("layer 0 twice"));
    }
    let copy = killed(folder.path());
    let (_disk, hosted) = open(copy.path());
    let id = hosted.service("Grid").unwrap().id.clone();
    let edits = Edits {
        adds: vec![json!({ "attributes": {} })],
        ..Edits::default()
    };
    let edited = hosted.edit(&id, &[(0, edits)], true).unwrap();
    assert_eq!(edited[0].adds[0].number, Some(5));
}

/// The parameters of a service's publication are there for who overwrites it.
#[tokio::test]
async fn a_service_tells_how_it_was_published() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let form = [
        ("text", "a,b\n1,2\n"),
        ("filetype", "csv"),
        (
            "publishParameters",
            r#"{"name":"Rows","locationType":"none"}"#,
        ),
    ];
    let made = super::publish::publish(&service, &client, &form).await;
    let id = made["services"][0]["serviceItemId"].as_str().unwrap();
    let path = format!("/sharing/rest/content/items/{id}/info");
    let told = client.get(&format!("{path}/publishParameters.json")).await;
    assert_eq!(told, json!({ "name": "Rows", "locationType": "none" }));
    // Esri's Python client tells by the status that there is none.
    let path = format!("{path}/metadata/metadata.xml");
    let (status, _, missing) = client.raw("GET", &path, "", String::new()).await.unwrap();
    assert_eq!(status, hyper::StatusCode::BAD_REQUEST);
    assert_eq!(error(&serde_json::from_slice(&missing).unwrap()).0, 400);
}

/// A layer that nobody looks at is changed in its place: its features are not copied for each change.
#[tokio::test]
async fn changes_copy_no_layer() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    super::edit::host(&client).await;
    let place = || {
        let item = service.app.hosted.service("Towns").unwrap();
        Arc::as_ptr(item.layer(0).unwrap()).addr()
    };
    let before = place();
    let path = "/arcgis/rest/services/Hosted/Towns/FeatureServer/0";
    let edits = r#"{"layers":[{"layerDefinition":{"fields":[{"name":"NAME","type":"esriFieldTypeString"}]},"featureSet":{"features":[{"attributes":{"NAME":"new"}}]}}]}"#;
    for (operation, form) in [
        ("addFeatures", vec![("features", r#"[{"attributes":{}}]"#)]),
        (
            "updateFeatures",
            vec![("features", r#"[{"attributes":{"OBJECTID":1,"POP":1}}]"#)],
        ),
        (
            "applyEdits",
            vec![("updates", r#"[{"attributes":{"OBJECTID":1,"POP":2}}]"#)],
        ),
        (
            "calculate",
            vec![
                ("where", "POP > 1"),
                ("calcExpression", r#"[{"field":"POP","value":7}]"#),
            ],
        ),
        ("append", vec![("edits", edits)]),
        ("deleteFeatures", vec![("where", "OBJECTID = 2")]),
    ] {
        let answer = client.post(&format!("{path}/{operation}"), &form).await;
        assert_eq!(answer.get("error"), None, "{operation}: {answer}");
        assert_eq!(place(), before, "{operation}");
    }
    let told = super::edit::all(&client).await;
    let told: Vec<_> = told
        .iter()
        .map(|(number, a, _)| (*number, a["POP"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (1, json!(7)),
            (3, json!(7)),
            (4, Value::Null),
            (5, Value::Null)
        ]
    );
}
