//! Lines and outlines with fewer vertices, for clients that draw.

use arcgis_analysis_types::{Geometry, Position};

/// Leaves out vertices that lie no farther from the drawn line than an offset, by the algorithm of Douglas and Peucker
/// (1973). Ends stay, and so do three corners of each ring.
pub(super) fn generalize(geometry: &mut Geometry, offset: f64) {
    match geometry {
        Geometry::Polyline(line) => {
            for path in &mut line.paths {
                let kept = kept(path, 0, path.len().saturating_sub(1), offset);
                retain(path, &kept);
            }
        }
        Geometry::Polygon(polygon) => {
            for ring in &mut polygon.rings {
                generalize_ring(ring, offset);
            }
        }
        _ => {}
    }
}

/// A ring is two lines: to its vertex farthest from the first, and back.
fn generalize_ring(ring: &mut Vec<Position>, offset: f64) {
    let last = ring.len().saturating_sub(1);
    if ring.len() <= 4 || ring[0].x != ring[last].x || ring[0].y != ring[last].y {
        return;
    }
    let farthest = |from: usize, to: usize| {
        let (a, b) = (ring[from], ring[to]);
        (1..last)
            .filter(|at| *at != to)
            .max_by(|i, j| off(ring[*i], a, b).total_cmp(&off(ring[*j], a, b)))
            .unwrap_or(to)
    };
    let far = farthest(0, 0);
    let mut kept_ones = kept(ring, 0, far, offset);
    for (one, other) in kept_ones.iter_mut().zip(kept(ring, far, last, offset)) {
        *one |= other;
    }
    if kept_ones.iter().filter(|kept| **kept).count() < 4 {
        kept_ones[farthest(0, far)] = true;
    }
    retain(ring, &kept_ones);
}

fn retain(path: &mut Vec<Position>, kept: &[bool]) {
    let mut kept = kept.iter();
    path.retain(|_| kept.next().copied().unwrap_or(true));
}

/// Which vertices of a part of a path stay. Parts wait in a list, as many may nest.
fn kept(path: &[Position], first: usize, last: usize, offset: f64) -> Vec<bool> {
    let mut kept = vec![false; path.len()];
    let mut waiting = vec![(first, last)];
    while let Some((from, to)) = waiting.pop() {
        if to >= path.len() {
            continue;
        }
        kept[from] = true;
        kept[to] = true;
        let mut most = (offset * offset, None);
        for at in from + 1..to {
            let off = off(path[at], path[from], path[to]);
            if off > most.0 {
                most = (off, Some(at));
            }
        }
        if let Some(at) = most.1 {
            waiting.extend([(from, at), (at, to)]);
        }
    }
    kept
}

/// The square of how far a place is from the line between two others.
fn off(place: Position, a: Position, b: Position) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let along = (place.x - a.x) * dx + (place.y - a.y) * dy;
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 {
        (along / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (place.x - a.x - share * dx).powi(2) + (place.y - a.y - share * dy).powi(2)
}
