//! Where a range of values parts into classes, and the layer of their areas.

use crate::bounds::Bounds;
use crate::contours::Surface;
use crate::overlay::Grid;
use crate::prepared::Solid;
use crate::spatial_reference::Reference;
use crate::table::{Table, polygon};
use crate::{Control, EngineError};
use arcgis_analysis_types::{Attributes, FeatureCollection, FieldType, Geometry};
use serde_json::json;

/// The fields of the values between which a class lies.
const ENDS: [&str; 2] = ["Value_Min", "Value_Max"];

/// How values are divided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scheme {
    /// Classes of equal width.
    EqualInterval,
    /// Classes whose widths grow or shrink by a factor, which may once change to its inverse, so that the sum of the squares of
    /// the numbers of values in them is least: as ArcGIS's pages on data classification define it.
    GeometricInterval,
    /// Classes within which values vary least (Fisher 1958); more than 512 values are first gathered in 512 equal intervals.
    NaturalBreaks,
    /// Classes of as many values each.
    EqualArea,
    /// Classes one standard deviation wide, with the mean in the middle of them.
    StandardDeviation,
}

/// Groups among which natural breaks are looked for.
const GROUPS: usize = 512;
/// Factors of geometric intervals that are tried, greater than 1 and less.
const FACTORS: u32 = 400;
/// How often the distance between the factors tried is then halved.
const HALVINGS: u32 = 12;
/// The logarithm of how many times wider than the narrowest of geometric intervals the widest may be: a thousand million.
const WIDEST: f64 = 20.7;

impl Scheme {
    /// The borders between `count` classes of values in rising order, the least being `least`; fewer where they would
    /// fall together or out of the range.
    pub(crate) fn borders(&self, least: f64, values: &[f64], count: usize) -> Vec<f64> {
        let Some(&greatest) = values.last() else {
            return Vec::new();
        };
        let width = greatest - least;
        let part = |i: usize| i as f64 / count as f64;
        let mut borders: Vec<f64> = match self {
            Self::EqualInterval => (1..count).map(|i| least + width * part(i)).collect(),
            Self::GeometricInterval => geometric(least, values, count),
            Self::EqualArea => (1..count).map(|i| quantile(values, part(i))).collect(),
            Self::StandardDeviation => {
                let (mean, deviation) = crate::spots::statistic::moments(values);
                (1..count)
                    .map(|i| mean + (i as f64 - count as f64 / 2.0) * deviation)
                    .collect()
            }
            Self::NaturalBreaks => natural(values, count),
        };
        borders.retain(|border| *border > least && *border < greatest);
        borders.dedup();
        borders
    }
}

/// Parts of a range at which classes end whose widths are powers of a factor: its power in class i is how far that is from the
/// class number `turn`, where the factor changes to its inverse.
fn spaced(count: usize, turn: usize, factor: f64) -> Vec<f64> {
    let widths: Vec<f64> = (0..count)
        .map(|i| libm::exp(libm::log(factor) * i.abs_diff(turn) as f64))
        .collect();
    let whole: f64 = widths.iter().sum();
    let ends = widths.iter().scan(0.0, |end, width| {
        *end += width / whole;
        Some(*end)
    });
    ends.take(count.saturating_sub(1)).collect()
}

/// The borders of geometric intervals; of equally good ones those that are nearest to equal intervals.
fn geometric(least: f64, values: &[f64], count: usize) -> Vec<f64> {
    let range = values[values.len() - 1] - least;
    let borders = |(turn, power): (usize, f64)| -> Vec<f64> {
        let ends = spaced(count, turn, libm::exp(power)).into_iter();
        ends.map(|part| least + range * part).collect()
    };
    let cost = |wanted: (usize, f64)| -> u64 {
        let below = |border: f64| values.partition_point(|value| *value < border);
        let ends = borders(wanted).into_iter().map(below);
        let ends = ends.chain([values.len()]);
        let members = ends.scan(0, |from, to| Some(to - std::mem::replace(from, to)));
        members.map(|n| (n as u64).pow(2)).sum()
    };
    let mut step = WIDEST / (count.max(2) - 1) as f64 / f64::from(FACTORS);
    let mut best = (0, 0.0);
    let mut least_cost = cost(best);
    let mut prefer = |wanted, best: &mut (usize, f64)| {
        let cost = cost(wanted);
        if cost < least_cost {
            (least_cost, *best) = (cost, wanted);
        }
    };
    for power in (1..=FACTORS).map(|i| f64::from(i) * step) {
        for turn in 0..count {
            prefer((turn, power), &mut best);
            prefer((turn, -power), &mut best);
        }
    }
    for _ in 0..HALVINGS {
        step /= 2.0;
        let (turn, power) = best;
        prefer((turn, power - step), &mut best);
        prefer((turn, power + step), &mut best);
    }
    borders(best)
}

