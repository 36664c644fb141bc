//! From specs to the intermediate form: every name, reference and text is decided here.
//!
//! Lowering trusts its input: specs are linted first.

mod call;
mod canonical;
mod docs;
pub mod names;
mod rules;
mod words;

use crate::ir;
use crate::load;
use crate::source::Document;
use crate::spec::{self, ParameterType};
use words::Names;

/// Lowers a service; nothing where its `service.json` could not be read.
#[must_use]
pub fn lower(input: &load::Service) -> Option<ir::Service> {
    let load::Read {
        document,
        spec: service,
    } = input.service.as_ref()?;
    let choices = service
        .choices
        .iter()
        .map(|(name, set)| choice_type(name, &set.doc, &set.values, &Names::default()));
    let choices: Vec<_> = choices.collect();
    let objects: Vec<_> = service
        .objects
        .iter()
        .map(|(name, object)| lower_object(name, object, &Names::default()))
        .collect();
    let mut object_choices = Vec::new();
    for object in service.objects.values() {
        let names = Names::default().within(&object.members);
        choices_of(
            object.members.iter().map(|m| (m, names.clone())),
            &mut object_choices,
        );
    }
    let mut tasks: Vec<_> = input
        .tasks
        .iter()
        .map(|task| {
            let shared = call::Shared {
                choices: &choices,
                objects: &objects,
                object_choices: &object_choices,
            };
            lower_task(service, &shared, task)
        })
        .collect();
    tasks.sort_by(|a, b| a.module.cmp(&b.module));
    Some(ir::Service {
        id: input.folder.clone(),
        crate_name: service.crate_name.clone(),
        crate_path: service.crate_name.replace('-', "_"),
        origin: origin(document),
        title: service.title.clone(),
        helper_service: service.helper_service.clone(),
        licence: service.licence.clone(),
        local: service.local.clone(),
        choices,
        objects,
        object_choices,
        tasks,
    })
}

fn origin(document: &Document) -> ir::Origin {
    let path = format!("{}/{}", spec::FOLDER, document.file.path);
    ir::Origin {
        path,
        digest: document.file.digest(),
    }
}

fn lower_task(
    service: &spec::Service,
    shared: &call::Shared<'_>,
    task: &load::Read<spec::Task>,
) -> ir::Task {
    let load::Read {
        document,
        spec: task,
    } = task;
    let names = Names::of(task);
    let rules = rules::lower(task);
    let mut lowered = ir::Task {
        origin: origin(document),
        module: names::snake(&names::task(task)),
        id: names::kebab(&names::task(task)),
        name: names::task(task),
        wire: task.name.clone(),
        helper_service: task.helper_service.clone(),
        licence: task.licence.clone(),
        needs: task.needs.as_ref().or(service.needs.as_ref()).cloned(),
        arcgis_online: task.arcgis_online.unwrap_or(true),
        execution: match task.execution.unwrap_or(service.execution) {
            spec::Execution::Asynchronous => "Asynchronous",
            spec::Execution::Synchronous => "Synchronous",
        },
        category: task.category.clone(),
        summary: task.summary.clone(),
        description: task.description.clone(),
        source: task.source.clone(),
        credits: task.credits.clone(),
        failure_code: task.failure_code.clone(),
        since: task.since.clone(),
        until: task.until.clone(),
        confidence: match task.confidence.level {
            spec::Level::High => "High",
            spec::Level::Medium => "Medium",
            spec::Level::Low => "Low",
        },
        unconfirmed: task.confidence.unconfirmed.clone(),
        doc: docs::task(task, &names, &rules),
        params: task
            .parameters
            .iter()
            .map(|p| param(p, &siblings(p, task, &names)))
            .collect(),
        fields: fields(task),
        groups: task.groups.iter().map(|g| group(g, task, &names)).collect(),
        rules,
        results: task.results.iter().map(|r| result(r, &names)).collect(),
        choices: own_choices(task, &names),
        shared_choices: shared_choices(task),
        shared_objects: shared_objects(service, task, shared.objects),
        objects: task
            .objects
            .iter()
            .map(|(name, object)| lower_object(name, object, &names))
            .collect(),
        examples: Vec::new(),
        call: None,
    };
    for (param, flag) in lowered
        .params
        .iter_mut()
        .zip(names::flags(&task.parameters))
    {
        param.flag = Some(flag).filter(|flag| *flag != names::kebab(&param.wire));
    }
    lowered.examples = task.examples.iter().map(|e| example(e, &lowered)).collect();
    lowered.call = task
        .examples
        .first()
        .map(|example| call::lower(&lowered, shared, example));
    lowered
}

