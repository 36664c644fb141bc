//! The geometries of a shapefile and their index.

use super::shapefile::FORMAT;
use super::{INPUTS, Row, unwritten};
use crate::overlay::Position;
use crate::prepared::Solid;
use crate::{Control, EngineError};
use ::shapefile::record::EsriShape;
use ::shapefile::{Multipoint, Point, Polygon, PolygonRing, Polyline, ShapeType, ShapeWriter};
use arcgis_analysis_types::GeometryType;
use std::io::Cursor;

/// A file holds at most 2 GB.
const MOST: usize = i32::MAX as usize;
/// No record has more bytes beside its vertices and rings.
const RECORD: usize = 60;
/// Where the type stands in the header.
const TYPE: std::ops::Range<usize> = 32..36;

/// The files `.shp` and `.shx` of features that all have a geometry.
pub(super) fn write(
    rows: &[&Row],
    geometry_type: GeometryType,
    control: &Control,
) -> Result<(Vec<u8>, Vec<u8>), EngineError> {
    // A ring has at least three vertices, so that its closing one and its index are in the double.
    let bytes = rows
        .iter()
        .map(|row| RECORD + 32 * row.solid.positions().count())
        .sum::<usize>();
    if bytes > MOST {
        return Err(EngineError::input(
            INPUTS,
            "has more features than the 2 GB of a shapefile hold; ask for `CSV` or `KML`, or a smaller `extent`",
        ));
    }
    let (mut shp, mut shx) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let mut writer = ShapeWriter::with_shx(&mut shp, &mut shx);
    for row in rows {
        control.check()?;
        match (&row.solid, geometry_type) {
            (Solid::Points(points), GeometryType::Point) => {
                for position in points.iter().take(1) {
                    add(&mut writer, &point(position))?;
                }
            }
            (Solid::Points(points), _) => {
                add(
                    &mut writer,
                    &Multipoint::new(points.iter().map(point).collect()),
                )?;
            }
            (Solid::Paths(paths), _) => {
                let parts = paths.iter().map(|path| path.iter().map(point).collect());
                add(&mut writer, &Polyline::with_parts(parts.collect()))?;
            }
            (Solid::Area(region), _) => {
                let rings = region.iter().flat_map(|part| {
                    part.iter().enumerate().map(|(number, ring)| {
                        let points = ring.iter().chain(ring.first()).map(point).collect();
                        if number == 0 {
                            PolygonRing::Outer(points)
                        } else {
                            PolygonRing::Inner(points)
                        }
                    })
                });
                add(&mut writer, &Polygon::with_rings(rings.collect()))?;
            }
            (Solid::Nothing, _) => {}
        }
    }
    writer
        .finalize()
        .map_err(|error| unwritten(FORMAT, error))?;
    drop(writer);
    let (mut shp, mut shx) = (shp.into_inner(), shx.into_inner());
    if rows.is_empty() {
        // A file without a shape says that it holds none of any type.
        let code = match geometry_type {
            GeometryType::Point => ShapeType::Point,
            GeometryType::Multipoint => ShapeType::Multipoint,
            GeometryType::Polyline => ShapeType::Polyline,
            _ => ShapeType::Polygon,
        };
        for file in [&mut shp, &mut shx] {
            if let Some(place) = file.get_mut(TYPE) {
                place.copy_from_slice(&(code as i32).to_le_bytes());
            }
        }
    }
    Ok((shp, shx))
}

fn add(
    writer: &mut ShapeWriter<&mut Cursor<Vec<u8>>>,
    shape: &impl EsriShape,
) -> Result<(), EngineError> {
    writer
        .write_shape(shape)
        .map_err(|error| unwritten(FORMAT, error))
}

fn point(&[x, y]: &Position) -> Point {
    Point::new(x, y)
}
