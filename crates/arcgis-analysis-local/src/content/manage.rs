//! What a user does with items beside changing what they hold: moves, shares, protects, copies and deletes them.

use super::items::{find, find_folder, own_content};
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::feature_server::flag;
use crate::hosted::{Access, File, Item};
use serde_json::{Value, json};

/// `content/users/{name}/items/{id}/move`: into a folder, or with `/` to the root.
///
/// # Errors
/// When there is no such item or folder of theirs.
pub(crate) fn move_to(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    let owner = own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let folder = call.params.get("folder").filter(|folder| *folder != "/");
    let folders = app.hosted.folders(owner);
    let folder = folder.map(|id| find_folder(&folders, id)).transpose()?;
    let folder = folder.map(|folder| folder.id.clone());
    change(app, &item, |item| item.folder.clone_from(&folder))?;
    Ok(json!({ "success": true, "itemId": item.id, "owner": owner, "folder": folder }))
}

/// `content/users/{name}/items/{id}/protect`: it cannot be deleted.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn protect(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    set_protection(app, call, name, id, true)
}

/// `content/users/{name}/items/{id}/unprotect`.
///
/// # Errors
/// As of [`protect`].
pub(crate) fn unprotect(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    set_protection(app, call, name, id, false)
}

fn set_protection(
    app: &App,
    call: &Call,
    name: &str,
    id: &str,
    protected: bool,
) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    change(app, &item, |item| item.protected = protected)?;
    Ok(json!({ "success": true, "itemId": item.id }))
}

/// `content/users/{name}/items/{id}/canDelete`: an object with the reason where it cannot be deleted, as ArcGIS answers.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn can_delete(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    if !item.protected {
        return Ok(json!({ "success": true, "itemId": item.id }));
    }
    let message = "The item is protected from being deleted; take the protection away first.";
    Ok(json!({
        "success": false,
        "itemId": item.id,
        "error": { "code": 400, "message": message, "details": [], "offendingItems": [] },
    }))
}

/// `content/users/{name}/deleteItems`: each item by itself.
///
/// # Errors
/// When it is somebody else's content, or no item is named.
pub(crate) fn delete_items(app: &App, call: &Call, name: &str) -> Result<Value, Fault> {
    each(app, call, name, |item| {
        app.hosted
            .delete(&item.id)
            .map(|_| json!({}))
            .map_err(Fault::bad_request)
    })
}

/// `content/items/{id}/share`.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn share_item(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let item = find(app, call, id)?;
    shared(app, call, &item)
}

/// `content/users/{name}/items/{id}/share`.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn share(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    share_item(app, call, id)
}

/// `content/users/{name}/shareItems`.
///
/// # Errors
/// When it is somebody else's content, or no item is named.
pub(crate) fn share_items(app: &App, call: &Call, name: &str) -> Result<Value, Fault> {
    each(app, call, name, |item| shared(app, call, item))
}

/// Shares an item with whom `everyone` and `org` say. There are no groups to share with.
fn shared(app: &App, call: &Call, item: &Item) -> Result<Value, Fault> {
    let everyone = flag(&call.params, "everyone", false)?;
    let org = flag(&call.params, "org", false)?;
    let access = match (everyone, org) {
        (true, _) => Access::Public,
        (false, true) => Access::Org,
        (false, false) => Access::Private,
    };
    if access != item.access {
        change(app, item, |item| item.access = access)?;
    }
    Ok(json!({ "notSharedWith": groups(call), "itemId": item.id }))
}

/// `content/items/{id}/unshare`: from groups, of which there are none.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn unshare_item(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let item = find(app, call, id)?;
    Ok(json!({ "notUnsharedFrom": groups(call), "itemId": item.id }))
}

/// `content/users/{name}/items/{id}/unshare`.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn unshare(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    unshare_item(app, call, id)
}

/// `content/users/{name}/unshareItems`.
///
/// # Errors
/// When it is somebody else's content, or no item is named.
pub(crate) fn unshare_items(app: &App, call: &Call, name: &str) -> Result<Value, Fault> {
    each(app, call, name, |_| {
        Ok(json!({ "notUnsharedFrom": groups(call) }))
    })
}

