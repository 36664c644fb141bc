//! Texts.

use super::Task;
use crate::diagnostic::{Code, Finding};
use crate::load::Read;
use crate::source::{Document, escape};
use crate::spec::{self, Choice};

/// The mark of a text that is still to be written.
pub(crate) const TODO: &str = "TODO";

/// What a text must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One sentence.
    Summary,
    /// Sentences.
    Sentences,
    /// A part of a sentence.
    Clause,
    /// Words.
    Words,
}

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let spec = task.spec;
    let mut texts = Texts {
        document: task.document,
        names: task.param_names(),
        findings,
    };
    texts.check(&spec.category, "/category", Form::Words);
    texts.check(&spec.summary, "/summary", Form::Summary);
    texts.check(&spec.source, "/source", Form::Words);
    texts.all(&spec.description, "/description");
    texts.all(&spec.confidence.unconfirmed, "/confidence/unconfirmed");
    if let Some(needs) = &spec.needs {
        texts.check(needs, "/needs", Form::Clause);
    }
    for (key, text) in [
        ("credits", &spec.credits),
        ("failureCode", &spec.failure_code),
        ("since", &spec.since),
        ("until", &spec.until),
    ] {
        texts.optional(text.as_ref(), &format!("/{key}"), Form::Words);
    }
    for (at, param) in task.all_params() {
        texts.check(&param.doc, &format!("{at}/doc"), Form::Sentences);
        texts.choices(&param.choices, &format!("{at}/choices"));
        texts.optional(param.since.as_ref(), &format!("{at}/since"), Form::Words);
        texts.optional(param.until.as_ref(), &format!("{at}/until"), Form::Words);
        texts.optional(param.notes.as_ref(), &format!("{at}/notes"), Form::Words);
        for (f, attribute) in param.fields.iter().enumerate() {
            texts.check(
                &attribute.doc,
                &format!("{at}/fields/{f}/doc"),
                Form::Sentences,
            );
        }
    }
    for (name, object) in &spec.objects {
        texts.check(
            &object.doc,
            &format!("/objects/{}/doc", escape(name)),
            Form::Sentences,
        );
    }
    for (g, group) in spec.groups.iter().enumerate() {
        texts.check(&group.doc, &format!("/groups/{g}/doc"), Form::Sentences);
        for (v, variant) in group.variants.iter().enumerate() {
            texts.check(
                &variant.doc,
                &format!("/groups/{g}/variants/{v}/doc"),
                Form::Sentences,
            );
        }
    }
    for (i, rule) in spec.rules.iter().enumerate() {
        texts.optional(
            rule.help.as_ref(),
            &format!("/rules/{i}/help"),
            Form::Clause,
        );
    }
    for (r, result) in spec.results.iter().enumerate() {
        texts.check(&result.doc, &format!("/results/{r}/doc"), Form::Sentences);
        texts.optional(
            result.when.as_ref(),
            &format!("/results/{r}/when"),
            Form::Clause,
        );
        for (f, field) in result.fields.iter().enumerate() {
            texts.check(
                &field.doc,
                &format!("/results/{r}/fields/{f}/doc"),
                Form::Sentences,
            );
        }
    }
    for (i, judgement) in spec.judgements.iter().enumerate() {
        texts.check(
            &judgement.about,
            &format!("/judgements/{i}/about"),
            Form::Words,
        );
        texts.check(
            &judgement.decision,
            &format!("/judgements/{i}/decision"),
            Form::Words,
        );
    }
    for (i, omitted) in spec.omitted.iter().enumerate() {
        texts.check(
            &omitted.reason,
            &format!("/omitted/{i}/reason"),
            Form::Words,
        );
    }
    for (i, example) in spec.examples.iter().enumerate() {
        texts.check(&example.doc, &format!("/examples/{i}/doc"), Form::Sentences);
    }
}

