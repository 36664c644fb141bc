//! The value of a clause for a feature.

use super::like::Pattern;
use super::node::{Comparison, Kind, Node, Operation};
use super::value::{DAY, Scalar, date_of, months_on, number_of};
use arcgis_analysis_types::Attributes;
use std::cmp::Ordering;

/// Whether a condition holds; none where that is not known.
pub(super) fn truth(node: &Node, attributes: &Attributes) -> Option<bool> {
    match node {
        Node::All(nodes) => each(nodes, attributes, false),
        Node::Any(nodes) => each(nodes, attributes, true),
        Node::Not(node) => truth(node, attributes).map(|truth| !truth),
        Node::Compare(comparison, sides) => {
            let order = scalar(&sides.0, attributes).compare(&scalar(&sides.1, attributes))?;
            Some(match comparison {
                Comparison::Equal => order == Ordering::Equal,
                Comparison::NotEqual => order != Ordering::Equal,
                Comparison::Less => order == Ordering::Less,
                Comparison::LessOrEqual => order != Ordering::Greater,
                Comparison::Greater => order == Ordering::Greater,
                Comparison::GreaterOrEqual => order != Ordering::Less,
            })
        }
        Node::IsNull(node) => Some(scalar(node, attributes) == Scalar::Null),
        Node::In {
            value,
            constants,
            others,
        } => {
            let value = scalar(value, attributes);
            if value == Scalar::Null {
                return None;
            }
            let order = |one: &Scalar| one.compare(&value).unwrap_or(Ordering::Equal);
            if constants.binary_search_by(order).is_ok() {
                return Some(true);
            }
            let mut known = Some(false);
            for other in others {
                match scalar(other, attributes).compare(&value) {
                    Some(Ordering::Equal) => return Some(true),
                    Some(_) => {}
                    None => known = None,
                }
            }
            known
        }
        Node::Like(node, pattern) => match scalar(node, attributes) {
            Scalar::Text(text) => Some(pattern.matches(&text)),
            _ => None,
        },
        Node::LikeAny(sides, escape) => {
            match (scalar(&sides.0, attributes), scalar(&sides.1, attributes)) {
                (Scalar::Text(text), Scalar::Text(pattern)) => {
                    Some(Pattern::new(&pattern, *escape).matches(&text))
                }
                _ => None,
            }
        }
        other => match scalar(other, attributes) {
            Scalar::Truth(truth) => Some(truth),
            _ => None,
        },
    }
}

/// `decisive` if one is, its opposite if all are, none otherwise.
fn each(nodes: &[Node], attributes: &Attributes, decisive: bool) -> Option<bool> {
    let mut known = Some(!decisive);
    for node in nodes {
        match truth(node, attributes) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => known = None,
        }
    }
    known
}

/// The value of an expression.
pub(super) fn scalar(node: &Node, attributes: &Attributes) -> Scalar {
    match node {
        Node::Constant(value) => value.clone(),
        Node::Field(name, kind) => Scalar::of_attribute(attributes.get(name), *kind),
        Node::Operation(operation, sides) => {
            let (a, b) = (scalar(&sides.0, attributes), scalar(&sides.1, attributes));
            operate(*operation, &a, &b).unwrap_or(Scalar::Null)
        }
        Node::Negative(node) => match scalar(node, attributes) {
            Scalar::Integer(number) => number
                .checked_neg()
                .map_or(Scalar::Float(-(number as f64)), Scalar::Integer),
            Scalar::Float(number) => Scalar::Float(-number),
            _ => Scalar::Null,
        },
        Node::Case {
            branches,
            otherwise,
        } => {
            let taken = branches
                .iter()
                .find(|(condition, _)| truth(condition, attributes) == Some(true));
            scalar(taken.map_or(otherwise, |(_, value)| value), attributes)
        }
        Node::Cast { node, to, size } => {
            cast(scalar(node, attributes), *to, *size).unwrap_or(Scalar::Null)
        }
        Node::Call(function, arguments) => {
            let arguments: Vec<_> = arguments
                .iter()
                .map(|node| scalar(node, attributes))
                .collect();
            function.compute(&arguments)
        }
        condition => Scalar::truth(truth(condition, attributes)),
    }
}

