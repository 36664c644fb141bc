//! Documentation: blocks of text as doc comments, and the example of a task.

use super::{ident, text};
use crate::ir::{self, Call};
use crate::pretty;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// The width of documentation at the left margin.
const WIDTH: usize = 110;

/// Blocks as doc comments on an item that is so far indented.
pub(super) fn blocks(blocks: &[String], indent: usize) -> TokenStream {
    let lines = lines(blocks, WIDTH - 4 - indent);
    lines_to_tokens(&lines)
}

/// One sentence as a doc comment.
pub(super) fn line(text: &str, indent: usize) -> TokenStream {
    blocks(&[text.to_owned()], indent)
}

/// The documentation of a module.
pub(super) fn module(name: &str, summary: &str) -> String {
    let lines = lines(
        &[format!("The task `{name}`: {}", lower_first(summary))],
        WIDTH - 4,
    );
    lines
        .iter()
        .map(|l| format!("//! {l}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The documentation of a task, with its example.
pub(super) fn task(task: &ir::Task, service: &ir::Service) -> TokenStream {
    let mut lines = lines(&task.doc, WIDTH - 4);
    if let Some(call) = &task.call {
        lines.extend(["", "# Examples", ""].map(str::to_owned));
        lines.extend(wrap(&escape(&call.doc), WIDTH - 4));
        lines.extend(["", "```"].map(str::to_owned));
        lines.extend(example(task, call, service));
        lines.push("```".to_owned());
    }
    lines_to_tokens(&lines)
}

/// The example: the call, and what it is encoded as.
fn example(task: &ir::Task, call: &ir::Call, service: &ir::Service) -> Vec<String> {
    let mut lines = Vec::new();
    if !call.shared_types.is_empty() {
        lines.extend(import(
            &format!("{}::choices", service.crate_path),
            call.shared_types.clone(),
        ));
    }
    if !call.object_types.is_empty() {
        lines.extend(import(
            &format!("{}::objects", service.crate_path),
            call.object_types.clone(),
        ));
    }
    let mut local = call.module_types.clone();
    local.push(task.name.clone());
    lines.extend(import(
        &format!("{}::{}", service.crate_path, task.module),
        local,
    ));
    let (json, mut vocabulary): (Vec<_>, Vec<_>) = call
        .vocabulary
        .iter()
        .cloned()
        .partition(|n| n.contains("::"));
    vocabulary.push("Task".to_owned());
    lines.extend(import("arcgis_analysis_types", vocabulary));
    lines.extend(
        json.iter()
            .map(|path| format!("use arcgis_analysis_types::{path};")),
    );
    lines.push(String::new());
    let code = fill(&pretty::statements(&statements(task, call)), &call.json);
    lines.extend(code.lines().map(str::to_owned));
    lines.push("# Ok::<(), Box<dyn std::error::Error>>(())".to_owned());
    lines
}

/// Puts JSON values in their places, with the indentation of the line that holds them.
fn fill(code: &str, values: &[Value]) -> String {
    let mut out = String::new();
    for line in code.lines() {
        let mut line = line.to_owned();
        let indent = " ".repeat(line.len() - line.trim_start().len());
        for (i, value) in values.iter().enumerate() {
            let place = format!("json!({})", Call::placeholder(i));
            if line.contains(&place) {
                line = line.replace(&place, &format!("json!({})", json(value, &indent)));
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// A JSON value as `json!` takes it: on one line where it is short.
fn json(value: &Value, indent: &str) -> String {
    let inner = format!("{indent}    ");
    let (open, close, parts) = match value {
        Value::Array(items) => (
            "[",
            "]",
            items
                .iter()
                .map(|item| json(item, &inner))
                .collect::<Vec<_>>(),
        ),
        Value::Object(members) => {
            let parts = members
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", json(value, &inner)));
            ("{", "}", parts.collect())
        }
        // A literal without a suffix is an `i32`.
        Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_err()) => {
            return format!("{number}_i64");
        }
        scalar => return scalar.to_string(),
    };
    let pad = if open == "{" && !parts.is_empty() {
        " "
    } else {
        ""
    };
    let short = format!("{open}{pad}{}{pad}{close}", parts.join(", "));
    if short.len() + indent.len() <= 80 && !short.contains('\n') {
        return short;
    }
    format!(
        "{open}\n{inner}{}\n{indent}{close}",
        parts.join(&format!(",\n{inner}"))
    )
}

fn statements(task: &ir::Task, call: &ir::Call) -> TokenStream {
    let name = ident(&task.name);
    let parse = |text: &String| text.parse::<TokenStream>().unwrap_or_default();
    let arguments = call.arguments.iter().map(parse);
    let setters = call.setters.iter().map(|(setter, argument)| {
        let (setter, argument) = (ident(setter), parse(argument));
        quote!(.#setter(#argument))
    });
    let asserts = call.encoded.iter().map(|(name, value)| {
        let value = text(value);
        quote!(assert_eq!(form.get(#name).as_deref(), Some(#value));)
    });
    if call.encoded.is_empty() {
        return quote! {
            let task = #name::new();
            assert_eq!(task.encode()?.iter().count(), 0);
        };
    }
    quote! {
        let task = #name::new(#(#arguments),*) #(#setters)*;
        let form = task.encode()?;
        #(#asserts)*
    }
}

/// An import, broken over lines where it is long.
fn import(path: &str, mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    let tree = match names.as_slice() {
        [only] => only.clone(),
        _ => format!("{{{}}}", names.join(", ")),
    };
    let tokens = format!("use {path}::{tree};")
        .parse::<TokenStream>()
        .unwrap_or_default();
    pretty::file(&tokens).lines().map(str::to_owned).collect()
}

fn lines(blocks: &[String], width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for (i, paragraph) in block.lines().enumerate() {
            let item = paragraph.strip_prefix("- ");
            if i == 1 && item.is_some() && !block.starts_with("- ") {
                lines.push(String::new());
            }
            match item {
                Some(item) => {
                    let wrapped = wrap(&escape(item), width - 2);
                    let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
                    lines.extend(
                        marks
                            .zip(wrapped)
                            .map(|(mark, line)| format!("{mark}{line}")),
                    );
                }
                None if paragraph.starts_with("# ") => lines.push(paragraph.to_owned()),
                None => lines.extend(wrap(&escape(paragraph), width)),
            }
        }
    }
    lines
}

/// Breaks a text at blanks, but not within code.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut code = false;
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        match words.last_mut() {
            Some(word) if code => {
                word.push(' ');
                word.push_str(part);
            }
            _ => words.push(part.to_owned()),
        }
        code ^= part.matches('`').count() % 2 == 1;
    }
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Keeps what is no code from being read as links, tags or emphasis, and makes links of URLs.
fn escape(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(i, part)| {
        if i % 2 == 1 {
            return format!("`{part}`");
        }
        let words = part.split(' ').map(|word| {
            let end = word.trim_end_matches(['.', ',', ';', ':', ')']);
            if end.starts_with("https://") || end.starts_with("http://") {
                return format!("<{end}>{}", &word[end.len()..]);
            }
            word.replace('<', "\\<")
                .replace('[', "\\[")
                .replace('*', "\\*")
        });
        words.collect::<Vec<_>>().join(" ")
    });
    parts.collect()
}

fn lines_to_tokens(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_but_not_within_code() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("see `a b c` there", 6), ["see", "`a b c`", "there"]);
        assert_eq!(wrap("unbreakably long", 4), ["unbreakably", "long"]);
    }

    #[test]
    fn what_markdown_would_read_is_kept_from_it() {
        assert_eq!(escape("a <b> [c] *d* `<e>`"), "a \\<b> \\[c] \\*d\\* `<e>`");
        assert_eq!(
            escape("(see https://example.com/a_b)."),
            "(see <https://example.com/a_b>)."
        );
        assert_eq!(
            escape("see https://example.com/a, then"),
            "see <https://example.com/a>, then"
        );
    }

    #[test]
    fn lists_hang() {
        let block = ["- one two\n- three".to_owned()];
        assert_eq!(lines(&block, 6), ["- one", "  two", "- three"]);
    }
}
