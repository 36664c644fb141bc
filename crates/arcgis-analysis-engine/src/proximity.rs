//! How far geometries are apart on the ground, and which are near.
//!
//! Longitudes and latitudes, and Web Mercator, are measured by geodesics on the WGS 84 ellipsoid, edges being geodesics too
//! as in buffers, and whole where the antimeridian cuts what is drawn over it; other references in their plane. The foot of
//! a place on an edge is found to a hundredth of a millimetre, anywhere on Earth (`geodesic`). An R-tree holds edges by their place in space: the straight distance
//! through the Earth is never longer than the geodesic one, so that what it rules out is out, over poles and the
//! antimeridian alike.

use crate::chart::Chart;
use crate::geodesic::{A, On, inverse, nearest_on};
use crate::overlay::Position;
use crate::overlay::lines::{Edges, meetings};
use crate::overlay::snap::foot;
use crate::prepared::{Prepared, Solid};
use crate::relate::{Compared, Relation};
use crate::spatial_reference::{Coordinates, mercator_to_degrees};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, Envelope, RTree};

/// A place in space, in metres.
pub(crate) type Place = [f64; 3];
/// The square of WGS 84's eccentricity.
pub(crate) const E2: f64 = 0.006_694_379_990_141_317;

/// The ground on which distances are measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    coordinates: Coordinates,
}

/// A geometry's edges by place; a point is an edge without length.
#[derive(Debug)]
pub(crate) struct Outline<'a> {
    solid: &'a Solid,
    /// Its lines, where they run on beyond the chart and the geometry is cut.
    drawn: Option<&'a [Vec<Position>]>,
    edges: RTree<GeomWithData<Rectangle<Place>, (Position, Position)>>,
}

impl Ground {
    pub(crate) fn new(coordinates: Coordinates) -> Self {
        Self { coordinates }
    }

    fn degrees(self, position: Position) -> Position {
        if self.coordinates == Coordinates::WebMercator {
            mercator_to_degrees(position)
        } else {
            position
        }
    }

    /// Whether it is the plane of projected data.
    pub(crate) fn is_plane(self) -> bool {
        matches!(self.coordinates, Coordinates::Plane(_))
    }

    /// Where a position lies in space.
    pub(crate) fn place(self, position: Position) -> Place {
        if let Coordinates::Plane(unit) = self.coordinates {
            return [position[0] * unit, position[1] * unit, 0.0];
        }
        let [lon, lat] = self.degrees(position);
        // The same place at both edges of the chart, to the last bit.
        let lon = if lon == -180.0 { 180.0 } else { lon };
        let [lon, lat] = [lon, lat].map(f64::to_radians);
        let normal = A / (1.0 - E2 * lat.sin().powi(2)).sqrt();
        [
            normal * lat.cos() * lon.cos(),
            normal * lat.cos() * lon.sin(),
            normal * (1.0 - E2) * lat.sin(),
        ]
    }

    /// The distance of two positions in metres.
    pub(crate) fn distance(self, a: Position, b: Position) -> f64 {
        match self.coordinates {
            Coordinates::Plane(unit) => (a[0] - b[0]).hypot(a[1] - b[1]) * unit,
            _ => inverse(self.degrees(a), self.degrees(b)).0,
        }
    }

    /// The distance of a position from an edge in metres.
    pub(crate) fn to_edge(self, p: Position, edge: (Position, Position)) -> f64 {
        self.toward_edge(p, edge).0
    }

    /// The distance of a position from an edge in metres, and the place on the edge that is nearest.
    fn toward_edge(self, p: Position, (a, b): (Position, Position)) -> (f64, Position) {
        if let Coordinates::Plane(_) = self.coordinates {
            let place = foot(a, b, p).1;
            return (self.distance(p, place), place);
        }
        let [from, to, other] = [a, b, p].map(|position| self.degrees(position));
        let foot = nearest_on(from, to, other);
        let place = match foot.on {
            On::Start => a,
            On::End => b,
            On::Between(place) => {
                Chart::of(self.coordinates).map_or(place, |chart| chart.plot(place))
            }
        };
        (foot.distance, place)
    }

    fn edge_box(self, a: Position, b: Position) -> AABB<Place> {
        let [from, to] = [a, b].map(|position| self.place(position));
        let bounds = AABB::from_corners(from, to);
        if let Coordinates::Plane(_) = self.coordinates {
            return bounds;
        }
        // A geodesic rises above its chord by no more than this: half way around the Earth by all of its radius.
        let chord = (0..3).map(|i| (from[i] - to[i]).powi(2)).sum::<f64>();
        let rise = chord / (8.0 * 6.3e6) * 2.1 + 1e-3;
        AABB::from_corners(
            bounds.lower().map(|c| c - rise),
            bounds.upper().map(|c| c + rise),
        )
    }

