//! Conditions on attributes and places.

use crate::param::expected;
use crate::{Distance, Facts, LengthUnits, Param, ParameterErrorKind, Problem};
use serde_json::{Map, Value, json};

/// Conditions on features, joined from the first to the last: a condition asks for the attributes of a layer's features or
/// for where they lie to the features of another layer, and a group stands for conditions in parentheses.
///
/// Layers are counted from 0 in the task's list of input layers.
///
/// # Examples
///
/// Vacant or derelict plots near a station:
///
/// ```
/// use arcgis_analysis_types::{Distance, LengthUnits, LocationExpression, LocationExpressions, LocationRelation, Param};
///
/// let (plots, stations) = (0, 1);
/// let near = LocationRelation::WithinDistance(Distance::new(0.5, LengthUnits::Miles));
/// let unused = LocationExpressions::new(LocationExpression::attributes(plots, "STATE = 'vacant'"))
///     .or(LocationExpression::attributes(plots, "STATE = 'derelict'"));
/// let expressions = LocationExpressions::new(LocationExpression::place(plots, near, stations)).and(unused);
/// assert_eq!(
///     expressions.to_json(),
///     serde_json::json!([
///         { "operator": "", "layer": 0, "spatialRel": "withinDistance", "selectingLayer": 1, "distance": 0.5, "units": "Miles" },
///         [
///             { "operator": "and", "layer": 0, "where": "STATE = 'vacant'" },
///             { "operator": "or", "layer": 0, "where": "STATE = 'derelict'" }
///         ]
///     ])
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LocationExpressions {
    first: LocationExpression,
    others: Vec<(LocationOperator, LocationExpression)>,
}

/// How a condition is joined to those before it.
///
/// # Examples
///
/// See [`LocationExpressions::items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocationOperator {
    /// Both must hold.
    And,
    /// One must hold.
    Or,
}

/// A condition, or a group of conditions.
///
/// # Examples
///
/// See [`LocationExpressions`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LocationExpression {
    /// What attributes satisfy.
    Attributes {
        /// The layer whose features are asked for.
        layer: u32,
        /// An SQL where clause without the word WHERE: texts between single quotes, dates as `YYYY-MM-DD hh:mm:ss`.
        where_clause: String,
    },
    /// Where features lie.
    Place {
        /// The layer whose features are asked for.
        layer: u32,
        /// How they lie to those of the other layer.
        relation: LocationRelation,
        /// The other layer.
        selecting_layer: u32,
    },
    /// Conditions in parentheses.
    Group(Box<LocationExpressions>),
}

/// How a feature lies to the features of another layer.
///
/// # Examples
///
/// See [`LocationExpressions`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LocationRelation {
    /// It shares a place with one.
    Intersects,
    /// It shares a place with none.
    NotIntersects,
    /// It lies within a distance of one.
    WithinDistance(Distance),
    /// It lies within a distance of none.
    NotWithinDistance(Distance),
    /// It contains one.
    Contains,
    /// It contains none.
    NotContains,
    /// It lies within one.
    Within,
    /// It lies within none.
    NotWithin,
    /// It is the nearest to one.
    Nearest,
}

impl LocationExpressions {
    /// Conditions that begin with this one.
    #[must_use]
    pub fn new(first: impl Into<LocationExpression>) -> Self {
        Self {
            first: first.into(),
            others: Vec::new(),
        }
    }

    /// What also must hold.
    #[must_use]
    pub fn and(mut self, next: impl Into<LocationExpression>) -> Self {
        self.others.push((LocationOperator::And, next.into()));
        self
    }

    /// What may hold instead.
    #[must_use]
    pub fn or(mut self, next: impl Into<LocationExpression>) -> Self {
        self.others.push((LocationOperator::Or, next.into()));
        self
    }

    /// The conditions in their order, each with how it is joined to all of those before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_types::{LocationExpression, LocationExpressions, LocationOperator};
    ///
    /// let large = LocationExpression::attributes(0, "POP > 1000");
    /// let either = LocationExpressions::new(large).or(LocationExpression::attributes(0, "NAME = 'Bonn'"));
    /// let operators: Vec<_> = either.items().map(|(operator, _)| operator).collect();
    /// assert_eq!(operators, [LocationOperator::And, LocationOperator::Or]);
    /// ```
    pub fn items(&self) -> impl Iterator<Item = (LocationOperator, &LocationExpression)> {
        let others = self.others.iter().map(|(operator, next)| (*operator, next));
        std::iter::once((LocationOperator::And, &self.first)).chain(others)
    }

