//! Create Buffers: the area within a distance of features.
//!
//! # Method
//!
//! Longitudes and latitudes, and Web Mercator, are buffered by geodesic distance on the WGS 84 ellipsoid; other
//! projected references by straight distance in their plane, distances being turned into the unit of the reference.
//! The module `buffer` says how outlines are made. With `context.outSR` the outline is made for that chart.
//!
//! - Areas that cross the antimeridian are split there; areas around a pole reach it. In Web Mercator areas end at
//!   89° of latitude.
//! - Distances reach up to 19,900 km for points, which is 70 km short of where circles begin to run into themselves, and
//!   up to 9,900 km for lines and polygons, just below a quarter of the way around the Earth.
//! - `Rings` takes from each buffer the one of the next smaller distance; the smallest keeps its inside.
//! - `Dissolve` makes one feature a distance, or one of all buffers when `field` holds the distances.
//! - `Outside` takes the polygon away as it is drawn. `Left` and `Right` are cut straight at both ends, whatever
//!   `endType` is.
//!
//! Results have the input's attributes (unless dissolved), `ORIG_FID` with the input's object ID, and `BUFF_DIST`.
//!
//! # Known differences from the service
//!
//! - The vertices of outlines are others; how many ArcGIS sets is not documented.
//! - Distances that are not greater than zero are refused. The desktop tool shrinks polygons by negative ones; this
//!   task's reference does not say that it does.
//! - ArcGIS's order of features with several distances is not documented; here it is by feature, then by distance as
//!   given.

mod rows;

use crate::buffer::ellipsoid::Ellipsoid;
use crate::buffer::space::{Plane, Space};
use crate::buffer::{Buffer, LineStyle};
use crate::chart::Chart;
use crate::layer::{Layer, Record, SHAPES, Shape};
use crate::measure::TOLERANCE;
use crate::overlay::{Grid, Region, straighten};
use crate::refusal::{numeric_field, unknown_word};
use crate::spatial_reference::{Change, Coordinates, Reference};
use crate::table::value;
use crate::tasks::{Computed, Support};
use crate::units::metres;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::create_buffers::{
    BufferDistance, CreateBuffers, DissolveType, EndType, RingType, SideType,
};
use arcgis_analysis_types::{
    FeatureCollection, GeometryKind, ParameterError, ParameterErrorKind, Task,
};
use rayon::prelude::*;
use rows::buffers_table;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: CreateBuffers::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let buffers = create_buffers(&CreateBuffers::from_json(params)?, control)?;
        Ok(vec![("bufferLayer", buffers.into())])
    },
};

const FIDELITY: &str = "Geodesic on the WGS 84 ellipsoid for geographic and Web Mercator data, planar otherwise; \
    outlines keep to the distance within 0.01 percent of it. Their vertices are not those that ArcGIS would set, and \
    distances that are not greater than zero are refused.";

const TASK: &str = "CreateBuffers";
/// The greatest geodesic distance from points, in metres.
const FARTHEST_FROM_POINTS: f64 = 19_900e3;
/// The greatest geodesic distance from lines and polygons, in metres.
const FARTHEST: f64 = 9_900e3;

/// What a call asks for, understood.
pub(crate) struct Plan<'a> {
    /// The name of the task.
    task: &'static str,
    pub(crate) layer: Layer<'a>,
    /// In which buffers are drawn: that of the result, but where only a projection leads from the layer's to it.
    out: Reference,
    /// That of the result, and how buffers get into it.
    result: (Reference, Change),
    distances: Distances,
    metres_per_unit: f64,
    style: LineStyle,
    outside: bool,
    rings: bool,
    dissolve: bool,
}

/// The distances, in the call's units.
enum Distances {
    Values(Vec<f64>),
    /// By the name of the field.
    Field(String),
}

/// The buffers of one feature: distances in the call's units, and areas.
pub(crate) type Buffers = Vec<(f64, Region)>;

