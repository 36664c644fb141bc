//! Summarize Nearby: what lies within distances of features.
//!
//! # Method
//!
//! Around each feature of `sumNearbyLayer` there is an area for each distance, made as Create Buffers makes it: geodesic on
//! the WGS 84 ellipsoid for geographic and Web Mercator data, planar otherwise. A point of `summaryLayer` counts where its
//! own distance from the feature is no greater (`proximity`), each point of a multipoint by itself; of lines and polygons
//! the part within the area is measured, as Summarize Within does. Rows and groups are described in the module `grouped`,
//! statistics in `statistics`.
//!
//! The result has a row for each feature and distance, by feature, then by distance as given, each distance once: the area,
//! or the feature itself where `returnBoundaries` is false. It has the feature's attributes, `BUFF_DIST` with the distance
//! in `units`, and the fields of Summarize Within. Features without a geometry are left out.
//!
//! # Known differences from the service
//!
//! - Travel modes need the street network of ArcGIS and are refused.
//! - Those of Summarize Within in means, deviations and the names of fields, and those of Create Buffers in outlines.

use crate::create_buffers::{Buffers, Plan};
use crate::grouped::{Asked, Member, Summed};
use crate::layer::Layer;
use crate::overlay::{Grid, Region};
use crate::prepared::{Prepared, Solid, grid_for};
use crate::proximity::{Ground, Nearby};
use crate::spatial_reference::{Coordinates, Reference};
use crate::summarize_within::{Area, measured, within};
use crate::table::{Table, drawn, geometry, renamed};
use crate::tasks::{Computed, Support};
use crate::units::{straight_line, straight_metres};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::TravelUnits;
use arcgis_analysis_spatial::summarize_nearby::SummarizeNearby;
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryKind, GeometryType, Task,
};
use rayon::prelude::*;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: SummarizeNearby::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let summed = summarize_nearby(&SummarizeNearby::from_json(params)?, control)?;
        let groups = summed
            .groups
            .map(|groups| ("groupBySummary", groups.into()));
        Ok([("resultLayer", summed.features.into())]
            .into_iter()
            .chain(groups)
            .collect())
    },
};

const FIDELITY: &str = "Straight lines only: travel modes need the street network of ArcGIS. Points are counted by exact \
    distances, geodesic for geographic and Web Mercator data; lines and polygons are measured within outlines that keep to \
    the distance within 0.01 percent of it. Sums are not apportioned.";

const TASK: &str = "SummarizeNearby";
const DISTANCE: &str = "BUFF_DIST";

/// What Summarize Nearby gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, summarize_nearby};
/// use arcgis_analysis_spatial::choices::TravelUnits;
/// use arcgis_analysis_spatial::summarize_nearby::SummarizeNearby;
/// use arcgis_analysis_types::FeatureCollection;
///
/// let station = r#"{"type": "Feature", "properties": {"name": "a station"},
///     "geometry": {"type": "Point", "coordinates": [13.4, 52.5]}}"#;
/// let shops = r#"{"type": "Feature", "properties": {},
///     "geometry": {"type": "MultiPoint", "coordinates": [[13.401, 52.5], [13.42, 52.5]]}}"#;
/// let (stations, shops) = (FeatureCollection::from_geojson(station)?, FeatureCollection::from_geojson(shops)?);
/// let task = SummarizeNearby::new(stations, shops, [0.5, 2.0]).units(TravelUnits::Kilometers);
/// let summed = summarize_nearby(&task, &Control::new())?;
/// let counts: Vec<_> = summed.features.features().iter().map(|f| &f.attributes["Point_Count"]).collect();
/// assert_eq!(counts, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SummarizedNearby {
    /// The areas, or the features, with what lies within their distances: the result `resultLayer`.
    pub features: FeatureCollection,
    /// A row for each value of `groupByField` in each area, when that is given: the result `groupBySummary`.
    pub groups: Option<FeatureCollection>,
}

