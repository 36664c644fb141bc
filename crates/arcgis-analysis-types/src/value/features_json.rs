//! Features from and to Esri JSON.

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
    #[serde(untagged)]
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
            if position.m.is_none() {
                position.m = position.z.take();
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{FieldType, Position};
    use serde_json::{Value, json};

    fn collection(json: Value) -> FeatureCollection {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn writes_a_collection_as_arcgis_takes_it() {
        let read = collection(json!({
            "layerDefinition": {
                "name": "Cities",
                "geometryType": "esriGeometryPoint",
                "objectIdField": "FID",
                "fields": [
                    { "name": "FID", "type": "esriFieldTypeOID", "alias": "FID" },
                    { "name": "NAME", "type": "esriFieldTypeString", "alias": "Name", "length": 80, "nullable": true },
                ],
                "drawingInfo": { "renderer": null },
            },
            "featureSet": {
                "geometryType": "esriGeometryPoint",
                "spatialReference": { "wkid": 4326 },
                "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "FID": 1, "NAME": "Basel" } }],
            },
            "filter": "FID < 9",
        }));
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            concat!(
                r#"{"layerDefinition":{"name":"Cities","geometryType":"esriGeometryPoint","objectIdField":"FID","#,
                r#""fields":[{"name":"FID","type":"esriFieldTypeOID","alias":"FID"},"#,
                r#"{"name":"NAME","type":"esriFieldTypeString","alias":"Name","length":80,"nullable":true}],"#,
                r#""drawingInfo":{"renderer":null}},"#,
                r#""featureSet":{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326},"#,
                r#""features":[{"geometry":{"x":7.5,"y":47.5},"attributes":{"FID":1,"NAME":"Basel"}}]},"#,
                r#""filter":"FID < 9"}"#,
            )
        );
    }

    #[test]
    fn reads_a_bare_set_with_what_it_says_of_its_layer() {
        let set: FeatureSet = serde_json::from_value(json!({
            "objectIdFieldName": "OID",
            "globalIdFieldName": "",
            "fields": [{ "name": "OID", "type": "esriFieldTypeOID" }],
            "features": [{ "attributes": { "OID": 5 } }, { "geometry": { "x": 1, "y": 2 } }],
            "exceededTransferLimit": true,
        }))
        .unwrap();
        assert!(set.exceeded_transfer_limit);
        let collection = FeatureCollection::from(set);
        assert_eq!(collection.object_id_field(), Some("OID"));
        assert_eq!(collection.geometry_type(), Some(GeometryType::Point));
        assert_eq!(collection.fields()[0].field_type, FieldType::Oid);
        assert_eq!(collection.features().len(), 2);
    }

    #[test]
    fn a_collection_without_geometry_is_a_table() {
        for geometry_type in [json!(null), json!(""), json!("esriGeometryNull")] {
            let table = collection(json!({
                "layerDefinition": { "geometryType": geometry_type, "fields": null },
                "featureSet": { "features": [{ "attributes": { "n": 1 } }] },
            }));
            assert_eq!(table.geometry_type(), None);
            assert_eq!(
                serde_json::to_string(&table).unwrap(),
                concat!(
                    r#"{"layerDefinition":{"fields":[{"name":"n","type":"esriFieldTypeInteger","alias":"n"}]},"#,
                    r#""featureSet":{"features":[{"attributes":{"n":1}}]}}"#,
                )
            );
        }
    }

    #[test]
    fn a_set_or_a_layer_may_announce_measures_for_its_geometries() {
        let features = json!([{ "geometry": { "points": [[1, 2, 3]] } }]);
        let measured = Position {
            m: Some(3.0),
            ..Position::new(1.0, 2.0)
        };
        for json in [
            json!({ "featureSet": { "hasM": true, "features": features } }),
            json!({ "layerDefinition": { "hasM": true }, "featureSet": { "features": features } }),
        ] {
            let geometry = collection(json).features()[0].geometry.clone().unwrap();
            assert_eq!(geometry.positions().collect::<Vec<_>>(), [measured]);
        }
        let high = collection(
            json!({ "featureSet": { "hasM": true, "hasZ": true, "features": features } }),
        );
        let position = high.features()[0]
            .geometry
            .as_ref()
            .and_then(|g| g.positions().next());
        assert_eq!(
            position,
            Some(Position {
                z: Some(3.0),
                ..Position::new(1.0, 2.0)
            })
        );
    }

    #[test]
    fn the_spatial_reference_of_the_geometries_is_that_of_a_set_that_names_none() {
        let read = collection(json!({ "featureSet": { "features": [
            { "geometry": { "x": 1, "y": 2, "spatialReference": { "wkid": 2056 } } },
        ] } }));
        assert_eq!(
            read.spatial_reference(),
            Some(&SpatialReference::wkid(2056))
        );
    }

    #[test]
    fn says_which_feature_is_wrong_and_where() {
        for (text, problem) in [
            (
                r#"{"featureSet": {"features": [{}, {"geometry": {"x": 1}}]}}"#,
                "feature 2: a point has `x` but no `y`",
            ),
            (
                r#"{"featureSet": {"features": [{"type": "Feature", "properties": {}}]}}"#,
                "feature 1: has `properties`, as in GeoJSON, where Esri JSON has `attributes`; a GeoJSON collection \
                 says \"type\": \"FeatureCollection\"",
            ),
            (
                r#"{"featureSet": {"features": [[null, {}]]}}"#,
                "feature 1: invalid type: sequence, expected a feature, which is an object with `geometry` and `attributes`",
            ),
            (
                r#"{"featureSet": {"features": [null]}}"#,
                "feature 1: invalid type: null, expected a feature, which is an object with `geometry` and `attributes`",
            ),
            (
                r#"{"featureSet": {"features": {}}}"#,
                "invalid type: map, expected a list of features",
            ),
            (
                r#"{"features": []}"#,
                "is a feature set; put it into `featureSet`",
            ),
            ("{}", "has neither `layerDefinition` nor `featureSet`"),
            (
                r#"{"featureSet": {"geometryType": "esriGeometryMultiPatch"}}"#,
                "the geometry type \"esriGeometryMultiPatch\" cannot be analysed; there are points, multipoints, \
                 polylines and polygons",
            ),
        ] {
            let error = serde_json::from_str::<FeatureCollection>(text).unwrap_err();
            let said = error.to_string();
            let (said, place) = said.split_once(" at line ").unwrap_or((&said, ""));
            assert_eq!(said, problem, "{text}");
            // What is wrong inside the object is found while it is read, so there is a place to name.
            assert_eq!(place.is_empty(), !text.contains(": {"), "{text}");
        }
    }
}
