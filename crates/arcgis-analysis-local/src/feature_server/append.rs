//! Features of a file, an item or a text, appended to a layer. All of them are, or none.
//!
//! ArcGIS does this in the background, and clients ask how far it is; here it is done before the answer is given, and
//! whoever asks is told that it is.

use super::edit::check_allowed;
use super::query::{field, flag};
use crate::app::App;
use crate::call::{Call, Params};
use crate::content::{FileType, find as find_item, layers};
use crate::error::Fault;
use crate::hosted::{Edits, Item, Layer, now};
use arcgis_analysis_types::{AttributeValue, Attributes, Feature, FeatureCollection};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// How long it is known that something was done.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// How features are brought into the layer.
struct Plan {
    /// The fields of the layer that are set, each with the source's field.
    fields: Vec<(String, String)>,
    /// The field by which features are the same, where those that are there are updated.
    matching: Option<String>,
    inserts: bool,
    updates: bool,
    geometry: bool,
}

/// `append` of a layer.
///
/// # Errors
/// When the source cannot be read, one of its features does not fit, or something is asked for that is not offered.
pub(crate) fn append(
    app: &App,
    call: &Call,
    item: Arc<Item>,
    layer: Arc<Layer>,
) -> Result<Value, Fault> {
    let params = &call.params;
    for name in [
        "gdbVersion",
        "layerMappings",
        "attachmentMappings",
        "sourceFilter",
    ] {
        let is_empty = |text: &str| ["null", "{}", "[]"].contains(&text.trim());
        if params.get(name).is_some_and(|text| !is_empty(text)) {
            return Err(Fault::bad_request(format!(
                "`{name}` is not offered by the local service; leave it out."
            )));
        }
    }
    if flag(params, "useGlobalIds", false)? && params.get("upsertMatchingField").is_none() {
        return Err(Fault::bad_request(
            "`useGlobalIds` is not offered by the local service; name a field by `upsertMatchingField`.",
        ));
    }
    let source = source(app, call)?;
    let plan = plan(&layer, &source, params)?;
    let edits = plan.edits(&layer, &source)?;
    for (kind, edits) in [("Create", &edits.adds), ("Update", &edits.updates)] {
        if !edits.is_empty() {
            check_allowed(&item, kind)?;
        }
    }
    let count = edits.adds.len() + edits.updates.len();
    let told = json!({ "layerName": layer.name(), "recordCount": count });
    let (id, path, number) = (item.id.clone(), item.path(), layer.id);
    drop((item, layer));
    let edited = app.hosted.edit(&id, &[(number, edits)], true);
    let edited = edited.map_err(Fault::bad_request)?;
    let all = edited
        .iter()
        .flat_map(|edited| edited.adds.iter().chain(&edited.updates));
    let refused = (1_usize..).zip(all.filter_map(|edit| edit.refusal.as_ref()));
    if let Some((row, refusal)) = refused
        .into_iter()
        .find(|(_, refusal)| refusal.code != 1003)
    {
        return Err(Fault::bad_request(format!(
            "Nothing was appended: feature {row}: {}",
            refusal.problem
        )));
    }
    let url = finished(app, call, &path, told)?;
    Ok(json!({ "statusUrl": url }))
}

/// The URL, below the path of a service, that tells for a time that something is done.
pub(super) fn finished(
    app: &App,
    call: &Call,
    path: &str,
    mut told: Value,
) -> Result<String, Fault> {
    let user = call.require_user()?.to_owned();
    told["status"] = "Completed".into();
    told["submissionTime"] = now().into();
    told["lastUpdatedTime"] = now().into();
    let id = app.done.put((user, told), LIFE);
    let id = id.map_err(Fault::no_randomness)?;
    Ok(call.base.url(&format!("{path}/jobs/{id}")))
}

/// `jobs/{id}` of a service.
///
/// # Errors
/// When nothing is known of it any more.
pub(crate) fn status(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let user = call.require_user()?;
    let told = app.done.get(id).filter(|(owner, _)| owner == user);
    let told = told.map(|(_, told)| told);
    told.ok_or_else(|| Fault::not_found("There is no such job, or it ended long ago."))
}

