//! Changes of parameters, and of the members of objects.

use super::compare::View;
use super::tree::{self, flag, list, text};
use super::{Change, Class, Item, Kind};
use crate::lower::names;
use serde_json::Value;
use std::collections::BTreeSet;

/// The keys of a parameter that only say something to people.
const DOCS: &[&str] = &["doc", "notes", "since", "until", "confidence", "fields"];

/// The keys that are compared one by one.
const KNOWN: &[&str] = &[
    "name",
    "type",
    "object",
    "required",
    "default",
    "choices",
    "choiceSet",
    "choiceType",
    "rust",
    "range",
    "geometry",
];

/// Where parameters are compared.
pub(super) struct Place<'a> {
    pub(super) folder: &'a str,
    pub(super) old: View<'a>,
    pub(super) new: View<'a>,
}

/// The changes of parameters, matched by their names without regard to case, then by what renamed ones share.
pub(super) fn all(
    place: &Place<'_>,
    owner: &str,
    old: &[Value],
    new: &[Value],
    changes: &mut Vec<Change>,
) {
    let same = |a: &Value, b: &Value| text(a, "name").eq_ignore_ascii_case(text(b, "name"));
    let mut gone: Vec<_> = old
        .iter()
        .filter(|was| !new.iter().any(|is| same(was, is)))
        .collect();
    let mut pairs = Vec::new();
    let mut added = Vec::new();
    for is in new {
        if let Some(was) = old.iter().find(|was| same(was, is)) {
            pairs.push((was, is));
        } else if let Some(i) = gone.iter().position(|was| renamed(was, is)) {
            pairs.push((gone.remove(i), is));
        } else {
            added.push(is);
        }
    }
    let change = |param: &Value, kind, class| {
        let name = format!("{owner}{}", text(param, "name"));
        Change::new(place.folder, Item::Parameter, &name, kind, class)
    };
    for param in gone {
        changes.push(change(param, Kind::Removed, Class::Breaking));
    }
    for param in added {
        // In a group it is required only where its variant is chosen, which old calls do not.
        let grouped = list(place.new.task, "groups")
            .iter()
            .flat_map(|group| list(group, "variants"))
            .any(|variant| list(variant, "parameters").contains(&param["name"]));
        if flag(param, "required") && !grouped {
            changes.push(change(param, Kind::Added, Class::Breaking).note("and required"));
        } else {
            changes.push(change(param, Kind::Added, Class::Additive));
        }
    }
    for (was, is) in pairs {
        one(place, owner, was, is, changes);
    }
}

/// Whether a parameter is one that went under another name: of the same type, and much alike in name.
pub(crate) fn renamed(was: &Value, is: &Value) -> bool {
    let plain = |param: &Value| names::snake(text(param, "name")).replace('_', "");
    let (a, b) = (plain(was), plain(is));
    text(was, "type") == text(is, "type") && (a == b || strsim::jaro_winkler(&a, &b) >= 0.9)
}

fn one(place: &Place<'_>, owner: &str, was: &Value, is: &Value, changes: &mut Vec<Change>) {
    let name = format!("{owner}{}", text(is, "name"));
    let change = |kind, class| Change::new(place.folder, Item::Parameter, &name, kind, class);
    if text(was, "name") != text(is, "name") {
        let from = format!("{owner}{}", text(was, "name"));
        changes.push(
            if text(was, "name").eq_ignore_ascii_case(text(is, "name")) {
                change(Kind::Respelt, Class::Docs).from(from)
            } else {
                change(Kind::Renamed, Class::Breaking).from(from)
            },
        );
    }
    let rust = |param: &Value| match text(param, "rust") {
        "" => names::snake(text(param, "name")),
        own => own.to_owned(),
    };
    if text(was, "rust") != text(is, "rust") && rust(was) != rust(is) {
        changes.push(
            change(Kind::Changed, Class::Breaking)
                .from(format!("`{}`", rust(was)))
                .to(format!("`{}`", rust(is)))
                .note("its name in Rust"),
        );
    }
    if kind(was) != kind(is) {
        changes.push(
            change(Kind::Retyped, Class::Breaking)
                .from(format!("`{}`", kind(was)))
                .to(format!("`{}`", kind(is))),
        );
    }
    match (flag(was, "required"), flag(is, "required")) {
        (false, true) => changes.push(change(Kind::Required, Class::Breaking)),
        (true, false) => changes.push(
            change(Kind::Optional, Class::Breaking)
                .note("its place in `new`, or its field, has another type"),
        ),
        _ => {}
    }
    default(was, is, &change, changes);
    choices(place, was, is, &change, changes);
    range(was, is, &change, changes);
    geometry(was, is, &change, changes);
    object(place, was, is, changes);
    let rest = |param: &Value| -> BTreeSet<(String, String)> {
        let members = param.as_object().into_iter().flatten();
        members
            .filter(|(key, _)| !DOCS.contains(&key.as_str()) && !KNOWN.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.to_string()))
            .collect()
    };
    for (key, _) in rest(was).symmetric_difference(&rest(is)) {
        changes.push(change(Kind::Changed, Class::Breaking).note(format!("its `{key}`")));
    }
    if DOCS.iter().any(|key| was.get(*key) != is.get(*key)) {
        changes.push(change(Kind::Reworded, Class::Docs));
    }
}

/// The type with the object that it holds.
fn kind(param: &Value) -> String {
    match text(param, "object") {
        "" => text(param, "type").to_owned(),
        object => format!("{} {object}", text(param, "type")),
    }
}

type Make<'a> = &'a dyn Fn(Kind, Class) -> Change;

