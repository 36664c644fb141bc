//! Results that are files: their items, and what is downloaded.

use super::{Client, cities, error};
use crate::LocalService;
use crate::disk::Disk;
use crate::hosted::{File, Hosted};
use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::Method;
use serde_json::{Value, json};

const CONTENT: &str = "/sharing/rest/content";

/// Extracts two cities, and returns the job's path.
async fn extract(client: &Client, more: &[(&str, &str)]) -> String {
    let layers = format!("[{}]", cities());
    let mut form = vec![("inputLayers", layers.as_str())];
    form.extend(more);
    client.submit("ExtractData", &form).await
}

/// The ID of the item that a job which ends well leaves.
async fn extracted(client: &Client, more: &[(&str, &str)]) -> String {
    let job = extract(client, more).await;
    client.job_ended(&job, "esriJobSucceeded").await;
    let result = client.get(&format!("{job}/results/contentID")).await;
    result["value"]["itemId"].as_str().unwrap().to_owned()
}

/// The type, the disposition and the bytes of a file.
async fn download(client: &Client, id: &str) -> (String, String, Vec<u8>) {
    // Esri's clients ask for JSON and get the file.
    let path = format!("{CONTENT}/items/{id}/data?f=json");
    let response = client.bytes(&path).await;
    assert_eq!(response.status(), 200);
    let header = |name: &str| {
        let value = response.headers().get(name).unwrap();
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    let (kind, disposition) = (header("content-type"), header("content-disposition"));
    let length = header("content-length");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(length, body.len().to_string());
    (kind, disposition, body.to_vec())
}

#[tokio::test]
async fn a_file_is_an_item_to_download() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let job = extract(&client, &[]).await;
    client.job_ended(&job, "esriJobSucceeded").await;
    let result = client.get(&format!("{job}/results/contentID")).await;
    assert_eq!(
        (&result["paramName"], &result["dataType"]),
        (&json!("contentID"), &json!("GPString"))
    );
    let value = &result["value"];
    let id = value["itemId"].as_str().unwrap();
    let url = format!("{}{CONTENT}/items/{id}", service.portal_url());
    assert_eq!(value["url"], url);

    let item = client.get(&format!("{CONTENT}/items/{id}")).await;
    assert_eq!(
        (&item["type"], &item["name"], &item["title"]),
        (&json!("CSV"), &json!("layer.csv"), &json!("layer"))
    );
    assert_eq!(
        (&item["owner"], &item["url"]),
        (&json!(service.username()), &Value::Null)
    );
    let (kind, disposition, bytes) = download(&client, id).await;
    // By RFC 4180, with the coordinates that were sent.
    let text = "NAME,x,y\r\nOslo,10.75,59.91\r\nBergen,5.32,60.39\r\n";
    assert_eq!(bytes, text.as_bytes());
    assert_eq!(item["size"], text.len());
    assert_eq!(kind, "text/csv");
    assert_eq!(disposition, r#"attachment; filename="layer.csv""#);

    // It is found as what it is, and is no service.
    for (q, total) in [
        ("type:CSV", 1),
        ("type:\"Feature Service\"", 0),
        ("layer", 1),
    ] {
        let found = client.post("/sharing/rest/search", &[("q", q)]).await;
        assert_eq!(found["total"], total, "{q}");
    }
    let services = client.get("/arcgis/rest/services/Hosted").await;
    assert_eq!(services["services"], json!([]));

    let user = format!("{CONTENT}/users/{}", service.username());
    client.post(&format!("{user}/items/{id}/delete"), &[]).await;
    let gone = client.get(&format!("{CONTENT}/items/{id}/data")).await;
    assert_eq!(error(&gone).0, 400);
}

#[tokio::test]
async fn a_file_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str| LocalService::builder().data(folder.path()).username(name);
    let service = with("ann").start().await.unwrap();
    let id = extracted(&Client::signed_in(&service).await, &[]).await;
    let path = format!("{CONTENT}/items/{id}/data");
    let visitor = Client::anonymous(&service);
    assert_eq!(error(&visitor.get(&path).await).0, 499);
    service.shutdown().await;
    let service = with("bob").start().await.unwrap();
    let client = Client::signed_in(&service).await;
    assert_eq!(error(&client.get(&path).await).0, 400);
    assert_eq!(
        client.get("/sharing/rest/search?q=type:CSV").await["total"],
        0
    );
    service.shutdown().await;
}

