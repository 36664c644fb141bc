//! The plumbing of open enums: words of a list that a newer service may extend.

use std::fmt::Debug;

/// A word that this version of the crate does not know.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Choice, SummaryStatistic, UnknownChoice};
///
/// let median = SummaryStatistic::from("Median");
/// assert_eq!(median, SummaryStatistic::Unknown(UnknownChoice::new("Median")));
/// assert_eq!(median.as_str(), "Median");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownChoice(String);

impl UnknownChoice {
    /// The word itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Keeps a word as it is.
    #[must_use]
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }
}

/// An open enum: one word of a list that a newer service may extend.
///
/// `From<&str>` reads any word, in any letter case, and keeps what it does not know; so a new word of the service
/// can be sent before this crate knows it. Reading a task's parameters from JSON is stricter: there an unknown
/// word is refused, because it is more likely a slip.
///
/// # Examples
///
/// What is generated for a list of two words:
///
/// ```
/// use arcgis_analysis_types::{Choice, Param, UnknownChoice, choice_impls};
///
/// #[derive(Debug, Clone, PartialEq)]
/// enum EndType {
///     Round,
///     Flat,
///     Unknown(UnknownChoice),
/// }
///
/// impl Choice for EndType {
///     const KNOWN: &'static [Self] = &[Self::Round, Self::Flat];
///
///     fn as_str(&self) -> &str {
///         match self {
///             Self::Round => "Round",
///             Self::Flat => "Flat",
///             Self::Unknown(word) => word.as_str(),
///         }
///     }
///
///     fn unknown(word: UnknownChoice) -> Self {
///         Self::Unknown(word)
///     }
/// }
///
/// choice_impls!(EndType);
///
/// assert_eq!(EndType::from("FLAT"), EndType::Flat);
/// let problem = EndType::from_json("Flt".into()).unwrap_err();
/// assert_eq!(problem.to_string(), "must be one of `Round`, `Flat`, not the text \"Flt\"; did you mean `Flat`?");
/// ```
pub trait Choice: Clone + Debug + PartialEq + Sized + 'static {
    /// The words that are known.
    const KNOWN: &'static [Self];

    /// The word on the wire.
    fn as_str(&self) -> &str;

    /// Keeps a word that is not known.
    fn unknown(word: UnknownChoice) -> Self;

    /// The known word of this spelling, in any letter case.
    #[must_use]
    fn known(word: &str) -> Option<Self> {
        Self::KNOWN
            .iter()
            .find(|c| c.as_str().eq_ignore_ascii_case(word))
            .cloned()
    }
}

/// Implements, for a [`Choice`], what follows from it.
#[macro_export]
macro_rules! choice_impls {
    ($name:ident) => {
        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                <Self as $crate::Choice>::known(word)
                    .unwrap_or_else(|| $crate::Choice::unknown($crate::UnknownChoice::new(word)))
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::Choice::as_str(self))
            }
        }

        impl $crate::Param for $name {
            fn to_json(&self) -> $crate::serde_json::Value {
                $crate::Choice::as_str(self).into()
            }

            fn from_json(value: $crate::serde_json::Value) -> Result<Self, $crate::Problem> {
                $crate::__choice_from_json(value, <Self as $crate::Choice>::known, || {
                    <Self as $crate::Choice>::KNOWN
                        .iter()
                        .map($crate::Choice::as_str)
                        .collect()
                })
            }

            fn facts(&self) -> $crate::Facts<'_> {
                $crate::Facts::text($crate::Choice::as_str(self))
            }

            fn validate(&self) -> Result<(), $crate::Problem> {
                $crate::__choice_validate($crate::Choice::as_str(self))
            }
        }
    };
}
