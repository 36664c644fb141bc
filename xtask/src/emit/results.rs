//! The struct of a task's results.

use super::{doc, ident};
use crate::ir::Task;
use proc_macro2::TokenStream;
use quote::quote;

/// The struct and how it is decoded.
pub(super) fn results(task: &Task) -> TokenStream {
    let about = format!(" What [`{}`] returns.", task.name);
    let name = ident(&format!("{}Results", task.name));
    let fields = task.results.iter().map(|r| {
        let about = doc::blocks(&r.rust_doc, 4);
        let name = ident(&r.rust);
        let ty: TokenStream = r.rust_type.parse().unwrap_or_default();
        let ty = if r.always {
            quote!(#ty)
        } else {
            quote!(Option<#ty>)
        };
        quote!(#about pub #name: #ty)
    });
    let decode = task.results.iter().map(|r| {
        let (name, wire) = (ident(&r.rust), &r.wire);
        let take = if r.always {
            ident("required")
        } else {
            ident("optional")
        };
        quote!(#name: outputs.#take(#wire)?)
    });
    let outputs = if task.results.is_empty() {
        quote!(_)
    } else {
        quote!(outputs)
    };
    quote! {
        #[doc = #about]
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct #name { #(#fields),* }

        impl TaskResults for #name {
            fn decode(#outputs: &mut Outputs) -> Result<Self, DecodeError> {
                Ok(Self { #(#decode),* })
            }
        }
    }
}
