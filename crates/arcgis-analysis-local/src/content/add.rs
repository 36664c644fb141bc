//! Files and texts as items: adding them, at once or in parts, and changing them.

use super::items::{find, own_content, see};
use super::publish::yes;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::hosted::{self, File, SERVICE};
use axum::body::Bytes;
use serde_json::{Value, json};

/// How long a title, a type or a name may be, in characters.
const LONGEST: usize = 250;

/// `content/users/{name}/addItem`: a file or a text as an item; with `multipart`, the file follows in parts.
///
/// # Errors
/// When it is somebody else's content, title or type is missing, or something is asked for that is not offered.
pub(crate) fn add(
    app: &App,
    call: &Call,
    name: &str,
    folder: Option<&str>,
) -> Result<Value, Fault> {
    let owner = own_content(app, call, name)?;
    let get = |name| call.params.get(name);
    if get("url").is_some() || get("dataUrl").is_some() {
        return Err(Fault::bad_request(
            "The local service keeps no items that refer to a URL; send the file itself, or its text.",
        ));
    }
    if get("itemIdToCreate").is_some() {
        return Err(no_chosen_id());
    }
    let item_type = short(get("type").ok_or_else(|| missing("type"))?, "type")?;
    if item_type.eq_ignore_ascii_case(SERVICE) {
        return Err(Fault::bad_request(
            "A feature service is made by createService, or by publish.",
        ));
    }
    let in_parts = yes(call, "multipart") && call.params.file("file").is_none();
    let (name, data) = match (call.params.file("file"), get("text")) {
        (Some(file), _) => (file.name.clone(), file.bytes.clone()),
        (None, Some(text)) => (String::new(), text.to_owned().into()),
        // Its parts follow, or it is a description without anything behind it.
        (None, None) => (String::new(), Bytes::new()),
    };
    let name = short(get("fileName").unwrap_or(&name), "fileName")?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title = get("title").or(Some(stem).filter(|stem| !stem.is_empty()));
    let file = File {
        title: short(title.ok_or_else(|| missing("title"))?, "title")?.to_owned(),
        media_type: media_type(item_type, name).to_owned(),
        item_type: item_type.to_owned(),
        description: get("description").unwrap_or_default().to_owned(),
        snippet: get("snippet").unwrap_or_default().to_owned(),
        tags: hosted::tags(get("tags").unwrap_or_default()),
        folder: folder.map(str::to_owned),
        name: name.to_owned(),
        data,
        type_keywords: hosted::tags(get("typeKeywords").unwrap_or_default()),
        properties: properties(call)?.unwrap_or_default(),
        papers: papers(call)?.into_iter().collect(),
    };
    let item = app
        .hosted
        .add(owner, file, in_parts)
        .map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "id": item.id, "folder": item.folder }))
}

/// `content/users/{name}/items/{id}/addPart`: a part of the file of an item.
///
/// # Errors
/// When there is no such item of theirs that waits for parts, or the part has no number.
pub(crate) fn add_part(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let number = call.params.part_number(&["partNum"])?;
    let file = call.params.file("file").ok_or_else(|| missing("file"))?;
    app.hosted
        .add_part(&item.id, number, file.bytes.clone())
        .map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "id": item.id }))
}

/// `content/users/{name}/items/{id}/commit`: the file of an item is what its parts are together.
///
/// # Errors
/// When there is no such item of theirs that waits for parts, or a part is missing.
pub(crate) fn commit(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    app.hosted.commit(&item.id).map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "id": item.id }))
}

/// `content/users/{name}/items/{id}/status`: how far an item is.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn status(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let (status, message) = match app.hosted.is_partial(&item.id) {
        true => (
            "partial",
            "Parts of the file may follow, until it is committed.",
        ),
        false => ("completed", "completed"),
    };
    Ok(json!({ "status": status, "statusMessage": message, "itemId": item.id }))
}

/// `content/users/{name}/items/{id}/update`: another title, description or file.
///
/// # Errors
/// When there is no such item of theirs, or something is asked for that is not offered.
pub(crate) fn update(app: &App, call: &Call, name: &str, id: &str) -> Result<Value, Fault> {
    own_content(app, call, name)?;
    let item = find(app, call, id)?;
    let get = |name: &str| call.params.get(name);
    if get("url").is_some() || get("dataUrl").is_some() {
        return Err(Fault::bad_request(
            "The URL of an item cannot be changed; send the file itself, or its text.",
        ));
    }
    let clears = yes(call, "clearEmptyFields");
    // What is sent empty is left as it is, unless it is to be cleared.
    let text = |name: &str| match call.params.is_given(name) {
        true if clears || get(name).is_some() => Some(get(name).unwrap_or_default().to_owned()),
        _ => None,
    };
    let title = text("title").filter(|title| !title.is_empty());
    if let Some(title) = &title {
        short(title, "title")?;
    }
    let file = call.params.file("file");
    let data = file.map(|file| file.bytes.clone());
    let data = data.or_else(|| get("text").map(|text| text.to_owned().into()));
    let file_name = get("fileName").or(file.map(|file| file.name.as_str()));
    let file_name = file_name.filter(|_| !item.is_service()).map(str::to_owned);
    if let Some(name) = &file_name {
        short(name, "fileName")?;
    }
    let (description, snippet, tags) = (text("description"), text("snippet"), text("tags"));
    let (keywords, properties, papers) = (text("typeKeywords"), properties(call)?, papers(call)?);
    app.hosted
        .change(&item.id, |item| {
            item.title = title.unwrap_or_else(|| item.title.clone());
            item.name = file_name.unwrap_or_else(|| item.name.clone());
            item.description = description.unwrap_or_else(|| item.description.clone());
            item.snippet = snippet.unwrap_or_else(|| item.snippet.clone());
            item.tags = tags.map_or_else(|| item.tags.clone(), |tags| hosted::tags(&tags));
            if let Some(keywords) = keywords {
                item.type_keywords = hosted::tags(&keywords);
            }
            item.properties = properties.unwrap_or_else(|| item.properties.take());
            if papers.iter().any(|(path, _)| path.starts_with(THUMBNAIL)) {
                item.papers.retain(|path, _| !path.starts_with(THUMBNAIL));
            }
            item.papers.extend(papers);
            if data.is_some() {
                item.data = data;
            }
            Ok(())
        })
        .map_err(Fault::bad_request)?;
    Ok(json!({ "success": true, "id": item.id }))
}

