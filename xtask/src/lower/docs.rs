//! The documentation of generated items: blocks, each a paragraph, a heading or a list.

use super::geometry;
use super::words::{Names, geometries, join};
use crate::ir;
use crate::spec;
use serde_json::Value;

/// The documentation of a task's struct, up to its example.
pub(super) fn task(task: &spec::Task, names: &Names, rules: &[ir::Rule]) -> Vec<String> {
    let mut doc = vec![names.in_rust(&task.summary)];
    doc.extend(task.description.iter().map(|p| names.in_rust(p)));
    let mut facts = vec![format!(
        "Source: {}.",
        names.in_rust(&task.source).trim_end_matches('.')
    )];
    if let Some(credits) = &task.credits {
        facts.push(format!(
            "Credits: {}.",
            names.in_rust(credits).trim_end_matches('.')
        ));
    }
    if let Some(since) = &task.since {
        facts.push(format!("Since: {}.", since.trim_end_matches('.')));
    }
    if let Some(until) = &task.until {
        facts.push(format!("Until: {}.", until.trim_end_matches('.')));
    }
    if task.arcgis_online == Some(false) {
        facts.push("Not on ArcGIS Online.".to_owned());
    }
    if let Some(licence) = &task.licence {
        facts.push(format!("Needs {}.", licence.trim_end_matches('.')));
    }
    let unconfirmed: String = task
        .confidence
        .unconfirmed
        .iter()
        .map(|s| format!(" {}", names.in_rust(s)))
        .collect();
    facts.push(match (task.confidence.level, unconfirmed.is_empty()) {
        (spec::Level::High, true) => "Confidence: high.".to_owned(),
        (level, true) => format!("Confidence: {}.", words(level)),
        (level, false) => format!("Confidence: {}. Unconfirmed:{unconfirmed}", words(level)),
    });
    doc.push(list(facts));
    if !rules.is_empty() {
        doc.push("# Rules".to_owned());
        doc.push(list(rules.iter().map(|rule| names.rule(rule)).collect()));
    }
    doc
}

/// The documentation of a parameter's field.
pub(super) fn param(param: &spec::Parameter, names: &Names) -> Vec<String> {
    let mut first = names.in_rust(&param.doc);
    if let Some(default) = &param.default {
        first.push_str(&match plain(default).as_str() {
            "" => " Default: empty.".to_owned(),
            value => format!(" Default: `{value}`."),
        });
    }
    let mut doc = vec![first];
    let mut more = Vec::new();
    if !param.geometry.is_empty() {
        let kinds: Vec<_> = param.geometry.iter().map(|g| geometry(*g)).collect();
        more.push(format!("Takes {}.", geometries(&kinds)));
    }
    more.extend(param.range.as_ref().map(range));
    if let Some(count) = param.min_items {
        more.push(format!("At least {count} items."));
    }
    more.extend(
        param
            .since
            .as_ref()
            .map(|since| format!("Since {}.", since.trim_end_matches('.'))),
    );
    more.extend(
        param
            .until
            .as_ref()
            .map(|until| format!("Until {}.", until.trim_end_matches('.'))),
    );
    more.extend(
        param
            .confidence
            .map(|level| format!("Confidence: {}.", words(level))),
    );
    if !more.is_empty() {
        doc.push(more.join(" "));
    }
    if !param.fields.is_empty() {
        doc.push("Its attributes may be:".to_owned());
        let attributes = param.fields.iter();
        doc.push(list(
            attributes
                .map(|a| format!("`{}`: {}", a.name, a.doc))
                .collect(),
        ));
    }
    doc
}

/// The documentation of a variant; that of a single parameter says what the parameter is.
pub(super) fn variant(variant: &spec::Variant, task: &spec::Task, names: &Names) -> Vec<String> {
    let mut doc = vec![names.in_rust(&variant.doc)];
    if let [only] = variant.parameters.as_slice()
        && let Some(only) = task.parameters.iter().find(|p| p.name == *only)
    {
        doc.extend(param(only, names));
    }
    doc
}

/// The documentation of a result's field.
pub(super) fn result(result: &spec::TaskResult, names: &Names) -> Vec<String> {
    let mut first = names.in_rust(&result.doc);
    if let Some(when) = &result.when {
        first.push_str(&format!(
            " Only when {}.",
            names.in_rust(when).trim_end_matches('.')
        ));
    }
    let mut doc = vec![first];
    doc.extend(
        result
            .confidence
            .map(|level| format!("Confidence: {}.", words(level))),
    );
    if !result.fields.is_empty() {
        let fields = result
            .fields
            .iter()
            .map(|f| format!("`{}`: {}", f.name, names.in_rust(&f.doc)));
        doc.push(format!("Fields:\n{}", list(fields.collect())));
    }
    doc
}

/// The line above a setter: the parameter's first sentence as what is set.
pub(super) fn setter(doc: &str, name: &str) -> String {
    let sentence = doc
        .split_once(". ")
        .map_or(doc, |(first, _)| first)
        .trim_end_matches('.');
    let sentence = sentence
        .split_once(';')
        .map_or(sentence, |(first, _)| first);
    let (first, rest) = sentence.split_once(' ').unwrap_or((sentence, ""));
    let openings = [
        "The", "A", "An", "Whether", "How", "What", "Which", "When", "Where", "Each", "On", "In",
        "By", "Its", "All", "Every",
    ];
    if openings.contains(&first) && !rest.is_empty() {
        format!("Sets {} {rest}.", first.to_lowercase())
    } else {
        format!("Sets `{name}`.")
    }
}

fn range(range: &spec::Range) -> String {
    let bounds = [
        range.min.map(|min| format!("at least {}", number(min))),
        range
            .exclusive_min
            .map(|min| format!("greater than {}", number(min))),
        range.max.map(|max| format!("at most {}", number(max))),
    ];
    let words = join(bounds.into_iter().flatten(), "and");
    let mut chars = words.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// A number with its thousands set apart.
fn number(number: f64) -> String {
    let text = number.to_string();
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), ""), |(w, f)| (w, f));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

/// A default as a person writes it: texts without quotes.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn words(level: spec::Level) -> &'static str {
    match level {
        spec::Level::High => "high",
        spec::Level::Medium => "medium",
        spec::Level::Low => "low",
    }
}

fn list(items: Vec<String>) -> String {
    items
        .into_iter()
        .map(|item| format!("- {item}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (value, text) in [
            (0.0, "0"),
            (999.0, "999"),
            (-1000.0, "-1,000"),
            (525_600.0, "525,600"),
            (1_234_567.25, "1,234,567.25"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn bounds_become_a_sentence() {
        let bounds = |min, exclusive_min, max| {
            range(&spec::Range {
                min,
                exclusive_min,
                max,
            })
        };
        assert_eq!(
            bounds(Some(1.0), None, Some(100.0)),
            "At least 1 and at most 100."
        );
        assert_eq!(bounds(None, Some(0.0), None), "Greater than 0.");
    }

    #[test]
    fn a_setter_says_what_it_sets() {
        assert_eq!(
            setter("The unit of `distances`; metres if absent. More.", "units"),
            "Sets the unit of `distances`."
        );
        assert_eq!(
            setter("On which side the buffers lie.", "side"),
            "Sets on which side the buffers lie."
        );
        assert_eq!(
            setter("Values below it are left out.", "threshold"),
            "Sets `threshold`."
        );
    }
}
