//! A job from submit to results, computed for real.

use super::{Client, GP, cities, error};
use crate::LocalService;
use arcgis_analysis_types::{FromResult, GeometryType, JobInfo, JobStatus, LayerOutput};
use serde_json::{Value, json};

async fn buffered(client: &Client) -> String {
    let cities = cities();
    let form = [
        ("f", "json"),
        ("inputLayer", cities.as_str()),
        ("distances", "[10]"),
        ("units", "Kilometers"),
    ];
    let path = client.submit("CreateBuffers", &form).await;
    client.job_ended(&path, "esriJobSucceeded").await;
    path
}

#[tokio::test]
async fn buffers_are_submitted_computed_and_fetched() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = buffered(&client).await;

    let job = JobInfo::from_json(client.get(&path).await).unwrap();
    assert!(path.ends_with(&job.job_id));
    assert_eq!(job.status, JobStatus::Succeeded);
    assert_eq!(
        job.results,
        [(
            "bufferLayer".to_owned(),
            json!({ "paramUrl": "results/bufferLayer" })
        )]
    );
    assert_eq!(job.progress, None);
    assert!(
        job.messages
            .iter()
            .any(|message| message.description.starts_with("Fidelity: "))
    );

    let result = client
        .get(&format!("{path}/results/bufferLayer?f=json"))
        .await;
    assert_eq!(
        (&result["paramName"], &result["dataType"]),
        (&json!("bufferLayer"), &json!("GPString"))
    );
    let layer = LayerOutput::from_result("bufferLayer", result["value"].clone())
        .unwrap()
        .unwrap();
    let buffers = layer.features().unwrap();
    assert_eq!(buffers.geometry_type(), Some(GeometryType::Polygon));
    let names: Vec<_> = buffers
        .features()
        .iter()
        .map(|feature| &feature.attributes["NAME"])
        .collect();
    assert_eq!(names, ["Oslo", "Bergen"]);
}

#[tokio::test]
async fn results_and_inputs_come_one_by_one_and_all_at_once() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = buffered(&client).await;

    let one = client.get(&format!("{path}/results/BUFFERLAYER")).await;
    assert_eq!(client.get(&format!("{path}/results")).await, json!([one]));
    let indented = client
        .post(&format!("{path}/results/bufferLayer"), &[("f", "pjson")])
        .await;
    assert_eq!(indented, one);

    let job = client.get(&path).await;
    assert_eq!(
        job["inputs"]["units"],
        json!({ "paramUrl": "inputs/units" })
    );
    assert_eq!(job["inputs"].get("field"), None);
    let distances = client.get(&format!("{path}/inputs/Distances")).await;
    assert_eq!(
        distances,
        json!({ "paramName": "distances", "dataType": "GPMultiValue:GPDouble", "value": [10] })
    );
    let layer = client.get(&format!("{path}/inputs/inputLayer")).await;
    assert_eq!(
        layer["value"]["featureSet"]["features"][0]["attributes"]["NAME"],
        "Oslo"
    );
    assert_eq!(
        client.get(&format!("{path}/inputs/field")).await["value"],
        ""
    );
    let inputs = client.get(&format!("{path}/inputs")).await;
    assert_eq!(inputs.as_array().unwrap().len(), 3);
    assert_eq!(inputs[1], distances);

    let messages = client.get(&format!("{path}/messages")).await;
    assert_eq!(messages["messages"], job["messages"]);
}

#[tokio::test]
async fn a_token_for_an_input_layer_is_not_shown_again() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let layer = r#"{"url":"https://h.example/FeatureServer/0","serviceToken":"hush"}"#;
    let path = client
        .submit(
            "CreateBuffers",
            &[("inputLayer", layer), ("distances", "[1]")],
        )
        .await;
    client.job_ended(&path, "esriJobFailed").await;
    let job = service
        .app
        .jobs
        .get(path.rsplit('/').next().unwrap())
        .unwrap();
    assert!(!format!("{job:?}").contains("hush"));
    for part in ["", "/inputs", "/inputs/inputLayer", "/messages"] {
        let answer = client.get(&format!("{path}{part}")).await;
        assert!(!answer.to_string().contains("hush"), "{answer}");
    }
    let input = client.get(&format!("{path}/inputs/inputLayer")).await;
    assert_eq!(
        input["value"],
        json!({ "url": "https://h.example/FeatureServer/0" })
    );
}

#[tokio::test]
async fn messages_may_be_declined() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = buffered(&client).await;
    for (query, with_messages) in [
        ("", true),
        ("?returnMessages=true", true),
        ("?returnMessages=false", false),
        ("?RETURNMESSAGES=False", false),
    ] {
        let job = client.get(&format!("{path}{query}")).await;
        assert_eq!(job.get("messages").is_some(), with_messages, "{query}");
    }
    assert_eq!(
        client
            .post(&path, &[("returnMessages", "false")])
            .await
            .get("messages"),
        None
    );
}

/// As Esri's Python client does it: every parameter of the description, those that are not set as an empty text.
#[tokio::test]
async fn an_empty_text_is_an_absent_parameter() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let described = client.get(&format!("{GP}/CreateBuffers")).await;
    let cities = cities();
    let form: Vec<_> = described["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|param| param["direction"] == "esriGPParameterDirectionInput")
        .map(|param| match param["name"].as_str().unwrap() {
            "inputLayer" => ("inputLayer", cities.as_str()),
            "distances" => ("distances", "[5]"),
            "units" => ("units", "Miles"),
            name => (name, ""),
        })
        .collect();
    assert!(form.len() > 5);
    let path = client.submit("CreateBuffers", &form).await;
    client.job_ended(&path, "esriJobSucceeded").await;
}

