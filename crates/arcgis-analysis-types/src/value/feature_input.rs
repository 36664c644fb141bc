//! What a task takes as features.

use super::FeatureCollection;
use std::fmt;

/// Features as a task takes them.
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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureLayer {
    /// The layer's URL, ending with its number.
    pub url: String,
    /// An SQL where clause that selects features, without the word WHERE.
    pub filter: Option<String>,
    /// A token for a secured layer that the analysis service cannot read otherwise.
    pub service_token: Option<ServiceToken>,
}

/// A token for a layer. It shows itself only on the wire.
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
