//! Signing in by OAuth: as an application, as a person in a browser, and as Esri's Python client does.

use super::{Client, error};
use crate::{LocalService, StartError};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
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

#[tokio::test]
async fn an_application_signs_in_with_its_secret() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
    ];
    let answer = client.post(TOKEN, &form).await;
    assert_eq!(answer["expires_in"], 7200);
    assert_eq!(answer.get("refresh_token"), None);
    assert_eq!(user(&client, &answer).await, "ann");
    form.push(("expiration", "5"));
    assert_eq!(client.post(TOKEN, &form).await["expires_in"], 300);
    assert_eq!(
        client.get("/sharing/rest/portals/self").await["supportsOAuth"],
        true
    );
}

#[tokio::test]
async fn an_application_is_told_what_is_wrong() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let right = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
    ];
    for (change, refusal) in [
        (
            ("client_id", "other"),
            (400, "invalid_client", "Invalid client_id"),
        ),
        (
            ("client_secret", "S3cret"),
            (400, "invalid_client", "Invalid client_secret"),
        ),
        (
            ("client_secret", ""),
            (400, "invalid_request", "'client_secret' must be specified."),
        ),
        (
            ("client_id", ""),
            (400, "invalid_request", "'client_id' must be specified."),
        ),
        (
            ("grant_type", ""),
            (400, "invalid_request", "'grant_type' must be specified."),
        ),
        (
            ("expiration", "0"),
            (
                400,
                "invalid_request",
                "'expiration' must be a whole number of minutes, at least 1.",
            ),
        ),
    ] {
        let mut form: Vec<_> = right
            .iter()
            .filter(|(name, _)| *name != change.0)
            .copied()
            .collect();
        form.push(change);
        assert_eq!(
            word(&client.post(TOKEN, &form).await),
            refusal,
            "{change:?}"
        );
    }
    let odd = [("grant_type", "password"), ("client_id", "app")];
    assert_eq!(
        word(&client.post(TOKEN, &odd).await).1,
        "unsupported_grant_type"
    );
    let in_url =
        format!("{TOKEN}?grant_type=client_credentials&client_id=app&client_secret=s3cret");
    for answer in [
        client.get(&in_url).await,
        client.post(&in_url, &[("f", "json")]).await,
    ] {
        assert_eq!(word(&answer).1, "invalid_request");
        assert!(!answer.to_string().contains("s3cret"));
    }
}

#[tokio::test]
async fn a_browser_brings_a_code_that_gives_tokens_once() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let code = code(&client).await;
    let answer = client.post(TOKEN, &taking(&code)).await;
    assert_eq!(user(&client, &answer).await, "ann");
    assert_eq!(
        (&answer["username"], &answer["expires_in"]),
        (&json!("ann"), &json!(1800))
    );
    assert_eq!(answer["refresh_token_expires_in"], 14 * 24 * 3600);
    let again = client.post(TOKEN, &taking(&code)).await;
    assert_eq!(word(&again), (400, "invalid_grant", "Invalid code"));

    let refresh = answer["refresh_token"].as_str().unwrap();
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", "cli"),
        ("refresh_token", refresh),
    ];
    for _ in 0..2 {
        let renewed = client.post(TOKEN, &form).await;
        assert_eq!(user(&client, &renewed).await, "ann");
        assert_ne!(renewed["access_token"], answer["access_token"]);
        assert_eq!(renewed.get("refresh_token"), None);
    }
    form[0].1 = "exchange_refresh_token";
    form.push(("redirect_uri", BACK));
    let exchanged = client.post(TOKEN, &form).await;
    assert_eq!(user(&client, &exchanged).await, "ann");
    assert_eq!(
        word(&client.post(TOKEN, &form).await),
        (498, "invalid_request", "Invalid refresh_token")
    );
    let fresh = exchanged["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "cli"),
        ("refresh_token", fresh),
    ];
    assert_eq!(user(&client, &client.post(TOKEN, &form).await).await, "ann");
    let stolen = [
        ("grant_type", "refresh_token"),
        ("client_id", "other"),
        ("refresh_token", fresh),
    ];
    assert_eq!(word(&client.post(TOKEN, &stolen).await).0, 498);
}

