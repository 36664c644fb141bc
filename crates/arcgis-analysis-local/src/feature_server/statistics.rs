//! Statistics of fields, for all features of a query or for each group of them.

use super::query::{Query, field};
use super::select::compare_rows;
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_types::{Attributes, Feature, FieldType};
use serde::Deserialize;
use serde_json::{Number, Value, json};
use std::collections::HashMap;

/// A statistic of a field.
#[derive(Debug)]
pub(super) struct Statistic {
    function: Function,
    field: String,
    /// The name in the answer.
    pub(super) name: String,
    field_type: FieldType,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    statistic_type: Value,
    on_statistic_field: String,
    out_statistic_field_name: Option<String>,
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
            let word = written
                .statistic_type
                .as_str()
                .unwrap_or_default()
                .to_lowercase();
            let function = Function::deserialize(Value::from(word.as_str())).map_err(|_| {
                let offered = "count, sum, min, max, avg, stddev and var";
                refuse(format!("asks for {word:?}; offered are {offered}"))
            })?;
            // As in SQL, `*` counts rows.
            let every = function == Function::Count && written.on_statistic_field.trim() == "*";
            let asked = if every {
                layer.id_field.as_str()
            } else {
                &written.on_statistic_field
            };
            let name = field(layer, "outStatistics", asked)?;
            let field_type = layer.field(&name).map(|field| field.field_type.clone());
            let field_type = field_type.unwrap_or(FieldType::Double);
            let is_text = matches!(
                field_type,
                FieldType::String | FieldType::Guid | FieldType::GlobalId
            );
            if is_text && !matches!(function, Function::Count | Function::Min | Function::Max) {
                return Err(refuse(format!(
                    "asks for the {word} of {name:?}, which is a text"
                )));
            }
            let default = || format!("{word}_{name}");
            Ok(Self {
                function,
                field: name.clone(),
                name: written
                    .out_statistic_field_name
                    .filter(|name| !name.trim().is_empty())
                    .unwrap_or_else(default),
                field_type,
            })
        });
        read.collect()
    }

    fn out_type(&self) -> FieldType {
        match self.function {
            Function::Count => FieldType::Integer,
            Function::Min | Function::Max if self.field_type != FieldType::Oid => {
                self.field_type.clone()
            }
            Function::Min | Function::Max => FieldType::Integer,
            _ => FieldType::Double,
        }
    }

    fn compute<'a>(&self, rows: impl Iterator<Item = &'a Attributes>) -> Value {
        let values: Vec<&Value> = rows
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
        let float = |number: Option<f64>| {
            number
                .and_then(Number::from_f64)
                .map_or(Value::Null, Value::Number)
        };
        match self.function {
            Function::Count => values.len().into(),
            Function::Min => picked(false).cloned().unwrap_or_default(),
            Function::Max => picked(true).cloned().unwrap_or_default(),
            Function::Sum => float(moments(&values).map(|m| m.sum)),
            Function::Avg => float(moments(&values).map(|m| m.mean)),
            Function::Var => float(moments(&values).and_then(|m| m.variance)),
            Function::Stddev => float(moments(&values).and_then(|m| m.variance).map(f64::sqrt)),
        }
    }
}

struct Moments {
    sum: f64,
    mean: f64,
    /// Of a sample; none of a single value.
    variance: Option<f64>,
}

fn moments(values: &[&Value]) -> Option<Moments> {
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
pub(super) fn fields(layer: &Layer, all: &[Statistic], groups: &[String]) -> Vec<Value> {
    let groups = groups.iter().filter_map(|name| {
        let field = layer.field(name)?;
        Some(json!({ "name": name, "type": field.field_type, "alias": field.alias }))
    });
    let statistics = all.iter().map(|statistic| {
        json!({ "name": statistic.name, "type": statistic.out_type(), "alias": statistic.name })
    });
    groups.chain(statistics).collect()
}

/// A row for each group, in the query's order, or else in the order of the groups' values.
pub(super) fn rows(
    layer: &Layer,
    query: &Query,
    all: &[Statistic],
    groups: &[String],
    places: &[usize],
) -> Vec<Feature> {
    let features = layer.features.features();
    let mut by_group: Vec<(Attributes, Vec<usize>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    if groups.is_empty() {
        by_group.push((Attributes::new(), places.to_vec()));
    } else {
        for &place in places {
            let own = picked(&features[place].attributes, groups);
            let key = Value::Object(own.clone()).to_string();
            let at = *known.entry(key).or_insert_with(|| {
                by_group.push((own, Vec::new()));
                by_group.len() - 1
            });
            by_group[at].1.push(place);
        }
    }
    let mut rows: Vec<Attributes> = by_group
        .into_iter()
        .map(|(mut row, places)| {
            for statistic in all {
                let members = places.iter().map(|place| &features[*place].attributes);
                row.insert(statistic.name.clone(), statistic.compute(members));
            }
            row
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
        .filter(|row| seen.insert(Value::Object(row.clone()).to_string()))
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
    let values = names.iter().map(|name| {
        let value = row.get(name).cloned().unwrap_or_default();
        (name.clone(), value)
    });
    values.collect()
}
