//! Distances from edges that are geodesics, over the antimeridian, around the poles and far away, against PROJ and SciPy.
//!
//! To a millimetre, and beyond a thousand kilometres to a relative 1e-9: the reference minimises as far.

use super::{Written, east, numbers, point, reference};
use crate::common::{assert_close, layer, line, polygon};
use arcgis_analysis_engine::{Control, find_nearest, join_features};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::find_nearest::FindNearest;
use arcgis_analysis_spatial::join_features::{JoinFeatures, JoinOperation, SpatialRelationship};
use arcgis_analysis_types::{FeatureCollection, TravelMode};
use serde_json::{Value, json};

fn place(value: &Value) -> [f64; 2] {
    [0, 1].map(|axis| value[axis].as_f64().unwrap())
}

fn metres(from: FeatureCollection, near: FeatureCollection) -> Vec<f64> {
    let task = FindNearest::new(from, near, TravelMode::StraightLine)
        .search_cutoff_units(DistanceUnits::Meters);
    let found = find_nearest(&task, &Control::new()).unwrap();
    numbers(&found.lines, "Total_Meters")
}

#[track_caller]
fn check(name: &str, actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-3_f64.max(1e-9 * expected),
        "{name}: {actual} is not {expected}"
    );
}

#[test]
fn places_are_as_far_from_edges_as_proj_says() {
    let figures = reference();
    let segments = figures["segments"].as_array().unwrap();
    assert!(segments.len() > 80);
    for (number, segment) in segments.iter().enumerate() {
        let [x, y] = place(&segment[2]);
        let expected = segment[3].as_f64().unwrap();
        let edge = line(&[json!([segment[0], segment[1]])]);
        let (from, near) = (layer(4326, [point(x, y)]), layer(4326, [edge]));
        check(
            &format!("{number}"),
            metres(from.clone(), near.clone())[0],
            expected,
        );
        // From the line to the place, all drawn on from the east.
        let [from, near] = [&from, &near].map(|layer| east(layer, -360.0, Written::On));
        check(&format!("{number} turned"), metres(near, from)[0], expected);
    }
}

#[test]
fn places_are_as_far_from_areas_as_proj_says() {
    let figures = reference();
    for area in figures["areas"].as_array().unwrap() {
        let mut ring = area["ring"].as_array().unwrap().clone();
        ring.push(ring[0].clone());
        let area_layer = layer(4326, [polygon(&[json!(ring)])]);
        let places = area["places"].as_array().unwrap();
        let points = places
            .iter()
            .map(|pair| place(&pair[0]))
            .map(|[x, y]| point(x, y));
        let found = metres(layer(4326, points), area_layer);
        assert_eq!(found.len(), places.len());
        for (found, pair) in found.into_iter().zip(places) {
            check(&format!("{}", pair[0]), found, pair[1].as_f64().unwrap());
        }
    }
}

/// A way along 67 degrees north, whose geodesic edge rises above the parallel that is drawn by tens of kilometres.
#[test]
fn an_edge_over_the_antimeridian_is_as_far_as_elsewhere() {
    let way = layer(
        4326,
        [line(&[json!([[70.0, 67.0], [90.0, 67.0], [95.0, 64.0]])])],
    );
    let points = layer(
        4326,
        [point(80.1, 69.5), point(79.0, 66.0), point(92.0, 60.0)],
    );
    let here = metres(points.clone(), way.clone());
    for (by, written) in [
        (100.0, Written::On),
        (-260.0, Written::On),
        (100.0, Written::Wrapped),
    ] {
        // A line is drawn on, and points may be wrapped.
        let there = metres(east(&points, by, written), east(&way, by, Written::On));
        for (here, there) in here.iter().zip(there) {
            assert_close(&format!("{by} {written:?}"), there, *here, 1e-9);
        }
    }
    // So it is within a distance just where it is elsewhere.
    for (off, count) in [(1e-6, 1), (-1e-6, 0)] {
        let task = JoinFeatures::new(
            east(&points, 100.0, Written::Wrapped),
            east(&way, 100.0, Written::On),
            JoinOperation::JoinOneToMany,
        )
        .spatial_relationship(SpatialRelationship::WithinDistance)
        .spatial_relationship_distance(here[0] * (1.0 + off))
        .spatial_relationship_distance_units(DistanceUnits::Meters);
        let found = join_features(&task, &Control::new()).unwrap();
        let is_first = |y: f64| (y - 69.5).abs() < 1e-9;
        let first = found
            .features()
            .iter()
            .filter(|feature| match &feature.geometry {
                Some(arcgis_analysis_types::Geometry::Point(point)) => is_first(point.position.y),
                _ => false,
            });
        assert_eq!(first.count(), count, "{off}");
    }
}
