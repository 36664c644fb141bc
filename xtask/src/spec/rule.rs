//! Groups and rules: how parameters depend on each other.

use super::Geometry;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Parameters that exclude each other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The name of the Rust field, in snake case.
    pub name: String,
    /// The name of the Rust enum.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether one variant must be given.
    pub required: bool,
    /// What the group decides, as a sentence.
    pub doc: String,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// One of a group's variants.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// The name of the Rust variant.
    pub name: String,
    /// What choosing it means, as a sentence.
    pub doc: String,
    /// The parameters that belong to it.
    pub parameters: Vec<String>,
}

/// A rule between parameters.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// What is demanded.
    #[serde(rename = "rule")]
    pub kind: RuleKind,
    /// The parameters of which it is demanded.
    pub parameters: Vec<String>,
    /// When it is demanded; without it, always.
    pub when: Option<Condition>,
    /// What to do, as a clause that completes the refusal, for example `give several distances`.
    pub help: Option<String>,
    /// The code with which the service itself refuses the call.
    pub message_code: Option<String>,
    /// For `geometry`: the geometries that are taken.
    #[serde(default)]
    pub geometry: Vec<Geometry>,
    /// For `minItems`: the least number of items.
    pub count: Option<usize>,
    /// For `lessThan`: the parameter that must be greater.
    pub than: Option<String>,
}

/// What a rule demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RuleKind {
    /// Each of the parameters must be given.
    Requires,
    /// None of the parameters may be given.
    Forbids,
    /// At least one of the parameters must be given.
    AtLeastOneOf,
    /// At most one of the parameters may be given.
    AtMostOneOf,
    /// The parameters may be given only when the condition holds.
    OnlyWhen,
    /// The features must have one of the geometries.
    Geometry,
    /// The list must have at least `count` items.
    MinItems,
    /// The number must be less than the one that `than` names, or than its default.
    LessThan,
}

/// When a rule applies: a question about one `parameter`, or `all` or `any` of several conditions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The parameter that is asked about, with exactly one of the questions below.
    pub parameter: Option<String>,
    /// Whether the parameter is given.
    pub present: Option<bool>,
    /// What the parameter, or else its default, equals.
    pub equals: Option<Value>,
    /// Which geometries its features have.
    pub geometry: Option<Vec<Geometry>>,
    /// How many items the list, or features the collection, has at least.
    pub min_items: Option<usize>,
    /// How many items the list, or features the collection, has at most.
    pub max_items: Option<usize>,
    /// All of these hold.
    pub all: Option<Vec<Condition>>,
    /// One of these holds.
    pub any: Option<Vec<Condition>>,
}
