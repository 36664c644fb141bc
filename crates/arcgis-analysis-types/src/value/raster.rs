//! What a task takes as rasters.

use super::FeatureInput;
use super::feature_input::{has_secret, is_item_id};
use crate::param::expected;
use crate::{Facts, Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value, json};
use std::fmt;

/// A raster as a task takes it: a portal item, an image service, or a path in a data store that is registered with the server.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, RasterInput};
/// use serde_json::json;
///
/// let elevation = RasterInput::from("https://example.com/arcgis/rest/services/Elevation/ImageServer");
/// assert_eq!(elevation.to_json(), json!({ "url": "https://example.com/arcgis/rest/services/Elevation/ImageServer" }));
///
/// let scene = RasterInput::from("/rasterStores/landsat/scene.crf").rendering_rule(json!({ "rasterFunction": "NDVI" }));
/// assert_eq!(scene.to_json()["uri"], "/rasterStores/landsat/scene.crf");
/// ```
#[derive(Clone, PartialEq)]
pub struct RasterInput {
    /// Where the raster is.
    pub source: RasterSource,
    /// The raster function to apply before the analysis, as image services take it.
    pub rendering_rule: Option<Value>,
    /// How the rasters of a mosaic are chosen and ordered, as image services take it.
    pub mosaic_rule: Option<Value>,
    /// Every other property, as the service takes it.
    pub other: Map<String, Value>,
}

/// Where a raster is.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::RasterSource;
///
/// let item = RasterSource::from("0123456789abcdef0123456789abcdef");
/// assert!(matches!(item, RasterSource::Item(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RasterSource {
    /// A portal item, by its ID.
    Item(String),
    /// An image service, by its URL. A token does not belong into it.
    Service(String),
    /// A dataset in a data store, by its path, such as `/rasterStores/...`, `/fileShares/...` or `/cloudStores/...`.
    Path(String),
}

impl From<&str> for RasterSource {
    /// A portal item where the text is an item's ID, 32 hexadecimal digits; a path where it begins with `/`; otherwise
    /// the URL of an image service.
    fn from(text: &str) -> Self {
        let text = text.trim();
        if is_item_id(text) {
            Self::Item(text.to_owned())
        } else if text.starts_with('/') {
            Self::Path(text.to_owned())
        } else {
            Self::Service(text.to_owned())
        }
    }
}

impl RasterInput {
    /// The raster at a place.
    #[must_use]
    pub fn new(source: RasterSource) -> Self {
        Self {
            source,
            rendering_rule: None,
            mosaic_rule: None,
            other: Map::new(),
        }
    }

    /// Applies a raster function before the analysis.
    #[must_use]
    pub fn rendering_rule(mut self, rule: Value) -> Self {
        self.rendering_rule = Some(rule);
        self
    }

    /// Chooses and orders the rasters of a mosaic.
    #[must_use]
    pub fn mosaic_rule(mut self, rule: Value) -> Self {
        self.mosaic_rule = Some(rule);
        self
    }
}

impl From<&str> for RasterInput {
    /// As [`RasterSource::from`].
    fn from(text: &str) -> Self {
        Self::new(RasterSource::from(text))
    }
}

impl From<String> for RasterInput {
    /// As [`RasterSource::from`].
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Debug for RasterInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Such a URL is refused when the call is checked, but it may be printed before.
        let source: &dyn fmt::Debug = match &self.source {
            RasterSource::Service(url) if has_secret(url) => &"..",
            source => source,
        };
        f.debug_struct("RasterInput")
            .field("source", source)
            .field("rendering_rule", &self.rendering_rule)
            .field("mosaic_rule", &self.mosaic_rule)
            .field("other", &self.other.keys().collect::<Vec<_>>())
            .finish()
    }
}

const SHAPE: &str = "a raster such as {\"url\": \"https://.../ImageServer\"}, {\"itemId\": \"...\"} or {\"uri\": \"/rasterStores/...\"}";

