//! SQL where clauses and expressions over the attributes of a feature, by the rules of ArcGIS's standardised queries.
//!
//! # What is understood
//!
//! - Comparisons (`=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`), `BETWEEN`, `IN`, `LIKE` with `%`, `_` and `ESCAPE`, `IS NULL`, joined by
//!   `AND`, `OR` and `NOT`. What compares with null is neither true nor false, and a feature is taken only where the whole
//!   is true.
//! - Arithmetic (`+`, `-`, `*`, `/`, `%`), where whole numbers divide to whole numbers, and `||` for texts.
//! - `CASE`, `CAST`, `COALESCE`, `NULLIF`; of numbers `ABS`, `ACOS`, `ASIN`, `ATAN`, `CEILING`, `COS`, `EXP`, `FLOOR`, `LOG` (the natural
//!   one), `LOG10`, `MOD`, `POWER`, `ROUND`, `SIGN`, `SIN`, `SQRT`, `TAN`, `TRUNCATE`; of texts `CHAR_LENGTH`, `CONCAT`, `LOWER`,
//!   `POSITION`, `SUBSTRING`, `TRIM`, `UPPER`; of dates `CURRENT_DATE`, `CURRENT_TIMESTAMP` and `EXTRACT`.
//! - `DATE '2024-05-01'` and `CURRENT_DATE` are days, `TIMESTAMP '2024-05-01 08:30:00'`, `CURRENT_TIMESTAMP` and date fields are
//!   instants, all in UTC; in the data these are milliseconds since 1970. An instant is compared with a day by the day that
//!   it falls on, so that `SEEN = DATE '2024-05-01'` takes all of it. A number added to a date counts days; `INTERVAL '3' HOUR`
//!   and its like are added, too. A text between quotes stands for a date or a number where it is compared with one.
//!
//! Letter case matters in texts and not in names of fields. A value that cannot be computed, such as a quotient by zero, the
//! logarithm of a negative number or the number of a text that is none, is null.
//!
//! Everything else is refused: subqueries, functions that are not listed, comparisons of a text with a number.

mod evaluate;
mod functions;
mod like;
mod node;
mod read;
mod value;

use arcgis_analysis_types::{AttributeValue, Attributes, DateTime, Field, FieldType};
use node::{Kind, Node};
use std::fmt;
use std::time::SystemTime;

/// Why a clause or an expression cannot be used: what is wrong, what to do, and where.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::WhereClause;
/// use arcgis_analysis_types::{Field, FieldType};
///
/// let error = WhereClause::parse("POP > 5 AND NAM = 'x'", &[Field::new("NAME", FieldType::String), Field::new("POP", FieldType::Integer)])
///     .unwrap_err();
/// assert_eq!(error.to_string(), "there is no field `NAM`; the fields are NAME, POP (column 13)");
/// assert_eq!((error.line(), error.column()), (1, 13));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseError {
    problem: String,
    line: u64,
    column: u64,
}

impl ClauseError {
    /// The line, counted from 1; 0 where the clause as a whole is meant.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The character within the line, counted from 1; 0 where the clause as a whole is meant.
    #[must_use]
    pub fn column(&self) -> u64 {
        self.column
    }
}

impl fmt::Display for ClauseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (1, column) => write!(f, " (column {column})"),
            (line, column) => write!(f, " (line {line}, column {column})"),
        }
    }
}

impl std::error::Error for ClauseError {}

/// An SQL where clause, without the word WHERE, over the fields of a layer.
///
/// What is understood, and how, is said at [`WhereClause::parse`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::WhereClause;
/// use arcgis_analysis_types::{Attributes, Field, FieldType};
///
/// let fields = [Field::new("NAME", FieldType::String), Field::new("POP", FieldType::Integer), Field::new("SEEN", FieldType::Date)];
/// let clause = WhereClause::parse("pop >= 1000 AND NAME LIKE 'B%' AND SEEN = DATE '2024-05-01'", &fields)?;
/// let town: Attributes = serde_json::from_str(r#"{"NAME": "Bonn", "POP": 330000, "SEEN": 1714545000000}"#)?;
/// assert!(clause.matches(&town));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct WhereClause {
    node: Node,
}

impl WhereClause {
    /// Reads a clause; `CURRENT_DATE` and `CURRENT_TIMESTAMP` are of the moment of the call.
    ///
    /// Understood are comparisons, `BETWEEN`, `IN`, `LIKE .. ESCAPE`, `IS NULL`, `AND`, `OR`, `NOT`, arithmetic, `CASE`, `CAST`, and the
    /// functions of ArcGIS's standardised queries on numbers, texts and dates. A comparison with null is neither true nor
    /// false. `DATE '2024-05-01'` is a day and is compared by days, `TIMESTAMP '2024-05-01 08:30:00'` an instant, both in
    /// UTC. Letter case matters in texts and not in names of fields. What cannot be computed, such as a quotient by zero,
    /// is null.
    ///
    /// # Errors
    /// When the text is no such clause as a whole, names a field that is not there, compares what cannot be compared, or
    /// uses what is not understood.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, ClauseError> {
        Self::parse_at(text, fields, SystemTime::now().into())
    }

    /// Reads a clause for which it is now this instant.
    ///
    /// # Errors
    /// As [`WhereClause::parse`].
    pub fn parse_at(text: &str, fields: &[Field], now: DateTime) -> Result<Self, ClauseError> {
        let (node, kind) = read::read(text, fields, now.epoch_millis, false)?;
        match kind {
            Kind::Truth | Kind::Null => Ok(Self { node }),
            _ => Err(ClauseError {
                problem: format!(
                    "the clause is a {kind}, not a condition; compare it with something, as in `POP > 1000`"
                ),
                line: 0,
                column: 0,
            }),
        }
    }

    /// Whether a feature with these attributes is taken.
    #[must_use]
    pub fn matches(&self, attributes: &Attributes) -> bool {
        evaluate::truth(&self.node, attributes) == Some(true)
    }
}

