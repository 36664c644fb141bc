//! What is known about a task, as data: the source of checks, JSON Schemas, command-line flags, service
//! metadata and documentation. Generated from the task specs.
//!
//! # Examples
//!
//! All that is known of a small task:
//!
//! ```
//! use arcgis_analysis_types::GeometryKind;
//! use arcgis_analysis_types::meta::{
//!     ChoiceMeta, Condition, Confidence, ExampleMeta, Execution, FieldMeta, GroupMeta, ObjectMeta, ParamMeta, ParamType,
//!     RangeMeta, ResultMeta, ResultType, Rule, RuleMeta, ServiceMeta, TaskMeta, VariantMeta,
//! };
//!
//! static SERVICE: ServiceMeta = ServiceMeta {
//!     id: "spatial-analysis",
//!     title: "Spatial Analysis",
//!     helper_service: "analysis",
//!     licence: "the privilege Spatial Analysis",
//! };
//!
//! static SPEED: ObjectMeta = ObjectMeta {
//!     name: "Speed",
//!     doc: "How fast the path is walked.",
//!     members: &[ParamMeta { name: "kmh", ty: ParamType::Number, ..ParamMeta::OPTIONAL }],
//! };
//!
//! static META: TaskMeta = TaskMeta {
//!     name: "TracePaths",
//!     id: "trace-paths",
//!     service: &SERVICE,
//!     helper_service: None,
//!     licence: None,
//!     needs: None,
//!     arcgis_online: true,
//!     execution: Execution::Asynchronous,
//!     category: "use proximity",
//!     summary: "Traces paths along lines.",
//!     description: &[],
//!     source: "Trace Paths, ArcGIS REST API",
//!     credits: Some("1 credit per 1,000 features"),
//!     failure_code: None,
//!     since: None,
//!     until: None,
//!     params: &[
//!         ParamMeta { name: "lines", ty: ParamType::FeatureInput, geometry: &[GeometryKind::Line], ..ParamMeta::OPTIONAL },
//!         ParamMeta {
//!             name: "length",
//!             ty: ParamType::Number,
//!             range: Some(RangeMeta { min: Some(0.0), exclusive_min: true, max: None }),
//!             ..ParamMeta::OPTIONAL
//!         },
//!         ParamMeta { name: "lengthField", ty: ParamType::FieldName, ..ParamMeta::OPTIONAL },
//!         ParamMeta {
//!             name: "ends",
//!             ty: ParamType::Choice(&[ChoiceMeta { value: "Round", doc: "Rounded.", since: None }]),
//!             default: Some("\"Round\""),
//!             ..ParamMeta::OPTIONAL
//!         },
//!         ParamMeta { name: "speed", ty: ParamType::Object(&SPEED), ..ParamMeta::OPTIONAL },
//!     ],
//!     groups: &[GroupMeta {
//!         name: "reach",
//!         required: true,
//!         doc: "How far the paths reach.",
//!         variants: &[
//!             VariantMeta { name: "Length", doc: "All as far.", params: &["length"] },
//!             VariantMeta { name: "Field", doc: "Each as its field says.", params: &["lengthField"] },
//!         ],
//!     }],
//!     rules: &[RuleMeta {
//!         rule: Rule::OnlyWhen(&["ends"]),
//!         when: Some(Condition::Present("length")),
//!         help: "",
//!         message_code: None,
//!     }],
//!     results: &[ResultMeta {
//!         name: "paths",
//!         ty: ResultType::FeatureLayer,
//!         object: None,
//!         doc: "The paths.",
//!         when: "",
//!         always: true,
//!         fields: &[FieldMeta { name: "Length", doc: "The path's length." }],
//!     }],
//!     confidence: Confidence::High,
//!     unconfirmed: &[],
//!     examples: &[ExampleMeta { doc: "Paths of 5 km.", params: r#"{"length": 5}"# }],
//! };
//!
//! assert!(META.param("LENGTH").is_some_and(|param| param.range.is_some()));
//! assert_eq!(META.result("Paths").map(|result| result.ty), Some(ResultType::FeatureLayer));
//! ```

