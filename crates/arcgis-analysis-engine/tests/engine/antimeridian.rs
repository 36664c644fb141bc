//! The antimeridian is a place like any other: laws of symmetry, which need no reference, and, in `distances` and `relations`,
//! figures of libraries that know of none.
//!
//! The ellipsoid is round, so the same data farther east give the same figures, whether longitudes are then written on beyond
//! 180 or wrapped to the other side. Bins follow longitudes from Greenwich: they are the same half a turn on, where half a turn
//! is a whole number of their columns. Counts are the same, measures to a relative 1e-9.

mod areas;
mod bins;
mod distances;
mod patterns;
mod relations;
mod surfaces;

use crate::common::{areas, drawn_elsewhere, ellipsoidal_area, layer_of, polygon};
use arcgis_analysis_types::{
    Context, Extent, Feature, FeatureCollection, Geometry, SpatialReference,
};
use serde_json::{Value, json};

/// The reference figures of distances, relations and bins.
fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_antimeridian.json"
    ))
    .unwrap()
}

/// The half of WGS 84's equator in metres.
const HALF: f64 = 6_378_137.0 * std::f64::consts::PI;

/// How longitudes are written that are farther east.
#[derive(Debug, Clone, Copy)]
enum Written {
    /// On beyond 180.
    On,
    /// Each position on its own side.
    Wrapped,
}

/// The same features farther east, in degrees or in Web Mercator.
fn east(collection: &FeatureCollection, degrees: f64, written: Written) -> FeatureCollection {
    let wkid = collection
        .spatial_reference()
        .and_then(SpatialReference::id);
    let half = if wkid == Some(4326) { 180.0 } else { HALF };
    drawn_elsewhere(collection, |_, position| {
        position.x += degrees / 180.0 * half;
        if matches!(written, Written::Wrapped) && position.x > half {
            position.x -= 2.0 * half;
        }
    })
}

/// Web Mercator's place of a longitude and latitude, by its definition.
fn mercator(lon: f64, lat: f64) -> (f64, f64) {
    (
        lon / 180.0 * HALF,
        6_378_137.0 * lat.to_radians().sin().atanh(),
    )
}

/// Points around Greenwich and the equator, symmetric to it so that the standard parallel is the equator, and on no border.
fn around_greenwich(wkid: u32) -> FeatureCollection {
    let places = (0..60).map(|i| {
        let (lon, lat) = (
            f64::from(i * 37 % 60 - 30) * 0.0517 + 0.011,
            f64::from(i * 23 % 30) * 0.0613 + 0.017,
        );
        let lat = if i % 2 == 0 { lat } else { -lat };
        // The northernmost and the southernmost.
        let lat = match i {
            0 => 2.0,
            1 => -2.0,
            _ => lat,
        };
        (lon, lat)
    });
    let features = places.enumerate().map(|(i, (lon, lat))| {
        let (x, y) = if wkid == 4326 { (lon, lat) } else { mercator(lon, lat) };
        let attributes = json!({"number": i, "level": 10.0 + lon + 2.0 * lat + f64::from(u8::try_from(i % 5).unwrap())});
        Feature::new(
            arcgis_analysis_types::Point::new(x, y),
            attributes.as_object().unwrap().clone().into(),
        )
    });
    layer_of(wkid, features.collect())
}

fn column(collection: &FeatureCollection, name: &str) -> Vec<Value> {
    let value = |feature: &Feature| feature.attributes[name].clone();
    collection
        .features()
        .iter()
        .map(value)
        .map(Value::from)
        .collect()
}

fn sizes(collection: &FeatureCollection) -> Vec<f64> {
    areas(collection).iter().map(ellipsoidal_area).collect()
}

#[track_caller]
fn check_same(name: &str, here: &[f64], there: &[f64]) {
    assert_eq!(here.len(), there.len(), "{name}");
    for (here, there) in here.iter().zip(there) {
        let off = (here - there).abs();
        assert!(
            off <= 1e-9 * here.abs().max(1.0),
            "{name}: {there}, not {here}"
        );
    }
}

fn numbers(collection: &FeatureCollection, name: &str) -> Vec<f64> {
    let column = column(collection, name);
    column.iter().map(|value| value.as_f64().unwrap()).collect()
}

fn box_of([west, south, east, north]: [f64; 4]) -> Geometry {
    polygon(&[json!([
        [west, south],
        [west, north],
        [east, north],
        [east, south],
        [west, south]
    ])])
}

fn point(x: f64, y: f64) -> Geometry {
    crate::common::point(x, y)
}

fn extent([xmin, ymin, xmax, ymax]: [f64; 4]) -> Context {
    Context {
        extent: Some(Extent {
            xmin,
            ymin,
            xmax,
            ymax,
            spatial_reference: Some(SpatialReference::WGS84),
        }),
        ..Context::default()
    }
}
