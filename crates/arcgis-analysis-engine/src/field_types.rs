//! Values of one type in fields of another.

use arcgis_analysis_types::{AttributeValue, AttributeView, Field, FieldType};

/// Whether values of one type become values of another.
pub(crate) fn fits(from: &FieldType, to: &FieldType) -> bool {
    let numeric =
        |field_type: &FieldType| crate::statistics::is_numeric(&Field::new("", field_type.clone()));
    let text = |field_type: &FieldType| {
        matches!(
            field_type,
            FieldType::String | FieldType::Guid | FieldType::GlobalId
        )
    };
    from == to
        || numeric(from) && (numeric(to) || *to == FieldType::String)
        || text(from) && *to == FieldType::String
}

/// A value in another type; null where it does not fit.
pub(crate) fn cast(given: &AttributeValue, to: &FieldType) -> AttributeValue {
    let whole = |least: f64, greatest: f64| {
        let number = given.as_f64().map(f64::trunc);
        let number = number.filter(|number| (least..=greatest).contains(number));
        match given.as_i64() {
            Some(number) if (least..=greatest).contains(&(number as f64)) => number.into(),
            _ => number.map(|number| number as i64).into(),
        }
    };
    match to {
        FieldType::SmallInteger => whole(f64::from(i16::MIN), f64::from(i16::MAX)),
        FieldType::Integer => whole(f64::from(i32::MIN), f64::from(i32::MAX)),
        FieldType::BigInteger | FieldType::Oid => match given.as_i64() {
            Some(number) => number.into(),
            // The greatest whole number that a double tells from its neighbours.
            None => whole(-9.0e15, 9.0e15),
        },
        FieldType::Single | FieldType::Double => given.as_f64().into(),
        _ => match given.view() {
            AttributeView::Null | AttributeView::Text(_) => given.clone(),
            _ => given.to_string().into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn values_take_the_type_of_the_field() {
        let cast = |given: Value, to| cast(&given.into(), to).to_json();
        assert_eq!(cast(json!(-7.9), &FieldType::Integer), json!(-7));
        assert_eq!(cast(json!(40_000), &FieldType::SmallInteger), Value::Null);
        assert_eq!(cast(json!(3e9), &FieldType::Integer), Value::Null);
        assert_eq!(
            cast(json!(3e9), &FieldType::BigInteger),
            json!(3_000_000_000_i64)
        );
        let great = json!(9_007_199_254_740_993_i64);
        assert_eq!(cast(great.clone(), &FieldType::BigInteger), great);
        assert_eq!(cast(json!(3), &FieldType::Double), json!(3.0));
        assert_eq!(cast(json!(2.5), &FieldType::String), json!("2.5"));
        assert_eq!(cast(Value::Null, &FieldType::String), Value::Null);
    }
}
