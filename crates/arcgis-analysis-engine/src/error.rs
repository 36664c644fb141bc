//! Why an analysis was not computed.

use arcgis_analysis_types::ParameterError;

/// Why an analysis was not computed.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::EngineError;
///
/// let error = EngineError::Input {
///     param: "inputLayer".to_owned(),
///     problem: "has no features".to_owned(),
/// };
/// assert_eq!(error.to_string(), "`inputLayer` has no features");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The parameters break a rule of the task.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The task is not computed on this machine.
    #[error("{task} is not computed on this machine: {reason}")]
    Unavailable {
        /// The task's name on the wire.
        task: String,
        /// What is missing.
        reason: String,
    },
    /// The features cannot be analysed.
    #[error("`{param}` {problem}")]
    Input {
        /// The wire name of the parameter that holds the features.
        param: String,
        /// What is wrong with them, as a clause that follows the parameter's name.
        problem: String,
    },
    /// The analysis would need a spatial reference, or a change between two, that is not supported.
    #[error("`{param}` {problem}")]
    SpatialReference {
        /// The wire name of the parameter that brings the spatial reference.
        param: String,
        /// What is wrong with it, as a clause that follows the parameter's name.
        problem: String,
    },
    /// The analysis was cancelled through its [`Control`](crate::Control).
    #[error("the analysis was cancelled")]
    Cancelled,
}

impl EngineError {
    /// Something is wrong with the features of a parameter.
    pub(crate) fn input(param: &str, problem: impl Into<String>) -> Self {
        Self::Input {
            param: param.to_owned(),
            problem: problem.into(),
        }
    }

    /// Something is wrong with the spatial reference of a parameter.
    pub(crate) fn spatial_reference(param: &str, problem: impl Into<String>) -> Self {
        Self::SpatialReference {
            param: param.to_owned(),
            problem: problem.into(),
        }
    }
}
