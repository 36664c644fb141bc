//! Outliers against PySAL's, and where they go wrong.
//!
//! The statistic and its z-score agree to a relative 1e-9: the formulas are the same and differ in the order of sums only.
//! Probabilities are random on both sides, by 999 permutations here and 9999 there, and must agree within five standard
//! deviations of that noise and one step of each.

use crate::common::{layer, layer_of, point, polygon};
use arcgis_analysis_engine::{
    Control, EngineError, Outliers, Support, find_outliers, run, support,
};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_outliers::{FindOutliers, Permutations, ShapeType};
use arcgis_analysis_types::{Context, Feature, FeatureCollection, Geometry, GeometryType, Task};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_outliers.json"
    ))
    .unwrap()
}

fn drawn() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_hot_spots.json"
    ))
    .unwrap()
}

fn outliers(task: &FindOutliers) -> Outliers {
    find_outliers(task, &Control::new()).unwrap()
}

fn band(task: FindOutliers, metres: f64) -> FindOutliers {
    task.distance_band(metres)
        .distance_band_units(PatternAnalysisUnits::Meters)
        .permutations(Permutations::Precision)
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name].as_f64().unwrap()
}

fn check(result: &FeatureCollection, figures: &Value) {
    let list = |name: &str| figures[name].as_array().unwrap();
    assert_eq!(result.features().len(), list("z").len());
    let limit = figures["limit"].as_f64().unwrap();
    let mut marked = 0;
    for (index, feature) in result.features().iter().enumerate() {
        for (field, name) in [("LMiIndex", "index"), ("LMiZScore", "z")] {
            let (ours, theirs) = (number(feature, field), list(name)[index].as_f64().unwrap());
            assert!(
                (ours - theirs).abs() <= 1e-9 * (1.0 + theirs.abs()),
                "{index}: {field} is {ours}, not {theirs}"
            );
        }
        assert_eq!(feature.attributes["NNeighbors"], list("neighbours")[index]);
        let (ours, p) = (
            number(feature, "LMiPValue"),
            list("p")[index].as_f64().unwrap(),
        );
        let noise = 5.0 * (p * (1.0 - p) * (1.0 / 999.0 + 1.0 / 9999.0)).sqrt() + 1.1e-3;
        assert!((ours - p).abs() <= noise, "{index}: {ours} is not {p}");
        // Away from the limit the noise cannot change what a feature is.
        let kind = feature.attributes["COType"].as_str().unwrap();
        if p > 0.06 {
            assert_eq!(kind, "", "{index}: p is {p}");
        } else if p < limit / 4.0 {
            assert_eq!(kind, list("quadrant")[index], "{index}: p is {p}");
            marked += 1;
        }
    }
    assert!(marked > 5, "only {marked} features tell anything");
}

fn countries() -> FeatureCollection {
    let mut countries =
        FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
            .unwrap();
    countries.layer_definition.fields.clear();
    countries.feature_set.fields.clear();
    for feature in &mut countries.feature_set.features {
        let Some(Geometry::Polygon(polygon)) = &feature.geometry else {
            panic!("no polygon")
        };
        let places = polygon.rings.iter().flatten();
        let north = places.map(|place| place.y).fold(f64::MIN, f64::max);
        let north = if feature.attributes["name"] == "Germany" {
            -60.0
        } else {
            (north * 1000.0).round() / 1000.0
        };
        feature.attributes.insert("north", json!(north));
    }
    countries
}

fn measured() -> FeatureCollection {
    let feature = |row: &Value| {
        let [x, y] = [0, 1].map(|i| row[i].as_f64().unwrap());
        let attributes = json!({"level": row[2]});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    };
    let points = drawn();
    let points = points["points"].as_array().unwrap().iter();
    layer_of(32_633, points.map(feature).collect())
}

fn incidents() -> FeatureCollection {
    let places = drawn();
    let places = places["incidents"].as_array().unwrap().iter();
    layer(
        32_633,
        places.map(|p| point(p[0].as_f64().unwrap(), p[1].as_f64().unwrap())),
    )
}

