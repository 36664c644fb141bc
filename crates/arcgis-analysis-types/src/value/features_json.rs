//! Features from and to Esri JSON.

#[cfg(test)]
mod tests;

use super::geometry_json::{self, Dimensions};
use super::object::object;
use super::{
    Attributes, Feature, FeatureCollection, FeatureSet, Field, Geometry, GeometryType,
    LayerDefinition, SpatialReference,
};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// Reads a geometry type; `null`, an empty text and `esriGeometryNull` stand for a table.
pub(super) fn geometry_type<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<GeometryType>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(
        untagged,
        expecting = "a geometry type is a text such as \"esriGeometryPoint\""
    )]
    enum Word {
        Known(GeometryType),
        Other(String),
    }
    match Option::<Word>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Word::Known(known)) => Ok(Some(known)),
        Some(Word::Other(word)) => match word.as_str() {
            "" | "esriGeometryNull" => Ok(None),
            // Rectangles are read as polygons.
            "esriGeometryEnvelope" => Ok(Some(GeometryType::Polygon)),
            _ => Err(D::Error::custom(format!(
                "the geometry type {word:?} cannot be analysed; there are points, multipoints, polylines and polygons"
            ))),
        },
    }
}

/// Reads a list that may be `null`.
pub(super) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Raw {
            #[serde(default, deserialize_with = "geometry_json::optional")]
            geometry: Option<Geometry>,
            attributes: Option<Attributes>,
            properties: Option<IgnoredAny>,
        }
        let raw: Raw = object(
            deserializer,
            "a feature, which is an object with `geometry` and `attributes`",
        )?;
        if raw.attributes.is_none() && raw.properties.is_some() {
            return Err(D::Error::custom(
                "has `properties`, as in GeoJSON, where Esri JSON has `attributes`; a GeoJSON collection says \"type\": \"FeatureCollection\"",
            ));
        }
        Ok(Self {
            geometry: raw.geometry,
            attributes: raw.attributes.unwrap_or_default(),
        })
    }
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(geometry) = &self.geometry {
            map.serialize_entry("geometry", geometry)?;
        }
        map.serialize_entry("attributes", &self.attributes)?;
        map.end()
    }
}

/// Reads a list of features; an error names the feature by its number.
pub(super) fn features<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of features")
        }

        fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            loop {
                match seq.next_element() {
                    Ok(Some(feature)) => list.push(feature),
                    Ok(None) => return Ok(list),
                    Err(error) => {
                        return Err(A::Error::custom(format!(
                            "feature {}: {error}",
                            list.len() + 1
                        )));
                    }
                }
            }
        }
    }
    deserializer.deserialize_any(List(std::marker::PhantomData))
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSet {
    #[serde(default, deserialize_with = "geometry_type")]
    geometry_type: Option<GeometryType>,
    spatial_reference: Option<SpatialReference>,
    object_id_field_name: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    fields: Vec<Field>,
    #[serde(default, deserialize_with = "features")]
    features: Vec<Feature>,
    exceeded_transfer_limit: Option<bool>,
    #[serde(rename = "hasZ")]
    has_z: Option<bool>,
    #[serde(rename = "hasM")]
    has_m: Option<bool>,
}

impl From<RawSet> for FeatureSet {
    fn from(raw: RawSet) -> Self {
        let mut set = Self {
            geometry_type: raw.geometry_type,
            spatial_reference: raw.spatial_reference,
            object_id_field: raw.object_id_field_name,
            fields: raw.fields,
            features: raw.features,
            exceeded_transfer_limit: raw.exceeded_transfer_limit.unwrap_or_default(),
        };
        if raw.has_m == Some(true) && raw.has_z != Some(true) {
            set.third_is_measure();
        }
        set.geometry_type = set.geometry_type();
        set
    }
}

impl FeatureSet {
    /// What any of the positions has.
    fn dimensions(&self) -> Dimensions {
        let geometries = self.features.iter().filter_map(|f| f.geometry.as_ref());
        geometries.fold(Dimensions::default(), |known, geometry| {
            known.or(Dimensions::of_geometry(geometry))
        })
    }

    /// Where only the set says that positions have measures, a third number is one and no height.
    fn third_is_measure(&mut self) {
        let geometries = self.features.iter_mut().filter_map(|f| f.geometry.as_mut());
        for position in geometries
            .filter(|g| !matches!(g, Geometry::Point(_)))
            .flat_map(Geometry::positions_mut)
        {
            if position.m().is_none() {
                *position = position.with_m(position.z()).with_z(None);
            }
        }
    }
}

impl<'de> Deserialize<'de> for FeatureSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object::<D, RawSet>(
            deserializer,
            "a feature set, which is an object with `features`",
        )
        .map(Self::from)
    }
}

impl Serialize for FeatureSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(geometry_type) = self.geometry_type() {
            map.serialize_entry("geometryType", &geometry_type)?;
        }
        if let Some(spatial_reference) = &self.spatial_reference {
            map.serialize_entry("spatialReference", spatial_reference)?;
        }
        let dimensions = self.dimensions();
        if dimensions.z {
            map.serialize_entry("hasZ", &true)?;
        }
        if dimensions.m {
            map.serialize_entry("hasM", &true)?;
        }
        if let Some(field) = &self.object_id_field {
            map.serialize_entry("objectIdFieldName", field)?;
        }
        if !self.fields.is_empty() {
            map.serialize_entry("fields", &self.fields)?;
        }
        map.serialize_entry("features", &self.features)?;
        if self.exceeded_transfer_limit {
            map.serialize_entry("exceededTransferLimit", &true)?;
        }
        map.end()
    }
}

impl From<FeatureSet> for FeatureCollection {
    /// The layer's definition is taken from the set, its fields where need be from the attributes.
    fn from(mut set: FeatureSet) -> Self {
        let layer_definition = LayerDefinition {
            geometry_type: set.geometry_type(),
            object_id_field: set.object_id_field.take(),
            fields: std::mem::take(&mut set.fields),
            ..LayerDefinition::default()
        };
        let mut collection = Self {
            layer_definition,
            feature_set: set,
            filter: None,
        };
        collection.fill();
        collection
    }
}

impl<'de> Deserialize<'de> for FeatureCollection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Raw {
            layer_definition: Option<LayerDefinition>,
            feature_set: Option<FeatureSet>,
            filter: Option<String>,
            features: Option<IgnoredAny>,
        }
        let raw: Raw = object(
            deserializer,
            "a feature collection, which is an object with `featureSet`",
        )?;
        if raw.layer_definition.is_none() && raw.feature_set.is_none() {
            return Err(D::Error::custom(match raw.features {
                Some(_) => "is a feature set; put it into `featureSet`",
                None => "has neither `layerDefinition` nor `featureSet`",
            }));
        }
        let mut collection = Self {
            layer_definition: raw.layer_definition.unwrap_or_default(),
            feature_set: raw.feature_set.unwrap_or_default(),
            filter: raw.filter,
        };
        let says = |flag: &str| {
            collection
                .layer_definition
                .other
                .get(flag)
                .and_then(serde_json::Value::as_bool)
        };
        if says("hasM") == Some(true) && says("hasZ") != Some(true) {
            collection.feature_set.third_is_measure();
        }
        collection.fill();
        Ok(collection)
    }
}

impl Serialize for FeatureCollection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("layerDefinition", &self.layer_definition)?;
        map.serialize_entry("featureSet", &self.feature_set)?;
        if let Some(filter) = &self.filter {
            map.serialize_entry("filter", filter)?;
        }
        map.end()
    }
}
