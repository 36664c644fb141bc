//! Odd data: every task ends with a result, or with a sentence that says why not.

use super::{Data, calls};
use crate::common::{line, multipoint, polygon};
use arcgis_analysis_engine::{Control, EngineError, run};
use arcgis_analysis_types::{AttributeValue, FeatureCollection, Geometry, SpatialReference};
use serde_json::json;

/// Runs every task on odd data; those named may refuse them, by a sentence about their input or parameters.
#[track_caller]
fn ends_well(name: &str, a: &Data, b: &Data, may_refuse: &[&str]) {
    let mut found = Vec::new();
    for (meta, params) in calls(a, b) {
        match run(meta, params, &Control::new()) {
            Ok(results) if !results.is_empty() => {}
            Err(EngineError::Input { .. } | EngineError::Parameter(_))
                if may_refuse.contains(&meta.name) => {}
            other => found.push(format!("{}: {:?}", meta.name, other.map(|_| "nothing"))),
        }
    }
    assert!(found.is_empty(), "{name}: {found:#?}");
}

/// Those that need several values, or places, to tell anything.
const NEED_SEVERAL: [&str; 7] = [
    "CalculateCompositeIndex",
    "CalculateDensity",
    "FindHotSpots",
    "FindOutliers",
    "FindSimilarLocations",
    "InterpolatePoints",
    "GenerateTessellations",
];

fn few(layer: &FeatureCollection, count: usize) -> FeatureCollection {
    // The fields stay known where no feature shows them.
    let mut layer = with_fields(layer);
    layer.feature_set.features.truncate(count);
    layer
}

fn with_fields(layer: &FeatureCollection) -> FeatureCollection {
    use arcgis_analysis_types::{Field, FieldType};
    let mut layer = layer.clone();
    layer.layer_definition.geometry_type = layer.geometry_type().or_else(|| {
        let first = layer.features().first()?.geometry.as_ref();
        first.map(Geometry::geometry_type)
    });
    layer.layer_definition.fields = vec![
        Field::new("value", FieldType::Integer),
        Field::new("weight", FieldType::Double),
        Field::new("kind", FieldType::String),
    ];
    layer
}

#[test]
fn few_features_and_none_end_well() {
    let data = Data::around(13.0, 50.0);
    // The rules of a task refuse a layer without features; one whose features its own filter leaves out is computed with.
    let none = data.map(|layer| few(layer, 0));
    let all: Vec<&str> = calls(&data, &data)
        .iter()
        .map(|(meta, _)| meta.name)
        .collect();
    ends_well("both empty", &none, &none, &all);
    ends_well("the second empty", &data, &none, &all);
    let filtered = data.map(|layer| {
        let mut layer = with_fields(layer);
        layer.filter = Some("value < -1".to_owned());
        layer
    });
    ends_well("both filtered", &filtered, &filtered, &NEED_SEVERAL);
    ends_well("the first filtered", &filtered, &data, &NEED_SEVERAL);
    ends_well(
        "the second filtered",
        &data,
        &filtered,
        &["FindSimilarLocations"],
    );
    let one = data.map(|layer| few(layer, 1));
    ends_well("one", &one, &one, &NEED_SEVERAL);
}

#[test]
fn duplicates_end_well() {
    let data = Data::around(13.0, 50.0);
    let doubled = data.map(|layer| {
        let mut layer = layer.clone();
        let again = layer.feature_set.features.clone();
        layer.feature_set.features.extend(again);
        layer
    });
    ends_well("doubled", &doubled, &doubled, &[]);
    // All in one place.
    let heap = data.map(|layer| {
        let mut layer = layer.clone();
        let place = layer.features()[0].geometry.clone();
        for feature in &mut layer.feature_set.features {
            feature.geometry.clone_from(&place);
        }
        layer
    });
    ends_well("a heap", &heap, &heap, &["InterpolatePoints"]);
}

#[test]
fn nulls_end_well() {
    let data = Data::around(13.0, 50.0);
    let without = |nulls: fn(usize) -> bool| {
        data.map(|layer| {
            let mut layer = with_fields(layer);
            for (index, feature) in layer.feature_set.features.iter_mut().enumerate() {
                if nulls(index) {
                    let values = feature.attributes.iter_mut();
                    values.for_each(|(_, value)| *value = AttributeValue::NULL);
                }
            }
            layer
        })
    };
    let some = without(|index| index % 3 == 1);
    ends_well("some null", &some, &some, &[]);
    let all = without(|_| true);
    ends_well("all null", &all, &all, &NEED_SEVERAL);
    // Features without a geometry.
    let nowhere = |every: usize| {
        data.map(|layer| {
            let mut layer = with_fields(layer);
            for feature in layer.feature_set.features.iter_mut().step_by(every) {
                feature.geometry = None;
            }
            layer
        })
    };
    let some = nowhere(3);
    ends_well("some nowhere", &some, &some, &[]);
    let all = nowhere(1);
    ends_well("all nowhere", &all, &all, &NEED_SEVERAL);
}

#[test]
fn odd_geometries_end_well() {
    let data = Data::around(13.0, 50.0);
    let odd = Data {
        points: {
            let mut layer = data.points.clone();
            for (index, feature) in (0..).zip(&mut layer.feature_set.features) {
                let (x, y) = (
                    13.0 + 0.1 * f64::from(index % 5),
                    50.0 + 0.1 * f64::from(index % 7),
                );
                feature.geometry = Some(multipoint(&[(x, y), (x, y), (13.2, 50.1)]));
            }
            layer.feature_set.features[1].geometry = Some(multipoint(&[]));
            // The type of its features is that of the first.
            FeatureCollection::new(SpatialReference::WGS84, layer.feature_set.features)
        },
        lines: {
            let mut layer = data.lines.clone();
            let shapes = [
                json!([[13, 50], [13, 50]]),
                json!([[13, 50], [13, 50], [13.5, 50], [13, 50]]),
                json!([[12, 50], [14, 50], [13, 51], [13, 49]]),
            ];
            for (feature, shape) in layer.feature_set.features.iter_mut().zip(shapes) {
                feature.geometry = Some(line(&[shape]));
            }
            layer.feature_set.features[5].geometry = Some(line(&[]));
            layer
        },
        polygons: {
            let mut layer = data.polygons.clone();
            let shapes = [
                // A bow tie, a ring without an area, one of a single corner, and a spike.
                json!([[12, 50], [14, 51], [14, 50], [12, 51], [12, 50]]),
                json!([[12, 50], [13, 50], [14, 50], [12, 50]]),
                json!([[12, 50], [12, 50], [12, 50], [12, 50]]),
                json!([
                    [12, 49],
                    [12, 50],
                    [13, 50],
                    [13, 52],
                    [13, 50],
                    [13, 49],
                    [12, 49]
                ]),
            ];
            for (feature, shape) in layer.feature_set.features.iter_mut().zip(shapes) {
                feature.geometry = Some(polygon(&[shape]));
            }
            layer.feature_set.features[7].geometry = Some(polygon(&[]));
            layer
        },
    };
    ends_well("odd", &odd, &odd, &[]);
}

#[test]
fn the_poles_and_the_ends_of_the_world_end_well() {
    for (lon, lat) in [(0.0, 88.9), (180.0, -88.9), (-180.0, 88.9)] {
        let data = Data::around(lon, lat);
        ends_well(&format!("{lon} {lat}"), &data, &data, &[]);
    }
}
