//! The ledger's file, whatever became of it.

use super::support::check_error;
use arcgis_analysis::{Ledger, LedgerJob};
use std::path::Path;

/// What two jobs left behind: each line is the checksum of its record, by zlib's crc32, and the record.
const LINES: &[u8] = include_bytes!("../seeds/ledger/whole");

/// The first byte tells what the others are.
///
/// `=`: the file itself. Every job that is read of it stands in a line whose checksum is right, as do its URL and its
/// user.
///
/// Anything else: what was done to a ledger of two jobs, in steps of four bytes. No job is another than it was, none has
/// another URL, and what whole lines before the first damage tell is still told.
pub fn ledger(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    if *how == b'=' {
        let sound: Vec<_> = rest
            .split(|byte| *byte == b'\n')
            .filter_map(record)
            .collect();
        for job in read(folder.path(), rest) {
            let stands = |name: &str, text: &str| {
                let stands =
                    |record: &serde_json::Value| record["job"] == job.id && record[name] == text;
                assert!(sound.iter().any(stands), "{name} of {job:?}");
            };
            stands("event", "intent");
            if let Some(url) = &job.url {
                stands("url", url);
            }
            if let Some(username) = &job.username {
                stands("username", username);
            }
            assert_eq!(job.to_json()["id"], job.id.as_str());
        }
        return;
    }
    let whole = read(folder.path(), LINES);
    let (damaged, first) = damaged(rest);
    let jobs = read(folder.path(), &damaged);
    for job in &jobs {
        let known = whole.iter().find(|known| known.id == job.id).unwrap();
        assert_eq!(
            (&known.task, &known.portal, &known.username),
            (&job.task, &job.portal, &job.username)
        );
        assert!(job.url.is_none() || job.url == known.url, "{job:?}");
    }
    let end = LINES[..first].iter().rposition(|byte| *byte == b'\n');
    for before in read(folder.path(), &LINES[..end.map_or(0, |at| at + 1)]) {
        let job = jobs.iter().find(|job| job.id == before.id).unwrap();
        assert!(before.url.is_none() || job.url == before.url, "{job:?}");
    }
}

fn read(folder: &Path, bytes: &[u8]) -> Vec<LedgerJob> {
    let ledger = Ledger::open(folder).unwrap();
    std::fs::write(folder.join("ledger.log"), bytes).unwrap();
    let jobs = ledger.jobs().unwrap();
    if let Err(error) = ledger.job("0") {
        check_error(&[], &error);
    }
    jobs
}

/// The ledger after steps of a kind, a place of two bytes and a byte; and where the first of them was.
fn damaged(steps: &[u8]) -> (Vec<u8>, usize) {
    let (mut bytes, mut first) = (LINES.to_vec(), LINES.len());
    for step in steps.chunks_exact(4).take(16) {
        let at = usize::from(u16::from_be_bytes([step[1], step[2]])) % (bytes.len() + 1);
        first = first.min(at);
        let rest = at..bytes.len();
        let some = at..(at + usize::from(step[3])).min(bytes.len());
        match step[0] % 5 {
            0 => rest.clone().take(1).for_each(|at| bytes[at] ^= step[3]),
            1 => bytes.insert(at, step[3]),
            2 => drop(bytes.drain(some)),
            3 => bytes.truncate(at),
            _ => {
                let again = bytes[some].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    (bytes, first)
}

/// The record of a line whose checksum is right.
fn record(line: &[u8]) -> Option<serde_json::Value> {
    let (sum, json) = line.split_at_checked(9)?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?.trim_end(), 16).ok()?;
    (crc32(json) == sum).then(|| serde_json::from_slice(json).ok())?
}

/// The checksum as zlib defines it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), bit);
    !bytes.iter().fold(!0, byte)
}
