//! The page on which a person signs in, in a browser or by Esri's Python client.

use super::{BACK, CHALLENGE, OUT_OF_BAND, RIGHT, TOKEN, ann, field, info, page, sign_in, user};
use crate::tests::Client;
use hyper::{Method, StatusCode};
use serde_json::json;

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
