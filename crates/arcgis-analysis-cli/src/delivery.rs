//! Where the results go: to stdout, and a layer or a file that the task makes to a file.

use crate::events::{self, Voice};
use crate::failure::Failure;
use crate::{exit, print, summary};
use arcgis_analysis::ItemFile;
use arcgis_analysis::output::{Format, OutputError, Target};
use arcgis_analysis::report::{self, LayerError, Report};
use arcgis_analysis::types::meta::{ResultType, TaskMeta};
use arcgis_analysis::types::{DecodeError, FeatureCollection, ItemOutput, SpatialReference};
use arcgis_analysis_local::project;
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
                write_features(out, features)
                    .map_err(|problem| Failure::new(exit::OTHER, "output", problem))?;
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

/// Writes features in any spatial reference, in longitude and latitude where the format has no other.
fn write_features(out: &Target, features: &FeatureCollection) -> Result<(), String> {
    // Both of these the writer reads, and where nothing is said it looks at the coordinates.
    let is_read = |reference: &SpatialReference| {
        [SpatialReference::WGS84, SpatialReference::WEB_MERCATOR]
            .iter()
            .any(|known| known.id() == reference.id())
    };
    let is_elsewhere = features
        .spatial_reference()
        .is_some_and(|reference| !is_read(reference));
    let moved = match out.format() {
        Format::GeoJson | Format::Html if is_elsewhere => {
            let moved = project(features, &SpatialReference::WGS84).map_err(|error| {
                format!(
                    "the features cannot be brought to longitude and latitude: {error}; write them to a file that ends \
                     in .esri.json, or run the task where its result can be had in outSR 4326"
                )
            })?;
            Some(moved)
        }
        _ => None,
    };
    out.write(moved.as_ref().unwrap_or(features))
        .map_err(|error| error.to_string())
}

fn refused_result(error: &LayerError) -> Failure {
    Failure::usage(format!("{error} (--result)"))
}

fn refused_output(error: &OutputError) -> Failure {
    Failure::usage(format!("{error} (--out)"))
}
