//! From texts, as a command line or a form has them, to a task's parameters as one JSON object.

mod text;

use crate::input;
use crate::types::meta::{ParamMeta, ParamType, TaskMeta};
use crate::types::{Param, ParameterError, ParameterErrorKind as Kind, Problem};
use heck::ToKebabCase;
use serde_json::{Map, Value};

/// Flags that a command line keeps for itself, in kebab case and without their hyphens.
pub const RESERVED_FLAGS: &[&str] = &[
    "cancel-on-interrupt",
    "events",
    "help",
    "json",
    "local",
    "max-credits",
    "out",
    "params",
    "password-stdin",
    "portal",
    "result",
    "service",
    "timeout",
    "username",
    "verbose",
    "version",
];

/// The command-line flag of a parameter, without its hyphens: the wire name in kebab case.
///
/// A parameter whose name is one of the [`RESERVED_FLAGS`] has `param-` before it.
///
/// # Examples
///
/// ```
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let flags: Vec<_> = meta.params.iter().map(arcgis_analysis::params::flag).collect();
/// assert!(flags.contains(&"input-layer".to_owned()));
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn flag(param: &ParamMeta) -> String {
    let name = param
        .flag
        .map_or_else(|| param.name.to_kebab_case(), str::to_owned);
    if RESERVED_FLAGS.contains(&name.as_str()) {
        format!("param-{name}")
    } else {
        name
    }
}

/// Whether a parameter takes several texts.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::params::is_list;
/// use arcgis_analysis::types::meta::ParamType;
///
/// assert!(is_list(&ParamType::NumberList));
/// assert!(!is_list(&ParamType::Number));
/// ```
#[must_use]
pub fn is_list(ty: &ParamType) -> bool {
    matches!(
        ty,
        ParamType::TextList
            | ParamType::FieldNameList
            | ParamType::SummaryFields
            | ParamType::NumberList
            | ParamType::ChoiceList(_)
            | ParamType::IntegerList
            | ParamType::FeatureInputList
            | ParamType::RasterInputList
            | ParamType::ImageCollectionInput
            | ParamType::ObjectList(_)
    )
}

/// The parameters of one call, gathered from a JSON object and from texts, which win over it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::params::Params;
///
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let layer = "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0";
/// let mut params = Params::from_json_text(meta, r#"{"field": "REACH", "units": "Miles"}"#)?;
/// params.set("inputLayer", &[layer])?;
/// params.set("distances", &["20", "35"])?;
///
/// // The distances replace the field, since a call has one or the other.
/// let expected = serde_json::json!({
///     "units": "Miles", "inputLayer": { "url": layer }, "distances": [20.0, 35.0],
/// });
/// assert_eq!(params.into_json()?, expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Params {
    meta: &'static TaskMeta,
    base: Map<String, Value>,
    texts: Map<String, Value>,
}

impl Params {
    /// No parameters yet.
    #[must_use]
    pub fn new(meta: &'static TaskMeta) -> Self {
        Self {
            meta,
            base: Map::new(),
            texts: Map::new(),
        }
    }

