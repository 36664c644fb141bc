//! New specs from descriptions.

use super::clean;
use super::description::{Direction, Need, Parameter, ServiceDescription, Task};
use super::layout;
use super::name::Names;
use crate::lower::names;
use crate::schema;
use serde_json::{Map, Value, json};

/// A drafted spec.
#[derive(Debug)]
pub(super) struct Draft {
    /// The name of the file.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
}

/// The `service.json` of a service that has none yet.
pub(super) fn service(id: &str, description: Option<&ServiceDescription>) -> String {
    let words: Vec<_> = id
        .split(['-', '_'])
        .filter(|word| !word.is_empty())
        .collect();
    let title = words.join(" ");
    let mut chars = title.chars();
    let title: String = chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default();
    let asynchronous = description.is_none_or(|d| d.asynchronous);
    layout::document(&json!({
        "$schema": schema::reference(true),
        "title": title,
        "crate": id,
        "helperService": names::snake(id),
        "licence": "the URL of the service, which a portal does not list by itself",
        "execution": if asynchronous { "asynchronous" } else { "synchronous" },
        "documentation": description.map_or("the description of the service", |d| d.source.as_str()),
    }))
}

/// The spec of a task that has none yet.
pub(super) fn task(task: &Task, service: Option<&ServiceDescription>) -> Draft {
    let rust = Names::default()
        .ty(&task.name, "Task")
        .or_else(|| Some(names::pascal(&task.name)))
        .filter(|rust| *rust != task.name);
    let title = clean::sentence(&task.title)
        .unwrap_or_else(|| format!("The task `{}`.", quotable(&task.name)));
    let summary = clean::sentence(&task.text).unwrap_or(title);
    let description: Vec<_> = clean::sentences(&task.text, 2_000)
        .into_iter()
        .filter(|text| *text != summary)
        .collect();
    let mut fields = Names::default();
    let mut types = Names::default();
    let own = rust.clone().unwrap_or_else(|| task.name.clone());
    types.ty(&own, "Task");
    types.ty(&format!("{own}Results"), "Task");
    let inputs = task
        .parameters
        .iter()
        .filter(|p| p.direction == Direction::Input);
    let parameters: Vec<_> = inputs
        .clone()
        .enumerate()
        .map(|(i, p)| parameter(p, i + 1, &mut fields, &mut types))
        .collect();
    let mut result_fields = Names::default();
    let outputs = task
        .parameters
        .iter()
        .filter(|p| p.direction == Direction::Output);
    let results: Vec<_> = outputs
        .enumerate()
        .map(|(i, p)| result(p, i + 1, &mut result_fields))
        .collect();
    let release = service
        .and_then(|s| s.release.as_deref())
        .map(|r| format!(" at release {r}"))
        .unwrap_or_default();
    let mut spec = Map::new();
    let mut put = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    put("$schema", schema::reference(false).into());
    put("name", task.name.as_str().into());
    if let Some(rust) = &rust {
        put("rust", rust.as_str().into());
    }
    if let (Some(own), Some(service)) = (task.asynchronous, service)
        && own != service.asynchronous
    {
        put(
            "execution",
            if own { "asynchronous" } else { "synchronous" }.into(),
        );
    }
    put(
        "category",
        if task.category.is_empty() {
            "geoprocessing".into()
        } else {
            task.category.as_str().into()
        },
    );
    put("summary", summary.into());
    if !description.is_empty() {
        put("description", description.into());
    }
    put(
        "source",
        "The description that the service gives of the task".into(),
    );
    put(
        "confidence",
        json!({ "level": "medium", "unconfirmed": [format!("Imported from the service's description{release}; nobody has tried it.")] }),
    );
    put("parameters", parameters.into());
    put("results", results.into());
    put(
        "examples",
        json!([{ "doc": "A call with what is required.", "parameters": example(inputs) }]),
    );
    Draft {
        name: format!("{}.json", names::kebab(&own)),
        text: layout::document(&Value::Object(spec)),
    }
}

/// A name as it may stand in backticks.
fn quotable(name: &str) -> String {
    name.replace('`', "'")
}

/// What a parameter means: as the service puts it, or else by its name for people.
fn doc(parameter: &Parameter) -> String {
    clean::sentences(&parameter.text, 600)
        .or_else(|| clean::sentence(&parameter.title))
        .unwrap_or_else(|| format!("The value of `{}`.", quotable(&parameter.name)))
}

/// A parameter of a spec.
pub(super) fn parameter(
    parameter: &Parameter,
    number: usize,
    fields: &mut Names,
    types: &mut Names,
) -> Value {
    let ty = parameter.ty.input(!parameter.choices.is_empty());
    let mut spec = Map::new();
    let mut put = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    put("name", parameter.name.as_str().into());
    if let Some(rust) = fields.field(&parameter.name, number) {
        put("rust", rust.into());
    }
    put("type", ty.into());
    let required = parameter.need == Need::Required;
    if required {
        put("required", true.into());
    }
    if let Some(default) = default(parameter, ty).filter(|_| !required) {
        put("default", default);
    }
    if ty == "featureSet" {
        let table = matches!(parameter.ty, super::GpType::RecordSet);
        if let Some(geometry) = parameter.geometry.or(table.then_some("table")) {
            put("geometry", json!([geometry]));
        }
    }
    if let (Some(range), "integer" | "number" | "numberList" | "integerList") =
        (range(parameter), ty)
    {
        put("range", range);
    }
    if matches!(ty, "choice" | "choiceList") {
        if let Some(name) = types.ty(&parameter.name, "Choice") {
            put("choiceType", name.into());
        }
        put("choices", choices(&parameter.choices));
    }
    put("doc", doc(parameter).into());
    Value::Object(spec)
}

