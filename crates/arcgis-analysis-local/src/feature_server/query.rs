//! The parameters of a query, read and checked against the layer.

use super::statistics::Statistic;
use super::{Filter, MOST_RECORDS, geometry};
use crate::call::Params;
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_engine::SpatialRelation;
use arcgis_analysis_types::{Geometry, SpatialReference};
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
    /// The fields to order by, and whether downwards.
    pub(super) order: Vec<(String, bool)>,
    pub(super) offset: usize,
    pub(super) most: usize,
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
    Extent {
        count: bool,
    },
    Distinct,
    Statistics {
        all: Vec<Statistic>,
        groups: Vec<String>,
    },
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    GeoJson,
    Pbf,
}

/// Parameters that would change the answer and are not offered, and how to do without each.
const REFUSED: [(&str, &str); 9] = [
    ("having", "pick the groups from the answer"),
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
            order: order(layer, get("orderByFields"), &wanted)?,
            offset: get("resultOffset").map_or(Ok(0), |text| number("resultOffset", text))?,
            most: match get("resultRecordCount") {
                Some(text) => number("resultRecordCount", text)?.min(MOST_RECORDS),
                None => MOST_RECORDS,
            },
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
        return Ok(Wanted::Statistics { all, groups });
    }
    Ok(
        match (yes("returnDistinctValues")?, yes("returnCountOnly")?) {
            (true, false) => Wanted::Distinct,
            (false, true) => Wanted::Count,
            (false, false) => Wanted::Features,
            (true, true) => {
                return Err(Fault::bad_request(
                    "`returnDistinctValues` with `returnCountOnly` is not offered; count the values of the answer.",
                ));
            }
        },
    )
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
fn names(layer: &Layer, param: &str, text: &str) -> Result<Vec<String>, Fault> {
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
            Wanted::Statistics { all, .. } => all
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

fn flag(params: &Params, name: &str, default: bool) -> Result<bool, Fault> {
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

/// Whole numbers, parted by commas, or as a list of JSON.
fn numbers(name: &str, text: &str) -> Result<Vec<i64>, Fault> {
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
