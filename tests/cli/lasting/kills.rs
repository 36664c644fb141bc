//! The service is killed at random moments while it writes: each change is wholly there afterwards or not at all, what was
//! acknowledged is there, and what was not can be asked for again.

use super::{Client, TASK, serve};
use crate::support::chance;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 12;
const CLIENTS: u64 = 4;
/// The kill falls into this many milliseconds from the first request on.
const WINDOW: u64 = 450;
/// How many features a layer has that is wholly there.
const FEATURES: u64 = 3;
const USER: &str = "/sharing/rest/content/users/ann";
const PLAIN: [(&str, &str); 1] = [("f", "json")];

/// A change that a client asked for.
#[derive(Debug)]
enum Change {
    /// A folder.
    Folder { title: String },
    /// A layer that a job hosts; the job's ID, once that is known.
    Layer { name: String, job: Option<String> },
    /// The end of a hosted layer, which was told to be there.
    Delete { name: String, item: String },
    /// The end of a job.
    Cancel { job: String },
}

/// A change with whether it was acknowledged.
type Asked = (Change, bool);

/// Three points, far enough from each other that their buffers are three.
fn points() -> String {
    let points =
        (0..FEATURES).map(|x| json!({ "geometry": { "x": x, "y": 47.5 }, "attributes": {} }));
    json!({
        "layerDefinition": { "geometryType": "esriGeometryPoint", "fields": [] },
        "featureSet": {
            "geometryType": "esriGeometryPoint",
            "spatialReference": { "wkid": 4326 },
            "features": points.collect::<Vec<_>>(),
        },
    })
    .to_string()
}

/// Submits a job whose layer is hosted under this name, or whose result travels.
fn submit(client: &Client<'_>, name: Option<&str>) -> Option<Value> {
    let points = points();
    let output = name.map_or(String::new(), |name| {
        json!({ "serviceProperties": { "name": name } }).to_string()
    });
    let form = [
        ("inputLayer", points.as_str()),
        ("distances", "[5]"),
        ("units", "Kilometers"),
        ("outputName", &output),
        ("f", "json"),
    ];
    client.ask(&format!("{TASK}/submitJob"), &form)
}

fn id(answer: &Value) -> String {
    let id = answer["jobId"].as_str();
    id.unwrap_or_else(|| panic!("not taken: {answer}"))
        .to_owned()
}

/// The job's status once it has ended.
fn ended(client: &Client<'_>, job: &str) -> Option<Value> {
    let begun = Instant::now();
    loop {
        let answer = client.ask(&format!("{TASK}/jobs/{job}"), &PLAIN)?;
        let status = answer["jobStatus"].as_str();
        match status.unwrap_or_else(|| panic!("lost: {answer}")) {
            "esriJobSucceeded" | "esriJobFailed" | "esriJobCancelled" => return Some(answer),
            _ => sleep(Duration::from_millis(5)),
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer}");
    }
}

/// Asks for one change after the other until the service is gone.
fn work(client: &Client<'_>, prefix: &str, asked: &mut Vec<Asked>) -> Option<()> {
    for step in 0.. {
        let name = format!("{prefix}s{step}");
        asked.push((
            Change::Folder {
                title: name.clone(),
            },
            false,
        ));
        let made = client.ask(
            &format!("{USER}/createFolder"),
            &[("title", &name), ("f", "json")],
        )?;
        assert_eq!(made["success"], true, "{made}");
        asked.last_mut()?.1 = true;

        asked.push((
            Change::Layer {
                name: name.clone(),
                job: None,
            },
            false,
        ));
        let at = asked.len() - 1;
        let job = id(&submit(client, Some(&name))?);
        asked[at].0 = Change::Layer {
            name: name.clone(),
            job: Some(job.clone()),
        };
        // Another one meanwhile, which is stopped at once.
        if step % 3 == 0 {
            let job = id(&submit(client, None)?);
            asked.push((Change::Cancel { job: job.clone() }, false));
            let answer = client.ask(&format!("{TASK}/jobs/{job}/cancel"), &PLAIN)?;
            let status = answer["jobStatus"].as_str();
            // It may have been quicker.
            asked.last_mut()?.1 = matches!(status, Some("esriJobCancelling" | "esriJobCancelled"));
        }
        let end = ended(client, &job)?;
        assert_eq!(end["jobStatus"], "esriJobSucceeded", "{end}");
        asked[at].1 = true;

        if step % 2 == 1 {
            let result = client.ask(&format!("{TASK}/jobs/{job}/results/bufferLayer"), &PLAIN)?;
            let item = result["value"]["itemId"].as_str()?.to_owned();
            let path = format!("{USER}/items/{item}/delete");
            // What is being deleted is not looked for as a layer any more.
            asked.remove(at);
            asked.push((Change::Delete { name, item }, false));
            let gone = client.ask(&path, &PLAIN)?;
            assert_eq!(gone["success"], true, "{gone}");
            asked.last_mut()?.1 = true;
        }
    }
    None
}

