//! The task: typed parameters that can be checked, encoded and answered.

use crate::check;
use crate::error::{DecodeError, ParameterError};
use crate::meta::TaskMeta;
use crate::param::{Object, Reader, Visitor};
use crate::{Form, FromResult};
use serde_json::Value;

/// A task with its parameters.
///
/// Implemented by the generated types of the service crates; here is what they look like, cut down to one parameter.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::meta::{Confidence, Execution, ParamMeta, ParamType, RangeMeta, ServiceMeta, TaskMeta};
/// use arcgis_analysis_types::{
///     DecodeError, LayerOutput, Object, Outputs, ParameterError, Reader, Task, TaskEntry, TaskResults, Visitor,
/// };
/// use serde_json::json;
///
/// #[derive(Debug, Clone, PartialEq)]
/// struct GrowGrid {
///     cell_size: f64,
/// }
///
/// #[derive(Debug, Clone, PartialEq)]
/// struct GrowGridResults {
///     grid: LayerOutput,
/// }
///
/// impl TaskResults for GrowGridResults {
///     fn decode(outputs: &mut Outputs) -> Result<Self, DecodeError> {
///         Ok(Self { grid: outputs.required("grid")? })
///     }
/// }
///
/// impl Object for GrowGrid {
///     const MEMBERS: &'static [ParamMeta] = META.params;
///
///     fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
///         visitor.add("cellSize", &self.cell_size);
///     }
///
///     fn read(reader: &mut Reader) -> Result<Self, ParameterError> {
///         Ok(Self { cell_size: reader.required("cellSize")? })
///     }
/// }
///
/// impl Task for GrowGrid {
///     type Results = GrowGridResults;
///     const META: &'static TaskMeta = &META;
/// }
///
/// static META: TaskMeta = TaskMeta {
///     name: "GrowGrid",
///     params: &[ParamMeta {
///         name: "cellSize",
///         ty: ParamType::Number,
///         range: Some(RangeMeta { min: Some(0.0), exclusive_min: true, max: None }),
///         required: true,
///         ..ParamMeta::OPTIONAL
///     }],
/// #   id: "grow-grid",
/// #   service: &ServiceMeta { id: "", title: "", helper_service: "", licence: "" },
/// #   helper_service: None,
/// #   licence: None, needs: None,
/// #   arcgis_online: true,
/// #   execution: Execution::Asynchronous,
/// #   category: "",
/// #   summary: "",
/// #   description: &[],
/// #   source: "",
/// #   credits: None,
/// #   failure_code: None,
/// #   since: None,
/// #   until: None,
/// #   groups: &[],
/// #   rules: &[],
/// #   results: &[],
/// #   confidence: Confidence::High,
/// #   unconfirmed: &[],
/// #   examples: &[],
///     // ...
/// };
///
/// let form = GrowGrid { cell_size: 2.5 }.encode()?;
/// assert_eq!(form.get("cellSize").as_deref(), Some("2.5"));
/// let error = GrowGrid { cell_size: 0.0 }.check().unwrap_err();
/// assert_eq!(error.to_string(), "GrowGrid: `cellSize` must be greater than 0, not 0");
///
/// // The same task, with its types erased.
/// let entry = TaskEntry::of::<GrowGrid>();
/// assert_eq!(entry.encode(json!({ "cellSize": 2.5 }))?, form);
/// let error = entry.encode(json!({ "cellsize": 2.5 })).unwrap_err();
/// assert_eq!(error.to_string(), "GrowGrid: `cellsize` is not a parameter; did you mean `cellSize`?");
/// # Ok::<(), ParameterError>(())
/// ```
pub trait Task: Object + Clone + PartialEq + Send + Sync + 'static {
    /// What the task returns.
    type Results: TaskResults;

    /// What is known about the task.
    const META: &'static TaskMeta;

    /// Checks each parameter, and the rules between them.
    ///
    /// # Errors
    /// Names the parameters and the rule that is broken.
    fn check(&self) -> Result<(), ParameterError> {
        check::task(Self::META, &Visitor::of(self))
    }

    /// Encodes the parameters as they are posted, after checking them.
    ///
    /// # Errors
    /// As [`Task::check`].
    fn encode(&self) -> Result<Form, ParameterError> {
        let visitor = Visitor::of(self);
        check::task(Self::META, &visitor)?;
        let mut form = Form::default();
        for (name, value) in visitor.params() {
            let separator = Self::META.param(name).and_then(|meta| meta.separator);
            form.push(*name, crate::form::joined(value.to_json(), separator));
        }
        Ok(form)
    }

    /// The parameters as one flat JSON object, with the wire's names.
    fn to_json(&self) -> Value {
        Visitor::of(self).to_json()
    }

    /// Reads the parameters from one flat JSON object, with the wire's names.
    ///
    /// # Errors
    /// Names the parameter that is unknown, missing, of a wrong type, or excluded by another.
    fn from_json(value: Value) -> Result<Self, ParameterError> {
        let mut reader = Reader::object(Self::META.name, Self::MEMBERS, value)?;
        Self::read(&mut reader)
    }
}

