//! Overlaid layers against Shapely's figures, and where overlays go wrong.
//!
//! Figures agree to a relative 1e-9: both programs compute in the same plane, Shapely in floating-point numbers and the
//! engine on a grid of 6e-14 degrees.

use crate::common::{areas, layer, layer_of, line, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, overlay_layers};
use arcgis_analysis_spatial::overlay_layers::{OutputType, OverlayLayers, OverlayType};
use arcgis_analysis_types::{Feature, FeatureCollection, Geometry, GeometryType};
use geo::{Area, Euclidean, Length, LineString};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_overlay.json"
    ))
    .unwrap()
}

fn countries() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
        .unwrap()
}

fn places() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap()
}

fn drawn(list: &Value) -> FeatureCollection {
    let shape = |shape: &Value| {
        let coordinates = shape["coordinates"].as_array().unwrap();
        if shape["kind"] == "line" {
            line(coordinates)
        } else {
            polygon(coordinates)
        }
    };
    layer(4326, list.as_array().unwrap().iter().map(shape))
}

fn overlay(task: OverlayLayers) -> FeatureCollection {
    overlay_layers(&task, &Control::new()).unwrap()
}

/// The area, length or number of points of a feature, in the plane.
fn measure(geometry: &Geometry) -> f64 {
    match geometry {
        Geometry::Polygon(polygon) => crate::common::multipolygon(polygon).unsigned_area(),
        Geometry::Polyline(line) => {
            let paths = line
                .paths
                .iter()
                .map(|path| LineString::from_iter(path.iter().map(|p| (p.x, p.y))));
            paths.map(|path| Euclidean.length(&path)).sum()
        }
        Geometry::Multipoint(points) => points.points.len() as f64,
        _ => 1.0,
    }
}

fn id(feature: &Feature, name: &str) -> i64 {
    feature.attributes[name].as_i64().unwrap()
}

/// Holds a result against figures of the form [input, overlay, figure] or [input, figure], places counted from 0.
fn check(result: &FeatureCollection, figures: &Value) {
    let mut expected: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for figure in figures.as_array().unwrap() {
        let figure = figure.as_array().unwrap();
        let other = if figure.len() == 3 {
            figure[1].as_i64().unwrap() + 1
        } else {
            0
        };
        expected.insert(
            (figure[0].as_i64().unwrap() + 1, other),
            figure[figure.len() - 1].as_f64().unwrap(),
        );
    }
    assert!(expected.len() > 10);
    for feature in result.features() {
        let other = feature
            .attributes
            .get("FID_overlayLayer")
            .map_or(0, |id| id.as_i64().unwrap());
        let pair = (id(feature, "FID_inputLayer"), other);
        let actual = measure(feature.geometry.as_ref().unwrap());
        match expected.remove(&pair) {
            Some(figure) => assert!(
                (actual / figure - 1.0).abs() < 1e-9,
                "{pair:?}: {actual} is not {figure}"
            ),
            None => assert!(actual < 1e-8, "{pair:?}: {actual} should be nothing"),
        }
    }
    assert!(expected.is_empty(), "missing: {expected:?}");
}

#[test]
fn polygons_meet_polygons_as_in_shapely() {
    let figures = reference();
    let cells = || drawn(&figures["cells"]);
    let common = overlay(OverlayLayers::new(countries(), cells()));
    areas(&common);
    check(&common, &figures["polygons_polygons"]);
    let erased = overlay(OverlayLayers::new(countries(), cells()).overlay_type(OverlayType::Erase));
    areas(&erased);
    check(&erased, &figures["polygons_erased"]);
    assert!(
        erased
            .features()
            .iter()
            .all(|f| f.attributes.contains_key("iso_a3"))
    );
}

#[test]
fn a_union_is_what_is_common_and_what_is_left_of_both() {
    let figures = reference();
    let union = overlay(
        OverlayLayers::new(countries(), drawn(&figures["cells"])).overlay_type(OverlayType::Union),
    );
    areas(&union);
    let some = |input: bool, other: bool| {
        let mut part = union.clone();
        part.feature_set.features.retain(|f| {
            (id(f, "FID_inputLayer") > 0, id(f, "FID_overlayLayer") > 0) == (input, other)
        });
        part
    };
    check(&some(true, true), &figures["polygons_polygons"]);
    let mut left = some(true, false);
    left.feature_set.features.iter_mut().for_each(|f| {
        f.attributes.remove("FID_overlayLayer");
    });
    check(&left, &figures["polygons_erased"]);
    let mut rest = some(false, true);
    for feature in &mut rest.feature_set.features {
        assert_eq!(feature.attributes["name"], Value::Null);
        let own = feature.attributes["FID_overlayLayer"].clone();
        feature.attributes.remove("FID_overlayLayer");
        feature.attributes.insert("FID_inputLayer", own);
    }
    check(&rest, &figures["cells_erased"]);
}

