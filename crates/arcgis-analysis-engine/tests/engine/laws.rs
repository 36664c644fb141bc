//! Laws that hold of every task that is computed, whatever it computes, each tried on all of them.

use crate::common::{drawn_elsewhere, layer_of, line, multipoint, point, polygon};
use arcgis_analysis_engine::{
    Control, EngineError, Output, ReferenceChange, Support, run, support,
};
use arcgis_analysis_spatial::TASKS;
use arcgis_analysis_types::{Feature, FeatureCollection, Geometry, SpatialReference, TaskMeta};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Layers that a task may be given.
#[derive(Clone)]
struct Data {
    points: FeatureCollection,
    lines: FeatureCollection,
    polygons: FeatureCollection,
}

impl Data {
    /// Features around a place, of some hundred kilometres together, with values that differ.
    fn around(lon: f64, lat: f64) -> Self {
        let feature = |geometry: Geometry, i: i32| {
            let attributes = json!({
                "value": i * 7 % 11 + i / 12 * 5,
                "weight": 1.5 + f64::from(i % 4),
                "kind": format!("kind {}", i % 3),
            });
            Feature::new(geometry, attributes.as_object().unwrap().clone())
        };
        let points = (0..24).map(|i| {
            let (x, y) = (
                f64::from(i * 17 % 24 - 12) * 0.163 + 0.031,
                f64::from(i * 5 % 12 - 6) * 0.159,
            );
            feature(point(lon + x, lat + y), i)
        });
        let lines = (0..6).map(|i| {
            let (x, y) = (
                lon - 1.9 + 0.31 * f64::from(i),
                lat - 0.7 + 0.23 * f64::from(i),
            );
            feature(
                line(&[json!([[x, y], [x + 1.1, y + 0.4], [x + 2.03, y - 0.3]])]),
                i,
            )
        });
        let polygons = (0..8).map(|i| {
            let (x, y) = (
                lon - 1.83 + 0.9 * f64::from(i % 4),
                lat - 0.93 + 0.9 * f64::from(i / 4),
            );
            let ring = json!([
                [x, y],
                [x, y + 0.83],
                [x + 0.87, y + 0.85],
                [x + 0.81, y],
                [x, y]
            ]);
            feature(polygon(&[ring]), i)
        });
        Self {
            points: layer_of(4326, points.collect()),
            lines: layer_of(4326, lines.collect()),
            polygons: layer_of(4326, polygons.collect()),
        }
    }

    fn map(&self, change: impl Fn(&FeatureCollection) -> FeatureCollection) -> Self {
        Self {
            points: change(&self.points),
            lines: change(&self.lines),
            polygons: change(&self.polygons),
        }
    }
}

