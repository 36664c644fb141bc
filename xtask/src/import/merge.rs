//! Brings a spec in line with a description, and keeps what people wrote.
//!
//! The text is edited, not written anew: layout, order and every word of what did not change stay.

use super::description::{Direction, Need, Parameter, Task};
use super::draft;
use super::name::Names;
use crate::diff::renamed;
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::Value;

/// A merged spec.
#[derive(Debug)]
pub(super) struct Merged {
    /// Its text.
    pub(super) text: String,
    /// What a maintainer must decide, a clause each.
    pub(super) notes: Vec<String>,
}

/// Merges what a service says of a task into the task's spec, and into the sets of choices of `service.json`.
///
/// # Errors
/// When a text is no JSON object.
pub(super) fn merge(spec: &str, service: &mut String, task: &Task) -> Result<Merged, String> {
    let (root, object) = parse(spec)?;
    let (service_root, service_object) = parse(service)?;
    let mut merge = Merge {
        task: object,
        service: service_object,
        notes: Vec::new(),
    };
    merge.parameters(task);
    merge.results(task);
    let text = root.to_string();
    let merged = Merged {
        text,
        notes: merge.notes,
    };
    *service = service_root.to_string();
    Ok(merged)
}

/// The document, and the object that it is. The first must outlive the second.
fn parse(text: &str) -> Result<(CstRootNode, CstObject), String> {
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| format!("this is not valid JSON: {error}"))?;
    let object = root.object_value().ok_or("this is no JSON object")?;
    Ok((root, object))
}

struct Merge {
    task: CstObject,
    service: CstObject,
    notes: Vec<String>,
}

