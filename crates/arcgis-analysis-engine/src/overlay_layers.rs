//! Overlay Layers: two layers become one by intersection, union or erasure.
//!
//! # Method
//!
//! Polygons are repaired (even-odd) and combined on one 64-bit grid common to both layers; edges are straight in the
//! reference of `inputLayer`, into which the other layer is brought. Vertices come back bit for bit, so that pieces which
//! share borders go on to. Rings narrower than a millimetre on average are removed.
//!
//! - `Intersect` gives a piece for each pair of features that have something in common. With the output type `Input` it is
//!   of the lower dimension of the two: points that lie in, on or within the tolerance of the other feature, the parts of
//!   lines within an area or on its border, the stretches that lines share, the areas that polygons share. `Line` gives
//!   the parts of lines within areas, or what borders or lines share along their length; `Point` gives the places where
//!   lines or borders meet without running along each other, as multipoints.
//! - `Union` gives the intersections, and what is left of the features of either layer.
//! - `Erase` gives what is left of the features of `inputLayer` outside of `overlayLayer`, whose features must not be of a
//!   lower dimension.
//!
//! With `tolerance` the vertices of `overlayLayer` first move to the vertices, or else the edges, of `inputLayer` that are
//! no farther away. Unless `snapToInput` is set, vertices of `overlayLayer` are then set into the edges of `inputLayer`
//! that pass within the tolerance, which moves these.
//!
//! Results have the attributes of the input feature, then those of the other, and `FID_inputLayer` and
//! `FID_overlayLayer`, the object IDs of both; -1 where a piece of a union lies in one layer only. `Erase` has those of
//! `inputLayer` alone.
//!
//! # Known differences from the service
//!
//! - Which tolerance ArcGIS uses when none is given is not documented; here there is none, except that points lie on a line
//!   or on each other up to a millimetre.
//! - Attributes of the layer that a piece of a union does not lie in are null. What ArcGIS writes there is not documented.
//! - Features of one layer that overlap each other are not cut at each other's borders.
//! - The names of the fields for object IDs are not documented.

use crate::chart::Chart;
use crate::layer::Layer;
use crate::measure::TOLERANCE;
use crate::overlay::lines::{Edges, along, clip, meetings};
use crate::overlay::snap::{Target, foot, squared};
use crate::overlay::{Grid, Position, Region};
use crate::point_in_polygon::{Side, locate};
use crate::prepared::{Prepared, Solid, grid_for};
use crate::refusal::unknown_word;
use crate::spatial_reference::Reference;
use crate::table::{Table, begun, carried, geometry};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::overlay_layers::{OutputType, OverlayLayers, OverlayType};
use arcgis_analysis_types::{
    AttributeValue, FeatureCollection, FieldType, GeometryKind, GeometryType, Task,
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: OverlayLayers::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let pieces = overlay_layers(&OverlayLayers::from_json(params)?, control)?;
        Ok(vec![("outputLayer", pieces.into())])
    },
};

const FIDELITY: &str = "Without a tolerance borders meet exactly or not at all; ArcGIS's own tolerance is not documented. \
    Features of one layer that overlap are not cut at each other's borders, and in a union the attributes of the layer that \
    a piece does not lie in are null.";

const TASK: &str = "OverlayLayers";
const IDS: [&str; 2] = ["FID_inputLayer", "FID_overlayLayer"];

/// A feature of the result: its geometry, and the features of either layer that it comes from.
struct Piece {
    solid: Solid,
    from: [Option<usize>; 2],
}

/// What both layers are compared with.
pub(crate) struct Plan {
    pub(crate) reference: Reference,
    pub(crate) grid: Grid,
    /// How far apart places may be and still be the same, in the units of the reference.
    pub(crate) same: f64,
    pub(crate) output: OutputType,
}

