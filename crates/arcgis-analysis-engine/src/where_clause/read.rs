//! From text to a checked clause: only what is listed here is let through.

use super::ClauseError;
use super::functions::{Function, called, names};
use super::like::Pattern;
use super::node::{Comparison, Kind, Node, Operation};
use super::value::{DAY, Scalar, date_of, number_of};
use arcgis_analysis_types::{Field, FieldType};
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CeilFloorKind, DateTimeField, Expr, Function as Call, FunctionArg,
    FunctionArgExpr, FunctionArguments, Ident, Interval, Spanned, TrimWhereField, UnaryOperator,
    Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

mod combine;
mod compare;
mod types;

use compare::no_date;
use types::{interval, span_unit, target};

/// How many words and signs a clause may have beside its numbers, texts and commas, so that no clause exhausts the stack.
const WORDS: usize = 2000;
/// How deep expressions may be nested, for the same reason.
const DEPTH: usize = 100;

type Read = Result<(Node, Kind), ClauseError>;

/// Reads a clause or an expression as a whole, for which it is `now` (milliseconds since 1970).
///
/// `python` has whole numbers divided with a fraction.
pub(super) fn read(
    text: &str,
    fields: &[Field],
    now: i64,
    python: bool,
) -> Result<(Node, Kind), ClauseError> {
    let whole = |problem: String| ClauseError {
        problem,
        line: 0,
        column: 0,
    };
    if text.trim().is_empty() {
        return Err(whole(
            "the clause is empty; give one such as `POP > 1000`".into(),
        ));
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|error| ClauseError {
            problem: format!(
                "the clause cannot be read: {}; texts go between single quotes, a quote within them is doubled",
                error.message
            ),
            line: error.location.line,
            column: error.location.column,
        })?;
    let is_word = |token: &Token| {
        !matches!(
            token,
            Token::Whitespace(_) | Token::Comma | Token::Number(..) | Token::SingleQuotedString(_)
        )
    };
    if tokens.iter().filter(|token| is_word(&token.token)).count() > WORDS {
        return Err(whole(format!(
            "the clause has more than {WORDS} words and signs; write alternatives as `FIELD IN (1, 2, 3)`"
        )));
    }
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let expr = parser.parse_expr().map_err(|error| {
        let at = parser.peek_token().span.start;
        let problem = match error {
            ParserError::RecursionLimitExceeded => {
                "the clause is nested too deeply; write it with fewer parentheses".to_owned()
            }
            ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
                let message = message.split(" at Line:").next().unwrap_or_default();
                format!(
                    "the clause cannot be read: {message}; write it as SQL, such as `POP > 1000 AND NAME LIKE 'B%'`"
                )
            }
        };
        ClauseError {
            problem,
            line: at.line,
            column: at.column,
        }
    })?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(ClauseError {
            problem: format!(
                "the clause ends before `{}`, which does not belong to it; join conditions by AND or OR",
                next.token
            ),
            line: next.span.start.line,
            column: next.span.start.column,
        });
    }
    let reader = Reader {
        fields,
        now,
        python,
    };
    reader.node(&expr, 0)
}

struct Reader<'a> {
    fields: &'a [Field],
    now: i64,
    python: bool,
}

/// Something is wrong with a part of a clause.
fn at(expr: &impl Spanned, problem: String) -> ClauseError {
    let start = expr.span().start;
    ClauseError {
        problem,
        line: start.line,
        column: start.column,
    }
}

fn constant(value: Scalar) -> (Node, Kind) {
    let kind = value.kind();
    (Node::Constant(value), kind)
}

fn not(node: Node, negated: bool) -> (Node, Kind) {
    let node = if negated {
        Node::Not(Box::new(node))
    } else {
        node
    };
    (node, Kind::Truth)
}