/// Computes a Create Buffers task.
///
/// # Errors
/// When a parameter breaks a rule, names a field that is not there, or is out of range, when the features do not
/// travel with the call or are in a spatial reference whose unit is not known, when the result would need a change of
/// reference that is not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, create_buffers};
/// use arcgis_analysis_spatial::choices::DistanceUnits;
/// use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let berlin = r#"{"type": "Feature", "properties": {"name": "Berlin"},
///     "geometry": {"type": "Point", "coordinates": [13.4, 52.5]}}"#;
/// let task = CreateBuffers::new(FeatureCollection::from_geojson(berlin)?, BufferDistance::values([20.0, 35.0]))
///     .units(DistanceUnits::Miles);
/// let buffers = create_buffers(&task, &Control::new())?;
/// let distances: Vec<_> = buffers.feature_set.features.iter().map(|f| &f.attributes["BUFF_DIST"]).collect();
/// assert_eq!(distances, [20.0, 35.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn create_buffers(
    task: &CreateBuffers,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let plan = Plan::read(task)?;
    let buffers = plan.buffers(control)?;
    control.progress(1, 1);
    buffers_table(&plan, buffers, control)
}

impl<'a> Plan<'a> {
    fn read(task: &'a CreateBuffers) -> Result<Self, EngineError> {
        let layer = Layer::take(
            &task.input_layer,
            "inputLayer",
            &SHAPES,
            task.context.as_ref(),
        )?;
        let result = layer.out_reference(task.context.as_ref())?;
        let (out, change) = match layer.reference.change_to(&result, "context")? {
            change @ Change::Projected(_) => (layer.reference.clone(), change),
            _ => (result.clone(), Change::None),
        };

        let units = task.units.as_ref().unwrap_or(&DistanceUnits::Meters);
        let metres_per_unit = metres(TASK, "units", units)?;
        let flat = match &task.end_type {
            None | Some(EndType::Round) => false,
            Some(EndType::Flat) => true,
            Some(other) => return Err(unknown_word(TASK, "endType", other)),
        };
        let side = task.side_type.as_ref().unwrap_or(&SideType::Full);
        let kind = layer.kind;
        let style = match side {
            SideType::Full | SideType::Outside if flat => LineStyle::Flat,
            SideType::Full | SideType::Outside => LineStyle::Round,
            SideType::Left => LineStyle::Left,
            SideType::Right => LineStyle::Right,
            other => return Err(unknown_word(TASK, "sideType", other)),
        };
        let wanted = match side {
            SideType::Left | SideType::Right => Some(GeometryKind::Line),
            SideType::Outside => Some(GeometryKind::Polygon),
            _ => None,
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != kind) {
            let problem =
                format!("{side} needs {wanted} features, and `inputLayer` has {kind} features");
            return Err(
                ParameterError::new(ParameterErrorKind::Rule, TASK, ["sideType"], problem).into(),
            );
        }
        let plan = Self {
            task: TASK,
            distances: distances(task, &layer)?,
            rings: match &task.ring_type {
                None | Some(RingType::Disks) => false,
                Some(RingType::Rings) => true,
                Some(other) => return Err(unknown_word(TASK, "ringType", other)),
            },
            dissolve: match &task.dissolve_type {
                None | Some(DissolveType::None) => false,
                Some(DissolveType::Dissolve) => true,
                Some(other) => return Err(unknown_word(TASK, "dissolveType", other)),
            },
            outside: *side == SideType::Outside,
            metres_per_unit,
            style,
            out,
            result: (result, change),
            layer,
        };
        plan.check_reach()?;
        Ok(plan)
    }

    /// Buffers by distances, on all sides, of a layer in its own reference.
    pub(crate) fn around(
        task: &'static str,
        layer: Layer<'a>,
        distances: &[f64],
        metres_per_unit: f64,
    ) -> Result<Self, EngineError> {
        let plan = Self {
            task,
            distances: Distances::Values(distinct(task, distances)?),
            rings: false,
            dissolve: false,
            outside: false,
            metres_per_unit,
            style: LineStyle::Round,
            out: layer.reference.clone(),
            result: (layer.reference.clone(), Change::None),
            layer,
        };
        plan.check_reach()?;
        Ok(plan)
    }

