//! Definitions of services and of their layers: what is added to them, changed and taken away, by whoever they belong to.

mod define;

use super::append::finished;
use super::description::{self, SET_OF_LAYER, SET_OF_SERVICE};
use super::edit::missing;
use super::query::flag;
use crate::app::App;
use crate::call::{Call, Params};
use crate::error::Fault;
use crate::hosted::{Item, Layer};
use arcgis_analysis_types::{FeatureCollection, Field, FieldType};
use define::{MOST_FIELDS, asks, layer_name, list_of, new_field, new_layer};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a service's capabilities may hold.
const CAPABILITIES: [&str; 6] = ["Create", "Delete", "Query", "Update", "Editing", "Append"];

type Definition = Map<String, Value>;

/// `addToDefinition` of a service: layers and tables.
///
/// # Errors
/// When one cannot be made.
pub(crate) fn add_to_service(app: &App, item: &Item, params: &Params) -> Result<Value, Fault> {
    let added = definition(params, "addToDefinition")?;
    if let Some(other) = added
        .keys()
        .find(|key| !["layers", "tables"].contains(&key.as_str()))
    {
        return Err(Fault::bad_request(format!(
            "{other:?} cannot be added to a service; offered are layers and tables."
        )));
    }
    let mut told: [Vec<Value>; 2] = Default::default();
    let changed = app.hosted.change(&item.id, |item| {
        for (list, told) in ["layers", "tables"].into_iter().zip(&mut told) {
            for wanted in list_of(&added, list)? {
                let layer = new_layer(item, wanted)?;
                told.push(json!({ "id": layer.id, "name": layer.name() }));
                item.layers.push(Arc::new(layer));
                item.layers.sort_by_key(|layer| layer.id);
            }
        }
        Ok(())
    });
    changed.map_err(Fault::bad_request)?;
    let [layers, tables] = told;
    Ok(json!({ "success": true, "layers": layers, "tables": tables }))
}

/// `updateDefinition` of a service.
///
/// # Errors
/// When something is to be changed that cannot be.
pub(crate) fn update_service(app: &App, item: &Item, params: &Params) -> Result<Value, Fault> {
    let mut wanted = definition(params, "updateDefinition")?;
    if let Some(words) = wanted.get("capabilities").and_then(Value::as_str) {
        let mut words = words.split(',').map(str::trim);
        let is_other = |word: &&str| {
            !CAPABILITIES
                .iter()
                .any(|own| own.eq_ignore_ascii_case(word))
        };
        if let Some(other) = words.find(is_other) {
            return Err(Fault::bad_request(format!(
                "`capabilities` names {other:?}; offered are {}.",
                CAPABILITIES.join(", ")
            )));
        }
    }
    let changed = app.hosted.change(&item.id, |item| {
        for list in ["layers", "tables"] {
            for wanted in list_of(&wanted, list)? {
                let place = place_of(item, wanted)?;
                let updated = updated(item, &item.layers[place].clone(), wanted)?;
                item.layers[place] = Arc::new(updated);
            }
            wanted.shift_remove(list);
        }
        let told = description::service(item);
        let set = settings(&wanted, &SET_OF_SERVICE, &told)?;
        item.definition.extend(set);
        Ok(())
    });
    changed.map_err(Fault::bad_request)?;
    Ok(json!({ "success": true }))
}

/// `deleteFromDefinition` of a service: layers and tables with their features.
///
/// # Errors
/// When one is not there.
pub(crate) fn delete_from_service(app: &App, item: &Item, params: &Params) -> Result<Value, Fault> {
    let gone = definition(params, "deleteFromDefinition")?;
    let changed = app.hosted.change(&item.id, |item| {
        for list in ["layers", "tables"] {
            for wanted in list_of(&gone, list)? {
                let place = place_of(item, wanted)?;
                let layer = item.layers.remove(place);
                item.forget(layer.id);
            }
        }
        Ok(())
    });
    changed.map_err(Fault::bad_request)?;
    Ok(json!({ "success": true }))
}

