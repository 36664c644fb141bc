//! Nearest features against PROJ, SciPy and Shapely.

use crate::common::{layer, layer_of, line, multipoint, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, Nearest, find_nearest};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::find_nearest::FindNearest;
use arcgis_analysis_types::{
    Context, Feature, FeatureCollection, FeatureInput, Geometry, SpatialReference, TravelMode,
};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_nearest.json"
    ))
    .unwrap()
}

fn places() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap()
}

fn task(from: impl Into<FeatureInput>, near: impl Into<FeatureInput>, count: i64) -> FindNearest {
    FindNearest::new(from, near, TravelMode::StraightLine)
        .max_count(count)
        .search_cutoff_units(DistanceUnits::Meters)
}

fn nearest(task: &FindNearest) -> Nearest {
    find_nearest(task, &Control::new()).unwrap()
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name].as_f64().unwrap()
}

/// Checks lines against lists of pairs, an index from 0 and metres, by feature.
fn check(name: &str, found: &Nearest, expected: &Value, tolerance: f64) {
    let expected = expected.as_array().unwrap();
    let pairs = expected.iter().enumerate().flat_map(|(from, list)| {
        list.as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(move |(rank, pair)| (from, rank, pair))
    });
    let pairs: Vec<_> = pairs.collect();
    assert_eq!(found.lines.features().len(), pairs.len(), "{name}");
    for (line, (from, rank, pair)) in found.lines.features().iter().zip(pairs) {
        assert_eq!(number(line, "From_ID"), (from + 1) as f64, "{name}");
        assert_eq!(number(line, "NearRank"), (rank + 1) as f64, "{name}");
        assert_eq!(
            number(line, "To_ID"),
            pair[0].as_f64().unwrap() + 1.0,
            "{name} {from} {rank}"
        );
        let (metres, expected) = (number(line, "Total_Meters"), pair[1].as_f64().unwrap());
        assert!(
            (metres - expected).abs() <= tolerance,
            "{name} {from} {rank}: {metres} is not {expected}"
        );
    }
}

fn ends(line: &Feature) -> Vec<Vec<(f64, f64)>> {
    let Some(Geometry::Polyline(line)) = &line.geometry else {
        panic!("no line")
    };
    let path =
        |path: &Vec<arcgis_analysis_types::Position>| path.iter().map(|p| (p.x, p.y)).collect();
    line.paths.iter().map(path).collect()
}

