//! What hot spots and outliers are found among: features with values, or areas in which points were counted, and how far
//! their neighbourhoods reach.
//!
//! Values are those of `analysisField`, or the numbers of points in polygons or in the cells of a grid; `dividedByField`
//! divides them. Places are those of points, the centroids of polygons in the plane of their coordinates, parts on both sides of
//! the antimeridian being seen together, and the middles of cells. The module `statistic`
//! has the formulas, the module `scale` how cell size and band are chosen when they are not given.

mod count;
mod scale;
pub(crate) mod statistic;

use crate::bins::BinShape;
use crate::chart::Chart;
use crate::frame::Frame;
use crate::layer::Layer;
use crate::measure::centroid;
use crate::neighbours::Neighbours;
use crate::overlay::Position;
use crate::prepared::{Solid, grid_for, solids};
use crate::proximity::Ground;
use crate::refusal::{numeric_field, unknown_word};
use crate::spatial_reference::{Coordinates, Reference};
use crate::table::{Table, begun, geometry, value};
use crate::units::pattern_metres;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_types::{
    AttributeValue, Attributes, Context, FeatureCollection, FeatureInput, FieldType, GeometryKind,
    GeometryType, ParameterError, ParameterErrorKind,
};
use rayon::prelude::*;
use scale::Chosen;
use serde_json::{Value, json};

/// The field that holds the number of points.
const COUNT: &str = "Join_Count";
/// The code that the page of the ArcGIS REST API gives for a band by the distances of neighbours.
const BAND_BY_NEIGHBOURS: &str = "SS_84464";
/// How `processInfo` asks for a message to be laid out.
const STYLE: &str = "<ul><li></li></ul>";
const SOURCE: &str = "SOURCE_ID";

/// What a call asks to be analysed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The task's name.
    pub(crate) task: &'static str,
    pub(crate) layer: &'a FeatureInput,
    pub(crate) field: Option<&'a str>,
    pub(crate) divided_by: Option<&'a str>,
    pub(crate) bounds: Option<&'a FeatureInput>,
    pub(crate) areas: Areas<'a>,
    pub(crate) band: Option<f64>,
    pub(crate) band_units: Option<&'a PatternAnalysisUnits>,
    pub(crate) context: Option<&'a Context>,
}

/// The areas in which points are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Areas<'a> {
    Polygons(&'a FeatureInput),
    Cells {
        shape: BinShape,
        size: Option<f64>,
        units: Option<&'a PatternAnalysisUnits>,
    },
}

/// What is analysed: a value at a place.
struct Spot {
    solid: Solid,
    place: Position,
    value: f64,
    source: Option<AttributeValue>,
}

/// What is analysed, where, and under what name.
struct Spots {
    spots: Vec<Spot>,
    reference: Reference,
    field: String,
    field_type: FieldType,
    geometry_type: GeometryType,
}

/// What is analysed, with its neighbourhoods.
pub(crate) struct Scene {
    spots: Spots,
    pub(crate) values: Vec<f64>,
    /// The mean and the standard deviation of the values.
    pub(crate) moments: (f64, f64),
    pub(crate) neighbours: Neighbours,
    /// How far neighbours are, in metres.
    pub(crate) band: f64,
}

/// Messages for the job and for `processInfo`.
pub(crate) struct Log<'a> {
    pub(crate) control: &'a Control,
    pub(crate) messages: Vec<Value>,
}

impl<'a> Log<'a> {
    pub(crate) fn new(control: &'a Control) -> Self {
        Self {
            control,
            messages: Vec::new(),
        }
    }

    /// Says between which `${least}` and `${greatest}` numbers lie; nothing of none.
    pub(crate) fn range(
        &mut self,
        code: &str,
        text: &str,
        numbers: &[f64],
        params: &[(&str, String)],
    ) {
        let all = || numbers.iter().copied();
        if let (Some(least), Some(greatest)) = (all().reduce(f64::min), all().reduce(f64::max)) {
            let ends = [("least", rounded(least)), ("greatest", rounded(greatest))];
            self.say(code, text, &[params, &ends[..]].concat());
        }
    }

    /// Says something under a code of its own; `${name}` in the text stands for a parameter. In `processInfo` it has the four
    /// parts that the page "Find Hot Spots" of the ArcGIS REST API names.
    pub(crate) fn say(&mut self, code: &str, text: &str, params: &[(&str, String)]) {
        let filled = params.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        self.control.inform(&filled);
        let params: serde_json::Map<String, Value> = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        self.messages.push(json!(
            json!({"messageCode": code, "message": text, "params": params, "style": STYLE})
                .to_string()
        ));
    }
}

