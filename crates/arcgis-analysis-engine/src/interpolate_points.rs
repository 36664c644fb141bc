//! Interpolate Points: what is to be expected between places at which something was measured.
//!
//! # Method
//!
//! Bayesian kriging in local models. The service's own method is empirical Bayesian kriging (Krivoruchko, "Empirical Bayesian
//! kriging", ArcUser, Fall 2012): points are divided into overlapping subsets, in each of them semivariograms are estimated
//! again and again from simulated data, each gets a weight from the likelihood of what was measured, and predictions by all
//! of them are joined. Here the subsets are of the same sizes and overlaps, which `interpolateOption` chooses as the page
//! "Interpolate Points" of the ArcGIS REST API says: 1 stands for 50 points that have a part in 1 subset each on average, 5 for
//! 75 points in 1.5, 9 for 200 points in 3; numbers between them lie between. The semivariogram is the power model that this
//! page names. In place of simulations stands the integral that they approximate, over all powers from 0.25 to 1.75, all
//! nuggets and all scales, each by its restricted likelihood; see the module `kriging`, and `models` for how subsets are
//! joined.
//!
//! Distances are straight: in the plane of projected data, through the Earth's ellipsoid for geographic and Web Mercator
//! data, which are the chordal distances of the desktop tool. Measurements at the same place count as one with their mean.
//!
//! Values are predicted at the corners of square cells that lie as the bins of other tasks do, about 10,000 corners for the
//! fastest, 40,000 by default and 90,000 for the most accurate prediction, over the extent of the points, or of
//! `boundingPolygonLayer`, and drawn as the areas between contours. Classes are found from what was measured, "the number of
//! data values in each area" being equal by `EqualArea`: layers that the task has made begin and end with the least and
//! the greatest measurement. The first and the last take in what is predicted beyond these, and a class that is predicted
//! nowhere has no area. The standard errors are classified by their values at the corners within `boundingPolygonLayer`.
//! Results have `classes`, from 0 for the lowest as in those layers, and `Value_Min` and `Value_Max`.
//!
//! With `Manual`, `classBreaks` are the upper borders of the classes, and places with higher values belong to none. The
//! standard errors are then classified by geometric intervals, in as many classes.
//!
//! A prediction is the mean of what one expects to measure, so that it passes by the measurements by as much as they seem to
//! err; the standard error is that of a new measurement.
//!
//! How well what was not told is predicted depends on how many points a local model sees. Of the distances of 243 cities from
//! the coast, each fifth predicted from the others, the root mean square errors are 243 km with 1, 237 km with 5 and 207 km
//! with 9, for which all fit in one model. A Gaussian process that scikit-learn fits to as many points has 234, 233 and 231.
//!
//! # Known differences from the service
//!
//! - Where the service draws a number of simulated semivariograms, all are taken; all points of a subset tell of a place,
//!   where the service looks at the 8 to 15 nearest.
//! - For 9 the service transforms values to a normal distribution and takes K-Bessel semivariograms; here the power model
//!   serves all options. In a trial by NumPy of that transformation and these semivariograms on the distances above errors
//!   were greater: 233 km without the transformation, 286 km with it.
//! - Names of the result's fields but `classes` are not documented; for points they are those that the desktop tool GA Layer
//!   To Points gives its own: `Predicted` and `StdError`. How the service classifies standard errors is not documented.

mod drawing;
mod kriging;
mod models;
mod points;

use crate::bounds::Bounds;
use crate::chart::Chart;
use crate::layer::Layer;
use crate::overlay::{Grid, Position};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::interpolate_points::InterpolatePoints;
use arcgis_analysis_types::{FeatureCollection, GeometryKind, Task};
use drawing::{Classified, Drawing, frame};
use models::Division;
use points::{Asked, Measured};
use rayon::prelude::*;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: InterpolatePoints::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let points = interpolate_points(&InterpolatePoints::from_json(params)?, control)?;
        let mut results = vec![("resultLayer", points.values.into())];
        results.extend(points.errors.map(|layer| ("predictionError", layer.into())));
        results.extend(
            points
                .points
                .map(|layer| ("predictedPointLayer", layer.into())),
        );
        Ok(results)
    },
};

const FIDELITY: &str = "Bayesian kriging with the service's semivariogram, subsets and overlaps, but integrated where the \
    service simulates: predictions agree within their errors, not in their figures. The most accurate option's transformation \
    and K-Bessel semivariogram are not computed.";

const TASK: &str = "InterpolatePoints";

