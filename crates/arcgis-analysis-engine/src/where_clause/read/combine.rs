//! What is computed of values: operations, cases, functions.

use super::*;

impl Reader<'_> {
    pub(super) fn binary(
        &self,
        expr: &Expr,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        depth: usize,
    ) -> Read {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.joined(expr, op, depth),
            BinaryOperator::Eq => Some(Comparison::Equal),
            BinaryOperator::NotEq => Some(Comparison::NotEqual),
            BinaryOperator::Lt => Some(Comparison::Less),
            BinaryOperator::LtEq => Some(Comparison::LessOrEqual),
            BinaryOperator::Gt => Some(Comparison::Greater),
            BinaryOperator::GtEq => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        let (a, b) = (self.node(left, depth)?, self.node(right, depth)?);
        if let Some(comparison) = comparison {
            return Ok((self.compare(comparison, a, b, expr)?, Kind::Truth));
        }
        let operation = match op {
            BinaryOperator::Plus => Operation::Add,
            BinaryOperator::Minus => Operation::Subtract,
            BinaryOperator::Multiply => Operation::Multiply,
            BinaryOperator::Divide if self.python => Operation::DivideWithFraction,
            BinaryOperator::Divide => Operation::Divide,
            BinaryOperator::Modulo => Operation::Remainder,
            BinaryOperator::StringConcat => Operation::Concatenate,
            _ => return Err(self.unknown(expr)),
        };
        let kind = self.operated(operation, &a, &b).ok_or_else(|| {
            let hint = match (a.1, b.1, operation) {
                (Kind::Text, _, Operation::Add) | (_, Kind::Text, Operation::Add) => {
                    "join texts by `||`, or turn one into a number by CAST(.. AS FLOAT)"
                }
                (Kind::Text, ..) | (_, Kind::Text, _) => {
                    "turn the text into a number by CAST(.. AS FLOAT)"
                }
                _ => "only numbers, and days added to dates, are computed with",
            };
            let problem = format!("`{op}` does not apply to a {} and a {}; {hint}", a.1, b.1);
            at(expr, problem)
        })?;
        Ok((Node::Operation(operation, Box::new((a.0, b.0))), kind))
    }

    /// The kind of the result of an operation, if it applies.
    pub(super) fn operated(
        &self,
        operation: Operation,
        a: &(Node, Kind),
        b: &(Node, Kind),
    ) -> Option<Kind> {
        let joins = |kind| !matches!(kind, Kind::Truth | Kind::Span);
        let moved = |date: Kind, by: &Node| match by {
            Node::Constant(Scalar::Span(_, rest)) if rest % DAY == 0 => date,
            _ => Kind::Instant,
        };
        match (operation, a.1, b.1) {
            (Operation::Concatenate, a, b) => (joins(a) && joins(b)).then_some(Kind::Text),
            (Operation::Add | Operation::Subtract, date, Kind::Integer) if date.is_date() => {
                Some(date)
            }
            (Operation::Add | Operation::Subtract, date, Kind::Float | Kind::Null)
                if date.is_date() =>
            {
                Some(Kind::Instant)
            }
            (Operation::Add | Operation::Subtract, date, Kind::Span) if date.is_date() => {
                Some(moved(date, &b.0))
            }
            (Operation::Add, Kind::Integer, date) if date.is_date() => Some(date),
            (Operation::Add, Kind::Float | Kind::Null, date) if date.is_date() => {
                Some(Kind::Instant)
            }
            (Operation::Add, Kind::Span, date) if date.is_date() => Some(moved(date, &a.0)),
            (Operation::Subtract, Kind::Day, Kind::Day) => Some(Kind::Integer),
            (Operation::Subtract, a, b) if a.is_date() && b.is_date() => Some(Kind::Float),
            (Operation::Subtract, Kind::Null, date) if date.is_date() => Some(Kind::Float),
            (operation, a, b) => {
                let kind = a.with(b)?;
                match kind {
                    Kind::Integer if operation == Operation::DivideWithFraction => {
                        Some(Kind::Float)
                    }
                    Kind::Integer | Kind::Float | Kind::Null => Some(kind),
                    _ => None,
                }
            }
        }
    }

    pub(super) fn case(
        &self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        depth: usize,
    ) -> Read {
        let operand = operand
            .map(|operand| self.node(operand, depth))
            .transpose()?;
        let mut kind = Kind::Null;
        let mut result = |expr: &Expr| {
            let (node, own) = self.node(expr, depth)?;
            kind = kind.with(own).ok_or_else(|| {
                let problem = format!(
                    "`{expr}` is a {own}, another result of the CASE is a {kind}; give results of one type"
                );
                at(expr, problem)
            })?;
            Ok(node)
        };
        let mut branches = Vec::with_capacity(conditions.len());
        for when in conditions {
            let (node, own) = self.node(&when.condition, depth)?;
            let condition = match &operand {
                Some(operand) => self.compare(
                    Comparison::Equal,
                    operand.clone(),
                    (node, own),
                    &when.condition,
                )?,
                None => self.condition(node, own, &when.condition)?,
            };
            branches.push((condition, result(&when.result)?));
        }
        let otherwise = match otherwise {
            Some(otherwise) => result(otherwise)?,
            None => Node::Constant(Scalar::Null),
        };
        let otherwise = Box::new(otherwise);
        Ok((
            Node::Case {
                branches,
                otherwise,
            },
            kind,
        ))
    }

    pub(super) fn function(&self, call: &Call, expr: &Expr, depth: usize) -> Read {
        let name = call.name.to_string();
        let arguments = match &call.args {
            FunctionArguments::None => {
                let now = match name.to_ascii_uppercase().as_str() {
                    "CURRENT_DATE" => Scalar::Instant(self.now).at(Kind::Day),
                    "CURRENT_TIMESTAMP" => Scalar::Instant(self.now),
                    _ => return Err(self.unknown(expr)),
                };
                return Ok(constant(now));
            }
            FunctionArguments::Subquery(_) => return Err(self.unknown(expr)),
            FunctionArguments::List(list) => {
                let plain = list.duplicate_treatment.is_none()
                    && list.clauses.is_empty()
                    && call.filter.is_none()
                    && call.over.is_none()
                    && call.within_group.is_empty()
                    && call.null_treatment.is_none()
                    && call.parameters == FunctionArguments::None;
                let arguments: Option<Vec<&Expr>> = list
                    .args
                    .iter()
                    .map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Some(argument),
                        _ => None,
                    })
                    .collect();
                arguments
                    .filter(|_| plain)
                    .ok_or_else(|| self.unknown(expr))?
            }
        };
        let Some((function, kind, least, most)) = called(&name) else {
            return Err(at(
                expr,
                format!(
                    "there is no function `{name}` here; there are {}, POSITION, SUBSTRING, EXTRACT and CAST",
                    names()
                ),
            ));
        };
        if !(least..=most).contains(&arguments.len()) {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            return Err(at(
                expr,
                format!("`{name}` takes {wanted} values, not {}", arguments.len()),
            ));
        }
        self.call(function, kind, &arguments, depth)
    }

    /// A function of arguments that are all numbers, all texts, or, where it takes `Null`, all of one kind.
    pub(super) fn call(
        &self,
        function: Function,
        takes: Kind,
        arguments: &[&Expr],
        depth: usize,
    ) -> Read {
        let (mut nodes, mut kinds) = (Vec::new(), Vec::new());
        for argument in arguments {
            let (node, kind) = self.node(argument, depth)?;
            let all = kinds
                .iter()
                .try_fold(kind, |all: Kind, kind| all.with(*kind));
            let fits = match takes {
                Kind::Float => kind.is_number() || kind == Kind::Null,
                // Anything can be written out; other functions want texts.
                Kind::Text if function == Function::Concat => {
                    !matches!(kind, Kind::Truth | Kind::Span)
                }
                Kind::Text => matches!(kind, Kind::Text | Kind::Null),
                _ => all.is_some_and(|all| !matches!(all, Kind::Truth | Kind::Span)),
            };
            if !fits {
                let wanted = match takes {
                    Kind::Float => "numbers; use CAST(.. AS FLOAT)",
                    Kind::Text => "texts; use CAST(.. AS VARCHAR(50))",
                    _ => "values of one type; use CAST",
                };
                return Err(at(
                    *argument,
                    format!("`{argument}` is a {kind}, and the function takes {wanted}"),
                ));
            }
            let node = if function == Function::Concat && kind != Kind::Text {
                Node::Cast {
                    node: Box::new(node),
                    to: Kind::Text,
                    size: None,
                }
            } else {
                node
            };
            nodes.push(node);
            kinds.push(kind);
        }
        let kind = function.kind(&kinds);
        Ok((Node::Call(function, nodes), kind))
    }

    pub(super) fn number(&self, expr: &Expr, depth: usize) -> Result<Node, ClauseError> {
        let (node, kind) = self.node(expr, depth)?;
        match kind {
            Kind::Integer | Kind::Float | Kind::Null => Ok(node),
            _ => Err(at(expr, format!("`{expr}` is a {kind}; give a number"))),
        }
    }

    pub(super) fn text(&self, node: Node, kind: Kind, expr: &Expr) -> Result<Node, ClauseError> {
        match kind {
            Kind::Text | Kind::Null => Ok(node),
            _ => Err(at(
                expr,
                format!(
                    "`{expr}` is a {kind}, and a text is needed; use CAST({expr} AS VARCHAR(50))"
                ),
            )),
        }
    }

    pub(super) fn date(&self, node: Node, kind: Kind, expr: &Expr) -> Result<Node, ClauseError> {
        match kind {
            Kind::Day | Kind::Instant | Kind::Null => Ok(node),
            _ => Err(at(
                expr,
                format!(
                    "`{expr}` is a {kind}, and a date is needed; use CAST({expr} AS TIMESTAMP)"
                ),
            )),
        }
    }
}
