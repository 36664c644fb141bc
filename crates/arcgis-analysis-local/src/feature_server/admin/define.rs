//! Layers and fields as they are defined.

use super::Definition;
use crate::feature_server::description::SET_OF_LAYER;
use crate::hosted::{Item, Layer};
use arcgis_analysis_engine::ReferenceChange;
use arcgis_analysis_types::{
    FeatureCollection, FeatureSet, Field, FieldType, LayerDefinition, SpatialReference,
};
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many layers a service has at most, how many fields a layer, and how long a name may be.
const MOST_LAYERS: usize = 100;
pub(super) const MOST_FIELDS: usize = 1000;
const LONGEST: usize = 128;
/// The length of a text where none is given.
const TEXT_LENGTH: u32 = 256;

/// A layer without features.
pub(super) fn new_layer(item: &Item, wanted: &Definition) -> Result<Layer, String> {
    for key in [
        "hasAttachments",
        "hasM",
        "hasZ",
        "relationships",
        "syncEnabled",
    ] {
        if wanted.get(key).is_some_and(asks) {
            return Err(format!(
                "{key:?} is not offered by the local service; leave it out."
            ));
        }
    }
    let given = wanted.get("id").and_then(Value::as_u64);
    let given = given.and_then(|id| u32::try_from(id).ok());
    let is_free = |id: &u32| item.layer(*id).is_none();
    let id = match given.filter(is_free) {
        Some(id) => id,
        None => (0..).find(is_free).unwrap_or_default(),
    };
    if item.layers.len() >= MOST_LAYERS {
        return Err(format!("A service has {MOST_LAYERS} layers at most."));
    }
    let name = layer_name(wanted.get("name").unwrap_or(&Value::Null))?;
    let geometry_type = match wanted.get("geometryType") {
        None | Some(Value::Null) => None,
        Some(value) => Some(serde_json::from_value(value.clone()).map_err(|_| {
            format!("The layer {name:?} has the geometry type {value}, which is not offered.")
        })?),
    };
    let mut fields = Vec::new();
    for wanted in list_of(wanted, "fields")? {
        let is_shape = wanted.get("type") == Some(&json!("esriFieldTypeGeometry"));
        if !is_shape {
            fields.push(new_field_or_id(wanted)?);
        }
    }
    let named = wanted.get("objectIdField").and_then(Value::as_str);
    let own = fields.iter().find(|field| {
        field.field_type == FieldType::Oid
            || named.is_some_and(|n| field.name.eq_ignore_ascii_case(n))
    });
    let id_field = own.map_or("OBJECTID".to_owned(), |field| field.name.clone());
    fields.retain(|field| field.name != id_field && field.field_type != FieldType::Oid);
    fields.insert(0, Field::new(id_field.clone(), FieldType::Oid));
    let names: HashSet<_> = fields.iter().map(|f| f.name.to_lowercase()).collect();
    if names.len() < fields.len() || fields.len() > MOST_FIELDS {
        return Err(format!(
            "The layer {name:?} has two fields of one name, or more than {MOST_FIELDS}."
        ));
    }
    let reference = match geometry_type {
        None => None,
        Some(_) => Some(reference_of(item, wanted)?),
    };
    let other = wanted
        .iter()
        .filter(|(key, _)| SET_OF_LAYER.contains(&key.as_str()));
    let features = FeatureCollection {
        layer_definition: LayerDefinition {
            name: Some(name),
            geometry_type,
            object_id_field: Some(id_field),
            fields,
            other: other
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        },
        feature_set: FeatureSet {
            geometry_type,
            spatial_reference: reference,
            ..FeatureSet::default()
        },
        filter: None,
    };
    Ok(Layer::new(id, features))
}

/// The spatial reference of a new layer: its own, that of its service, or else longitude and latitude.
fn reference_of(item: &Item, wanted: &Definition) -> Result<SpatialReference, String> {
    let own = wanted
        .get("extent")
        .and_then(|extent| extent.get("spatialReference"));
    let own = own
        .filter(|own| own.is_object())
        .or_else(|| wanted.get("spatialReference"));
    let own = own
        .filter(|own| own.is_object())
        .or_else(|| item.definition.get("spatialReference"));
    let Some(own) = own else {
        let first = item
            .layers
            .iter()
            .find(|layer| layer.geometry_type().is_some());
        return Ok(first.map_or(SpatialReference::WGS84, |layer| layer.reference()));
    };
    let unread =
        |error: String| format!("The spatial reference of the layer cannot be used: {error}.");
    let own: SpatialReference =
        serde_json::from_value(own.clone()).map_err(|error| unread(error.to_string()))?;
    ReferenceChange::between(&own, &own).map_err(|error| unread(error.to_string()))?;
    Ok(own)
}

pub(super) fn layer_name(name: &Value) -> Result<String, String> {
    let name = name.as_str().map(str::trim).unwrap_or_default();
    match !name.is_empty() && name.chars().count() <= LONGEST {
        true => Ok(name.to_owned()),
        false => Err(format!(
            "A layer must have a name of at most {LONGEST} characters."
        )),
    }
}

pub(super) fn new_field(wanted: &Definition) -> Result<Field, String> {
    let field = new_field_or_id(wanted)?;
    match field.field_type {
        FieldType::Oid => Err(format!(
            "The field {:?} would number the features, which another does already.",
            field.name
        )),
        _ => Ok(field),
    }
}

fn new_field_or_id(wanted: &Definition) -> Result<Field, String> {
    let mut field: Field = serde_json::from_value(Value::Object(wanted.clone()))
        .map_err(|error| format!("A field cannot be read: {error}."))?;
    let is_odd = |c: char| c.is_control() || matches!(c, '"' | '\'' | ',' | '`');
    if field.name.trim().is_empty()
        || field.name.chars().count() > LONGEST
        || field.name.contains(is_odd)
    {
        return Err(format!(
            "{:?} is no name for a field; use letters, digits and underscores, at most {LONGEST}.",
            field.name
        ));
    }
    match &field.field_type {
        FieldType::Unknown(other) => Err(format!(
            "The field {:?} is of the type {other:?}, which the local service does not keep.",
            field.name
        )),
        FieldType::String => {
            field.length = Some(
                field
                    .length
                    .filter(|length| *length > 0)
                    .unwrap_or(TEXT_LENGTH),
            );
            Ok(field)
        }
        _ => Ok(field),
    }
}

/// Whether a value asks for anything.
pub(super) fn asks(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(asks),
        Value::Object(members) => members.values().any(asks),
        _ => true,
    }
}

/// A list of objects; nothing where there is none.
pub(super) fn list_of<'a>(
    definition: &'a Definition,
    name: &str,
) -> Result<Vec<&'a Definition>, String> {
    let list = match definition.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array(),
    };
    let refuse = || format!("{name:?} must be a list of objects.");
    let list = list.ok_or_else(refuse)?.iter();
    list.map(|member| member.as_object().ok_or_else(refuse))
        .collect()
}
