//! The names of rasters, items and datasets that a call creates.

use super::OutputName;
use crate::param::expected;
use crate::{Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value, json};

/// The hosted image service that a call creates, fills or overwrites.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, RasterOutputName};
///
/// let name = RasterOutputName::from("Slope 2024");
/// assert_eq!(name.to_json().to_string(), r#"{"serviceProperties":{"name":"Slope_2024"}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RasterOutputName {
    /// A new image service, or one that was made for the result.
    Service(OutputName),
    /// An item that exists, by its ID.
    Item(String),
    /// An image service that exists, by its URL.
    Url(String),
    /// A dataset in a data store, by its path.
    Path(String),
}

impl From<&str> for RasterOutputName {
    /// A new image service. Blanks, hyphens and full stops in its name become underscores.
    fn from(name: &str) -> Self {
        Self::Service(name.into())
    }
}

impl From<String> for RasterOutputName {
    /// As from `&str`.
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<OutputName> for RasterOutputName {
    fn from(name: OutputName) -> Self {
        Self::Service(name)
    }
}

impl Param for RasterOutputName {
    fn to_json(&self) -> Value {
        match self {
            Self::Service(name) => name.to_json(),
            Self::Item(id) => json!({ "itemId": id }),
            Self::Url(url) => json!({ "url": url }),
            Self::Path(path) => json!({ "uri": path }),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let only = |key: &str| {
            let members = value.as_object().filter(|members| members.len() == 1)?;
            members.get(key)?.as_str().map(str::to_owned)
        };
        if let Some(id) = only("itemId") {
            Ok(Self::Item(id))
        } else if let Some(url) = only("url") {
            Ok(Self::Url(url))
        } else if let Some(path) = only("uri") {
            Ok(Self::Path(path))
        } else {
            OutputName::from_json(value).map(Self::Service)
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Service(name) => name.validate(),
            Self::Item(text) | Self::Url(text) | Self::Path(text) => text.validate(),
        }
    }
}

/// The item that a call creates: a file, a package, a model.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{ItemOutputName, Param};
///
/// let name = ItemOutputName::from("Parcels").tags("cadastre, 2024");
/// assert_eq!(name.to_json().to_string(), r#"{"itemProperties":{"title":"Parcels","tags":"cadastre, 2024"}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ItemOutputName {
    /// The item's title.
    pub title: Option<String>,
    /// The item's description.
    pub description: Option<String>,
    /// The item's tags, parted by commas.
    pub tags: Option<String>,
    /// The item's summary.
    pub snippet: Option<String>,
    /// The folder to put the item into.
    pub folder_id: Option<String>,
    /// Every other property of the item, as the service takes it.
    pub item_properties: Map<String, Value>,
    /// Every other property beside those of the item, as the service takes it.
    pub other: Map<String, Value>,
}

impl ItemOutputName {
    /// Sets the item's description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the item's tags, parted by commas.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<String>) -> Self {
        self.tags = Some(tags.into());
        self
    }

    /// Sets the item's summary.
    #[must_use]
    pub fn snippet(mut self, snippet: impl Into<String>) -> Self {
        self.snippet = Some(snippet.into());
        self
    }

    /// Sets the folder to put the item into.
    #[must_use]
    pub fn folder_id(mut self, id: impl Into<String>) -> Self {
        self.folder_id = Some(id.into());
        self
    }
}

impl From<&str> for ItemOutputName {
    /// An item of this title.
    fn from(title: &str) -> Self {
        Self {
            title: Some(title.to_owned()),
            ..Self::default()
        }
    }
}

impl From<String> for ItemOutputName {
    /// An item of this title.
    fn from(title: String) -> Self {
        Self::from(title.as_str())
    }
}

impl Param for ItemOutputName {
    fn to_json(&self) -> Value {
        let mut item = Map::new();
        for (key, text) in [
            ("title", &self.title),
            ("description", &self.description),
            ("tags", &self.tags),
            ("snippet", &self.snippet),
            ("folderId", &self.folder_id),
        ] {
            if let Some(text) = text {
                item.insert(key.to_owned(), text.as_str().into());
            }
        }
        item.extend(self.item_properties.clone());
        let mut members = Map::new();
        if !item.is_empty() {
            members.insert("itemProperties".to_owned(), item.into());
        }
        members.extend(self.other.clone());
        Value::Object(members)
    }

