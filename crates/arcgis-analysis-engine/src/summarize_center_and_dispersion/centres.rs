//! Centres of places, and their spread.

use crate::chart::Chart;
use crate::geodesic::{direct, inverse};
use crate::overlay::Position;
use crate::proximity::{E2, Ground, Place};
use crate::spatial_reference::Coordinates;
use crate::statistics::Sum;
use crate::{Control, EngineError};
use rayon::prelude::*;

/// Steps at most by which a place in space is sought to start from.
const STEPS_IN_SPACE: usize = 200;

/// A place that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighted {
    pub(super) feature: usize,
    pub(super) place: Position,
    pub(super) weight: f64,
}

/// The mean of places.
pub(super) fn mean(places: &[Weighted]) -> Position {
    let weight = total(places.iter().map(|p| p.weight));
    // From the first place, which leaves small spreads their last figures.
    let origin = places[0].place;
    [0, 1].map(|i| {
        let moments = places.iter().map(|p| p.weight * (p.place[i] - origin[i]));
        origin[i] + total(moments) / weight
    })
}

fn total(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    numbers.for_each(|number| sum.add(number));
    sum.total()
}

/// The feature whose distances to all others have the least sum.
///
/// A way over the ground is never shorter than the straight one through it. So features are tried in the order of the sums
/// of the latter, until these exceed the best of the former.
pub(super) fn central(
    places: &[Weighted],
    coordinates: Coordinates,
    control: &Control,
) -> Result<usize, EngineError> {
    let ground = Ground::new(coordinates);
    let spots: Vec<Place> = places.iter().map(|p| ground.place(p.place)).collect();
    let mut bounds = spots
        .par_iter()
        .enumerate()
        .map(|(at, spot)| {
            control.check()?;
            let pairs = spots.iter().zip(places);
            let sum: f64 = pairs.map(|(other, p)| p.weight * chord(spot, other)).sum();
            Ok((sum, at))
        })
        .collect::<Result<Vec<_>, EngineError>>()?;
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut best = (f64::MAX, places.len());
    for (bound, at) in bounds {
        // Rounding may have made a bound too great by as much.
        if bound * (1.0 - 1e-9) > best.0 {
            break;
        }
        control.check()?;
        let here = places[at].place;
        let distances: Vec<f64> = places
            .par_iter()
            .map(|p| p.weight * ground.distance(here, p.place))
            .collect();
        let sum = total(distances.into_iter());
        // Sums of the same distances in another order differ by rounding, and are equal.
        let equal = (sum - best.0).abs() <= 1e-12 * sum;
        if sum < best.0 && !equal || equal && at < best.1 {
            best = (sum, at);
        }
    }
    Ok(places[best.1].feature)
}

/// The place from which the distances to all places have the least sum.
pub(super) fn median(
    places: &[Weighted],
    coordinates: Coordinates,
    control: &Control,
) -> Result<Position, EngineError> {
    let chart = Chart::of(coordinates);
    let degrees = |p: Position| chart.map_or(p, |chart| chart.degrees(p));
    let spots: Vec<(Position, f64)> = places
        .iter()
        .map(|p| (degrees(p.place), p.weight))
        .collect();
    // On the ground the search starts from the median in space, since a mean over the antimeridian may be far off.
    let mut here = match chart {
        None => mean(places),
        Some(_) => start(places, coordinates, degrees, control)?,
    };
    // What is left to go must be small against the spread for the search to end.
    let mut spread = 0.0_f64;
    for _ in 0..10_000 {
        control.check()?;
        let mut pull = [Sum::default(), Sum::default()];
        let (mut inverse_sum, mut on_it) = (Sum::default(), 0.0);
        for (spot, weight) in &spots {
            let (distance, [x, y]) = towards(here, *spot, chart.is_some());
            spread = spread.max(distance);
            if distance <= spread * 1e-14 {
                on_it += weight;
                continue;
            }
            pull[0].add(weight * x);
            pull[1].add(weight * y);
            inverse_sum.add(weight / distance);
        }
        let [x, y] = pull.map(|sum| sum.total());
        let strength = x.hypot(y);
        // At a place that outweighs the pull of all others the sum is least.
        if strength <= on_it || inverse_sum.total() == 0.0 {
            break;
        }
        let step = (strength - on_it) / inverse_sum.total();
        let direction = [x / strength, y / strength];
        here = match chart {
            None => [here[0] + step * direction[0], here[1] + step * direction[1]],
            Some(_) => {
                let azimuth = direction[0].atan2(direction[1]).to_degrees();
                direct(here, azimuth, step).0
            }
        };
        if step <= spread * 1e-13 {
            break;
        }
    }
    Ok(chart.map_or(here, |chart| chart.plot(here)))
}

