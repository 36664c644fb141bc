//! How points lie to lines and to each other, and to what has an inside and a border.

use super::{FEW, Relation};
use crate::overlay::Position;
use crate::overlay::snap::{foot, squared};
use crate::point_in_polygon::{Side, edges_meet};
use rstar::RTree;

/// Where a place lies to lines, whose border are the ends that an odd number of them have.
pub(super) fn side_of_paths(paths: &[Vec<Position>], place: Position, same: f64) -> Side {
    let close = |p: Position| squared(p, place) <= same * same;
    let ends = paths
        .iter()
        .flat_map(|path| path.first().into_iter().chain(path.last()));
    let ends = ends.filter(|end| close(**end)).count();
    if ends % 2 == 1 {
        return Side::Border;
    }
    let on = |edge: &[Position]| {
        let (a, b) = (edge[0], edge[1]);
        if same > 0.0 {
            close(foot(a, b, place).1)
        } else {
            edges_meet(a, b, place, place)
        }
    };
    let mut edges = paths.iter().flat_map(|path| path.windows(2));
    if ends > 0 || edges.any(on) {
        Side::Inside
    } else {
        Side::Outside
    }
}

/// How points lie to something that has an inside and a border, by where each lies to it.
pub(super) fn by_sides(mut sides: impl Iterator<Item = Side>, relation: Relation) -> bool {
    match relation {
        Relation::Intersects => sides.any(|side| side != Side::Outside),
        Relation::Within => sides.all(|side| side != Side::Outside),
        Relation::CompletelyWithin => sides.all(|side| side == Side::Inside),
        Relation::Touches => {
            let mut touches = false;
            sides.all(|side| {
                touches |= side == Side::Border;
                side != Side::Inside
            }) && touches
        }
        Relation::Crosses => {
            let sides: Vec<_> = sides.collect();
            sides.contains(&Side::Inside) && sides.contains(&Side::Outside)
        }
        _ => false,
    }
}

pub(super) fn points_to_points(
    a: &[Position],
    b: &[Position],
    relation: Relation,
    same: f64,
) -> bool {
    let [in_a, in_b] = [a, b].map(|points| Among::new(points, same));
    let shares = || a.iter().any(|p| in_b.has(*p));
    let within = || a.iter().all(|p| in_b.has(*p));
    let contains = || b.iter().all(|p| in_a.has(*p));
    match relation {
        Relation::Intersects => shares(),
        Relation::Identical => within() && contains(),
        // Points have no border.
        Relation::Contains | Relation::CompletelyContains => contains(),
        Relation::Within | Relation::CompletelyWithin => within(),
        Relation::Touches | Relation::Crosses => false,
        Relation::Overlaps => shares() && !within() && !contains(),
    }
}

/// Points on which, or as near to which, others are looked for.
struct Among<'a> {
    points: &'a [Position],
    /// Of many.
    tree: Option<RTree<Position>>,
    same: f64,
}

impl<'a> Among<'a> {
    fn new(points: &'a [Position], same: f64) -> Self {
        let tree = (points.len() > FEW).then(|| RTree::bulk_load(points.to_vec()));
        Self { points, tree, same }
    }

    fn has(&self, point: Position) -> bool {
        let reach = self.same * self.same;
        match &self.tree {
            None => self.points.iter().any(|p| squared(*p, point) <= reach),
            Some(tree) => tree.locate_within_distance(point, reach).next().is_some(),
        }
    }
}
