use super::*;
use crate::find_task;
use crate::types::MessageType;

const POINT: &str = r#"{"type": "Feature", "properties": {"N": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}"#;

fn job() -> JobInfo {
    let message = json!({ "type": "esriJobMessageTypeWarning", "description": "Mind the gap." });
    JobInfo::from_json(
        json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded", "messages": [message] }),
    )
    .unwrap()
}

fn report(task: &str, outputs: &[(&str, Value)]) -> Report {
    let mut all = Outputs::default();
    for (name, value) in outputs {
        all.push(*name, value.clone());
    }
    Report::new(
        find_task(task, None).unwrap().meta,
        "https://example.com/jobs/j1",
        &job(),
        all,
    )
    .unwrap()
}

fn features() -> Value {
    LayerOutput::Features(Box::new(FeatureCollection::from_geojson(POINT).unwrap())).to_json()
}

#[test]
fn keeps_every_result_in_the_order_of_the_description() {
    let extra = ("somethingNew", json!({ "a": 1 }));
    let report = report(
        "AggregatePoints",
        &[
            extra,
            ("groupSummary", "".into()),
            ("aggregatedLayer", features()),
        ],
    );
    let names: Vec<_> = report
        .results
        .iter()
        .map(|result| result.name.as_str())
        .collect();
    assert_eq!(names, ["aggregatedLayer", "somethingNew"]);
    assert_eq!(
        report.to_json()["results"]["somethingNew"],
        json!({ "a": 1 })
    );
}

#[test]
fn is_one_document() {
    let json = report("CreateBuffers", &[("BufferLayer", features())]).to_json();
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["jobId", "jobUrl", "status", "results", "messages"]);
    assert_eq!(
        json["messages"],
        json!([{ "type": "esriJobMessageTypeWarning", "message": "Mind the gap." }])
    );
    assert_eq!(
        json["results"]["bufferLayer"]["featureSet"]["features"][0]["geometry"]["y"],
        2.0
    );
}

#[test]
fn a_result_in_a_file_is_told_by_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report("CreateBuffers", &[("bufferLayer", features())]);
    let target = Target::prepare(&folder.path().join("a.geojson")).unwrap();
    report.features_mut(None).unwrap().file = Some(target.clone());
    assert_eq!(
        report.to_json()["results"]["bufferLayer"],
        json!({
            "file": target.path().display().to_string(),
            "format": "geojson",
            "geometryType": "esriGeometryPoint",
            "featureCount": 1,
        })
    );
}

#[test]
fn says_why_there_is_nothing_to_write() {
    let url = json!({ "url": "https://example.com/arcgis/rest/services/B/FeatureServer/0" });
    let mut hosted = report("CreateBuffers", &[("bufferLayer", url)]);
    let error = hosted.features_mut(Some("bufferLayer")).unwrap_err();
    assert_eq!(
        error,
        LayerError::NoFeatures {
            name: "bufferLayer".to_owned()
        }
    );
    assert!(matches!(
        hosted.features_mut(None),
        Err(LayerError::NotReturned { .. })
    ));
    let mut nothing = report("CreateBuffers", &[]);
    assert!(matches!(
        nothing.features_mut(Some("bufferLayer")),
        Err(LayerError::NotReturned { .. })
    ));
}

#[test]
fn only_layers_can_be_written() {
    let meta = find_task("FindHotSpots", None).unwrap().meta;
    let error = layer_result(meta, Some("processInfo")).unwrap_err();
    assert!(matches!(error, LayerError::NoLayer { .. }), "{error}");
    assert_eq!(
        layer_result(meta, Some("HOTSPOTSRESULTLAYER"))
            .unwrap()
            .name,
        "hotSpotsResultLayer"
    );
}

#[test]
fn an_item_is_a_result_that_may_be_downloaded() {
    let item = json!({ "itemId": "a1", "url": "https://example.com/content/items/a1", "more": 1 });
    let mut report = report("ExtractData", &[("contentID", item.clone())]);
    assert_eq!(report.to_json()["results"]["contentID"], item);
    let folder = tempfile::tempdir().unwrap();
    let target = Target::prepare_as_is(&folder.path().join("trees.zip")).unwrap();
    let result = report.item_mut("CONTENTID").unwrap();
    assert_eq!(result.item().unwrap().item_id.as_deref(), Some("a1"));
    result.file = Some(target.clone());
    let told = &report.to_json()["results"]["contentID"];
    assert_eq!(told["file"], target.path().display().to_string());
    assert_eq!(
        (&told["itemId"], &told["format"]),
        (&item["itemId"], &json!("as-is"))
    );
    assert!(matches!(
        report.item_mut("other"),
        Err(LayerError::NoItem { .. })
    ));
}

#[test]
fn files_are_of_layers_first_and_else_of_items() {
    let wanted = |task: &str, name| {
        let meta = find_task(task, None).unwrap().meta;
        file_result(meta, name).map(|result| result.name)
    };
    assert_eq!(wanted("CreateBuffers", None), Ok("bufferLayer"));
    assert_eq!(wanted("ExtractData", None), Ok("contentID"));
    assert_eq!(wanted("ExtractData", Some("contentid")), Ok("contentID"));
    assert!(matches!(
        wanted("ExtractData", Some("content")),
        Err(LayerError::Unknown { .. })
    ));
    assert!(wanted("FindHotSpots", Some("processInfo")).is_err());
}

#[test]
fn unpacks_messages() {
    let text = r#"{"messageCode": "AO_1", "message": "${n} too many.", "params": {"n": "3"}}"#;
    let json = messages(&[JobMessage::new(MessageType::Error, text)]);
    let expected = json!([{ "type": "esriJobMessageTypeError", "message": "3 too many.", "messageCode": "AO_1" }]);
    assert_eq!(json, expected);
}
