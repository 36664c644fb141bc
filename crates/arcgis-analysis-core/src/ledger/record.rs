//! One line of the ledger, and what all lines say together.

use super::{LedgerJob, LedgerState};
use arcgis_analysis_types::JobStatus;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many characters of a reason are kept.
const REASON: usize = 1_000;
/// After this time a job of which no end is known may be forgotten, where there are too many of them.
const STALE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// The word for an intent.
pub(super) const INTENT: &str = "intent";

/// What happened to a job.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
    /// It is about to be submitted.
    Intent {
        task: &'a str,
        service: &'a str,
        portal: &'a str,
        username: Option<&'a str>,
    },
    /// It was submitted, and has this URL.
    Submitted(&'a str),
    /// No job was made, for this reason.
    NotSubmitted(&'a str),
    /// Whether a job was made is not known, for this reason.
    Unknown(&'a str),
    /// It was seen in this state and, if it ended and was watched closely, took so long.
    State(&'a JobStatus, Option<Duration>),
    /// Its results were fetched.
    Taken,
}

impl Event<'_> {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Intent { .. } => INTENT,
            Self::Submitted(_) => "submitted",
            Self::NotSubmitted(_) => "notSubmitted",
            Self::Unknown(_) => "unknown",
            Self::State(..) => "state",
            Self::Taken => "taken",
        }
    }

    /// Whether it has to be on the disk before anything else happens. The server still knows a job's state.
    pub(super) fn must_last(&self) -> bool {
        !matches!(self, Self::State(..) | Self::Taken)
    }
}

/// A new name for a job: ten letters and digits that are easily told apart.
pub(super) fn name() -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut chance = fastrand::Rng::new();
    (0..10)
        .map(|_| char::from(LETTERS[chance.usize(..LETTERS.len())]))
        .collect()
}

/// A record as a line: its checksum, and it as JSON.
pub(super) fn line(id: &str, at: SystemTime, event: &Event<'_>) -> String {
    let mut json = json!({ "at": millis(at), "job": id, "event": event.word() });
    match *event {
        Event::Intent {
            task,
            service,
            portal,
            username,
        } => {
            json["task"] = task.into();
            json["service"] = service.into();
            json["portal"] = portal.into();
            json["username"] = username.into();
        }
        Event::Submitted(url) => json["url"] = url.into(),
        Event::NotSubmitted(reason) | Event::Unknown(reason) => {
            // Servers may say a lot.
            json["reason"] = reason.chars().take(REASON).collect::<String>().into();
        }
        Event::State(status, length) => {
            json["status"] = status.as_str().into();
            if let Some(length) = length {
                json["seconds"] = length.as_secs_f64().into();
            }
        }
        Event::Taken => {}
    }
    let json = json.to_string();
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

/// The record of a line, unless the line is damaged.
fn parse(line: &[u8]) -> Option<Value> {
    let (sum, json) = line.split_at_checked(9)?;
    let sum = std::str::from_utf8(sum).ok()?.strip_suffix(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (crc32fast::hash(json) == sum)
        .then(|| serde_json::from_slice(json).ok())
        .flatten()
}

/// The jobs of which the lines tell, oldest first. Damaged lines and records of unknown jobs say nothing.
pub(crate) fn fold(text: &[u8]) -> Vec<LedgerJob> {
    let mut jobs: Vec<LedgerJob> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for record in text.split(|byte| *byte == b'\n').filter_map(parse) {
        let Some(id) = record["job"].as_str() else {
            continue;
        };
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        if record["event"] == INTENT && !places.contains_key(id) {
            places.insert(id.to_owned(), jobs.len());
            jobs.push(LedgerJob {
                id: id.to_owned(),
                task: text("task").unwrap_or_default(),
                service: text("service").unwrap_or_default(),
                portal: text("portal").unwrap_or_default(),
                username: text("username"),
                intended: time(record["at"].as_u64().unwrap_or_default()),
                url: None,
                state: LedgerState::Unknown,
                reason: None,
                length: None,
                taken: false,
            });
        }
        let Some(job) = places.get(id).and_then(|place| jobs.get_mut(*place)) else {
            continue;
        };
        match record["event"].as_str() {
            Some("submitted") => {
                job.url = text("url");
                job.state = LedgerState::Submitted(JobStatus::Submitted);
            }
            Some("notSubmitted") => {
                job.state = LedgerState::NotSubmitted;
                job.reason = text("reason");
            }
            Some("unknown") => job.reason = text("reason"),
            // Several may watch a job, and what has ended does not run again.
            Some("state") if !job.is_over() => {
                let status = JobStatus::from_wire(record["status"].as_str().unwrap_or_default());
                job.state = LedgerState::Submitted(status);
                let seconds = record["seconds"].as_f64();
                job.length = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
            }
            Some("taken") => job.taken = true,
            _ => {}
        }
    }
    jobs
}

/// The same jobs in as few lines as they need, without the oldest where they are too many. What may still run is kept
/// whatever their number.
pub(super) fn shorten(jobs: &[LedgerJob], (over, open): (usize, usize), now: SystemTime) -> String {
    let is_stale = |job: &&LedgerJob| {
        let age = now.duration_since(job.intended).unwrap_or_default();
        job.is_over() || age > STALE
    };
    let drop = |is_over: bool, most: usize| {
        let of_kind = || jobs.iter().filter(|job| job.is_over() == is_over);
        let surplus = of_kind().count().saturating_sub(most);
        surplus.min(of_kind().filter(is_stale).count())
    };
    let mut surplus = [drop(false, open), drop(true, over)];
    let mut text = String::new();
    for job in jobs {
        let surplus = &mut surplus[usize::from(job.is_over())];
        if *surplus > 0 {
            *surplus -= 1;
            continue;
        }
        let mut tell = |event: Event<'_>| text += &line(&job.id, job.intended, &event);
        tell(Event::Intent {
            task: &job.task,
            service: &job.service,
            portal: &job.portal,
            username: job.username.as_deref(),
        });
        if let Some(url) = &job.url {
            tell(Event::Submitted(url));
        }
        match (&job.state, &job.reason) {
            (LedgerState::Submitted(status), _) => tell(Event::State(status, job.length)),
            (LedgerState::NotSubmitted, reason) => {
                tell(Event::NotSubmitted(reason.as_deref().unwrap_or_default()));
            }
            (LedgerState::Unknown, Some(reason)) => tell(Event::Unknown(reason)),
            (LedgerState::Unknown, None) => {}
        }
        if job.taken {
            tell(Event::Taken);
        }
    }
    text
}

pub(super) fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn time(millis: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .unwrap_or(UNIX_EPOCH)
}
