//! From specs to the intermediate form: every name, reference and text is decided here.
//!
//! Lowering trusts its input: specs are linted first.

mod call;
mod docs;
pub mod names;
mod rules;
mod words;

use crate::ir;
use crate::spec::{self, ParameterType};
use words::Names;

/// A service with its tasks, as they were read.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// The folder.
    pub folder: String,
    /// The service.
    pub service: spec::Service,
    /// The tasks and the names of their files.
    pub tasks: Vec<(String, spec::Task)>,
}

/// Lowers a service.
#[must_use]
pub fn lower(input: &ServiceSpec) -> ir::Service {
    let root = format!("{}/{}", spec::FOLDER, input.folder);
    let choices = input
        .service
        .choices
        .iter()
        .map(|(name, set)| choice_type(name, &set.doc, &set.values));
    let choices: Vec<_> = choices.collect();
    let lower = |(file, task): &(String, _)| {
        lower_task(&input.service, &choices, task, format!("{root}/{file}"))
    };
    let mut tasks: Vec<_> = input.tasks.iter().map(lower).collect();
    tasks.sort_by(|a, b| a.module.cmp(&b.module));
    ir::Service {
        id: input.folder.clone(),
        crate_name: input.service.crate_name.clone(),
        crate_path: input.service.crate_name.replace('-', "_"),
        spec: format!("{root}/{}", spec::SERVICE_FILE),
        title: input.service.title.clone(),
        helper_service: input.service.helper_service.clone(),
        licence: input.service.licence.clone(),
        choices,
        tasks,
    }
}

fn lower_task(
    service: &spec::Service,
    shared: &[ir::ChoiceType],
    task: &spec::Task,
    spec: String,
) -> ir::Task {
    let names = Names::of(task);
    let params: Vec<_> = task.parameters.iter().map(|p| param(p, &names)).collect();
    let groups: Vec<_> = task.groups.iter().map(|g| group(g, task, &names)).collect();
    let fields = fields(task);
    let objects: Vec<_> = task
        .objects
        .iter()
        .map(|(name, object)| lower_object(name, object))
        .collect();
    let rules = rules::lower(task);
    let mut lowered = ir::Task {
        spec,
        module: names::snake(&task.name),
        id: names::kebab(&task.name),
        name: task.name.clone(),
        execution: match task.execution.unwrap_or(service.execution) {
            spec::Execution::Asynchronous => "Asynchronous",
            spec::Execution::Synchronous => "Synchronous",
        },
        category: task.category.clone(),
        summary: task.summary.clone(),
        description: task.description.clone(),
        source: task.source.clone(),
        credits: task.credits.clone(),
        since: task.since.clone(),
        until: task.until.clone(),
        confidence: match task.confidence.level {
            spec::Level::High => "High",
            spec::Level::Medium => "Medium",
            spec::Level::Low => "Low",
        },
        unconfirmed: task.confidence.unconfirmed.clone(),
        doc: docs::task(task, &names, &rules),
        params,
        fields,
        groups,
        rules,
        results: task.results.iter().map(|r| result(r, &names)).collect(),
        choices: own_choices(task),
        shared_choices: shared_choices(task),
        objects,
        examples: Vec::new(),
        call: None,
    };
    lowered.examples = task.examples.iter().map(|e| example(e, &lowered)).collect();
    lowered.call = task
        .examples
        .first()
        .map(|example| call::lower(&lowered, shared, example));
    lowered
}

fn lower_object(name: &str, object: &spec::Object) -> ir::Object {
    let names = Names::of_members(&object.members);
    ir::Object {
        name: name.to_owned(),
        doc: object.doc.clone(),
        members: object.members.iter().map(|m| param(m, &names)).collect(),
    }
}

fn example(example: &spec::Example, task: &ir::Task) -> ir::Example {
    let given = task.params.iter().filter_map(|p| {
        let value = example.parameters.get(&p.wire)?;
        Some((p.wire.clone(), call::typed(&p.ty, value, &task.objects)))
    });
    ir::Example {
        doc: example.doc.clone(),
        params: serde_json::Value::Object(given.collect()).to_string(),
    }
}

fn param(param: &spec::Parameter, names: &Names) -> ir::Param {
    let rust_doc = docs::param(param, names);
    ir::Param {
        wire: param.name.clone(),
        rust: names::param(param),
        ty: lower_type(param),
        doc: param.doc.clone(),
        setter_doc: docs::setter(&names.in_rust(&param.doc), &names::param(param)),
        rust_doc,
        required: param.required,
        default: param
            .default
            .as_ref()
            .map(|v| call::canonical(param.ty, v).to_string()),
        geometry: param.geometry.iter().map(|g| geometry(*g)).collect(),
        range: param.range.as_ref().map(|r| ir::Range {
            min: r.min.or(r.exclusive_min),
            exclusive_min: r.exclusive_min.is_some(),
            max: r.max,
        }),
        since: param.since.clone(),
        until: param.until.clone(),
    }
}

