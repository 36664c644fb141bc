//! Densities against NumPy's and SciPy's, and where they go wrong.
//!
//! The greatest density and the borders of classes come from densities at the corners of cells, and agree to a relative
//! 1e-9: the formulas are the same. Where a place lies is known by its class only, and contours are straight within cells,
//! so that places whose density is near a border, by what a cell can hide, are left out.

use crate::common::{areas, assert_close, holds, layer, layer_of, line, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, calculate_density, run};
use arcgis_analysis_spatial::calculate_density::{AreaUnits, CalculateDensity, ClassificationType};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_types::{Context, Feature, FeatureCollection, SpatialReference, Task};
use geo::Area;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_density.json"
    ))
    .unwrap()
}

fn points() -> FeatureCollection {
    let feature = |row: &Value| {
        let [x, y] = [0, 1].map(|i| row[i].as_f64().unwrap());
        let attributes = json!({"weight": row[2]});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    };
    let figures = reference();
    layer_of(
        32_633,
        figures["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(feature)
            .collect(),
    )
}

fn lines() -> FeatureCollection {
    let figures = reference();
    let lines = figures["lines"].as_array().unwrap().iter();
    let weights = figures["line_weights"].as_array().unwrap();
    let feature = |(path, weight): (&Value, &Value)| {
        let attributes = json!({"weight": weight});
        Feature::new(
            line(std::slice::from_ref(path)),
            attributes.as_object().unwrap().clone().into(),
        )
    };
    layer_of(32_633, lines.zip(weights).map(feature).collect())
}

fn places() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap()
}

fn density(task: &CalculateDensity) -> FeatureCollection {
    calculate_density(task, &Control::new()).unwrap()
}

fn metres(task: CalculateDensity, radius: f64, cell: f64) -> CalculateDensity {
    task.radius(radius)
        .radius_units(PatternAnalysisUnits::Meters)
        .cell_size(cell)
        .cell_size_units(PatternAnalysisUnits::Meters)
}

fn column(result: &FeatureCollection, name: &str) -> Vec<f64> {
    let features = result.features().iter();
    features
        .map(|f| f.attributes[name].as_f64().unwrap())
        .collect()
}

/// Each place lies in the area of its class and in no other.
fn check_samples(result: &FeatureCollection, samples: &Value, margin: f64) {
    let areas = areas(result);
    let (least, most) = (column(result, "Value_Min"), column(result, "Value_Max"));
    let peak = most.iter().copied().fold(0.0, f64::max);
    let mut checked = vec![0; areas.len() + 1];
    for sample in samples.as_array().unwrap() {
        let [x, y, density] = [0, 1, 2].map(|i| sample[i].as_f64().unwrap());
        let near = |border: &f64| (density - border).abs() < margin * peak;
        if density < margin * peak {
            // The lowest class ends within a cell of where density does; high ones are far away.
            let mut high = areas.iter().zip(&least);
            let strays =
                high.any(|(area, least)| *least > 2.0 * margin * peak && holds(area, [x, y]));
            assert!(!strays, "{sample}");
            checked[areas.len()] += 1;
            continue;
        }
        if least.iter().any(near) || most.iter().any(near) {
            continue;
        }
        let mut class = areas.len();
        for (index, area) in areas.iter().enumerate() {
            let inside = density > least[index] && density < most[index];
            assert_eq!(holds(area, [x, y]), inside, "{sample} in class {index}");
            if inside {
                class = index;
            }
        }
        checked[class] += 1;
    }
    assert!(
        checked.iter().filter(|count| **count > 0).count() > 2,
        "{checked:?}"
    );
}