    /// The buffers of each feature.
    pub(crate) fn buffers(&self, control: &Control) -> Result<Vec<Buffers>, EngineError> {
        let reference = &self.layer.reference;
        if reference.coordinates == Coordinates::Degrees && reference.written.id() != Some(4326) {
            control.inform(&format!(
                "The ellipsoid of the spatial reference {} is taken to be that of WGS 84.",
                reference.name()
            ));
        }
        let chart =
            Chart::of(self.layer.reference.coordinates).zip(Chart::of(self.out.coordinates));
        Ok(match (chart, self.layer.reference.coordinates) {
            (Some((from, chart)), _) => self.compute(
                &Ellipsoid { from, chart },
                from.grid(),
                chart.grid(),
                1.0,
                control,
            )?,
            (None, Coordinates::Plane(unit)) => {
                let margin = self.greatest() * self.metres_per_unit / unit;
                let grid = Grid::for_positions(self.layer.positions(), margin);
                self.compute(&Plane, grid, grid, unit, control)?
            }
            // From a chart to a plane leads a projection only.
            (None, _) => Vec::new(),
        })
    }

    /// The greatest distance, in the call's units.
    fn greatest(&self) -> f64 {
        match &self.distances {
            Distances::Values(values) => values.iter().copied().fold(0.0, f64::max),
            Distances::Field(name) => self
                .layer
                .features
                .iter()
                .filter_map(|f| own_distance(f, name))
                .fold(0.0, f64::max),
        }
    }

    /// Refuses geodesic distances too great for buffers to be simple.
    fn check_reach(&self) -> Result<(), EngineError> {
        if Chart::of(self.layer.reference.coordinates).is_none() {
            return Ok(());
        }
        let (limit, what) = match self.layer.kind {
            GeometryKind::Point => (FARTHEST_FROM_POINTS, "points"),
            _ => (FARTHEST, "lines and polygons"),
        };
        let greatest = self.greatest() * self.metres_per_unit;
        if greatest <= limit {
            return Ok(());
        }
        let param = match self.distances {
            Distances::Values(_) => "distances",
            Distances::Field(_) => "field",
        };
        let problem = format!(
            "reaches {:.0} km, and geodesic buffers of {what} reach at most {:.0} km; give a smaller distance",
            greatest / 1e3,
            limit / 1e3
        );
        Err(ParameterError::new(ParameterErrorKind::OutOfRange, self.task, [param], problem).into())
    }

    /// Computes the buffers of each feature; `unit` is the length in metres of what the space measures in.
    fn compute<S: Space>(
        &self,
        space: &S,
        from_grid: Grid,
        grid: Grid,
        unit: f64,
        control: &Control,
    ) -> Result<Vec<Buffers>, EngineError> {
        let done = AtomicUsize::new(0);
        let total = self.layer.features.len();
        let each = |feature: &Record| {
            control.check()?;
            let drawn = match &feature.shape {
                Shape::Rings(rings) => {
                    let mut region = from_grid.repair(rings);
                    self.layer
                        .reference
                        .coordinates
                        .drop_slivers(&mut region, TOLERANCE);
                    region
                }
                _ => Region::new(),
            };
            let values = match &self.distances {
                Distances::Values(values) => values.clone(),
                Distances::Field(name) => own_distance(feature, name).into_iter().collect(),
            };
            let mut buffers: Buffers = Vec::with_capacity(values.len());
            for value in values {
                let metres = value * self.metres_per_unit;
                let buffer = Buffer {
                    space,
                    grid,
                    distance: metres / unit,
                    least: TOLERANCE / unit,
                    wraps: metres > FARTHEST,
                };
                let mut region = match &feature.shape {
                    Shape::Points(points) => buffer.points(points),
                    Shape::Paths(paths) => buffer.line(paths, self.style),
                    Shape::Rings(_) => buffer.polygon(&drawn),
                    Shape::Nothing => Region::new(),
                };
                if self.outside {
                    let own = drawn
                        .iter()
                        .map(|part| part.iter().flat_map(|ring| space.draw_flat(ring)).collect());
                    region = grid.difference(&region, &grid.union(own.collect()));
                }
                self.tidy(&mut region, metres);
                buffers.push((value, region));
            }
            if self.rings && !self.dissolve {
                self.make_rings(&mut buffers, grid);
            }
            control.progress(done.fetch_add(1, Ordering::Relaxed), total);
            Ok(buffers)
        };
        let buffers: Vec<Buffers> = self
            .layer
            .features
            .par_iter()
            .map(each)
            .collect::<Result<_, EngineError>>()?;
        if self.dissolve {
            self.dissolved(buffers, grid, control).map(|all| vec![all])
        } else {
            Ok(buffers)
        }
    }

