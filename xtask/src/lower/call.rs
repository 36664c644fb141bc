//! The first example of a task as a call in Rust.

use super::{canonical, names};
use crate::ir;
use crate::spec;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What the tasks of a service share.
pub(super) struct Shared<'a> {
    /// Choices.
    pub(super) choices: &'a [ir::ChoiceType],
    /// Objects.
    pub(super) objects: &'a [ir::Object],
    /// The choices that only those objects have.
    pub(super) object_choices: &'a [ir::ChoiceType],
}

/// The call that an example describes.
pub(super) fn lower(task: &ir::Task, shared: &Shared<'_>, example: &spec::Example) -> ir::Call {
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
            canonical::encoded(param, &canonical::typed(&param.ty, value, task)),
        ))
    });
    let encoded = encoded.collect();
    let Uses {
        module,
        shared,
        objects,
        vocabulary,
        json,
    } = call.uses;
    ir::Call {
        doc: example.doc.clone(),
        module_types: module.into_iter().collect(),
        shared_types: shared.into_iter().collect(),
        object_types: objects.into_iter().collect(),
        vocabulary: vocabulary.into_iter().collect(),
        arguments,
        setters,
        json,
        encoded,
    }
}

#[derive(Default)]
struct Uses {
    module: BTreeSet<String>,
    shared: BTreeSet<String>,
    objects: BTreeSet<String>,
    vocabulary: BTreeSet<String>,
    json: Vec<Value>,
}

struct Builder<'a> {
    task: &'a ir::Task,
    shared: &'a Shared<'a>,
    uses: Uses,
}

