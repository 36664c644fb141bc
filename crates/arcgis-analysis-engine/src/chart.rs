//! The charts on which areas of the ellipsoid are drawn: longitude and latitude, or Web Mercator.
//!
//! A chart ends at 180° west and east and at the poles. A ring that runs over the antimeridian is cut there,
//! and one that surrounds a pole is led along the chart's edge, so every part lies within the chart and is
//! valid as a plane polygon. Vertices are never moved by a turn of 360° and back, which would lose their last
//! bits and with them the borders that neighbouring pieces share.

use crate::overlay::{Grid, Position, Ring, doubled_area};
use crate::spatial_reference::{
    Coordinates, MERCATOR_HALF_WIDTH, degrees_to_mercator, mercator_to_degrees,
};

/// A chart of the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chart {
    Degrees,
    WebMercator,
}

/// What a ring that comes out clockwise means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Winding {
    /// A piece so thin that rounding turned it: it is turned back.
    Piece,
    /// A piece of more than half of the Earth: it surrounds everything but what it seems to.
    Wrapping,
    /// A hole in another ring: it stays so.
    Kept,
}

/// A vertex on the chart and how many turns around the Earth, eastwards, it lies from where the ring began.
type Turned = (i32, Position);

impl Chart {
    /// The chart of these coordinates, if they are of the ellipsoid.
    pub(crate) fn of(coordinates: Coordinates) -> Option<Self> {
        match coordinates {
            Coordinates::Degrees => Some(Self::Degrees),
            Coordinates::WebMercator => Some(Self::WebMercator),
            Coordinates::Plane(_) => None,
        }
    }

    /// Where the chart ends in the east.
    pub(crate) fn half_width(self) -> f64 {
        match self {
            Self::Degrees => 180.0,
            Self::WebMercator => MERCATOR_HALF_WIDTH,
        }
    }

    /// Where the chart ends in the north.
    pub(crate) fn top(self) -> f64 {
        match self {
            Self::Degrees => 90.0,
            Self::WebMercator => degrees_to_mercator([0.0, 90.0])[1],
        }
    }

    /// The grid on which areas on this chart are combined.
    pub(crate) fn grid(self) -> Grid {
        Grid::covering(self.half_width().max(self.top()))
    }

    /// From longitude and latitude to the chart.
    pub(crate) fn plot(self, position: Position) -> Position {
        match self {
            Self::Degrees => position,
            Self::WebMercator => degrees_to_mercator(position),
        }
    }

    /// From the chart to longitude and latitude.
    pub(crate) fn degrees(self, position: Position) -> Position {
        match self {
            Self::Degrees => position,
            Self::WebMercator => mercator_to_degrees(position),
        }
    }

    /// Draws a ring of longitudes (-180 to 180) and latitudes whose interior lies to the left.
    ///
    /// Each edge takes the shorter way around the Earth.
    pub(crate) fn draw(self, ring: &[Position], winding: Winding) -> Vec<Ring> {
        let mut turned = self.turn(ring);
        let (Some(first), Some(last)) = (ring.first(), ring.last()) else {
            return Vec::new();
        };
        let round = turned[turned.len() - 1].0 + step(*last, *first);
        if round == 0 {
            let clockwise = doubled_area(&self.flat(&turned)) < 0.0;
            if clockwise && winding == Winding::Piece {
                turned.reverse();
            }
            let mut rings = self.cut(&turned);
            if clockwise && winding == Winding::Wrapping {
                rings.push(self.whole());
            }
            return rings;
        }
        // Going east once around with the interior to the left, the ring surrounds the north pole.
        let edge = if round > 0 { self.top() } else { -self.top() };
        let (turn, start) = turned[0];
        turned.push((turn + round, start));
        turned.push((turn + round, [start[0], edge]));
        turned.push((turn, [start[0], edge]));
        self.cut(&turned)
    }

