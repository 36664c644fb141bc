//! What plain geoprocessing takes as features, files, fields and tables.

use super::feature_input::has_secret;
use super::{Extent, FeatureCollection, FeatureLayer, FeatureSet, Field, SpatialReference};
use crate::param::expected;
use crate::{Facts, FeatureInput, Param, ParameterErrorKind, Problem};
use serde_json::{Value, json};

/// Features or rows as plain geoprocessing takes them: a feature set, a layer, or an upload.
///
/// Analysis services take a [`FeatureInput`] instead, in which the features are wrapped in a feature collection.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureCollection, FeatureSetInput, Param};
///
/// let stop = FeatureCollection::from_geojson(r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#)?;
/// let stops = FeatureSetInput::from(stop);
/// assert_eq!(stops.to_json()["features"][0]["geometry"]["x"], 7.6);
/// # Ok::<(), arcgis_analysis_types::GeoJsonError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FeatureSetInput {
    /// Features or rows that travel with the call.
    Features(Box<FeatureSet>),
    /// A layer of a feature service or map service.
    Layer(FeatureLayer),
    /// An upload to the server, by its ID.
    Upload(String),
}

impl From<&str> for FeatureSetInput {
    /// The URL of a layer.
    fn from(url: &str) -> Self {
        Self::Layer(FeatureLayer::new(url.trim()))
    }
}

impl From<String> for FeatureSetInput {
    /// The URL of a layer.
    fn from(url: String) -> Self {
        Self::from(url.as_str())
    }
}

impl From<FeatureLayer> for FeatureSetInput {
    fn from(layer: FeatureLayer) -> Self {
        Self::Layer(layer)
    }
}

impl From<FeatureCollection> for FeatureSetInput {
    /// The features, with the fields and the spatial reference of the collection.
    fn from(collection: FeatureCollection) -> Self {
        Self::from(FeatureSet {
            fields: collection.fields().to_vec(),
            spatial_reference: collection.spatial_reference().cloned(),
            geometry_type: collection.geometry_type(),
            ..collection.feature_set
        })
    }
}

impl From<FeatureSet> for FeatureSetInput {
    fn from(set: FeatureSet) -> Self {
        Self::Features(Box::new(set))
    }
}

impl FeatureSetInput {
    /// The features, where they travel with the call.
    #[must_use]
    pub fn features(&self) -> Option<&FeatureSet> {
        match self {
            Self::Features(set) => Some(set),
            Self::Layer(_) | Self::Upload(_) => None,
        }
    }

    /// The same features as analysis services take them, with what both have in common.
    fn as_input(&self) -> Option<FeatureInput> {
        match self {
            Self::Features(set) => Some(FeatureCollection::from((**set).clone()).into()),
            Self::Layer(layer) => Some(FeatureInput::Layer(layer.clone())),
            Self::Upload(_) => None,
        }
    }
}

impl Param for FeatureSetInput {
    fn to_json(&self) -> Value {
        match self {
            Self::Features(set) => super::json(&**set),
            Self::Layer(layer) => FeatureInput::Layer(layer.clone()).to_json(),
            Self::Upload(id) => json!({ "itemID": id }),
        }
    }

    /// Takes feature collections and bare URLs of layers, too.
    fn from_json(value: Value) -> Result<Self, Problem> {
        if let Some(id) = value.get("itemID").and_then(Value::as_str) {
            return Ok(Self::Upload(id.to_owned()));
        }
        if value.get("features").is_some() {
            let set = serde_json::from_value::<FeatureSet>(value);
            return set.map(Self::from).map_err(|error| {
                Problem::new(
                    ParameterErrorKind::Features,
                    format!("cannot be read: {error}"),
                )
            });
        }
        match FeatureInput::from_json(value)? {
            FeatureInput::Layer(layer) => Ok(Self::Layer(layer)),
            FeatureInput::Collection(collection) => Ok(Self::from(*collection)),
            FeatureInput::Item { .. } => Err(Problem::new(
                ParameterErrorKind::WrongType,
                "must be features, a layer's URL or an upload, not a portal item; give the URL of the item's layer",
            )),
        }
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Features(set) => Facts {
                items: Some(set.features.len()),
                geometries: vec![match set.geometry_type() {
                    Some(ty) => Some(ty.kind()),
                    None => Some(crate::GeometryKind::Table),
                }],
                ..Facts::default()
            },
            Self::Layer(_) | Self::Upload(_) => Facts {
                geometries: vec![None],
                ..Facts::default()
            },
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match (self, self.as_input()) {
            (_, Some(input)) => input.validate(),
            (Self::Upload(id), None) => id.validate(),
            _ => Ok(()),
        }
    }
}

