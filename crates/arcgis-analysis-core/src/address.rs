//! Addresses of portals, services and jobs: how they are read, extended and compared.
//!
//! Every URL that a request goes to is built here, from parsed parts. Text that a server sent becomes at most
//! one percent-encoded path segment, so it can change neither the host nor the depth of a path.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Host, Origin, Url};

/// What a path segment may hold without encoding: the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The hosts of ArcGIS Online that run services, as Esri's documentation of the services names them: each is a name below
/// `arcgis.com`, with a number where there are several and with a region.
const ONLINE: [&str; 12] = [
    "analysis",
    "elevation",
    "geocode",
    "geoenrich",
    "hydro",
    "iservices",
    "logistics",
    "rasteranalysis",
    "route",
    "services",
    "tiles",
    "traffic",
];

/// The regions of ArcGIS Online whose hosts have names of their own.
const REGIONS: [&str; 2] = ["ap", "eu"];

/// A portal's root, without a trailing slash.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PortalUrl(Url);

/// The root of a server, which has `rest` and its services below it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServerUrl(Url);

/// The root of a geoprocessing service, without a trailing slash.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceUrl(Url);

/// A layer of a feature service or map service, without a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerUrl(Url);

/// A job's own URL, without a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobUrl(Url);

/// Whether two addresses name the same portal, each as people give it: `https://www.arcgis.com`, or with
/// `/sharing/rest` or `/home` after it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::is_same_portal;
///
/// assert!(is_same_portal("https://gis.example.com/portal", "HTTPS://GIS.example.com:443/portal/sharing/rest/"));
/// assert!(!is_same_portal("https://gis.example.com/portal", "https://gis.example.org/portal"));
/// ```
#[must_use]
pub fn is_same_portal(one: &str, other: &str) -> bool {
    PortalUrl::parse(one).is_ok_and(|one| one.is_named(other))
}

