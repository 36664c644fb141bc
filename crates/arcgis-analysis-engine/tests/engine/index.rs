//! Composite indices against pandas, SciPy and NumPy.

use crate::common::layer_of;
use arcgis_analysis_engine::{Control, calculate_composite_index};
use arcgis_analysis_spatial::calculate_composite_index::{
    CalculateCompositeIndex, IndexMethod, IndexRange, IndexVariable,
};
use arcgis_analysis_types::{Choice, Feature, FeatureCollection};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_index.json"
    ))
    .unwrap()
}

/// Rows of these variables, in a table.
fn table(variables: &[(&str, &Value)]) -> FeatureCollection {
    let count = variables[0].1.as_array().unwrap().len();
    let row = |at: usize| {
        let values = variables
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values[at].clone()));
        Feature {
            geometry: None,
            attributes: values.collect(),
        }
    };
    FeatureCollection::new(
        arcgis_analysis_types::SpatialReference::WGS84,
        (0..count).map(row).collect(),
    )
}

fn countries(figures: &Value) -> FeatureCollection {
    table(&[
        ("people", &figures["people"]),
        ("letters", &figures["letters"]),
        ("extent", &figures["extent"]),
    ])
}

fn variables() -> Vec<IndexVariable> {
    vec![
        IndexVariable::new("people"),
        IndexVariable::new("LETTERS")
            .reverse_variable(true)
            .weight(2.5),
        IndexVariable::new("extent").weight(0.5),
    ]
}

fn column(collection: &FeatureCollection, name: &str) -> Vec<f64> {
    let value = |feature: &Feature| feature.attributes[name].as_f64().unwrap();
    collection.features().iter().map(value).collect()
}

/// Sums of three terms differ by rounding only, relative to the greatest of the column.
fn check(name: &str, actual: &[f64], expected: &Value) {
    let expected: Vec<f64> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect();
    assert_eq!(actual.len(), expected.len(), "{name}");
    let greatest = expected.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    for (at, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
        assert!(
            (actual - expected).abs() <= 1e-12 * greatest,
            "{name}, row {at}: {actual} is not {expected}"
        );
    }
}

#[test]
fn indices_are_those_of_pandas_and_scipy() {
    let figures = reference();
    for (word, expected) in figures["methods"].as_object().unwrap() {
        let known = IndexMethod::KNOWN.iter().find(|m| m.as_str() == word);
        let method = known.unwrap().clone();
        let task =
            CalculateCompositeIndex::new(countries(&figures), variables()).index_method(method);
        let index = calculate_composite_index(&task, &Control::new())
            .unwrap()
            .features;
        check(word, &column(&index, "INDEX_"), &expected["index"]);
        check(word, &column(&index, "Index_Raw"), &expected["index"]);
        check(
            word,
            &column(&index, "Index_Percentile"),
            &expected["percentile"],
        );
        check(word, &column(&index, "Index_Rank"), &expected["rank"]);
        assert_eq!(column(&index, "letters").len(), 177);

        let task = task
            .output_index_reverse(true)
            .output_index_min_max(vec![IndexRange::new(10.0, 90.0)]);
        let index = calculate_composite_index(&task, &Control::new())
            .unwrap()
            .features;
        check(word, &column(&index, "INDEX_"), &expected["stretched"]);
        check(word, &column(&index, "Index_Raw"), &expected["index"]);
    }
}

/// At the 90th percentile a flag is raised, as the task's documentation says, also of reversed variables.
#[test]
fn flags_are_raised_from_the_ninetieth_percentile_on() {
    let figures = reference();
    let rows = table(&[
        ("up", &figures["eleven"]["up"]),
        ("tied", &figures["eleven"]["tied"]),
    ]);
    let wanted = vec![
        IndexVariable::new("up").reverse_variable(true).weight(2.0),
        IndexVariable::new("tied"),
    ];
    let task =
        CalculateCompositeIndex::new(rows, wanted).index_method(IndexMethod::SumFlagsPercentile);
    let index = calculate_composite_index(&task, &Control::new()).unwrap();
    check(
        "flags",
        &column(&index.features, "INDEX_"),
        &figures["flags"],
    );
}

