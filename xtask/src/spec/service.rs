//! The file `service.json`.

use super::{Choice, Execution, Object};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A service: a folder of specs, which becomes one crate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Service")]
pub struct Service {
    /// The path of this schema, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The service's name for people, for example `Spatial analysis`.
    pub title: String,
    /// The crate that is generated from the folder.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The key under `helperServices` of `portals/self` that holds the service's URL.
    pub helper_service: String,
    /// The privilege or licence to look for when a portal does not offer the service.
    pub licence: String,
    /// What the tasks need that only ArcGIS has, so that nothing else can compute them; a task's own `needs` wins.
    pub needs: Option<String>,
    /// How tasks are called that do not say it themselves.
    pub execution: Execution,
    /// The page on which the service is documented.
    pub documentation: String,
    /// Sets of choices that several tasks share, by the name of their Rust type.
    #[serde(default)]
    pub choices: BTreeMap<String, ChoiceSet>,
    /// Objects that several tasks share, by the name of their Rust type.
    #[serde(default)]
    pub objects: BTreeMap<String, Object>,
    /// The tasks that the local service computes, by wire name, as the index of tasks tells it.
    #[serde(default)]
    pub local: Vec<String>,
    /// What a maintainer should know; it goes nowhere else.
    pub notes: Option<String>,
}

/// Choices that several tasks share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChoiceSet {
    /// What the choice decides, as a sentence.
    pub doc: String,
    /// The words, in the order of the documentation.
    pub values: Vec<Choice>,
}
