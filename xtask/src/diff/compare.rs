//! Finds the changes.

use super::param::{self, Place};
use super::tree::{self, Service, flag, list, text};
use super::{Change, Class, Item, Kind};
use crate::source::SourceFile;
use serde_json::Value;
use std::collections::BTreeMap;

/// The keys of a task that only say something to people.
const DOCS: &[&str] = &[
    "category",
    "summary",
    "description",
    "source",
    "credits",
    "failureCode",
    "since",
    "until",
    "confidence",
    "judgements",
    "omitted",
    "examples",
    "licence",
    "needs",
    "arcgisOnline",
];

/// The changes from old specs to new ones, in the order of services and tasks.
///
/// # Errors
/// Names the file that is no JSON, or a task without a name.
pub fn compare(old: &[SourceFile], new: &[SourceFile]) -> Result<Vec<Change>, String> {
    let (old, new) = (tree::services(old)?, tree::services(new)?);
    let mut changes = Vec::new();
    let folders: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for folder in folders {
        match (old.get(folder), new.get(folder)) {
            (Some(old), Some(new)) => service(folder, old, new, &mut changes),
            (Some(old), None) => changes.push(whole(folder, &old.file, Kind::Removed)),
            (None, Some(new)) => {
                changes.push(whole(folder, &new.file, Kind::Added));
                for name in new.tasks.keys() {
                    changes.push(task_change(folder, name, Kind::Added, Class::Additive));
                }
            }
            (None, None) => {}
        }
    }
    Ok(changes)
}

fn whole(folder: &str, file: &Value, kind: Kind) -> Change {
    let class = if kind == Kind::Added {
        Class::Additive
    } else {
        Class::Breaking
    };
    let name = match text(file, "title") {
        "" => folder,
        title => title,
    };
    Change::new(folder, Item::Service, name, kind, class)
}

fn task_change(folder: &str, name: &str, kind: Kind, class: Class) -> Change {
    Change::new(folder, Item::Task, name, kind, class).of_task(name)
}

fn service(folder: &str, old: &Service, new: &Service, changes: &mut Vec<Change>) {
    let title = text(&new.file, "title");
    for (key, class) in [
        ("crate", Class::Breaking),
        ("helperService", Class::Breaking),
        ("title", Class::Docs),
        ("licence", Class::Docs),
        ("needs", Class::Docs),
        ("documentation", Class::Docs),
    ] {
        let (from, to) = (text(&old.file, key), text(&new.file, key));
        if from != to {
            let change = Change::new(folder, Item::Service, title, Kind::Changed, class);
            changes.push(
                change
                    .from(format!("`{from}`"))
                    .to(format!("`{to}`"))
                    .note(format!("its `{key}`")),
            );
        }
    }
    for name in old
        .tasks
        .keys()
        .filter(|name| !new.tasks.contains_key(*name))
    {
        changes.push(task_change(folder, name, Kind::Removed, Class::Breaking));
    }
    for (name, now) in &new.tasks {
        match old.tasks.get(name) {
            None => changes.push(task_change(folder, name, Kind::Added, Class::Additive)),
            Some(before) => {
                let before = View {
                    service: old,
                    task: before,
                };
                let now = View {
                    service: new,
                    task: now,
                };
                task(folder, name, before, now, changes);
            }
        }
    }
}

/// A task with the service that its references lead to.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) service: &'a Service,
    pub(super) task: &'a Value,
}

impl<'a> View<'a> {
    fn execution(&self) -> &'a str {
        match text(self.task, "execution") {
            "" => text(&self.service.file, "execution"),
            own => own,
        }
    }

    /// An object that parameters hold: the task's own, or else the service's.
    pub(super) fn object(&self, name: &str) -> Option<&'a Value> {
        let own = tree::object(self.task, "objects").and_then(|all| all.get(name));
        own.or_else(|| tree::object(&self.service.file, "objects")?.get(name))
    }
}

fn task(folder: &str, name: &str, old: View<'_>, new: View<'_>, changes: &mut Vec<Change>) {
    let first = changes.len();
    for (key, from, to) in [
        ("execution", old.execution(), new.execution()),
        ("rust", text(old.task, "rust"), text(new.task, "rust")),
        (
            "helperService",
            text(old.task, "helperService"),
            text(new.task, "helperService"),
        ),
    ] {
        if from != to {
            let change = Change::new(folder, Item::Task, name, Kind::Changed, Class::Breaking);
            changes.push(
                change
                    .from(format!("`{from}`"))
                    .to(format!("`{to}`"))
                    .note(format!("its `{key}`")),
            );
        }
    }
    let place = Place { folder, old, new };
    let before = changes.len();
    param::all(
        &place,
        "",
        list(old.task, "parameters"),
        list(new.task, "parameters"),
        changes,
    );
    // What only follows a parameter's new name is told once.
    let mut renamed = old.task.clone();
    for change in &changes[before..] {
        if let (Kind::Renamed | Kind::Respelt, Some(from)) = (change.kind, &change.from) {
            for key in ["groups", "rules"] {
                if let Some(value) = renamed.get_mut(key) {
                    rename(value, from, &change.name);
                }
            }
        }
    }
    groups(folder, &renamed, new.task, changes);
    rules(folder, &renamed, new.task, changes);
    results(folder, old.task, new.task, changes);
    if DOCS
        .iter()
        .any(|key| old.task.get(*key) != new.task.get(*key))
    {
        changes.push(Change::new(
            folder,
            Item::Task,
            name,
            Kind::Reworded,
            Class::Docs,
        ));
    }
    for change in &mut changes[first..] {
        change.task = Some(name.to_owned());
    }
}

