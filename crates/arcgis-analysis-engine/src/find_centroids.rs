//! Find Centroids: a point for each feature.
//!
//! # Method
//!
//! The centre of a polygon is the centroid of its area, that of a line the centroid of its length, and that of points
//! their mean, in the plane of the data's coordinates: edges are straight there, and longitudes and latitudes are taken as
//! they are drawn. Polygons are repaired (even-odd) first; one without any area is taken as its outline, and a line
//! without any length as its points. A feature that is drawn on beyond the antimeridian keeps together, and one whose parts
//! were cut there, or lie on both sides of it, is seen as a whole, as it hangs together across the widest gap between its
//! parts (`frame`): its polygons are joined where they meet along the antimeridian. Its point is moved onto the chart.
//!
//! With `pointLocation` the point is the place of the feature nearest to its centre, in the same plane: the centre itself
//! where the feature holds it.
//!
//! # Known differences from the service
//!
//! - In which plane ArcGIS computes centres of geographic data is not documented.
//! - Where several places are equally near, which one ArcGIS takes is not documented; here it is the first along the
//!   feature.

use crate::chart::Chart;
use crate::frame::Frame;
use crate::layer::{Layer, SHAPES, Shape};
use crate::measure::centroid;
use crate::overlay::snap::{foot, squared};
use crate::overlay::{Grid, Position, Region, edges};
use crate::point_in_polygon::Side;
use crate::relate::side;
use crate::spatial_reference::Coordinates;
use crate::table::{Table, renamed};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::find_centroids::FindCentroids;
use arcgis_analysis_types::{FeatureCollection, GeometryType, Point, Task};
use rayon::prelude::*;
use rstar::AABB;
use std::borrow::Cow;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindCentroids::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let centroids = find_centroids(&FindCentroids::from_json(params)?, control)?;
        Ok(vec![("outputLayer", centroids.into())])
    },
};

const FIDELITY: &str = "Centres are exact in the plane of the data's coordinates, longitudes and latitudes taken as they are \
    drawn. In which plane ArcGIS computes those of geographic data is not documented.";

/// Computes a Find Centroids task.
///
/// # Errors
/// When the features do not travel with the call or need a change of spatial reference that is not computed here, and
/// when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_centroids};
/// use arcgis_analysis_spatial::find_centroids::FindCentroids;
/// use arcgis_analysis_types::{FeatureCollection, Point};
///
/// let lake = r#"{"type": "Feature", "properties": {"name": "a lake"},
///     "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]]}}"#;
/// let task = FindCentroids::new(FeatureCollection::from_geojson(lake)?);
/// let centroids = find_centroids(&task, &Control::new())?;
/// assert_eq!(centroids.features()[0].geometry, Some(Point::new(1.0, 0.5).into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_centroids(
    task: &FindCentroids,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let layer = Layer::take(
        &task.input_layer,
        "inputLayer",
        &SHAPES,
        task.context.as_ref(),
    )?;
    let out = layer.out_reference(task.context.as_ref())?;
    let change = layer.reference.change_to(&out, "context")?;
    let chart = Chart::of(layer.reference.coordinates);
    let grid = grid_of(&layer);
    let within = task.point_location.unwrap_or(false);
    let centres: Vec<Option<Position>> = layer
        .features
        .par_iter()
        .map(|feature| {
            control.check()?;
            let centre = centre(&feature.shape, layer.reference.coordinates, grid, within);
            Ok(centre.map(|centre| chart.map_or(centre, |chart| chart.wrap(centre))))
        })
        .collect::<Result<_, EngineError>>()?;

    let mut table = Table::new(&[]);
    let names: Vec<_> = layer
        .fields
        .iter()
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    let mut nowhere = 0;
    for (feature, centre) in layer.features.iter().zip(centres) {
        let Some(centre) = centre else {
            nowhere += 1;
            continue;
        };
        let [x, y] = change.apply(centre);
        let row = renamed(feature.attributes, &names);
        table.push(Some(Point::new(x, y).into()), row);
    }
    if nowhere > 0 {
        control.warn(&format!(
            "{nowhere} features without a geometry were left out."
        ));
    }
    control.progress(1, 1);
    table.finish_as("outputLayer", Some((GeometryType::Point, &out)))
}

/// The grid on which the polygons of a layer are repaired, wherever they are seen.
pub(crate) fn grid_of(layer: &Layer) -> Grid {
    let turn = Chart::of(layer.reference.coordinates).map_or(0.0, |chart| 2.0 * chart.half_width());
    Grid::for_positions(layer.positions(), turn)
}

