//! Rust types of parameters, and how arguments become them.

use super::ident;
use crate::ir::{Param, Type};
use proc_macro2::TokenStream;
use quote::quote;

/// The type in which a parameter is kept.
pub(super) fn kept(ty: &Type) -> TokenStream {
    parse(&ty.kept())
}

/// The type of the argument that a function takes for a parameter.
pub(super) fn taken(ty: &Type) -> TokenStream {
    parse(&ty.taken())
}

/// The expression that makes the kept value of the argument.
pub(super) fn made(param: &Param) -> TokenStream {
    let name = ident(&param.rust);
    match &param.ty {
        Type::Text
        | Type::FieldName
        | Type::DateTime
        | Type::FeatureInput
        | Type::OutputName
        | Type::Value(_)
        | Type::Json => {
            quote!(#name.into())
        }
        Type::TextList | Type::FieldNameList | Type::FeatureInputList | Type::ValueList(_) => {
            quote!(#name.into_iter().map(Into::into).collect())
        }
        Type::SummaryFields
        | Type::NumberList
        | Type::IntegerList
        | Type::ChoiceList(_)
        | Type::ObjectList(_) => {
            quote!(#name.into_iter().collect())
        }
        _ => quote!(#name),
    }
}

/// A struct field's initialiser: `name` or `name: expression`.
pub(super) fn initialiser(param: &Param) -> TokenStream {
    let name = ident(&param.rust);
    let made = made(param);
    if made.to_string() == param.rust {
        quote!(#name)
    } else {
        quote!(#name: #made)
    }
}

fn parse(ty: &str) -> TokenStream {
    ty.parse().unwrap_or_default()
}
