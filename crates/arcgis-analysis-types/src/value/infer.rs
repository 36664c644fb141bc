//! What a feature collection leaves unsaid: its fields, and what ArcGIS wants to be told besides.

use super::{AttributeValue, AttributeView, Feature, FeatureCollection, Field, FieldType};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

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

    /// The collection with all that ArcGIS wants of a layer.
    ///
    /// - Fields that are not described are inferred from the attributes: whole numbers are `Integer` or `BigInteger`,
    ///   other numbers `Double`, truth values `SmallInteger`, everything else, and what is mixed with it, `String`.
    /// - Features without object IDs get them: from a field `OBJECTID`, `FID` or `OID` whose values are different
    ///   positive whole numbers, or else counted from 1 in a new field.
    /// - Values that ArcGIS has no type for are written as it takes them: truth values as 0 and 1, lists and objects as
    ///   their JSON text, and whatever stands in a `String` field as text.
    ///
    /// A collection that names its object ID field and describes its fields is returned as it is. Features are
    /// completed like this when they are sent with a call.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_types::{Attributes, Feature, FeatureCollection, Point, SpatialReference};
    /// use serde_json::json;
    ///
    /// let attributes = Attributes::from_iter([("open", true)]);
    /// let shops = FeatureCollection::new(SpatialReference::WGS84, vec![Feature::new(Point::new(7.6, 47.5), attributes)]);
    /// let shops = shops.completed();
    /// assert_eq!(shops.object_id_field(), Some("OBJECTID"));
    /// assert_eq!(json!(shops.features()[0].attributes), json!({ "OBJECTID": 1, "open": 1 }));
    /// ```
    #[must_use]
    pub fn completed(mut self) -> Self {
        self.fill();
        if self.is_complete() {
            return self;
        }
        let types: HashMap<_, _> = self
            .layer_definition
            .fields
            .iter()
            .map(|f| (f.name.clone(), f.field_type.clone()))
            .collect();
        for feature in &mut self.feature_set.features {
            for (name, value) in feature.attributes.iter_mut() {
                if let Some(field_type) = types.get(name) {
                    conform(value, field_type);
                }
            }
        }
        self.number();
        self
    }

    fn is_complete(&self) -> bool {
        self.layer_definition.object_id_field.is_some() && !self.layer_definition.fields.is_empty()
    }

    /// Gives every feature an object ID.
    fn number(&mut self) {
        if self.layer_definition.object_id_field.is_some() {
            return;
        }
        let features = &mut self.feature_set.features;
        let fields = &mut self.layer_definition.fields;
        let usable = fields.iter_mut().find(|field| {
            ["OBJECTID", "FID", "OID"]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&field.name))
                && are_object_ids(features, &field.name)
        });
        let name = if let Some(field) = usable {
            field.field_type = FieldType::Oid;
            field.name.clone()
        } else {
            let name = free_name(fields);
            for (i, feature) in features.iter_mut().enumerate() {
                feature.attributes.insert_first(&name, i + 1);
            }
            fields.insert(0, Field::new(name.clone(), FieldType::Oid));
            name
        };
        self.layer_definition.object_id_field = Some(name);
    }

    /// The collection as ArcGIS takes it.
    pub(super) fn to_wire(&self) -> Value {
        // Copies the features only where something is to be added to them.
        if self.is_complete() {
            super::json(self)
        } else {
            super::json(&self.clone().completed())
        }
    }
}

fn are_object_ids(features: &[Feature], field: &str) -> bool {
    let mut seen = HashSet::new();
    features.iter().all(|feature| {
        match feature
            .attributes
            .get(field)
            .and_then(AttributeValue::as_i64)
        {
            Some(id @ 1..) => seen.insert(id),
            _ => false,
        }
    })
}

fn free_name(fields: &[Field]) -> String {
    let is_free = |name: &String| {
        fields
            .iter()
            .all(|field| !field.name.eq_ignore_ascii_case(name))
    };
    let numbered = (1_u64..).map(|n| format!("OBJECTID_{n}"));
    std::iter::once("OBJECTID".to_owned())
        .chain(numbered)
        .find(is_free)
        .unwrap_or_default()
}

/// Turns a value into one that ArcGIS takes for a field of this type.
fn conform(value: &mut AttributeValue, field_type: &FieldType) {
    *value = match (value.view(), field_type) {
        (AttributeView::Null | AttributeView::Text(_), _) => return,
        (AttributeView::Bool(truth), field_type) if *field_type != FieldType::String => {
            i32::from(truth).into()
        }
        (_, field_type) if value.is_number() && *field_type != FieldType::String => return,
        _ => value.to_string().into(),
    };
}

/// The fields that the attributes show, in the order in which they first occur.
fn fields(features: &[Feature]) -> Vec<Field> {
    let mut found: Vec<Shown<'_>> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for feature in features {
        for (i, (name, value)) in feature.attributes.iter().enumerate() {
            // Features mostly have the same attributes in the same order.
            let at = match found.get(i) {
                Some(shown) if shown.name == name => i,
                _ => *index.entry(name).or_insert_with(|| {
                    found.push(Shown {
                        name,
                        field_type: None,
                        length: 0,
                    });
                    found.len() - 1
                }),
            };
            found[at].show(value);
        }
    }
    found.into_iter().map(Shown::field).collect()
}

/// What the values of a field show of it.
struct Shown<'a> {
    name: &'a str,
    field_type: Option<FieldType>,
    length: usize,
}

