//! What a text means as a value of a parameter's type.

use super::features;
use crate::types::meta::ParamType;
use crate::types::{Choice, LengthUnits, LinearUnits, ParameterErrorKind as Kind, Problem};
use serde_json::{Map, Value, json};

/// The JSON of one parameter from its texts.
///
/// Only the form is settled here. Whether a word is a choice or a number in range, the task's own type decides.
pub(super) fn value(ty: &ParamType, texts: &[&str]) -> Result<Value, Problem> {
    match ty {
        ParamType::NumberList => list(texts, number),
        ParamType::IntegerList => list(texts, integer),
        ParamType::FeatureInputList => list(texts, features),
        ParamType::RasterInputList => list(texts, named),
        ParamType::ImageCollectionInput => match texts {
            [text] if is_object(text) => object(text),
            _ => list(texts, named),
        },
        ParamType::ObjectList(_) => objects(texts),
        ParamType::TextList
        | ParamType::FieldNameList
        | ParamType::SummaryFields
        | ParamType::ChoiceList(_) => list(texts, |text| Ok(text.into())),
        _ => match texts {
            [text] => single(ty, text),
            _ => Err(refuse(format!("takes one value, not {}", texts.len()))),
        },
    }
}

/// The text of one value, or of one item of a list: what [`value`] reads back.
pub(super) fn of(ty: &ParamType, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // Without the `.0` of a whole number, which nobody types.
        Value::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |f| f.to_string()),
        Value::Object(members) => short(ty, members).unwrap_or_else(|| value.to_string()),
        _ => value.to_string(),
    }
}

/// What a person would type for an object that says no more than that.
fn short(ty: &ParamType, members: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    match (ty, members.len()) {
        (ParamType::FeatureInput | ParamType::FeatureInputList | ParamType::FeatureSetInput, 1) => {
            text("url")
        }
        (
            ParamType::RasterInput | ParamType::RasterInputList | ParamType::RasterOrFeatureInput,
            1,
        ) => text("url").or_else(|| text("uri")),
        (ParamType::OutputName | ParamType::RasterOutputName, 1) => {
            let properties = members.get("serviceProperties")?.as_object()?;
            let name = properties.get("name")?.as_str()?;
            (properties.len() == 1).then(|| name.to_owned())
        }
        (ParamType::Distance | ParamType::LinearUnit, 2) => {
            let distance = members.get("distance")?.as_f64()?;
            let units = text("units")?;
            Some(format!("{distance} {}", units.trim_start_matches("esri")))
        }
        _ => None,
    }
}

fn single(ty: &ParamType, text: &str) -> Result<Value, Problem> {
    match ty {
        ParamType::Number => number(text),
        ParamType::Integer => integer(text),
        ParamType::Boolean => boolean(text),
        ParamType::DateTime => Ok(text
            .parse::<i64>()
            .map_or_else(|_| text.into(), Value::from)),
        ParamType::FeatureInput => features(text),
        // A feature set is sent as it is; GeoJSON has a `type`.
        ParamType::FeatureSetInput if is_object(text) => match object(text)? {
            set if set.get("type").is_none() => Ok(set),
            _ => features(text),
        },
        ParamType::FeatureSetInput => features(text),
        ParamType::RasterOrFeatureInput if !text.trim_start().starts_with('{') => {
            // A file of features is read; all else is where a raster or a layer is.
            Ok(features(text).unwrap_or_else(|_| text.into()))
        }
        ParamType::LinearUnit => linear_unit(text),
        ParamType::Distance => distance(text),
        ParamType::OutputName
        | ParamType::TravelMode
        | ParamType::RasterInput
        | ParamType::RasterOrFeatureInput
        | ParamType::RasterOutputName
        | ParamType::ItemOutputName
        | ParamType::DatasetName
        | ParamType::ArealUnit
        | ParamType::DataFile => named(text),
        ParamType::SpatialReference => {
            Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
        }
        ParamType::Context
        | ParamType::RasterContext
        | ParamType::GeoAnalyticsContext
        | ParamType::TimeUnit
        | ParamType::Extent
        | ParamType::Field
        | ParamType::Object(_) => object(text),
        ParamType::LocationExpressions => serde_json::from_str(text)
            .map_err(|error| refuse(format!("must be a list of conditions as JSON: {error}"))),
        ParamType::ValueTable => serde_json::from_str(text)
            .map_err(|error| refuse(format!("must be a list of rows as JSON: {error}"))),
        ParamType::Json => Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
        _ => Ok(text.into()),
    }
}