#[tokio::test]
async fn a_code_is_good_for_whoever_asked_for_it_only() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    for (change, problem) in [
        (("client_id", "other"), "Invalid client_id"),
        (
            ("redirect_uri", "http://127.0.0.1:5001/back"),
            "Invalid redirect_uri",
        ),
        (("code_verifier", CHALLENGE), "Invalid code_verifier"),
        (("code_verifier", ""), "Invalid code_verifier"),
    ] {
        let code = code(&client).await;
        let mut form: Vec<_> = taking(&code)
            .into_iter()
            .filter(|(name, _)| *name != change.0)
            .collect();
        form.push(change);
        let refused = client.post(TOKEN, &form).await;
        assert_eq!(
            word(&refused),
            (400, "invalid_grant", problem),
            "{change:?}"
        );
        let late = client.post(TOKEN, &taking(&code)).await;
        assert_eq!(word(&late).2, "Invalid code", "whoever tried has spent it");
    }
}

#[tokio::test]
async fn a_refresh_token_ends() {
    let builder = LocalService::builder()
        .username("ann")
        .password("p&ss wörd");
    let service = builder
        .refresh_token_life(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let client = Client::anonymous(&service);
    let answer = client.post(TOKEN, &taking(&code(&client).await)).await;
    let refresh = answer["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "cli"),
        ("refresh_token", refresh),
    ];
    assert_eq!(
        word(&client.post(TOKEN, &form).await),
        (498, "invalid_request", "Invalid refresh_token")
    );
}

#[tokio::test]
async fn a_wrong_password_shows_the_page_again_and_a_cancel_goes_back() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let fields = [
        ("client_id", "<b>{cli}"),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("state", "s"),
    ];
    let (_, _, text) = page(&client, &fields).await;
    assert!(
        text.contains("&lt;b&gt;{cli}") && !text.contains("<b>{cli}"),
        "{text}"
    );
    assert_eq!(info(&text)["client_id"], "<b>{cli}");
    for wrong in [
        &[("username", "ann"), ("password", "x")][..],
        &[("username", "bob"), ("password", "p&ss wörd")],
        &[],
    ] {
        let (status, to, again) = sign_in(&client, &text, wrong).await;
        assert_eq!((status, to), (StatusCode::OK, None));
        assert_eq!(
            info(&again)["messages"],
            json!(["Invalid username or password."])
        );
        assert_eq!(info(&again)["oauth_state"], info(&text)["oauth_state"]);
    }
    let (status, to, _) = sign_in(&client, &text, &[("cancel", "true")]).await;
    let to = to.unwrap();
    assert_eq!(status, StatusCode::FOUND);
    assert_eq!(
        (
            field(&to, "error").as_deref(),
            field(&to, "state").as_deref()
        ),
        (Some("access_denied"), Some("s"))
    );
    let (status, _, over) = sign_in(&client, &text, &RIGHT).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(over.contains("Invalid oauth_state"), "{over}");
}

#[tokio::test]
async fn a_password_in_the_url_does_not_sign_in() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let (_, _, text) = page(
        &client,
        &[
            ("client_id", "cli"),
            ("response_type", "code"),
            ("redirect_uri", BACK),
        ],
    )
    .await;
    let state = info(&text)["oauth_state"].as_str().unwrap().to_owned();
    let path = format!(
        "/sharing/oauth2/signin?username=ann&password=p%26ss%20w%C3%B6rd&oauth_state={state}"
    );
    for (method, form) in [
        (Method::GET, None),
        (Method::POST, Some(&[("oauth_state", state.as_str())][..])),
    ] {
        let (status, headers, text) = client.exchange(method, &path, form).await;
        assert!(
            headers.get("location").is_none() && status != StatusCode::FOUND,
            "{text}"
        );
    }
}

