//! Surfaces of what is expected, and the layers of their classes.

use super::TASK;
use crate::bins::{BinShape, Bins};
use crate::bounds::Bounds;
use crate::classes::{Classes, Scheme};
use crate::contours::Surface;
use crate::frame::Frame;
use crate::overlay::{Grid, Position};
use crate::refusal::unknown_word;
use crate::spatial_reference::Reference;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::interpolate_points::{ClassificationType, InterpolatePoints};
use arcgis_analysis_types::{FeatureCollection, ParameterError, ParameterErrorKind};
use rayon::prelude::*;

/// The most classes with given borders.
const MOST_BREAKS: usize = 32;
/// The most cells along the longer side of a surface.
const LONGEST: f64 = 1000.0;

/// How values become classes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Classified {
    By(Scheme, usize),
    /// With these upper borders.
    At(Vec<f64>),
}

impl Classified {
    pub(super) fn of(task: &InterpolatePoints) -> Result<Self, EngineError> {
        let scheme = match &task.classification_type {
            None | Some(ClassificationType::GeometricInterval) => Scheme::GeometricInterval,
            Some(ClassificationType::EqualInterval) => Scheme::EqualInterval,
            Some(ClassificationType::EqualArea) => Scheme::EqualArea,
            Some(ClassificationType::Manual) => {
                let breaks = task.class_breaks.clone().unwrap_or_default();
                let problem = if breaks.len() > MOST_BREAKS {
                    format!(
                        "has {} borders, and there are at most {MOST_BREAKS}",
                        breaks.len()
                    )
                } else if !breaks.windows(2).all(|pair| pair[0] < pair[1]) {
                    "has a border that is not above the one before it; give them in rising order"
                        .to_owned()
                } else {
                    return Ok(Self::At(breaks));
                };
                let kind = ParameterErrorKind::OutOfRange;
                return Err(ParameterError::new(kind, TASK, ["classBreaks"], problem).into());
            }
            Some(other) => return Err(unknown_word(TASK, "classificationType", other)),
        };
        let count = usize::try_from(task.num_classes.unwrap_or(10)).unwrap_or(10);
        Ok(Self::By(scheme, count))
    }

    /// The same for errors, which borders of values do not fit.
    pub(super) fn of_errors(&self) -> Self {
        match self {
            Self::At(breaks) => Self::By(Scheme::GeometricInterval, breaks.len()),
            by => by.clone(),
        }
    }
}

/// A surface over what surrounds positions, with about so many corners.
pub(super) fn frame(reference: &Reference, extent: &[Position], corners: f64) -> Surface {
    let around = Frame::around_places(reference.coordinates, extent.iter().copied());
    let square = |size| Bins::new(BinShape::Square, size, reference.coordinates, around);
    let metre = square(1.0);
    let [mut low, mut high] = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    for position in extent {
        let place = metre.lattice(*position);
        low = [0, 1].map(|i| low[i].min(place[i]));
        high = [0, 1].map(|i| high[i].max(place[i]));
    }
    let [width, height] = [0, 1].map(|i| high[i] - low[i]);
    let size = (width * height / corners)
        .sqrt()
        .max(width.max(height) / LONGEST);
    // From the corner of what is surrounded, so that it is drawn the same wherever it lies.
    let last = [width, height].map(|side| ((side / size).ceil() as i64).max(1));
    let bins = square(size).counted_from(low.map(|c| c * metre.size()));
    Surface::flat(bins, (0, 0), (last[0], last[1]))
}

/// How surfaces become layers.
pub(super) struct Drawing<'a> {
    pub(super) bounds: Option<&'a Bounds>,
    pub(super) grid: Grid,
    pub(super) reference: &'a Reference,
    pub(super) out: &'a Reference,
}

impl Drawing<'_> {
    /// The areas of a surface's classes, which are those of `data` in rising order, or else of the surface's own values.
    pub(super) fn layer(
        &self,
        name: &str,
        (surface, data): (&Surface, Option<&[f64]>),
        classified: &Classified,
        control: &Control,
    ) -> Result<FeatureCollection, EngineError> {
        let all = || surface.values().map(|(_, value)| value);
        let mut values: Vec<f64> = match self.bounds {
            Some(bounds) => surface
                .values()
                .filter(|(corner, _)| bounds.holds(*corner))
                .map(|(_, value)| value)
                .collect(),
            None => Vec::new(),
        };
        if values.is_empty() {
            values = all().collect();
        }
        values.par_sort_by(f64::total_cmp);
        let values = match (classified, data) {
            (Classified::By(..), Some(data)) => data,
            _ => &values,
        };
        let (least, greatest) = (values[0], values[values.len() - 1]);
        let mut borders = vec![least];
        match classified {
            Classified::By(scheme, count) => {
                borders.extend(scheme.borders(least, values, *count));
                borders.push(greatest);
            }
            Classified::At(breaks) => borders.extend(breaks),
        }
        let mut levels = borders.clone();
        levels[0] = f64::NEG_INFINITY;
        if let Classified::By(..) = classified {
            levels.pop();
        }
        let classes = Classes {
            field: ("classes", 0),
            levels: &levels,
            borders: &borders,
            bounds: self.bounds,
            grid: self.grid,
            reference: self.reference,
            out: self.out,
        };
        classes.drawn(surface, name, control)
    }
}
