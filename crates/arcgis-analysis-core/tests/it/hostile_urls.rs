//! A thousand URLs that try to get the token to another server, or a request where it does not belong.

use crate::server::*;
use crate::support::*;
use arcgis_analysis_core::transport::{Answer, HttpTransport, Method, Replay};
use arcgis_analysis_core::{Credentials, Limits, Polling, Portal, PortalBuilder};
use arcgis_analysis_types::FeatureInput;
use arcgis_analysis_types::serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

const TOKEN: &str = "T0KEN-of-ada";
const URLS: usize = 1_000;

/// Where a hostile URL is put.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// The target of a redirect, with this status, in answer to requests of this path.
    Redirect(u16, &'static str),
    /// Beside the name of a result.
    ParamUrl,
    /// The ID of a submitted job.
    JobId,
    /// The URL of a job that is picked up.
    JobUrl,
    /// The portal's word on where a service is.
    HelperService,
    /// The layer of an item that is an input.
    Item,
    /// The layer that is a result.
    Result,
}

fn place(chance: &mut fastrand::Rng) -> Place {
    const PATHS: [&str; 5] = [
        "/portals/self",
        "/content/items/",
        "/submitJob",
        "/jobs/",
        "/results/",
    ];
    match chance.u8(..12) {
        0..=3 => Place::Redirect(chance.u16(300..=308), PATHS[chance.usize(..PATHS.len())]),
        4 => Place::ParamUrl,
        5 | 6 => Place::JobId,
        7 | 8 => Place::JobUrl,
        9 => Place::HelperService,
        10 => Place::Item,
        _ => Place::Result,
    }
}

/// A URL that means a server among `evil`, or confuses it with `good`; hosts with their ports.
fn hostile(chance: &mut fastrand::Rng, good: &str, evil: &[&str]) -> String {
    let host = evil[chance.usize(..evil.len())];
    let host = match chance.u8(..4) {
        0 => host.to_uppercase(),
        _ => host.to_owned(),
    };
    let tails = [
        "",
        "/",
        "/rest/services/tasks/GPServer",
        "/rest/services/tasks/GPServer/MeasureThings/jobs/j1",
        "/GPServer/MeasureThings/jobs/j1/results/measuredLayer",
        "/FeatureServer/0",
        "/x?token=T&f=json",
        "/../..//x",
    ];
    let tail = tails[chance.usize(..tails.len())];
    let climbs = [
        "../../../../../",
        "..%2f..%2f..%2f",
        "%2e%2e/%2e%2e/%2e%2e/",
        "%252e%252e%252f",
        r"..\..\..\",
        ".%2e/..;/",
        "results/../../../../",
        "/",
        "?",
        "#",
        "@",
        ":",
        "",
    ];
    let climb = climbs[chance.usize(..climbs.len())];
    match chance.u8(..18) {
        0 => format!("http://{host}{tail}"),
        1 => format!("HtTpS://{host}{tail}"),
        2 => format!("//{host}{tail}"),
        3 => format!(r"\\{host}{tail}"),
        4 => format!(r"/\{host}{tail}"),
        5 => format!("http://ada:{good}@{host}{tail}"),
        6 => format!("http://{good}@{host}{tail}"),
        7 => format!(r"http://{good}\@{host}{tail}"),
        8 => format!("http://{good}#@{host}{tail}"),
        9 => format!("http://{good}?@{host}{tail}"),
        10 => format!("http:{host}{tail}"),
        11 => format!(r"http:\\{host}{tail}"),
        12 => format!("  \thttp://{host}{tail} "),
        13 => format!("http://{good}.{host}{tail}"),
        14 => format!(
            "{}://{host}{tail}",
            ["ftp", "file", "data", "javascript"][chance.usize(..4)]
        ),
        15 => format!("http://{good}%2f@{host}{tail}"),
        _ => format!("{climb}{host}{tail}"),
    }
}

