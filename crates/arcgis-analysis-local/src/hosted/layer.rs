//! A hosted layer or table.

use crate::disk::{Change, Kind};
use arcgis_analysis_engine::LocatedFeatures;
use arcgis_analysis_types::{
    Extent, Feature, FeatureCollection, FeatureSet, Field, FieldType, GeometryType,
    SpatialReference,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

const OBJECT_ID: &str = "OBJECTID";

/// A hosted layer or table. Each of its features has a number of its own.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The layer's number within its service.
    pub(crate) id: u32,
    /// The features.
    pub(crate) features: FeatureCollection,
    /// The field that numbers the features.
    pub(crate) id_field: String,
    places: HashMap<i64, usize>,
    located: OnceLock<Result<LocatedFeatures, String>>,
    full_extent: OnceLock<Option<Extent>>,
}

impl Layer {
    /// Hosts features; they are numbered anew where they are not numbered well.
    pub(crate) fn new(id: u32, mut features: FeatureCollection) -> Self {
        let id_field = match own_numbers(&features) {
            Some(field) => field,
            None => number(&mut features),
        };
        let numbers = features.features().iter().enumerate();
        let places = numbers
            .filter_map(|(place, feature)| {
                Some((feature.attributes.get(&id_field)?.as_i64()?, place))
            })
            .collect();
        Self {
            id,
            features,
            id_field,
            places,
            located: OnceLock::new(),
            full_extent: OnceLock::new(),
        }
    }

    /// The same layer with other features, which are numbered.
    pub(super) fn with(&self, features: Vec<Feature>) -> Self {
        let mut other = FeatureCollection {
            layer_definition: self.features.layer_definition.clone(),
            feature_set: FeatureSet {
                geometry_type: self.geometry_type(),
                // What is inferred from features must outlive them.
                spatial_reference: Some(self.reference()),
                object_id_field: Some(self.id_field.clone()),
                fields: self.features.feature_set.fields.clone(),
                features,
                exceeded_transfer_limit: false,
            },
            filter: None,
        };
        other.layer_definition.geometry_type = self.geometry_type();
        other.layer_definition.object_id_field = Some(self.id_field.clone());
        Self::new(self.id, other)
    }

    /// What is kept of it on disk.
    pub(super) fn record(&self, item: &str) -> Result<Change, String> {
        let record = serde_json::to_vec(&self.features).map_err(|error| error.to_string())?;
        Ok(Change::put(
            Kind::Layer,
            &super::layer_key(item, self.id),
            record,
        ))
    }

    /// A number that is greater than that of any feature.
    pub(super) fn next(&self) -> i64 {
        let greatest = self.places.keys().max().copied().unwrap_or_default();
        greatest.max(0).saturating_add(1)
    }

    /// The layer's name.
    pub(crate) fn name(&self) -> &str {
        let name = self.features.layer_definition.name.as_deref();
        name.filter(|name| !name.is_empty()).unwrap_or("layer")
    }

    /// The fields.
    pub(crate) fn fields(&self) -> &[Field] {
        self.features.fields()
    }

    /// The field of this name, in any letter case.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        let mut fields = self.fields().iter();
        fields.find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The geometry type; none where it is a table.
    pub(crate) fn geometry_type(&self) -> Option<GeometryType> {
        self.features.geometry_type()
    }

    /// The spatial reference; that of longitude and latitude where nothing says otherwise.
    pub(crate) fn reference(&self) -> SpatialReference {
        let own = self.features.spatial_reference();
        own.cloned().unwrap_or(SpatialReference::WGS84)
    }

    /// The number of the feature at a place.
    pub(crate) fn number(&self, place: usize) -> Option<i64> {
        let feature = self.features.features().get(place)?;
        feature.attributes.get(&self.id_field)?.as_i64()
    }

    /// The place of the feature of a number.
    pub(crate) fn place(&self, number: i64) -> Option<usize> {
        self.places.get(&number).copied()
    }

    /// The rectangle around the features at these places.
    pub(crate) fn extent(&self, places: impl IntoIterator<Item = usize>) -> Option<Extent> {
        let features = self.features.features();
        let shapes = places
            .into_iter()
            .filter_map(|place| features.get(place)?.geometry.as_ref());
        let mut extent: Option<Extent> = None;
        for position in shapes.flat_map(|geometry| geometry.positions()) {
            let extent = extent.get_or_insert_with(|| Extent {
                xmin: position.x,
                ymin: position.y,
                xmax: position.x,
                ymax: position.y,
                spatial_reference: Some(self.reference()),
            });
            extent.xmin = extent.xmin.min(position.x);
            extent.ymin = extent.ymin.min(position.y);
            extent.xmax = extent.xmax.max(position.x);
            extent.ymax = extent.ymax.max(position.y);
        }
        extent
    }

    /// The rectangle around all features.
    pub(crate) fn full_extent(&self) -> Option<Extent> {
        let all = 0..self.features.features().len();
        self.full_extent.get_or_init(|| self.extent(all)).clone()
    }

    /// The features, indexed by place when this is asked for the first time.
    ///
    /// # Errors
    /// When their geometries cannot be compared with others.
    pub(crate) fn located(&self) -> Result<&LocatedFeatures, String> {
        let located = self
            .located
            .get_or_init(|| LocatedFeatures::new(&self.features).map_err(|e| e.to_string()));
        located.as_ref().map_err(Clone::clone)
    }
}

/// The field that numbers the features, if each has a number of its own.
fn own_numbers(features: &FeatureCollection) -> Option<String> {
    let name = features.object_id_field().map(str::to_owned).or_else(|| {
        let mut fields = features.fields().iter();
        let field = fields.find(|field| field.field_type == FieldType::Oid)?;
        Some(field.name.clone())
    })?;
    let mut seen = HashSet::new();
    let well = features.features().iter().all(|feature| {
        let number = feature.attributes.get(&name).and_then(Value::as_i64);
        number.is_some_and(|number| seen.insert(number))
    });
    well.then_some(name)
}

fn number(features: &mut FeatureCollection) -> String {
    if features.layer_definition.fields.is_empty() {
        features.layer_definition.fields = features.feature_set.fields.clone();
    }
    let fields = &mut features.layer_definition.fields;
    fields.retain(|field| {
        field.field_type != FieldType::Oid && !field.name.eq_ignore_ascii_case(OBJECT_ID)
    });
    fields.insert(0, Field::new(OBJECT_ID, FieldType::Oid));
    features.feature_set.fields.clone_from(fields);
    features.layer_definition.object_id_field = Some(OBJECT_ID.to_owned());
    features.feature_set.object_id_field = Some(OBJECT_ID.to_owned());
    for (number, feature) in (1_i64..).zip(&mut features.feature_set.features) {
        feature
            .attributes
            .retain(|name, _| !name.eq_ignore_ascii_case(OBJECT_ID));
        feature
            .attributes
            .insert(OBJECT_ID.to_owned(), number.into());
    }
    OBJECT_ID.to_owned()
}
