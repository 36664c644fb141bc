//! Items that are moved, shared, protected and copied, and the files beside them.

use super::content::{add_towns, user};
use super::{Client, error};
use crate::LocalService;
use crate::tests::lasting::with;
use serde_json::{Value, json};

async fn act(
    service: &LocalService,
    client: &Client,
    id: &str,
    what: &str,
    form: &[(&str, &str)],
) -> Value {
    let path = format!("{}/items/{id}/{what}", user(service));
    client.post(&path, form).await
}

async fn item(client: &Client, id: &str) -> Value {
    client
        .get(&format!("/sharing/rest/content/items/{id}"))
        .await
}

#[tokio::test]
async fn items_are_moved_protected_and_described_and_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = add_towns(&service, &client).await;
    let made = client
        .post(
            &format!("{}/createFolder", user(&service)),
            &[("title", "Trials")],
        )
        .await;
    let inside = made["folder"]["id"].as_str().unwrap();
    let answer = act(&service, &client, &id, "move", &[("folder", inside)]).await;
    assert_eq!(
        answer,
        json!({ "success": true, "itemId": id, "owner": "ann", "folder": inside })
    );
    let nowhere = act(&service, &client, &id, "move", &[("folder", "nowhere")]).await;
    assert_eq!(error(&nowhere).0, 400);
    act(&service, &client, &id, "protect", &[]).await;
    let form = [("typeKeywords", "one,two"), ("properties", r#"{"a":1}"#)];
    act(&service, &client, &id, "update", &form).await;
    service.shutdown().await;

    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let told = item(&client, &id).await;
    assert_eq!(
        (
            &told["ownerFolder"],
            &told["protected"],
            &told["properties"]
        ),
        (&json!(inside), &json!(true), &json!({ "a": 1 }))
    );
    assert!(
        told["typeKeywords"]
            .as_array()
            .unwrap()
            .contains(&json!("two"))
    );
    let can = act(&service, &client, &id, "canDelete", &[]).await;
    assert_eq!(
        (&can["success"], &can["error"]["code"]),
        (&json!(false), &json!(400))
    );
    for refused in [
        act(&service, &client, &id, "delete", &[]).await,
        client
            .post(&format!("{}/{inside}/delete", user(&service)), &[])
            .await,
    ] {
        assert!(error(&refused).1.contains("protected"), "{refused}");
    }
    let several = format!("{id},0123456789abcdef0123456789abcdef");
    let path = format!("{}/deleteItems", user(&service));
    let answer = client.post(&path, &[("items", &several)]).await;
    let done: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["success"])
        .collect();
    assert_eq!(done, [false, false]);
    act(&service, &client, &id, "unprotect", &[]).await;
    act(&service, &client, &id, "move", &[("folder", "/")]).await;
    assert_eq!(item(&client, &id).await["ownerFolder"], Value::Null);
    let answer = client.post(&path, &[("items", &id)]).await;
    assert_eq!(
        answer["results"][0],
        json!({ "itemId": id, "success": true })
    );
    assert_eq!(error(&item(&client, &id).await).0, 400);
}

/// Shared with everybody, an item and its service are read by whoever asks, and changed by nobody but their owner.
#[tokio::test]
async fn what_is_shared_is_seen_and_not_changed() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    super::edit::host(&client).await;
    let found = client.get("/sharing/rest/search?q=title:Towns").await;
    let id = found["results"][0]["id"].as_str().unwrap().to_owned();
    let stranger = Client::anonymous(&service);
    let root = "/arcgis/rest/services/Hosted/Towns/FeatureServer";
    let read = [
        format!("/sharing/rest/content/items/{id}"),
        root.to_owned(),
        format!("{root}/0"),
        format!("{root}/0/query?where=1%3D1"),
    ];
    for path in &read {
        assert_eq!(error(&stranger.get(path).await).0, 499, "{path}");
    }
    let share = async |form: &[(&str, &str)]| {
        client
            .post(&format!("/sharing/rest/content/items/{id}/share"), form)
            .await
    };
    let answer = share(&[("everyone", "true"), ("org", "true"), ("groups", "g1")]).await;
    assert_eq!(answer, json!({ "notSharedWith": ["g1"], "itemId": id }));
    assert_eq!(item(&client, &id).await["access"], "public");
    for path in &read {
        assert_eq!(stranger.get(path).await.get("error"), None, "{path}");
    }
    let add = [
        ("features", r#"[{"attributes":{}}]"#),
        ("addToDefinition", "{}"),
        ("title", "mine"),
    ];
    for path in [
        format!("{root}/0/addFeatures"),
        format!("{root}/0/truncate"),
        format!("{root}/0/append"),
        format!("{root}/0/calculate"),
        "/arcgis/rest/admin/services/Hosted/Towns/FeatureServer/addToDefinition".to_owned(),
        format!("{}/items/{id}/update", user(&service)),
        format!("{}/items/{id}/delete", user(&service)),
        format!("/sharing/rest/content/items/{id}/share"),
    ] {
        assert_eq!(error(&stranger.post(&path, &add).await).0, 499, "{path}");
    }
    let path = format!("{}/shareItems", user(&service));
    let answer = client
        .post(
            &path,
            &[("items", &id), ("org", "true"), ("everyone", "false")],
        )
        .await;
    assert_eq!(answer["results"][0]["success"], true, "{answer}");
    assert_eq!(item(&client, &id).await["access"], "org");
    assert_eq!(error(&stranger.get(root).await).0, 499);
    share(&[]).await;
    assert_eq!(item(&client, &id).await["access"], "private");
}

