//! The data types of geoprocessing parameters.

use std::fmt;

/// A data type of a geoprocessing parameter, as a service's description names it.
///
/// # Examples
///
/// ```
/// use xtask::import::GpType;
///
/// let numbers = GpType::parse("GPMultiValue:GPDouble");
/// assert_eq!(numbers.input(false), "numberList");
/// assert!(numbers.fits_input("numberList") && !numbers.fits_input("text"));
/// assert_eq!(GpType::parse("GPTeapot").input(false), "json");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GpType {
    /// `GPString` and its kin: text, which may hold JSON.
    Text,
    /// `GPBoolean`.
    Boolean,
    /// `GPLong`.
    Long,
    /// `GPDouble`.
    Double,
    /// `GPDate`.
    Date,
    /// `GPLinearUnit`.
    LinearUnit,
    /// `GPArealUnit`.
    ArealUnit,
    /// `GPTimeUnit`.
    TimeUnit,
    /// `GPFeatureRecordSetLayer`.
    FeatureSet,
    /// `GPRecordSet`.
    RecordSet,
    /// `GPRasterDataLayer` and its kin.
    Raster,
    /// `GPDataFile`.
    File,
    /// `Field`.
    Field,
    /// `GPExtent`, `GPEnvelope`.
    Extent,
    /// `GPSpatialReference`, `GPCoordinateSystem`.
    SpatialReference,
    /// `GPValueTable`.
    ValueTable,
    /// `GPMultiValue:` of another.
    Multi(Box<GpType>),
    /// A type that is not known, or one of several types, by its name.
    Other(String),
}

impl GpType {
    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "GPString" | "GPStringHidden" | "GPSQLExpression" => Self::Text,
            "GPBoolean" => Self::Boolean,
            "GPLong" => Self::Long,
            "GPDouble" => Self::Double,
            "GPDate" => Self::Date,
            "GPLinearUnit" => Self::LinearUnit,
            "GPArealUnit" => Self::ArealUnit,
            "GPTimeUnit" => Self::TimeUnit,
            "GPFeatureRecordSetLayer" => Self::FeatureSet,
            "GPRecordSet" => Self::RecordSet,
            "GPRasterDataLayer" | "GPRasterData" | "GPRasterLayer" => Self::Raster,
            "GPDataFile" => Self::File,
            "Field" | "GPField" => Self::Field,
            "GPExtent" | "GPEnvelope" => Self::Extent,
            "GPSpatialReference" | "GPCoordinateSystem" => Self::SpatialReference,
            "GPValueTable" => Self::ValueTable,
            _ => match name.strip_prefix("GPMultiValue:") {
                Some(inner) => Self::Multi(Box::new(Self::parse(inner))),
                None => Self::Other(name.to_owned()),
            },
        }
    }

    /// The type of a spec's parameter of this type, with or without a list of choices.
    #[must_use]
    pub fn input(&self, choices: bool) -> &'static str {
        match self {
            Self::Text if choices => "choice",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Long => "integer",
            Self::Double => "number",
            Self::Date => "dateTime",
            Self::LinearUnit => "linearUnit",
            Self::ArealUnit => "arealUnit",
            Self::TimeUnit => "timeUnit",
            Self::FeatureSet | Self::RecordSet => "featureSet",
            // A raster of a geoprocessing service is a URL or an upload, as a file is.
            Self::Raster | Self::File => "dataFile",
            Self::Field => "field",
            Self::Extent => "extent",
            Self::SpatialReference => "spatialReference",
            Self::ValueTable => "valueTable",
            Self::Multi(inner) => match **inner {
                Self::Text if choices => "choiceList",
                Self::Text => "textList",
                Self::Double => "numberList",
                Self::Long => "integerList",
                _ => "json",
            },
            Self::Other(_) => "json",
        }
    }

    /// The type of a spec's result of this type.
    #[must_use]
    pub fn output(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Long => "integer",
            Self::Double => "number",
            Self::Date => "dateTime",
            Self::FeatureSet => "featureLayer",
            Self::RecordSet => "table",
            Self::Raster => "rasterLayer",
            Self::File => "file",
            Self::Multi(inner) => match **inner {
                Self::Text => "textList",
                Self::File => "fileList",
                _ => "json",
            },
            _ => "json",
        }
    }

    /// Whether a parameter that a spec says is of a type can be what the service says.
    ///
    /// Analysis services declare most of their parameters as text that holds JSON, so text fits all.
    #[must_use]
    pub fn fits_input(&self, ty: &str) -> bool {
        let takes: &[&str] = match self {
            Self::Text | Self::Other(_) => return true,
            Self::Boolean => &["boolean"],
            Self::Long => &["integer", "number"],
            Self::Double => &["number", "integer"],
            Self::Date => &["dateTime"],
            Self::LinearUnit => &["linearUnit"],
            Self::ArealUnit => &["arealUnit"],
            Self::TimeUnit => &["timeUnit"],
            Self::FeatureSet | Self::RecordSet => &["featureSet", "featureInput"],
            Self::Raster => &["dataFile", "rasterInput", "rasterOrFeatureInput"],
            Self::File => &["dataFile"],
            Self::Field => &["field", "fieldName"],
            Self::Extent => &["extent"],
            Self::SpatialReference => &["spatialReference"],
            Self::ValueTable => &["valueTable", "objectList"],
            Self::Multi(inner) => match **inner {
                Self::Text => &[
                    "textList",
                    "fieldNameList",
                    "summaryFields",
                    "choiceList",
                    "objectList",
                    "featureInputList",
                    "rasterInputList",
                ],
                Self::Double => &["numberList", "integerList"],
                Self::Long => &["integerList", "numberList"],
                Self::FeatureSet | Self::RecordSet => &["featureInputList"],
                Self::Raster => &["rasterInputList", "imageCollectionInput"],
                _ => return true,
            },
        };
        ty == "json" || takes.contains(&ty)
    }

    /// Whether a result that a spec says is of a type can be what the service says.
    #[must_use]
    pub fn fits_output(&self, ty: &str) -> bool {
        match self {
            Self::Text | Self::Other(_) => true,
            Self::FeatureSet | Self::RecordSet => matches!(ty, "featureLayer" | "table" | "json"),
            _ => ty == "json" || ty == self.output(),
        }
    }
}

impl fmt::Display for GpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Text => "GPString",
            Self::Boolean => "GPBoolean",
            Self::Long => "GPLong",
            Self::Double => "GPDouble",
            Self::Date => "GPDate",
            Self::LinearUnit => "GPLinearUnit",
            Self::ArealUnit => "GPArealUnit",
            Self::TimeUnit => "GPTimeUnit",
            Self::FeatureSet => "GPFeatureRecordSetLayer",
            Self::RecordSet => "GPRecordSet",
            Self::Raster => "GPRasterDataLayer",
            Self::File => "GPDataFile",
            Self::Field => "Field",
            Self::Extent => "GPExtent",
            Self::SpatialReference => "GPSpatialReference",
            Self::ValueTable => "GPValueTable",
            Self::Multi(inner) => return write!(f, "GPMultiValue:{inner}"),
            Self::Other(name) => name,
        };
        f.write_str(name)
    }
}
