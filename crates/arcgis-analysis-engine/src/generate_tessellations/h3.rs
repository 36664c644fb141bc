//! Cells of the H3 grid over a rectangle.

use super::{Bin, Study, refuse};
use crate::bins::MOST_BINS;
use crate::chart::{Chart, Winding};
use crate::overlay::{Position, Region};
use crate::prepared::Solid;
use crate::relate::{Compared, Relation};
use crate::spatial_reference::Coordinates;
use crate::{Control, EngineError};
use arcgis_analysis_types::ParameterErrorKind;
use h3o::{CellIndex, LatLng, Resolution};
use std::collections::{BTreeSet, VecDeque};

/// The cells that share a place with the rectangle, in H3's order.
///
/// They hang together, so that one is found by way of its neighbours from those at the corners.
pub(super) fn cells(
    resolution: i64,
    study: &Study,
    control: &Control,
) -> Result<Vec<Bin>, EngineError> {
    let Some(chart) = Chart::of(study.reference.coordinates) else {
        return Err(EngineError::spatial_reference(
            "extentLayer",
            format!(
                "is in the spatial reference {}, and the H3 grid is one of longitudes and latitudes; give the area in \
                 WGS 84 (4326) or Web Mercator (3857)",
                study.reference.name()
            ),
        ));
    };
    let resolution = u8::try_from(resolution)
        .ok()
        .and_then(|resolution| Resolution::try_from(resolution).ok())
        .ok_or_else(|| {
            let problem = "must be a whole number from 0 to 15".to_owned();
            refuse("binResolution", ParameterErrorKind::OutOfRange, problem)
        })?;
    let [low, high] = study.frame.corners;
    let middle = [
        f64::midpoint(low[0], high[0]),
        f64::midpoint(low[1], high[1]),
    ];
    let corners = [low, [high[0], low[1]], high, [low[0], high[1]], middle];
    let seeds = corners
        .into_iter()
        .filter_map(|corner| cell_of(chart.degrees(chart.wrap(corner)), resolution));
    // Around a pole, or over the antimeridian, corners share a cell.
    let mut seen: BTreeSet<CellIndex> = seeds.collect();
    let mut queue: VecDeque<CellIndex> = seen.iter().copied().collect();
    check_count(study, chart, queue.front())?;

    let area = match rectangle(low, high) {
        Solid::Points(points) => Solid::Points(points.into_iter().map(|p| chart.wrap(p)).collect()),
        Solid::Paths(paths) => {
            let pieces = paths.iter().flat_map(|path| chart.draw_flat_path(path));
            Solid::Paths(pieces.collect())
        }
        Solid::Area(region) => {
            let pieces = region
                .iter()
                .flatten()
                .flat_map(|ring| chart.draw_flat(ring));
            Solid::Area(pieces.map(|piece| vec![piece]).collect())
        }
        Solid::Nothing => Solid::Nothing,
    };
    let mut compared = Compared::new(study.reference.coordinates, &area);
    let mut at_corners = queue.len();
    let mut found: Vec<(CellIndex, Region)> = Vec::new();
    while let Some(cell) = queue.pop_front() {
        control.check()?;
        let region = region(cell, chart);
        let meets = compared.is(Relation::Intersects, &Solid::Area(region.clone()));
        if meets {
            found.push((cell, region));
            refuse_if_many(found.len() as f64)?;
        }
        // A cell at a corner may just miss it, its edges being straight on the chart; its neighbours do not.
        let goes_on = meets || at_corners > 0;
        at_corners = at_corners.saturating_sub(1);
        if goes_on {
            for next in cell.grid_disk::<Vec<_>>(1) {
                if seen.insert(next) {
                    queue.push_back(next);
                }
            }
        }
    }
    found.sort_by_key(|(cell, _)| *cell);
    let bins = found.into_iter().map(|(cell, region)| Bin {
        name: cell.to_string(),
        region,
    });
    Ok(bins.collect())
}

fn cell_of([lon, lat]: Position, resolution: Resolution) -> Option<CellIndex> {
    LatLng::new(lat.clamp(-90.0, 90.0), lon)
        .ok()
        .map(|place| place.to_cell(resolution))
}

fn region(cell: CellIndex, chart: Chart) -> Region {
    let ring: Vec<Position> = cell
        .boundary()
        .iter()
        .map(|corner| [corner.lng(), corner.lat()])
        .collect();
    let pieces = chart.draw(&ring, Winding::Piece);
    let pieces: Region = pieces.into_iter().map(|piece| vec![piece]).collect();
    if pieces.len() > 1 {
        // Around a pole the pieces share borders.
        return chart.grid().union(pieces);
    }
    pieces
}

fn rectangle(low: Position, high: Position) -> Solid {
    match (low[0] < high[0], low[1] < high[1]) {
        (false, false) => Solid::Points(vec![low]),
        (true, true) => Solid::Area(vec![vec![vec![
            low,
            [high[0], low[1]],
            high,
            [low[0], high[1]],
        ]]]),
        _ => Solid::Paths(vec![vec![low, high]]),
    }
}

/// Refuses resolutions by which the rectangle would have too many cells.
///
/// Of a lattice of cells so many share a place with a convex area, on average over where it lies: 1, its area over a
/// cell's, and the product of their perimeters over 2 pi cells' areas (Santaló, "Integral geometry and geometric
/// probability", 1976, chapter 8). A line's perimeter is twice its length.
fn check_count(study: &Study, chart: Chart, cell: Option<&CellIndex>) -> Result<(), EngineError> {
    let [low, high] = study.frame.corners.map(|corner| chart.degrees(corner));
    let ring = vec![low, [high[0], low[1]], high, [low[0], high[1]], low];
    let perimeter = Coordinates::Degrees.length(&ring);
    let area = match rectangle(low, high) {
        Solid::Area(area) => Coordinates::Degrees.area(&area),
        _ => 0.0,
    };
    let count = cell.map_or(0.0, |cell| {
        let own = cell.area_m2();
        // Of a regular hexagon.
        let edge = (own / (1.5 * 3f64.sqrt())).sqrt();
        1.0 + area / own + perimeter * 6.0 * edge / (std::f64::consts::TAU * own)
    });
    refuse_if_many(count)
}

fn refuse_if_many(count: f64) -> Result<(), EngineError> {
    if count <= MOST_BINS {
        return Ok(());
    }
    let problem =
        format!("is so fine that about {count:.0} cells would cover the area; give a coarser one");
    Err(refuse(
        "binResolution",
        ParameterErrorKind::OutOfRange,
        problem,
    ))
}
