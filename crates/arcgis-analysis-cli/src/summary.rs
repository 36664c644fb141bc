//! What came out of a run, for a person.

use crate::print;
use arcgis_analysis::report::{LayerSummary, NamedResult, Report, ResultValue};
use arcgis_analysis::types::{Extent, GeometryType, LayerOutput};

/// Each result in a few lines.
pub(crate) fn of(report: &Report) -> String {
    if report.results.is_empty() {
        return "The job returned no results.\n".to_owned();
    }
    report.results.iter().map(result).collect()
}

fn result(result: &NamedResult) -> String {
    let name = &result.name;
    match &result.value {
        ResultValue::Layer(LayerOutput::Features(features)) => {
            let summary = LayerSummary::of(features);
            let mut text = format!("{name}: {}{}\n", count(&summary), written(result));
            if !summary.fields.is_empty() {
                text += &print::hanging("  fields  ", &summary.fields.join(", "), 10);
            }
            if let Some(extent) = &summary.extent {
                text += &format!("  extent  {}\n", rectangle(extent));
            }
            text
        }
        ResultValue::Layer(LayerOutput::Hosted(layer)) => {
            let item = layer.item_id.as_ref().map(|id| format!("item {id}"));
            let place: Vec<_> = layer.url.iter().chain(&item).map(String::as_str).collect();
            format!("{name}: hosted layer, {}\n", place.join(", "))
        }
        ResultValue::Item(item) => {
            let id = item.item_id.as_ref().map(|id| format!("item {id}"));
            let place: Vec<_> = id.iter().chain(&item.url).map(String::as_str).collect();
            format!("{name}: {}{}\n", place.join(", "), written(result))
        }
        ResultValue::Messages(info) => {
            let lines = info
                .messages
                .iter()
                .map(|message| print::hanging("  - ", &message.text, 4));
            format!("{name}:\n{}", lines.collect::<String>())
        }
        other => format!("{name}: {:#}\n", other.to_json()),
    }
}

/// Where a result was written to.
fn written(result: &NamedResult) -> String {
    let file = result.file.as_ref();
    let written = file.map(|file| format!(", written to {}", file.path().display()));
    written.unwrap_or_default()
}

fn count(summary: &LayerSummary) -> String {
    let kind = match summary.geometry_type {
        Some(GeometryType::Point) => "point feature",
        Some(GeometryType::Multipoint) => "multipoint feature",
        Some(GeometryType::Polyline) => "line feature",
        Some(GeometryType::Polygon) => "polygon feature",
        _ => "row",
    };
    let plural = if summary.features == 1 { "" } else { "s" };
    format!("{} {kind}{plural}", summary.features)
}

fn rectangle(extent: &Extent) -> String {
    let numbers = [extent.xmin, extent.ymin, extent.xmax, extent.ymax].map(number);
    let [xmin, ymin, xmax, ymax] = numbers;
    let reference = extent
        .spatial_reference
        .as_ref()
        .and_then(|reference| reference.id());
    let reference = reference
        .map(|id| format!(" (EPSG:{id})"))
        .unwrap_or_default();
    format!("{xmin}, {ymin} to {xmax}, {ymax}{reference}")
}

/// A coordinate to a tenth of a metre on the ground, if it is in degrees.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_more_digits_than_they_need() {
        for (value, text) in [
            (20.0, "20"),
            (-0.25, "-0.25"),
            (1.0 / 3.0, "0.333333"),
            (-1e-9, "0"),
            (1e7, "10000000"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