    /// The outline of a geometry, and its lines where they run on beyond the chart.
    pub(crate) fn outline<'a>(
        self,
        solid: &'a Solid,
        drawn: Option<&'a [Vec<Position>]>,
    ) -> Outline<'a> {
        let of = |lines: &[Vec<Position>]| -> Vec<(Position, Position)> {
            let edges = lines.iter().flat_map(|line| line.windows(2));
            edges.map(|edge| (edge[0], edge[1])).collect()
        };
        let edges = match (solid, drawn) {
            (Solid::Points(points), _) => points.iter().map(|p| (*p, *p)).collect(),
            (_, Some(lines)) => of(lines),
            (other, None) => of(&other.lines()),
        };
        let boxes = edges
            .into_iter()
            .map(|(a, b)| GeomWithData::new(Rectangle::from_aabb(self.edge_box(a, b)), (a, b)));
        Outline {
            solid,
            drawn,
            edges: RTree::bulk_load(boxes.collect()),
        }
    }

    /// The distance of two geometries in metres; none if they are farther apart than `limit`.
    pub(crate) fn apart(self, a: &Outline<'_>, b: &Outline<'_>, limit: f64) -> Option<f64> {
        if Compared::new(self.coordinates, a.solid).is(Relation::Intersects, b.solid) {
            return Some(0.0);
        }
        let mut best = limit;
        let mut found = false;
        for (from, to) in [(a, b), (b, a)] {
            for position in from.positions() {
                for (edge, squared) in to
                    .edges
                    .nearest_neighbor_iter_with_distance_2(&self.place(*position))
                {
                    if squared.sqrt() > best {
                        break;
                    }
                    let distance = self.to_edge(*position, edge.data);
                    if distance <= best {
                        (best, found) = (distance, true);
                    }
                }
            }
        }
        found.then_some(best)
    }

    /// The places of two geometries that are nearest to each other; a place that both share, twice.
    pub(crate) fn between(self, a: &Outline<'_>, b: &Outline<'_>) -> [Position; 2] {
        if let Some(place) = self.shared(a.solid, b.solid) {
            return [place, place];
        }
        let mut best = (f64::MAX, [[0.0; 2]; 2]);
        for (from, to, turned) in [(a, b, false), (b, a, true)] {
            for position in from.positions() {
                for (edge, squared) in to
                    .edges
                    .nearest_neighbor_iter_with_distance_2(&self.place(*position))
                {
                    if squared.sqrt() > best.0 {
                        break;
                    }
                    let (distance, place) = self.toward_edge(*position, edge.data);
                    if distance < best.0 {
                        let places = if turned {
                            [place, *position]
                        } else {
                            [*position, place]
                        };
                        best = (distance, places);
                    }
                }
            }
        }
        best.1
    }

    /// A place that two geometries share.
    fn shared(self, a: &Solid, b: &Solid) -> Option<Position> {
        if !Compared::new(self.coordinates, a).is(Relation::Intersects, b) {
            return None;
        }
        // A vertex of one on the other, or else a crossing of their edges.
        for (from, to) in [(a, b), (b, a)] {
            let mut compared = Compared::new(self.coordinates, to);
            let on = |place: &&Position| {
                compared.is(Relation::Intersects, &Solid::Points(vec![**place]))
            };
            if let Some(place) = from.positions().find(on) {
                return Some(*place);
            }
        }
        meetings(&a.lines(), &Edges::new(&b.lines()))
            .first()
            .copied()
    }
}

impl Outline<'_> {
    /// The positions of all vertices.
    fn positions(&self) -> Box<dyn Iterator<Item = &Position> + '_> {
        match self.drawn {
            Some(lines) => Box::new(lines.iter().flatten()),
            None => self.solid.positions(),
        }
    }
}

/// Geometries that are found by their distance from others.
#[derive(Debug)]
pub(crate) struct Nearby<'a> {
    ground: Ground,
    pub(crate) outlines: Vec<Outline<'a>>,
    tree: RTree<GeomWithData<Rectangle<Place>, usize>>,
}

impl<'a> Nearby<'a> {
    pub(crate) fn new(ground: Ground, prepared: &'a Prepared) -> Self {
        let indexes = 0..prepared.solids.len();
        let outlines: Vec<Outline<'a>> = indexes
            .map(|index| prepared.outline(index, ground))
            .collect();
        let boxes = outlines
            .iter()
            .enumerate()
            .filter(|(_, outline)| outline.edges.size() > 0);
        let boxes = boxes.map(|(index, outline)| {
            GeomWithData::new(Rectangle::from_aabb(outline.edges.root().envelope()), index)
        });
        let tree = RTree::bulk_load(boxes.collect());
        Self {
            ground,
            outlines,
            tree,
        }
    }