/// `addToDefinition` of a layer: fields.
///
/// # Errors
/// When one cannot be added.
pub(crate) fn add_to_layer(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let added = definition(params, "addToDefinition")?;
    let mut told = Vec::new();
    change_layer(app, &item, layer, |item, layer| {
        let mut fields = layer.fields().to_vec();
        for wanted in list_of(&added, "fields")? {
            let field = new_field(wanted)?;
            if layer.field(&field.name).is_some()
                || fields
                    .iter()
                    .any(|own| own.name.eq_ignore_ascii_case(&field.name))
            {
                return Err(format!("The layer has a field {:?} already.", field.name));
            }
            told.push(json!({ "name": field.name }));
            fields.push(field);
        }
        if fields.len() > MOST_FIELDS {
            return Err(format!("A layer has {MOST_FIELDS} fields at most."));
        }
        let mut rest = added.clone();
        rest.shift_remove("fields");
        settings(&rest, &[], &description::layer(item, layer))?;
        Ok(layer.with(|features| set_fields(features, fields)))
    })?;
    Ok(json!({ "success": true, "fields": told }))
}

/// `updateDefinition` of a layer.
///
/// # Errors
/// When something is to be changed that cannot be.
pub(crate) fn update_layer(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let wanted = definition(params, "updateDefinition")?;
    change_layer(app, &item, layer, |item, layer| {
        updated(item, layer, &wanted)
    })?;
    Ok(json!({ "success": true }))
}

/// `deleteFromDefinition` of a layer: fields with their values.
///
/// # Errors
/// When one is not there or is needed.
pub(crate) fn delete_from_layer(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let gone = definition(params, "deleteFromDefinition")?;
    change_layer(app, &item, layer, |item, layer| {
        let mut names = Vec::new();
        for wanted in list_of(&gone, "fields")? {
            let name = wanted
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let field = layer.field(name);
            let field = field.ok_or_else(|| format!("The layer has no field {name:?}."))?;
            if field.name == layer.id_field {
                return Err(format!(
                    "The field {name:?} numbers the features and cannot be deleted."
                ));
            }
            names.push(field.name.clone());
        }
        let mut rest = gone.clone();
        rest.shift_remove("fields");
        settings(&rest, &[], &description::layer(item, layer))?;
        let mut fields = layer.fields().to_vec();
        fields.retain(|field| !names.contains(&field.name));
        Ok(layer.with(|features| {
            set_fields(features, fields);
            for feature in &mut features.feature_set.features {
                feature
                    .attributes
                    .retain(|name, _| !names.iter().any(|gone| gone == name));
            }
        }))
    })?;
    Ok(json!({ "success": true }))
}

/// `truncate` of a layer: no feature stays.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn truncate(app: &App, call: &Call, item: &Item, layer: u32) -> Result<Value, Fault> {
    // There are no attachments.
    if !flag(&call.params, "attachmentOnly", false)? {
        change_layer(app, item, layer, |_, layer| {
            Ok(layer.with(|features| features.feature_set.features.clear()))
        })?;
    }
    match flag(&call.params, "async", false)? {
        false => Ok(json!({ "success": true })),
        true => {
            let url = finished(app, call, &item.path(), json!({}))?;
            Ok(json!({ "statusURL": url }))
        }
    }
}

/// `refresh` of a service, which is always fresh.
///
/// # Errors
/// Never.
pub(crate) fn refresh(_: &App, _: &Item, _: &Params) -> Result<Value, Fault> {
    Ok(json!({ "success": true }))
}

/// `refresh` of a layer.
///
/// # Errors
/// Never.
pub(crate) fn refresh_layer(_: &App, _: Arc<Item>, _: u32, _: &Params) -> Result<Value, Fault> {
    Ok(json!({ "success": true }))
}

/// `queryRelatedRecords` of a layer.
///
/// # Errors
/// Always: hosted layers have no relationships.
pub(crate) fn no_relationships(_: &App, _: Arc<Item>, _: u32, _: &Params) -> Result<Value, Fault> {
    Err(Fault::bad_request(
        "The layers of the local service have no relationships; join them by a task, or query each.",
    ))
}

