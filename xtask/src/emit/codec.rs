//! How a task's parameters are handed over and read.

use super::ident;
use crate::ir::{Field, Group, Param, Task, Variant};
use proc_macro2::TokenStream;
use quote::quote;

/// The implementations of `Task` and `Object`.
pub(super) fn task(task: &Task) -> TokenStream {
    let (name, results) = (ident(&task.name), ident(&format!("{}Results", task.name)));
    let visits = task.fields.iter().map(|field| match *field {
        Field::Param(i) => visit(&task.params[i]),
        Field::Group(i) => visit_group(&task.groups[i], task),
    });
    let reads = task.fields.iter().map(|field| match *field {
        Field::Param(i) => read(&task.params[i]),
        Field::Group(i) => read_group(i, task),
    });
    let unused = task.fields.is_empty();
    let visitor = if unused { quote!(_) } else { quote!(visitor) };
    let reader = if unused { quote!(_) } else { quote!(reader) };
    quote! {
        impl Task for #name {
            type Results = #results;

            const META: &'static TaskMeta = &META;
        }

        impl Object for #name {
            const MEMBERS: &'static [ParamMeta] = PARAMS;

            fn visit<'a>(&'a self, #visitor: &mut Visitor<'a>) { #(#visits)* }

            fn read(#reader: &mut Reader) -> Result<Self, ParameterError> {
                Ok(Self { #(#reads),* })
            }
        }
    }
}

/// The statement that hands over a field.
pub(super) fn visit(param: &Param) -> TokenStream {
    let (wire, name, add) = (&param.wire, ident(&param.rust), add(param));
    quote!(visitor.#add(#wire, &self.#name);)
}

/// The initialiser that reads a field.
pub(super) fn read(param: &Param) -> TokenStream {
    let (name, value) = (ident(&param.rust), read_value(param));
    quote!(#name: #value)
}

fn add(param: &Param) -> proc_macro2::Ident {
    ident(if param.required { "add" } else { "add_if" })
}

fn read_value(param: &Param) -> TokenStream {
    let take = ident(if param.required {
        "required"
    } else {
        "optional"
    });
    let wire = &param.wire;
    quote!(reader.#take(#wire)?)
}

fn visit_group(group: &Group, task: &Task) -> TokenStream {
    let field = ident(&group.field);
    let arms = group.variants.iter().map(|variant| {
        let pattern = pattern(group, variant, task);
        let pattern = if group.required {
            pattern
        } else {
            quote!(Some(#pattern))
        };
        let adds = variant.params.iter().map(|i| {
            let param = &task.params[*i];
            let (wire, name, add) = (&param.wire, ident(&param.rust), add(param));
            quote!(visitor.#add(#wire, #name))
        });
        match variant.params.as_slice() {
            [_] => quote!(#pattern => #(#adds)*,),
            _ => quote!(#pattern => { #(#adds;)* }),
        }
    });
    let none = (!group.required).then(|| quote!(None => {}));
    quote!(match &self.#field { #(#arms)* #none })
}

fn pattern(group: &Group, variant: &Variant, task: &Task) -> TokenStream {
    let (ty, name) = (ident(&group.name), ident(&variant.name));
    let names = variant.params.iter().map(|i| ident(&task.params[*i].rust));
    match variant.params.as_slice() {
        [_] => quote!(#ty::#name(#(#names)*)),
        _ => quote!(#ty::#name { #(#names),* }),
    }
}

fn read_group(index: usize, task: &Task) -> TokenStream {
    let group = &task.groups[index];
    let (field, ty) = (ident(&group.field), ident(&group.name));
    let index = proc_macro2::Literal::usize_unsuffixed(index);
    let last = group.variants.len().saturating_sub(1);
    let arms = group.variants.iter().enumerate().map(|(i, variant)| {
        let name = ident(&variant.name);
        let values = variant.params.iter().map(|p| read_value(&task.params[*p]));
        let fields = variant.params.iter().map(|p| read(&task.params[*p]));
        let value = match variant.params.as_slice() {
            [_] => quote!(#ty::#name(#(#values)*)),
            _ => quote!(#ty::#name { #(#fields),* }),
        };
        let number = proc_macro2::Literal::usize_unsuffixed(i);
        match (group.required, i == last) {
            (true, true) => quote!(_ => #value,),
            (true, false) => quote!(#number => #value,),
            (false, true) => quote!(Some(_) => Some(#value),),
            (false, false) => quote!(Some(#number) => Some(#value),),
        }
    });
    if group.required {
        quote!(#field: match reader.required_group(&GROUPS[#index])? { #(#arms)* })
    } else {
        quote!(#field: match reader.group(&GROUPS[#index])? { None => None, #(#arms)* })
    }
}
