//! The list of tasks.

use crate::failure::Failure;
use crate::{local, print};
use arcgis_analysis::types::TaskEntry;
use arcgis_analysis::types::meta::ServiceMeta;
use arcgis_analysis::{find_service, services};
use clap::ArgMatches;
use serde_json::{Value, json};
use std::fmt::Write;

/// Lists the tasks of all services, or of one.
pub(crate) fn tasks(matches: &ArgMatches) -> Result<(), Failure> {
    let services: Vec<_> = match matches.get_one::<String>("service") {
        Some(name) => vec![find_service(name)?],
        None => services().collect(),
    };
    if matches.get_flag("json") {
        let tasks: Value = services
            .iter()
            .flat_map(|service| of(service))
            .map(to_json)
            .collect();
        print::json(&tasks)
    } else {
        print::text(
            &services
                .iter()
                .map(|service| table(service))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    }
}

fn of(service: &ServiceMeta) -> impl Iterator<Item = &'static TaskEntry> {
    arcgis_analysis::tasks().filter(|task| task.meta.service.id == service.id)
}

/// How wide the column of names may be: of a longer name the rest of the row stands below it.
const NAMES: usize = 27;

/// The tasks of a service in columns: the name, how it is computed without a portal, and what it does.
fn table(service: &ServiceMeta) -> String {
    let mut text = format!("{} ({})\n\n", service.title, service.id);
    let name = of(service)
        .map(|task| task.meta.name.len())
        .max()
        .unwrap_or_default()
        .clamp("TASK".len(), NAMES);
    let row = |task: &str, local: &str, summary: &str| {
        let rest = format!("{local:11}  ");
        let column = 2 + name + 2 + rest.len();
        if task.len() > name {
            let first = " ".repeat(2 + name + 2) + &rest;
            format!("  {task}\n{}", print::hanging(&first, summary, column))
        } else {
            let first = format!("  {task:name$}  {rest}");
            print::hanging(&first, summary, column)
        }
    };
    let mut line = |row: String| text.push_str(&row);
    line(row("TASK", "LOCAL", "WHAT IT DOES"));
    for task in of(service) {
        line(row(
            task.meta.name,
            local::support(task.meta).0,
            task.meta.summary,
        ));
    }
    let _ = write!(text, "\n  LOCAL: how the task is computed by --local.\n");
    text
}

fn to_json(task: &'static TaskEntry) -> Value {
    let meta = task.meta;
    let (support, note) = local::support(meta);
    json!({
        "name": meta.name,
        "id": meta.id,
        "service": meta.service.id,
        "category": meta.category,
        "summary": meta.summary,
        "parameters": meta.params.iter().map(|param| param.name).collect::<Vec<_>>(),
        "results": meta.results.iter().map(|result| result.name).collect::<Vec<_>>(),
        "local": { "support": support, "note": note },
    })
}
