//! The feature services of hosted layers: what they hold, queries of it, and changes.

mod admin;
mod answer;
mod append;
mod calculate;
mod description;
mod edit;
mod filter;
mod generalize;
mod geometry;
mod having;
mod pbf;
mod quantize;
mod query;
mod select;
mod statistics;

pub(crate) use admin::{
    add_to_layer, add_to_service, delete_from_layer, delete_from_service, no_relationships,
    refresh, refresh_layer, truncate, update_layer, update_service,
};
pub(crate) use answer::Answer;
pub(crate) use append::{append, status};
pub(crate) use calculate::{calculate, validate};
pub(crate) use description::{administered, item_extent, layer, layers, service};
pub(crate) use edit::{add, apply, apply_to_layers, delete, update};
pub(crate) use filter::Filter;
pub(crate) use query::flag;

use crate::app::App;
use crate::call::{Call, Params};
use crate::error::Fault;
use crate::hosted::{Item, Layer};
use crate::sharing::SERVER_VERSION;
use query::Query;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many features an answer holds at most.
pub(crate) const MOST_RECORDS: usize = 2000;

/// How many an answer for a tile of a map holds at most.
pub(crate) const MOST_RECORDS_TILE: usize = 8000;

/// The item of the service that a request asks for.
///
/// # Errors
/// When nobody is signed in, there is no such service, or it is somebody else's.
pub(crate) fn find(app: &App, call: &Call, name: &str) -> Result<Arc<Item>, Fault> {
    let user = call.require_user()?;
    let item = app
        .hosted
        .service(name)
        .ok_or_else(|| Fault::not_found(format!("There is no service {name:?}.")))?;
    if item.owner == user {
        Ok(item)
    } else {
        Err(Fault::forbidden())
    }
}

/// The item of the service that a request asks for, which is shared with whoever asks.
///
/// # Errors
/// When there is no such service for them.
pub(crate) fn see(app: &App, call: &Call, name: &str) -> Result<Arc<Item>, Fault> {
    match app.hosted.service(name) {
        Some(item) if item.is_seen_by(call.username()) => Ok(item),
        _ => find(app, call, name),
    }
}

/// The folder of the hosted services in the directory: those of whoever is signed in.
pub(crate) fn directory(app: &App, call: &Call) -> Value {
    let items = app.hosted.items().into_iter();
    let own =
        items.filter(|item| item.is_service() && Some(item.owner.as_str()) == call.username());
    let services =
        own.map(|item| json!({ "name": format!("Hosted/{}", item.name), "type": "FeatureServer" }));
    json!({ "currentVersion": SERVER_VERSION, "folders": [], "services": services.collect::<Vec<_>>() })
}

/// The layer of a service.
///
/// # Errors
/// When there is none of that number.
pub(crate) fn find_layer(item: &Item, number: &str) -> Result<Arc<Layer>, Fault> {
    let layer = number.parse().ok().and_then(|number| item.layer(number));
    layer
        .cloned()
        .ok_or_else(|| Fault::not_found(format!("{} has no layer {number:?}.", item.name)))
}

/// `query` of a layer.
///
/// # Errors
/// When the query asks for what is not there or not offered.
pub(crate) fn query(layer: &Layer, params: &Params) -> Result<Answer, Fault> {
    let query = Query::read(layer, params)?;
    let places = select::select(layer, &query)?;
    answer::answer(layer, &query, places)
}

/// `query` of several layers of a service at once, each by its own clause.
///
/// # Errors
/// When `layerDefs` names no layers of the service, or one of the queries is refused.
pub(crate) fn query_layers(item: &Item, params: &Params) -> Result<Value, Fault> {
    let text = params.get("layerDefs").ok_or_else(|| {
        Fault::bad_request("'layerDefs' must be specified, such as {\"0\": \"1=1\"}.")
    })?;
    let mut layers = Vec::new();
    for (number, clause, fields) in layer_defs(text)? {
        let layer = find_layer(item, &number)?;
        let own = [
            ("where", clause.as_str()),
            ("outFields", fields.as_str()),
            ("layerDefs", ""),
            ("f", "json"),
        ];
        let Answer::Json(mut answer) = query(&layer, &params.with(&own))? else {
            return Err(Fault::internal("a query of JSON was answered otherwise"));
        };
        answer["id"] = layer.id.into();
        layers.push(answer);
    }
    Ok(json!({ "layers": layers }))
}

/// The layers of `layerDefs`, each with its clause and its fields: an object of clauses by the layers' numbers, a list of
/// objects, or clauses as `0:POP > 5;1:1=1`.
fn layer_defs(text: &str) -> Result<Vec<(String, String, String)>, Fault> {
    let refuse = || {
        Fault::bad_request(
            "`layerDefs` must be an object of clauses by the layers' numbers, or a list of objects with layerId and where.",
        )
    };
    let member = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(defs)) => {
            let defs = defs.iter().map(|(number, clause)| {
                let clause = clause.as_str().ok_or_else(refuse)?;
                Ok((number.clone(), clause.to_owned(), "*".to_owned()))
            });
            defs.collect()
        }
        Ok(Value::Array(defs)) => {
            let defs = defs.iter().map(|def| {
                let text =
                    |name: &str, default: &str| def.get(name).map_or(default.to_owned(), member);
                let number = def.get("layerId").ok_or_else(refuse)?;
                Ok((member(number), text("where", "1=1"), text("outFields", "*")))
            });
            defs.collect()
        }
        _ => {
            let defs = text.split(';').map(|def| {
                let (number, clause) = def.split_once(':').ok_or_else(refuse)?;
                Ok((number.trim().to_owned(), clause.to_owned(), "*".to_owned()))
            });
            defs.collect()
        }
    }
}
