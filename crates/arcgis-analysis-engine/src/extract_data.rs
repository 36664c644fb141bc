//! Extract Data: the features of an area in a file to download.
//!
//! # Method
//!
//! Without `extent` every feature is taken. With it, features of a layer are taken that have a place in common with its
//! polygons, or, with `clip`, the parts of them that lie within: of lines what runs within or on the border, of areas what
//! both share. Polygons are compared on one 64-bit grid with straight edges in the reference of the layer, and vertices come
//! back bit for bit. The extent of `context` is a further condition, which never cuts. Rows of tables lie nowhere and are all
//! taken.
//!
//! The formats, with several layers in one file:
//!
//! - `CSV` has a header and the attributes, and of points the coordinates `x` and `y`; of lines and areas the attributes
//!   alone, as one column cannot hold them. A comma parts values, CRLF ends rows, and values with either are quoted
//!   (RFC 4180). Several layers are a zip archive. Dates are written in UTC as ISO 8601 has them, null as nothing.
//! - `SHAPEFILE` is a zip archive with the files `.shp`, `.shx`, `.dbf`, `.cpg` (UTF-8) and `.prj` of each layer, of a table
//!   the `.dbf`. Outer rings run clockwise, holes counterclockwise.
//! - `KML` is a KMZ archive with one document, a folder for each layer, in longitude and latitude. Attributes are typed by a
//!   schema.
//!
//! The same features give the same bytes: the date in archives and tables is always 1 January 1980.
//!
//! # Known differences from the service
//!
//! - File geodatabases are not written.
//! - Polygons are written repaired (even-odd), those narrower than a millimetre on average without a geometry, and what runs
//!   beyond the antimeridian is cut there. Heights and measures are left out, and attachments.
//! - The tables of shapefiles have names of at most 10 letters, texts of at most 254 bytes and dates without the time of
//!   day; what does not fit is told in warnings. Features without a geometry are left out of shapefiles of layers.
//! - A `.prj` is written for WGS 84, Web Mercator, and references given as text; for others a warning says that it is missing.
//! - How ArcGIS words dates, and names files and layers within archives, is not documented.

mod archive;
mod cells;
mod csv;
mod kml;
mod shapefile;
mod shapes;
mod table;

use crate::layer::{Layer, SHAPES};
use crate::measure::TOLERANCE;
use crate::overlay::Part;
use crate::overlay_layers::Plan;
use crate::prepared::{Prepared, Solid, grid_for};
use crate::refusal::unknown_word;
use crate::relate::{Compared, Relation};
use crate::spatial_reference::Reference;
use crate::tasks::{Computed, Support};
use crate::{Control, DataFile, EngineError};
use arcgis_analysis_spatial::extract_data::{DataFormat, ExtractData};
use arcgis_analysis_spatial::overlay_layers::OutputType;
use arcgis_analysis_types::{
    Attributes, Field, GeometryKind, GeometryType, ParameterError, ParameterErrorKind,
    SpatialReference, Task,
};
use archive::Names;
use rayon::prelude::*;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: ExtractData::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let file = extract_data(&ExtractData::from_json(params)?, control)?;
        Ok(vec![("contentID", file.into())])
    },
};

const FIDELITY: &str = "CSV, shapefiles and KML are written, file geodatabases are not. Heights, measures and attachments are \
    left out, polygons are repaired, and a shapefile says which spatial reference it is in only for WGS 84, Web Mercator and \
    references given as text.";

const TASK: &str = "ExtractData";
const INPUTS: &str = "inputLayers";

/// The features of a layer that were taken, as they are written.
struct Extract<'a> {
    /// The layer's name, which no other layer of the file has.
    name: String,
    fields: Vec<Field>,
    /// None of a table.
    geometry_type: Option<GeometryType>,
    reference: Reference,
    rows: Vec<Row<'a>>,
}

/// A feature as it is written.
struct Row<'a> {
    solid: Solid,
    /// Those of the input, which may be many.
    attributes: &'a Attributes,
}

