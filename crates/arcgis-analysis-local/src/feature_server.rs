//! The feature services of hosted layers: what they hold, and queries of it.

mod answer;
mod description;
mod filter;
mod generalize;
mod geometry;
mod having;
mod pbf;
mod quantize;
mod query;
mod select;
mod statistics;

pub(crate) use answer::Answer;
pub(crate) use description::{item_extent, layer, layers, service};
pub(crate) use filter::Filter;

use crate::app::App;
use crate::call::Call;
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

/// The folder of the hosted services in the directory: those of whoever is signed in.
pub(crate) fn directory(app: &App, call: &Call) -> Value {
    let items = app.hosted.items().into_iter();
    let own = items.filter(|item| Some(item.owner.as_str()) == call.username());
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
pub(crate) fn query(layer: &Layer, call: &Call) -> Result<Answer, Fault> {
    let query = Query::read(layer, &call.params)?;
    let places = select::select(layer, &query)?;
    answer::answer(layer, &query, places)
}
