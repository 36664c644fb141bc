//! Downloading the file of an item: from the portal, or from where the portal sends for it.

use crate::redact::redact;
use crate::session::{Call, Expects, Fetched, Session};
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::ItemOutput;
use serde_json::Value;
use std::fmt;

/// How often a portal may send elsewhere for a file.
const HOPS: usize = 3;

/// A file that an item of a portal holds.
///
/// Its `Debug` form shows how many bytes it has.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{ItemFile, Portal, Result};
/// use arcgis_analysis_types::ItemOutput;
///
/// async fn download(portal: &Portal, item: &ItemOutput) -> Result<Vec<u8>> {
///     let file: ItemFile = portal.item_file(item).await?;
///     eprintln!("{} of the type {}", file.name.as_deref().unwrap_or("a file"), file.item_type);
///     Ok(file.bytes)
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemFile {
    /// The name to save it by, as the portal tells it, without folders.
    pub name: Option<String>,
    /// What the item is, in the portal's words, such as `Shapefile`.
    pub item_type: String,
    /// The media type, as whoever sent the file tells it.
    pub media_type: Option<String>,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for ItemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemFile")
            .field("name", &self.name)
            .field("item_type", &self.item_type)
            .field("size", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Downloads the file of an item. The portal may send elsewhere for it, where no token of the portal goes.
pub(crate) async fn item_file(session: &Session, item: &ItemOutput) -> Result<ItemFile> {
    let unusable = |problem: &str| Error::new(ErrorKind::Results, problem);
    let id = item.item_id.as_deref().ok_or_else(|| {
        unusable("the result names no item of the portal, so there is no file to download")
    })?;
    let shown = redact(id, &session.secrets());
    let resource = |last: &[&str]| {
        let resource = [&["content", "items", id], last].concat();
        let url = session.portal.rest(&resource);
        url.map_err(|_| unusable(&format!("`{shown}` cannot be an item's ID")))
    };
    let doing = format!("downloading the item `{shown}`");
    let described = session.get("item", resource(&[])?);
    let described = session.call_again(&described).await;
    let described = described.map_err(|failure| session.error(&doing, failure))?;
    let described = described.document;
    let text = |name: &str| described.get(name).and_then(Value::as_str);
    if text("id").is_some_and(|told| !told.eq_ignore_ascii_case(id)) {
        let problem = "the server answered with another item";
        return Err(session.unexpected(&doing, problem, &described));
    }
    let item_type = text("type").unwrap_or("item of unknown type");
    let item_type = redact(item_type, &session.secrets());
    if text("url").is_some_and(|url| !url.trim().is_empty()) {
        return Err(unusable(&format!(
            "{doing} failed: it is a {item_type}, which is a service and no file; read its layers or images by their URL"
        )));
    }
    let most = session.limits.max_file_body;
    let size = described.get("size").and_then(Value::as_u64);
    if size.is_some_and(|size| size > most as u64) {
        let sentence = format!("{doing} failed: it is larger than {most} bytes (`max_file_body`)");
        return Err(Error::new(ErrorKind::TooLarge, sentence));
    }
    let mut call = Call {
        timeout: session.limits.results,
        expects: Expects::File,
        ..session.get("itemData", resource(&["data"])?)
    };
    for _ in 0..=HOPS {
        let fetched = session.call_again_as(&call, Session::read_file).await;
        match fetched.map_err(|failure| session.error(&doing, failure))? {
            Fetched::Elsewhere(url) => call.url = url,
            Fetched::File { bytes, .. } if bytes.is_empty() => {
                return Err(unusable(&format!(
                    "{doing} failed: it is a {item_type} and holds no file"
                )));
            }
            Fetched::File { media_type, bytes } => {
                let name = text("name").map(|name| redact(name, &session.secrets()));
                let name = name.and_then(|name| plain_name(&name));
                if is_page(media_type.as_deref(), &bytes) && !is_page_name(name.as_deref()) {
                    let sentence = format!(
                        "{doing} failed: an HTML page came in place of the file, as a proxy or a page to sign in on does"
                    );
                    return Err(Error::new(ErrorKind::Protocol, sentence));
                }
                return Ok(ItemFile {
                    name,
                    item_type,
                    media_type,
                    bytes,
                });
            }
        }
    }
    Err(Error::new(
        ErrorKind::Protocol,
        format!("{doing} failed: the servers send from one to another without end"),
    ))
}

/// Whether what came is a page for people.
fn is_page(media_type: Option<&str>, bytes: &[u8]) -> bool {
    let is_html = |of: &str| of.trim().to_ascii_lowercase().starts_with("text/html");
    media_type.is_some_and(is_html) && bytes.trim_ascii_start().starts_with(b"<")
}

fn is_page_name(name: Option<&str>) -> bool {
    let ending = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, ending)| ending);
    ending.is_some_and(|ending| {
        ["htm", "html"]
            .iter()
            .any(|e| ending.eq_ignore_ascii_case(e))
    })
}

/// The name of a file, without what would lead out of a folder.
fn plain_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim();
    (!plain.trim_matches('.').is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for (name, plain) in [
            ("trees.zip", Some("trees.zip")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\temp\\a b.csv", Some("a b.csv")),
            ("..", None),
            ("a/", None),
            ("\u{1b}[2Jx.kmz", Some("[2Jx.kmz")),
        ] {
            assert_eq!(plain_name(name).as_deref(), plain, "{name}");
        }
    }
}
