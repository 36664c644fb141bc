//! Results that are hosted: the items, their services, and layers as inputs of other tasks.

use super::{Client, cities, error};
use crate::LocalService;
use serde_json::{Value, json};

const CONTENT: &str = "/sharing/rest/content";

/// Buffers of two cities in a hosted service.
async fn buffers(client: &Client, output: &Value) -> String {
    let (cities, output) = (cities(), output.to_string());
    let form = [
        ("inputLayer", cities.as_str()),
        ("distances", "[10]"),
        ("units", "Kilometers"),
        ("outputName", output.as_str()),
    ];
    client.submit("CreateBuffers", &form).await
}

fn named(name: &str) -> Value {
    json!({ "serviceProperties": { "name": name } })
}

/// The value of the result of a job that ends well.
async fn hosted(client: &Client, output: &Value) -> Value {
    let job = buffers(client, output).await;
    client.job_ended(&job, "esriJobSucceeded").await;
    client.get(&format!("{job}/results/bufferLayer")).await["value"].clone()
}

/// The path of a URL of the service.
fn path<'a>(service: &LocalService, url: &'a Value) -> &'a str {
    let url = url.as_str().unwrap();
    url.strip_prefix(service.portal_url()).unwrap()
}

#[tokio::test]
async fn an_output_name_makes_an_item_with_a_service() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let value = hosted(&client, &named("my buffers")).await;
    let id = value["itemId"].as_str().unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    let layer = path(&service, &value["url"]);
    assert!(layer.ends_with("/my_buffers/FeatureServer/0"), "{layer}");

    let item = client
        .post(&format!("{CONTENT}/items/{id}"), &[("f", "json")])
        .await;
    assert_eq!(item["owner"], service.username());
    assert_eq!(
        (&item["type"], &item["title"]),
        (&json!("Feature Service"), &json!("my_buffers"))
    );
    assert_eq!(
        format!("{}/0", item["url"].as_str().unwrap()),
        value["url"].as_str().unwrap()
    );
    // Ten kilometres around Bergen (5.32) in the west and Oslo (10.75) in the east.
    let extent: Vec<Vec<f64>> = serde_json::from_value(item["extent"].clone()).unwrap();
    assert!(
        (5.1..5.2).contains(&extent[0][0]) && (10.9..11.0).contains(&extent[1][0]),
        "{extent:?}"
    );
    assert_eq!(
        client
            .get(&format!("{CONTENT}/items/{id}/data"))
            .await
            .get("error"),
        None
    );

    let root = path(&service, &item["url"]);
    let described = client.post(root, &[("f", "json")]).await;
    assert_eq!(described["layers"][0]["id"], 0);
    assert_eq!(described["tables"], json!([]));
    let described = client.post(layer, &[("f", "json")]).await;
    assert_eq!(described["type"], "Feature Layer");
    assert_eq!(described["geometryType"], "esriGeometryPolygon");
    assert_eq!(described["fields"][0]["type"], "esriFieldTypeOID");
    // Esri's Python client takes a description with this word in it for a refusal.
    assert!(!described.to_string().contains("error"));
    let all = client.get(&format!("{root}/layers")).await;
    assert_eq!(all["layers"][0], described);
    assert_eq!(error(&client.get(&format!("{root}/1")).await).0, 404);

    let visitor = Client::anonymous(&service);
    for closed in [layer, root, &format!("{CONTENT}/items/{id}")] {
        assert_eq!(error(&visitor.get(closed).await).0, 499, "{closed}");
    }
}

#[tokio::test]
async fn a_name_is_taken_once_and_its_layers_are_replaced_when_that_is_asked_for() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let available = async |name: &str| {
        let form = [("name", name), ("type", "featureService")];
        client
            .post("/sharing/rest/portals/self/isServiceNameAvailable", &form)
            .await["available"]
            .clone()
    };
    assert_eq!(available("Rings").await, true);
    assert_eq!(available("no name").await, false);
    let value = hosted(&client, &named("Rings")).await;
    assert_eq!(available("rings").await, false);

    let again = buffers(&client, &named("RINGS")).await;
    let job = client.job_ended(&again, "esriJobFailed").await;
    assert!(
        job["messages"]
            .to_string()
            .contains("There is a service named"),
        "{job}"
    );

    let id = &value["itemId"];
    let into =
        json!({ "serviceProperties": { "name": "Rings" }, "itemProperties": { "itemId": id } });
    let job = buffers(&client, &into).await;
    let job = client.job_ended(&job, "esriJobFailed").await;
    assert!(
        job["messages"].to_string().contains("has layers already"),
        "{job}"
    );

    let mut overwrite = into;
    overwrite["itemProperties"]["overwrite"] = true.into();
    assert_eq!(hosted(&client, &overwrite).await, value);
    let searched = client.get("/sharing/rest/search?q=title:rings").await;
    assert_eq!(searched["total"], 1);
}

