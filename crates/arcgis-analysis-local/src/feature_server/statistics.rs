//! Statistics of fields, for all features of a query or for each group of them.

use super::having::Having;
use super::query::{Query, field};
use super::select::compare_rows;
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_types::{AttributeValue, Attributes, Feature, FieldType};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What statistics a query asks for.
#[derive(Debug)]
pub(super) struct Statistics {
    pub(super) all: Vec<Statistic>,
    /// The fields whose values group the features.
    pub(super) groups: Vec<String>,
    /// Which groups are told.
    pub(super) having: Option<Having>,
}

/// A statistic of a field.
#[derive(Debug)]
pub(super) struct Statistic {
    function: Function,
    field: String,
    /// The name in the answer.
    pub(super) name: String,
    field_type: FieldType,
    percentile: Percentile,
}

/// Which value of a percentile: at a share of the way through the values in their order, or from their end.
#[derive(Debug, Clone, Copy)]
struct Percentile {
    share: f64,
    downwards: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Function {
    Count,
    Sum,
    Min,
    Max,
    Avg,
    /// Of a sample.
    Stddev,
    /// Of a sample.
    Var,
    /// Between the two nearest values.
    #[serde(rename = "percentile_cont")]
    PercentileCont,
    /// The first value that so many do not exceed.
    #[serde(rename = "percentile_disc")]
    PercentileDisc,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    statistic_type: Value,
    on_statistic_field: String,
    out_statistic_field_name: Option<String>,
    statistic_parameters: Option<Parameters>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    value: Value,
    order_by: Option<String>,
}

impl Parameters {
    /// # Errors
    /// Completes the sentence "`outStatistics` ...".
    fn percentile(&self) -> Result<Percentile, String> {
        let share = match &self.value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        let share = share
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| {
                format!(
                    "asks for the percentile {}; it must be from 0 to 1",
                    self.value
                )
            })?;
        let order = self.order_by.as_deref().unwrap_or("ASC");
        let downwards = order.eq_ignore_ascii_case("desc");
        if !downwards && !order.eq_ignore_ascii_case("asc") {
            return Err(format!(
                "orders a percentile by {order:?}; offered are ASC and DESC"
            ));
        }
        Ok(Percentile { share, downwards })
    }
}