impl Shown<'_> {
    fn show(&mut self, value: &AttributeValue) {
        if let AttributeView::Text(text) = value.view() {
            self.length = self.length.max(text.chars().count());
        }
        self.field_type = join(self.field_type.take(), field_type(value));
    }

    fn field(self) -> Field {
        // Nothing is known of a field that is always null; a text can be anything.
        let mut field = Field::new(self.name, self.field_type.unwrap_or(FieldType::String));
        // ArcGIS cuts texts at 255 characters unless it is told.
        if field.field_type == FieldType::String && self.length > 255 {
            field.length = u32::try_from(self.length).ok();
        }
        field
    }
}

fn field_type(value: &AttributeValue) -> Option<FieldType> {
    Some(match value.view() {
        AttributeView::Null => return None,
        AttributeView::Bool(_) => FieldType::SmallInteger,
        AttributeView::Integer(number) => match i32::try_from(number) {
            Ok(_) => FieldType::Integer,
            Err(_) => FieldType::BigInteger,
        },
        _ if value.is_number() => FieldType::Double,
        _ => FieldType::String,
    })
}

/// The narrowest type that holds the values of both.
fn join(a: Option<FieldType>, b: Option<FieldType>) -> Option<FieldType> {
    let width = |field_type: &FieldType| match field_type {
        FieldType::SmallInteger => 0,
        FieldType::Integer => 1,
        FieldType::BigInteger => 2,
        FieldType::Double => 3,
        _ => 4,
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if width(&a) >= width(&b) { a } else { b }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use FieldType::{BigInteger, Double, Integer, Oid, SmallInteger, String as Text};
    use serde_json::json;

    fn table(rows: Value) -> FeatureCollection {
        let rows = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| serde_json::from_value(row.clone()).unwrap());
        FeatureCollection::table(rows.collect())
    }

    fn types(rows: Value) -> Vec<(String, FieldType)> {
        table(rows)
            .fields()
            .iter()
            .map(|f| (f.name.clone(), f.field_type.clone()))
            .collect()
    }

    #[test]
    fn infers_the_narrowest_type_that_holds_all_values() {
        for (values, expected) in [
            (json!([1, -2_147_483_648_i64]), Integer),
            (json!([1, 2_147_483_648_i64]), BigInteger),
            (json!([1, 1.5]), Double),
            (json!([2_147_483_648_i64, 1.5]), Double),
            (json!([18_446_744_073_709_551_615_u64]), Double),
            (json!([true, false]), SmallInteger),
            (json!([true, 7]), Integer),
            (json!(["a", null]), Text),
            (json!([1, "a"]), Text),
            (json!([null, null]), Text),
            (json!([[1], 1.5]), Text),
            (json!([{}, null]), Text),
        ] {
            let rows = values
                .as_array()
                .unwrap()
                .iter()
                .map(|v| json!({ "f": v }))
                .collect();
            assert_eq!(types(rows), [("f".to_owned(), expected)], "{values}");
        }
    }

    #[test]
    fn finds_fields_that_only_some_features_have() {
        let rows = json!([{ "a": 1 }, { "b": "x", "a": 2.5 }, { "c": null, "b": "y" }]);
        let expected = [("a", Double), ("b", Text), ("c", Text)];
        assert_eq!(
            types(rows),
            expected.map(|(name, ty)| (name.to_owned(), ty))
        );
    }

    #[test]
    fn tells_the_length_of_long_texts_only() {
        let fields = |length: usize| table(json!([{ "f": "é".repeat(length) }])).fields()[0].length;
        assert_eq!((fields(255), fields(256)), (None, Some(256)));
    }

    #[test]
    fn numbers_features_and_writes_values_as_arcgis_takes_them() {
        let collection = table(json!([
            { "open": true, "tags": ["a", 1], "code": "x" },
            { "open": null, "tags": null, "code": 7 },
        ]));
        let completed = collection.completed();
        assert_eq!(completed.object_id_field(), Some("OBJECTID"));
        assert_eq!(completed.fields()[0].field_type, Oid);
        let rows: Vec<_> = completed
            .features()
            .iter()
            .map(|f| json!(f.attributes).to_string())
            .collect();
        assert_eq!(
            rows,
            [
                r#"{"OBJECTID":1,"open":1,"tags":"[\"a\",1]","code":"x"}"#,
                r#"{"OBJECTID":2,"open":null,"tags":null,"code":"7"}"#,
            ]
        );
        assert_eq!(completed.clone().completed(), completed);
    }

    #[test]
    fn takes_up_object_ids_that_are_there() {
        let completed = table(json!([{ "fid": 9 }, { "fid": 4 }])).completed();
        assert_eq!(completed.object_id_field(), Some("fid"));
        assert_eq!(completed.fields()[0].field_type, Oid);
        assert_eq!(completed.features()[1].attributes["fid"], 4);
    }

    #[test]
    fn does_not_take_up_what_identifies_nothing() {
        for rows in [
            json!([{ "ObjectID": 1 }, { "ObjectID": 1 }]),
            json!([{ "ObjectID": 0 }, { "ObjectID": 1 }]),
            json!([{ "ObjectID": 1 }, { "ObjectID": null }]),
            json!([{ "ObjectID": 1 }, {}]),
            json!([{ "ObjectID": "a" }, { "ObjectID": "b" }]),
        ] {
            let completed = table(rows.clone()).completed();
            assert_eq!(completed.object_id_field(), Some("OBJECTID_1"), "{rows}");
            assert_eq!(completed.features()[1].attributes["OBJECTID_1"], 2);
        }
    }

    #[test]
    fn leaves_alone_what_is_complete() {
        let mut collection = table(json!([{ "id": 3, "flag": true }]));
        collection.layer_definition.object_id_field = Some("id".to_owned());
        assert_eq!(collection.clone().completed(), collection);
    }
}
