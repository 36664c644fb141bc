//! The geometries of a shapefile.

use super::ShapefileError;
use super::archive::Parts;
use ::shapefile::{Error, Point, PointM, PointZ, PolygonRing, Shape, ShapeReader, ShapeType};
use arcgis_analysis_types::{Geometry, GeometryType, Multipoint, Polygon, Polyline, Position};
use std::io::Cursor;

/// The type of the shapes, none where there are none of any, and the shapes in the order of their records.
pub(super) fn read(
    parts: &Parts,
) -> Result<(Option<GeometryType>, Vec<Option<Geometry>>), ShapefileError> {
    let file = parts.file("shp");
    let unread = |error: Error| ShapefileError::file(&file, format!("cannot be read: {error}"));
    let shp = Cursor::new(&parts.shp[..]);
    let mut reader = match &parts.shx {
        Some(shx) => ShapeReader::with_shx(shp, Cursor::new(&shx[..])),
        None => ShapeReader::new(shp),
    }
    .map_err(unread)?;
    let geometry_type = match reader.header().shape_type {
        ShapeType::NullShape => None,
        ShapeType::Point | ShapeType::PointM | ShapeType::PointZ => Some(GeometryType::Point),
        ShapeType::Multipoint | ShapeType::MultipointM | ShapeType::MultipointZ => {
            Some(GeometryType::Multipoint)
        }
        ShapeType::Polyline | ShapeType::PolylineM | ShapeType::PolylineZ => {
            Some(GeometryType::Polyline)
        }
        ShapeType::Polygon | ShapeType::PolygonM | ShapeType::PolygonZ => {
            Some(GeometryType::Polygon)
        }
        ShapeType::Multipatch => {
            return Err(ShapefileError::file(
                &file,
                "holds multipatches, surfaces in space that are not read; write them as polygons",
            ));
        }
    };
    let mut shapes = Vec::new();
    for (record, shape) in (1_usize..).zip(reader.iter_shapes()) {
        let geometry = geometry(shape.map_err(unread)?);
        let is_placed = |geometry: &Geometry| {
            let mut positions = geometry.positions();
            positions.all(|position| position.x.is_finite() && position.y.is_finite())
        };
        let fits = geometry.as_ref().is_none_or(|geometry| {
            Some(geometry.geometry_type()) == geometry_type && is_placed(geometry)
        });
        if !fits {
            return Err(ShapefileError::file(
                &file,
                format!(
                    "has in record {record} a shape of another type than the file's, or a coordinate that is no number"
                ),
            ));
        }
        shapes.push(geometry.filter(|geometry| !geometry.is_empty()));
    }
    Ok((geometry_type, shapes))
}

fn geometry(shape: Shape) -> Option<Geometry> {
    Some(match shape {
        Shape::NullShape | Shape::Multipatch(_) => return None,
        Shape::Point(point) => single(point.position()),
        Shape::PointM(point) => single(point.position()),
        Shape::PointZ(point) => single(point.position()),
        Shape::Multipoint(points) => several(points.points()),
        Shape::MultipointM(points) => several(points.points()),
        Shape::MultipointZ(points) => several(points.points()),
        Shape::Polyline(line) => paths(line.parts()),
        Shape::PolylineM(line) => paths(line.parts()),
        Shape::PolylineZ(line) => paths(line.parts()),
        Shape::Polygon(polygon) => rings(polygon.rings()),
        Shape::PolygonM(polygon) => rings(polygon.rings()),
        Shape::PolygonZ(polygon) => rings(polygon.rings()),
    })
}

fn single(position: Position) -> Geometry {
    arcgis_analysis_types::Point {
        position,
        spatial_reference: None,
    }
    .into()
}

fn several<P: Placed>(points: &[P]) -> Geometry {
    Multipoint {
        points: positions(points),
        spatial_reference: None,
    }
    .into()
}

fn paths<P: Placed>(parts: &[Vec<P>]) -> Geometry {
    Polyline {
        paths: parts.iter().map(|part| positions(part)).collect(),
        ..Polyline::default()
    }
    .into()
}

/// Rings run as in Esri's JSON: outer ones clockwise. Some programs write a polygon the other way round, all of whose rings
/// would then be holes.
fn rings<P: Placed>(rings: &[PolygonRing<P>]) -> Geometry {
    let is_turned = !rings
        .iter()
        .any(|ring| matches!(ring, PolygonRing::Outer(_)));
    let rings = rings.iter().map(|ring| {
        let points = match ring {
            PolygonRing::Outer(points) | PolygonRing::Inner(points) => points,
        };
        let mut ring = positions(points);
        if is_turned {
            ring.reverse();
        }
        ring
    });
    Polygon {
        rings: rings.collect(),
        ..Polygon::default()
    }
    .into()
}

fn positions<P: Placed>(points: &[P]) -> Vec<Position> {
    points.iter().map(Placed::position).collect()
}

/// A point of a shapefile.
trait Placed {
    fn position(&self) -> Position;
}

impl Placed for Point {
    fn position(&self) -> Position {
        Position::new(self.x, self.y)
    }
}

impl Placed for PointM {
    fn position(&self) -> Position {
        Position::new(self.x, self.y)
    }
}

impl Placed for PointZ {
    fn position(&self) -> Position {
        Position::new(self.x, self.y).with_z(Some(self.z).filter(|z| z.is_finite()))
    }
}