/// The features that are to be appended.
fn source(app: &App, call: &Call) -> Result<FeatureCollection, Fault> {
    let params = &call.params;
    let get = |name| params.get(name).filter(|text| text.trim() != "null");
    let info = match get("appendSourceInfo") {
        None => Value::Null,
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Fault::bad_request(format!("`appendSourceInfo` is not valid JSON: {error}."))
        })?,
    };
    let named = get("appendUploadFormat");
    let (named, bytes) = match (get("edits"), get("appendItemId"), get("appendUploadId")) {
        (Some(text), None, None) => ("featureCollection".to_owned(), text.to_owned().into()),
        (None, Some(id), None) => {
            let item = find_item(app, call, id)?;
            let bytes = item
                .data
                .clone()
                .ok_or_else(|| Fault::bad_request(format!("The item {id} holds no file.")))?;
            (named.unwrap_or(&item.item_type).to_owned(), bytes)
        }
        (None, None, Some(_)) => {
            return Err(Fault::bad_request(
                "`appendUploadId` is not offered by the local service; add the file as an item, and name it by `appendItemId`.",
            ));
        }
        _ => {
            return Err(Fault::bad_request(
                "Give one of `edits` and `appendItemId`, and nothing beside it.",
            ));
        }
    };
    let file_type = FileType::of(&named).map_err(Fault::bad_request)?;
    let mut all = layers(file_type, &bytes, &info).map_err(Fault::bad_request)?;
    let wanted = get("sourceTableName");
    let is_wanted = |layer: &FeatureCollection| {
        let own = layer.layer_definition.name.as_deref().unwrap_or_default();
        wanted.is_some_and(|wanted| own.eq_ignore_ascii_case(wanted))
    };
    match (all.len(), all.iter().position(is_wanted)) {
        (_, Some(place)) => Ok(all.swap_remove(place)),
        (1, None) => Ok(all.swap_remove(0)),
        _ => Err(Fault::bad_request(
            "The source has several layers; name one by `sourceTableName`.",
        )),
    }
}

fn plan(layer: &Layer, source: &FeatureCollection, params: &Params) -> Result<Plan, Fault> {
    let list = |name: &str| -> Result<Option<Vec<Value>>, Fault> {
        let text = params.get(name).filter(|text| text.trim() != "null");
        let Some(text) = text else {
            return Ok(None);
        };
        let list = serde_json::from_str(text);
        list.map(Some)
            .map_err(|_| Fault::bad_request(format!("`{name}` must be a list of JSON.")))
    };
    let mut mapped = HashMap::new();
    for pair in list("fieldMappings")?.unwrap_or_default() {
        let part = |name: &str| pair[name].as_str().map(str::to_owned);
        let (Some(own), Some(theirs)) = (part("name"), part("sourceName").or(part("source")))
        else {
            return Err(Fault::bad_request(
                "`fieldMappings` must be a list such as [{\"name\": \"POP\", \"sourceName\": \"POP2010\"}].",
            ));
        };
        mapped.insert(field(layer, "fieldMappings", &own)?, theirs);
    }
    let only = list("appendFields")?;
    let only: Option<HashSet<String>> = match only {
        None => None,
        Some(list) => {
            let names = list
                .iter()
                .map(|name| field(layer, "appendFields", name.as_str().unwrap_or_default()));
            Some(names.collect::<Result<_, _>>()?)
        }
    };
    let is_upsert = flag(params, "upsert", false)?;
    let matching = match (is_upsert, params.get("upsertMatchingField")) {
        (false, _) => None,
        (true, None) => Some(layer.id_field.clone()),
        (true, Some(name)) => Some(field(layer, "upsertMatchingField", name)?),
    };
    let known = |name: &str| {
        let mut fields = source.fields().iter();
        let own = fields.find(|own| own.name.eq_ignore_ascii_case(name));
        own.map(|own| own.name.clone())
    };
    let mut fields = Vec::new();
    for own in layer.fields() {
        let is_matching = matching.as_ref() == Some(&own.name);
        if (own.name == layer.id_field && !is_matching)
            || only
                .as_ref()
                .is_some_and(|only| !only.contains(&own.name) && !is_matching)
        {
            continue;
        }
        let theirs = match mapped.get(&own.name) {
            Some(name) => Some(known(name).ok_or_else(|| {
                Fault::bad_request(format!(
                    "`fieldMappings` names the field {name:?}, which the source has not."
                ))
            })?),
            None => known(&own.name),
        };
        match theirs {
            Some(theirs) => fields.push((own.name.clone(), theirs)),
            None if is_matching => {
                return Err(Fault::bad_request(format!(
                    "The source has no field for {:?}, by which features are matched.",
                    own.name
                )));
            }
            None => {}
        }
    }
    Ok(Plan {
        fields,
        matching,
        inserts: !flag(params, "skipInserts", false)?,
        updates: !flag(params, "skipUpdates", false)?,
        geometry: flag(params, "updateGeometry", true)?,
    })
}

