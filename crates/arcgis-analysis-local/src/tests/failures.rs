//! How a job fails, and what it says.

use super::{Client, cities, error};
use crate::LocalService;
use arcgis_analysis_types::{JobInfo, JobMessage, MessageType};

const URL: &str = "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0";

/// The error message of the job that these parameters give.
async fn failure(task: &str, form: &[(&str, &str)]) -> JobMessage {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let path = client.submit(task, form).await;
    let job = client.job_ended(&path, "esriJobFailed").await;
    assert_eq!(job.get("results"), None);
    let results = client.get(&format!("{path}/results")).await;
    assert_eq!(
        error(&results),
        (
            400,
            "The job is esriJobFailed; it has results once it is esriJobSucceeded."
        )
    );
    let mut errors = JobInfo::from_json(job).unwrap().messages;
    errors.retain(|message| message.message_type == MessageType::Error);
    assert_eq!(errors.len(), 1);
    errors.remove(0)
}

#[tokio::test]
async fn a_breach_of_the_task_s_rules_fails_with_its_sentence_and_code() {
    let cities = cities();
    for (form, named) in [
        (&[("distances", "[1]")][..], "`inputLayer` is missing"),
        (
            &[("inputLayer", cities.as_str())],
            "`distances` and `field`",
        ),
        (
            &[
                ("inputLayer", cities.as_str()),
                ("distances", "[1]"),
                ("field", "NAME"),
            ],
            "exclude each other",
        ),
        (
            &[
                ("inputLayer", cities.as_str()),
                ("distances", "[1]"),
                ("units", "Leagues"),
            ],
            "`units`",
        ),
        (
            &[
                ("inputLayer", cities.as_str()),
                ("distances", "[1]"),
                ("ringType", "Rings"),
            ],
            "`ringType`",
        ),
        (
            &[("inputLayer", cities.as_str()), ("distances", "far")],
            "`distances`",
        ),
        (
            &[
                ("inputLayer", r#"{"layerDefinition":"#),
                ("distances", "[1]"),
            ],
            "`inputLayer` is not valid JSON",
        ),
        (
            &[
                ("inputLayer", cities.as_str()),
                ("distances", "[1]"),
                ("context", "{"),
            ],
            "`context` is not valid JSON",
        ),
    ] {
        let message = failure("CreateBuffers", form).await;
        assert_eq!(message.message_code().as_deref(), Some("AO_100012"));
        let text = message.text();
        assert!(
            text.starts_with("CreateBuffers: ") && text.contains(named),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_output_name_that_is_none_is_refused() {
    let cities = cities();
    for (name, said) in [
        (
            r#"{"serviceProperties":{"name":"a/b"}}"#,
            "has the character '/' in its name",
        ),
        ("{}", "is an empty object"),
        (
            r#"{"title":"Buffers"}"#,
            "names neither a service nor an item",
        ),
        (
            r#"{"itemProperties":{"itemId":"0123456789abcdef0123456789abcdef","overwrite":true}}"#,
            "there is no item",
        ),
        (
            r#"{"serviceProperties":{"name":"b"},"itemProperties":{"folderId":"f"}}"#,
            "There is no folder f",
        ),
    ] {
        let form = [
            ("inputLayer", cities.as_str()),
            ("distances", "[1]"),
            ("outputName", name),
        ];
        let text = failure("CreateBuffers", &form).await.text();
        assert!(text.contains(said), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_layer_elsewhere_is_refused_with_the_way_out() {
    let object = format!(r#"{{"url":"{URL}"}}"#);
    for layer in [URL, object.as_str()] {
        assert_eq!(
            failure(
                "CreateBuffers",
                &[("inputLayer", layer), ("distances", "[1]")]
            )
            .await
            .text(),
            "CreateBuffers: `inputLayer` refers to a layer on services.arcgis.com, which the local service may not read; \
             start it with `--allow-host services.arcgis.com`, or send the features themselves"
        );
    }
}

#[tokio::test]
async fn a_task_that_is_not_computed_says_why_and_where_it_is() {
    let layer = format!(r#"{{"url":"{URL}"}}"#);
    let message = failure(
        "PlanRoutes",
        &[
            ("stopsLayer", &layer),
            ("routeCount", "3"),
            ("maxStopsPerRoute", "12"),
            ("routeStartTime", "1748851200000"),
            ("startLayer", &layer),
            (
                "travelMode",
                r#"{"id":"FEgifRtFndKNcJMJ","name":"Driving Time"}"#,
            ),
        ],
    )
    .await;
    assert_eq!(message.message_code().as_deref(), Some("AO_100063"));
    let text = message.text();
    assert!(
        text.starts_with("PlanRoutes is not computed by the local service: "),
        "{text}"
    );
    assert!(text.ends_with(". Run it against a portal."), "{text}");
    assert_eq!(text.matches("portal").count(), 1, "{text}");
}

/// So that a client can be tested on its parameters before there is anything to compute them.
#[tokio::test]
async fn a_task_that_is_not_computed_still_looks_at_its_parameters() {
    let message = failure("PlanRoutes", &[("stopsLayer", "")]).await;
    assert_eq!(message.text(), "PlanRoutes: `stopsLayer` is missing");
}

#[tokio::test]
async fn a_task_without_a_job_is_executed_and_one_with_a_job_is_not() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let network = "/arcgis/rest/services/NetworkAnalysis/GPServer";
    let reply = client
        .post(
            &format!("{network}/GetTravelModes/execute"),
            &[("f", "json")],
        )
        .await;
    let said = reply["error"]["message"].as_str().unwrap();
    assert!(
        said.contains("is not computed by the local service"),
        "{said}"
    );
    for (task, operation, advice) in [
        ("GetTravelModes", "submitJob", "call execute"),
        ("FindRoutes", "execute", "call submitJob"),
    ] {
        let reply = client
            .post(&format!("{network}/{task}/{operation}"), &[("f", "json")])
            .await;
        let said = reply["error"]["message"].as_str().unwrap();
        assert!(said.contains(advice), "{said}");
    }
}