    /// Takes a bare title, too.
    fn from_json(value: Value) -> Result<Self, Problem> {
        const SHAPE: &str = "an object such as {\"itemProperties\": {\"title\": \"Parcels\"}}";
        let mut other = match value {
            Value::String(title) => return Ok(Self::from(title)),
            Value::Object(members) => members,
            other => return Err(expected(SHAPE, &other)),
        };
        let mut item = match other.remove("itemProperties") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(item)) => item,
            Some(wrong) => return Err(expected("an object", &wrong).of_member("itemProperties")),
        };
        let mut take = |key: &str| match item.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(wrong) => Err(expected("a text", &wrong).of_member(key)),
        };
        Ok(Self {
            title: take("title")?,
            description: take("description")?,
            tags: take("tags")?,
            snippet: take("snippet")?,
            folder_id: take("folderId")?,
            item_properties: item,
            other,
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        if self
            .title
            .as_deref()
            .is_some_and(|title| title.trim().is_empty())
        {
            return Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                "has an empty title; give one or leave it out",
            ));
        }
        Ok(())
    }
}

/// The dataset that a GeoAnalytics Server creates: a plain name, or a service that was made for the result.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{DatasetName, Param};
///
/// assert_eq!(DatasetName::from("Dwell times").to_json(), "Dwell_times");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatasetName {
    /// The name of a new layer.
    Name(String),
    /// A service that exists and is empty.
    Service(OutputName),
}

impl From<&str> for DatasetName {
    /// A new layer. Blanks, hyphens and full stops in its name become underscores.
    fn from(name: &str) -> Self {
        Self::Name(super::output_name::fit(name))
    }
}

impl From<String> for DatasetName {
    /// As from `&str`.
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<OutputName> for DatasetName {
    fn from(name: OutputName) -> Self {
        Self::Service(name)
    }
}

impl Param for DatasetName {
    fn to_json(&self) -> Value {
        match self {
            Self::Name(name) => name.as_str().into(),
            Self::Service(name) => name.to_json(),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        match value {
            Value::String(name) => Ok(Self::Name(name)),
            other => OutputName::from_json(other).map(Self::Service),
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Name(name) => name.validate(),
            Self::Service(name) => name.validate(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for json in [
            json!({ "serviceProperties": { "name": "Slope" } }),
            json!({ "itemId": "a" }),
            json!({ "url": "https://a.example/ImageServer" }),
            json!({ "uri": "/rasterStores/a.crf" }),
            json!({ "serviceProperties": { "name": "Slope", "capabilities": "Image, TilesOnly" }, "itemProperties": { "itemId": "a" } }),
        ] {
            let name = RasterOutputName::from_json(json.clone()).unwrap();
            name.validate().unwrap();
            assert_eq!(name.to_json(), json);
        }
        for json in [
            json!({ "itemProperties": { "title": "T", "description": "D", "tags": "a,b", "snippet": "S", "folderId": "f", "more": 1 } }),
            json!({ "itemId": "a" }),
            json!({}),
        ] {
            assert_eq!(
                ItemOutputName::from_json(json.clone()).unwrap().to_json(),
                json
            );
        }
        for json in [
            json!("Dwell"),
            json!({ "serviceProperties": { "name": "n", "serviceUrl": "u" } }),
        ] {
            assert_eq!(
                DatasetName::from_json(json.clone()).unwrap().to_json(),
                json
            );
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert!(RasterOutputName::from_json(json!(7)).is_err());
        assert!(RasterOutputName::Path(" ".to_owned()).validate().is_err());
        assert!(ItemOutputName::from(" ").validate().is_err());
        assert_eq!(
            ItemOutputName::from_json(json!({ "itemProperties": { "title": 7 } }))
                .unwrap_err()
                .to_string(),
            "`title` must be a text, not the number 7"
        );
        assert!(DatasetName::from("").validate().is_err());
        assert!(DatasetName::from_json(json!([])).is_err());
    }
}
