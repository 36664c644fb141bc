//! What a job returns beside layers: rasters, items, files, numbers and texts.

use super::DateTime;
use super::result::{is_nothing, shape, unpacked};
use crate::param::describe;
use crate::{DecodeError, FromResult, Object, Param, Reader};
use serde_json::{Map, Value};

/// A raster that a job returned: an image service, an item or a file in a data store.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FromResult, RasterOutput};
/// use serde_json::json;
///
/// let value = json!({ "url": "https://example.com/arcgis/rest/services/Slope/ImageServer", "itemId": "a1" });
/// let slope = RasterOutput::from_result("outputRaster", value)?.unwrap_or_default();
/// assert_eq!(slope.item_id.as_deref(), Some("a1"));
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RasterOutput {
    /// The URL of the image service, or of the file.
    pub url: Option<String>,
    /// The ID of the portal item.
    pub item_id: Option<String>,
    /// The path in a data store.
    pub uri: Option<String>,
    /// Every other property, as the service returned it.
    pub other: Map<String, Value>,
}

/// A portal item that a job returned.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FromResult, ItemOutput};
/// use serde_json::json;
///
/// let item = ItemOutput::from_result("outItem", json!({ "itemId": "a1" }))?.unwrap_or_default();
/// assert_eq!(item.item_id.as_deref(), Some("a1"));
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ItemOutput {
    /// The ID of the portal item.
    pub item_id: Option<String>,
    /// The URL of the item's service or file.
    pub url: Option<String>,
    /// Every other property, as the service returned it.
    pub other: Map<String, Value>,
}

/// A file that a job returned. It lies in the job's folder and is deleted with the job, so fetch it soon.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FileOutput, FromResult};
/// use serde_json::json;
///
/// let value = json!({ "url": "https://example.com/arcgis/rest/directories/jobs/j1/out.zip" });
/// let file = FileOutput::from_result("outputFile", value)?.unwrap_or_default();
/// assert!(file.url.is_some_and(|url| url.ends_with("out.zip")));
/// # Ok::<(), arcgis_analysis_types::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct FileOutput {
    /// The file's URL.
    pub url: Option<String>,
    /// The ID of an upload or item.
    pub item_id: Option<String>,
    /// Every other property, as the service returned it.
    pub other: Map<String, Value>,
}

/// Takes a text member of any letter case, as the services spell `itemId` in several.
fn take(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let key = members
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))?
        .clone();
    match members.get(&key) {
        Some(Value::String(text)) if text.is_empty() => {
            members.remove(&key);
            None
        }
        Some(Value::String(text)) => {
            let text = text.clone();
            members.remove(&key);
            Some(text)
        }
        _ => None,
    }
}

/// The members of what should be an object; a bare text is its URL.
fn members(name: &str, value: Value) -> Result<Option<Map<String, Value>>, DecodeError> {
    let value = unpacked(value);
    if is_nothing(&value) {
        return Ok(None);
    }
    match value {
        Value::Object(members) => Ok(Some(members)),
        Value::String(text) => {
            let key = if text.starts_with('/') { "uri" } else { "url" };
            Ok(Some(Map::from_iter([(key.to_owned(), text.into())])))
        }
        other => Err(shape(
            name,
            format!("must be an object, not {}", describe(&other)),
        )),
    }
}

impl FromResult for RasterOutput {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        Ok(members(name, value)?.map(|mut members| Self {
            url: take(&mut members, "url"),
            item_id: take(&mut members, "itemId"),
            uri: take(&mut members, "uri"),
            other: members,
        }))
    }
}

impl FromResult for ItemOutput {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        Ok(members(name, value)?.map(|mut members| Self {
            item_id: take(&mut members, "itemId"),
            url: take(&mut members, "url"),
            other: members,
        }))
    }
}

impl FromResult for FileOutput {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        Ok(members(name, value)?.map(|mut members| Self {
            url: take(&mut members, "url"),
            item_id: take(&mut members, "itemId"),
            other: members,
        }))
    }
}

/// The items of a list, each read by itself.
fn list<T: FromResult>(name: &str, value: Value) -> Result<Option<Vec<T>>, DecodeError> {
    let value = unpacked(value);
    if is_nothing(&value) {
        return Ok(None);
    }
    let items = match value {
        Value::Array(items) => items,
        other => vec![other],
    };
    let mut read = Vec::new();
    for item in items {
        read.extend(T::from_result(name, item)?);
    }
    Ok(Some(read))
}

impl FromResult for Vec<ItemOutput> {
    /// Takes `{"items": {"<id>": {...}}}`, too.
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        let value = unpacked(value);
        let Some(Value::Object(items)) = value.get("items") else {
            return list(name, value);
        };
        let items = items.iter().map(|(id, item)| ItemOutput {
            item_id: Some(id.clone()),
            url: item.get("url").and_then(Value::as_str).map(str::to_owned),
            other: item.as_object().cloned().unwrap_or_default(),
        });
        Ok(Some(items.collect()))
    }
}

impl FromResult for Vec<FileOutput> {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        list(name, value)
    }
}

