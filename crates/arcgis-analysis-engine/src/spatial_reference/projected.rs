//! Changes between spatial references by their projections and datums.
//!
//! **Method.** The `proj4rs` crate, a port of PROJ's older pipeline: back to longitude and latitude, by at most seven
//! parameters from one datum to the other, forward into the plane. `projections.txt` has the definitions, those only
//! whose places agree with PROJ's to a millimetre; `tests/reference/projections.py` made it. What a text without an ID says is
//! read by [`text`].
//!
//! **Known differences.** From one datum to another goes the transformation without a grid that PROJ's database holds to
//! ten metres in most of the datum's area; ArcGIS may take another one by default. Where there is none, as from NAD 27,
//! the change is refused rather than made without a shift of some hundred metres.

use crate::overlay::Position;
use crate::spatial_reference::text::{self, Datum};
use crate::spatial_reference::{MERCATOR_HALF_WIDTH, degrees_to_mercator, mercator_to_degrees};
use proj4rs::Proj;
use proj4rs::adaptors::transform_vertex_2d;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// WGS 84.
const WORLD: u32 = 4326;

/// How many references without an ID are told apart, since what is known of each is kept: about a kilobyte.
const MOST_TEXTS: usize = 10_000;

/// What a reference goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) id: Option<u32>,
    pub(crate) text: Option<&'a str>,
}

/// What a well-known ID or a text stands for.
#[derive(Debug)]
struct Definition {
    datum: Datum,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The reference of this ID has no definition here.
    Reference(u32),
    /// The datum of the geographic reference of this ID leads nowhere without a grid.
    Datum(u32),
    /// The datum of this name in a text is none whose shift is known.
    NamedDatum(String),
    /// Why the text of a reference is not understood.
    Text(&'static str),
}

impl Projected {
    /// The change between two references; the ID 3857 stands for all aliases of Web Mercator.
    pub(crate) fn between(from: Named, to: Named) -> Result<Self, Unknown> {
        let [from, to] = [end(from)?, end(to)?];
        if from.definition.datum != to.definition.datum {
            for end in [from, to] {
                if !end.definition.shifted {
                    return Err(match &end.definition.datum {
                        Datum::Known(id) => Unknown::Datum(*id),
                        Datum::Written { name, .. } => Unknown::NamedDatum(name.clone()),
                    });
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

fn end(named: Named) -> Result<End, Unknown> {
    let is_mercator = named.id == Some(3857);
    let by_id = match named.id {
        Some(3857) => definition(WORLD),
        Some(id) => definition(id),
        None => None,
    };
    let definition = match (by_id, named.text, named.id) {
        (Some(definition), _, _) => definition,
        (None, Some(text), _) => of_text(text)?,
        (None, None, id) => return Err(Unknown::Reference(id.unwrap_or_default())),
    };
    Ok(End {
        definition,
        is_mercator,
    })
}

/// What a text stands for, the same for all texts that say the same.
fn of_text(text: &str) -> Result<&'static Definition, Unknown> {
    static TEXTS: Mutex<Vec<(text::Written, &'static Definition)>> = Mutex::new(Vec::new());
    let written = text::read(text).map_err(Unknown::Text)?;
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, definition)) = texts.iter().find(|(known, _)| *known == written) {
        return Ok(definition);
    }
    if texts.len() == MOST_TEXTS {
        return Err(Unknown::Text(
            "there are too many such texts to know one more",
        ));
    }
    let (datum, shifted) = match &written.datum {
        Datum::Known(id) => {
            let row = table().get(id).ok_or(Unknown::Reference(*id))?;
            (row.text, row.text.contains("+towgs84="))
        }
        Datum::Written { parameters, .. } => {
            (parameters.as_str(), parameters.contains("+towgs84="))
        }
    };
    let proj = Proj::from_proj_string(&format!("{} {datum}", written.projection))
        .map_err(|_| Unknown::Text("the projection of its text is not known here"))?;
    // Kept for good, so that a change can be copied; there are not more than `MOST_TEXTS`.
    let definition: &'static Definition = Box::leak(Box::new(Definition {
        datum: written.datum.clone(),
        shifted,
        proj,
    }));
    texts.push((written, definition));
    Ok(definition)
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
        datum: Datum::Known(geographic),
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