#[tokio::test]
async fn no_other_site_is_sent_a_code() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    for redirect in [
        "https://evil.example/",
        "http://127.0.0.1@evil.example/",
        "javascript:alert(1)",
        "",
    ] {
        let fields = [
            ("client_id", "cli"),
            ("response_type", "code"),
            ("redirect_uri", redirect),
        ];
        let (status, to, text) = page(&client, &fields).await;
        assert_eq!((status, to), (StatusCode::BAD_REQUEST, None), "{redirect}");
        assert!(text.contains("Invalid redirect_uri"), "{text}");
    }
    let (status, _, text) = page(
        &client,
        &[("response_type", "code"), ("redirect_uri", BACK)],
    )
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("Error: Invalid client_id"), "{text}");
    for (change, word) in [
        (("response_type", "id_token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("expiration", "x"), "invalid_request"),
    ] {
        let mut fields = vec![
            ("client_id", "cli"),
            ("redirect_uri", BACK),
            ("code_challenge", CHALLENGE),
            change,
        ];
        if change.0 != "response_type" {
            fields.push(("response_type", "code"));
        }
        if change.0 == "expiration" {
            fields.push(("code_challenge_method", "S256"));
        }
        let (status, to, _) = page(&client, &fields).await;
        assert_eq!(status, StatusCode::FOUND);
        assert_eq!(field(&to.unwrap(), "error").as_deref(), Some(word));
    }
}

/// The requests of Esri's Python client 2.4.4 for `GIS(url, username, password)`, as they were recorded.
#[tokio::test]
async fn esris_python_client_signs_in() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let own = format!("https://{}", service.address());
    let fields = |state| {
        [
            ("response_type", "token"),
            ("client_id", "pythonapi"),
            ("redirect_uri", own.as_str()),
            ("state", state),
            ("expiration", "600"),
            ("allow_verification", "false"),
            ("style", "dark"),
            ("locale", "en-US"),
        ]
    };
    page(&client, &fields("first")).await;
    let (_, _, text) = page(&client, &fields("second")).await;
    assert!(!text.contains("Invalid redirect_uri"));
    let form = [("expiration", "600"), RIGHT[0], RIGHT[1]];
    let (status, to, _) = sign_in(&client, &text, &form).await;
    let to = to.unwrap();
    assert_eq!(status, StatusCode::FOUND);
    assert!(
        to.as_str().starts_with(&own) && to.query().is_none(),
        "{to}"
    );
    let fragment: Vec<_> = url::form_urlencoded::parse(to.fragment().unwrap().as_bytes())
        .into_owned()
        .collect();
    let of = |name: &str| {
        fragment
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.clone())
            .unwrap()
    };
    assert_eq!(
        (of("state"), of("expires_in"), of("username")),
        ("second".to_owned(), "36000".to_owned(), "ann".to_owned())
    );
    assert_eq!(
        user(&client, &json!({ "access_token": of("access_token") })).await,
        "ann"
    );
    // Its second way, for which it asks when the first failed.
    let fields = [
        ("response_type", "code"),
        ("client_id", "pythonapi"),
        ("redirect_uri", OUT_OF_BAND),
        ("state", "x"),
        ("expiration", "20160"),
    ];
    let (_, _, text) = page(&client, &fields).await;
    let (status, _, success) = sign_in(
        &client,
        &text,
        &[&[("authorize", "True")], &RIGHT[..]].concat(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(info(&success), json!({ "client_id": "pythonapi" }));
    let code = success
        .split("<title>SUCCESS code=")
        .nth(1)
        .unwrap()
        .split("</title>")
        .next()
        .unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", "pythonapi"),
        ("redirect_uri", OUT_OF_BAND),
        ("expiration", "20160"),
    ];
    let answer = client.post(TOKEN, &form).await;
    assert_eq!(user(&client, &answer).await, "ann");
    assert_eq!(answer["expires_in"], 20_160 * 60);
}

