//! Items and folders of the user.

use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::feature_server;
use crate::hosted::{self, Folder, Item};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// The path of an item, below which its file is.
pub(crate) fn path(id: &str) -> String {
    format!("/sharing/rest/content/items/{id}")
}

/// The item that a request asks for.
///
/// # Errors
/// When nobody is signed in, or there is no such item of theirs.
pub(crate) fn find(app: &App, call: &Call, id: &str) -> Result<Arc<Item>, Fault> {
    let user = call.require_user()?;
    let item = app.hosted.item(&id.to_lowercase());
    item.filter(|item| item.owner == user)
        .ok_or_else(|| Fault::bad_request("Item does not exist or is inaccessible."))
}

/// The item that a request asks for, which is shared with whoever asks.
///
/// # Errors
/// When there is no such item for them.
pub(crate) fn see(app: &App, call: &Call, id: &str) -> Result<Arc<Item>, Fault> {
    match app.hosted.item(&id.to_lowercase()) {
        Some(item) if item.is_seen_by(call.username()) => Ok(item),
        _ => find(app, call, id),
    }
}

/// An item as the portal tells of it.
pub(crate) fn describe(item: &Item, call: &Call) -> Value {
    let mut papers = item.papers.keys();
    let thumbnail = papers.find(|path| path.starts_with(super::add::THUMBNAIL));
    json!({
        "id": item.id,
        "owner": item.owner,
        "orgId": "local",
        "created": item.created,
        "modified": item.modified,
        "name": item.name,
        "title": item.title,
        "type": item.item_type,
        "typeKeywords": keywords(item),
        "description": item.description,
        "tags": item.tags,
        "snippet": Some(&item.snippet).filter(|snippet| !snippet.is_empty()),
        "extent": feature_server::item_extent(item),
        "spatialReference": item.layers.first().map(|layer| layer.reference()),
        "culture": "",
        "url": item.is_service().then(|| call.base.url(&item.path())),
        "access": item.access.word(),
        "size": item.data.as_ref().map_or(-1, |data| i64::try_from(data.len()).unwrap_or(i64::MAX)),
        "listed": false,
        "ownerFolder": item.folder,
        "protected": item.protected,
        "properties": item.properties,
        "thumbnail": thumbnail.map(|path| path.trim_start_matches("info/")),
        "commentsEnabled": true,
        "numViews": 0,
        "itemControl": "admin",
    })
}

/// The words by which the portal sorts items of this type.
pub(crate) fn keywords(item: &Item) -> Vec<&str> {
    let mut words = match item.is_service() {
        true => vec![
            "ArcGIS Server",
            "Data",
            "Feature Access",
            "Feature Service",
            "Service",
            "Hosted Service",
        ],
        false => vec!["Data", &item.item_type],
    };
    let own = item.type_keywords.iter().map(String::as_str);
    let own: Vec<_> = own.filter(|word| !words.contains(word)).collect();
    words.extend(own);
    words
}

/// `content/items/{id}/data`: the file, or an object without members of a service.
///
/// # Errors
/// When nobody is signed in, or there is no such item of theirs.
pub(crate) fn data(app: &App, call: &Call, id: &str) -> Result<Response, Fault> {
    let item = see(app, call, id)?;
    Ok(match &item.data {
        Some(data) => call.answer_file(&item.name, &item.media_type, data.clone()),
        None => call.answer(Ok(json!({}))),
    })
}

/// `content/users/{name}`, or a folder below it.
///
/// # Errors
/// When it is somebody else's content, or there is no such folder.
pub(crate) fn list(
    app: &App,
    call: &Call,
    name: &str,
    folder: Option<&str>,
) -> Result<Value, Fault> {
    let user = own_content(app, call, name)?;
    let folders = app.hosted.folders(user);
    let current = match folder {
        None => None,
        Some(id) => Some(find_folder(&folders, id)?),
    };
    let inside: Vec<_> = app
        .hosted
        .items()
        .into_iter()
        .filter(|item| item.owner == user && item.folder.as_deref() == folder)
        .map(|item| describe(&item, call))
        .collect();
    let total = inside.len();
    let mut answer = json!({
        "username": user,
        "total": total,
        "start": 1,
        "num": total,
        "nextStart": -1,
        "currentFolder": current.map(|folder| folder_json(user, folder)),
        "items": inside,
    });
    if folder.is_none() {
        let folders = folders.iter().map(|folder| folder_json(user, folder));
        answer["folders"] = folders.collect();
    }
    Ok(answer)
}