impl Reader<'_> {
    fn node(&self, expr: &Expr, depth: usize) -> Read {
        if depth > DEPTH {
            return Err(ClauseError {
                problem: format!(
                    "the clause is nested more than {DEPTH} deep; write it as several, or with IN"
                ),
                line: 0,
                column: 0,
            });
        }
        let depth = depth + 1;
        match expr {
            Expr::Nested(inner) => self.node(inner, depth),
            Expr::Identifier(name) => self.field(name, expr),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [.., name] => Err(at(
                    expr,
                    format!("`{expr}` names a table, and there is one only; write `{name}` alone"),
                )),
                [] => Err(self.unknown(expr)),
            },
            Expr::Value(value) => self.value(&value.value, expr),
            Expr::Prefixed { prefix, value } if prefix.value.eq_ignore_ascii_case("N") => {
                self.node(value, depth)
            }
            Expr::TypedString(typed) => {
                let (kind, _) = target(&typed.data_type).ok_or_else(|| self.unknown(expr))?;
                let text = typed.value.value.clone().into_string().unwrap_or_default();
                let date = date_of(&text).filter(|_| kind.is_date());
                let date = date.ok_or_else(|| at(expr, no_date(&text)))?;
                // The date of an instant is that instant all the same.
                Ok(constant(if kind == Kind::Instant {
                    date.at(kind)
                } else {
                    date
                }))
            }
            Expr::Interval(interval) => self.interval(interval, expr),
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right, depth),
            Expr::UnaryOp { op, expr: inner } => {
                let (node, kind) = self.node(inner, depth)?;
                match op {
                    UnaryOperator::Not => Ok(not(self.condition(node, kind, inner)?, true)),
                    UnaryOperator::Plus | UnaryOperator::Minus
                        if kind.is_number() || kind == Kind::Null =>
                    {
                        Ok(match (op, node) {
                            (UnaryOperator::Plus, node) => (node, kind),
                            (_, Node::Constant(Scalar::Integer(number))) if number != i64::MIN => {
                                constant(Scalar::Integer(-number))
                            }
                            (_, node) => (Node::Negative(Box::new(node)), kind),
                        })
                    }
                    UnaryOperator::Plus | UnaryOperator::Minus => Err(at(
                        &**inner,
                        format!("`{inner}` is a {kind}, and only numbers have a sign"),
                    )),
                    _ => Err(self.unknown(expr)),
                }
            }
            Expr::IsNull(inner) => self.is_null(inner, false, depth),
            Expr::IsNotNull(inner) => self.is_null(inner, true, depth),
            Expr::Between {
                expr: inner,
                negated,
                low,
                high,
            } => {
                let value = self.node(inner, depth)?;
                let side = |bound: &Expr, comparison| {
                    self.compare(comparison, value.clone(), self.node(bound, depth)?, expr)
                };
                let sides = vec![
                    side(low, Comparison::GreaterOrEqual)?,
                    side(high, Comparison::LessOrEqual)?,
                ];
                Ok(not(Node::All(sides), *negated))
            }
            Expr::InList {
                expr: inner,
                list,
                negated,
            } => Ok(not(self.in_list(inner, list, depth)?, *negated)),
            Expr::Like {
                negated,
                any: false,
                expr: inner,
                pattern,
                escape_char,
            } => Ok(not(
                self.like(inner, pattern, escape_char.as_deref(), depth)?,
                *negated,
            )),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(
                operand.as_deref(),
                conditions,
                else_result.as_deref(),
                depth,
            ),
            Expr::Cast {
                expr: inner,
                data_type,
                format: None,
                ..
            } => {
                let Some((to, size)) = target(data_type) else {
                    return Err(at(
                        expr,
                        format!(
                            "`{data_type}` is not a type that is cast to here; use INTEGER, FLOAT, DECIMAL, VARCHAR, DATE or TIMESTAMP"
                        ),
                    ));
                };
                let (node, from) = self.node(inner, depth)?;
                let fits = from == Kind::Null
                    || from == to
                    || from == Kind::Text
                    || to == Kind::Text && from != Kind::Truth && from != Kind::Span
                    || from.with(to).is_some();
                if !fits {
                    return Err(at(
                        expr,
                        format!("a {from} cannot be cast to `{data_type}`"),
                    ));
                }
                let node = Box::new(node);
                Ok((Node::Cast { node, to, size }, to))
            }
            Expr::Extract {
                field, expr: inner, ..
            } => {
                let function = match field {
                    DateTimeField::Year | DateTimeField::Years => Function::Year,
                    DateTimeField::Month | DateTimeField::Months => Function::Month,
                    DateTimeField::Day | DateTimeField::Days => Function::DayOfMonth,
                    DateTimeField::Hour | DateTimeField::Hours => Function::Hour,
                    DateTimeField::Minute | DateTimeField::Minutes => Function::Minute,
                    DateTimeField::Second | DateTimeField::Seconds => Function::Second,
                    other => {
                        return Err(at(
                            expr,
                            format!(
                                "`{other}` cannot be extracted; use YEAR, MONTH, DAY, HOUR, MINUTE or SECOND"
                            ),
                        ));
                    }
                };
                let (node, kind) = self.node(inner, depth)?;
                let node = self.date(node, kind, inner)?;
                Ok((Node::Call(function, vec![node]), Kind::Integer))
            }
            Expr::Ceil {
                expr: inner,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => self.call(Function::Ceiling, Kind::Float, &[inner], depth),
            Expr::Floor {
                expr: inner,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => self.call(Function::Floor, Kind::Float, &[inner], depth),
            Expr::Position { expr: part, r#in } => {
                self.call(Function::Position, Kind::Text, &[part, r#in], depth)
            }
            Expr::Substring {
                expr: inner,
                substring_from,
                substring_for,
                ..
            } => {
                let (text, kind) = self.node(inner, depth)?;
                let mut arguments = vec![self.text(text, kind, inner)?];
                let start = substring_from.as_deref();
                match start {
                    Some(start) => arguments.push(self.number(start, depth)?),
                    None => arguments.push(Node::Constant(Scalar::Integer(1))),
                }
                if let Some(length) = substring_for {
                    arguments.push(self.number(length, depth)?);
                }
                Ok((Node::Call(Function::Substring, arguments), Kind::Text))
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr: inner,
                trim_characters: None,
            } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => Function::Trim,
                    Some(TrimWhereField::Leading) => Function::TrimStart,
                    Some(TrimWhereField::Trailing) => Function::TrimEnd,
                };
                let mut arguments: Vec<&Expr> = vec![inner];
                arguments.extend(trim_what.as_deref());
                self.call(function, Kind::Text, &arguments, depth)
            }
            Expr::Function(call) => self.function(call, expr, depth),
            other => Err(self.unknown(other)),
        }
    }

    fn unknown(&self, expr: &Expr) -> ClauseError {
        let mut text = expr.to_string();
        if text.chars().count() > 60 {
            text = text.chars().take(60).chain("..".chars()).collect();
        }
        at(
            expr,
            format!(
                "`{text}` is not understood here; use comparisons, BETWEEN, IN, LIKE, IS NULL, CASE, CAST and the functions of \
                 ArcGIS's standardised queries, without subqueries"
            ),
        )
    }

    fn field(&self, name: &Ident, expr: &Expr) -> Read {
        let exact = self.fields.iter().find(|field| field.name == name.value);
        let field = exact.or_else(|| {
            let same = |field: &&Field| field.name.to_lowercase() == name.value.to_lowercase();
            self.fields.iter().find(same)
        });
        let Some(field) = field else {
            let names: Vec<_> = self.fields.iter().map(|f| f.name.as_str()).collect();
            let others = match (name.quote_style, names.is_empty()) {
                (Some('"'), _) => format!(
                    "the fields are {}, and texts go between single quotes",
                    names.join(", ")
                ),
                (_, true) => "the layer has no fields".to_owned(),
                _ => format!("the fields are {}", names.join(", ")),
            };
            return Err(at(
                expr,
                format!("there is no field `{}`; {others}", name.value),
            ));
        };
        let kind = match &field.field_type {
            FieldType::Oid
            | FieldType::SmallInteger
            | FieldType::Integer
            | FieldType::BigInteger => Kind::Integer,
            FieldType::Single | FieldType::Double => Kind::Float,
            FieldType::Date => Kind::Instant,
            FieldType::Unknown(word) if word == "esriFieldTypeDateOnly" => Kind::Day,
            FieldType::Unknown(word) if word == "esriFieldTypeTimestampOffset" => Kind::Instant,
            FieldType::Unknown(word)
                if matches!(
                    word.as_str(),
                    "esriFieldTypeBlob" | "esriFieldTypeGeometry" | "esriFieldTypeRaster"
                ) =>
            {
                return Err(at(
                    expr,
                    format!(
                        "`{}` is no field of numbers, texts or dates; use another",
                        field.name
                    ),
                ));
            }
            _ => Kind::Text,
        };
        Ok((Node::Field(field.name.clone(), kind), kind))
    }

    fn value(&self, value: &Value, expr: &Expr) -> Read {
        Ok(constant(match value {
            Value::Null => Scalar::Null,
            Value::Number(digits, _) => match number_of(digits) {
                Scalar::Null => {
                    return Err(at(
                        expr,
                        format!("`{digits}` is no number that is computed with"),
                    ));
                }
                number => number,
            },
            Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) => {
                Scalar::Text(text.clone())
            }
            _ => return Err(self.unknown(expr)),
        }))
    }

    fn interval(&self, written: &Interval, expr: &Expr) -> Read {
        let text = match &*written.value {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) | Value::Number(text, _) => Some(text.as_str()),
                _ => None,
            },
            _ => None,
        };
        let unit = |field: &Option<DateTimeField>| field.as_ref().and_then(span_unit);
        let first = unit(&written.leading_field);
        let span = match (text, first, &written.last_field) {
            (Some(text), Some(first), None) => interval(text, first, first),
            (Some(text), Some(first), last) => {
                unit(last).and_then(|last| interval(text, first, last))
            }
            _ => None,
        };
        span.map(constant).ok_or_else(|| {
            at(
                expr,
                format!(
                    "`{expr}` is no length of time; write it as `INTERVAL '3' DAY`, or as `INTERVAL '3 12:30:00' DAY TO SECOND`"
                ),
            )
        })
    }
}
