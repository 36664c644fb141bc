#![allow(clippy::unwrap_used)]

use super::*;
use crate::Feature;
use serde_json::json;

fn read(json: Value) -> Geometry {
    serde_json::from_value(json).unwrap()
}

fn position(x: f64, y: f64, z: Option<f64>, m: Option<f64>) -> Position {
    Position::new(x, y).with_z(z).with_m(m)
}

#[test]
fn third_numbers_are_heights_unless_only_measures_are_announced() {
    let path = |flags: &str, numbers: &str| {
        let text = format!(r#"{{{flags}"paths": [[{numbers}, {numbers}]]}}"#);
        let Geometry::Polyline(line) = serde_json::from_str(&text).unwrap() else {
            unreachable!()
        };
        line.paths[0][1]
    };
    assert_eq!(path("", "[1, 2]"), position(1.0, 2.0, None, None));
    assert_eq!(path("", "[1, 2, 3]"), position(1.0, 2.0, Some(3.0), None));
    assert_eq!(
        path(r#""hasZ": true,"#, "[1, 2, 3]"),
        position(1.0, 2.0, Some(3.0), None)
    );
    assert_eq!(
        path(r#""hasM": true,"#, "[1, 2, 3]"),
        position(1.0, 2.0, None, Some(3.0))
    );
    assert_eq!(
        path(r#""hasM": true, "hasZ": false,"#, "[1, 2, 3]"),
        position(1.0, 2.0, None, Some(3.0))
    );
    let both = r#""hasM": true, "hasZ": true,"#;
    assert_eq!(
        path(both, "[1, 2, 3, 4]"),
        position(1.0, 2.0, Some(3.0), Some(4.0))
    );
    assert_eq!(
        path(both, "[1, 2, null, \"NaN\"]"),
        position(1.0, 2.0, None, None)
    );
}

#[test]
fn writes_flags_and_missing_numbers() {
    let line = |positions: Vec<Position>| {
        let line = Polyline {
            paths: vec![positions],
            ..Polyline::default()
        };
        serde_json::to_string(&Geometry::Polyline(line)).unwrap()
    };
    let (plain, high) = (
        position(1.0, 2.0, None, None),
        position(1.5, 2.0, Some(3.0), None),
    );
    assert_eq!(line(vec![plain]), r#"{"paths":[[[1.0,2.0]]]}"#);
    assert_eq!(
        line(vec![plain, high]),
        r#"{"hasZ":true,"paths":[[[1.0,2.0,null],[1.5,2.0,3.0]]]}"#
    );
    let measured = position(1.0, 2.0, None, Some(9.0));
    assert_eq!(
        line(vec![measured]),
        r#"{"hasM":true,"paths":[[[1.0,2.0,9.0]]]}"#
    );
    assert_eq!(
        line(vec![measured, high]),
        r#"{"hasZ":true,"hasM":true,"paths":[[[1.0,2.0,null,9.0],[1.5,2.0,3.0,null]]]}"#
    );
}

#[test]
fn points_carry_their_numbers_by_name() {
    let point =
        read(json!({ "x": 1, "y": 2.5, "m": 4, "spatialReference": { "wkid": 4326 }, "id": 7 }));
    let expected = Point {
        position: position(1.0, 2.5, None, Some(4.0)),
        spatial_reference: Some(SpatialReference::WGS84),
    };
    assert_eq!(point, Geometry::Point(expected));
    assert_eq!(
        serde_json::to_string(&point).unwrap(),
        r#"{"x":1.0,"y":2.5,"m":4.0,"spatialReference":{"wkid":4326}}"#
    );
}

#[test]
fn empty_geometries_are_none() {
    for geometry in [
        json!(null),
        json!({}),
        json!({ "x": null }),
        json!({ "x": "NaN", "y": "NaN" }),
        json!({ "points": [] }),
        json!({ "paths": [] }),
        json!({ "rings": [[]], "spatialReference": { "wkid": 4326 } }),
    ] {
        let feature: Feature = serde_json::from_value(json!({ "geometry": geometry })).unwrap();
        assert_eq!(feature.geometry, None, "{geometry}");
    }
    let error = serde_json::from_value::<Geometry>(json!({ "rings": [] })).unwrap_err();
    assert!(
        error.to_string().starts_with("a geometry has no positions"),
        "{error}"
    );
}

#[test]
fn keeps_true_curves() {
    for json in [
        json!({ "curveRings": [[[0.0, 0.0], { "a": [[1, 1], [0, 1], 0, 1] }]] }),
        json!({ "curvePaths": [[[0.0, 0.0], { "c": [[1, 1], [0, 1]] }]], "paths": [[[0.0, 0.0], [1.0, 1.0]]] }),
    ] {
        let geometry = read(json.clone());
        assert!(geometry.curves().is_some());
        assert_eq!(serde_json::to_value(&geometry).unwrap(), json);
    }
}

#[test]
fn closes_rings_that_are_open() {
    let Geometry::Polygon(polygon) = read(json!({ "rings": [[[0, 0], [0, 1], [1, 1]]] })) else {
        unreachable!()
    };
    assert_eq!(
        polygon,
        Polygon::from_rings([[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)]])
    );
}

#[test]
fn rectangles_become_clockwise_polygons() {
    let rectangle = read(
        json!({ "xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4, "spatialReference": { "wkid": 2056 } }),
    );
    let ring = [(1.0, 2.0), (1.0, 4.0), (3.0, 4.0), (3.0, 2.0), (1.0, 2.0)];
    let spatial_reference = Some(SpatialReference::wkid(2056));
    assert_eq!(
        rectangle,
        Geometry::Polygon(Polygon {
            spatial_reference,
            ..Polygon::from_rings([ring])
        })
    );
}

#[test]
fn says_what_is_wrong_with_a_geometry_and_where() {
    for (text, problem) in [
        (
            "[7.5, 47.5]",
            "invalid type: sequence, expected a geometry, which is an object with `x` and `y`, `points`, `paths` or \
             `rings` at line 1 column 1",
        ),
        (r#"{"x": 1}"#, "a point has `x` but no `y`"),
        (r#"{"y": 1}"#, "a point has `y` but no `x`"),
        (
            r#"{"x": "far", "y": 1}"#,
            "invalid type: string \"far\", expected a coordinate, which is a number at line 1 column 11",
        ),
        (
            r#"{"points": [[1]]}"#,
            "invalid length 1, expected a position, which is a list of 2 to 4 numbers at line 1 column 15",
        ),
        (
            "{\"paths\":\n[[[1, 2, 3, 4, 5]]]}",
            "invalid length 5, expected a position, which is a list of 2 to 4 numbers at line 2 column 17",
        ),
        (
            r#"{"rings": [[1, 2]]}"#,
            "invalid type: integer `1`, expected a position, which is a list of 2 to 4 numbers at line 1 column 13",
        ),
    ] {
        assert_eq!(
            serde_json::from_str::<Geometry>(text)
                .unwrap_err()
                .to_string(),
            problem,
            "{text}"
        );
    }
}
