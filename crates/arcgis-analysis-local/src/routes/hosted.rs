//! The hosted feature services.

use super::{Shared, TwoNames, both, changed, not_offered};
use crate::app::App;
use crate::call::{Call, Params, refuse};
use crate::error::Fault;
use crate::feature_server::{self, Answer};
use crate::hosted::Item;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use serde_json::Value;
use std::sync::Arc;

/// The resources below `arcgis/rest`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/services/Hosted", both(hosted_services))
        .nest("/services/Hosted/{name}/FeatureServer", service_routes())
        .nest(
            "/admin/services/Hosted/{name}/FeatureServer",
            admin_routes(),
        )
}

/// What is asked of a service by who administers it: the same, and what it is defined by.
fn admin_routes() -> Router<Arc<App>> {
    let defined = |define: fn(&App, &Item, &Params) -> Result<Value, Fault>| {
        async move |State(app): Shared, Path(name): Path<String>, call: Call| {
            changed(app, call, move |app, call| {
                let item = feature_server::find(app, call, &name)?;
                define(app, &item, &call.params)
            })
            .await
        }
    };
    operations()
        .route("/", both(administered_service))
        .route(
            "/addToDefinition",
            post(defined(feature_server::add_to_service)),
        )
        .route(
            "/updateDefinition",
            post(defined(feature_server::update_service)),
        )
        .route(
            "/deleteFromDefinition",
            post(defined(feature_server::delete_from_service)),
        )
        .route("/refresh", both(defined(feature_server::refresh)))
        .route(
            "/{layer}/addToDefinition",
            edits(feature_server::add_to_layer),
        )
        .route(
            "/{layer}/updateDefinition",
            edits(feature_server::update_layer),
        )
        .route(
            "/{layer}/deleteFromDefinition",
            edits(feature_server::delete_from_layer),
        )
        .route("/{layer}/refresh", edits(feature_server::refresh_layer))
}

fn service_routes() -> Router<Arc<App>> {
    operations().route("/", both(feature_service))
}

fn operations() -> Router<Arc<App>> {
    Router::new()
        .route("/layers", both(feature_layers))
        .route("/query", both(feature_layers_query))
        .route("/{layer}", both(feature_layer))
        .route("/{layer}/query", both(feature_query))
        .route("/applyEdits", post(apply_edits_to_layers))
        .route("/{layer}/addFeatures", edits(feature_server::add))
        .route("/{layer}/updateFeatures", edits(feature_server::update))
        .route("/{layer}/deleteFeatures", edits(feature_server::delete))
        .route("/{layer}/applyEdits", edits(feature_server::apply))
        .route("/{layer}/calculate", edits(feature_server::calculate))
        .route("/{layer}/validateSQL", both(validate))
        .route("/{layer}/append", post(append))
        .route("/{layer}/truncate", post(truncate))
        .route("/jobs/{id}", both(job))
        .route("/jobs/{id}/status", both(job))
        .route(
            "/{layer}/queryRelatedRecords",
            edits(feature_server::no_relationships),
        )
        .route("/{layer}/{operation}", both(not_offered))
        .route("/{layer}/{operation}/{*rest}", both(not_offered))
}

async fn append(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        let item = feature_server::find(app, call, &name)?;
        let layer = feature_server::find_layer(&item, &layer)?;
        feature_server::append(app, call, item, layer)
    })
    .await
}

async fn truncate(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        let item = feature_server::find(app, call, &name)?;
        let layer = feature_server::find_layer(&item, &layer)?;
        feature_server::truncate(app, call, &item, layer.id)
    })
    .await
}

async fn job(State(app): Shared, Path((_, id)): TwoNames, call: Call) -> Response {
    call.answer(feature_server::status(&app, &call, &id))
}

async fn validate(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    let found = feature_server::see(&app, &call, &name);
    let layer = found.and_then(|item| feature_server::find_layer(&item, &layer));
    call.answer(layer.and_then(|layer| feature_server::validate(&layer, &call.params)))
}

async fn administered_service(
    State(app): Shared,
    Path(name): Path<String>,
    call: Call,
) -> Response {
    let found = feature_server::find(&app, &call, &name);
    call.answer(found.map(|item| feature_server::administered(&item)))
}

/// A change of a layer, which only a POST asks for.
fn edits(
    edit: fn(&App, Arc<Item>, u32, &Params) -> Result<Value, Fault>,
) -> MethodRouter<Arc<App>> {
    post(
        async move |State(app): Shared, Path((name, layer)): TwoNames, call: Call| {
            changed(app, call, move |app, call| {
                let item = feature_server::find(app, call, &name)?;
                let layer = feature_server::find_layer(&item, &layer)?.id;
                edit(app, item, layer, &call.params)
            })
            .await
        },
    )
}

async fn apply_edits_to_layers(
    State(app): Shared,
    Path(name): Path<String>,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        let item = feature_server::find(app, call, &name)?;
        feature_server::apply_to_layers(app, item, &call.params)
    })
    .await
}

async fn hosted_services(State(app): Shared, call: Call) -> Response {
    call.answer(Ok(feature_server::directory(&app, &call)))
}

async fn feature_service(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    let found = feature_server::see(&app, &call, &name);
    call.answer(found.map(|item| feature_server::service(&item)))
}

async fn feature_layers(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    let found = feature_server::see(&app, &call, &name);
    call.answer(found.map(|item| feature_server::layers(&item)))
}

async fn feature_layer(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    // Layers are called by numbers, operations of the service by words.
    if layer.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return call.answer(Err(Fault::not_offered(&layer)));
    }
    let found = feature_server::see(&app, &call, &name).and_then(|item| {
        let layer = feature_server::find_layer(&item, &layer)?;
        Ok(feature_server::layer(&item, &layer))
    });
    call.answer(found)
}

async fn feature_query(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    let found = feature_server::see(&app, &call, &name)
        .and_then(|item| feature_server::find_layer(&item, &layer));
    let layer = match found {
        Ok(layer) => layer,
        Err(fault) => return call.answer(Err(fault)),
    };
    let asked = tokio::task::spawn_blocking(move || {
        let answer = feature_server::query(&layer, &call.params);
        match answer {
            Ok(Answer::Json(json)) => call.answer(Ok(json)),
            Ok(Answer::Pbf(bytes)) => call.answer_bytes("application/x-protobuf", bytes),
            Err(fault) => call.answer(Err(fault)),
        }
    });
    let answered = asked.await;
    answered.unwrap_or_else(|error| refuse(Fault::internal(error.to_string())))
}

async fn feature_layers_query(
    State(app): Shared,
    Path(name): Path<String>,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        let item = feature_server::see(app, call, &name)?;
        feature_server::query_layers(&item, &call.params)
    })
    .await
}
