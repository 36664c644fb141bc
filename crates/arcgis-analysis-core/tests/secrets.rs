//! Planted secrets are looked for in everything that can be shown.
//!
//! Alone in its process: what is traced is decided for all threads at once, and other tests trace nothing.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "it/support.rs"]
mod support;
#[path = "secrets/types.rs"]
mod types;

use arcgis_analysis_core::transport::{
    Answer, Method, Replay, Response, TransportError, TransportErrorKind,
};
use arcgis_analysis_core::{
    ClientCredentials, Credentials, Error, FileStore, Login, PasswordCredentials, SignIn,
    SignInStore,
};
use arcgis_analysis_types::serde_json::json;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use support::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const PASSWORD: &str = "PLANTED-password";
const TOKEN: &str = "PLANTED-token-0123456789";

/// Writes everything that is traced into one text.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock().unwrap(), " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.lock().unwrap().push_str(span.metadata().name());
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Everything that an error can show.
fn shown(error: &Error) -> String {
    let mut text = format!(
        "{error} {error:?} {error:#?} {:?} {:?}",
        error.excerpt(),
        error.messages()
    );
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        write!(text, " {cause} {cause:?}").unwrap();
        source = cause.source();
    }
    text
}

/// A server that says every secret it knows back, at every step.
fn indiscreet(step: &str, path: &str) -> Replay {
    let echo = format!(
        "you sent password={PASSWORD}, X-Esri-Authorization: Bearer {TOKEN}, ?f=json&token={TOKEN}&x=1"
    );
    // Before it made a token, it can only know the password.
    let known = if step == "token" { PASSWORD } else { TOKEN };
    let refusal = Answer::json(
        &json!({ "error": { "code": 400, "message": echo, "details": [echo, known] } }),
    );
    let page = Answer::text(500, &format!("<html>{echo}{}{TOKEN}", " ".repeat(290)));
    let job = |status: &str| {
        Answer::json(&json!({ "jobId": "j1", "jobStatus": status,
            "messages": [{ "type": "esriJobMessageTypeError", "description": echo }] }))
    };
    let fault = match step {
        "odd" => Answer::json(&json!({ "odd": echo })).forever(),
        "page" => page.forever(),
        "redirect" => Answer::status(302)
            .header("Location", &format!("https://x.org/?token={TOKEN}"))
            .forever(),
        "failed" => job("esriJobFailed"),
        _ => refusal.forever(),
    };
    let (tokens, submits, polls) = match step {
        "token" => (vec![fault], vec![], vec![]),
        "submit" => (vec![], vec![fault], vec![]),
        _ => (vec![], vec![], vec![job("esriJobExecuting"), fault]),
    };
    let token = match path {
        "/generateToken" => json!({ "token": TOKEN, "expires": 1 }),
        _ => json!({ "access_token": TOKEN, "expires_in": 1, "refresh_token": "PLANTED-refresh" }),
    };
    replay()
        .on(
            Method::Post,
            path,
            tokens.into_iter().chain([Answer::json(&token).forever()]),
        )
        .on(
            Method::Post,
            "/submitJob",
            submits
                .into_iter()
                .chain([Answer::json(&json!({ "jobId": "j1" }))]),
        )
        .on(Method::Get, "/jobs/j1", polls)
}

/// A sign-in of which every part is known to the server, and which has to be renewed.
fn sign_in() -> SignIn {
    let all = json!({ "version": 1, "portal": PORTAL, "token": TOKEN, "expires": 1, "renewal": {
        "clientId": "cli", "redirectUri": "http://127.0.0.1:1/", "refreshToken": PASSWORD, "expires": 4_000_000_000_u64 } });
    SignIn::from_secret(&all.to_string().into()).unwrap()
}

/// A store shows no secret either, nor does what is wrong with it.
#[test]
fn secrets_are_in_nothing_that_a_store_shows() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    let place = store.save(&sign_in()).unwrap();
    let whole = std::fs::read_to_string(&place).unwrap();
    assert!(whole.contains(PASSWORD) && whole.contains(TOKEN));
    let mut all = format!("{place} {store:?} {:?} {:?}", sign_in(), Login::new(PORTAL));
    std::fs::write(&place, &whole[..whole.len() - 1]).unwrap();
    all += &shown(&store.load(PORTAL).unwrap_err());
    assert!(!all.contains("PLANTED"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn secrets_are_in_no_error_log_line_or_url() {
    let traced = Everything::default();
    let _guard = tracing::subscriber::set_default(traced.clone());
    let mut all = String::new();
    let app = Credentials::client("app", PASSWORD);
    let ways = [
        (Credentials::password("ada", PASSWORD), "/generateToken"),
        (app, "/oauth2/token"),
        (sign_in().into(), "/oauth2/token"),
    ];
    let steps = [
        "token", "submit", "poll", "odd", "page", "redirect", "failed",
    ];
    for ((credentials, path), step) in ways.iter().flat_map(|way| steps.map(|step| (way, step))) {
        let replay = indiscreet(step, path);
        let builder = builder(&replay).credentials(credentials.clone());
        write!(all, "{builder:?} {credentials:?}").unwrap();
        let error = match builder.connect().await {
            Err(error) => error,
            Ok(portal) => {
                write!(all, "{portal:?}").unwrap();
                match portal
                    .submit(&MeasureThings::new("https://example.com/FeatureServer/0"))
                    .await
                {
                    Err(error) => error,
                    Ok(job) => {
                        let mut updates = job.updates();
                        let update = updates.next().await;
                        write!(all, "{job:?} {update:?} {updates:?}").unwrap();
                        job.wait(None).await.unwrap_err()
                    }
                }
            }
        };
        write!(all, "{} {replay:?}", shown(&error)).unwrap();
        for request in replay.requests() {
            assert!(!request.request().url().contains("PLANTED"));
            write!(all, "{request:?} {:?}", request.request()).unwrap();
        }
    }
    let traced = traced.0.lock().unwrap();
    assert!(
        traced.contains("operation=") && traced.contains("request.answered"),
        "the trace is on: {traced}"
    );
    assert!(all.contains("[redacted]"));
    for text in [&all, &*traced] {
        let shown = text
            .find("PLANTED")
            .map(|at| &text[at.saturating_sub(300)..(at + 40).min(text.len())]);
        assert_eq!(shown, None);
    }
}