/// Computes an Extract Data task.
///
/// # Errors
/// When a parameter breaks a rule, when the format is one that is not written here, when the features do not travel with the
/// call or need a change of spatial reference that is not computed here, when they are more than a file of the format holds,
/// and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, extract_data};
/// use arcgis_analysis_spatial::extract_data::{DataFormat, ExtractData};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let towns = FeatureCollection::from_geojson(r#"{"type": "Feature", "properties": {"name": "Basel"},
///     "geometry": {"type": "Point", "coordinates": [7.6, 47.5]}}"#)?;
/// let file = extract_data(&ExtractData::new([towns]).data_format(DataFormat::Csv), &Control::new())?;
/// assert_eq!(String::from_utf8(file.bytes)?, "name,x,y\r\nBasel,7.6,47.5\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn extract_data(task: &ExtractData, control: &Control) -> Result<DataFile, EngineError> {
    task.check()?;
    let write = writer(task.data_format.as_ref().unwrap_or(&DataFormat::Csv))?;
    let is_kml = task.data_format == Some(DataFormat::Kml);
    if task.input_layers.is_empty() {
        return Err(EngineError::input(
            INPUTS,
            "has no layers; give at least one",
        ));
    }
    let area = match &task.extent {
        Some(area) => Some(Layer::take(area, "extent", &[GeometryKind::Polygon], None)?),
        None => None,
    };
    let clip = task.clip.unwrap_or(false);
    if clip && area.is_none() {
        control.warn(
            "`clip` cuts at the border of `extent`, which was not given; features are whole.",
        );
    }
    if is_kml
        && task
            .context
            .as_ref()
            .is_some_and(|context| context.out_sr.is_some())
    {
        control.inform("KML is always in longitude and latitude; `outSR` makes no difference.");
    }
    let mut context = task.context.clone();
    let mut names = Names::default();
    let mut extracts = Vec::new();
    for (index, input) in task.input_layers.iter().enumerate() {
        let mut layer = Layer::read(input, INPUTS)?;
        layer.expect(&[SHAPES.as_slice(), &[GeometryKind::Table]].concat())?;
        if layer.kind != GeometryKind::Table {
            context = layer.settled(context.as_ref());
            layer.limit(context.as_ref())?;
        }
        let out = if is_kml {
            let degrees = Reference::read(&SpatialReference::WGS84, "dataFormat")?;
            (degrees, "dataFormat")
        } else {
            (layer.out_reference(task.context.as_ref())?, "context")
        };
        let own = input
            .collection()
            .and_then(|collection| collection.layer_definition.name.as_deref());
        let geometry_type = layer.geometry_type();
        let extract = Extract {
            name: names.file(own.unwrap_or("layer")),
            rows: rows(&layer, area.as_ref(), clip, &out, control)?,
            fields: layer.fields,
            geometry_type,
            reference: out.0,
        };
        control.progress(index + 1, task.input_layers.len() + 1);
        extracts.push(extract);
    }
    if extracts.iter().all(|extract| extract.rows.is_empty()) {
        control.warn("No feature lies in the area; the file holds none.");
    }
    let title = task
        .output_name
        .as_ref()
        .and_then(|name| name.title.as_deref());
    let stem = match (title, extracts.as_slice()) {
        (Some(title), _) => Names::default().file(title),
        (None, [only]) => only.name.clone(),
        (None, _) => "extract".to_owned(),
    };
    let file = write(&stem, &extracts, control)?;
    control.progress(1, 1);
    Ok(file)
}

/// Writes what was taken to a file whose name begins so.
type Writer = fn(&str, &[Extract], &Control) -> Result<DataFile, EngineError>;

