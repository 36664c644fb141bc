//! What goes to stdout.

use crate::exit;
use crate::failure::Failure;
use clap::{ArgMatches, Command};
use clap_complete::Shell;
use serde_json::Value;
use std::io::{BufWriter, ErrorKind, Write};
use textwrap::Options;

/// Prints text, and a line's end if it has none.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write(|out| write!(out, "{text}{end}"))
}

/// Prints JSON for people and programs, indented.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    text(&format!("{value:#}"))
}

/// Prints JSON that may hold very many features, on one line.
pub(crate) fn document(value: &Value) -> Result<(), Failure> {
    write(|out| {
        serde_json::to_writer(&mut *out, value)?;
        writeln!(out)
    })
}

fn write(content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match content(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
            exit::OTHER,
            "output",
            format!("stdout cannot be written to: {error}"),
        )),
        // Whoever reads has read enough.
        _ => Ok(()),
    }
}

/// Says something beside the result, in whoever's words, which must not steer the terminal. Where stderr is closed, nobody
/// listens.
pub(crate) fn note(text: &str) {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let _ = writeln!(std::io::stderr(), "{}", text.replace(steers, ""));
}

/// Prints the completion script of a shell.
pub(crate) fn completions(matches: &ArgMatches, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    if let Some(shell) = matches.get_one::<Shell>("shell") {
        clap_complete::generate(*shell, &mut command, "arcgis-analysis", &mut script);
    }
    text(&String::from_utf8_lossy(&script))
}

/// How wide lines may be: as the terminal, but no wider than is easy to read.
pub(crate) fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal
        .map_or(80, |(width, _)| usize::from(width.0))
        .clamp(40, 100)
}

/// Wraps text, every line indented by so many spaces.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    hanging(&" ".repeat(indent), text, indent)
}

/// Wraps text beside what it is about, in a column of its own; where that reaches into the column, below it.
pub(crate) fn row(first: &str, text: &str, column: usize) -> String {
    if first.chars().count() + 2 > column {
        format!("{first}\n{}", wrapped(text, column))
    } else {
        hanging(&format!("{first:column$}"), text, column)
    }
}

/// Wraps text that begins with `first`, its further lines indented by so many spaces.
pub(crate) fn hanging(first: &str, text: &str, indent: usize) -> String {
    let rest = " ".repeat(indent);
    let options = Options::new(width())
        .initial_indent(first)
        .subsequent_indent(&rest)
        .break_words(false);
    let mut lines = textwrap::fill(text, options);
    lines.push('\n');
    lines
}
