//! The struct of an object that parameters hold.

use super::task::{none, param_argument, param_field, param_setter};
use super::{codec, doc, ident, types};
use crate::ir::Object;
use crate::lower::names;
use proc_macro2::TokenStream;
use quote::quote;

/// The struct, its functions and its plumbing.
pub(super) fn object(object: &Object) -> TokenStream {
    let about = doc::line(&object.rust_doc, 0);
    let name = ident(&object.name);
    let fields = object.members.iter().map(param_field);
    let setters = object.members.iter().filter_map(param_setter);
    let new = constructor(object);
    let default = object
        .members
        .iter()
        .all(|m| !m.required)
        .then(|| quote!(, Default));
    let members = ident(&format!("{}_MEMBERS", names::shouting(&object.name)));
    let visit = object.members.iter().map(codec::visit);
    let read = object.members.iter().map(codec::read);
    quote! {
        #about
        #[derive(Debug, Clone, PartialEq #default)]
        #[non_exhaustive]
        pub struct #name { #(#fields),* }

        impl #name {
            #new
            #(#setters)*
        }

        impl Object for #name {
            const MEMBERS: &'static [ParamMeta] = #members;

            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) { #(#visit)* }

            fn read(reader: &mut Reader) -> Result<Self, ParameterError> {
                Ok(Self { #(#read),* })
            }
        }

        object_impls!(#name);
    }
}

fn constructor(object: &Object) -> TokenStream {
    let required: Vec<_> = object.members.iter().filter(|m| m.required).collect();
    if required.is_empty() {
        return quote! {
            /// The object without members; all of them are optional.
            pub fn new() -> Self { Self::default() }
        };
    }
    let arguments = required.iter().map(|m| param_argument(m));
    let fields = object.members.iter().map(|m| {
        if m.required {
            types::initialiser(m)
        } else {
            none(&m.rust)
        }
    });
    quote! {
        /// The object with its required members.
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#fields),* }
        }
    }
}