fn writer(format: &DataFormat) -> Result<Writer, EngineError> {
    let foreign = |what: &str| {
        let problem = format!(
            "asks for a {what}, a format of Esri's that the engine does not write; ask for `SHAPEFILE`, `CSV` or `KML`"
        );
        ParameterError::new(
            ParameterErrorKind::NotAChoice,
            TASK,
            ["dataFormat"],
            problem,
        )
    };
    match format {
        DataFormat::Csv => Ok(csv::write),
        DataFormat::Kml => Ok(kml::write),
        DataFormat::Shapefile => Ok(shapefile::write),
        DataFormat::FileGeodatabase => Err(foreign("file geodatabase").into()),
        DataFormat::Unknown(word) if word.as_str() == "LAYERPACKAGE" => {
            Err(foreign("layer package").into())
        }
        other => Err(unknown_word(TASK, "dataFormat", other)),
    }
}

/// The features of a layer that lie in the area, whole or cut, in their order and in the reference that a parameter asks
/// for.
fn rows<'a>(
    layer: &Layer<'a>,
    area: Option<&Layer>,
    clip: bool,
    out: &(Reference, &'static str),
    control: &Control,
) -> Result<Vec<Row<'a>>, EngineError> {
    let attributes = layer.features.iter().map(|feature| feature.attributes);
    if layer.kind == GeometryKind::Table {
        let row = |attributes| Row {
            solid: Solid::Nothing,
            attributes,
        };
        return Ok(attributes.map(row).collect());
    }
    let to_out = layer.reference.change_to(&out.0, out.1)?;
    let layers: Vec<&Layer> = std::iter::once(layer).chain(area).collect();
    let plan = Plan {
        grid: grid_for(&layers, &layer.reference)?,
        same: layer.reference.coordinates.units(TOLERANCE),
        output: OutputType::Input,
        reference: layer.reference.clone(),
    };
    let ready = |layer: &Layer| Prepared::new(layer, &plan.reference, plan.grid, control);
    let own = ready(layer)?;
    let area = area.map(ready).transpose()?;
    let area = area.map(|area| if clip { parted(area, &plan) } else { area });
    let taken = own.solids.par_iter().map(|solid| {
        control.check()?;
        let Some(area) = &area else {
            return Ok(Some(solid.clone()));
        };
        let near = area.near(solid, plan.same);
        if !clip {
            let mut compared = Compared::new(plan.reference.coordinates, solid);
            let is_in = near
                .iter()
                .any(|place| compared.is(Relation::Intersects, &area.solids[*place]));
            return Ok(is_in.then(|| solid.clone()));
        }
        let within = match near.as_slice() {
            [only] => plan.pair(solid, &area.solids[*only]),
            several => {
                let parts = several.iter().map(|place| &area.solids[*place]);
                plan.pair(
                    solid,
                    &Solid::Area(parts.flat_map(region).cloned().collect()),
                )
            }
        };
        Ok((within != Solid::Nothing).then_some(within))
    });
    let taken: Vec<Option<Solid>> = taken.collect::<Result<_, EngineError>>()?;
    let rows = taken
        .into_iter()
        .zip(attributes)
        .filter_map(|(solid, attributes)| {
            let mut solid = solid?;
            solid.change(to_out);
            Some(Row { solid, attributes })
        });
    Ok(rows.collect())
}

/// What areas cover together, by its parts, of which no two overlap.
fn parted(area: Prepared, plan: &Plan) -> Prepared {
    let shapes = area.solids.iter().map(|solid| region(solid).concat());
    let shapes = shapes.filter(|rings| !rings.is_empty());
    let parts = plan.grid.union(shapes.collect()).into_iter();
    let parts = parts.map(|part| Solid::Area(vec![part])).collect();
    Prepared::index(parts, plan.reference.coordinates)
}

fn region(solid: &Solid) -> &[Part] {
    match solid {
        Solid::Area(region) => region,
        _ => &[],
    }
}

/// What was taken cannot be written in the format.
fn unwritten(format: &str, problem: impl std::fmt::Display) -> EngineError {
    EngineError::input(INPUTS, format!("cannot be written as {format}: {problem}"))
}
