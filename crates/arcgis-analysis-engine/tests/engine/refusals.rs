//! What the engine refuses, and what it says of it.

use crate::common::{layer, line, multipoint, point, polygon};
use arcgis_analysis_engine::{
    Control, EngineError, aggregate_points, create_buffers, dissolve_boundaries,
};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers, SideType};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_types::{
    Context, Extent, FeatureCollection, FeatureInput, FeatureLayer, Field, FieldType, Geometry,
    Point, SpatialReference, SummaryField, SummaryStatistic,
};
use serde_json::json;

fn places() -> FeatureCollection {
    let mut layer = layer(4326, [point(13.4, 52.5)]);
    layer.layer_definition.fields = vec![
        Field::new("name", FieldType::String),
        Field::new("reach", FieldType::Double),
    ];
    layer
}

fn squares() -> FeatureCollection {
    layer(
        4326,
        [polygon(&[json!([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]])])],
    )
}

fn buffers(input: impl Into<FeatureInput>, distances: BufferDistance) -> EngineError {
    create_buffers(&CreateBuffers::new(input, distances), &Control::new()).unwrap_err()
}

fn five() -> BufferDistance {
    BufferDistance::values([5.0])
}

#[track_caller]
fn says(error: &EngineError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "\"{text}\" does not say \"{word}\"");
    }
}

#[test]
fn features_must_travel_with_the_call() {
    for input in [
        FeatureInput::from(FeatureLayer::new("https://example.com/FeatureServer/0")),
        FeatureInput::item("0123456789abcdef0123456789abcdef", 0),
    ] {
        let error = buffers(input, five());
        assert!(matches!(error, EngineError::Input { .. }), "{error:?}");
        says(&error, &["inputLayer", "travel with the call"]);
    }
}

#[test]
fn distances_must_be_greater_than_zero_and_not_endless() {
    for wrong in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        let error = buffers(places(), BufferDistance::values([5.0, wrong]));
        assert!(matches!(error, EngineError::Parameter(_)), "{error:?}");
        says(&error, &["distances"]);
    }
    says(
        &buffers(places(), BufferDistance::values([19_950e3])),
        &["distances", "19900 km"],
    );
    says(
        &buffers(squares(), BufferDistance::values([9_950e3])),
        &["polygons", "9900 km"],
    );
}

#[test]
fn fields_must_be_there_and_fit() {
    says(
        &buffers(places(), BufferDistance::field("rech")),
        &["`field`", "`rech`", "name, reach"],
    );
    says(
        &buffers(places(), BufferDistance::field("name")),
        &["`field`", "`name`", "no numbers"],
    );
    let task = DissolveBoundaries::new(squares()).dissolve_fields(["zone"]);
    says(
        &dissolve_boundaries(&task, &Control::new()).unwrap_err(),
        &["dissolveFields", "`zone`"],
    );
    let areas = || AggregationAreas::polygons(squares());
    let task = AggregatePoints::new(places(), areas()).group_by_field("reach");
    says(
        &aggregate_points(&task, &Control::new()).unwrap_err(),
        &["groupByField", "fractions"],
    );
    let sum = SummaryField::new("name", SummaryStatistic::Sum);
    let task = AggregatePoints::new(places(), areas()).summary_fields([sum]);
    says(
        &aggregate_points(&task, &Control::new()).unwrap_err(),
        &["summaryFields", "`name`", "no numbers"],
    );
}

#[test]
fn geometries_must_suit_the_task() {
    for (side, shape, needs) in [
        (SideType::Left, point(0.0, 0.0), "line"),
        (
            SideType::Right,
            polygon(&[json!([[0, 0], [0, 1], [1, 1], [0, 0]])]),
            "line",
        ),
        (
            SideType::Outside,
            line(&[json!([[0, 0], [1, 1]])]),
            "polygon",
        ),
    ] {
        let task = CreateBuffers::new(layer(4326, [shape]), five()).side_type(side);
        says(
            &create_buffers(&task, &Control::new()).unwrap_err(),
            &["sideType", needs],
        );
    }
    let mixed = layer(4326, [point(0.0, 0.0), line(&[json!([[0, 0], [1, 1]])])]);
    says(&buffers(mixed, five()), &["inputLayer"]);
    let task = DissolveBoundaries::new(places());
    says(
        &dissolve_boundaries(&task, &Control::new()).unwrap_err(),
        &["inputLayer", "polygon"],
    );
}

#[test]
fn places_must_be_on_earth() {
    says(
        &buffers(layer(4326, [point(52.5, 133.4)]), five()),
        &["133.4", "longitude"],
    );
    says(
        &buffers(
            layer(4326, [multipoint(&[(0.0, 0.0), (0.0, f64::NAN)])]),
            five(),
        ),
        &["inputLayer"],
    );
}

#[test]
fn spatial_references_must_be_known_and_one() {
    let unknown = buffers(layer(999_999, [point(0.0, 0.0)]), five());
    assert!(
        matches!(unknown, EngineError::SpatialReference { .. }),
        "{unknown:?}"
    );
    says(&unknown, &["999999"]);
    let mut none = places();
    none.feature_set.spatial_reference = None;
    says(&buffers(none, five()), &["no spatial reference"]);
    let mut own = Point::new(0.0, 0.0);
    own.spatial_reference = Some(SpatialReference::wkid(32_633));
    says(
        &buffers(layer(4326, [point(0.0, 0.0), Geometry::from(own)]), five()),
        &["feature 2", "32633", "4326"],
    );

    let to = |wkid| Context {
        out_sr: Some(SpatialReference::wkid(wkid)),
        ..Context::default()
    };
    let task = CreateBuffers::new(places(), five()).context(to(102_036));
    says(
        &create_buffers(&task, &Control::new()).unwrap_err(),
        // A gnomonic map has no place for the other hemisphere.
        &["context", "102036", "cannot draw feature"],
    );
    // No transformation to or from NAD 27 is good to ten metres without a grid.
    let task = AggregatePoints::new(
        layer(26_715, [point(0.0, 0.0)]),
        AggregationAreas::polygons(squares()),
    );
    says(
        &aggregate_points(&task, &Control::new()).unwrap_err(),
        &["pointLayer", "26715", "4326", "datum of 4267"],
    );
    let process = Context {
        process_sr: Some(SpatialReference::wkid(32_633)),
        ..Context::default()
    };
    let task = CreateBuffers::new(places(), five()).context(process);
    says(
        &create_buffers(&task, &Control::new()).unwrap_err(),
        &["processSR"],
    );
}

#[test]
fn an_extent_must_have_an_inside() {
    let extent = Extent {
        xmin: 5.0,
        ymin: 0.0,
        xmax: 4.0,
        ymax: 1.0,
        spatial_reference: None,
    };
    let task = CreateBuffers::new(places(), five()).context(Context {
        extent: Some(extent),
        ..Context::default()
    });
    let error = create_buffers(&task, &Control::new()).unwrap_err();
    says(&error, &["context", "extent"]);
}

#[test]
fn bins_must_not_be_too_many() {
    let bins = AggregationAreas::bins(BinType::Square, 1.0, DistanceUnits::Meters);
    let points = layer(4326, [point(0.0, 0.0), point(10.0, 10.0)]);
    let task = AggregatePoints::new(points, bins);
    says(
        &aggregate_points(&task, &Control::new()).unwrap_err(),
        &["binSize", "keepBoundariesWithNoPoints"],
    );
    let few =
        aggregate_points(&task.keep_boundaries_with_no_points(false), &Control::new()).unwrap();
    assert_eq!(few.areas.features().len(), 2);
}
