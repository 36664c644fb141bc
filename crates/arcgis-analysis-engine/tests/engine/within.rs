//! What lies within areas, against figures by Shapely and PROJ, and where sums go wrong.
//!
//! Areas and lengths agree to a relative 1e-6: the reference follows lines that are straight in longitude and latitude by
//! geodesics of a hundredth of a degree. Statistics that weigh by them agree as far.

use crate::common::{assert_close, layer, layer_of, line, multipoint, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, SummarizedWithin, summarize_within};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits, ShapeUnits};
use arcgis_analysis_spatial::summarize_within::{SummarizeWithin, SummaryAreas};
use arcgis_analysis_types::{
    Context, Feature, FeatureCollection, Geometry, SpatialReference, SummaryField, SummaryStatistic,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RELATIVE: f64 = 1e-6;

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_within.json"
    ))
    .unwrap()
}

fn countries() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
        .unwrap()
}

fn places() -> FeatureCollection {
    let mut places = FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap();
    places.layer_definition.fields.clear();
    places.feature_set.fields.clear();
    for feature in &mut places.feature_set.features {
        let letters = feature.attributes["name"].as_str().unwrap().chars().count();
        feature.attributes.insert("letters", json!(letters));
    }
    places
}

fn all(field: &str) -> Vec<SummaryField> {
    use SummaryStatistic::{Max, Mean, Min, Stddev, Sum};
    [Sum, Mean, Min, Max, Stddev]
        .into_iter()
        .map(|statistic| SummaryField::new(field, statistic))
        .collect()
}

fn summed(task: SummarizeWithin) -> SummarizedWithin {
    summarize_within(&task, &Control::new()).unwrap()
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} is {}", feature.attributes[name]))
}

fn check_statistics(name: &str, feature: &Feature, field: &str, expected: &Value) {
    for (statistic, expected) in expected.as_object().unwrap() {
        let actual = &feature.attributes[&format!("{statistic}_{field}")];
        match expected.as_f64() {
            None => assert!(actual.is_null(), "{name}: {statistic} is {actual}"),
            Some(0.0) => assert!(
                actual.as_f64().unwrap().abs() < 1e-9,
                "{name}: {statistic} is {actual}"
            ),
            Some(expected) => assert_close(name, actual.as_f64().unwrap(), expected, RELATIVE),
        }
    }
}

#[test]
fn polygons_within_cells_are_those_of_shapely_and_proj() {
    let figures = reference();
    let cells = figures["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rings| polygon(rings.as_array().unwrap()));
    let task = SummarizeWithin::new(SummaryAreas::polygons(layer(4326, cells)), countries())
        .shape_units(ShapeUnits::SquareKilometers)
        .summary_fields(all("pop_est"))
        .group_by_field("continent")
        .minority_majority(true)
        .percent_shape(true);
    let result = summed(task);
    let groups = result.groups.unwrap();
    let expected = figures["polygons"].as_array().unwrap();
    assert_eq!(result.areas.features().len(), expected.len());
    for (index, (feature, expected)) in result.areas.features().iter().zip(expected).enumerate() {
        let name = format!("cell {index}");
        assert_eq!(
            feature.attributes["Polygon_Count"], expected["count"],
            "{name}"
        );
        let area = expected["area"].as_f64().unwrap() / 1e6;
        if area == 0.0 {
            assert_eq!(number(feature, "sum_Area_SquareKilometers"), 0.0);
            assert!(feature.attributes["Majority_continent"].is_null());
            continue;
        }
        assert_close(
            &name,
            number(feature, "sum_Area_SquareKilometers"),
            area,
            RELATIVE,
        );
        check_statistics(&name, feature, "pop_est", &expected["pop_est"]);
        let sizes: BTreeMap<&str, f64> = expected["continents"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_f64().unwrap() / 1e6))
            .collect();
        let rows = groups
            .features()
            .iter()
            .filter(|row| row.attributes["Join_ID"] == feature.attributes["Join_ID"]);
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), sizes.len());
        for row in &rows {
            let size = sizes[row.attributes["continent"].as_str().unwrap()];
            assert_close(
                &name,
                number(row, "sum_Area_SquareKilometers"),
                size,
                RELATIVE,
            );
            assert_close(
                &name,
                number(row, "PercentArea"),
                100.0 * size / area,
                RELATIVE,
            );
        }
        let most = sizes.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        let least = sizes.iter().min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        assert_eq!(feature.attributes["Majority_continent"], *most.0, "{name}");
        assert_eq!(feature.attributes["Minority_continent"], *least.0, "{name}");
        assert_close(
            &name,
            number(feature, "Majority_continent_Percent"),
            100.0 * most.1 / area,
            RELATIVE,
        );
    }
}

