//! Field Calculator: fields of features computed by expressions.
//!
//! # Method
//!
//! Each expression is evaluated for each feature, in the order of the list, and sees what those before it computed. Written
//! are SQL expressions as [`Expression`] reads them, or ArcGIS's form with fields between exclamation marks,
//! `!POP! / !AREA!`, where what follows is still read as SQL, except that `/` keeps the fraction as in Python.
//!
//! A field that exists keeps its type, a new one needs one (AO_100083). Numbers become texts, and fractions are cut off in
//! fields of whole numbers; everything else must be of the field's type, for which `CAST` helps. What cannot be computed or
//! does not fit is null, and texts longer than the field are cut.
//!
//! # Known differences from the service
//!
//! - Python is not run: its functions and methods are refused.
//! - Heights and measures are left out, and features are numbered anew.

use crate::field_types::{cast, fits};
use crate::layer::{Layer, SHAPES};
use crate::table::{Table, drawn, renamed};
use crate::tasks::{Computed, Support};
use crate::where_clause::Expression;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::field_calculator::{
    CalculatedFieldType, FieldCalculator, FieldExpression,
};
use arcgis_analysis_types::{
    DateTime, FeatureCollection, Field, FieldType, ParameterError, ParameterErrorKind, Task,
};
use rayon::prelude::*;
use std::time::SystemTime;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FieldCalculator::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let calculated = field_calculator(&FieldCalculator::from_json(params)?, control)?;
        Ok(vec![("resultLayer", calculated.into())])
    },
};

const FIDELITY: &str = "Expressions are SQL, or arithmetic of fields between exclamation marks; Python's functions and methods are not \
    run. Heights and measures are left out.";

const TASK: &str = "FieldCalculator";

/// A field to compute.
struct Calculation {
    field: Field,
    expression: Expression,
}

/// Computes a Field Calculator task.
///
/// # Errors
/// When an expression cannot be read or its values do not fit the field, when a new field has no type, when the features do
/// not travel with the call or need a change of spatial reference that is not computed here, and when the analysis was
/// cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, field_calculator};
/// use arcgis_analysis_spatial::field_calculator::{CalculatedField, CalculatedFieldType, FieldCalculator, FieldExpression};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let district = r#"{"type": "Feature", "properties": {"POP": 330000, "AREA": 141},
///     "geometry": {"type": "Point", "coordinates": [7.1, 50.7]}}"#;
/// let density = CalculatedField::new("DENSITY").field_type(CalculatedFieldType::Integer);
/// let task = FieldCalculator::new(
///     FeatureCollection::from_geojson(district)?,
///     [FieldExpression::new(density, "!POP! / !AREA!")],
/// );
/// let calculated = field_calculator(&task, &Control::new())?;
/// assert_eq!(calculated.features()[0].attributes["DENSITY"], 2340);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn field_calculator(
    task: &FieldCalculator,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let layer = Layer::take(
        &task.input_layer,
        "inputLayer",
        &SHAPES,
        task.context.as_ref(),
    )?;
    let out = layer.out_reference(task.context.as_ref())?;
    let change = layer.reference.change_to(&out, "context")?;

    // One instant for all expressions.
    let now = SystemTime::now().into();
    let mut fields = layer.fields.clone();
    let mut calculations = Vec::new();
    for written in &task.expressions {
        let calculation = calculation(written, &layer, &mut fields, now)?;
        calculations.push(calculation);
    }
    let computed = layer.features.par_iter().map(|feature| {
        control.check()?;
        let mut attributes = feature.attributes.clone();
        let (mut nulls, mut cuts) = (0, 0);
        for Calculation { field, expression } in &calculations {
            let given = expression.value(&attributes);
            let mut value = match field.field_type {
                FieldType::Date => given.clone(),
                _ => cast(&given, &field.field_type),
            };
            nulls += usize::from(value.is_null() && !given.is_null());
            if let (Some(text), Some(length)) = (value.as_str(), field.length) {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if let Some((end, _)) = text.char_indices().nth(length) {
                    value = text[..end].into();
                    cuts += 1;
                }
            }
            attributes.insert(&field.name, value);
        }
        Ok((attributes, nulls, cuts))
    });
    let computed = computed.collect::<Result<Vec<_>, EngineError>>()?;
    control.progress(9, 10);

    let mut table = Table::new(&[]);
    let kept = fields.iter().filter(|field| !layer.is_object_id(field));
    let names: Vec<(String, String)> = kept
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    let geometry_type = layer.geometry_type();
    let (mut nulls, mut cuts) = (0, 0);
    for (feature, (attributes, own_nulls, own_cuts)) in layer.features.iter().zip(computed) {
        nulls += own_nulls;
        cuts += own_cuts;
        let geometry = geometry_type.and_then(|wanted| drawn(&feature.shape, change, wanted));
        table.push(geometry, renamed(&attributes, &names));
    }
    if nulls > 0 {
        control.warn(&format!(
            "{nulls} computed values do not fit the type of their field, and are null."
        ));
    }
    if cuts > 0 {
        control.warn(&format!(
            "{cuts} computed texts are longer than their field, and were cut."
        ));
    }
    control.progress(1, 1);
    table.finish_as(
        "resultLayer",
        geometry_type.map(|geometry_type| (geometry_type, &out)),
    )
}

