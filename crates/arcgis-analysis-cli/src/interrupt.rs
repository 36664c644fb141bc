//! Ctrl-C: it ends the program, not the job.

use crate::exit;
use crate::failure::Failure;
use arcgis_analysis::{Ledger, RawJob};
use std::cell::RefCell;
use std::time::Duration;

/// How long a job that is to be stopped may take to notice, where nothing else is asked for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long the last lines of the ledger may take once somebody has interrupted a submit.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// How far a run has come, for those who interrupt it.
pub(crate) enum Stage {
    /// Nothing was submitted.
    Before,
    /// The submit is under way, and written down here.
    Submitting(Option<Ledger>),
    /// The job runs.
    Running(RawJob),
}

/// Does the work until it is done or somebody interrupts it.
pub(crate) async fn unless_interrupted<T>(
    stage: &RefCell<Stage>,
    cancel: bool,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let stop = stopped()?;
    tokio::select! {
        outcome = work => outcome,
        () = stop => {
            let stage = stage.replace(Stage::Before);
            let job = match &stage {
                Stage::Running(job) => Some(job.clone()),
                Stage::Before | Stage::Submitting(_) => None,
            };
            let again = stopped()?;
            tokio::select! {
                failure = interrupted(stage, cancel) => Err(failure),
                () = again => Err(impatient(job)),
            }
        }
    }
}

async fn interrupted(stage: Stage, cancel: bool) -> Failure {
    let failure = |message: String| Failure::new(exit::INTERRUPTED, "interrupted", message);
    match stage {
        Stage::Before => failure("interrupted before anything was submitted".to_owned()),
        Stage::Submitting(ledger) => {
            // Where the answer has come just now, the job's URL is about to be written.
            if let Some(ledger) = ledger {
                let _ = tokio::time::timeout(LAST_WRITE, ledger.settled()).await;
            }
            failure(
            "interrupted while the job was submitted; whether it runs is not known, so look at `arcgis-analysis jobs` and \
             at the portal before you run it again"
                .to_owned(),
            )
        }
        Stage::Running(job) if cancel => {
            let outcome = match job.stop(PATIENCE).await {
                Ok(info) => format!("interrupted; the job ended as {}", info.status),
                Err(error) => format!("interrupted, but {error}"),
            };
            failure(outcome).of_job(job.url())
        }
        Stage::Running(job) => {
            let name = job.ledger_id().unwrap_or(job.url());
            failure(format!(
                "interrupted; the job goes on at {}; pick it up with `arcgis-analysis results {name}` or stop it with \
                 `arcgis-analysis cancel {name}`",
                job.url()
            ))
            .of_job(job.url())
        }
    }
}

/// What is left to say to somebody who does not want to wait until the job has stopped.
fn impatient(job: Option<RawJob>) -> Failure {
    let failure = |message: String| Failure::new(exit::INTERRUPTED, "interrupted", message);
    match job {
        None => failure("interrupted".to_owned()),
        Some(job) => {
            let name = job.ledger_id().unwrap_or(job.url());
            failure(format!(
                "interrupted again before the job had stopped; whether it still does is not known, look with \
                 `arcgis-analysis status {name}`"
            ))
            .of_job(job.url())
        }
    }
}

pub(crate) fn no_signals(error: std::io::Error) -> Failure {
    Failure::new(
        exit::OTHER,
        "other",
        format!("the program cannot listen to Ctrl-C: {error}"),
    )
}

/// Ends when somebody asks the program to stop. Listens from the call on, not only when it is awaited.
#[cfg(unix)]
pub(crate) fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(no_signals);
    let (mut interrupt, mut terminate) = (
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
pub(crate) fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        // Without a handler the system ends the program by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
