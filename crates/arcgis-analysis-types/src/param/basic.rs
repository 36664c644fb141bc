//! Texts, numbers, truth values, lists and undocumented JSON as parameters.

use super::expected;
use crate::{Facts, Param, ParameterErrorKind as Kind, Problem, Scalar};
use serde_json::Value;

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
        match self.trim() {
            "" => Err(Problem::new(
                Kind::OutOfRange,
                "is empty; give a text or leave it out",
            )),
            _ => Ok(()),
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
        match self.is_finite() {
            true => Ok(()),
            false => Err(Problem::new(
                Kind::OutOfRange,
                format!("must be a finite number, not {self}"),
            )),
        }
    }
}

impl Param for i64 {
    fn to_json(&self) -> Value {
        (*self).into()
    }

    /// Takes a whole number that is written as a float, such as `5.0`, too.
    fn from_json(value: Value) -> Result<Self, Problem> {
        whole(&value).ok_or_else(|| expected("a whole number", &value))
    }

    fn facts(&self) -> Facts<'_> {
        Facts::number(*self as f64)
    }
}

/// A whole number, even one that is written as a float, as long as the float is exact.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || {
        value
            .as_f64()
            .filter(|f| f.fract() == 0.0 && f.abs() <= EXACT)
    };
    value.as_i64().or_else(|| float().map(|f| f as i64))
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
        let mut facts = Facts::list(self.len());
        for item in self.iter().map(Param::facts) {
            facts.numbers.extend(item.numbers);
            facts.geometries.extend(item.geometries);
        }
        facts
    }

    fn validate(&self) -> Result<(), Problem> {
        if self.is_empty() {
            return Err(Problem::new(
                Kind::OutOfRange,
                "is an empty list; give an item or leave it out",
            ));
        }
        self.iter()
            .enumerate()
            .try_for_each(|(i, item)| item.validate().map_err(|problem| problem.of_item(i)))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said<T: Param>(value: Value) -> String {
        T::from_json(value).unwrap_err().to_string()
    }

    #[test]
    fn refuses_other_types_in_words() {
        assert_eq!(said::<String>(json!(7)), "must be a text, not the number 7");
        assert_eq!(
            said::<f64>(json!("7")),
            "must be a number, not the text \"7\""
        );
        assert_eq!(
            said::<i64>(json!(7.5)),
            "must be a whole number, not the number 7.5"
        );
        assert_eq!(
            said::<i64>(json!(1e300)),
            "must be a whole number, not the number 1e+300"
        );
        assert_eq!(
            said::<bool>(json!("yes")),
            "must be true or false, not the text \"yes\""
        );
        assert_eq!(
            said::<Vec<f64>>(json!(true)),
            "must be a list, not the truth value true"
        );
        assert_eq!(
            said::<Vec<f64>>(json!([1, "b"])),
            "item 2 must be a number, not the text \"b\""
        );
        assert_eq!(said::<String>(json!({})), "must be a text, not an object");
        assert_eq!(
            said::<f64>("é".repeat(40).into()),
            format!("must be a number, not the text \"{}\"", "é".repeat(40))
        );
        assert_eq!(
            said::<f64>("é".repeat(41).into()),
            "must be a number, not a text"
        );
    }

    #[test]
    fn takes_whole_floats_for_whole_numbers() {
        assert_eq!(i64::from_json(json!(5.0)), Ok(5));
        assert_eq!(
            i64::from_json(json!(-9_007_199_254_740_992.0)),
            Ok(-9_007_199_254_740_992)
        );
        assert_eq!(i64::from_json(json!(i64::MAX)), Ok(i64::MAX));
    }

    #[test]
    fn refuses_what_no_service_accepts() {
        let said = |param: &dyn Param| param.validate().unwrap_err().to_string();
        assert_eq!(
            said(&"  ".to_owned()),
            "is empty; give a text or leave it out"
        );
        assert_eq!(said(&f64::NAN), "must be a finite number, not NaN");
        assert_eq!(
            said(&Vec::<i64>::new()),
            "is an empty list; give an item or leave it out"
        );
        assert_eq!(
            said(&vec![1.0, f64::INFINITY]),
            "item 2 must be a finite number, not inf"
        );
    }
}
