//! Choices and the service's sets of them.

use super::names::{is_identifier, is_keyword};
use super::{Task, at};
use crate::diagnostic::{Code, Finding};
use crate::load::{Read, Service};
use crate::lower::names;
use crate::near;
use crate::source::{Document, escape};
use crate::spec::{self, Choice, Parameter, ParameterType};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let mut enums: BTreeMap<String, (String, &[Choice])> = BTreeMap::new();
    for (at, param) in task.all_params() {
        reference(task, &at, param, findings);
        if let (Some(set), Some(service)) = (&param.choice_set, task.service)
            && !service.choices.contains_key(set)
        {
            unknown_set(task, &format!("{at}/choiceSet"), set, service, findings);
        }
        if param.choices.is_empty() {
            continue;
        }
        values(
            task.document,
            &format!("{at}/choices"),
            &param.choices,
            findings,
        );
        let name = names::choice_type(param);
        let (_, first) = enums
            .entry(name.clone())
            .or_insert((at.clone(), &param.choices));
        if !first
            .iter()
            .map(|c| &c.value)
            .eq(param.choices.iter().map(|c| &c.value))
        {
            let first = enums
                .get(&name)
                .map(|(first, _)| task.document.key_span(&format!("{first}/choices")));
            let message = format!("the enum `{name}` already has other words");
            let finding = task.at_key(Code::ChoiceConflict, &format!("{at}/choices"), message);
            let finding = finding.label(first.unwrap_or_default(), "the words it has");
            findings.push(finding.help("name one of the enums by `choiceType`"));
        }
    }
}

pub(super) fn service(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    for (name, set) in &service.spec.choices {
        let at = format!("/choices/{}/values", escape(name));
        if set.values.is_empty() {
            let message = format!("the set `{name}` has no words");
            findings.push(
                super::at(&service.document, Code::NoChoices, &at, message)
                    .help("list the words, or remove the set"),
            );
        }
        values(&service.document, &at, &set.values, findings);
    }
}

/// A set that no task uses is a slip, or was left behind.
pub(super) fn unused_sets(service: &Service, findings: &mut Vec<Finding>) {
    let Some(read) = &service.service else { return };
    let tasks = service.tasks.iter().map(|t| &t.spec);
    let params = tasks.flat_map(|t| {
        t.parameters
            .iter()
            .chain(t.objects.values().flat_map(|o| o.members.iter()))
    });
    let shared = read.spec.objects.values().flat_map(|o| &o.members);
    let used: BTreeSet<_> = params
        .chain(shared)
        .filter_map(|p| p.choice_set.as_deref())
        .collect();
    for name in read
        .spec
        .choices
        .keys()
        .filter(|name| !used.contains(name.as_str()))
    {
        let range = read
            .document
            .key_span(&format!("/choices/{}", escape(name)));
        let message = format!("no task of the service uses the choices `{name}`");
        let finding = Finding::at(Code::UnusedSet, &read.document.file.path, message, range);
        findings.push(finding.help("remove the set, or name it in a parameter's `choiceSet`"));
    }
}

fn reference(task: &Task<'_>, at: &str, param: &Parameter, findings: &mut Vec<Finding>) {
    let is_choice = matches!(param.ty, ParameterType::Choice | ParameterType::ChoiceList);
    let listed = task.document.has(&format!("{at}/choices"));
    let set = param.choice_set.is_some();
    let mut report = |key: &str, problem: &str, help: &str| {
        let message = format!("`{}` {problem}", param.name);
        findings.push(
            task.at_key(Code::ChoiceReference, &format!("{at}/{key}"), message)
                .help(help),
        );
    };
    match (is_choice, listed, set) {
        (false, true, _) => report(
            "choices",
            "is no choice, so it has no choices",
            "make the type `choice` or `choiceList`",
        ),
        (false, _, true) => report(
            "choiceSet",
            "is no choice, so it has no choices",
            "make the type `choice` or `choiceList`",
        ),
        (true, false, false) => report(
            "type",
            "has no choices",
            "list them in `choices`, or name a set of the service in `choiceSet`",
        ),
        (true, true, true) => report(
            "choiceSet",
            "has choices of its own and a set",
            "keep one of `choices` and `choiceSet`",
        ),
        _ if param.choice_type.is_some() && !listed => {
            report(
                "choiceType",
                "has no choices of its own that could make an enum",
                "remove `choiceType`",
            );
        }
        (true, true, false) if param.choices.is_empty() => {
            let message = format!("`{}` has an empty list of choices", param.name);
            findings.push(
                task.at(Code::NoChoices, &format!("{at}/choices"), message)
                    .help("list the words"),
            );
        }
        _ => {}
    }
}

fn unknown_set(
    task: &Task<'_>,
    at: &str,
    set: &str,
    service: &spec::Service,
    findings: &mut Vec<Finding>,
) {
    let known: Vec<_> = service.choices.keys().map(String::as_str).collect();
    let help = match near::nearest(set, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "add it to `choices` in `service.json`".to_owned(),
        None => format!(
            "the sets are {}; add it to `choices` in `service.json`",
            near::quoted(&known)
        ),
    };
    let message = format!("the service has no set of choices `{set}`");
    findings.push(task.at(Code::UnknownSet, at, message).help(help));
}

fn values(document: &Document, pointer: &str, choices: &[Choice], findings: &mut Vec<Finding>) {
    for (i, choice) in choices.iter().enumerate() {
        let value = format!("{pointer}/{i}/value");
        let first = choices[..i]
            .iter()
            .position(|c| c.value.eq_ignore_ascii_case(&choice.value));
        if let Some(first) = first {
            let message = format!(
                "`{}` is listed already; the wire does not tell letter cases apart",
                choice.value
            );
            let finding = at(document, Code::DuplicateChoice, &value, message);
            let finding = finding.label(
                document.span(&format!("{pointer}/{first}/value")),
                "first here",
            );
            findings.push(finding.help("remove one of them"));
            continue;
        }
        let variant = names::choice(choice);
        let rust = format!("{pointer}/{i}/rust");
        let place = if choice.rust.is_some() { &rust } else { &value };
        let pascal =
            variant.starts_with(|c: char| c.is_ascii_uppercase()) && !variant.contains('_');
        if variant == "Unknown" || variant == "Self" {
            let message =
                format!("`{variant}` cannot be a word's variant: it has a meaning of its own");
            let finding = at(document, Code::ChoiceReserved, place, message);
            findings.push(
                finding.help("name the variant by `rust`, for example `\"rust\": \"NotKnown\"`"),
            );
        } else if !is_identifier(&variant) || !pascal || is_keyword(&variant) {
            let word = choice.rust.as_ref().unwrap_or(&choice.value);
            let message = format!("`{word}` makes no name of a Rust variant");
            let finding = at(document, Code::ChoiceIdentifier, place, message);
            findings.push(
                finding.help("name the variant by `rust`, for example `\"rust\": \"Degrees45\"`"),
            );
        } else if let Some(first) = choices[..i]
            .iter()
            .position(|c| names::choice(c) == variant)
        {
            let message = format!("two words would be called `{variant}` in Rust");
            let finding = at(document, Code::Collision, place, message);
            let finding = finding.label(
                document.span(&format!("{pointer}/{first}/value")),
                "the other",
            );
            findings.push(finding.help("name one of the variants by `rust`"));
        }
    }
}