    /// The list, whose first condition carries the operator that joins the list to what is before it.
    fn list(&self, operator: &str) -> Value {
        let others = self.others.iter().map(|(operator, next)| match operator {
            LocationOperator::And => next.item("and"),
            LocationOperator::Or => next.item("or"),
        });
        std::iter::once(self.first.item(operator))
            .chain(others)
            .collect()
    }

    /// Reads a list, and the operator of its first condition.
    fn read(items: Vec<Value>) -> Result<(LocationOperator, Self), Problem> {
        let mut items = items.into_iter().map(LocationExpression::read);
        let Some(first) = items.next() else {
            return Err(Problem::new(
                ParameterErrorKind::WrongType,
                "has a list without a condition; give one or leave the list out",
            ));
        };
        let (operator, first) = first?;
        let others = items.collect::<Result<_, _>>()?;
        Ok((operator, Self { first, others }))
    }

    fn all(&self) -> impl Iterator<Item = &LocationExpression> {
        std::iter::once(&self.first).chain(self.others.iter().map(|(_, next)| next))
    }
}

impl LocationExpression {
    /// Features of a layer whose attributes satisfy an SQL where clause.
    #[must_use]
    pub fn attributes(layer: u32, where_clause: impl Into<String>) -> Self {
        Self::Attributes {
            layer,
            where_clause: where_clause.into(),
        }
    }

    /// Features of a layer that lie so to those of another.
    #[must_use]
    pub fn place(layer: u32, relation: LocationRelation, selecting_layer: u32) -> Self {
        Self::Place {
            layer,
            relation,
            selecting_layer,
        }
    }

    fn item(&self, operator: &str) -> Value {
        match self {
            Self::Attributes {
                layer,
                where_clause,
            } => json!({ "operator": operator, "layer": layer, "where": where_clause }),
            Self::Place {
                layer,
                relation,
                selecting_layer,
            } => {
                let (word, distance) = relation.parts();
                let mut item = json!({
                    "operator": operator, "layer": layer, "spatialRel": word, "selectingLayer": selecting_layer
                });
                if let Some(distance) = distance {
                    item["distance"] = distance.distance.into();
                    item["units"] = distance.units.to_json();
                }
                item
            }
            Self::Group(group) => group.list(operator),
        }
    }

    fn read(value: Value) -> Result<(LocationOperator, Self), Problem> {
        let members = match value {
            Value::Array(items) => {
                let (operator, group) = LocationExpressions::read(items)?;
                return Ok((operator, Self::Group(Box::new(group))));
            }
            Value::Object(members) => members,
            other => return Err(expected("a list of conditions, each an object", &other)),
        };
        let operator = match members.get("operator").and_then(Value::as_str) {
            Some(word) if word.eq_ignore_ascii_case("or") => LocationOperator::Or,
            Some("") | None => LocationOperator::And,
            Some(word) if word.eq_ignore_ascii_case("and") => LocationOperator::And,
            Some(word) => {
                return Err(wrong(format!(
                    "joins conditions by `{word}`; give \"and\" or \"or\""
                )));
            }
        };
        let layer = number(&members, "layer")?;
        if let Some(clause) = members.get("where").and_then(Value::as_str) {
            return Ok((operator, Self::attributes(layer, clause)));
        }
        let relation = LocationRelation::read(&members)?;
        let selecting_layer = number(&members, "selectingLayer")?;
        Ok((operator, Self::place(layer, relation, selecting_layer)))
    }
}

impl From<LocationExpressions> for LocationExpression {
    fn from(group: LocationExpressions) -> Self {
        Self::Group(Box::new(group))
    }
}

impl From<LocationExpression> for LocationExpressions {
    fn from(only: LocationExpression) -> Self {
        Self::new(only)
    }
}

impl LocationRelation {
    fn parts(&self) -> (&'static str, Option<&Distance>) {
        match self {
            Self::Intersects => ("intersects", None),
            Self::NotIntersects => ("notIntersects", None),
            Self::WithinDistance(distance) => ("withinDistance", Some(distance)),
            Self::NotWithinDistance(distance) => ("notWithinDistance", Some(distance)),
            Self::Contains => ("contains", None),
            Self::NotContains => ("notContains", None),
            Self::Within => ("within", None),
            Self::NotWithin => ("notWithin", None),
            Self::Nearest => ("nearest", None),
        }
    }

