//! Geometries, in the shapes of Esri JSON.

use super::SpatialReference;
use super::rings::{close, orient};
use crate::{ParameterErrorKind, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What a task asks of its features' geometries.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{GeometryKind, GeometryType};
///
/// assert_eq!(GeometryType::Multipoint.kind(), GeometryKind::Point);
/// ```
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
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::GeometryType;
///
/// assert_eq!(serde_json::to_string(&GeometryType::Polyline)?, "\"esriGeometryPolyline\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
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

    /// The type in a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Multipoint => "multipoint",
            Self::Polyline => "line",
            Self::Polygon => "polygon",
        }
    }
}

/// One position, in the units of its spatial reference: degrees of longitude (x) and latitude (y), or metres or
/// feet of easting and northing.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Position;
///
/// let summit = Position::new(7.6586, 45.9764).with_z(4478.0);
/// assert_eq!((summit.x, summit.y, summit.z(), summit.m()), (7.6586, 45.9764, Some(4478.0), None));
/// assert_eq!(Position::from((7.6586, 45.9764)), summit.with_z(None));
/// ```
#[derive(Clone, Copy)]
pub struct Position {
    /// Easting or longitude.
    pub x: f64,
    /// Northing or latitude.
    pub y: f64,
    /// No number where there is none, which takes half of an option's room: there may be very many positions.
    z: f64,
    m: f64,
}

impl Position {
    /// A position without height and measure.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            x,
            y,
            z: f64::NAN,
            m: f64::NAN,
        }
    }

    /// The height.
    #[must_use]
    pub fn z(&self) -> Option<f64> {
        Some(self.z).filter(|z| !z.is_nan())
    }

    /// The measure along the feature.
    #[must_use]
    pub fn m(&self) -> Option<f64> {
        Some(self.m).filter(|m| !m.is_nan())
    }

    /// With this height, or without one; NaN stands for none.
    #[must_use]
    pub fn with_z(self, z: impl Into<Option<f64>>) -> Self {
        let z = z.into().unwrap_or(f64::NAN);
        Self { z, ..self }
    }

    /// With this measure along the feature, or without one; NaN stands for none.
    #[must_use]
    pub fn with_m(self, m: impl Into<Option<f64>>) -> Self {
        let m = m.into().unwrap_or(f64::NAN);
        Self { m, ..self }
    }
}

impl Default for Position {
    fn default() -> Self {
        Self::new(0.0, 0.0)
    }
}

impl PartialEq for Position {
    fn eq(&self, other: &Self) -> bool {
        (self.x, self.y, self.z(), self.m()) == (other.x, other.y, other.z(), other.m())
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Position")
            .field("x", &self.x)
            .field("y", &self.y)
            .field("z", &self.z())
            .field("m", &self.m())
            .finish()
    }
}

impl From<(f64, f64)> for Position {
    fn from((x, y): (f64, f64)) -> Self {
        Self::new(x, y)
    }
}

/// A feature's geometry, in Esri JSON as ArcGIS has it.
///
/// - A third number of a position is its height, or its measure where only `hasM` is set; NaN and `null` stand for a
///   number that is missing.
/// - True curves (`curvePaths`, `curveRings`) are kept as they came.
/// - Rings that do not end where they begin are closed.
/// - A rectangle (`xmin`, `ymin`, `xmax`, `ymax`) is read as the polygon of its corners.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Geometry, Polyline};
///
/// let geometry: Geometry = serde_json::from_str(r#"{"paths": [[[0, 0], [3, 4]]]}"#)?;
/// assert_eq!(geometry, Geometry::Polyline(Polyline::from_paths([[(0.0, 0.0), (3.0, 4.0)]])));
/// # Ok::<(), serde_json::Error>(())
/// ```
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
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Geometry, Point};
///
/// let basel = Geometry::from(Point::new(7.5886, 47.5596));
/// assert_eq!(serde_json::to_string(&basel)?, r#"{"x":7.5886,"y":47.5596}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Where it is.
    pub position: Position,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

impl Point {
    /// A point without height, measure and spatial reference of its own.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            position: Position::new(x, y),
            spatial_reference: None,
        }
    }
}

