//! What is wrong with a spec, and how it is shown.

mod code;

pub use code::Code;

use crate::source::SourceFile;
use crate::spec;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// Something that is wrong with a spec.
///
/// # Examples
///
/// ```
/// use xtask::diagnostic::{Code, Finding, render};
/// use xtask::source::SourceFile;
///
/// let file = SourceFile::new("spatial-analysis/x.json", r#"{ "name": "" }"#);
/// let finding = Finding::at(Code::EmptyDoc, &file.path, "this text is empty", 10..12).help("write it");
/// let text = render(&[finding], &[file], false);
/// assert!(text.starts_with("error[doc::empty]: this text is empty\n --> task-specs/spatial-analysis/x.json:1:11\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which lint found it.
    pub code: Code,
    /// The file, from the folder of the specs.
    pub path: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where, and what else belongs to it. The first is where the mistake is.
    pub labels: Vec<Label>,
    /// How to mend it.
    pub help: Option<String>,
}

/// A place in a spec.
///
/// # Examples
///
/// ```
/// use xtask::diagnostic::{Code, Finding, Label};
///
/// let finding = Finding::at(Code::DuplicateKey, "a/b.json", "`name` is given twice", 9..15).label(1..7, "first");
/// assert_eq!(finding.labels[1], Label { range: 1..7, text: "first".to_owned() });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where in the text of the file.
    pub range: Range<usize>,
    /// What is there; empty where the message says it.
    pub text: String,
}

impl Finding {
    /// A finding at a place in a file.
    #[must_use]
    pub fn at(code: Code, path: &str, message: impl Into<String>, range: Range<usize>) -> Self {
        let labels = vec![Label {
            range,
            text: String::new(),
        }];
        Self {
            code,
            path: path.to_owned(),
            message: message.into(),
            labels,
            help: None,
        }
    }

    /// The finding with one more place that belongs to it.
    #[must_use]
    pub fn label(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            range,
            text: text.into(),
        });
        self
    }

    /// The finding with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Renders findings like a compiler's errors.
#[must_use]
pub fn render(findings: &[Finding], files: &[SourceFile], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for finding in findings {
        let text = files
            .iter()
            .find(|f| f.path == finding.path)
            .map_or("", |f| f.text.as_str());
        out.push_str(&one(finding, text, &renderer));
        out.push_str("\n\n");
    }
    out
}

fn one(finding: &Finding, text: &str, renderer: &Renderer) -> String {
    let path = format!("{}/{}", spec::FOLDER, finding.path);
    let mut snippet = Snippet::source(text).path(path).fold(true);
    for (i, label) in finding.labels.iter().enumerate() {
        let kind = if i == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let end = label.range.end.min(text.len());
        let annotation = kind.span(label.range.start.min(end)..end);
        snippet = snippet.annotation(match label.text.as_str() {
            "" => annotation,
            words => annotation.label(words),
        });
    }
    let title = Level::ERROR
        .primary_title(finding.message.as_str())
        .id(finding.code.as_str());
    let mut group = title.element(snippet);
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}
