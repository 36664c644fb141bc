//! What came out of a job, for those who do not know its task: as JSON, and summed up for people.

mod summary;

pub use summary::LayerSummary;

use crate::Executed;
use crate::output::Target;
use crate::types::meta::{ResultMeta, ResultType, TaskMeta};
use crate::types::{
    DecodeError, FeatureCollection, ItemOutput, JobInfo, JobMessage, JobStatus, LayerOutput,
    Outputs, ProcessInfo,
};
use crate::words::nearest;
use serde_json::{Map, Value, json};

/// What came out of a job.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::Report;
/// use arcgis_analysis::types::{JobInfo, Outputs};
/// use serde_json::json;
///
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// let job = JobInfo::from_json(json!({ "jobId": "j1", "jobStatus": "esriJobSucceeded" }))?;
/// let mut outputs = Outputs::default();
/// outputs.push("bufferLayer", json!({ "url": "https://example.com/arcgis/rest/services/B/FeatureServer/0" }));
///
/// let report = Report::new(meta, "https://example.com/jobs/j1", &job, outputs)?;
/// assert_eq!(report.to_json()["status"], "esriJobSucceeded");
/// assert!(report.to_json()["results"]["bufferLayer"]["url"].is_string());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The job's ID; empty where the task ran without a job.
    pub job_id: String,
    /// The job's URL; empty where the task ran without a job.
    pub job_url: String,
    /// The state in which the job ended.
    pub status: JobStatus,
    /// The messages that the job wrote.
    pub messages: Vec<JobMessage>,
    /// The results that the job returned, in the order of the task's description.
    pub results: Vec<NamedResult>,
}

/// A result of a job.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::{NamedResult, ResultValue};
///
/// let result = NamedResult { name: "count".to_owned(), value: ResultValue::Json(3.into()), file: None };
/// assert!(result.layer().is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NamedResult {
    /// The wire name.
    pub name: String,
    /// The value.
    pub value: ResultValue,
    /// The file to which it was written.
    pub file: Option<Target>,
}

/// The value of a result.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::ResultValue;
///
/// assert_eq!(ResultValue::Json(3.into()).to_json(), 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ResultValue {
    /// A layer or a table.
    Layer(LayerOutput),
    /// Messages about the analysis.
    Messages(ProcessInfo),
    /// An item of the portal, such as a file to download.
    Item(ItemOutput),
    /// JSON of another shape, and results that the task's description does not have.
    Json(Value),
}

impl ResultValue {
    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Layer(layer) => layer.to_json(),
            Self::Messages(info) => info
                .messages
                .iter()
                .map(|m| json!({ "messageCode": m.code, "message": m.text, "params": m.params }))
                .collect(),
            Self::Item(item) => {
                let known = [("itemId", &item.item_id), ("url", &item.url)];
                let known = known.into_iter().filter_map(|(name, text)| {
                    Some((name.to_owned(), Value::from(text.as_deref()?)))
                });
                known.chain(item.other.clone()).collect()
            }
            Self::Json(value) => value.clone(),
        }
    }
}

impl NamedResult {
    /// The layer or table, where the result is one.
    #[must_use]
    pub fn layer(&self) -> Option<&LayerOutput> {
        match &self.value {
            ResultValue::Layer(layer) => Some(layer),
            _ => None,
        }
    }

    /// The features, where the job returned them and not the URL of a hosted layer.
    #[must_use]
    pub fn features(&self) -> Option<&FeatureCollection> {
        self.layer().and_then(LayerOutput::features)
    }

    /// The item of the portal, where the result is one.
    #[must_use]
    pub fn item(&self) -> Option<&ItemOutput> {
        match &self.value {
            ResultValue::Item(item) => Some(item),
            _ => None,
        }
    }

    /// The value as JSON; of a result that was written to a file, where it is and how much it holds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Some(file) = &self.file else {
            return self.value.to_json();
        };
        let what = match self.features() {
            Some(features) => json!({
                "geometryType": features.geometry_type(),
                "featureCount": features.features().len(),
            }),
            None => self.value.to_json(),
        };
        let mut json = json!({
            "file": file.path().display().to_string(),
            "format": file.format().name(),
        });
        if let (Some(members), Value::Object(what)) = (json.as_object_mut(), what) {
            members.extend(what);
        }
        json
    }
}

