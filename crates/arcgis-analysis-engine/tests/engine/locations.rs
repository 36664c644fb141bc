//! Found and derived locations against Shapely and PROJ, and where they are refused.

use crate::common::{assert_close, layer, layer_of, line, point, polygon};
use arcgis_analysis_engine::{
    Control, EngineError, derive_new_locations, find_existing_locations, run,
};
use arcgis_analysis_spatial::derive_new_locations::DeriveNewLocations;
use arcgis_analysis_spatial::find_existing_locations::FindExistingLocations;
use arcgis_analysis_types::{
    Attributes, Distance, Feature, FeatureCollection, Geometry, GeometryType, LengthUnits,
    LocationExpression, LocationExpressions, LocationRelation, Param, Task,
};
use geo::{Area, Euclidean, Length, LineString, MultiLineString, Polygon};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_locations.json"
    ))
    .unwrap()
}

/// A layer whose features know their places in it.
fn numbered(mut layer: FeatureCollection) -> FeatureCollection {
    layer.layer_definition.fields.clear();
    layer.feature_set.fields.clear();
    for (index, feature) in layer.feature_set.features.iter_mut().enumerate() {
        feature.attributes.insert("i", json!(index));
    }
    layer
}

fn countries() -> FeatureCollection {
    numbered(
        FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
            .unwrap(),
    )
}

fn towns() -> FeatureCollection {
    numbered(
        FeatureCollection::from_geojson(include_str!(
            "../../../../tests/data/populated-places.geojson"
        ))
        .unwrap(),
    )
}

fn conditions(list: &Value) -> LocationExpressions {
    LocationExpressions::from_json(list.clone()).unwrap()
}

fn find(task: &FindExistingLocations) -> Result<FeatureCollection, EngineError> {
    find_existing_locations(task, &Control::new())
}

fn numbers(found: &FeatureCollection) -> Value {
    found
        .features()
        .iter()
        .map(|f| f.attributes["i"].clone())
        .collect()
}

#[test]
fn features_that_meet_conditions_are_those_of_the_reference() {
    let reference = reference();
    let places = reference["places"].as_array().unwrap();
    let places = places
        .iter()
        .map(|p| point(p[0].as_f64().unwrap(), p[1].as_f64().unwrap()));
    let layers = [countries(), towns(), layer(4326, places)];
    for case in reference["found"].as_array().unwrap() {
        let task = FindExistingLocations::new(layers.clone(), conditions(&case[0]));
        let found = find(&task).unwrap();
        assert_eq!(numbers(&found), case[1], "{}", case[0]);
    }
}

#[test]
fn found_features_are_as_they_were_given() {
    let given = countries();
    let clause = LocationExpression::attributes(0, "continent = 'Europe'");
    let found = find(&FindExistingLocations::new([given.clone()], clause)).unwrap();
    assert_eq!(
        found.layer_definition.geometry_type,
        Some(GeometryType::Polygon)
    );
    for feature in found.features() {
        let index = feature.attributes["i"].as_u64().unwrap() as usize;
        let whole = &given.features()[index];
        assert_eq!(feature.geometry, whole.geometry);
        for (name, value) in &whole.attributes {
            assert_eq!(feature.attributes.get(name), Some(value));
        }
    }
}

/// Shapes as GeoJSON has them, in a plane.
fn shapes(list: &Value) -> FeatureCollection {
    let shape = |shape: &Value| -> Geometry {
        match shape["type"].as_str() {
            Some("Polygon") => polygon(shape["coordinates"].as_array().unwrap()),
            _ => line(&[shape["coordinates"].clone()]),
        }
    };
    numbered(layer(
        32632,
        list.as_array()
            .unwrap()
            .iter()
            .map(shape)
            .collect::<Vec<_>>(),
    ))
}

