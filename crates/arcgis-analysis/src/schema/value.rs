//! Parameters and their types as JSON Schemas.

mod inputs;

use super::object;
use crate::types::meta::{AttributeMeta, ChoiceMeta, ObjectMeta, ParamMeta, ParamType, RangeMeta};
use crate::types::{Choice, LinearUnits, SummaryStatistic};
use heck::ToTitleCase;
use serde_json::{Map, Value, json};

/// The definitions that several parameters share, gathered while parameters are described.
#[derive(Default)]
pub(super) struct Shared(Map<String, Value>);

impl Shared {
    pub(super) fn definitions(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }

    /// A reference to a definition, which is made when it is first referred to.
    pub(super) fn reference(
        &mut self,
        name: &str,
        define: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        if !self.0.contains_key(name) {
            // Holds the place, so that definitions stand in the order in which they are met.
            self.0.insert(name.to_owned(), Value::Null);
            let definition = define(self);
            self.0.insert(name.to_owned(), definition);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// The part of a schema that describes an object's members.
pub(super) fn members(
    params: &[ParamMeta],
    grouped: &[&str],
    shared: &mut Shared,
) -> Map<String, Value> {
    let properties: Map<_, _> = params
        .iter()
        .map(|param| (param.name.to_owned(), property(param, shared)))
        .collect();
    let required = |param: &&ParamMeta| param.required && !grouped.contains(&param.name);
    let required: Vec<_> = params
        .iter()
        .filter(required)
        .map(|param| param.name)
        .collect();
    let mut members = object([
        ("type", json!("object")),
        ("properties", Value::Object(properties)),
        ("additionalProperties", json!(false)),
    ]);
    if !required.is_empty() {
        members.insert("required".to_owned(), json!(required));
    }
    members
}

fn property(param: &ParamMeta, shared: &mut Shared) -> Value {
    let mut schema = object([
        ("title", json!(param.name.to_title_case())),
        ("description", json!(param.doc)),
    ]);
    if let Value::Object(ty) = of(&param.ty, param.range.as_ref(), shared) {
        match param.separator {
            None => schema.extend(ty),
            // The list, or the text that it travels as.
            Some(_) => {
                schema.insert("anyOf".to_owned(), json!([ty, text()]));
            }
        }
    }
    let default = param
        .default
        .and_then(|text| serde_json::from_str(text).ok());
    if let Some(default) = default {
        if default == "" {
            // Where the service assumes an empty text, one may be given.
            schema.shift_remove("pattern");
        }
        schema.insert("default".to_owned(), default);
    }
    let about = about(param);
    if !about.is_empty() {
        schema.insert("x-arcgis".to_owned(), Value::Object(about));
    }
    Value::Object(schema)
}

fn about(param: &ParamMeta) -> Map<String, Value> {
    let mut about = Map::new();
    if !param.geometry.is_empty() {
        let kinds = param
            .geometry
            .iter()
            .map(|kind| Value::from(kind.to_string()));
        about.insert("geometry".to_owned(), kinds.collect());
    }
    if let ParamType::Choice(choices) | ParamType::ChoiceList(choices) = param.ty {
        let docs = choices
            .iter()
            .map(|choice| (choice.value.to_owned(), choice.doc.into()));
        about.insert("choices".to_owned(), Value::Object(docs.collect()));
    }
    if !param.attributes.is_empty() {
        about.insert("attributes".to_owned(), attributes(param.attributes));
    }
    for (name, release) in [("since", param.since), ("until", param.until)] {
        if let Some(release) = release {
            about.insert(name.to_owned(), release.into());
        }
    }
    about
}

/// The documented attributes of a feature set: they are not demanded, and others may be given.
fn attributes(attributes: &[AttributeMeta]) -> Value {
    let attribute = |attribute: &AttributeMeta| {
        let mut about = json!({ "type": attribute.ty, "description": attribute.doc });
        if let Some(length) = attribute.length {
            about["maxLength"] = length.into();
        }
        (attribute.name.to_owned(), about)
    };
    Value::Object(attributes.iter().map(attribute).collect())
}

/// The schema of a type.
fn of(ty: &ParamType, range: Option<&RangeMeta>, shared: &mut Shared) -> Value {
    match ty {
        ParamType::Text | ParamType::FieldName => text(),
        ParamType::TextList | ParamType::FieldNameList => list(text()),
        ParamType::SummaryFields => list(shared.reference("SummaryField", |_| summary_field())),
        ParamType::Number => number("number", range),
        ParamType::NumberList => list(number("number", range)),
        ParamType::Integer => number("integer", range),
        ParamType::Boolean => json!({ "type": "boolean" }),
        ParamType::DateTime => shared.reference("DateTime", |_| date_time()),
        ParamType::Choice(choices) => choice(choices),
        ParamType::ChoiceList(choices) => list(choice(choices)),
        ParamType::FeatureInput => shared.reference("Features", |_| features()),
        ParamType::FeatureInputList => list(shared.reference("Features", |_| features())),
        ParamType::LinearUnit => shared.reference("LinearUnit", |_| linear_unit()),
        ParamType::TravelMode => shared.reference("TravelMode", |_| travel_mode()),
        ParamType::OutputName => shared.reference("OutputName", |_| output_name()),
        ParamType::Context => shared.reference("Context", context),
        ParamType::Object(meta) => nested(meta, shared),
        ParamType::ObjectList(meta) => list(nested(meta, shared)),
        other => inputs::of(other, shared).unwrap_or_else(|| match other {
            ParamType::IntegerList => list(number("integer", range)),
            // JSON of any shape.
            _ => json!({}),
        }),
    }
}

fn nested(meta: &ObjectMeta, shared: &mut Shared) -> Value {
    shared.reference(meta.name, |shared| {
        let mut schema = object([("description", json!(meta.doc))]);
        schema.extend(members(meta.members, &[], shared));
        Value::Object(schema)
    })
}

pub(super) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

pub(super) fn text() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

fn number(kind: &str, range: Option<&RangeMeta>) -> Value {
    let mut schema = object([("type", json!(kind))]);
    if let Some(range) = range {
        let min = if range.exclusive_min {
            "exclusiveMinimum"
        } else {
            "minimum"
        };
        for (name, bound) in [(min, range.min), ("maximum", range.max)] {
            if let Some(bound) = bound {
                schema.insert(name.to_owned(), bound.into());
            }
        }
    }
    Value::Object(schema)
}

fn choice(choices: &[ChoiceMeta]) -> Value {
    let words: Vec<_> = choices.iter().map(|choice| choice.value).collect();
    json!({ "type": "string", "enum": words })
}

fn summary_field() -> Value {
    let words: Vec<_> = SummaryStatistic::KNOWN.iter().map(Choice::as_str).collect();
    json!({
        "description": "A field and a statistic of it, for example `POP Mean`.",
        "type": "string",
        "pattern": format!("^\\s*\\S.* ({})\\s*$", words.join("|")),
    })
}

fn date_time() -> Value {
    json!({
        "description": "An instant: milliseconds since 1970-01-01T00:00:00 UTC, or ISO 8601 text.",
        "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}" }],
    })
}

fn linear_unit() -> Value {
    let words: Vec<_> = LinearUnits::KNOWN.iter().map(Choice::as_str).collect();
    json!({
        "description": "A distance with its unit.",
        "type": "object",
        "properties": {
            "distance": { "type": "number" },
            "units": { "type": "string", "enum": words, "default": "esriMeters" },
        },
        "required": ["distance"],
    })
}

fn travel_mode() -> Value {
    json!({
        "description": "How to travel: in a straight line, or a travel mode of the portal's routing services.",
        "anyOf": [{ "const": "StraightLine" }, { "type": "object", "minProperties": 1 }],
    })
}

pub(super) fn output_name() -> Value {
    json!({
        "description": "The hosted layer to create, or to overwrite.",
        "anyOf": [
            { "description": "The name of a new layer.", "type": "string", "pattern": "\\S" },
            {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "serviceProperties": {
                        "type": "object",
                        "properties": { "name": text(), "serviceUrl": { "type": "string", "format": "uri" } },
                    },
                    "itemProperties": {
                        "type": "object",
                        "properties": {
                            "itemId": text(),
                            "folderId": text(),
                            "overwrite": { "type": "boolean" },
                        },
                    },
                },
            },
        ],
    })
}

