#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Attributes, Point, SpatialReference};

const URL: &str = "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0";
const ITEM: &str = "0123456789abcdef0123456789ABCDEF";

fn read(value: Value) -> FeatureInput {
    FeatureInput::from_json(value).unwrap()
}

fn said(value: Value) -> String {
    FeatureInput::from_json(value).unwrap_err().to_string()
}

fn collection() -> Value {
    json!({
        "layerDefinition": {
            "geometryType": "esriGeometryPoint",
            "objectIdField": "FID",
            "fields": [{ "name": "FID", "type": "esriFieldTypeOID", "alias": "FID" }],
        },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "FID": 3 } }],
        },
    })
}

#[test]
fn texts_are_urls_or_items() {
    assert_eq!(
        read(format!(" {URL} ").into()),
        FeatureInput::Layer(FeatureLayer::new(URL))
    );
    assert_eq!(read(ITEM.into()), FeatureInput::item(ITEM, 0));
    assert_eq!(FeatureInput::from(ITEM), FeatureInput::item(ITEM, 0));
    assert_eq!(
        FeatureInput::from(URL.to_owned()),
        FeatureInput::Layer(FeatureLayer::new(URL))
    );
    for text in [
        "cities.geojson",
        "https://",
        "https:///x",
        "ftp://example.com/0",
        "https://example.com/a b",
    ] {
        assert_eq!(
            said(text.into()),
            format!("must be {SHAPE}, not the text {text:?}")
        );
        assert!(FeatureInput::from(text).validate().is_err());
    }
}

#[test]
fn objects_tell_what_they_are() {
    let json = json!({ "url": URL, "filter": "POP > 5", "serviceToken": "secret", "time": "1,2" });
    let layer = read(json.clone());
    let expected = FeatureLayer::new(URL)
        .filter("POP > 5")
        .service_token(ServiceToken::new("secret"));
    let other = Map::from_iter([("time".to_owned(), json!("1,2"))]);
    assert_eq!(
        layer,
        FeatureInput::Layer(FeatureLayer { other, ..expected })
    );
    assert_eq!(layer.to_json(), json);
    assert_eq!(
        read(json!({ "url": URL, "filter": null })).to_json(),
        json!({ "url": URL })
    );

    let item = json!({ "itemId": ITEM, "layer": 2 });
    assert_eq!(read(item.clone()), FeatureInput::item(ITEM, 2));
    assert_eq!(read(item.clone()).to_json(), item);
    assert_eq!(read(json!({ "itemId": ITEM })), FeatureInput::item(ITEM, 0));

    assert_eq!(read(collection()).to_json(), collection());
    let bare = read(json!({ "features": [{ "geometry": { "x": 7.5, "y": 47.5 } }] }));
    assert_eq!(bare.collection().unwrap().features().len(), 1);
    let geojson = read(json!({ "type": "Point", "coordinates": [7.5, 47.5] }));
    assert_eq!(
        geojson.collection().unwrap().spatial_reference(),
        Some(&SpatialReference::WGS84)
    );
}

#[test]
fn features_are_completed_on_the_wire() {
    let geojson = read(json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [7.5, 47.5] },
        "properties": { "open": true },
    }));
    assert_eq!(
        geojson.to_json(),
        json!({
            "layerDefinition": {
                "geometryType": "esriGeometryPoint",
                "objectIdField": "OBJECTID",
                "fields": [
                    { "name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID" },
                    { "name": "open", "type": "esriFieldTypeSmallInteger", "alias": "open" },
                ],
            },
            "featureSet": {
                "geometryType": "esriGeometryPoint",
                "spatialReference": { "wkid": 4326 },
                "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "OBJECTID": 1, "open": 1 } }],
            },
        })
    );
}

#[test]
fn says_what_an_object_lacks() {
    assert_eq!(said(json!(7)), format!("must be {SHAPE}, not the number 7"));
    assert_eq!(
        said(json!({})),
        format!("has neither `url` nor `itemId` nor features; it must be {SHAPE}")
    );
    assert_eq!(
        said(json!({ "url": null })),
        "has no text in its member `url`"
    );
    assert_eq!(
        said(json!({ "url": URL, "filter": 7 })),
        "has a member `filter` that is no text"
    );
    assert_eq!(
        said(json!({ "itemId": ITEM, "layer": -1 })),
        "has a member `layer` that is no layer number"
    );
    assert_eq!(
        said(json!({ "itemId": ITEM, "filter": "a" })),
        "has a member `filter`, which an item has not; it has `itemId` and `layer`"
    );
    assert_eq!(
        said(json!({ "features": [{}, { "geometry": { "x": 1 } }] })),
        "cannot be read: feature 2: a point has `x` but no `y`"
    );
    let problem = FeatureInput::from_json(json!({ "type": "Point" })).unwrap_err();
    assert_eq!(problem.kind(), ParameterErrorKind::Features);
    assert_eq!(
        FeatureInput::item("../x", 0)
            .validate()
            .unwrap_err()
            .to_string(),
        "has an item ID that is not 32 hexadecimal digits"
    );
}

#[test]
fn secrets_stay_out_of_urls_errors_and_debug() {
    for url in [
        format!("{URL}?f=json&TOKEN=planted"),
        format!("{URL}?token=planted"),
        format!("{URL}#access_token=planted"),
        "https://user:planted@example.com/0".to_owned(),
    ] {
        let problem = "has a token or a password in its URL; put a token into `serviceToken`, where it stays secret";
        assert_eq!(said(url.clone().into()), problem);
        assert_eq!(said(json!({ "url": url })), problem);
        let layer = FeatureInput::from(url.as_str());
        assert_eq!(layer.validate().unwrap_err().to_string(), problem);
        assert!(!format!("{layer:?}").contains("planted"));
    }
    FeatureInput::from(format!("{URL}?token=&f=json"))
        .validate()
        .unwrap();
    assert_eq!(
        said(json!({ "url": URL, "token": "planted" })),
        "has a member `token`; a layer's token is called `serviceToken`"
    );
    assert_eq!(
        said(json!({ "url": URL, "serviceToken": 7 })),
        "has a member `serviceToken` that is no text"
    );
    let layer =
        FeatureInput::from(FeatureLayer::new(URL).service_token(ServiceToken::new("planted")));
    assert!(format!("{layer:?}").contains(URL));
    assert!(!format!("{layer:?}").contains("planted"));
}

#[test]
fn tells_what_rules_ask() {
    let facts = read(collection());
    let facts = facts.facts();
    assert_eq!(
        (facts.items, facts.geometries.as_slice()),
        (Some(1), [Some(GeometryKind::Point)].as_slice())
    );
    let table = FeatureInput::from(FeatureCollection::table(vec![
        Attributes::new(),
        Attributes::new(),
    ]));
    assert_eq!(table.facts().geometries, [Some(GeometryKind::Table)]);
    assert_eq!(
        FeatureInput::from(URL).facts(),
        Facts {
            geometries: vec![None],
            ..Facts::default()
        }
    );
    // A layer that says it holds lines is one, even before its first feature with a place.
    let typed = read(json!({ "layerDefinition": { "geometryType": "esriGeometryPolyline" } }));
    assert_eq!(typed.facts().geometries, [Some(GeometryKind::Line)]);
}

#[test]
fn serde_reads_and_writes_the_same_json() {
    let input: FeatureInput = serde_json::from_value(collection()).unwrap();
    assert_eq!(serde_json::to_value(&input).unwrap(), collection());
    let expected = Point::new(7.5, 47.5);
    assert_eq!(
        input.collection().unwrap().features()[0].geometry,
        Some(expected.into())
    );
}
