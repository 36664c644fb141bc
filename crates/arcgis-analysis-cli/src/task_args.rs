//! A task's parameters as flags.

use crate::failure::Failure;
use arcgis_analysis::params::{self, Params};
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::types::meta::{ParamMeta, ParamType, TaskMeta};
use arcgis_analysis::words;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;

/// Adds the flags of a task, and what it is for, to a command.
pub(crate) fn add(command: Command, task: &'static TaskEntry) -> Command {
    let meta = task.meta;
    let name = command.get_name().to_owned();
    let heading = format!("Parameters of {}", meta.name);
    let rules: Vec<_> = meta
        .groups
        .iter()
        .map(words::group)
        .chain(meta.rules.iter().map(words::rule))
        .collect();
    let command = command
        .about(meta.summary)
        .override_usage(format!(
            "arcgis-analysis {name} {} [PARAMETERS] [OPTIONS]",
            meta.name
        ))
        .mut_arg("task", |arg| arg.hide(true))
        .args(
            meta.params
                .iter()
                .map(|param| arg(meta, param).help_heading(heading.clone())),
        );
    match rules.as_slice() {
        [] => command,
        rules => command.after_help(format!("Rules:\n  {}", rules.join("\n  "))),
    }
}

/// The flag of a parameter. It takes any text: what fits, the task's own type says, in one voice for flags and JSON.
fn arg(meta: &TaskMeta, param: &'static ParamMeta) -> Arg {
    let arg = Arg::new(param.name)
        .long(params::flag(param))
        .value_name(value_name(&param.ty))
        .help(help(meta, param))
        .allow_negative_numbers(true);
    let arg = match param.ty {
        ParamType::FeatureInput | ParamType::FeatureInputList => {
            arg.value_hint(ValueHint::FilePath)
        }
        ParamType::Boolean => arg.num_args(0..=1).default_missing_value("true"),
        _ => arg,
    };
    if params::is_list(&param.ty) {
        arg.num_args(1..).action(ArgAction::Append)
    } else {
        arg
    }
}

/// What a flag's value is called in the help.
pub(crate) fn value_name(ty: &ParamType) -> &'static str {
    match ty {
        ParamType::FieldName | ParamType::FieldNameList => "FIELD",
        ParamType::SummaryFields => "FIELD STATISTIC",
        ParamType::Number | ParamType::NumberList | ParamType::Integer | ParamType::IntegerList => {
            "NUMBER"
        }
        ParamType::Boolean => "true|false",
        ParamType::DateTime => "TIME",
        ParamType::Choice(_) | ParamType::ChoiceList(_) => "CHOICE",
        ParamType::FeatureInput | ParamType::FeatureInputList | ParamType::FeatureSetInput => {
            "FEATURES"
        }
        ParamType::RasterInput | ParamType::RasterInputList | ParamType::ImageCollectionInput => {
            "RASTER"
        }
        ParamType::RasterOrFeatureInput => "RASTER|FEATURES",
        ParamType::RasterOutputName | ParamType::DatasetName => "NAME",
        ParamType::ItemOutputName => "TITLE",
        ParamType::DataFile => "FILE",
        ParamType::LinearUnit | ParamType::Distance => "DISTANCE UNIT",
        ParamType::TravelMode => "MODE",
        ParamType::OutputName => "NAME",
        ParamType::Context
        | ParamType::RasterContext
        | ParamType::GeoAnalyticsContext
        | ParamType::Extent
        | ParamType::Field
        | ParamType::LocationExpressions
        | ParamType::ValueTable
        | ParamType::Object(_)
        | ParamType::ObjectList(_)
        | ParamType::Json => "JSON",
        _ => "TEXT",
    }
}

fn help(meta: &TaskMeta, param: &ParamMeta) -> String {
    let mut notes = Vec::new();
    if is_required(meta, param) {
        notes.push("required".to_owned());
    }
    if let ParamType::Choice(choices) | ParamType::ChoiceList(choices) = param.ty {
        let choices: Vec<_> = choices.iter().map(|choice| choice.value).collect();
        notes.push(format!("choices: {}", choices.join(", ")));
    }
    if !param.geometry.is_empty() {
        notes.push(words::geometries(param.geometry));
    }
    if let Some(range) = &param.range {
        notes.push(words::range(range));
    }
    if let Some(default) = words::default(param) {
        notes.push(format!("default: {default}"));
    }
    notes.into_iter().fold(param.doc.to_owned(), |help, note| {
        format!("{help} [{note}]")
    })
}

/// Whether a call must have the parameter, whatever else it has.
pub(crate) fn is_required(meta: &TaskMeta, param: &ParamMeta) -> bool {
    let mut grouped = meta
        .groups
        .iter()
        .flat_map(|group| group.variants)
        .flat_map(|variant| variant.params);
    param.required && !grouped.any(|name| *name == param.name)
}

/// The parameters that the flags and `--params` give, read and checked.
pub(crate) fn params(task: &TaskEntry, matches: &ArgMatches) -> Result<Value, Failure> {
    let refuse = |error| Failure::of_parameter(task.meta, &error);
    let mut params = match matches.get_one::<PathBuf>("params") {
        Some(path) => Params::from_json_text(task.meta, &base(path)?).map_err(refuse)?,
        None => Params::new(task.meta),
    };
    for param in task.meta.params {
        if let Some(texts) = matches.get_many::<String>(param.name) {
            let texts: Vec<_> = texts.collect();
            params.set(param.name, &texts).map_err(refuse)?;
        }
    }
    let params = params.into_json().map_err(refuse)?;
    task.encode(params.clone()).map_err(refuse)?;
    Ok(params)
}

/// The text of `--params`.
fn base(path: &PathBuf) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        Failure::usage(format!(
            "the parameters cannot be read from `{}` (--params): {error}",
            path.display()
        ))
    })
}
