//! One kept sign-in, used by several processes at once: what one renewed the others take over, and what was signed out
//! stays so. Two portals over one store stand for two processes.

use crate::support::*;
use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    Error, ErrorKind, FileStore, Portal, Result, SecretString, SignIn, SignInStore,
};
use arcgis_analysis_types::JobStatus;
use arcgis_analysis_types::serde_json::{self, Value, json};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep, timeout};

/// A sign-in of this user, whose refresh token lives so long.
fn sign_in(user: &str, number: usize, life: Duration) -> SignIn {
    let ends = SystemTime::now() + life;
    let ends = ends.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let kept = json!({
        "version": 1, "portal": PORTAL, "username": user, "token": format!("PLANTED-{user}-t{number}"), "expires": null,
        "renewal": {
            "clientId": "cli", "redirectUri": "http://127.0.0.1:5000/",
            "refreshToken": format!("PLANTED-{user}-r{number}"), "expires": ends.as_secs(),
        },
    });
    SignIn::from_secret(&SecretString::from(kept.to_string())).unwrap()
}

const WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The token and the refresh token that a store keeps.
fn kept(store: &FileStore) -> Option<(String, String)> {
    let kept = store.load(PORTAL).unwrap()?.to_secret();
    let kept: Value = serde_json::from_str(kept.expose_secret()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Some((text(&kept["token"]), text(&kept["renewal"]["refreshToken"])))
}

fn pair(number: usize) -> Option<(String, String)> {
    Some((
        format!("PLANTED-ada-t{number}"),
        format!("PLANTED-ada-r{number}"),
    ))
}

/// An answer of the token endpoint that brings a new refresh token too.
fn rotated(number: usize) -> Answer {
    let (token, refresh_token) = pair(number).unwrap();
    Answer::json(
        &json!({ "access_token": token, "expires_in": 1800, "refresh_token": refresh_token,
        "refresh_token_expires_in": WEEKS.as_secs() }),
    )
}

/// One that brings a token alone.
fn renewed(number: usize) -> Answer {
    let (token, _) = pair(number).unwrap();
    Answer::json(&json!({ "access_token": token, "expires_in": 1800 }))
}

/// The refusal of a refresh token that was used before.
fn spent() -> Answer {
    let error =
        json!({ "code": 400, "error": "invalid_grant", "message": "That refresh token was used" });
    Answer::json(&json!({ "error": error }))
}

fn expired() -> Answer {
    Answer::text(
        200,
        r#"{"error":{"code":498,"message":"Invalid token.","details":[]}}"#,
    )
}

/// A portal that refuses the token at every other look at the job, and gives these instead.
fn refusing(tokens: impl IntoIterator<Item = Answer>) -> Replay {
    let looks = std::iter::repeat_n([expired(), state("esriJobExecuting")], 20).flatten();
    replay()
        .on(Method::Get, "/jobs/j1", looks)
        .on(Method::Post, "/oauth2/token", tokens)
        .on(
            Method::Post,
            "/oauth2/revokeToken",
            [Answer::json(&json!({ "success": true })).forever()],
        )
}

struct Stage {
    store: Arc<FileStore>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(sign_in: &SignIn) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(FileStore::new(folder.path()));
        store.save(sign_in).unwrap();
        Self {
            store,
            _folder: folder,
        }
    }

    /// A process that begins now: it loads the sign-in as a command does.
    async fn process(&self, replay: &Replay) -> Portal {
        let sign_in = self.store.load(PORTAL).unwrap().unwrap();
        let builder = Portal::builder(PORTAL).transport(replay.clone());
        let builder = builder.credentials(sign_in).store(self.store.clone());
        builder.connect().await.unwrap()
    }
}

/// Looks at the job, which needs a renewed token.
async fn look(portal: &Portal) -> Result<()> {
    let job = portal.resume::<MeasureThings>(JOB).unwrap();
    let seen = job.status().await?;
    assert_eq!(seen.status, JobStatus::Executing);
    Ok(())
}