#[test]
fn the_nearest_places_are_those_of_proj() {
    let figures = reference();
    let points: Vec<Geometry> = crate::common::positions(&figures["points"])
        .into_iter()
        .map(|(x, y)| point(x, y))
        .collect();
    let found = nearest(&task(layer(4326, points.clone()), places(), 5));
    // The same algorithm of geodesics: nanometres.
    check("points", &found, &figures["nearest"], 1e-6);
    let mut names: Vec<&str> = Vec::new();
    for line in found.lines.features() {
        names.push(line.attributes["To_name"].as_str().unwrap());
    }
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(found.features.features().len(), once.len(), "each once");
    // A cutoff takes away what is farther, and nothing else.
    let limit = 1_000e3;
    let near = nearest(&task(layer(4326, points), places(), 5).search_cutoff(limit));
    let kept = |line: &&Feature| number(line, "Total_Meters") <= limit;
    let expected: Vec<_> = found
        .lines
        .features()
        .iter()
        .filter(kept)
        .map(ends)
        .collect();
    assert!(expected.len() > 10 && expected.len() < names.len());
    assert_eq!(
        near.lines.features().iter().map(ends).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn distances_from_lines_are_those_of_scipy() {
    let figures = reference();
    let some: Vec<Feature> = places().features().iter().step_by(6).cloned().collect();
    let lines = figures["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| line(std::slice::from_ref(path)));
    let found = nearest(&task(layer_of(4326, some), layer(4326, lines), 4));
    // The engine stops a millimetre from the foot; the minimiser does so at a tenth of that.
    check("lines", &found, &figures["to_lines"], 1e-3);
    // Each connecting line is as long as it says, wherever the antimeridian cuts it.
    for line in found.lines.features() {
        let paths = ends(line);
        let (from, to) = (paths[0][0], *paths[paths.len() - 1].last().unwrap());
        let there = layer(4326, [point(to.0, to.1)]);
        let again = nearest(&task(layer(4326, [point(from.0, from.1)]), there, 1));
        let metres = number(&again.lines.features()[0], "Total_Meters");
        assert!(
            (metres - number(line, "Total_Meters")).abs() < 1e-3,
            "{paths:?}"
        );
    }
}

#[test]
fn boxes_in_a_plane_are_those_of_shapely() {
    let figures = reference();
    let boxes = figures["boxes"].as_array().unwrap().iter();
    let boxes = boxes.map(|ring| polygon(std::slice::from_ref(ring)));
    let paths = figures["paths"].as_array().unwrap().iter();
    let paths = paths.map(|path| line(std::slice::from_ref(path)));
    let found = nearest(&task(layer(32633, paths), layer(32633, boxes), 3));
    check("boxes", &found, &figures["to_boxes"], 1e-6);
    let mut touching = 0;
    for line in found.lines.features() {
        let path = &ends(line)[0];
        let length = (path[0].0 - path[1].0).hypot(path[0].1 - path[1].1);
        assert!((length - number(line, "Total_Meters")).abs() < 1e-6);
        touching += usize::from(length == 0.0);
    }
    assert!(touching > 5, "some lines must cross boxes to try that");
}

#[test]
fn lines_cross_the_antimeridian_and_units_are_kept() {
    let from = layer(4326, [point(179.0, 0.0)]);
    let near = layer(
        4326,
        [point(-179.0, 0.0), point(179.0, 0.0), point(179.0, 0.0)],
    );
    let found = nearest(&FindNearest::new(
        from.clone(),
        near.clone(),
        TravelMode::StraightLine,
    ));
    let lines = found.lines.features();
    let order: Vec<_> = lines.iter().map(|line| number(line, "To_ID")).collect();
    assert_eq!(order, [2.0, 3.0, 1.0], "equals in their order");
    // Two degrees along the equator of WGS 84.
    assert!((number(&lines[2], "Total_Kilometers") - 222.638_981_6).abs() < 1e-6);
    assert_eq!(
        ends(&lines[2]),
        [
            vec![(179.0, 0.0), (180.0, 0.0)],
            vec![(-180.0, 0.0), (-179.0, 0.0)]
        ]
    );
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let found = nearest(&task(from, near, 1).context(context));
    let edge = ends(&found.lines.features()[0])[0][0].0;
    assert!((edge - 19_926_188.851_995_967).abs() < 1e-6);
    assert_eq!(
        found
            .features
            .spatial_reference()
            .and_then(SpatialReference::id),
        Some(3857)
    );
}

#[test]
fn polygons_hold_what_lies_in_them() {
    // Far from every edge, in the one country that surrounds it; the next is across the border.
    let countries =
        FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
            .unwrap();
    let found = nearest(&task(layer(4326, [point(90.0, 62.0)]), countries, 2));
    let lines = found.lines.features();
    assert_eq!(lines[0].attributes["To_name"], "Russia");
    assert_eq!(number(&lines[0], "Total_Meters"), 0.0);
    assert!(number(&lines[1], "Total_Meters") > 900e3);
    assert_eq!(ends(&lines[0]), [vec![(90.0, 62.0), (90.0, 62.0)]]);
}

#[test]
fn what_is_missing_or_refused() {
    let mode = serde_json::Map::from_iter([("name".to_owned(), json!("Walking Time"))]);
    let walking = FindNearest::new(places(), places(), TravelMode::Mode(mode));
    let error = find_nearest(&walking, &Control::new()).unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }));
    assert!(error.to_string().contains("street network"), "{error}");

    // Without a geometry there is nothing near; beyond the cutoff neither.
    let some = layer(
        4326,
        [multipoint(&[(0.0, 0.0), (5.0, 5.0)]), multipoint(&[])],
    );
    let found = nearest(&task(some.clone(), layer(4326, [point(5.0, 5.0)]), 9));
    assert_eq!(found.lines.features().len(), 1);
    assert_eq!(number(&found.lines.features()[0], "Total_Meters"), 0.0);
    let found = nearest(&task(some, layer(4326, [point(9.0, 9.0)]), 9).search_cutoff(1.0));
    assert!(found.lines.features().is_empty() && found.features.features().is_empty());
    let control = Control::new();
    control.cancel();
    let cancelled = find_nearest(&task(places(), places(), 1), &control);
    assert_eq!(cancelled, Err(EngineError::Cancelled));
}
