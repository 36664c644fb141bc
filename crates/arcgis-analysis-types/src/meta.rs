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

use crate::{FieldType, GeometryKind};

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

/// A parameter of a task, or a member of an object parameter.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ParamMeta {
    /// The name on the wire.
    pub name: &'static str,
    /// The command-line flag, where it is not the wire name in kebab case.
    pub flag: Option<&'static str>,
    /// The type.
    pub ty: ParamType,
    /// What the parameter means.
    pub doc: &'static str,
    /// Whether it must be given; for a member of a group, whenever its variant is chosen.
    pub required: bool,
    /// What the service assumes when the parameter is absent, as JSON text.
    pub default: Option<&'static str>,
    /// The geometries that a feature parameter takes; empty where any will do.
    pub geometry: &'static [GeometryKind],
    /// The bounds of a number, or of each number of a list.
    pub range: Option<RangeMeta>,
    /// What parts the items of a list that travels as one text; a list without one is a JSON array.
    pub separator: Option<char>,
    /// The attributes that features or rows may have, where they are documented.
    pub attributes: &'static [AttributeMeta],
    /// The release that introduced it.
    pub since: Option<&'static str>,
    /// The last release that has it.
    pub until: Option<&'static str>,
}

impl ParamMeta {
    /// An optional parameter of which nothing else is said, to begin others with.
    pub const OPTIONAL: Self = Self {
        name: "",
        flag: None,
        ty: ParamType::Json,
        doc: "",
        required: false,
        default: None,
        geometry: &[],
        range: None,
        separator: None,
        attributes: &[],
        since: None,
        until: None,
    };
}

/// An attribute that features or rows may have.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::FieldType;
/// use arcgis_analysis_types::meta::AttributeMeta;
///
/// let name = AttributeMeta { name: "Name", ty: FieldType::String, length: Some(128), doc: "What a stop is called." };
/// assert_eq!(name.length, Some(128));
/// ```
#[derive(Debug)]
pub struct AttributeMeta {
    /// The field's name.
    pub name: &'static str,
    /// The field's type.
    pub ty: FieldType,
    /// How many characters a text may have.
    pub length: Option<u32>,
    /// What it holds.
    pub doc: &'static str,
}

/// The bounds of a number.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RangeMeta {
    /// The least value.
    pub min: Option<f64>,
    /// Whether the least value is itself refused.
    pub exclusive_min: bool,
    /// The greatest value.
    pub max: Option<f64>,
}

/// The type of a parameter.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ParamType {
    /// Text.
    Text,
    /// A list of texts.
    TextList,
    /// The name of a field of an input layer.
    FieldName,
    /// A list of field names.
    FieldNameList,
    /// Statistics of fields, each as text of the form `<field> <statistic>`.
    SummaryFields,
    /// A double.
    Number,
    /// A list of doubles.
    NumberList,
    /// A 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
    /// An instant, in milliseconds since 1970 on the wire.
    DateTime,
    /// One word of a list.
    Choice(&'static [ChoiceMeta]),
    /// Several words of a list.
    ChoiceList(&'static [ChoiceMeta]),
    /// Features: a layer, an item or a feature collection.
    FeatureInput,
    /// A list of feature inputs.
    FeatureInputList,
    /// A distance with its unit.
    LinearUnit,
    /// How to travel: a travel mode or a straight line.
    TravelMode,
    /// Conditions on attributes and places.
    LocationExpressions,
    /// The hosted layer to create.
    OutputName,
    /// The execution context.
    Context,
    /// An object with members of its own.
    Object(&'static ObjectMeta),
    /// A list of such objects.
    ObjectList(&'static ObjectMeta),
    /// A list of 64-bit integers.
    IntegerList,
    /// A distance with its unit in words.
    Distance,
    /// An area with its unit.
    ArealUnit,
    /// A duration with its unit.
    TimeUnit,
    /// Features or rows as geoprocessing takes them: a feature set, a layer or an upload.
    FeatureSetInput,
    /// A raster: an item, an image service or a path in a data store.
    RasterInput,
    /// A list of rasters.
    RasterInputList,
    /// A raster, or features.
    RasterOrFeatureInput,
    /// The rasters that go into an image collection.
    ImageCollectionInput,
    /// The hosted image service to create.
    RasterOutputName,
    /// The item to create: a file or a package.
    ItemOutputName,
    /// The dataset to create on a GeoAnalytics Server.
    DatasetName,
    /// The execution context of raster analysis.
    RasterContext,
    /// The execution context of GeoAnalytics.
    GeoAnalyticsContext,
    /// An envelope with its spatial reference.
    Extent,
    /// A spatial reference.
    SpatialReference,
    /// A file: its URL, or an upload.
    DataFile,
    /// The description of a field.
    Field,
    /// A table of values, a list a row.
    ValueTable,
    /// JSON of a shape that is not documented.
    Json,
}

/// An object parameter.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ObjectMeta {
    /// The name of its Rust type.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its members.
    pub members: &'static [ParamMeta],
}

/// One word of a list of choices.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ChoiceMeta {
    /// The word on the wire.
    pub value: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The release that introduced the word.
    pub since: Option<&'static str>,
}

/// Parameters that exclude each other.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct GroupMeta {
    /// The name of the group's Rust field.
    pub name: &'static str,
    /// Whether one variant must be given.
    pub required: bool,
    /// What the group decides.
    pub doc: &'static str,
    /// The variants.
    pub variants: &'static [VariantMeta],
}

