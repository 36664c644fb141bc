//! Tasks that run without a job.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Portal};
use arcgis_analysis_types::meta::{
    Confidence, Execution, ParamMeta, ParamType, ResultMeta, ResultType, ServiceMeta, TaskMeta,
};
use arcgis_analysis_types::serde_json::{Value, json};
use arcgis_analysis_types::{
    DecodeError, Object, Outputs, ParameterError, Reader, Task, TaskEntry, TaskResults, Visitor,
};

/// A task that counts words at once, under a key of its own.
#[derive(Debug, Clone, PartialEq)]
struct CountWords {
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
struct CountWordsResults {
    count: i64,
}

impl TaskResults for CountWordsResults {
    fn decode(outputs: &mut Outputs) -> Result<Self, DecodeError> {
        Ok(Self {
            count: outputs.required("count")?,
        })
    }
}

impl Object for CountWords {
    const MEMBERS: &'static [ParamMeta] = META.params;

    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.add("text", &self.text);
    }

    fn read(reader: &mut Reader) -> Result<Self, ParameterError> {
        Ok(Self {
            text: reader.required("text")?,
        })
    }
}

impl Task for CountWords {
    type Results = CountWordsResults;
    const META: &'static TaskMeta = &META;
}

static META: TaskMeta = TaskMeta {
    name: "CountWords",
    id: "count-words",
    service: &ServiceMeta {
        id: "words",
        title: "Words",
        helper_service: "words",
        licence: "a licence",
    },
    helper_service: Some("syncWords"),
    licence: Some("the licence of words"),
    needs: None,
    arcgis_online: true,
    execution: Execution::Synchronous,
    category: "",
    summary: "",
    description: &[],
    source: "",
    credits: None,
    failure_code: None,
    since: None,
    until: None,
    params: &[ParamMeta {
        name: "text",
        ty: ParamType::Text,
        required: true,
        ..ParamMeta::OPTIONAL
    }],
    groups: &[],
    rules: &[],
    results: &[ResultMeta {
        name: "count",
        ty: ResultType::Integer,
        object: None,
        doc: "",
        when: "",
        always: true,
        fields: &[],
    }],
    confidence: Confidence::High,
    unconfirmed: &[],
    examples: &[],
};

fn words() -> CountWords {
    CountWords {
        text: "one two".to_owned(),
    }
}

/// A portal that offers the service at this URL, and what the task answers.
fn offering(url: &str, answers: impl IntoIterator<Item = Answer>) -> Replay {
    let portal = json!({ "helperServices": { "syncWords": { "url": url } } });
    Replay::new()
        .on(Method::Get, "/portals/self", [Answer::json(&portal)])
        .on(Method::Post, "/CountWords/execute", answers)
}

fn answer(value: Value) -> Answer {
    let message = json!({ "type": "esriJobMessageTypeInformative", "description": "Counted." });
    Answer::json(
        &json!({ "results": [{ "paramName": "Count", "dataType": "GPLong", "value": value }], "messages": [message] }),
    )
}

const SERVICE: &str = "https://words.arcgis.com/arcgis/rest/services/Words/GPServer";

#[tokio::test(start_paused = true)]
async fn a_task_without_a_job_answers_at_once_wherever_its_url_ends() {
    for url in [SERVICE.to_owned(), format!("{SERVICE}/CountWords")] {
        let replay = offering(&url, [answer(json!(2))]);
        let results = portal(&replay).await.run(&words()).await.unwrap();
        assert_eq!(results.count, 2);
        let asked = asked(&replay, "/execute");
        assert_eq!(
            asked[0].path(),
            "/arcgis/rest/services/Words/GPServer/CountWords/execute"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn with_its_types_erased_it_gives_its_messages_too() {
    let replay = offering(SERVICE, [answer(json!("2"))]);
    let entry = TaskEntry::of::<CountWords>();
    let executed = portal(&replay)
        .await
        .execute_entry(&entry, json!({ "text": "one two" }))
        .await
        .unwrap();
    assert_eq!(executed.messages[0].text(), "Counted.");
    assert_eq!(executed.outputs.iter().next(), Some(("count", &json!("2"))));
}

#[tokio::test(start_paused = true)]
async fn it_is_called_once_when_the_answer_is_lost() {
    let replay = offering(
        SERVICE,
        [
            Answer::broken(TransportErrorKind::Interrupted),
            answer(json!(2)),
        ],
    );
    let error = portal(&replay).await.run(&words()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SubmitOutcomeUnknown);
    assert_eq!(asked(&replay, "/execute").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_is_an_error() {
    let refusal = json!({ "error": { "code": 400, "message": "Unable to complete operation.", "details": ["No words."] } });
    for (answer, kind, words_of_error) in [
        (Answer::json(&refusal), ErrorKind::JobFailed, "No words"),
        (
            Answer::json(&json!({ "jobId": "j1" })),
            ErrorKind::Protocol,
            "answered without results",
        ),
        (
            answer(json!("many")),
            ErrorKind::Results,
            "must be a whole number",
        ),
        (
            Answer::json(&json!({ "results": [{ "value": 1 }] })),
            ErrorKind::Protocol,
            "has no name",
        ),
        (
            Answer::json(&json!({ "results": [] })),
            ErrorKind::Results,
            "no `count`",
        ),
    ] {
        let replay = offering(SERVICE, [answer]);
        let error = portal(&replay).await.run(&words()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words_of_error), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_and_calls_are_not_mistaken_for_each_other() {
    let replay = offering(SERVICE, []);
    let portal = portal(&replay).await;
    let error = portal.submit(&words()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "CountWords runs without a job; call it by `run` instead of `submit`"
    );
    let parameters = json!({ "inputLayer": { "url": "https://example.com/FeatureServer/0" } });
    let error = portal
        .execute_entry(&TaskEntry::of::<MeasureThings>(), parameters)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "MeasureThings runs as a job; submit it instead of executing it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_missing_is_named_with_its_own_licence() {
    let replay = Replay::new().on(
        Method::Get,
        "/portals/self",
        [Answer::json(&json!({ "helperServices": {} }))],
    );
    let error = portal(&replay).await.run(&words()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOffered);
    let said = error.to_string();
    assert!(
        said.contains("have no `syncWords`") && said.ends_with("look for the licence of words"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_the_portal_does_not_list_is_found_where_the_caller_says() {
    let replay = Replay::new()
        .on(
            Method::Get,
            "/portals/self",
            [Answer::json(&json!({ "helperServices": {} }))],
        )
        .on(Method::Post, "/CountWords/execute", [answer(json!(2))]);
    let portal = Portal::builder(PORTAL)
        .transport(replay.clone())
        .service("words", SERVICE)
        .connect()
        .await
        .unwrap();
    assert_eq!(portal.run(&words()).await.unwrap().count, 2);
    let refused = Portal::builder(PORTAL)
        .transport(replay)
        .service("words", "http://words.example.com:6080/GPServer")
        .connect()
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
}
