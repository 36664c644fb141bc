//! Generate Tessellations: regular bins over an area.
//!
//! # Method
//!
//! The area is the rectangle around the features of `extentLayer`, or else `context.extent`; with both, around the features
//! that meet the latter. Bins are kept that have a part of it; with `intersectStudyArea`, those that share a place with a
//! feature. An area without a width or a height is taken to be a side wide or high.
//!
//! - The bins of Square, Hexagon, TransverseHexagon, Triangle and Diamond have the area that `binSize` gives in a unit of area,
//!   or the side in a unit of length; a diamond is a square on a corner. They are laid out from the south-western corner of
//!   the area: in the plane of a projected reference, and for longitudes and latitudes and Web Mercator in the equal-area
//!   projection of the module `bins`, where they are cut at the antimeridian and the poles. There corners lie where they
//!   must, and edges between them are straight on the chart, which a triangle's area feels: by 0.03 percent of 20 square
//!   kilometres at 60° of latitude, the more the larger, up and down making up for each other. `GRID_ID` is a column in
//!   letters, from the west, and a row in numbers, from the north: `A-1`, `A-2`, `B-1`.
//! - The bins of `H3_Hexagon` are the cells of the H3 grid with `binResolution`, by the crate `h3o`, their edges straight on the
//!   chart; `GRID_ID` is the cell's index in H3's hexadecimal writing. They need longitudes and latitudes, or Web Mercator.
//!
//! # Known differences from the service
//!
//! - Where ArcGIS begins its bins, in which projection it lays them out over geographic data, and from which side it counts
//!   rows and columns, are not documented.

mod h3;
mod lattice;

use crate::bins::{BinPlane, MOST_BINS};
use crate::frame::Frame;
use crate::layer::{Layer, SHAPES};
use crate::overlay::Region;
use crate::prepared::{Prepared, Solid, grid_for};
use crate::refusal::unknown_word;
use crate::relate::{Compared, Relation};
use crate::spatial_reference::Reference;
use crate::table::{Table, geometry};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::generate_tessellations::{
    BinSizeUnit, GenerateTessellations, TessellationShape,
};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryType, ParameterError, ParameterErrorKind,
    Task,
};
use lattice::{Lattice, Tile};
use rayon::prelude::*;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: GenerateTessellations::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let task = GenerateTessellations::from_json(params)?;
        let bins = generate_tessellations(&task, control)?;
        Ok(vec![("tessellationLayer", bins.into())])
    },
};

const FIDELITY: &str = "H3 cells are those of H3. The other bins have their size, on the ellipsoid for geographic and Web Mercator \
    data, with edges straight on the chart; where ArcGIS begins them and how it counts rows and columns is not documented.";

const TASK: &str = "GenerateTessellations";
const GRID_ID: &str = "GRID_ID";

/// A bin, before it is written.
struct Bin {
    name: String,
    region: Region,
}

/// The area that is covered.
struct Study {
    reference: Reference,
    frame: Frame,
    /// The features, where only bins that meet them are kept.
    features: Option<Prepared>,
}

/// Computes a Generate Tessellations task.
///
/// # Errors
/// When a parameter breaks a rule or is out of range, when neither features nor an extent say what is covered, when there
/// would be more than a million bins, when the features do not travel with the call or need a change of spatial
/// reference that is not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, generate_tessellations};
/// use arcgis_analysis_spatial::generate_tessellations::{BinSizeUnit, GenerateTessellations, TessellationShape};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let canton = r#"{"type": "Feature", "properties": {},
///     "geometry": {"type": "Polygon", "coordinates": [[[7, 46], [8, 46], [8, 47], [7, 47], [7, 46]]]}}"#;
/// let task = GenerateTessellations::new(TessellationShape::Hexagon)
///     .bin_size(100.0)
///     .bin_size_unit(BinSizeUnit::SquareKilometers)
///     .extent_layer(FeatureCollection::from_geojson(canton)?);
/// let bins = generate_tessellations(&task, &Control::new())?;
/// // The canton has 8,500 square kilometres; the bins reach beyond it.
/// assert!((85..125).contains(&bins.features().len()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn generate_tessellations(
    task: &GenerateTessellations,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    control.check()?;
    let study = study(task, control)?;
    let bins = match study {
        None => Vec::new(),
        Some(ref study) => match tile(&task.bin_type)? {
            Some(tile) => tiles(task, tile, study)?,
            None => h3::cells(task.bin_resolution.unwrap_or_default(), study, control)?,
        },
    };
    let coordinates = study.as_ref().map(|study| study.reference.coordinates);
    let (reference, features) = match study {
        Some(study) => (Some(study.reference), study.features),
        None => (None, None),
    };
    let keep = |bin: &Bin| {
        control.check()?;
        let (Some(features), Some(coordinates)) = (&features, coordinates) else {
            return Ok(true);
        };
        let solid = Solid::Area(bin.region.clone());
        let mut compared = Compared::new(coordinates, &solid);
        let near = features.near(&solid, 0.0);
        Ok(near
            .into_iter()
            .any(|at| compared.is(Relation::Intersects, &features.solids[at])))
    };
    let kept = bins
        .par_iter()
        .map(keep)
        .collect::<Result<Vec<bool>, EngineError>>()?;

    let mut table = Table::new(&[GRID_ID]);
    table.add(GRID_ID, FieldType::String);
    let Some(reference) = reference else {
        control.warn("There is nothing to cover: no feature has a geometry within the extent.");
        return Ok(table.finish_rows("tessellationLayer"));
    };
    let out = match task.context.as_ref().and_then(|c| c.out_sr.as_ref()) {
        Some(written) => Reference::read(written, "context")?,
        None => reference.clone(),
    };
    let change = reference.change_to(&out, "context")?;
    for (bin, _) in bins.into_iter().zip(kept).filter(|(_, kept)| *kept) {
        let mut solid = Solid::Area(bin.region);
        solid.change(change);
        let row = Attributes::from_iter([(GRID_ID, bin.name)]);
        table.push(geometry(&solid, GeometryType::Polygon), row);
    }
    control.progress(1, 1);
    table.finish("tessellationLayer", &out)
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem).into()
}

