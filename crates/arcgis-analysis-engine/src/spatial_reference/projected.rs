//! Changes between spatial references by their projections and datums.
//!
//! **Method.** The `proj4rs` crate, a port of PROJ's older pipeline: back to longitude and latitude, by at most seven
//! parameters from one datum to the other, forward into the plane. `projections.txt` has the definitions, those only
//! whose places agree with PROJ's to a millimetre; `tests/reference/projections.py` made it.
//!
//! **Known differences.** From one datum to another goes the transformation without a grid that PROJ's database holds to
//! ten metres in most of the datum's area; ArcGIS may take another one by default. Where there is none, as from NAD 27,
//! the change is refused rather than made without a shift of some hundred metres.

use crate::overlay::Position;
use crate::spatial_reference::{MERCATOR_HALF_WIDTH, degrees_to_mercator, mercator_to_degrees};
use proj4rs::Proj;
use proj4rs::adaptors::transform_vertex_2d;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// WGS 84.
const WORLD: u32 = 4326;

/// What a well-known ID stands for.
#[derive(Debug)]
struct Definition {
    /// The geographic reference below, whose datum is its own.
    geographic: u32,
    /// Whether the shift from its datum to WGS 84 is known.
    shifted: bool,
    proj: Proj,
}

/// One end of a change.
#[derive(Debug, Clone, Copy)]
struct End {
    definition: &'static Definition,
    /// Web Mercator, whose own formulas lead to and from WGS 84.
    is_mercator: bool,
}

/// How positions get from one reference into another by their projections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projected {
    from: End,
    to: End,
}

/// Why there is no change between two references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The reference of this ID has no definition here.
    Reference(u32),
    /// The datum of the geographic reference of this ID leads nowhere without a grid.
    Datum(u32),
}

impl Projected {
    /// The change between two well-known IDs; 3857 stands for all aliases of Web Mercator.
    pub(crate) fn between(from: u32, to: u32) -> Result<Self, Unknown> {
        let [from, to] = [end(from)?, end(to)?];
        if from.definition.geographic != to.definition.geographic {
            for end in [from, to] {
                if !end.definition.shifted {
                    return Err(Unknown::Datum(end.definition.geographic));
                }
            }
        }
        Ok(Self { from, to })
    }

    /// The position in the other reference; not a number where it has no place there, or one from which it is not found
    /// again, as far outside of what a projection is made for.
    pub(crate) fn apply(self, position: Position) -> Position {
        let there = self.one_way(position);
        let back = Self {
            from: self.to,
            to: self.from,
        };
        let [x, y] = back.one_way(there);
        let (turn, is_pole) = match back.turn() {
            Some(turn) => (turn, back.is_to_degrees() && 90.0 - y.abs() < 1e-9),
            None => (f64::INFINITY, false),
        };
        // Coarse, since some projections are computed to a metre only, and what is folded over is far away.
        let near = if back.is_to_degrees() { 1e-3 } else { 100.0 };
        let away = (x - position[0]).abs() % turn;
        // At a pole every longitude is the same place.
        if (is_pole || away.min(turn - away) < near) && (y - position[1]).abs() < near {
            there
        } else {
            [f64::NAN; 2]
        }
    }

    fn one_way(self, position: Position) -> Position {
        let [from, to] = [self.from.definition, self.to.definition];
        let position = if self.from.is_mercator {
            mercator_to_degrees(position)
        } else {
            position
        };
        let [x, y] = if from.proj.is_latlong() {
            position.map(f64::to_radians)
        } else {
            position
        };
        let changed = |x, y| {
            transform_vertex_2d(&from.proj, &to.proj, (x, y))
                .ok()
                .filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        // Where a projection's world ends, at its antimeridian, the way back begins within a hair's breadth.
        let within = 1.0 - 1e-12;
        let Some((x, y)) = changed(x, y).or_else(|| changed(x * within, y * within)) else {
            return [f64::NAN; 2];
        };
        if !to.proj.is_latlong() {
            return [x, y];
        }
        let degrees = [x.to_degrees(), y.to_degrees()];
        if self.to.is_mercator {
            degrees_to_mercator(degrees)
        } else {
            degrees
        }
    }

    fn is_to_degrees(self) -> bool {
        self.to.definition.proj.is_latlong() && !self.to.is_mercator
    }

    /// How wide the world is in the coordinates that come out, where it is an endless band.
    pub(crate) fn turn(self) -> Option<f64> {
        if self.to.is_mercator {
            Some(2.0 * MERCATOR_HALF_WIDTH)
        } else {
            self.is_to_degrees().then_some(360.0)
        }
    }
}

fn end(wkid: u32) -> Result<End, Unknown> {
    let is_mercator = wkid == 3857;
    let definition = definition(if is_mercator { WORLD } else { wkid });
    definition
        .map(|definition| End {
            definition,
            is_mercator,
        })
        .ok_or(Unknown::Reference(wkid))
}

/// A line of the table, read when it is first needed.
struct Row {
    text: &'static str,
    definition: OnceLock<Option<Definition>>,
}

fn definition(wkid: u32) -> Option<&'static Definition> {
    let row = table().get(&wkid)?;
    row.definition.get_or_init(|| read(wkid, row.text)).as_ref()
}

/// Reads what stands behind an ID: of a geographic reference the ellipsoid and the shift, of a projected one the ID of
/// the geographic reference and the projection.
fn read(wkid: u32, text: &str) -> Option<Definition> {
    let (geographic, projection) = if text.starts_with('+') {
        (wkid, "+proj=longlat")
    } else {
        let (geographic, projection) = text.split_once(' ')?;
        (geographic.parse().ok()?, projection)
    };
    let datum = table().get(&geographic)?.text;
    Some(Definition {
        geographic,
        shifted: datum.contains("+towgs84="),
        proj: Proj::from_proj_string(&format!("{projection} {datum}")).ok()?,
    })
}

fn table() -> &'static FxHashMap<u32, Row> {
    static TABLE: OnceLock<FxHashMap<u32, Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = include_str!("projections.txt").lines();
        let row = |line: &'static str| {
            let (wkid, text) = line.split_once(' ')?;
            let definition = OnceLock::new();
            Some((wkid.parse().ok()?, Row { text, definition }))
        };
        lines
            .filter(|line| !line.starts_with('#'))
            .filter_map(row)
            .collect()
    })
}
