//! Features summed up within distances, against PROJ, NumPy and Shapely.

use crate::common::{assert_close, layer, layer_of, line, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, SummarizedNearby, summarize_nearby};
use arcgis_analysis_spatial::choices::{ShapeUnits, TravelUnits};
use arcgis_analysis_spatial::summarize_nearby::SummarizeNearby;
use arcgis_analysis_types::{
    Feature, FeatureCollection, Geometry, SummaryField, SummaryStatistic, TravelMode,
};
use serde_json::{Value, json};

/// Outlines keep to the distance within 0.01 percent, areas and lengths to what lies between.
const OUTLINE: f64 = 5e-4;

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_nearby.json"
    ))
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
    let statistics = [Sum, Mean, Min, Max, Stddev].into_iter();
    statistics
        .map(|statistic| SummaryField::new(field, statistic))
        .collect()
}

fn summed(task: &SummarizeNearby) -> SummarizedNearby {
    summarize_nearby(task, &Control::new()).unwrap()
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name].as_f64().unwrap()
}

fn check_statistics(name: &str, feature: &Feature, field: &str, expected: &Value, tolerance: f64) {
    for (statistic, expected) in expected.as_object().unwrap() {
        let actual = &feature.attributes[&format!("{statistic}_{field}")];
        match expected.as_f64() {
            None => assert!(actual.is_null(), "{name}: {statistic} is {actual}"),
            Some(0.0) => assert!(actual.as_f64().unwrap().abs() < 1e-9, "{name}"),
            Some(expected) => assert_close(name, actual.as_f64().unwrap(), expected, tolerance),
        }
    }
}

#[test]
fn places_near_places_are_those_of_proj() {
    let figures = reference();
    let task = SummarizeNearby::new(places(), places(), [400.0, 1500.0, 400.0])
        .units(TravelUnits::Kilometers)
        .summary_fields(all("letters"))
        .return_boundaries(false);
    let result = summed(&task).features;
    let expected = figures["points"].as_array().unwrap();
    assert_eq!(result.features().len(), expected.len());
    for (at, (feature, expected)) in result.features().iter().zip(expected).enumerate() {
        let name = format!("place {}", at / 2);
        assert_eq!(number(feature, "BUFF_DIST"), [400.0, 1500.0][at % 2]);
        assert_eq!(
            feature.attributes["Point_Count"], expected["count"],
            "{name}"
        );
        check_statistics(&name, feature, "letters", &expected["letters"], 1e-12);
        assert!(matches!(feature.geometry, Some(Geometry::Point(_))));
    }
    // With boundaries the same figures, on areas.
    let areas = summed(&task.return_boundaries(true)).features;
    for (area, feature) in areas.features().iter().zip(result.features()) {
        assert_eq!(area.attributes, feature.attributes);
        assert!(matches!(area.geometry, Some(Geometry::Polygon(_))));
    }
}

#[test]
fn lines_near_places_have_the_lengths_of_proj() {
    let figures = reference();
    let lines = figures["lines"].as_array().unwrap().iter();
    let lines = lines.map(|path| line(std::slice::from_ref(path)));
    let all = places();
    let centres = figures["centres"].as_array().unwrap().iter();
    let centres = centres.map(|at| all.features()[at.as_u64().unwrap() as usize].clone());
    let task = SummarizeNearby::new(
        layer_of(4326, centres.collect()),
        layer(4326, lines),
        [400e3, 1500e3],
    )
    .shape_units(ShapeUnits::Meters);
    let result = summed(&task).features;
    let mut some = 0;
    for (feature, expected) in result
        .features()
        .iter()
        .zip(figures["lengths"].as_array().unwrap())
    {
        let (length, expected) = (
            number(feature, "sum_Length_Meters"),
            expected.as_f64().unwrap(),
        );
        let reach = number(feature, "BUFF_DIST");
        // Where a line runs along an outline, it comes in and goes out elsewhere; that much is at most this.
        assert!(
            (length - expected).abs() <= 1e-3 * reach,
            "{length} is not {expected}"
        );
        some += usize::from(expected > 0.0);
    }
    assert_eq!(result.features().len(), 42);
    assert!(some >= 8, "only {some} have lines near");
}

