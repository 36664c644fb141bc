//! What a generated file imports: exactly what it names.

use super::ident;
use crate::lower::names;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;

/// The names of `arcgis_analysis_types::meta` that generated code may use.
const META: &[&str] = &[
    "ChoiceMeta",
    "Condition",
    "Confidence",
    "ExampleMeta",
    "Execution",
    "FieldMeta",
    "GroupMeta",
    "ObjectMeta",
    "ParamMeta",
    "ParamType",
    "RangeMeta",
    "ResultMeta",
    "ResultType",
    "Rule",
    "RuleMeta",
    "TaskMeta",
    "VariantMeta",
];

/// The names of `arcgis_analysis_types` that generated code may use.
const TYPES: &[&str] = &[
    "Choice",
    "Context",
    "DateTime",
    "DecodeError",
    "FeatureInput",
    "GeometryKind",
    "LayerOutput",
    "LinearUnit",
    "Object",
    "OutputName",
    "Outputs",
    "ParameterError",
    "ProcessInfo",
    "Reader",
    "SummaryField",
    "Task",
    "TaskResults",
    "TravelMode",
    "UnknownChoice",
    "Visitor",
    "choice_impls",
    "object_impls",
];

/// Other names that generated code and its examples may use.
const OTHERS: &[&str] = &[
    "FeatureLayer",
    "LinearUnits",
    "Param",
    "SpatialReference",
    "SummaryStatistic",
    "Value",
];

/// Whether generated code may use this name for something of the vocabulary.
pub(super) fn is_imported(name: &str) -> bool {
    [META, TYPES, OTHERS]
        .iter()
        .any(|names| names.contains(&name))
}

/// The imports for a file of this content.
pub(super) fn of(body: &TokenStream, shared_choices: &[String]) -> TokenStream {
    let mut used = BTreeSet::new();
    collect(body.clone(), &mut used);
    if !used.contains("choice_impls") {
        // Then it is only the name of a type of parameter.
        used.remove("Choice");
    }
    let pick = |names: &[&str]| {
        names
            .iter()
            .filter(|n| used.contains(**n))
            .map(|n| ident(n))
            .collect::<Vec<_>>()
    };
    let shared: BTreeSet<_> = shared_choices
        .iter()
        .flat_map(|n| [n.clone(), names::shouting(n)])
        .collect();
    let shared: Vec<_> = shared
        .iter()
        .filter(|n| used.contains(n.as_str()))
        .map(|n| ident(n))
        .collect();
    let shared = list(&quote!(super::choices), &shared);
    let meta = list(&quote!(arcgis_analysis_types::meta), &pick(META));
    let types = list(&quote!(arcgis_analysis_types), &pick(TYPES));
    let value = used.contains("Value").then(|| {
        quote!(
            use arcgis_analysis_types::serde_json::Value;
        )
    });
    let service = used.contains("SERVICE").then(|| {
        quote!(
            use super::registry::SERVICE;
        )
    });
    quote!(#shared #service #meta #value #types)
}

fn list(path: &TokenStream, names: &[Ident]) -> TokenStream {
    match names {
        [] => TokenStream::new(),
        [only] => quote!(use #path::#only;),
        _ => quote!(use #path::{#(#names),*};),
    }
}

fn collect(tokens: TokenStream, used: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                used.insert(name.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), used),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
