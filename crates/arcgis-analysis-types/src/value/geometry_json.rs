//! Geometries from and to Esri JSON.

#[cfg(test)]
mod tests;

use super::object::{object, optional_object};
use super::rings::close;
use super::{Extent, Geometry, Multipoint, Point, Polygon, Polyline, Position, SpatialReference};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use std::fmt;

/// A geometry as it stands in the text: Esri JSON has no type tag, its members tell.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default, deserialize_with = "present")]
    x: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    y: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    z: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    m: Option<f64>,
    points: Option<Vec<RawPosition>>,
    paths: Option<Vec<Vec<RawPosition>>>,
    rings: Option<Vec<Vec<RawPosition>>>,
    curve_paths: Option<Value>,
    curve_rings: Option<Value>,
    xmin: Option<Ordinate>,
    ymin: Option<Ordinate>,
    xmax: Option<Ordinate>,
    ymax: Option<Ordinate>,
    #[serde(rename = "hasZ")]
    has_z: Option<bool>,
    #[serde(rename = "hasM")]
    has_m: Option<bool>,
    spatial_reference: Option<SpatialReference>,
}

const WHAT: &str = "a geometry, which is an object with `x` and `y`, `points`, `paths` or `rings`";

/// A number of a position; `null` and `"NaN"` stand for one that is missing.
struct Ordinate(f64);

impl<'de> Deserialize<'de> for Ordinate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrdinateVisitor;
        impl Visitor<'_> for OrdinateVisitor {
            type Value = Ordinate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a coordinate, which is a number")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Ordinate, E> {
                Ok(Ordinate(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Ordinate, E> {
                Ok(Ordinate(value as f64))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Ordinate, E> {
                Ok(Ordinate(value as f64))
            }

            fn visit_unit<E: Error>(self) -> Result<Ordinate, E> {
                Ok(Ordinate(f64::NAN))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Ordinate, E> {
                match value {
                    "NaN" => Ok(Ordinate(f64::NAN)),
                    _ => Err(E::invalid_type(serde::de::Unexpected::Str(value), &self)),
                }
            }
        }
        deserializer.deserialize_any(OrdinateVisitor)
    }
}

/// Tells a member that is `null`, as in an empty point, from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ordinate::deserialize(deserializer).map(|ordinate| Some(ordinate.0))
}

/// A position before it is known whether its third number is a height or a measure.
struct RawPosition {
    numbers: [f64; 4],
    count: usize,
}

impl<'de> Deserialize<'de> for RawPosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PositionVisitor;
        impl<'de> Visitor<'de> for PositionVisitor {
            type Value = RawPosition;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position, which is a list of 2 to 4 numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawPosition, A::Error> {
                let mut numbers = [f64::NAN; 4];
                let mut count = 0;
                while let Some(Ordinate(number)) = seq.next_element()? {
                    match numbers.get_mut(count) {
                        Some(slot) => *slot = number,
                        None => return Err(A::Error::invalid_length(count + 1, &self)),
                    }
                    count += 1;
                }
                if count < 2 {
                    return Err(A::Error::invalid_length(count, &self));
                }
                Ok(RawPosition { numbers, count })
            }
        }
        deserializer.deserialize_seq(PositionVisitor)
    }
}

impl RawPosition {
    fn position(&self, measure_is_third: bool) -> Position {
        let [x, y, third, fourth] = self.numbers;
        let position = Position::new(x, y);
        // ArcGIS writes NaN where a height or a measure is missing.
        match self.count {
            3 if measure_is_third => position.with_m(third),
            _ => position.with_z(third).with_m(fourth),
        }
    }
}

impl Raw {
    /// `None` for a geometry that is there but empty, as ArcGIS writes it for a feature without a place.
    fn geometry(self) -> Result<Option<Geometry>, &'static str> {
        let measure_is_third = self.has_m == Some(true) && self.has_z != Some(true);
        let positions =
            |raw: Vec<RawPosition>| raw.iter().map(|p| p.position(measure_is_third)).collect();
        let parts = |raw: Option<Vec<Vec<RawPosition>>>| {
            raw.unwrap_or_default().into_iter().map(positions).collect()
        };
        let spatial_reference = self.spatial_reference;
        let geometry = if self.rings.is_some() || self.curve_rings.is_some() {
            let mut rings: Vec<Vec<Position>> = parts(self.rings);
            rings.iter_mut().for_each(close);
            Geometry::Polygon(Polygon {
                rings,
                curve_rings: self.curve_rings.map(Box::new),
                spatial_reference,
            })
        } else if self.paths.is_some() || self.curve_paths.is_some() {
            Geometry::Polyline(Polyline {
                paths: parts(self.paths),
                curve_paths: self.curve_paths.map(Box::new),
                spatial_reference,
            })
        } else if let Some(points) = self.points {
            Geometry::Multipoint(Multipoint {
                points: positions(points),
                spatial_reference,
            })
        } else if let (Some(xmin), Some(ymin), Some(xmax), Some(ymax)) =
            (&self.xmin, &self.ymin, &self.xmax, &self.ymax)
        {
            let (xmin, ymin, xmax, ymax) = (xmin.0, ymin.0, xmax.0, ymax.0);
            Geometry::Polygon(
                Extent {
                    xmin,
                    ymin,
                    xmax,
                    ymax,
                    spatial_reference,
                }
                .to_polygon(),
            )
        } else if let Some(x) = self.x {
            // An empty point has no x; a y that is no number beside a good x is a mistake for the check to name.
            if x.is_nan() {
                return Ok(None);
            }
            let Some(y) = self.y else {
                return Err("a point has `x` but no `y`");
            };
            let position = Position::new(x, y).with_z(self.z).with_m(self.m);
            Geometry::Point(Point {
                position,
                spatial_reference,
            })
        } else if self.y.is_some() {
            return Err("a point has `y` but no `x`");
        } else {
            return Ok(None);
        };
        Ok((!geometry.is_empty()).then_some(geometry))
    }
}

