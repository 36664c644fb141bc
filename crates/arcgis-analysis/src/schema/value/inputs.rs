//! The schemas of rasters, files, outputs and contexts.

use super::{Shared, extent, features, list, output_name, reference, text};
use crate::types::meta::ParamType;
use crate::types::{Choice, LengthUnits};
use serde_json::{Value, json};

/// The schema of a type that is one of those; `None` for every other.
pub(super) fn of(ty: &ParamType, shared: &mut Shared) -> Option<Value> {
    Some(match ty {
        ParamType::Distance => shared.reference("Distance", |_| distance()),
        ParamType::ArealUnit => measure("area", "An area with its unit.", true),
        ParamType::TimeUnit => measure("duration", "A duration with its unit.", false),
        ParamType::FeatureSetInput => shared.reference("FeatureSet", |_| feature_set()),
        ParamType::RasterInput => shared.reference("Raster", |_| raster()),
        ParamType::RasterInputList => list(shared.reference("Raster", |_| raster())),
        ParamType::RasterOrFeatureInput => {
            let raster = shared.reference("Raster", |_| raster());
            let features = shared.reference("Features", |_| features());
            json!({ "anyOf": [raster, features] })
        }
        ParamType::ImageCollectionInput => {
            let raster = shared.reference("Raster", |_| raster());
            json!({
                "description": "The rasters of a collection: one by one, by items, URLs or paths, or those of a folder.",
                "anyOf": [list(raster), { "type": "object", "minProperties": 1 }],
            })
        }
        ParamType::RasterOutputName => shared.reference("RasterOutputName", |shared| {
            let name = shared.reference("OutputName", |_| output_name());
            json!({
                "description": "The hosted image service to create, or where else the raster goes.",
                "anyOf": [
                    name,
                    only("itemId", "An item that exists."),
                    only("url", "An image service that exists."),
                    only("uri", "A path in a data store."),
                ],
            })
        }),
        ParamType::ItemOutputName => shared.reference("ItemOutputName", |_| item()),
        ParamType::DatasetName => shared.reference("OutputName", |_| output_name()),
        ParamType::RasterContext => shared.reference("RasterContext", raster_context),
        ParamType::GeoAnalyticsContext => {
            shared.reference("GeoAnalyticsContext", geoanalytics_context)
        }
        ParamType::Extent => extent("A rectangle.", shared),
        ParamType::SpatialReference => {
            let object = reference(shared);
            json!({ "anyOf": [object, { "type": "integer" }, { "type": "string", "pattern": "\\S" }] })
        }
        ParamType::DataFile => json!({
            "description": "A file: its URL, or an upload to the server.",
            "anyOf": [
                text(),
                only("url", "The URL of a file."),
                only("itemID", "An upload."),
                only("portalItemID", "A portal item."),
            ],
        }),
        ParamType::Field => json!({
            "description": "A field.",
            "type": "object",
            "properties": { "name": text(), "type": { "type": "string" }, "alias": { "type": "string" } },
            "required": ["name", "type"],
        }),
        ParamType::LocationExpressions => shared.reference("LocationExpressions", |shared| {
            let group = shared.reference("LocationExpressions", |_| json!({}));
            location_expressions(&group)
        }),
        ParamType::ValueTable => json!({
            "description": "Rows: each a list of values in the order of the columns, or an object by their names.",
            "type": "array",
            "minItems": 1,
            "items": { "type": ["array", "object"] },
        }),
        _ => return None,
    })
}

/// A list of conditions, in which `group` stands for a list in the list.
fn location_expressions(group: &Value) -> Value {
    let operator = json!({ "enum": ["", "and", "or"] });
    let number = json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX });
    let relations = |words: &[&str], required: &[&str]| {
        json!({
            "description": "A condition on where features of the layer lie to those of the other.",
            "type": "object",
            "properties": {
                "operator": operator, "layer": number, "where": false, "spatialRel": { "enum": words },
                "selectingLayer": number, "distance": { "type": "number" }, "units": text(),
            },
            "required": required,
        })
    };
    json!({
        "description": "Conditions, in the order in which they are joined. Layers are counted from 0.",
        "type": "array",
        "minItems": 1,
        "items": { "anyOf": [
            {
                "description": "A condition on attributes: an SQL where clause without the word WHERE.",
                "type": "object",
                "properties": { "operator": operator, "layer": number, "where": text() },
                "required": ["layer", "where"],
            },
            relations(
                &["intersects", "notIntersects", "contains", "notContains", "within", "notWithin", "nearest"],
                &["layer", "spatialRel", "selectingLayer"],
            ),
            relations(
                &["withinDistance", "notWithinDistance"],
                &["layer", "spatialRel", "selectingLayer", "distance", "units"],
            ),
            group,
        ] },
    })
}