/// A spatial reference, by reference to its schema.
pub(super) fn reference(shared: &mut Shared) -> Value {
    shared.reference("SpatialReference", |_| spatial_reference())
}

/// A rectangle.
pub(super) fn extent(description: &str, shared: &mut Shared) -> Value {
    json!({
        "description": description,
        "type": "object",
        "properties": {
            "xmin": { "type": "number" },
            "ymin": { "type": "number" },
            "xmax": { "type": "number" },
            "ymax": { "type": "number" },
            "spatialReference": reference(shared),
        },
        "required": ["xmin", "ymin", "xmax", "ymax"],
    })
}

fn context(shared: &mut Shared) -> Value {
    json!({
        "description": "What part of the data is used, and in which spatial reference the results come.",
        "type": "object",
        "properties": {
            "extent": extent("Only features that intersect this rectangle are used.", shared),
            "outSR": reference(shared),
            "processSR": reference(shared),
        },
    })
}

pub(super) fn spatial_reference() -> Value {
    json!({
        "description": "A spatial reference by its well-known ID or well-known text.",
        "type": "object",
        "properties": {
            "wkid": { "type": "integer" },
            "latestWkid": { "type": "integer" },
            "wkt": { "type": "string" },
        },
        "anyOf": [{ "required": ["wkid"] }, { "required": ["wkt"] }],
    })
}