#[tokio::test]
async fn a_token_of_the_portal_becomes_one_of_its_server() {
    let service = ann().await;
    let path = "/sharing/rest/generateToken";
    let client = Client::anonymous(&service).header("referer", "https://app.example");
    let form = [
        ("client", "referer"),
        ("referer", "https://app.example"),
        RIGHT[0],
        RIGHT[1],
    ];
    let answer = client.post(path, &form).await;
    let token = answer["token"].as_str().unwrap();
    let server = format!("{}/arcgis/rest/services", service.portal_url());
    let mut form = vec![
        ("request", "getToken"),
        ("serverUrl", server.as_str()),
        ("token", token),
        ("referer", "https://app.example"),
    ];
    let exchanged = client.post(path, &form).await;
    assert_ne!(exchanged["token"], answer["token"]);
    assert_eq!(
        user(&client, &json!({ "access_token": exchanged["token"] })).await,
        "ann"
    );
    let elsewhere = client.clone().header("referer", "https://other.example");
    assert_eq!(
        error(&elsewhere.post(path, &form).await),
        (498, "Invalid token.")
    );
    form[1].1 = "https://server.example/arcgis/rest/services";
    let refused = client.post(path, &form).await;
    assert_eq!(
        refused["error"]["details"],
        json!(["'serverUrl' must be that of a server of this portal."])
    );
    let in_url = format!("{path}?request=getToken&serverUrl={server}&token={token}");
    assert_eq!(error(&client.post(&in_url, &[("f", "json")]).await).0, 400);
}

#[tokio::test]
async fn an_application_needs_a_secret() {
    for (id, secret) in [("", "x"), ("app", "")] {
        let builder = LocalService::builder().application(id, secret);
        assert!(!format!("{builder:?}").contains("\"x\""));
        assert!(matches!(
            builder.start().await,
            Err(StartError::EmptyCredentials)
        ));
    }
}

#[tokio::test]
async fn a_revoked_sign_in_ends_with_all_that_came_from_it() {
    const REVOKE: &str = "/sharing/rest/oauth2/revokeToken";
    let service = ann().await;
    let client = Client::anonymous(&service);
    let sign_in = || async { client.post(TOKEN, &taking(&code(&client).await)).await };
    let (one, other) = (sign_in().await, sign_in().await);
    let refresh = one["refresh_token"].as_str().unwrap();
    let renewing = [
        ("grant_type", "refresh_token"),
        ("client_id", "cli"),
        ("refresh_token", refresh),
    ];
    let renewed = client.post(TOKEN, &renewing).await;
    assert_eq!(user(&client, &renewed).await, "ann");

    // What is of another application, or unknown, is left alone without a word about it.
    let done = json!({ "success": true });
    for (id, token) in [("other", refresh), ("cli", "0123")] {
        let form = [("client_id", id), ("auth_token", token)];
        assert_eq!(client.post(REVOKE, &form).await, done);
    }
    assert_eq!(user(&client, &one).await, "ann");

    let form = [
        ("client_id", "cli"),
        ("auth_token", refresh),
        ("token_type_hint", "refresh_token"),
    ];
    assert_eq!(client.post(REVOKE, &form).await, done);
    for dead in [&one, &renewed] {
        assert_eq!(user(&client, dead).await, Value::Null);
    }
    assert_eq!(error(&client.post(TOKEN, &renewing).await).0, 498);
    assert_eq!(
        user(&client, &other).await,
        "ann",
        "another sign-in goes on"
    );

    // A token alone leaves its refresh token.
    let token = other["access_token"].as_str().unwrap();
    let form = [("client_id", "cli"), ("auth_token", token)];
    assert_eq!(client.post(REVOKE, &form).await, done);
    assert_eq!(user(&client, &other).await, Value::Null);
    let renewing = [
        renewing[0],
        renewing[1],
        ("refresh_token", other["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(
        user(&client, &client.post(TOKEN, &renewing).await).await,
        "ann"
    );

    let in_url = format!("{REVOKE}?auth_token={token}&f=json");
    for (path, form) in [
        (in_url.as_str(), &form[..]),
        (REVOKE, &form[..1]),
        (REVOKE, &form[1..]),
    ] {
        let answer = client.post(path, form).await;
        assert_eq!(word(&answer).1, "invalid_request", "{path}");
    }
}
