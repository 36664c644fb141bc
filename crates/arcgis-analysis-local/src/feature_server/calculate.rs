//! Values that are computed for all features that a clause means, and clauses that are only read.

use super::edit::{check_allowed, missing};
use super::query::{Query, field, flag};
use super::{Filter, find_layer, select};
use crate::app::App;
use crate::call::Params;
use crate::error::Fault;
use crate::hosted::{Edits, Item, Layer, now};
use arcgis_analysis_engine::Expression;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How a field is set.
enum Setting {
    Value(Value),
    Computed(Expression),
}

/// `calculate` of a layer: all features that `where` means, or none.
///
/// # Errors
/// When an expression cannot be read, or a value does not fit its field.
pub(crate) fn calculate(
    app: &App,
    item: Arc<Item>,
    layer: u32,
    params: &Params,
) -> Result<Value, Fault> {
    check_allowed(&item, "Update")?;
    let held = find_layer(&item, &layer.to_string())?;
    params.get("where").ok_or_else(|| missing("where"))?;
    for name in ["gdbVersion", "sessionID"] {
        if params.get(name).is_some() {
            return Err(Fault::bad_request(format!(
                "`{name}` is not offered by the local service; leave it out."
            )));
        }
    }
    if flag(params, "async", false)? {
        return Err(Fault::bad_request(
            "`async` is not offered by the local service; leave it out, and the answer tells what was done.",
        ));
    }
    let settings = settings(&held, params)?;
    let clause = params.with(&[("outFields", "*"), ("orderByFields", "")]);
    let places = select::select(&held, &Query::read(&held, &clause)?)?;
    let features = held.features.features();
    let updates = places.iter().filter_map(|place| {
        let own = &features.get(*place)?.attributes;
        let mut attributes = Map::new();
        attributes.insert(held.id_field.clone(), held.number(*place)?.into());
        for (field, setting) in &settings {
            let value = match setting {
                Setting::Value(value) => value.clone(),
                Setting::Computed(expression) => expression.value(own).into(),
            };
            attributes.insert(field.clone(), value);
        }
        Some(json!({ "attributes": attributes }))
    });
    let edits = Edits {
        updates: updates.collect(),
        ..Edits::default()
    };
    let count = edits.updates.len();
    let id = item.id.clone();
    drop((item, held));
    let edited = app.hosted.edit(&id, &[(layer, edits)], true);
    let edited = edited.map_err(Fault::bad_request)?;
    // What was rolled back says so, what was refused says why.
    let refused = edited.iter().flat_map(|edited| &edited.updates);
    let refused = refused
        .filter_map(|edit| edit.refusal.as_ref())
        .find(|refusal| refusal.code != 1003);
    if let Some(refusal) = refused {
        return Err(Fault::bad_request(format!(
            "Nothing was calculated: {}",
            refusal.problem
        )));
    }
    let mut answer = json!({ "success": true, "updatedFeatureCount": count });
    if flag(params, "returnEditMoment", false)? {
        answer["editMoment"] = now().into();
    }
    Ok(answer)
}

fn settings(layer: &Layer, params: &Params) -> Result<Vec<(String, Setting)>, Fault> {
    let refuse = || {
        Fault::bad_request(
            "`calcExpression` must be a list such as [{\"field\": \"POP\", \"sqlExpression\": \"POP * 2\"}].",
        )
    };
    let text = params.get("calcExpression");
    let text = text.ok_or_else(|| missing("calcExpression"))?;
    let list = match serde_json::from_str(text) {
        Ok(Value::Array(list)) => list,
        Ok(one @ Value::Object(_)) => vec![one],
        _ => return Err(refuse()),
    };
    let settings = list.into_iter().map(|mut wanted| {
        let name = wanted["field"].as_str().ok_or_else(refuse)?;
        let name = field(layer, "calcExpression", name)?;
        if name == layer.id_field {
            return Err(Fault::bad_request(format!(
                "`calcExpression` sets {name:?}, the number of a feature, which is fixed."
            )));
        }
        let setting = match (wanted.get("sqlExpression"), wanted.get("value")) {
            (Some(Value::String(text)), None) => {
                let expression = Expression::parse(text, layer.fields());
                Setting::Computed(expression.map_err(|error| {
                    Fault::bad_request(format!(
                        "`calcExpression` for {name:?} cannot be used: {error}."
                    ))
                })?)
            }
            (None, Some(_)) => Setting::Value(wanted["value"].take()),
            _ => return Err(refuse()),
        };
        Ok((name, setting))
    });
    settings.collect()
}

/// `validateSQL` of a layer.
///
/// # Errors
/// When no clause is given.
pub(crate) fn validate(layer: &Layer, params: &Params) -> Result<Value, Fault> {
    let text = params.get("sql").ok_or_else(|| missing("sql"))?;
    let kind = params
        .get("sqlType")
        .unwrap_or("where")
        .to_ascii_lowercase();
    let problem = match kind.as_str() {
        "where" => Filter::parse(text, layer.fields()).err(),
        "expression" => Expression::parse(text, layer.fields())
            .err()
            .map(|error| error.to_string()),
        other => {
            return Err(Fault::bad_request(format!(
                "`sqlType` is {other:?}; offered are where and expression."
            )));
        }
    };
    let errors = problem.map(|problem| json!({ "errorCode": 3001, "description": problem }));
    Ok(json!({ "isValidSQL": errors.is_none(), "validationErrors": Vec::from_iter(errors) }))
}
