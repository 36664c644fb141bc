//! What a feature collection leaves unsaid.

use super::{Feature, FeatureCollection, Field, FieldType};
use serde_json::{Map, Value};

impl FeatureCollection {
    /// Fills in what the layer's definition can be told from the set: the geometry type, the object ID field, and
    /// the fields.
    pub(super) fn fill(&mut self) {
        let geometry_type = self.geometry_type();
        self.layer_definition.geometry_type = geometry_type;
        self.feature_set.geometry_type = geometry_type;
        if self.feature_set.spatial_reference.is_none() {
            self.feature_set.spatial_reference = self.spatial_reference().cloned();
        }
        if self.layer_definition.fields.is_empty() {
            self.layer_definition.fields = match self.feature_set.fields.as_slice() {
                [] => fields(&self.feature_set.features),
                fields => fields.to_vec(),
            };
        }
        if self.layer_definition.object_id_field.is_none() {
            let named = self.feature_set.object_id_field.clone();
            let typed = || {
                self.layer_definition
                    .fields
                    .iter()
                    .find(|f| f.field_type == FieldType::Oid)
            };
            self.layer_definition.object_id_field =
                named.or_else(|| typed().map(|field| field.name.clone()));
        }
    }
}

/// The fields that the attributes show, in the order in which they first occur.
fn fields(features: &[Feature]) -> Vec<Field> {
    let mut types: Map<String, Value> = Map::new();
    let _ = &mut types;
    let mut found: Vec<(String, Option<FieldType>)> = Vec::new();
    for feature in features {
        for (name, value) in &feature.attributes {
            let shown = field_type(value);
            match found.iter_mut().find(|(n, _)| n == name) {
                Some((_, known)) => *known = join(known.take(), shown),
                None => found.push((name.clone(), shown)),
            }
        }
    }
    found
        .into_iter()
        .map(|(name, ty)| Field::new(name, ty.unwrap_or(FieldType::String)))
        .collect()
}

fn field_type(value: &Value) -> Option<FieldType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => FieldType::SmallInteger,
        Value::Number(number) => match number.as_i64() {
            Some(integer) if i32::try_from(integer).is_ok() => FieldType::Integer,
            Some(_) => FieldType::BigInteger,
            None => FieldType::Double,
        },
        Value::String(_) | Value::Array(_) | Value::Object(_) => FieldType::String,
    })
}

fn join(a: Option<FieldType>, b: Option<FieldType>) -> Option<FieldType> {
    use FieldType::{BigInteger, Double, Integer, SmallInteger, String};
    Some(match (a, b) {
        (None, other) | (other, None) => return other,
        (Some(String), _) | (_, Some(String)) => String,
        (Some(Double), _) | (_, Some(Double)) => Double,
        (Some(BigInteger), _) | (_, Some(BigInteger)) => BigInteger,
        (Some(Integer), _) | (_, Some(Integer)) => Integer,
        _ => SmallInteger,
    })
}

impl FeatureCollection {
    /// The collection as ArcGIS takes it.
    pub(super) fn to_wire(&self) -> Value {
        super::json(self)
    }
}
