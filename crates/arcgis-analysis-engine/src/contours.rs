//! Areas between contours of a surface that is known at the corners of square bins.
//!
//! Contours are found by marching squares: straight within a cell, between corners by proportion; where two corners across
//! from each other lie above, the mean of all four tells whether they are joined. A contour is the same line for the area
//! above it and for that below, so that areas share their borders. The surface ends with its outermost corners. It may lie
//! over the antimeridian, where contours go on and the areas are cut.

use crate::bins::{Bin, Bins};
use crate::overlay::{Grid, Position, Region, Ring};
use crate::{Control, EngineError};
use rayon::prelude::*;
use std::collections::HashMap;

/// A surface over the corners of square bins.
#[derive(Debug)]
pub(crate) struct Surface {
    bins: Bins,
    first: Bin,
    columns: usize,
    rows: usize,
    values: Vec<f64>,
}

/// An edge between two corners: twice the number of the first in a frame around the surface, one more if it goes north.
type Edge = usize;

impl Surface {
    /// A surface over the corners from one to another, both included.
    ///
    /// `value` is asked for the value at a position.
    pub(crate) fn new(
        bins: Bins,
        first: Bin,
        last: Bin,
        control: &Control,
        value: impl Fn(Position) -> f64 + Sync,
    ) -> Result<Self, EngineError> {
        let mut surface = Self::flat(bins, first, last);
        let columns = surface.columns;
        surface
            .values
            .par_chunks_mut(columns)
            .enumerate()
            .try_for_each(|(row, values)| {
                control.check()?;
                for (column, here) in values.iter_mut().enumerate() {
                    let corner = [first.0 as f64 + column as f64, first.1 as f64 + row as f64];
                    *here = value(bins.on_chart(bins.corner(corner)));
                }
                Ok::<(), EngineError>(())
            })?;
        Ok(surface)
    }

    /// A surface that is 0 at all corners from one to another, both included.
    pub(crate) fn flat(bins: Bins, first: Bin, last: Bin) -> Self {
        let [columns, rows] = [last.0 - first.0 + 1, last.1 - first.1 + 1].map(|n| n as usize);
        Self {
            bins,
            first,
            columns,
            rows,
            values: vec![0.0; columns * rows],
        }
    }

    /// The same corners with these values, in the order of [`values`](Self::values).
    pub(crate) fn with(&self, values: Vec<f64>) -> Self {
        Self { values, ..*self }
    }

