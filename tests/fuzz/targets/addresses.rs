//! Addresses as people paste them and servers name them.

use super::support::{Server, TOKEN, check_error, line, run, task, text};
use arcgis_analysis::{Credentials, JobRef, JobToken, Portal, input, is_same_portal};
use serde_json::json;
use url::Url;

const SERVICE: &str =
    "https://gis.example.org/server/rest/services/System/SpatialAnalysisTools/GPServer";

/// What names a job, names one at an address without a query or a password, and is read as itself again; who resumes it
/// asks the service's own host and nobody else, whatever else the text names.
pub fn address(data: &[u8]) {
    let text = text(data);
    // A secret is hidden where it is one: in a query, or before the host. As a part of a path it is a name.
    let path = text.split('?').next().unwrap_or_default();
    let user = format!("https://user:{TOKEN}@");
    if path.strip_prefix(&user).unwrap_or(path).contains(TOKEN) {
        return;
    }
    let job = JobRef::from(text.as_str());
    match job.url() {
        Err(error) => check_error(&[TOKEN], &error),
        Ok(url) => {
            let read = Url::parse(url).unwrap();
            assert!(
                read.username().is_empty() && read.password().is_none(),
                "{url}"
            );
            assert!(read.query().is_none() && read.fragment().is_none(), "{url}");
            assert!(read.scheme() == "https" || is_loopback(&read), "{url}");
            let again = JobRef::from(url);
            assert_eq!(again.url().unwrap(), url);
            assert_eq!(again.task().unwrap(), job.task().unwrap());
            resume(&text);
        }
    }
    if let Ok(token) = text.parse::<JobToken>() {
        assert_eq!(token.to_string().parse::<JobToken>().unwrap(), token);
        assert!(is_same_portal(token.portal(), token.portal()));
        let (service, job) = (Url::parse(token.service_url()), Url::parse(token.job_url()));
        assert_eq!(service.unwrap().origin(), job.unwrap().origin());
    }
    if is_same_portal(&text, &text) {
        let portal = Url::parse(text.trim()).unwrap();
        assert!(portal.query().is_none() && portal.username().is_empty());
    }
    // Anything else would be the name of a file of this machine.
    if text.trim().starts_with("http") && text.contains("://") {
        match input::read(&text) {
            Ok(input) => assert!(serde_json::to_value(&input).unwrap().is_object()),
            Err(error) => line(&error.to_string()),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Resumes what the text names, where it is a job of this service.
fn resume(text: &str) {
    let portal = json!({ "helperServices": { "analysis": { "url": SERVICE } } });
    let answer: &[u8] = br#"{"jobId":"j1","jobStatus":"esriJobFailed"}"#;
    let server = Server::new(&[TOKEN], [("/portals/self", portal)], &[answer]);
    run(async {
        let builder = Portal::builder("https://gis.example.org/portal")
            .credentials(Credentials::token(TOKEN))
            .transport(server.clone());
        let portal = builder.connect().await.unwrap();
        match portal.resume_entry(task(b"CreateBuffers"), text) {
            Err(error) => server.check_error(&error),
            Ok(job) => {
                if let Err(error) = job.status().await {
                    server.check_error(&error);
                }
            }
        }
    });
    server.check(|_, url| url.host_str() == Some("gis.example.org") && url.port().is_none());
}