impl Plan {
    fn edits(&self, layer: &Layer, source: &FeatureCollection) -> Result<Edits, Fault> {
        let reference = json!(source.spatial_reference());
        let held = match &self.matching {
            Some(field) => numbers(layer, field)?,
            None => HashMap::new(),
        };
        let mut edits = Edits::default();
        let mut seen = HashSet::new();
        for feature in source.features() {
            let mut sent = self.sent(feature, layer, &reference);
            let own = self
                .matching
                .as_ref()
                .map(|field| sent["attributes"][field].clone());
            let own = own.filter(|own| !own.is_null()).map(|own| key(&own.into()));
            if let Some(own) = &own
                && !seen.insert(own.clone())
            {
                return Err(Fault::bad_request(format!(
                    "The source has two features of the value {own}, which would become one."
                )));
            }
            match own.and_then(|own| held.get(&own)) {
                Some(number) if self.updates => {
                    sent["attributes"][&layer.id_field] = (*number).into();
                    if !self.geometry
                        && let Some(sent) = sent.as_object_mut()
                    {
                        sent.shift_remove("geometry");
                    }
                    edits.updates.push(sent);
                }
                None if self.inserts => edits.adds.push(sent),
                _ => {}
            }
        }
        Ok(edits)
    }

    fn sent(&self, feature: &Feature, layer: &Layer, reference: &Value) -> Value {
        let fields = self.fields.iter();
        let attributes: Attributes = fields
            .map(|(own, theirs)| (own, feature.attributes[theirs].clone()))
            .collect();
        let mut sent = json!({ "attributes": attributes });
        if let Some(geometry) = &feature.geometry
            && layer.geometry_type().is_some()
        {
            sent["geometry"] = json!(geometry);
            if sent["geometry"].get("spatialReference").is_none() && !reference.is_null() {
                sent["geometry"]["spatialReference"] = reference.clone();
            }
        }
        sent
    }
}

/// The numbers of the features by their values of a field.
fn numbers(layer: &Layer, field: &str) -> Result<HashMap<String, i64>, Fault> {
    let mut numbers = HashMap::new();
    for (place, feature) in layer.features.features().iter().enumerate() {
        let value = feature
            .attributes
            .get(field)
            .filter(|value| !value.is_null());
        let (Some(value), Some(number)) = (value, layer.number(place)) else {
            continue;
        };
        if numbers.insert(key(value), number).is_some() {
            return Err(Fault::bad_request(format!(
                "Two features of the layer have the value {value} of {field:?}, by which none can be matched."
            )));
        }
    }
    Ok(numbers)
}

/// A value as a text that is the same for the same value: of numbers, whichever way they are written.
fn key(value: &AttributeValue) -> String {
    match value.as_f64() {
        Some(number) => number.to_string(),
        None => value.to_string(),
    }
}
