//! Servers that are not the portal: those that belong to it, and those that do not.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Recorded, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    Credentials, Error, ErrorKind, PasswordCredentials, Portal, PortalBuilder, TokenBinding,
};
use arcgis_analysis_types::serde_json::json;
use std::time::Duration;

const LAYER: &str = "https://example.com/FeatureServer/0";
const PORTAL: &str = "https://gis.example.org/portal";
const SERVER: &str = "https://gp.example.org:6443/arcgis";
const JOB: &str =
    "https://gp.example.org:6443/arcgis/rest/services/System/T/GPServer/MeasureThings/jobs/j1";

/// A portal with a service on another server, which says this of itself.
fn replay(info: Answer) -> Replay {
    let service = format!("{SERVER}/rest/services/System/T/GPServer");
    let portal = json!({ "user": { "username": "ada" }, "helperServices": { "analysis": { "url": service } } });
    Replay::new()
        .on(
            Method::Get,
            "/portals/self",
            [Answer::json(&portal).forever()],
        )
        .on(Method::Get, "/arcgis/rest/info", [info])
}

fn owned_by(portal: &str) -> Answer {
    Answer::json(
        &json!({ "owningSystemUrl": portal, "authInfo": { "tokenServicesUrl": format!("{portal}/sharing/rest/generateToken") } }),
    )
}

fn token(text: &str) -> Answer {
    Answer::json(&json!({ "token": text }))
}

fn expired() -> Answer {
    Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#)
}

fn submitted() -> Answer {
    Answer::json(&json!({ "jobId": "j1" }))
}

fn builder(replay: &Replay) -> PortalBuilder {
    Portal::builder(PORTAL).transport(replay.clone())
}

async fn run(builder: PortalBuilder) -> Result<(), Error> {
    let portal = builder.connect().await?;
    portal
        .submit(&MeasureThings::new(LAYER))
        .await?
        .wait(None)
        .await
        .map(drop)
}

fn bearer(request: &Recorded) -> Option<&str> {
    request.header("X-Esri-Authorization")
}

/// What went to the server, and what to the portal: no secret of the one may be found in the other.
fn at(replay: &Replay, origin: &str) -> Vec<Recorded> {
    let requests = replay.requests().into_iter();
    requests
        .filter(|request| request.request().url().starts_with(origin))
        .collect()
}

fn shows(request: &Recorded, secret: &str) -> bool {
    let body = String::from_utf8_lossy(request.request().body().unwrap_or_default()).into_owned();
    let headers: String = request
        .request()
        .headers()
        .map(|(_, value)| value)
        .collect();
    assert!(!request.request().url().contains(secret));
    body.contains(secret) || headers.contains(secret)
}

#[tokio::test(start_paused = true)]
async fn the_portal_makes_a_token_for_its_server() {
    let replay = replay(owned_by("https://GIS.example.org/portal/"))
        .on(
            Method::Post,
            "/generateToken",
            [token("P0RTAL"), token("S3RVER")],
        )
        .on(Method::Post, "/submitJob", [submitted()])
        .on(
            Method::Get,
            "/jobs/j1",
            [state("esriJobExecuting"), succeeded(&[])],
        );
    run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
        .await
        .unwrap();
    let made = asked(&replay, "/generateToken");
    assert_eq!(made.len(), 2);
    for (field, value) in [
        ("request", "getToken"),
        (
            "serverUrl",
            "https://gp.example.org:6443/arcgis/rest/services",
        ),
        ("token", "P0RTAL"),
        ("client", "referer"),
        ("referer", "https://gis.example.org"),
        ("expiration", "120"),
        ("f", "json"),
    ] {
        assert_eq!(made[1].field(field).as_deref(), Some(value), "{field}");
    }
    let server = at(&replay, SERVER);
    assert_eq!(
        server.iter().map(bearer).collect::<Vec<_>>(),
        [
            None,
            Some("Bearer S3RVER"),
            Some("Bearer S3RVER"),
            Some("Bearer S3RVER")
        ]
    );
    assert!(
        server
            .iter()
            .all(|r| r.header("Referer") == Some("https://gis.example.org"))
    );
    assert!(
        !server
            .iter()
            .any(|r| shows(r, "P0RTAL") || shows(r, "pa55"))
    );
    assert!(!at(&replay, PORTAL).iter().any(|r| shows(r, "S3RVER")));
}

