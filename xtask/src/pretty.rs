//! From tokens to text that reads like hand-written code.

use proc_macro2::TokenStream;
use quote::quote;

/// The text of a file.
#[must_use]
pub fn file(tokens: &TokenStream) -> String {
    space(&unparse(tokens))
}

/// The text of statements, without the function around them.
#[must_use]
pub fn statements(tokens: &TokenStream) -> String {
    let text = unparse(&quote!(fn main() { #tokens }));
    let lines = text.lines().skip(1).take_while(|line| *line != "}");
    let mut out = String::new();
    // A call that is broken over lines is indented twice when methods follow it; once is what rustfmt does.
    let mut call = None;
    for line in lines {
        let line = line.strip_prefix("    ").unwrap_or(line);
        let indent = *call.get_or_insert_with(|| if line.ends_with('(') { "" } else { "    " });
        let deep = indent.is_empty() && line.starts_with("        ");
        out.push_str(if deep || (indent.is_empty() && line.starts_with("    ")) {
            &line[4..]
        } else {
            line
        });
        out.push('\n');
        if line.ends_with(';') {
            call = None;
        }
    }
    out
}

fn unparse(tokens: &TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        // The text still goes out, so that the compiler shows where the generator went wrong.
        Err(error) => format!("compile_error!({:?});\n{tokens}\n", error.to_string()),
    }
}

/// Puts blank lines between items: between those of the file, and between those of implementations.
fn space(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 20);
    let mut item = "";
    let mut previous = "";
    for line in text.lines() {
        let depth = indent(line);
        let starts = !line.trim_start().starts_with(['}', ')', ']']);
        let ended = previous.ends_with(['}', ';']) && !previous.trim_start().starts_with("//");
        let between = depth == 0 || depth == 4 && item.starts_with("impl");
        if between
            && starts
            && ended
            && indent(previous) == depth
            && !(is_use(item) && is_use(line))
        {
            out.push('\n');
        }
        if depth == 0 && starts {
            item = line;
        }
        out.push_str(line);
        out.push('\n');
        previous = line;
    }
    out
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a line begins an import or names a module.
fn is_use(line: &str) -> bool {
    ["use ", "pub use ", "mod ", "pub mod "]
        .iter()
        .any(|start| line.starts_with(start))
}