impl Statistic {
    /// Reads `outStatistics`.
    ///
    /// # Errors
    /// When it is no list of statistics of the layer's fields.
    pub(super) fn read(layer: &Layer, text: &str) -> Result<Vec<Self>, Fault> {
        let refuse = |problem: String| Fault::bad_request(format!("`outStatistics` {problem}"));
        let written: Vec<Written> = serde_json::from_str(text)
            .map_err(|error| refuse(format!("cannot be read: {error}")))?;
        if written.is_empty() {
            return Err(refuse(
                "is an empty list; name a statistic, or leave it out".to_owned(),
            ));
        }
        let read = written.into_iter().map(|written| {
            let word = written.statistic_type.as_str().unwrap_or_default();
            let asked = &written.on_statistic_field;
            let mut statistic = Self::new(layer, "outStatistics", word, asked, String::new())?;
            let is_percentile = matches!(
                statistic.function,
                Function::PercentileCont | Function::PercentileDisc
            );
            if is_percentile {
                let parameters = written.statistic_parameters.ok_or_else(|| {
                    refuse(format!(
                        "asks for {word} without statisticParameters; give {{\"value\": 0.5}} for the median"
                    ))
                })?;
                statistic.percentile = parameters.percentile().map_err(refuse)?;
            }
            let name = written.out_statistic_field_name;
            statistic.name = name
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| format!("{}_{}", word.to_lowercase(), statistic.field));
            Ok(statistic)
        });
        read.collect()
    }

    /// A statistic of a field by the function's name; `*` counts rows, as in SQL.
    ///
    /// # Errors
    /// When there is no such function or field, or the function is not one of texts.
    pub(super) fn new(
        layer: &Layer,
        param: &str,
        word: &str,
        asked: &str,
        name: String,
    ) -> Result<Self, Fault> {
        let refuse = |problem: String| Fault::bad_request(format!("`{param}` {problem}"));
        let word = word.to_lowercase();
        let function = Function::deserialize(Value::from(word.as_str())).map_err(|_| {
            let offered =
                "count, sum, min, max, avg, stddev, var, percentile_cont and percentile_disc";
            refuse(format!("asks for {word:?}; offered are {offered}"))
        })?;
        let every = function == Function::Count && asked.trim() == "*";
        let asked = if every {
            layer.id_field.as_str()
        } else {
            asked
        };
        let field = field(layer, param, asked)?;
        let field_type = layer.field(&field).map(|field| field.field_type.clone());
        let field_type = field_type.unwrap_or(FieldType::Double);
        let is_text = matches!(
            field_type,
            FieldType::String | FieldType::Guid | FieldType::GlobalId
        );
        if is_text && !matches!(function, Function::Count | Function::Min | Function::Max) {
            return Err(refuse(format!(
                "asks for the {word} of {field:?}, which is a text"
            )));
        }
        Ok(Self {
            function,
            field,
            name,
            field_type,
            percentile: Percentile {
                share: 0.5,
                downwards: false,
            },
        })
    }

    /// The type of the field in the answer.
    pub(super) fn out_type(&self) -> FieldType {
        match self.function {
            Function::Count => FieldType::Integer,
            Function::Min | Function::Max | Function::PercentileDisc => match self.field_type {
                FieldType::Oid => FieldType::Integer,
                _ => self.field_type.clone(),
            },
            Function::PercentileCont if self.field_type == FieldType::Date => FieldType::Date,
            _ => FieldType::Double,
        }
    }

    /// The statistic of some rows; null where none has a value.
    pub(super) fn compute<'a>(&self, rows: impl Iterator<Item = &'a Attributes>) -> AttributeValue {
        let values: Vec<&AttributeValue> = rows
            .filter_map(|row| row.get(&self.field))
            .filter(|value| !value.is_null())
            .collect();
        let picked = |downwards: bool| {
            let order = [("value".to_owned(), downwards)];
            let mut values = values.iter().copied();
            let first = values.next()?;
            Some(values.fold(first, |best, value| {
                let ordering =
                    compare_rows(&order, |_, first| Some(if first { value } else { best }));
                if ordering.is_lt() { value } else { best }
            }))
        };
        match self.function {
            Function::Count => values.len().into(),
            Function::Min => picked(false).cloned().unwrap_or_default(),
            Function::Max => picked(true).cloned().unwrap_or_default(),
            Function::Sum => moments(&values).map(|m| m.sum).into(),
            Function::Avg => moments(&values).map(|m| m.mean).into(),
            Function::Var => moments(&values).and_then(|m| m.variance).into(),
            Function::Stddev => moments(&values)
                .and_then(|m| m.variance)
                .map(f64::sqrt)
                .into(),
            Function::PercentileDisc => self.percentile.value(values).cloned().unwrap_or_default(),
            Function::PercentileCont => match self.percentile.between(values) {
                // Dates are whole milliseconds.
                Some(date) if self.field_type == FieldType::Date => (date.round() as i64).into(),
                number => number.into(),
            },
        }
    }
}

impl Percentile {
    fn ordered(self, mut values: Vec<&AttributeValue>) -> Vec<&AttributeValue> {
        let order = [("value".to_owned(), self.downwards)];
        values.sort_by(|a, b| compare_rows(&order, |_, first| Some(if first { *a } else { *b })));
        values
    }

    /// The first value that at least this share of all does not exceed.
    fn value(self, values: Vec<&AttributeValue>) -> Option<&AttributeValue> {
        let place = (self.share * values.len() as f64).ceil() as usize;
        self.ordered(values).get(place.saturating_sub(1)).copied()
    }