fn refuse(kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, ["expressions"], problem).into()
}

/// Reads an expression, and adds its field to the fields if it is new.
fn calculation(
    written: &FieldExpression,
    layer: &Layer,
    fields: &mut Vec<Field>,
    now: DateTime,
) -> Result<Calculation, EngineError> {
    let asked = &written.field;
    let wanted = match &asked.field_type {
        None => None,
        Some(CalculatedFieldType::Text) => Some(FieldType::String),
        Some(CalculatedFieldType::Integer) => Some(FieldType::Integer),
        Some(CalculatedFieldType::Double) => Some(FieldType::Double),
        Some(CalculatedFieldType::Date) => Some(FieldType::Date),
        Some(other) => {
            return Err(refuse(
                ParameterErrorKind::NotAChoice,
                format!(
                    "gives the field `{}` the type `{other}`; use String, Integer, Double or Date (AO_100084)",
                    asked.name
                ),
            ));
        }
    };
    let same = |field: &&Field| field.name.to_lowercase() == asked.name.to_lowercase();
    let field = match (fields.iter().find(same), wanted) {
        (Some(field), _)
            if layer.is_object_id(field) || field.field_type == FieldType::GlobalId =>
        {
            return Err(refuse(
                ParameterErrorKind::Rule,
                format!(
                    "computes the field `{}`, whose values the service gives; compute another",
                    field.name
                ),
            ));
        }
        (Some(field), wanted) => {
            if let Some(wanted) = wanted.filter(|wanted| !fits(wanted, &field.field_type)) {
                return Err(refuse(
                    ParameterErrorKind::WrongType,
                    format!(
                        "gives the field `{}` the type {wanted:?}, and it exists with the type {:?}; leave the type out, or \
                         give a new field another name",
                        field.name, field.field_type
                    ),
                ));
            }
            field.clone()
        }
        (None, None) => {
            return Err(refuse(
                ParameterErrorKind::Rule,
                format!(
                    "names the new field `{}` without a type; give String, Integer, Double or Date (AO_100083)",
                    asked.name
                ),
            ));
        }
        (None, Some(wanted)) => {
            let mut field = Field::new(&asked.name, wanted);
            field.alias.clone_from(&asked.alias);
            field.length = asked.length.and_then(|length| u32::try_from(length).ok());
            field
        }
    };
    let expression = Expression::parse_at(&written.expression, fields, now).map_err(|error| {
        refuse(
            ParameterErrorKind::WrongType,
            format!(
                "computes `{}` by `{}`, which cannot be used: {error}",
                field.name, written.expression
            ),
        )
    })?;
    let gives = expression.field_type();
    if !expression.is_null() && !fits(&gives, &field.field_type) {
        let to = match &field.field_type {
            FieldType::Date => "TIMESTAMP",
            FieldType::String => "VARCHAR(50)",
            _ => "FLOAT",
        };
        return Err(refuse(
            ParameterErrorKind::WrongType,
            format!(
                "computes `{}`, of type {:?}, by `{}`, which gives values of type {gives:?}; use CAST({} AS {to})",
                field.name, field.field_type, written.expression, written.expression
            ),
        ));
    }
    if !fields.iter().any(|own| own.name == field.name) {
        fields.push(field.clone());
    }
    Ok(Calculation { field, expression })
}
