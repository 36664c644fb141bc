//! Dissolve Boundaries: polygons that share field values become one.
//!
//! # Method
//!
//! Polygons are repaired (even-odd), grouped by the values of the dissolve fields, and each group is united on one
//! 64-bit grid common to the whole call. Edges are straight in the layer's spatial reference. Vertices come back
//! bit for bit, those on straight borders too, so features that bordered on each other still do. Rings narrower
//! than a millimetre on average, which rounding leaves between borders that nearly coincide, are removed. What is drawn on
//! beyond the antimeridian is cut there, and lies where it does on Earth.
//!
//! Without dissolve fields all polygons are one group. `multiPartFeatures` decides whether a group becomes one
//! feature or a feature for each of its separate parts; parts that touch in single points are separate, and those that
//! meet along the antimeridian are one. A polygon of several parts counts in each feature that holds one of them.
//!
//! # Known differences from the service
//!
//! - ArcGIS closes gaps up to its tolerance, 1 mm by default, before it dissolves. Here borders meet or they do not.
//! - ArcGIS's page on summary statistics weights means and deviations of polygons by area, and lists this task among
//!   others; it does not show that the task does so. Statistics here are not weighted.

use crate::chart::Chart;
use crate::cover::Cover;
use crate::group::{group_by, key};
use crate::layer::{Layer, Shape};
use crate::measure::TOLERANCE;
use crate::overlay::{Grid, Position, Region};
use crate::point_in_polygon::Side;
use crate::prepared::Placing;
use crate::spatial_reference::{Change, Coordinates};
use crate::statistics::{Summary, no_such_field};
use crate::table::{Table, polygon, value};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_types::{
    Attributes, FeatureCollection, Field, FieldType, Geometry, GeometryKind, ParameterError,
    ParameterErrorKind, Task,
};
use rayon::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: DissolveBoundaries::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let dissolved = dissolve_boundaries(&DissolveBoundaries::from_json(params)?, control)?;
        Ok(vec![("dissolvedLayer", dissolved.into())])
    },
};

const FIDELITY: &str = "Borders must meet exactly: ArcGIS also closes gaps of up to a millimetre. Means and standard \
    deviations are not weighted by area.";

const TASK: &str = "DissolveBoundaries";

/// A feature of the result: an area and the features that it was made of.
struct Merged {
    region: Region,
    members: Vec<usize>,
}

/// Computes a Dissolve Boundaries task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there, when the features do not travel with the call,
/// are no polygons or mix spatial references, and when the analysis was cancelled.
///
/// # Examples
///
/// Two squares side by side become one.
///
/// ```
/// use arcgis_analysis_engine::{Control, dissolve_boundaries};
/// use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
/// use arcgis_analysis_types::FeatureCollection;
///
/// let squares = r#"{"type": "FeatureCollection", "features": [
///     {"type": "Feature", "properties": {}, "geometry":
///         {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}},
///     {"type": "Feature", "properties": {}, "geometry":
///         {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}}
/// ]}"#;
/// let task = DissolveBoundaries::new(FeatureCollection::from_geojson(squares)?);
/// let dissolved = dissolve_boundaries(&task, &Control::new())?;
/// assert_eq!(dissolved.feature_set.features.len(), 1);
/// assert_eq!(dissolved.feature_set.features[0].attributes["Count"], 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn dissolve_boundaries(
    task: &DissolveBoundaries,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let layer = Layer::take(
        &task.input_layer,
        "inputLayer",
        &[GeometryKind::Polygon],
        task.context.as_ref(),
    )?;
    let out = layer.out_reference(task.context.as_ref())?;
    let change = layer.reference.change_to(&out, "context")?;
    let fields = dissolve_fields(task, &layer)?;
    let summary = Summary::read(TASK, task.summary_fields.as_deref(), &layer)?;

    let grid = Grid::for_positions(layer.positions(), 0.0);
    let shapes = repair(&layer, grid, control)?;
    let groups = group_by(
        layer
            .features
            .iter()
            .enumerate()
            .filter(|(i, _)| !shapes[*i].is_empty())
            .map(|(index, feature)| {
                let keys: Vec<_> = fields
                    .iter()
                    .map(|f| key(value(feature.attributes, &f.name)))
                    .collect();
                (json!(keys).to_string(), index)
            }),
    );
    let skipped = layer.features.len() - groups.iter().map(Vec::len).sum::<usize>();
    if skipped > 0 {
        control.warn(&format!(
            "{skipped} features without an area were left out."
        ));
    }

    let multipart = task.multi_part_features.unwrap_or(true);
    let united: Vec<Vec<Merged>> = groups
        .par_iter()
        .map(|members| {
            control.check()?;
            let pieces = members.iter().map(|i| shapes[*i].concat()).collect();
            let mut region = grid.united(pieces, control)?;
            layer
                .reference
                .coordinates
                .drop_slivers(&mut region, TOLERANCE);
            Ok(if multipart {
                vec![Merged {
                    region,
                    members: members.clone(),
                }]
            } else {
                let parts = parts(region, layer.reference.coordinates);
                by_part(parts, members, &shapes)
            })
        })
        .collect::<Result<_, EngineError>>()?;
    control.progress(9, 10);

    let added: Vec<&str> = ["Count"].into_iter().chain(summary.names()).collect();
    let mut table = Table::new(&added);
    let names: Vec<String> = fields.iter().map(|field| table.carry(field)).collect();
    table.add("Count", FieldType::Integer);
    summary.add_fields(&mut table);
    for merged in united.into_iter().flatten() {
        let mut row = Attributes::new();
        if let Some(first) = merged.members.first() {
            let first = layer.features[*first].attributes;
            for (field, name) in fields.iter().zip(&names) {
                row.insert(name, value(first, &field.name).clone());
            }
        }
        row.insert("Count", merged.members.len());
        summary.compute(&merged.members, &mut row);
        table.push(
            polygon(&changed(merged.region, change)).map(Geometry::Polygon),
            row,
        );
    }
    control.progress(1, 1);
    table.finish("dissolvedLayer", &out)
}

