//! A job is found again by its token, in another process too.

use crate::support::*;
use arcgis_analysis_core::transport::Method;
use arcgis_analysis_core::{ErrorKind, JobRef, JobToken};
use arcgis_analysis_types::serde_json::{self, json};
use proptest::prelude::*;

const LAYER: &str = "https://example.com/FeatureServer/0";

#[tokio::test(start_paused = true)]
async fn a_job_is_resumed_by_its_token() {
    let job = portal(&accepting())
        .await
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap();
    let token = job.token();
    assert_eq!(token, job.raw().token());
    let text = serde_json::to_value(&token).unwrap();
    let expected =
        json!({ "portal": PORTAL, "service": SERVICE, "task": "MeasureThings", "jobId": "j1" });
    assert_eq!(
        text, expected,
        "and nothing else, no credential least of all"
    );
    assert_eq!(serde_json::from_value::<JobToken>(text).unwrap(), token);
    assert_eq!(token.job_url(), JOB);

    let replay = replay()
        .on(
            Method::Get,
            "/jobs/j1",
            [succeeded(&["measuredLayer"]).forever()],
        )
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer").forever()],
        );
    let elsewhere = portal(&replay).await;
    elsewhere
        .resume::<MeasureThings>(&token)
        .unwrap()
        .await
        .unwrap();
    let printed = format!("{{\"id\": \"x\", \"jobUrl\": \"{JOB}\"}}");
    for text in [token.to_string(), JOB.to_owned(), printed] {
        let job = elsewhere.resume::<MeasureThings>(&text).unwrap();
        assert_eq!(job.url(), JOB, "{text}");
        job.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_elsewhere_leads_nowhere() {
    let portal = portal(&replay()).await;
    let token = |portal: &str, service: &str, task: &str, id: &str| {
        json!({ "portal": portal, "service": service, "task": task, "jobId": id }).to_string()
    };
    let evil = "https://example.org/rest/services/tasks/GPServer";
    for (text, problem) in [
        (
            token("https://gis.example.org", SERVICE, "MeasureThings", "j1"),
            "belongs to the portal https://gis.example.org",
        ),
        (
            token(PORTAL, evil, "MeasureThings", "j1"),
            "the job is at https://example.org",
        ),
        (
            token(PORTAL, SERVICE, "BakeThings", "j1"),
            "one of BakeThings, not of MeasureThings",
        ),
        (
            token(
                "https://ada:pw@www.arcgis.com",
                SERVICE,
                "MeasureThings",
                "j1",
            ),
            "user name or password",
        ),
        (
            token(
                PORTAL,
                "http://www.arcgis.com:80/x?token=pw",
                "MeasureThings",
                "j1",
            ),
            "the URL of its service",
        ),
        (
            token(PORTAL, SERVICE, "MeasureThings", ".."),
            "cannot be part of an address",
        ),
        (
            token(PORTAL, SERVICE, "MeasureThings", ""),
            "cannot be part of an address",
        ),
        (
            json!({ "portal": PORTAL }).to_string(),
            "missing field `service`",
        ),
        ("{".to_owned(), "cannot be read"),
    ] {
        let error = portal.resume::<MeasureThings>(&text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
        let told = error.to_string();
        assert!(told.contains(problem) && !told.contains("pw"), "{told}");
    }
    let odd = token(PORTAL, SERVICE, "MeasureThings", "../../admin");
    let job = portal.resume::<MeasureThings>(&odd).unwrap();
    assert_eq!(
        job.url(),
        format!("{SERVICE}/MeasureThings/jobs/..%2F..%2Fadmin")
    );
}

#[test]
fn a_token_is_refused_where_no_job_could_be_resumed_by_it() {
    for service in ["https://analysis.arcgis.com/rest", PORTAL] {
        let token = json!({ "portal": PORTAL, "service": service, "task": "T", "jobId": "j1" });
        let error = token.to_string().parse::<JobToken>().unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("the URL of its job does not have the form"),
            "{told}"
        );
    }
}

/// Pieces of what people paste, whole and broken.
fn pasted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(JOB.to_owned()),
        Just("https://user:pw@".to_owned()),
        Just("GPServer/MeasureThings/jobs/".to_owned()),
        Just("?token=pw".to_owned()),
        Just("{\"jobUrl\": \"".to_owned()),
        Just("%3A%2F%2F".to_owned()),
        "\\PC{0,12}",
        "[\\x00-\\x7f]{0,6}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_pasted_names_a_job_or_is_refused(text in pasted()) {
        let job = JobRef::from(text.as_str());
        match job.url() {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Configuration),
            Ok(url) => {
                prop_assert!(url.starts_with("https://") || url.starts_with("http://"), "{}", url);
                prop_assert!(!url.contains(['?', '#', '@']) && url.contains("/jobs/"), "{}", url);
                let again = JobRef::from(url);
                prop_assert_eq!(again.url().unwrap(), url);
            }
        }
    }
}