fn lower_object(name: &str, object: &spec::Object, names: &Names) -> ir::Object {
    let names = names.within(&object.members);
    ir::Object {
        name: name.to_owned(),
        doc: object.doc.clone(),
        rust_doc: names.in_rust(&object.doc),
        members: object.members.iter().map(|m| param(m, &names)).collect(),
    }
}

fn example(example: &spec::Example, task: &ir::Task) -> ir::Example {
    let given = task.params.iter().filter_map(|p| {
        let value = example.parameters.get(&p.wire)?;
        Some((p.wire.clone(), canonical::typed(&p.ty, value, task)))
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
        flag: None,
        ty: lower_type(param),
        doc: param.doc.clone(),
        setter_doc: docs::setter(&names.in_rust(&param.doc), &names::param(param)),
        rust_doc,
        required: param.required,
        default: param
            .default
            .as_ref()
            .map(|v| canonical::value(param.ty, v).to_string()),
        geometry: param.geometry.iter().map(|g| geometry(*g)).collect(),
        range: param.range.as_ref().map(|r| ir::Range {
            min: r.min.or(r.exclusive_min),
            exclusive_min: r.exclusive_min.is_some(),
            max: r.max,
        }),
        separator: param.encoding.map(|encoding| match encoding {
            spec::Encoding::CommaSeparated => ',',
            spec::Encoding::SemicolonSeparated => ';',
            spec::Encoding::SpaceSeparated => ' ',
        }),
        attributes: param.fields.iter().map(attribute).collect(),
        since: param.since.clone(),
        until: param.until.clone(),
    }
}

fn attribute(attribute: &spec::Attribute) -> ir::Attribute {
    ir::Attribute {
        name: attribute.name.clone(),
        ty: match attribute.ty {
            spec::AttributeType::Oid => "Oid",
            spec::AttributeType::SmallInteger => "SmallInteger",
            spec::AttributeType::Integer => "Integer",
            spec::AttributeType::BigInteger => "BigInteger",
            spec::AttributeType::Single => "Single",
            spec::AttributeType::Double => "Double",
            spec::AttributeType::String => "String",
            spec::AttributeType::Date => "Date",
            spec::AttributeType::Guid => "Guid",
        },
        length: attribute.length,
        doc: attribute.doc.clone(),
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
        ParameterType::LocationExpressions => ir::Type::Value("LocationExpressions"),
        ParameterType::OutputName => ir::Type::OutputName,
        ParameterType::Context => ir::Type::Context,
        ParameterType::Object => ir::Type::Object(object()),
        ParameterType::ObjectList => ir::Type::ObjectList(object()),
        ParameterType::Json => ir::Type::Json,
        ParameterType::IntegerList => ir::Type::IntegerList,
        ParameterType::Distance => ir::Type::Value("Distance"),
        ParameterType::ArealUnit => ir::Type::Value("ArealUnit"),
        ParameterType::TimeUnit => ir::Type::Value("TimeUnit"),
        ParameterType::FeatureSet => ir::Type::Value("FeatureSetInput"),
        ParameterType::RasterInput => ir::Type::Value("RasterInput"),
        ParameterType::RasterInputList => ir::Type::ValueList("RasterInput"),
        ParameterType::RasterOrFeatureInput => ir::Type::Value("RasterOrFeatureInput"),
        ParameterType::ImageCollectionInput => ir::Type::Value("ImageCollectionInput"),
        ParameterType::RasterOutputName => ir::Type::Value("RasterOutputName"),
        ParameterType::ItemOutputName => ir::Type::Value("ItemOutputName"),
        ParameterType::DatasetName => ir::Type::Value("DatasetName"),
        ParameterType::RasterContext => ir::Type::Value("RasterContext"),
        ParameterType::GeoAnalyticsContext => ir::Type::Value("GeoAnalyticsContext"),
        ParameterType::Extent => ir::Type::Value("Extent"),
        ParameterType::SpatialReference => ir::Type::Value("SpatialReference"),
        ParameterType::DataFile => ir::Type::Value("DataFile"),
        ParameterType::Field => ir::Type::Value("Field"),
        ParameterType::ValueTable => ir::Type::Value("ValueTable"),
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
    use spec::TaskResultType as Ty;
    let object = result.object.clone().unwrap_or_default();
    let (ty, rust_type) = match result.ty {
        Ty::FeatureLayer => ("FeatureLayer", "LayerOutput"),
        Ty::Table => ("Table", "LayerOutput"),
        Ty::ProcessInfo => ("ProcessInfo", "ProcessInfo"),
        Ty::RasterLayer => ("RasterLayer", "RasterOutput"),
        Ty::Item => ("Item", "ItemOutput"),
        Ty::ItemList => ("ItemList", "Vec<ItemOutput>"),
        Ty::File => ("File", "FileOutput"),
        Ty::FileList => ("FileList", "Vec<FileOutput>"),
        Ty::Text => ("Text", "String"),
        Ty::TextList => ("TextList", "Vec<String>"),
        Ty::Boolean => ("Boolean", "bool"),
        Ty::Number => ("Number", "f64"),
        Ty::Integer => ("Integer", "i64"),
        Ty::DateTime => ("DateTime", "DateTime"),
        Ty::Object => ("Object", object.as_str()),
        Ty::Json => ("Json", "Value"),
    };
    ir::TaskResult {
        wire: result.name.clone(),
        rust: names::result(result),
        ty,
        rust_type: rust_type.to_owned(),
        object: result.object.clone(),
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

/// The names as a parameter's own documentation uses them: parameters of one variant know each other by field.
fn siblings(param: &spec::Parameter, task: &spec::Task, names: &Names) -> Names {
    let variants = task.groups.iter().flat_map(|g| &g.variants);
    let variant = variants
        .filter(|v| v.parameters.len() > 1)
        .find(|v| v.parameters.contains(&param.name));
    let members: Vec<_> = task
        .parameters
        .iter()
        .filter(|p| variant.is_some_and(|v| v.parameters.contains(&p.name)))
        .cloned()
        .collect();
    names.within(&members)
}

/// The enums of the choices that parameters and members list themselves; equal lists of one name are one enum.
fn own_choices(task: &spec::Task, names: &Names) -> Vec<ir::ChoiceType> {
    let params = task
        .parameters
        .iter()
        .map(|p| (p, siblings(p, task, names)));
    let members = task
        .objects
        .values()
        .flat_map(|o| o.members.iter().map(|m| (m, names.within(&o.members))));
    let mut types = Vec::new();
    choices_of(params.chain(members), &mut types);
    types
}

fn choices_of<'a>(
    params: impl Iterator<Item = (&'a spec::Parameter, Names)>,
    types: &mut Vec<ir::ChoiceType>,
) {
    for (param, names) in params {
        let name = names::choice_type(param);
        let own = !param.choices.is_empty() && param.choice_set.is_none();
        if own && types.iter().all(|t| t.name != name) {
            types.push(choice_type(
                &name,
                &names.in_rust(&param.doc),
                &param.choices,
                &names,
            ));
        }
    }
}

/// The service's objects that a task's parameters and results hold, and those that these hold.
fn shared_objects(
    service: &spec::Service,
    task: &spec::Task,
    objects: &[ir::Object],
) -> Vec<ir::Object> {
    let members = task.objects.values().flat_map(|o| &o.members);
    let params = task.parameters.iter().chain(members);
    let results = task.results.iter().filter_map(|r| r.object.as_ref());
    let mut wanted: Vec<&String> = params
        .filter_map(|p| p.object.as_ref())
        .chain(results)
        .filter(|name| !task.objects.contains_key(*name))
        .collect();
    let mut i = 0;
    while let Some(name) = wanted.get(i) {
        let members = service
            .objects
            .get(*name)
            .into_iter()
            .flat_map(|o| &o.members);
        for inner in members.filter_map(|m| m.object.as_ref()) {
            if !wanted.contains(&inner) {
                wanted.push(inner);
            }
        }
        i += 1;
    }
    objects
        .iter()
        .filter(|object| wanted.contains(&&object.name))
        .cloned()
        .collect()
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

fn choice_type(name: &str, doc: &str, values: &[spec::Choice], names: &Names) -> ir::ChoiceType {
    let choices = values.iter().map(|choice| ir::Choice {
        value: choice.value.clone(),
        variant: names::choice(choice),
        doc: choice.doc.clone(),
        rust_doc: names.in_rust(&choice.doc),
        since: choice.since.clone(),
    });
    ir::ChoiceType {
        name: name.to_owned(),
        doc: doc.to_owned(),
        choices: choices.collect(),
    }
}
