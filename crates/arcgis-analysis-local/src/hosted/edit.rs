//! Changes of a layer's features: which are made, and why one is not.

use super::Layer;
use super::layer::Rows;
use arcgis_analysis_engine::ReferenceChange;
use arcgis_analysis_types::{AttributeValue, Attributes, Feature, Field, FieldType, Geometry};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// How many features a layer holds at most once it has been changed.
const MOST_FEATURES: usize = 2_000_000;

/// Changes that are asked for, in the order in which they are made.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// Features to add, as they came.
    pub(crate) adds: Vec<Value>,
    /// Features to change, as they came; each names its number, and what it leaves out stays.
    pub(crate) updates: Vec<Value>,
    /// The numbers of features to delete.
    pub(crate) deletes: Vec<i64>,
}

/// Why a change is not made, with the number that ArcGIS gives to such reasons.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The number.
    pub(crate) code: u16,
    /// The reason.
    pub(crate) problem: String,
}

impl Refusal {
    fn new(code: u16, problem: impl Into<String>) -> Self {
        Self {
            code,
            problem: problem.into(),
        }
    }

    fn value(field: &Field, problem: &str) -> Self {
        Self::new(
            1016,
            format!("Setting of value for {} failed: {problem}.", field.name),
        )
    }

    fn geometry(problem: &str) -> Self {
        Self::new(1015, format!("Geometry could not be set: {problem}."))
    }
}

/// What became of one change.
#[derive(Debug)]
pub(crate) struct Edit {
    /// The number of the feature, where it has one.
    pub(crate) number: Option<i64>,
    /// Why it was not made.
    pub(crate) refusal: Option<Refusal>,
}

impl Edit {
    fn of(number: Option<i64>, outcome: Result<i64, Refusal>) -> Self {
        match outcome {
            Ok(number) => Self {
                number: Some(number),
                refusal: None,
            },
            Err(refusal) => Self {
                number,
                refusal: Some(refusal),
            },
        }
    }
}

/// What became of the changes of a layer.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) adds: Vec<Edit>,
    pub(crate) updates: Vec<Edit>,
    pub(crate) deletes: Vec<Edit>,
    /// The features that are others afterwards; none where all are as they were.
    pub(super) rows: Option<Rows>,
    /// The number of the next feature that is added.
    pub(super) next: i64,
}

impl Edited {
    fn all(&self) -> impl Iterator<Item = &Edit> {
        self.adds.iter().chain(&self.updates).chain(&self.deletes)
    }

    /// Whether a change is not made.
    pub(super) fn is_refused(&self) -> bool {
        self.all().any(|edit| edit.refusal.is_some())
    }

    /// Takes all changes back, because others are not made.
    pub(super) fn roll_back(&mut self) {
        self.rows = None;
        for edit in &mut self.adds {
            // It never got the number.
            edit.number = None;
        }
        let all = self.adds.iter_mut().chain(&mut self.updates);
        for edit in all.chain(&mut self.deletes) {
            let refusal = || Refusal::new(1003, "Operation rolled back.");
            edit.refusal.get_or_insert_with(refusal);
        }
    }
}

impl Layer {
    /// What becomes of the features by changes, which are not made yet. What is added is numbered from `next` on.
    pub(super) fn edited(&self, next: i64, edits: &Edits) -> Edited {
        let held = self.features.features();
        let mut rows = Rows::default();
        let mut next = next;
        let mut adds = Vec::with_capacity(edits.adds.len());
        for sent in &edits.adds {
            let added = match self.read(sent) {
                Ok(_) if next == i64::MAX => {
                    Err(Refusal::new(1000, "The layer has no object ID left."))
                }
                Ok(_) if held.len() + rows.put.len() >= MOST_FEATURES => Err(Refusal::new(
                    1000,
                    format!("A layer holds {MOST_FEATURES} features at most."),
                )),
                Ok(sent) => {
                    let mut attributes = self.row();
                    attributes.append(sent.attributes);
                    attributes.insert(&self.id_field, next);
                    let feature = Feature {
                        geometry: sent.geometry.flatten(),
                        attributes,
                    };
                    rows.moves |= feature.geometry.is_some();
                    rows.put.insert(next, feature);
                    next += 1;
                    Ok(next - 1)
                }
                Err(refusal) => Err(refusal),
            };
            adds.push(Edit::of(None, added));
        }
        let mut updates = Vec::with_capacity(edits.updates.len());
        for sent in &edits.updates {
            let read = self.read(sent);
            let number = read.as_ref().ok().and_then(|sent| sent.number);
            let updated = read.and_then(|sent| {
                let number = sent.number.ok_or_else(|| {
                    let problem = format!("The feature has no {}.", self.id_field);
                    Refusal::new(1000, problem)
                })?;
                let own = self.place(number).and_then(|place| held.get(place));
                let own = own.ok_or_else(missing)?;
                let feature = rows.put.entry(number).or_insert_with(|| own.clone());
                feature.attributes.append(sent.attributes);
                if let Some(geometry) = sent.geometry {
                    feature.geometry = geometry;
                    rows.moves = true;
                }
                Ok(number)
            });
            updates.push(Edit::of(number, updated));
        }
        let mut taken = HashSet::new();
        let mut deletes = Vec::with_capacity(edits.deletes.len());
        for number in &edits.deletes {
            let is_held = self.place(*number).is_some();
            let is_there = is_held || rows.put.contains_key(number);
            let deleted = match is_there && taken.insert(*number) {
                true => {
                    rows.put.remove(number);
                    if is_held {
                        rows.gone.insert(*number);
                    }
                    rows.moves = true;
                    Ok(*number)
                }
                false => Err(missing()),
            };
            deletes.push(Edit::of(Some(*number), deleted));
        }
        let mut edited = Edited {
            adds,
            updates,
            deletes,
            rows: None,
            next,
        };
        let is_changed = edited.all().any(|edit| edit.refusal.is_none());
        edited.rows = is_changed.then_some(rows);
        edited
    }

