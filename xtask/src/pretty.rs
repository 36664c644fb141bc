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
    let lines: Vec<_> = text
        .lines()
        .skip(1)
        .take_while(|line| *line != "}")
        .collect();
    let mut out = String::new();
    // Arguments are indented twice where methods are called on what they make; once is what rustfmt does.
    let mut twice: Vec<usize> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let depth = indent(line);
        twice.retain(|outer| *outer < depth);
        out.push_str(&line[(4 + 4 * twice.len()).min(depth)..]);
        out.push('\n');
        if line.ends_with(['(', '[', '{'])
            && lines
                .get(i + 1)
                .is_some_and(|next| indent(next) == depth + 8)
        {
            twice.push(depth);
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
        if between && starts && ended && indent(previous) == depth && !same_block(item, line) {
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

/// Whether two items stand in one block: imports, or names of modules.
fn same_block(one: &str, other: &str) -> bool {
    let keyword = |line: &str| match line.strip_prefix("pub ").unwrap_or(line).split(' ').next() {
        Some("use") => Some("use"),
        Some("mod") => Some("mod"),
        _ => None,
    };
    keyword(one).is_some() && keyword(one) == keyword(other)
}
