//! GeoJSON in.

use super::{GeoJsonError, GeoJsonKind};
use crate::value::features_json::features;
use crate::value::object::object;
use crate::{
    Attributes, Feature, FeatureCollection, FeatureSet, Geometry, GeometryType, Multipoint, Point,
    Polygon, Polyline, Position, SpatialReference,
};
use geojson::GeometryValue;
use geojson::feature::Id;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// GeoJSON before what concerns the whole of it has been looked at.
pub(super) struct Read {
    crs: Option<Value>,
    features: Vec<Feature>,
}

/// Reads GeoJSON of a kind from text or from a value.
pub(super) fn collection<'de, D: Deserializer<'de>>(
    deserializer: D,
    kind: GeoJsonKind,
) -> Result<Read, D::Error> {
    #[derive(serde::Deserialize)]
    struct Collection {
        crs: Option<Value>,
        #[serde(deserialize_with = "features")]
        features: Vec<In>,
    }
    match kind {
        GeoJsonKind::Collection => {
            let Collection { crs, features } = object(deserializer, "a GeoJSON object")?;
            Ok(Read {
                crs,
                features: features.into_iter().map(|f| f.0).collect(),
            })
        }
        GeoJsonKind::Feature => {
            let mut feature = geojson::Feature::deserialize(deserializer)?;
            let crs = feature
                .foreign_members
                .as_mut()
                .and_then(|members| members.shift_remove("crs"));
            Ok(Read {
                crs,
                features: vec![convert(feature).map_err(D::Error::custom)?],
            })
        }
        GeoJsonKind::Geometry => {
            let mut geometry = geojson::Geometry::deserialize(deserializer)?;
            let crs = geometry
                .foreign_members
                .as_mut()
                .and_then(|members| members.shift_remove("crs"));
            let geometry = convert_geometry(geometry.value).map_err(D::Error::custom)?;
            Ok(Read {
                crs,
                features: vec![Feature {
                    geometry,
                    attributes: Attributes::new(),
                }],
            })
        }
    }
}

/// A feature that is converted while it is read, so that an error can name its number and its place.
struct In(Feature);

impl<'de> Deserialize<'de> for In {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        convert(object(
            deserializer,
            "a GeoJSON feature, which is an object",
        )?)
        .map(Self)
        .map_err(D::Error::custom)
    }
}

impl Read {
    pub(super) fn finish(self) -> Result<FeatureCollection, GeoJsonError> {
        let spatial_reference = match self.crs {
            None | Some(Value::Null) => SpatialReference::WGS84,
            Some(crs) => spatial_reference(&crs)?,
        };
        let mut known: Option<(usize, GeometryType)> = None;
        for (i, geometry) in self
            .features
            .iter()
            .enumerate()
            .filter_map(|(i, f)| Some((i, f.geometry.as_ref()?)))
        {
            let actual = geometry.geometry_type();
            let (first, expected) = *known.get_or_insert((i, actual));
            if actual != expected {
                return Err(GeoJsonError(format!(
                    "feature {} is a {} and feature {} a {}; a layer has one type of geometry, so split them",
                    i + 1,
                    actual.word(),
                    first + 1,
                    expected.word(),
                )));
            }
        }
        // A table has no spatial reference.
        let spatial_reference = known.map(|_| spatial_reference);
        Ok(FeatureSet {
            spatial_reference,
            features: self.features,
            ..FeatureSet::default()
        }
        .into())
    }
}

fn convert(feature: geojson::Feature) -> Result<Feature, String> {
    let geometry = match feature.geometry {
        Some(geometry) => convert_geometry(geometry.value)?,
        None => None,
    };
    let mut attributes = Attributes::from(feature.properties.unwrap_or_default());
    if let Some(id) = feature.id
        && !attributes.contains_key("id")
    {
        let id = match id {
            Id::String(text) => text.into(),
            Id::Number(number) => Value::Number(number),
        };
        attributes.insert_first("id", id);
    }
    Ok(Feature {
        geometry,
        attributes,
    })
}

/// An empty geometry is none.
fn convert_geometry(value: GeometryValue) -> Result<Option<Geometry>, String> {
    let geometry = match value {
        GeometryValue::Point { coordinates } => Geometry::Point(Point {
            position: position(&coordinates)?,
            spatial_reference: None,
        }),
        GeometryValue::MultiPoint { coordinates } => Geometry::Multipoint(Multipoint {
            points: positions(&coordinates)?,
            spatial_reference: None,
        }),
        GeometryValue::LineString { coordinates } => polyline(&[coordinates])?,
        GeometryValue::MultiLineString { coordinates } => polyline(&coordinates)?,
        GeometryValue::Polygon { coordinates } => polygon(&[coordinates])?,
        GeometryValue::MultiPolygon { coordinates } => polygon(&coordinates)?,
        GeometryValue::GeometryCollection { .. } => {
            return Err(
                "is a GeometryCollection, which a layer cannot hold; split it by type of geometry"
                    .to_owned(),
            );
        }
    };
    Ok((!geometry.is_empty()).then_some(geometry))
}

fn polyline(lines: &[Vec<geojson::Position>]) -> Result<Geometry, String> {
    let paths = lines
        .iter()
        .map(|line| positions(line))
        .collect::<Result<_, _>>()?;
    Ok(Geometry::Polyline(Polyline {
        paths,
        curve_paths: None,
        spatial_reference: None,
    }))
}

fn polygon(polygons: &[Vec<Vec<geojson::Position>>]) -> Result<Geometry, String> {
    let parts = polygons
        .iter()
        .map(|rings| rings.iter().map(|ring| positions(ring)).collect())
        .collect::<Result<Vec<Vec<_>>, _>>()?;
    Ok(Geometry::Polygon(Polygon::from_parts(parts)))
}

fn positions(positions: &[geojson::Position]) -> Result<Vec<Position>, String> {
    positions.iter().map(position).collect()
}

/// What follows the third number has no meaning in GeoJSON and is dropped.
fn position(position: &geojson::Position) -> Result<Position, String> {
    match *position.as_slice() {
        [x, y] => Ok(Position::new(x, y)),
        [x, y, z, ..] => Ok(Position::new(x, y).with_z(z)),
        _ => Err("has a position with fewer than two numbers".to_owned()),
    }
}

/// The spatial reference that a `crs` member of the time before RFC 7946 names.
fn spatial_reference(crs: &Value) -> Result<SpatialReference, GeoJsonError> {
    let name = crs.pointer("/properties/name").and_then(Value::as_str);
    let code = name.and_then(|name| {
        let name = name.trim().to_ascii_uppercase();
        if name.ends_with("CRS84") || name.ends_with("CRS84H") {
            return Some(4326);
        }
        let is_epsg =
            name.starts_with("EPSG:") || name.contains(":EPSG:") || name.contains("/EPSG/");
        let code = name.rsplit([':', '/']).next()?.parse().ok()?;
        is_epsg.then_some(code)
    });
    code.map(SpatialReference::wkid).ok_or_else(|| {
        let name = name.map_or_else(|| "no name".to_owned(), |name| format!("the name {name:?}"));
        GeoJsonError(format!(
            "the member `crs` has {name}, which is no EPSG code; reproject the data to longitude and latitude on WGS 84"
        ))
    })
}
