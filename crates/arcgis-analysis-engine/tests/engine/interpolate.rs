//! Interpolated values against PyKrige's and scikit-learn's, against the laws of statistics, and where they go wrong.
//!
//! Where one local model suffices, predictions are those of the mixture of PyKrige's, to a ten-thousandth of their standard
//! error: semivariograms that are a million times less probable than the best are left out. Where there are several, nothing
//! says what their mixture must be; it is held to how well it predicts what it was not told.

use crate::common::{areas, assert_close, holds, layer, layer_of, multipoint, point, polygon};
use arcgis_analysis_engine::{
    Control, EngineError, InterpolatedPoints, Output, interpolate_points, run,
};
use arcgis_analysis_spatial::interpolate_points::{ClassificationType, InterpolatePoints};
use arcgis_analysis_types::{
    AttributeValue, AttributeView, Attributes, Context, Feature, FeatureCollection, Geometry,
    SpatialReference, Task,
};
use geo::{Area, BoundingRect};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_interpolate.json"
    ))
    .unwrap()
}

fn numbers(row: &Value) -> Vec<f64> {
    let row = row.as_array().unwrap().iter();
    row.map(|number| number.as_f64().unwrap()).collect()
}

fn rows(list: &Value) -> Vec<Vec<f64>> {
    list.as_array().unwrap().iter().map(numbers).collect()
}

fn measured(x: f64, y: f64, level: impl Into<Value>) -> Feature {
    let mut feature = Feature::new(point(x, y), Attributes::new());
    feature.attributes.insert("level", level.into());
    feature
}

fn few(index: usize) -> FeatureCollection {
    let points = rows(&reference()["few"][index]["points"]);
    let features = points.iter().map(|row| measured(row[0], row[1], row[2]));
    layer_of(32_633, features.collect())
}

fn task(layer: FeatureCollection) -> InterpolatePoints {
    InterpolatePoints::new(layer, "level").interpolate_option(1)
}

fn interpolated(task: &InterpolatePoints) -> InterpolatedPoints {
    interpolate_points(task, &Control::new()).unwrap()
}

fn column(result: &FeatureCollection, name: &str) -> Vec<f64> {
    let features = result.features().iter();
    features
        .map(|f| f.attributes[name].as_f64().unwrap())
        .collect()
}

/// What is predicted at places, and the standard errors.
fn predicted(
    task: InterpolatePoints,
    wkid: u32,
    places: impl IntoIterator<Item = (f64, f64)>,
) -> (Vec<f64>, Vec<f64>) {
    let places = layer(wkid, places.into_iter().map(|(x, y)| point(x, y)));
    let points = interpolated(&task.predict_at_point_layer(places))
        .points
        .unwrap();
    (column(&points, "Predicted"), column(&points, "StdError"))
}

#[test]
fn predictions_are_the_mixture_of_pykriges() {
    let figures = reference();
    for (index, option) in [(0, 1), (1, 1), (2, 1), (0, 9)] {
        let places = rows(&figures["few"][index]["places"]);
        let at = places.iter().map(|row| (row[0], row[1]));
        let task = task(few(index)).interpolate_option(option);
        let (means, errors) = predicted(task, 32_633, at);
        for ((row, mean), error) in places.iter().zip(means).zip(errors) {
            assert!(
                (mean - row[2]).abs() < 1e-4 * row[3],
                "{index}: {mean} is not {row:?}"
            );
            assert_close("a standard error", error, row[3], 1e-4);
        }
    }
}

/// The same measurements, in feet and far away, tell the same.
#[test]
fn units_and_origins_do_not_matter() {
    let figures = rows(&reference()["few"][0]["places"]);
    const FOOT: f64 = 0.304_8;
    let points = rows(&reference()["few"][0]["points"]);
    let features = points
        .iter()
        .map(|row| measured(row[0] / FOOT + 1e6, row[1] / FOOT, 1e9 * row[2] - 1e10));
    // Arizona Central in international feet.
    let there = task(layer_of(2223, features.collect()));
    let at = figures
        .iter()
        .map(|row| (row[0] / FOOT + 1e6, row[1] / FOOT));
    let (means, errors) = predicted(there, 2223, at);
    for ((row, mean), error) in figures.iter().zip(means).zip(errors) {
        assert!(
            (mean - (1e9 * row[2] - 1e10)).abs() < 1e5 * row[3],
            "{row:?}"
        );
        assert_close("a standard error", error, 1e9 * row[3], 1e-4);
    }
}

