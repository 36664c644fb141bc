//! A ledger that can grow no further in the midst of a line, as on a full disk: nothing is submitted that is not written
//! down, no job is lost, and what was written before is read.
//!
//! The system's limit on the size of a file stands in for the disk: what is over it is refused as a full disk refuses it,
//! after what still had room.
#![cfg(unix)]

use crate::support::cli;
use arcgis_analysis_local::{FaultPlan, LocalService};
use std::fs;
use std::path::Path;

const POINT: &str = r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#;
/// The limit, in the blocks of the shell, which POSIX says have 512 bytes.
const BLOCKS: usize = 16;

fn command(folder: &Path, args: &[&str]) -> crate::support::Cli {
    cli(args)
        .env("ARCGIS_USERNAME", "ann")
        .env("ARCGIS_PASSWORD", "pw")
        .env("ARCGIS_ANALYSIS_STATE", folder.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_has_room_in_the_ledger_no_job_is_lost() {
    let plan = FaultPlan::from_json(r#"{"faults": []}"#).unwrap();
    let service = LocalService::builder()
        .username("ann")
        .password("pw")
        .faults(plan.clone());
    let service = service.start().await.unwrap();
    let portal = service.portal_url().to_owned();
    let made = move || {
        let seen = plan.seen();
        seen.iter()
            .filter(|seen| seen.path.ends_with("/submitJob"))
            .count()
    };
    let work = move || {
        let submit = [
            "submit",
            "CreateBuffers",
            "--input-layer",
            POINT,
            "--distances",
            "5",
            "--json",
            "--portal",
            portal.as_str(),
        ];
        let first = tempfile::tempdir().unwrap();
        let job = command(first.path(), &submit).run().succeeded().json();
        let text = fs::read(first.path().join("ledger.log")).unwrap();
        let jobs = |folder: &Path| {
            let jobs = command(folder, &["jobs", "--json"])
                .run()
                .succeeded()
                .json();
            jobs.as_array().unwrap().clone()
        };
        let (mut refused, mut unknown, mut known) = (0, 0, 0);
        // From no room at all to room for everything.
        for room in (0..=text.len() + 40).step_by(text.len() / 20) {
            let folder = tempfile::tempdir().unwrap();
            let ledger = folder.path().join("ledger.log");
            let mut full = text.clone();
            // Lines that say nothing, up to the room that is left.
            full.resize(BLOCKS * 512 - room - 1, b'.');
            full.push(b'\n');
            fs::write(&ledger, &full).unwrap();
            let before = made();
            let ran = command(folder.path(), &submit).in_files_of(BLOCKS).run();
            let (submitted, after) = (made() - before, jobs(folder.path()));
            let url = |job: &serde_json::Value| job["jobUrl"].as_str().map(str::to_owned);
            let urls: Vec<_> = after.iter().filter_map(url).collect();
            assert!(
                urls.contains(&url(&job).unwrap()),
                "{room}: what was there is read"
            );
            assert!(fs::metadata(&ledger).unwrap().len() <= 512 * BLOCKS as u64);
            match ran.code {
                Some(0) => {
                    assert_eq!(submitted, 1, "{room}");
                    // The job is known by its URL, here in any case and in the ledger where that had room for it.
                    let told = url(&ran.json()).unwrap();
                    let in_ledger = urls.contains(&told);
                    let flagged = after.iter().any(|job| job["status"] == "unknown");
                    assert!(in_ledger != flagged, "{room}: {after:?}");
                    match in_ledger {
                        true => known += 1,
                        false => unknown += 1,
                    }
                    command(folder.path(), &["results", &told, "--portal", &portal])
                        .run()
                        .succeeded();
                }
                _ => {
                    assert_eq!(submitted, 0, "{room}: {ran:?}");
                    assert_eq!(ran.error()["kind"], "ledger", "{room}: {ran:?}");
                    let message = ran.error()["message"].as_str().unwrap().to_owned();
                    assert!(message.contains("nothing was submitted"), "{message}");
                    assert_eq!(after.len(), 1, "{room}: {after:?}");
                    refused += 1;
                }
            }
            // With room again it goes on, whatever half a line was left.
            let next = command(folder.path(), &submit).run().succeeded().json();
            let urls: Vec<_> = jobs(folder.path()).iter().filter_map(url).collect();
            assert!(urls.contains(&url(&next).unwrap()), "{room}");
        }
        assert!(
            refused > 0 && unknown > 0 && known > 0,
            "{refused} {unknown} {known}"
        );
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    service.shutdown().await;
}
