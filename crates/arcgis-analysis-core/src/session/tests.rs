#![allow(clippy::unwrap_used)]

use super::*;
use crate::transport::{Answer, Replay};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn the_token_goes_only_where_it_belongs() {
    let replay = Replay::new().on(Method::Get, "/x", [Answer::json(&json!({})).forever()]);
    let portal = PortalUrl::parse("https://gis.example.org/portal").unwrap();
    let credentials = Credentials::token("T0KEN");
    let session = Session::new(
        portal,
        credentials,
        Arc::new(replay.clone()),
        Limits::default(),
        Polling::default(),
        None,
    );
    session.trust(
        "https://analysis.example.org:6443"
            .parse::<Url>()
            .unwrap()
            .origin(),
    );
    for (url, trusted) in [
        ("https://gis.example.org/x", true),
        ("https://GIS.example.org:443/other/x", true),
        ("https://analysis.example.org:6443/x", true),
        ("https://gis.example.org:6443/x", false),
        ("http://gis.example.org/x", false),
        ("https://analysis.example.org/x", false),
        ("https://gis.example.org.evil.example/x", false),
        ("https://gis.example.org@evil.example/x", false),
        (r"https://evil.example\@gis.example.org/x", false),
        ("https://xgis.example.org/x", false),
        ("https://example.org/x", false),
        ("http://127.0.0.1/x", false),
    ] {
        let call = session.get("test", url.parse().unwrap());
        session.attempt(&call, 1).await.unwrap();
        let asked = replay.requests().pop().unwrap();
        assert_eq!(
            asked.header("X-Esri-Authorization").is_some(),
            trusted,
            "{url}"
        );
        assert_eq!(asked.header("Referer").is_some(), trusted, "{url}");
    }
}
