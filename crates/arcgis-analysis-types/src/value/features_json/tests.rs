#![allow(clippy::unwrap_used)]

use super::*;
use crate::{FieldType, Position};
use serde_json::{Value, json};

fn collection(json: Value) -> FeatureCollection {
    serde_json::from_value(json).unwrap()
}

#[test]
fn writes_a_collection_as_arcgis_takes_it() {
    let read = collection(json!({
        "layerDefinition": {
            "name": "Cities",
            "geometryType": "esriGeometryPoint",
            "objectIdField": "FID",
            "fields": [
                { "name": "FID", "type": "esriFieldTypeOID", "alias": "FID" },
                { "name": "NAME", "type": "esriFieldTypeString", "alias": "Name", "length": 80, "nullable": true },
            ],
            "drawingInfo": { "renderer": null },
        },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "FID": 1, "NAME": "Basel" } }],
        },
        "filter": "FID < 9",
    }));
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        concat!(
            r#"{"layerDefinition":{"name":"Cities","geometryType":"esriGeometryPoint","objectIdField":"FID","#,
            r#""fields":[{"name":"FID","type":"esriFieldTypeOID","alias":"FID"},"#,
            r#"{"name":"NAME","type":"esriFieldTypeString","alias":"Name","length":80,"nullable":true}],"#,
            r#""drawingInfo":{"renderer":null}},"#,
            r#""featureSet":{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326},"#,
            r#""features":[{"geometry":{"x":7.5,"y":47.5},"attributes":{"FID":1,"NAME":"Basel"}}]},"#,
            r#""filter":"FID < 9"}"#,
        )
    );
}

#[test]
fn reads_a_bare_set_with_what_it_says_of_its_layer() {
    let set: FeatureSet = serde_json::from_value(json!({
        "objectIdFieldName": "OID",
        "globalIdFieldName": "",
        "fields": [{ "name": "OID", "type": "esriFieldTypeOID" }],
        "features": [{ "attributes": { "OID": 5 } }, { "geometry": { "x": 1, "y": 2 } }],
        "exceededTransferLimit": true,
    }))
    .unwrap();
    assert!(set.exceeded_transfer_limit);
    let collection = FeatureCollection::from(set);
    assert_eq!(collection.object_id_field(), Some("OID"));
    assert_eq!(collection.geometry_type(), Some(GeometryType::Point));
    assert_eq!(collection.fields()[0].field_type, FieldType::Oid);
    assert_eq!(collection.features().len(), 2);
}

#[test]
fn a_collection_without_geometry_is_a_table() {
    for geometry_type in [json!(null), json!(""), json!("esriGeometryNull")] {
        let table = collection(json!({
            "layerDefinition": { "geometryType": geometry_type, "fields": null },
            "featureSet": { "features": [{ "attributes": { "n": 1 } }] },
        }));
        assert_eq!(table.geometry_type(), None);
        assert_eq!(
            serde_json::to_string(&table).unwrap(),
            concat!(
                r#"{"layerDefinition":{"fields":[{"name":"n","type":"esriFieldTypeInteger","alias":"n"}]},"#,
                r#""featureSet":{"features":[{"attributes":{"n":1}}]}}"#,
            )
        );
    }
}

#[test]
fn a_set_or_a_layer_may_announce_measures_for_its_geometries() {
    let features = json!([{ "geometry": { "points": [[1, 2, 3]] } }]);
    let measured = Position::new(1.0, 2.0).with_m(3.0);
    for json in [
        json!({ "featureSet": { "hasM": true, "features": features } }),
        json!({ "layerDefinition": { "hasM": true }, "featureSet": { "features": features } }),
    ] {
        let geometry = collection(json).features()[0].geometry.clone().unwrap();
        assert_eq!(geometry.positions().collect::<Vec<_>>(), [measured]);
    }
    let high =
        collection(json!({ "featureSet": { "hasM": true, "hasZ": true, "features": features } }));
    let position = high.features()[0]
        .geometry
        .as_ref()
        .and_then(|g| g.positions().next());
    assert_eq!(position, Some(Position::new(1.0, 2.0).with_z(3.0)));
}

#[test]
fn the_spatial_reference_of_the_geometries_is_that_of_a_set_that_names_none() {
    let read = collection(json!({ "featureSet": { "features": [
        { "geometry": { "x": 1, "y": 2, "spatialReference": { "wkid": 2056 } } },
    ] } }));
    assert_eq!(
        read.spatial_reference(),
        Some(&SpatialReference::wkid(2056))
    );
}

#[test]
fn says_which_feature_is_wrong_and_where() {
    for (text, problem) in [
        (
            r#"{"featureSet": {"features": [{}, {"geometry": {"x": 1}}]}}"#,
            "feature 2: a point has `x` but no `y`",
        ),
        (
            r#"{"featureSet": {"features": [{"type": "Feature", "properties": {}}]}}"#,
            "feature 1: has `properties`, as in GeoJSON, where Esri JSON has `attributes`; a GeoJSON collection \
             says \"type\": \"FeatureCollection\"",
        ),
        (
            r#"{"featureSet": {"features": [[null, {}]]}}"#,
            "feature 1: invalid type: sequence, expected a feature, which is an object with `geometry` and `attributes`",
        ),
        (
            r#"{"featureSet": {"features": [null]}}"#,
            "feature 1: invalid type: null, expected a feature, which is an object with `geometry` and `attributes`",
        ),
        (
            r#"{"featureSet": {"features": {}}}"#,
            "invalid type: map, expected a list of features",
        ),
        (
            r#"{"features": []}"#,
            "is a feature set; put it into `featureSet`",
        ),
        ("{}", "has neither `layerDefinition` nor `featureSet`"),
        (
            r#"{"featureSet": {"geometryType": 7}}"#,
            "a geometry type is a text such as \"esriGeometryPoint\"",
        ),
        (
            r#"{"featureSet": {"geometryType": "esriGeometryMultiPatch"}}"#,
            "the geometry type \"esriGeometryMultiPatch\" cannot be analysed; there are points, multipoints, \
             polylines and polygons",
        ),
    ] {
        let error = serde_json::from_str::<FeatureCollection>(text).unwrap_err();
        let said = error.to_string();
        let (said, place) = said.split_once(" at line ").unwrap_or((&said, ""));
        assert_eq!(said, problem, "{text}");
        // What is wrong inside the object is found while it is read, so there is a place to name.
        assert_eq!(place.is_empty(), !text.contains(": {"), "{text}");
    }
}
