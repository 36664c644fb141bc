//! What a task would cost, asked of the portal, and the limit that a caller sets.
//!
//! The services that tell are asked like any other task, in one request or by a job, as the service describes itself.
//! Neither costs anything, so unlike a submit they are asked again when an answer is lost.

mod estimator;

use super::{Portal, items};
use crate::address::ServiceUrl;
use crate::execute;
use crate::job::submit_free;
use crate::redact::redact;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::meta::{Execution, TaskMeta};
use arcgis_analysis_types::{Form, Outputs, Task, TaskEntry};
use estimator::{Estimator, Unread};
use serde_json::Value;
use std::sync::PoisonError;
use std::time::Duration;
use url::Url;

/// What a task would cost, in credits of ArcGIS Online.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{Portal, Result};
/// use arcgis_analysis_types::Task;
///
/// async fn tell<T: Task>(portal: &Portal, task: &T) -> Result<()> {
///     let estimate = portal.estimate(task).await?;
///     match estimate.cost {
///         Some(cost) => println!("{cost} credits"),
///         None => println!("at most {} credits", estimate.maximum),
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CreditEstimate {
    /// What it will cost, where the service knows; it charges only for success.
    pub cost: Option<f64>,
    /// The most that it can cost; where the cost is known, not less than that.
    pub maximum: f64,
    /// What else the service says about it.
    pub note: Option<String>,
}

impl Portal {
    /// Asks the portal what a task would cost. Nothing is submitted and nothing is charged.
    ///
    /// # Errors
    /// [`ErrorKind::Parameter`] before anything is sent when the task is not valid; [`ErrorKind::NotOffered`] when the
    /// portal has no service that tells, which only ArcGIS Online has; [`ErrorKind::Unsupported`] for tasks of
    /// services whose cost no service tells; [`ErrorKind::Protocol`] for an answer that is no number of credits;
    /// [`ErrorKind::NoEstimate`] when a job that estimates does not end in time.
    pub async fn estimate<T: Task>(&self, task: &T) -> Result<CreditEstimate> {
        self.estimate_form(T::META, task.encode()?).await
    }

