//! A statistic of a field.

use crate::param::expected;
use crate::{Choice, Param, ParameterErrorKind, Problem, UnknownChoice, choice_impls};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A statistic of a field, `<field> <statistic>` on the wire.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{SummaryField, SummaryStatistic};
///
/// let field = SummaryField::new("POP", SummaryStatistic::Mean);
/// assert_eq!(field.to_string(), "POP Mean");
/// assert_eq!("POP mean".parse::<SummaryField>().as_ref(), Ok(&field));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryField {
    /// The name of the field.
    pub field: String,
    /// What is computed of its values.
    pub statistic: SummaryStatistic,
}

/// What is computed of a field's values.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::SummaryStatistic;
///
/// assert_eq!(SummaryStatistic::from("STDDEV"), SummaryStatistic::Stddev);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SummaryStatistic {
    /// The sum.
    Sum,
    /// The arithmetic mean.
    Mean,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The standard deviation.
    Stddev,
    /// A word that this version of the crate does not know.
    Unknown(UnknownChoice),
}

impl SummaryField {
    /// A statistic of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, statistic: SummaryStatistic) -> Self {
        Self {
            field: field.into(),
            statistic,
        }
    }
}

impl fmt::Display for SummaryField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.statistic)
    }
}

impl FromStr for SummaryField {
    type Err = Problem;

    /// Reads `<field> <statistic>`, the statistic in any letter case.
    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::from_json(text.into())
    }
}

impl Param for SummaryField {
    fn to_json(&self) -> Value {
        self.to_string().into()
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let shape = "a text of the form \"<field> <statistic>\"";
        let Value::String(text) = &value else {
            return Err(expected(shape, &value));
        };
        match text.trim().rsplit_once(char::is_whitespace) {
            Some((field, statistic)) => Ok(Self {
                field: field.trim_end().to_owned(),
                statistic: SummaryStatistic::from_json(statistic.into())?,
            }),
            None => Err(expected(shape, &value)),
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self.field.trim() {
            "" => Err(Problem::new(
                ParameterErrorKind::OutOfRange,
                "names no field; give the field of which the statistic is computed",
            )),
            _ => Ok(()),
        }
    }
}

impl Choice for SummaryStatistic {
    const KNOWN: &'static [Self] = &[Self::Sum, Self::Mean, Self::Min, Self::Max, Self::Stddev];

    fn as_str(&self) -> &str {
        match self {
            Self::Sum => "Sum",
            Self::Mean => "Mean",
            Self::Min => "Min",
            Self::Max => "Max",
            Self::Stddev => "Stddev",
            Self::Unknown(word) => word.as_str(),
        }
    }

    fn unknown(word: UnknownChoice) -> Self {
        Self::Unknown(word)
    }
}

choice_impls!(SummaryStatistic);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_field_and_statistic_in_any_case() {
        let field = SummaryField::from_json("Pop 2020 MEAN".into()).unwrap();
        assert_eq!(field, SummaryField::new("Pop 2020", SummaryStatistic::Mean));
        assert_eq!(field.to_json(), "Pop 2020 Mean");
    }

    #[test]
    fn refuses_what_is_no_pair() {
        for (value, problem) in [
            (
                "POP".into(),
                "must be a text of the form \"<field> <statistic>\", not the text \"POP\"",
            ),
            (
                7.into(),
                "must be a text of the form \"<field> <statistic>\", not the number 7",
            ),
        ] {
            assert_eq!(
                SummaryField::from_json(value).unwrap_err().to_string(),
                problem
            );
        }
        let problem = SummaryField::from_json("POP Average".into()).unwrap_err();
        assert_eq!(problem.kind(), ParameterErrorKind::NotAChoice);
    }
}
