//! One change, and its class.

use serde::Serialize;
use std::fmt;

/// What a change asks of those who call the task.
///
/// # Examples
///
/// ```
/// use xtask::diff::Class;
///
/// assert!(Class::Breaking > Class::Additive && Class::Additive > Class::Docs);
/// assert_eq!(Class::Breaking.semver(), "major");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Nothing: only words changed.
    Docs,
    /// Nothing, but there is more that can be said or read.
    Additive,
    /// Code that compiled may not, or a call means something else now.
    Breaking,
}

impl Class {
    /// The part of a version that a release with such a change must raise.
    #[must_use]
    pub fn semver(self) -> &'static str {
        match self {
            Self::Docs => "patch",
            Self::Additive => "minor",
            Self::Breaking => "major",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docs => "docs",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        })
    }
}

/// What changed.
///
/// # Examples
///
/// ```
/// assert_eq!(xtask::diff::Item::Parameter.to_string(), "parameter");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// The service as a whole.
    Service,
    /// A task.
    Task,
    /// A parameter, or a member of an object as `Object.member`.
    Parameter,
    /// A group of parameters that exclude each other.
    Group,
    /// A rule between parameters.
    Rule,
    /// A result.
    Result,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Task => "task",
            Self::Parameter => "parameter",
            Self::Group => "group",
            Self::Rule => "rule",
            Self::Result => "result",
        })
    }
}

/// How it changed.
///
/// # Examples
///
/// ```
/// use xtask::diff::Kind;
///
/// assert_eq!(serde_json::to_string(&Kind::ChoiceAdded).unwrap(), "\"choice-added\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed,
    /// Its name differs in letter case only, which the wire does not mind.
    Respelt,
    /// It has another type.
    Retyped,
    /// It must be given now.
    Required,
    /// It need not be given any more, or does not always come any more.
    Optional,
    /// Something else is assumed when it is left out.
    Redefaulted,
    /// A word can be chosen that could not.
    ChoiceAdded,
    /// A word can no longer be chosen.
    ChoiceRemoved,
    /// Something else about it changed.
    Changed,
    /// Its documentation changed.
    Reworded,
}

/// A change between two sets of specs.
///
/// # Examples
///
/// ```
/// use xtask::diff::{Change, Class, Item, Kind};
///
/// let change = Change::new("tools", Item::Parameter, "units", Kind::ChoiceAdded, Class::Additive)
///     .of_task("Measure")
///     .to("Parsecs");
/// assert_eq!(change.sentence(), "parameter `units` takes `Parsecs`, too");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The service, by its folder.
    pub service: String,
    /// The task, where it is not the service that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What changed.
    pub item: Item,
    /// Its name on the wire, as it is now, or was if it is gone.
    pub name: String,
    /// How it changed.
    pub kind: Kind,
    /// What that means for callers.
    pub class: Class,
    /// What was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What else there is to know, as a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Change {
    /// A change of a service.
    #[must_use]
    pub fn new(service: &str, item: Item, name: &str, kind: Kind, class: Class) -> Self {
        Self {
            service: service.to_owned(),
            task: None,
            item,
            name: name.to_owned(),
            kind,
            class,
            from: None,
            to: None,
            note: None,
        }
    }

    /// The change as one of a task.
    #[must_use]
    pub fn of_task(mut self, task: &str) -> Self {
        self.task = Some(task.to_owned());
        self
    }

    /// The change with what was there before.
    #[must_use]
    pub fn from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// The change with what is there now.
    #[must_use]
    pub fn to(mut self, to: impl Into<String>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// The change with what else there is to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The change in words, without the task.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (item, name) = (self.item, &self.name);
        let from = self.from.as_deref().unwrap_or("nothing");
        let to = self.to.as_deref().unwrap_or("nothing");
        let mut text = match self.kind {
            Kind::Added => format!("{item} `{name}` is new"),
            Kind::Removed => format!("{item} `{name}` is gone"),
            Kind::Renamed => format!("{item} `{from}` is called `{name}`"),
            Kind::Respelt => format!("{item} `{from}` is spelt `{name}`"),
            Kind::Retyped => format!("{item} `{name}` has the type {to}, not {from}"),
            Kind::Required if self.item == Item::Result => {
                format!("{item} `{name}` always comes")
            }
            Kind::Required => format!("{item} `{name}` is required"),
            Kind::Optional if self.item == Item::Result => {
                format!("{item} `{name}` does not always come")
            }
            Kind::Optional => format!("{item} `{name}` is optional"),
            Kind::Redefaulted => format!("{item} `{name}` has the default {to}, not {from}"),
            Kind::ChoiceAdded => format!("{item} `{name}` takes `{to}`, too"),
            Kind::ChoiceRemoved => format!("{item} `{name}` does not take `{from}` any more"),
            Kind::Changed if self.from.is_none() && self.to.is_none() => {
                format!("{item} `{name}` changed")
            }
            Kind::Changed => format!("{item} `{name}` changed from {from} to {to}"),
            Kind::Reworded => format!("{item} `{name}` is documented in other words"),
        };
        if let Some(note) = &self.note {
            text.push_str("; ");
            text.push_str(note);
        }
        text
    }
}