#[test]
fn countries_stand_out_as_in_pysal() {
    let result = outliers(&band(
        FindOutliers::new(countries()).analysis_field("north"),
        1_500_000.0,
    ));
    check(&result.features, &reference()["countries"]);
    assert_eq!(result.features.features()[5].attributes["SOURCE_ID"], 6);
    let kinds: std::collections::BTreeSet<_> = result
        .features
        .features()
        .iter()
        .map(|f| f.attributes["COType"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["", "HH", "LH", "LL"]
    );
    assert_eq!(
        result.features.layer_definition.geometry_type,
        Some(GeometryType::Polygon)
    );
}

#[test]
fn points_and_cells_stand_out_as_in_pysal() {
    let points = band(FindOutliers::new(measured()).analysis_field("level"), 900.0);
    check(&outliers(&points).features, &reference()["points"]);
    let cells = band(FindOutliers::new(incidents()), 1500.0)
        .shape_type(ShapeType::Fishnet)
        .cell_size(700.0)
        .cell_size_units(PatternAnalysisUnits::Meters);
    let cells = outliers(&cells);
    check(&cells.features, &reference()["fishnet"]);
    assert_eq!(cells.features.fields()[1].name, "Join_Count");
}

/// Half of the points lie on land of their own, so that the counts are known.
#[test]
fn points_are_counted_in_polygons_and_hexagons() {
    let square = |x: f64| {
        polygon(&[json!([
            [x, 0],
            [x, 1000],
            [x + 1000.0, 1000],
            [x + 1000.0, 0],
            [x, 0]
        ])])
    };
    let areas = layer(32_633, (0..8).map(|i| square(f64::from(i) * 1000.0)));
    let points = (0..8).flat_map(|i| {
        (0..=i * i).map(move |j| point(f64::from(i) * 1000.0 + 500.0, 10.0 + f64::from(j)))
    });
    let task = FindOutliers::new(layer(32_633, points)).aggregation_polygon_layer(areas);
    let result = outliers(&band(task, 1100.0));
    let counts = result.features.features().iter();
    let counts: Vec<f64> = counts.map(|f| number(f, "Join_Count")).collect();
    assert_eq!(counts, [1.0, 2.0, 5.0, 10.0, 17.0, 26.0, 37.0, 50.0]);
    let hexagons = FindOutliers::new(incidents()).shape_type(ShapeType::Hexagon);
    let counts = outliers(&hexagons);
    let counts = counts.features.features().iter();
    assert_eq!(counts.map(|f| number(f, "Join_Count")).sum::<f64>(), 900.0);
}

#[test]
fn what_cannot_stand_out_does_not() {
    let row = |values: &[Value], step: f64| {
        let feature = |(index, value): (usize, &Value)| {
            let attributes = json!({"value": value});
            let place = point(index as f64 * step, 5.0);
            Feature::new(place, attributes.as_object().unwrap().clone().into())
        };
        layer_of(4326, values.iter().enumerate().map(feature).collect())
    };
    let task = |values: &[Value], step| {
        band(
            FindOutliers::new(row(values, step)).analysis_field("value"),
            1000.0,
        )
    };
    let mut values: Vec<Value> = (0..40).map(|i| json!(i % 7)).collect();
    values[3] = Value::Null;
    // Nobody has neighbours; then all are each other's, in one place.
    let alone = outliers(&task(&values, 1.0));
    assert_eq!(alone.features.features().len(), 39);
    for feature in alone.features.features() {
        assert_eq!(number(feature, "LMiPValue"), 1.0);
        assert_eq!(feature.attributes["COType"], "");
        assert_eq!(feature.attributes["NNeighbors"], 0);
    }
    let heap = outliers(&task(&values, 0.0));
    for feature in heap.features.features() {
        assert_eq!(feature.attributes["NNeighbors"], 38);
        assert_eq!(feature.attributes["COType"], "");
    }
    let same = vec![json!(7); 40];
    for (values, says) in [
        (&same[..], "all the same"),
        (&same[..1], "1 features"),
        (&[], ""),
    ] {
        let error = find_outliers(&task(values, 1.0), &Control::new()).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let population = task(&values, 1.0).divided_by_field("esriPopulation");
    let error = find_outliers(&population, &Control::new()).unwrap_err();
    assert!(
        error.to_string().contains("only Esri's service knows"),
        "{error}"
    );
    let control = Control::new();
    control.cancel();
    assert_eq!(
        find_outliers(&task(&values, 1.0), &control),
        Err(EngineError::Cancelled)
    );
}

/// Over the antimeridian neighbours are neighbours.
#[test]
fn the_earth_is_round() {
    let feature = |i: i32| {
        let attributes = json!({"value": i % 5 + i / 18});
        let place = point(f64::from(i) * 10.0 - 180.0, 0.0);
        Feature::new(place, attributes.as_object().unwrap().clone().into())
    };
    let ring = layer_of(4326, (0..36).map(feature).collect());
    let task = FindOutliers::new(ring).analysis_field("value");
    for feature in outliers(&band(task, 1_200_000.0)).features.features() {
        assert_eq!(feature.attributes["NNeighbors"], 2);
    }
}

/// A seed gives its own draws, and the same ones each time; what is no seed is refused.
#[test]
fn draws_begin_with_the_seed_of_the_context() {
    let with = |generator: Value| {
        let mut context = Context::default();
        context
            .other
            .insert("randomGenerator".to_owned(), generator);
        let task = band(FindOutliers::new(measured()).analysis_field("level"), 900.0);
        find_outliers(&task.context(context), &Control::new())
    };
    let drawn = |generator: Value| with(generator).unwrap().features;
    let unseeded = outliers(&band(
        FindOutliers::new(measured()).analysis_field("level"),
        900.0,
    ));
    let thirteen = drawn(json!("13 MERSENNE_TWISTER"));
    assert_eq!(thirteen, drawn(json!(13)));
    assert_eq!(unseeded.features, drawn(json!("0 MERSENNE_TWISTER")));
    assert_eq!(unseeded.features, drawn(Value::Null));
    check(&thirteen, &reference()["points"]);
    let differ = |a: &Feature, b: &Feature| a.attributes["LMiPValue"] != b.attributes["LMiPValue"];
    let pairs = thirteen.features().iter().zip(unseeded.features.features());
    assert!(pairs.filter(|(a, b)| differ(a, b)).count() > 150);
    for wrong in [json!("MERSENNE_TWISTER"), json!(-1), json!(""), json!([13])] {
        let error = with(wrong.clone()).unwrap_err();
        assert!(
            error.to_string().contains("begins with no whole number"),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_processors() {
    let task = FindOutliers::new(incidents()).permutations(Permutations::Speed);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| outliers(&task))
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one, three);
    let untyped = run(FindOutliers::META, task.to_json(), &Control::new()).unwrap();
    assert_eq!(untyped[0], ("outliersResultLayer", one.features.into()));
    assert!(matches!(
        support(FindOutliers::META),
        Support::Approximate(_)
    ));
}
