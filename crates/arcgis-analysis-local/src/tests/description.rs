//! What the service says of its tasks.

use super::{Client, GP, error};
use crate::LocalService;
use crate::catalogue;
use arcgis_analysis_engine::{Support, support};
use arcgis_analysis_types::meta::ParamType;
use serde_json::{Value, json};

/// A client that generates code from descriptions stumbles over these.
fn assert_harmless(text: &str) {
    assert!(!text.contains("\"\"\"") && !text.contains('\\'), "{text}");
}

#[tokio::test]
async fn the_service_lists_every_task() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let described = client.get(&format!("{GP}?f=json")).await;
    let names: Vec<_> = arcgis_analysis_spatial::TASKS
        .iter()
        .map(|entry| json!(entry.meta.name))
        .collect();
    assert_eq!(described["tasks"], json!(names));
    assert_eq!(described["executionType"], "esriExecutionTypeAsynchronous");
    assert_eq!(described["resultMapServerName"], "");
    let directory = client.get("/arcgis/rest/services?f=json").await;
    let names = [
        "tasks",
        "RasterAnalysisTools",
        "GeoAnalyticsTools",
        "NetworkAnalysis",
        "ElevationAndHydrology",
    ];
    let services = names.map(|name| json!({ "name": name, "type": "GPServer" }));
    assert_eq!(directory["services"], json!(services));
}

/// The keys that clients were seen to need, and those that Esri documents.
#[tokio::test]
async fn every_task_has_every_key_on_get_and_post() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    for entry in arcgis_analysis_spatial::TASKS {
        let meta = entry.meta;
        let path = format!("{GP}/{}", meta.name);
        let task = client.post(&path, &[("f", "json")]).await;
        assert_eq!(client.get(&path).await, task);
        assert_eq!(task["name"], meta.name);
        assert_eq!(task["executionType"], "esriExecutionTypeAsynchronous");
        for key in [
            "displayName",
            "description",
            "category",
            "helpUrl",
            "fidelity",
            "fidelityNote",
        ] {
            assert_harmless(
                task[key]
                    .as_str()
                    .unwrap_or_else(|| panic!("{path} has no {key}")),
            );
        }
        let params = task["parameters"].as_array().unwrap();
        assert_eq!(
            params.len(),
            meta.params.len() + meta.results.len(),
            "{path}"
        );
        for param in params {
            for key in [
                "name",
                "dataType",
                "displayName",
                "description",
                "direction",
                "parameterType",
                "category",
            ] {
                assert_harmless(
                    param[key]
                        .as_str()
                        .unwrap_or_else(|| panic!("{path}: {param} has no {key}")),
                );
            }
            assert!(param.get("defaultValue").is_some(), "{path}: {param}");
        }
        let outputs = &params[meta.params.len()..];
        for (param, result) in outputs.iter().zip(meta.results) {
            assert_eq!(param["name"], result.name);
            assert_eq!(param["direction"], "esriGPParameterDirectionOutput");
            assert_eq!(param["dataType"], "GPString");
        }
    }
}

async fn params(task: &str) -> Value {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    client.get(&format!("{GP}/{task}?f=json")).await["parameters"].clone()
}

fn param<'a>(params: &'a Value, name: &str) -> &'a Value {
    params
        .as_array()
        .unwrap()
        .iter()
        .find(|param| param["name"] == name)
        .unwrap()
}

#[tokio::test]
async fn a_parameter_says_what_it_takes() {
    let params = params("CreateBuffers").await;
    let layer = param(&params, "inputLayer");
    assert_eq!(layer["dataType"], "GPString");
    assert_eq!(layer["displayName"], "Input Layer");
    assert_eq!(layer["parameterType"], "esriGPParameterTypeRequired");
    assert_eq!(layer["direction"], "esriGPParameterDirectionInput");
    let sides = param(&params, "sideType");
    assert_eq!(
        sides["choiceList"],
        json!(["Full", "Left", "Right", "Outside"])
    );
    assert_eq!(sides["parameterType"], "esriGPParameterTypeOptional");
    assert_eq!(param(&params, "units")["defaultValue"], "Meters");
    assert_eq!(
        param(&params, "distances")["dataType"],
        "GPMultiValue:GPDouble"
    );
    assert_eq!(param(&params, "context")["defaultValue"], Value::Null);
}

/// Distances or a field must be given, but neither by itself is required.
#[tokio::test]
async fn a_parameter_that_another_may_stand_in_for_is_optional() {
    let params = params("CreateBuffers").await;
    for name in ["distances", "field"] {
        assert_eq!(
            param(&params, name)["parameterType"],
            "esriGPParameterTypeOptional",
            "{name}"
        );
    }
}

#[tokio::test]
async fn choices_are_those_of_the_spec() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    for meta in arcgis_analysis_spatial::TASKS
        .iter()
        .map(|entry| entry.meta)
    {
        let described = client.get(&format!("{GP}/{}", meta.name)).await;
        for (param, described) in meta
            .params
            .iter()
            .zip(described["parameters"].as_array().unwrap())
        {
            let choices = match param.ty {
                ParamType::Choice(choices) | ParamType::ChoiceList(choices) => Some(json!(
                    choices
                        .iter()
                        .map(|choice| choice.value)
                        .collect::<Vec<_>>()
                )),
                _ => None,
            };
            assert_eq!(
                described.get("choiceList"),
                choices.as_ref(),
                "{} {}",
                meta.name,
                param.name
            );
        }
    }
}

#[tokio::test]
async fn a_task_says_how_faithfully_it_is_computed() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let mut seen = Vec::new();
    for meta in arcgis_analysis_spatial::TASKS
        .iter()
        .map(|entry| entry.meta)
    {
        let described = client.get(&format!("{GP}/{}", meta.name)).await;
        let expected = match support(meta) {
            Support::Exact => ("exact", ""),
            Support::Approximate(how) => ("approximate", how),
            Support::Unavailable(why) => ("unavailable", why),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (&described["fidelity"], &described["fidelityNote"]),
            (&json!(expected.0), &json!(expected.1))
        );
        seen.push(expected.0);
    }
    assert!(seen.contains(&"unavailable") && seen.iter().any(|word| *word != "unavailable"));
}

#[tokio::test]
async fn names_are_matched_in_any_letter_case() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let task = client
        .get("/arcgis/rest/services/Tasks/GPServer/createbuffers?f=json")
        .await;
    assert_eq!(task["name"], "CreateBuffers");
    let missing = client.get(&format!("{GP}/CreateBuffer?f=json")).await;
    assert_eq!(
        error(&missing),
        (404, "The service has no task \"CreateBuffer\".")
    );
}

#[test]
fn no_two_services_share_a_name_or_a_helper_key() {
    let services = catalogue::services();
    for (i, one) in services.iter().enumerate() {
        for other in &services[i + 1..] {
            assert!(one.name != other.name && one.meta.helper_service != other.meta.helper_service);
        }
    }
}
