//! The search for items.
//!
//! Of the portal's query language, words and `field:value` are understood, joined by blanks or `AND`; a value may stand
//! in quotes, and `*` at its end is for any rest. A leading `-` or `NOT` turns a term round. `OR` and brackets are
//! refused.

use super::items::{describe, keywords};
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::hosted::Item;
use serde_json::{Value, json};

/// A term of a search.
#[derive(Debug, PartialEq)]
struct Term {
    field: Option<String>,
    value: String,
    negated: bool,
}

/// `search`.
///
/// # Errors
/// When nobody is signed in, or the query is not understood.
pub(crate) fn search(app: &App, call: &Call) -> Result<Value, Fault> {
    let user = call.require_user()?;
    let query = call.params.get("q").unwrap_or_default();
    let terms = terms(query).map_err(Fault::bad_request)?;
    let number = |name: &str, default: i64| match call.params.get(name) {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse::<i64>()
            .map_err(|_| Fault::bad_request(format!("'{name}' must be a whole number."))),
    };
    let start = number("start", 1)?;
    let num = usize::try_from(number("num", 10)?).unwrap_or(0).min(100);
    let mut found: Vec<_> = app
        .hosted
        .items()
        .into_iter()
        .filter(|item| item.owner == user && terms.iter().all(|term| term.admits(item)))
        .collect();
    match call.params.get("sortField") {
        Some("title") => found.sort_by_key(|item| item.title.to_lowercase()),
        Some("modified") => found.sort_by_key(|item| item.modified),
        _ => {}
    }
    if call.params.get("sortOrder") == Some("desc") {
        found.reverse();
    }
    let total = found.len();
    // Esri's Python client goes on from the `nextStart` of the last page, which is -1, until a page is empty.
    let first = usize::try_from(start).map_or(total, |start| start.saturating_sub(1));
    let page = found.iter().skip(first).take(num);
    let results: Vec<_> = page.map(|item| describe(item, call)).collect();
    let next = first.saturating_add(results.len() + 1);
    Ok(json!({
        "query": query,
        "total": total,
        "start": start,
        "num": results.len(),
        "nextStart": if next <= total { json!(next) } else { json!(-1) },
        "results": results,
    }))
}

impl Term {
    fn admits(&self, item: &Item) -> bool {
        let equals = |own: &str| {
            let (own, value) = (own.to_lowercase(), self.value.to_lowercase());
            match value.strip_suffix('*') {
                Some(beginning) => own.starts_with(beginning),
                None => own == value,
            }
        };
        let contains = |own: &str| {
            let value = self.value.trim_end_matches('*').to_lowercase();
            own.to_lowercase().contains(&value)
        };
        let fits = match self.field.as_deref() {
            Some("id") => equals(&item.id),
            Some("owner") => equals(&item.owner),
            Some("type") => equals(&item.item_type),
            Some("title") => contains(&item.title),
            Some("name") => contains(&item.name),
            Some("orgid" | "accountid") => equals("local"),
            Some("access") => equals(item.access.word()),
            Some("typekeywords") => contains(&keywords(item).join(" ")),
            Some("tags") => item.tags.iter().any(|tag| equals(tag)),
            Some(_) => false,
            None => self.value == "*" || contains(&item.title) || contains(&item.description),
        };
        fits != self.negated
    }
}

fn terms(query: &str) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    let mut rest = query.trim();
    let mut negated = false;
    while !rest.is_empty() {
        if rest.starts_with(['(', ')']) {
            return Err(
                "Brackets are not understood in 'q'; search for one thing after the other."
                    .to_owned(),
            );
        }
        let turned = rest.strip_prefix('-');
        let body = turned.unwrap_or(rest);
        let (head, quoted) = match body.find(|c: char| c == '"' || c.is_whitespace()) {
            Some(at) if body[at..].starts_with('"') => (&body[..at], Some(&body[at + 1..])),
            Some(at) => (&body[..at], None),
            None => (body, None),
        };
        let (text, after) = match quoted {
            Some(inside) => inside
                .split_once('"')
                .ok_or("A quote in 'q' does not end.")?,
            None => ("", &body[head.len()..]),
        };
        rest = after.trim_start();
        match (head, quoted) {
            ("AND", None) => continue,
            ("NOT", None) => {
                negated = !negated;
                continue;
            }
            ("OR", None) => {
                return Err(
                    "OR is not understood in 'q'; search for one thing after the other.".to_owned(),
                );
            }
            _ => {}
        }
        let (field, value) = match head.split_once(':') {
            Some((field, value)) => (Some(field.to_lowercase()), format!("{value}{text}")),
            None => (None, format!("{head}{text}")),
        };
        terms.push(Term {
            field,
            value,
            negated: negated != turned.is_some(),
        });
        negated = false;
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(field: Option<&str>, value: &str, negated: bool) -> Term {
        Term {
            field: field.map(str::to_owned),
            value: value.to_owned(),
            negated,
        }
    }

    #[test]
    fn words_fields_and_quotes_are_read() {
        let read = terms("title:\"my buffers\" AND owner:ann  -type:Map* NOT roads");
        assert_eq!(
            read,
            Ok(vec![
                term(Some("title"), "my buffers", false),
                term(Some("owner"), "ann", false),
                term(Some("type"), "Map*", true),
                term(None, "roads", true),
            ])
        );
        assert_eq!(terms(" "), Ok(vec![]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in ["a OR b", "(a)", "title:\"open"] {
            assert!(terms(query).is_err(), "{query}");
        }
    }
}