    /// The number at this share of the way from the first value to the last.
    fn between(self, values: Vec<&AttributeValue>) -> Option<f64> {
        let values = self.ordered(values);
        let place = self.share * values.len().checked_sub(1)? as f64;
        let at = |place: f64| values.get(place as usize)?.as_f64();
        let (low, high) = (at(place.floor())?, at(place.ceil())?);
        Some(low + (high - low) * place.fract())
    }
}

struct Moments {
    sum: f64,
    mean: f64,
    /// Of a sample; none of a single value.
    variance: Option<f64>,
}

fn moments(values: &[&AttributeValue]) -> Option<Moments> {
    let numbers: Vec<f64> = values.iter().filter_map(|value| value.as_f64()).collect();
    if numbers.is_empty() {
        return None;
    }
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let mean = sum / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Some(Moments {
        sum,
        mean,
        variance: (numbers.len() > 1).then(|| squares / (count - 1.0)),
    })
}

/// The fields of the answer.
pub(super) fn fields(layer: &Layer, wanted: &Statistics) -> Vec<Value> {
    let groups = wanted.groups.iter().filter_map(|name| {
        let field = layer.field(name)?;
        Some(json!({ "name": name, "type": field.field_type, "alias": field.alias }))
    });
    let statistics = wanted.all.iter().map(|statistic| {
        json!({ "name": statistic.name, "type": statistic.out_type(), "alias": statistic.name })
    });
    groups.chain(statistics).collect()
}

/// A row for each group, in the query's order, or else in the order of the groups' values.
pub(super) fn rows(
    layer: &Layer,
    query: &Query,
    wanted: &Statistics,
    places: &[usize],
) -> Vec<Feature> {
    let Statistics {
        all,
        groups,
        having,
    } = wanted;
    let features = layer.features.features();
    let mut by_group: Vec<(Attributes, Vec<usize>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    if groups.is_empty() {
        by_group.push((Attributes::new(), places.to_vec()));
    } else {
        for &place in places {
            let own = picked(&features[place].attributes, groups);
            let key = json!(own).to_string();
            let at = *known.entry(key).or_insert_with(|| {
                by_group.push((own, Vec::new()));
                by_group.len() - 1
            });
            by_group[at].1.push(place);
        }
    }
    let mut rows: Vec<Attributes> = by_group
        .into_iter()
        .filter_map(|(mut row, places)| {
            let members = places.iter().map(|place| &features[*place].attributes);
            for statistic in all {
                row.insert(&statistic.name, statistic.compute(members.clone()));
            }
            let told = having
                .as_ref()
                .is_none_or(|having| having.admits(&row, members));
            told.then_some(row)
        })
        .collect();
    let by_groups: Vec<_> = groups.iter().map(|name| (name.clone(), false)).collect();
    let order = if query.order.is_empty() {
        &by_groups
    } else {
        &query.order
    };
    sort(&mut rows, order);
    rows.into_iter().map(Feature::row).collect()
}

/// Each combination of values once, in the query's order, or else in that of the values.
pub(super) fn distinct(layer: &Layer, query: &Query, places: &[usize]) -> Vec<Feature> {
    let features = layer.features.features();
    let mut seen = std::collections::HashSet::new();
    let mut rows: Vec<Attributes> = places
        .iter()
        .map(|place| picked(&features[*place].attributes, &query.fields))
        .filter(|row| seen.insert(json!(row).to_string()))
        .collect();
    let by_fields: Vec<_> = query
        .fields
        .iter()
        .map(|name| (name.clone(), false))
        .collect();
    let order = if query.order.is_empty() {
        &by_fields
    } else {
        &query.order
    };
    sort(&mut rows, order);
    rows.into_iter().map(Feature::row).collect()
}

fn sort(rows: &mut [Attributes], order: &[(String, bool)]) {
    rows.sort_by(|a, b| {
        compare_rows(
            order,
            |name, first| if first { a.get(name) } else { b.get(name) },
        )
    });
}

/// The values of some fields, null where a row has none.
pub(super) fn picked(row: &Attributes, names: &[String]) -> Attributes {
    let values = row.values_of(names.iter().map(String::as_str));
    names.iter().zip(values.cloned()).collect()
}