    /// The `count` geometries nearest to another within `limit` metres and their distances, nearest first, equals in
    /// their order; `also` as in `within`.
    pub(crate) fn nearest(
        &self,
        outline: &Outline<'_>,
        count: usize,
        limit: f64,
        also: &[usize],
    ) -> Vec<(usize, f64)> {
        if outline.edges.size() == 0 || count == 0 {
            return Vec::new();
        }
        let bounds = outline.edges.root().envelope();
        let centre = bounds.center();
        // Whatever is farther from the centre than this, is farther from the geometry by the rest.
        let radius = (0..3)
            .map(|i| (bounds.upper()[i] - centre[i]).powi(2))
            .sum::<f64>()
            .sqrt();
        let mut best: Vec<(usize, f64)> = Vec::new();
        let take = |index: usize, best: &mut Vec<(usize, f64)>| {
            let reach = best.get(count - 1).map_or(limit, |(_, distance)| *distance);
            if let Some(distance) = self.ground.apart(outline, &self.outlines[index], reach) {
                let at = best.partition_point(|(other, apart)| {
                    apart.total_cmp(&distance).then(other.cmp(&index)).is_lt()
                });
                best.insert(at, (index, distance));
                best.truncate(count);
            }
        };
        also.iter().for_each(|index| take(*index, &mut best));
        for (candidate, squared) in self.tree.nearest_neighbor_iter_with_distance_2(&centre) {
            let reach = best.get(count - 1).map_or(limit, |(_, distance)| *distance);
            if squared.sqrt() - radius > reach {
                break;
            }
            if also.binary_search(&candidate.data).is_err() {
                take(candidate.data, &mut best);
            }
        }
        best
    }

    /// The geometries within `limit` metres of another and their distances, in order; those that it lies in or that
    /// lie in it must be looked for on the chart, too, which `also` does.
    pub(crate) fn within(
        &self,
        outline: &Outline<'_>,
        limit: f64,
        also: &[usize],
    ) -> Vec<(usize, f64)> {
        if outline.edges.size() == 0 {
            return Vec::new();
        }
        let bounds = outline.edges.root().envelope();
        let around = AABB::from_corners(
            bounds.lower().map(|c| c - limit),
            bounds.upper().map(|c| c + limit),
        );
        let found = self.tree.locate_in_envelope_intersecting(&around);
        let mut candidates: Vec<usize> = found
            .map(|found| found.data)
            .chain(also.iter().copied())
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        let apart = |index: usize| self.ground.apart(outline, &self.outlines[index], limit);
        candidates
            .into_iter()
            .filter_map(|index| Some((index, apart(index)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_as_far_as_its_nearest_place() {
        let ground = Ground::new(Coordinates::Degrees);
        // pyproj 3.7.2: the least of Geod(ellps="WGS84").inv over places along the geodesic, refined to its 1e-15th part.
        for (p, edge, metres) in EDGES {
            let distance = ground.to_edge(p, edge);
            assert!(
                (distance - metres).abs() < 1e-4,
                "{distance} is not {metres}"
            );
        }
    }

    const EDGES: [(Position, (Position, Position), f64); 5] = [
        ([13.4, 52.5], ([10.0, 50.0], [16.0, 51.0]), 203758.719348),
        (
            [179.5, 10.0],
            ([-179.0, 12.0], [-178.0, 9.0]),
            225620.129586,
        ),
        ([40.0, 89.5], ([-100.0, 88.0], [150.0, 88.5]), 161537.795186),
        ([0.0, 0.0], ([5.0, 5.0], [60.0, 40.0]), 784028.739809),
        ([20.0, 10.0], ([0.0, 0.0], [60.0, 0.0]), 1105854.833234),
    ];

    #[test]
    fn what_is_near_is_found_over_the_antimeridian_and_the_pole() {
        let ground = Ground::new(Coordinates::Degrees);
        let solids = [
            Solid::Points(vec![[-179.9, 0.0]]),
            Solid::Points(vec![[0.0, 89.9]]),
            Solid::Paths(vec![vec![[170.0, 1.0], [170.0, 2.0]]]),
        ];
        let prepared = Prepared::index(solids.to_vec(), Coordinates::Degrees);
        let nearby = Nearby::new(ground, &prepared);
        let near = |x: f64, y: f64, limit: f64| {
            let solid = Solid::Points(vec![[x, y]]);
            nearby
                .within(&ground.outline(&solid, None), limit, &[])
                .into_iter()
                .map(|(index, _)| index)
                .collect::<Vec<_>>()
        };
        assert_eq!(near(179.9, 0.0, 23e3), [0]);
        assert_eq!(near(180.0, 89.9, 23e3), [1]);
        assert_eq!(near(171.0, 1.5, 112e3), [2]);
        assert!(near(171.0, 1.5, 111e3).is_empty());
    }
}
