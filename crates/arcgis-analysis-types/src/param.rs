//! How a parameter is written, read and asked about.

use crate::error::{ParameterError, ParameterErrorKind as Kind};
use crate::meta::{GroupMeta, ParamMeta};
use crate::{GeometryKind, Problem};
use serde_json::{Map, Value};
use std::fmt::Debug;

/// A value that can be a task's parameter.
pub trait Param: Debug {
    /// The value as JSON, in the form that the service takes.
    fn to_json(&self) -> Value;

    /// Reads the value from JSON; the error completes the sentence "`name` ...".
    ///
    /// # Errors
    /// Says what was expected when the JSON has another shape.
    fn from_json(value: Value) -> Result<Self, Problem>
    where
        Self: Sized;

    /// What rules between parameters may ask of the value.
    fn facts(&self) -> Facts<'_> {
        Facts::default()
    }

    /// Looks for what no service would accept, such as an empty layer or a coordinate that is not a number.
    ///
    /// # Errors
    /// Completes the sentence "`name` ...".
    fn validate(&self) -> Result<(), Problem> {
        Ok(())
    }
}

/// What rules between parameters may ask of a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'a> {
    /// The value, where it is a single one.
    pub scalar: Option<Scalar<'a>>,
    /// How many items a list, or features a collection, has.
    pub items: Option<usize>,
    /// The geometry of the features, where it is known before the service looks.
    pub geometry: Option<GeometryKind>,
    /// The numbers to hold against the parameter's range.
    pub numbers: Vec<f64>,
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
}

impl<'a> Facts<'a> {
    /// The facts of a text.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self {
            scalar: Some(Scalar::Text(text)),
            ..Self::default()
        }
    }

    /// The facts of a number.
    #[must_use]
    pub fn number(number: f64) -> Self {
        Self {
            scalar: Some(Scalar::Number(number)),
            numbers: vec![number],
            ..Self::default()
        }
    }

    /// The facts of a list.
    #[must_use]
    pub fn list(items: usize) -> Self {
        Self {
            items: Some(items),
            ..Self::default()
        }
    }
}

/// Parameters that belong together: those of a task, or the members of an object.
///
/// Generated for each; everything that can be done with them is written once, over the lists that it yields.
pub trait Object: Debug + Sized {
    /// The members' descriptions.
    const MEMBERS: &'static [ParamMeta];

    /// Hands over each member that is set.
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>);

    /// Takes each member from JSON.
    ///
    /// # Errors
    /// Names the member that is missing or cannot be read.
    fn read(reader: &mut Reader) -> Result<Self, ParameterError>;
}

/// Implements [`Param`] for an [`Object`].
#[macro_export]
macro_rules! object_impls {
    ($name:ident) => {
        impl $crate::Param for $name {
            fn to_json(&self) -> $crate::serde_json::Value {
                $crate::Visitor::of(self).to_json()
            }

            fn from_json(value: $crate::serde_json::Value) -> Result<Self, $crate::Problem> {
                $crate::Reader::object(stringify!($name), <Self as $crate::Object>::MEMBERS, value)
                    .and_then(|mut reader| <Self as $crate::Object>::read(&mut reader))
                    .map_err($crate::Problem::from)
            }

            fn validate(&self) -> Result<(), $crate::Problem> {
                $crate::Visitor::of(self)
                    .validate(stringify!($name), <Self as $crate::Object>::MEMBERS)
            }
        }
    };
}

/// Collects the parameters that are set.
#[derive(Debug, Default)]
pub struct Visitor<'a> {
    params: Vec<(&'static str, &'a dyn Param)>,
}

impl<'a> Visitor<'a> {
    /// The parameters of an object that are set.
    #[must_use]
    pub fn of(object: &'a impl Object) -> Self {
        let mut visitor = Self::default();
        object.visit(&mut visitor);
        visitor
    }

    /// Adds a parameter.
    pub fn add(&mut self, name: &'static str, value: &'a dyn Param) {
        self.params.push((name, value));
    }

    /// Adds a parameter if it is set.
    pub fn add_if<T: Param>(&mut self, name: &'static str, value: &'a Option<T>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The parameters that are set, in order.
    #[must_use]
    pub fn params(&self) -> &[(&'static str, &'a dyn Param)] {
        &self.params
    }

    /// The parameter of this name, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a dyn Param> {
        self.params
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| *v)
    }

    /// The parameters as one flat JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(
            self.params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.to_json()))
                .collect(),
        )
    }

    /// Checks each parameter by itself.
    ///
    /// # Errors
    /// Says which member is wrong and how.
    pub fn validate(&self, owner: &str, members: &[ParamMeta]) -> Result<(), Problem> {
        crate::check::values(owner, members, self).map_err(Problem::from)
    }
}

/// Takes parameters from a JSON object, by wire name.
#[derive(Debug)]
pub struct Reader {
    owner: &'static str,
    values: Map<String, Value>,
}

impl Reader {
    /// Begins to read an object, and refuses names that it does not have.
    ///
    /// # Errors
    /// When the value is no object, or has a name that is not in `members`.
    pub fn object(
        owner: &'static str,
        members: &'static [ParamMeta],
        value: Value,
    ) -> Result<Self, ParameterError> {
        let Value::Object(mut values) = value else {
            return Err(ParameterError::new(
                Kind::WrongType,
                owner,
                [""; 0],
                format!("must be a JSON object, not {}", describe(&value)),
            ));
        };
        if let Some(name) = values
            .keys()
            .find(|name| members.iter().all(|m| m.name != name.as_str()))
        {
            let names: Vec<_> = members.iter().map(|m| m.name).collect();
            return Err(ParameterError::new(
                Kind::Unknown,
                owner,
                [name],
                unknown_name(name, &names),
            ));
        }
        values.retain(|_, value| !value.is_null());
        Ok(Self { owner, values })
    }

