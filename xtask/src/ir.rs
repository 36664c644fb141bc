//! What is generated, with everything decided: names are valid Rust, references are resolved, texts are written.
//!
//! Plain data that [`lower`](crate::lower::lower) makes and [`emit`](crate::emit::emit) prints.
//!
//! # Examples
//!
//! ```
//! use xtask::ir::{ChoiceRef, Type};
//!
//! let units = Type::ChoiceList(ChoiceRef { name: "DistanceUnits".to_owned(), shared: true });
//! assert_eq!(units.kept(), "Vec<DistanceUnits>");
//! assert_eq!(units.taken(), "impl IntoIterator<Item = DistanceUnits>");
//! ```

/// A service: one crate.
#[derive(Debug, Clone)]
pub struct Service {
    /// The folder of its specs, which is also its ID.
    pub id: String,
    /// The crate, for example `arcgis-analysis-spatial`.
    pub crate_name: String,
    /// The crate in Rust, for example `arcgis_analysis_spatial`.
    pub crate_path: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The title for people.
    pub title: String,
    /// The key under `helperServices`.
    pub helper_service: String,
    /// What to look for when a portal does not offer the service.
    pub licence: String,
    /// The tasks that the local service computes, by wire name.
    pub local: Vec<String>,
    /// Choices that several tasks share.
    pub choices: Vec<ChoiceType>,
    /// Objects that several tasks share.
    pub objects: Vec<Object>,
    /// The enums of the choices that only the shared objects have.
    pub object_choices: Vec<ChoiceType>,
    /// The tasks, by module name.
    pub tasks: Vec<Task>,
}

/// The spec of something.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The path, from the root of the workspace.
    pub path: String,
    /// A digest of the text.
    pub digest: u64,
}

/// A task: one module.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where it comes from.
    pub origin: Origin,
    /// The module, for example `create_buffers`.
    pub module: String,
    /// The ID, for example `create-buffers`.
    pub id: String,
    /// The name of the struct.
    pub name: String,
    /// The name on the wire.
    pub wire: String,
    /// The key under `helperServices`, where it is not the service's.
    pub helper_service: Option<String>,
    /// The licence to look for, where it is not the service's.
    pub licence: Option<String>,
    /// What it needs that only ArcGIS has.
    pub needs: Option<String>,
    /// Whether ArcGIS Online has it.
    pub arcgis_online: bool,
    /// How it is called, as a variant of `Execution`.
    pub execution: &'static str,
    /// The group under which ArcGIS lists it.
    pub category: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What it does, in paragraphs.
    pub description: Vec<String>,
    /// The documentation page.
    pub source: String,
    /// What it costs.
    pub credits: Option<String>,
    /// The code of its failure.
    pub failure_code: Option<String>,
    /// The first release.
    pub since: Option<String>,
    /// The last release.
    pub until: Option<String>,
    /// How far it can be trusted, as a variant of `Confidence`.
    pub confidence: &'static str,
    /// What is unconfirmed.
    pub unconfirmed: Vec<String>,
    /// The documentation of the struct, a paragraph each.
    pub doc: Vec<String>,
    /// The parameters, in the order of the spec.
    pub params: Vec<Param>,
    /// The fields of the struct, in order.
    pub fields: Vec<Field>,
    /// The groups, in the order of the spec.
    pub groups: Vec<Group>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The results.
    pub results: Vec<TaskResult>,
    /// The enums of its own choices.
    pub choices: Vec<ChoiceType>,
    /// The sets of the service's choices that it uses, by type name.
    pub shared_choices: Vec<String>,
    /// The objects that its parameters hold.
    pub objects: Vec<Object>,
    /// The service's objects that its parameters hold.
    pub shared_objects: Vec<Object>,
    /// Typical calls.
    pub examples: Vec<Example>,
    /// The first typical call in Rust.
    pub call: Option<Call>,
}

impl Task {
    /// An object that its parameters hold, its own or the service's.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Object> {
        let all = self.objects.iter().chain(&self.shared_objects);
        all.into_iter().find(|object| object.name == name)
    }
}

/// A parameter of a task, or a member of an object.
#[derive(Debug, Clone)]
pub struct Param {
    /// The name on the wire.
    pub wire: String,
    /// The name in Rust.
    pub rust: String,
    /// The command-line flag, where it is not the wire name in kebab case.
    pub flag: Option<String>,
    /// The type.
    pub ty: Type,
    /// What it means, with the wire names of other parameters.
    pub doc: String,
    /// The documentation in Rust, a paragraph each.
    pub rust_doc: Vec<String>,
    /// The one line of documentation of its setter.
    pub setter_doc: String,
    /// Whether it must be given.
    pub required: bool,
    /// The default, as JSON text.
    pub default: Option<String>,
    /// The geometries, as variants of `GeometryKind`.
    pub geometry: Vec<&'static str>,
    /// The bounds.
    pub range: Option<Range>,
    /// What parts the items of a list that travels as one text.
    pub separator: Option<char>,
    /// The attributes that features or rows may have.
    pub attributes: Vec<Attribute>,
    /// The first release.
    pub since: Option<String>,
    /// The last release.
    pub until: Option<String>,
}

