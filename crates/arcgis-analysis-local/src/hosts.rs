//! Which host names a request may be sent to.
//!
//! A page of another site can have its name resolve to this machine and so reach a service that listens on
//! loopback only. Its requests carry that name, and are turned away by it.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use std::net::IpAddr;
use url::Url;

/// The host names that are this service's own.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    name: String,
    loopback_only: bool,
}

impl Hosts {
    /// For a service that was told to listen on `name`, which turned out to be `address`.
    pub(crate) fn new(name: &str, address: IpAddr) -> Self {
        Self {
            name: name.to_owned(),
            loopback_only: address.is_loopback(),
        }
    }

    /// The host and port that a request was sent to, if it is this service's.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Option<Authority> {
        let mut sent = headers.get_all(HOST).iter();
        let (Some(host), None) = (sent.next(), sent.next()) else {
            return None;
        };
        let authority: Authority = host.to_str().ok()?.parse().ok()?;
        (!authority.as_str().contains('@') && self.is_own(authority.host())).then_some(authority)
    }

    /// An address cannot be made to point elsewhere, so any will do where the service listens beyond loopback.
    fn is_own(&self, host: &str) -> bool {
        if host.eq_ignore_ascii_case("localhost") || host.eq_ignore_ascii_case(&self.name) {
            return true;
        }
        host.trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback() || !self.loopback_only)
    }
}

/// Where this service itself is.
#[derive(Debug)]
pub(crate) struct Own {
    hosts: Hosts,
    port: u16,
}

impl Own {
    /// Where a service is that answers to these names on this port.
    pub(crate) fn new(hosts: Hosts, port: u16) -> Self {
        Self { hosts, port }
    }

    /// The name of the service and the number of the layer, if a URL leads to a layer that is hosted here.
    pub(crate) fn hosted_layer(&self, url: &str) -> Option<(String, u32)> {
        let url = Url::parse(url.trim()).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let here =
            url.port_or_known_default() == Some(self.port) && self.hosts.is_own(url.host_str()?);
        let segments: Vec<_> = url
            .path_segments()?
            .filter(|part| !part.is_empty())
            .collect();
        match segments.as_slice() {
            [
                "arcgis",
                "rest",
                "services",
                "Hosted",
                name,
                "FeatureServer",
                number,
            ] if is_web && here => {
                let name = percent_encoding::percent_decode_str(name)
                    .decode_utf8()
                    .ok()?;
                Some((name.into_owned(), number.parse().ok()?))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use axum::http::HeaderValue;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn admits(hosts: &Hosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        hosts.admit(&headers).is_some()
    }

    #[test]
    fn a_service_on_loopback_answers_to_loopback_names_only() {
        let hosts = Hosts::new("127.0.0.1", IpAddr::V4(Ipv4Addr::LOCALHOST));
        for own in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8080",
            "127.0.0.2",
        ] {
            assert!(admits(&hosts, own), "{own}");
        }
        for other in [
            "evil.example",
            "evil.example:8080",
            "10.0.0.7",
            "localhost.evil.example",
            "a@localhost",
            "[::2]",
            "",
        ] {
            assert!(!admits(&hosts, other), "{other}");
        }
    }

    #[test]
    fn a_service_on_all_interfaces_answers_to_addresses_but_to_no_foreign_name() {
        let hosts = Hosts::new("::", IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        assert!(admits(&hosts, "10.0.0.7:80"));
        assert!(!admits(&hosts, "evil.example:80"));
    }

    #[test]
    fn a_service_answers_to_the_name_it_was_started_with() {
        let hosts = Hosts::new("gis.internal", IpAddr::from([10, 0, 0, 7]));
        assert!(admits(&hosts, "GIS.internal:80"));
    }

    #[test]
    fn two_host_headers_are_none() {
        let hosts = Hosts::new("localhost", IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost"));
        headers.append(HOST, HeaderValue::from_static("localhost"));
        assert!(hosts.admit(&headers).is_none());
        assert!(hosts.admit(&HeaderMap::new()).is_none());
    }
}