/// A call of every task; where a task has several layers, the others are `b`'s.
fn calls(a: &Data, b: &Data) -> Vec<(&'static TaskMeta, Value)> {
    let json_of = |layer: &FeatureCollection| serde_json::to_value(layer).unwrap();
    let [points, lines, polygons] = [&a.points, &a.lines, &a.polygons].map(json_of);
    let [other_points, other_lines, other_polygons] =
        [&b.points, &b.lines, &b.polygons].map(json_of);
    let sums = json!(["value Sum", "value Mean", "weight Max"]);
    let within = |task: &Value, extra: Value| {
        let mut task = task.as_object().unwrap().clone();
        task.extend(extra.as_object().unwrap().clone());
        Value::Object(task)
    };
    let pattern =
        json!({"analysisField": "value", "distanceBand": 90, "distanceBandUnits": "Kilometers"});
    let conditions =
        json!([{"operator": "", "layer": 0, "selectingLayer": 1, "spatialRel": "intersects"}]);
    let calls = [
        (
            "AggregatePoints",
            json!({"pointLayer": points, "polygonLayer": other_polygons, "summaryFields": sums, "groupByField": "kind"}),
        ),
        (
            "CalculateCompositeIndex",
            json!({"inputLayer": polygons, "inputVariables": [{"field": "value"}, {"field": "weight"}]}),
        ),
        (
            "CalculateDensity",
            json!({"inputLayer": points, "field": "weight", "radius": 60, "radiusUnits": "Kilometers", "cellSize": 9, "cellSizeUnits": "Kilometers"}),
        ),
        (
            "CreateBuffers",
            json!({"inputLayer": lines, "distances": [20], "units": "Kilometers", "dissolveType": "Dissolve"}),
        ),
        (
            "DeriveNewLocations",
            json!({"inputLayers": [lines, other_polygons], "expressions": conditions}),
        ),
        (
            "DissolveBoundaries",
            json!({"inputLayer": polygons, "dissolveFields": ["kind"], "summaryFields": sums}),
        ),
        (
            "ExtractData",
            json!({"inputLayers": [points], "extent": other_polygons, "clip": true, "dataFormat": "CSV"}),
        ),
        (
            "FieldCalculator",
            json!({"inputLayer": points, "expressions": [{"field": {"name": "twice", "type": "Double"}, "expression": "value * 2"}]}),
        ),
        ("FindCentroids", json!({"inputLayer": polygons})),
        (
            "FindExistingLocations",
            json!({"inputLayers": [points, other_polygons], "expressions": conditions}),
        ),
        (
            "FindHotSpots",
            within(&pattern, json!({"analysisLayer": polygons})),
        ),
        (
            "FindNearest",
            json!({"analysisLayer": points, "nearLayer": other_points, "measurementType": "StraightLine", "maxCount": 2}),
        ),
        (
            "FindOutliers",
            within(
                &pattern,
                json!({"analysisLayer": points, "permutations": "Speed"}),
            ),
        ),
        (
            "FindPointClusters",
            json!({"analysisLayer": points, "minFeaturesCluster": 3, "searchDistance": 40, "searchDistanceUnit": "Kilometers"}),
        ),
        (
            "FindSimilarLocations",
            json!({"inputLayer": points, "searchLayer": other_polygons, "analysisFields": ["value", "weight"]}),
        ),
        (
            "GenerateTessellations",
            json!({"extentLayer": polygons, "binType": "Hexagon", "binSize": 700, "intersectStudyArea": true}),
        ),
        (
            "InterpolatePoints",
            json!({"inputLayer": points, "field": "value", "interpolateOption": 1, "numClasses": 3, "predictAtPointLayer": other_points}),
        ),
        (
            "JoinFeatures",
            json!({"targetLayer": polygons, "joinLayer": other_points, "spatialRelationship": "contains", "joinOperation": "JoinOneToMany"}),
        ),
        (
            "MergeLayers",
            json!({"inputLayer": points, "mergeLayer": other_points}),
        ),
        (
            "OverlayLayers",
            json!({"inputLayer": lines, "overlayLayer": other_polygons, "overlayType": "Intersect"}),
        ),
        (
            "SummarizeCenterAndDispersion",
            json!({"analysisLayer": points, "summarizeType": ["CentralFeature", "MeanCenter", "MedianCenter", "Ellipse"], "groupField": "kind"}),
        ),
        (
            "SummarizeNearby",
            json!({"sumNearbyLayer": lines, "summaryLayer": other_polygons, "nearType": "StraightLine", "distances": [15], "units": "Kilometers", "shapeUnits": "SquareKilometers"}),
        ),
        (
            "SummarizeWithin",
            json!({"sumWithinLayer": polygons, "summaryLayer": other_lines, "shapeUnits": "Kilometers", "summaryFields": sums, "groupByField": "kind"}),
        ),
    ];
    let meta = |name: &str| {
        TASKS
            .iter()
            .find(|entry| entry.meta.name == name)
            .unwrap()
            .meta
    };
    calls.map(|(name, params)| (meta(name), params)).to_vec()
}

