//! A hosted layer or table.

use crate::disk::{Change, Kind};
use arcgis_analysis_engine::LocatedFeatures;
use arcgis_analysis_types::{
    AttributeValue, Extent, Feature, FeatureCollection, Field, FieldType, GeometryType,
    SpatialReference,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const OBJECT_ID: &str = "OBJECTID";
/// How many features are on disk in rows of their own before a layer is written anew, and their share of all from which it
/// is: so that the cost of that is spread over as many changes.
const FEW_ROWS: usize = 1000;
const SHARE_OF_ROWS: usize = 4;

/// A hosted layer or table. Each of its features has a number of its own.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The layer's number within its service.
    pub(crate) id: u32,
    /// The features.
    pub(crate) features: FeatureCollection,
    /// The field that numbers the features.
    pub(crate) id_field: String,
    /// The numbers of the features, by which these are in order.
    numbers: Vec<i64>,
    /// The numbers of those that were changed or deleted since the layer was written as a whole.
    rows: BTreeSet<i64>,
    located: OnceLock<Result<LocatedFeatures, String>>,
    full_extent: OnceLock<Option<Extent>>,
}

/// Features of a layer as they are to be.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Those that are new or changed, by their numbers.
    pub(super) put: BTreeMap<i64, Feature>,
    /// The numbers of those that go.
    pub(super) gone: BTreeSet<i64>,
    /// Whether a place is changed.
    pub(super) moves: bool,
}

impl Rows {
    fn len(&self) -> usize {
        self.put.len() + self.gone.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is written to disk.
    pub(super) fn changes(&self, item: &str, layer: u32) -> Result<Vec<Change>, String> {
        let put = self.put.iter().map(|(number, feature)| {
            let record = serde_json::to_vec(feature).map_err(|error| error.to_string())?;
            let key = row_key(item, layer, *number);
            Ok(Change::put(Kind::Row, &key, record))
        });
        // What is gone from the layer may still be in what was written of it as a whole.
        let gone = self.gone.iter().map(|number| {
            let key = row_key(item, layer, *number);
            Ok(Change::put(Kind::Row, &key, b"null".to_vec()))
        });
        put.chain(gone).collect()
    }

    /// Reads what was written.
    pub(super) fn read(&mut self, number: i64, record: &[u8]) -> Result<(), serde_json::Error> {
        match serde_json::from_slice(record)? {
            Some(feature) => drop(self.put.insert(number, feature)),
            None => drop(self.gone.insert(number)),
        }
        self.moves = true;
        Ok(())
    }
}

impl Layer {
    /// Hosts features; they are numbered anew where they are not numbered well.
    pub(crate) fn new(id: u32, mut features: FeatureCollection) -> Self {
        let id_field = match own_numbers(&features) {
            Some(field) => field,
            None => number(&mut features),
        };
        let own = |feature: &Feature| {
            let number = feature
                .attributes
                .get(&id_field)
                .and_then(AttributeValue::as_i64);
            number.unwrap_or_default()
        };
        features.feature_set.features.sort_by_key(own);
        let numbers = features.features().iter().map(own).collect();
        // What is inferred from features must outlive them.
        let geometry_type = features.geometry_type();
        features.layer_definition.geometry_type = geometry_type;
        features.feature_set.geometry_type = geometry_type;
        if geometry_type.is_some() {
            let reference = features.spatial_reference().cloned();
            let reference = reference.unwrap_or(SpatialReference::WGS84);
            features.feature_set.spatial_reference = Some(reference);
        }
        features.layer_definition.object_id_field = Some(id_field.clone());
        features.feature_set.object_id_field = Some(id_field.clone());
        if features.layer_definition.fields.is_empty() {
            features.layer_definition.fields = features.feature_set.fields.clone();
        }
        Self {
            id,
            features,
            id_field,
            numbers,
            rows: BTreeSet::new(),
            located: OnceLock::new(),
            full_extent: OnceLock::new(),
        }
    }

