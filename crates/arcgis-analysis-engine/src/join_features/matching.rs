//! Which rows match by their values, and what is taken of several matches.

use super::{TASK, refuse};
use crate::EngineError;
use crate::group::{key, order};
use crate::layer::Layer;
use crate::refusal::unknown_word;
use crate::statistics::{Summary, no_such_field};
use crate::table::{Table, value};
use arcgis_analysis_spatial::join_features::{JoinFeatures, JoinStatistic, StatisticType};
use arcgis_analysis_types::{
    Attributes, FieldType, ParameterErrorKind, SummaryField, SummaryStatistic,
};
use std::cmp::Ordering;
use std::collections::HashMap;

/// The attribute relationships.
pub(super) struct Values {
    fields: Vec<String>,
    /// The features of the other layer by their values.
    index: Option<HashMap<Vec<String>, Vec<usize>>>,
}

impl Values {
    pub(super) fn read(
        task: &JoinFeatures,
        target: &Layer,
        join: &Layer,
    ) -> Result<Self, EngineError> {
        let relations = task.attribute_relationship.as_deref().unwrap_or_default();
        let field = |layer: &Layer, name: &str| {
            let Some(field) = layer.field(name) else {
                return Err(refuse(
                    "attributeRelationship",
                    ParameterErrorKind::NotAChoice,
                    no_such_field(name, layer),
                ));
            };
            if field.field_type == FieldType::Oid {
                let problem = format!(
                    "names the object ID field `{}`, which cannot be joined by; give another field",
                    field.name
                );
                return Err(refuse(
                    "attributeRelationship",
                    ParameterErrorKind::WrongType,
                    problem,
                ));
            }
            Ok(field.name.clone())
        };
        let pairs = relations.iter().map(|relation| {
            Ok((
                field(target, &relation.target_field)?,
                field(join, &relation.join_field)?,
            ))
        });
        let pairs = pairs.collect::<Result<Vec<_>, EngineError>>()?;
        let (fields, others): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let index = (!fields.is_empty()).then(|| {
            let mut index: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
            for (place, feature) in join.features.iter().enumerate() {
                if let Some(values) = values(feature.attributes, &others) {
                    index.entry(values).or_default().push(place);
                }
            }
            index
        });
        Ok(Self { fields, index })
    }

    /// The features whose values match.
    pub(super) fn of(&self, own: &Attributes) -> Option<&[usize]> {
        let values = values(own, &self.fields)?;
        self.index.as_ref()?.get(&values).map(Vec::as_slice)
    }

    /// Those of some features whose values match.
    pub(super) fn only(&self, own: &Attributes, mut features: Vec<usize>) -> Vec<usize> {
        if self.index.is_some() {
            let matching = self.of(own).unwrap_or_default();
            features.retain(|feature| matching.binary_search(feature).is_ok());
        }
        features
    }
}

/// The values of fields; none if one is null.
fn values(attributes: &Attributes, fields: &[String]) -> Option<Vec<String>> {
    let values = fields.iter().map(|field| {
        Some(value(attributes, field))
            .filter(|value| !value.is_null())
            .map(key)
    });
    values.collect()
}

/// Which of several matches are taken.
pub(super) struct Choice {
    groups: Vec<String>,
    /// Fields, and whether they descend.
    order: Vec<(String, bool)>,
    top: usize,
}

/// The statistics of matches.
pub(super) struct Statistics {
    summary: Summary,
    /// The fields whose values are counted, with the names of the counts.
    counts: Vec<(String, String)>,
}

