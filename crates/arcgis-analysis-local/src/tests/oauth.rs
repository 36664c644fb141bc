//! Signing in by OAuth: as an application, as a person in a browser, and as Esri's Python client does.

mod application;
mod code;
mod flood;
mod page;

use super::Client;
use crate::LocalService;
use hyper::{Method, StatusCode};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

const TOKEN: &str = "/sharing/rest/oauth2/token";
const SELF: &str = "/sharing/rest/community/self";
const BACK: &str = "http://127.0.0.1:5000/back";
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn ann() -> LocalService {
    let builder = LocalService::builder()
        .username("ann")
        .password("p&ss wörd");
    let builder = builder.application("app", "s3cret");
    builder.start().await.unwrap()
}

/// The page that an application sends a person to.
async fn page(client: &Client, fields: &[(&str, &str)]) -> (StatusCode, Option<Url>, String) {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    let path = format!("/sharing/rest/oauth2/authorize?{query}");
    let (status, headers, text) = client.exchange(Method::GET, &path, None).await;
    let to = headers
        .get("location")
        .map(|to| to.to_str().unwrap().parse().unwrap());
    (status, to, text)
}

/// What the page tells programs, found as Esri's Python client finds it: from the first brace of a line to the last.
fn info(page: &str) -> Value {
    let line = page.lines().find(|line| line.contains('{')).unwrap();
    let json = &line[line.find('{').unwrap()..=line.rfind('}').unwrap()];
    assert!(line.contains(&format!("var oAuthInfo = {json};")), "{line}");
    serde_json::from_str(json).unwrap()
}

async fn sign_in(
    client: &Client,
    page: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, Option<Url>, String) {
    let state = info(page)["oauth_state"].as_str().unwrap().to_owned();
    let form = [&[("oauth_state", state.as_str())], fields].concat();
    let (status, headers, text) = client
        .exchange(Method::POST, "/sharing/oauth2/signin", Some(&form))
        .await;
    let to = headers
        .get("location")
        .map(|to| to.to_str().unwrap().parse().unwrap());
    (status, to, text)
}

const RIGHT: [(&str, &str); 2] = [("username", "ann"), ("password", "p&ss wörd")];

fn field(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(n, _)| n == name)
        .map(|(_, value)| value.into_owned())
}

/// The code that a browser brings back to the application.
async fn code(client: &Client) -> String {
    let fields = [
        ("client_id", "cli"),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("state", "x y"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let (status, _, text) = page(client, &fields).await;
    assert_eq!(status, StatusCode::OK);
    let (status, to, _) = sign_in(client, &text, &RIGHT).await;
    let to = to.unwrap();
    assert_eq!(status, StatusCode::FOUND);
    assert!(to.as_str().starts_with("http://127.0.0.1:5000/back?"));
    assert_eq!(field(&to, "state").as_deref(), Some("x y"));
    field(&to, "code").unwrap()
}

fn taking(code: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", "cli"),
        ("redirect_uri", BACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ]
}

async fn user(client: &Client, answer: &Value) -> Value {
    let token = answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let client = client
        .clone()
        .header("x-esri-authorization", &format!("Bearer {token}"));
    client.get(SELF).await["username"].clone()
}

fn word(answer: &Value) -> (u64, &str, &str) {
    let all = &answer["error"];
    let text = |name: &str| all[name].as_str().unwrap_or_default();
    assert_eq!(all["message"], all["error_description"], "{answer}");
    (
        all["code"].as_u64().unwrap(),
        text("error"),
        text("message"),
    )
}