fn list(texts: &[&str], item: impl Fn(&str) -> Result<Value, Problem>) -> Result<Value, Problem> {
    let numbered = |(i, text): (usize, &&str)| {
        item(text).map_err(|problem| match texts.len() {
            1 => problem,
            _ => Problem::new(problem.kind(), format!("item {} {problem}", i + 1)),
        })
    };
    texts.iter().enumerate().map(numbered).collect()
}

fn number(text: &str) -> Result<Value, Problem> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number.into()),
        Ok(_) => Err(Problem::new(
            Kind::OutOfRange,
            format!("must be a finite number, not {text}"),
        )),
        Err(_) if text.contains(',') => {
            let problem = format!(
                "must be a number, not {text:?}; write decimals with a point and separate numbers by spaces"
            );
            Err(refuse(problem))
        }
        Err(_) => Err(refuse(format!("must be a number, not {text:?}"))),
    }
}

fn integer(text: &str) -> Result<Value, Problem> {
    let number = text.trim().parse::<i64>();
    number
        .map(Value::from)
        .map_err(|_| refuse(format!("must be a whole number, not {text:?}")))
}

fn boolean(text: &str) -> Result<Value, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true.into()),
        "false" => Ok(false.into()),
        _ => Err(refuse(format!("must be true or false, not {text:?}"))),
    }
}

/// `5 Miles`, in the words of geoprocessing with or without their `esri`; or the object itself.
fn linear_unit(text: &str) -> Result<Value, Problem> {
    if is_object(text) {
        return object(text);
    }
    let shape = || {
        let words: Vec<_> = LinearUnits::KNOWN.iter().take(6).map(bare).collect();
        refuse(format!(
            "must be a distance with its unit such as \"5 Miles\", not {text:?}; units are {} and others",
            words.join(", ")
        ))
    };
    let text = text.trim();
    // Without a space the unit begins at a letter other than `e`, which numbers such as `1e3` have.
    let letter = || text.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
    let split = text
        .find(char::is_whitespace)
        .or_else(letter)
        .ok_or_else(shape)?;
    let (distance, word) = text.split_at(split);
    let distance: f64 = distance.trim().parse().map_err(|_| shape())?;
    let word = word.trim();
    let unit = LinearUnits::known(&format!("esri{word}")).or_else(|| LinearUnits::known(word));
    let unit = unit.ok_or_else(shape)?;
    Ok(json!({ "distance": distance, "units": unit.as_str() }))
}

/// `5 Kilometers`, or the object itself.
fn distance(text: &str) -> Result<Value, Problem> {
    if is_object(text) {
        return object(text);
    }
    let parts = text.trim().split_once(char::is_whitespace);
    let parts = parts.and_then(|(number, unit)| Some((number.parse::<f64>().ok()?, unit.trim())));
    let (distance, unit) = parts.ok_or_else(|| {
        let words: Vec<_> = LengthUnits::KNOWN.iter().map(Choice::as_str).collect();
        refuse(format!(
            "must be a distance with its unit such as \"30 Meters\", not {text:?}; units are {}",
            words.join(", ")
        ))
    })?;
    Ok(json!({ "distance": distance, "units": unit }))
}

fn bare(unit: &LinearUnits) -> String {
    unit.as_str().trim_start_matches("esri").to_owned()
}

/// A name, or an object.
fn named(text: &str) -> Result<Value, Problem> {
    if is_object(text) {
        object(text)
    } else {
        Ok(text.into())
    }
}

fn object(text: &str) -> Result<Value, Problem> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(refuse(format!("must be a JSON object, not {text:?}"))),
        Err(error) => Err(refuse(format!("must be a JSON object: {error}"))),
    }
}