impl Statistics {
    pub(super) fn read(wanted: &[JoinStatistic], join: &Layer) -> Result<Self, EngineError> {
        let mut fields = Vec::new();
        let mut counts: Vec<(String, String)> = Vec::new();
        for statistic in wanted {
            let kind = match &statistic.statistic_type {
                StatisticType::Sum => SummaryStatistic::Sum,
                StatisticType::Mean => SummaryStatistic::Mean,
                StatisticType::Min => SummaryStatistic::Min,
                StatisticType::Max => SummaryStatistic::Max,
                StatisticType::Stddev => SummaryStatistic::Stddev,
                StatisticType::Count => {
                    if let Some(name) = &statistic.on_statistic_field {
                        let Some(field) = join.field(name) else {
                            return Err(refuse(
                                "summaryFields",
                                ParameterErrorKind::NotAChoice,
                                no_such_field(name, join),
                            ));
                        };
                        let count = (field.name.clone(), format!("count_{}", field.name));
                        if !counts.contains(&count) {
                            counts.push(count);
                        }
                    }
                    continue;
                }
                other => return Err(unknown_word(TASK, "summaryFields", other)),
            };
            let Some(field) = &statistic.on_statistic_field else {
                let problem = format!(
                    "asks for {} of no field; give its onStatisticField",
                    statistic.statistic_type
                );
                return Err(refuse(
                    "summaryFields",
                    ParameterErrorKind::Missing,
                    problem,
                ));
            };
            fields.push(SummaryField::new(field.clone(), kind));
        }
        Ok(Self {
            summary: Summary::read(TASK, Some(&fields), join)?,
            counts,
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.summary
            .names()
            .map(str::to_owned)
            .chain(self.counts.iter().map(|(_, name)| name.clone()))
            .collect()
    }

    pub(super) fn add_fields(&self, table: &mut Table) {
        self.summary.add_fields(table);
        for (_, name) in &self.counts {
            table.add(name, FieldType::Integer);
        }
    }

    pub(super) fn compute(&self, matches: &[usize], join: &Layer, row: &mut Attributes) {
        self.summary.compute(matches, row);
        for (field, name) in &self.counts {
            let count = matches
                .iter()
                .filter(|index| !value(join.features[**index].attributes, field).is_null())
                .count();
            row.insert(name, count);
        }
    }
}

impl Choice {
    pub(super) fn read(task: &JoinFeatures, join: &Layer) -> Result<Self, EngineError> {
        let Some(records) = &task.records_to_match else {
            return Ok(Self {
                groups: Vec::new(),
                order: Vec::new(),
                top: 1,
            });
        };
        let field = |name: &str| {
            let missing = || {
                refuse(
                    "recordsToMatch",
                    ParameterErrorKind::NotAChoice,
                    no_such_field(name, join),
                )
            };
            join.field(name)
                .map(|field| field.name.clone())
                .ok_or_else(missing)
        };
        let list = |text: &str| -> Vec<String> {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let groups = list(records.group_by_fields.as_deref().unwrap_or_default());
        let groups = groups
            .iter()
            .map(|name| field(name))
            .collect::<Result<_, _>>()?;
        let ordered = |part: &String| {
            let (name, direction) = part
                .rsplit_once(char::is_whitespace)
                .unwrap_or((part, "ASC"));
            let descends = match direction.to_ascii_uppercase().as_str() {
                "ASC" => false,
                "DESC" => true,
                _ => {
                    let problem = format!("orders by `{part}`; give a field and ASC or DESC");
                    return Err(refuse(
                        "recordsToMatch",
                        ParameterErrorKind::NotAChoice,
                        problem,
                    ));
                }
            };
            Ok((field(name.trim())?, descends))
        };
        let order = list(&records.order_by_fields)
            .iter()
            .map(ordered)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            groups,
            order,
            top: usize::try_from(records.top_count).unwrap_or(1).max(1),
        })
    }

    /// The matches that are taken, in their order.
    pub(super) fn take(&self, matches: &[usize], join: &Layer) -> Vec<usize> {
        let of = |index: usize, field: &str| value(join.features[index].attributes, field);
        let mut sorted = matches.to_vec();
        sorted.sort_by(|a, b| {
            let by = self.order.iter().map(|(field, descends)| {
                let (a, b) = (of(*a, field), of(*b, field));
                // Null comes last, whichever way the order goes.
                let ordering = order(a, b);
                if *descends && !a.is_null() && !b.is_null() {
                    ordering.reverse()
                } else {
                    ordering
                }
            });
            by.fold(Ordering::Equal, Ordering::then)
        });
        let mut seen: HashMap<Vec<String>, usize> = HashMap::new();
        sorted.retain(|index| {
            let group = self
                .groups
                .iter()
                .map(|field| key(of(*index, field)))
                .collect();
            let count = seen.entry(group).or_default();
            *count += 1;
            *count <= self.top
        });
        sorted
    }
}
