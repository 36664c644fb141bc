//! Names in Rust.

use super::{Task, at};
use crate::diagnostic::{Code, Finding};
use crate::emit;
use crate::load::Read;
use crate::lower::names;
use crate::source::{Document, escape};
use crate::spec;
use std::collections::BTreeMap;

/// Functions that every task or object has, beside which a setter of the same name could not stand.
const METHODS: &[&str] = &[
    "new",
    "check",
    "encode",
    "to_json",
    "from_json",
    "visit",
    "read",
    "validate",
    "facts",
    "clone",
    "default",
    "eq",
    "ne",
    "fmt",
];

/// Types of the prelude that generated code names.
const PRELUDE: &[&str] = &[
    "Option",
    "Result",
    "String",
    "Vec",
    "Into",
    "IntoIterator",
    "From",
    "Self",
    "Default",
    "Box",
];

/// Constants that the module of a task has.
const CONSTANTS: &[&str] = &[
    "META", "PARAMS", "GROUPS", "RULES", "RESULTS", "EXAMPLES", "SERVICE",
];

pub(super) fn task(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let spec = task.spec;
    let at = if spec.rust.is_some() {
        "/rust"
    } else {
        "/name"
    };
    pascal(task.document, &names::task(spec), at, findings);
    for (at, param) in task.all_params() {
        snake(
            task.document,
            &names::param(param),
            &of(task, &at),
            findings,
        );
    }
    for (i, result) in spec.results.iter().enumerate() {
        snake(
            task.document,
            &names::result(result),
            &format!("/results/{i}/name"),
            findings,
        );
    }
    for (g, group) in spec.groups.iter().enumerate() {
        snake(
            task.document,
            &group.name,
            &format!("/groups/{g}/name"),
            findings,
        );
        pascal(
            task.document,
            &group.ty,
            &format!("/groups/{g}/type"),
            findings,
        );
        let mut variants = Names::new(task.document, "variants");
        for (v, variant) in group.variants.iter().enumerate() {
            let at = format!("/groups/{g}/variants/{v}/name");
            pascal(task.document, &variant.name, &at, findings);
            variants.add(names::snake(&variant.name), at, findings);
        }
    }
    fields(task, findings);
    types(task, findings);
}

pub(super) fn service(service: &Read<spec::Service>, findings: &mut Vec<Finding>) {
    let document = &service.document;
    if !is_crate(&service.spec.crate_name) {
        let message = format!("`{}` is no name of a crate", service.spec.crate_name);
        let help = "a crate's name has lower-case letters, digits and hyphens, as in `arcgis-analysis-spatial`";
        findings.push(at(document, Code::Identifier, "/crate", message).help(help));
    }
    let mut types = Names::new(document, "sets of choices");
    for name in service.spec.choices.keys() {
        let pointer = format!("/choices/{}", escape(name));
        pascal_key(document, name, &pointer, findings);
        taken(document, name, &pointer, findings);
        types.add(names::shouting(name), pointer, findings);
    }
    for name in service.spec.objects.keys() {
        let pointer = format!("/objects/{}", escape(name));
        pascal_key(document, name, &pointer, findings);
        taken(document, name, &pointer, findings);
        types.add(names::shouting(name), pointer, findings);
    }
}

/// Where a parameter's Rust name comes from.
fn of(task: &Task<'_>, at: &str) -> String {
    let rust = format!("{at}/rust");
    if task.document.has(&rust) {
        rust
    } else {
        format!("{at}/name")
    }
}

/// The fields of a struct need different names.
fn fields(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let spec = task.spec;
    let mut fields = Names::new(task.document, "fields");
    let grouped = |name: &str| {
        spec.groups.iter().any(|g| {
            g.variants
                .iter()
                .any(|v| v.parameters.iter().any(|p| p == name))
        })
    };
    for (i, param) in spec.parameters.iter().enumerate() {
        // The same wire name twice is reported as such.
        let twice = spec.parameters[..i]
            .iter()
            .any(|p| p.name.eq_ignore_ascii_case(&param.name));
        if !twice && !grouped(&param.name) {
            fields.add(
                names::param(param),
                of(task, &format!("/parameters/{i}")),
                findings,
            );
        }
    }
    for (i, group) in spec.groups.iter().enumerate() {
        fields.add(group.name.clone(), format!("/groups/{i}/name"), findings);
    }
    let mut results = Names::new(task.document, "results");
    for (i, result) in spec.results.iter().enumerate() {
        if !spec.results[..i]
            .iter()
            .any(|r| r.name.eq_ignore_ascii_case(&result.name))
        {
            results.add(
                names::result(result),
                format!("/results/{i}/name"),
                findings,
            );
        }
    }
    for (name, object) in &spec.objects {
        let mut members = Names::new(task.document, "members");
        for (i, member) in object.members.iter().enumerate() {
            if !object.members[..i]
                .iter()
                .any(|m| m.name.eq_ignore_ascii_case(&member.name))
            {
                members.add(
                    names::param(member),
                    of(task, &format!("/objects/{}/members/{i}", escape(name))),
                    findings,
                );
            }
        }
    }
}

