//! Values of fields as the keys of groups.

use serde_json::Value;
use std::cmp::Ordering;

/// What two values must share to be in one group: numbers are compared as numbers, texts letter by letter, and all
/// nulls are one.
pub(crate) fn key(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Number(number) => match number.as_f64() {
            // A whole number is the same whether it was written 7 or 7.0, and zero has no sign.
            Some(float) if number.is_f64() => format!("#{}", float + 0.0),
            _ => format!("#{number}"),
        },
        other => other.to_string(),
    }
}

/// The order of values: numbers, then texts, then everything else, null last.
pub(crate) fn order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Null => 3,
        _ => 2,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => {
            let number = |value: &Value| value.as_f64().unwrap_or(0.0);
            // Whole numbers that no double tells from their neighbours.
            let whole = |value: &Value| value.as_i64().map_or(number(value) as i128, i128::from);
            let doubles = number(a).total_cmp(&number(b));
            doubles.then_with(|| whole(a).cmp(&whole(b)))
        }
    })
}

/// Items by key, in the order in which keys first appeared.
pub(crate) fn group_by<T>(items: impl Iterator<Item = (String, T)>) -> Vec<Vec<T>> {
    let mut index = std::collections::HashMap::new();
    let mut groups: Vec<Vec<T>> = Vec::new();
    for (key, item) in items {
        let at = *index.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(item);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert_eq!(key(&json!(7)), key(&json!(7.0)));
        assert_eq!(key(&json!(0.0)), key(&json!(-0.0)));
        assert_ne!(key(&json!(7)), key(&json!("7")));
        assert_ne!(key(&json!("a")), key(&json!("A")));
        assert_ne!(key(&json!(null)), key(&json!("null")));
        assert_ne!(
            key(&json!(9_007_199_254_740_993_i64)),
            key(&json!(9_007_199_254_740_992_i64))
        );
    }

    #[test]
    fn groups_keep_the_order_of_appearance() {
        let items = ["b", "a", "b", "c"]
            .iter()
            .enumerate()
            .map(|(i, key)| ((*key).to_owned(), i));
        assert_eq!(group_by(items), [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn values_have_an_order() {
        let mut values = [json!(null), json!("b"), json!(10), json!("B"), json!(9)];
        values.sort_by(order);
        assert_eq!(
            values,
            [json!(9), json!(10), json!("B"), json!("b"), json!(null)]
        );
        let great = [9_007_199_254_740_993_i64, 9_007_199_254_740_992].map(|n| json!(n));
        assert_eq!(order(&great[0], &great[1]), Ordering::Greater);
        assert_eq!(
            order(&great[0], &json!(9_007_199_254_740_992.0)),
            Ordering::Greater
        );
    }
}
