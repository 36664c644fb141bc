#![allow(clippy::unwrap_used)]

use crate::{
    Feature, FeatureCollection, FeatureSet, Field, FieldType, Geometry, Multipoint, Point, Polygon,
    Polyline, Position, SpatialReference,
};
use serde_json::{Value, json};

fn read(value: Value) -> FeatureCollection {
    FeatureCollection::from_geojson(&value.to_string()).unwrap()
}

fn refused(value: Value) -> String {
    FeatureCollection::from_geojson(&value.to_string())
        .unwrap_err()
        .to_string()
}

fn geometry(value: Value) -> Option<Geometry> {
    read(value).features()[0].geometry.clone()
}

fn feature(geometry: Value) -> Value {
    json!({ "type": "Feature", "geometry": geometry, "properties": null })
}

fn wgs84(geometry: impl Into<Geometry>) -> FeatureCollection {
    FeatureCollection::new(
        SpatialReference::WGS84,
        vec![Feature::new(geometry, Default::default())],
    )
}

fn written(geometry: impl Into<Geometry>) -> Value {
    wgs84(geometry).to_geojson().unwrap()["features"][0]["geometry"].take()
}

#[test]
fn reads_every_type_of_geometry() {
    let point = json!({ "type": "Point", "coordinates": [7.5, 47.5] });
    assert_eq!(geometry(point.clone()), Some(Point::new(7.5, 47.5).into()));
    assert_eq!(
        geometry(feature(point.clone())),
        Some(Point::new(7.5, 47.5).into())
    );
    let collection = json!({ "type": "FeatureCollection", "features": [feature(point)], "bbox": [7.5, 47.5, 7.5, 47.5] });
    assert_eq!(geometry(collection), Some(Point::new(7.5, 47.5).into()));

    let positions = json!([[1, 2], [3, 4]]);
    let pairs = [(1.0, 2.0), (3.0, 4.0)];
    let multipoint = json!({ "type": "MultiPoint", "coordinates": positions });
    assert_eq!(
        geometry(multipoint),
        Some(Multipoint::from_points(pairs).into())
    );
    let line = json!({ "type": "LineString", "coordinates": positions });
    assert_eq!(geometry(line), Some(Polyline::from_paths([pairs]).into()));
    let lines = json!({ "type": "MultiLineString", "coordinates": [positions, positions] });
    assert_eq!(
        geometry(lines),
        Some(Polyline::from_paths([pairs, pairs]).into())
    );
}

#[test]
fn heights_are_kept_and_what_follows_them_is_not() {
    let high = geometry(json!({ "type": "Point", "coordinates": [1, 2, 3, 4] }));
    let position = Position::new(1.0, 2.0).with_z(3.0);
    assert_eq!(
        high,
        Some(
            Point {
                position,
                spatial_reference: None
            }
            .into()
        )
    );
}

#[test]
fn rings_get_arcgis_direction_whatever_they_had() {
    let counterclockwise = json!([[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]);
    let clockwise = json!([[1, 1], [1, 2], [2, 2], [1, 1]]);
    let expected = [
        vec![(0.0, 0.0), (0.0, 9.0), (9.0, 9.0), (9.0, 0.0), (0.0, 0.0)],
        vec![(1.0, 1.0), (2.0, 2.0), (1.0, 2.0), (1.0, 1.0)],
    ];
    let polygon = Some(Polygon::from_rings(expected.clone()).into());
    assert_eq!(
        geometry(json!({ "type": "Polygon", "coordinates": [counterclockwise, clockwise] })),
        polygon
    );
    // The other way round, as data from before RFC 7946 often run, and left open.
    let reversed = json!([[0, 0], [0, 9], [9, 9], [9, 0]]);
    assert_eq!(
        geometry(json!({ "type": "Polygon", "coordinates": [reversed, clockwise] })),
        polygon
    );
    let two = json!({ "type": "MultiPolygon", "coordinates": [[counterclockwise, clockwise], [clockwise]] });
    let [outer, hole] = expected;
    let other = vec![(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0)];
    assert_eq!(
        geometry(two),
        Some(Polygon::from_rings([outer, hole, other]).into())
    );
}

#[test]
fn features_without_a_place_have_no_geometry() {
    for nowhere in [
        json!(null),
        json!({ "type": "MultiPoint", "coordinates": [] }),
        json!({ "type": "Polygon", "coordinates": [] }),
    ] {
        let read = read(feature(nowhere));
        assert_eq!(
            (read.features()[0].geometry.as_ref(), read.geometry_type()),
            (None, None)
        );
        assert_eq!(read.spatial_reference(), None);
    }
}

#[test]
fn properties_become_attributes_and_fields() {
    let read = read(json!({ "type": "FeatureCollection", "features": [
        { "type": "Feature", "id": "a", "geometry": null, "properties": { "n": 1, "open": true, "tags": [1] } },
        { "type": "Feature", "id": 7, "geometry": null, "properties": { "id": 3 } },
        { "type": "Feature", "geometry": null },
    ] }));
    assert_eq!(
        json!(read.features()[0].attributes),
        json!({ "id": "a", "n": 1, "open": true, "tags": [1] })
    );
    assert_eq!(json!(read.features()[1].attributes), json!({ "id": 3 }));
    assert!(read.features()[2].attributes.is_empty());
    let types: Vec<_> = read
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), &f.field_type))
        .collect();
    let expected = [
        ("id", &FieldType::String),
        ("n", &FieldType::Integer),
        ("open", &FieldType::SmallInteger),
        ("tags", &FieldType::String),
    ];
    assert_eq!(types, expected);
}

