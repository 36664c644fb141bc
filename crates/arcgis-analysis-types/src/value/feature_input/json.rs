//! Feature inputs from and to JSON.

use super::{FeatureInput, FeatureLayer, ServiceToken};
use crate::param::expected;
use crate::value::geojson::Kind;
use crate::{
    Facts, FeatureCollection, GeometryKind, GeometryType, Param, ParameterErrorKind, Problem,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

pub(super) fn is_item_id(text: &str) -> bool {
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
pub(super) fn has_secret(url: &str) -> bool {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Point, SpatialReference};

    const URL: &str = "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0";
    const ITEM: &str = "0123456789abcdef0123456789ABCDEF";

    fn read(value: Value) -> FeatureInput {
        FeatureInput::from_json(value).unwrap()
    }

    fn said(value: Value) -> String {
        FeatureInput::from_json(value).unwrap_err().to_string()
    }

    fn collection() -> Value {
        json!({
            "layerDefinition": {
                "geometryType": "esriGeometryPoint",
                "objectIdField": "FID",
                "fields": [{ "name": "FID", "type": "esriFieldTypeOID", "alias": "FID" }],
            },
            "featureSet": {
                "geometryType": "esriGeometryPoint",
                "spatialReference": { "wkid": 4326 },
                "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "FID": 3 } }],
            },
        })
    }

    #[test]
    fn texts_are_urls_or_items() {
        assert_eq!(
            read(format!(" {URL} ").into()),
            FeatureInput::Layer(FeatureLayer::new(URL))
        );
        assert_eq!(read(ITEM.into()), FeatureInput::item(ITEM, 0));
        assert_eq!(FeatureInput::from(ITEM), FeatureInput::item(ITEM, 0));
        assert_eq!(
            FeatureInput::from(URL.to_owned()),
            FeatureInput::Layer(FeatureLayer::new(URL))
        );
        for text in [
            "cities.geojson",
            "https://",
            "https:///x",
            "ftp://example.com/0",
            "https://example.com/a b",
        ] {
            assert_eq!(
                said(text.into()),
                format!("must be {SHAPE}, not the text {text:?}")
            );
            assert!(FeatureInput::from(text).validate().is_err());
        }
    }

    #[test]
    fn objects_tell_what_they_are() {
        let json =
            json!({ "url": URL, "filter": "POP > 5", "serviceToken": "secret", "time": "1,2" });
        let layer = read(json.clone());
        let expected = FeatureLayer::new(URL)
            .filter("POP > 5")
            .service_token(ServiceToken::new("secret"));
        let other = Map::from_iter([("time".to_owned(), json!("1,2"))]);
        assert_eq!(
            layer,
            FeatureInput::Layer(FeatureLayer { other, ..expected })
        );
        assert_eq!(layer.to_json(), json);
        assert_eq!(
            read(json!({ "url": URL, "filter": null })).to_json(),
            json!({ "url": URL })
        );

        let item = json!({ "itemId": ITEM, "layer": 2 });
        assert_eq!(read(item.clone()), FeatureInput::item(ITEM, 2));
        assert_eq!(read(item.clone()).to_json(), item);
        assert_eq!(read(json!({ "itemId": ITEM })), FeatureInput::item(ITEM, 0));

        assert_eq!(read(collection()).to_json(), collection());
        let bare = read(json!({ "features": [{ "geometry": { "x": 7.5, "y": 47.5 } }] }));
        assert_eq!(bare.collection().unwrap().features().len(), 1);
        let geojson = read(json!({ "type": "Point", "coordinates": [7.5, 47.5] }));
        assert_eq!(
            geojson.collection().unwrap().spatial_reference(),
            Some(&SpatialReference::WGS84)
        );
    }

    #[test]
    fn features_are_completed_on_the_wire() {
        let geojson = read(json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [7.5, 47.5] },
            "properties": { "open": true },
        }));
        assert_eq!(
            geojson.to_json(),
            json!({
                "layerDefinition": {
                    "geometryType": "esriGeometryPoint",
                    "objectIdField": "OBJECTID",
                    "fields": [
                        { "name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID" },
                        { "name": "open", "type": "esriFieldTypeSmallInteger", "alias": "open" },
                    ],
                },
                "featureSet": {
                    "geometryType": "esriGeometryPoint",
                    "spatialReference": { "wkid": 4326 },
                    "features": [{ "geometry": { "x": 7.5, "y": 47.5 }, "attributes": { "OBJECTID": 1, "open": 1 } }],
                },
            })
        );
    }

    #[test]
    fn says_what_an_object_lacks() {
        assert_eq!(said(json!(7)), format!("must be {SHAPE}, not the number 7"));
        assert_eq!(
            said(json!({})),
            format!("has neither `url` nor `itemId` nor features; it must be {SHAPE}")
        );
        assert_eq!(
            said(json!({ "url": null })),
            "has no text in its member `url`"
        );
        assert_eq!(
            said(json!({ "url": URL, "filter": 7 })),
            "has a member `filter` that is no text"
        );
        assert_eq!(
            said(json!({ "itemId": ITEM, "layer": -1 })),
            "has a member `layer` that is no layer number"
        );
        assert_eq!(
            said(json!({ "itemId": ITEM, "filter": "a" })),
            "has a member `filter`, which an item has not; it has `itemId` and `layer`"
        );
        assert_eq!(
            said(json!({ "features": [{}, { "geometry": { "x": 1 } }] })),
            "cannot be read: feature 2: a point has `x` but no `y`"
        );
        let problem = FeatureInput::from_json(json!({ "type": "Point" })).unwrap_err();
        assert_eq!(problem.kind(), ParameterErrorKind::Features);
        assert_eq!(
            FeatureInput::item("../x", 0)
                .validate()
                .unwrap_err()
                .to_string(),
            "has an item ID that is not 32 hexadecimal digits"
        );
    }

    #[test]
    fn secrets_stay_out_of_urls_errors_and_debug() {
        for url in [
            format!("{URL}?f=json&TOKEN=planted"),
            format!("{URL}?token=planted"),
            format!("{URL}#access_token=planted"),
            "https://user:planted@example.com/0".to_owned(),
        ] {
            let problem = "has a token or a password in its URL; put a token into `serviceToken`, where it stays secret";
            assert_eq!(said(url.clone().into()), problem);
            assert_eq!(said(json!({ "url": url })), problem);
            let layer = FeatureInput::from(url.as_str());
            assert_eq!(layer.validate().unwrap_err().to_string(), problem);
            assert!(!format!("{layer:?}").contains("planted"));
        }
        FeatureInput::from(format!("{URL}?token=&f=json"))
            .validate()
            .unwrap();
        assert_eq!(
            said(json!({ "url": URL, "token": "planted" })),
            "has a member `token`; a layer's token is called `serviceToken`"
        );
        assert_eq!(
            said(json!({ "url": URL, "serviceToken": 7 })),
            "has a member `serviceToken` that is no text"
        );
        let layer =
            FeatureInput::from(FeatureLayer::new(URL).service_token(ServiceToken::new("planted")));
        assert!(format!("{layer:?}").contains(URL));
        assert!(!format!("{layer:?}").contains("planted"));
    }

    #[test]
    fn tells_what_rules_ask() {
        let facts = read(collection());
        let facts = facts.facts();
        assert_eq!(
            (facts.items, facts.geometries.as_slice()),
            (Some(1), [Some(GeometryKind::Point)].as_slice())
        );
        let table = FeatureInput::from(FeatureCollection::table(vec![Map::new(), Map::new()]));
        assert_eq!(table.facts().geometries, [Some(GeometryKind::Table)]);
        assert_eq!(
            FeatureInput::from(URL).facts(),
            Facts {
                geometries: vec![None],
                ..Facts::default()
            }
        );
        // A layer that says it holds lines is one, even before its first feature with a place.
        let typed = read(json!({ "layerDefinition": { "geometryType": "esriGeometryPolyline" } }));
        assert_eq!(typed.facts().geometries, [Some(GeometryKind::Line)]);
    }

    #[test]
    fn serde_reads_and_writes_the_same_json() {
        let input: FeatureInput = serde_json::from_value(collection()).unwrap();
        assert_eq!(serde_json::to_value(&input).unwrap(), collection());
        let expected = Point::new(7.5, 47.5);
        assert_eq!(
            input.collection().unwrap().features()[0].geometry,
            Some(expected.into())
        );
    }
}
