//! Aggregate Points: how many points lie in each area, and statistics of their fields.
//!
//! # Method
//!
//! A point is in a polygon if it is inside or on its border, decided by exact predicates, with edges straight in the
//! polygons' spatial reference; a point on a border that polygons share counts in each (ArcGIS counts points that
//! intersect an area). An R-tree finds the polygons near a point. Each point of a multipoint counts as a point. What is drawn
//! on beyond the antimeridian is looked for where it lies on Earth, and polygons come back as they were drawn.
//! Bins are described in the module `bins`; there a point counts once. Nulls take no part in statistics; areas
//! without points have the count 0 and null statistics.
//!
//! With `groupByField` each area has a number, `Join_ID`, that the rows of the group table repeat. Null is a group
//! of its own. `Majority_<field>` and `Minority_<field>` name the most frequent and the rarest value that occurs in
//! the area; among equals the least, numbers before texts. With `percentPoints` the table has `PercentCount`, and
//! the areas `Majority_<field>_Percent` and `Minority_<field>_Percent`.
//!
//! # Known differences from the service
//!
//! - Where ArcGIS begins its bins, in which projection it lays them out, and which bin has a point on a border is
//!   not documented.
//! - The names of the percent fields and the rule for equals are not documented.

use crate::bins::{Bins, MOST_BINS};
use crate::chart::Chart;
use crate::frame::Frame;
use crate::grouped::{Asked, Measured, Member, Summed};
use crate::layer::{Layer, Shape};
use crate::overlay::{Grid, Position, Ring};
use crate::point_in_polygon::{Side, Slabs};
use crate::prepared::Placing;
use crate::spatial_reference::{Change, Reference};
use crate::table::{Table, polygon, renamed};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, Geometry, GeometryKind, ParameterError, ParameterErrorKind,
    Polygon, Task,
};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: AggregatePoints::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let aggregated = aggregate_points(&AggregatePoints::from_json(params)?, control)?;
        let groups = aggregated
            .groups
            .map(|groups| ("groupSummary", groups.into()));
        Ok([("aggregatedLayer", aggregated.areas.into())]
            .into_iter()
            .chain(groups)
            .collect())
    },
};

const FIDELITY: &str = "Counts and statistics are exact. Bins begin elsewhere than ArcGIS's, and for geographic and \
    Web Mercator data lie on an equal-area projection; which value is named among equally frequent ones is not \
    documented by ArcGIS.";

const TASK: &str = "AggregatePoints";
const COUNT: &str = "Point_Count";
const PERCENT: &str = "PercentCount";
/// Points that are looked up together: so few that they lie near each other, so many that looking up costs little.
const CHUNK: usize = 256;

/// What Aggregate Points gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, aggregate_points};
/// use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
/// use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let point = r#"{"type": "Feature", "properties": {"kind": "school"},
///     "geometry": {"type": "Point", "coordinates": [13.4, 52.5]}}"#;
/// let bins = AggregationAreas::bins(BinType::Hexagon, 2.0, DistanceUnits::Kilometers);
/// let task = AggregatePoints::new(FeatureCollection::from_geojson(point)?, bins).group_by_field("kind");
/// let aggregated = aggregate_points(&task, &Control::new())?;
/// assert_eq!(aggregated.areas.feature_set.features[0].attributes["Point_Count"], 1);
/// assert_eq!(aggregated.groups.map(|table| table.feature_set.features.len()), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AggregatedPoints {
    /// The areas with the number of their points and the statistics: the result `aggregatedLayer`.
    pub areas: FeatureCollection,
    /// A row for each value of `groupByField` in each area, when that is given: the result `groupSummary`.
    pub groups: Option<FeatureCollection>,
}

/// An area, and the points in it by their places in the point layer.
struct Area {
    polygon: Option<Polygon>,
    attributes: Attributes,
    points: Vec<u32>,
}

/// A point, and the place of its feature in the point layer.
type Placed = (Position, u32);

