//! Features that do not travel with a call: layers of this service are read, others are refused.

use crate::hosted::{Hosted, Layer};
use crate::hosts::Own;
use arcgis_analysis_types::meta::TaskMeta;
use serde_json::Value;
use std::sync::Arc;

/// Puts the features of this service's own layers in the place of their URLs and items.
///
/// # Errors
/// A sentence, when a layer is elsewhere or is not there.
pub(super) fn resolve(
    meta: &TaskMeta,
    params: &mut Value,
    hosted: &Hosted,
    own: &Own,
) -> Result<(), String> {
    for param in meta.params {
        if let Some(value) = params.get_mut(param.name) {
            let inputs = param.feature_inputs(value).into_iter();
            for input in inputs.filter(|input| is_elsewhere(input)) {
                let layer = find(input, hosted, own)
                    .map_err(|problem| format!("{}: `{}` {problem}", meta.name, param.name))?;
                *input = features(&layer, input)?;
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

fn find(input: &Value, hosted: &Hosted, own: &Own) -> Result<Arc<Layer>, String> {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let written = input.as_str().or_else(|| text("url"));
    let (item, number) = match written {
        Some(url) if url.contains('/') => {
            let Some((name, number)) = own.hosted_layer(url) else {
                return Err(ELSEWHERE.to_owned());
            };
            let item = hosted.service(&name);
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
            let item = hosted.item(&id.to_lowercase());
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            (
                item.ok_or_else(|| format!("refers to the item {id:?}, which is not there"))?,
                number,
            )
        }
    };
    item.layer(number).cloned().ok_or_else(|| {
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

const ELSEWHERE: &str = "refers to a layer elsewhere, which the local service does not read; send the features themselves, as {\"layerDefinition\", \"featureSet\"}, or a layer that this service hosts";
