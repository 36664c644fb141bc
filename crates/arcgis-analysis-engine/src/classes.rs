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

const FIELDS: [(&str, FieldType); 3] = [
    ("Class", FieldType::Integer),
    ("Value_Min", FieldType::Double),
    ("Value_Max", FieldType::Double),
];

/// How values are divided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scheme {
    /// Classes of equal width.
    EqualInterval,
    /// Classes whose widths grow or shrink by a factor, so that as many values lie below the middle border as above.
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
            Self::GeometricInterval => {
                let middle = ((quantile(values, 0.5) - least) / width).clamp(1e-6, 1.0 - 1e-6);
                let factor = (1.0 / middle - 1.0).powf(2.0 / count as f64);
                let at = |i: usize| {
                    if (factor - 1.0).abs() < 1e-9 {
                        part(i)
                    } else {
                        (factor.powf(i as f64) - 1.0) / (factor.powf(count as f64) - 1.0)
                    }
                };
                (1..count).map(|i| least + width * at(i)).collect()
            }
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
        for (name, field_type) in FIELDS {
            table.add(name, field_type);
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
            let figures = [json!(class + 1), json!(ends[0]), json!(ends[1])];
            let names = FIELDS.map(|(name, _)| name.to_owned());
            row.extend(names.into_iter().zip(figures));
            table.push(polygon(&area).map(Geometry::Polygon), row);
        }
        Ok(table.finish(name, Some(self.out)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 9] = [1.0, 2.0, 2.0, 4.0, 10.0, 11.0, 12.0, 30.0, 33.0];

    #[test]
    fn borders_by_hand() {
        let borders = |scheme: Scheme, count| scheme.borders(1.0, &VALUES, count);
        assert_eq!(borders(Scheme::EqualInterval, 4), [9.0, 17.0, 25.0]);
        assert_eq!(borders(Scheme::EqualArea, 4), [2.0, 10.0, 12.0]);
        // The median 10 is the middle border; widths are 9 and 23, and halves of each in the same ratio's root.
        let geometric = borders(Scheme::GeometricInterval, 2);
        assert!((geometric[0] - 10.0).abs() < 1e-12, "{geometric:?}");
        let four = borders(Scheme::GeometricInterval, 4);
        assert!((four[1] - 10.0).abs() < 1e-12, "{four:?}");
        let ratio = (four[1] - four[0]) / (four[0] - 1.0);
        assert!((ratio - (23.0_f64 / 9.0).sqrt()).abs() < 1e-12, "{ratio}");
        // The mean is 35 / 3.
        let deviations = borders(Scheme::StandardDeviation, 4);
        assert!((deviations[0] - 35.0 / 3.0).abs() < 1e-12, "{deviations:?}");
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