impl Report {
    /// Reads what a job returned by the description of its task.
    ///
    /// # Errors
    /// When a result has another shape than the description says.
    pub fn new(
        meta: &TaskMeta,
        job_url: &str,
        job: &JobInfo,
        mut outputs: Outputs,
    ) -> Result<Self, DecodeError> {
        let mut results = Vec::new();
        for result in meta.results {
            if let Some(value) = value(result, &mut outputs)? {
                results.push(NamedResult {
                    name: result.name.to_owned(),
                    value,
                    file: None,
                });
            }
        }
        // A newer service may return more than the description knows.
        for (name, value) in outputs.iter() {
            let value = ResultValue::Json(value.clone());
            results.push(NamedResult {
                name: name.to_owned(),
                value,
                file: None,
            });
        }
        Ok(Self {
            job_id: job.job_id.clone(),
            job_url: job_url.to_owned(),
            status: job.status.clone(),
            messages: job.messages.clone(),
            results,
        })
    }

    /// Reads what a task that runs without a job returned.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_executed(meta: &TaskMeta, answer: Executed) -> Result<Self, DecodeError> {
        let job = JobInfo {
            job_id: String::new(),
            status: JobStatus::Succeeded,
            messages: answer.messages,
            progress: None,
            results: Vec::new(),
        };
        Self::new(meta, "", &job, answer.outputs)
    }

    /// The result of this name with features that can be written to a file, or the first one where no name is given.
    ///
    /// # Errors
    /// When the job returned no such result, or not its features.
    pub fn features_mut(&mut self, name: Option<&str>) -> Result<&mut NamedResult, LayerError> {
        let is_wanted = |result: &NamedResult| match name {
            Some(name) => result.name.eq_ignore_ascii_case(name),
            None => result.features().is_some(),
        };
        let shown = name.unwrap_or("layer").to_owned();
        match self.results.iter_mut().find(|result| is_wanted(result)) {
            Some(result) if result.features().is_some() => Ok(result),
            Some(_) => Err(LayerError::NoFeatures { name: shown }),
            None => Err(LayerError::NotReturned { name: shown }),
        }
    }

    /// The result of this name that is an item of the portal.
    ///
    /// # Errors
    /// When the job returned no such item.
    pub fn item_mut(&mut self, name: &str) -> Result<&mut NamedResult, LayerError> {
        let mut results = self.results.iter_mut();
        let found = results
            .find(|result| result.name.eq_ignore_ascii_case(name) && result.item().is_some());
        found.ok_or_else(|| LayerError::NoItem {
            name: name.to_owned(),
        })
    }

    /// The whole report as one JSON document: `jobId`, `jobUrl`, `status`, `results` and `messages`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let results: Map<_, _> = self
            .results
            .iter()
            .map(|result| (result.name.clone(), result.to_json()))
            .collect();
        json!({
            "jobId": named(&self.job_id),
            "jobUrl": named(&self.job_url),
            "status": self.status.as_str(),
            "results": results,
            "messages": messages(&self.messages),
        })
    }
}

/// A text, or null where it is empty.
fn named(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// The messages of a job as JSON, unpacked: `type`, `message` and, where there is one, `messageCode`.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::messages;
/// use arcgis_analysis::types::{JobMessage, MessageType};
///
/// let warning = JobMessage::new(MessageType::Warning, "2 features were left out.");
/// let json = messages(&[warning]);
/// assert_eq!(json[0]["message"], "2 features were left out.");
/// assert_eq!(json[0]["type"], "esriJobMessageTypeWarning");
/// ```
#[must_use]
pub fn messages(messages: &[JobMessage]) -> Value {
    let message = |message: &JobMessage| {
        let mut json = json!({ "type": message.message_type.as_str(), "message": message.text() });
        if let Some(code) = message.message_code() {
            json["messageCode"] = code.into();
        }
        json
    };
    messages.iter().map(message).collect()
}

fn value(result: &ResultMeta, outputs: &mut Outputs) -> Result<Option<ResultValue>, DecodeError> {
    Ok(match result.ty {
        ResultType::FeatureLayer | ResultType::Table => {
            outputs.optional(result.name)?.map(ResultValue::Layer)
        }
        ResultType::ProcessInfo => outputs.optional(result.name)?.map(ResultValue::Messages),
        ResultType::Item => outputs.optional(result.name)?.map(ResultValue::Item),
        _ => outputs.optional(result.name)?.map(ResultValue::Json),
    })
}

/// The result of a task that can be written to a file of features: the one of this name or, where no name is given,
/// the first.
///
/// # Errors
/// When the task has no such result, or it holds no features.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::layer_result;
///
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// assert_eq!(layer_result(meta, None)?.name, "bufferLayer");
/// let error = layer_result(meta, Some("bufferLayr")).unwrap_err();
/// assert!(error.to_string().ends_with("did you mean `bufferLayer`?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn layer_result(
    meta: &TaskMeta,
    name: Option<&str>,
) -> Result<&'static ResultMeta, LayerError> {
    let is_layer =
        |result: &ResultMeta| matches!(result.ty, ResultType::FeatureLayer | ResultType::Table);
    let names = || {
        meta.results
            .iter()
            .filter(|result| is_layer(result))
            .map(|result| result.name)
    };
    let task = meta.name;
    match name {
        None => meta
            .results
            .iter()
            .find(|r| is_layer(r))
            .ok_or(LayerError::NoLayers { task }),
        Some(name) => match meta.result(name) {
            Some(result) if is_layer(result) => Ok(result),
            Some(_) => Err(LayerError::NoLayer {
                task,
                name: name.to_owned(),
                layers: names().collect(),
            }),
            None => Err(LayerError::Unknown {
                task,
                name: name.to_owned(),
                nearest: nearest(name, names()),
                layers: names().collect(),
            }),
        },
    }
}

