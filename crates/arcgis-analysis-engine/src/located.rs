//! Features made ready to be found by place, and geometries brought into another spatial reference: what a feature
//! service does with a layer beside the tasks.

use crate::layer::Layer;
use crate::overlay::Grid;
use crate::prepared::{Prepared, Solid, grid_for};
use crate::relate::{Compared, Relation};
use crate::spatial_reference::{Change, Reference};
use crate::{Control, EngineError};
use arcgis_analysis_types::{
    Extent, Feature, FeatureCollection, FeatureInput, FeatureSet, Geometry, LayerDefinition,
    Position, SpatialReference,
};
use std::fmt;

/// How a geometry that is asked with lies to the features that it finds.
///
/// Edges are straight in the layer's own spatial reference.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::SpatialRelation;
///
/// assert_eq!(SpatialRelation::from_wire("esriSpatialRelWithin"), Some(SpatialRelation::Within));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpatialRelation {
    /// They share a place.
    Intersects,
    /// Their rectangles share a place.
    EnvelopeIntersects,
    /// It holds all of the feature, which may touch its border.
    Contains,
    /// The feature holds all of it; it may touch the feature's border.
    Within,
    /// They share places of their borders only.
    Touches,
    /// The insides meet in something of a lower dimension than the greater of the two, and neither holds the other.
    Crosses,
    /// They are of one dimension, share a part of it, and neither holds the other.
    Overlaps,
}

impl SpatialRelation {
    /// The relation of a name on the wire, such as `esriSpatialRelIntersects`.
    #[must_use]
    pub fn from_wire(word: &str) -> Option<Self> {
        Some(match word {
            "esriSpatialRelIntersects" => Self::Intersects,
            "esriSpatialRelEnvelopeIntersects" | "esriSpatialRelIndexIntersects" => {
                Self::EnvelopeIntersects
            }
            "esriSpatialRelContains" => Self::Contains,
            "esriSpatialRelWithin" => Self::Within,
            "esriSpatialRelTouches" => Self::Touches,
            "esriSpatialRelCrosses" => Self::Crosses,
            "esriSpatialRelOverlaps" => Self::Overlaps,
            _ => return None,
        })
    }

    fn relation(self) -> Option<Relation> {
        Some(match self {
            Self::EnvelopeIntersects => return None,
            Self::Intersects => Relation::Intersects,
            Self::Contains => Relation::Contains,
            Self::Within => Relation::Within,
            Self::Touches => Relation::Touches,
            Self::Crosses => Relation::Crosses,
            Self::Overlaps => Relation::Overlaps,
        })
    }
}

/// The features of a layer, indexed by their places.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{LocatedFeatures, SpatialRelation};
/// use arcgis_analysis_types::{Attributes, Extent, Feature, FeatureCollection, Geometry, Point, SpatialReference};
///
/// let town = |x, y| Feature::new(Point::new(x, y), Attributes::new());
/// let towns = FeatureCollection::new(SpatialReference::WGS84, vec![town(7.6, 47.5), town(13.4, 52.5)]);
/// let located = LocatedFeatures::new(&towns)?;
/// let around_basel = Extent { xmin: 7.0, ymin: 47.0, xmax: 8.0, ymax: 48.0, spatial_reference: None };
/// let found = located.find(
///     &Geometry::from(around_basel.to_polygon()),
///     &SpatialReference::WGS84,
///     SpatialRelation::Intersects,
/// )?;
/// assert_eq!(found, [0]);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
pub struct LocatedFeatures {
    reference: Reference,
    prepared: Prepared,
}

impl LocatedFeatures {
    /// Reads, repairs and indexes the geometries of a layer.
    ///
    /// # Errors
    /// When the layer has no spatial reference, true curves, or coordinates that are no place.
    pub fn new(collection: &FeatureCollection) -> Result<Self, EngineError> {
        let places = FeatureCollection {
            layer_definition: LayerDefinition {
                geometry_type: collection.geometry_type(),
                ..LayerDefinition::default()
            },
            feature_set: FeatureSet {
                spatial_reference: collection.spatial_reference().cloned(),
                features: collection
                    .features()
                    .iter()
                    .map(|feature| Feature {
                        geometry: feature.geometry.clone(),
                        ..Feature::default()
                    })
                    .collect(),
                ..FeatureSet::default()
            },
            filter: None,
        };
        let places = FeatureInput::from(places);
        let layer = Layer::read(&places, "layer")?;
        let grid = grid_for(&[&layer], &layer.reference)?;
        let reference = layer.reference.clone();
        let prepared = Prepared::new(&layer, &reference, grid, &Control::new())?;
        Ok(Self {
            reference,
            prepared,
        })
    }

