//! Items and folders of the portal.

use super::{Shared, TwoNames, both, changed, not_offered};
use crate::app::App;
use crate::call::Call;
use crate::content;
use crate::error::Fault;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The resources below `sharing/rest`.
pub(super) fn routes() -> Router<Arc<App>> {
    // What is asked of an item, by its ID alone, or of a user.
    let asked = |ask: fn(&App, &Call, &str) -> Result<Value, Fault>| {
        async move |State(app): Shared, Path(name): Path<String>, call: Call| {
            changed(app, call, move |app, call| ask(app, call, &name)).await
        }
    };
    Router::new()
        .route(
            "/portals/self/isServiceNameAvailable",
            both(is_name_available),
        )
        .route("/search", both(search))
        .route("/content/items/{id}", both(item))
        .route("/content/items/{id}/data", both(item_data))
        .route("/content/items/{id}/groups", both(item_groups))
        .route("/content/items/{id}/relatedItems", both(related_items))
        .route(
            "/content/items/{id}/resources",
            both(asked(content::resources)),
        )
        .route(
            "/content/items/{id}/dependencies",
            both(asked(content::dependencies)),
        )
        .route(
            "/content/items/{id}/dependencies/listDependentsTo",
            both(asked(content::dependencies)),
        )
        .route(
            "/content/items/{id}/share",
            post(asked(content::share_item)),
        )
        .route(
            "/content/items/{id}/unshare",
            post(asked(content::unshare_item)),
        )
        .route("/content/items/{id}/info/{*path}", both(item_info))
        .route("/content/items/{id}/resources/{*path}", both(item_resource))
        .route(
            "/content/items/{id}/comments",
            both(asked(content::comments)),
        )
        .route("/content/items/{id}/{*rest}", both(not_offered))
        .route(
            "/content/users/{name}/deleteItems",
            post(asked(content::delete_items)),
        )
        .route(
            "/content/users/{name}/shareItems",
            post(asked(content::share_items)),
        )
        .route(
            "/content/users/{name}/unshareItems",
            post(asked(content::unshare_items)),
        )
        .route("/content/features/analyze", post(analyze))
        .route("/content/features/generate", post(generate))
        .route("/content/users/{name}", both(list))
        .route("/content/users/{name}/addItem", post(add_item))
        .route("/content/users/{name}/{folder}/addItem", post(add_item_in))
        .route("/content/users/{name}/publish", post(publish))
        .route("/content/users/{name}/{folder}/publish", post(publish_in))
        .nest("/content/users/{name}/items/{id}", item_routes())
        .nest("/content/users/{name}/{folder}/items/{id}", item_routes())
        .route("/content/users/{name}/createFolder", both(create_folder))
        .route("/content/users/{name}/createService", both(create_service))
        .route("/content/users/{name}/{folder}", both(list_folder))
        .route("/content/users/{name}/{folder}/delete", both(delete_folder))
        .route(
            "/content/users/{name}/{folder}/createService",
            both(create_service_in),
        )
}

async fn is_name_available(State(app): Shared, call: Call) -> Response {
    call.answer(content::is_name_available(&app, &call))
}

async fn search(State(app): Shared, call: Call) -> Response {
    call.answer(content::search(&app, &call))
}

async fn item(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    let found = content::see(&app, &call, &id);
    call.answer(found.map(|item| content::describe(&item, &call)))
}

async fn item_data(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    content::data(&app, &call, &id).unwrap_or_else(|fault| call.answer(Err(fault)))
}

async fn item_groups(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    call.answer(content::see(&app, &call, &id).map(|_| content::no_groups()))
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

/// What the path of an item of a user names; it may name the item's folder too.
#[derive(Deserialize)]
struct ItemPath {
    name: String,
    id: String,
}

/// What is asked of an item of a user, in a folder or at the root.
fn item_routes() -> Router<Arc<App>> {
    let asked = |ask: fn(&App, &Call, &str, &str) -> Result<Value, Fault>| {
        async move |State(app): Shared, Path(path): Path<ItemPath>, call: Call| {
            changed(app, call, move |app, call| {
                ask(app, call, &path.name, &path.id)
            })
            .await
        }
    };
    Router::new()
        .route("/", both(asked(content::users_item)))
        .route("/status", both(asked(content::status)))
        .route("/delete", both(asked(content::delete)))
        .route("/update", post(asked(content::update)))
        .route("/move", post(asked(content::move_to)))
        .route("/protect", post(asked(content::protect)))
        .route("/unprotect", post(asked(content::unprotect)))
        .route("/share", post(asked(content::share)))
        .route("/unshare", post(asked(content::unshare)))
        .route("/copy", post(asked(content::copy)))
        .route("/canDelete", both(asked(content::can_delete)))
        .route("/canReassign", both(asked(content::can_reassign)))
        .route("/reassign", post(asked(content::reassign)))
        .route("/addResources", post(asked(content::add_resources)))
        .route("/updateResources", post(asked(content::add_resources)))
        .route("/removeResources", post(asked(content::remove_resources)))
        .route("/updateThumbnail", post(asked(content::update_thumbnail)))
        .route("/deleteThumbnail", post(asked(content::delete_thumbnail)))
        .route("/addPart", post(asked(content::add_part)))
        .route("/commit", post(asked(content::commit)))
        .route("/{operation}", both(not_offered))
}

async fn item_info(State(app): Shared, Path((id, path)): TwoNames, call: Call) -> Response {
    content::info(&app, &call, &id, &path).unwrap_or_else(|fault| call.answer(Err(fault)))
}

async fn item_resource(State(app): Shared, Path((id, path)): TwoNames, call: Call) -> Response {
    content::resource(&app, &call, &id, &path).unwrap_or_else(|fault| call.answer(Err(fault)))
}

async fn related_items(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    call.answer(content::related(&app, &call, &id))
}

async fn add_item(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::add(app, call, &name, None)
    })
    .await
}

async fn add_item_in(State(app): Shared, Path((name, folder)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::add(app, call, &name, Some(&folder))
    })
    .await
}

async fn publish(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::publish(app, call, &name, None)
    })
    .await
}

async fn publish_in(State(app): Shared, Path((name, folder)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::publish(app, call, &name, Some(&folder))
    })
    .await
}

async fn analyze(State(app): Shared, call: Call) -> Response {
    changed(app, call, content::analyze).await
}

async fn generate(State(app): Shared, call: Call) -> Response {
    changed(app, call, content::generate).await
}