    /// Draws a path of longitudes (-180 to 180) and latitudes, in pieces that do not cross the antimeridian.
    pub(crate) fn draw_path(self, path: &[Position]) -> Vec<Vec<Position>> {
        let mut pieces = Vec::new();
        let mut piece: Vec<Position> = Vec::new();
        let turned = self.turn(path);
        for (index, vertex) in turned.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).map(|i| turned[i])
                && before.0 != vertex.0
            {
                let side = self.half_width() * f64::from(vertex.0 - before.0);
                let y = self.crossing(before, *vertex, before.0, side);
                piece.push([side, y]);
                pieces.push(std::mem::replace(&mut piece, vec![[-side, y]]));
            }
            piece.push(vertex.1);
        }
        pieces.push(piece);
        pieces.retain(|piece| piece.len() > 1);
        pieces
    }

    /// Draws a ring as it stands on the chart, where it may run on beyond the edges.
    pub(crate) fn draw_flat(self, ring: &[Position]) -> Vec<Ring> {
        let half = self.half_width();
        let turned: Vec<Turned> = ring
            .iter()
            .map(|&[x, y]| {
                let turn = if x.abs() <= half {
                    0
                } else {
                    ((x + half) / (2.0 * half)).floor() as i32
                };
                (turn, [x - 2.0 * half * f64::from(turn), y])
            })
            .collect();
        self.cut(&turned)
    }

    /// Draws a path as it stands on the chart, in pieces that do not run beyond its edges.
    pub(crate) fn draw_flat_path(self, path: &[Position]) -> Vec<Vec<Position>> {
        let half = self.half_width();
        if path.iter().all(|p| p[0].abs() <= half) {
            return vec![path.to_vec()];
        }
        let mut pieces: Vec<Vec<Position>> = Vec::new();
        for edge in path.windows(2) {
            let ([ax, ay], [bx, by]) = (edge[0], edge[1]);
            // The edge in parts, each within one turn.
            let mut marks = vec![edge[0]];
            let (low, high) = (ax.min(bx), ax.max(bx));
            let (first, last) = ((low / half).floor() as i32, (high / half).ceil() as i32);
            let mut sides: Vec<f64> = (first..=last)
                .filter(|k| k % 2 != 0)
                .map(|k| half * f64::from(k))
                .filter(|x| low < *x && *x < high)
                .collect();
            if bx < ax {
                sides.reverse();
            }
            marks.extend(
                sides
                    .into_iter()
                    .map(|x| [x, ay + (x - ax) / (bx - ax) * (by - ay)]),
            );
            marks.push(edge[1]);
            for part in marks.windows(2) {
                let middle = f64::midpoint(part[0][0], part[1][0]);
                let turn = ((middle + half) / (2.0 * half)).floor();
                let moved = [part[0], part[1]].map(|[x, y]| [x - 2.0 * half * turn, y]);
                match pieces.last_mut() {
                    Some(piece) if piece.last() == Some(&moved[0]) => piece.push(moved[1]),
                    _ => pieces.push(moved.to_vec()),
                }
            }
        }
        pieces
    }

    /// A position, moved by whole turns onto the chart.
    pub(crate) fn wrap(self, position: Position) -> Position {
        self.eastwards(-self.half_width(), position)
    }

    /// A position, moved by whole turns to where it lies within a turn eastwards of `west`.
    pub(crate) fn eastwards(self, west: f64, [x, y]: Position) -> Position {
        let turn = 2.0 * self.half_width();
        if x >= west && x <= west + turn {
            return [x, y];
        }
        [x - turn * ((x - west) / turn).floor(), y]
    }

    /// The same place at the other edge of the chart, for one that lies at an edge.
    pub(crate) fn twin(self, [x, y]: Position) -> Option<Position> {
        (x.abs() == self.half_width()).then_some([-x, y])
    }

    /// A ring on the chart that is turned by half, which ends at Greenwich and has the antimeridian in its middle.
    pub(crate) fn draw_turned(self, ring: &[Position]) -> Vec<Ring> {
        let half = self.half_width();
        let turned = ring.iter().map(|&[x, y]| match x > 0.0 {
            true => (1, [x - half, y]),
            false => (0, [x + half, y]),
        });
        self.cut(&turned.collect::<Vec<_>>())
    }

    /// A path on the chart that is turned by half.
    pub(crate) fn draw_turned_path(self, path: &[Position]) -> Vec<Vec<Position>> {
        let half = self.half_width();
        let turned: Vec<Position> = path.iter().map(|[x, y]| [x + half, *y]).collect();
        self.draw_flat_path(&turned)
    }

    /// The vertices on the chart with the turns they are away from the first.
    fn turn(self, positions: &[Position]) -> Vec<Turned> {
        let mut turn = 0;
        let mut before = None;
        positions
            .iter()
            .map(|&position| {
                turn += before.map_or(0, |before| step(before, position));
                before = Some(position);
                (turn, self.plot(position))
            })
            .collect()
    }

    fn flat(self, turned: &[Turned]) -> Ring {
        turned
            .iter()
            .map(|vertex| [self.seen_from(*vertex, 0), vertex.1[1]])
            .collect()
    }

    /// The x of a vertex, seen from a turn.
    fn seen_from(self, (turn, [x, _]): Turned, from: i32) -> f64 {
        if turn == from {
            x
        } else {
            x + 2.0 * self.half_width() * f64::from(turn - from)
        }
    }

    /// The y at which an edge crosses `side`, seen from a turn; the same for both directions of the edge.
    fn crossing(self, a: Turned, b: Turned, turn: i32, side: f64) -> f64 {
        let ([ax, ay], [bx, by]) = (
            [self.seen_from(a, turn), a.1[1]],
            [self.seen_from(b, turn), b.1[1]],
        );
        let ([ax, ay], [bx, by]) = if ax <= bx {
            ([ax, ay], [bx, by])
        } else {
            ([bx, by], [ax, ay])
        };
        if ax == bx {
            ay
        } else {
            ay + (side - ax) / (bx - ax) * (by - ay)
        }
    }

    /// Cuts a ring into the parts that lie in each turn.
    fn cut(self, ring: &[Turned]) -> Vec<Ring> {
        let turns = ring.iter().map(|vertex| vertex.0);
        let (Some(least), Some(greatest)) = (turns.clone().min(), turns.max()) else {
            return Vec::new();
        };
        if least == greatest {
            return vec![ring.iter().map(|vertex| vertex.1).collect()];
        }
        (least..=greatest)
            .map(|turn| self.within(ring, turn))
            .filter(|ring| ring.len() > 2)
            .collect()
    }

    /// The part of a ring within one turn (Sutherland and Hodgman). Where the ring leaves and returns, the
    /// part runs along the edge of the chart, to and fro if need be, which a union takes away.
    fn within(self, ring: &[Turned], turn: i32) -> Ring {
        let half = self.half_width();
        let mut vertices: Vec<Turned> = ring.to_vec();
        for side in [-half, half] {
            let inside = |vertex: Turned| {
                let x = self.seen_from(vertex, turn);
                if side < 0.0 { x >= side } else { x <= side }
            };
            let mut kept = Vec::with_capacity(vertices.len() + 4);
            for (index, &here) in vertices.iter().enumerate() {
                let before = vertices[index.checked_sub(1).unwrap_or(vertices.len() - 1)];
                if inside(before) != inside(here) {
                    let on_side = (turn, [side, self.crossing(before, here, turn, side)]);
                    kept.push(on_side);
                }
                if inside(here) {
                    kept.push(here);
                }
            }
            vertices = kept;
        }
        vertices
            .iter()
            .map(|vertex| [self.seen_from(*vertex, turn), vertex.1[1]])
            .collect()
    }

    /// The whole chart.
    fn whole(self) -> Ring {
        let (x, y) = (self.half_width(), self.top());
        // Points between the corners, so that no edge goes half way around the Earth.
        vec![
            [-x, -y],
            [0.0, -y],
            [x, -y],
            [x, 0.0],
            [x, y],
            [0.0, y],
            [-x, y],
            [-x, 0.0],
        ]
    }
}

