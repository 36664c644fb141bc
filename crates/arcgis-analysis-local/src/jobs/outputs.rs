//! Where results go: into the answer, into a hosted service where the call names one, or into an item where they are files.

use super::job::{Content, Output};
use crate::gp::results;
use crate::hosted::{self, File, Filling, Hosted, Target};
use crate::jobs::backend::Computed;
use arcgis_analysis_engine::{DataFile, Output as Engine};
use arcgis_analysis_types::meta::{ParamType, TaskMeta};
use arcgis_analysis_types::{FeatureCollection, ItemOutputName, OutputName, Param};
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

/// How the file that a task makes is told of.
///
/// # Errors
/// A sentence, when it is no such description, or asks for what is not offered.
pub(super) fn card(meta: &TaskMeta, params: &Value) -> Result<ItemOutputName, String> {
    let mut named = meta.params.iter();
    let param = named.find(|param| matches!(param.ty, ParamType::ItemOutputName));
    let written = param.and_then(|param| Some((param, params.get(param.name)?)));
    let Some((param, written)) = written.filter(|(_, written)| !written.is_null()) else {
        return Ok(ItemOutputName::default());
    };
    let refuse = |problem: &str| format!("{}: `{}` {problem}", meta.name, param.name);
    let card =
        ItemOutputName::from_json(written.clone()).map_err(|error| refuse(&error.to_string()))?;
    if card.item_properties.contains_key("itemId")
        || card.item_properties.get("overwrite") == Some(&Value::Bool(true))
    {
        return Err(refuse(
            "names an item that is there already, and files are not overwritten; leave `itemId` and `overwrite` out",
        ));
    }
    Ok(card)
}

/// Where results go that are no part of the answer.
pub(super) struct Destination<'a> {
    pub(super) hosted: &'a Hosted,
    /// Whose they are.
    pub(super) owner: &'a str,
    /// The service for layers, which are part of the answer where there is none.
    pub(super) target: Option<Target>,
    /// How a file is told of.
    pub(super) card: ItemOutputName,
}

/// Writes every result of a task; one that was not computed is an empty text, as clients expect all to be there.
/// What becomes an item of the portal is made ready, to be written with the end of the job.
///
/// # Errors
/// A sentence, when a result cannot be written.
pub(super) fn write(
    meta: &TaskMeta,
    computed: Computed,
    to: &Destination,
) -> Result<(Vec<Output>, Vec<Filling>), String> {
    let mut layers: Vec<(&'static str, FeatureCollection)> = Vec::new();
    let mut files: Vec<(&'static str, DataFile)> = Vec::new();
    let mut others: Computed = Vec::new();
    for (name, output) in computed {
        match output {
            Engine::Features(features) if to.target.is_some() => {
                let mut features = *features;
                features
                    .layer_definition
                    .name
                    .get_or_insert_with(|| name.to_owned());
                layers.push((name, features));
            }
            Engine::File(file) => files.push((name, *file)),
            other => others.push((name, other)),
        }
    }
    let mut outputs = results::write(meta, &others)
        .map_err(|error| format!("{}: the results cannot be written: {error}", meta.name))?;
    let mut put = |name: &str, content: Content| {
        if let Some(output) = outputs.iter_mut().find(|output| output.name == name) {
            output.content = content;
        }
    };
    let mut fillings = Vec::new();
    if let Some(target) = &to.target {
        // Layers are numbered in the order in which the task lists its results.
        layers.sort_by_key(|(name, _)| meta.results.iter().position(|result| result.name == *name));
        let (names, layers): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
        let filling = to
            .hosted
            .fill(target, to.owner, layers)
            .map_err(|problem| {
                format!("{}: the hosted layer was not written: {problem}", meta.name)
            })?;
        for (layer, name) in (0..).zip(names) {
            let (item, path) = (filling.item.id.clone(), filling.item.path());
            put(name, Content::Layer { item, path, layer });
        }
        fillings.push(filling);
    }
    for (name, file) in files {
        let filling = to
            .hosted
            .file(to.owner, described(&to.card, file))
            .map_err(|problem| format!("{}: the file was not written: {problem}", meta.name))?;
        put(name, Content::Item(filling.item.id.clone()));
        fillings.push(filling);
    }
    Ok((outputs, fillings))
}

/// A file that a task made, told of as the call asks for.
fn described(card: &ItemOutputName, file: DataFile) -> File {
    let stem = file.name.rsplit_once('.');
    let stem = stem.map_or(file.name.as_str(), |(stem, _)| stem);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    File {
        title: card.title.clone().unwrap_or_else(|| stem.to_owned()),
        item_type: file.item_type.to_owned(),
        media_type: file.media_type.to_owned(),
        description: text(&card.description),
        snippet: text(&card.snippet),
        tags: hosted::tags(&text(&card.tags)),
        folder: card.folder_id.clone().filter(|folder| !folder.is_empty()),
        name: file.name,
        data: file.bytes.into(),
        ..File::default()
    }
}
