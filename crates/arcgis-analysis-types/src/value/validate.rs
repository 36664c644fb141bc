//! What no service would accept of features that travel with a call.

use super::{FeatureCollection, Geometry, GeometryType, Position, SpatialReference};
use crate::{ParameterErrorKind, Problem};

impl FeatureCollection {
    /// Looks for what no service would accept: no features, several types of geometry, coordinates that are not finite
    /// or lie off the globe, and parts with too few positions.
    ///
    /// Longitudes may run beyond 180 degrees, to 360, as data across the antimeridian have them.
    ///
    /// # Errors
    /// Names the number of the feature that is wrong, counted from 1.
    pub fn validate(&self) -> Result<(), Problem> {
        if self.features().is_empty() {
            return Err(refusal(match self.feature_set.exceeded_transfer_limit {
                true => {
                    "has no features: the service that was asked for them held them back; give the layer's URL"
                }
                false => "has no features; give at least one",
            }));
        }
        let geometry_type = self.geometry_type();
        for (i, feature) in self.features().iter().enumerate() {
            let Some(geometry) = &feature.geometry else {
                continue;
            };
            let spatial_reference = geometry
                .spatial_reference()
                .or(self.feature_set.spatial_reference.as_ref());
            let is_geographic = spatial_reference.is_some_and(SpatialReference::is_geographic);
            check(geometry, geometry_type, is_geographic).map_err(|problem| {
                refusal(format!("has a problem in feature {}: {problem}", i + 1))
            })?;
        }
        Ok(())
    }
}

fn refusal(text: impl Into<String>) -> Problem {
    Problem::new(ParameterErrorKind::Features, text)
}

fn check(
    geometry: &Geometry,
    layer: Option<GeometryType>,
    is_geographic: bool,
) -> Result<(), String> {
    let actual = geometry.geometry_type();
    if let Some(expected) = layer.filter(|expected| *expected != actual) {
        return Err(format!(
            "it is a {} in a layer of {}s",
            actual.word(),
            expected.word()
        ));
    }
    let (least, part) = match actual {
        GeometryType::Polygon => (4, "ring"),
        GeometryType::Polyline => (2, "path"),
        GeometryType::Point | GeometryType::Multipoint => (1, "part"),
    };
    for positions in geometry.parts() {
        if positions.len() < least {
            return Err(format!(
                "a {part} needs at least {least} positions, not {}",
                positions.len()
            ));
        }
        positions
            .iter()
            .try_for_each(|position| check_position(*position, is_geographic))?;
    }
    Ok(())
}

fn check_position(p: Position, is_geographic: bool) -> Result<(), String> {
    let Position { x, y, z, m } = p;
    let numbers = [Some(x), Some(y), z, m];
    if numbers.iter().flatten().any(|number| !number.is_finite()) {
        return Err(format!(
            "the position ({x}, {y}) has a coordinate that is not finite"
        ));
    }
    if is_geographic && x.abs() > 360.0 {
        return Err(format!(
            "the longitude {x} is out of range; is the spatial reference right?"
        ));
    }
    if is_geographic && y.abs() > 90.0 {
        return Err(format!(
            "the latitude {y} is out of range; is it swapped with the longitude?"
        ));
    }
    Ok(())
}
