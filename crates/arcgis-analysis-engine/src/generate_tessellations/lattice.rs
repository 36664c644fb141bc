//! Regular tiles over a rectangle of a plane.

use crate::bins::overlap;
use crate::overlay::{Position, Ring};

/// What of a side two shapes must overlap to be more than neighbours.
const TOUCH: f64 = 1e-9;

/// The shape of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tile {
    Square,
    /// On a corner.
    Hexagon,
    /// On a side.
    TransverseHexagon,
    Triangle,
    /// A square on a corner.
    Diamond,
}

impl Tile {
    /// The area of a tile with sides of length 1.
    pub(super) fn unit_area(self) -> f64 {
        match self {
            Self::Square | Self::Diamond => 1.0,
            Self::Hexagon | Self::TransverseHexagon => 1.5 * 3f64.sqrt(),
            Self::Triangle => 3f64.sqrt() / 4.0,
        }
    }

    /// The steps of x and y on whose lattice all corners lie, of sides of length 1.
    fn steps(self) -> [f64; 2] {
        let half_root = 3f64.sqrt() / 2.0;
        match self {
            Self::Square => [1.0, 1.0],
            Self::Hexagon => [half_root, 0.5],
            Self::TransverseHexagon | Self::Triangle => [0.5, half_root],
            Self::Diamond => [0.5f64.sqrt(), 0.5f64.sqrt()],
        }
    }

    /// How many steps there are from a column or a row to the next.
    fn periods(self) -> [i64; 2] {
        match self {
            Self::Square | Self::Triangle | Self::Diamond => [1, 1],
            Self::Hexagon => [2, 3],
            Self::TransverseHexagon => [3, 2],
        }
    }

    /// The corners of a tile in steps, counterclockwise; of diamonds only every other place has one.
    fn corners(self, column: i64, row: i64) -> Vec<(i64, i64)> {
        let around = |(x, y): (i64, i64), corners: &[(i64, i64)]| {
            corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect()
        };
        match self {
            Self::Square => around((column, row), &[(0, 0), (1, 0), (1, 1), (0, 1)]),
            Self::Hexagon => around(
                (2 * column + row.rem_euclid(2), 3 * row),
                &[(1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2)],
            ),
            Self::TransverseHexagon => around(
                (3 * column, 2 * row + column.rem_euclid(2)),
                &[(2, 0), (1, 1), (-1, 1), (-2, 0), (-1, -1), (1, -1)],
            ),
            Self::Triangle if (column + row) % 2 == 0 => {
                around((column, row), &[(0, 0), (2, 0), (1, 1)])
            }
            Self::Triangle => around((column, row), &[(1, 0), (2, 1), (0, 1)]),
            Self::Diamond if (column + row) % 2 == 0 => {
                around((column, row), &[(1, 0), (0, 1), (-1, 0), (0, -1)])
            }
            Self::Diamond => Vec::new(),
        }
    }
}

/// Tiles over a rectangle, from its south-western corner.
#[derive(Debug)]
pub(super) struct Lattice {
    tile: Tile,
    side: f64,
    rectangle: [Position; 2],
}

impl Lattice {
    /// Tiles with sides of a length; a rectangle without a width or a height is made a side wide or high.
    pub(super) fn new(tile: Tile, side: f64, [mut low, mut high]: [Position; 2]) -> Self {
        for i in 0..2 {
            if high[i] - low[i] <= TOUCH * side {
                low[i] -= side / 2.0;
                high[i] = low[i] + side;
            }
        }
        Self {
            tile,
            side,
            rectangle: [low, high],
        }
    }

    /// About how many tiles have a part of the rectangle, which may be narrower than one.
    pub(super) fn count(&self) -> f64 {
        let [columns, rows] = [0, 1].map(|i| {
            let [low, high] = self.rectangle.map(|corner| corner[i]);
            let period = self.tile.steps()[i] * self.tile.periods()[i] as f64 * self.side;
            (high - low) / period + 1.0
        });
        // Only every other place has a diamond.
        let places = if self.tile == Tile::Diamond { 2.0 } else { 1.0 };
        columns * rows / places
    }

    /// The tiles that have a part of the rectangle, with their names, by column, then by row.
    pub(super) fn tiles(&self) -> Vec<(String, Ring)> {
        let [low, high] = self.rectangle;
        let steps = self.tile.steps().map(|step| step * self.side);
        let periods = self.tile.periods();
        let last = |i: usize| {
            let period = steps[i] * periods[i] as f64;
            ((high[i] - low[i]) / period).ceil() as i64 + 2
        };
        let mut kept: Vec<((i64, i64), Ring)> = Vec::new();
        for column in -3..=last(0) {
            // From the north.
            for row in (-3..=last(1)).rev() {
                let corners = self.tile.corners(column, row).into_iter();
                let ring: Ring = corners
                    .map(|(x, y)| [low[0] + x as f64 * steps[0], low[1] + y as f64 * steps[1]])
                    .collect();
                if self.overlaps(&ring) {
                    kept.push(((column, row), ring));
                }
            }
        }
        let west = kept.iter().map(|((column, _), _)| *column).min();
        let north = kept.iter().map(|((_, row), _)| *row).max();
        let (west, north) = (west.unwrap_or_default(), north.unwrap_or_default());
        let named = |((column, row), ring)| {
            let name = format!("{}-{}", letters(column - west), north - row + 1);
            (name, ring)
        };
        kept.into_iter().map(named).collect()
    }

    /// Whether a tile has a part of the rectangle.
    fn overlaps(&self, ring: &[Position]) -> bool {
        !ring.is_empty() && overlap(ring, self.rectangle) > TOUCH * self.side
    }
}

/// A column in letters: A to Z, then AA, AB and so on.
fn letters(column: i64) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push((b'A' + ((rest - 1) % 26) as u8) as char);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        let names = [0, 25, 26, 27, 51, 52, 701, 702].map(letters);
        assert_eq!(names, ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }
}
