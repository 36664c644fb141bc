//! What a portal answers to somebody who signs in: tokens, itself, refusals.

use super::support::{
    CLIENT_SECRET, PASSWORD, REFRESH_TOKEN, SECRETS, Server, TOKEN, Told, check_error, json, parts,
    run, task, text,
};
use arcgis_analysis::{Credentials, Portal, SecretString, SignIn};
use serde_json::json as object;
use url::Url;

const PORTAL: &str = "https://gis.example.org/portal";

/// The first part is how to sign in, the others are the answers.
///
/// Whatever they are, it ends. Passwords and tokens go to the portal alone and into no URL, and nothing shows them. A user
/// name is the one that was told. A service that the portal names is reached with encryption and without a query.
pub fn sign_in(data: &[u8]) {
    let parts = parts(data);
    let (credentials, given): (_, &[_]) = match parts[0] {
        b"client" => (Credentials::client("app", CLIENT_SECRET), &[CLIENT_SECRET]),
        b"token" => (Credentials::token(TOKEN), &[TOKEN]),
        b"kept" => (kept().into(), &[TOKEN, REFRESH_TOKEN]),
        b"anonymous" => (Credentials::Anonymous, &[]),
        _ => (Credentials::password("ada", PASSWORD), &[PASSWORD]),
    };
    let server = Server::new(given, [], &parts[1..]);
    let builder = Portal::builder(PORTAL)
        .credentials(credentials)
        .transport(server.clone());
    match run(builder.connect()) {
        Err(error) => server.check_error(&error),
        Ok(portal) => {
            server.hidden(&format!("{portal:?}"));
            let told = server.asked().pop().unwrap().told;
            if let (Told::Answer { body, .. }, Some(name)) = (told, portal.username()) {
                server.hidden(name);
                let body = text(&body);
                let body = json(body.trim_start_matches('\u{feff}').as_bytes()).unwrap();
                let told = body["user"]["username"].as_str().unwrap();
                assert!(told == name || name.contains("[redacted]"), "{told} {name}");
            }
            match portal.service_url(task(b"CreateBuffers").meta) {
                Err(error) => server.check_error(&error),
                Ok(url) => {
                    let url = Url::parse(&url).unwrap();
                    assert!(url.scheme() == "https" && url.query().is_none(), "{url}");
                    assert!(
                        url.username().is_empty() && url.fragment().is_none(),
                        "{url}"
                    );
                }
            }
            if let Some(sign_in) = portal.sign_in() {
                server.hidden(&format!("{sign_in:?}"));
                same(&sign_in);
            }
        }
    }
    let portal = Url::parse(PORTAL).unwrap();
    server.check(|_, url| url.origin() == portal.origin() && url.path().starts_with("/portal/"));
}

/// A sign-in whose token ends before it begins, so that a new one has to be made.
fn kept() -> SignIn {
    let kept = object!({
        "version": 1,
        "portal": PORTAL,
        "username": "ada",
        "token": TOKEN,
        "expires": 1,
        "renewal": {
            "clientId": "app",
            "redirectUri": "http://127.0.0.1:1/",
            "refreshToken": REFRESH_TOKEN,
            "expires": 99_999_999_999_u64,
        },
    });
    SignIn::from_secret(&kept.to_string().into()).unwrap()
}

/// What is kept of a sign-in, with anything done to it: what is read is written as it is read again, and is shown by
/// nothing.
pub fn kept_sign_in(data: &[u8]) {
    match SignIn::from_secret(&SecretString::from(text(data))) {
        Ok(sign_in) => {
            Url::parse(sign_in.portal()).unwrap();
            same(&sign_in);
        }
        Err(error) => check_error(&SECRETS, &error),
    }
}

/// Fractions of a second are not kept.
fn same(sign_in: &SignIn) {
    let again = SignIn::from_secret(&sign_in.to_secret()).unwrap();
    assert_eq!(
        (again.portal(), again.username()),
        (sign_in.portal(), sign_in.username())
    );
    let last = SignIn::from_secret(&again.to_secret()).unwrap();
    assert_eq!(format!("{last:?}"), format!("{again:?}"));
}
