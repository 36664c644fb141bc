//! What may go wrong at the token endpoint of OAuth: for an application's secret and for a refresh token, at the first
//! token and in the middle of a job. Each row says how the call ends, how often the endpoint is asked, which of the
//! portal's words reach the caller, and that the secret went nowhere else and is shown nowhere.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    Credentials, Error, ErrorKind, FileStore, Portal, SecretString, SignIn, SignInStore,
};
use arcgis_analysis_types::serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ENDPOINT: &str = "https://www.arcgis.com/sharing/rest/oauth2/token";
const CLIENT_SECRET: &str = "PLANTED-cl1ent-s3cret";
const REFRESH: &str = "PLANTED-r3fresh";
const LAYER: &str = "https://example.com/FeatureServer/0";

/// An application, and a person who signed in in a browser long ago.
fn both() -> [(Credentials, &'static str); 2] {
    [
        (Credentials::client("app", CLIENT_SECRET), CLIENT_SECRET),
        (person(REFRESH), REFRESH),
    ]
}

fn person(refresh: &str) -> Credentials {
    let kept = json!({
        "version": 1, "portal": PORTAL, "username": "ada", "token": "PLANTED-old", "expires": 1,
        "renewal": { "clientId": "cli", "redirectUri": "http://127.0.0.1:5000/", "refreshToken": refresh, "expires": null },
    });
    SignIn::from_secret(&SecretString::from(kept.to_string()))
        .unwrap()
        .into()
}

fn token(name: &str, seconds: u64) -> Answer {
    Answer::json(&json!({ "access_token": format!("PLANTED-{name}"), "expires_in": seconds }))
}

/// OAuth's refusal in ArcGIS's envelope.
fn refusal(code: u64, word: &str, words: &str) -> Answer {
    let error = json!({ "code": code, "error": word, "error_description": words, "message": words, "details": [] });
    Answer::json(&json!({ "error": error }))
}

/// The same as the standard has it, with HTTP status 400.
fn standard(word: &str, words: &str) -> Answer {
    let body = json!({ "error": word, "error_description": words });
    Answer::text(400, &body.to_string())
}

fn expired() -> Answer {
    Answer::text(
        200,
        r#"{"error":{"code":498,"message":"Invalid token.","details":[]}}"#,
    )
}

async fn connect(replay: &Replay, credentials: Credentials) -> Result<Portal, Error> {
    let builder = Portal::builder(PORTAL).transport(replay.clone());
    builder.credentials(credentials).connect().await
}

/// No secret is in a URL, in the words, or at another place than its own.
fn nothing_leaks(replay: &Replay, error: Option<&Error>, row: &str) {
    for request in replay.requests() {
        let url = request.request().url();
        assert!(!url.contains("PLANTED"), "{row}: {url}");
        let body =
            String::from_utf8_lossy(request.request().body().unwrap_or_default()).into_owned();
        let is_secret = body.contains(CLIENT_SECRET) || body.contains(REFRESH);
        assert_eq!(is_secret, url == ENDPOINT, "{row}: {url}");
    }
    if let Some(error) = error {
        let mut shown = format!("{error} {error:?} {:?}", error.excerpt());
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            shown += &format!("{source} {source:?}");
            cause = source.source();
        }
        assert!(!shown.contains("PLANTED"), "{row}: {shown}");
    }
}

