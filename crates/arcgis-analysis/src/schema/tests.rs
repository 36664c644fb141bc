#![allow(clippy::unwrap_used)]

use super::*;
use crate::types::TaskEntry;
use crate::types::meta::{Condition, ParamMeta, ParamType, Rule};
use crate::{find_task, tasks};

fn accepts(schema: &Value, params: &Value) -> bool {
    jsonschema::is_valid(schema, params)
}

fn task(name: &str) -> &'static TaskEntry {
    find_task(name, None).unwrap()
}

#[test]
fn every_schema_is_one() {
    for task in tasks() {
        let schema = schema(task.meta);
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            unreachable!("{}: {error}", task.meta.name);
        }
    }
}

#[test]
fn every_example_fits() {
    for task in tasks() {
        let schema = schema(task.meta);
        assert!(
            !task.meta.examples.is_empty(),
            "{} has no example",
            task.meta.name
        );
        for example in task.meta.examples {
            let params: Value = serde_json::from_str(example.params).unwrap();
            let errors: Vec<_> = jsonschema::draft202012::new(&schema)
                .unwrap()
                .iter_errors(&params)
                .map(|error| format!("{} {error}", error.instance_path()))
                .collect();
            assert_eq!(errors, [""; 0], "{}", task.meta.name);
        }
    }
}

#[test]
fn refuses_what_the_task_refuses() {
    let layer = json!({ "url": "https://example.com/arcgis/rest/services/Cities/FeatureServer/0" });
    let fits = json!({ "inputLayer": layer, "distances": [5] });
    let schema = schema(task("CreateBuffers").meta);
    assert!(accepts(&schema, &fits));
    for (name, value) in [
        ("inputLayer", json!(null)),
        ("inputLayer", json!({ "itemId": "short" })),
        ("distances", json!(5)),
        ("distances", json!([])),
        ("distances", json!(["far"])),
        ("field", json!("REACH")),
        ("units", json!("Parsecs")),
        ("distance", json!(5)),
        ("ringType", json!("Rings")),
    ] {
        let mut params = fits.clone();
        params[name] = value;
        assert!(!accepts(&schema, &params), "{params}");
        assert!(
            task("CreateBuffers").encode(params.clone()).is_err(),
            "{params}"
        );
    }
    for missing in ["inputLayer", "distances"] {
        let mut params = fits.clone();
        params.as_object_mut().unwrap().shift_remove(missing);
        assert!(!accepts(&schema, &params), "{params}");
    }
}

/// A value that a parameter takes, and one more that may matter to a rule.
fn samples(param: &ParamMeta) -> Vec<Value> {
    let layer = json!({ "url": "https://example.com/arcgis/rest/services/Cities/FeatureServer/0" });
    match param.ty {
        ParamType::Text | ParamType::FieldName | ParamType::OutputName => vec![json!("A")],
        ParamType::TextList | ParamType::FieldNameList => vec![json!(["A"]), json!(["A", "B"])],
        ParamType::SummaryFields => vec![json!(["A Mean"])],
        ParamType::Number => vec![json!(0.5), json!(20)],
        ParamType::NumberList => vec![json!([5]), json!([5, 10])],
        ParamType::Integer => vec![json!(1), json!(20)],
        ParamType::Boolean => vec![json!(true), json!(false)],
        ParamType::DateTime => vec![json!(1_714_545_000_000_i64), json!("2024-05-01T08:30:00Z")],
        ParamType::Choice(choices) => choices.iter().map(|choice| json!(choice.value)).collect(),
        ParamType::ChoiceList(choices) => {
            choices.iter().map(|choice| json!([choice.value])).collect()
        }
        ParamType::FeatureInput => vec![layer],
        ParamType::FeatureInputList => vec![json!([layer])],
        ParamType::LinearUnit => vec![json!({ "distance": 5, "units": "esriMiles" })],
        ParamType::TravelMode => vec![json!("StraightLine"), json!({ "name": "Walking Time" })],
        ParamType::LocationExpressions => {
            vec![json!([{ "operator": "", "layer": 0, "where": "A = 1" }])]
        }
        ParamType::Context => vec![json!({ "outSR": { "wkid": 3857 } })],
        ParamType::Object(meta) => vec![sample_object(meta.members)],
        ParamType::ObjectList(meta) => vec![json!([sample_object(meta.members)])],
        _ => vec![json!({ "any": "thing" })],
    }
}

fn sample_object(members: &[ParamMeta]) -> Value {
    let required = members.iter().filter(|member| member.required);
    Value::Object(
        required
            .map(|member| (member.name.to_owned(), samples(member).remove(0)))
            .collect(),
    )
}

/// Calls around an example: without a parameter, with one more, with one changed, and pairs of such changes.
fn calls(meta: &TaskMeta) -> Vec<Value> {
    let mut changes: Vec<(&str, Option<Value>)> =
        meta.params.iter().map(|p| (p.name, None)).collect();
    for param in meta.params {
        changes.extend(
            samples(param)
                .into_iter()
                .map(|value| (param.name, Some(value))),
        );
    }
    let apply = |params: &Value, (name, value): &(&str, Option<Value>)| {
        let mut params = params.clone();
        match value {
            Some(value) => params[*name] = value.clone(),
            None => drop(params.as_object_mut().unwrap().shift_remove(*name)),
        }
        params
    };
    let mut calls = Vec::new();
    for example in meta.examples {
        let example: Value = serde_json::from_str(example.params).unwrap();
        let once: Vec<_> = changes
            .iter()
            .map(|change| apply(&example, change))
            .collect();
        // Pairs of all changes where they are few, else of some that are spread evenly.
        let step = changes.len().div_ceil(60).max(1);
        calls.extend(once.iter().step_by(step).flat_map(|params| {
            let changes = changes.iter().step_by(step);
            changes.map(|change| apply(params, change))
        }));
        calls.extend(once);
    }
    calls
}

/// Whether JSON Schema can express every rule of a task.
fn is_expressible(meta: &TaskMeta) -> bool {
    let decidable = |condition: Option<Condition>| !format!("{condition:?}").contains("Geometry");
    meta.rules.iter().all(|rule| {
        decidable(rule.when)
            && rule::rule(meta, rule).is_some()
            && !matches!(rule.rule, Rule::Geometry(..))
    })
}

#[test]
fn agrees_with_the_task_about_some_thousand_calls() {
    let (mut accepted, mut refused) = (0, 0);
    for task in tasks() {
        let schema = schema(task.meta);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for params in calls(task.meta) {
            let by_schema = validator.is_valid(&params);
            let by_task = task.encode(params.clone());
            match &by_task {
                Ok(_) => assert!(by_schema, "{}: the schema refuses {params}", task.meta.name),
                Err(error) if is_expressible(task.meta) => {
                    assert!(!by_schema, "{error}: the schema accepts {params}");
                }
                Err(_) => {}
            }
            if by_task.is_ok() {
                accepted += 1
            } else {
                refused += 1
            }
        }
    }
    assert!(
        accepted > 1000 && refused > 1000,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn an_optional_group_may_be_left_out() {
    let meta = task("AggregatePoints").meta;
    let schema = schema(meta);
    let example: Value = serde_json::from_str(meta.examples[0].params).unwrap();
    for group in meta.groups.iter().filter(|group| !group.required) {
        let mut params = example.clone();
        for name in group.variants.iter().flat_map(|variant| variant.params) {
            params.as_object_mut().unwrap().shift_remove(*name);
        }
        assert!(accepts(&schema, &params), "{params}");
    }
}
