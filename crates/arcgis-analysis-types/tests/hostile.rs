//! The readers of results, on values of every shape and on documents that were tampered with: they always end, never
//! panic, and what they accept comes out as it went in.
#![allow(clippy::unwrap_used)]

use arcgis_analysis_types::{
    DateTime, DecodeError, FeatureCollection, FeatureSet, FileOutput, FromResult, ItemOutput,
    JobInfo, LayerOutput, ProcessInfo, RasterOutput,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The names that mean something in results.
const NAMES: &[&str] = &[
    "features",
    "featureSet",
    "layerDefinition",
    "geometry",
    "attributes",
    "geometryType",
    "spatialReference",
    "wkid",
    "fields",
    "name",
    "type",
    "alias",
    "url",
    "itemId",
    "uri",
    "value",
    "x",
    "y",
    "z",
    "m",
    "rings",
    "paths",
    "points",
    "curveRings",
    "hasZ",
    "hasM",
    "coordinates",
    "properties",
    "id",
    "crs",
    "bbox",
    "geometries",
    "exceededTransferLimit",
    "messageCode",
    "message",
    "params",
    "jobId",
    "jobStatus",
    "messages",
    "description",
    "results",
    "paramUrl",
    "progress",
    "percent",
    "empty",
    "",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "NaN",
    "Infinity",
    "esriGeometryPoint",
    "esriGeometryPolygon",
    "esriGeometryMultipoint",
    "Feature",
    "FeatureCollection",
    "Point",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
    "esriFieldTypeOID",
    "esriFieldTypeDate",
    "esriJobSucceeded",
    "{\"url\":\"u\"}",
    "[1,2",
    "{\"features\":[]}",
    "${a}",
    "${",
    "é\u{0}",
    "2024-02-30T25:61:00Z",
    "https://x.org/FeatureServer/0",
];

/// A value of any shape, made of what results are made of.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-200.0..200.0_f64).prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        let name = prop::sample::select(NAMES);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                members.collect::<Map<_, _>>().into()
            }),
        ]
    })
}

/// A good document, of which one or more values were replaced.
fn tampered() -> impl Strategy<Value = Value> {
    let polygon = json!({ "rings": [[[0, 0], [0, 1], [1, 1], [0, 0]]], "spatialReference": { "wkid": 4326 } });
    let fields = json!([{ "name": "n", "type": "esriFieldTypeInteger" }, { "name": "d", "type": "esriFieldTypeDate" }]);
    let feature = json!({ "geometry": polygon, "attributes": { "n": 1, "d": 1600000000000_i64 } });
    let set = json!({ "geometryType": "esriGeometryPolygon", "spatialReference": { "wkid": 102100 }, "fields": fields, "features": [feature] });
    let geojson = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": { "a": 1 },
        "geometry": { "type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]] } }] });
    let documents = vec![
        json!({ "layerDefinition": { "geometryType": "esriGeometryPolygon", "fields": fields }, "featureSet": set }),
        set,
        geojson,
        json!({ "url": "https://x.org/FeatureServer/0", "itemId": "i" }),
        json!([{ "messageCode": "SS_1", "message": "${n} of ${m}", "params": { "n": 1, "m": null } }, "text"]),
        json!({ "jobId": "j1", "jobStatus": "esriJobExecuting", "progress": { "percent": 4, "message": "x" },
            "messages": [{ "type": "esriJobMessageTypeError", "description": "{\"message\":\"${x}\",\"params\":{}}" }] }),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), value()), 0..4);
    (prop::sample::select(documents), changes).prop_map(|(mut document, changes)| {
        for (at, new) in changes {
            let at = at.index(count(&document));
            replace(&mut document, &mut { at }, new);
        }
        document
    })
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(all) => all.values().map(count).sum(),
        _ => 0,
    }
}

/// Replaces the value of this number, counted from the root.
fn replace(value: &mut Value, at: &mut usize, new: Value) -> Option<Value> {
    if *at == 0 {
        *value = new;
        return None;
    }
    *at -= 1;
    let mut children: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(list) => Box::new(list.iter_mut()),
        Value::Object(all) => Box::new(all.values_mut()),
        _ => return Some(new),
    };
    children.try_fold(new, |new, child| replace(child, at, new))
}

fn read<T: FromResult>(value: &Value) -> Result<Option<T>, DecodeError> {
    let outcome = T::from_result("out", value.clone());
    if let Err(error) = &outcome {
        assert!(error.to_string().contains("out"), "{error}");
    }
    outcome
}

fn read_all(value: &Value) {
    let _ = (
        read::<Value>(value),
        read::<String>(value),
        read::<bool>(value),
        read::<f64>(value),
        read::<i64>(value),
    );
    let _ = (
        read::<DateTime>(value),
        read::<Vec<String>>(value),
        read::<RasterOutput>(value),
    );
    let _ = (read::<ItemOutput>(value), read::<Vec<ItemOutput>>(value));
    let _ = (
        read::<FileOutput>(value),
        read::<Vec<FileOutput>>(value),
        read::<ProcessInfo>(value),
    );
    // As JSON, because a coordinate that is not a number is unlike itself.
    if let Ok(Some(layer)) = read::<LayerOutput>(value) {
        let json = layer.to_json();
        let again = read::<LayerOutput>(&json).map(|layer| layer.map(|layer| layer.to_json()));
        assert_eq!(again, Ok(Some(json)));
    }
    if let Ok(job) = JobInfo::from_json(value.clone()) {
        assert_eq!(JobInfo::from_json(job.to_json()), Ok(job));
    }
    if let Ok(set) = serde_json::from_value::<FeatureSet>(value.clone()) {
        let json = serde_json::to_value(&set).unwrap();
        let again: FeatureSet = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), json);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn results_of_any_shape_are_read_or_refused(value in value()) {
        read_all(&value);
        read_all(&value.to_string().into());
    }

    #[test]
    fn results_that_were_tampered_with_are_read_or_refused(value in tampered()) {
        read_all(&value);
    }

    #[test]
    fn texts_of_features_are_read_or_refused(value in tampered(), cut in any::<prop::sample::Index>(), set in any::<u8>()) {
        let text = value.to_string();
        let mut bytes = text.clone().into_bytes();
        let at = cut.index(bytes.len());
        bytes[at] = set;
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes), &String::from_utf8_lossy(&bytes[..at])] {
            let _ = FeatureCollection::from_geojson(text);
            let _ = FeatureCollection::from_json_text(text);
        }
    }
}