    /// The values at all corners, with their positions.
    pub(crate) fn values(&self) -> impl IndexedParallelIterator<Item = (Position, f64)> + '_ {
        self.values.par_iter().enumerate().map(|(index, value)| {
            let (column, row) = (index % self.columns, index / self.columns);
            let position = self.position(column as f64, row as f64);
            (self.bins.on_chart(position), *value)
        })
    }

    /// The positions of the first corner and of the last, between which all others of a plane lie.
    pub(crate) fn ends(&self) -> [Position; 2] {
        [
            self.position(0.0, 0.0),
            self.position((self.columns - 1) as f64, (self.rows - 1) as f64),
        ]
    }

    /// The areas above each level and not above the next, the last without an end.
    pub(crate) fn bands(
        &self,
        levels: &[f64],
        grid: Grid,
        control: &Control,
    ) -> Result<Vec<Region>, EngineError> {
        let contours = levels.par_iter().map(|level| {
            control.check()?;
            let rings = self.contours(*level).into_iter();
            Ok(rings.flat_map(|ring| self.bins.pieces(ring)).collect())
        });
        let mut contours = contours.collect::<Result<Vec<Vec<Ring>>, EngineError>>()?;
        contours.push(Vec::new());
        contours
            .par_windows(2)
            .map(|pair| {
                control.check()?;
                // What is above the higher level is above the lower as well, and surrounded by both.
                Ok(grid.repair(&pair.concat()))
            })
            .collect()
    }

    /// Over the antimeridian its x goes on.
    fn position(&self, column: f64, row: f64) -> Position {
        self.bins
            .corner([self.first.0 as f64 + column, self.first.1 as f64 + row])
    }

    /// The value at a corner of the frame, which lies one corner around the surface, below everything.
    fn framed(&self, column: usize, row: usize) -> f64 {
        let inside = (1..=self.columns).contains(&column) && (1..=self.rows).contains(&row);
        if inside {
            self.values[(row - 1) * self.columns + column - 1]
        } else {
            f64::NEG_INFINITY
        }
    }

    /// The rings around what lies above a level, it being to their left.
    fn contours(&self, level: f64) -> Vec<Ring> {
        let width = self.columns + 2;
        let corner = |column: usize, row: usize| row * width + column;
        let mut starts: Vec<Edge> = Vec::new();
        let mut next: HashMap<Edge, Edge> = HashMap::new();
        for row in 0..=self.rows {
            for column in 0..=self.columns {
                let values =
                    [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(x, y)| self.framed(column + x, row + y));
                let above = values.map(|value| value > level);
                if above == [above[0]; 4] {
                    continue;
                }
                let edges = [
                    2 * corner(column, row),
                    2 * corner(column + 1, row) + 1,
                    2 * corner(column, row + 1),
                    2 * corner(column, row) + 1,
                ];
                let joined = values.iter().sum::<f64>() / 4.0 > level;
                // Around the cell, counterclockwise, contours begin where one leaves what is above.
                for side in (0..4).filter(|side| above[*side] && !above[(side + 1) % 4]) {
                    let steps = if joined { [1, 2, 3] } else { [3, 2, 1] };
                    let end = steps
                        .map(|step| (side + step) % 4)
                        .into_iter()
                        .find(|side| !above[*side] && above[(side + 1) % 4]);
                    if let Some(end) = end {
                        starts.push(edges[side]);
                        next.insert(edges[side], edges[end]);
                    }
                }
            }
        }
        let mut rings = Vec::new();
        for start in starts {
            let mut ring = Ring::new();
            let mut at = start;
            while let Some(to) = next.remove(&at) {
                ring.push(self.crossing(at, level));
                at = to;
            }
            ring.dedup();
            if ring.len() > 2 {
                rings.push(ring);
            }
        }
        rings
    }

    /// Where a contour crosses an edge.
    fn crossing(&self, edge: Edge, level: f64) -> Position {
        let width = self.columns + 2;
        let (column, row) = (edge / 2 % width, edge / 2 / width);
        let ends = [(column, row), (column + 1 - edge % 2, row + edge % 2)];
        let [a, b] = ends.map(|(column, row)| self.framed(column, row));
        let part = if a == f64::NEG_INFINITY {
            1.0
        } else if b == f64::NEG_INFINITY {
            0.0
        } else {
            (level - a) / (b - a)
        };
        let [x, y] = [(ends[0].0, ends[1].0), (ends[0].1, ends[1].1)]
            .map(|(from, to)| from as f64 + part * (to as f64 - from as f64) - 1.0);
        self.position(x, y)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bins::BinShape;
    use crate::overlay::doubled_area;
    use crate::spatial_reference::Coordinates;

    fn surface(last: i64, value: impl Fn(Position) -> f64 + Sync) -> Surface {
        let bins = Bins::new(BinShape::Square, 1.0, Coordinates::Plane(1.0), None);
        Surface::new(bins, (0, 0), (last, last), &Control::new(), value).unwrap()
    }

    fn areas(surface: &Surface, levels: &[f64]) -> Vec<f64> {
        let bands = surface
            .bands(levels, Grid::covering(64.0), &Control::new())
            .unwrap();
        let area = |region: &Region| {
            region
                .iter()
                .flatten()
                .map(|ring| doubled_area(ring) / 2.0)
                .sum()
        };
        bands.iter().map(area).collect()
    }

    #[test]
    fn a_slope_parts_into_stripes() {
        let slope = surface(8, |[x, _]| x);
        assert_eq!(
            areas(&slope, &[f64::NEG_INFINITY, 2.5, 4.0]),
            [20.0, 12.0, 32.0]
        );
    }

    /// A cone of height 20: the area above a level is a disk's, but for what chords cut off.
    #[test]
    fn a_cone_parts_into_rings() {
        let cone = surface(40, |[x, y]| 20.0 - (x - 20.0).hypot(y - 20.0));
        let found = areas(&cone, &[5.0, 12.0]);
        let disk = |radius: f64| std::f64::consts::PI * radius * radius;
        assert!(
            (found[0] / (disk(15.0) - disk(8.0)) - 1.0).abs() < 2e-3,
            "{found:?}"
        );
        assert!((found[1] / disk(8.0) - 1.0).abs() < 5e-3, "{found:?}");
    }

    #[test]
    fn saddles_and_zeros_leave_valid_areas() {
        // A checkerboard has a saddle in every cell.
        let board = surface(9, |[x, y]| f64::from(u8::from((x + y) % 2.0 == 0.0)));
        let all: f64 = areas(&board, &[f64::NEG_INFINITY, 0.25, 0.75]).iter().sum();
        assert!((all - 81.0).abs() < 1e-9, "{all}");
        // One corner above zero is a diamond through its neighbours.
        let one = surface(4, |place| f64::from(u8::from(place == [2.0, 2.0])));
        assert_eq!(areas(&one, &[0.0]), [2.0]);
    }
}