/// What the endpoint does for good, how it ends, how often it is asked, and in which words.
fn for_good(secret: &str) -> Vec<(&'static str, Answer, ErrorKind, usize, &'static str)> {
    use ErrorKind as K;
    let words = format!("{secret} is not known");
    let page = format!("<html>{secret}");
    let moved = |status: u16, to: &str| Answer::status(status).header("Location", to);
    let broken = Answer::broken;
    vec![
        (
            "invalid_grant",
            refusal(400, "invalid_grant", "The grant is not valid"),
            K::Authentication,
            1,
            "The grant is not valid",
        ),
        (
            "invalid_grant, as the standard has it",
            standard("invalid_grant", "The grant is over"),
            K::Authentication,
            1,
            "The grant is over",
        ),
        (
            "invalid_client",
            refusal(400, "invalid_client", "Invalid client_id"),
            K::Authentication,
            1,
            "Invalid client_id",
        ),
        (
            "invalid_client, as the standard has it",
            Answer::text(
                401,
                r#"{"error":"invalid_client","error_description":"Who are you?"}"#,
            ),
            K::Authentication,
            1,
            "Who are you?",
        ),
        (
            "unauthorized_client",
            refusal(403, "unauthorized_client", "This application may not"),
            K::Permission,
            1,
            "This application may not",
        ),
        (
            "a word alone",
            Answer::text(400, r#"{"error":"invalid_request"}"#),
            K::Authentication,
            1,
            "invalid_request",
        ),
        (
            "498",
            refusal(498, "invalid_request", "Invalid refresh_token"),
            K::Authentication,
            1,
            "Invalid refresh_token",
        ),
        (
            "the secret echoed",
            refusal(400, "invalid_grant", &words),
            K::Authentication,
            1,
            "is not known",
        ),
        (
            "the secret echoed as the word",
            standard(&format!("invalid_{secret}"), "The grant is over"),
            K::Authentication,
            1,
            "The grant is over",
        ),
        ("500", Answer::status(500), K::Server, 4, "HTTP status 500"),
        (
            "500 in the envelope",
            refusal(500, "server_error", "Out of order"),
            K::Server,
            4,
            "Out of order",
        ),
        (
            "502 with a page",
            Answer::text(502, &page),
            K::Server,
            4,
            "HTTP status 502",
        ),
        (
            "503, and until when",
            Answer::status(503).header("Retry-After", "3600"),
            K::Busy,
            1,
            "HTTP status 503",
        ),
        ("429", Answer::status(429), K::Busy, 4, "HTTP status 429"),
        (
            "a page",
            Answer::text(200, &page),
            K::Protocol,
            4,
            "an HTML or XML page",
        ),
        (
            "JSON that breaks off",
            Answer::text(200, r#"{"access_token": "PLANTED-t"#),
            K::Protocol,
            4,
            "JSON that breaks off",
        ),
        (
            "nothing",
            Answer::text(200, ""),
            K::Protocol,
            4,
            "an empty answer",
        ),
        (
            "no token",
            Answer::json(&json!({ "expires_in": 7200 })),
            K::Protocol,
            1,
            "without a token",
        ),
        (
            "a token that is none",
            Answer::json(&json!({ "access_token": "a\r\nX-Evil: PLANTED" })),
            K::Protocol,
            1,
            "without a token",
        ),
        (
            "a number for a token",
            Answer::json(&json!({ "access_token": 7 })),
            K::Protocol,
            1,
            "without a token",
        ),
        (
            "dropped before the request",
            broken(TransportErrorKind::NotSent),
            K::Transport,
            4,
            "prepared failure",
        ),
        (
            "dropped before the answer",
            broken(TransportErrorKind::Interrupted),
            K::Transport,
            4,
            "prepared failure",
        ),
        (
            "never answered",
            token("t", 60).after(Duration::from_secs(3_600)),
            K::Transport,
            4,
            "time allowed",
        ),
        (
            "a trickle",
            token("t", 60).dripping(1, Duration::from_secs(10)),
            K::Transport,
            4,
            "more slowly than",
        ),
        (
            "redirected elsewhere, with its method",
            moved(307, "https://evil.example/token"),
            K::Protocol,
            1,
            "redirects to https://evil.example",
        ),
        (
            "redirected elsewhere for good",
            moved(308, "//evil.example/token"),
            K::Protocol,
            1,
            "redirects to https://evil.example",
        ),
        (
            "redirected elsewhere, to be read",
            moved(302, "https://www.arcgis.com.evil.example/"),
            K::Protocol,
            1,
            "redirects to https://www.arcgis.com.evil.example",
        ),
        (
            "redirected to another port",
            moved(307, "https://www.arcgis.com:8443/sharing/rest/oauth2/token"),
            K::Protocol,
            1,
            "redirects to https://www.arcgis.com:8443",
        ),
        (
            "redirected without encryption",
            moved(307, "http://www.arcgis.com/sharing/rest/oauth2/token"),
            K::Protocol,
            1,
            "redirects to http://www.arcgis.com",
        ),
        (
            "redirected nowhere",
            Answer::status(307),
            K::Protocol,
            1,
            "redirects",
        ),
        (
            "larger than any token",
            Answer::text(200, &" ".repeat(5 << 20)),
            K::TooLarge,
            1,
            "too large",
        ),
        (
            "deeper than any token",
            Answer::text(200, &"[".repeat(100_000)),
            K::TooLarge,
            1,
            "nested deeper",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_the_endpoint_does_for_good_ends_in_its_words() {
    for (credentials, secret) in both() {
        for (row, answer, kind, count, words) in for_good(secret) {
            let row = format!("{row}, {credentials:?}");
            let replay = replay().on(Method::Post, "/oauth2/token", [answer.forever()]);
            let error = connect(&replay, credentials.clone()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{row}: {error}");
            assert!(error.to_string().contains(words), "{row}: {error}");
            assert_eq!(asked(&replay, "/oauth2/token").len(), count, "{row}");
            assert_eq!(
                replay.requests().len(),
                count,
                "{row}: nothing goes out without a token"
            );
            nothing_leaks(&replay, Some(&error), &row);
        }
    }
}

/// In the middle of a job that runs on: the job stays known, is submitted once, and is not given up for what passes.
#[tokio::test(start_paused = true)]
async fn in_the_middle_of_a_job_the_same_leaves_the_job() {
    for (credentials, secret) in both() {
        for (row, answer, kind, _, words) in for_good(secret) {
            let row = format!("{row}, {credentials:?}");
            let replay = accepting()
                .on(
                    Method::Post,
                    "/oauth2/token",
                    [token("t1", 7_200), answer.forever()],
                )
                .on(
                    Method::Get,
                    "/jobs/j1",
                    [state("esriJobExecuting"), expired().forever()],
                );
            let portal = connect(&replay, credentials.clone()).await.unwrap();
            let error = portal.run(&MeasureThings::new(LAYER)).await.unwrap_err();
            // What may pass is waited out for as long as a job may be out of sight.
            let passes = matches!(
                kind,
                ErrorKind::Server | ErrorKind::Busy | ErrorKind::Transport | ErrorKind::Protocol
            );
            let expected = if passes { ErrorKind::NotObserved } else { kind };
            assert_eq!(error.kind(), expected, "{row}: {error:?}");
            assert!(error.to_string().contains(words), "{row}: {error}");
            assert_eq!(error.job_url(), Some(JOB), "{row}");
            assert!(error.job_may_run(), "{row}: {error:?}");
            assert_eq!(asked(&replay, "/submitJob").len(), 1, "{row}");
            nothing_leaks(&replay, Some(&error), &row);
        }
    }
}

/// The same once, and then a token: whatever may pass has passed.
#[tokio::test(start_paused = true)]
async fn what_passes_costs_a_job_nothing() {
    for (credentials, secret) in both() {
        for (row, answer, kind, count, _) in for_good(secret) {
            if count == 1 {
                continue;
            }
            let row = format!("{row}, {kind:?}, {credentials:?}");
            let tokens = [
                answer.clone(),
                token("t1", 7_200),
                answer,
                token("t2", 7_200),
            ];
            let replay = accepting()
                .on(Method::Post, "/oauth2/token", tokens)
                .on(
                    Method::Get,
                    "/jobs/j1",
                    [
                        state("esriJobExecuting"),
                        expired(),
                        succeeded(&["measuredLayer"]),
                    ],
                )
                .on(
                    Method::Get,
                    "/results/measuredLayer",
                    [hosted("measuredLayer")],
                );
            let portal = connect(&replay, credentials.clone()).await.unwrap();
            let done = portal.run(&MeasureThings::new(LAYER)).await;
            assert!(done.is_ok(), "{row}: {done:?}");
            assert_eq!(asked(&replay, "/submitJob").len(), 1, "{row}");
            assert_eq!(asked(&replay, "/oauth2/token").len(), 4, "{row}");
            let last = asked(&replay, "/results/measuredLayer");
            assert_eq!(
                last[0].header("X-Esri-Authorization"),
                Some("Bearer PLANTED-t2")
            );
            nothing_leaks(&replay, None, &row);
        }
    }
}

/// A token that has no life left is used once, and another made for the next request; nobody waits for a better one.
#[tokio::test(start_paused = true)]
async fn tokens_without_a_life_do_not_stop_a_job() {
    for (credentials, _) in both() {
        for life in [
            json!(0),
            json!("0"),
            json!(1),
            json!(-5),
            json!(null),
            json!("soon"),
        ] {
            let answer = json!({ "access_token": "PLANTED-t", "expires_in": life });
            let replay = accepting()
                .on(
                    Method::Post,
                    "/oauth2/token",
                    [Answer::json(&answer).forever()],
                )
                .on(
                    Method::Get,
                    "/jobs/j1",
                    [state("esriJobExecuting"), succeeded(&["measuredLayer"])],
                )
                .on(
                    Method::Get,
                    "/results/measuredLayer",
                    [hosted("measuredLayer")],
                );
            let portal = connect(&replay, credentials.clone()).await.unwrap();
            portal.run(&MeasureThings::new(LAYER)).await.unwrap();
            assert_eq!(asked(&replay, "/submitJob").len(), 1, "{life}");
            let requests = replay.requests().len() - asked(&replay, "/oauth2/token").len();
            assert!(asked(&replay, "/oauth2/token").len() <= requests, "{life}");
            nothing_leaks(&replay, None, &life.to_string());
        }
    }
}

/// A portal that gives a new refresh token with each token, as the newer standard wants: the latest is used and kept.
#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_rotates_is_followed_and_kept() {
    let rotated = |n: usize| {
        Answer::json(
            &json!({ "access_token": format!("PLANTED-t{n}"), "expires_in": 1800,
            "refresh_token": format!("PLANTED-r{n}"), "refresh_token_expires_in": 1_209_600 }),
        )
    };
    let spent = refusal(400, "invalid_grant", "That refresh token was used");
    let replay = accepting()
        // The answer with the second one is lost once: the first is shown again, which a portal may forgive.
        .on(
            Method::Post,
            "/oauth2/token",
            [
                rotated(1),
                Answer::broken(TransportErrorKind::Interrupted),
                rotated(2),
                spent.forever(),
            ],
        )
        .on(
            Method::Get,
            "/jobs/j1",
            [
                state("esriJobExecuting"),
                expired(),
                state("esriJobExecuting"),
                expired().forever(),
            ],
        );
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::new(folder.path()));
    let Credentials::SignIn(sign_in) = person(REFRESH) else {
        unreachable!("a person signs in")
    };
    store.save(&sign_in).unwrap();
    let builder = Portal::builder(PORTAL).transport(replay.clone());
    let builder = builder.credentials(sign_in).store(store.clone());
    let portal = builder.connect().await.unwrap();
    let error = portal.run(&MeasureThings::new(LAYER)).await.unwrap_err();
    let shown: Vec<_> = asked(&replay, "/oauth2/token")
        .iter()
        .map(|request| request.field("refresh_token").unwrap())
        .collect();
    assert_eq!(shown, [REFRESH, "PLANTED-r1", "PLANTED-r1", "PLANTED-r2"]);
    assert_eq!(
        (error.kind(), error.job_url()),
        (ErrorKind::Authentication, Some(JOB))
    );
    let words = "That refresh token was used (code 400); sign in again";
    assert!(error.to_string().ends_with(words), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("PLANTED"),
        "{error:?}"
    );
    let kept = store.load(PORTAL).unwrap().unwrap();
    let kept: Value = {
        use secrecy::ExposeSecret;
        arcgis_analysis_types::serde_json::from_str(kept.to_secret().expose_secret()).unwrap()
    };
    assert_eq!(kept["renewal"]["refreshToken"], "PLANTED-r2");
}
