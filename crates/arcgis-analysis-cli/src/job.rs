//! Jobs that were submitted before: listed, looked at, waited for, fetched, stopped.

use crate::connection::{Connection, Known, Place};
use crate::delivery::Delivery;
use crate::events::{self, Voice};
use crate::failure::Failure;
use crate::interrupt::{PATIENCE, Stage, unless_interrupted};
use crate::progress::Progress;
use crate::run::{collect, runtime, watch};
use crate::{ledger, print};
use arcgis_analysis::types::{JobInfo, TaskEntry};
use arcgis_analysis::{
    ErrorKind, JobRef, Ledger, LedgerJob, LedgerState, Polling, RawJob, find_task, report, tasks,
};
use clap::ArgMatches;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::{Duration, SystemTime};

/// Lists the jobs of the ledger.
pub(crate) fn jobs(matches: &ArgMatches) -> Result<(), Failure> {
    let jobs = ledger::open()?.jobs()?;
    if matches.get_flag("json") {
        let list: Vec<Value> = jobs.iter().map(LedgerJob::to_json).collect();
        return print::json(&list.into());
    }
    if jobs.is_empty() {
        return print::text("The ledger has no jobs.");
    }
    let mut text = String::new();
    for job in &jobs {
        let taken = if job.taken { ", results taken" } else { "" };
        let state = words(&job.state);
        text += &format!(
            "{}  {:<28} {state}{taken}, {}\n",
            job.id,
            job.task,
            age(job.intended)
        );
        if let Some(url) = &job.url {
            text += &format!("            {url}\n");
        }
        if let Some(reason) = &job.reason {
            text += &print::wrapped(reason, 12);
        }
    }
    print::text(&text)
}

/// Asks once how a job is.
pub(crate) fn status(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = Wanted::of(matches)?;
    let info = wanted.with_job(async |job| job.status().await.map_err(Failure::of_watching))?;
    if matches.get_flag("json") {
        return print::document(&wanted.json(&info));
    }
    let mut text = plain(info.status.as_str());
    if let Some(progress) = &info.progress {
        let percent = progress.percent.map(|percent| format!("{percent:.0} %"));
        let parts: Vec<_> = percent
            .into_iter()
            .chain(progress.message.clone())
            .collect();
        text += &format!(", {}", parts.join(" "));
    }
    print::text(&text)
}

/// Prints the messages that a job has written so far.
pub(crate) fn messages(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = Wanted::of(matches)?;
    let info = wanted.with_job(async |job| job.status().await.map_err(Failure::of_watching))?;
    if matches.get_flag("json") {
        return print::document(&report::messages(&info.messages));
    }
    let lines = info.messages.iter().map(|message| {
        let kind = message.message_type.as_str();
        let kind = kind.trim_start_matches("esriJobMessageType").to_lowercase();
        let kind = if kind == "informative" {
            String::new()
        } else {
            format!("{kind}: ")
        };
        format!("{kind}{}\n", message.text().trim_end())
    });
    print::text(&lines.collect::<String>())
}

/// Waits for a job's end.
pub(crate) fn wait(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = Wanted::of(matches)?;
    let voice = Voice::of(matches);
    let info = wanted.with_job(async |job| {
        let progress = Progress::start(job.task().name, voice);
        watch(job, None, &progress).await
    })?;
    match voice {
        Voice::Text => print::text(&plain(info.status.as_str())),
        Voice::Json => print::document(&wanted.json(&info)),
        Voice::Events => events::ended(wanted.json(&info)),
    }
}

/// Waits for a job's end, and prints what comes out of it.
pub(crate) fn results(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = Wanted::of(matches)?;
    let delivery = Delivery::read(wanted.tasks[0].meta, matches)?;
    let report = wanted.with_job(async |job| {
        let progress = Progress::start(job.task().name, delivery.voice);
        collect(job, None, &delivery, &progress).await
    })?;
    delivery.print(&report)
}

/// Asks a job to stop, and waits until it has.
pub(crate) fn cancel(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = Wanted::of(matches)?;
    let patience = wanted.timeout.unwrap_or(PATIENCE);
    let info =
        wanted.with_job(async |job| job.stop(patience).await.map_err(Failure::of_watching))?;
    if matches.get_flag("json") {
        return print::document(&wanted.json(&info));
    }
    print::text(&plain(info.status.as_str()))
}

/// The job that a command names, and where it is.
struct Wanted {
    url: String,
    /// The tasks that it may be one of, of which services may have several of one name.
    tasks: Vec<&'static TaskEntry>,
    place: Place,
    timeout: Option<Duration>,
    ledger: Ledger,
    cancel: bool,
}

