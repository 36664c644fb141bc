//! Where a browser may be sent back to.

use axum::http::uri::Authority;
use url::{Host, Url};

/// The redirect URI that stands for none: the code is shown on a page.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Where a browser is sent back to after signing in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Redirect {
    /// Nowhere: the code is shown on a page.
    OutOfBand,
    /// To the application, with the text by which it named the place.
    To(Url, String),
}

impl Redirect {
    /// Reads a redirect URI of an application on this machine, or of the service itself; `None` for any other.
    pub(super) fn parse(text: &str, own: &Authority) -> Option<Self> {
        if text == OUT_OF_BAND {
            return Some(Self::OutOfBand);
        }
        let url = Url::parse(text).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let is_plain = url.username().is_empty() && url.password().is_none();
        let fits = is_web && is_plain && url.fragment().is_none();
        (fits && (is_loopback(&url) || is_own(&url, own))).then(|| Self::To(url, text.to_owned()))
    }

    /// Whether an application names this place in the same words.
    pub(super) fn is(&self, text: &str) -> bool {
        match self {
            Self::OutOfBand => text == OUT_OF_BAND,
            Self::To(_, own) => text == own,
        }
    }

    /// The address with more fields in its query.
    pub(super) fn with_query(&self, fields: &[(&str, &str)]) -> Option<String> {
        let Self::To(url, _) = self else { return None };
        let mut url = url.clone();
        url.query_pairs_mut().extend_pairs(fields);
        Some(url.into())
    }

    /// The address with fields in its fragment.
    pub(super) fn with_fragment(&self, fields: &[(&str, &str)]) -> Option<String> {
        let Self::To(url, _) = self else { return None };
        let mut url = url.clone();
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        url.set_fragment(Some(&text.extend_pairs(fields).finish()));
        Some(url.into())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a URL leads to the host and port that the request itself was sent to.
pub(crate) fn is_own(url: &Url, own: &Authority) -> bool {
    url.host_str()
        .is_some_and(|host| host.eq_ignore_ascii_case(own.host()))
        && url.port() == own.port_u16()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_browser_is_sent_to_no_other_site() {
        let own: Authority = "gis.internal:7443".parse().unwrap();
        for good in [
            "urn:ietf:wg:oauth:2.0:oob",
            "http://127.0.0.1:5000/back?x=1",
            "http://127.0.0.2/",
            "http://localhost:1",
            "http://[::1]:5000/",
            "https://gis.internal:7443",
            "https://GIS.internal:7443/a/b",
        ] {
            assert!(Redirect::parse(good, &own).is_some(), "{good}");
        }
        for bad in [
            "https://evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://u:p@127.0.0.1/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            r"https://evil.example\@127.0.0.1/",
            "https://gis.internal/",
            "https://gis.internal:7443@evil.example/",
            "http://127.0.0.1/#x",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "app://127.0.0.1/",
            "//127.0.0.1/",
            "urn:ietf:wg:oauth:2.0:oob:auto",
            "",
        ] {
            assert!(Redirect::parse(bad, &own).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_sent_back_is_encoded() {
        let own: Authority = "localhost".parse().unwrap();
        let redirect = Redirect::parse("http://127.0.0.1:5000/back?x=1", &own).unwrap();
        let fields = [("code", "a&b"), ("state", "c#d")];
        assert_eq!(
            redirect.with_query(&fields).unwrap(),
            "http://127.0.0.1:5000/back?x=1&code=a%26b&state=c%23d"
        );
        assert_eq!(
            redirect.with_fragment(&fields).unwrap(),
            "http://127.0.0.1:5000/back?x=1#code=a%26b&state=c%23d"
        );
    }
}
