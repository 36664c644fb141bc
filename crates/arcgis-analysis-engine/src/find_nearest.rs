//! Find Nearest: the features of a layer that are nearest to those of another.
//!
//! # Method
//!
//! Distances are the shortest between two geometries (`proximity`): geodesic on the WGS 84 ellipsoid for geographic and Web
//! Mercator data, from geodesic edges, in the plane otherwise. Features that share a place are 0 apart, which is told with edges that are straight in the reference of
//! `analysisLayer`, into which the other layer is brought; polygons are repaired (even-odd) first. Equally near features
//! come in the order of `nearLayer`.
//!
//! - `nearestLayer` holds each feature that was found once, with its attributes.
//! - `connectingLinesLayer` holds a line from each feature to each of its nearest, from place to place where they are
//!   nearest, by feature, then by nearness. Lines have two vertices and are split at the antimeridian; between features
//!   that share a place a line has no length. Their fields are `NearRank`, `Total_<searchCutoffUnits>` with the distance,
//!   `From_ID` and `To_ID` with the object IDs, and the attributes of both features as `From_<field>` and `To_<field>`.
//!
//! Without `searchCutoffUnits` distances are in kilometres.
//!
//! # Known differences from the service
//!
//! - Travel modes need the street network of ArcGIS and are refused.
//! - The service takes at most 5,000 features in each layer; here there is no such limit.
//! - Whether ArcGIS repeats a feature in `nearestLayer` that is near to several is not documented.

use crate::chart::Chart;
use crate::layer::Layer;
use crate::prepared::{Prepared, grid_for};
use crate::proximity::{Ground, Nearby};
use crate::table::{Table, carried, drawn, renamed};
use crate::tasks::{Computed, Support};
use crate::units::{metres, straight_line};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::find_nearest::FindNearest;
use arcgis_analysis_types::{
    FeatureCollection, Field, FieldType, GeometryKind, GeometryType, Polyline, Position, Task,
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindNearest::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let nearest = find_nearest(&FindNearest::from_json(params)?, control)?;
        Ok(vec![
            ("nearestLayer", nearest.features.into()),
            ("connectingLinesLayer", nearest.lines.into()),
        ])
    },
};

const FIDELITY: &str = "Straight lines only: travel modes need the street network of ArcGIS. Distances are exact, on the WGS 84 \
    ellipsoid for geographic and Web Mercator data and planar otherwise.";

const TASK: &str = "FindNearest";

/// What Find Nearest gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_nearest};
/// use arcgis_analysis_spatial::choices::DistanceUnits;
/// use arcgis_analysis_spatial::find_nearest::FindNearest;
/// use arcgis_analysis_types::{FeatureCollection, TravelMode};
///
/// let school = r#"{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [0, 0]}}"#;
/// let hospitals = r#"{"type": "MultiPoint", "coordinates": [[0, 1], [0, 2]]}"#;
/// let hospitals = format!(r#"{{"type": "Feature", "properties": {{}}, "geometry": {hospitals}}}"#);
/// let (schools, hospitals) = (FeatureCollection::from_geojson(school)?, FeatureCollection::from_geojson(&hospitals)?);
/// let task = FindNearest::new(schools, hospitals, TravelMode::StraightLine)
///     .search_cutoff_units(DistanceUnits::Kilometers);
/// let nearest = find_nearest(&task, &Control::new())?;
/// let kilometres = nearest.lines.features()[0].attributes["Total_Kilometers"].as_f64();
/// assert!(kilometres.is_some_and(|length| (length - 110.574).abs() < 0.001));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Nearest {
    /// The features that were found, each once: the result `nearestLayer`.
    pub features: FeatureCollection,
    /// Lines from each feature to its nearest: the result `connectingLinesLayer`.
    pub lines: FeatureCollection,
}

