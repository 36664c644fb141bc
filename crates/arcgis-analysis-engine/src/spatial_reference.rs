//! Spatial references, as far as the engine must understand them: what unit coordinates are in, whether two
//! references are the same, and how positions get from one into another.
//!
//! Longitude and latitude on WGS 84 (4326) and Web Mercator (3857, alias 102100) are changed into each other by
//! the closed formulas of the spherical Mercator projection, which is how Web Mercator is defined; all others by
//! [`projected`].

pub(crate) mod projected;
mod text;

use crate::EngineError;
use crate::overlay::Position;
use arcgis_analysis_types::SpatialReference;
use projected::{Named, Projected, Unknown};
use std::sync::OnceLock;

/// The radius of Web Mercator's sphere, in metres.
const RADIUS: f64 = 6_378_137.0;
/// Half of the width of Web Mercator's world, in metres.
pub(crate) const MERCATOR_HALF_WIDTH: f64 = RADIUS * std::f64::consts::PI;
/// The latitude at which areas in Web Mercator end: the poles are infinitely far.
const MERCATOR_TOP: f64 = 89.0;

/// What coordinates mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Coordinates {
    /// Degrees of longitude and latitude.
    Degrees,
    /// Web Mercator.
    WebMercator,
    /// A plane whose unit has this length in metres.
    Plane(f64),
}

/// A spatial reference that the engine can compute in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) coordinates: Coordinates,
    /// As the caller wrote it; it goes back out that way.
    pub(crate) written: SpatialReference,
}

impl Reference {
    /// Understands a spatial reference, or says why not; `param` brought it.
    pub(crate) fn read(written: &SpatialReference, param: &str) -> Result<Self, EngineError> {
        let coordinates = match (written.latest_wkid, written.wkid, &written.wkt) {
            (None, None, Some(wkt)) => of_text(wkt),
            (latest, older, _) => latest.and_then(of_id).or_else(|| older.and_then(of_id)),
        };
        match coordinates {
            Some(coordinates) => Ok(Self {
                coordinates,
                written: written.clone(),
            }),
            None => Err(EngineError::spatial_reference(
                param,
                format!(
                    "has the spatial reference {}, whose unit of length is not known here; use a well-known ID of \
                     the EPSG or Esri registry, or the text of a projected reference with its UNIT",
                    name(written)
                ),
            )),
        }
    }

    /// The well-known ID, aliases of Web Mercator made one.
    fn id(&self) -> Option<u32> {
        match self.coordinates {
            Coordinates::WebMercator => Some(3857),
            _ => self
                .written
                .id()
                .or_else(|| authority(self.written.wkt.as_deref()?)),
        }
    }

    fn named(&self) -> Named<'_> {
        Named {
            id: self.id(),
            text: self.written.wkt.as_deref(),
        }
    }

    /// Whether coordinates mean the same in both.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self.id(), other.id()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => self.written.wkt == other.written.wkt,
            _ => false,
        }
    }

    /// How positions get from this reference into another; `param` asks for it.
    pub(crate) fn change_to(
        &self,
        to_reference: &Self,
        param: &str,
    ) -> Result<Change, EngineError> {
        self.change(to_reference).map_err(|(problem, remedy)| {
            EngineError::spatial_reference(param, format!("{problem}; {remedy}"))
        })
    }

    /// How positions get from this reference into another, or why they do not and what to do about it in an analysis.
    pub(crate) fn change(&self, to: &Self) -> Result<Change, (String, &'static str)> {
        if self.is_same(to) {
            return Ok(Change::None);
        }
        let by_projection = |from: &Self, to: &Self| Projected::between(from.named(), to.named());
        let unknown = match (self.id(), to.id()) {
            (Some(4326), Some(3857)) => return Ok(Change::ToWebMercator),
            (Some(3857), Some(4326)) => return Ok(Change::ToDegrees),
            _ => match by_projection(self, to) {
                Ok(projected) => return Ok(Change::Projected(projected)),
                Err(unknown) => unknown,
            },
        };
        let no_grid =
            "leads no transformation to within ten metres without a grid, which is not here";
        let in_one = "give both in the same one";
        let (problem, remedy) = match unknown {
            Unknown::Reference(id) => (format!("how {id} is projected is not known here"), in_one),
            Unknown::Datum(id) => (format!("from or to the datum of {id} {no_grid}"), in_one),
            Unknown::NamedDatum(name) => (
                format!("the shift from the datum {name:?} to WGS 84 is not known here"),
                "give both in the same one, or the text with its TOWGS84",
            ),
            Unknown::Text(problem) => (
                problem.to_owned(),
                "give it its ID in the EPSG or Esri registry",
            ),
        };
        let problem = format!(
            "would need a change from the spatial reference {} to {}, and {problem}",
            self.name(),
            to.name()
        );
        Err((problem, remedy))
    }

    /// A word for messages.
    pub(crate) fn name(&self) -> String {
        name(&self.written)
    }
}

