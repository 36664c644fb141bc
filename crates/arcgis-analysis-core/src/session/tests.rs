#![allow(clippy::unwrap_used)]

use super::*;
use crate::transport::{Answer, Replay};
use serde_json::json;

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    for (value, date, wait) in [
        ("120", None, Some(120)),
        (" 0 ", None, Some(0)),
        ("Sun, 06 Nov 1994 08:49:47 GMT", None, Some(10)),
        ("Sun, 06 Nov 1994 08:49:07 GMT", None, Some(0)),
        (
            "Sun, 06 Nov 1994 09:49:47 GMT",
            Some("Sun, 06 Nov 1994 09:49:40 GMT"),
            Some(7),
        ),
        ("soon", None, None),
        ("-1", None, None),
    ] {
        let mut headers = vec![("retry-after".to_owned(), value.to_owned())];
        headers.extend(date.map(|date| ("date".to_owned(), date.to_owned())));
        let response = Response::new(503, headers, Vec::new());
        assert_eq!(
            retry_after(&response, now),
            wait.map(Duration::from_secs),
            "{value}"
        );
    }
    assert_eq!(retry_after(&Response::new(503, [], Vec::new()), now), None);
}

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
        session.call(&call).await.unwrap();
        let asked = replay.requests().pop().unwrap();
        assert_eq!(
            asked.header("X-Esri-Authorization").is_some(),
            trusted,
            "{url}"
        );
        assert_eq!(asked.header("Referer").is_some(), trusted, "{url}");
    }
}
