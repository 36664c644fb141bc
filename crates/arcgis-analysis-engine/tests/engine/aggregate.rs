//! Aggregated points against GeoPandas, Shapely and PROJ.
//!
//! Points lie on a border that two areas share, on a corner of three, on a slanted edge, on the border of a hole and in the
//! hole; nulls are among groups and values. Counts are exact; statistics agree to 1e-12.

use crate::common::{areas, assert_close, features, holds, layer, layer_of, point, tables};
use arcgis_analysis_engine::{AggregatedPoints, Control, aggregate_points};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_types::{
    Context, FeatureCollection, Field, FieldType, SpatialReference, SummaryField, SummaryStatistic,
};
use serde_json::{Value, json};

fn points() -> FeatureCollection {
    let mut layer = layer_of(32_633, features(&tables()["aggregate"]["points"]));
    layer.layer_definition.fields = vec![
        Field::new("kind", FieldType::String),
        Field::new("visitors", FieldType::Integer),
        Field::new("rating", FieldType::Double),
        Field::new("opened", FieldType::Date),
    ];
    layer
}

fn polygons() -> FeatureCollection {
    layer_of(32_633, features(&tables()["aggregate"]["areas"]))
}

fn task() -> AggregatePoints {
    use SummaryStatistic::{Max, Mean, Min, Stddev, Sum};
    let each =
        |field| [Sum, Mean, Min, Max, Stddev].map(|statistic| SummaryField::new(field, statistic));
    let opened = [Min, Max].map(|statistic| SummaryField::new("opened", statistic));
    AggregatePoints::new(points(), AggregationAreas::polygons(polygons())).summary_fields(
        [each("visitors"), each("rating")]
            .concat()
            .into_iter()
            .chain(opened),
    )
}

fn run(task: &AggregatePoints) -> AggregatedPoints {
    aggregate_points(task, &Control::new()).unwrap()
}

fn check_number(name: &str, actual: &Value, expected: &Value) {
    match expected.as_f64() {
        None => assert!(actual.is_null(), "{name}: {actual}, not null"),
        Some(expected) => {
            let off = (actual.as_f64().unwrap_or(f64::NAN) - expected).abs();
            assert!(
                off <= 1e-12 * expected.abs().max(1.0),
                "{name}: {actual}, not {expected}"
            );
        }
    }
}

#[test]
fn counts_and_statistics_are_those_of_geopandas() {
    let result = run(&task());
    assert!(result.groups.is_none());
    let expected = tables()["aggregate"]["expected"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(result.areas.features().len(), expected.len());
    for (feature, expected) in result.areas.features().iter().zip(&expected) {
        let row = &feature.attributes;
        let name = expected["name"].as_str().unwrap();
        assert_eq!(row["name"], name);
        assert_eq!(row["Point_Count"], expected["count"], "{name}");
        for (field, statistics) in [("visitors", 5), ("rating", 5), ("opened", 2)] {
            let expected = expected[field].as_object().unwrap();
            assert_eq!(expected.len(), statistics);
            for (statistic, expected) in expected {
                let column = format!("{statistic}_{field}");
                check_number(
                    &format!("{name}: {column}"),
                    &row[&column].to_json(),
                    expected,
                );
            }
        }
    }
    let types: Vec<_> = result
        .areas
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), f.field_type.clone()))
        .collect();
    assert!(types.contains(&("min_visitors", FieldType::Integer)));
    assert!(types.contains(&("max_opened", FieldType::Date)));
    assert!(types.contains(&("mean_visitors", FieldType::Double)));
}

#[test]
fn areas_without_points_go_when_asked() {
    let result = run(&task().keep_boundaries_with_no_points(false));
    let names: Vec<_> = result
        .areas
        .features()
        .iter()
        .map(|f| f.attributes["name"].clone())
        .collect();
    assert_eq!(names, ["left", "right", "with a hole", "two parts"]);
}

#[test]
fn groups_have_rows_of_their_own() {
    let result = run(&task()
        .group_by_field("kind")
        .minority_majority(true)
        .percent_points(true));
    let groups = result.groups.unwrap();
    assert_eq!(groups.geometry_type(), None);
    for (feature, expected) in result
        .areas
        .features()
        .iter()
        .zip(tables()["aggregate"]["expected"].as_array().unwrap())
    {
        let row = &feature.attributes;
        let name = expected["name"].as_str().unwrap();
        let rows: Vec<_> = groups
            .features()
            .iter()
            .filter(|g| g.attributes["Join_ID"] == row["Join_ID"])
            .collect();
        let kinds = expected["groups"].as_array().unwrap();
        assert_eq!(rows.len(), kinds.len(), "{name}");
        for (actual, expected) in rows.iter().zip(kinds) {
            let actual = &actual.attributes;
            assert_eq!(actual["kind"], expected["kind"], "{name}");
            assert_eq!(actual["Point_Count"], expected["count"], "{name}");
            check_number(
                name,
                &actual["PercentCount"].to_json(),
                &expected["percent"],
            );
            for (statistic, expected) in expected["visitors"].as_object().unwrap() {
                check_number(
                    name,
                    &actual[&format!("{statistic}_visitors")].to_json(),
                    expected,
                );
            }
        }
        assert_eq!(row["Majority_kind"], expected["majority"], "{name}");
        assert_eq!(row["Minority_kind"], expected["minority"], "{name}");
        let percent = |which: &str| {
            kinds
                .iter()
                .find(|k| k["kind"] == expected[which])
                .map_or(Value::Null, |k| k["percent"].clone())
        };
        check_number(
            name,
            &row["Majority_kind_Percent"].to_json(),
            &percent("majority"),
        );
        check_number(
            name,
            &row["Minority_kind_Percent"].to_json(),
            &percent("minority"),
        );
    }
}

