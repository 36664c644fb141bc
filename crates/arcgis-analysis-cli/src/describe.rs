//! A task explained to a person.

use crate::failure::Failure;
use crate::task_args::{is_required, value_name};
use crate::{local, print};
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::types::meta::{
    Confidence, ObjectMeta, ParamMeta, ParamType, ResultMeta, TaskMeta,
};
use arcgis_analysis::{params, words};

/// Explains a task.
pub(crate) fn describe(task: &TaskEntry) -> Result<(), Failure> {
    let meta = task.meta;
    let service = meta.service.title.to_lowercase();
    let place = if meta.category.eq_ignore_ascii_case(&service) {
        service
    } else {
        format!("{service}, {}", meta.category)
    };
    let mut text = format!("{} ({place})\n", meta.name);
    for paragraph in std::iter::once(&meta.summary).chain(meta.description) {
        text += "\n";
        text += &print::wrapped(paragraph, 0);
    }
    text += "\nPARAMETERS\n";
    text.extend(meta.params.iter().map(|param| parameter(meta, param)));
    let rules = meta
        .groups
        .iter()
        .map(words::group)
        .chain(meta.rules.iter().map(words::rule));
    text += &section("RULES", rules);
    text += "\nRESULTS\n";
    text.extend(meta.results.iter().map(result));
    text += &section("GOOD TO KNOW", notes(meta).into_iter());
    if !meta.examples.is_empty() {
        text += "\nEXAMPLES\n";
        text.extend(
            meta.examples
                .iter()
                .map(|example| self::example(meta, example.doc, example.params)),
        );
    }
    print::text(&text)
}

fn parameter(meta: &TaskMeta, param: &ParamMeta) -> String {
    let dots = if params::is_list(&param.ty) {
        "..."
    } else {
        ""
    };
    let mut first = format!(
        "  --{} <{}>{dots}",
        params::flag(param),
        value_name(&param.ty)
    );
    if is_required(meta, param) {
        first += "  (required)";
    }
    let mut text = first + "\n" + &print::wrapped(param.doc, 6);
    let takes = match param.geometry {
        [] => words::param_type(&param.ty).to_owned(),
        kinds => words::geometries(kinds),
    };
    let range = param
        .range
        .as_ref()
        .map(words::range)
        .filter(|range| !range.is_empty());
    let default = words::default(param).map(|default| format!("default {default}"));
    let since = param.since.map(|release| format!("since {release}"));
    let until = param.until.map(|release| format!("until {release}"));
    let name = Some(format!("in JSON `{}`", param.name));
    let notes: Vec<_> = std::iter::once(takes)
        .chain([range, default, since, until, name].into_iter().flatten())
        .collect();
    text += &print::wrapped(&format!("[{}]", notes.join("; ")), 6);
    if !param.attributes.is_empty() {
        text += &print::wrapped("Its attributes may be:", 6);
        let pairs: Vec<_> = param.attributes.iter().map(|a| (a.name, a.doc)).collect();
        text += &columns(&pairs);
    }
    match param.ty {
        ParamType::Choice(choices) | ParamType::ChoiceList(choices) => {
            let docs: Vec<_> = choices
                .iter()
                .map(|choice| match choice.since {
                    Some(since) => format!("{} Since {since}.", choice.doc),
                    None => choice.doc.to_owned(),
                })
                .collect();
            let pairs: Vec<_> = choices
                .iter()
                .zip(&docs)
                .map(|(choice, doc)| (choice.value, doc.as_str()))
                .collect();
            text += &columns(&pairs);
        }
        ParamType::Object(object) | ParamType::ObjectList(object) => text += &members(object),
        _ => {}
    }
    text
}

fn result(result: &ResultMeta) -> String {
    let mut text = format!("  {}  [{}]\n", result.name, words::result_type(result.ty));
    text += &print::wrapped(result.doc, 6);
    if !result.when.is_empty() {
        text += &print::wrapped(&format!("Only when {}.", result.when), 6);
    }
    let pairs: Vec<_> = result
        .fields
        .iter()
        .map(|field| (field.name, field.doc))
        .collect();
    text += &columns(&pairs);
    text + &result.object.map(members).unwrap_or_default()
}

