//! What a service answers to the question what a task costs.

use super::support::{Server, TOKEN, json, parts, run, task, text};
use arcgis_analysis::{Credentials, Portal};
use serde_json::{Value, json as object};

/// The parts are the answers to an estimate, and then, where a limit of five credits was set, to that and the submit.
///
/// An estimate is a number of credits. Nothing is submitted unless the answer before it said, in so many words, that it
/// costs no more than the limit.
pub fn estimate(data: &[u8]) {
    let parts = parts(data);
    let services = "https://analysis.arcgis.com/arcgis/rest/services";
    let portal = object!({ "user": { "username": "ada" }, "helperServices": {
        "analysis": { "url": format!("{services}/tasks/GPServer") },
        "creditEstimation": { "url": format!("{services}/Estimate/GPServer") },
    } });
    let described = object!({ "executionType": "esriExecutionTypeSynchronous" });
    let fixed = [("/portals/self", portal), ("/Estimate/GPServer", described)];
    let server = Server::new(&[TOKEN], fixed, &parts);
    let (estimate, submitted) = run(async {
        let builder = Portal::builder("https://www.arcgis.com")
            .credentials(Credentials::token(TOKEN))
            .transport(server.clone());
        let portal = builder.connect().await.unwrap();
        let task = task(b"CreateBuffers");
        let params = object!({ "inputLayer": { "url": "https://example.com/FeatureServer/0" }, "distances": [1] });
        let estimate = portal.estimate_entry(task, params.clone()).await;
        let limited = portal.with_max_credits(5.0);
        (estimate, limited.submit_entry(task, params).await)
    });
    match estimate {
        Err(error) => server.check_error(&error),
        Ok(estimate) => {
            assert!(estimate.maximum.is_finite() && estimate.maximum >= 0.0);
            assert!(
                estimate
                    .cost
                    .is_none_or(|cost| (0.0..=estimate.maximum).contains(&cost))
            );
            if let Some(note) = estimate.note {
                server.line(&note);
            }
        }
    }
    if let Err(error) = submitted {
        server.check_error(&error);
    }
    let asked = server.asked();
    if let Some(at) = asked
        .iter()
        .position(|a| a.request.url().contains("/submitJob"))
    {
        let before = asked[..at].last().unwrap();
        assert!(before.request.url().contains("/EstimateCredits/execute"));
        let super::support::Told::Answer { body, .. } = &before.told else {
            panic!("nothing was said of the cost")
        };
        let body = text(body);
        let body = json(body.trim_start_matches('\u{feff}').as_bytes()).unwrap();
        let costs = numbers(&body);
        assert!(
            costs.iter().any(|cost| (0.0..=5.0).contains(cost)),
            "{body}"
        );
    }
    server.check(|_, url| {
        url.host_str()
            .is_some_and(|host| host.ends_with(".arcgis.com"))
    });
}

/// Every number that a document calls a cost, in its texts too.
fn numbers(value: &Value) -> Vec<f64> {
    let member = |(name, value): (&String, &Value)| match value.as_f64() {
        Some(number) if name == "cost" || name == "maximumCost" => vec![number],
        _ => numbers(value),
    };
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::Object(all) => all.iter().flat_map(member).collect(),
        Value::String(text) => json(text.as_bytes()).map_or_else(Vec::new, |value| numbers(&value)),
        _ => Vec::new(),
    }
}