#[tokio::test]
async fn an_output_name_tells_of_the_file() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let user = format!("{CONTENT}/users/{}", service.username());
    let made = client
        .post(&format!("{user}/createFolder"), &[("title", "Files")])
        .await;
    let folder = made["folder"]["id"].as_str().unwrap();
    let properties = json!({
        "title": "Städte \"A/B\"",
        "description": "Two cities.",
        "tags": "Norway, cities,",
        "snippet": "Of Norway",
        "folderId": folder,
    });
    let name = json!({ "itemProperties": properties }).to_string();
    let form = [("outputName", name.as_str()), ("DataFormat", "SHAPEFILE")];
    let id = extracted(&client, &form).await;
    let item = client.get(&format!("{CONTENT}/items/{id}")).await;
    for (member, value) in [
        ("title", json!("Städte \"A/B\"")),
        ("description", json!("Two cities.")),
        ("tags", json!(["Norway", "cities"])),
        ("snippet", json!("Of Norway")),
        ("ownerFolder", json!(folder)),
        ("type", json!("Shapefile")),
        ("name", json!("Städte _A_B_.zip")),
    ] {
        assert_eq!(item[member], value, "{member}");
    }
    let inside = client.get(&format!("{user}/{folder}")).await;
    assert_eq!(inside["items"][0]["id"], id);
    let found = client.get("/sharing/rest/search?q=tags:norway").await;
    assert_eq!(found["total"], 1);
    let (kind, disposition, bytes) = download(&client, &id).await;
    assert_eq!(
        (kind.as_str(), &bytes[..2]),
        ("application/zip", &b"PK"[..])
    );
    assert_eq!(
        disposition,
        "attachment; filename=\"St_dte _A_B_.zip\"; filename*=UTF-8''St%C3%A4dte%20%5FA%5FB%5F%2Ezip"
    );

    // Deleting the folder deletes what is in it.
    client.post(&format!("{user}/{folder}/delete"), &[]).await;
    assert_eq!(service.app.hosted.items().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_written_fails_with_the_reason_and_leaves_nothing() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    for (form, said) in [
        (
            ("outputName", r#"{"itemProperties":{"folderId":"f00"}}"#),
            "There is no folder f00",
        ),
        (
            (
                "outputName",
                r#"{"itemProperties":{"itemId":"a1","overwrite":true}}"#,
            ),
            "files are not overwritten",
        ),
        (
            ("outputName", r#"{"itemProperties":{"title":7}}"#),
            "`outputName`",
        ),
        (("dataFormat", "FILEGEODATABASE"), "file geodatabase"),
        (("dataFormat", "LAYERPACKAGE"), "must be one of `CSV`"),
    ] {
        let answer = client
            .post(
                &format!("{}/ExtractData/submitJob", super::GP),
                &[("inputLayers", format!("[{}]", cities()).as_str()), form],
            )
            .await;
        let told = match answer["jobId"].as_str() {
            None => answer.to_string(),
            Some(id) => {
                let job = format!("{}/ExtractData/jobs/{id}", super::GP);
                client.job_ended(&job, "esriJobFailed").await["messages"].to_string()
            }
        };
        assert!(told.contains(said), "{form:?}: {told}");
    }
    assert!(service.app.hosted.items().is_empty());
}

#[tokio::test]
async fn a_file_is_no_layer_and_takes_none() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let id = extracted(&client, &[]).await;
    let cities = cities();
    let into = json!({ "itemProperties": { "itemId": id, "overwrite": true } }).to_string();
    let item = json!({ "itemId": id }).to_string();
    for (form, said) in [
        (
            [("inputLayer", item.as_str()), ("outputName", "")],
            "is not there",
        ),
        (
            [
                ("inputLayer", cities.as_str()),
                ("outputName", into.as_str()),
            ],
            "holds no layers",
        ),
    ] {
        let form = [&form[..], &[("distances", "[1]")]].concat();
        let job = client.submit("CreateBuffers", &form).await;
        let job = client.job_ended(&job, "esriJobFailed").await;
        assert!(job["messages"].to_string().contains(said), "{job}");
    }
    // The name of a file is no name of a service.
    let named = [("name", "layer"), ("type", "featureService")];
    let path = "/sharing/rest/portals/self/isServiceNameAvailable";
    assert_eq!(client.post(path, &named).await["available"], true);
    let root = client
        .get("/arcgis/rest/services/Hosted/layer.csv/FeatureServer")
        .await;
    assert_eq!(error(&root).0, 404);
}

#[tokio::test]
async fn files_outlive_the_service_until_they_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let with = || LocalService::builder().data(folder.path()).username("ann");
    let service = with().start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let job = extract(&client, &[("dataFormat", "KML")]).await;
    client.job_ended(&job, "esriJobSucceeded").await;
    let id = client.get(&format!("{job}/results/contentID")).await["value"]["itemId"].clone();
    let id = id.as_str().unwrap();
    let before = (
        client.get(&format!("{CONTENT}/items/{id}")).await,
        download(&client, id).await,
    );
    assert_eq!(before.1.0, "application/vnd.google-earth.kmz");
    service.shutdown().await;

    let service = with().start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let after = (
        client.get(&format!("{CONTENT}/items/{id}")).await,
        download(&client, id).await,
    );
    assert_eq!(after, before);
    let value = client.get(&format!("{job}/results/contentID")).await["value"].clone();
    // The URL is of the service as it is called now.
    assert_eq!(
        value["url"],
        format!("{}{CONTENT}/items/{id}", service.portal_url())
    );
    client
        .post(&format!("{CONTENT}/users/ann/items/{id}/delete"), &[])
        .await;
    service.shutdown().await;
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    assert!(loaded.of(crate::disk::Kind::Data).is_empty());
    assert!(loaded.of(crate::disk::Kind::Item).is_empty());
    disk.close().await;
}