#[test]
fn lines_and_points_meet_polygons_as_in_shapely() {
    let figures = reference();
    let lines = || drawn(&figures["lines"]);
    check(
        &overlay(OverlayLayers::new(lines(), countries())),
        &figures["lines_polygons"],
    );
    let line_output = OverlayLayers::new(lines(), countries()).output_type(OutputType::Line);
    check(&overlay(line_output), &figures["lines_polygons"]);
    check(
        &overlay(OverlayLayers::new(lines(), countries()).overlay_type(OverlayType::Erase)),
        &figures["lines_erased"],
    );

    let inside = overlay(OverlayLayers::new(places(), countries()));
    assert_eq!(
        inside.layer_definition.geometry_type,
        Some(GeometryType::Point)
    );
    let pairs: Vec<Value> = inside
        .features()
        .iter()
        .map(|f| json!([id(f, "FID_inputLayer") - 1, id(f, "FID_overlayLayer") - 1]))
        .collect();
    assert_eq!(Value::from(pairs), figures["points_polygons"]);
    let outside =
        overlay(OverlayLayers::new(places(), countries()).overlay_type(OverlayType::Erase));
    let left: Vec<i64> = outside
        .features()
        .iter()
        .map(|f| id(f, "FID_inputLayer") - 1)
        .collect();
    assert_eq!(json!(left), figures["points_erased"]);
}