/// Whether a service is there, and then wholly: its item, its layer and each feature.
fn is_there(client: &Client<'_>, name: &str) -> bool {
    let service = format!("/arcgis/rest/services/Hosted/{name}/FeatureServer");
    let found = client.insist(&service, &PLAIN);
    let query = [("returnCountOnly", "true"), ("where", "1=1"), ("f", "json")];
    let count = client.insist(&format!("{service}/0/query"), &query);
    let is_free = client.insist(
        "/sharing/rest/portals/self/isServiceNameAvailable",
        &[("name", name), ("type", "featureService"), ("f", "json")],
    );
    let search = [
        ("q", format!("name:{name}")),
        ("num", "100".to_owned()),
        ("f", "json".to_owned()),
    ];
    let search = search.each_ref().map(|(name, text)| (*name, text.as_str()));
    let items = client.insist("/sharing/rest/search", &search);
    let items = items["results"].as_array().unwrap().iter();
    let items: Vec<_> = items.filter(|item| item["name"] == name).collect();
    if found.get("error").is_some() {
        assert_eq!(found["error"]["code"], 404, "{found}");
        assert_eq!(count["error"]["code"], 404, "{name}: {count}");
        assert_eq!(is_free["available"], true, "{name}");
        assert!(items.is_empty(), "{name}: {items:?}");
        return false;
    }
    assert_eq!(count["count"], FEATURES, "{name}: {count}");
    assert_eq!(is_free["available"], false, "{name}");
    assert_eq!(items.len(), 1, "{name}: {items:?}");
    assert_eq!(items[0]["id"], found["serviceItemId"], "{name}");
    true
}

/// Holds what is there after the restart against what was asked for, and asks again for what is not there.
fn check(client: &Client<'_>, (change, acknowledged): &Asked) {
    match change {
        Change::Folder { title } => {
            let count = || {
                let content = client.insist(USER, &PLAIN);
                let folders = content["folders"].as_array().unwrap().iter();
                folders
                    .filter(|folder| folder["title"] == title.as_str())
                    .count()
            };
            let found = count();
            assert!(
                if *acknowledged {
                    found == 1
                } else {
                    found <= 1
                },
                "{title}: {found}"
            );
            let form = [("title", title.as_str()), ("f", "json")];
            let again = client.insist(&format!("{USER}/createFolder"), &form);
            assert_eq!(again["success"] == true, found == 0, "{again}");
            assert_eq!(count(), 1, "{title}");
        }
        Change::Layer { name, job } => {
            let end = job.as_ref().map(|job| ended(client, job).unwrap());
            let status = end.as_ref().and_then(|end| end["jobStatus"].as_str());
            match status {
                Some("esriJobSucceeded") => assert!(is_there(client, name), "{name}: {end:?}"),
                Some(_) => {
                    let end = end.as_ref().unwrap_or(&Value::Null);
                    assert!(!acknowledged, "{name} is lost: {end}");
                    let messages = end["messages"].to_string();
                    assert!(
                        messages.contains("stopped while the job was executing"),
                        "{end}"
                    );
                    assert!(!is_there(client, name), "{name}: {end}");
                }
                None => assert!(!acknowledged),
            }
            if status != Some("esriJobSucceeded") {
                // The submit itself may not have been acknowledged; then the first job has the name, or the second.
                let again = ended(client, &id(&submit(client, Some(name)).unwrap())).unwrap();
                let taken = again["messages"]
                    .to_string()
                    .contains("There is a service named");
                assert!(
                    again["jobStatus"] == "esriJobSucceeded" || status.is_none() && taken,
                    "{again}"
                );
                let begun = Instant::now();
                while !is_there(client, name) {
                    assert!(begun.elapsed() < Duration::from_secs(60), "{name}");
                    sleep(Duration::from_millis(20));
                }
            }
        }
        Change::Delete { name, item } => {
            let there = is_there(client, name);
            assert!(!(there && *acknowledged), "{name} is back");
            let found = client.insist(&format!("/sharing/rest/content/items/{item}"), &PLAIN);
            assert_eq!(found.get("error").is_none(), there, "{name}: {found}");
            if there {
                let gone = client.insist(&format!("{USER}/items/{item}/delete"), &PLAIN);
                assert_eq!(gone["success"], true, "{gone}");
                assert!(!is_there(client, name), "{name}");
            }
        }
        Change::Cancel { job } => {
            let end = ended(client, job).unwrap();
            let status = end["jobStatus"].as_str();
            assert!(
                !(*acknowledged && status == Some("esriJobSucceeded")),
                "{end}"
            );
        }
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_kill_leaves_each_change_whole_or_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let (mut done, mut open) = (0, 0);
    for round in 0..ROUNDS {
        let (asked, before) = one_round(folder.path(), round, chance(&mut state) % WINDOW);
        let (child, portal) = serve(folder.path(), "0");
        let client = Client::new(&portal);
        for change in &asked {
            check(&client, change);
        }
        println!(
            "round {round}: killed after {before:?}, {} changes",
            asked.len()
        );
        done += asked
            .iter()
            .filter(|(_, acknowledged)| *acknowledged)
            .count();
        open += asked
            .iter()
            .filter(|(_, acknowledged)| !acknowledged)
            .count();
        // And once more: what was made good stays.
        kill(child);
    }
    println!("{done} changes were acknowledged, {open} were cut off");
    assert!(done > 0 && open > 0, "the kills fell beside the work");
}

fn one_round(folder: &Path, round: u64, wait: u64) -> (Vec<Asked>, Duration) {
    let (child, portal) = serve(folder, "0");
    let begun = Instant::now();
    let asked = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let portal = &portal;
                scope.spawn(move || {
                    let client = Client::new(portal);
                    let mut asked = Vec::new();
                    let cut = work(&client, &format!("r{round}c{number}"), &mut asked);
                    assert!(cut.is_none());
                    asked
                })
            })
            .collect();
        sleep(Duration::from_millis(wait));
        kill(child);
        let asked = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        asked.collect()
    });
    (asked, begun.elapsed())
}
