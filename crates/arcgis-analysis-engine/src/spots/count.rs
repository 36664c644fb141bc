//! Points, counted in polygons or in the cells of a grid.

use super::{Areas, COUNT, Log, Request, Spot, Spots, centre, left_out, quotient, rounded, scale};
use crate::bins::{BinShape, Bins, MOST_BINS};
use crate::cover::Cover;
use crate::frame::Frame;
use crate::layer::{Layer, Shape};
use crate::overlay::Position;
use crate::prepared::{Placing, Prepared, Solid, grid_for};
use crate::proximity::Ground;
use crate::relate::{Compared, Relation};
use crate::spatial_reference::{Coordinates, Reference};
use crate::{Control, EngineError};
use arcgis_analysis_types::{
    Context, FeatureInput, FieldType, GeometryKind, GeometryType, ParameterErrorKind,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Polygons or cells with the numbers of points in them.
pub(super) fn with_counts(
    request: &Request<'_>,
    layer: Layer,
    log: &mut Log<'_>,
) -> Result<Spots, EngineError> {
    let context = request.context;
    let mut points: Vec<Position> = Vec::new();
    let placing = Placing::of(&layer, &layer.reference)?;
    for feature in &layer.features {
        if let Shape::Points(own) = &feature.shape {
            points.extend(own.iter().map(|point| placing.position(*point)));
        }
    }
    let bounds = match request.bounds {
        Some(input) => Some(
            areas(
                input,
                "boundingPolygonLayer",
                context,
                &layer.reference,
                log.control,
            )?
            .0,
        ),
        None => None,
    };
    if let Some(bounds) = &bounds {
        let all = points.len();
        let cover = Cover::of(&bounds.solids, layer.reference.coordinates);
        points = points
            .into_par_iter()
            .filter(|point| !log.control.is_cancelled() && cover.holds(*point))
            .collect();
        log.control.check()?;
        if points.len() < all {
            log.control.warn(&format!(
                "{} points outside of boundingPolygonLayer were left out.",
                all - points.len()
            ));
        }
    }
    let (spots, reference) = match request.areas {
        Areas::Polygons(input) => {
            let (prepared, polygons) = areas(
                input,
                "aggregationPolygonLayer",
                context,
                &layer.reference,
                log.control,
            )?;
            let divisor = request.divisor(&polygons)?;
            let counts = counted(
                &prepared.solids,
                layer.reference.coordinates,
                &points,
                log.control,
            )?;
            let total = counts.len();
            let mut spots = Vec::new();
            for (index, (solid, count)) in prepared.solids.into_iter().zip(counts).enumerate() {
                let attributes = &polygons.features[index].attributes;
                let number = quotient(Some(count as f64), attributes, divisor.as_ref());
                let place = centre(&solid, layer.reference.coordinates);
                if let (Some(place), Some(value)) = (place, number) {
                    spots.push(Spot {
                        solid,
                        place,
                        value,
                        source: Some(polygons.object_id(index)),
                    });
                }
            }
            left_out(total - spots.len(), log.control);
            (spots, layer.reference.clone())
        }
        Areas::Cells { shape, size, units } => {
            let given = match size {
                Some(size) => Some(size * request.metres("cellSizeUnits", units)?),
                None => None,
            };
            if request.divided_by.is_some() {
                let problem = "has no meaning for the cells of a grid; give aggregationPolygonLayer or analysisField, whose field it is";
                return Err(request.refuse("dividedByField", ParameterErrorKind::Rule, problem));
            }
            let spots = cells(
                request,
                (shape, given),
                &layer.reference,
                &points,
                bounds.as_ref(),
                log,
            )?;
            (spots, layer.reference.clone())
        }
    };
    let divided = request.divided_by.is_some();
    Ok(Spots {
        spots,
        reference,
        field: COUNT.to_owned(),
        field_type: if divided {
            FieldType::Double
        } else {
            FieldType::Integer
        },
        geometry_type: GeometryType::Polygon,
    })
}

/// A layer of polygons in another's reference.
fn areas<'a>(
    input: &'a FeatureInput,
    param: &'static str,
    context: Option<&Context>,
    reference: &Reference,
    control: &Control,
) -> Result<(Prepared, Layer<'a>), EngineError> {
    let layer = Layer::take(input, param, &[GeometryKind::Polygon], context)?;
    let grid = grid_for(&[&layer], reference)?;
    Ok((Prepared::new(&layer, reference, grid, control)?, layer))
}

