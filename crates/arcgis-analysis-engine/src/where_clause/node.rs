//! A clause as it is evaluated.

use super::functions::Function;
use super::like::Pattern;
use super::value::Scalar;
use std::fmt;

/// What values a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but null.
    Null,
    Truth,
    Integer,
    Float,
    Text,
    Day,
    Instant,
    /// A length of time.
    Span,
}

impl Kind {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    pub(super) fn is_date(self) -> bool {
        matches!(self, Self::Day | Self::Instant)
    }

    /// The kind that holds the values of both, if there is one.
    pub(super) fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Self::Null, kind) | (kind, Self::Null) => Some(kind),
            (a, b) if a.is_number() && b.is_number() => Some(Self::Float),
            (a, b) if a.is_date() && b.is_date() => Some(Self::Instant),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Truth => "condition",
            Self::Integer | Self::Float => "number",
            Self::Text => "text",
            Self::Day | Self::Instant => "date",
            Self::Span => "length of time",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    /// Of whole numbers: towards zero.
    Divide,
    /// Of whole numbers, too: with its fraction.
    DivideWithFraction,
    Remainder,
    Concatenate,
}

/// A part of a clause, checked: operands are of the kinds that it takes, or null.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Scalar),
    Field(String, Kind),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<(Node, Node)>),
    IsNull(Box<Node>),
    In {
        value: Box<Node>,
        /// Sorted, without nulls.
        constants: Vec<Scalar>,
        others: Vec<Node>,
    },
    Like(Box<Node>, Pattern),
    /// A pattern that differs from feature to feature.
    LikeAny(Box<(Node, Node)>, Option<char>),
    Operation(Operation, Box<(Node, Node)>),
    Negative(Box<Node>),
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Box<Node>,
    },
    Cast {
        node: Box<Node>,
        to: Kind,
        /// The greatest number of characters of a text, or of digits after the point.
        size: Option<u64>,
    },
    Call(Function, Vec<Node>),
}
