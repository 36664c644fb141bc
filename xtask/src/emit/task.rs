//! A task's struct, its constructor and its setters.

use super::{doc, ident, types};
use crate::ir::{Field, Group, Param, Task};
use proc_macro2::TokenStream;
use quote::quote;

/// The arguments that a function may have before it is expected to say why it has more.
const MANY: usize = 7;

/// The struct and its functions.
pub(super) fn task(task: &Task, service: &crate::ir::Service) -> TokenStream {
    let about = doc::task(task, service);
    let name = ident(&task.name);
    let fields = task.fields.iter().map(|field| match *field {
        Field::Param(i) => param_field(&task.params[i]),
        Field::Group(i) => group_field(&task.groups[i]),
    });
    let new = constructor(task);
    let setters = task.fields.iter().filter_map(|field| match *field {
        Field::Param(i) => param_setter(&task.params[i]),
        Field::Group(i) => group_setter(&task.groups[i]),
    });
    let default = task
        .fields
        .iter()
        .all(|f| !required(*f, task))
        .then(|| quote!(, Default));
    quote! {
        #about
        #[derive(Debug, Clone, PartialEq #default)]
        #[non_exhaustive]
        #[must_use = "a task does nothing until it is run or submitted"]
        pub struct #name { #(#fields),* }

        impl #name {
            #new
            #(#setters)*
        }
    }
}

/// A field of a struct for a parameter or member.
pub(super) fn param_field(param: &Param) -> TokenStream {
    let about = doc::blocks(&param.rust_doc, 4);
    let name = ident(&param.rust);
    let ty = types::kept(&param.ty);
    let ty = if param.required {
        ty
    } else {
        quote!(Option<#ty>)
    };
    quote!(#about pub #name: #ty)
}

/// A setter for an optional parameter or member.
pub(super) fn param_setter(param: &Param) -> Option<TokenStream> {
    if param.required {
        return None;
    }
    let about = doc::line(&param.setter_doc, 4);
    let name = ident(&param.rust);
    let taken = types::taken(&param.ty);
    let made = types::made(param);
    Some(setter(&about, &name, &taken, &made))
}

fn group_field(group: &Group) -> TokenStream {
    let about = doc::blocks(&group.rust_doc, 4);
    let (name, ty) = (ident(&group.field), ident(&group.name));
    let ty = if group.required {
        quote!(#ty)
    } else {
        quote!(Option<#ty>)
    };
    quote!(#about pub #name: #ty)
}

fn group_setter(group: &Group) -> Option<TokenStream> {
    if group.required {
        return None;
    }
    let about = doc::line(&group.setter_doc, 4);
    let (name, ty) = (ident(&group.field), ident(&group.name));
    Some(setter(&about, &name, &quote!(#ty), &quote!(#name)))
}

fn setter(
    about: &TokenStream,
    name: &proc_macro2::Ident,
    taken: &TokenStream,
    made: &TokenStream,
) -> TokenStream {
    quote! {
        #about
        pub fn #name(mut self, #name: #taken) -> Self {
            self.#name = Some(#made);
            self
        }
    }
}

fn constructor(task: &Task) -> TokenStream {
    let arguments: Vec<_> = task
        .fields
        .iter()
        .filter(|f| required(**f, task))
        .map(|f| argument(*f, task))
        .collect();
    if arguments.is_empty() {
        return quote! {
            /// The task without parameters; all of them are optional.
            pub fn new() -> Self { Self::default() }
        };
    }
    let many = (arguments.len() > MANY).then(
        || quote!(#[expect(clippy::too_many_arguments, reason = "the task requires each of them")]),
    );
    let fields = task.fields.iter().map(|field| match *field {
        Field::Param(i) if task.params[i].required => types::initialiser(&task.params[i]),
        Field::Group(i) if task.groups[i].required => {
            let name = ident(&task.groups[i].field);
            quote!(#name)
        }
        Field::Param(i) => none(&task.params[i].rust),
        Field::Group(i) => none(&task.groups[i].field),
    });
    quote! {
        /// The task with its required parameters.
        #many
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#fields),* }
        }
    }
}

/// Whether a field must be given.
pub(super) fn required(field: Field, task: &Task) -> bool {
    match field {
        Field::Param(i) => task.params[i].required,
        Field::Group(i) => task.groups[i].required,
    }
}

fn argument(field: Field, task: &Task) -> TokenStream {
    match field {
        Field::Param(i) => param_argument(&task.params[i]),
        Field::Group(i) => {
            let group = &task.groups[i];
            let (name, ty) = (ident(&group.field), ident(&group.name));
            quote!(#name: #ty)
        }
    }
}

/// The argument of a function for a required parameter or member.
pub(super) fn param_argument(param: &Param) -> TokenStream {
    let name = ident(&param.rust);
    let taken = types::taken(&param.ty);
    quote!(#name: #taken)
}

/// The initialiser of a field that is not given.
pub(super) fn none(name: &str) -> TokenStream {
    let name = ident(name);
    quote!(#name: None)
}