/// Reads a feature's geometry; `null`, `{}` and empty geometries are none.
pub(super) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Geometry>, D::Error> {
    match optional_object::<D, Raw>(deserializer, WHAT)? {
        Some(raw) => raw.geometry().map_err(D::Error::custom),
        None => Ok(None),
    }
}

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match object::<D, Raw>(deserializer, WHAT)?
            .geometry()
            .map_err(D::Error::custom)?
        {
            Some(geometry) => Ok(geometry),
            None => Err(D::Error::custom(
                "a geometry has no positions; it needs `x` and `y`, `points`, `paths` or `rings`",
            )),
        }
    }
}

/// Which numbers each position of a geometry has on the wire.
#[derive(Clone, Copy, Default)]
pub(super) struct Dimensions {
    pub(super) z: bool,
    pub(super) m: bool,
}

impl Dimensions {
    fn of(position: Position) -> Self {
        Self {
            z: position.z().is_some(),
            m: position.m().is_some(),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            z: self.z || other.z,
            m: self.m || other.m,
        }
    }

    /// What any of the positions has.
    pub(super) fn of_geometry(geometry: &Geometry) -> Self {
        geometry
            .positions()
            .fold(Self::default(), |known, position| {
                known.or(Self::of(position))
            })
    }
}

struct Positions<'a>(&'a [Position], Dimensions);

impl Serialize for Positions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for p in self.0 {
            match (self.1.z, self.1.m) {
                (false, false) => seq.serialize_element(&[p.x, p.y])?,
                (true, false) => seq.serialize_element(&(p.x, p.y, p.z()))?,
                (false, true) => seq.serialize_element(&(p.x, p.y, p.m()))?,
                (true, true) => seq.serialize_element(&(p.x, p.y, p.z(), p.m()))?,
            }
        }
        seq.end()
    }
}

struct Parts<'a>(&'a [Vec<Position>], Dimensions);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|part| Positions(part, self.1)))
    }
}

impl Serialize for Geometry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let dimensions = Dimensions::of_geometry(self);
        if !matches!(self, Self::Point(_)) {
            if dimensions.z {
                map.serialize_entry("hasZ", &true)?;
            }
            if dimensions.m {
                map.serialize_entry("hasM", &true)?;
            }
        }
        match self {
            Self::Point(Point { position, .. }) => {
                map.serialize_entry("x", &position.x)?;
                map.serialize_entry("y", &position.y)?;
                if let Some(z) = position.z() {
                    map.serialize_entry("z", &z)?;
                }
                if let Some(m) = position.m() {
                    map.serialize_entry("m", &m)?;
                }
            }
            Self::Multipoint(multipoint) => {
                map.serialize_entry("points", &Positions(&multipoint.points, dimensions))?;
            }
            Self::Polyline(line) => {
                parts(
                    &mut map,
                    ["paths", "curvePaths"],
                    &line.paths,
                    line.curve_paths.as_deref(),
                    dimensions,
                )?;
            }
            Self::Polygon(polygon) => {
                parts(
                    &mut map,
                    ["rings", "curveRings"],
                    &polygon.rings,
                    polygon.curve_rings.as_deref(),
                    dimensions,
                )?;
            }
        }
        if let Some(spatial_reference) = self.spatial_reference() {
            map.serialize_entry("spatialReference", spatial_reference)?;
        }
        map.end()
    }
}

/// Writes straight parts, true curves, or both, as they were read.
fn parts<M: SerializeMap>(
    map: &mut M,
    [straight, curved]: [&'static str; 2],
    parts: &[Vec<Position>],
    curves: Option<&Value>,
    dimensions: Dimensions,
) -> Result<(), M::Error> {
    if let Some(curves) = curves {
        map.serialize_entry(curved, curves)?;
    }
    if !parts.is_empty() || curves.is_none() {
        map.serialize_entry(straight, &Parts(parts, dimensions))?;
    }
    Ok(())
}
