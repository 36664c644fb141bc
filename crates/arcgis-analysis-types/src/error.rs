//! What can be wrong with parameters and results.

use std::fmt;

/// Why a call was refused before anything was sent.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{ParameterError, ParameterErrorKind};
///
/// let error = ParameterError::new(ParameterErrorKind::Missing, "CreateBuffers", ["inputLayer"], "is missing");
/// assert_eq!(error.to_string(), "CreateBuffers: `inputLayer` is missing");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterError {
    kind: ParameterErrorKind,
    task: String,
    params: Vec<String>,
    problem: String,
}

/// The kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterErrorKind {
    /// The task has no parameter of that name.
    Unknown,
    /// A required parameter is missing.
    Missing,
    /// The value has the wrong type or cannot be read.
    WrongType,
    /// The word is not one of the choices.
    NotAChoice,
    /// The number is out of range.
    OutOfRange,
    /// Parameters were given that exclude each other.
    Exclusive,
    /// A rule between parameters is broken.
    Rule,
    /// The features are empty, or have impossible coordinates.
    Features,
    /// The task does not take this type of geometry.
    Geometry,
}

impl ParameterError {
    /// An error about parameters of a task; `problem` completes the sentence that begins with their names.
    pub fn new<I, S>(
        kind: ParameterErrorKind,
        task: impl Into<String>,
        params: I,
        problem: impl Into<String>,
    ) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            kind,
            task: task.into(),
            params: params.into_iter().map(Into::into).collect(),
            problem: problem.into(),
        }
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn kind(&self) -> ParameterErrorKind {
        self.kind
    }

    /// The task that was called.
    #[must_use]
    pub fn task(&self) -> &str {
        &self.task
    }

    /// The wire names of the parameters at fault.
    #[must_use]
    pub fn params(&self) -> &[String] {
        &self.params
    }

    /// The same error, said of a member of `parent`.
    #[must_use]
    pub(crate) fn within(mut self, task: &str, parent: &str) -> Self {
        self.task = task.to_owned();
        for name in &mut self.params {
            *name = format!("{parent}.{name}");
        }
        self
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.task)?;
        for (i, name) in self.params.iter().enumerate() {
            let joint = match i {
                0 => "",
                _ if i + 1 == self.params.len() => " and ",
                _ => ", ",
            };
            write!(f, "{joint}`{name}`")?;
        }
        write!(f, " {}", self.problem)
    }
}

impl std::error::Error for ParameterError {}

/// Why a result could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The service did not return a result that it always returns.
    #[error("the job returned no `{name}`, which this task always returns; look at the job's messages")]
    Missing {
        /// The result's wire name.
        name: String,
    },
    /// The result has another shape than documented.
    #[error("the result `{name}` cannot be read: {problem}")]
    Shape {
        /// The result's wire name.
        name: String,
        /// What was wrong.
        problem: String,
    },
    /// The result has more features than the service sends in one answer, so it sent none.
    #[error(
        "the result `{name}` exceeds the service's transfer limit and came without features; set `outputName` to have it written to a hosted layer"
    )]
    TransferLimit {
        /// The result's wire name.
        name: String,
    },
}