/// What Interpolate Points gives back.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, interpolate_points};
/// use arcgis_analysis_spatial::interpolate_points::InterpolatePoints;
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// // Temperatures that fall to the north.
/// let posts = (0..30).map(|i| {
///     let (x, y) = (f64::from(i % 6) * 1000.0, f64::from(i / 6) * 1000.0);
///     let mut post = Feature::new(Point::new(x, y), Default::default());
///     post.attributes.insert("degrees", 20.0 - y / 500.0);
///     post
/// });
/// let here = Feature::new(Point::new(2500.0, 2500.0), Default::default());
/// let reference = SpatialReference::wkid(32633);
/// let task = InterpolatePoints::new(FeatureCollection::new(reference.clone(), posts.collect()), "degrees")
///     .interpolate_option(1)
///     .predict_at_point_layer(FeatureCollection::new(reference, vec![here]));
/// let interpolated = interpolate_points(&task, &Control::new())?;
/// assert_eq!(interpolated.values.features().len(), 10);
/// let points = interpolated.points.unwrap_or_default();
/// let predicted = points.features()[0].attributes["Predicted"].as_f64().unwrap();
/// assert!((predicted - 15.0).abs() < 0.1);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InterpolatedPoints {
    /// The areas of the classes of predicted values: the result `resultLayer`.
    pub values: FeatureCollection,
    /// The areas of the classes of their standard errors: the result `predictionError`.
    pub errors: Option<FeatureCollection>,
    /// The points at which values were to be predicted, with these: the result `predictedPointLayer`.
    pub points: Option<FeatureCollection>,
}

/// Computes an Interpolate Points task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or holds no numbers, when the features do not travel
/// with the call, have other geometries, or need a change of spatial reference that is not computed here, when there are
/// values at fewer than 5 places, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`InterpolatedPoints`].
pub fn interpolate_points(
    task: &InterpolatePoints,
    control: &Control,
) -> Result<InterpolatedPoints, EngineError> {
    task.check()?;
    let classified = Classified::of(task)?;
    let context = task.context.as_ref();
    let layer = Layer::take(
        &task.input_layer,
        "inputLayer",
        &[GeometryKind::Point],
        context,
    )?;
    let reference = layer.reference.clone();
    let out = layer.out_reference(context)?;
    reference.change_to(&out, "context")?;
    let measured = Measured::new(&layer, &task.field, control)?;
    let bounds = match &task.bounding_polygon_layer {
        Some(input) => Some(Bounds::read(input, &reference, control)?),
        None => None,
    };
    let asked = match &task.predict_at_point_layer {
        Some(input) => Some(Asked::read(input, &reference)?),
        None => None,
    };
    let extent: Vec<Position> = match &bounds {
        Some(bounds) => bounds.region.iter().flatten().flatten().copied().collect(),
        None => measured.positions.clone(),
    };
    if extent.is_empty() {
        let problem = "has no polygon with an area";
        return Err(EngineError::input("boundingPolygonLayer", problem));
    }
    let thorough = Thoroughness::of(task.interpolate_option.unwrap_or(5));
    let surface = frame(&reference, &extent, thorough.corners);

    let mut at: Vec<Position> = surface.values().map(|(corner, _)| corner).collect();
    let corners = at.len();
    at.extend(asked.iter().flat_map(|asked| asked.positions()));
    let errors = task.output_prediction_error == Some(true);
    // Errors cost far more than values: those at corners are found only where they are drawn.
    let with_errors = if errors { 0 } else { corners };
    let expected = measured.predict(&at, thorough.division, with_errors, control)?;

    let drawing = Drawing {
        bounds: bounds.as_ref(),
        grid: match Chart::of(reference.coordinates) {
            Some(chart) => chart.grid(),
            None => Grid::for_positions(at.iter().chain(&extent), 0.0),
        },
        reference: &reference,
        out: &out,
    };
    let (on_corners, on_points) = expected.split_at(corners);
    let values = surface.with(on_corners.iter().map(|e| e.value).collect());
    let data = Some(&measured.sorted[..]);
    let values = drawing.layer("resultLayer", (&values, data), &classified, control)?;
    let errors = if errors {
        let errors = surface.with(on_corners.iter().map(|e| e.error).collect());
        let classified = classified.of_errors();
        Some(drawing.layer("predictionError", (&errors, None), &classified, control)?)
    } else {
        None
    };
    let points = match &asked {
        Some(asked) => Some(asked.answered(on_points, &reference, &out)?),
        None => None,
    };
    control.progress(1, 1);
    Ok(InterpolatedPoints {
        values,
        errors,
        points,
    })
}

/// How thorough a prediction is.
#[derive(Debug, Clone, Copy)]
struct Thoroughness {
    division: Division,
    /// At how many corners values are predicted.
    corners: f64,
}

impl Thoroughness {
    fn of(option: i64) -> Self {
        let option = option as f64;
        let between = |[one, five, nine]: [f64; 3]| {
            if option < 5.0 {
                one + (five - one) * (option - 1.0) / 4.0
            } else {
                five + (nine - five) * (option - 5.0) / 4.0
            }
        };
        Self {
            division: Division {
                most: between([50.0, 75.0, 200.0]) as usize,
                overlap: between([1.0, 1.5, 3.0]),
            },
            corners: between([1e4, 4e4, 9e4]),
        }
    }
}