/// An attribute that features or rows may have.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The field's name.
    pub name: String,
    /// The field's type, as a variant of `FieldType`.
    pub ty: &'static str,
    /// How many characters a text may have.
    pub length: Option<u32>,
    /// What it holds.
    pub doc: String,
}

/// The type of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `String`.
    Text,
    /// `Vec<String>`.
    TextList,
    /// `String`, the name of a field.
    FieldName,
    /// `Vec<String>`, names of fields.
    FieldNameList,
    /// `Vec<SummaryField>`.
    SummaryFields,
    /// `f64`.
    Number,
    /// `Vec<f64>`.
    NumberList,
    /// `i64`.
    Integer,
    /// `bool`.
    Boolean,
    /// `DateTime`.
    DateTime,
    /// An open enum.
    Choice(ChoiceRef),
    /// A list of an open enum.
    ChoiceList(ChoiceRef),
    /// `FeatureInput`.
    FeatureInput,
    /// `Vec<FeatureInput>`.
    FeatureInputList,
    /// `LinearUnit`.
    LinearUnit,
    /// `TravelMode`.
    TravelMode,
    /// `OutputName`.
    OutputName,
    /// `Context`.
    Context,
    /// A struct of the task's objects.
    Object(String),
    /// A list of such structs.
    ObjectList(String),
    /// `Vec<i64>`.
    IntegerList,
    /// A type of the vocabulary of this name, which is also the name in `ParamType`.
    Value(&'static str),
    /// A list of such a type; the name in `ParamType` ends with `List`.
    ValueList(&'static str),
    /// `serde_json::Value`.
    Json,
}

impl Type {
    /// The Rust type in which a parameter is kept.
    #[must_use]
    pub fn kept(&self) -> String {
        let plain = match self {
            Self::Text | Self::FieldName => "String",
            Self::TextList | Self::FieldNameList => "Vec<String>",
            Self::SummaryFields => "Vec<SummaryField>",
            Self::Number => "f64",
            Self::NumberList => "Vec<f64>",
            Self::Integer => "i64",
            Self::Boolean => "bool",
            Self::DateTime => "DateTime",
            Self::FeatureInput => "FeatureInput",
            Self::FeatureInputList => "Vec<FeatureInput>",
            Self::LinearUnit => "LinearUnit",
            Self::TravelMode => "TravelMode",
            Self::OutputName => "OutputName",
            Self::Context => "Context",
            Self::IntegerList => "Vec<i64>",
            Self::Json => "Value",
            Self::Value(name) => name,
            Self::ValueList(name) => return format!("Vec<{name}>"),
            Self::Choice(ChoiceRef { name, .. }) | Self::Object(name) => return name.clone(),
            Self::ChoiceList(ChoiceRef { name, .. }) | Self::ObjectList(name) => {
                return format!("Vec<{name}>");
            }
        };
        plain.to_owned()
    }

    /// The Rust type of the argument that a function takes for a parameter.
    #[must_use]
    pub fn taken(&self) -> String {
        match self {
            Self::Text
            | Self::FieldName
            | Self::DateTime
            | Self::FeatureInput
            | Self::OutputName
            | Self::Value(_)
            | Self::Json => {
                format!("impl Into<{}>", self.kept())
            }
            Self::TextList | Self::FieldNameList => {
                "impl IntoIterator<Item = impl Into<String>>".to_owned()
            }
            Self::FeatureInputList => {
                "impl IntoIterator<Item = impl Into<FeatureInput>>".to_owned()
            }
            Self::ValueList(name) => format!("impl IntoIterator<Item = impl Into<{name}>>"),
            Self::IntegerList => "impl IntoIterator<Item = i64>".to_owned(),
            Self::SummaryFields => "impl IntoIterator<Item = SummaryField>".to_owned(),
            Self::NumberList => "impl IntoIterator<Item = f64>".to_owned(),
            Self::ChoiceList(ChoiceRef { name, .. }) | Self::ObjectList(name) => {
                format!("impl IntoIterator<Item = {name}>")
            }
            _ => self.kept(),
        }
    }
}

/// Which enum holds a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceRef {
    /// The name of the enum.
    pub name: String,
    /// Whether it belongs to the service rather than to the task.
    pub shared: bool,
}

/// An open enum.
#[derive(Debug, Clone)]
pub struct ChoiceType {
    /// The name of the enum.
    pub name: String,
    /// What it decides.
    pub doc: String,
    /// The words.
    pub choices: Vec<Choice>,
}

