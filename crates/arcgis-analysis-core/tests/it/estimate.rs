//! What a call costs is asked before it is made, and a limit holds.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{ErrorKind, Ledger, Result};
use arcgis_analysis_types::meta::{ServiceMeta, TaskMeta};
use arcgis_analysis_types::serde_json::{self, Value, json};
use arcgis_analysis_types::{Object, ParameterError, Reader, Task, Visitor};

const LAYER: &str = "https://example.com/FeatureServer/0";
const ESTIMATE: &str = "https://analysis.arcgis.com/arcgis/rest/services/Estimate/GPServer";
const RASTER: &str =
    "https://raster.arcgis.com/arcgis/rest/services/System/RasterAnalysisTools/GPServer";

/// ArcGIS Online, which tells costs, whose services do not describe themselves.
fn undescribed() -> Replay {
    let helpers = json!({
        "analysis": { "url": SERVICE },
        // Some clients find the task's name in the address too.
        "creditEstimation": { "url": format!("{ESTIMATE}/EstimateCredits") },
        "rasterAnalytics": { "url": RASTER },
    });
    let portal = json!({ "user": { "username": "ada" }, "helperServices": helpers });
    Replay::new().on(
        Method::Get,
        "/sharing/rest/portals/self",
        [Answer::json(&portal).forever()],
    )
}

/// ArcGIS Online, whose services describe how they are asked as they are documented.
fn online() -> Replay {
    described(
        described(undescribed(), ESTIMATE, "Synchronous"),
        RASTER,
        "Asynchronous",
    )
}

fn described(replay: Replay, service: &str, execution: &str) -> Replay {
    let description = json!({ "executionType": format!("esriExecutionType{execution}") });
    let path = service.split_once("/arcgis").unwrap().1;
    replay.on(Method::Get, path, [Answer::json(&description).forever()])
}

/// The answer of EstimateCredits with this value.
fn value(value: Value) -> Answer {
    Answer::json(&json!({
        "results": [{ "paramName": "creditEstimate", "dataType": "GPString", "value": value }],
        "messages": [],
    }))
}

fn costing(text: &str) -> Replay {
    let answer = value(text.into()).forever();
    online().on(Method::Post, "/EstimateCredits/execute", [answer])
}

fn taking(replay: Replay) -> Replay {
    let accepted = Answer::json(&json!({ "jobId": "j1", "jobStatus": "esriJobSubmitted" }));
    replay.on(Method::Post, "/MeasureThings/submitJob", [accepted])
}