impl<'a> Builder<'a> {
    /// An expression for a parameter that is passed by itself, where conversions apply.
    fn argument(&mut self, param: &ir::Param, value: &Value) -> String {
        match (&param.ty, value) {
            (ir::Type::Text | ir::Type::FieldName, Value::String(text)) => {
                format!("{text:?}")
            }
            (ir::Type::TextList | ir::Type::FieldNameList, Value::Array(items)) => {
                array(items.iter().map(Value::to_string))
            }
            (ir::Type::FeatureInput, value) => self.features(value),
            (ir::Type::FeatureInputList, Value::Array(items)) => self.feature_list(items),
            (ir::Type::OutputName, value) => match new_layer(value) {
                Some(name) => format!("{name:?}"),
                None => self.owned(&param.ty, value),
            },
            (ir::Type::Value(_), value) if simple(&param.ty, value).is_some() => {
                format!("{:?}", simple(&param.ty, value).unwrap_or_default())
            }
            (ir::Type::ValueList(name), Value::Array(items))
                if items
                    .iter()
                    .all(|item| simple(&ir::Type::Value(name), item).is_some()) =>
            {
                let ty = ir::Type::Value(name);
                array(
                    items
                        .iter()
                        .map(|item| format!("{:?}", simple(&ty, item).unwrap_or_default())),
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
            (ir::Type::Number, Value::Number(number)) => {
                format!("{:?}", number.as_f64().unwrap_or_default())
            }
            (ir::Type::Integer, Value::Number(number)) => digits(&number.to_string()),
            (ir::Type::Boolean, Value::Bool(boolean)) => boolean.to_string(),
            (ir::Type::Choice(choice), Value::String(word)) => self.choice(choice, word),
            (ir::Type::SummaryFields, Value::String(pair)) => self.summary_field(pair),
            (ir::Type::DateTime, Value::Number(millis)) => {
                format!(
                    "{}::from_epoch_millis({})",
                    self.vocabulary("DateTime"),
                    digits(&millis.to_string())
                )
            }
            (ir::Type::FeatureInput, value) if url(value).is_some() => {
                format!(
                    "{}::from({})",
                    self.vocabulary("FeatureInput"),
                    self.features(value)
                )
            }
            (ir::Type::OutputName, value) => match new_layer(value) {
                Some(name) => format!("{}::new({name:?})", self.vocabulary("OutputName")),
                None => self.read(ty, value),
            },
            (ir::Type::TravelMode, Value::String(word)) if word == "StraightLine" => {
                format!("{}::StraightLine", self.vocabulary("TravelMode"))
            }
            (ir::Type::LinearUnit, value) => self.linear_unit(value),
            (ir::Type::Value(name), value) if simple(ty, value).is_some() => {
                let text = simple(ty, value).unwrap_or_default();
                format!("{}::from({text:?})", self.vocabulary(name))
            }
            (ir::Type::Value(name @ "Distance"), value) => self.distance(name, value),
            (ir::Type::Context, value) => self.context(value),
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
        array(items.iter().map(|item| self.owned(ty, item)))
    }

    /// Features that become a `FeatureInput`: a URL, a layer with a filter, or whatever else.
    fn features(&mut self, value: &Value) -> String {
        match (url(value), filter(value)) {
            (Some(url), None) => format!("{url:?}"),
            (Some(_), Some(_)) => self.layer(value),
            (None, _) => self.read(&ir::Type::FeatureInput, value),
        }
    }

    /// The items of a list must be of one type.
    fn feature_list(&mut self, items: &[Value]) -> String {
        if items.iter().any(|item| url(item).is_none()) {
            self.list(&ir::Type::FeatureInput, items)
        } else if items.iter().any(|item| filter(item).is_some()) {
            array(items.iter().map(|item| self.layer(item)))
        } else {
            array(items.iter().map(|item| self.features(item)))
        }
    }

    fn layer(&mut self, value: &Value) -> String {
        let layer = format!(
            "{}::new({:?})",
            self.vocabulary("FeatureLayer"),
            url(value).unwrap_or_default()
        );
        match filter(value) {
            Some(filter) => format!("{layer}.filter({filter:?})"),
            None => layer,
        }
    }

    fn choice(&mut self, choice: &ir::ChoiceRef, word: &str) -> String {
        let named = |types: &'a [ir::ChoiceType]| types.iter().find(|c| c.name == choice.name);
        let (ty, uses) = if choice.shared {
            (named(self.shared.choices), &mut self.uses.shared)
        } else if let Some(own) = named(&self.task.choices) {
            (Some(own), &mut self.uses.module)
        } else {
            (named(self.shared.object_choices), &mut self.uses.objects)
        };
        let known = ty
            .into_iter()
            .flat_map(|c| &c.choices)
            .find(|c| c.value == word);
        let variant = known.map_or_else(|| names::pascal(word), |c| c.variant.clone());
        uses.insert(choice.name.clone());
        format!("{}::{variant}", choice.name)
    }

    fn summary_field(&mut self, pair: &str) -> String {
        let (field, statistic) = pair.trim().rsplit_once(' ').unwrap_or((pair, "Sum"));
        let statistic = names::pascal(&statistic.to_lowercase());
        let (pair, statistics) = (
            self.vocabulary("SummaryField"),
            self.vocabulary("SummaryStatistic"),
        );
        format!("{pair}::new({field:?}, {statistics}::{statistic})")
    }

    fn linear_unit(&mut self, value: &Value) -> String {
        let distance = value.get("distance").and_then(Value::as_f64);
        let units = value
            .get("units")
            .and_then(Value::as_str)
            .and_then(|u| u.strip_prefix("esri"));
        match (distance, units) {
            (Some(distance), Some(units)) => {
                let (unit, all) = (
                    self.vocabulary("LinearUnit"),
                    self.vocabulary("LinearUnits"),
                );
                format!("{unit}::new({distance:?}, {all}::{units})")
            }
            _ => self.read(&ir::Type::LinearUnit, value),
        }
    }

    fn distance(&mut self, name: &'static str, value: &Value) -> String {
        let distance = value.get("distance").and_then(Value::as_f64);
        let units = value.get("units").and_then(Value::as_str);
        match (distance, units.filter(|u| LENGTH_UNITS.contains(u))) {
            (Some(distance), Some(units)) => {
                let (ty, all) = (self.vocabulary("Distance"), self.vocabulary("LengthUnits"));
                format!("{ty}::new({distance:?}, {all}::{units})")
            }
            _ => self.read(&ir::Type::Value(name), value),
        }
    }

    fn context(&mut self, value: &Value) -> String {
        let only = value.as_object().is_some_and(|o| o.len() == 1);
        let wkid = value.pointer("/outSR/wkid").and_then(Value::as_u64);
        match wkid.filter(|_| only && value["outSR"].as_object().is_some_and(|o| o.len() == 1)) {
            Some(wkid) => {
                let (context, reference) = (
                    self.vocabulary("Context"),
                    self.vocabulary("SpatialReference"),
                );
                format!(
                    "{context} {{ out_sr: Some({reference}::wkid({wkid})), ..{context}::default() }}"
                )
            }
            None => self.read(&ir::Type::Context, value),
        }
    }

    fn object(&mut self, name: &str, given: &Map<String, Value>) -> String {
        let task = self.task;
        let own = task.objects.iter().any(|o| o.name == name);
        let uses = if own {
            &mut self.uses.module
        } else {
            &mut self.uses.objects
        };
        uses.insert(name.to_owned());
        let members = task.object(name).into_iter().flat_map(|o| &o.members);
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
        let is_given = |i: &usize| given.contains_key(&task.params[*i].wire);
        let variant = group
            .variants
            .iter()
            .find(|v| v.params.iter().any(is_given))?;
        let mut arguments = Vec::new();
        for param in variant.params.iter().map(|i| &task.params[*i]) {
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

    /// A JSON value, which is filled in when the code around it has its final form.
    fn json(&mut self, value: &Value) -> String {
        self.vocabulary("serde_json::json");
        self.uses.json.push(value.clone());
        format!("json!({})", ir::Call::placeholder(self.uses.json.len() - 1))
    }

    /// The last resort: the value is read from JSON.
    fn read(&mut self, ty: &ir::Type, value: &Value) -> String {
        match ty {
            ir::Type::FeatureInput
            | ir::Type::LinearUnit
            | ir::Type::TravelMode
            | ir::Type::OutputName
            | ir::Type::Context
            | ir::Type::Value(_)
            | ir::Type::DateTime => {
                self.vocabulary("Param");
                let name = ty.kept();
                self.vocabulary(&name);
                format!("{name}::from_json({})?", self.json(value))
            }
            _ => self.json(value),
        }
    }

    fn vocabulary<'n>(&mut self, name: &'n str) -> &'n str {
        self.uses.vocabulary.insert(name.to_owned());
        name
    }
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// The type of a list's items.
fn item(ty: &ir::Type) -> Option<ir::Type> {
    match ty {
        ir::Type::TextList => Some(ir::Type::Text),
        ir::Type::FieldNameList => Some(ir::Type::FieldName),
        ir::Type::SummaryFields => Some(ir::Type::SummaryFields),
        ir::Type::NumberList => Some(ir::Type::Number),
        ir::Type::IntegerList => Some(ir::Type::Integer),
        ir::Type::ValueList(name) => Some(ir::Type::Value(name)),
        ir::Type::ChoiceList(choice) => Some(ir::Type::Choice(choice.clone())),
        ir::Type::FeatureInputList => Some(ir::Type::FeatureInput),
        ir::Type::ObjectList(name) => Some(ir::Type::Object(name.clone())),
        _ => None,
    }
}

/// The words of `LengthUnits` that have a variant of their own name.
const LENGTH_UNITS: &[&str] = &[
    "Meters",
    "Kilometers",
    "Feet",
    "Miles",
    "FeetInt",
    "MilesInt",
];

/// The text that says all there is to say of a value: its URL, its item, its path or its name.
fn simple<'v>(ty: &ir::Type, value: &'v Value) -> Option<&'v str> {
    let ir::Type::Value(name) = ty else {
        return None;
    };
    let only = |key: &str| {
        let members = value.as_object().filter(|members| members.len() == 1)?;
        members.get(key)?.as_str()
    };
    match *name {
        "RasterInput" | "RasterOrFeatureInput" | "FeatureSetInput" | "DataFile" => only("url")
            .or_else(|| {
                let item = if *name == "RasterInput" {
                    "itemId"
                } else {
                    "none"
                };
                only(item).filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
            }),
        "DatasetName" => value.as_str(),
        "RasterOutputName" => new_layer(value),
        _ => None,
    }
}

/// The URL of a layer of which nothing is said but a filter.
fn url(value: &Value) -> Option<&str> {
    let layer = value.as_object()?;
    let plain = layer.keys().all(|key| key == "url" || key == "filter");
    layer.get("url").filter(|_| plain)?.as_str()
}

fn filter(value: &Value) -> Option<&str> {
    value.get("filter")?.as_str()
}

/// The name of a new hosted layer of which nothing else is said.
fn new_layer(value: &Value) -> Option<&str> {
    let name = value.pointer("/serviceProperties/name")?.as_str()?;
    let plain = ["/serviceProperties", ""].iter().all(|at| {
        value
            .pointer(at)
            .and_then(Value::as_object)
            .is_some_and(|o| o.len() == 1)
    });
    plain.then_some(name)
}

/// A whole number, its digits in groups where there are many.
fn digits(number: &str) -> String {
    if number.len() < 5 {
        return number.to_owned();
    }
    let mut grouped = String::new();
    for (i, digit) in number.chars().enumerate() {
        if i > 0 && (number.len() - i).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn many_digits_are_grouped() {
        for (number, text) in [
            ("4326", "4326"),
            ("-123456", "-123_456"),
            ("1748851200000", "1_748_851_200_000"),
        ] {
            assert_eq!(digits(number), text);
        }
    }
}