impl FromResult for Vec<String> {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        list(name, value)
    }
}

impl FromResult for String {
    /// What is no text is given as JSON text.
    fn from_result(_: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        Ok(match value {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        })
    }
}

/// Reads a scalar, even one that is wrapped in a text.
fn scalar<T>(
    name: &str,
    value: Value,
    wanted: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, DecodeError> {
    if is_nothing(&value) {
        return Ok(None);
    }
    let within = value
        .as_str()
        .and_then(|text| serde_json::from_str(text.trim()).ok());
    let found = read(&value).or_else(|| read(within.as_ref()?));
    let wrong = || shape(name, format!("must be {wanted}, not {}", describe(&value)));
    found.map(Some).ok_or_else(wrong)
}

impl FromResult for bool {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        scalar(name, value, "true or false", |value| match value {
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => other.as_bool(),
        })
    }
}

impl FromResult for f64 {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        scalar(name, value, "a number", Value::as_f64)
    }
}

impl FromResult for i64 {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        scalar(name, value, "a whole number", crate::param::whole)
    }
}

impl FromResult for DateTime {
    fn from_result(name: &str, value: Value) -> Result<Option<Self>, DecodeError> {
        scalar(name, value, "an instant", |value| {
            Self::from_json(value.clone()).ok()
        })
    }
}

/// Reads a generated object; members that it does not know are passed over, since a service may tell more than it did.
#[doc(hidden)]
pub fn __object_from_result<T: Object>(
    type_name: &'static str,
    name: &str,
    value: Value,
) -> Result<Option<T>, DecodeError> {
    let value = unpacked(value);
    if is_nothing(&value) {
        return Ok(None);
    }
    let Value::Object(mut members) = value else {
        return Err(shape(
            name,
            format!("must be an object, not {}", describe(&value)),
        ));
    };
    members.retain(|key, _| T::MEMBERS.iter().any(|member| member.name == key));
    Reader::object(type_name, T::MEMBERS, Value::Object(members))
        .and_then(|mut reader| T::read(&mut reader))
        .map(Some)
        .map_err(|error| shape(name, error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_none() {
        for nothing in [json!(null), json!(""), json!({})] {
            assert_eq!(RasterOutput::from_result("r", nothing.clone()), Ok(None));
            assert_eq!(FileOutput::from_result("r", nothing.clone()), Ok(None));
            assert_eq!(
                Vec::<ItemOutput>::from_result("r", nothing.clone()),
                Ok(None)
            );
            assert_eq!(f64::from_result("r", nothing.clone()), Ok(None));
        }
        assert_eq!(String::from_result("r", json!("")), Ok(None));
    }

    #[test]
    fn rasters_items_and_files_come_in_several_wrappings() {
        let raster = json!({ "itemId": "i", "url": "u", "uri": "/rasterStores/a", "more": 1 });
        for value in [raster.clone(), raster.to_string().into()] {
            let raster = RasterOutput::from_result("r", value).unwrap().unwrap();
            assert_eq!(raster.uri.as_deref(), Some("/rasterStores/a"));
            assert_eq!(raster.other["more"], 1);
        }
        let path = RasterOutput::from_result("r", "/rasterStores/a".into())
            .unwrap()
            .unwrap();
        assert_eq!(path.uri.as_deref(), Some("/rasterStores/a"));
        let file = FileOutput::from_result("r", "https://a.example/a.zip".into())
            .unwrap()
            .unwrap();
        assert_eq!(file.url.as_deref(), Some("https://a.example/a.zip"));
        let items = json!({ "items": { "a1": { "url": "u" }, "b2": {} } });
        let items = Vec::<ItemOutput>::from_result("r", items).unwrap().unwrap();
        assert_eq!(items[0].url.as_deref(), Some("u"));
        assert_eq!(items[1].item_id.as_deref(), Some("b2"));
        let files = Vec::<FileOutput>::from_result("r", json!([{ "url": "a" }, "", "b"]))
            .unwrap()
            .unwrap();
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn scalars_may_be_wrapped_in_text() {
        assert_eq!(bool::from_result("r", json!("True")), Ok(Some(true)));
        assert_eq!(bool::from_result("r", json!(false)), Ok(Some(false)));
        assert_eq!(f64::from_result("r", json!("1.5")), Ok(Some(1.5)));
        assert_eq!(i64::from_result("r", json!("7")), Ok(Some(7)));
        assert_eq!(
            String::from_result("r", json!({ "a": 1 })),
            Ok(Some(r#"{"a":1}"#.to_owned()))
        );
        assert_eq!(
            Vec::<String>::from_result("r", json!(["a", "b"])),
            Ok(Some(vec!["a".to_owned(), "b".to_owned()]))
        );
        let instant = DateTime::from_result("r", json!(1_700_000_000_000_i64)).unwrap();
        assert_eq!(
            instant,
            Some(DateTime::from_epoch_millis(1_700_000_000_000))
        );
        assert_eq!(
            i64::from_result("r", json!("many"))
                .unwrap_err()
                .to_string(),
            "the result `r` cannot be read: must be a whole number, not the text \"many\""
        );
    }
}