mod inputs;
mod param;
mod result;
mod rule;

pub use param::{AttributeMeta, ChoiceMeta, ObjectMeta, ParamMeta, ParamType, RangeMeta};
pub use result::{FieldMeta, ResultMeta, ResultType};
pub use rule::{Condition, GroupMeta, Rule, RuleMeta, VariantMeta};

/// Everything known about one task.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct TaskMeta {
    /// The task's name on the wire, for example `CreateBuffers`.
    pub name: &'static str,
    /// The task's name in kebab case, for example `create-buffers`.
    pub id: &'static str,
    /// The service that offers the task.
    pub service: &'static ServiceMeta,
    /// The key under `helperServices` of `portals/self`, where it is not the service's.
    pub helper_service: Option<&'static str>,
    /// The privilege or licence to look for, where it is not the service's.
    pub licence: Option<&'static str>,
    /// What the task needs that only ArcGIS has, so that nothing else can compute it, as a clause: `it needs a geocoder`.
    pub needs: Option<&'static str>,
    /// Whether ArcGIS Online has the task; ArcGIS Enterprise has all of them.
    pub arcgis_online: bool,
    /// How the task is called.
    pub execution: Execution,
    /// The group under which ArcGIS lists the task, for example `use proximity`.
    pub category: &'static str,
    /// What the task does, in one sentence.
    pub summary: &'static str,
    /// What the task does, in paragraphs.
    pub description: &'static [&'static str],
    /// The documentation page on which the spec rests.
    pub source: &'static str,
    /// What the task costs on ArcGIS Online, where known.
    pub credits: Option<&'static str>,
    /// The code with which the service says that a job of the task failed, where known.
    pub failure_code: Option<&'static str>,
    /// The release that introduced the task.
    pub since: Option<&'static str>,
    /// The last release that has the task.
    pub until: Option<&'static str>,
    /// The parameters, in the order of their documentation.
    pub params: &'static [ParamMeta],
    /// Sets of parameters that exclude each other.
    pub groups: &'static [GroupMeta],
    /// The other rules between parameters.
    pub rules: &'static [RuleMeta],
    /// The results, in the order of their documentation.
    pub results: &'static [ResultMeta],
    /// How far the spec can be trusted.
    pub confidence: Confidence,
    /// What is still unconfirmed.
    pub unconfirmed: &'static [&'static str],
    /// Parameters of a typical call, as JSON text.
    pub examples: &'static [ExampleMeta],
}

impl TaskMeta {
    /// The parameter of this wire name, in any letter case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'static ParamMeta> {
        self.params
            .iter()
            .find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// The result of this wire name, in any letter case.
    #[must_use]
    pub fn result(&self, name: &str) -> Option<&'static ResultMeta> {
        self.results
            .iter()
            .find(|r| r.name.eq_ignore_ascii_case(name))
    }
}

/// A service that offers tasks.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ServiceMeta {
    /// The service's name in kebab case, for example `spatial-analysis`.
    pub id: &'static str,
    /// The service's title for people.
    pub title: &'static str,
    /// The key under `helperServices` of `portals/self` that holds the service's URL.
    pub helper_service: &'static str,
    /// The privilege or licence to look for when a portal does not offer the service.
    pub licence: &'static str,
}

/// How a task is called.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Execution {
    /// Through `submitJob`, as a job.
    Asynchronous,
    /// Through `execute`, in one request.
    Synchronous,
}

/// How far a spec can be trusted.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confidence {
    /// Names and types were read in two independent sources.
    High,
    /// Names are sound, some detail is inferred.
    Medium,
    /// Parts are guessed.
    Low,
}

/// A typical call.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ExampleMeta {
    /// What the call does.
    pub doc: &'static str,
    /// The parameters, as the text of one JSON object.
    pub params: &'static str,
}
