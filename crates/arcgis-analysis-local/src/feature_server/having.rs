//! `having`: which groups of a query's statistics are told.

use super::query::names;
use super::statistics::Statistic;
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_engine::WhereClause;
use arcgis_analysis_types::{Attributes, Field};

/// A condition on the statistics of a group.
#[derive(Debug)]
pub(super) struct Having {
    clause: WhereClause,
    /// The statistics that the condition itself names, each by its own text: `SUM(POP)`.
    own: Vec<Statistic>,
}

impl Having {
    /// Reads a condition over functions of the layer's fields, over the statistics that are asked for by their names, and
    /// over the fields that group.
    ///
    /// # Errors
    /// When it is no condition, or names what is not there.
    pub(super) fn read(
        layer: &Layer,
        text: &str,
        all: &[Statistic],
        groups: &[String],
    ) -> Result<Self, Fault> {
        let (text, calls) = quoted_calls(text);
        let mut own: Vec<Statistic> = Vec::new();
        for call in calls {
            if own.iter().all(|known| known.name != call.text) {
                own.push(Statistic::new(
                    layer,
                    "having",
                    &call.function,
                    &call.field,
                    call.text,
                )?);
            }
        }
        let by_name =
            |statistic: &Statistic| Field::new(statistic.name.clone(), statistic.out_type());
        let mut fields: Vec<Field> = own.iter().chain(all).map(by_name).collect();
        for name in names(layer, "groupByFieldsForStatistics", &groups.join(","))? {
            fields.extend(layer.field(&name).cloned());
        }
        let clause = WhereClause::parse(&text, &fields).map_err(|problem| {
            Fault::bad_request(format!("`having` cannot be used: {problem}."))
        })?;
        Ok(Self { clause, own })
    }

    /// Whether a group is told, whose row holds what groups it and the statistics that are asked for.
    pub(super) fn admits<'a>(
        &self,
        row: &Attributes,
        members: impl Iterator<Item = &'a Attributes> + Clone,
    ) -> bool {
        if self.own.is_empty() {
            return self.clause.matches(row);
        }
        let mut row = row.clone();
        for statistic in &self.own {
            row.insert(&statistic.name, statistic.compute(members.clone()));
        }
        self.clause.matches(&row)
    }
}

/// A function of a field, as it is written.
#[derive(Debug, PartialEq)]
struct Call {
    text: String,
    function: String,
    field: String,
}

/// Puts each function of a field between double quotes, so that it reads as the name of a column.
fn quoted_calls(text: &str) -> (String, Vec<Call>) {
    const FUNCTIONS: [&str; 7] = ["COUNT", "SUM", "MIN", "MAX", "AVG", "STDDEV", "VAR"];
    let mut out = String::with_capacity(text.len() + 8);
    let mut calls = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            // Texts and quoted names are as they are.
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        let argument = after
            .trim_start()
            .strip_prefix('(')
            .and_then(|after| after.split_once(')'));
        let function = FUNCTIONS
            .iter()
            .find(|name| name.eq_ignore_ascii_case(word));
        if let (Some(function), Some((field, after))) = (function, argument) {
            let field = field.trim().trim_matches('"');
            if field == "*" || (!field.is_empty() && field.chars().all(is_word)) {
                let text = format!("{function}({field})");
                out.push_str(&format!("\"{text}\""));
                calls.push(Call {
                    text,
                    function: (*function).to_owned(),
                    field: field.to_owned(),
                });
                rest = after;
                continue;
            }
        }
        out.push_str(word);
        rest = after;
    }
    (out, calls)
}

#[cfg(test)]
mod tests {
    use super::quoted_calls;

    #[test]
    fn functions_become_names_and_texts_stay() {
        let (text, calls) = quoted_calls(
            "sum( \"POP\" ) > 5 AND NAME <> 'MAX(POP)' OR count(*)=1 AND ABS(MIN(a)) < 'é",
        );
        assert_eq!(
            text,
            "\"SUM(POP)\" > 5 AND NAME <> 'MAX(POP)' OR \"COUNT(*)\"=1 AND ABS(\"MIN(a)\") < 'é"
        );
        let fields: Vec<_> = calls.iter().map(|call| call.field.as_str()).collect();
        assert_eq!(fields, ["POP", "*", "a"]);
    }
}
