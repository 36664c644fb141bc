//! The geometries of FlatGeobuf.

use crate::input::shape::{filled, no_geometry, placed};
use crate::types::{Geometry, Multipoint, Polygon, Polyline, Position};
use ::flatgeobuf::{Geometry as From, GeometryType as Kind};

/// How much a file can hold. Parts of a FlatBuffer may lie in one another, and so say more than the file has bytes.
#[derive(Debug)]
pub(super) struct Budget {
    positions: usize,
    values: usize,
}

impl Budget {
    /// A position takes 16 bytes. A value that is null takes none, so there may be four of them to a byte.
    pub(super) fn of(bytes: usize) -> Self {
        Self {
            positions: bytes / 16,
            values: bytes.saturating_mul(4).saturating_add(1 << 16),
        }
    }

    fn positions(&mut self, count: usize) -> Result<(), String> {
        take(&mut self.positions, count, "positions")
    }

    /// So many values more.
    pub(super) fn values(&mut self, count: usize) -> Result<(), String> {
        take(&mut self.values, count, "attributes")
    }
}

fn take(budget: &mut usize, count: usize, what: &str) -> Result<(), String> {
    *budget = budget
        .checked_sub(count)
        .ok_or_else(|| format!("has more {what} than a file of its size can hold"))?;
    Ok(())
}

/// The geometry, or none where it is empty.
///
/// # Errors
/// A clause that begins with a verb.
pub(super) fn geometry(
    from: &From<'_>,
    layer: Kind,
    budget: &mut Budget,
) -> Result<Option<Geometry>, String> {
    let kind = if layer == Kind::Unknown {
        from.type_()
    } else {
        layer
    };
    let geometry: Geometry = match kind {
        Kind::Point => {
            return match *positions(from, budget)?.as_slice() {
                [] => Ok(None),
                [position] => Ok(placed(position)),
                _ => Err("is a point of several positions".to_owned()),
            };
        }
        Kind::MultiPoint => Multipoint::from_points(positions(from, budget)?).into(),
        Kind::LineString | Kind::MultiLineString => {
            Polyline::from_paths(parts(from, budget)?).into()
        }
        Kind::Polygon => Polygon::from_parts([parts(from, budget)?]).into(),
        Kind::MultiPolygon => {
            let polygons = from.parts().into_iter().flatten();
            let polygons = polygons.map(|polygon| parts(&polygon, budget));
            Polygon::from_parts(polygons.collect::<Result<Vec<_>, _>>()?).into()
        }
        kind => {
            return Err(no_geometry(
                kind.variant_name().unwrap_or("geometry of another type"),
            ));
        }
    };
    Ok(filled(geometry))
}

/// The positions, divided where the geometry says.
fn parts(from: &From<'_>, budget: &mut Budget) -> Result<Vec<Vec<Position>>, String> {
    let mut rest = positions(from, budget)?.into_iter();
    let count = rest.len();
    let Some(ends) = from.ends().filter(|ends| !ends.is_empty()) else {
        return Ok(if count == 0 {
            Vec::new()
        } else {
            vec![rest.collect()]
        });
    };
    let mut start = 0;
    let mut parts = Vec::new();
    for end in ends {
        let end = end as usize;
        if end < start || end > count {
            break;
        }
        parts.push(rest.by_ref().take(end - start).collect());
        start = end;
    }
    if parts.len() == ends.len() && start == count {
        Ok(parts)
    } else {
        Err(format!(
            "has parts that end elsewhere than in its {count} positions"
        ))
    }
}

fn positions(from: &From<'_>, budget: &mut Budget) -> Result<Vec<Position>, String> {
    let Some(xy) = from.xy() else {
        return Ok(Vec::new());
    };
    let count = xy.len() / 2;
    budget.positions(count)?;
    let (z, m) = (
        from.z().filter(|z| !z.is_empty()),
        from.m().filter(|m| !m.is_empty()),
    );
    if xy.len() % 2 != 0 || [&z, &m].iter().any(|o| o.is_some_and(|o| o.len() != count)) {
        return Err("has coordinates that do not come to whole positions".to_owned());
    }
    let position = |i: usize| {
        Position::new(xy.get(2 * i), xy.get(2 * i + 1))
            .with_z(z.map(|z| z.get(i)))
            .with_m(m.map(|m| m.get(i)))
    };
    Ok((0..count).map(position).collect())
}