/// Calls a parameter by its new name wherever a value names it.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| rename(member, from, to)),
        _ => {}
    }
}

/// Groups by the parameters of their variants: to regroup parameters is to change the Rust type.
fn groups(folder: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let by_name = |task: &Value| -> BTreeMap<String, Value> {
        list(task, "groups")
            .iter()
            .map(|group| (text(group, "name").to_owned(), group.clone()))
            .collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let change = |name: &str, kind| Change::new(folder, Item::Group, name, kind, Class::Breaking);
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        changes.push(change(name, Kind::Removed));
    }
    for (name, now) in &new {
        let Some(before) = old.get(name) else {
            changes.push(change(name, Kind::Added));
            continue;
        };
        let shape = |group: &Value| {
            let variants: Vec<_> = list(group, "variants")
                .iter()
                .map(|v| (text(v, "name").to_owned(), v.get("parameters").cloned()))
                .collect();
            (
                text(group, "type").to_owned(),
                flag(group, "required"),
                variants,
            )
        };
        let (was, is) = (shape(before), shape(now));
        if was == is {
            if before != now {
                changes.push(Change {
                    class: Class::Docs,
                    ..change(name, Kind::Reworded)
                });
            }
            continue;
        }
        // The enums of groups are open, so one more variant of new parameters is no break.
        let grown = was.0 == is.0 && was.1 == is.1 && was.2.iter().all(|v| is.2.contains(v));
        let class = if grown {
            Class::Additive
        } else {
            Class::Breaking
        };
        changes.push(Change {
            class,
            ..change(name, Kind::Changed)
        });
    }
}

/// Rules by what they demand; their words are documentation.
fn rules(folder: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let demands = |task: &Value| -> Vec<(String, Value)> {
        let all = list(task, "rules").iter().map(|rule| {
            let mut bare = rule.clone();
            if let Some(members) = bare.as_object_mut() {
                members.remove("help");
                members.remove("messageCode");
            }
            let names: Vec<_> = list(rule, "parameters")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            (format!("{} {}", text(rule, "rule"), names.join(", ")), bare)
        });
        all.collect()
    };
    let (old, new) = (demands(old), demands(new));
    let has = |all: &[(String, Value)], rule: &Value| all.iter().any(|(_, other)| other == rule);
    for (name, _) in old.iter().filter(|(_, rule)| !has(&new, rule)) {
        changes.push(Change::new(
            folder,
            Item::Rule,
            name,
            Kind::Removed,
            Class::Additive,
        ));
    }
    for (name, _) in new.iter().filter(|(_, rule)| !has(&old, rule)) {
        let change = Change::new(folder, Item::Rule, name, Kind::Added, Class::Breaking);
        changes.push(change.note("calls that were sent may be refused"));
    }
}

fn results(folder: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (list(old, "results"), list(new, "results"));
    let change = |name: &str, kind, class| Change::new(folder, Item::Result, name, kind, class);
    let same = |a: &Value, b: &Value| text(a, "name").eq_ignore_ascii_case(text(b, "name"));
    for gone in old.iter().filter(|was| !new.iter().any(|is| same(was, is))) {
        changes.push(change(text(gone, "name"), Kind::Removed, Class::Breaking));
    }
    for is in new {
        let name = text(is, "name");
        let Some(was) = old.iter().find(|was| same(was, is)) else {
            changes.push(change(name, Kind::Added, Class::Additive));
            continue;
        };
        if text(was, "name") != name {
            changes.push(change(name, Kind::Respelt, Class::Docs).from(text(was, "name")));
        }
        if text(was, "type") != text(is, "type") || text(was, "object") != text(is, "object") {
            changes.push(
                change(name, Kind::Retyped, Class::Breaking)
                    .from(format!("`{}`", text(was, "type")))
                    .to(format!("`{}`", text(is, "type"))),
            );
        }
        match (flag(was, "always"), flag(is, "always")) {
            (true, false) => changes.push(change(name, Kind::Optional, Class::Breaking)),
            (false, true) => changes.push(change(name, Kind::Required, Class::Breaking)),
            _ => {}
        }
        let words = ["doc", "when", "fields", "confidence"];
        if words.iter().any(|key| was.get(*key) != is.get(*key)) {
            changes.push(change(name, Kind::Reworded, Class::Docs));
        }
    }
}
