//! Features made ready for a comparison of layers: in one spatial reference, within the chart, valid, and indexed.

use crate::chart::Chart;
use crate::layer::{Layer, Shape};
use crate::overlay::{Grid, Position, Region, Ring};
use crate::proximity::{Ground, Outline};
use crate::spatial_reference::{Change, Coordinates, Reference};
use crate::{Control, EngineError};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A geometry that has been made ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Solid {
    Points(Vec<Position>),
    Paths(Vec<Vec<Position>>),
    Area(Region),
    Nothing,
}

/// The geometries of a layer, by the places of their features.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) solids: Vec<Solid>,
    tree: RTree<GeomWithData<Rectangle<Position>, usize>>,
    chart: Option<Chart>,
    /// The lines of those that run on beyond the chart, as they were drawn.
    drawn: FxHashMap<usize, Vec<Vec<Position>>>,
}

impl Prepared {
    /// Brings a layer into a reference and repairs its polygons on a grid.
    pub(crate) fn new(
        layer: &Layer,
        reference: &Reference,
        grid: Grid,
        control: &Control,
    ) -> Result<Self, EngineError> {
        let solids = solids(layer, reference, grid, control)?;
        let mut prepared = Self::index(solids, reference.coordinates);
        let placing = Placing::of(layer, reference)?;
        let drawn = layer.features.par_iter().enumerate();
        let drawn = drawn.filter_map(|(index, feature)| {
            let lines = placing.beyond(&feature.shape, reference.coordinates)?;
            Some((index, lines))
        });
        prepared.drawn = drawn.collect::<Vec<_>>().into_iter().collect();
        Ok(prepared)
    }

    /// Indexes geometries that are ready.
    pub(crate) fn index(solids: Vec<Solid>, coordinates: Coordinates) -> Self {
        let boxes = solids.iter().enumerate().filter_map(|(index, solid)| {
            Some(GeomWithData::new(
                Rectangle::from_aabb(solid.bounds()?),
                index,
            ))
        });
        let tree = RTree::bulk_load(boxes.collect());
        Self {
            solids,
            tree,
            chart: Chart::of(coordinates),
            drawn: FxHashMap::default(),
        }
    }