    /// Takes a parameter that must be there.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn required<T: Param>(&mut self, name: &'static str) -> Result<T, ParameterError> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => Err(ParameterError::new(
                Kind::Missing,
                self.owner,
                [name],
                "is missing",
            )),
        }
    }

    /// Takes a parameter that may be absent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn optional<T: Param>(&mut self, name: &'static str) -> Result<Option<T>, ParameterError> {
        let Some(value) = self.values.shift_remove(name) else {
            return Ok(None);
        };
        T::from_json(value)
            .map(Some)
            .map_err(|problem| problem.of_param(self.owner, name))
    }

    /// The index of the variant of which any parameter is given.
    ///
    /// # Errors
    /// When parameters of two variants are given, or none is and the group is required.
    pub fn group(&self, group: &'static GroupMeta) -> Result<Option<usize>, ParameterError> {
        let given = |i: usize| {
            group.variants[i]
                .params
                .iter()
                .find(|name| self.values.contains_key(**name))
        };
        let mut chosen = (0..group.variants.len()).filter_map(|i| given(i).map(|name| (i, name)));
        match (chosen.next(), chosen.next()) {
            (Some((_, first)), Some((_, second))) => Err(ParameterError::new(
                Kind::Exclusive,
                self.owner,
                [*first, *second],
                "exclude each other; give only one of them",
            )),
            (Some((index, _)), None) => Ok(Some(index)),
            (None, _) if group.required => Err(ParameterError::new(
                Kind::Missing,
                self.owner,
                group
                    .variants
                    .iter()
                    .filter_map(|v| v.params.first().copied()),
                "are both missing; give one of them".replace(
                    "both",
                    if group.variants.len() == 2 {
                        "both"
                    } else {
                        "all"
                    },
                ),
            )),
            (None, _) => Ok(None),
        }
    }

    /// The index of the chosen variant of a required group.
    ///
    /// # Errors
    /// As [`Reader::group`].
    pub fn required_group(&self, group: &'static GroupMeta) -> Result<usize, ParameterError> {
        Ok(self.group(group)?.unwrap_or_default())
    }
}

/// What to say of a name that does not exist.
pub(crate) fn unknown_name(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("is not a parameter; did you mean `{near}`?"),
        None => format!("is not a parameter; there are {}", quoted(known)),
    }
}

fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    known
        .iter()
        .map(|k| {
            (
                strsim::damerau_levenshtein(&word, &k.to_ascii_lowercase()),
                *k,
            )
        })
        .filter(|(distance, k)| *distance <= 1.max(k.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|w| format!("`{w}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A short description of a JSON value for a refusal.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => format!("the truth value {b}"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) if s.chars().count() <= 40 => format!("the text {s:?}"),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// The refusal of a value of another type.
pub(crate) fn expected(what: &str, value: &Value) -> Problem {
    Problem::new(
        Kind::WrongType,
        format!("must be {what}, not {}", describe(value)),
    )
}

#[doc(hidden)]
pub fn __choice_from_json<T>(
    value: Value,
    known: impl Fn(&str) -> Option<T>,
    words: impl Fn() -> Vec<&'static str>,
) -> Result<T, Problem> {
    let Value::String(word) = &value else {
        return Err(expected("a text", &value));
    };
    known(word).ok_or_else(|| {
        let words = words();
        let hint = nearest(word, &words)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Problem::new(
            Kind::NotAChoice,
            format!("{word:?} is not one of {}{hint}", quoted(&words)),
        )
    })
}

impl Param for String {
    fn to_json(&self) -> Value {
        self.as_str().into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(expected("a text", &other)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts::text(self)
    }

    fn validate(&self) -> Result<(), Problem> {
        if self.trim().is_empty() {
            Err(Problem::new(
                Kind::OutOfRange,
                "is empty; give a text or leave it out",
            ))
        } else {
            Ok(())
        }
    }
}

impl Param for f64 {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        value.as_f64().ok_or_else(|| expected("a number", &value))
    }

    fn facts(&self) -> Facts<'_> {
        Facts::number(*self)
    }

    fn validate(&self) -> Result<(), Problem> {
        if self.is_finite() {
            Ok(())
        } else {
            Err(Problem::new(
                Kind::OutOfRange,
                format!("must be a finite number, not {self}"),
            ))
        }
    }
}

impl Param for i64 {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        value
            .as_i64()
            .ok_or_else(|| expected("a whole number", &value))
    }

    fn facts(&self) -> Facts<'_> {
        Facts::number(*self as f64)
    }
}

impl Param for bool {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        value
            .as_bool()
            .ok_or_else(|| expected("true or false", &value))
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            scalar: Some(Scalar::Boolean(*self)),
            ..Facts::default()
        }
    }
}

impl<T: Param> Param for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(Param::to_json).collect()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(i, item)| T::from_json(item).map_err(|problem| problem.of_item(i)))
                .collect(),
            other => Err(expected("a list", &other)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let numbers = self.iter().flat_map(|item| item.facts().numbers).collect();
        Facts {
            numbers,
            ..Facts::list(self.len())
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        if self.is_empty() {
            return Err(Problem::new(
                Kind::OutOfRange,
                "is an empty list; give an item or leave it out",
            ));
        }
        for (i, item) in self.iter().enumerate() {
            item.validate().map_err(|problem| problem.of_item(i))?;
        }
        Ok(())
    }
}

impl Param for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        Ok(value)
    }
}
