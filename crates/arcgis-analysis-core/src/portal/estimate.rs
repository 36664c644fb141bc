//! What a task would cost, asked of the portal, and the limit that a caller sets.
//!
//! Two services tell: `EstimateCredits`, in one request, for feature analyses, and `EstimateRasterAnalysisCost`, as a
//! job, for analyses of rasters. Both are part of the protocol like a submit, and neither costs anything.

use super::{Portal, items};
use crate::execute;
use crate::job::submit;
use crate::redact::{excerpt, redact};
use crate::session::Call;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::meta::{
    Confidence, Execution, ParamMeta, ParamType, ResultMeta, ResultType, ServiceMeta, TaskMeta,
};
use arcgis_analysis_types::{Form, JobMessage, MessageType, Task, TaskEntry};
use serde_json::{Map, Value, json};
use std::time::Duration;

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
    /// services whose cost no service tells; [`ErrorKind::Protocol`] for an answer that is no number of credits.
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
    /// credits passes.
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
        let parameters: Map<String, Value> = form
            .values()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        match meta.service.helper_service {
            "analysis" => self.of_features(meta, parameters).await,
            "rasterAnalytics" => self.of_rasters(meta, parameters).await,
            _ => {
                let sentence = format!(
                    "no service tells what tasks of the service `{}` cost, such as {}",
                    meta.service.id, meta.name
                );
                Err(Error::new(ErrorKind::Unsupported, sentence))
            }
        }
    }

    async fn of_features(
        &self,
        meta: &TaskMeta,
        parameters: Map<String, Value>,
    ) -> Result<CreditEstimate> {
        let session = &self.shared.session;
        let doing = format!("estimating the cost of {}", meta.name);
        let url = self.service(&ESTIMATE_CREDITS)?;
        let url = url
            .task(ESTIMATE_CREDITS.name, "execute")
            .map_err(|problem| {
                Error::new(ErrorKind::Protocol, format!("{doing} failed: {problem}"))
            })?;
        let parameters = Value::Object(parameters).to_string();
        let fields = [("taskName", meta.name), ("taskParameters", &parameters)];
        let call = Call {
            timeout: session.limits.submit,
            ..session.post("estimate", url, &fields)
        };
        // It costs nothing and changes nothing, so it may be asked again.
        let reply = session.call_again(&call).await;
        let document = reply
            .map_err(|failure| session.error(&doing, failure))?
            .document;
        let unexpected =
            |problem: &str, document: &Value| session.unexpected(&doing, problem, document);
        let mut executed = execute::read(&ESTIMATE_CREDITS, document)
            .map_err(|(problem, document)| unexpected(problem, &document))?;
        let value: Option<Value> = executed.outputs.optional("creditEstimate").ok().flatten();
        let value = value.map(unpacked).unwrap_or_default();
        match read(&value) {
            Ok(estimate) => Ok(estimate),
            Err(Unread::Garbled(problem)) => Err(unexpected(problem, &value)),
            Err(Unread::Refused(message)) => {
                let sentence = format!("{doing} failed: the service says: {}", message.text());
                let error = Error::new(ErrorKind::Refused, redact(&sentence, &session.secrets()));
                Err(error.with_codes(None, message.message_code()))
            }
        }
    }

    async fn of_rasters(
        &self,
        meta: &TaskMeta,
        parameters: Map<String, Value>,
    ) -> Result<CreditEstimate> {
        let session = &self.shared.session;
        let service = self.service(&ESTIMATE_RASTER_COST)?;
        let mut form = Form::default();
        let context = parameters.get("context").cloned();
        let call = json!({ "name": meta.name, "parameters": parameters });
        form.push("inputAnalysisTask", call);
        if let Some(context) = context {
            form.push("context", context);
        }
        // The ledger is for jobs that somebody wants back, and for what costs.
        let job = submit(session, &service, &ESTIMATE_RASTER_COST, &form, None, None).await?;
        job.wait(session.polling.time_limit.or(Some(PATIENCE)))
            .await?;
        let mut outputs = job.outputs().await?;
        let value: Option<Value> = outputs.optional("outCost").ok().flatten();
        let value = value.map(unpacked).unwrap_or_default();
        match credits(&value, "credits") {
            Ok(Some(cost)) => Ok(CreditEstimate {
                cost: Some(cost),
                maximum: cost,
                note: None,
            }),
            _ => {
                let sentence = format!("estimating the cost of {} failed: {NO_CREDITS}", meta.name);
                let error = Error::new(ErrorKind::Protocol, sentence);
                Err(error.with_excerpt(excerpt(value.to_string().as_bytes(), &session.secrets())))
            }
        }
    }
}

/// How long the job that estimates may take where the caller has set no limit.
const PATIENCE: Duration = Duration::from_secs(300);

const NO_CREDITS: &str = "the service answered with something that is no number of credits";

/// Why an estimate cannot be read.
#[derive(Debug)]
enum Unread {
    /// It is none.
    Garbled(&'static str),
    /// The service says why it has none.
    Refused(JobMessage),
}

/// The JSON that a value is, which many services send as its text.
fn unpacked(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    }
}