#[test]
fn an_old_crs_is_followed_where_it_is_plain() {
    let crs = |name: &str| {
        json!({
            "type": "Point", "coordinates": [1, 2],
            "crs": { "type": "name", "properties": { "name": name } },
        })
    };
    for (name, wkid) in [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("OGC:CRS84", 4326),
        ("EPSG:4326", 4326),
        ("urn:ogc:def:crs:EPSG::3857", 3857),
        ("urn:ogc:def:crs:EPSG:9.8.15:2056", 2056),
        ("http://www.opengis.net/def/crs/EPSG/0/25832", 25832),
        ("epsg:25832", 25832),
    ] {
        assert_eq!(
            read(crs(name)).spatial_reference(),
            Some(&SpatialReference::wkid(wkid)),
            "{name}"
        );
        let member = crs(name)["crs"].take();
        let mut whole = feature(json!({ "type": "Point", "coordinates": [1, 2] }));
        whole["crs"] = member.clone();
        assert_eq!(
            read(whole.clone()).spatial_reference(),
            Some(&SpatialReference::wkid(wkid)),
            "{name}"
        );
        let whole = json!({ "type": "FeatureCollection", "crs": member, "features": [whole] });
        assert_eq!(
            read(whole).spatial_reference(),
            Some(&SpatialReference::wkid(wkid)),
            "{name}"
        );
    }
    assert_eq!(
        refused(crs("urn:ogc:def:crs:EPSG::local")),
        "the member `crs` has the name \"urn:ogc:def:crs:EPSG::local\", which is no EPSG code; reproject the data to \
         longitude and latitude on WGS 84"
    );
    assert!(
        refused(crs("IGNF:2056"))
            .starts_with("the member `crs` has the name \"IGNF:2056\", which is no EPSG code")
    );
    let linked = json!({ "type": "Point", "coordinates": [1, 2], "crs": { "type": "link", "properties": {} } });
    assert!(refused(linked).starts_with("the member `crs` has no name, which is no EPSG code"));
    let none = json!({ "type": "Point", "coordinates": [1, 2], "crs": null });
    assert_eq!(
        read(none).spatial_reference(),
        Some(&SpatialReference::WGS84)
    );
}

#[test]
fn refuses_what_a_layer_cannot_hold() {
    let point = json!({ "type": "Point", "coordinates": [1, 2] });
    let line = json!({ "type": "LineString", "coordinates": [[1, 2], [3, 4]] });
    let several = json!({ "type": "GeometryCollection", "geometries": [point] });
    let features = |geometries: &[&Value]| {
        let features: Vec<_> = geometries.iter().map(|g| feature((*g).clone())).collect();
        json!({ "type": "FeatureCollection", "features": features })
    };
    assert_eq!(
        refused(features(&[&Value::Null, &point, &line])),
        "feature 3 is a line and feature 2 a point; a layer has one type of geometry, so split them"
    );
    let said = refused(features(&[&point, &several]));
    let sentence = "feature 2: is a GeometryCollection, which a layer cannot hold; split it by type of geometry";
    assert!(said.starts_with(sentence), "{said}");
    assert_eq!(refused(several), &sentence["feature 2: ".len()..]);
    let short = json!({ "type": "LineString", "coordinates": [[1, 2], [3]] });
    let said = refused(features(&[&short]));
    assert!(
        said.starts_with("feature 1: has a position with fewer than two numbers"),
        "{said}"
    );
}