/// What the last request carried.
fn bearer(replay: &Replay) -> String {
    let last = replay.requests().pop().unwrap();
    last.header("X-Esri-Authorization").unwrap().to_owned()
}

fn shown(replay: &Replay) -> Vec<String> {
    let asked = asked(replay, "/oauth2/token");
    let shown = asked.iter().map(|request| request.field("refresh_token"));
    shown.map(Option::unwrap).collect()
}

fn is_signed_out(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    assert!(error.to_string().contains("somebody signed out"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("PLANTED"),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_one_process_renewed_the_others_take_over() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replays = [refusing([rotated(1), rotated(3)]), refusing([rotated(2)])];
    let [older, newer] = [
        stage.process(&replays[0]).await,
        stage.process(&replays[1]).await,
    ];
    look(&older).await.unwrap();
    assert_eq!(kept(&stage.store), pair(1));
    // The other one still has the refresh token that was used, and asks nobody.
    look(&newer).await.unwrap();
    assert!(shown(&replays[1]).is_empty());
    assert_eq!(bearer(&replays[1]), "Bearer PLANTED-ada-t1");
    assert_eq!(kept(&stage.store), pair(1));
    // What was taken over is refused in its turn, and renewed by what came with it.
    look(&newer).await.unwrap();
    assert_eq!(shown(&replays[1]), ["PLANTED-ada-r1"]);
    assert_eq!(kept(&stage.store), pair(2));
    look(&older).await.unwrap();
    look(&older).await.unwrap();
    assert_eq!(shown(&replays[0]), ["PLANTED-ada-r0", "PLANTED-ada-r2"]);
    assert_eq!(kept(&stage.store), pair(3));
    let held = older.sign_in().unwrap();
    assert_eq!(
        held.to_secret().expose_secret(),
        {
            let kept = stage.store.load(PORTAL).unwrap().unwrap();
            kept.to_secret().expose_secret().to_owned()
        }
        .as_str()
    );
}

/// All tokens were made invalid, also the one that another process got last.
#[tokio::test(start_paused = true)]
async fn a_token_that_was_taken_over_and_is_refused_is_renewed_in_the_same_call() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replay = replay()
        .on(
            Method::Get,
            "/jobs/j1",
            [expired(), expired(), state("esriJobExecuting")],
        )
        .on(Method::Post, "/oauth2/token", [rotated(2)]);
    let running = stage.process(&replay).await;
    stage.store.save(&sign_in("ada", 1, WEEKS)).unwrap();
    look(&running).await.unwrap();
    assert_eq!(shown(&replay), ["PLANTED-ada-r1"]);
    assert_eq!(bearer(&replay), "Bearer PLANTED-ada-t2");
    assert_eq!(kept(&stage.store), pair(2));
}

#[tokio::test(start_paused = true)]
async fn of_two_that_renew_at_once_the_refused_one_finds_what_the_other_got() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let slow = rotated(1).after(Duration::from_millis(400));
    let replays = [refusing([slow]), refusing([spent()])];
    let [one, other] = [
        stage.process(&replays[0]).await,
        stage.process(&replays[1]).await,
    ];
    let (one, other) = tokio::join!(look(&one), look(&other));
    one.unwrap();
    other.unwrap();
    assert_eq!(shown(&replays[1]), ["PLANTED-ada-r0"]);
    assert_eq!(bearer(&replays[1]), "Bearer PLANTED-ada-t1");
    assert_eq!(kept(&stage.store), pair(1));
}

/// A slow answer with a token of an older refresh token does not go over the newer one.
#[tokio::test(start_paused = true)]
async fn an_older_process_does_not_write_over_what_a_newer_one_kept() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let slow = renewed(9).after(Duration::from_secs(2));
    let replays = [refusing([slow]), refusing([rotated(1)])];
    let [older, newer] = [
        stage.process(&replays[0]).await,
        stage.process(&replays[1]).await,
    ];
    let (one, other) = tokio::join!(look(&older), async {
        sleep(Duration::from_secs(1)).await;
        look(&newer).await
    });
    one.unwrap();
    other.unwrap();
    assert_eq!(bearer(&replays[0]), "Bearer PLANTED-ada-t9");
    assert_eq!(kept(&stage.store), pair(1));
    // And next time it goes on with the newer one.
    look(&older).await.unwrap();
    assert_eq!(bearer(&replays[0]), "Bearer PLANTED-ada-t1");
}

