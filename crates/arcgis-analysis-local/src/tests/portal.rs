//! What the portal says of itself, and to whom.

use super::{Client, GP, error};
use crate::LocalService;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn every_resource_answers_get_and_post_alike() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let user = format!("/sharing/rest/community/users/{}", service.username());
    for path in [
        "/sharing/rest",
        "/sharing/rest/info",
        "/sharing/rest/portals/self",
        "/sharing/rest/community/self",
        &user,
        "/portal/sharing/rest/portals/self",
        "/rest/info",
        "/arcgis/rest/info",
        "/arcgis/rest/services",
        GP,
    ] {
        let got = client.get(&format!("{path}?f=json")).await;
        assert_eq!(got.get("error"), None, "{path}: {got}");
        assert_eq!(client.post(path, &[("f", "json")]).await, got, "{path}");
        assert_eq!(
            client.get(&format!("{path}/?f=json")).await,
            got,
            "{path} with a slash"
        );
    }
}

#[tokio::test]
async fn the_info_leads_to_the_token_service() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let info = client.get("/sharing/rest/info?f=json").await;
    assert_eq!(info["owningSystemUrl"], service.portal_url());
    assert_eq!(
        info["authInfo"],
        json!({
            "tokenServicesUrl": format!("{}/sharing/rest/generateToken", service.portal_url()),
            "isTokenBasedSecurity": true,
        })
    );
}

/// The keys that clients were seen to need.
#[tokio::test]
async fn the_portal_has_what_clients_read() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let root = client.get("/sharing/rest/?f=json").await;
    let parts: Vec<_> = root["currentVersion"]
        .as_str()
        .unwrap()
        .split('.')
        .map(str::parse::<u32>)
        .collect();
    assert!(
        parts.len() >= 2 && parts.iter().all(Result::is_ok),
        "{root}"
    );

    let portal = client.get("/sharing/rest/portals/self?f=json").await;
    let name = portal["portalName"].as_str().unwrap();
    assert!(!name.is_empty() && name != "ArcGIS Online");
    assert_eq!(
        portal["helperServices"]["analysis"]["url"],
        format!("{}{GP}", service.portal_url())
    );
    assert_eq!(portal["user"]["username"], service.username());

    let user = client
        .get(&format!(
            "/sharing/rest/community/users/{}?f=json",
            service.username()
        ))
        .await;
    assert_eq!(user["username"], service.username());
    let privileges = user["privileges"].as_array().unwrap();
    assert!(privileges.contains(&json!("premium:user:spatialanalysis")));
    assert_eq!(
        client.get("/sharing/rest/community/self?f=json").await,
        user
    );
}

#[tokio::test]
async fn a_visitor_sees_the_portal_but_no_user() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let portal = client.get("/sharing/rest/portals/self?f=json").await;
    assert_eq!(portal.get("user"), None);
    assert!(portal["helperServices"]["analysis"]["url"].is_string());
    for path in [
        "/sharing/rest/community/self",
        "/sharing/rest/community/users/local",
    ] {
        let answer = client.get(path).await;
        assert_eq!(error(&answer), (499, "Token Required"), "{path}");
    }
}

#[tokio::test]
async fn another_user_does_not_exist() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let answer = client
        .get("/sharing/rest/community/users/nobody?f=json")
        .await;
    assert_eq!(
        error(&answer),
        (400, "User does not exist or is inaccessible.")
    );
}

#[tokio::test]
async fn urls_follow_the_host_that_the_client_used() {
    let service = LocalService::start().await.unwrap();
    let host = format!("localhost:{}", service.address().port());
    let client = Client::anonymous(&service).header("host", &host);
    let portal = client.get("/sharing/rest/portals/self?f=json").await;
    assert_eq!(
        portal["helperServices"]["analysis"]["url"],
        format!("http://{host}{GP}")
    );
}

#[tokio::test]
async fn a_foreign_host_name_is_turned_away() {
    let service = LocalService::start().await.unwrap();
    let port = service.address().port();
    let client = Client::signed_in(&service)
        .await
        .header("host", &format!("evil.example:{port}"));
    for path in ["/sharing/rest/portals/self", "/nothing/here", GP] {
        let (status, text) = client.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{text}");
        assert!(!text.contains("evil.example"), "{text}");
    }
}

#[tokio::test]
async fn answers_come_plain_or_indented_and_in_no_other_format() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let plain = client
        .send(Method::GET, "/sharing/rest?f=json", None)
        .await
        .1;
    let indented = client
        .send(Method::POST, "/sharing/rest", Some(&[("f", "pjson")]))
        .await
        .1;
    assert!(!plain.contains('\n') && indented.contains("\n  \""));
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&plain), parsed(&indented));
    assert_eq!(
        client.send(Method::GET, "/sharing/rest", None).await.1,
        plain
    );
    assert_eq!(
        client
            .send(Method::GET, "/sharing/rest?f=html", None)
            .await
            .1,
        plain
    );
    let refused = client.get("/sharing/rest?f=kmz").await;
    assert_eq!(
        error(&refused),
        (
            400,
            "The output format \"kmz\" is not offered; ask for f=json or f=pjson."
        )
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_in_arcgis_shape() {
    let service = LocalService::start().await.unwrap();
    let client = Client::anonymous(&service);
    let (status, text) = client.send(Method::GET, "/sharing/rest/surch", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        error(&answer),
        (404, "There is no resource at /sharing/rest/surch.")
    );
    let (_, text) = client
        .send(Method::DELETE, "/sharing/rest/info", None)
        .await;
    assert_eq!(error(&serde_json::from_str(&text).unwrap()).0, 405);
    let answer = client.get("/arcgis/rest/services/other/GPServer").await;
    assert_eq!(error(&answer), (404, "There is no service \"other\"."));
}

#[tokio::test]
async fn there_is_one_user_and_no_group() {
    let service = LocalService::start().await.unwrap();
    let client = Client::signed_in(&service).await;
    let users = client.get("/sharing/rest/portals/self/users").await;
    assert_eq!(users["users"][0]["username"], service.username());
    let groups = client.get("/sharing/rest/community/groups?q=parks").await;
    assert_eq!(
        (&groups["query"], &groups["results"]),
        (&json!("parks"), &json!([]))
    );
    let visitor = Client::anonymous(&service);
    for path in [
        "/sharing/rest/portals/self/users",
        "/sharing/rest/community/groups",
    ] {
        assert_eq!(error(&visitor.get(path).await).0, 499, "{path}");
    }
}
