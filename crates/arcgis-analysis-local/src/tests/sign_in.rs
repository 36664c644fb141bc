//! Signing in, and what a token is good for.

use super::{Client, error};
use crate::LocalService;
use crate::tokens::Binding;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const TOKEN: &str = "/sharing/rest/generateToken";
const SELF: &str = "/sharing/rest/community/self";

async fn ann() -> LocalService {
    LocalService::builder()
        .username("ann")
        .password("p&ss wörd")
        .start()
        .await
        .unwrap()
}

async fn token(client: &Client, more: &[(&str, &str)]) -> Value {
    let mut form = vec![
        ("username", "ann"),
        ("password", "p&ss wörd"),
        ("f", "json"),
    ];
    form.extend(more);
    client.post(TOKEN, &form).await
}

fn text(answer: &Value) -> &str {
    answer["token"]
        .as_str()
        .unwrap_or_else(|| panic!("no token: {answer}"))
}

#[tokio::test]
async fn the_password_gives_a_token_that_shows_who_one_is() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let answer = token(&client, &[]).await;
    assert_eq!(answer["ssl"], false);
    assert!(text(&answer).len() >= 32);
    let bearer = format!("Bearer {}", text(&answer));
    let through_esri_header = client.clone().header("x-esri-authorization", &bearer);
    assert_eq!(through_esri_header.get(SELF).await["username"], "ann");
    let through_header = client.clone().header("authorization", &bearer);
    assert_eq!(through_header.get(SELF).await["username"], "ann");
    assert_eq!(
        client.post(SELF, &[("token", text(&answer))]).await["username"],
        "ann"
    );
    assert_eq!(
        client.get(&format!("{SELF}?token={}", text(&answer))).await["username"],
        "ann"
    );
}

#[tokio::test]
async fn the_username_is_known_in_any_letter_case() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let form = [("username", "ANN"), ("password", "p&ss wörd")];
    let answer = client.post(TOKEN, &form).await;
    let client = client.header("x-esri-authorization", &format!("Bearer {}", text(&answer)));
    assert_eq!(client.get(SELF).await["username"], "ann");
}

#[tokio::test]
async fn wrong_credentials_are_refused_as_arcgis_does() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let refusal = json!({
        "error": {
            "code": 400,
            "message": "Unable to generate token.",
            "details": ["Invalid username or password."],
        }
    });
    for (username, password) in [("ann", "wrong"), ("bob", "p&ss wörd"), ("ann", "P&ss wörd")] {
        let answer = client
            .post(TOKEN, &[("username", username), ("password", password)])
            .await;
        assert_eq!(answer, refusal, "{username}");
    }
    let answer = client
        .post(TOKEN, &[("username", "ann"), ("password", "")])
        .await;
    assert_eq!(
        answer["error"]["details"],
        json!(["'password' must be specified."])
    );
}

#[tokio::test]
async fn a_password_is_taken_from_the_body_of_a_post_only() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let in_url = format!("{TOKEN}?username=ann&password=p%26ss%20w%C3%B6rd");
    for answer in [
        client.get(&in_url).await,
        client.post(&in_url, &[("f", "json")]).await,
    ] {
        assert_eq!(error(&answer), (400, "Unable to generate token."));
        assert!(!answer.to_string().contains("p&ss"), "{answer}");
    }
    assert_eq!(error(&client.get(TOKEN).await).0, 405);
}

#[tokio::test]
async fn a_token_for_a_referer_is_good_with_that_referer_only() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    let answer = token(
        &client,
        &[("client", "referer"), ("referer", "https://app.example")],
    )
    .await;
    let client = client.header("x-esri-authorization", &format!("Bearer {}", text(&answer)));
    let own = client.clone().header("referer", "https://app.example");
    assert_eq!(own.get(SELF).await["username"], "ann");
    let page = client
        .clone()
        .header("referer", "https://app.example/map?id=1");
    assert_eq!(page.get(SELF).await["username"], "ann");
    let other = client.clone().header("referer", "https://other.example");
    assert_eq!(error(&other.get(SELF).await), (498, "Invalid token."));
    assert_eq!(error(&client.get(SELF).await), (498, "Invalid token."));
}

