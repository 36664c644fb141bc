//! The services that tell what tasks cost, how they are asked and how they answer.

use super::CreditEstimate;
use arcgis_analysis_types::meta::{
    Confidence, Execution, ParamMeta, ParamType, ResultMeta, ResultType, ServiceMeta, TaskMeta,
};
use arcgis_analysis_types::{Form, JobMessage, MessageType};
use serde_json::{Map, Value, json};

/// A task that tells what other tasks cost.
#[derive(Debug)]
pub(super) struct Estimator {
    /// The service whose tasks it knows.
    of: &'static str,
    pub(super) task: &'static TaskMeta,
    /// The question, for a task with its parameters.
    pub(super) form: fn(&TaskMeta, &Form) -> Form,
    /// Reads the answer.
    pub(super) read: fn(&Value) -> Result<CreditEstimate, Unread>,
}

/// Why an estimate cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is none.
    Garbled,
    /// The service says why it has none.
    Refused(JobMessage),
}

static ESTIMATORS: [Estimator; 2] = [
    Estimator {
        of: "spatial-analysis",
        task: &ESTIMATE_CREDITS,
        form: |meta, form| {
            let mut question = Form::default();
            question.push("taskName", meta.name.into());
            // As its text, which is what the parameter is.
            question.push("taskParameters", parameters(form).to_string().into());
            question
        },
        read: read_credits,
    },
    Estimator {
        of: "raster-analysis",
        task: &ESTIMATE_RASTER_COST,
        form: |meta, form| {
            let parameters = parameters(form);
            let context = parameters.get("context").cloned();
            let mut question = Form::default();
            let call = json!({ "name": meta.name, "parameters": parameters });
            question.push("inputAnalysisTask", call);
            if let Some(context) = context {
                question.push("context", context);
            }
            question
        },
        read: read_raster_cost,
    },
];

impl Estimator {
    /// The one that knows what a task costs.
    pub(super) fn of(meta: &TaskMeta) -> Option<&'static Self> {
        let mut all = ESTIMATORS.iter();
        all.find(|estimator| estimator.of == meta.service.id)
    }

    /// The tasks that tell costs.
    pub(super) fn all() -> impl Iterator<Item = &'static TaskMeta> {
        ESTIMATORS.iter().map(|estimator| estimator.task)
    }

    /// The name of the result that holds the answer.
    pub(super) fn result(&self) -> &'static str {
        self.task.results.first().map_or("", |result| result.name)
    }
}

/// How the tasks of a service run, as its description says.
pub(super) fn execution(service: &Value) -> Option<Execution> {
    match service.get("executionType")?.as_str()? {
        "esriExecutionTypeSynchronous" => Some(Execution::Synchronous),
        "esriExecutionTypeAsynchronous" => Some(Execution::Asynchronous),
        _ => None,
    }
}

fn parameters(form: &Form) -> Value {
    let all: Map<String, Value> = form
        .values()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    Value::Object(all)
}

/// Reads `{"cost", "maximumCost"}`, of which either may be missing.
fn read_credits(value: &Value) -> Result<CreditEstimate, Unread> {
    let (cost, most) = (credits(value, "cost")?, credits(value, "maximumCost")?);
    let note = |name: &str| value.get(name).and_then(Value::as_str);
    match (cost, most) {
        (None, None) if note("message").is_some() || value.get("error").is_some() => {
            Err(Unread::Refused(JobMessage {
                message_type: MessageType::Error,
                description: value.to_string(),
            }))
        }
        (None, None) => Err(Unread::Garbled),
        (cost, most) => Ok(CreditEstimate {
            cost,
            maximum: most.unwrap_or_default().max(cost.unwrap_or_default()),
            note: note("infoMessage")
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned),
        }),
    }
}

/// Reads `{"credits"}`.
fn read_raster_cost(value: &Value) -> Result<CreditEstimate, Unread> {
    let cost = credits(value, "credits")?.ok_or(Unread::Garbled)?;
    Ok(CreditEstimate {
        cost: Some(cost),
        maximum: cost,
        note: None,
    })
}

/// A member that is a number of credits, if it is there. What guards a budget takes nothing for a number that is none.
fn credits(value: &Value, name: &str) -> Result<Option<f64>, Unread> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(number) => match number.as_f64() {
            Some(credits) if credits.is_finite() && credits >= 0.0 => Ok(Some(credits)),
            _ => Err(Unread::Garbled),
        },
    }
}

/// Tells the cost of a feature analysis.
static ESTIMATE_CREDITS: TaskMeta = TaskMeta {
    execution: Execution::Synchronous,
    params: &[param("taskName"), param("taskParameters")],
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

/// Tells the cost of a raster analysis. The raster crate has its full description, made from its spec, but services build on
/// this crate and not the other way round; here stands no more than what is sent and read.
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

    use super::super::unpacked;
    use super::*;

    fn estimate(text: &str) -> Result<(Option<f64>, f64), String> {
        let read = read_credits(&unpacked(Value::from(text)));
        read.map(|estimate| (estimate.cost, estimate.maximum))
            .map_err(|unread| match unread {
                Unread::Garbled => "no credits".to_owned(),
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
            assert_eq!(estimate(text), Err("no credits".to_owned()), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_services_words() {
        let said =
            r#"{"messageCode":"AO_100012","message":"No ${what}.","params":{"what":"layer"}}"#;
        assert_eq!(estimate(said), Err("No layer.".to_owned()));
    }
}