/// The rows of all results, by result.
fn rows(results: &[(&'static str, Output)]) -> Vec<(&'static str, Vec<Map<String, Value>>)> {
    let layers = results.iter().filter_map(|(name, output)| match output {
        Output::Features(layer) => {
            let rows = layer.features().iter();
            Some((*name, rows.map(|row| row.attributes.clone()).collect()))
        }
        // Its lines tell places, and are only counted.
        Output::File(file) => {
            let lines = file.bytes.split(|byte| *byte == b'\n');
            Some((*name, lines.map(|_| Map::new()).collect()))
        }
        _ => None,
    });
    layers.collect()
}

/// Where a row lies, which is not the same elsewhere on Earth.
const PLACES: [&str; 4] = ["XCoord", "YCoord", "CenterX", "CenterY"];

/// Where the rows of results differ.
fn differences(
    here: &[(&'static str, Output)],
    there: &[(&'static str, Output)],
    tolerance: f64,
) -> Vec<String> {
    let mut found = Vec::new();
    let (here, there) = (rows(here), rows(there));
    if here
        .iter()
        .map(|(name, rows)| (name, rows.len()))
        .ne(there.iter().map(|(name, rows)| (name, rows.len())))
    {
        found.push("other layers or numbers of rows".to_owned());
    }
    for ((layer, here), (_, there)) in here.iter().zip(&there) {
        for (here, there) in here.iter().zip(there) {
            for (field, value) in here
                .iter()
                .filter(|(field, _)| !PLACES.contains(&field.as_str()))
            {
                let same = match (value.as_f64(), there[field].as_f64()) {
                    (Some(a), Some(b)) => (a - b).abs() <= tolerance * a.abs().max(1.0),
                    _ => *value == there[field],
                };
                if !same {
                    found.push(format!(
                        "{field} of {layer} is {value} and {}",
                        there[field]
                    ));
                }
            }
        }
    }
    found.truncate(3);
    found
}

/// Compares the results of calls, task by task, to the tolerance that each allows.
#[track_caller]
fn check_same(
    here: &[(&'static TaskMeta, Value)],
    there: &[(&'static TaskMeta, Value)],
    tolerance: impl Fn(&str) -> Option<f64>,
) {
    let mut found = Vec::new();
    for ((meta, here), (_, there)) in here.iter().zip(there) {
        let (here, there) = (computed(meta, here), computed(meta, there));
        if rows(&here)[0].1.is_empty() {
            found.push(format!("{}: no rows", meta.name));
        }
        if let Some(tolerance) = tolerance(meta.name) {
            let differences = differences(&here, &there, tolerance);
            found.extend(
                differences
                    .into_iter()
                    .map(|difference| format!("{}: {difference}", meta.name)),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn computed(meta: &'static TaskMeta, params: &Value) -> Vec<(&'static str, Output)> {
    run(meta, params.clone(), &Control::new())
        .unwrap_or_else(|error| panic!("{}: {error}", meta.name))
}

#[test]
fn every_task_that_is_computed_is_tried() {
    let data = Data::around(13.0, 50.0);
    let tried: BTreeSet<&str> = calls(&data, &data)
        .iter()
        .map(|(meta, _)| meta.name)
        .collect();
    let all = TASKS
        .iter()
        .filter(|entry| !matches!(support(entry.meta), Support::Unavailable(_)));
    let all: BTreeSet<&str> = all.map(|entry| entry.meta.name).collect();
    assert_eq!(tried, all);
}

/// How far figures may be off. Predictions solve systems of equations that are as good as singular where points are near
/// each other, and give the last bits of coordinates their weight.
fn usual(task: &str) -> Option<f64> {
    Some(if task == "InterpolatePoints" {
        1e-3
    } else {
        1e-8
    })
}

/// The ellipsoid is round.
#[test]
fn the_same_data_farther_east_have_the_same_figures() {
    for lat in [0.3, -67.0] {
        let [here, there] = [80.0, 180.0].map(|lon| Data::around(lon, lat));
        let tolerance = |task: &str| match task {
            // Surfaces have cells that begin at Greenwich.
            "CalculateDensity" | "InterpolatePoints" => None,
            _ => usual(task),
        };
        check_same(&calls(&here, &here), &calls(&there, &there), tolerance);
    }
}

/// Features on either side of the antimeridian may be drawn on beyond it from the west or from the east.
#[test]
fn a_turn_around_the_earth_changes_nothing() {
    let here = Data::around(180.0, 10.0);
    let turned = |by: fn(usize) -> f64| {
        here.map(|layer| drawn_elsewhere(layer, |feature, position| position.x -= by(feature)))
    };
    for there in [
        turned(|_| 360.0),
        turned(|feature| if feature % 2 == 0 { 360.0 } else { 0.0 }),
    ] {
        check_same(&calls(&here, &here), &calls(&there, &there), usual);
    }
}

/// Another layer may come in Web Mercator, whose coordinates are those of the same places to a nanometre.
#[test]
fn layers_in_two_references_are_compared_in_one() {
    let here = Data::around(13.0, 50.0);
    let change =
        ReferenceChange::between(&SpatialReference::WGS84, &SpatialReference::WEB_MERCATOR)
            .unwrap();
    let mercator = here.map(|layer| {
        let mut layer = drawn_elsewhere(layer, |_, position| change.apply(position));
        layer.feature_set.spatial_reference = Some(SpatialReference::WEB_MERCATOR);
        layer
    });
    let tolerance = |task: &str| usual(task).map(|tolerance| tolerance.max(1e-7));
    check_same(&calls(&here, &here), &calls(&here, &mercator), tolerance);
}

#[test]
fn a_cancelled_task_ends_as_cancelled() {
    let data = Data::around(13.0, 50.0);
    for (meta, params) in calls(&data, &data) {
        let control = Control::new();
        control.cancel();
        assert_eq!(
            run(meta, params, &control),
            Err(EngineError::Cancelled),
            "{}",
            meta.name
        );
    }
}

#[test]
fn progress_grows_and_ends_at_a_hundred() {
    let data = Data::around(13.0, 50.0);
    for (meta, params) in calls(&data, &data) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let control = Control::new().on_progress(move |percent| sink.lock().unwrap().push(percent));
        run(meta, params, &control).unwrap();
        let told = told.lock().unwrap();
        assert!(
            told.windows(2).all(|pair| pair[0] < pair[1]),
            "{}: {told:?}",
            meta.name
        );
        assert_eq!(told.last(), Some(&100.0), "{}", meta.name);
    }
}

#[test]
fn the_number_of_processors_changes_nothing() {
    let data = Data::around(13.0, 50.0);
    for (meta, params) in calls(&data, &data) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| computed(meta, &params))
        };
        assert_eq!(with(1), with(3), "{}", meta.name);
    }
}

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
                    feature
                        .attributes
                        .values_mut()
                        .for_each(|value| *value = Value::Null);
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
