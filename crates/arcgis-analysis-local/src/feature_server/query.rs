//! The parameters of a query, read and checked against the layer.

use super::having::Having;
use super::quantize::Steps;
use super::statistics::{Statistic, Statistics};
use super::{Filter, MOST_RECORDS, MOST_RECORDS_TILE, geometry};
use crate::call::Params;
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_engine::SpatialRelation;
use arcgis_analysis_types::{Geometry, GeometryType, SpatialReference};
use serde_json::Value;

/// What a query asks for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) filter: Filter,
    /// The features by their numbers, as they were asked for.
    pub(super) object_ids: Option<Vec<i64>>,
    pub(super) place: Option<Place>,
    /// The names of the fields that are told.
    pub(super) fields: Vec<String>,
    pub(super) with_geometry: bool,
    /// The spatial reference of the answer.
    pub(super) reference: SpatialReference,
    /// How many digits behind the point coordinates have at most.
    pub(super) precision: Option<i32>,
    /// How far drawn lines may be off, in units of the answer's spatial reference.
    pub(super) allowed_offset: Option<f64>,
    /// The grid onto which coordinates are brought.
    pub(super) steps: Option<Steps>,
    /// Whether the centre of each polygon is told.
    pub(super) with_centre: bool,
    /// The fields to order by, and whether downwards.
    pub(super) order: Vec<(String, bool)>,
    pub(super) offset: usize,
    pub(super) most: usize,
    /// Whether a part of what is found is told where not all of it is.
    pub(super) some_of_many: bool,
    /// Whether only the number of rows is told.
    pub(super) rows_counted: bool,
    pub(super) wanted: Wanted,
    pub(super) format: Format,
}

/// A geometry that is asked with.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) geometry: Geometry,
    pub(super) reference: SpatialReference,
    pub(super) relation: SpatialRelation,
}

/// What of the features is told.
#[derive(Debug)]
pub(super) enum Wanted {
    Features,
    Count,
    Ids,
    Extent { count: bool },
    Distinct,
    Statistics(Statistics),
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    GeoJson,
    Pbf,
}

/// Parameters that would change the answer and are not offered, and how to do without each.
const REFUSED: [(&str, &str); 8] = [
    (
        "distance",
        "buffer the geometry with the task CreateBuffers first",
    ),
    ("time", "use a where clause on the date field"),
    ("gdbVersion", "leave it out"),
    ("historicMoment", "leave it out"),
    ("datumTransformation", "leave it out"),
    ("fullText", "use a where clause"),
    ("parameterValues", "leave it out"),
    ("rangeValues", "use a where clause"),
];

