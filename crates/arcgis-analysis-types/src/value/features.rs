//! Features, feature sets and feature collections.

use super::{Geometry, GeometryType, SpatialReference};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A feature's attributes, by field name, in the order of the fields.
pub type Attributes = Map<String, Value>;

/// A feature: a geometry, or none in a table, and attributes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feature {
    /// The geometry; absent in tables and where it is empty.
    pub geometry: Option<Geometry>,
    /// The attributes.
    pub attributes: Attributes,
}

/// A set of features of one geometry type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSet {
    /// The geometry type; absent in tables.
    pub geometry_type: Option<GeometryType>,
    /// The spatial reference of every geometry that carries none of its own.
    pub spatial_reference: Option<SpatialReference>,
    /// The fields, where the set describes them.
    pub fields: Vec<Field>,
    /// The features.
    pub features: Vec<Feature>,
    /// Whether the service held features back.
    pub exceeded_transfer_limit: bool,
}

/// Features with the definition of their layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureCollection {
    /// The layer's definition.
    pub layer_definition: LayerDefinition,
    /// The features.
    pub feature_set: FeatureSet,
    /// An SQL where clause that selects features.
    pub filter: Option<String>,
}

/// What is known about a layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerDefinition {
    /// The layer's name.
    pub name: Option<String>,
    /// The geometry type; absent in tables.
    pub geometry_type: Option<GeometryType>,
    /// The field that identifies a feature.
    pub object_id_field: Option<String>,
    /// The fields.
    pub fields: Vec<Field>,
    /// Every other property, as it came.
    pub other: Map<String, Value>,
}

/// A field of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The greatest length of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Every other property, as it came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Field {
    /// A field with a name and a type.
    #[must_use]
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        let name = name.into();
        Self { alias: Some(name.clone()), name, field_type, length: None, other: Map::new() }
    }
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FieldType {
    /// The identifier of a feature.
    #[serde(rename = "esriFieldTypeOID")]
    Oid,
    /// A 16-bit integer.
    #[serde(rename = "esriFieldTypeSmallInteger")]
    SmallInteger,
    /// A 32-bit integer.
    #[serde(rename = "esriFieldTypeInteger")]
    Integer,
    /// A 64-bit integer.
    #[serde(rename = "esriFieldTypeBigInteger")]
    BigInteger,
    /// A 32-bit float.
    #[serde(rename = "esriFieldTypeSingle")]
    Single,
    /// A 64-bit float.
    #[serde(rename = "esriFieldTypeDouble")]
    Double,
    /// A text.
    #[serde(rename = "esriFieldTypeString")]
    String,
    /// An instant, in milliseconds since 1970.
    #[serde(rename = "esriFieldTypeDate")]
    Date,
    /// A globally unique identifier.
    #[serde(rename = "esriFieldTypeGlobalID")]
    GlobalId,
    /// A unique identifier.
    #[serde(rename = "esriFieldTypeGUID")]
    Guid,
    /// A type that this version of the crate does not know.
    #[serde(untagged)]
    Unknown(String),
}
