//! Rows for areas and for the groups of features in them.
//!
//! Features lie in areas with a measure: 1 for a point, a length for a line, an area for a polygon. For each area there is
//! a row with the sum of the measures and statistics of fields. With a field to group by, a second table has the same for
//! each value of the field in each area; `Join_ID` ties the two. Null is a group of its own. `Majority_<field>` and
//! `Minority_<field>` name the value with the greatest and with the least measure in the area; among equals the least
//! value, numbers before texts.

use crate::EngineError;
use crate::group::{group_by, key, order};
use crate::layer::Layer;
use crate::statistics::{Sum, Summary, no_such_field};
use crate::table::{Table, value};
use arcgis_analysis_types::{
    Attributes, Field, FieldType, ParameterError, ParameterErrorKind, SummaryField,
};

pub(crate) const JOIN: &str = "Join_ID";

/// A feature in an area.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// Its place in its layer.
    pub(crate) feature: usize,
    /// How much of it lies in the area.
    pub(crate) measure: f64,
}

/// The fields that tell how much lies in an area.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// The number of features, if it is told.
    pub(crate) count: Option<String>,
    /// The sum of the measures, if it is told.
    pub(crate) sum: Option<String>,
    /// The share of a group.
    pub(crate) percent: &'static str,
}

/// How features are summed up.
#[derive(Debug)]
pub(crate) struct Summed<'a> {
    pub(crate) layer: &'a Layer<'a>,
    pub(crate) measured: Measured,
    pub(crate) summary: Summary,
    pub(crate) groups: Option<Groups>,
}

/// What a call asks for beside counts: statistics of fields, and groups.
pub(crate) struct Asked<'a> {
    pub(crate) fields: Option<&'a [SummaryField]>,
    /// The field that is grouped by, if there is one.
    pub(crate) by: Option<&'a String>,
    pub(crate) extremes: Option<bool>,
    pub(crate) percent: Option<bool>,
}

impl<'a> Summed<'a> {
    /// Checks what a call asks for.
    pub(crate) fn read(
        task: &str,
        layer: &'a Layer<'a>,
        measured: Measured,
        asked: Asked<'_>,
    ) -> Result<Self, EngineError> {
        let summary = Summary::read(task, asked.fields, layer)?;
        let groups = asked
            .by
            .map(|name| Groups::read(task, layer, name, asked.extremes, asked.percent));
        Ok(Self {
            layer,
            measured,
            summary,
            groups: groups.transpose()?,
        })
    }
}

/// How features are grouped.
#[derive(Debug)]
pub(crate) struct Groups {
    field: Field,
    extremes: bool,
    percent: bool,
}

impl Groups {
    /// Checks the field that a task groups by.
    pub(crate) fn read(
        task: &str,
        layer: &Layer,
        name: &str,
        extremes: Option<bool>,
        percent: Option<bool>,
    ) -> Result<Self, EngineError> {
        let refuse = |kind, problem: String| {
            Err(EngineError::from(ParameterError::new(
                kind,
                task,
                ["groupByField"],
                problem,
            )))
        };
        let Some(field) = layer.field(name) else {
            return refuse(ParameterErrorKind::NotAChoice, no_such_field(name, layer));
        };
        if matches!(field.field_type, FieldType::Double | FieldType::Single) {
            let problem = format!(
                "names the field `{}`, whose values are fractions; give an integer, text or date field",
                field.name
            );
            return refuse(ParameterErrorKind::WrongType, problem);
        }
        Ok(Self {
            field: field.clone(),
            extremes: extremes.unwrap_or(false),
            percent: percent.unwrap_or(false),
        })
    }

    fn extreme_names(&self) -> [String; 2] {
        ["Majority", "Minority"].map(|which| format!("{which}_{}", self.field.name))
    }
}

/// The table of groups, and the name that the field of groups has in it.
pub(crate) type GroupTable = (Table, String);

