//! Where clauses and expressions against DuckDB, by the laws of logic, and where they are refused.

use crate::common::{layer_of, point};
use arcgis_analysis_engine::{
    ClauseError, Control, EngineError, Expression, WhereClause, create_buffers,
};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis_types::{Attributes, DateTime, Feature, FeatureCollection, Field, FieldType};
use proptest::prelude::*;
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_where.json"
    ))
    .unwrap()
}

fn fields() -> Vec<Field> {
    vec![
        Field::new("ID", FieldType::Oid),
        Field::new("NAME", FieldType::String),
        Field::new("POP", FieldType::BigInteger),
        Field::new("AREA", FieldType::Double),
        Field::new("SEEN", FieldType::Date),
        Field::new("NOTE", FieldType::String),
    ]
}

fn attributes(row: Value) -> Attributes {
    serde_json::from_value(row).unwrap()
}

fn rows(reference: &Value) -> Vec<Attributes> {
    let rows = reference["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row.as_object().unwrap().clone().into())
        .collect()
}

fn now(reference: &Value) -> DateTime {
    DateTime::from_epoch_millis(reference["now"].as_i64().unwrap())
}

fn refused(text: &str) -> ClauseError {
    WhereClause::parse(text, &fields()).expect_err(text)
}

#[test]
fn clauses_take_the_rows_that_duckdb_takes() {
    let reference = reference();
    let (rows, now) = (rows(&reference), now(&reference));
    let mut wrong = Vec::new();
    for case in reference["clauses"].as_array().unwrap() {
        let text = case[0].as_str().unwrap();
        let clause = match WhereClause::parse_at(text, &fields(), now) {
            Ok(clause) => clause,
            Err(error) => {
                wrong.push(format!("{text}: {error}"));
                continue;
            }
        };
        let taken = rows.iter().filter(|row| clause.matches(row));
        let taken = Value::from_iter(taken.map(|row| row["ID"].clone()));
        if taken != case[1] {
            wrong.push(format!("{text}: {taken}, not {}", case[1]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn expressions_give_the_values_that_duckdb_gives() {
    let reference = reference();
    let (rows, now) = (rows(&reference), now(&reference));
    for case in reference["expressions"].as_array().unwrap() {
        let text = case[0].as_str().unwrap();
        let expression = Expression::parse_at(text, &fields(), now).expect(text);
        for (row, wanted) in rows.iter().zip(case[1].as_array().unwrap()) {
            let value = expression.value(row);
            let same = match (value.as_f64(), wanted.as_f64()) {
                // Both by the same operations of IEEE 754.
                (Some(a), Some(b)) => a == b,
                _ => value == *wanted,
            };
            assert!(same, "{text}: {value}, not {wanted}");
        }
    }
}

#[test]
fn expressions_say_which_field_holds_them() {
    for (text, wanted) in [
        ("POP / 2", FieldType::BigInteger),
        ("!POP! / 2", FieldType::Double),
        ("POP * 2.5", FieldType::Double),
        ("NAME || POP", FieldType::String),
        ("SEEN + 1", FieldType::Date),
        ("SEEN - CURRENT_TIMESTAMP", FieldType::Double),
        ("NULL", FieldType::String),
    ] {
        let expression = Expression::parse(text, &fields()).expect(text);
        assert_eq!(expression.field_type(), wanted, "{text}");
    }
}

#[test]
fn what_is_no_such_clause_is_refused_with_the_place_and_the_remedy() {
    for (text, column, words) in [
        ("", 0, "the clause is empty"),
        ("POP >", 0, "cannot be read"),
        ("POP > 5; DROP TABLE t", 8, "ends before `;`"),
        ("POP > 5 NAME = 'x'", 9, "join conditions by AND"),
        (
            "POP > 5 AND NAM = 'x'",
            13,
            "there is no field `NAM`; the fields are ID, NAME",
        ),
        ("NAME = \"Bonn\"", 8, "texts go between single quotes"),
        ("NAME = 'Bonn", 8, "single quotes"),
        ("NAME = 5", 1, "a text is compared with a number"),
        ("POP = 'five'", 1, "without quotes"),
        ("SEEN > 5", 1, "TIMESTAMP '2024-05-01 08:30:00'"),
        ("SEEN > 'yesterday'", 1, "'yesterday' is no date"),
        ("SEEN > DATE '2024-13-01'", 13, "is no date"),
        ("POP LIKE '5%'", 1, "CAST(POP AS VARCHAR(50))"),
        ("POP", 0, "is a number, not a condition"),
        (
            "POP AND NAME = 'x'",
            1,
            "`POP` is a number, not a condition",
        ),
        ("(SELECT count(*) FROM t) > 1", 0, "without subqueries"),
        ("POP IN (SELECT 1)", 1, "without subqueries"),
        ("EXISTS (SELECT 1)", 0, "without subqueries"),
        ("SLEEP(5) = 1", 1, "there is no function `SLEEP`"),
        ("ABS(POP, 2) = 1", 1, "takes 1 values, not 2"),
        ("UPPER(POP) = '5'", 7, "the function takes texts"),
        ("t.POP > 5", 1, "write `POP` alone"),
        ("!POP! > 5", 0, "cannot be read"),
        ("NAME + 'x' = 'y'", 1, "join texts by `||`"),
        ("NAME LIKE 'x' ESCAPE 'ab'", 22, "takes one character"),
        ("SEEN + INTERVAL 'soon' DAY > SEEN", 0, "INTERVAL '3' DAY"),
        ("CAST(POP AS BLOB) = 1", 0, "is not a type"),
        ("EXTRACT(WEEK FROM SEEN) = 1", 0, "cannot be extracted"),
        ("COUNT(*) OVER () > 1", 1, "not understood"),
        (
            "CASE WHEN POP > 5 THEN 'a' ELSE 1 END = 'a'",
            33,
            "results of one type",
        ),
        ("POP IS TRUE", 1, "not understood"),
        ("POP = ?", 7, "not understood"),
    ] {
        let error = refused(text);
        assert!(error.to_string().contains(words), "{text}: {error}");
        if column > 0 {
            assert_eq!(error.column(), column, "{text}: {error}");
        }
    }
    let condition = Expression::parse("POP > 5", &fields()).unwrap_err();
    assert!(condition.to_string().contains("CASE WHEN"), "{condition}");
}

#[test]
fn no_clause_is_too_deep_or_too_long_for_the_stack() {
    let deep = format!("{}POP > 5{}", "(".repeat(40), ")".repeat(40));
    assert!(WhereClause::parse(&deep, &fields()).is_ok());
    for text in [
        format!("{}1{} > 0", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}POP > 5", "NOT ".repeat(1900)),
        format!("{}1 > 0", "- ".repeat(1900)),
        format!("1{} > 0", " + 1".repeat(1900)),
        format!(
            "{}1{} = 1",
            "CASE WHEN 1 = 1 THEN ".repeat(200),
            " END".repeat(200)
        ),
        format!("{}NAME{} = 'x'", "UPPER(".repeat(900), ")".repeat(900)),
        format!("POP = 1{}", " OR POP = 1".repeat(1000)),
    ] {
        let error = refused(&text).to_string();
        assert!(error.len() < 400, "{error}");
    }
    // Lists and chains are long in practice.
    let ids: Vec<String> = (0..50_000).map(|id| id.to_string()).collect();
    let list = WhereClause::parse(&format!("POP IN ({})", ids.join(", ")), &fields()).unwrap();
    let row = |pop: i64| Attributes::from_iter([("POP", pop)]);
    assert!(list.matches(&row(49_999)) && !list.matches(&row(50_000)));
    let chain: Vec<String> = (0..600).map(|id| format!("POP = {id}")).collect();
    let chain = WhereClause::parse(&chain.join(" OR "), &fields()).unwrap();
    assert!(chain.matches(&row(599)) && !chain.matches(&row(600)));
}

#[test]
fn numbers_do_not_overflow() {
    let row = attributes(json!({ "POP": i64::MIN, "AREA": 1e308 }));
    // What no field of whole numbers can hold, and no number at all.
    let nothing = [
        "-POP",
        "ABS(POP)",
        "POP - 1",
        "POP * POP",
        "POP / -1",
        "AREA * 10",
        "POP % 0",
        "SEEN + 1e300",
        "CAST(AREA AS INTEGER)",
        "TIMESTAMP '9999-01-01 00:00:00' + INTERVAL '9999' YEAR",
    ];
    for text in nothing {
        let value = Expression::parse(text, &fields()).unwrap().value(&row);
        assert_eq!(value, Value::Null, "{text}");
    }
}

fn filtered(filter: &str, definition: Option<&str>) -> Result<usize, EngineError> {
    let towns = [("Bonn", 7), ("Bern", 46), ("Aachen", 6)];
    let features = towns.map(|(name, lon)| {
        let attributes = json!({ "NAME": name, "LON": lon });
        Feature::new(
            point(f64::from(lon), 50.0),
            attributes.as_object().unwrap().clone().into(),
        )
    });
    let mut towns: FeatureCollection = layer_of(4326, features.to_vec());
    towns.filter = Some(filter.to_owned());
    if let Some(definition) = definition {
        let other = &mut towns.layer_definition.other;
        other.insert("definitionExpression".to_owned(), json!(definition));
    }
    let task = CreateBuffers::new(towns, BufferDistance::values([5.0]));
    Ok(create_buffers(&task, &Control::new())?.features().len())
}

#[test]
fn filters_select_the_features_of_inputs() {
    assert_eq!(filtered("NAME LIKE 'B%'", None), Ok(2));
    assert_eq!(filtered(" ", None), Ok(3));
    assert_eq!(filtered("LON > 900", None), Ok(0));
    assert_eq!(filtered("NAME LIKE 'B%'", Some("LON < 10")), Ok(1));
    let error = filtered("NAME > 5", None).unwrap_err().to_string();
    assert!(
        error.starts_with("`inputLayer` has a filter that cannot be used, `NAME > 5`:"),
        "{error}"
    );
    let error = filtered("", Some("NAM = 'x'")).unwrap_err().to_string();
    assert!(
        error.contains("definitionExpression") && error.contains("`NAM`"),
        "{error}"
    );
}

/// Conditions of which some are not known for the row.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "POP > 0",
        "POP = 5",
        "AREA > 1",
        "NAME = 'x'",
        "NAME LIKE '%'",
        "NOTE IS NULL",
        "POP IN (1, NULL)",
        "AREA / 0 > 1",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| format!("NOT ({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) AND ({b}))")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("(({a}) OR ({b}))")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_laws_of_three_valued_logic_hold(
        a in condition(), b in condition(), pop in prop::option::of(-1..7_i64), area in prop::option::of(-2.0..2.0)
    ) {
        let row = attributes(json!({ "POP": pop, "AREA": area, "NAME": null, "NOTE": "x" }));
        let is = |text: &str| {
            let holds = |text: &str| WhereClause::parse(text, &fields()).unwrap().matches(&row);
            match (holds(text), holds(&format!("NOT ({text})"))) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
                (true, true) => panic!("{text} is both true and false"),
            }
        };
        prop_assert_eq!(is(&format!("NOT (NOT ({a}))")), is(&a));
        prop_assert_eq!(is(&format!("NOT (({a}) AND ({b}))")), is(&format!("NOT ({a}) OR NOT ({b})")));
        prop_assert_eq!(is(&format!("({a}) OR ({b})")), is(&format!("({b}) OR ({a})")));
        let (x, y) = (is(&a), is(&b));
        let both = if x == Some(false) || y == Some(false) { Some(false) } else { x.and(y) };
        prop_assert_eq!(is(&format!("({a}) AND ({b})")), both);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~é\n]{0,40}", words in prop::collection::vec(prop::sample::select(vec![
        "POP", "NAME", "SEEN", "5", "'x'", "'%'", "(", ")", "AND", "OR", "NOT", "=", "<", "+", "-", "/", "||", "LIKE", "IN", "IS", "NULL",
        "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "AS", "INTEGER", "DATE", "'2024-05-01'", "INTERVAL", "DAY", "EXTRACT",
        "YEAR", "FROM", "SUBSTRING", "ABS", "ROUND", ",", "!", "ESCAPE", "TRIM", "1e400", "99999999999999999999", "CURRENT_DATE",
    ]), 0..14)) {
        let row = attributes(json!({ "POP": 5, "AREA": 2.5, "NAME": "x", "SEEN": 1_714_545_000_000_i64 }));
        for text in [text, words.join(" ")] {
            if let Ok(clause) = WhereClause::parse(&text, &fields()) {
                let _ = clause.matches(&row);
            }
            if let Ok(expression) = Expression::parse(&text, &fields()) {
                let _ = expression.value(&row);
            }
        }
    }
}