/// Reads `{"cost", "maximumCost"}`, of which either may be missing.
fn read(value: &Value) -> Result<CreditEstimate, Unread> {
    let number = |name| credits(value, name).map_err(|()| Unread::Garbled(NO_CREDITS));
    let (cost, most) = (number("cost")?, number("maximumCost")?);
    let note = |name: &str| value.get(name).and_then(Value::as_str);
    match (cost, most) {
        (None, None) if note("message").is_some() || value.get("error").is_some() => {
            Err(Unread::Refused(JobMessage {
                message_type: MessageType::Error,
                description: value.to_string(),
            }))
        }
        (None, None) => Err(Unread::Garbled(NO_CREDITS)),
        (cost, most) => Ok(CreditEstimate {
            cost,
            maximum: most.unwrap_or_default().max(cost.unwrap_or_default()),
            note: note("infoMessage")
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned),
        }),
    }
}

/// A member that is a number of credits, if it is there. What guards a budget takes nothing for a number that is none.
fn credits(value: &Value, name: &str) -> Result<Option<f64>, ()> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(number) => match number.as_f64() {
            Some(credits) if credits.is_finite() && credits >= 0.0 => Ok(Some(credits)),
            _ => Err(()),
        },
    }
}

/// Tells the cost of a feature analysis.
const ESTIMATE_CREDITS: TaskMeta = TaskMeta {
    execution: Execution::Synchronous,
    ..estimator(
        "EstimateCredits",
        &ServiceMeta {
            id: "credit-estimation",
            title: "Credit estimation",
            helper_service: "creditEstimation",
            licence: "an organisation of ArcGIS Online, as nothing else charges credits",
        },
        &[result("creditEstimate")],
    )
};

/// Tells the cost of a raster analysis.
static ESTIMATE_RASTER_COST: TaskMeta = TaskMeta {
    params: &[param("inputAnalysisTask"), param("context")],
    ..estimator(
        "EstimateRasterAnalysisCost",
        &ServiceMeta {
            id: "raster-analysis",
            title: "Raster analysis",
            helper_service: "rasterAnalytics",
            licence: "ArcGIS Image for ArcGIS Online, as nothing else charges credits for analyses of rasters",
        },
        &[result("outCost")],
    )
};

const fn estimator(
    name: &'static str,
    service: &'static ServiceMeta,
    results: &'static [ResultMeta],
) -> TaskMeta {
    TaskMeta {
        name,
        id: name,
        service,
        helper_service: None,
        licence: None,
        arcgis_online: true,
        execution: Execution::Asynchronous,
        category: "",
        summary: "",
        description: &[],
        source: "",
        credits: None,
        failure_code: None,
        needs: None,
        since: None,
        until: None,
        params: &[],
        groups: &[],
        rules: &[],
        results,
        confidence: Confidence::High,
        unconfirmed: &[],
        examples: &[],
    }
}

const fn param(name: &'static str) -> ParamMeta {
    ParamMeta {
        name,
        ty: ParamType::Json,
        ..ParamMeta::OPTIONAL
    }
}

const fn result(name: &'static str) -> ResultMeta {
    ResultMeta {
        name,
        ty: ResultType::Json,
        object: None,
        doc: "",
        when: "",
        always: true,
        fields: &[],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn estimate(text: &str) -> Result<(Option<f64>, f64), String> {
        let read = read(&unpacked(Value::from(text)));
        read.map(|estimate| (estimate.cost, estimate.maximum))
            .map_err(|unread| match unread {
                Unread::Garbled(problem) => problem.to_owned(),
                Unread::Refused(message) => message.text(),
            })
    }

    #[test]
    fn the_cost_the_most_or_both_are_told() {
        for (text, cost, maximum) in [
            (r#"{"cost":1.5,"maximumCost":2.0}"#, Some(1.5), 2.0),
            (r#"{"cost":0}"#, Some(0.0), 0.0),
            (r#"{"maximumCost":0.25,"totalRecords":3}"#, None, 0.25),
            (r#"{"cost":null,"maximumCost":7}"#, None, 7.0),
            // The limit holds for whichever is more.
            (r#"{"cost":3,"maximumCost":2}"#, Some(3.0), 3.0),
        ] {
            assert_eq!(estimate(text), Ok((cost, maximum)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_credits_is_no_estimate() {
        for text in [
            "",
            "null",
            "1.5",
            "{}",
            "[]",
            r#"{"cost":"1.5"}"#,
            r#"{"cost":-1}"#,
            r#"{"cost":NaN}"#,
            r#"{"cost":1e999}"#,
            r#"{"cost":true}"#,
            r#"{"cost":[1]}"#,
            r#"{"cost":1,"maximumCost":"two"}"#,
            r#"{"cost":1,"maximumCost":-2}"#,
            r#"{"Cost":1}"#,
        ] {
            assert_eq!(estimate(text), Err(NO_CREDITS.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_services_words() {
        let said =
            r#"{"messageCode":"AO_100012","message":"No ${what}.","params":{"what":"layer"}}"#;
        assert_eq!(estimate(said), Err("No layer.".to_owned()));
    }
}