/// How many points each area holds, those on its border included.
fn counted(
    solids: &[Solid],
    coordinates: Coordinates,
    points: &[Position],
    control: &Control,
) -> Result<Vec<u64>, EngineError> {
    let cover = Cover::of(solids, coordinates);
    let counts: Vec<AtomicU64> = solids.iter().map(|_| AtomicU64::new(0)).collect();
    points.par_iter().try_for_each(|point| {
        control.check()?;
        for (index, _) in cover.sides(*point) {
            counts[index].fetch_add(1, Ordering::Relaxed);
        }
        Ok::<(), EngineError>(())
    })?;
    Ok(counts.into_iter().map(AtomicU64::into_inner).collect())
}

/// The cells of a grid with the points in them.
fn cells(
    request: &Request<'_>,
    (shape, given): (BinShape, Option<f64>),
    reference: &Reference,
    points: &[Position],
    bounds: Option<&Prepared>,
    log: &mut Log<'_>,
) -> Result<Vec<Spot>, EngineError> {
    let size = match given {
        Some(size) => size,
        None => {
            let chosen = scale::cell_size(Ground::new(reference.coordinates), points);
            let Some(size) = chosen else {
                return Err(EngineError::input(
                    "analysisLayer",
                    "has no two points in different places, so no cell size suits them; give cellSize",
                ));
            };
            log.say(
                "ENGINE_CELL_SIZE",
                "Cells are ${size} metres in size, which suits the distances between neighbouring points.",
                &[("size", rounded(size))],
            );
            size
        }
    };
    // What bounds the cells is seen together with the points, whose latitude is the cells'.
    let limits = bounds.iter().flat_map(|bounds| &bounds.solids);
    let boxes = limits.flat_map(Solid::boxes);
    let boxes = boxes.chain(points.iter().map(|point| [*point; 2]));
    let frame = Frame::around(reference.coordinates, boxes);
    let own = Frame::around_places(reference.coordinates, points.iter().copied());
    let bins = Bins::new(shape, size, reference.coordinates, own);
    let bins = frame.map_or(bins, |frame| bins.seen_in(frame));
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    if let Some(bounds) = bounds {
        let corners = || bounds.solids.iter().flat_map(Solid::positions);
        let count = bins.count(corners());
        if count > MOST_BINS {
            let problem = format!(
                "is so small that {count:.0} cells would cover boundingPolygonLayer; give larger cells"
            );
            return Err(request.refuse("cellSize", ParameterErrorKind::OutOfRange, problem));
        }
        let meeting: Vec<_> = bins
            .cover(corners())
            .into_par_iter()
            .map(|bin| {
                log.control.check()?;
                let cell = Solid::Area(bins.region(bin));
                let mut compared = Compared::new(reference.coordinates, &cell);
                let meets = bounds
                    .near(&cell, 0.0)
                    .into_iter()
                    .any(|index| compared.is(Relation::Intersects, &bounds.solids[index]));
                Ok(meets.then_some(bin))
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        counts.extend(meeting.into_iter().flatten().map(|bin| (bin, 0)));
    }
    for point in points {
        *counts.entry(bins.of(*point)).or_default() += 1;
    }
    log.say(
        "ENGINE_COUNT",
        "${points} points were counted in ${cells} cells.",
        &[
            ("points", points.len().to_string()),
            ("cells", counts.len().to_string()),
        ],
    );
    let spots = counts.into_iter().filter_map(|(bin, count)| {
        let solid = Solid::Area(bins.region(bin));
        let place = centre(&solid, reference.coordinates)?;
        Some(Spot {
            solid,
            place,
            value: count as f64,
            source: None,
        })
    });
    Ok(spots.collect())
}