/// Computes an Overlay Layers task.
///
/// # Errors
/// When a parameter breaks a rule, when the features do not travel with the call or the layers need a change of spatial
/// reference that is not computed here, when features are to be erased by features of a lower dimension, and when the
/// analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, overlay_layers};
/// use arcgis_analysis_spatial::overlay_layers::OverlayLayers;
/// use arcgis_analysis_types::FeatureCollection;
///
/// let square = |x: i32| FeatureCollection::from_geojson(&format!(
///     r#"{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates":
///         [[[{x}, 0], [{}, 0], [{}, 2], [{x}, 2], [{x}, 0]]]}}}}"#, x + 2, x + 2));
/// let common = overlay_layers(&OverlayLayers::new(square(0)?, square(1)?), &Control::new())?;
/// assert_eq!(common.feature_set.features.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn overlay_layers(
    task: &OverlayLayers,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let kinds = [
        GeometryKind::Point,
        GeometryKind::Line,
        GeometryKind::Polygon,
    ];
    let mut input = Layer::read(&task.input_layer, "inputLayer")?;
    let mut other = Layer::read(&task.overlay_layer, "overlayLayer")?;
    let context = input.settled(task.context.as_ref());
    for layer in [&mut input, &mut other] {
        layer.expect(&kinds)?;
        layer.limit(context.as_ref())?;
    }
    let overlay = task
        .overlay_type
        .as_ref()
        .unwrap_or(&OverlayType::Intersect);
    let dimensions = [&input, &other].map(|layer| dimension(layer.kind));
    if *overlay == OverlayType::Erase && dimensions[1] < dimensions[0] {
        return Err(EngineError::input(
            other.param,
            format!(
                "has {} features, which cannot erase {} features; give features of the same or a higher dimension",
                other.kind, input.kind
            ),
        ));
    }
    let out = input.out_reference(task.context.as_ref())?;
    let to_out = input.reference.change_to(&out, "context")?;
    let reference = input.reference.clone();
    let plan = Plan {
        grid: grid_for(&[&input, &other], &reference)?,
        same: reference.coordinates.units(TOLERANCE),
        output: task.output_type.clone().unwrap_or(OutputType::Input),
        reference,
    };
    let mut a = Prepared::new(&input, &plan.reference, plan.grid, control)?;
    let mut b = Prepared::new(&other, &plan.reference, plan.grid, control)?;
    control.progress(1, 10);
    if let Some(tolerance) = task.tolerance.filter(|tolerance| *tolerance > 0.0) {
        b = plan.snapped(&b, &a, tolerance, control)?;
        if !task.snap_to_input.unwrap_or(false) {
            a = plan.snapped(&a, &b, tolerance, control)?;
        }
        control.progress(2, 10);
    }
    let nothing = a
        .solids
        .iter()
        .chain(&b.solids)
        .filter(|solid| **solid == Solid::Nothing)
        .count();
    if nothing > 0 {
        control.warn(&format!(
            "{nothing} features without a geometry, or without any extent, take no part."
        ));
    }

    let mut pieces = Vec::new();
    let lower = dimensions[0].min(dimensions[1]);
    let result = match (overlay, &plan.output) {
        (OverlayType::Erase, _) => dimensions[0],
        (OverlayType::Intersect, OutputType::Line) => 1,
        (OverlayType::Intersect, OutputType::Point) => 0,
        _ => lower,
    };
    match overlay {
        OverlayType::Intersect => pieces.extend(plan.common(&a, &b, control)?),
        OverlayType::Erase => pieces.extend(plan.rest(&a, &b, 0, control)?),
        OverlayType::Union => {
            pieces.extend(plan.common(&a, &b, control)?);
            pieces.extend(plan.rest(&a, &b, 0, control)?);
            pieces.extend(plan.rest(&b, &a, 1, control)?);
        }
        other => return Err(unknown_word(TASK, "overlayType", other)),
    }
    control.check()?;
    pieces
        .par_iter_mut()
        .for_each(|piece| piece.solid.change(to_out));
    let geometry_type = match result {
        0 if plan.output == OutputType::Point && lower > 0 => GeometryType::Multipoint,
        0 if pieces
            .iter()
            .any(|piece| piece.solid.positions().count() > 1) =>
        {
            GeometryType::Multipoint
        }
        0 => GeometryType::Point,
        1 => GeometryType::Polyline,
        _ => GeometryType::Polygon,
    };
    let layers: &[&Layer] = if *overlay == OverlayType::Erase {
        &[&input]
    } else {
        &[&input, &other]
    };
    control.progress(1, 1);
    table(layers, pieces, geometry_type, &out)
}

