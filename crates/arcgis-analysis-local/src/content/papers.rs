//! Files beside an item: its thumbnail, its metadata and its resources.

use super::add::{THUMBNAIL, media_type, missing, thumbnail};
use super::items::{find, own_content, see};
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::hosted::Item;
use axum::body::Bytes;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

const RESOURCES: &str = "resources/";
/// How many files may be beside an item, and how long the path of one.
const MOST: usize = 1000;
const LONGEST: usize = 250;

/// `content/items/{id}/info/{path}`.
///
/// # Errors
/// When there is no such item for them, or no such file.
pub(crate) fn info(app: &App, call: &Call, id: &str, path: &str) -> Result<Response, Fault> {
    // Esri's Python client takes what comes as a file for one to save, not to read.
    match path == "publishParameters.json" {
        true => {
            let bytes = found(app, call, id, &format!("info/{path}"))?;
            Ok(call.answer_bytes("application/json; charset=utf-8", bytes))
        }
        false => paper(app, call, id, &format!("info/{path}")),
    }
}

/// `content/items/{id}/resources/{path}`.
///
/// # Errors
/// When there is no such item for them, or no such file.
pub(crate) fn resource(app: &App, call: &Call, id: &str, path: &str) -> Result<Response, Fault> {
    paper(app, call, id, &format!("{RESOURCES}{path}"))
}

fn found(app: &App, call: &Call, id: &str, path: &str) -> Result<Bytes, Fault> {
    let item = see(app, call, id)?;
    let bytes = item.papers.get(path).cloned();
    // Esri's Python client tells by the status that an item has no metadata.
    bytes.ok_or_else(|| Fault::absent(format!("The item {id} has no file {path:?}.")))
}

fn paper(app: &App, call: &Call, id: &str, path: &str) -> Result<Response, Fault> {
    let bytes = found(app, call, id, path)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    Ok(call.answer_file(name, media_type("", name), bytes))
}

/// `content/items/{id}/resources`.
///
/// # Errors
/// When there is no such item for them.
pub(crate) fn resources(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let item = see(app, call, id)?;
    let resources = item.papers.iter().filter_map(|(path, bytes)| {
        let name = path.strip_prefix(RESOURCES)?;
        Some(json!({
            "resource": name,
            "created": item.modified,
            "size": bytes.len(),
            "access": "inherit",
            "type": media_type("", name),
        }))
    });
    let resources: Vec<_> = resources.collect();
    Ok(json!({
        "total": resources.len(),
        "start": 1,
        "num": resources.len(),
        "nextStart": -1,
        "resources": resources,
    }))
}

/// `content/users/{name}/items/{id}/addResources` and `updateResources`: a file or a text; one of that name is replaced.
///
/// # Errors
/// When there is no such item of theirs, nothing came, or there is no room.
pub(crate) fn add_resources(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let get = |name| call.params.get(name);
    if get("archive").is_some_and(|archive| archive.eq_ignore_ascii_case("true")) {
        return Err(Fault::bad_request(
            "`archive` is not offered by the local service; add the files one by one.",
        ));
    }
    let file = call.params.file("file");
    let (own, bytes) = match (file, get("text")) {
        (Some(file), _) => (file.name.as_str(), file.bytes.clone()),
        (None, Some(text)) => ("", text.to_owned().into()),
        (None, None) => return Err(missing("file")),
    };
    let own = get("fileName").unwrap_or(own);
    let parts = get("resourcesPrefix").unwrap_or_default().split('/');
    let mut parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.push(own);
    let is_odd = |part: &&str| matches!(*part, "" | "." | "..") || part.contains(['/', '\\']);
    let path = format!("{RESOURCES}{}", parts.join("/"));
    if parts.iter().any(is_odd) || path.len() > LONGEST {
        return Err(Fault::bad_request(
            "'fileName' must be the name of a file, without folders, which 'resourcesPrefix' names.",
        ));
    }
    put(app, &item, path, bytes)?;
    Ok(json!({ "success": true, "itemId": item.id, "owner": item.owner, "folder": item.folder }))
}

/// `content/users/{name}/items/{id}/removeResources`: one, or with `deleteAll` all.
///
/// # Errors
/// When there is no such item of theirs, or no such file.
pub(crate) fn remove_resources(
    app: &App,
    call: &Call,
    name: &str,
    id: &str,
) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let all = call.params.get("deleteAll");
    let goes: Box<dyn Fn(&str) -> bool> = match call.params.get("resource") {
        Some(path) => {
            let path = format!("{RESOURCES}{path}");
            if !item.papers.contains_key(&path) {
                return Err(Fault::bad_request(format!(
                    "The item {id} has no file {path:?}."
                )));
            }
            Box::new(move |own| own == path)
        }
        None if all.is_some_and(|all| all.eq_ignore_ascii_case("true")) => {
            Box::new(|own| own.starts_with(RESOURCES))
        }
        None => return Err(missing("resource")),
    };
    let changed = app.hosted.change(&item.id, |item| {
        item.papers.retain(|path, _| !goes(path));
        Ok(())
    });
    changed.map_err(Fault::bad_request)?;
    Ok(json!({ "success": true }))
}

/// `content/users/{name}/items/{id}/updateThumbnail`: a file, or one in base64.
///
/// # Errors
/// When there is no such item of theirs, no picture came, or there is no room.
pub(crate) fn update_thumbnail(
    app: &App,
    call: &Call,
    name: &str,
    id: &str,
) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let get = |name| call.params.get(name);
    if get("url").is_some() {
        return Err(Fault::bad_request(
            "The local service fetches no pictures from URLs; send the file itself.",
        ));
    }
    let files = ["file", "thumbnail"];
    let file = files.iter().find_map(|field| call.params.file(field));
    let (path, bytes) = match (file, get("data")) {
        (Some(file), _) => thumbnail(&file.name, file.bytes.clone())?,
        (None, Some(text)) => {
            let (_, text) = text.split_once("base64,").unwrap_or(("", text));
            let bytes = BASE64_STANDARD.decode(text.trim());
            let bytes = bytes.map_err(|_| Fault::bad_request("'data' is no picture in base64."))?;
            thumbnail(get("filename").unwrap_or_default(), bytes.into())?
        }
        (None, None) => return Err(missing("file")),
    };
    put(app, &item, path, bytes)?;
    Ok(json!({ "success": true, "itemId": item.id }))
}

/// `content/users/{name}/items/{id}/deleteThumbnail`.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn delete_thumbnail(
    app: &App,
    call: &Call,
    name: &str,
    id: &str,
) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let changed = app.hosted.change(&item.id, |item| {
        item.papers.retain(|path, _| !path.starts_with(THUMBNAIL));
        Ok(())
    });
    changed.map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "itemId": item.id }))
}

fn put(app: &App, item: &Item, path: String, bytes: Bytes) -> Result<(), Fault> {
    let changed = app.hosted.change(&item.id, |item| {
        if path.starts_with(THUMBNAIL) {
            item.papers.retain(|path, _| !path.starts_with(THUMBNAIL));
        }
        item.papers.insert(path, bytes);
        match item.papers.len() <= MOST {
            true => Ok(()),
            false => Err(format!("An item has {MOST} files beside it at most.")),
        }
    });
    changed.map(|_| ()).map_err(Fault::bad_request)
}
