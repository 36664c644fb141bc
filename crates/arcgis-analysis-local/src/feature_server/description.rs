//! What a feature service and its layers say of themselves.

use super::{MOST_RECORDS, MOST_RECORDS_TILE};
use crate::hosted::{Item, Layer};
use crate::sharing::SERVER_VERSION;
use arcgis_analysis_types::{Extent, FieldType, GeometryType, SpatialReference};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const FORMATS: &str = "JSON, geoJSON, PBF";
/// What an owner may set of a service, and of a layer, that is only told of.
pub(super) const SET_OF_SERVICE: [&str; 7] = [
    "allowGeometryUpdates",
    "capabilities",
    "copyrightText",
    "description",
    "hasStaticData",
    "preserveLayerIds",
    "serviceDescription",
];
pub(super) const SET_OF_LAYER: [&str; 12] = [
    "copyrightText",
    "defaultVisibility",
    "description",
    "displayField",
    "drawingInfo",
    "hasStaticData",
    "htmlPopupType",
    "maxScale",
    "minScale",
    "templates",
    "typeIdField",
    "types",
];
/// Which formats features are appended from.
const APPEND_FORMATS: &str = "featureCollection,shapefile,geojson,csv";
/// Whose layers they are may change them.
const CAPABILITIES: &str = "Create,Delete,Query,Update,Editing";

/// The service, with its layers and tables by name.
pub(crate) fn service(item: &Item) -> Value {
    let (layers, tables) = parted(item);
    let brief = |layers: Vec<&Arc<Layer>>| {
        let brief = layers.into_iter().map(|layer| {
            json!({
                "id": layer.id,
                "name": layer.name(),
                "type": kind(layer),
                "geometryType": layer.geometry_type(),
                "parentLayerId": -1,
                "subLayerIds": null,
                "defaultVisibility": true,
                "minScale": 0,
                "maxScale": 0,
            })
        });
        brief.collect::<Value>()
    };
    let first = layers.first();
    let reference = first.map_or(SpatialReference::WGS84, |layer| layer.reference());
    let extent = first.and_then(|layer| layer.full_extent());
    let mut service = json!({
        "currentVersion": SERVER_VERSION,
        "serviceItemId": item.id,
        "serviceDescription": item.description,
        "description": item.description,
        "copyrightText": "",
        "hasVersionedData": false,
        "maxRecordCount": MOST_RECORDS,
        "supportedQueryFormats": FORMATS,
        "supportsDisconnectedEditing": false,
        "capabilities": CAPABILITIES,
        "allowGeometryUpdates": true,
        "units": if reference.is_geographic() { "esriDecimalDegrees" } else { "esriMeters" },
        "spatialReference": reference,
        "initialExtent": extent,
        "fullExtent": extent,
        "layers": brief(layers),
        "tables": brief(tables),
    });
    set(&mut service, &SET_OF_SERVICE, &item.definition);
    service
}

/// The service as its administrator sees it, with its layers and tables in full.
pub(crate) fn administered(item: &Item) -> Value {
    let mut service = service(item);
    let Value::Object(full) = layers(item) else {
        return service;
    };
    for (name, full) in full {
        service[&name] = full;
    }
    service
}

/// Tells what the owner has set in the place of what would be told.
fn set(told: &mut Value, names: &[&str], own: &Map<String, Value>) {
    for name in names {
        if let Some(value) = own.get(*name).filter(|value| !value.is_null()) {
            told[*name] = value.clone();
        }
    }
}

/// All layers and tables of a service in full.
pub(crate) fn layers(item: &Item) -> Value {
    let (layers, tables) = parted(item);
    let full = |layers: Vec<&Arc<Layer>>| {
        layers
            .into_iter()
            .map(|found| layer(item, found))
            .collect::<Value>()
    };
    json!({ "layers": full(layers), "tables": full(tables) })
}

