//! The union of many pieces: parts of them first, and only what is near other parts is swept again.

use super::thin::{is_convex, thin};
use super::{Grid, Part, Position, Region, Ring, edges};
use crate::point_in_polygon::{Side, locate};
use crate::{Control, EngineError};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use rayon::prelude::*;
use rstar::{AABB, Envelope};

/// Vertices of a sweep of pieces; below this the cost of building two trees outweighs what the split saves.
const LEAF: usize = 4000;

/// Parts that are united by themselves, at most, and then joined.
const WAYS: usize = 16;

/// Vertices of the pieces that are thinned against each other, by one thread.
const CROWD: usize = 300_000;
/// How far rounding may move a vertex, in steps of the grid, with something to spare.
const ROUNDING: f64 = 4.0;

type Bounds = AABB<Position>;

/// A piece of a union.
struct Piece {
    rings: Vec<Ring>,
    vertices: usize,
    centre: Position,
}

impl Piece {
    fn new(rings: Vec<Ring>) -> Option<Self> {
        let bounds = bounds(&rings)?;
        Some(Self {
            vertices: rings.iter().map(Vec::len).sum(),
            centre: bounds.center(),
            rings,
        })
    }
}

impl Grid {
    /// The union of pieces that may overlap, each a set of rings that winds around each point once or not at all.
    pub(super) fn unite(
        self,
        pieces: Vec<Vec<Ring>>,
        control: &Control,
    ) -> Result<Region, EngineError> {
        let mut pieces: Vec<Piece> = pieces.into_iter().filter_map(Piece::new).collect();
        if let [Piece { rings, .. }] = pieces.as_mut_slice()
            && let [ring] = rings.as_mut_slice()
        {
            if !self.keeps {
                ring.iter_mut()
                    .for_each(|vertex| *vertex = self.rounded(*vertex));
            }
            if is_convex(ring) {
                return Ok(vec![std::mem::take(rings)]);
            }
        }
        self.unite_parts(&mut pieces, false, control)
    }

    /// Unites parts first: the cost of a sweep grows with the crossings of all its pieces, and a part has lost most of its
    /// own before it meets the others. The parts lie beside each other, so that little crosses between them, and many are
    /// joined at once, since each join sweeps their outlines again.
    fn unite_parts(
        self,
        pieces: &mut [Piece],
        mut thinned: bool,
        control: &Control,
    ) -> Result<Region, EngineError> {
        control.check()?;
        let mut vertices: usize = pieces.iter().map(|piece| piece.vertices).sum();
        if !thinned && vertices <= CROWD {
            vertices = self.thin_out(pieces);
            thinned = true;
        }
        if vertices <= LEAF || pieces.len() < 2 {
            let rings = pieces
                .iter_mut()
                .flat_map(|piece| std::mem::take(&mut piece.rings));
            return Ok(self.cover(&rings.collect::<Vec<_>>()));
        }
        let ways = (vertices / LEAF + 1).next_power_of_two().min(WAYS);
        let parts = parted(pieces, ways).into_par_iter();
        let regions = parts.map(|part| self.unite_parts(part, thinned, control));
        let regions = regions.collect::<Result<Vec<Region>, EngineError>>()?;
        control.check()?;
        Ok(self.join(regions))
    }

    /// Thins pieces of one ring, and counts the vertices that are left of all.
    fn thin_out(self, pieces: &mut [Piece]) -> usize {
        let simple = pieces.iter_mut().filter(|piece| piece.rings.len() == 1);
        let mut simple: Vec<&mut Ring> = simple.flat_map(|piece| &mut piece.rings).collect();
        thin(&mut simple, ROUNDING / self.scale);
        for piece in pieces.iter_mut() {
            piece.vertices = piece.rings.iter().map(Vec::len).sum();
        }
        pieces.iter().map(|piece| piece.vertices).sum()
    }