/// One of a group's variants.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct VariantMeta {
    /// The name of the Rust variant.
    pub name: &'static str,
    /// What choosing it means.
    pub doc: &'static str,
    /// The parameters that belong to it.
    pub params: &'static [&'static str],
}

/// A rule between parameters, with the sentence that explains a breach.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct RuleMeta {
    /// What is demanded.
    pub rule: Rule,
    /// When it is demanded.
    pub when: Option<Condition>,
    /// Why, or what to do, as a clause that completes the refusal; empty where the rule says enough.
    pub help: &'static str,
    /// The code with which the service itself refuses the call.
    pub message_code: Option<&'static str>,
}

/// What a rule demands.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Rule {
    /// Each of these must be given.
    Requires(&'static [&'static str]),
    /// None of these may be given, except with its default, which asks for nothing.
    Forbids(&'static [&'static str]),
    /// At least one of these must be given.
    AtLeastOneOf(&'static [&'static str]),
    /// At most one of these may be given.
    AtMostOneOf(&'static [&'static str]),
    /// These may be given, other than with their defaults, only when the rule's condition holds.
    OnlyWhen(&'static [&'static str]),
    /// The features must have one of these geometries.
    Geometry(&'static str, &'static [GeometryKind]),
    /// The list must have at least so many items.
    MinItems(&'static str, usize),
    /// The first number must be less than the second, or than the second's default.
    LessThan(&'static str, &'static str),
}

/// When a rule applies.
///
/// A condition may be undecidable before the service has looked, as the geometry of a layer behind a URL is.
/// A rule whose condition is undecidable is left to the service.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Condition {
    /// The parameter is given.
    Present(&'static str),
    /// The parameter is not given.
    Absent(&'static str),
    /// The parameter, or else its default, equals this text, number or truth value, as JSON text.
    Equals(&'static str, &'static str),
    /// The features have one of these geometries.
    Geometry(&'static str, &'static [GeometryKind]),
    /// The list, or the feature collection, has at least so many items.
    ItemsAtLeast(&'static str, usize),
    /// The list, or the feature collection, has at most so many items.
    ItemsAtMost(&'static str, usize),
    /// All of these hold.
    All(&'static [Condition]),
    /// One of these holds.
    Any(&'static [Condition]),
}

/// A result of a task.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct ResultMeta {
    /// The name on the wire.
    pub name: &'static str,
    /// The type.
    pub ty: ResultType,
    /// The object that it is, where the type is that.
    pub object: Option<&'static ObjectMeta>,
    /// What the result holds.
    pub doc: &'static str,
    /// When the result comes, as a clause that follows "only when"; empty where it always comes.
    pub when: &'static str,
    /// Whether it always comes.
    pub always: bool,
    /// The fields that are known to be in it.
    pub fields: &'static [FieldMeta],
}

/// The type of a result.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResultType {
    /// A layer of features.
    FeatureLayer,
    /// A table.
    Table,
    /// Messages about the analysis.
    ProcessInfo,
    /// A raster: an image service, an item or a file in a data store.
    RasterLayer,
    /// An item of the portal.
    Item,
    /// Items of the portal.
    ItemList,
    /// A file to download.
    File,
    /// Files to download.
    FileList,
    /// Text.
    Text,
    /// A list of texts.
    TextList,
    /// True or false.
    Boolean,
    /// A double.
    Number,
    /// A 64-bit integer.
    Integer,
    /// An instant.
    DateTime,
    /// An object with members of its own.
    Object,
    /// JSON of another shape.
    Json,
}

/// A field that is known to be in a result.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct FieldMeta {
    /// The field's name, or its pattern with `<...>` for what depends on the call.
    pub name: &'static str,
    /// What it holds.
    pub doc: &'static str,
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
