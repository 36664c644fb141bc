//! Clusters of points against scikit-learn's and hdbscan's, and where they go wrong.
//!
//! Partitions must be the same, whatever the numbers of clusters. Figures agree to 1e-9, distances to a relative 1e-9:
//! they are the same straight lines, with rounding of their own. What depends on the order of points in hdbscan itself, where edges have the
//! same length, is null in the reference and not compared.

use crate::common::{layer, layer_of, multipoint, point};
use arcgis_analysis_engine::{Control, EngineError, Severity, find_point_clusters, run};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_point_clusters::{FindPointClusters, Method, SearchTimeUnit};
use arcgis_analysis_types::{
    AttributeValue, Context, Feature, FeatureCollection, GeometryType, SpatialReference, Task,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_clusters.json"
    ))
    .unwrap()
}

fn places() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap()
}

/// Points of the reference, with their times in milliseconds.
fn points() -> FeatureCollection {
    let feature = |row: &Value| {
        let [x, y, hours] = [0, 1, 2].map(|i| row[i].as_f64().unwrap());
        let attributes = json!({"when": (hours * 3_600_000.0).round() as i64});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    };
    let figures = reference();
    let rows = figures["points"].as_array().unwrap().iter();
    layer_of(32_633, rows.map(feature).collect())
}

fn clusters(task: &FindPointClusters) -> FeatureCollection {
    find_point_clusters(task, &Control::new()).unwrap()
}

fn within(task: FindPointClusters, metres: f64) -> FindPointClusters {
    task.search_distance(metres)
        .search_distance_unit(PatternAnalysisUnits::Meters)
}

fn column(result: &FeatureCollection, name: &str) -> Vec<Value> {
    let features = result.features().iter();
    features
        .map(|f| f.attributes[name].clone())
        .map(Value::from)
        .collect()
}

fn ids(result: &FeatureCollection) -> Vec<i64> {
    let ids = column(result, "CLUSTER_ID");
    ids.iter().map(|id| id.as_i64().unwrap()).collect()
}

/// The same points together and alone, and clusters counted by their first points.
fn check_partition(result: &FeatureCollection, labels: &Value, at_least: usize) {
    let (ours, labels) = (ids(result), labels.as_array().unwrap());
    assert_eq!(ours.len(), labels.len());
    let (mut to, mut back) = (HashMap::new(), HashMap::new());
    for (index, (id, label)) in ours.iter().zip(labels).enumerate() {
        let Some(label) = label.as_i64() else {
            continue;
        };
        assert_eq!(*id == -1, label == -1, "{index}: {id} and {label}");
        assert_eq!(*to.entry(label).or_insert(*id), *id, "{index}");
        assert_eq!(*back.entry(*id).or_insert(label), label, "{index}");
    }
    let mut seen = 0;
    for id in ours.into_iter().filter(|id| *id != -1) {
        assert!(id <= seen + 1, "cluster {id} before {}", seen + 1);
        seen = seen.max(id);
    }
    assert!(seen as usize >= at_least, "only {seen} clusters");
}