/// A file as geoprocessing takes it: a URL, an upload, or a portal item.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{DataFile, Param};
///
/// let file = DataFile::from("https://example.com/roads.zip");
/// assert_eq!(file.to_json().to_string(), r#"{"url":"https://example.com/roads.zip"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataFile {
    /// A file that the server fetches. A token does not belong into the URL.
    Url(String),
    /// An upload to the server, by its ID.
    Upload(String),
    /// A portal item, by its ID.
    Item(String),
}

impl From<&str> for DataFile {
    /// The URL of a file.
    fn from(url: &str) -> Self {
        Self::Url(url.trim().to_owned())
    }
}

impl From<String> for DataFile {
    /// The URL of a file.
    fn from(url: String) -> Self {
        Self::from(url.as_str())
    }
}

impl Param for DataFile {
    fn to_json(&self) -> Value {
        match self {
            Self::Url(url) => json!({ "url": url }),
            Self::Upload(id) => json!({ "itemID": id }),
            Self::Item(id) => json!({ "portalItemID": id }),
        }
    }

    /// Takes a bare URL, too.
    fn from_json(value: Value) -> Result<Self, Problem> {
        let member = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let file = value
            .as_str()
            .map(Self::from)
            .or_else(|| member("url").map(Self::Url))
            .or_else(|| member("itemID").map(Self::Upload))
            .or_else(|| member("portalItemID").map(Self::Item));
        file.ok_or_else(|| {
            let shape = "a file such as {\"url\": \"https://...\"} or {\"itemID\": \"...\"}";
            expected(shape, &value)
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Url(url) if has_secret(url) => Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                "has a URL that holds a token or a password; upload the file instead",
            )),
            Self::Url(text) | Self::Upload(text) | Self::Item(text) => text.validate(),
        }
    }
}

/// A table of values, a row each: a list of values in the order of the columns, or an object by their names.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, ValueTable};
/// use serde_json::json;
///
/// let remap = ValueTable::from(vec![json!([0, 10, "LOW"]), json!([10, 20, "HIGH"])]);
/// assert_eq!(remap.to_json(), json!([[0, 10, "LOW"], [10, 20, "HIGH"]]));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValueTable {
    /// The rows.
    pub rows: Vec<Value>,
}

impl From<Vec<Value>> for ValueTable {
    fn from(rows: Vec<Value>) -> Self {
        Self { rows }
    }
}

impl Param for ValueTable {
    fn to_json(&self) -> Value {
        self.rows.clone().into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let Value::Array(rows) = value else {
            return Err(expected("a list of rows", &value));
        };
        for (i, row) in rows.iter().enumerate() {
            if !row.is_array() && !row.is_object() {
                return Err(expected("a row: a list or an object", row).of_item(i));
            }
        }
        Ok(Self { rows })
    }

    fn facts(&self) -> Facts<'_> {
        Facts::list(self.rows.len())
    }

    fn validate(&self) -> Result<(), Problem> {
        self.rows.validate()
    }
}

/// Reads a value that serde can, or says what it should have been.
fn read<T: serde::de::DeserializeOwned>(value: Value, shape: &str) -> Result<T, Problem> {
    if value.is_null() || value.is_array() {
        return Err(expected(shape, &value));
    }
    serde_json::from_value(value).map_err(|error| {
        Problem::new(
            ParameterErrorKind::WrongType,
            format!("cannot be read: {error}"),
        )
    })
}

impl Param for Extent {
    fn to_json(&self) -> Value {
        super::json(self)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        read(
            value,
            "an envelope such as {\"xmin\": 0, \"ymin\": 0, \"xmax\": 1, \"ymax\": 1}",
        )
    }

    fn validate(&self) -> Result<(), Problem> {
        Self::validate(self)
    }
}

impl Param for SpatialReference {
    fn to_json(&self) -> Value {
        super::json(self)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        read(value, "a spatial reference such as {\"wkid\": 4326}")
    }
}

