//! Where results go: into the answer, or into a hosted service where the call names one.

use super::job::{Content, Output};
use crate::gp::results;
use crate::hosted::{Filling, Hosted, Target};
use crate::jobs::backend::Computed;
use arcgis_analysis_engine::Output as Engine;
use arcgis_analysis_types::meta::{ParamType, TaskMeta};
use arcgis_analysis_types::{FeatureCollection, OutputName, Param};
use serde_json::Value;

/// Takes the name of the output out of a task's parameters, which the engine has no use for.
///
/// # Errors
/// A sentence, when it is no such name.
pub(super) fn target(meta: &TaskMeta, params: &mut Value) -> Result<Option<Target>, String> {
    let named = meta
        .params
        .iter()
        .find(|param| matches!(param.ty, ParamType::OutputName));
    let Some((param, members)) = named.zip(params.as_object_mut()) else {
        return Ok(None);
    };
    let Some(written) = members
        .shift_remove(param.name)
        .filter(|value| !value.is_null())
    else {
        return Ok(None);
    };
    let refuse = |problem: &str| format!("{}: `{}` {problem}", meta.name, param.name);
    let text = |group: &str, name: &str| {
        let text = written.get(group)?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let overwrite = written
        .get("itemProperties")
        .and_then(|group| group.get("overwrite"))
        .is_some_and(|value| value == true);
    let (item, folder) = (
        text("itemProperties", "itemId"),
        text("itemProperties", "folderId"),
    );
    let name = OutputName::from_json(written).map_err(|error| refuse(&error.to_string()))?;
    name.validate()
        .map_err(|error| refuse(&error.to_string()))?;
    match (item, name) {
        (Some(item), _) => Ok(Some(Target::Existing { item, overwrite })),
        (None, OutputName::New { name, .. } | OutputName::Existing { name, .. }) => {
            Ok(Some(Target::New { name, folder }))
        }
        (None, _) => Err(refuse(
            "names neither a service nor an item; give {\"serviceProperties\": {\"name\": \"Buffers\"}}",
        )),
    }
}

/// Writes every result of a task; one that was not computed is an empty text, as clients expect all to be there.
/// What goes into a hosted service is made ready, to be written with the end of the job.
///
/// # Errors
/// A sentence, when a result cannot be written.
pub(super) fn write(
    meta: &TaskMeta,
    computed: Computed,
    hosting: Option<(&Hosted, &Target, &str)>,
) -> Result<(Vec<Output>, Option<Filling>), String> {
    let unwritten =
        |error: serde_json::Error| format!("{}: the results cannot be written: {error}", meta.name);
    let Some((hosted, target, owner)) = hosting else {
        let outputs = results::write(meta, &computed).map_err(unwritten)?;
        return Ok((outputs, None));
    };
    let mut layers: Vec<(&'static str, FeatureCollection)> = Vec::new();
    let mut others: Computed = Vec::new();
    for (name, output) in computed {
        match output {
            Engine::Features(features) => {
                let mut features = *features;
                features
                    .layer_definition
                    .name
                    .get_or_insert_with(|| name.to_owned());
                layers.push((name, features));
            }
            other => others.push((name, other)),
        }
    }
    let mut outputs = results::write(meta, &others).map_err(unwritten)?;
    // Layers are numbered in the order in which the task lists its results.
    layers.sort_by_key(|(name, _)| meta.results.iter().position(|result| result.name == *name));
    let (names, layers): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
    let filling = hosted
        .fill(target, owner, layers)
        .map_err(|problem| format!("{}: the hosted layer was not written: {problem}", meta.name))?;
    for (layer, name) in (0..).zip(names) {
        if let Some(output) = outputs.iter_mut().find(|output| output.name == name) {
            output.content = Content::Layer {
                item: filling.item.id.clone(),
                path: filling.item.path(),
                layer,
            };
        }
    }
    Ok((outputs, Some(filling)))
}