fn table(
    layers: &[&Layer],
    pieces: Vec<Piece>,
    geometry_type: GeometryType,
    out: &Reference,
) -> Result<FeatureCollection, EngineError> {
    let mut table = Table::new(&IDS[..layers.len()]);
    let mut names = Vec::new();
    for (layer, id) in layers.iter().zip(IDS) {
        table.add(id, FieldType::Oid);
        let own = layer
            .fields
            .iter()
            .filter(|field| layer.object_id_field.as_deref() != Some(field.name.as_str()));
        names.push(
            own.map(|field| (field.name.clone(), table.carry(field)))
                .collect::<Vec<_>>(),
        );
    }
    let room = table.names().count();
    table.fill(pieces.into_par_iter().map(|piece| {
        let mut row = begun(room);
        for (((layer, id), names), from) in layers.iter().zip(IDS).zip(&names).zip(piece.from) {
            let number = match from {
                None => (-1).into(),
                Some(from) => layer.object_id(from),
            };
            row.insert(id, number);
            match from {
                Some(from) => row.extend(carried(layer.features[from].attributes, names)),
                None => row.extend(names.iter().map(|(_, here)| (here, AttributeValue::NULL))),
            }
        }
        (geometry(&piece.solid, geometry_type), row)
    }));
    table.finish_as("outputLayer", Some((geometry_type, out)))
}

impl Plan {
    fn snapped(
        &self,
        layer: &Prepared,
        to: &Prepared,
        tolerance: f64,
        control: &Control,
    ) -> Result<Prepared, EngineError> {
        let target = Target::new(to, tolerance);
        let snap = |solid: &Solid| {
            control.check()?;
            Ok(target.snap(solid, self.grid))
        };
        let solids = layer
            .solids
            .par_iter()
            .map(snap)
            .collect::<Result<_, EngineError>>()?;
        Ok(Prepared::index(solids, self.reference.coordinates))
    }

    /// What the features of one layer have in common with those of the other, pair by pair.
    fn common(
        &self,
        a: &Prepared,
        b: &Prepared,
        control: &Control,
    ) -> Result<Vec<Piece>, EngineError> {
        let done = AtomicUsize::new(0);
        let pieces = a.solids.par_iter().enumerate().map(|(i, solid)| {
            control.check()?;
            let near = b.near(solid, self.same).into_iter();
            let pieces = near.filter_map(|j| {
                let solid = self.pair(solid, &b.solids[j]);
                (solid != Solid::Nothing).then_some(Piece {
                    solid,
                    from: [Some(i), Some(j)],
                })
            });
            let pieces: Vec<Piece> = pieces.collect();
            control.progress(
                2 * a.solids.len() + 6 * done.fetch_add(1, Ordering::Relaxed),
                10 * a.solids.len(),
            );
            Ok(pieces)
        });
        let pieces = pieces.collect::<Result<Vec<_>, EngineError>>()?;
        Ok(pieces.into_iter().flatten().collect())
    }

    /// What two features have in common.
    pub(crate) fn pair(&self, a: &Solid, b: &Solid) -> Solid {
        let paths = |paths: Vec<Vec<Position>>| {
            if paths.is_empty() {
                Solid::Nothing
            } else {
                Solid::Paths(paths)
            }
        };
        let points = |points: Vec<Position>| {
            if points.is_empty() {
                Solid::Nothing
            } else {
                Solid::Points(points)
            }
        };
        match (a, b, &self.output) {
            (Solid::Nothing, ..) | (_, Solid::Nothing, _) => Solid::Nothing,
            (Solid::Points(places), other, _) | (other, Solid::Points(places), _) => points(
                places
                    .iter()
                    .copied()
                    .filter(|p| self.touches(*p, other))
                    .collect(),
            ),
            (_, _, OutputType::Point) => points(meetings(&a.lines(), &Edges::new(&b.lines()))),
            (Solid::Area(a), Solid::Area(b), OutputType::Input) => {
                self.area(self.grid.intersection(a, b))
            }
            (Solid::Paths(lines), Solid::Area(area), _)
            | (Solid::Area(area), Solid::Paths(lines), _) => paths(clip(lines, &[area], true)),
            _ => paths(along(&a.lines(), &Edges::new(&b.lines()), true)),
        }
    }