impl PortalUrl {
    /// Reads what a person gives as the portal's address; the error completes "the portal URL ...".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut url = parse(text)?;
        if url.query().is_some() {
            return Err(
                "has a query; give only the address, such as https://www.arcgis.com".to_owned(),
            );
        }
        url.set_fragment(None);
        let segments: Vec<&str> = segments(&url);
        let end = segments
            .iter()
            .position(|s| s.eq_ignore_ascii_case("sharing") || s.eq_ignore_ascii_case("home"))
            .unwrap_or(segments.len());
        let path = segments[..end].join("/");
        url.set_path(&path);
        Ok(Self(url))
    }

    /// A resource of the portal's REST interface.
    pub(crate) fn rest(&self, resource: &[&str]) -> Result<Url, String> {
        let mut path = vec!["sharing", "rest"];
        path.extend(resource);
        join(&self.0, &path)
    }

    pub(crate) fn origin(&self) -> Origin {
        self.0.origin()
    }

    /// Whether a text names this portal.
    pub(crate) fn is_named(&self, text: &str) -> bool {
        Self::parse(text).is_ok_and(|other| other.as_str() == self.as_str())
    }

    /// Whether a text names the portal to which servers of this one belong. All organisations of ArcGIS Online share
    /// theirs.
    pub(crate) fn owns(&self, owner: &str) -> bool {
        let is_online = |owner: &str| Self::parse(owner).is_ok_and(|owner| owner.is_online());
        self.is_named(owner) || (self.is_online() && is_online(owner))
    }

    /// Whether it is ArcGIS Online, by its general address or by that of an organisation.
    pub(crate) fn is_online(&self) -> bool {
        let name = below_online(&self.0);
        let is_organisation = |name: &str| {
            let key = name.strip_suffix(".maps");
            key.is_some_and(|key| !key.is_empty() && !key.contains('.'))
        };
        self.0.path() == "/" && name.is_some_and(|name| name == "www" || is_organisation(name))
    }

    /// The value of the `Referer` header to which tokens of this portal are bound.
    pub(crate) fn referer(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl ServerUrl {
    /// Reads what a person gives as a server's address, or as that of something on it; the error completes "the
    /// server URL ...".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut url = parse(text)?;
        if url.query().is_some() {
            return Err(
                "has a query; give only the address, such as https://gis.example.org/server"
                    .to_owned(),
            );
        }
        url.set_fragment(None);
        Ok(Self::above(&url))
    }

    /// The server of something on it: all that stands before `rest`.
    fn above(url: &Url) -> Self {
        let segments = segments(url);
        let end = segments
            .iter()
            .position(|s| s.eq_ignore_ascii_case("rest"))
            .unwrap_or_else(|| match segments.iter().any(|s| is_gp_server(s)) {
                true => 0,
                false => segments.len(),
            });
        let path = segments[..end].join("/");
        let mut url = url.clone();
        url.set_path(&path);
        Self(url)
    }

    /// A resource of the server.
    pub(crate) fn resource(&self, resource: &[&str]) -> Result<Url, String> {
        join(&self.0, resource)
    }

    /// Whether it is one of those of ArcGIS Online, which all take the same tokens, by its exact name.
    pub(crate) fn is_online(&self) -> bool {
        let Some(name) = below_online(&self.0) else {
            return false;
        };
        let (name, is_known) = match name.split_once('-') {
            None => (name, true),
            Some((name, region)) => (name, REGIONS.contains(&without_number(region))),
        };
        is_known && ONLINE.contains(&without_number(name))
    }

    /// Whether its name is one below `arcgis.com`, so that it takes the tokens of ArcGIS Online if that names it.
    pub(crate) fn is_below_online(&self) -> bool {
        below_online(&self.0).is_some()
    }

    /// Whether a URL leads to something on the server.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        let rest = url.path().strip_prefix(self.0.path().trim_end_matches('/'));
        self.origin() == url.origin()
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) fn origin(&self) -> Origin {
        self.0.origin()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl ServiceUrl {
    /// Reads what a portal names as a service's address, with or without a task behind it; the error completes
    /// "the portal names an address of the service that ...".
    pub(crate) fn from_portal(portal: &PortalUrl, text: &str) -> Result<Self, String> {
        let unencrypted = text
            .trim_start()
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("http:"));
        let mut url = parse(text)?;
        if unencrypted && url.scheme() == "https" && url.port().is_some() {
            return Err("is not encrypted".to_owned());
        }
        if portal.0.scheme() == "https" && url.scheme() != "https" {
            return Err("is not encrypted".to_owned());
        }
        if url.query().is_some() {
            return Err("has a query".to_owned());
        }
        url.set_fragment(None);
        let segments = segments(&url);
        let end = segments
            .iter()
            .position(|s| is_gp_server(s))
            .map_or(segments.len(), |at| at + 1);
        let path = segments[..end].join("/");
        url.set_path(&path);
        Ok(Self(url))
    }

    /// A resource of one of the service's tasks.
    pub(crate) fn task(&self, task: &str, resource: &str) -> Result<Url, String> {
        join(&self.0, &[task, resource])
    }

    /// The URL of one of the service's jobs.
    pub(crate) fn job(&self, task: &str, id: &str) -> Result<JobUrl, String> {
        join(&self.0, &[task, "jobs", id]).map(JobUrl)
    }

    /// The server that the service is on.
    pub(crate) fn server(&self) -> ServerUrl {
        ServerUrl::above(&self.0)
    }

    pub(crate) fn origin(&self) -> Origin {
        self.0.origin()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl LayerUrl {
    /// Reads a layer's URL; the error completes "the URL of the layer ...".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut url = parse(text)?;
        if url.query().is_some() {
            return Err("has a query; give a token as the layer's `serviceToken`".to_owned());
        }
        url.set_fragment(None);
        let is_service = |segment: &str| {
            ["FeatureServer", "MapServer"]
                .iter()
                .any(|kind| segment.eq_ignore_ascii_case(kind))
        };
        let segments = segments(&url);
        let is_layer = match segments.as_slice() {
            [.., service, number] => is_service(service) && number.parse::<u32>().is_ok(),
            _ => false,
        };
        if !is_layer {
            return Err(
                "does not have the form https://<host>/.../FeatureServer/<number>".to_owned(),
            );
        }
        let path = segments.join("/");
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Where the layer is asked for its features.
    pub(crate) fn query(&self) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/query", self.0.path()));
        url
    }

    /// The server that the layer is on.
    pub(crate) fn server(&self) -> ServerUrl {
        ServerUrl::above(&self.0)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl JobUrl {
    /// Reads a job's URL as a person pastes it, with or without a query or a resource of the job behind it, and
    /// returns it with the names of its task and of itself; the error completes "the job URL ...".
    pub(crate) fn parse(text: &str) -> Result<(Self, String, String), String> {
        let whole = Self::parse_alone(text);
        if whole.is_ok() {
            return whole;
        }
        // Out of a chat or a log a URL comes with a sentence or marks around it.
        let marks = |c: char| c.is_whitespace() || "\"'`<>()[]{},;|*".contains(c);
        let mut words = text.split(marks);
        let job = words.find_map(|word| Self::parse_alone(word.trim_end_matches(['.', ':'])).ok());
        job.map_or(whole, Ok)
    }

    fn parse_alone(text: &str) -> Result<(Self, String, String), String> {
        let marks = ['"', '\'', '`', '<', '>', '(', ')', ',', ';'];
        let text = text.trim().trim_matches(marks);
        // Out of the query of another URL it comes encoded, and out of an address bar without its scheme.
        let encoded = text.to_ascii_lowercase().contains("%3a%2f%2f") && !text.contains("://");
        let text = match encoded {
            true => decode(text)?,
            false => text.to_owned(),
        };
        let text = match text.contains("://") {
            true => text,
            false if text.to_ascii_lowercase().contains("/gpserver/") => {
                format!("https://{}", text.trim_start_matches('/'))
            }
            false => return Err("is neither a URL nor a job of the ledger".to_owned()),
        };
        let mut url = parse(&text)?;
        // A pasted query may hold a token, which is neither needed nor kept.
        url.set_query(None);
        url.set_fragment(None);
        let parts = segments(&url);
        let shape = "does not have the form https://<host>/.../GPServer/<task>/jobs/<id>";
        let root = parts.iter().position(|s| is_gp_server(s)).ok_or(shape)?;
        let [task, jobs, id, ..] = parts[root + 1..] else {
            return Err(shape.to_owned());
        };
        if !jobs.eq_ignore_ascii_case("jobs") {
            return Err(shape.to_owned());
        }
        let (task, id) = (decode(task)?, decode(id)?);
        let path = parts[..=root].join("/");
        url.set_path(&path);
        let url = join(&url, &[&task, "jobs", &id])?;
        Ok((Self(url), task, id))
    }

    /// A resource of the job, such as `results` and a result's name.
    pub(crate) fn child(&self, resource: &[&str]) -> Result<Url, String> {
        join(&self.0, resource)
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    pub(crate) fn origin(&self) -> Origin {
        self.0.origin()
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether traffic to this URL stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What stands before `.arcgis.com` in the name of a host that is reached with encryption and on no port of its own.
fn below_online(url: &Url) -> Option<&str> {
    let Some(Host::Domain(name)) = url.host() else {
        return None;
    };
    let usual = url.scheme() == "https" && url.port().is_none();
    usual.then(|| name.strip_suffix(".arcgis.com"))?
}

fn without_number(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What may be shown of an address that nobody has read yet: without a name, a password or a query.
pub(crate) fn shown(text: &str) -> String {
    let text = text.trim();
    let scheme = match text.split_once("://") {
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
            &text[..scheme.len() + 3]
        }
        _ => "",
    };
    let rest = &text[scheme.len()..];
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    // Whatever stands before an @ may be a password, with any characters in it.
    match (rest[..end].rfind('@'), rest.contains('@')) {
        (Some(at), _) => format!("{scheme}..@{}", &rest[at + 1..end]),
        (None, true) => format!("{scheme}.."),
        (None, false) => format!("{scheme}{}", &rest[..end]),
    }
}

/// Reads an http or https URL without credentials in it, and upgrades http to https except on loopback.
fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if !text.contains("://") {
        return Err("has no scheme; write it as https://<host>".to_owned());
    }
    let mut url = Url::parse(text).map_err(|error| format!("cannot be read ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is neither https nor http".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password; give them as credentials instead".to_owned());
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        // Both are special schemes with a host, so the change cannot be refused.
        let _ = url.set_scheme("https");
    }
    Ok(url)
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments()
        .map(|all| all.filter(|s| !s.is_empty()).collect())
        .unwrap_or_default()
}

fn is_gp_server(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("GPServer")
}

fn decode(segment: &str) -> Result<String, String> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| "has a path that is not UTF-8".to_owned())
}

/// Appends each segment, whatever it holds, as exactly one segment of the path.
fn join(base: &Url, resource: &[&str]) -> Result<Url, String> {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for segment in resource {
        if matches!(*segment, "" | "." | "..") {
            return Err(format!("`{segment}` cannot be part of an address"));
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, SEGMENT));
    }
    let mut url = base.clone();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests;
