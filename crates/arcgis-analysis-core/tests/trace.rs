//! The names of what is traced are stable: the table of the crate's documentation has all of them, and each is traced as the
//! table says.
//!
//! Alone in its process: what is traced is decided for all threads at once, and other tests trace nothing.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "it/support.rs"]
mod support;

use arcgis_analysis_core::transport::{Answer, Method, Replay, TransportErrorKind};
use arcgis_analysis_core::{
    Credentials, Ledger, Portal, Result, SecretString, SignIn, SignInStore,
};
use arcgis_analysis_types::serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// By name: the level, and the fields.
type Names = BTreeMap<String, (String, BTreeSet<String>)>;

/// The rows of the table in `lib.rs`.
fn table() -> Names {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    rows.map(|row| {
        let columns: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [name, level, _, fields] = columns[..] else {
            panic!("four columns: {row}");
        };
        let name = name.split('`').next().unwrap();
        let fields = fields.split(';').map(|field| {
            let field = field.trim().strip_prefix('`').unwrap();
            field.split('`').next().unwrap().to_owned()
        });
        (name.to_owned(), (level.to_owned(), fields.collect()))
    })
    .collect()
}

fn source() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

/// All source files, without their comments.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => {
                let text = fs::read_to_string(path).unwrap();
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                vec![code.collect::<Vec<_>>().join("\n")]
            }
        })
        .collect()
}