fn members(object: &ObjectMeta) -> String {
    let members = object.members.iter();
    let pairs: Vec<_> = members.map(|member| (member.name, member.doc)).collect();
    columns(&pairs)
}

/// Words and what they mean, side by side.
fn columns(pairs: &[(&str, &str)]) -> String {
    let longest = pairs
        .iter()
        .map(|(word, _)| word.len())
        .max()
        .unwrap_or_default()
        .min(24);
    let row =
        |(word, doc): &(&str, &str)| print::row(&format!("        {word}"), doc, 8 + longest + 2);
    pairs.iter().map(row).collect()
}

fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| print::hanging("  - ", &line, 4)).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n{title}\n{lines}")
    }
}

fn notes(meta: &TaskMeta) -> Vec<String> {
    let mut notes = vec![match local::support(meta) {
        (word, Some(note)) => format!("With --local: {word}. {note}"),
        (word, None) => format!("With --local: {word}."),
    }];
    notes.extend(
        meta.credits
            .map(|credits| format!("Cost on ArcGIS Online: {credits}.")),
    );
    if !meta.arcgis_online {
        notes.push("Only on ArcGIS Enterprise, not on ArcGIS Online.".to_owned());
    }
    notes.extend(
        meta.licence
            .map(|licence| format!("Needs {}.", licence.trim_end_matches('.'))),
    );
    notes.extend(meta.since.map(|release| format!("Since {release}.")));
    notes.extend(meta.until.map(|release| format!("Until {release}.")));
    notes.push(format!("Source: {}.", meta.source));
    if meta.confidence != Confidence::High {
        notes.push("This description is not fully confirmed.".to_owned());
    }
    notes.extend(
        meta.unconfirmed
            .iter()
            .map(|text| format!("Not confirmed: {text}")),
    );
    notes
}

/// A typical call as one would type it.
fn example(meta: &TaskMeta, doc: &str, json: &str) -> String {
    let params = serde_json::from_str(json).unwrap_or_default();
    let mut text = print::wrapped(doc, 2);
    text += &format!("    arcgis-analysis run {} \\\n", meta.name);
    let flags: Vec<_> = params::to_flags(meta, &params)
        .into_iter()
        .map(|(flag, texts)| {
            let first = format!("      --{flag} ");
            let (last, joint) = match texts.as_slice() {
                [_] => (first.len(), String::new()),
                // Several long values stand below each other.
                _ => (8, format!(" \\\n{}", " ".repeat(8))),
            };
            let texts: Vec<_> = texts
                .iter()
                .map(|text| quoted(&broken(text, last)))
                .collect();
            let one_line = first.clone() + &texts.join(" ");
            if joint.is_empty() || one_line.len() < print::width() && !one_line.contains('\n') {
                one_line
            } else {
                format!("{}{joint}{}", first.trim_end(), texts.join(&joint))
            }
        })
        .collect();
    text + &flags.join(" \\\n") + "\n"
}

/// JSON that is too long for a line which begins at a column, broken where blanks mean nothing: after commas between its parts.
fn broken(text: &str, column: usize) -> String {
    const INDENT: usize = 8;
    // Room for the quotes around it, and for the mark that the line goes on.
    let width = print::width().saturating_sub(4);
    if text.len() + column <= width || !text.starts_with(['{', '[']) {
        return text.to_owned();
    }
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(String::new()),
            _ => {}
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let indent = if lines.len() < 2 { column } else { INDENT };
        match lines.last_mut() {
            Some(line) if line.len() + part.len() + indent <= width => line.push_str(&part),
            _ => lines.push(part),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(INDENT)))
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,=@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_json_is_broken_where_blanks_mean_nothing() {
        let text = "x, ".repeat(30) + "\\\",";
        let long = serde_json::json!({ "a": text, "b": vec![2; 60] }).to_string();
        let broken = broken(&long, 10);
        assert!(broken.lines().count() > 2, "{broken}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        assert!(read(&long).is_some());
        assert_eq!(read(&broken), read(&long));
        assert_eq!(super::broken("[1,2]", 70), "[1,2]");
    }

    #[test]
    fn quotes_what_a_shell_would_take_apart() {
        assert_eq!(quoted("a.geojson"), "a.geojson");
        assert_eq!(quoted("POP Mean"), "'POP Mean'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
