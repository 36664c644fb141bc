//! Every public type of the crate, made with secrets in whatever it takes from callers and servers: none is shown by
//! `Debug`. The list of the types is read from the source, so that a new one has to be added here.

use super::*;
use arcgis_analysis_core::transport::HttpTransport;
use arcgis_analysis_core::{JobRef, JobToken, Layers, Ledger, Portal, SignInProblem};
use arcgis_analysis_types::meta::{Execution, TaskMeta};
use arcgis_analysis_types::{FromResult, ItemOutput, TaskEntry};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Those that hold nothing that somebody gave: settings, kinds, and names of places of this machine.
const HOLD_NONE: [&str; 12] = [
    "ErrorKind",
    "FileStore",
    "History",
    "KeyringStore",
    "Ledger",
    "LedgerState",
    "Limits",
    "Polling",
    "TokenBinding",
    "transport::HttpTransport",
    "transport::Method",
    "transport::TransportErrorKind",
];

/// What `Debug` shows of each type.
#[derive(Default)]
struct Shown(BTreeMap<&'static str, String>);

impl Shown {
    fn add(&mut self, name: &'static str, value: &dyn Debug) {
        let text = self.0.entry(name).or_default();
        write!(text, "{value:?} {value:#?}").unwrap();
    }
}

/// The names of the public types, those of modules with the module before them.
fn public_types() -> BTreeSet<String> {
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => files(&path),
                false => vec![path],
            })
            .collect()
    }
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut all = BTreeSet::new();
    for path in files(source) {
        let inside = path.strip_prefix(source).unwrap().to_str().unwrap();
        let module = ["blocking", "transport"]
            .into_iter()
            .find(|m| inside.starts_with(m));
        for line in fs::read_to_string(&path).unwrap().lines() {
            let rest = ["pub struct ", "pub enum ", "pub union "]
                .into_iter()
                .find_map(|start| line.strip_prefix(start));
            let Some(rest) = rest else { continue };
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap();
            let name = &rest[..end];
            all.insert(module.map_or(name.to_owned(), |module| format!("{module}::{name}")));
        }
    }
    all
}

const LAYER: &str = "https://example.com/FeatureServer/0";

/// An address as people paste it, with a password in it.
fn pasted(rest: &str) -> String {
    format!("https://ada:{PASSWORD}@gis.example.org/{rest}?token={TOKEN}#{TOKEN}")
}

/// A portal that says the token in every place from which something is taken: in names, states, messages and notes.
fn echoing() -> Replay {
    let said = format!("you sent Bearer {TOKEN} and token={TOKEN}");
    let message = json!({ "type": "esriJobMessageTypeError", "description": said });
    let portal = json!({ "user": { "username": TOKEN }, "helperServices": { "analysis": { "url": SERVICE } } });
    let value = json!({ "url": format!("{LAYER}?token={TOKEN}"), "said": [said], TOKEN: 1 });
    let executed = json!({ "results": [{ "paramName": "measuredLayer", "value": value }, { "paramName": TOKEN }],
        "messages": [message] });
    let looks = json!({ "jobId": "j1", "jobStatus": format!("esriJob{TOKEN}"), "messages": [message],
        "progress": { "type": "default", "message": said, "percent": 5 } });
    let item = json!({ "type": TOKEN, "name": format!("{TOKEN}.zip") });
    Replay::new()
        .on(Method::Get, "/content/items/i1", [Answer::json(&item)])
        .on(Method::Get, "/items/i1/data", [Answer::text(200, TOKEN)])
        .on(
            Method::Get,
            "/portals/self",
            [Answer::json(&portal).forever()],
        )
        .on(
            Method::Post,
            "/submitJob",
            [Answer::json(&json!({ "jobId": "j1" })).forever()],
        )
        .on(Method::Post, "/execute", [Answer::json(&executed)])
        .on(
            Method::Get,
            "/jobs/j1",
            [Answer::json(&looks), Answer::text(500, &said).forever()],
        )
}

#[cfg(feature = "blocking")]
fn types_of_the_blocking_facade(shown: &mut Shown) {
    use arcgis_analysis_core::blocking::Portal;
    let replay = echoing();
    let builder = builder(&replay).credentials(Credentials::token(TOKEN));
    let portal = Portal::connect_with(builder).unwrap();
    shown.add("blocking::Portal", &portal);
    let job = portal.submit(&MeasureThings::new(LAYER)).unwrap();
    shown.add("blocking::Job", &job);
    shown.add("blocking::RawJob", &job.raw());
    shown.add("blocking::Updates", &job.updates());
}

#[cfg(not(feature = "blocking"))]
fn types_of_the_blocking_facade(shown: &mut Shown) {
    for name in [
        "blocking::Portal",
        "blocking::Job",
        "blocking::RawJob",
        "blocking::Updates",
    ] {
        shown.add(name, &"not built");
    }
}

