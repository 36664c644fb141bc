#![allow(clippy::unwrap_used)]

use super::*;
use crate::address::ServerUrl;
use crate::transport::{Answer, Replay};
use serde_json::json;

fn session(portal: &str, credentials: Credentials, replay: &Replay) -> Arc<Session> {
    Session::new(
        PortalUrl::parse(portal).unwrap(),
        credentials,
        Arc::new(replay.clone()),
        Limits::default(),
        Polling::default(),
        None,
    )
}

/// What a request to this URL carries.
async fn carried(session: &Session, replay: &Replay, url: &str) -> (Option<String>, bool) {
    let call = session.get("test", url.parse().unwrap());
    session.attempt(&call, 1).await.unwrap();
    let asked = replay.requests().pop().unwrap();
    let token = asked.header("X-Esri-Authorization").map(str::to_owned);
    (token, asked.header("Referer").is_some())
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_only_where_it_belongs() {
    let owner = json!({ "owningSystemUrl": "https://gis.example.org/portal" });
    let replay = Replay::new()
        .on(Method::Get, "/x", [Answer::json(&json!({})).forever()])
        .on(Method::Get, "/server/rest/info", [Answer::json(&owner)])
        .on(
            Method::Post,
            "/generateToken",
            [Answer::json(&json!({ "token": "S3RVER" }))],
        );
    let portal = "https://gis.example.org/portal";
    let session = session(portal, Credentials::token("T0KEN"), &replay);
    let service = "https://analysis.example.org:6443/server/rest/services/T/GPServer";
    session.admit(ServerUrl::parse(service).unwrap());
    for (url, token) in [
        ("https://gis.example.org/x", Some("T0KEN")),
        ("https://GIS.example.org:443/other/x", Some("T0KEN")),
        (
            "https://analysis.example.org:6443/server/rest/x",
            Some("S3RVER"),
        ),
        ("https://ANALYSIS.example.org:6443/server/x", Some("S3RVER")),
        ("https://gis.example.org:6443/x", None),
        ("http://gis.example.org/x", None),
        ("https://analysis.example.org/server/x", None),
        ("http://analysis.example.org:6443/server/x", None),
        ("https://gis.example.org.evil.example/x", None),
        ("https://gis.example.org@evil.example/x", None),
        (r"https://evil.example\@gis.example.org/x", None),
        ("https://xgis.example.org/x", None),
        ("https://example.org/x", None),
        ("http://127.0.0.1/x", None),
    ] {
        let (carried, referer) = carried(&session, &replay, url).await;
        let bearer = token.map(|token| format!("Bearer {token}"));
        assert_eq!(carried, bearer, "{url}");
        assert_eq!(referer, token.is_some(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_nearest_server_decides_and_letters_of_paths_count() {
    let replay = Replay::new().on(Method::Get, "/x", [Answer::json(&json!({})).forever()]);
    let portal = "https://gis.example.org/portal";
    let session = session(portal, Credentials::token("T0KEN"), &replay);
    for (root, token) in [
        ("https://h.example.org/AbC", "upper"),
        ("https://h.example.org/aBc/rest/services", "lower"),
        ("https://h.example.org/aBc/inner", "inner"),
        ("https://gis.example.org/own/", "own"),
    ] {
        let token = Credentials::token(token);
        session.admit_with(root, token).unwrap();
    }
    for (url, token) in [
        ("https://H.example.org/AbC/x", "upper"),
        ("https://h.example.org/aBc/rest/x", "lower"),
        ("https://h.example.org/aBc/inner/x", "inner"),
        ("https://gis.example.org/own/x", "own"),
        ("https://gis.example.org/owner/x", "T0KEN"),
    ] {
        let (carried, _) = carried(&session, &replay, url).await;
        assert_eq!(carried, Some(format!("Bearer {token}")), "{url}");
    }
}

/// ArcGIS Online is one system of many hosts, but not of all below its name.
#[tokio::test(start_paused = true)]
async fn the_token_of_arcgis_online_goes_to_its_services_only() {
    let owner = json!({ "owningSystemUrl": "https://www.arcgis.com" });
    let replay = Replay::new()
        .on(Method::Get, "/x", [Answer::json(&json!({})).forever()])
        .on(
            Method::Get,
            "/own/rest/info",
            [Answer::json(&owner).forever()],
        )
        .on(
            Method::Get,
            "/rest/info",
            [Answer::json(&json!({ "currentVersion": 11.4 })).forever()],
        )
        .on(
            Method::Post,
            "/generateToken",
            [Answer::json(&json!({ "token": "S3RVER" })).forever()],
        );
    for portal in ["https://www.arcgis.com", "https://acme.maps.arcgis.com"] {
        let session = session(portal, Credentials::token("T0KEN"), &replay);
        for root in [
            "https://analysis.arcgis.com/arcgis",
            "https://services-eu1.arcgis.com/o",
            "https://analysis.arcgis.com:8443/arcgis",
            "https://evil.arcgis.com/arcgis",
            "https://livefeeds.arcgis.com/own",
        ] {
            session.admit(ServerUrl::parse(root).unwrap());
        }
        session.admit_named(ServerUrl::parse("https://new.place.arcgis.com/arcgis").unwrap());
        session.admit_named(ServerUrl::parse("https://new.arcgis.com:6443/arcgis").unwrap());
        for (url, token) in [
            ("https://analysis.arcgis.com/arcgis/x", Some("T0KEN")),
            ("https://services-eu1.arcgis.com/o/x", Some("T0KEN")),
            // The portal says so.
            ("https://new.place.arcgis.com/arcgis/x", Some("T0KEN")),
            // The server says so, and gets one that serves there only.
            ("https://livefeeds.arcgis.com/own/x", Some("S3RVER")),
            ("https://analysis.arcgis.com:8443/arcgis/x", None),
            ("https://new.arcgis.com:6443/arcgis/x", None),
            ("https://evil.arcgis.com/arcgis/x", None),
            ("https://other.arcgis.com/x", None),
        ] {
            let (carried, _) = carried(&session, &replay, url).await;
            let bearer = token.map(|token| format!("Bearer {token}"));
            assert_eq!(carried, bearer, "{url}");
        }
    }
}

#[test]
fn a_server_is_found_above_its_services() {
    for (text, root) in [
        (
            "https://h/server/rest/services/T/GPServer",
            "https://h/server",
        ),
        (
            "https://h/Server/REST/services/a/b/GPServer/",
            "https://h/Server",
        ),
        ("https://h/server/", "https://h/server"),
        ("https://H:443", "https://h"),
        ("http://h/server", "https://h/server"),
        ("https://h/odd/T/GPServer", "https://h"),
    ] {
        assert_eq!(ServerUrl::parse(text).unwrap().as_str(), root, "{text}");
    }
    assert!(ServerUrl::parse("https://u:p@h/server").is_err());
    assert!(ServerUrl::parse("https://h/server?token=x").is_err());
}
