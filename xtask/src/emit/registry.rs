//! The files that hold a crate's tasks together.

use super::{doc, ident};
use crate::ir::Service;
use proc_macro2::TokenStream;
use quote::quote;

/// `registry.rs`.
pub(super) fn registry(service: &Service) -> TokenStream {
    let (id, title) = (&service.id, &service.title);
    let (helper, licence) = (&service.helper_service, &service.licence);
    let uses = service.tasks.iter().map(|task| {
        let (module, name) = (ident(&task.module), ident(&task.name));
        quote!(use super::#module::#name;)
    });
    let tasks = service.tasks.iter().map(|t| ident(&t.name));
    let about = doc::line(&format!("The {} service.", title.to_lowercase()), 0);
    quote! {
        #(#uses)*
        use arcgis_analysis_types::TaskEntry;
        use arcgis_analysis_types::meta::ServiceMeta;

        #about
        pub static SERVICE: ServiceMeta = ServiceMeta {
            id: #id,
            title: #title,
            helper_service: #helper,
            licence: #licence,
        };

        /// The tasks, by name.
        pub static TASKS: &[TaskEntry] = &[#(TaskEntry::of::<#tasks>()),*];
    }
}

/// `mod.rs`.
pub(super) fn modules(service: &Service) -> TokenStream {
    let mut modules: Vec<_> = service.tasks.iter().map(|t| t.module.as_str()).collect();
    if !service.choices.is_empty() {
        modules.push("choices");
    }
    if !service.objects.is_empty() {
        modules.push("objects");
    }
    modules.sort_unstable();
    let modules = modules.into_iter().map(ident);
    let uses = service.tasks.iter().map(|task| {
        let (module, name, results) = (
            ident(&task.module),
            ident(&task.name),
            ident(&format!("{}Results", task.name)),
        );
        quote!(pub use #module::{#name, #results};)
    });
    quote! {
        #(pub mod #modules;)*
        mod registry;
        #(#uses)*
        pub use registry::{SERVICE, TASKS};
    }
}
