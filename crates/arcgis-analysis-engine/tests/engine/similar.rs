//! Similar places against NumPy's figures, and where they go wrong.
//!
//! Indices agree to a relative 1e-12: only the order of sums differs.

use crate::common::{assert_close, layer_of, line, point};
use arcgis_analysis_engine::{Control, EngineError, SimilarLocations, find_similar_locations, run};
use arcgis_analysis_spatial::find_similar_locations::{
    CriteriaField, FindSimilarLocations, SimilarityCriteria,
};
use arcgis_analysis_types::{
    Context, Feature, FeatureCollection, GeometryType, SpatialReference, Task,
};
use serde_json::{Value, json};

fn countries(references: bool) -> FeatureCollection {
    let mut countries =
        FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
            .unwrap();
    countries.layer_definition.fields.clear();
    countries.feature_set.fields.clear();
    for feature in &mut countries.feature_set.features {
        let letters = feature.attributes["name"].as_str().unwrap().chars().count();
        feature.attributes.insert("letters", json!(letters));
    }
    countries.feature_set.features.retain(|feature| {
        let name = feature.attributes["name"].as_str().unwrap();
        ["Germany", "France"].contains(&name) == references
    });
    countries
}

fn similar(task: &FindSimilarLocations) -> SimilarLocations {
    find_similar_locations(task, &Control::new()).unwrap()
}

#[test]
fn countries_rank_as_by_numpy() {
    let expected: Vec<(String, f64)> = serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_similar.json"
    ))
    .unwrap();
    let task = FindSimilarLocations::new(
        countries(true),
        countries(false),
        SimilarityCriteria::same_fields(["POP_EST", "letters"]),
    );
    let result = similar(&task);
    let features = result.features.features();
    assert_eq!(features.len(), 2 + expected.len());
    for reference in &features[..2] {
        assert_eq!(reference.attributes["simrank"], 0);
        assert_eq!(reference.attributes["simindex"], 0.0);
    }
    assert_eq!(
        result.features.layer_definition.geometry_type,
        Some(GeometryType::Polygon)
    );
    for (rank, (feature, (name, index))) in features[2..].iter().zip(&expected).enumerate() {
        assert_eq!(feature.attributes["simrank"], rank + 1);
        assert_eq!(feature.attributes["name"], name.as_str(), "{rank}");
        let ours = feature.attributes["simindex"].as_f64().unwrap();
        assert_close(name, ours, *index, 1e-12);
        assert!(feature.geometry.is_some());
    }
    assert_eq!(result.process_info.len(), 2);
    let five = similar(&task.clone().number_of_results(5));
    assert_eq!(five.features.features(), &features[..7]);
}

fn rows(wkid: u32, field: &str, values: &[Value]) -> FeatureCollection {
    let feature = |value: &Value| {
        let attributes = json!({field: value, "same": 7, "kind": "a"});
        Feature::new(
            point(1.0, 2.0),
            attributes.as_object().unwrap().clone().into(),
        )
    };
    layer_of(wkid, values.iter().map(feature).collect())
}

/// By hand: values 1, 3, 5, 5 and 8 of all, whose variance is 5.44, against the reference's mean of 2.
#[test]
fn pairs_of_fields_nulls_and_ties() {
    let pairs = SimilarityCriteria::field_pairs([CriteriaField::new("own", "other")]);
    let references = rows(4326, "own", &[json!(1), json!(3), Value::Null]);
    let candidates = rows(4326, "other", &[json!(8), json!(5), Value::Null, json!(5)]);
    let task = FindSimilarLocations::new(references, candidates, pairs);
    let result = similar(&task);
    let features = result.features.features();
    let column = |name: &str| -> Vec<Value> {
        features
            .iter()
            .map(|f| f.attributes[name].clone())
            .map(Value::from)
            .collect()
    };
    assert_eq!(column("other"), [1, 3, 5, 5, 8].map(Value::from));
    assert_eq!(column("simrank"), [0, 0, 1, 2, 3].map(Value::from));
    assert_eq!(column("SOURCE_ID"), [1, 2, 2, 4, 1].map(Value::from));
    for (feature, square) in features[2..].iter().zip([9.0, 9.0, 36.0]) {
        let index = feature.attributes["simindex"].as_f64().unwrap();
        assert_close("index", index, square / 5.44, 1e-14);
    }
    let untyped = run(FindSimilarLocations::META, task.to_json(), &Control::new()).unwrap();
    assert_eq!(
        untyped[0],
        ("similarResultLayer", result.features.clone().into())
    );
    // What is the same everywhere tells nothing.
    let same = FindSimilarLocations::new(
        rows(4326, "own", &[json!(1)]),
        rows(4326, "own", &[json!(2), json!(3)]),
        SimilarityCriteria::same_fields(["same"]),
    );
    let same = similar(&same);
    assert!(
        same.features
            .features()
            .iter()
            .all(|f| f.attributes["simindex"] == 0.0)
    );
}