    /// A feature's attributes before any is set.
    fn row(&self) -> Attributes {
        let fields = self.fields().iter();
        fields
            .map(|field| {
                let value = field.other.get("defaultValue").cloned();
                (&field.name, value)
            })
            .collect()
    }

    /// Reads a feature that came with a change.
    fn read(&self, sent: &Value) -> Result<Sent, Refusal> {
        let sent = sent
            .as_object()
            .ok_or_else(|| Refusal::new(1000, "A feature must be an object."))?;
        let empty = Map::new();
        let attributes = match sent.get("attributes") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(attributes)) => attributes,
            Some(_) => return Err(Refusal::new(1000, "`attributes` must be an object.")),
        };
        let mut read = Sent {
            number: None,
            attributes: Attributes::new(),
            geometry: match sent.get("geometry") {
                None => None,
                Some(geometry) => Some(self.geometry(geometry)?),
            },
        };
        for (name, value) in attributes {
            // As ArcGIS does, what the layer has no field for is left out.
            let Some(field) = self.field(name) else {
                continue;
            };
            if field.name == self.id_field {
                read.number = value.as_i64();
            } else {
                let value = fit(field, &value.clone().into())?;
                read.attributes.insert(&field.name, value);
            }
        }
        Ok(read)
    }

    /// Reads a geometry, and brings it into the layer's spatial reference.
    fn geometry(&self, sent: &Value) -> Result<Option<Geometry>, Refusal> {
        if sent.is_null() {
            return Ok(None);
        }
        let mut geometry: Geometry = serde_json::from_value(sent.clone())
            .map_err(|error| Refusal::geometry(&error.to_string()))?;
        if geometry.curves().is_some() {
            return Err(Refusal::new(1005, "True curve update not allowed."));
        }
        if geometry.is_empty() {
            return Ok(None);
        }
        match self.geometry_type() {
            None => return Err(Refusal::geometry("a table has none")),
            Some(own) if own != geometry.geometry_type() => {
                return Err(Refusal::geometry("it is of another type than the layer's"));
            }
            Some(_) => {}
        }
        if let Some(reference) = geometry.spatial_reference() {
            let change = ReferenceChange::between(reference, &self.reference())
                .map_err(|error| Refusal::geometry(&error.to_string()))?;
            geometry = change.geometry(geometry).ok_or_else(|| {
                Refusal::geometry(
                    "it is too far away from where the layer's spatial reference is used",
                )
            })?;
        }
        Ok(Some(geometry))
    }
}

/// A feature as it came with a change.
struct Sent {
    number: Option<i64>,
    /// Those of the layer's fields that came.
    attributes: Attributes,
    /// The geometry, if it came, which may be none.
    geometry: Option<Option<Geometry>>,
}

fn missing() -> Refusal {
    Refusal::new(1011, "Object is missing.")
}

/// The value as the field holds it.
///
/// # Errors
/// A sentence, when the field holds no such value.
pub(crate) fn fitting(field: &Field, value: &AttributeValue) -> Result<AttributeValue, String> {
    fit(field, value).map_err(|refusal| refusal.problem)
}

fn fit(field: &Field, value: &AttributeValue) -> Result<AttributeValue, Refusal> {
    if value.is_null() {
        return Ok(AttributeValue::NULL);
    }
    let refuse = |problem: &str| Refusal::value(field, problem);
    let whole = |least: i64, most: i64| {
        // Data frames hold whole numbers as floats where some are missing.
        let number = value.as_i64().or_else(|| {
            let number = value.as_f64()?;
            (number.fract() == 0.0 && number.abs() < 2_f64.powi(53)).then_some(number as i64)
        });
        let number = number.ok_or_else(|| refuse("it must be a whole number"))?;
        match (least..=most).contains(&number) {
            true => Ok(number.into()),
            false => Err(refuse("the number is too large for the field")),
        }
    };
    match &field.field_type {
        FieldType::SmallInteger => whole(i16::MIN.into(), i16::MAX.into()),
        FieldType::Integer => whole(i32::MIN.into(), i32::MAX.into()),
        FieldType::BigInteger | FieldType::Oid => whole(i64::MIN, i64::MAX),
        FieldType::Date => whole(i64::MIN, i64::MAX)
            .map_err(|_| refuse("it must be in whole milliseconds since 1970")),
        FieldType::Single | FieldType::Double => match value.is_number() {
            true => Ok(value.clone()),
            false => Err(refuse("it must be a number")),
        },
        FieldType::String | FieldType::Guid | FieldType::GlobalId => {
            let text = match value.as_str() {
                Some(text) => text.to_owned(),
                None if value.is_number() => value.to_string(),
                _ => return Err(refuse("it must be a text")),
            };
            let most = field.length.filter(|most| *most > 0);
            match most.filter(|most| text.chars().count() > *most as usize) {
                Some(most) => Err(refuse(&format!("it is longer than {most} characters"))),
                None => Ok(text.into()),
            }
        }
        _ => Ok(value.clone()),
    }
}