fn lower_type(param: &spec::Parameter) -> ir::Type {
    let choice = || match &param.choice_set {
        Some(set) => ir::ChoiceRef {
            name: set.clone(),
            shared: true,
        },
        None => ir::ChoiceRef {
            name: names::choice_type(param),
            shared: false,
        },
    };
    let object = || param.object.clone().unwrap_or_default();
    match param.ty {
        ParameterType::Text => ir::Type::Text,
        ParameterType::TextList => ir::Type::TextList,
        ParameterType::FieldName => ir::Type::FieldName,
        ParameterType::FieldNameList => ir::Type::FieldNameList,
        ParameterType::SummaryFields => ir::Type::SummaryFields,
        ParameterType::Number => ir::Type::Number,
        ParameterType::NumberList => ir::Type::NumberList,
        ParameterType::Integer => ir::Type::Integer,
        ParameterType::Boolean => ir::Type::Boolean,
        ParameterType::DateTime => ir::Type::DateTime,
        ParameterType::Choice => ir::Type::Choice(choice()),
        ParameterType::ChoiceList => ir::Type::ChoiceList(choice()),
        ParameterType::FeatureInput => ir::Type::FeatureInput,
        ParameterType::FeatureInputList => ir::Type::FeatureInputList,
        ParameterType::LinearUnit => ir::Type::LinearUnit,
        ParameterType::TravelMode => ir::Type::TravelMode,
        ParameterType::OutputName => ir::Type::OutputName,
        ParameterType::Context => ir::Type::Context,
        ParameterType::Object => ir::Type::Object(object()),
        ParameterType::ObjectList => ir::Type::ObjectList(object()),
        ParameterType::Json => ir::Type::Json,
    }
}

pub(crate) fn geometry(kind: spec::Geometry) -> &'static str {
    match kind {
        spec::Geometry::Point => "Point",
        spec::Geometry::Line => "Line",
        spec::Geometry::Polygon => "Polygon",
        spec::Geometry::Table => "Table",
    }
}

/// The fields in the order in which their parameters are documented; a group stands where its first parameter does.
fn fields(task: &spec::Task) -> Vec<ir::Field> {
    let mut fields = Vec::new();
    for (i, param) in task.parameters.iter().enumerate() {
        let group = task.groups.iter().position(|g| {
            g.variants
                .iter()
                .any(|v| v.parameters.contains(&param.name))
        });
        let field = group.map_or(ir::Field::Param(i), ir::Field::Group);
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

fn group(group: &spec::Group, task: &spec::Task, names: &Names) -> ir::Group {
    let variants = group.variants.iter().map(|variant| ir::Variant {
        name: variant.name.clone(),
        constructor: names::snake(&variant.name),
        doc: variant.doc.clone(),
        rust_doc: docs::variant(variant, task, names),
        params: variant
            .parameters
            .iter()
            .filter_map(|n| task.parameters.iter().position(|p| p.name == *n))
            .collect(),
    });
    ir::Group {
        field: group.name.clone(),
        name: group.ty.clone(),
        required: group.required,
        doc: group.doc.clone(),
        rust_doc: vec![names.in_rust(&group.doc)],
        setter_doc: docs::setter(&names.in_rust(&group.doc), &group.name),
        variants: variants.collect(),
    }
}

fn result(result: &spec::TaskResult, names: &Names) -> ir::TaskResult {
    let (ty, rust_type) = match result.ty {
        spec::TaskResultType::FeatureLayer => ("FeatureLayer", "LayerOutput"),
        spec::TaskResultType::Table => ("Table", "LayerOutput"),
        spec::TaskResultType::ProcessInfo => ("ProcessInfo", "ProcessInfo"),
        spec::TaskResultType::Json => ("Json", "Value"),
    };
    ir::TaskResult {
        wire: result.name.clone(),
        rust: names::snake(&result.name),
        ty,
        rust_type,
        always: result.always,
        when: result.when.clone().unwrap_or_default(),
        doc: result.doc.clone(),
        rust_doc: docs::result(result, names),
        fields: result
            .fields
            .iter()
            .map(|f| (f.name.clone(), f.doc.clone()))
            .collect(),
    }
}

/// The enums of the choices that parameters and members list themselves; equal lists of one name are one enum.
fn own_choices(task: &spec::Task) -> Vec<ir::ChoiceType> {
    let names = Names::of(task);
    let members = task.objects.values().flat_map(|o| o.members.iter());
    let mut types: Vec<ir::ChoiceType> = Vec::new();
    for param in task.parameters.iter().chain(members) {
        if !param.choices.is_empty() && param.choice_set.is_none() {
            let name = names::choice_type(param);
            if types.iter().all(|t| t.name != name) {
                types.push(choice_type(
                    &name,
                    &names.in_rust(&param.doc),
                    &param.choices,
                ));
            }
        }
    }
    types
}

fn shared_choices(task: &spec::Task) -> Vec<String> {
    let members = task.objects.values().flat_map(|o| o.members.iter());
    let mut sets: Vec<_> = task
        .parameters
        .iter()
        .chain(members)
        .filter_map(|p| p.choice_set.clone())
        .collect();
    sets.sort();
    sets.dedup();
    sets
}

fn choice_type(name: &str, doc: &str, values: &[spec::Choice]) -> ir::ChoiceType {
    let choices = values.iter().map(|choice| ir::Choice {
        value: choice.value.clone(),
        variant: names::choice(choice),
        doc: choice.doc.clone(),
    });
    ir::ChoiceType {
        name: name.to_owned(),
        doc: doc.to_owned(),
        choices: choices.collect(),
    }
}