/// The range of a parameter as a spec says it.
pub(super) fn range(parameter: &Parameter) -> Option<Value> {
    let (min, max) = parameter.range;
    let mut range = Map::new();
    for (key, bound) in [("min", min), ("max", max)] {
        if let Some(bound) = bound.filter(|b| b.is_finite()) {
            range.insert(key.to_owned(), number(bound));
        }
    }
    let sound = min.unwrap_or(f64::NEG_INFINITY) <= max.unwrap_or(f64::INFINITY);
    (!range.is_empty() && sound).then_some(Value::Object(range))
}

/// A number as people write it: without a fraction where it has none.
fn number(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)] // It has no fraction, and is small.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

/// The default of a parameter as a spec says it, where it is one of that type.
pub(super) fn default(parameter: &Parameter, ty: &str) -> Option<Value> {
    let value = parameter.default.as_ref()?;
    let word = |word: &Value| {
        let word = word.as_str()?;
        parameter
            .choices
            .iter()
            .find(|choice| choice.eq_ignore_ascii_case(word))
            .map(|choice| Value::from(choice.as_str()))
    };
    match ty {
        "choice" => word(value),
        "choiceList" => value
            .as_array()?
            .iter()
            .map(word)
            .collect::<Option<Vec<_>>>()
            .map(Value::from),
        "number" => {
            let number = value.as_f64()?;
            let (min, max) = parameter.range;
            let within = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
            within.then(|| value.clone())
        }
        "integer" => {
            let number = value.as_f64()?;
            let (min, max) = parameter.range;
            let within = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
            #[allow(clippy::cast_possible_truncation)]
            // It has no fraction, and JSON numbers of that size are exact.
            (within && number.abs() < 9e15).then(|| Value::from(number as i64))
        }
        "text" => value.as_str().map(Value::from),
        "dataFile" | "featureSet" | "json" => None,
        _ => Some(value.clone()),
    }
}

/// Words as the choices of a spec.
pub(super) fn choices(words: &[String]) -> Value {
    let mut variants = Names::default();
    let choices = words
        .iter()
        .enumerate()
        .map(|(i, word)| choice(word, variants.variant(word, i + 1)));
    choices.collect()
}

/// A word as a choice of a spec.
pub(super) fn choice(word: &str, rust: Option<String>) -> Value {
    let mut choice = Map::new();
    choice.insert("value".to_owned(), word.into());
    if let Some(rust) = rust {
        choice.insert("rust".to_owned(), rust.into());
    }
    choice.insert(
        "doc".to_owned(),
        format!("The word `{}`.", quotable(word)).into(),
    );
    Value::Object(choice)
}

/// A result of a spec.
pub(super) fn result(parameter: &Parameter, number: usize, fields: &mut Names) -> Value {
    let mut spec = Map::new();
    let mut put = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    put("name", parameter.name.as_str().into());
    if let Some(rust) = fields.field(&parameter.name, number) {
        put("rust", rust.into());
    }
    put("type", parameter.ty.output().into());
    let always = parameter.need == Need::Required;
    put("always", always.into());
    if !always {
        put("when", "the task makes it".into());
    }
    put("doc", doc(parameter).into());
    Value::Object(spec)
}

/// A call with what is required.
fn example<'a>(inputs: impl Iterator<Item = &'a Parameter>) -> Value {
    let required = inputs.filter(|p| p.need == Need::Required);
    required
        .map(|p| (p.name.clone(), sample(p)))
        .collect::<Map<_, _>>()
        .into()
}

/// A value that a parameter takes.
fn sample(parameter: &Parameter) -> Value {
    let (min, max) = parameter.range;
    let number = min.or(max).unwrap_or(1.0);
    let ty = parameter.ty.input(!parameter.choices.is_empty());
    let word = parameter.choices.first().cloned().unwrap_or_default();
    match ty {
        "choice" => word.into(),
        "choiceList" => json!([word]),
        "boolean" => true.into(),
        #[allow(clippy::cast_possible_truncation)] // A sample is near enough.
        "integer" => json!(number.ceil() as i64),
        "number" => json!(number),
        "numberList" => json!([number]),
        #[allow(clippy::cast_possible_truncation)] // As above.
        "integerList" => json!([number.ceil() as i64]),
        "textList" => json!(["text"]),
        "dateTime" => json!(1_700_000_000_000_i64),
        "linearUnit" => json!({ "distance": 1.0, "units": "esriKilometers" }),
        "arealUnit" => json!({ "area": 1.0, "units": "esriSquareKilometers" }),
        "timeUnit" => json!({ "duration": 1.0, "units": "esriTimeUnitsHours" }),
        "featureSet" => {
            json!({ "url": "https://services.arcgis.com/org/arcgis/rest/services/Features/FeatureServer/0" })
        }
        "dataFile" => json!({ "url": "https://example.com/data.zip" }),
        "field" => json!({ "name": "NAME", "type": "esriFieldTypeString" }),
        "extent" => json!({ "xmin": 0.0, "ymin": 0.0, "xmax": 1.0, "ymax": 1.0 }),
        "spatialReference" => json!({ "wkid": 4326 }),
        "valueTable" => json!([["value"]]),
        "json" => json!({}),
        _ => "text".into(),
    }
}
