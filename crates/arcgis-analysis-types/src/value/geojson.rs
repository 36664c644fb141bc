//! GeoJSON in and out, and which JSON is which.

mod read;
#[cfg(test)]
mod tests;
mod write;

use super::object::object;
use super::{FeatureCollection, FeatureSet};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

/// Why a text or a JSON value holds no features that can be analysed, or why features cannot become GeoJSON.
///
/// Its text is one sentence, which names the feature by its number and the place in the text where it can.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::FeatureCollection;
///
/// let error = FeatureCollection::from_geojson(r#"{"type": "FeatureCollection", "features": ["#).unwrap_err();
/// assert_eq!(error.to_string(), "the JSON text ends too early, at line 1 column 43; is it complete?");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct GeoJsonError(pub(crate) String);

impl GeoJsonError {
    fn of_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self(match error.classify() {
            Category::Eof => format!(
                "the JSON text ends too early, at line {line} column {column}; is it complete?"
            ),
            Category::Syntax => format!("the text is not JSON: {error}"),
            Category::Data | Category::Io => error.to_string(),
        })
    }
}

/// The members by which the kinds of JSON are told apart.
#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    expecting = "a JSON object that holds features"
)]
struct Peek {
    #[serde(rename = "type")]
    kind: Option<Value>,
    layer_definition: Option<IgnoredAny>,
    feature_set: Option<IgnoredAny>,
    features: Option<IgnoredAny>,
}

impl Peek {
    fn at(text: &str) -> Result<Self, GeoJsonError> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let peek = object(&mut deserializer, "a JSON object that holds features");
        peek.and_then(|peek| deserializer.end().map(|()| peek))
            .map_err(|error| GeoJsonError::of_json(&error))
    }

    fn kind(&self) -> Option<&str> {
        self.kind.as_ref().and_then(Value::as_str)
    }
}

/// The kinds of JSON that hold features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    GeoJson(GeoJsonKind),
    Collection,
    Set,
}

/// The kinds of GeoJSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum GeoJsonKind {
    Collection,
    Feature,
    Geometry,
}

impl GeoJsonKind {
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "FeatureCollection" => Self::Collection,
            "Feature" => Self::Feature,
            "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon"
            | "MultiPolygon" | "GeometryCollection" => Self::Geometry,
            _ => return None,
        })
    }
}

impl Kind {
    /// Tells the kind of an object by its `type` and by which other members it has.
    pub(super) fn of(kind: Option<&str>, has: impl Fn(&str) -> bool) -> Option<Self> {
        if let Some(kind) = kind.and_then(GeoJsonKind::of) {
            Some(Self::GeoJson(kind))
        } else if has("layerDefinition") || has("featureSet") {
            Some(Self::Collection)
        } else {
            has("features").then_some(Self::Set)
        }
    }
}

impl FeatureCollection {
    /// Reads GeoJSON: a collection, a single feature or a bare geometry.
    ///
    /// Coordinates are longitude and latitude on WGS 84, unless an old-style `crs` names another EPSG code. Rings get
    /// ArcGIS's direction. A feature's `id` becomes the attribute `id`, unless it has a property of that name. Fields
    /// are inferred from the properties.
    ///
    /// # Errors
    /// When the text is no GeoJSON, with line and column; when features have different types of geometry, or a
    /// collection of geometries; when `crs` names no EPSG code.
    pub fn from_geojson(text: &str) -> Result<Self, GeoJsonError> {
        let text = without_mark(text);
        let peek = Peek::at(text)?;
        match peek
            .kind
            .as_ref()
            .and_then(Value::as_str)
            .and_then(GeoJsonKind::of)
        {
            Some(kind) => geojson_text(text, kind),
            None => Err(GeoJsonError(match peek.kind {
                Some(kind) => format!("there is no GeoJSON of type {kind}"),
                None => "GeoJSON has a member `type`, which is missing".to_owned(),
            })),
        }
    }

    /// Reads features in any JSON: GeoJSON, an Esri feature set, or a feature collection.
    ///
    /// # Errors
    /// When the text is none of these, with line and column; otherwise as [`FeatureCollection::from_geojson`].
    pub fn from_json_text(text: &str) -> Result<Self, GeoJsonError> {
        let text = without_mark(text);
        let peek = Peek::at(text)?;
        let kind = Kind::of(peek.kind(), |name| match name {
            "layerDefinition" => peek.layer_definition.is_some(),
            "featureSet" => peek.feature_set.is_some(),
            _ => peek.features.is_some(),
        });
        match kind {
            Some(Kind::GeoJson(kind)) => geojson_text(text, kind),
            Some(Kind::Collection) => serde_json::from_str(text).map_err(|e| GeoJsonError::of_json(&e)),
            Some(Kind::Set) => {
                let set: FeatureSet = serde_json::from_str(text).map_err(|e| GeoJsonError::of_json(&e))?;
                Ok(set.into())
            }
            None => Err(GeoJsonError(
                "the JSON object holds no features; it must be GeoJSON, an Esri feature set or a feature collection"
                    .to_owned(),
            )),
        }
    }

    /// Reads features from a JSON value of a kind, without copying them.
    pub(super) fn from_value(value: Value, kind: Kind) -> Result<Self, GeoJsonError> {
        match kind {
            Kind::GeoJson(kind) => read::collection(value, kind)
                .map_err(|e| GeoJsonError::of_json(&e))?
                .finish(),
            Kind::Collection => Self::deserialize(value).map_err(|e| GeoJsonError::of_json(&e)),
            Kind::Set => FeatureSet::deserialize(value)
                .map(Self::from)
                .map_err(|e| GeoJsonError::of_json(&e)),
        }
    }
}

fn geojson_text(text: &str, kind: GeoJsonKind) -> Result<FeatureCollection, GeoJsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = read::collection(&mut deserializer, kind).map_err(|e| GeoJsonError::of_json(&e))?;
    read.finish()
}

/// The text without the byte order mark that some editors put before it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
