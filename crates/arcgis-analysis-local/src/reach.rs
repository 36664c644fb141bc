//! Which other servers jobs may read layers of.
//!
//! Whoever may submit a job could otherwise have this machine ask any address that it can reach, and see what answers.

use arcgis_analysis_core::Layers;
use arcgis_analysis_types::{FeatureCollection, FeatureLayer};
use url::{Host, Url};

/// The layers of other servers that jobs may read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    layers: Layers,
    hosts: Hosts,
}

#[derive(Debug, Clone)]
enum Hosts {
    Any,
    These(Vec<Allowed>),
}

impl Default for Hosts {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

/// A host, and the port if one is named.
#[derive(Debug, Clone, PartialEq)]
struct Allowed {
    host: Host<String>,
    port: Option<u16>,
}

impl Reach {
    /// Lets jobs read layers of any server.
    pub(crate) fn allow_any(&mut self) {
        self.hosts = Hosts::Any;
    }

    /// Lets jobs read layers of one more host.
    ///
    /// # Errors
    /// When the text is no host with or without a port; says what is wrong with it.
    pub(crate) fn allow(&mut self, text: &str) -> Result<(), &'static str> {
        let allowed = Allowed::parse(text)?;
        if let Hosts::These(hosts) = &mut self.hosts {
            hosts.push(allowed);
        }
        Ok(())
    }

    /// Whether a layer may be read.
    ///
    /// # Errors
    /// A clause that begins with a verb.
    pub(crate) fn check(&self, url: &str) -> Result<(), String> {
        let Hosts::These(hosts) = &self.hosts else {
            return Ok(());
        };
        let read = Url::parse(url.trim()).ok();
        let Some((url, host)) = read.as_ref().and_then(|url| Some((url, url.host()?))) else {
            return Err("refers to a layer by a URL that cannot be read".to_owned());
        };
        let host = host.to_owned();
        if hosts.iter().any(|allowed| allowed.admits(&host, url)) {
            return Ok(());
        }
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        Err(format!(
            "refers to a layer on {host}{port}, which the local service may not read; start it with `--allow-host {host}{port}`, or send the features themselves"
        ))
    }

    /// Reads a layer that may be read.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) async fn read(&self, layer: &FeatureLayer) -> Result<FeatureCollection, String> {
        self.layers
            .read(layer)
            .await
            .map_err(|error| error.to_string())
    }
}

impl Allowed {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str = "must be a host such as gis.example.org or gis.example.org:6443";
        let url = Url::parse(&format!("https://{}/", text.trim())).map_err(|_| SHAPE)?;
        let host = url.host().ok_or(SHAPE)?.to_owned();
        let is_host_alone = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !text.contains(['/', '@', '?', '#', '\\', '*']);
        if !is_host_alone {
            return Err(SHAPE);
        }
        // A URL does not tell its scheme's own port from none.
        let port = match text.trim().ends_with(":443") {
            true => Some(443),
            false => url.port(),
        };
        Ok(Self { host, port })
    }

    /// Without a port the ports of http and https are meant, and no others of the host.
    fn admits(&self, host: &Host<String>, url: &Url) -> bool {
        let port = url.port_or_known_default();
        self.host == *host
            && match self.port {
                Some(allowed) => port == Some(allowed),
                None => matches!(port, Some(80 | 443)),
            }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn allows(hosts: &[&str], url: &str) -> bool {
        let mut reach = Reach::default();
        hosts.iter().for_each(|host| reach.allow(host).unwrap());
        reach.check(url).is_ok()
    }

    #[test]
    fn allows_the_hosts_that_are_named_and_no_others() {
        let url = "https://gis.example.org/server/rest/services/X/FeatureServer/0";
        for (hosts, url, expected) in [
            (&[][..], url, false),
            (&["gis.example.org"], url, true),
            (&["other.example", "GIS.example.ORG "], url, true),
            (&["gis.example.org:443"], url, true),
            (&["gis.example.org:6443"], url, false),
            (
                &["gis.example.org:6443"],
                "https://gis.example.org:6443/FeatureServer/0",
                true,
            ),
            // Without a port only those of http and https.
            (
                &["gis.example.org"],
                "https://gis.example.org:9200/FeatureServer/0",
                false,
            ),
            (&["example.org"], url, false),
            (
                &["gis.example.org"],
                "https://gis.example.org.evil.example/FeatureServer/0",
                false,
            ),
            (
                &["gis.example.org"],
                "https://gis.example.org@evil.example/FeatureServer/0",
                false,
            ),
            (
                &["gis.example.org"],
                "https://evil.example/gis.example.org/FeatureServer/0",
                false,
            ),
            (
                &["gis.example.org"],
                "//gis.example.org/FeatureServer/0",
                false,
            ),
            // The same address in other spellings is the same.
            (&["127.0.0.1:80"], "http://2130706433/FeatureServer/0", true),
            (&["localhost:80"], "http://127.0.0.1/FeatureServer/0", false),
            (
                &["[::1]:8080"],
                "http://[0:0:0:0:0:0:0:1]:8080/FeatureServer/0",
                true,
            ),
            (&["gis.example.org"], "file:///etc/passwd", false),
        ] {
            assert_eq!(allows(hosts, url), expected, "{hosts:?} {url}");
        }
    }

    #[test]
    fn takes_only_what_is_a_host() {
        for text in [
            "",
            " ",
            "https://gis.example.org",
            "gis.example.org/rest",
            "a@b",
            "gis.example.org:0x",
            "a b",
            "*",
            "host?x",
        ] {
            assert!(Reach::default().allow(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_refusal_names_the_flag() {
        let said = Reach::default()
            .check("http://10.0.0.7:8080/FeatureServer/0")
            .unwrap_err();
        assert_eq!(
            said,
            "refers to a layer on 10.0.0.7:8080, which the local service may not read; start it with `--allow-host 10.0.0.7:8080`, or send the features themselves"
        );
    }
}
