//! Files of items on prepared answers: where the token goes, and what is no file.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay};
use arcgis_analysis_core::{Credentials, Error, ErrorKind, ItemFile, Limits};
use arcgis_analysis_types::serde_json::{Value, json};
use arcgis_analysis_types::{FromResult, ItemOutput};

const ID: &str = "0123456789abcdef0123456789abcdef";
const ITEM: &str = "/sharing/rest/content/items/0123456789abcdef0123456789abcdef";
const DATA: &str = "/sharing/rest/content/items/0123456789abcdef0123456789abcdef/data";

fn item(id: &str) -> ItemOutput {
    // The URL is the server's word, and not followed.
    let value = json!({ "itemId": id, "url": "https://evil.example/items/1" });
    ItemOutput::from_result("contentID", value)
        .unwrap()
        .unwrap()
}

fn described(more: &Value) -> Answer {
    let mut item =
        json!({ "id": ID, "type": "Shapefile", "name": "trees.zip", "url": null, "size": 3 });
    item.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Answer::json(&item)
}

/// A portal with the item, whose file is answered for so.
fn holding(data: impl IntoIterator<Item = Answer>) -> Replay {
    replay()
        .on(Method::Get, ITEM, [described(&json!({})).forever()])
        .on(Method::Get, DATA, data)
}

async fn download(replay: &Replay) -> Result<ItemFile, Error> {
    portal(replay).await.item_file(&item(ID)).await
}

fn file(text: &str) -> Answer {
    Answer::text(200, text).header("Content-Type", "application/zip")
}

/// The token and the referer that each request for a file carried, with its URL.
fn carried(replay: &Replay) -> Vec<(String, bool, bool)> {
    let all = replay.requests().into_iter().skip(1);
    all.map(|asked| {
        (
            asked.request().url().to_owned(),
            asked.header("X-Esri-Authorization").is_some(),
            asked.header("Referer").is_some(),
        )
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn a_file_comes_from_the_portal_with_its_name() {
    let replay = holding([file("PK\u{3}")]);
    let file = download(&replay).await.unwrap();
    assert_eq!(file.bytes, b"PK\x03");
    assert_eq!(file.name.as_deref(), Some("trees.zip"));
    assert_eq!(file.media_type.as_deref(), Some("application/zip"));
    assert_eq!(file.item_type, "Shapefile");
    assert!(!format!("{file:?}").contains("PK"));
    assert_eq!(
        carried(&replay),
        [
            (format!("{PORTAL}{ITEM}?f=json"), true, true),
            (format!("{PORTAL}{DATA}?f=json"), true, true),
        ]
    );
}

/// As ArcGIS Online does, which keeps files with another company, by a URL that is good for a while.
#[tokio::test(start_paused = true)]
async fn no_token_goes_to_where_the_portal_sends_for_a_file() {
    let stored = "https://storage.example/o/trees.zip?X-Signature=abc%2Fdef";
    let replay = holding([Answer::status(302).header("Location", stored)]).on(
        Method::Get,
        "/o/trees.zip",
        [file("PK")],
    );
    assert_eq!(download(&replay).await.unwrap().bytes, b"PK");
    assert_eq!(
        carried(&replay).pop().unwrap(),
        (stored.to_owned(), false, false)
    );
}

#[tokio::test(start_paused = true)]
async fn what_would_no_longer_be_encrypted_and_what_leads_on_for_ever_is_refused() {
    for to in [
        "http://storage.example/o/trees.zip",
        "http://127.0.0.1/o/trees.zip",
        "https://user:word@storage.example/o/trees.zip",
        "file:///etc/passwd",
    ] {
        let replay = holding([Answer::status(302).header("Location", to)]);
        let error = download(&replay).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{to}");
        assert_eq!(replay.requests().len(), 3, "{to}");
    }
    let around = Answer::status(307).header("Location", "https://storage.example/o/trees.zip");
    let replay = holding([around.clone()]).on(Method::Get, "/o/trees.zip", [around.forever()]);
    let error = download(&replay).await.unwrap_err();
    assert!(error.to_string().contains("without end"), "{error}");
    assert_eq!(asked(&replay, "/o/trees.zip").len(), 3);
}

/// Whoever is sent there writes the URL into its logs.
#[tokio::test(start_paused = true)]
async fn a_place_whose_url_holds_the_token_is_not_asked() {
    let token = "T0KEN-of-ada-lovelace";
    for spelled in [token, "T0KEN%2Dof%2Dada%2Dlovelace"] {
        let to = format!("https://storage.example/o/trees.zip?key={spelled}");
        let replay = holding([Answer::status(302).header("Location", &to)]);
        let portal = builder(&replay).credentials(Credentials::token(token));
        let portal = portal.connect().await.unwrap();
        let error = portal.item_file(&item(ID)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{to}");
        assert_eq!(replay.requests().len(), 3, "{to}");
    }
}

/// Errors come with HTTP status 200, and a file may be JSON all the same.
#[tokio::test(start_paused = true)]
async fn refusals_are_no_files_and_json_may_be_one() {
    let refused = json!({ "error": { "code": 403, "message": "You do not have permissions." } });
    let error = download(&holding([Answer::json(&refused)]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    let error = download(&holding([Answer::status(404)])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = download(&holding([Answer::text(200, "")]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("holds no file"), "{error}");
    let json = json!({ "type": "FeatureCollection", "features": [] });
    let read = download(&holding([Answer::json(&json)])).await.unwrap();
    assert_eq!(read.bytes, json.to_string().into_bytes());
    // A passing fault is passed over.
    let replay = holding([Answer::status(503), file("PK")]);
    assert_eq!(download(&replay).await.unwrap().bytes, b"PK");
}

#[tokio::test(start_paused = true)]
async fn services_large_files_and_odd_ids_are_refused_before_anything_is_downloaded() {
    let service = json!({ "type": "Image Service", "url": "https://h.example/ImageServer" });
    for (more, kind, words) in [
        (service, ErrorKind::Results, "it is a Image Service"),
        (
            json!({ "size": 1_u64 << 40 }),
            ErrorKind::TooLarge,
            "max_file_body",
        ),
    ] {
        let replay = replay().on(Method::Get, ITEM, [described(&more)]);
        let error = download(&replay).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(words), "{error}");
        assert!(asked(&replay, "/data").is_empty());
    }
    let replay = replay();
    let portal = portal(&replay).await;
    for id in ["..", ""] {
        let error = portal.item_file(&item(id)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Results, "{id}");
    }
    assert_eq!(replay.requests().len(), 1);
    // Whatever else the ID is, it leads to no other resource.
    for id in ["a/../../portals", "a?b"] {
        portal.item_file(&item(id)).await.unwrap_err();
    }
    for asked in replay.requests().iter().skip(1) {
        let path = asked.path();
        assert!(
            ["a%2F..%2F..%2Fportals", "a%3Fb"]
                .iter()
                .any(|id| path == format!("/sharing/rest/content/items/{id}")),
            "{path}"
        );
    }
    let mut limits = Limits::default();
    limits.max_file_body = 3;
    let replay = holding([file("12345")]);
    let portal = builder(&replay).limits(limits).connect().await.unwrap();
    let error = portal.item_file(&item(ID)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}