fn coast() -> Vec<Feature> {
    let places = FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap();
    let values = numbers(&reference()["coast"]["values"]);
    let mut features = places.feature_set.features;
    assert_eq!(features.len(), values.len());
    for (feature, value) in features.iter_mut().zip(values) {
        feature.attributes.insert("level", json!(value));
    }
    features
}

fn place(feature: &Feature) -> (f64, f64) {
    match &feature.geometry {
        Some(Geometry::Point(place)) => {
            let position = place.position;
            (position.x, position.y)
        }
        other => panic!("{other:?}"),
    }
}

/// Distances of the world's great cities from the coast, each fifth predicted from the others: as well as by scikit-learn's
/// Gaussian process, where it is fitted to as many measurements as a local model takes in, but for 5 percent.
#[test]
fn what_was_not_told_is_predicted_as_well_as_by_scikit_learn() {
    let figures = &reference()["coast"];
    for (option, theirs) in [
        (1, &figures["local_rmse"]["50"]),
        (5, &figures["local_rmse"]["75"]),
        // 194 or 195 points are fewer than the 200 of a model.
        (9, &figures["rmse"]),
    ] {
        let (rmse, part) = left_out(option);
        let theirs = theirs.as_f64().unwrap();
        assert!(
            rmse < 1.05 * theirs,
            "{option}: {rmse} is worse than {theirs}"
        );
        // The values are not normally distributed; 95 of 100 is what is to be expected of those that are.
        assert!((0.88..1.0).contains(&part), "{option}: {part}");
    }
}

/// The root mean square of the errors at what was left out, and the part of these within two standard errors.
fn left_out(option: i64) -> (f64, f64) {
    let all = coast();
    let values = numbers(&reference()["coast"]["values"]);
    let (mut squares, mut within) = (0.0, 0);
    for fold in 0..5 {
        let told = all.iter().enumerate().filter(|(i, _)| i % 5 != fold);
        let known = layer_of(4326, told.map(|(_, f)| f.clone()).collect());
        let asked: Vec<usize> = (0..all.len()).filter(|i| i % 5 == fold).collect();
        let at = asked.iter().map(|i| place(&all[*i]));
        let task = task(known).interpolate_option(option);
        let (means, errors) = predicted(task, 4326, at);
        for ((i, mean), error) in asked.into_iter().zip(means).zip(errors) {
            squares += (mean - values[i]).powi(2);
            within += usize::from((mean - values[i]).abs() < 2.0 * error);
        }
    }
    let count = all.len() as f64;
    ((squares / count).sqrt(), within as f64 / count)
}

/// Nothing predicts a Gaussian process better than itself, and 95 of 100 measurements lie within two standard errors.
#[test]
fn errors_are_as_large_as_they_are_said_to_be() {
    let rows = rows(&reference()["field"]["points"]);
    let (known, asked) = rows.split_at(600);
    let features = known.iter().map(|row| measured(row[0], row[1], row[2]));
    let field = layer_of(32_633, features.collect());
    let best = reference()["field"]["best_rmse"].as_f64().unwrap();
    for option in [1, 4, 5, 9] {
        let task = task(field.clone()).interpolate_option(option);
        let (means, errors) = predicted(task, 32_633, asked.iter().map(|r| (r[0], r[1])));
        let off = asked.iter().zip(&means).map(|(row, mean)| row[2] - mean);
        let rmse = (off.clone().map(|off| off * off).sum::<f64>() / 200.0).sqrt();
        assert!(rmse < 1.1 * best, "{option}: {rmse} is worse than {best}");
        let within = off
            .zip(&errors)
            .filter(|(off, error)| off.abs() < 2.0 * **error);
        // Of 200, three standard deviations from 0.954 are 0.045.
        let part = within.count() as f64 / 200.0;
        assert!((0.909..0.999).contains(&part), "{option}: {part}");
    }
}

