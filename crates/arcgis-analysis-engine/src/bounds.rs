//! The area to which a call limits its result.

use crate::layer::Layer;
use crate::overlay::{Position, Region};
use crate::point_in_polygon::Side;
use crate::prepared::{Prepared, Solid, grid_for};
use crate::relate::side;
use crate::spatial_reference::Reference;
use crate::{Control, EngineError};
use arcgis_analysis_types::{FeatureInput, GeometryKind};

/// The area of all polygons of a layer.
#[derive(Debug)]
pub(crate) struct Bounds {
    prepared: Prepared,
    pub(crate) region: Region,
}

impl Bounds {
    /// The area that the parameter `boundingPolygonLayer` gives, in a reference.
    pub(crate) fn read(
        input: &FeatureInput,
        reference: &Reference,
        control: &Control,
    ) -> Result<Self, EngineError> {
        let layer = Layer::read(input, "boundingPolygonLayer")?;
        layer.expect(&[GeometryKind::Polygon])?;
        let grid = grid_for(&[&layer], reference)?;
        let prepared = Prepared::new(&layer, reference, grid, control)?;
        let pieces = prepared.solids.iter().filter_map(|solid| match solid {
            Solid::Area(region) => Some(region.concat()),
            _ => None,
        });
        let region = grid.union(pieces.collect());
        Ok(Self { prepared, region })
    }

    /// Whether a place lies within, or on the border.
    pub(crate) fn holds(&self, place: Position) -> bool {
        let near = self.prepared.near(&Solid::Points(vec![place]), 0.0);
        near.into_iter()
            .any(|index| match &self.prepared.solids[index] {
                Solid::Area(region) => side(region, place) != Side::Outside,
                _ => false,
            })
    }
}