    /// Whether a place lies in or on a geometry, as one on the antimeridian may at either edge of the chart.
    fn touches(&self, place: Position, solid: &Solid) -> bool {
        let twin = Chart::of(self.reference.coordinates).and_then(|chart| chart.twin(place));
        self.holds(place, solid) || twin.is_some_and(|twin| self.holds(twin, solid))
    }

    fn holds(&self, place: Position, solid: &Solid) -> bool {
        let close = |p: Position| squared(p, place) <= self.same * self.same;
        match solid {
            Solid::Points(points) => points.iter().any(|p| close(*p)),
            Solid::Paths(paths) => paths
                .iter()
                .flat_map(|path| path.windows(2))
                .any(|edge| close(foot(edge[0], edge[1], place).1)),
            Solid::Area(region) => region
                .iter()
                .any(|part| locate(part, place) != Side::Outside),
            Solid::Nothing => false,
        }
    }

    fn area(&self, mut region: Region) -> Solid {
        self.reference
            .coordinates
            .drop_slivers(&mut region, TOLERANCE);
        if region.is_empty() {
            Solid::Nothing
        } else {
            Solid::Area(region)
        }
    }

    /// What is left of the features of one layer outside of the other; `side` tells which of the two layers it is.
    fn rest(
        &self,
        a: &Prepared,
        b: &Prepared,
        side: usize,
        control: &Control,
    ) -> Result<Vec<Piece>, EngineError> {
        let pieces = a.solids.par_iter().enumerate().map(|(i, solid)| {
            control.check()?;
            let near: Vec<&Solid> = b
                .near(solid, self.same)
                .into_iter()
                .map(|j| &b.solids[j])
                .collect();
            let solid = self.without(solid, &near);
            let mut from = [None, None];
            from[side] = Some(i);
            Ok((solid != Solid::Nothing).then_some(Piece { solid, from }))
        });
        let pieces = pieces.collect::<Result<Vec<_>, EngineError>>()?;
        Ok(pieces.into_iter().flatten().collect())
    }

    pub(crate) fn without(&self, solid: &Solid, others: &[&Solid]) -> Solid {
        match solid {
            Solid::Points(points) => {
                let left = points
                    .iter()
                    .copied()
                    .filter(|p| !others.iter().any(|other| self.touches(*p, other)));
                let left: Vec<_> = left.collect();
                if left.is_empty() {
                    Solid::Nothing
                } else {
                    Solid::Points(left)
                }
            }
            Solid::Paths(paths) => {
                // All at once, since each by itself would look at the whole line again.
                let areas: Vec<&Region> = others
                    .iter()
                    .filter_map(|other| match other {
                        Solid::Area(area) => Some(area),
                        _ => None,
                    })
                    .collect();
                let left = if areas.is_empty() {
                    let lines: Vec<_> = others.iter().flat_map(|other| other.lines()).collect();
                    along(paths, &Edges::new(&lines), false)
                } else {
                    clip(paths, &areas, false)
                };
                if left.is_empty() {
                    Solid::Nothing
                } else {
                    Solid::Paths(left)
                }
            }
            Solid::Area(region) => {
                let cover = others.iter().filter_map(|other| match other {
                    Solid::Area(area) => Some(area.concat()),
                    _ => None,
                });
                let cover = self.grid.union(cover.collect());
                self.area(self.grid.difference(region, &cover))
            }
            Solid::Nothing => Solid::Nothing,
        }
    }
}

pub(crate) fn dimension(kind: GeometryKind) -> u8 {
    match kind {
        GeometryKind::Point => 0,
        GeometryKind::Line => 1,
        _ => 2,
    }
}