/// Bands share their borders: together they are the whole, and each place lies in the one of its value.
#[test]
fn bands_tile_the_surface() {
    let task = task(few(0))
        .classification_type(ClassificationType::EqualInterval)
        .num_classes(7)
        .output_prediction_error(true);
    let grid = (0..21).flat_map(|i| (0..21).map(move |j| (f64::from(i), f64::from(j))));
    let places: Vec<_> = grid
        .map(|(i, j)| (470.0 * i + 251.3, 470.0 * j + 297.7))
        .collect();
    let at = layer(32_633, places.iter().map(|(x, y)| point(*x, *y)));
    let result = interpolated(&task.predict_at_point_layer(at));
    let points = result.points.unwrap();
    for (bands, name) in [
        (result.values, "Predicted"),
        (result.errors.unwrap(), "StdError"),
    ] {
        let (least, most) = (column(&bands, "Value_Min"), column(&bands, "Value_Max"));
        // The classes of values are those of the measurements, whose extremes may be predicted nowhere.
        let number = column(&bands, "classes");
        assert!(
            number.windows(2).all(|pair| pair[1] == pair[0] + 1.0),
            "{number:?}"
        );
        let bands = areas(&bands);
        assert!((5..=7).contains(&bands.len()), "{name}: {number:?}");
        let boxes = bands.iter().map(|band| band.bounding_rect().unwrap());
        let whole = boxes
            .reduce(|a, b| {
                let low = (a.min().x.min(b.min().x), a.min().y.min(b.min().y));
                let high = (a.max().x.max(b.max().x), a.max().y.max(b.max().y));
                geo::Rect::new(low, high)
            })
            .unwrap();
        let sum: f64 = bands.iter().map(Area::unsigned_area).sum();
        assert_close("the whole", sum, whole.unsigned_area(), 1e-9);
        let values = column(&points, name);
        let width = most[0] - least[0];
        let last = bands.len() - 1;
        let mut seen = [0; 7];
        for ((x, y), value) in places.iter().zip(values) {
            let inside: Vec<usize> = (0..bands.len())
                .filter(|i| holds(&bands[*i], [*x, *y]))
                .collect();
            let within = (whole.min().x..whole.max().x).contains(x)
                && (whole.min().y..whole.max().y).contains(y);
            assert_eq!(inside.len(), usize::from(within), "{x} {y}");
            let Some(band) = inside.first() else { continue };
            // Contours are straight within a cell of about a hundred metres.
            let slack = 0.1 * width;
            let fits = (*band == 0 || value > least[*band] - slack)
                && (*band == last || value < most[*band] + slack);
            assert!(
                fits,
                "{name} {value} at {x} {y} in {}..{}",
                least[*band], most[*band]
            );
            seen[*band] += 1;
        }
        assert!(
            seen.iter().filter(|count| **count > 0).count() > 4,
            "{seen:?}"
        );
    }
}

