//! The functions of ArcGIS's standardised queries.

use super::node::Kind;
use super::value::{DAY, Scalar, civil};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Acos,
    Asin,
    Atan,
    Ceiling,
    Cos,
    Exp,
    Floor,
    Log,
    Log10,
    Mod,
    Power,
    Round,
    Sign,
    Sin,
    Sqrt,
    Tan,
    Truncate,
    CharLength,
    Concat,
    Lower,
    Position,
    Substring,
    /// Of its first argument what the second holds is taken off the start and the end.
    Trim,
    TrimStart,
    TrimEnd,
    Upper,
    Coalesce,
    NullIf,
    /// The day of an instant.
    ToDay,
    Year,
    Month,
    DayOfMonth,
    Hour,
    Minute,
    Second,
}

use Function::*;

/// The names by which functions are called, what they take, and how many at least and at most.
const CALLS: [(&str, Function, Kind, usize, usize); 32] = [
    ("ABS", Abs, Kind::Float, 1, 1),
    ("ACOS", Acos, Kind::Float, 1, 1),
    ("ASIN", Asin, Kind::Float, 1, 1),
    ("ATAN", Atan, Kind::Float, 1, 1),
    ("CEIL", Ceiling, Kind::Float, 1, 1),
    ("CEILING", Ceiling, Kind::Float, 1, 1),
    ("COS", Cos, Kind::Float, 1, 1),
    ("EXP", Exp, Kind::Float, 1, 1),
    ("FLOOR", Floor, Kind::Float, 1, 1),
    ("LN", Log, Kind::Float, 1, 1),
    ("LOG", Log, Kind::Float, 1, 1),
    ("LOG10", Log10, Kind::Float, 1, 1),
    ("MOD", Mod, Kind::Float, 2, 2),
    ("POWER", Power, Kind::Float, 2, 2),
    ("ROUND", Round, Kind::Float, 1, 2),
    ("SIGN", Sign, Kind::Float, 1, 1),
    ("SIN", Sin, Kind::Float, 1, 1),
    ("SQRT", Sqrt, Kind::Float, 1, 1),
    ("TAN", Tan, Kind::Float, 1, 1),
    ("TRUNCATE", Truncate, Kind::Float, 1, 2),
    ("CHAR_LENGTH", CharLength, Kind::Text, 1, 1),
    ("CHARACTER_LENGTH", CharLength, Kind::Text, 1, 1),
    ("LENGTH", CharLength, Kind::Text, 1, 1),
    ("CONCAT", Concat, Kind::Text, 2, 64),
    ("LOWER", Lower, Kind::Text, 1, 1),
    ("LTRIM", TrimStart, Kind::Text, 1, 1),
    ("POSITION", Position, Kind::Text, 2, 2),
    ("RTRIM", TrimEnd, Kind::Text, 1, 1),
    ("TRIM", Trim, Kind::Text, 1, 1),
    ("UPPER", Upper, Kind::Text, 1, 1),
    ("COALESCE", Coalesce, Kind::Null, 1, 64),
    ("NULLIF", NullIf, Kind::Null, 2, 2),
];

/// A function that is called by a name, what it takes, and how many at least and at most.
pub(super) fn called(name: &str) -> Option<(Function, Kind, usize, usize)> {
    let call = CALLS
        .iter()
        .find(|call| call.0.eq_ignore_ascii_case(name))?;
    Some((call.1, call.2, call.3, call.4))
}

/// The names of all functions.
pub(super) fn names() -> String {
    let names: Vec<_> = CALLS.iter().map(|call| call.0).collect();
    names.join(", ")
}

impl Function {
    /// The kind of the result, by that of the arguments.
    pub(super) fn kind(self, arguments: &[Kind]) -> Kind {
        let first = arguments.first().copied().unwrap_or(Kind::Null);
        match self {
            Abs | Ceiling | Floor => first,
            Mod => first.with(arguments[1]).unwrap_or(Kind::Float),
            Round | Truncate if arguments.len() == 1 => first,
            Sign | CharLength | Position | Year | Month | DayOfMonth | Hour | Minute | Second => {
                Kind::Integer
            }
            Concat | Lower | Upper | Substring | Trim | TrimStart | TrimEnd => Kind::Text,
            Coalesce => arguments
                .iter()
                .try_fold(Kind::Null, |all, kind| all.with(*kind))
                .unwrap_or(first),
            NullIf => first,
            ToDay => Kind::Day,
            _ => Kind::Float,
        }
    }