#[test]
fn says_where_a_text_is_broken() {
    let refused = |text: &str| {
        FeatureCollection::from_geojson(text)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused("{\"type\": \"FeatureCollection\",\n \"features\": [{\"type\": \"Feature\","),
        "the JSON text ends too early, at line 2 column 33; is it complete?"
    );
    assert_eq!(
        refused(""),
        "the JSON text ends too early, at line 1 column 0; is it complete?"
    );
    assert_eq!(
        refused("{\"type\": \"Point\",\n\"coordinates\": [NaN, 1]}"),
        "the text is not JSON: expected value at line 2 column 17"
    );
    let said = refused(
        "{\"type\": \"FeatureCollection\", \"features\": [\n{\"type\": \"Feature\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [\"7\", 1]}}]}",
    );
    assert!(
        said.starts_with("feature 1: ")
            && said.contains("\"7\"")
            && said.contains("at line 2 column"),
        "{said}"
    );
    assert_eq!(
        refused("[1]"),
        "invalid type: sequence, expected a JSON object that holds features at line 1 column 1"
    );
    assert_eq!(
        refused(r#"{"type": "FeatureCollection", "features": [7]}"#),
        "feature 1: invalid type: integer `7`, expected a GeoJSON feature, which is an object at line 1 column 44"
    );
    assert_eq!(
        refused("{}"),
        "GeoJSON has a member `type`, which is missing"
    );
    assert_eq!(
        refused(r#"{"type": "Topology"}"#),
        "there is no GeoJSON of type \"Topology\""
    );
    let said = refused(r#"{"type": "FeatureCollection"}"#);
    assert!(said.starts_with("missing field `features`"), "{said}");
}

#[test]
fn tells_the_kinds_of_json_apart() {
    let read = |text: &str| FeatureCollection::from_json_text(text).map(|c| c.features().len());
    assert_eq!(
        read("\u{feff}{\"type\": \"Point\", \"coordinates\": [1, 2]}"),
        Ok(1)
    );
    assert_eq!(read(r#"{"features": [{"attributes": {}}, {}]}"#), Ok(2));
    assert_eq!(
        read(
            r#"{"layerDefinition": {}, "featureSet": {"features": [{}]}, "type": "Feature Layer"}"#
        ),
        Ok(1)
    );
    assert_eq!(
        read(r#"{"url": "https://example.com"}"#)
            .unwrap_err()
            .to_string(),
        "the JSON object holds no features; it must be GeoJSON, an Esri feature set or a feature collection"
    );
}

#[test]
fn writes_every_type_of_geometry() {
    assert_eq!(
        written(Point::new(1.0, 2.0)),
        json!({ "type": "Point", "coordinates": [1.0, 2.0] })
    );
    let pairs = [(1.0, 2.0), (3.0, 4.0)];
    let positions = json!([[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(
        written(Multipoint::from_points(pairs)),
        json!({ "type": "MultiPoint", "coordinates": positions })
    );
    assert_eq!(
        written(Polyline::from_paths([pairs])),
        json!({ "type": "LineString", "coordinates": positions })
    );
    assert_eq!(
        written(Polyline::from_paths([pairs, pairs])),
        json!({ "type": "MultiLineString", "coordinates": [positions, positions] })
    );
    let mut high = Point::new(1.0, 2.0);
    high.position = high.position.with_z(3.0).with_m(4.0);
    assert_eq!(
        written(high),
        json!({ "type": "Point", "coordinates": [1.0, 2.0, 3.0] })
    );
}

#[test]
fn writes_holes_with_their_ring_and_in_geojson_direction() {
    let outer = vec![(0.0, 0.0), (0.0, 9.0), (9.0, 9.0), (0.0, 0.0)];
    let hole = vec![(1.0, 3.0), (2.0, 4.0), (1.0, 4.0), (1.0, 3.0)];
    let far = vec![(20.0, 0.0), (20.0, 1.0), (21.0, 1.0)];
    assert_eq!(
        written(Polygon::from_rings([outer.clone(), hole.clone()])),
        json!({ "type": "Polygon", "coordinates": [
            [[0.0, 0.0], [9.0, 9.0], [0.0, 9.0], [0.0, 0.0]],
            [[1.0, 3.0], [1.0, 4.0], [2.0, 4.0], [1.0, 3.0]],
        ] })
    );
    assert_eq!(
        written(Polygon::from_rings([far, hole, outer])),
        json!({ "type": "MultiPolygon", "coordinates": [
            [[[20.0, 0.0], [21.0, 1.0], [20.0, 1.0], [20.0, 0.0]]],
            [[[0.0, 0.0], [9.0, 9.0], [0.0, 9.0], [0.0, 0.0]], [[1.0, 3.0], [1.0, 4.0], [2.0, 4.0], [1.0, 3.0]]],
        ] })
    );
}

#[test]
fn writes_attributes_and_object_ids() {
    let attributes = json!({ "FID": 9, "when": 1_714_545_000_000_i64, "note": null });
    let mut rows =
        FeatureCollection::table(vec![serde_json::from_value(attributes.clone()).unwrap()]);
    rows.layer_definition.fields = vec![
        Field::new("FID", FieldType::Oid),
        Field::new("when", FieldType::Date),
    ];
    rows.layer_definition.object_id_field = Some("FID".to_owned());
    assert_eq!(
        rows.to_geojson().unwrap(),
        json!({ "type": "FeatureCollection", "features": [
            { "type": "Feature", "id": 9, "geometry": null, "properties": attributes },
        ] })
    );
}

#[test]
fn turns_web_mercator_to_longitude_and_latitude() {
    // The corner of the square that Web Mercator covers, and a place near Zurich, as PROJ 9.5.1 turns them (pyproj 3.7.2:
    // Transformer.from_crs(3857, 4326, always_xy=True)).
    for (x, y, lon, lat) in [
        (
            20_037_508.342_789_244,
            20_037_508.342_789_244,
            180.0,
            85.051_128_779_806_6,
        ),
        (
            950_000.0,
            6_000_000.0,
            8.533_995_199_135_454,
            47.353_704_702_433_106,
        ),
    ] {
        let mut projected = wgs84(Point::new(x, y));
        projected.feature_set.spatial_reference = Some(SpatialReference::WEB_MERCATOR);
        let written = projected.to_geojson().unwrap();
        let coordinates = &written["features"][0]["geometry"]["coordinates"];
        let off = |i: usize, expected: f64| (coordinates[i].as_f64().unwrap() - expected).abs();
        assert!(
            off(0, lon) < 1e-12 && off(1, lat) < 1e-12,
            "{coordinates} is not {lon} {lat}"
        );
    }
}

#[test]
fn refuses_what_geojson_cannot_say() {
    let refused = |sr: Option<SpatialReference>, geometry: Geometry| {
        let features = vec![
            Feature::default(),
            Feature::new(geometry, Default::default()),
        ];
        let set = FeatureSet {
            spatial_reference: sr,
            features,
            ..FeatureSet::default()
        };
        FeatureCollection::from(set)
            .to_geojson()
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(
            Some(SpatialReference::wkid(2056)),
            Point::new(1.0, 2.0).into()
        ),
        "feature 2 is in the spatial reference 2056, but GeoJSON has longitude and latitude on WGS 84; ask for outSR 4326"
    );
    let unnamed = SpatialReference {
        wkt: Some("PROJCS[\"x\"]".to_owned()),
        ..SpatialReference::default()
    };
    assert!(refused(Some(unnamed), Point::new(1.0, 2.0).into()).ends_with("ask for outSR 4326"));
    assert_eq!(
        refused(None, Point::new(2_600_000.0, 2.0).into()),
        "feature 2 has no spatial reference, and (2600000, 2) is no longitude and latitude; ask for outSR 4326"
    );
    assert_eq!(
        refused(None, Point::new(f64::NAN, 2.0).into()),
        "feature 2 has a coordinate that is not finite: (NaN, 2)"
    );
    let curved = Polygon {
        curve_rings: Some(Box::new(json!([]))),
        ..Polygon::default()
    };
    assert_eq!(
        refused(None, curved.into()),
        "feature 2 has true curves, which GeoJSON has not; ask the service for straight segments"
    );
}