/// How positions get from one reference into another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    None,
    ToWebMercator,
    ToDegrees,
    /// By the projections and datums of both.
    Projected(Projected),
}

impl Change {
    pub(crate) fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    /// The position in the other reference; not a number where it has no place there.
    pub(crate) fn apply(self, position: Position) -> Position {
        match self {
            Self::None => position,
            Self::ToWebMercator => degrees_to_mercator(position),
            Self::ToDegrees => mercator_to_degrees(position),
            Self::Projected(projected) => projected.apply(position),
        }
    }

    /// Changes the positions of a line, which goes on over the antimeridian where a projection would turn back.
    pub(crate) fn apply_along(self, line: &mut [Position]) {
        let turn = match self {
            Self::Projected(projected) => projected.turn(),
            _ => None,
        };
        let mut before = None;
        for position in line {
            *position = self.apply(*position);
            if let Some(turn) = turn {
                let x = before.unwrap_or(position[0]);
                position[0] -= ((position[0] - x) / turn).round() * turn;
                before = Some(position[0]);
            }
        }
    }

    /// The rectangle around another one in the other reference, whose sides may be bent there; none where a part of it
    /// has no place there.
    pub(crate) fn apply_to_bounds(self, [low, high]: [Position; 2]) -> Option<[Position; 2]> {
        // Between these, the farthest a side bends out of the rectangle is missed by a thousandth of it.
        const STEPS: u32 = 32;
        if !matches!(self, Self::Projected(_)) {
            return Some([self.apply(low), self.apply(high)]);
        }
        let at = |part: u32, axis: usize| {
            low[axis] + (high[axis] - low[axis]) * f64::from(part) / f64::from(STEPS)
        };
        let mut around: Vec<Position> = (0..=STEPS)
            .flat_map(|row| (0..=STEPS).map(move |column| (row, column)))
            .map(|(row, column)| {
                [
                    at(if row % 2 == 0 { column } else { STEPS - column }, 0),
                    at(row, 1),
                ]
            })
            .collect();
        self.apply_along(&mut around);
        let edge = |axis: usize, of: fn(f64, f64) -> f64| {
            around.iter().map(|position| position[axis]).reduce(of)
        };
        let is_there = around.iter().flatten().all(|c| c.is_finite());
        is_there.then_some([
            [edge(0, f64::min)?, edge(1, f64::min)?],
            [edge(0, f64::max)?, edge(1, f64::max)?],
        ])
    }
}

/// Longitude and latitude to Web Mercator; latitudes beyond 89° are drawn at 89°.
pub(crate) fn degrees_to_mercator([lon, lat]: Position) -> Position {
    let sine = lat.clamp(-MERCATOR_TOP, MERCATOR_TOP).to_radians().sin();
    // Dividing first keeps ±180° exactly at the edge of the world.
    [lon / 180.0 * MERCATOR_HALF_WIDTH, RADIUS * sine.atanh()]
}