#[test]
fn classes_are_what_they_are_called() {
    let borders = |task: InterpolatePoints| {
        let bands = interpolated(&task).values;
        let (least, most) = (column(&bands, "Value_Min"), column(&bands, "Value_Max"));
        assert_eq!(least[1..], most[..most.len() - 1]);
        (
            least,
            most,
            areas(&bands)
                .iter()
                .map(Area::unsigned_area)
                .collect::<Vec<f64>>(),
        )
    };
    let with = |scheme, count| task(few(0)).classification_type(scheme).num_classes(count);
    // What was measured, in rising order: the classes are of these, not of what is predicted.
    let layer = few(0);
    let levels = layer
        .features()
        .iter()
        .map(|f| f.attributes["level"].as_f64());
    let mut levels: Vec<f64> = levels.map(Option::unwrap).collect();
    levels.sort_by(f64::total_cmp);
    let (lowest, highest) = (levels[0], levels[levels.len() - 1]);
    let (least, most, _) = borders(with(ClassificationType::EqualInterval, 5));
    for (from, to) in least.iter().zip(&most) {
        let place = (from - lowest) / (highest - lowest) * 5.0;
        assert!((place - place.round()).abs() < 1e-9, "{place}");
        assert_close("a width", to - from, (highest - lowest) / 5.0, 1e-9);
    }
    // As many measurements lie in each class of equal areas.
    let (least, most, _) = borders(with(ClassificationType::EqualArea, 4));
    assert_eq!((least.len(), least[0], most[3]), (4, lowest, highest));
    for (from, to) in least.iter().zip(&most) {
        let within = levels
            .iter()
            .filter(|level| (from..to).contains(level))
            .count();
        assert!(
            within.abs_diff(levels.len() / 4) <= 1,
            "{within} in {from}..{to}"
        );
    }
    // Widths change by one factor, and once to its inverse at most.
    let (least, most, _) = borders(task(few(0)));
    let widths = least.iter().zip(&most).map(|(from, to)| to - from);
    let widths: Vec<f64> = widths.collect();
    assert!(widths.len() > 6, "{widths:?}");
    let powers: Vec<f64> = widths.windows(2).map(|w| (w[1] / w[0]).ln()).collect();
    for pair in powers.windows(2) {
        assert_close("a ratio", pair[0].abs(), pair[1].abs(), 1e-6);
    }
    assert!(
        powers
            .windows(2)
            .filter(|pair| pair[0] * pair[1] < 0.0)
            .count()
            <= 1
    );
    // What lies above the last border belongs to no class.
    let manual = task(few(0)).classification_type(ClassificationType::Manual);
    let (least, most, areas) = borders(manual.clone().class_breaks([18.0, 22.5, 25.0]));
    assert_eq!((least.len(), &most[..]), (3, &[18.0, 22.5, 25.0][..]));
    let (_, all, more) = borders(manual.clone().class_breaks([18.0, 22.5, 25.0, 1000.0]));
    assert_eq!((all[3], &more[..3]), (1000.0, &areas[..]));
    assert!(least[0] < 18.0);
    let errors = interpolated(
        &manual
            .class_breaks([18.0, 22.5, 25.0])
            .output_prediction_error(true),
    );
    assert_eq!(errors.errors.unwrap().features().len(), 3);
}

#[test]
fn areas_stay_within_the_bounds_and_fill_them() {
    let square = |x: i32, y: i32, side: i32| {
        polygon(&[json!([
            [x, y],
            [x, y + side],
            [x + side, y + side],
            [x + side, y],
            [x, y]
        ])])
    };
    let bounds = layer(
        32_633,
        [square(1000, 1000, 3000), square(3000, 3000, 12_000)],
    );
    let task = task(few(0))
        .bounding_polygon_layer(bounds)
        .output_prediction_error(true);
    let result = interpolated(&task);
    for bands in [result.values, result.errors.unwrap()] {
        let sum: f64 = areas(&bands).iter().map(Area::unsigned_area).sum();
        assert_close("the area", sum, 9e6 + 144e6 - 1e6, 1e-9);
    }
}