/// Changes a layer in a copy. Numbers that it gave to features are not given again.
fn change_layer(
    app: &App,
    item: &Item,
    layer: u32,
    change: impl FnOnce(&Item, &Layer) -> Result<Layer, String>,
) -> Result<(), Fault> {
    let changed = app.hosted.change(&item.id, |item| {
        let place = item.layers.iter().position(|own| own.id == layer);
        let place = place.ok_or_else(|| format!("{} has no layer {layer}.", item.name))?;
        let own = Arc::clone(&item.layers[place]);
        item.remember(&own);
        item.layers[place] = Arc::new(change(item, &own)?);
        Ok(())
    });
    changed.map(|_| ()).map_err(Fault::bad_request)
}

/// A layer whose definition is changed.
fn updated(item: &Item, layer: &Layer, wanted: &Definition) -> Result<Layer, String> {
    let mut rest = wanted.clone();
    let told = description::layer(item, layer);
    let name = match rest.shift_remove("name") {
        Some(name) => Some(layer_name(&name)?),
        None => None,
    };
    let mut fields = layer.fields().to_vec();
    for wanted in list_of(wanted, "fields")? {
        let named = wanted
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let own = fields
            .iter_mut()
            .find(|own| own.name.eq_ignore_ascii_case(named));
        let own = own.ok_or_else(|| format!("The layer has no field {named:?}."))?;
        update_field(own, wanted)?;
    }
    rest.shift_remove("fields");
    let set = settings(&rest, &SET_OF_LAYER, &told)?;
    Ok(layer.with(|features| {
        set_fields(features, fields);
        let definition = &mut features.layer_definition;
        definition.name = name.or(definition.name.take());
        definition.other.extend(set);
    }))
}

fn update_field(own: &mut Field, wanted: &Definition) -> Result<(), String> {
    for (key, value) in wanted {
        match key.as_str() {
            "name" => {}
            "alias" => own.alias = value.as_str().map(str::to_owned),
            "type" => {
                let same = serde_json::from_value(value.clone())
                    .is_ok_and(|t: FieldType| t == own.field_type);
                if !same {
                    return Err(format!(
                        "The type of the field {:?} cannot be changed; add another field and calculate it.",
                        own.name
                    ));
                }
            }
            "length" => {
                let length = value.as_u64().and_then(|length| u32::try_from(length).ok());
                let is_shorter = length.is_some_and(|length| Some(length) < own.length);
                if own.field_type == FieldType::String && is_shorter {
                    return Err(format!("The field {:?} cannot be made shorter.", own.name));
                }
                own.length = length.or(own.length);
            }
            _ => drop(own.other.insert(key.clone(), value.clone())),
        }
    }
    Ok(())
}

/// The settings among what is wanted that are kept to be told.
///
/// Clients send back what they were told; what is the same, or asks for nothing, is let pass.
fn settings(wanted: &Definition, kept: &[&str], told: &Value) -> Result<Definition, String> {
    let mut set = Definition::new();
    for (key, value) in wanted {
        if kept.contains(&key.as_str()) {
            set.insert(key.clone(), value.clone());
        } else if told.get(key) != Some(value) && asks(value) {
            return Err(format!(
                "{key:?} cannot be set in the local service; leave it out."
            ));
        }
    }
    Ok(set)
}

fn set_fields(features: &mut FeatureCollection, fields: Vec<Field>) {
    features.feature_set.fields.clone_from(&fields);
    features.layer_definition.fields = fields;
}

/// The place of the layer that a member of a list names by its number.
fn place_of(item: &Item, wanted: &Definition) -> Result<usize, String> {
    let id = wanted.get("id").unwrap_or(&Value::Null);
    // Both are written in ArcGIS's own examples.
    let number = id.as_u64().or_else(|| id.as_str()?.trim().parse().ok());
    let place = item
        .layers
        .iter()
        .position(|layer| Some(u64::from(layer.id)) == number);
    place.ok_or_else(|| format!("{} has no layer {id}.", item.name))
}

/// The object that a definition comes as.
fn definition(params: &Params, name: &str) -> Result<Definition, Fault> {
    let text = params.get(name).ok_or_else(|| missing(name))?;
    serde_json::from_str(text)
        .map_err(|error| Fault::bad_request(format!("`{name}` is no object of JSON: {error}.")))
}