/// A word of an open enum.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The word on the wire.
    pub value: String,
    /// The variant.
    pub variant: String,
    /// What it means.
    pub doc: String,
    /// The documentation in Rust.
    pub rust_doc: String,
    /// The release that introduced it.
    pub since: Option<String>,
}

/// The bounds of a number.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The least value.
    pub min: Option<f64>,
    /// Whether the least value is itself refused.
    pub exclusive_min: bool,
    /// The greatest value.
    pub max: Option<f64>,
}

/// A field of a task's struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The parameter of this index.
    Param(usize),
    /// The group of this index.
    Group(usize),
}

/// Parameters that exclude each other: an enum.
#[derive(Debug, Clone)]
pub struct Group {
    /// The field of the task's struct.
    pub field: String,
    /// The name of the enum.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// What it decides.
    pub doc: String,
    /// The documentation in Rust, a paragraph each.
    pub rust_doc: Vec<String>,
    /// The one line of documentation of its setter.
    pub setter_doc: String,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// A variant of a group.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The name of the variant.
    pub name: String,
    /// The function that makes it.
    pub constructor: String,
    /// What choosing it means.
    pub doc: String,
    /// The documentation in Rust, a paragraph each.
    pub rust_doc: Vec<String>,
    /// The indices of its parameters. A single one is the variant's only value, several are its fields.
    pub params: Vec<usize>,
}

/// A rule between parameters.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What is demanded.
    pub kind: RuleKind,
    /// When it is demanded.
    pub when: Option<Condition>,
    /// What to do.
    pub help: String,
    /// The code with which the service refuses the call.
    pub message_code: Option<String>,
}

/// What a rule demands, by wire names.
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// Each must be given.
    Requires(Vec<String>),
    /// None may be given.
    Forbids(Vec<String>),
    /// One or more must be given.
    AtLeastOneOf(Vec<String>),
    /// One at most may be given.
    AtMostOneOf(Vec<String>),
    /// May be given only when the condition holds.
    OnlyWhen(Vec<String>),
    /// The features must have one of these geometries.
    Geometry(String, Vec<&'static str>),
    /// The list must have at least so many items.
    MinItems(String, usize),
    /// The first must be less than the second.
    LessThan(String, String),
}

/// When a rule applies, by wire names.
#[derive(Debug, Clone)]
pub enum Condition {
    /// The parameter is given.
    Present(String),
    /// The parameter is not given.
    Absent(String),
    /// The parameter equals this JSON text.
    Equals(String, String),
    /// The features have one of these geometries.
    Geometry(String, Vec<&'static str>),
    /// There are at least so many items.
    ItemsAtLeast(String, usize),
    /// There are at most so many items.
    ItemsAtMost(String, usize),
    /// All of these hold.
    All(Vec<Condition>),
    /// One of these holds.
    Any(Vec<Condition>),
}

/// A result of a task.
#[derive(Debug, Clone)]
pub struct TaskResult {
    /// The name on the wire.
    pub wire: String,
    /// The name in Rust.
    pub rust: String,
    /// The type, as a variant of `ResultType`.
    pub ty: &'static str,
    /// The Rust type.
    pub rust_type: String,
    /// The object that it is.
    pub object: Option<String>,
    /// Whether it always comes.
    pub always: bool,
    /// When it comes; empty where it always does.
    pub when: String,
    /// What it holds.
    pub doc: String,
    /// The documentation in Rust, a paragraph each.
    pub rust_doc: Vec<String>,
    /// The names and meanings of its known fields.
    pub fields: Vec<(String, String)>,
}

/// An object that parameters hold: a struct.
#[derive(Debug, Clone)]
pub struct Object {
    /// The name of the struct.
    pub name: String,
    /// What it means.
    pub doc: String,
    /// The documentation in Rust.
    pub rust_doc: String,
    /// Its members.
    pub members: Vec<Param>,
}

/// A typical call.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it does.
    pub doc: String,
    /// The parameters, as the text of one JSON object.
    pub params: String,
}

/// A typical call in Rust.
#[derive(Debug, Clone)]
pub struct Call {
    /// What it does.
    pub doc: String,
    /// The types of the task's module that it names.
    pub module_types: Vec<String>,
    /// The types of the service's choices that it names.
    pub shared_types: Vec<String>,
    /// The service's objects that it names.
    pub object_types: Vec<String>,
    /// The types of the vocabulary that it names.
    pub vocabulary: Vec<String>,
    /// The arguments of `new`, as Rust expressions.
    pub arguments: Vec<String>,
    /// The setters and their arguments.
    pub setters: Vec<(String, String)>,
    /// The JSON values that the expressions hold by their placeholders.
    pub json: Vec<serde_json::Value>,
    /// The form's fields and their texts.
    pub encoded: Vec<(String, String)>,
}

impl Call {
    /// What stands in an expression for a JSON value.
    #[must_use]
    pub fn placeholder(index: usize) -> String {
        format!("json_{index}")
    }
}