/// Whether the pole or the antimeridian lies between, what counts is how far places are apart.
#[test]
fn the_globe_has_no_edges() {
    let posts = |lon: f64, lat: f64| {
        let places = (0..36).map(|i| (f64::from(i % 6), f64::from(i / 6)));
        let places = places.map(|(x, y)| (x - 2.5, y - 2.5, 3.0 * x + y * y));
        let features = places.map(|(x, y, level)| {
            let lon = lon + x;
            measured(if lon > 180.0 { lon - 360.0 } else { lon }, lat + y, level)
        });
        task(layer_of(4326, features.collect()))
    };
    let at = |lon: f64| [(lon, 1.2), (lon + 1.1, -0.7)];
    let here = predicted(posts(20.0, 0.0), 4326, at(20.0));
    let there = predicted(posts(180.0, 0.0), 4326, [(180.0, 1.2), (-178.9, -0.7)]);
    for (here, there) in here
        .0
        .iter()
        .zip(&there.0)
        .chain(here.1.iter().zip(&there.1))
    {
        assert_close("beyond the antimeridian", *there, *here, 1e-6);
    }
    let wrapped = predicted(posts(180.0, 0.0), 4326, [(-180.0, 1.2), (181.1, -0.7)]);
    for (there, wrapped) in there.0.iter().zip(&wrapped.0) {
        assert_close("once around", *wrapped, *there, 1e-9);
    }
    // Around the pole one value in all directions is that of the pole.
    let around = (0..12).map(|i| measured(f64::from(i) * 30.0 - 180.0, 88.0, 5 + i % 2));
    let (pole, _) = predicted(task(layer_of(4326, around.collect())), 4326, [(77.0, 90.0)]);
    assert!((pole[0] - 5.5).abs() < 0.05, "{pole:?}");
    // The chart of Web Mercator shows the same Earth.
    let mercator = |lon: f64| lon / 180.0 * 20_037_508.342_789_244;
    let features = posts(20.0, 0.0);
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let places = layer(4326, [point(20.0, 1.2), point(21.1, -0.7)]);
    let result = interpolated(&features.context(context).predict_at_point_layer(places));
    areas(&result.values);
    let points = result.points.unwrap();
    assert_eq!(
        points.spatial_reference(),
        Some(&SpatialReference::WEB_MERCATOR)
    );
    assert_close(
        "east",
        place(&points.features()[0]).0,
        mercator(20.0),
        1e-12,
    );
    for (there, here) in column(&points, "Predicted").iter().zip(&here.0) {
        assert_close("on the chart", *there, *here, 1e-9);
    }
}

#[test]
fn points_keep_their_attributes_and_those_without_a_place_their_row() {
    let mut here = measured(2000.0, 3000.0, 7);
    here.attributes.insert("Predicted", json!("mine"));
    let at = layer_of(32_633, vec![here, Feature::row(Attributes::new())]);
    let points = interpolated(&task(few(0)).predict_at_point_layer(at))
        .points
        .unwrap();
    let attributes = |row: usize| &points.features()[row].attributes;
    assert_eq!(attributes(0)["level"], 7);
    assert_eq!(attributes(0)["Predicted_1"], "mine");
    assert!(matches!(
        attributes(0)["Predicted"].view(),
        AttributeView::Double(_)
    ));
    assert_eq!(points.features()[1].geometry, None);
    assert_eq!(attributes(1)["Predicted"], Value::Null);
    assert_eq!(attributes(1)["StdError"], Value::Null);
}

#[test]
fn repeated_measurements_count_by_their_mean() {
    let mut doubled = few(0);
    let twins: Vec<Feature> = doubled.feature_set.features.clone();
    for (feature, step) in twins.into_iter().zip([1.0, -2.0, 0.5].into_iter().cycle()) {
        let ((x, y), level) = (
            place(&feature),
            feature.attributes["level"].as_f64().unwrap(),
        );
        doubled
            .feature_set
            .features
            .push(measured(x, y, level + step));
        doubled
            .feature_set
            .features
            .push(measured(x, y, level - step));
    }
    let at = [(2500.0, 2500.0), (7000.0, 1000.0)];
    let (once, again) = (
        predicted(task(few(0)), 32_633, at),
        predicted(task(doubled), 32_633, at),
    );
    for (once, again) in once.0.iter().zip(&again.0) {
        assert_close("a mean", *again, *once, 1e-9);
    }
    // A multipoint is as many measurements of the same.
    let spots = [
        (0.0, 0.0),
        (900.0, 0.0),
        (0.0, 900.0),
        (900.0, 900.0),
        (400.0, 500.0),
    ];
    let mut many = layer(32_633, [multipoint(&spots[..3]), multipoint(&spots[3..])]);
    for (feature, level) in many.feature_set.features.iter_mut().zip([1, 4]) {
        feature.attributes.insert("level", json!(level));
    }
    let (means, _) = predicted(task(many), 32_633, [(100.0, 100.0), (800.0, 800.0)]);
    assert!(means[0] < 2.5 && means[1] > 2.5, "{means:?}");
}