#[tokio::test(start_paused = true)]
async fn who_signed_out_stays_so_beside_a_running_process() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replay = refusing([rotated(1).forever()]);
    let running = stage.process(&replay).await;
    assert!(stage.store.take(PORTAL).unwrap().is_some());
    for _ in 0..3 {
        let job = running.resume::<MeasureThings>(JOB).unwrap();
        let error = job.wait(Some(Duration::from_secs(600))).await.unwrap_err();
        is_signed_out(&error);
        assert_eq!(error.job_url(), Some(JOB), "the job itself is not lost");
        assert!(shown(&replay).is_empty(), "the portal is not even asked");
        assert_eq!(kept(&stage.store), None);
    }
}

#[tokio::test(start_paused = true)]
async fn who_signs_out_during_a_renewal_stays_so_and_what_it_gave_is_revoked() {
    for (answer, revoked) in [(rotated(1), Some("PLANTED-ada-r1")), (renewed(1), None)] {
        let stage = Stage::new(&sign_in("ada", 0, WEEKS));
        let replay = refusing([answer.after(Duration::from_secs(2))]);
        let running = stage.process(&replay).await;
        let (looked, taken) = tokio::join!(look(&running), async {
            sleep(Duration::from_secs(1)).await;
            stage.store.take(PORTAL).unwrap()
        });
        assert!(taken.is_some());
        is_signed_out(&looked.unwrap_err());
        assert_eq!(kept(&stage.store), None);
        let asked = asked(&replay, "/oauth2/revokeToken");
        let ended: Vec<_> = asked
            .iter()
            .map(|asked| asked.field("auth_token"))
            .collect();
        assert_eq!(ended, Vec::from_iter(revoked.map(|r| Some(r.to_owned()))));
        assert_eq!(shown(&replay).len(), 1);
        // The old token serves as long as it is not refused.
        look(&running).await.unwrap();
        is_signed_out(&look(&running).await.unwrap_err());
        assert_eq!(shown(&replay).len(), 1, "it is over for good");
    }
}

#[tokio::test(start_paused = true)]
async fn another_users_sign_in_is_neither_used_nor_written_over() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replay = refusing([rotated(1), rotated(2)]);
    let running = stage.process(&replay).await;
    stage.store.save(&sign_in("bob", 7, WEEKS)).unwrap();
    for number in [1, 2] {
        look(&running).await.unwrap();
        assert_eq!(bearer(&replay), format!("Bearer PLANTED-ada-t{number}"));
        let (token, _) = kept(&stage.store).unwrap();
        assert_eq!(token, "PLANTED-bob-t7");
    }
    assert_eq!(shown(&replay), ["PLANTED-ada-r0", "PLANTED-ada-r1"]);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read_stops_nobody_and_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replay = refusing([rotated(1), rotated(2)]);
    let running = stage.process(&replay).await;
    let place = stage.store.save(&sign_in("ada", 0, WEEKS)).unwrap();
    let before = std::fs::read_to_string(&place).unwrap();
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o644)).unwrap();
    look(&running).await.unwrap();
    look(&running).await.unwrap();
    assert_eq!(shown(&replay), ["PLANTED-ada-r0", "PLANTED-ada-r1"]);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), before);
}

