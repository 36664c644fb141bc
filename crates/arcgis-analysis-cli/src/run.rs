//! Runs and submits tasks: reads and checks everything, and only then submits.

use crate::connection::{Connection, Place};
use crate::delivery::Delivery;
use crate::events::{self, Voice};
use crate::failure::Failure;
use crate::interrupt::{Stage, unless_interrupted};
use crate::progress::Progress;
use crate::{exit, ledger, print, task_args};
use arcgis_analysis::report::Report;
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::types::meta::{Execution, ParamType, TaskMeta};
use arcgis_analysis::{JobInfo, Polling, RawJob};
use clap::ArgMatches;
use serde_json::Value;
use std::cell::RefCell;
use std::time::Duration;

/// Runs a task and prints what comes out of it.
pub(crate) fn run(task: &'static TaskEntry, matches: &ArgMatches) -> Result<(), Failure> {
    let wish = Wish::read(task, matches)?;
    let delivery = Delivery::read(task.meta, matches)?;
    if delivery.out.is_some() {
        check_output_name(task.meta, &wish.params)?;
    }
    let cancel = matches.get_flag("cancel-on-interrupt");
    let runtime = runtime()?;
    let stage = RefCell::new(Stage::Before);
    let work = unless_interrupted(&stage, cancel, wish.fulfil(&delivery, &stage));
    let outcome = runtime.block_on(work);
    // An analysis of this process that was interrupted is not waited for.
    runtime.shutdown_background();
    delivery.print(&outcome.map_err(|failure| wish.told(failure))?)
}

/// Submits a task, and prints by what its job is found again.
pub(crate) fn submit(task: &'static TaskEntry, matches: &ArgMatches) -> Result<(), Failure> {
    if task.meta.execution == Execution::Synchronous {
        let name = task.meta.name;
        return Err(Failure::usage(format!(
            "{name} has no jobs to submit; run it instead"
        )));
    }
    let wish = Wish::read(task, matches)?;
    let stage = RefCell::new(Stage::Before);
    let work = async {
        let progress = Progress::start(task.meta.name, wish.voice);
        let connection = wish.connect(&progress).await?;
        wish.submit(&connection, &progress, &stage).await
    };
    let job = runtime()?.block_on(unless_interrupted(&stage, false, work))?;
    let name = job.ledger_id().unwrap_or(job.url());
    match wish.voice {
        Voice::Json => return print::document(&events::job(&job)),
        Voice::Events => return events::ended(events::job(&job)),
        Voice::Text => {}
    }
    print::text(&format!(
        "{name}\n\nThe job runs at {}\nIts results, when it has ended: arcgis-analysis results {name}\n",
        job.url()
    ))
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| {
        Failure::new(
            exit::OTHER,
            "other",
            format!("no threads can be started: {error}"),
        )
    })
}

/// Waits for a job's end, fetches its results and reads them.
pub(crate) async fn collect(
    job: &RawJob,
    limit: Option<Duration>,
    delivery: &Delivery,
    progress: &Progress,
) -> Result<Report, Failure> {
    let info = watch(job, limit, progress).await?;
    progress.say("fetching the results");
    let outputs = job.outputs().await?;
    let report = Report::new(job.task(), job.url(), &info, outputs);
    let report = delivery
        .write(report, async |item| job.item_file(item).await)
        .await;
    progress.end();
    report.map_err(|failure| failure.of_job(job.url()))
}

/// Waits for a job's end and shows how it gets on.
pub(crate) async fn watch(
    job: &RawJob,
    limit: Option<Duration>,
    progress: &Progress,
) -> Result<JobInfo, Failure> {
    let mut updates = job.updates();
    while let Some(update) = updates.next().await {
        progress.show(&update.map_err(Failure::of_watching)?);
    }
    job.wait(limit).await.map_err(Failure::of_watching)
}

/// What the user wants, read and checked.
struct Wish {
    task: &'static TaskEntry,
    params: Value,
    place: Place,
    timeout: Option<Duration>,
    max_credits: Option<f64>,
    voice: Voice,
}

impl Wish {
    fn read(task: &'static TaskEntry, matches: &ArgMatches) -> Result<Self, Failure> {
        let timeout = matches.try_get_one::<Duration>("timeout").ok().flatten();
        Ok(Self {
            task,
            params: task_args::params(task, matches)?,
            place: Place::of(matches, None)?,
            timeout: timeout.copied(),
            max_credits: matches.get_one::<f64>("max-credits").copied(),
            voice: Voice::of(matches),
        })
    }

    async fn connect(&self, progress: &Progress) -> Result<Connection, Failure> {
        let mut polling = Polling::default();
        polling.time_limit = self.timeout;
        progress.say("signing in");
        // What runs in this process ends with it, so there is nothing to find again.
        let ledger = match self.place {
            Place::Local => None,
            Place::Portal { .. } => Some(ledger::open()?),
        };
        self.place.connect(polling, ledger, self.max_credits).await
    }

    async fn submit(
        &self,
        connection: &Connection,
        progress: &Progress,
        stage: &RefCell<Stage>,
    ) -> Result<RawJob, Failure> {
        stage.replace(Stage::Submitting(connection.ledger.clone()));
        progress.say("submitting");
        let job = connection
            .portal
            .submit_entry(self.task, self.params.clone())
            .await?;
        stage.replace(Stage::Running(job.clone()));
        if self.voice == Voice::Events {
            events::submitted(self.task, &job);
        }
        Ok(job)
    }

    async fn fulfil(&self, delivery: &Delivery, stage: &RefCell<Stage>) -> Result<Report, Failure> {
        let progress = Progress::start(self.task.meta.name, self.voice);
        let connection = self.connect(&progress).await?;
        if self.task.meta.execution == Execution::Synchronous {
            stage.replace(Stage::Submitting(None));
            progress.say("running");
            let executed = connection
                .portal
                .execute_entry(self.task, self.params.clone())
                .await?;
            let report = Report::of_executed(self.task.meta, executed);
            let report = delivery
                .write(report, async |item| connection.portal.item_file(item).await)
                .await;
            progress.end();
            return report;
        }
        let job = self.submit(&connection, &progress, stage).await?;
        collect(&job, None, delivery, &progress).await
    }

    /// A job of this process is gone when the program is, and nothing is left to look for.
    fn told(&self, failure: Failure) -> Failure {
        match (&self.place, failure.code()) {
            (Place::Local, exit::INTERRUPTED) => Failure::new(
                exit::INTERRUPTED,
                "interrupted",
                "interrupted; the analysis on this machine was stopped",
            ),
            _ => failure,
        }
    }
}

/// A call that names a hosted layer returns its URL, and no features to write to a file.
fn check_output_name(meta: &TaskMeta, params: &Value) -> Result<(), Failure> {
    let is_hosted = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
    let hosted = meta
        .params
        .iter()
        .find(|p| matches!(p.ty, ParamType::OutputName) && is_hosted(p.name));
    match hosted {
        Some(param) => Err(Failure::usage(format!(
            "{}: `{}` (--{}) makes a hosted layer, which is not written to a file; leave it or --out out",
            meta.name,
            param.name,
            arcgis_analysis::params::flag(param),
        ))),
        None => Ok(()),
    }
}