fn size(geometry: &Geometry) -> f64 {
    let line = |path: &Vec<arcgis_analysis_types::Position>| {
        LineString::from_iter(path.iter().map(|p| [p.x, p.y]))
    };
    match geometry {
        Geometry::Polyline(lines) => {
            Euclidean.length(&MultiLineString::from_iter(lines.paths.iter().map(line)))
        }
        // Outer rings run clockwise, holes the other way.
        Geometry::Polygon(area) => area
            .rings
            .iter()
            .map(|ring| -Polygon::new(line(ring), Vec::new()).signed_area())
            .sum(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_that_meet_conditions_are_those_of_the_reference() {
    let reference = reference();
    let shapes = |name: &str| shapes(&reference["shapes"][name]);
    for case in reference["derived"].as_array().unwrap() {
        let target = shapes(case["target"].as_str().unwrap());
        let layers = [target, shapes("covers"), shapes("roads")];
        let text = case["expressions"].to_string();
        let expressions = conditions(&case["expressions"]);
        let task = DeriveNewLocations::new(layers.clone(), expressions.clone());
        let derived = derive_new_locations(&task, &Control::new()).unwrap();
        let mut sizes = vec![Value::Null; case["sizes"].as_array().unwrap().len()];
        for feature in derived.features() {
            let index = feature.attributes["i"].as_u64().unwrap() as usize;
            sizes[index] = json!(size(feature.geometry.as_ref().unwrap()));
        }
        // Buffers are drawn by circles of other vertices; everything else differs by rounding.
        let tolerance = if text.contains("istance") { 1e-4 } else { 1e-9 };
        for (index, wanted) in case["sizes"].as_array().unwrap().iter().enumerate() {
            match (sizes[index].as_f64(), wanted.as_f64()) {
                (Some(size), Some(wanted)) => assert_close(&text, size, wanted, tolerance),
                (size, wanted) => assert_eq!(size, wanted, "{text} {index}"),
            }
        }
        let clipped = FindExistingLocations::new(layers, expressions).clip_features(true);
        assert_eq!(find(&clipped).unwrap(), derived, "{text}");
    }
}

fn near(metres: f64) -> LocationRelation {
    LocationRelation::WithinDistance(Distance::new(metres, LengthUnits::Meters))
}

#[test]
fn places_that_are_missing_odd_or_far_apart_are_told() {
    let mut points = layer(
        4326,
        [
            point(-179.9, 0.0),
            point(179.9, 0.0),
            point(179.9, 0.0),
            point(0.0, 89.9),
        ],
    );
    points
        .feature_set
        .features
        .push(Feature::row(Attributes::new()));
    let points = numbered(points);
    let there = layer(4326, [point(179.95, 0.0), point(180.0, 89.9)]);
    let ask = |relation| {
        let place = LocationExpression::place(0, relation, 1);
        numbers(
            &find(&FindExistingLocations::new(
                [points.clone(), there.clone()],
                place,
            ))
            .unwrap(),
        )
    };
    // 0.15 degrees along the equator are 16.7 km, 0.2 degrees over the pole 22.3 km.
    assert_eq!(ask(near(17e3)), json!([0, 1, 2]));
    assert_eq!(ask(near(23e3)), json!([0, 1, 2, 3]));
    // All that are as near, and none without a place.
    assert_eq!(ask(LocationRelation::Nearest), json!([1, 2, 3]));
    assert_eq!(ask(LocationRelation::NotIntersects), json!([0, 1, 2, 3]));
    assert_eq!(ask(near(0.0)), json!([]));

    // A call without features is refused, so a filter leaves none.
    let mut empty = there.clone();
    empty.filter = Some("1 = 0".to_owned());
    let with_none = |relation| {
        let place = LocationExpression::place(0, relation, 1);
        numbers(
            &find(&FindExistingLocations::new(
                [points.clone(), empty.clone()],
                place,
            ))
            .unwrap(),
        )
    };
    assert_eq!(with_none(LocationRelation::Nearest), json!([]));
    assert_eq!(with_none(LocationRelation::NotWithin), json!([0, 1, 2, 3]));
    let itself = LocationExpression::place(0, LocationRelation::Intersects, 0);
    let found = find(&FindExistingLocations::new([points.clone()], itself)).unwrap();
    assert_eq!(numbers(&found), json!([0, 1, 2, 3]));
}

#[test]
fn a_null_is_neither_in_nor_out() {
    let features = [json!({"i": 0, "a": 1}), json!({"i": 1, "a": null})];
    let features =
        features.map(|row| Feature::new(point(0.0, 0.0), row.as_object().unwrap().clone().into()));
    let points = layer_of(4326, features.to_vec());
    let all = LocationExpressions::new(LocationExpression::attributes(0, "a = 1"))
        .or(LocationExpression::attributes(0, "a <> 1"));
    let found = find(&FindExistingLocations::new([points], all)).unwrap();
    assert_eq!(numbers(&found), json!([0]));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let point = || layer(4326, [point(0.0, 0.0)]);
    let refused = |inputs: usize, expressions: LocationExpressions, words: &str| {
        let task = FindExistingLocations::new((0..inputs).map(|_| point()), expressions);
        let error = find(&task).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let clause = |layer: u32, text: &str| LocationExpression::attributes(layer, text);
    let place = |relation| LocationExpression::place(0, relation, 1);
    refused(1, clause(0, "a = ").into(), "cannot be used");
    refused(1, clause(0, "a = 1").into(), "there is no field `a`");
    refused(1, clause(3, "a = 1").into(), "names the layer 3");
    refused(
        1,
        place(LocationRelation::Within).into(),
        "names the layer 1",
    );
    refused(2, place(near(-1.0)).into(), "give 0 or more");
    let two = LocationExpressions::new(clause(0, "1 = 1")).and(clause(1, "1 = 1"));
    refused(2, two, "AO_100262");
    let unit = Distance::new(1.0, LengthUnits::from("Rods"));
    refused(
        2,
        place(LocationRelation::WithinDistance(unit)).into(),
        "`Rods`",
    );
    let many = (0..500).fold(LocationExpressions::new(clause(0, "1 = 1")), |all, _| {
        all.or(clause(0, "1 = 1"))
    });
    refused(1, many, "more than 500");

    let task = DeriveNewLocations::new([point(), point()], place(LocationRelation::Intersects));
    let error = derive_new_locations(&task, &Control::new()).unwrap_err();
    assert!(error.to_string().contains("AO_100328"), "{error}");
    let control = Control::new();
    control.cancel();
    let task = FindExistingLocations::new([point()], clause(0, "1 = 1"));
    assert_eq!(
        find_existing_locations(&task, &control),
        Err(EngineError::Cancelled)
    );
    let results = run(FindExistingLocations::META, task.to_json(), &Control::new()).unwrap();
    assert_eq!(results[0].0, "resultLayer");
}