/// Several points.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Geometry, Multipoint};
///
/// let trees = Geometry::from(Multipoint::from_points([(1.0, 2.0), (3.0, 4.0)]));
/// assert_eq!(serde_json::to_string(&trees)?, r#"{"points":[[1.0,2.0],[3.0,4.0]]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Multipoint {
    /// The points.
    pub points: Vec<Position>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// Paths.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Geometry, Polyline};
///
/// let road = Geometry::from(Polyline::from_paths([[(0.0, 0.0), (1.0, 1.0)]]));
/// assert_eq!(serde_json::to_string(&road)?, r#"{"paths":[[[0.0,0.0],[1.0,1.0]]]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Polyline {
    /// The paths; parts of one feature.
    pub paths: Vec<Vec<Position>>,
    /// `curvePaths` as they came, where the service sent true curves.
    pub curve_paths: Option<Box<Value>>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

/// Rings: outer ones run clockwise, holes counterclockwise; each ends where it begins.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{Geometry, Polygon};
///
/// let field = Geometry::from(Polygon::from_rings([[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)]]));
/// assert_eq!(serde_json::to_string(&field)?, r#"{"rings":[[[0.0,0.0],[0.0,1.0],[1.0,1.0],[0.0,0.0]]]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Polygon {
    /// The rings; parts and holes of one feature.
    pub rings: Vec<Vec<Position>>,
    /// `curveRings` as they came, where the service sent true curves.
    pub curve_rings: Option<Box<Value>>,
    /// The spatial reference, where the geometry carries its own.
    pub spatial_reference: Option<SpatialReference>,
}

impl Multipoint {
    /// Points from their coordinates.
    #[must_use]
    pub fn from_points(points: impl IntoIterator<Item = impl Into<Position>>) -> Self {
        Self {
            points: points.into_iter().map(Into::into).collect(),
            spatial_reference: None,
        }
    }
}

impl Polyline {
    /// Paths from their coordinates.
    #[must_use]
    pub fn from_paths<P>(paths: impl IntoIterator<Item = P>) -> Self
    where
        P: IntoIterator<Item: Into<Position>>,
    {
        Self {
            paths: collect(paths),
            ..Self::default()
        }
    }
}

impl Polygon {
    /// Rings from their coordinates: outer ones clockwise, holes counterclockwise, each ending where it begins.
    #[must_use]
    pub fn from_rings<P>(rings: impl IntoIterator<Item = P>) -> Self
    where
        P: IntoIterator<Item: Into<Position>>,
    {
        Self {
            rings: collect(rings),
            ..Self::default()
        }
    }

    /// Parts from the coordinates of their rings, as formats other than ArcGIS's have them: the first ring of each
    /// part is its outer one and the others are holes, whatever their direction. They are turned as ArcGIS has them,
    /// and closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_types::Polygon;
    ///
    /// // Counterclockwise and open.
    /// let field = Polygon::from_parts([[[(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]]);
    /// assert_eq!(field, Polygon::from_rings([[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)]]));
    /// ```
    #[must_use]
    pub fn from_parts<P, R>(parts: impl IntoIterator<Item = P>) -> Self
    where
        P: IntoIterator<Item = R>,
        R: IntoIterator<Item: Into<Position>>,
    {
        let mut rings = Vec::new();
        for part in parts {
            for (i, mut ring) in collect(part).into_iter().enumerate() {
                close(&mut ring);
                orient(&mut ring, i == 0);
                rings.push(ring);
            }
        }
        Self {
            rings,
            ..Self::default()
        }
    }
}

fn collect<P>(parts: impl IntoIterator<Item = P>) -> Vec<Vec<Position>>
where
    P: IntoIterator<Item: Into<Position>>,
{
    parts
        .into_iter()
        .map(|part| part.into_iter().map(Into::into).collect())
        .collect()
}