/// The parts of a shape as they lie together, wherever the antimeridian is between them.
fn together(shape: &Shape, coordinates: Coordinates) -> Cow<'_, Shape> {
    let lists: Vec<&[Position]> = match shape {
        Shape::Points(points) => points.chunks(1).collect(),
        Shape::Paths(lists) | Shape::Rings(lists) => {
            let lists = lists.iter().map(Vec::as_slice);
            lists.filter(|list| !list.is_empty()).collect()
        }
        Shape::Nothing => Vec::new(),
    };
    let Some(chart) = Chart::of(coordinates).filter(|_| lists.len() > 1) else {
        return Cow::Borrowed(shape);
    };
    let bounds = |list: &[Position]| {
        let bounds = AABB::from_points(list);
        [bounds.lower(), bounds.upper()]
    };
    let Some(frame) = Frame::around(coordinates, lists.iter().map(|list| bounds(list))) else {
        return Cow::Borrowed(shape);
    };
    // By how much what begins in the west of a list is moved.
    let by = |list: &[Position]| {
        let west = bounds(list)[0];
        chart.eastwards(frame.west, west)[0] - west[0]
    };
    let first = by(lists[0]);
    if lists.iter().all(|list| by(list) == first) {
        return Cow::Borrowed(shape);
    }
    let moved = |list: &[Position]| -> Vec<Position> {
        // A list may be empty.
        let by = if list.is_empty() { 0.0 } else { by(list) };
        list.iter().map(|[x, y]| [x + by, *y]).collect()
    };
    Cow::Owned(match shape {
        Shape::Points(points) => Shape::Points(points.chunks(1).flat_map(moved).collect()),
        Shape::Paths(lists) => Shape::Paths(lists.iter().map(|list| moved(list)).collect()),
        Shape::Rings(lists) => Shape::Rings(lists.iter().map(|list| moved(list)).collect()),
        Shape::Nothing => Shape::Nothing,
    })
}

/// The centre of a feature, or the place of the feature that is nearest to it; over the antimeridian its x goes on.
pub(crate) fn centre(
    shape: &Shape,
    coordinates: Coordinates,
    grid: Grid,
    within: bool,
) -> Option<Position> {
    match &*together(shape, coordinates) {
        Shape::Points(points) => {
            let centre = mean(points.iter())?;
            if within {
                nearest(centre, points.iter().map(|p| (*p, *p)))
            } else {
                Some(centre)
            }
        }
        Shape::Paths(paths) => {
            let edges = || paths.iter().flat_map(|path| steps(path));
            let centre = mean_along(edges()).or_else(|| mean(shape.positions()))?;
            if within {
                nearest(centre, edges())
            } else {
                Some(centre)
            }
        }
        Shape::Rings(rings) => {
            let region = grid.repair(rings);
            let Some(centre) = centroid(&region) else {
                let outline = || rings.iter().flat_map(|ring| edges(ring));
                let centre = mean_along(outline()).or_else(|| mean(shape.positions()))?;
                return if within {
                    nearest(centre, outline())
                } else {
                    Some(centre)
                };
            };
            if within {
                on_or_in(&region, centre)
            } else {
                Some(centre)
            }
        }
        Shape::Nothing => None,
    }
}

/// The edges of a path; a path of a single position has one without length.
fn steps(path: &[Position]) -> impl Iterator<Item = (Position, Position)> + Clone {
    let single = (path.len() == 1).then(|| (path[0], path[0]));
    path.windows(2).map(|edge| (edge[0], edge[1])).chain(single)
}

fn mean<'a>(positions: impl Iterator<Item = &'a Position>) -> Option<Position> {
    let (mut count, mut origin, mut sum) = (0.0, None, [0.0; 2]);
    for position in positions {
        let [x, y] = *origin.get_or_insert(*position);
        sum = [sum[0] + (position[0] - x), sum[1] + (position[1] - y)];
        count += 1.0;
    }
    origin.map(|[x, y]| [x + sum[0] / count, y + sum[1] / count])
}

/// The centroid of edges by their lengths.
fn mean_along(edges: impl Iterator<Item = (Position, Position)>) -> Option<Position> {
    let (mut total, mut origin, mut moment) = (0.0, None, [0.0; 2]);
    for (a, b) in edges {
        let [x, y] = *origin.get_or_insert(a);
        let length = squared(a, b).sqrt();
        moment[0] += length * ((a[0] - x) + (b[0] - x)) / 2.0;
        moment[1] += length * ((a[1] - y) + (b[1] - y)) / 2.0;
        total += length;
    }
    let [x, y] = origin?;
    (total > 0.0).then(|| [x + moment[0] / total, y + moment[1] / total])
}

fn nearest(to: Position, edges: impl Iterator<Item = (Position, Position)>) -> Option<Position> {
    let mut best: Option<(f64, Position)> = None;
    for (a, b) in edges {
        let place = foot(a, b, to).1;
        let distance = squared(place, to);
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, place));
        }
    }
    best.map(|(_, place)| place)
}

/// The place of an area that is nearest to a position.
fn on_or_in(area: &Region, centre: Position) -> Option<Position> {
    if side(area, centre) != Side::Outside {
        return Some(centre);
    }
    let outline = area.iter().flatten().flat_map(|ring| edges(ring));
    let (_, (a, b)) = outline
        .map(|(a, b)| (squared(foot(a, b, centre).1, centre), (a, b)))
        .min_by(|x, y| x.0.total_cmp(&y.0))?;
    let place = foot(a, b, centre).1;
    // Rounding may have put the foot a hair outside; the interior lies to the left of the edge.
    let (length, step) = (
        squared(a, b).sqrt(),
        f64::EPSILON * (place[0].abs() + place[1].abs()),
    );
    for doubling in 0..8 {
        let hair = if doubling == 0 {
            0.0
        } else {
            step * f64::from(1 << doubling) / length
        };
        let moved = [
            place[0] - (b[1] - a[1]) * hair,
            place[1] + (b[0] - a[0]) * hair,
        ];
        if side(area, moved) != Side::Outside {
            return Some(moved);
        }
    }
    // A corner is on the border bit for bit.
    Some(if squared(a, place) <= squared(b, place) {
        a
    } else {
        b
    })
}