fn check_figures(result: &FeatureCollection, name: &str, figures: &Value) {
    let mut compared = 0;
    let figures = figures.as_array().unwrap();
    for (index, (ours, theirs)) in column(result, name).iter().zip(figures).enumerate() {
        let Some(theirs) = theirs.as_f64() else {
            continue;
        };
        let ours = ours.as_f64().unwrap();
        assert!(
            (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
            "{index}: {name} is {ours}, not {theirs}"
        );
        compared += 1;
    }
    assert!(compared > figures.len() / 3, "only {compared} of {name}");
}

#[test]
fn dbscan_is_that_of_scikit_learn() {
    let figures = reference();
    let world = clusters(&within(FindPointClusters::new(places(), 4), 600_000.0));
    check_partition(&world, &figures["places"]["dbscan"]["labels"], 5);
    assert_eq!(column(&world, "name")[0], "Vatican City");
    assert_eq!(column(&world, "SOURCE_ID")[6], 7);
    let plane = clusters(&within(FindPointClusters::new(points(), 8), 400.0));
    check_partition(&plane, &figures["dbscan"]["labels"], 4);
    let timed = within(
        FindPointClusters::new(points(), 8).method(Method::Dbscan),
        600.0,
    )
    .time_field("when")
    .search_time_interval(1.0)
    .search_time_unit(SearchTimeUnit::Days);
    let timed = clusters(&timed);
    check_partition(&timed, &figures["dbscan_time"]["labels"], 3);
    for (name, key) in [
        ("MEAN_TIME", "mean"),
        ("START_TIME", "start"),
        ("END_TIME", "end"),
    ] {
        let theirs = figures["dbscan_time"][key].as_array().unwrap();
        for (ours, theirs) in column(&timed, name).iter().zip(theirs) {
            // Times are whole milliseconds, means are rounded to these.
            assert_eq!(
                ours.as_i64(),
                theirs
                    .as_f64()
                    .map(|hours| (hours * 3_600_000.0).round() as i64),
                "{name}"
            );
        }
    }
    // Without a distance it covers the core distances of nearly all points.
    let default = FindPointClusters::new(points(), 8).method(Method::Dbscan);
    let given = figures["default_distance"].as_f64().unwrap() * (1.0 + 1e-12);
    assert_eq!(
        clusters(&default),
        clusters(&within(default.clone(), given))
    );
}

#[test]
fn hdbscan_is_that_of_its_authors_package() {
    let figures = reference();
    for (layer, least, figures) in [
        (places(), 4, &figures["places"]["hdbscan"]),
        (points(), 8, &figures["hdbscan"]),
    ] {
        let result = clusters(&FindPointClusters::new(layer, least));
        check_partition(&result, &figures["labels"], 5);
        for (name, key) in [
            ("PROB", "prob"),
            ("OUTLIER", "outlier"),
            ("EXEMPLAR", "exemplar"),
        ] {
            check_figures(&result, name, &figures[key]);
        }
        let (ours, theirs) = (
            column(&result, "STABILITY"),
            figures["stability"].as_array().unwrap(),
        );
        for (ours, theirs) in ours
            .iter()
            .zip(theirs)
            .filter(|(_, theirs)| theirs.is_f64())
        {
            let theirs = theirs.as_f64().unwrap();
            assert!((ours.as_f64().unwrap_or(0.0) - theirs).abs() <= 1e-9 * theirs);
        }
    }
}

#[test]
fn optics_is_that_of_scikit_learn() {
    let figures = reference();
    let optics = |layer, least, metres| {
        within(
            FindPointClusters::new(layer, least).method(Method::Optics),
            metres,
        )
    };
    let timed = optics(points(), 8, 3000.0)
        .time_field("when")
        .search_time_interval(24.0)
        .search_time_unit(SearchTimeUnit::Hours);
    for (task, figures, at_least) in [
        (
            optics(places(), 5, 1_500_000.0),
            &figures["places"]["optics"],
            5,
        ),
        (optics(points(), 8, 3000.0), &figures["optics"], 5),
        (
            optics(points(), 8, 3000.0).sensitivity(80.0),
            &figures["optics_steep"],
            2,
        ),
        (timed, &figures["optics_time"], 3),
    ] {
        let result = clusters(&task);
        assert_eq!(
            column(&result, "REACHORDER"),
            *figures["order"].as_array().unwrap()
        );
        check_figures(&result, "REACHDIST", &figures["reach"]);
        check_partition(&result, &figures["labels"], at_least);
    }
}

#[test]
fn neighbouring_clusters_differ_in_colour() {
    // A checkerboard of 100 heaps of four.
    let places = (0..400).map(|i| {
        let (heap, corner) = (i / 4, i % 4);
        let (x, y) = (
            heap % 10 * 1000 + corner % 2 * 10,
            heap / 10 * 1000 + corner / 2 * 10,
        );
        point(f64::from(x), f64::from(y))
    });
    let result = clusters(&within(
        FindPointClusters::new(layer(32_633, places), 3),
        50.0,
    ));
    let colours = column(&result, "COLOR_ID");
    let colour = |x: usize, y: usize| &colours[4 * (x + 10 * y)];
    for (x, y) in (0..9).flat_map(|x| (0..9).map(move |y| (x, y))) {
        assert_ne!(colour(x, y), colour(x + 1, y));
        assert_ne!(colour(x, y), colour(x, y + 1));
    }
    assert!(
        colours
            .iter()
            .all(|c| (1..=8).contains(&c.as_i64().unwrap()))
    );
}

#[test]
fn heaps_of_duplicates_over_the_antimeridian_and_at_the_pole() {
    let heap = |x: f64, y: f64| std::iter::repeat_n((x, y), 6);
    let places: Vec<(f64, f64)> = heap(179.999, 10.0)
        .chain(heap(-179.999, 10.0))
        .chain((0..6).map(|i| (f64::from(i) * 60.0, 89.999)))
        .chain(heap(0.0, 0.0))
        .collect();
    let layer = layer(4326, places.iter().map(|(x, y)| point(*x, *y)));
    let expected: Vec<i64> = [[1; 12].to_vec(), vec![2; 6], vec![3; 6]].concat();
    let near = clusters(&within(FindPointClusters::new(layer.clone(), 5), 300.0));
    assert_eq!(ids(&near), expected);
    for method in [Method::Hdbscan, Method::Optics] {
        let result = clusters(&FindPointClusters::new(layer.clone(), 5).method(method));
        for feature in result.features() {
            for name in ["PROB", "OUTLIER", "STABILITY"] {
                let value = feature
                    .attributes
                    .get(name)
                    .and_then(AttributeValue::as_f64);
                assert!(value.is_none_or(f64::is_finite), "{name}: {value:?}");
            }
        }
        assert!(ids(&result).iter().any(|id| *id > 0));
    }
}

#[test]
fn few_features_and_features_without_a_place() {
    let control = Control::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let control = control.on_message(move |severity, text| {
        if severity == Severity::Warning {
            sink.lock().unwrap().push(text.to_owned());
        }
    });
    let mut few = layer(4326, [point(1.0, 1.0), point(2.0, 2.0)]);
    few.feature_set.features[1].geometry = None;
    for method in [Method::Dbscan, Method::Hdbscan, Method::Optics] {
        let task = FindPointClusters::new(few.clone(), 2).method(method);
        let result = find_point_clusters(&task, &control).unwrap();
        assert_eq!(ids(&result), [-1]);
        assert_eq!(column(&result, "COLOR_ID"), [-1]);
    }
    let heard = heard.lock().unwrap();
    assert!(
        heard[0].starts_with("1 features were left out"),
        "{heard:?}"
    );
    assert!(
        heard[1].contains("fewer than minFeaturesCluster"),
        "{heard:?}"
    );
    let none = FindPointClusters::new(layer(4326, []), 2);
    let error = find_point_clusters(&none, &Control::new()).unwrap_err();
    assert!(error.to_string().contains("has no features"), "{error}");
    // Multipoints lie where their mean does, and stay multipoints.
    let many = layer(
        32_633,
        (0..4).map(|i| multipoint(&[(f64::from(i), 0.0), (f64::from(i), 100.0)])),
    );
    let result = clusters(&within(FindPointClusters::new(many, 3), 1.5));
    assert_eq!(ids(&result), [1; 4]);
    assert_eq!(
        result.layer_definition.geometry_type,
        Some(GeometryType::Multipoint)
    );
}

#[test]
fn what_has_no_meaning_is_refused() {
    let refused = |task: FindPointClusters| {
        find_point_clusters(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let task = || FindPointClusters::new(points(), 8);
    assert!(refused(within(task().method(Method::Hdbscan), 5.0)).contains("DBSCAN and OPTICS"));
    assert!(refused(task().sensitivity(5.0)).contains("OPTICS only"));
    let optics = || task().method(Method::Optics);
    assert!(refused(optics().time_field("when")).contains("searchTimeInterval"));
    let interval = |task: FindPointClusters| {
        task.search_time_interval(1.0)
            .search_time_unit(SearchTimeUnit::Weeks)
    };
    assert!(refused(interval(optics())).contains("timeField"));
    assert!(refused(interval(optics().time_field("then"))).contains("`then`"));
    let mut named = places();
    named.feature_set.features.truncate(20);
    let text = FindPointClusters::new(named, 2).method(Method::Dbscan);
    assert!(refused(interval(text.time_field("name"))).contains("holds no times"));
    assert!(refused(interval(optics().time_field("when"))).contains("needs searchDistance"));
    assert!(!refused(FindPointClusters::new(points(), 1)).is_empty());
    for method in [Method::Dbscan, Method::Hdbscan, Method::Optics] {
        let control = Control::new();
        control.cancel();
        assert_eq!(
            find_point_clusters(&task().method(method), &control),
            Err(EngineError::Cancelled)
        );
    }
}

#[test]
fn results_are_the_same_by_any_door_and_number_of_processors() {
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    for method in [Method::Dbscan, Method::Hdbscan, Method::Optics] {
        let task = FindPointClusters::new(places(), 5)
            .method(method)
            .context(context.clone());
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| clusters(&task))
        };
        let (one, three) = (with(1), with(3));
        assert_eq!(one, three);
        assert_eq!(
            one.spatial_reference(),
            Some(&SpatialReference::WEB_MERCATOR)
        );
        let untyped = run(FindPointClusters::META, task.to_json(), &Control::new()).unwrap();
        assert_eq!(untyped, [("pointClustersResultLayer", one.into())]);
    }
}
