//! Summarize Within: what of points, lines or polygons lies within areas.
//!
//! # Method
//!
//! Polygons are repaired (even-odd); edges are straight in the areas' reference, into which the features are brought. A
//! point counts in an area if it lies inside or on the border, each point of a multipoint by itself; of lines and polygons
//! the part within the area is measured (`measure`): on the WGS 84 ellipsoid for geographic and Web Mercator data, in the
//! plane otherwise. Parts shorter than a micrometre or smaller than a square micrometre do not count. Bins are described
//! in the module `bins`, rows and groups in the module `grouped`; bins cover the rectangle around the features. What lies
//! along the border of two bins counts in one of them, the one to the east of it, or to the north of a level border, so that
//! counts and lengths sum up to those of the features.
//!
//! Areas have the polygons' attributes and, with `sumShape`, `Point_Count`, or `Polyline_Count` and
//! `sum_Length_<unit>`, or `Polygon_Count` and `sum_Area_<unit>`. In means and deviations lines and polygons weigh by
//! what of them lies within the area (see `statistics`). `percentShape` adds `PercentCount`, `PercentLength` or `PercentArea`
//! to the table of groups, and the percents of the extremes to areas. `Join_ID`, `Point_Count`, `Polygon_Count`,
//! `sum_Area_<unit>`, `PercentCount` and `PercentArea` are the names in tables that the task has made; those for lines go by
//! them.
//!
//! # Known differences from the service
//!
//! - ArcGIS's page on summary statistics weights means and deviations. It does not say that sums are apportioned; here
//!   sums and extremes are those of the whole values of the features that have a part in the area.
//! - Where ArcGIS begins its bins, which areas it leaves out, and the names of the measures of lines and of the percents of
//!   the extremes are not documented. Statistics are named `sum_<field>` here; older layers of the service have `SUM_<field>`.

use crate::bins::{Bin, Bins, MOST_BINS};
use crate::chart::Chart;
use crate::frame::Frame;
use crate::grouped::{Asked, Measured, Member, Summed};
use crate::layer::{Layer, SHAPES};
use crate::measure::TOLERANCE;
use crate::overlay::Grid;
use crate::overlay::lines::{clip, clip_half_open};
use crate::point_in_polygon::{Side, Slabs};
use crate::prepared::{Prepared, Solid, grid_for, solids};
use crate::spatial_reference::Reference;
use crate::table::{Table, geometry, renamed};
use crate::tasks::{Computed, Support};
use crate::units::shape_unit;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits, ShapeUnits};
use arcgis_analysis_spatial::summarize_within::{SummarizeWithin, SummaryAreas};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, GeometryKind, GeometryType, ParameterError, ParameterErrorKind,
    Task,
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: SummarizeWithin::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let summed = summarize_within(&SummarizeWithin::from_json(params)?, control)?;
        let groups = summed
            .groups
            .map(|groups| ("groupBySummary", groups.into()));
        Ok([("resultLayer", summed.areas.into())]
            .into_iter()
            .chain(groups)
            .collect())
    },
};

const FIDELITY: &str = "Counts, lengths and areas are exact on the WGS 84 ellipsoid for geographic and Web Mercator data, with \
    edges as they are drawn, and planar otherwise. Means and deviations of lines and polygons are weighted as ArcGIS \
    documents it; sums are not apportioned. Bins begin elsewhere than ArcGIS's.";

const TASK: &str = "SummarizeWithin";
/// A length in metres or an area in square metres that is nothing but rounding.
const NOTHING: f64 = 1e-6;

/// What Summarize Within gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, summarize_within};
/// use arcgis_analysis_spatial::choices::ShapeUnits;
/// use arcgis_analysis_spatial::summarize_within::{SummarizeWithin, SummaryAreas};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let square = r#"{"type": "Feature", "properties": {},
///     "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}}"#;
/// let line = r#"{"type": "Feature", "properties": {"kind": "road"},
///     "geometry": {"type": "LineString", "coordinates": [[0, 0], [2, 0]]}}"#;
/// let areas = SummaryAreas::polygons(FeatureCollection::from_geojson(square)?);
/// let task = SummarizeWithin::new(areas, FeatureCollection::from_geojson(line)?)
///     .shape_units(ShapeUnits::Kilometers)
///     .group_by_field("kind");
/// let summed = summarize_within(&task, &Control::new())?;
/// let kilometres = summed.areas.feature_set.features[0].attributes["sum_Length_Kilometers"].as_f64();
/// assert!(kilometres.is_some_and(|length| (length - 111.319).abs() < 0.001));
/// assert!(summed.groups.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SummarizedWithin {
    /// The areas with what lies within them: the result `resultLayer`.
    pub areas: FeatureCollection,
    /// A row for each value of `groupByField` in each area, when that is given: the result `groupBySummary`.
    pub groups: Option<FeatureCollection>,
}

/// An area with its attributes as the result has them.
pub(crate) struct Area {
    pub(crate) solid: Solid,
    pub(crate) attributes: Attributes,
    /// The bin that it is, which shares nothing with others.
    pub(crate) bin: Option<(Bins, Bin)>,
}