/// The types of a module need different names, from each other and from what the module imports.
fn types(task: &Task<'_>, findings: &mut Vec<Finding>) {
    let spec = task.spec;
    let mut types = Names::new(task.document, "types");
    let name = names::task(spec);
    types.add(name.clone(), "/name".to_owned(), findings);
    types.add(format!("{name}Results"), "/name".to_owned(), findings);
    taken(task.document, &name, "/name", findings);
    for (i, group) in spec.groups.iter().enumerate() {
        taken(
            task.document,
            &group.ty,
            &format!("/groups/{i}/type"),
            findings,
        );
        types.add(group.ty.clone(), format!("/groups/{i}/type"), findings);
    }
    for name in spec.objects.keys() {
        let pointer = format!("/objects/{}", escape(name));
        pascal_key(task.document, name, &pointer, findings);
        taken(task.document, name, &pointer, findings);
        types.add(name.clone(), pointer, findings);
    }
    let mut enums: BTreeMap<String, String> = BTreeMap::new();
    for (at, param) in task.all_params() {
        if let Some(set) = &param.choice_set {
            enums
                .entry(set.clone())
                .or_insert(format!("{at}/choiceSet"));
        } else if !param.choices.is_empty() {
            let own = format!("{at}/choiceType");
            let pointer = if task.document.has(&own) {
                own
            } else {
                format!("{at}/name")
            };
            let name = names::choice_type(param);
            pascal(task.document, &name, &pointer, findings);
            taken(task.document, &name, &pointer, findings);
            if let Some(set) = task
                .service
                .and_then(|s| s.choices.get_key_value(&name))
                .map(|(set, _)| set)
            {
                let message =
                    format!("the enum `{set}` has the name of a set of the service's choices");
                let help = "use the set by `choiceSet`, or name the enum by `choiceType`";
                findings.push(task.at(Code::Collision, &pointer, message).help(help));
            }
            enums.entry(name).or_insert(pointer);
        }
    }
    for (name, pointer) in enums {
        types.add(name, pointer, findings);
    }
}

/// Reports names that are there already.
struct Names<'a> {
    document: &'a Document,
    what: &'static str,
    taken: BTreeMap<String, String>,
}

impl<'a> Names<'a> {
    fn new(document: &'a Document, what: &'static str) -> Self {
        Self {
            document,
            what,
            taken: BTreeMap::new(),
        }
    }

    fn add(&mut self, name: String, pointer: String, findings: &mut Vec<Finding>) {
        if let Some(first) = self.taken.get(&name) {
            let message = format!("two {} would be called `{name}` in Rust", self.what);
            let finding = at(self.document, Code::Collision, &pointer, message);
            let help =
                "give one of them another name, a parameter by `rust`, an enum by `choiceType`";
            findings.push(
                finding
                    .label(self.document.key_span(first), "the other")
                    .help(help),
            );
        } else {
            self.taken.insert(name, pointer);
        }
    }
}

fn snake(document: &Document, name: &str, pointer: &str, findings: &mut Vec<Finding>) {
    if !is_identifier(name) || names::snake(name) != name {
        let message = format!("`{name}` is no name of a Rust field");
        let help = "a field's name has lower-case words joined by `_`; a parameter can be given one by `rust`";
        findings.push(at(document, Code::Identifier, pointer, message).help(help));
    } else if is_reserved_field(name) {
        let message = if is_keyword(name) {
            format!("`{name}` is a keyword of Rust")
        } else {
            format!("every task has a function `{name}` already")
        };
        let finding = at(document, Code::Reserved, pointer, message);
        findings.push(
            finding.help(
                "give the parameter another name by `rust`, for example `\"rust\": \"kind\"`",
            ),
        );
    }
}

fn pascal(document: &Document, name: &str, pointer: &str, findings: &mut Vec<Finding>) {
    if !is_pascal(name) {
        findings.push(no_type(
            name,
            at(document, Code::Identifier, pointer, String::new()),
        ));
    }
}

fn pascal_key(document: &Document, name: &str, pointer: &str, findings: &mut Vec<Finding>) {
    if !is_pascal(name) {
        let range = document.key_span(pointer);
        findings.push(no_type(
            name,
            Finding::at(Code::Identifier, &document.file.path, "", range),
        ));
    }
}

fn no_type(name: &str, mut finding: Finding) -> Finding {
    finding.message = format!("`{name}` is no name of a Rust type or variant");
    finding.help("such a name has words that begin with a capital, as in `BufferDistance`")
}

fn taken(document: &Document, name: &str, pointer: &str, findings: &mut Vec<Finding>) {
    if is_reserved_type(name) {
        let message = format!("`{name}` is the name of something that generated code uses");
        let range = document.key_span(pointer);
        let pointer = if pointer.starts_with("/objects/") || pointer.starts_with("/choices/") {
            Finding::at(Code::TypeTaken, &document.file.path, message, range)
        } else {
            at(document, Code::TypeTaken, pointer, message)
        };
        findings
            .push(pointer.help("choose another name; for a parameter's choices by `choiceType`"));
    }
}

/// Whether a field cannot have this name, although it is an identifier.
pub(crate) fn is_reserved_field(name: &str) -> bool {
    METHODS.contains(&name) || is_keyword(name)
}

/// Whether a type cannot have this name, because generated code names something else so.
pub(crate) fn is_reserved_type(name: &str) -> bool {
    let constant = names::shouting(name);
    emit::is_imported(name) || PRELUDE.contains(&name) || CONSTANTS.contains(&constant.as_str())
}

/// Whether a text can be a Rust identifier.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a text can name a type or a variant.
pub(super) fn is_pascal(name: &str) -> bool {
    is_identifier(name)
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains('_')
        && !is_keyword(name)
}

/// Whether Rust keeps the word for itself.
pub(super) fn is_keyword(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_err()
}

fn is_crate(name: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}
