//! Whether a JSON value is one of a parameter's type.

use super::Task;
use crate::near;
use crate::shape::describe;
use crate::source::escape;
use crate::spec::{Parameter, ParameterType};
use serde_json::Value;

/// What is wrong with a value.
pub(super) struct Mismatch {
    /// Where within the value, as a JSON pointer.
    pub(super) at: String,
    /// What, as the rest of a sentence that begins with the value's name.
    pub(super) message: String,
    /// Whether it is a word that is not one of the choices.
    pub(super) choice: bool,
}

impl Mismatch {
    fn wrong(at: &str, wanted: &str, value: &Value) -> Self {
        Self {
            at: at.to_owned(),
            message: format!("must be {wanted}, not {}", describe(value)),
            choice: false,
        }
    }
}

/// The mismatches between a parameter's type and a value.
pub(super) fn check(task: &Task<'_>, param: &Parameter, value: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    any(task, param, value, "", &mut found);
    found
}

fn any(task: &Task<'_>, param: &Parameter, value: &Value, at: &str, found: &mut Vec<Mismatch>) {
    let Some(item) = item(param.ty) else {
        single(task, param, param.ty, value, at, found);
        return;
    };
    match value {
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                single(task, param, item, value, &format!("{at}/{i}"), found);
            }
        }
        other => found.push(Mismatch::wrong(at, "a list", other)),
    }
}

fn single(
    task: &Task<'_>,
    param: &Parameter,
    ty: ParameterType,
    value: &Value,
    at: &str,
    found: &mut Vec<Mismatch>,
) {
    let object = |keys: &[&str]| {
        value
            .as_object()
            .is_some_and(|o| keys.is_empty() || keys.iter().any(|k| o.contains_key(*k)))
    };
    let (fits, wanted) = match ty {
        ParameterType::Text | ParameterType::FieldName => (value.is_string(), "a text"),
        ParameterType::SummaryFields => (
            value.as_str().is_some_and(is_pair),
            "a text of the form \"<field> <statistic>\"",
        ),
        ParameterType::Number => (value.is_number(), "a number"),
        ParameterType::Integer => (value.is_i64(), "a whole number"),
        ParameterType::DateTime => (value.is_i64(), "an instant in milliseconds since 1970"),
        ParameterType::Boolean => (value.is_boolean(), "true or false"),
        ParameterType::Choice => {
            word(task, param, value, at, found);
            return;
        }
        ParameterType::FeatureInput => (
            object(&["url", "layerDefinition", "featureSet", "itemId"]),
            "features, such as {\"url\": \"https://...\"}",
        ),
        ParameterType::LinearUnit => (
            object(&["distance"]) && object(&["units"]),
            "a distance with its unit, such as {\"distance\": 5, \"units\": \"esriKilometers\"}",
        ),
        ParameterType::Distance => (
            object(&["distance"]) && object(&["units"]),
            "a distance with its unit, such as {\"distance\": 5, \"units\": \"Kilometers\"}",
        ),
        ParameterType::ArealUnit => (
            value.is_string() || (object(&["area"]) && object(&["units"])),
            "an area with its unit, such as {\"area\": 5, \"units\": \"esriHectares\"}",
        ),
        ParameterType::TimeUnit => (
            object(&["duration"]) && object(&["units"]),
            "a duration with its unit, such as {\"duration\": 5, \"units\": \"esriTimeUnitsHours\"}",
        ),
        ParameterType::FeatureSet => (
            object(&["url", "itemID", "features"]),
            "features, such as {\"url\": \"https://...\"} or {\"features\": [...]}",
        ),
        ParameterType::RasterInput => (
            object(&["itemId", "url", "uri"]),
            "a raster, such as {\"url\": \"https://...\"} or {\"itemId\": \"...\"}",
        ),
        ParameterType::RasterOrFeatureInput => (
            object(&["itemId", "url", "uri", "layerDefinition", "featureSet"]),
            "a raster or features, such as {\"url\": \"https://...\"}",
        ),
        ParameterType::ImageCollectionInput => (
            value.is_array()
                || object(&[
                    "itemId", "itemIds", "url", "urls", "uri", "uris", "folderId",
                ]),
            "rasters, such as {\"itemIds\": [\"...\"]} or a list of rasters",
        ),
        ParameterType::RasterOutputName => (
            object(&[
                "serviceProperties",
                "itemProperties",
                "itemId",
                "url",
                "uri",
            ]),
            "an output name, such as {\"serviceProperties\": {\"name\": \"Slope\"}}",
        ),
        ParameterType::ItemOutputName => (
            object(&[]),
            "an item, such as {\"itemProperties\": {\"title\": \"Model\"}}",
        ),
        ParameterType::DatasetName => (
            value.is_string() || object(&["serviceProperties", "itemProperties"]),
            "the name of a dataset",
        ),
        ParameterType::RasterContext | ParameterType::GeoAnalyticsContext => (
            object(&[]),
            "an object such as {\"outSR\": {\"wkid\": 3857}}",
        ),
        ParameterType::Extent => (
            object(&["xmin"]) && object(&["ymax"]),
            "an envelope, such as {\"xmin\": 0, \"ymin\": 0, \"xmax\": 1, \"ymax\": 1}",
        ),
        ParameterType::SpatialReference => (
            object(&["wkid", "wkt"]),
            "a spatial reference, such as {\"wkid\": 4326}",
        ),
        ParameterType::DataFile => (
            object(&["url", "itemID", "portalItemID"]),
            "a file, such as {\"url\": \"https://...\"}",
        ),
        ParameterType::Field => (
            object(&["name"]),
            "a field, such as {\"name\": \"POP\", \"type\": \"esriFieldTypeInteger\"}",
        ),
        ParameterType::LocationExpressions => (
            value.is_array(),
            "conditions, such as [{\"operator\": \"\", \"layer\": 0, \"where\": \"POP > 5\"}]",
        ),
        ParameterType::ValueTable => (value.is_array(), "a list of rows"),
        ParameterType::TravelMode => (
            value == "StraightLine" || object(&[]),
            "a travel mode or \"StraightLine\"",
        ),
        ParameterType::OutputName => (
            object(&["serviceProperties", "itemProperties"]),
            "an output name, such as {\"serviceProperties\": {\"name\": \"Buffers\"}}",
        ),
        ParameterType::Context => (
            object(&[]),
            "an object such as {\"outSR\": {\"wkid\": 3857}}",
        ),
        ParameterType::Object => {
            members(task, param, value, at, found);
            return;
        }
        _ => (true, ""),
    };
    if !fits {
        found.push(Mismatch::wrong(at, wanted, value));
    }
}