impl Query {
    /// Reads a query of a layer.
    ///
    /// # Errors
    /// When it asks for what is not there or not offered.
    pub(super) fn read(layer: &Layer, params: &Params) -> Result<Self, Fault> {
        let get = |name| params.get(name);
        let yes = |name: &str| flag(params, name, false);
        for (name, instead) in REFUSED {
            if get(name).is_some_and(|text| text.trim() != "null") {
                return Err(Fault::bad_request(format!(
                    "`{name}` is not offered by the local service; {instead}."
                )));
            }
        }
        let object_ids = match get("objectIds") {
            Some(text) => Some(numbers("objectIds", text)?),
            None => None,
        };
        let filter = Filter::parse(get("where").unwrap_or("1=1"), layer.fields())
            .map_err(|problem| Fault::bad_request(format!("`where` cannot be used: {problem}.")))?;
        let own = layer.reference();
        let reference = match get("outSR") {
            Some(text) => geometry::reference("outSR", text)?,
            None => own.clone(),
        };
        let place = match get("geometry") {
            Some(text) => Some(place(text, params, &own)?),
            None => None,
        };
        let format = match get("f").map(str::to_ascii_lowercase).as_deref() {
            Some("geojson") => Format::GeoJson,
            Some("pbf") => Format::Pbf,
            _ => Format::Json,
        };
        // GeoJSON is in longitude and latitude, whatever is asked for.
        let reference = match format {
            Format::GeoJson => SpatialReference::WGS84,
            _ => reference,
        };
        let wanted = wanted(layer, params)?;
        let fields = match (&wanted, get("outFields")) {
            // Without any fields a query tells the numbers of the features.
            (_, None) => vec![layer.id_field.clone()],
            (_, Some(text)) => names(layer, "outFields", text)?,
        };
        let allowed_offset = match get("maxAllowableOffset") {
            Some(text) => Some(length("maxAllowableOffset", text)?).filter(|offset| *offset > 0.0),
            None => None,
        };
        let with_centre = yes("returnCentroid")?;
        let steps = match get("quantizationParameters").filter(|text| text.trim() != "null") {
            Some(text) => Some(Steps::read(
                text,
                &reference,
                allowed_offset,
                layer.full_extent(),
            )?),
            None => None,
        };
        for (name, is_asked) in [
            ("quantizationParameters", steps.is_some()),
            ("returnCentroid", with_centre),
        ] {
            if is_asked && format == Format::GeoJson {
                return Err(Fault::bad_request(format!(
                    "`{name}` has no place in GeoJSON; ask for f=json or f=pbf, or leave it out."
                )));
            }
        }
        let precision = match get("geometryPrecision") {
            Some(text) => Some(number("geometryPrecision", text)?.min(17) as i32),
            None => None,
        };
        Ok(Self {
            filter,
            object_ids,
            place,
            fields,
            with_geometry: flag(params, "returnGeometry", true)? && !yes("returnDistinctValues")?,
            reference,
            precision,
            allowed_offset,
            steps,
            with_centre: with_centre && layer.geometry_type() == Some(GeometryType::Polygon),
            order: order(layer, get("orderByFields"), &wanted)?,
            offset: get("resultOffset").map_or(Ok(0), |text| number("resultOffset", text))?,
            most: match (get("resultRecordCount"), most_records(params)?) {
                (Some(text), most) => number("resultRecordCount", text)?.min(most),
                (None, most) => most,
            },
            some_of_many: flag(params, "returnExceededLimitFeatures", true)?,
            rows_counted: yes("returnCountOnly")?,
            wanted,
            format,
        })
    }
}

fn wanted(layer: &Layer, params: &Params) -> Result<Wanted, Fault> {
    let yes = |name: &str| flag(params, name, false);
    if yes("returnIdsOnly")? && !yes("returnCountOnly")? {
        return Ok(Wanted::Ids);
    }
    if yes("returnExtentOnly")? {
        return Ok(Wanted::Extent {
            count: yes("returnCountOnly")?,
        });
    }
    if let Some(text) = params.get("outStatistics") {
        let all = Statistic::read(layer, text)?;
        let groups = match params.get("groupByFieldsForStatistics") {
            Some(text) => names(layer, "groupByFieldsForStatistics", text)?,
            None => Vec::new(),
        };
        let having = match params.get("having") {
            Some(text) => Some(Having::read(layer, text, &all, &groups)?),
            None => None,
        };
        return Ok(Wanted::Statistics(Statistics {
            all,
            groups,
            having,
        }));
    }
    if params.get("having").is_some() {
        return Err(Fault::bad_request(
            "`having` picks groups of statistics; give outStatistics too, or use where.",
        ));
    }
    Ok(if yes("returnDistinctValues")? {
        Wanted::Distinct
    } else if yes("returnCountOnly")? {
        Wanted::Count
    } else {
        Wanted::Features
    })
}

/// How many features an answer holds at most: more for clients that draw, which say so.
fn most_records(params: &Params) -> Result<usize, Fault> {
    let most = match params
        .get("resultType")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("none" | "standard") => MOST_RECORDS,
        Some("tile") => MOST_RECORDS_TILE,
        Some(other) => {
            return Err(Fault::bad_request(format!(
                "`resultType` is {other:?}; offered are none, standard and tile."
            )));
        }
    };
    let factor = match params.get("maxRecordCountFactor") {
        Some(text) => length("maxRecordCountFactor", text)?.clamp(1.0, 5.0),
        None => 1.0,
    };
    Ok((most as f64 * factor) as usize)
}

