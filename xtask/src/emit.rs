//! From the intermediate form to the text of files. Nothing is decided here.

mod choice;
mod codec;
mod doc;
mod group;
mod imports;
mod meta;
mod object;
mod registry;
mod results;
mod task;
mod types;

use crate::api_listing;
use crate::fileset::FileSet;
use crate::ir;
use crate::pretty;
use crate::spec;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::panic::resume_unwind;
use std::thread;

/// The command that regenerates, as headers and errors name it.
pub const COMMAND: &str = "cargo xtask codegen";

/// Whether generated code may use this name for something of the vocabulary, so that no task's type can have it.
#[must_use]
pub fn is_imported(name: &str) -> bool {
    imports::is_imported(name)
}

/// The files of a service's crate.
#[must_use]
pub fn emit(service: &ir::Service) -> FileSet {
    let root = format!("crates/{}", service.crate_name);
    let generated = format!("{root}/src/generated");
    let mut files = FileSet::default();
    let texts = in_parallel(&service.tasks, |task| task_file(task, service));
    for (task, text) in service.tasks.iter().zip(texts) {
        files.insert_from(
            format!("{generated}/{}.rs", task.module),
            text,
            &task.origin.path,
        );
    }
    let from = &service.origin;
    if !service.choices.is_empty() {
        files.insert_from(
            format!("{generated}/choices.rs"),
            choices_file(service),
            &from.path,
        );
    }
    if !service.objects.is_empty() {
        files.insert_from(
            format!("{generated}/objects.rs"),
            objects_file(service),
            &from.path,
        );
    }
    let about = format!(
        "//! The tasks of the {} service.",
        service.title.to_lowercase()
    );
    let registry = file(from, &about, &registry::registry(service));
    files.insert_from(format!("{generated}/registry.rs"), registry, &from.path);
    let modules = file(
        from,
        "//! The generated modules.",
        &registry::modules(service),
    );
    files.insert_from(format!("{generated}/mod.rs"), modules, &from.path);
    files.insert_from(
        format!("{root}/API.txt"),
        api_listing::of(service),
        &format!("{}/{}", spec::FOLDER, service.id),
    );
    files
}

/// What a function makes of each item, in their order, by as many threads as there are processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let size = items.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(size)
            .map(|part| scope.spawn(|| part.iter().map(&make).collect::<Vec<_>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// The file of one task.
#[must_use]
pub fn task_file(task: &ir::Task, service: &ir::Service) -> String {
    let groups = task.groups.iter().map(|g| group::group(g, task));
    let choices = task.choices.iter().map(choice::choice);
    let objects = task.objects.iter().map(object::object);
    let task_struct = task::task(task, service);
    let results = results::results(task);
    let codec = codec::task(task);
    let meta = meta::task(task);
    let body = quote! { #task_struct #(#groups)* #(#choices)* #(#objects)* #results #codec #meta };
    let objects: Vec<_> = task.shared_objects.iter().map(|o| o.name.clone()).collect();
    let uses = imports::of(&body, &task.shared_choices, &objects);
    let about = doc::module(&task.name, task.doc.first().map_or("", String::as_str));
    file(&task.origin, &about, &quote! { #uses #body })
}

fn choices_file(service: &ir::Service) -> String {
    let types = service.choices.iter().map(|c| {
        let choice = choice::choice(c);
        let meta = meta::choices(c, &quote! { pub(crate) });
        quote! { #choice #meta }
    });
    let body = quote! { #(#types)* };
    let uses = imports::of(&body, &[], &[]);
    let about = format!(
        "//! Choices that several tasks of the {} service share.",
        service.title.to_lowercase()
    );
    file(&service.origin, &about, &quote! { #uses #body })
}

fn objects_file(service: &ir::Service) -> String {
    let choices = service.object_choices.iter().map(|c| {
        let choice = choice::choice(c);
        let meta = meta::choices(c, &TokenStream::new());
        quote! { #choice #meta }
    });
    let objects = service.objects.iter().map(|o| {
        let object = object::object(o);
        let meta = meta::object(o, &quote! { pub(crate) });
        quote! { #object #meta }
    });
    let body = quote! { #(#objects)* #(#choices)* };
    let shared: Vec<_> = service.choices.iter().map(|c| c.name.clone()).collect();
    let uses = imports::of(&body, &shared, &[]);
    let about = format!(
        "//! Objects that several tasks of the {} service share.",
        service.title.to_lowercase()
    );
    file(&service.origin, &about, &quote! { #uses #body })
}

/// A file with its header, which is the command that mends it. The digest of the spec stands there so that a change
/// of the spec that changes nothing else is still seen to be new.
fn file(origin: &ir::Origin, about: &str, tokens: &TokenStream) -> String {
    let ir::Origin { path, digest } = origin;
    let header =
        format!("// Generated by `{COMMAND}` from `{path}` ({digest:016x}); do not edit by hand.");
    format!("{header}\n\n{about}\n\n{}", pretty::file(tokens))
}

fn ident(name: &str) -> proc_macro2::Ident {
    format_ident!("{name}")
}

/// A text as a literal, raw where it holds quotes.
fn text(text: &str) -> TokenStream {
    let raw = format!("r#\"{text}\"#");
    match raw.parse() {
        Ok(raw) if text.contains('"') && !text.contains("\"#") => raw,
        _ => quote!(#text),
    }
}
