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
    let Position { x, y, .. } = p;
    let numbers = [Some(x), Some(y), p.z(), p.m()];
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Feature, FeatureSet, Multipoint, Point, Polygon, Polyline};

    fn said(spatial_reference: SpatialReference, geometries: Vec<Geometry>) -> String {
        let features = geometries
            .into_iter()
            .map(|g| Feature::new(g, Default::default()))
            .collect();
        let problem = FeatureCollection::new(spatial_reference, features)
            .validate()
            .unwrap_err();
        assert_eq!(problem.kind(), ParameterErrorKind::Features);
        problem.to_string()
    }

    fn point(x: f64, y: f64) -> Geometry {
        Point::new(x, y).into()
    }

    #[test]
    fn refuses_collections_without_features() {
        assert_eq!(
            said(SpatialReference::WGS84, vec![]),
            "has no features; give at least one"
        );
        let set = FeatureSet {
            exceeded_transfer_limit: true,
            ..FeatureSet::default()
        };
        assert_eq!(
            FeatureCollection::from(set)
                .validate()
                .unwrap_err()
                .to_string(),
            "has no features: the service that was asked for them held them back; give the layer's URL"
        );
    }

    #[test]
    fn names_the_feature_with_an_impossible_coordinate() {
        let good = || point(180.0, -90.0);
        let wgs84 = |bad| said(SpatialReference::WGS84, vec![good(), bad]);
        assert_eq!(
            wgs84(point(8.0, f64::NAN)),
            "has a problem in feature 2: the position (8, NaN) has a coordinate that is not finite"
        );
        assert_eq!(
            wgs84(point(f64::INFINITY, 1.0)),
            "has a problem in feature 2: the position (inf, 1) has a coordinate that is not finite"
        );
        assert_eq!(
            wgs84(point(8.0, 91.5)),
            "has a problem in feature 2: the latitude 91.5 is out of range; is it swapped with the longitude?"
        );
        assert_eq!(
            wgs84(point(-360.5, 0.0)),
            "has a problem in feature 2: the longitude -360.5 is out of range; is the spatial reference right?"
        );
        let mut high = Point::new(1.0, 2.0);
        high.position = high.position.with_z(f64::NEG_INFINITY);
        assert!(
            wgs84(high.into()).ends_with("the position (1, 2) has a coordinate that is not finite")
        );
    }

    #[test]
    fn projected_coordinates_need_only_be_finite() {
        let collection = |sr: Option<SpatialReference>| {
            let features = vec![Feature::new(
                point(2_600_000.0, 1_200_000.0),
                Default::default(),
            )];
            FeatureCollection::from(FeatureSet {
                spatial_reference: sr,
                features,
                ..FeatureSet::default()
            })
        };
        for spatial_reference in [
            None,
            Some(SpatialReference::wkid(2056)),
            Some(SpatialReference::WEB_MERCATOR),
        ] {
            collection(spatial_reference).validate().unwrap();
        }
        // A geometry's own spatial reference counts more than the set's.
        let own = Point {
            spatial_reference: Some(SpatialReference::WGS84),
            ..Point::new(500.0, 0.0)
        };
        assert!(
            said(SpatialReference::WEB_MERCATOR, vec![own.into()])
                .contains("the longitude 500 is out of range")
        );
    }

    #[test]
    fn names_the_feature_with_too_few_positions() {
        let ring = Polygon::from_rings([vec![(0.0, 0.0), (0.0, 1.0), (0.0, 0.0)]]);
        assert_eq!(
            said(SpatialReference::WGS84, vec![ring.into()]),
            "has a problem in feature 1: a ring needs at least 4 positions, not 3"
        );
        let path = Polyline::from_paths([vec![(0.0, 0.0), (0.0, 1.0)], vec![(0.0, 0.0)]]);
        assert_eq!(
            said(SpatialReference::WGS84, vec![path.into()]),
            "has a problem in feature 1: a path needs at least 2 positions, not 1"
        );
    }

    #[test]
    fn a_layer_has_one_type_of_geometry() {
        let multipoint = Multipoint::from_points([(0.0, 0.0)]);
        assert_eq!(
            said(
                SpatialReference::WGS84,
                vec![point(0.0, 0.0), multipoint.into()]
            ),
            "has a problem in feature 2: it is a multipoint in a layer of points"
        );
    }

    #[test]
    fn takes_tables_and_features_without_a_place() {
        FeatureCollection::table(vec![Default::default()])
            .validate()
            .unwrap();
        let features = vec![
            Feature::default(),
            Feature::new(Point::new(0.0, 0.0), Default::default()),
        ];
        FeatureCollection::new(SpatialReference::WGS84, features)
            .validate()
            .unwrap();
    }
}
