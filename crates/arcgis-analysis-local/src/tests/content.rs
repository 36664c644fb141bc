//! Items that a client makes of files and texts, and files for tasks.

use super::publish::publish;
use super::{Client, GP, error};
use crate::LocalService;
use crate::tests::lasting::with;
use hyper::StatusCode;
use serde_json::{Value, json};

const TOWNS: &str = "name,pop,lat,lon,zip\nBasel,173232,47.56,7.59,4051\nBern,134591,46.95,7.45,3011\nNowhere,1,,,1\n";

pub(super) fn user(service: &LocalService) -> String {
    format!("/sharing/rest/content/users/{}", service.username())
}

/// Posts fields and a file, as browsers and Esri's clients do.
async fn post(
    client: &Client,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &str)>,
) -> Value {
    let mut body = String::new();
    for (name, text) in fields {
        body +=
            &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    }
    if let Some((name, text)) = file {
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n"
        );
    }
    body += "--edge--\r\n";
    let parts = "multipart/form-data; boundary=edge";
    let (status, _, answer) = client.raw("POST", path, parts, body).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    serde_json::from_slice(&answer).unwrap()
}

/// An item of a table, and its ID.
pub(super) async fn add_towns(service: &LocalService, client: &Client) -> String {
    let fields = [
        ("title", "Towns"),
        ("type", "CSV"),
        ("tags", "a, b"),
        ("f", "json"),
    ];
    let added = post(
        client,
        &format!("{}/addItem", user(service)),
        &fields,
        Some(("towns.csv", TOWNS)),
    )
    .await;
    assert_eq!(added["success"], true, "{added}");
    added["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_is_an_item_that_changes_and_outlives_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = add_towns(&service, &client).await;
    let item = format!("/sharing/rest/content/items/{id}");
    let described = client.get(&item).await;
    assert_eq!(
        (
            &described["type"],
            &described["title"],
            &described["tags"],
            &described["name"],
            &described["size"]
        ),
        (
            &json!("CSV"),
            &json!("Towns"),
            &json!(["a", "b"]),
            &json!("towns.csv"),
            &json!(TOWNS.len())
        ),
    );
    let data = format!("{item}/data?f=json");
    let (_, kind, bytes) = client.raw("GET", &data, "", String::new()).await.unwrap();
    assert_eq!(
        (kind.as_str(), bytes.as_slice()),
        ("text/csv", TOWNS.as_bytes())
    );
    let own = format!("{}/items/{id}", user(&service));
    let update = |fields: Vec<(&'static str, &'static str)>,
                  file: Option<(&'static str, &'static str)>| {
        let (client, path) = (client.clone(), format!("{own}/update"));
        async move { post(&client, &path, &fields, file).await }
    };
    let done = json!({ "success": true, "id": id });
    assert_eq!(
        update(vec![("title", "New"), ("tags", ""), ("snippet", "s")], None).await,
        done
    );
    assert_eq!(update(vec![], Some(("other.csv", "a\n1\n"))).await, done);
    let described = client.get(&item).await;
    assert_eq!(
        (
            &described["title"],
            &described["tags"],
            &described["snippet"],
            &described["name"]
        ),
        (
            &json!("New"),
            &json!(["a", "b"]),
            &json!("s"),
            &json!("other.csv")
        ),
    );
    assert_eq!(
        update(vec![("tags", ""), ("clearEmptyFields", "true")], None).await,
        done
    );
    assert_eq!(
        client.get(&format!("{own}/status")).await["status"],
        "completed"
    );
    service.shutdown().await;
    let service = with(folder.path()).start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let described = client.get(&item).await;
    assert_eq!(
        (&described["title"], &described["tags"]),
        (&json!("New"), &json!([]))
    );
    let (_, _, bytes) = client.raw("GET", &data, "", String::new()).await.unwrap();
    assert_eq!(bytes, b"a\n1\n");
    let own = format!("{}/items/{id}", user(&service));
    assert_eq!(
        client.post(&format!("{own}/delete"), &[]).await["success"],
        true
    );
    assert_eq!(error(&client.get(&item).await).0, 400);
    service.shutdown().await;

    // What one user made is not for the next.
    let service = with(folder.path()).username("ann").start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = add_towns(&service, &client).await;
    service.shutdown().await;
    let service = with(folder.path()).username("bob").start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let other = format!("{}/items/{id}", user(&service));
    for path in [
        format!("{other}/update"),
        format!("{other}/addPart?partNum=1"),
        format!("{other}/commit"),
    ] {
        let refused = post(&client, &path, &[("title", "mine")], Some(("x", "x"))).await;
        assert_eq!(error(&refused).0, 400, "{path}");
    }
    let params = [
        ("itemid", id.as_str()),
        ("publishParameters", r#"{"name":"Stolen"}"#),
    ];
    assert_eq!(error(&publish(&service, &client, &params).await).0, 400);
    assert_eq!(
        error(
            &client
                .get(&format!("/sharing/rest/content/items/{id}/data"))
                .await
        )
        .0,
        400
    );
}

/// As Esri's Python client adds every file.
#[tokio::test]
async fn a_file_comes_in_parts() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let fields = [
        ("title", "Towns"),
        ("type", "CSV"),
        ("multipart", "true"),
        ("fileName", "towns.csv"),
    ];
    let added = client
        .post(&format!("{}/addItem", user(&service)), &fields)
        .await;
    let id = added["id"].as_str().unwrap();
    let item = format!("{}/items/{id}", user(&service));
    assert_eq!(
        client.get(&format!("{item}/status")).await["status"],
        "partial"
    );
    assert_eq!(
        error(&client.post(&format!("{item}/commit"), &[]).await).0,
        400
    );
    let part = async |number: usize, text: &str| {
        post(
            &client,
            &format!("{item}/addPart?f=json&partNum={number}"),
            &[],
            Some(("towns.csv", text)),
        )
        .await
    };
    let (head, tail) = TOWNS.split_at(30);
    assert_eq!(part(3, "beyond").await["success"], true);
    assert_eq!(part(1, head).await["success"], true);
    let gap = client.post(&format!("{item}/commit"), &[]).await;
    assert!(error(&gap).1.contains("without a gap"), "{gap}");
    assert_eq!(part(2, "").await["success"], true);
    assert_eq!(part(3, tail).await["success"], true);
    assert_eq!(error(&part(0, "x").await).0, 400);
    assert_eq!(
        client.post(&format!("{item}/commit"), &[]).await["success"],
        true
    );
    assert_eq!(
        client.get(&format!("{item}/status")).await["status"],
        "completed"
    );
    let data = format!("/sharing/rest/content/items/{id}/data");
    let (_, _, bytes) = client.raw("GET", &data, "", String::new()).await.unwrap();
    assert_eq!(bytes, TOWNS.as_bytes());
    assert_eq!(error(&part(1, "late").await).0, 400);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_with_a_sentence() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let user = user(&service);
    let (add, publish) = (format!("{user}/addItem"), format!("{user}/publish"));
    let named = r#"{"name":"N"}"#;
    let address = r#"{"name":"N","locationType":"address"}"#;
    let csv = ("filetype", "csv");
    for (path, form, said) in [
        (&add, vec![("title", "T")], "'type' must be specified"),
        (&add, vec![("type", "CSV")], "'title' must be specified"),
        (
            &add,
            vec![("type", "Feature Service"), ("title", "T")],
            "createService",
        ),
        (
            &add,
            vec![("type", "Web Map"), ("title", "T"), ("url", "https://x/")],
            "refer to a URL",
        ),
        (
            &add,
            vec![("type", "CSV"), ("title", "T"), ("itemIdToCreate", "0")],
            "not offered",
        ),
        (
            &publish,
            vec![csv, ("publishParameters", named)],
            "Send an 'itemid'",
        ),
        (
            &publish,
            vec![csv, ("text", "a\n1\n")],
            "a name for the service",
        ),
        (
            &publish,
            vec![("text", "a"), ("publishParameters", named)],
            "'filetype' must be specified",
        ),
        (
            &publish,
            vec![
                ("filetype", "excel"),
                ("text", "a"),
                ("publishParameters", named),
            ],
            "offered are csv",
        ),
        (
            &publish,
            vec![
                ("filetype", "fileGeodatabase"),
                ("text", "a"),
                ("publishParameters", named),
            ],
            "send a zipped shapefile",
        ),
        (
            &publish,
            vec![
                ("filetype", "shapefile"),
                ("text", "a"),
                ("publishParameters", named),
            ],
            "send the files of a shapefile in a zip archive",
        ),
        (
            &publish,
            vec![csv, ("text", "a,b\n1\n"), ("publishParameters", named)],
            "row 1",
        ),
        (
            &publish,
            vec![csv, ("text", "a\n1\n"), ("publishParameters", address)],
            "geocoding",
        ),
        (
            &publish,
            vec![csv, ("text", "a\n1\n"), ("publishParameters", "{")],
            "not valid JSON",
        ),
        (
            &publish,
            vec![
                ("filetype", "geojson"),
                ("text", "{}"),
                ("publishParameters", named),
            ],
            "cannot be read",
        ),
        (
            &publish,
            vec![
                ("filetype", "featureCollection"),
                ("text", r#"{"layers":[]}"#),
                ("publishParameters", named),
            ],
            "no layers",
        ),
        (
            &publish,
            vec![
                csv,
                ("text", "a\n1\n"),
                ("publishParameters", named),
                ("outputType", "Tiles"),
            ],
            "feature services",
        ),
    ] {
        let answer = client.post(path, &form).await;
        assert!(
            error(&answer).0 == 400 && error(&answer).1.contains(said),
            "{form:?}: {answer}"
        );
    }
    assert!(service.app.hosted.items().is_empty());
    let nobody = Client::anonymous(&service);
    for path in [
        &add,
        &publish,
        &"/sharing/rest/content/features/analyze".to_owned(),
    ] {
        assert_eq!(
            error(&nobody.post(path, &[csv, ("text", "a\n1\n")]).await).0,
            499,
            "{path}"
        );
    }
    assert_eq!(
        error(
            &client
                .post("/sharing/rest/content/users/other/addItem", &[])
                .await
        )
        .0,
        400
    );
}

#[tokio::test]
async fn files_for_tasks_are_uploaded_whole_and_in_parts() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let uploads = format!("{GP}/uploads");
    let whole = post(
        &client,
        &format!("{uploads}/upload"),
        &[("description", "d")],
        Some((r"C:\a\b.txt", "text")),
    )
    .await;
    let item = &whole["item"];
    assert_eq!(
        (&whole["success"], &item["itemName"], &item["committed"]),
        (&json!(true), &json!("b.txt"), &json!(true))
    );
    let id = item["itemID"].as_str().unwrap();
    assert_eq!(&client.get(&format!("{uploads}/{id}")).await, item);

    let registered = client
        .post(&format!("{uploads}/register"), &[("itemName", "parts.bin")])
        .await;
    let path = format!(
        "{uploads}/{}",
        registered["item"]["itemID"].as_str().unwrap()
    );
    assert_eq!(
        error(&client.post(&format!("{path}/commit"), &[]).await).0,
        400
    );
    for number in ["2", "1"] {
        let part = post(
            &client,
            &format!("{path}/uploadPart"),
            &[("partNumber", number)],
            Some(("p", "12345")),
        )
        .await;
        assert_eq!(part["success"], true, "{part}");
    }
    assert_eq!(
        client.get(&format!("{path}/parts")).await["parts"],
        json!([1, 2])
    );
    let done = client.post(&format!("{path}/commit"), &[]).await;
    assert_eq!(
        (&done["success"], &done["item"]["size"]),
        (&json!(true), &json!(10))
    );
    assert_eq!(
        client.get(&uploads).await["uploads"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        client.post(&format!("{path}/delete"), &[]).await,
        json!({ "success": true })
    );
    assert_eq!(
        error(&client.post(&format!("{path}/delete"), &[]).await).0,
        404
    );
    assert_eq!(
        error(
            &Client::anonymous(&service)
                .get(&format!("{uploads}/{id}"))
                .await
        )
        .0,
        499
    );
    // Beyond what is kept, the oldest go.
    for _ in 0..100 {
        post(&client, &format!("{uploads}/upload"), &[], Some(("x", "x"))).await;
    }
    assert_eq!(error(&client.get(&format!("{uploads}/{id}")).await).0, 404);
    assert_eq!(
        client.get(&uploads).await["uploads"]
            .as_array()
            .unwrap()
            .len(),
        100
    );
}