#[test]
fn borders_and_crossings_are_those_of_shapely() {
    let figures = reference();
    let mut shared =
        overlay(OverlayLayers::new(countries(), countries()).output_type(OutputType::Line));
    shared
        .feature_set
        .features
        .retain(|f| id(f, "FID_inputLayer") < id(f, "FID_overlayLayer"));
    let touching: std::collections::BTreeSet<(i64, i64)> = figures["shared_borders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b[0].as_i64().unwrap() + 1, b[1].as_i64().unwrap() + 1))
        .collect();
    // Some countries overlap by a hair, and so do not touch; what they share of their borders is no border.
    shared
        .feature_set
        .features
        .retain(|f| touching.contains(&(id(f, "FID_inputLayer"), id(f, "FID_overlayLayer"))));
    check(&shared, &figures["shared_borders"]);
    let crossings = OverlayLayers::new(drawn(&figures["lines"]), drawn(&figures["cells"]))
        .output_type(OutputType::Point);
    let crossings = overlay(crossings);
    assert_eq!(
        crossings.layer_definition.geometry_type,
        Some(GeometryType::Multipoint)
    );
    check(&crossings, &figures["crossings"]);
}

fn square(x: f64, y: f64, side: f64) -> Geometry {
    polygon(&[json!([
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
        [x, y]
    ])])
}

#[test]
fn nothing_and_invalid_rings_and_other_references() {
    let empty = || {
        let mut nothing = layer(4326, [square(0.0, 0.0, 2.0)]);
        nothing.layer_definition.geometry_type = Some(GeometryType::Polygon);
        nothing.feature_set.features[0].geometry = None;
        nothing
    };
    let one = || layer(4326, [square(0.0, 0.0, 2.0)]);
    assert!(
        overlay(OverlayLayers::new(empty(), one()))
            .features()
            .is_empty()
    );
    assert!(
        overlay(OverlayLayers::new(one(), empty()))
            .features()
            .is_empty()
    );
    let kept = overlay(OverlayLayers::new(one(), empty()).overlay_type(OverlayType::Erase));
    assert_eq!(measure(kept.features()[0].geometry.as_ref().unwrap()), 4.0);
    // A bow tie has two triangles of half a unit each within the square.
    let bow = layer(
        4326,
        [polygon(&[json!([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])])],
    );
    let common = overlay(OverlayLayers::new(bow, one()));
    areas(&common);
    assert_eq!(
        measure(common.features()[0].geometry.as_ref().unwrap()),
        0.5
    );
    // pyproj 3.7.2: 4326 to 3857 of (1, 1) is (111319.49079327357, 111325.1428663851).
    let mercator = layer(3857, [square(0.0, 0.0, 111_319.490_793_273_57)]);
    let common = overlay(OverlayLayers::new(one(), mercator));
    let area = measure(common.features()[0].geometry.as_ref().unwrap());
    assert!(
        (area - 111_319.490_793_273_57 / 111_325.142_866_385_1).abs() < 1e-6,
        "{area}"
    );
    let other = layer(4267, [square(0.0, 0.0, 1.0)]);
    let error = overlay_layers(&OverlayLayers::new(one(), other), &Control::new()).unwrap_err();
    assert!(
        matches!(error, EngineError::SpatialReference { .. }),
        "{error}"
    );
    let lines = layer(4326, [line(&[json!([[0, 0], [1, 1]])])]);
    let erase = OverlayLayers::new(one(), lines).overlay_type(OverlayType::Erase);
    assert!(
        overlay_layers(&erase, &Control::new())
            .unwrap_err()
            .to_string()
            .contains("cannot erase polygon")
    );
}

#[test]
fn the_antimeridian_and_the_poles_divide_nothing() {
    // Both reach over the antimeridian, one written on from the east and one from the west.
    let east = layer(4326, [square(170.0, -5.0, 20.0)]);
    let west = layer(4326, [square(-185.0, -5.0, 10.0)]);
    let common = overlay(OverlayLayers::new(east, west));
    areas(&common);
    assert_eq!(
        measure(common.features()[0].geometry.as_ref().unwrap()),
        100.0
    );
    let line = layer(4326, [line(&[json!([[175, 0], [185, 0]])])]);
    let within = overlay(OverlayLayers::new(
        line,
        layer(4326, [square(-185.0, -5.0, 10.0)]),
    ));
    assert_eq!(
        measure(within.features()[0].geometry.as_ref().unwrap()),
        10.0
    );
    let cap = || {
        layer(
            4326,
            [polygon(&[json!([
                [-180, 80],
                [180, 80],
                [180, 90],
                [-180, 90],
                [-180, 80]
            ])])],
        )
    };
    let point = overlay(OverlayLayers::new(layer(4326, [point(40.0, 90.0)]), cap()));
    assert_eq!(point.features().len(), 1);
    assert!(
        overlay(OverlayLayers::new(cap(), cap()).overlay_type(OverlayType::Erase))
            .features()
            .is_empty()
    );
}

/// Two squares that miss each other by a hundredth share a border once that is tolerated.
#[test]
fn a_tolerance_closes_gaps() {
    let left = || layer(32_633, [square(0.0, 0.0, 10.0)]);
    let right = || layer(32_633, [square(10.01, 0.0, 10.0)]);
    let shared = |task: OverlayLayers| overlay(task.output_type(OutputType::Line));
    assert!(
        shared(OverlayLayers::new(left(), right()))
            .features()
            .is_empty()
    );
    assert!(
        shared(OverlayLayers::new(left(), right()).tolerance(0.005))
            .features()
            .is_empty()
    );
    for snap in [false, true] {
        let closed = shared(
            OverlayLayers::new(left(), right())
                .tolerance(0.02)
                .snap_to_input(snap),
        );
        assert_eq!(
            measure(closed.features()[0].geometry.as_ref().unwrap()),
            10.0
        );
    }
    // A vertex beside an edge of the input bends that edge unless it is to stay.
    let beside = || {
        layer(
            32_633,
            [polygon(&[json!([
                [10.01, 5],
                [20, 0],
                [20, 10],
                [10.01, 5]
            ])])],
        )
    };
    for (snap, area) in [(true, 100.0), (false, 100.0)] {
        let task = OverlayLayers::new(left(), beside())
            .overlay_type(OverlayType::Union)
            .tolerance(0.02)
            .snap_to_input(snap);
        let union = overlay(task);
        assert_eq!(union.features().len(), 2);
        assert_eq!(
            measure(union.features()[0].geometry.as_ref().unwrap()),
            area
        );
    }
}

#[test]
fn attributes_of_both_travel_with_a_piece() {
    let with = |geometry: Geometry, name: &str| {
        let attributes = json!({"OBJECTID": 7, "name": name, "empty": null});
        let mut layer = layer_of(
            4326,
            vec![Feature::new(
                geometry,
                attributes.as_object().unwrap().clone().into(),
            )],
        );
        layer.layer_definition.object_id_field = Some("OBJECTID".to_owned());
        layer
    };
    let common = overlay(OverlayLayers::new(
        with(square(0.0, 0.0, 2.0), "a"),
        with(square(1.0, 0.0, 2.0), "b"),
    ));
    assert_eq!(
        Value::from(common.features()[0].attributes.clone()),
        json!({"OBJECTID": 1, "FID_inputLayer": 7, "name": "a", "empty": null, "FID_overlayLayer": 7, "name_1": "b", "empty_1": null})
    );
}

/// A line along which squares overlap in pairs, touch it along a side, or lie aside.
#[test]
fn a_line_is_erased_by_all_areas_at_once() {
    let squares = (0..2000).flat_map(|i| {
        let x = f64::from(i) * 8.0;
        [
            square(x, -1.0, 2.0),
            square(x + 1.0, -1.0, 2.0),
            square(x + 4.0, 0.0, 1.0),
            square(x + 6.0, 1.0, 1.0),
        ]
    });
    let road = json!([[[-1.0, 0.0], [16_001.0, 0.0]]]);
    let road = layer(32_633, [line(road.as_array().unwrap())]);
    let task = OverlayLayers::new(road, layer(32_633, squares)).overlay_type(OverlayType::Erase);
    let left = overlay(task);
    let [feature] = left.features() else {
        panic!("{} features", left.features().len());
    };
    let Some(Geometry::Polyline(line)) = &feature.geometry else {
        panic!("{:?}", feature.geometry);
    };
    // Before the first, between each two of 4001, behind the last.
    assert_eq!(line.paths.len(), 4001);
    let length = measure(&Geometry::Polyline(line.clone()));
    assert!(
        (length - (1.0 + 2000.0 * 4.0 + 1.0)).abs() < 1e-6,
        "{length}"
    );
}

#[test]
fn cancelling_stops_an_overlay() {
    let control = Control::new();
    control.cancel();
    let one = || layer(4326, [square(0.0, 0.0, 2.0)]);
    assert_eq!(
        overlay_layers(&OverlayLayers::new(one(), one()), &control),
        Err(EngineError::Cancelled)
    );
}