/// The file and the end of its job are on disk both or neither.
#[tokio::test]
async fn a_file_comes_with_the_end_of_its_job() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    let file = || File {
        name: "trees.csv".to_owned(),
        item_type: "CSV".to_owned(),
        data: Bytes::from_static(b"height\r\n12\r\n"),
        ..File::default()
    };
    // As after a kill, or where the job was cancelled.
    let filling = hosted.file("ann", file()).unwrap();
    assert!(hosted.items().is_empty());
    drop(filling);
    disk.close().await;
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    assert!(hosted.items().is_empty());
    let mut filling = hosted.file("ann", file()).unwrap();
    let id = filling.item.id.clone();
    disk.written(std::mem::take(&mut filling.changes))
        .await
        .unwrap();
    filling.show();
    let held = |hosted: &Hosted| hosted.item(&id).unwrap().data.clone().unwrap();
    assert_eq!(held(&hosted), file().data);
    disk.close().await;
    let (disk, loaded) = Disk::open(folder.path()).unwrap();
    let hosted = Hosted::new(disk.clone(), &loaded).unwrap();
    assert_eq!(held(&hosted), file().data);
    disk.close().await;
}

/// The service's own files are the only answers that are not JSON, and a wrong item is told of in JSON.
#[tokio::test]
async fn a_service_has_no_file() {
    let (_service, client) = super::query::grid(2, 2).await;
    let found = client
        .get("/sharing/rest/search?q=type:%22Feature%20Service%22")
        .await;
    let id = found["results"][0]["id"].as_str().unwrap();
    assert_eq!(
        client.get(&format!("{CONTENT}/items/{id}/data")).await,
        json!({})
    );
    let (status, text) = client
        .send(Method::GET, &format!("{CONTENT}/items/f00/data"), None)
        .await;
    assert_eq!(status, 200);
    assert!(text.contains("does not exist"), "{text}");
}