    /// The places, in the layer's order and counted from 0, of the features to which a geometry lies so.
    ///
    /// # Errors
    /// When the geometry cannot be brought into the layer's spatial reference, or cannot be read.
    pub fn find(
        &self,
        geometry: &Geometry,
        reference: &SpatialReference,
        relation: SpatialRelation,
    ) -> Result<Vec<usize>, EngineError> {
        let asked = Feature {
            geometry: Some(geometry.clone()),
            ..Feature::default()
        };
        let asked = FeatureInput::from(FeatureCollection::new(reference.clone(), vec![asked]));
        let asked = Layer::read(&asked, "geometry")?;
        let grid: Grid = grid_for(&[&asked], &self.reference)?;
        let asked = Prepared::new(&asked, &self.reference, grid, &Control::new())?;
        let asked = asked.solids.first().unwrap_or(&Solid::Nothing);
        let mut found = self.prepared.near(asked, 0.0);
        if let Some(relation) = relation.relation() {
            let mut compared = Compared::new(self.reference.coordinates, asked);
            found.retain(|&index| compared.is(relation, &self.prepared.solids[index]));
        }
        Ok(found)
    }
}

impl fmt::Debug for LocatedFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocatedFeatures")
            .field("reference", &self.reference.name())
            .field("features", &self.prepared.solids.len())
            .finish()
    }
}

/// How positions get from one spatial reference into another.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::ReferenceChange;
/// use arcgis_analysis_types::{Position, SpatialReference};
///
/// let change = ReferenceChange::between(&SpatialReference::WGS84, &SpatialReference::WEB_MERCATOR)?;
/// let mut equator = Position::new(180.0, 0.0);
/// change.apply(&mut equator);
/// assert!((equator.x - 20_037_508.34).abs() < 0.01 && equator.y.abs() < 1e-9);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReferenceChange(Change);

impl From<Change> for ReferenceChange {
    fn from(change: Change) -> Self {
        Self(change)
    }
}

impl ReferenceChange {
    /// How to get from one into the other.
    ///
    /// # Errors
    /// When either is not known, or that change is not computed here.
    pub fn between(from: &SpatialReference, to: &SpatialReference) -> Result<Self, EngineError> {
        let (from, to) = (
            Reference::read(from, "layer")?,
            Reference::read(to, "outSR")?,
        );
        from.change_to(&to, "outSR").map(Self)
    }

    /// Moves a position; its height and measure stay. It is not a number where it has no place there.
    pub fn apply(&self, position: &mut Position) {
        [position.x, position.y] = self.0.apply([position.x, position.y]);
    }

    /// The geometry there, without a spatial reference of its own; none where a part of it has no place there.
    ///
    /// Lines and rings go on over the antimeridian, to longitudes beyond 180 degrees.
    #[must_use]
    pub fn geometry(&self, mut geometry: Geometry) -> Option<Geometry> {
        let along = |line: &mut Vec<Position>| {
            let mut places: Vec<_> = line
                .iter()
                .map(|position| [position.x, position.y])
                .collect();
            self.0.apply_along(&mut places);
            for (position, [x, y]) in line.iter_mut().zip(places) {
                [position.x, position.y] = [x, y];
            }
        };
        let own = match &mut geometry {
            Geometry::Point(point) => {
                self.apply(&mut point.position);
                &mut point.spatial_reference
            }
            Geometry::Multipoint(points) => {
                points.points.iter_mut().for_each(|p| self.apply(p));
                &mut points.spatial_reference
            }
            Geometry::Polyline(line) => {
                line.paths.iter_mut().for_each(along);
                &mut line.spatial_reference
            }
            Geometry::Polygon(polygon) => {
                polygon.rings.iter_mut().for_each(along);
                &mut polygon.spatial_reference
            }
            _ => return None,
        };
        *own = None;
        let is_there = |position: Position| position.x.is_finite() && position.y.is_finite();
        let is_all_there = geometry.positions().all(is_there);
        is_all_there.then_some(geometry)
    }

    /// The rectangle around another one there, whose sides may be bent; none where a part of it has no place there.
    #[must_use]
    pub fn extent(&self, extent: &Extent) -> Option<Extent> {
        let [low, high] = self
            .0
            .apply_to_bounds([[extent.xmin, extent.ymin], [extent.xmax, extent.ymax]])?;
        Some(Extent {
            xmin: low[0],
            ymin: low[1],
            xmax: high[0],
            ymax: high[1],
            spatial_reference: None,
        })
    }
}