/// Near its end a refresh token is exchanged for a new one, which may serve once.
#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_shown_for_exchange_once() {
    let exchange = "exchange_refresh_token";
    let lost = Answer::broken(TransportErrorKind::Interrupted);
    for (row, answers, grants) in [
        ("exchanged", vec![rotated(1)], vec![exchange]),
        (
            "the answer is lost",
            vec![lost, renewed(1)],
            vec![exchange, "refresh_token"],
        ),
        (
            "never answered",
            vec![rotated(1).after(Duration::from_secs(3_600)), renewed(1)],
            vec![exchange, "refresh_token"],
        ),
        (
            "500",
            vec![Answer::status(500), renewed(1)],
            vec![exchange, "refresh_token"],
        ),
        (
            "a page",
            vec![Answer::text(200, "<html>"), renewed(1)],
            vec![exchange, "refresh_token"],
        ),
        (
            "refused",
            vec![spent(), renewed(1)],
            vec![exchange, "refresh_token"],
        ),
        (
            "it did not reach the portal",
            vec![Answer::broken(TransportErrorKind::NotSent), rotated(1)],
            vec![exchange, exchange],
        ),
    ] {
        let stage = Stage::new(&sign_in("ada", 0, Duration::from_secs(3_600)));
        let replay = refusing(answers);
        let running = stage.process(&replay).await;
        look(&running).await.unwrap();
        let asked = asked(&replay, "/oauth2/token");
        let asked: Vec<_> = asked
            .iter()
            .map(|a| a.field("grant_type").unwrap())
            .collect();
        assert_eq!(asked, grants, "{row}");
        assert_eq!(bearer(&replay), "Bearer PLANTED-ada-t1", "{row}");
        assert_eq!(kept(&stage.store).unwrap().0, "PLANTED-ada-t1", "{row}");
    }
}

/// The portal has taken the old refresh token and given a new one: that nobody waits any more must not lose it.
#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_loses_no_refresh_token() {
    let stage = Stage::new(&sign_in("ada", 0, WEEKS));
    let replay = refusing([rotated(1).after(Duration::from_secs(2)), spent().forever()]);
    let running = stage.process(&replay).await;
    let brief = timeout(Duration::from_millis(100), look(&running));
    assert!(brief.await.is_err());
    sleep(Duration::from_secs(5)).await;
    assert_eq!(kept(&stage.store), pair(1));
    look(&running).await.unwrap();
    assert_eq!(bearer(&replay), "Bearer PLANTED-ada-t1");
    assert_eq!(shown(&replay).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_sent_to_no_other_portal() {
    for portal in [
        "https://gis.example.org/portal",
        "https://www.arcgis.com:8443",
        "https://acme.maps.arcgis.com",
    ] {
        let replay = Replay::new();
        let builder = Portal::builder(portal).transport(replay.clone());
        let builder = builder.credentials(sign_in("ada", 0, WEEKS));
        let error = builder.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("serves nowhere else"), "{error}");
        assert!(replay.requests().is_empty());
    }
}

/// The token of a password lives for three minutes, and the portal makes no second one.
#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_does_not_stop_the_watching_of_a_job() {
    let first = json!({ "token": "PLANTED-t", "expires_in": 180 });
    let never = Answer::json(&first).after(Duration::from_secs(3_600));
    let replay = accepting()
        .on(
            Method::Post,
            "/generateToken",
            [Answer::json(&first), never.forever()],
        )
        .timed(Method::Get, "/jobs/j1", |at| match at < 170.0 {
            true => state("esriJobExecuting"),
            false => succeeded(&["measuredLayer"]),
        })
        .on(
            Method::Get,
            "/results/measuredLayer",
            [hosted("measuredLayer")],
        );
    let builder = Portal::builder(PORTAL).transport(replay.clone());
    let ada = arcgis_analysis_core::Credentials::password("ada", "pw");
    let portal = builder.credentials(ada).connect().await.unwrap();
    let began = Instant::now();
    let task = MeasureThings::new("https://example.com/FeatureServer/0");
    portal.run(&task).await.unwrap();
    assert!(asked(&replay, "/generateToken").len() > 1, "it was asked");
    // With a token that is renewed in time the same looks take 174 s at the most, and these may wait 5 s once.
    assert!(
        began.elapsed() < Duration::from_secs(185),
        "{:?}",
        began.elapsed()
    );
}
