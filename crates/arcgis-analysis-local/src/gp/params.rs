//! What a client submits: form fields, each a text, that become the JSON that the typed task reads.

use arcgis_analysis_types::meta::{ParamMeta, ParamType, TaskMeta};
use arcgis_analysis_types::{ParameterError, ParameterErrorKind};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Fields that go with any request and are no parameters of a task.
const COMMON: [&str; 9] = [
    "f",
    "token",
    "callback",
    "returnMessages",
    "returnZ",
    "returnM",
    "returnTrueCurves",
    "returnFeatureCollection",
    "returnColumnName",
];

/// The parameters of a job, as the texts that were submitted.
#[derive(Default)]
pub(crate) struct Fields {
    params: Vec<(&'static ParamMeta, String)>,
    ignored: Vec<String>,
}

impl Fields {
    /// Sorts out a task's parameters, in any letter case; an empty text counts as absent, the first of two wins.
    pub(crate) fn of(
        meta: &'static TaskMeta,
        submitted: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let mut fields = Self::default();
        for (name, text) in submitted {
            match meta.param(&name) {
                Some(param) if !text.trim().is_empty() && fields.get(param.name).is_none() => {
                    fields.params.push((param, text));
                }
                Some(_) => {}
                None if is_common(&name) || fields.ignored.contains(&name) => {}
                None => fields.ignored.push(name),
            }
        }
        fields
    }

    /// The parameters that were given, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static ParamMeta, &str)> {
        self.params
            .iter()
            .map(|(param, text)| (*param, text.as_str()))
    }

    /// A parameter's text, by its name in any letter case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(param, _)| param.name.eq_ignore_ascii_case(name))
            .map(|(_, text)| text)
    }

    /// The parameters as they were kept on disk.
    pub(crate) fn restored(
        meta: &'static TaskMeta,
        params: Vec<(String, String)>,
        ignored: Vec<String>,
    ) -> Self {
        let fields = Self::of(meta, params.into_iter());
        Self { ignored, ..fields }
    }

    /// The parameters as they may be kept on disk: without the tokens for layers.
    pub(crate) fn without_secrets(&self) -> Vec<(String, String)> {
        let kept = self.iter().map(|(param, text)| {
            let kept = match value(param.ty, text) {
                _ if !text.to_ascii_lowercase().contains("token") => text.to_owned(),
                Ok(Value::String(text)) if is_opaque(&text) => String::new(),
                Ok(Value::String(text)) => text,
                Ok(mut value) => {
                    forget_tokens(&mut value);
                    value.to_string()
                }
                // The task refuses what cannot be read, and so it may hold anything.
                Err(_) => String::new(),
            };
            (param.name.to_owned(), kept)
        });
        kept.collect()
    }

    /// The names that are no parameters of the task.
    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// How many bytes they hold.
    pub(crate) fn len(&self) -> usize {
        self.params.iter().map(|(_, text)| text.len()).sum()
    }

    /// The parameters as the flat JSON object that the typed task reads.
    ///
    /// # Errors
    /// Names the parameter whose text is not the JSON that its type asks for.
    pub(crate) fn to_json(&self, meta: &'static TaskMeta) -> Result<Value, ParameterError> {
        let mut object = Map::new();
        for (param, text) in self.iter() {
            let value = value(param.ty, text).map_err(|problem| {
                ParameterError::new(
                    ParameterErrorKind::WrongType,
                    meta.name,
                    [param.name],
                    problem,
                )
            })?;
            // Esri's Python client sends a list that was not set as one without items.
            if value.as_array().is_none_or(|items| !items.is_empty()) {
                object.insert(param.name.to_owned(), value);
            }
        }
        Ok(Value::Object(object))
    }
}

/// The texts may hold whole layers, and tokens for layers, so only the names are shown.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.params.iter().map(|(param, _)| param.name))
            .finish()
    }
}

/// Removes the tokens that were given for reading layers, which are for that only; what features hold is theirs.
pub(crate) fn forget_tokens(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, value| {
                let is_token = ["serviceToken", "token"]
                    .iter()
                    .any(|secret| secret.eq_ignore_ascii_case(name));
                let is_signed = name == "url" && value.as_str().is_some_and(is_opaque);
                !is_signed && !is_token
            });
            let others = members.iter_mut().filter(|(name, _)| *name != "attributes");
            others.for_each(|(_, value)| forget_tokens(value));
        }
        Value::Array(items) => items.iter_mut().for_each(forget_tokens),
        _ => {}
    }
}

