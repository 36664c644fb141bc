//! The first example of a task as a call in Rust.

use crate::ir;
use crate::spec::{self, ParameterType};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The call that an example describes.
pub(super) fn lower(
    task: &ir::Task,
    shared: &[ir::ChoiceType],
    example: &spec::Example,
) -> ir::Call {
    let given = &example.parameters;
    let mut call = Builder {
        task,
        shared,
        uses: Uses::default(),
    };
    let mut arguments = Vec::new();
    let mut setters = Vec::new();
    for field in &task.fields {
        let (name, expression, required) = match *field {
            ir::Field::Param(i) => {
                let param = &task.params[i];
                let Some(value) = given.get(&param.wire) else {
                    continue;
                };
                (&param.rust, call.argument(param, value), param.required)
            }
            ir::Field::Group(i) => {
                let group = &task.groups[i];
                let Some(expression) = call.group(group, given) else {
                    continue;
                };
                (&group.field, expression, group.required)
            }
        };
        if required {
            arguments.push(expression);
        } else {
            setters.push((name.clone(), expression));
        }
    }
    let encoded = task.params.iter().filter_map(|param| {
        let value = given.get(&param.wire)?;
        Some((
            param.wire.clone(),
            text(&typed(&param.ty, value, &task.objects)),
        ))
    });
    let encoded = encoded.collect();
    let Uses {
        module,
        shared,
        vocabulary,
    } = call.uses;
    ir::Call {
        doc: example.doc.clone(),
        module_types: module.into_iter().collect(),
        shared_types: shared.into_iter().collect(),
        vocabulary: vocabulary.into_iter().collect(),
        arguments,
        setters,
        encoded,
    }
}

/// A value as the typed parameter will write it: `20` of a double is `20.0`.
pub(super) fn canonical(ty: ParameterType, value: &Value) -> Value {
    match ty {
        ParameterType::Number => double(value),
        ParameterType::NumberList => match value {
            Value::Array(items) => items.iter().map(double).collect(),
            other => other.clone(),
        },
        _ => value.clone(),
    }
}

/// The same for a type whose objects are known.
pub(super) fn typed(ty: &ir::Type, value: &Value, objects: &[ir::Object]) -> Value {
    match (ty, value) {
        (ir::Type::Number, value) => double(value),
        (ir::Type::NumberList, Value::Array(items)) => items.iter().map(double).collect(),
        (ir::Type::ObjectList(name), Value::Array(items)) => items
            .iter()
            .map(|item| typed(&ir::Type::Object(name.clone()), item, objects))
            .collect(),
        (ir::Type::Object(name), Value::Object(given)) => {
            let members = objects
                .iter()
                .filter(|o| o.name == *name)
                .flat_map(|o| &o.members);
            let member =
                |m: &ir::Param| Some((m.wire.clone(), typed(&m.ty, given.get(&m.wire)?, objects)));
            Value::Object(members.filter_map(member).collect())
        }
        (_, value) => value.clone(),
    }
}

fn double(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), Value::from)
}

/// A value as a form's field.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Default)]
struct Uses {
    module: BTreeSet<String>,
    shared: BTreeSet<String>,
    vocabulary: BTreeSet<String>,
}

struct Builder<'a> {
    task: &'a ir::Task,
    shared: &'a [ir::ChoiceType],
    uses: Uses,
}