#[test]
fn points_are_spread_as_by_numpy() {
    let figures = reference();
    let task = metres(
        CalculateDensity::new(points()).field("weight"),
        1200.0,
        150.0,
    )
    .num_classes(4);
    let result = density(&task);
    let peak = figures["peak"].as_f64().unwrap();
    for (class, (least, most)) in column(&result, "Value_Min")
        .into_iter()
        .zip(column(&result, "Value_Max"))
        .enumerate()
    {
        assert!((least - peak / 4.0 * class as f64).abs() < 1e-9 * peak);
        assert_close("a border", most, peak / 4.0 * (class as f64 + 1.0), 1e-9);
    }
    assert_eq!(column(&result, "class"), [1.0, 2.0, 3.0, 4.0]);
    check_samples(&result, &figures["samples"], 0.03);
    let miles = density(&task.clone().area_units(AreaUnits::SquareMiles));
    assert_close(
        "per mile",
        column(&miles, "Value_Max")[3],
        peak * 2.589_988_110_336,
        1e-9,
    );

    let quantiles = figures["quantiles"].as_array().unwrap();
    let equal = density(
        &task
            .clone()
            .classification_type(ClassificationType::EqualArea)
            .num_classes(5),
    );
    for (border, expected) in column(&equal, "Value_Max").iter().zip(quantiles) {
        assert_close("a quantile", *border, expected.as_f64().unwrap(), 1e-9);
    }
    let deviations = density(
        &task
            .clone()
            .classification_type(ClassificationType::StandardDeviation),
    );
    let borders = column(&deviations, "Value_Max");
    for expected in figures["deviations"].as_array().unwrap() {
        let expected = expected.as_f64().unwrap();
        let found = borders
            .iter()
            .any(|border| (border / expected - 1.0).abs() < 1e-9);
        assert!(
            found || expected <= 0.0,
            "{expected} is not among {borders:?}"
        );
    }
    for scheme in [
        ClassificationType::NaturalBreaks,
        ClassificationType::GeometricInterval,
    ] {
        let result = density(&task.clone().classification_type(scheme));
        assert_eq!(result.features().len(), 4);
        check_samples(&result, &figures["samples"], 0.03);
    }
}

#[test]
fn lines_are_spread_as_by_scipy() {
    let figures = reference();
    let task = metres(CalculateDensity::new(lines()).field("weight"), 700.0, 250.0).num_classes(3);
    let peak = column(&density(&task), "Value_Max")[2];
    assert_close(
        "the peak",
        peak,
        figures["line_peak"].as_f64().unwrap(),
        1e-9,
    );
    let fine = metres(CalculateDensity::new(lines()).field("weight"), 700.0, 50.0).num_classes(3);
    check_samples(&density(&fine), &figures["line_samples"], 0.03);
}

/// By straight ways through the Earth, in degrees as in Web Mercator.
#[test]
fn places_of_the_world_are_spread_over_the_ellipsoid() {
    let figures = reference();
    let task = metres(CalculateDensity::new(places()), 1_500_000.0, 100_000.0)
        .area_units(AreaUnits::SquareMiles)
        .num_classes(4);
    let result = density(&task);
    check_samples(&result, &figures["world_samples"], 0.04);
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let mercator = density(&task.context(context));
    assert_eq!(mercator.features().len(), result.features().len());
    areas(&mercator);
}

/// The radius that a task told of.
fn told(task: &CalculateDensity) -> f64 {
    let heard = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&heard);
    let control = Control::new().on_message(move |_, text| {
        if text.starts_with("The radius is") {
            text.clone_into(&mut sink.lock().unwrap());
        }
    });
    calculate_density(task, &control).unwrap();
    let heard = heard.lock().unwrap();
    heard.split(' ').nth(3).unwrap().parse().unwrap()
}

#[test]
fn the_radius_is_the_documented_one() {
    let figures = reference();
    let coarse = |task: CalculateDensity, cell: f64| {
        task.cell_size(cell)
            .cell_size_units(PatternAnalysisUnits::Meters)
    };
    for (task, name) in [
        (
            coarse(CalculateDensity::new(points()).field("weight"), 500.0),
            "default_radius",
        ),
        (
            coarse(CalculateDensity::new(points()), 500.0),
            "default_radius_unweighted",
        ),
        (
            coarse(CalculateDensity::new(places()), 500_000.0),
            "world_radius",
        ),
    ] {
        let expected = figures[name].as_f64().unwrap();
        assert!((told(&task) - expected).abs() < 1e-3, "{name}");
    }
}

#[test]
fn density_stays_within_its_bounds() {
    let bounds = layer(
        32_633,
        [
            polygon(&[json!([
                [2000, 3000],
                [2000, 5000],
                [4000, 5000],
                [4000, 3000],
                [2000, 3000]
            ])]),
            polygon(&[json!([
                [3000, 3000],
                [3000, 5000],
                [5000, 5000],
                [5000, 3000],
                [3000, 3000]
            ])]),
        ],
    );
    let task =
        metres(CalculateDensity::new(points()), 1200.0, 150.0).bounding_polygon_layer(bounds);
    let result = density(&task);
    let mut whole = 0.0;
    for area in areas(&result) {
        whole += geo::Area::unsigned_area(&area);
        for place in area.iter().flat_map(|part| part.exterior().coords()) {
            assert!((2000.0..=5000.0).contains(&place.x) && (3000.0..=5000.0).contains(&place.y));
        }
    }
    // There is some density everywhere within them.
    assert_close("the area", whole, 6e6, 1e-9);
}

