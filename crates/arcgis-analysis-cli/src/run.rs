//! Runs a task: reads and checks everything, and only then submits it.

mod progress;
mod summary;

use crate::connection::Place;
use crate::failure::Failure;
use crate::{exit, print, task_args};
use arcgis_analysis::output::{OutputError, Target};
use arcgis_analysis::report::{self, LayerError, Report};
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::types::meta::{Execution, ParamType, TaskMeta};
use arcgis_analysis::{Credentials, Polling, Portal};
use arcgis_analysis_local::LocalService;
use clap::ArgMatches;
use progress::Progress;
use serde_json::Value;
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

/// Runs a task and prints what comes out of it.
pub(crate) fn run(task: &'static TaskEntry, matches: &ArgMatches) -> Result<(), Failure> {
    let wish = Wish::read(task, matches)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(wish.fulfil());
    // An analysis of this process that was interrupted is not waited for.
    runtime.shutdown_background();
    let report = outcome?;
    if wish.json {
        print::document(&report.to_json())
    } else {
        print::text(&summary::of(&report))
    }
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

pub(crate) fn no_signals(error: std::io::Error) -> Failure {
    Failure::new(
        exit::OTHER,
        "other",
        format!("the program cannot listen to Ctrl-C: {error}"),
    )
}

/// What the user wants, read and checked.
struct Wish {
    task: &'static TaskEntry,
    params: Value,
    place: Place,
    timeout: Option<Duration>,
    out: Option<Target>,
    result: Option<String>,
    json: bool,
}

/// How far a run has come, for those who interrupt it.
enum Stage {
    /// Nothing was submitted.
    Before,
    /// The submit is under way.
    Submitting,
    /// The job runs at this URL.
    Running(String),
}

impl Wish {
    fn read(task: &'static TaskEntry, matches: &ArgMatches) -> Result<Self, Failure> {
        let meta = task.meta;
        let result = matches.get_one::<String>("result").cloned();
        let out = match matches.get_one::<PathBuf>("out") {
            Some(path) => {
                report::layer_result(meta, result.as_deref())
                    .map_err(|error| refused_result(&error))?;
                Some(Target::prepare(path).map_err(|error| refused_output(&error))?)
            }
            None => None,
        };
        let params = task_args::params(task, matches)?;
        if out.is_some() {
            check_output_name(meta, &params)?;
        }
        Ok(Self {
            task,
            params,
            place: Place::of(matches)?,
            timeout: matches.get_one::<Duration>("timeout").copied(),
            out,
            result,
            json: matches.get_flag("json"),
        })
    }

    async fn fulfil(&self) -> Result<Report, Failure> {
        let stage = RefCell::new(Stage::Before);
        tokio::select! {
            report = self.submit_and_wait(&stage) => report,
            interrupt = tokio::signal::ctrl_c() => {
                interrupt.map_err(no_signals)?;
                Err(self.interrupted(&stage.borrow()))
            }
        }
    }

    async fn submit_and_wait(&self, stage: &RefCell<Stage>) -> Result<Report, Failure> {
        let progress = Progress::start(self.task.meta.name, self.json);
        let mut polling = Polling::default();
        polling.time_limit = self.timeout;
        let (url, credentials, _service) = match &self.place {
            Place::Portal { url, credentials } => (url.clone(), credentials.clone(), None),
            Place::Local => {
                // Nobody else asks, so a short job is not kept waiting.
                polling.first_look = Duration::from_millis(20);
                let service = LocalService::start().await;
                let service = service
                    .map_err(|error| Failure::new(exit::OTHER, "serve", error.to_string()))?;
                let credentials = Credentials::password(service.username(), service.password());
                (service.portal_url().to_owned(), credentials, Some(service))
            }
        };
        progress.say("signing in");
        let portal = Portal::builder(url)
            .credentials(credentials)
            .polling(polling)
            .connect()
            .await?;
        stage.replace(Stage::Submitting);
        if self.task.meta.execution == Execution::Synchronous {
            progress.say("calling");
            let answer = portal.execute_entry(self.task, self.params.clone()).await?;
            progress.end();
            return self.report(Report::of_executed(self.task.meta, answer));
        }
        progress.say("submitting");
        let job = portal.submit_entry(self.task, self.params.clone()).await?;
        stage.replace(Stage::Running(job.url().to_owned()));
        let mut updates = job.updates();
        while let Some(update) = updates.next().await {
            progress.show(&update?);
        }
        let info = job.wait(None).await?;
        progress.say("fetching the results");
        let outputs = job.outputs().await?;
        progress.end();
        self.report(Report::new(self.task.meta, job.url(), &info, outputs))
            .map_err(|failure| failure.of_job(job.url()))
    }

    /// Writes the layer that is wanted to its file.
    fn report(
        &self,
        report: Result<Report, arcgis_analysis::types::DecodeError>,
    ) -> Result<Report, Failure> {
        let mut report =
            report.map_err(|error| Failure::new(exit::OTHER, "results", error.to_string()))?;
        if let Some(out) = &self.out {
            let result = report.features_mut(self.result.as_deref());
            let result =
                result.map_err(|error| Failure::new(exit::OTHER, "results", error.to_string()))?;
            if let Some(features) = result.features() {
                let written = out.write(features);
                written.map_err(|error| Failure::new(exit::OTHER, "output", error.to_string()))?;
                result.file = Some(out.clone());
            }
        }
        Ok(report)
    }

    fn interrupted(&self, stage: &Stage) -> Failure {
        let failure = |message: String| Failure::new(exit::INTERRUPTED, "interrupted", message);
        match (stage, &self.place) {
            (_, Place::Local) => failure("interrupted; the analysis on this machine was stopped".to_owned()),
            (Stage::Before, _) => failure("interrupted before anything was submitted".to_owned()),
            (Stage::Submitting, _) => failure(
                "interrupted while the job was submitted; whether it runs is not known, so look before you run it \
                 again"
                    .to_owned(),
            ),
            (Stage::Running(url), _) => {
                failure(format!("interrupted; the job goes on at {url}")).of_job(url)
            }
        }
    }
}

fn refused_result(error: &LayerError) -> Failure {
    Failure::usage(format!("{error} (--result)"))
}

fn refused_output(error: &OutputError) -> Failure {
    Failure::usage(format!("{error} (--out)"))
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