pub(super) fn features() -> Value {
    let geojson = [
        "FeatureCollection",
        "Feature",
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    ];
    json!({
        "description": "Features: a layer, a portal item, or features that travel with the call.",
        "anyOf": [
            {
                "description": "The URL of a layer, or the ID of a portal item; in parameters of the command line \
                                also the path of a file of features.",
                "type": "string",
                "pattern": "\\S",
            },
            {
                "description": "A layer of a feature service or map service.",
                "type": "object",
                "properties": {
                    "url": { "type": "string", "format": "uri" },
                    "filter": { "description": "An SQL where clause, without the word WHERE.", "type": "string" },
                    "serviceToken": { "description": "A token for a secured layer.", "type": "string" },
                },
                "required": ["url"],
            },
            {
                "description": "A portal item, and the number of the layer in its service.",
                "type": "object",
                "properties": {
                    "itemId": { "type": "string", "pattern": "^[0-9A-Fa-f]{32}$" },
                    "layer": { "type": "integer", "minimum": 0, "default": 0 },
                },
                "required": ["itemId"],
                "additionalProperties": false,
            },
            {
                "description": "An Esri feature collection.",
                "type": "object",
                "properties": {
                    "layerDefinition": { "type": "object" },
                    "featureSet": { "type": "object", "required": ["features"] },
                },
                "required": ["layerDefinition", "featureSet"],
            },
            {
                "description": "An Esri feature set.",
                "type": "object",
                "properties": {
                    "geometryType": { "type": "string" },
                    "spatialReference": { "type": "object" },
                    "features": { "type": "array", "items": { "type": "object" } },
                },
                "required": ["features"],
            },
            {
                "description": "GeoJSON.",
                "type": "object",
                "properties": { "type": { "enum": geojson } },
                "required": ["type"],
            },
        ],
    })
}