#[test]
fn duplicates_a_pole_and_the_antimeridian() {
    let heap = layer(32_633, [point(5.0, 5.0), point(5.0, 5.0), point(5.0, 5.0)]);
    let result = density(&metres(CalculateDensity::new(heap.clone()), 100.0, 5.0));
    let peak = *column(&result, "Value_Max").last().unwrap();
    assert_close(
        "three at once",
        peak,
        9.0 / (std::f64::consts::PI * 0.01),
        1e-9,
    );
    let error = calculate_density(&CalculateDensity::new(heap), &Control::new()).unwrap_err();
    assert!(error.to_string().contains("give radius"), "{error}");
    for (lon, lat) in [(0.0, 90.0), (10.0, 89.5), (179.9, 0.0), (-180.0, -45.0)] {
        let task = metres(
            CalculateDensity::new(layer(4326, [point(lon, lat)])),
            200_000.0,
            40_000.0,
        );
        assert!(!areas(&density(&task)).is_empty(), "{lon} {lat}");
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    let refused = |task: CalculateDensity| {
        calculate_density(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let task = || metres(CalculateDensity::new(points()), 1200.0, 150.0);
    assert!(refused(task().field("mass")).contains("`mass`"));
    assert!(
        refused(metres(CalculateDensity::new(points()), 1200.0, 0.5)).contains("give larger cells")
    );
    assert!(
        refused(metres(CalculateDensity::new(places()), 1e5, 1e5).field("name"))
            .contains("no numbers")
    );
    let mut nothing = points();
    for feature in &mut nothing.feature_set.features {
        let weight = feature.attributes["weight"].as_f64().unwrap();
        let weight = if weight > 4.0 {
            json!(-weight)
        } else {
            Value::Null
        };
        feature.attributes.insert("weight", weight);
    }
    assert!(refused(CalculateDensity::new(nothing).field("weight")).contains("greater than 0"));
    let elsewhere = layer(4267, [polygon(&[json!([[0, 0], [0, 1], [1, 1], [0, 0]])])]);
    assert!(matches!(
        calculate_density(&task().bounding_polygon_layer(elsewhere), &Control::new()),
        Err(EngineError::SpatialReference { .. })
    ));
    let control = Control::new();
    control.cancel();
    assert_eq!(
        calculate_density(&task(), &control),
        Err(EngineError::Cancelled)
    );
}

#[test]
fn results_are_the_same_by_any_door_and_number_of_processors() {
    let task = metres(CalculateDensity::new(lines()), 900.0, 100.0);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| density(&task))
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one, three);
    let untyped = run(CalculateDensity::META, task.to_json(), &Control::new()).unwrap();
    assert_eq!(untyped, [("resultLayer", one.into())]);
}

/// The grid on which areas are cut must reach as far as the density does, wherever the features are.
#[test]
fn a_point_at_the_origin_is_spread_like_one_elsewhere() {
    let spread = |x: f64, y: f64| {
        let one = layer(32_633, [point(x, y)]);
        let result = density(&metres(CalculateDensity::new(one), 1000.0, 100.0));
        areas(&result)
            .iter()
            .map(Area::unsigned_area)
            .collect::<Vec<_>>()
    };
    let (origin, near, elsewhere) = (spread(0.0, 0.0), spread(0.1, 0.1), spread(5e5, 5e5));
    assert_eq!(origin.len(), 10);
    assert_eq!(near.len(), 10);
    for (origin, elsewhere) in origin.iter().zip(&elsewhere) {
        assert_close("the area", *origin, *elsewhere, 1e-6);
    }
}

#[test]
fn cells_that_nobody_could_count_are_refused() {
    let one = layer(32_633, [point(0.0, 0.0)]);
    let task = metres(CalculateDensity::new(one), 1000.0, 1e-20);
    let error = calculate_density(&task, &Control::new()).unwrap_err();
    assert!(error.to_string().contains("give larger cells"), "{error}");
}