    /// The union of valid areas.
    ///
    /// A sweep can change only edges that come near another area. Holes and parts that lie away from all of these stay
    /// as they are, and are spared the sweep: in a union of many disks that is nearly all there is.
    fn join(self, regions: Vec<Region>) -> Region {
        let all: Vec<Option<Bounds>> = regions.iter().map(region_bounds).collect();
        let (mut near, mut parts, mut holes) = (Vec::new(), Region::new(), Vec::new());
        for (index, region) in regions.into_iter().enumerate() {
            let others = all.iter().enumerate().filter(|(other, _)| *other != index);
            let zones: Vec<Bounds> = others
                .filter_map(|(_, other)| Some(touched(&region, other.as_ref()?)))
                .collect();
            for mut part in region {
                let is_away = |ring: &Ring| {
                    let bounds = bounds([ring]);
                    bounds.is_none_or(|bounds| !zones.iter().any(|zone| bounds.intersects(zone)))
                };
                match part.first() {
                    Some(outer) if is_away(outer) => parts.push(part),
                    Some(_) => {
                        let inner = part.split_off(1);
                        near.append(&mut part);
                        let (away, close): (Vec<_>, Vec<_>) = inner.into_iter().partition(is_away);
                        near.extend(close);
                        holes.extend(away);
                    }
                    None => {}
                }
            }
        }
        if near.is_empty() {
            return parts;
        }
        let mut region = self.cover(&near);
        put_back(holes, &mut region);
        region.append(&mut parts);
        region
    }

    fn cover(self, rings: &[Ring]) -> Region {
        self.sweep(rings, &[], OverlayRule::Subject, FillRule::NonZero)
    }
}

/// Pieces in so many parts, a power of two, that lie beside each other.
fn parted(pieces: &mut [Piece], ways: usize) -> Vec<&mut [Piece]> {
    if ways < 2 || pieces.len() < 2 {
        return vec![pieces];
    }
    let centres = AABB::from_points(pieces.iter().map(|piece| &piece.centre));
    let [width, height] = [0, 1].map(|axis| centres.upper()[axis] - centres.lower()[axis]);
    let axis = usize::from(height > width);
    pieces.sort_by(|a, b| a.centre[axis].total_cmp(&b.centre[axis]));
    let (left, right) = pieces.split_at_mut(pieces.len() / 2);
    let mut parts = parted(left, ways / 2);
    parts.extend(parted(right, ways / 2));
    parts
}

/// Where the edges lie that a sweep with another area may move: they meet its bounds, or lie within them.
fn touched(region: &Region, other: &Bounds) -> Bounds {
    let mut zone = *other;
    for (a, b) in region.iter().flatten().flat_map(|ring| edges(ring)) {
        let edge = AABB::from_corners(a, b);
        if edge.intersects(other) {
            zone.merge(&edge);
        }
    }
    zone
}

/// Gives holes back to the parts in which they lie.
fn put_back(holes: Vec<Ring>, region: &mut [Part]) {
    let outlines: Vec<Option<Bounds>> = region.iter().map(|part| bounds(part.first())).collect();
    for hole in holes {
        let Some(own) = bounds([&hole]) else { continue };
        let surrounds =
            |index: &usize| outlines[*index].is_some_and(|outline| outline.contains_envelope(&own));
        let mut candidates: Vec<usize> = (0..region.len()).filter(surrounds).collect();
        candidates.sort_by(|a, b| {
            let area = |index: &usize| outlines[*index].map_or(0.0, |outline| outline.area());
            area(a).total_cmp(&area(b))
        });
        // It lies in one of them, so the last need not be asked; that is the one whose outline is long.
        let last = candidates.pop();
        let found = candidates
            .into_iter()
            .find(|index| lies_within(&hole, &region[*index][..1]));
        if let Some(index) = found.or(last) {
            region[index].push(hole);
        }
    }
}

/// Whether a ring that crosses no outline lies within it; it may touch it in vertices.
fn lies_within(ring: &Ring, outline: &[Ring]) -> bool {
    let sides = ring.iter().map(|vertex| locate(outline, *vertex));
    sides.into_iter().find(|side| *side != Side::Border) == Some(Side::Inside)
}

fn region_bounds(region: &Region) -> Option<Bounds> {
    bounds(region.iter().flatten())
}

