//! What a portal says of itself and of the services it offers.

use crate::address::{PortalUrl, ServiceUrl};
use crate::redact::url_holds;
use crate::{Error, ErrorKind, Result};
use secrecy::SecretString;
use serde_json::{Map, Value};

/// What `portals/self` told, as far as it matters here.
#[derive(Debug)]
pub(crate) struct PortalInfo {
    pub(crate) username: Option<String>,
    helper_services: Map<String, Value>,
}

impl PortalInfo {
    pub(crate) fn read(document: &Value) -> Option<Self> {
        let all = document.as_object()?;
        let username = all
            .get("user")
            .and_then(|user| user.get("username"))
            .and_then(Value::as_str);
        let helper_services = all
            .get("helperServices")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        Some(Self {
            username: username.map(str::to_owned),
            helper_services,
        })
    }

    /// The address of a service, which goes into URLs, traces and the ledger.
    ///
    /// # Errors
    /// [`ErrorKind::NotOffered`] with the licence to look for when the portal names none;
    /// [`ErrorKind::Protocol`] when it names one that no credential may go to, or that holds one of the secrets.
    pub(crate) fn service(
        &self,
        portal: &PortalUrl,
        id: &str,
        key: &str,
        licence: &str,
        secrets: &[SecretString],
    ) -> Result<ServiceUrl> {
        let entry = self.helper_services.get(key);
        let named = match entry {
            Some(Value::String(url)) => Some(url.as_str()),
            Some(entry) => entry.get("url").and_then(Value::as_str),
            None => None,
        };
        let Some(named) = named.filter(|url| !url.trim().is_empty()) else {
            let who = match &self.username {
                Some(name) => format!("`{name}`"),
                None => "anonymous users".to_owned(),
            };
            let sentence = format!(
                "{} does not offer the service `{}` to {who} (its helperServices have no `{}`); look for {}",
                portal.as_str(),
                id,
                key,
                licence.trim_end_matches('.'),
            );
            return Err(Error::new(ErrorKind::NotOffered, sentence));
        };
        let service = match url_holds(named, secrets) {
            true => Err("holds a password or token".to_owned()),
            false => ServiceUrl::from_portal(portal, named),
        };
        service.map_err(|problem| {
            let sentence = format!(
                "{} names an address of the service `{}` that {problem}; ask its administrator to mend helperServices.{}",
                portal.as_str(),
                id,
                key,
            );
            Error::new(ErrorKind::Protocol, sentence)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn service(helper: Value) -> Result<String> {
        let info =
            PortalInfo::read(&json!({ "user": { "username": "ada" }, "helperServices": helper }))
                .unwrap();
        let portal = PortalUrl::parse("https://www.arcgis.com").unwrap();
        let licence = "the Spatial Analysis privilege.";
        let secrets = ["PLANTED-of-sixteen".into(), "GPServer".into()];
        info.service(&portal, "spatial-analysis", "analysis", licence, &secrets)
            .map(|url| url.as_str().to_owned())
    }

    #[test]
    fn a_service_is_found_by_its_key() {
        let root = "https://analysis3.arcgis.com/arcgis/rest/services/tasks/GPServer";
        for entry in [
            json!({ "url": root }),
            json!({ "url": format!("{root}/AggregatePoints/") }),
            json!(root),
        ] {
            assert_eq!(service(json!({ "analysis": entry })).unwrap(), root);
        }
    }

    #[test]
    fn a_service_that_is_not_offered_names_the_licence() {
        for helper in [
            json!({}),
            json!(null),
            json!({ "analysis": {} }),
            json!({ "analysis": { "url": "" } }),
        ] {
            let error = service(helper).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotOffered);
            assert_eq!(
                error.to_string(),
                "https://www.arcgis.com does not offer the service `spatial-analysis` to `ada` (its helperServices have \
                 no `analysis`); look for the Spatial Analysis privilege"
            );
        }
    }

    #[test]
    fn a_service_at_an_unfit_address_is_refused() {
        for url in [
            "http://127.0.0.1/GPServer",
            "/arcgis/GPServer",
            "https://u:p@host/GPServer",
            "javascript:x",
            "https://host/PLANTED-of-sixteen/GPServer",
            "https://host/%50LANTED-of-sixteen/GPServer",
            "https://PLANTED-of-sixteen.example.org/GPServer",
            "https://host/GPServer?token=PLANTED-of-sixteen",
        ] {
            let error = service(json!({ "analysis": { "url": url } })).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{url}");
            assert!(!error.to_string().contains("LANTED"), "{error}");
        }
    }
}