/// Computes a Summarize Within task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or does not fit, when the features do not travel
/// with the call, have other geometries or need a change of spatial reference that is not computed here, when there
/// would be more than a million bins, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`SummarizedWithin`].
pub fn summarize_within(
    task: &SummarizeWithin,
    control: &Control,
) -> Result<SummarizedWithin, EngineError> {
    task.check()?;
    let mut layer = Layer::read(&task.summary_layer, "summaryLayer")?;
    layer.expect(&SHAPES)?;
    let context = layer.settled(task.context.as_ref());
    let context = context.as_ref();
    layer.limit(context)?;
    let (measured, unit) = measured(TASK, task.sum_shape, task.shape_units.as_ref(), layer.kind)?;
    let asked = Asked {
        fields: task.summary_fields.as_deref(),
        by: task.group_by_field.as_ref(),
        extremes: task.minority_majority,
        percent: task.percent_shape,
    };
    let summed = Summed::read(TASK, &layer, measured, asked)?;
    let added = summed.area_fields();
    let mut table = Table::new(&added.iter().map(String::as_str).collect::<Vec<_>>());

    let (areas, reference, grid, features) = match &task.areas {
        SummaryAreas::Polygons(input) => {
            let polygons = Layer::take(input, "sumWithinLayer", &[GeometryKind::Polygon], context)?;
            let reference = polygons.reference.clone();
            let grid = grid_for(&[&polygons, &layer], &reference)?;
            let names: Vec<_> = polygons
                .fields
                .iter()
                .map(|field| (field.name.clone(), table.carry(field)))
                .collect();
            let solids = solids(&polygons, &reference, grid, control)?;
            let areas = solids
                .into_iter()
                .zip(&polygons.features)
                .map(|(solid, feature)| Area {
                    solid,
                    attributes: renamed(feature.attributes, &names),
                    bin: None,
                });
            let areas = areas.collect();
            let features = Prepared::new(&layer, &reference, grid, control)?;
            (areas, reference, grid, features)
        }
        SummaryAreas::Bins {
            bin_type,
            bin_size,
            bin_size_unit,
        } => {
            let reference = layer.reference.clone();
            let grid = grid_for(&[&layer], &reference)?;
            let mut solids = solids(&layer, &reference, grid, control)?;
            if let Some(chart) = Chart::of(reference.coordinates) {
                solids.iter_mut().for_each(|solid| settle(solid, chart));
            }
            let features = Prepared::index(solids, reference.coordinates);
            let wanted = (bin_type, *bin_size, bin_size_unit);
            let areas = bins(&reference, &features, wanted)?;
            // Bins reach beyond the features.
            let grid = match Chart::of(reference.coordinates) {
                Some(_) => grid,
                None => {
                    let reached = areas.iter().flat_map(|area| area.solid.positions());
                    Grid::for_positions(reached.chain(layer.positions()), 0.0)
                }
            };
            (areas, reference, grid, features)
        }
        _ => {
            return Err(EngineError::Unavailable {
                task: TASK.to_owned(),
                reason: "this version of the engine knows polygons and bins only".to_owned(),
            });
        }
    };
    let out = match context.and_then(|context| context.out_sr.as_ref()) {
        Some(written) => Reference::read(written, "context")?,
        None => reference.clone(),
    };
    let to_out = reference.change_to(&out, "context")?;
    let nothing = features
        .solids
        .iter()
        .filter(|solid| **solid == Solid::Nothing)
        .count();
    if nothing > 0 {
        control.warn(&format!(
            "{nothing} features without a geometry, or without any extent, were left out."
        ));
    }
    let members = within(&areas, &features, &reference, grid, control)?;

    let mut group_table = summed.add_fields(&mut table);
    for (area, mut members) in areas.into_iter().zip(members) {
        members.iter_mut().for_each(|member| member.measure /= unit);
        let mut row = area.attributes;
        summed.fill(table.len() + 1, &members, &mut row, &mut group_table);
        let mut solid = area.solid;
        solid.change(to_out);
        table.push(geometry(&solid, GeometryType::Polygon), row);
    }
    control.progress(1, 1);
    Ok(SummarizedWithin {
        areas: table.finish("resultLayer", &out)?,
        groups: group_table.map(|(table, _)| table.finish_rows("groupBySummary")),
    })
}

/// The fields of measures, and how many metres or square metres their unit has.
pub(crate) fn measured(
    task: &str,
    sum_shape: Option<bool>,
    shape_units: Option<&ShapeUnits>,
    kind: GeometryKind,
) -> Result<(Measured, f64), EngineError> {
    let (count, sum, percent) = match kind {
        GeometryKind::Point => ("Point_Count", "", "PercentCount"),
        GeometryKind::Line => ("Polyline_Count", "sum_Length_", "PercentLength"),
        _ => ("Polygon_Count", "sum_Area_", "PercentArea"),
    };
    let sums = sum_shape.unwrap_or(true);
    let units = shape_units.filter(|_| kind != GeometryKind::Point);
    let unit = units.map_or(Ok(1.0), |units| shape_unit(task, units))?;
    let measured = Measured {
        count: sums.then(|| count.to_owned()),
        sum: units.filter(|_| sums).map(|units| format!("{sum}{units}")),
        percent,
    };
    Ok((measured, unit))
}

