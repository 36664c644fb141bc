//! Laws that hold of every task that is computed, whatever it computes, each tried on all of them.

mod odd_data;
mod symmetry;

use crate::common::{layer_of, line, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, Output, Support, run, support};
use arcgis_analysis_spatial::TASKS;
use arcgis_analysis_types::{Attributes, Feature, FeatureCollection, Geometry, TaskMeta};
use serde_json::{Value, json};
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
            Feature::new(geometry, attributes.as_object().unwrap().clone().into())
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
    calls.map(|(name, params)| (meta(name), params)).to_vec()
}

/// A task by its name.
fn meta(name: &str) -> &'static TaskMeta {
    let mut entries = TASKS.iter();
    entries.find(|entry| entry.meta.name == name).unwrap().meta
}

/// Parameters with others set.
fn within(task: &Value, extra: Value) -> Value {
    let mut task = task.as_object().unwrap().clone();
    task.extend(extra.as_object().unwrap().clone());
    Value::Object(task)
}

/// The rows of all results, by result.
fn rows(results: &[(&'static str, Output)]) -> Vec<(&'static str, Vec<Attributes>)> {
    let layers = results.iter().filter_map(|(name, output)| match output {
        Output::Features(layer) => {
            let rows = layer.features().iter();
            Some((*name, rows.map(|row| row.attributes.clone()).collect()))
        }
        // Its lines tell places, and are only counted.
        Output::File(file) => {
            let lines = file.bytes.split(|byte| *byte == b'\n');
            Some((*name, lines.map(|_| Attributes::new()).collect()))
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
            for (field, value) in here.iter().filter(|(field, _)| !PLACES.contains(field)) {
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