fn bounds<'a>(rings: impl IntoIterator<Item = &'a Ring>) -> Option<Bounds> {
    let mut positions = rings.into_iter().flatten();
    let mut bounds = AABB::from_point(*positions.next()?);
    for position in positions {
        bounds.merge(&AABB::from_point(*position));
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::super::doubled_area;
    use super::*;
    use proptest::prelude::*;

    fn area(region: &Region) -> f64 {
        region
            .iter()
            .flatten()
            .map(|ring| doubled_area(ring) / 2.0)
            .sum()
    }

    fn disk([x, y]: Position, radius: f64, vertices: usize) -> Ring {
        (0..vertices)
            .map(|i| {
                let (sine, cosine) = (i as f64 * std::f64::consts::TAU / vertices as f64).sin_cos();
                [x + radius * cosine, y + radius * sine]
            })
            .collect()
    }

    /// A disk, a rectangle that is turned, or a star, which is not convex.
    fn ring() -> impl Strategy<Value = Ring> {
        let place = || (0.0..40.0, 0.0..40.0).prop_map(|(x, y)| [x, y]);
        prop_oneof![
            (place(), 0.5..8.0, 12usize..80)
                .prop_map(|(at, radius, count)| disk(at, radius, count)),
            (place(), 0.1..6.0f64, 0.1..20.0f64, 0.0..6.3f64).prop_map(
                |([x, y], wide, long, turn): (Position, f64, f64, f64)| {
                    let (sine, cosine) = turn.sin_cos();
                    let corners = [[-wide, -long], [wide, -long], [wide, long], [-wide, long]];
                    corners
                        .map(|[a, b]| [x + a * cosine - b * sine, y + a * sine + b * cosine])
                        .to_vec()
                }
            ),
            (place(), 1.0..8.0).prop_map(|(at, radius)| {
                let (far, near) = (disk(at, radius, 24), disk(at, radius / 2.0, 24));
                (0..24)
                    .map(|i| if i % 2 == 0 { far[i] } else { near[i] })
                    .collect()
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        /// One sweep of all pieces is the definition.
        #[test]
        fn uniting_by_parts_is_one_sweep(rings in prop::collection::vec(ring(), 1..250)) {
            let grid = Grid::covering(64.0).for_computed();
            let once = grid.cover(&rings);
            let pieces = rings.into_iter().map(|ring| vec![ring]).collect();
            let parts = grid.unite(pieces, &Control::new()).unwrap_or_default();
            prop_assert!((area(&once) - area(&parts)).abs() < 1e-9);
            let [left, right] = [grid.difference(&once, &parts), grid.difference(&parts, &once)];
            prop_assert!(area(&left) + area(&right) < 1e-9, "{} {}", area(&left), area(&right));
            let holes = |region: &Region| region.iter().map(|part| part.len() - 1).sum::<usize>();
            prop_assert_eq!((once.len(), holes(&once)), (parts.len(), holes(&parts)));
        }
    }

    #[test]
    fn a_union_stops_when_it_is_told_to() {
        let grid = Grid::covering(64.0);
        let pieces = (0..8).map(|i| vec![disk([f64::from(i), 0.0], 1.0, 2000)]);
        let control = Control::new();
        control.cancel();
        assert_eq!(
            grid.united(pieces.collect(), &control),
            Err(EngineError::Cancelled)
        );
    }

    #[test]
    fn holes_and_islands_far_from_the_other_half_stay_where_they_are() {
        let grid = Grid::covering(256.0);
        let square = |x: f64, y: f64, side: f64| {
            vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
        };
        let reversed = |mut ring: Ring| {
            ring.reverse();
            ring
        };
        // A frame with an island, which has a hole; and a square that covers the frame's right border.
        let frame = vec![square(0.0, 0.0, 100.0), reversed(square(10.0, 10.0, 80.0))];
        let island = vec![square(20.0, 20.0, 20.0), reversed(square(25.0, 25.0, 5.0))];
        let region = grid.join(vec![
            vec![frame, island.clone()],
            vec![vec![square(85.0, 40.0, 30.0)]],
        ]);
        assert_eq!(region.len(), 2);
        assert_eq!(region[1], island);
        assert_eq!(region[0].len(), 2);
        assert_eq!(area(&region), 3600.0 + 375.0 + 150.0 + 450.0);
        // A square within the hole, far from every edge, is an island of its own.
        let region = grid.join(vec![region, vec![vec![square(60.0, 60.0, 10.0)]]]);
        assert_eq!((region.len(), area(&region)), (3, 4575.0 + 100.0));
    }

    #[test]
    fn what_others_cover_is_thinned_and_the_rest_is_kept() {
        let mut rings = [
            disk([0.0, 0.0], 10.0, 100),
            disk([5.0, 0.0], 10.0, 100),
            disk([2.0, 0.0], 1.0, 100),
        ];
        thin(&mut rings.each_mut(), 0.0);
        assert!(rings[0].len() < 70 && rings[1].len() < 70 && rings[2].is_empty());
        let mut alone = disk([50.0, 0.0], 10.0, 100);
        let kept = alone.clone();
        thin(&mut [&mut rings[0], &mut alone], 0.0);
        assert_eq!(alone, kept);
    }
}
