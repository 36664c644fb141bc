//! Corrections to what services say, as data with a reason.

use super::description::{Description, Direction, Need, Parameter, Task};
use super::gp::GpType;
use crate::diagnostic::{Code, Finding};
use crate::source::{Document, SourceFile};
use crate::{schema, shape};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The file of a service's overlays.
///
/// # Examples
///
/// ```
/// let none: xtask::import::Overlays = serde_json::from_str(r#"{ "overlays": [] }"#)?;
/// assert!(none.overlays.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Overlays")]
pub struct Overlays {
    /// The path of this schema, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The corrections.
    pub overlays: Vec<Overlay>,
}

/// A correction to a description, before it is merged.
///
/// The file `import/overlays.json` of a service holds a list of them. One that changes nothing any more is refused, so
/// that none outlives its reason.
///
/// # Examples
///
/// ```
/// use xtask::import::Overlay;
///
/// let overlay: Overlay = serde_json::from_str(r#"{
///     "task": "CreateBuffers", "parameter": "inputLayer", "set": { "required": true },
///     "reason": "The description calls every parameter optional.", "source": "Create Buffers, ArcGIS REST API"
/// }"#)?;
/// assert_eq!(overlay.set.required, Some(true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overlay {
    /// The task, by its wire name.
    pub task: String,
    /// The parameter or result, by its wire name.
    pub parameter: String,
    /// Whether a result is meant, not an input of that name.
    #[serde(default)]
    pub result: bool,
    /// What is right.
    pub set: Correction,
    /// Why the description is wrong.
    pub reason: String,
    /// Where that is known from.
    pub source: String,
}

/// What an overlay sets.
///
/// # Examples
///
/// See [`Overlay`].
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Correction {
    /// The name on the wire.
    pub name: Option<String>,
    /// The data type, for example `GPDouble`.
    pub data_type: Option<String>,
    /// Whether it must be given.
    pub required: Option<bool>,
    /// What is assumed when it is left out; null for nothing.
    #[serde(default, deserialize_with = "some")]
    pub default: Option<Value>,
    /// The words that it takes.
    pub choices: Option<Vec<String>>,
    /// Whether the description should not have it at all.
    #[serde(default)]
    pub ignore: bool,
}

/// Tells `null` from what is not there.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What is wrong with an overlay.
#[derive(Debug)]
struct Problem {
    code: Code,
    message: String,
    help: &'static str,
}

/// Applies overlays; gives back what is wrong with them, a sentence each.
pub(super) fn apply(overlays: &[Overlay], tasks: &mut [Task]) -> Vec<String> {
    let problems = overlays.iter().filter_map(|overlay| one(overlay, tasks));
    problems
        .map(|problem| format!("{}: {}; {}", super::OVERLAYS, problem.message, problem.help))
        .collect()
}

/// Applies an overlay, where the task that it corrects is among those.
fn one(overlay: &Overlay, tasks: &mut [Task]) -> Option<Problem> {
    let what = format!(
        "the overlay of `{}` in `{}`",
        overlay.parameter, overlay.task
    );
    let problem = |code, message: String, help| {
        Some(Problem {
            code,
            message,
            help,
        })
    };
    let task = tasks
        .iter_mut()
        .find(|t| t.name.eq_ignore_ascii_case(&overlay.task))?;
    let direction = if overlay.result {
        Direction::Output
    } else {
        Direction::Input
    };
    let found = task
        .parameters
        .iter()
        .position(|p| p.direction == direction && p.name.eq_ignore_ascii_case(&overlay.parameter));
    let Some(i) = found else {
        return problem(
            Code::OverlayUnknown,
            format!("{what} corrects what the service does not describe"),
            "remove it, or correct its names",
        );
    };
    if overlay.set.ignore {
        task.parameters.remove(i);
        return None;
    }
    let before = task.parameters[i].clone();
    overlay.set.apply(&mut task.parameters[i]);
    if task.parameters[i] == before {
        return problem(
            Code::OverlayWithoutEffect,
            format!("{what} changes nothing"),
            "the service says the same by now, so remove it",
        );
    }
    None
}

impl Correction {
    fn apply(&self, parameter: &mut Parameter) {
        if let Some(name) = &self.name {
            parameter.name.clone_from(name);
        }
        if let Some(ty) = &self.data_type {
            parameter.ty = GpType::parse(ty);
        }
        if let Some(required) = self.required {
            parameter.need = if required {
                Need::Required
            } else {
                Need::Optional
            };
        }
        if let Some(default) = &self.default {
            parameter.default = Some(default.clone()).filter(|value| !value.is_null());
        }
        if let Some(choices) = &self.choices {
            parameter.choices.clone_from(choices);
        }
    }

    fn is_empty(&self) -> bool {
        !self.ignore
            && self.name.is_none()
            && self.data_type.is_none()
            && self.required.is_none()
            && self.default.is_none()
            && self.choices.is_none()
    }
}

/// What is wrong with the overlays among spec files, held against the descriptions that were imported last.
#[must_use]
pub fn lint(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path.ends_with(&format!("/{}", super::OVERLAYS)))
    {
        let document = match Document::parse(file.clone()) {
            Ok(document) => document,
            Err(found) => {
                findings.extend(found);
                continue;
            }
        };
        let wrong = shape::check(&document, &schema::overlays());
        if !wrong.is_empty() {
            findings.extend(wrong);
            continue;
        }
        // Its shape is right, so it can be read.
        let overlays: Overlays = serde_json::from_value(document.value.clone()).unwrap_or_default();
        let described = file.path.replace(super::OVERLAYS, super::DESCRIBED);
        let mut description = Description::default();
        if let Some(file) = files.iter().find(|file| file.path == described)
            && let Ok(value) = serde_json::from_str(&file.text)
        {
            description.parse(&described, &value);
        }
        let mut tasks = description.tasks().to_vec();
        for (i, overlay) in overlays.overlays.iter().enumerate() {
            let at = format!("/overlays/{i}");
            for (key, text) in [("reason", &overlay.reason), ("source", &overlay.source)] {
                if text.trim().is_empty() {
                    let finding = Finding::at(
                        Code::EmptyDoc,
                        &file.path,
                        "this text is empty",
                        document.span(&format!("{at}/{key}")),
                    );
                    findings
                        .push(finding.help(
                            "say why the description is wrong, and where that is known from",
                        ));
                }
            }
            let problem = if overlay.set.is_empty() {
                let message = format!(
                    "the overlay of `{}` in `{}` changes nothing",
                    overlay.parameter, overlay.task
                );
                Some(Problem {
                    code: Code::OverlayWithoutEffect,
                    message,
                    help: "say in `set` what is right, or remove it",
                })
            } else {
                one(overlay, &mut tasks)
            };
            if let Some(problem) = problem {
                let span = document.span(&format!("{at}/parameter"));
                findings.push(
                    Finding::at(problem.code, &file.path, problem.message, span).help(problem.help),
                );
            }
        }
    }
    findings
}
