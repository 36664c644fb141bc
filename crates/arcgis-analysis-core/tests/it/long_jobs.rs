//! Jobs that outlive their tokens, with each kind of credentials.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    ClientCredentials, Credentials, ErrorKind, FileStore, Portal, SecretString, SignIn, SignInStore,
};
use arcgis_analysis_types::serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

const LAYER: &str = "https://example.com/FeatureServer/0";
const HOUR: f64 = 3600.0;

/// A portal that makes tokens of 30 minutes, and a service that takes each token for that long and no longer. The job
/// runs for so many hours.
fn strict(
    path: &str,
    answer: impl Fn(&str) -> Value + Send + Sync + 'static,
    hours: f64,
) -> Replay {
    let made: Arc<Mutex<Vec<f64>>> = Arc::default();
    let latest = made.clone();
    let is_dead = move |now: f64| {
        latest
            .lock()
            .unwrap()
            .last()
            .is_none_or(|at| now - at >= 1_800.0)
    };
    let dead = || Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#);
    replay()
        .timed(Method::Post, path, move |now| {
            let mut made = made.lock().unwrap();
            made.push(now);
            Answer::json(&answer(&format!("t{}", made.len())))
        })
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": "j1" }))],
        )
        .timed(Method::Get, "/jobs/j1", move |now| match is_dead(now) {
            true => dead(),
            false if now < hours * HOUR => state("esriJobExecuting"),
            false => succeeded(&["measuredLayer"]),
        })
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer")],
        )
}

fn of_oauth(token: &str) -> Value {
    json!({ "access_token": token, "expires_in": 1800 })
}

fn of_portal(token: &str) -> Value {
    // The test's clock is virtual and the portal's is not, so its tokens end at the time it says only by refusing.
    json!({ "token": token, "expires": 1_u64 })
}