    /// The outline of a feature, whose edges are whole where the antimeridian cuts it.
    pub(crate) fn outline(&self, index: usize, ground: Ground) -> Outline<'_> {
        ground.outline(
            &self.solids[index],
            self.drawn.get(&index).map(Vec::as_slice),
        )
    }

    /// The places of the features whose bounds come within `margin` of those of a geometry, over the antimeridian as
    /// elsewhere, in order.
    pub(crate) fn near(&self, solid: &Solid, margin: f64) -> Vec<usize> {
        let Some(bounds) = solid.bounds() else {
            return Vec::new();
        };
        let around = AABB::from_corners(
            bounds.lower().map(|c| c - margin),
            bounds.upper().map(|c| c + margin),
        );
        let in_box = |bounds: AABB<Position>| {
            let found = self.tree.locate_in_envelope_intersecting(&bounds);
            found.map(|found| found.data).collect::<Vec<usize>>()
        };
        let mut found = in_box(around);
        if let Some(half) = self.chart.map(Chart::half_width) {
            let edges = [
                (around.lower()[0] <= -half, 2.0),
                (around.upper()[0] >= half, -2.0),
            ];
            for (_, turns) in edges.into_iter().filter(|(is_over, _)| *is_over) {
                let seen = [around.lower(), around.upper()].map(|[x, y]| [x + turns * half, y]);
                found.extend(in_box(AABB::from_corners(seen[0], seen[1])));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The geometries of a layer, made ready, where none is looked for by its place.
pub(crate) fn solids(
    layer: &Layer,
    reference: &Reference,
    grid: Grid,
    control: &Control,
) -> Result<Vec<Solid>, EngineError> {
    let placing = Placing::of(layer, reference)?;
    let solids = layer.features.par_iter().map(|feature| {
        control.check()?;
        Ok(solid(&feature.shape, placing, reference.coordinates, grid))
    });
    solids.collect()
}

/// The grid on which layers are combined once they are in one reference.
pub(crate) fn grid_for(layers: &[&Layer], reference: &Reference) -> Result<Grid, EngineError> {
    if let Some(chart) = Chart::of(reference.coordinates) {
        return Ok(chart.grid());
    }
    for layer in layers {
        layer.reference.change_to(reference, layer.param)?;
    }
    let positions = layers.iter().flat_map(|layer| layer.positions());
    Ok(Grid::for_positions(positions, 0.0))
}

/// How what a layer draws gets into a reference, and onto its chart where it was drawn on beyond the antimeridian.
///
/// Nothing that is compared, counted or measured goes another way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placing {
    change: Change,
    chart: Option<Chart>,
    /// Where the chart of the layer ends, before the change.
    edge: f64,
}

impl Placing {
    /// How the positions of a layer get into a reference.
    pub(crate) fn of(layer: &Layer, reference: &Reference) -> Result<Self, EngineError> {
        Ok(Self {
            change: layer.change_to(reference)?,
            chart: Chart::of(reference.coordinates),
            edge: Chart::of(layer.reference.coordinates).map_or(f64::INFINITY, Chart::half_width),
        })
    }

    /// The lines of a shape that runs on beyond the chart, as they are drawn; nothing for others.
    fn beyond(self, shape: &Shape, coordinates: Coordinates) -> Option<Vec<Vec<Position>>> {
        let lists = match shape {
            Shape::Paths(lists) | Shape::Rings(lists) => lists,
            _ => return None,
        };
        if !lists.iter().flatten().any(|p| p[0].abs() > self.edge) {
            return None;
        }
        let lists: Vec<Vec<Position>> = lists
            .iter()
            .map(|list| list.iter().map(|p| self.change.apply(*p)).collect())
            .collect();
        Some(match shape {
            Shape::Rings(_) => {
                let mut region = Grid::for_positions(lists.iter().flatten(), 0.0).repair(&lists);
                coordinates.drop_slivers(&mut region, crate::measure::TOLERANCE);
                Solid::Area(region).lines()
            }
            _ => lists,
        })
    }

    /// A single position.
    pub(crate) fn position(self, position: Position) -> Position {
        let position = self.change.apply(position);
        self.chart.map_or(position, |chart| chart.wrap(position))
    }

    /// A path, in pieces where the chart ends.
    fn path(self, path: &[Position]) -> Vec<Vec<Position>> {
        let mut path = path.to_vec();
        self.change.apply_along(&mut path);
        match self.chart {
            Some(chart) => chart.draw_flat_path(&path),
            None => vec![path],
        }
    }

    /// Rings, in pieces where the chart ends.
    pub(crate) fn rings(self, rings: &[Ring]) -> Cow<'_, [Ring]> {
        let ends = self.chart.map_or(f64::INFINITY, Chart::half_width);
        let stays = self.change.is_none()
            && rings
                .iter()
                .flatten()
                .all(|position| position[0].abs() <= ends);
        if stays {
            return Cow::Borrowed(rings);
        }
        let rings = rings.iter().map(|ring| {
            let mut ring = ring.clone();
            self.change.apply_along(&mut ring);
            ring
        });
        Cow::Owned(match self.chart {
            Some(chart) => rings.flat_map(|ring| chart.draw_flat(&ring)).collect(),
            None => rings.collect(),
        })
    }
}

/// A shape, made ready.
pub(crate) fn solid(
    shape: &Shape,
    placing: Placing,
    coordinates: Coordinates,
    grid: Grid,
) -> Solid {
    match shape {
        Shape::Points(points) if !points.is_empty() => {
            Solid::Points(points.iter().map(|p| placing.position(*p)).collect())
        }
        Shape::Paths(paths) => {
            let paths: Vec<_> = paths
                .iter()
                .flat_map(|path| placing.path(path))
                .map(|mut path| {
                    path.dedup();
                    path
                })
                .filter(|path| path.len() > 1)
                .collect();
            if paths.is_empty() {
                Solid::Nothing
            } else {
                Solid::Paths(paths)
            }
        }
        Shape::Rings(rings) => {
            let mut region = grid.repair(&placing.rings(rings));
            coordinates.drop_slivers(&mut region, crate::measure::TOLERANCE);
            if region.is_empty() {
                Solid::Nothing
            } else {
                Solid::Area(region)
            }
        }
        _ => Solid::Nothing,
    }
}

impl Solid {
    /// The positions of all vertices.
    pub(crate) fn positions(&self) -> Box<dyn Iterator<Item = &Position> + '_> {
        match self {
            Self::Points(points) => Box::new(points.iter()),
            Self::Paths(paths) => Box::new(paths.iter().flatten()),
            Self::Area(region) => Box::new(region.iter().flatten().flatten()),
            Self::Nothing => Box::new(std::iter::empty()),
        }
    }

    /// The rectangles around its points, lines and parts, each by itself.
    pub(crate) fn boxes(&self) -> Box<dyn Iterator<Item = [Position; 2]> + '_> {
        let around = |positions: &[Position]| {
            let bounds = AABB::from_points(positions);
            [bounds.lower(), bounds.upper()]
        };
        match self {
            Self::Points(points) => Box::new(points.iter().map(|point| [*point; 2])),
            Self::Paths(paths) => Box::new(paths.iter().map(move |path| around(path))),
            Self::Area(region) => {
                let outer = region.iter().filter_map(|part| part.first());
                Box::new(outer.map(move |ring| around(ring)))
            }
            Self::Nothing => Box::new(std::iter::empty()),
        }
    }

    fn bounds(&self) -> Option<AABB<Position>> {
        self.positions().next()?;
        Some(AABB::from_points(self.positions()))
    }

    /// Brings every position into another reference.
    pub(crate) fn change(&mut self, change: Change) {
        if change.is_none() {
            return;
        }
        match self {
            Self::Points(points) => points.iter_mut().for_each(|p| *p = change.apply(*p)),
            Self::Paths(paths) => paths.iter_mut().for_each(|path| change.apply_along(path)),
            Self::Area(region) => region
                .iter_mut()
                .flatten()
                .for_each(|ring| change.apply_along(ring)),
            Self::Nothing => {}
        }
    }

    /// The lines that a geometry consists of, or that surround it; those that surround it end where they begin.
    pub(crate) fn lines(&self) -> Vec<Vec<Position>> {
        match self {
            Self::Paths(paths) => paths.clone(),
            Self::Area(region) => region
                .iter()
                .flatten()
                .map(|ring| ring.iter().chain(ring.first()).copied().collect())
                .collect(),
            _ => Vec::new(),
        }
    }
}