impl Merge {
    fn parameters(&mut self, task: &Task) {
        let Some(list) = self.task.array_value("parameters") else {
            return;
        };
        let told: Vec<_> = task
            .parameters
            .iter()
            .filter(|p| p.direction == Direction::Input)
            .collect();
        let omitted = self.omitted();
        let mut gone: Vec<CstObject> = Vec::new();
        let mut matched = vec![false; told.len()];
        for object in objects(&list) {
            let name = text(&object, "name");
            match told.iter().position(|p| p.name.eq_ignore_ascii_case(&name)) {
                Some(i) => {
                    matched[i] = true;
                    self.parameter(&object, told[i]);
                }
                None => gone.push(object),
            }
        }
        let added: Vec<_> = told
            .iter()
            .zip(matched)
            .filter(|(_, matched)| !matched)
            .map(|(p, _)| *p)
            .collect();
        for (i, parameter) in added.iter().enumerate() {
            if omitted
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&parameter.name))
            {
                continue;
            }
            let drafted = drafted(&list, parameter, told.len() + i);
            if let Some(old) = gone.iter().position(|was| renamed(&json(was), &drafted)) {
                let object = gone.remove(old);
                let from = text(&object, "name");
                self.rename(&from, &parameter.name);
                self.parameter(&object, parameter);
                continue;
            }
            insert(&list, &drafted);
        }
        for object in gone {
            let name = text(&object, "name");
            if let Some(place) = self.mentioned(&name) {
                self.notes.push(format!("the service has no parameter `{name}` any more, and {place} of the spec still names it"));
            }
            object.remove();
        }
    }

    /// Brings what a spec says of a parameter in line.
    fn parameter(&mut self, object: &CstObject, told: &Parameter) {
        if text(object, "name") != told.name {
            let from = text(object, "name");
            self.rename(&from, &told.name);
            set(object, "name", told.name.as_str().into());
        }
        let ty = text(object, "type");
        // Of what travels as text a spec knows more than the service says; only plain text with words is a choice.
        let drafted = told.ty.input(!told.choices.is_empty());
        let words = matches!(
            (ty.as_str(), drafted),
            ("text", "choice") | ("textList", "choiceList")
        );
        if !told.ty.fits_input(&ty) || words {
            for key in [
                "object",
                "choices",
                "choiceSet",
                "choiceType",
                "geometry",
                "range",
                "default",
                "minItems",
                "encoding",
                "fields",
            ] {
                remove(object, key);
            }
            set(object, "type", drafted.into());
            if words || drafted.starts_with("choice") {
                insert_before_doc(object, "choices", &draft::choices(&told.choices));
            }
        }
        let ty = text(object, "type");
        let required = told.need == Need::Required;
        match (flag(object, "required"), required) {
            (false, true) => {
                remove(object, "default");
                insert_after(object, "type", "required", &true.into());
            }
            // In a group a parameter is required when its variant is chosen, which no description can say.
            (true, false) if !self.is_grouped(&told.name) => remove(object, "required"),
            _ => {}
        }
        if ty.starts_with("choice") && !told.choices.is_empty() {
            self.choices(object, &told.choices);
        }
        if !flag(object, "required") {
            self.default(object, told, &ty);
        }
        if matches!(
            ty.as_str(),
            "number" | "integer" | "numberList" | "integerList"
        ) && let Some(range) = draft::range(told)
            && object.get("exclusiveMin").is_none()
        {
            let known = object.get("range").and_then(|p| p.to_serde_value());
            let bound = |range: &Value, key: &str| range.get(key).and_then(Value::as_f64);
            let same = known.is_some_and(|known| {
                ["min", "max"]
                    .iter()
                    .all(|key| bound(&known, key) == bound(&range, key))
            });
            if !same {
                match object.get("range") {
                    Some(property) => property.set_value(input(&range)),
                    None => insert_before_doc(object, "range", &range),
                }
            }
        }
    }

    fn default(&mut self, object: &CstObject, told: &Parameter, ty: &str) {
        let known = object
            .get("default")
            .and_then(|p| p.value())
            .and_then(|node| node.to_serde_value());
        let Some(told_default) = &told.default else {
            // Where a service tells no default, a spec may still know it from the documentation.
            return;
        };
        // What travels as text is described as text: a number, a truth value or JSON within it is read before it is compared.
        let read = match told_default {
            Value::String(text) if !self::text(object, "encoding").is_empty() => {
                items(text, &self::text(object, "encoding"), ty)
            }
            Value::String(text) if ty != "text" => {
                serde_json::from_str(text).unwrap_or_else(|_| told_default.clone())
            }
            other => other.clone(),
        };
        let same = |known: &Value| {
            crate::diff::same_value(Some(known), Some(&read))
                || crate::diff::same_value(Some(known), Some(told_default))
                || matches!((known, told_default), (Value::String(a), Value::String(b)) if a.eq_ignore_ascii_case(b))
        };
        if known.as_ref().is_some_and(same) {
            return;
        }
        let as_told = Parameter {
            default: Some(read),
            ..told.clone()
        };
        let Some(default) = draft::default(&as_told, ty) else {
            return;
        };
        match object.get("default") {
            Some(property) => property.set_value(input(&default)),
            None => insert_before_doc(object, "default", &default),
        }
    }

    /// Brings the words in line: those of the parameter, or those of the set that it shares.
    fn choices(&mut self, object: &CstObject, told: &[String]) {
        let set_name = text(object, "choiceSet");
        let shared = !set_name.is_empty();
        let list = if shared {
            let sets = self.service.object_value("choices");
            sets.and_then(|sets| sets.object_value(&set_name))
                .and_then(|set| set.array_value("values"))
        } else {
            object.array_value("choices")
        };
        let Some(list) = list else { return };
        let known: Vec<_> = objects(&list)
            .iter()
            .map(|choice| text(choice, "value"))
            .collect();
        let mut variants = Names::default();
        for (i, word) in known.iter().enumerate() {
            variants.variant(word, i + 1);
        }
        for (i, word) in told.iter().enumerate() {
            if !known.iter().any(|k| k.eq_ignore_ascii_case(word)) {
                let rust = variants.variant(word, known.len() + i + 1);
                insert(&list, &draft::choice(word, rust));
            }
        }
        for choice in objects(&list) {
            let word = text(&choice, "value");
            if told.iter().any(|t| t.eq_ignore_ascii_case(&word)) {
                continue;
            }
            if shared {
                self.notes.push(format!(
                    "`{}` does not take `{word}`, which the shared choices `{set_name}` keep for other parameters; give it choices of its own, or remove the word",
                    text(object, "name")
                ));
            } else {
                choice.remove();
            }
        }
    }

    fn results(&mut self, task: &Task) {
        let Some(list) = self.task.array_value("results") else {
            return;
        };
        let told: Vec<_> = task
            .parameters
            .iter()
            .filter(|p| p.direction == Direction::Output)
            .collect();
        let mut fields = Names::default();
        let mut known = Vec::new();
        for (i, object) in objects(&list).into_iter().enumerate() {
            let name = text(&object, "name");
            fields.field(&name, i + 1);
            match told.iter().find(|p| p.name.eq_ignore_ascii_case(&name)) {
                Some(result) => {
                    if result.name != name {
                        set(&object, "name", result.name.as_str().into());
                    }
                    if !result.ty.fits_output(&text(&object, "type")) {
                        for key in ["object", "fields"] {
                            remove(&object, key);
                        }
                        set(&object, "type", result.ty.output().into());
                    }
                    known.push(result.name.to_ascii_lowercase());
                }
                None => object.remove(),
            }
        }
        for (i, result) in told.iter().enumerate() {
            if !known.contains(&result.name.to_ascii_lowercase()) {
                insert(&list, &draft::result(result, i + 1, &mut fields));
            }
        }
    }

    /// The parameters that the spec leaves out on purpose.
    fn omitted(&self) -> Vec<String> {
        let list = self.task.array_value("omitted");
        list.map(|list| objects(&list).iter().map(|o| text(o, "name")).collect())
            .unwrap_or_default()
    }

    fn is_grouped(&self, name: &str) -> bool {
        let groups = json(&self.task).get("groups").cloned().unwrap_or_default();
        holds(&groups, name)
    }

    /// Where else the spec names a parameter.
    fn mentioned(&self, name: &str) -> Option<&'static str> {
        let spec = json(&self.task);
        let named = |key: &str| spec.get(key).is_some_and(|value| holds(value, name));
        if named("groups") {
            Some("a group")
        } else if named("rules") {
            Some("a rule")
        } else if named("examples") {
            Some("an example")
        } else {
            None
        }
    }

    /// Calls a parameter by another name wherever groups, rules, examples and texts name it.
    fn rename(&mut self, from: &str, to: &str) {
        for key in ["groups", "rules"] {
            if let Some(array) = self.task.array_value(key) {
                for node in array.elements() {
                    rename_values(&node, from, to);
                }
            }
        }
        for node in self
            .task
            .array_value("examples")
            .iter()
            .flat_map(CstArray::elements)
        {
            let parameters = node.as_object().and_then(|o| o.object_value("parameters"));
            if let Some(property) = parameters.and_then(|p| p.get(from))
                && let Some(value) = property.to_serde_value()
            {
                property.replace_with(to, input(&value));
            }
        }
        let (quoted, new) = (format!("`{from}`"), format!("`{to}`"));
        rename_in_texts(
            &CstNode::from(jsonc_parser::cst::CstContainerNode::Object(
                self.task.clone(),
            )),
            &quoted,
            &new,
        );
        let list = self.task.array_value("parameters");
        for object in list.iter().flat_map(objects) {
            if text(&object, "name") == from {
                set(&object, "name", to.into());
            }
        }
    }
}

