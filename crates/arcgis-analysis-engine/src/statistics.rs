//! Sums, means, extremes and standard deviations of fields.
//!
//! Nulls do not take part, and of nothing but nulls every statistic is null. The standard deviation is that of a
//! sample, with n - 1 in the denominator, as ArcGIS's page "Summary statistics" defines it for its analysis tools;
//! of a single value it is null. Lines and polygons that are summed up within areas weigh in means and deviations by
//! their length or area there, as the same page has it: of n' values whose weight is not zero the squares are divided
//! by (n' - 1) / n' of all weights. Sums carry a compensation (Neumaier) and deviations are summed in a single pass
//! (Welford), so results do not depend on magnitudes, only on the order of the features, which is fixed.

use crate::EngineError;
use crate::layer::{Layer, Record};
use crate::table::{Table, value};
use arcgis_analysis_types::{
    AttributeValue, Attributes, Field, FieldType, ParameterError, ParameterErrorKind, SummaryField,
    SummaryStatistic,
};
use rayon::prelude::*;

/// The statistics that a call asks for, and the numbers of the layer that they are of.
#[derive(Debug)]
pub(crate) struct Summary {
    columns: Vec<Column>,
    /// Of each field, once, the number of each feature, NaN where it has none.
    numbers: Vec<Vec<f64>>,
    /// Of a field that has whole numbers which no double tells from their neighbours, these; of others nothing.
    wholes: Vec<Vec<i64>>,
}

/// One statistic of one field.
#[derive(Debug)]
struct Column {
    /// The place of the field among the fields.
    field: usize,
    statistic: SummaryStatistic,
    /// The name in the result.
    name: String,
    /// The type of an extreme, which is the field's own.
    field_type: FieldType,
}

impl Summary {
    /// Checks the statistics against the layer's fields.
    pub(crate) fn read(
        task: &str,
        wanted: Option<&[SummaryField]>,
        layer: &Layer,
    ) -> Result<Self, EngineError> {
        let mut fields: Vec<String> = Vec::new();
        let columns = wanted
            .unwrap_or_default()
            .iter()
            .map(|wanted| column(task, wanted, layer, &mut fields));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        let mut seen = std::collections::HashSet::new();
        columns.retain(|column| seen.insert(column.name.clone()));
        let number = |record: &Record, name: &str| {
            let number = value(record.attributes, name).as_f64();
            number.unwrap_or(f64::NAN)
        };
        let numbers = fields.iter().map(|name| {
            let records = layer.features.par_iter();
            records.map(|record| number(record, name)).collect()
        });
        let numbers: Vec<Vec<f64>> = numbers.collect();
        let wholes = fields.iter().zip(&numbers).map(|(name, numbers)| {
            let whole = |record: &Record| value(record.attributes, name).as_i64();
            let is_great =
                |record: &Record| whole(record).is_some_and(|n| n.unsigned_abs() > 1 << 53);
            // Few numbers are so great, and to look at those that were read is quicker than to read all again.
            let may_be_great = |number: &f64| number.abs() >= (1_u64 << 53) as f64;
            if !numbers.par_iter().any(may_be_great) || !layer.features.par_iter().any(is_great) {
                return Vec::new();
            }
            let records = layer.features.iter();
            records
                .map(|record| whole(record).unwrap_or_default())
                .collect()
        });
        let wholes = wholes.collect();
        Ok(Self {
            numbers,
            wholes,
            columns,
        })
    }

    /// The names of the fields in the result.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Adds the fields to a result.
    pub(crate) fn add_fields(&self, table: &mut Table) {
        for column in &self.columns {
            let field_type = match column.statistic {
                SummaryStatistic::Min | SummaryStatistic::Max => column.field_type.clone(),
                _ => FieldType::Double,
            };
            table.add(&column.name, field_type);
        }
    }

    /// Computes the statistics of features, by their places in the layer, that all weigh the same and adds them to a row.
    pub(crate) fn compute(&self, features: &[usize], row: &mut Attributes) {
        self.compute_weighted(features.iter().map(|feature| (*feature, 1.0)), row);
    }

