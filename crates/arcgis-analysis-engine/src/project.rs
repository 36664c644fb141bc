//! Features in another spatial reference.

use crate::EngineError;
use crate::located::ReferenceChange;
use crate::spatial_reference::Reference;
use arcgis_analysis_types::{Feature, FeatureCollection, FeatureSet, Geometry, SpatialReference};

/// The features in another spatial reference, with the attributes and the layer's definition as they are.
///
/// Lines and rings go on over the antimeridian, to longitudes beyond 180 degrees. A table has no place to change.
///
/// # Errors
/// When a geometry has no spatial reference, or one from which the change is not computed here, has true curves, or has no
/// place there.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::project;
/// use arcgis_analysis_types::{Feature, FeatureCollection, Geometry, Point, SpatialReference};
///
/// let berlin = Feature { geometry: Some(Point::new(392_000.0, 5_820_000.0).into()), ..Feature::default() };
/// let berlin = FeatureCollection::new(SpatialReference::wkid(25_833), vec![berlin]);
/// let berlin = project(&berlin, &SpatialReference::WGS84)?;
///
/// let Some(Geometry::Point(point)) = &berlin.features()[0].geometry else {
///     panic!("a point stays a point");
/// };
/// assert!((point.position.x - 13.408).abs() < 0.001 && (point.position.y - 52.519).abs() < 0.001);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
pub fn project<'a>(
    features: &'a FeatureCollection,
    to: &SpatialReference,
) -> Result<FeatureCollection, EngineError> {
    let to_reference = Reference::read(to, "outSR")?;
    let mut changes: Vec<(&'a SpatialReference, ReferenceChange)> = Vec::new();
    let mut moved = |number: usize, geometry: &'a Geometry| {
        let refuse = |problem: &str| {
            EngineError::input("features", format!("{problem} in feature {number}"))
        };
        if geometry.curves().is_some() {
            return Err(refuse("have true curves, which are not projected here,"));
        }
        let own = geometry
            .spatial_reference()
            .or(features.feature_set.spatial_reference.as_ref())
            .ok_or_else(|| refuse("have no spatial reference"))?;
        let known = changes.iter().find(|(from, _)| *from == own);
        let change = match known {
            Some((_, change)) => *change,
            None => {
                let from = Reference::read(own, "features")?;
                let change = from
                    .change(&to_reference)
                    .map_err(|(problem, _)| EngineError::spatial_reference("features", problem))?;
                let change = ReferenceChange::from(change);
                changes.push((own, change));
                change
            }
        };
        change.geometry(geometry.clone()).ok_or_else(|| {
            refuse(&format!(
                "have a position without a place in the spatial reference {}",
                to_reference.name()
            ))
        })
    };
    let moved = features.features().iter().enumerate().map(|(at, feature)| {
        let geometry = feature.geometry.as_ref();
        Ok(Feature {
            geometry: geometry
                .map(|geometry| moved(at + 1, geometry))
                .transpose()?,
            attributes: feature.attributes.clone(),
        })
    });
    let moved = moved.collect::<Result<_, EngineError>>()?;
    let set = &features.feature_set;
    Ok(FeatureCollection {
        layer_definition: features.layer_definition.clone(),
        feature_set: FeatureSet {
            geometry_type: set.geometry_type,
            spatial_reference: Some(to.clone()),
            object_id_field: set.object_id_field.clone(),
            fields: set.fields.clone(),
            features: moved,
            exceeded_transfer_limit: set.exceeded_transfer_limit,
        },
        filter: features.filter.clone(),
    })
}