/// What programs note on an item.
fn properties(call: &Call) -> Result<Option<Value>, Fault> {
    let text = call.params.get("properties");
    text.map(|text| {
        serde_json::from_str(text).map_err(|error| {
            Fault::bad_request(format!("'properties' is not valid JSON: {error}."))
        })
    })
    .transpose()
}

/// The files beside an item that came with a request: its thumbnail and its metadata.
fn papers(call: &Call) -> Result<Vec<(String, Bytes)>, Fault> {
    let mut papers = Vec::new();
    for field in ["thumbnail", "largeThumbnail"] {
        if let Some(file) = call.params.file(field) {
            papers.push(thumbnail(&file.name, file.bytes.clone())?);
        }
    }
    if let Some(file) = call.params.file("metadata") {
        papers.push((METADATA.to_owned(), file.bytes.clone()));
    }
    Ok(papers)
}

/// Where the thumbnail of an item is.
pub(super) const THUMBNAIL: &str = "info/thumbnail/";
const METADATA: &str = "info/metadata/metadata.xml";
/// How many bytes a thumbnail has at most.
const LARGEST_THUMBNAIL: usize = 10 * 1024 * 1024;

/// A picture as the thumbnail of an item.
pub(super) fn thumbnail(name: &str, bytes: Bytes) -> Result<(String, Bytes), Fault> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    if !["png", "jpg", "jpeg", "gif"].contains(&extension.as_str()) {
        return Err(Fault::bad_request(
            "A thumbnail must be a PNG, JPEG or GIF, by the extension of its name.",
        ));
    }
    if bytes.len() > LARGEST_THUMBNAIL {
        return Err(Fault::bad_request(format!(
            "A thumbnail has {LARGEST_THUMBNAIL} bytes at most."
        )));
    }
    Ok((format!("{THUMBNAIL}thumbnail.{extension}"), bytes))
}

/// `content/items/{id}/relatedItems`: what was published from an item, or the item that a service was published from.
///
/// # Errors
/// When there is no such item of theirs.
pub(crate) fn related(app: &App, call: &Call, id: &str) -> Result<Value, Fault> {
    let item = see(app, call, id)?;
    let kinds = call.params.get("relationshipTypes");
    let kinds = kinds.or_else(|| call.params.get("relationshipType"));
    let asked = kinds.unwrap_or("Service2Data").split(',');
    let mut related = Vec::new();
    if asked.into_iter().any(|kind| kind.trim() == "Service2Data") {
        let is_reverse = call.params.get("direction") == Some("reverse");
        let others = app.hosted.items().into_iter();
        let others = others.filter(|other| match is_reverse {
            true => other.source.as_deref() == Some(&item.id),
            false => item.source.as_deref() == Some(&other.id),
        });
        let own = others.filter(|other| other.owner == item.owner);
        related.extend(own.map(|other| super::describe(&other, call)));
    }
    Ok(json!({
        "total": related.len(),
        "start": 1,
        "num": related.len(),
        "nextStart": -1,
        "relatedItems": related,
    }))
}

/// The media type of an item's bytes.
pub(super) fn media_type(item_type: &str, name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    match (extension.as_str(), item_type) {
        ("csv" | "tsv" | "txt", _) => "text/csv",
        ("json" | "geojson", _) | (_, "Feature Collection" | "GeoJson" | "Web Map") => {
            "application/json"
        }
        ("zip", _) => "application/zip",
        ("png", _) => "image/png",
        ("jpg" | "jpeg", _) => "image/jpeg",
        ("gif", _) => "image/gif",
        ("xml", _) => "application/xml",
        // A text without a name is JSON as a rule, and never a page.
        ("", _) => "application/json",
        _ => "application/octet-stream",
    }
}

pub(super) fn short<'a>(text: &'a str, name: &str) -> Result<&'a str, Fault> {
    match text.chars().count() <= LONGEST {
        true => Ok(text),
        false => Err(Fault::bad_request(format!(
            "'{name}' is longer than {LONGEST} characters."
        ))),
    }
}

pub(super) fn missing(name: &str) -> Fault {
    Fault::bad_request(format!("'{name}' must be specified."))
}

/// The portal gives items their IDs.
pub(super) fn no_chosen_id() -> Fault {
    Fault::bad_request("'itemIdToCreate' is not offered by the local service; leave it out.")
}