    /// The parameters of a JSON object with the wire's names.
    ///
    /// # Errors
    /// When the text is no JSON, or no object.
    pub fn from_json_text(meta: &'static TaskMeta, text: &str) -> Result<Self, ParameterError> {
        let refuse =
            |problem: String| ParameterError::new(Kind::WrongType, meta.name, [""; 0], problem);
        let shape = "must be one JSON object with the parameters by name";
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(base)) => Ok(Self {
                base,
                ..Self::new(meta)
            }),
            Ok(_) => Err(refuse(format!("{shape}, not another JSON value"))),
            Err(_) if text.trim().is_empty() => Err(refuse(format!("{shape}, but are empty"))),
            Err(error) => Err(refuse(format!("{shape}: {error}"))),
        }
    }

    /// Sets a parameter from texts: several for a list, one for everything else.
    ///
    /// Features are read here: from a layer URL, an item ID, inline JSON or a file, as [`input::read`] does.
    ///
    /// # Errors
    /// When the task has no such parameter, or a text is not of its type.
    pub fn set<S: AsRef<str>>(&mut self, name: &str, texts: &[S]) -> Result<(), ParameterError> {
        let Some(param) = self.meta.param(name) else {
            let near = crate::words::nearest(name, self.meta.params.iter().map(|p| p.name));
            let near = near
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let problem = format!("is not a parameter{near}");
            return Err(ParameterError::new(
                Kind::Unknown,
                self.meta.name,
                [name],
                problem,
            ));
        };
        let texts: Vec<_> = texts.iter().map(AsRef::as_ref).collect();
        let value =
            text::value(&param.ty, &texts).map_err(|problem| self.refuse(param, &problem))?;
        self.texts.insert(param.name.to_owned(), value);
        Ok(())
    }

    /// The parameters as one flat JSON object with the wire's names, as
    /// [`TaskEntry::encode`](crate::types::TaskEntry::encode) takes it.
    ///
    /// # Errors
    /// When features that the JSON object names by a text cannot be read.
    pub fn into_json(mut self) -> Result<Value, ParameterError> {
        for name in self.displaced() {
            self.base.shift_remove(name);
        }
        for param in self.meta.params {
            if self.texts.contains_key(param.name) {
                continue;
            }
            if let Some(value) = self.base.get_mut(param.name) {
                read_named(&param.ty, value)
                    .map_err(|problem| refuse(self.meta, param, &problem))?;
            }
        }
        self.base.extend(self.texts);
        Ok(Value::Object(self.base))
    }

    /// The parameters of the JSON object that belong to another variant than the one that the texts chose.
    fn displaced(&self) -> Vec<&'static str> {
        let chosen = |params: &&[&str]| params.iter().any(|name| self.texts.contains_key(*name));
        let groups = self.meta.groups.iter();
        groups
            .filter(|group| group.variants.iter().any(|v| chosen(&v.params)))
            .flat_map(|group| group.variants.iter().filter(|v| !chosen(&v.params)))
            .flat_map(|variant| variant.params.iter().copied())
            .collect()
    }

    fn refuse(&self, param: &ParamMeta, problem: &Problem) -> ParameterError {
        refuse(self.meta, param, problem)
    }
}

/// The flags, without their hyphens, and their texts that give the parameters of a JSON object.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::params;
///
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let flags = params::to_flags(meta, &serde_json::json!({ "distances": [20.0, 35.5], "units": "Miles" }));
/// assert_eq!(flags[0], ("distances".to_owned(), vec!["20".to_owned(), "35.5".to_owned()]));
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn to_flags(meta: &TaskMeta, params: &Value) -> Vec<(String, Vec<String>)> {
    let given = |param: &'static ParamMeta| {
        let texts = match params.get(param.name)? {
            Value::Array(items) if is_list(&param.ty) => {
                items.iter().map(|item| text::of(&param.ty, item)).collect()
            }
            value => vec![text::of(&param.ty, value)],
        };
        Some((flag(param), texts))
    };
    meta.params.iter().filter_map(given).collect()
}

/// A refusal with the flag behind each parameter that it names, for those who gave flags.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::params;
///
/// let task = arcgis_analysis::find_task("CreateBuffers", None)?;
/// let error = task.encode(serde_json::json!({ "distances": [5] })).unwrap_err();
/// let text = params::explain(task.meta, &error);
/// assert_eq!(text, "CreateBuffers: `inputLayer` (--input-layer) is missing");
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[must_use]
pub fn explain(meta: &TaskMeta, error: &ParameterError) -> String {
    error.params().iter().fold(error.to_string(), |text, name| {
        // A member such as `analysisLayers.field` is set with the flag of the whole.
        let whole = name.split('.').next().unwrap_or(name);
        match meta.param(whole) {
            Some(param) => text.replacen(
                &format!("`{name}`"),
                &format!("`{name}` (--{})", flag(param)),
                1,
            ),
            None => text,
        }
    })
}

fn refuse(meta: &TaskMeta, param: &ParamMeta, problem: &Problem) -> ParameterError {
    ParameterError::new(problem.kind(), meta.name, [param.name], problem.to_string())
}

