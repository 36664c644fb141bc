//! Features that do not travel with a call: layers of this service, and those of other servers that may be read.

use super::Surroundings;
use super::job::Job;
use crate::hosted::{Item, Layer};
use crate::reach::Reach;
use arcgis_analysis_types::meta::TaskMeta;
use arcgis_analysis_types::{FeatureInput, FeatureLayer, MessageType, Param};
use serde_json::Value;
use std::sync::Arc;

/// Puts the features of this service's own layers in the place of their URLs and items, and makes sure that every other
/// layer may be read; says whether there are such.
///
/// # Errors
/// A sentence, when a layer is not there for the owner of the job or may not be read.
pub(super) fn resolve(
    meta: &TaskMeta,
    params: &mut Value,
    with: &Surroundings,
    owner: &str,
) -> Result<bool, String> {
    let mut any_remote = false;
    each_elsewhere(meta, params, |name, input| {
        let refuse = |problem: String| format!("{}: `{name}` {problem}", meta.name);
        match find(input, with, owner).map_err(refuse)? {
            Some(layer) => *input = features(&layer, input)?,
            // Looked at once more when it is read, from the same value.
            None => {
                remote(input).map_err(refuse)?;
                any_remote = true;
            }
        }
        Ok(())
    })?;
    Ok(any_remote)
}

/// Reads the layers of other servers, and puts their features in the place of their URLs.
///
/// # Errors
/// A sentence, when one cannot be read.
pub(super) async fn fetch(
    meta: &TaskMeta,
    params: &mut Value,
    reach: &Reach,
    job: &Job,
) -> Result<(), String> {
    let mut found = Vec::new();
    each_elsewhere(meta, params, |name, input| {
        found.push((name, input));
        Ok(())
    })?;
    for (name, input) in found {
        let refuse = |problem: String| format!("{}: `{name}` {problem}", meta.name);
        let layer = remote(input).map_err(refuse)?;
        let read = reach.read(&layer).await;
        let read = read.map_err(|problem| format!("{}: `{name}`: {problem}", meta.name))?;
        let count = read.features().len();
        job.say(
            MessageType::Informative,
            format!("`{name}`: {count} features were read from {}.", layer.url),
        );
        *input = serde_json::to_value(&read).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A layer of another server.
fn remote(input: &Value) -> Result<FeatureLayer, String> {
    match FeatureInput::from_json(input.clone()) {
        Ok(FeatureInput::Layer(layer)) => Ok(layer),
        Ok(_) => Err("does not refer to a layer".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Looks at every feature input whose features do not travel with the call, with the name of its parameter.
fn each_elsewhere<'a>(
    meta: &TaskMeta,
    params: &'a mut Value,
    mut look: impl FnMut(&'static str, &'a mut Value) -> Result<(), String>,
) -> Result<(), String> {
    let Some(members) = params.as_object_mut() else {
        return Ok(());
    };
    for (name, value) in members {
        if let Some(param) = meta.params.iter().find(|param| param.name == name) {
            let inputs = param.feature_inputs(value).into_iter();
            for input in inputs.filter(|input| is_elsewhere(input)) {
                look(param.name, input)?;
            }
        }
    }
    Ok(())
}

/// Whether the features do not travel with the call: a URL, an item ID, or an object that holds either.
fn is_elsewhere(layer: &Value) -> bool {
    let has = |name| layer.get(name).is_some();
    layer.is_string() || (has("url") || has("itemId")) && !has("featureSet") && !has("features")
}

/// The layer of this service; `None` for one of another server that may be read.
fn find(input: &Value, with: &Surroundings, owner: &str) -> Result<Option<Arc<Layer>>, String> {
    let is_own = |item: &Arc<Item>| item.owner == owner;
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let written = input.as_str().or_else(|| text("url"));
    let (item, number) = match written {
        Some(url) if url.contains('/') => {
            let Some((name, number)) = with.own.hosted_layer(url) else {
                return with.reach.check(url).map(|()| None);
            };
            let item = with.hosted.service(&name).filter(is_own);
            (
                item.ok_or_else(|| format!("refers to the service {name:?}, which is not there"))?,
                number,
            )
        }
        other => {
            let id = other.or_else(|| text("itemId")).unwrap_or_default().trim();
            let number = input
                .get("layer")
                .and_then(Value::as_u64)
                .unwrap_or_default();
            let item = with.hosted.item(&id.to_lowercase()).filter(is_own);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            (
                item.ok_or_else(|| format!("refers to the item {id:?}, which is not there"))?,
                number,
            )
        }
    };
    item.layer(number).cloned().map(Some).ok_or_else(|| {
        format!(
            "refers to layer {number} of {:?}, which is not there",
            item.name
        )
    })
}

/// The layer as a call would send it, with the filter that was asked for.
fn features(layer: &Layer, input: &Value) -> Result<Value, String> {
    let mut features = serde_json::to_value(&layer.features).map_err(|error| error.to_string())?;
    if let Some(filter) = input.get("filter").and_then(Value::as_str) {
        features["filter"] = filter.into();
    }
    Ok(features)
}