impl Param for Field {
    fn to_json(&self) -> Value {
        super::json(self)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        read(
            value,
            "a field such as {\"name\": \"POP\", \"type\": \"esriFieldTypeInteger\"}",
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::GeometryKind;

    #[test]
    fn feature_sets_are_read_as_they_are_written() {
        for json in [
            json!({
                "geometryType": "esriGeometryPoint", "spatialReference": { "wkid": 4326 },
                "fields": [{ "name": "Name", "type": "esriFieldTypeString", "alias": "Name" }],
                "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "Name": "A" } }],
            }),
            json!({ "url": "https://a.example/FeatureServer/0", "filter": "a = 1" }),
            json!({ "itemID": "i01" }),
        ] {
            let input = FeatureSetInput::from_json(json.clone()).unwrap();
            input.validate().unwrap();
            assert_eq!(input.to_json(), json);
        }
    }

    #[test]
    fn rows_and_features_are_told_apart() {
        let kind = |json: Value| FeatureSetInput::from_json(json).unwrap().facts().geometries;
        assert_eq!(
            kind(json!({ "features": [{ "attributes": { "a": 1 } }] })),
            [Some(GeometryKind::Table)]
        );
        let line = json!({ "features": [{ "geometry": { "paths": [[[0, 0], [1, 1]]] } }] });
        assert_eq!(kind(line), [Some(GeometryKind::Line)]);
        assert_eq!(kind(json!("https://a.example/FeatureServer/0")), [None]);
    }

    #[test]
    fn a_collection_is_sent_as_its_set() {
        let collection = json!({
            "layerDefinition": { "geometryType": "esriGeometryPoint" },
            "featureSet": { "features": [{ "geometry": { "x": 1.0, "y": 2.0 }, "attributes": {} }] },
        });
        let sent = FeatureSetInput::from_json(collection).unwrap().to_json();
        assert_eq!(sent["features"][0]["geometry"]["y"], 2.0);
        assert!(sent.get("featureSet").is_none());
    }

    #[test]
    fn what_fits_nowhere_is_refused() {
        assert!(FeatureSetInput::from_json(json!(7)).is_err());
        assert!(FeatureSetInput::from_json(json!({ "features": 7 })).is_err());
        let item = json!("0123456789abcdef0123456789abcdef");
        assert!(
            FeatureSetInput::from_json(item)
                .unwrap_err()
                .to_string()
                .contains("not a portal item")
        );
        let none = FeatureSetInput::from_json(json!({ "features": [] })).unwrap();
        assert_eq!(
            none.validate().unwrap_err().to_string(),
            "has no features; give at least one"
        );
        assert!(DataFile::from_json(json!({})).is_err());
        assert!(
            DataFile::from("https://a.example/a.zip?token=secret")
                .validate()
                .is_err()
        );
        assert!(ValueTable::from_json(json!([1])).is_err());
        assert!(ValueTable::default().validate().is_err());
        assert!(Extent::from_json(json!([])).is_err());
        assert!(SpatialReference::from_json(json!(null)).is_err());
        assert!(Field::from_json(json!({ "type": "x" })).is_err());
    }

    #[test]
    fn the_small_ones_are_read_as_they_are_written() {
        for json in [
            json!({ "url": "https://a.example/a.zip" }),
            json!({ "itemID": "i" }),
            json!({ "portalItemID": "i" }),
        ] {
            assert_eq!(DataFile::from_json(json.clone()).unwrap().to_json(), json);
        }
        let json = json!([[1, "a"], { "from": 1 }]);
        assert_eq!(ValueTable::from_json(json.clone()).unwrap().to_json(), json);
        let json = json!({ "xmin": 0.0, "ymin": 0.0, "xmax": 1.0, "ymax": 1.0 });
        assert_eq!(Extent::from_json(json.clone()).unwrap().to_json(), json);
        let json = json!({ "wkid": 4326 });
        assert_eq!(
            SpatialReference::from_json(json!(4326)).unwrap().to_json(),
            json
        );
        let json = json!({ "name": "POP", "type": "esriFieldTypeInteger" });
        assert_eq!(
            Field::from_json(json.clone()).unwrap().to_json()["name"],
            "POP"
        );
    }
}