/// Whether a text that names a token is a URL with it, which the task refuses, or JSON that was not read as such.
fn is_opaque(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let is_url = lower.starts_with("http://") || lower.starts_with("https://");
    is_url && lower.contains("token=") || lower.starts_with(['{', '['])
}

fn is_common(name: &str) -> bool {
    COMMON
        .iter()
        .any(|common| common.eq_ignore_ascii_case(name))
        || name.starts_with("env:")
}

/// Reads a text as the JSON of a type.
///
/// A number or truth value that cannot be read stays a text, so that the typed task refuses it in its own words.
///
/// # Errors
/// Completes the sentence "`name` ..." when a text that must be JSON is not.
pub(crate) fn value(ty: ParamType, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let begins_with = |open: char| trimmed.starts_with(open);
    Ok(match ty {
        ParamType::Number => number(trimmed),
        ParamType::Integer => trimmed
            .parse::<i64>()
            .map_or_else(|_| number(trimmed), Value::from),
        ParamType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => text.into(),
        },
        ParamType::DateTime => trimmed
            .parse::<i64>()
            .map_or_else(|_| text.into(), Value::from),
        ParamType::NumberList | ParamType::IntegerList if begins_with('[') => parse(text)?,
        ParamType::NumberList | ParamType::IntegerList => {
            split(trimmed, SIGNS_AND_BLANKS).map(number).collect()
        }
        ParamType::TextList
        | ParamType::FieldNameList
        | ParamType::ChoiceList(_)
        | ParamType::SummaryFields
            if begins_with('[') =>
        {
            parse(text)?
        }
        // A field and its statistic are themselves parted by a blank.
        ParamType::SummaryFields => split(trimmed, SIGNS).map(Value::from).collect(),
        ParamType::TextList | ParamType::FieldNameList | ParamType::ChoiceList(_) => {
            let parted_by_signs = trimmed.contains(SIGNS);
            split(
                trimmed,
                if parted_by_signs {
                    SIGNS
                } else {
                    SIGNS_AND_BLANKS
                },
            )
            .map(Value::from)
            .collect()
        }
        ParamType::FeatureInputList
        | ParamType::LinearUnit
        | ParamType::Distance
        | ParamType::TimeUnit
        | ParamType::RasterInputList
        | ParamType::RasterContext
        | ParamType::GeoAnalyticsContext
        | ParamType::Extent
        | ParamType::Field
        | ParamType::LocationExpressions
        | ParamType::ValueTable
        | ParamType::Context
        | ParamType::Object(_)
        | ParamType::ObjectList(_) => parse(text)?,
        // These may be a plain word or URL as well as JSON.
        ParamType::FeatureInput
        | ParamType::FeatureSetInput
        | ParamType::RasterInput
        | ParamType::RasterOrFeatureInput
        | ParamType::ImageCollectionInput
        | ParamType::RasterOutputName
        | ParamType::ItemOutputName
        | ParamType::DatasetName
        | ParamType::ArealUnit
        | ParamType::SpatialReference
        | ParamType::DataFile
        | ParamType::TravelMode
        | ParamType::OutputName
            if begins_with('{') || begins_with('[') =>
        {
            parse(text)?
        }
        ParamType::Json => parse(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    })
}

fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("is not valid JSON: {error}"))
}

fn number(text: &str) -> Value {
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => text.into(),
    }
}

const SIGNS: &[char] = &[',', ';'];
const SIGNS_AND_BLANKS: &[char] = &[',', ';', ' ', '\t', '\n', '\r'];