#[tokio::test]
async fn a_token_for_an_address_is_good_from_that_address_only() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    for (form, code) in [
        (&[("client", "requestip")][..], None),
        (&[("client", "ip"), ("ip", "127.0.0.1")], None),
        (&[("client", "ip"), ("ip", "10.0.0.7")], Some(498)),
    ] {
        let answer = token(&client, form).await;
        let client = client
            .clone()
            .header("x-esri-authorization", &format!("Bearer {}", text(&answer)));
        let answer = client.get(SELF).await;
        assert_eq!(answer["error"]["code"].as_u64(), code, "{form:?}: {answer}");
    }
}

#[tokio::test]
async fn a_token_request_that_makes_no_sense_says_why() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    for (form, detail) in [
        (&[("client", "referer")][..], "'referer' must be specified."),
        (
            &[("client", "ip"), ("ip", "here")],
            "'ip' must be an IP address.",
        ),
        (
            &[("client", "cookie")],
            "'client' must be 'referer', 'requestip' or 'ip'.",
        ),
        (
            &[("expiration", "0")],
            "'expiration' must be a whole number of minutes, at least 1.",
        ),
        (
            &[("expiration", "soon")],
            "'expiration' must be a whole number of minutes, at least 1.",
        ),
    ] {
        let answer = token(&client, form).await;
        assert_eq!(error(&answer), (400, "Unable to generate token."));
        assert_eq!(answer["error"]["details"], json!([detail]));
    }
}

#[tokio::test]
async fn the_life_of_a_token_is_in_minutes_and_has_an_upper_bound() {
    let service = ann().await;
    let client = Client::anonymous(&service);
    for (asked, minutes) in [("5", 5), ("20160", 20_160), ("99999999", 20_160)] {
        let now = || {
            u64::try_from(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap()
                    .as_millis(),
            )
            .unwrap()
        };
        let before = now();
        let expires = token(&client, &[("expiration", asked)]).await["expires"]
            .as_u64()
            .unwrap();
        let life = minutes * 60_000;
        assert!((before + life..=now() + life).contains(&expires), "{asked}");
    }
}

#[tokio::test]
async fn an_expired_token_is_invalid_everywhere_but_for_signing_in_again() {
    let life = Duration::from_millis(50);
    let builder = LocalService::builder()
        .username("ann")
        .password("p&ss wörd")
        .longest_token_life(life);
    let service = builder.start().await.unwrap();
    let client = Client::anonymous(&service);
    let bearer = format!("Bearer {}", text(&token(&client, &[]).await));
    let client = client.header("x-esri-authorization", &bearer);
    tokio::time::sleep(life * 2).await;
    for path in [SELF, "/sharing/rest/portals/self", super::GP] {
        assert_eq!(
            error(&client.get(path).await),
            (498, "Invalid token."),
            "{path}"
        );
    }
    assert!(text(&token(&client, &[]).await).len() >= 32);
}

#[tokio::test]
async fn no_secret_shows_in_debug() {
    let builder = LocalService::builder()
        .username("ann")
        .password("p&ss wörd");
    let set_up = format!("{builder:?}");
    let service = builder.start().await.unwrap();
    let answer = token(&Client::anonymous(&service), &[]).await;
    let shown = format!("{set_up}{service:#?}{:#?}", service.app);
    for secret in ["p&ss wörd", text(&answer)] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// A token that is made of another ends with it, however long a life is asked for.
#[tokio::test]
async fn a_token_for_the_server_does_not_outlive_the_one_it_is_made_of() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let tokens = &service.app.tokens;
    let short = tokens.issue("local", Binding::Anybody, Duration::from_secs(60));
    let form = [
        ("token", &*short.unwrap().text),
        ("serverUrl", service.portal_url()),
        ("expiration", "600"),
    ];
    let made = client.post("/sharing/rest/generateToken", &form).await;
    let left = tokens.left(made["token"].as_str().unwrap());
    assert!(
        left <= Duration::from_secs(60) && left > Duration::ZERO,
        "{left:?}"
    );
}