    /// Computes the statistics of features and their weights and adds them to a row.
    pub(crate) fn compute_weighted(
        &self,
        features: impl Iterator<Item = (usize, f64)> + Clone,
        row: &mut Attributes,
    ) {
        let of = |numbers: &Vec<f64>| {
            let mut moments = Moments::default();
            for (feature, weight) in features.clone() {
                if !numbers[feature].is_nan() {
                    moments.take(numbers[feature], weight);
                }
            }
            moments
        };
        let moments: Vec<Moments> = self.numbers.iter().map(of).collect();
        for column in &self.columns {
            let (numbers, wholes) = (&self.numbers[column.field], &self.wholes[column.field]);
            let result = if wholes.is_empty() || !column.is_whole() {
                column.result(&moments[column.field])
            } else {
                let present = features.clone().map(|(feature, _)| feature);
                let present = present.filter(|feature| !numbers[*feature].is_nan());
                let present = present.map(|feature| wholes[feature]);
                let extreme = match column.statistic {
                    SummaryStatistic::Min => present.min(),
                    _ => present.max(),
                };
                extreme.into()
            };
            row.insert(&column.name, result);
        }
    }
}

impl Column {
    fn result(&self, moments: &Moments) -> AttributeValue {
        let number = match self.statistic {
            SummaryStatistic::Sum => moments.sum(),
            SummaryStatistic::Mean => moments.mean(),
            SummaryStatistic::Min => moments.extremes.map(|(least, _)| least),
            SummaryStatistic::Max => moments.extremes.map(|(_, greatest)| greatest),
            _ => moments.deviation(),
        };
        match number {
            Some(number) if self.is_whole() => (number as i64).into(),
            number => number.into(),
        }
    }

    /// Whether the result is written as a whole number.
    fn is_whole(&self) -> bool {
        let extreme = matches!(
            self.statistic,
            SummaryStatistic::Min | SummaryStatistic::Max
        );
        extreme && !matches!(self.field_type, FieldType::Double | FieldType::Single)
    }
}

/// Checks a statistic; its field is put among the fields.
fn column(
    task: &str,
    wanted: &SummaryField,
    layer: &Layer,
    fields: &mut Vec<String>,
) -> Result<Column, EngineError> {
    let refuse = |kind, problem: String| {
        Err(EngineError::from(ParameterError::new(
            kind,
            task,
            ["summaryFields"],
            problem,
        )))
    };
    let Some(field) = layer.field(&wanted.field) else {
        return refuse(
            ParameterErrorKind::NotAChoice,
            no_such_field(&wanted.field, layer),
        );
    };
    let extreme = match wanted.statistic {
        SummaryStatistic::Min | SummaryStatistic::Max => true,
        SummaryStatistic::Sum | SummaryStatistic::Mean | SummaryStatistic::Stddev => false,
        _ => {
            return refuse(
                ParameterErrorKind::NotAChoice,
                format!(
                    "asks for `{}`; use Sum, Mean, Min, Max or Stddev",
                    wanted.statistic
                ),
            );
        }
    };
    if !(is_numeric(field) || extreme && field.field_type == FieldType::Date) {
        return refuse(
            ParameterErrorKind::WrongType,
            format!(
                "asks for the {} of `{}`, which holds no numbers; give a numeric field{}",
                wanted.statistic,
                field.name,
                if extreme { " or a date" } else { "" }
            ),
        );
    }
    let place = fields.iter().position(|name| *name == field.name);
    Ok(Column {
        field: place.unwrap_or_else(|| {
            fields.push(field.name.clone());
            fields.len() - 1
        }),
        statistic: wanted.statistic.clone(),
        name: format!(
            "{}_{}",
            wanted.statistic.to_string().to_ascii_lowercase(),
            field.name
        ),
        field_type: field.field_type.clone(),
    })
}

/// What to say of a field that is not there, as a clause that follows the parameter's name.
pub(crate) fn no_such_field(name: &str, layer: &Layer) -> String {
    let names: Vec<_> = layer
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let has = if names.is_empty() {
        "no fields".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "names the field `{name}`, which `{}` does not have; it has {has}",
        layer.param
    )
}