/// Web Mercator to longitude and latitude.
pub(crate) fn mercator_to_degrees([x, y]: Position) -> Position {
    [
        x / MERCATOR_HALF_WIDTH * 180.0,
        (y / RADIUS).sinh().atan().to_degrees(),
    ]
}

fn name(reference: &SpatialReference) -> String {
    match (reference.id(), &reference.wkt) {
        (Some(id), _) => id.to_string(),
        (None, Some(wkt)) => format!("\"{}\"", wkt.chars().take(60).collect::<String>()),
        (None, None) => "without an ID or a text".to_owned(),
    }
}

fn of_id(id: u32) -> Option<Coordinates> {
    match id {
        3857 | 3785 | 102_100 | 102_113 | 900_913 => Some(Coordinates::WebMercator),
        _ => {
            let table = table();
            let index = table.partition_point(|span| span.last < id);
            table
                .get(index)
                .filter(|span| span.first <= id)
                .map(|span| span.coordinates)
        }
    }
}

/// Reads the unit out of well-known text of the first version, as Esri writes it.
fn of_text(text: &str) -> Option<Coordinates> {
    let text = text.trim();
    if text.starts_with("GEOGCS[") {
        let greenwich = !text.contains("PRIMEM[") || number_after(text, "PRIMEM[")? == 0.0;
        let degree = (number_after(text, "UNIT[")? - 1f64.to_radians()).abs() < 1e-12;
        return (greenwich && degree).then_some(Coordinates::Degrees);
    }
    if !text.starts_with("PROJCS[") {
        return None;
    }
    if text.contains("Mercator_Auxiliary_Sphere") {
        return Some(Coordinates::WebMercator);
    }
    // The first UNIT belongs to the geographic reference within, the last to the projected one.
    let unit = text
        .rfind("UNIT[")
        .filter(|at| text.find("UNIT[") != Some(*at))?;
    number_after(&text[unit..], "UNIT[")
        .filter(|unit| *unit > 0.0)
        .map(Coordinates::Plane)
}

/// The spatial reference of the text of a `.prj` file: by its ID where that is sure, so that it is the same as that of others
/// who name it by the ID, or else by the text. None where its unit is not known.
pub(crate) fn of_prj(text: &str) -> Option<SpatialReference> {
    let coordinates = of_text(text)?;
    let by_id = match coordinates {
        Coordinates::WebMercator => return Some(SpatialReference::WEB_MERCATOR),
        Coordinates::Degrees => is_wgs84(text).then_some(4326),
        Coordinates::Plane(_) => utm(text),
    };
    let id = by_id
        .or_else(|| authority(text))
        .filter(|id| match (of_id(*id), coordinates) {
            // Units in texts are rounded.
            (Some(Coordinates::Plane(a)), Coordinates::Plane(b)) => (a / b - 1.0).abs() < 1e-9,
            (known, _) => known == Some(coordinates),
        });
    Some(match id {
        Some(id) => SpatialReference::wkid(id),
        None => SpatialReference {
            wkt: Some(text.to_owned()),
            ..SpatialReference::default()
        },
    })
}

fn is_wgs84(text: &str) -> bool {
    let is_named = |key: &str, names: &[&str]| {
        let named = text
            .split_once(key)
            .and_then(|(_, rest)| rest.split('"').nth(1));
        named.is_some_and(|named| names.iter().any(|name| named.eq_ignore_ascii_case(name)))
    };
    is_named("DATUM[", &["D_WGS_1984", "WGS_1984"])
}