fn types_of_signing_in(shown: &mut Shown) {
    let password = PasswordCredentials::new("ada", PASSWORD);
    let client = ClientCredentials::new("app", PASSWORD);
    shown.add("PasswordCredentials", &password);
    shown.add("ClientCredentials", &client);
    for credentials in [
        password.into(),
        client.into(),
        sign_in().into(),
        Credentials::token(TOKEN),
    ] {
        shown.add("Credentials", &credentials);
    }
    shown.add("SignIn", &sign_in());
    for portal in [
        pasted(""),
        format!("ada:{PASSWORD}@h.org"),
        format!("https://{PASSWORD}@h"),
    ] {
        shown.add("Login", &Login::new(&portal));
        let builder = Portal::builder(&portal)
            .service("own", &portal)
            .server(&portal, Credentials::token(TOKEN));
        shown.add("PortalBuilder", &builder);
        let refused = JobRef::from(portal);
        shown.add("Error", &refused.url().unwrap_err());
        shown.add("JobRef", &refused);
    }
    for problem in [
        SignInProblem::Denied,
        SignInProblem::StateMismatch,
        SignInProblem::TimedOut,
        SignInProblem::Refused("The application is not known".to_owned()),
    ] {
        shown.add("SignInProblem", &problem);
    }
}

fn types_of_transport(shown: &mut Shown) {
    let header = ("Set-Cookie".to_owned(), TOKEN.to_owned());
    let response = Response::new(200, [header], TOKEN.as_bytes().to_vec());
    shown.add("transport::Response", &response);
    let answer = Answer::text(200, TOKEN).header("X-Token", TOKEN);
    shown.add("transport::Answer", &answer);
    let error = TransportError::new(TransportErrorKind::TooLarge, "too large");
    let error = error.with_beginning(TOKEN.as_bytes());
    shown.add("transport::TransportError", &error);
    shown.add(
        "Layers",
        &Layers::new().transport(HttpTransport::new(Duration::ZERO)),
    );
}

async fn types_of_signing_out(shown: &mut Shown) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::new(folder.path()));
    let kept = json!({ "version": 1, "portal": PORTAL, "username": "ada", "token": TOKEN });
    let kept = SignIn::from_secret(&kept.to_string().into()).unwrap();
    // The portal says what it was sent: the refresh token.
    let refusal = Answer::json(&json!({ "error": { "code": 400, "message": PASSWORD } }));
    let replay = Replay::new().on(Method::Post, "/revokeToken", [refusal.forever()]);
    let login = Login::new(PORTAL).transport(replay);
    store.save(&sign_in()).unwrap();
    let remembered = login.remember(&kept, store.clone()).await.unwrap();
    assert!(remembered.problem.is_some());
    shown.add("Remembered", &remembered);
    let forgotten = login.forget(store).await.unwrap();
    assert_eq!(forgotten.was_there, Some(true));
    shown.add("Forgotten", &forgotten);
}

async fn types_of_a_run(shown: &mut Shown) {
    static AT_ONCE: TaskMeta = TaskMeta {
        execution: Execution::Synchronous,
        ..META
    };
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let replay = echoing();
    let builder = builder(&replay).credentials(Credentials::token(TOKEN));
    let portal = builder.ledger(ledger.clone()).connect().await.unwrap();
    shown.add("Portal", &portal);
    let parameters = json!({ "inputLayer": LAYER });
    let mut entry = TaskEntry::of::<MeasureThings>();
    let raw = portal
        .submit_entry(&entry, parameters.clone())
        .await
        .unwrap();
    shown.add("RawJob", &raw);
    let item = ItemOutput::from_result("item", json!({ "itemId": "i1" }));
    let file = raw.item_file(&item.unwrap().unwrap()).await.unwrap();
    shown.add("ItemFile", &file);
    entry.meta = &AT_ONCE;
    let executed = portal.execute_entry(&entry, parameters).await.unwrap();
    shown.add("Executed", &executed);
    assert!(shown.0["Executed"].contains("?token=[redacted]"));
    let job = portal.submit(&MeasureThings::new(LAYER)).await.unwrap();
    shown.add("Job", &job);
    let token: JobToken = job.token();
    shown.add("JobRef", &JobRef::from(&token));
    shown.add("JobToken", &token);
    shown.add("JobRef", &JobRef::from(format!("{JOB}?token={TOKEN}")));
    let mut updates = job.updates();
    for _ in 0..2 {
        shown.add("JobUpdate", &updates.next().await);
    }
    shown.add("Updates", &updates);
    shown.add("Error", &job.wait(None).await.unwrap_err());
    for known in ledger.jobs().unwrap() {
        shown.add("LedgerJob", &known);
    }
    for request in replay.requests() {
        shown.add("transport::Request", request.request());
        shown.add("transport::Recorded", &request);
    }
    shown.add("transport::Replay", &replay);
}

#[test]
fn no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    types_of_signing_in(&mut shown);
    types_of_transport(&mut shown);
    types_of_the_blocking_facade(&mut shown);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(types_of_signing_out(&mut shown));
    runtime.block_on(types_of_a_run(&mut shown));
    for (name, text) in &shown.0 {
        let secret = text.find("PLANTED");
        assert_eq!(secret, None, "{name}: {text}");
    }
    // What is told of the cost is taken from the service's words, and tried with those in `it/estimate.rs`.
    let elsewhere = ["CreditEstimate"];
    let covered = shown.0.keys().copied().chain(HOLD_NONE).chain(elsewhere);
    let covered: BTreeSet<String> = covered.map(str::to_owned).collect();
    assert_eq!(covered, public_types());
}
