//! The pages of a layer, put together.

use arcgis_analysis_types::{
    AttributeValue, Attributes, Feature, FeatureCollection, FeatureSet, Field, LayerDefinition,
    SpatialReference,
};
use std::collections::HashSet;

/// What has been read of a layer.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    features: Vec<Feature>,
    /// Their object IDs.
    ids: Vec<i64>,
    seen: HashSet<i64>,
    reference: Option<SpatialReference>,
    /// The fields that the pages say they have; a layer may have more, such as that of the shape.
    fields: Vec<Field>,
    bytes: usize,
}

impl Gathered {
    /// How many features there are.
    pub(super) fn len(&self) -> usize {
        self.features.len()
    }

    /// How many bytes the pages had together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a page.
    ///
    /// # Errors
    /// What is wrong with the page, as a clause.
    pub(super) fn take(
        &mut self,
        page: FeatureSet,
        bytes: usize,
        id_field: &str,
    ) -> Result<(), &'static str> {
        if self.features.is_empty() {
            self.reference = page.spatial_reference;
            self.fields = page.fields;
        } else if page.spatial_reference.is_some() && page.spatial_reference != self.reference {
            return Err("its pages are in several spatial references");
        }
        for feature in &page.features {
            let Some(id) = id(&feature.attributes, id_field) else {
                return Err("the server answered with features without their object IDs");
            };
            if !self.seen.insert(id) {
                return Err(
                    "it changed while it was read, and sent a feature for the second time; try again",
                );
            }
            self.ids.push(id);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.features.extend(page.features);
        Ok(())
    }

    /// Whether these are the features that there are.
    pub(super) fn holds_just(&self, ids: &[i64]) -> bool {
        ids.len() == self.seen.len() && ids.iter().all(|id| self.seen.contains(id))
    }

    /// The layer, in the order of the object IDs, also where the server keeps to none.
    pub(super) fn collection(mut self, mut definition: LayerDefinition) -> FeatureCollection {
        if !self.fields.is_empty() {
            definition.fields = self.fields;
        }
        if !self.ids.is_sorted() {
            let mut all: Vec<_> = self.ids.into_iter().zip(self.features).collect();
            all.sort_unstable_by_key(|(id, _)| *id);
            self.features = all.into_iter().map(|(_, feature)| feature).collect();
        }
        FeatureCollection {
            feature_set: FeatureSet {
                geometry_type: definition.geometry_type,
                spatial_reference: self.reference,
                features: self.features,
                ..FeatureSet::default()
            },
            layer_definition: definition,
            filter: None,
        }
    }
}

/// A feature's number. Servers do not always spell its field as they describe it.
fn id(attributes: &Attributes, field: &str) -> Option<i64> {
    let spelled = attributes.get(field);
    let found = spelled.or_else(|| {
        let mut all = attributes.iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(field))
            .map(|(_, value)| value)
    });
    found.and_then(AttributeValue::as_i64)
}