/// Reads what is to be analysed and finds how far neighbourhoods reach.
pub(crate) fn scene(request: &Request<'_>, log: &mut Log<'_>) -> Result<Scene, EngineError> {
    let mut layer = Layer::read(request.layer, "analysisLayer")?;
    layer.expect(&[GeometryKind::Point, GeometryKind::Polygon])?;
    let context = layer.settled(request.context);
    let request = &Request {
        context: context.as_ref(),
        ..*request
    };
    layer.limit(request.context)?;
    let analysed = match request.field {
        Some(name) => with_values(request, &layer, name, log)?,
        None => count::with_counts(request, layer, log)?,
    };
    log.control.progress(3, 10);
    let values: Vec<f64> = analysed.spots.iter().map(|spot| spot.value).collect();
    let moments = statistic::moments(&values);
    let same = values.iter().all(|value| *value == values[0]);
    if values.len() < 2 || same {
        let problem = format!(
            "gives {} features to analyse{}; patterns need values that differ",
            values.len(),
            if values.len() > 1 {
                ", whose values are all the same"
            } else {
                ""
            }
        );
        return Err(EngineError::input("analysisLayer", problem));
    }
    if values.len() < 30 {
        log.control
            .warn("Results from fewer than 30 features are not reliable.");
    }
    let [least, most] =
        [f64::min, f64::max].map(|extreme| values.iter().copied().fold(values[0], extreme));
    log.say(
        "ENGINE_VALUES",
        "${n} features were analysed. Their values reach from ${least} to ${most}, with a mean of ${mean} and a standard deviation of ${deviation}.",
        &[
            ("n", values.len().to_string()),
            ("least", rounded(least)),
            ("most", rounded(most)),
            ("mean", rounded(moments.0)),
            ("deviation", rounded(moments.1)),
        ],
    );

    let neighbours = Neighbours::new(
        Ground::new(analysed.reference.coordinates),
        analysed.spots.iter().map(|spot| spot.place).collect(),
    );
    let band = match request.band {
        Some(band) => {
            let band = band * request.metres("distanceBandUnits", request.band_units)?;
            log.say(
                "ENGINE_BAND_GIVEN",
                "The given distance band is ${band} metres.",
                &[("band", rounded(band))],
            );
            band
        }
        None => {
            let (band, chosen) = scale::band(&neighbours, &values, log.control)?;
            match chosen {
                Chosen::Peak => log.say(
                    "ENGINE_BAND_PEAK",
                    "The distance band is ${band} metres, where clustering is most intense.",
                    &[("band", rounded(band))],
                ),
                Chosen::Neighbours(count) => log.say(
                    BAND_BY_NEIGHBOURS,
                    "The distance band is ${DistanceInfo}, the mean distance of ${NumNeighs} neighbours.",
                    &[
                        ("NumNeighs", count.to_string()),
                        ("DistanceInfo", format!("{} Meters", rounded(band))),
                    ],
                ),
                Chosen::StandardDistance => log.say(
                    "ENGINE_BAND_STANDARD_DISTANCE",
                    "The distance band is ${band} metres, the standard distance of the features.",
                    &[("band", rounded(band))],
                ),
            }
            band
        }
    };
    Ok(Scene {
        spots: analysed,
        values,
        moments,
        neighbours,
        band,
    })
}

impl Scene {
    /// The features with what was found of each, whose fields are these.
    pub(crate) fn finish<const N: usize>(
        self,
        name: &str,
        context: Option<&Context>,
        fields: &[(&str, FieldType); N],
        found: impl Fn(usize) -> [AttributeValue; N] + Sync,
    ) -> Result<FeatureCollection, EngineError> {
        let Spots {
            spots,
            reference,
            field,
            field_type,
            geometry_type,
        } = self.spots;
        let out = match context.and_then(|context| context.out_sr.as_ref()) {
            Some(written) => Reference::read(written, "context")?,
            None => reference.clone(),
        };
        let to_out = reference.change_to(&out, "context")?;
        let has_source = spots.iter().any(|spot| spot.source.is_some());
        let mut table = Table::new(&[]);
        if has_source {
            table.add(SOURCE, FieldType::Oid);
        }
        table.add(&field, field_type);
        for (name, field_type) in fields {
            table.add(name, field_type.clone());
        }
        let room = table.names().count();
        table.fill(spots.into_par_iter().enumerate().map(|(index, mut spot)| {
            spot.solid.change(to_out);
            let mut row = begun(room);
            if let Some(source) = spot.source {
                row.insert(SOURCE, source);
            }
            let value = if field == COUNT && spot.value.fract() == 0.0 {
                AttributeValue::from(spot.value as i64)
            } else {
                spot.value.into()
            };
            row.insert(&field, value);
            for ((name, _), figure) in fields.iter().zip(found(index)) {
                row.insert(*name, figure);
            }
            (geometry(&spot.solid, geometry_type), row)
        }));
        table.finish_as(name, Some((geometry_type, &out)))
    }
}

