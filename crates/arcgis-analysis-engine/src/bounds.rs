//! The area to which a call limits its result.

use crate::cover::Cover;
use crate::layer::Layer;
use crate::overlay::{Position, Region};
use crate::prepared::{Solid, grid_for, solids};
use crate::spatial_reference::Reference;
use crate::{Control, EngineError};
use arcgis_analysis_types::{FeatureInput, GeometryKind};

/// The area of all polygons of a layer.
#[derive(Debug)]
pub(crate) struct Bounds {
    cover: Cover,
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
        let solids = solids(&layer, reference, grid, control)?;
        let pieces = solids.iter().filter_map(|solid| match solid {
            Solid::Area(region) => Some(region.concat()),
            _ => None,
        });
        let region = grid.united(pieces.collect(), control)?;
        Ok(Self {
            cover: Cover::of(&solids, reference.coordinates),
            region,
        })
    }

    /// Whether a place lies within, or on the border.
    pub(crate) fn holds(&self, place: Position) -> bool {
        self.cover.holds(place)
    }
}
