//! What a code from a browser gives: tokens, refresh tokens, and their end.

use super::{BACK, CHALLENGE, TOKEN, ann, code, taking, user, word};
use crate::LocalService;
use crate::tests::{Client, error};
use serde_json::{Value, json};
use std::time::Duration;

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