    /// The same layer with another definition or without features.
    pub(crate) fn with(&self, change: impl FnOnce(&mut FeatureCollection)) -> Self {
        let mut features = self.features.clone();
        change(&mut features);
        Self::new(self.id, features)
    }

    /// Makes changes of features; `noted` tells that they are on disk in rows of their own.
    pub(super) fn apply(&mut self, changed: &Rows, noted: bool) {
        let features = &mut self.features.feature_set.features;
        for (number, feature) in &changed.put {
            match self.numbers.binary_search(number) {
                Ok(place) => features[place] = feature.clone(),
                Err(place) => {
                    self.numbers.insert(place, *number);
                    features.insert(place, feature.clone());
                }
            }
        }
        if !changed.gone.is_empty() {
            let stays: Vec<bool> = self
                .numbers
                .iter()
                .map(|number| !changed.gone.contains(number))
                .collect();
            let mut all = stays.iter();
            features.retain(|_| all.next() == Some(&true));
            let mut all = stays.iter();
            self.numbers.retain(|_| all.next() == Some(&true));
        }
        if noted {
            self.rows.extend(changed.put.keys().chain(&changed.gone));
        }
        if changed.moves {
            self.located = OnceLock::new();
            self.full_extent = OnceLock::new();
        }
    }

    /// A copy in which changes of features are made.
    pub(super) fn applied(&self, changed: &Rows, noted: bool) -> Self {
        let mut copy = Self {
            id: self.id,
            features: self.features.clone(),
            id_field: self.id_field.clone(),
            numbers: self.numbers.clone(),
            rows: self.rows.clone(),
            located: OnceLock::new(),
            full_extent: OnceLock::new(),
        };
        copy.apply(changed, noted);
        copy
    }

    /// Whether it is time to write the layer as a whole.
    pub(super) fn is_due(&self, changed: &Rows) -> bool {
        let rows = self.rows.len() + changed.len();
        rows > FEW_ROWS.max(self.numbers.len() / SHARE_OF_ROWS)
    }

    /// Forgets that features are in rows of their own, and says what takes these from the disk.
    pub(super) fn forget_rows(&mut self, item: &str) -> Vec<Change> {
        let rows = std::mem::take(&mut self.rows);
        rows.into_iter()
            .map(|number| Change::remove(Kind::Row, &row_key(item, self.id, number)))
            .collect()
    }

    /// What takes the layer from the disk.
    pub(super) fn removal(&self, item: &str) -> Vec<Change> {
        let rows = self.rows.iter();
        rows.map(|number| Change::remove(Kind::Row, &row_key(item, self.id, *number)))
            .chain([Change::remove(
                Kind::Layer,
                &super::layer_key(item, self.id),
            )])
            .collect()
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
        let greatest = self.numbers.last().copied().unwrap_or_default();
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
        self.numbers.get(place).copied()
    }

    /// The place of the feature of a number.
    pub(crate) fn place(&self, number: i64) -> Option<usize> {
        self.numbers.binary_search(&number).ok()
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

fn row_key(item: &str, layer: u32, number: i64) -> String {
    format!("{}/{number}", super::layer_key(item, layer))
}

/// The field that numbers the features, if each has a number of its own.
fn own_numbers(features: &FeatureCollection) -> Option<String> {
    let name = features.object_id_field().map(str::to_owned).or_else(|| {
        let mut fields = features.fields().iter();
        let field = fields.find(|field| field.field_type == FieldType::Oid)?;
        Some(field.name.clone())
    })?;
    let mut seen = BTreeSet::new();
    let well = features.features().iter().all(|feature| {
        let number = feature
            .attributes
            .get(&name)
            .and_then(AttributeValue::as_i64);
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
        feature.attributes.insert(OBJECT_ID, number);
    }
    OBJECT_ID.to_owned()
}
