//! Centres and ellipses against NumPy, SciPy, PROJ and pointpats.

use crate::common::{
    areas, assert_close, holds, layer, layer_of, line, multipoint, point, polygon, positions,
};
use arcgis_analysis_engine::{
    CenterAndDispersion, Control, EngineError, summarize_center_and_dispersion,
};
use arcgis_analysis_spatial::summarize_center_and_dispersion::{
    EllipseSize, SummarizeCenterAndDispersion, SummarizeType,
};
use arcgis_analysis_types::{Context, Feature, FeatureCollection, Geometry, SpatialReference};
use geo::Area;
use serde_json::{Value, json};

const ALL: [SummarizeType; 4] = [
    SummarizeType::CentralFeature,
    SummarizeType::MeanCenter,
    SummarizeType::MedianCenter,
    SummarizeType::Ellipse,
];

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_centres.json"
    ))
    .unwrap()
}

fn found(task: &SummarizeCenterAndDispersion) -> CenterAndDispersion {
    summarize_center_and_dispersion(task, &Control::new()).unwrap()
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name].as_f64().unwrap()
}

fn pair(value: &Value) -> [f64; 2] {
    [0, 1].map(|i| value[i].as_f64().unwrap())
}

fn check_place(name: &str, feature: &Feature, expected: &Value, tolerance: f64) {
    let Some(Geometry::Point(point)) = &feature.geometry else {
        panic!("{name}: no point")
    };
    let expected = pair(expected);
    let actual = [point.position.x, point.position.y];
    assert_eq!(
        actual,
        [number(feature, "XCoord"), number(feature, "YCoord")],
        "{name}"
    );
    assert!(
        (0..2).all(|i| (actual[i] - expected[i]).abs() <= tolerance),
        "{name}: {actual:?} is not {expected:?}"
    );
}

fn check_ellipse(name: &str, feature: &Feature, expected: &Value, size: f64) {
    let figure = |field: &str| expected[field].as_f64().unwrap();
    assert_close(
        name,
        number(feature, "XStdDist"),
        size * figure("shorter"),
        1e-10,
    );
    assert_close(
        name,
        number(feature, "YStdDist"),
        size * figure("longer"),
        1e-10,
    );
    assert_close(name, number(feature, "Rotation"), figure("rotation"), 1e-9);
    let mean = pair(&expected["mean"]);
    assert_close(name, number(feature, "CenterX"), mean[0], 1e-12);
    assert_close(name, number(feature, "CenterY"), mean[1], 1e-11);
}

fn thefts(figures: &Value) -> FeatureCollection {
    let rows = positions(&figures["xy"]).into_iter().enumerate();
    let rows = rows.map(|(at, (x, y))| {
        let attributes =
            json!({"nr": at, "loss": figures["weights"][at], "kind": figures["kinds"][at]});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    });
    layer_of(32633, rows.collect())
}

#[test]
fn centres_in_a_plane_are_those_of_scipy_and_pointpats() {
    let figures = reference();
    let task = SummarizeCenterAndDispersion::new(thefts(&figures), ALL);
    for (name, task, groups) in [
        ("all", task.clone(), vec!["all"]),
        (
            "weighted",
            task.clone().weight_field("LOSS"),
            vec!["weighted"],
        ),
        ("kinds", task.group_field("kind"), vec!["A", "B", "C"]),
    ] {
        let all = found(&task.clone().ellipse_size(EllipseSize::Two));
        let [central, means, medians, ellipses] = [
            &all.central_features,
            &all.mean_centers,
            &all.median_centers,
            &all.ellipses,
        ]
        .map(|layer| layer.as_ref().unwrap().features());
        assert_eq!(means.len(), groups.len());
        let shapes = areas(all.ellipses.as_ref().unwrap());
        for (at, group) in groups.iter().enumerate() {
            let expected = &figures["planar"][group];
            assert_eq!(
                central[at].attributes["nr"], expected["central"],
                "{name} {group}"
            );
            check_place(group, &means[at], &expected["mean"], 1e-8);
            // The minimiser compares sums of 250 km, whose last figure moves the place by a tenth of a millimetre.
            check_place(group, &medians[at], &expected["median"], 1e-2);
            let [x, y] = [
                number(&medians[at], "XCoord"),
                number(&medians[at], "YCoord"),
            ];
            let members = thefts(&figures).feature_set.features;
            let members = members
                .iter()
                .filter(|f| name != "kinds" || f.attributes["kind"] == *group);
            let sum: f64 = members
                .map(|f| {
                    let Some(Geometry::Point(p)) = &f.geometry else {
                        panic!()
                    };
                    let weight = if name == "weighted" {
                        number(f, "loss")
                    } else {
                        1.0
                    };
                    weight * (p.position.x - x).hypot(p.position.y - y)
                })
                .sum();
            let least = expected["median_sum"].as_f64().unwrap();
            assert!(
                sum <= least * (1.0 + 1e-12),
                "{group}: {sum} is more than {least}"
            );
            check_ellipse(group, &ellipses[at], expected, 2.0);
            // A polygon of 360 corners in an ellipse has this part of its area.
            let axes = number(&ellipses[at], "XStdDist") * number(&ellipses[at], "YStdDist");
            let part = 180.0 * (std::f64::consts::TAU / 360.0).sin();
            assert_close(group, shapes[at].unsigned_area(), part * axes, 1e-9);
            if name == "kinds" {
                assert_eq!(means[at].attributes["kind"], *group);
            }
        }
    }
}

