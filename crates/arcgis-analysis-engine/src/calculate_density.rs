//! Calculate Density: how much of a quantity there is around every place.
//!
//! # Method
//!
//! The quantity of a point is spread over a disk around it by the quartic kernel (Silverman, "Density estimation", 1986,
//! equation 4.5): 3 / (pi r^2) (1 - d^2 / r^2)^2 at the distance d within the radius r. That of a line is spread from each of
//! its places alike, so that what is spread is its length times the quantity; the integral along a segment has a closed
//! form. Distances are straight: in the plane of projected data, through the Earth's ellipsoid for geographic and Web
//! Mercator data.
//!
//! Density is computed at the corners of square cells that lie as the bins of other tasks do. Classes are found from the
//! densities at these corners that are greater than 0, within `boundingPolygonLayer` if there is one, and drawn as the
//! areas between contours.
//!
//! - `radius` is by default 0.9 min(s, sqrt(1 / ln 2) m) n^-0.2, with the standard distance s and the median distance m from
//!   the mean centre, each point weighing as much as its quantity, and the sum n of all quantities, as the page "How Kernel
//!   Density works" of ArcGIS Pro's tool reference has it. A line counts with its segments' middles.
//! - `cellSize` is by default a thousandth of the shorter side of the area, or as large as leaves 4 million cells.
//! - `areaUnits` is by default SquareKilometers.
//!
//! Results have `class`, from 1 for the lowest as in layers that the task has made, and `Value_Min` and `Value_Max`, the
//! densities between which it lies. Where there is none there is no polygon.
//!
//! # Known differences from the service
//!
//! - The names of the fields but `class`, where cells begin, and how standard deviations become classes are not documented
//!   for the service; see the module `classes` for what they are here.
//! - The area reaches as far as the quantities do: the radius beyond the features. It is cut at the poles, and drawn in parts
//!   where it lies over the antimeridian. Cells are by default a part of this area, in the service of the extent in `context`.

mod kernel;

use crate::bins::{Bin, BinShape, Bins};
use crate::bounds::Bounds;
use crate::chart::Chart;
use crate::classes::{Classes, Scheme};
use crate::contours::Surface;
use crate::frame::Frame;
use crate::layer::Layer;
use crate::overlay::{Grid, Position};
use crate::prepared::{Solid, grid_for, solids};
use crate::refusal::{numeric_field, unknown_word};
use crate::spatial_reference::Reference;
use crate::table::value;
use crate::tasks::{Computed, Support};
use crate::units::pattern_metres;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::calculate_density::{AreaUnits, CalculateDensity, ClassificationType};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_types::{
    FeatureCollection, GeometryKind, ParameterError, ParameterErrorKind, Task,
};
use kernel::Quantities;
use rayon::prelude::*;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: CalculateDensity::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let density = calculate_density(&CalculateDensity::from_json(params)?, control)?;
        Ok(vec![("resultLayer", density.into())])
    },
};

const FIDELITY: &str = "Densities are by the documented kernel and default radius. Where cells begin, and how standard \
    deviations part them, is not documented, so that the polygons agree in kind, not in their vertices.";

const TASK: &str = "CalculateDensity";
/// More corners than this are refused.
const MOST_CORNERS: f64 = 4e6;

/// Computes a Calculate Density task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or holds no numbers, when the features do not travel
/// with the call, have other geometries, or need a change of spatial reference that is not computed here, when there is
/// nothing to spread or no radius suits it, when there would be too many cells, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, calculate_density};
/// use arcgis_analysis_spatial::calculate_density::CalculateDensity;
/// use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// let well = Feature::new(Point::new(500.0, 500.0), Default::default());
/// let layer = FeatureCollection::new(SpatialReference::wkid(32633), vec![well]);
/// let task = CalculateDensity::new(layer)
///     .radius(1.0)
///     .radius_units(PatternAnalysisUnits::Kilometers)
///     .cell_size(100.0)
///     .cell_size_units(PatternAnalysisUnits::Meters)
///     .num_classes(4);
/// let density = calculate_density(&task, &Control::new())?;
/// // At its place there are 3 / pi wells per square kilometre.
/// let top = density.features()[3].attributes["Value_Max"].as_f64().unwrap();
/// assert!((top - 3.0 / std::f64::consts::PI).abs() < 1e-9);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
pub fn calculate_density(
    task: &CalculateDensity,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let context = task.context.as_ref();
    let layer = Layer::take(
        &task.input_layer,
        "inputLayer",
        &[GeometryKind::Point, GeometryKind::Line],
        context,
    )?;
    let reference = layer.reference.clone();
    let scheme = scheme(task.classification_type.as_ref())?;
    let per_area = match &task.area_units {
        None | Some(AreaUnits::SquareKilometers) => 1e6,
        Some(AreaUnits::SquareMiles) => 1609.344 * 1609.344,
        Some(other) => {
            let problem = format!("names the unit `{other}`, whose size is not known here");
            return Err(refuse("areaUnits", ParameterErrorKind::NotAChoice, problem));
        }
    };
    let grid = grid_for(&[&layer], &reference)?;
    let solids = solids(&layer, &reference, grid, control)?;
    let weights = weights(task, &layer, control)?;
    let quantities = Quantities::new(reference.coordinates, &solids, &weights);
    if quantities.is_empty() {
        let problem = "has no features with a place and a quantity greater than 0";
        return Err(EngineError::input("inputLayer", problem));
    }
    let radius = match task.radius {
        Some(radius) => radius * metres("radiusUnits", task.radius_units.as_ref())?,
        None => quantities.default_radius().ok_or_else(|| {
            EngineError::input(
                "inputLayer",
                "has all quantities in one place, so no radius suits them; give radius",
            )
        })?,
    };
    let bounds = match &task.bounding_polygon_layer {
        Some(input) => Some(Bounds::read(input, &reference, control)?),
        None => None,
    };
    let (bins, first, last) = corners(task, &reference, &solids, radius, control)?;
    control.progress(1, 10);
    let surface = Surface::new(bins, first, last, control, |place| {
        quantities.density(place, radius) * per_area
    })?;
    control.progress(6, 10);
    let counts = |place: Position| match &bounds {
        Some(bounds) => bounds.holds(place),
        None => true,
    };
    let mut values: Vec<f64> = surface
        .values()
        .filter(|(place, value)| *value > 0.0 && counts(*place))
        .map(|(_, value)| value)
        .collect();
    values.par_sort_by(f64::total_cmp);
    let classes = usize::try_from(task.num_classes.unwrap_or(10)).unwrap_or(10);
    let mut levels = vec![0.0];
    levels.extend(scheme.borders(0.0, &values, classes));
    control.progress(7, 10);

    let mut borders = levels.clone();
    borders.extend(values.last());
    let grid = match Chart::of(reference.coordinates) {
        Some(_) => grid,
        // The surface reaches beyond the features, by the radius.
        None => {
            let corners = surface.ends();
            let limits = bounds
                .iter()
                .flat_map(|bounds| bounds.region.iter().flatten().flatten());
            Grid::for_positions(corners.iter().chain(limits), 0.0)
        }
    };
    let classes = Classes {
        field: ("class", 1),
        levels: &levels,
        borders: &borders,
        bounds: bounds.as_ref(),
        grid,
        reference: &reference,
        out: &layer.out_reference(context)?,
    };
    let result = classes.drawn(&surface, "resultLayer", control)?;
    control.progress(1, 1);
    Ok(result)
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: impl Into<String>) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem.into()).into()
}

