//! Merge Layers: the features of two layers in one.
//!
//! # Method
//!
//! The features of `inputLayer` come first, then those of `mergeLayer`, each in its own order and with its geometry as it
//! was given, brought into the reference of `inputLayer`. The fields of `inputLayer` lead. A field of `mergeLayer` that has
//! the name of one of them, in any letter case, is the same field; other fields are added. A feature has null in the
//! fields of the other layer.
//!
//! `mergingAttributes` holds rules: `<field> Remove` leaves a field of `mergeLayer` out, `<field> Rename <name>` gives it a
//! name that `inputLayer` does not have, and `<field> Match <field>` makes it the same as a field of `inputLayer`. What
//! becomes the same field takes the type of `inputLayer`: numbers become texts, and fractions are cut off where that type
//! is whole. Texts do not become numbers, as Esri's documentation of its Python client has it, and dates become nothing else;
//! such a match is refused. The features are numbered anew, so the object IDs of the layers are left out.
//!
//! # Known differences from the service
//!
//! - Heights and measures are left out.
//! - How ArcGIS turns fractions into whole numbers is not documented. The help of Map Viewer Classic makes one field of those
//!   with one name and one type; what becomes of fields with one name and two types is not documented, and here the second is
//!   read as a match with the first.

use crate::field_types::{cast, fits};
use crate::layer::{Layer, Record};
use crate::table::{Table, drawn, value};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::merge_layers::MergeLayers;
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryKind, GeometryType, ParameterError,
    ParameterErrorKind, Task,
};
use std::collections::{HashMap, HashSet};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: MergeLayers::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let merged = merge_layers(&MergeLayers::from_json(params)?, control)?;
        Ok(vec![("mergedLayer", merged.into())])
    },
};

const FIDELITY: &str = "Features, fields and values are those that ArcGIS documents. Heights and measures are left out, and \
    fractions that become whole numbers are cut off, which ArcGIS does not document.";

const TASK: &str = "MergeLayers";

/// What becomes of a field of the second layer.
#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Remove,
    Rename(String),
    Match(String),
}

/// A field of the second layer in the result.
struct Moved {
    /// Its name in the second layer.
    from: String,
    /// Its name in the result.
    to: String,
    /// The type there, where it is another.
    cast: Option<FieldType>,
}

/// Computes a Merge Layers task.
///
/// # Errors
/// When the layers have different geometries, when a rule of `mergingAttributes` cannot be read, names a field that is not
/// there, or matches fields whose types do not fit, when the features do not travel with the call or need a change of
/// spatial reference that is not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, merge_layers};
/// use arcgis_analysis_spatial::merge_layers::MergeLayers;
/// use arcgis_analysis_types::FeatureCollection;
///
/// let north = r#"{"type": "Feature", "properties": {"Height": 11.5},
///     "geometry": {"type": "Point", "coordinates": [13.4, 52.6]}}"#;
/// let south = r#"{"type": "Feature", "properties": {"HEIGHT_M": 9},
///     "geometry": {"type": "Point", "coordinates": [13.4, 52.4]}}"#;
/// let task = MergeLayers::new(FeatureCollection::from_geojson(north)?, FeatureCollection::from_geojson(south)?)
///     .merging_attributes(["HEIGHT_M Match Height"]);
/// let merged = merge_layers(&task, &Control::new())?;
/// let heights: Vec<_> = merged.features().iter().map(|f| &f.attributes["Height"]).collect();
/// assert_eq!(heights, [11.5, 9.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn merge_layers(
    task: &MergeLayers,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    control.check()?;
    let mut first = Layer::read(&task.input_layer, "inputLayer")?;
    let mut second = Layer::read(&task.merge_layer, "mergeLayer")?;
    if first.kind != second.kind {
        let problem = format!(
            "must have the same geometry as `inputLayer`, which is {}, and not {} (AO_100301)",
            first.kind, second.kind
        );
        return Err(EngineError::input("mergeLayer", problem));
    }
    let context = first.settled(task.context.as_ref());
    for layer in [&mut first, &mut second] {
        if layer.kind != GeometryKind::Table {
            layer.limit(context.as_ref())?;
        }
    }
    let out = match first.kind {
        GeometryKind::Table => first.reference.clone(),
        _ => first.out_reference(task.context.as_ref())?,
    };
    let geometry_type = match (first.geometry_type(), second.geometry_type()) {
        (Some(a), Some(b)) if a != b => Some(GeometryType::Multipoint),
        (a, b) => a.or(b),
    };

    let mut table = Table::new(&[]);
    let own: Vec<(String, String)> = first
        .fields
        .iter()
        .filter(|field| !first.is_object_id(field))
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    let own: HashMap<String, String> = own.into_iter().collect();
    let rules = rules(task, &second)?;
    let moved = moved(&rules, (&first, &second), &own, &mut table)?;

    let mut lost = 0;
    for (index, layer) in [&first, &second].into_iter().enumerate() {
        let change = layer.reference.change_to(&out, layer.param)?;
        for Record {
            shape, attributes, ..
        } in &layer.features
        {
            control.check()?;
            let row: Attributes = if index == 0 {
                let here =
                    |(from, to): (&String, &String)| (to.clone(), value(attributes, from).clone());
                own.iter().map(here).collect()
            } else {
                moved
                    .iter()
                    .map(|field| {
                        let given = value(attributes, &field.from);
                        let taken = match &field.cast {
                            Some(to) => cast(given, to),
                            None => given.clone(),
                        };
                        lost += usize::from(taken.is_null() && !given.is_null());
                        (field.to.clone(), taken)
                    })
                    .collect()
            };
            let row = in_order(&table, row);
            let geometry = geometry_type.and_then(|wanted| drawn(shape, change, wanted));
            table.push(geometry, row);
        }
    }
    if lost > 0 {
        control.warn(&format!(
            "{lost} values of `mergeLayer` do not fit the type of the field that they were matched to, and are null."
        ));
    }
    control.progress(1, 1);
    let shape = geometry_type.map(|geometry_type| (geometry_type, &out));
    table.finish_as("mergedLayer", shape)
}