fn operate(operation: Operation, a: &Scalar, b: &Scalar) -> Option<Scalar> {
    if operation == Operation::Concatenate {
        return Some(Scalar::Text(a.text()? + &b.text()?));
    }
    if let (Scalar::Integer(a), Scalar::Integer(b)) = (a, b) {
        let whole = match operation {
            Operation::Add => a.checked_add(*b),
            Operation::Subtract => a.checked_sub(*b),
            Operation::Multiply => a.checked_mul(*b),
            Operation::Divide if *b == 0 => return None,
            Operation::Divide => a.checked_div(*b),
            Operation::Remainder if *b == 0 => return None,
            // Only the smallest number by -1 overflows, and leaves nothing.
            Operation::Remainder => Some(a.checked_rem(*b).unwrap_or(0)),
            _ => None,
        };
        if let Some(whole) = whole {
            return Some(Scalar::Integer(whole));
        }
    }
    if let Some(millis) = a.millis() {
        return of_dates(operation, a, millis, b);
    }
    if b.millis().is_some() && operation == Operation::Add {
        return operate(operation, b, a);
    }
    let (a, b) = (a.as_f64()?, b.as_f64()?);
    Some(Scalar::float(match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Remainder => a % b,
        _ => a / b,
    }))
}

/// A date and a number of days or a length of time, or the days between two dates.
fn of_dates(operation: Operation, date: &Scalar, millis: i64, other: &Scalar) -> Option<Scalar> {
    let sign = if operation == Operation::Subtract {
        -1
    } else {
        1
    };
    let day = matches!(date, Scalar::Day(_));
    let moved = match other {
        Scalar::Integer(days) => millis.checked_add(days.checked_mul(DAY)?.checked_mul(sign)?)?,
        Scalar::Float(days) => {
            let moved = days * DAY as f64;
            if moved.abs() > 9e15 {
                return None;
            }
            let millis = millis.checked_add(sign * moved.round() as i64)?;
            return Some(Scalar::Instant(millis));
        }
        Scalar::Span(months, rest) => {
            let moved = months_on(millis, months * sign)?;
            let moved = moved.checked_add(rest * sign)?;
            if rest % DAY != 0 {
                return Some(Scalar::Instant(moved));
            }
            moved
        }
        other => {
            let apart = millis.checked_sub(other.millis()?)?;
            return Some(match other {
                Scalar::Day(_) if day => Scalar::Integer(apart / DAY),
                _ => Scalar::float(apart as f64 / DAY as f64),
            });
        }
    };
    Some(if day {
        Scalar::Day(moved)
    } else {
        Scalar::Instant(moved)
    })
}

fn cast(value: Scalar, to: Kind, size: Option<u64>) -> Option<Scalar> {
    match to {
        Kind::Text => {
            let text = value.text()?;
            Some(Scalar::Text(match size {
                Some(size) => text
                    .chars()
                    .take(usize::try_from(size).unwrap_or(usize::MAX))
                    .collect(),
                None => text,
            }))
        }
        Kind::Integer | Kind::Float => {
            let number = match &value {
                Scalar::Text(text) => number_of(text),
                other => other.clone(),
            };
            match (to, number) {
                (Kind::Integer, Scalar::Integer(number)) => Some(Scalar::Integer(number)),
                (Kind::Integer, number) => Scalar::float(number.as_f64()?.round())
                    .as_i64()
                    .map(Scalar::Integer),
                (_, number) => {
                    let number = number.as_f64()?;
                    Some(Scalar::float(match size {
                        Some(digits) => {
                            let factor = libm::pow(10.0, digits.min(300) as f64);
                            let rounded = (number * factor).round() / factor;
                            if rounded.is_finite() { rounded } else { number }
                        }
                        None => number,
                    }))
                }
            }
        }
        Kind::Day | Kind::Instant => {
            let date = match &value {
                Scalar::Text(text) => date_of(text)?,
                other => other.clone(),
            };
            date.millis()?;
            Some(date.at(to))
        }
        _ => None,
    }
}