/// An SQL expression that gives a value for each feature.
///
/// It is written as the sides of comparisons in a [`WhereClause`] are. A field may also stand between exclamation marks, as in
/// ArcGIS's Python expressions; then `/` divides whole numbers without dropping the fraction, as it does in Python.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::Expression;
/// use arcgis_analysis_types::{Attributes, Field, FieldType};
///
/// let fields = [Field::new("POP", FieldType::Integer), Field::new("AREA", FieldType::Integer)];
/// let row = Attributes::from_iter([("POP", 5), ("AREA", 2)]);
/// let value = |text| Expression::parse(text, &fields).map(|expression| expression.value(&row));
/// assert_eq!(value("POP / AREA")?, 2);
/// assert_eq!(value("!POP! / !AREA!")?, 2.5);
/// assert_eq!(value("CASE WHEN POP > 3 THEN 'large' ELSE 'small' END")?, "large");
/// # Ok::<(), arcgis_analysis_engine::ClauseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expression {
    node: Node,
    kind: Kind,
}

impl Expression {
    /// Reads an expression; `CURRENT_DATE` and `CURRENT_TIMESTAMP` are of the moment of the call.
    ///
    /// # Errors
    /// As [`WhereClause::parse`], and when the expression is a condition.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, ClauseError> {
        Self::parse_at(text, fields, SystemTime::now().into())
    }

    /// Reads an expression for which it is now this instant.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse_at(text: &str, fields: &[Field], now: DateTime) -> Result<Self, ClauseError> {
        let marked = marked(text);
        let python = marked.is_some();
        let text = marked.as_deref().unwrap_or(text);
        let (node, kind) = read::read(text, fields, now.epoch_millis, python)?;
        match kind {
            Kind::Truth | Kind::Span => Err(ClauseError {
                problem: format!(
                    "the expression is a {kind}, which no field holds; give a value, as in `CASE WHEN POP > 1000 THEN 1 ELSE 0 END`"
                ),
                line: 0,
                column: 0,
            }),
            kind => Ok(Self { node, kind }),
        }
    }

    /// The type of a field that holds the values; a text where they are all null.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        match self.kind {
            Kind::Integer => FieldType::BigInteger,
            Kind::Float => FieldType::Double,
            Kind::Day | Kind::Instant => FieldType::Date,
            _ => FieldType::String,
        }
    }

    /// Whether every value is null.
    pub(crate) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The value for a feature with these attributes: a number, a text, milliseconds since 1970 for a date, or null.
    #[must_use]
    pub fn value(&self, attributes: &Attributes) -> AttributeValue {
        let value = evaluate::scalar(&self.node, attributes);
        match self.kind {
            // Whole numbers that grew beyond all whole numbers, which the field cannot hold.
            Kind::Integer => value.as_i64().into(),
            _ => value.to_attribute(),
        }
    }
}

/// The text with its `!field!` marks turned into quotes of the same length; none if it has no such marks.
fn marked(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut any, mut quoted) = (text, false, None);
    while let Some(c) = rest.chars().next() {
        match (quoted, c) {
            (Some(quote), c) if c == quote => quoted = None,
            (None, '\'' | '"') => quoted = Some(c),
            (None, '!') => {
                let name = rest[1..].split('!').next().unwrap_or_default();
                let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && name
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
                    && rest[1..].len() > name.len();
                if is_name {
                    out.push('"');
                    out.push_str(name);
                    out.push('"');
                    any = true;
                    rest = &rest[name.len() + 2..];
                    continue;
                }
            }
            _ => {}
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    any.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_that_grows_beyond_its_field_is_null() {
        let fields = [Field::new("POP", FieldType::BigInteger)];
        for (pop, text) in [
            (i64::MIN, "-POP"),
            (i64::MIN, "POP * 2 + 1"),
            (i64::MAX, "POP + 1"),
            (i64::MIN, "POP / -1"),
        ] {
            let expression = Expression::parse(text, &fields);
            let field_type = expression.as_ref().map(Expression::field_type);
            assert_eq!(field_type, Ok(FieldType::BigInteger));
            let attributes = Attributes::from_iter([("POP", pop)]);
            let value = expression.map(|read| read.value(&attributes));
            assert_eq!(value, Ok(AttributeValue::NULL), "{text}");
        }
    }

    #[test]
    fn marks_become_quotes_outside_of_texts() {
        assert_eq!(
            marked("!POP! / !AREA! > 5").as_deref(),
            Some("\"POP\" / \"AREA\" > 5")
        );
        assert_eq!(
            marked("!A! || '!B! it''s'").as_deref(),
            Some("\"A\" || '!B! it''s'")
        );
        for plain in ["A != B AND C != D", "'!A!'", "A ! B !", "!", "!A", "é!"] {
            assert_eq!(marked(plain), None, "{plain}");
        }
    }
}