    /// The same for a task with its types erased, from its parameters as one flat JSON object.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub async fn estimate_entry(
        &self,
        task: &TaskEntry,
        parameters: Value,
    ) -> Result<CreditEstimate> {
        self.estimate_form(task.meta, task.encode(parameters)?)
            .await
    }

    /// The same portal, on which no call of a task is made whose estimated cost exceeds so many credits, or whose cost
    /// cannot be estimated: [`ErrorKind::CreditLimit`] and [`ErrorKind::NoEstimate`]. An estimate of just so many
    /// credits passes, and tasks that themselves only estimate are free.
    ///
    /// It is a limit for each call, not a budget for all of them: calls that are made at once, or one after the other, may
    /// together cost more.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::{ErrorKind, Portal, Result};
    /// use arcgis_analysis_types::Task;
    ///
    /// async fn run<T: Task>(portal: &Portal, task: &T) -> Result<Option<T::Results>> {
    ///     match portal.with_max_credits(5.0).run(task).await {
    ///         Err(error) if error.kind() == ErrorKind::CreditLimit => Ok(None),
    ///         outcome => outcome.map(Some),
    ///     }
    /// }
    /// ```
    pub fn with_max_credits(&self, credits: f64) -> Self {
        Self {
            max_credits: Some(credits),
            ..self.clone()
        }
    }

    /// Refuses a call that costs more than the caller allows. Nothing has been sent of it, nor written down.
    pub(super) async fn guard(&self, meta: &TaskMeta, form: &Form) -> Result<()> {
        let Some(limit) = self.max_credits else {
            return Ok(());
        };
        if limit.is_nan() || limit < 0.0 {
            let sentence = format!("the limit of credits must be 0 or more, not {limit}");
            return Err(Error::new(ErrorKind::Configuration, sentence));
        }
        let estimate = self.ask(meta, form).await.map_err(|error| {
            let sentence = format!(
                "{} was not submitted: it may cost no more than {limit} credits, and what it costs cannot be told: {error}",
                meta.name
            );
            Error::new(ErrorKind::NoEstimate, sentence)
                .with_codes(error.code(), error.message_code().map(str::to_owned))
                .with_source(error)
        })?;
        if estimate.maximum <= limit {
            return Ok(());
        }
        let sentence = format!(
            "{} was not submitted: it may cost {} credits, and no more than {limit} are allowed",
            meta.name, estimate.maximum
        );
        Err(Error::new(ErrorKind::CreditLimit, sentence))
    }

    async fn estimate_form(&self, meta: &TaskMeta, mut form: Form) -> Result<CreditEstimate> {
        items::resolve(&self.shared.session, meta, &mut form).await?;
        self.ask(meta, &form).await
    }

    async fn ask(&self, meta: &TaskMeta, form: &Form) -> Result<CreditEstimate> {
        let Some(estimator) = Estimator::of(meta) else {
            let sentence = format!(
                "no service tells what tasks of the service `{}` cost, such as {}",
                meta.service.id, meta.name
            );
            return Err(Error::new(ErrorKind::Unsupported, sentence));
        };
        let service = self.service(estimator.task)?;
        let question = Question {
            doing: format!("estimating the cost of {}", meta.name),
            form: (estimator.form)(meta, form),
            estimator,
            service,
        };
        let mut outputs = match self.execution(&question).await {
            Execution::Synchronous => self.by_request(&question).await?,
            _ => self.by_job(&question).await?,
        };
        let value: Option<Value> = outputs.optional(estimator.result()).ok().flatten();
        self.told(&question, &value.map(unpacked).unwrap_or_default())
    }

    /// How the service says that it is asked; where it does not say so, as it is documented to be.
    async fn execution(&self, question: &Question) -> Execution {
        let (shared, task) = (&self.shared, question.estimator.task);
        let known = || {
            let known = shared.executions.lock();
            known.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(execution) = known().get(task.name) {
            return *execution;
        }
        let Ok(url) = Url::parse(question.service.as_str()) else {
            return task.execution;
        };
        let call = shared.session.get("describe", url);
        let reply = shared.session.call_again(&call).await.ok();
        let described = reply.and_then(|reply| estimator::execution(&reply.document));
        if let Some(execution) = described {
            known().insert(task.name, execution);
        }
        described.unwrap_or(task.execution)
    }

    async fn by_request(&self, question: &Question) -> Result<Outputs> {
        let session = &self.shared.session;
        let Question { doing, .. } = question;
        let task = question.estimator.task;
        let url = question.service.task(task.name, "execute");
        let url = url.map_err(|problem| {
            Error::new(ErrorKind::Protocol, format!("{doing} failed: {problem}"))
        })?;
        let call = session.post_form("estimate", url, &question.form);
        let reply = session.call_again(&call).await;
        let document = reply
            .map_err(|failure| session.error(doing, failure))?
            .document;
        match execute::read(task, document) {
            Ok(executed) => Ok(executed.outputs),
            Err((problem, document)) => Err(session.unexpected(doing, problem, &document)),
        }
    }

    async fn by_job(&self, question: &Question) -> Result<Outputs> {
        let session = &self.shared.session;
        let Question { doing, service, .. } = question;
        // The ledger is for jobs that somebody wants back, and for what costs.
        let task = question.estimator.task;
        let job = submit_free(session, service, task, &question.form, doing).await?;
        let limit = session.polling.time_limit.or(Some(PATIENCE));
        let outputs = match job.wait(limit).await {
            Ok(_) => job.outputs().await,
            Err(error) => Err(error),
        };
        // What may still run is the estimate, which nobody needs to look for.
        outputs.map_err(|error| match error.job_may_run() {
            true => {
                let sentence = format!("{doing} failed: {error}");
                Error::new(ErrorKind::NoEstimate, sentence)
                    .with_codes(error.code(), error.message_code().map(str::to_owned))
                    .with_source(error)
            }
            false => error,
        })
    }

    /// Reads what the service told.
    fn told(&self, question: &Question, value: &Value) -> Result<CreditEstimate> {
        let session = &self.shared.session;
        let doing = &question.doing;
        match (question.estimator.read)(value) {
            Ok(estimate) => Ok(CreditEstimate {
                note: estimate.note.map(|note| {
                    let note = redact(&note, &session.secrets());
                    note.chars().take(LONGEST_NOTE).collect()
                }),
                ..estimate
            }),
            Err(Unread::Garbled) => Err(session.unexpected(doing, NO_CREDITS, value)),
            Err(Unread::Refused(message)) => {
                let sentence = format!("{doing} failed: the service says: {}", message.text());
                let secrets = session.secrets();
                let error = Error::new(ErrorKind::Refused, redact(&sentence, &secrets));
                let code = message.message_code().map(|code| redact(&code, &secrets));
                Err(error.with_codes(None, code))
            }
        }
    }
}

/// Whether a task only tells what others cost: it needs no guard and no entry in the ledger, and may be asked twice.
pub(super) fn is_free(meta: &TaskMeta) -> bool {
    Estimator::all().any(|task| task.service.id == meta.service.id && task.name == meta.name)
}

/// What is asked, and of whom.
struct Question {
    doing: String,
    estimator: &'static Estimator,
    service: ServiceUrl,
    form: Form,
}

/// How long the job that estimates may take where the caller has set no limit.
const PATIENCE: Duration = Duration::from_secs(300);

/// How many characters of what the service says beside the cost are kept.
const LONGEST_NOTE: usize = 1_000;

const NO_CREDITS: &str = "the service answered with something that is no number of credits";

/// The JSON that a value is, which many services send as its text.
fn unpacked(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}