impl Param for RasterInput {
    fn to_json(&self) -> Value {
        let (key, text) = match &self.source {
            RasterSource::Item(id) => ("itemId", id),
            RasterSource::Service(url) => ("url", url),
            RasterSource::Path(path) => ("uri", path),
        };
        let mut value = json!({ key: text });
        for (key, rule) in [
            ("renderingRule", &self.rendering_rule),
            ("mosaicRule", &self.mosaic_rule),
        ] {
            if let Some(rule) = rule {
                value[key] = rule.clone();
            }
        }
        for (key, member) in &self.other {
            value[key] = member.clone();
        }
        value
    }

    /// Takes a bare URL, item ID or path, too. Where an item and a URL are given, the item counts, as for the service.
    fn from_json(value: Value) -> Result<Self, Problem> {
        let mut members = match value {
            Value::String(text) if !text.trim().is_empty() => return Ok(Self::from(text)),
            Value::Object(members) => members,
            other => return Err(expected(SHAPE, &other)),
        };
        let mut take = |key: &str| match members.get(key) {
            Some(Value::String(text)) if !text.is_empty() => {
                let text = text.clone();
                members.remove(key);
                Some(text)
            }
            _ => None,
        };
        let source = take("itemId")
            .map(RasterSource::Item)
            .or_else(|| take("url").map(RasterSource::Service))
            .or_else(|| take("uri").map(RasterSource::Path));
        let Some(source) = source else {
            return Err(expected(SHAPE, &Value::Object(members)));
        };
        Ok(Self {
            source,
            rendering_rule: members.remove("renderingRule"),
            mosaic_rule: members.remove("mosaicRule"),
            other: members,
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        let (text, what) = match &self.source {
            RasterSource::Item(id) => (id, "an item's ID"),
            RasterSource::Service(url) => (url, "a URL"),
            RasterSource::Path(path) => (path, "a path"),
        };
        if text.trim().is_empty() {
            return Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                format!("has {what} that is empty"),
            ));
        }
        match &self.source {
            RasterSource::Service(url) if has_secret(url) => Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                "has a URL that holds a token or a password; share the service with the analysis instead",
            )),
            _ => Ok(()),
        }
    }
}

/// A raster or features, where a task takes either.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::RasterOrFeatureInput;
///
/// let roads = "https://services.arcgis.com/org/arcgis/rest/services/Roads/FeatureServer/0";
/// assert!(matches!(RasterOrFeatureInput::from(roads), RasterOrFeatureInput::Features(_)));
/// let cost = "https://example.com/arcgis/rest/services/Cost/ImageServer";
/// assert!(matches!(RasterOrFeatureInput::from(cost), RasterOrFeatureInput::Raster(_)));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RasterOrFeatureInput {
    /// A raster.
    Raster(RasterInput),
    /// Features.
    Features(FeatureInput),
}

impl From<&str> for RasterOrFeatureInput {
    /// Features where the text is the URL of a layer of a feature or map service, otherwise a raster.
    fn from(text: &str) -> Self {
        if is_layer(text) {
            Self::Features(text.into())
        } else {
            Self::Raster(text.into())
        }
    }
}