/// `content/users/{name}/items/{id}/copy`: a file as another item, with what is beside it.
///
/// # Errors
/// When there is no such item of theirs, it is a service, or there is no room.
pub(crate) fn copy(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    let owner = own_content(app, call, name)?;
    let item = find(app, call, id)?;
    if item.is_service() {
        return Err(Fault::bad_request(
            "The local service keeps no items that refer to the service of another; publish its features again instead.",
        ));
    }
    let with_resources = flag(&call.params, "includeResources", false)?;
    let papers = item.papers.iter();
    let papers = papers.filter(|(path, _)| with_resources || path.starts_with("info/"));
    let get = |name| call.params.get(name);
    let folder = get("folder").filter(|folder| *folder != "/");
    let file = File {
        title: get("title").unwrap_or(&item.title).to_owned(),
        name: item.name.clone(),
        item_type: item.item_type.clone(),
        media_type: item.media_type.clone(),
        data: item.data.clone().unwrap_or_default(),
        description: item.description.clone(),
        snippet: item.snippet.clone(),
        tags: get("tags").map_or_else(|| item.tags.clone(), crate::hosted::tags),
        folder: folder.map(str::to_owned).or_else(|| item.folder.clone()),
        properties: item.properties.clone(),
        papers: papers
            .map(|(p, bytes)| (p.clone(), bytes.clone()))
            .collect(),
        ..File::default()
    };
    let made = app
        .hosted
        .add(owner, file, false)
        .map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "itemId": made.id, "folder": made.folder }))
}

/// `content/items/{id}/dependencies`, and those who depend on it: the portal notes none.
///
/// # Errors
/// When there is no such item for them.
pub(crate) fn dependencies(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    super::see(app, call, id)?;
    Ok(json!({ "total": 0, "start": 1, "num": 0, "nextStart": -1, "list": [] }))
}

/// `content/items/{id}/comments`, of which there are none.
///
/// # Errors
/// When there is no such item for them.
pub(crate) fn comments(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    super::see(app, call, id)?;
    Ok(json!({ "total": 0, "start": 1, "num": 0, "nextStart": -1, "comments": [] }))
}

/// `content/users/{name}/items/{id}/reassign`.
///
/// # Errors
/// Always: there is nobody else.
pub(crate) fn reassign(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    find(app, call, id)?;
    Err(alone())
}

/// `content/users/{name}/items/{id}/canReassign`.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn can_reassign(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let mut answer = alone().to_json();
    answer["success"] = false.into();
    answer["itemId"] = item.id.as_str().into();
    Ok(answer)
}

fn alone() -> Fault {
    Fault::bad_request("The local service has one user, to whom all items belong.")
}

/// The groups that a request names.
fn groups(call: &Call) -> Vec<&str> {
    let groups = call.params.get("groups").unwrap_or_default().split(',');
    groups
        .map(str::trim)
        .filter(|group| !group.is_empty())
        .collect()
}

/// Does something to each of the items that a request names, and tells of each.
fn each(
    app: &App,
    call: &Call,
    name: &str,
    act: impl Fn(&Item) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let ids = call.params.get("items");
    let ids = ids.ok_or_else(|| Fault::bad_request("'items' must be specified."))?;
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    let results = ids.map(|id| {
        let done = find(app, call, id).and_then(|item| act(&item));
        let (mut told, success) = match done {
            Ok(told) => (told, true),
            Err(fault) => (fault.to_json(), false),
        };
        told["itemId"] = id.into();
        told["success"] = success.into();
        told
    });
    Ok(json!({ "results": results.collect::<Vec<_>>() }))
}

fn change(app: &App, item: &Item, change: impl FnOnce(&mut Item)) -> Result<(), Fault> {
    let changed = app.hosted.change(&item.id, |item| {
        change(item);
        Ok(())
    });
    changed.map(|_| ()).map_err(Fault::bad_request)
}