/// Computes a Summarize Nearby task.
///
/// # Errors
/// When a travel mode is asked for, when a parameter breaks a rule or names a field that is not there or does not fit,
/// when the features do not travel with the call or the layers need a change of spatial reference that is not computed
/// here, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`SummarizedNearby`].
pub fn summarize_nearby(
    task: &SummarizeNearby,
    control: &Control,
) -> Result<SummarizedNearby, EngineError> {
    task.check()?;
    straight_line(TASK, task.near_type.as_ref())?;
    let kinds = [
        GeometryKind::Point,
        GeometryKind::Line,
        GeometryKind::Polygon,
    ];
    let mut centres = Layer::read(&task.sum_nearby_layer, "sumNearbyLayer")?;
    let mut layer = Layer::read(&task.summary_layer, "summaryLayer")?;
    let context = centres.settled(task.context.as_ref());
    let context = context.as_ref();
    for layer in [&mut centres, &mut layer] {
        layer.expect(&kinds)?;
        layer.limit(context)?;
    }
    let shape_units = task.shape_units.as_ref();
    let (measured, unit) = measured(TASK, task.sum_shape, shape_units, layer.kind)?;
    let asked = Asked {
        fields: task.summary_fields.as_deref(),
        by: task.group_by_field.as_ref(),
        extremes: task.minority_majority,
        percent: task.percent_shape,
    };
    let summed = Summed::read(TASK, &layer, measured, asked)?;
    let units = task.units.as_ref().unwrap_or(&TravelUnits::Meters);
    let metres = straight_metres(TASK, "units", units)?;
    let reference = centres.reference.clone();
    let out = centres.out_reference(context)?;
    let to_out = reference.change_to(&out, "context")?;
    layer.reference.change_to(&reference, layer.param)?;

    let plan = Plan::around(TASK, centres, &task.distances, metres)?;
    let buffers = plan.buffers(control)?;
    let centres = &plan.layer;
    let grid = common_grid(centres, &layer, &reference, &task.distances, metres)?;
    let features = Prepared::new(&layer, &reference, grid, control)?;
    let members = if layer.kind == GeometryKind::Point {
        let starts = Prepared::new(centres, &reference, grid, control)?;
        points_near(&starts, &features, &reference, &buffers, metres, control)?
    } else {
        let areas: Vec<Area> = buffers
            .iter()
            .flatten()
            .map(|(_, region)| area(region))
            .collect();
        within(&areas, &features, &reference, grid, control)?
    };

    let mut added = summed.area_fields();
    added.push(DISTANCE.to_owned());
    let mut table = Table::new(&added.iter().map(String::as_str).collect::<Vec<_>>());
    let names: Vec<_> = centres
        .fields
        .iter()
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    table.add(DISTANCE, FieldType::Double);
    let mut group_table = summed.add_fields(&mut table);
    let boundaries = task.return_boundaries.unwrap_or(true);
    let own_type = centres.geometry_type().unwrap_or(GeometryType::Point);
    let rows = centres
        .features
        .iter()
        .zip(&buffers)
        .flat_map(|(feature, buffers)| buffers.iter().map(move |buffer| (feature, buffer)));
    let mut nowhere = 0;
    for ((feature, (distance, region)), mut members) in rows.zip(members) {
        if region.is_empty() {
            nowhere += 1;
            continue;
        }
        members.iter_mut().for_each(|member| member.measure /= unit);
        let mut row = renamed(feature.attributes, &names);
        row.insert(DISTANCE, *distance);
        summed.fill(table.len() + 1, &members, &mut row, &mut group_table);
        let shape = if boundaries {
            let mut solid = Solid::Area(region.clone());
            solid.change(to_out);
            geometry(&solid, GeometryType::Polygon)
        } else {
            drawn(&feature.shape, to_out, own_type)
        };
        table.push(shape, row);
    }
    if nowhere > 0 {
        control.warn(&format!(
            "{nowhere} rows were left out: their features have no geometry, or no extent."
        ));
    }
    control.progress(1, 1);
    let geometry_type = if boundaries {
        GeometryType::Polygon
    } else {
        own_type
    };
    Ok(SummarizedNearby {
        features: table.finish_as("resultLayer", Some((geometry_type, &out)))?,
        groups: group_table.map(|(table, _)| table.finish_rows("groupBySummary")),
    })
}

fn area(region: &Region) -> Area {
    Area {
        solid: if region.is_empty() {
            Solid::Nothing
        } else {
            Solid::Area(region.clone())
        },
        attributes: Attributes::new(),
        bin: None,
    }
}

/// A grid that holds both layers and the areas.
fn common_grid(
    centres: &Layer,
    layer: &Layer,
    reference: &Reference,
    distances: &[f64],
    metres: f64,
) -> Result<Grid, EngineError> {
    let Coordinates::Plane(unit) = reference.coordinates else {
        return grid_for(&[centres, layer], reference);
    };
    let farthest = distances.iter().copied().fold(0.0, f64::max) * metres / unit;
    let positions = centres.positions().chain(layer.positions());
    Ok(Grid::for_positions(positions, farthest))
}

/// The points within each distance of each feature, in the order of the buffers.
fn points_near(
    starts: &Prepared,
    points: &Prepared,
    reference: &Reference,
    buffers: &[Buffers],
    metres: f64,
    control: &Control,
) -> Result<Vec<Vec<Member>>, EngineError> {
    // Each point of a multipoint by itself.
    let (owners, single): (Vec<usize>, Vec<Solid>) = points
        .solids
        .iter()
        .enumerate()
        .flat_map(|(owner, solid)| {
            solid
                .positions()
                .map(move |place| (owner, Solid::Points(vec![*place])))
        })
        .unzip();
    let single = Prepared::index(single, reference.coordinates);
    let ground = Ground::new(reference.coordinates);
    let nearby = Nearby::new(ground, &single);
    let near =
        starts
            .solids
            .par_iter()
            .zip(buffers)
            .enumerate()
            .map(|(index, (solid, buffers))| {
                control.check()?;
                let farthest = buffers.iter().map(|buffer| buffer.0).fold(0.0, f64::max) * metres;
                let also = single.near(solid, 0.0);
                let found = nearby.within(&starts.outline(index, ground), farthest, &also);
                let members = |distance: f64| {
                    let within = found
                        .iter()
                        .filter(move |found| found.1 <= distance * metres);
                    within.map(|(index, _)| Member {
                        feature: owners[*index],
                        measure: 1.0,
                    })
                };
                Ok(buffers
                    .iter()
                    .map(|buffer| members(buffer.0).collect())
                    .collect())
            });
    let near: Vec<Vec<Vec<Member>>> = near.collect::<Result<_, EngineError>>()?;
    Ok(near.into_iter().flatten().collect())
}