/// Every field of the result, null where the row has none.
fn in_order(table: &Table, mut row: Attributes) -> Attributes {
    table
        .names()
        .map(|name| {
            let value = row.get_mut(name).map(std::mem::take);
            (name, value)
        })
        .collect()
}

fn refuse(kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, ["mergingAttributes"], problem).into()
}

/// The rules by the names of the second layer's fields.
fn rules(task: &MergeLayers, second: &Layer) -> Result<HashMap<String, Rule>, EngineError> {
    let mut rules = HashMap::new();
    for text in task.merging_attributes.as_deref().unwrap_or_default() {
        let (field, rule) = rule(text, second)?;
        if rules.insert(field.clone(), rule).is_some() {
            let problem = format!("has two rules for the field `{field}`; give one");
            return Err(refuse(ParameterErrorKind::Rule, problem));
        }
    }
    Ok(rules)
}

/// Reads `<field> Remove`, `<field> Rename <name>` or `<field> Match <field>`; names may hold spaces.
fn rule(text: &str, second: &Layer) -> Result<(String, Rule), EngineError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut unknown = None;
    for (at, word) in words.iter().enumerate().skip(1) {
        let after = words[at + 1..].join(" ");
        let rule = match (word.to_ascii_lowercase().as_str(), after.is_empty()) {
            ("remove", true) => Rule::Remove,
            ("rename", false) => Rule::Rename(after),
            ("match", false) => Rule::Match(after),
            _ => continue,
        };
        let name = words[..at].join(" ");
        match second.field(&name) {
            Some(field) => return Ok((field.name.clone(), rule)),
            None => unknown = unknown.or(Some(name)),
        }
    }
    Err(match unknown {
        Some(name) => refuse(
            ParameterErrorKind::NotAChoice,
            crate::statistics::no_such_field(&name, second),
        ),
        None => refuse(
            ParameterErrorKind::WrongType,
            format!(
                "has the rule `{text}`, which cannot be read; write `<field> Remove`, `<field> Rename <name>` or \
                 `<field> Match <field>`"
            ),
        ),
    })
}

/// Adds the fields of the second layer to the result.
fn moved(
    rules: &HashMap<String, Rule>,
    (first, second): (&Layer, &Layer),
    own: &HashMap<String, String>,
    table: &mut Table,
) -> Result<Vec<Moved>, EngineError> {
    let mut moved = Vec::new();
    let mut matched = HashSet::new();
    for field in &second.fields {
        let rule = rules.get(&field.name);
        if rule.is_none() && second.is_object_id(field) {
            continue;
        }
        let target = match rule {
            Some(Rule::Remove) => continue,
            Some(Rule::Rename(name)) => {
                if table.has(name) {
                    let problem = format!(
                        "renames `{}` to `{name}`, a name that is taken; give another, or match the fields",
                        field.name
                    );
                    return Err(refuse(ParameterErrorKind::Rule, problem));
                }
                None
            }
            Some(Rule::Match(name)) => Some(first.field(name).ok_or_else(|| {
                let problem = crate::statistics::no_such_field(name, first);
                refuse(ParameterErrorKind::NotAChoice, problem)
            })?),
            None => first
                .field(&field.name)
                .filter(|target| own.contains_key(&target.name)),
        };
        let Some(target) = target else {
            let mut renamed = field.clone();
            if let Some(Rule::Rename(name)) = rule {
                renamed.name.clone_from(name);
                renamed.alias = Some(name.clone());
            }
            moved.push(Moved {
                from: field.name.clone(),
                to: table.carry(&renamed),
                cast: None,
            });
            continue;
        };
        let Some(to) = own.get(&target.name) else {
            let problem = format!(
                "matches `{}` to `{}`, the object ID, which is numbered anew; match another field",
                field.name, target.name
            );
            return Err(refuse(ParameterErrorKind::Rule, problem));
        };
        if !matched.insert(to.clone()) {
            let problem = format!(
                "leaves two fields of `mergeLayer` for the field `{}`; rename or remove one",
                target.name
            );
            return Err(refuse(ParameterErrorKind::Rule, problem));
        }
        if !fits(&field.field_type, &target.field_type) {
            let problem = format!(
                "leaves `{}`, of type {:?}, for the field `{}`, of type {:?}; rename or remove it",
                field.name, field.field_type, target.name, target.field_type
            );
            return Err(refuse(ParameterErrorKind::WrongType, problem));
        }
        table.widen(to, field.length);
        moved.push(Moved {
            from: field.name.clone(),
            to: to.clone(),
            cast: (field.field_type != target.field_type).then(|| target.field_type.clone()),
        });
    }
    Ok(moved)
}
