//! The enum of parameters that exclude each other.

use super::task::param_argument;
use super::{doc, ident, types};
use crate::ir::{Group, Param, Task, Variant};
use proc_macro2::TokenStream;
use quote::quote;

/// The enum and the functions that make its variants.
pub(super) fn group(group: &Group, task: &Task) -> TokenStream {
    let about = doc::blocks(&group.rust_doc, 0);
    let name = ident(&group.name);
    let variants = group.variants.iter().map(|v| variant(v, task));
    let constructors = group.variants.iter().map(|v| constructor(v, task));
    quote! {
        #about
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }

        impl #name { #(#constructors)* }
    }
}

fn variant(variant: &Variant, task: &Task) -> TokenStream {
    let about = doc::blocks(&variant.rust_doc, 4);
    let name = ident(&variant.name);
    if let [only] = variant.params.as_slice() {
        let ty = types::kept(&task.params[*only].ty);
        return quote!(#about #name(#ty));
    }
    let fields = variant.params.iter().map(|i| {
        let param = &task.params[*i];
        let about = doc::blocks(&param.rust_doc, 8);
        let (name, ty) = (ident(&param.rust), types::kept(&param.ty));
        let ty = if param.required {
            ty
        } else {
            quote!(Option<#ty>)
        };
        quote!(#about #name: #ty)
    });
    quote!(#about #name { #(#fields),* })
}

fn constructor(variant: &Variant, task: &Task) -> TokenStream {
    let about = doc::line(&variant.doc, 4);
    let (constructor, name) = (ident(&variant.constructor), ident(&variant.name));
    let params: Vec<_> = variant.params.iter().map(|i| &task.params[*i]).collect();
    let arguments = params.iter().map(|p| {
        if p.required {
            param_argument(p)
        } else {
            optional_argument(p)
        }
    });
    let value = match params.as_slice() {
        [only] => {
            let made = types::made(only);
            quote!(Self::#name(#made))
        }
        _ => {
            let fields = params.iter().map(|p| {
                if p.required {
                    types::initialiser(p)
                } else {
                    optional_field(p)
                }
            });
            quote!(Self::#name { #(#fields),* })
        }
    };
    quote! {
        #about
        pub fn #constructor(#(#arguments),*) -> Self { #value }
    }
}

fn optional_argument(param: &Param) -> TokenStream {
    let (name, ty) = (ident(&param.rust), types::kept(&param.ty));
    quote!(#name: impl Into<Option<#ty>>)
}

fn optional_field(param: &Param) -> TokenStream {
    let name = ident(&param.rust);
    quote!(#name: #name.into())
}