    fn read(members: &Map<String, Value>) -> Result<Self, Problem> {
        let Some(word) = members.get("spatialRel").and_then(Value::as_str) else {
            return Err(wrong(
                "has a condition without `where` and `spatialRel`; give one of them".to_owned(),
            ));
        };
        let distance = || match (
            members.get("distance").and_then(Value::as_f64),
            members.get("units").and_then(Value::as_str),
        ) {
            (Some(distance), Some(units)) => Ok(Distance::new(distance, LengthUnits::from(units))),
            _ => Err(wrong(format!(
                "has the relation `{word}` without `distance` and `units`; give both"
            ))),
        };
        Ok(match word.to_ascii_lowercase().as_str() {
            "intersects" => Self::Intersects,
            "notintersects" => Self::NotIntersects,
            "withindistance" => Self::WithinDistance(distance()?),
            "notwithindistance" => Self::NotWithinDistance(distance()?),
            "contains" => Self::Contains,
            "notcontains" => Self::NotContains,
            "within" => Self::Within,
            "notwithin" => Self::NotWithin,
            "nearest" => Self::Nearest,
            _ => {
                return Err(wrong(format!(
                    "has the relation `{word}`; give intersects, withinDistance, contains or within, the same with not \
                     before it, or nearest"
                )));
            }
        })
    }
}

fn wrong(message: String) -> Problem {
    Problem::new(ParameterErrorKind::WrongType, message)
}

fn number(members: &Map<String, Value>, name: &str) -> Result<u32, Problem> {
    let number = members.get(name).and_then(Value::as_u64);
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| {
            wrong(format!(
                "has a condition without the number of a layer in `{name}`; give one, counted from 0"
            ))
        })
}

impl Param for LocationExpressions {
    fn to_json(&self) -> Value {
        self.list("")
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Array(items) => Ok(Self::read(items)?.1),
            other => Err(expected("a list of conditions, each an object", &other)),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts::default()
    }

    fn validate(&self) -> Result<(), Problem> {
        for expression in self.all() {
            match expression {
                LocationExpression::Attributes { where_clause, .. } => where_clause.validate()?,
                LocationExpression::Place { relation, .. } => {
                    if let Some(distance) = relation.parts().1 {
                        distance.validate()?;
                    }
                }
                LocationExpression::Group(group) => group.validate()?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let json = json!([
            { "operator": "", "layer": 0, "where": "POP > 5" },
            { "operator": "or", "layer": 0, "spatialRel": "notWithinDistance", "selectingLayer": 2, "distance": 5.5, "units": "Feet" },
            [
                { "operator": "and", "layer": 1, "spatialRel": "nearest", "selectingLayer": 0 },
                [{ "operator": "or", "layer": 1, "where": "A = 'x'" }]
            ]
        ]);
        let read = LocationExpressions::from_json(json.clone()).unwrap();
        assert_eq!(read.to_json(), json);
        assert_eq!(read.validate(), Ok(()));
    }

    #[test]
    fn reads_words_in_any_letter_case_and_a_first_and() {
        let read = LocationExpressions::from_json(json!([
            { "operator": "And", "layer": 0, "spatialRel": "notintersects", "selectingLayer": 1 }
        ]))
        .unwrap();
        let expected = LocationExpression::place(0, LocationRelation::NotIntersects, 1);
        assert_eq!(read, LocationExpressions::new(expected));
    }

    #[test]
    fn refuses_what_is_no_condition() {
        for (value, message) in [
            (
                json!({}),
                "must be a list of conditions, each an object, not an object",
            ),
            (
                json!([]),
                "has a list without a condition; give one or leave the list out",
            ),
            (
                json!([5]),
                "must be a list of conditions, each an object, not the number 5",
            ),
            (
                json!([{ "layer": 0 }]),
                "has a condition without `where` and `spatialRel`; give one of them",
            ),
            (
                json!([{ "layer": -1, "where": "A = 1" }]),
                "has a condition without the number of a layer in `layer`; give one, counted from 0",
            ),
            (
                json!([{ "layer": 0, "operator": "xor", "where": "A = 1" }]),
                "joins conditions by `xor`; give \"and\" or \"or\"",
            ),
            (
                json!([{ "layer": 0, "spatialRel": "withinDistance", "selectingLayer": 1, "distance": 5 }]),
                "has the relation `withinDistance` without `distance` and `units`; give both",
            ),
            (
                json!([{ "layer": 0, "spatialRel": "near", "selectingLayer": 1 }]),
                "has the relation `near`; give intersects, withinDistance, contains or within, the same with not before it, \
                 or nearest",
            ),
        ] {
            let problem = LocationExpressions::from_json(value).unwrap_err();
            assert_eq!(problem.to_string(), message);
        }
    }
}