#[tokio::test]
async fn files_beside_an_item_outlive_the_service_and_go_with_the_item() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = add_towns(&service, &client).await;
    let form = [
        ("fileName", "a.json"),
        ("resourcesPrefix", "deep/er"),
        ("text", r#"{"a":1}"#),
    ];
    let answer = act(&service, &client, &id, "addResources", &form).await;
    assert_eq!(answer["success"], true, "{answer}");
    // A picture of one point, as the header of a PNG is enough here.
    let form = [
        ("data", "data:image/png;base64,iVBORw0KGgo="),
        ("filename", "t.png"),
    ];
    let answer = act(&service, &client, &id, "updateThumbnail", &form).await;
    assert_eq!(answer["success"], true, "{answer}");
    let long = format!("{}.json", "x".repeat(300));
    for (what, form, said) in [
        (
            "addResources",
            vec![("fileName", "../a"), ("text", "x")],
            "without folders",
        ),
        (
            "addResources",
            vec![("fileName", "a"), ("resourcesPrefix", ".."), ("text", "x")],
            "without folders",
        ),
        (
            "addResources",
            vec![("fileName", long.as_str()), ("text", "x")],
            "without folders",
        ),
        (
            "addResources",
            vec![("fileName", "a")],
            "'file' must be specified",
        ),
        (
            "addResources",
            vec![("fileName", "a"), ("text", "x"), ("archive", "true")],
            "one by one",
        ),
        ("removeResources", vec![("resource", "nope")], "no file"),
        (
            "updateThumbnail",
            vec![("data", "!"), ("filename", "t.png")],
            "base64",
        ),
        (
            "updateThumbnail",
            vec![("data", "aaaa"), ("filename", "t.html")],
            "PNG",
        ),
        ("reassign", vec![("targetUsername", "bob")], "one user"),
        ("nonsense", vec![], "not offered"),
    ] {
        let answer = act(&service, &client, &id, what, &form).await;
        assert!(error(&answer).1.contains(said), "{what} {form:?}: {answer}");
    }
    let copied = act(
        &service,
        &client,
        &id,
        "copy",
        &[("title", "Again"), ("includeResources", "true")],
    )
    .await;
    let copied = copied["itemId"].as_str().unwrap().to_owned();
    service.shutdown().await;

    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    for id in [&id, &copied] {
        let told = item(&client, id).await;
        assert_eq!(told["thumbnail"], "thumbnail/thumbnail.png");
        let path = format!("/sharing/rest/content/items/{id}");
        let (_, kind, bytes) = client
            .raw(
                "GET",
                &format!("{path}/info/thumbnail/thumbnail.png"),
                "",
                String::new(),
            )
            .await
            .unwrap();
        assert_eq!(
            (kind.as_str(), &bytes[..]),
            ("image/png", &b"\x89PNG\r\n\x1a\n"[..])
        );
        let told = client.get(&format!("{path}/resources")).await;
        assert_eq!(
            (&told["total"], &told["resources"][0]["resource"]),
            (&json!(1), &json!("deep/er/a.json"))
        );
        assert_eq!(
            client
                .get(&format!("{path}/resources/deep/er/a.json"))
                .await,
            json!({ "a": 1 })
        );
        assert_eq!(
            client.get(&format!("{path}/dependencies")).await["list"],
            json!([])
        );
    }
    assert_eq!(item(&client, &copied).await["title"], "Again");
    act(
        &service,
        &client,
        &id,
        "removeResources",
        &[("deleteAll", "true")],
    )
    .await;
    act(&service, &client, &id, "deleteThumbnail", &[]).await;
    act(&service, &client, &copied, "delete", &[]).await;
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    assert_eq!(item(&client, &id).await["thumbnail"], Value::Null);
    assert_eq!(
        client
            .get(&format!("/sharing/rest/content/items/{id}/resources"))
            .await["total"],
        0
    );
    assert_eq!(error(&item(&client, &copied).await).0, 400);
}

#[tokio::test]
async fn items_and_their_bytes_are_bounded() {
    let service = LocalService::builder()
        .keep_items(2, 400)
        .start()
        .await
        .unwrap();
    let client = Client::signed_in(&service).await;
    let add = async |title: &str, text: &str| {
        let form = [
            ("title", title),
            ("type", "Feature Collection"),
            ("text", text),
        ];
        client
            .post(&format!("{}/addItem", user(&service)), &form)
            .await
    };
    let id = add("a", &"x".repeat(300)).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        error(&add("b", &"x".repeat(101)).await)
            .1
            .contains("no room")
    );
    let form = [("fileName", "r"), ("text", &*"x".repeat(101))];
    assert!(
        error(&act(&service, &client, &id, "addResources", &form).await)
            .1
            .contains("no room")
    );
    assert_eq!(add("b", "{}").await["success"], true);
    let third = add("c", "{}").await;
    assert!(error(&third).1.contains("There are 2 items"), "{third}");
    let form = [("createParameters", r#"{"name":"Empty"}"#)];
    let third = client
        .post(&format!("{}/createService", user(&service)), &form)
        .await;
    assert!(error(&third).1.contains("There are 2 items"), "{third}");
    act(&service, &client, &id, "delete", &[]).await;
    assert_eq!(add("c", &"x".repeat(300)).await["success"], true);
}