/// An object with a text of this name.
fn only(name: &str, description: &str) -> Value {
    json!({
        "description": description,
        "type": "object",
        "properties": { name: text() },
        "required": [name],
    })
}

fn measure(name: &str, description: &str, as_text: bool) -> Value {
    let object = json!({
        "type": "object",
        "properties": { name: { "type": "number" }, "units": text() },
        "required": [name, "units"],
        "additionalProperties": false,
    });
    let mut forms = vec![object];
    if as_text {
        forms.push(json!({ "type": "string", "pattern": "^\\s*[0-9.+-]\\S* +\\S" }));
    }
    json!({ "description": description, "anyOf": forms })
}

fn distance() -> Value {
    let words: Vec<_> = LengthUnits::KNOWN.iter().map(Choice::as_str).collect();
    json!({
        "description": "A distance with its unit.",
        "type": "object",
        "properties": {
            "distance": { "type": "number" },
            "units": { "type": "string", "pattern": "\\S", "examples": words },
        },
        "required": ["distance", "units"],
        "additionalProperties": false,
    })
}

fn feature_set() -> Value {
    json!({
        "description": "Features or rows: a layer, an upload, or features that travel with the call.",
        "anyOf": [
            { "description": "The URL of a layer; in parameters of the command line also the path of a file.", "type": "string", "pattern": "\\S" },
            {
                "description": "A layer of a feature service or map service.",
                "type": "object",
                "properties": { "url": { "type": "string", "format": "uri" }, "filter": { "type": "string" } },
                "required": ["url"],
            },
            only("itemID", "An upload to the server."),
            {
                "description": "An Esri feature set.",
                "type": "object",
                "properties": { "features": { "type": "array", "items": { "type": "object" }, "minItems": 1 } },
                "required": ["features"],
            },
            {
                "description": "An Esri feature collection.",
                "type": "object",
                "properties": { "featureSet": { "type": "object", "required": ["features"] } },
                "required": ["featureSet"],
            },
            { "description": "GeoJSON.", "type": "object", "properties": { "type": { "type": "string" } }, "required": ["type"] },
        ],
    })
}

fn raster() -> Value {
    let raster = |name: &str, description: &str| {
        let mut schema = only(name, description);
        schema["properties"]["renderingRule"] =
            json!({ "description": "A raster function to apply first." });
        schema["properties"]["mosaicRule"] =
            json!({ "description": "How the rasters of a mosaic are chosen." });
        schema
    };
    json!({
        "description": "A raster: a portal item, an image service or a path in a data store.",
        "anyOf": [
            { "description": "The ID of an item, the URL of an image service, or a path that begins with `/`.", "type": "string", "pattern": "\\S" },
            raster("itemId", "A portal item."),
            raster("url", "An image service."),
            raster("uri", "A dataset in a data store."),
        ],
    })
}

fn item() -> Value {
    json!({
        "description": "The item to create.",
        "anyOf": [
            { "description": "Its title.", "type": "string", "pattern": "\\S" },
            {
                "type": "object",
                "properties": {
                    "itemProperties": {
                        "type": "object",
                        "properties": {
                            "title": text(),
                            "description": { "type": "string" },
                            "tags": { "type": "string" },
                            "snippet": { "type": "string" },
                            "folderId": { "type": "string" },
                        },
                    },
                },
            },
        ],
    })
}

fn raster_context(shared: &mut Shared) -> Value {
    let extent = extent("Only what lies within this rectangle is used.", shared);
    let (reference, raster) = (reference(shared), shared.reference("Raster", |_| raster()));
    let distance = shared.reference("Distance", |_| distance());
    json!({
        "description": "What part of the data is used, in which cells, and how.",
        "type": "object",
        "properties": {
            "extent": extent,
            "outSR": reference,
            "processSR": reference,
            "snapRaster": raster,
            "mask": { "description": "The raster or features outside of which nothing is computed." },
            "cellSize": { "anyOf": [{ "type": "number" }, distance, raster] },
            "resamplingMethod": { "type": "string" },
            "parallelProcessingFactor": { "type": "string" },
            "processorType": { "type": "string" },
        },
    })
}

fn geoanalytics_context(shared: &mut Shared) -> Value {
    let extent = extent(
        "Only features that intersect this rectangle are used.",
        shared,
    );
    let reference = reference(shared);
    json!({
        "description": "What part of the data is used, and where results go.",
        "type": "object",
        "properties": {
            "extent": extent,
            "processSR": reference,
            "outSR": reference,
            "dataStore": { "type": "string" },
            "defaultAggregationStyles": { "type": "boolean" },
        },
    })
}