/// Whether a value holds a text, as a value or as a key.
fn holds(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name,
        Value::Array(items) => items.iter().any(|item| holds(item, name)),
        Value::Object(members) => members
            .iter()
            .any(|(key, member)| key == name || holds(member, name)),
        _ => false,
    }
}

fn rename_values(node: &CstNode, from: &str, to: &str) {
    if let Some(literal) = node.as_string_lit() {
        if literal.decoded_value().is_ok_and(|value| value == from) {
            literal.set_raw_value(Value::from(to).to_string());
        }
        return;
    }
    for child in node.children_exclude_trivia_and_tokens() {
        rename_values(&child, from, to);
    }
}

fn rename_in_texts(node: &CstNode, from: &str, to: &str) {
    if let Some(literal) = node.as_string_lit() {
        if let Ok(value) = literal.decoded_value()
            && value.contains(from)
        {
            literal.set_raw_value(Value::from(value.replace(from, to)).to_string());
        }
        return;
    }
    for child in node.children_exclude_trivia_and_tokens() {
        rename_in_texts(&child, from, to);
    }
}

/// A parameter as it would be drafted beside those of a list.
fn drafted(list: &CstArray, parameter: &Parameter, number: usize) -> Value {
    let (mut fields, mut types) = (Names::default(), Names::default());
    for (i, object) in objects(list).iter().enumerate() {
        let name = match text(object, "rust") {
            rust if rust.is_empty() => text(object, "name"),
            rust => rust,
        };
        fields.field(&name, i + 1);
        if object.get("choices").is_some() {
            types.ty(&name, "Choice");
        }
    }
    let mut value = draft::parameter(parameter, number, &mut fields, &mut types);
    if let Some(members) = value.as_object_mut() {
        members.insert("confidence".to_owned(), "medium".into());
        members.insert(
            "notes".to_owned(),
            "Imported; its meaning is still to be written in own words.".into(),
        );
    }
    value
}