fn rounded(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Request<'_> {
    fn refuse(
        &self,
        param: &str,
        kind: ParameterErrorKind,
        problem: impl Into<String>,
    ) -> EngineError {
        ParameterError::new(kind, self.task, [param], problem.into()).into()
    }

    fn metres(
        &self,
        param: &str,
        units: Option<&PatternAnalysisUnits>,
    ) -> Result<f64, EngineError> {
        let units = units.unwrap_or(&PatternAnalysisUnits::Meters);
        Ok(pattern_metres(self.task, param, units)?)
    }

    fn numeric(&self, layer: &Layer, param: &str, name: &str) -> Result<String, EngineError> {
        let field = numeric_field(self.task, param, name, layer)?;
        Ok(field.name.clone())
    }

    /// The field to divide by, if there is one; `layer` has it.
    fn divisor(&self, layer: &Layer) -> Result<Option<String>, EngineError> {
        let Some(name) = self.divided_by else {
            return Ok(None);
        };
        if name.eq_ignore_ascii_case("esriPopulation") {
            let problem = "asks for esriPopulation, which only Esri's service knows; give a field of your own";
            return Err(self.refuse("dividedByField", ParameterErrorKind::NotAChoice, problem));
        }
        self.numeric(layer, "dividedByField", name).map(Some)
    }
}

/// The shape of cells by its word; squares where there is none.
pub(crate) fn shape(task: &str, word: Option<&str>) -> Result<BinShape, EngineError> {
    match word {
        None | Some("Fishnet") => Ok(BinShape::Square),
        Some("Hexagon") => Ok(BinShape::Hexagon),
        Some(other) => Err(unknown_word(task, "shapeType", &other)),
    }
}

/// A value, divided if it is to be.
fn quotient(number: Option<f64>, attributes: &Attributes, divisor: Option<&String>) -> Option<f64> {
    let number = number?;
    let quotient = match divisor {
        Some(field) => number / value(attributes, field).as_f64()?,
        None => number,
    };
    quotient.is_finite().then_some(quotient)
}

/// Features with the values of a field.
fn with_values(
    request: &Request<'_>,
    layer: &Layer,
    name: &str,
    log: &mut Log<'_>,
) -> Result<Spots, EngineError> {
    let field = request.numeric(layer, "analysisField", name)?;
    let divisor = request.divisor(layer)?;
    let grid = grid_for(&[layer], &layer.reference)?;
    let solids = solids(layer, &layer.reference, grid, log.control)?;
    let total = solids.len();
    let spots: Vec<Spot> = solids
        .into_iter()
        .enumerate()
        .filter_map(|(index, solid)| {
            let attributes = &layer.features[index].attributes;
            let number = quotient(
                value(attributes, &field).as_f64(),
                attributes,
                divisor.as_ref(),
            )?;
            let place = centre(&solid, layer.reference.coordinates)?;
            Some(Spot {
                solid,
                place,
                value: number,
                source: Some(layer.object_id(index)),
            })
        })
        .collect();
    left_out(total - spots.len(), log.control);
    let geometry_type = match layer.kind {
        GeometryKind::Polygon => GeometryType::Polygon,
        _ if spots.iter().any(|spot| spot.solid.positions().count() > 1) => {
            GeometryType::Multipoint
        }
        _ => GeometryType::Point,
    };
    Ok(Spots {
        spots,
        reference: layer.reference.clone(),
        field,
        field_type: FieldType::Double,
        geometry_type,
    })
}

fn left_out(count: usize, control: &Control) {
    if count > 0 {
        control.warn(&format!(
            "{count} features were left out: they have no geometry, no value, or nothing to divide it by."
        ));
    }
}

/// Where a geometry is seen: the centroid of an area, the mean of points. Parts on both sides of the antimeridian are seen
/// together.
fn centre(solid: &Solid, coordinates: Coordinates) -> Option<Position> {
    let chart = Chart::of(coordinates);
    let frame = Frame::around(coordinates, solid.boxes())?;
    let seen = |p: &Position| chart.map_or(*p, |chart| chart.eastwards(frame.west, *p));
    let centre = match solid {
        Solid::Points(points) => {
            let count = points.len() as f64;
            [0, 1].map(|i| points.iter().map(|p| seen(p)[i]).sum::<f64>() / count)
        }
        Solid::Area(region) => {
            let mut region = region.clone();
            for position in region.iter_mut().flatten().flatten() {
                *position = seen(position);
            }
            centroid(&region)?
        }
        _ => return None,
    };
    Some(chart.map_or(centre, |chart| chart.wrap(centre)))
}
