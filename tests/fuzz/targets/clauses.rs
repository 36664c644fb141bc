//! SQL as clients send it: where clauses and expressions.

use super::support::text;
use arcgis_analysis::{Attributes, DateTime, Field, FieldType};
use arcgis_analysis_engine::{ClauseError, Expression, WhereClause};
use serde_json::json;

/// A clause that is understood takes a feature or not, always alike; never both it and what denies it, and whatever it takes
/// it takes with itself beside it. An expression gives a value of its type. What is refused says where.
pub fn clause(data: &[u8]) {
    let text = text(data);
    let field = |name: &str, field_type| Field::new(name, field_type);
    let fields = [
        field("NAME", FieldType::String),
        field("POP", FieldType::Integer),
        field("SIZE", FieldType::Double),
        field("SEEN", FieldType::Date),
    ];
    let now = DateTime {
        epoch_millis: 1_714_545_000_000,
    };
    let features = [
        json!({ "NAME": "Bonn", "POP": 330_000, "SIZE": 141.1, "SEEN": 1_714_545_000_000_i64 }),
        json!({ "NAME": "%_'é", "POP": i64::MIN, "SIZE": -1e308, "SEEN": i64::MAX }),
        json!({ "NAME": null, "POP": null, "SIZE": null, "SEEN": null }),
        json!({}),
    ]
    .map(|feature| serde_json::from_value::<Attributes>(feature).unwrap());
    let parse = |text: &str| WhereClause::parse_at(text, &fields, now);
    match parse(&text) {
        Err(error) => told(&error, &text),
        Ok(clause) => {
            // On a line of its own, in case it ends in a comment.
            let not = parse(&format!("NOT ({text}\n)"));
            let twice = parse(&format!("({text}\n) AND ({text}\n)"));
            for feature in &features {
                let taken = clause.matches(feature);
                assert_eq!(clause.matches(feature), taken);
                if let Ok(not) = &not {
                    assert!(!taken || !not.matches(feature), "{feature:?}");
                }
                if let Ok(twice) = &twice {
                    assert_eq!(twice.matches(feature), taken, "{feature:?}");
                }
            }
        }
    }
    match Expression::parse_at(&text, &fields, now) {
        Err(error) => told(&error, &text),
        Ok(expression) => {
            for feature in &features {
                let value = expression.value(feature);
                let fits = match expression.field_type() {
                    _ if value.is_null() => true,
                    FieldType::String => value.is_string(),
                    FieldType::Double => value.as_f64().is_some_and(f64::is_finite),
                    _ => value.as_i64().is_some(),
                };
                assert!(fits, "{value} is no {:?}", expression.field_type());
            }
        }
    }
}

fn told(error: &ClauseError, text: &str) {
    assert!(!error.to_string().is_empty());
    assert!(
        error.line() <= 1 + text.matches('\n').count() as u64,
        "{error}"
    );
    assert!(error.column() <= 1 + text.chars().count() as u64, "{error}");
}
