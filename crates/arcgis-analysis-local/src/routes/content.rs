//! Items and folders of the portal.

use super::{Shared, TwoNames, both, changed};
use crate::app::App;
use crate::call::Call;
use crate::content;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

/// The resources below `sharing/rest`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/portals/self/isServiceNameAvailable",
            both(is_name_available),
        )
        .route("/search", both(search))
        .route("/content/items/{id}", both(item))
        .route("/content/items/{id}/data", both(item_data))
        .route("/content/items/{id}/groups", both(item_groups))
        .route("/content/users/{name}", both(list))
        .route("/content/users/{name}/createFolder", both(create_folder))
        .route("/content/users/{name}/createService", both(create_service))
        .route("/content/users/{name}/{folder}", both(list_folder))
        .route("/content/users/{name}/{folder}/delete", both(delete_folder))
        .route(
            "/content/users/{name}/{folder}/createService",
            both(create_service_in),
        )
        .route("/content/users/{name}/items/{id}", both(users_item))
        .route("/content/users/{name}/items/{id}/delete", both(delete_item))
        .route(
            "/content/users/{name}/{folder}/items/{id}/delete",
            both(delete_item_in),
        )
}

async fn is_name_available(State(app): Shared, call: Call) -> Response {
    call.answer(content::is_name_available(&app, &call))
}

async fn search(State(app): Shared, call: Call) -> Response {
    call.answer(content::search(&app, &call))
}

async fn item(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    let found = content::find(&app, &call, &id);
    call.answer(found.map(|item| content::describe(&item, &call)))
}

async fn item_data(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    content::data(&app, &call, &id).unwrap_or_else(|fault| call.answer(Err(fault)))
}

async fn item_groups(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    call.answer(content::find(&app, &call, &id).map(|_| content::no_groups()))
}

async fn users_item(
    State(app): Shared,
    Path((_, id)): Path<(String, String)>,
    call: Call,
) -> Response {
    let found = content::find(&app, &call, &id);
    call.answer(found.map(|item| json!({ "item": content::describe(&item, &call) })))
}

async fn list(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    call.answer(content::list(&app, &call, &name, None))
}

async fn list_folder(State(app): Shared, Path((name, folder)): TwoNames, call: Call) -> Response {
    call.answer(content::list(&app, &call, &name, Some(&folder)))
}

async fn create_folder(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::create_folder(app, call, &name)
    })
    .await
}

async fn delete_folder(State(app): Shared, Path((name, folder)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::delete_folder(app, call, &name, &folder)
    })
    .await
}

async fn create_service(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::create_service(app, call, &name, None)
    })
    .await
}

async fn create_service_in(
    State(app): Shared,
    Path((name, folder)): TwoNames,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        content::create_service(app, call, &name, Some(&folder))
    })
    .await
}

async fn delete_item(State(app): Shared, Path((name, id)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::delete(app, call, &name, &id)
    })
    .await
}

async fn delete_item_in(
    State(app): Shared,
    Path((name, _, id)): Path<(String, String, String)>,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        content::delete(app, call, &name, &id)
    })
    .await
}