#[test]
fn references_and_results_elsewhere() {
    let criteria = || SimilarityCriteria::same_fields(["own"]);
    let two = [json!(2), json!(3)];
    let context = |wkid| Context {
        out_sr: Some(SpatialReference::wkid(wkid)),
        ..Context::default()
    };
    let task = FindSimilarLocations::new(
        rows(3857, "own", &[json!(1)]),
        rows(4326, "own", &two),
        criteria(),
    )
    .context(context(3857));
    let result = similar(&task);
    assert_eq!(
        result.features.spatial_reference(),
        Some(&SpatialReference::wkid(3857))
    );
    let places: Vec<f64> = result
        .features
        .features()
        .iter()
        .map(|f| match &f.geometry {
            Some(arcgis_analysis_types::Geometry::Point(point)) => point.position.x,
            other => panic!("{other:?}"),
        })
        .collect();
    // pyproj 3.7.2: Transformer.from_crs(4326, 3857, always_xy=True).transform(1, 2)
    assert_eq!(places[0], 1.0);
    assert_close("x", places[1], 111_319.490_793_273_57, 1e-12);
    // Lines cannot stand among points.
    let attributes = json!({"own": 1}).as_object().unwrap().clone();
    let path = line(&[json!([[0, 0], [1, 1]])]);
    let lines = layer_of(4326, vec![Feature::new(path, attributes.into())]);
    let task = FindSimilarLocations::new(lines, rows(4326, "own", &two), criteria());
    assert_eq!(similar(&task).features.features().len(), 2);
    let elsewhere =
        FindSimilarLocations::new(rows(4267, "own", &two), rows(4326, "own", &two), criteria());
    assert!(matches!(
        find_similar_locations(&elsewhere, &Control::new()),
        Err(EngineError::SpatialReference { .. })
    ));
}

/// References and candidates of one layer are told apart by a condition; geometries come back as they were given.
#[test]
fn a_query_tells_references_from_candidates() {
    let values = [json!(5), json!(7), json!(20), json!(6.5), Value::Null];
    let layer = || rows(4326, "own", &values);
    let task =
        FindSimilarLocations::new(layer(), layer(), SimilarityCriteria::same_fields(["own"]))
            .input_query("own < 6 OR own = 20");
    let result = similar(&task).features;
    let column = |name: &str| -> Vec<Value> {
        let features = result.features().iter();
        features
            .map(|f| f.attributes[name].clone())
            .map(Value::from)
            .collect()
    };
    // The profile is 12.5: of the others 7 is nearer than 6.5, by 5.5 to 6 of what all deviate by.
    assert_eq!(column("own"), [json!(5), json!(20), json!(7), json!(6.5)]);
    assert_eq!(column("SOURCE_ID"), [1, 3, 2, 4].map(|n| json!(n)));
    assert_eq!(column("simrank"), [0, 0, 1, 2].map(|n| json!(n)));
    let indices = [&column("simindex")[2], &column("simindex")[3]].map(|n| n.as_f64().unwrap());
    assert_close(
        "ratio",
        indices[1] / indices[0],
        (6.0_f64 / 5.5).powi(2),
        1e-12,
    );
    // In another layer nothing is left out.
    let others = rows(4326, "own", &values[1..]);
    let task = FindSimilarLocations::new(layer(), others, SimilarityCriteria::same_fields(["own"]))
        .input_query("own = 20");
    assert_eq!(similar(&task).features.features().len(), 1 + 3);

    let bow_tie =
        crate::common::polygon(&[json!([[178, 0], [184, 2], [184, 0], [178, 2], [178, 0]])]);
    let drawn = |value: i32| {
        let attributes = json!({"own": value}).as_object().unwrap().clone();
        layer_of(
            4326,
            vec![Feature::new(bow_tie.clone(), attributes.into()); 2],
        )
    };
    let task =
        FindSimilarLocations::new(drawn(1), drawn(2), SimilarityCriteria::same_fields(["own"]));
    for feature in similar(&task).features.features() {
        assert_eq!(feature.geometry, Some(bow_tie.clone()));
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    let refused = |task: FindSimilarLocations| {
        find_similar_locations(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let task = |own: &[Value], others: &[Value], field: &str| {
        FindSimilarLocations::new(
            rows(4326, "own", own),
            rows(4326, "own", others),
            SimilarityCriteria::same_fields([field]),
        )
    };
    let (one, two) = ([json!(1)], [json!(2), json!(3)]);
    assert!(refused(task(&one, &two, "own").input_query("others > 1")).contains("inputQuery"));
    assert!(
        refused(task(&one, &two, "own").input_query("own > 1")).contains("nothing to resemble")
    );
    assert!(refused(task(&one, &two, "none")).contains("`none`"));
    assert!(refused(task(&one, &two, "kind")).contains("holds no numbers"));
    assert!(refused(task(&one, &one, "own")).contains("at least two"));
    assert!(refused(task(&[Value::Null, json!(null)], &two, "own")).contains("own"));
    let control = Control::new();
    control.cancel();
    assert_eq!(
        find_similar_locations(&task(&one, &two, "own"), &control),
        Err(EngineError::Cancelled)
    );
}
