//! Which features a query means, and in which order.

use super::query::{Query, Wanted};
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_types::AttributeValue;
use std::cmp::Ordering;

/// The places of the features that the query means, in its order.
///
/// # Errors
/// When the query's geometry cannot be compared with the layer's.
pub(super) fn select(layer: &Layer, query: &Query) -> Result<Vec<usize>, Fault> {
    let mut places: Vec<usize> = match &query.object_ids {
        Some(numbers) => {
            let mut places: Vec<_> = numbers.iter().filter_map(|n| layer.place(*n)).collect();
            places.sort_unstable();
            places.dedup();
            places
        }
        None => (0..layer.features.features().len()).collect(),
    };
    if let Some(place) = &query.place {
        if layer.geometry_type().is_none() {
            return Err(Fault::bad_request(
                "`geometry` cannot be asked for in a table, which has none.",
            ));
        }
        let located = layer.located().map_err(Fault::internal)?;
        let found = located
            .find(&place.geometry, &place.reference, place.relation)
            .map_err(|error| Fault::bad_request(error.to_string()))?;
        places.retain(|place| found.binary_search(place).is_ok());
    }
    let features = layer.features.features();
    places.retain(|place| query.filter.admits(&features[*place].attributes));
    // Statistics are ordered once they are computed.
    if !matches!(query.wanted, Wanted::Statistics(_) | Wanted::Distinct) {
        places.sort_by(|a, b| {
            compare_rows(&query.order, |name, first| {
                let place = if first { a } else { b };
                features[*place].attributes.get(name)
            })
        });
    }
    Ok(places)
}

/// Compares two rows by the fields of an order; `get` tells a value of the first or of the second.
pub(super) fn compare_rows<'a>(
    order: &[(String, bool)],
    get: impl Fn(&str, bool) -> Option<&'a AttributeValue>,
) -> Ordering {
    let compared = order.iter().map(|(name, downwards)| {
        let ordering = compare(get(name, true), get(name, false));
        if *downwards {
            ordering.reverse()
        } else {
            ordering
        }
    });
    compared
        .into_iter()
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Nothing comes before numbers, and numbers before texts.
fn compare(a: Option<&AttributeValue>, b: Option<&AttributeValue>) -> Ordering {
    use arcgis_analysis_types::AttributeView::{Bool, Integer, Null, Text};
    let (a, b) = [a, b]
        .map(|value| value.unwrap_or(&AttributeValue::NULL))
        .into();
    let rank = |value: &AttributeValue| match value.view() {
        Null => 0,
        Bool(_) => 1,
        _ if value.is_number() => 2,
        _ => 3,
    };
    let by_value = || match (a.view(), b.view()) {
        (Integer(a), Integer(b)) => a.cmp(&b),
        (Text(a), Text(b)) => a.cmp(b),
        (Bool(a), Bool(b)) => a.cmp(&b),
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => Ordering::Equal,
        },
    };
    rank(a).cmp(&rank(b)).then_with(by_value)
}
