//! Coordinates as whole numbers of steps: `quantizationParameters`, and what `f=pbf` always has.

use super::geometry;
use crate::error::Fault;
use arcgis_analysis_types::{Extent, Geometry, Position, SpatialReference};
use serde::Deserialize;
use serde_json::{Value, json};

/// Beyond this many steps doubles miss whole numbers.
const MOST_STEPS: f64 = 9_007_199_254_740_992.0;

/// Into how many steps an extent is parted by default, each way.
const DEFAULT_STEPS: f64 = 10_000.0;

/// A grid whose places have whole numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    /// Whether y counts downwards from the upper left.
    pub(super) from_upper_left: bool,
    /// The width and height of a step, in units of the answer's spatial reference.
    pub(super) scale: [f64; 2],
    /// The coordinates of the place (0, 0).
    pub(super) translate: [f64; 2],
    /// Whether what falls onto the same place is left out, as for drawing.
    merge: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    mode: Option<String>,
    origin_position: Option<String>,
    tolerance: Option<f64>,
    extent: Option<Extent>,
}

impl Steps {
    /// Steps so small that nothing is lost: a thousand-millionth of a degree, a ten-thousandth of another unit.
    pub(super) fn lossless(reference: &SpatialReference) -> Self {
        let step = if reference.is_geographic() {
            1e-9
        } else {
            1e-4
        };
        Self {
            from_upper_left: false,
            scale: [step; 2],
            translate: [0.0; 2],
            merge: false,
        }
    }

    /// Reads `quantizationParameters`: by default the extent is all that the layer holds, in 10,000 steps.
    ///
    /// # Errors
    /// When it is no object of the documented members, or its extent cannot be brought into the answer's reference.
    pub(super) fn read(
        text: &str,
        reference: &SpatialReference,
        offset: Option<f64>,
        full: Option<Extent>,
    ) -> Result<Self, Fault> {
        let refuse =
            |problem: &str| Fault::bad_request(format!("`quantizationParameters` {problem}"));
        let written: Written = serde_json::from_str(text)
            .map_err(|error| refuse(&format!("cannot be read: {error}")))?;
        let word = |text: Option<String>| text.unwrap_or_default().to_ascii_lowercase();
        let merge = match word(written.mode).as_str() {
            "" | "view" => true,
            "edit" => false,
            other => {
                return Err(refuse(&format!(
                    "has the mode {other:?}; offered are view and edit"
                )));
            }
        };
        let from_upper_left = match word(written.origin_position).as_str() {
            "" | "upperleft" => true,
            "lowerleft" => false,
            other => {
                let offered = "offered are upperLeft and lowerLeft";
                return Err(refuse(&format!(
                    "has the originPosition {other:?}; {offered}"
                )));
            }
        };
        let extent = match written.extent.or(full) {
            Some(extent) => match &extent.spatial_reference {
                Some(own) => {
                    let change = geometry::change(own, reference)?;
                    geometry::moved_extent(&extent, change, reference)
                }
                None => Some(extent),
            },
            None => None,
        };
        let by_extent = |extent: &Extent| {
            let side = (extent.xmax - extent.xmin).max(extent.ymax - extent.ymin);
            (side > 0.0).then_some(side / DEFAULT_STEPS)
        };
        let fine = Self::lossless(reference).scale[0];
        let step = match (written.tolerance.or(offset), merge) {
            (Some(step), _) => step,
            // For editing nothing may be lost.
            (None, false) => fine,
            (None, true) => extent.as_ref().and_then(by_extent).unwrap_or(fine),
        };
        let translate = extent.map_or([0.0; 2], |extent| match from_upper_left {
            true => [extent.xmin, extent.ymax],
            false => [extent.xmin, extent.ymin],
        });
        if !(step.is_finite() && step > 0.0) {
            return Err(refuse("has a tolerance that is no number above 0"));
        }
        if !translate.iter().all(|origin| origin.is_finite()) {
            return Err(refuse("has an extent without finite coordinates"));
        }
        Ok(Self {
            from_upper_left,
            scale: [step; 2],
            translate,
            merge,
        })
    }

    /// The place of a position.
    pub(super) fn place(&self, position: &Position) -> [i64; 2] {
        let whole = |steps: f64| steps.round().clamp(-MOST_STEPS, MOST_STEPS) as i64;
        let up = (position.y - self.translate[1]) / self.scale[1];
        [
            whole((position.x - self.translate[0]) / self.scale[0]),
            whole(if self.from_upper_left { -up } else { up }),
        ]
    }

    /// The places of a geometry's parts, and whether anything is left to be drawn.
    pub(super) fn places(&self, shape: &Geometry) -> Vec<Vec<[i64; 2]>> {
        let (parts, least): (Vec<&[Position]>, usize) = match shape {
            Geometry::Point(point) => (vec![std::slice::from_ref(&point.position)], 1),
            Geometry::Multipoint(points) => (vec![&points.points], 1),
            Geometry::Polyline(line) => (line.paths.iter().map(Vec::as_slice).collect(), 2),
            Geometry::Polygon(polygon) => (polygon.rings.iter().map(Vec::as_slice).collect(), 4),
            _ => (Vec::new(), 0),
        };
        let places = parts.into_iter().map(|part| {
            let mut places: Vec<_> = part.iter().map(|position| self.place(position)).collect();
            if self.merge {
                places.dedup();
            }
            places
        });
        places
            .filter(|places| !self.merge || places.len() >= least)
            .collect()
    }

    /// The geometry in Esri JSON; nothing where no part of it is left.
    pub(super) fn json(&self, shape: &Geometry) -> Option<Value> {
        let parts = self.places(shape);
        if let Geometry::Point(_) = shape {
            let [x, y] = *parts.first()?.first()?;
            return Some(json!({ "x": x, "y": y }));
        }
        let parts: Vec<Vec<[i64; 2]>> = parts.iter().map(|part| differences(part)).collect();
        let first = parts.first()?;
        Some(match shape {
            Geometry::Multipoint(_) => json!({ "points": first }),
            Geometry::Polyline(_) => json!({ "paths": parts }),
            _ => json!({ "rings": parts }),
        })
    }

    /// How a client gets back to coordinates.
    pub(super) fn to_json(self) -> Value {
        let origin = if self.from_upper_left {
            "upperLeft"
        } else {
            "lowerLeft"
        };
        json!({ "originPosition": origin, "scale": self.scale, "translate": self.translate })
    }
}

/// The first place, and of each other the difference to the one before.
pub(super) fn differences(places: &[[i64; 2]]) -> Vec<[i64; 2]> {
    let before = std::iter::once(&[0, 0]).chain(places);
    places
        .iter()
        .zip(before)
        .map(|(place, before)| [place[0] - before[0], place[1] - before[1]])
        .collect()
}
