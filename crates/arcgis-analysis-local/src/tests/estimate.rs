//! The service that tells costs, as clients find and call it.

use super::{Client, cities, error};
use crate::estimate::PATH;
use crate::{LocalService, Persona};
use serde_json::{Value, json};

async fn online() -> LocalService {
    let service = LocalService::builder().persona(Persona::Online);
    service.start().await.unwrap()
}

fn buffers() -> String {
    let layer: Value = serde_json::from_str(&cities()).unwrap();
    json!({ "inputLayer": layer, "distances": [5.0] }).to_string()
}

#[tokio::test]
async fn arcgis_online_names_the_service() {
    let service = online().await;
    let client = Client::signed_in(&service).await;
    let portal = client.get("/sharing/rest/portals/self?f=json").await;
    let told = ["portalName", "portalMode", "isPortal"].map(|key| portal[key].clone());
    assert_eq!(
        told,
        [json!("ArcGIS Online"), json!("multitenant"), json!(false)]
    );
    let url = &portal["helperServices"]["creditEstimation"]["url"];
    assert_eq!(*url, format!("{}{PATH}", service.portal_url()));
    let described = client.get(&format!("{PATH}?f=json")).await;
    assert_eq!(described["tasks"], json!(["EstimateCredits"]));
    let task = client.get(&format!("{PATH}/EstimateCredits?f=json")).await;
    assert_eq!(task["executionType"], described["executionType"]);
    assert_eq!(task["parameters"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_cost_is_told_at_both_paths_that_clients_call() {
    let service = online().await;
    let client = Client::signed_in(&service).await;
    let execute = "/EstimateCredits/execute";
    for path in [
        format!("{PATH}{execute}"),
        format!("{PATH}{execute}{execute}"),
    ] {
        let form = [
            ("f", "json"),
            ("taskName", "CreateBuffers"),
            ("taskParameters", &buffers()),
        ];
        let answer = client.post(&path, &form).await;
        let [result] = &answer["results"].as_array().unwrap()[..] else {
            panic!("{answer}")
        };
        assert_eq!(result["paramName"], "creditEstimate");
        let value: Value = serde_json::from_str(result["value"].as_str().unwrap()).unwrap();
        assert_eq!(value, json!({ "cost": 0.002, "maximumCost": 0.002 }));
    }
}

#[tokio::test]
async fn what_cannot_be_estimated_is_refused() {
    let service = online().await;
    let client = Client::signed_in(&service).await;
    let path = format!("{PATH}/EstimateCredits/execute");
    let missing = client.post(&path, &[("taskName", "CreateBuffers")]).await;
    assert_eq!(
        error(&missing),
        (400, "'taskParameters' must be specified.")
    );
    let form = [("taskName", "CreateBuffers"), ("taskParameters", "{}")];
    let (code, sentence) = {
        let answer = client.post(&path, &form).await;
        (error(&answer).0, error(&answer).1.to_owned())
    };
    assert!(code == 400 && sentence.contains("inputLayer"), "{sentence}");
    let form = [
        ("taskName", "CreateBuffers"),
        ("taskParameters", &buffers()),
    ];
    let anonymous = Client::anonymous(&service).post(&path, &form).await;
    assert_eq!(error(&anonymous).0, 499);
}

#[tokio::test]
async fn nothing_costs_on_a_portal_of_ones_own() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let portal = client.get("/sharing/rest/portals/self?f=json").await;
    assert_eq!(portal["helperServices"].get("creditEstimation"), None);
    let answer = client.get(&format!("{PATH}?f=json")).await;
    assert_eq!(error(&answer).0, 404);
}