/// A layer or table.
pub(crate) fn layer(item: &Item, layer: &Layer) -> Value {
    let text = layer
        .fields()
        .iter()
        .find(|field| field.field_type == FieldType::String);
    let mut told = json!({
        "currentVersion": SERVER_VERSION,
        "id": layer.id,
        "name": layer.name(),
        "type": kind(layer),
        "serviceItemId": item.id,
        "description": item.description,
        "copyrightText": "",
        "defaultVisibility": true,
        "geometryType": layer.geometry_type(),
        "extent": layer.full_extent(),
        "drawingInfo": layer.geometry_type().map(drawing),
        "hasZ": false,
        "hasM": false,
        "hasAttachments": false,
        "htmlPopupType": "esriServerHTMLPopupTypeNone",
        "displayField": text.map_or(layer.id_field.as_str(), |field| field.name.as_str()),
        "objectIdField": layer.id_field,
        "uniqueIdField": { "name": layer.id_field, "isSystemMaintained": true },
        "globalIdField": "",
        "fields": fields(layer),
        "indexes": [],
        "types": [],
        "templates": [],
        "relationships": [],
        "maxRecordCount": MOST_RECORDS,
        "standardMaxRecordCount": MOST_RECORDS,
        "tileMaxRecordCount": MOST_RECORDS_TILE,
        "maxRecordCountFactor": 1,
        "supportedQueryFormats": FORMATS,
        "capabilities": CAPABILITIES,
        "allowGeometryUpdates": true,
        "supportsRollbackOnFailureParameter": true,
        "supportsApplyEditsWithGlobalIds": false,
        "supportsStatistics": true,
        "supportsAdvancedQueries": true,
        "supportsCoordinatesQuantization": true,
        "supportsReturningGeometryCentroid": true,
        "useStandardizedQueries": true,
        "advancedQueryCapabilities": advanced_capabilities(),
    });
    for operation in ["Append", "Calculate", "Truncate", "ValidateSql"] {
        told[format!("supports{operation}")] = true.into();
    }
    told["supportedAppendFormats"] = APPEND_FORMATS.into();
    let own = &layer.features.layer_definition.other;
    set(&mut told, &SET_OF_LAYER, own);
    let of_service = ["allowGeometryUpdates", "capabilities"];
    set(&mut told, &of_service, &item.definition);
    told
}

/// What queries can do beyond selecting features.
fn advanced_capabilities() -> Value {
    json!({
        "supportsPagination": true,
        "supportsStatistics": true,
        "supportsOrderBy": true,
        "supportsDistinct": true,
        "supportsReturningQueryExtent": true,
        "supportsMaxRecordCountFactor": true,
        "supportsCountDistinct": true,
        "supportsQueryWithDistance": false,
        "supportsQueryWithResultType": true,
        "supportsHavingClause": true,
        "supportsPercentileStatistics": true,
        "supportsSqlExpression": false,
        "supportsReturningGeometryCentroid": true,
    })
}

/// The fields, described as clients expect them.
pub(super) fn fields(layer: &Layer) -> Vec<Value> {
    let described = layer.fields().iter().map(|field| {
        let mut described = serde_json::to_value(field).unwrap_or_default();
        let is_id = field.name == layer.id_field;
        if is_id {
            described["type"] = "esriFieldTypeOID".into();
        }
        described["nullable"] = (!is_id).into();
        described["editable"] = (!is_id).into();
        for name in ["domain", "defaultValue"] {
            described[name] = field.other.get(name).cloned().unwrap_or_default();
        }
        described
    });
    described.collect()
}

/// The rectangle around all layers in longitude and latitude, as items have it.
pub(crate) fn item_extent(item: &Item) -> Value {
    let all = item.layers.iter().filter_map(|layer| {
        let extent = layer.full_extent()?;
        super::geometry::to_degrees(&extent)
    });
    let joined = all.reduce(|a, b| Extent {
        xmin: a.xmin.min(b.xmin),
        ymin: a.ymin.min(b.ymin),
        xmax: a.xmax.max(b.xmax),
        ymax: a.ymax.max(b.ymax),
        spatial_reference: a.spatial_reference,
    });
    match joined {
        Some(e) => json!([[e.xmin, e.ymin], [e.xmax, e.ymax]]),
        None => json!([]),
    }
}

/// The layers of an item, and its tables.
fn parted(item: &Item) -> (Vec<&Arc<Layer>>, Vec<&Arc<Layer>>) {
    let layers = item.layers.iter();
    layers.partition(|layer| layer.geometry_type().is_some())
}

fn kind(layer: &Layer) -> &'static str {
    match layer.geometry_type() {
        Some(_) => "Feature Layer",
        None => "Table",
    }
}

/// One plain symbol for every feature.
fn drawing(geometry_type: GeometryType) -> Value {
    let outline = json!({ "type": "esriSLS", "style": "esriSLSSolid", "color": [60, 60, 60, 255], "width": 1 });
    let symbol = match geometry_type {
        GeometryType::Polyline => outline,
        GeometryType::Polygon => {
            json!({ "type": "esriSFS", "style": "esriSFSSolid", "color": [76, 129, 205, 120], "outline": outline })
        }
        _ => {
            json!({ "type": "esriSMS", "style": "esriSMSCircle", "color": [76, 129, 205, 190], "size": 6, "outline": outline })
        }
    };
    json!({ "renderer": { "type": "simple", "symbol": symbol } })
}