#[tokio::test(start_paused = true)]
async fn a_servers_token_is_renewed_as_the_portals_is() {
    let replay = replay(owned_by(PORTAL))
        // The portal's own token has ended too by the time that the server's is renewed.
        .on(
            Method::Post,
            "/generateToken",
            [
                token("p1"),
                token("s1"),
                expired(),
                token("p2"),
                token("s2"),
            ],
        )
        .on(Method::Post, "/submitJob", [submitted()])
        .on(
            Method::Get,
            "/jobs/j1",
            [expired(), state("esriJobExecuting"), succeeded(&[])],
        );
    run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
        .await
        .unwrap();
    let tokens: Vec<_> = asked(&replay, "/generateToken")
        .iter()
        .map(|r| r.field("token"))
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(tokens, [None, some("p1"), some("p1"), None, some("p2")]);
    let polls = asked(&replay, "/jobs/j1");
    assert_eq!(
        polls.iter().map(bearer).collect::<Vec<_>>(),
        [Some("Bearer s1"), Some("Bearer s2"), Some("Bearer s2")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_hundred_jobs_on_a_server_cause_one_exchange() {
    let answers = std::iter::repeat_n(expired().after(Duration::from_millis(50)), 100);
    let replay = replay(owned_by(PORTAL))
        .on(
            Method::Post,
            "/generateToken",
            [
                token("p1"),
                token("s1"),
                token("s2").after(Duration::from_secs(1)),
            ],
        )
        .on(
            Method::Get,
            "/jobs/j1",
            [state("esriJobExecuting")]
                .into_iter()
                .chain(answers)
                .chain([succeeded(&[]).forever()]),
        );
    let portal = builder(&replay)
        .credentials(Credentials::password("ada", "pa55"))
        .connect()
        .await
        .unwrap();
    portal
        .resume::<MeasureThings>(JOB)
        .unwrap()
        .status()
        .await
        .unwrap();
    let mut jobs = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let job = portal.resume::<MeasureThings>(JOB).unwrap();
        jobs.spawn(async move { job.wait(None).await });
    }
    while let Some(outcome) = jobs.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(asked(&replay, "/generateToken").len(), 3);
    assert_eq!(asked(&replay, "/rest/info").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_of_somebody_else_gets_nothing() {
    let elsewhere = Answer::json(
        &json!({ "currentVersion": 11.4, "authInfo": { "isTokenBasedSecurity": true } }),
    );
    for (info, words) in [
        (
            owned_by("https://other.example.org/portal"),
            "belongs to https://other.example.org/portal",
        ),
        (
            elsewhere,
            "does not belong to https://gis.example.org/portal",
        ),
    ] {
        let wanted = Answer::text(200, r#"{"error":{"code":499,"message":"Token Required"}}"#);
        let replay = replay(info)
            .on(Method::Post, "/generateToken", [token("P0RTAL")])
            .on(Method::Post, "/submitJob", [wanted]);
        let error = run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(
            error.to_string().contains(words)
                && error
                    .to_string()
                    .contains("give credentials for the server"),
            "{error}"
        );
        assert!(
            !at(&replay, SERVER)
                .iter()
                .any(|r| bearer(r).is_some() || shows(r, "P0RTAL") || shows(r, "pa55"))
        );
        assert_eq!(asked(&replay, "/submitJob").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_server_of_somebody_else_is_used_without_a_token() {
    let replay = replay(Answer::json(&json!({ "currentVersion": 11.4 })))
        .on(Method::Post, "/submitJob", [submitted()])
        .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
    run(builder(&replay).credentials(Credentials::token("P0RTAL")))
        .await
        .unwrap();
    assert!(!at(&replay, SERVER).iter().any(|r| shows(r, "P0RTAL")));
}

#[tokio::test(start_paused = true)]
async fn of_a_server_that_says_nothing_the_portal_knows() {
    for info in [
        Answer::status(404),
        Answer::text(200, "<html>").forever(),
        Answer::text(200, "[]"),
    ] {
        let replay = replay(info.clone())
            .on(
                Method::Post,
                "/generateToken",
                [token("P0RTAL"), token("S3RVER")],
            )
            .on(Method::Post, "/submitJob", [submitted()])
            .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
        run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
            .await
            .unwrap();
        assert_eq!(
            bearer(&asked(&replay, "/submitJob")[0]),
            Some("Bearer S3RVER")
        );

        let unknown = Answer::text(
            200,
            r#"{"error":{"code":400,"message":"Invalid serverUrl"}}"#,
        );
        let replay = super::federated::replay(info)
            .on(
                Method::Post,
                "/generateToken",
                [token("P0RTAL"), unknown.forever()],
            )
            .on(Method::Post, "/submitJob", [submitted()])
            .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
        run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
            .await
            .unwrap();
        assert!(at(&replay, SERVER).iter().all(|r| bearer(r).is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_fails_is_told_and_tried_anew() {
    let refused = Answer::text(
        200,
        r#"{"error":{"code":400,"message":"Unable to generate token.","details":["Not a server"]}}"#,
    );
    let replay = replay(owned_by(PORTAL))
        .on(
            Method::Post,
            "/generateToken",
            [token("P0RTAL"), refused, token("S3RVER")],
        )
        .on(Method::Post, "/submitJob", [submitted()]);
    let portal = builder(&replay)
        .credentials(Credentials::password("ada", "pa55"))
        .connect()
        .await
        .unwrap();
    let error = portal.submit(&MeasureThings::new(LAYER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(
        error.to_string(),
        "asking https://gis.example.org/portal for a token for https://gp.example.org:6443/arcgis failed: the server says: \
         Unable to generate token. Not a server (code 400)"
    );
    assert!(!error.job_may_run() && asked(&replay, "/submitJob").is_empty());
    assert!(portal.submit(&MeasureThings::new(LAYER)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_asked_again() {
    let replay = replay(Answer::status(503))
        .on(
            Method::Get,
            "/arcgis/rest/info",
            [
                Answer::broken(TransportErrorKind::Interrupted),
                owned_by(PORTAL),
            ],
        )
        .on(
            Method::Post,
            "/generateToken",
            [token("P0RTAL"), token("S3RVER")],
        )
        .on(Method::Post, "/submitJob", [submitted()])
        .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
    run(builder(&replay).credentials(Credentials::password("ada", "pa55")))
        .await
        .unwrap();
    assert_eq!(asked(&replay, "/rest/info").len(), 3);
    let down = super::federated::replay(Answer::status(503).forever());
    let error = run(builder(&down).credentials(Credentials::token("P0RTAL")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(!error.job_may_run(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn anonymous_callers_ask_no_server_to_whom_it_belongs() {
    let replay = replay(owned_by(PORTAL))
        .on(Method::Post, "/submitJob", [submitted()])
        .on(Method::Get, "/jobs/j1", [succeeded(&[])]);
    run(builder(&replay)).await.unwrap();
    assert!(asked(&replay, "/rest/info").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_with_credentials_of_its_own_makes_its_own_tokens() {
    for (info, service) in [
        (
            json!({ "authInfo": { "tokenServicesUrl": format!("{SERVER}/tokens/") } }),
            "/arcgis/tokens/generateToken",
        ),
        (
            json!({ "authInfo": { "tokenServicesUrl": format!("{SERVER}/tokens/generateToken") } }),
            "/arcgis/tokens/generateToken",
        ),
        (
            json!({ "currentVersion": 11.4 }),
            "/arcgis/tokens/generateToken",
        ),
    ] {
        let replay = replay(Answer::json(&info))
            .on(Method::Post, service, [token("0WN-1"), token("0WN-2")])
            .on(Method::Post, "/submitJob", [submitted()])
            .on(Method::Get, "/jobs/j1", [expired(), succeeded(&[])]);
        let owner = PasswordCredentials::new("siteadmin", "s1te")
            .binding(TokenBinding::RequestIp)
            .token_life(Duration::from_secs(90));
        let builder = builder(&replay).credentials(Credentials::token("P0RTAL"));
        run(builder.server(format!("{SERVER}/rest/services"), owner))
            .await
            .unwrap();
        let made = asked(&replay, "/generateToken");
        assert_eq!(made.len(), 2);
        for (field, value) in [
            ("username", Some("siteadmin")),
            ("password", Some("s1te")),
            ("client", Some("requestip")),
            ("referer", None),
            ("expiration", Some("2")),
            ("token", None),
        ] {
            assert_eq!(made[0].field(field).as_deref(), value, "{field}");
        }
        let polls = asked(&replay, "/jobs/j1");
        assert_eq!(
            polls.iter().map(bearer).collect::<Vec<_>>(),
            [Some("Bearer 0WN-1"), Some("Bearer 0WN-2")]
        );
        assert!(!at(&replay, SERVER).iter().any(|r| shows(r, "P0RTAL")));
        assert!(
            !at(&replay, PORTAL)
                .iter()
                .any(|r| shows(r, "s1te") || shows(r, "0WN"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_servers_password_goes_to_no_other_origin() {
    for named in [
        "https://evil.example/tokens/",
        "http://gp.example.org:6443/arcgis/tokens",
        "https://gp.example.org/arcgis/tokens",
        "//evil.example/",
        "tokens",
    ] {
        let info = json!({ "authInfo": { "tokenServicesUrl": named } });
        let replay = replay(Answer::json(&info));
        let builder = builder(&replay).server(SERVER, Credentials::password("siteadmin", "s1te"));
        let error = run(builder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{named}");
        assert!(
            !replay.requests().iter().any(|r| shows(r, "s1te")),
            "{named}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_a_server_takes_can_be_given_for_it() {
    let replay = replay(owned_by(PORTAL));
    for (url, credentials) in [
        (SERVER, Credentials::Anonymous),
        (SERVER, Credentials::client("app", "secret")),
        (SERVER, Credentials::token("two words")),
        ("https://u:p@gp.example.org", Credentials::token("t")),
    ] {
        let error = builder(&replay)
            .server(url, credentials)
            .connect()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert!(replay.requests().is_empty());
}