/// Computes an Aggregate Points task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or does not fit, when the features do not travel
/// with the call, have other geometries or need a change of spatial reference that is not computed here, when there
/// would be more than a million bins, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`AggregatedPoints`].
pub fn aggregate_points(
    task: &AggregatePoints,
    control: &Control,
) -> Result<AggregatedPoints, EngineError> {
    task.check()?;
    let mut points = Layer::read(&task.point_layer, "pointLayer")?;
    points.expect(&[GeometryKind::Point])?;
    let context = points.settled(task.context.as_ref());
    let context = context.as_ref();
    points.limit(context)?;
    let measured = Measured {
        count: Some(COUNT.to_owned()),
        sum: None,
        percent: PERCENT,
    };
    let asked = Asked {
        fields: task.summary_fields.as_deref(),
        by: task.group_by_field.as_ref(),
        extremes: task.minority_majority,
        percent: task.percent_points,
    };
    let summed = Summed::read(TASK, &points, measured, asked)?;
    let empty = points
        .features
        .par_iter()
        .filter(|point| point.shape.positions().next().is_none())
        .count();
    if empty > 0 {
        control.warn(&format!("{empty} features without a point were left out."));
    }

    let added = summed.area_fields();
    let mut table = Table::new(&added.iter().map(String::as_str).collect::<Vec<_>>());
    let keep = task.keep_boundaries_with_no_points.unwrap_or(true);
    let (areas, out) = match &task.areas {
        AggregationAreas::Polygons(input) => {
            let polygons = Layer::take(input, "polygonLayer", &[GeometryKind::Polygon], context)?;
            let out = polygons.out_reference(context)?;
            (
                in_polygons(&points, polygons, &out, &mut table, control)?,
                out,
            )
        }
        AggregationAreas::Bins {
            bin_type,
            bin_size,
            bin_size_unit,
        } => {
            let out = points.out_reference(context)?;
            (
                in_bins(
                    &points,
                    (bin_type, *bin_size, bin_size_unit),
                    keep,
                    &out,
                    control,
                )?,
                out,
            )
        }
        _ => {
            return Err(EngineError::Unavailable {
                task: TASK.to_owned(),
                reason: "this version of the engine knows polygons and bins only".to_owned(),
            });
        }
    };

    let mut group_table = summed.add_fields(&mut table);
    for area in areas
        .into_iter()
        .filter(|area| keep || !area.points.is_empty())
    {
        let mut row = area.attributes;
        let members: Vec<Member> = area
            .points
            .iter()
            .map(|&feature| Member {
                feature: feature as usize,
                measure: 1.0,
            })
            .collect();
        summed.fill(table.len() + 1, &members, &mut row, &mut group_table);
        table.push(area.polygon.map(Geometry::Polygon), row);
    }
    control.progress(1, 1);
    Ok(AggregatedPoints {
        areas: table.finish("aggregatedLayer", &out)?,
        groups: group_table.map(|(table, _)| table.finish_rows("groupSummary")),
    })
}

/// The polygons with the points in them.
fn in_polygons(
    points: &Layer,
    polygons: Layer,
    out: &Reference,
    table: &mut Table,
    control: &Control,
) -> Result<Vec<Area>, EngineError> {
    let to_polygons = Placing::of(points, &polygons.reference)?;
    let on_chart = Placing::of(&polygons, &polygons.reference)?;
    let to_out = polygons.reference.change_to(out, "context")?;
    let names: Vec<(String, String)> = polygons
        .fields
        .iter()
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    let rings: Vec<&[Ring]> = polygons
        .features
        .iter()
        .map(|feature| match &feature.shape {
            Shape::Rings(rings) => rings.as_slice(),
            _ => &[],
        })
        .collect();
    let placed: Vec<Cow<[Ring]>> = rings.iter().map(|rings| on_chart.rings(rings)).collect();
    let boxes = placed.iter().enumerate().filter_map(|(index, rings)| {
        let corners = rings.iter().flatten();
        corners.clone().next()?;
        Some(GeomWithData::new(
            Rectangle::from_aabb(AABB::from_points(corners)),
            index,
        ))
    });
    let tree = RTree::bulk_load(boxes.collect());
    let slabs: Vec<Slabs> = placed.par_iter().map(|rings| Slabs::new(rings)).collect();
    drop(placed);

    let placed = points.features.par_iter().enumerate();
    let placed = placed.flat_map_iter(|(index, point)| {
        let positions = point.shape.positions();
        positions.map(move |position| (to_polygons.position(*position), index as u32))
    });
    let mut placed: Vec<Placed> = placed.collect();
    arrange(&mut placed);
    let found: Vec<Vec<(u32, u32)>> = placed
        .par_chunks(CHUNK)
        .map(|chunk| {
            control.check()?;
            let around = AABB::from_points(chunk.iter().map(|(position, _)| position));
            let mut pairs = Vec::with_capacity(CHUNK);
            for near in tree.locate_in_envelope_intersecting(&around) {
                let slabs = &slabs[near.data];
                let within = chunk
                    .iter()
                    .filter(|(position, _)| slabs.locate(*position) != Side::Outside);
                pairs.extend(within.map(|(_, point)| (near.data as u32, *point)));
            }
            Ok(pairs)
        })
        .collect::<Result<_, EngineError>>()?;
    // A place on the antimeridian lies at both edges of the chart.
    let chart = Chart::of(polygons.reference.coordinates);
    let twins = placed
        .iter()
        .filter_map(|(own, point)| Some((*own, chart?.twin(*own)?, *point)));
    let at_twins = twins.flat_map(|(own, twin, point)| {
        let near = tree.locate_in_envelope_intersecting(&AABB::from_point(twin));
        let near = near.map(|near| near.data).filter(|polygon| {
            let side = |place| slabs[*polygon].locate(place);
            side(own) == Side::Outside && side(twin) != Side::Outside
        });
        near.map(|polygon| (polygon as u32, point))
            .collect::<Vec<_>>()
    });
    let at_twins: Vec<(u32, u32)> = at_twins.collect();
    drop(placed);
    control.progress(9, 10);

    let mut members = vec![Vec::new(); rings.len()];
    for (polygon, point) in found.into_iter().flatten().chain(at_twins) {
        members[polygon as usize].push(point);
    }
    let grid = Grid::for_positions(rings.iter().copied().flatten().flatten(), 0.0);
    let areas = polygons.features.par_iter().zip(&rings).zip(members);
    let areas = areas.map(|((feature, rings), mut points)| {
        control.check()?;
        points.sort_unstable();
        Ok(Area {
            polygon: drawn(rings, grid, to_out),
            attributes: renamed(feature.attributes, &names),
            points,
        })
    });
    areas.collect()
}