#[tokio::test]
async fn names_and_methods_may_be_written_in_more_than_one_way() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("INPUTLAYER", cities().as_str()),
            ("Distances", "10 20"),
            ("ringtype", "rings"),
        ])
        .finish();
    let job = client
        .get(&format!("{GP}/createbuffers/submitJob?{query}"))
        .await;
    let path = format!("{GP}/CREATEBUFFERS/jobs/{}", job["jobId"].as_str().unwrap());
    client.job_ended(&path, "esriJobSucceeded").await;
    let result = client.get(&format!("{path}/results/bufferlayer")).await;
    assert_eq!(
        result["value"]["featureSet"]["features"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

/// A result that was not asked for is there as an empty text: clients expect every output of the description.
#[tokio::test]
async fn a_result_that_is_not_produced_is_an_empty_text() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let square = json!([[
        [5.0, 59.0],
        [5.0, 61.0],
        [12.0, 61.0],
        [12.0, 59.0],
        [5.0, 59.0]
    ]]);
    let areas = json!({
        "layerDefinition": { "geometryType": "esriGeometryPolygon", "fields": [] },
        "featureSet": {
            "geometryType": "esriGeometryPolygon",
            "spatialReference": { "wkid": 4326 },
            "features": [{ "geometry": { "rings": square }, "attributes": {} }],
        },
    })
    .to_string();
    let form = [("pointLayer", cities()), ("polygonLayer", areas)];
    let form: Vec<_> = form
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let path = client.submit("AggregatePoints", &form).await;
    let job = client.job_ended(&path, "esriJobSucceeded").await;
    assert_eq!(
        job["results"]["groupSummary"],
        json!({ "paramUrl": "results/groupSummary" })
    );
    assert_eq!(
        client.get(&format!("{path}/results/groupSummary")).await["value"],
        ""
    );
    let aggregated = client.get(&format!("{path}/results/aggregatedLayer")).await;
    assert_eq!(
        aggregated["value"]["featureSet"]["features"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_job_needs_a_token_and_the_right_path() {
    let service = LocalService::start().await.unwrap();
    let visitor = Client::anonymous(&service);
    let answer = visitor
        .post(&format!("{GP}/CreateBuffers/submitJob"), &[])
        .await;
    assert_eq!(error(&answer), (499, "Token Required"));

    let client = Client::signed_in(&service).await;
    let path = buffered(&client).await;
    assert_eq!(error(&visitor.get(&path).await).0, 499);
    let (_, id) = path.rsplit_once('/').unwrap();
    let elsewhere = client
        .get(&format!("{GP}/DissolveBoundaries/jobs/{id}"))
        .await;
    assert_eq!(
        error(&elsewhere),
        (404, format!("DissolveBoundaries has no job {id}.").as_str())
    );
    assert_eq!(
        error(&client.get(&format!("{GP}/CreateBuffers/jobs/j0")).await).0,
        404
    );
    for part in ["results/other", "inputs/other"] {
        assert_eq!(
            error(&client.get(&format!("{path}/{part}")).await).0,
            404,
            "{part}"
        );
    }
}

/// Fields that go with any request are no parameters; others draw a warning.
#[tokio::test]
async fn a_parameter_that_the_task_has_not_is_ignored_aloud() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let cities = cities();
    let form = [
        ("f", "json"),
        ("inputLayer", cities.as_str()),
        ("distances", "[10]"),
        ("env:outSR", "4326"),
        ("returnZ", "false"),
        ("disolveType", "Dissolve"),
    ];
    let path = client.submit("CreateBuffers", &form).await;
    let job = client.job_ended(&path, "esriJobSucceeded").await;
    let warnings: Vec<&Value> = job["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["type"] == "esriJobMessageTypeWarning")
        .map(|message| &message["description"])
        .collect();
    assert_eq!(
        warnings,
        ["`disolveType` is not a parameter of CreateBuffers and was ignored."]
    );
}

/// Enough points that the job is seen at work.
fn many_cities() -> String {
    let city = |i: u32| {
        let (x, y) = (f64::from(i % 350) - 175.0, f64::from(i / 350) - 75.0);
        json!({ "geometry": { "x": x, "y": y }, "attributes": {} })
    };
    json!({
        "layerDefinition": { "geometryType": "esriGeometryPoint", "fields": [] },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": (0..50_000).map(city).collect::<Vec<_>>(),
        },
    })
    .to_string()
}

#[tokio::test]
async fn a_computation_tells_how_far_it_is_and_stops_when_asked() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let cities = many_cities();
    let path = client
        .submit(
            "CreateBuffers",
            &[("inputLayer", &cities), ("distances", "[10]")],
        )
        .await;
    let job = client
        .job_when(&path, |job| job["progress"]["type"] == "step")
        .await;
    let percent = job["progress"]["percent"].as_u64().unwrap();
    assert!(
        (1..=100).contains(&percent) && job["progress"]["message"].is_string(),
        "{job}"
    );
    client.get(&format!("{path}/cancel")).await;
    let job = client.job_ended(&path, "esriJobCancelled").await;
    assert_eq!((job.get("results"), job.get("progress")), (None, None));
}