/// Computes a Find Nearest task.
///
/// # Errors
/// When a travel mode is asked for, when a parameter breaks a rule, when the features do not travel with the call or the
/// layers need a change of spatial reference that is not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`Nearest`].
pub fn find_nearest(task: &FindNearest, control: &Control) -> Result<Nearest, EngineError> {
    task.check()?;
    straight_line(TASK, Some(&task.measurement_type))?;
    let kinds = [
        GeometryKind::Point,
        GeometryKind::Line,
        GeometryKind::Polygon,
    ];
    let mut from = Layer::read(&task.analysis_layer, "analysisLayer")?;
    let mut near = Layer::read(&task.near_layer, "nearLayer")?;
    let context = from.settled(task.context.as_ref());
    for layer in [&mut from, &mut near] {
        layer.expect(&kinds)?;
        layer.limit(context.as_ref())?;
    }
    let units = task
        .search_cutoff_units
        .as_ref()
        .unwrap_or(&DistanceUnits::Kilometers);
    let unit = metres(TASK, "searchCutoffUnits", units)?;
    let cutoff = task.search_cutoff.map_or(f64::MAX, |cutoff| cutoff * unit);
    let count = usize::try_from(task.max_count.unwrap_or(100)).unwrap_or(1);
    let reference = from.reference.clone();
    let out = match task.context.as_ref().and_then(|c| c.out_sr.as_ref()) {
        Some(written) => crate::spatial_reference::Reference::read(written, "context")?,
        None => reference.clone(),
    };
    let to_out = reference.change_to(&out, "context")?;
    let grid = grid_for(&[&from, &near], &reference)?;
    let starts = Prepared::new(&from, &reference, grid, control)?;
    let ends = Prepared::new(&near, &reference, grid, control)?;
    warn_of_nothing(&starts, control);
    warn_of_nothing(&ends, control);
    let ground = Ground::new(reference.coordinates);
    let nearby = Nearby::new(ground, &ends);
    let done = AtomicUsize::new(0);
    let found = starts
        .solids
        .par_iter()
        .enumerate()
        .map(|(index, solid)| {
            control.check()?;
            control.progress(
                done.fetch_add(1, Ordering::Relaxed),
                starts.solids.len() + 1,
            );
            let outline = starts.outline(index, ground);
            let also = ends.near(solid, 0.0);
            let nearest = nearby.nearest(&outline, count, cutoff, &also);
            let lines = nearest.into_iter().map(|(index, distance)| {
                (
                    index,
                    distance,
                    ground.between(&outline, &nearby.outlines[index]),
                )
            });
            Ok(lines.collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>, EngineError>>()?;

    let total = format!("Total_{units}");
    let mut lines = Table::new(&["NearRank", &total, "From_ID", "To_ID"]);
    lines.add("NearRank", FieldType::Integer);
    lines.add(&total, FieldType::Double);
    let ids = [("From_ID", &from), ("To_ID", &near)];
    for (name, layer) in ids {
        lines.add(name, id_type(layer));
    }
    let from_names = prefixed(&from, "From_", &mut lines);
    let to_names = prefixed(&near, "To_", &mut lines);
    let chart = Chart::of(reference.coordinates);
    let mut is_found = vec![false; near.features.len()];
    for (start, found) in found.iter().enumerate() {
        for (rank, (end, distance, places)) in found.iter().enumerate() {
            is_found[*end] = true;
            let mut row = arcgis_analysis_types::Attributes::new();
            row.insert("NearRank", rank + 1);
            row.insert(&total, distance / unit);
            row.insert("From_ID", from.object_id(start));
            row.insert("To_ID", near.object_id(*end));
            row.extend(carried(from.features[start].attributes, &from_names));
            row.extend(carried(near.features[*end].attributes, &to_names));
            let pieces = match chart {
                Some(chart) if places[0] != places[1] => {
                    chart.draw_path(&places.map(|place| chart.degrees(chart.wrap(place))))
                }
                _ => vec![places.to_vec()],
            };
            let pieces = pieces.iter().map(|piece| {
                let written = piece.iter().map(|place| {
                    let [x, y] = to_out.apply(*place);
                    Position::new(x, y)
                });
                written.collect::<Vec<_>>()
            });
            lines.push(Some(Polyline::from_paths(pieces).into()), row);
        }
    }
    Ok(Nearest {
        features: found_features(&near, &is_found, &out)?,
        lines: {
            control.progress(1, 1);
            lines.finish_as("connectingLinesLayer", Some((GeometryType::Polyline, &out)))?
        },
    })
}

/// The features of a layer that were found.
fn found_features(
    near: &Layer,
    is_found: &[bool],
    out: &crate::spatial_reference::Reference,
) -> Result<FeatureCollection, EngineError> {
    let change = near.reference.change_to(out, "context")?;
    let geometry_type = near.geometry_type().unwrap_or(GeometryType::Point);
    let mut table = Table::new(&[]);
    let names: Vec<_> = near
        .fields
        .iter()
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    for (feature, _) in near
        .features
        .iter()
        .zip(is_found)
        .filter(|(_, found)| **found)
    {
        let row = renamed(feature.attributes, &names);
        table.push(drawn(&feature.shape, change, geometry_type), row);
    }
    table.finish_as("nearestLayer", Some((geometry_type, out)))
}

/// The type of a layer's object IDs in another layer.
fn id_type(layer: &Layer) -> FieldType {
    let field = layer
        .object_id_field
        .as_deref()
        .and_then(|name| layer.field(name));
    field.map_or(FieldType::Oid, |field| field.field_type.clone())
}

/// Takes over the fields of a layer but its object ID, under names with a prefix.
fn prefixed(layer: &Layer, prefix: &str, table: &mut Table) -> Vec<(String, String)> {
    let fields = layer.fields.iter();
    let fields = fields.filter(|field| {
        field.field_type != FieldType::Oid && layer.object_id_field.as_deref() != Some(&field.name)
    });
    fields
        .map(|field| {
            let mut renamed = Field::clone(field);
            renamed.name = format!("{prefix}{}", field.name);
            renamed.alias = Some(renamed.name.clone());
            (field.name.clone(), table.carry(&renamed))
        })
        .collect()
}

fn warn_of_nothing(layer: &Prepared, control: &Control) {
    let nothing = layer
        .solids
        .iter()
        .filter(|solid| **solid == crate::prepared::Solid::Nothing)
        .count();
    if nothing > 0 {
        control.warn(&format!(
            "{nothing} features without a geometry, or without any extent, were left out."
        ));
    }
}