/// Objects one by one, or all of them as one JSON list.
fn objects(texts: &[&str]) -> Result<Value, Problem> {
    match texts {
        [text] if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).map_err(|error| {
                refuse(format!(
                    "must be JSON objects or a JSON list of them: {error}"
                ))
            })
        }
        _ => list(texts, object),
    }
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn refuse(problem: String) -> Problem {
    Problem::new(Kind::WrongType, problem)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::meta::ObjectMeta;

    static OBJECT: ObjectMeta = ObjectMeta {
        name: "Pair",
        doc: "",
        members: &[],
    };

    #[test]
    fn reads_each_type() {
        for (ty, texts, expected) in [
            (ParamType::Text, &["a b"][..], json!("a b")),
            (ParamType::Text, &["5"], json!("5")),
            (ParamType::TextList, &["a", "b"], json!(["a", "b"])),
            (ParamType::SummaryFields, &["POP Mean"], json!(["POP Mean"])),
            (ParamType::Number, &["-1e3"], json!(-1000.0)),
            (ParamType::NumberList, &["20", "35.5"], json!([20.0, 35.5])),
            (ParamType::Integer, &["-7"], json!(-7)),
            (ParamType::Boolean, &["TRUE"], json!(true)),
            (ParamType::Boolean, &["false"], json!(false)),
            (ParamType::Choice(&[]), &["Miles"], json!("Miles")),
            (
                ParamType::DateTime,
                &["1714545000000"],
                json!(1_714_545_000_000_i64),
            ),
            (ParamType::DateTime, &["2024-05-01"], json!("2024-05-01")),
            (
                ParamType::LinearUnit,
                &["5 Miles"],
                json!({ "distance": 5.0, "units": "esriMiles" }),
            ),
            (ParamType::LinearUnit, &["1.5km"], json!(null)),
            (
                ParamType::LinearUnit,
                &["2e3meters"],
                json!({ "distance": 2000.0, "units": "esriMeters" }),
            ),
            (
                ParamType::LinearUnit,
                &["-2 esriFeet"],
                json!({ "distance": -2.0, "units": "esriFeet" }),
            ),
            (
                ParamType::TravelMode,
                &["StraightLine"],
                json!("StraightLine"),
            ),
            (
                ParamType::TravelMode,
                &["{\"name\": \"Walk\"}"],
                json!({ "name": "Walk" }),
            ),
            (ParamType::OutputName, &["Buffers"], json!("Buffers")),
            (
                ParamType::Context,
                &["{\"outSR\": {\"wkid\": 3857}}"],
                json!({ "outSR": { "wkid": 3857 } }),
            ),
            (
                ParamType::ObjectList(&OBJECT),
                &["{\"a\": 1}", "{\"a\": 2}"],
                json!([{ "a": 1 }, { "a": 2 }]),
            ),
            (
                ParamType::ObjectList(&OBJECT),
                &["[{\"a\": 1}]"],
                json!([{ "a": 1 }]),
            ),
            (ParamType::Json, &["[1, 2]"], json!([1, 2])),
            (ParamType::Json, &["a > 2"], json!("a > 2")),
        ] {
            assert_eq!(
                value(&ty, texts).unwrap_or_default(),
                expected,
                "{ty:?} {texts:?}"
            );
        }
    }

    #[test]
    fn refuses_with_what_is_expected() {
        for (ty, texts, problem) in [
            (
                ParamType::Number,
                &["far"][..],
                "must be a number, not \"far\"",
            ),
            (
                ParamType::Number,
                &["NaN"],
                "must be a finite number, not NaN",
            ),
            (ParamType::Number, &["1", "2"], "takes one value, not 2"),
            (
                ParamType::NumberList,
                &["1", "x"],
                "item 2 must be a number, not \"x\"",
            ),
            (
                ParamType::NumberList,
                &["20,35"],
                "must be a number, not \"20,35\"; write decimals with a point and separate numbers by spaces",
            ),
            (
                ParamType::Integer,
                &["1.5"],
                "must be a whole number, not \"1.5\"",
            ),
            (
                ParamType::Boolean,
                &["maybe"],
                "must be true or false, not \"maybe\"",
            ),
            (
                ParamType::LinearUnit,
                &["5"],
                "must be a distance with its unit such as \"5 Miles\", not \"5\"; \
                 units are Meters, Kilometers, Feet, Yards, Miles, NauticalMiles and others",
            ),
            (
                ParamType::Context,
                &["4326"],
                "must be a JSON object, not \"4326\"",
            ),
            (
                ParamType::Context,
                &["{"],
                "must be a JSON object: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            assert_eq!(
                value(&ty, texts).unwrap_err().to_string(),
                problem,
                "{ty:?} {texts:?}"
            );
        }
    }
}