fn word(task: &Task<'_>, param: &Parameter, value: &Value, at: &str, found: &mut Vec<Mismatch>) {
    let Some(word) = value.as_str() else {
        found.push(Mismatch::wrong(at, "a text", value));
        return;
    };
    let Some(choices) = task.words(param).filter(|words| !words.is_empty()) else {
        return;
    };
    if choices.iter().all(|c| c.value != word) {
        let words: Vec<_> = choices.iter().map(|c| c.value.as_str()).collect();
        let near = near::nearest(word, &words).map(|near| format!("; did you mean `{near}`?"));
        let message = format!(
            "is `{word}`, which is not one of the choices{}",
            near.unwrap_or_default()
        );
        found.push(Mismatch {
            at: at.to_owned(),
            message,
            choice: true,
        });
    }
}

fn members(task: &Task<'_>, param: &Parameter, value: &Value, at: &str, found: &mut Vec<Mismatch>) {
    let Some(given) = value.as_object() else {
        found.push(Mismatch::wrong(at, "an object", value));
        return;
    };
    let Some(object) = param.object.as_ref().and_then(|name| task.object(name)) else {
        return;
    };
    for (key, value) in given {
        let at = format!("{at}/{}", escape(key));
        match object.members.iter().find(|m| m.name == *key) {
            Some(member) => any(task, member, value, &at, found),
            None => found.push(Mismatch {
                at,
                message: format!("has a member `{key}`, which does not exist"),
                choice: false,
            }),
        }
    }
    for member in object
        .members
        .iter()
        .filter(|m| m.required && !given.contains_key(&m.name))
    {
        let message = format!("lacks its required member `{}`", member.name);
        found.push(Mismatch {
            at: at.to_owned(),
            message,
            choice: false,
        });
    }
}

fn is_pair(text: &str) -> bool {
    let statistics = ["sum", "mean", "min", "max", "stddev"];
    text.trim()
        .rsplit_once(' ')
        .is_some_and(|(_, statistic)| statistics.contains(&statistic.to_lowercase().as_str()))
}

fn item(ty: ParameterType) -> Option<ParameterType> {
    match ty {
        ParameterType::TextList => Some(ParameterType::Text),
        ParameterType::FieldNameList => Some(ParameterType::FieldName),
        ParameterType::IntegerList => Some(ParameterType::Integer),
        ParameterType::RasterInputList => Some(ParameterType::RasterInput),
        ParameterType::SummaryFields => Some(ParameterType::SummaryFields),
        ParameterType::NumberList => Some(ParameterType::Number),
        ParameterType::ChoiceList => Some(ParameterType::Choice),
        ParameterType::FeatureInputList => Some(ParameterType::FeatureInput),
        ParameterType::ObjectList => Some(ParameterType::Object),
        _ => None,
    }
}
