//! Spatial references of well-known text that gives no ID.
//!
//! **Method.** `proj4wkt` reads the text and writes the projection's parameters as PROJ has them. The datum is the one of its
//! name, as Esri or the EPSG write it, where its ellipsoid is that one's too (`datums.txt`, made by
//! `tests/reference/texts.py`); the shift of another one is that of the text's `TOWGS84`.
//!
//! **Known differences.** What a projection is told that its parameters have no word for is left out by `proj4wkt`. Where that
//! would move places, the text is refused.

use proj4wkt::Builder;
use proj4wkt::builder::Node;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// The longest text that is read, in bytes; those of references are a twentieth of it.
const LONGEST: usize = 16 * 1024;
/// How deep brackets stand in each other at most, of which the texts of references need five.
const DEEPEST: usize = 16;

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The projection, or that there is none, as PROJ writes it.
    pub(super) projection: String,
    pub(super) datum: Datum,
}

/// The datum of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Datum {
    /// That of the geographic reference of this ID.
    Known(u32),
    /// One by its name, ellipsoid and, where the text has one, shift to WGS 84, as PROJ writes them.
    Written { name: String, parameters: String },
}

/// Reads a text, or says as a clause what is not understood.
pub(super) fn read(text: &str) -> Result<Written, &'static str> {
    let text = text.trim();
    let unread = "its text cannot be read";
    if text.len() > LONGEST || depth(text) > DEEPEST {
        return Err(unread);
    }
    // The words of PROJ itself, with which GDAL tells what the rest of the text does not.
    if text.contains("EXTENSION[") {
        return Err("an EXTENSION of its text is not understood here");
    }
    let node = Builder::new().parse(text).map_err(|_| unread)?;
    let (geographic, scale) = match &node {
        Node::PROJCRS(projected) => {
            let scale = projected.projection.parameters.iter();
            let scale =
                scale.filter(|parameter| parameter.name.eq_ignore_ascii_case("scale_factor"));
            (
                &projected.geogcs,
                scale.map(|parameter| parameter.value).next(),
            )
        }
        Node::GEOGCRS(geographic) => (geographic, None),
        _ => return Err(unread),
    };
    let all = proj4wkt::wkt_to_projstring(text)
        .map_err(|_| "the projection of its text is not known here")?;
    let of_datum = ["+a=", "+rf=", "+towgs84="];
    let projection: Vec<&str> = all
        .split(' ')
        .filter(|part| !of_datum.iter().any(|start| part.starts_with(start)))
        .collect();
    let has = |start: &str| projection.iter().any(|part| part.starts_with(start));
    if has("+R") {
        return Err("the sphere that its text projects from is not understood here");
    }
    if has("+axis=") {
        return Err("the axes of its text do not lead east and north");
    }
    let is_scaled = scale.is_some_and(|scale| scale.parse() != Ok(1.0));
    if is_scaled && !has("+k=") && !has("+k_0=") {
        return Err("the projection of its text has a scale that is not understood here");
    }
    let ellipsoid = &geographic.datum.ellipsoid;
    let shape = [ellipsoid.a, ellipsoid.rf].map(str::parse);
    let ([Ok(axis), Ok(flattening)], None) = (shape, &ellipsoid.unit) else {
        return Err("the ellipsoid of its text is not understood here");
    };
    let shift = &geographic.datum.to_wgs84;
    let name = geographic.datum.name;
    let known = known(name, axis, flattening).filter(|_| shift.is_empty());
    Ok(Written {
        projection: projection.join(" "),
        datum: match known {
            Some(id) => Datum::Known(id),
            None => Datum::Written {
                name: name.to_owned(),
                parameters: match shift.as_slice() {
                    [] => format!("+a={axis} +rf={flattening}"),
                    shift => format!("+a={axis} +rf={flattening} +towgs84={}", shift.join(",")),
                },
            },
        },
    })
}

/// How deep brackets stand in each other, those in quotes counted too.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for letter in text.bytes() {
        match letter {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The ID of a geographic reference on the datum of this name and ellipsoid.
fn known(name: &str, axis: f64, flattening: f64) -> Option<u32> {
    let name = name.strip_prefix("D_").unwrap_or(name).to_ascii_lowercase();
    let (id, known_axis, known_flattening) = *datums().get(&name)?;
    // Texts round them.
    let is_same = (axis - known_axis).abs() < 1e-2 && (flattening - known_flattening).abs() < 1e-5;
    is_same.then_some(id)
}

type Datums = FxHashMap<String, (u32, f64, f64)>;

fn datums() -> &'static Datums {
    static DATUMS: OnceLock<Datums> = OnceLock::new();
    DATUMS.get_or_init(|| {
        let lines = include_str!("datums.txt").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        let named = lines.filter_map(|line| {
            let mut words = line.split(' ');
            let id = words.next()?.parse().ok()?;
            let [axis, flattening] = [words.next()?.parse().ok()?, words.next()?.parse().ok()?];
            Some(words.map(move |name| (name.to_ascii_lowercase(), (id, axis, flattening))))
        });
        named.flatten().collect()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(datum: &str, projection: &str) -> String {
        format!(
            "PROJCS[\"P\",GEOGCS[\"G\",{datum},PRIMEM[\"Greenwich\",0],UNIT[\"Degree\",0.0174532925199433]],{projection},\
             UNIT[\"Meter\",1]]"
        )
    }

    const UTM: &str = "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000],PARAMETER[\"False_Northing\",0],\
                       PARAMETER[\"Central_Meridian\",15],PARAMETER[\"Scale_Factor\",0.9996],PARAMETER[\"Latitude_Of_Origin\",0]";

    #[test]
    fn a_datum_is_known_by_its_name_and_ellipsoid() {
        let datum = |text_of_datum: &str| read(&text(text_of_datum, UTM)).unwrap().datum;
        let wgs84 = "DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]]";
        assert_eq!(datum(wgs84), Datum::Known(4326));
        // A name without its ellipsoid is another datum.
        let flatter = wgs84.replace("298.257223563", "290");
        assert!(matches!(datum(&flatter), Datum::Written { .. }));
        let shifted = wgs84.replace("]]", "],TOWGS84[1,2,3]]");
        // What the text says of the shift holds.
        assert!(matches!(
            datum(&shifted),
            Datum::Written { parameters, .. } if parameters.ends_with(" +towgs84=1,2,3")
        ));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let wgs84 = "DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]]";
        let refused = |projection: &str| read(&text(wgs84, projection)).unwrap_err();
        assert!(refused("PROJECTION[\"Bonne\"]").contains("projection"));
        let scaled = "PROJECTION[\"Lambert_Conformal_Conic\"],PARAMETER[\"Standard_Parallel_1\",45],\
                      PARAMETER[\"Standard_Parallel_2\",47],PARAMETER[\"Scale_Factor\",1.0000382],\
                      PARAMETER[\"Latitude_Of_Origin\",44]";
        assert!(refused(scaled).contains("scale"));
        assert!(
            refused(&format!("{UTM},EXTENSION[\"PROJ4\",\"+proj=merc\"]")).contains("EXTENSION")
        );
        // Brackets without end must not use up the stack.
        assert!(read(&"A[".repeat(8000)).is_err());
        assert!(read(&"A".repeat(LONGEST + 1)).is_err());
    }
}