/// Submits with a limit and a ledger that must not hear of what is refused.
async fn submit(replay: &Replay, limit: f64) -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let portal = builder(replay).ledger(ledger.clone()).connect().await?;
    let submitted = portal
        .with_max_credits(limit)
        .submit(&MeasureThings::new(LAYER))
        .await;
    let (asked, known) = (asked(replay, "/submitJob").len(), ledger.jobs()?.len());
    let expected = usize::from(submitted.is_ok());
    assert_eq!((asked, known), (expected, expected), "{submitted:?}");
    submitted.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn the_cost_is_asked_with_the_tasks_name_and_parameters() {
    let replay = costing(r#"{"cost":1.5,"maximumCost":2.0,"infoMessage":"Two layers."}"#);
    let mut task = MeasureThings::new(LAYER);
    task.note = Some("[not a list]".to_owned());
    let estimate = portal(&replay).await.estimate(&task).await.unwrap();
    assert_eq!((estimate.cost, estimate.maximum), (Some(1.5), 2.0));
    assert_eq!(estimate.note.as_deref(), Some("Two layers."));
    let [request] = &asked(&replay, "/execute")[..] else {
        panic!("one request")
    };
    assert_eq!(
        request.request().url(),
        format!("{ESTIMATE}/EstimateCredits/execute")
    );
    assert_eq!(
        request.header("X-Esri-Authorization"),
        Some("Bearer T0KEN-of-ada")
    );
    let field = |name: &str| request.field(name).unwrap();
    assert_eq!(field("taskName"), "MeasureThings");
    let parameters: Value = serde_json::from_str(&field("taskParameters")).unwrap();
    // Objects as objects, and text as text, even where it looks like JSON.
    let expected = json!({ "inputLayer": { "url": LAYER }, "note": "[not a list]" });
    assert_eq!(parameters, expected);
}

#[tokio::test(start_paused = true)]
async fn a_call_over_the_limit_is_not_made() {
    for (estimate, limit) in [
        (r#"{"cost":2}"#, 1.999),
        (r#"{"cost":0.5,"maximumCost":2}"#, 1.0),
        (r#"{"maximumCost":0.001}"#, 0.0),
    ] {
        let error = submit(&taking(costing(estimate)), limit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CreditLimit, "{estimate}");
        assert!(!error.job_may_run() && error.job_url().is_none());
        let told = error.to_string();
        assert!(
            told.starts_with("MeasureThings was not submitted: it may cost "),
            "{told}"
        );
        assert!(
            told.ends_with(&format!("no more than {limit} are allowed")),
            "{told}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_at_the_limit_is_made() {
    for (estimate, limit) in [
        (r#"{"cost":2}"#, 2.0),
        (r#"{"cost":0.5,"maximumCost":0.5}"#, 0.5),
        (r#"{"cost":0}"#, 0.0),
    ] {
        submit(&taking(costing(estimate)), limit).await.unwrap();
    }
    // Without a limit nobody asks.
    let replay = taking(costing(r#"{"cost":2}"#));
    let job = portal(&replay)
        .await
        .submit(&MeasureThings::new(LAYER))
        .await;
    assert_eq!((job.is_ok(), asked(&replay, "/execute").len()), (true, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_cost_nobody_knows_is_not_made() {
    let refused = json!({ "error": { "code": 400, "message": "Failed to compute cost." } });
    let told = json!({ "messageCode": "AO_100020", "message": "No ${what}.", "params": { "what": "credits" } });
    for (answer, reason) in [
        (value("{\"cost\":NaN}".into()), "no number of credits"),
        (value(json!({ "cost": -1 })), "no number of credits"),
        (value(json!({ "cost": "2" })), "no number of credits"),
        (value("two".into()), "no number of credits"),
        (value("".into()), "no number of credits"),
        (value(told), "the service says: No credits"),
        (
            Answer::json(&json!({ "results": [] })),
            "no number of credits",
        ),
        (
            Answer::json(&json!({ "cost": 1 })),
            "answered without results",
        ),
        (Answer::json(&refused), "Failed to compute cost"),
        (Answer::text(200, "<html>"), "an HTML or XML page"),
        (Answer::broken(TransportErrorKind::Interrupted), ""),
    ] {
        let replay = online().on(Method::Post, "/EstimateCredits/execute", [answer.forever()]);
        let error = submit(&taking(replay), 1e9).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoEstimate, "{error}");
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        assert!(!error.job_may_run());
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_without_the_service_says_which() {
    let replay = accepting();
    let error = portal(&replay)
        .await
        .estimate(&MeasureThings::new(LAYER))
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOffered);
    assert_eq!(
        error.to_string(),
        "https://www.arcgis.com does not offer the service `credit-estimation` to `ada` (its helperServices have no \
         `creditEstimation`); look for an organisation of ArcGIS Online, as nothing else charges credits"
    );
    let error = submit(&replay, 100.0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoEstimate);
    assert!(
        error.to_string().contains("no `creditEstimation`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_none_is_refused() {
    for limit in [-1.0, f64::NAN] {
        let error = submit(&taking(costing(r#"{"cost":0}"#)), limit)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    let replay = taking(costing(r#"{"cost":3}"#));
    let portal = builder(&replay).max_credits(2.0).connect().await.unwrap();
    let error = portal.run(&MeasureThings::new(LAYER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CreditLimit, "the builder's limit");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_says_beside_the_cost_holds_no_secret_and_is_no_sermon() {
    let note = format!("Asked with T0KEN-of-ada. {}", "Hear! ".repeat(10_000));
    let replay = costing(&json!({ "cost": 1, "infoMessage": note }).to_string());
    let portal = portal(&replay).await;
    let estimate = portal.estimate(&MeasureThings::new(LAYER)).await.unwrap();
    let note = estimate.note.unwrap();
    assert!(note.starts_with("Asked with [redacted]. Hear!"), "{note}");
    assert!(note.len() <= 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_service_is_asked_as_it_describes_itself() {
    let (features, rasters) = (
        MeasureThings::new(LAYER),
        MeasureRasters(MeasureThings::new(LAYER)),
    );
    let name = json!({ "paramName": "creditEstimate", "value": "{\"cost\":3}" });
    let results = json!({ "creditEstimate": { "paramUrl": "results/creditEstimate" } });
    let ended = json!({ "jobId": "e1", "jobStatus": "esriJobSucceeded", "results": results });
    let replay = described(undescribed(), ESTIMATE, "Asynchronous")
        .on(
            Method::Post,
            "/EstimateCredits/submitJob",
            [Answer::json(&json!({ "jobId": "e1" })).forever()],
        )
        .on(
            Method::Get,
            "/EstimateCredits/jobs/e1",
            [Answer::json(&ended).forever()],
        )
        .on(
            Method::Get,
            "/results/creditEstimate",
            [Answer::json(&name).forever()],
        );
    let results = json!([{ "paramName": "outCost", "value": { "credits": 4 } }]);
    let replay = described(replay, RASTER, "Synchronous").on(
        Method::Post,
        "/EstimateRasterAnalysisCost/execute",
        [Answer::json(&json!({ "results": results })).forever()],
    );
    let portal = portal(&replay).await;
    for _ in 0..2 {
        assert_eq!(portal.estimate(&features).await.unwrap().cost, Some(3.0));
        assert_eq!(portal.estimate(&rasters).await.unwrap().cost, Some(4.0));
    }
    let question = &asked(&replay, "/EstimateCredits/submitJob")[0];
    assert_eq!(question.field("taskName").as_deref(), Some("MeasureThings"));
    // What a service says of itself is asked once.
    assert_eq!(asked(&replay, "/Estimate/GPServer").len(), 1);
    assert_eq!(asked(&replay, "/RasterAnalysisTools/GPServer").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_describe_itself_is_asked_as_documented() {
    for description in [
        Answer::json(&json!({ "executionType": "esriExecutionTypeOdd" })),
        Answer::json(&json!({})),
        Answer::json(&json!({ "error": { "code": 403, "message": "No." } })),
        Answer::text(200, "<html>"),
        Answer::broken(TransportErrorKind::Interrupted),
    ] {
        let replay = undescribed()
            .on(Method::Get, "/GPServer", [description.forever()])
            .on(
                Method::Post,
                "/EstimateCredits/execute",
                [value("{\"cost\":3}".into())],
            );
        let portal = portal(&replay).await;
        let estimate = portal.estimate(&MeasureThings::new(LAYER)).await.unwrap();
        assert_eq!(estimate.cost, Some(3.0));
    }
}

/// A task of another service.
macro_rules! of_service {
    ($name:ident, $task:expr, $service:expr) => {
        #[derive(Debug, Clone, PartialEq)]
        struct $name(MeasureThings);

        impl Task for $name {
            type Results = MeasureThingsResults;

            const META: &'static TaskMeta = &TaskMeta {
                name: $task,
                service: &$service,
                ..META
            };
        }

        impl Object for $name {
            const MEMBERS: &'static [arcgis_analysis_types::meta::ParamMeta] = META.params;

            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                self.0.visit(visitor);
            }

            fn read(reader: &mut Reader) -> std::result::Result<Self, ParameterError> {
                MeasureThings::read(reader).map(Self)
            }
        }
    };
}

of_service!(
    MeasureRasters,
    META.name,
    ServiceMeta {
        id: "raster-analysis",
        title: "Raster analysis",
        helper_service: "rasterAnalytics",
        licence: "ArcGIS Image",
    }
);
// The task that only tells what others cost, called by its own name.
of_service!(
    EstimateRasters,
    "EstimateRasterAnalysisCost",
    ServiceMeta {
        id: "raster-analysis",
        title: "Raster analysis",
        helper_service: "rasterAnalytics",
        licence: "ArcGIS Image",
    }
);
of_service!(
    MeasureRoutes,
    META.name,
    ServiceMeta {
        id: "network-analysis",
        title: "Network analysis",
        helper_service: "asyncRoute",
        licence: "the Network Analysis privilege",
    }
);

/// The job that estimates what a raster analysis costs.
fn estimating(ended: Answer, cost: Answer) -> Replay {
    let accepted = Answer::json(&json!({ "jobId": "e1", "jobStatus": "esriJobSubmitted" }));
    online()
        .on(
            Method::Post,
            "/EstimateRasterAnalysisCost/submitJob",
            [accepted],
        )
        .on(Method::Get, "/EstimateRasterAnalysisCost/jobs/e1", [ended])
        .on(Method::Get, "/results/outCost", [cost])
}

fn estimated(status: &str) -> Answer {
    let message = json!({ "type": "esriJobMessageTypeError", "description": "No such raster." });
    let results = json!({ "outCost": { "paramUrl": "results/outCost" } });
    Answer::json(
        &json!({ "jobId": "e1", "jobStatus": status, "messages": [message], "results": results }),
    )
}

fn cost(value: Value) -> Answer {
    Answer::json(&json!({ "paramName": "outCost", "dataType": "GPString", "value": value }))
}

#[tokio::test(start_paused = true)]
async fn the_cost_of_rasters_is_told_by_a_job_that_the_ledger_does_not_keep() {
    let task = MeasureRasters(MeasureThings::new(LAYER));
    for value in [json!({ "credits": 12.5 }), "{\"credits\": 12.5}".into()] {
        let replay = estimating(estimated("esriJobSucceeded"), cost(value));
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let portal = builder(&replay)
            .ledger(ledger.clone())
            .connect()
            .await
            .unwrap();
        let error = portal.with_max_credits(12.0).run(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CreditLimit, "{error}");
        assert_eq!(ledger.jobs().unwrap().len(), 0);
        let call = asked(&replay, "/submitJob")[0].field("inputAnalysisTask");
        let call: Value = serde_json::from_str(&call.unwrap()).unwrap();
        let parameters = json!({ "inputLayer": { "url": LAYER } });
        assert_eq!(
            call,
            json!({ "name": "MeasureThings", "parameters": parameters })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_raster_analysis_without_an_estimate_is_not_made() {
    let task = MeasureRasters(MeasureThings::new(LAYER));
    for (ended, value, reason) in [
        ("esriJobFailed", json!(null), "No such raster"),
        (
            "esriJobSucceeded",
            json!({ "credits": "12" }),
            "no number of credits",
        ),
        (
            "esriJobSucceeded",
            json!({ "credits": -12 }),
            "no number of credits",
        ),
        (
            "esriJobSucceeded",
            json!("{\"credits\": NaN}"),
            "no number of credits",
        ),
        ("esriJobSucceeded", json!(null), "no number of credits"),
    ] {
        let replay = estimating(estimated(ended), cost(value));
        let portal = portal(&replay).await.with_max_credits(100.0);
        let error = portal.submit(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoEstimate, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(asked(&replay, "/MeasureThings/submitJob").len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_question_that_costs_nothing_is_asked_for_again() {
    let task = MeasureRasters(MeasureThings::new(LAYER));
    let lost = || Answer::broken(TransportErrorKind::Interrupted);
    let (submit, execute) = (
        "/EstimateRasterAnalysisCost/submitJob",
        "/EstimateRasterAnalysisCost/execute",
    );
    let answered = json!({ "results": [{ "paramName": "outCost", "value": { "credits": 2 } }] });
    let synchronous = || described(undescribed(), RASTER, "Synchronous");
    for (path, replay) in [
        (
            submit,
            online().on(Method::Post, submit, [lost().forever()]),
        ),
        (
            execute,
            synchronous().on(Method::Post, execute, [lost().forever()]),
        ),
    ] {
        let error = portal(&replay).await.estimate(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        assert!(!error.job_may_run() && error.job_url().is_none());
        let told = error.to_string();
        assert!(
            told.starts_with("estimating the cost of MeasureThings failed: "),
            "{told}"
        );
        assert_eq!(asked(&replay, path).len(), 4);
        let error = portal(&replay)
            .await
            .with_max_credits(9.0)
            .submit(&task)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoEstimate, "{error}");
        assert_eq!(asked(&replay, "/MeasureThings/submitJob").len(), 0);
    }
    let accepted = || Answer::json(&json!({ "jobId": "e1", "jobStatus": "esriJobSubmitted" }));
    let replay = online()
        .on(
            Method::Post,
            submit,
            [lost(), Answer::status(504), accepted()],
        )
        .on(
            Method::Get,
            "/EstimateRasterAnalysisCost/jobs/e1",
            [estimated("esriJobSucceeded")],
        )
        .on(
            Method::Get,
            "/results/outCost",
            [cost(json!({ "credits": 2 }))],
        );
    assert_eq!(
        portal(&replay).await.estimate(&task).await.unwrap().cost,
        Some(2.0)
    );
    assert_eq!(asked(&replay, submit).len(), 3);
    let replay = synchronous().on(Method::Post, execute, [lost(), Answer::json(&answered)]);
    assert_eq!(
        portal(&replay).await.estimate(&task).await.unwrap().cost,
        Some(2.0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_estimate_that_does_not_end_is_none_and_no_job_to_look_for() {
    let task = MeasureRasters(MeasureThings::new(LAYER));
    for last in [estimated("esriJobExecuting"), Answer::status(503)] {
        let replay = estimating(last.forever(), cost(json!({ "credits": 2 })));
        let error = portal(&replay).await.estimate(&task).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoEstimate, "{error}");
        assert!(!error.job_may_run() && error.job_url().is_none(), "{error}");
        assert!(
            error.to_string().contains("within the time limit of 5 min"),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_service_estimates_is_said() {
    let task = MeasureRoutes(MeasureThings::new(LAYER));
    let error = portal(&online()).await.estimate(&task).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "no service tells what tasks of the service `network-analysis` cost, such as MeasureThings"
    );
}

#[tokio::test(start_paused = true)]
async fn what_only_estimates_is_free() {
    let accepted = Answer::json(&json!({ "jobId": "j1", "jobStatus": "esriJobSubmitted" }));
    let path = "/EstimateRasterAnalysisCost/submitJob";
    let lost = Answer::broken(TransportErrorKind::Interrupted);
    let replay = online().on(Method::Post, path, [lost, accepted]);
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let portal = builder(&replay).ledger(ledger.clone()).connect().await;
    let portal = portal.unwrap().with_max_credits(0.0);
    let task = EstimateRasters(MeasureThings::new(LAYER));
    let job = portal.submit(&task).await.unwrap();
    assert!(job.url().ends_with("/EstimateRasterAnalysisCost/jobs/j1"));
    // What costs nothing may be sent again, is not guarded by a job of its own, and leaves nothing to look for.
    assert_eq!(asked(&replay, "/submitJob").len(), 2);
    assert_eq!(ledger.jobs().unwrap().len(), 0);
}