/// The result of a task that can be written to a file: the one of this name or, where no name is given, the first layer or
/// else the first item.
///
/// # Errors
/// As [`layer_result`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::file_result;
/// use arcgis_analysis::types::meta::ResultType;
///
/// let meta = arcgis_analysis::find_task("ExtractData", None)?.meta;
/// let result = file_result(meta, None)?;
/// assert_eq!((result.name, result.ty), ("contentID", ResultType::Item));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn file_result(meta: &TaskMeta, name: Option<&str>) -> Result<&'static ResultMeta, LayerError> {
    let items = || meta.results.iter().filter(|r| r.ty == ResultType::Item);
    let item = match name {
        Some(name) => items().find(|r| r.name.eq_ignore_ascii_case(name)),
        None => items().next(),
    };
    match (layer_result(meta, name), item) {
        (Err(_), Some(item)) => Ok(item),
        (layer, _) => layer,
    }
}

/// Why a result cannot be written to a file.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::report::{LayerError, layer_result};
///
/// let meta = arcgis_analysis::find_task("CreateBuffers", None)?.meta;
/// assert!(matches!(layer_result(meta, Some("areas")), Err(LayerError::Unknown { .. })));
/// # Ok::<(), arcgis_analysis::FindTaskError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerError {
    /// The task has no result of that name.
    Unknown {
        /// The task.
        task: &'static str,
        /// The name that was given.
        name: String,
        /// The result whose name is nearest, where one is near.
        nearest: Option<&'static str>,
        /// The results that hold features.
        layers: Vec<&'static str>,
    },
    /// The result holds no features.
    NoLayer {
        /// The task.
        task: &'static str,
        /// The name that was given.
        name: String,
        /// The results that hold features.
        layers: Vec<&'static str>,
    },
    /// No result of the task holds features.
    NoLayers {
        /// The task.
        task: &'static str,
    },
    /// The job did not return the result.
    NotReturned {
        /// The result's name.
        name: String,
    },
    /// The job returned no features, but a hosted layer or something else.
    NoFeatures {
        /// The result's name.
        name: String,
    },
    /// The job did not return the item.
    NoItem {
        /// The result's name.
        name: String,
    },
}

impl std::fmt::Display for LayerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |layers: &[&str]| {
            layers
                .iter()
                .map(|l| format!("`{l}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Self::Unknown {
                task,
                name,
                nearest: Some(near),
                ..
            } => {
                write!(f, "{task} has no result `{name}`; did you mean `{near}`?")
            }
            Self::Unknown {
                task, name, layers, ..
            } => {
                write!(f, "{task} has no result `{name}`; it has {}", list(layers))
            }
            Self::NoLayer { task, name, layers } => {
                write!(
                    f,
                    "{task}: the result `{name}` holds no features; choose one of {}",
                    list(layers)
                )
            }
            Self::NoLayers { task } => {
                write!(
                    f,
                    "{task} returns no features that could be written to a file; leave the file out"
                )
            }
            Self::NotReturned { name } => {
                write!(
                    f,
                    "the job returned no {name} with features, so no file was written; see its messages"
                )
            }
            Self::NoFeatures { name } => write!(
                f,
                "the job did not return the features of {name} themselves, so no file was written; see its results"
            ),
            Self::NoItem { name } => write!(
                f,
                "the job returned no item as {name}, so no file was written; see its messages"
            ),
        }
    }
}

impl std::error::Error for LayerError {}

#[cfg(all(test, feature = "spatial"))]
#[allow(clippy::unwrap_used)]
mod tests;