#[test]
fn boxes_near_lines_have_the_areas_of_shapely() {
    let figures = reference();
    let boxes = figures["boxes"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(at, ring)| {
            let attributes = json!({"value": figures["values"][at], "kind": figures["kinds"][at]});
            Feature::new(
                polygon(std::slice::from_ref(ring)),
                attributes.as_object().unwrap().clone().into(),
            )
        });
    let paths = figures["paths"].as_array().unwrap().iter();
    let paths = paths.map(|path| line(std::slice::from_ref(path)));
    let task = SummarizeNearby::new(
        layer(32633, paths),
        layer_of(32633, boxes.collect()),
        [250.0, 1000.0],
    )
    .shape_units(ShapeUnits::SquareMeters)
    .summary_fields(all("value"))
    .group_by_field("kind")
    .minority_majority(true)
    .percent_shape(true);
    let result = summed(&task);
    let groups = result.groups.unwrap();
    for (at, (feature, expected)) in result
        .features
        .features()
        .iter()
        .zip(figures["areas"].as_array().unwrap())
        .enumerate()
    {
        let name = format!("row {at}");
        assert_eq!(
            feature.attributes["Polygon_Count"], expected["count"],
            "{name}"
        );
        let area = expected["area"].as_f64().unwrap();
        assert_close(
            &name,
            number(feature, "sum_Area_SquareMeters"),
            area,
            OUTLINE,
        );
        check_statistics(&name, feature, "value", &expected["value"], 2.0 * OUTLINE);
        let sizes = expected["groups"].as_object().unwrap();
        let rows = groups.features().iter();
        let rows: Vec<_> = rows
            .filter(|row| row.attributes["Join_ID"] == feature.attributes["Join_ID"])
            .collect();
        assert_eq!(rows.len(), sizes.len(), "{name}");
        for row in rows {
            let size = sizes[row.attributes["kind"].as_str().unwrap()]
                .as_f64()
                .unwrap();
            assert_close(
                &name,
                number(row, "sum_Area_SquareMeters"),
                size,
                4.0 * OUTLINE,
            );
            assert_close(
                &name,
                number(row, "PercentArea"),
                100.0 * size / area,
                4.0 * OUTLINE,
            );
        }
        let most = sizes
            .iter()
            .max_by(|a, b| a.1.as_f64().unwrap().total_cmp(&b.1.as_f64().unwrap()));
        assert_eq!(
            feature.attributes["Majority_kind"],
            *most.unwrap().0,
            "{name}"
        );
    }
}

#[test]
fn the_antimeridian_nulls_and_other_references() {
    let centres = layer(4326, [point(179.9, 0.0)]);
    let mercator = [19_970_000.0, -20_030_000.0, 0.0].map(|x| point(x, 0.0));
    let mut near = layer(3857, mercator);
    for (feature, weight) in
        near.feature_set
            .features
            .iter_mut()
            .zip([json!(3), json!(null), json!(4)])
    {
        feature.attributes.insert("weight", weight);
    }
    let task = SummarizeNearby::new(centres.clone(), near, [60.0])
        .units(TravelUnits::Kilometers)
        .summary_fields(all("weight"));
    let result = summed(&task).features;
    let row = &result.features()[0];
    assert_eq!(row.attributes["Point_Count"], 2);
    assert_eq!(number(row, "mean_weight"), 3.0);
    assert!(row.attributes["stddev_weight"].is_null());

    let task = SummarizeNearby::new(centres.clone(), layer(4267, [point(0.0, 0.0)]), [60.0]);
    let error = summarize_nearby(&task, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("4267"), "{error}");
    let minutes =
        SummarizeNearby::new(centres.clone(), centres.clone(), [6.0]).units(TravelUnits::Minutes);
    let error = summarize_nearby(&minutes, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("unit of length"), "{error}");
    let mode = TravelMode::Mode(serde_json::Map::from_iter([(
        "name".to_owned(),
        json!("Walking Time"),
    )]));
    let walking = SummarizeNearby::new(centres.clone(), centres.clone(), [6.0]).near_type(mode);
    let error = summarize_nearby(&walking, &Control::new()).unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }));
    let far = SummarizeNearby::new(centres.clone(), centres.clone(), [1e9]);
    let error = summarize_nearby(&far, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("SummarizeNearby") && error.contains("smaller distance"),
        "{error}"
    );
    let control = Control::new();
    control.cancel();
    let task = SummarizeNearby::new(centres.clone(), centres, [6.0]);
    assert_eq!(
        summarize_nearby(&task, &control),
        Err(EngineError::Cancelled)
    );
}