/// A rectangle.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::Extent;
///
/// let extent: Extent = serde_json::from_str(r#"{"xmin": 5.9, "ymin": 45.8, "xmax": 10.5, "ymax": 47.9}"#)?;
/// assert_eq!(extent.to_polygon().rings[0].len(), 5);
/// # Ok::<(), serde_json::Error>(())
/// ```
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

    /// The spatial reference, where the geometry carries its own.
    #[must_use]
    pub fn spatial_reference(&self) -> Option<&SpatialReference> {
        match self {
            Self::Point(point) => point.spatial_reference.as_ref(),
            Self::Multipoint(multipoint) => multipoint.spatial_reference.as_ref(),
            Self::Polyline(line) => line.spatial_reference.as_ref(),
            Self::Polygon(polygon) => polygon.spatial_reference.as_ref(),
        }
    }

    /// The parts: the point, the points together, the paths or the rings.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[Position]> {
        let (single, several): (&[Position], &[Vec<Position>]) = match self {
            Self::Point(point) => (std::slice::from_ref(&point.position), &[]),
            Self::Multipoint(multipoint) => (&multipoint.points, &[]),
            Self::Polyline(line) => (&[], &line.paths),
            Self::Polygon(polygon) => (&[], &polygon.rings),
        };
        std::iter::once(single)
            .filter(|part| !part.is_empty())
            .chain(several.iter().map(Vec::as_slice))
    }

    /// Every position, part by part. The positions of true curves are not among them.
    pub fn positions(&self) -> impl Iterator<Item = Position> {
        self.parts().flatten().copied()
    }

    /// Whether the geometry has neither positions nor true curves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions().next().is_none() && self.curves().is_none()
    }

    /// `curvePaths` or `curveRings`, where the service sent true curves.
    #[must_use]
    pub fn curves(&self) -> Option<&Value> {
        match self {
            Self::Polyline(line) => line.curve_paths.as_deref(),
            Self::Polygon(polygon) => polygon.curve_rings.as_deref(),
            Self::Point(_) | Self::Multipoint(_) => None,
        }
    }

    /// Every position, part by part, to be changed. The positions of true curves are not among them.
    pub fn positions_mut(&mut self) -> impl Iterator<Item = &mut Position> {
        let (single, several): (&mut [Position], &mut [Vec<Position>]) = match self {
            Self::Point(point) => (std::slice::from_mut(&mut point.position), &mut []),
            Self::Multipoint(multipoint) => (&mut multipoint.points, &mut []),
            Self::Polyline(line) => (&mut [], &mut line.paths),
            Self::Polygon(polygon) => (&mut [], &mut polygon.rings),
        };
        single.iter_mut().chain(several.iter_mut().flatten())
    }
}

impl From<Point> for Geometry {
    fn from(point: Point) -> Self {
        Self::Point(point)
    }
}

impl From<Multipoint> for Geometry {
    fn from(multipoint: Multipoint) -> Self {
        Self::Multipoint(multipoint)
    }
}

impl From<Polyline> for Geometry {
    fn from(line: Polyline) -> Self {
        Self::Polyline(line)
    }
}

impl From<Polygon> for Geometry {
    fn from(polygon: Polygon) -> Self {
        Self::Polygon(polygon)
    }
}

impl Extent {
    /// The rectangle as a polygon of one ring.
    #[must_use]
    pub fn to_polygon(&self) -> Polygon {
        let (west, south, east, north) = (self.xmin, self.ymin, self.xmax, self.ymax);
        let corners = [
            (west, south),
            (west, north),
            (east, north),
            (east, south),
            (west, south),
        ];
        Polygon {
            rings: vec![corners.map(Position::from).to_vec()],
            curve_rings: None,
            spatial_reference: self.spatial_reference.clone(),
        }
    }

    /// Refuses what is no rectangle.
    pub(crate) fn validate(&self) -> Result<(), Problem> {
        let Self {
            xmin,
            ymin,
            xmax,
            ymax,
            ..
        } = *self;
        let refuse = |text: &str| Err(Problem::new(ParameterErrorKind::OutOfRange, text));
        if ![xmin, ymin, xmax, ymax]
            .iter()
            .all(|number| number.is_finite())
        {
            return refuse("has an `extent` with a number that is not finite");
        }
        if xmin > xmax || ymin > ymax {
            return refuse(
                "has an `extent` whose least x or y is greater than its greatest; swap them",
            );
        }
        Ok(())
    }
}
