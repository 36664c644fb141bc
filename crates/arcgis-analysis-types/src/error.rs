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
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureCollection, ParameterErrorKind};
///
/// let problem = FeatureCollection::default().validate().unwrap_err();
/// assert_eq!(problem.kind(), ParameterErrorKind::Features);
/// ```
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
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.task)?;
        match self.params.as_slice() {
            [] => write!(f, "the parameters {}", self.problem),
            params => write!(f, "{} {}", Names(params), self.problem),
        }
    }
}

/// Names in a sentence: `a`, `b` and `c`.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            let joint = match i {
                0 => "",
                _ if i + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{joint}`{name}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for ParameterError {}

/// What is wrong with a value, before it is said which parameter holds it.
///
/// Its text completes the sentence that begins with the parameter's name.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, ParameterErrorKind};
///
/// let problem = f64::from_json("far".into()).unwrap_err();
/// assert_eq!(problem.kind(), ParameterErrorKind::WrongType);
/// assert_eq!(problem.to_string(), "must be a number, not the text \"far\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: ParameterErrorKind,
    /// The members of the value that are at fault, where it is an object.
    members: Vec<String>,
    text: String,
}

impl Problem {
    /// A problem of a kind; `text` completes the sentence that begins with the parameter's name.
    pub fn new(kind: ParameterErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            members: Vec::new(),
            text: text.into(),
        }
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn kind(&self) -> ParameterErrorKind {
        self.kind
    }

    /// The same problem, said of the object that holds the value under this name.
    pub(crate) fn of_member(self, name: &str) -> Self {
        Self::from(self.of_param("", name))
    }

    /// The same problem, said of the list that holds the value at this index.
    pub(crate) fn of_item(self, index: usize) -> Self {
        let joint = if self.members.is_empty() { "" } else { ":" };
        Self {
            kind: self.kind,
            members: Vec::new(),
            text: format!("item {}{joint} {self}", index + 1),
        }
    }

    /// The problem as an error about a parameter.
    pub(crate) fn of_param(self, owner: &str, name: &str) -> ParameterError {
        let params = match self.members.as_slice() {
            [] => vec![name.to_owned()],
            members => members
                .iter()
                .map(|member| format!("{name}.{member}"))
                .collect(),
        };
        ParameterError {
            kind: self.kind,
            task: owner.to_owned(),
            params,
            problem: self.text,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.members.is_empty() {
            write!(f, "{} ", Names(&self.members))?;
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for Problem {}

impl From<ParameterError> for Problem {
    /// The problem of an object, of which the error names the members.
    fn from(error: ParameterError) -> Self {
        Self {
            kind: error.kind,
            members: error.params,
            text: error.problem,
        }
    }
}

/// Why a result could not be read.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{DecodeError, FromResult, LayerOutput};
/// use serde_json::json;
///
/// // A service that holds features back sends none of them, which is another thing than an empty result.
/// let value = json!({ "features": [], "exceededTransferLimit": true });
/// let error = LayerOutput::from_result("bufferLayer", value).unwrap_err();
/// assert_eq!(error, DecodeError::TransferLimit { name: "bufferLayer".to_owned() });
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The service did not return a result that it always returns.
    #[error(
        "the job returned no `{name}`, which this task always returns; look at the job's messages"
    )]
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

#[cfg(test)]
mod tests {
    use super::*;
    use ParameterErrorKind::{Missing, Rule, WrongType};

    #[test]
    fn an_error_is_one_sentence() {
        let said = |params: &[&str]| {
            ParameterError::new(Rule, "T", params.iter().copied(), "are wrong").to_string()
        };
        assert_eq!(said(&[]), "T: the parameters are wrong");
        assert_eq!(said(&["a"]), "T: `a` are wrong");
        assert_eq!(said(&["a", "b"]), "T: `a` and `b` are wrong");
        assert_eq!(said(&["a", "b", "c"]), "T: `a`, `b` and `c` are wrong");
    }

    #[test]
    fn a_problem_keeps_its_kind_and_its_place() {
        let member = Problem::from(ParameterError::new(Missing, "Inner", ["x"], "is missing"));
        assert_eq!(member.to_string(), "`x` is missing");
        let outer = member.clone().of_param("T", "where");
        assert_eq!((outer.kind(), outer.task()), (Missing, "T"));
        assert_eq!(outer.to_string(), "T: `where.x` is missing");
        assert_eq!(
            member.of_item(1).of_param("T", "list").to_string(),
            "T: `list` item 2: `x` is missing"
        );

        let plain = Problem::new(WrongType, "must be a text");
        assert_eq!(
            plain.clone().of_item(0).of_param("T", "list").to_string(),
            "T: `list` item 1 must be a text"
        );
        assert_eq!(
            plain.of_member("m").of_param("T", "where").to_string(),
            "T: `where.m` must be a text"
        );
    }

    #[test]
    fn an_object_as_a_whole_is_named_by_its_parameter() {
        let whole = ParameterError::new(
            WrongType,
            "Inner",
            [""; 0],
            "must be a JSON object, not a list",
        );
        let outer = Problem::from(whole).of_param("T", "where");
        assert_eq!(
            outer.to_string(),
            "T: `where` must be a JSON object, not a list"
        );
    }
}
