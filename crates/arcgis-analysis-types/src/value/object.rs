//! Reads JSON objects as objects only: what serde derives for a struct would take a list of its members' values too, so
//! that the list `[7.5, 47.5]` would pass for a point.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads an object; `what` says in an error what it should have been.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    what: &'static str,
) -> Result<T, D::Error> {
    match optional_object(deserializer, what)? {
        Some(value) => Ok(value),
        None => Err(D::Error::custom(format!(
            "invalid type: null, expected {what}"
        ))),
    }
}

/// Reads an object or `null`.
pub(super) fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    what: &'static str,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor {
        what,
        of: PhantomData,
    })
}

struct ObjectVisitor<T> {
    what: &'static str,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}
