//! The format of the specs: what the JSON files under `task-specs/` say.
//!
//! These types are the truth about the format. The JSON Schemas beside the specs are derived from them, and their
//! doc comments become the schemas' descriptions.
//!
//! # Examples
//!
//! ```
//! use xtask::spec::{Parameter, ParameterType};
//!
//! let text = r#"{ "name": "distances", "type": "numberList", "doc": "The distances." }"#;
//! let parameter: Parameter = serde_json::from_str(text)?;
//! assert_eq!(parameter.ty, ParameterType::NumberList);
//! assert!(!parameter.required);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod rule;
mod service;
mod task;

pub use rule::{Condition, Group, Rule, RuleKind, Variant};
pub use service::{ChoiceSet, Service};
pub use task::{
    Attribute, AttributeType, Choice, Confidence, Encoding, Example, Execution, Geometry,
    Judgement, Level, Object, Omitted, Parameter, ParameterType, Range, Task, TaskResult,
    TaskResultField, TaskResultType,
};

/// Where the specs are, from the root of the workspace.
pub const FOLDER: &str = "task-specs";

/// The file that describes a service, in the service's folder.
pub const SERVICE_FILE: &str = "service.json";
