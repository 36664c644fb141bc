//! What a task takes as features.

use super::FeatureCollection;
use super::geojson::Kind;
use crate::param::expected;
use crate::{Facts, GeometryKind, Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value, json};
use std::fmt;

/// Features as a task takes them: a layer, features that travel with the call, or a portal item.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureInput, FeatureLayer, Param};
/// use serde_json::json;
///
/// let url = "https://services.arcgis.com/org/arcgis/rest/services/Cities/FeatureServer/0";
/// let large = FeatureInput::from(FeatureLayer::new(url).filter("POP > 1000000"));
/// assert_eq!(large.to_json(), json!({ "url": url, "filter": "POP > 1000000" }));
///
/// let all = FeatureInput::from(url);
/// assert!(matches!(all, FeatureInput::Layer(_)));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FeatureInput {
    /// A layer of a feature service or map service.
    Layer(FeatureLayer),
    /// Features that travel with the call.
    Collection(Box<FeatureCollection>),
    /// A portal item, which the client resolves to a layer before it submits.
    Item {
        /// The item's ID.
        item_id: String,
        /// The layer within the item's service.
        layer: u32,
    },
}

/// A layer of a feature service or map service.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{FeatureLayer, ServiceToken};
///
/// let layer = FeatureLayer {
///     service_token: Some(ServiceToken::new("secret")),
///     ..FeatureLayer::new("https://example.com/arcgis/rest/services/Cities/FeatureServer/0")
/// };
/// assert!(!format!("{layer:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct FeatureLayer {
    /// The layer's URL, ending with its number. A token does not belong into it.
    pub url: String,
    /// An SQL where clause that selects features, without the word WHERE.
    pub filter: Option<String>,
    /// A token for a secured layer that the analysis service cannot read otherwise.
    pub service_token: Option<ServiceToken>,
    /// Every other property, as the service takes it, such as `time`.
    pub other: Map<String, Value>,
}

impl FeatureLayer {
    /// All features of a layer.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Selects features by an SQL where clause, without the word WHERE.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Gives a token for a secured layer that the analysis service cannot read otherwise.
    #[must_use]
    pub fn service_token(mut self, token: ServiceToken) -> Self {
        self.service_token = Some(token);
        self
    }
}

impl fmt::Debug for FeatureLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self.url.split_once('?') {
            Some((path, _)) if has_token(&self.url) => &format!("{path}?.."),
            _ => &self.url,
        };
        f.debug_struct("FeatureLayer")
            .field("url", url)
            .field("filter", &self.filter)
            .field("service_token", &self.service_token)
            .field("other", &self.other)
            .finish()
    }
}

/// A token for a layer. It shows itself only on the wire.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::ServiceToken;
///
/// assert_eq!(format!("{:?}", ServiceToken::new("secret")), "ServiceToken(..)");
/// ```
#[derive(Clone, PartialEq)]
pub struct ServiceToken(String);

impl ServiceToken {
    /// Takes a token.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServiceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceToken(..)")
    }
}

impl From<&str> for FeatureInput {
    /// A portal item where the text is an item's ID, 32 hexadecimal digits; otherwise the URL of a layer.
    fn from(text: &str) -> Self {
        let text = text.trim();
        if is_item_id(text) {
            Self::item(text, 0)
        } else {
            Self::Layer(FeatureLayer::new(text))
        }
    }
}

impl From<String> for FeatureInput {
    /// As from `&str`.
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<FeatureLayer> for FeatureInput {
    fn from(layer: FeatureLayer) -> Self {
        Self::Layer(layer)
    }
}

impl From<FeatureCollection> for FeatureInput {
    fn from(collection: FeatureCollection) -> Self {
        Self::Collection(Box::new(collection))
    }
}

impl FeatureInput {
    /// A layer of a portal item.
    #[must_use]
    pub fn item(item_id: impl Into<String>, layer: u32) -> Self {
        Self::Item {
            item_id: item_id.into(),
            layer,
        }
    }

    /// The features, where they travel with the call.
    #[must_use]
    pub fn collection(&self) -> Option<&FeatureCollection> {
        match self {
            Self::Collection(collection) => Some(collection),
            Self::Layer(_) | Self::Item { .. } => None,
        }
    }
}

fn is_item_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && text.len() > scheme.len()
    })
}

/// Whether a URL carries a token in its query.
fn has_token(url: &str) -> bool {
    let query = url
        .split_once('?')
        .map(|(_, query)| query)
        .unwrap_or_default();
    query.split(['&', '#', '?']).any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        name.eq_ignore_ascii_case("token") && !value.is_empty()
    })
}

fn wrong(text: impl Into<String>) -> Problem {
    Problem::new(ParameterErrorKind::WrongType, text)
}

const SHAPE: &str =
    "the URL of a layer, an item ID, a layer object, a feature collection or GeoJSON";

fn check_url(url: &str) -> Result<(), Problem> {
    if has_token(url) {
        return Err(wrong(
            "has a token in its URL; put it into `serviceToken`, where it stays secret",
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
    let service_token = take_text(&mut members, "serviceToken")?.map(ServiceToken::new);
    Ok(FeatureLayer {
        url,
        filter,
        service_token,
        other: members,
    })
}

fn item(members: &Map<String, Value>) -> Result<FeatureInput, Problem> {
    let item_id = members
        .get("itemId")
        .and_then(Value::as_str)
        .unwrap_or_default();
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
            "has a member {name:?}, which an item has not; it has `itemId` and `layer`"
        )));
    }
    Ok(FeatureInput::item(item_id, layer))
}

impl Param for FeatureInput {
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
                "has neither `url`, `itemId` nor features; it must be {SHAPE}"
            )))
        }
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::Collection(collection) => Facts {
                items: Some(collection.features().len()),
                geometry: Some(
                    collection
                        .geometry_type()
                        .map_or(GeometryKind::Table, super::GeometryType::kind),
                ),
                ..Facts::default()
            },
            Self::Layer(_) | Self::Item { .. } => Facts::default(),
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