/// What the code traces: names with levels.
fn traced_in_code() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for text in sources(source()) {
        for (at, word) in text.match_indices("tracing::") {
            let rest = &text[at + word.len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap();
            let (macro_name, after) = rest.split_at(end);
            if ["Instrument", "dispatcher"].contains(&macro_name) {
                continue;
            }
            // Whoever traces in another way has to teach it to this test.
            let arguments = after
                .strip_prefix("!(")
                .unwrap_or_else(|| panic!("{macro_name}"));
            let mut depth = 1;
            let end = arguments.find(|c| {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let texts: Vec<&str> = arguments[..end.unwrap()]
                .split('"')
                .skip(1)
                .step_by(2)
                .collect();
            let (level, name) = match macro_name.strip_suffix("_span") {
                Some(level) => (level, texts.first()),
                None => (macro_name, texts.last()),
            };
            let levels = ["error", "warn", "info", "debug", "trace"];
            assert!(levels.contains(&level), "{macro_name}");
            all.insert((*name.unwrap()).to_owned(), level.to_owned());
        }
    }
    all
}

#[test]
fn the_table_has_what_the_code_traces_and_nothing_else() {
    let in_table: BTreeMap<_, _> = table()
        .into_iter()
        .map(|(name, (level, _))| (name, level))
        .collect();
    assert!(in_table.len() > 10, "{in_table:?}");
    assert_eq!(in_table, traced_in_code());
}

/// Takes note of the names.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Names>>);

impl Noted {
    fn note(&self, name: String, metadata: &Metadata<'_>) {
        let fields = metadata
            .fields()
            .iter()
            .map(|field| field.name().to_owned());
        let fields = fields.filter(|field| field != "message").collect();
        let level = metadata.level().as_str().to_lowercase();
        let mut all = self.0.lock().unwrap();
        let before = all.insert(name.clone(), (level.clone(), fields));
        // Those who trace one thing in two places say the same of it.
        assert!(before.is_none_or(|before| Some(&before) == all.get(&name)));
    }
}

impl Subscriber for Noted {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("arcgis_analysis_core")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.note(span.metadata().name().to_owned(), span.metadata());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.note(message.0, event.metadata());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

const LAYER: &str = "https://example.com/FeatureServer/0";

fn expired() -> Answer {
    Answer::text(200, r#"{"error":{"code":498,"message":"Invalid token."}}"#)
}

/// A job whose watching has every trouble, and whose ledger fails.
async fn a_troubled_job() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let token = |text: &str| Answer::json(&json!({ "token": text }));
    let portal = json!({ "helperServices": { "analysis": { "url": SERVICE } } });
    let replay = Replay::new()
        .on(
            Method::Get,
            "/portals/self",
            [Answer::status(503), Answer::json(&portal)],
        )
        .on(Method::Post, "/generateToken", [token("t1"), token("t2")])
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": "j1" }))],
        )
        .on(
            Method::Get,
            "/jobs/j1",
            [
                Answer::broken(TransportErrorKind::Interrupted),
                expired(),
                state("esriJobExecuting"),
                succeeded(&[]),
            ],
        );
    let builder = Portal::builder(PORTAL).transport(replay);
    let builder = builder.credentials(Credentials::password("ada", "pw"));
    let portal = builder.ledger(ledger).connect().await.unwrap();
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    fs::remove_file(folder.path().join("ledger.log")).unwrap();
    fs::create_dir(folder.path().join("ledger.log")).unwrap();
    let _ = job.wait(None).await;
}

/// A service on a server that says nothing of itself, and that the portal does not know.
async fn a_server_without_a_token() {
    let service = "https://gp.example.org/arcgis/rest/services/T/GPServer";
    let portal = json!({ "helperServices": { "analysis": { "url": service } } });
    let unknown = r#"{"error":{"code":400,"message":"Invalid serverUrl"}}"#;
    let replay = Replay::new()
        .on(Method::Get, "/portals/self", [Answer::json(&portal)])
        .on(Method::Get, "/rest/info", [Answer::status(404)])
        .on(Method::Post, "/generateToken", [Answer::text(200, unknown)])
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": "j1" }))],
        );
    let portal = builder(&replay).connect().await.unwrap();
    let _job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
}

/// What a store answers that somebody empties while it is used, or that breaks.
#[derive(Debug)]
struct Odd(Mutex<Vec<Result<Option<SignIn>>>>);

impl SignInStore for Odd {
    fn load(&self, _: &str) -> Result<Option<SignIn>> {
        self.0.lock().unwrap().remove(0)
    }

    fn save(&self, _: &SignIn) -> Result<String> {
        SignIn::from_secret(&SecretString::from("broken")).map(|_| String::new())
    }

    fn remove(&self, _: &str) -> Result<bool> {
        Ok(false)
    }
}

fn sign_in() -> SignIn {
    let kept = json!({ "version": 1, "portal": PORTAL, "username": "ada", "token": "t0",
        "renewal": { "clientId": "cli", "redirectUri": "http://127.0.0.1:1/", "refreshToken": "r0" } });
    SignIn::from_secret(&SecretString::from(kept.to_string())).unwrap()
}

/// A renewal over a store that answers in this way.
async fn a_renewal(loads: impl IntoIterator<Item = Result<Option<SignIn>>>) -> Result<Portal> {
    let fresh = json!({ "access_token": "t1", "expires_in": 1800, "refresh_token": "r1" });
    let replay = Replay::new()
        .on(
            Method::Get,
            "/portals/self",
            [expired(), Answer::json(&json!({}))],
        )
        .on(Method::Post, "/oauth2/token", [Answer::json(&fresh)])
        .on(Method::Post, "/oauth2/revokeToken", [Answer::status(400)]);
    let store = Arc::new(Odd(Mutex::new(loads.into_iter().collect())));
    let builder = Portal::builder(PORTAL).transport(replay);
    builder.credentials(sign_in()).store(store).connect().await
}

/// Each name is traced by what is done here, at the level and with the fields of the table.
#[test]
fn each_name_is_traced_as_the_table_says() {
    let noted = Noted::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let broken = || SignIn::from_secret(&SecretString::from("broken")).map(Some);
    tracing::subscriber::with_default(noted.clone(), || {
        runtime.block_on(async {
            a_troubled_job().await;
            a_server_without_a_token().await;
            // It can be neither read nor written, and serves all the same.
            a_renewal([broken(), Ok(Some(sign_in()))]).await.unwrap();
            // Somebody signs out while it is renewed.
            let signed_out = a_renewal([Ok(Some(sign_in())), Ok(None), Ok(None)]).await;
            assert!(signed_out.is_err());
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
    });
    let noted = noted.0.lock().unwrap();
    assert_eq!(*noted, table());
}