fn place(text: &str, params: &Params, own: &SpatialReference) -> Result<Place, Fault> {
    let word = params
        .get("spatialRel")
        .unwrap_or("esriSpatialRelIntersects");
    let relation = SpatialRelation::from_wire(word)
        .ok_or_else(|| Fault::bad_request(format!("`spatialRel` {word:?} is not offered.")))?;
    let geometry = geometry::read(text, params.get("geometryType"))?;
    let reference = match (params.get("inSR"), geometry.spatial_reference()) {
        (_, Some(carried)) => carried.clone(),
        (Some(text), None) => geometry::reference("inSR", text)?,
        (None, None) => own.clone(),
    };
    Ok(Place {
        geometry,
        reference,
        relation,
    })
}

/// The fields of a list of names, each as the layer spells it.
pub(super) fn names(layer: &Layer, param: &str, text: &str) -> Result<Vec<String>, Fault> {
    let all = || layer.fields().iter().map(|field| field.name.clone());
    let mut found: Vec<String> = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if name == "*" {
            return Ok(all().collect());
        }
        let field = field(layer, param, name)?;
        if !found.contains(&field) {
            found.push(field);
        }
    }
    Ok(found)
}

/// A field as the layer spells it.
pub(super) fn field(layer: &Layer, param: &str, name: &str) -> Result<String, Fault> {
    let field = layer.field(name).map(|field| field.name.clone());
    field.ok_or_else(|| {
        let known: Vec<_> = layer
            .fields()
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        Fault::bad_request(format!(
            "`{param}` names the field {name:?}, which the layer has not; it has {}.",
            known.join(", ")
        ))
    })
}

fn order(layer: &Layer, text: Option<&str>, wanted: &Wanted) -> Result<Vec<(String, bool)>, Fault> {
    let terms = text.unwrap_or_default().split(',').map(str::trim);
    let terms = terms.filter(|term| !term.is_empty()).map(|term| {
        let (name, downwards) = match term.rsplit_once(char::is_whitespace) {
            Some((name, word)) if word.eq_ignore_ascii_case("desc") => (name.trim(), true),
            Some((name, word)) if word.eq_ignore_ascii_case("asc") => (name.trim(), false),
            _ => (term, false),
        };
        let own = match wanted {
            Wanted::Statistics(statistics) => statistics
                .all
                .iter()
                .map(|statistic| &statistic.name)
                .find(|own| own.eq_ignore_ascii_case(name))
                .cloned(),
            _ => None,
        };
        let name = own.map_or_else(|| field(layer, "orderByFields", name), Ok)?;
        Ok((name, downwards))
    });
    terms.collect()
}

pub(crate) fn flag(params: &Params, name: &str, default: bool) -> Result<bool, Fault> {
    match params.get(name).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(default),
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(other) => Err(Fault::bad_request(format!(
            "`{name}` is {other:?}; it must be true or false."
        ))),
    }
}

fn number(name: &str, text: &str) -> Result<usize, Fault> {
    let number = text.trim().parse();
    number.map_err(|_| {
        Fault::bad_request(format!("`{name}` is {text:?}; it must be a whole number."))
    })
}

fn length(name: &str, text: &str) -> Result<f64, Fault> {
    let number = text.trim().parse().ok();
    number
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .ok_or_else(|| {
            Fault::bad_request(format!(
                "`{name}` is {text:?}; it must be a number, 0 or more."
            ))
        })
}

/// Whole numbers, parted by commas, or as a list of JSON.
pub(super) fn numbers(name: &str, text: &str) -> Result<Vec<i64>, Fault> {
    let refuse = || Fault::bad_request(format!("`{name}` must be whole numbers parted by commas."));
    if text.trim_start().starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text).map_err(|_| refuse())?;
        return list.iter().map(|n| n.as_i64().ok_or_else(refuse)).collect();
    }
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|_| refuse()))
        .collect()
}
