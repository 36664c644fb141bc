//! The rings of polygons: their direction, and which hole belongs to which outer ring.

use super::{Polygon, Position};

/// An outer ring with the holes in it.
///
/// # Examples
///
/// See [`Polygon::parts`].
#[derive(Debug, Clone, PartialEq)]
pub struct PolygonPart<'a> {
    /// The outer ring.
    pub outer: &'a [Position],
    /// The holes, in the order of the rings.
    pub holes: Vec<&'a [Position]>,
}

impl Polygon {
    /// The rings sorted into parts: each hole goes to the smallest outer ring that contains it.
    ///
    /// Rings that run clockwise are outer rings, the others holes. A hole that lies in no outer ring is one itself, so
    /// no area is lost when a service has mixed up the directions.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_types::{Geometry, Polygon};
    ///
    /// let polygon = Polygon::from_rings([
    ///     vec![(0.0, 0.0), (0.0, 9.0), (9.0, 9.0), (9.0, 0.0), (0.0, 0.0)],
    ///     vec![(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 1.0)],
    /// ]);
    /// let parts = polygon.parts();
    /// assert_eq!((parts.len(), parts[0].holes.len()), (1, 1));
    /// ```
    #[must_use]
    pub fn parts(&self) -> Vec<PolygonPart<'_>> {
        let (outers, holes): (Vec<&[Position]>, Vec<&[Position]>) = self
            .rings
            .iter()
            .map(Vec::as_slice)
            .partition(|ring| is_clockwise(ring));
        let bounds: Vec<_> = outers.iter().map(|ring| Bounds::of(ring)).collect();
        let areas: Vec<_> = outers.iter().map(|ring| doubled_area(ring).abs()).collect();
        let mut parts: Vec<_> = outers
            .iter()
            .map(|outer| PolygonPart {
                outer,
                holes: Vec::new(),
            })
            .collect();
        let mut strays = Vec::new();
        for hole in holes {
            let hole_bounds = Bounds::of(hole);
            let containing = (0..outers.len())
                .filter(|i| bounds[*i].contain(&hole_bounds) && contains(outers[*i], hole))
                .min_by(|a, b| areas[*a].total_cmp(&areas[*b]));
            match containing {
                Some(i) => parts[i].holes.push(hole),
                None => strays.push(hole),
            }
        }
        parts.extend(strays.into_iter().map(|outer| PolygonPart {
            outer,
            holes: Vec::new(),
        }));
        parts
    }
}

/// Whether a ring runs clockwise, where y points up.
pub(super) fn is_clockwise(ring: &[Position]) -> bool {
    doubled_area(ring) < 0.0
}

/// Twice the signed area: positive where the ring runs counterclockwise.
fn doubled_area(ring: &[Position]) -> f64 {
    let Some(origin) = ring.first() else {
        return 0.0;
    };
    // Relative to a vertex: far from the origin, products of whole coordinates would swamp a small ring's area.
    let relative = |p: &Position| (p.x - origin.x, p.y - origin.y);
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| {
            let ((ax, ay), (bx, by)) = (relative(a), relative(b));
            ax * by - bx * ay
        })
        .sum()
}

/// Turns a ring round if it runs the wrong way.
pub(super) fn orient(ring: &mut [Position], clockwise: bool) {
    let area = doubled_area(ring);
    if area != 0.0 && (area < 0.0) != clockwise {
        ring.reverse();
    }
}

/// Ends a ring where it begins.
pub(super) fn close(ring: &mut Vec<Position>) {
    if let (Some(first), Some(last)) = (ring.first().copied(), ring.last())
        && !(same(first.x, last.x) && same(first.y, last.y))
    {
        ring.push(first);
    }
}

/// Whether two ordinates are the same; what is not a number is so too, or a ring would never be closed.
fn same(one: f64, other: f64) -> bool {
    one == other || (one.is_nan() && other.is_nan())
}

/// Whether `hole` lies in `outer`, given that it does not cross it. It may touch.
fn contains(outer: &[Position], hole: &[Position]) -> bool {
    let vertices = hole.iter().map(|p| (p.x, p.y));
    let middles = hole.windows(2).map(|pair| {
        (
            f64::midpoint(pair[0].x, pair[1].x),
            f64::midpoint(pair[0].y, pair[1].y),
        )
    });
    // Points on the outer ring itself do not tell; the first that does decides.
    vertices
        .chain(middles)
        .find_map(|(x, y)| locate(outer, x, y))
        .unwrap_or(true)
}

/// Whether a point is inside a ring; `None` on the ring.
fn locate(ring: &[Position], x: f64, y: f64) -> Option<bool> {
    let mut inside = false;
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
        let within = |p: f64, q: f64, v: f64| v >= p.min(q) && v <= p.max(q);
        if side == 0.0 && within(a.x, b.x, x) && within(a.y, b.y, y) {
            return None;
        }
        if (a.y > y) != (b.y > y) && (side > 0.0) == (b.y > a.y) {
            inside = !inside;
        }
    }
    Some(inside)
}

