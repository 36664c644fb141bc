//! What is known about a parameter.

use crate::{FieldType, GeometryKind};

/// A parameter of a task, or a member of an object parameter.
///
/// # Examples
///
/// See the [module](crate::meta).
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
/// See the [module](crate::meta).
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
/// See the [module](crate::meta).
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
/// See the [module](crate::meta).
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
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct ChoiceMeta {
    /// The word on the wire.
    pub value: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The release that introduced the word.
    pub since: Option<&'static str>,
}
