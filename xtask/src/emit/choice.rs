//! The open enum of a choice.

use super::{doc, ident};
use crate::ir::ChoiceType;
use proc_macro2::TokenStream;
use quote::quote;

/// The enum and its plumbing.
pub(super) fn choice(choice: &ChoiceType) -> TokenStream {
    let about = doc::line(&choice.doc, 0);
    let name = ident(&choice.name);
    let variants = choice.choices.iter().map(|c| {
        let (about, name) = (doc::line(&c.rust_doc, 4), ident(&c.variant));
        quote!(#about #name)
    });
    let known = choice.choices.iter().map(|c| ident(&c.variant));
    let words = choice.choices.iter().map(|c| {
        let (name, word) = (ident(&c.variant), &c.value);
        quote!(Self::#name => #word)
    });
    quote! {
        #about
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            /// A word that this version of the crate does not know.
            Unknown(UnknownChoice),
        }

        impl Choice for #name {
            const KNOWN: &'static [Self] = &[#(Self::#known),*];

            fn as_str(&self) -> &str {
                match self {
                    #(#words,)*
                    Self::Unknown(word) => word.as_str(),
                }
            }

            fn unknown(word: UnknownChoice) -> Self {
                Self::Unknown(word)
            }
        }

        choice_impls!(#name);
    }
}
