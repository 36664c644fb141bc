//! Reads descriptions: from a URL, a folder or files.

use super::description::Description;
use serde_json::Value;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};
use url::Url;

/// The most bytes that are read of one document.
const MOST: u64 = 64 << 20;

/// How long a server may take for one document.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the descriptions that some sources hold: each the URL of a GPServer or of one of its tasks, a folder of saved
/// pages, or such a page. Services that want a token get that of `ARCGIS_TOKEN`, in a header, over a safe connection.
#[must_use]
pub fn read(sources: &[String]) -> Description {
    let mut description = Description::default();
    for source in sources {
        if source.starts_with("http://") || source.starts_with("https://") {
            remote(source, &mut description);
        } else {
            local(Path::new(source), source, &mut description);
        }
    }
    description
}

fn local(path: &Path, source: &str, description: &mut Description) {
    if path.is_dir() {
        let entries = fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let mut files: Vec<PathBuf> = entries
            .filter(|file| {
                file.extension()
                    .is_some_and(|e| e.eq_ignore_ascii_case("json"))
            })
            .collect();
        files.sort();
        if files.is_empty() {
            description.refuse(source, "the folder holds no `.json` file; save the pages of the service and its tasks there, with `?f=json`");
        }
        for file in files {
            local(&file, &file.display().to_string(), description);
        }
        return;
    }
    let text = fs::File::open(path).and_then(|file| {
        let mut text = String::new();
        file.take(MOST + 1).read_to_string(&mut text)?;
        Ok(text)
    });
    match text {
        Ok(text) => {
            document(source, &text, description);
        }
        Err(error) => description.refuse(source, &format!("this cannot be read: {error}")),
    }
}

fn document(source: &str, text: &str, description: &mut Description) -> Option<Value> {
    if text.len() as u64 > MOST {
        description.refuse(
            source,
            &format!(
                "this is longer than {} MiB, which no description is",
                MOST >> 20
            ),
        );
        return None;
    }
    match serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(value) => {
            description.parse(source, &value);
            Some(value)
        }
        Err(error) => {
            let hint = if text.trim_start().starts_with('<') {
                "; it is a page for people: save it with `?f=json`"
            } else {
                ""
            };
            description.refuse(source, &format!("this is not valid JSON: {error}{hint}"));
            None
        }
    }
}

/// Fetches a service with all its tasks, or one task.
fn remote(source: &str, description: &mut Description) {
    let mut url = match Url::parse(source) {
        Ok(url) => url,
        Err(error) => return description.refuse(source, &format!("this is no URL: {error}")),
    };
    if !url.username().is_empty()
        || url.password().is_some()
        || url
            .query_pairs()
            .any(|(key, _)| key.eq_ignore_ascii_case("token"))
    {
        return description.refuse(
            "the URL",
            "it holds a password or a token; leave it out and set ARCGIS_TOKEN",
        );
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        // A token must not go where a server points.
        .max_redirects(0)
        .max_redirects_will_error(true)
        .http_status_as_error(false)
        .build()
        .into();
    let Some(text) = fetch(&agent, &url, description) else {
        return;
    };
    let Some(page) = document(url.as_str(), &text, description) else {
        return;
    };
    for name in page
        .get("tasks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let mut task = url.clone();
        if let Ok(mut path) = task.path_segments_mut() {
            path.push(name);
        }
        if let Some(text) = fetch(&agent, &task, description) {
            document(task.as_str(), &text, description);
        }
    }
}

fn fetch(agent: &ureq::Agent, url: &Url, description: &mut Description) -> Option<String> {
    let loopback = matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
        || matches!(url.host(), Some(url::Host::Ipv6(ip)) if ip.is_loopback())
        || url.host_str() == Some("localhost");
    let mut page = url.clone();
    page.set_query(Some("f=json"));
    let mut request = agent.get(page.as_str());
    if let Ok(token) = env::var("ARCGIS_TOKEN") {
        if url.scheme() != "https" && !loopback {
            description.refuse(
                url.as_str(),
                "ARCGIS_TOKEN is set, and a token goes over https only",
            );
            return None;
        }
        request = request.header("X-Esri-Authorization", format!("Bearer {token}"));
    }
    let answer = request
        .call()
        .map_err(|error| error.to_string())
        .and_then(|mut answer| {
            let status = answer.status();
            if !status.is_success() {
                return Err(format!("the server answered with the status {status}"));
            }
            answer
                .body_mut()
                .with_config()
                .limit(MOST)
                .read_to_string()
                .map_err(|error| error.to_string())
        });
    answer
        .map_err(|problem| description.refuse(url.as_str(), &problem))
        .ok()
}
