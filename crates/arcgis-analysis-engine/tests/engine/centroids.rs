//! Centroids against Shapely.

use crate::common::{layer, layer_of, line, multipoint, point, polygon};
use arcgis_analysis_engine::{Control, find_centroids};
use arcgis_analysis_spatial::find_centroids::FindCentroids;
use arcgis_analysis_types::{
    Attributes, Context, Feature, FeatureCollection, Geometry, SpatialReference,
};
use geo::{Distance, Euclidean, Intersects};
use serde_json::{Value, json};

/// In degrees: a hundredth of a millimetre, above the rounding of areas of thousands of square degrees.
const NEAR: f64 = 1e-10;

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_centroids.json"
    ))
    .unwrap()
}

fn countries() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
        .unwrap()
}

fn places(task: &FindCentroids) -> Vec<[f64; 2]> {
    let centroids = find_centroids(task, &Control::new()).unwrap();
    let place = |feature: &Feature| match &feature.geometry {
        Some(Geometry::Point(point)) => [point.position.x, point.position.y],
        other => panic!("no point: {other:?}"),
    };
    centroids.features().iter().map(place).collect()
}

/// How far apart longitudes are, which the reference counts from 0 to 360 where a shape lies over the antimeridian.
fn east_of(from: f64, to: f64) -> f64 {
    (to - from + 540.0).rem_euclid(360.0) - 180.0
}

fn check(actual: [f64; 2], figures: &Value) {
    let centre = figures["centre"].as_array().unwrap();
    for (axis, actual) in actual.into_iter().enumerate() {
        let expected = centre[axis].as_f64().unwrap();
        assert!(
            east_of(actual, expected).abs() < NEAR,
            "{}: {actual} is not {expected}",
            figures["name"]
        );
    }
}

/// Checks that a place lies on or in the geometry, as far from its centre as it must.
fn check_within(place: [f64; 2], geometry: &Geometry, figures: &Value) {
    let centre = figures["centre"].as_array().unwrap();
    let [x, y] = [0, 1].map(|axis| centre[axis].as_f64().unwrap());
    let off = east_of(place[0], x).hypot(place[1] - y);
    let expected = figures["off"].as_f64().unwrap();
    assert!(
        (off - expected).abs() < NEAR,
        "{}: {off} is not {expected}",
        figures["name"]
    );
    let place = geo::Point::new(place[0], place[1]);
    match geometry {
        Geometry::Polygon(polygon) => assert!(
            crate::common::multipolygon(polygon).intersects(&place),
            "{}: {place:?} is outside",
            figures["name"]
        ),
        Geometry::Polyline(line) => {
            let lines = line
                .paths
                .iter()
                .map(|path| geo::LineString::from_iter(path.iter().map(|p| (p.x, p.y))));
            let nearest = lines.map(|line| Euclidean.distance(&line, &place));
            assert!(
                nearest.fold(f64::MAX, f64::min) < NEAR,
                "{place:?} is off the line"
            );
        }
        _ => {}
    }
}

#[test]
fn centroids_are_those_of_shapely() {
    let figures = reference();
    let expected = figures["countries"].as_array().unwrap();
    let centres = places(&FindCentroids::new(countries()));
    assert_eq!(centres.len(), expected.len());
    for (centre, figures) in centres.into_iter().zip(expected) {
        check(centre, figures);
    }
    let within = places(&FindCentroids::new(countries()).point_location(true));
    for ((place, feature), figures) in within.into_iter().zip(countries().features()).zip(expected)
    {
        check_within(place, feature.geometry.as_ref().unwrap(), figures);
    }
    let shapes = ["shapes", "cut"].map(|name| figures[name].as_array().unwrap());
    for figures in shapes.into_iter().flatten() {
        let feature = json!({"type": "Feature", "properties": {}, "geometry": figures["shape"]});
        let layer = FeatureCollection::from_geojson(&feature.to_string()).unwrap();
        let geometry = layer.features()[0].geometry.clone().unwrap();
        let centre = places(&FindCentroids::new(layer.clone()))[0];
        check(centre, figures);
        assert!(centre[0].abs() <= 180.0, "within the chart");
        let place = places(&FindCentroids::new(layer).point_location(true))[0];
        check_within(place, &geometry, figures);
    }
}

#[test]
fn attributes_and_references_go_along() {
    let mut attributes = Attributes::new();
    attributes.insert("name", json!("a"));
    attributes.insert("none", Value::Null);
    let layer = layer_of(4326, vec![Feature::new(point(180.0, 0.0), attributes)]);
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let task = FindCentroids::new(layer).context(context);
    let centroids = find_centroids(&task, &Control::new()).unwrap();
    assert_eq!(centroids.features()[0].attributes["name"], "a");
    assert!(centroids.features()[0].attributes["none"].is_null());
    assert_eq!(
        centroids.spatial_reference().and_then(SpatialReference::id),
        Some(3857)
    );
    let [x, _] = places(&task)[0];
    assert_eq!(x, 20_037_508.342_789_244);
}

#[test]
fn shapes_that_are_hardly_any_have_a_place() {
    // Over the antimeridian the shape keeps together; without area an outline is left, without length a point.
    let across = json!([[170, 0], [170, 2], [194, 2], [194, 0], [170, 0]]);
    let flat = json!([[0, 0], [4, 0], [2, 0], [0, 0]]);
    let dot = json!([[3, 3], [3, 3]]);
    let bow = json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]);
    let geometries = [
        polygon(&[across]),
        polygon(&[flat]),
        line(&[dot]),
        polygon(&[bow]),
    ];
    let expected = [[-178.0, 1.0], [2.0, 0.0], [3.0, 3.0], [1.0, 1.0]];
    for (geometry, expected) in geometries.into_iter().zip(expected) {
        for within in [false, true] {
            let task = FindCentroids::new(layer(4326, [geometry.clone()])).point_location(within);
            let place = places(&task)[0];
            assert!(
                (place[0] - expected[0]).hypot(place[1] - expected[1]) < 1e-9,
                "{place:?} is not {expected:?}"
            );
        }
    }
    let none = FindCentroids::new(layer(4326, []));
    assert!(find_centroids(&none, &Control::new()).is_err());
    let empty = layer(4326, [multipoint(&[(1.0, 2.0)]), multipoint(&[])]);
    assert_eq!(places(&FindCentroids::new(empty)), [[1.0, 2.0]]);
}
