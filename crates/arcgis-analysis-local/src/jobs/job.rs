//! One job: what was asked, and how far it is.

use super::store::Weight;
use crate::gp::params::Fields;
use crate::hosted::{Filling, now};
use arcgis_analysis_engine::Control;
use arcgis_analysis_types::{JobMessage, JobStatus, MessageType, TaskEntry};
use axum::body::Bytes;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    /// The job's ID.
    pub(crate) id: String,
    /// The user whose job it is.
    pub(crate) owner: String,
    /// The task.
    pub(crate) entry: &'static TaskEntry,
    /// What was submitted.
    pub(crate) fields: Fields,
    /// Stops the computation.
    pub(crate) control: Control,
    /// When it was submitted, in milliseconds since 1970.
    pub(crate) submitted: u64,
    /// What the portal is to have when the job ends well.
    fillings: Mutex<Vec<Filling>>,
    state: Mutex<State>,
    stop: Notify,
}

/// How far a job is.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// The job's status.
    pub(crate) status: JobStatus,
    /// What it has said.
    pub(crate) messages: Vec<JobMessage>,
    /// How much of it is done, from 0 to 100, once that is known.
    pub(crate) percent: Option<u8>,
    results: Vec<Output>,
    /// Whether its end is decided, though not yet shown: it is being written to disk.
    settled: bool,
}

impl State {
    /// The results, empty until the job has succeeded.
    pub(super) fn results(&self) -> &[Output] {
        &self.results
    }
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    /// The result's wire name.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) content: Content,
}

/// What a result is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// The JSON text of `{"paramName", "dataType", "value"}`, as it is sent.
    Text(Bytes),
    /// A hosted layer, whose URL depends on how the client calls the service.
    Layer {
        /// The ID of the service's item.
        item: String,
        /// The path of the service.
        path: String,
        /// The number of the layer.
        layer: u32,
    },
    /// An item of the portal, by its ID. Its URL depends on how the client calls the service.
    Item(String),
}

impl Content {
    /// How many bytes of memory it takes.
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Layer { item, path, .. } => item.len() + path.len(),
            Self::Item(item) => item.len(),
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// With every result of its task.
    Succeeded(Vec<Output>),
    /// With the description of the error message.
    Failed(String),
}

impl Job {
    /// A job that has just been submitted.
    pub(crate) fn new(
        id: String,
        owner: String,
        entry: &'static TaskEntry,
        fields: Fields,
    ) -> Self {
        let state = State {
            status: JobStatus::Submitted,
            messages: Vec::new(),
            percent: None,
            results: Vec::new(),
            settled: false,
        };
        Self {
            id,
            owner,
            entry,
            fields,
            control: Control::new(),
            submitted: now(),
            fillings: Mutex::default(),
            state: Mutex::new(state),
            stop: Notify::new(),
        }
    }

    /// How far the job is.
    pub(crate) fn status(&self) -> JobStatus {
        self.state().status.clone()
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state())
    }

    /// The results; `None` until the job has succeeded.
    pub(crate) fn results(&self) -> Option<Vec<Output>> {
        self.look(|state| (state.status == JobStatus::Succeeded).then(|| state.results.clone()))
    }

    /// Notes a message.
    pub(crate) fn say(&self, message_type: MessageType, description: impl Into<String>) {
        self.state()
            .messages
            .push(JobMessage::new(message_type, description));
    }

    /// Notes how much is done, in percent.
    pub(crate) fn advance(&self, percent: f64) {
        // Clients read a whole number.
        self.state().percent = Some(percent.clamp(0.0, 100.0) as u8);
    }

    /// The job waits for its turn.
    pub(crate) fn wait(&self) {
        self.step(&[JobStatus::Submitted], JobStatus::Waiting);
    }

    /// The job's turn has come; `false` when it has been cancelled meanwhile.
    pub(crate) fn begin(&self) -> bool {
        self.step(
            &[JobStatus::Submitted, JobStatus::Waiting],
            JobStatus::Executing,
        )
    }

    /// Asks the job to stop; `false` where its end is decided, or it has been asked before.
    pub(crate) fn cancel(&self) -> bool {
        let running = [
            JobStatus::Submitted,
            JobStatus::Waiting,
            JobStatus::Executing,
        ];
        let asked = self.step(&running, JobStatus::Cancelling);
        if asked {
            self.control.cancel();
            self.stop.notify_waiters();
        }
        asked
    }

    /// Whether the job has been asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.status(), JobStatus::Cancelling | JobStatus::Cancelled)
    }

    /// Returns when the job has been asked to stop.
    pub(crate) async fn cancelled(&self) {
        let stopped = self.stop.notified();
        tokio::pin!(stopped);
        // Listening begins before looking, so that a request between the two is not missed.
        stopped.as_mut().enable();
        if !self.is_cancelled() {
            stopped.await;
        }
    }

    /// Takes the job up as it was found on disk.
    pub(super) fn restore(
        &self,
        status: JobStatus,
        messages: Vec<JobMessage>,
        results: Vec<Output>,
    ) {
        *self.state() = State {
            status,
            messages,
            percent: None,
            results,
            settled: false,
        };
    }

    /// Keeps what the portal is to have until the job ends.
    pub(super) fn hold(&self, fillings: Vec<Filling>) {
        *self.fillings.lock().unwrap_or_else(PoisonError::into_inner) = fillings;
    }

    /// What was kept.
    pub(super) fn release(&self) -> Vec<Filling> {
        let mut fillings = self.fillings.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *fillings)
    }

    /// Decides the job's end, which no request to stop changes any more, and returns the state that `end` will show.
    pub(crate) fn settle(&self, outcome: &Outcome) -> State {
        let mut state = self.state();
        state.settled = true;
        let mut ending = state.clone();
        drop(state);
        ending.end(outcome.clone());
        ending
    }

    /// The job ends. A job that was asked to stop ends cancelled, whatever it had reached.
    pub(crate) fn end(&self, outcome: Outcome) {
        self.state().end(outcome);
    }

    fn step(&self, from: &[JobStatus], to: JobStatus) -> bool {
        let mut state = self.state();
        let allowed = from.contains(&state.status) && !state.settled;
        if allowed {
            state.status = to;
        }
        allowed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, outcome: Outcome) {
        let state = self;
        state.percent = None;
        if state.status == JobStatus::Cancelling {
            state.status = JobStatus::Cancelled;
            state.messages.push(JobMessage::new(
                MessageType::Informative,
                "Cancelled on request.",
            ));
            return;
        }
        match outcome {
            Outcome::Succeeded(results) => {
                state.status = JobStatus::Succeeded;
                state.results = results;
            }
            Outcome::Failed(description) => {
                state.status = JobStatus::Failed;
                state
                    .messages
                    .push(JobMessage::new(MessageType::Error, description));
            }
        }
    }
}

impl Weight for Job {
    /// The bytes of what was submitted and of the results.
    fn weight(&self) -> usize {
        let results = self.look(|state| {
            state
                .results
                .iter()
                .map(|output| output.content.len())
                .sum::<usize>()
        });
        self.fields.len() + results
    }
}