struct Bounds {
    low: (f64, f64),
    high: (f64, f64),
}

impl Bounds {
    fn of(ring: &[Position]) -> Self {
        let empty = Self {
            low: (f64::INFINITY, f64::INFINITY),
            high: (f64::NEG_INFINITY, f64::NEG_INFINITY),
        };
        ring.iter().fold(empty, |b, p| Self {
            low: (b.low.0.min(p.x), b.low.1.min(p.y)),
            high: (b.high.0.max(p.x), b.high.1.max(p.y)),
        })
    }

    fn contain(&self, other: &Self) -> bool {
        self.low.0 <= other.low.0
            && self.low.1 <= other.low.1
            && self.high.0 >= other.high.0
            && self.high.1 >= other.high.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ring = Vec<(f64, f64)>;

    /// A square, clockwise.
    fn square(x: f64, y: f64, side: f64) -> Ring {
        vec![
            (x, y),
            (x, y + side),
            (x + side, y + side),
            (x + side, y),
            (x, y),
        ]
    }

    fn hole(x: f64, y: f64, side: f64) -> Ring {
        square(x, y, side).into_iter().rev().collect()
    }

    /// The parts as indices into the rings: the outer ring and its holes.
    fn parts(rings: &[Ring]) -> Vec<(usize, Vec<usize>)> {
        let polygon = Polygon::from_rings(rings.to_vec());
        let index = |ring: &[Position]| {
            polygon
                .rings
                .iter()
                .position(|r| std::ptr::eq(r.as_slice(), ring))
                .unwrap_or(99)
        };
        let part = |part: &PolygonPart<'_>| {
            (
                index(part.outer),
                part.holes.iter().map(|h| index(h)).collect(),
            )
        };
        polygon.parts().iter().map(part).collect()
    }

    #[test]
    fn a_hole_goes_to_the_smallest_ring_around_it() {
        // An island with a pond, in a lake of a larger land; the rings come in no helpful order.
        let rings = [
            hole(1.0, 1.0, 8.0),
            hole(3.0, 3.0, 1.0),
            square(0.0, 0.0, 10.0),
            square(2.0, 2.0, 3.0),
        ];
        assert_eq!(parts(&rings), [(2, vec![0]), (3, vec![1])]);
    }

    #[test]
    fn a_hole_beside_all_outer_rings_is_one_itself() {
        assert_eq!(
            parts(&[square(0.0, 0.0, 1.0), hole(5.0, 5.0, 1.0)]),
            [(0, vec![]), (1, vec![])]
        );
        assert_eq!(parts(&[hole(0.0, 0.0, 1.0)]), [(0, vec![])]);
    }

    #[test]
    fn a_hole_may_touch_its_ring() {
        // Its first vertices lie on the outer ring, and so tell nothing.
        let triangle = vec![(0.0, 0.0), (2.0, 1.0), (0.0, 2.0), (0.0, 0.0)];
        assert_eq!(
            parts(&[square(0.0, 0.0, 2.0), triangle.clone()]),
            [(0, vec![1])]
        );
        // It touches the left ring from outside, within whose bounds it lies not, and the right from inside.
        assert_eq!(
            parts(&[square(-9.0, -4.0, 9.0), square(0.0, 0.0, 2.0), triangle]),
            [(0, vec![]), (1, vec![2])]
        );
    }

    #[test]
    fn a_notch_is_not_inside() {
        let notched: Ring = vec![
            (0.0, 0.0),
            (0.0, 9.0),
            (9.0, 9.0),
            (9.0, 6.0),
            (3.0, 6.0),
            (3.0, 3.0),
            (9.0, 3.0),
            (9.0, 0.0),
            (0.0, 0.0),
        ];
        assert_eq!(
            parts(&[notched.clone(), hole(5.0, 4.0, 1.0)]),
            [(0, vec![]), (1, vec![])]
        );
        assert_eq!(parts(&[notched, hole(1.0, 4.0, 1.0)]), [(0, vec![1])]);
    }

    #[test]
    fn direction_is_told_far_from_the_origin() {
        // A square of a tenth of a millimetre at coordinates as national grids have them: the shoelace formula over
        // whole coordinates loses its area to rounding.
        let ring = |ring: Ring| ring.into_iter().map(Position::from).collect::<Vec<_>>();
        let small = square(2_600_000.0, 91_200_000.0, 1e-4);
        assert!(is_clockwise(&ring(small.clone())));
        assert!(!is_clockwise(&ring(small.into_iter().rev().collect())));
    }

    #[test]
    fn rings_are_closed_once() {
        let mut ring: Vec<_> = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
            .map(Position::from)
            .to_vec();
        close(&mut ring);
        close(&mut ring);
        assert_eq!((ring.len(), ring.first()), (4, ring.last()));
        close(&mut Vec::new());
    }
}
