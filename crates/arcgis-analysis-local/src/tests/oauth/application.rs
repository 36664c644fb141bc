//! An application that signs in by its secret, and tokens for servers.

use super::{RIGHT, TOKEN, ann, user, word};
use crate::tests::{Client, error};
use crate::{LocalService, StartError};
use serde_json::json;

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
