//! Where the results go: to stdout, and a layer or a file that the task makes to a file.

use crate::events::{self, Voice};
use crate::failure::Failure;
use crate::{exit, print, summary};
use arcgis_analysis::ItemFile;
use arcgis_analysis::output::{OutputError, Target};
use arcgis_analysis::report::{self, LayerError, Report};
use arcgis_analysis::types::meta::{ResultType, TaskMeta};
use arcgis_analysis::types::{DecodeError, ItemOutput};
use clap::ArgMatches;
use std::path::PathBuf;

/// What is wanted of the results, read and checked before anything runs.
pub(crate) struct Delivery {
    pub(crate) out: Option<Target>,
    result: Option<String>,
    /// The item whose file is wanted.
    item: Option<&'static str>,
    pub(crate) voice: Voice,
}

impl Delivery {
    pub(crate) fn read(meta: &TaskMeta, matches: &ArgMatches) -> Result<Self, Failure> {
        let result = matches.get_one::<String>("result").cloned();
        let mut item = None;
        let out = match matches.get_one::<PathBuf>("out") {
            Some(path) => {
                let wanted = report::file_result(meta, result.as_deref())
                    .map_err(|error| refused_result(&error))?;
                item = (wanted.ty == ResultType::Item).then_some(wanted.name);
                let target = match item {
                    Some(_) => Target::prepare_as_is(path),
                    None => Target::prepare(path),
                };
                Some(target.map_err(|error| refused_output(&error))?)
            }
            None => None,
        };
        Ok(Self {
            out,
            result,
            item,
            voice: Voice::of(matches),
        })
    }

    /// Writes the layer that is wanted to its file, or the file of the item, which is downloaded so.
    pub(crate) async fn write(
        &self,
        report: Result<Report, DecodeError>,
        download: impl AsyncFnOnce(&ItemOutput) -> arcgis_analysis::Result<ItemFile>,
    ) -> Result<Report, Failure> {
        let mut report =
            report.map_err(|error| Failure::new(exit::OTHER, "results", error.to_string()))?;
        if let (Some(out), Some(name)) = (&self.out, self.item) {
            let result = report.item_mut(name);
            let result =
                result.map_err(|error| Failure::new(exit::OTHER, "results", error.to_string()))?;
            if let Some(item) = result.item() {
                let file = download(item).await?;
                let written = out.write_bytes(&file.bytes);
                written.map_err(|error| Failure::new(exit::OTHER, "output", error.to_string()))?;
                result.file = Some(out.clone());
            }
        } else if let Some(out) = &self.out {
            let result = report.features_mut(self.result.as_deref());
            let result =
                result.map_err(|error| Failure::new(exit::OTHER, "results", error.to_string()))?;
            if let Some(features) = result.features() {
                let written = out.write(features);
                written.map_err(|error| Failure::new(exit::OTHER, "output", error.to_string()))?;
                result.file = Some(out.clone());
            }
        }
        Ok(report)
    }

    /// Prints what came out.
    pub(crate) fn print(&self, report: &Report) -> Result<(), Failure> {
        match self.voice {
            Voice::Text => print::text(&summary::of(report)),
            Voice::Json => print::document(&report.to_json()),
            Voice::Events => {
                events::results(report.results.iter().map(|result| result.name.as_str()));
                events::ended(report.to_json())
            }
        }
    }
}

fn refused_result(error: &LayerError) -> Failure {
    Failure::usage(format!("{error} (--result)"))
}

fn refused_output(error: &OutputError) -> Failure {
    Failure::usage(format!("{error} (--out)"))
}
