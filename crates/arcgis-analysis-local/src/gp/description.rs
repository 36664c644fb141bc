//! What a service and its tasks say of themselves.

use crate::call::Base;
use crate::catalogue::GpService;
use crate::jobs::backend::Backend;
use crate::sharing::SERVER_VERSION;
use arcgis_analysis_engine::Support;
use arcgis_analysis_types::TaskEntry;
use arcgis_analysis_types::meta::{Execution, ParamMeta, ParamType, ResultMeta, TaskMeta};
use serde_json::{Value, json};

/// The data type of every result: text, even where the text is JSON, as on the real service.
pub(crate) const RESULT_TYPE: &str = "GPString";

/// The directory of services.
pub(crate) fn directory(services: &[GpService]) -> Value {
    let services: Vec<_> = services
        .iter()
        .map(|service| json!({ "name": service.name, "type": "GPServer" }))
        .collect();
    json!({ "currentVersion": SERVER_VERSION, "folders": ["Hosted"], "services": services })
}

/// A service.
///
/// Esri's Python client reads `executionType` in a loop that does not end while the key is missing.
pub(crate) fn service(service: &GpService) -> Value {
    let tasks: Vec<_> = service.tasks.iter().map(|entry| entry.meta.name).collect();
    let asynchronous = service
        .tasks
        .iter()
        .any(|entry| entry.meta.execution == Execution::Asynchronous);
    let execution = if asynchronous {
        Execution::Asynchronous
    } else {
        Execution::Synchronous
    };
    json!({
        "currentVersion": SERVER_VERSION,
        "serviceDescription": service.meta.title,
        "tasks": tasks,
        "executionType": execution_type(execution),
        "resultMapServerName": "",
        "maximumRecords": 0,
        "capabilities": "",
    })
}

/// A task: what it takes, what it gives, and how faithfully it is computed here.
pub(crate) fn task(
    service: &GpService,
    entry: &TaskEntry,
    backend: &dyn Backend,
    base: &Base,
) -> Value {
    let meta = entry.meta;
    let params = meta.params.iter().map(|param| input(meta, param));
    let results = meta.results.iter().map(output);
    let (fidelity, note) = fidelity(backend.support(meta));
    json!({
        "name": meta.name,
        "displayName": title(meta.name),
        "description": paragraphs(meta),
        "category": meta.category,
        "helpUrl": base.url(&format!("{}/{}?f=pjson", service.path(), meta.name)),
        "executionType": execution_type(meta.execution),
        "parameters": params.chain(results).collect::<Vec<_>>(),
        "fidelity": fidelity,
        "fidelityNote": note,
    })
}

/// How faithfully a task is computed: a word for programs, and a sentence for people where there is more to say.
pub(crate) fn fidelity(support: Support) -> (&'static str, &'static str) {
    match support {
        Support::Exact => ("exact", ""),
        Support::Approximate(how) => ("approximate", how),
        Support::Unavailable(why) => ("unavailable", why),
        // A kind that the engine may learn to tell apart.
        _ => ("approximate", ""),
    }
}

/// The GP data type of a parameter. Features and other objects travel as text that holds JSON.
pub(crate) fn data_type(ty: ParamType) -> &'static str {
    match ty {
        ParamType::Number => "GPDouble",
        ParamType::Integer => "GPLong",
        ParamType::Boolean => "GPBoolean",
        ParamType::DateTime => "GPDate",
        ParamType::LinearUnit => "GPLinearUnit",
        ParamType::Distance => "GPString",
        ParamType::ArealUnit => "GPArealUnit",
        ParamType::TimeUnit => "GPTimeUnit",
        ParamType::FeatureSetInput => "GPFeatureRecordSetLayer",
        ParamType::DataFile => "GPDataFile",
        ParamType::ValueTable => "GPValueTable",
        ParamType::NumberList => "GPMultiValue:GPDouble",
        ParamType::IntegerList => "GPMultiValue:GPLong",
        ParamType::TextList
        | ParamType::FieldNameList
        | ParamType::ChoiceList(_)
        | ParamType::SummaryFields => "GPMultiValue:GPString",
        _ => "GPString",
    }
}

fn execution_type(execution: Execution) -> &'static str {
    match execution {
        Execution::Synchronous => "esriExecutionTypeSynchronous",
        _ => "esriExecutionTypeAsynchronous",
    }
}

fn paragraphs(meta: &TaskMeta) -> String {
    std::iter::once(meta.summary)
        .chain(meta.description.iter().copied())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn input(meta: &TaskMeta, param: &ParamMeta) -> Value {
    // A parameter of a group is needed only where its variant is chosen.
    let in_group = meta
        .groups
        .iter()
        .flat_map(|g| g.variants)
        .any(|v| v.params.contains(&param.name));
    let required = param.required && !in_group;
    let mut json = json!({
        "name": param.name,
        // A list that travels as one text is a text.
        "dataType": if param.separator.is_some() { "GPString" } else { data_type(param.ty) },
        "displayName": title(param.name),
        "description": param.doc,
        "direction": "esriGPParameterDirectionInput",
        "defaultValue": default_value(param),
        "parameterType": if required { "esriGPParameterTypeRequired" } else { "esriGPParameterTypeOptional" },
        "category": "",
    });
    if let ParamType::Choice(choices) | ParamType::ChoiceList(choices) = param.ty {
        json["choiceList"] = choices.iter().map(|choice| choice.value).collect();
    }
    json
}

/// The default, where there is one; an object or a list within a text parameter is JSON text.
fn default_value(param: &ParamMeta) -> Value {
    let Some(text) = param.default else {
        return Value::Null;
    };
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) if param.separator.is_some() => {
            let items: Vec<_> = items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect();
            items
                .join(&param.separator.map(String::from).unwrap_or_default())
                .into()
        }
        Ok(Value::Object(_) | Value::Array(_)) if data_type(param.ty) == "GPString" => text.into(),
        Ok(value) => value,
        Err(_) => text.into(),
    }
}

fn output(result: &ResultMeta) -> Value {
    json!({
        "name": result.name,
        "dataType": RESULT_TYPE,
        "displayName": title(result.name),
        "description": result.doc,
        "direction": "esriGPParameterDirectionOutput",
        "defaultValue": null,
        "parameterType": "esriGPParameterTypeDerived",
        "category": "",
    })
}

/// A name for people: `inputLayer` becomes `Input Layer`, `outSRName` becomes `Out SR Name`.
fn title(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut title = String::with_capacity(name.len() + 4);
    for (i, &letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| letters[i]);
        let after = letters.get(i + 1);
        let begins_word = letter.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase() || b.is_ascii_digit() || after.is_some_and(|a| a.is_lowercase())
            });
        match before {
            None => title.extend(letter.to_uppercase()),
            Some(_) if begins_word => title.extend([' ', letter]),
            Some('_') => title.extend(letter.to_uppercase()),
            Some(_) if letter == '_' => title.push(' '),
            Some(_) => title.push(letter),
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_part_the_words_of_a_name() {
        assert_eq!(title("inputLayer"), "Input Layer");
        assert_eq!(title("CreateBuffers"), "Create Buffers");
        assert_eq!(title("outSRName"), "Out SR Name");
        assert_eq!(title("h3Resolution"), "H3 Resolution");
        assert_eq!(title("in_barrier_1"), "In Barrier 1");
    }
}
