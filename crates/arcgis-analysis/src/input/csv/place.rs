//! Where the rows of a table lie.

use crate::input::shape::{geometry, no_geometry};
use crate::types::{Geometry, GeometryType, Point};
use wkt::Wkt;

/// The columns that say where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Longitude and latitude, in two columns.
    Degrees {
        /// The column of the longitude.
        x: usize,
        /// The column of the latitude.
        y: usize,
    },
    /// Well-known text.
    Wkt(usize),
    /// None: the rows are a table.
    Nowhere,
}

/// The names of columns of well-known text.
const WKT: [&str; 4] = ["wkt", "geometry", "geom", "the_geom"];
/// The names of columns of longitudes.
const LONGITUDE: [&str; 4] = ["longitude", "long", "lon", "lng"];
/// The names of columns of latitudes.
const LATITUDE: [&str; 2] = ["latitude", "lat"];
/// The other names of both, which mean something else when they stand alone.
const PAIRS: [(&str, &str); 2] = [("x", "y"), ("point_x", "point_y")];

impl Place {
    /// Finds the columns by their names.
    ///
    /// # Errors
    /// When there are longitudes without latitudes, or the other way round.
    pub(super) fn of(names: &[String]) -> Result<Self, String> {
        let column = |wanted: &str| {
            names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let first = |wanted: &[&str]| wanted.iter().find_map(|name| column(name));
        if let Some(i) = first(&WKT) {
            return Ok(Self::Wkt(i));
        }
        let lone = |i: usize, what: &str, wanted: &[&str]| {
            Err(format!(
                "it has the column `{}` but none of {what}; call that `{}`",
                names[i],
                wanted.join("` or `")
            ))
        };
        match (first(&LONGITUDE), first(&LATITUDE)) {
            (Some(x), Some(y)) => return Ok(Self::Degrees { x, y }),
            (Some(x), None) => return lone(x, "latitudes", &LATITUDE),
            (None, Some(y)) => return lone(y, "longitudes", &LONGITUDE),
            (None, None) => {}
        }
        let mut pairs = PAIRS.iter().map(|(x, y)| column(x).zip(column(y)));
        Ok(match pairs.find_map(|pair| pair) {
            Some((x, y)) => Self::Degrees { x, y },
            None => Self::Nowhere,
        })
    }

    /// The type that every geometry has, where the columns tell.
    pub(super) fn geometry_type(self) -> Option<GeometryType> {
        matches!(self, Self::Degrees { .. }).then_some(GeometryType::Point)
    }

    /// The geometry of a row, given its values.
    ///
    /// # Errors
    /// A clause that begins with a verb.
    pub(super) fn geometry<'a>(
        self,
        value: impl Fn(usize) -> &'a str,
        names: &[String],
        comma_is_mark: bool,
    ) -> Result<Option<Geometry>, String> {
        match self {
            Self::Nowhere => Ok(None),
            Self::Wkt(i) => well_known_text(value(i).trim(), &names[i]),
            Self::Degrees { x, y } => {
                let degrees = |i: usize, most: f64| {
                    degrees(value(i).trim(), comma_is_mark, most)
                        .map_err(|problem| format!("has the {} {problem}", names[i]))
                };
                match (value(x).trim(), value(y).trim()) {
                    ("", "") => Ok(None),
                    ("", _) => Err(format!("has no {}", names[x])),
                    (_, "") => Err(format!("has no {}", names[y])),
                    _ => {
                        let x = degrees(x, 360.0)?;
                        let y = degrees(y, 90.0)?;
                        Ok(Some(Point::new(x, y).into()))
                    }
                }
            }
        }
    }
}

/// A number of degrees.
fn degrees(text: &str, comma_is_mark: bool, most: f64) -> Result<f64, String> {
    let number = match text.parse::<f64>() {
        Err(_) if comma_is_mark => text.replacen(',', ".", 1).parse(),
        number => number,
    };
    match number {
        Ok(number) if number.abs() <= most => Ok(number),
        Ok(number) if number.is_finite() => Err(format!(
            "{text}, which is more than {most} degrees; coordinates in CSV are degrees on WGS 84"
        )),
        _ => Err(format!("{text:?}, which is no number of degrees")),
    }
}

/// A geometry in well-known text.
fn well_known_text(text: &str, name: &str) -> Result<Option<Geometry>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = |problem: &str| Err(format!("has no well-known text in `{name}`: {problem}"));
    let collection = "GEOMETRYCOLLECTION";
    let start = text.get(..collection.len());
    // Collections can contain themselves, without end.
    if start.is_some_and(|start| start.eq_ignore_ascii_case(collection)) {
        return Err(no_geometry("GeometryCollection"));
    }
    if !is_one(text) {
        return refuse("it breaks off, or something follows it");
    }
    match text.parse::<Wkt<f64>>() {
        Ok(read) => geometry(&read),
        Err(problem) => refuse(problem),
    }
}

/// Whether the brackets of a text close once, at its end, which the parser does not ask.
fn is_one(text: &str) -> bool {
    let mut depth = 0_usize;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    // `POINT EMPTY` has none.
    depth == 0
}