fn objects(list: &CstArray) -> Vec<CstObject> {
    list.elements()
        .iter()
        .filter_map(CstNode::as_object)
        .collect()
}

fn json(object: &CstObject) -> Value {
    object.to_serde_value().unwrap_or_default()
}

/// The items of a list that travels as one text.
fn items(text: &str, encoding: &str, ty: &str) -> Value {
    let separator = match encoding {
        "semicolonSeparated" => ';',
        "spaceSeparated" => ' ',
        _ => ',',
    };
    let numbers = matches!(ty, "numberList" | "integerList");
    let item = |item: &str| match serde_json::from_str(item) {
        Ok(number @ Value::Number(_)) if numbers => number,
        _ => item.into(),
    };
    text.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(item)
        .collect()
}

fn text(object: &CstObject, key: &str) -> String {
    let literal = object
        .get(key)
        .and_then(|p| p.value())
        .and_then(|node| node.as_string_lit());
    literal
        .and_then(|literal| literal.decoded_value().ok())
        .unwrap_or_default()
}

fn flag(object: &CstObject, key: &str) -> bool {
    let literal = object
        .get(key)
        .and_then(|p| p.value())
        .and_then(|node| node.as_boolean_lit());
    literal.is_some_and(|literal| literal.value())
}

fn set(object: &CstObject, key: &str, value: Value) {
    match object.get(key) {
        Some(property) => property.set_value(input(&value)),
        None => {
            object.append(key, input(&value));
        }
    }
}

fn remove(object: &CstObject, key: &str) {
    if let Some(property) = object.get(key) {
        property.remove();
    }
}

fn insert(list: &CstArray, value: &Value) {
    list.append(input(value));
}

fn insert_after(object: &CstObject, after: &str, key: &str, value: &Value) {
    match object.get(after) {
        Some(property) => object.insert(property.property_index() + 1, key, input(value)),
        None => object.append(key, input(value)),
    };
}

fn insert_before_doc(object: &CstObject, key: &str, value: &Value) {
    match object.get("doc") {
        Some(property) => object.insert(property.property_index(), key, input(value)),
        None => object.append(key, input(value)),
    };
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => CstInputValue::Object(
            members
                .iter()
                .map(|(key, member)| (key.clone(), input(member)))
                .collect(),
        ),
    }
}
