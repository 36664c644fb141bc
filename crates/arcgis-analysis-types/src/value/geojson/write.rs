//! GeoJSON out.

use super::GeoJsonError;
use crate::value::rings::close;
use crate::{
    AttributeValue, Feature, FeatureCollection, Geometry, Polygon, Position, SpatialReference,
};
use geojson::GeometryValue;
use serde_json::Value;

impl FeatureCollection {
    /// The features as a GeoJSON `FeatureCollection`: longitude and latitude on WGS 84, outer rings counterclockwise
    /// and closed, holes with their outer ring, several parts as a multi-geometry.
    ///
    /// Web Mercator is turned to longitude and latitude. Measures have no place in GeoJSON and are dropped; dates stay
    /// milliseconds since 1970. The object ID is written as the feature's `id` too.
    ///
    /// # Errors
    /// When the features are in another spatial reference, or have true curves or coordinates that are not finite.
    pub fn to_geojson(&self) -> Result<Value, GeoJsonError> {
        let id_field = self.object_id_field();
        let features = self.features().iter().enumerate().map(|(i, feature)| {
            self.feature(feature, id_field)
                .map_err(|problem| GeoJsonError(format!("feature {} {problem}", i + 1)))
        });
        let features = features.collect::<Result<Vec<_>, _>>()?;
        Ok(crate::value::json(&geojson::FeatureCollection {
            bbox: None,
            features,
            foreign_members: None,
        }))
    }

    fn feature(
        &self,
        feature: &Feature,
        id_field: Option<&str>,
    ) -> Result<geojson::Feature, String> {
        let geometry = match &feature.geometry {
            Some(geometry) => {
                let own = geometry
                    .spatial_reference()
                    .or(self.feature_set.spatial_reference.as_ref());
                Some(geojson::Geometry::new(convert(
                    geometry,
                    Projection::of(own)?,
                )?))
            }
            None => None,
        };
        let id = match id_field
            .and_then(|field| feature.attributes.get(field))
            .map(AttributeValue::to_json)
        {
            Some(Value::Number(number)) => Some(geojson::feature::Id::Number(number)),
            _ => None,
        };
        Ok(geojson::Feature {
            bbox: None,
            geometry,
            id,
            properties: Some(feature.attributes.clone().into()),
            foreign_members: None,
        })
    }
}

/// How coordinates become longitude and latitude.
#[derive(Clone, Copy, PartialEq)]
enum Projection {
    Wgs84,
    WebMercator,
    /// Nothing is said; taken as longitude and latitude if it can be.
    Unknown,
}

impl Projection {
    fn of(spatial_reference: Option<&SpatialReference>) -> Result<Self, String> {
        let Some(spatial_reference) = spatial_reference else {
            return Ok(Self::Unknown);
        };
        match spatial_reference.id() {
            Some(4326) => Ok(Self::Wgs84),
            Some(3857 | 102_100 | 102_113 | 900_913) => Ok(Self::WebMercator),
            Some(id) => Err(format!(
                "is in the spatial reference {id}, but GeoJSON has longitude and latitude on WGS 84; ask for outSR 4326"
            )),
            None => Err(
                "is in a spatial reference without an ID, but GeoJSON has longitude and latitude on WGS 84; ask for outSR 4326"
                    .to_owned(),
            ),
        }
    }

    fn position(self, p: Position) -> Result<geojson::Position, String> {
        if !p.x.is_finite() || !p.y.is_finite() {
            return Err(format!(
                "has a coordinate that is not finite: ({}, {})",
                p.x, p.y
            ));
        }
        let (x, y) = match self {
            Self::Wgs84 => (p.x, p.y),
            Self::WebMercator => lon_lat(p.x, p.y),
            Self::Unknown if p.x.abs() <= 360.0 && p.y.abs() <= 90.0 => (p.x, p.y),
            Self::Unknown => {
                return Err(format!(
                    "has no spatial reference, and ({}, {}) is no longitude and latitude; ask for outSR 4326",
                    p.x, p.y
                ));
            }
        };
        Ok(match p.z().filter(|z| z.is_finite()) {
            Some(z) => [x, y, z].into(),
            None => [x, y].into(),
        })
    }

    fn positions<'a>(
        self,
        positions: impl IntoIterator<Item = &'a Position>,
    ) -> Result<Vec<geojson::Position>, String> {
        positions.into_iter().map(|p| self.position(*p)).collect()
    }
}

/// Longitude and latitude of a point in Web Mercator, by the closed formulas of the sphere that it is defined on.
fn lon_lat(x: f64, y: f64) -> (f64, f64) {
    const RADIUS: f64 = 6_378_137.0;
    (
        (x / RADIUS).to_degrees(),
        (y / RADIUS).sinh().atan().to_degrees(),
    )
}

fn convert(geometry: &Geometry, projection: Projection) -> Result<GeometryValue, String> {
    if geometry.curves().is_some() {
        return Err(
            "has true curves, which GeoJSON has not; ask the service for straight segments"
                .to_owned(),
        );
    }
    Ok(match geometry {
        Geometry::Point(point) => GeometryValue::Point {
            coordinates: projection.position(point.position)?,
        },
        Geometry::Multipoint(multipoint) => GeometryValue::MultiPoint {
            coordinates: projection.positions(&multipoint.points)?,
        },
        Geometry::Polyline(line) => {
            let paths = line.paths.iter().map(|path| projection.positions(path));
            let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
            match paths.len() {
                1 => GeometryValue::LineString {
                    coordinates: paths.swap_remove(0),
                },
                _ => GeometryValue::MultiLineString { coordinates: paths },
            }
        }
        Geometry::Polygon(polygon) => {
            let mut polygons = polygons(polygon, projection)?;
            match polygons.len() {
                1 => GeometryValue::Polygon {
                    coordinates: polygons.swap_remove(0),
                },
                _ => GeometryValue::MultiPolygon {
                    coordinates: polygons,
                },
            }
        }
    })
}

fn polygons(
    polygon: &Polygon,
    projection: Projection,
) -> Result<Vec<Vec<Vec<geojson::Position>>>, String> {
    let write = |ring: Vec<Position>| projection.positions(&ring);
    let parts = polygon.parts().into_iter().map(|part| {
        let outer = directed(part.outer, false);
        let holes = part.holes.into_iter().map(|hole| directed(hole, true));
        std::iter::once(outer).chain(holes).map(write).collect()
    });
    parts.collect()
}

/// The ring, closed and in GeoJSON's direction: outer rings counterclockwise.
fn directed(ring: &[Position], clockwise: bool) -> Vec<Position> {
    let mut ring = ring.to_vec();
    close(&mut ring);
    crate::value::rings::orient(&mut ring, clockwise);
    ring
}