impl Builder<'_> {
    /// An expression for a parameter that is passed by itself, where conversions apply.
    fn argument(&mut self, param: &ir::Param, value: &Value) -> String {
        match (&param.ty, value) {
            (ir::Type::Text | ir::Type::FieldName, Value::String(text)) => format!("{text:?}"),
            (ir::Type::FeatureInput, value) => match url(value) {
                Some(url) => format!("{url:?}"),
                None => self.owned(&param.ty, value),
            },
            (ir::Type::FeatureInputList, Value::Array(items)) => {
                let urls: Option<Vec<_>> = items.iter().map(url).collect();
                match urls {
                    Some(urls) => format!("{urls:?}"),
                    None => self.list(&ir::Type::FeatureInput, items),
                }
            }
            (ir::Type::TextList | ir::Type::FieldNameList, Value::Array(items)) => {
                format!(
                    "[{}]",
                    items
                        .iter()
                        .map(Value::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
            (ty, Value::Array(items)) => match item(ty) {
                Some(item) => self.list(&item, items),
                None => self.owned(ty, value),
            },
            (ty, value) => self.owned(ty, value),
        }
    }

    /// An expression of exactly the parameter's type.
    fn owned(&mut self, ty: &ir::Type, value: &Value) -> String {
        match (ty, value) {
            (ir::Type::Text | ir::Type::FieldName, Value::String(text)) => {
                format!("{text:?}.to_owned()")
            }
            (ir::Type::Number, Value::Number(number)) => number
                .as_f64()
                .map_or_else(String::new, |n| format!("{n:?}")),
            (ir::Type::Integer, Value::Number(number)) => number.to_string(),
            (ir::Type::Boolean, Value::Bool(boolean)) => boolean.to_string(),
            (ir::Type::Choice(choice), Value::String(word)) => self.choice(choice, word),
            (ir::Type::SummaryFields, Value::Array(items)) => {
                format!("vec!{}", self.list(&ir::Type::SummaryFields, items))
            }
            (ir::Type::SummaryFields, Value::String(pair)) => self.summary_field(pair),
            (ir::Type::DateTime, Value::Number(millis)) => {
                self.vocabulary("DateTime");
                format!(
                    "DateTime {{ epoch_millis: {} }}",
                    digits(&millis.to_string())
                )
            }
            (ir::Type::FeatureInput, Value::Object(layer)) => self.layer(layer),
            (ir::Type::OutputName, Value::Object(output)) => self.output_name(output),
            (ir::Type::TravelMode, Value::String(word)) if word == "StraightLine" => {
                self.vocabulary("TravelMode");
                "TravelMode::StraightLine".to_owned()
            }
            (ir::Type::LinearUnit, Value::Object(unit)) => self.linear_unit(unit),
            (ir::Type::Object(name), Value::Object(members)) => self.object(name, members),
            (ir::Type::Json, value) => self.json(value),
            (ty, Value::Array(items)) => match item(ty) {
                Some(item) => format!("vec!{}", self.list(&item, items)),
                None => self.read(ty, value),
            },
            (ty, value) => self.read(ty, value),
        }
    }

    fn list(&mut self, ty: &ir::Type, items: &[Value]) -> String {
        let items: Vec<_> = items.iter().map(|item| self.owned(ty, item)).collect();
        format!("[{}]", items.join(", "))
    }

    fn choice(&mut self, choice: &ir::ChoiceRef, word: &str) -> String {
        let types = if choice.shared {
            self.shared
        } else {
            &self.task.choices
        };
        let known = types.iter().find(|c| c.name == choice.name);
        let variant = known
            .and_then(|c| c.choices.iter().find(|c| c.value == word))
            .map(|c| c.variant.clone());
        let variant = variant.unwrap_or_else(|| super::names::pascal(word));
        if choice.shared {
            self.uses.shared.insert(choice.name.clone());
        } else {
            self.uses.module.insert(choice.name.clone());
        }
        format!("{}::{variant}", choice.name)
    }

    fn summary_field(&mut self, pair: &str) -> String {
        self.vocabulary("SummaryField");
        self.vocabulary("SummaryStatistic");
        let (field, statistic) = pair.trim().rsplit_once(' ').unwrap_or((pair, "Sum"));
        format!(
            "SummaryField::new({field:?}, SummaryStatistic::{})",
            super::names::pascal(&statistic.to_lowercase())
        )
    }

    fn layer(&mut self, layer: &Map<String, Value>) -> String {
        let text = |key: &str| layer.get(key).and_then(Value::as_str);
        match (text("url"), text("filter"), layer.len()) {
            (Some(url), filter, 1 | 2) if layer.len() == 1 || filter.is_some() => {
                self.vocabulary("FeatureInput");
                self.vocabulary("FeatureLayer");
                let filter =
                    filter.map_or_else(|| "None".to_owned(), |f| format!("Some({f:?}.to_owned())"));
                format!(
                    "FeatureInput::Layer(FeatureLayer {{ url: {url:?}.to_owned(), filter: {filter}, ..FeatureLayer::default() }})"
                )
            }
            _ => self.read(&ir::Type::FeatureInput, &Value::Object(layer.clone())),
        }
    }

    fn output_name(&mut self, output: &Map<String, Value>) -> String {
        let whole = Value::Object(output.clone());
        match (
            whole
                .pointer("/serviceProperties/name")
                .and_then(Value::as_str),
            output.len(),
        ) {
            (Some(name), 1) => {
                self.vocabulary("OutputName");
                format!("OutputName::New {{ name: {name:?}.to_owned(), folder_id: None }}")
            }
            _ => self.read(&ir::Type::OutputName, &whole),
        }
    }

    fn linear_unit(&mut self, unit: &Map<String, Value>) -> String {
        let distance = unit.get("distance").and_then(Value::as_f64);
        let units = unit
            .get("units")
            .and_then(Value::as_str)
            .and_then(|u| u.strip_prefix("esri"));
        match (distance, units) {
            (Some(distance), Some(units)) => {
                self.vocabulary("LinearUnit");
                self.vocabulary("LinearUnits");
                format!("LinearUnit {{ distance: {distance:?}, units: LinearUnits::{units} }}")
            }
            _ => self.read(&ir::Type::LinearUnit, &Value::Object(unit.clone())),
        }
    }

    fn object(&mut self, name: &str, given: &Map<String, Value>) -> String {
        self.uses.module.insert(name.to_owned());
        let task = self.task;
        let members = task
            .objects
            .iter()
            .find(|o| o.name == name)
            .map_or(&[][..], |o| &o.members);
        let mut arguments = Vec::new();
        let mut setters = String::new();
        for member in members {
            let Some(value) = given.get(&member.wire) else {
                continue;
            };
            let expression = self.argument(member, value);
            if member.required {
                arguments.push(expression);
            } else {
                setters.push_str(&format!(".{}({expression})", member.rust));
            }
        }
        format!("{name}::new({}){setters}", arguments.join(", "))
    }

    fn group(&mut self, group: &ir::Group, given: &Map<String, Value>) -> Option<String> {
        let task = self.task;
        let param = |i: &usize| &task.params[*i];
        let variant = group
            .variants
            .iter()
            .find(|v| v.params.iter().any(|i| given.contains_key(&param(i).wire)))?;
        let mut arguments = Vec::new();
        for param in variant.params.iter().map(param) {
            arguments.push(match given.get(&param.wire) {
                Some(value) if param.required => self.argument(param, value),
                Some(value) => self.owned(&param.ty, value),
                None => "None".to_owned(),
            });
        }
        self.uses.module.insert(group.name.clone());
        Some(format!(
            "{}::{}({})",
            group.name,
            variant.constructor,
            arguments.join(", ")
        ))
    }

    fn json(&mut self, value: &Value) -> String {
        self.vocabulary("serde_json::json");
        format!("json!({value})")
    }

    /// The last resort: the value is read from JSON.
    fn read(&mut self, ty: &ir::Type, value: &Value) -> String {
        let name = match ty {
            ir::Type::FeatureInput => "FeatureInput",
            ir::Type::LinearUnit => "LinearUnit",
            ir::Type::TravelMode => "TravelMode",
            ir::Type::OutputName => "OutputName",
            ir::Type::Context => "Context",
            ir::Type::DateTime => "DateTime",
            _ => return self.json(value),
        };
        self.vocabulary(name);
        self.vocabulary("Param");
        format!("{name}::from_json({})?", self.json(value))
    }

    fn vocabulary(&mut self, name: &str) {
        self.uses.vocabulary.insert(name.to_owned());
    }
}

/// The type of a list's items.
fn item(ty: &ir::Type) -> Option<ir::Type> {
    match ty {
        ir::Type::TextList => Some(ir::Type::Text),
        ir::Type::FieldNameList => Some(ir::Type::FieldName),
        ir::Type::SummaryFields => Some(ir::Type::SummaryFields),
        ir::Type::NumberList => Some(ir::Type::Number),
        ir::Type::ChoiceList(choice) => Some(ir::Type::Choice(choice.clone())),
        ir::Type::FeatureInputList => Some(ir::Type::FeatureInput),
        ir::Type::ObjectList(name) => Some(ir::Type::Object(name.clone())),
        _ => None,
    }
}

/// The URL of a layer of which nothing else is said.
fn url(value: &Value) -> Option<&str> {
    let layer = value.as_object().filter(|layer| layer.len() == 1)?;
    layer.get("url")?.as_str()
}

/// A whole number with its digits in groups.
fn digits(number: &str) -> String {
    let mut grouped = String::new();
    for (i, digit) in number.chars().enumerate() {
        if i > 0 && (number.len() - i).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}
