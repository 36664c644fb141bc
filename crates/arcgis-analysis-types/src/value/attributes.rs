//! The attributes of a feature.

#[cfg(test)]
mod tests;

use super::AttributeValue;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::Index;

/// A feature's attributes, by field name, in the order of the fields.
///
/// It is read and written as a JSON object, and two are equal if they have the same values, in whatever order. There may be
/// millions of them, so that they are kept small: names are compared one after another, without an index.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Attributes;
///
/// let mut attributes: Attributes = serde_json::from_str(r#"{"NAME": "Basel", "POP": 173232}"#)?;
/// assert_eq!(attributes["POP"], 173_232);
/// attributes.insert("AREA", 23.91);
/// assert!(attributes.keys().eq(["NAME", "POP", "AREA"]));
/// assert_eq!(Attributes::from_iter([("POP", 5), ("AREA", 2)])["AREA"], 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Attributes(Vec<(SmolStr, AttributeValue)>);

/// So many names are looked for one after another; of more an index is made when many are added at once.
const FEW: usize = 16;

impl Attributes {
    /// No attributes.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No attributes, and room for so many.
    #[must_use]
    pub fn with_capacity(attributes: usize) -> Self {
        Self(Vec::with_capacity(attributes))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a field, whose name must be spelled as it is here.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.position(name).map(|at| &self.0[at].1)
    }

    /// The value of a field, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut AttributeValue> {
        self.position(name).map(|at| &mut self.0[at].1)
    }

    /// Whether a field of this name is here.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets the value of a field, which is added at the end if it was not here; returns the value that it had.
    pub fn insert(
        &mut self,
        name: impl AsRef<str>,
        value: impl Into<AttributeValue>,
    ) -> Option<AttributeValue> {
        let name = name.as_ref();
        if let Some(own) = self.get_mut(name) {
            return Some(std::mem::replace(own, value.into()));
        }
        self.0.push((SmolStr::new(name), value.into()));
        None
    }

    /// Sets the value of a field, which becomes the first.
    pub fn insert_first(&mut self, name: impl AsRef<str>, value: impl Into<AttributeValue>) {
        let name = name.as_ref();
        self.remove(name);
        self.0.insert(0, (SmolStr::new(name), value.into()));
    }

    /// Takes a field out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        self.position(name).map(|at| self.0.remove(at).1)
    }

    /// Keeps the fields for which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &AttributeValue) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// Sets the values of others' fields, in their order.
    pub fn append(&mut self, others: Self) {
        if self.0.is_empty() {
            *self = others;
            return;
        }
        self.put(others.0.into_iter());
    }

    /// The values of these fields, null where there is none; found at once where they come in the order that they have here.
    pub fn values_of<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = &'a AttributeValue> {
        let mut next = 0;
        names.into_iter().map(move |name| {
            let (before, after) = self.0.split_at(next.min(self.len()));
            let mut places = (next..).zip(after).chain((0..).zip(before));
            match places.find(|(_, (own, _))| own == name) {
                Some((at, (_, value))) => {
                    next = at + 1;
                    value
                }
                None => &AttributeValue::NULL,
            }
        })
    }

    /// The names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &AttributeValue)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names and values, in order, the values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut AttributeValue)> {
        self.0
            .iter_mut()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.iter().map(|(name, _)| name)
    }

    /// The values, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &AttributeValue> + Clone {
        self.iter().map(|(_, value)| value)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(own, _)| own == name)
    }

    /// Sets many values; however many there are, that takes no longer than they are many.
    fn put(&mut self, attributes: impl Iterator<Item = (SmolStr, AttributeValue)>) {
        self.0.reserve(attributes.size_hint().0);
        let mut index = HashMap::new();
        for (name, value) in attributes {
            let known = if self.len() < FEW {
                self.position(&name)
            } else {
                if index.is_empty() {
                    index.extend(self.0.iter().map(|(name, _)| name.clone()).zip(0..));
                }
                match index.entry(name.clone()) {
                    Entry::Occupied(at) => Some(*at.get()),
                    Entry::Vacant(place) => {
                        place.insert(self.0.len());
                        None
                    }
                }
            };
            match known {
                Some(at) => self.0[at].1 = value,
                None => self.0.push((name, value)),
            }
        }
    }
}

impl Index<&str> for Attributes {
    type Output = AttributeValue;

    /// The value of a field, null where there is none.
    fn index(&self, name: &str) -> &AttributeValue {
        self.get(name).unwrap_or(&AttributeValue::NULL)
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        let own = |(name, value)| other.get(name) == Some(value);
        self.len() == other.len() && self.iter().all(own)
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = (&'a str, &'a AttributeValue);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (SmolStr, AttributeValue)>,
        fn(&'a (SmolStr, AttributeValue)) -> Self::Item,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl<N: AsRef<str>, V: Into<AttributeValue>> FromIterator<(N, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(attributes: I) -> Self {
        let mut collected = Self::new();
        collected.extend(attributes);
        collected
    }
}

impl<N: AsRef<str>, V: Into<AttributeValue>> Extend<(N, V)> for Attributes {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, attributes: I) {
        let attributes = attributes.into_iter();
        self.put(attributes.map(|(name, value)| (SmolStr::new(name), value.into())));
    }
}

impl From<Map<String, Value>> for Attributes {
    fn from(object: Map<String, Value>) -> Self {
        // The names are different already.
        let attributes = object.into_iter();
        Self(
            attributes
                .map(|(name, value)| (SmolStr::new(name), value.into()))
                .collect(),
        )
    }
}

impl From<Attributes> for Map<String, Value> {
    fn from(attributes: Attributes) -> Self {
        let attributes = attributes.0.into_iter();
        attributes
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }
}

impl From<Attributes> for Value {
    fn from(attributes: Attributes) -> Self {
        Self::Object(attributes.into())
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let (mut attributes, mut failed) = (Attributes::new(), None);
                attributes.put(std::iter::from_fn(|| {
                    let entry = map.next_entry();
                    entry.unwrap_or_else(|error| {
                        failed = Some(error);
                        None
                    })
                }));
                attributes.0.shrink_to_fit();
                failed.map_or(Ok(attributes), Err)
            }
        }
        deserializer.deserialize_map(Object)
    }
}