/// The longitude and latitude of about the place from which the straight distances through the Earth to all places have the
/// least sum (E. Weiszfeld 1937), or of the given place nearest to it if that is better: a median may lie on a place.
fn start(
    places: &[Weighted],
    coordinates: Coordinates,
    degrees: impl Fn(Position) -> Position,
    control: &Control,
) -> Result<Position, EngineError> {
    let ground = Ground::new(coordinates);
    let spots: Vec<(Place, f64)> = places
        .iter()
        .map(|p| (ground.place(p.place), p.weight))
        .collect();
    let centre = |pull: &dyn Fn(&Place) -> f64| {
        let mut sums: [Sum; 4] = Default::default();
        for (spot, weight) in &spots {
            let weight = weight * pull(spot);
            (0..3).for_each(|i| sums[i].add(weight * spot[i]));
            sums[3].add(weight);
        }
        let weight = sums[3].total();
        [0, 1, 2].map(|i| sums[i].total() / weight)
    };
    let mut here = centre(&|_| 1.0);
    for _ in 0..STEPS_IN_SPACE {
        control.check()?;
        let from = here;
        // On a place the pull of that place has no end; a metre is near enough to start from.
        here = centre(&|spot| 1.0 / chord(spot, &from).max(1.0));
        if chord(&here, &from) < 1.0 {
            break;
        }
    }
    // On the ground this latitude is exact, and as near as need be within the Earth.
    let flat = here[0].hypot(here[1]);
    let latitude = (here[2] / (1.0 - E2)).atan2(flat);
    let median = [here[1].atan2(here[0]), latitude].map(f64::to_degrees);
    let nearest = (0..places.len())
        .min_by(|a, b| chord(&spots[*a].0, &here).total_cmp(&chord(&spots[*b].0, &here)));
    let nearest = nearest.map_or(median, |at| degrees(places[at].place));
    let sum = |from: Position| {
        let distances = places
            .iter()
            .map(|p| p.weight * inverse(from, degrees(p.place)).0);
        total(distances)
    };
    let is_better = sum(nearest) <= sum(median);
    Ok(if is_better { nearest } else { median })
}

/// The straight distance of two places.
fn chord(a: &Place, b: &Place) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (x * x + y * y + z * z).sqrt()
}

/// How far a place is, and in which direction, as a vector of length 1.
fn towards(from: Position, to: Position, on_ground: bool) -> (f64, Position) {
    if on_ground {
        let (distance, azimuth, _) = inverse(from, to);
        let (sine, cosine) = azimuth.to_radians().sin_cos();
        return (distance, [sine, cosine]);
    }
    let [x, y] = [to[0] - from[0], to[1] - from[1]];
    let distance = x.hypot(y);
    (distance, [x / distance, y / distance])
}

/// The ellipse of one standard deviation.
#[derive(Debug)]
pub(super) struct Ellipse {
    pub(super) centre: Position,
    pub(super) longer: f64,
    pub(super) shorter: f64,
    /// Of the longer axis, clockwise from north, in degrees from 0 to 180.
    pub(super) rotation: f64,
}

impl Ellipse {
    /// Its outline, counterclockwise.
    pub(super) fn ring(&self, size: f64, vertices: u32) -> Vec<Position> {
        let (sine, cosine) = self.rotation.to_radians().sin_cos();
        let at = |i: u32| {
            let (v, u) = (std::f64::consts::TAU * f64::from(i) / f64::from(vertices)).sin_cos();
            // Along the longer axis, and along the shorter to its left.
            let (along, aside) = (size * self.longer * u, size * self.shorter * v);
            [
                self.centre[0] + along * sine - aside * cosine,
                self.centre[1] + along * cosine + aside * sine,
            ]
        };
        (0..vertices).map(at).collect()
    }
}

/// The ellipse of places; none where they all lie on a line.
pub(super) fn ellipse(places: &[Weighted]) -> Option<Ellipse> {
    let centre = mean(places);
    let weight = total(places.iter().map(|p| p.weight));
    let moment = |f: fn(f64, f64) -> f64| {
        let off = |p: &Weighted| p.weight * f(p.place[0] - centre[0], p.place[1] - centre[1]);
        total(places.iter().map(off)) / weight
    };
    let (xx, yy, xy) = (
        moment(|x, _| x * x),
        moment(|_, y| y * y),
        moment(|x, y| x * y),
    );
    let root = (xx - yy).hypot(2.0 * xy);
    let (greatest, least) = ((xx + yy + root) / 2.0, (xx + yy - root) / 2.0);
    if least <= greatest * 1e-14 {
        return None;
    }
    // The direction of greatest variance, as the angle from north; a circle has none, and 0 stands for it.
    let rotation = 0.5 * (2.0 * xy).atan2(yy - xx).to_degrees();
    Some(Ellipse {
        centre,
        longer: (2.0 * greatest).sqrt(),
        shorter: (2.0 * least).sqrt(),
        rotation: if rotation < 0.0 {
            rotation + 180.0
        } else {
            rotation
        },
    })
}