/// The value below which a part of all values lies, between neighbours by proportion.
fn quantile(values: &[f64], part: f64) -> f64 {
    let at = part * (values.len() - 1) as f64;
    let (low, high) = (values[at.floor() as usize], values[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// The least values of all natural classes but the first.
fn natural(values: &[f64], count: usize) -> Vec<f64> {
    let (least, greatest) = (values[0], values[values.len() - 1]);
    let group = |value: f64| {
        let at = (value - least) / (greatest - least) * GROUPS as f64;
        (at as usize).min(GROUPS - 1)
    };
    let few = values.len() <= GROUPS;
    let groups: Vec<&[f64]> = values
        .chunk_by(|a, b| if few { a == b } else { group(*a) == group(*b) })
        .collect();
    let classes = count.min(groups.len());
    // Sums over the first groups, of values less the least, which keeps their last figures.
    let mut sums = vec![(0.0, 0.0, 0.0)];
    for group in &groups {
        let (mut n, mut sum, mut squares) = sums[sums.len() - 1];
        for value in *group {
            let off = value - least;
            (n, sum, squares) = (n + 1.0, sum + off, squares + off * off);
        }
        sums.push((n, sum, squares));
    }
    let spread = |from: usize, to: usize| {
        let (a, b): ((f64, f64, f64), (f64, f64, f64)) = (sums[from], sums[to]);
        (b.2 - a.2) - (b.1 - a.1).powi(2) / (b.0 - a.0)
    };
    let total = groups.len();
    let mut best: Vec<f64> = (0..=total)
        .map(|to| if to == 0 { 0.0 } else { spread(0, to) })
        .collect();
    let mut starts = vec![vec![0; total + 1]];
    for class in 1..classes {
        let mut next = vec![f64::INFINITY; total + 1];
        let mut start = vec![0; total + 1];
        for to in class + 1..=total {
            for (from, before) in best.iter().enumerate().take(to).skip(class) {
                let cost = before + spread(from, to);
                if cost < next[to] {
                    (next[to], start[to]) = (cost, from);
                }
            }
        }
        best = next;
        starts.push(start);
    }
    let mut borders = Vec::new();
    let mut to = total;
    for class in (1..classes).rev() {
        to = starts[class][to];
        borders.push(groups[to][0]);
    }
    borders.reverse();
    borders
}

/// The classes of a surface.
#[derive(Debug)]
pub(crate) struct Classes<'a> {
    /// The field of the class, and the number of the first.
    pub(crate) field: (&'static str, usize),
    /// Above each of these a class begins.
    pub(crate) levels: &'a [f64],
    /// What the features say of where their class begins and the next does; what lies above the last is left out.
    pub(crate) borders: &'a [f64],
    /// To which the areas are clipped.
    pub(crate) bounds: Option<&'a Bounds>,
    pub(crate) grid: Grid,
    /// That of the surface.
    pub(crate) reference: &'a Reference,
    /// That of the result.
    pub(crate) out: &'a Reference,
}

impl Classes<'_> {
    /// The areas of the classes as a layer of this name, those that have any.
    pub(crate) fn drawn(
        &self,
        surface: &Surface,
        name: &str,
        control: &Control,
    ) -> Result<FeatureCollection, EngineError> {
        let to_out = self.reference.change_to(self.out, "context")?;
        let areas = surface.bands(self.levels, self.grid, control)?;
        let mut table = Table::new(&[]);
        let (field, first) = self.field;
        table.add(field, FieldType::Integer);
        for name in ENDS {
            table.add(name, FieldType::Double);
        }
        for (class, (mut area, ends)) in areas.into_iter().zip(self.borders.windows(2)).enumerate()
        {
            control.check()?;
            if let Some(bounds) = self.bounds {
                area = self.grid.intersection(&area, &bounds.region);
            }
            self.reference
                .coordinates
                .drop_slivers(&mut area, crate::measure::TOLERANCE);
            if area.is_empty() {
                continue;
            }
            let mut solid = Solid::Area(area);
            solid.change(to_out);
            let Solid::Area(area) = solid else { continue };
            let mut row = Attributes::new();
            let figures = [json!(class + first), json!(ends[0]), json!(ends[1])];
            let names = [field, ENDS[0], ENDS[1]].map(str::to_owned);
            row.extend(names.into_iter().zip(figures));
            table.push(polygon(&area).map(Geometry::Polygon), row);
        }
        table.finish(name, self.out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 2.0, 4.0, 10.0, 11.0, 12.0, 30.0, 33.0];

    #[test]
    fn borders_by_hand() {
        let borders = |scheme: Scheme, count| scheme.borders(1.0, &VALUES, count);
        assert_eq!(borders(Scheme::EqualInterval, 4), [9.0, 17.0, 25.0]);
        assert_eq!(borders(Scheme::EqualArea, 4), [2.0, 10.0, 12.0]);
        // Four of nine values lie below 10, and between 4 and 10 the border is where it divides them so.
        let geometric = borders(Scheme::GeometricInterval, 2);
        assert!(geometric[0] > 4.0 && geometric[0] <= 11.0, "{geometric:?}");
        // The mean is 35 / 3.
        let deviations = borders(Scheme::StandardDeviation, 4);
        assert!((deviations[0] - 35.0 / 3.0).abs() < 1e-12, "{deviations:?}");
    }

    /// The example of the page "Geometrical interval classification" of ArcGIS Desktop 9.2's help: intervals that shrink by a
    /// factor of 1.539927 to the third and then grow by it.
    #[test]
    fn geometric_intervals_are_spaced_as_in_the_documented_example() {
        let (least, greatest) = (0.026_539_462, 0.179_589_017);
        let ends = [
            0.046_593_756,
            0.059_616_646,
            0.068_073_471,
            0.081_096_361,
            0.101_150_655,
            0.132_032_793,
        ];
        let ours = spaced(7, 2, 1.539_927);
        assert_eq!(ours.len(), ends.len());
        for (part, end) in ours.into_iter().zip(ends) {
            let border = least + (greatest - least) * part;
            // The factor is given to six decimals.
            assert!((border - end).abs() < 1e-7, "{border} is not {end}");
        }
    }

    /// Against the least sums of squares that NumPy finds among twenty thousand factors.
    #[test]
    fn geometric_intervals_hold_values_as_evenly_as_they_can() {
        let text = include_str!("../../../tests/reference/engine_classes.json");
        let figures: serde_json::Value = serde_json::from_str(text).unwrap();
        for (name, case) in figures.as_object().unwrap() {
            let values: Vec<f64> = serde_json::from_value(case["values"].clone()).unwrap();
            let costs: Vec<(usize, f64)> = serde_json::from_value(case["costs"].clone()).unwrap();
            for (count, least) in costs {
                let borders = Scheme::GeometricInterval.borders(values[0], &values, count);
                assert_eq!(borders.len(), count - 1, "{name}");
                let class = |value: &f64| borders.iter().filter(|b| **b <= *value).count();
                let members = values.chunk_by(|a, b| class(a) == class(b));
                let cost: usize = members.map(|group| group.len().pow(2)).sum();
                let cost = cost as f64;
                assert!(
                    cost <= 1.005 * least,
                    "{name}, {count}: {cost} is not {least}"
                );
                // One factor, and at most one change to its inverse.
                let ends = [&[values[0]], &borders[..], &values[values.len() - 1..]].concat();
                let widths: Vec<f64> = ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
                let powers: Vec<f64> = widths.windows(2).map(|w| (w[1] / w[0]).ln()).collect();
                for pair in powers.windows(2) {
                    assert!((pair[0].abs() - pair[1].abs()).abs() < 1e-6, "{powers:?}");
                }
                let turns = powers.windows(2).filter(|pair| pair[0] * pair[1] < 0.0);
                assert!(turns.count() <= 1, "{powers:?}");
            }
        }
    }

    #[test]
    fn natural_breaks_are_the_best_of_all() {
        let cost = |borders: &[f64]| -> f64 {
            let class = |value: f64| borders.iter().filter(|border| value >= **border).count();
            VALUES
                .chunk_by(|a, b| class(*a) == class(*b))
                .map(|group| {
                    let mean = group.iter().sum::<f64>() / group.len() as f64;
                    group
                        .iter()
                        .map(|value| (value - mean).powi(2))
                        .sum::<f64>()
                })
                .sum()
        };
        let found = Scheme::NaturalBreaks.borders(1.0, &VALUES, 3);
        for (i, a) in VALUES.iter().enumerate().skip(1) {
            for b in &VALUES[i + 1..] {
                assert!(cost(&found) <= cost(&[*a, *b]), "{a} {b}");
            }
        }
        assert_eq!(found, [10.0, 30.0]);
    }

    #[test]
    fn few_values_have_few_classes() {
        for scheme in [
            Scheme::NaturalBreaks,
            Scheme::EqualArea,
            Scheme::GeometricInterval,
        ] {
            assert!(scheme.borders(3.0, &[3.0, 3.0], 5).is_empty(), "{scheme:?}");
            assert!(scheme.borders(0.0, &[], 5).is_empty());
        }
    }
}