    /// The result; null where an argument is null or there is no result.
    pub(super) fn compute(self, arguments: &[Scalar]) -> Scalar {
        match self {
            Coalesce => {
                let first = arguments.iter().find(|value| **value != Scalar::Null);
                return first.cloned().unwrap_or(Scalar::Null);
            }
            NullIf => {
                let same = arguments[0].compare(&arguments[1]) == Some(std::cmp::Ordering::Equal);
                return if same {
                    Scalar::Null
                } else {
                    arguments[0].clone()
                };
            }
            _ => {}
        }
        if arguments.contains(&Scalar::Null) {
            return Scalar::Null;
        }
        let computed = match &arguments[0] {
            Scalar::Text(text) => of_text(self, text, &arguments[1..]),
            Scalar::Day(millis) | Scalar::Instant(millis) => of_date(self, *millis),
            number => of_number(self, number, &arguments[1..]),
        };
        computed.unwrap_or(Scalar::Null)
    }
}

fn of_date(function: Function, millis: i64) -> Option<Scalar> {
    if function == ToDay {
        return Some(Scalar::Day(millis.div_euclid(DAY) * DAY));
    }
    let civil = civil(millis)?;
    Some(Scalar::Integer(match function {
        Year => civil.year().into(),
        Month => civil.month().into(),
        DayOfMonth => civil.day().into(),
        Hour => civil.hour().into(),
        Minute => civil.minute().into(),
        Second => civil.second().into(),
        _ => return None,
    }))
}

fn of_number(function: Function, number: &Scalar, others: &[Scalar]) -> Option<Scalar> {
    if let Scalar::Integer(whole) = number {
        match (function, others) {
            (Ceiling | Floor, _) | (Round | Truncate, []) => return Some(number.clone()),
            (Abs, _) => {
                if let Some(positive) = whole.checked_abs() {
                    return Some(Scalar::Integer(positive));
                }
            }
            (Sign, _) => return Some(Scalar::Integer(whole.signum())),
            (Mod, [Scalar::Integer(divisor)]) => {
                return match whole.checked_rem(*divisor) {
                    Some(rest) => Some(Scalar::Integer(rest)),
                    // The smallest number by -1 leaves nothing; by zero there is no result.
                    None => (*divisor != 0).then_some(Scalar::Integer(0)),
                };
            }
            _ => {}
        }
    }
    let x = number.as_f64()?;
    let other = others.first().and_then(Scalar::as_f64);
    let scale = |x: f64, round: fn(f64) -> f64| -> Option<f64> {
        let digits = others.first().map_or(Some(0), Scalar::as_i64)?;
        let factor = libm::pow(10.0, digits.clamp(-308, 308) as f64);
        let scaled = round(x * factor) / factor;
        // Digits beyond what a number holds leave it as it is.
        Some(if scaled.is_finite() { scaled } else { x })
    };
    Some(Scalar::float(match function {
        Abs => x.abs(),
        Acos => libm::acos(x),
        Asin => libm::asin(x),
        Atan => libm::atan(x),
        Ceiling => x.ceil(),
        Cos => libm::cos(x),
        Exp => libm::exp(x),
        Floor => x.floor(),
        Log => libm::log(x),
        Log10 => libm::log10(x),
        Mod => x % other?,
        Power => libm::pow(x, other?),
        Round => scale(x, f64::round)?,
        Sign if x == 0.0 => return Some(Scalar::Integer(0)),
        Sign => return Some(Scalar::Integer(x.signum() as i64)),
        Sin => libm::sin(x),
        Sqrt => x.sqrt(),
        Tan => libm::tan(x),
        Truncate => scale(x, f64::trunc)?,
        _ => return None,
    }))
}

fn of_text(function: Function, text: &str, others: &[Scalar]) -> Option<Scalar> {
    let other = match others.first() {
        Some(Scalar::Text(other)) => other.as_str(),
        _ => " ",
    };
    let taken = |c: char| other.contains(c);
    let count = |text: &str| Scalar::Integer(text.chars().count() as i64);
    Some(match function {
        CharLength => count(text),
        Lower => Scalar::Text(text.to_lowercase()),
        Upper => Scalar::Text(text.to_uppercase()),
        Trim => Scalar::Text(text.trim_matches(taken).to_owned()),
        TrimStart => Scalar::Text(text.trim_start_matches(taken).to_owned()),
        TrimEnd => Scalar::Text(text.trim_end_matches(taken).to_owned()),
        Concat => {
            let mut all = text.to_owned();
            for other in others {
                all.push_str(&other.text()?);
            }
            Scalar::Text(all)
        }
        // Where the first text begins in the second, counted from 1.
        Position => match other.find(text) {
            Some(before) => Scalar::Integer(other[..before].chars().count() as i64 + 1),
            None => Scalar::Integer(0),
        },
        Substring => {
            let start = others.first()?.as_i64()?;
            let end = match others.get(1) {
                Some(length) => {
                    start.saturating_add(length.as_i64().filter(|length| *length >= 0)?)
                }
                None => i64::MAX,
            };
            let from = start.max(1);
            let length = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
            let skipped = usize::try_from(from - 1).unwrap_or(usize::MAX);
            Scalar::Text(text.chars().skip(skipped).take(length).collect())
        }
        _ => return None,
    })
}
