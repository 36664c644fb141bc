//! Values of fields as the keys of groups.

use arcgis_analysis_types::{AttributeValue, AttributeView};
use std::cmp::Ordering;

/// What two values must share to be in one group: numbers are compared as numbers, texts letter by letter, and all
/// nulls are one.
pub(crate) fn key(value: &AttributeValue) -> String {
    match value.view() {
        AttributeView::Null => "null".to_owned(),
        // A whole number is the same whether it was written 7 or 7.0, and zero has no sign.
        AttributeView::Double(number) => format!("#{}", number + 0.0),
        _ if value.is_number() => format!("#{value}"),
        _ => value.to_string(),
    }
}

/// The order of values: numbers, then texts, then everything else, null last.
pub(crate) fn order(a: &AttributeValue, b: &AttributeValue) -> Ordering {
    let rank = |value: &AttributeValue| match value.view() {
        _ if value.is_number() => 0,
        AttributeView::Text(_) => 1,
        AttributeView::Null => 3,
        _ => 2,
    };
    rank(a)
        .cmp(&rank(b))
        .then_with(|| match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => {
                let number = |value: &AttributeValue| value.as_f64().unwrap_or(0.0);
                // Whole numbers that no double tells from their neighbours.
                let whole = |value: &AttributeValue| {
                    value.as_i64().map_or(number(value) as i128, i128::from)
                };
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

    fn attribute(value: impl Into<AttributeValue>) -> AttributeValue {
        value.into()
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert_eq!(key(&attribute(7)), key(&attribute(7.0)));
        assert_eq!(key(&attribute(0.0)), key(&attribute(-0.0)));
        assert_ne!(key(&attribute(7)), key(&attribute("7")));
        assert_ne!(key(&attribute("a")), key(&attribute("A")));
        assert_ne!(key(&AttributeValue::NULL), key(&attribute("null")));
        assert_ne!(
            key(&attribute(9_007_199_254_740_993_i64)),
            key(&attribute(9_007_199_254_740_992_i64))
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
        let mut values = [
            AttributeValue::NULL,
            attribute("b"),
            attribute(10),
            attribute("B"),
            attribute(9),
        ];
        values.sort_by(order);
        assert_eq!(
            values,
            [
                attribute(9),
                attribute(10),
                attribute("B"),
                attribute("b"),
                AttributeValue::NULL
            ]
        );
        let great = [9_007_199_254_740_993_i64, 9_007_199_254_740_992].map(attribute);
        assert_eq!(order(&great[0], &great[1]), Ordering::Greater);
        assert_eq!(
            order(&great[0], &attribute(9_007_199_254_740_992.0)),
            Ordering::Greater
        );
    }
}