/// Brings what lies along the eastern edge of the chart to its western: the antimeridian belongs to the bins to the east of it.
fn settle(solid: &mut Solid, chart: Chart) {
    let east = chart.half_width();
    match solid {
        Solid::Points(points) => {
            let at_edge = points.iter_mut().filter(|point| point[0] == east);
            at_edge.for_each(|point| point[0] = -east);
        }
        Solid::Paths(paths) => {
            let along = |edge: &[[f64; 2]]| edge[0][0] == east && edge[1][0] == east;
            if !paths.iter().any(|path| path.windows(2).any(along)) {
                return;
            }
            let mut settled: Vec<Vec<[f64; 2]>> = Vec::new();
            for edge in paths.iter().flat_map(|path| path.windows(2)) {
                let edge = match along(edge) {
                    true => [edge[0], edge[1]].map(|[_, y]| [-east, y]),
                    false => [edge[0], edge[1]],
                };
                match settled.last_mut() {
                    Some(path) if path.last() == Some(&edge[0]) => path.push(edge[1]),
                    _ => settled.push(edge.to_vec()),
                }
            }
            *paths = settled;
        }
        Solid::Area(_) | Solid::Nothing => {}
    }
}

/// The bins that cover the features.
fn bins(
    reference: &Reference,
    features: &Prepared,
    wanted: (&BinType, f64, &DistanceUnits),
) -> Result<Vec<Area>, EngineError> {
    let positions = || features.solids.iter().flat_map(Solid::positions);
    let frame = Frame::around(
        reference.coordinates,
        features.solids.iter().flat_map(Solid::boxes),
    );
    let bins = Bins::read(TASK, wanted, reference.coordinates, frame)?;
    let count = bins.count(positions());
    if count > MOST_BINS {
        let problem =
            format!("is so small that {count:.0} bins would cover the features; give larger bins");
        return Err(ParameterError::new(
            ParameterErrorKind::OutOfRange,
            TASK,
            ["binSize"],
            problem,
        )
        .into());
    }
    let regions = bins
        .cover(positions())
        .into_iter()
        .map(|bin| (bin, bins.region(bin)));
    let areas = regions
        .filter(|(_, region)| !region.is_empty())
        .map(|(bin, region)| Area {
            solid: Solid::Area(region),
            attributes: Attributes::new(),
            bin: Some((bins, bin)),
        });
    Ok(areas.collect())
}

/// The features in each area and how much of them, in metres or square metres.
pub(crate) fn within(
    areas: &[Area],
    features: &Prepared,
    reference: &Reference,
    grid: Grid,
    control: &Control,
) -> Result<Vec<Vec<Member>>, EngineError> {
    let chart = Chart::of(reference.coordinates);
    let done = AtomicUsize::new(0);
    let members = areas.par_iter().map(|area| {
        control.check()?;
        control.progress(done.fetch_add(1, Ordering::Relaxed), areas.len() + 1);
        let Solid::Area(region) = &area.solid else {
            return Ok(Vec::new());
        };
        let (mut members, mut slabs) = (Vec::new(), None);
        // The corners of a bin are rounded, and what lies in it is not.
        let margin = area
            .bin
            .map_or(0.0, |_| reference.coordinates.units(TOLERANCE));
        for feature in features.near(&area.solid, margin) {
            let measure = match &features.solids[feature] {
                Solid::Points(points) => {
                    let inside = |place: &&[f64; 2]| match area.bin {
                        Some((bins, bin)) => bins.of(**place) == bin,
                        None => {
                            let slabs = slabs.get_or_insert_with(|| Slabs::new(&region.concat()));
                            let twin = chart.and_then(|chart| chart.twin(**place));
                            let mut seen = std::iter::once(**place).chain(twin);
                            seen.any(|place| slabs.locate(place) != Side::Outside)
                        }
                    };
                    let inside = points.iter().filter(inside).count();
                    members.extend(std::iter::repeat_n(
                        Member {
                            feature,
                            measure: 1.0,
                        },
                        inside,
                    ));
                    continue;
                }
                Solid::Paths(paths) => {
                    let parts = match area.bin {
                        Some(_) => {
                            let pieces = region.iter().flatten();
                            pieces
                                .flat_map(|ring| clip_half_open(paths, ring))
                                .collect()
                        }
                        None => clip(paths, &[region], true),
                    };
                    parts
                        .iter()
                        .map(|part| reference.coordinates.length(part))
                        .sum()
                }
                Solid::Area(other) => reference
                    .coordinates
                    .area(&grid.intersection(region, other)),
                Solid::Nothing => 0.0,
            };
            if measure > NOTHING {
                members.push(Member { feature, measure });
            }
        }
        Ok(members)
    });
    members.collect()
}
