#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

#[test]
fn a_portal_is_given_in_many_ways() {
    for (given, read) in [
        ("https://www.arcgis.com", "https://www.arcgis.com"),
        ("https://www.arcgis.com/", "https://www.arcgis.com"),
        ("  https://www.arcgis.com//  ", "https://www.arcgis.com"),
        (
            "HTTPS://WWW.ArcGIS.com/Home/index.html#/gallery",
            "https://www.arcgis.com",
        ),
        ("https://www.arcgis.com/home/", "https://www.arcgis.com"),
        (
            "https://www.arcgis.com/sharing/rest",
            "https://www.arcgis.com",
        ),
        (
            "https://gis.example.org/portal",
            "https://gis.example.org/portal",
        ),
        (
            "https://gis.example.org/portal/home",
            "https://gis.example.org/portal",
        ),
        (
            "https://gis.example.org/portal/sharing/rest/",
            "https://gis.example.org/portal",
        ),
        (
            "https://gis.example.org/portal/sharing/rest/generateToken",
            "https://gis.example.org/portal",
        ),
        (
            "https://gis.example.org:7443/arcgis",
            "https://gis.example.org:7443/arcgis",
        ),
        ("http://www.arcgis.com", "https://www.arcgis.com"),
        ("http://www.arcgis.com:80/home", "https://www.arcgis.com"),
        (
            "http://gis.example.org:8080/portal",
            "https://gis.example.org:8080/portal",
        ),
        ("http://127.0.0.1:6080", "http://127.0.0.1:6080"),
        ("http://127.8.9.10/portal", "http://127.8.9.10/portal"),
        (
            "http://localhost:8080/portal/",
            "http://localhost:8080/portal",
        ),
        ("http://[::1]:8080", "http://[::1]:8080"),
        // Neither the name nor the address is a loopback one.
        (
            "http://localhost.example.org",
            "https://localhost.example.org",
        ),
        ("http://128.0.0.1", "https://128.0.0.1"),
        ("http://[::2]", "https://[::2]"),
        // What the URL standard reads as 127.0.0.1.
        ("http://2130706433:1234", "http://127.0.0.1:1234"),
    ] {
        assert_eq!(
            PortalUrl::parse(given).as_ref().map(PortalUrl::as_str),
            Ok(read),
            "{given}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_a_portal_is_refused() {
    for (given, why) in [
        ("", "no scheme"),
        ("www.arcgis.com", "no scheme"),
        ("localhost:8080", "no scheme"),
        ("ftp://www.arcgis.com", "neither https nor http"),
        ("file:///etc/passwd", "neither https nor http"),
        ("https://", "cannot be read"),
        ("https://user@www.arcgis.com", "user name or password"),
        (
            "https://user:secret@www.arcgis.com",
            "user name or password",
        ),
        ("https://:secret@www.arcgis.com", "user name or password"),
        ("https://www.arcgis.com?token=secret", "query"),
        ("https://www.arcgis.com/sharing/rest?f=json", "query"),
    ] {
        let error = PortalUrl::parse(given).unwrap_err();
        assert!(error.contains(why), "{given}: {error}");
        assert!(!error.contains("secret"), "{given}: {error}");
    }
}

#[test]
fn a_service_is_named_with_and_without_its_task() {
    let portal = PortalUrl::parse("https://www.arcgis.com").unwrap();
    let root = "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer";
    for named in [
        root.to_owned(),
        format!("{root}/"),
        format!("{root}/CreateBuffers"),
        format!("{root}/CreateBuffers/submitJob/"),
        root.replace("https", "http"),
        root.replace("GPServer", "gpserver")
            .replace("gpserver", "GPServer"),
    ] {
        assert_eq!(
            ServiceUrl::from_portal(&portal, &named)
                .as_ref()
                .map(ServiceUrl::as_str),
            Ok(root),
            "{named}"
        );
    }
}

#[test]
fn a_service_without_encryption_is_refused() {
    let secure = PortalUrl::parse("https://gis.example.org/portal").unwrap();
    for named in [
        "http://gis.example.org:6080/arcgis/rest/services/T/GPServer",
        "http://127.0.0.1:80/T/GPServer",
    ] {
        let error = ServiceUrl::from_portal(&secure, named).unwrap_err();
        assert!(error.contains("not encrypted"), "{named}: {error}");
    }
    for named in [
        "https://user@analysis.arcgis.com/GPServer",
        "https://analysis.arcgis.com/GPServer?token=x",
        "//x/y",
    ] {
        assert!(ServiceUrl::from_portal(&secure, named).is_err(), "{named}");
    }
    let local = PortalUrl::parse("http://127.0.0.1:8000").unwrap();
    assert!(ServiceUrl::from_portal(&local, "http://127.0.0.1:8001/T/GPServer").is_ok());
    assert!(ServiceUrl::from_portal(&local, "https://analysis.arcgis.com/T/GPServer").is_ok());
    assert!(ServiceUrl::from_portal(&local, "http://10.0.0.1:6080/T/GPServer").is_err());
}

#[test]
fn a_job_url_is_pasted_in_many_ways() {
    let plain =
        "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer/CreateBuffers/jobs/j1a";
    for pasted in [
        plain.to_owned(),
        format!("{plain}/"),
        format!("{plain}?f=json&token=secret"),
        format!("{plain}/results/bufferLayer?f=json"),
        format!("{plain}/cancel#top"),
        plain.replace("https", "http"),
        plain.replace("https://", ""),
        plain.replace("https://", "//"),
        plain
            .replace("https://", "")
            .to_lowercase()
            .replace("createbuffers", "CreateBuffers"),
        plain
            .replace("https", "HTTPS")
            .replace("analysis.", "Analysis."),
        format!("<{plain}>"),
        format!("  '{plain}/messages?f=pjson',\n"),
        format!("[the job]({plain}?token=secret)"),
        format!("The job runs at {plain}."),
        format!("**{plain}**"),
        format!("see {plain}/results, it has ended; not https://example.com/x"),
        format!("{}\n{}", &plain[..40], &plain[40..]),
        plain.replace(':', "%3A").replace('/', "%2F"),
    ] {
        let (url, task, id) = JobUrl::parse(&pasted).unwrap();
        assert_eq!(
            (
                url.as_str().replace("gpserver", "GPServer"),
                task.as_str(),
                id.as_str()
            ),
            (plain.to_owned(), "CreateBuffers", "j1a"),
            "{pasted}"
        );
    }
    for pasted in [
        "j1a",
        "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer",
        "https://analysis.arcgis.com/arcgis/rest/services/tasks/GPServer/CreateBuffers/j1a",
        "https://analysis.arcgis.com/CreateBuffers/jobs/j1a",
        "https://analysis.arcgis.com/GPServer/CreateBuffers/jobs/",
        "https://user:secret@analysis.arcgis.com/GPServer/CreateBuffers/jobs/j1a",
    ] {
        assert!(JobUrl::parse(pasted).is_err(), "{pasted}");
    }
}

#[test]
fn origins_are_the_same_only_when_scheme_host_and_port_are() {
    let portal = PortalUrl::parse("https://www.arcgis.com").unwrap();
    for (other, same) in [
        ("https://www.arcgis.com/x/GPServer", true),
        ("https://WWW.ARCGIS.COM:443/x/GPServer", true),
        ("http://www.arcgis.com/x/GPServer", true), // upgraded
        ("https://www.arcgis.com:444/x/GPServer", false),
        ("https://www.arcgis.com.example.org/x/GPServer", false),
        ("https://xwww.arcgis.com/x/GPServer", false),
        ("https://arcgis.com/x/GPServer", false),
        ("https://www.arcgis.com./x/GPServer", false),
        (r"https://example.org\@www.arcgis.com/x/GPServer", false),
    ] {
        let service = ServiceUrl::from_portal(&portal, other).unwrap();
        assert_eq!(service.origin() == portal.origin(), same, "{other}");
    }
}

#[test]
fn only_known_hosts_of_arcgis_online_share_its_tokens() {
    let is_online = |text: &str| ServerUrl::parse(text).unwrap().is_online();
    for host in [
        "analysis.arcgis.com",
        "analysis3.arcgis.com",
        "services.arcgis.com",
        "services12.arcgis.com",
        "services-eu1.arcgis.com",
        "SERVICES1-ap1.ArcGIS.com:443",
        "tiles.arcgis.com",
        "rasteranalysis1.arcgis.com",
        "route.arcgis.com",
        "hydro.arcgis.com",
    ] {
        assert!(
            is_online(&format!("https://{host}/x/rest/services")),
            "{host}"
        );
    }
    for host in [
        "analysis.arcgis.com:8443",
        "analysis.arcgis.com:80",
        "arcgis.com",
        "www.arcgis.com",
        "evil.arcgis.com",
        "evil.services.arcgis.com",
        "services.evil.arcgis.com",
        "services-evil.arcgis.com",
        "services-eu1-x.arcgis.com",
        "services-.arcgis.com",
        "-eu1.arcgis.com",
        "1.arcgis.com",
        "xservices.arcgis.com",
        "servicesx.arcgis.com",
        "services.arcgis.com.",
        "services.arcgis.com.evil.example",
        "services.arcgis.evil",
        "servicesarcgis.com",
        "ѕervices.arcgis.com",
        "127.0.0.1",
    ] {
        assert!(
            !is_online(&format!("https://{host}/x/rest/services")),
            "{host}"
        );
    }
    let below = |text: &str| ServerUrl::parse(text).unwrap().is_below_online();
    assert!(below("https://a.b.arcgis.com/x") && below("https://evil.arcgis.com"));
    assert!(!below("https://evil.arcgis.com:8443") && !below("https://arcgis.com"));
    assert!(!below("https://xarcgis.com") && !below("https://arcgis.com.evil.example"));
}

#[test]
fn organisations_of_arcgis_online_are_one_owner() {
    let portal = |text: &str| PortalUrl::parse(text).unwrap();
    let online = [
        "https://www.arcgis.com",
        "http://www.arcgis.com/sharing/rest",
        "https://acme.maps.arcgis.com/home",
    ];
    for (one, other) in online
        .iter()
        .flat_map(|one| online.map(|other| (one, other)))
    {
        assert!(
            portal(one).is_online() && portal(one).owns(other),
            "{one} {other}"
        );
    }
    for other in [
        "https://www.arcgis.com:8443",
        "https://arcgis.com",
        "https://services.arcgis.com",
        "https://maps.arcgis.com",
        "https://.maps.arcgis.com",
        "https://a.b.maps.arcgis.com",
        "https://xmaps.arcgis.com",
        "https://www.arcgis.com/portal",
        "https://www.arcgis.com.evil.example",
        "https://acme.maps.evil.example",
        "https://gis.example.org/portal",
    ] {
        assert!(!portal("https://www.arcgis.com").owns(other), "{other}");
        let other = PortalUrl::parse(other);
        assert!(other.is_err() || other.is_ok_and(|other| !other.is_online()));
    }
    let own = portal("https://gis.example.org/portal");
    assert!(own.owns("https://GIS.example.org/portal/") && !own.owns("https://www.arcgis.com"));
}

#[test]
fn what_is_shown_of_an_unread_address_holds_no_secret() {
    for (given, seen) in [
        ("https://www.arcgis.com/home", "https://www.arcgis.com/home"),
        (
            "https://ada:S3CRET@h.org/x?token=S3CRET#S3CRET",
            "https://..@h.org/x",
        ),
        ("https://S3CRET@h.org", "https://..@h.org"),
        ("https://ada:S3/CRET@h.org", "https://..@h.org"),
        ("https://a:S3CRET@b:S3CRET@h.org", "https://..@h.org"),
        ("ada:S3CRET@h.org", "..@h.org"),
        ("ada:S3CRET@h.org/x://y", "..@h.org/x://y"),
        ("https:/ada:S3CRET@h.org", "..@h.org"),
        ("https://ada:S3?CRET@h.org", "https://.."),
        ("https://h.org/x?token=S3@CRET", "https://.."),
        (" ?token=S3CRET", ""),
        ("", ""),
    ] {
        assert_eq!(shown(given), seen, "{given}");
    }
}

proptest! {
    #[test]
    fn any_text_is_one_segment_or_is_refused(id in "\\PC*|[./\\\\%?#;:@ \\t\\r\\n]{1,6}|(%2e){1,2}|[\\x00-\\x7f]{0,8}") {
        let portal = PortalUrl::parse("https://gis.example.org").unwrap();
        let service = ServiceUrl::from_portal(&portal, "https://gis.example.org/a/GPServer").unwrap();
        match service.job("Task", &id) {
            Err(_) => prop_assert!(matches!(id.as_str(), "" | "." | "..")),
            Ok(job) => {
                let parts: Vec<&str> = job.url().path_segments().unwrap().collect();
                prop_assert_eq!(&parts[..4], &["a", "GPServer", "Task", "jobs"]);
                prop_assert_eq!(parts.len(), 5);
                prop_assert_eq!(percent_decode_str(parts[4]).decode_utf8().unwrap(), id.as_str());
                prop_assert_eq!(job.origin(), service.origin());
                prop_assert!(job.url().query().is_none() && job.url().fragment().is_none());
                let (again, _, read) = JobUrl::parse(job.as_str()).unwrap();
                prop_assert_eq!((again, read), (job, id));
            }
        }
    }
}
