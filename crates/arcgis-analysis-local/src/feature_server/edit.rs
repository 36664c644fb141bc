//! Changes of features: `addFeatures`, `updateFeatures`, `deleteFeatures`, and `applyEdits` of a layer or of a service.

use super::query::{Query, flag, numbers};
use super::{find_layer, select};
use crate::app::App;
use crate::call::Params;
use crate::error::Fault;
use crate::hosted::{Edit, Edited, Edits, Item, now};
use serde_json::{Value, json};
use std::sync::Arc;

/// Parameters that would change what is done and are not offered, and how to do without each.
const REFUSED: [(&str, &str); 3] = [
    ("gdbVersion", "leave it out"),
    ("attachments", "hosted layers have none"),
    (
        "datumTransformation",
        "send geometries in the layer's own spatial reference",
    ),
];

/// `addFeatures` of a layer.
///
/// # Errors
/// When the features cannot be read, or something is asked for that is not offered.
pub(crate) fn add(app: &App, item: Arc<Item>, layer: u32, params: &Params) -> Result<Value, Fault> {
    let edits = Edits {
        adds: features(params, "features")?.ok_or_else(|| missing("features"))?,
        ..Edits::default()
    };
    let edited = edit_one(app, item, layer, edits, params)?;
    Ok(json!({ "addResults": results(&edited.adds) }))
}

/// `updateFeatures` of a layer.
///
/// # Errors
/// As of [`add`].
pub(crate) fn update(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let edits = Edits {
        updates: features(params, "features")?.ok_or_else(|| missing("features"))?,
        ..Edits::default()
    };
    let edited = edit_one(app, item, layer, edits, params)?;
    Ok(json!({ "updateResults": results(&edited.updates) }))
}

/// `deleteFeatures` of a layer: those of some numbers, of a where clause, or at a place.
///
/// # Errors
/// When none of these is given, or something is asked for that is not offered.
pub(crate) fn delete(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let told = flag(params, "returnDeleteResults", true)?;
    let asks = |name| params.get(name).is_some();
    let deletes = match (params.get("objectIds"), asks("where") || asks("geometry")) {
        (None, false) => {
            return Err(Fault::bad_request(
                "Say which features with `objectIds`, `where` or `geometry`; `where=1=1` means all.",
            ));
        }
        // Numbers alone are told of each, though there is no such feature.
        (Some(text), false) => numbers("objectIds", text)?,
        (_, true) => {
            let layer = find_layer(&item, &layer.to_string())?;
            let places = select::select(&layer, &Query::read(&layer, params)?)?;
            let numbers = places.into_iter().filter_map(|place| layer.number(place));
            numbers.collect()
        }
    };
    let edits = Edits {
        deletes,
        ..Edits::default()
    };
    let edited = edit_one(app, item, layer, edits, params)?;
    Ok(match told {
        true => json!({ "deleteResults": results(&edited.deletes) }),
        false => json!({ "success": edited.deletes.iter().all(|edit| edit.refusal.is_none()) }),
    })
}

/// `applyEdits` of a layer.
///
/// # Errors
/// When the changes cannot be read, or something is asked for that is not offered.
pub(crate) fn apply(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    let edits = Edits {
        adds: features(params, "adds")?.unwrap_or_default(),
        updates: features(params, "updates")?.unwrap_or_default(),
        deletes: match params.get("deletes") {
            Some(text) => numbers("deletes", text)?,
            None => Vec::new(),
        },
    };
    let edited = edit_one(app, item, layer, edits, params)?;
    let mut answer = all_results(&edited);
    add_moment(&mut answer, params)?;
    Ok(answer)
}

/// `applyEdits` of a service: of several layers at once.
///
/// # Errors
/// As of [`apply`].
pub(crate) fn apply_to_layers(app: &App, item: Arc<Item>, params: &Params) -> Result<Value, Fault> {
    let refuse = || {
        Fault::bad_request(
            "`edits` must be a list such as [{\"id\": 0, \"adds\": [], \"updates\": [], \"deletes\": []}].",
        )
    };
    let sent = params.get("edits").ok_or_else(|| missing("edits"))?;
    let sent: Vec<Value> = serde_json::from_str(sent).map_err(|_| refuse())?;
    let mut edits = Vec::new();
    for mut layer in sent {
        let number = layer["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let mut list = |name: &str| match layer[name].take() {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => Ok(list),
            _ => Err(refuse()),
        };
        let (adds, updates) = (list("adds")?, list("updates")?);
        let deletes = match layer["deletes"].take() {
            Value::Null => Vec::new(),
            Value::String(text) => numbers("deletes", &text)?,
            other => numbers("deletes", &other.to_string())?,
        };
        let own = Edits {
            adds,
            updates,
            deletes,
        };
        edits.push((number.ok_or_else(refuse)?, own));
    }
    let edited = edit(app, item, &edits, params)?;
    let all = edits.iter().zip(&edited).map(|((number, _), edited)| {
        let mut answer = all_results(edited);
        answer["id"] = (*number).into();
        add_moment(&mut answer, params)?;
        Ok(answer)
    });
    all.collect()
}