/// The shape of bins; none for cells of H3.
fn tile(shape: &TessellationShape) -> Result<Option<Tile>, EngineError> {
    Ok(Some(match shape {
        TessellationShape::Square => Tile::Square,
        TessellationShape::Hexagon => Tile::Hexagon,
        TessellationShape::TransverseHexagon => Tile::TransverseHexagon,
        TessellationShape::Triangle => Tile::Triangle,
        TessellationShape::Diamond => Tile::Diamond,
        TessellationShape::H3Hexagon => return Ok(None),
        other => return Err(unknown_word(TASK, "binType", other)),
    }))
}

/// What is covered; nothing where no feature has a geometry.
fn study(task: &GenerateTessellations, control: &Control) -> Result<Option<Study>, EngineError> {
    let context = task.context.as_ref();
    if let Some(input) = &task.extent_layer {
        let layer = Layer::take(input, "extentLayer", &SHAPES, context)?;
        let reference = layer.reference.clone();
        let grid = grid_for(&[&layer], &reference)?;
        // Made ready, features lie within the chart.
        let features = Prepared::new(&layer, &reference, grid, control)?;
        let boxes = features.solids.iter().flat_map(Solid::boxes);
        let frame = Frame::around(reference.coordinates, boxes);
        return Ok(frame.map(|frame| Study {
            reference,
            frame,
            features: task
                .intersect_study_area
                .unwrap_or(false)
                .then_some(features),
        }));
    }
    let Some(extent) = context.and_then(|context| context.extent.as_ref()) else {
        let problem = "has no extent; give one, or features as `extentLayer`".to_owned();
        return Err(refuse("context", ParameterErrorKind::Missing, problem));
    };
    let out = context.and_then(|context| context.out_sr.as_ref());
    let Some(written) = extent.spatial_reference.as_ref().or(out) else {
        return Err(EngineError::spatial_reference(
            "context",
            "has an extent without a spatial reference; set it, for example {\"wkid\": 4326}",
        ));
    };
    let corners = [[extent.xmin, extent.ymin], [extent.xmax, extent.ymax]];
    let is_extent = corners.iter().flatten().all(|c| c.is_finite())
        && corners[0][0] <= corners[1][0]
        && corners[0][1] <= corners[1][1];
    if !is_extent {
        return Err(EngineError::input(
            "context",
            "has an extent that is empty; give xmin and ymin no greater than xmax and ymax",
        ));
    }
    let reference = Reference::read(written, "context")?;
    Ok(Some(Study {
        frame: Frame::given(reference.coordinates, corners),
        reference,
        features: None,
    }))
}

/// The length of a side in metres.
fn side(task: &GenerateTessellations, tile: Tile) -> Result<f64, EngineError> {
    let size = task.bin_size.unwrap_or_default();
    let unit = task
        .bin_size_unit
        .as_ref()
        .unwrap_or(&BinSizeUnit::SquareKilometers);
    let foot = 0.3048_f64;
    let area = |unit: f64| (size * unit / tile.unit_area()).sqrt();
    let side = match unit {
        BinSizeUnit::Meters => size,
        BinSizeUnit::Kilometers => size * 1e3,
        BinSizeUnit::Feet => size * foot,
        BinSizeUnit::Miles => size * 1609.344,
        BinSizeUnit::NauticalMiles => size * 1852.0,
        BinSizeUnit::Yards => size * 3.0 * foot,
        BinSizeUnit::SquareKilometers => area(1e6),
        BinSizeUnit::Hectares => area(1e4),
        BinSizeUnit::SquareMeters => area(1.0),
        BinSizeUnit::SquareMiles => area(1609.344 * 1609.344),
        BinSizeUnit::Acres => area(43_560.0 * foot * foot),
        BinSizeUnit::SquareYards => area(9.0 * foot * foot),
        BinSizeUnit::SquareFeet => area(foot * foot),
        BinSizeUnit::SquareInches => area(0.0254 * 0.0254),
        other => {
            let problem = format!("names the unit `{other}`, whose size is not known here");
            return Err(refuse(
                "binSizeUnit",
                ParameterErrorKind::NotAChoice,
                problem,
            ));
        }
    };
    if side > 0.0 && side.is_finite() {
        return Ok(side);
    }
    Err(refuse(
        "binSize",
        ParameterErrorKind::OutOfRange,
        "must be a number greater than 0".to_owned(),
    ))
}

/// The bins of a lattice over the area, by column, then by row.
fn tiles(task: &GenerateTessellations, tile: Tile, study: &Study) -> Result<Vec<Bin>, EngineError> {
    let metres = side(task, tile)?;
    let (plane, unit) = BinPlane::over(study.reference.coordinates, Some(study.frame));
    let corners = study.frame.corners.map(|corner| plane.lay(corner));
    let lattice = Lattice::new(tile, metres / unit, corners);
    let count = lattice.count();
    if count > MOST_BINS {
        let problem =
            format!("is so small that {count:.0} bins would cover the area; give larger bins");
        return Err(refuse("binSize", ParameterErrorKind::OutOfRange, problem));
    }
    let bins = lattice.tiles().into_iter().map(|(name, ring)| Bin {
        name,
        region: plane
            .lift(ring)
            .into_iter()
            .map(|ring| vec![ring])
            .collect(),
    });
    Ok(bins.filter(|bin| !bin.region.is_empty()).collect())
}
