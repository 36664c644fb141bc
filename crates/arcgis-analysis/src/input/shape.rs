//! Geometries as other formats have them, to those that ArcGIS has, and what columns of any format share.

use crate::types::{Field, FieldType, Geometry, Multipoint, Point, Polygon, Polyline, Position};
use geo_traits::{
    CoordTrait, Dimensions, GeometryTrait, GeometryType, LineStringTrait, MultiLineStringTrait,
    MultiPointTrait, MultiPolygonTrait, PointTrait, PolygonTrait,
};
use std::collections::HashSet;

/// The geometry, or none where it is empty.
///
/// # Errors
/// A clause that begins with a verb, when ArcGIS has no such geometry.
pub(super) fn geometry(from: &impl GeometryTrait<T = f64>) -> Result<Option<Geometry>, String> {
    let geometry: Geometry = match from.as_type() {
        GeometryType::Point(point) => {
            let position = point.coord().map(|coord| position(&coord));
            return Ok(position.and_then(placed));
        }
        GeometryType::MultiPoint(points) => {
            let points = points.points();
            Multipoint::from_points(points.filter_map(|p| p.coord().map(|c| position(&c)))).into()
        }
        GeometryType::LineString(line) => Polyline::from_paths([positions(line)]).into(),
        GeometryType::MultiLineString(lines) => {
            Polyline::from_paths(lines.line_strings().map(|line| positions(&line))).into()
        }
        GeometryType::Polygon(polygon) => Polygon::from_parts([rings(polygon)]).into(),
        GeometryType::MultiPolygon(polygons) => {
            Polygon::from_parts(polygons.polygons().map(|polygon| rings(&polygon))).into()
        }
        _ => return Err(no_geometry("GeometryCollection")),
    };
    Ok(filled(geometry))
}

/// A point, unless it is the one without coordinates, which formats write as not-a-number.
pub(super) fn placed(position: Position) -> Option<Geometry> {
    let empty = position.x.is_nan() && position.y.is_nan();
    let point = || Point {
        position,
        spatial_reference: None,
    };
    (!empty).then(|| point().into())
}

/// The geometry, unless it is empty.
pub(super) fn filled(geometry: Geometry) -> Option<Geometry> {
    (!geometry.is_empty()).then_some(geometry)
}

/// That ArcGIS has no such geometry.
pub(super) fn no_geometry(name: &str) -> String {
    format!("is a {name}, which a layer cannot hold; split it by type of geometry")
}

fn rings(polygon: &impl PolygonTrait<T = f64>) -> Vec<Vec<Position>> {
    let outer = polygon.exterior().map(|ring| positions(&ring));
    let holes = polygon.interiors().map(|ring| positions(&ring));
    outer.into_iter().chain(holes).collect()
}

fn positions(line: &impl LineStringTrait<T = f64>) -> Vec<Position> {
    line.coords().map(|coord| position(&coord)).collect()
}

fn position(coord: &impl CoordTrait<T = f64>) -> Position {
    let (z, m) = match coord.dim() {
        Dimensions::Xyz => (coord.nth(2), None),
        Dimensions::Xym => (None, coord.nth(2)),
        Dimensions::Xyzm => (coord.nth(2), coord.nth(3)),
        _ => (None, None),
    };
    Position::new(coord.x(), coord.y()).with_z(z).with_m(m)
}

/// A field, with the length of its longest text where that is more than ArcGIS assumes.
pub(super) fn field(name: &str, field_type: FieldType, longest: usize) -> Field {
    let mut field = Field::new(name, field_type);
    if field.field_type == FieldType::String && longest > 255 {
        field.length = u32::try_from(longest).ok();
    }
    field
}

/// Refuses two columns of one name, which in a layer differ in more than the case of their letters.
///
/// # Errors
/// A clause that begins with a verb.
pub(super) fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut names = names.into_iter();
    match names.find(|name| !seen.insert(name.to_lowercase())) {
        Some(name) => Err(format!(
            "it has two columns of the name `{name}`; rename one of them"
        )),
        None => Ok(()),
    }
}