    /// Takes away what rounding left behind.
    fn tidy(&self, region: &mut Region, metres: f64) {
        self.out
            .coordinates
            .drop_slivers(region, TOLERANCE.min(metres / 10.0));
        // On a chart of the ellipsoid vertices in a straight line have a meaning: between them edges may be read as
        // geodesics.
        if !self.outside && matches!(self.out.coordinates, Coordinates::Plane(_)) {
            straighten(region);
        }
    }

    /// Unites the buffers of all features, distance by distance.
    fn dissolved(
        &self,
        buffers: Vec<Buffers>,
        grid: Grid,
        control: &Control,
    ) -> Result<Buffers, EngineError> {
        let mut pieces: Vec<(f64, Vec<Region>)> = match &self.distances {
            Distances::Values(values) => values.iter().map(|value| (*value, Vec::new())).collect(),
            Distances::Field(_) => vec![(f64::NAN, Vec::new())],
        };
        let mut seen: Vec<f64> = Vec::new();
        for buffer in buffers {
            for (index, (value, region)) in buffer.into_iter().enumerate() {
                pieces[index].1.push(region);
                seen.push(value);
            }
        }
        if let (Distances::Field(_), Some(first)) = (&self.distances, seen.first())
            && seen.iter().all(|value| value == first)
        {
            pieces[0].0 = *first;
        }
        let mut united = Vec::new();
        for (value, regions) in pieces {
            control.check()?;
            let pieces = regions.into_iter().map(|region| region.concat());
            let mut region = grid.united(pieces.collect(), control)?;
            self.tidy(&mut region, TOLERANCE * 10.0);
            united.push((value, region));
        }
        if self.rings {
            self.make_rings(&mut united, grid);
        }
        Ok(united)
    }

    /// Takes from each buffer the one of the next smaller distance.
    fn make_rings(&self, buffers: &mut Buffers, grid: Grid) {
        let mut order: Vec<usize> = (0..buffers.len()).collect();
        order.sort_by(|a, b| buffers[*b].0.total_cmp(&buffers[*a].0));
        for pair in order.windows(2) {
            let mut ring = grid.difference(&buffers[pair[0]].1, &buffers[pair[1]].1);
            let gap = (buffers[pair[0]].0 - buffers[pair[1]].0) * self.metres_per_unit;
            self.out
                .coordinates
                .drop_slivers(&mut ring, TOLERANCE.min(gap / 10.0));
            buffers[pair[0]].1 = ring;
        }
    }
}

/// The distance that a feature carries; none where it is null, no number, or not greater than zero.
fn own_distance(feature: &Record, field: &str) -> Option<f64> {
    value(feature.attributes, field)
        .as_f64()
        .filter(|distance| *distance > 0.0 && distance.is_finite())
}

fn distances(task: &CreateBuffers, layer: &Layer) -> Result<Distances, EngineError> {
    match &task.distance {
        BufferDistance::Values(values) => Ok(Distances::Values(distinct(TASK, values)?)),
        BufferDistance::Field(name) => {
            let field = numeric_field(TASK, "field", name, layer)?;
            Ok(Distances::Field(field.name.clone()))
        }
        _ => Err(EngineError::Unavailable {
            task: TASK.to_owned(),
            reason: "this version of the engine knows distances and fields only".to_owned(),
        }),
    }
}

/// The distances of a call, each once.
fn distinct(task: &str, values: &[f64]) -> Result<Vec<f64>, ParameterError> {
    let wrong = values
        .iter()
        .find(|value| !(**value > 0.0 && value.is_finite()));
    if let Some(wrong) = wrong {
        let problem = format!("must be numbers greater than 0, not {wrong}");
        return Err(ParameterError::new(
            ParameterErrorKind::OutOfRange,
            task,
            ["distances"],
            problem,
        ));
    }
    let mut once: Vec<f64> = Vec::new();
    for value in values {
        if !once.contains(value) {
            once.push(*value);
        }
    }
    Ok(once)
}
