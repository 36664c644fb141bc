//! The value of an attribute.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use smol_str::SmolStr;
use std::fmt;

/// The value of an attribute: null, a number or a text; or what else JSON can say, for which ArcGIS has no type of field.
///
/// A date is a number, the milliseconds since 1970. It is read and written as JSON, and is asked like a
/// [`serde_json::Value`], of which it takes a third of the memory.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{AttributeValue, AttributeView};
///
/// let population = AttributeValue::from(173_232);
/// assert_eq!(population.as_f64(), Some(173_232.0));
/// assert_eq!(population.view(), AttributeView::Integer(173_232));
/// assert!(AttributeValue::NULL.is_null());
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct AttributeValue(Kept);

#[derive(Clone, PartialEq, Default)]
enum Kept {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    /// A finite one, as JSON has them.
    Double(f64),
    Text(SmolStr),
    /// A list, an object, or a number that is greater than any other integer.
    Json(Box<Value>),
}

/// What an [`AttributeValue`] is.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{AttributeValue, AttributeView};
///
/// let name = AttributeValue::from("Basel");
/// assert!(matches!(name.view(), AttributeView::Text("Basel")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AttributeView<'a> {
    /// No value.
    Null,
    /// A truth value, which no field of ArcGIS has.
    Bool(bool),
    /// A whole number, written without a point.
    Integer(i64),
    /// Any other number.
    Double(f64),
    /// A text.
    Text(&'a str),
    /// A list, an object or a whole number above those of 64 bits with a sign, which no field of ArcGIS has.
    Json(&'a Value),
}

impl AttributeValue {
    /// No value.
    pub const NULL: Self = Self(Kept::Null);

    /// What it is.
    #[must_use]
    pub fn view(&self) -> AttributeView<'_> {
        match &self.0 {
            Kept::Null => AttributeView::Null,
            Kept::Bool(truth) => AttributeView::Bool(*truth),
            Kept::Integer(number) => AttributeView::Integer(*number),
            Kept::Double(number) => AttributeView::Double(*number),
            Kept::Text(text) => AttributeView::Text(text),
            Kept::Json(value) => AttributeView::Json(value),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.0, Kept::Null)
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.as_f64().is_some()
    }

    /// Whether it is a text.
    #[must_use]
    pub fn is_string(&self) -> bool {
        matches!(self.0, Kept::Text(_))
    }

    /// The truth value that it is.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Kept::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The whole number that it is.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Kept::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The whole number that it is, if that has no sign.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Kept::Integer(number) => u64::try_from(*number).ok(),
            Kept::Json(value) => value.as_u64(),
            _ => None,
        }
    }

    /// The number that it is, or the one that is nearest to it.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // As the name says.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Kept::Integer(number) => Some(*number as f64),
            Kept::Double(number) => Some(*number),
            Kept::Json(value) => value.as_f64(),
            _ => None,
        }
    }

    /// The text that it is.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Kept::Text(text) => Some(text),
            _ => None,
        }
    }

    /// It, as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.0 {
            Kept::Null => Value::Null,
            Kept::Bool(truth) => Value::from(*truth),
            Kept::Integer(number) => Value::from(*number),
            Kept::Double(number) => Value::from(*number),
            Kept::Text(text) => Value::from(text.as_str()),
            Kept::Json(value) => Value::clone(value),
        }
    }
}

impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl fmt::Display for AttributeValue {
    /// As JSON has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}

impl From<AttributeValue> for Value {
    fn from(value: AttributeValue) -> Self {
        match value.0 {
            Kept::Text(text) => Self::from(String::from(text)),
            Kept::Json(value) => *value,
            _ => value.to_json(),
        }
    }
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(truth) => truth.into(),
            Value::String(text) => text.into(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => whole.into(),
                (None, Some(double)) if number.is_f64() => double.into(),
                _ => Self(Kept::Json(Box::new(Value::Number(number)))),
            },
            Value::Array(_) | Value::Object(_) => Self(Kept::Json(Box::new(value))),
        }
    }
}

impl From<bool> for AttributeValue {
    fn from(truth: bool) -> Self {
        Self(Kept::Bool(truth))
    }
}

impl From<f64> for AttributeValue {
    /// A number; null if it is none, or infinite, which JSON has no word for.
    fn from(number: f64) -> Self {
        match number.is_finite() {
            true => Self(Kept::Double(number)),
            false => Self::NULL,
        }
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for AttributeValue {
            fn from(number: $integer) -> Self {
                match i64::try_from(number) {
                    Ok(whole) => Self(Kept::Integer(whole)),
                    Err(_) => Self(Kept::Json(Box::new(Value::from(number)))),
                }
            }
        }

        impl PartialEq<$integer> for AttributeValue {
            fn eq(&self, other: &$integer) -> bool {
                match i64::try_from(*other) {
                    Ok(whole) => self.as_i64() == Some(whole),
                    Err(_) => self.as_u64() == u64::try_from(*other).ok(),
                }
            }
        }
    )*};
}

from_integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self(Kept::Text(SmolStr::new(text)))
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self(Kept::Text(SmolStr::from(text)))
    }
}

impl From<&String> for AttributeValue {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for AttributeValue {
    /// The value, or null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::NULL, Into::into)
    }
}

impl PartialEq<f64> for AttributeValue {
    fn eq(&self, other: &f64) -> bool {
        self.as_f64() == Some(*other)
    }
}

impl PartialEq<bool> for AttributeValue {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<str> for AttributeValue {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for AttributeValue {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl PartialEq<String> for AttributeValue {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == Some(other)
    }
}

macro_rules! compare_references {
    ($($other:ty)*) => {$(
        impl PartialEq<$other> for &AttributeValue {
            fn eq(&self, other: &$other) -> bool {
                **self == *other
            }
        }
    )*};
}

compare_references! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize f64 bool String Value }

impl PartialEq<Value> for AttributeValue {
    fn eq(&self, other: &Value) -> bool {
        self.to_json() == *other
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Null => serializer.serialize_unit(),
            Kept::Bool(truth) => serializer.serialize_bool(*truth),
            Kept::Integer(number) => serializer.serialize_i64(*number),
            Kept::Double(number) => serializer.serialize_f64(*number),
            Kept::Text(text) => serializer.serialize_str(text),
            Kept::Json(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = AttributeValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of an attribute")
            }

            fn visit_unit<E>(self) -> Result<AttributeValue, E> {
                Ok(AttributeValue::NULL)
            }

            fn visit_bool<E>(self, truth: bool) -> Result<AttributeValue, E> {
                Ok(truth.into())
            }

            fn visit_i64<E>(self, number: i64) -> Result<AttributeValue, E> {
                Ok(number.into())
            }

            fn visit_u64<E>(self, number: u64) -> Result<AttributeValue, E> {
                Ok(number.into())
            }

            fn visit_f64<E>(self, number: f64) -> Result<AttributeValue, E> {
                Ok(number.into())
            }

            fn visit_str<E>(self, text: &str) -> Result<AttributeValue, E> {
                Ok(text.into())
            }

            fn visit_string<E>(self, text: String) -> Result<AttributeValue, E> {
                Ok(text.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<AttributeValue, A::Error> {
                Value::deserialize(value::SeqAccessDeserializer::new(seq)).map(Into::into)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AttributeValue, A::Error> {
                Value::deserialize(value::MapAccessDeserializer::new(map)).map(Into::into)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
