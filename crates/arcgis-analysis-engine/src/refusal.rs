//! Refusals that several tasks word alike.

use crate::EngineError;
use crate::layer::Layer;
use crate::statistics::{is_numeric, no_such_field};
use arcgis_analysis_types::{Field, ParameterError, ParameterErrorKind};
use std::fmt::Display;

/// A word of a choice that this version of the engine does not know.
pub(crate) fn unknown_word(task: &str, param: &str, word: &impl Display) -> EngineError {
    let problem = format!("has the word `{word}`, which is not computed on this machine");
    ParameterError::new(ParameterErrorKind::NotAChoice, task, [param], problem).into()
}

/// The field of this name, which must hold numbers; `param` names it.
pub(crate) fn numeric_field<'a>(
    task: &str,
    param: &str,
    name: &str,
    layer: &'a Layer<'a>,
) -> Result<&'a Field, EngineError> {
    let refuse = |kind, problem| Err(ParameterError::new(kind, task, [param], problem).into());
    match layer.field(name) {
        None => refuse(ParameterErrorKind::NotAChoice, no_such_field(name, layer)),
        Some(field) if !is_numeric(field) => {
            let problem = format!(
                "names the field `{}`, which holds no numbers; give a numeric field",
                field.name
            );
            refuse(ParameterErrorKind::WrongType, problem)
        }
        Some(field) => Ok(field),
    }
}
