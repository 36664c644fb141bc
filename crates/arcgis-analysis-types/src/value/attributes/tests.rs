#![allow(clippy::unwrap_used)]

use super::*;
use crate::{AttributeView, Feature, Geometry, Position};
use proptest::prelude::*;

/// Any value that JSON has.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-c]", inner, 0..3)
                .prop_map(|map| Value::from(Map::from_iter(map))),
        ]
    })
}

proptest! {
    /// They hold what an object holds, in its order, and write the same text.
    #[test]
    fn they_hold_what_an_object_holds(pairs in prop::collection::vec(("[a-z]{1,3}|.{20,40}", any_json()), 0..100)) {
        let object = Map::from_iter(pairs.clone());
        let text = serde_json::to_string(&object).unwrap();
        let read: Attributes = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text.clone());
        prop_assert_eq!(&read, &Attributes::from(object.clone()));
        prop_assert_eq!(&read, &Attributes::from_iter(pairs));
        prop_assert_eq!(&serde_json::from_value::<Attributes>(Value::Object(object.clone())).unwrap(), &read);
        for (name, value) in &object {
            prop_assert_eq!(&read[name.as_str()], value);
            prop_assert_eq!(read[name.as_str()].as_f64(), value.as_f64());
            prop_assert_eq!(read[name.as_str()].as_i64(), value.as_i64());
            prop_assert_eq!(read[name.as_str()].as_u64(), value.as_u64());
            prop_assert_eq!(read[name.as_str()].to_string(), value.to_string());
        }
        prop_assert_eq!(Map::from(read), object);
    }
}

#[test]
fn a_name_that_comes_twice_has_its_last_value_in_its_first_place() {
    let few: Attributes = serde_json::from_str(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
    assert_eq!(serde_json::to_string(&few).unwrap(), r#"{"a":3,"b":2}"#);
    let names = (0..200).chain(0..200).enumerate();
    let pairs: Vec<_> = names
        .map(|(at, name)| format!(r#""f{name}":{at}"#))
        .collect();
    let many: Attributes = serde_json::from_str(&format!("{{{}}}", pairs.join(","))).unwrap();
    assert_eq!(
        (many.len(), &many["f0"], &many["f199"]),
        (200, &200.into(), &399.into())
    );
}

#[test]
fn fields_are_set_added_and_taken_out_in_their_order() {
    let mut row = Attributes::from_iter([("b", 1), ("c", 2)]);
    assert_eq!(row.insert("c", 3), Some(2.into()));
    assert_eq!(row.insert("d", "x"), None);
    row.insert_first("a", 0.5);
    row.insert_first("d", "y");
    row.append(Attributes::from_iter([("c", 4), ("e", 5)]));
    assert_eq!(
        serde_json::to_string(&row).unwrap(),
        r#"{"d":"y","a":0.5,"b":1,"c":4,"e":5}"#
    );
    assert_eq!(row.remove("b"), Some(1.into()));
    row.retain(|_, value| value.is_number());
    assert!(row.keys().eq(["a", "c", "e"]));
    assert_eq!(row["none"].view(), AttributeView::Null);
    assert_eq!(
        row,
        serde_json::from_str(r#"{"e": 5, "a": 0.5, "c": 4}"#).unwrap()
    );
}

#[test]
fn values_are_found_in_whatever_order_they_are_asked_for() {
    let row = Attributes::from_iter([("a", 1), ("b", 2), ("c", 3)]);
    let told = |names: &[&'static str]| {
        let values = row.values_of(names.iter().copied());
        values.map(AttributeValue::as_i64).collect::<Vec<_>>()
    };
    assert_eq!(told(&["a", "b", "c"]), [Some(1), Some(2), Some(3)]);
    assert_eq!(
        told(&["c", "x", "a", "a", "b"]),
        [Some(3), None, Some(1), Some(1), Some(2)]
    );
}

#[test]
fn numbers_that_json_has_no_word_for_are_null() {
    let row = Attributes::from_iter([("a", f64::NAN), ("b", f64::INFINITY)]);
    assert_eq!(
        serde_json::to_string(&row).unwrap(),
        r#"{"a":null,"b":null}"#
    );
}

#[test]
fn there_may_be_very_many_of_these() {
    assert_eq!(size_of::<(SmolStr, AttributeValue)>(), 48);
    assert_eq!(size_of::<Position>(), 32);
    assert!(size_of::<Geometry>() <= 80, "{}", size_of::<Geometry>());
    assert!(size_of::<Feature>() <= 104, "{}", size_of::<Feature>());
}