/// Puts points that are near each other into the same chunk: halves along the longer side, and those in turn.
fn arrange(points: &mut [Placed]) {
    if points.len() <= CHUNK {
        return;
    }
    let bounds = AABB::from_points(points.iter().map(|(position, _)| position));
    let side = |axis: usize| bounds.upper()[axis] - bounds.lower()[axis];
    let axis = usize::from(side(1) > side(0));
    let half = (points.len() / 2).next_multiple_of(CHUNK);
    points.select_nth_unstable_by(half, |a, b| a.0[axis].total_cmp(&b.0[axis]));
    let (left, right) = points.split_at_mut(half);
    rayon::join(|| arrange(left), || arrange(right));
}

/// The polygon for the result: valid, its vertices as they were, brought to the reference of the result.
fn drawn(rings: &[Ring], grid: Grid, change: Change) -> Option<Polygon> {
    let mut region = grid.repair(rings);
    for ring in region.iter_mut().flatten() {
        change.apply_along(ring);
    }
    polygon(&region)
}

/// The bins with the points in them.
fn in_bins(
    points: &Layer,
    wanted: (&BinType, f64, &DistanceUnits),
    keep: bool,
    out: &Reference,
    control: &Control,
) -> Result<Vec<Area>, EngineError> {
    let to_out = points.reference.change_to(out, "context")?;
    let coordinates = points.reference.coordinates;
    let frame = Frame::around_places(coordinates, points.positions().copied());
    let bins = Bins::read(TASK, wanted, coordinates, frame)?;
    let mut members: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    if keep {
        let count = bins.count(points.positions());
        if count > MOST_BINS {
            let problem = format!(
                "is so small that {count:.0} bins would cover the points; give larger bins, or set \
                 keepBoundariesWithNoPoints to false"
            );
            return Err(ParameterError::new(
                ParameterErrorKind::OutOfRange,
                TASK,
                ["binSize"],
                problem,
            )
            .into());
        }
        members.extend(
            bins.cover(points.positions())
                .into_iter()
                .map(|bin| (bin, Vec::new())),
        );
    }
    for (point, index) in points.features.iter().zip(0..) {
        control.check()?;
        for position in point.shape.positions() {
            members.entry(bins.of(*position)).or_default().push(index);
        }
    }
    let areas = members.into_iter().map(|(bin, points)| {
        let mut region = bins.region(bin);
        for ring in region.iter_mut().flatten() {
            to_out.apply_along(ring);
        }
        Area {
            polygon: polygon(&region),
            attributes: Attributes::new(),
            points,
        }
    });
    Ok(areas.filter(|area| area.polygon.is_some()).collect())
}
