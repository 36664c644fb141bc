//! The file of a task.

use super::{Group, Rule};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A task of an analysis service.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Task")]
pub struct Task {
    /// The path of this schema, for editors.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The task's name on the wire, for example `CreateBuffers`. The file is named after it in kebab case.
    pub name: String,
    /// The name of the Rust struct, where the wire name does not make a good one; then the file is named after it.
    pub rust: Option<String>,
    /// How the task is called; without it, as the service says.
    pub execution: Option<Execution>,
    /// The key under `helperServices` of `portals/self`, where it is not the service's: some services have a key a task.
    pub helper_service: Option<String>,
    /// The privilege or licence to look for, where it is not the service's.
    pub licence: Option<String>,
    /// What the task needs that only ArcGIS has, so that nothing else can compute it, as a clause: `it needs a geocoder`.
    pub needs: Option<String>,
    /// Whether ArcGIS Online has the task; without it, true.
    pub arcgis_online: Option<bool>,
    /// The group under which ArcGIS lists the task, for example `use proximity`.
    pub category: String,
    /// What the task does, in one sentence.
    pub summary: String,
    /// What the task does, in paragraphs.
    #[serde(default)]
    pub description: Vec<String>,
    /// The documentation page on which the spec rests.
    pub source: String,
    /// What the task costs on ArcGIS Online, where known.
    pub credits: Option<String>,
    /// The code with which the service says that a job of the task failed, for example `AO_100012`.
    pub failure_code: Option<String>,
    /// The release that introduced the task.
    pub since: Option<String>,
    /// The last release that has the task.
    pub until: Option<String>,
    /// How far the spec can be trusted.
    pub confidence: Confidence,
    /// The parameters, in the order of their documentation.
    pub parameters: Vec<Parameter>,
    /// Parameters that exclude each other; each group becomes an enum.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The other rules between parameters, checked before a call.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The results, in the order of their documentation.
    pub results: Vec<TaskResult>,
    /// The objects that parameters of type `object` and `objectList` hold, by the name of their Rust type. Those that several
    /// tasks share are in `service.json`.
    #[serde(default)]
    pub objects: BTreeMap<String, Object>,
    /// Parameters that sources show and the spec leaves out on purpose.
    #[serde(default)]
    pub omitted: Vec<Omitted>,
    /// Where the sources disagree, and how it was decided.
    #[serde(default)]
    pub judgements: Vec<Judgement>,
    /// Typical calls. The first becomes the example in the documentation, and a test.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// How a task is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Execution {
    /// Through `submitJob`, as a job.
    Asynchronous,
    /// Through `execute`, in one request.
    Synchronous,
}

/// How far something can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Names and types were read in two independent sources.
    High,
    /// Names are sound, some detail is inferred.
    Medium,
    /// Parts are guessed.
    Low,
}

/// How far a spec can be trusted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confidence {
    /// The level.
    pub level: Level,
    /// What is still unconfirmed, a sentence each.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
}

/// A parameter of a task, or a member of an object.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// The name on the wire, exactly.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: ParameterType,
    /// Whether it must be given; for a parameter of a group, whenever its variant is chosen.
    #[serde(default)]
    pub required: bool,
    /// What the service assumes when the parameter is absent.
    pub default: Option<Value>,
    /// What the parameter means, with its unit and coordinates where they matter. Other parameters are named by
    /// their wire names in backticks.
    pub doc: String,
    /// The Rust name, where the wire name does not make a good one.
    pub rust: Option<String>,
    /// The geometries that a feature parameter takes; absent where any will do.
    #[serde(default)]
    pub geometry: Vec<Geometry>,
    /// The words that may be given.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// The set of the service's choices that may be given.
    pub choice_set: Option<String>,
    /// The name of the enum that is made of `choices`; without it, the parameter's name in Pascal case.
    pub choice_type: Option<String>,
    /// The object that the parameter holds: one of the spec's `objects`, or else of the service's.
    pub object: Option<String>,
    /// How a list travels, where it is not a JSON array.
    pub encoding: Option<Encoding>,
    /// The attributes that the features or rows of a `featureSet` may have.
    #[serde(default)]
    pub fields: Vec<Attribute>,
    /// The bounds of a number, or of each number of a list.
    pub range: Option<Range>,
    /// The least number of items of a list.
    pub min_items: Option<usize>,
    /// The release that introduced the parameter.
    pub since: Option<String>,
    /// The last release that has the parameter.
    pub until: Option<String>,
    /// How far the parameter can be trusted, where less than the spec.
    pub confidence: Option<Level>,
    /// What a maintainer should know; it goes nowhere else.
    pub notes: Option<String>,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ParameterType {
    /// Text.
    Text,
    /// A list of texts.
    TextList,
    /// The name of a field of an input layer.
    FieldName,
    /// A list of field names.
    FieldNameList,
    /// A list of `<field> <statistic>` pairs.
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
    /// One word of `choices` or `choiceSet`.
    Choice,
    /// A list of such words.
    ChoiceList,
    /// Features: a layer, an item or a feature collection.
    FeatureInput,
    /// A list of feature inputs.
    FeatureInputList,
    /// A distance with its unit, as geoprocessing spells it: `esriMeters`.
    LinearUnit,
    /// A distance with its unit, as raster analysis spells it: `Meters`.
    Distance,
    /// An area with its unit.
    ArealUnit,
    /// A duration with its unit.
    TimeUnit,
    /// A list of 64-bit integers.
    IntegerList,
    /// Features or rows as geoprocessing takes them: a feature set, a layer or an upload.
    FeatureSet,
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
    /// How to travel: a travel mode or a straight line.
    TravelMode,
    /// Conditions on attributes and places, joined by and and or.
    LocationExpressions,
    /// The hosted layer to create.
    OutputName,
    /// The execution context.
    Context,
    /// One of the spec's `objects`.
    Object,
    /// A list of one of the spec's `objects`.
    ObjectList,
    /// JSON of a shape that is not documented.
    Json,
}

