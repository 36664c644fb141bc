//! What a service said of its tasks, kept from one import to the next: facts, and digests of its words.

use super::description::{Description, Direction, Need, Parameter, Task};
use super::layout;
use crate::diff::{Change, Class, Item, Kind};
use crate::source::SourceFile;
use serde_json::{Map, Value, json};

/// The file's text: what it said before, with what the tasks of this import say now.
pub(super) fn write(before: &str, description: &Description) -> String {
    let mut tasks: Vec<Value> = read(before);
    for task in description.tasks() {
        let facts = facts(task);
        let same = |known: &Value| {
            known
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|n| n.eq_ignore_ascii_case(&task.name))
        };
        match tasks.iter().position(same) {
            Some(i) => tasks[i] = facts,
            None => tasks.push(facts),
        }
    }
    tasks.sort_by_key(|task| task.get("name").map(ToString::to_string));
    layout::document(&Value::Array(tasks))
}

fn read(before: &str) -> Vec<Value> {
    serde_json::from_str(before).unwrap_or_default()
}

/// The tasks whose words differ from those of the last import.
pub(super) fn reworded(service: &str, before: &str, description: &Description) -> Vec<Change> {
    let before = read(before);
    let mut changes = Vec::new();
    for task in description.tasks() {
        let same = |known: &&Value| known.get("name").and_then(Value::as_str) == Some(&task.name);
        let Some(known) = before.iter().find(same) else {
            continue;
        };
        let now = facts(task);
        let named = |list: &Value| -> Map<String, Value> {
            let parameters = list
                .get("parameters")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            parameters
                .into_iter()
                .filter_map(|p| {
                    Some((
                        format!("{} {}", p.get("direction")?, p.get("name")?),
                        p.get("words").cloned()?,
                    ))
                })
                .collect()
        };
        let change = |item, name: &str| {
            let change =
                Change::new(service, item, name, Kind::Reworded, Class::Docs).of_task(&task.name);
            change.note("by the service; see whether the spec still says it")
        };
        if known.get("words") != now.get("words") {
            changes.push(change(Item::Task, &task.name));
        }
        let (was, is) = (named(known), named(&now));
        for parameter in &task.parameters {
            let key = format!(
                "{} {}",
                Value::from(direction(parameter)),
                Value::from(parameter.name.as_str())
            );
            if was
                .get(&key)
                .is_some_and(|words| is.get(&key) != Some(words))
            {
                let item = if parameter.direction == Direction::Input {
                    Item::Parameter
                } else {
                    Item::Result
                };
                changes.push(change(item, &parameter.name));
            }
        }
    }
    changes
}

/// A task in the form of a description, its words as digests.
fn facts(task: &Task) -> Value {
    let mut facts = Map::new();
    facts.insert("name".to_owned(), task.name.as_str().into());
    if let Some(asynchronous) = task.asynchronous {
        let word = if asynchronous {
            "esriExecutionTypeAsynchronous"
        } else {
            "esriExecutionTypeSynchronous"
        };
        facts.insert("executionType".to_owned(), word.into());
    }
    facts.insert(
        "words".to_owned(),
        digest(&format!("{}\n{}", task.title, task.text)),
    );
    facts.insert(
        "parameters".to_owned(),
        task.parameters.iter().map(parameter).collect(),
    );
    Value::Object(facts)
}

fn parameter(parameter: &Parameter) -> Value {
    let mut facts = Map::new();
    let mut put = |key: &str, value: Value| facts.insert(key.to_owned(), value);
    put("name", parameter.name.as_str().into());
    put("dataType", parameter.ty.to_string().into());
    put("direction", direction(parameter).into());
    put(
        "parameterType",
        match parameter.need {
            Need::Required => "esriGPParameterTypeRequired",
            Need::Optional => "esriGPParameterTypeOptional",
            Need::Derived => "esriGPParameterTypeDerived",
        }
        .into(),
    );
    if let Some(default) = &parameter.default {
        put("defaultValue", default.clone());
    }
    if !parameter.choices.is_empty() {
        put("choiceList", parameter.choices.clone().into());
    }
    if let (Some(_), _) | (_, Some(_)) = parameter.range {
        put(
            "filter",
            json!({ "type": "range", "minimum": parameter.range.0, "maximum": parameter.range.1 }),
        );
    }
    put(
        "words",
        digest(&format!("{}\n{}", parameter.title, parameter.text)),
    );
    Value::Object(facts)
}

fn direction(parameter: &Parameter) -> &'static str {
    match parameter.direction {
        Direction::Input => "esriGPParameterDirectionInput",
        Direction::Output => "esriGPParameterDirectionOutput",
    }
}

fn digest(words: &str) -> Value {
    format!("{:016x}", SourceFile::new("", words).digest()).into()
}