/// Reads the features that a JSON object names by a text, as a flag would.
fn read_named(ty: &ParamType, value: &mut Value) -> Result<(), Problem> {
    match (ty, value) {
        (ParamType::FeatureInput, value @ Value::String(_)) => {
            *value = features(value.as_str().unwrap_or_default())?;
        }
        (ParamType::FeatureInputList, Value::Array(items)) => {
            for item in items {
                read_named(&ParamType::FeatureInput, item)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The features that a text names, as the wire takes them.
fn features(text: &str) -> Result<Value, Problem> {
    let features = input::read(text)
        .map_err(|error| Problem::new(Kind::Features, format!("cannot be read: {error}")))?;
    Ok(features.to_json())
}

#[cfg(all(test, feature = "spatial"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{find_task, tasks};
    use serde_json::json;

    const LAYER: &str = "https://example.com/arcgis/rest/services/Cities/FeatureServer/0";

    fn buffers() -> &'static TaskMeta {
        find_task("CreateBuffers", None).unwrap().meta
    }

    #[test]
    fn texts_win_over_the_object() {
        let mut params =
            Params::from_json_text(buffers(), r#"{"units": "Miles", "endType": "Flat"}"#).unwrap();
        params.set("units", &["Feet"]).unwrap();
        assert_eq!(
            params.into_json().unwrap(),
            json!({ "endType": "Flat", "units": "Feet" })
        );
    }

    #[test]
    fn two_texts_of_a_group_are_both_kept_and_so_refused_later() {
        let mut params = Params::new(buffers());
        params.set("distances", &["1"]).unwrap();
        params.set("field", &["REACH"]).unwrap();
        assert_eq!(
            params.into_json().unwrap(),
            json!({ "distances": [1.0], "field": "REACH" })
        );
    }

    #[test]
    fn reads_features_that_the_object_names_by_a_text() {
        let text = json!({ "inputLayer": LAYER }).to_string();
        let params = Params::from_json_text(buffers(), &text).unwrap();
        assert_eq!(
            params.into_json().unwrap()["inputLayer"],
            json!({ "url": LAYER })
        );

        let text = json!({ "inputLayer": "nowhere.geojson" }).to_string();
        let error = Params::from_json_text(buffers(), &text)
            .unwrap()
            .into_json()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Features);
        assert!(
            error
                .to_string()
                .starts_with("CreateBuffers: `inputLayer` cannot be read: "),
            "{error}"
        );
    }

    #[test]
    fn refuses_an_object_that_is_none() {
        for (text, problem) in [
            (
                "",
                "the parameters must be one JSON object with the parameters by name, but are empty",
            ),
            (
                "[]",
                "the parameters must be one JSON object with the parameters by name, not another JSON value",
            ),
        ] {
            let error = Params::from_json_text(buffers(), text).unwrap_err();
            assert_eq!(error.to_string(), format!("CreateBuffers: {problem}"));
        }
        let error = Params::from_json_text(buffers(), "{\"units\": }")
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("expected value at line 1 column 11"),
            "{error}"
        );
    }

    #[test]
    fn refuses_an_unknown_name() {
        let error = Params::new(buffers()).set("distance", &["5"]).unwrap_err();
        assert_eq!(error.kind(), Kind::Unknown);
        let text = "CreateBuffers: `distance` is not a parameter; did you mean `distances`?";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn examples_are_the_same_by_flags() {
        for task in tasks() {
            for example in task.meta.examples {
                let example: Value = serde_json::from_str(example.params).unwrap();
                let mut params = Params::new(task.meta);
                for (name, texts) in to_flags(task.meta, &example) {
                    let param = task.meta.params.iter().find(|p| flag(p) == name).unwrap();
                    params.set(param.name, &texts).unwrap();
                }
                let by_flags = task.encode(params.into_json().unwrap());
                assert_eq!(by_flags, task.encode(example), "{}", task.meta.name);
            }
        }
    }

    #[test]
    fn no_two_parameters_of_a_task_share_a_flag() {
        for task in tasks() {
            let mut flags: Vec<_> = task.meta.params.iter().map(flag).collect();
            flags.sort();
            let count = flags.len();
            flags.dedup();
            assert_eq!(flags.len(), count, "{}", task.meta.name);
            assert!(
                flags.iter().all(|f| !RESERVED_FLAGS.contains(&f.as_str())),
                "{}",
                task.meta.name
            );
        }
    }
}