fn dissolve_fields<'a>(
    task: &DissolveBoundaries,
    layer: &'a Layer<'a>,
) -> Result<Vec<&'a Field>, EngineError> {
    let wanted = task.dissolve_fields.as_deref().unwrap_or_default();
    let mut fields: Vec<&Field> = Vec::new();
    for name in wanted {
        let field = layer.field(name).ok_or_else(|| {
            ParameterError::new(
                ParameterErrorKind::NotAChoice,
                TASK,
                ["dissolveFields"],
                no_such_field(name, layer),
            )
        })?;
        if !fields.iter().any(|known| known.name == field.name) {
            fields.push(field);
        }
    }
    Ok(fields)
}

/// The valid areas of the features.
fn repair(layer: &Layer, grid: Grid, control: &Control) -> Result<Vec<Region>, EngineError> {
    let placing = Placing::of(layer, &layer.reference)?;
    layer
        .features
        .par_iter()
        .map(|feature| {
            control.check()?;
            Ok(match &feature.shape {
                Shape::Rings(rings) => grid.repair(&placing.rings(rings)),
                _ => Region::new(),
            })
        })
        .collect()
}

/// The separate parts of an area. Those that meet along the antimeridian, where the chart ends, hang together.
fn parts(region: Region, coordinates: Coordinates) -> Vec<Region> {
    let Some(chart) = Chart::of(coordinates) else {
        return region.into_iter().map(|part| vec![part]).collect();
    };
    let half = chart.half_width();
    let stretches = |side: f64| -> Vec<(usize, f64, f64)> {
        let on = |p: Position| (p[0] - side).abs() <= 1e-12 * half;
        let edges = region.iter().enumerate().flat_map(|(index, part)| {
            let edges = part.iter().flat_map(|ring| crate::overlay::edges(ring));
            edges.map(move |(a, b)| (index, a, b))
        });
        let along = edges.filter(|(_, a, b)| on(*a) && on(*b));
        along
            .map(|(index, a, b)| (index, a[1].min(b[1]), a[1].max(b[1])))
            .collect()
    };
    // Each part by the first that it hangs together with.
    let mut first: Vec<usize> = (0..region.len()).collect();
    let easts = stretches(half);
    for (west, south, north) in stretches(-half) {
        for (east, ..) in easts.iter().filter(|(_, s, n)| n.min(north) > s.max(south)) {
            let [a, b] = [first[west], first[*east]];
            let (kept, other) = (a.min(b), a.max(b));
            first
                .iter_mut()
                .filter(|f| **f == other)
                .for_each(|f| *f = kept);
        }
    }
    let mut together: BTreeMap<usize, Region> = BTreeMap::new();
    for (part, first) in region.into_iter().zip(first) {
        together.entry(first).or_default().push(part);
    }
    together.into_values().collect()
}

/// A feature for each part, with the members that have a part of their own in it.
fn by_part(parts: Vec<Region>, members: &[usize], shapes: &[Region]) -> Vec<Merged> {
    let cover = Cover::new(&parts);
    let mut held: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    for member in members {
        for place in shapes[*member].iter().filter_map(|piece| interior(piece)) {
            let inside = cover.sides(place).filter(|(_, side)| *side == Side::Inside);
            for (part, _) in inside {
                if held[part].last() != Some(member) {
                    held[part].push(*member);
                }
            }
        }
    }
    let merged = parts.into_iter().zip(held);
    merged
        .map(|(region, members)| Merged { region, members })
        .collect()
}

/// A position in the interior of a part: in the middle of the widest stretch that a level line cuts from it.
fn interior(part: &[Vec<Position>]) -> Option<Position> {
    let mut heights: Vec<f64> = part.first()?.iter().map(|p| p[1]).collect();
    heights.sort_by(f64::total_cmp);
    heights.dedup();
    // The tallest gap between vertices' heights has no vertex on its middle line.
    let gap = heights
        .windows(2)
        .max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    let y = f64::midpoint(gap[0], gap[1]);
    let mut crossings: Vec<f64> = part
        .iter()
        .flat_map(|ring| crate::overlay::edges(ring))
        .filter(|(a, b)| (a[1] > y) != (b[1] > y))
        .map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
        .collect();
    crossings.sort_by(f64::total_cmp);
    let stretch = crossings
        .chunks_exact(2)
        .max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some([f64::midpoint(stretch[0], stretch[1]), y])
}

fn changed(mut region: Region, change: Change) -> Region {
    for ring in region.iter_mut().flatten() {
        change.apply_along(ring);
    }
    region
}