/// The items of a list that is written without brackets.
fn split<'a>(text: &'a str, signs: &'static [char]) -> impl Iterator<Item = &'a str> {
    text.split(signs)
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn text_stays_text_however_it_looks() {
        assert_eq!(value(ParamType::Text, "[1]").unwrap(), json!("[1]"));
        assert_eq!(value(ParamType::FieldName, "12").unwrap(), json!("12"));
        assert_eq!(
            value(ParamType::Choice(&[]), "None").unwrap(),
            json!("None")
        );
    }

    #[test]
    fn numbers_and_truth_values_are_read_from_their_texts() {
        assert_eq!(value(ParamType::Number, " 2.5 ").unwrap(), json!(2.5));
        assert_eq!(value(ParamType::Integer, "-7").unwrap(), json!(-7));
        assert_eq!(value(ParamType::Boolean, "True").unwrap(), json!(true));
        assert_eq!(
            value(ParamType::DateTime, "1700000000000").unwrap(),
            json!(1_700_000_000_000_i64)
        );
        assert_eq!(
            value(ParamType::DateTime, "2024-01-31").unwrap(),
            json!("2024-01-31")
        );
    }

    #[test]
    fn what_is_no_number_is_left_for_the_task_to_refuse() {
        assert_eq!(value(ParamType::Number, "many").unwrap(), json!("many"));
        assert_eq!(value(ParamType::Number, "NaN").unwrap(), json!("NaN"));
        assert_eq!(value(ParamType::Number, "1e999").unwrap(), json!("1e999"));
        assert_eq!(
            value(ParamType::Boolean, "perhaps").unwrap(),
            json!("perhaps")
        );
    }

    #[test]
    fn lists_are_read_with_and_without_brackets() {
        assert_eq!(
            value(ParamType::NumberList, "[1,2.5]").unwrap(),
            json!([1, 2.5])
        );
        assert_eq!(
            value(ParamType::NumberList, "20 35, 50").unwrap(),
            json!([20.0, 35.0, 50.0])
        );
        assert_eq!(
            value(ParamType::NumberList, "20 many").unwrap(),
            json!([20.0, "many"])
        );
        assert_eq!(
            value(ParamType::FieldNameList, "NAME,POP").unwrap(),
            json!(["NAME", "POP"])
        );
        assert_eq!(
            value(ParamType::TextList, "a b, c").unwrap(),
            json!(["a b", "c"])
        );
        assert_eq!(
            value(ParamType::TextList, r#"["a b"]"#).unwrap(),
            json!(["a b"])
        );
        assert_eq!(
            value(ParamType::SummaryFields, "POP Sum;AREA Mean").unwrap(),
            json!(["POP Sum", "AREA Mean"])
        );
        assert_eq!(
            value(ParamType::SummaryFields, "POP Sum").unwrap(),
            json!(["POP Sum"])
        );
    }

    #[test]
    fn features_are_an_object_or_a_url() {
        assert_eq!(
            value(ParamType::FeatureInput, r#"{"url":"u"}"#).unwrap(),
            json!({ "url": "u" })
        );
        assert_eq!(
            value(ParamType::FeatureInput, "https://h/0").unwrap(),
            json!("https://h/0")
        );
    }

    #[test]
    fn a_list_without_items_is_absent() {
        let mut entries = arcgis_analysis_spatial::TASKS.iter();
        let meta = entries
            .find(|entry| entry.meta.name == "DissolveBoundaries")
            .unwrap()
            .meta;
        let sent = [("dissolveFields", "[]"), ("multiPartFeatures", "true")];
        let sent = sent.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let fields = Fields::of(meta, sent.into_iter());
        assert_eq!(
            fields.to_json(meta).unwrap(),
            json!({ "multiPartFeatures": true })
        );
    }

    /// Only tokens for layers are left out of what is kept; features and conditions are kept as they are.
    #[test]
    fn what_is_kept_is_the_same_but_for_tokens() {
        let mut entries = arcgis_analysis_spatial::TASKS.iter();
        let meta = entries
            .find(|entry| entry.meta.name == "CreateBuffers")
            .unwrap()
            .meta;
        let kept = |name: &str, text: &str| {
            let sent = [(name.to_owned(), text.to_owned())];
            let fields = Fields::of(meta, sent.into_iter());
            fields.without_secrets().remove(0).1
        };
        for whole in [
            r#"{"features":[{"attributes":{"photo":"https://h/i.jpg?token=1","token":"t"}}]}"#,
            r#"{"url":"https://h/0","filter":"token='x'"}"#,
        ] {
            assert_eq!(kept("inputLayer", whole), whole);
        }
        assert_eq!(kept("field", "token=1"), "token=1");
        for (text, left) in [
            (
                r#"{"url":"https://h/0","serviceToken":"S"}"#,
                r#"{"url":"https://h/0"}"#,
            ),
            (
                r#"{"url":"https://h/0?token=S","filter":"a=1"}"#,
                r#"{"filter":"a=1"}"#,
            ),
            (r#"{"url":"https://h/0","serviceToken":"S""#, ""),
            ("HTTPS://h/0?Token=S", ""),
        ] {
            assert_eq!(kept("inputLayer", text), left);
        }
    }

    #[test]
    fn broken_json_says_where() {
        let problem = value(ParamType::Context, r#"{"outSR":"#).unwrap_err();
        assert!(
            problem.starts_with("is not valid JSON: ") && problem.contains("line 1 column"),
            "{problem}"
        );
        assert!(value(ParamType::FeatureInput, r#"{"layerDefinition":"#).is_err());
    }
}
