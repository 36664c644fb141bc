//! Feature inputs from and to JSON.

#[cfg(test)]
mod tests;

use super::{FeatureInput, FeatureLayer, ServiceToken};
use crate::param::expected;
use crate::value::geojson::Kind;
use crate::{
    Facts, FeatureCollection, GeometryKind, GeometryType, Param, ParameterErrorKind, Problem,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

pub(in crate::value) fn is_item_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a text has a scheme of the web, and a host to go with it.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !rest.is_empty()
        && !rest.starts_with(['/', '?', '#'])
        && !text.contains(char::is_whitespace)
}

/// Whether a URL carries a token or a key in its query, or a password before its host.
pub(in crate::value) fn has_secret(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let mut pairs = after_scheme.split(['?', '&', '#', ';']).skip(1);
    let is_secret = |name: &str| {
        ["token", "access_token", "apikey", "api_key", "password"]
            .iter()
            .any(|secret| name.eq_ignore_ascii_case(secret))
    };
    authority.contains('@')
        || pairs.any(|pair| {
            pair.split_once('=')
                .is_some_and(|(name, value)| is_secret(name) && !value.is_empty())
        })
}

fn wrong(text: impl Into<String>) -> Problem {
    Problem::new(ParameterErrorKind::WrongType, text)
}

const SHAPE: &str =
    "the URL of a layer, an item ID, a layer object, a feature collection or GeoJSON";

fn check_url(url: &str) -> Result<(), Problem> {
    if has_secret(url) {
        return Err(wrong(
            "has a token or a password in its URL; put a token into `serviceToken`, where it stays secret",
        ));
    }
    if !is_url(url) {
        return Err(expected(SHAPE, &url.into()));
    }
    Ok(())
}

fn take_text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match members.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        // The value itself is not shown: it may be a secret.
        Some(_) => Err(wrong(format!("has a member `{name}` that is no text"))),
    }
}

fn layer(mut members: Map<String, Value>) -> Result<FeatureLayer, Problem> {
    if members.contains_key("token") {
        return Err(wrong(
            "has a member `token`; a layer's token is called `serviceToken`",
        ));
    }
    let Some(url) = take_text(&mut members, "url")? else {
        return Err(wrong("has no text in its member `url`"));
    };
    let url = url.trim().to_owned();
    check_url(&url)?;
    let filter = take_text(&mut members, "filter")?.filter(|filter| !filter.trim().is_empty());
    let service_token = take_text(&mut members, "serviceToken")?.filter(|token| !token.is_empty());
    Ok(FeatureLayer {
        url,
        filter,
        service_token: service_token.map(ServiceToken::new),
        other: members,
    })
}

fn item(members: &Map<String, Value>) -> Result<FeatureInput, Problem> {
    let Some(item_id) = members.get("itemId").and_then(Value::as_str) else {
        return Err(wrong("has no text in its member `itemId`"));
    };
    let layer = match members.get("layer") {
        None | Some(Value::Null) => Some(0),
        Some(layer) => layer.as_u64().and_then(|layer| u32::try_from(layer).ok()),
    };
    let Some(layer) = layer else {
        return Err(wrong("has a member `layer` that is no layer number"));
    };
    if let Some(name) = members
        .keys()
        .find(|name| !matches!(name.as_str(), "itemId" | "layer"))
    {
        return Err(wrong(format!(
            "has a member `{name}`, which an item has not; it has `itemId` and `layer`"
        )));
    }
    Ok(FeatureInput::item(item_id, layer))
}

impl Param for FeatureInput {
    /// The JSON has the layer's token, where there is one.
    fn to_json(&self) -> Value {
        match self {
            Self::Layer(layer) => {
                let mut members = Map::new();
                members.insert("url".to_owned(), layer.url.as_str().into());
                if let Some(filter) = &layer.filter {
                    members.insert("filter".to_owned(), filter.as_str().into());
                }
                if let Some(token) = &layer.service_token {
                    members.insert("serviceToken".to_owned(), token.expose().into());
                }
                members.extend(layer.other.clone());
                members.into()
            }
            Self::Collection(collection) => collection.to_wire(),
            Self::Item { item_id, layer } => json!({ "itemId": item_id, "layer": layer }),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let members = match value {
            Value::String(text) => {
                let text = text.trim();
                if is_item_id(text) {
                    return Ok(Self::item(text, 0));
                }
                check_url(text)?;
                return Ok(Self::Layer(FeatureLayer::new(text)));
            }
            Value::Object(members) => members,
            other => return Err(expected(SHAPE, &other)),
        };
        let kind = Kind::of(members.get("type").and_then(Value::as_str), |name| {
            members.contains_key(name)
        });
        if let Some(kind) = kind {
            return FeatureCollection::from_value(members.into(), kind)
                .map(Self::from)
                .map_err(|error| {
                    Problem::new(
                        ParameterErrorKind::Features,
                        format!("cannot be read: {error}"),
                    )
                });
        }
        if members.contains_key("url") {
            layer(members).map(Self::Layer)
        } else if members.contains_key("itemId") {
            item(&members)
        } else {
            Err(wrong(format!(
                "has neither `url` nor `itemId` nor features; it must be {SHAPE}"
            )))
        }
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Collection(collection) => Facts {
                items: Some(collection.features().len()),
                geometries: vec![Some(
                    collection
                        .geometry_type()
                        .map_or(GeometryKind::Table, GeometryType::kind),
                )],
                ..Facts::default()
            },
            Self::Layer(_) | Self::Item { .. } => Facts {
                geometries: vec![None],
                ..Facts::default()
            },
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Layer(layer) => check_url(&layer.url),
            Self::Collection(collection) => collection.validate(),
            Self::Item { item_id, .. } if !is_item_id(item_id) => {
                Err(wrong("has an item ID that is not 32 hexadecimal digits"))
            }
            Self::Item { .. } => Ok(()),
        }
    }
}

impl Serialize for FeatureInput {
    /// As [`Param::to_json`]: the JSON has the layer's token, where there is one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FeatureInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
