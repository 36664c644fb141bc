//! Conditions: comparisons of values that are brought to one kind, lists, patterns.

use super::*;

impl Reader<'_> {
    pub(super) fn is_null(&self, inner: &Expr, negated: bool, depth: usize) -> Read {
        let (node, _) = self.node(inner, depth)?;
        Ok(not(Node::IsNull(Box::new(node)), negated))
    }

    /// A comparison of two values that have been brought to one kind.
    pub(super) fn compare(
        &self,
        comparison: Comparison,
        (a, ka): (Node, Kind),
        (b, kb): (Node, Kind),
        expr: &Expr,
    ) -> Result<Node, ClauseError> {
        let (a, ka) = meant(a, kb)
            .map_err(|problem| at(expr, problem))?
            .unwrap_or_else(|node| (node, ka));
        let (b, kb) = meant(b, ka)
            .map_err(|problem| at(expr, problem))?
            .unwrap_or_else(|node| (node, kb));
        let day = |node| Node::Call(Function::ToDay, vec![node]);
        let sides = match (ka, kb) {
            (Kind::Day, Kind::Instant) => (a, day(b)),
            (Kind::Instant, Kind::Day) => (day(a), b),
            (Kind::Span, _) | (_, Kind::Span) | (Kind::Truth, _) | (_, Kind::Truth) => {
                return Err(at(
                    expr,
                    format!(
                        "a {ka} cannot be compared with a {kb}; compare numbers, texts or dates"
                    ),
                ));
            }
            (ka, kb) if ka.with(kb).is_some() => (a, b),
            (ka, kb) => {
                let hint = if ka.is_date() || kb.is_date() {
                    "write dates as DATE '2024-05-01' or TIMESTAMP '2024-05-01 08:30:00'"
                } else {
                    "put texts between single quotes and numbers without, or use CAST"
                };
                return Err(at(expr, format!("a {ka} is compared with a {kb}; {hint}")));
            }
        };
        Ok(Node::Compare(comparison, Box::new(sides)))
    }

    pub(super) fn in_list(
        &self,
        inner: &Expr,
        list: &[Expr],
        depth: usize,
    ) -> Result<Node, ClauseError> {
        let value = self.node(inner, depth)?;
        if value.1.is_date() {
            let same = list.iter().map(|item| {
                self.compare(
                    Comparison::Equal,
                    value.clone(),
                    self.node(item, depth)?,
                    item,
                )
            });
            return Ok(Node::Any(same.collect::<Result<_, _>>()?));
        }
        let (mut constants, mut others) = (Vec::new(), Vec::new());
        for item in list {
            let node = self.node(item, depth)?;
            let same = self.compare(Comparison::Equal, value.clone(), node, item)?;
            match same {
                Node::Compare(_, sides) => match (sides.0, sides.1) {
                    // A text that stands for a number is one by now, on either side.
                    (_, Node::Constant(constant)) if constant != Scalar::Null => {
                        constants.push(constant);
                    }
                    (_, other) => others.push(other),
                },
                other => others.push(other),
            }
        }
        if let Node::Constant(Scalar::Text(_)) = value.0 {
            // What it stands for depends on the item: each is compared on its own.
            let same = list.iter().map(|item| {
                self.compare(
                    Comparison::Equal,
                    value.clone(),
                    self.node(item, depth)?,
                    item,
                )
            });
            return Ok(Node::Any(same.collect::<Result<_, _>>()?));
        }
        constants.sort_by(|a, b| a.compare(b).unwrap_or(std::cmp::Ordering::Equal));
        Ok(Node::In {
            value: Box::new(value.0),
            constants,
            others,
        })
    }

    pub(super) fn like(
        &self,
        inner: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        depth: usize,
    ) -> Result<Node, ClauseError> {
        let (node, kind) = self.node(inner, depth)?;
        let node = self.text(node, kind, inner)?;
        let (pattern_node, kind) = self.node(pattern, depth)?;
        let pattern = self.text(pattern_node, kind, pattern)?;
        let escape = match escape {
            None => None,
            Some(escape) => {
                let (value, _) = self.node(escape, depth)?;
                let one = match &value {
                    Node::Constant(Scalar::Text(text)) => {
                        let mut chars = text.chars();
                        chars.next().filter(|_| chars.next().is_none())
                    }
                    _ => None,
                };
                let Some(one) = one else {
                    return Err(at(
                        escape,
                        format!("ESCAPE takes one character, not `{escape}`; give one such as '!'"),
                    ));
                };
                Some(one)
            }
        };
        Ok(match pattern {
            Node::Constant(Scalar::Text(pattern)) => {
                Node::Like(Box::new(node), Pattern::new(&pattern, escape))
            }
            pattern => Node::LikeAny(Box::new((node, pattern)), escape),
        })
    }

    /// Conditions joined by one operator: as many as there are, without nesting.
    pub(super) fn joined(&self, expr: &Expr, op: &BinaryOperator, depth: usize) -> Read {
        let (mut list, mut rest) = (Vec::new(), expr);
        while let Expr::BinaryOp {
            left,
            op: own,
            right,
        } = rest
        {
            if own != op {
                break;
            }
            list.push(&**right);
            rest = left;
        }
        list.push(rest);
        let nodes = list.into_iter().rev().map(|part| {
            let (node, kind) = self.node(part, depth)?;
            self.condition(node, kind, part)
        });
        let nodes = nodes.collect::<Result<_, _>>()?;
        let node = match op {
            BinaryOperator::And => Node::All(nodes),
            _ => Node::Any(nodes),
        };
        Ok((node, Kind::Truth))
    }

    pub(super) fn condition(
        &self,
        node: Node,
        kind: Kind,
        expr: &Expr,
    ) -> Result<Node, ClauseError> {
        match kind {
            Kind::Truth | Kind::Null => Ok(node),
            _ => Err(at(
                expr,
                format!(
                    "`{expr}` is a {kind}, not a condition; compare it with something, as in `{expr} = ..`"
                ),
            )),
        }
    }
}

/// The number or date that a written text stands for beside values of this kind, or else the node as it is.
#[allow(clippy::type_complexity, reason = "either of two, or a problem")]
fn meant(node: Node, beside: Kind) -> Result<Result<(Node, Kind), Node>, String> {
    let Node::Constant(Scalar::Text(text)) = &node else {
        return Ok(Err(node));
    };
    let value = match beside {
        Kind::Integer | Kind::Float => match number_of(text) {
            Scalar::Null => {
                return Err(format!(
                    "the text '{text}' is compared with a number; write the number without quotes, or use CAST"
                ));
            }
            number => number,
        },
        Kind::Day | Kind::Instant => date_of(text).ok_or_else(|| no_date(text))?,
        _ => return Ok(Err(node)),
    };
    Ok(Ok(constant(value)))
}

pub(super) fn no_date(text: &str) -> String {
    format!("'{text}' is no date; write it as DATE '2024-05-01' or TIMESTAMP '2024-05-01 08:30:00'")
}