fn edit_one(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    edits: Edits,
    params: &Params,
) -> Result<Edited, Fault> {
    let mut edited = edit(app, item, &[(layer, edits)], params)?;
    edited
        .pop()
        .ok_or_else(|| Fault::internal("the changes were answered by nothing"))
}

/// Makes changes. The item is given away for them: a layer that nobody else looks at is changed in its place.
fn edit(
    app: &App,
    item: Arc<Item>,
    edits: &[(u32, Edits)],
    params: &Params,
) -> Result<Vec<Edited>, Fault> {
    for (name, instead) in REFUSED {
        let is_empty = |text: &str| ["null", "{}", "[]"].contains(&text.trim());
        if params.get(name).is_some_and(|text| !is_empty(text)) {
            return Err(Fault::bad_request(format!(
                "`{name}` is not offered by the local service; {instead}."
            )));
        }
    }
    if flag(params, "useGlobalIds", false)? {
        return Err(Fault::bad_request(
            "`useGlobalIds` is not offered by the local service, whose features have no global IDs; name them by their object IDs.",
        ));
    }
    if flag(params, "async", false)? {
        return Err(Fault::bad_request(
            "`async` is not offered by the local service; leave it out, and the answer tells what was done.",
        ));
    }
    let asked = |kind: &str| {
        edits.iter().any(|(_, edits)| match kind {
            "Create" => !edits.adds.is_empty(),
            "Update" => !edits.updates.is_empty(),
            _ => !edits.deletes.is_empty(),
        })
    };
    for kind in ["Create", "Update", "Delete"] {
        if asked(kind) {
            check_allowed(&item, kind)?;
        }
    }
    let all_or_nothing = flag(params, "rollbackOnFailure", true)?;
    let id = item.id.clone();
    drop(item);
    app.hosted
        .edit(&id, edits, all_or_nothing)
        .map_err(Fault::bad_request)
}

/// Makes sure that the service's capabilities, which its owner can set, hold one.
pub(super) fn check_allowed(item: &Item, kind: &str) -> Result<(), Fault> {
    match item.allows(kind) {
        true => Ok(()),
        false => Err(Fault::bad_request(format!(
            "The service {} does not allow this; add {kind} to its `capabilities` by updateDefinition.",
            item.name
        ))),
    }
}

fn all_results(edited: &Edited) -> Value {
    json!({
        "addResults": results(&edited.adds),
        "updateResults": results(&edited.updates),
        "deleteResults": results(&edited.deletes),
    })
}

fn add_moment(answer: &mut Value, params: &Params) -> Result<(), Fault> {
    if flag(params, "returnEditMoment", false)? {
        answer["editMoment"] = now().into();
    }
    Ok(())
}

fn results(edits: &[Edit]) -> Value {
    let results = edits.iter().map(|edit| match &edit.refusal {
        None => json!({
            "objectId": edit.number,
            "uniqueId": edit.number,
            "globalId": null,
            "success": true,
        }),
        Some(refusal) => json!({
            "objectId": edit.number.unwrap_or(-1),
            "globalId": null,
            "success": false,
            "error": { "code": refusal.code, "description": refusal.problem },
        }),
    });
    results.collect()
}

/// Features as they came: a list, or one.
fn features(params: &Params, name: &str) -> Result<Option<Vec<Value>>, Fault> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    match serde_json::from_str(text) {
        Ok(Value::Array(features)) => Ok(Some(features)),
        Ok(feature @ Value::Object(_)) => Ok(Some(vec![feature])),
        Ok(_) => Err(Fault::bad_request(format!(
            "`{name}` must be a list of features."
        ))),
        Err(error) => Err(Fault::bad_request(format!(
            "`{name}` is not valid JSON: {error}."
        ))),
    }
}

pub(super) fn missing(name: &str) -> Fault {
    Fault::bad_request(format!("'{name}' must be specified."))
}