/// A sign-in as a store keeps it.
fn sign_in(token: &str, expires: Duration, refresh: &str, refresh_expires: Duration) -> SignIn {
    let seconds = |life: Duration| {
        (SystemTime::now() + life)
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let text = json!({
        "version": 1, "portal": PORTAL, "username": "ada", "token": token, "expires": seconds(expires),
        "renewal": { "clientId": "cli", "redirectUri": "http://127.0.0.1:5000/", "refreshToken": refresh, "expires": seconds(refresh_expires) },
    });
    SignIn::from_secret(&SecretString::from(text.to_string())).unwrap()
}

async fn run(replay: &Replay, credentials: Credentials) -> Portal {
    let portal = Portal::builder(PORTAL)
        .transport(replay.clone())
        .credentials(credentials)
        .connect()
        .await
        .unwrap();
    portal.run(&MeasureThings::new(LAYER)).await.unwrap();
    portal
}

/// How many polls were repeated at once, as they are after a refused token.
fn refusals(replay: &Replay) -> usize {
    let polls = asked(replay, "/jobs/j1");
    polls
        .windows(2)
        .filter(|pair| pair[0].at() == pair[1].at())
        .count()
}

#[tokio::test(start_paused = true)]
async fn with_a_password() {
    let replay = strict("/generateToken", of_portal, 5.0);
    run(&replay, Credentials::password("ada", "pw")).await;
    let made = asked(&replay, "/generateToken").len();
    assert!((10..=11).contains(&made), "{made}");
}

#[tokio::test(start_paused = true)]
async fn with_an_applications_secret() {
    let replay = strict("/oauth2/token", of_oauth, 5.0);
    let app = ClientCredentials::new("app", "s3cret").token_life(Duration::from_secs(1_800));
    run(&replay, app.into()).await;
    let made = asked(&replay, "/oauth2/token");
    for request in &made {
        for (field, value) in [
            ("grant_type", "client_credentials"),
            ("client_id", "app"),
            ("client_secret", "s3cret"),
            ("expiration", "30"),
            ("f", "json"),
        ] {
            assert_eq!(request.field(field).as_deref(), Some(value), "{field}");
        }
        assert_eq!(request.header("X-Esri-Authorization"), None);
    }
    assert!((10..=11).contains(&made.len()), "{}", made.len());
    assert_eq!(refusals(&replay), 0, "renewed before they end");
}

#[tokio::test(start_paused = true)]
async fn with_a_sign_in_that_is_renewed() {
    let replay = strict("/oauth2/token", of_oauth, 5.0);
    let day = Duration::from_secs(86_400);
    let portal = run(
        &replay,
        sign_in("kept", Duration::ZERO, "r1", day * 14).into(),
    )
    .await;
    let made = asked(&replay, "/oauth2/token");
    for request in &made {
        for (field, value) in [
            ("grant_type", Some("refresh_token")),
            ("client_id", Some("cli")),
            ("refresh_token", Some("r1")),
            ("redirect_uri", None),
        ] {
            assert_eq!(request.field(field).as_deref(), value, "{field}");
        }
    }
    assert!((10..=11).contains(&made.len()), "{}", made.len());
    assert_eq!(refusals(&replay), 0, "renewed before they end");
    let now = portal.sign_in().unwrap();
    assert_eq!((now.username(), now.portal()), (Some("ada"), PORTAL));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_exchanged_before_it_ends_and_kept() {
    // By the machine's own clock, which a test cannot move, the first refresh token ends within a day.
    let answer = |token: &str| match token {
        "t1" => {
            json!({ "access_token": token, "expires_in": 1800, "refresh_token": "r2", "refresh_token_expires_in": 1_209_600 })
        }
        _ => of_oauth(token),
    };
    let replay = strict("/oauth2/token", answer, 5.0);
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::new(folder.path()));
    let hour = Duration::from_secs(3_600);
    let signed_in = sign_in("kept", Duration::ZERO, "r1", hour);
    store.save(&signed_in).unwrap();
    let portal = Portal::builder(PORTAL)
        .transport(replay.clone())
        .credentials(signed_in)
        .store(store.clone())
        .connect()
        .await
        .unwrap();
    portal.run(&MeasureThings::new(LAYER)).await.unwrap();
    let made: Vec<_> = asked(&replay, "/oauth2/token")
        .iter()
        .map(|r| {
            (
                r.field("grant_type").unwrap(),
                r.field("refresh_token").unwrap(),
                r.field("redirect_uri"),
            )
        })
        .collect();
    assert_eq!(
        made[0],
        (
            "exchange_refresh_token".to_owned(),
            "r1".to_owned(),
            Some("http://127.0.0.1:5000/".to_owned())
        )
    );
    assert!(made.len() > 9);
    for later in &made[1..] {
        assert_eq!(*later, ("refresh_token".to_owned(), "r2".to_owned(), None));
    }
    let kept = store.load(PORTAL).unwrap().unwrap();
    let day = hour * 24;
    assert!(kept.ends().unwrap() > SystemTime::now() + day * 13);
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_exchanges_no_refresh_token_renews_all_the_same() {
    let refused = Answer::text(
        200,
        r#"{"error":{"code":400,"error":"unsupported_grant_type","error_description":"No"}}"#,
    );
    let replay = replay().on(
        Method::Post,
        "/oauth2/token",
        [refused, Answer::json(&of_oauth("t1"))],
    );
    let credentials = sign_in("kept", Duration::ZERO, "r1", Duration::from_secs(60));
    Portal::builder(PORTAL)
        .transport(replay.clone())
        .credentials(credentials)
        .connect()
        .await
        .unwrap();
    assert_eq!(
        asked(&replay, "/oauth2/token")[1]
            .field("grant_type")
            .as_deref(),
        Some("refresh_token")
    );
    assert_eq!(
        asked(&replay, "/portals/self")[0].header("X-Esri-Authorization"),
        Some("Bearer t1")
    );
}

#[tokio::test(start_paused = true)]
async fn a_kept_token_serves_until_its_end_without_a_request() {
    let replay = replay();
    let day = Duration::from_secs(86_400);
    let credentials = sign_in("kept", Duration::from_secs(600), "r1", day * 14);
    Portal::builder(PORTAL)
        .transport(replay.clone())
        .credentials(credentials)
        .connect()
        .await
        .unwrap();
    let requests = replay.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].header("X-Esri-Authorization"),
        Some("Bearer kept")
    );
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_ended_asks_for_a_new_sign_in_and_leaves_the_job() {
    let ended = Answer::text(
        200,
        r#"{"error":{"code":498,"error":"invalid_request","error_description":"Invalid refresh_token","message":"Invalid refresh_token","details":[]}}"#,
    );
    let expired = Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#);
    let replay = replay()
        .on(Method::Post, "/oauth2/token", [ended.forever()])
        .on(
            Method::Get,
            "/jobs/j1",
            [state("esriJobExecuting"), expired.forever()],
        );
    let day = Duration::from_secs(86_400);
    let credentials = sign_in("kept", day, "S3CRET-refresh", day * 14);
    let portal = Portal::builder(PORTAL)
        .transport(replay.clone())
        .credentials(credentials)
        .connect()
        .await
        .unwrap();
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
    assert!(error.to_string().ends_with("sign in again"), "{error}");
    assert_eq!(asked(&replay, "/oauth2/token").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_at_the_next_need() {
    let down = Answer::status(503);
    let broken = Answer::broken(TransportErrorKind::Interrupted);
    for (credentials, path, token) in [
        (
            Credentials::password("ada", "pw"),
            "/generateToken",
            json!({ "token": "t1" }),
        ),
        (
            Credentials::client("app", "sec"),
            "/oauth2/token",
            of_oauth("t1"),
        ),
        (
            sign_in("kept", Duration::ZERO, "r", Duration::from_secs(86_400 * 3)).into(),
            "/oauth2/token",
            of_oauth("t1"),
        ),
    ] {
        // Four attempts are one try.
        let failing = [down.clone(), broken.clone(), down.clone(), down.clone()];
        let replay = replay().on(
            Method::Post,
            path,
            failing.into_iter().chain([Answer::json(&token)]),
        );
        let connect = || {
            Portal::builder(PORTAL)
                .transport(replay.clone())
                .credentials(credentials.clone())
                .connect()
        };
        assert_eq!(connect().await.unwrap_err().kind(), ErrorKind::Server);
        assert!(connect().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_jobs_cause_one_renewal() {
    for (credentials, path) in [
        (Credentials::client("app", "sec"), "/oauth2/token"),
        (
            sign_in(
                "kept",
                Duration::from_secs(600),
                "r",
                Duration::from_secs(86_400 * 3),
            )
            .into(),
            "/oauth2/token",
        ),
    ] {
        let first = matches!(credentials, Credentials::Client(_));
        let expired = Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#)
            .after(Duration::from_millis(50));
        let tokens = [
            first.then(|| Answer::json(&of_oauth("t1"))),
            Some(Answer::json(&of_oauth("t2")).after(Duration::from_secs(1))),
        ];
        let replay = replay()
            .on(Method::Post, path, tokens.into_iter().flatten())
            .on(
                Method::Get,
                "/jobs/j1",
                std::iter::repeat_n(expired, 100).chain([succeeded(&[]).forever()]),
            );
        let portal = Portal::builder(PORTAL)
            .transport(replay.clone())
            .credentials(credentials)
            .connect()
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
        assert_eq!(asked(&replay, path).len(), 1 + usize::from(first));
    }
}

/// The machine's clock may be wrong by any time, if the portal tells its own.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_neither_loses_a_token_nor_makes_too_many() {
    for (now, date) in [
        (1_000_000_000_u64, "Sun, 09 Sep 2001 01:46:40 GMT"),
        (4_000_000_000, "Tue, 02 Oct 2096 07:06:40 GMT"),
    ] {
        let answer = move |token: &str| json!({ "token": token, "expires": (now + 1_800) * 1_000 });
        let made: Arc<Mutex<usize>> = Arc::default();
        let counted = made.clone();
        let replay = replay()
            .timed(Method::Post, "/generateToken", move |_| {
                let mut made = counted.lock().unwrap();
                *made += 1;
                Answer::json(&answer(&format!("t{made}"))).header("Date", date)
            })
            .timed(Method::Get, "/jobs/j1", |at| {
                if at < HOUR {
                    state("esriJobExecuting")
                } else {
                    succeeded(&[])
                }
            });
        let portal = Portal::builder(PORTAL)
            .transport(replay.clone())
            .credentials(Credentials::password("ada", "pw"))
            .connect()
            .await
            .unwrap();
        portal
            .resume::<MeasureThings>(JOB)
            .unwrap()
            .wait(None)
            .await
            .unwrap();
        assert!((2..=3).contains(&*made.lock().unwrap()), "{date}: {made:?}");
    }
}