fn scheme(wanted: Option<&ClassificationType>) -> Result<Scheme, EngineError> {
    Ok(match wanted {
        None | Some(ClassificationType::EqualInterval) => Scheme::EqualInterval,
        Some(ClassificationType::GeometricInterval) => Scheme::GeometricInterval,
        Some(ClassificationType::NaturalBreaks) => Scheme::NaturalBreaks,
        Some(ClassificationType::EqualArea) => Scheme::EqualArea,
        Some(ClassificationType::StandardDeviation) => Scheme::StandardDeviation,
        Some(other) => return Err(unknown_word(TASK, "classificationType", other)),
    })
}

fn metres(param: &str, units: Option<&PatternAnalysisUnits>) -> Result<f64, EngineError> {
    let units = units.unwrap_or(&PatternAnalysisUnits::Meters);
    Ok(pattern_metres(TASK, param, units)?)
}

/// The quantity of each feature; 0 for one that is left out.
fn weights(
    task: &CalculateDensity,
    layer: &Layer,
    control: &Control,
) -> Result<Vec<f64>, EngineError> {
    let Some(name) = &task.field else {
        return Ok(vec![1.0; layer.features.len()]);
    };
    let field = numeric_field(TASK, "field", name, layer)?;
    let quantity = |feature: &crate::layer::Record| value(feature.attributes, &field.name).as_f64();
    let all = layer
        .features
        .iter()
        .map(|feature| quantity(feature).unwrap_or(-1.0));
    let weights: Vec<f64> = all.map(|weight| weight.max(0.0)).collect();
    let out = layer
        .features
        .iter()
        .filter(|f| quantity(f).is_none_or(|q| q < 0.0))
        .count();
    if out > 0 {
        control.warn(&format!(
            "{out} features were left out, as their quantity is null or less than 0."
        ));
    }
    Ok(weights)
}

/// The square cells, and the first and the last of the corners at which density is computed.
fn corners(
    task: &CalculateDensity,
    reference: &Reference,
    solids: &[Solid],
    radius: f64,
    control: &Control,
) -> Result<(Bins, Bin, Bin), EngineError> {
    let positions = || solids.iter().flat_map(Solid::positions);
    // What lies within the radius of a place.
    let reached =
        positions().flat_map(|place| kernel::around(reference.coordinates, *place, radius));
    let Some(frame) = Frame::around_places(reference.coordinates, reached) else {
        return Err(EngineError::input("inputLayer", "has no place"));
    };
    let own = Frame::around(reference.coordinates, solids.iter().flat_map(Solid::boxes));
    let square =
        |size| Bins::new(BinShape::Square, size, reference.coordinates, own).seen_in(frame);
    let metre = square(1.0);
    let box_ = frame.corners.map(|corner| metre.lattice(corner));
    let [width, height] = [0, 1].map(|i| box_[1][i] - box_[0][i]);
    let size = match task.cell_size {
        Some(size) => size * metres("cellSizeUnits", task.cell_size_units.as_ref())?,
        None => (width.min(height) / 1000.0).max((width * height / MOST_CORNERS).sqrt() * 1.01),
    };
    let span = |i: usize| {
        let [from, to] = [(box_[0][i] / size).floor(), (box_[1][i] / size).ceil()];
        (from, to)
    };
    let ((west, east), (south, north)) = (span(0), span(1));
    let count = (east - west + 1.0) * (north - south + 1.0);
    if task.cell_size.is_some() && count > MOST_CORNERS {
        let problem =
            format!("is so small that there would be {count:.0} cells; give larger cells");
        return Err(refuse("cellSize", ParameterErrorKind::OutOfRange, problem));
    }
    control.inform(&format!(
        "The radius is {radius:.3} metres, the cells are {size:.3} metres wide, and there are {count} of them."
    ));
    let corner = |column: f64, row: f64| (column as i64, row as i64);
    Ok((square(size), corner(west, south), corner(east, north)))
}