/// What a task returns.
///
/// # Examples
///
/// See [`Task`].
pub trait TaskResults: Clone + std::fmt::Debug + PartialEq + Send + Sized + 'static {
    /// Takes each result from what the job returned.
    ///
    /// # Errors
    /// Names the result that is missing or cannot be read.
    fn decode(outputs: &mut Outputs) -> Result<Self, DecodeError>;
}

/// The values that a job returned, by result name in any letter case.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{LayerOutput, Outputs};
/// use serde_json::json;
///
/// let mut outputs = Outputs::default();
/// outputs.push("BufferLayer", json!({ "url": "https://example.com/arcgis/rest/services/B/FeatureServer/0" }));
/// let buffers: LayerOutput = outputs.required("bufferLayer")?;
/// assert!(buffers.hosted().is_some());
/// assert_eq!(
///     outputs.required::<LayerOutput>("bufferLayer").unwrap_err().to_string(),
///     "the job returned no `bufferLayer`, which this task always returns; look at the job's messages",
/// );
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outputs {
    values: Vec<(String, Value)>,
}

impl Outputs {
    /// Adds a result's value.
    pub fn push(&mut self, name: impl Into<String>, value: Value) {
        self.values.push((name.into(), value));
    }

    /// The values that have not been taken, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Takes a result that always comes.
    ///
    /// # Errors
    /// When it is missing, empty or cannot be read.
    pub fn required<T: FromResult>(&mut self, name: &'static str) -> Result<T, DecodeError> {
        self.optional(name)?.ok_or_else(|| DecodeError::Missing {
            name: name.to_owned(),
        })
    }

    /// Takes a result that may be absent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn optional<T: FromResult>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        match self
            .values
            .iter()
            .position(|(n, _)| n.eq_ignore_ascii_case(name))
        {
            Some(index) => T::from_result(name, self.values.remove(index).1),
            None => Ok(None),
        }
    }
}

/// A task with its types erased: a row of a service crate's registry.
///
/// # Examples
///
/// See [`Task`].
#[derive(Debug, Clone, Copy)]
pub struct TaskEntry {
    /// What is known about the task.
    pub meta: &'static TaskMeta,
    encode: fn(Value) -> Result<Form, ParameterError>,
}

impl TaskEntry {
    /// The entry of a task.
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self {
            meta: T::META,
            encode: |value| T::from_json(value)?.encode(),
        }
    }

    /// Reads the parameters from one flat JSON object through the typed task, checks and encodes them.
    ///
    /// # Errors
    /// As [`Task::from_json`] and [`Task::check`].
    pub fn encode(&self, params: Value) -> Result<Form, ParameterError> {
        (self.encode)(params)
    }
}
