//! What a generated file imports: exactly what it names.

use super::ident;
use crate::lower::names;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;

/// The names of `arcgis_analysis_types::meta` that generated code may use.
const META: &[&str] = &[
    "AttributeMeta",
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
    "ArealUnit",
    "Choice",
    "Context",
    "DataFile",
    "DatasetName",
    "DateTime",
    "DecodeError",
    "Distance",
    "Extent",
    "FeatureInput",
    "FeatureSetInput",
    "Field",
    "FieldType",
    "FileOutput",
    "GeoAnalyticsContext",
    "GeometryKind",
    "ImageCollectionInput",
    "ItemOutput",
    "ItemOutputName",
    "LayerOutput",
    "LinearUnit",
    "LocationExpressions",
    "Object",
    "OutputName",
    "Outputs",
    "ParameterError",
    "ProcessInfo",
    "RasterContext",
    "RasterInput",
    "RasterOrFeatureInput",
    "RasterOutput",
    "RasterOutputName",
    "Reader",
    "SpatialReference",
    "SummaryField",
    "Task",
    "TaskResults",
    "TimeUnit",
    "TravelMode",
    "UnknownChoice",
    "ValueTable",
    "Visitor",
    "choice_impls",
    "object_impls",
];

/// Other names that generated code and its examples may use.
const OTHERS: &[&str] = &[
    "FeatureLayer",
    "LengthUnits",
    "LinearUnits",
    "Param",
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
pub(super) fn of(
    body: &TokenStream,
    shared_choices: &[String],
    shared_objects: &[String],
) -> TokenStream {
    let mut used = BTreeSet::new();
    collect(body.clone(), &mut used);

    let pick = |names: &[&str]| {
        names
            .iter()
            .filter(|n| used.contains(**n))
            .map(|n| ident(n))
            .collect::<Vec<_>>()
    };
    let shared = |names: &[String]| {
        let names: BTreeSet<_> = names
            .iter()
            .flat_map(|n| [n.clone(), names::shouting(n)])
            .collect();
        let names = names.iter().filter(|n| used.contains(n.as_str()));
        names.map(|n| ident(n)).collect::<Vec<_>>()
    };
    let choices = list(&quote!(super::choices), &shared(shared_choices));
    let objects = list(&quote!(super::objects), &shared(shared_objects));
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
    quote!(#choices #objects #service #meta #value #types)
}

fn list(path: &TokenStream, names: &[Ident]) -> TokenStream {
    match names {
        [] => TokenStream::new(),
        [only] => quote!(use #path::#only;),
        _ => quote!(use #path::{#(#names),*};),
    }
}

/// The names that must be in scope: those that begin a path. Variants are no such names, neither where an enum lists them
/// nor behind its name.
fn collect(tokens: TokenStream, used: &mut BTreeSet<String>) {
    let mut before = [None, None];
    let mut in_enum = false;
    for token in tokens {
        let within_path = matches!(before, [Some(':'), Some(':')]);
        before = [before[1], None];
        match token {
            TokenTree::Ident(name) => {
                if !within_path {
                    used.insert(name.to_string());
                }
                in_enum |= name == "enum";
            }
            TokenTree::Group(group) if in_enum && group.delimiter() == Delimiter::Brace => {
                for token in group.stream() {
                    if let TokenTree::Group(fields) = token {
                        collect(fields.stream(), used);
                    }
                }
                in_enum = false;
            }
            TokenTree::Group(group) => collect(group.stream(), used),
            TokenTree::Punct(punct) => before[1] = Some(punct.as_char()),
            TokenTree::Literal(_) => {}
        }
    }
}
