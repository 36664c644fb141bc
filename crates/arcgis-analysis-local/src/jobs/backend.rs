//! What computes a task.

use arcgis_analysis_engine::{Control, EngineError, Output, Support};
use arcgis_analysis_types::meta::TaskMeta;
use serde_json::Value;
use std::fmt::Debug;

/// What a task computed, by result name.
pub(crate) type Computed = Vec<(&'static str, Output)>;

/// What computes a task. The seam is at the level of the task, so that another machine may stand behind it.
pub(crate) trait Backend: Debug + Send + Sync {
    /// Whether a task is computed, and how faithfully.
    fn support(&self, meta: &TaskMeta) -> Support;

    /// Computes a task, given its parameters as one flat JSON object.
    ///
    /// # Errors
    /// When the parameters or the features are wrong, or the computation was cancelled.
    fn run(
        &self,
        meta: &'static TaskMeta,
        params: Value,
        control: &Control,
    ) -> Result<Computed, EngineError>;
}

/// Computes on this machine.
#[derive(Debug)]
pub(crate) struct Engine;

impl Backend for Engine {
    fn support(&self, meta: &TaskMeta) -> Support {
        arcgis_analysis_engine::support(meta)
    }

    fn run(
        &self,
        meta: &'static TaskMeta,
        params: Value,
        control: &Control,
    ) -> Result<Computed, EngineError> {
        arcgis_analysis_engine::run(meta, params, control)
    }
}
