//! What a task takes as features.

mod json;

use super::FeatureCollection;
pub(super) use json::{has_secret, is_item_id};
use serde_json::{Map, Value};
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
        // Such a URL is refused when the call is checked, but it may be printed before.
        let url = if has_secret(&self.url) {
            ".."
        } else {
            &self.url
        };
        f.debug_struct("FeatureLayer")
            .field("url", &url)
            .field("filter", &self.filter)
            .field("service_token", &self.service_token)
            .field("other", &self.other.keys().collect::<Vec<_>>())
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

    /// The token itself, for whoever sends it to the layer's server.
    #[must_use]
    pub fn expose(&self) -> &str {
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