/// What a portal may name as a service's address: that is where the token then belongs.
fn is_plain_address(text: &str) -> bool {
    Url::parse(text.trim()).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// Does everything that can be done with a portal of which one answer is hostile.
async fn use_all(builder: PortalBuilder, place: Place, url: &str) {
    let mut polling = Polling::default();
    (polling.first_look, polling.trouble_budget) = (Duration::ZERO, Duration::ZERO);
    polling.results_grace = Duration::ZERO;
    let mut limits = Limits::default();
    limits.retry_for = Duration::ZERO;
    let builder = builder
        .credentials(Credentials::token(TOKEN))
        .polling(polling)
        .limits(limits);
    let Ok(portal) = builder.connect().await else {
        return;
    };
    if place == Place::JobUrl {
        if let Ok(job) = portal.resume::<MeasureThings>(url) {
            let _ = job.status().await;
            let _ = job.cancel().await;
        }
        return;
    }
    let item: FeatureInput = FeatureInput::item("0123456789abcdef0123456789abcdef", 0);
    if let Ok(job) = portal.submit(&MeasureThings::new(item)).await {
        let _ = job.wait(Some(Duration::from_secs(20))).await;
        let _ = job.results().await;
        let _ = job.cancel().await;
        let _ = portal.resume::<MeasureThings>(job.url());
    }
}

/// The documents that a portal and its service answer with, one of them hostile.
fn document(place: Place, url: &str, service: &str, path: &str) -> Value {
    let hostile =
        |wanted: Place, usual: &str| (if place == wanted { url } else { usual }).to_owned();
    if path.ends_with("/portals/self") {
        return json!({ "helperServices": { "analysis": { "url": hostile(Place::HelperService, service) } } });
    }
    if path.contains("/content/items/") {
        return json!({ "type": "Feature Service", "url": hostile(Place::Item, "https://x.org/FeatureServer") });
    }
    if path.ends_with("/submitJob") {
        return json!({ "jobId": hostile(Place::JobId, "j1") });
    }
    if path.contains("/results/") {
        return json!({ "value": { "url": hostile(Place::Result, "https://x.org/FeatureServer/0") } });
    }
    let id = match place {
        Place::JobId => url,
        _ => "j1",
    };
    json!({ "jobId": id, "jobStatus": "esriJobSucceeded",
        "results": { "measuredLayer": { "paramUrl": hostile(Place::ParamUrl, "results/measuredLayer") } } })
}

#[tokio::test]
async fn no_hostile_url_brings_a_request_to_a_listener_beside_the_portal() {
    let evil = Server::start(|_| ok(r#"{"jobId":"j1","jobStatus":"esriJobSucceeded"}"#)).await;
    let port = evil.url.rsplit(':').next().unwrap();
    // All of them are this machine, and most of them are understood as such.
    let names = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127。0。0。1",
        "ｌｏｃａｌｈｏｓｔ",
        "%6cocalhost",
        "localhost.",
    ];
    let hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    // One portal for all, whose answers change.
    let now = Arc::new(Mutex::new((Place::ParamUrl, String::new())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = listener.local_addr().unwrap().to_string();
    let (service, current) = (
        format!("http://{good}/rest/services/tasks/GPServer"),
        now.clone(),
    );
    let portal = Server::on(listener, move |line| {
        let path = line.split([' ', '?']).nth(1).unwrap_or_default();
        let (place, url) = current.lock().unwrap().clone();
        match place {
            Place::Redirect(status, at) if path.contains(at) => {
                let location = format!("Location: {url}\r\nContent-Length: 0");
                Deed::Answer(format!("HTTP/1.1 {status} Elsewhere\r\n{location}\r\n\r\n"))
            }
            _ => ok(&document(place, &url, &service, path).to_string()),
        }
    });
    let mut chance = fastrand::Rng::with_seed(4);
    let mut count = 0;
    while count < URLS {
        let (place, url) = (place(&mut chance), hostile(&mut chance, &good, &hosts));
        if place == Place::HelperService && is_plain_address(&url) {
            continue;
        }
        count += 1;
        *now.lock().unwrap() = (place, url.clone());
        let transport = HttpTransport::new(Duration::from_secs(2));
        use_all(
            Portal::builder(&portal.url).transport(transport),
            place,
            &url,
        )
        .await;
        let stolen = evil.seen("");
        assert!(stolen.is_empty(), "{place:?} {url:?}: {stolen:?}");
    }
    let asked = portal.seen("");
    assert!(asked.len() > 3 * URLS, "{} requests", asked.len());
    for seen in &asked {
        let line = seen.head.lines().next().unwrap();
        let (path, _) = line.split_once(" HTTP/").unwrap();
        assert!(!path.contains(TOKEN) && !path.contains("token="), "{line}");
        assert!(!seen.body.contains(TOKEN));
        let path = path.split([' ', '?']).nth(1).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        assert!(
            segments.iter().all(|s| !matches!(*s, "" | "." | "..")),
            "{line}"
        );
        assert!(
            path.starts_with("/sharing/rest/") || path.contains("/GPServer/MeasureThings/"),
            "{line}"
        );
        assert!(
            seen.head.contains(TOKEN),
            "the portal itself is told who asks"
        );
    }
    println!(
        "{URLS} hostile URLs: {} requests at the portal, {} elsewhere",
        asked.len(),
        evil.seen("").len()
    );
}

#[tokio::test(start_paused = true)]
async fn no_hostile_url_brings_the_token_to_another_host() {
    let hosts = [
        "evil.example",
        "evil.example:443",
        "www.arcgis.com:8443",
        "analysis.arcgis.com:6443",
        "analysis.arcgis.com.evil.example",
        "xanalysis.arcgis.com",
        "arcgis.com",
        "ａｎａｌｙｓｉｓ.arcgis.com.evil.example",
        "analysıs.arcgis.com",
        "analysis.arcgis.com.",
        "analysis。arcgis。com。evil。example",
        "192.0.2.1",
        "127.0.0.1",
        "[::1]:443",
        "xn--nalysis-2ve.arcgis.com",
    ];
    let mut chance = fastrand::Rng::with_seed(5);
    let (mut count, mut requests, mut tokens) = (0, 0, 0);
    while count < URLS {
        let place = place(&mut chance);
        let url = hostile(&mut chance, "analysis.arcgis.com", &hosts).replace("http:", "https:");
        if place == Place::HelperService && is_plain_address(&url) {
            continue;
        }
        count += 1;
        let replay = ["/portals/self", "/submitJob", "/results/measuredLayer", ""]
            .iter()
            .fold(Replay::new(), |replay, end| {
                let method = if *end == "/submitJob" {
                    Method::Post
                } else {
                    Method::Get
                };
                let answer = match place {
                    Place::Redirect(status, at)
                        if end.contains(at.trim_end_matches('/')) || end.is_empty() =>
                    {
                        Answer::status(status).header("Location", &url)
                    }
                    _ => {
                        let path = if end.is_empty() { "/jobs/j1" } else { end };
                        Answer::json(&document(place, &url, SERVICE, path))
                    }
                };
                replay.on(method, end, [answer.forever()])
            });
        use_all(
            Portal::builder(PORTAL).transport(replay.clone()),
            place,
            &url,
        )
        .await;
        for asked in replay.requests() {
            let to = Url::parse(asked.request().url()).unwrap();
            let ours = [PORTAL, SERVICE].map(|url| Url::parse(url).unwrap().origin());
            assert!(ours.contains(&to.origin()), "{place:?} {url:?}: {to}");
            assert!(!to.as_str().contains(TOKEN), "{to}");
            requests += 1;
            tokens += usize::from(asked.header("X-Esri-Authorization").is_some());
        }
    }
    assert!(
        requests > URLS && tokens == requests,
        "{requests} requests, {tokens} with the token"
    );
    println!("{URLS} hostile URLs: {requests} requests, all to the portal and its service");
}
