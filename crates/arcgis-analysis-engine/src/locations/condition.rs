//! A condition, compared with the layers: which features meet it, or which parts of them do.

use crate::overlay::lines::{Edges, along};
use crate::overlay_layers::Plan;
use crate::prepared::{Prepared, Solid};

#[derive(Debug)]
pub(super) enum Condition {
    /// By the places of the features.
    Whole(Vec<bool>),
    /// Parts of features meet it.
    Cut(Cut),
    Both(Box<(Condition, Condition)>),
    Either(Box<(Condition, Condition)>),
}

/// Features are cut by others.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) cover: Prepared,
    /// Whether what lies outside is meant.
    pub(super) outside: bool,
}

impl Condition {
    /// Whether a feature meets it as a whole.
    pub(super) fn holds(&self, index: usize) -> bool {
        match self {
            Self::Whole(holds) => holds[index],
            Self::Cut(_) => false,
            Self::Both(sides) => sides.0.holds(index) && sides.1.holds(index),
            Self::Either(sides) => sides.0.holds(index) || sides.1.holds(index),
        }
    }

    /// The part of a feature that meets it, and the rest where that is wanted.
    ///
    /// A part that meets one of two conditions is not asked for the other, so that parts never overlap.
    pub(super) fn split(
        &self,
        plan: &Plan,
        index: usize,
        solid: &Solid,
        rest: bool,
    ) -> (Solid, Solid) {
        if *solid == Solid::Nothing {
            return (Solid::Nothing, Solid::Nothing);
        }
        match self {
            Self::Whole(holds) if holds[index] => (solid.clone(), Solid::Nothing),
            Self::Whole(_) => (Solid::Nothing, solid.clone()),
            Self::Cut(cut) => {
                let near = cut.cover.near(solid, plan.same);
                let near: Vec<&Solid> = near.iter().map(|i| &cut.cover.solids[*i]).collect();
                let inside = if cut.outside && !rest {
                    Solid::Nothing
                } else {
                    common(plan, solid, &near)
                };
                let outside = if cut.outside || rest {
                    plan.without(solid, &near)
                } else {
                    Solid::Nothing
                };
                if cut.outside {
                    (outside, inside)
                } else {
                    (inside, outside)
                }
            }
            Self::Both(sides) => {
                let (one, others) = sides.0.split(plan, index, solid, rest);
                let (both, more) = sides.1.split(plan, index, &one, rest);
                (both, joined(plan, others, more))
            }
            Self::Either(sides) => {
                let (one, others) = sides.0.split(plan, index, solid, true);
                let (two, neither) = sides.1.split(plan, index, &others, rest);
                (joined(plan, one, two), neither)
            }
        }
    }
}

/// What a feature has in common with any of others, which are not of a lower dimension.
fn common(plan: &Plan, solid: &Solid, near: &[&Solid]) -> Solid {
    let areas: Vec<_> = near
        .iter()
        .filter_map(|other| match other {
            Solid::Area(region) => Some(region.concat()),
            _ => None,
        })
        .collect();
    match solid {
        Solid::Points(points) => {
            let outside = plan.without(solid, near);
            let outside: &[_] = match &outside {
                Solid::Points(outside) => outside,
                _ => &[],
            };
            let inside = points.iter().filter(|p| !outside.contains(p)).copied();
            let inside: Vec<_> = inside.collect();
            if inside.is_empty() {
                Solid::Nothing
            } else {
                Solid::Points(inside)
            }
        }
        Solid::Paths(paths) if areas.is_empty() => {
            let lines: Vec<_> = near.iter().flat_map(|other| other.lines()).collect();
            let shared = along(paths, &Edges::new(&lines), true);
            if shared.is_empty() {
                Solid::Nothing
            } else {
                Solid::Paths(shared)
            }
        }
        _ => plan.pair(solid, &Solid::Area(plan.grid.union(areas))),
    }
}

/// Two parts of one feature together.
fn joined(plan: &Plan, one: Solid, two: Solid) -> Solid {
    match (one, two) {
        (Solid::Nothing, solid) | (solid, Solid::Nothing) => solid,
        (Solid::Area(a), Solid::Area(b)) => {
            Solid::Area(plan.grid.union(vec![a.concat(), b.concat()]))
        }
        (Solid::Paths(mut a), Solid::Paths(b)) => {
            a.extend(b);
            Solid::Paths(a)
        }
        (Solid::Points(mut a), Solid::Points(b)) => {
            a.extend(b);
            Solid::Points(a)
        }
        (one, _) => one,
    }
}