fn default(was: &Value, is: &Value, change: Make<'_>, changes: &mut Vec<Change>) {
    let (from, to) = (was.get("default"), is.get("default"));
    // What is required has no default, which its own change says.
    if same_value(from, to) || (to.is_none() && flag(is, "required")) {
        return;
    }
    let words = |value: Option<&Value>| value.map(|v| format!("`{v}`"));
    // Where no default was known, a call that left the parameter out means what it meant.
    let class = if from.is_some() {
        Class::Breaking
    } else {
        Class::Docs
    };
    let mut redefaulted = change(Kind::Redefaulted, class);
    (redefaulted.from, redefaulted.to) = (words(from), words(to));
    if class == Class::Breaking {
        redefaulted = redefaulted.note("a call that leaves it out means something else now");
    }
    changes.push(redefaulted);
}

/// Whether two values are equal, `1` and `1.0` among them.
pub(crate) fn same_value(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// The words that a parameter takes, from its own list or the service's set.
fn words<'a>(view: View<'a>, param: &'a Value) -> Vec<&'a Value> {
    let set = tree::object(&view.service.file, "choices")
        .and_then(|sets| sets.get(text(param, "choiceSet")));
    let all = match set {
        Some(set) => list(set, "values"),
        None => list(param, "choices"),
    };
    all.iter().collect()
}

fn choices(
    place: &Place<'_>,
    was: &Value,
    is: &Value,
    change: Make<'_>,
    changes: &mut Vec<Change>,
) {
    let (old, new) = (words(place.old, was), words(place.new, is));
    let value = |choice: &Value| text(choice, "value").to_owned();
    let has = |all: &[&Value], word: &str| {
        all.iter()
            .any(|choice| value(choice).eq_ignore_ascii_case(word))
    };
    for word in old.iter().map(|c| value(c)).filter(|word| !has(&new, word)) {
        changes.push(change(Kind::ChoiceRemoved, Class::Breaking).from(word));
    }
    for word in new.iter().map(|c| value(c)).filter(|word| !has(&old, word)) {
        changes.push(change(Kind::ChoiceAdded, Class::Additive).to(word));
    }
    let type_name = |param: &Value| {
        let names = ["choiceSet", "choiceType"].map(|key| text(param, key).to_owned());
        names.into_iter().find(|name| !name.is_empty())
    };
    let (from, to) = (type_name(was), type_name(is));
    if from != to && !old.is_empty() && !new.is_empty() {
        let own = || "its own".to_owned();
        changes.push(
            change(Kind::Changed, Class::Breaking)
                .from(from.map_or_else(own, |n| format!("`{n}`")))
                .to(to.map_or_else(own, |n| format!("`{n}`")))
                .note("the type of its words"),
        );
    }
}

fn range(was: &Value, is: &Value, change: Make<'_>, changes: &mut Vec<Change>) {
    let bounds = |param: &Value| {
        let range = param.get("range");
        let bound = |key: &str| range.and_then(|r| r.get(key)).and_then(Value::as_f64);
        let low = match (bound("min"), bound("exclusiveMin")) {
            (Some(min), _) => (min, false),
            (None, Some(min)) => (min, true),
            (None, None) => (f64::NEG_INFINITY, false),
        };
        (low, bound("max").unwrap_or(f64::INFINITY))
    };
    let (from, to) = (bounds(was), bounds(is));
    if from == to {
        return;
    }
    let wider = (to.0.0 < from.0.0 || (to.0.0 == from.0.0 && to.0.1 <= from.0.1)) && to.1 >= from.1;
    let class = if wider {
        Class::Additive
    } else {
        Class::Breaking
    };
    let words = |param: &Value| match param.get("range") {
        Some(range) => format!("`{range}`"),
        None => "any".to_owned(),
    };
    changes.push(
        change(Kind::Changed, class)
            .from(words(was))
            .to(words(is))
            .note("its range"),
    );
}

fn geometry(was: &Value, is: &Value, change: Make<'_>, changes: &mut Vec<Change>) {
    let kinds = |param: &Value| -> BTreeSet<String> {
        let all = list(param, "geometry").iter().filter_map(Value::as_str);
        all.map(str::to_owned).collect()
    };
    let (from, to) = (kinds(was), kinds(is));
    if from == to {
        return;
    }
    // No list means any geometry.
    let wider = to.is_empty() || (!from.is_empty() && to.is_superset(&from));
    let class = if wider {
        Class::Additive
    } else {
        Class::Breaking
    };
    let words = |kinds: &BTreeSet<String>| match kinds.len() {
        0 => "any".to_owned(),
        _ => kinds.iter().cloned().collect::<Vec<_>>().join(", "),
    };
    changes.push(
        change(Kind::Changed, class)
            .from(words(&from))
            .to(words(&to))
            .note("its geometry"),
    );
}

/// The members of the object that a parameter holds, where both sides hold one of the same name.
fn object(place: &Place<'_>, was: &Value, is: &Value, changes: &mut Vec<Change>) {
    let name = text(is, "object");
    if name.is_empty() || name != text(was, "object") {
        return;
    }
    let (Some(old), Some(new)) = (place.old.object(name), place.new.object(name)) else {
        return;
    };
    if old == new {
        return;
    }
    let owner = format!("{name}.");
    let before = changes.len();
    all(
        place,
        &owner,
        list(old, "members"),
        list(new, "members"),
        changes,
    );
    // Two parameters may hold the same object; its changes are told once.
    let mut told = changes[..before].to_vec();
    let found = changes.split_off(before);
    for change in found {
        if !told.contains(&change) {
            told.push(change);
        }
    }
    *changes = told;
}