#[test]
fn values_that_are_all_the_same_and_places_in_a_row() {
    let flat = (0..9).map(|i| measured(f64::from(i % 3) * 100.0, f64::from(i / 3) * 90.0, 0.1));
    let result = interpolated(
        &task(layer_of(32_633, flat.collect()))
            .output_prediction_error(true)
            .predict_at_point_layer(layer(32_633, [point(40.0, 50.0)])),
    );
    assert_eq!(column(&result.values, "Value_Min"), [0.1]);
    assert_eq!(column(&result.values, "Value_Max"), [0.1]);
    assert_eq!(column(&result.errors.unwrap(), "Value_Max"), [0.0]);
    assert_eq!(column(&result.points.unwrap(), "StdError"), [0.0]);

    let row = |scale: f64| (0..80).map(move |i| measured(f64::from(i), 5.0, scale * f64::from(i)));
    let result = interpolated(&task(layer_of(32_633, row(1.0).collect())));
    assert_eq!(result.values.features().len(), 10);
    areas(&result.values);
    let (means, errors) = predicted(
        task(layer_of(32_633, row(1e300).collect())),
        32_633,
        [(30.5, 5.0)],
    );
    assert_close("a great number", means[0], 30.5e300, 1e-3);
    assert!(errors[0].is_finite());
}

#[test]
fn what_has_no_meaning_is_refused() {
    let refused = |task: InterpolatePoints| {
        interpolate_points(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let empty = FeatureCollection::from_geojson(r#"{"type": "FeatureCollection", "features": []}"#);
    assert!(refused(task(empty.unwrap())).contains("inputLayer"));
    let one = layer_of(32_633, vec![measured(1.0, 2.0, 3)]);
    assert!(refused(task(one)).contains("at 1 places"));
    let mut gaps = few(0);
    for (i, feature) in gaps.feature_set.features.iter_mut().enumerate() {
        match i {
            0..=30 => drop(feature.attributes.insert("level", AttributeValue::NULL)),
            31..=36 => feature.geometry = None,
            _ => {}
        }
    }
    assert!(refused(task(gaps)).contains("at 3 places"));
    assert!(refused(InterpolatePoints::new(few(0), "depth")).contains("`depth`"));
    let names = layer_of(4326, coast());
    assert!(refused(InterpolatePoints::new(names, "name")).contains("no numbers"));
    let manual = || task(few(0)).classification_type(ClassificationType::Manual);
    assert!(refused(manual()).contains("classBreaks"));
    assert!(refused(manual().class_breaks([1.0, 1.0])).contains("rising order"));
    assert!(refused(manual().class_breaks([1.0, f64::NAN])).contains("classBreaks"));
    let many = (0..33).map(f64::from);
    assert!(refused(manual().class_breaks(many)).contains("at most 32"));
    let line = layer(32_633, [polygon(&[json!([[0, 0], [9, 9], [0, 0]])])]);
    assert!(refused(task(few(0)).bounding_polygon_layer(line)).contains("boundingPolygonLayer"));
    let elsewhere = layer(4267, [point(1.0, 2.0)]);
    assert!(matches!(
        interpolate_points(
            &task(few(0)).predict_at_point_layer(elsewhere),
            &Control::new()
        ),
        Err(EngineError::SpatialReference { .. })
    ));
    let control = Control::new();
    control.cancel();
    assert_eq!(
        interpolate_points(&task(few(0)), &control),
        Err(EngineError::Cancelled)
    );
}

#[test]
fn results_are_the_same_by_any_door_and_number_of_processors() {
    let features = rows(&reference()["field"]["points"]);
    let features = features.iter().take(300);
    let features = features.map(|row| measured(row[0], row[1], row[2]));
    let task = task(layer_of(32_633, features.collect()))
        .output_prediction_error(true)
        .predict_at_point_layer(layer(32_633, [point(2e4, 2e4)]));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| interpolated(&task))
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one, three);
    let untyped = run(InterpolatePoints::META, task.to_json(), &Control::new()).unwrap();
    let typed = [
        ("resultLayer", one.values.into()),
        ("predictionError", one.errors.unwrap().into()),
    ];
    assert_eq!(untyped[..2], typed);
    // As JSON the asked points have object IDs, which those of the typed call do not need.
    let Output::Features(points) = &untyped[2].1 else {
        panic!("{untyped:?}");
    };
    let predicted = |points| column(points, "Predicted");
    assert_eq!(predicted(points), predicted(&one.points.unwrap()));
}