impl From<String> for RasterOrFeatureInput {
    /// As from `&str`.
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<RasterInput> for RasterOrFeatureInput {
    fn from(raster: RasterInput) -> Self {
        Self::Raster(raster)
    }
}

impl From<FeatureInput> for RasterOrFeatureInput {
    fn from(features: FeatureInput) -> Self {
        Self::Features(features)
    }
}

impl From<super::FeatureLayer> for RasterOrFeatureInput {
    fn from(layer: super::FeatureLayer) -> Self {
        Self::Features(layer.into())
    }
}

impl From<super::FeatureCollection> for RasterOrFeatureInput {
    fn from(collection: super::FeatureCollection) -> Self {
        Self::Features(collection.into())
    }
}

/// Whether a URL is that of a layer that holds features.
fn is_layer(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    url.contains("/featureserver/") || url.contains("/mapserver/")
}

impl Param for RasterOrFeatureInput {
    fn to_json(&self) -> Value {
        match self {
            Self::Raster(raster) => raster.to_json(),
            Self::Features(features) => features.to_json(),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let text = value.as_str().or_else(|| value.get("url")?.as_str());
        let features = ["layerDefinition", "featureSet", "filter", "features"]
            .iter()
            .any(|key| value.get(key).is_some());
        if features || text.is_some_and(is_layer) {
            FeatureInput::from_json(value).map(Self::Features)
        } else {
            RasterInput::from_json(value).map(Self::Raster)
        }
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            // A raster has no geometry that could be the wrong one.
            Self::Raster(_) => Facts {
                geometries: vec![None],
                ..Facts::default()
            },
            Self::Features(features) => features.facts(),
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Raster(raster) => raster.validate(),
            Self::Features(features) => features.validate(),
        }
    }
}

/// The rasters that go into an image collection.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{ImageCollectionInput, Param};
///
/// let scenes = ImageCollectionInput::paths(["/rasterStores/a.tif", "/rasterStores/b.tif"]);
/// assert_eq!(scenes.to_json().to_string(), r#"{"uris":["/rasterStores/a.tif","/rasterStores/b.tif"]}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ImageCollectionInput {
    /// Rasters, one by one.
    Rasters(Vec<RasterInput>),
    /// Portal items, by their IDs.
    Items(Vec<String>),
    /// Image services or files, by their URLs.
    Urls(Vec<String>),
    /// Datasets in data stores, by their paths.
    Paths(Vec<String>),
    /// All rasters of a folder of the portal, by the folder's ID.
    Folder(String),
    /// An object of another shape, as it is.
    Other(Map<String, Value>),
}

impl ImageCollectionInput {
    /// Portal items, by their IDs.
    #[must_use]
    pub fn items(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Items(ids.into_iter().map(Into::into).collect())
    }

    /// Image services or files, by their URLs.
    #[must_use]
    pub fn urls(urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Urls(urls.into_iter().map(Into::into).collect())
    }

    /// Datasets in data stores, by their paths.
    #[must_use]
    pub fn paths(paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Paths(paths.into_iter().map(Into::into).collect())
    }
}

impl From<Vec<RasterInput>> for ImageCollectionInput {
    fn from(rasters: Vec<RasterInput>) -> Self {
        Self::Rasters(rasters)
    }
}

