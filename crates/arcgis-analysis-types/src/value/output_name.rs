//! The name of the hosted layer that a call creates.

use crate::param::expected;
use crate::{Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value, json};

/// The hosted layer that a call creates, fills or overwrites.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{OutputName, Param};
///
/// let name = OutputName::new("Buffers 2024-05");
/// assert_eq!(name.to_json().to_string(), r#"{"serviceProperties":{"name":"Buffers_2024_05"}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputName {
    /// A new hosted layer of this name, which must be free.
    New {
        /// The name of the service.
        name: String,
        /// The folder to put the item into.
        folder_id: Option<String>,
    },
    /// A layer is written into a hosted service that exists and is empty.
    Existing {
        /// The name of the service.
        name: String,
        /// The URL of the service, which ends with `/FeatureServer`.
        service_url: String,
        /// The ID of the service's item.
        item_id: Option<String>,
        /// The folder of the item.
        folder_id: Option<String>,
    },
    /// The contents of an existing hosted layer are replaced.
    Overwrite {
        /// The item's ID.
        item_id: String,
    },
    /// An object of another shape, as it is: for tasks that write a file item with a title and tags.
    Other(Map<String, Value>),
}

impl OutputName {
    /// A new hosted layer; see [`OutputName::from`] on how the name is made fit.
    #[must_use]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self::New {
            name: fit(name.as_ref()),
            folder_id: None,
        }
    }

    /// A new hosted layer in a folder.
    #[must_use]
    pub fn in_folder(name: impl AsRef<str>, folder_id: impl Into<String>) -> Self {
        Self::New {
            name: fit(name.as_ref()),
            folder_id: Some(folder_id.into()),
        }
    }

    /// Replaces the contents of a hosted layer.
    #[must_use]
    pub fn overwrite(item_id: impl Into<String>) -> Self {
        Self::Overwrite {
            item_id: item_id.into(),
        }
    }
}

/// A service's name holds no blanks, hyphens and full stops: they become underscores, as in ArcGIS's own clients.
pub(super) fn fit(name: &str) -> String {
    name.trim().replace([' ', '-', '.'], "_")
}