#[test]
fn the_ranges_of_variables_and_index_are_told() {
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&heard);
    let control =
        Control::new().on_message(move |_, text| sink.lock().unwrap().push(text.to_owned()));
    let rows = table(&[("a", &json!([1, 3, 5])), ("b", &json!([4, 5, 0.25]))]);
    let wanted = vec![IndexVariable::new("a").weight(2.0), IndexVariable::new("b")];
    let task = CalculateCompositeIndex::new(rows, wanted).index_method(IndexMethod::MeanRaw);
    let told = calculate_composite_index(&task, &control)
        .unwrap()
        .process_info;
    assert_eq!(told.len(), 3);
    let first: Value = serde_json::from_str(told[0].as_str().unwrap()).unwrap();
    assert_eq!(first["params"]["least"], "1");
    // (2 * 1 + 4) / 3, (2 * 3 + 5) / 3 and (2 * 5 + 0.25) / 3.
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "The values of a reach from 1 to 5; it weighs 2.",
            "The values of b reach from 0.25 to 5; it weighs 1.",
            "The index of 3 features reaches from 2 to 3.6667.",
        ]
    );
}

#[test]
fn rows_without_a_value_are_left_out() {
    let rows = table(&[
        ("a", &json!([1, null, 3, 5])),
        ("b", &json!([4, 5, null, 0])),
    ]);
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&heard);
    let control =
        Control::new().on_message(move |_, text| sink.lock().unwrap().push(text.to_owned()));
    let wanted = vec![IndexVariable::new("a"), IndexVariable::new("b")];
    let task = CalculateCompositeIndex::new(rows, wanted.clone());
    let index = calculate_composite_index(&task, &control).unwrap().features;
    assert_eq!(column(&index, "a"), [1.0, 5.0]);
    assert_eq!(column(&index, "INDEX_"), [0.5, 0.5]);
    assert!(heard.lock().unwrap()[0].starts_with("2 features"));
    let task = task.output_index_min_max(vec![IndexRange::new(3.0, 4.0)]);
    let index = calculate_composite_index(&task, &Control::new())
        .unwrap()
        .features;
    assert_eq!(column(&index, "INDEX_"), [3.0, 3.0], "the same everywhere");

    let empty = table(&[("a", &json!([null])), ("b", &json!([1]))]);
    let fields = layer_of(4326, Vec::new());
    let task = CalculateCompositeIndex::new(fields, wanted.clone());
    assert!(
        calculate_composite_index(&task, &Control::new()).is_err(),
        "no such fields"
    );
    let raw = CalculateCompositeIndex::new(empty, wanted).index_method(IndexMethod::MeanRaw);
    let error = calculate_composite_index(&raw, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("holds no numbers"), "{error}");
}

#[test]
fn what_cannot_be_scaled_or_multiplied_is_refused() {
    let rows = || table(&[("a", &json!([2, 2, 2])), ("b", &json!([-1, 5, 7]))]);
    let refused = |method: IndexMethod, variables: Vec<IndexVariable>| {
        let task = CalculateCompositeIndex::new(rows(), variables).index_method(method);
        calculate_composite_index(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let both = || vec![IndexVariable::new("a"), IndexVariable::new("b")];
    assert!(refused(IndexMethod::MeanScaled, both()).contains("one value 2"));
    assert!(refused(IndexMethod::GeomeanRaw, both()).contains("negative"));
    let weightless = vec![IndexVariable::new("b").weight(0.0), IndexVariable::new("a")];
    assert!(refused(IndexMethod::MeanRaw, weightless).contains("weight 0"));
    let task = CalculateCompositeIndex::new(rows(), both())
        .index_method(IndexMethod::MeanRaw)
        .output_index_min_max(vec![IndexRange::new(5.0, 5.0)]);
    assert!(calculate_composite_index(&task, &Control::new()).is_err());
    let task = CalculateCompositeIndex::new(rows(), both()).index_method(IndexMethod::MeanRaw);
    let index = calculate_composite_index(&task, &Control::new())
        .unwrap()
        .features;
    assert_eq!(column(&index, "INDEX_"), [0.5, 3.5, 4.5]);
}