/// The ID of a zone of UTM on WGS 84, by the name that Esri or the EPSG gives it.
fn utm(text: &str) -> Option<u32> {
    let name = text
        .split('"')
        .nth(1)?
        .to_ascii_uppercase()
        .replace(' ', "_");
    let zone = ["WGS_1984_UTM_ZONE_", "WGS_84_/_UTM_ZONE_"];
    let zone = zone.iter().find_map(|start| name.strip_prefix(start))?;
    let (number, base) = match zone.strip_suffix('N') {
        Some(number) => (number, 32_600),
        None => (zone.strip_suffix('S')?, 32_700),
    };
    let number: u32 = number.parse().ok()?;
    (1..=60).contains(&number).then_some(base + number)
}

/// The ID at the end of a text, which is that of the whole.
fn authority(text: &str) -> Option<u32> {
    let (_, last) = text.rsplit_once("AUTHORITY[\"EPSG\",")?;
    let (id, rest) = last.trim_start_matches('"').split_once(['"', ']'])?;
    // More brackets follow an ID of a part.
    let after = rest.trim_start_matches(['"', ']', ' ', '\n', '\r']);
    (after.is_empty() && rest.matches(']').count() <= 2).then(|| id.parse().ok())?
}

/// The number that follows the quoted name in `KEY["name",number`.
fn number_after(text: &str, key: &str) -> Option<f64> {
    let rest = &text[text.find(key)? + key.len()..];
    let number = rest.split(',').nth(1)?;
    number
        .trim_end_matches(']')
        .split(']')
        .next()?
        .trim()
        .parse()
        .ok()
}

/// A run of well-known IDs.
struct Span {
    first: u32,
    last: u32,
    coordinates: Coordinates,
}

/// The runs of well-known IDs, in order.
fn table() -> &'static [Span] {
    static TABLE: OnceLock<Vec<Span>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut spans: Vec<Span> = include_str!("spatial_reference/wkids.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(line_spans)
            .collect();
        spans.sort_unstable_by_key(|span| span.first);
        spans
    })
}