#[test]
fn centres_on_the_ellipsoid_are_those_of_proj() {
    let mut places = FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap();
    places.layer_definition.fields.clear();
    places.feature_set.fields.clear();
    for (at, feature) in places.feature_set.features.iter_mut().enumerate() {
        let Some(Geometry::Point(point)) = &feature.geometry else {
            panic!()
        };
        let half = if point.position.y >= 0.0 {
            "north"
        } else {
            "south"
        };
        let letters = feature.attributes["name"].as_str().unwrap().chars().count();
        for (name, value) in [
            ("nr", json!(at)),
            ("letters", json!(letters)),
            ("half", json!(half)),
        ] {
            feature.attributes.insert(name, value);
        }
    }
    let figures = reference();
    let task = SummarizeCenterAndDispersion::new(places, ALL)
        .weight_field("letters")
        .group_field("half");
    let all = found(&task);
    let means = all.mean_centers.unwrap();
    for (at, row) in means.features().iter().enumerate() {
        let half = row.attributes["half"].as_str().unwrap();
        let expected = &figures["real"][half];
        let central = &all.central_features.as_ref().unwrap().features()[at];
        assert_eq!(central.attributes["nr"], expected["central"], "{half}");
        assert!(central.attributes["SOURCE_ID"].as_i64().is_some(), "{half}");
        check_place(half, row, &expected["mean"], 1e-11);
        // In degrees; the sums of billions of metres that the minimiser compares are blind to less.
        let median = &all.median_centers.as_ref().unwrap().features()[at];
        check_place(half, median, &expected["median"], 1e-5);
        check_ellipse(
            half,
            &all.ellipses.as_ref().unwrap().features()[at],
            expected,
            1.0,
        );
    }
    assert_eq!(means.features().len(), 2);
    // Sizes that leave the chart are cut there, and stay valid.
    let large = found(&task.clone().ellipse_size(EllipseSize::Three))
        .ellipses
        .unwrap();
    assert_eq!(areas(&large).len(), 2);
    // In Web Mercator distances are the same, so the same features are central.
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let mercator = found(&task.context(context));
    let numbers = |layer: &FeatureCollection| -> Vec<Value> {
        layer
            .features()
            .iter()
            .map(|f| f.attributes["nr"].clone())
            .map(Value::from)
            .collect()
    };
    assert_eq!(
        numbers(&mercator.central_features.unwrap()),
        numbers(&all.central_features.unwrap())
    );
}

/// Of places that are normally distributed ArcGIS's page says that one, two and three standard deviations hold 63, 98 and
/// 99 percent; the law is 1 - exp(-size^2).
#[test]
fn ellipses_hold_as_much_as_arcgis_says() {
    const COUNT: u32 = 2000;
    let places = (0..COUNT).map(|i| {
        // Turned by the golden angle, so that directions are spread evenly.
        let share = (f64::from(i) + 0.5) / f64::from(COUNT);
        let (far, turn) = (
            (-2.0 * share.ln()).sqrt(),
            f64::from(i) * 2.399_963_229_728_653,
        );
        let (x, y) = (900.0 * far * turn.cos(), 300.0 * far * turn.sin());
        (0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y)
    });
    let places: Vec<(f64, f64)> = places.collect();
    let task = SummarizeCenterAndDispersion::new(
        layer(32_633, places.iter().map(|(x, y)| point(*x, *y))),
        vec![SummarizeType::Ellipse],
    );
    for (size, part) in [
        (EllipseSize::One, 0.632),
        (EllipseSize::Two, 0.982),
        (EllipseSize::Three, 0.9999),
    ] {
        let ellipse = found(&task.clone().ellipse_size(size)).ellipses.unwrap();
        let ellipse = &areas(&ellipse)[0];
        let inside = places.iter().filter(|(x, y)| holds(ellipse, [*x, *y]));
        let inside = inside.count() as f64 / f64::from(COUNT);
        assert!((inside - part).abs() < 0.004, "{inside} is not {part}");
    }
}