impl From<&str> for OutputName {
    /// A new hosted layer. Blanks, hyphens and full stops in its name become underscores.
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for OutputName {
    /// As from `&str`.
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl Param for OutputName {
    fn to_json(&self) -> Value {
        match self {
            Self::New { name, folder_id } => {
                let mut value = json!({ "serviceProperties": { "name": name } });
                if let Some(folder_id) = folder_id {
                    value["itemProperties"] = json!({ "folderId": folder_id });
                }
                value
            }
            Self::Existing {
                name,
                service_url,
                item_id,
                folder_id,
            } => {
                let mut value =
                    json!({ "serviceProperties": { "name": name, "serviceUrl": service_url } });
                if let Some(item_id) = item_id {
                    value["itemProperties"]["itemId"] = item_id.as_str().into();
                }
                if let Some(folder_id) = folder_id {
                    value["itemProperties"]["folderId"] = folder_id.as_str().into();
                }
                value
            }
            Self::Overwrite { item_id } => {
                json!({ "itemProperties": { "itemId": item_id, "overwrite": true } })
            }
            Self::Other(members) => members.clone().into(),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let members = match value {
            Value::String(name) => return Ok(Self::new(name)),
            Value::Object(members) => members,
            other => {
                let shape =
                    "a name, or an object such as {\"serviceProperties\": {\"name\": \"Buffers\"}}";
                return Err(expected(shape, &other));
            }
        };
        let text = |group: &str, member: &str| match members.get(group).and_then(|g| g.get(member))
        {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(Problem::new(
                ParameterErrorKind::WrongType,
                format!(
                    "has a `{group}.{member}` that {}",
                    expected("a text", other)
                ),
            )),
        };
        let name = text("serviceProperties", "name")?.map(|name| fit(&name));
        let service_url = text("serviceProperties", "serviceUrl")?;
        let item_id = text("itemProperties", "itemId")?;
        let folder_id = text("itemProperties", "folderId")?;
        let overwrite = members
            .get("itemProperties")
            .and_then(|g| g.get("overwrite"))
            == Some(&Value::Bool(true));
        // Whatever an object has beyond what a variant holds must not get lost.
        let only = |group: &str, known: &[&str]| {
            members.get(group).is_none_or(|g| {
                g.as_object()
                    .is_some_and(|g| g.keys().all(|key| known.contains(&key.as_str())))
            })
        };
        let plain = members
            .keys()
            .all(|key| matches!(key.as_str(), "serviceProperties" | "itemProperties"))
            && only("serviceProperties", &["name", "serviceUrl"])
            && only("itemProperties", &["itemId", "folderId", "overwrite"]);
        Ok(match (name, service_url, item_id) {
            (None, None, Some(item_id)) if plain && overwrite && folder_id.is_none() => {
                Self::Overwrite { item_id }
            }
            (Some(name), None, None) if plain && !overwrite => Self::New { name, folder_id },
            (Some(name), Some(service_url), item_id) if plain && !overwrite => Self::Existing {
                name,
                service_url,
                item_id,
                folder_id,
            },
            _ => Self::Other(members),
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        let refuse = |text: String| Err(Problem::new(ParameterErrorKind::OutOfRange, text));
        match self {
            Self::New { name, .. } | Self::Existing { name, .. } => {
                match name.chars().find(|c| !allowed(*c)) {
                    _ if name.is_empty() => {
                        refuse("is empty; give the new layer a name or leave it out".to_owned())
                    }
                    Some(c) => refuse(format!(
                        "has the character {c:?} in its name; a layer's name has only letters, digits and underscores"
                    )),
                    None => Ok(()),
                }
            }
            Self::Overwrite { item_id } if item_id.trim().is_empty() => {
                refuse("has an empty item ID; give the ID of the item to overwrite".to_owned())
            }
            Self::Other(members) if members.is_empty() => {
                refuse("is an empty object; give the new layer a name or leave it out".to_owned())
            }
            Self::Overwrite { .. } | Self::Other(_) => Ok(()),
        }
    }
}

fn allowed(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(json: Value) -> OutputName {
        OutputName::from_json(json).unwrap()
    }

    #[test]
    fn a_name_is_made_fit() {
        let name = OutputName::New {
            name: "Big_cities_2_1_".to_owned(),
            folder_id: None,
        };
        assert_eq!(OutputName::from("  Big cities-2.1. "), name);
        assert_eq!(read(json!("Big cities-2.1.")), name);
        assert_eq!(
            read(json!({ "serviceProperties": { "name": "Big cities-2.1." } })),
            name
        );
    }

    #[test]
    fn every_shape_reads_back() {
        for (name, json) in [
            (
                OutputName::new("a"),
                json!({ "serviceProperties": { "name": "a" } }),
            ),
            (
                OutputName::in_folder("a", "f"),
                json!({ "serviceProperties": { "name": "a" }, "itemProperties": { "folderId": "f" } }),
            ),
            (
                OutputName::overwrite("i"),
                json!({ "itemProperties": { "itemId": "i", "overwrite": true } }),
            ),
            (
                OutputName::Existing {
                    name: "a".to_owned(),
                    service_url: "https://example.com/a/FeatureServer".to_owned(),
                    item_id: Some("i".to_owned()),
                    folder_id: Some("f".to_owned()),
                },
                json!({
                    "serviceProperties": { "name": "a", "serviceUrl": "https://example.com/a/FeatureServer" },
                    "itemProperties": { "itemId": "i", "folderId": "f" },
                }),
            ),
        ] {
            assert_eq!(name.to_json(), json);
            assert_eq!(read(json), name);
        }
    }

    #[test]
    fn what_a_variant_cannot_hold_is_kept_as_it_is() {
        for json in [
            json!({ "itemProperties": { "title": "Extract", "tags": "a,b" } }),
            json!({ "serviceProperties": { "name": "a" }, "layerProperties": [{ "drawingInfo": {} }] }),
            json!({ "serviceProperties": { "name": "a", "capabilities": "Query" } }),
            json!({ "serviceProperties": { "name": "a" }, "itemProperties": { "itemId": "i", "overwrite": true } }),
            json!({ "itemProperties": { "itemId": "i", "overwrite": true, "folderId": "f" } }),
            json!({ "serviceProperties": "a" }),
        ] {
            let name = read(json.clone());
            assert!(matches!(name, OutputName::Other(_)), "{json}");
            assert_eq!(name.to_json(), json);
        }
    }

    #[test]
    fn refuses_what_names_nothing() {
        let said = |json| OutputName::from_json(json).unwrap_err().to_string();
        assert_eq!(
            said(json!(7)),
            "must be a name, or an object such as {\"serviceProperties\": {\"name\": \"Buffers\"}}, not the number 7"
        );
        assert_eq!(
            said(json!({ "serviceProperties": { "name": 7 } })),
            "has a `serviceProperties.name` that must be a text, not the number 7"
        );
        let said = |name: OutputName| name.validate().unwrap_err().to_string();
        assert_eq!(
            said("  ".into()),
            "is empty; give the new layer a name or leave it out"
        );
        assert_eq!(
            said("a/b".into()),
            "has the character '/' in its name; a layer's name has only letters, digits and underscores"
        );
        assert_eq!(
            said(OutputName::overwrite("")),
            "has an empty item ID; give the ID of the item to overwrite"
        );
        assert_eq!(
            said(OutputName::Other(Map::new())),
            "is an empty object; give the new layer a name or leave it out"
        );
        OutputName::from("Städte_2").validate().unwrap();
    }
}