/// Finds for each expected bin, by its centre, the count of ours, and holds the sums against each other.
fn check_bins(name: &str, bins: &FeatureCollection, expected: &Value) {
    let expected = expected["counts"].as_array().unwrap();
    let shapes = areas(bins);
    let total: i64 = bins
        .features()
        .iter()
        .map(|f| f.attributes["Point_Count"].as_i64().unwrap())
        .sum();
    assert_eq!(
        total,
        expected
            .iter()
            .map(|bin| bin[1].as_i64().unwrap())
            .sum::<i64>(),
        "{name}"
    );
    let filled = bins
        .features()
        .iter()
        .filter(|f| f.attributes["Point_Count"] != 0)
        .count();
    assert_eq!(filled, expected.len(), "{name}");
    for bin in expected {
        let centre = [bin[0][0].as_f64().unwrap(), bin[0][1].as_f64().unwrap()];
        let here: Vec<_> = shapes
            .iter()
            .zip(bins.features())
            .filter(|(shape, _)| holds(shape, centre))
            .collect();
        assert_eq!(here.len(), 1, "{name}: bins at {centre:?}");
        assert_eq!(
            here[0].1.attributes["Point_Count"], bin[1],
            "{name}: {centre:?}"
        );
    }
}

#[test]
fn bins_hold_the_points_that_lie_in_them() {
    let tables = tables();
    let list = |points: &Value| -> Vec<(f64, f64)> { crate::common::positions(points) };
    let planar: Vec<_> = tables["aggregate"]["points"].as_array().unwrap()[..300]
        .iter()
        .map(|feature| {
            (
                feature["point"][0].as_f64().unwrap(),
                feature["point"][1].as_f64().unwrap(),
            )
        })
        .collect();
    let cities = list(&tables["bins"]["geographic"]["points"]);
    for (wkid, places, expected) in [(32_633, planar, "planar"), (4326, cities, "geographic")] {
        for bin_type in [BinType::Square, BinType::Hexagon] {
            let name = format!("{expected} {bin_type}");
            let expected = &tables["bins"][expected][bin_type.to_string()];
            let bins = AggregationAreas::bins(
                bin_type,
                expected["size"].as_f64().unwrap(),
                DistanceUnits::Meters,
            );
            let points = layer(wkid, places.iter().map(|(x, y)| point(*x, *y)));
            let task = AggregatePoints::new(points, bins);
            check_bins(&name, &run(&task).areas, expected);
            let filled = run(&task.keep_boundaries_with_no_points(false)).areas;
            assert_eq!(
                filled.features().len(),
                expected["counts"].as_array().unwrap().len(),
                "{name}"
            );
        }
    }
}

#[test]
fn bins_have_the_size_that_is_asked_for() {
    use geo::{Area, BoundingRect};
    let place = || layer(32_633, [point(390_000.0, 5_820_000.0)]);
    let of = |bin_type| {
        let bins = AggregationAreas::bins(bin_type, 1.0, DistanceUnits::Miles);
        areas(&run(&AggregatePoints::new(place(), bins)).areas).remove(0)
    };
    let mile = 1609.344;
    assert_close(
        "square",
        of(BinType::Square).unsigned_area(),
        mile * mile,
        1e-9,
    );
    let hexagon = of(BinType::Hexagon);
    assert_close(
        "hexagon",
        hexagon.unsigned_area(),
        mile * mile * 3f64.sqrt() / 2.0,
        1e-9,
    );
    assert_close(
        "between parallel sides",
        hexagon.bounding_rect().unwrap().height(),
        mile,
        1e-9,
    );
}

#[test]
fn points_are_brought_to_the_reference_of_the_polygons() {
    let berlin = layer(4326, [point(13.4, 52.5), point(-70.0, -33.0)]);
    let square = json!([
        [1.4e6, 6.8e6],
        [1.6e6, 6.8e6],
        [1.6e6, 7.0e6],
        [1.4e6, 7.0e6],
        [1.4e6, 6.8e6]
    ]);
    let polygons = layer(3857, [crate::common::polygon(&[square])]);
    let out = Context {
        out_sr: Some(SpatialReference::WGS84),
        ..Context::default()
    };
    let task = AggregatePoints::new(berlin, AggregationAreas::polygons(polygons)).context(out);
    let areas_out = run(&task).areas;
    assert_eq!(areas_out.features()[0].attributes["Point_Count"], 1);
    assert_eq!(
        areas_out.spatial_reference(),
        Some(&SpatialReference::WGS84)
    );
    assert!(holds(&areas(&areas_out)[0], [13.4, 52.5]));
}

#[test]
fn each_point_of_a_multipoint_counts() {
    let points = layer(
        4326,
        [crate::common::multipoint(&[
            (0.5, 0.5),
            (0.6, 0.5),
            (5.0, 5.0),
        ])],
    );
    let square = json!([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]);
    let task = AggregatePoints::new(
        points,
        AggregationAreas::polygons(layer(4326, [crate::common::polygon(&[square])])),
    );
    assert_eq!(run(&task).areas.features()[0].attributes["Point_Count"], 2);
}