/// Whether a field holds numbers.
pub(crate) fn is_numeric(field: &Field) -> bool {
    matches!(
        field.field_type,
        FieldType::SmallInteger
            | FieldType::Integer
            | FieldType::BigInteger
            | FieldType::Single
            | FieldType::Double
            | FieldType::Oid
    )
}

/// A sum with its compensation (Neumaier).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.compensation += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    /// Adds another sum with its compensation.
    pub(crate) fn join(&mut self, other: Self) {
        self.add(other.sum);
        self.compensation += other.compensation;
    }

    pub(crate) fn total(&self) -> f64 {
        self.sum + self.compensation
    }
}

/// What is kept of numbers that pass by.
#[derive(Debug, Default)]
struct Moments {
    count: u64,
    /// How many weights are not zero.
    weighty: u64,
    weight: f64,
    sum: Sum,
    products: Sum,
    centre: f64,
    squares: f64,
    extremes: Option<(f64, f64)>,
}

impl Moments {
    fn take(&mut self, number: f64, weight: f64) {
        self.count += 1;
        self.sum.add(number);
        let (least, greatest) = self.extremes.unwrap_or((number, number));
        self.extremes = Some((least.min(number), greatest.max(number)));
        if weight > 0.0 {
            self.weighty += 1;
            self.weight += weight;
            self.products.add(weight * number);
            let off = number - self.centre;
            self.centre += off * (weight / self.weight);
            self.squares += weight * off * (number - self.centre);
        }
    }

    fn sum(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.total())
    }

    fn mean(&self) -> Option<f64> {
        (self.weighty > 0).then(|| self.products.total() / self.weight)
    }

    fn deviation(&self) -> Option<f64> {
        let values = self.weighty as f64;
        (self.weighty > 1).then(|| (self.squares / ((values - 1.0) / values * self.weight)).sqrt())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The worked example of ArcGIS's page "Summary statistics": populations of the schools of district A, whose
    /// sum it gives as 2,568. The other figures are by Python's `statistics` module.
    #[test]
    fn statistics_of_a_published_example() {
        let mut moments = Moments::default();
        for number in [280.0, 408.0, 356.0, 361.0, 450.0, 713.0] {
            moments.take(number, 1.0);
        }
        assert_eq!(moments.sum(), Some(2568.0));
        assert_eq!(moments.mean(), Some(428.0));
        assert_eq!(moments.extremes, Some((280.0, 713.0)));
        assert!((moments.deviation().unwrap() - DEVIATION).abs() < 1e-12);
    }

    const DEVIATION: f64 = 150.788_593_733_080_5;

    #[test]
    fn magnitudes_do_not_eat_small_numbers() {
        let mut moments = Moments::default();
        for number in [1e16, 1.0, 1.0, -1e16] {
            moments.take(number, 1.0);
        }
        assert_eq!(moments.sum(), Some(2.0));
        let mut moments = Moments::default();
        for number in [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0] {
            moments.take(number, 1.0);
        }
        assert_eq!(moments.deviation(), Some(30f64.sqrt()));
    }

    /// By hand from the page's equations: the mean is 24 / 8, the squares sum to 1 * 4 + 4 * 1 + 3 * 4.
    #[test]
    fn weights_weigh() {
        let mut moments = Moments::default();
        for (number, weight) in [(1.0, 1.0), (2.0, 4.0), (5.0, 3.0), (99.0, 0.0)] {
            moments.take(number, weight);
        }
        assert_eq!(moments.mean(), Some(3.0));
        let deviation = (20.0_f64 / (2.0 / 3.0 * 8.0)).sqrt();
        assert!((moments.deviation().unwrap() - deviation).abs() < 1e-15);
        assert_eq!(moments.sum(), Some(107.0));
    }

    #[test]
    fn nothing_has_no_statistics() {
        let mut moments = Moments::default();
        assert_eq!(
            (moments.sum(), moments.mean(), moments.deviation()),
            (None, None, None)
        );
        moments.take(3.0, 1.0);
        assert_eq!((moments.mean(), moments.deviation()), (Some(3.0), None));
    }
}