/// `content/users/{name}/createFolder`.
///
/// # Errors
/// When it is somebody else's content, the title is missing or taken.
pub(crate) fn create_folder(app: &App, call: &Call, name: &str) -> Result<Value, Fault> {
    let user = own_content(app, call, name)?;
    let title = call
        .params
        .get("title")
        .or_else(|| call.params.get("folderName"))
        .ok_or_else(|| Fault::bad_request("'title' must be specified."))?;
    let folder = app
        .hosted
        .create_folder(user, title)
        .map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "folder": folder_json(user, &folder) }))
}

/// `content/users/{name}/{folder}/delete`.
///
/// # Errors
/// When it is somebody else's content, or there is no such folder.
pub(crate) fn delete_folder(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    let user = own_content(app, call, name)?;
    let folders = app.hosted.folders(user);
    let folder = folder_json(user, find_folder(&folders, id)?);
    app.hosted.delete_folder(id).map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "folder": folder }))
}

/// `content/users/{name}/createService`: a hosted feature service without layers.
///
/// # Errors
/// When it is somebody else's content, or the name is missing, wrong or taken.
pub(crate) fn create_service(
    app: &App,
    call: &Call,
    name: &str,
    folder: Option<&str>,
) -> Result<Value, Fault> {
    let user = own_content(app, call, name)?;
    let output = call.params.get("outputType").unwrap_or("featureService");
    if !output.eq_ignore_ascii_case("featureService") {
        return Err(Fault::bad_request(format!(
            "'outputType' {output:?} is not offered; the local service hosts feature services."
        )));
    }
    let wanted: Value = call
        .params
        .get("createParameters")
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| {
            Fault::bad_request("'createParameters' must be JSON such as {\"name\": \"Roads\"}.")
        })?;
    let text = |name: &str| wanted[name].as_str().unwrap_or_default();
    let mut item = app
        .hosted
        .create(user, text("name"), folder, text("serviceDescription"))
        .map_err(Fault::bad_request)?;
    // The layers that are added take it where they bring none.
    let reference = &wanted["spatialReference"];
    if reference.is_object() {
        let told = |item: &mut Item| {
            let key = "spatialReference".to_owned();
            item.definition.insert(key, reference.clone());
            Ok(())
        };
        item = app
            .hosted
            .change(&item.id, told)
            .map_err(Fault::bad_request)?;
    }
    let url = call.base.url(&item.path());
    Ok(json!({
        "success": true,
        "itemId": item.id,
        "serviceItemId": item.id,
        "name": item.name,
        "serviceurl": url,
        "encodedServiceURL": url,
        "type": "Feature Service",
        "size": -1,
        "isView": false,
    }))
}

/// `content/users/{name}/items/{id}`.
///
/// # Errors
/// When it is somebody else's content, or there is no such item.
pub(crate) fn users_item(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    Ok(json!({
        "item": describe(&item, call),
        "sharing": { "access": item.access.word(), "groups": [] },
    }))
}

/// `content/users/{name}/items/{id}/delete`.
///
/// # Errors
/// When it is somebody else's content, or there is no such item.
pub(crate) fn delete(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    app.hosted.delete(&item.id).map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "itemId": item.id }))
}

/// `portals/self/isServiceNameAvailable`.
///
/// # Errors
/// When nobody is signed in, or no name is given.
pub(crate) fn is_name_available(app: &App, call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let name = call
        .params
        .get("name")
        .ok_or_else(|| Fault::bad_request("'name' must be specified."))?;
    let free = hosted::is_name(name) && app.hosted.service(name).is_none();
    Ok(json!({ "available": free }))
}

/// `content/items/{id}/groups`: there are no groups to share with.
pub(crate) fn no_groups() -> Value {
    json!({ "admin": [], "other": [], "member": [] })
}

pub(super) fn own_content<'a>(app: &App, call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    let user = call.require_user()?;
    if app.user.is_named(name) {
        Ok(user)
    } else {
        Err(Fault::bad_request(
            "User does not exist or is inaccessible.",
        ))
    }
}

pub(super) fn find_folder<'a>(folders: &'a [Folder], id: &str) -> Result<&'a Folder, Fault> {
    let mut folders = folders.iter();
    folders
        .find(|folder| folder.id == id)
        .ok_or_else(|| Fault::bad_request("Folder does not exist or is inaccessible."))
}

fn folder_json(user: &str, folder: &Folder) -> Value {
    json!({ "username": user, "id": folder.id, "title": folder.title })
}