pub(super) fn service(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    let mut texts = Texts {
        document: &service.document,
        names: Vec::new(),
        findings,
    };
    texts.check(&service.spec.title, "/title", Form::Words);
    texts.check(&service.spec.licence, "/licence", Form::Words);
    if let Some(needs) = &service.spec.needs {
        texts.check(needs, "/needs", Form::Clause);
    }
    texts.check(&service.spec.documentation, "/documentation", Form::Words);
    for (name, object) in &service.spec.objects {
        let at = format!("/objects/{}", escape(name));
        texts.check(&object.doc, &format!("{at}/doc"), Form::Sentences);
        for (i, member) in object.members.iter().enumerate() {
            let at = format!("{at}/members/{i}");
            texts.check(&member.doc, &format!("{at}/doc"), Form::Sentences);
            texts.choices(&member.choices, &format!("{at}/choices"));
        }
    }
    for (name, set) in &service.spec.choices {
        let at = format!("/choices/{}", escape(name));
        texts.check(&set.doc, &format!("{at}/doc"), Form::Sentences);
        texts.choices(&set.values, &format!("{at}/values"));
    }
}

struct Texts<'a> {
    document: &'a Document,
    names: Vec<&'a str>,
    findings: &'a mut Vec<Finding>,
}

impl Texts<'_> {
    fn optional(&mut self, text: Option<&String>, at: &str, form: Form) {
        if let Some(text) = text {
            self.check(text, at, form);
        }
    }

    fn all(&mut self, texts: &[String], at: &str) {
        for (i, text) in texts.iter().enumerate() {
            self.check(text, &format!("{at}/{i}"), Form::Sentences);
        }
    }

    fn choices(&mut self, choices: &[Choice], at: &str) {
        for (i, choice) in choices.iter().enumerate() {
            self.check(&choice.doc, &format!("{at}/{i}/doc"), Form::Sentences);
        }
    }

    fn check(&mut self, text: &str, at: &str, form: Form) {
        if text.trim().is_empty() {
            let help = "write it: every text reaches the documentation or the command line";
            self.report(Code::EmptyDoc, at, "this text is empty", help);
            return;
        }
        if text.contains(TODO) {
            self.report(
                Code::Todo,
                at,
                "this text is still to be written",
                "write it, and remove the mark",
            );
            return;
        }
        let whole = is_sentences(text);
        match form {
            Form::Summary if !whole || has_several(text) => {
                let help = "one sentence with a full stop; what more there is to say goes to `description`";
                self.report(Code::Summary, at, "a summary is one sentence", help);
            }
            Form::Sentences if !whole => {
                let help = "begin with a capital, a digit or a name in backticks, and end with a full stop";
                self.report(Code::Sentence, at, "this text is no sentence", help);
            }
            Form::Clause if text.ends_with('.') || begins_sentence(text) => {
                let help =
                    "begin small and leave the full stop out: the text becomes part of a sentence";
                self.report(Code::Clause, at, "this text is no clause", help);
            }
            _ => {}
        }
        self.names(text, at);
    }

    /// A name in backticks that is nearly a parameter's is probably meant to be it.
    fn names(&mut self, text: &str, at: &str) {
        for word in text.split('`').skip(1).step_by(2) {
            let compound = word.chars().all(char::is_alphanumeric)
                && word.chars().skip(1).any(char::is_uppercase);
            if !compound || self.names.contains(&word) || !word.starts_with(char::is_lowercase) {
                continue;
            }
            let near = self
                .names
                .iter()
                .find(|n| strsim::damerau_levenshtein(n, word) <= 2)
                .copied();
            if let Some(near) = near {
                let message = format!("the task has no parameter `{word}`");
                self.report(
                    Code::MisspeltName,
                    at,
                    &message,
                    &format!("did you mean `{near}`?"),
                );
            }
        }
    }

    fn report(&mut self, code: Code, at: &str, message: &str, help: &str) {
        self.findings
            .push(super::at(self.document, code, at, message).help(help));
    }
}

fn is_sentences(text: &str) -> bool {
    let begins = text.starts_with(|c: char| {
        c.is_uppercase() || c.is_ascii_digit() || matches!(c, '`' | '<' | '"')
    });
    begins && text.ends_with('.') && text.trim() == text
}

/// Whether a text begins with a capital that is not that of a name such as `ArcGIS`.
fn begins_sentence(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    word.starts_with(char::is_uppercase) && !word.chars().skip(1).any(char::is_uppercase)
}

/// Whether a text has a second sentence: a full stop, a blank and a capital.
fn has_several(text: &str) -> bool {
    text.match_indices(". ")
        .any(|(i, _)| text[i + 2..].starts_with(char::is_uppercase))
}
