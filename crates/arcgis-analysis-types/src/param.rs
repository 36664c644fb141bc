//! How a parameter is written, read and asked about.

mod basic;
mod reader;

use crate::error::{ParameterError, ParameterErrorKind as Kind};
use crate::meta::ParamMeta;
use crate::{GeometryKind, Problem};
pub(crate) use basic::whole;
pub use reader::Reader;
use serde_json::Value;
use std::fmt::Debug;

/// A value that can be a task's parameter.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Param;
///
/// let distances = Vec::<f64>::from_json(serde_json::json!([20, 35.5]))?;
/// assert_eq!(distances, [20.0, 35.5]);
/// assert_eq!(distances.to_json().to_string(), "[20.0,35.5]");
/// assert_eq!(distances.facts().items, Some(2));
/// # Ok::<(), arcgis_analysis_types::Problem>(())
/// ```
pub trait Param: Debug {
    /// The value as JSON, in the form that the service takes.
    fn to_json(&self) -> Value;

    /// Reads the value from JSON.
    ///
    /// # Errors
    /// Says what was expected when the JSON has another shape; completes the sentence "`name` ...".
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
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Facts, Param, Scalar};
///
/// assert_eq!(true.facts().scalar, Some(Scalar::Boolean(true)));
/// assert_eq!(Facts::number(3.0).numbers, [3.0]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts<'a> {
    /// The value, where it is a single one.
    pub scalar: Option<Scalar<'a>>,
    /// How many items a list, or features a collection, has.
    pub items: Option<usize>,
    /// Whether it is a list.
    pub is_list: bool,
    /// The geometry of the features, one for each feature input; `None` where it is not known before the service looks.
    /// Empty for what is no feature input.
    pub geometries: Vec<Option<GeometryKind>>,
    /// The numbers to hold against the parameter's range.
    pub numbers: Vec<f64>,
}

/// A single value.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Param, Scalar};
///
/// assert_eq!("Miles".to_owned().facts().scalar, Some(Scalar::Text("Miles")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
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
            is_list: true,
            ..Self::default()
        }
    }
}

/// Parameters that belong together: those of a task, or the members of an object.
///
/// Generated for each; everything that can be done with them is written once, over the lists that it yields.
///
/// # Examples
///
/// What is generated for an object of one member:
///
/// ```
/// use arcgis_analysis_types::meta::{ParamMeta, ParamType};
/// use arcgis_analysis_types::{Object, Param, ParameterError, Reader, Visitor, object_impls};
///
/// #[derive(Debug, Clone, PartialEq)]
/// struct Barrier {
///     name: Option<String>,
/// }
///
/// impl Object for Barrier {
///     const MEMBERS: &'static [ParamMeta] = &[ParamMeta {
///         name: "name",
///         ty: ParamType::Text,
///         doc: "What the barrier is called.",
///         ..ParamMeta::OPTIONAL
///     }];
///
///     fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
///         visitor.add_if("name", &self.name);
///     }
///
///     fn read(reader: &mut Reader) -> Result<Self, ParameterError> {
///         Ok(Self { name: reader.optional("name")? })
///     }
/// }
///
/// object_impls!(Barrier);
///
/// let barrier = Barrier::from_json(serde_json::json!({ "name": "Bridge" }))?;
/// assert_eq!(barrier.name.as_deref(), Some("Bridge"));
/// let problem = Barrier::from_json(serde_json::json!({ "nam": "Bridge" })).unwrap_err();
/// assert_eq!(problem.to_string(), "`nam` is not a parameter; did you mean `name`?");
/// # Ok::<(), arcgis_analysis_types::Problem>(())
/// ```
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

        impl $crate::FromResult for $name {
            fn from_result(
                name: &str,
                value: $crate::serde_json::Value,
            ) -> Result<Option<Self>, $crate::DecodeError> {
                $crate::__object_from_result(stringify!($name), name, value)
            }
        }
    };
}

/// Collects the parameters that are set.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Visitor;
///
/// let (distance, units) = (5.0, None::<String>);
/// let mut visitor = Visitor::default();
/// visitor.add("distance", &distance);
/// visitor.add_if("units", &units);
/// assert_eq!(visitor.to_json().to_string(), r#"{"distance":5.0}"#);
/// ```
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

/// The known word that was probably meant: one that differs in a third of its letters at most.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let length = word.chars().count();
    let distance = |k: &str| {
        let (known, most) = (k.to_ascii_lowercase(), 1.max(k.len() / 3));
        // The letters that one has more than the other all differ. A word that somebody sends may be as long as they like,
        // and to compare it takes as much memory as both lengths multiplied.
        let may_be_near = length.abs_diff(known.chars().count()) <= most;
        let distance = may_be_near.then(|| strsim::damerau_levenshtein(&word, &known))?;
        (distance <= most).then_some(distance)
    };
    let near = known.iter().filter_map(|k| Some((distance(k)?, *k)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, k)| k)
}

pub(crate) fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|w| format!("`{w}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Parts of a sentence: `a, b or c`.
pub(crate) fn listed(parts: &[String], joint: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} {joint} {last}", others.join(", ")),
    }
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
    known(word.trim()).ok_or_else(|| {
        let words = words();
        let hint = nearest(word.trim(), &words)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let text = format!(
            "must be one of {}, not {}{hint}",
            quoted(&words),
            describe(&value)
        );
        Problem::new(Kind::NotAChoice, text)
    })
}

#[doc(hidden)]
pub fn __choice_validate(word: &str) -> Result<(), Problem> {
    match word.trim() {
        "" => Err(Problem::new(
            Kind::NotAChoice,
            "is an empty word; give a choice or leave it out",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_word_is_near_that_differs_in_a_third_of_its_letters() {
        let known = ["Miles", "Kilometers", "m"];
        for (word, near) in [
            ("miles", Some("Miles")),
            ("mlies", Some("Miles")),
            ("Mile", Some("Miles")),
            ("Kilometres", Some("Kilometers")),
            ("Kilom", None),
            ("Mi", Some("m")),
            ("", Some("m")),
            ("Yards", None),
        ] {
            assert_eq!(nearest(word, &known), near, "{word}");
        }
    }

    /// To compare this one letter by letter takes a gigabyte and half a minute.
    #[test]
    fn a_word_of_any_length_is_compared_at_once() {
        let (word, began) = ("e".repeat(1 << 24), Instant::now());
        assert_eq!(nearest(&word, &["Kilometers", "Miles"]), None);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