#[tokio::test]
async fn a_service_may_be_made_before_it_is_filled() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let user = format!("{CONTENT}/users/{}", service.username());
    let folder = client
        .post(&format!("{user}/createFolder"), &[("title", "Trials")])
        .await;
    let folder = folder["folder"]["id"].as_str().unwrap().to_owned();
    let form = [
        ("createParameters", r#"{"name":"Empty"}"#),
        ("outputType", "featureService"),
    ];
    let made = client
        .post(&format!("{user}/{folder}/createService"), &form)
        .await;
    assert_eq!(
        (&made["success"], &made["name"]),
        (&json!(true), &json!("Empty"))
    );
    let taken = client.post(&format!("{user}/createService"), &form).await;
    assert_eq!(error(&taken).0, 400);

    let output = json!({
        "serviceProperties": { "name": "Empty", "serviceUrl": made["serviceurl"] },
        "itemProperties": { "itemId": made["itemId"] },
    });
    let value = hosted(&client, &output).await;
    assert_eq!(value["itemId"], made["itemId"]);

    let root = client.get(&user).await;
    assert_eq!(
        (&root["items"], &root["folders"][0]["title"]),
        (&json!([]), &json!("Trials"))
    );
    let inside = client.get(&format!("{user}/{folder}")).await;
    assert_eq!(inside["items"][0]["id"], made["itemId"]);

    let id = made["itemId"].as_str().unwrap();
    let deleted = client
        .post(&format!("{user}/items/{id}/delete"), &[("f", "json")])
        .await;
    assert_eq!(deleted, json!({ "success": true, "itemId": id }));
    let gone = client.get(path(&service, &value["url"])).await;
    assert_eq!(error(&gone).0, 404);
    let deleted = client.post(&format!("{user}/{folder}/delete"), &[]).await;
    assert_eq!(deleted["success"], true);
    assert_eq!(client.get(&user).await["folders"], json!([]));
    let elsewhere = client.get(&format!("{CONTENT}/users/somebody")).await;
    assert_eq!(error(&elsewhere).0, 400);
}

#[tokio::test]
async fn items_are_found_by_what_is_known_of_them() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let first = hosted(&client, &named("North_Rings")).await;
    hosted(&client, &named("South_Rings")).await;
    let id = first["itemId"].as_str().unwrap();
    for (q, total) in [
        ("rings", 2),
        ("title:north", 1),
        (&format!("id:{id}"), 1),
        ("owner:local", 2),
        ("owner:nobody", 0),
        ("type:\"Feature Service\" AND south", 1),
        ("type:\"Web Map\"", 0),
        ("rings NOT north", 1),
        ("rings -title:North_Rings", 1),
        ("rings accountid:local", 2),
    ] {
        let found = client
            .post("/sharing/rest/search", &[("q", q), ("f", "json")])
            .await;
        assert_eq!(
            (&found["total"], found["results"].as_array().unwrap().len()),
            (&json!(total), total),
            "{q}"
        );
    }
    let page = client
        .get("/sharing/rest/search?q=rings&num=1&sortField=title&sortOrder=desc")
        .await;
    assert_eq!(
        (&page["results"][0]["title"], &page["nextStart"]),
        (&json!("South_Rings"), &json!(2))
    );
    let page = client
        .get("/sharing/rest/search?q=rings&num=1&start=2&sortField=title")
        .await;
    assert_eq!(
        (&page["results"][0]["title"], &page["nextStart"]),
        (&json!("South_Rings"), &json!(-1))
    );
    // Beyond the last page there is none, and then its `nextStart` is asked for.
    for start in ["3", "-1"] {
        let page = client
            .get(&format!("/sharing/rest/search?q=rings&num=1&start={start}"))
            .await;
        assert_eq!((&page["total"], &page["num"]), (&json!(2), &json!(0)));
        assert_eq!(
            (&page["results"], &page["nextStart"]),
            (&json!([]), &json!(-1))
        );
    }
    assert_eq!(
        error(&client.get("/sharing/rest/search?q=a%20OR%20b").await).0,
        400
    );
}

