//! What a feature service answers to whoever reads a layer of it: descriptions, counts, IDs, pages.

use super::support::{Server, TOKEN, Told, json as document, parts, run, text};
use arcgis_analysis::{AttributeValue, Credentials, FeatureLayer, Limits, Portal};
use serde_json::json;
use std::collections::HashSet;

const LAYER: &str = "https://services.example.net/server/rest/services/Trees/FeatureServer/3";

/// The parts are the answers about a layer on a server of its own, and about that server.
///
/// It ends. The portal's token goes to the portal alone; whatever the answers are, only these two hosts are asked. What is
/// read has at most as many features as are allowed, each once, by its ID.
pub fn layer(data: &[u8]) {
    let parts = parts(data);
    let server = Server::new(
        &[TOKEN],
        [("/portal/sharing/rest/portals/self", json!({}))],
        &parts,
    );
    let mut limits = Limits::default();
    limits.max_features = 50;
    let most = limits.max_features;
    let read = run(async {
        let builder = Portal::builder("https://gis.example.org/portal")
            .credentials(Credentials::token(TOKEN))
            .limits(limits)
            .transport(server.clone());
        let portal = builder.connect().await.unwrap();
        portal.read_layer(&FeatureLayer::new(LAYER)).await
    });
    match read {
        Err(error) => server.check_error(&error),
        Ok(read) => {
            assert!(read.features().len() <= most);
            if let Some(name) = read.object_id_field() {
                let ids = read
                    .features()
                    .iter()
                    .filter_map(|f| f.attributes.get(name));
                let ids: Vec<_> = ids.filter_map(AttributeValue::as_i64).collect();
                let distinct: HashSet<_> = ids.iter().collect();
                assert_eq!(distinct.len(), ids.len(), "{ids:?}");
            }
        }
    }
    server.check(|secret, url| {
        let is_its_server = url.host_str() == Some("services.example.net");
        is_its_server && is_made(&server, secret)
            || url.as_str().starts_with("https://gis.example.org/portal/")
    });
    for asked in server.asked() {
        let host = asked.url().host_str().map(str::to_owned);
        let known = ["gis.example.org", "services.example.net"];
        assert!(
            host.is_some_and(|host| known.contains(&host.as_str())),
            "{}",
            asked.request.url()
        );
    }
}

/// Whether the portal made a token with this in it for the layer's server, which is what that server may see, whatever it is.
fn is_made(server: &Server, secret: &str) -> bool {
    server.asked().iter().any(|asked| match &asked.told {
        Told::Answer { body, .. } if asked.url().path().ends_with("/generateToken") => {
            let body = text(body);
            let answer = document(body.trim_start_matches('\u{feff}').as_bytes());
            let token = answer.as_ref().and_then(|answer| {
                let token = answer.get("token").or_else(|| answer.get("access_token"));
                token?.as_str()
            });
            token.is_some_and(|token| token.contains(secret))
        }
        _ => false,
    })
}
