//! The points at which something was measured, and those at which it is asked for.

use super::TASK;
use super::models::{self, Division};
use crate::layer::Layer;
use crate::overlay::Position;
use crate::prepared::{Solid, grid_for, solids};
use crate::proximity::{Ground, Place};
use crate::refusal::numeric_field;
use crate::spatial_reference::Reference;
use crate::table::{Table, renamed, value};
use crate::{Control, EngineError};
use arcgis_analysis_types::{
    FeatureCollection, FeatureInput, FieldType, GeometryKind, GeometryType, Point,
};
use rustc_hash::FxHashMap;

/// Fewer places than this tell nothing of how values vary.
const FEWEST: usize = 5;

/// What was measured, the mean of it at each place.
#[derive(Debug)]
pub(super) struct Measured {
    ground: Ground,
    pub(super) positions: Vec<Position>,
    places: Vec<Place>,
    /// In units of `unit` from `middle`.
    values: Vec<f64>,
    /// As they were given, in rising order.
    pub(super) sorted: Vec<f64>,
    middle: f64,
    unit: f64,
}

/// What is expected at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) value: f64,
    /// The standard error of a measurement.
    pub(super) error: f64,
}

impl Measured {
    pub(super) fn new(layer: &Layer, field: &str, control: &Control) -> Result<Self, EngineError> {
        let field = numeric_field(TASK, "field", field, layer)?;
        let grid = grid_for(&[layer], &layer.reference)?;
        let solids = solids(layer, &layer.reference, grid, control)?;
        let ground = Ground::new(layer.reference.coordinates);
        let mut numbers: FxHashMap<[u64; 3], usize> = FxHashMap::default();
        let (mut positions, mut places, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        let mut out = 0;
        for (feature, solid) in layer.features.iter().zip(&solids) {
            let number = value(feature.attributes, &field.name).as_f64();
            let (Some(number), Solid::Points(points)) = (number, solid) else {
                out += 1;
                continue;
            };
            for position in points {
                let place = ground.place(*position);
                // 0 and -0 are the same.
                let bits = place.map(|c| (c + 0.0).to_bits());
                let index = *numbers.entry(bits).or_insert(places.len());
                if index == places.len() {
                    positions.push(*position);
                    places.push(place);
                    sums.push((0.0, 0.0));
                }
                let (mean, count): &mut (f64, f64) = &mut sums[index];
                *count += 1.0;
                *mean += (number - *mean) / *count;
            }
        }
        if out > 0 {
            control.warn(&format!(
                "{out} features were left out, as they have no value or no place."
            ));
        }
        if places.len() < FEWEST {
            let problem = format!(
                "has values at {} places, from which nothing is known of how they vary; give at least {FEWEST}",
                places.len()
            );
            return Err(EngineError::input("inputLayer", problem));
        }
        let count = sums.len() as f64;
        let middle: f64 = sums.iter().map(|(mean, _)| mean / count).sum();
        let off = sums.iter().map(|(mean, _)| (mean - middle).abs());
        let unit = off.fold(0.0, f64::max);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let mut sorted: Vec<f64> = sums.iter().map(|(mean, _)| *mean).collect();
        sorted.sort_by(f64::total_cmp);
        Ok(Self {
            ground,
            positions,
            places,
            values: sums
                .iter()
                .map(|(mean, _)| (mean - middle) / unit)
                .collect(),
            sorted,
            middle,
            unit,
        })
    }

    /// What is expected at positions; errors are 0 before the position number `with_errors`.
    pub(super) fn predict(
        &self,
        at: &[Position],
        division: Division,
        with_errors: usize,
        control: &Control,
    ) -> Result<Vec<Expected>, EngineError> {
        let at: Vec<Place> = at.iter().map(|p| self.ground.place(*p)).collect();
        let known = (&self.places[..], &self.values[..]);
        let (predictions, models) = models::predict(known, &at, division, with_errors, control)?;
        control.inform(&format!(
            "Values at {} places were interpolated by {models} local models of at most {} places each.",
            self.places.len(),
            division.most
        ));
        let expected = predictions.into_iter().map(|prediction| Expected {
            value: self.middle + self.unit * prediction.mean,
            error: self.unit * prediction.variance.sqrt(),
        });
        Ok(expected.collect())
    }
}

/// The points at which values are asked for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    layer: Layer<'a>,
    /// Each place with the number of its feature, in the reference of the measurements.
    places: Vec<(usize, Option<Position>)>,
}

impl<'a> Asked<'a> {
    pub(super) fn read(
        input: &'a FeatureInput,
        reference: &Reference,
    ) -> Result<Self, EngineError> {
        let layer = Layer::read(input, "predictAtPointLayer")?;
        layer.expect(&[GeometryKind::Point])?;
        let change = layer.change_to(reference)?;
        let mut places = Vec::new();
        for (number, feature) in layer.features.iter().enumerate() {
            let before = places.len();
            let positions = feature.shape.positions();
            places.extend(positions.map(|p| (number, Some(change.apply(*p)))));
            if places.len() == before {
                places.push((number, None));
            }
        }
        Ok(Self { layer, places })
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        self.places.iter().filter_map(|(_, position)| *position)
    }

    /// The points with what is expected at them.
    pub(super) fn answered(
        &self,
        expected: &[Expected],
        reference: &Reference,
        out: &Reference,
    ) -> Result<FeatureCollection, EngineError> {
        let change = reference.change_to(out, "context")?;
        let mut table = Table::new(&["Predicted", "StdError"]);
        let fields = self.layer.fields.iter();
        let names: Vec<_> = fields
            .map(|field| (field.name.clone(), table.carry(field)))
            .collect();
        table.add("Predicted", FieldType::Double);
        table.add("StdError", FieldType::Double);
        let mut expected = expected.iter();
        for (number, position) in &self.places {
            let expected = position.and_then(|_| expected.next());
            let mut row = renamed(self.layer.features[*number].attributes, &names);
            row.insert("Predicted", expected.map(|e| e.value));
            row.insert("StdError", expected.map(|e| e.error));
            let point = position.map(|position| {
                let [x, y] = change.apply(position);
                Point::new(x, y).into()
            });
            table.push(point, row);
        }
        table.finish_as("predictedPointLayer", Some((GeometryType::Point, out)))
    }
}
