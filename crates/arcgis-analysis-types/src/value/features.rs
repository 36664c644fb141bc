//! Features, feature sets and feature collections.

use super::{Attributes, Geometry, GeometryType, SpatialReference};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A feature: a geometry, or none in a table, and attributes.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Feature, Geometry, Point};
///
/// let feature: Feature = serde_json::from_str(r#"{"geometry": {"x": 7.6, "y": 47.5}, "attributes": {"NAME": "Basel"}}"#)?;
/// assert_eq!(feature.geometry, Some(Geometry::Point(Point::new(7.6, 47.5))));
/// assert_eq!(feature.attributes["NAME"], "Basel");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feature {
    /// The geometry; absent in tables and where it is empty.
    pub geometry: Option<Geometry>,
    /// The attributes.
    pub attributes: Attributes,
}

impl Feature {
    /// A feature with a geometry.
    #[must_use]
    pub fn new(geometry: impl Into<Geometry>, attributes: Attributes) -> Self {
        Self {
            geometry: Some(geometry.into()),
            attributes,
        }
    }

    /// A row of a table.
    #[must_use]
    pub fn row(attributes: Attributes) -> Self {
        Self {
            geometry: None,
            attributes,
        }
    }
}

/// A set of features of one geometry type.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureSet, GeometryType};
///
/// let set: FeatureSet = serde_json::from_str(r#"{"features": [{"geometry": {"x": 7.6, "y": 47.5}}]}"#)?;
/// assert_eq!(set.geometry_type, Some(GeometryType::Point));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSet {
    /// The geometry type; absent in tables.
    pub geometry_type: Option<GeometryType>,
    /// The spatial reference of every geometry that carries none of its own.
    pub spatial_reference: Option<SpatialReference>,
    /// The field that identifies a feature, where the set names it.
    pub object_id_field: Option<String>,
    /// The fields, where the set describes them.
    pub fields: Vec<Field>,
    /// The features.
    pub features: Vec<Feature>,
    /// Whether the service held features back.
    pub exceeded_transfer_limit: bool,
}

/// Features with the definition of their layer: how features travel with a call, and how a job returns them.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureCollection, FieldType, GeometryType};
///
/// let cities = FeatureCollection::from_geojson(
///     r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [7.6, 47.5]}, "properties": {"NAME": "Basel"}}"#,
/// )?;
/// assert_eq!(cities.geometry_type(), Some(GeometryType::Point));
/// assert_eq!(cities.fields()[0].field_type, FieldType::String);
/// # Ok::<(), arcgis_analysis_types::GeoJsonError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureCollection {
    /// The layer's definition.
    pub layer_definition: LayerDefinition,
    /// The features.
    pub feature_set: FeatureSet,
    /// An SQL where clause that selects features.
    pub filter: Option<String>,
}

impl FeatureCollection {
    /// A collection of features in one spatial reference. The geometry type is that of the first geometry, and the
    /// fields are inferred from the attributes.
    #[must_use]
    pub fn new(spatial_reference: SpatialReference, features: Vec<Feature>) -> Self {
        let set = FeatureSet {
            spatial_reference: Some(spatial_reference),
            features,
            ..FeatureSet::default()
        };
        Self::from(set)
    }

    /// A table: rows without geometry.
    #[must_use]
    pub fn table(rows: Vec<Attributes>) -> Self {
        let features = rows.into_iter().map(Feature::row).collect();
        Self::from(FeatureSet {
            features,
            ..FeatureSet::default()
        })
    }

    /// The features.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.feature_set.features
    }

    /// The spatial reference: the set's, or else that of the first geometry which carries its own.
    #[must_use]
    pub fn spatial_reference(&self) -> Option<&SpatialReference> {
        self.feature_set.spatial_reference.as_ref().or_else(|| {
            self.features()
                .iter()
                .find_map(|f| f.geometry.as_ref())
                .and_then(Geometry::spatial_reference)
        })
    }

    /// The geometry type: the layer's, or else the set's, or else that of the first geometry. `None` is a table.
    #[must_use]
    pub fn geometry_type(&self) -> Option<GeometryType> {
        self.layer_definition
            .geometry_type
            .or_else(|| self.feature_set.geometry_type())
    }

    /// The fields: the layer's, or else the set's.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match self.layer_definition.fields.as_slice() {
            [] => &self.feature_set.fields,
            fields => fields,
        }
    }

    /// The field that identifies a feature, where the layer or the set names it.
    #[must_use]
    pub fn object_id_field(&self) -> Option<&str> {
        self.layer_definition
            .object_id_field
            .as_deref()
            .or(self.feature_set.object_id_field.as_deref())
    }
}

impl FeatureSet {
    /// The geometry type: as it is given, or else that of the first geometry. `None` is a table.
    #[must_use]
    pub fn geometry_type(&self) -> Option<GeometryType> {
        self.geometry_type.or_else(|| {
            self.features
                .iter()
                .find_map(|f| f.geometry.as_ref())
                .map(Geometry::geometry_type)
        })
    }
}

/// What is known about a layer.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Field, FieldType, GeometryType, LayerDefinition};
///
/// let definition = LayerDefinition {
///     geometry_type: Some(GeometryType::Point),
///     fields: vec![Field::new("NAME", FieldType::String)],
///     ..LayerDefinition::default()
/// };
/// assert_eq!(definition.fields[0].alias.as_deref(), Some("NAME"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerDefinition {
    /// The layer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The geometry type; absent in tables.
    #[serde(
        default,
        deserialize_with = "super::features_json::geometry_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub geometry_type: Option<GeometryType>,
    /// The field that identifies a feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id_field: Option<String>,
    /// The fields.
    #[serde(default, deserialize_with = "super::features_json::null_is_empty")]
    pub fields: Vec<Field>,
    /// Every other property, as it came.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A field of a layer.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Field, FieldType};
///
/// let field = Field::new("POP", FieldType::Integer);
/// assert_eq!(
///     serde_json::to_string(&field)?,
///     r#"{"name":"POP","type":"esriFieldTypeInteger","alias":"POP"}"#
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
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
        Self {
            alias: Some(name.clone()),
            name,
            field_type,
            length: None,
            other: Map::new(),
        }
    }
}

/// The type of a field.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::FieldType;
///
/// let date: FieldType = serde_json::from_str("\"esriFieldTypeDate\"")?;
/// assert_eq!(date, FieldType::Date);
/// let newer: FieldType = serde_json::from_str("\"esriFieldTypeDateOnly\"")?;
/// assert_eq!(newer, FieldType::Unknown("esriFieldTypeDateOnly".into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