impl Summed<'_> {
    /// The names of all fields that areas get, to be kept from fields that are carried.
    pub(crate) fn area_fields(&self) -> Vec<String> {
        let mut names: Vec<String> = [&self.measured.count, &self.measured.sum]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        names.extend(self.summary.names().map(str::to_owned));
        if let Some(groups) = &self.groups {
            names.push(JOIN.to_owned());
            if groups.extremes {
                for name in groups.extreme_names() {
                    names.push(format!("{name}_Percent"));
                    names.push(name);
                }
            }
        }
        names
    }

    /// Adds the fields to the table of areas, and gives that of groups.
    pub(crate) fn add_fields(&self, table: &mut Table) -> Option<GroupTable> {
        if let Some(groups) = &self.groups {
            table.add(JOIN, FieldType::Integer);
            if groups.extremes {
                for name in groups.extreme_names() {
                    table.add(&name, groups.field.field_type.clone());
                    if groups.percent {
                        table.add(&format!("{name}_Percent"), FieldType::Double);
                    }
                }
            }
        }
        self.add_measures(table);
        self.summary.add_fields(table);
        let groups = self.groups.as_ref()?;
        let mut added = vec![JOIN, self.measured.percent];
        added.extend(
            [&self.measured.count, &self.measured.sum]
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
        added.extend(self.summary.names());
        let mut group_table = Table::new(&added);
        group_table.add(JOIN, FieldType::Integer);
        let name = group_table.carry(&groups.field);
        self.add_measures(&mut group_table);
        if groups.percent {
            group_table.add(self.measured.percent, FieldType::Double);
        }
        self.summary.add_fields(&mut group_table);
        Some((group_table, name))
    }

    fn add_measures(&self, table: &mut Table) {
        if let Some(count) = &self.measured.count {
            table.add(count, FieldType::Integer);
        }
        if let Some(sum) = &self.measured.sum {
            table.add(sum, FieldType::Double);
        }
    }

    /// Writes what lies in the area with this number into its row, and its groups into their table.
    pub(crate) fn fill(
        &self,
        number: usize,
        members: &[Member],
        row: &mut Attributes,
        group_table: &mut Option<GroupTable>,
    ) {
        if let (Some(groups), Some(group_table)) = (&self.groups, group_table) {
            row.insert(JOIN, number);
            self.fill_groups(groups, number, members, row, group_table);
        }
        self.measure(members, row);
    }

    fn measure(&self, members: &[Member], row: &mut Attributes) {
        if let Some(count) = &self.measured.count {
            row.insert(count, members.len());
        }
        if let Some(sum) = &self.measured.sum {
            row.insert(sum, total(members));
        }
        let weighted = members
            .iter()
            .map(|member| (member.feature, member.measure));
        self.summary.compute_weighted(weighted, row);
    }

    fn fill_groups(
        &self,
        groups: &Groups,
        number: usize,
        members: &[Member],
        row: &mut Attributes,
        (table, name): &mut GroupTable,
    ) {
        let of = |member: &Member| {
            value(
                self.layer.features[member.feature].attributes,
                &groups.field.name,
            )
        };
        let by_value = group_by(members.iter().map(|member| (key(of(member)), *member)));
        let all = total(members);
        let percent = |group: &[Member]| 100.0 * total(group) / all;
        for group in &by_value {
            let mut values = Attributes::new();
            values.insert(JOIN, number);
            values.insert(name.clone(), of(&group[0]).clone());
            self.measure(group, &mut values);
            if groups.percent {
                values.insert(self.measured.percent, percent(group));
            }
            table.push(None, values);
        }
        if !groups.extremes {
            return;
        }
        let least = |sign: f64| {
            by_value.iter().min_by(|a, b| {
                let measures = (sign * total(a)).total_cmp(&(sign * total(b)));
                measures.then_with(|| order(of(&a[0]), of(&b[0])))
            })
        };
        for (name, group) in groups
            .extreme_names()
            .into_iter()
            .zip([least(-1.0), least(1.0)])
        {
            if groups.percent {
                row.insert(format!("{name}_Percent"), group.map(|group| percent(group)));
            }
            row.insert(name, group.map(|group| of(&group[0]).clone()));
        }
    }
}

fn total(members: &[Member]) -> f64 {
    let mut sum = Sum::default();
    members.iter().for_each(|member| sum.add(member.measure));
    sum.total()
}
