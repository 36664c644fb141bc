//! Geometries, in the shapes of Esri JSON.

use super::SpatialReference;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What a task asks of its features' geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeometryKind {
    /// Points and multipoints.
    Point,
    /// Polylines.
    Line,
    /// Polygons.
    Polygon,
    /// Rows without geometry.
    Table,
}

impl fmt::Display for GeometryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Point => "point",
            Self::Line => "line",
            Self::Polygon => "polygon",
            Self::Table => "table",
        })
    }
}

/// The geometry type of a layer, as it is spelled on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum GeometryType {
    /// One point a feature.
    #[serde(rename = "esriGeometryPoint")]
    Point,
    /// Several points a feature.
    #[serde(rename = "esriGeometryMultipoint")]
    Multipoint,
    /// Paths.
    #[serde(rename = "esriGeometryPolyline")]
    Polyline,
    /// Rings.
    #[serde(rename = "esriGeometryPolygon")]
    Polygon,
}

impl GeometryType {
    /// What kind of features a layer of this type holds.
    #[must_use]
    pub fn kind(self) -> GeometryKind {
        match self {
            Self::Point | Self::Multipoint => GeometryKind::Point,
            Self::Polyline => GeometryKind::Line,
            Self::Polygon => GeometryKind::Polygon,
        }
    }
}

/// One position, in the units of its spatial reference: degrees of longitude (x) and latitude (y), or metres or
/// feet of easting and northing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Position {
    /// Easting or longitude.
    pub x: f64,
    /// Northing or latitude.
    pub y: f64,
    /// Height.
    pub z: Option<f64>,
    /// Measure along the feature.
    pub m: Option<f64>,
}

impl Position {
    /// A position without height and measure.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, z: None, m: None }
    }
}

impl From<(f64, f64)> for Position {
    fn from((x, y): (f64, f64)) -> Self {
        Self::new(x, y)
    }
}

/// A feature's geometry.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Geometry {
    /// One point.
    Point(Point),
    /// Several points.
    Multipoint(Multipoint),
    /// Paths.
    Polyline(Polyline),
    /// Rings.
    Polygon(Polygon),
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Where it is.
    pub position: Position,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// Several points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Multipoint {
    /// The points.
    pub points: Vec<Position>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// Paths.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Polyline {
    /// The paths; parts of one feature.
    pub paths: Vec<Vec<Position>>,
    /// `curvePaths` as they came, where the service sent true curves.
    pub curve_paths: Option<Value>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// Rings: outer ones run clockwise, holes counterclockwise; each ends where it begins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Polygon {
    /// The rings; parts and holes of one feature.
    pub rings: Vec<Vec<Position>>,
    /// `curveRings` as they came, where the service sent true curves.
    pub curve_rings: Option<Value>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// A rectangle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// The least x.
    pub xmin: f64,
    /// The least y.
    pub ymin: f64,
    /// The greatest x.
    pub xmax: f64,
    /// The greatest y.
    pub ymax: f64,
    /// The spatial reference.
    #[serde(rename = "spatialReference", skip_serializing_if = "Option::is_none")]
    pub spatial_reference: Option<SpatialReference>,
}

impl Geometry {
    /// The type on the wire.
    #[must_use]
    pub fn geometry_type(&self) -> GeometryType {
        match self {
            Self::Point(_) => GeometryType::Point,
            Self::Multipoint(_) => GeometryType::Multipoint,
            Self::Polyline(_) => GeometryType::Polyline,
            Self::Polygon(_) => GeometryType::Polygon,
        }
    }
}