impl Wanted {
    fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let name = matches
            .get_one::<String>("job")
            .map(String::as_str)
            .unwrap_or_default();
        let ledger = ledger::open()?;
        let timeout = matches
            .try_get_one::<Duration>("timeout")
            .ok()
            .flatten()
            .copied();
        let cancel = matches
            .try_get_one::<bool>("cancel-on-interrupt")
            .ok()
            .flatten();
        // The URL of a job has slashes, and so has a token.
        let is_url = name.contains('/');
        let known = match ledger.job(name) {
            Ok(job) => Some(job),
            Err(error) if is_url && error.kind() == ErrorKind::NotFound => None,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Failure::usage(format!(
                    "{error}; `arcgis-analysis jobs` lists those that there are, and the URL or the token of a job will do too"
                )));
            }
            Err(error) => return Err(error.into()),
        };
        let service = matches.get_one::<String>("service").map(String::as_str);
        let (url, tasks, portal) = match known {
            Some(job) => {
                let Some(url) = job.url else {
                    return Err(nowhere(&job));
                };
                let task = find_task(&job.task, service.or(Some(&job.service)))?;
                let portal = Known {
                    url: job.portal,
                    told: false,
                };
                (url, vec![task], Some(portal))
            }
            None => {
                let job = JobRef::from(name);
                let (task, url) = (job.task()?.to_owned(), job.url()?.to_owned());
                let portal = job.token().map(|token| Known {
                    url: token.portal().to_owned(),
                    told: true,
                });
                let first = find_task(&task, service)?;
                let others = tasks().filter(|other| {
                    service.is_none()
                        && other.meta.name == first.meta.name
                        && other.meta.service.id != first.meta.service.id
                });
                let all = std::iter::once(first).chain(others).collect();
                (url, all, portal)
            }
        };
        Ok(Self {
            url,
            tasks,
            place: Place::of(matches, portal.as_ref())?,
            timeout,
            ledger,
            cancel: cancel.is_some_and(|cancel| *cancel),
        })
    }

    fn with_job<T>(
        &self,
        work: impl AsyncFnOnce(&RawJob) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let stage = RefCell::new(Stage::Before);
        let all = async {
            let mut polling = Polling::default();
            polling.time_limit = self.timeout;
            let connection = self
                .place
                .connect(polling, Some(self.ledger.clone()), None)
                .await?;
            let job = self.resume(&connection)?;
            stage.replace(Stage::Running(job.clone()));
            work(&job)
                .await
                .map_err(|failure| failure.of_job(job.url()))
        };
        runtime()?.block_on(unless_interrupted(&stage, self.cancel, all))
    }

    /// The job of the service at whose address it is, or else of the first that could have it.
    fn resume(&self, connection: &Connection) -> Result<RawJob, Failure> {
        let portal = &connection.portal;
        let is_below = |task: &&&TaskEntry| {
            let root = portal.service_url(task.meta).unwrap_or_default();
            let below = self.url.to_lowercase();
            !root.is_empty()
                && below.contains(root.trim_start_matches("https://").to_lowercase().as_str())
        };
        let task = self.tasks.iter().find(is_below).unwrap_or(&self.tasks[0]);
        Ok(portal.resume_entry(task, &self.url)?)
    }

    fn json(&self, info: &JobInfo) -> Value {
        let mut json = json!({
            "jobId": info.job_id,
            "jobUrl": self.url,
            "status": info.status.as_str(),
            "messages": report::messages(&info.messages),
        });
        if let Some(progress) = &info.progress {
            json["progress"] = json!({ "percent": progress.percent, "message": progress.message });
        }
        json
    }
}

/// A job of the ledger without a URL.
fn nowhere(job: &LedgerJob) -> Failure {
    let reason = job
        .reason
        .as_deref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let (code, kind, what) = match job.state {
        LedgerState::NotSubmitted => (1, "not-submitted", "was never submitted"),
        _ => (
            6,
            "submit-outcome-unknown",
            "may or may not have been submitted, and has no URL to look at",
        ),
    };
    Failure::new(
        code,
        kind,
        format!("the job `{}` of {} {what}{reason}", job.id, job.task),
    )
}

fn words(state: &LedgerState) -> String {
    match state {
        LedgerState::Unknown => "may have been submitted, look before you run it again".to_owned(),
        LedgerState::NotSubmitted => "not submitted".to_owned(),
        other => plain(other.as_str()),
    }
}

fn plain(status: &str) -> String {
    status.trim_start_matches("esriJob").to_lowercase()
}

fn age(at: SystemTime) -> String {
    let seconds = at.elapsed().unwrap_or_default().as_secs();
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