/// How many turns an edge makes when it takes the shorter way.
fn step(from: Position, to: Position) -> i32 {
    let east = to[0] - from[0];
    i32::from(east < -180.0) - i32::from(east > 180.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(rings: &[Ring]) -> f64 {
        rings.iter().map(|ring| doubled_area(ring) / 2.0).sum()
    }

    #[test]
    fn a_ring_over_the_antimeridian_is_cut_there() {
        let ring = [[178.0, 0.0], [-178.0, 0.0], [-178.0, 2.0], [178.0, 2.0]];
        let rings = Chart::Degrees.draw(&ring, Winding::Piece);
        assert_eq!(rings.len(), 2);
        assert_eq!(area(&rings), 8.0);
        assert!(
            rings
                .iter()
                .flatten()
                .all(|[x, _]| (-180.0..=180.0).contains(x))
        );
        // The crossing at half height of a slanted edge.
        let rings =
            Chart::Degrees.draw(&[[179.0, 0.0], [-179.0, 4.0], [179.0, 4.0]], Winding::Piece);
        assert!(
            rings
                .iter()
                .all(|ring| ring.iter().any(|v| v[0].abs() == 180.0 && v[1] == 2.0))
        );
    }

    #[test]
    fn a_ring_around_a_pole_reaches_it() {
        let ring: Ring = (0..8).map(|i| [f64::from(i * 45 - 170), 80.0]).collect();
        let rings = Chart::Degrees.draw(&ring, Winding::Piece);
        assert_eq!(area(&rings), 3600.0);
        let south: Ring = ring.iter().rev().map(|[x, y]| [*x, -y]).collect();
        let rings = Chart::Degrees.draw(&south, Winding::Piece);
        assert_eq!(area(&rings), 3600.0);
        assert!(rings.iter().flatten().any(|v| v[1] == -90.0));
    }

    #[test]
    fn a_clockwise_ring_surrounds_the_rest_only_where_that_can_be() {
        let ring = [[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 0.0]];
        assert_eq!(
            area(&Chart::Degrees.draw(&ring, Winding::Wrapping)),
            360.0 * 180.0 - 4.0
        );
        assert_eq!(area(&Chart::Degrees.draw(&ring, Winding::Piece)), 4.0);
    }

    #[test]
    fn a_flat_ring_beyond_the_edge_comes_back_on_the_other_side() {
        let rings =
            Chart::Degrees.draw_flat(&[[170.0, 0.0], [200.0, 0.0], [200.0, 1.0], [170.0, 1.0]]);
        assert_eq!(rings.len(), 2);
        assert_eq!(area(&rings), 30.0);
        assert!(rings[1].iter().all(|[x, _]| (-180.0..=-160.0).contains(x)));
    }

    #[test]
    fn a_flat_path_beyond_the_edge_goes_on_at_the_other_side() {
        let pieces = Chart::Degrees.draw_flat_path(&[[170.0, 0.0], [190.0, 2.0], [195.0, 2.0]]);
        assert_eq!(
            pieces,
            [
                vec![[170.0, 0.0], [180.0, 1.0]],
                vec![[-180.0, 1.0], [-170.0, 2.0], [-165.0, 2.0]]
            ]
        );
        assert_eq!(Chart::Degrees.wrap([-190.0, 5.0]), [170.0, 5.0]);
    }

    #[test]
    fn a_path_is_cut_where_it_crosses() {
        let pieces = Chart::Degrees.draw_path(&[[170.0, 0.0], [-170.0, 2.0], [-160.0, 2.0]]);
        assert_eq!(
            pieces,
            [
                vec![[170.0, 0.0], [180.0, 1.0]],
                vec![[-180.0, 1.0], [-170.0, 2.0], [-160.0, 2.0]]
            ]
        );
    }
}
