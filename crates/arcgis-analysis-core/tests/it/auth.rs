use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{Credentials, Error, ErrorKind, Portal};
use arcgis_analysis_types::serde_json::json;
use std::time::{Duration, SystemTime};

const LAYER: &str = "https://example.com/FeatureServer/0";

fn token(text: &str) -> Answer {
    Answer::json(&json!({ "token": text, "expires": 1_700_000_000_000_u64, "ssl": true }))
}

fn with_tokens(tokens: impl IntoIterator<Item = Answer>) -> Replay {
    replay().on(Method::Post, "/sharing/rest/generateToken", tokens)
}

async fn sign_in(replay: &Replay) -> Result<Portal, Error> {
    builder(replay)
        .credentials(Credentials::password("ada", "pa55 w&rd"))
        .connect()
        .await
}

fn bearer(request: &arcgis_analysis_core::transport::Recorded) -> Option<&str> {
    request.header("X-Esri-Authorization")
}

#[tokio::test(start_paused = true)]
async fn a_password_becomes_a_token_that_goes_with_its_referer() {
    let replay = with_tokens([token("t1")])
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": "j1" }))],
        )
        .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
    let portal = sign_in(&replay).await.unwrap();
    portal
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap()
        .status()
        .await
        .unwrap();

    assert_eq!(portal.username(), Some("ada"));
    assert_eq!(
        portal.token_expires().await,
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
    );
    let requests = replay.requests();
    let made = &requests[0];
    assert_eq!(
        made.request().url(),
        "https://www.arcgis.com/sharing/rest/generateToken"
    );
    for (field, value) in [
        ("username", "ada"),
        ("password", "pa55 w&rd"),
        ("client", "referer"),
        ("referer", PORTAL),
        ("f", "json"),
    ] {
        assert_eq!(made.field(field).as_deref(), Some(value));
    }
    assert_eq!(requests.len(), 4, "one token serves all");
    for request in &requests {
        assert_eq!(request.header("Referer"), Some(PORTAL));
        assert!(!request.request().url().contains("t1"));
    }
    for request in &requests[1..] {
        assert_eq!(bearer(request), Some("Bearer t1"));
        assert_eq!(request.field("token"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once() {
    let refusal = r#"{"error":{"code":400,"message":"Unable to generate token.","details":["Invalid username or password."]}}"#;
    let replay = with_tokens([Answer::text(200, refusal).forever()]);
    let error = sign_in(&replay).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(
        error.to_string(),
        "signing in to https://www.arcgis.com as `ada` failed: the server says: Unable to generate token. Invalid \
         username or password (code 400)"
    );
    assert_eq!(replay.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn signing_in_outlasts_a_fault_but_not_nonsense() {
    let replay = with_tokens([
        Answer::status(503),
        Answer::broken(TransportErrorKind::Interrupted),
        token("t1"),
    ]);
    assert!(sign_in(&replay).await.is_ok());
    for (answer, kind) in [
        (
            Answer::text(200, r#"{"tokn":"S3CRET"}"#),
            ErrorKind::Protocol,
        ),
        (
            Answer::text(200, r#"{"token":"two\nlines S3CRET"}"#),
            ErrorKind::Protocol,
        ),
        (Answer::text(200, "<html>S3CRET"), ErrorKind::Protocol),
        (
            Answer::status(302).header("Location", "https://login.example.org"),
            ErrorKind::Protocol,
        ),
        (
            Answer::broken(TransportErrorKind::NotSent),
            ErrorKind::Transport,
        ),
        (
            Answer::text(500, r#"{"error":{"code":500,"message":"Down"}}"#),
            ErrorKind::Server,
        ),
    ] {
        let error = sign_in(&with_tokens([answer.forever()])).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!format!("{error:?}").contains("S3CRET"), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_renewed_in_every_shape_of_its_refusal() {
    for refusal in [
        Answer::text(
            200,
            r#"{"error":{"code":498,"message":"Invalid token.","details":[]}}"#,
        ),
        Answer::text(
            200,
            r#"{"error":{"code":499,"message":"Token Required","messageCode":"GWM_0003"}}"#,
        ),
        Answer::text(
            200,
            r#"{"status":"error","messages":["Token Expired."],"code":498}"#,
        ),
        Answer::text(200, r#"{"error":{"code":"498","message":"Expired"}}"#),
        Answer::text(200, r#"{"error":{"code":400,"message":"Invalid Token"}}"#),
        Answer::text(498, r#"{"error":{"message":"Invalid token"}}"#),
        Answer::text(401, r#"{"error":{"code":401,"message":"Unauthorized"}}"#),
        Answer::status(401),
    ] {
        let shown = format!("{refusal:?}");
        let replay = with_tokens([token("t1"), token("t2"), token("t3")])
            .on(
                Method::Post,
                "/submitJob",
                [refusal.clone(), Answer::json(&json!({ "jobId": "j1" }))],
            )
            .on(
                Method::Get,
                "/jobs/j1",
                [
                    state("esriJobExecuting"),
                    refusal,
                    succeeded(&["measuredLayer"]),
                ],
            );
        let portal = sign_in(&replay).await.unwrap();
        let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
        assert!(job.wait(None).await.is_ok(), "{shown}");
        let submits = asked(&replay, "/submitJob");
        assert_eq!(
            submits.iter().map(bearer).collect::<Vec<_>>(),
            [Some("Bearer t1"), Some("Bearer t2")]
        );
        assert!(
            submits
                .iter()
                .all(|submit| submit.request().fresh_connection())
        );
        let polls = asked(&replay, "/jobs/j1");
        assert_eq!(
            polls.iter().map(bearer).collect::<Vec<_>>(),
            [Some("Bearer t2"), Some("Bearer t2"), Some("Bearer t3")]
        );
        assert_eq!(
            polls[1].at(),
            polls[2].at(),
            "at once, not at the next look"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_every_token_is_an_error_and_no_loop() {
    let refusal =
        Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#).forever();
    let replay = with_tokens([token("t1"), token("t2")]).on(Method::Post, "/submitJob", [refusal]);
    let error = sign_in(&replay)
        .await
        .unwrap()
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Authentication, Some(498))
    );
    assert_eq!(asked(&replay, "/submitJob").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_stops_working_ends_the_wait_at_once_but_not_the_job() {
    let refusal = r#"{"error":{"code":400,"message":"Unable to generate token."}}"#;
    let replay = with_tokens([token("t1"), Answer::text(200, refusal).forever()]).on(
        Method::Get,
        "/jobs/j1",
        [Answer::text(200, r#"{"error":{"code":498,"message":"Expired"}}"#).forever()],
    );
    let portal = sign_in(&replay).await.unwrap();
    let error = portal
        .resume::<MeasureThings>(JOB)
        .unwrap()
        .wait(None)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.job_url()),
        (ErrorKind::Authentication, Some(JOB))
    );
    assert!(error.job_may_run());
    assert_eq!(asked(&replay, "/generateToken").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_sign_in_is_outlasted_by_the_wait() {
    let mut tokens = vec![token("t1")];
    tokens.extend(std::iter::repeat_n(Answer::status(503), 10));
    tokens.push(token("t2"));
    let replay = with_tokens(tokens).on(
        Method::Get,
        "/jobs/j1",
        [
            Answer::text(200, r#"{"error":{"code":498,"message":"Expired"}}"#),
            Answer::text(200, r#"{"error":{"code":498,"message":"Expired"}}"#),
            Answer::text(200, r#"{"error":{"code":498,"message":"Expired"}}"#),
            succeeded(&[]),
        ],
    );
    let portal = sign_in(&replay).await.unwrap();
    assert!(
        portal
            .resume::<MeasureThings>(JOB)
            .unwrap()
            .wait(None)
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_expired_requests_make_one_token() {
    let mut refusals =
        vec![Answer::text(200, r#"{"error":{"code":498,"message":"Expired"}}"#); 1_000];
    refusals
        .iter_mut()
        .for_each(|refusal| *refusal = refusal.clone().after(Duration::from_millis(50)));
    let replay = with_tokens([token("t1"), token("t2").after(Duration::from_secs(1))]).on(
        Method::Get,
        "/jobs/j1",
        refusals
            .into_iter()
            .chain([state("esriJobExecuting").forever()]),
    );
    let portal = sign_in(&replay).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let job = portal.resume::<MeasureThings>(JOB).unwrap();
        asking.spawn(async move { job.status().await });
    }
    while let Some(status) = asking.join_next().await {
        assert!(status.unwrap().is_ok());
    }
    assert_eq!(asked(&replay, "/generateToken").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_is_told_what_to_do() {
    let expired =
        || Answer::text(200, r#"{"error":{"code":499,"message":"Token Required"}}"#).forever();
    for (credentials, advice) in [
        (Credentials::Anonymous, "sign in with"),
        (Credentials::token("old"), "invalid or expired"),
    ] {
        let replay = Replay::new().on(Method::Get, "/portals/self", [expired()]);
        let error = builder(&replay)
            .credentials(credentials)
            .connect()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(error.to_string().contains(advice), "{error}");
        assert_eq!(replay.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn anonymous_requests_carry_no_token() {
    let replay = replay();
    builder(&replay)
        .credentials(Credentials::Anonymous)
        .connect()
        .await
        .unwrap();
    assert_eq!(bearer(&replay.requests()[0]), None);
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_does_not_offer_the_service_names_the_licence() {
    let bare =
        Answer::json(&json!({ "helperServices": { "geometry": { "url": "https://x.org/G" } } }));
    let replay = Replay::new().on(Method::Get, "/portals/self", [bare]);
    let error = portal(&replay)
        .await
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOffered);
    assert!(
        error
            .to_string()
            .ends_with("look for the Spatial Analysis privilege"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_without_encryption_gets_nothing() {
    let helper =
        json!({ "helperServices": { "analysis": { "url": "http://127.0.0.1:6080/T/GPServer" } } });
    let replay = Replay::new().on(Method::Get, "/portals/self", [Answer::json(&helper)]);
    let error = portal(&replay)
        .await
        .submit(&MeasureThings::new(LAYER))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(replay.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn unusable_settings_are_refused_before_anything_is_sent() {
    let replay = replay();
    for builder in [
        builder(&replay).credentials(Credentials::token("two words")),
        builder(&replay).credentials(Credentials::password("", "x")),
        Portal::builder("https://ada:pw@www.arcgis.com").transport(replay.clone()),
    ] {
        assert_eq!(
            builder.connect().await.unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
    assert!(replay.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn something_that_is_no_portal_is_named() {
    for (answer, kind) in [
        (Answer::text(200, "<html>"), ErrorKind::Protocol),
        (Answer::text(200, "[]"), ErrorKind::Protocol),
        (Answer::status(404), ErrorKind::NotFound),
        (
            Answer::status(301).header("Location", "https://new.example.org/portal?x=1"),
            ErrorKind::Protocol,
        ),
    ] {
        let replay = Replay::new().on(Method::Get, "/portals/self", [answer.forever()]);
        let error = builder(&replay).connect().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            error
                .to_string()
                .starts_with("asking https://www.arcgis.com for its services failed: "),
            "{error}"
        );
    }
}