impl Param for ImageCollectionInput {
    fn to_json(&self) -> Value {
        match self {
            Self::Rasters(rasters) => rasters.to_json(),
            Self::Items(ids) => json!({ "itemIds": ids }),
            Self::Urls(urls) => json!({ "urls": urls }),
            Self::Paths(paths) => json!({ "uris": paths }),
            Self::Folder(id) => json!({ "folderId": id }),
            Self::Other(members) => Value::Object(members.clone()),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let members = match value {
            Value::Array(_) => return Vec::from_json(value).map(Self::Rasters),
            Value::Object(members) => members,
            other => {
                let shape = "a list of rasters, or an object such as {\"itemIds\": [\"...\"]} or {\"uris\": [\"/rasterStores/...\"]}";
                return Err(expected(shape, &other));
            }
        };
        let texts = |value: &Value| -> Option<Vec<String>> {
            let items = value.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let only = members.iter().next().filter(|_| members.len() == 1);
        let known = only.and_then(|(key, value)| match key.as_str() {
            "itemIds" => texts(value).map(Self::Items),
            "urls" => texts(value).map(Self::Urls),
            "uris" => texts(value).map(Self::Paths),
            "folderId" => value.as_str().map(|id| Self::Folder(id.to_owned())),
            _ => None,
        });
        Ok(known.unwrap_or(Self::Other(members)))
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Rasters(rasters) => Facts::list(rasters.len()),
            Self::Items(texts) | Self::Urls(texts) | Self::Paths(texts) => Facts::list(texts.len()),
            Self::Folder(_) | Self::Other(_) => Facts::default(),
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Rasters(rasters) => rasters.validate(),
            Self::Items(texts) | Self::Urls(texts) | Self::Paths(texts) => texts.validate(),
            Self::Folder(id) => id.validate(),
            Self::Other(members) if members.is_empty() => Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                "is an empty object; name the rasters",
            )),
            Self::Other(_) => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rasters_are_read_as_they_are_written() {
        for json in [
            json!({ "itemId": "0123456789abcdef0123456789abcdef" }),
            json!({ "url": "https://example.com/ImageServer", "renderingRule": { "rasterFunction": "NDVI" } }),
            json!({ "uri": "/rasterStores/a.tif", "mosaicRule": { "mosaicMethod": "esriMosaicCenter" } }),
            json!({ "itemId": "a", "url": "https://example.com/ImageServer", "function": "x" }),
        ] {
            let raster = RasterInput::from_json(json.clone()).unwrap();
            assert_eq!(raster.to_json(), json);
            raster.validate().unwrap();
        }
        let both = RasterInput::from_json(json!({ "url": "u", "itemId": "i" })).unwrap();
        assert_eq!(both.source, RasterSource::Item("i".to_owned()));
    }

    #[test]
    fn what_is_no_raster_is_refused() {
        for json in [
            json!(7),
            json!({}),
            json!({ "url": 5 }),
            json!(""),
            json!([]),
        ] {
            let said = RasterInput::from_json(json).unwrap_err().to_string();
            assert!(said.starts_with("must be a raster such as"), "{said}");
        }
        let secret = RasterInput::from("https://example.com/ImageServer?token=abc");
        assert!(!format!("{secret:?}").contains("abc"));
        assert_eq!(
            secret.validate().unwrap_err().to_string(),
            "has a URL that holds a token or a password; share the service with the analysis instead"
        );
        assert!(RasterInput::from(" ").validate().is_err());
    }

    #[test]
    fn features_and_rasters_are_told_apart() {
        let features = |json: Value| {
            let input = RasterOrFeatureInput::from_json(json.clone()).unwrap();
            assert_eq!(input.to_json(), json);
            matches!(input, RasterOrFeatureInput::Features(_))
        };
        assert!(features(
            json!({ "url": "https://a.example/FeatureServer/0" })
        ));
        assert!(features(
            json!({ "url": "https://a.example/MapServer/2", "filter": "a = 1" })
        ));
        assert!(!features(json!({ "url": "https://a.example/ImageServer" })));
        assert!(!features(
            json!({ "itemId": "0123456789abcdef0123456789abcdef" })
        ));
        let point =
            json!({ "features": [{ "geometry": { "x": 1.0, "y": 2.0 }, "attributes": {} }] });
        let input = RasterOrFeatureInput::from_json(point).unwrap();
        assert!(matches!(input, RasterOrFeatureInput::Features(_)));
    }

    #[test]
    fn collections_come_in_every_form() {
        for json in [
            json!([{ "url": "https://a.example/ImageServer" }]),
            json!({ "itemIds": ["a", "b"] }),
            json!({ "urls": ["https://a.example/a.tif"] }),
            json!({ "uris": ["/fileShares/a.tif"] }),
            json!({ "folderId": "f" }),
            json!({ "itemIds": ["a"], "byref": true }),
        ] {
            let input = ImageCollectionInput::from_json(json.clone()).unwrap();
            assert_eq!(input.to_json(), json);
            input.validate().unwrap();
        }
        assert!(ImageCollectionInput::from_json(json!("a")).is_err());
        assert!(
            ImageCollectionInput::items(Vec::<String>::new())
                .validate()
                .is_err()
        );
        assert!(ImageCollectionInput::Other(Map::new()).validate().is_err());
    }
}
