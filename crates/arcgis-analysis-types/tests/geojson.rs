//! GeoJSON polygons come back with the same rings in the same parts, for random valid ones.
#![allow(clippy::unwrap_used)]

use arcgis_analysis_types::FeatureCollection;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::f64::consts::TAU;

/// A ring without its closing position, counterclockwise.
type Ring = Vec<[f64; 2]>;

/// A ring around a centre that lies between half the radius and the radius, so nothing crosses. Between neighbours of
/// at least 6 vertices, it stays farther from the centre than 0.43 of the radius.
fn star(centre: [f64; 2], radius: f64) -> impl Strategy<Value = Ring> {
    vec(0.5..1.0, 6..14).prop_map(move |radii| {
        let step = TAU / radii.len() as f64;
        let vertex = |(i, r): (usize, f64)| {
            let (sin, cos) = (i as f64 * step).sin_cos();
            [centre[0] + radius * r * cos, centre[1] + radius * r * sin]
        };
        radii.into_iter().enumerate().map(vertex).collect()
    })
}

/// A polygon of a cell, with up to two holes; in the first there may be an island with a pond. Each polygon has its
/// outer ring first.
fn cell([x, y]: [f64; 2]) -> impl Strategy<Value = Vec<Vec<Ring>>> {
    let (west, east) = ([x - 0.8, y], [x + 0.8, y]);
    let island = (star(west, 0.16), option::of(star(west, 0.04)));
    let lake = (star(west, 0.48), option::of(island));
    (
        star([x, y], 4.0),
        option::of(lake),
        option::of(star(east, 0.48)),
    )
        .prop_map(|(outer, lake, hole)| {
            let mut main = vec![outer];
            let mut polygons = Vec::new();
            if let Some((lake, island)) = lake {
                main.push(lake);
                polygons.extend(
                    island.map(|(island, pond)| std::iter::once(island).chain(pond).collect()),
                );
            }
            main.extend(hole);
            polygons.insert(0, main);
            polygons
        })
}

/// Polygons in cells that do not touch, in any order.
fn polygons() -> impl Strategy<Value = Vec<Vec<Ring>>> {
    let cells =
        (-16_i32..=16, -7_i32..=7).prop_map(|(x, y)| [f64::from(x) * 10.0, f64::from(y) * 10.0]);
    vec(cells, 1..4)
        .prop_map(|mut centres| {
            centres.sort_by(|a, b| a.partial_cmp(b).unwrap());
            centres.dedup();
            centres
        })
        .prop_flat_map(|centres| centres.into_iter().map(cell).collect::<Vec<_>>())
        .prop_map(|cells| cells.into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
}

/// The ring in any direction, closed.
fn written(ring: &Ring, reversed: bool) -> Value {
    let mut ring = ring.clone();
    ring.push(ring[0]);
    if reversed {
        ring.reverse();
    }
    json!(ring)
}

/// The ring from its least vertex on, without the closing one.
fn normal(ring: &[[f64; 2]]) -> Ring {
    let (last, open) = ring.split_last().unwrap();
    assert_eq!(open.first(), Some(last), "the ring is not closed");
    let least = (0..open.len())
        .min_by(|a, b| open[*a].partial_cmp(&open[*b]).unwrap())
        .unwrap();
    open[least..]
        .iter()
        .chain(&open[..least])
        .copied()
        .collect()
}

/// The polygons of a GeoJSON geometry, each ring from its least vertex on.
fn normal_polygons(geometry: &Value) -> Vec<Vec<Ring>> {
    let coordinates = geometry["coordinates"].clone();
    let polygons: Vec<Vec<Ring>> = match geometry["type"].as_str() {
        Some("Polygon") => vec![serde_json::from_value(coordinates).unwrap()],
        _ => serde_json::from_value(coordinates).unwrap(),
    };
    polygons
        .iter()
        .map(|polygon| polygon.iter().map(|ring| normal(ring)).collect())
        .collect()
}

/// What RFC 7946 asks for: outer rings counterclockwise, holes clockwise.
fn expected(polygons: &[Vec<Ring>]) -> Vec<Vec<Ring>> {
    let directed = |(i, ring): (usize, &Ring)| {
        let mut ring = ring.clone();
        ring.push(ring[0]);
        if i > 0 {
            ring.reverse();
        }
        normal(&ring)
    };
    polygons
        .iter()
        .map(|polygon| polygon.iter().enumerate().map(directed).collect())
        .collect()
}

proptest! {
    #[test]
    fn polygons_come_back(polygons in polygons(), reversed in any::<u64>()) {
        let mut bit = 0;
        let mut flip = || {
            bit = (bit + 1) % 64;
            reversed >> bit & 1 == 1
        };
        let coordinates: Vec<Vec<Value>> =
            polygons.iter().map(|polygon| polygon.iter().map(|ring| written(ring, flip())).collect()).collect();
        let text = json!({ "type": "MultiPolygon", "coordinates": coordinates }).to_string();

        let features = FeatureCollection::from_geojson(&text).unwrap();
        prop_assert!(features.validate().is_ok());
        // Through Esri JSON as text, as on the wire.
        let esri = serde_json::to_string(&features).unwrap();
        let features: FeatureCollection = serde_json::from_str(&esri).unwrap();
        let geojson = features.to_geojson().unwrap().to_string();
        let geojson: Value = serde_json::from_str(&geojson).unwrap();

        let geometry = &geojson["features"][0]["geometry"];
        prop_assert_eq!(geometry["type"] == "Polygon", polygons.len() == 1);
        prop_assert_eq!(normal_polygons(geometry), expected(&polygons));
    }
}

/// Ring by ring, counted from the least vertex and in the direction that the ring has here or the other one.
fn undirected(geometry: &Value) -> Vec<Vec<Ring>> {
    let least_direction = |ring: Ring| {
        let mut closed = ring.clone();
        closed.push(ring[0]);
        closed.reverse();
        let reversed = normal(&closed);
        if reversed[1] < ring[1] {
            reversed
        } else {
            ring
        }
    };
    let polygons = normal_polygons(geometry).into_iter();
    polygons
        .map(|polygon| polygon.into_iter().map(least_direction).collect())
        .collect()
}

#[test]
fn the_countries_of_the_world_come_back() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/countries.geojson"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let original: Value = serde_json::from_str(&text).unwrap();
    let features = FeatureCollection::from_geojson(&text).unwrap();
    features.validate().unwrap();
    let written = features.to_geojson().unwrap();
    let originals = original["features"].as_array().unwrap();
    let all = written["features"].as_array().unwrap();
    assert_eq!(all.len(), originals.len());
    for (written, original) in all.iter().zip(originals) {
        assert_eq!(written["properties"], original["properties"]);
        assert_eq!(
            undirected(&written["geometry"]),
            undirected(&original["geometry"]),
            "{}",
            original["properties"]
        );
    }
}

#[test]
fn every_truncation_is_refused_with_its_place() {
    let text = r#"{"type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"name": "a"},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0.5], [9, 9], [0, 0]]]}}]}"#;
    FeatureCollection::from_geojson(text).unwrap();
    for length in 0..text.len() {
        let error = FeatureCollection::from_geojson(&text[..length])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(" line ") && error.contains(" column "),
            "{length}: {error}"
        );
    }
}
