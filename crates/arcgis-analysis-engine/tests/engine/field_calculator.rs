//! Calculated fields: expressions are compared with DuckDB elsewhere, so what is expected here is written out by hand.

use crate::common::{layer_of, point};
use arcgis_analysis_engine::{Control, EngineError, Severity, field_calculator};
use arcgis_analysis_spatial::field_calculator::{
    CalculatedField, CalculatedFieldType, FieldCalculator, FieldExpression,
};
use arcgis_analysis_types::{
    Context, Feature, FeatureCollection, Field, FieldType, SpatialReference,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn districts() -> FeatureCollection {
    let rows = [
        json!({"FID": 8, "NAME": "Bonn", "POP": 330_000, "AREA": 141.5, "SEEN": 1_714_521_600_000_i64}),
        json!({"FID": 9, "NAME": null, "POP": null, "AREA": 0.0, "SEEN": null}),
    ];
    let rows =
        rows.map(|row| Feature::new(point(7.0, 50.0), row.as_object().unwrap().clone().into()));
    let mut layer = layer_of(4326, rows.to_vec());
    let mut name = Field::new("NAME", FieldType::String);
    name.length = Some(6);
    layer.layer_definition.fields = vec![
        Field::new("FID", FieldType::Oid),
        name,
        Field::new("POP", FieldType::Integer),
        Field::new("AREA", FieldType::Double),
        Field::new("SEEN", FieldType::Date),
    ];
    layer
}

fn new(name: &str, field_type: CalculatedFieldType) -> CalculatedField {
    CalculatedField::new(name).field_type(field_type)
}

fn calculate(
    expressions: &[(CalculatedField, &str)],
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    let expressions = expressions
        .iter()
        .map(|(field, text)| FieldExpression::new(field.clone(), *text));
    field_calculator(&FieldCalculator::new(districts(), expressions), control)
}

fn rows(layer: &FeatureCollection) -> Vec<Value> {
    layer
        .features()
        .iter()
        .map(|f| f.attributes.clone().into())
        .collect()
}

#[test]
fn fields_are_computed_in_order_and_keep_their_types() {
    let expressions = [
        (
            new("DENSITY", CalculatedFieldType::Double),
            "!POP! / !AREA!",
        ),
        (
            new("CLASS", CalculatedFieldType::Text)
                .alias("Class")
                .length(5),
            "CASE WHEN density > 1000 THEN 'dense' ELSE 'loose' END",
        ),
        (
            CalculatedField::new("pop"),
            "COALESCE(POP, 0) / 1000.0 + 0.9",
        ),
        (CalculatedField::new("AREA"), "POP"),
        (new("DUE", CalculatedFieldType::Date), "SEEN + 1"),
        (new("NONE", CalculatedFieldType::Date), "NULL"),
    ];
    let layer = calculate(&expressions, &Control::new()).unwrap();
    let bonn = json!({
        "OBJECTID": 1, "NAME": "Bonn", "POP": 330, "AREA": 330.0, "SEEN": 1_714_521_600_000_i64, "DENSITY": 330_000.0 / 141.5,
        "CLASS": "dense", "DUE": 1_714_608_000_000_i64, "NONE": null
    });
    let other = json!({
        "OBJECTID": 2, "NAME": null, "POP": 0, "AREA": 0.0, "SEEN": null, "DENSITY": null, "CLASS": "loose", "DUE": null, "NONE": null
    });
    assert_eq!(rows(&layer), [bonn, other]);
    let types: Vec<_> = layer
        .fields()
        .iter()
        .map(|field| (field.name.as_str(), field.field_type.clone()))
        .collect();
    assert_eq!(
        types[5..],
        [
            ("DENSITY", FieldType::Double),
            ("CLASS", FieldType::String),
            ("DUE", FieldType::Date),
            ("NONE", FieldType::Date)
        ]
    );
    assert_eq!(layer.fields()[6].alias.as_deref(), Some("Class"));
    assert_eq!(layer.fields()[6].length, Some(5));
}

#[test]
fn what_does_not_fit_is_null_or_cut_and_told() {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&messages);
    let control = Control::new()
        .on_message(move |severity, text| sink.lock().unwrap().push((severity, text.to_owned())));
    let expressions = [
        (CalculatedField::new("POP"), "POP * 1000000"),
        (CalculatedField::new("NAME"), "NAME || ' am Rhein'"),
    ];
    let layer = calculate(&expressions, &control).unwrap();
    assert_eq!(rows(&layer)[0]["POP"], Value::Null);
    assert_eq!(rows(&layer)[0]["NAME"], "Bonn a");
    let messages = messages.lock().unwrap();
    assert!(
        matches!(&messages[..], [(Severity::Warning, null), (Severity::Warning, cut)]
            if null.starts_with("1 computed values") && cut.starts_with("1 computed texts")),
        "{messages:?}"
    );
}

#[test]
fn geometries_come_in_the_reference_that_is_asked_for() {
    let one = FieldExpression::new(new("ONE", CalculatedFieldType::Integer), "1");
    let task = FieldCalculator::new(districts(), [one]).context(Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    });
    let layer = field_calculator(&task, &Control::new()).unwrap();
    let Some(arcgis_analysis_types::Geometry::Point(place)) = &layer.features()[0].geometry else {
        panic!("no point");
    };
    // 7 degrees of longitude at 111,319.490793 m each.
    assert!((place.position.x - 779_236.435_55).abs() < 1e-3);
}

#[test]
fn what_cannot_be_computed_is_refused() {
    for (field, text, words) in [
        (CalculatedField::new("NEW"), "1", "AO_100083"),
        (CalculatedField::new("FID"), "1", "compute another"),
        (CalculatedField::new("POP"), "NAME", "CAST(NAME AS FLOAT)"),
        (
            CalculatedField::new("SEEN"),
            "'2024-05-01'",
            "CAST('2024-05-01' AS TIMESTAMP)",
        ),
        (
            CalculatedField::new("NAME"),
            "SEEN",
            "CAST(SEEN AS VARCHAR(50))",
        ),
        (
            CalculatedField::new("POP"),
            "!NAME!.upper()",
            "cannot be used",
        ),
        (CalculatedField::new("POP"), "POP > 5", "CASE WHEN"),
        (
            CalculatedField::new("POP"),
            "!PEOPLE! + 1",
            "there is no field `PEOPLE`",
        ),
        (
            new("POP", CalculatedFieldType::Date),
            "POP",
            "it exists with the type Integer",
        ),
    ] {
        let error = calculate(&[(field, text)], &Control::new())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`expressions`") && error.contains(words),
            "{error}"
        );
    }
    let control = Control::new();
    control.cancel();
    let one = (new("ONE", CalculatedFieldType::Integer), "1");
    assert_eq!(calculate(&[one], &control), Err(EngineError::Cancelled));
}