fn line_spans(line: &str) -> impl Iterator<Item = Span> {
    let (unit, ids) = line.split_once(' ').unwrap_or((line, ""));
    let coordinates = match unit.parse() {
        Ok(metres) => Coordinates::Plane(metres),
        Err(_) => Coordinates::Degrees,
    };
    ids.split(' ').filter_map(move |ids| {
        let (first, last) = ids.split_once('-').unwrap_or((ids, ids));
        Some(Span {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            coordinates,
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(wkid: u32) -> Option<Coordinates> {
        Reference::read(&SpatialReference::wkid(wkid), "inputLayer")
            .ok()
            .map(|r| r.coordinates)
    }

    #[test]
    fn units_are_those_of_the_registry() {
        assert_eq!(read(4326), Some(Coordinates::Degrees));
        assert_eq!(read(4269), Some(Coordinates::Degrees));
        assert_eq!(read(102_100), Some(Coordinates::WebMercator));
        assert_eq!(read(32_633), Some(Coordinates::Plane(1.0)));
        // Texas Central in US survey feet, Arizona Central in international feet, Bavarian Gauss-Krueger.
        assert!(
            matches!(read(2277), Some(Coordinates::Plane(unit)) if (unit * 3937.0 - 1200.0).abs() < 1e-9)
        );
        assert_eq!(read(2223), Some(Coordinates::Plane(0.3048)));
        assert_eq!(read(31_468), Some(Coordinates::Plane(1.0)));
        // Paris grads, the Moon, nothing.
        assert_eq!(read(4807), None);
        assert_eq!(read(104_903), None);
        assert_eq!(read(1), None);
    }

    #[test]
    fn text_is_read_as_esri_writes_it() {
        let degrees = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],\
                       PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
        assert_eq!(of_text(degrees), Some(Coordinates::Degrees));
        let feet = format!(
            "PROJCS[\"X\",{degrees},PROJECTION[\"Lambert\"],PARAMETER[\"a\",1.0],UNIT[\"Foot_US\",0.3048006096012192]]"
        );
        assert_eq!(
            of_text(&feet),
            Some(Coordinates::Plane(0.304_800_609_601_219_2))
        );
        assert_eq!(
            of_text("PROJCS[\"X\",GEOGCS[\"Y\",UNIT[\"Degree\",0.0174532925199433]]]"),
            None
        );
        assert_eq!(of_text("COMPD_CS[]"), None);
    }

    #[test]
    fn web_mercator_and_degrees_are_inverse() {
        // pyproj 3.7.2: Transformer.from_crs(4326, 3857, always_xy=True).transform(13.4, 52.5)
        let [x, y] = degrees_to_mercator([13.4, 52.5]);
        assert!(
            (x - 1_491_681.176_629_865_8).abs() < 1e-8 && (y - 6_891_041.723_891_586).abs() < 1e-8
        );
        let [lon, lat] = mercator_to_degrees([x, y]);
        assert!((lon - 13.4).abs() < 1e-13 && (lat - 52.5).abs() < 1e-13);
        assert_eq!(
            mercator_to_degrees([MERCATOR_HALF_WIDTH, 0.0]),
            [180.0, 0.0]
        );
        assert_eq!(degrees_to_mercator([-180.0, 0.0])[0], -MERCATOR_HALF_WIDTH);
    }

    fn change(from: u32, to: u32) -> Result<Change, EngineError> {
        let reference = |wkid| Reference::read(&SpatialReference::wkid(wkid), "context").unwrap();
        reference(from).change_to(&reference(to), "context")
    }

    #[test]
    fn own_formulas_serve_web_mercator() {
        assert!(change(102_100, 3857).unwrap().is_none());
        assert!(matches!(change(4326, 3857), Ok(Change::ToWebMercator)));
        assert!(matches!(change(102_100, 4326), Ok(Change::ToDegrees)));
        assert!(matches!(change(4269, 3857), Ok(Change::Projected(_))));
    }

    #[test]
    fn a_change_without_a_good_transformation_is_refused() {
        // NAD 27 needs a grid, and no projection of the interrupted Goode homolosine is there.
        let datum = change(4326, 26_715).unwrap_err().to_string();
        assert!(
            datum.contains("4326 to 26715") && datum.contains("datum of 4267"),
            "{datum}"
        );
        let projection = change(4326, 54_052).unwrap_err().to_string();
        assert!(
            projection.contains("how 54052 is projected"),
            "{projection}"
        );
        // Within its own datum no shift is needed.
        assert!(change(4267, 26_715).is_ok());
    }

    #[test]
    fn text_that_gives_its_id_is_changed_as_the_id() {
        let text = "PROJCS[\"UTM\",GEOGCS[\"W\",UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]],UNIT[\"metre\",1],AUTHORITY[\"EPSG\",\"32633\"]]";
        assert_eq!(authority(text), Some(32_633));
        let unnamed = text.replace(",AUTHORITY[\"EPSG\",\"32633\"]]", "]");
        assert_eq!(authority(&unnamed), None);
    }

    #[test]
    fn a_line_goes_on_over_the_antimeridian() {
        // UTM zone 60 ends at 180 degrees; 100 km beyond it are 0.9 degrees at the equator.
        let mut line = [[800_000.0, 0.0], [850_000.0, 0.0], [900_000.0, 0.0]];
        change(32_660, 4326).unwrap().apply_along(&mut line);
        assert!(line[2][0] > 180.0 && line[2][0] < 181.0, "{line:?}");
    }

    #[test]
    fn a_place_far_from_a_projection_has_none_there() {
        let is_there = |wkid, place| change(4326, wkid).unwrap().apply(place)[0].is_finite();
        assert!(is_there(32_633, [15.0, 52.0]) && is_there(32_633, [30.0, 52.0]));
        // A gnomonic map has no place for the other hemisphere.
        assert!(!is_there(102_034, [-60.0, -30.0]));
        // Every longitude is the pole.
        assert!(is_there(3413, [77.0, 90.0]));
    }
}