#[test]
fn few_features_and_features_in_one_place() {
    let one = |geometry: Geometry| {
        found(&SummarizeCenterAndDispersion::new(
            layer(32633, [geometry]),
            ALL,
        ))
    };
    for geometry in [
        point(3.0, 4.0),
        multipoint(&[(1.0, 4.0), (5.0, 4.0)]),
        line(&[json!([[1, 4], [5, 4]])]),
        polygon(&[json!([[2, 3], [2, 5], [4, 5], [4, 3], [2, 3]])]),
    ] {
        let all = one(geometry.clone());
        check_place(
            "mean",
            &all.mean_centers.unwrap().features()[0],
            &json!([3, 4]),
            1e-12,
        );
        check_place(
            "median",
            &all.median_centers.unwrap().features()[0],
            &json!([3, 4]),
            1e-12,
        );
        assert!(all.ellipses.unwrap().features().is_empty());
        let central = all.central_features.unwrap();
        assert_eq!(central.features()[0].geometry, Some(geometry));
    }
    // Two in one place outweigh the third; on a line there is no ellipse.
    let three = layer(32633, [point(0.0, 0.0), point(9.0, 9.0), point(9.0, 9.0)]);
    let all = found(&SummarizeCenterAndDispersion::new(three, ALL));
    check_place(
        "mean",
        &all.mean_centers.unwrap().features()[0],
        &json!([6, 6]),
        1e-12,
    );
    check_place(
        "median",
        &all.median_centers.unwrap().features()[0],
        &json!([9, 9]),
        1e-9,
    );
    assert!(all.ellipses.unwrap().features().is_empty());
    // Over the antimeridian and around a pole the ground decides.
    let pole = [-150.0, -30.0, 90.0].map(|lon| point(lon, 89.0));
    let around = [
        pole[0].clone(),
        pole[1].clone(),
        pole[2].clone(),
        point(0.0, 89.9),
    ];
    let all = found(&SummarizeCenterAndDispersion::new(layer(4326, around), ALL));
    let median = all.median_centers.unwrap();
    // The pulls of three places a third of a turn apart nearly cancel out, so the fourth outweighs them and is the median.
    let at = [
        number(&median.features()[0], "XCoord"),
        number(&median.features()[0], "YCoord"),
    ];
    assert_eq!(at, [0.0, 89.9]);
    let central = all.central_features.unwrap();
    let Some(Geometry::Point(central)) = &central.features()[0].geometry else {
        panic!()
    };
    assert_eq!(central.position.y, 89.9);
}

#[test]
fn weights_and_fields_that_do_not_fit() {
    let rows = [
        json!({"w": 2, "x": "a"}),
        json!({"w": null, "x": "a"}),
        json!({"w": -1, "x": null}),
        json!({"w": 0.5, "x": null}),
    ];
    let rows = rows.iter().enumerate().map(|(at, row)| {
        Feature::new(
            point(at as f64, 0.0),
            row.as_object().unwrap().clone().into(),
        )
    });
    let layer = layer_of(32633, rows.collect());
    let task = SummarizeCenterAndDispersion::new(layer, [SummarizeType::MeanCenter]);
    let means = found(&task.clone().weight_field("w").group_field("x"))
        .mean_centers
        .unwrap();
    let xs: Vec<f64> = means
        .features()
        .iter()
        .map(|f| number(f, "XCoord"))
        .collect();
    assert_eq!(xs, [0.0, 3.0], "null is a group of its own");
    for (task, problem) in [
        (task.clone().weight_field("x"), "holds no numbers"),
        (task.clone().weight_field("y"), "names the field `y`"),
        (task.clone().group_field("w"), "fractions"),
    ] {
        let error = summarize_center_and_dispersion(&task, &Control::new()).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    let control = Control::new();
    control.cancel();
    let cancelled = summarize_center_and_dispersion(&task, &control);
    assert_eq!(cancelled, Err(EngineError::Cancelled));
}
