//! What is known about how parameters go together.

use crate::GeometryKind;

/// Parameters that exclude each other.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct GroupMeta {
    /// The name of the group's Rust field.
    pub name: &'static str,
    /// Whether one variant must be given.
    pub required: bool,
    /// What the group decides.
    pub doc: &'static str,
    /// The variants.
    pub variants: &'static [VariantMeta],
}

/// One of a group's variants.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct VariantMeta {
    /// The name of the Rust variant.
    pub name: &'static str,
    /// What choosing it means.
    pub doc: &'static str,
    /// The parameters that belong to it.
    pub params: &'static [&'static str],
}

/// A rule between parameters, with the sentence that explains a breach.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug)]
pub struct RuleMeta {
    /// What is demanded.
    pub rule: Rule,
    /// When it is demanded.
    pub when: Option<Condition>,
    /// Why, or what to do, as a clause that completes the refusal; empty where the rule says enough.
    pub help: &'static str,
    /// The code with which the service itself refuses the call.
    pub message_code: Option<&'static str>,
}

/// What a rule demands.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Rule {
    /// Each of these must be given.
    Requires(&'static [&'static str]),
    /// None of these may be given, except with its default, which asks for nothing.
    Forbids(&'static [&'static str]),
    /// At least one of these must be given.
    AtLeastOneOf(&'static [&'static str]),
    /// At most one of these may be given.
    AtMostOneOf(&'static [&'static str]),
    /// These may be given, other than with their defaults, only when the rule's condition holds.
    OnlyWhen(&'static [&'static str]),
    /// The features must have one of these geometries.
    Geometry(&'static str, &'static [GeometryKind]),
    /// The list must have at least so many items.
    MinItems(&'static str, usize),
    /// The first number must be less than the second, or than the second's default.
    LessThan(&'static str, &'static str),
}

/// When a rule applies.
///
/// A condition may be undecidable before the service has looked, as the geometry of a layer behind a URL is.
/// A rule whose condition is undecidable is left to the service.
///
/// # Examples
///
/// See the [module](crate::meta).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Condition {
    /// The parameter is given.
    Present(&'static str),
    /// The parameter is not given.
    Absent(&'static str),
    /// The parameter, or else its default, equals this text, number or truth value, as JSON text.
    Equals(&'static str, &'static str),
    /// The features have one of these geometries.
    Geometry(&'static str, &'static [GeometryKind]),
    /// The list, or the feature collection, has at least so many items.
    ItemsAtLeast(&'static str, usize),
    /// The list, or the feature collection, has at most so many items.
    ItemsAtMost(&'static str, usize),
    /// All of these hold.
    All(&'static [Condition]),
    /// One of these holds.
    Any(&'static [Condition]),
}