#[test]
fn lines_and_points_within_countries_are_those_of_shapely_and_proj() {
    let figures = reference();
    let lines = figures["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| line(std::slice::from_ref(path)));
    let task = SummarizeWithin::new(SummaryAreas::polygons(countries()), layer(4326, lines))
        .shape_units(ShapeUnits::Miles);
    let result = summed(task);
    for (feature, expected) in result
        .areas
        .features()
        .iter()
        .zip(figures["lengths"].as_array().unwrap())
    {
        let name = expected["name"].as_str().unwrap();
        assert_eq!(feature.attributes["name"], name);
        assert_eq!(
            feature.attributes["Polyline_Count"], expected["count"],
            "{name}"
        );
        let miles = expected["length"].as_f64().unwrap() / 1609.344;
        let actual = number(feature, "sum_Length_Miles");
        assert!(
            (actual - miles).abs() <= miles * RELATIVE + 1e-6,
            "{name}: {actual} is not {miles}"
        );
    }
    let task = SummarizeWithin::new(SummaryAreas::polygons(countries()), places())
        .summary_fields(all("letters"));
    let result = summed(task);
    assert_eq!(result.groups, None);
    for (feature, expected) in result
        .areas
        .features()
        .iter()
        .zip(figures["points"].as_array().unwrap())
    {
        let name = expected["name"].as_str().unwrap();
        assert_eq!(
            feature.attributes["Point_Count"], expected["count"],
            "{name}"
        );
        check_statistics(name, feature, "letters", &expected["letters"]);
    }
}

fn square(x: f64, y: f64, side: f64) -> Geometry {
    polygon(&[json!([
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
        [x, y]
    ])])
}

fn within(areas: FeatureCollection, features: FeatureCollection) -> SummarizeWithin {
    SummarizeWithin::new(SummaryAreas::polygons(areas), features)
}

/// Bins lie without gaps and overlaps, so the lengths and areas in them sum up to the whole.
#[test]
fn bins_lose_nothing() {
    for bin_type in [BinType::Square, BinType::Hexagon] {
        let bins = || SummaryAreas::bins(bin_type.clone(), 700.0, DistanceUnits::Meters);
        let field = layer(
            32_633,
            [polygon(&[json!([
                [0, 0],
                [3000, 200],
                [2500, 2600],
                [-400, 1900],
                [0, 0]
            ])])],
        );
        // The shoelace formula: (3000 * 2600 - 2500 * 200 + 2500 * 1900 + 400 * 2600) / 2.
        let result =
            summed(SummarizeWithin::new(bins(), field).shape_units(ShapeUnits::SquareMeters));
        let total: f64 = result
            .areas
            .features()
            .iter()
            .map(|f| number(f, "sum_Area_SquareMeters"))
            .sum();
        assert_close("area", total, 6_545_000.0, 1e-12);
        let road = layer(32_633, [line(&[json!([[1, 1], [3001, 4001], [3001, 1]])])]);
        let result = summed(SummarizeWithin::new(bins(), road).shape_units(ShapeUnits::Meters));
        let total: f64 = result
            .areas
            .features()
            .iter()
            .map(|f| number(f, "sum_Length_Meters"))
            .sum();
        assert_close("length", total, 9000.0, 1e-12);
        let towns = layer(
            4326,
            [point(13.4, 52.5), point(13.41, 52.5), point(13.9, 52.7)],
        );
        let result = summed(SummarizeWithin::new(
            SummaryAreas::bins(bin_type.clone(), 5.0, DistanceUnits::Kilometers),
            towns,
        ));
        assert_eq!(
            result
                .areas
                .features()
                .iter()
                .map(|f| number(f, "Point_Count"))
                .sum::<f64>(),
            3.0
        );
    }
}

/// Along its edge a rectangle meets hexagons of two rows by turns.
#[test]
fn hexagons_along_an_edge_are_not_missed() {
    for step in 0..40 {
        let y = f64::from(step * 37 - 700);
        for road in [json!([[0, y], [1300, y]]), json!([[y, 0], [y, 1300]])] {
            let road = layer(32_633, [line(&[road])]);
            let bins = SummaryAreas::bins(BinType::Hexagon, 700.0, DistanceUnits::Meters);
            let result = summed(SummarizeWithin::new(bins, road).shape_units(ShapeUnits::Meters));
            let lengths = result.areas.features().iter();
            let lengths: Vec<f64> = lengths.map(|f| number(f, "sum_Length_Meters")).collect();
            assert_close("length", lengths.iter().sum(), 1300.0, 1e-12);
            // Each has a part of it.
            assert!(
                lengths.iter().all(|length| *length > 0.0),
                "{y}: {lengths:?}"
            );
        }
    }
}

/// The grid on which areas are cut must reach as far as the bins do, which are greater than the features.
#[test]
fn bins_around_a_small_feature_near_the_origin_hold_it() {
    for [x, y, side] in [[0.0, 0.0, 0.1], [-0.2, -0.2, 0.4], [0.25, 0.5, 1.0]] {
        for bin_type in [BinType::Square, BinType::Hexagon] {
            let bins = SummaryAreas::bins(bin_type.clone(), 90.0, DistanceUnits::Kilometers);
            let plot = layer(32_633, [square(x, y, side)]);
            let result =
                summed(SummarizeWithin::new(bins, plot).shape_units(ShapeUnits::SquareMeters));
            let areas = result.areas.features().iter();
            let total: f64 = areas.map(|f| number(f, "sum_Area_SquareMeters")).sum();
            assert_close(&format!("{bin_type} {side}"), total, side * side, 1e-8);
        }
    }
}

#[test]
fn nulls_duplicates_and_touching_features() {
    let feature = |geometry: Geometry, value: Value, kind: Value| {
        let attributes = json!({"value": value, "kind": kind});
        Feature::new(geometry, attributes.as_object().unwrap().clone().into())
    };
    let twice = || line(&[json!([[0, 0.5], [2, 0.5]])]);
    let lines = layer_of(
        32_633,
        vec![
            feature(twice(), json!(1.0), json!("a")),
            feature(twice(), json!(4.0), json!("a")),
            feature(twice(), Value::Null, Value::Null),
            // Touches the square in one point only.
            feature(line(&[json!([[1, 1], [2, 2]])]), json!(100.0), json!("b")),
            feature(
                line(&[json!([[0, 1], [1, 1]])]),
                json!(7.0),
                json!("border"),
            ),
        ],
    );
    let task = within(layer(32_633, [square(0.0, 0.0, 1.0)]), lines)
        .shape_units(ShapeUnits::Meters)
        .summary_fields(all("value"))
        .group_by_field("kind")
        .minority_majority(true);
    let result = summed(task);
    let row = &result.areas.features()[0];
    assert_eq!(row.attributes["Polyline_Count"], 4);
    assert_eq!(number(row, "sum_Length_Meters"), 4.0);
    // 1, 4 and 7 weigh the same.
    assert_eq!(
        (number(row, "mean_value"), number(row, "stddev_value")),
        (4.0, 3.0)
    );
    assert_eq!(
        (number(row, "sum_value"), number(row, "max_value")),
        (12.0, 7.0)
    );
    assert_eq!(row.attributes["Majority_kind"], "a");
    assert_eq!(row.attributes["Minority_kind"], "border");
    assert_eq!(result.groups.unwrap().features().len(), 3);
}

#[test]
fn the_antimeridian_the_poles_and_other_references() {
    let fiji = layer(4326, [square(175.0, -20.0, 10.0)]);
    let points = layer(
        4326,
        [multipoint(&[
            (-176.0, -15.0),
            (176.0, -15.0),
            (-174.0, -15.0),
        ])],
    );
    let kind_of_point = within(fiji.clone(), points);
    assert_eq!(
        summed(kind_of_point).areas.features()[0].attributes["Point_Count"],
        2
    );
    // All of the Earth north of 80 degrees: pyproj's area of the same cap, drawn with a vertex every hundredth of a degree.
    let cap = polygon(&[json!([
        [-180, 80],
        [180, 80],
        [180, 90],
        [-180, 90],
        [-180, 80]
    ])]);
    let world = polygon(&[json!([
        [-180, -90],
        [180, -90],
        [180, 90],
        [-180, 90],
        [-180, -90]
    ])]);
    let task =
        within(layer(4326, [cap]), layer(4326, [world])).shape_units(ShapeUnits::SquareKilometers);
    assert_close(
        "cap",
        number(
            &summed(task).areas.features()[0],
            "sum_Area_SquareKilometers",
        ),
        CAP,
        RELATIVE,
    );
    // Web Mercator features within geographic areas, written in Web Mercator.
    let mercator = layer(3857, [point(19_592_000.0, -1_700_000.0)]);
    let task = within(fiji.clone(), mercator).context(Context {
        out_sr: Some(SpatialReference::wkid(3857)),
        ..Context::default()
    });
    let result = summed(task);
    assert_eq!(result.areas.features()[0].attributes["Point_Count"], 1);
    assert_eq!(
        result
            .areas
            .spatial_reference()
            .and_then(SpatialReference::id),
        Some(3857)
    );
    let task = within(fiji, layer(4267, [point(0.0, 0.0)]));
    assert!(matches!(
        summarize_within(&task, &Control::new()),
        Err(EngineError::SpatialReference { .. })
    ));
}

const CAP: f64 = 3_908_572.742_442_781;

#[test]
fn cancelling_stops_a_summary() {
    let control = Control::new();
    control.cancel();
    let task = within(
        layer(4326, [square(0.0, 0.0, 1.0)]),
        layer(4326, [point(0.5, 0.5)]),
    );
    assert_eq!(
        summarize_within(&task, &control),
        Err(EngineError::Cancelled)
    );
}

/// A line along the border of two bins, and a point on it, count in the one to the north or east.
#[test]
fn what_lies_on_the_border_of_bins_counts_once() {
    let figures: Value = serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_antimeridian.json"
    ))
    .unwrap();
    let figures = &figures["bins"];
    let lines: Vec<Geometry> = figures["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shape| line(std::slice::from_ref(&shape["coordinates"])))
        .collect();
    let points = crate::common::positions(&figures["points"]);
    let points: Vec<Geometry> = points.into_iter().map(|(x, y)| point(x, y)).collect();
    let rows = |features: Vec<Geometry>, shape: BinType, size: f64| {
        let areas = SummaryAreas::bins(shape, size, DistanceUnits::Meters);
        let are_lines = matches!(features[0], Geometry::Polyline(_));
        let mut task = SummarizeWithin::new(areas, layer(32633, features));
        task.shape_units = are_lines.then_some(ShapeUnits::Meters);
        summed(task).areas
    };
    let total = |areas: &FeatureCollection, field: &str| -> f64 {
        areas.features().iter().map(|row| number(row, field)).sum()
    };
    let squares = figures["squares"].as_array().unwrap();
    for (features, field, at) in [
        (&lines, "sum_Length_Meters", 2),
        (&points, "Point_Count", 3),
    ] {
        let areas = rows(features.clone(), BinType::Square, 1000.0);
        let mut met = 0;
        for row in areas.features() {
            let Some(Geometry::Polygon(square)) = &row.geometry else {
                panic!("no polygon")
            };
            let corners = square.rings[0].iter();
            let [x, y] = corners.fold([f64::MAX; 2], |[x, y], p| [x.min(p.x), y.min(p.y)]);
            let expected = squares.iter().find(|square| {
                square[0].as_f64() == Some(x / 1000.0) && square[1].as_f64() == Some(y / 1000.0)
            });
            let expected = expected.map_or(0.0, |square| square[at].as_f64().unwrap());
            assert!(
                (number(row, field) - expected).abs() < 1e-6,
                "{field} {x} {y}"
            );
            met += usize::from(expected > 0.0);
        }
        let all = squares
            .iter()
            .filter(|square| square[at].as_f64() != Some(0.0));
        assert_eq!(met, all.count(), "{field}");
    }
    // Hexagons' own outlines and corners, all of which lie on borders.
    let hexagons = rows(lines, BinType::Hexagon, 700.0);
    let outlines = hexagons
        .features()
        .iter()
        .filter_map(|row| match &row.geometry {
            Some(Geometry::Polygon(hexagon)) => Some(&hexagon.rings[0]),
            _ => None,
        });
    let outlines: Vec<_> = outlines.collect();
    let paths = outlines.iter().map(|ring| {
        let ring: Vec<_> = ring.iter().map(|p| [p.x, p.y]).collect();
        line(&[json!(ring)])
    });
    let paths: Vec<Geometry> = paths.collect();
    let length = outlines.len() as f64 * 6.0 * 700.0 / 3f64.sqrt();
    let found = rows(paths, BinType::Hexagon, 700.0);
    assert_close("outlines", total(&found, "sum_Length_Meters"), length, 1e-9);
    let corners: Vec<Geometry> = outlines
        .iter()
        .flat_map(|ring| ring[1..].iter().map(|p| point(p.x, p.y)))
        .collect();
    let count = corners.len() as f64;
    let found = rows(corners, BinType::Hexagon, 700.0);
    assert_eq!(total(&found, "Point_Count"), count);
}

/// The antimeridian is the western border of the bins to the east of it, however a line along it is written.
#[test]
fn a_line_along_the_antimeridian_counts_once() {
    let size = 6_378_137.0 * std::f64::consts::PI / 200.0;
    let way = |x: f64| line(&[json!([[x, -1], [x, 1]])]);
    let alone = |x: f64| {
        let areas = SummaryAreas::bins(BinType::Square, size, DistanceUnits::Meters);
        let task = SummarizeWithin::new(
            areas,
            layer(4326, [way(x), line(&[json!([[x, 1], [x + 0.1, 1]])])]),
        );
        let found = summed(task.shape_units(ShapeUnits::Meters)).areas;
        let lengths = found
            .features()
            .iter()
            .map(|row| number(row, "sum_Length_Meters"));
        lengths.sum::<f64>()
    };
    // Along any meridian that is no border.
    let expected = alone(10.3);
    for x in [0.0, 0.9, 180.0, -180.0] {
        assert_close(&format!("{x}"), alone(x), expected, 1e-9);
    }
}
