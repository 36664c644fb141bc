//! What is known about a task, as data.

use super::{ident, text};
use crate::ir::{
    Attribute, ChoiceType, Condition, Example, Group, Object, Param, Range, Rule, RuleKind, Task,
    TaskResult, Type, Variant,
};
use crate::lower::names;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The constants of a task, and `META`.
pub(super) fn task(task: &Task) -> TokenStream {
    let choices = task.choices.iter().map(|c| choices(c, &TokenStream::new()));
    let objects = task.objects.iter().map(|o| object(o, &TokenStream::new()));
    let params = constant("PARAMS", "ParamMeta", task.params.iter().map(param));
    let groups = (!task.groups.is_empty()).then(|| {
        constant(
            "GROUPS",
            "GroupMeta",
            task.groups.iter().map(|g| group(g, task)),
        )
    });
    let rules = (!task.rules.is_empty())
        .then(|| constant("RULES", "RuleMeta", task.rules.iter().map(rule)));
    let results = constant("RESULTS", "ResultMeta", task.results.iter().map(result));
    let examples = constant("EXAMPLES", "ExampleMeta", task.examples.iter().map(example));
    let meta = meta(task);
    quote! { #meta #params #groups #rules #results #examples #(#choices)* #(#objects)* }
}

/// The constant that describes an enum's words.
pub(super) fn choices(choice: &ChoiceType, visibility: &TokenStream) -> TokenStream {
    let name = ident(&names::shouting(&choice.name));
    let values = choice.choices.iter().map(|c| {
        let (value, doc, since) = (&c.value, &c.doc, option(&c.since));
        quote!(ChoiceMeta { value: #value, doc: #doc, since: #since })
    });
    quote!(#visibility const #name: &[ChoiceMeta] = &[#(#values),*];)
}

fn meta(task: &Task) -> TokenStream {
    let Task {
        wire: name,
        id,
        arcgis_online,
        category,
        summary,
        description,
        source,
        unconfirmed,
        ..
    } = task;
    let (execution, confidence) = (ident(task.execution), ident(task.confidence));
    let (helper_service, licence, needs) = (
        option(&task.helper_service),
        option(&task.licence),
        option(&task.needs),
    );
    let (credits, failure_code, since, until) = (
        option(&task.credits),
        option(&task.failure_code),
        option(&task.since),
        option(&task.until),
    );
    let groups = if task.groups.is_empty() {
        quote!(&[])
    } else {
        quote!(GROUPS)
    };
    let rules = if task.rules.is_empty() {
        quote!(&[])
    } else {
        quote!(RULES)
    };
    quote! {
        static META: TaskMeta = TaskMeta {
            name: #name,
            id: #id,
            service: &SERVICE,
            helper_service: #helper_service,
            licence: #licence,
            needs: #needs,
            arcgis_online: #arcgis_online,
            execution: Execution::#execution,
            category: #category,
            summary: #summary,
            description: &[#(#description),*],
            source: #source,
            credits: #credits,
            failure_code: #failure_code,
            since: #since,
            until: #until,
            params: PARAMS,
            groups: #groups,
            rules: #rules,
            results: RESULTS,
            confidence: Confidence::#confidence,
            unconfirmed: &[#(#unconfirmed),*],
            examples: EXAMPLES,
        };
    }
}

fn constant(name: &str, ty: &str, values: impl Iterator<Item = TokenStream>) -> TokenStream {
    let (name, ty) = (ident(name), ident(ty));
    quote!(const #name: &[#ty] = &[#(#values),*];)
}

/// The constant that describes an object.
pub(super) fn object(object: &Object, visibility: &TokenStream) -> TokenStream {
    let shouting = names::shouting(&object.name);
    let (name, doc) = (&object.name, &object.doc);
    let (meta, members) = (ident(&shouting), format!("{shouting}_MEMBERS"));
    let list = constant(&members, "ParamMeta", object.members.iter().map(param));
    let members = ident(&members);
    quote! {
        #visibility const #meta: ObjectMeta = ObjectMeta { name: #name, doc: #doc, members: #members };
        #list
    }
}

/// Only what is said of a parameter is written; `OPTIONAL` has the rest.
fn param(param: &Param) -> TokenStream {
    let Param { wire, doc, .. } = param;
    let ty = ty(&param.ty);
    let mut more = Vec::new();
    if param.required {
        more.push(quote!(required: true));
    }
    for (name, value) in [
        ("flag", &param.flag),
        ("default", &param.default),
        ("since", &param.since),
        ("until", &param.until),
    ] {
        if value.is_some() {
            let (name, value) = (ident(name), option(value));
            more.push(quote!(#name: #value));
        }
    }
    if !param.geometry.is_empty() {
        let kinds = kinds(&param.geometry);
        more.push(quote!(geometry: #kinds));
    }
    if let Some(range) = param.range {
        let range = self::range(&range);
        more.push(quote!(range: #range));
    }
    if let Some(separator) = param.separator {
        more.push(quote!(separator: Some(#separator)));
    }
    if !param.attributes.is_empty() {
        let attributes = param.attributes.iter().map(attribute);
        more.push(quote!(attributes: &[#(#attributes),*]));
    }
    quote! {
        ParamMeta {
            name: #wire,
            ty: #ty,
            doc: #doc,
            #(#more,)*
            ..ParamMeta::OPTIONAL
        }
    }
}

fn attribute(attribute: &Attribute) -> TokenStream {
    let Attribute { name, doc, .. } = attribute;
    let ty = ident(attribute.ty);
    let length = match attribute.length.map(Literal::u32_unsuffixed) {
        Some(length) => quote!(Some(#length)),
        None => quote!(None),
    };
    quote!(AttributeMeta { name: #name, ty: FieldType::#ty, length: #length, doc: #doc })
}

fn ty(ty: &Type) -> TokenStream {
    let plain = match ty {
        Type::Choice(choice) => {
            let words = ident(&names::shouting(&choice.name));
            return quote!(ParamType::Choice(#words));
        }
        Type::ChoiceList(choice) => {
            let words = ident(&names::shouting(&choice.name));
            return quote!(ParamType::ChoiceList(#words));
        }
        Type::Object(name) => {
            let object = ident(&names::shouting(name));
            return quote!(ParamType::Object(&#object));
        }
        Type::ObjectList(name) => {
            let object = ident(&names::shouting(name));
            return quote!(ParamType::ObjectList(&#object));
        }
        Type::Text => "Text",
        Type::TextList => "TextList",
        Type::FieldName => "FieldName",
        Type::FieldNameList => "FieldNameList",
        Type::SummaryFields => "SummaryFields",
        Type::Number => "Number",
        Type::NumberList => "NumberList",
        Type::Integer => "Integer",
        Type::Boolean => "Boolean",
        Type::DateTime => "DateTime",
        Type::FeatureInput => "FeatureInput",
        Type::FeatureInputList => "FeatureInputList",
        Type::LinearUnit => "LinearUnit",
        Type::TravelMode => "TravelMode",
        Type::OutputName => "OutputName",
        Type::Context => "Context",
        Type::IntegerList => "IntegerList",
        Type::Value(name) => name,
        Type::ValueList(name) => {
            let list = ident(&format!("{name}List"));
            return quote!(ParamType::#list);
        }
        Type::Json => "Json",
    };
    let plain = ident(plain);
    quote!(ParamType::#plain)
}

fn range(range: &Range) -> TokenStream {
    let number = |n: Option<f64>| match n.map(Literal::f64_unsuffixed) {
        Some(n) => quote!(Some(#n)),
        None => quote!(None),
    };
    let (min, max, exclusive) = (number(range.min), number(range.max), range.exclusive_min);
    quote!(Some(RangeMeta { min: #min, exclusive_min: #exclusive, max: #max }))
}

fn group(group: &Group, task: &Task) -> TokenStream {
    let Group {
        field,
        required,
        doc,
        ..
    } = group;
    let variants = group.variants.iter().map(|v| variant(v, task));
    quote!(GroupMeta { name: #field, required: #required, doc: #doc, variants: &[#(#variants),*] })
}

fn variant(variant: &Variant, task: &Task) -> TokenStream {
    let Variant { name, doc, .. } = variant;
    let params = variant.params.iter().map(|i| &task.params[*i].wire);
    quote!(VariantMeta { name: #name, doc: #doc, params: &[#(#params),*] })
}

fn rule(rule: &Rule) -> TokenStream {
    let kind = match &rule.kind {
        RuleKind::Requires(names) => quote!(Rule::Requires(&[#(#names),*])),
        RuleKind::Forbids(names) => quote!(Rule::Forbids(&[#(#names),*])),
        RuleKind::AtLeastOneOf(names) => quote!(Rule::AtLeastOneOf(&[#(#names),*])),
        RuleKind::AtMostOneOf(names) => quote!(Rule::AtMostOneOf(&[#(#names),*])),
        RuleKind::OnlyWhen(names) => quote!(Rule::OnlyWhen(&[#(#names),*])),
        RuleKind::Geometry(name, geometry) => {
            let kinds = kinds(geometry);
            quote!(Rule::Geometry(#name, #kinds))
        }
        RuleKind::MinItems(name, count) => {
            let count = Literal::usize_unsuffixed(*count);
            quote!(Rule::MinItems(#name, #count))
        }
        RuleKind::LessThan(name, other) => quote!(Rule::LessThan(#name, #other)),
    };
    let when = rule
        .when
        .as_ref()
        .map(condition)
        .map_or_else(|| quote!(None), |c| quote!(Some(#c)));
    let (help, code) = (&rule.help, option(&rule.message_code));
    quote!(RuleMeta { rule: #kind, when: #when, help: #help, message_code: #code })
}

fn condition(from: &Condition) -> TokenStream {
    let all = |parts: &[Condition]| parts.iter().map(condition).collect::<Vec<_>>();
    match from {
        Condition::Present(name) => quote!(Condition::Present(#name)),
        Condition::Absent(name) => quote!(Condition::Absent(#name)),
        Condition::Equals(name, value) => {
            let value = text(value);
            quote!(Condition::Equals(#name, #value))
        }
        Condition::Geometry(name, geometry) => {
            let kinds = kinds(geometry);
            quote!(Condition::Geometry(#name, #kinds))
        }
        Condition::ItemsAtLeast(name, count) => {
            let count = Literal::usize_unsuffixed(*count);
            quote!(Condition::ItemsAtLeast(#name, #count))
        }
        Condition::ItemsAtMost(name, count) => {
            let count = Literal::usize_unsuffixed(*count);
            quote!(Condition::ItemsAtMost(#name, #count))
        }
        Condition::All(parts) => {
            let parts = all(parts);
            quote!(Condition::All(&[#(#parts),*]))
        }
        Condition::Any(parts) => {
            let parts = all(parts);
            quote!(Condition::Any(&[#(#parts),*]))
        }
    }
}

fn result(result: &TaskResult) -> TokenStream {
    let TaskResult {
        wire,
        doc,
        when,
        always,
        ..
    } = result;
    let ty = ident(result.ty);
    let object = match &result.object {
        Some(object) => {
            let object = ident(&names::shouting(object));
            quote!(Some(&#object))
        }
        None => quote!(None),
    };
    let fields = result
        .fields
        .iter()
        .map(|(name, doc)| quote!(FieldMeta { name: #name, doc: #doc }));
    quote! {
        ResultMeta {
            name: #wire,
            ty: ResultType::#ty,
            object: #object,
            doc: #doc,
            when: #when,
            always: #always,
            fields: &[#(#fields),*],
        }
    }
}

fn example(example: &Example) -> TokenStream {
    let (doc, params) = (&example.doc, text(&example.params));
    quote!(ExampleMeta { doc: #doc, params: #params })
}

fn kinds(kinds: &[&'static str]) -> TokenStream {
    let kinds = kinds.iter().map(|k| ident(k));
    quote!(&[#(GeometryKind::#kinds),*])
}

fn option(value: &Option<String>) -> TokenStream {
    match value.as_deref().map(text) {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}