/// A layer that the service hosts is an input by its URL, over either scheme, and by its item.
#[tokio::test]
async fn a_hosted_layer_is_an_input() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let value = hosted(&client, &named("Rings")).await;
    let (url, id) = (
        value["url"].as_str().unwrap(),
        value["itemId"].as_str().unwrap(),
    );
    let secure = url.replace("http://127.0.0.1", "https://localhost");
    for (input, names) in [
        (
            json!({ "url": url, "serviceToken": "hush" }),
            vec!["Oslo", "Bergen"],
        ),
        (json!({ "url": secure }), vec!["Oslo", "Bergen"]),
        (json!(url), vec!["Oslo", "Bergen"]),
        (json!({ "itemId": id }), vec!["Oslo", "Bergen"]),
        (
            json!({ "url": url, "filter": "NAME LIKE 'B%'" }),
            vec!["Bergen"],
        ),
    ] {
        let text = input
            .as_str()
            .map_or_else(|| input.to_string(), str::to_owned);
        let form = [("inputLayer", text.as_str()), ("distances", "[1]")];
        let job = client.submit("CreateBuffers", &form).await;
        client.job_ended(&job, "esriJobSucceeded").await;
        let result = client.get(&format!("{job}/results/bufferLayer")).await;
        let features = result["value"]["featureSet"]["features"]
            .as_array()
            .unwrap();
        let told: Vec<_> = features
            .iter()
            .map(|f| f["attributes"]["NAME"].as_str().unwrap())
            .collect();
        assert_eq!(told, names, "{input}");
    }
    let port = service.address().port();
    for (input, said) in [
        (url.replace("Rings", "Squares"), "which is not there"),
        (url.replace("/0", "/7"), "refers to layer 7"),
        (
            url.replace("127.0.0.1", "gis.example"),
            "--allow-host gis.example",
        ),
        (
            url.replace(&port.to_string(), "1"),
            "--allow-host 127.0.0.1:1`",
        ),
        (
            "0123456789abcdef0123456789abcdef".to_owned(),
            "which is not there",
        ),
    ] {
        let form = [("inputLayer", input.as_str()), ("distances", "[1]")];
        let job = client.submit("CreateBuffers", &form).await;
        let job = client.job_ended(&job, "esriJobFailed").await;
        assert!(job["messages"].to_string().contains(said), "{input}: {job}");
    }
}

/// Every output of a task is a layer or a table of the one service, or an empty text.
#[tokio::test]
async fn a_task_with_two_results_fills_one_service() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let rings = hosted(&client, &named("Rings")).await;
    let (cities, rings) = (cities(), json!({ "url": rings["url"] }).to_string());
    for (group, name, table) in [("", "Counted", false), ("NAME", "Grouped", true)] {
        let output = named(name).to_string();
        let form = [
            ("pointLayer", cities.as_str()),
            ("polygonLayer", rings.as_str()),
            ("groupByField", group),
            ("outputName", output.as_str()),
        ];
        let job = client.submit("AggregatePoints", &form).await;
        client.job_ended(&job, "esriJobSucceeded").await;
        let layer = client.get(&format!("{job}/results/aggregatedLayer")).await;
        let summary = client.get(&format!("{job}/results/groupSummary")).await;
        let url = layer["value"]["url"].as_str().unwrap();
        assert!(url.ends_with(&format!("{name}/FeatureServer/0")), "{url}");
        if !table {
            assert_eq!(summary["value"], "");
            continue;
        }
        assert_eq!(summary["value"]["itemId"], layer["value"]["itemId"]);
        let url = path(&service, &summary["value"]["url"]);
        assert_eq!(client.get(url).await["type"], "Table");
        let root = client.get(url.trim_end_matches("/1")).await;
        assert_eq!(
            (&root["layers"][0]["id"], &root["tables"][0]["id"]),
            (&json!(0), &json!(1))
        );
    }
}

#[tokio::test]
async fn the_directory_lists_ones_own_services() {
    let (service, client) = super::query::grid(2, 2).await;
    let all = client.get("/arcgis/rest/services").await;
    assert_eq!(all["folders"], json!(["Hosted"]));
    let path = "/arcgis/rest/services/Hosted";
    let grid = json!([{ "name": "Hosted/Grid", "type": "FeatureServer" }]);
    assert_eq!(client.get(path).await["services"], grid);
    let visitor = Client::anonymous(&service);
    assert_eq!(visitor.get(path).await["services"], json!([]));
}