/// A kind of geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Geometry {
    /// Points and multipoints.
    Point,
    /// Lines.
    Line,
    /// Polygons.
    Polygon,
    /// Rows without geometry.
    Table,
}

/// One word of a list of choices.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// The word on the wire, exactly.
    pub value: String,
    /// What it means, as a sentence.
    pub doc: String,
    /// The Rust variant, where the word does not make a good one.
    pub rust: Option<String>,
    /// The release that introduced the word.
    pub since: Option<String>,
}

/// How a list travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// As one text, its items parted by commas.
    CommaSeparated,
    /// As one text, its items parted by semicolons.
    SemicolonSeparated,
    /// As one text, its items parted by blanks.
    SpaceSeparated,
}

/// An attribute that features or rows may have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attribute {
    /// The field's name.
    pub name: String,
    /// The field's type.
    #[serde(rename = "type")]
    pub ty: AttributeType,
    /// How many characters a text may have.
    pub length: Option<u32>,
    /// What it holds, as a sentence.
    pub doc: String,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// The object ID.
    Oid,
    /// A 16-bit integer.
    SmallInteger,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    BigInteger,
    /// A 32-bit float.
    Single,
    /// A double.
    Double,
    /// Text.
    String,
    /// An instant, in milliseconds since 1970.
    Date,
    /// A globally unique ID.
    Guid,
}

/// A parameter that a spec leaves out on purpose.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Omitted {
    /// The name on the wire.
    pub name: String,
    /// Why it is left out.
    pub reason: String,
}

/// The bounds of a number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// The least value.
    pub min: Option<f64>,
    /// The value that is just too small.
    pub exclusive_min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
}

/// An object that a parameter holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Object {
    /// What the object means, as a sentence.
    pub doc: String,
    /// Its members.
    pub members: Vec<Parameter>,
}

/// A result of a task.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskResult {
    /// The name on the wire, exactly.
    pub name: String,
    /// The Rust name, where the wire name does not make a good one.
    pub rust: Option<String>,
    /// The type.
    #[serde(rename = "type")]
    pub ty: TaskResultType,
    /// For `object`: which of the spec's `objects`, or else of the service's.
    pub object: Option<String>,
    /// Whether every successful call returns it.
    pub always: bool,
    /// When it is returned, as a clause that follows "only when"; for a result that does not always come.
    pub when: Option<String>,
    /// What it holds, as a sentence.
    pub doc: String,
    /// The fields that are known to be in it.
    #[serde(default)]
    pub fields: Vec<TaskResultField>,
    /// How far the result can be trusted, where less than the spec.
    pub confidence: Option<Level>,
}

/// The type of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TaskResultType {
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
    /// An object.
    Object,
    /// JSON of another shape.
    Json,
}

/// A field of a result.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskResultField {
    /// The field's name, or its pattern with `<...>` for what depends on the call.
    pub name: String,
    /// What it holds, as a sentence.
    pub doc: String,
}

/// A conflict between sources.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Judgement {
    /// What the sources disagree about.
    pub about: String,
    /// What this spec says, and why.
    pub decision: String,
}

/// A typical call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Example {
    /// What the call does, as a sentence.
    pub doc: String,
    /// The parameters as one flat object, with the wire's names.
    pub parameters: Map<String, Value>,
}
