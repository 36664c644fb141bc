//! The public items of a crate, one a line: what a reviewer reads when specs change.

use crate::ir::{Field, Object, Param, Service, Task, Type, Variant};

/// The text of `API.txt`.
#[must_use]
pub fn of(service: &Service) -> String {
    let mut lines = vec![
        "static SERVICE: ServiceMeta".to_owned(),
        "static TASKS: &[TaskEntry]".to_owned(),
    ];
    for choice in &service.choices {
        enumeration(
            "choices",
            &choice.name,
            choice.choices.iter().map(|c| c.variant.as_str()),
            &mut lines,
        );
    }
    for task in &service.tasks {
        of_task(task, &mut lines);
    }
    lines.sort();
    lines.join("\n") + "\n"
}

fn of_task(task: &Task, lines: &mut Vec<String>) {
    let Task { module, name, .. } = task;
    lines.push(format!("{module}::{name}: struct, Task"));
    lines.push(format!("{module}::{name}Results: struct, TaskResults"));
    for result in &task.results {
        let ty = optional(&result.rust_type, result.always);
        lines.push(format!("{module}::{name}Results.{}: {ty}", result.rust));
    }
    let mut arguments = Vec::new();
    for field in &task.fields {
        let (field, kept, taken, required) = match *field {
            Field::Param(i) => {
                let param = &task.params[i];
                (
                    &param.rust,
                    kept(&param.ty),
                    taken(&param.ty),
                    param.required,
                )
            }
            Field::Group(i) => {
                let group = &task.groups[i];
                (
                    &group.field,
                    group.name.clone(),
                    group.name.clone(),
                    group.required,
                )
            }
        };
        lines.push(format!(
            "{module}::{name}.{field}: {}",
            optional(&kept, required)
        ));
        if required {
            arguments.push(format!("{field}: {taken}"));
        } else {
            lines.push(format!("{module}::{name}::{field}(self, {taken}) -> Self"));
        }
    }
    lines.push(format!(
        "{module}::{name}::new({}) -> Self",
        arguments.join(", ")
    ));
    for group in &task.groups {
        lines.push(format!("{module}::{}: enum", group.name));
        for variant in &group.variants {
            of_variant(task, &group.name, variant, lines);
        }
    }
    for choice in &task.choices {
        enumeration(
            module,
            &choice.name,
            choice.choices.iter().map(|c| c.variant.as_str()),
            lines,
        );
    }
    for object in &task.objects {
        of_object(module, object, lines);
    }
}

fn of_variant(task: &Task, group: &str, variant: &Variant, lines: &mut Vec<String>) {
    let params: Vec<_> = variant.params.iter().map(|i| &task.params[*i]).collect();
    let fields = match params.as_slice() {
        [only] => format!("({})", kept(&only.ty)),
        _ => {
            let fields: Vec<_> = params
                .iter()
                .map(|p| format!("{}: {}", p.rust, optional(&kept(&p.ty), p.required)))
                .collect();
            format!(" {{ {} }}", fields.join(", "))
        }
    };
    let argument = |p: &&Param| match p.required {
        true => format!("{}: {}", p.rust, taken(&p.ty)),
        false => format!("{}: impl Into<Option<{}>>", p.rust, kept(&p.ty)),
    };
    let arguments: Vec<_> = params.iter().map(argument).collect();
    let Task { module, .. } = task;
    lines.push(format!("{module}::{group}::{}{fields}", variant.name));
    lines.push(format!(
        "{module}::{group}::{}({}) -> Self",
        variant.constructor,
        arguments.join(", ")
    ));
}

fn of_object(module: &str, object: &Object, lines: &mut Vec<String>) {
    let Object { name, members, .. } = object;
    lines.push(format!("{module}::{name}: struct, Object"));
    for member in members {
        lines.push(format!(
            "{module}::{name}.{}: {}",
            member.rust,
            optional(&kept(&member.ty), member.required)
        ));
        if !member.required {
            lines.push(format!(
                "{module}::{name}::{}(self, {}) -> Self",
                member.rust,
                taken(&member.ty)
            ));
        }
    }
    let arguments: Vec<_> = members
        .iter()
        .filter(|m| m.required)
        .map(|m| format!("{}: {}", m.rust, taken(&m.ty)))
        .collect();
    lines.push(format!(
        "{module}::{name}::new({}) -> Self",
        arguments.join(", ")
    ));
}

fn enumeration<'a>(
    module: &str,
    name: &str,
    variants: impl Iterator<Item = &'a str>,
    lines: &mut Vec<String>,
) {
    lines.push(format!("{module}::{name}: enum, Choice"));
    lines.extend(variants.map(|variant| format!("{module}::{name}::{variant}")));
    lines.push(format!("{module}::{name}::Unknown(UnknownChoice)"));
}

fn optional(ty: &str, given: bool) -> String {
    if given {
        ty.to_owned()
    } else {
        format!("Option<{ty}>")
    }
}

fn kept(ty: &Type) -> String {
    ty.kept()
}

fn taken(ty: &Type) -> String {
    ty.taken()
}
